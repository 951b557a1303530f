//! Hazards, the catalogue, notices.
use super::uid;
use crate::app::App;
use crate::cases::hazards_list::{self, HazardItem, HazardQuery};
use crate::cases::notices::{self, NoticeItem};
use crate::cases::outbox::{self, OutboxItem};
use crate::cases::rules::Rules;
use crate::error::{Problem, Result};
use crate::http::page::{Cursor, Page, PageQuery};
use crate::http::params::Params;
use crate::http::{Ctx, Input};
use crate::identity::Permission;
use axum::Json;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use jinggai_rules::case_rules::Source;
use jinggai_rules::hazards::{Level, Treatment};
use jinggai_rules::workflow::WORKFLOW;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json_, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_hazards))
        .routes(routes!(hazard_catalogue))
        .routes(routes!(list_notices))
        .routes(routes!(read_notice))
        .routes(routes!(read_notices))
        .routes(routes!(list_outbox))
        .routes(routes!(send_again))
}

/// Hazards, newest first.
#[utoipa::path(get, path = "/api/v1/hazards", operation_id = "list_hazards", tag = "cases", params(HazardQuery),
    responses((status = 200, body = Page<HazardItem>), (status = "4XX", body = Problem)))]
async fn list_hazards(ctx: Ctx, Params(q): Params<HazardQuery>) -> Result<Json<Page<HazardItem>>> {
    let scope = ctx.actor.require(Permission::CaseRead)?;
    let paging = PageQuery { limit: q.limit, cursor: q.cursor.clone() }.paging()?;
    let mut snap = ctx.app.db().snapshot().await?;
    let rules = Rules::today(&ctx.app, &mut snap).await?;
    Ok(Json(hazards_list::hazards(&mut snap, &rules, &scope, &q, &paging).await?))
}

/// A defect of the catalogue.
#[derive(Serialize, ToSchema)]
pub struct CatalogueEntry {
    code: String,
    name: String,
    name_en: String,
    level: &'static str,
    level_name: &'static str,
    /// 立案标准.
    standard: String,
    /// 结案条件.
    closing: String,
    /// 处置时限; none = by plan.
    restore: Option<String>,
    /// What it is measured by: `damage`, `height`, `blocked`.
    measure: Option<&'static str>,
    /// Codes of the treatments that answer it.
    treatments: Vec<&'static str>,
    basis: String,
}

/// The words of cases: catalogue, treatments, sources, the table of the flow.
#[derive(Serialize, ToSchema)]
pub struct CaseWords {
    version: u32,
    hazards: Vec<CatalogueEntry>,
    /// Code and Chinese name of each treatment.
    treatments: Vec<(&'static str, &'static str)>,
    /// Code and Chinese name of each source.
    sources: Vec<(&'static str, &'static str)>,
    /// Code and Chinese name of each level.
    levels: Vec<(&'static str, &'static str)>,
    /// The table of the flow: from, move, to, desk, guards, clause.
    #[schema(value_type = Vec<Object>)]
    workflow: Vec<Json_>,
}

/// The hazard catalogue in force, with the words and the table that cases run by.
#[utoipa::path(get, path = "/api/v1/hazard-catalogue", operation_id = "hazard_catalogue", tag = "cases",
    responses((status = 200, body = CaseWords), (status = "4XX", body = Problem)))]
async fn hazard_catalogue(ctx: Ctx) -> Result<Json<CaseWords>> {
    ctx.actor.require(Permission::DirectoryRead)?;
    let mut snap = ctx.app.db().snapshot().await?;
    let rules = Rules::today(&ctx.app, &mut snap).await?;
    let entry = |h: &jinggai_rules::hazards::Hazard| CatalogueEntry {
        code: h.code.clone(),
        name: h.name.clone(),
        name_en: h.name_en.clone(),
        level: h.level.code(),
        level_name: h.level.name_zh(),
        standard: h.standard.clone(),
        closing: h.closing.clone(),
        restore: h.restore.map(|l| l.to_string()),
        measure: h.measure.map(jinggai_rules::hazards::Measure::code),
        treatments: h.treatments.iter().map(|t| t.code()).collect(),
        basis: h.basis.clone(),
    };
    let flow = WORKFLOW.iter().map(|r| {
        json!({
            "from": r.from.code(), "from_name": r.from.name_zh(), "move": r.action.code(), "move_name": r.action.name_zh(),
            "to": r.to.code(), "to_name": r.to.name_zh(), "desk": r.desk.code(), "desk_name": r.desk.name_zh(),
            "guards": r.guards.iter().map(|g| json!({"code": g.code(), "name": g.name_zh()})).collect::<Vec<_>>(), "clause": r.clause,
        })
    });
    Ok(Json(CaseWords {
        version: rules.catalogue.pack.version,
        hazards: rules.catalogue.entries.iter().map(entry).collect(),
        treatments: Treatment::ALL.iter().map(|t| (t.code(), t.name_zh())).collect(),
        sources: Source::ALL.iter().map(|s| (s.code(), s.name_zh())).collect(),
        levels: Level::ALL.iter().map(|l| (l.code(), l.name_zh())).collect(),
        workflow: flow.collect(),
    }))
}

/// My notices, newest first.
#[derive(Serialize, ToSchema)]
pub struct Notices {
    items: Vec<NoticeItem>,
    next: Option<String>,
    /// Unread ones altogether.
    unread: i64,
}

/// What I was told.
#[utoipa::path(get, path = "/api/v1/notices", operation_id = "list_notices", tag = "cases", params(PageQuery),
    responses((status = 200, body = Notices), (status = "4XX", body = Problem)))]
async fn list_notices(ctx: Ctx, Params(q): Params<PageQuery>) -> Result<Json<Notices>> {
    ctx.actor.require(Permission::CaseRead)?;
    let paging = q.paging()?;
    let after: Option<i64> = paging.cursor()?;
    let user = ctx.actor.user_id.unwrap_or(0);
    let mut snap = ctx.app.db().snapshot().await?;
    let (mut items, unread) =
        notices::mine(&mut snap, user, after, paging.limit + 1, Timestamp::now()).await?;
    let more = items.len() > paging.limit;
    items.truncate(paging.limit);
    let next = items.last().filter(|_| more).map(|n| Cursor::of(&n.id));
    Ok(Json(Notices { items, next, unread }))
}

/// Marks one of my notices as read.
#[utoipa::path(post, path = "/api/v1/notices/{uid}/read", operation_id = "read_notice", tag = "cases", params(("uid" = String, Path)),
    responses((status = 200, body = Object), (status = "4XX", body = Problem)))]
async fn read_notice(ctx: Ctx, Path(id): Path<String>, input: Input<Json_>) -> Result<Response> {
    ctx.actor.require(Permission::CaseRead)?;
    let mut w = ctx.write(&input.digest).await?;
    let n = notices::read(&mut w.tx, ctx.actor.user_id.unwrap_or(0), Some(uid(&id)?)).await?;
    w.done(StatusCode::OK, &json!({"read": n})).await
}

/// Marks all my notices as read.
#[utoipa::path(post, path = "/api/v1/notices/read", operation_id = "read_notices", tag = "cases",
    responses((status = 200, body = Object), (status = "4XX", body = Problem)))]
async fn read_notices(ctx: Ctx, input: Input<Json_>) -> Result<Response> {
    ctx.actor.require(Permission::CaseRead)?;
    let mut w = ctx.write(&input.digest).await?;
    let n = notices::read(&mut w.tx, ctx.actor.user_id.unwrap_or(0), None).await?;
    w.done(StatusCode::OK, &json!({"read": n})).await
}

/// Which rows of the outbox.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct OutboxQuery {
    /// `waiting`, `sent`, `failed`.
    state: Option<String>,
    /// Rows wanted, at most 500.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// A page of the outbox.
#[derive(Serialize, ToSchema)]
pub struct Outbox {
    items: Vec<OutboxItem>,
    next: Option<String>,
}

/// What goes to other systems and telephones, newest first, with why it did not arrive.
#[utoipa::path(get, path = "/api/v1/outbox", operation_id = "list_outbox", tag = "cases", params(OutboxQuery),
    responses((status = 200, body = Outbox), (status = "4XX", body = Problem)))]
async fn list_outbox(ctx: Ctx, Params(q): Params<OutboxQuery>) -> Result<Json<Outbox>> {
    ctx.actor.require_everywhere(Permission::CaseDispatch)?;
    let paging = PageQuery { limit: q.limit, cursor: q.cursor }.paging()?;
    let after: Option<i64> = paging.cursor()?;
    let mut snap = ctx.app.db().snapshot().await?;
    let mut items = outbox::list(&mut snap, q.state.as_deref(), after, paging.limit + 1).await?;
    let more = items.len() > paging.limit;
    items.truncate(paging.limit);
    let next = items.last().filter(|_| more).map(|n| Cursor::of(&n.id));
    Ok(Json(Outbox { items, next }))
}

/// Sends a notice again that was set aside.
#[utoipa::path(post, path = "/api/v1/outbox/{uid}/again", operation_id = "send_again", tag = "cases", params(("uid" = String, Path)),
    responses((status = 200, body = Object), (status = "4XX", body = Problem)))]
async fn send_again(ctx: Ctx, Path(id): Path<String>, input: Input<Json_>) -> Result<Response> {
    ctx.actor.require_everywhere(Permission::CaseDispatch)?;
    let mut w = ctx.write(&input.digest).await?;
    outbox::again(&mut w.tx, uid(&id)?, Timestamp::now()).await?;
    w.done(StatusCode::OK, &json!({"uid": id})).await
}
