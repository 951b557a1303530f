//! The base map: what the console is told, tiles of a file, tiles of a server on loopback, and that a token stays here.
#![allow(clippy::unwrap_used)]
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jinggai::app::App;
use jinggai::config::{Config, Given};
use jinggai_test::{Client, Store, TestApp};
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

const PNG: &[u8] = include_bytes!("data/registry/pixel.png");
const TOKEN: &str = "gov-k3y";

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/basemap").join(name)
}

/// An administrator of the platform with this base map.
async fn with(app: &TestApp, basemap: Given) -> Client {
    let given = Given { database: app.app.config().database.clone(), ..basemap };
    let config = Config::resolve(app.dir(), Given::default(), Given::default(), given).unwrap();
    let mut with = app.clone();
    with.app = App::open(config).await.unwrap();
    with.as_admin().await
}

fn file(path: &Path) -> Given {
    Given { basemap: Some("pmtiles".into()), basemap_file: Some(path.to_owned()), ..Given::default() }
}

fn xyz(url: String) -> Given {
    Given { basemap: Some("xyz".into()), basemap_url: Some(url), ..Given::default() }
}

type Asked = Arc<Mutex<Vec<String>>>;

/// A server of tiles that notes what it is asked; what it answers is in the first part of the path.
async fn serve(State(asked): State<Asked>, req: Request) -> Response {
    asked.lock().unwrap().push(req.uri().to_string());
    let png = [("content-type", "image/png")];
    match req.uri().path().split('/').nth(1).unwrap_or_default() {
        "html" => ([("content-type", "text/html")], "<script>").into_response(),
        "broken" => (StatusCode::INTERNAL_SERVER_ERROR, png, PNG).into_response(),
        "elsewhere" => Redirect::temporary("/other/1/1/1").into_response(),
        "large" => (png, vec![0u8; (4 << 20) + 1]).into_response(),
        "nothing" => StatusCode::NOT_FOUND.into_response(),
        _ => (png, PNG).into_response(),
    }
}

async fn stub() -> (String, Asked) {
    let asked = Asked::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let router = axum::Router::new().fallback(serve).with_state(asked.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (address, asked)
}

fn asked(asked: &Asked) -> Vec<String> {
    std::mem::take(&mut asked.lock().unwrap())
}

#[test]
fn without_settings_there_is_no_base_map() {
    jinggai_test::run(Store::Sqlite, |app| async move {
        let admin = app.as_admin().await;
        let map = admin.get("/api/v1/basemap").await.ok();
        assert_eq!((&map["kind"], &map["layers"], &map["fault"]), (&json!("none"), &json!([]), &Json::Null));
        assert_eq!(admin.get("/basemap/base/1/0/0").await.status, 404);
        assert_eq!(app.anonymous().get("/basemap/base/1/0/0").await.status, 401);
        assert_eq!(app.anonymous().get("/api/v1/basemap").await.status, 401);
    });
}

#[test]
fn the_token_of_a_server_stays_here() {
    jinggai_test::run(Store::Sqlite, |app| async move {
        let (address, log) = stub().await;
        let given = Given {
            basemap: Some("tianditu".into()),
            basemap_url: Some(address.clone()),
            basemap_token: Some(TOKEN.into()),
            basemap_attribution: Some("天地图 GS(2026)0001号".into()),
            ..Given::default()
        };
        let admin = with(&app, given).await;
        let told = admin.get("/api/v1/basemap").await;
        assert!(!told.text().contains(TOKEN) && !told.text().contains(&address), "{}", told.text());
        let map = told.ok();
        assert_eq!((&map["crs"], &map["attribution"]), (&json!("wgs84"), &json!("天地图 GS(2026)0001号")));
        let layers = map["layers"].as_array().unwrap();
        let ids: Vec<&str> = layers.iter().map(|l| l["id"].as_str().unwrap()).collect();
        assert_eq!(ids, ["vec", "cva", "img", "cia"]);
        for l in layers {
            let url = l["url"].as_str().unwrap().replace("{z}/{x}/{y}", "13/6521/3390");
            let tile = admin.get(&url).await;
            assert_eq!((tile.status.as_u16(), tile.bytes.as_slice()), (200, PNG), "{url}");
            assert_eq!(tile.headers["content-type"], "image/png");
            assert_eq!(tile.headers["cache-control"], "private, max-age=86400");
            assert_eq!(tile.headers["x-content-type-options"], "nosniff");
            let tag = tile.headers["etag"].to_str().unwrap();
            assert_eq!(admin.get_if_changed(&url, tag).await.status, 304);
        }
        let seen = asked(&log);
        assert!(
            seen[0].starts_with("/vec_w/wmts?")
                && seen[0].ends_with("&TILEMATRIX=13&TILEROW=3390&TILECOL=6521&tk=gov-k3y"),
            "{seen:?}"
        );
        assert_eq!(seen.len(), 8);
        for path in [
            "/basemap/vec/0/0/0",
            "/basemap/vec/19/0/0",
            "/basemap/ter/3/0/0",
            "/basemap/vec/3/8/0",
            "/basemap/vec/3/0/x",
        ] {
            assert_eq!(admin.get(path).await.refusal(), (404, "not_found".into()), "{path}");
        }
        assert_eq!(asked(&log), Vec::<String>::new(), "what is no tile of the map is not asked for");
    });
}

#[test]
fn a_server_that_does_not_behave_gives_no_tile() {
    jinggai_test::run(Store::Sqlite, |app| async move {
        let (address, log) = stub().await;
        let url = |what: &str| format!("{address}/{what}/{{z}}/{{x}}/{{y}}.png?key={{token}}");
        for (what, says) in
            [("html", "text/html"), ("broken", "500"), ("elsewhere", "307"), ("large", "4 MB")]
        {
            let admin = with(&app, Given { basemap_token: Some(TOKEN.into()), ..xyz(url(what)) }).await;
            let reply = admin.get("/basemap/base/3/1/2.png").await;
            assert_eq!(reply.refusal(), (503, "basemap.upstream".into()), "{what}");
            assert!(reply.text().contains(says), "{what}: {}", reply.text());
            assert!(!reply.text().contains(TOKEN) && !reply.text().contains(&address), "{}", reply.text());
            assert_eq!(
                asked(&log),
                [format!("/{what}/3/1/2.png?key={TOKEN}")],
                "asked once and nowhere else"
            );
        }
        let none = Given { basemap_token: Some(TOKEN.into()), ..xyz(url("nothing")) };
        assert_eq!(with(&app, none).await.get("/basemap/base/3/1/2").await.status, 404);
        // A port that was free a moment ago: nobody answers there.
        let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let admin = with(&app, xyz(format!("http://{gone}/{{z}}/{{x}}/{{y}}"))).await;
        let reply = admin.get("/basemap/base/3/1/2").await;
        assert!(reply.status == 503 && reply.text().contains("连接不上"), "{}", reply.text());
    });
}

#[test]
fn a_file_gives_its_tiles_and_says_what_it_is() {
    jinggai_test::run(Store::Sqlite, |app| async move {
        let admin = with(
            &app,
            Given { basemap_crs: Some("gcj02".into()), ..file(&fixture("test_fixture_1.pmtiles")) },
        )
        .await;
        let map = admin.get("/api/v1/basemap").await.ok();
        assert_eq!((&map["kind"], &map["crs"]), (&json!("pmtiles"), &json!("gcj02")));
        let wanted = json!([{"id": "base", "title": "底图", "group": "base", "overlay": false,
            "url": "/basemap/base/{z}/{x}/{y}", "format": "mvt", "min_zoom": 0, "max_zoom": 0}]);
        assert_eq!(map["layers"], wanted);
        assert_eq!(map["bounds"], json!([0.0, 0.0, 0.9999999, 1.0]));
        let tile = admin.get("/basemap/base/0/0/0").await;
        assert_eq!(tile.headers["content-type"], "application/vnd.mapbox-vector-tile");
        // Unpacked: a vector tile begins with a layer, packed bytes with 1f 8b.
        assert_eq!(tile.bytes[0], 0x1a, "{:?}", &tile.bytes[..4]);
        assert_eq!(admin.get("/basemap/base/1/0/0").await.status, 404);
    });
}

#[test]
fn a_file_that_is_none_is_said_and_harms_nothing_else() {
    jinggai_test::run(Store::Sqlite, |app| async move {
        for (name, says) in [
            ("empty.pmtiles", "不是 PMTiles 文件"),
            ("invalid.pmtiles", "不是 PMTiles 文件"),
            ("invalid_v4.pmtiles", "不是第 3 版"),
            ("nowhere.pmtiles", "读不出来"),
        ] {
            let admin = with(&app, file(&fixture(name))).await;
            let map = admin.get("/api/v1/basemap").await.ok();
            let fault = map["fault"].as_str().unwrap();
            assert!(fault.contains(says) && fault.contains(name), "{fault}");
            assert_eq!(map["layers"], json!([]));
            assert_eq!(admin.get("/basemap/base/0/0/0").await.refusal(), (503, "basemap.file".into()));
            assert_eq!(
                admin.get("/tiles/covers/3/6/3.mvt").await.status,
                200,
                "the covers are drawn all the same"
            );
        }
        for cut in [100, 200, 300] {
            let whole = std::fs::read(fixture("test_fixture_1.pmtiles")).unwrap();
            let path = app.dir().join("cut.pmtiles");
            std::fs::write(&path, &whole[..cut]).unwrap();
            let admin = with(&app, file(&path)).await;
            assert_ne!(admin.get("/api/v1/basemap").await.ok()["fault"], Json::Null, "cut at {cut}");
        }
    });
}

#[test]
fn a_file_that_changes_in_use_is_refused_until_the_next_start() {
    jinggai_test::run(Store::Sqlite, |app| async move {
        let path = app.dir().join("map.pmtiles");
        std::fs::copy(fixture("test_fixture_1.pmtiles"), &path).unwrap();
        let admin = with(&app, file(&path)).await;
        assert_eq!(admin.get("/basemap/base/0/0/0").await.status, 200);
        std::fs::write(&path, b"short").unwrap();
        let reply = admin.get("/basemap/base/0/0/0").await;
        assert_eq!(reply.refusal(), (503, "basemap.file".into()), "{}", reply.text());
    });
}
