//! The geometry kinds that the store keeps, and the two questions asked of them without a database: the box,
//! and whether a point lies inside. No overlay, no buffering: PostGIS and QGIS do that.

use crate::{Bbox, Point};

/// A ring of a polygon (环); the first point is repeated at the end.
pub type Ring = Vec<Point>;

/// A geometry (几何对象) as the two stores keep it, in degrees.
#[derive(Clone, Debug, PartialEq)]
pub enum Geometry {
    /// 点: a cover, a sensor. Empty is a pair of NaN, as in WKB.
    Point(Point),
    /// 线: a pipe, a patrol track.
    LineString(Vec<Point>),
    /// 面: the outer ring, then the holes.
    Polygon(Vec<Ring>),
    /// 多面: an area of several parts.
    MultiPolygon(Vec<Vec<Ring>>),
}

impl From<Point> for Geometry {
    fn from(p: Point) -> Self {
        Self::Point(p)
    }
}

impl Geometry {
    /// The name by OGC and GeoJSON ("Point", "LineString" …).
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Point(_) => "Point",
            Self::LineString(_) => "LineString",
            Self::Polygon(_) => "Polygon",
            Self::MultiPolygon(_) => "MultiPolygon",
        }
    }

    /// Whether it holds no position at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Point(p) => p.lng.is_nan() && p.lat.is_nan(),
            Self::LineString(l) => l.is_empty(),
            Self::Polygon(p) => p.iter().all(Vec::is_empty),
            Self::MultiPolygon(m) => m.iter().flatten().all(Vec::is_empty),
        }
    }

    /// The box around it; `None` when it is empty.
    #[must_use]
    pub fn bbox(&self) -> Option<Bbox> {
        match self {
            Self::Point(p) => Bbox::around([*p]),
            Self::LineString(l) => Bbox::around(l.iter().copied()),
            Self::Polygon(p) => Bbox::around(p.iter().flatten().copied()),
            Self::MultiPolygon(m) => Bbox::around(m.iter().flatten().flatten().copied()),
        }
    }

    /// Whether the point lies in the polygon or one of the polygons; false for points and lines.
    ///
    /// Even-odd rule on every ring, so holes count as outside. A point on an edge that two areas share is in
    /// exactly one of them: areas that tile a district give each cover one street (街镇).
    #[must_use]
    pub fn contains(&self, p: Point) -> bool {
        match self {
            Self::Point(_) | Self::LineString(_) => false,
            Self::Polygon(rings) => in_rings(rings, p),
            Self::MultiPolygon(parts) => parts.iter().any(|rings| in_rings(rings, p)),
        }
    }
}

fn in_rings(rings: &[Ring], p: Point) -> bool {
    rings.iter().filter(|r| crosses_oddly(r, p)).count() % 2 == 1
}

/// Counts edges east of the point. Ends are ordered by latitude, so that both neighbours of a shared edge
/// compute the same crossing.
fn crosses_oddly(ring: &[Point], p: Point) -> bool {
    let edges = ring.iter().zip(ring.iter().cycle().skip(1));
    let crossings = edges.filter(|(a, b)| {
        let (lo, hi) = if a.lat <= b.lat { (a, b) } else { (b, a) };
        lo.lat <= p.lat
            && p.lat < hi.lat
            && p.lng < lo.lng + (p.lat - lo.lat) / (hi.lat - lo.lat) * (hi.lng - lo.lng)
    });
    crossings.count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ring(c: &[(f64, f64)]) -> Ring {
        c.iter().map(|&(x, y)| Point::new(x, y)).collect()
    }

    fn square(w: f64, s: f64, e: f64, n: f64) -> Ring {
        ring(&[(w, s), (e, s), (e, n), (w, n), (w, s)])
    }

    #[test]
    fn holes_and_parts() {
        let g = Geometry::MultiPolygon(vec![
            vec![square(0.0, 0.0, 10.0, 10.0), square(4.0, 4.0, 6.0, 6.0)],
            vec![square(20.0, 0.0, 30.0, 10.0)],
        ]);
        for (x, y, inside) in [
            (1.0, 1.0, true),
            (5.0, 5.0, false),
            (25.0, 5.0, true),
            (15.0, 5.0, false),
            (-1.0, 5.0, false),
            (f64::NAN, 5.0, false),
        ] {
            assert_eq!(g.contains(Point::new(x, y)), inside, "{x} {y}");
        }
        assert_eq!(g.bbox(), Some(Bbox::new(0.0, 0.0, 30.0, 10.0)));
    }

    #[test]
    fn empty_in_every_kind() {
        let empties = [
            Geometry::Point(Point::new(f64::NAN, f64::NAN)),
            Geometry::LineString(vec![]),
            Geometry::Polygon(vec![vec![]]),
            Geometry::MultiPolygon(vec![vec![], vec![vec![]]]),
        ];
        for g in empties {
            assert!(g.is_empty() && g.bbox().is_none() && !g.contains(Point::new(0.0, 0.0)), "{}", g.kind());
        }
    }

    proptest! {
        /// Two areas that share a crooked border: every point of the whole is in exactly one of them.
        #[test]
        fn shared_border_belongs_to_one(mid in prop::collection::vec(2.0..8.0f64, 3), x in 0.0..9.999f64, y in 0.0..9.999f64, on in 0.0..1.0f64) {
            let border: Vec<(f64, f64)> = vec![(mid[0], 0.0), (mid[1], 5.0), (mid[2], 10.0)];
            let mut west = vec![(0.0, 0.0)];
            west.extend(&border);
            west.extend([(0.0, 10.0), (0.0, 0.0)]);
            let mut east = vec![(10.0, 0.0), (10.0, 10.0)];
            east.extend(border.iter().rev());
            east.push((10.0, 0.0));
            let (west, east) = (Geometry::Polygon(vec![ring(&west)]), Geometry::Polygon(vec![ring(&east)]));
            let on_border = Point::new(mid[0] + on * (mid[1] - mid[0]), on * 5.0);
            for p in [Point::new(x, y), on_border, Point::new(mid[1], 5.0)] {
                prop_assert!(west.contains(p) != east.contains(p), "{p:?}");
            }
        }
    }
}
