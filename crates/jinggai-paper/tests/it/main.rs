//! Documents as a district has them, read back by another program (poppler).
#![allow(clippy::unwrap_used, reason = "helpers of tests, which the lint does not see as tests")]

mod fonts;
mod label_sheet;
mod reader;
mod samples;
mod table_report;
mod well_file;
