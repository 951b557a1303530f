//! The one door from source coordinates to the store's CGCS2000, which keeps record of what it did and
//! refuses to do it twice.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Crs, CrsError, LocalShift, shifted};
use crate::Point;

/// Order of the two values of a coordinate (轴序).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Axes {
    /// 先东后北: east (longitude) first, as in maps and GeoJSON.
    #[default]
    EastNorth,
    /// 先北后东: north (latitude) first, as in Chinese survey, where X is north and Y is east.
    NorthEast,
}

impl Axes {
    /// East and north from values in this order; the same function restores the order.
    #[must_use]
    pub const fn order(self, x: f64, y: f64) -> (f64, f64) {
        match self {
            Self::EastNorth => (x, y),
            Self::NorthEast => (y, x),
        }
    }
}

/// Accuracy class of a component's position (GB/T 30428.2-type, domain 3.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum AccuracyClass {
    /// A 级: ±0.5 m.
    A,
    /// B 级: ±1.0 m.
    B,
    /// C 级: ±10 m.
    C,
}

impl AccuracyClass {
    /// The class that an accuracy in metres reaches; `None` beyond 10 m or when it is no accuracy.
    #[must_use]
    pub fn of_metres(metres: f64) -> Option<Self> {
        match metres {
            m if m.is_nan() || m < 0.0 => None,
            m if m <= 0.5 => Some(Self::A),
            m if m <= 1.0 => Some(Self::B),
            m if m <= 10.0 => Some(Self::C),
            _ => None,
        }
    }

    /// The letter that records carry.
    #[must_use]
    pub const fn letter(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
        }
    }
}

impl fmt::Display for AccuracyClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.letter())
    }
}

impl FromStr for AccuracyClass {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        match s.trim() {
            "A" | "a" => Ok(Self::A),
            "B" | "b" => Ok(Self::B),
            "C" | "c" => Ok(Self::C),
            other => Err(format!("精度等级“{other}”无效：应为 A（±0.5 米）、B（±1.0 米）或 C（±10 米）")),
        }
    }
}

/// What was done to a stored coordinate (坐标来源): it stands beside the source values.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Provenance {
    /// The source CRS, as [`Crs`] shows it.
    pub crs: String,
    /// Identifier of the transform, [`Transform::name`].
    pub transform: String,
}

/// A coordinate brought to CGCS2000 (转换结果).
#[derive(Clone, Debug, PartialEq)]
pub struct Shifted {
    /// The place, CGCS2000 degrees.
    pub point: Point,
    /// What was done.
    pub provenance: Provenance,
    /// The best class that the place can claim.
    pub accuracy: AccuracyClass,
}

/// The way from one source CRS and axis order to CGCS2000 (坐标转换).
#[derive(Clone, Debug, PartialEq)]
pub struct Transform {
    crs: Crs,
    axes: Axes,
}

/// Name of the transform that changes nothing.
const IDENTITY: &str = "identity";

impl Transform {
    /// The transform from values of `crs` in the order `axes`.
    #[must_use]
    pub const fn new(crs: Crs, axes: Axes) -> Self {
        Self { crs, axes }
    }

    /// The source CRS.
    #[must_use]
    pub const fn crs(&self) -> &Crs {
        &self.crs
    }

    /// The source axis order.
    #[must_use]
    pub const fn axes(&self) -> Axes {
        self.axes
    }

    /// CGCS2000 degrees of the source values.
    ///
    /// # Errors [`CrsError`] when the values cannot belong to the CRS: not numbers, swapped, another zone,
    /// off the globe.
    pub fn to_cgcs2000(&self, x: f64, y: f64) -> Result<Point, CrsError> {
        if !(x.is_finite() && y.is_finite()) {
            return Err(CrsError::NotFinite { x, y });
        }
        let (east, north) = self.axes.order(x, y);
        let point = match &self.crs {
            Crs::Cgcs2000 | Crs::Wgs84 => degrees(east, north)?,
            Crs::Gcj02 => shifted::gcj02_to_wgs84(degrees(east, north)?),
            Crs::Bd09 => shifted::gcj02_to_wgs84(shifted::bd09_to_gcj02(degrees(east, north)?)),
            Crs::GaussKruger(g) => {
                let (lng, lat) = g.unproject(east, north)?;
                Point::new(lng, lat)
            }
            Crs::WebMercator => from_mercator(east, north)?,
            Crs::Local(l) => {
                if l.is_geographic() {
                    degrees(east, north)?;
                }
                let (lng, lat) = l.to_cgcs2000(east, north)?;
                Point::new(lng, lat)
            }
        };
        if point.is_valid() {
            Ok(point)
        } else {
            Err(CrsError::OutsidePlane { easting: east, northing: north, crs: self.crs.to_string() })
        }
    }

    /// Values of the CRS, in its axis order, for a CGCS2000 position: for export.
    #[must_use]
    pub fn project(&self, p: Point) -> (f64, f64) {
        let (east, north) = match &self.crs {
            Crs::Cgcs2000 | Crs::Wgs84 => (p.lng, p.lat),
            Crs::Gcj02 => pair(shifted::wgs84_to_gcj02(p)),
            Crs::Bd09 => pair(shifted::gcj02_to_bd09(shifted::wgs84_to_gcj02(p))),
            Crs::GaussKruger(g) => g.project(p.lng, p.lat),
            Crs::WebMercator => to_mercator(p),
            Crs::Local(l) => l.project(p.lng, p.lat),
        };
        self.axes.order(east, north)
    }

    /// Brings source values to CGCS2000 unless they already are: `carried` is what the record says was done
    /// to *these* values.
    ///
    /// To correct a wrong source CRS, pass the kept source values, which carry nothing.
    ///
    /// # Errors
    /// [`CrsError::AlreadyShifted`] when the values carry a transform and this one would change them; else as
    /// [`Transform::to_cgcs2000`].
    pub fn apply(&self, source: (f64, f64), carried: Option<&Provenance>) -> Result<Shifted, CrsError> {
        if let Some(p) = carried {
            if !self.is_identity() {
                return Err(CrsError::AlreadyShifted { crs: p.crs.clone(), transform: p.transform.clone() });
            }
            // What was recorded stays true: a second look at a stored value adds nothing.
            let point = self.to_cgcs2000(source.0, source.1)?;
            return Ok(Shifted { point, provenance: p.clone(), accuracy: accuracy_of(&p.transform, self) });
        }
        let point = self.to_cgcs2000(source.0, source.1)?;
        Ok(Shifted { point, provenance: self.provenance(), accuracy: self.accuracy() })
    }

    /// Whether the values stay as they are.
    #[must_use]
    pub const fn is_identity(&self) -> bool {
        matches!((&self.crs, self.axes), (Crs::Cgcs2000 | Crs::Wgs84, Axes::EastNorth))
    }

    /// The best accuracy class that the transform leaves (domain 9.1); the measurement itself may be worse.
    #[must_use]
    pub fn accuracy(&self) -> AccuracyClass {
        match &self.crs {
            Crs::Cgcs2000 | Crs::Wgs84 | Crs::GaussKruger(_) | Crs::WebMercator => AccuracyClass::A,
            Crs::Gcj02 | Crs::Bd09 => AccuracyClass::C,
            // An owner who states nothing, or worse than C, gets C: the place is kept, its use is limited.
            Crs::Local(l) => l.accuracy_m.and_then(AccuracyClass::of_metres).unwrap_or(AccuracyClass::C),
        }
    }

    /// The class of a place measured to `metres` and then transformed; `None` when the measurement is worse
    /// than 10 m.
    #[must_use]
    pub fn accuracy_with(&self, metres: f64) -> Option<AccuracyClass> {
        AccuracyClass::of_metres(metres).map(|c| c.max(self.accuracy()))
    }

    /// Identifier of the transform for the record; holds no classified parameter. `/1` is the version of the
    /// formula.
    #[must_use]
    pub fn name(&self) -> String {
        let name = match &self.crs {
            Crs::Cgcs2000 | Crs::Wgs84 => IDENTITY.to_owned(),
            Crs::Gcj02 => GCJ02.to_owned(),
            Crs::Bd09 => BD09.to_owned(),
            Crs::GaussKruger(g) => {
                format!("gauss-kruger/1:{},{}", g.central_meridian_deg, g.false_easting_m)
            }
            Crs::WebMercator => "web-mercator/1".to_owned(),
            Crs::Local(l) => {
                let method = match l.shift {
                    LocalShift::FourParameters(_) => "four-parameters/1",
                    LocalShift::SevenParameters(_) => "seven-parameters/1",
                };
                format!("{method}:{}@{}", l.name, l.version)
            }
        };
        match self.axes {
            Axes::EastNorth => name,
            Axes::NorthEast => format!("{name}+north-east"),
        }
    }

    /// What a record keeps beside coordinates brought in by this transform.
    #[must_use]
    pub fn provenance(&self) -> Provenance {
        Provenance { crs: self.crs.to_string(), transform: self.name() }
    }
}

const GCJ02: &str = "gcj02-to-wgs84/1";
const BD09: &str = "bd09-to-wgs84/1";

/// Class of a value that carries a recorded transform: a shift back from an internet map stays C for ever.
fn accuracy_of(recorded: &str, now: &Transform) -> AccuracyClass {
    let is_exact = [IDENTITY, "gauss-kruger/", "web-mercator/"].iter().any(|p| recorded.starts_with(p));
    if is_exact { now.accuracy() } else { AccuracyClass::C }
}

const fn pair(p: Point) -> (f64, f64) {
    (p.lng, p.lat)
}

/// Degrees as they are, when they can be; China lies wholly east of 72° and south of 56°, so a swap shows.
fn degrees(lng: f64, lat: f64) -> Result<Point, CrsError> {
    let p = Point::new(lng, lat);
    if !shifted::CHINA.contains(p) && shifted::CHINA.contains(Point::new(lat, lng)) {
        return Err(CrsError::LooksSwapped { x: lng, y: lat });
    }
    if p.is_valid() { Ok(p) } else { Err(CrsError::OutsideGlobe { lng, lat }) }
}

/// Radius of the sphere of EPSG:3857, metres.
const MERCATOR_RADIUS_M: f64 = 6_378_137.0;

fn to_mercator(p: Point) -> (f64, f64) {
    let north = p.lat.to_radians().tan().asinh();
    (MERCATOR_RADIUS_M * p.lng.to_radians(), MERCATOR_RADIUS_M * north)
}

fn from_mercator(east: f64, north: f64) -> Result<Point, CrsError> {
    let p = degrees_of_mercator(east, north);
    degrees(p.lng, p.lat)
}

/// Degrees of a place on the Web Mercator plane (EPSG:3857, metres), wherever it lies: for the box of a map, which may
/// reach beyond the globe. Coordinates of things go through [`Transform::to_cgcs2000`], which refuses what cannot be.
#[must_use]
pub fn degrees_of_mercator(east: f64, north: f64) -> Point {
    let lng = (east / MERCATOR_RADIUS_M).to_degrees();
    let lat = (north / MERCATOR_RADIUS_M).sinh().atan().to_degrees();
    Point::new(lng, lat)
}
