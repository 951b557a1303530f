//! Reading: [`open`] looks at the content of a file, chooses the reader, names the columns and notes what is odd;
//! [`Source::records`] then streams the rows with bounded memory, as often as wanted and from any row.

mod columns;
mod csv;
mod dbf;
mod detect;
mod encoding;
mod geojson;
mod gpkg;
mod header;
mod json_split;
mod shapefile;
mod tabular;
mod unpack;
mod xls;
mod xlsx;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use crate::cell::Cell;
use crate::error::{RowError, TableError, file_name};
use crate::geometry::{Geometry, GeometryKind};
use crate::note::{Note, NoteCode};

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Separated text with any separator.
    Csv,
    /// Office Open XML workbook.
    Xlsx,
    /// Excel 97–2003 workbook.
    Xls,
    /// GeoJSON, GeoJSON lines, Esri JSON or a JSON array of records.
    GeoJson,
    /// ESRI Shapefile, as files side by side or zipped.
    Shapefile,
    /// OGC GeoPackage.
    GeoPackage,
}

impl Format {
    /// The name that people know.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::Xlsx => "XLSX",
            Self::Xls => "XLS",
            Self::GeoJson => "GeoJSON",
            Self::Shapefile => "Shapefile",
            Self::GeoPackage => "GeoPackage",
        }
    }

    /// Whether its records can carry a geometry.
    #[must_use]
    pub const fn is_spatial(self) -> bool {
        matches!(self, Self::GeoJson | Self::Shapefile | Self::GeoPackage)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Where the column names come from in CSV, XLSX and XLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HeaderChoice {
    /// Look for the row (or rows) that reads like a header.
    #[default]
    Detect,
    /// There is none: columns are named 列A, 列B … and row 1 is data.
    None,
    /// This row, counted from 1 as in the file; a second header row below it is still recognised.
    Row(u64),
}

/// What to do with a CSV row that has fewer cells than the header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ragged {
    /// Fill with nulls and say so in [`Record::missing_cells`].
    #[default]
    Pad,
    /// Make it a [`RowError`].
    Reject,
}

/// How to open a file; the default suits almost every file.
#[derive(Debug, Clone)]
pub struct OpenOptions {
    /// Layer or sheet by name; without it the first that is not empty.
    pub layer: Option<String>,
    /// Encoding label (`GB18030`, `UTF-8` …) that overrides detection, for CSV, JSON and DBF.
    pub encoding: Option<String>,
    /// CSV separator that overrides detection.
    pub delimiter: Option<u8>,
    /// Where the header is, for CSV, XLSX and XLS.
    pub header: HeaderChoice,
    /// CSV rows that are too short.
    pub ragged: Ragged,
    /// Rows looked at for the notes and for the samples of [`Column`].
    pub sample_rows: usize,
    /// JSON bytes scanned for property names before reading; names found later arrive in [`Record::extra`].
    pub scan_bytes: u64,
    /// Largest single record (a CSV row, a JSON feature) in bytes, so that one unclosed quote cannot fill the memory.
    pub record_bytes_max: usize,
    /// Largest size of what a zip archive may unpack to, in bytes.
    pub unpacked_bytes_max: u64,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self {
            layer: None,
            encoding: None,
            delimiter: None,
            header: HeaderChoice::Detect,
            ragged: Ragged::Pad,
            sample_rows: 500,
            scan_bytes: 64 << 20,
            record_bytes_max: 64 << 20,
            unpacked_bytes_max: 16 << 30,
        }
    }
}

/// A layer or sheet of the file.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerInfo {
    /// Its name; for formats with one layer the file's name without extension.
    pub name: String,
    /// Number of rows, where known without reading everything; for sheets the used height including headers.
    pub rows: Option<u64>,
    /// Kind of geometry, none for tables without.
    pub geometry: Option<GeometryKind>,
}

/// A column.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Unique name; merged headers are joined with `/`.
    pub name: String,
    /// Position from 0 in [`Record::cells`].
    pub index: usize,
    /// How many of the sampled rows have a value here.
    pub filled: u64,
    /// Up to twelve different values of the sampled rows, in order of appearance, for guessing what the column means.
    pub samples: Vec<Cell>,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Record {
    /// The row as a person counts it: the spreadsheet's row number (header included), or the feature's number, from 1.
    pub row: u64,
    /// One cell for each column.
    pub cells: Vec<Cell>,
    /// Geometry in the file's own coordinates.
    pub geometry: Option<Geometry>,
    /// Properties whose name was not known when the file was opened (see [`OpenOptions::scan_bytes`]).
    pub extra: Vec<(String, Cell)>,
    /// How many cells the row lacked at its end (CSV).
    pub missing_cells: usize,
}

/// The rows of a source, in the file's order. Owns all it needs and can move to another thread.
pub struct Records(RowIter);

impl Iterator for Records {
    type Item = Result<Record, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next()
    }
}

pub(crate) type RowIter = Box<dyn Iterator<Item = Result<Record, RowError>> + Send>;

/// What each format gives: rows from a given row number on.
pub(crate) trait Backend: Send + Sync {
    /// Rows whose number is `row` or higher.
    fn rows_from(&self, row: u64) -> Result<RowIter, TableError>;
}

/// What each format's `open` returns; [`open`] adds samples and notes.
pub(crate) struct Opened {
    pub format: Format,
    pub layers: Vec<LayerInfo>,
    pub layer: usize,
    pub crs: Option<String>,
    pub columns: Vec<String>,
    pub encoding: Option<String>,
    pub rows: Option<u64>,
    pub notes: Vec<Note>,
    pub backend: Arc<dyn Backend>,
}

/// An opened file with one layer chosen.
pub struct Source {
    /// What it is.
    pub format: Format,
    /// All layers or sheets.
    pub layers: Vec<LayerInfo>,
    /// Which of them is read.
    pub layer: usize,
    /// Reference system as the file declares it: `EPSG:4490` where it could be understood, else the file's own words.
    pub crs: Option<String>,
    /// The columns, in order.
    pub columns: Vec<Column>,
    /// Encoding of the text, for formats where it varies.
    pub encoding: Option<String>,
    /// Number of records, where known without reading everything.
    pub rows: Option<u64>,
    /// What was noticed.
    pub notes: Vec<Note>,
    backend: Arc<dyn Backend>,
}

impl Source {
    /// All records, from the first.
    ///
    /// # Errors
    /// The file cannot be opened any more.
    pub fn records(&self) -> Result<Records, TableError> {
        self.records_from(0)
    }

    /// The records whose [`Record::row`] is `row` or higher, to go on after an interruption. Rows before it are
    /// skipped without being interpreted.
    ///
    /// # Errors
    /// The file cannot be opened any more.
    pub fn records_from(&self, row: u64) -> Result<Records, TableError> {
        self.backend.rows_from(row).map(Records)
    }

    /// The column of that name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Whether something of this kind was noticed.
    #[must_use]
    pub fn has_note(&self, code: NoteCode) -> bool {
        self.notes.iter().any(|note| note.code == code)
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source")
            .field("format", &self.format)
            .field("layers", &self.layers)
            .field("layer", &self.layer)
            .field("crs", &self.crs)
            .field("columns", &self.columns)
            .field("encoding", &self.encoding)
            .field("rows", &self.rows)
            .field("notes", &self.notes)
            .finish_non_exhaustive()
    }
}

/// Opens a table. The format is found from the content, not from the name.
///
/// # Errors
/// The file cannot be read, is of a kind that is not supported (the message says how to convert it), is damaged at its
/// head, or has no layer of the name asked for.
pub fn open(path: &Path, options: &OpenOptions) -> Result<Source, TableError> {
    let opened = open_raw(path, options, 0)?;
    let mut source = Source {
        format: opened.format,
        layers: opened.layers,
        layer: opened.layer,
        crs: opened.crs,
        columns: Vec::new(),
        encoding: opened.encoding,
        rows: opened.rows,
        notes: opened.notes,
        backend: opened.backend,
    };
    columns::inspect(&mut source, opened.columns, options.sample_rows)?;
    Ok(source)
}

/// Chooses the reader; `depth` stops archives inside archives.
fn open_raw(path: &Path, options: &OpenOptions, depth: u8) -> Result<Opened, TableError> {
    match detect::detect(path)? {
        detect::Kind::Text => csv::open(path, options),
        detect::Kind::Json => geojson::open(path, options),
        detect::Kind::Xlsx => xlsx::open(path, options),
        detect::Kind::Xls => xls::open(path, options),
        detect::Kind::Sqlite => gpkg::open(path, options),
        detect::Kind::Shp => shapefile::open(path, options, None),
        detect::Kind::Zip if depth == 0 => unpack::open(path, options),
        detect::Kind::Zip => Err(detect::unsupported(
            path,
            ("压缩包里的压缩包", "请先解压"),
            ("an archive inside an archive", "unpack it first"),
        )),
    }
}

/// Picks the layer by name, or the first that is not known to be empty.
pub(crate) fn choose_layer(
    path: &Path,
    layers: &[LayerInfo],
    options: &OpenOptions,
    notes: &mut Vec<Note>,
) -> Result<usize, TableError> {
    if let Some(wanted) = &options.layer {
        return layers.iter().position(|layer| layer.name == *wanted).ok_or_else(|| TableError::NoLayer {
            file: file_name(path),
            wanted: wanted.clone(),
            available: layers.iter().map(|layer| layer.name.clone()).collect(),
        });
    }
    let chosen = layers.iter().position(|layer| layer.rows != Some(0)).unwrap_or(0);
    if layers.len() > 1
        && let Some(layer) = layers.get(chosen)
    {
        let names: Vec<_> = layers.iter().map(|layer| layer.name.as_str()).collect();
        notes.push(Note::new(
            NoteCode::LayerChosen,
            format!(
                "文件有 {} 个图层（工作表）：{}；读取的是“{}”",
                layers.len(),
                names.join("、"),
                layer.name
            ),
            format!("{} layers or sheets ({}); reading \"{}\"", layers.len(), names.join(", "), layer.name),
        ));
    }
    Ok(chosen)
}

/// A file's name without folder and extension, as the name of its only layer.
pub(crate) fn stem(path: &Path) -> String {
    path.file_stem().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}
