//! For the machines that watch the platform: is it alive, is it ready, how much does it do.
use crate::app::App;
use crate::error::{AppError, Kind, Result};
use axum::Extension;
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use jinggai_db::{migrate, sql};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::Instant;

/// The recorder of this process: counters belong to the process, not to one server in it.
fn recorder() -> Option<&'static PrometheusHandle> {
    static HANDLE: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    HANDLE.get_or_init(|| PrometheusBuilder::new().install_recorder().ok()).as_ref()
}

/// `GET /healthz`: the process answers.
pub async fn alive() -> &'static str {
    recorder();
    "ok"
}

/// `GET /readyz`: the store answers and its schema is today's.
///
/// # Errors
/// 503 when it is not.
pub async fn ready(State(app): State<App>) -> Result<&'static str> {
    let missing = migrate::pending(app.db(), crate::store::MIGRATIONS).await?;
    if missing > 0 {
        return Err(AppError::new(
            Kind::Unavailable,
            "store.schema",
            "数据库还没有升级到本版本：请运行 jinggai migrate",
            "the store is not at this version's schema: run jinggai migrate",
        ));
    }
    Ok("ok")
}

/// `GET /metrics`: Prometheus text, for the machine itself only; a collector elsewhere comes through a proxy.
///
/// # Errors
/// Not found for other machines; else when the store does not answer.
pub async fn metrics(
    State(app): State<App>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
) -> Result<Response> {
    if peer.is_some_and(|Extension(ConnectInfo(peer))| !peer.ip().is_loopback()) {
        return Err(AppError::not_found("个地址", "address"));
    }
    let (events,): (i64,) = app.db().one(sql!("SELECT seq FROM event_head WHERE id = 1")).await?;
    let (waiting,): (i64,) =
        app.db().one(sql!("SELECT count(*) FROM jobs WHERE state IN ('queued', 'running')")).await?;
    let recorder = recorder();
    metrics::gauge!("jinggai_events").set(events as f64);
    metrics::gauge!("jinggai_jobs_waiting").set(waiting as f64);
    let text = recorder.map(PrometheusHandle::render).unwrap_or_default();
    Ok(([("content-type", "text/plain; version=0.0.4")], text).into_response())
}

/// Counts every request by route and status.
pub async fn count(route: Option<MatchedPath>, req: Request, next: Next) -> Response {
    let route = route.map_or_else(|| "none".to_owned(), |m| m.as_str().to_owned());
    let method = req.method().to_string();
    let begun = Instant::now();
    let response = next.run(req).await;
    let labels = [("route", route), ("method", method), ("status", response.status().as_u16().to_string())];
    metrics::counter!("jinggai_requests_total", &labels).increment(1);
    metrics::histogram!("jinggai_request_seconds", &labels[..1]).record(begun.elapsed().as_secs_f64());
    response
}
