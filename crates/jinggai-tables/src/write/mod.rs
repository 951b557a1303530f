//! Writing: one call shape for every format. Rows go out as they come; nothing is kept in memory but buffers. A file
//! appears under its name only when [`Writer::finish`] succeeds, so a failed export leaves no half file.
//!
//! Tabular formats (CSV, XLSX) do not carry geometry: give coordinates as columns.

mod csv;
mod dbf;
mod geojson;
mod gpkg;
mod output;
mod shapefile;
mod short_names;
mod shp;
mod xlsx;

pub use output::Target;
pub use short_names::short_names;

use jiff::tz::Offset;

use crate::cell::Cell;
use crate::error::TableError;
use crate::geometry::{Geometry, GeometryKind};
use crate::note::{Note, NoteCode};
use crate::read::Format;

/// The type of a column to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ColumnType {
    /// Text; long digit strings stay text everywhere.
    Text,
    /// Whole numbers.
    Int,
    /// Numbers with a fraction.
    Real,
    /// Truth values.
    Bool,
    /// Dates.
    Date,
    /// Points in time.
    DateTime,
}

/// A column to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutColumn {
    /// Short ASCII name for programs: GeoJSON, GeoPackage, Shapefile.
    pub key: String,
    /// Name for people: CSV, XLSX.
    pub title: String,
    /// Type.
    pub kind: ColumnType,
}

impl OutColumn {
    /// A column.
    #[must_use]
    pub fn new(key: impl Into<String>, title: impl Into<String>, kind: ColumnType) -> Self {
        Self { key: key.into(), title: title.into(), kind }
    }
}

/// Which name of a column heads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// [`OutColumn::key`]
    Key,
    /// [`OutColumn::title`]
    Title,
}

/// How to write.
#[derive(Debug, Clone)]
pub struct WriteOptions {
    /// EPSG code of the geometries. GeoJSON takes 4326 and 4490 only (equal to centimetres; RFC 7946 knows no other).
    pub crs: u32,
    /// Kind of the geometries, for formats that declare it; none writes a table without geometry.
    pub geometry: Option<GeometryKind>,
    /// Name of the table, layer or sheet.
    pub table: String,
    /// Names of the columns; by default titles in CSV and XLSX, keys elsewhere.
    pub names: Option<Names>,
    /// Whether CSV starts with a byte order mark, without which Excel takes UTF-8 for GBK.
    pub bom: bool,
    /// Offset in which points in time are written for people (CSV, XLSX); +8 by default.
    pub offset: Offset,
}

impl Default for WriteOptions {
    fn default() -> Self {
        Self {
            crs: 4490,
            geometry: None,
            table: "table".to_owned(),
            names: None,
            bom: true,
            offset: jiff::tz::offset(8),
        }
    }
}

/// What was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    /// Number of rows.
    pub rows: u64,
    /// What could not be written as it was.
    pub notes: Vec<Note>,
}

/// One format's way to take rows.
trait Sink: Send {
    fn write(&mut self, cells: &[Cell], geometry: Option<&Geometry>) -> Result<(), TableError>;
    fn finish(self: Box<Self>) -> Result<Vec<Note>, TableError>;
}

/// A table being written.
pub struct Writer {
    sink: Box<dyn Sink>,
    format: Format,
    columns: usize,
    rows: u64,
    geometries_dropped: u64,
    spatial: bool,
}

impl Writer {
    /// Begins a table.
    ///
    /// # Errors
    /// The place cannot be written, the format cannot hold such a table, or (XLS) is not written at all.
    pub fn create(
        target: Target,
        format: Format,
        columns: &[OutColumn],
        options: &WriteOptions,
    ) -> Result<Self, TableError> {
        let sink: Box<dyn Sink> = match format {
            Format::Csv => Box::new(csv::CsvSink::create(target, columns, options)?),
            Format::Xlsx => Box::new(xlsx::XlsxSink::create(target, columns, options)?),
            Format::GeoJson => Box::new(geojson::GeoJsonSink::create(target, columns, options)?),
            Format::GeoPackage => Box::new(gpkg::GpkgSink::create(target, columns, options)?),
            Format::Shapefile => Box::new(shapefile::ShapefileSink::create(target, columns, options)?),
            Format::Xls => {
                return Err(unwritable(
                    format,
                    "旧的 XLS 格式不再写出，请用 XLSX",
                    "the old XLS format is not written: use XLSX",
                ));
            }
        };
        let spatial = format == Format::GeoJson || (format.is_spatial() && options.geometry.is_some());
        Ok(Self { sink, format, columns: columns.len(), rows: 0, geometries_dropped: 0, spatial })
    }

    /// Writes one row; missing cells at the end are null.
    ///
    /// # Errors
    /// More cells than columns, a geometry of another kind than declared, or the place cannot be written any more.
    pub fn write(&mut self, cells: &[Cell], geometry: Option<&Geometry>) -> Result<(), TableError> {
        if cells.len() > self.columns {
            let (has, wants) = (cells.len(), self.columns);
            return Err(unwritable(
                self.format,
                &format!("第 {} 行有 {has} 个值，只有 {wants} 列", self.rows + 1),
                &format!("row {} has {has} values for {wants} columns", self.rows + 1),
            ));
        }
        self.rows += 1;
        if !self.spatial && geometry.is_some() {
            self.geometries_dropped += 1;
        }
        self.sink.write(cells, geometry)
    }

    /// Completes the file and puts it in its place.
    ///
    /// # Errors
    /// The place cannot be written any more.
    pub fn finish(self) -> Result<Written, TableError> {
        let mut notes = self.sink.finish()?;
        if self.geometries_dropped > 0 {
            notes.push(Note::new(
                NoteCode::GeometryNotWritten,
                format!("{} 没有写出几何，{} 行的位置只在坐标列中", self.format, self.geometries_dropped),
                format!(
                    "{} holds no geometry here: {} positions are in the columns only",
                    self.format, self.geometries_dropped
                ),
            ));
        }
        Ok(Written { rows: self.rows, notes })
    }
}

fn unwritable(format: Format, zh: &str, en: &str) -> TableError {
    TableError::Unwritable { format, detail_zh: zh.to_owned(), detail_en: en.to_owned() }
}

/// The names that head the columns.
fn headings(columns: &[OutColumn], options: &WriteOptions, usual: Names) -> Vec<String> {
    let pick = |column: &OutColumn| match options.names.unwrap_or(usual) {
        Names::Key => column.key.clone(),
        Names::Title => column.title.clone(),
    };
    columns.iter().map(pick).collect()
}

/// A point in time as people of the place write it, with the offset.
fn local_time(at: jiff::Timestamp, offset: Offset) -> String {
    at.display_with_offset(offset).to_string()
}
