//! Well-known binary in the three dialects met here: ISO WKB, GeoPackage binary (the embedded store) and
//! PostGIS EWKB.
//!
//! Writing is always little endian and flat (X, Y). Reading takes either byte order, ISO and EWKB type codes,
//! any envelope, and drops heights and measures, because files from QGIS, GDAL and survey tools come in all
//! of them. Bytes that are cut short or lie about their lengths give a [`WkbError`], never a panic and never
//! an allocation beyond the input's size.

mod gpb;
mod read;
mod write;

use thiserror::Error;

pub use gpb::{Gpb, from_gpb, gpb_bbox, gpb_is_empty, point_to_gpb, to_gpb};
pub use read::{from_ewkb, from_wkb};
pub use write::{point_to_ewkb, to_ewkb, to_wkb};

/// Why bytes are not a geometry that the store keeps.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum WkbError {
    /// The bytes end before the geometry does, or a count promises more than there is.
    #[error("几何数据不完整：第 {at} 字节处需要 {need} 字节，只剩 {left} 字节")]
    Truncated {
        /// Offset where the missing value begins.
        at: usize,
        /// Bytes needed there.
        need: usize,
        /// Bytes left there.
        left: usize,
    },
    /// Bytes follow the end of the geometry.
    #[error("几何数据之后多出 {0} 字节")]
    Trailing(usize),
    /// The byte-order mark is neither 0 nor 1.
    #[error("字节序标记 {0} 无效：应为 0（大端）或 1（小端）")]
    ByteOrder(u8),
    /// A type that the store does not keep.
    #[error("几何类型代码 {0} 不支持：应为点、线、面、多面，或只含一个成员的多点、多线")]
    Kind(u32),
    /// A part of a collection has a type that does not belong in it.
    #[error("几何类型 {outer} 中的成员类型为 {inner}")]
    Member {
        /// Base code of the collection.
        outer: u32,
        /// Base code found inside.
        inner: u32,
    },
    /// Not a GeoPackage binary header.
    #[error("不是 GeoPackage 几何：应以 GP 开头、版本 0（OGC 12-128 2.1.3）")]
    NotGpb,
    /// A GeoPackage header with an undefined envelope code or of the extended kind.
    #[error("GeoPackage 几何标志 {0:#04x} 不支持")]
    Flags(u8),
}
