//! OGC API Features in other people's hands: GDAL finds the collections and reads every feature, page by page, with an
//! API token as its password.
use crate::jinggai_at;
use jinggai::registry::ledger::{self, Entry};
use jinggai_db::events::{self, Who};
use jinggai_e2e::{Server, ogr};
use jinggai_test::drafts::well;
use jinggai_test::{Place, Store, TestApp};
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// More than two pages of the most that the service gives at once.
const WELLS: usize = 2_300;

async fn district(app: &TestApp) {
    let wells: Vec<_> = (0..WELLS)
        .map(|i| {
            well(&format!("A-{i}"), 106.50 + 0.0001 * (i % 100) as f64, 29.55 + 0.0001 * (i / 100) as f64)
        })
        .collect();
    let mut tx = app.db().begin().await.unwrap();
    let (_, ev) = ledger::create(&mut tx, &wells, &Entry::now(30, None)).await.unwrap();
    events::append(&mut tx, &Who::system("test"), ev).await.unwrap();
    tx.commit().await.unwrap();
}

fn token(place: &Place, scope: &str) -> String {
    let add = ["token", "add", "--login", "map", "--name", "QGIS", "--scope", scope, "--json"];
    let made: Json = serde_json::from_str(&jinggai_at(place).args(add).run().ok()).unwrap();
    made["secret"].as_str().unwrap().to_owned()
}

fn read_by_gdal(place: &Place) {
    let user = ["user", "add", "--login", "map", "--role", "leader"];
    assert_eq!(jinggai_at(place).args(user).run().code, 0);
    let (read, other) = (token(place, "registry.read"), token(place, "directory.read"));
    let server = Server::start(jinggai_at(place), &[]);
    let source = format!("OAPIF:{}", server.url("/ogc"));
    let with = |secret: &str, args: &[&str]| {
        let login = format!("qgis:{secret}");
        let basic = ["--config", "GDAL_HTTP_USERPWD", &login, "-ro"];
        ogr("ogrinfo", &[&basic[..], args].concat())
    };

    let list = with(&read, &[&source]);
    assert!(list.success && list.text.contains("wells (") && list.text.contains("covers ("), "{}", list.text);
    for layer in ["wells", "covers"] {
        let summary = with(&read, &["-so", &source, layer]).text;
        assert!(summary.contains(&format!("Feature Count: {WELLS}\n")), "{summary}");
        assert!(summary.contains("Geometry: Point\n"), "{summary}");
        assert!(summary.contains("Extent: (106.500000, 29.550000) - (106.509900, 29.552200)"), "{summary}");
        // Before 3.7 GDAL asks for CRS84, later for what the store holds.
        let crs = ["ID[\"EPSG\",4326]]", "ID[\"EPSG\",4490]]"].iter().any(|id| summary.contains(id));
        assert!(crs && summary.contains("Data axis to CRS axis mapping: 2,1"), "{summary}");
        let all = with(&read, &["-al", "-geom=NO", &source, layer]).text;
        let ids: BTreeSet<&str> =
            all.lines().filter(|l| l.trim_start().starts_with("id (String) = ")).collect();
        assert_eq!(ids.len(), WELLS, "every feature of {layer} once");
        assert_eq!(all.matches("OGRFeature(").count(), WELLS);
    }
    let window =
        with(&read, &["-so", "-spat", "106.49995", "29.54995", "106.50015", "29.55015", &source, "covers"]);
    assert!(window.text.contains("Feature Count: 4\n"), "{}", window.text);

    assert!(!with(&other, &[&source]).success, "a token without the right opens nothing");
    assert!(!with("guess", &[&source]).success);
    assert!(server.stop(), "the server ended well");
}

fn on(store: Store) {
    jinggai_test::run(store, |app: TestApp| async move {
        district(&app).await;
        let place = app.close();
        tokio::task::spawn_blocking(move || read_by_gdal(&place)).await.unwrap();
    });
}

#[test]
fn gdal_reads_every_feature_of_the_embedded_store() {
    on(Store::Sqlite);
}

#[test]
fn gdal_reads_every_feature_of_the_large_store() {
    on(Store::Postgres);
}
