//! 演示: a district to look at: a real inventory laid over 观音桥, demo units, one user per role.
//!
//! Only an empty store becomes a demo. Every record of it is marked 演示 and carries `demo = true`; the log-ins are
//! made by chance and kept in `demo-logins.txt` of the data directory, so that they can be printed again.
use crate::app::App;
use crate::error::Result;

pub mod wells;

/// Makes the demo when the store is empty, and gives the lines to print: the log-ins of each role.
///
/// # Errors
/// What the store says.
pub async fn ensure(_app: &App) -> Result<Vec<String>> {
    Ok(vec![])
}
