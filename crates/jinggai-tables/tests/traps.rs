//! Files as offices and old programs make them: encodings, line ends, merged titles, damaged codes, lost parts; and
//! bytes that are no file at all.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as the tests do")]

use std::path::{Path, PathBuf};

use jinggai_tables::{
    Cell, ColumnType, Format, Geometry, GeometryKind, HeaderChoice, NoteCode, OpenOptions, OutColumn, Ragged,
    Record, Source, TableError, Target, WriteOptions, Writer, open,
};
use proptest::prelude::*;
use rust_xlsxwriter::{Format as Style, Workbook};

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

fn read_with(path: &Path, options: &OpenOptions) -> (Source, Vec<Record>) {
    let source = open(path, options).unwrap();
    let records = source.records().unwrap().map(Result::unwrap).collect();
    (source, records)
}

fn read(path: &Path) -> (Source, Vec<Record>) {
    read_with(path, &OpenOptions::default())
}

fn names(source: &Source) -> Vec<&str> {
    source.columns.iter().map(|column| column.name.as_str()).collect()
}

fn text(records: &[Record]) -> Vec<Vec<String>> {
    records.iter().map(|record| record.cells.iter().map(|cell| cell.text().into_owned()).collect()).collect()
}

const CHINESE: &str = "编号,道路,经度,纬度\nYS001,建新北路,106.55,29.57\nYS002,观音桥步行街,106.56,29.58\n";

#[test]
fn the_same_table_in_every_encoding() {
    let place = Place::new();
    let utf16 = |big: bool, bom: bool| -> Vec<u8> {
        let units = bom.then_some(0xFEFF).into_iter().chain(CHINESE.encode_utf16());
        units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    };
    let (_, expected) = read(&place.file("plain.csv", CHINESE));
    assert_eq!(expected.len(), 2);
    for (name, bytes, encoding) in [
        ("bom.csv", format!("\u{feff}{CHINESE}").into_bytes(), "UTF-8"),
        ("gb.csv", encoding_rs::GB18030.encode(CHINESE).0.into_owned(), "gb18030"),
        ("le.csv", utf16(false, true), "UTF-16LE"),
        ("be.csv", utf16(true, true), "UTF-16BE"),
    ] {
        let (source, records) = read(&place.file(name, bytes));
        assert_eq!(source.encoding.as_deref(), Some(encoding), "{name}");
        assert_eq!(names(&source), ["编号", "道路", "经度", "纬度"], "{name}");
        assert_eq!(records, expected, "{name}");
    }
    let ascii = "id,name,x,y,notes\n1,one,2,3,first\n2,two,3,4,second\n";
    let bytes: Vec<u8> = ascii.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(read(&place.file("nobom.csv", bytes)).0.encoding.as_deref(), Some("UTF-16LE"));
}

#[test]
fn gb18030_with_chinese_only_late_in_the_file() {
    let place = Place::new();
    let mut text = "id,name\n".to_owned();
    for at in 0..60_000 {
        text += &format!("{at},plain ascii\n");
    }
    text += "60000,观音桥街道办事处\n";
    let (source, records) = read(&place.file("late.csv", encoding_rs::GB18030.encode(&text).0));
    assert!(source.has_note(NoteCode::EncodingGuessed));
    assert_eq!(records.last().unwrap().cells[1], Cell::from("观音桥街道办事处"));
}

#[test]
fn every_line_end() {
    let place = Place::new();
    let (_, expected) = read(&place.file("lf.csv", CHINESE));
    for (name, text) in [
        ("crlf.csv", CHINESE.replace('\n', "\r\n")),
        ("cr.csv", CHINESE.replace('\n', "\r")),
        ("none.csv", CHINESE.trim_end().to_owned()),
    ] {
        let (source, records) = read(&place.file(name, text));
        assert_eq!(records, expected, "{name}");
        assert_eq!(source.has_note(NoteCode::CrLineEnds), name == "cr.csv");
    }
}

#[test]
fn ragged_rows_and_nul_bytes() {
    let place = Place::new();
    let path = place.file("ragged.csv", "a,b,c\n1,2,3\n4,5\n6,7,8,9\n\n1\0,2,3,\n");
    let source = open(&path, &OpenOptions::default()).unwrap();
    assert!(source.has_note(NoteCode::NulBytes));
    let rows: Vec<_> = source.records().unwrap().collect();
    assert_eq!(rows[1].as_ref().unwrap().missing_cells, 1);
    let error = rows[2].as_ref().unwrap_err();
    assert_eq!((error.row, error.fatal, error.cells.len()), (4, false, 4));
    assert!(error.to_string().starts_with("第 4 行：应有 3 列，实有 4 列"), "{error}");
    let last = rows[3].as_ref().unwrap();
    assert_eq!((last.row, &last.cells[0]), (6, &Cell::from("1")));
    let strict = OpenOptions { ragged: Ragged::Reject, ..OpenOptions::default() };
    let rows: Vec<_> = open(&path, &strict).unwrap().records().unwrap().collect();
    assert!(rows[1].is_err());
}

#[test]
fn a_resumed_csv_has_the_same_rows() {
    let place = Place::new();
    let mut text = "id,note\n".to_owned();
    for at in 0..500 {
        text += &format!("{at},\"two\nlines {at}\"\n");
    }
    let (source, all) = read(&place.file("resume.csv", text));
    assert_eq!(all[3].row, 5, "a spreadsheet shows the fourth record in row 5");
    for from in [0, 2, 3, 250, 501, 502] {
        let rest: Vec<_> = source.records_from(from).unwrap().map(Result::unwrap).collect();
        let expected: Vec<_> = all.iter().filter(|record| record.row >= from).cloned().collect();
        assert_eq!(rest, expected);
    }
}

#[test]
fn header_choices() {
    let place = Place::new();
    let path = place.file("odd.csv", "x,y\nA,B\n1,2\n");
    let none = OpenOptions { header: HeaderChoice::None, ..OpenOptions::default() };
    let (source, records) = read_with(&path, &none);
    assert_eq!((names(&source), records.len()), (vec!["列A", "列B"], 3));
    let second = OpenOptions { header: HeaderChoice::Row(2), ..OpenOptions::default() };
    let (source, records) = read_with(&path, &second);
    assert_eq!(
        (names(&source), text(&records)),
        (vec!["A", "B"], vec![vec!["1".to_owned(), "2".to_owned()]])
    );
}

/// A sheet as an office makes it: merged title, unit line, merged header of two rows, column numbers, merged data.
fn office_sheet(place: &Place) -> PathBuf {
    let path = place.0.path().join("office.xlsx");
    let mut book = Workbook::new();
    let style = Style::new();
    book.add_worksheet().set_name("说明").unwrap();
    let sheet = book.add_worksheet();
    sheet.set_name("普查表").unwrap();
    sheet.merge_range(0, 0, 0, 5, "江北区城市道路窨井盖普查统计表", &style).unwrap();
    sheet.write(1, 0, "填报单位：某街道").unwrap();
    sheet.merge_range(2, 0, 3, 0, "序号", &style).unwrap();
    sheet.merge_range(2, 1, 3, 1, "道路\n名称", &style).unwrap();
    sheet.merge_range(2, 2, 2, 4, "其中", &style).unwrap();
    sheet.merge_range(2, 5, 3, 5, "标识码", &style).unwrap();
    for (column, name) in [(2, "供水"), (3, "排水"), (4, "燃气")] {
        sheet.write(3, column, name).unwrap();
    }
    for column in 0..6u16 {
        sheet.write(4, column, f64::from(column) + 1.0).unwrap();
    }
    sheet.merge_range(5, 1, 6, 1, "建新北路", &style).unwrap();
    sheet.write(7, 1, "观音桥步行街").unwrap();
    for row in 0..3u32 {
        sheet.write(5 + row, 0, row + 1).unwrap();
        sheet.write(5 + row, 2, 10 * row).unwrap();
        sheet.write(5 + row, 3, 2.5).unwrap();
        // A 19-digit code typed as a number: Excel keeps 15 digits.
        sheet.write(5 + row, 5, 5_001_051_234_567_890_000.0 + f64::from(row) * 1e6).unwrap();
    }
    book.save(&path).unwrap();
    path
}

#[test]
fn an_office_sheet() {
    let place = Place::new();
    let (source, records) = read(&office_sheet(&place));
    assert_eq!(source.layers[source.layer].name, "普查表");
    assert_eq!(names(&source), ["序号", "道路名称", "其中/供水", "其中/排水", "其中/燃气", "标识码"]);
    let rows: Vec<_> = records.iter().map(|record| record.row).collect();
    assert_eq!(rows, [6, 7, 8]);
    let roads: Vec<_> = records.iter().map(|record| record.cells[1].text().into_owned()).collect();
    assert_eq!(roads, ["建新北路", "建新北路", "观音桥步行街"]);
    assert_eq!((&records[1].cells[2], &records[1].cells[3]), (&Cell::Int(10), &Cell::Real(2.5)));
    for code in [
        NoteCode::LayerChosen,
        NoteCode::HeaderRowFound,
        NoteCode::HeaderMerged,
        NoteCode::ColumnNumbersSkipped,
        NoteCode::MergedCellsFilled,
        NoteCode::BlankColumns,
        NoteCode::DigitsLost,
    ] {
        assert!(source.has_note(code), "{code:?} in {:?}", source.notes);
    }
    let lost = source.notes.iter().find(|note| note.code == NoteCode::DigitsLost).unwrap();
    assert_eq!(lost.columns, ["标识码"]);
}

#[test]
fn layers_by_name() {
    let place = Place::new();
    let path = office_sheet(&place);
    let options = OpenOptions { layer: Some("不存在".to_owned()), ..OpenOptions::default() };
    match open(&path, &options) {
        Err(TableError::NoLayer { available, .. }) => assert_eq!(available, ["说明", "普查表"]),
        other => panic!("{other:?}"),
    }
    let options = OpenOptions { layer: Some("说明".to_owned()), ..OpenOptions::default() };
    assert!(open(&path, &options).unwrap().has_note(NoteCode::NoRows));
}

#[test]
fn damaged_codes_in_csv() {
    let place = Place::new();
    let text = "标识码,名称\n5.00105E+18,甲\n5.00105E+18,乙\n";
    let (source, _) = read(&place.file("damaged.csv", text));
    assert!(source.has_note(NoteCode::DigitsLost));
    let text = "标识码,名称\n5001051234567890123,甲\n5001051234567890124,乙\n";
    let (source, records) = read(&place.file("whole.csv", text));
    assert!(!source.has_note(NoteCode::DigitsLost));
    assert_eq!(records[1].cells[0], Cell::from("5001051234567890124"));
}

#[test]
fn json_in_its_many_forms() {
    let place = Place::new();
    let feature = |id: u32| {
        format!(
            r#"{{"type":"Feature","id":"F{id}","geometry":{{"type":"Point","coordinates":[106.5,29.5]}},"properties":{{"n":{id},"code":5001051234567890123}}}}"#
        )
    };
    let lines = format!("{}\n{}\n", feature(1), feature(2));
    let sequence = format!("\u{1e}{}\n\u{1e}{}\n", feature(1), feature(2));
    let array = format!("[{},{}]", feature(1), feature(2));
    let late_crs = format!(
        "{{\"features\":[{},\n{}],\"crs\":{{\"type\":\"name\",\"properties\":{{\"name\":\"urn:ogc:def:crs:EPSG::4490\"}}}},\"type\":\"FeatureCollection\"}}",
        feature(1),
        feature(2)
    );
    for (name, text) in [("lines", lines), ("sequence", sequence), ("array", array), ("late_crs", late_crs)] {
        let (source, records) = read(&place.file(name, text));
        assert_eq!(source.format, Format::GeoJson, "{name}");
        assert_eq!(names(&source), ["n", "code", "id"], "{name}");
        assert_eq!(records.len(), 2, "{name}");
        assert_eq!(
            records[1].cells,
            [Cell::Int(2), Cell::Int(5_001_051_234_567_890_123), Cell::from("F2")],
            "{name}"
        );
        assert_eq!(records[1].geometry, Some(Geometry::point(106.5, 29.5)), "{name}");
        assert_eq!(source.crs.as_deref(), (name == "late_crs").then_some("EPSG:4490"));
    }
    let esri = r#"{"spatialReference":{"wkid":4326},"features":[{"attributes":{"a":1},"geometry":{"x":106.5,"y":29.5}}]}"#;
    let (source, records) = read(&place.file("esri", esri));
    assert_eq!(
        (source.crs.as_deref(), records[0].geometry.clone()),
        (Some("EPSG:4326"), Some(Geometry::point(106.5, 29.5)))
    );
    let plain = r#"[{"a":1,"b":"x"},{"b":"y","c":[1,{"d":2}]}]"#;
    let (source, records) = read(&place.file("plain", plain));
    assert_eq!(names(&source), ["a", "b", "c"]);
    assert_eq!(records[1].cells, [Cell::Null, Cell::from("y"), Cell::from(r#"[1,{"d":2}]"#)]);
    let gb = encoding_rs::GB18030.encode(r#"[{"道路":"观音桥步行街"},{"道路":"建新北路"}]"#).0.into_owned();
    assert_eq!(names(&read(&place.file("gb.json", gb)).0), ["道路"]);
}

#[test]
fn bad_features_do_not_harm_the_next() {
    let place = Place::new();
    let text = r#"{"type":"FeatureCollection","features":[
        {"type":"Feature","geometry":{"type":"Point","coordinates":["106","29"]},"properties":{"n":1}},
        {"type":"Feature","geometry":{"type":"Point","coordinates":[]},"properties":{"n":2}},
        {"type":"Feature","geometry":{"type":"Blob","coordinates":[1,2]},"properties":{"n":3}},
        {"type":"Feature","geometry":{"type":"Point","coordinates":[1,2]},"properties":{"n":}},
        {"type":"Feature","geometry":{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,2]}]},"properties":{"n":5}},
        {"type":"Feature","geometry":null,"properties":null}
    ]}"#;
    let source = open(&place.file("bad", text), &OpenOptions::default()).unwrap();
    let rows: Vec<_> = source.records().unwrap().collect();
    let good: Vec<_> = rows.iter().map(Result::is_ok).collect();
    assert_eq!(good, [false, true, false, false, true, true]);
    assert_eq!(rows[0].as_ref().unwrap_err().cells, [Cell::Int(1)]);
    assert_eq!(rows[4].as_ref().unwrap().geometry, Some(Geometry::point(1.0, 2.0)));
}

#[test]
fn a_truncated_file_gives_its_whole_records_first() {
    let place = Place::new();
    let text = r#"{"type":"FeatureCollection","features":[{"type":"Feature","geometry":null,"properties":{"n":1}},{"type":"Fea"#;
    let source = open(&place.file("cut", text), &OpenOptions::default()).unwrap();
    let rows: Vec<_> = source.records().unwrap().collect();
    assert_eq!(rows.len(), 2);
    let error = rows[1].as_ref().unwrap_err();
    assert!(error.fatal && error.row == 2);
}

#[test]
fn properties_beyond_the_scan_are_kept() {
    let place = Place::new();
    let mut text = String::new();
    for at in 0..3000 {
        text += &format!("{{\"type\":\"Feature\",\"geometry\":null,\"properties\":{{\"n\":{at}}}}}\n");
    }
    text += "{\"type\":\"Feature\",\"geometry\":null,\"properties\":{\"n\":3000,\"late\":\"x\"}}\n";
    let options = OpenOptions { scan_bytes: 1000, ..OpenOptions::default() };
    let (source, records) = read_with(&place.file("late.geojsonl", text), &options);
    assert!(source.has_note(NoteCode::ColumnsSampled) && source.rows.is_none());
    assert_eq!(records.last().unwrap().extra, [("late".to_owned(), Cell::from("x"))]);
}

/// A GBK Shapefile as an old program writes it: no .cpg, a deleted record, a 19-digit code in a numeric field.
#[test]
fn an_old_chinese_shapefile() {
    let place = Place::new();
    let path = place.0.path().join("old.shp");
    let columns = [OutColumn::new("NAME", "", ColumnType::Text), OutColumn::new("CODE", "", ColumnType::Int)];
    let options = WriteOptions { geometry: Some(GeometryKind::Point), crs: 4544, ..WriteOptions::default() };
    let mut writer = Writer::create(Target::path(&path), Format::Shapefile, &columns, &options).unwrap();
    for at in 0..3i64 {
        // As wide in GBK as these letters are in UTF-8.
        let cells = [Cell::from("NNNNNNNNNN"), Cell::Int(5_001_051_234_567_890_120 + at)];
        writer.write(&cells, Some(&Geometry::point(at as f64, 1.0))).unwrap();
    }
    writer.finish().unwrap();
    let dbf = path.with_extension("dbf");
    let mut bytes = std::fs::read(&dbf).unwrap();
    let gbk = encoding_rs::GBK.encode("观音桥街道").0.into_owned();
    let start = 32 + 32 * 2 + 1;
    let length = 1 + 10 + 19;
    for record in 0..3 {
        bytes[start + record * length + 1..][..10].copy_from_slice(&gbk);
    }
    bytes[start + length] = b'*';
    std::fs::write(&dbf, bytes).unwrap();
    std::fs::remove_file(path.with_extension("cpg")).unwrap();
    std::fs::remove_file(path.with_extension("shx")).unwrap();
    let (source, records) = read(&path);
    assert_eq!(source.encoding.as_deref(), Some("gb18030"));
    assert_eq!((source.crs.as_deref(), source.rows), (Some("EPSG:4544"), Some(2)));
    assert!(source.has_note(NoteCode::DeletedRecords) && source.has_note(NoteCode::EncodingGuessed));
    let rows: Vec<_> = records.iter().map(|record| (record.row, record.geometry.clone())).collect();
    assert_eq!(rows, [(1, Some(Geometry::point(0.0, 1.0))), (3, Some(Geometry::point(2.0, 1.0)))]);
    assert_eq!(records[1].cells, [Cell::from("观音桥街道"), Cell::Int(5_001_051_234_567_890_122)]);
    let rest: Vec<_> = source.records_from(2).unwrap().map(|record| record.unwrap().row).collect();
    assert_eq!(rest, [3]);
}

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

#[test]
fn an_old_workbook() {
    let (source, records) = read(&data("office.xls"));
    assert_eq!((source.format, source.rows), (Format::Xls, Some(3)));
    assert_eq!(names(&source), ["序号", "道路名称", "其中/供水", "其中/排水", "建成日期"]);
    let date = Cell::Date(jiff::civil::date(2021, 7, 22));
    let road = Cell::from("建新北路");
    assert_eq!(records[1].cells, [Cell::Int(2), road, Cell::Int(10), Cell::Real(2.5), date]);
    assert!(source.has_note(NoteCode::HeaderMerged) && source.has_note(NoteCode::MergedCellsFilled));
    let rest: Vec<_> = source.records_from(5).unwrap().map(Result::unwrap).collect();
    assert_eq!(rest, records[1..], "the merged value above row 5 is still known");
}

#[test]
fn a_zipped_shapefile_of_another_program() {
    let (source, records) = read(&data("gbk_by_gdal.zip"));
    assert_eq!(source.crs.as_deref(), Some("EPSG:4544"));
    assert_eq!(records[1].cells, [Cell::from("建新北路二支路雨水箅子"), Cell::Real(106.6), Cell::Real(29.6)]);
    assert_eq!(records[0].geometry, Some(Geometry::point(106.5, 29.5)));
    assert!(source.has_note(NoteCode::EncodingGuessed) && source.has_note(NoteCode::Unpacked));
}

#[test]
fn files_that_cannot_be_read_say_what_to_do() {
    let place = Place::new();
    for (bytes, part) in [
        (b"".to_vec(), "空的"),
        (b"\xEF\xBB\xBF\r\n".to_vec(), "空的"),
        (b"%PDF-1.4".to_vec(), "PDF"),
        (b"<html><body><table>".to_vec(), "另存为 .xlsx"),
        (b"\0\x01\0\0Standard Jet DB\0".to_vec(), "Access"),
        (b"<?xml version=\"1.0\"?><kml>".to_vec(), "GeoJSON"),
        (b"AC1027 drawing".to_vec(), "DWG"),
        (b"PK\x03\x04 broken".to_vec(), "不是完整"),
    ] {
        let error = open(&place.file("what.csv", bytes), &OpenOptions::default()).unwrap_err();
        assert!(error.to_string().contains(part), "{error}");
        assert!(error.message_en().is_ascii() || !part.is_ascii());
    }
    let shp = [&[0, 0, 0x27, 0x0A][..], &[0; 96]].concat();
    let error = open(&place.file("alone.shp", shp), &OpenOptions::default()).unwrap_err();
    assert!(matches!(error, TableError::MissingSibling { missing: "dbf", .. }), "{error}");
    let sqlite = place.0.path().join("plain.sqlite");
    rusqlite::Connection::open(&sqlite).unwrap().execute_batch("CREATE TABLE a (b)").unwrap();
    let error = open(&sqlite, &OpenOptions::default()).unwrap_err();
    assert!(error.to_string().contains("GeoPackage"), "{error}");
}

#[test]
fn an_archive_may_not_unpack_without_limit() {
    let place = Place::new();
    let path = place.0.path().join("bomb.zip");
    let mut archive = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
    archive.start_file("table.csv", zip::write::SimpleFileOptions::default()).unwrap();
    std::io::Write::write_all(&mut archive, &vec![b'a'; 1 << 20]).unwrap();
    archive.finish().unwrap();
    let options = OpenOptions { unpacked_bytes_max: 1000, ..OpenOptions::default() };
    assert!(matches!(open(&path, &options), Err(TableError::Limit { .. })));
    assert!(open(&path, &OpenOptions::default()).unwrap().has_note(NoteCode::Unpacked));
}

/// Reads everything there is, whatever it is.
fn exhaust(path: &Path) -> usize {
    let options = OpenOptions { record_bytes_max: 1 << 16, ..OpenOptions::default() };
    match open(path, &options) {
        Ok(source) => source.records().map_or(0, |records| records.take(10_000).count()),
        Err(error) => error.to_string().len(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn arbitrary_bytes_never_panic(
        head in prop::sample::select(vec![
            &b""[..], b"{\"type\":\"FeatureCollection\",\"features\":[", b"[{", b"a,b\n", b"PK\x03\x04", b"SQLite format 3\0",
            b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", b"\xFF\xFE", b"\xEF\xBB\xBF",
        ]),
        tail in prop::collection::vec(any::<u8>(), 0..600),
    ) {
        let place = Place::new();
        let path = place.file("bytes", [head, &tail].concat());
        prop_assert!(exhaust(&path) <= 10_000);
    }

    #[test]
    fn damaged_files_never_panic(at in 0usize..100_000, byte in any::<u8>(), cut in any::<bool>()) {
        let place = Place::new();
        for format in [Format::Xlsx, Format::GeoPackage, Format::Shapefile, Format::GeoJson, Format::Csv] {
            let path = place.0.path().join("damaged.zip");
            let columns = [OutColumn::new("n", "n", ColumnType::Int), OutColumn::new("t", "t", ColumnType::Text)];
            let options = WriteOptions { geometry: Some(GeometryKind::Point), ..WriteOptions::default() };
            let mut writer = Writer::create(Target::path(&path), format, &columns, &options).unwrap();
            for n in 0..5 {
                writer.write(&[Cell::Int(n), Cell::from("井盖")], Some(&Geometry::point(1.0, 2.0))).unwrap();
            }
            writer.finish().unwrap();
            let mut bytes = std::fs::read(&path).unwrap();
            let at = at % bytes.len();
            bytes[at] = byte;
            if cut {
                bytes.truncate(at);
            }
            std::fs::write(&path, bytes).unwrap();
            prop_assert!(exhaust(&path) <= 10_000);
        }
    }
}
