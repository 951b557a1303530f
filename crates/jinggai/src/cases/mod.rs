//! 上报、隐患、案卷: from any signal to a proved closure (江北区方案 二(二)2、二(二)5; `domain.md` R6–R11, R21, R25).
//!
//! Tables: `findings`, `cases`, `hazards`, `case_units`, `case_clocks`, `case_pauses`, `case_requests`, `case_files`,
//! `notices`. The flow is the table of `jinggai_rules::workflow`; a move finds its guards, changes the rows, runs the
//! clocks, and appends its event: the events of a case are its flow record. Deliberately absent here: statistics.
pub mod candidates;
pub mod clocks;
pub mod desk;
pub mod dispatch;
pub mod effects;
pub mod facts;
pub mod file;
pub mod filing;
pub mod findings;
pub mod findings_list;
pub mod guards;
pub mod hazards;
pub mod hazards_list;
pub mod http;
pub mod list;
mod mail;
pub mod model;
pub mod moves;
pub mod narrow;
pub mod notices;
pub mod outbox;
pub mod proofs;
pub mod public_list;
pub mod requests;
pub mod rules;
pub mod store;
pub mod urge;

pub use http::routes;
