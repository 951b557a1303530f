//! Documents on paper: PDF by typst with Chinese fonts embedded.
//!
//! An office files, stamps and hands in paper, so every document of the platform must leave it as a
//! PDF that prints the same on every machine, without an office suite, a browser or a network. The
//! templates are typst files of this crate; the data reaches them as a JSON file and is never pasted
//! into the source, so no text of a record can change a template.
//!
//! What this crate deliberately does not do: it reads no database, knows no rules and no clock (the
//! time of printing is part of the data), chooses no words for the domain's states and makes no
//! thumbnails. Everything here is `Send`, uses one processor and never waits: call it from a blocking
//! thread and limit how many run at once.

mod error;
mod fonts;
mod label;
mod qr;
mod render;
mod table;
mod well_file;

pub use error::PaperError;
pub use fonts::Fonts;
pub use label::{ErrorCorrection, Label, LabelLayout, label_sheet};
pub use render::Paper;
pub use table::{Align, Check, SignOff, TableColumn, TableReport, table_report};
pub use well_file::{
    Area, CodeRow, CoverBlock, DeviceRow, DocumentRow, EventRow, FallGuardBlock, Identity, LabelRow, Photo,
    Pipe, Place, Provenance, Remark, ResponsibilityRow, Role, Sketch, SketchLine, SketchLineKind,
    SketchPoint, WellBlock, WellFileData, well_file,
};
