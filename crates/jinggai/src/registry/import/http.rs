//! `/uploads` and `/imports`: a file is sent, looked at, imported by a job, and its problems are fetched.
use super::job::{self, Body};
use super::mapping::Mapping;
use super::options::{Options, What};
use super::preview::{self, Preview};
use super::report::write_errors;
use super::run::Request;
use super::store::{self, ImportRow, Totals};
use crate::app::App;
use crate::error::{AppError, Kind, Problem, Result};
use crate::http::page::{Page, PageQuery};
use crate::http::params::Params;
use crate::http::{Ctx, Input, upload};
use crate::identity::{Permission, Scope};
use axum::Json;
use axum::body::Bytes;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{DefaultBodyLimit, Multipart, Path};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jinggai_db::{Tx, jobs};
use jinggai_tables::Format;
use jinggai_tables::write::Target;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// The routes of the import.
pub fn routes() -> OpenApiRouter<App> {
    // The handler counts the bytes itself, by the setting.
    let upload = OpenApiRouter::new().routes(routes!(upload_file)).layer(DefaultBodyLimit::disable());
    OpenApiRouter::new()
        .merge(upload)
        .routes(routes!(preview_import))
        .routes(routes!(create_import, list_imports))
        .routes(routes!(get_import))
        .routes(routes!(list_import_rows))
        .routes(routes!(get_import_errors))
        .routes(routes!(cancel_import))
        .routes(routes!(resume_import))
}

/// A file that was sent.
#[derive(Serialize, ToSchema)]
struct Upload {
    /// Its SHA-256: names it in the other calls.
    file: String,
    /// Its name.
    name: String,
    /// Bytes.
    size: u64,
}

/// Sends a file that is to be imported (form field `file`).
#[utoipa::path(post, path = "/api/v1/uploads", tag = "import",
    request_body(content = Object, content_type = "multipart/form-data", description = "file"),
    responses((status = 201, body = Upload), (status = "4XX", body = Problem)))]
async fn upload_file(ctx: Ctx, form: std::result::Result<Multipart, MultipartRejection>) -> Result<Response> {
    ctx.actor.require(Permission::RegistryImport)?;
    let mut form = upload::form(form)?;
    while let Some(mut field) = form.next_field().await.map_err(upload::broken)? {
        if field.name() != Some("file") {
            continue;
        }
        let name = safe_name(field.file_name().unwrap_or("file"));
        let mut sink = Incoming::begin(&ctx.app).await?;
        while let Some(chunk) = field.chunk().await.map_err(upload::broken)? {
            sink.take(&chunk).await?;
        }
        let upload = sink.keep(&ctx.app, name).await?;
        return Ok((StatusCode::CREATED, Json(upload)).into_response());
    }
    Err(upload::no_file())
}

/// A name without folders and without what file systems do not take.
fn safe_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let clean: String =
        last.chars().filter(|c| !c.is_control() && !"<>:\"|?*".contains(*c)).take(120).collect();
    let clean = clean.trim_start_matches('.').to_owned();
    if clean.is_empty() { "file".to_owned() } else { clean }
}

/// An upload on its way to the disk.
struct Incoming {
    path: std::path::PathBuf,
    file: tokio::fs::File,
    hash: Sha256,
    size: u64,
    most: u64,
}

impl Incoming {
    async fn begin(app: &App) -> Result<Self> {
        let folder = app.config().data.join("uploads");
        tokio::fs::create_dir_all(&folder).await.map_err(AppError::internal)?;
        let path = folder.join(format!(".{}", Uuid::now_v7()));
        let file = tokio::fs::File::create(&path).await.map_err(AppError::internal)?;
        Ok(Incoming { path, file, hash: Sha256::new(), size: 0, most: app.config().upload_bytes })
    }

    async fn take(&mut self, chunk: &Bytes) -> Result<()> {
        self.size += chunk.len() as u64;
        if self.size > self.most {
            let mb = self.most >> 20;
            return Err(AppError::new(
                Kind::TooLarge,
                "file.too_large",
                format!("文件超过 {mb} MB（设置 upload_mb）"),
                format!("the file is larger than {mb} MB"),
            ));
        }
        self.hash.update(chunk);
        self.file.write_all(chunk).await.map_err(AppError::internal)
    }

    async fn keep(mut self, app: &App, name: String) -> Result<Upload> {
        self.file.flush().await.map_err(AppError::internal)?;
        self.file.sync_all().await.map_err(AppError::internal)?;
        let hash = data_encoding::HEXLOWER.encode(&std::mem::take(&mut self.hash).finalize());
        let folder = app.config().data.join("uploads").join(&hash);
        tokio::fs::create_dir_all(&folder).await.map_err(AppError::internal)?;
        // One file a folder: the same bytes under another name are the same upload.
        if job::uploaded(app, &hash).is_err() {
            tokio::fs::rename(&self.path, folder.join(&name)).await.map_err(AppError::internal)?;
        }
        Ok(Upload { file: hash, name, size: self.size })
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        // Gone already when it was kept.
        std::fs::remove_file(&self.path).ok();
    }
}

/// What is asked of an import.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ImportForm {
    /// SHA-256 of the uploaded file.
    file: String,
    /// Another name for it.
    #[serde(default)]
    name: Option<String>,
    /// covers, pipes or responsibilities.
    #[serde(default)]
    what: What,
    /// Coordinate system.
    #[serde(default)]
    crs: Option<String>,
    /// xy or yx.
    #[serde(default)]
    axes: Option<String>,
    /// Key of the source.
    #[serde(default)]
    source: Option<String>,
    /// Owner of rows without one.
    #[serde(default)]
    unit: Option<String>,
    /// Area of rows without one.
    #[serde(default)]
    area: Option<String>,
    /// Kind of rows that do not tell theirs.
    #[serde(default)]
    kind: Option<String>,
    /// Layer or sheet.
    #[serde(default)]
    layer: Option<String>,
    /// Make no units for unknown owner names.
    #[serde(default)]
    no_create_units: bool,
    /// Columns, constants, values, units … of the mapping.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    map: Option<Mapping>,
    /// Only say what would happen.
    #[serde(default)]
    dry_run: bool,
}

impl ImportForm {
    fn parts(self, app: &App) -> Result<(std::path::PathBuf, String, String, Options)> {
        let (path, kept) = job::uploaded(app, &self.file)?;
        if self.map.as_ref().is_some_and(|m| !m.locals.is_empty()) {
            // Parameters of local systems are usually classified: they stay in the data directory of the server.
            return Err(AppError::field(
                "import.mapping",
                "map.locals",
                "地方坐标系参数不能经网络提交，请放在服务器数据目录的 crs/ 下",
                "parameters of local systems belong into crs/ of the data directory",
            ));
        }
        let options = Options {
            what: self.what,
            crs: self.crs,
            axes: self.axes,
            source: self.source,
            unit: self.unit,
            area: self.area,
            kind: self.kind,
            layer: self.layer,
            no_create_units: self.no_create_units,
            map: self.map,
            dry_run: self.dry_run,
        };
        Ok((path, self.file, self.name.map_or(kept, |n| safe_name(&n)), options))
    }
}

/// Looks at an uploaded file: suggested mapping, notes, first rows. Nothing is kept.
#[utoipa::path(post, path = "/api/v1/imports/preview", tag = "import", request_body = ImportForm,
    responses((status = 200, body = Preview), (status = "4XX", body = Problem)))]
async fn preview_import(ctx: Ctx, input: Input<ImportForm>) -> Result<Json<Preview>> {
    ctx.actor.require(Permission::RegistryImport)?;
    let (path, _, name, options) = input.value.parts(&ctx.app)?;
    let request =
        Request { path, name, options, actor: &ctx.actor, job: None, keep_dry: false, stop_after: None };
    Ok(Json(preview::preview(&ctx.app, &request).await?))
}

/// Asks for an import; a job does it.
#[utoipa::path(post, path = "/api/v1/imports", tag = "import", request_body = ImportForm,
    responses((status = 202, body = Object), (status = "4XX", body = Problem)))]
async fn create_import(ctx: Ctx, input: Input<ImportForm>) -> Result<Response> {
    let needed = if input.value.what == What::Responsibilities {
        Permission::OwnershipDecide
    } else {
        Permission::RegistryImport
    };
    ctx.actor.require(Permission::RegistryImport)?;
    ctx.actor.require(needed)?;
    let (_, file, name, options) = input.value.parts(&ctx.app)?;
    options.kind()?;
    let body = Body {
        file,
        name,
        options,
        user_id: ctx.actor.user_id,
        login: ctx.actor.login.clone(),
        origin: ctx.actor.origin.clone(),
    };
    let mut w = ctx.write(&input.digest).await?;
    let (uid, job) = job::ask(&mut w.tx, &body).await?;
    w.done(StatusCode::ACCEPTED, &json!({"import": uid, "job": job})).await
}

/// Whose imports somebody may see: all, or their own.
fn only_own(ctx: &Ctx) -> Result<Option<String>> {
    Ok(match ctx.actor.require(Permission::RegistryImport)? {
        Scope::Everything => None,
        _ => Some(ctx.actor.login.clone()),
    })
}

async fn find(ctx: &Ctx, tx: &mut Tx, id: &str) -> Result<ImportRow> {
    let missing = || AppError::not_found("次导入", "import");
    let own = only_own(ctx)?;
    let uid: Uuid = id.parse().map_err(|e: uuid::Error| missing().caused_by(e))?;
    let mut q = store::select();
    q.and("uid = ?", Some(uid)).and("actor = ?", own);
    tx.opt(q).await?.ok_or_else(missing)
}

async fn shown(tx: &mut Tx, row: &ImportRow) -> Result<Value> {
    let totals: Totals = store::totals(tx, row.id).await?;
    let mut body = serde_json::to_value(row).map_err(AppError::internal)?;
    body["totals"] = json!(totals);
    Ok(body)
}

/// Lists imports, the latest first.
#[utoipa::path(get, path = "/api/v1/imports", tag = "import", params(PageQuery),
    responses((status = 200, body = Page<Object>), (status = "4XX", body = Problem)))]
async fn list_imports(ctx: Ctx, Params(page): Params<PageQuery>) -> Result<Json<Page<Value>>> {
    let own = only_own(&ctx)?;
    let paging = page.paging()?;
    let mut tx = ctx.app.db().snapshot().await?;
    let mut count = jinggai_db::Sql::new("SELECT count(*) FROM imports i WHERE 1 = 1", vec![]);
    count.and("actor = ?", own.clone());
    let (total,): (i64,) = tx.one(count).await?;
    let mut q = store::select();
    q.and("actor = ?", own).and("id < ?", paging.cursor::<i64>()?);
    q.push(" ORDER BY id DESC LIMIT ?", [(paging.limit + 1).into()]);
    let mut rows: Vec<ImportRow> = tx.all(q).await?;
    let more = rows.len() > paging.limit;
    rows.truncate(paging.limit);
    let next = rows.last().filter(|_| more).map(|r| r.id);
    let mut items = vec![];
    for r in &rows {
        items.push(shown(&mut tx, r).await?);
    }
    Ok(Json(paging.page_to(items, total, next)))
}

/// Gives an import with its counts, notes and the progress of its job.
#[utoipa::path(get, path = "/api/v1/imports/{uid}", tag = "import", params(("uid" = String, Path)),
    responses((status = 200, body = Object), (status = "4XX", body = Problem)))]
async fn get_import(ctx: Ctx, Path(id): Path<String>) -> Result<Json<Value>> {
    let mut tx = ctx.app.db().snapshot().await?;
    let row = find(&ctx, &mut tx, &id).await?;
    let mut body = shown(&mut tx, &row).await?;
    if let Some(job) = row.job_uid {
        let job = jobs::find(ctx.app.db(), job).await?;
        body["job"] = json!(
            job.map(|j| json!({"uid": j.uid, "state": j.state, "progress": j.progress, "error": j.error}))
        );
    }
    Ok(Json(body))
}

/// Lists the rows of an import that need a person.
#[utoipa::path(get, path = "/api/v1/imports/{uid}/rows", tag = "import", params(("uid" = String, Path), PageQuery),
    responses((status = 200, body = Page<Object>), (status = "4XX", body = Problem)))]
async fn list_import_rows(
    ctx: Ctx,
    Path(id): Path<String>,
    Params(page): Params<PageQuery>,
) -> Result<Json<Page<Value>>> {
    let paging = page.paging()?;
    let mut tx = ctx.app.db().snapshot().await?;
    let row = find(&ctx, &mut tx, &id).await?;
    let after = paging.cursor::<i64>()?.unwrap_or(-1);
    let most = i64::try_from(paging.limit).unwrap_or(i64::MAX);
    let mut list = store::problems(&mut tx, row.uid, after, most + 1).await?;
    let more = list.len() > paging.limit;
    list.truncate(paging.limit);
    let next = list.last().filter(|_| more).map(|p| p.row_no);
    let totals = store::totals(&mut tx, row.id).await?;
    let parse = |t: &str| serde_json::from_str::<Value>(t).unwrap_or_default();
    let items = list.iter().map(|p| json!({"row": p.row_no, "verdict": p.verdict, "findings": parse(&p.findings), "cells": parse(&p.cells)})).collect();
    let total = i64::try_from(totals.duplicates + totals.rejected).unwrap_or(i64::MAX);
    Ok(Json(paging.page_to(items, total, next)))
}

/// In which format the problems are wanted.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ErrorsQuery {
    /// xlsx (default) or csv.
    format: Option<String>,
}

/// Gives the rows that need a person beside their original cells, as XLSX or CSV.
#[utoipa::path(get, path = "/api/v1/imports/{uid}/errors", tag = "import", params(("uid" = String, Path), ErrorsQuery),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"), (status = "4XX", body = Problem)))]
async fn get_import_errors(
    ctx: Ctx,
    Path(id): Path<String>,
    Params(query): Params<ErrorsQuery>,
) -> Result<Response> {
    let (format, ending, media) = match query.format.as_deref() {
        None | Some("xlsx") => {
            (Format::Xlsx, "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
        }
        Some("csv") => (Format::Csv, "csv", "text/csv; charset=utf-8"),
        Some(other) => {
            return Err(AppError::field(
                "import.errors",
                "format",
                format!("格式“{other}”不支持，应为 xlsx 或 csv"),
                format!("format {other:?}: xlsx or csv"),
            ));
        }
    };
    let row = find(&ctx, &mut ctx.app.db().snapshot().await?, &id).await?;
    let file = tempfile::NamedTempFile::new().map_err(AppError::internal)?;
    write_errors(ctx.app.db(), &[row.uid], &[], Target::Path(file.path().to_owned()), format).await?;
    let bytes = tokio::fs::read(file.path()).await.map_err(AppError::internal)?;
    let name = format!("attachment; filename=\"problems.{ending}\"");
    Ok(([(header::CONTENT_TYPE, media.to_owned()), (header::CONTENT_DISPOSITION, name)], bytes)
        .into_response())
}

/// Cancels an import; what was done stays.
#[utoipa::path(post, path = "/api/v1/imports/{uid}/cancel", tag = "import", params(("uid" = String, Path)),
    responses((status = 200, body = Object), (status = "4XX", body = Problem)))]
async fn cancel_import(ctx: Ctx, Path(id): Path<String>) -> Result<Response> {
    only_own(&ctx)?;
    let mut w = ctx.write("").await?;
    let row = find(&ctx, &mut w.tx, &id).await?;
    job::cancel(&mut w.tx, &row).await?;
    w.done(StatusCode::OK, &json!({"import": row.uid, "state": "cancelled"})).await
}

/// Lets a cancelled or failed import go on where it stopped.
#[utoipa::path(post, path = "/api/v1/imports/{uid}/resume", tag = "import", params(("uid" = String, Path)),
    responses((status = 200, body = Object), (status = "4XX", body = Problem)))]
async fn resume_import(ctx: Ctx, Path(id): Path<String>) -> Result<Response> {
    only_own(&ctx)?;
    let mut w = ctx.write("").await?;
    let row = find(&ctx, &mut w.tx, &id).await?;
    job::resume(&mut w.tx, &row).await?;
    w.done(StatusCode::OK, &json!({"import": row.uid, "state": "running"})).await
}
