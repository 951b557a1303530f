//! Finding a cover by what is written on it, and small things about single covers.
use super::file::CodeRow;
use super::model::CoverRow;
use crate::error::{AppError, Result};
use crate::identity::Scope;
use jinggai_db::{Sql, Tx, row, sql};
use jinggai_rules::codes::clean;
use jinggai_rules::kinds::{Guard, Lifecycle};
use serde::Serialize;
use serde_json::{Value as Json, json};
use utoipa::ToSchema;
use uuid::Uuid;

row! {
    /// A cover found by a number or plate.
    #[derive(Clone, Debug, Serialize, ToSchema)]
    pub struct CodeHit {
        /// Public id of the cover.
        pub cover_uid: Uuid,
        /// Public id of the well.
        pub well_uid: Uuid,
        /// 编码规则; `label` for a plate.
        pub scheme: String,
        /// The number found.
        pub code: String,
        /// State of the number or plate.
        pub state: String,
        /// The number shown now.
        pub current: Option<String>,
        /// 道路.
        pub road: Option<String>,
        /// 生命周期 of the cover.
        pub lifecycle: String,
    }
}

/// Covers by any number they bear or bore, or by the plate on them; active ones first.
///
/// # Errors
/// Not found when nothing within the scope bears it.
pub async fn by_code(tx: &mut Tx, scope: &Scope, code: &str) -> Result<Vec<CodeHit>> {
    let code = clean(code);
    let columns = "f.code, f.road, f.lifecycle FROM cover_facts f JOIN covers c ON c.id = f.cover_id JOIN wells w ON w.id = f.well_id";
    let mut q = Sql::new(
        &format!(
            "SELECT c.uid, w.uid, k.scheme, k.code, k.state, {columns} JOIN codes k ON k.cover_id = c.id WHERE f.to_day IS NULL AND k.code = ?"
        ),
        vec![code.as_str().into()],
    );
    scope.and(&mut q, "f");
    q.push(
        &format!(" UNION ALL SELECT c.uid, w.uid, 'label', l.number, l.state, {columns} JOIN labels l ON l.cover_id = c.id WHERE f.to_day IS NULL AND l.state <> 'removed' AND l.number = ?"),
        [code.as_str().into()],
    );
    scope.and(&mut q, "f");
    let mut found: Vec<CodeHit> = tx.all(q).await?;
    if found.is_empty() {
        return Err(AppError::not_found("个编号或牌号", "code or plate"));
    }
    let rank = |state: &str| ["active", "fixed", "alias"].iter().position(|s| *s == state).unwrap_or(9);
    found.sort_by_key(|h| (rank(&h.state), h.cover_uid));
    Ok(found)
}

/// All numbers of a cover.
///
/// # Errors
/// What the store says.
pub async fn codes_of(tx: &mut Tx, cover_id: i64) -> Result<Vec<CodeRow>> {
    Ok(tx
        .all(sql!(
            "SELECT c.uid, k.scheme, k.code, k.list_version, k.state, k.issued_at, k.retired_at FROM codes k JOIN covers c ON c.id = k.cover_id WHERE k.cover_id = ? ORDER BY k.id",
            cover_id
        ))
        .await?)
}

/// The moves that the cover's stage allows, with what must stand before each.
#[must_use]
pub fn moves(cover: &CoverRow) -> Vec<Json> {
    let Some(from) = Lifecycle::from_code(&cover.lifecycle) else { return vec![] };
    from.moves()
        .map(|row| {
            let guards: Vec<Json> =
                row.guards.iter().map(|g: &Guard| json!({"code": g.code(), "name": g.name_zh()})).collect();
            json!({
                "move": row.action.code(), "name": row.action.name_zh(), "to": row.to.code(),
                "to_name": row.to.name_zh(), "needs": guards, "clause": row.clause,
            })
        })
        .collect()
}
