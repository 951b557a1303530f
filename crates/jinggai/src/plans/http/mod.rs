//! `/api/v1/plans`, `/derived-hazards`, `/renewal-…`, and the steps of a hazard in a plan. A handler parses, asks for the
//! right, calls its command.
mod hazards;
mod plans;
mod renewal;

use crate::app::App;
use utoipa_axum::router::OpenApiRouter;

/// The routes of problem lists and plans.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().merge(hazards::routes()).merge(plans::routes()).merge(renewal::routes())
}
