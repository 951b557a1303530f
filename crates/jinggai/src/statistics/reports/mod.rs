//! 报表存档: a drawn report with its query, moment, place in the event chain and digest; drawn again it says equal, or
//! which figures of which rows changed.
//!
//! The scope of whoever drew it is part of the query, so that a later check counts the same rows whoever asks. A
//! report is seen by its maker, and by those who may draw reports of the whole district. Tables: `reports`, what people
//! fill in by hand in `report_cells`, closed periods in `period_closings`.
mod cells;
mod closing;
mod compare;
mod drawn;

pub use cells::{Cell, Fill, fill};
pub use closing::{Closing, close};
pub use compare::{Changed, Comparison, check};
pub use drawn::Drawn;

use crate::error::{AppError, Result};
use crate::identity::policy::Bound;
use crate::identity::{Actor, Permission, Scope};
use jiff::Timestamp;
use jiff::civil::Date;
use jinggai_db::events::{self, Event};
use jinggai_db::{Sql, Tx, row, sql};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use uuid::Uuid;

/// One bound of a scope, by row ids; they never change.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct KeptBound {
    unit_id: Option<i64>,
    area_id: Option<i64>,
}

row! {
    struct Stored {
        id: i64,
        uid: Uuid,
        kind: String,
        query: Json,
        event_seq: i64,
        digest: String,
        body: String,
        made_by: String,
        made_at: Timestamp,
    }
}

row! {
    /// A kept report in a list.
    #[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
    pub struct Listed {
        /// For paging.
        #[serde(skip)]
        pub id: i64,
        /// Public id.
        pub uid: Uuid,
        /// `annex1`, `annex2` or `indicators`.
        pub kind: String,
        /// What was asked.
        #[schema(value_type = Object)]
        pub query: Json,
        /// 台账时点.
        #[schema(value_type = String, format = Date)]
        pub as_of: Date,
        /// The last event it knows of.
        pub event_seq: i64,
        /// Digest of its rows.
        pub digest: String,
        /// Who drew it.
        pub made_by: String,
        /// When.
        #[schema(value_type = String, format = DateTime)]
        pub made_at: Timestamp,
        /// When its period was closed with it.
        #[schema(value_type = Option<String>, format = DateTime)]
        pub closed_at: Option<Timestamp>,
    }
}

/// A kept report.
#[derive(Clone, Debug)]
pub struct Kept {
    id: i64,
    /// Public id.
    pub uid: Uuid,
    /// Who drew it, by name.
    pub made_by: String,
    /// The report as drawn, with what was filled in since.
    pub drawn: Drawn,
    /// What was filled in by hand, as it stands.
    pub cells: Vec<Cell>,
    /// 结账; none while it is open.
    pub closing: Option<Closing>,
    /// The kept rows still have the digests they were kept and closed with.
    pub intact: bool,
    scope: Scope,
}

fn kept_scope(scope: &Scope) -> Option<Vec<KeptBound>> {
    match scope {
        Scope::Everything => None,
        Scope::Nothing => Some(vec![]),
        Scope::Bounds(b) => {
            Some(b.iter().map(|b| KeptBound { unit_id: b.unit_id, area_id: b.area_id }).collect())
        }
    }
}

fn scope_of(kept: Option<Vec<KeptBound>>) -> Scope {
    match kept {
        None => Scope::Everything,
        Some(b) if b.is_empty() => Scope::Nothing,
        Some(b) => {
            Scope::Bounds(b.into_iter().map(|b| Bound { unit_id: b.unit_id, area_id: b.area_id }).collect())
        }
    }
}

/// Keeps a report and notes it in the event log, digest and all: a later edit of the row shows in the chain.
///
/// # Errors
/// What the store says.
pub async fn keep(tx: &mut Tx, drawn: &Drawn, actor: &Actor, scope: &Scope) -> Result<Uuid> {
    let uid = Uuid::now_v7();
    // What was asked, and over which part of the district the asker may ask; none = the whole.
    let mut query = drawn.query()?;
    query["scope"] = json!(kept_scope(scope));
    tx.run(sql!(
        "INSERT INTO reports (uid, kind, query, as_of, event_seq, digest, body, made_by, made_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        uid,
        drawn.kind(),
        query.clone(),
        drawn.as_of(),
        drawn.event_seq(),
        drawn.digest(),
        drawn.body(&actor.name)?,
        &actor.login,
        drawn.made_at()
    ))
    .await?;
    let after = json!({
        "kind": drawn.kind(), "query": query, "event_seq": drawn.event_seq(), "digest": drawn.digest(),
    });
    events::append(tx, &actor.who(Permission::ReportRun), vec![event(uid, "drawn", None, after)]).await?;
    Ok(uid)
}

fn event(uid: Uuid, action: &'static str, before: Option<Json>, after: Json) -> Event {
    Event {
        subject: "report",
        subject_uid: uid,
        well_id: None,
        action,
        before,
        after: Some(after),
        reason: None,
    }
}

/// Adds the condition of who may see a report.
fn and_visible(q: &mut Sql, actor: &Actor) -> Result<()> {
    if actor.require(Permission::ReportRun)? != Scope::Everything {
        q.and("r.made_by = ?", Some(&actor.login));
    }
    Ok(())
}

/// Kept reports, newest first, below a row id; and how many there are.
///
/// # Errors
/// `forbidden`; else what the store says.
pub async fn list(
    tx: &mut Tx,
    actor: &Actor,
    kind: Option<&str>,
    before: Option<i64>,
    limit: i64,
) -> Result<(Vec<Listed>, i64)> {
    let mut condition = Sql::new("1 = 1", vec![]);
    and_visible(&mut condition, actor)?;
    condition.and("r.kind = ?", kind);
    let mut q = sql!(
        "SELECT r.id, r.uid, r.kind, r.query, r.as_of, r.event_seq, r.digest, r.made_by, r.made_at, c.closed_at FROM reports r LEFT JOIN period_closings c ON c.report_id = r.id WHERE 1 = 1"
    );
    q.push(" AND ", []);
    q.append(condition.clone());
    q.and("r.id < ?", before);
    q.push(" ORDER BY r.id DESC LIMIT ?", [limit.into()]);
    let items = tx.all(q).await?;
    let mut q = Sql::new("SELECT count(*) FROM reports r WHERE ", vec![]);
    q.append(condition);
    let (total,): (i64,) = tx.one(q).await?;
    Ok((items, total))
}

/// A kept report.
///
/// # Errors
/// `not_found`, also when it is not the actor's to see; else what the store says.
pub async fn get(tx: &mut Tx, actor: &Actor, uid: Uuid) -> Result<Kept> {
    let mut q = sql!(
        "SELECT r.id, r.uid, r.kind, r.query, r.event_seq, r.digest, r.body, r.made_by, r.made_at FROM reports r WHERE r.uid = ?",
        uid
    );
    and_visible(&mut q, actor)?;
    let stored: Stored = tx.opt(q).await?.ok_or_else(|| AppError::not_found("份报表", "report"))?;
    let scope: Option<Vec<KeptBound>> =
        serde_json::from_value(stored.query["scope"].clone()).map_err(AppError::internal)?;
    let (made_by, mut drawn) = Drawn::read(&stored.kind, &stored.body)?;
    let cells = cells::of(tx, stored.id).await?;
    let closing = closing::of(tx, stored.id).await?;
    let intact = drawn.digest_now() == stored.digest
        && drawn.answers(&stored.query)?
        && drawn.event_seq() == stored.event_seq
        && drawn.made_at().as_millisecond() == stored.made_at.as_millisecond()
        && closing.as_ref().is_none_or(|c| c.digest == closing::digest(&stored.digest, &cells));
    cells::put(&mut drawn, &cells);
    let made_by = if made_by.is_empty() { stored.made_by } else { made_by };
    Ok(Kept {
        id: stored.id,
        uid: stored.uid,
        made_by,
        drawn,
        cells,
        closing,
        intact,
        scope: scope_of(scope),
    })
}
