//! Background jobs: one loop that takes the next due job and hands it to its part.
//!
//! A job runs at least once: each kind must be safe to run again after a crash.
use crate::app::App;
use crate::cases;
use crate::error::{AppError, Result};
use crate::housekeeping;
use crate::registry::import;
use jiff::Timestamp;
use jinggai_db::jobs::{self, Job};
use std::time::{Duration, Instant};

/// How long to wait for a job of another process when nothing tells of one.
const IDLE: Duration = Duration::from_secs(2);

/// How often old keys and sessions are cleared away.
const HOUSEKEEPING: Duration = Duration::from_secs(3600);

/// How often deadlines are looked at: a reminder is at most so late.
const SWEEP: Duration = Duration::from_secs(30);

/// The kinds of job that this program does.
pub const KINDS: &[&str] = &[import::job::KIND];

/// Works until the process ends: jobs, what falls due by the clock, and what goes out. Each has its own loop, so that
/// neither a long import nor a slow gateway holds up the others.
pub async fn run(app: App) {
    tokio::join!(jobs(&app), clockwork(&app), outbox(&app));
}

async fn jobs(app: &App) {
    loop {
        match told("the job queue could not be read", step(app).await) {
            Some(true) => {}
            Some(false) => rest(app).await,
            None => tokio::time::sleep(IDLE).await,
        }
    }
}

async fn outbox(app: &App) {
    loop {
        match told("notices could not be sent", cases::outbox::step(app, Timestamp::now()).await) {
            Some(_) => rest(app).await,
            None => tokio::time::sleep(IDLE).await,
        }
    }
}

async fn clockwork(app: &App) {
    let mut kept = None;
    loop {
        told("the deadlines could not be looked at", cases::urge::sweep(app, Timestamp::now()).await);
        if kept.is_none_or(|at: Instant| at.elapsed() > HOUSEKEEPING) {
            kept = Some(Instant::now());
            told("housekeeping failed", housekeeping::run(app).await);
        }
        tokio::time::sleep(SWEEP).await;
    }
}

/// Until something was committed here, or another process may have.
async fn rest(app: &App) {
    tokio::time::timeout(IDLE, app.changed().notified()).await.ok();
}

/// The result of a task, if it went well; all are tried again. A store that is away is one thing, whatever task met it.
fn told<T>(what: &str, result: Result<T>) -> Option<T> {
    match result {
        Ok(v) => return Some(v),
        Err(e) if e.retryable() => tracing::warn!(error = %e, "the worker waits for the store"),
        Err(e) => tracing::warn!(error = %e, "{what}; it is tried again"),
    }
    None
}

/// Does the next due job, if there is one, and tells whether there was.
///
/// # Errors
/// When the queue cannot be read; a job's own failure is noted on the job.
pub async fn step(app: &App) -> Result<bool> {
    let kinds: Vec<String> = KINDS.iter().map(|k| (*k).to_owned()).collect();
    let Some(job) = jobs::claim(app.db(), &kinds).await? else { return Ok(false) };
    if let Err(e) = work(app, &job).await {
        tracing::warn!(job.kind = job.kind, job.uid = %job.uid, error = %e, "job failed");
        jobs::failed(app.db(), &job, &e.to_string(), e.retryable()).await?;
    }
    Ok(true)
}

async fn work(app: &App, job: &Job) -> Result<()> {
    if job.kind == import::job::KIND {
        return import::job::work(app, job).await;
    }
    Err(AppError::internal(anyhow::anyhow!("no worker for jobs of kind {}", job.kind)))
}
