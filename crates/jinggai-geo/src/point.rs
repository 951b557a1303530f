//! A position and a box of positions in degrees. No datum is carried: CGCS2000 unless a function says
//! otherwise.

use serde::{Deserialize, Serialize};

/// A position (坐标点) in degrees, CGCS2000 (EPSG:4490) unless said otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Longitude (经度), degrees east.
    pub lng: f64,
    /// Latitude (纬度), degrees north.
    pub lat: f64,
}

impl Point {
    /// The position at `lng` degrees east, `lat` degrees north; nothing is checked.
    #[must_use]
    pub const fn new(lng: f64, lat: f64) -> Self {
        Self { lng, lat }
    }

    /// Whether both values are finite and on the globe (±180°, ±90°).
    #[must_use]
    pub fn is_valid(self) -> bool {
        self.lng.abs() <= 180.0 && self.lat.abs() <= 90.0
    }
}

/// A box along the axes (范围), degrees; a box never crosses the 180° meridian.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bbox {
    /// West edge, degrees.
    pub w: f64,
    /// South edge, degrees.
    pub s: f64,
    /// East edge, degrees.
    pub e: f64,
    /// North edge, degrees.
    pub n: f64,
}

impl Bbox {
    /// The box with these edges; nothing is checked.
    #[must_use]
    pub const fn new(w: f64, s: f64, e: f64, n: f64) -> Self {
        Self { w, s, e, n }
    }

    /// The smallest box around the points that are numbers; `None` when there is none.
    pub fn around(points: impl IntoIterator<Item = Point>) -> Option<Self> {
        points.into_iter().filter(|p| !p.lng.is_nan() && !p.lat.is_nan()).fold(None, |acc, p| {
            let b = Self::new(p.lng, p.lat, p.lng, p.lat);
            Some(acc.map_or(b, |a: Self| a.union(b)))
        })
    }

    /// The smallest box that holds both.
    #[must_use]
    pub fn union(self, o: Self) -> Self {
        Self::new(self.w.min(o.w), self.s.min(o.s), self.e.max(o.e), self.n.max(o.n))
    }

    /// Whether the point is inside or on the edge.
    #[must_use]
    pub fn contains(self, p: Point) -> bool {
        p.lng >= self.w && p.lng <= self.e && p.lat >= self.s && p.lat <= self.n
    }

    /// Whether the boxes share at least a point.
    #[must_use]
    pub fn intersects(self, o: Self) -> bool {
        self.w <= o.e && o.w <= self.e && self.s <= o.n && o.s <= self.n
    }

    /// The middle of the box.
    #[must_use]
    pub fn center(self) -> Point {
        Point::new((self.w + self.e) / 2.0, (self.s + self.n) / 2.0)
    }

    /// The box grown by `metres` on every side.
    #[must_use]
    pub fn grown_m(self, metres: f64) -> Self {
        let low = crate::offset_m(Point::new(self.w, self.s), -metres, -metres);
        let high = crate::offset_m(Point::new(self.e, self.n), metres, metres);
        Self::new(low.lng, low.lat, high.lng, high.lat)
    }

    /// Whether the edges are finite, ordered and on the globe.
    #[must_use]
    pub fn is_valid(self) -> bool {
        Point::new(self.w, self.s).is_valid()
            && Point::new(self.e, self.n).is_valid()
            && self.w <= self.e
            && self.s <= self.n
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn box_around_skips_what_is_not_a_number() {
        let b = Bbox::around([Point::new(106.5, 29.5), Point::new(f64::NAN, 1.0), Point::new(106.4, 29.6)]);
        assert_eq!(b, Some(Bbox::new(106.4, 29.5, 106.5, 29.6)));
        assert_eq!(Bbox::around([Point::new(f64::NAN, f64::NAN)]), None);
    }

    #[test]
    fn boxes_meet_contain_and_grow() {
        let b = Bbox::new(106.4, 29.5, 106.5, 29.6);
        assert!(b.contains(Point::new(106.4, 29.6)) && !b.contains(Point::new(106.39, 29.55)));
        assert!(b.intersects(Bbox::new(106.5, 29.6, 107.0, 30.0)));
        assert!(!b.intersects(Bbox::new(106.51, 29.5, 107.0, 30.0)));
        let g = b.grown_m(100.0);
        assert!(g.is_valid() && g.contains(Point::new(106.3991, 29.4992)));
        assert!(!g.contains(Point::new(106.3985, 29.55)));
        assert!(!Bbox::new(107.0, 29.0, 106.0, 30.0).is_valid());
        assert_eq!(b.center(), Point::new(106.45, 29.55));
    }
}
