//! Names of units and areas, read once per report.
use crate::error::Result;
use jinggai_db::{Tx, sql};
use std::collections::HashMap;

/// 单位名称 by row id.
#[derive(Clone, Debug, Default)]
pub struct Names {
    units: HashMap<i64, (String, String)>,
}

impl Names {
    /// Reads all units.
    ///
    /// # Errors
    /// What the store says.
    pub async fn load(tx: &mut Tx) -> Result<Names> {
        let rows: Vec<(i64, String, String)> = tx.all(sql!("SELECT id, code, name FROM units")).await?;
        Ok(Names { units: rows.into_iter().map(|(id, code, name)| (id, (code, name))).collect() })
    }

    /// Code and name of a unit.
    #[must_use]
    pub fn unit(&self, id: i64) -> Option<(&str, &str)> {
        self.units.get(&id).map(|(code, name)| (code.as_str(), name.as_str()))
    }

    /// The name of a unit; empty for none.
    #[must_use]
    pub fn unit_name(&self, id: Option<i64>) -> String {
        id.and_then(|id| self.unit(id)).map(|(_, name)| name.to_owned()).unwrap_or_default()
    }
}
