//! GeoPackage: layers and tables of `gpkg_contents`, read by pages of row ids so that memory stays bounded and a writer
//! in another process is never blocked for long.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};

use super::columns::unique_names;
use super::{Backend, Format, LayerInfo, OpenOptions, Opened, Record, RowIter, choose_layer};
use crate::cell::Cell;
use crate::error::{RowError, TableError};
use crate::geometry::{Geometry, GeometryKind};
use crate::note::{Note, NoteCode};

const PAGE_ROWS: i64 = 1000;

#[derive(Debug, Clone)]
struct Field {
    name: String,
    declared: String,
}

struct Table {
    path: PathBuf,
    name: String,
    fields: Vec<Field>,
    geometry: Option<String>,
}

struct Layer {
    info: LayerInfo,
    geometry: Option<String>,
    srs: Option<i64>,
}

fn connect(path: &Path) -> Result<Connection, TableError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|e| broken(path, &e))?;
    connection.busy_timeout(std::time::Duration::from_secs(10)).map_err(|e| broken(path, &e))?;
    Ok(connection)
}

fn broken(path: &Path, error: &rusqlite::Error) -> TableError {
    TableError::broken(path, Format::GeoPackage, error)
}

/// Opens the file: layers, columns, reference system.
pub(super) fn open(path: &Path, options: &OpenOptions) -> Result<Opened, TableError> {
    let connection = connect(path)?;
    let is_geopackage: bool = connection
        .query_row("SELECT count(*) > 0 FROM sqlite_master WHERE name = 'gpkg_contents'", [], |row| {
            row.get(0)
        })
        .map_err(|e| broken(path, &e))?;
    if !is_geopackage {
        return Err(super::detect::unsupported(
            path,
            ("普通的 SQLite 数据库", "只读取 GeoPackage（含 gpkg_contents 表），请导出为 GeoPackage 或 CSV"),
            (
                "a plain SQLite database",
                "only GeoPackage (with gpkg_contents) is read: export it as GeoPackage or CSV",
            ),
        ));
    }
    let mut layers = layers(&connection).map_err(|e| broken(path, &e))?;
    if layers.is_empty() {
        return Err(TableError::broken(
            path,
            Format::GeoPackage,
            "没有要素层或属性表 / no feature or attribute table",
        ));
    }
    let mut notes = Vec::new();
    let infos: Vec<_> = layers.iter().map(|layer| layer.info.clone()).collect();
    let chosen = choose_layer(path, &infos, options, &mut notes)?;
    let layer = layers.swap_remove(chosen);
    let crs = match layer.srs {
        Some(srs) => srs_name(&connection, srs, &mut notes).map_err(|e| broken(path, &e))?,
        None => None,
    };
    let fields: Vec<_> = fields(&connection, &layer.info.name)
        .map_err(|e| broken(path, &e))?
        .into_iter()
        .filter(|field| Some(&field.name) != layer.geometry.as_ref())
        .collect();
    let columns = unique_names(fields.iter().map(|field| field.name.clone()).collect(), &mut notes);
    let rows = layer.info.rows;
    let table = Table { path: path.to_owned(), name: layer.info.name, fields, geometry: layer.geometry };
    Ok(Opened {
        format: Format::GeoPackage,
        layers: infos,
        layer: chosen,
        crs,
        columns,
        encoding: None,
        rows,
        notes,
        backend: Arc::new(table),
    })
}

fn layers(connection: &Connection) -> rusqlite::Result<Vec<Layer>> {
    // Older files have no `gpkg_geometry_columns` when they hold attributes only.
    let spatial: bool = connection.query_row(
        "SELECT count(*) > 0 FROM sqlite_master WHERE name = 'gpkg_geometry_columns'",
        [],
        |row| row.get(0),
    )?;
    let mut geometry: HashMap<String, (String, String, i64)> = HashMap::new();
    if spatial {
        let mut statement = connection.prepare(
            "SELECT table_name, column_name, geometry_type_name, srs_id FROM gpkg_geometry_columns",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            geometry.insert(row.get(0)?, (row.get(1)?, row.get(2)?, row.get(3)?));
        }
    }
    let mut statement = connection.prepare(
        "SELECT table_name, data_type FROM gpkg_contents WHERE data_type IN ('features', 'attributes', 'aspatial') \
         ORDER BY data_type DESC, rowid",
    )?;
    let names = statement.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
    let mut layers = Vec::new();
    for name in names {
        let count: i64 =
            connection.query_row(&format!("SELECT count(*) FROM {}", quote(&name)), [], |row| row.get(0))?;
        let found = geometry.remove(&name);
        let kind = found.as_ref().map(|(_, kind, _)| GeometryKind::from_name(kind));
        let (column, srs) = found.map_or((None, None), |(column, _, srs)| (Some(column), Some(srs)));
        let info = LayerInfo { name, rows: u64::try_from(count).ok(), geometry: kind };
        layers.push(Layer { info, geometry: column, srs });
    }
    Ok(layers)
}

fn srs_name(connection: &Connection, srs: i64, notes: &mut Vec<Note>) -> rusqlite::Result<Option<String>> {
    let found = connection.query_row(
        "SELECT organization, organization_coordsys_id, definition, srs_name FROM gpkg_spatial_ref_sys WHERE srs_id = ?1",
        [srs],
        |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, row.get::<_, String>(2)?, row.get::<_, String>(3)?)),
    );
    let (organization, code, definition, name) = match found {
        Ok(found) => found,
        Err(rusqlite::Error::QueryReturnedNoRows) => return Ok(None),
        Err(error) => return Err(error),
    };
    if srs <= 0 {
        notes.push(Note::new(
            NoteCode::CrsMissing,
            "图层没有定义坐标系，请导入时指定",
            "the layer has no defined reference system: name it on import",
        ));
        return Ok(None);
    }
    if organization.eq_ignore_ascii_case("EPSG") {
        return Ok(Some(format!("EPSG:{code}")));
    }
    let known = crate::crs::from_wkt(&definition);
    if known.is_none() {
        notes.push(Note::new(
            NoteCode::CrsUnknown,
            format!("看不懂图层声明的坐标系“{name}”，请导入时指定"),
            format!("the declared reference system \"{name}\" is not understood: name it on import"),
        ));
    }
    Ok(Some(known.unwrap_or(name)))
}

fn fields(connection: &Connection, table: &str) -> rusqlite::Result<Vec<Field>> {
    let mut statement = connection.prepare(&format!("PRAGMA table_info({})", quote(table)))?;
    statement
        .query_map([], |row| {
            Ok(Field { name: row.get(1)?, declared: row.get::<_, String>(2)?.to_ascii_uppercase() })
        })?
        .collect()
}

fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

impl Backend for Table {
    fn rows_from(&self, row: u64) -> Result<RowIter, TableError> {
        let connection = connect(&self.path)?;
        let mut columns: Vec<String> = self.fields.iter().map(|field| quote(&field.name)).collect();
        columns.push(self.geometry.as_deref().map_or_else(|| "NULL".to_owned(), quote));
        let list = columns.join(", ");
        let name = quote(&self.name);
        let has_rowid = connection.prepare(&format!("SELECT rowid FROM {name} LIMIT 0")).is_ok();
        // Views have no row id: they are paged by offset.
        let sql = if has_rowid {
            format!(
                "SELECT rowid, {list} FROM {name} WHERE rowid > ?1 ORDER BY rowid LIMIT {PAGE_ROWS} OFFSET ?2"
            )
        } else {
            format!("SELECT 0, {list} FROM {name} WHERE ?1 IS NOT NULL LIMIT {PAGE_ROWS} OFFSET ?2")
        };
        let skipped = row.saturating_sub(1);
        Ok(Box::new(Pages {
            connection,
            sql,
            fields: self.fields.clone(),
            has_rowid,
            after: i64::MIN,
            offset: i64::try_from(skipped).unwrap_or(i64::MAX),
            row: skipped,
            page: Vec::new().into_iter(),
            ended: false,
        }))
    }
}

struct Pages {
    connection: Connection,
    sql: String,
    fields: Vec<Field>,
    has_rowid: bool,
    after: i64,
    offset: i64,
    row: u64,
    page: std::vec::IntoIter<Result<Record, RowError>>,
    ended: bool,
}

impl Iterator for Pages {
    type Item = Result<Record, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(record) = self.page.next() {
            return Some(record);
        }
        if self.ended {
            return None;
        }
        match self.fetch() {
            Ok(page) => {
                self.ended = (page.len() as i64) < PAGE_ROWS;
                self.page = page.into_iter();
                self.page.next()
            }
            Err(error) => {
                self.ended = true;
                let row = self.row + 1;
                Some(Err(RowError::fatal(
                    row,
                    format!("数据库读取失败：{error}"),
                    format!("the database failed: {error}"),
                )))
            }
        }
    }
}

impl Pages {
    fn fetch(&mut self) -> rusqlite::Result<Vec<Result<Record, RowError>>> {
        let mut statement = self.connection.prepare_cached(&self.sql)?;
        let mut rows = statement.query([self.after, self.offset])?;
        let mut page = Vec::with_capacity(PAGE_ROWS as usize);
        while let Some(row) = rows.next()? {
            self.row += 1;
            if self.has_rowid {
                self.after = row.get(0)?;
                self.offset = 0;
            } else {
                self.offset += 1;
            }
            let mut cells = Vec::with_capacity(self.fields.len());
            for (at, field) in self.fields.iter().enumerate() {
                cells.push(value(row.get_ref(at + 1)?, &field.declared));
            }
            page.push(match shape(row.get_ref(self.fields.len() + 1)?) {
                Ok(geometry) => Ok(Record { row: self.row, cells, geometry, ..Record::default() }),
                Err(()) => Err(RowError::new(
                    self.row,
                    "几何不是合法的 GeoPackage 几何",
                    "the geometry is not a valid GeoPackage geometry",
                )
                .with_cells(cells)),
            });
        }
        Ok(page)
    }
}

fn shape(value: ValueRef<'_>) -> Result<Option<Geometry>, ()> {
    match value {
        ValueRef::Null => Ok(None),
        ValueRef::Blob(bytes) => crate::geometry::wkb::from_geopackage(bytes).ok_or(()),
        _ => Err(()),
    }
}

fn value(value: ValueRef<'_>, declared: &str) -> Cell {
    match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(value) if declared == "BOOLEAN" => Cell::Bool(value != 0),
        ValueRef::Integer(value) => Cell::Int(value),
        ValueRef::Real(value) => Cell::Real(value),
        ValueRef::Text(bytes) => text(&String::from_utf8_lossy(bytes), declared),
        ValueRef::Blob(bytes) => {
            Cell::Text(bytes.iter().fold(String::from("0x"), |text, byte| text + &format!("{byte:02X}")))
        }
    }
}

fn text(text: &str, declared: &str) -> Cell {
    match declared {
        "DATE" => text.parse().map_or_else(|_| Cell::from(text), Cell::Date),
        "DATETIME" => text.parse().map_or_else(|_| Cell::from(text), Cell::Instant),
        _ => Cell::from_text(text),
    }
}
