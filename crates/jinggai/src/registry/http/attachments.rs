//! Photos and documents of a well: upload, download, removal.
use super::{look, uid};
use crate::app::App;
use crate::error::{AppError, Kind, Problem, Result};
use crate::http::params::Params;
use crate::http::{Ctx, Input};
use crate::identity::Permission;
use crate::registry::attachments::{self, About, Attachment, Size};
use crate::registry::commands::Change;
use crate::registry::{images, store};
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{DefaultBodyLimit, Multipart, Path};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What the form around the file may take.
const FORM_MAX: usize = 64 << 10;

pub fn routes() -> OpenApiRouter<App> {
    let upload = OpenApiRouter::new()
        .routes(routes!(attach_file))
        .layer(DefaultBodyLimit::max(images::FILE_MAX + FORM_MAX));
    OpenApiRouter::new().merge(upload).routes(routes!(get_file)).routes(routes!(remove_attachment))
}

fn unreadable(e: MultipartError) -> AppError {
    if e.status() == StatusCode::PAYLOAD_TOO_LARGE {
        let mb = images::FILE_MAX >> 20;
        return AppError::new(
            Kind::TooLarge,
            "file.too_large",
            format!("文件超过 {mb} MB，请压缩后再上传"),
            format!("the file is larger than {mb} MB"),
        );
    }
    AppError::new(
        Kind::Invalid,
        "upload.broken",
        "上传的内容不完整，请重新上传",
        "the upload is incomplete; please send it again",
    )
    .caused_by(e)
}

async fn word(field: Field<'_>) -> Result<Option<String>> {
    let text = field.text().await.map_err(unreadable)?;
    if text.len() > 1000 {
        return Err(AppError::field("form.invalid", "title", "文字过长", "the text is too long"));
    }
    Ok(Some(text.trim().to_owned()).filter(|t| !t.is_empty()))
}

/// Attaches a photo or document to a well, or to a cover, responsibility, plate or fall guard of it.
#[utoipa::path(post, path = "/api/v1/wells/{uid}/attachments", tag = "registry", params(("uid" = String, Path)),
    request_body(content = Object, content_type = "multipart/form-data", description = "file, subject, subject_uid, role, title"),
    responses((status = 201, body = Attachment), (status = "4XX", body = Problem)))]
async fn attach_file(
    ctx: Ctx,
    Path(id): Path<String>,
    form: std::result::Result<Multipart, axum::extract::multipart::MultipartRejection>,
) -> Result<Response> {
    let change = Change::by(&ctx.actor, Permission::RegistryWrite, &ctx.app)?;
    let well = uid(&id)?;
    // Who may not write to the well need not send the file at all.
    store::well(&mut look(&ctx).await?, well, &change.scope).await?;
    let mut form = form.map_err(|e| {
        AppError::new(
            Kind::Unsupported,
            "upload.multipart",
            "请用 multipart/form-data 上传，文件放在字段 file",
            "send multipart/form-data with the file in the field file",
        )
        .caused_by(e)
    })?;
    let mut file: Option<(String, Vec<u8>)> = None;
    let mut about = About::default();
    while let Some(field) = form.next_field().await.map_err(unreadable)? {
        match field.name().unwrap_or_default() {
            "file" => {
                let name = base_name(field.file_name().unwrap_or("file"));
                file = Some((name, field.bytes().await.map_err(unreadable)?.to_vec()));
            }
            "subject" => about.subject = word(field).await?,
            "subject_uid" => about.subject_uid = word(field).await?.map(|t| uid(&t)).transpose()?,
            "role" => about.role = word(field).await?,
            "title" => about.title = word(field).await?,
            other => {
                return Err(AppError::field("form.invalid", other, "没有这个字段", "no such field"));
            }
        }
    }
    let Some((name, bytes)) = file else {
        return Err(AppError::field(
            "upload.no_file",
            "file",
            "请选择要上传的文件",
            "the field file is missing",
        ));
    };
    let upload = attachments::receive(&ctx.app, &name, bytes).await?;
    let said = json!([upload.hash, about.subject, about.subject_uid, about.role, about.title]).to_string();
    let mut w = ctx.write(&crate::files::digest(said.as_bytes())).await?;
    let kept = attachments::attach(&mut w.tx, &change, well, upload, about).await?;
    w.done(StatusCode::CREATED, &kept).await
}

/// The last part of a name, without control characters, at most 100 characters.
fn base_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = last.chars().filter(|c| !c.is_control() && *c != '"').take(100).collect();
    if clean.is_empty() { "file".to_owned() } else { clean }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct FileQuery {
    /// `thumb` or `public`; absent = the original.
    size: Option<String>,
}

/// Gives a photo or document that is attached to a well within the reader's scope.
#[utoipa::path(get, path = "/api/v1/files/{hash}", tag = "registry", params(("hash" = String, Path), FileQuery),
    responses((status = 200, description = "the file"), (status = 304, description = "unchanged"), (status = "4XX", body = Problem)))]
async fn get_file(
    ctx: Ctx,
    Path(hash): Path<String>,
    Params(query): Params<FileQuery>,
    headers: HeaderMap,
) -> Result<Response> {
    let scope = ctx.actor.require(Permission::RegistryRead)?;
    let size = match query.size.as_deref() {
        None | Some("original") => Size::Original,
        Some("thumb") => Size::Thumbnail,
        Some("public") => Size::Public,
        Some(_) => {
            return Err(AppError::field(
                "file.size",
                "size",
                "应为 thumb、public 或 original",
                "must be thumb, public or original",
            ));
        }
    };
    let (hash, media, name) = attachments::find(&mut look(&ctx).await?, &scope, &hash, size).await?;
    let etag = format!("\"{hash}\"");
    let same = headers.get(header::IF_NONE_MATCH).is_some_and(|v| v.as_bytes() == etag.as_bytes());
    let inline = media.starts_with("image/") || media == "application/pdf";
    let disposition = format!(
        "{}; filename*=UTF-8''{}",
        if inline { "inline" } else { "attachment" },
        form_urlencoded::byte_serialize(name.as_bytes()).collect::<String>().replace('+', "%20")
    );
    let about = [
        (header::ETAG, etag),
        // Immutable under its hash, but only for who may see it.
        (header::CACHE_CONTROL, "private, max-age=31536000, immutable".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox".to_owned()),
    ];
    if same {
        return Ok((StatusCode::NOT_MODIFIED, about).into_response());
    }
    let bytes = ctx.app.files().get(&hash).await?;
    let named = [(header::CONTENT_TYPE, media), (header::CONTENT_DISPOSITION, disposition)];
    Ok((about, named, bytes).into_response())
}

/// Flags an attachment as removed, with the reason.
#[utoipa::path(post, path = "/api/v1/attachments/{uid}/remove", tag = "registry", params(("uid" = String, Path)), request_body = Object,
    responses((status = 200, body = Object), (status = "4XX", body = Problem)))]
async fn remove_attachment(ctx: Ctx, Path(id): Path<String>, input: Input<Value>) -> Result<Response> {
    let change = Change::by(&ctx.actor, Permission::RegistryWrite, &ctx.app)?;
    let mut w = ctx.write(&input.digest).await?;
    attachments::remove(&mut w.tx, &change, uid(&id)?, input.value).await?;
    w.done(StatusCode::OK, &json!({"uid": id})).await
}
