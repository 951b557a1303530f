//! WKB in its dialects: exact bytes, round trips, every tolerated variant, and hostile bytes.
#![allow(clippy::unwrap_used)]

use jinggai_geo::wkb::{
    WkbError, from_ewkb, from_gpb, from_wkb, gpb_bbox, gpb_is_empty, point_to_ewkb, point_to_gpb, to_ewkb,
    to_gpb, to_wkb,
};
use jinggai_geo::{Bbox, Geometry, Point};
use proptest::prelude::*;

fn hex(s: &str) -> Vec<u8> {
    let digits: Vec<u8> = s.chars().filter_map(|c| c.to_digit(16)).map(|d| d as u8).collect();
    digits.chunks(2).map(|d| d[0] << 4 | d[1]).collect()
}

/// `1` and `2` as little- and big-endian doubles.
const ONE_LE: &str = "000000000000F03F";
const TWO_LE: &str = "0000000000000040";
const ONE_BE: &str = "3FF0000000000000";
const TWO_BE: &str = "4000000000000000";

fn points() -> impl Strategy<Value = Vec<Point>> {
    prop::collection::vec((-180.0..180.0f64, -90.0..90.0f64).prop_map(|(x, y)| Point::new(x, y)), 0..12)
}

fn geometries() -> impl Strategy<Value = Geometry> {
    let rings = || prop::collection::vec(points(), 0..4);
    prop_oneof![
        (-180.0..180.0f64, -90.0..90.0f64).prop_map(|(x, y)| Geometry::Point(Point::new(x, y))),
        points().prop_map(Geometry::LineString),
        rings().prop_map(Geometry::Polygon),
        prop::collection::vec(rings(), 0..3).prop_map(Geometry::MultiPolygon),
    ]
}

proptest! {
    #[test]
    fn round_trips(g in geometries(), srid in any::<i32>()) {
        prop_assert_eq!(&from_wkb(&to_wkb(&g)).unwrap(), &g);
        prop_assert_eq!(from_ewkb(&to_ewkb(&g, srid)).unwrap(), (g.clone(), Some(srid)));
        let gpb = to_gpb(&g, srid);
        let back = from_gpb(&gpb).unwrap();
        prop_assert_eq!((back.srid, &back.geometry), (srid, &g));
        prop_assert_eq!(gpb_bbox(&gpb).unwrap(), g.bbox());
        prop_assert_eq!(gpb_is_empty(&gpb).unwrap(), g.is_empty());
    }

    #[test]
    fn point_shortcuts_write_the_same(x in -180.0..180.0f64, y in -90.0..90.0f64, srid in any::<i32>()) {
        let p = Point::new(x, y);
        prop_assert_eq!(point_to_gpb(p, srid).to_vec(), to_gpb(&p.into(), srid));
        prop_assert_eq!(point_to_ewkb(p, srid).to_vec(), to_ewkb(&p.into(), srid));
    }

    /// Arbitrary bytes, and good bytes cut short or with one byte changed, are refused or read, never a
    /// panic.
    #[test]
    fn hostile_bytes(noise in prop::collection::vec(any::<u8>(), 0..200), g in geometries(), cut in any::<prop::sample::Index>(), flip in any::<u8>()) {
        let mut samples = vec![noise.clone(), [b"GP\0\x01".to_vec(), noise].concat()];
        for good in [to_wkb(&g), to_ewkb(&g, 4490), to_gpb(&g, 4490)] {
            let i = cut.index(good.len());
            samples.push(good[..i].to_vec());
            let mut bad = good;
            bad[i] = flip;
            samples.push(bad);
        }
        for s in &samples {
            let read = (from_wkb(s).is_ok(), from_ewkb(s).is_ok());
            prop_assert_eq!(read.0, read.1);
            if let Ok(g) = from_gpb(s) {
                prop_assert!(to_gpb(&g.geometry, g.srid).len() <= s.len() + 32);
            }
            prop_assert_eq!(gpb_bbox(s).is_ok(), gpb_is_empty(s).is_ok());
        }
        let whole = to_wkb(&g);
        let cut_short = from_wkb(&whole[..cut.index(whole.len())]);
        let is_truncated = matches!(cut_short, Err(WkbError::Truncated { .. }));
        prop_assert!(is_truncated);
    }
}

#[test]
fn exact_bytes() {
    let p = Geometry::Point(Point::new(1.0, 2.0));
    assert_eq!(to_wkb(&p), hex(&format!("01 01000000 {ONE_LE} {TWO_LE}")));
    // SELECT ST_AsEWKB(ST_SetSRID(ST_MakePoint(1, 2), 4490)), in hex.
    assert_eq!(to_ewkb(&p, 4490), hex(&format!("01 01000020 8A110000 {ONE_LE} {TWO_LE}")));
    assert_eq!(to_gpb(&p, 4490), hex(&format!("4750 00 01 8A110000 01 01000000 {ONE_LE} {TWO_LE}")));
    let l = Geometry::LineString(vec![Point::new(1.0, 2.0), Point::new(2.0, 1.0)]);
    let envelope = format!("{ONE_LE} {TWO_LE} {ONE_LE} {TWO_LE}");
    let line = format!("01 02000000 02000000 {ONE_LE} {TWO_LE} {TWO_LE} {ONE_LE}");
    assert_eq!(to_gpb(&l, 4490), hex(&format!("4750 00 03 8A110000 {envelope} {line}")));
}

#[test]
fn tolerated_variants_of_one_point() {
    let z = ONE_LE;
    let m = ONE_LE;
    for (name, bytes) in [
        ("big endian", format!("00 00000001 {ONE_BE} {TWO_BE}")),
        ("ISO Z", format!("01 E9030000 {ONE_LE} {TWO_LE} {z}")),
        ("ISO M", format!("01 D1070000 {ONE_LE} {TWO_LE} {m}")),
        ("ISO ZM", format!("01 B90B0000 {ONE_LE} {TWO_LE} {z} {m}")),
        ("EWKB Z", format!("01 01000080 {ONE_LE} {TWO_LE} {z}")),
        ("EWKB M", format!("01 01000040 {ONE_LE} {TWO_LE} {m}")),
        ("EWKB ZM SRID", format!("01 010000E0 8A110000 {ONE_LE} {TWO_LE} {z} {m}")),
        ("EWKB SRID big endian", format!("00 20000001 0000118A {ONE_BE} {TWO_BE}")),
        ("one-member multipoint", format!("01 04000000 01000000 01 01000000 {ONE_LE} {TWO_LE}")),
    ] {
        assert_eq!(from_wkb(&hex(&bytes)), Ok(Geometry::Point(Point::new(1.0, 2.0))), "{name}");
    }
}

#[test]
fn every_envelope_and_byte_order_of_a_header() {
    let wkb = format!("01 01000000 {ONE_LE} {TWO_LE}");
    let xy = format!("{ONE_LE}{ONE_LE}{TWO_LE}{TWO_LE}");
    let extra = format!("{ONE_LE}{ONE_LE}");
    for bytes in [
        format!("475000 01 8A110000 {wkb}"),
        format!("475000 00 0000118A {wkb}"),
        format!("475000 03 8A110000 {xy} {wkb}"),
        format!("475000 05 8A110000 {xy}{extra} {wkb}"),
        format!("475000 07 8A110000 {xy}{extra} {wkb}"),
        format!("475000 09 8A110000 {xy}{extra}{extra} {wkb}"),
    ] {
        let bytes = hex(&bytes);
        let g = from_gpb(&bytes).unwrap();
        assert_eq!((g.srid, g.geometry), (4490, Geometry::Point(Point::new(1.0, 2.0))));
        assert_eq!(gpb_bbox(&bytes), Ok(Some(Bbox::new(1.0, 2.0, 1.0, 2.0))));
    }
}

#[test]
fn empty_geometries_have_no_box() {
    let nan = Geometry::Point(Point::new(f64::NAN, f64::NAN));
    let bytes = to_gpb(&nan, 4490);
    assert_eq!(bytes[3], 0b1_0001, "the empty flag is set");
    assert!(from_gpb(&bytes).unwrap().geometry.is_empty());
    assert_eq!((gpb_bbox(&bytes), gpb_is_empty(&bytes)), (Ok(None), Ok(true)));
    // Written by others without the flag, with a NaN envelope or none.
    let line = "01 02000000 00000000";
    let nan = "000000000000F87F".repeat(4);
    for bytes in [format!("475000 01 8A110000 {line}"), format!("475000 03 8A110000 {nan} {line}")] {
        assert_eq!(gpb_is_empty(&hex(&bytes)), Ok(true));
    }
}

#[test]
fn refusals() {
    for (bytes, error) in [
        ("", WkbError::Truncated { at: 0, need: 1, left: 0 }),
        ("02 01000000", WkbError::ByteOrder(2)),
        ("01 07000000 00000000", WkbError::Kind(7)),
        ("01 A10F0000 00000000", WkbError::Kind(4001)),
        ("01 04000000 00000000", WkbError::Kind(4)),
        ("01 02000000 FFFFFFFF", WkbError::Truncated { at: 9, need: 0xF_FFFF_FFF0, left: 0 }),
        ("01 03000000 FFFFFFFF", WkbError::Truncated { at: 9, need: 0x3_FFFF_FFFC, left: 0 }),
        ("01 02000000 00000000 00", WkbError::Trailing(1)),
        ("01 06000000 01000000 01 02000000 00000000", WkbError::Member { outer: 6, inner: 2 }),
    ] {
        assert_eq!(from_wkb(&hex(bytes)), Err(error), "{bytes}");
    }
    for (bytes, error) in [
        ("", WkbError::NotGpb),
        ("475001 01 8A110000", WkbError::NotGpb),
        ("475000 21 8A110000", WkbError::Flags(0x21)),
        ("475000 0B 8A110000", WkbError::Flags(0x0B)),
        ("475000 03 8A110000 00", WkbError::Truncated { at: 8, need: 8, left: 1 }),
    ] {
        assert_eq!(from_gpb(&hex(bytes)), Err(error.clone()), "{bytes}");
        assert_eq!(gpb_bbox(&hex(bytes)), Err(error));
    }
}
