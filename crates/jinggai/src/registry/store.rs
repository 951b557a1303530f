//! The registry's statements about single records, each bounded by the scope: out of scope is not found.
use super::model::{COVER_COLUMNS, CoverRow, WELL_COLUMNS, WellRow};
use crate::error::{AppError, Result};
use crate::identity::Scope;
use jinggai_db::{Sql, Tx, sql};
use jinggai_geo::{Bbox, Point, distance_m};
use uuid::Uuid;

fn no_well() -> AppError {
    AppError::not_found("口井", "well")
}
fn no_cover() -> AppError {
    AppError::not_found("个井盖", "cover")
}

/// A well by its public id.
///
/// # Errors
/// Not found, also when out of scope.
pub async fn well(tx: &mut Tx, uid: Uuid, scope: &Scope) -> Result<WellRow> {
    let mut q = Sql::new(
        &format!("SELECT {WELL_COLUMNS} FROM wells w LEFT JOIN areas a ON a.id = w.area_id WHERE w.uid = ?"),
        vec![uid.into()],
    );
    scope.and_well(&mut q, "w.id");
    tx.opt(q).await?.ok_or_else(no_well)
}

/// A well by its row, for what was found in scope already.
///
/// # Errors
/// What the store says.
pub async fn well_by_id(tx: &mut Tx, id: i64) -> Result<WellRow> {
    let text =
        format!("SELECT {WELL_COLUMNS} FROM wells w LEFT JOIN areas a ON a.id = w.area_id WHERE w.id = ?");
    Ok(tx.one(Sql::new(&text, vec![id.into()])).await?)
}

fn covers(cond: &str, arg: jinggai_db::Value) -> Sql {
    Sql::new(
        &format!(
            "SELECT {COVER_COLUMNS} FROM covers c JOIN wells w ON w.id = c.well_id LEFT JOIN covers p ON p.id = c.predecessor_id WHERE {cond}"
        ),
        vec![arg],
    )
}

/// A cover by its public id.
///
/// # Errors
/// Not found, also when out of scope.
pub async fn cover(tx: &mut Tx, uid: Uuid, scope: &Scope) -> Result<CoverRow> {
    let mut q = covers("c.uid = ?", uid.into());
    scope.and_well(&mut q, "c.well_id");
    tx.opt(q).await?.ok_or_else(no_cover)
}

/// A cover by its row.
///
/// # Errors
/// What the store says.
pub async fn cover_by_id(tx: &mut Tx, id: i64) -> Result<CoverRow> {
    Ok(tx.one(covers("c.id = ?", id.into())).await?)
}

/// All covers of a well, living and ended, oldest first.
///
/// # Errors
/// What the store says.
pub async fn covers_of(tx: &mut Tx, well_id: i64) -> Result<Vec<CoverRow>> {
    let mut q = covers("c.well_id = ?", well_id.into());
    q.push(" ORDER BY c.id", []);
    Ok(tx.all(q).await?)
}

/// Is the well within the scope as it stands now, inside this transaction?
///
/// # Errors
/// What the store says.
pub async fn in_scope(tx: &mut Tx, well_id: i64, scope: &Scope) -> Result<bool> {
    let mut q = sql!("SELECT count(*) FROM wells w WHERE w.id = ?", well_id);
    scope.and_well(&mut q, "w.id");
    let (n,): (i64,) = tx.one(q).await?;
    Ok(n > 0)
}

/// An area by its code.
///
/// # Errors
/// What the store says.
pub async fn area_id(tx: &mut Tx, code: &str) -> Result<Option<i64>> {
    Ok(tx.opt::<(i64,)>(sql!("SELECT id FROM areas WHERE code = ?", code)).await?.map(|(id,)| id))
}

/// A unit by its code; the second says whether it still exists.
///
/// # Errors
/// What the store says.
pub async fn unit_id(tx: &mut Tx, code: &str) -> Result<Option<(i64, bool)>> {
    Ok(tx.opt(sql!("SELECT id, valid_to IS NULL FROM units WHERE code = ?", code)).await?)
}

/// A cover that may be the same as a new one.
#[derive(Clone, Debug, serde::Serialize, utoipa::ToSchema)]
pub struct Neighbour {
    /// Public id of the cover.
    pub uid: Uuid,
    /// Public id of its well.
    pub well_uid: Uuid,
    /// 编号.
    pub code: Option<String>,
    /// 道路.
    pub road: Option<String>,
    /// 权属单位.
    pub owner_name: Option<String>,
    /// Metres away.
    pub metres: f64,
}

type NeighbourRow = (Uuid, Uuid, Option<String>, Option<String>, Option<String>, Point);

/// Living covers of the kind within `metres`, nearest first, whoever owns them (`domain.md` 10.2 `dup.distance`).
///
/// # Errors
/// What the store says.
pub async fn neighbours(tx: &mut Tx, kind: &str, at: Point, metres: f64) -> Result<Vec<Neighbour>> {
    let around = Bbox { w: at.lng, s: at.lat, e: at.lng, n: at.lat }.grown_m(metres);
    let mut q = sql!(
        "SELECT c.uid, w.uid, f.code, f.road, u.name, c.geom FROM covers c JOIN wells w ON w.id = c.well_id JOIN cover_facts f ON f.cover_id = c.id AND f.to_day IS NULL LEFT JOIN units u ON u.id = f.owner_id WHERE c.kind = ? AND c.lifecycle NOT IN ('filled', 'removed', 'archived')",
        kind
    );
    q.and_within(tx.dialect(), "covers", "c", Some(around));
    let rows: Vec<NeighbourRow> = tx.all(q).await?;
    let mut near: Vec<Neighbour> = rows
        .into_iter()
        .map(|(uid, well_uid, code, road, owner_name, p)| Neighbour {
            uid,
            well_uid,
            code,
            road,
            owner_name,
            metres: (distance_m(at, p) * 100.0).round() / 100.0,
        })
        .filter(|n| n.metres <= metres)
        .collect();
    near.sort_by(|a, b| a.metres.total_cmp(&b.metres));
    Ok(near)
}
