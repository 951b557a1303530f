//! GeoPackage binary (OGC 12-128 2.1.3): a small header with SRID and envelope before the WKB, so that the
//! R-tree triggers need not decode the geometry.

use super::{
    WkbError,
    read::{Reader, wkb_point},
    write::append,
};
use crate::{Bbox, Geometry, Point};

const EMPTY: u8 = 0b0001_0000;
const EXTENDED: u8 = 0b0010_0000;

/// A geometry read from a GeoPackage, with its SRID.
#[derive(Clone, Debug, PartialEq)]
pub struct Gpb {
    /// `srs_id` of the header.
    pub srid: i32,
    /// The geometry; heights dropped.
    pub geometry: Geometry,
}

/// GeoPackage binary of a geometry; with an XY envelope for all but points and empty ones.
#[must_use]
pub fn to_gpb(g: &Geometry, srid: i32) -> Vec<u8> {
    let envelope = if matches!(g, Geometry::Point(_)) { None } else { g.bbox() };
    let empty = if g.is_empty() { EMPTY } else { 0 };
    let mut out = Vec::with_capacity(64);
    out.extend([b'G', b'P', 0, 1 | empty | u8::from(envelope.is_some()) << 1]);
    out.extend(srid.to_le_bytes());
    if let Some(b) = envelope {
        for v in [b.w, b.e, b.s, b.n] {
            out.extend(v.to_le_bytes());
        }
    }
    append(&mut out, g, None);
    out
}

/// GeoPackage binary of one non-empty point, without allocation.
#[must_use]
pub fn point_to_gpb(p: Point, srid: i32) -> [u8; 29] {
    let mut b = [0; 29];
    b[..4].copy_from_slice(&[b'G', b'P', 0, 1]);
    b[4..8].copy_from_slice(&srid.to_le_bytes());
    b[8..13].copy_from_slice(&[1, 1, 0, 0, 0]);
    b[13..21].copy_from_slice(&p.lng.to_le_bytes());
    b[21..].copy_from_slice(&p.lat.to_le_bytes());
    b
}

/// Reads a GeoPackage binary.
///
/// # Errors
/// [`WkbError`] when header or geometry are malformed or of a kind that the store does not keep.
pub fn from_gpb(bytes: &[u8]) -> Result<Gpb, WkbError> {
    let h = header(bytes)?;
    Ok(Gpb { srid: h.srid, geometry: super::from_wkb(h.wkb)? })
}

/// The box of a GeoPackage binary for `ST_MinX` and its sisters: from the envelope or the point, decoding the
/// geometry only when there is neither. `None` for an empty geometry.
///
/// # Errors
/// [`WkbError`] as for [`from_gpb`]; the geometry behind an envelope is not looked at.
pub fn gpb_bbox(bytes: &[u8]) -> Result<Option<Bbox>, WkbError> {
    let h = header(bytes)?;
    if h.empty {
        return Ok(None);
    }
    if let Some(b) = h.envelope {
        let is_number = [b.w, b.s, b.e, b.n].iter().all(|v| !v.is_nan());
        return Ok(is_number.then_some(b));
    }
    match wkb_point(h.wkb)? {
        Some(p) => Ok(Bbox::around([p])),
        None => Ok(super::from_wkb(h.wkb)?.bbox()),
    }
}

/// Whether a GeoPackage binary holds an empty geometry, for `ST_IsEmpty`.
///
/// # Errors
/// [`WkbError`] as for [`gpb_bbox`].
pub fn gpb_is_empty(bytes: &[u8]) -> Result<bool, WkbError> {
    Ok(gpb_bbox(bytes)?.is_none())
}

struct Header<'a> {
    srid: i32,
    empty: bool,
    envelope: Option<Bbox>,
    wkb: &'a [u8],
}

fn header(bytes: &[u8]) -> Result<Header<'_>, WkbError> {
    let Some(([b'G', b'P', 0, flags], _)) = bytes.split_first_chunk::<4>() else {
        return Err(WkbError::NotGpb);
    };
    let (flags, little) = (*flags, flags & 1 == 1);
    if flags & EXTENDED != 0 {
        return Err(WkbError::Flags(flags));
    }
    let mut r = Reader { bytes, at: 4 };
    let srid = r.u32(little)?.cast_signed();
    // Envelope codes: 0 none, 1 XY, 2 XYZ, 3 XYM, 4 XYZM; each axis has a minimum and a maximum.
    let axes = match (flags >> 1) & 7 {
        0 => 0,
        1 => 2,
        2 | 3 => 3,
        4 => 4,
        _ => return Err(WkbError::Flags(flags)),
    };
    let mut edges = [0.0; 8];
    for e in edges.iter_mut().take(axes * 2) {
        *e = r.f64(little)?;
    }
    let envelope = (axes > 0).then(|| Bbox::new(edges[0], edges[2], edges[1], edges[3]));
    let wkb = bytes.get(r.at..).unwrap_or_default();
    Ok(Header { srid, empty: flags & EMPTY != 0, envelope, wkb })
}
