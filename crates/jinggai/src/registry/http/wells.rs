//! `/wells`: the file of a well, new wells, corrections, history, the ownership queue.
use super::{look, uid};
use crate::app::App;
use crate::error::{Problem, Result};
use crate::http::page::{Page, PageQuery};
use crate::http::params::Params;
use crate::http::{Ctx, Input};
use crate::identity::Permission;
use crate::registry::commands::{self, Change};
use crate::registry::ownership::{QueueItem, QueueKey};
use crate::registry::timeline::{self, Entry};
use crate::registry::{file, form, lifecycle, ownership, store};
use axum::Json;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create_well))
        .routes(routes!(get_well, patch_well))
        .routes(routes!(add_cover))
        .routes(routes!(get_well_timeline))
        .routes(routes!(list_ownership_queue))
}

/// Enters a well with its covers.
#[utoipa::path(post, path = "/api/v1/wells", tag = "registry", request_body = Object,
    responses((status = 201, body = Object), (status = "4XX", body = Problem)))]
async fn create_well(ctx: Ctx, input: Input<Value>) -> Result<Response> {
    let change = Change::by(&ctx.actor, Permission::RegistryWrite, &ctx.app)?;
    let mut w = ctx.write(&input.digest).await?;
    let created = form::enter(&mut w.tx, &change, input.value).await?;
    let file = file::of(&mut w.tx, created.well_uid, &change.scope).await?;
    w.done(StatusCode::CREATED, &file.json()).await
}

/// Gives the file of a well: everything about it.
#[utoipa::path(get, path = "/api/v1/wells/{uid}", tag = "registry", params(("uid" = String, Path)),
    responses((status = 200, body = Object), (status = "4XX", body = Problem)))]
async fn get_well(ctx: Ctx, Path(id): Path<String>) -> Result<Json<Value>> {
    let scope = ctx.actor.require(Permission::RegistryRead)?;
    Ok(Json(file::of(&mut look(&ctx).await?, uid(&id)?, &scope).await?.json()))
}

/// Corrects a well: fields, area, position.
#[utoipa::path(patch, path = "/api/v1/wells/{uid}", tag = "registry", params(("uid" = String, Path)), request_body = Object,
    responses((status = 200, body = Object), (status = "4XX", body = Problem)))]
async fn patch_well(ctx: Ctx, Path(id): Path<String>, input: Input<Value>) -> Result<Response> {
    let change = Change::by(&ctx.actor, Permission::RegistryWrite, &ctx.app)?;
    let mut w = ctx.write(&input.digest).await?;
    let well = commands::correct_well(&mut w.tx, &change, uid(&id)?, input.value).await?;
    w.done(StatusCode::OK, &well.json()).await
}

/// Adds a cover to a well.
#[utoipa::path(post, path = "/api/v1/wells/{uid}/covers", tag = "registry", params(("uid" = String, Path)), request_body = Object,
    responses((status = 201, body = Object), (status = "4XX", body = Problem)))]
async fn add_cover(ctx: Ctx, Path(id): Path<String>, input: Input<Value>) -> Result<Response> {
    let change = Change::by(&ctx.actor, Permission::RegistryWrite, &ctx.app)?;
    let mut w = ctx.write(&input.digest).await?;
    let cover = lifecycle::add_cover(&mut w.tx, &change, uid(&id)?, input.value).await?;
    w.done(StatusCode::CREATED, &cover.json()).await
}

/// Gives the history of a well, newest first.
#[utoipa::path(get, path = "/api/v1/wells/{uid}/timeline", tag = "registry", params(("uid" = String, Path), PageQuery),
    responses((status = 200, body = Page<Entry>), (status = "4XX", body = Problem)))]
async fn get_well_timeline(
    ctx: Ctx,
    Path(id): Path<String>,
    Params(page): Params<PageQuery>,
) -> Result<Json<Page<Entry>>> {
    let scope = ctx.actor.require(Permission::RegistryRead)?;
    let mut tx = look(&ctx).await?;
    let well = store::well(&mut tx, uid(&id)?, &scope).await?;
    Ok(Json(timeline::page(&mut tx, well.id, &page.paging()?).await?))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct QueueQuery {
    /// Only overdue ones.
    #[serde(default)]
    overdue: bool,
    /// Rows wanted, at most 500.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// Lists wells without owner and fallback unit, most urgent first.
#[utoipa::path(get, path = "/api/v1/ownership-queue", tag = "registry", params(QueueQuery),
    responses((status = 200, body = Page<QueueItem>), (status = "4XX", body = Problem)))]
async fn list_ownership_queue(ctx: Ctx, Params(query): Params<QueueQuery>) -> Result<Json<Value>> {
    let scope = ctx.actor.require(Permission::RegistryRead)?;
    let paging = PageQuery { limit: query.limit, cursor: query.cursor }.paging()?;
    let today = crate::clock::today();
    let after: Option<QueueKey> = paging.cursor()?;
    let (items, last, total) = ownership::page(
        &mut look(&ctx).await?,
        &scope,
        query.overdue.then_some(today),
        after,
        paging.limit,
        today,
    )
    .await?;
    Ok(Json(json!(paging.page_to(items, total, last))))
}
