//! Plans by their public ids, each bounded by the scope: out of scope is not found.
use super::model::{PlanRow, select};
use crate::cases::desk;
use crate::cases::model::{HAZARD_COLUMNS, HAZARD_TABLES, HazardRow};
use crate::clock;
use crate::error::{AppError, Result};
use crate::identity::Scope;
use jiff::Timestamp;
use jinggai_db::{Sql, Tx};
use uuid::Uuid;

/// A plan by its public id. `own` are the units the reader works for.
///
/// # Errors
/// Not found, also when out of scope.
pub async fn plan(tx: &mut Tx, uid: Uuid, scope: &Scope, own: &[i64], now: Timestamp) -> Result<PlanRow> {
    let mut q = select(clock::local(now).date());
    q.push("p.uid = ?", [uid.into()]);
    desk::bound_plans(scope, &mut q, own);
    tx.opt(q).await?.ok_or_else(|| AppError::not_found("个计划", "plan"))
}

/// A plan by its row, for what was found in scope already.
///
/// # Errors
/// What the store says.
pub async fn plan_by_id(tx: &mut Tx, id: i64, now: Timestamp) -> Result<PlanRow> {
    let mut q = select(clock::local(now).date());
    q.push("p.id = ?", [id.into()]);
    Ok(tx.one(q).await?)
}

/// The hazards of a plan, by their day.
///
/// # Errors
/// What the store says.
pub async fn hazards_of(tx: &mut Tx, plan_id: i64, limit: usize) -> Result<Vec<HazardRow>> {
    let q = Sql::new(
        &format!(
            "SELECT {HAZARD_COLUMNS} FROM {HAZARD_TABLES} WHERE h.plan_id = ? ORDER BY h.planned_on, h.id LIMIT ?"
        ),
        vec![plan_id.into(), limit.into()],
    );
    Ok(tx.all(q).await?)
}

/// A hazard by its row, for what was found in scope already.
///
/// # Errors
/// What the store says.
pub async fn hazard_by_id(tx: &mut Tx, id: i64) -> Result<HazardRow> {
    let q =
        Sql::new(&format!("SELECT {HAZARD_COLUMNS} FROM {HAZARD_TABLES} WHERE h.id = ?"), vec![id.into()]);
    Ok(tx.one(q).await?)
}
