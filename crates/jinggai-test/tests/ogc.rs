//! OGC API Features: every feature once, true counts, axes by authority, refusals that name the parameter, the scope of
//! the list of covers.
#![allow(clippy::unwrap_used)]
use jinggai::identity::Role;
use jinggai::registry::NewWell;
use jinggai::registry::ledger::{self, Entry};
use jinggai_db::events::{self, Who};
use jinggai_rules::kinds::CoverKind;
use jinggai_test::drafts::{owned, well};
use jinggai_test::{Client, Reply, TestApp, on_both_stores};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

const EPSG: &str = "http://www.opengis.net/def/crs/EPSG/0/";
const CRS84: &str = "http://www.opengis.net/def/crs/OGC/1.3/CRS84";
/// Where the answers' links lead when the request names no host.
const SERVER: &str = "http://127.0.0.1:8080";

async fn enter(app: &TestApp, wells: &[NewWell]) {
    let mut tx = app.db().begin().await.unwrap();
    let (_, ev) = ledger::create(&mut tx, wells, &Entry::now(30, None)).await.unwrap();
    events::append(&mut tx, &Who::system("test"), ev).await.unwrap();
    tx.commit().await.unwrap();
}

fn at(i: u32) -> NewWell {
    well(&format!("A-{i}"), 106.5 + f64::from(i) * 0.001, 29.5)
}

fn many(from: u32, n: u32) -> Vec<NewWell> {
    (from..from + n).map(at).collect()
}

async fn items(who: &Client, collection: &str, query: &str) -> Json {
    let reply = who.get(&format!("/ogc/collections/{collection}/items?{query}")).await;
    assert_eq!(reply.headers["content-type"], "application/geo+json", "{}", reply.text());
    reply.ok()
}

/// The address of a link of this relation.
fn link(body: &Json, rel: &str) -> Option<String> {
    let links = body["links"].as_array().unwrap();
    let href = links.iter().find(|l| l["rel"] == rel)?["href"].as_str().unwrap();
    Some(href.strip_prefix(SERVER).unwrap_or_else(|| panic!("{href} is not absolute")).to_owned())
}

fn uids(body: &Json) -> Vec<String> {
    let features = body["features"].as_array().unwrap();
    assert_eq!(body["numberReturned"], features.len());
    features.iter().map(|f| f["id"].as_str().unwrap().to_owned()).collect()
}

fn codes(body: &Json) -> Vec<String> {
    let features = body["features"].as_array().unwrap();
    features.iter().map(|f| f["properties"]["code"].as_str().unwrap().to_owned()).collect()
}

async fn matched(who: &Client, collection: &str, query: &str) -> i64 {
    items(who, collection, query).await["numberMatched"].as_i64().unwrap()
}

/// Files a case of what was seen: a cover by its number, a place or an address.
async fn file(who: &Client, seen: Json) -> String {
    let mut report = json!({"source": "patrol", "hazard": "H05", "text": "井盖松动有异响", "reporter_name": "某甲", "reporter_phone": "13800000000"});
    for (name, value) in seen.as_object().unwrap() {
        report[name] = value.clone();
    }
    let f = who.post("/api/v1/findings", report).await.ok();
    let moves = format!("/api/v1/findings/{}/moves", f["uid"].as_str().unwrap());
    let moved = who.post(&moves, json!({"move": "file", "version": f["version"]})).await.ok();
    moved["case"].as_str().unwrap().to_owned()
}

/// Cases at covers A-0 and on.
async fn file_at_covers(who: &Client, from: u32, n: u32) {
    for i in from..from + n {
        file(who, json!({"code": format!("A-{i}")})).await;
    }
}

fn named(reply: &Reply) -> (u16, String) {
    let field = reply.json()["fields"][0]["field"].as_str().unwrap_or_default().to_owned();
    (reply.status.as_u16(), field)
}

on_both_stores! {
    async fn pages_give_every_feature_once_while_others_write(app: TestApp) {
        enter(&app, &many(0, 25)).await;
        let admin = app.as_admin().await;
        file_at_covers(&admin, 0, 6).await;
        for (collection, query) in [("covers", "limit=4&road=建新北路"), ("wells", "limit=4&road=建新北路"), ("hazards", "limit=4&state=open"), ("cases", "limit=4&state=open")] {
            let mut seen: BTreeMap<String, usize> = BTreeMap::new();
            let mut path = Some(format!("/ogc/collections/{collection}/items?{query}"));
            let before = matched(&admin, collection, "limit=1").await;
            let mut pages = 0;
            while let Some(p) = path {
                let reply = admin.get(&p).await;
                let header = reply.headers.get("link").map(|v| v.to_str().unwrap().to_owned());
                let body = reply.ok();
                assert_eq!(body["numberMatched"], before, "the count is that of the first page");
                for uid in uids(&body) {
                    *seen.entry(uid).or_default() += 1;
                }
                let code = format!("W-{collection}-{pages}");
                enter(&app, &[well(&code, 106.5, 29.5)]).await;
                file(&admin, json!({"code": code})).await;
                pages += 1;
                path = link(&body, "next");
                let told = path.as_ref().map(|p| format!("<{SERVER}{p}>; rel=\"next\"; type=\"application/geo+json\""));
                assert_eq!(header, told, "the header says what the link says");
            }
            assert_eq!(i64::try_from(seen.len()).unwrap(), before, "{collection}");
            assert!(seen.values().all(|n| *n == 1), "{seen:?}");
            assert_eq!(pages, (before + 3) / 4);
        }
    }

    async fn counts_follow_filter_box_and_time(app: TestApp) {
        let mut storm = at(7);
        storm.covers[0].kind = CoverKind::Storm;
        enter(&app, &many(0, 6)).await;
        enter(&app, &[storm]).await;
        let admin = app.as_admin().await;
        for (query, n) in [
            ("", 7),
            ("limit=2", 7),
            ("kind=storm", 1),
            ("kind=storm,sewage&labelled=false", 7),
            ("bbox=106.4995,29.4,106.5025,29.6", 3),
            ("bbox=106.4995,29.4,0,106.5025,29.6,100", 3),
            ("bbox=106.4995,29.4,106.5075,29.6&kind=storm", 1),
            ("bbox=170,-10,-170,10", 0),
            ("bbox=106.5065,29.4,-170,29.6", 1),
            ("datetime=2020-01-01T00:00:00Z/..", 7),
            ("datetime=../2020-01-01", 0),
            ("f=json&kind=gas", 0),
        ] {
            for collection in ["covers", "wells"] {
                assert_eq!(matched(&admin, collection, query).await, n, "{collection}?{query}");
            }
        }
        assert_eq!(codes(&items(&admin, "covers", "kind=storm").await), ["A-7"]);
        let today = jiff::Timestamp::now().to_string();
        assert_eq!(matched(&admin, "covers", &format!("datetime={}/..", &today[..10])).await, 7);
    }

    async fn coordinates_come_in_the_axes_of_their_authority(app: TestApp) {
        enter(&app, &many(0, 3)).await;
        let admin = app.as_admin().await;
        let (east, north) = (11_855_525.769, 3_439_440.061);
        for (crs, wanted, bbox) in [
            (CRS84.to_owned(), (106.5, 29.5), "106.4995,29.4,106.5005,29.6"),
            (format!("{EPSG}4326"), (29.5, 106.5), "29.4,106.4995,29.6,106.5005"),
            (format!("{EPSG}4490"), (29.5, 106.5), "29.4,106.4995,29.6,106.5005"),
            (format!("{EPSG}3857"), (east, north), "11855500,3430000,11855600,3440000"),
        ] {
            let query = format!("crs={crs}&bbox={bbox}&bbox-crs={crs}");
            let reply = admin.get(&format!("/ogc/collections/covers/items?{query}")).await;
            assert_eq!(reply.headers["content-crs"], format!("<{crs}>"), "{}", reply.text());
            let body = reply.ok();
            assert_eq!(codes(&body), ["A-0"], "{crs}");
            let xy = &body["features"][0]["geometry"]["coordinates"];
            let got = (xy[0].as_f64().unwrap(), xy[1].as_f64().unwrap());
            assert!((got.0 - wanted.0).abs() < 0.01 && (got.1 - wanted.1).abs() < 0.01, "{crs} {got:?}");
        }
        let plain = admin.get("/ogc/collections/covers/items").await;
        assert_eq!(plain.headers["content-crs"], format!("<{CRS84}>"));
    }

    async fn what_is_wrong_is_400_and_named(app: TestApp) {
        let admin = app.as_admin().await;
        for (query, field) in [
            ("limit=0", "limit"),
            ("limit=x", "limit"),
            ("bbox=1,2,3", "bbox"),
            ("bbox=106.6,29.6,106.5,29.5", "bbox"),
            ("crs=urn:x", "crs"),
            ("bbox-crs=4326", "bbox-crs"),
            ("datetime=heute", "datetime"),
            ("cursor=zzz", "cursor"),
            ("colour=red", "colour"),
            ("kind=sewer", "kind"),
            ("f=html", "f"),
            ("offset=10", "offset"),
        ] {
            let reply = admin.get(&format!("/ogc/collections/covers/items?{query}")).await;
            assert_eq!(named(&reply), (400, field.to_owned()), "{query} {}", reply.text());
            assert_eq!(reply.headers["content-type"], "application/problem+json");
        }
        for path in ["/ogc?x=1", "/ogc/api?x=1", "/ogc/conformance?x=1", "/ogc/collections?x=1", "/ogc/collections/wells?x=1"] {
            assert_eq!(named(&admin.get(path).await), (400, "x".into()), "{path}");
        }
        let capped = items(&admin, "covers", "limit=100000").await;
        assert_eq!(capped["numberReturned"], 0, "more than the cap is no mistake");
        for path in ["/ogc/collections/nothing", "/ogc/collections/nothing/items", "/ogc/collections/covers/items/x",
                     "/ogc/collections/covers/items/01a20cf5-a6c5-7599-be22-36382158c5b2"] {
            assert_eq!(admin.get(path).await.refusal(), (404, "not_found".into()), "{path}");
        }
    }

    async fn the_service_describes_itself(app: TestApp) {
        enter(&app, &many(0, 3)).await;
        let admin = app.as_admin().await;
        file_at_covers(&admin, 0, 3).await;
        let landing = admin.get("/ogc").await.ok();
        assert_eq!(admin.get("/ogc/").await.ok(), landing);
        let conformance = admin.get(&link(&landing, "conformance").unwrap()).await.ok();
        assert!(conformance["conformsTo"].as_array().unwrap().contains(&json!("http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs")));
        let list = admin.get(&link(&landing, "data").unwrap()).await.ok();
        let ids: Vec<&str> = list["collections"].as_array().unwrap().iter().map(|c| c["id"].as_str().unwrap()).collect();
        assert_eq!(ids, ["wells", "covers", "hazards", "cases"]);
        for c in list["collections"].as_array().unwrap() {
            assert_eq!(&admin.get(&link(c, "self").unwrap()).await.ok(), c);
            assert_eq!(c["storageCrs"], format!("{EPSG}4490"));
            assert_eq!(c["crs"][0], CRS84);
            let b: Vec<f64> = c["extent"]["spatial"]["bbox"][0].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
            assert!((b[0] - 106.5).abs() < 1e-9 && (b[2] - 106.502).abs() < 1e-9 && b[1] == 29.5 && b[3] == 29.5, "{b:?}");
            let page = admin.get(&link(c, "items").unwrap()).await.ok();
            let first = &page["features"][0];
            let one = admin.get(&format!("{}/{}", link(c, "items").unwrap(), first["id"].as_str().unwrap())).await.ok();
            assert_eq!((&one["properties"], &one["geometry"]), (&first["properties"], &first["geometry"]));
            assert_eq!(link(&one, "collection"), link(c, "self"));
        }
    }

    async fn the_document_is_of_exactly_these_addresses(app: TestApp) {
        let admin = app.as_admin().await;
        let reply = admin.get("/ogc/api").await;
        assert_eq!(reply.headers["content-type"], "application/vnd.oai.openapi+json;version=3.0");
        let doc = reply.ok();
        assert_eq!(doc["openapi"], "3.0.3");
        for (path, methods) in doc["paths"].as_object().unwrap() {
            let filled = path.replace("{featureId}", "01a20cf5-a6c5-7599-be22-36382158c5b2");
            let status = admin.get(&format!("/ogc{}", filled.trim_end_matches('/'))).await.status.as_u16();
            assert_eq!(status, if path.contains('{') { 404 } else { 200 }, "{path}");
            let wrong = |name: &str| format!("/ogc{filled}?{name}=~");
            for p in methods["get"]["parameters"].as_array().unwrap().iter().filter(|p| p["in"] == "query") {
                let name = p["name"].as_str().unwrap();
                let reply = admin.get(&wrong(name)).await;
                let unknown = reply.text().contains("没有这个参数");
                assert!(!unknown, "{path} {name}: {}", reply.text());
            }
        }
        let limit = &doc["paths"]["/collections/covers/items"]["get"]["parameters"][0];
        assert_eq!((&limit["name"], &limit["schema"]["maximum"]), (&json!("limit"), &json!(1000)));
    }

    async fn readers_see_what_their_lists_show(app: TestApp) {
        let seed = app.seed().await;
        enter(&app, &[owned(at(1), seed.owner), at(2)]).await;
        let owner = app.login(Role::Owner, Some(seed.owner), None).await;
        let admin = app.as_admin().await;
        file_at_covers(&admin, 1, 2).await;
        for collection in ["covers", "wells", "hazards", "cases"] {
            let mine = items(&owner, collection, "").await;
            assert_eq!((mine["numberMatched"].as_i64(), uids(&mine).len()), (Some(1), 1), "{collection}");
            let all = items(&admin, collection, "").await;
            let foreign = uids(&all).into_iter().find(|u| !uids(&mine).contains(u)).unwrap();
            assert_eq!(owner.get(&format!("/ogc/collections/{collection}/items/{foreign}")).await.status, 404);
            let body = owner.get(&format!("/ogc/collections/{collection}")).await.ok();
            assert_eq!(body["extent"]["spatial"]["bbox"][0][2], 106.501, "the extent tells nothing of others");
        }
        let listed = owner.get("/api/v1/covers").await.ok();
        let mine = items(&owner, "covers", "").await;
        assert_eq!(uids(&mine), [listed["items"][0]["uid"].as_str().unwrap()]);
        assert_eq!(mine["features"][0]["properties"]["code"], listed["items"][0]["code"]);
        assert_eq!(mine["features"][0]["properties"]["owner_name"], listed["items"][0]["owner_name"]);
        let nobody = app.login(Role::Owner, Some(seed.department), None).await;
        for list in ["hazards", "cases"] {
            let mine = items(&owner, list, "").await;
            let listed = owner.get(&format!("/api/v1/{list}")).await.ok();
            assert_eq!((uids(&mine), mine["numberMatched"].clone()), (vec![listed["items"][0]["uid"].as_str().unwrap().to_owned()], listed["total"].clone()));
            assert_eq!(matched(&nobody, list, "").await, 0);
            let described = nobody.get(&format!("/ogc/collections/{list}")).await.ok();
            assert!(described.get("extent").is_none(), "{described}");
        }
        // Whoever is given a case sees it, whoever the cover belongs to.
        let (all, mine) = (uids(&items(&admin, "cases", "lead=none").await), uids(&items(&owner, "cases", "").await));
        let other = all.iter().find(|u| !mine.contains(u)).unwrap();
        let given = json!({"move": "dispatch", "version": 1, "units": [{"code": "test-department"}]});
        admin.post(&format!("/api/v1/cases/{other}/moves"), given).await.ok();
        for list in ["hazards", "cases"] {
            assert_eq!(matched(&nobody, list, "").await, 1, "{list}");
            assert_eq!(matched(&owner, list, "").await, 1, "{list}");
        }
    }

    async fn hazards_and_cases_lie_at_what_they_are_about(app: TestApp) {
        enter(&app, &many(0, 3)).await;
        let admin = app.as_admin().await;
        let at_cover = file(&admin, json!({"code": "A-1", "hazard": "H01"})).await;
        let at_place = file(&admin, json!({"lng": 106.6, "lat": 29.6, "kind": "storm"})).await;
        let somewhere = file(&admin, json!({"address": "建新北路口"})).await;
        // The ledger's correction of a place moves what lies at the cover.
        let cover = admin.get("/api/v1/covers?q=A-1").await.ok()["items"][0].clone();
        let well = cover["well_uid"].as_str().unwrap_or_else(|| panic!("{cover}")).to_owned();
        let seen = admin.get(&format!("/api/v1/wells/{well}")).await.ok();
        let moved = json!({"version": seen["well"]["version"], "position": {"lng": 106.7, "lat": 29.5}, "reason": "复测"});
        admin.patch(&format!("/api/v1/wells/{well}"), moved).await.ok();
        let place = admin.get("/api/v1/covers?q=A-1").await.ok()["items"][0].clone();

        for collection in ["hazards", "cases"] {
            let all = items(&admin, collection, "").await;
            assert_eq!(all["numberMatched"], 3);
            let of = |case: &str| {
                let key = |f: &Json| if collection == "cases" { f["id"].clone() } else { f["properties"]["case"].clone() };
                all["features"].as_array().unwrap().iter().find(|f| key(f) == case).unwrap().clone()
            };
            assert_eq!(of(&at_cover)["geometry"]["coordinates"], json!([place["lng"], place["lat"]]), "{collection}");
            assert_eq!(of(&at_place)["geometry"]["coordinates"], json!([106.6, 29.6]), "{collection}");
            assert_eq!(of(&somewhere)["geometry"], Json::Null, "{collection}");
            let told = all.to_string();
            for personal in ["某甲", "13800000000", "person", "reporter", "phone"] {
                assert!(!told.contains(personal), "{collection} tells {personal}: {told}");
            }
            assert_eq!(of(&at_cover)["properties"]["level"], "l1");
            for (query, n) in [
                ("bbox=106.5995,29.5995,106.6005,29.6005", 1),
                ("bbox=106.6995,29.4,106.7005,29.55", 1),
                ("bbox=106.5,29.4,107,29.7", 2),
                ("bbox=106.5,29.4,107,29.7&kind=storm", 1),
                ("bbox=106.6005,29.4,-170,29.7", 1),
                ("kind=none", 1),
                ("level=l1", 1),
                ("state=open", 3),
                ("datetime=2020-01-01T00:00:00Z/..", 3),
                ("datetime=../2020-01-01", 0),
            ] {
                assert_eq!(matched(&admin, collection, query).await, n, "{collection}?{query}");
            }
            let lower = format!("crs={EPSG}4490&limit=1&bbox=29.59,106.59,29.61,106.61&bbox-crs={EPSG}4490");
            assert_eq!(items(&admin, collection, &lower).await["features"][0]["geometry"]["coordinates"], json!([29.6, 106.6]));
        }
    }

    async fn hazards_and_cases_take_the_filters_of_their_lists(app: TestApp) {
        let seed = app.seed().await;
        enter(&app, &[owned(at(0), seed.owner), at(1)]).await;
        let admin = app.as_admin().await;
        file_at_covers(&admin, 0, 2).await;
        file(&admin, json!({"code": "A-0", "hazard": "H01"})).await;
        let today = jinggai::clock::today();
        for query in ["", "state=open", "code=H01", "level=l1,l2", "unit=test-owner", "unit=none", "kind=sewage", "found_as=missing", "state=closed",
                      "facts=-open", "facts=open", &format!("found_from={today}"), &format!("found_to={today}"), "area=none", "demo=true"] {
            let total = admin.get(&format!("/api/v1/hazards?{query}")).await.ok()["total"].clone();
            assert_eq!(json!(matched(&admin, "hazards", query).await), total, "{query}");
        }
        for query in ["", "state=open", "state=filed", "hazard=H05", "overdue=false", "overdue=true", "q=建新", "source=patrol", "lead=none", "facts=-ended",
                      &format!("filed_from={today}"), "kind=storm"] {
            let total = admin.get(&format!("/api/v1/cases?{query}")).await.ok()["total"].clone();
            assert_eq!(json!(matched(&admin, "cases", query).await), total, "{query}");
        }
        assert_eq!((matched(&admin, "hazards", "").await, matched(&admin, "hazards", "code=H01").await), (3, 1));
        for (collection, query, field) in [
            ("hazards", "colour=red", "colour"),
            ("hazards", "state=nowhere", "state"),
            ("hazards", "found_from=heute", "found_from"),
            ("hazards", "found_as=x", "found_as"),
            ("hazards", "kind=sewer&state=open", "kind"),
            ("hazards", "sort=due", "sort"),
            ("hazards", "hazard=H01", "hazard"),
            ("cases", "mine=true", "mine"),
            ("cases", "sort=due", "sort"),
            ("cases", "overdue=maybe", "overdue"),
            ("cases", "facts=x", "facts"),
            ("cases", "state=nowhere", "state"),
            ("cases", "well=1", "well"),
        ] {
            let reply = admin.get(&format!("/ogc/collections/{collection}/items?{query}")).await;
            assert_eq!(named(&reply), (400, field.to_owned()), "{collection}?{query} {}", reply.text());
        }
    }

    async fn a_token_opens_it_also_as_the_password_of_a_map_program(app: TestApp) {
        enter(&app, &many(0, 2)).await;
        let admin = app.as_admin().await;
        let token = |scope: &'static str| {
            let admin = admin.clone();
            async move {
                let made = admin.post("/api/v1/tokens", json!({"name": scope, "scopes": [scope], "days": 1})).await.ok();
                made["secret"].as_str().unwrap().to_owned()
            }
        };
        let (read, other, case) = (token("registry.read").await, token("directory.read").await, token("case.read").await);
        let nobody = app.anonymous();
        let path = "/ogc/collections/covers/items";
        assert_eq!(nobody.clone().with_secret(read.clone()).get(path).await.status, 200);
        assert_eq!(nobody.get_basic(path, "qgis", &read).await.ok()["numberMatched"], 2);
        assert_eq!(nobody.get_basic(path, "qgis", &other).await.refusal(), (403, "forbidden".into()));
        // A token of one right opens the collections of that right.
        let offered = async |secret: &str| -> Vec<String> {
            let list = nobody.get_basic("/ogc/collections", "qgis", secret).await.ok();
            list["collections"].as_array().unwrap().iter().map(|c| c["id"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(offered(&read).await, ["wells", "covers"]);
        assert_eq!(offered(&case).await, ["hazards", "cases"]);
        for (secret, collection, status) in [(&read, "hazards", 403), (&read, "cases", 403), (&case, "covers", 403), (&case, "hazards", 200), (&case, "cases", 200)] {
            for path in ["", "/items", "/items/01a20cf5-a6c5-7599-be22-36382158c5b2"] {
                let status = if path.len() > 6 && status == 200 { 404 } else { status };
                let reply = nobody.get_basic(&format!("/ogc/collections/{collection}{path}"), "qgis", secret).await;
                assert_eq!(reply.status, status, "{collection}{path}");
            }
        }
        assert_eq!(nobody.get_basic("/ogc", "qgis", &other).await.refusal(), (403, "forbidden".into()));
        let refused = nobody.get_basic(path, "qgis", "guess").await;
        assert_eq!(refused.refusal(), (401, "unauthenticated".into()));
        assert!(refused.headers["www-authenticate"].to_str().unwrap().starts_with("Basic "));
        assert_eq!(nobody.get(path).await.status, 401);
        assert_eq!(nobody.get_basic("/api/v1/covers", "qgis", &read).await.status, 401, "only where maps read");
        assert_eq!(nobody.get_basic("/tiles/covers/3/6/3.mvt", "qgis", &read).await.status, 200);
    }
}
