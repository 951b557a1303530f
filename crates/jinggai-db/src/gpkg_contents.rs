//! Keeping `gpkg_contents` true: the extent and the time of the last change of every table that GeoPackage lists.
//!
//! GDAL and QGIS believe the extent written there, and write it themselves when they edit a layer, so whoever changes
//! a layer later must renew it. It is taken from the root of the layer's R-tree, which costs the same at any size; its
//! coordinates are 32-bit and rounded outwards, so the extent may be up to a metre too large, never too small.
use crate::{Result, args::time_text};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// The tables that the open transaction has inserted into, updated or deleted from.
pub(crate) struct Touched(Arc<Mutex<BTreeSet<String>>>);

impl Touched {
    /// Begins to watch the connection.
    pub(crate) fn watch(c: &mut Connection) -> Result<Self> {
        let seen = Arc::new(Mutex::new(BTreeSet::new()));
        let writes = seen.clone();
        c.update_hook(Some(move |_, _: &str, table: &str, _| {
            let mut seen = writes.lock().unwrap_or_else(PoisonError::into_inner);
            if !seen.contains(table) {
                seen.insert(table.to_owned());
            }
        }))?;
        Ok(Touched(seen))
    }

    fn take(&self) -> BTreeSet<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn forget(&self) {
        self.take();
    }

    /// Writes extent and time of the listed tables among those touched.
    pub(crate) fn note(&self, c: &Connection) -> Result<()> {
        let now = time_text(Timestamp::now());
        for table in self.take() {
            let kind: Option<String> = c
                .prepare_cached("SELECT data_type FROM gpkg_contents WHERE table_name = ?")?
                .query_row([&table], |r| r.get(0))
                .optional()?;
            let Some(kind) = kind else { continue };
            let [w, s, e, n] = if kind == "features" { extent(c, &table)? } else { [None; 4] };
            c.prepare_cached("UPDATE gpkg_contents SET last_change = ?, min_x = ?, min_y = ?, max_x = ?, max_y = ? WHERE table_name = ?")?
                .execute(params![now, w, s, e, n, table])?;
        }
        Ok(())
    }
}

/// West, south, east, north of a layer; nothing when it has no geometry.
fn extent(c: &Connection, table: &str) -> Result<[Option<f64>; 4]> {
    let text = format!("SELECT data FROM rtree_{table}_geom_node WHERE nodeno = 1");
    let root: Vec<u8> = c.prepare_cached(&text)?.query_row([], |r| r.get(0))?;
    Ok(root_box(&root).map_or([None; 4], |b| b.map(Some)))
}

/// The box of an R-tree node: depth and number of cells (16 bits each), then cells of a 64-bit id and minx, maxx,
/// miny, maxy as 32-bit floats, all big-endian (sqlite.org, rtree.c, "Database Format of R-Tree Tables").
fn root_box(node: &[u8]) -> Option<[f64; 4]> {
    let cells = usize::from(u16::from_be_bytes(node.get(2..4)?.try_into().ok()?));
    let mut out: Option<[f64; 4]> = None;
    for cell in node.get(4..)?.chunks_exact(24).take(cells) {
        let at = |i: usize| {
            let bytes = cell.get(8 + 4 * i..12 + 4 * i).and_then(|b| b.try_into().ok())?;
            Some(f64::from(f32::from_be_bytes(bytes)))
        };
        let (w, e, s, n) = (at(0)?, at(1)?, at(2)?, at(3)?);
        let b = out.get_or_insert([w, s, e, n]);
        *b = [b[0].min(w), b[1].min(s), b[2].max(e), b[3].max(n)];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_of_an_rtree_gives_its_box() {
        let c = Connection::open_in_memory().unwrap();
        c.execute_batch("CREATE VIRTUAL TABLE rtree_t_geom USING rtree(id, minx, maxx, miny, maxy)").unwrap();
        assert_eq!(extent(&c, "t").unwrap(), [None; 4]);
        for i in 0..2000 {
            let (x, y) = (f64::from(i % 50), f64::from(i / 50));
            c.execute("INSERT INTO rtree_t_geom VALUES (?, ?, ?, ?, ?)", params![i, x, x + 0.5, y, y + 0.25])
                .unwrap();
        }
        assert_eq!(extent(&c, "t").unwrap(), [Some(0.0), Some(0.0), Some(49.5), Some(39.25)]);
        c.execute("DELETE FROM rtree_t_geom WHERE minx > 9", []).unwrap();
        assert_eq!(extent(&c, "t").unwrap(), [Some(0.0), Some(0.0), Some(9.5), Some(39.25)]);
        c.execute("DELETE FROM rtree_t_geom", []).unwrap();
        assert_eq!(extent(&c, "t").unwrap(), [None; 4]);
    }
}
