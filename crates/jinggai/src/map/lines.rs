//! 管线 on the map: the lines that were imported, which run along the streets, so that a map without a base map shows
//! where one is.
//!
//! A tile is bounded at every zoom: nothing below [`LINES_FROM`], every n-th line where they are too many, corners that
//! no eye sees left out. What was left out is said in the layer `notes`.
use crate::error::Result;
use crate::identity::Scope;
use jinggai_db::{Dialect, Sql, Tx, row};
use jinggai_geo::mvt::{MvtTile, MvtValue};
use jinggai_geo::{Geometry, TileId};

/// The first zoom at which lines are drawn: below it a district is smaller than a tile.
pub const LINES_FROM: u8 = 10;
/// Lines in a tile at most.
const LINES_MAX: i64 = 8_000;
/// Bytes of lines in a tile at most.
const BYTES_MAX: usize = 1 << 20;
/// Corners looked at for a tile at most: 50 for each line, more than surveys have.
const CORNERS_MAX: usize = 400_000;
/// From here on a line tells its road and size; farther away nobody reads them.
const WORDS_FROM: u8 = 14;
/// What lies this far beyond the edge is drawn too, so that strokes on an edge are whole: that of the encoder.
const BUFFER: f64 = 1.0 / 64.0;
/// Corners that deviate less, in units of 1/4096 of a tile, are left out: a quarter of a pixel.
const TOLERANCE: f64 = 4.0;

row! {
    struct Line {
        id: i64,
        kind: String,
        road: Option<String>,
        material: Option<String>,
        diameter: Option<String>,
        geom: Geometry,
    }
}

/// The bytes of the tile.
///
/// # Errors
/// What the store says.
pub async fn tile(tx: &mut Tx, t: TileId, scope: &Scope) -> Result<Vec<u8>> {
    let mut out = MvtTile::new(t);
    if t.z < LINES_FROM {
        return Ok(out.finish());
    }
    let d = tx.dialect();
    let (n,): (i64,) = tx.one(select("count(*)", d, t, scope)).await?;
    let every = ((n + LINES_MAX - 1) / LINES_MAX).max(1);
    let mut q = select("p.id, p.kind, p.road, p.material, p.diameter, p.geom", d, t, scope);
    if every > 1 {
        q.push(" AND p.id % ? = 0", [every.into()]);
    }
    // Numbers need not be spread evenly: the limit holds in any case.
    q.push(" ORDER BY p.id LIMIT ?", [LINES_MAX.into()]);
    let lines: Vec<Line> = tx.all(q).await?;
    let layer = out.layer("lines");
    let (mut drawn, mut corners) = (0i64, 0);
    for line in &lines {
        if layer.size() > BYTES_MAX || corners > CORNERS_MAX {
            break;
        }
        drawn += 1;
        if let Geometry::LineString(points) = &line.geom {
            corners += points.len();
            layer.line(u64::try_from(line.id).unwrap_or(0), points, TOLERANCE, &properties(line, t.z));
        }
    }
    if drawn < n {
        let note = [("lines", MvtValue::from(n)), ("drawn", MvtValue::from(drawn))];
        out.layer("notes").point(0, t.bbox().center(), &note);
    }
    Ok(out.finish())
}

/// The lines of a tile that the scope allows: those at a well within it.
fn select(columns: &str, d: Dialect, t: TileId, scope: &Scope) -> Sql {
    let mut q = Sql::new(&format!("SELECT {columns} FROM pipes p WHERE 1 = 1"), vec![]);
    q.and_within(d, "pipes", "p", Some(t.bbox_with_buffer(BUFFER)));
    if *scope != Scope::Everything {
        q.push(" AND (1 = 0", []);
        for end in ["p.from_well_id", "p.to_well_id"] {
            q.push(" OR (1 = 1", []);
            scope.and_well(&mut q, end);
            q.push(")", []);
        }
        q.push(")", []);
    }
    q
}

fn properties(line: &Line, z: u8) -> Vec<(&'static str, MvtValue)> {
    let mut out = vec![("kind", MvtValue::from(line.kind.as_str()))];
    let words = [("road", &line.road), ("material", &line.material), ("diameter", &line.diameter)];
    for (name, value) in words.into_iter().filter(|_| z >= WORDS_FROM) {
        out.extend(value.as_deref().map(|v| (name, MvtValue::from(v))));
    }
    out
}
