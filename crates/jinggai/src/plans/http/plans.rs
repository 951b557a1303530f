//! Plans: list, file, draft, moves, photos.
use crate::app::App;
use crate::cases::http::{by, receive, uid};
use crate::cases::proofs::{About, Proof};
use crate::cases::rules::Rules;
use crate::error::{Problem, Result};
use crate::http::page::{Page, PageQuery};
use crate::http::params::Params;
use crate::http::{Ctx, Input, upload};
use crate::identity::Permission;
use crate::plans::commands::{self, PlanAsk, PlanChange, PlanMoveAsk};
use crate::plans::extensions::{self, Extension, ExtensionDecide};
use crate::plans::items::{self, ItemsChange};
use crate::plans::list::{self, PlanFile, PlanItem, PlanQuery};
use crate::plans::{proofs, store};
use axum::Json;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{DefaultBodyLimit, Multipart, Path};
use axum::http::StatusCode;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    let upload =
        OpenApiRouter::new().routes(routes!(add_plan_file)).layer(DefaultBodyLimit::max(upload::BODY_MAX));
    OpenApiRouter::new()
        .merge(upload)
        .routes(routes!(list_plans, create_plan))
        .routes(routes!(get_plan, edit_plan))
        .routes(routes!(change_plan_items))
        .routes(routes!(move_plan))
        .routes(routes!(decide_extension))
}

/// Plans, newest first: those of one's own units, and those with something in them that is within reach.
#[utoipa::path(get, path = "/api/v1/plans", operation_id = "list_plans", tag = "plans", params(PlanQuery),
    responses((status = 200, body = Page<PlanItem>), (status = "4XX", body = Problem)))]
async fn list_plans(ctx: Ctx, Params(q): Params<PlanQuery>) -> Result<Json<Page<PlanItem>>> {
    let scope = ctx.actor.require(Permission::CaseRead)?;
    let paging = PageQuery { limit: q.limit, cursor: q.cursor.clone() }.paging()?;
    let mut snap = ctx.app.db().snapshot().await?;
    let rules = Rules::today(&ctx.app, &mut snap).await?;
    let own = by(&ctx, &rules).units(&mut snap).await?;
    Ok(Json(list::plans(&mut snap, &scope, &own, &q, &paging).await?))
}

/// One plan in full.
#[utoipa::path(get, path = "/api/v1/plans/{uid}", operation_id = "get_plan", tag = "plans", params(("uid" = String, Path)),
    responses((status = 200, body = PlanFile), (status = "4XX", body = Problem)))]
async fn get_plan(ctx: Ctx, Path(id): Path<String>) -> Result<Json<PlanFile>> {
    let scope = ctx.actor.require(Permission::CaseRead)?;
    let mut snap = ctx.app.db().snapshot().await?;
    let rules = Rules::today(&ctx.app, &mut snap).await?;
    let by = by(&ctx, &rules);
    let own = by.units(&mut snap).await?;
    let plan = store::plan(&mut snap, uid(&id)?, &scope, &own, by.now).await?;
    Ok(Json(list::full(&mut snap, &by, plan).await?))
}

/// Makes a rectification plan (限期整改计划) as a draft, with hazards to begin with.
#[utoipa::path(post, path = "/api/v1/plans", operation_id = "create_plan", tag = "plans", request_body = PlanAsk,
    responses((status = 201, body = PlanItem), (status = "4XX", body = Problem)))]
async fn create_plan(ctx: Ctx, input: Input<PlanAsk>) -> Result<Response> {
    ctx.actor.require(Permission::CaseHandle)?;
    let mut w = ctx.write(&input.digest).await?;
    let rules = Rules::today(&ctx.app, &mut w.tx).await?;
    let days = ctx.app.config().ownership_days;
    let plan = commands::create(&mut w.tx, &by(&ctx, &rules), days, input.value).await?;
    w.done(StatusCode::CREATED, &PlanItem::of(&plan)?).await
}

/// Changes the head of a draft.
#[utoipa::path(patch, path = "/api/v1/plans/{uid}", operation_id = "edit_plan", tag = "plans", params(("uid" = String, Path)), request_body = PlanChange,
    responses((status = 200, body = PlanItem), (status = "4XX", body = Problem)))]
async fn edit_plan(ctx: Ctx, Path(id): Path<String>, input: Input<PlanChange>) -> Result<Response> {
    ctx.actor.require(Permission::CaseHandle)?;
    let mut w = ctx.write(&input.digest).await?;
    let rules = Rules::today(&ctx.app, &mut w.tx).await?;
    let plan = commands::edit(&mut w.tx, &by(&ctx, &rules), uid(&id)?, input.value).await?;
    w.done(StatusCode::OK, &PlanItem::of(&plan)?).await
}

/// Puts hazards into a draft, changes their day, person and money, takes hazards out.
#[utoipa::path(post, path = "/api/v1/plans/{uid}/items", operation_id = "change_plan_items", tag = "plans", params(("uid" = String, Path)), request_body = ItemsChange,
    responses((status = 200, body = PlanItem), (status = "4XX", body = Problem)))]
async fn change_plan_items(ctx: Ctx, Path(id): Path<String>, input: Input<ItemsChange>) -> Result<Response> {
    ctx.actor.require(Permission::CaseHandle)?;
    let mut w = ctx.write(&input.digest).await?;
    let rules = Rules::today(&ctx.app, &mut w.tx).await?;
    let days = ctx.app.config().ownership_days;
    let plan = items::change(&mut w.tx, &by(&ctx, &rules), days, uid(&id)?, input.value).await?;
    w.done(StatusCode::OK, &PlanItem::of(&plan)?).await
}

/// Moves a plan by the table of its flow: submit, approve, return, withdraw.
#[utoipa::path(post, path = "/api/v1/plans/{uid}/moves", operation_id = "move_plan", tag = "plans", params(("uid" = String, Path)), request_body = PlanMoveAsk,
    responses((status = 200, body = PlanItem), (status = "4XX", body = Problem)))]
async fn move_plan(ctx: Ctx, Path(id): Path<String>, input: Input<PlanMoveAsk>) -> Result<Response> {
    ctx.actor.require(Permission::CaseRead)?;
    let mut w = ctx.write(&input.digest).await?;
    let rules = Rules::today(&ctx.app, &mut w.tx).await?;
    let plan = commands::advance(&mut w.tx, &by(&ctx, &rules), uid(&id)?, input.value).await?;
    w.done(StatusCode::OK, &PlanItem::of(&plan)?).await
}

/// Decides a request for more time.
#[utoipa::path(post, path = "/api/v1/plan-extensions/{uid}/decision", operation_id = "decide_extension", tag = "plans", params(("uid" = String, Path)), request_body = ExtensionDecide,
    responses((status = 200, body = Extension), (status = "4XX", body = Problem)))]
async fn decide_extension(
    ctx: Ctx,
    Path(id): Path<String>,
    input: Input<ExtensionDecide>,
) -> Result<Response> {
    ctx.actor.require(Permission::CaseApprove)?;
    let mut w = ctx.write(&input.digest).await?;
    let rules = Rules::today(&ctx.app, &mut w.tx).await?;
    let decided = extensions::decide(&mut w.tx, &by(&ctx, &rules), uid(&id)?, input.value).await?;
    w.done(StatusCode::OK, &decided).await
}

/// Adds a photo or document to a plan; a photo of work or check names its hazard.
#[utoipa::path(post, path = "/api/v1/plans/{uid}/files", operation_id = "add_plan_file", tag = "plans", params(("uid" = String, Path)),
    request_body(content = Object, content_type = "multipart/form-data", description = "file, purpose (scene, after, check, document), item (public id of the hazard), title"),
    responses((status = 201, body = Proof), (status = "4XX", body = Problem)))]
async fn add_plan_file(
    ctx: Ctx,
    Path(id): Path<String>,
    form: std::result::Result<Multipart, MultipartRejection>,
) -> Result<Response> {
    ctx.actor.require(Permission::CaseRead)?;
    let id = uid(&id)?;
    let sent = receive(&ctx, "plan", id, &["purpose", "title", "item"], form).await?;
    let mut w = ctx.write(&sent.digest).await?;
    let rules = Rules::today(&ctx.app, &mut w.tx).await?;
    let about = About {
        subject: "plan",
        uid: id,
        item: sent.item,
        purpose: &sent.purpose,
        title: sent.title.as_deref(),
    };
    let kept = proofs::add(&mut w.tx, &by(&ctx, &rules), about, &sent.up).await?;
    w.done(StatusCode::CREATED, &kept).await
}
