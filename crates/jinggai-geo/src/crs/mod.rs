//! Coordinate reference systems (坐标参考系) that a district meets, and the one way from each to CGCS2000.
//!
//! Rule (domain 9.1): CGCS2000 is the truth; WGS-84 differs by centimetres and is taken as equal; GCJ-02 and
//! BD-09 are accepted, never better than accuracy class C; 1954 北京, 1980 西安 and local city systems need
//! parameters of their owner and are refused without. Deliberately not here: heights, grid-shift files, other
//! countries' systems.

mod axes;
mod ellipsoid;
mod error;
mod gauss;
mod local;
mod parse;
pub mod shifted;
mod transform;

use std::fmt;

pub use axes::{AxesVerdict, Looks, detect_axes};
pub use ellipsoid::Ellipsoid;
pub use error::CrsError;
pub use gauss::{FALSE_EASTING_M, GaussKruger};
pub use local::{
    CheckPoint, FourParameters, LocalCrs, LocalShift, RotationConvention, SevenParameters, SourceEllipsoid,
    SourcePlane,
};
pub use transform::{AccuracyClass, Axes, Provenance, Shifted, Transform, degrees_of_mercator};

/// A coordinate reference system (坐标参考系) that input may come in. Parsed from what a user writes, see
/// [`Crs::parse`].
#[derive(Clone, Debug, PartialEq)]
pub enum Crs {
    /// 2000 国家大地坐标系, degrees: EPSG:4490, the store's own.
    Cgcs2000,
    /// WGS-84, degrees: EPSG:4326; what GNSS receivers and phones give.
    Wgs84,
    /// GCJ-02 火星坐标, degrees: 高德, 腾讯.
    Gcj02,
    /// BD-09 百度坐标, degrees.
    Bd09,
    /// CGCS2000 高斯-克吕格平面坐标, metres.
    GaussKruger(GaussKruger),
    /// Web 墨卡托 on WGS-84, metres: EPSG:3857.
    WebMercator,
    /// 地方独立坐标系 or an older national system, with the parameters of its owner.
    Local(Box<LocalCrs>),
}

impl Crs {
    /// Whether coordinates are degrees rather than metres.
    #[must_use]
    pub const fn is_geographic(&self) -> bool {
        match self {
            Self::Cgcs2000 | Self::Wgs84 | Self::Gcj02 | Self::Bd09 => true,
            Self::GaussKruger(_) | Self::WebMercator => false,
            Self::Local(l) => l.is_geographic(),
        }
    }
}

impl fmt::Display for Crs {
    /// The name that [`Crs::parse`] reads again; written beside each source coordinate.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cgcs2000 => f.write_str("EPSG:4490"),
            Self::Wgs84 => f.write_str("EPSG:4326"),
            Self::Gcj02 => f.write_str("GCJ-02"),
            Self::Bd09 => f.write_str("BD-09"),
            Self::GaussKruger(g) => g.fmt(f),
            Self::WebMercator => f.write_str("EPSG:3857"),
            Self::Local(l) => write!(f, "local:{}", l.name),
        }
    }
}
