//! 台账导入: a file of any city becomes wells and covers of the ledger, row by row with a verdict.
//!
//! The way of a row: the table reader gives a record ([`jinggai_tables`]); [`row`] understands it by the [`read::Plan`]
//! of the file (thread of its own); [`decide`] compares it with the ledger; [`apply`] writes the batch, its events and
//! the cursor in one transaction. Invariants: every row has exactly one verdict; a batch is kept whole or not at all;
//! the same file again changes nothing; what a column could not say stays in the kept original row.
//!
//! Deliberately absent: guessing a coordinate system that must be asked for, and deleting what a newer file lacks.
pub mod apply;
mod http;
pub mod job;
pub mod mapping;
pub mod numbers;
pub mod options;
pub mod owners;
mod pipes;
pub mod place;
pub mod preview;
pub mod profile;
pub mod read;
pub mod report;
pub mod row;
pub mod run;
mod sheet;
pub mod state;
pub mod store;
pub mod suggest;
pub mod tally;
pub mod target;
mod understand;
mod units;
pub mod update;
mod value;

pub use http::routes;
pub use options::{Options, What};
pub use report::Report;
pub use run::{Request, import};
