//! Opening the store and bringing it to today's schema.
use jinggai_db::migrate::{self, Migration};
use jinggai_db::{Db, DbError, Place};

/// Every step, oldest first. Once landed a step never changes.
pub const MIGRATIONS: &[Migration] = &[
    Migration { number: 1, name: "store", text: include_str!("../migrations/0001_store.sql") },
    Migration { number: 2, name: "identity", text: include_str!("../migrations/0002_identity.sql") },
    Migration { number: 3, name: "registry", text: include_str!("../migrations/0003_registry.sql") },
    Migration { number: 4, name: "import", text: include_str!("../migrations/0004_import.sql") },
    Migration { number: 5, name: "cases", text: include_str!("../migrations/0005_cases.sql") },
    Migration { number: 6, name: "reports", text: include_str!("../migrations/0006_reports.sql") },
    Migration { number: 7, name: "notify", text: include_str!("../migrations/0007_notify.sql") },
];

/// Opens the store and takes the steps that are missing.
///
/// # Errors
/// When it cannot be reached, or its schema is not one this program knows.
pub async fn open(place: &Place) -> Result<Db, DbError> {
    let db = Db::open(place).await?;
    migrate::migrate(&db, MIGRATIONS).await?;
    Ok(db)
}
