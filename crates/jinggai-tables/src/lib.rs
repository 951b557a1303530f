//! Tables in and out: CSV, XLSX, XLS, GeoJSON, Shapefile and GeoPackage as bounded streams of records.
