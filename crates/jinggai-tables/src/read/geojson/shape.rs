//! The geometry member of a feature: GeoJSON, or the point, path and ring forms of Esri JSON.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::geometry::{Coord, Geometry, GeometryKind};

/// What was found, judged by [`Shape::finish`] so that a bad geometry does not hide the properties.
#[derive(Default)]
pub(super) enum Shape {
    #[default]
    None,
    Read {
        kind: String,
        coordinates: Nested,
    },
    Esri {
        x: Option<f64>,
        y: Option<f64>,
    },
    Refused(String),
}

/// Coordinates of any depth; a position is kept flat.
#[derive(Default)]
pub(super) enum Nested {
    #[default]
    Empty,
    Position(Coord),
    List(Vec<Nested>),
    /// A number outside a position, text, or null.
    Wrong,
}

type Refusal = (String, String);

impl Shape {
    /// The geometry, none where there is none, or why it cannot be used (Chinese, English).
    pub(super) fn finish(self) -> Result<Option<Geometry>, Refusal> {
        match self {
            Self::None | Self::Esri { x: None, .. } | Self::Esri { y: None, .. } => Ok(None),
            Self::Esri { x: Some(x), y: Some(y) } => Ok(Some(Geometry::point(x, y))),
            Self::Read { coordinates: Nested::Empty, .. } => Ok(None),
            Self::Read { kind, coordinates } => match build(GeometryKind::from_name(&kind), coordinates) {
                Some(geometry) if geometry.is_sound() => Ok(Some(geometry)),
                Some(_) => Ok(None),
                None => Err(refusal(&kind)),
            },
            Self::Refused(kind) => Err(refusal(&kind)),
        }
    }
}

fn refusal(kind: &str) -> Refusal {
    (
        format!("几何“{kind}”的坐标读不懂，应为数字组成的点、线或面"),
        format!(
            "the coordinates of geometry \"{kind}\" cannot be read: numbers forming a point, line or polygon are expected"
        ),
    )
}

fn build(kind: GeometryKind, nested: Nested) -> Option<Geometry> {
    Some(match kind {
        GeometryKind::Point => Geometry::Point(position(nested)?),
        GeometryKind::MultiPoint => Geometry::MultiPoint(line(nested)?),
        GeometryKind::LineString => Geometry::LineString(line(nested)?),
        GeometryKind::MultiLineString => Geometry::MultiLineString(lines(nested)?),
        GeometryKind::Polygon => Geometry::Polygon(lines(nested)?),
        GeometryKind::MultiPolygon => Geometry::MultiPolygon(list(nested, lines)?),
        GeometryKind::Mixed => return None,
    })
}

fn list<T>(nested: Nested, item: impl Fn(Nested) -> Option<T>) -> Option<Vec<T>> {
    match nested {
        Nested::Empty => Some(Vec::new()),
        Nested::List(items) => items.into_iter().map(item).collect(),
        Nested::Position(_) | Nested::Wrong => None,
    }
}

fn position(nested: Nested) -> Option<Coord> {
    match nested {
        Nested::Position(at) => Some(at),
        _ => None,
    }
}

fn line(nested: Nested) -> Option<Vec<Coord>> {
    list(nested, position)
}

fn lines(nested: Nested) -> Option<Vec<Vec<Coord>>> {
    list(nested, line)
}

pub(super) struct ShapeSeed;

impl<'de> DeserializeSeed<'de> for ShapeSeed {
    type Value = Shape;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Shape, D::Error> {
        deserializer.deserialize_any(self)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Member {
    Type,
    Coordinates,
    Geometries,
    X,
    Y,
    Paths,
    Rings,
    #[serde(other)]
    Other,
}

impl<'de> Visitor<'de> for ShapeSeed {
    type Value = Shape;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a geometry object or null")
    }

    fn visit_unit<E>(self) -> Result<Shape, E> {
        Ok(Shape::None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Shape, A::Error> {
        let (mut kind, mut coordinates) = (None::<String>, None);
        let (mut x, mut y) = (None, None);
        let mut collection = None;
        while let Some(key) = map.next_key::<Member>()? {
            match key {
                Member::Type => kind = map.next_value::<Option<String>>()?,
                Member::Coordinates => coordinates = Some(map.next_value::<Nested>()?),
                Member::Geometries => collection = Some(map.next_value_seed(MembersSeed)?),
                Member::X => x = map.next_value::<Option<f64>>()?,
                Member::Y => y = map.next_value::<Option<f64>>()?,
                Member::Paths => {
                    kind = Some("MultiLineString".to_owned());
                    coordinates = Some(map.next_value::<Nested>()?);
                }
                Member::Rings => {
                    kind = Some("Polygon".to_owned());
                    coordinates = Some(map.next_value::<Nested>()?);
                }
                Member::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(match (kind, coordinates, collection) {
            (_, _, Some(mut members)) if members.len() == 1 => members.pop().unwrap_or_default(),
            (_, _, Some(members)) if members.is_empty() => Shape::None,
            (_, _, Some(_)) => Shape::Refused("GeometryCollection".to_owned()),
            (Some(kind), Some(coordinates), None) => Shape::Read { kind, coordinates },
            (None, None, None) if x.is_some() || y.is_some() => Shape::Esri { x, y },
            (Some(kind), None, None) => Shape::Refused(kind),
            (None, Some(_), None) => Shape::Refused("?".to_owned()),
            (None, None, None) => Shape::None,
        })
    }
}

/// The members of a geometry collection; only a collection of one can be used.
struct MembersSeed;

impl<'de> DeserializeSeed<'de> for MembersSeed {
    type Value = Vec<Shape>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<Shape>, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for MembersSeed {
    type Value = Vec<Shape>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of geometries")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<Shape>, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = seq.next_element_seed(ShapeSeed)? {
            members.push(member);
        }
        Ok(members)
    }
}

impl<'de> Deserialize<'de> for Nested {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match deserializer.deserialize_any(ItemVisitor)? {
            Item::Number(_) => Ok(Self::Wrong),
            Item::Nested(nested) => Ok(nested),
        }
    }
}

/// An element of coordinates: a number or a deeper level.
enum Item {
    Number(f64),
    Nested(Nested),
}

impl<'de> Deserialize<'de> for Item {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ItemVisitor)
    }
}

struct ItemVisitor;

impl<'de> Visitor<'de> for ItemVisitor {
    type Value = Item;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("coordinates")
    }

    fn visit_f64<E>(self, value: f64) -> Result<Item, E> {
        Ok(Item::Number(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Item, E> {
        Ok(Item::Number(value as f64))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Item, E> {
        Ok(Item::Number(value as f64))
    }

    fn visit_unit<E>(self) -> Result<Item, E> {
        Ok(Item::Nested(Nested::Wrong))
    }

    fn visit_str<E>(self, _text: &str) -> Result<Item, E> {
        Ok(Item::Nested(Nested::Wrong))
    }

    fn visit_bool<E>(self, _value: bool) -> Result<Item, E> {
        Ok(Item::Nested(Nested::Wrong))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Item, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Item::Nested(Nested::Wrong))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Item, A::Error> {
        let first = match seq.next_element::<Item>()? {
            None => return Ok(Item::Nested(Nested::Empty)),
            Some(Item::Nested(nested)) => nested,
            Some(Item::Number(x)) => return position_from(x, seq),
        };
        let mut list = vec![first];
        while let Some(item) = seq.next_element::<Item>()? {
            list.push(match item {
                Item::Nested(nested) => nested,
                Item::Number(_) => Nested::Wrong,
            });
        }
        Ok(Item::Nested(Nested::List(list)))
    }
}

fn position_from<'de, A: SeqAccess<'de>>(x: f64, mut seq: A) -> Result<Item, A::Error> {
    let number = |item: Option<Item>| match item {
        Some(Item::Number(value)) => Some(value),
        _ => None,
    };
    let y = number(seq.next_element::<Item>()?);
    let z = number(seq.next_element::<Item>()?);
    while seq.next_element::<IgnoredAny>()?.is_some() {}
    Ok(Item::Nested(y.map_or(Nested::Wrong, |y| Nested::Position(Coord { x, y, z }))))
}
