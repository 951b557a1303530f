//! The rules of the trade (窨井盖安全管理) as data and pure functions.
//!
//! What a district may change without a programmer — code schemes, class lists, load classes, division of labour,
//! design lives, the columns of 附件1 — is a [`pack::RulePack`]: versioned, dated, with its source. The shipped
//! defaults are files under `packs/`; the main crate keeps the ones in force in its database.
//!
//! Deliberately absent: I/O, async, SQL and the clock. Time comes in as an argument, so every answer can be
//! computed again from the same input.

#[macro_use]
pub mod kinds;

pub mod annex1;
pub mod annex2;
pub mod calendar;
pub mod case_rules;
pub mod cite;
pub mod clock;
pub mod codes;
pub mod division;
pub mod error;
pub mod guard;
pub mod hazards;
pub mod indicators;
pub mod life;
pub mod limits;
pub mod load;
pub mod pack;
pub mod passwords;
pub mod plan_flow;
pub mod renewal;
pub mod score;
pub mod search;
pub mod size;
pub mod sorting;
pub mod text;
pub mod totp;
pub mod workflow;

pub use error::{Explain, RuleError};
pub use pack::{PackHead, RulePack};
