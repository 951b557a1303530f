//! Cases: board, list, file, moves, requests.
use super::{by, take, uid};
use crate::app::App;
use crate::cases::file::{self, CaseFile};
use crate::cases::filing::{self, ChildAsk};
use crate::cases::list::{self, BoardCount, CaseItem, CaseQuery};
use crate::cases::moves::{self, MoveAsk};
use crate::cases::proofs::{self, Proof};
use crate::cases::requests::{self, Decide, Request, RequestAsk};
use crate::cases::rules::Rules;
use crate::cases::{desk, store, urge};
use crate::error::{Problem, Result};
use crate::http::page::{Page, PageQuery};
use crate::http::params::Params;
use crate::http::{Ctx, Input, upload};
use crate::identity::Permission;
use crate::registry::attachments::Size;
use axum::Json;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{DefaultBodyLimit, Multipart, Path};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use jinggai_db::Tx;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    let upload =
        OpenApiRouter::new().routes(routes!(add_case_file)).layer(DefaultBodyLimit::max(upload::BODY_MAX));
    OpenApiRouter::new()
        .merge(upload)
        .routes(routes!(list_cases))
        .routes(routes!(case_board))
        .routes(routes!(get_case))
        .routes(routes!(move_case))
        .routes(routes!(file_child))
        .routes(routes!(urge_case))
        .routes(routes!(ask_request))
        .routes(routes!(decide_request))
        .routes(routes!(get_case_file))
}

/// The reader's row and units, for what waits for them.
async fn me(ctx: &Ctx, tx: &mut Tx, rules: &Rules) -> Result<(i64, Vec<i64>)> {
    let by = by(ctx, rules);
    Ok((ctx.actor.user_id.unwrap_or(0), by.units(tx).await?))
}

/// Cases, nearest deadline first.
#[utoipa::path(get, path = "/api/v1/cases", operation_id = "list_cases", tag = "cases", params(CaseQuery),
    responses((status = 200, body = Page<CaseItem>), (status = "4XX", body = Problem)))]
async fn list_cases(ctx: Ctx, Params(q): Params<CaseQuery>) -> Result<Json<Page<CaseItem>>> {
    let scope = ctx.actor.require(Permission::CaseRead)?;
    let paging = PageQuery { limit: q.limit, cursor: q.cursor.clone() }.paging()?;
    let mut snap = ctx.app.db().snapshot().await?;
    let rules = Rules::today(&ctx.app, &mut snap).await?;
    let (user, units) = me(&ctx, &mut snap, &rules).await?;
    Ok(Json(list::cases(&mut snap, &rules, &scope, &q, &paging, Some((user, &units))).await?))
}

/// Counts of open cases by state, and what burns; each with the query that lists its cases.
#[derive(Serialize, ToSchema)]
pub struct Board {
    counts: Vec<BoardCount>,
}

/// The board.
#[utoipa::path(get, path = "/api/v1/case-board", operation_id = "case_board", tag = "cases",
    responses((status = 200, body = Board), (status = "4XX", body = Problem)))]
async fn case_board(ctx: Ctx) -> Result<Json<Board>> {
    let scope = ctx.actor.require(Permission::CaseRead)?;
    let mut snap = ctx.app.db().snapshot().await?;
    let rules = Rules::today(&ctx.app, &mut snap).await?;
    let (user, units) = me(&ctx, &mut snap, &rules).await?;
    Ok(Json(Board { counts: list::board(&mut snap, &scope, (user, &units)).await? }))
}

/// One case in full.
#[utoipa::path(get, path = "/api/v1/cases/{uid}", operation_id = "get_case", tag = "cases", params(("uid" = String, Path)),
    responses((status = 200, body = CaseFile), (status = "4XX", body = Problem)))]
async fn get_case(ctx: Ctx, Path(id): Path<String>) -> Result<Json<CaseFile>> {
    let scope = ctx.actor.require(Permission::CaseRead)?;
    let mut snap = ctx.app.db().snapshot().await?;
    let rules = Rules::today(&ctx.app, &mut snap).await?;
    let case = store::case(&mut snap, uid(&id)?, &scope).await?;
    Ok(Json(file::of(&mut snap, &by(&ctx, &rules), case).await?))
}

/// Moves a case by the table of the flow.
#[utoipa::path(post, path = "/api/v1/cases/{uid}/moves", operation_id = "move_case", tag = "cases", params(("uid" = String, Path)), request_body = MoveAsk,
    responses((status = 200, body = CaseItem), (status = "4XX", body = Problem)))]
async fn move_case(ctx: Ctx, Path(id): Path<String>, input: Input<MoveAsk>) -> Result<Response> {
    ctx.actor.require(Permission::CaseRead)?;
    let mut w = ctx.write(&input.digest).await?;
    let rules = Rules::today(&ctx.app, &mut w.tx).await?;
    let by = by(&ctx, &rules);
    let case = moves::advance(&mut w.tx, &ctx.app, &by, uid(&id)?, &input.value).await?;
    w.done(StatusCode::OK, &CaseItem::of(case, &rules, by.now)).await
}

/// Files a child case (子案卷) of a case: work of its own on the same place.
#[utoipa::path(post, path = "/api/v1/cases/{uid}/children", operation_id = "file_child", tag = "cases", params(("uid" = String, Path)), request_body = ChildAsk,
    responses((status = 201, body = CaseItem), (status = "4XX", body = Problem)))]
async fn file_child(ctx: Ctx, Path(id): Path<String>, input: Input<ChildAsk>) -> Result<Response> {
    ctx.actor.require(Permission::CaseFile)?;
    let mut w = ctx.write(&input.digest).await?;
    let rules = Rules::today(&ctx.app, &mut w.tx).await?;
    let by = by(&ctx, &rules);
    let case = filing::child(&mut w.tx, &ctx.app, &by, uid(&id)?, &input.value).await?;
    w.done(StatusCode::CREATED, &CaseItem::of(case, &rules, by.now)).await
}

/// Why a case is urged.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UrgeAsk {
    /// What is said to the units.
    reason: String,
}

/// Urges the units of a case (督办).
#[utoipa::path(post, path = "/api/v1/cases/{uid}/urge", operation_id = "urge_case", tag = "cases", params(("uid" = String, Path)), request_body = UrgeAsk,
    responses((status = 200, body = CaseItem), (status = "4XX", body = Problem)))]
async fn urge_case(ctx: Ctx, Path(id): Path<String>, input: Input<UrgeAsk>) -> Result<Response> {
    let right = if ctx.actor.may(Permission::CaseApprove) {
        Permission::CaseApprove
    } else {
        Permission::CaseDispatch
    };
    let scope = ctx.actor.require(right)?;
    let mut w = ctx.write(&input.digest).await?;
    let rules = Rules::today(&ctx.app, &mut w.tx).await?;
    let by = by(&ctx, &rules);
    let case = store::case(&mut w.tx, uid(&id)?, &scope).await?;
    let case = urge::urge(&mut w.tx, &by, right, case, &input.value.reason).await?;
    w.done(StatusCode::OK, &CaseItem::of(case, &rules, by.now)).await
}

/// Asks for an extension, a suspension, or an appeal.
#[utoipa::path(post, path = "/api/v1/cases/{uid}/requests", operation_id = "ask_request", tag = "cases", params(("uid" = String, Path)), request_body = RequestAsk,
    responses((status = 201, body = Request), (status = "4XX", body = Problem)))]
async fn ask_request(ctx: Ctx, Path(id): Path<String>, input: Input<RequestAsk>) -> Result<Response> {
    ctx.actor.require(Permission::CaseHandle)?;
    let mut w = ctx.write(&input.digest).await?;
    let rules = Rules::today(&ctx.app, &mut w.tx).await?;
    let asked = requests::ask(&mut w.tx, &by(&ctx, &rules), uid(&id)?, input.value).await?;
    w.done(StatusCode::CREATED, &asked).await
}

/// Decides a request.
#[utoipa::path(post, path = "/api/v1/case-requests/{uid}/decision", operation_id = "decide_request", tag = "cases", params(("uid" = String, Path)), request_body = Decide,
    responses((status = 200, body = Request), (status = "4XX", body = Problem)))]
async fn decide_request(ctx: Ctx, Path(id): Path<String>, input: Input<Decide>) -> Result<Response> {
    // Either desk may decide, at its own step: the step says which.
    if !ctx.actor.may(desk::permission(jinggai_rules::workflow::Desk::Dispatcher)) {
        ctx.actor.require(Permission::CaseApprove)?;
    }
    let mut w = ctx.write(&input.digest).await?;
    let rules = Rules::today(&ctx.app, &mut w.tx).await?;
    let decided = requests::decide(&mut w.tx, &by(&ctx, &rules), uid(&id)?, input.value).await?;
    w.done(StatusCode::OK, &decided).await
}

/// Adds a photo or document to a case.
#[utoipa::path(post, path = "/api/v1/cases/{uid}/files", operation_id = "add_case_file", tag = "cases", params(("uid" = String, Path)),
    request_body(content = Object, content_type = "multipart/form-data", description = "file, purpose (scene, after, check, document), title"),
    responses((status = 201, body = Proof), (status = "4XX", body = Problem)))]
async fn add_case_file(
    ctx: Ctx,
    Path(id): Path<String>,
    form: std::result::Result<Multipart, MultipartRejection>,
) -> Result<Response> {
    ctx.actor.require(Permission::CaseRead)?;
    take(&ctx, "case", &id, form).await
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct CopyQuery {
    /// `thumb` or `public`; absent = the original.
    size: Option<String>,
}

/// Gives a photo or document of a finding, case or plan within the reader's reach.
#[utoipa::path(get, path = "/api/v1/case-files/{uid}", operation_id = "get_case_file", tag = "cases", params(("uid" = String, Path), CopyQuery),
    responses((status = 200, description = "the file"), (status = 304, description = "unchanged"), (status = "4XX", body = Problem)))]
async fn get_case_file(
    ctx: Ctx,
    Path(id): Path<String>,
    Params(q): Params<CopyQuery>,
    headers: HeaderMap,
) -> Result<Response> {
    let scope = ctx.actor.require(Permission::CaseRead)?;
    let size = Size::asked(q.size.as_deref())?;
    let mut snap = ctx.app.db().snapshot().await?;
    let rules = Rules::today(&ctx.app, &mut snap).await?;
    let units = by(&ctx, &rules).units(&mut snap).await?;
    let (hash, media, name) =
        proofs::find(&mut snap, &scope, ctx.actor.user_id, &units, uid(&id)?, size).await?;
    upload::give(&ctx.app, &headers, &hash, media, &name).await
}
