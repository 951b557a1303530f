//! The real inventories of the repository, read whole: counts, columns, and the traps that each of them has.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as the tests do")]

use std::path::{Path, PathBuf};

use jinggai_tables::{Cell, Format, GeometryKind, NoteCode, OpenOptions, Record, Source, open};

fn inventory(name: &str) -> (Source, Vec<Record>) {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/inventories").join(name);
    let source = open(&path, &OpenOptions::default()).unwrap();
    let records = source.records().unwrap().collect::<Result<Vec<_>, _>>().unwrap();
    (source, records)
}

/// Name, records, columns, records with geometry: counted from the files with another program.
#[test]
fn counts() {
    for (name, rows, columns, located) in [
        ("sudbury__manholes.geojson", 664, 23, 664),
        ("portcoquitlam__manholes.geojson", 556, 8, 556),
        ("kamloops__manholes.geojson", 303, 28, 303),
        ("penticton__manholes.geojson", 209, 28, 209),
        ("MontpelierPointFeatures.geojson", 1059, 8, 1059),
        ("AlburghPointFeatures.geojson", 84, 8, 84),
        ("WilliamstownPointFeatures.geojson", 146, 8, 0),
        ("BurlingtonWWTF.geojson", 7, 12, 7),
    ] {
        let (source, records) = inventory(name);
        assert_eq!(source.format, Format::GeoJson);
        assert_eq!(source.rows, Some(rows), "{name}");
        assert_eq!(records.len() as u64, rows, "{name}");
        let names: Vec<_> = source.columns.iter().map(|column| &column.name).collect();
        assert_eq!(names.len(), columns, "{name}: {names:?}");
        assert!(records.iter().all(|record| record.cells.len() == columns && record.extra.is_empty()));
        assert_eq!(records.iter().filter(|record| record.geometry.is_some()).count(), located, "{name}");
        assert!(records.iter().zip(1..).all(|(record, row)| record.row == row));
    }
}

#[test]
fn values_keep_their_kind() {
    let (source, records) = inventory("sudbury__manholes.geojson");
    let cell = |record: &Record, name: &str| record.cells[source.column(name).unwrap().index].clone();
    let first = &records[0];
    assert_eq!(cell(first, "OBJECTID"), Cell::Int(17));
    assert_eq!(cell(first, "ASSETID"), Cell::from("125642"));
    assert_eq!(cell(first, "ACCESSTYPE"), Cell::Null);
    let point = first.geometry.as_ref().unwrap().as_point().unwrap();
    assert_eq!((point.x, point.y), (-80.988_909_083_434_5, 46.490_337_697_281));
    assert_eq!(source.layers[0].geometry, Some(GeometryKind::Point));
    assert!(source.has_note(NoteCode::BlankColumns));
}

#[test]
fn a_lost_header_row_is_noticed() {
    let (source, _) = inventory("AlburghPointFeatures.geojson");
    let note = source.notes.iter().find(|note| note.code == NoteCode::HeaderLost).unwrap();
    assert!(
        note.columns.contains(&"9/10/2020".to_owned()) && note.columns.contains(&"Sewer manhole".to_owned())
    );
    for whole in ["sudbury__manholes.geojson", "MontpelierPointFeatures.geojson", "BurlingtonWWTF.geojson"] {
        assert!(!inventory(whole).0.has_note(NoteCode::HeaderLost), "{whole}");
    }
}

#[test]
fn missing_geometry_and_garbled_text_are_noticed() {
    let (source, _) = inventory("WilliamstownPointFeatures.geojson");
    assert!(source.has_note(NoteCode::GeometryMissing));
    let note = source.notes.iter().find(|note| note.code == NoteCode::GarbledText).unwrap();
    assert_eq!(note.columns, ["System_Type"]);
}

#[test]
fn reading_goes_on_from_any_row() {
    let (source, all) = inventory("portcoquitlam__manholes.geojson");
    for from in [1, 2, 300, 556, 557] {
        let rest: Vec<_> = source.records_from(from).unwrap().map(Result::unwrap).collect();
        assert_eq!(rest, all[from as usize - 1..], "from {from}");
    }
}
