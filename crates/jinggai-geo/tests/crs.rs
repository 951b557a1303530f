//! Coordinate transforms against reference values of other programs, round trips, refusals and guesses.
#![allow(
    clippy::unwrap_used,
    reason = "clippy counts the helpers of an integration test as code outside tests"
)]

use jinggai_geo::crs::{
    CheckPoint, FourParameters, LocalShift, RotationConvention, SevenParameters, SourceEllipsoid,
    SourcePlane, shifted,
};
use jinggai_geo::{
    AccuracyClass, Axes, Bbox, Crs, CrsError, GaussKruger, LocalCrs, Point, Provenance, Transform,
    detect_axes, distance_m,
};
use proptest::prelude::*;

fn from(crs: &str) -> Transform {
    Transform::new(crs.parse().unwrap(), Axes::EastNorth)
}

/// EPSG, longitude, latitude, easting, northing by PROJ 9.5.1 (pyproj 3.7.2, `Transformer.from_crs(4490,
/// epsg, always_xy=True)`).
const PROJ: [(u16, f64, f64, f64, f64); 17] = [
    (4544, 106.574271, 29.606703, 652500.817220, 3277551.987152),
    (4544, 106.35, 29.45, 630975.045151, 3259905.827097),
    (4544, 106.9, 29.75, 683798.910422, 3293913.384760),
    (4544, 104.6, 31.3, 461918.269056, 3464304.998082),
    (4544, 108.0, 30.0, 789525.463423, 3323905.466476),
    (4545, 106.574271, 29.606703, 361890.169348, 3277365.810500),
    (4545, 106.9, 29.75, 393596.733688, 3292907.687005),
    (4523, 106.574271, 29.606703, 35652500.817220, 3277551.987152),
    (4524, 106.574271, 29.606703, 36361890.169348, 3277365.810500),
    (4513, 75.9, 39.47, 25577445.964159, 4371070.043063),
    (4554, 134.2, 48.3, 440646.881629, 5352094.955902),
    (4533, 134.2, 48.3, 45440646.881629, 5352094.955902),
    (4548, 116.404, 39.915, 449042.047441, 4420261.219997),
    (4547, 113.2644, 23.1291, 424654.892970, 2559024.739304),
    (4547, 112.3, 3.9, 311164.539018, 431436.940029),
    (4501, 134.2, 48.3, 23440646.881629, 5352094.955902),
    (4509, 118.5, 18.2, 658692.119313, 2013767.152348),
];

#[test]
fn gauss_kruger_agrees_with_proj_to_a_hundredth_of_a_millimetre() {
    let custom =
        (GaussKruger::on_meridian(106.5), (106.574271, 29.606703, 507194.221943456, 3276519.0683569103));
    let planes = PROJ.map(|(n, x, y, e, north)| (GaussKruger::from_epsg(n).unwrap(), (x, y, e, north)));
    for (g, (lng, lat, east, north)) in planes.into_iter().chain([custom]) {
        let (e, n) = g.project(lng, lat);
        assert!((e - east).abs() < 1e-5 && (n - north).abs() < 1e-5, "{g} {lng} {lat}: {e} {n}");
        let p = Transform::new(Crs::GaussKruger(g), Axes::NorthEast).to_cgcs2000(north, east).unwrap();
        // 1e-10 degrees are 0.01 mm.
        assert!((p.lng - lng).abs() < 1e-10 && (p.lat - lat).abs() < 1e-10, "{g}: {p:?}");
    }
}

#[test]
fn web_mercator_agrees_with_proj() {
    let p = from("EPSG:3857").to_cgcs2000(11863793.579384342, 3453094.6994536687).unwrap();
    assert!((p.lng - 106.574271).abs() < 1e-10 && (p.lat - 29.606703).abs() < 1e-10, "{p:?}");
}

#[test]
fn internet_maps_agree_with_two_libraries() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/gcj02_bd09_test_vectors.csv");
    let mut rows = 0;
    for row in csv::Reader::from_path(file).unwrap().deserialize::<std::collections::HashMap<String, f64>>() {
        let row = row.unwrap();
        let point = |name: &str| Point::new(row[&name.replace('*', "lng")], row[&name.replace('*', "lat")]);
        let near = |a: Point, b: Point, tolerance: f64| {
            assert!((a.lng - b.lng).abs() < tolerance && (a.lat - b.lat).abs() < tolerance, "{a:?} {b:?}");
        };
        let (wgs, gcj, bd) = (point("wgs_*"), point("gcj_*_gcoord"), point("bd_*_gcoord"));
        near(shifted::wgs84_to_gcj02(wgs), gcj, 1e-12);
        near(shifted::wgs84_to_gcj02(wgs), point("gcj_*_eviltransform"), 2e-7);
        near(shifted::gcj02_to_bd09(gcj), bd, 1e-12);
        near(shifted::gcj02_to_wgs84(gcj), wgs, 1e-12);
        near(from("高德").to_cgcs2000(gcj.lng, gcj.lat).unwrap(), wgs, 1e-12);
        near(from("百度").to_cgcs2000(bd.lng, bd.lat).unwrap(), wgs, 1e-12);
        rows += 1;
    }
    assert_eq!(rows, 14);
}

proptest! {
    #[test]
    fn gauss_kruger_there_and_back(zone in 25u8..=45, dlng in -3.0..3.0f64, lat in 3.5..54.0f64) {
        let g = GaussKruger::zone3(zone);
        let (e, n) = g.project(g.central_meridian_deg + dlng, lat);
        let (lng, back) = g.unproject(e, n).unwrap();
        prop_assert!((lng - g.central_meridian_deg - dlng).abs() < 1e-11 && (back - lat).abs() < 1e-11);
    }

    #[test]
    fn every_crs_there_and_back(lng in 104.0..108.0f64, lat in 20.0..40.0f64, north_first in any::<bool>()) {
        let p = Point::new(lng, lat);
        let axes = if north_first { Axes::NorthEast } else { Axes::EastNorth };
        for crs in ["4490", "4326", "GCJ-02", "BD-09", "EPSG:4544", "EPSG:4524", "tm:106.5", "3857"] {
            let t = Transform::new(crs.parse().unwrap(), axes);
            let (x, y) = t.project(p);
            let back = t.to_cgcs2000(x, y).unwrap();
            prop_assert!((back.lng - lng).abs() < 1e-11 && (back.lat - lat).abs() < 1e-11, "{crs} {p:?} {back:?}");
        }
        for local in [four_parameters(), seven_parameters()] {
            let t = Transform::new(Crs::Local(Box::new(local)), axes);
            let (x, y) = t.project(p);
            let back = t.to_cgcs2000(x, y).unwrap();
            // The Bursa-Wolf shift drops a height of some 100 m on the way, which costs a tenth of a
            // millimetre.
            prop_assert!(distance_m(p, back) < 1e-3, "{p:?} {back:?}");
        }
    }

    /// Whatever the numbers, an answer is a valid position.
    #[test]
    fn no_numbers_break_it(x in any::<f64>(), y in any::<f64>()) {
        for crs in ["4490", "GCJ-02", "BD-09", "EPSG:4544", "EPSG:4524", "3857"] {
            if let Ok(p) = from(crs).to_cgcs2000(x, y) {
                prop_assert!(p.is_valid(), "{crs} {x} {y} {p:?}");
            }
        }
        prop_assert!(detect_axes(&[(x, y)], None, Some(JIANGBEI)).fitting <= 1);
    }
}

/// 江北区, roughly (domain 9.1).
const JIANGBEI: Bbox = Bbox::new(106.35, 29.45, 106.9, 29.75);

/// Invented parameters: real ones are classified.
fn four_parameters() -> LocalCrs {
    LocalCrs {
        name: "试验独立坐标系".into(),
        version: "2021".into(),
        shift: LocalShift::FourParameters(FourParameters {
            dx_north_m: 3_200_000.0,
            dy_east_m: 600_000.0,
            rotation_arcsec: 5400.0,
            scale: 1.000_02,
            onto: GaussKruger::on_meridian(105.0),
        }),
        accuracy_m: Some(0.3),
        check: vec![],
    }
}

fn seven_parameters() -> LocalCrs {
    LocalCrs {
        name: "北京54 3度带 105".into(),
        version: "甲方2019".into(),
        shift: LocalShift::SevenParameters(SevenParameters { plane: Some(BJ54_PLANE), ..BURSA_WOLF }),
        accuracy_m: None,
        check: vec![],
    }
}

const BJ54_PLANE: SourcePlane = SourcePlane { central_meridian_deg: 105.0, false_easting_m: 500_000.0 };

const BURSA_WOLF: SevenParameters = SevenParameters {
    dx_m: -12.5,
    dy_m: -113.25,
    dz_m: -41.75,
    rx_arcsec: 0.4,
    ry_arcsec: -1.2,
    rz_arcsec: 2.7,
    scale_ppm: 3.1,
    convention: RotationConvention::CoordinateFrame,
    ellipsoid: SourceEllipsoid::Krassovsky,
    plane: None,
};

/// Reference: PROJ 9.5.1 `+proj=cart +a=6378245 +rf=298.3 | helmert | inv cart (CGCS2000)` for 106.57, 29.60,
/// and `tmerc` on the source ellipsoid.
#[test]
fn bursa_wolf_agrees_with_proj() {
    let shift = |p: SevenParameters, x, y| {
        let local = LocalCrs { shift: LocalShift::SevenParameters(p), ..seven_parameters() };
        Transform::new(Crs::Local(Box::new(local)), Axes::EastNorth).to_cgcs2000(x, y).unwrap()
    };
    let frame = Point::new(106.569_508_905_627, 29.600_149_249_183);
    let vector = Point::new(106.571_405_264_784, 29.600_172_191_453);
    let turned = SevenParameters { convention: RotationConvention::PositionVector, ..BURSA_WOLF };
    let plane = SevenParameters { plane: Some(BJ54_PLANE), ..BURSA_WOLF };
    for (p, x, y, right) in [
        (BURSA_WOLF, 106.57, 29.60, frame),
        (turned, 106.57, 29.60, vector),
        (plane, 652_099.648_282_689_6, 3_276_861.481_610_2, frame),
    ] {
        let found = shift(p, x, y);
        assert!(distance_m(found, right) < 1e-4, "{found:?}");
    }
}

#[test]
fn four_parameters_turn_and_shift() {
    // Turned by 90°: local north becomes east, local east becomes south.
    let mut local = four_parameters();
    local.shift = LocalShift::FourParameters(FourParameters {
        dx_north_m: 3_277_551.987_152,
        dy_east_m: 652_500.817_220,
        rotation_arcsec: 324_000.0,
        scale: 1.0,
        onto: "EPSG:4544".to_owned().try_into().unwrap(),
    });
    let t = Transform::new(Crs::Local(Box::new(local)), Axes::NorthEast);
    let origin = t.to_cgcs2000(0.0, 0.0).unwrap();
    assert!(distance_m(origin, Point::new(106.574271, 29.606703)) < 1e-4);
    let (north, east) = (t.to_cgcs2000(100.0, 0.0).unwrap(), t.to_cgcs2000(0.0, 100.0).unwrap());
    assert!(north.lng > origin.lng + 0.001 && east.lat < origin.lat - 0.0008, "{north:?} {east:?}");
}

#[test]
fn local_systems_come_from_configuration_and_are_checked() {
    let json = serde_json::json!({
        "name": "试验独立坐标系", "version": "2021", "accuracy_m": 0.3,
        "shift": {"method": "four_parameters", "dx_north_m": 3.2e6, "dy_east_m": 6e5,
                  "rotation_arcsec": 5400.0, "scale": 1.00002, "onto": "EPSG:4544"},
    });
    let mut local: LocalCrs = serde_json::from_value(json.clone()).unwrap();
    assert_eq!(local, four_parameters());
    assert_eq!(serde_json::from_value::<LocalCrs>(serde_json::to_value(&local).unwrap()).unwrap(), local);
    assert!(!format!("{local:?}").contains("3200000"), "parameters stay out of logs");

    let known =
        Transform::new(Crs::Local(Box::new(local.clone())), Axes::EastNorth).to_cgcs2000(5e4, 7e4).unwrap();
    local.check = vec![CheckPoint { east: 5e4, north: 7e4, lng: known.lng, lat: known.lat }];
    assert_eq!(local.verify(), Ok(()));
    local.check[0].lat += 1e-5;
    assert!(local.verify().unwrap_err().to_string().contains("检核点 1 相差 1.11 米"));

    for (field, value, message) in [
        ("scale", serde_json::json!(20.0), "尺度因子（1 + m），不是 ppm"),
        ("rotation_arcsec", serde_json::json!(1e9), "rotation_arcsec"),
    ] {
        let mut bad = json.clone();
        bad["shift"][field] = value;
        let bad: LocalCrs = serde_json::from_value(bad).unwrap();
        assert!(bad.verify().unwrap_err().to_string().contains(message));
    }
    for (field, value) in [("onto", "EPSG:4490"), ("onto", "EPSG:4214"), ("method", "nine")] {
        let mut bad = json.clone();
        bad["shift"][field] = value.into();
        assert!(serde_json::from_value::<LocalCrs>(bad).is_err(), "{field} {value}");
    }
    let ppm = SevenParameters { scale_ppm: 1_000_003.1, ..BURSA_WOLF };
    let bad = LocalCrs { shift: LocalShift::SevenParameters(ppm), ..seven_parameters() };
    assert!(bad.verify().unwrap_err().to_string().contains("scale_ppm"));
    assert_eq!(seven_parameters().verify(), Ok(()));
}

#[test]
fn registered_systems_are_found_by_name() {
    let locals = [four_parameters(), seven_parameters()];
    for text in ["试验独立坐标系", "local:试验独立坐标系", " local: 试验独立坐标系 "] {
        assert_eq!(Crs::parse(text, &locals).unwrap().to_string(), "local:试验独立坐标系");
    }
    // A registered name wins over the refusal of the older systems.
    assert!(matches!(Crs::parse("北京54 3度带 105", &locals), Ok(Crs::Local(_))));
    let e = Crs::parse("local:重庆", &locals).unwrap_err().to_string();
    assert!(e.contains("已登记的有 试验独立坐标系、北京54 3度带 105"), "{e}");
}

#[test]
fn coordinates_that_cannot_be() {
    let table: [(&str, f64, f64, &str); 12] = [
        ("4490", f64::NAN, 29.6, "不是有效数字"),
        ("4490", 29.6, 106.57, "两轴似乎颠倒"),
        ("4326", 43.8, 87.6, "两轴似乎颠倒"),
        ("GCJ-02", 29.6, 106.57, "两轴似乎颠倒"),
        ("4490", 652500.8, 3277551.9, "米制平面坐标"),
        ("EPSG:4544", 3277551.9, 652500.8, "两轴似乎颠倒"),
        ("EPSG:4523", 3277551.9, 35652500.8, "两轴似乎颠倒"),
        ("EPSG:4523", 652500.8, 3277551.9, "不带带号，与所给坐标系 EPSG:4523 不符：应为 EPSG:4544"),
        ("EPSG:4544", 35652500.8, 3277551.9, "带号 35，与所给坐标系 EPSG:4544 不符：应为 EPSG:4523"),
        ("EPSG:4524", 35652500.8, 3277551.9, "带号 35，与所给坐标系 EPSG:4524 不符：应为 EPSG:4523"),
        ("EPSG:4544", 106.57, 29.6, "合理范围"),
        ("EPSG:4544", 652500.8, 9e9, "合理范围"),
    ];
    for (crs, x, y, message) in table {
        let e = from(crs).to_cgcs2000(x, y).unwrap_err().to_string();
        assert!(e.contains(message), "{crs} {x} {y}: {e}");
    }
    for (local, x, y, message) in [
        (four_parameters(), 5e7, 7e4, "不在 local:试验独立坐标系 的合理范围内"),
        (seven_parameters(), 3_276_861.5, 652_099.6, "两轴似乎颠倒"),
        (seven_parameters(), 35_652_099.6, 3_276_861.5, "不在 local:北京54 3度带 105 的合理范围内"),
    ] {
        let t = Transform::new(Crs::Local(Box::new(local)), Axes::EastNorth);
        let e = t.to_cgcs2000(x, y).unwrap_err().to_string();
        assert!(e.contains(message), "{x} {y}: {e}");
    }
}

#[test]
fn accuracy_classes() {
    use AccuracyClass::{A, B, C};
    for (crs, class) in [("4490", A), ("4326", A), ("EPSG:4544", A), ("高德", C), ("百度", C)] {
        assert_eq!(from(crs).accuracy(), class, "{crs}");
    }
    let local = |m| {
        Transform::new(Crs::Local(Box::new(LocalCrs { accuracy_m: m, ..four_parameters() })), Axes::NorthEast)
    };
    let stated = [None, Some(0.3), Some(0.8), Some(5.0), Some(50.0)];
    assert_eq!(stated.map(|m| local(m).accuracy()), [C, A, B, C, C]);
    let measured = [0.0, 0.5, 0.51, 1.0, 4.0, 10.1, -1.0, f64::NAN];
    let classes = [Some(A), Some(A), Some(B), Some(B), Some(C), None, None, None];
    assert_eq!(measured.map(|m| from("4326").accuracy_with(m)), classes);
    assert_eq!(from("高德").accuracy_with(0.02), Some(C));
    assert_eq!(" b".parse(), Ok(B));
    assert!("D".parse::<AccuracyClass>().unwrap_err().contains("±10 米"));
}

#[test]
fn a_second_shift_is_refused() {
    let gcj = from("高德");
    let first = gcj.apply((106.577_963, 29.603_834), None).unwrap();
    assert_eq!(first.provenance, Provenance { crs: "GCJ-02".into(), transform: "gcj02-to-wgs84/1".into() });
    assert_eq!(first.accuracy, AccuracyClass::C);

    let stored = (first.point.lng, first.point.lat);
    for again in [gcj.clone(), from("百度"), Transform::new(Crs::Cgcs2000, Axes::NorthEast)] {
        let e = again.apply(stored, Some(&first.provenance)).unwrap_err();
        assert!(matches!(&e, CrsError::AlreadyShifted { crs, .. } if crs == "GCJ-02"), "{e}");
    }
    // Read back as what it is, it stays where it is, keeps its history and does not become better.
    assert_eq!(from("4490").apply(stored, Some(&first.provenance)).unwrap(), first);
}

#[test]
fn names_hold_no_parameters() {
    let t = Transform::new(Crs::Local(Box::new(four_parameters())), Axes::NorthEast);
    assert_eq!(t.name(), "four-parameters/1:试验独立坐标系@2021+north-east");
    assert_eq!(from("EPSG:4523").name(), "gauss-kruger/1:105,35500000");
    assert_eq!(
        (from("WGS84").name(), from("WGS84").provenance().crs),
        ("identity".into(), "EPSG:4326".into())
    );
}

mod guess {
    use super::*;
    use jinggai_geo::crs::Looks;

    fn project(crs: &str, axes: Axes, count: usize) -> Vec<(f64, f64)> {
        let t = Transform::new(crs.parse().unwrap(), axes);
        (0..count).map(|i| t.project(Point::new(106.53 + i as f64 * 1e-3, 29.55 + i as f64 * 5e-4))).collect()
    }

    #[test]
    fn survey_order_and_zone() {
        for (crs, near, first, looks_zoned) in [
            ("EPSG:4523", None, Some("EPSG:4523"), true),
            ("EPSG:4524", None, Some("EPSG:4524"), true),
            ("EPSG:4496", None, Some("EPSG:4496"), true),
            ("EPSG:4544", None, None, false),
            ("EPSG:4544", Some(JIANGBEI), Some("EPSG:4544"), false),
            ("EPSG:4545", Some(JIANGBEI), Some("EPSG:4545"), false),
            ("tm:106.5", Some(JIANGBEI), Some("tm:106.5,500000"), false),
        ] {
            for axes in [Axes::NorthEast, Axes::EastNorth] {
                let v = detect_axes(&project(crs, axes, 50), None, near);
                assert_eq!(v.axes, Some(axes), "{crs}: {v:?}");
                assert_eq!(v.candidates.first().map(String::as_str), first, "{crs}: {v:?}");
                assert_eq!(matches!(v.looks, Looks::Zoned(_)), looks_zoned);
                assert_eq!((v.fitting, v.total), (50, 50));
                assert!(v.candidates.len() <= 1 && v.reasons.len() >= 2 && v.conflicts.is_empty());
            }
        }
    }

    #[test]
    fn degrees_either_way_round() {
        for axes in [Axes::NorthEast, Axes::EastNorth] {
            let v = detect_axes(&project("4490", axes, 20), Some(&Crs::Gcj02), None);
            assert_eq!((v.looks, v.axes), (Looks::Degrees, Some(axes)));
            assert!(v.conflicts.is_empty());
        }
    }

    #[test]
    fn the_zone_border_in_one_file() {
        let mut both = project("EPSG:4523", Axes::NorthEast, 30);
        both.extend(project("EPSG:4524", Axes::NorthEast, 12));
        let declared: Crs = "EPSG:4523".parse().unwrap();
        let v = detect_axes(&both, Some(&declared), Some(JIANGBEI));
        assert_eq!(v.looks, Looks::Zoned([(35, 30), (36, 12)].into()));
        assert_eq!(v.candidates, ["EPSG:4523", "EPSG:4524"]);
        assert_eq!(v.conflicts, ["12 个点的东坐标带号为 36，与声明的 EPSG:4523 不符，应为 EPSG:4524"]);
        assert!(v.reasons.iter().any(|r| r.contains("35 带 30 个、36 带 12 个")));

        let mut bare = project("EPSG:4544", Axes::NorthEast, 30);
        bare.extend(project("EPSG:4545", Axes::NorthEast, 12));
        let v = detect_axes(&bare, None, Some(JIANGBEI));
        assert_eq!(v.candidates, ["EPSG:4544", "EPSG:4545"]);
        assert!(v.reasons.iter().any(|r| r.contains("分开导入")));
    }

    #[test]
    fn conflicts_with_what_was_declared() {
        for (data, declared, message) in [
            ("EPSG:4523", "4490", "数值却是平面坐标，可能应为 EPSG:4523"),
            ("4490", "EPSG:4544", "数值却是经纬度"),
            ("EPSG:4523", "EPSG:4524", "应为 EPSG:4523"),
            ("EPSG:4523", "EPSG:4544", "应为 EPSG:4523"),
            ("EPSG:4544", "EPSG:4523", "不带带号，可能应为 EPSG:4544"),
            ("EPSG:4544", "EPSG:4545", "不在本区范围内，可能应为 EPSG:4544"),
        ] {
            let declared = declared.parse().unwrap();
            let v = detect_axes(&project(data, Axes::NorthEast, 10), Some(&declared), Some(JIANGBEI));
            assert_eq!(v.conflicts.len(), 1);
            assert!(v.conflicts[0].contains(message), "{data}: {:?}", v.conflicts);
        }
    }

    #[test]
    fn what_cannot_be_told() {
        // A local system, rubbish, nothing.
        for samples in [vec![(52_310.2, 71_020.9); 5], vec![(f64::NAN, 1.0)], vec![]] {
            let v = detect_axes(&samples, None, Some(JIANGBEI));
            assert_eq!((v.looks, v.axes, v.fitting), (Looks::Unknown, None, 0));
            assert!(v.candidates.is_empty() && v.reasons[0].contains("无法判断"));
        }
        let mut mixed = project("4490", Axes::EastNorth, 10);
        mixed.extend(project("4490", Axes::NorthEast, 10));
        let v = detect_axes(&mixed, None, None);
        assert_eq!((v.looks, v.axes), (Looks::Degrees, None));
        assert!(v.reasons[1].contains("10 个先东后北，10 个先北后东"));
    }

    #[test]
    fn a_few_typing_errors_do_not_change_the_verdict() {
        let mut samples = project("EPSG:4544", Axes::NorthEast, 97);
        samples.extend([(0.0, 0.0), (32_775_519.0, 652_500.0), (1.0, 2.0)]);
        let v = detect_axes(&samples, None, Some(JIANGBEI));
        assert_eq!((v.axes, v.fitting, v.total), (Some(Axes::NorthEast), 97, 100));
        assert_eq!(v.candidates, ["EPSG:4544"]);
    }
}
