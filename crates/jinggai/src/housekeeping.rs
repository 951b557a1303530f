//! What must go after a while, and what must be noted every day.
use crate::anchors;
use crate::app::App;
use crate::error::Result;
use jiff::{SignedDuration, Timestamp};
use jinggai_db::sql;

/// How long the answer to an Idempotency-Key is kept: longer than a phone stays offline.
const KEYS_KEPT: SignedDuration = SignedDuration::from_hours(24 * 60);
/// How long an ended session is kept for looking into.
const SESSIONS_KEPT: SignedDuration = SignedDuration::from_hours(24 * 30);

/// Done at the start and every hour.
///
/// # Errors
/// What the store or the disk says; it is tried again next time.
pub async fn run(app: &App) -> Result<()> {
    let now = Timestamp::now();
    let mut tx = app.db().begin().await?;
    tx.run(sql!("DELETE FROM idempotency WHERE created_at < ?", now - KEYS_KEPT)).await?;
    tx.run(sql!("DELETE FROM sessions WHERE expires_at < ?", now - SESSIONS_KEPT)).await?;
    tx.commit().await?;
    anchors::note(app).await
}
