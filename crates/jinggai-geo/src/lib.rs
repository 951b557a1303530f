//! Coordinates and geometry encodings: pure functions, no I/O.
#![allow(missing_docs)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    pub lng: f64,
    pub lat: f64,
}
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bbox {
    pub w: f64,
    pub s: f64,
    pub e: f64,
    pub n: f64,
}
#[derive(Clone, Debug, PartialEq)]
pub enum Geometry {
    Point(Point),
    LineString(Vec<Point>),
    Polygon(Vec<Vec<Point>>),
    MultiPolygon(Vec<Vec<Vec<Point>>>),
}
pub mod wkb {
    use super::*;
    pub fn to_gpb(g: &Geometry, srid: i32) -> Vec<u8> {
        let Geometry::Point(p) = g else { return vec![] };
        let mut b = vec![b'G', b'P', 0, 1];
        b.extend(srid.to_le_bytes());
        b.push(1);
        b.extend(1u32.to_le_bytes());
        b.extend(p.lng.to_le_bytes());
        b.extend(p.lat.to_le_bytes());
        b
    }
    pub fn to_ewkb(g: &Geometry, srid: i32) -> Vec<u8> {
        let Geometry::Point(p) = g else { return vec![] };
        let mut b = vec![1u8];
        b.extend(0x2000_0001u32.to_le_bytes());
        b.extend(srid.to_le_bytes());
        b.extend(p.lng.to_le_bytes());
        b.extend(p.lat.to_le_bytes());
        b
    }
    pub fn from_gpb(b: &[u8]) -> Result<Geometry, std::fmt::Error> {
        if b.len() < 29 {
            return Err(std::fmt::Error);
        }
        Ok(Geometry::Point(Point {
            lng: f64::from_le_bytes(b[13..21].try_into().unwrap()),
            lat: f64::from_le_bytes(b[21..29].try_into().unwrap()),
        }))
    }
    pub fn from_ewkb(b: &[u8]) -> Result<Geometry, std::fmt::Error> {
        if b.len() < 25 {
            return Err(std::fmt::Error);
        }
        Ok(Geometry::Point(Point {
            lng: f64::from_le_bytes(b[9..17].try_into().unwrap()),
            lat: f64::from_le_bytes(b[17..25].try_into().unwrap()),
        }))
    }
    pub fn gpb_bbox(b: &[u8]) -> Result<Option<Bbox>, std::fmt::Error> {
        let Geometry::Point(p) = from_gpb(b)? else { return Ok(None) };
        Ok(Some(Bbox { w: p.lng, e: p.lng, s: p.lat, n: p.lat }))
    }
    pub fn gpb_is_empty(b: &[u8]) -> Result<bool, std::fmt::Error> {
        Ok(b.len() < 29)
    }
}
