//! An index of points in memory for duplicate search (查重): "is there a cover within half a metre?", for up
//! to ten million points.
//!
//! Points hang in chains off a hash table of grid cells. Each takes 23 bytes and its share of the table 2–4,
//! all in two plain vectors: no allocation per point, and ten million points with known capacity take about
//! 270 MB. A chain never slows another one, so a file with a hundred thousand covers at one place costs
//! memory but not the index. Not here: persistence, and boxes or polygons, which are the store's R-tree's
//! job.

use crate::{Point, metric::metres_per_degree};

/// What [`GridIndex::nearest_within`] found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Near {
    /// The id that was inserted.
    pub id: i64,
    /// The kind that was inserted.
    pub kind: u8,
    /// Distance in metres.
    pub distance_m: f64,
}

/// Index of points in memory (内存点索引); see the module's text.
pub struct GridIndex {
    cell_m: f64,
    /// First entry of each chain, or [`NONE`]; the length is a power of two.
    heads: Vec<u32>,
    entries: Vec<Entry>,
    /// First of the removed entries, chained like the others.
    free: u32,
    len: usize,
}

/// Packed without padding: longitude 5 bytes, latitude 5, id 8, kind 1, next entry 4.
type Entry = [u8; 23];

const NONE: u32 = u32::MAX;

/// Steps of 360/2⁴⁰ degrees (0.04 mm), so that five bytes hold any angle.
const STEPS_PER_DEGREE: f64 = (1u64 << 40) as f64 / 360.0;

/// Points per chain at which the table doubles.
const CHAIN_MAX: usize = 2;

/// Longitude cells stay finite at the poles.
const METRES_PER_DEGREE_MIN: f64 = 1_000.0;

impl GridIndex {
    /// An empty index for searches of about `radius_m` metres; larger radii work and look at more cells.
    #[must_use]
    pub fn new(radius_m: f64) -> Self {
        Self::with_capacity(radius_m, 0)
    }

    /// As [`GridIndex::new`], with room for `points`.
    #[must_use]
    pub fn with_capacity(radius_m: f64, points: usize) -> Self {
        let radius = if radius_m.is_finite() { radius_m.max(0.05) } else { 0.5 };
        Self {
            // Wide cells mean fewer to look at, narrow ones shorter chains; four radii make two cells on
            // average.
            cell_m: 4.0 * radius,
            heads: vec![NONE; points.div_ceil(CHAIN_MAX).next_power_of_two().max(16)],
            entries: Vec::with_capacity(points),
            free: NONE,
            len: 0,
        }
    }

    /// Number of points.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no point.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bytes in use, for reports.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.heads.capacity() * size_of::<u32>() + self.entries.capacity() * size_of::<Entry>()
    }

    /// Adds a point. Returns false, and adds nothing, for a position off the globe or when 2³² − 1 points are
    /// held.
    pub fn insert(&mut self, id: i64, kind: u8, p: Point) -> bool {
        if !p.is_valid() || (self.free == NONE && self.entries.len() >= NONE as usize) {
            return false;
        }
        if self.len >= self.heads.len() * CHAIN_MAX {
            self.grow();
        }
        let slot = self.slot(self.cell_of(p));
        let entry = pack(p, id, kind, self.heads[slot]);
        let at = if self.free == NONE {
            self.entries.push(entry);
            self.entries.len() as u32 - 1
        } else {
            let at = self.free;
            self.free = next(&self.entries[at as usize]);
            self.entries[at as usize] = entry;
            at
        };
        self.heads[slot] = at;
        self.len += 1;
        true
    }

    /// Removes the point that was inserted with this id, kind and position; false when there is none.
    pub fn remove(&mut self, id: i64, kind: u8, p: Point) -> bool {
        if !p.is_valid() {
            return false;
        }
        let slot = self.slot(self.cell_of(p));
        let wanted = pack(p, id, kind, NONE);
        let (mut before, mut at) = (NONE, self.heads[slot]);
        while at != NONE {
            let entry = self.entries[at as usize];
            let after = next(&entry);
            if entry[..19] == wanted[..19] {
                if before == NONE {
                    self.heads[slot] = after;
                } else {
                    set_next(&mut self.entries[before as usize], after);
                }
                set_next(&mut self.entries[at as usize], self.free);
                self.free = at;
                self.len -= 1;
                return true;
            }
            (before, at) = (at, after);
        }
        false
    }

    /// The nearest point within `radius_m` metres (inclusive), of one kind or of any.
    #[must_use]
    pub fn nearest_within(&self, p: Point, radius_m: f64, kind: Option<u8>) -> Option<Near> {
        if !p.is_valid() || radius_m.is_nan() || self.is_empty() {
            return None;
        }
        let search = Search::new(p, radius_m, kind);
        let mut best = None;
        self.each_chain(&search, |head| self.follow(head, &search, &mut best));
        best
    }

    /// Visits every chain that may hold a point of the search once or more. Stops early when `visit` says
    /// there is nothing nearer.
    fn each_chain(&self, s: &Search, mut visit: impl FnMut(u32) -> bool) {
        let (dlng, dlat) = (s.radius_m / s.east_m, s.radius_m / s.north_m);
        let rows = self.row(s.p.lat - dlat)..=self.row(s.p.lat + dlat);
        // A radius of kilometres covers more cells than there are chains: then every chain is the shorter
        // way.
        let cells = ((2.0 * s.radius_m / self.cell_m) + 2.0).powi(2);
        if cells > self.heads.len() as f64 {
            for head in &self.heads {
                if visit(*head) {
                    return;
                }
            }
            return;
        }
        for row in rows {
            let per_degree = self.columns_per_degree(row);
            let (first, last) = (column(s.p.lng - dlng, per_degree), column(s.p.lng + dlng, per_degree));
            for col in first..=last {
                if visit(self.heads[self.slot((row, col))]) {
                    return;
                }
            }
        }
    }

    /// Walks one chain; true when a point at distance 0 was found.
    fn follow(&self, head: u32, s: &Search, best: &mut Option<Near>) -> bool {
        let mut at = head;
        while at != NONE {
            let e = &self.entries[at as usize];
            if s.kind.is_none_or(|k| k == e[18]) {
                let d = s.distance_m(e);
                if d <= s.radius_m && best.is_none_or(|b| d < b.distance_m) {
                    *best = Some(Near { id: id(e), kind: e[18], distance_m: d });
                    if d == 0.0 {
                        return true;
                    }
                }
            }
            at = next(e);
        }
        false
    }

    fn grow(&mut self) {
        let mut live = Vec::with_capacity(self.len);
        for head in &self.heads {
            let mut at = *head;
            while at != NONE {
                live.push(at);
                at = next(&self.entries[at as usize]);
            }
        }
        self.heads = vec![NONE; self.heads.len() * 2];
        for at in live {
            let slot = self.slot(self.cell_of(position(&self.entries[at as usize])));
            set_next(&mut self.entries[at as usize], self.heads[slot]);
            self.heads[slot] = at;
        }
    }

    fn row(&self, lat: f64) -> i64 {
        (lat * 111_000.0 / self.cell_m).floor() as i64
    }

    /// Cells keep their width in metres, so their width in degrees depends on the row.
    fn columns_per_degree(&self, row: i64) -> f64 {
        let lat = row as f64 * self.cell_m / 111_000.0;
        (lat.to_radians().cos() * 111_000.0).max(METRES_PER_DEGREE_MIN) / self.cell_m
    }

    /// The cell of the position as it is stored, so that the same point always falls into the same cell.
    fn cell_of(&self, p: Point) -> (i64, i64) {
        let p = position(&pack(p, 0, 0, 0));
        let row = self.row(p.lat);
        (row, column(p.lng, self.columns_per_degree(row)))
    }

    fn slot(&self, (row, col): (i64, i64)) -> usize {
        // Fibonacci hashing; the high bits are the well-mixed ones.
        let key = row.cast_unsigned().wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ col.cast_unsigned();
        let mixed = key.wrapping_mul(0xD6E8_FEB8_6659_FD93);
        ((mixed ^ mixed >> 32) as usize) & (self.heads.len() - 1)
    }
}

fn column(lng: f64, per_degree: f64) -> i64 {
    (lng * per_degree).floor() as i64
}

/// One search with its local metric, computed once.
struct Search {
    p: Point,
    radius_m: f64,
    kind: Option<u8>,
    east_m: f64,
    north_m: f64,
}

impl Search {
    fn new(p: Point, radius_m: f64, kind: Option<u8>) -> Self {
        let p = position(&pack(p, 0, 0, 0));
        let (east, north_m) = metres_per_degree(p.lat);
        Self { p, radius_m, kind, east_m: east.max(METRES_PER_DEGREE_MIN), north_m }
    }

    fn distance_m(&self, e: &Entry) -> f64 {
        let q = position(e);
        let (x, y) = ((q.lng - self.p.lng) * self.east_m, (q.lat - self.p.lat) * self.north_m);
        (x * x + y * y).sqrt()
    }
}

fn pack(p: Point, id: i64, kind: u8, next: u32) -> Entry {
    let mut e = [0; 23];
    for (at, degrees) in [(0, p.lng), (5, p.lat)] {
        let steps = (degrees * STEPS_PER_DEGREE).round() as i64;
        e[at..at + 5].copy_from_slice(&steps.to_le_bytes()[..5]);
    }
    e[10..18].copy_from_slice(&id.to_le_bytes());
    e[18] = kind;
    set_next(&mut e, next);
    e
}

fn position(e: &Entry) -> Point {
    // The sign of a five-byte number is restored by shifting it up to the top and back.
    let degrees = |b: [u8; 5]| {
        let steps = i64::from_le_bytes([0, 0, 0, b[0], b[1], b[2], b[3], b[4]]) >> 24;
        steps as f64 / STEPS_PER_DEGREE
    };
    Point::new(degrees([e[0], e[1], e[2], e[3], e[4]]), degrees([e[5], e[6], e[7], e[8], e[9]]))
}

fn id(e: &Entry) -> i64 {
    i64::from_le_bytes([e[10], e[11], e[12], e[13], e[14], e[15], e[16], e[17]])
}

fn next(e: &Entry) -> u32 {
    u32::from_le_bytes([e[19], e[20], e[21], e[22]])
}

fn set_next(e: &mut Entry, next: u32) {
    e[19..].copy_from_slice(&next.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{distance_m, offset_m};
    use proptest::prelude::*;

    const HERE: Point = Point::new(106.574_271, 29.606_703);

    proptest! {
        /// The index finds what a scan of all points finds, at any radius, with points removed in between.
        #[test]
        fn as_a_scan_does(
            moves in prop::collection::vec((-8.0..8.0f64, -8.0..8.0f64, 0u8..3, any::<bool>()), 1..120),
            ask in (-8.0..8.0f64, -8.0..8.0f64),
            radius in prop_oneof![Just(0.5), 0.0..3.0f64, 50.0..20_000.0f64],
            kind in prop::option::of(0u8..3),
            lat in -80.0..80.0f64,
        ) {
            let here = Point::new(HERE.lng, lat);
            let mut index = GridIndex::new(0.5);
            let mut all = vec![];
            for (i, (dx, dy, k, removed)) in moves.into_iter().enumerate() {
                let p = offset_m(here, dx, dy);
                prop_assert!(index.insert(i as i64, k, p));
                if removed {
                    prop_assert!(index.remove(i as i64, k, p));
                    prop_assert!(!index.remove(i as i64, k, p));
                } else {
                    all.push((k, p));
                }
            }
            prop_assert_eq!(index.len(), all.len());
            let p = offset_m(here, ask.0, ask.1);
            let nearest = all.iter().filter(|(k, _)| kind.is_none_or(|w| w == *k)).map(|(_, q)| distance_m(p, *q)).fold(f64::INFINITY, f64::min);
            let found = index.nearest_within(p, radius, kind).map(|n| n.distance_m);
            // Within a millimetre of the radius either answer is right.
            if nearest < radius - 1e-3 {
                prop_assert!(found.is_some_and(|d| (d - nearest).abs() < 1e-3), "{found:?} {nearest}");
            } else if nearest > radius + 1e-3 {
                prop_assert_eq!(found, None);
            }
        }
    }

    #[test]
    fn half_a_metre_and_kinds() {
        let mut index = GridIndex::new(0.5);
        assert!(index.is_empty() && index.nearest_within(HERE, 0.5, None).is_none());
        index.insert(7, 1, offset_m(HERE, 0.3, 0.0));
        index.insert(8, 2, offset_m(HERE, 0.0, -0.2));
        let near = index.nearest_within(HERE, 0.5, None).unwrap();
        assert_eq!((near.id, near.kind), (8, 2));
        assert!((near.distance_m - 0.2).abs() < 1e-3);
        assert_eq!(index.nearest_within(HERE, 0.5, Some(1)).unwrap().id, 7);
        assert_eq!(index.nearest_within(HERE, 0.5, Some(3)), None);
        assert_eq!(index.nearest_within(HERE, 0.1, None), None);
        assert!(!index.insert(9, 1, Point::new(f64::NAN, 0.0)) && !index.insert(9, 1, Point::new(0.0, 91.0)));
        assert_eq!(index.nearest_within(HERE, f64::NAN, None), None);
    }

    #[test]
    fn a_freed_place_is_used_again_and_ids_may_be_negative() {
        let mut index = GridIndex::new(0.5);
        for i in 0..1000 {
            assert!(index.insert(-i, 0, HERE) && index.remove(-i, 0, HERE));
        }
        assert_eq!(index.entries.len(), 1);
        index.insert(i64::MIN, 255, HERE);
        let near = index.nearest_within(HERE, 0.0, Some(255)).unwrap();
        assert_eq!((near.id, near.distance_m), (i64::MIN, 0.0));
    }

    #[test]
    fn small() {
        let n = 100_000;
        let mut index = GridIndex::with_capacity(0.5, n);
        for i in 0..n {
            index.insert(i as i64, 0, offset_m(HERE, (i % 400) as f64 * 5.0, (i / 400) as f64 * 5.0));
        }
        assert!(index.bytes() <= 28 * n, "{}", index.bytes());
        let p = offset_m(HERE, 1000.0, 500.0);
        assert_eq!(index.nearest_within(p, 0.5, None).unwrap().id, 100 * 400 + 200);
    }
}
