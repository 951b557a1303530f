//! Wells and covers over HTTP: forms, corrections, lists, history; each refusal with its code.
#![allow(clippy::unwrap_used)]
use jinggai::identity::Role;
use jinggai_db::sql;
use jinggai_test::{Client, Reply, Seed, TestApp, on_both_stores};
use serde_json::{Value as Json, json};

/// A well as a form.
fn form(lng: f64, code: &str) -> Json {
    json!({
        "kind": "sewage", "road": "建新北路", "area": "500105001", "place": "carriageway", "depth_m": 3.0,
        "position": {"lng": lng, "lat": 29.60},
        "covers": [{"size": "D700", "material": "ductile_iron", "load_class": "b125", "installed_on": "2005",
                    "codes": [{"scheme": "free", "code": code}]}]
    })
}

async fn create(c: &Client, body: Json) -> Json {
    c.post("/api/v1/wells", body).await.ok()
}

fn well_uid(file: &Json) -> String {
    file["well"]["uid"].as_str().unwrap().to_owned()
}
fn cover_uid(file: &Json) -> String {
    file["covers"][0]["uid"].as_str().unwrap().to_owned()
}
fn fields(r: &Reply) -> Vec<String> {
    r.json()["fields"].as_array().unwrap().iter().map(|f| f["field"].as_str().unwrap().to_owned()).collect()
}

async fn registrar(app: &TestApp) -> (Seed, Client) {
    let seed = app.seed().await;
    (seed, app.login(Role::Registrar, None, None).await)
}

on_both_stores! {
    async fn a_well_is_entered_and_its_file_opens(app: TestApp) {
        let (_, c) = registrar(&app).await;
        let mut body = form(106.57, "OLD-1");
        body["responsibilities"] = json!([{"role": "owner", "unit": "test-owner", "confirmed": true, "basis": "移交协议"}]);
        let file = create(&c, body).await;
        assert_eq!(file["well"]["kind_name"], "污水");
        assert_eq!(file["well"]["area_name"], "华新街街道");
        assert_eq!(file["covers"][0]["expires_on"], "2035-12-31", "30 years of ductile iron after the end of 2005");
        assert_eq!(file["covers"][0]["shape"], "round");
        assert_eq!(file["responsibilities"][0]["unit_name"], "测试排水公司");
        assert_eq!(file["ownership_queue"], Json::Null);
        let codes: Vec<&str> = file["findings"].as_array().unwrap().iter().map(|f| f["code"].as_str().unwrap()).collect();
        assert_eq!(codes, ["H16", "H11", "H10"]);
        assert_eq!(file["suggestions"][0]["unit"], "jb-zjw");
        let again = c.get(&format!("/api/v1/wells/{}", well_uid(&file))).await.ok();
        assert_eq!(again, file);
        let cover = c.get(&format!("/api/v1/covers/{}", cover_uid(&file))).await.ok();
        assert_eq!(cover["codes"][0]["code"], "OLD-1");
        assert!(cover["moves"].as_array().unwrap().iter().any(|m| m["move"] == "replace"));
    }

    async fn every_mistake_of_a_form_is_named_at_once(app: TestApp) {
        let (_, c) = registrar(&app).await;
        let r = c.post("/api/v1/wells", json!({
            "kind": "sewer", "depth_m": 500, "area": "999999", "position": {"lng": 306.57, "lat": 29.6},
            "responsibilities": [{"role": "owner", "unit": "nobody"}, {"role": "fallback", "unit": "test-owner"}],
            "covers": [{"size": "D7", "lifecycle": "filled", "codes": [{"scheme": "cjt214-16", "code": "9999990102000001"}]}],
            "colour": "red"
        })).await;
        assert_eq!(r.refusal(), (422, "form.invalid".into()));
        assert_eq!(fields(&r), [
            "kind", "depth_m", "position.lng", "position", "area", "responsibilities[0].unit",
            "responsibilities[1].role", "covers[0].size", "covers[0].lifecycle", "covers[0].codes[0].code", "colour"
        ]);
        let (n,): (i64,) = app.db().one(sql!("SELECT count(*) FROM wells")).await.unwrap();
        assert_eq!(n, 0);
        let r = c.post("/api/v1/wells", json!({})).await;
        assert_eq!(fields(&r), ["kind", "position", "covers"]);
    }

    async fn a_position_in_another_system_is_shifted_once_and_kept(app: TestApp) {
        let (_, c) = registrar(&app).await;
        let mut body = form(0.0, "P-1");
        body["position"] = json!({"x": 106.5752, "y": 29.6, "crs": "GCJ-02"});
        let file = create(&c, body).await;
        let well = &file["well"];
        assert_eq!(well["source"]["crs"], "GCJ-02");
        assert_eq!(well["source"]["x"], 106.5752);
        assert_eq!(well["accuracy"], "class_c");
        let lng = well["lng"].as_f64().unwrap();
        assert!((106.57..106.5740).contains(&lng), "{lng}");
        let mut body = form(0.0, "P-2");
        body["position"] = json!({"x": 1.0, "y": 2.0, "crs": "火星"});
        let r = c.post("/api/v1/wells", body).await;
        assert_eq!(fields(&r)[0], "position.crs");
    }

    async fn a_cover_that_is_there_already_is_refused_with_candidates(app: TestApp) {
        let (_, c) = registrar(&app).await;
        let first = create(&c, form(106.57, "A-1")).await;
        // 0.000004° of longitude are about 0.39 m here.
        let r = c.post("/api/v1/wells", form(106.570004, "A-2")).await;
        assert_eq!(r.refusal(), (409, "duplicate.nearby".into()));
        assert_eq!(r.json()["candidates"][0]["uid"], cover_uid(&first).as_str());
        assert_eq!(r.json()["candidates"][0]["code"], "A-1");
        let mut body = form(106.570004, "A-2");
        body["confirm_duplicate"] = true.into();
        create(&c, body).await;
        let mut other_kind = form(106.57, "A-3");
        other_kind["covers"][0]["kind"] = "gas".into();
        create(&c, other_kind).await;
        create(&c, form(106.570012, "A-4")).await;
        let r = c.post("/api/v1/wells", form(106.58, "A-1")).await;
        assert_eq!(r.refusal(), (422, "code.taken".into()));
    }

    async fn a_correction_needs_the_version_it_was_made_on(app: TestApp) {
        let (_, c) = registrar(&app).await;
        let file = create(&c, form(106.57, "A-1")).await;
        let path = format!("/api/v1/wells/{}", well_uid(&file));
        let well = c.patch(&path, json!({"version": 1, "road": "北滨一路", "low_lying": true, "reason": "核对"})).await.ok();
        assert_eq!((well["road"].as_str(), well["version"].as_i64()), (Some("北滨一路"), Some(2)));
        let r = c.patch(&path, json!({"version": 1, "road": "南滨路"})).await;
        assert_eq!(r.refusal(), (409, "conflict.version".into()));
        assert_eq!(r.json()["current"]["road"], "北滨一路");
        let r = c.patch(&path, json!({"road": "南滨路"})).await;
        assert_eq!(fields(&r), ["version"]);
        let same = c.patch(&path, json!({"version": 2, "road": "北滨一路"})).await.ok();
        assert_eq!(same["version"], 2, "what changes nothing is no change");
        let cover = format!("/api/v1/covers/{}", cover_uid(&file));
        let now = c.patch(&cover, json!({"version": 1, "material": "concrete", "problem": "loose", "condition": "damaged"})).await.ok();
        assert_eq!(now["expires_on"], "2015-12-31", "concrete lasts ten years");
        assert_eq!(c.patch(&cover, json!({"version": 1, "note": "x"})).await.refusal(), (409, "conflict.version".into()));
        let list = c.get("/api/v1/covers?state=loose&over_age=true&outdated=true&low_lying=true&q=北滨").await.ok();
        assert_eq!(list["total"], 1);
        assert_eq!(c.get("/api/v1/covers?q=建新").await.ok()["total"], 0, "the search follows the change");
    }

    async fn a_move_of_position_is_recorded_and_read_in_chinese(app: TestApp) {
        let (_, c) = registrar(&app).await;
        let file = create(&c, form(106.57, "A-1")).await;
        let path = format!("/api/v1/wells/{}", well_uid(&file));
        let moved = c.patch(&path, json!({"version": 1, "position": {"lng": 106.571, "lat": 29.601}, "accuracy": "class_a", "reason": "复测"})).await.ok();
        assert_eq!((moved["lng"].as_f64(), moved["accuracy"].as_str()), (Some(106.571), Some("class_a")));
        let covers = c.get("/api/v1/covers?near=106.571,29.601,1").await.ok();
        assert_eq!(covers["total"], 1, "the cover moves with its well");
        let emptied = c.patch(&path, json!({"version": 2, "road": null})).await.ok();
        assert_eq!(emptied["road"], Json::Null);
        let t = c.get(&format!("{path}/timeline?limit=2")).await.ok();
        assert_eq!(t["total"], 3);
        assert_eq!(t["items"][0]["summary"], "修改井：道路 建新北路 → —");
        assert!(t["items"][1]["summary"].as_str().unwrap().contains("坐标 [106.57,29.6] → [106.571,29.601]"), "{t}");
        assert_eq!(t["items"][1]["reason"], "复测");
        assert_eq!(t["items"][1]["before"]["position"], json!([106.57, 29.6]));
        let next = t["next"].as_str().unwrap();
        let t = c.get(&format!("{path}/timeline?limit=2&cursor={next}")).await.ok();
        assert_eq!((t["items"][0]["summary"].as_str(), t["next"].is_null()), (Some("建档，登记井盖 1 个"), true));
    }

    async fn pages_are_stable_in_every_order(app: TestApp) {
        let (_, c) = registrar(&app).await;
        for i in 0..7 {
            let mut body = form(106.57 + f64::from(i) / 1000.0, &format!("A-{i}"));
            if i % 3 == 0 {
                body["road"] = Json::Null;
            }
            if i == 2 {
                body["covers"][0]["codes"] = json!([]);
            }
            create(&c, body).await;
        }
        for sort in ["id", "code", "road", "updated"] {
            let all = c.get(&format!("/api/v1/covers?sort={sort}&limit=500")).await.ok();
            let whole: Vec<&Json> = all["items"].as_array().unwrap().iter().map(|i| &i["uid"]).collect();
            assert_eq!(whole.len(), 7);
            let (mut paged, mut cursor) = (vec![], String::new());
            loop {
                let page = c.get(&format!("/api/v1/covers?sort={sort}&limit=2{cursor}")).await.ok();
                assert_eq!(page["total"], 7, "{sort}");
                paged.extend(page["items"].as_array().unwrap().iter().map(|i| i["uid"].clone()));
                let Some(next) = page["next"].as_str() else { break };
                cursor = format!("&cursor={next}");
            }
            assert_eq!(paged.iter().collect::<Vec<_>>(), whole, "{sort}");
        }
        let last = c.get("/api/v1/covers?sort=code&limit=500").await.ok();
        assert_eq!(last["items"][6]["code"], Json::Null, "those without a number come last");
        let page = c.get("/api/v1/covers?limit=1").await.ok();
        let next = page["next"].as_str().unwrap();
        assert_eq!(c.get(&format!("/api/v1/covers?sort=road&cursor={next}")).await.refusal(), (422, "list.cursor".into()));
        assert_eq!(c.get("/api/v1/covers?cursor=xyz").await.refusal(), (422, "list.cursor".into()));
        assert_eq!(c.get("/api/v1/covers?sort=size").await.refusal(), (422, "list.sort".into()));
        assert_eq!(c.get("/api/v1/covers?limit=0").await.refusal(), (422, "list.limit".into()));
        let r = c.get("/api/v1/covers?colour=red").await;
        assert_eq!((r.refusal(), fields(&r)), ((422, "filter.invalid".into()), vec!["colour".to_owned()]));
        assert_eq!(c.get("/api/v1/covers?limit=9999").await.ok()["capped"], true);
    }

    async fn nobody_sees_or_changes_what_is_not_his(app: TestApp) {
        let (seed, c) = registrar(&app).await;
        let mut owned = form(106.57, "A-1");
        owned["responsibilities"] = json!([{"role": "owner", "unit": "test-owner"}]);
        let mine = create(&c, owned).await;
        let mut far = form(106.60, "B-1");
        far["area"] = "500105".into();
        let other = create(&c, far).await;
        let owner = app.login(Role::Owner, Some(seed.owner), None).await;
        let list = owner.get("/api/v1/covers").await.ok();
        assert_eq!((list["total"].as_i64(), list["items"][0]["code"].as_str()), (Some(1), Some("A-1")));
        let hidden = well_uid(&other);
        for path in [format!("/api/v1/wells/{hidden}"), format!("/api/v1/wells/{hidden}/timeline"), format!("/api/v1/covers/{}", cover_uid(&other)), "/api/v1/codes/B-1".into(), "/api/v1/wells/x".into()] {
            assert_eq!(owner.get(&path).await.refusal(), (404, "not_found".into()), "{path}");
        }
        assert_eq!(owner.patch(&format!("/api/v1/wells/{hidden}"), json!({"version": 1, "road": "x"})).await.status, 404);
        assert_eq!(owner.get("/api/v1/search?q=B-1").await.ok()["covers_total"], 0);
        let r = owner.post("/api/v1/wells", form(106.59, "C-1")).await;
        assert_eq!(r.refusal(), (403, "scope.outside".into()));
        let mut claimed = form(106.59, "C-1");
        claimed["responsibilities"] = json!([{"role": "owner", "unit": "test-owner", "confirmed": true, "basis": "我方资产"}]);
        let r = owner.post("/api/v1/wells", claimed.clone()).await;
        assert_eq!(fields(&r), ["responsibilities[0].confirmed"]);
        claimed["responsibilities"][0]["confirmed"] = false.into();
        create(&owner, claimed).await;
        let street = app.login(Role::Street, None, Some(seed.street)).await;
        let r = street.patch(&format!("/api/v1/wells/{}", well_uid(&mine)), json!({"version": 1, "area": "500105"})).await;
        assert_eq!(r.refusal(), (403, "scope.outside".into()));
        let watcher = app.login(Role::Prosecutor, None, None).await;
        assert_eq!(watcher.post("/api/v1/wells", form(106.58, "D-1")).await.refusal(), (403, "forbidden".into()));
        assert_eq!(app.anonymous().get("/api/v1/covers").await.status, 401);
    }

    async fn a_repeated_request_is_answered_but_done_once(app: TestApp) {
        let (_, c) = registrar(&app).await;
        let key = Some("0192-well-form".to_owned());
        let post = axum::http::Method::POST;
        let a = c.send(post.clone(), "/api/v1/wells", Some(form(106.57, "A-1")), key.clone()).await;
        let b = c.send(post.clone(), "/api/v1/wells", Some(form(106.57, "A-1")), key.clone()).await;
        assert_eq!((a.status.as_u16(), b.status.as_u16()), (201, 201));
        assert_eq!(a.json(), b.json());
        let r = c.send(post, "/api/v1/wells", Some(form(106.58, "A-2")), key).await;
        assert_eq!(r.refusal(), (409, "idempotency.reused".into()));
    }

    async fn one_box_finds_numbers_plates_roads_and_units(app: TestApp) {
        let (_, c) = registrar(&app).await;
        let mut body = form(106.57, "YS-0149");
        body["covers"][0]["label"] = "观音桥0001".into();
        create(&c, body).await;
        for (q, covers, roads, units) in [("0149", 1, 0, 0), ("观音桥", 1, 0, 0), ("建新", 1, 1, 0), ("排水公司", 0, 0, 1), ("%", 0, 0, 0), ("", 0, 0, 0)] {
            let q = q.replace('%', "%25");
            let found = c.get(&format!("/api/v1/search?q={q}")).await.ok();
            let counts = (found["covers_total"].as_i64().unwrap(), found["roads"].as_array().unwrap().len(), found["units"].as_array().unwrap().len());
            assert_eq!(counts, (covers, roads, units), "{q}");
        }
        assert_eq!(c.get("/api/v1/search").await.refusal(), (422, "query.invalid".into()));
        let hit = c.get("/api/v1/codes/观音桥0001").await.ok();
        assert_eq!((hit["items"][0]["scheme"].as_str(), hit["items"][0]["current"].as_str()), (Some("label"), Some("YS-0149")));
    }
}
