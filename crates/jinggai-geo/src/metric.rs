//! Distances and small moves in metres on the CGCS2000 ellipsoid.

use crate::{Point, crs::Ellipsoid};

/// Up to here the curvature of the meridian does not matter (relative error below 1e-4, below 1e-6 within 10
/// km).
const LOCAL_DEG_MAX: f64 = 0.5;

/// Mean radius of the earth for the haversine, metres.
const MEAN_RADIUS_M: f64 = 6_371_008.8;

/// Distance in metres between two positions.
///
/// Within half a degree the local metric of the ellipsoid (relative error below 1e-4 below 60° latitude),
/// beyond it the haversine (0.5 %).
#[must_use]
pub fn distance_m(a: Point, b: Point) -> f64 {
    let (dlng, dlat) = (b.lng - a.lng, b.lat - a.lat);
    if dlng.abs() < LOCAL_DEG_MAX && dlat.abs() < LOCAL_DEG_MAX {
        let (east, north) = metres_per_degree((a.lat + b.lat) / 2.0);
        return (dlng * east).hypot(dlat * north);
    }
    let (half_lat, half_lng) = ((dlat / 2.0).to_radians().sin(), (dlng / 2.0).to_radians().sin());
    let h = half_lat * half_lat + a.lat.to_radians().cos() * b.lat.to_radians().cos() * half_lng * half_lng;
    2.0 * MEAN_RADIUS_M * h.min(1.0).sqrt().asin()
}

/// The position `dx` metres east and `dy` metres north; good to 1 ‰ for moves below 10 km.
#[must_use]
pub fn offset_m(p: Point, dx: f64, dy: f64) -> Point {
    let (_, north) = metres_per_degree(p.lat);
    let lat = p.lat + dy / north;
    let (east, _) = metres_per_degree((p.lat + lat) / 2.0);
    Point::new(p.lng + dx / east, lat)
}

/// Metres in a degree of longitude and in a degree of latitude, at a latitude in degrees.
#[must_use]
pub fn metres_per_degree(lat: f64) -> (f64, f64) {
    let Ellipsoid { a, .. } = Ellipsoid::CGCS2000;
    let e2 = Ellipsoid::CGCS2000.e2();
    let (sin, cos) = lat.to_radians().sin_cos();
    let w2 = 1.0 - e2 * sin * sin;
    let normal = a / w2.sqrt();
    ((normal * cos).to_radians(), (normal * (1.0 - e2) / w2).to_radians())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Geodesics by GeographicLib (PROJ 9.5.1, `Geod.inv` on the CGCS2000 ellipsoid).
    #[test]
    fn distances_agree_with_geodesics() {
        for (a, b, metres, tolerance) in [
            ((106.57, 29.60), (106.5701, 29.6001), 14.720_982_571_3, 1e-6),
            ((106.57, 29.60), (106.65, 29.65), 9_526.012_538_480, 1e-6),
            ((87.6, 43.8), (87.6, 43.89), 9_999.829_450_846, 1e-6),
            ((87.6, 43.8), (87.7, 43.8), 8_047.512_264_305, 1e-6),
            ((116.404, 39.915), (121.4737, 31.2304), 1_067_046.833_5, 5e-3),
        ] {
            let d = distance_m(Point::new(a.0, a.1), Point::new(b.0, b.1));
            assert!((d / metres - 1.0).abs() < tolerance, "{a:?} {b:?}: {d}");
        }
    }

    proptest! {
        #[test]
        fn a_move_has_its_length(lng in 73.0..135.0f64, lat in 4.0..54.0f64, dx in -5e3..5e3f64, dy in -5e3..5e3f64) {
            let p = Point::new(lng, lat);
            let d = distance_m(p, offset_m(p, dx, dy));
            prop_assert!((d - dx.hypot(dy)).abs() <= 1e-3 * dx.hypot(dy) + 1e-6);
        }
    }
}
