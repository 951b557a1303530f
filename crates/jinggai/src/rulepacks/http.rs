//! `/api/v1/rules`
use super::limits::{self, LimitsAsk, LimitsFile, LimitsReport};
use super::{KINDS, Pack, RuleChange, change, newest, of_kind, unknown};
use crate::app::App;
use crate::clock;
use crate::error::{AppError, Problem, Result};
use crate::http::params::Params;
use crate::http::{Ctx, Input, upload};
use crate::identity::Permission;
use axum::Json;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{DefaultBodyLimit, Multipart, Path};
use axum::http::StatusCode;
use axum::response::Response;
use jiff::civil::Date;
use jinggai_db::events;
use jinggai_rules::cite::cite;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Longest list of answers in bytes.
const ANSWERS_MAX: usize = 200_000;

/// The routes of rule packs.
pub fn routes() -> OpenApiRouter<App> {
    let upload = OpenApiRouter::new()
        .routes(routes!(import_case_limits))
        .layer(DefaultBodyLimit::max(upload::BODY_MAX));
    OpenApiRouter::new().merge(upload).routes(routes!(list_rules)).routes(routes!(get_rule, put_rule))
}

/// A version of a rule pack.
#[derive(Serialize, ToSchema)]
pub struct RuleVersion {
    version: u32,
    #[schema(value_type = String, format = Date)]
    effective_from: Date,
    source: String,
    note: String,
    /// In force today.
    in_force: bool,
}

/// A rule pack with its versions, oldest first.
#[derive(Serialize, ToSchema)]
pub struct RuleItem {
    kind: &'static str,
    kind_name: &'static str,
    key: String,
    versions: Vec<RuleVersion>,
}

/// Every rule pack.
#[derive(Serialize, ToSchema)]
pub struct RulePage {
    items: Vec<RuleItem>,
    next: Option<String>,
    total: i64,
    capped: bool,
}

/// A rule pack in full.
#[derive(Serialize, ToSchema)]
pub struct RuleView {
    #[serde(flatten)]
    item: RuleItem,
    /// The version asked for, in full.
    #[schema(value_type = Object)]
    pack: Value,
}

fn ruling<'a>(packs: &'a [Pack], key: &str, on: Date) -> Option<&'a Pack> {
    packs
        .iter()
        .filter(|p| p.head.id == key && p.head.effective_from <= on)
        .max_by_key(|p| (p.head.effective_from, p.head.version))
}

fn item(kind: (&'static str, &'static str), key: &str, packs: &[Pack], today: Date) -> RuleItem {
    let now = ruling(packs, key, today).map(|p| p.head.version);
    let mut versions: Vec<RuleVersion> = packs
        .iter()
        .filter(|p| p.head.id == key)
        .map(|p| RuleVersion {
            version: p.head.version,
            effective_from: p.head.effective_from,
            source: cite(&p.head.source),
            note: cite(&p.head.note),
            in_force: Some(p.head.version) == now,
        })
        .collect();
    versions.sort_by_key(|v| v.version);
    RuleItem { kind: kind.0, kind_name: kind.1, key: key.to_owned(), versions }
}

/// Every rule pack with its versions.
#[utoipa::path(get, path = "/api/v1/rules", operation_id = "list_rules", tag = "rules",
    responses((status = 200, body = RulePage), (status = "4XX", body = Problem)))]
async fn list_rules(ctx: Ctx) -> Result<Json<RulePage>> {
    ctx.actor.require(Permission::DirectoryRead)?;
    let today = clock::today();
    let mut snap = ctx.app.db().snapshot().await?;
    let mut items = vec![];
    for kind in KINDS {
        let packs = of_kind(&mut snap, kind.0).await?.unwrap_or_default();
        let mut keys: Vec<&str> = packs.iter().map(|p| p.head.id.as_str()).collect();
        keys.sort_unstable();
        keys.dedup();
        items.extend(keys.into_iter().map(|key| item(*kind, key, &packs, today)));
    }
    let total = i64::try_from(items.len()).unwrap_or(i64::MAX);
    Ok(Json(RulePage { items, next: None, total, capped: false }))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct RuleQuery {
    /// This version; the one in force today (or the newest, when none is yet) when left out.
    version: Option<u32>,
}

/// One rule pack in full.
#[utoipa::path(get, path = "/api/v1/rules/{kind}/{key}", operation_id = "get_rule", tag = "rules",
    params(("kind" = String, Path), ("key" = String, Path), RuleQuery),
    responses((status = 200, body = RuleView), (status = "4XX", body = Problem)))]
async fn get_rule(
    ctx: Ctx,
    Path((kind, key)): Path<(String, String)>,
    Params(q): Params<RuleQuery>,
) -> Result<Json<RuleView>> {
    ctx.actor.require(Permission::DirectoryRead)?;
    let today = clock::today();
    let mut snap = ctx.app.db().snapshot().await?;
    let named = KINDS.iter().find(|(k, _)| *k == kind).ok_or_else(|| unknown(&kind, &key))?;
    let packs = of_kind(&mut snap, &kind).await?.unwrap_or_default();
    let pack = match q.version {
        Some(v) => packs.iter().find(|p| p.head.id == key && p.head.version == v),
        None => ruling(&packs, &key, today).or_else(|| newest(&packs, &key)),
    };
    let pack = pack.ok_or_else(|| unknown(&kind, &key))?;
    Ok(Json(RuleView { item: item(*named, &key, &packs, today), pack: pack.body.clone() }))
}

/// Keeps a new version of a rule pack, in force from a day on.
#[utoipa::path(put, path = "/api/v1/rules/{kind}/{key}", operation_id = "put_rule", tag = "rules",
    params(("kind" = String, Path), ("key" = String, Path)), request_body = RuleChange,
    responses((status = 200), (status = "4XX", body = Problem)))]
async fn put_rule(
    ctx: Ctx,
    Path((kind, key)): Path<(String, String)>,
    input: Input<RuleChange>,
) -> Result<Response> {
    ctx.actor.require_everywhere(Permission::RuleManage)?;
    let mut w = ctx.write(&input.digest).await?;
    let (pack, event) = change(&mut w.tx, &kind, &key, input.value, clock::today()).await?;
    events::append(&mut w.tx, &ctx.actor.who(Permission::RuleManage), vec![event]).await?;
    let body = serde_json::json!({"kind": kind, "key": key, "version": pack.head.version, "effective_from": pack.head.effective_from});
    w.done(StatusCode::OK, &body).await
}

/// The words of an import: everything beside the file.
fn asked(form: &mut upload::Form) -> Result<(LimitsAsk, Option<String>)> {
    let wrong = |field: &str, zh: &str, en: &str| AppError::field("form.invalid", field, zh, en);
    let dry_run = match form.word("dry_run").as_deref() {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(wrong("dry_run", "应为 true 或 false", "must be true or false")),
    };
    let day = form.word("effective_from").map(|d| d.parse()).transpose();
    let effective_from = day.map_err(|_e| {
        wrong("effective_from", "应为日期，如 2026-12-01", "must be a date, such as 2026-12-01")
    })?;
    let answers = form.word("answers").map(|a| serde_json::from_str(&a)).transpose().map_err(|_e| {
        wrong(
            "answers",
            r#"应为 [{"row": 3, "column": "处置时限", "value": "4工作时"}] 这样的列表"#,
            r#"must be a list such as [{"row": 3, "column": "limit", "value": "4工作时"}]"#,
        )
    })?;
    let source = form.word("source").unwrap_or_default();
    let ask = LimitsAsk { source, effective_from, answers: answers.unwrap_or_default(), dry_run };
    Ok((ask, form.word("layer")))
}

/// Takes in a city's own 立案、处置、结案 table: clear rows become a new version of the pack, doubtful ones are asked.
#[utoipa::path(post, path = "/api/v1/case-limits/imports", operation_id = "import_case_limits", tag = "rules",
    request_body(content = Object, content_type = "multipart/form-data", description = "file, source, effective_from, answers (JSON list of row, column, value), layer, dry_run"),
    responses((status = 200, body = LimitsReport), (status = "4XX", body = Problem)))]
async fn import_case_limits(
    ctx: Ctx,
    form: std::result::Result<Multipart, MultipartRejection>,
) -> Result<Response> {
    ctx.actor.require_everywhere(Permission::RuleManage)?;
    let names = ["source", "effective_from", "answers", "layer", "dry_run"];
    let mut form = upload::read_long(form, &names, ANSWERS_MAX).await?;
    let (ask, layer) = asked(&mut form)?;
    let (name, bytes) = form.file;
    let said = serde_json::json!([
        crate::files::digest(&bytes),
        name,
        ask.source,
        ask.effective_from,
        ask.answers,
        layer,
        ask.dry_run
    ]);
    let file = tokio::task::spawn_blocking(move || {
        // The reader looks at the content, the name only helps it.
        let ending = std::path::Path::new(&name).extension().and_then(|e| e.to_str()).unwrap_or("csv");
        let spool =
            tempfile::Builder::new().suffix(&format!(".{ending}")).tempfile().map_err(AppError::internal)?;
        std::fs::write(spool.path(), &bytes).map_err(AppError::internal)?;
        LimitsFile::read(spool.path(), &name, layer.as_deref())
    });
    let file = file.await.map_err(AppError::internal)??;
    let mut w = ctx.write(&crate::files::digest(said.to_string().as_bytes())).await?;
    let (report, event) = limits::import(&mut w.tx, &file, &ask).await?;
    if let Some(event) = event {
        events::append(&mut w.tx, &ctx.actor.who(Permission::RuleManage), vec![event]).await?;
    }
    w.done(StatusCode::OK, &report).await
}
