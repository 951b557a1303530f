//! Gauss-Krüger projection (高斯-克吕格投影) by Krüger's series in the third flattening, both ways.
//!
//! Series to n⁴ after Krüger 1912 in the form of Karney, "Transverse Mercator with an accuracy of a few
//! nanometers" (2011), equations 35 and 36. Truncation is below a micrometre within six degrees of the
//! meridian.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Crs, CrsError, Ellipsoid};

/// A Gauss-Krüger plane (高斯平面坐标系) on CGCS2000; scale 1 on the meridian, no false northing.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct GaussKruger {
    /// Central meridian (中央子午线), degrees east.
    pub central_meridian_deg: f64,
    /// False easting in metres: 500 000, with the zone number (带号) before it in the prefixed form.
    pub false_easting_m: f64,
}

/// Easting of the central meridian without zone number, metres.
pub const FALSE_EASTING_M: f64 = 500_000.0;

impl GaussKruger {
    /// 3° zone (3度带) 25–45 with the zone number before the easting: EPSG:4513–4533.
    #[must_use]
    pub fn zone3(zone: u8) -> Self {
        Self {
            central_meridian_deg: 3.0 * f64::from(zone),
            false_easting_m: f64::from(zone) * 1e6 + FALSE_EASTING_M,
        }
    }

    /// 6° zone (6度带) 13–23 with the zone number before the easting: EPSG:4491–4501.
    #[must_use]
    pub fn zone6(zone: u8) -> Self {
        Self {
            central_meridian_deg: 6.0 * f64::from(zone) - 3.0,
            false_easting_m: f64::from(zone) * 1e6 + FALSE_EASTING_M,
        }
    }

    /// The plane on this meridian, eastings without zone number.
    #[must_use]
    pub const fn on_meridian(central_meridian_deg: f64) -> Self {
        Self { central_meridian_deg, false_easting_m: FALSE_EASTING_M }
    }

    /// The zone number (带号) that precedes the eastings; `None` when there is none.
    #[must_use]
    pub fn zone(self) -> Option<u8> {
        let zone = (self.false_easting_m - FALSE_EASTING_M) / 1e6;
        (zone.fract() == 0.0 && (1.0..=120.0).contains(&zone)).then_some(zone as u8)
    }

    /// The EPSG number of this plane; `None` for a meridian of one's own. A meridian common to 3° and 6°
    /// zones gives the 3° number.
    #[must_use]
    pub fn epsg(self) -> Option<u16> {
        (4513..=4554).chain(4491..=4512).find(|&n| Self::from_epsg(n) == Some(self))
    }

    /// The plane of an EPSG number of CGCS2000: 4491–4512 (6° zones), 4513–4554 (3° zones); zone form first,
    /// meridian form after.
    #[must_use]
    pub fn from_epsg(epsg: u16) -> Option<Self> {
        let step = |from: u16| (epsg - from) as u8;
        match epsg {
            4491..=4501 => Some(Self::zone6(13 + step(4491))),
            4502..=4512 => Some(Self::on_meridian(75.0 + 6.0 * f64::from(step(4502)))),
            4513..=4533 => Some(Self::zone3(25 + step(4513))),
            4534..=4554 => Some(Self::on_meridian(75.0 + 3.0 * f64::from(step(4534)))),
            _ => None,
        }
    }

    /// Easting and northing in metres of a CGCS2000 position in degrees.
    #[must_use]
    pub fn project(self, lng: f64, lat: f64) -> (f64, f64) {
        let (e, n) = forward(Ellipsoid::CGCS2000, lng - self.central_meridian_deg, lat);
        (self.false_easting_m + e, n)
    }

    /// CGCS2000 degrees (longitude, latitude) of easting and northing in metres.
    ///
    /// # Errors When the easting does not fit the zone or the northing lies outside China: the wrong CRS or
    /// the wrong axis order was given.
    pub fn unproject(self, east: f64, north: f64) -> Result<(f64, f64), CrsError> {
        self.check(east, north)?;
        let (l, lat) = inverse(Ellipsoid::CGCS2000, east - self.false_easting_m, north);
        Ok((self.central_meridian_deg + l, lat))
    }

    /// Refuses values that cannot belong to this plane, and says which one they would fit.
    pub(super) fn check(self, east: f64, north: f64) -> Result<(), CrsError> {
        if is_offset(east - self.false_easting_m) && NORTHINGS_M.contains(&north) {
            return Ok(());
        }
        let fits =
            |e: f64, n: f64| NORTHINGS_M.contains(&n) && is_offset(without_zone(e).1 - FALSE_EASTING_M);
        if fits(north, east) && !fits(east, north) {
            return Err(CrsError::LooksSwapped { x: east, y: north });
        }
        let (found, _) = without_zone(east);
        if fits(east, north) && found != self.zone() {
            return Err(CrsError::ZoneMismatch {
                easting: east,
                given: self.to_string(),
                found: describe_zone(found),
                right: right_crs(self, found),
            });
        }
        Err(CrsError::OutsidePlane { easting: east, northing: north, crs: self.to_string() })
    }
}

/// Northings from the South China Sea (latitude 3°) to the Amur (54°), metres.
pub(super) const NORTHINGS_M: std::ops::RangeInclusive<f64> = 330_000.0..=6_000_000.0;

/// Files overlap their zone; beyond 4° from the meridian (about 440 km at the equator) the zone is certainly
/// another.
fn is_offset(metres: f64) -> bool {
    metres.abs() <= 450_000.0
}

/// Splits the zone number from an easting: 35 652 500 is 652 500 in zone 35.
pub(super) fn without_zone(east: f64) -> (Option<u8>, f64) {
    if (13e6..46e6).contains(&east) {
        let zone = (east / 1e6).floor();
        (Some(zone as u8), east - zone * 1e6)
    } else {
        (None, east)
    }
}

fn describe_zone(zone: Option<u8>) -> String {
    zone.map_or("不带带号".to_owned(), |z| format!("带号 {z}"))
}

/// What the user should have given for eastings with this zone number (or without one).
fn right_crs(given: GaussKruger, found: Option<u8>) -> String {
    let right = match found {
        None => GaussKruger::on_meridian(given.central_meridian_deg),
        Some(z @ 25..=45) => GaussKruger::zone3(z),
        Some(z @ 13..=23) => GaussKruger::zone6(z),
        Some(z) => return format!("核对带号 {z}（3度带为 25–45，6度带为 13–23）"),
    };
    right.to_string()
}

impl fmt::Display for GaussKruger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.epsg() {
            Some(n) => write!(f, "EPSG:{n}"),
            None => write!(f, "tm:{},{}", self.central_meridian_deg, self.false_easting_m),
        }
    }
}

impl From<GaussKruger> for String {
    fn from(g: GaussKruger) -> Self {
        g.to_string()
    }
}

impl TryFrom<String> for GaussKruger {
    type Error = CrsError;

    fn try_from(s: String) -> Result<Self, CrsError> {
        match Crs::from_str(&s)? {
            Crs::GaussKruger(g) => Ok(g),
            _ => Err(CrsError::NotPlane(s)),
        }
    }
}

/// Coefficients of the series for one ellipsoid.
struct Series {
    /// Rectifying radius, metres.
    radius: f64,
    e: f64,
    alpha: [f64; 4],
    beta: [f64; 4],
}

fn series(ell: Ellipsoid) -> Series {
    let f = 1.0 / ell.rf;
    let n = f / (2.0 - f);
    let (n2, n3, n4) = (n * n, n * n * n, n * n * n * n);
    Series {
        radius: ell.a / (1.0 + n) * (1.0 + n2 / 4.0 + n4 / 64.0),
        e: ell.e2().sqrt(),
        alpha: [
            n / 2.0 - 2.0 / 3.0 * n2 + 5.0 / 16.0 * n3 + 41.0 / 180.0 * n4,
            13.0 / 48.0 * n2 - 3.0 / 5.0 * n3 + 557.0 / 1440.0 * n4,
            61.0 / 240.0 * n3 - 103.0 / 140.0 * n4,
            49561.0 / 161_280.0 * n4,
        ],
        beta: [
            n / 2.0 - 2.0 / 3.0 * n2 + 37.0 / 96.0 * n3 - n4 / 360.0,
            n2 / 48.0 + n3 / 15.0 - 437.0 / 1440.0 * n4,
            17.0 / 480.0 * n3 - 37.0 / 840.0 * n4,
            4397.0 / 161_280.0 * n4,
        ],
    }
}

/// Metres east and north of the meridian's foot, for a longitude difference and a latitude in degrees.
pub(super) fn forward(ell: Ellipsoid, dlng: f64, lat: f64) -> (f64, f64) {
    let s = series(ell);
    let l = dlng.to_radians();
    let t = conformal_tan(lat.to_radians().tan(), s.e);
    let (xi, eta) = (t.atan2(l.cos()), (l.sin() / t.hypot(l.cos())).asinh());
    let (mut north, mut east) = (xi, eta);
    for (c, k) in s.alpha.iter().zip([2.0, 4.0, 6.0, 8.0]) {
        north += c * (k * xi).sin() * (k * eta).cosh();
        east += c * (k * xi).cos() * (k * eta).sinh();
    }
    (s.radius * east, s.radius * north)
}

/// Longitude difference and latitude in degrees, for metres east and north of the meridian's foot.
pub(super) fn inverse(ell: Ellipsoid, east: f64, north: f64) -> (f64, f64) {
    let s = series(ell);
    let (xi, eta) = (north / s.radius, east / s.radius);
    let (mut x, mut y) = (xi, eta);
    for (c, k) in s.beta.iter().zip([2.0, 4.0, 6.0, 8.0]) {
        x -= c * (k * xi).sin() * (k * eta).cosh();
        y -= c * (k * xi).cos() * (k * eta).sinh();
    }
    let t = x.sin() / y.sinh().hypot(x.cos());
    (y.sinh().atan2(x.cos()).to_degrees(), geodetic_tan(t, ell.e2()).atan().to_degrees())
}

/// Tangent of the conformal latitude from the tangent of the geodetic one (Karney 2011, equation 7).
fn conformal_tan(tan: f64, e: f64) -> f64 {
    let sigma = (e * (e * tan / tan.hypot(1.0)).atanh()).sinh();
    tan * sigma.hypot(1.0) - sigma * tan.hypot(1.0)
}

/// The inverse by Newton's method (Karney 2011, equation 19); three rounds reach the last bit.
fn geodetic_tan(conformal: f64, e2: f64) -> f64 {
    let mut tan = conformal / (1.0 - e2);
    for _ in 0..4 {
        let reached = conformal_tan(tan, e2.sqrt());
        tan += (conformal - reached) / reached.hypot(1.0) * (1.0 + (1.0 - e2) * tan * tan)
            / ((1.0 - e2) * tan.hypot(1.0));
    }
    tan
}
