//! 明细台账: one row per cover, the covers behind 附件1 by the same filter (`domain.md` 2.5 (b)), as a stream.
//!
//! Kind, state, units, place, material and class are those of the day asked for; what the facts do not keep by day
//! (size, maker, dates, depth, coordinates) is what the ledger says now. Until the census writes its own records, the
//! surveyor (普查人) and the census date are who took the newest photo of the well, and when.
mod file;
mod page;

pub use file::{Wrote, write};

use crate::registry::CoverFilter;
use crate::statistics::annex1::AnnexQuery;
use jinggai_rules::kinds::Lifecycle;

/// The covers of the ledger: those that the table of the same query counts.
#[must_use]
pub fn filter(query: &AnnexQuery, counted: &[Lifecycle]) -> CoverFilter {
    query.base(counted)
}
