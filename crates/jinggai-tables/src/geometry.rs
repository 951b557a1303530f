//! Geometry as the file gives it: raw coordinates of the file's own reference system, never transformed here. The
//! geometry of the store (CGCS2000) is another type in another crate, so that no value is shifted by accident.

pub mod wkb;

/// One position in source coordinates; `x` and `y` are in the order of the format (GeoJSON: longitude, latitude).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Coord {
    /// First ordinate: longitude or easting.
    pub x: f64,
    /// Second ordinate: latitude or northing.
    pub y: f64,
    /// Height, where the file has one; metres by custom, but no format says so.
    pub z: Option<f64>,
}

impl Coord {
    /// A position without height.
    #[must_use]
    pub const fn xy(x: f64, y: f64) -> Self {
        Self { x, y, z: None }
    }

    fn is_finite(&self) -> bool {
        self.x.is_finite() && self.y.is_finite()
    }
}

/// A geometry in source coordinates. Rings are closed as the file has them, the first of a polygon is the outer one.
#[derive(Debug, Clone, PartialEq)]
pub enum Geometry {
    /// One position.
    Point(Coord),
    /// Several positions.
    MultiPoint(Vec<Coord>),
    /// A line.
    LineString(Vec<Coord>),
    /// Several lines.
    MultiLineString(Vec<Vec<Coord>>),
    /// Rings, the outer first.
    Polygon(Vec<Vec<Coord>>),
    /// Several polygons.
    MultiPolygon(Vec<Vec<Vec<Coord>>>),
}

/// The kind of a geometry, as layers declare it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GeometryKind {
    /// See [`Geometry::Point`].
    Point,
    /// See [`Geometry::MultiPoint`].
    MultiPoint,
    /// See [`Geometry::LineString`].
    LineString,
    /// See [`Geometry::MultiLineString`].
    MultiLineString,
    /// See [`Geometry::Polygon`].
    Polygon,
    /// See [`Geometry::MultiPolygon`].
    MultiPolygon,
    /// More than one kind, or not declared.
    Mixed,
}

impl GeometryKind {
    /// The name in GeoJSON, also used by GeoPackage in capitals; `Geometry` for a mixture.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Point => "Point",
            Self::MultiPoint => "MultiPoint",
            Self::LineString => "LineString",
            Self::MultiLineString => "MultiLineString",
            Self::Polygon => "Polygon",
            Self::MultiPolygon => "MultiPolygon",
            Self::Mixed => "Geometry",
        }
    }

    /// The kind of that name in any case; unknown names are [`GeometryKind::Mixed`].
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        const ALL: [GeometryKind; 6] = [
            GeometryKind::Point,
            GeometryKind::MultiPoint,
            GeometryKind::LineString,
            GeometryKind::MultiLineString,
            GeometryKind::Polygon,
            GeometryKind::MultiPolygon,
        ];
        ALL.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(name)).unwrap_or(Self::Mixed)
    }
}

impl Geometry {
    /// A point without height.
    #[must_use]
    pub const fn point(x: f64, y: f64) -> Self {
        Self::Point(Coord::xy(x, y))
    }

    /// Which kind it is.
    #[must_use]
    pub const fn kind(&self) -> GeometryKind {
        match self {
            Self::Point(_) => GeometryKind::Point,
            Self::MultiPoint(_) => GeometryKind::MultiPoint,
            Self::LineString(_) => GeometryKind::LineString,
            Self::MultiLineString(_) => GeometryKind::MultiLineString,
            Self::Polygon(_) => GeometryKind::Polygon,
            Self::MultiPolygon(_) => GeometryKind::MultiPolygon,
        }
    }

    /// Calls `visit` for every position.
    pub fn for_each(&self, mut visit: impl FnMut(&Coord)) {
        match self {
            Self::Point(at) => visit(at),
            Self::MultiPoint(line) | Self::LineString(line) => line.iter().for_each(visit),
            Self::MultiLineString(lines) | Self::Polygon(lines) => lines.iter().flatten().for_each(visit),
            Self::MultiPolygon(polygons) => polygons.iter().flatten().flatten().for_each(visit),
        }
    }

    /// Bounds as (min x, min y, max x, max y); none for a geometry without positions.
    #[must_use]
    pub fn bounds(&self) -> Option<Bounds> {
        let mut bounds = Bounds::EMPTY;
        self.for_each(|at| bounds.add(at));
        bounds.is_set().then_some(bounds)
    }

    /// Whether every ordinate is a real number and there is at least one position.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let mut some = false;
        let mut finite = true;
        self.for_each(|at| {
            some = true;
            finite &= at.is_finite();
        });
        some && finite
    }

    /// The position when this is a point or a collection of exactly one.
    #[must_use]
    pub fn as_point(&self) -> Option<Coord> {
        match self {
            Self::Point(at) => Some(*at),
            Self::MultiPoint(points) if points.len() == 1 => points.first().copied(),
            _ => None,
        }
    }
}

/// A rectangle that grows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// Smallest x.
    pub min_x: f64,
    /// Smallest y.
    pub min_y: f64,
    /// Largest x.
    pub max_x: f64,
    /// Largest y.
    pub max_y: f64,
}

impl Bounds {
    /// Contains nothing yet.
    pub const EMPTY: Self = Self {
        min_x: f64::INFINITY,
        min_y: f64::INFINITY,
        max_x: f64::NEG_INFINITY,
        max_y: f64::NEG_INFINITY,
    };

    /// Grows to hold the position.
    pub fn add(&mut self, at: &Coord) {
        self.min_x = self.min_x.min(at.x);
        self.min_y = self.min_y.min(at.y);
        self.max_x = self.max_x.max(at.x);
        self.max_y = self.max_y.max(at.y);
    }

    /// Grows to hold the other rectangle.
    pub fn merge(&mut self, other: &Self) {
        self.min_x = self.min_x.min(other.min_x);
        self.min_y = self.min_y.min(other.min_y);
        self.max_x = self.max_x.max(other.max_x);
        self.max_y = self.max_y.max(other.max_y);
    }

    /// Whether anything was added.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.min_x <= self.max_x && self.min_y <= self.max_y
    }
}
