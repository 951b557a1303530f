//! OGC API Features: the ledger for GDAL, QGIS and every other map program, read-only.
//!
//! Part 1 (core, GeoJSON, OpenAPI 3.0) and part 2 (coordinate systems). One entry of [`layer::COLLECTIONS`] per
//! collection; all of them are read by the same statement-building as lists and tiles, within the reader's scope.
//! Deliberately no writing (part 4) and no filter language (part 3): the filters of the lists say it in fewer words.
mod cases;
mod context;
mod covers;
mod crs;
mod document;
mod hazards;
mod http;
mod layer;
mod links;
mod place;
mod query;
mod wells;

pub use http::routes;
