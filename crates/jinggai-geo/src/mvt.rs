//! Encoder of Mapbox vector tiles 2.1 for layers of points and lines, for the store that has no `ST_AsMVT`.
//!
//! Keys and values are kept once per layer, as the format wants. Polygons are not here: nothing with an area is
//! drawn in such numbers that tiles are needed.

mod line;

use std::collections::HashMap;

use crate::{Point, TileId};

/// Tile units across a tile.
pub const EXTENT: u32 = 4096;

/// Units beyond the edge that are still drawn, so that symbols on an edge are whole; the same as
/// `ST_AsMVTGeom` is called with.
pub const BUFFER: u32 = 64;

/// Value of a property (属性值).
#[derive(Clone, Debug, PartialEq)]
pub enum MvtValue {
    /// Text.
    Text(String),
    /// Whole number.
    Int(i64),
    /// Double; NaN equals NaN in the dictionary.
    Double(f64),
    /// Yes or no.
    Bool(bool),
}

impl From<&str> for MvtValue {
    fn from(v: &str) -> Self {
        Self::Text(v.to_owned())
    }
}

impl From<String> for MvtValue {
    fn from(v: String) -> Self {
        Self::Text(v)
    }
}

impl From<i64> for MvtValue {
    fn from(v: i64) -> Self {
        Self::Int(v)
    }
}

impl From<f64> for MvtValue {
    fn from(v: f64) -> Self {
        Self::Double(v)
    }
}

impl From<bool> for MvtValue {
    fn from(v: bool) -> Self {
        Self::Bool(v)
    }
}

/// A vector tile in the making (矢量瓦片).
pub struct MvtTile {
    id: TileId,
    layers: Vec<MvtLayer>,
}

impl MvtTile {
    /// An empty tile.
    #[must_use]
    pub const fn new(id: TileId) -> Self {
        Self { id, layers: Vec::new() }
    }

    /// The layer of this name, made when it is not there yet: names are unique in a tile.
    pub fn layer(&mut self, name: &str) -> &mut MvtLayer {
        let at = self.layers.iter().position(|l| l.name == name).unwrap_or_else(|| {
            self.layers.push(MvtLayer::new(self.id, name));
            self.layers.len() - 1
        });
        &mut self.layers[at]
    }

    /// The tile's bytes. Layers without features are left out, so a tile without any is empty.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        let mut out = vec![];
        for l in self.layers.iter().filter(|l| l.count > 0) {
            bytes_field(&mut out, 3, &l.encode());
        }
        out
    }
}

/// A layer (图层) of a vector tile.
pub struct MvtLayer {
    tile: TileId,
    name: String,
    count: usize,
    features: Vec<u8>,
    keys: Keys,
    values: Values,
    // Scratch of one feature, kept to spare an allocation each.
    feature: Vec<u8>,
    packed: Vec<u8>,
}

impl MvtLayer {
    fn new(tile: TileId, name: &str) -> Self {
        Self {
            tile,
            name: name.to_owned(),
            count: 0,
            features: vec![],
            keys: Keys::default(),
            values: Values::default(),
            feature: vec![],
            packed: vec![],
        }
    }

    /// Number of features so far.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.count
    }

    /// Bytes of the features so far.
    #[must_use]
    pub const fn size(&self) -> usize {
        self.features.len()
    }

    /// Whether there is no feature yet.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Adds a point with its id and properties; false, and nothing added, when it lies beyond the tile's
    /// buffer.
    pub fn point(&mut self, id: u64, p: Point, properties: &[(&str, MvtValue)]) -> bool {
        let (fx, fy) = self.tile.place(p);
        let (extent, buffer) = (f64::from(EXTENT), f64::from(BUFFER));
        let (x, y) = ((fx * extent).round(), (fy * extent).round());
        let drawn = -buffer..=extent + buffer;
        if !p.is_valid() || !drawn.contains(&x) || !drawn.contains(&y) {
            return false;
        }
        let geometry = [MOVE_TO_ONE, zigzag(x as i64), zigzag(y as i64)];
        self.feature(id, GEOMETRY_POINT, &geometry, properties);
        true
    }

    /// Adds a line with its id and properties, clipped to the tile's buffer and without the corners that deviate
    /// less than `tolerance` tile units; false, and nothing added, when nothing of it is left to draw.
    pub fn line(
        &mut self,
        id: u64,
        points: &[Point],
        tolerance: f64,
        properties: &[(&str, MvtValue)],
    ) -> bool {
        let geometry = line::geometry(self.tile, points, tolerance);
        if geometry.is_empty() {
            return false;
        }
        self.feature(id, GEOMETRY_LINE, &geometry, properties);
        true
    }

    fn feature(&mut self, id: u64, kind: u64, geometry: &[u64], properties: &[(&str, MvtValue)]) {
        self.feature.clear();
        varint_field(&mut self.feature, 1, id);
        self.packed.clear();
        for (key, value) in properties {
            varint(&mut self.packed, self.keys.number(key));
            varint(&mut self.packed, self.values.number(value));
        }
        if !properties.is_empty() {
            bytes_field(&mut self.feature, 2, &self.packed);
        }
        varint_field(&mut self.feature, 3, kind);
        self.packed.clear();
        for number in geometry {
            varint(&mut self.packed, *number);
        }
        bytes_field(&mut self.feature, 4, &self.packed);
        bytes_field(&mut self.features, 2, &self.feature);
        self.count += 1;
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(
            self.features.len() + self.keys.encoded.len() + self.values.encoded.len() + 64,
        );
        varint_field(&mut out, 15, 2);
        bytes_field(&mut out, 1, self.name.as_bytes());
        out.extend(&self.features);
        out.extend(&self.keys.encoded);
        out.extend(&self.values.encoded);
        varint_field(&mut out, 5, u64::from(EXTENT));
        out
    }
}

/// Keys of a layer, each written once.
#[derive(Default)]
struct Keys {
    numbers: HashMap<String, u64>,
    encoded: Vec<u8>,
}

impl Keys {
    fn number(&mut self, key: &str) -> u64 {
        if let Some(n) = self.numbers.get(key) {
            return *n;
        }
        let n = self.numbers.len() as u64;
        bytes_field(&mut self.encoded, 3, key.as_bytes());
        self.numbers.insert(key.to_owned(), n);
        n
    }
}

/// Values of a layer, each written once. Texts have their own map, so that a known one is found without a
/// copy.
#[derive(Default)]
struct Values {
    texts: HashMap<String, u64>,
    scalars: HashMap<Scalar, u64>,
    encoded: Vec<u8>,
}

/// A number or truth value by its bits, so that it can be looked up.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Scalar {
    Int(i64),
    Double(u64),
    Bool(bool),
}

impl Values {
    fn number(&mut self, value: &MvtValue) -> u64 {
        let n = (self.texts.len() + self.scalars.len()) as u64;
        let scalar = match value {
            MvtValue::Text(t) => {
                if let Some(n) = self.texts.get(t) {
                    return *n;
                }
                self.texts.insert(t.clone(), n);
                self.write(value);
                return n;
            }
            MvtValue::Int(i) => Scalar::Int(*i),
            MvtValue::Double(d) => Scalar::Double(d.to_bits()),
            MvtValue::Bool(b) => Scalar::Bool(*b),
        };
        if let Some(n) = self.scalars.get(&scalar) {
            return *n;
        }
        self.scalars.insert(scalar, n);
        self.write(value);
        n
    }

    fn write(&mut self, value: &MvtValue) {
        let mut v = vec![];
        match value {
            MvtValue::Text(t) => bytes_field(&mut v, 1, t.as_bytes()),
            MvtValue::Double(d) => {
                v.push(3 << 3 | 1);
                v.extend(d.to_le_bytes());
            }
            MvtValue::Int(i) if *i >= 0 => varint_field(&mut v, 5, i.cast_unsigned()),
            // sint_value: a negative varint would take ten bytes.
            MvtValue::Int(i) => varint_field(&mut v, 6, zigzag(*i)),
            MvtValue::Bool(b) => varint_field(&mut v, 7, u64::from(*b)),
        }
        bytes_field(&mut self.encoded, 4, &v);
    }
}

const GEOMETRY_POINT: u64 = 1;
const GEOMETRY_LINE: u64 = 2;

/// Command 1 (MoveTo), repeated once.
const MOVE_TO_ONE: u64 = 1 | 1 << 3;

fn varint(out: &mut Vec<u8>, mut v: u64) {
    while v > 127 {
        out.push(v as u8 | 128);
        v >>= 7;
    }
    out.push(v as u8);
}

fn varint_field(out: &mut Vec<u8>, tag: u64, v: u64) {
    varint(out, tag << 3);
    varint(out, v);
}

fn bytes_field(out: &mut Vec<u8>, tag: u64, bytes: &[u8]) {
    varint(out, tag << 3 | 2);
    varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

const fn zigzag(v: i64) -> u64 {
    ((v << 1) ^ (v >> 63)).cast_unsigned()
}
