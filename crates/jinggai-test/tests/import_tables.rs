//! Tables of Chinese offices: encodings, coordinate systems, numbers, owners, duplicates, and the list of problems.
#![allow(clippy::unwrap_used)]
mod support;
use jinggai::registry::import::report::write_errors;
use jinggai::registry::import::{Options, What};
use jinggai_db::sql;
use jinggai_geo::crs::shifted::{gcj02_to_bd09, wgs84_to_gcj02};
use jinggai_geo::{Axes, Crs, Point, Transform, distance_m, offset_m};
use jinggai_tables::write::Target;
use jinggai_tables::{Format, OpenOptions};
use jinggai_test::on_both_stores;
use support::{count, counts, file, problems, run, says, sizes, unit, verify};

/// 观音桥, CGCS2000.
const MIDDLE: Point = Point { lng: 106.532_844, lat: 29.575_352 };

fn gb18030(text: &str) -> Vec<u8> {
    encoding_rs::GB18030.encode(text).0.into_owned()
}

fn places(n: usize) -> Vec<Point> {
    (0..n).map(|i| offset_m(MIDDLE, 10.0 * (i % 20) as f64, 15.0 * (i / 20) as f64)).collect()
}

/// A census table as an office exports it: GB18030, GCJ-02, dates in several forms.
fn census(places: &[Point]) -> String {
    let kinds = ["污水井", "雨水井", "雨水箅子", "电力井", "燃气井", "弱电"];
    let dates = ["2015-06-01", "2016/7/2", "2017年8月", "2018", "20190301"];
    let mut text = "编号,井盖类型,经度,纬度,道路名称,详细地址,权属单位,井盖材质,规格,承载等级,井深,安装日期,使用状态,是否低洼,防坠网,备注\r\n".to_owned();
    for (i, p) in places.iter().enumerate() {
        let g = wgs84_to_gcj02(*p);
        let kind = kinds[i % kinds.len()];
        let owner = if i % 3 == 0 { "江北区排水公司" } else { "国网江北供电局" };
        text.push_str(&format!(
            "50010500000000{:05},{kind},{:.8},{:.8},建新北路,建新北路{}号,{owner},球墨铸铁,φ700,D400,2.5米,{},在用,{},{},\"第{i}号，含逗号\"\r\n",
            i + 1, g.lng, g.lat, i + 1, dates[i % dates.len()], if i % 4 == 0 { "是" } else { "否" }, if i % 5 == 0 { "有" } else { "无" }
        ));
    }
    text
}

on_both_stores! {
    async fn a_census_in_gb18030_and_gcj02(app: TestApp) {
        unit(&app, "gw", "国网江北供电局").await;
        let places = places(60);
        let path = file(&app, "普查.csv", &gb18030(&census(&places)));
        let report = run(&app, &path, Options { crs: Some("GCJ-02".into()), ..Options::default() }).await;
        assert_eq!(counts(&report), [60, 60, 0, 0, 0, 0], "{:?}", report.refused);
        assert!(says(&report, "encoding_guessed") || report.format == "CSV");
        assert!(says(&report, "dates_mixed"));
        let rows: Vec<(Point, f64, String, String)> = app.db().all(sql!("SELECT geom, source_x, source_crs, accuracy FROM wells ORDER BY id")).await.unwrap();
        for ((at, x, crs, accuracy), p) in rows.iter().zip(&places) {
            assert!(distance_m(*at, *p) < 0.01, "{at:?} {p:?}");
            assert!((x - wgs84_to_gcj02(*p).lng).abs() < 1e-7, "the source's own coordinate is kept");
            assert_eq!((crs.as_str(), accuracy.as_str()), ("GCJ-02", "class_c"));
        }
        // The 19 digits are numbers of the scheme they fit, and no second number is made.
        assert_eq!(count(&app, "SELECT count(*) FROM codes WHERE scheme = 'sichuan-19' AND state = 'active'").await, 60);
        assert_eq!(count(&app, "SELECT count(*) FROM codes").await, 60);
        assert_eq!(count(&app, "SELECT count(*) FROM cover_facts WHERE owner_id IS NOT NULL").await, 60);
        assert_eq!(count(&app, "SELECT count(*) FROM cover_facts WHERE owner_confirmed").await, 40, "a unit that the import made is only claimed");
        assert_eq!(count(&app, "SELECT count(*) FROM cover_facts WHERE low_lying").await, 15);
        assert_eq!(count(&app, "SELECT count(*) FROM cover_facts WHERE guarded").await, 12);
        assert_eq!(count(&app, "SELECT count(*) FROM covers WHERE size = 'D700' AND material = 'ductile_iron' AND load_class = 'd400'").await, 60);
        assert_eq!(count(&app, "SELECT count(*) FROM wells WHERE depth_m = 2.5 AND road = '建新北路'").await, 60);
        assert_eq!(count(&app, "SELECT count(*) FROM covers WHERE installed_precision = 'year'").await, 12);
        assert_eq!(count(&app, "SELECT count(*) FROM covers WHERE kind = 'grate'").await, 10);
        verify(&app).await;
        // The coordinate system is kept with the source: forgetting it must not move a single cover.
        let again = run(&app, &path, Options::default()).await;
        assert_eq!(counts(&again), [60, 0, 0, 60, 0, 0]);
    }

    async fn bd09_and_survey_axes_come_to_the_same_place(app: TestApp) {
        let p = MIDDLE;
        let b = gcj02_to_bd09(wgs84_to_gcj02(p));
        let path = file(&app, "baidu.csv", format!("原编号,类型,百度经度,百度纬度\nA1,污水,{:.9},{:.9}\n", b.lng, b.lat).as_bytes());
        assert_eq!(counts(&run(&app, &path, Options::default()).await), [1, 1, 0, 0, 0, 0], "the header names the system");
        let crs: Crs = "EPSG:4545".parse().unwrap();
        let q = offset_m(p, 100.0, 0.0);
        let (x, y) = Transform::new(crs, Axes::NorthEast).project(q);
        let text = format!("Exp_No,Type,X,Y,High,WellDeep,Belong\nWS1,WS,{x:.4},{y:.4},230.5,2.1,江北区排水公司\n");
        let path = file(&app, "WSPoint.csv", text.as_bytes());
        let unnamed = run(&app, &path, Options::default()).await;
        assert_eq!(unnamed.refused.unwrap().code, "import.crs", "plane coordinates must be named");
        let report = run(&app, &path, Options { crs: Some("EPSG:4545".into()), ..Options::default() }).await;
        assert_eq!(counts(&report), [1, 1, 0, 0, 0, 0]);
        assert!(says(&report, "axes"));
        let at: Vec<(Point, String, String)> = app.db().all(sql!("SELECT geom, accuracy, source_transform FROM wells ORDER BY id")).await.unwrap();
        assert!(distance_m(at[0].0, p) < 0.01 && distance_m(at[1].0, q) < 0.01, "{at:?}");
        assert_eq!((at[0].1.as_str(), at[1].1.as_str()), ("class_c", "class_a"));
        assert!(at[1].2.contains("north-east"));
    }

    async fn a_second_shift_is_refused(app: TestApp) {
        let before = sizes(&app).await;
        let declared = r#"{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::4490"}},"features":[{"type":"Feature","properties":{"类型":"污水井"},"geometry":{"type":"Point","coordinates":[106.53,29.57]}}]}"#;
        let path = file(&app, "井盖.geojson", declared.as_bytes());
        let r = run(&app, &path, Options { crs: Some("GCJ-02".into()), ..Options::default() }).await;
        assert!(r.refused.as_ref().unwrap().message.contains("二次偏移"), "{:?}", r.refused);
        let carried = "编号,类型,经度,纬度,source_crs,source_transform\nA1,污水井,106.53,29.57,GCJ-02,gcj02-to-wgs84/1\n";
        let path = file(&app, "导出.csv", carried.as_bytes());
        let r = run(&app, &path, Options { crs: Some("GCJ-02".into()), ..Options::default() }).await;
        assert!(r.refused.unwrap().message.contains("二次偏移"));
        let plane = "编号,类型,X,Y\nA1,污水井,106.53,29.57\nA2,污水井,106.54,29.58\n";
        let path = file(&app, "平面.csv", plane.as_bytes());
        let r = run(&app, &path, Options { crs: Some("EPSG:4545".into()), ..Options::default() }).await;
        assert_eq!(r.refused.unwrap().code, "import.crs");
        assert_eq!(sizes(&app).await, before);
        // Without an option, what the file carries is kept as it is.
        let path = file(&app, "导出.csv", carried.as_bytes());
        assert_eq!(counts(&run(&app, &path, Options::default()).await), [1, 1, 0, 0, 0, 0]);
        let (x, transform): (Point, String) = app.db().one(sql!("SELECT geom, source_transform FROM wells")).await.unwrap();
        assert_eq!((x.lng, transform.as_str()), (106.53, "gcj02-to-wgs84/1"));
    }

    async fn the_same_cover_of_two_owners_is_noticed(app: TestApp) {
        unit(&app, "ps", "江北区排水公司").await;
        unit(&app, "sz", "市政养护公司").await;
        let a = format!("原编号,类型,经度,纬度,权属单位\nA1,污水井,{},{},江北区排水公司\n", MIDDLE.lng, MIDDLE.lat);
        run(&app, &file(&app, "甲.csv", a.as_bytes()), Options::default()).await;
        let near = offset_m(MIDDLE, 0.3, 0.0);
        let far = offset_m(MIDDLE, 0.7, 0.0);
        let b = format!("原编号,类型,经度,纬度,权属单位\nB1,污水井,{},{},市政养护公司\nB2,雨水井,{},{},市政养护公司\nB3,污水井,{},{},市政养护公司\n", near.lng, near.lat, near.lng, near.lat, far.lng, far.lat);
        let report = run(&app, &file(&app, "乙.csv", b.as_bytes()), Options::default()).await;
        assert_eq!(counts(&report), [3, 2, 0, 0, 1, 0], "another kind, or farther than half a metre, is another cover");
        let (uid, code): (uuid::Uuid, String) = app.db().one(sql!("SELECT c.uid, k.code FROM covers c JOIN codes k ON k.cover_id = c.id AND k.state = 'active' ORDER BY c.id LIMIT 1")).await.unwrap();
        let found = problems(&app).await;
        assert_eq!((found.len(), found[0].0, found[0].1.as_str()), (1, 2, "duplicate"));
        let f = &found[0].2[0];
        let said = f["problem"].as_str().unwrap();
        assert_eq!(f["value"], uid.to_string());
        assert!(said.contains("0.30 米") && said.contains(&code) && said.contains("江北区排水公司"), "{said}");
        let (candidate,): (i64,) = app.db().one(sql!("SELECT candidate_cover_id FROM import_rows")).await.unwrap();
        assert_eq!(candidate, 1);
    }

    async fn problems_stand_beside_the_original_row(app: TestApp) {
        let text = "编号,类型,经度,纬度,备注\n5.00105E+18,污水井,106.53,29.57,甲\n5001050000000000001,污水井,,29.57,乙\n5001050000000000002,污水井,29.57,106.53,丙\n5001050000000000003,污水井,106.531,29.571,丁\n";
        let report = run(&app, &file(&app, "坏.csv", text.as_bytes()), Options { crs: Some("EPSG:4490".into()), ..Options::default() }).await;
        assert_eq!(counts(&report), [4, 1, 0, 0, 0, 3]);
        for (format, name) in [(Format::Csv, "问题.csv"), (Format::Xlsx, "问题.xlsx")] {
            let path = app.dir().join(name);
            write_errors(app.db(), &[report.import.unwrap()], &[], Target::Path(path.clone()), format).await.unwrap();
            let source = jinggai_tables::open(&path, &OpenOptions::default()).unwrap();
            let names: Vec<&str> = source.columns.iter().map(|c| c.name.as_str()).collect();
            assert_eq!(names, ["行号", "结果", "问题列", "原值", "原因", "怎样才对", "疑似重复的井盖", "编号", "类型", "经度", "纬度", "备注"]);
            let rows: Vec<_> = source.records().unwrap().map(|r| r.unwrap().cells).collect();
            let text = |r: usize, c: usize| rows[r][c].text().into_owned();
            assert_eq!(rows.len(), 3);
            assert_eq!((text(0, 0), text(0, 1), text(0, 2), text(0, 3)), ("2".into(), "拒绝".into(), "编号".into(), "5.00105E+18".into()));
            assert!(text(0, 4).contains("电子表格"), "{}", text(0, 4));
            assert!(text(1, 4).contains("没有位置") && text(2, 4).contains("颠倒"), "{} {}", text(1, 4), text(2, 4));
            assert_eq!((text(1, 7), text(2, 11)), ("5001050000000000001".into(), "丙".into()));
        }
    }

    async fn a_repeated_or_empty_id_falls_back_to_the_place(app: TestApp) {
        let mut text = "原编号,类型,经度,纬度\n".to_owned();
        for (i, p) in places(40).iter().enumerate() {
            let id = match i { 7 => "N3".to_owned(), 9 => String::new(), i => format!("N{i}") };
            text.push_str(&format!("{id},污水井,{:.8},{:.8}\n", p.lng, p.lat));
        }
        let path = file(&app, "重号.csv", text.as_bytes());
        let report = run(&app, &path, Options::default()).await;
        assert_eq!(counts(&report), [40, 40, 0, 0, 0, 0]);
        assert!(says(&report, "id_repeated") && says(&report, "id_empty"));
        assert_eq!(count(&app, "SELECT count(*) FROM codes WHERE state = 'alias'").await, 38);
        assert_eq!(counts(&run(&app, &path, Options::default()).await), [40, 0, 0, 40, 0, 0]);
    }

    async fn pipes_are_linked_to_the_wells_at_their_ends(app: TestApp) {
        let p = places(3);
        let points = format!("Exp_No,Type,经度,纬度\nWS1,WS,{:.9},{:.9}\nWS2,WS,{:.9},{:.9}\n", p[0].lng, p[0].lat, p[1].lng, p[1].lat);
        run(&app, &file(&app, "WSPoint.csv", points.as_bytes()), Options::default()).await;
        let lines = format!(
            "S_Exp,E_Exp,S_X,S_Y,E_X,E_Y,Type,Material,PSize,S_Deep\nWS1,WS2,{:.9},{:.9},{:.9},{:.9},WS,混凝土,400,2.1\nWS2,WS9,{:.9},{:.9},{:.9},{:.9},WS,混凝土,400,2.2\nWS2,WS8,,,,,WS,混凝土,400,2.2\n",
            p[0].lng, p[0].lat, p[1].lng, p[1].lat, p[1].lng, p[1].lat, p[2].lng, p[2].lat
        );
        let path = file(&app, "WSLine.csv", lines.as_bytes());
        let options = || Options { what: What::Pipes, ..Options::default() };
        let report = run(&app, &path, options()).await;
        assert_eq!(counts(&report), [3, 2, 0, 0, 0, 1], "{:?}", report.refused);
        let rows: Vec<(String, Option<i64>, Option<i64>, String)> = app.db().all(sql!("SELECT kind, from_well_id, to_well_id, diameter FROM pipes ORDER BY id")).await.unwrap();
        assert_eq!(rows, vec![("sewage".into(), Some(1), Some(2), "400".into()), ("sewage".into(), Some(2), None, "400".into())]);
        assert!(says(&report, "pipe_unlinked"));
        assert_eq!(counts(&run(&app, &path, options()).await), [3, 0, 0, 2, 0, 1]);
        verify(&app).await;
    }

    async fn responsibilities_settle_the_queue(app: TestApp) {
        let owner = unit(&app, "ps", "江北区排水公司").await;
        let p = places(2);
        let points = format!("原编号,类型,经度,纬度\nA1,污水井,{:.9},{:.9}\nA2,污水井,{:.9},{:.9}\n", p[0].lng, p[0].lat, p[1].lng, p[1].lat);
        run(&app, &file(&app, "井.csv", points.as_bytes()), Options::default()).await;
        assert_eq!(count(&app, "SELECT count(*) FROM ownership_queue").await, 2);
        let text = "原编号,权属单位,依据\nA1,江北区排水公司,移交协议〔2024〕3号\nA9,江北区排水公司,\nA2,XY,\n";
        let path = file(&app, "权属.csv", text.as_bytes());
        let options = || Options { what: What::Responsibilities, ..Options::default() };
        assert_eq!(counts(&run(&app, &path, options()).await), [3, 0, 1, 0, 0, 2]);
        let rows: Vec<(i64, String)> = app.db().all(sql!("SELECT unit_id, basis FROM responsibilities WHERE role = 'owner' AND valid_to IS NULL")).await.unwrap();
        assert_eq!(rows, vec![(owner, "移交协议〔2024〕3号".into())]);
        assert_eq!(count(&app, "SELECT count(*) FROM ownership_queue").await, 1);
        assert_eq!(counts(&run(&app, &path, options()).await), [3, 0, 0, 1, 0, 2]);
        let before = sizes(&app).await;
        run(&app, &path, Options { dry_run: true, ..options() }).await;
        assert_eq!(sizes(&app).await, before);
    }

    async fn numbers_from_outside_are_stepped_over(app: TestApp) {
        let p = places(4);
        let mut text = "部件标识码,类型,经度,纬度\n".to_owned();
        for (i, p) in p.iter().take(2).enumerate() {
            text.push_str(&format!("500105010200000{},污水井,{:.8},{:.8}\n", i + 1, p.lng, p.lat));
        }
        let report = run(&app, &file(&app, "部件.csv", text.as_bytes()), Options::default()).await;
        assert_eq!(counts(&report)[1], 2);
        let mut more = "原编号,类型,经度,纬度\n".to_owned();
        for (i, p) in p.iter().skip(2).enumerate() {
            more.push_str(&format!("B{i},污水井,{:.8},{:.8}\n", p.lng, p.lat));
        }
        run(&app, &file(&app, "无号.csv", more.as_bytes()), Options::default()).await;
        let codes: Vec<(String,)> = app.db().all(sql!("SELECT code FROM codes WHERE scheme = 'cjt214-16' ORDER BY code")).await.unwrap();
        let codes: Vec<String> = codes.into_iter().map(|(c,)| c).collect();
        assert_eq!(codes, ["5001050102000001", "5001050102000002", "5001050102000003", "5001050102000004"]);
    }
}
