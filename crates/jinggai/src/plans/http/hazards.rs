//! Hazards without a case: entered, found in the ledger, and their steps within a plan.
use crate::app::App;
use crate::cases::hazards_list::HazardItem;
use crate::cases::http::{by, uid};
use crate::cases::proofs::{self, Proof};
use crate::cases::rules::Rules;
use crate::cases::{file, store as cases};
use crate::error::{Problem, Result};
use crate::http::page::PageQuery;
use crate::http::params::Params;
use crate::http::{Ctx, Input};
use crate::identity::Permission;
use crate::plans::closing::{self, CancelAsk, CheckAsk, TreatAsk};
use crate::plans::derived::{self, DerivedPage, DerivedQuery};
use crate::plans::extensions::{self, Extension, ExtensionAsk};
use crate::plans::problems::{self, HazardAsk};
use crate::plans::store;
use axum::Json;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_derived_hazards))
        .routes(routes!(enter_hazard))
        .routes(routes!(get_hazard))
        .routes(routes!(treat_hazard))
        .routes(routes!(check_hazard))
        .routes(routes!(cancel_hazard))
        .routes(routes!(ask_extension))
}

/// What the rules find in the ledger itself: over age, outdated, too weak, unguarded, unlabelled, ownerless.
#[utoipa::path(get, path = "/api/v1/derived-hazards", operation_id = "list_derived_hazards", tag = "plans", params(DerivedQuery),
    responses((status = 200, body = DerivedPage), (status = "4XX", body = Problem)))]
async fn list_derived_hazards(ctx: Ctx, Params(q): Params<DerivedQuery>) -> Result<Json<DerivedPage>> {
    let scope = ctx.actor.require(Permission::CaseRead)?;
    let paging = PageQuery { limit: q.limit, cursor: q.cursor.clone() }.paging()?;
    let mut snap = ctx.app.db().snapshot().await?;
    let rules = Rules::today(&ctx.app, &mut snap).await?;
    Ok(Json(derived::page(&mut snap, &rules, &scope, &q, &paging).await?))
}

/// Enters a hazard without a case: one that the ledger shows, or one seen on site with its reason. The open hazard of the same
/// target and code is given with 200.
#[utoipa::path(post, path = "/api/v1/hazards", operation_id = "enter_hazard", tag = "plans", request_body = HazardAsk,
    responses((status = 201, body = HazardItem), (status = 200, body = HazardItem), (status = "4XX", body = Problem)))]
async fn enter_hazard(ctx: Ctx, input: Input<HazardAsk>) -> Result<Response> {
    let mut w = {
        if !ctx.actor.may(Permission::CaseHandle) {
            ctx.actor.require(Permission::CaseFile)?;
        }
        ctx.write(&input.digest).await?
    };
    let rules = Rules::today(&ctx.app, &mut w.tx).await?;
    let by = by(&ctx, &rules);
    let (right, scope) = problems::right(&by)?;
    let days = ctx.app.config().ownership_days;
    let entered = problems::enter(&mut w.tx, &by, right, &scope, days, &input.value).await?;
    let row = store::hazard_by_id(&mut w.tx, entered.id).await?;
    let status = if entered.new { StatusCode::CREATED } else { StatusCode::OK };
    w.done(status, &HazardItem::of(row, &rules)).await
}

/// A hazard with its photos and its history.
#[derive(Serialize, ToSchema)]
pub struct HazardView {
    #[serde(flatten)]
    item: HazardItem,
    /// Photos that prove its work and its check.
    files: Vec<Proof>,
    /// What happened, oldest first.
    flow: Vec<file::FlowStep>,
}

/// One hazard.
#[utoipa::path(get, path = "/api/v1/hazards/{uid}", operation_id = "get_hazard", tag = "plans", params(("uid" = String, Path)),
    responses((status = 200, body = HazardView), (status = "4XX", body = Problem)))]
async fn get_hazard(ctx: Ctx, Path(id): Path<String>) -> Result<Json<HazardView>> {
    let scope = ctx.actor.require(Permission::CaseRead)?;
    let mut snap = ctx.app.db().snapshot().await?;
    let rules = Rules::today(&ctx.app, &mut snap).await?;
    let row = cases::hazard(&mut snap, uid(&id)?, &scope).await?;
    let (uid, of) = (row.uid, [row.plan_uid, row.case_uid]);
    let of: Vec<uuid::Uuid> = of.into_iter().flatten().collect();
    let mut files = proofs::of(&mut snap, &of).await?;
    files.retain(|f| f.item_uid.is_none_or(|item| item == uid));
    let flow = file::flow(&mut snap, uid).await?;
    Ok(Json(HazardView { item: HazardItem::of(row, &rules), files, flow }))
}

/// Notes that a hazard of a plan was treated, with its photo in the plan.
#[utoipa::path(post, path = "/api/v1/hazards/{uid}/treatment", operation_id = "treat_hazard", tag = "plans", params(("uid" = String, Path)), request_body = TreatAsk,
    responses((status = 200, body = HazardItem), (status = "4XX", body = Problem)))]
async fn treat_hazard(ctx: Ctx, Path(id): Path<String>, input: Input<TreatAsk>) -> Result<Response> {
    ctx.actor.require(Permission::CaseHandle)?;
    let mut w = ctx.write(&input.digest).await?;
    let rules = Rules::today(&ctx.app, &mut w.tx).await?;
    let row = closing::treat(&mut w.tx, &by(&ctx, &rules), uid(&id)?, input.value).await?;
    w.done(StatusCode::OK, &HazardItem::of(row, &rules)).await
}

/// Checks a treated hazard of a plan: closes it (销号), or sends it back to be done again.
#[utoipa::path(post, path = "/api/v1/hazards/{uid}/check", operation_id = "check_hazard", tag = "plans", params(("uid" = String, Path)), request_body = CheckAsk,
    responses((status = 200, body = HazardItem), (status = "4XX", body = Problem)))]
async fn check_hazard(ctx: Ctx, Path(id): Path<String>, input: Input<CheckAsk>) -> Result<Response> {
    ctx.actor.require(Permission::CaseCheck)?;
    let mut w = ctx.write(&input.digest).await?;
    let rules = Rules::today(&ctx.app, &mut w.tx).await?;
    let days = ctx.app.config().ownership_days;
    let row = closing::check(&mut w.tx, &by(&ctx, &rules), days, uid(&id)?, input.value).await?;
    w.done(StatusCode::OK, &HazardItem::of(row, &rules)).await
}

/// Takes back a hazard that is none.
#[utoipa::path(post, path = "/api/v1/hazards/{uid}/cancellation", operation_id = "cancel_hazard", tag = "plans", params(("uid" = String, Path)), request_body = CancelAsk,
    responses((status = 200, body = HazardItem), (status = "4XX", body = Problem)))]
async fn cancel_hazard(ctx: Ctx, Path(id): Path<String>, input: Input<CancelAsk>) -> Result<Response> {
    ctx.actor.require(Permission::CaseApprove)?;
    let mut w = ctx.write(&input.digest).await?;
    let rules = Rules::today(&ctx.app, &mut w.tx).await?;
    let days = ctx.app.config().ownership_days;
    let row = closing::cancel(&mut w.tx, &by(&ctx, &rules), days, uid(&id)?, input.value).await?;
    w.done(StatusCode::OK, &HazardItem::of(row, &rules)).await
}

/// Asks for more time for a hazard of a plan.
#[utoipa::path(post, path = "/api/v1/hazards/{uid}/extensions", operation_id = "ask_extension", tag = "plans", params(("uid" = String, Path)), request_body = ExtensionAsk,
    responses((status = 201, body = Extension), (status = "4XX", body = Problem)))]
async fn ask_extension(ctx: Ctx, Path(id): Path<String>, input: Input<ExtensionAsk>) -> Result<Response> {
    ctx.actor.require(Permission::CaseHandle)?;
    let mut w = ctx.write(&input.digest).await?;
    let rules = Rules::today(&ctx.app, &mut w.tx).await?;
    let asked = extensions::ask(&mut w.tx, &by(&ctx, &rules), uid(&id)?, input.value).await?;
    w.done(StatusCode::CREATED, &asked).await
}
