//! Photos and documents of a well: upload, download, removal.
use super::{look, uid};
use crate::app::App;
use crate::error::{Problem, Result};
use crate::http::params::Params;
use crate::http::upload;
use crate::http::{Ctx, Input};
use crate::identity::Permission;
use crate::registry::attachments::{self, About, Attachment, Size};
use crate::registry::commands::Change;
use crate::registry::store;
use axum::extract::{DefaultBodyLimit, Multipart, Path};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    let upload =
        OpenApiRouter::new().routes(routes!(attach_file)).layer(DefaultBodyLimit::max(upload::BODY_MAX));
    OpenApiRouter::new().merge(upload).routes(routes!(get_file)).routes(routes!(remove_attachment))
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
    let mut form = upload::read(form, &["subject", "subject_uid", "role", "title"]).await?;
    let about = About {
        subject: form.word("subject"),
        subject_uid: form.word("subject_uid").map(|t| uid(&t)).transpose()?,
        role: form.word("role"),
        title: form.word("title"),
    };
    let (name, bytes) = form.file;
    let upload = attachments::receive(&ctx.app, &name, bytes).await?;
    let said = json!([upload.hash, about.subject, about.subject_uid, about.role, about.title]).to_string();
    let mut w = ctx.write(&crate::files::digest(said.as_bytes())).await?;
    let kept = attachments::attach(&mut w.tx, &change, well, upload, about).await?;
    w.done(StatusCode::CREATED, &kept).await
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
    let size = Size::asked(query.size.as_deref())?;
    let (hash, media, name) = attachments::find(&mut look(&ctx).await?, &scope, &hash, size).await?;
    upload::give(&ctx.app, &headers, &hash, media, &name).await
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
