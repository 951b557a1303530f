//! Writing of WKB and EWKB: little endian, two dimensions.

use crate::{Geometry, Point, geometry::Ring};

/// EWKB's mark for "an SRID follows the type code".
const EWKB_SRID: u32 = 0x2000_0000;

/// ISO WKB of a geometry.
#[must_use]
pub fn to_wkb(g: &Geometry) -> Vec<u8> {
    let mut out = Vec::with_capacity(32);
    append(&mut out, g, None);
    out
}

/// PostGIS EWKB of a geometry, with its SRID.
#[must_use]
pub fn to_ewkb(g: &Geometry, srid: i32) -> Vec<u8> {
    let mut out = Vec::with_capacity(32);
    append(&mut out, g, Some(srid));
    out
}

/// PostGIS EWKB of one point, without allocation.
#[must_use]
pub fn point_to_ewkb(p: Point, srid: i32) -> [u8; 25] {
    let mut b = [0; 25];
    b[0] = 1;
    b[1..5].copy_from_slice(&(1 | EWKB_SRID).to_le_bytes());
    b[5..9].copy_from_slice(&srid.to_le_bytes());
    b[9..17].copy_from_slice(&p.lng.to_le_bytes());
    b[17..].copy_from_slice(&p.lat.to_le_bytes());
    b
}

pub(super) fn append(out: &mut Vec<u8>, g: &Geometry, srid: Option<i32>) {
    match g {
        Geometry::Point(p) => {
            head(out, 1, srid);
            position(out, *p);
        }
        Geometry::LineString(l) => {
            head(out, 2, srid);
            positions(out, l);
        }
        Geometry::Polygon(rings) => polygon(out, rings, srid),
        Geometry::MultiPolygon(parts) => {
            head(out, 6, srid);
            count(out, parts.len());
            for rings in parts {
                polygon(out, rings, None);
            }
        }
    }
}

fn head(out: &mut Vec<u8>, kind: u32, srid: Option<i32>) {
    out.push(1);
    out.extend((kind | srid.map_or(0, |_| EWKB_SRID)).to_le_bytes());
    if let Some(srid) = srid {
        out.extend(srid.to_le_bytes());
    }
}

fn count(out: &mut Vec<u8>, n: usize) {
    let n = u32::try_from(n).expect("a geometry in memory has fewer than 2^32 members");
    out.extend(n.to_le_bytes());
}

fn polygon(out: &mut Vec<u8>, rings: &[Ring], srid: Option<i32>) {
    head(out, 3, srid);
    count(out, rings.len());
    for r in rings {
        positions(out, r);
    }
}

fn positions(out: &mut Vec<u8>, points: &[Point]) {
    count(out, points.len());
    for p in points {
        position(out, *p);
    }
}

fn position(out: &mut Vec<u8>, p: Point) {
    out.extend(p.lng.to_le_bytes());
    out.extend(p.lat.to_le_bytes());
}
