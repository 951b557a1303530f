//! What is written comes back: every format, by way of a file and of a stream.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as the tests do")]

use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};

use jinggai_tables::{
    Cell, ColumnType, Coord, Format, Geometry, GeometryKind, NoteCode, OpenOptions, OutColumn, Record,
    Source, Target, WriteOptions, Writer, Written, open,
};
use proptest::prelude::*;

fn columns() -> Vec<OutColumn> {
    vec![
        OutColumn::new("code", "标识码", ColumnType::Text),
        OutColumn::new("name", "名称", ColumnType::Text),
        OutColumn::new("count", "数量", ColumnType::Int),
        OutColumn::new("depth", "井深", ColumnType::Real),
        OutColumn::new("smart", "智能", ColumnType::Bool),
        OutColumn::new("made", "建成日期", ColumnType::Date),
    ]
}

type Row = (Vec<Cell>, Option<Geometry>);

fn example() -> Vec<Row> {
    vec![
        (
            vec![
                Cell::from("5001051234567890123"),
                Cell::from("观音桥，\"一号\"\n井 🕳"),
                Cell::Int(-42),
                Cell::Real(2.75),
                Cell::Bool(true),
                Cell::Date(jiff::civil::date(2021, 7, 22)),
            ],
            Some(Geometry::point(106.532_847_123, 29.575_352_456)),
        ),
        (vec![Cell::from("0012"), Cell::Null, Cell::Null, Cell::Null, Cell::Null, Cell::Null], None),
        (
            vec![
                Cell::from("=1+1"),
                Cell::from("a;b|c\td"),
                Cell::Int(9_007_199_254_740_991),
                Cell::Real(-0.001),
                Cell::Bool(false),
                Cell::Date(jiff::civil::date(1969, 12, 31)),
            ],
            Some(Geometry::Point(Coord::xy(-73.3, 44.97))),
        ),
    ]
}

fn write(path: &Path, format: Format, rows: &[Row]) -> Written {
    let options = WriteOptions {
        geometry: format.is_spatial().then_some(GeometryKind::Point),
        table: "covers".to_owned(),
        ..WriteOptions::default()
    };
    let mut writer = Writer::create(Target::path(path), format, &columns(), &options).unwrap();
    for (cells, geometry) in rows {
        writer.write(cells, geometry.as_ref().filter(|_| format.is_spatial())).unwrap();
    }
    writer.finish().unwrap()
}

fn read(path: &Path) -> (Source, Vec<Record>) {
    let source = open(path, &OpenOptions::default()).unwrap();
    let records = source.records().unwrap().map(Result::unwrap).collect();
    (source, records)
}

/// The cells of the columns that were written; GeoPackage adds `fid` before them.
fn cells(source: &Source, record: &Record, title: bool) -> Vec<Cell> {
    let name = |column: OutColumn| if title { column.title } else { column.key };
    columns()
        .into_iter()
        .map(|column| record.cells[source.column(&name(column)).unwrap().index].clone())
        .collect()
}

#[test]
fn geopackage_keeps_everything() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.gpkg");
    assert_eq!(write(&path, Format::GeoPackage, &example()), Written { rows: 3, notes: Vec::new() });
    let (source, records) = read(&path);
    assert_eq!(
        (source.format, source.crs.as_deref(), source.rows),
        (Format::GeoPackage, Some("EPSG:4490"), Some(3))
    );
    assert_eq!(source.layers[0].geometry, Some(GeometryKind::Point));
    for ((expected, geometry), record) in example().iter().zip(&records) {
        assert_eq!(&cells(&source, record, false), expected);
        assert_eq!(&record.geometry, geometry);
    }
    let leftovers = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(leftovers, 1, "no temporary files stay behind");
}

#[test]
fn geopackage_has_a_whole_rtree_and_header() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.gpkg");
    write(&path, Format::GeoPackage, &example());
    let file = rusqlite::Connection::open(&path).unwrap();
    let number = |sql: &str| file.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(number("PRAGMA application_id"), 0x4750_4B47);
    assert_eq!(number("PRAGMA user_version"), 10_300);
    assert_eq!(number("SELECT count(*) FROM rtree_covers_geom"), 2);
    assert_eq!(number("SELECT count(*) FROM sqlite_master WHERE type = 'trigger'"), 6);
    let check: String =
        file.query_row("SELECT rtreecheck('rtree_covers_geom')", [], |row| row.get(0)).unwrap();
    assert_eq!(check, "ok");
    let bounds: (f64, f64) = file
        .query_row("SELECT min_x, max_x FROM gpkg_contents", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    assert_eq!(bounds, (-73.3, 106.532_847_123));
}

#[test]
fn geojson_keeps_everything_but_the_kind_of_dates() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.geojson");
    write(&path, Format::GeoJson, &example());
    let (source, records) = read(&path);
    assert_eq!(source.layers[0].name, "covers");
    for ((expected, geometry), record) in example().iter().zip(&records) {
        let expected: Vec<_> = expected
            .iter()
            .map(|cell| match cell {
                Cell::Date(date) => Cell::Text(date.to_string()),
                other => other.clone(),
            })
            .collect();
        assert_eq!(cells(&source, record, false), expected);
        assert_eq!(&record.geometry, geometry);
    }
    // Any JSON reader must take it.
    let whole: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    assert_eq!(whole["features"].as_array().unwrap().len(), 3);
}

#[test]
fn geojson_refuses_plane_coordinates() {
    let options = WriteOptions { crs: 4544, ..WriteOptions::default() };
    let target = Target::Stream(Box::new(std::io::sink()));
    let error = Writer::create(target, Format::GeoJson, &columns(), &options).err().unwrap();
    assert!(error.to_string().contains("EPSG:4544") && error.message_en().contains("transform"));
}

#[test]
fn csv_keeps_the_text_of_everything() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.csv");
    write(&path, Format::Csv, &example());
    let bytes = std::fs::read(&path).unwrap();
    assert!(bytes.starts_with(b"\xEF\xBB\xBF") && bytes.ends_with(b"\r\n"));
    let (source, records) = read(&path);
    assert!(source.has_note(NoteCode::ByteOrderMark));
    for ((expected, _), record) in example().iter().zip(&records) {
        let expected: Vec<_> = expected.iter().map(|cell| Cell::from_text(&cell.text())).collect();
        assert_eq!(cells(&source, record, true), expected);
    }
}

#[test]
fn xlsx_keeps_codes_dates_and_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.xlsx");
    write(&path, Format::Xlsx, &example());
    let (source, records) = read(&path);
    assert_eq!((source.format, source.layers[0].name.as_str()), (Format::Xlsx, "covers"));
    assert!(!source.has_note(NoteCode::DigitsLost));
    for ((expected, _), record) in example().iter().zip(&records) {
        // Beyond 15 digits a number is written as text, lest Excel round it.
        let expected: Vec<_> = expected
            .iter()
            .map(|cell| match cell {
                Cell::Int(9_007_199_254_740_991) => Cell::from("9007199254740991"),
                other => other.clone(),
            })
            .collect();
        assert_eq!(cells(&source, record, true), expected);
    }
}

#[test]
fn shapefile_keeps_values_and_null_shapes() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["out.zip", "out.shp"] {
        let path = folder.path().join(name);
        assert_eq!(write(&path, Format::Shapefile, &example()).notes, Vec::new());
        let (source, records) = read(&path);
        assert_eq!((source.crs.as_deref(), source.encoding.as_deref()), (Some("EPSG:4490"), Some("UTF-8")));
        assert_eq!(source.layers[0].name, "out");
        for ((expected, geometry), record) in example().iter().zip(&records) {
            assert_eq!(&cells(&source, record, false), expected, "{name}");
            assert_eq!(&record.geometry, geometry);
        }
    }
}

#[test]
fn shapefile_says_how_names_were_shortened_and_text_cut() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.shp");
    let columns = [
        OutColumn::new("responsibility_owner", "权属单位", ColumnType::Text),
        OutColumn::new("responsibility_keeper", "养护单位", ColumnType::Int),
    ];
    let options = WriteOptions { geometry: Some(GeometryKind::Point), crs: 4544, ..WriteOptions::default() };
    let mut writer = Writer::create(Target::path(&path), Format::Shapefile, &columns, &options).unwrap();
    writer.write(&[Cell::from("井".repeat(100)), Cell::from("not a number")], None).unwrap();
    let written = writer.finish().unwrap();
    let codes: Vec<_> = written.notes.iter().map(|note| note.code).collect();
    assert_eq!(codes, [NoteCode::FieldNamesShortened, NoteCode::ValuesNotWritten, NoteCode::TextCut]);
    let table = std::fs::read_to_string(folder.path().join("long_fields.csv")).unwrap();
    assert!(table.contains("\"responsi_2\",\"responsibility_keeper\",\"养护单位\""), "{table}");
    let (source, records) = read(&path);
    assert_eq!(source.crs.as_deref(), Some("EPSG:4544"));
    assert_eq!(records[0].cells, [Cell::from("井".repeat(84)), Cell::Null]);
}

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn streams_get_the_same_as_files() {
    let folder = tempfile::tempdir().unwrap();
    for format in [Format::Csv, Format::Xlsx, Format::GeoJson, Format::GeoPackage, Format::Shapefile] {
        let shared = Shared::default();
        let options = WriteOptions {
            geometry: format.is_spatial().then_some(GeometryKind::Point),
            ..WriteOptions::default()
        };
        let target = Target::Stream(Box::new(shared.clone()));
        let mut writer = Writer::create(target, format, &columns(), &options).unwrap();
        for (cells, geometry) in example() {
            writer.write(&cells, geometry.as_ref()).unwrap();
        }
        let written = writer.finish().unwrap();
        assert_eq!(
            written.notes.iter().any(|note| note.code == NoteCode::GeometryNotWritten),
            !format.is_spatial()
        );
        let path = folder.path().join("streamed");
        std::fs::write(&path, shared.0.lock().unwrap().as_slice()).unwrap();
        let (source, records) = read(&path);
        assert_eq!((source.format, records.len()), (format, 3));
    }
}

#[test]
fn a_failed_export_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for format in [Format::Csv, Format::Xlsx, Format::GeoJson, Format::GeoPackage, Format::Shapefile] {
        let path = folder.path().join("out");
        let options = WriteOptions { geometry: Some(GeometryKind::Point), ..WriteOptions::default() };
        let mut writer = Writer::create(Target::path(&path), format, &columns(), &options).unwrap();
        writer.write(&example()[0].0, None).unwrap();
        assert!(writer.write(&vec![Cell::Null; 7], None).is_err());
        drop(writer);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{format}");
    }
}

#[test]
fn lines_and_polygons_with_holes() {
    let ring = |points: &[(f64, f64)]| points.iter().map(|(x, y)| Coord::xy(*x, *y)).collect::<Vec<_>>();
    let outer = ring(&[(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0), (0.0, 0.0)]);
    let hole = ring(&[(1.0, 1.0), (1.0, 2.0), (2.0, 2.0), (2.0, 1.0), (1.0, 1.0)]);
    let far: Vec<_> = outer.iter().map(|at| Coord::xy(at.x + 10.0, at.y)).collect();
    let folder = tempfile::tempdir().unwrap();
    for (kind, geometry) in [
        (GeometryKind::LineString, Geometry::LineString(ring(&[(0.0, 0.0), (1.0, 2.0)]))),
        (GeometryKind::MultiPoint, Geometry::MultiPoint(ring(&[(0.0, 0.0), (1.0, 2.0)]))),
        (GeometryKind::Polygon, Geometry::Polygon(vec![outer.clone(), hole.clone()])),
        (
            GeometryKind::MultiPolygon,
            Geometry::MultiPolygon(vec![vec![outer.clone(), hole.clone()], vec![far]]),
        ),
    ] {
        for format in [Format::GeoJson, Format::GeoPackage, Format::Shapefile] {
            let path = folder.path().join("shape.zip");
            let options = WriteOptions { geometry: Some(kind), ..WriteOptions::default() };
            let columns = [OutColumn::new("n", "n", ColumnType::Int)];
            let mut writer = Writer::create(Target::path(&path), format, &columns, &options).unwrap();
            writer.write(&[Cell::Int(1)], Some(&geometry)).unwrap();
            writer.finish().unwrap();
            let (_, records) = read(&path);
            let read = records[0].geometry.as_ref().unwrap();
            assert_eq!(read.kind(), kind, "{format}");
            assert_eq!(read.bounds(), geometry.bounds(), "{format}");
            let count = |geometry: &Geometry| {
                let mut points = 0;
                geometry.for_each(|_| points += 1);
                points
            };
            assert_eq!(count(read), count(&geometry), "{format}");
        }
    }
}

fn any_text() -> impl Strategy<Value = String> {
    // Blank text and text that ends in blanks do not survive every format; control characters not XLSX.
    "[a-zA-Z0-9,;\"'|=井盖编号🕳é]{1,12}"
}

fn any_row() -> impl Strategy<Value = Row> {
    let optional = |cells: BoxedStrategy<Cell>| prop_oneof![4 => cells, 1 => Just(Cell::Null)];
    let cells = (
        any_text().prop_map(Cell::from),
        optional(any_text().prop_map(Cell::from).boxed()),
        optional((-999_999_999_999_999i64..999_999_999_999_999).prop_map(Cell::Int).boxed()),
        optional((-1e6..1e6f64).prop_map(|v| Cell::Real((v * 1000.0).round() / 1000.0 + 0.000_5)).boxed()),
        optional(any::<bool>().prop_map(Cell::Bool).boxed()),
        optional(
            (0i64..70_000)
                .prop_map(|d| Cell::Date(jiff::civil::date(1900, 3, 1) + jiff::Span::new().days(d)))
                .boxed(),
        ),
    );
    let geometry =
        prop::option::of((-180.0..180.0f64, -90.0..90.0f64).prop_map(|(x, y)| Geometry::point(x, y)));
    (cells, geometry).prop_map(|((a, b, c, d, e, f), geometry)| (vec![a, b, c, d, e, f], geometry))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_table_comes_back(rows in prop::collection::vec(any_row(), 1..30)) {
        let folder = tempfile::tempdir().unwrap();
        for format in [Format::GeoPackage, Format::Shapefile, Format::Xlsx, Format::Csv, Format::GeoJson] {
            let path = folder.path().join("table.zip");
            write(&path, format, &rows);
            let options = OpenOptions { header: jinggai_tables::HeaderChoice::Row(1), ..OpenOptions::default() };
            let source = open(&path, &options).unwrap();
            let records: Vec<_> = source.records().unwrap().map(Result::unwrap).collect();
            prop_assert_eq!(records.len(), rows.len());
            for ((expected, geometry), record) in rows.iter().zip(&records) {
                let read = cells(&source, record, matches!(format, Format::Csv | Format::Xlsx));
                for (expected, read) in expected.iter().zip(&read) {
                    match (expected, read) {
                        (Cell::Real(a), b) => {
                            let b = b.as_f64().or_else(|| b.text().parse().ok());
                            prop_assert!(b.is_some_and(|b| (a - b).abs() < 1e-9), "{} {:?}", format, read);
                        }
                        (a, b) if matches!(format, Format::Csv | Format::GeoJson) => prop_assert_eq!(a.text(), b.text()),
                        (a, b) => prop_assert_eq!(a, b, "{}", format),
                    }
                }
                if format.is_spatial() {
                    prop_assert_eq!(&record.geometry, geometry);
                }
            }
        }
    }
}
