//! A write that is done once: the Idempotency-Key, the change and the kept answer commit together.
use crate::app::App;
use crate::error::{AppError, Kind, Result};
use crate::http::Ctx;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use jinggai_db::{Tx, sql};
use serde::Serialize;

/// An open write. Dropped without [`Write::done`], nothing of it is kept.
pub struct Write {
    /// The transaction: everything of the change goes through it.
    pub tx: Tx,
    app: App,
    key: Option<(String, String)>,
}

impl Write {
    /// Begins the transaction and claims the key; a second request with the same key waits here for the first.
    pub(crate) async fn begin(ctx: &Ctx, body_digest: &str) -> Result<Write> {
        let app = ctx.app.0.clone();
        let mut tx = app.db().begin().await?;
        let Some(key) = ctx.key.clone() else { return Ok(Write { tx, app, key: None }) };
        let request = format!("{} {body_digest}", ctx.request);
        let claimed = tx
            .run(sql!(
                "INSERT INTO idempotency (actor, key, request, created_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                &ctx.actor.login,
                &key,
                &request,
                Timestamp::now()
            ))
            .await?;
        if claimed == 0 {
            return Err(kept(&mut tx, &ctx.actor.login, &key, &request).await?);
        }
        Ok(Write { tx, app, key: Some((ctx.actor.login.clone(), key)) })
    }

    /// Commits and answers: only now may the client be told that it is kept.
    ///
    /// # Errors
    /// What the store says; then nothing is kept.
    pub async fn done<T: Serialize + Sync>(self, status: StatusCode, body: &T) -> Result<Response> {
        let text = serde_json::to_string(body).map_err(AppError::internal)?;
        self.finish(status, text, true).await
    }

    /// The same for an answer that holds a secret: it is told once and not kept.
    ///
    /// # Errors
    /// What the store says; then nothing is kept.
    pub async fn done_secret<T: Serialize + Sync>(self, status: StatusCode, body: &T) -> Result<Response> {
        let text = serde_json::to_string(body).map_err(AppError::internal)?;
        self.finish(status, text, false).await
    }

    async fn finish(mut self, status: StatusCode, text: String, keep: bool) -> Result<Response> {
        if let Some((actor, key)) = &self.key {
            self.tx
                .run(sql!(
                    "UPDATE idempotency SET status = ?, response = ? WHERE actor = ? AND key = ?",
                    i64::from(status.as_u16()),
                    keep.then_some(&text),
                    actor,
                    key
                ))
                .await?;
        }
        self.tx.commit().await?;
        self.app.changed().notify_waiters();
        Ok((status, [("content-type", "application/json")], text).into_response())
    }
}

/// What to say to a key that was used before.
async fn kept(tx: &mut Tx, actor: &str, key: &str, request: &str) -> Result<AppError> {
    let (stood_for, status, response): (String, Option<i64>, Option<String>) = tx
        .one(sql!(
            "SELECT request, status, response FROM idempotency WHERE actor = ? AND key = ?",
            actor,
            key
        ))
        .await?;
    if stood_for != request {
        return Ok(AppError::new(
            Kind::Conflict,
            "idempotency.reused",
            "这个 Idempotency-Key 已用于另一个请求，请换一个新的",
            "this Idempotency-Key stands for another request; use a new one",
        ));
    }
    let status = status.and_then(|s| u16::try_from(s).ok()).and_then(|s| StatusCode::from_u16(s).ok());
    Ok(match (status, response) {
        (Some(status), Some(body)) => AppError::replay(status, body),
        _ => AppError::new(
            Kind::Conflict,
            "idempotency.done",
            "这个请求已经完成，其结果只显示一次",
            "this request was done already; its answer was shown once",
        ),
    })
}
