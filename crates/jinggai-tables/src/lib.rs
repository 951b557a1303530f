//! Tables in and out: CSV, XLSX, XLS, GeoJSON, Shapefile and GeoPackage as bounded streams of records.
//!
//! This crate exists so that import and export see one shape of data whatever the file was: named columns, numbered
//! rows, cells of a few plain kinds and a geometry in the file's own coordinates. It notices what is wrong with a
//! file (lost header, damaged long numbers, guessed encoding …) and says so in Chinese and English.
//!
//! It deliberately knows no domain (no covers, codes or sizes), no database and no coordinate transforms.

pub mod cell;
pub mod crs;
pub mod error;
pub mod geometry;
pub mod note;
pub mod read;
pub mod values;
pub mod write;

pub use cell::Cell;
pub use error::{RowError, TableError};
pub use geometry::{Coord, Geometry, GeometryKind};
pub use note::{Note, NoteCode};
pub use read::{Column, Format, HeaderChoice, LayerInfo, OpenOptions, Ragged, Record, Records, Source, open};
pub use write::{ColumnType, Names, OutColumn, Target, WriteOptions, Writer, Written};
