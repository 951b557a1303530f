//! `/reports`, `/templates`, `/statistics`: drawing, keeping, filling in, closing, checking and handing out.
pub(crate) mod periods;

use super::annex1::{self, AnnexQuery, Dimension};
use super::ledger;
use super::output::{self, Format, Sheet};
use super::reports::{self, Comparison, Drawn, Fill, Listed};
use super::templates::{self, Change, Described};
use crate::app::App;
use crate::clock;
use crate::error::{AppError, Problem, Result};
use crate::http::page::{Page, PageQuery};
use crate::http::params::{self, Params};
use crate::http::{Ctx, Input};
use crate::identity::Permission;
use crate::registry::CoverFilter;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, RawQuery};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use jinggai_db::Tx;
use jinggai_db::events;
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::io::AsyncReadExt;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// Bytes of a file sent at a time.
const PIECE: usize = 64 << 10;

/// The routes of this part.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(draw_annex1))
        .routes(routes!(get_annex1_ledger))
        .routes(routes!(list_reports))
        .routes(routes!(get_report))
        .routes(routes!(get_report_file))
        .routes(routes!(check_report))
        .routes(routes!(fill_report))
        .routes(routes!(close_report))
        .merge(periods::routes())
        .routes(routes!(get_template, put_template))
}

async fn look(ctx: &Ctx) -> Result<Tx> {
    Ok(ctx.app.db().snapshot().await?)
}

fn uid(text: &str) -> Result<Uuid> {
    params::uid(text, "份报表", "report")
}

/// What a report is asked with; beside these names those of the cover filter: `area`, `unit`, `kind`, `road` …
#[derive(Deserialize, utoipa::ToSchema)]
struct AnnexRequest {
    /// 台账时点; today when left out.
    #[schema(value_type = Option<String>, format = Date)]
    as_of: Option<Date>,
    /// 区划时点; that of `as_of` when left out.
    #[schema(value_type = Option<String>, format = Date)]
    division: Option<Date>,
    /// One or two groupings; reporting unit and road when left out.
    by: Option<Vec<Dimension>>,
    /// 演示 records count too.
    #[serde(default)]
    include_demo: bool,
    /// The cover filter.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    filter: Map<String, Value>,
}

impl AnnexRequest {
    fn query(self) -> Result<AnnexQuery> {
        let as_of = self.as_of.unwrap_or_else(clock::today);
        let words: Vec<(String, String)> = self
            .filter
            .into_iter()
            .filter(|(_, v)| !v.is_null())
            .map(|(k, v)| (k, v.as_str().map_or_else(|| v.to_string(), str::to_owned)))
            .collect();
        let base = AnnexQuery::new(as_of);
        Ok(AnnexQuery {
            division: self.division.unwrap_or(as_of),
            by: self.by.unwrap_or(base.by),
            include_demo: self.include_demo,
            filter: CoverFilter::parse(words.iter().map(|(k, v)| (k.as_str(), v.as_str())))?,
            as_of,
        })
    }
}

/// Draws 附件1 over the covers of the actor's scope and keeps it.
#[utoipa::path(post, path = "/api/v1/reports/annex1", tag = "reports", request_body = AnnexRequest,
    responses((status = 201, body = Object), (status = "4XX", body = Problem)))]
async fn draw_annex1(ctx: Ctx, input: Input<AnnexRequest>) -> Result<Response> {
    let scope = ctx.actor.require(Permission::ReportRun)?;
    let query = input.value.query()?;
    let mut tx = look(&ctx).await?;
    let template = templates::current(&mut tx, templates::STATISTICS, clock::today()).await?;
    let annex = annex1::draw(&mut tx, query, template, &scope).await?;
    drop(tx);
    let mut w = ctx.write(&input.digest).await?;
    let drawn = Drawn::from(annex);
    let uid = reports::keep(&mut w.tx, &drawn, &ctx.actor, &scope).await?;
    let sheet = Sheet { uid: Some(uid), made_by: Some(ctx.actor.name.clone()), ..sheet(&ctx.app) };
    w.done(StatusCode::CREATED, &output::json(&drawn, &sheet)).await
}

/// What files of this server say beside the figures.
pub(crate) fn sheet(app: &App) -> Sheet {
    Sheet {
        server: app.config().public_url.clone(),
        fonts: vec![app.config().data.join("fonts")],
        ..Sheet::default()
    }
}

/// Which reports.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ReportQuery {
    /// `annex1`, `annex2` or `indicators`.
    kind: Option<String>,
    /// Rows wanted, at most 500.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// Lists kept reports: one's own, or all for those who may draw reports of the whole district.
#[utoipa::path(get, path = "/api/v1/reports", tag = "reports", params(ReportQuery),
    responses((status = 200, body = Page<Listed>), (status = "4XX", body = Problem)))]
async fn list_reports(ctx: Ctx, Params(q): Params<ReportQuery>) -> Result<Json<Page<Listed>>> {
    let paging = PageQuery { limit: q.limit, cursor: q.cursor }.paging()?;
    let limit = i64::try_from(paging.limit + 1).unwrap_or(i64::MAX);
    let (rows, total) =
        reports::list(&mut look(&ctx).await?, &ctx.actor, q.kind.as_deref(), paging.cursor()?, limit).await?;
    Ok(Json(paging.page(rows, total, |r: &Listed| r.id)))
}

/// Gives a kept report as drawn.
#[utoipa::path(get, path = "/api/v1/reports/{uid}", tag = "reports", params(("uid" = String, Path)),
    responses((status = 200, body = Object), (status = "4XX", body = Problem)))]
async fn get_report(ctx: Ctx, Path(id): Path<String>) -> Result<Json<Value>> {
    ctx.actor.require(Permission::ReportRun)?;
    let kept = reports::get(&mut look(&ctx).await?, &ctx.actor, uid(&id)?).await?;
    Ok(Json(output::json(&kept.drawn, &sheet(&ctx.app).of(&kept))))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct FileQuery {
    /// `xlsx` (when left out), `pdf`, `csv` or `json`.
    format: Option<String>,
}

/// Gives a kept report as a file.
#[utoipa::path(get, path = "/api/v1/reports/{uid}/file", tag = "reports", params(("uid" = String, Path), FileQuery),
    responses((status = 200, description = "the file"), (status = "4XX", body = Problem)))]
async fn get_report_file(ctx: Ctx, Path(id): Path<String>, Params(q): Params<FileQuery>) -> Result<Response> {
    ctx.actor.require(Permission::ReportRun)?;
    let format: Format = q.format.as_deref().unwrap_or("xlsx").parse()?;
    let kept = reports::get(&mut look(&ctx).await?, &ctx.actor, uid(&id)?).await?;
    let sheet = sheet(&ctx.app).of(&kept);
    let name = format!("{}-{}.{}", kept.drawn.zh(), kept.drawn.as_of(), format.ending());
    let bytes = tokio::task::spawn_blocking(move || output::render(&kept.drawn, &sheet, format))
        .await
        .map_err(AppError::internal)??;
    Ok((headers(format, &name), bytes).into_response())
}

fn headers(format: Format, name: &str) -> [(header::HeaderName, String); 2] {
    let encoded: String = form_urlencoded::byte_serialize(name.as_bytes()).collect();
    [
        (header::CONTENT_TYPE, format.media_type().to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename*=UTF-8''{encoded}")),
    ]
}

/// Draws a kept report again and says equal, or which figures of which rows changed.
#[utoipa::path(post, path = "/api/v1/reports/{uid}/check", tag = "reports", params(("uid" = String, Path)),
    responses((status = 200, body = Comparison), (status = "4XX", body = Problem)))]
async fn check_report(ctx: Ctx, Path(id): Path<String>) -> Result<Json<Comparison>> {
    ctx.actor.require(Permission::ReportRun)?;
    let mut tx = look(&ctx).await?;
    let kept = reports::get(&mut tx, &ctx.actor, uid(&id)?).await?;
    Ok(Json(reports::check(&mut tx, &kept).await?))
}

/// Fills in one cell of a kept 附件2 that no record gives; who and when is kept.
#[utoipa::path(put, path = "/api/v1/reports/{uid}/cells", tag = "reports", params(("uid" = String, Path)), request_body = Fill,
    responses((status = 200, body = Object), (status = "4XX", body = Problem)))]
async fn fill_report(ctx: Ctx, Path(id): Path<String>, input: Input<Fill>) -> Result<Response> {
    ctx.actor.require(Permission::ReportFill)?;
    let mut w = ctx.write(&input.digest).await?;
    let kept = reports::fill(&mut w.tx, &ctx.actor, uid(&id)?, &input.value).await?;
    w.done(StatusCode::OK, &output::json(&kept.drawn, &sheet(&ctx.app).of(&kept))).await
}

/// Closes the period of a kept 附件2 or of kept indicators (结账); once for each period.
#[utoipa::path(post, path = "/api/v1/reports/{uid}/close", tag = "reports", params(("uid" = String, Path)),
    responses((status = 200, body = Object), (status = "4XX", body = Problem)))]
async fn close_report(ctx: Ctx, Path(id): Path<String>, input: Input<Value>) -> Result<Response> {
    ctx.actor.require_everywhere(Permission::ReportClose)?;
    let mut w = ctx.write(&input.digest).await?;
    let kept = reports::close(&mut w.tx, &ctx.actor, uid(&id)?).await?;
    w.done(StatusCode::OK, &output::json(&kept.drawn, &sheet(&ctx.app).of(&kept))).await
}

/// Gives the detail ledger behind 附件1, one row per cover: `format=csv|xlsx`, `include_demo`, and the cover filter.
#[utoipa::path(get, path = "/api/v1/reports/annex1/ledger", tag = "reports",
    params(FileQuery, ("include_demo" = Option<bool>, Query), crate::registry::FilterParams),
    responses((status = 200, description = "the file"), (status = "4XX", body = Problem)))]
async fn get_annex1_ledger(ctx: Ctx, RawQuery(query): RawQuery) -> Result<Response> {
    let scope = ctx.actor.require(Permission::RegistryExport)?;
    let (own, filter) = crate::registry::split_query(query, &["format", "include_demo"])?;
    let own = |name: &str| own.iter().find(|(k, _)| k == name).map(|(_, v)| v.as_str());
    let format: Format = own("format").unwrap_or("xlsx").parse()?;
    let include_demo = own("include_demo") == Some("true");
    let as_of = filter.as_of.unwrap_or_else(clock::today);
    let query = AnnexQuery { include_demo, filter, ..AnnexQuery::new(as_of) };
    let mut tx = look(&ctx).await?;
    let template = templates::current(&mut tx, templates::LEDGER, clock::today()).await?;
    let file = tempfile::tempfile().map_err(AppError::internal)?;
    let out = file.try_clone().map_err(AppError::internal)?;
    let covers = ledger::filter(&query, &template.counted);
    let server = &ctx.app.config().public_url;
    ledger::write(&mut tx, &covers, &scope, &template, server, format, out).await?;
    drop(tx);
    let name = format!("附件1明细台账-{as_of}.{}", format.ending());
    Ok((headers(format, &name), sent(file).await?).into_response())
}

/// A file as a body, piece by piece.
async fn sent(file: std::fs::File) -> Result<Body> {
    use tokio::io::AsyncSeekExt;
    let mut file = tokio::fs::File::from_std(file);
    file.rewind().await.map_err(AppError::internal)?;
    let pieces = futures::stream::try_unfold(file, |mut file| async move {
        let mut piece = vec![0; PIECE];
        let n = file.read(&mut piece).await?;
        piece.truncate(n);
        Ok::<_, std::io::Error>((n > 0).then_some((piece, file)))
    });
    Ok(Body::from_stream(pieces))
}

/// Gives the template in force with its versions and what its columns may hold.
#[utoipa::path(get, path = "/api/v1/templates/{key}", tag = "reports",
    params(("key" = String, Path, description = "annex1, annex1-ledger or annex2")),
    responses((status = 200, body = Described), (status = "4XX", body = Problem)))]
async fn get_template(ctx: Ctx, Path(key): Path<String>) -> Result<Json<Described>> {
    ctx.actor.require(Permission::DirectoryRead)?;
    Ok(Json(templates::describe(&mut look(&ctx).await?, &key, clock::today()).await?))
}

/// Keeps a new version of a template: renamed, hidden, moved, added columns, or a whole new one.
#[utoipa::path(put, path = "/api/v1/templates/{key}", tag = "reports",
    params(("key" = String, Path, description = "annex1, annex1-ledger or annex2")), request_body = Change,
    responses((status = 200, body = Object), (status = "4XX", body = Problem)))]
async fn put_template(ctx: Ctx, Path(key): Path<String>, input: Input<Change>) -> Result<Response> {
    ctx.actor.require_everywhere(Permission::RuleManage)?;
    let mut w = ctx.write(&input.digest).await?;
    let (template, event) = templates::change(&mut w.tx, &key, input.value, clock::today()).await?;
    events::append(&mut w.tx, &ctx.actor.who(Permission::RuleManage), vec![event]).await?;
    w.done(StatusCode::OK, &template).await
}
