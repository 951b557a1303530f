//! Local city systems (地方独立坐标系) and the older national ones, with the parameters of their owner.
//!
//! Parameters are usually classified, so they live in the district's configuration outside the repository,
//! and the `Debug` output hides them. Rotation signs and units differ between programs; a set should
//! therefore bring check points (检核点), against which it is verified before use.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{CrsError, Ellipsoid, GaussKruger, gauss};
use crate::{Point, distance_m};

/// A local system (地方独立坐标系, or 1954 北京 / 1980 西安) tied to CGCS2000 by its owner's parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalCrs {
    /// The name under which files refer to it (坐标系名称).
    pub name: String,
    /// Version of the parameter set (参数版本), kept in the transform's name of every record.
    pub version: String,
    /// The parameters (转换参数).
    pub shift: LocalShift,
    /// Accuracy that the owner states (转换精度), metres; without it the result counts as class C.
    #[serde(default)]
    pub accuracy_m: Option<f64>,
    /// Points known in both systems (检核点).
    #[serde(default)]
    pub check: Vec<CheckPoint>,
}

/// A point known in both systems (检核点).
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckPoint {
    /// Local easting in metres, or longitude in degrees.
    pub east: f64,
    /// Local northing in metres, or latitude in degrees.
    pub north: f64,
    /// CGCS2000 longitude, degrees.
    pub lng: f64,
    /// CGCS2000 latitude, degrees.
    pub lat: f64,
}

/// How a local system is tied to CGCS2000 (转换方法).
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum LocalShift {
    /// 平面四参数.
    FourParameters(FourParameters),
    /// 布尔沙七参数.
    SevenParameters(SevenParameters),
}

/// Plane similarity (平面四参数) onto a Gauss-Krüger plane, with x north and y east as in survey:
/// `X = dx + k (x cos α − y sin α)`, `Y = dy + k (x sin α + y cos α)`.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FourParameters {
    /// Shift north (Δx), metres.
    pub dx_north_m: f64,
    /// Shift east (Δy), metres; in the target's own eastings.
    pub dy_east_m: f64,
    /// Rotation α, seconds of arc.
    pub rotation_arcsec: f64,
    /// Scale factor k, near 1 (1 + m).
    pub scale: f64,
    /// The plane that the result is in, as `EPSG:4544` or `tm:106.5`.
    pub onto: GaussKruger,
}

/// Bursa-Wolf shift (布尔沙七参数) of geocentric coordinates: `X' = T + (1 + m) R X`. The ellipsoidal height
/// is taken as 0, which costs about 2 cm per 1000 m of height.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SevenParameters {
    /// Translation along X, metres.
    pub dx_m: f64,
    /// Translation along Y, metres.
    pub dy_m: f64,
    /// Translation along Z, metres.
    pub dz_m: f64,
    /// Rotation about X, seconds of arc.
    pub rx_arcsec: f64,
    /// Rotation about Y, seconds of arc.
    pub ry_arcsec: f64,
    /// Rotation about Z, seconds of arc.
    pub rz_arcsec: f64,
    /// Scale difference m, parts per million.
    pub scale_ppm: f64,
    /// Sign of the rotations; there is no safe default.
    pub convention: RotationConvention,
    /// Ellipsoid of the source.
    pub ellipsoid: SourceEllipsoid,
    /// Plane of the source coordinates; without it they are degrees.
    #[serde(default)]
    pub plane: Option<SourcePlane>,
}

/// Sign convention of the rotations (旋转角符号约定).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RotationConvention {
    /// 坐标框架旋转 (EPSG:9607): the frame turns.
    CoordinateFrame,
    /// 位置矢量旋转 (EPSG:9606): the vector turns.
    PositionVector,
}

/// Ellipsoid of the source system (源椭球).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceEllipsoid {
    /// 克拉索夫斯基 1940: 1954 北京坐标系.
    Krassovsky,
    /// IAG 75: 1980 西安坐标系.
    Iag75,
    /// CGCS2000.
    Cgcs2000,
    /// Any other.
    Custom {
        /// Semi-major axis, metres.
        a_m: f64,
        /// Inverse flattening.
        inverse_flattening: f64,
    },
}

/// Gauss-Krüger plane on the source ellipsoid (源平面坐标).
#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourcePlane {
    /// Central meridian, degrees.
    pub central_meridian_deg: f64,
    /// False easting, metres.
    pub false_easting_m: f64,
}

macro_rules! hide_values {
    ($($t:ty),*) => {$(
        impl fmt::Debug for $t {
            /// Classified values must not reach a log.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($t), "(hidden)"))
            }
        }
    )*};
}
hide_values!(CheckPoint, LocalShift, FourParameters, SevenParameters, SourcePlane);

/// Residual that check points may show when the owner states no accuracy: class A (±0.5 m).
const RESIDUAL_M_MAX: f64 = 0.5;

impl LocalCrs {
    /// Whether the source coordinates are degrees.
    #[must_use]
    pub const fn is_geographic(&self) -> bool {
        matches!(&self.shift, LocalShift::SevenParameters(p) if p.plane.is_none())
    }

    /// Checks ranges and check points; call it when the set is registered.
    ///
    /// # Errors [`CrsError::BadParameter`] names the field, [`CrsError::CheckPoint`] the point that comes out
    /// elsewhere.
    pub fn verify(&self) -> Result<(), CrsError> {
        self.check_ranges()?;
        let limit_m = self.accuracy_m.unwrap_or(RESIDUAL_M_MAX);
        for (i, c) in self.check.iter().enumerate() {
            let (lng, lat) = self.to_cgcs2000(c.east, c.north)?;
            let residual_m = distance_m(Point::new(lng, lat), Point::new(c.lng, c.lat));
            // Written so that a NaN is refused too.
            if !residual_m.is_finite() || residual_m > limit_m {
                return Err(CrsError::CheckPoint {
                    name: self.name.clone(),
                    index: i + 1,
                    residual_m,
                    limit_m,
                });
            }
        }
        Ok(())
    }

    fn check_ranges(&self) -> Result<(), CrsError> {
        let demand = |ok: bool, field, expected| {
            if ok { Ok(()) } else { Err(CrsError::BadParameter { name: self.name.clone(), field, expected }) }
        };
        demand(self.accuracy_m.is_none_or(|m| m > 0.0 && m.is_finite()), "accuracy_m", "应为正数，单位米")?;
        match &self.shift {
            LocalShift::FourParameters(p) => {
                demand(
                    (0.99..=1.01).contains(&p.scale),
                    "scale",
                    "应为接近 1 的尺度因子（1 + m），不是 ppm",
                )?;
                demand(
                    p.rotation_arcsec.abs() <= 648_000.0,
                    "rotation_arcsec",
                    "应为 ±648000 角秒之内（±180°）",
                )?;
                demand((p.dx_north_m + p.dy_east_m).is_finite(), "dx_north_m/dy_east_m", "应为有限数，单位米")
            }
            LocalShift::SevenParameters(p) => {
                demand(p.scale_ppm.abs() <= 1000.0, "scale_ppm", "应为百万分率 m，不是尺度因子 1 + m")?;
                let turns = [p.rx_arcsec, p.ry_arcsec, p.rz_arcsec];
                demand(turns.iter().all(|r| r.abs() <= 60.0), "rx/ry/rz_arcsec", "应为 ±60 角秒之内")?;
                let moves = [p.dx_m, p.dy_m, p.dz_m];
                demand(moves.iter().all(|d| d.abs() <= 10_000.0), "dx/dy/dz_m", "应为 ±10000 米之内")?;
                let e = p.ellipsoid.ellipsoid();
                let is_earth = (6.3e6..6.4e6).contains(&e.a) && (290.0..310.0).contains(&e.rf);
                demand(is_earth, "ellipsoid", "应为地球椭球：长半轴约 6378 千米，扁率倒数约 298")
            }
        }
    }

    /// CGCS2000 degrees of local values.
    pub(super) fn to_cgcs2000(&self, east: f64, north: f64) -> Result<(f64, f64), CrsError> {
        match &self.shift {
            LocalShift::FourParameters(p) => {
                let (e, n) = p.onto_plane(east, north);
                // The target's own complaint would show numbers that the user never gave.
                if p.onto.check(e, n).is_err() {
                    return Err(self.outside(east, north));
                }
                p.onto.unproject(e, n)
            }
            LocalShift::SevenParameters(p) => {
                if let Some(plane) = p.plane {
                    self.check_source(plane, east, north)?;
                }
                let (lng, lat) = p.source_degrees(east, north);
                Ok(Ellipsoid::CGCS2000.geodetic(p.shift(p.ellipsoid.ellipsoid().geocentric(lng, lat))))
            }
        }
    }

    /// The source plane is not of CGCS2000, so a hint at another zone's EPSG number would mislead.
    fn check_source(&self, plane: SourcePlane, east: f64, north: f64) -> Result<(), CrsError> {
        let SourcePlane { central_meridian_deg, false_easting_m } = plane;
        match (GaussKruger { central_meridian_deg, false_easting_m }).check(east, north) {
            Ok(()) => Ok(()),
            Err(e @ CrsError::LooksSwapped { .. }) => Err(e),
            Err(_) => Err(self.outside(east, north)),
        }
    }

    fn outside(&self, easting: f64, northing: f64) -> CrsError {
        CrsError::OutsidePlane { easting, northing, crs: format!("local:{}", self.name) }
    }

    /// Local values of CGCS2000 degrees.
    pub(super) fn project(&self, lng: f64, lat: f64) -> (f64, f64) {
        match &self.shift {
            LocalShift::FourParameters(p) => {
                let (e, n) = p.onto.project(lng, lat);
                p.off_plane(e, n)
            }
            LocalShift::SevenParameters(p) => {
                let target = Ellipsoid::CGCS2000.geocentric(lng, lat);
                // Rotations are seconds of arc, so each round shrinks the error about 10 000-fold.
                let mut guess = target;
                for _ in 0..6 {
                    let reached = p.shift(guess);
                    for i in 0..3 {
                        guess[i] += target[i] - reached[i];
                    }
                }
                let (lng, lat) = p.ellipsoid.ellipsoid().geodetic(guess);
                p.source_values(lng, lat)
            }
        }
    }
}

impl FourParameters {
    fn onto_plane(&self, y: f64, x: f64) -> (f64, f64) {
        let (sin, cos) = (self.rotation_arcsec / 3600.0).to_radians().sin_cos();
        let north = self.dx_north_m + self.scale * (x * cos - y * sin);
        let east = self.dy_east_m + self.scale * (x * sin + y * cos);
        (east, north)
    }

    fn off_plane(&self, east: f64, north: f64) -> (f64, f64) {
        let (sin, cos) = (self.rotation_arcsec / 3600.0).to_radians().sin_cos();
        let (u, v) = ((north - self.dx_north_m) / self.scale, (east - self.dy_east_m) / self.scale);
        (v * cos - u * sin, u * cos + v * sin)
    }
}

impl SevenParameters {
    fn shift(&self, [x, y, z]: [f64; 3]) -> [f64; 3] {
        let sign = match self.convention {
            RotationConvention::CoordinateFrame => 1.0,
            RotationConvention::PositionVector => -1.0,
        };
        let radians = |arcsec: f64| sign * (arcsec / 3600.0).to_radians();
        let (rx, ry, rz) = (radians(self.rx_arcsec), radians(self.ry_arcsec), radians(self.rz_arcsec));
        let k = 1.0 + self.scale_ppm * 1e-6;
        [
            self.dx_m + k * (x + rz * y - ry * z),
            self.dy_m + k * (y - rz * x + rx * z),
            self.dz_m + k * (z + ry * x - rx * y),
        ]
    }

    fn source_degrees(&self, east: f64, north: f64) -> (f64, f64) {
        let Some(p) = self.plane else { return (east, north) };
        let (l, lat) = gauss::inverse(self.ellipsoid.ellipsoid(), east - p.false_easting_m, north);
        (p.central_meridian_deg + l, lat)
    }

    fn source_values(&self, lng: f64, lat: f64) -> (f64, f64) {
        let Some(p) = self.plane else { return (lng, lat) };
        let (e, n) = gauss::forward(self.ellipsoid.ellipsoid(), lng - p.central_meridian_deg, lat);
        (p.false_easting_m + e, n)
    }
}

impl SourceEllipsoid {
    /// The figures of the ellipsoid.
    #[must_use]
    pub const fn ellipsoid(self) -> Ellipsoid {
        match self {
            Self::Krassovsky => Ellipsoid::KRASSOVSKY,
            Self::Iag75 => Ellipsoid::IAG75,
            Self::Cgcs2000 => Ellipsoid::CGCS2000,
            Self::Custom { a_m, inverse_flattening } => Ellipsoid { a: a_m, rf: inverse_flattening },
        }
    }
}
