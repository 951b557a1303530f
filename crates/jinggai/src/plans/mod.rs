//! 隐患治理: problem lists, 限期整改计划 and 更新改造计划 (江北区方案 二(二)2; `domain.md` R6–R11).
//!
//! Tables: `plans`, `plan_extensions`, `renewal_items`, and the plan columns of `hazards`. What the rules find in the
//! ledger is computed when it is read; it becomes a row only when it is taken into a list or plan. A plan is drawn up
//! by its unit and approved by somebody else; a hazard in it is treated by the unit and closed by somebody else. An
//! approved plan is done when all of it is: nothing says so twice. Deliberately absent here: cases, and statistics.
pub mod candidates;
pub mod closing;
pub mod commands;
pub mod derived;
pub mod extensions;
mod http;
pub mod items;
pub mod list;
pub mod model;
pub mod problems;
pub mod proofs;
pub mod renewal;
pub mod score;
pub mod store;
mod telling;
pub mod what_if;

pub use http::routes;
