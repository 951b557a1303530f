//! The two stores: one SQL text and one Rust body serve SQLite/GeoPackage and PostgreSQL/PostGIS.
//!
//! This crate knows SQL and nothing of the trade: statements ([`Sql`]), reading and writing ([`Db`], [`Tx`]),
//! forward-only migrations ([`migrate`]), the hash-chained event log ([`events`]) and the job queue ([`jobs`]).
//! What it deliberately does not have: a trait per store, a mock, a query language of its own.
mod args;
mod db;
pub mod dump;
mod error;
pub mod events;
pub mod gpkg;
mod gpkg_contents;
pub mod jobs;
mod lite;
mod marks;
pub mod migrate;
mod pg;
mod row;
mod sql;
mod tx;

pub use args::{time_text, to_millis};
pub use db::{Db, Place};
pub use error::DbError;
pub use row::{Col, Cols, FromRow};
pub use sql::{Dialect, SRID, Sql, Value};
pub use tx::Tx;

/// The result of everything that touches the store.
pub type Result<T> = std::result::Result<T, DbError>;
