//! Imports as jobs: asked for over HTTP, done by the worker, safe to begin again.
//!
//! The run is written down in the transaction that asks for it, so that its public id is known at once. The worker
//! looks up what the user may do at the time it works, not at the time of asking.
use super::options::Options;
use super::run::{self, Request};
use super::store::{self, NewImport};
use crate::app::App;
use crate::error::{AppError, Kind, Result};
use crate::identity::{Actor, Permission, sessions};
use jinggai_db::jobs::{self, Job};
use jinggai_db::{Tx, sql};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::path::PathBuf;
use uuid::Uuid;

/// The kind of these jobs.
pub const KIND: &str = "import";

/// What a job of this kind holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Body {
    /// SHA-256 of the uploaded file.
    pub file: String,
    /// Its name.
    pub name: String,
    /// What was asked.
    pub options: Options,
    /// Row of the user; none for the machine itself.
    pub user_id: Option<i64>,
    /// Login.
    pub login: String,
    /// Where the request came from.
    pub origin: String,
}

/// Where an uploaded file lies.
///
/// # Errors
/// Not found for what is no hash, or was never uploaded.
pub fn uploaded(app: &App, hash: &str) -> Result<(PathBuf, String)> {
    let missing = || AppError::not_found("个上传的文件", "uploaded file");
    let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    if hash.len() != 64 || !hash.bytes().all(hex) {
        return Err(missing());
    }
    let folder = app.config().data.join("uploads").join(hash);
    let first = std::fs::read_dir(folder).ok().and_then(|d| d.flatten().next()).ok_or_else(missing)?;
    Ok((first.path(), first.file_name().to_string_lossy().into_owned()))
}

/// Asks for an import: writes the run and its job down and gives their public ids.
///
/// # Errors
/// What the store says.
pub async fn ask(tx: &mut Tx, body: &Body) -> Result<(Uuid, Uuid)> {
    let job = jobs::enqueue(tx, KIND, serde_json::to_value(body).map_err(AppError::internal)?).await?;
    let source = source_of(body);
    let new = NewImport {
        source: &source,
        file_hash: &body.file,
        file_name: &body.name,
        options: &body.options,
        actor: &body.login,
        job_uid: Some(job),
    };
    let (_, uid) = store::begin(tx, &new).await?;
    Ok((uid, job))
}

fn source_of(body: &Body) -> String {
    run::source_of_name(&body.name, &body.options)
}

/// Does a job.
///
/// # Errors
/// What the worker notes on the job.
pub async fn work(app: &App, job: &Job) -> Result<()> {
    let body: Body = serde_json::from_value(job.body.clone()).map_err(AppError::internal)?;
    let actor = actor(app, &body).await?;
    let (path, _) = uploaded(app, &body.file)?;
    let request = Request {
        path,
        name: body.name.clone(),
        options: body.options.clone(),
        actor: &actor,
        job: Some((job.id, job.uid)),
        keep_dry: true,
        stop_after: None,
    };
    match run::import(app, request, &mut |_, _| {}).await {
        Ok(report) => {
            let mut tx = app.db().begin().await?;
            if report.refused.is_some() {
                refused(&mut tx, job.uid, &report).await?;
            }
            jobs::done(
                &mut tx,
                job.id,
                json!({"done": report.totals.read, "total": report.totals.read, "report": report}),
            )
            .await?;
            tx.commit().await?;
            app.changed().notify_waiters();
            Ok(())
        }
        Err(e) if e.code() == "import.cancelled" => mark(app, job.uid, "cancelled").await,
        Err(e) => {
            if !e.retryable() {
                mark(app, job.uid, "failed").await?;
            }
            Err(e)
        }
    }
}

/// A file that was refused as a whole is kept as a failed run with its reason.
async fn refused(tx: &mut Tx, job: Uuid, report: &super::Report) -> Result<()> {
    let why = report
        .refused
        .as_ref()
        .map(|r| json!([{"code": r.code, "message": r.message, "rows": 0}]))
        .unwrap_or_default();
    let n = |v: u64| i64::try_from(v).unwrap_or(i64::MAX);
    tx.run(sql!(
        "UPDATE imports SET state = 'failed', read = ?, rejected = ?, notes = ?, ended_at = ? WHERE job_uid = ?",
        n(report.totals.read),
        n(report.totals.rejected),
        why,
        jiff::Timestamp::now(),
        job
    ))
    .await?;
    Ok(())
}

async fn mark(app: &App, job: Uuid, state: &str) -> Result<()> {
    let mut tx = app.db().begin().await?;
    tx.run(sql!(
        "UPDATE imports SET state = ?, ended_at = ? WHERE job_uid = ? AND state = 'running'",
        state,
        jiff::Timestamp::now(),
        job
    ))
    .await?;
    tx.commit().await?;
    Ok(())
}

/// Who asked, with what is granted now.
async fn actor(app: &App, body: &Body) -> Result<Actor> {
    let Some(user) = body.user_id else { return Ok(Actor { origin: "job".into(), ..Actor::command_line() }) };
    let found: Option<(String, String)> = app
        .db()
        .opt(sql!("SELECT login, name FROM users WHERE id = ? AND disabled_at IS NULL", user))
        .await?;
    let (login, name) = found.ok_or_else(|| AppError::forbidden(Permission::RegistryImport.zh()))?;
    let grants = sessions::grants(app.db(), user).await?;
    Ok(Actor { user_id: Some(user), login, name, grants, scopes: None, origin: body.origin.clone() })
}

/// Cancels a run that has not ended.
///
/// # Errors
/// `import.ended`.
pub async fn cancel(tx: &mut Tx, import: &store::ImportRow) -> Result<()> {
    let cancelled = match import.job_uid {
        Some(job) => jobs::cancel(tx, job).await?,
        None => false,
    };
    if !cancelled {
        return Err(AppError::new(
            Kind::Conflict,
            "import.ended",
            "这次导入已经结束，不能取消",
            "this import has ended",
        ));
    }
    store::end(tx, import.id, "cancelled").await
}

/// Lets a run go on that was cancelled or failed.
///
/// # Errors
/// `import.running` and `import.done`; `import.no_job` for a run of the command line.
pub async fn resume(tx: &mut Tx, import: &store::ImportRow) -> Result<()> {
    let Some(job) = import.job_uid else {
        return Err(AppError::new(
            Kind::Conflict,
            "import.no_job",
            "这次导入由命令行发起，请用同样的命令继续",
            "this import was begun on the command line: run the same command again",
        ));
    };
    if !matches!(import.state.as_str(), "cancelled" | "failed") {
        return Err(AppError::new(
            Kind::Conflict,
            "import.not_stopped",
            "只有已取消或失败的导入可以继续",
            "only a cancelled or failed import can go on",
        ));
    }
    let now = jiff::Timestamp::now();
    tx.run(sql!("UPDATE jobs SET state = 'queued', attempts = 0, error = NULL, ended_at = NULL, locked_until = NULL, run_at = ? WHERE uid = ?", now, job)).await?;
    tx.run(sql!("UPDATE imports SET state = 'running', ended_at = NULL WHERE id = ?", import.id)).await?;
    Ok(())
}
