//! The two stores: one SQL text and one Rust body serve SQLite/GeoPackage and PostgreSQL/PostGIS.
