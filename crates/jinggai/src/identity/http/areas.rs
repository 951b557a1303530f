//! `/api/v1/areas`
use crate::app::App;
use crate::error::{AppError, Problem, Result};
use crate::http::{Ctx, Input};
use crate::identity::Permission;
use crate::identity::areas::{self, Area, AreaInput};
use axum::Json;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::Response;
use jiff::civil::Date;
use jinggai_db::{Sql, events, row, sql};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_areas, create_area))
        .routes(routes!(get_area, update_area))
        .routes(routes!(create_succession))
}

const MANAGE: Permission = Permission::DirectoryManage;

/// The directory of areas.
#[derive(Serialize, ToSchema)]
pub struct AreaPage {
    items: Vec<Area>,
    next: Option<String>,
    total: i64,
    capped: bool,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct AreaFilter {
    /// Only this level.
    level: Option<String>,
    /// Only what lies in the area of this code, by the old or new division.
    within: Option<String>,
}

/// Areas in the order of their codes.
#[utoipa::path(get, path = "/api/v1/areas", operation_id = "list_areas", tag = "identity", params(AreaFilter),
    responses((status = 200, body = AreaPage), (status = "4XX", body = Problem)))]
async fn list_areas(ctx: Ctx, Query(f): Query<AreaFilter>) -> Result<Json<AreaPage>> {
    ctx.actor.require(Permission::DirectoryRead)?;
    let mut q = Sql::new(areas::SELECT, vec![]);
    q.and("a.level = ?", f.level);
    q.and("a.id IN (SELECT x.area_id FROM area_closure x JOIN areas n ON n.id = x.ancestor_id WHERE n.code = ?)", f.within);
    q.push(" ORDER BY a.code", []);
    let items: Vec<Area> = ctx.app.db().all(q).await?;
    let total = i64::try_from(items.len()).unwrap_or(i64::MAX);
    Ok(Json(AreaPage { items, next: None, total, capped: false }))
}

row! {
    /// Where an area, or a part of it, went.
    #[derive(Serialize, ToSchema)]
    pub struct Succession {
        old: String,
        new: String,
        new_name: String,
        part: Option<String>,
        #[schema(value_type = String, format = Date)]
        effective: Date,
        basis: String,
    }
}

/// An area with what became of it.
#[derive(Serialize, ToSchema)]
pub struct AreaView {
    #[serde(flatten)]
    area: Area,
    successions: Vec<Succession>,
    #[schema(value_type = Option<Object>)]
    geometry: Option<serde_json::Value>,
}

/// One area.
#[utoipa::path(get, path = "/api/v1/areas/{code}", operation_id = "get_area", tag = "identity", params(("code" = String, Path)),
    responses((status = 200, body = AreaView), (status = "4XX", body = Problem)))]
async fn get_area(ctx: Ctx, Path(code): Path<String>) -> Result<Json<AreaView>> {
    ctx.actor.require(Permission::DirectoryRead)?;
    let mut q = Sql::new(areas::SELECT, vec![]);
    q.push(" AND a.code = ?", [code.into()]);
    let area: Area = ctx.app.db().opt(q).await?.ok_or_else(|| AppError::not_found("个区域", "area"))?;
    let successions = ctx
        .app
        .db()
        .all(sql!(
            "SELECT o.code, n.code, n.name, p.code, s.effective, s.basis FROM area_successions s JOIN areas o ON o.id = s.old_id JOIN areas n ON n.id = s.new_id LEFT JOIN areas p ON p.id = s.part_id WHERE s.old_id = ? OR s.new_id = ? ORDER BY s.effective, s.id",
            area.id,
            area.id
        ))
        .await?;
    let (outline,): (Option<jinggai_geo::Geometry>,) =
        ctx.app.db().one(sql!("SELECT geom FROM areas WHERE id = ?", area.id)).await?;
    let geometry = outline.map(|g| jinggai_geo::geojson::to_geojson(&g));
    Ok(Json(AreaView { area, successions, geometry }))
}

/// Enters an area.
#[utoipa::path(post, path = "/api/v1/areas", operation_id = "create_area", tag = "identity", request_body = AreaInput,
    responses((status = 201), (status = "4XX", body = Problem)))]
async fn create_area(ctx: Ctx, input: Input<AreaInput>) -> Result<Response> {
    ctx.actor.require_everywhere(MANAGE)?;
    let mut w = ctx.write(&input.digest).await?;
    let (_, event) = areas::create(&mut w.tx, &input.value).await?;
    areas::renew_closure(&mut w.tx).await?;
    let uid = event.subject_uid;
    events::append(&mut w.tx, &ctx.actor.who(MANAGE), vec![event]).await?;
    w.done(StatusCode::CREATED, &serde_json::json!({"uid": uid, "code": input.value.code})).await
}

#[derive(Deserialize, ToSchema)]
struct AreaChange {
    /// The version that was read.
    version: i64,
    /// The area as it shall be; its code cannot change.
    area: AreaInput,
}

/// Changes name, validity or outline of an area.
#[utoipa::path(put, path = "/api/v1/areas/{code}", operation_id = "update_area", tag = "identity", params(("code" = String, Path)),
    request_body = AreaChange, responses((status = 200), (status = "4XX", body = Problem)))]
async fn update_area(ctx: Ctx, Path(code): Path<String>, input: Input<AreaChange>) -> Result<Response> {
    ctx.actor.require_everywhere(MANAGE)?;
    let mut w = ctx.write(&input.digest).await?;
    let event = areas::update(&mut w.tx, &code, &input.value.area, input.value.version).await?;
    events::append(&mut w.tx, &ctx.actor.who(MANAGE), vec![event]).await?;
    w.done(StatusCode::OK, &serde_json::json!({"version": input.value.version + 1})).await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SuccessionInput {
    /// Code of the area it went to.
    new: String,
    /// Code of the part that went; the whole area when absent.
    #[serde(default)]
    part: Option<String>,
    /// From which day.
    #[schema(value_type = String, format = Date)]
    effective: Date,
    /// The document it rests on.
    basis: String,
}

/// Notes that an area, or a part of it, went to another: old numbers stay valid, reports can be drawn by either.
#[utoipa::path(post, path = "/api/v1/areas/{code}/successors", operation_id = "create_succession", tag = "identity",
    params(("code" = String, Path)), request_body = SuccessionInput, responses((status = 201), (status = "4XX", body = Problem)))]
async fn create_succession(
    ctx: Ctx,
    Path(code): Path<String>,
    input: Input<SuccessionInput>,
) -> Result<Response> {
    ctx.actor.require_everywhere(MANAGE)?;
    let i = &input.value;
    let mut w = ctx.write(&input.digest).await?;
    let event = areas::succeed(&mut w.tx, &code, i.part.as_deref(), &i.new, i.effective, &i.basis).await?;
    areas::renew_closure(&mut w.tx).await?;
    events::append(&mut w.tx, &ctx.actor.who(MANAGE), vec![event]).await?;
    w.done(StatusCode::CREATED, &serde_json::json!({"old": code, "new": i.new})).await
}
