//! Tile arithmetic of the web map (瓦片): Web Mercator, XYZ scheme, and the Morton order for bulk loading of
//! the R-tree.

use std::f64::consts::PI;

use crate::{Bbox, Point};

/// Address of a tile (瓦片编号).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TileId {
    /// Zoom level, 0–30.
    pub z: u8,
    /// Column from the west.
    pub x: u32,
    /// Row from the north.
    pub y: u32,
}

/// Deepest zoom for which columns fit 32 bits with room for arithmetic.
pub const ZOOM_MAX: u8 = 30;

/// Latitude at which the Web Mercator square ends, degrees.
const LATITUDE_MAX: f64 = 85.051_128_779_806_6;

impl TileId {
    /// The tile with this address; `None` when there is no such tile.
    #[must_use]
    pub const fn new(z: u8, x: u32, y: u32) -> Option<Self> {
        if z > ZOOM_MAX || x >> z != 0 || y >> z != 0 {
            return None;
        }
        Some(Self { z, x, y })
    }

    /// The tile's box, degrees.
    #[must_use]
    pub fn bbox(self) -> Bbox {
        self.bbox_with_buffer(0.0)
    }

    /// The tile's box grown on every side by a fraction of its width: what to query so that symbols on the
    /// edge are whole.
    #[must_use]
    pub fn bbox_with_buffer(self, fraction: f64) -> Bbox {
        let n = tiles_across(self.z);
        let lat = |row: f64| (PI * (1.0 - 2.0 * row / n)).sinh().atan().to_degrees();
        let (x, y) = (f64::from(self.x), f64::from(self.y));
        Bbox::new(
            (x - fraction) / n * 360.0 - 180.0,
            lat(y + 1.0 + fraction),
            (x + 1.0 + fraction) / n * 360.0 - 180.0,
            lat(y - fraction),
        )
    }

    /// Place of a point in the tile: 0–1 from the west and north edge, beyond for points outside.
    #[must_use]
    pub fn place(self, p: Point) -> (f64, f64) {
        let n = tiles_across(self.z);
        let (x, y) = unit_square(p);
        (x * n - f64::from(self.x), y * n - f64::from(self.y))
    }
}

/// The box of a tile in degrees; `None` when there is no such tile.
#[must_use]
pub fn tile_bbox(z: u8, x: u32, y: u32) -> Option<Bbox> {
    TileId::new(z, x, y).map(TileId::bbox)
}

/// The tile that holds a point at zoom `z` (cut to 30); points beyond the Mercator square go to its edge.
#[must_use]
pub fn tile_of(p: Point, z: u8) -> TileId {
    let z = z.min(ZOOM_MAX);
    let n = tiles_across(z);
    let (x, y) = unit_square(p);
    // A float cast saturates and turns NaN into 0, so the address is always that of a tile.
    let index = |v: f64| (v * n).clamp(0.0, n - 1.0) as u32;
    TileId { z, x: index(x), y: index(y) }
}

fn tiles_across(z: u8) -> f64 {
    f64::from(1u32 << z.min(ZOOM_MAX))
}

/// Web Mercator with the world as the unit square, y down.
fn unit_square(p: Point) -> (f64, f64) {
    let lat = p.lat.clamp(-LATITUDE_MAX, LATITUDE_MAX).to_radians();
    ((p.lng + 180.0) / 360.0, (1.0 - lat.tan().asinh() / PI) / 2.0)
}

/// Zoom of a map cell: at 24 a cell is about 2 m wide at the equator.
pub const CELL_ZOOM: u8 = 24;

/// The map cell of a point: the Z-order number of its tile at [`CELL_ZOOM`], 48 bits.
///
/// All cells of a tile are one contiguous range ([`cell_range`]), so a tile is one range of an index.
#[must_use]
pub fn cell_of(p: Point) -> i64 {
    let t = tile_of(p, CELL_ZOOM);
    signed(spread(u64::from(t.x)) | spread(u64::from(t.y)) << 1)
}

/// The cells of a tile: first, and one past the last. `None` for a tile finer than [`CELL_ZOOM`].
#[must_use]
pub fn cell_range(t: TileId) -> Option<(i64, i64)> {
    let shift = 2 * u32::from(CELL_ZOOM.checked_sub(t.z)?);
    let first = spread(u64::from(t.x)) | spread(u64::from(t.y)) << 1;
    Some((signed(first << shift), signed((first + 1) << shift)))
}

/// The middle of the tile of zoom `z` whose Z-order number is `number`.
#[must_use]
pub fn cell_middle(number: i64, z: u8) -> Point {
    let number = u64::try_from(number).unwrap_or(0);
    let b = TileId { z: z.min(ZOOM_MAX), x: gather(number), y: gather(number >> 1) }.bbox();
    Point { lng: f64::midpoint(b.w, b.e), lat: f64::midpoint(b.s, b.n) }
}

/// 48 bits always fit.
fn signed(v: u64) -> i64 {
    i64::try_from(v).unwrap_or(i64::MAX)
}

/// Takes every second bit of a number: the reverse of [`spread`].
const fn gather(v: u64) -> u32 {
    let v = v & 0x5555_5555_5555_5555;
    let v = (v | v >> 1) & 0x3333_3333_3333_3333;
    let v = (v | v >> 2) & 0x0F0F_0F0F_0F0F_0F0F;
    let v = (v | v >> 4) & 0x00FF_00FF_00FF_00FF;
    let v = (v | v >> 8) & 0x0000_FFFF_0000_FFFF;
    (v | v >> 16) as u32
}

/// Morton number (Z-order) of a point: neighbours have near numbers. 62 bits, so it fits a signed SQL
/// integer; NaN counts as the corner.
#[must_use]
pub fn morton(p: Point) -> u64 {
    let bits = |v: f64, low: f64, width: f64| {
        ((v - low) / width * (1u64 << 31) as f64).clamp(0.0, 2_147_483_647.0) as u64
    };
    spread(bits(p.lng, -180.0, 360.0)) | spread(bits(p.lat, -90.0, 180.0)) << 1
}

/// Puts a zero between the bits of a 31-bit number.
const fn spread(v: u64) -> u64 {
    let v = (v | v << 16) & 0x0000_FFFF_0000_FFFF;
    let v = (v | v << 8) & 0x00FF_00FF_00FF_00FF;
    let v = (v | v << 4) & 0x0F0F_0F0F_0F0F_0F0F;
    let v = (v | v << 2) & 0x3333_3333_3333_3333;
    (v | v << 1) & 0x5555_5555_5555_5555
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_lies_in_the_cells_of_its_tiles_only() {
        let p = Point { lng: 106.532_844, lat: 29.575_352 };
        for z in 0..=CELL_ZOOM {
            let t = tile_of(p, z);
            let (first, end) = cell_range(t).unwrap();
            assert!((first..end).contains(&cell_of(p)), "z{z}");
            let beside = TileId { x: (t.x + 1) % (1 << z).max(1), ..t };
            if z > 0 {
                let (first, end) = cell_range(beside).unwrap();
                assert!(!(first..end).contains(&cell_of(p)), "z{z} beside");
            }
            let middle = cell_middle(cell_of(p) >> (2 * u32::from(CELL_ZOOM - z)), z);
            assert_eq!(tile_of(middle, z), t, "z{z}");
        }
        assert!(cell_range(TileId { z: 25, x: 0, y: 0 }).is_none());
    }
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_point_is_in_its_tile(lng in -180.0..180.0f64, lat in -85.0..85.0f64, z in 0u8..=24) {
            let p = Point::new(lng, lat);
            let t = tile_of(p, z);
            prop_assert_eq!(TileId::new(t.z, t.x, t.y), Some(t));
            let (fx, fy) = t.place(p);
            prop_assert!((-1e-6..=1.0 + 1e-6).contains(&fx) && (-1e-6..=1.0 + 1e-6).contains(&fy));
            let c = t.bbox().center();
            prop_assert_eq!(tile_of(c, z), t);
            prop_assert!(t.bbox_with_buffer(0.01).contains(p));
        }
    }

    #[test]
    fn known_tiles() {
        // 江北城; the tile and its box by mercantile 1.2.1.
        assert_eq!(tile_of(Point::new(106.574_271, 29.606_703), 14), TileId { z: 14, x: 13042, y: 6780 });
        let world = tile_bbox(0, 0, 0).unwrap();
        assert!((world.n - LATITUDE_MAX).abs() < 1e-9 && world.w == -180.0 && world.e == 180.0);
        for (z, x, y) in [(0, 1, 0), (3, 0, 8), (31, 0, 0)] {
            assert_eq!(tile_bbox(z, x, y), None);
        }
        assert_eq!(tile_of(Point::new(f64::NAN, 90.0), 3), TileId { z: 3, x: 0, y: 0 });
        assert_eq!(
            tile_of(Point::new(180.0, -90.0), 40),
            TileId { z: 30, x: (1 << 30) - 1, y: (1 << 30) - 1 }
        );
    }

    #[test]
    fn morton_orders_by_quadrant() {
        let m = |x, y| morton(Point::new(x, y));
        assert_eq!(m(-180.0, -90.0), 0);
        assert_eq!(m(180.0, 90.0), (1 << 62) - 1);
        let (sw, se, nw, ne) = (m(-1.0, -1.0), m(1.0, -1.0), m(-1.0, 1.0), m(1.0, 1.0));
        assert!(sw < se && se < nw && nw < ne);
        assert!(m(106.5742, 29.6067).abs_diff(m(106.5743, 29.6067)) < 1 << 30);
        assert_eq!(m(f64::NAN, -90.0), 0);
    }
}
