//! The embedded store as an OGC GeoPackage 1.4: its own tables, feature layers and their R-trees.
//!
//! The 1.4 trigger set is used because the older one (`INSERT OR REPLACE` in `update1`) makes
//! `INSERT … ON CONFLICT DO UPDATE` fail; validators older than 1.4 only miss the trigger names they know.
//! `gpkg_contents` is kept true at every commit (gpkg_contents.rs).
use crate::{DbError, Result};
use std::path::Path;

/// The file header and the tables that every GeoPackage has; run once on an empty file, before WAL mode.
const HEADER: &str = include_str!("gpkg.sql");

/// Creates the file as an empty GeoPackage when it is not there yet.
///
/// # Errors
/// When the file cannot be made, or is something other than a GeoPackage.
pub fn prepare_file(path: &Path) -> Result<()> {
    if let Some(dir) = path.parent() {
        std::fs::create_dir_all(dir)
            .map_err(|e| DbError::File { path: dir.display().to_string(), what: e.to_string() })?;
    }
    let c = rusqlite::Connection::open(path)?;
    c.busy_timeout(std::time::Duration::from_secs(30))?;
    let foreign = || DbError::NotStore(path.display().to_string());
    let app: i64 = c.query_row("PRAGMA application_id", [], |r| r.get(0)).map_err(|e| {
        if e.sqlite_error_code() == Some(rusqlite::ErrorCode::NotADatabase) { foreign() } else { e.into() }
    })?;
    if app == 0x4750_4B47 {
        return Ok(());
    }
    let tables: i64 = c.query_row("SELECT count(*) FROM sqlite_schema", [], |r| r.get(0))?;
    if tables > 0 {
        return Err(foreign());
    }
    c.execute_batch(&format!("BEGIN IMMEDIATE; {HEADER} COMMIT;"))?;
    Ok(())
}

/// The statements that make `table` (with its column `geom`) a feature layer with an R-tree.
#[must_use]
pub fn feature_layer(table: &str, geometry: &str, title: &str) -> String {
    format!(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, srs_id) VALUES ('{table}', 'features', '{table}', '{title}', 4490);
INSERT INTO gpkg_geometry_columns VALUES ('{table}', 'geom', '{geometry}', 4490, 0, 0);
INSERT INTO gpkg_extensions VALUES ('{table}', 'geom', 'gpkg_rtree_index', 'http://www.geopackage.org/spec140/#extension_rtree', 'write-only');
CREATE VIRTUAL TABLE rtree_{table}_geom USING rtree(id, minx, maxx, miny, maxy);
{}",
        triggers(table)
    )
}

/// The statement that lists `table` as an attribute table: data without a place of its own.
#[must_use]
pub fn attribute_table(table: &str, title: &str) -> String {
    format!(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description) VALUES ('{table}', 'attributes', '{table}', '{title}');"
    )
}

/// The trigger set of GeoPackage 1.4, annex F.3.
fn triggers(t: &str) -> String {
    let r = format!("rtree_{t}_geom");
    let box_of_new = "ST_MinX(NEW.geom), ST_MaxX(NEW.geom), ST_MinY(NEW.geom), ST_MaxY(NEW.geom)";
    let full = "(NEW.geom NOT NULL AND NOT ST_IsEmpty(NEW.geom))";
    let empty = "(NEW.geom IS NULL OR ST_IsEmpty(NEW.geom))";
    [
        format!("CREATE TRIGGER {r}_insert AFTER INSERT ON {t} WHEN {full} BEGIN INSERT OR REPLACE INTO {r} VALUES (NEW.id, {box_of_new}); END;"),
        format!("CREATE TRIGGER {r}_update6 AFTER UPDATE OF geom ON {t} WHEN OLD.id = NEW.id AND {full} AND (OLD.geom NOT NULL AND NOT ST_IsEmpty(OLD.geom)) BEGIN UPDATE {r} SET minx = ST_MinX(NEW.geom), maxx = ST_MaxX(NEW.geom), miny = ST_MinY(NEW.geom), maxy = ST_MaxY(NEW.geom) WHERE id = NEW.id; END;"),
        format!("CREATE TRIGGER {r}_update7 AFTER UPDATE OF geom ON {t} WHEN OLD.id = NEW.id AND {full} AND (OLD.geom IS NULL OR ST_IsEmpty(OLD.geom)) BEGIN INSERT INTO {r} VALUES (NEW.id, {box_of_new}); END;"),
        format!("CREATE TRIGGER {r}_update2 AFTER UPDATE OF geom ON {t} WHEN OLD.id = NEW.id AND {empty} BEGIN DELETE FROM {r} WHERE id = OLD.id; END;"),
        format!("CREATE TRIGGER {r}_update5 AFTER UPDATE ON {t} WHEN OLD.id != NEW.id AND {full} BEGIN DELETE FROM {r} WHERE id = OLD.id; INSERT OR REPLACE INTO {r} VALUES (NEW.id, {box_of_new}); END;"),
        format!("CREATE TRIGGER {r}_update4 AFTER UPDATE ON {t} WHEN OLD.id != NEW.id AND {empty} BEGIN DELETE FROM {r} WHERE id IN (OLD.id, NEW.id); END;"),
        format!("CREATE TRIGGER {r}_delete AFTER DELETE ON {t} WHEN OLD.geom NOT NULL BEGIN DELETE FROM {r} WHERE id = OLD.id; END;"),
    ]
    .join("\n")
}
