//! 组织权限: units, areas, users and what each may do.
//!
//! Tables: `units`, `unit_kinds`, `unit_closure`, `areas`, `area_successions`, `area_closure`, `users`, `grants`,
//! `sessions`, `api_tokens`. Authorisation is in one place, [`policy`]: closed by default, compiled to SQL so that
//! lists, single reads, counts, exports, files and live push all apply the same condition.
pub mod areas;
pub mod division;
mod http;
pub mod login;
pub mod passwords;
pub mod policy;
pub mod sessions;
pub mod shipped;
mod throttle;
pub mod tokens;
pub mod units;
pub mod users;

pub use http::routes;
pub use policy::{Actor, Grant, Permission, Role, Scope};
pub use throttle::Throttle;
