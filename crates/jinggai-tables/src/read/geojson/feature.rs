//! One feature's bytes to a record, without a tree in between: properties go straight into their cells.

use std::fmt;
use std::sync::Arc;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};

use super::ColumnIndex;
use super::shape::{Shape, ShapeSeed};
use crate::cell::Cell;
use crate::error::RowError;
use crate::geometry::GeometryKind;
use crate::read::Record;

/// Turns the bytes of features into records.
pub(super) struct FeatureParser {
    index: Arc<ColumnIndex>,
}

#[derive(Default)]
struct Parsed {
    cells: Vec<Cell>,
    extra: Vec<(String, Cell)>,
    shape: Shape,
    id: Cell,
}

impl FeatureParser {
    pub(super) fn new(index: Arc<ColumnIndex>) -> Self {
        Self { index }
    }

    pub(super) fn parse(&self, row: u64, bytes: &[u8]) -> Result<Record, RowError> {
        let mut parsed = Parsed { cells: vec![Cell::Null; self.index.names.len()], ..Parsed::default() };
        let mut json = serde_json::Deserializer::from_slice(bytes);
        let seed = FeatureSeed { index: &self.index, out: &mut parsed };
        if let Err(error) = seed.deserialize(&mut json) {
            let zh = format!("这条要素不是合法的 GeoJSON：{error}");
            return Err(RowError::new(row, zh, format!("not a valid GeoJSON feature: {error}"))
                .with_cells(parsed.cells));
        }
        if let Some(at) = self.index.id_column
            && let Some(cell) = parsed.cells.get_mut(at)
        {
            *cell = std::mem::take(&mut parsed.id);
        }
        match parsed.shape.finish() {
            Ok(geometry) => {
                Ok(Record { row, cells: parsed.cells, geometry, extra: parsed.extra, missing_cells: 0 })
            }
            Err((zh, en)) => Err(RowError::new(row, zh, en).with_cells(parsed.cells)),
        }
    }
}

struct FeatureSeed<'a> {
    index: &'a ColumnIndex,
    out: &'a mut Parsed,
}

impl<'de> DeserializeSeed<'de> for FeatureSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for FeatureSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a Feature object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        if self.index.plain {
            return PropertiesSeed { index: self.index, out: self.out }.visit_map(map);
        }
        while let Some(key) = map.next_key::<Member>()? {
            match key {
                Member::Properties => {
                    map.next_value_seed(PropertiesSeed { index: self.index, out: &mut *self.out })?;
                }
                Member::Geometry => self.out.shape = map.next_value_seed(ShapeSeed)?,
                Member::Id => self.out.id = map.next_value_seed(CellSeed)?,
                Member::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

#[derive(Deserialize)]
enum Member {
    #[serde(rename = "properties", alias = "attributes")]
    Properties,
    #[serde(rename = "geometry")]
    Geometry,
    #[serde(rename = "id")]
    Id,
    #[serde(other)]
    Other,
}

struct PropertiesSeed<'a> {
    index: &'a ColumnIndex,
    out: &'a mut Parsed,
}

impl<'de> DeserializeSeed<'de> for PropertiesSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for PropertiesSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of properties")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut likely = 0;
        while let Some(key) = map.next_key_seed(KeySeed { index: self.index, likely })? {
            let cell = map.next_value_seed(CellSeed)?;
            match key {
                Key::Column(at) => {
                    likely = at + 1;
                    if let Some(slot) = self.out.cells.get_mut(at) {
                        *slot = cell;
                    }
                }
                Key::New(name) => self.out.extra.push((name, cell)),
            }
        }
        Ok(())
    }
}

enum Key {
    Column(usize),
    New(String),
}

/// Features repeat their keys in the same order, so the next column is tried before the table.
struct KeySeed<'a> {
    index: &'a ColumnIndex,
    likely: usize,
}

impl<'de> DeserializeSeed<'de> for KeySeed<'_> {
    type Value = Key;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Key, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeySeed<'_> {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a property name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Key, E> {
        if self.index.names.get(self.likely).is_some_and(|known| known == name) {
            return Ok(Key::Column(self.likely));
        }
        Ok(match self.index.by_name.get(name) {
            Some(at) if Some(*at) != self.index.id_column => Key::Column(*at),
            _ => Key::New(name.to_owned()),
        })
    }
}

/// Any JSON value as a cell; objects and arrays keep their JSON text.
pub(super) struct CellSeed;

impl<'de> DeserializeSeed<'de> for CellSeed {
    type Value = Cell;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cell, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for CellSeed {
    type Value = Cell;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Cell, E> {
        Ok(Cell::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Cell, E> {
        Ok(Cell::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Cell, E> {
        Ok(Cell::Int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Cell, E> {
        // 19-digit codes above 9.2e18 do not fit a signed integer; their digits must not be lost.
        Ok(i64::try_from(value).map_or_else(|_| Cell::Text(value.to_string()), Cell::Int))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Cell, E> {
        Ok(if value.is_finite() { Cell::Real(value) } else { Cell::Null })
    }

    fn visit_str<E>(self, value: &str) -> Result<Cell, E> {
        Ok(Cell::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Cell, E> {
        Ok(Cell::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Cell, A::Error> {
        json_text(serde_json::Value::deserialize(SeqAccessDeserializer::new(seq))?)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Cell, A::Error> {
        json_text(serde_json::Value::deserialize(MapAccessDeserializer::new(map))?)
    }
}

fn json_text<E: de::Error>(value: serde_json::Value) -> Result<Cell, E> {
    serde_json::to_string(&value).map(Cell::Text).map_err(E::custom)
}

/// Property names of the scanned features.
#[derive(Default)]
pub(super) struct Keys {
    pub names: Vec<String>,
    known: std::collections::HashSet<String>,
    /// Some feature has an `id` that no property repeats.
    pub id_is_new: bool,
    pub plain: bool,
    pub geometry: Option<GeometryKind>,
}

impl Keys {
    /// Adds the names of one feature; damaged ones are reported when records are read.
    pub(super) fn add(&mut self, bytes: &[u8], first: bool) {
        if first {
            self.plain = is_plain(bytes);
        }
        // Errors show again, with their row, when the records are read.
        let outcome = KeysSeed { keys: self }.deserialize(&mut serde_json::Deserializer::from_slice(bytes));
        if let Err(error) = outcome {
            debug_assert!(!error.is_io(), "slices have no I/O errors");
        }
    }

    fn learn(&mut self, name: &str) {
        if !self.known.contains(name) {
            self.known.insert(name.to_owned());
            self.names.push(name.to_owned());
        }
    }
}

/// Records without `properties`, `attributes` and `geometry` are plain objects.
fn is_plain(bytes: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Probe {
        #[serde(alias = "attributes")]
        properties: Option<IgnoredAny>,
        geometry: Option<IgnoredAny>,
        r#type: Option<IgnoredAny>,
    }
    serde_json::from_slice::<Probe>(bytes).is_ok_and(|probe| {
        probe.properties.is_none() && probe.geometry.is_none() && {
            let feature = bytes.windows(9).any(|part| part == b"\"Feature\"");
            !(feature && probe.r#type.is_some())
        }
    })
}

struct KeysSeed<'a> {
    keys: &'a mut Keys,
}

impl<'de> DeserializeSeed<'de> for KeysSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for KeysSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a Feature object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        if self.keys.plain {
            return NamesSeed { keys: self.keys, id: None, id_found: &mut false }.visit_map(map);
        }
        let mut id = Cell::Null;
        let mut id_found = false;
        while let Some(key) = map.next_key::<Member>()? {
            match key {
                Member::Properties => {
                    let seed = NamesSeed { keys: &mut *self.keys, id: Some(&id), id_found: &mut id_found };
                    map.next_value_seed(seed)?;
                }
                Member::Geometry => self.keys.see(map.next_value::<Option<Kind>>()?),
                Member::Id => id = map.next_value_seed(CellSeed)?,
                Member::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        self.keys.id_is_new |= !id.is_blank() && !id_found;
        Ok(())
    }
}

#[derive(Deserialize)]
struct Kind {
    #[serde(rename = "type")]
    name: Option<String>,
}

impl Keys {
    fn see(&mut self, kind: Option<Kind>) {
        let Some(kind) = kind else { return };
        let kind = kind.name.map_or(GeometryKind::Mixed, |name| GeometryKind::from_name(&name));
        self.geometry = match self.geometry {
            None => Some(kind),
            Some(known) if known == kind => Some(kind),
            Some(_) => Some(GeometryKind::Mixed),
        };
    }
}

struct NamesSeed<'a> {
    keys: &'a mut Keys,
    id: Option<&'a Cell>,
    id_found: &'a mut bool,
}

impl<'de> DeserializeSeed<'de> for NamesSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for NamesSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of properties")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<std::borrow::Cow<'_, str>>()? {
            self.keys.learn(&name);
            match self.id {
                Some(id) if !id.is_blank() && !*self.id_found => {
                    *self.id_found = map.next_value_seed(CellSeed)?.text() == id.text();
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}
