//! The `.shp` and `.shx` parts. Own code rather than the `shapefile` crate, whose writer takes one shape type only and so
//! cannot write records without geometry (null shapes) between others.

use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::Path;

use crate::geometry::{Bounds, Coord, Geometry, GeometryKind};

/// The file length is a signed 32-bit count of 16-bit words.
const WORDS_MAX: u64 = i32::MAX as u64;
const HEAD_WORDS: u64 = 50;

pub(super) struct ShpWriter {
    shp: BufWriter<File>,
    shx: BufWriter<File>,
    kind: i32,
    words: u64,
    records: u32,
    bounds: Bounds,
    body: Vec<u8>,
}

/// The shape type of a kind of geometry; none for a mixture.
pub(super) fn shape_type(kind: GeometryKind) -> Option<i32> {
    match kind {
        GeometryKind::Point => Some(1),
        GeometryKind::LineString | GeometryKind::MultiLineString => Some(3),
        GeometryKind::Polygon | GeometryKind::MultiPolygon => Some(5),
        GeometryKind::MultiPoint => Some(8),
        GeometryKind::Mixed => None,
    }
}

/// Why a shape was not written.
#[derive(Debug)]
pub(super) enum ShapeError {
    Io(io::Error),
    /// Another kind than the file's.
    Kind,
    /// The file would exceed 4 GB.
    Full,
}

impl From<io::Error> for ShapeError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl ShpWriter {
    pub(super) fn create(shp: &Path, shx: &Path, kind: i32) -> io::Result<Self> {
        let mut shp = BufWriter::with_capacity(128 * 1024, File::create(shp)?);
        let mut shx = BufWriter::new(File::create(shx)?);
        shp.write_all(&[0; 100])?;
        shx.write_all(&[0; 100])?;
        Ok(Self { shp, shx, kind, words: HEAD_WORDS, records: 0, bounds: Bounds::EMPTY, body: Vec::new() })
    }

    pub(super) fn write(&mut self, geometry: Option<&Geometry>) -> Result<(), ShapeError> {
        self.body.clear();
        match geometry.filter(|geometry| geometry.is_sound()) {
            None => self.body.extend_from_slice(&0i32.to_le_bytes()),
            Some(geometry) if shape_type(geometry.kind()) != Some(self.kind) => return Err(ShapeError::Kind),
            Some(geometry) => {
                encode(&mut self.body, self.kind, geometry);
                if let Some(bounds) = geometry.bounds() {
                    self.bounds.merge(&bounds);
                }
            }
        }
        let length = self.body.len() as u64 / 2;
        if self.words + 4 + length > WORDS_MAX {
            return Err(ShapeError::Full);
        }
        self.records += 1;
        let (offset, length) = (self.words as u32, length as u32);
        self.shp.write_all(&self.records.to_be_bytes())?;
        self.shp.write_all(&length.to_be_bytes())?;
        self.shp.write_all(&self.body)?;
        self.shx.write_all(&offset.to_be_bytes())?;
        self.shx.write_all(&length.to_be_bytes())?;
        self.words += 4 + u64::from(length);
        Ok(())
    }

    pub(super) fn finish(mut self) -> io::Result<()> {
        let words = self.words;
        head(&mut self.shp, words, self.kind, &self.bounds)?;
        head(&mut self.shx, HEAD_WORDS + u64::from(self.records) * 4, self.kind, &self.bounds)
    }
}

fn head(file: &mut BufWriter<File>, words: u64, kind: i32, bounds: &Bounds) -> io::Result<()> {
    file.seek(SeekFrom::Start(0))?;
    let mut bytes = Vec::with_capacity(100);
    bytes.extend_from_slice(&9994i32.to_be_bytes());
    bytes.extend_from_slice(&[0; 20]);
    bytes.extend_from_slice(&(words as u32).to_be_bytes());
    bytes.extend_from_slice(&1000i32.to_le_bytes());
    bytes.extend_from_slice(&kind.to_le_bytes());
    let Bounds { min_x, min_y, max_x, max_y } =
        if bounds.is_set() { *bounds } else { Bounds { min_x: 0.0, min_y: 0.0, max_x: 0.0, max_y: 0.0 } };
    for value in [min_x, min_y, max_x, max_y, 0.0, 0.0, 0.0, 0.0] {
        bytes.extend_from_slice(&value.to_le_bytes());
    }
    file.write_all(&bytes)?;
    file.flush()
}

fn encode(body: &mut Vec<u8>, kind: i32, geometry: &Geometry) {
    body.extend_from_slice(&kind.to_le_bytes());
    match geometry {
        Geometry::Point(at) => put(body, at),
        Geometry::MultiPoint(points) => {
            bounds(body, geometry);
            body.extend_from_slice(&(points.len() as i32).to_le_bytes());
            points.iter().for_each(|at| put(body, at));
        }
        Geometry::LineString(line) => parts(body, geometry, std::slice::from_ref(line)),
        Geometry::MultiLineString(lines) => parts(body, geometry, lines),
        Geometry::Polygon(rings) => parts(body, geometry, &wound(rings)),
        Geometry::MultiPolygon(polygons) => {
            let rings: Vec<_> = polygons.iter().flat_map(|rings| wound(rings)).collect();
            parts(body, geometry, &rings);
        }
    }
}

/// Outer rings clockwise, holes counter-clockwise: the opposite of GeoJSON.
fn wound(rings: &[Vec<Coord>]) -> Vec<Vec<Coord>> {
    let turn = |(at, ring): (usize, &Vec<Coord>)| {
        let mut ring = ring.clone();
        if (super::geojson::area(&ring) < 0.0) != (at == 0) {
            ring.reverse();
        }
        ring
    };
    rings.iter().enumerate().map(turn).collect()
}

fn bounds(body: &mut Vec<u8>, geometry: &Geometry) {
    let Bounds { min_x, min_y, max_x, max_y } = geometry.bounds().unwrap_or(Bounds::EMPTY);
    for value in [min_x, min_y, max_x, max_y] {
        body.extend_from_slice(&value.to_le_bytes());
    }
}

fn put(body: &mut Vec<u8>, at: &Coord) {
    body.extend_from_slice(&at.x.to_le_bytes());
    body.extend_from_slice(&at.y.to_le_bytes());
}

fn parts(body: &mut Vec<u8>, geometry: &Geometry, parts: &[Vec<Coord>]) {
    bounds(body, geometry);
    let points: usize = parts.iter().map(Vec::len).sum();
    body.extend_from_slice(&(parts.len() as i32).to_le_bytes());
    body.extend_from_slice(&(points as i32).to_le_bytes());
    let mut start = 0i32;
    for part in parts {
        body.extend_from_slice(&start.to_le_bytes());
        start += part.len() as i32;
    }
    parts.iter().flatten().for_each(|at| put(body, at));
}
