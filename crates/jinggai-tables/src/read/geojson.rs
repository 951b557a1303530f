//! GeoJSON as a stream: FeatureCollection, feature sequences (lines, RFC 8142), arrays, plain JSON records and Esri
//! JSON. A first pass collects the property names (all of them in files up to `scan_bytes`), as GDAL does.
//! Foreign members and `bbox` are not kept.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use super::columns::unique_names;
use super::encoding::TextFile;
use super::json_split::{Layout, Splitter};
use super::{Backend, Format, LayerInfo, OpenOptions, Opened, Record, RowIter, stem};
use crate::error::{RowError, TableError};
use crate::note::{Note, NoteCode};
use feature::{FeatureParser, Keys};

mod feature;
mod shape;

type Input = Box<dyn std::io::Read + Send>;

/// Names of the columns and how to find them quickly.
pub(super) struct ColumnIndex {
    names: Vec<String>,
    by_name: HashMap<String, usize>,
    /// Whether the feature's own `id` is a column of its own, and which.
    id_column: Option<usize>,
    /// The records are plain objects without `properties`.
    plain: bool,
}

struct GeoJson {
    text: TextFile,
    layout: Layout,
    record_bytes_max: usize,
    index: Arc<ColumnIndex>,
}

impl Backend for GeoJson {
    fn rows_from(&self, row: u64) -> Result<RowIter, TableError> {
        let input = self.text.reader().map_err(|e| TableError::io(&self.text.path, e))?;
        Ok(Box::new(Features {
            splitter: Splitter::new(input, self.layout, self.record_bytes_max),
            parser: FeatureParser::new(Arc::clone(&self.index)),
            row: 0,
            from: row,
            ended: false,
        }))
    }
}

struct Features {
    splitter: Splitter<Input>,
    parser: FeatureParser,
    row: u64,
    from: u64,
    ended: bool,
}

impl Iterator for Features {
    type Item = Result<Record, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.ended {
            match self.splitter.next_record() {
                Ok(Some(bytes)) => {
                    self.row += 1;
                    if self.row >= self.from {
                        return Some(self.parser.parse(self.row, bytes));
                    }
                }
                Ok(None) => self.ended = true,
                Err(error) => {
                    self.ended = true;
                    return Some(Err(RowError::fatal(self.row + 1, error.to_string(), error.to_string())));
                }
            }
        }
        None
    }
}

/// Opens the file: layout, property names, reference system.
pub(super) fn open(path: &Path, options: &OpenOptions) -> Result<Opened, TableError> {
    let text = TextFile::open(path, options.encoding.as_deref())?;
    let (layout, scan) = scan(&text, options)?;
    let mut notes = text.notes.clone();
    if !scan.complete {
        notes.push(Note::new(
            NoteCode::ColumnsSampled,
            format!("文件很大，属性名取自前 {} 条；之后出现的属性仍会读出", scan.rows),
            format!(
                "a large file: property names come from the first {} records; later ones are still read",
                scan.rows
            ),
        ));
    }
    let crs = scan.crs(&mut notes);
    let rows = scan.complete.then_some(scan.rows);
    let name = scan.member("name").unwrap_or_else(|| stem(path));
    let keys = scan.keys;
    let mut names = keys.names;
    let id_column = keys.id_is_new.then(|| {
        names.push("id".to_owned());
        names.len() - 1
    });
    let names = unique_names(names, &mut notes);
    let by_name = names.iter().enumerate().map(|(i, name)| (name.clone(), i)).collect();
    let index = Arc::new(ColumnIndex { names: names.clone(), by_name, id_column, plain: keys.plain });
    Ok(Opened {
        format: Format::GeoJson,
        layers: vec![LayerInfo { name, rows, geometry: keys.geometry }],
        layer: 0,
        crs,
        columns: names,
        encoding: Some(text.encoding.name().to_owned()),
        rows,
        notes,
        backend: Arc::new(GeoJson { text, layout, record_bytes_max: options.record_bytes_max, index }),
    })
}

struct Scanned {
    keys: Keys,
    rows: u64,
    complete: bool,
    members: Vec<(String, String)>,
}

impl Scanned {
    /// A text member of the root object.
    fn member(&self, name: &str) -> Option<String> {
        let (_, json) = self.members.iter().find(|(key, _)| key == name)?;
        serde_json::from_str::<String>(json).ok().filter(|text| !text.is_empty())
    }

    fn crs(&self, notes: &mut Vec<Note>) -> Option<String> {
        let value = |name: &str| {
            let (_, json) = self.members.iter().find(|(key, _)| key == name)?;
            serde_json::from_str::<serde_json::Value>(json).ok()
        };
        let declared = if let Some(crs) = value("crs") {
            let properties = crs.get("properties")?;
            match (properties.get("name"), properties.get("code")) {
                (Some(name), _) => name.as_str()?.to_owned(),
                (None, Some(code)) => format!("EPSG:{}", code.as_i64()?),
                _ => return None,
            }
        } else {
            let esri = value("spatialReference")?;
            let code =
                esri.get("latestWkid").or_else(|| esri.get("wkid")).and_then(serde_json::Value::as_i64)?;
            format!("EPSG:{code}")
        };
        let known = crate::crs::from_name(&declared);
        if known.is_none() {
            notes.push(Note::new(
                NoteCode::CrsUnknown,
                format!("看不懂文件声明的坐标系“{declared}”，请导入时指定"),
                format!("the declared reference system \"{declared}\" is not understood: name it on import"),
            ));
        }
        Some(known.unwrap_or(declared))
    }
}

/// Tries the layouts in turn and collects the names.
fn scan(text: &TextFile, options: &OpenOptions) -> Result<(Layout, Scanned), TableError> {
    let first = first_byte(text)?;
    let layouts: &[Layout] =
        if first == b'[' { &[Layout::Array] } else { &[Layout::Collection, Layout::Sequence] };
    let mut last = None;
    for layout in layouts {
        let scanned = scan_as(text, options, *layout)?;
        let found =
            scanned.rows > 0 || scanned.members.iter().any(|(key, _)| key == "features" || key == "type");
        let feature = scanned.member("type").is_some_and(|kind| kind != "FeatureCollection");
        if scanned.member("type").as_deref() == Some("Topology") {
            return Err(super::detect::unsupported(
                &text.path,
                ("TopoJSON", "请转换为 GeoJSON"),
                ("TopoJSON", "convert it to GeoJSON"),
            ));
        }
        if found && !(feature && scanned.rows == 0) {
            return Ok((*layout, scanned));
        }
        last = Some((*layout, scanned));
    }
    last.ok_or_else(|| TableError::broken(&text.path, Format::GeoJson, "没有记录 / no records"))
}

fn first_byte(text: &TextFile) -> Result<u8, TableError> {
    let mut input = text.reader().map_err(|e| TableError::io(&text.path, e))?;
    let mut head = [0; 4096];
    let read =
        super::encoding::read_full(&mut input, &mut head).map_err(|e| TableError::io(&text.path, e))?;
    let visible = head.iter().take(read).copied().find(|b| !b.is_ascii_whitespace() && *b != 0x1E);
    Ok(visible.unwrap_or(b'{'))
}

fn scan_as(text: &TextFile, options: &OpenOptions, layout: Layout) -> Result<Scanned, TableError> {
    let input = text.reader().map_err(|e| TableError::io(&text.path, e))?;
    let mut splitter = Splitter::new(input, layout, options.record_bytes_max);
    let mut keys = Keys::default();
    let mut rows = 0;
    let mut complete = true;
    loop {
        match splitter.next_record() {
            Ok(Some(bytes)) => keys.add(bytes, rows == 0),
            Ok(None) => break,
            // The damaged place is reported again, with its row, when the records are read.
            Err(_) if rows > 0 => {
                complete = false;
                break;
            }
            Err(error) => return Err(TableError::broken(&text.path, Format::GeoJson, error)),
        }
        rows += 1;
        if splitter.position() > options.scan_bytes {
            complete = false;
            break;
        }
    }
    Ok(Scanned { keys, rows, complete, members: splitter.members })
}
