//! 统计考核: the annex tables and figures; every figure opens the rows behind it.
//!
//! Tables: `reports` (kept reports) and the templates among `rule_packs`. Invariants: a figure and the list that its
//! query opens come from the same conditions over `cover_facts`; a kept report holds the query, the moment, the place
//! in the event chain and a digest of its rows, so that it can be drawn again and compared.
//! What it deliberately does not do: change a record, or keep a figure that is not in a report.
pub mod annex1;
pub mod annex2;
pub mod count;
mod digest;
pub mod division;
pub mod fit;
pub(crate) mod http;
pub mod indicators;
pub mod ledger;
pub mod names;
pub mod output;
pub mod period;
pub mod question;
pub mod reports;
pub mod slices;
pub mod templates;

pub use annex1::{Annex, AnnexQuery, Dimension};
pub use http::routes;
