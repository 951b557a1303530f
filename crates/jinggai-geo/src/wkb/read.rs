//! Reading of WKB and EWKB.

use super::WkbError;
use crate::{Geometry, Point, geometry::Ring};

const POINT: u32 = 1;
const LINE: u32 = 2;
const POLYGON: u32 = 3;
const MULTI_POINT: u32 = 4;
const MULTI_LINE: u32 = 5;
const MULTI_POLYGON: u32 = 6;

/// Byte order, type code and two numbers: the least that a member of a collection takes.
const MEMBER_BYTES_MIN: usize = 9;

/// Reads ISO WKB (or EWKB, whose SRID is ignored).
///
/// # Errors
/// [`WkbError`] when the bytes are not exactly one geometry of a kept kind.
pub fn from_wkb(bytes: &[u8]) -> Result<Geometry, WkbError> {
    Ok(from_ewkb(bytes)?.0)
}

/// Reads PostGIS EWKB (or plain WKB) with the SRID, if it carries one.
///
/// # Errors
/// [`WkbError`] when the bytes are not exactly one geometry of a kept kind.
pub fn from_ewkb(bytes: &[u8]) -> Result<(Geometry, Option<i32>), WkbError> {
    let mut r = Reader { bytes, at: 0 };
    let head = r.head()?;
    let geometry = r.body(&head)?;
    match r.left() {
        0 => Ok((geometry, head.srid)),
        n => Err(WkbError::Trailing(n)),
    }
}

/// The position of a WKB point without building anything else; `None` for other kinds.
pub(super) fn wkb_point(bytes: &[u8]) -> Result<Option<Point>, WkbError> {
    let mut r = Reader { bytes, at: 0 };
    let head = r.head()?;
    if head.kind == POINT { r.position(&head).map(Some) } else { Ok(None) }
}

/// Reader of numbers with bounds checks.
pub(super) struct Reader<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
}

struct Head {
    little: bool,
    kind: u32,
    dims: usize,
    srid: Option<i32>,
}

impl Reader<'_> {
    fn left(&self) -> usize {
        self.bytes.len().saturating_sub(self.at)
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], WkbError> {
        let chunk = self.bytes.get(self.at..).and_then(<[u8]>::first_chunk::<N>);
        let Some(chunk) = chunk else {
            return Err(WkbError::Truncated { at: self.at, need: N, left: self.left() });
        };
        self.at += N;
        Ok(*chunk)
    }

    pub(super) fn u32(&mut self, little: bool) -> Result<u32, WkbError> {
        let b = self.take::<4>()?;
        Ok(if little { u32::from_le_bytes(b) } else { u32::from_be_bytes(b) })
    }

    pub(super) fn f64(&mut self, little: bool) -> Result<f64, WkbError> {
        let b = self.take::<8>()?;
        Ok(if little { f64::from_le_bytes(b) } else { f64::from_be_bytes(b) })
    }

    fn head(&mut self) -> Result<Head, WkbError> {
        let [order] = self.take::<1>()?;
        if order > 1 {
            return Err(WkbError::ByteOrder(order));
        }
        let little = order == 1;
        let code = self.u32(little)?;
        // EWKB keeps Z, M and SRID in the three top bits, ISO adds 1000, 2000 or 3000.
        let srid = if code & 0x2000_0000 == 0 { None } else { Some(self.u32(little)?.cast_signed()) };
        let iso = code & 0x1FFF_FFFF;
        let (family, kind) = (iso / 1000, iso % 1000);
        if family > 3 {
            return Err(WkbError::Kind(code));
        }
        let has_z = code & 0x8000_0000 != 0 || family & 1 != 0;
        let has_m = code & 0x4000_0000 != 0 || family & 2 != 0;
        Ok(Head { little, kind, dims: 2 + usize::from(has_z) + usize::from(has_m), srid })
    }

    /// A count whose members, at `each` bytes or more, must fit in what is left.
    fn count(&mut self, little: bool, each: usize) -> Result<usize, WkbError> {
        let n = self.u32(little)? as usize;
        match n.checked_mul(each) {
            Some(need) if need <= self.left() => Ok(n),
            need => {
                Err(WkbError::Truncated { at: self.at, need: need.unwrap_or(usize::MAX), left: self.left() })
            }
        }
    }

    fn position(&mut self, h: &Head) -> Result<Point, WkbError> {
        let p = Point::new(self.f64(h.little)?, self.f64(h.little)?);
        for _ in 2..h.dims {
            self.f64(h.little)?;
        }
        Ok(p)
    }

    fn positions(&mut self, h: &Head) -> Result<Vec<Point>, WkbError> {
        let n = self.count(h.little, h.dims * 8)?;
        (0..n).map(|_| self.position(h)).collect()
    }

    fn rings(&mut self, h: &Head) -> Result<Vec<Ring>, WkbError> {
        let n = self.count(h.little, 4)?;
        (0..n).map(|_| self.positions(h)).collect()
    }

    fn body(&mut self, h: &Head) -> Result<Geometry, WkbError> {
        match h.kind {
            POINT => Ok(Geometry::Point(self.position(h)?)),
            LINE => Ok(Geometry::LineString(self.positions(h)?)),
            POLYGON => Ok(Geometry::Polygon(self.rings(h)?)),
            MULTI_POLYGON => {
                let n = self.count(h.little, MEMBER_BYTES_MIN)?;
                let part = |r: &mut Self| {
                    let m = r.member(h, POLYGON)?;
                    r.rings(&m)
                };
                Ok(Geometry::MultiPolygon((0..n).map(|_| part(self)).collect::<Result<_, _>>()?))
            }
            // Shapefile and GeoPackage layers often promote single features to the multi kind.
            MULTI_POINT | MULTI_LINE => {
                if self.count(h.little, MEMBER_BYTES_MIN)? != 1 {
                    return Err(WkbError::Kind(h.kind));
                }
                let m = self.member(h, h.kind - 3)?;
                self.body(&m)
            }
            other => Err(WkbError::Kind(other)),
        }
    }

    fn member(&mut self, outer: &Head, kind: u32) -> Result<Head, WkbError> {
        let m = self.head()?;
        if m.kind == kind { Ok(m) } else { Err(WkbError::Member { outer: outer.kind, inner: m.kind }) }
    }
}
