//! `/api/v1/findings`, `/cases`, `/hazards`, `/notices`. A handler parses, asks for the right, calls its command.
mod cases;
mod findings;
mod lists;
mod public_list;

use super::desk::By;
use super::proofs;
use super::rules::Rules;
use crate::app::App;
use crate::error::Result;
use crate::http::{Ctx, params, upload};
use crate::registry::attachments;
use axum::extract::Multipart;
use axum::extract::multipart::MultipartRejection;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

/// The routes of findings, cases and hazards.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(findings::routes())
        .merge(cases::routes())
        .merge(lists::routes())
        .merge(public_list::routes())
}

/// A public id in a path; anything else is simply not there.
pub(crate) fn uid(text: &str) -> Result<Uuid> {
    params::uid(text, "条记录", "record")
}

/// Who asks, now, by the rules of today.
pub(crate) fn by<'a>(ctx: &'a Ctx, rules: &'a Rules) -> By<'a> {
    // Kept to the millisecond by both stores: what is compared later must be what was written.
    let now = Timestamp::from_millisecond(Timestamp::now().as_millisecond()).unwrap_or_default();
    By { actor: &ctx.actor, now, rules }
}

/// A file that was sent with its words; its bytes are kept already.
pub(crate) struct Sent {
    /// The file.
    pub up: attachments::Upload,
    /// `scene`, `after`, `check`, `document`.
    pub purpose: String,
    /// Title.
    pub title: Option<String>,
    /// Plan: public id of the hazard that it proves.
    pub item: Option<Uuid>,
    /// What an Idempotency-Key stands for.
    pub digest: String,
}

/// Receives a photo or document for a finding, case or plan; `names` are the words that may come with it.
pub(crate) async fn receive(
    ctx: &Ctx,
    subject: &'static str,
    id: Uuid,
    names: &[&str],
    form: std::result::Result<Multipart, MultipartRejection>,
) -> Result<Sent> {
    let mut form = upload::read(form, names).await?;
    let purpose = form.word("purpose").unwrap_or_else(|| "scene".into());
    let title = form.word("title");
    let item = form.word("item");
    let (name, bytes) = form.file;
    let up = attachments::receive(&ctx.app, &name, bytes).await?;
    let said = json!([up.hash, subject, id, purpose, title, item]).to_string();
    let item = item.map(|i| uid(&i)).transpose()?;
    Ok(Sent { up, purpose, title, item, digest: crate::files::digest(said.as_bytes()) })
}

/// Takes a photo or document for a finding or case.
async fn take(
    ctx: &Ctx,
    subject: &'static str,
    id: &str,
    form: std::result::Result<Multipart, MultipartRejection>,
) -> Result<Response> {
    let id = uid(id)?;
    let sent = receive(ctx, subject, id, &["purpose", "title"], form).await?;
    let mut w = ctx.write(&sent.digest).await?;
    let rules = Rules::today(&ctx.app, &mut w.tx).await?;
    let about =
        proofs::About { subject, uid: id, item: None, purpose: &sent.purpose, title: sent.title.as_deref() };
    let kept = proofs::add(&mut w.tx, &by(ctx, &rules), about, &sent.up).await?;
    w.done(StatusCode::CREATED, &kept).await
}
