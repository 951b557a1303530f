//! GeoJSON geometries (RFC 7946) from and to `serde_json` values. Heights are dropped; features and
//! collections are the caller's business, because their properties are.

use serde_json::{Value, json};
use thiserror::Error;

use crate::{Geometry, Point, geometry::Ring};

/// Why a GeoJSON geometry was refused; the message names the member.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum GeoJsonError {
    /// Not an object with a string `type`.
    #[error("GeoJSON 几何对象缺少 type 字段：应为 {{\"type\": \"Point\", \"coordinates\": [经度, 纬度]}}")]
    NoType,
    /// A kind that the store does not keep.
    #[error("GeoJSON 几何类型 {0} 不支持：应为 Point、LineString、Polygon 或 MultiPolygon")]
    Kind(String),
    /// A member of `coordinates` is not what the kind asks for.
    #[error("{at} 不是{expected}")]
    Shape {
        /// Where, as a path like `coordinates[0][3]`.
        at: String,
        /// What should be there.
        expected: &'static str,
    },
    /// A ring that encloses nothing.
    #[error("{at} 不是闭合环：至少 4 个点，首尾两点相同")]
    Ring {
        /// Where, as a path like `coordinates[0]`.
        at: String,
    },
}

/// The GeoJSON form of a geometry, longitude first.
#[must_use]
pub fn to_geojson(g: &Geometry) -> Value {
    let coordinates = match g {
        Geometry::Point(_) if g.is_empty() => json!([]),
        Geometry::Point(p) => position(p),
        Geometry::LineString(l) => l.iter().map(position).collect(),
        Geometry::Polygon(rings) => polygon(rings),
        Geometry::MultiPolygon(parts) => parts.iter().map(|p| polygon(p)).collect(),
    };
    json!({"type": g.kind(), "coordinates": coordinates})
}

fn position(p: &Point) -> Value {
    json!([p.lng, p.lat])
}

fn polygon(rings: &[Ring]) -> Value {
    rings.iter().map(|r| r.iter().map(position).collect::<Value>()).collect()
}

/// Reads a GeoJSON geometry object; positions may carry heights, which are dropped.
///
/// # Errors
/// [`GeoJsonError`] names the member that is missing or malformed.
pub fn from_geojson(v: &Value) -> Result<Geometry, GeoJsonError> {
    let kind = v.get("type").and_then(Value::as_str).ok_or(GeoJsonError::NoType)?;
    let at = "coordinates";
    let c = v.get(at).unwrap_or(&Value::Null);
    match kind {
        "Point" if c.as_array().is_some_and(Vec::is_empty) => {
            Ok(Geometry::Point(Point::new(f64::NAN, f64::NAN)))
        }
        "Point" => Ok(Geometry::Point(read_position(c, at)?)),
        "LineString" => Ok(Geometry::LineString(read_list(c, at, "坐标点数组", read_position)?)),
        "Polygon" => Ok(Geometry::Polygon(read_list(c, at, "环数组", read_ring)?)),
        "MultiPolygon" => {
            let part = |v: &Value, at: &str| read_list(v, at, "环数组", read_ring);
            Ok(Geometry::MultiPolygon(read_list(c, at, "面数组", part)?))
        }
        other => Err(GeoJsonError::Kind(other.to_owned())),
    }
}

fn read_list<T>(
    v: &Value,
    at: &str,
    expected: &'static str,
    item: impl Fn(&Value, &str) -> Result<T, GeoJsonError>,
) -> Result<Vec<T>, GeoJsonError> {
    let list = v.as_array().ok_or_else(|| GeoJsonError::Shape { at: at.to_owned(), expected })?;
    list.iter().enumerate().map(|(i, v)| item(v, &format!("{at}[{i}]"))).collect()
}

fn read_position(v: &Value, at: &str) -> Result<Point, GeoJsonError> {
    let number = |i: usize| v.get(i).and_then(Value::as_f64);
    match (number(0), number(1)) {
        (Some(lng), Some(lat)) => Ok(Point::new(lng, lat)),
        _ => Err(GeoJsonError::Shape { at: at.to_owned(), expected: "坐标 [经度, 纬度]" }),
    }
}

fn read_ring(v: &Value, at: &str) -> Result<Ring, GeoJsonError> {
    let ring = read_list(v, at, "坐标点数组", read_position)?;
    if ring.len() < 4 || ring.first() != ring.last() {
        return Err(GeoJsonError::Ring { at: at.to_owned() });
    }
    Ok(ring)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(v: &Value) {
        let g = from_geojson(v).unwrap();
        assert_eq!(&to_geojson(&g), v);
    }

    #[test]
    fn there_and_back() {
        check(&json!({"type": "Point", "coordinates": [106.574271, 29.606703]}));
        check(&json!({"type": "LineString", "coordinates": [[106.5, 29.5], [106.6, 29.6]]}));
        check(&json!({"type": "Polygon", "coordinates": [[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]]]}));
        check(
            &json!({"type": "MultiPolygon", "coordinates": [[[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]]]]}),
        );
        let empty = from_geojson(&json!({"type": "Point", "coordinates": []})).unwrap();
        assert!(empty.is_empty());
        assert_eq!(to_geojson(&empty), json!({"type": "Point", "coordinates": []}));
    }

    #[test]
    fn height_is_dropped_and_integers_are_read() {
        let g = from_geojson(&json!({"type": "Point", "coordinates": [106, 29, 240.5]})).unwrap();
        assert_eq!(g, Geometry::Point(Point::new(106.0, 29.0)));
    }

    #[test]
    fn refusals_name_the_place() {
        for (v, message) in [
            (json!([1, 2]), "缺少 type"),
            (json!({"type": "GeometryCollection"}), "GeometryCollection 不支持"),
            (json!({"type": "Point"}), "coordinates 不是坐标"),
            (json!({"type": "Point", "coordinates": ["106", 29]}), "coordinates 不是坐标"),
            (json!({"type": "LineString", "coordinates": [[1, 2], [3]]}), "coordinates[1] 不是坐标"),
            (
                json!({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1]]]}),
                "coordinates[0] 不是闭合环",
            ),
            (json!({"type": "MultiPolygon", "coordinates": [[], [3]]}), "coordinates[1][0] 不是坐标点数组"),
        ] {
            let e = from_geojson(&v).unwrap_err().to_string();
            assert!(e.contains(message), "{e}");
        }
    }
}
