//! The job queue: a job commits with the change that caused it, and runs at least once.
use crate::{Db, Dialect, Result, Sql, Tx, row, sql};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value as Json;
use uuid::Uuid;

/// How long a worker may be silent before another takes its job.
const LEASE: SignedDuration = SignedDuration::from_secs(120);
/// Attempts before a job is set aside as failed.
const ATTEMPTS_MAX: i64 = 8;

row! {
    /// A job as its worker and its onlookers see it.
    #[derive(Clone, Debug, serde::Serialize)]
    pub struct Job {
        /// Internal id.
        #[serde(skip)]
        pub id: i64,
        /// Public id.
        pub uid: Uuid,
        /// What to do.
        pub kind: String,
        /// With what.
        pub body: Json,
        /// `queued`, `running`, `done`, `failed` or `cancelled`.
        pub state: String,
        /// How far it is, as the job's own kind says it.
        pub progress: Json,
        /// Times it was begun.
        pub attempts: i64,
        /// Why the last attempt failed.
        pub error: Option<String>,
        /// When it was asked for.
        pub created_at: Timestamp,
        /// When it ended.
        pub ended_at: Option<Timestamp>,
    }
}

const COLUMNS: &str = "id, uid, kind, body, state, progress, attempts, error, created_at, ended_at";

/// Puts a job into the queue, in the caller's transaction.
///
/// # Errors
/// What the store says.
pub async fn enqueue(tx: &mut Tx, kind: &str, body: Json) -> Result<Uuid> {
    let uid = Uuid::now_v7();
    let now = Timestamp::now();
    tx.run(sql!(
        "INSERT INTO jobs (uid, kind, body, state, progress, attempts, run_at, created_at) VALUES (?, ?, ?, 'queued', ?, 0, ?, ?)",
        uid,
        kind,
        body,
        serde_json::json!({}),
        now,
        now
    ))
    .await?;
    Ok(uid)
}

/// Takes the next due job of these kinds, or one whose worker has gone silent.
///
/// # Errors
/// What the store says.
pub async fn claim(db: &Db, kinds: &[String]) -> Result<Option<Job>> {
    let now = Timestamp::now();
    let lock = if db.dialect() == Dialect::Postgres { " FOR UPDATE SKIP LOCKED" } else { "" };
    let mut q = Sql::new(
        "UPDATE jobs SET state = 'running', attempts = attempts + 1, locked_until = ? WHERE id = (SELECT id FROM jobs WHERE (state = 'queued' AND run_at <= ? OR state = 'running' AND locked_until < ?)",
        vec![(now + LEASE).into(), now.into(), now.into()],
    );
    q.and_in("kind", kinds);
    q.push(&format!(" ORDER BY run_at, id LIMIT 1{lock}) RETURNING {COLUMNS}"), []);
    let mut tx = db.begin().await?;
    let job = tx.opt(q).await?;
    tx.commit().await?;
    Ok(job)
}

/// Notes how far a job is and keeps its lease; tells whether it should go on (false: it was cancelled).
///
/// # Errors
/// What the store says.
pub async fn progress(tx: &mut Tx, id: i64, progress: Json) -> Result<bool> {
    let until = Timestamp::now() + LEASE;
    let n = tx
        .run(sql!(
            "UPDATE jobs SET progress = ?, locked_until = ? WHERE id = ? AND state = 'running'",
            progress,
            until,
            id
        ))
        .await?;
    Ok(n == 1)
}

/// Ends a job well, in the caller's transaction.
///
/// # Errors
/// What the store says.
pub async fn done(tx: &mut Tx, id: i64, progress: Json) -> Result<()> {
    tx.run(sql!(
        "UPDATE jobs SET state = 'done', progress = ?, error = NULL, ended_at = ? WHERE id = ?",
        progress,
        Timestamp::now(),
        id
    ))
    .await?;
    Ok(())
}

/// Notes a failed attempt: again later with growing pauses when it may help, else set aside.
///
/// # Errors
/// What the store says.
pub async fn failed(db: &Db, job: &Job, why: &str, retry: bool) -> Result<()> {
    let again = retry && job.attempts < ATTEMPTS_MAX;
    let now = Timestamp::now();
    let pause =
        SignedDuration::from_secs(2i64.saturating_pow(u32::try_from(job.attempts).unwrap_or(8).min(10)));
    let mut tx = db.begin().await?;
    tx.run(sql!(
        "UPDATE jobs SET state = ?, run_at = ?, error = ?, ended_at = ? WHERE id = ?",
        if again { "queued" } else { "failed" },
        now + pause,
        why,
        (!again).then_some(now),
        job.id
    ))
    .await?;
    tx.commit().await
}

/// Cancels a job that has not ended; tells whether there was one.
///
/// # Errors
/// What the store says.
pub async fn cancel(tx: &mut Tx, uid: Uuid) -> Result<bool> {
    let n = tx
        .run(sql!(
            "UPDATE jobs SET state = 'cancelled', ended_at = ? WHERE uid = ? AND state IN ('queued', 'running')",
            Timestamp::now(),
            uid
        ))
        .await?;
    Ok(n == 1)
}

/// A job by its public id.
///
/// # Errors
/// What the store says.
pub async fn find(db: &Db, uid: Uuid) -> Result<Option<Job>> {
    let mut q = Sql::new(&format!("SELECT {COLUMNS} FROM jobs WHERE 1 = 1"), vec![]);
    q.push(" AND uid = ?", [uid.into()]);
    db.opt(q).await
}
