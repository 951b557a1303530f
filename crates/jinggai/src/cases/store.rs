//! Findings, cases and hazards by their public ids, each bounded by the scope: out of scope is not found.
use super::desk;
use super::model::{
    CASE_COLUMNS, CASE_TABLES, CaseRow, FINDING_COLUMNS, FINDING_TABLES, FindingRow, HAZARD_COLUMNS,
    HAZARD_TABLES, HazardRow,
};
use crate::error::{AppError, Kind, Result};
use crate::identity::Scope;
use jinggai_db::{Sql, Tx, Value};
use uuid::Uuid;

fn of(columns: &str, tables: &str, condition: &str, arg: Value) -> Sql {
    Sql::new(&format!("SELECT {columns} FROM {tables} WHERE {condition}"), vec![arg])
}

/// A case by its public id.
///
/// # Errors
/// Not found, also when out of scope.
pub async fn case(tx: &mut Tx, uid: Uuid, scope: &Scope) -> Result<CaseRow> {
    let mut q = of(CASE_COLUMNS, CASE_TABLES, "k.uid = ?", uid.into());
    desk::bound_cases(scope, &mut q);
    tx.opt(q).await?.ok_or_else(|| AppError::not_found("个案卷", "case"))
}

/// A case by its row, for what was found in scope already.
///
/// # Errors
/// What the store says.
pub async fn case_by_id(tx: &mut Tx, id: i64) -> Result<CaseRow> {
    Ok(tx.one(of(CASE_COLUMNS, CASE_TABLES, "k.id = ?", id.into())).await?)
}

/// A finding by its public id.
///
/// # Errors
/// Not found, also when out of scope.
pub async fn finding(tx: &mut Tx, uid: Uuid, scope: &Scope, user_id: Option<i64>) -> Result<FindingRow> {
    let mut q = of(FINDING_COLUMNS, FINDING_TABLES, "d.uid = ?", uid.into());
    desk::bound_findings(scope, &mut q, user_id);
    tx.opt(q).await?.ok_or_else(|| AppError::not_found("条上报", "finding"))
}

/// A finding by its row.
///
/// # Errors
/// What the store says.
pub async fn finding_by_id(tx: &mut Tx, id: i64) -> Result<FindingRow> {
    Ok(tx.one(of(FINDING_COLUMNS, FINDING_TABLES, "d.id = ?", id.into())).await?)
}

/// The findings of a case, oldest first.
///
/// # Errors
/// What the store says.
pub async fn findings_of(tx: &mut Tx, case_id: i64) -> Result<Vec<FindingRow>> {
    let mut q = of(FINDING_COLUMNS, FINDING_TABLES, "d.case_id = ?", case_id.into());
    q.push(" ORDER BY d.id", []);
    Ok(tx.all(q).await?)
}

/// The hazards of a case, oldest first.
///
/// # Errors
/// What the store says.
pub async fn hazards_of(tx: &mut Tx, case_id: i64) -> Result<Vec<HazardRow>> {
    let mut q = of(HAZARD_COLUMNS, HAZARD_TABLES, "h.case_id = ?", case_id.into());
    q.push(" ORDER BY h.id", []);
    Ok(tx.all(q).await?)
}

/// A hazard by its public id.
///
/// # Errors
/// Not found, also when out of scope.
pub async fn hazard(tx: &mut Tx, uid: Uuid, scope: &Scope) -> Result<HazardRow> {
    let mut q = of(HAZARD_COLUMNS, HAZARD_TABLES, "h.uid = ?", uid.into());
    desk::bound_hazards(scope, &mut q);
    tx.opt(q).await?.ok_or_else(|| AppError::not_found("条隐患", "hazard"))
}

/// Somebody else changed it first: says what it is now.
#[must_use]
pub fn stale(state: &str, version: i64) -> AppError {
    AppError::new(
        Kind::Conflict,
        "conflict.version",
        "刚被他人办理过，请在最新状态上重新操作",
        "somebody moved it meanwhile; look again",
    )
    .with_more("current", serde_json::json!({"state": state, "version": version}))
}
