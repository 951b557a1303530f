//! Well-known binary, and the GeoPackage header before it (OGC 12-128r19, clause 2.1.3). Reads both byte orders and the
//! Z/M forms of ISO and PostGIS; writes little-endian XY or XYZ.

use super::{Bounds, Coord, Geometry};

/// Depth of nesting that is followed; a multi geometry needs two.
const DEPTH_MAX: u8 = 4;

struct Bytes<'a> {
    rest: &'a [u8],
    little: bool,
}

impl Bytes<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.rest.split_first_chunk::<N>()?;
        self.rest = rest;
        Some(*head)
    }

    fn u32(&mut self) -> Option<u32> {
        let bytes = self.take::<4>()?;
        Some(if self.little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }

    fn f64(&mut self) -> Option<f64> {
        let bytes = self.take::<8>()?;
        Some(if self.little { f64::from_le_bytes(bytes) } else { f64::from_be_bytes(bytes) })
    }

    /// A count that the remaining bytes can hold, so that a damaged one reserves no memory.
    fn count(&mut self, item_bytes: usize) -> Option<usize> {
        let count = self.u32()? as usize;
        (count.checked_mul(item_bytes)? <= self.rest.len()).then_some(count)
    }
}

#[derive(Clone, Copy)]
struct Dimensions {
    z: bool,
    m: bool,
}

impl Dimensions {
    fn bytes(self) -> usize {
        16 + 8 * (usize::from(self.z) + usize::from(self.m))
    }
}

/// Reads a GeoPackage blob: the geometry, `Some(None)` for an empty one, none when it is not valid.
#[must_use]
pub fn from_geopackage(bytes: &[u8]) -> Option<Option<Geometry>> {
    let (head, rest) = bytes.split_first_chunk::<8>()?;
    let [b'G', b'P', _version, flags, ..] = *head else { return None };
    let envelope = match (flags >> 1) & 7 {
        0 => 0,
        1 => 32,
        2 | 3 => 48,
        4 => 64,
        _ => return None,
    };
    if flags & 0x10 != 0 {
        return Some(None);
    }
    let geometry = from_wkb(rest.get(envelope..)?)?;
    Some(geometry.is_sound().then_some(geometry))
}

/// Reads plain or extended WKB; none when it is not valid or not one of the kinds of [`Geometry`].
#[must_use]
pub fn from_wkb(bytes: &[u8]) -> Option<Geometry> {
    geometry(&mut Bytes { rest: bytes, little: true }, 0)
}

fn geometry(bytes: &mut Bytes<'_>, depth: u8) -> Option<Geometry> {
    if depth > DEPTH_MAX {
        return None;
    }
    bytes.little = match bytes.take::<1>()? {
        [0] => false,
        [1] => true,
        _ => return None,
    };
    let code = bytes.u32()?;
    let thousands = (code & 0x0FFF_FFFF) / 1000;
    let dimensions = Dimensions {
        z: code & 0x8000_0000 != 0 || matches!(thousands, 1 | 3),
        m: code & 0x4000_0000 != 0 || matches!(thousands, 2 | 3),
    };
    if code & 0x2000_0000 != 0 {
        bytes.u32()?; // the SRID of extended WKB is declared elsewhere
    }
    Some(match (code & 0x0FFF_FFFF) % 1000 {
        1 => Geometry::Point(position(bytes, dimensions)?),
        2 => Geometry::LineString(line(bytes, dimensions)?),
        3 => Geometry::Polygon(rings(bytes, dimensions)?),
        4 => Geometry::MultiPoint(members(bytes, depth, |member| match member {
            Geometry::Point(at) => Some(at),
            _ => None,
        })?),
        5 => Geometry::MultiLineString(members(bytes, depth, |member| match member {
            Geometry::LineString(line) => Some(line),
            _ => None,
        })?),
        6 => Geometry::MultiPolygon(members(bytes, depth, |member| match member {
            Geometry::Polygon(rings) => Some(rings),
            _ => None,
        })?),
        _ => return None,
    })
}

fn position(bytes: &mut Bytes<'_>, dimensions: Dimensions) -> Option<Coord> {
    let (x, y) = (bytes.f64()?, bytes.f64()?);
    let z = if dimensions.z { Some(bytes.f64()?).filter(|z| z.is_finite()) } else { None };
    if dimensions.m {
        bytes.f64()?;
    }
    Some(Coord { x, y, z })
}

fn line(bytes: &mut Bytes<'_>, dimensions: Dimensions) -> Option<Vec<Coord>> {
    let count = bytes.count(dimensions.bytes())?;
    (0..count).map(|_| position(bytes, dimensions)).collect()
}

fn rings(bytes: &mut Bytes<'_>, dimensions: Dimensions) -> Option<Vec<Vec<Coord>>> {
    let count = bytes.count(4)?;
    (0..count).map(|_| line(bytes, dimensions)).collect()
}

fn members<T>(bytes: &mut Bytes<'_>, depth: u8, pick: impl Fn(Geometry) -> Option<T>) -> Option<Vec<T>> {
    let count = bytes.count(9)?;
    (0..count).map(|_| geometry(bytes, depth + 1).and_then(&pick)).collect()
}

/// A GeoPackage blob with an envelope, which readers use without parsing the body; points need none.
#[must_use]
pub fn to_geopackage(geometry: &Geometry, srs_id: i32) -> Vec<u8> {
    let mut out = Vec::with_capacity(64);
    let bounds = match geometry {
        Geometry::Point(_) => None,
        other => other.bounds(),
    };
    out.extend_from_slice(b"GP\0");
    out.push(if bounds.is_some() { 0b0000_0011 } else { 0b0000_0001 });
    out.extend_from_slice(&srs_id.to_le_bytes());
    if let Some(Bounds { min_x, min_y, max_x, max_y }) = bounds {
        for value in [min_x, max_x, min_y, max_y] {
            out.extend_from_slice(&value.to_le_bytes());
        }
    }
    write(&mut out, geometry, has_z(geometry));
    out
}

/// Plain ISO WKB.
#[must_use]
pub fn to_wkb(geometry: &Geometry) -> Vec<u8> {
    let mut out = Vec::with_capacity(32);
    write(&mut out, geometry, has_z(geometry));
    out
}

/// Whether every position has a height.
pub(crate) fn has_z(geometry: &Geometry) -> bool {
    let (mut some, mut all) = (false, true);
    geometry.for_each(|at| {
        some = true;
        all &= at.z.is_some();
    });
    some && all
}

fn write(out: &mut Vec<u8>, geometry: &Geometry, z: bool) {
    let head = |out: &mut Vec<u8>, code: u32| {
        out.push(1);
        out.extend_from_slice(&(code + if z { 1000 } else { 0 }).to_le_bytes());
    };
    match geometry {
        Geometry::Point(at) => {
            head(out, 1);
            put(out, at, z);
        }
        Geometry::LineString(line) => {
            head(out, 2);
            put_line(out, line, z);
        }
        Geometry::Polygon(rings) => {
            head(out, 3);
            put_rings(out, rings, z);
        }
        Geometry::MultiPoint(points) => {
            head(out, 4);
            count(out, points.len());
            for at in points {
                head(out, 1);
                put(out, at, z);
            }
        }
        Geometry::MultiLineString(lines) => {
            head(out, 5);
            count(out, lines.len());
            for line in lines {
                head(out, 2);
                put_line(out, line, z);
            }
        }
        Geometry::MultiPolygon(polygons) => {
            head(out, 6);
            count(out, polygons.len());
            for rings in polygons {
                head(out, 3);
                put_rings(out, rings, z);
            }
        }
    }
}

fn count(out: &mut Vec<u8>, count: usize) {
    out.extend_from_slice(&u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes());
}

fn put(out: &mut Vec<u8>, at: &Coord, z: bool) {
    out.extend_from_slice(&at.x.to_le_bytes());
    out.extend_from_slice(&at.y.to_le_bytes());
    if z {
        out.extend_from_slice(&at.z.unwrap_or(0.0).to_le_bytes());
    }
}

fn put_line(out: &mut Vec<u8>, line: &[Coord], z: bool) {
    count(out, line.len());
    for at in line {
        put(out, at, z);
    }
}

fn put_rings(out: &mut Vec<u8>, rings: &[Vec<Coord>], z: bool) {
    count(out, rings.len());
    for ring in rings {
        put_line(out, ring, z);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn coord() -> impl Strategy<Value = Coord> {
        (-180.0..180.0f64, -90.0..90.0f64).prop_map(|(x, y)| Coord::xy(x, y))
    }

    pub(crate) fn any_geometry() -> impl Strategy<Value = Geometry> {
        let line = || prop::collection::vec(coord(), 1..6);
        let rings = || prop::collection::vec(line(), 1..3);
        prop_oneof![
            coord().prop_map(Geometry::Point),
            line().prop_map(Geometry::MultiPoint),
            line().prop_map(Geometry::LineString),
            rings().prop_map(Geometry::MultiLineString),
            rings().prop_map(Geometry::Polygon),
            prop::collection::vec(rings(), 1..3).prop_map(Geometry::MultiPolygon),
        ]
    }

    proptest! {
        #[test]
        fn round_trip(geometry in any_geometry()) {
            prop_assert_eq!(from_wkb(&to_wkb(&geometry)), Some(geometry.clone()));
            prop_assert_eq!(from_geopackage(&to_geopackage(&geometry, 4490)), Some(Some(geometry)));
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut blob = b"GP\0\x01\0\0\0\0\x01".to_vec();
            blob.extend_from_slice(&bytes);
            let read = from_geopackage(&blob).flatten();
            prop_assert!(read.is_none_or(|geometry| geometry.is_sound()));
        }
    }

    #[test]
    fn heights_and_both_byte_orders() {
        let point = Geometry::Point(Coord { x: 1.0, y: 2.0, z: Some(3.0) });
        assert_eq!(from_wkb(&to_wkb(&point)), Some(point));
        let mut big = vec![0, 0, 0, 0, 1];
        big.extend_from_slice(&1.5f64.to_be_bytes());
        big.extend_from_slice(&2.5f64.to_be_bytes());
        assert_eq!(from_wkb(&big), Some(Geometry::point(1.5, 2.5)));
        // Extended WKB with SRID, as PostGIS gives it.
        let mut extended = vec![1, 1, 0, 0, 0x20, 0x8A, 0x11, 0, 0];
        extended.extend_from_slice(&1.5f64.to_le_bytes());
        extended.extend_from_slice(&2.5f64.to_le_bytes());
        assert_eq!(from_wkb(&extended), Some(Geometry::point(1.5, 2.5)));
    }
}
