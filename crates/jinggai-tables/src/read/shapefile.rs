//! ESRI Shapefile: shapes from `.shp` (the record lengths there are enough, `.shx` is not needed), attributes from
//! `.dbf`, reference system from `.prj`. Records marked as deleted keep their shape's place and are left out.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use shapefile::{PolygonRing, ReadableShape, Shape};

use super::columns::unique_names;
use super::encoding::read_full;
use super::{Backend, Format, LayerInfo, OpenOptions, Opened, Record, RowIter, dbf, stem};
use crate::error::{RowError, TableError, file_name};
use crate::geometry::{Coord, Geometry, GeometryKind};
use crate::note::{Note, NoteCode};

struct Table {
    shp: PathBuf,
    dbf: PathBuf,
    header: dbf::Header,
    record_bytes_max: usize,
}

/// Opens the file and its siblings.
pub(super) fn open(path: &Path, options: &OpenOptions, name: Option<&str>) -> Result<Opened, TableError> {
    let mut notes = Vec::new();
    let Some(dbf_path) = sibling(path, "dbf") else {
        return Err(TableError::MissingSibling { file: file_name(path), missing: "dbf" });
    };
    let cpg = sibling(path, "cpg").and_then(|cpg| std::fs::read_to_string(cpg).ok());
    let header = dbf::open(&dbf_path, cpg.as_deref(), options.encoding.as_deref(), &mut notes)?;
    let crs = crs(path, &mut notes);
    let kind = kind(path)?;
    let columns = header.fields.iter().map(|field| field.name.clone()).collect();
    let columns = unique_names(columns, &mut notes);
    let rows = Some(header.records);
    let encoding = Some(header.encoding.name().to_owned());
    let layer = LayerInfo { name: name.map_or_else(|| stem(path), str::to_owned), rows, geometry: kind };
    let table =
        Table { shp: path.to_owned(), dbf: dbf_path, header, record_bytes_max: options.record_bytes_max };
    let deleted = table.deleted().map_err(|e| TableError::io(path, e))?;
    if deleted > 0 {
        notes.push(Note::new(
            NoteCode::DeletedRecords,
            format!("有 {deleted} 条记录带删除标记，不读取"),
            format!("{deleted} records are marked as deleted and left out"),
        ));
    }
    Ok(Opened {
        format: Format::Shapefile,
        layers: vec![layer],
        layer: 0,
        crs,
        columns,
        encoding,
        rows: rows.map(|rows| rows.saturating_sub(deleted)),
        notes,
        backend: Arc::new(table),
    })
}

/// The part with the same name, whatever the case of its extension.
fn sibling(path: &Path, extension: &str) -> Option<PathBuf> {
    let candidates = [extension.to_owned(), extension.to_ascii_uppercase()];
    candidates.iter().map(|extension| path.with_extension(extension)).find(|path| path.is_file())
}

fn crs(path: &Path, notes: &mut Vec<Note>) -> Option<String> {
    let Some(text) = sibling(path, "prj").and_then(|prj| std::fs::read(prj).ok()) else {
        notes.push(Note::new(
            NoteCode::CrsMissing,
            "没有 .prj 文件，坐标系未知，请导入时指定",
            "no .prj file: the reference system is unknown, name it on import",
        ));
        return None;
    };
    let text = String::from_utf8_lossy(&text).trim().to_owned();
    let known = crate::crs::from_wkt(&text);
    if known.is_none() {
        let name = crate::crs::wkt_name(&text).unwrap_or_else(|| text.clone());
        notes.push(Note::new(
            NoteCode::CrsUnknown,
            format!("看不懂 .prj 声明的坐标系“{name}”，请导入时指定"),
            format!("the reference system \"{name}\" of the .prj is not understood: name it on import"),
        ));
        return Some(name);
    }
    known
}

fn kind(path: &Path) -> Result<Option<GeometryKind>, TableError> {
    let mut head = [0; 36];
    let mut file = File::open(path).map_err(|e| TableError::io(path, e))?;
    file.read_exact(&mut head).map_err(|e| TableError::broken(path, Format::Shapefile, e))?;
    let code = head.get(32..36).and_then(|bytes| bytes.try_into().ok()).map_or(0, i32::from_le_bytes);
    Ok(match code {
        1 | 11 | 21 => Some(GeometryKind::Point),
        3 | 13 | 23 => Some(GeometryKind::LineString),
        5 | 15 | 25 => Some(GeometryKind::Polygon),
        8 | 18 | 28 => Some(GeometryKind::MultiPoint),
        _ => None,
    })
}

impl Table {
    fn deleted(&self) -> io::Result<u64> {
        let mut rows = dbf::Rows::new(&self.dbf, self.header.clone(), 0)?;
        let mut deleted = 0;
        // A cut-off table is reported with its row when the records are read.
        while let Ok(Some(flag)) = rows.next_flag() {
            deleted += u64::from(flag);
        }
        Ok(deleted)
    }
}

impl Backend for Table {
    fn rows_from(&self, row: u64) -> Result<RowIter, TableError> {
        let skip = row.saturating_sub(1);
        let io = |e| TableError::io(&self.shp, e);
        let rows = dbf::Rows::new(&self.dbf, self.header.clone(), skip).map_err(io)?;
        let mut shapes = Shapes::open(&self.shp, self.record_bytes_max).map_err(io)?;
        let mut failed = None;
        for at in 0..skip {
            if let Err(error) = shapes.skip() {
                failed = Some((at + 1, error));
                break;
            }
        }
        Ok(Box::new(Features { rows, shapes, row: skip, failed, ended: false }))
    }
}

struct Features {
    rows: dbf::Rows,
    shapes: Shapes,
    row: u64,
    failed: Option<(u64, io::Error)>,
    ended: bool,
}

impl Iterator for Features {
    type Item = Result<Record, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some((row, error)) = self.failed.take() {
            return self.stop(row, &error);
        }
        while !self.ended {
            let row = match self.rows.next_row() {
                Ok(Some(row)) => row,
                Ok(None) => break,
                Err(error) => return self.stop(self.row + 1, &error),
            };
            self.row += 1;
            let bytes = match self.shapes.next() {
                Ok(bytes) => bytes,
                Err(error) => return self.stop(self.row, &error),
            };
            if row.deleted {
                continue;
            }
            return Some(match geometry(bytes) {
                Ok(geometry) => Ok(Record { row: self.row, cells: row.cells, geometry, ..Record::default() }),
                Err(error) => Err(RowError::new(
                    self.row,
                    format!("图形记录损坏：{error}"),
                    format!("the shape record is damaged: {error}"),
                )
                .with_cells(row.cells)),
            });
        }
        self.ended = true;
        None
    }
}

impl Features {
    fn stop(&mut self, row: u64, error: &io::Error) -> Option<Result<Record, RowError>> {
        self.ended = true;
        Some(Err(RowError::fatal(
            row,
            format!("Shapefile 读取中断：{error}"),
            format!("the Shapefile ends early: {error}"),
        )))
    }
}

/// The bytes of one shape after the other.
struct Shapes {
    input: BufReader<File>,
    buffer: Vec<u8>,
    record_bytes_max: usize,
}

impl Shapes {
    fn open(path: &Path, record_bytes_max: usize) -> io::Result<Self> {
        let mut input = BufReader::with_capacity(128 * 1024, File::open(path)?);
        input.seek(SeekFrom::Start(100))?;
        Ok(Self { input, buffer: Vec::new(), record_bytes_max })
    }

    fn length(&mut self) -> io::Result<usize> {
        let mut head = [0; 8];
        let read = read_full(&mut self.input, &mut head)?;
        if read < head.len() {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "图形比属性少 / fewer shapes than attributes",
            ));
        }
        let words = head.get(4..).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_be_bytes);
        let length = words as usize * 2;
        if length < 4 || length > self.record_bytes_max {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "图形记录长度不对 / wrong length of a shape record",
            ));
        }
        Ok(length)
    }

    fn skip(&mut self) -> io::Result<()> {
        let length = self.length()?;
        self.input.seek_relative(length as i64)
    }

    fn next(&mut self) -> io::Result<&[u8]> {
        let length = self.length()?;
        self.buffer.resize(length, 0);
        self.input.read_exact(&mut self.buffer)?;
        Ok(&self.buffer)
    }
}

fn geometry(bytes: &[u8]) -> Result<Option<Geometry>, String> {
    let size = i32::try_from(bytes.len()).map_err(|e| e.to_string())?;
    let shape = Shape::read_from(&mut Cursor::new(bytes), size).map_err(|e| e.to_string())?;
    let geometry = match shape {
        Shape::NullShape => return Ok(None),
        Shape::Point(p) => Geometry::point(p.x, p.y),
        Shape::PointM(p) => Geometry::point(p.x, p.y),
        Shape::PointZ(p) => Geometry::Point(Coord { x: p.x, y: p.y, z: height(p.z) }),
        Shape::Multipoint(points) => {
            Geometry::MultiPoint(points.points().iter().map(|p| Coord::xy(p.x, p.y)).collect())
        }
        Shape::MultipointM(points) => {
            Geometry::MultiPoint(points.points().iter().map(|p| Coord::xy(p.x, p.y)).collect())
        }
        Shape::MultipointZ(points) => Geometry::MultiPoint(
            points.points().iter().map(|p| Coord { x: p.x, y: p.y, z: height(p.z) }).collect(),
        ),
        Shape::Polyline(lines) => line(lines.into_inner(), |p| Coord::xy(p.x, p.y)),
        Shape::PolylineM(lines) => line(lines.into_inner(), |p| Coord::xy(p.x, p.y)),
        Shape::PolylineZ(lines) => line(lines.into_inner(), |p| Coord { x: p.x, y: p.y, z: height(p.z) }),
        Shape::Polygon(polygon) => rings(polygon.into_inner(), |p| Coord::xy(p.x, p.y)),
        Shape::PolygonM(polygon) => rings(polygon.into_inner(), |p| Coord::xy(p.x, p.y)),
        Shape::PolygonZ(polygon) => rings(polygon.into_inner(), |p| Coord { x: p.x, y: p.y, z: height(p.z) }),
        Shape::Multipatch(_) => return Err("多面体（MultiPatch）/ MultiPatch".to_owned()),
    };
    Ok(geometry.is_sound().then_some(geometry))
}

fn height(z: f64) -> Option<f64> {
    (z.is_finite() && z > shapefile::NO_DATA).then_some(z)
}

fn line<P>(parts: Vec<Vec<P>>, coord: impl Fn(&P) -> Coord) -> Geometry {
    let mut lines: Vec<Vec<Coord>> = parts.iter().map(|part| part.iter().map(&coord).collect()).collect();
    if lines.len() == 1 {
        Geometry::LineString(lines.pop().unwrap_or_default())
    } else {
        Geometry::MultiLineString(lines)
    }
}

/// Outer rings begin a polygon; an inner one belongs to the outer ring that holds it.
fn rings<P>(rings: Vec<PolygonRing<P>>, coord: impl Fn(&P) -> Coord) -> Geometry {
    let mut polygons: Vec<Vec<Vec<Coord>>> = Vec::new();
    let mut holes = Vec::new();
    for ring in &rings {
        match ring {
            PolygonRing::Outer(points) => polygons.push(vec![points.iter().map(&coord).collect()]),
            PolygonRing::Inner(points) => holes.push(points.iter().map(&coord).collect::<Vec<_>>()),
        }
    }
    for hole in holes {
        let at = hole.first().copied();
        let owner = polygons
            .iter()
            .position(|polygon| at.zip(polygon.first()).is_some_and(|(at, outer)| contains(outer, at)));
        let owner = owner.or(polygons.len().checked_sub(1));
        match owner.and_then(|owner| polygons.get_mut(owner)) {
            Some(polygon) => polygon.push(hole),
            // Rings wound the wrong way: the only ring is the outer one.
            None => polygons.push(vec![hole]),
        }
    }
    if polygons.len() == 1 {
        Geometry::Polygon(polygons.pop().unwrap_or_default())
    } else {
        Geometry::MultiPolygon(polygons)
    }
}

/// Even-odd rule.
fn contains(ring: &[Coord], at: Coord) -> bool {
    let mut inside = false;
    let mut previous = ring.last();
    for point in ring {
        if let Some(before) = previous
            && (point.y > at.y) != (before.y > at.y)
            && at.x < (before.x - point.x) * (at.y - point.y) / (before.y - point.y) + point.x
        {
            inside = !inside;
        }
        previous = Some(point);
    }
    inside
}
