//! GeoJSON (RFC 7946): one feature a line, longitude before latitude, outer rings counter-clockwise. Whole numbers that
//! a double cannot hold are written as text, because most readers keep numbers as doubles.

use std::io::{BufWriter, Write};
use std::path::PathBuf;

use super::output::{Output, Target};
use super::{Names, OutColumn, Sink, WriteOptions, headings, unwritable};
use crate::cell::Cell;
use crate::error::TableError;
use crate::geometry::{Coord, Geometry};
use crate::note::Note;
use crate::read::Format;

/// Largest whole number that every JSON reader keeps.
const SAFE_MAX: u64 = 9_007_199_254_740_991;

pub(super) struct GeoJsonSink {
    out: BufWriter<Output>,
    label: PathBuf,
    /// Keys as JSON text with their colon.
    keys: Vec<String>,
    line: Vec<u8>,
    first: bool,
}

impl GeoJsonSink {
    pub(super) fn create(
        target: Target,
        columns: &[OutColumn],
        options: &WriteOptions,
    ) -> Result<Self, TableError> {
        if !matches!(options.crs, 4326 | 4490) {
            return Err(unwritable(
                Format::GeoJson,
                &format!(
                    "GeoJSON 只用经纬度（EPSG:4326 或 4490），不能写 EPSG:{}，请先转换坐标",
                    options.crs
                ),
                &format!(
                    "GeoJSON holds longitude and latitude only (EPSG:4326 or 4490), not EPSG:{}: transform first",
                    options.crs
                ),
            ));
        }
        let label = target.label();
        let mut out = BufWriter::with_capacity(128 * 1024, Output::create(target)?);
        let mut head = Vec::new();
        head.extend_from_slice(b"{\"type\":\"FeatureCollection\",\"name\":");
        text(&mut head, &options.table);
        head.extend_from_slice(b",\"features\":[");
        out.write_all(&head).map_err(|e| TableError::io(&label, e))?;
        let keys = headings(columns, options, Names::Key).into_iter().map(|key| {
            let mut json = Vec::new();
            text(&mut json, &key);
            json.push(b':');
            String::from_utf8_lossy(&json).into_owned()
        });
        Ok(Self { out, label, keys: keys.collect(), line: Vec::with_capacity(1024), first: true })
    }
}

impl Sink for GeoJsonSink {
    fn write(&mut self, cells: &[Cell], geometry: Option<&Geometry>) -> Result<(), TableError> {
        let line = &mut self.line;
        line.clear();
        line.extend_from_slice(if self.first { b"\n" } else { b",\n" });
        self.first = false;
        line.extend_from_slice(b"{\"type\":\"Feature\",\"geometry\":");
        match geometry {
            Some(geometry) => shape(line, geometry),
            None => line.extend_from_slice(b"null"),
        }
        line.extend_from_slice(b",\"properties\":{");
        let cells = cells.iter().chain(std::iter::repeat(&Cell::Null));
        for (at, (key, cell)) in self.keys.iter().zip(cells).enumerate() {
            if at > 0 {
                line.push(b',');
            }
            line.extend_from_slice(key.as_bytes());
            value(line, cell);
        }
        line.extend_from_slice(b"}}");
        self.out.write_all(line).map_err(|e| TableError::io(&self.label, e))
    }

    fn finish(mut self: Box<Self>) -> Result<Vec<Note>, TableError> {
        self.out.write_all(b"\n]}\n").map_err(|e| TableError::io(&self.label, e))?;
        let output = self.out.into_inner().map_err(|e| TableError::io(&self.label, e.into_error()))?;
        output.finish()?;
        Ok(Vec::new())
    }
}

fn text(line: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(line, text).expect("writing JSON text to memory cannot fail");
}

fn number(line: &mut Vec<u8>, value: f64) {
    // serde_json writes infinities and NaN as null.
    serde_json::to_writer(line, &value).expect("writing a JSON number to memory cannot fail");
}

fn value(line: &mut Vec<u8>, cell: &Cell) {
    match cell {
        Cell::Null => line.extend_from_slice(b"null"),
        Cell::Bool(value) => line.extend_from_slice(if *value { b"true" } else { b"false" }),
        Cell::Int(value) if value.unsigned_abs() <= SAFE_MAX => {
            line.extend_from_slice(value.to_string().as_bytes());
        }
        Cell::Real(value) => number(line, *value),
        other => text(line, &other.text()),
    }
}

fn shape(line: &mut Vec<u8>, geometry: &Geometry) {
    line.extend_from_slice(b"{\"type\":\"");
    line.extend_from_slice(geometry.kind().name().as_bytes());
    line.extend_from_slice(b"\",\"coordinates\":");
    match geometry {
        Geometry::Point(at) => position(line, at),
        Geometry::MultiPoint(points) | Geometry::LineString(points) => list(line, points.iter(), position),
        Geometry::MultiLineString(lines) => {
            list(line, lines.iter(), |line, part| list(line, part.iter(), position));
        }
        Geometry::Polygon(rings) => polygon(line, rings),
        Geometry::MultiPolygon(polygons) => list(line, polygons.iter(), |line, rings| polygon(line, rings)),
    }
    line.push(b'}');
}

fn list<T>(line: &mut Vec<u8>, items: impl Iterator<Item = T>, write: impl Fn(&mut Vec<u8>, T)) {
    line.push(b'[');
    for (at, item) in items.enumerate() {
        if at > 0 {
            line.push(b',');
        }
        write(line, item);
    }
    line.push(b']');
}

fn position(line: &mut Vec<u8>, at: &Coord) {
    line.push(b'[');
    number(line, at.x);
    line.push(b',');
    number(line, at.y);
    if let Some(z) = at.z {
        line.push(b',');
        number(line, z);
    }
    line.push(b']');
}

/// The outer ring counter-clockwise, holes clockwise (RFC 7946, 3.1.6).
fn polygon(line: &mut Vec<u8>, rings: &[Vec<Coord>]) {
    list(line, rings.iter().enumerate(), |line, (at, ring)| {
        let wanted = at == 0;
        if (area(ring) >= 0.0) == wanted {
            list(line, ring.iter(), position);
        } else {
            list(line, ring.iter().rev(), position);
        }
    });
}

/// Twice the signed area; positive is counter-clockwise.
pub(super) fn area(ring: &[Coord]) -> f64 {
    ring.iter().zip(ring.iter().skip(1)).map(|(a, b)| a.x * b.y - b.x * a.y).sum()
}
