//! `/api/v1/public-list`
use crate::app::App;
use crate::cases::public_list::{self, PublicList};
use crate::cases::rules::Rules;
use crate::error::{Problem, Result};
use crate::http::Ctx;
use crate::http::page::PageQuery;
use crate::http::params::Params;
use crate::identity::Permission;
use axum::Json;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_public)).routes(routes!(export_public))
}

/// The public list of overdue cases (超期公示名单), longest overdue first; off unless the case rules have a rung to it.
#[utoipa::path(get, path = "/api/v1/public-list", operation_id = "list_public", tag = "cases", params(PageQuery),
    responses((status = 200, body = PublicList), (status = "4XX", body = Problem)))]
async fn list_public(ctx: Ctx, Params(q): Params<PageQuery>) -> Result<Json<PublicList>> {
    let scope = ctx.actor.require(Permission::CaseRead)?;
    let paging = q.paging()?;
    let mut snap = ctx.app.db().snapshot().await?;
    let rules = Rules::today(&ctx.app, &mut snap).await?;
    Ok(Json(public_list::page(&mut snap, &rules, &scope, &paging, Timestamp::now()).await?))
}

/// The same as a CSV file to publish.
#[utoipa::path(get, path = "/api/v1/public-list.csv", operation_id = "export_public", tag = "cases",
    responses((status = 200, content_type = "text/csv", description = "the file"), (status = "4XX", body = Problem)))]
async fn export_public(ctx: Ctx) -> Result<Response> {
    let scope = ctx.actor.require(Permission::CaseRead)?;
    let mut snap = ctx.app.db().snapshot().await?;
    let rules = Rules::today(&ctx.app, &mut snap).await?;
    let bytes = public_list::csv(&mut snap, &rules, &scope, Timestamp::now()).await?;
    let head = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"public-list.csv\""),
    ];
    Ok((head, bytes).into_response())
}
