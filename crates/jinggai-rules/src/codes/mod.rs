//! Numbers of covers (一盖一编号): schemes as data, made, read and checked.
//!
//! A cover has any number of codes, one per scheme, and none of them is its primary key (`domain.md` 2.8). Which
//! numbers are taken, the last sequence number of a scope and the list of areas live in the database; they come in
//! as arguments.

mod check_digit;
mod class_list;
mod detect;
mod error;
mod number;
mod scheme;

pub use check_digit::CheckDigit;
pub use class_list::{ClassEntry, ClassList};
pub use detect::{Candidate, Detection, SpreadsheetDamage, detect, spreadsheet_damage};
pub use error::CodeError;
pub use number::{CodeContext, CodeParts, IssuedCode, clean};
pub use scheme::{Charset, CodeScheme, Segment, SegmentRole};
