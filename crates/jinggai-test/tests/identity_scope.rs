//! What an owner sees of the district: its own wells, whichever door it comes through.
#![allow(clippy::unwrap_used, reason = "a failure names its line")]
use jinggai::identity::Role;
use jinggai::registry::ledger::{self, Created, Entry};
use jinggai_db::events::{self, Who};
use jinggai_db::sql;
use jinggai_test::drafts::{owned, well};
use jinggai_test::{Client, Seed, TestApp, on_both_stores};
use serde_json::json;

async fn enter(app: &TestApp, seed: &Seed, code: &str, lng: f64, unit: Option<i64>) -> Created {
    let mut draft = well(code, lng, 29.6);
    draft.area_id = Some(seed.street);
    if let Some(unit) = unit {
        draft = owned(draft, unit);
    }
    let mut tx = app.db().begin().await.unwrap();
    let (mut created, list) = ledger::create(&mut tx, &[draft], &Entry::now(30, None)).await.unwrap();
    events::append(&mut tx, &Who::system("test"), list).await.unwrap();
    tx.commit().await.unwrap();
    app.app.changed().notify_waiters();
    created.pop().unwrap()
}

/// A district with one well of the owner, one of somebody else and one of nobody.
async fn district(app: &TestApp) -> (Seed, Client, [Created; 3]) {
    let seed = app.seed().await;
    let mine = enter(app, &seed, "MEIN-1", 106.57, Some(seed.owner)).await;
    let other = enter(app, &seed, "FREMD-2", 106.58, Some(seed.department)).await;
    let nobody = enter(app, &seed, "NIEMAND-3", 106.59, None).await;
    (seed, app.login(Role::Owner, Some(seed.owner), None).await, [mine, other, nobody])
}

on_both_stores! {
    async fn every_door_shows_an_owner_only_its_own(app: TestApp) {
        let (_, owner, [mine, other, nobody]) = district(&app).await;
        let list = owner.get("/api/v1/covers").await.ok();
        assert_eq!((list["total"].as_i64(), list["items"].as_array().unwrap().len()), (Some(1), 1));
        assert_eq!(list["items"][0]["code"], "MEIN-1");
        for filter in ["bbox=106,29,107,30", "q=FREMD-2", "owner=test-department", "owner=none", "near=106.58,29.6,50"] {
            let found = owner.get(&format!("/api/v1/covers?{filter}")).await.text();
            assert!(!found.contains("FREMD-2") && !found.contains("NIEMAND-3"), "{filter}: {found}");
        }
        for format in ["csv", "geojson"] {
            let file = owner.get(&format!("/api/v1/covers/export?format={format}")).await;
            assert_eq!(file.headers["x-jinggai-rows"], "1", "{format}");
            let text = file.text();
            assert!(text.contains("MEIN-1") && !text.contains("FREMD-2") && !text.contains("NIEMAND-3"), "{text}");
        }
        owner.get(&format!("/api/v1/wells/{}", mine.well_uid)).await.ok();
        for well in [&other, &nobody] {
            for path in [String::new(), "/timeline".into(), "/file.pdf".into()] {
                let path = format!("/api/v1/wells/{}{path}", well.well_uid);
                assert_eq!(owner.get(&path).await.refusal(), (404, "not_found".into()), "{path}");
            }
        }
        let search = owner.get("/api/v1/search?q=FREMD-2").await.text();
        assert!(!search.contains(&other.well_uid.to_string()), "{search}");
        assert!(!owner.get("/api/v1/codes/FREMD-2").await.status.is_success());
        let queue = owner.get("/api/v1/ownership-queue").await.ok();
        assert_eq!(queue["total"], 0, "nobody's well is not the owner's");
        let annex = owner.post("/api/v1/reports/annex1", json!({"by": ["kind"]})).await;
        assert!(!annex.text().contains("FREMD"), "{}", annex.text());
        assert_eq!(owner.get("/api/v1/audit").await.status, 403);
    }

    async fn live_push_tells_an_owner_only_of_its_own(app: TestApp) {
        let (seed, owner, [mine, ..]) = district(&app).await;
        let mut watch = owner.watch("/api/v1/events", Some(0)).await;
        let first = watch.next().await.unwrap();
        assert_eq!(first["well"], json!(mine.well_uid));
        let admin = app.as_admin().await;
        admin.post("/api/v1/users", json!({"login": "hxj", "name": "华新街"})).await.ok();
        enter(&app, &seed, "FREMD-4", 106.60, Some(seed.department)).await;
        admin.post("/api/v1/units", json!({"code": "ps", "name": "排水公司", "kinds": ["owner"]})).await.ok();
        let mine = enter(&app, &seed, "MEIN-5", 106.61, Some(seed.owner)).await;
        let mut told = vec![];
        loop {
            let e = watch.next().await.unwrap();
            told.push((e["subject"].as_str().unwrap().to_owned(), e["well"].clone()));
            if e["well"] == json!(mine.well_uid) {
                break;
            }
        }
        assert!(told.iter().all(|(_, well)| well.is_null() || *well == first["well"] || *well == json!(mine.well_uid)), "{told:?}");
        assert!(told.iter().any(|(subject, _)| subject == "unit") && told.iter().all(|(subject, _)| subject != "user"), "{told:?}");
        let all: Vec<_> = {
            let mut all = admin.watch("/api/v1/events", Some(0)).await;
            let mut out = vec![];
            while out.last().is_none_or(|e: &serde_json::Value| e["well"] != json!(mine.well_uid)) {
                out.push(all.next().await.unwrap());
            }
            out
        };
        assert!(all.iter().any(|e| e["subject"] == "user"));
        assert!(all.windows(2).all(|w| w[0]["seq"].as_i64() < w[1]["seq"].as_i64()), "in the order of the log");
        let seq = all[all.len() - 2]["seq"].as_i64();
        let mut rest = admin.watch("/api/v1/events", seq).await;
        assert_eq!(rest.next().await.unwrap()["seq"], all[all.len() - 1]["seq"], "it goes on where it ended");
    }

    async fn a_stream_ends_with_its_session(app: TestApp) {
        let (seed, owner, _) = district(&app).await;
        let mut watch = owner.watch("/api/v1/events", Some(0)).await;
        watch.next().await.unwrap();
        owner.delete("/api/v1/session").await;
        enter(&app, &seed, "MEIN-6", 106.61, Some(seed.owner)).await;
        while let Some(e) = watch.next().await {
            let (code,): (Option<String>,) = app.db().one(sql!(
                "SELECT f.code FROM cover_facts f JOIN wells w ON w.id = f.well_id WHERE CAST(w.uid AS TEXT) = ?",
                e["well"].as_str().unwrap_or_default()
            )).await.unwrap();
            assert_ne!(code.as_deref(), Some("MEIN-6"), "nothing after the log-out");
        }
    }

    async fn a_grant_that_was_taken_away_narrows_an_open_stream(app: TestApp) {
        let (seed, owner, _) = district(&app).await;
        let mut watch = owner.watch("/api/v1/events", Some(0)).await;
        watch.next().await.unwrap();
        let mut tx = app.db().begin().await.unwrap();
        tx.run(sql!("UPDATE grants SET unit_id = ? WHERE role = 'owner'", seed.department)).await.unwrap();
        tx.commit().await.unwrap();
        enter(&app, &seed, "MEIN-7", 106.61, Some(seed.owner)).await;
        let theirs = enter(&app, &seed, "FREMD-8", 106.62, Some(seed.department)).await;
        let mut told = vec![];
        loop {
            let e = watch.next().await.unwrap();
            told.push(e["well"].clone());
            if e["well"] == json!(theirs.well_uid) {
                break;
            }
        }
        let (seven,): (uuid::Uuid,) = app.db().one(sql!("SELECT w.uid FROM wells w JOIN cover_facts f ON f.well_id = w.id WHERE f.code = 'MEIN-7'")).await.unwrap();
        assert!(!told.contains(&json!(seven)), "{told:?}");
    }

    async fn the_log_is_found_by_well_time_and_person(app: TestApp) {
        let (_, _, [mine, other, _]) = district(&app).await;
        let leader = app.login(Role::Leader, None, None).await;
        let log = leader.get(&format!("/api/v1/audit?well={}", mine.well_uid)).await.ok();
        let subjects: Vec<_> = log["items"].as_array().unwrap().iter().map(|e| e["subject_uid"].as_str().unwrap().to_owned()).collect();
        assert!(subjects.contains(&mine.well_uid.to_string()) && !subjects.contains(&other.well_uid.to_string()), "{subjects:?}");
        let none = leader.get("/api/v1/audit?to=2001-01-01T00:00:00Z").await.ok();
        assert_eq!(none["items"], json!([]));
        let some = leader.get("/api/v1/audit?from=2001-01-01T00:00:00Z&actor=system&limit=1").await.ok();
        let next = leader.get(&format!("/api/v1/audit?actor=system&limit=1&cursor={}", some["next"])).await.ok();
        assert_eq!(next["items"][0]["seq"].as_i64(), some["items"][0]["seq"].as_i64().map(|n| n - 1));
        assert_eq!(leader.get("/api/v1/audit?who=x").await.refusal(), (422, "query.invalid".into()));
    }
}
