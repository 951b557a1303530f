//! OGC API Features in other people's hands: GDAL finds the collections and reads every feature, page by page, with an
//! API token as its password.
use crate::jinggai_at;
use jinggai::registry::ledger::{self, Entry};
use jinggai_db::events::{self, Who};
use jinggai_e2e::{Server, ogr};
use jinggai_test::drafts::well;
use jinggai_test::{Place, Store, TestApp};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;

/// Cases with their hazards, each at a cover of its own.
const CASES: usize = 130;
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
    cases(app).await;
}

/// Inspectors report loose covers, and the desk files a case of each.
async fn cases(app: &TestApp) {
    let desk = app.as_admin().await;
    for i in 0..CASES {
        let seen = json!({"source": "patrol", "hazard": "H05", "text": "松动", "code": format!("A-{i}")});
        let f = desk.post("/api/v1/findings", seen).await.ok();
        let moves = format!("/api/v1/findings/{}/moves", f["uid"].as_str().unwrap());
        desk.post(&moves, json!({"move": "file", "version": f["version"]})).await.ok();
    }
}

fn token(place: &Place, scopes: &[&str]) -> String {
    let mut add = vec!["token", "add", "--login", "map", "--name", "QGIS", "--json"];
    add.extend(scopes.iter().flat_map(|scope| ["--scope", scope]));
    let made: Json = serde_json::from_str(&jinggai_at(place).args(add).run().ok()).unwrap();
    made["secret"].as_str().unwrap().to_owned()
}

fn read_by_gdal(place: &Place) {
    let user = ["user", "add", "--login", "map", "--role", "leader"];
    assert_eq!(jinggai_at(place).args(user).run().code, 0);
    let (read, other) = (token(place, &["registry.read", "case.read"]), token(place, &["directory.read"]));
    let server = Server::start(jinggai_at(place), &[]);
    let source = format!("OAPIF:{}", server.url("/ogc"));
    let with = |secret: &str, args: &[&str]| {
        let login = format!("qgis:{secret}");
        let basic = ["--config", "GDAL_HTTP_USERPWD", &login, "-ro"];
        ogr("ogrinfo", &[&basic[..], args].concat())
    };

    let list = with(&read, &[&source]);
    let found = ["wells (", "covers (", "hazards (", "cases ("].iter().all(|name| list.text.contains(name));
    assert!(list.success && found, "{}", list.text);
    for (layer, count, north) in [
        ("wells", WELLS, "29.552200"),
        ("covers", WELLS, "29.552200"),
        ("hazards", CASES, "29.550100"),
        ("cases", CASES, "29.550100"),
    ] {
        let summary = with(&read, &["-so", &source, layer]).text;
        assert!(summary.contains(&format!("Feature Count: {count}\n")), "{summary}");
        assert!(summary.contains("Geometry: Point\n"), "{summary}");
        let extent = format!("Extent: (106.500000, 29.550000) - (106.509900, {north})");
        assert!(summary.contains(&extent), "{summary}");
        // Before 3.7 GDAL asks for CRS84, later for what the store holds.
        let crs = ["ID[\"EPSG\",4326]]", "ID[\"EPSG\",4490]]"].iter().any(|id| summary.contains(id));
        assert!(crs && summary.contains("Data axis to CRS axis mapping: 2,1"), "{summary}");
        let all = with(&read, &["-al", "-geom=NO", &source, layer]).text;
        let ids: BTreeSet<&str> =
            all.lines().filter(|l| l.trim_start().starts_with("id (String) = ")).collect();
        assert_eq!(ids.len(), count, "every feature of {layer} once");
        assert_eq!(all.matches("OGRFeature(").count(), count);
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
