//! Making a tile: counts per cell at low zoom, every cover at high zoom.
use crate::error::Result;
use crate::identity::Scope;
use crate::registry::filter::{CoverFilter, FilterContext, MAIN_STATE};
use jinggai_db::{Sql, Tx, row};
use jinggai_geo::mvt::{MvtTile, MvtValue};
use jinggai_geo::{CELL_ZOOM, Point, TileId, cell_middle, cell_of, cell_range};
use std::collections::BTreeMap;

/// The first zoom at which every cover is drawn by itself.
pub const POINTS_FROM: u8 = 15;
/// A tile of counts is cut into 2^3 × 2^3 cells.
const CELLS: u8 = 3;
/// Single covers in a tile at most; one more and the tile counts instead, and says so. A tile of zoom 15 is about a
/// kilometre wide: a real street network has some hundreds there.
const POINTS_MAX: i64 = 20_000;
/// Missing covers drawn singly over counts; beyond it the counts alone tell them, and the tile says so.
const URGENT_MAX: i64 = 2_000;

row! {
    struct Dot {
        id: i64,
        uid: uuid::Uuid,
        well_uid: uuid::Uuid,
        kind: String,
        state: String,
        lifecycle: String,
        code: Option<String>,
        labelled: bool,
        has_sensor: bool,
        owner_known: bool,
        cell: i64,
        at: Point,
    }
}

impl Dot {
    /// Where it stood on the day of the tile: the facts keep the cell, which is two metres wide, the cover where it is now.
    fn place(&self) -> Point {
        if cell_of(self.at) == self.cell { self.at } else { cell_middle(self.cell, CELL_ZOOM) }
    }
}

/// The bytes of the tile.
///
/// # Errors
/// What the store says.
pub async fn tile(
    tx: &mut Tx,
    t: TileId,
    filter: &CoverFilter,
    scope: &Scope,
    cx: &FilterContext,
) -> Result<Vec<u8>> {
    let mut out = MvtTile::new(t);
    let Some(range) = cell_range(t) else { return Ok(out.finish()) };
    let ask = Question { filter, scope, cx, range };
    let single = if t.z >= POINTS_FROM { ask.dots(tx, None, POINTS_MAX).await? } else { None };
    match single {
        Some(dots) => draw(&mut out, "covers", &dots),
        None => {
            count(&mut out, t.z, ask.counts(tx, t.z).await?);
            match ask.dots(tx, Some("missing"), URGENT_MAX).await? {
                Some(urgent) => draw(&mut out, "urgent", &urgent),
                None => {
                    let note = [("urgent_only_counted", MvtValue::from(true))];
                    out.layer("notes").point(0, cell_middle(range.0 >> shift(t.z), t.z), &note);
                }
            }
        }
    }
    Ok(out.finish())
}

struct Question<'a> {
    filter: &'a CoverFilter,
    scope: &'a Scope,
    cx: &'a FilterContext,
    range: (i64, i64),
}

/// Bits between a cell of the store and the Z-order number of a tile of this zoom.
fn shift(z: u8) -> u32 {
    2 * u32::from(CELL_ZOOM.saturating_sub(z))
}

impl Question<'_> {
    fn narrow(&self, q: &mut Sql) {
        q.push(" AND f.cell >= ? AND f.cell < ?", [self.range.0.into(), self.range.1.into()]);
    }

    /// Every cover of the tile, or of one main state; none when there are more than `max`.
    async fn dots(&self, tx: &mut Tx, state: Option<&str>, max: i64) -> Result<Option<Vec<Dot>>> {
        let columns = format!(
            "f.cover_id, c.uid, w.uid, f.kind, {MAIN_STATE}, f.lifecycle, f.code, f.labelled, f.has_sensor, f.owner_id IS NOT NULL, f.cell, c.geom"
        );
        let joins = "JOIN covers c ON c.id = f.cover_id JOIN wells w ON w.id = f.well_id";
        let mut q = self.filter.select(&columns, joins, self.scope, self.cx);
        self.narrow(&mut q);
        q.and(&format!("{MAIN_STATE} = ?"), state);
        q.push(" ORDER BY f.cover_id LIMIT ?", [(max + 1).into()]);
        let dots: Vec<Dot> = tx.all(q).await?;
        Ok((dots.len() as i64 <= max).then_some(dots))
    }

    /// Covers per cell of the tile and main state.
    async fn counts(&self, tx: &mut Tx, z: u8) -> Result<BTreeMap<i64, Vec<(String, i64)>>> {
        let fine = (z + CELLS).min(CELL_ZOOM);
        let size = 1i64 << shift(fine);
        let columns = format!("f.cell / {size}, {MAIN_STATE}, count(*)");
        let mut q = self.filter.select(&columns, "", self.scope, self.cx);
        self.narrow(&mut q);
        q.push(" GROUP BY 1, 2", []);
        let rows: Vec<(i64, String, i64)> = tx.all(q).await?;
        let mut cells: BTreeMap<i64, Vec<(String, i64)>> = BTreeMap::new();
        for (cell, state, n) in rows {
            cells.entry(cell).or_default().push((state, n));
        }
        Ok(cells)
    }
}

fn count(out: &mut MvtTile, z: u8, cells: BTreeMap<i64, Vec<(String, i64)>>) {
    let fine = (z + CELLS).min(CELL_ZOOM);
    let layer = out.layer("counts");
    for (cell, states) in cells {
        let total: i64 = states.iter().map(|(_, n)| n).sum();
        let mut properties = vec![("n", MvtValue::from(total))];
        for (state, n) in &states {
            properties.push((state.as_str(), MvtValue::from(*n)));
        }
        layer.point(u64::try_from(cell).unwrap_or(0), cell_middle(cell, fine), &properties);
    }
}

fn draw(out: &mut MvtTile, name: &str, dots: &[Dot]) {
    let layer = out.layer(name);
    for d in dots {
        let mut properties = vec![
            ("uid", MvtValue::from(d.uid.to_string())),
            ("well", MvtValue::from(d.well_uid.to_string())),
            ("kind", MvtValue::from(d.kind.as_str())),
            ("state", MvtValue::from(d.state.as_str())),
            ("lifecycle", MvtValue::from(d.lifecycle.as_str())),
            ("labelled", MvtValue::from(d.labelled)),
            ("sensor", MvtValue::from(d.has_sensor)),
            ("owned", MvtValue::from(d.owner_known)),
        ];
        if let Some(code) = &d.code {
            properties.push(("code", MvtValue::from(code.as_str())));
        }
        layer.point(u64::try_from(d.id).unwrap_or(0), d.place(), &properties);
    }
}
