//! Ellipsoids and the way between geodetic and geocentric coordinates.

/// Ellipsoid of revolution (参考椭球).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ellipsoid {
    /// Semi-major axis, metres.
    pub a: f64,
    /// Inverse flattening.
    pub rf: f64,
}

impl Ellipsoid {
    /// CGCS2000 椭球 (EPSG:1024).
    pub const CGCS2000: Self = Self { a: 6_378_137.0, rf: 298.257_222_101 };
    /// 克拉索夫斯基椭球 1940, of the 1954 北京坐标系 (EPSG:7024).
    pub const KRASSOVSKY: Self = Self { a: 6_378_245.0, rf: 298.3 };
    /// IAG 75 椭球, of the 1980 西安坐标系 (EPSG:7049).
    pub const IAG75: Self = Self { a: 6_378_140.0, rf: 298.257 };

    /// First eccentricity squared.
    #[must_use]
    pub fn e2(self) -> f64 {
        (2.0 - 1.0 / self.rf) / self.rf
    }

    /// Geocentric X, Y, Z in metres of a position (degrees) on the ellipsoid's surface.
    pub(crate) fn geocentric(self, lng: f64, lat: f64) -> [f64; 3] {
        let (sin_lat, cos_lat) = lat.to_radians().sin_cos();
        let (sin_lng, cos_lng) = lng.to_radians().sin_cos();
        let n = self.a / (1.0 - self.e2() * sin_lat * sin_lat).sqrt();
        [n * cos_lat * cos_lng, n * cos_lat * sin_lng, n * (1.0 - self.e2()) * sin_lat]
    }

    /// Longitude and latitude (degrees) of geocentric metres; the height is dropped. Fixed point, good to
    /// 1e-14 rad near the surface.
    pub(crate) fn geodetic(self, [x, y, z]: [f64; 3]) -> (f64, f64) {
        let (e2, p) = (self.e2(), x.hypot(y));
        let mut lat = z.atan2(p * (1.0 - e2));
        for _ in 0..8 {
            let sin = lat.sin();
            let n = self.a / (1.0 - e2 * sin * sin).sqrt();
            lat = (z + e2 * n * sin).atan2(p);
        }
        (y.atan2(x).to_degrees(), lat.to_degrees())
    }
}
