//! 地图: vector tiles of the covers, honest at every zoom; lines and base map beneath them; OGC API Features.
//!
//! From [`tiles::POINTS_FROM`] on a tile holds every cover; below it holds counts per cell, and every missing cover by
//! itself as well: what may kill is never hidden inside a count. One statement over `cover_facts` serves both stores,
//! since all covers of a tile lie in one range of its `cell` column. The filter is that of every list; the scope is
//! the actor's. With `as_of` in the filter a tile shows what stood on that day ([`day`]).
mod basemap;
mod cache;
mod day;
mod http;
pub mod lines;
mod ogc;
pub mod tiles;

pub use basemap::Basemap;
pub use cache::TileCache;
pub use http::routes;
