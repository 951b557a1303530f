//! `/api/v1/units`
use crate::app::App;
use crate::error::{AppError, Problem, Result};
use crate::http::{Ctx, Input};
use crate::identity::Permission;
use crate::identity::units::{self, Unit, UnitInput};
use axum::Json;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::Response;
use jinggai_db::{Sql, events};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_units, create_unit)).routes(routes!(get_unit, update_unit))
}

const MANAGE: Permission = Permission::DirectoryManage;

/// A unit with its kinds.
#[derive(Serialize, ToSchema)]
pub struct UnitView {
    #[serde(flatten)]
    unit: Unit,
    kinds: Vec<String>,
}

/// The directory of units.
#[derive(Serialize, ToSchema)]
pub struct UnitPage {
    items: Vec<UnitView>,
    next: Option<String>,
    total: i64,
    capped: bool,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct UnitFilter {
    /// Only this kind.
    kind: Option<String>,
    /// Part of code or name.
    q: Option<String>,
}

async fn find(app: &App, q: Sql) -> Result<Vec<UnitView>> {
    let found: Vec<Unit> = app.db().all(q).await?;
    let mut kinds = units::kinds(app.db()).await?;
    Ok(found
        .into_iter()
        .map(|unit| UnitView { kinds: kinds.remove(&unit.id).unwrap_or_default(), unit })
        .collect())
}

/// Every unit, in the order of their codes.
#[utoipa::path(get, path = "/api/v1/units", operation_id = "list_units", tag = "identity", params(UnitFilter),
    responses((status = 200, body = UnitPage), (status = "4XX", body = Problem)))]
async fn list_units(ctx: Ctx, Query(f): Query<UnitFilter>) -> Result<Json<UnitPage>> {
    ctx.actor.require(Permission::DirectoryRead)?;
    let mut q = Sql::new(units::SELECT, vec![]);
    q.and("u.id IN (SELECT unit_id FROM unit_kinds WHERE kind = ?)", f.kind);
    q.push(" ORDER BY u.code", []);
    let mut items = find(&ctx.app, q).await?;
    if let Some(text) = f.q.as_deref().map(str::trim).filter(|t| !t.is_empty()) {
        items.retain(|v| v.unit.code.contains(text) || v.unit.name.contains(text));
    }
    let total = i64::try_from(items.len()).unwrap_or(i64::MAX);
    Ok(Json(UnitPage { items, next: None, total, capped: false }))
}

/// One unit.
#[utoipa::path(get, path = "/api/v1/units/{code}", operation_id = "get_unit", tag = "identity", params(("code" = String, Path)),
    responses((status = 200, body = UnitView), (status = "4XX", body = Problem)))]
async fn get_unit(ctx: Ctx, Path(code): Path<String>) -> Result<Json<UnitView>> {
    ctx.actor.require(Permission::DirectoryRead)?;
    let mut q = Sql::new(units::SELECT, vec![]);
    q.push(" AND u.code = ?", [code.into()]);
    find(&ctx.app, q).await?.pop().map(Json).ok_or_else(|| AppError::not_found("个单位", "unit"))
}

/// Enters a unit.
#[utoipa::path(post, path = "/api/v1/units", operation_id = "create_unit", tag = "identity", request_body = UnitInput,
    responses((status = 201), (status = "4XX", body = Problem)))]
async fn create_unit(ctx: Ctx, input: Input<UnitInput>) -> Result<Response> {
    ctx.actor.require_everywhere(MANAGE)?;
    let mut w = ctx.write(&input.digest).await?;
    let (_, event) = units::create(&mut w.tx, &input.value).await?;
    let uid = event.subject_uid;
    events::append(&mut w.tx, &ctx.actor.who(MANAGE), vec![event]).await?;
    w.done(StatusCode::CREATED, &serde_json::json!({"uid": uid, "code": input.value.code})).await
}

#[derive(Deserialize, ToSchema)]
struct UnitChange {
    /// The version that was read.
    version: i64,
    /// The unit as it shall be.
    unit: UnitInput,
}

/// Changes a unit; moves it with all below it when its superior differs.
#[utoipa::path(put, path = "/api/v1/units/{code}", operation_id = "update_unit", tag = "identity", params(("code" = String, Path)),
    request_body = UnitChange, responses((status = 200), (status = "4XX", body = Problem)))]
async fn update_unit(ctx: Ctx, Path(code): Path<String>, input: Input<UnitChange>) -> Result<Response> {
    ctx.actor.require_everywhere(MANAGE)?;
    let mut w = ctx.write(&input.digest).await?;
    let event = units::update(&mut w.tx, &code, &input.value.unit, input.value.version).await?;
    events::append(&mut w.tx, &ctx.actor.who(MANAGE), vec![event]).await?;
    w.done(StatusCode::OK, &serde_json::json!({"version": input.value.version + 1})).await
}
