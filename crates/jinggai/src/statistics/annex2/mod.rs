//! 附件2 《江北区城市道路窨井盖专项整治情况统计表》: drawn for a period and cumulative, by unit, street or kind.
//!
//! What each figure counts (`domain.md` 2.6), as it stood at the end of the period:
//!
//! | figure | period | cumulative |
//! |---|---|---|
//! | `inspected` | covers with a finding received or a case filed within it | … before its end |
//! | `found`, by type | hazards found within it and not withdrawn, but for those to be renewed | … before its end |
//! | `fixed`, by measure; `open` | of those found, cleared with a treatment; not cleared | the same |
//! | `cleared` | cleared within it, whenever found | cleared before its end |
//! | `ownerless`, `fallback_set` | covers without confirmed owner at its end; of those, with a fallback unit | the same |
//! | `renewal_*` | hazards to be renewed (超年限、材质落后): found within it; in a plan; done | … before its end |
//! | `smart_upgraded` | covers with a device at its end and without one before it | covers with a device |
//! | `complaints`, `complaints_closed` | findings of 12345 and 12319 received within it; of those, concluded | … |
//!
//! So `open = found − fixed` holds in each span by itself, and periods side by side never count a row twice. What no
//! record gives is filled in by hand ([`crate::statistics::reports`]), never computed.
mod draw;
mod questions;

pub use draw::{Annex2, Row, draw};
pub use questions::{question, questions};

use serde::{Deserialize, Serialize};

/// 口径: the period alone, or everything up to its end.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Span {
    /// 本期.
    Period,
    /// 累计.
    Cumulative,
}

impl Span {
    /// Both.
    pub const ALL: [Span; 2] = [Span::Period, Span::Cumulative];

    /// The stored word.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Span::Period => "period",
            Span::Cumulative => "cumulative",
        }
    }

    /// Its Chinese name.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Span::Period => "本期",
            Span::Cumulative => "累计",
        }
    }
}
