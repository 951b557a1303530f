//! Renewal: candidates, what a budget would do, and the plans made from it.
use crate::app::App;
use crate::cases::http::{by, uid};
use crate::cases::rules::Rules;
use crate::error::{Problem, Result};
use crate::http::page::{Page, PageQuery};
use crate::http::params::Params;
use crate::http::{Ctx, Input};
use crate::identity::Permission;
use crate::plans::candidates::{self, CandidatePage, CandidateQuery};
use crate::plans::list::PlanItem;
use crate::plans::renewal::{self, CoversChange, RenewalAsk, RenewalItem, RenewalQuery};
use crate::plans::store;
use crate::plans::what_if::{self, WhatIf, WhatIfAsk};
use axum::Json;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_renewal_candidates))
        .routes(routes!(try_renewal_budget))
        .routes(routes!(create_renewal_plan))
        .routes(routes!(list_renewal_items, change_renewal_items))
}

/// Covers with a cause to be replaced, the highest score first, each with what its score is made of.
#[utoipa::path(get, path = "/api/v1/renewal-candidates", operation_id = "list_renewal_candidates", tag = "plans", params(CandidateQuery),
    responses((status = 200, body = CandidatePage), (status = "4XX", body = Problem)))]
async fn list_renewal_candidates(ctx: Ctx, Params(q): Params<CandidateQuery>) -> Result<Json<CandidatePage>> {
    let scope = ctx.actor.require(Permission::CaseRead)?;
    let paging = PageQuery { limit: q.limit, cursor: q.cursor.clone() }.paging()?;
    let mut snap = ctx.app.db().snapshot().await?;
    Ok(Json(candidates::page(&mut snap, &scope, &q, &paging).await?))
}

/// What a yearly budget would replace, year by year. Nothing is stored.
#[utoipa::path(post, path = "/api/v1/renewal-what-if", operation_id = "try_renewal_budget", tag = "plans", request_body = WhatIfAsk,
    responses((status = 200, body = WhatIf), (status = "4XX", body = Problem)))]
async fn try_renewal_budget(ctx: Ctx, input: Input<WhatIfAsk>) -> Result<Json<WhatIf>> {
    let scope = ctx.actor.require(Permission::CaseRead)?;
    let mut snap = ctx.app.db().snapshot().await?;
    Ok(Json(what_if::try_out(&mut snap, &scope, &input.value).await?))
}

/// Makes a renewal plan (更新改造计划) from a budget, as a draft.
#[utoipa::path(post, path = "/api/v1/renewal-plans", operation_id = "create_renewal_plan", tag = "plans", request_body = RenewalAsk,
    responses((status = 201, body = PlanItem), (status = "4XX", body = Problem)))]
async fn create_renewal_plan(ctx: Ctx, input: Input<RenewalAsk>) -> Result<Response> {
    ctx.actor.require(Permission::CaseHandle)?;
    let mut w = ctx.write(&input.digest).await?;
    let rules = Rules::today(&ctx.app, &mut w.tx).await?;
    let plan = renewal::create(&mut w.tx, &by(&ctx, &rules), input.value).await?;
    w.done(StatusCode::CREATED, &PlanItem::of(&plan)?).await
}

/// The covers of a renewal plan, by year.
#[utoipa::path(get, path = "/api/v1/plans/{uid}/covers", operation_id = "list_renewal_items", tag = "plans", params(("uid" = String, Path), RenewalQuery),
    responses((status = 200, body = Page<RenewalItem>), (status = "4XX", body = Problem)))]
async fn list_renewal_items(
    ctx: Ctx,
    Path(id): Path<String>,
    Params(q): Params<RenewalQuery>,
) -> Result<Json<Page<RenewalItem>>> {
    let scope = ctx.actor.require(Permission::CaseRead)?;
    let paging = PageQuery { limit: q.limit, cursor: q.cursor.clone() }.paging()?;
    let mut snap = ctx.app.db().snapshot().await?;
    let rules = Rules::today(&ctx.app, &mut snap).await?;
    let by = by(&ctx, &rules);
    let own = by.units(&mut snap).await?;
    let plan = store::plan(&mut snap, uid(&id)?, &scope, &own, by.now).await?;
    Ok(Json(renewal::page(&mut snap, &plan, &q, &paging).await?))
}

/// Puts covers into the draft of a renewal plan, changes their year and cost, takes covers out.
#[utoipa::path(post, path = "/api/v1/plans/{uid}/covers", operation_id = "change_renewal_items", tag = "plans", params(("uid" = String, Path)), request_body = CoversChange,
    responses((status = 200, body = PlanItem), (status = "4XX", body = Problem)))]
async fn change_renewal_items(
    ctx: Ctx,
    Path(id): Path<String>,
    input: Input<CoversChange>,
) -> Result<Response> {
    ctx.actor.require(Permission::CaseHandle)?;
    let mut w = ctx.write(&input.digest).await?;
    let rules = Rules::today(&ctx.app, &mut w.tx).await?;
    let plan = renewal::change(&mut w.tx, &by(&ctx, &rules), uid(&id)?, input.value).await?;
    w.done(StatusCode::OK, &PlanItem::of(&plan)?).await
}
