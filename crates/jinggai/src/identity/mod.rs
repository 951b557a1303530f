//! 组织权限: units, areas, users and what each may do.
//!
//! Tables: `units`, `unit_kinds`, `unit_closure`, `areas`, `area_successions`, `area_closure`, `users`, `grants`,
//! `sessions`, `api_tokens`. Authorisation is in one place, [`policy`]: closed by default, compiled to SQL so that
//! lists, single reads, counts, exports, files and live push all apply the same condition.
pub mod policy;

pub use policy::{Actor, Grant, Permission, Role, Scope};

pub mod sessions;

use crate::app::App;
use utoipa_axum::router::OpenApiRouter;

/// The routes of this part.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
}
