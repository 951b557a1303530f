//! `GET /api/v1/audit`
use crate::app::App;
use crate::error::{Problem, Result};
use crate::http::Ctx;
use crate::identity::Permission;
use axum::Json;
use axum::extract::Query;
use jiff::Timestamp;
use jinggai_db::Sql;
use jinggai_db::events::{self, Logged};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// Events of a page at most.
const LIMIT_MAX: i64 = 500;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_events))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct EventFilter {
    /// Kind of thing: `well`, `cover`, `unit`, `area`, `user`, `import`, `report` …
    subject: Option<String>,
    /// Public id of the thing.
    #[param(value_type = Option<String>)]
    subject_uid: Option<Uuid>,
    /// Login of who did it.
    actor: Option<String>,
    /// What happened.
    action: Option<String>,
    /// From this moment on.
    #[param(value_type = Option<String>)]
    from: Option<Timestamp>,
    /// Before this moment.
    #[param(value_type = Option<String>)]
    to: Option<Timestamp>,
    /// Page size, 500 at most.
    limit: Option<i64>,
    /// `next` of the page before.
    cursor: Option<i64>,
}

/// An event as auditors see it.
#[derive(Serialize, ToSchema)]
pub struct EventView {
    seq: i64,
    uid: Uuid,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    actor: String,
    role: String,
    origin: String,
    subject: String,
    subject_uid: Uuid,
    action: String,
    #[schema(value_type = Option<Object>)]
    before: Option<serde_json::Value>,
    #[schema(value_type = Option<Object>)]
    after: Option<serde_json::Value>,
    reason: Option<String>,
    /// SM3 of the event, hexadecimal.
    hash: String,
}

/// A page of events, newest first.
#[derive(Serialize, ToSchema)]
pub struct EventPage {
    items: Vec<EventView>,
    next: Option<i64>,
}

impl From<Logged> for EventView {
    fn from(e: Logged) -> Self {
        let json = |t: Option<String>| t.and_then(|t| serde_json::from_str(&t).ok());
        EventView {
            seq: e.seq,
            uid: e.uid,
            at: e.at,
            actor: e.actor,
            role: e.role,
            origin: e.origin,
            subject: e.subject,
            subject_uid: e.subject_uid,
            action: e.action,
            before: json(e.before),
            after: json(e.after),
            reason: e.reason,
            hash: data_encoding::HEXLOWER.encode(&e.hash),
        }
    }
}

/// The event log, newest first.
#[utoipa::path(get, path = "/api/v1/audit", operation_id = "list_events", tag = "audit", params(EventFilter),
    responses((status = 200, body = EventPage), (status = "4XX", body = Problem)))]
async fn list_events(ctx: Ctx, Query(f): Query<EventFilter>) -> Result<Json<EventPage>> {
    ctx.actor.require_everywhere(Permission::AuditRead)?;
    let limit = f.limit.unwrap_or(100).clamp(1, LIMIT_MAX);
    let mut q: Sql = events::select();
    q.and("subject = ?", f.subject)
        .and("subject_uid = ?", f.subject_uid)
        .and("actor = ?", f.actor)
        .and("action = ?", f.action)
        .and("at >= ?", f.from)
        .and("at < ?", f.to)
        .and("seq < ?", f.cursor);
    q.push(" ORDER BY seq DESC LIMIT ?", [(limit + 1).into()]);
    let mut found: Vec<Logged> = ctx.app.db().all(q).await?;
    let more = found.len() as i64 > limit;
    found.truncate(usize::try_from(limit).unwrap_or(0));
    let next = more.then(|| found.last().map(|e| e.seq)).flatten();
    Ok(Json(EventPage { items: found.into_iter().map(EventView::from).collect(), next }))
}
