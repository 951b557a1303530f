//! The embedded store as others see it: GDAL lists, validates and edits the file while the platform writes to it.
use crate::{jinggai, number};
use jinggai::registry::ledger::{self, Entry};
use jinggai_db::events::{self, Who};
use jinggai_db::sql;
use jinggai_e2e::{ogr, validate_geopackage};
use jinggai_geo::{Geometry, Point};
use jinggai_test::drafts::{owned, well};
use jinggai_test::{Store, TestApp};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

async fn enter(app: &TestApp, name: &str, n: usize, owner: Option<i64>) {
    let wells: Vec<_> = (0..n)
        .map(|i| {
            let w = well(&format!("{name}-{i}"), 106.50 + 0.001 * i as f64, 29.55 + 0.002 * i as f64);
            owner.map_or(w.clone(), |u| owned(w, u))
        })
        .collect();
    let mut tx = app.db().begin().await.unwrap();
    let (_, ev) = ledger::create(&mut tx, &wells, &Entry::now(30, None)).await.unwrap();
    events::append(&mut tx, &Who::system("test"), ev).await.unwrap();
    tx.commit().await.unwrap();
}

fn at(lng: f64, lat: f64) -> Point {
    Point { lng, lat }
}

/// One area and one pipe, so that every layer has something in it.
async fn outline(app: &TestApp, street: i64) {
    let ring = vec![at(106.5, 29.5), at(106.6, 29.5), at(106.6, 29.7), at(106.5, 29.5)];
    let now = jiff::Timestamp::now();
    let mut tx = app.db().begin().await.unwrap();
    tx.run(sql!("UPDATE areas SET geom = ? WHERE id = ?", Geometry::MultiPolygon(vec![vec![ring]]), street))
        .await
        .unwrap();
    tx.run(sql!(
        "INSERT INTO pipes (uid, kind, source, source_key, demo, version, geom, created_at, updated_at) VALUES (?, 'sewage', '测试', 'P-1', FALSE, 1, ?, ?, ?)",
        uuid::Uuid::now_v7(), Geometry::LineString(vec![at(106.5, 29.5), at(106.6, 29.6)]), now, now
    ))
    .await
    .unwrap();
    tx.commit().await.unwrap();
}

async fn district(app: &TestApp) -> PathBuf {
    let seed = app.seed().await;
    enter(app, "A", 40, Some(seed.owner)).await;
    enter(app, "B", 10, None).await;
    outline(app, seed.street).await;
    app.dir().join("jinggai.gpkg")
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Extent of a layer as GDAL reports it: west, south, east, north.
fn extent(file: &Path, layer: &str) -> Vec<f64> {
    let out = ogr("ogrinfo", &["-ro", "-so", text(file), layer]).text;
    let line = out.lines().find(|l| l.starts_with("Extent:")).unwrap_or_else(|| panic!("no extent in {out}"));
    line.split(|c: char| !c.is_ascii_digit() && c != '.').filter_map(|n| n.parse().ok()).collect()
}

fn near(got: &[f64], wanted: [f64; 4]) {
    assert_eq!(got.len(), 4);
    // R-tree coordinates are 32-bit: at 106° one step is 7.6e-6°.
    assert!(got.iter().zip(wanted).all(|(g, w)| (g - w).abs() < 2e-5), "{got:?} is not {wanted:?}");
}

#[test]
fn gdal_lists_layers_with_counts_extents_and_types() {
    jinggai_test::run(Store::Sqlite, |app| async move {
        let file = district(&app).await;
        let all = ogr("ogrinfo", &["-ro", "-al", "-so", text(&file)]);
        assert!(all.success, "{}", all.text);
        let part = |layer: &str| {
            let part = all.text.split("Layer name: ").find(|p| p.starts_with(&format!("{layer}\n")));
            part.unwrap_or_else(|| panic!("no layer {layer} in {}", all.text))
        };
        for (layer, count, kind) in [
            ("wells", 50, "Point"),
            ("covers", 50, "Point"),
            ("areas", 2, "Multi Polygon"),
            ("pipes", 1, "Line String"),
        ] {
            let part = part(layer);
            assert!(part.contains(&format!("Feature Count: {count}\n")), "{part}");
            assert!(part.contains(&format!("Geometry: {kind}\n")), "{part}");
            assert!(part.contains("ID[\"EPSG\",4490]"), "{part}");
        }
        assert!(part("covers").contains("installed_on: Date"));
        assert!(part("covers").contains("has_lock: Integer(Boolean)"));
        assert!(part("covers").contains("created_at: DateTime"));
        assert!(part("units").contains("Feature Count: 2\n"));
        assert!(!all.text.contains("password_hash"), "tables of accounts are not offered");
        near(&extent(&file, "covers"), [106.50, 29.55, 106.539, 29.628]);
        near(&extent(&file, "areas"), [106.5, 29.5, 106.6, 29.7]);
    });
}

#[test]
fn the_validator_has_nothing_to_say_while_a_writer_runs() {
    jinggai_test::run(Store::Sqlite, |app| async move {
        let file = district(&app).await;
        let stop = Arc::new(AtomicBool::new(false));
        let writer = tokio::spawn({
            let (app, stop) = (app.clone(), stop.clone());
            async move {
                let mut batches = 0;
                while !stop.load(Ordering::Relaxed) {
                    enter(&app, &format!("W{batches}"), 20, None).await;
                    batches += 1;
                }
                batches
            }
        });
        let faults = tokio::task::spawn_blocking({
            let file = file.clone();
            move || validate_geopackage(&file)
        })
        .await
        .unwrap();
        stop.store(true, Ordering::Relaxed);
        let batches = writer.await.unwrap();
        assert_eq!(faults, Vec::<String>::new());
        assert!(batches > 0, "the writer wrote meanwhile");
        assert_eq!(validate_geopackage(&file), Vec::<String>::new());
        assert_eq!(number(app.dir(), "SELECT count(*) FROM rtree_covers_geom"), 50 + 20 * batches);
    });
}

/// What GDAL appends to a copy must be in its R-tree by our triggers, run with GDAL's functions.
#[test]
fn an_edit_by_gdal_keeps_the_index_and_the_platform_keeps_the_extent() {
    jinggai_test::run(Store::Sqlite, |app| async move {
        district(&app).await;
        let data = app.dir().join("copy");
        std::fs::create_dir(&data).unwrap();
        app.db().copy_to(&data.join("jinggai.gpkg")).await.unwrap();
        append_by_gdal(&data);
        let file = data.join("jinggai.gpkg");
        near(&extent(&file, "wells"), [106.50, 29.40, 106.70, 29.628]);

        // The platform opens what GDAL edited, and what it writes then moves the extent that GDAL wrote.
        let config = jinggai::config::Config::resolve(&data, <_>::default(), <_>::default(), <_>::default());
        let edited = jinggai::app::App::open(config.unwrap()).await.unwrap();
        let mut tx = edited.db().begin().await.unwrap();
        let far = [well("Z-1", 106.80, 29.90)];
        let (_, ev) = ledger::create(&mut tx, &far, &Entry::now(30, None)).await.unwrap();
        events::append(&mut tx, &Who::system("test"), ev).await.unwrap();
        tx.commit().await.unwrap();
        near(&extent(&file, "wells"), [106.50, 29.40, 106.80, 29.90]);
        assert_eq!(validate_geopackage(&file), Vec::<String>::new());
        assert!(jinggai(&data).args(["verify"]).run().ok().contains("完好"));
    });
}

fn append_by_gdal(data: &Path) {
    let extra = data.join("extra.geojson");
    let feature = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"uid":"00000000-0000-7000-8000-000000000001","kind":"sewage","lifecycle":"in_use","crowded":false,"blind_track":false,"low_lying":false,"emergency_vehicles":false,"accuracy":"class_a","demo":false,"version":1,"created_at":"2026-11-24T00:00:00.000Z","updated_at":"2026-11-24T00:00:00.000Z"},"geometry":{"type":"Point","coordinates":[106.70,29.40]}}]}"#;
    std::fs::write(&extra, feature).unwrap();
    let file = data.join("jinggai.gpkg");
    let out = ogr(
        "ogr2ogr",
        &["-update", "-append", "-a_srs", "EPSG:4490", "-nln", "wells", text(&file), text(&extra)],
    );
    assert!(out.success, "{}", out.text);
    let sql = |q: &str| number(data, q);
    assert_eq!(sql("SELECT count(*) FROM wells"), 51, "{}", out.text);
    assert_eq!(sql("SELECT count(*) FROM rtree_wells_geom WHERE minx > 106.69"), 1);
    let c = rusqlite::Connection::open(&file).unwrap();
    let says = |q: &str| c.query_row(q, [], |r| r.get::<_, String>(0)).unwrap();
    assert_eq!(says("SELECT rtreecheck('rtree_wells_geom')"), "ok");
    assert_eq!(says("PRAGMA integrity_check"), "ok");
}
