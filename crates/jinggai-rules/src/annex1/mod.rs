//! 附件 as data: columns, checks, footer, page of 附件1 《江北区城市道路窨井盖普查统计表》 and 附件2 ([`crate::annex2`]).
//!
//! The real columns are not known (`domain.md` 2.5 and 2.6 are reconstructions), so a template is a pack that an office edits:
//! rename, hide, reorder, add. What a figure counts is fixed in [`Figure`]; counting and the query behind each figure
//! are the main crate's, drawing the table is `jinggai-tables`' and `jinggai-paper`'s.

mod checks;
mod edit;
mod figures;
mod layout;
mod template;

pub use checks::{CheckOp, ConsistencyCheck, Finding};
pub use edit::TemplateEdit;
pub use figures::{Figure, FigureRow, Filled, LEDGER_FIELDS, STATISTICS_FIELDS, figure_keys, figure_name};
pub use layout::{Cell, HeaderCell, NO_RATE, decimal_text, rate};
pub use template::{AnnexTemplate, Column, ColumnType, ColumnValue, FooterField, Form, PageSetup, Paper};
