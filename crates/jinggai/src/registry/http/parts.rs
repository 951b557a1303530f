//! What belongs to a well: responsible units, plates, fall guards.
use super::uid;
use crate::app::App;
use crate::error::{Problem, Result};
use crate::http::{Ctx, Input};
use crate::identity::Permission;
use crate::registry::commands::Change;
use crate::registry::{guards, labels, responsibility};
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(assign_responsibility))
        .routes(routes!(end_responsibility))
        .routes(routes!(change_label))
        .routes(routes!(add_fall_guard))
        .routes(routes!(test_fall_guard))
        .routes(routes!(remove_fall_guard))
}

/// Gives a well a responsible unit.
#[utoipa::path(post, path = "/api/v1/wells/{uid}/responsibilities", tag = "registry", params(("uid" = String, Path)), request_body = Object,
    responses((status = 201, body = Object), (status = "4XX", body = Problem)))]
async fn assign_responsibility(ctx: Ctx, Path(id): Path<String>, input: Input<Value>) -> Result<Response> {
    let change = Change::by(&ctx.actor, Permission::OwnershipDecide, &ctx.app)?;
    let mut w = ctx.write(&input.digest).await?;
    let new = responsibility::assign(&mut w.tx, &change, uid(&id)?, input.value).await?;
    w.done(StatusCode::CREATED, &json!({"uid": new})).await
}

/// Ends a responsibility.
#[utoipa::path(post, path = "/api/v1/responsibilities/{uid}/end", tag = "registry", params(("uid" = String, Path)), request_body = Object,
    responses((status = 200, body = responsibility::Responsibility), (status = "4XX", body = Problem)))]
async fn end_responsibility(ctx: Ctx, Path(id): Path<String>, input: Input<Value>) -> Result<Response> {
    let change = Change::by(&ctx.actor, Permission::OwnershipDecide, &ctx.app)?;
    let mut w = ctx.write(&input.digest).await?;
    let ended = responsibility::end(&mut w.tx, &change, uid(&id)?, input.value).await?;
    w.done(StatusCode::OK, &ended).await
}

/// Moves a plate to another state.
#[utoipa::path(post, path = "/api/v1/labels/{uid}/state", tag = "registry", params(("uid" = String, Path)), request_body = Object,
    responses((status = 200, body = Object), (status = "4XX", body = Problem)))]
async fn change_label(ctx: Ctx, Path(id): Path<String>, input: Input<Value>) -> Result<Response> {
    let change = Change::by(&ctx.actor, Permission::RegistryWrite, &ctx.app)?;
    let mut w = ctx.write(&input.digest).await?;
    labels::change_state(&mut w.tx, &change, uid(&id)?, input.value).await?;
    w.done(StatusCode::OK, &json!({"uid": id})).await
}

/// Adds a fall guard to a well.
#[utoipa::path(post, path = "/api/v1/wells/{uid}/fall-guards", tag = "registry", params(("uid" = String, Path)), request_body = Object,
    responses((status = 201, body = Object), (status = "4XX", body = Problem)))]
async fn add_fall_guard(ctx: Ctx, Path(id): Path<String>, input: Input<Value>) -> Result<Response> {
    let change = Change::by(&ctx.actor, Permission::RegistryWrite, &ctx.app)?;
    let mut w = ctx.write(&input.digest).await?;
    let new = guards::add(&mut w.tx, &change, uid(&id)?, input.value).await?;
    w.done(StatusCode::CREATED, &json!({"uid": new})).await
}

/// Notes a load test of a fall guard.
#[utoipa::path(post, path = "/api/v1/fall-guards/{uid}/test", tag = "registry", params(("uid" = String, Path)), request_body = Object,
    responses((status = 200, body = Object), (status = "4XX", body = Problem)))]
async fn test_fall_guard(ctx: Ctx, Path(id): Path<String>, input: Input<Value>) -> Result<Response> {
    let change = Change::by(&ctx.actor, Permission::RegistryWrite, &ctx.app)?;
    let mut w = ctx.write(&input.digest).await?;
    guards::test(&mut w.tx, &change, uid(&id)?, input.value).await?;
    w.done(StatusCode::OK, &json!({"uid": id})).await
}

/// Notes that a fall guard was taken out.
#[utoipa::path(post, path = "/api/v1/fall-guards/{uid}/remove", tag = "registry", params(("uid" = String, Path)), request_body = Object,
    responses((status = 200, body = Object), (status = "4XX", body = Problem)))]
async fn remove_fall_guard(ctx: Ctx, Path(id): Path<String>, input: Input<Value>) -> Result<Response> {
    let change = Change::by(&ctx.actor, Permission::RegistryWrite, &ctx.app)?;
    let mut w = ctx.write(&input.digest).await?;
    guards::remove(&mut w.tx, &change, uid(&id)?, input.value).await?;
    w.done(StatusCode::OK, &json!({"uid": id})).await
}
