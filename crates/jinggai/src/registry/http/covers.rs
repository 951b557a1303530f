//! `/covers`, `/codes`, `/search`: lists and single covers, their numbers and stages.
use super::{look, uid};
use crate::app::App;
use crate::error::{AppError, Problem, Result};
use crate::http::page::{Page, PageQuery};
use crate::http::params::Params;
use crate::http::{Ctx, Input};
use crate::identity::Permission;
use crate::registry::commands::{self, Change};
use crate::registry::counts::{self, Ask, CoverCount};
use crate::registry::filter::{CoverFilter, parameters};
use crate::registry::list::{self, Sort};
use crate::registry::model::CoverItem;
use crate::registry::search::{self, Found};
use crate::registry::{codes, labels, lifecycle, lookup, store};
use axum::Json;
use axum::extract::{Path, RawQuery};
use axum::http::StatusCode;
use axum::response::Response;
use jinggai_rules::cite::cite;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_covers))
        .routes(routes!(count_covers))
        .routes(routes!(get_cover, patch_cover))
        .routes(routes!(move_cover))
        .routes(routes!(approve_abandonment))
        .routes(routes!(give_code))
        .routes(routes!(retire_code))
        .routes(routes!(add_label))
        .routes(routes!(get_code))
        .routes(routes!(search_registry))
        .routes(routes!(list_code_schemes))
}

/// The parameters of the cover filter, for the document.
pub struct FilterParams;

impl IntoParams for FilterParams {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let text = || utoipa::openapi::schema::Object::with_type(utoipa::openapi::schema::Type::String);
        parameters()
            .map(|(name, meaning)| {
                ParameterBuilder::new()
                    .name(name)
                    .parameter_in(ParameterIn::Query)
                    .description(Some(meaning))
                    .schema(Some(text()))
                    .build()
            })
            .collect()
    }
}

/// Splits a query string into what is the list's own and what is the filter's.
pub fn split(query: Option<String>, own: &[&str]) -> Result<(Vec<(String, String)>, CoverFilter)> {
    let query = query.unwrap_or_default();
    let pairs = form_urlencoded::parse(query.as_bytes()).into_owned();
    let (own, filter): (Vec<_>, Vec<_>) = pairs.partition(|(k, _)| own.contains(&k.as_str()));
    let filter = CoverFilter::parse(filter.iter().map(|(k, v)| (k.as_str(), v.as_str())))?;
    Ok((own, filter))
}

fn listed(query: Option<String>) -> Result<(PageQuery, Sort, CoverFilter)> {
    let (own, filter) = split(query, &["limit", "cursor", "sort"])?;
    let mut page = PageQuery::default();
    let mut sort = Sort::default();
    for (name, value) in own {
        match name.as_str() {
            "limit" => {
                page.limit = Some(value.parse().map_err(|e| {
                    AppError::field(
                        "list.limit",
                        "limit",
                        "每页条数应为 1–500",
                        "limit must be from 1 to 500",
                    )
                    .caused_by(anyhow::Error::new::<std::num::ParseIntError>(e))
                })?);
            }
            "cursor" => page.cursor = Some(value).filter(|c| !c.is_empty()),
            _ => sort = Sort::parse(&value)?,
        }
    }
    Ok((page, sort, filter))
}

/// Lists covers.
#[utoipa::path(get, path = "/api/v1/covers", tag = "registry",
    params(PageQuery, ("sort" = Option<String>, Query, description = "id, code, road or updated"), FilterParams),
    responses((status = 200, body = Page<CoverItem>), (status = "4XX", body = Problem)))]
async fn list_covers(ctx: Ctx, RawQuery(query): RawQuery) -> Result<Json<Page<CoverItem>>> {
    let scope = ctx.actor.require(Permission::RegistryRead)?;
    let (page, sort, filter) = listed(query)?;
    Ok(Json(list::page(&mut look(&ctx).await?, &filter, &scope, sort, &page.paging()?).await?))
}

/// How many covers several lists hold, each with its groups.
#[derive(Serialize, ToSchema)]
pub struct CoverCounts {
    /// In the order of the questions.
    counts: Vec<CoverCount>,
}

/// Counts the covers of several lists in one answer. Each `ask` is the query of a list, encoded, and may be grouped by
/// one or two of `state`, `kind`, `owner`, `district`, `street`, `community`: `ask=by%3Dkind%2Cstate%26in_use%3Dtrue`.
/// Every figure carries the query of the list that holds exactly its covers.
#[utoipa::path(get, path = "/api/v1/covers/counts", tag = "registry",
    params(("ask" = Vec<String>, Query, description = "repeated, at most 40")),
    responses((status = 200, body = CoverCounts), (status = "4XX", body = Problem)))]
async fn count_covers(ctx: Ctx, RawQuery(query): RawQuery) -> Result<Json<CoverCounts>> {
    let scope = ctx.actor.require(Permission::RegistryRead)?;
    let query = query.unwrap_or_default();
    let (asks, other): (Vec<_>, Vec<_>) =
        form_urlencoded::parse(query.as_bytes()).into_owned().partition(|(name, _)| name == "ask");
    if let Some((name, _)) = other.first() {
        let (zh, en) = ("这里只有参数 ask", "there is no parameter here but ask");
        return Err(AppError::field("filter.invalid", name, zh, en));
    }
    let asks = Ask::read(&asks.into_iter().map(|(_, text)| text).collect::<Vec<_>>())?;
    Ok(Json(CoverCounts { counts: counts::count(&mut look(&ctx).await?, &asks, &scope).await? }))
}

/// Gives a cover with its numbers and plates.
#[utoipa::path(get, path = "/api/v1/covers/{uid}", tag = "registry", params(("uid" = String, Path)),
    responses((status = 200, body = Object), (status = "4XX", body = Problem)))]
async fn get_cover(ctx: Ctx, Path(id): Path<String>) -> Result<Json<Value>> {
    let scope = ctx.actor.require(Permission::RegistryRead)?;
    let mut tx = look(&ctx).await?;
    let cover = store::cover(&mut tx, uid(&id)?, &scope).await?;
    let mut body = cover.json();
    body["codes"] = json!(lookup::codes_of(&mut tx, cover.id).await?);
    let plates = labels::of_well(&mut tx, cover.well_id).await?;
    body["labels"] = json!(plates.into_iter().filter(|l| l.cover_uid == cover.uid).collect::<Vec<_>>());
    body["moves"] = json!(lookup::moves(&cover));
    Ok(Json(body))
}

/// Corrects a cover.
#[utoipa::path(patch, path = "/api/v1/covers/{uid}", tag = "registry", params(("uid" = String, Path)), request_body = Object,
    responses((status = 200, body = Object), (status = "4XX", body = Problem)))]
async fn patch_cover(ctx: Ctx, Path(id): Path<String>, input: Input<Value>) -> Result<Response> {
    let change = Change::by(&ctx.actor, Permission::RegistryWrite, &ctx.app)?;
    let mut w = ctx.write(&input.digest).await?;
    let cover = commands::correct_cover(&mut w.tx, &change, uid(&id)?, input.value).await?;
    w.done(StatusCode::OK, &cover.json()).await
}

/// Moves a cover to its next stage of life.
#[utoipa::path(post, path = "/api/v1/covers/{uid}/lifecycle", tag = "registry", params(("uid" = String, Path)), request_body = Object,
    responses((status = 200, body = Object), (status = "4XX", body = Problem)))]
async fn move_cover(ctx: Ctx, Path(id): Path<String>, input: Input<Value>) -> Result<Response> {
    let change = Change::by(&ctx.actor, Permission::RegistryWrite, &ctx.app)?;
    let mut w = ctx.write(&input.digest).await?;
    let cover = lifecycle::advance(&mut w.tx, &change, uid(&id)?, input.value).await?;
    w.done(StatusCode::OK, &cover.json()).await
}

/// Approves a proposed abandonment.
#[utoipa::path(post, path = "/api/v1/covers/{uid}/abandonment/approve", tag = "registry", params(("uid" = String, Path)), request_body = Object,
    responses((status = 200, body = Object), (status = "4XX", body = Problem)))]
async fn approve_abandonment(ctx: Ctx, Path(id): Path<String>, input: Input<Value>) -> Result<Response> {
    let change = Change::by(&ctx.actor, Permission::OwnershipDecide, &ctx.app)?;
    let mut w = ctx.write(&input.digest).await?;
    lifecycle::approve_abandonment(&mut w.tx, &change, uid(&id)?, input.value).await?;
    w.done(StatusCode::OK, &json!({"approved": true})).await
}

/// Gives a cover a number: issued, from outside, or an alias.
#[utoipa::path(post, path = "/api/v1/covers/{uid}/codes", tag = "registry", params(("uid" = String, Path)), request_body = Object,
    responses((status = 201, body = Object), (status = "4XX", body = Problem)))]
async fn give_code(ctx: Ctx, Path(id): Path<String>, input: Input<Value>) -> Result<Response> {
    let change = Change::by(&ctx.actor, Permission::CodeIssue, &ctx.app)?;
    let mut w = ctx.write(&input.digest).await?;
    let code = codes::give(&mut w.tx, &change, uid(&id)?, input.value).await?;
    let body = json!({"scheme": code.scheme, "code": code.code, "list_version": code.list_version,
                      "state": if code.alias { "alias" } else { "active" }});
    w.done(StatusCode::CREATED, &body).await
}

/// Retires a number of a cover.
#[utoipa::path(post, path = "/api/v1/covers/{uid}/codes/{code}/retire", tag = "registry",
    params(("uid" = String, Path), ("code" = String, Path)), request_body = Object,
    responses((status = 200, body = Object), (status = "4XX", body = Problem)))]
async fn retire_code(
    ctx: Ctx,
    Path((id, code)): Path<(String, String)>,
    input: Input<Value>,
) -> Result<Response> {
    let change = Change::by(&ctx.actor, Permission::CodeIssue, &ctx.app)?;
    let mut w = ctx.write(&input.digest).await?;
    codes::retire(&mut w.tx, &change, uid(&id)?, &code, input.value).await?;
    w.done(StatusCode::OK, &json!({"code": code, "state": "retired"})).await
}

/// Adds a plate to a cover.
#[utoipa::path(post, path = "/api/v1/covers/{uid}/labels", tag = "registry", params(("uid" = String, Path)), request_body = Object,
    responses((status = 201, body = Object), (status = "4XX", body = Problem)))]
async fn add_label(ctx: Ctx, Path(id): Path<String>, input: Input<Value>) -> Result<Response> {
    let change = Change::by(&ctx.actor, Permission::RegistryWrite, &ctx.app)?;
    let url = ctx.app.config().public_url.clone();
    let mut w = ctx.write(&input.digest).await?;
    let label = labels::add(&mut w.tx, &change, uid(&id)?, &url, input.value).await?;
    w.done(StatusCode::CREATED, &json!({"uid": label})).await
}

/// Finds covers by any number they bear or bore, or by their plate.
#[utoipa::path(get, path = "/api/v1/codes/{code}", tag = "registry", params(("code" = String, Path)),
    responses((status = 200, body = Object), (status = "4XX", body = Problem)))]
async fn get_code(ctx: Ctx, Path(code): Path<String>) -> Result<Json<Value>> {
    let scope = ctx.actor.require(Permission::RegistryRead)?;
    let found = lookup::by_code(&mut look(&ctx).await?, &scope, &code).await?;
    Ok(Json(json!({"items": found})))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct SearchQuery {
    /// Number, plate, road, address or unit.
    q: String,
}

/// Searches covers, roads and units.
#[utoipa::path(get, path = "/api/v1/search", tag = "registry", params(SearchQuery),
    responses((status = 200, body = Found), (status = "4XX", body = Problem)))]
async fn search_registry(ctx: Ctx, Params(query): Params<SearchQuery>) -> Result<Json<Found>> {
    let scope = ctx.actor.require(Permission::RegistryRead)?;
    let directory = ctx.actor.may(Permission::DirectoryRead);
    Ok(Json(search::search(&mut look(&ctx).await?, &query.q, &scope, directory).await?))
}

/// Lists the code schemes in force.
#[utoipa::path(get, path = "/api/v1/code-schemes", tag = "registry",
    responses((status = 200, body = Object), (status = "4XX", body = Problem)))]
async fn list_code_schemes(ctx: Ctx) -> Result<Json<Value>> {
    ctx.actor.require(Permission::RegistryRead)?;
    let mut schemes = codes::schemes(&mut look(&ctx).await?, crate::clock::today()).await?;
    for scheme in &mut schemes {
        scheme.pack.source = cite(&scheme.pack.source);
    }
    let total = schemes.len();
    Ok(Json(json!({"items": schemes, "next": null, "total": total, "capped": false})))
}
