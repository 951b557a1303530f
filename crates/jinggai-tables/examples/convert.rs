//! Copies a table from one format to another and says how long it took: `convert IN OUT.(csv|xlsx|geojson|gpkg|shp|zip)`.
//! Coordinates are copied as they are.

use std::path::Path;
use std::time::Instant;

use jinggai_tables::{Cell, ColumnType, Format, OpenOptions, OutColumn, Target, WriteOptions, Writer, open};

fn kind(samples: &[Cell]) -> ColumnType {
    let all = |test: fn(&Cell) -> bool| !samples.is_empty() && samples.iter().all(test);
    if all(|cell| matches!(cell, Cell::Int(_))) {
        ColumnType::Int
    } else if all(|cell| matches!(cell, Cell::Int(_) | Cell::Real(_))) {
        ColumnType::Real
    } else if all(|cell| matches!(cell, Cell::Bool(_))) {
        ColumnType::Bool
    } else if all(|cell| matches!(cell, Cell::Date(_))) {
        ColumnType::Date
    } else {
        ColumnType::Text
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(from), Some(to)) = (arguments.next(), arguments.next()) else {
        return Err("two file names are needed".into());
    };
    let format = match Path::new(&to).extension().and_then(|extension| extension.to_str()) {
        Some("csv") => Format::Csv,
        Some("xlsx") => Format::Xlsx,
        Some("geojson") => Format::GeoJson,
        Some("gpkg") => Format::GeoPackage,
        Some("shp" | "zip") => Format::Shapefile,
        _ => return Err("unknown extension of the target".into()),
    };
    let started = Instant::now();
    let source = open(Path::new(&from), &OpenOptions::default())?;
    println!("opened in {:?}", started.elapsed());
    let columns: Vec<_> = source
        .columns
        .iter()
        .map(|column| OutColumn::new(&column.name, &column.name, kind(&column.samples)))
        .collect();
    let geometry = source.layers.get(source.layer).and_then(|layer| layer.geometry);
    let options = WriteOptions { geometry, table: "table".to_owned(), crs: 4326, ..WriteOptions::default() };
    let mut writer = Writer::create(Target::path(&to), format, &columns, &options)?;
    for record in source.records()? {
        let record = record?;
        writer.write(&record.cells, record.geometry.as_ref().filter(|_| format.is_spatial()))?;
    }
    let written = writer.finish()?;
    println!("{} rows, {:?}, {:?}", written.rows, started.elapsed(), written.notes);
    Ok(())
}
