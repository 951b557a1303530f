//! The routes of users, units, areas and sessions.
mod areas;
mod directory;
mod session;
mod tokens;
mod units;
mod users;

use crate::app::App;
use utoipa_axum::router::OpenApiRouter;

/// The routes of this part.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(session::routes())
        .merge(users::routes())
        .merge(tokens::routes())
        .merge(units::routes())
        .merge(areas::routes())
}
