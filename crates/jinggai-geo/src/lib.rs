//! Coordinates, geometry encodings and tiles: pure functions, no I/O.
//!
//! Why it exists: a cover's place comes from survey files (Gauss-Krüger, local systems, north-first axes),
//! from phones (WGS-84) and from internet maps (GCJ-02, BD-09), and is kept once, in CGCS2000 degrees, with
//! what was done to it written beside. This crate does that arithmetic, the two geometry encodings of the two
//! stores, the duplicate search and the map tiles.
//!
//! It deliberately does not: read files, know a database, know heights, or guess a datum. A coordinate system
//! that needs parameters which only its owner has is refused with a message that says so.

pub mod crs;
pub mod geojson;
pub mod geometry;
pub mod grid;
pub mod metric;
pub mod mvt;
pub mod point;
pub mod tile;
pub mod wkb;

pub use crs::{
    AccuracyClass, Axes, AxesVerdict, Crs, CrsError, GaussKruger, LocalCrs, Provenance, Shifted, Transform,
    degrees_of_mercator, detect_axes,
};
pub use geometry::Geometry;
pub use grid::{GridIndex, Near};
pub use metric::{distance_m, offset_m};
pub use point::{Bbox, Point};
pub use tile::{CELL_ZOOM, TileId, cell_middle, cell_of, cell_range, morton, tile_bbox, tile_of};

/// SRID of everything in the store: CGCS2000 geographic (2000 国家大地坐标系, EPSG:4490).
pub const SRID_CGCS2000: i32 = 4490;
