//! The event log: append-only, written in the transaction of the change, chained by SM3.
//!
//! SM3 (GB/T 32905) and not SHA-256: the log is evidence before Chinese courts and is looked at in 密评, both of
//! which ask for the national algorithm; OpenSSL computes it too, so anybody can check the chain. Bodies are kept
//! as text, because JSONB would reorder the keys and break the digest.
//!
//! The hash of an event is SM3 over the previous hash and the UTF-8 text of the JSON array
//! `[seq, uid, at, actor, role, origin, subject, subject_uid, well_id, action, before, after, reason]`.
use crate::{Result, Sql, Tx, Value, row, sql, time_text, to_millis};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value as Json;
use sm3::{Digest, Sm3};
use uuid::Uuid;

mod verify;
pub use verify::{Anchor, Fault, FaultKind, Verdict, verify};

/// Who does something, in which role, and from where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Who {
    /// Login or unit code of the actor, `system`, or `cli:<operating-system user>`.
    pub actor: String,
    /// The role that gave the right.
    pub role: String,
    /// Network address, `cli`, or the job that acts.
    pub origin: String,
}

impl Who {
    /// The platform itself.
    #[must_use]
    pub fn system(origin: &str) -> Self {
        Who { actor: "system".into(), role: "system".into(), origin: origin.into() }
    }
}

/// One thing that happened, before it has its place in the chain.
#[derive(Clone, Debug)]
pub struct Event {
    /// What kind of thing it happened to: `well`, `cover`, `unit`, `user` …
    pub subject: &'static str,
    /// Public id of that thing.
    pub subject_uid: Uuid,
    /// The well in whose file it belongs, if any.
    pub well_id: Option<i64>,
    /// What happened, a verb: `created`, `corrected`, `retired` …
    pub action: &'static str,
    /// The changed fields as they were.
    pub before: Option<Json>,
    /// The changed fields as they are.
    pub after: Option<Json>,
    /// Why.
    pub reason: Option<String>,
}

row! {
    /// An event in the chain.
    #[derive(Clone, Debug, Serialize)]
    pub struct Logged {
        /// Place in the chain, 1 first, without gaps.
        pub seq: i64,
        /// Public id.
        pub uid: Uuid,
        /// When it was written, to the millisecond.
        pub at: Timestamp,
        /// Who did it.
        pub actor: String,
        /// In which role.
        pub role: String,
        /// From where.
        pub origin: String,
        /// Kind of thing.
        pub subject: String,
        /// Public id of the thing.
        pub subject_uid: Uuid,
        /// The well in whose file it belongs.
        pub well_id: Option<i64>,
        /// What happened.
        pub action: String,
        /// Changed fields before, JSON text.
        pub before: Option<String>,
        /// Changed fields after, JSON text.
        pub after: Option<String>,
        /// Why.
        pub reason: Option<String>,
        /// Hash of the event before.
        #[serde(skip)]
        pub prev: Vec<u8>,
        /// Hash of this event.
        #[serde(skip)]
        pub hash: Vec<u8>,
    }
}

/// The columns of [`Logged`], in order.
pub const COLUMNS: &str = "seq, uid, at, actor, role, origin, subject, subject_uid, well_id, action, before, after, reason, prev, hash";

impl Logged {
    /// The hash this event must have after `prev`.
    #[must_use]
    pub fn digest(&self, prev: &[u8]) -> Vec<u8> {
        let text = serde_json::json!([
            self.seq,
            self.uid,
            time_text(self.at),
            self.actor,
            self.role,
            self.origin,
            self.subject,
            self.subject_uid,
            self.well_id,
            self.action,
            self.before,
            self.after,
            self.reason
        ])
        .to_string();
        Sm3::new().chain_update(prev).chain_update(text.as_bytes()).finalize().to_vec()
    }
}

/// Takes the chain's head early: until the commit no other writer comes further than here.
///
/// For checks that must still hold at the commit (the last administrator, a circle in a tree): on PostgreSQL two
/// transactions could otherwise both pass them. SQLite has one writer anyway.
///
/// # Errors
/// What the store says.
pub async fn hold(tx: &mut Tx) -> Result<()> {
    tx.run(sql!("UPDATE event_head SET seq = seq WHERE id = 1")).await.map(drop)
}

/// Appends events to the chain in the given order and gives the place of the first.
///
/// Takes the chain's head, so on PostgreSQL other writers wait from here to the commit: call it last.
///
/// # Errors
/// What the store says.
pub async fn append(tx: &mut Tx, who: &Who, events: Vec<Event>) -> Result<i64> {
    let n = i64::try_from(events.len()).unwrap_or(i64::MAX);
    let (last, mut prev): (i64, Vec<u8>) =
        tx.one(sql!("UPDATE event_head SET seq = seq + ? WHERE id = 1 RETURNING seq, hash", n)).await?;
    let first = last - n + 1;
    let at = to_millis(Timestamp::now());
    let mut rows = Vec::with_capacity(events.len());
    for (i, e) in events.into_iter().enumerate() {
        let mut logged = Logged {
            seq: first + i64::try_from(i).unwrap_or(0),
            uid: Uuid::now_v7(),
            at,
            actor: who.actor.clone(),
            role: who.role.clone(),
            origin: who.origin.clone(),
            subject: e.subject.to_owned(),
            subject_uid: e.subject_uid,
            well_id: e.well_id,
            action: e.action.to_owned(),
            before: e.before.map(|j| j.to_string()),
            after: e.after.map(|j| j.to_string()),
            reason: e.reason,
            prev,
            hash: vec![],
        };
        logged.hash = logged.digest(&logged.prev);
        prev = logged.hash.clone();
        rows.push(values(logged));
    }
    tx.run(sql!("UPDATE event_head SET hash = ? WHERE id = 1", prev)).await?;
    tx.bulk("events", &COLUMNS.split(", ").collect::<Vec<_>>(), rows).await?;
    Ok(first)
}

fn values(e: Logged) -> Vec<Value> {
    vec![
        e.seq.into(),
        e.uid.into(),
        e.at.into(),
        e.actor.into(),
        e.role.into(),
        e.origin.into(),
        e.subject.into(),
        e.subject_uid.into(),
        e.well_id.into(),
        e.action.into(),
        e.before.into(),
        e.after.into(),
        e.reason.into(),
        e.prev.into(),
        e.hash.into(),
    ]
}

/// A query for events: `SELECT … FROM events WHERE 1 = 1`, to be narrowed by the caller.
#[must_use]
pub fn select() -> Sql {
    Sql::new(&format!("SELECT {COLUMNS} FROM events WHERE 1 = 1"), vec![])
}
