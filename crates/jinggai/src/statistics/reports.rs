//! 报表存档: a drawn report with its query, moment, place in the event chain and digest; drawn again it says equal, or
//! which figures of which rows changed.
//!
//! The scope of whoever drew it is part of the query, so that a later check counts the same covers whoever asks. A
//! report is seen by its maker, and by those who may draw reports of the whole district.
use crate::error::{AppError, Result};
use crate::identity::policy::Bound;
use crate::identity::{Actor, Permission, Scope};
use crate::statistics::annex1::{self, Annex, AnnexQuery, figure_filter, link};
use jiff::Timestamp;
use jiff::civil::Date;
use jinggai_db::events::{self, Event};
use jinggai_db::{Sql, Tx, row, sql};
use jinggai_rules::annex1::{figure_keys, figure_name};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// The kind of report in the table.
const ANNEX1: &str = "annex1";

/// What was asked, and over which covers the asker may ask.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct KeptQuery {
    #[serde(flatten)]
    annex: AnnexQuery,
    /// None = the whole district.
    scope: Option<Vec<KeptBound>>,
}

/// One bound of a scope, by row ids; they never change.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct KeptBound {
    unit_id: Option<i64>,
    area_id: Option<i64>,
}

/// What is kept of the table itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Body {
    made_by: String,
    annex: Annex,
}

row! {
    struct Stored {
        uid: Uuid,
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
        /// `annex1`.
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
    }
}

/// A kept report.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Public id.
    pub uid: Uuid,
    /// Who drew it, by name.
    pub made_by: String,
    /// The report as drawn.
    pub annex: Annex,
    /// The rows still have the digest they were kept with.
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
pub async fn keep(tx: &mut Tx, annex: &Annex, actor: &Actor, scope: &Scope) -> Result<Uuid> {
    let uid = Uuid::now_v7();
    let query = serde_json::to_value(KeptQuery { annex: annex.query.clone(), scope: kept_scope(scope) })
        .map_err(AppError::internal)?;
    let body = serde_json::to_string(&Body { made_by: actor.name.clone(), annex: annex.clone() })
        .map_err(AppError::internal)?;
    tx.run(sql!(
        "INSERT INTO reports (uid, kind, query, as_of, event_seq, digest, body, made_by, made_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        uid,
        ANNEX1,
        query.clone(),
        annex.query.as_of,
        annex.event_seq,
        &annex.digest,
        body,
        &actor.login,
        annex.made_at
    ))
    .await?;
    let event = Event {
        subject: "report",
        subject_uid: uid,
        well_id: None,
        action: "drawn",
        before: None,
        after: Some(json!({
            "kind": ANNEX1, "query": query, "event_seq": annex.event_seq, "digest": annex.digest,
        })),
        reason: None,
    };
    events::append(tx, &actor.who(Permission::ReportRun), vec![event]).await?;
    Ok(uid)
}

/// Adds the condition of who may see a report.
fn and_visible(q: &mut Sql, actor: &Actor) -> Result<()> {
    if actor.require(Permission::ReportRun)? != Scope::Everything {
        q.and("made_by = ?", Some(&actor.login));
    }
    Ok(())
}

/// Kept reports, newest first, below a row id; and how many there are.
///
/// # Errors
/// `forbidden`; else what the store says.
pub async fn list(tx: &mut Tx, actor: &Actor, before: Option<i64>, limit: i64) -> Result<(Vec<Listed>, i64)> {
    let mut q = sql!(
        "SELECT id, uid, kind, query, as_of, event_seq, digest, made_by, made_at FROM reports WHERE 1 = 1"
    );
    and_visible(&mut q, actor)?;
    q.and("id < ?", before);
    q.push(" ORDER BY id DESC LIMIT ?", [limit.into()]);
    let items = tx.all(q).await?;
    let mut q = sql!("SELECT count(*) FROM reports WHERE 1 = 1");
    and_visible(&mut q, actor)?;
    let (total,): (i64,) = tx.one(q).await?;
    Ok((items, total))
}

/// A kept report.
///
/// # Errors
/// `not_found`, also when it is not the actor's to see; else what the store says.
pub async fn get(tx: &mut Tx, actor: &Actor, uid: Uuid) -> Result<Kept> {
    let mut q = sql!(
        "SELECT uid, query, event_seq, digest, body, made_by, made_at FROM reports WHERE kind = 'annex1' AND uid = ?",
        uid
    );
    and_visible(&mut q, actor)?;
    let stored: Stored = tx.opt(q).await?.ok_or_else(|| AppError::not_found("份报表", "report"))?;
    let query: KeptQuery = serde_json::from_value(stored.query).map_err(AppError::internal)?;
    let body: Body = serde_json::from_str(&stored.body).map_err(AppError::internal)?;
    let intact = annex1::digest(&body.annex.rows) == stored.digest
        && body.annex.query == query.annex
        && body.annex.event_seq == stored.event_seq
        && body.annex.made_at.as_millisecond() == stored.made_at.as_millisecond();
    let made_by = if body.made_by.is_empty() { stored.made_by } else { body.made_by };
    Ok(Kept { uid: stored.uid, made_by, annex: body.annex, intact, scope: scope_of(query.scope) })
}

/// A figure that is not what it was.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Changed {
    /// Key of the row.
    pub row: String,
    /// The row as people know it.
    pub label: String,
    /// The figure.
    pub figure: String,
    /// The figure in Chinese.
    pub figure_zh: String,
    /// What the report says.
    pub before: i64,
    /// What the ledger says now of the same day.
    pub now: i64,
    /// The list of the covers that count now.
    pub query: Option<String>,
}

/// What became of a report when it was drawn again.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Comparison {
    /// The report.
    pub uid: Uuid,
    /// The same rows and figures.
    pub equal: bool,
    /// The kept rows have the digest they were kept with; false = the record was edited.
    pub intact: bool,
    /// Digest of the kept rows.
    pub digest_before: String,
    /// Digest of the rows drawn now.
    pub digest_now: String,
    /// The last event that the report knew of.
    pub event_seq_before: i64,
    /// The last event now.
    pub event_seq_now: i64,
    /// The figures that changed, by row.
    pub changes: Vec<Changed>,
}

/// Draws a kept report again, by its own query, template and scope, and compares.
///
/// # Errors
/// What the store says.
pub async fn check(tx: &mut Tx, kept: &Kept) -> Result<Comparison> {
    let then = &kept.annex;
    let now = annex1::draw(tx, then.query.clone(), then.template.clone(), &kept.scope).await?;
    Ok(Comparison {
        uid: kept.uid,
        equal: then.digest == now.digest,
        intact: kept.intact,
        digest_before: then.digest.clone(),
        digest_now: now.digest.clone(),
        event_seq_before: then.event_seq,
        event_seq_now: now.event_seq,
        changes: changes(then, &now),
    })
}

fn changes(then: &Annex, now: &Annex) -> Vec<Changed> {
    let by_key = |a: &'_ Annex| a.rows.iter().map(|r| (r.key.clone(), r.clone())).collect::<BTreeMap<_, _>>();
    let (old, new) = (by_key(then), by_key(now));
    let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let mut out = vec![];
    for key in keys {
        let (a, b) = (old.get(key), new.get(key));
        let Some(row) = b.or(a) else { continue };
        for figure in figure_keys() {
            let count = |r: Option<&annex1::Row>| r.map_or(0, |r| r.cells.figure(&figure));
            let (before, now) = (count(a), count(b));
            if before != now {
                out.push(Changed {
                    row: key.clone(),
                    label: row.cells.label.clone(),
                    figure_zh: figure_name(&figure).map_or_else(String::new, |(zh, _)| zh.to_owned()),
                    before,
                    now,
                    query: figure_filter(&row.filter, &figure).map(|f| link(&f)),
                    figure,
                });
            }
        }
    }
    out
}
