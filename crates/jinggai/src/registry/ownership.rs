//! 权属落实: no well in use without a responsible unit (江北区方案 二(二)1, `domain.md` R2–R3, H12).
//!
//! A well with neither owner nor fallback stands in `ownership_queue` with the day by which it must have one. It
//! leaves when an owner is found, or when a fallback unit is designated with its document and its funding, or when
//! nothing of it is left in the ground.
use crate::error::Result;
use crate::identity::Scope;
use jiff::civil::Date;
use jiff::{Span, Timestamp};
use jinggai_db::{Sql, Tx, Value, row};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// No open owner or fallback, but something living: `w` names `wells`.
const OWNERLESS: &str = "NOT EXISTS (SELECT 1 FROM responsibilities r WHERE r.well_id = w.id AND r.valid_to IS NULL AND r.role IN ('owner', 'fallback')) \
     AND EXISTS (SELECT 1 FROM covers c WHERE c.well_id = w.id AND c.lifecycle NOT IN ('filled', 'removed', 'archived'))";

/// Brings the queue in line with what these wells are now. A well that stays keeps its deadline.
///
/// # Errors
/// What the store says.
pub async fn requeue(tx: &mut Tx, well_ids: &[i64], days: i64, today: Date) -> Result<()> {
    for chunk in well_ids.chunks(256) {
        let mut q = Sql::new(&format!("SELECT w.id FROM wells w WHERE {OWNERLESS}"), vec![]);
        q.and_in("w.id", chunk);
        let ownerless: Vec<i64> = tx.all::<(i64,)>(q).await?.into_iter().map(|(id,)| id).collect();
        let mut q = Sql::new("SELECT well_id FROM ownership_queue WHERE 1 = 1", vec![]);
        q.and_in("well_id", chunk);
        let queued: Vec<i64> = tx.all::<(i64,)>(q).await?.into_iter().map(|(id,)| id).collect();
        let leave: Vec<i64> = queued.iter().copied().filter(|id| !ownerless.contains(id)).collect();
        if !leave.is_empty() {
            let mut q = Sql::new("DELETE FROM ownership_queue WHERE 1 = 1", vec![]);
            q.and_in("well_id", &leave);
            tx.run(q).await?;
        }
        let due = today.checked_add(Span::new().days(days)).unwrap_or(Date::MAX);
        let now = Timestamp::now();
        let enter = ownerless.iter().filter(|id| !queued.contains(id));
        let rows: Vec<Vec<Value>> =
            enter.map(|id| vec![(*id).into(), now.into(), due.into(), "H12".into()]).collect();
        tx.bulk("ownership_queue", &["well_id", "since", "due_on", "rule"], rows).await?;
    }
    Ok(())
}

row! {
    struct QueueRow {
        id: i64,
        uid: Uuid,
        since: Timestamp,
        due_on: Date,
        rule: String,
        kind: String,
        road: Option<String>,
        address: Option<String>,
        area: Option<String>,
        area_name: Option<String>,
        code: Option<String>,
    }
}

/// A well that waits for its owner.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct QueueItem {
    /// Public id of the well.
    pub well_uid: Uuid,
    /// In the queue since.
    #[schema(value_type = String)]
    pub since: Timestamp,
    /// Must have an owner or fallback unit by this day.
    #[schema(value_type = String)]
    pub due_on: Date,
    /// Days left; negative when overdue.
    pub days_left: i64,
    /// Hazard rule it rests on.
    pub rule: String,
    /// 井类型.
    pub kind: String,
    /// 井类型.
    pub kind_name: String,
    /// 道路.
    pub road: Option<String>,
    /// 地址.
    pub address: Option<String>,
    /// 区域 code.
    pub area: Option<String>,
    /// 区域.
    pub area_name: Option<String>,
    /// A number of one of its covers.
    pub code: Option<String>,
}

/// The key after which the next page begins: the deadline and the well's row.
pub type QueueKey = (Date, i64);

/// One page of the queue, most urgent first, and the key of its last row.
///
/// # Errors
/// What the store says.
pub async fn page(
    tx: &mut Tx,
    scope: &Scope,
    overdue_before: Option<Date>,
    after: Option<QueueKey>,
    limit: usize,
    today: Date,
) -> Result<(Vec<QueueItem>, Option<QueueKey>, i64)> {
    let narrow = |q: &mut Sql| {
        scope.and_well(q, "o.well_id");
        q.and("o.due_on < ?", overdue_before);
    };
    let mut q = Sql::new("SELECT count(*) FROM ownership_queue o WHERE 1 = 1", vec![]);
    narrow(&mut q);
    let (total,): (i64,) = tx.one(q).await?;
    let mut q = Sql::new(
        "SELECT w.id, w.uid, o.since, o.due_on, o.rule, w.kind, w.road, w.address, a.code, a.name, (SELECT max(f.code) FROM cover_facts f WHERE f.well_id = w.id AND f.to_day IS NULL) FROM ownership_queue o JOIN wells w ON w.id = o.well_id LEFT JOIN areas a ON a.id = w.area_id WHERE 1 = 1",
        vec![],
    );
    narrow(&mut q);
    if let Some((due, id)) = after {
        q.push(
            " AND (o.due_on > ? OR (o.due_on = ? AND o.well_id > ?))",
            [due.into(), due.into(), id.into()],
        );
    }
    q.push(" ORDER BY o.due_on, o.well_id LIMIT ?", [(limit + 1).into()]);
    let mut rows: Vec<QueueRow> = tx.all(q).await?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let last = rows.last().filter(|_| more).map(|r| (r.due_on, r.id));
    Ok((rows.into_iter().map(|r| item(r, today)).collect(), last, total))
}

fn item(r: QueueRow, today: Date) -> QueueItem {
    QueueItem {
        days_left: today.until(r.due_on).map_or(0, |s| i64::from(s.get_days())),
        kind_name: super::model::name_of!(jinggai_rules::kinds::CoverKind, &r.kind).to_owned(),
        well_uid: r.uid,
        since: r.since,
        due_on: r.due_on,
        rule: r.rule,
        kind: r.kind,
        road: r.road,
        address: r.address,
        area: r.area,
        area_name: r.area_name,
        code: r.code,
    }
}

/// When the well must have an owner; none when it is not in the queue.
///
/// # Errors
/// What the store says.
pub async fn entry(tx: &mut Tx, well_id: i64) -> Result<Option<(Timestamp, Date, String)>> {
    let q = jinggai_db::sql!("SELECT since, due_on, rule FROM ownership_queue WHERE well_id = ?", well_id);
    Ok(tx.opt(q).await?)
}
