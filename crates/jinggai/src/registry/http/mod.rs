//! The registry's routes. A handler parses, asks the actor for the right, calls the command, answers.
mod attachments;
mod covers;
mod files;
mod parts;
mod wells;

pub use covers::{FilterParams, split};

use crate::app::App;
use crate::error::Result;
use crate::http::{Ctx, params};
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
    params::uid(text, "条记录", "record")
}

/// One unchanging state to read from.
async fn look(ctx: &Ctx) -> Result<Tx> {
    Ok(ctx.app.db().snapshot().await?)
}
