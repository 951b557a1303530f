//! The registry's routes. A handler parses, asks the actor for the right, calls the command, answers.
mod attachments;
mod covers;
mod files;
mod parts;
mod wells;

pub use covers::{FilterParams, split};

use crate::app::App;
use crate::error::{AppError, Result};
use crate::http::Ctx;
use jinggai_db::Tx;
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

/// The routes of the registry.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(covers::routes())
        .merge(wells::routes())
        .merge(parts::routes())
        .merge(attachments::routes())
        .merge(crate::registry::import::routes())
        .merge(files::routes())
}

/// A public id in a path; anything else is simply not there.
fn uid(text: &str) -> Result<Uuid> {
    text.parse()
        .map_err(|e| AppError::not_found("条记录", "record").caused_by(anyhow::Error::new::<uuid::Error>(e)))
}

/// One unchanging state to read from.
async fn look(ctx: &Ctx) -> Result<Tx> {
    Ok(ctx.app.db().snapshot().await?)
}
