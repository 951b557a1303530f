//! 审计: reading the event log: the list for auditors, and the live push for everybody, each within its scope.
mod list;
mod live;

use crate::app::App;
use utoipa_axum::router::OpenApiRouter;

/// The routes of this part.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().merge(list::routes()).merge(live::routes())
}
