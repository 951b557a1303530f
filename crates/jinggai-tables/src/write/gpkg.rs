//! GeoPackage 1.3: a file for others, written once, so it declares the version that every validator and GDAL know, with
//! that version's R-tree triggers. (The live database of the product declares 1.4 for the sake of its upserts.)
//! The R-tree is filled at the end in Morton order, from a temporary table, so that memory stays bounded.

use rusqlite::types::Value;
use rusqlite::{Connection, params};

use super::output::{Scratch, Target};
use super::{ColumnType, Names, OutColumn, Sink, WriteOptions, headings, unwritable};
use crate::cell::Cell;
use crate::error::TableError;
use crate::geometry::{Bounds, Geometry, GeometryKind, wkb};
use crate::note::Note;
use crate::read::Format;

const SCHEMA: &str = include_str!("gpkg_schema.sql");
const RTREE: &str = include_str!("gpkg_rtree.sql");

pub(super) struct GpkgSink {
    connection: Connection,
    scratch: Scratch,
    insert: String,
    table: String,
    kinds: Vec<ColumnType>,
    geometry: Option<GeometryKind>,
    srs: i32,
    bounds: Bounds,
    heights: bool,
    rows: i64,
}

impl GpkgSink {
    pub(super) fn create(
        target: Target,
        columns: &[OutColumn],
        options: &WriteOptions,
    ) -> Result<Self, TableError> {
        let scratch = Scratch::create(target)?;
        let srs = i32::try_from(options.crs).ok().ok_or_else(|| {
            unwritable(Format::GeoPackage, "坐标系代码过大", "the code of the reference system is too large")
        })?;
        let names = column_names(columns, options);
        let create = || -> rusqlite::Result<Connection> {
            let connection = Connection::open(scratch.path())?;
            connection.execute_batch(
                "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA application_id = 0x47504B47; \
                 PRAGMA user_version = 10300;",
            )?;
            connection.execute_batch(SCHEMA)?;
            connection.execute_batch(&table_sql(&names, columns, options))?;
            register(&connection, options, srs)?;
            connection.execute_batch("CREATE TEMP TABLE boxes (m INTEGER, id INTEGER, a, b, c, d); BEGIN")?;
            Ok(connection)
        };
        let connection = create().map_err(|e| failed(&e))?;
        Ok(Self {
            insert: insert_sql(&names, options),
            table: options.table.clone(),
            kinds: columns.iter().map(|column| column.kind).collect(),
            geometry: options.geometry,
            srs,
            bounds: Bounds::EMPTY,
            heights: false,
            rows: 0,
            connection,
            scratch,
        })
    }

    fn add(&mut self, cells: &[Cell], geometry: Option<&Geometry>) -> rusqlite::Result<()> {
        self.rows += 1;
        let mut values: Vec<Value> = Vec::with_capacity(self.kinds.len() + 2);
        values.push(Value::Integer(self.rows));
        let bounds = geometry.filter(|geometry| geometry.is_sound()).and_then(Geometry::bounds);
        if self.geometry.is_some() {
            let blob =
                geometry.filter(|_| bounds.is_some()).map(|geometry| wkb::to_geopackage(geometry, self.srs));
            values.push(blob.map_or(Value::Null, Value::Blob));
        }
        let cells = cells.iter().chain(std::iter::repeat(&Cell::Null));
        values.extend(self.kinds.iter().zip(cells).map(|(kind, cell)| value(cell, *kind)));
        self.connection.prepare_cached(&self.insert)?.execute(rusqlite::params_from_iter(values))?;
        if let Some(bounds) = bounds.filter(|_| self.geometry.is_some()) {
            self.bounds.merge(&bounds);
            self.heights |= geometry.is_some_and(wkb::has_z);
            let Bounds { min_x, min_y, max_x, max_y } = bounds;
            self.connection
                .prepare_cached("INSERT INTO temp.boxes VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
                .execute(params![morton(&bounds), self.rows, min_x, max_x, min_y, max_y])?;
        }
        Ok(())
    }

    fn complete(&self) -> rusqlite::Result<()> {
        if self.geometry.is_some() {
            let rtree = quote(&format!("rtree_{}_geom", self.table));
            self.connection.execute_batch(&format!(
                "CREATE VIRTUAL TABLE {rtree} USING rtree(id, minx, maxx, miny, maxy); \
                 INSERT INTO {rtree} SELECT id, a, b, c, d FROM temp.boxes ORDER BY m;"
            ))?;
            self.connection.execute_batch(&triggers(&self.table))?;
            self.connection.execute(
                "INSERT INTO gpkg_extensions VALUES (?1, 'geom', 'gpkg_rtree_index', \
                 'http://www.geopackage.org/spec/#extension_rtree', 'write-only')",
                [&self.table],
            )?;
            if self.heights {
                // 2: heights are optional.
                self.connection
                    .execute("UPDATE gpkg_geometry_columns SET z = 2 WHERE table_name = ?1", [&self.table])?;
            }
            if self.bounds.is_set() {
                self.connection.execute(
                    "UPDATE gpkg_contents SET min_x = ?1, min_y = ?2, max_x = ?3, max_y = ?4 WHERE table_name = ?5",
                    params![self.bounds.min_x, self.bounds.min_y, self.bounds.max_x, self.bounds.max_y, self.table],
                )?;
            }
        }
        self.connection.execute_batch("COMMIT; DROP TABLE temp.boxes")
    }
}

impl Sink for GpkgSink {
    fn write(&mut self, cells: &[Cell], geometry: Option<&Geometry>) -> Result<(), TableError> {
        if let (Some(kind), Some(geometry)) = (self.geometry, geometry)
            && kind != GeometryKind::Mixed
            && geometry.kind() != kind
        {
            let (has, wants) = (geometry.kind().name(), kind.name());
            return Err(unwritable(
                Format::GeoPackage,
                &format!("第 {} 行的几何是 {has}，图层声明为 {wants}", self.rows + 1),
                &format!("the geometry of row {} is a {has}, the layer declares {wants}", self.rows + 1),
            ));
        }
        self.add(cells, geometry).map_err(|e| failed(&e))
    }

    fn finish(self: Box<Self>) -> Result<Vec<Note>, TableError> {
        self.complete().map_err(|e| failed(&e))?;
        self.connection.close().map_err(|(_, e)| failed(&e))?;
        self.scratch.finish()?;
        Ok(Vec::new())
    }
}

fn failed(error: &rusqlite::Error) -> TableError {
    unwritable(Format::GeoPackage, &error.to_string(), &error.to_string())
}

fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Column names beside `fid` and `geom`, which are taken.
fn column_names(columns: &[OutColumn], options: &WriteOptions) -> Vec<String> {
    let mut taken = vec!["fid".to_owned(), "geom".to_owned()];
    let mut names = Vec::new();
    for name in headings(columns, options, Names::Key) {
        let mut unique = name.clone();
        let mut number = 2;
        // SQLite compares names without regard to case.
        while taken.iter().any(|other| other.eq_ignore_ascii_case(&unique)) {
            unique = format!("{name}_{number}");
            number += 1;
        }
        taken.push(unique.clone());
        names.push(unique);
    }
    names
}

fn table_sql(names: &[String], columns: &[OutColumn], options: &WriteOptions) -> String {
    let mut parts = vec!["fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL".to_owned()];
    parts.extend(options.geometry.map(|kind| format!("geom {}", kind.name().to_ascii_uppercase())));
    parts.extend(names.iter().zip(columns).map(|(name, column)| {
        let kind = match column.kind {
            ColumnType::Text => "TEXT",
            ColumnType::Int => "INTEGER",
            ColumnType::Real => "DOUBLE",
            ColumnType::Bool => "BOOLEAN",
            ColumnType::Date => "DATE",
            ColumnType::DateTime => "DATETIME",
        };
        format!("{} {kind}", quote(name))
    }));
    format!("CREATE TABLE {} ({})", quote(&options.table), parts.join(", "))
}

fn insert_sql(names: &[String], options: &WriteOptions) -> String {
    let mut columns = vec!["fid".to_owned()];
    columns.extend(options.geometry.map(|_| "geom".to_owned()));
    columns.extend(names.iter().map(|name| quote(name)));
    let marks = vec!["?"; columns.len()].join(", ");
    format!("INSERT INTO {} ({}) VALUES ({marks})", quote(&options.table), columns.join(", "))
}

fn register(connection: &Connection, options: &WriteOptions, srs: i32) -> rusqlite::Result<()> {
    let Some(kind) = options.geometry else {
        connection.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES (?1, 'attributes', ?1)",
            [&options.table],
        )?;
        return Ok(());
    };
    let (name, wkt) = crate::crs::definition(options.crs);
    connection.execute(
        "INSERT OR IGNORE INTO gpkg_spatial_ref_sys VALUES (?1, ?2, 'EPSG', ?2, ?3, NULL)",
        params![name, srs, wkt],
    )?;
    connection.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES (?1, 'features', ?1, ?2)",
        params![options.table, srs],
    )?;
    // No heights; corrected at the end if there were some.
    connection.execute(
        "INSERT INTO gpkg_geometry_columns VALUES (?1, 'geom', ?2, ?3, 0, 0)",
        params![options.table, kind.name().to_ascii_uppercase(), srs],
    )?;
    Ok(())
}

fn triggers(table: &str) -> String {
    // Names in identifiers double their quotes; the template has them quoted already.
    RTREE.replace("<t>", &table.replace('"', "\"\""))
}

/// A value in the form that its column's type asks for; what does not fit stays as it is, SQLite takes it.
fn value(cell: &Cell, kind: ColumnType) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Bool(value) => Value::Integer(i64::from(*value)),
        Cell::Int(value) if kind == ColumnType::Text => Value::Text(value.to_string()),
        Cell::Int(value) => Value::Integer(*value),
        Cell::Real(value) if kind == ColumnType::Text => Value::Text(value.to_string()),
        Cell::Real(value) => Value::Real(*value),
        Cell::Instant(at) => Value::Text(format!("{at:.3}")),
        // A wall-clock time has no zone; the format wants one, and UTC is its only one.
        Cell::DateTime(at) => Value::Text(format!("{at:.3}Z")),
        other => Value::Text(other.text().into_owned()),
    }
}

/// Interleaved bits of the box's centre, so that neighbours are inserted together.
fn morton(bounds: &Bounds) -> i64 {
    // Any linear scale does; degrees and metres both keep their order.
    let scale = |value: f64| -> u64 {
        let unit = (value / 4e7 + 0.5).clamp(0.0, 1.0);
        (unit * f64::from(u32::MAX >> 1)) as u64
    };
    let spread = |mut v: u64| {
        v &= 0x7FFF_FFFF;
        v = (v | v << 16) & 0x0000_FFFF_0000_FFFF;
        v = (v | v << 8) & 0x00FF_00FF_00FF_00FF;
        v = (v | v << 4) & 0x0F0F_0F0F_0F0F_0F0F;
        v = (v | v << 2) & 0x3333_3333_3333_3333;
        (v | v << 1) & 0x5555_5555_5555_5555
    };
    let degrees = bounds.max_x.abs() <= 360.0 && bounds.max_y.abs() <= 90.0;
    let factor = if degrees { 111_000.0 } else { 1.0 };
    let (x, y) = ((bounds.min_x + bounds.max_x) / 2.0 * factor, (bounds.min_y + bounds.max_y) / 2.0 * factor);
    i64::try_from(spread(scale(x)) | spread(scale(y)) << 1).unwrap_or(i64::MAX)
}
