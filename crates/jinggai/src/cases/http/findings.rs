//! Findings: report, look at, move.
use super::{by, take, uid};
use crate::app::App;
use crate::cases::candidates::{self, Candidate};
use crate::cases::findings::{self, FindingReport};
use crate::cases::findings_list::{self, FindingItem, FindingQuery};
use crate::cases::moves::MoveAsk;
use crate::cases::proofs::{self, Proof};
use crate::cases::rules::Rules;
use crate::cases::store;
use crate::error::{Problem, Result};
use crate::http::page::{Page, PageQuery};
use crate::http::params::Params;
use crate::http::{Ctx, Input, upload};
use crate::identity::Permission;
use axum::Json;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{DefaultBodyLimit, Multipart, Path};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub fn routes() -> OpenApiRouter<App> {
    let upload =
        OpenApiRouter::new().routes(routes!(add_finding_file)).layer(DefaultBodyLimit::max(upload::BODY_MAX));
    OpenApiRouter::new()
        .merge(upload)
        .routes(routes!(list_findings, report_finding))
        .routes(routes!(get_finding))
        .routes(routes!(move_finding))
}

/// A finding with what it may be the same as.
#[derive(Serialize, ToSchema)]
pub struct FindingView {
    #[serde(flatten)]
    item: FindingItem,
    /// Open cases it may belong to, likeliest first.
    candidates: Vec<Candidate>,
    /// Photos and documents.
    files: Vec<Proof>,
}

/// Findings, newest first: those within the reader's reach, and their own.
#[utoipa::path(get, path = "/api/v1/findings", operation_id = "list_findings", tag = "cases", params(FindingQuery),
    responses((status = 200, body = Page<FindingItem>), (status = "4XX", body = Problem)))]
async fn list_findings(ctx: Ctx, Params(q): Params<FindingQuery>) -> Result<Json<Page<FindingItem>>> {
    ctx.actor.require(Permission::CaseRead)?;
    let paging = PageQuery { limit: q.limit, cursor: q.cursor.clone() }.paging()?;
    let mut snap = ctx.app.db().snapshot().await?;
    let rules = Rules::today(&ctx.app, &mut snap).await?;
    Ok(Json(findings_list::findings(&mut snap, &rules, &ctx.actor, &q, &paging).await?))
}

/// Reports a finding. The same number of the same source gives the finding that is there, with 200.
#[utoipa::path(post, path = "/api/v1/findings", operation_id = "report_finding", tag = "cases", request_body = FindingReport,
    responses((status = 201, body = FindingView), (status = 200, body = FindingView), (status = "4XX", body = Problem)))]
async fn report_finding(ctx: Ctx, input: Input<FindingReport>) -> Result<Response> {
    ctx.actor.require(Permission::FindingReport)?;
    let mut w = ctx.write(&input.digest).await?;
    let rules = Rules::today(&ctx.app, &mut w.tx).await?;
    let (row, new) = findings::report(&mut w.tx, &by(&ctx, &rules), input.value).await?;
    let candidates = candidates::of(&mut w.tx, &rules, &row, &ctx.actor.scope(Permission::CaseRead)).await?;
    let files = proofs::of(&mut w.tx, &[row.uid]).await?;
    let private = ctx.actor.may(Permission::CaseFile);
    let view = FindingView { item: FindingItem::of(row, &rules, private), candidates, files };
    w.done(if new { StatusCode::CREATED } else { StatusCode::OK }, &view).await
}

/// One finding.
#[utoipa::path(get, path = "/api/v1/findings/{uid}", operation_id = "get_finding", tag = "cases", params(("uid" = String, Path)),
    responses((status = 200, body = FindingView), (status = "4XX", body = Problem)))]
async fn get_finding(ctx: Ctx, Path(id): Path<String>) -> Result<Json<FindingView>> {
    let scope = ctx.actor.require(Permission::CaseRead)?;
    let mut snap = ctx.app.db().snapshot().await?;
    let rules = Rules::today(&ctx.app, &mut snap).await?;
    let row = store::finding(&mut snap, uid(&id)?, &scope, ctx.actor.user_id).await?;
    let candidates = candidates::of(&mut snap, &rules, &row, &scope).await?;
    let files = proofs::of(&mut snap, &[row.uid]).await?;
    let private = ctx.actor.may(Permission::CaseFile);
    Ok(Json(FindingView { item: FindingItem::of(row, &rules, private), candidates, files }))
}

/// What a move of a finding came to.
#[derive(Serialize, ToSchema)]
pub struct FindingMoved {
    finding: FindingItem,
    /// Public id of the case it belongs to now.
    case: Option<Uuid>,
    /// 案卷编号.
    case_number: Option<String>,
}

/// Moves a finding by the table of the flow: send to verify, confirm, deny, refuse, merge, file.
#[utoipa::path(post, path = "/api/v1/findings/{uid}/moves", operation_id = "move_finding", tag = "cases", params(("uid" = String, Path)), request_body = MoveAsk,
    responses((status = 200, body = FindingMoved), (status = "4XX", body = Problem)))]
async fn move_finding(ctx: Ctx, Path(id): Path<String>, input: Input<MoveAsk>) -> Result<Response> {
    ctx.actor.require(Permission::CaseRead)?;
    let mut w = ctx.write(&input.digest).await?;
    let rules = Rules::today(&ctx.app, &mut w.tx).await?;
    let moved = findings::advance(&mut w.tx, &ctx.app, &by(&ctx, &rules), uid(&id)?, input.value).await?;
    let private = ctx.actor.may(Permission::CaseFile);
    let body = FindingMoved {
        case: moved.finding.case_uid,
        case_number: moved.finding.case_number.clone(),
        finding: FindingItem::of(moved.finding, &rules, private),
    };
    w.done(StatusCode::OK, &body).await
}

/// Adds a photo or document to a finding.
#[utoipa::path(post, path = "/api/v1/findings/{uid}/files", operation_id = "add_finding_file", tag = "cases", params(("uid" = String, Path)),
    request_body(content = Object, content_type = "multipart/form-data", description = "file, purpose (scene, document), title"),
    responses((status = 201, body = Proof), (status = "4XX", body = Problem)))]
async fn add_finding_file(
    ctx: Ctx,
    Path(id): Path<String>,
    form: std::result::Result<Multipart, MultipartRejection>,
) -> Result<Response> {
    ctx.actor.require(Permission::CaseRead)?;
    take(&ctx, "finding", &id, form).await
}
