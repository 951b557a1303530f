//! The vector tile read back by a small reader of the format, and compared with what was put in.
#![allow(
    clippy::unwrap_used,
    reason = "clippy counts the helpers of an integration test as code outside tests"
)]

use std::collections::BTreeMap;

use jinggai_geo::mvt::{BUFFER, EXTENT, MvtTile, MvtValue};
use jinggai_geo::{Point, TileId, tile_of};
use proptest::prelude::*;

const HERE: Point = Point::new(106.574_271, 29.606_703);

/// Fields of a protobuf message: number, and a number or bytes.
enum Wire<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

fn varint(b: &mut &[u8]) -> u64 {
    let mut v = 0;
    for shift in (0..70).step_by(7) {
        let byte = b[0];
        *b = &b[1..];
        v |= u64::from(byte & 127) << shift;
        if byte < 128 {
            break;
        }
    }
    v
}

fn fields(mut b: &[u8]) -> Vec<(u64, Wire<'_>)> {
    let mut out = vec![];
    while !b.is_empty() {
        let key = varint(&mut b);
        let wire = match key & 7 {
            0 => Wire::Number(varint(&mut b)),
            1 => {
                let (v, rest) = b.split_first_chunk::<8>().unwrap();
                b = rest;
                Wire::Number(u64::from_le_bytes(*v))
            }
            2 => {
                let n = varint(&mut b) as usize;
                let (v, rest) = b.split_at(n);
                b = rest;
                Wire::Bytes(v)
            }
            other => panic!("wire type {other}"),
        };
        out.push((key >> 3, wire));
    }
    out
}

fn numbers(mut b: &[u8]) -> Vec<u64> {
    let mut out = vec![];
    while !b.is_empty() {
        out.push(varint(&mut b));
    }
    out
}

fn unzigzag(v: u64) -> i64 {
    (v >> 1).cast_signed() ^ -(v & 1).cast_signed()
}

#[derive(Debug, Default)]
struct Layer {
    name: String,
    version: u64,
    extent: u64,
    keys: Vec<String>,
    values: Vec<String>,
    features: Vec<(u64, i64, i64, BTreeMap<String, String>)>,
}

fn value(b: &[u8]) -> String {
    match &fields(b)[..] {
        [(1, Wire::Bytes(t))] => format!("text {}", std::str::from_utf8(t).unwrap()),
        [(3, Wire::Number(n))] => format!("double {}", f64::from_bits(*n)),
        [(5, Wire::Number(n))] => format!("int {n}"),
        [(6, Wire::Number(n))] => format!("int {}", unzigzag(*n)),
        [(7, Wire::Number(n))] => format!("bool {}", *n == 1),
        _ => panic!("value"),
    }
}

fn read_layer(b: &[u8]) -> Layer {
    let mut l = Layer::default();
    let mut raw = vec![];
    for (number, wire) in fields(b) {
        match (number, wire) {
            (15, Wire::Number(v)) => l.version = v,
            (5, Wire::Number(v)) => l.extent = v,
            (1, Wire::Bytes(v)) => l.name = String::from_utf8(v.to_vec()).unwrap(),
            (2, Wire::Bytes(v)) => raw.push(fields(v)),
            (3, Wire::Bytes(v)) => l.keys.push(String::from_utf8(v.to_vec()).unwrap()),
            (4, Wire::Bytes(v)) => l.values.push(value(v)),
            (n, _) => panic!("layer field {n}"),
        }
    }
    for feature in raw {
        let (mut id, mut tags, mut geometry) = (0, vec![], vec![]);
        for (number, wire) in feature {
            match (number, wire) {
                (1, Wire::Number(v)) => id = v,
                (2, Wire::Bytes(v)) => tags = numbers(v),
                (3, Wire::Number(v)) => assert_eq!(v, 1, "a point"),
                (4, Wire::Bytes(v)) => geometry = numbers(v),
                (n, _) => panic!("feature field {n}"),
            }
        }
        assert_eq!((geometry.len(), geometry[0]), (3, 9), "one MoveTo");
        let tag = |t: &[u64]| (l.keys[t[0] as usize].clone(), l.values[t[1] as usize].clone());
        l.features.push((
            id,
            unzigzag(geometry[1]),
            unzigzag(geometry[2]),
            tags.chunks(2).map(tag).collect(),
        ));
    }
    l
}

fn read(b: &[u8]) -> Vec<Layer> {
    let layer = |(n, wire): (u64, Wire<'_>)| match (n, wire) {
        (3, Wire::Bytes(v)) => read_layer(v),
        (n, _) => panic!("tile field {n}"),
    };
    fields(b).into_iter().map(layer).collect()
}

#[test]
fn layers_ids_and_properties() {
    let mut tile = MvtTile::new(tile_of(HERE, 14));
    tile.layer("empty");
    let full = [
        ("kind", MvtValue::from("雨水")),
        ("grade", 3_i64.into()),
        ("below", (-7_i64).into()),
        ("open", true.into()),
        ("depth", 2.5.into()),
    ];
    assert!(tile.layer("covers").point(42, HERE, &full));
    assert!(tile.layer("alarms").point(u64::MAX, HERE, &[]));
    assert!(tile.layer("covers").point(
        43,
        HERE,
        &[("kind", "雨水".into()), ("use", "雨水".into()), ("n", 3_i64.into())]
    ));
    assert_eq!((tile.layer("covers").len(), tile.layer("empty").is_empty()), (2, true));

    let layers = read(&tile.finish());
    assert_eq!(layers.iter().map(|l| l.name.as_str()).collect::<Vec<_>>(), ["covers", "alarms"]);
    let covers = &layers[0];
    assert_eq!((covers.version, covers.extent), (2, 4096));
    assert_eq!(covers.keys, ["kind", "grade", "below", "open", "depth", "use", "n"]);
    assert_eq!(covers.values, ["text 雨水", "int 3", "int -7", "bool true", "double 2.5"]);
    let second = BTreeMap::from([("kind", "text 雨水"), ("use", "text 雨水"), ("n", "int 3")]);
    let read_second: BTreeMap<&str, &str> =
        covers.features[1].3.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    assert_eq!((covers.features[1].0, read_second), (43, second));
    assert_eq!(layers[1].features[0].0, u64::MAX);
}

#[test]
fn nothing_in_an_empty_tile() {
    let mut tile = MvtTile::new(TileId { z: 0, x: 0, y: 0 });
    tile.layer("covers");
    assert!(tile.finish().is_empty());
}

#[test]
fn points_beyond_the_buffer_are_left_out() {
    let id = tile_of(HERE, 14);
    let b = id.bbox();
    let unit = (b.e - b.w) / f64::from(EXTENT);
    let mut tile = MvtTile::new(id);
    let layer = tile.layer("covers");
    let mid = b.center().lat;
    for (units, drawn) in
        [(0.0, true), (-63.0, true), (-66.0, false), (4096.0 + 63.0, true), (4096.0 + 66.0, false)]
    {
        assert_eq!(layer.point(1, Point::new(b.w + units * unit, mid), &[]), drawn, "{units}");
    }
    assert!(!layer.point(1, Point::new(f64::NAN, mid), &[]));
    assert!(!layer.point(1, Point::new(b.w, 91.0), &[]));
}

proptest! {
    /// Every point comes back within half a unit, or lies beyond the buffer.
    #[test]
    fn points_are_where_they_were(dx in -0.02..0.02f64, dy in -0.02..0.02f64, id in any::<u64>(), n in any::<i64>(), z in 10u8..=20) {
        let tile_id = tile_of(HERE, z);
        let p = Point::new(HERE.lng + dx, HERE.lat + dy);
        let (fx, fy) = tile_id.place(p);
        let (x, y) = (fx * f64::from(EXTENT), fy * f64::from(EXTENT));
        let mut tile = MvtTile::new(tile_id);
        let drawn = tile.layer("covers").point(id, p, &[("n", n.into())]);
        let layers = read(&tile.finish());
        let reach = -f64::from(BUFFER) - 0.5..=f64::from(EXTENT + BUFFER) + 0.5;
        prop_assert_eq!(drawn, reach.contains(&x) && reach.contains(&y));
        prop_assert_eq!(layers.len(), usize::from(drawn));
        if let Some((read_id, rx, ry, tags)) = layers.first().map(|l| &l.features[0]) {
            prop_assert_eq!(*read_id, id);
            prop_assert!((*rx as f64 - x).abs() <= 0.5 && (*ry as f64 - y).abs() <= 0.5);
            prop_assert_eq!(&tags["n"], &format!("int {n}"));
        }
    }
}
