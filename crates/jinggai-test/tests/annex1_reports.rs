//! Kept reports: drawn again they say equal, or which figures of which rows changed; who sees them; the command line.
#![allow(clippy::unwrap_used)]
mod annex_district;

use annex_district::{District, enter, move_to};
use jiff::civil::date;
use jinggai::identity::Role;
use jinggai_db::events::verify;
use jinggai_db::sql;
use jinggai_test::{Client, on_both_stores};
use serde_json::{Value, json};

async fn drawn(client: &Client, body: Value) -> String {
    client.post("/api/v1/reports/annex1", body).await.ok()["uid"].as_str().unwrap().to_owned()
}

async fn checked(client: &Client, uid: &str) -> Value {
    client.post(&format!("/api/v1/reports/{uid}/check"), json!({})).await.ok()
}

/// What a move of one well from 北滨一路 to 新修路 changes in the table by road.
fn moved(d: &District) -> &jinggai::registry::ledger::Created {
    // The 10th: in use, no demo record, 热力, on the third road of the district.
    &d.wells[9]
}

on_both_stores! {
    async fn a_report_drawn_again_is_equal_until_the_ledger_of_its_day_changes(app: TestApp) {
        let d = enter(&app).await;
        let admin = app.as_admin().await;
        let uid = drawn(&admin, json!({"by": ["road"], "as_of": "2026-06-30"})).await;
        let same = checked(&admin, &uid).await;
        assert_eq!((&same["equal"], &same["intact"], &same["changes"]), (&json!(true), &json!(true), &json!([])));
        assert_eq!(same["digest_before"], same["digest_now"]);
        // A later change of the ledger does not touch an earlier day …
        move_to(&app, moved(&d), "新修路", date(2026, 7, 1)).await;
        let later = checked(&admin, &uid).await;
        assert_eq!(later["equal"], true);
        assert!(later["event_seq_now"].as_i64() > later["event_seq_before"].as_i64());
        // … one that reaches back to it does, and is named.
        let back = drawn(&admin, json!({"by": ["road"], "as_of": "2026-07-01"})).await;
        move_to(&app, moved(&d), "建新北路", date(2026, 7, 1)).await;
        let changed = checked(&admin, &back).await;
        assert_eq!((&changed["equal"], &changed["intact"]), (&json!(false), &json!(true)));
        let of = |label: &str, figure: &str| {
            let list = changed["changes"].as_array().unwrap();
            list.iter().find(|c| c["label"] == label && c["figure"] == figure).cloned().unwrap()
        };
        let gone = of("新修路", "total");
        assert_eq!((&gone["before"], &gone["now"], &gone["figure_zh"]), (&json!(1), &json!(0), &json!("窨井盖总数")));
        let more = of("建新北路", "kind_heat");
        assert_eq!(more["now"].as_i64().unwrap(), more["before"].as_i64().unwrap() + 1);
        let list = admin.get(more["query"].as_str().unwrap()).await.ok();
        assert_eq!(list["total"], more["now"]);
        assert!(changed["changes"].as_array().unwrap().iter().all(|c| c["before"] != c["now"]));
    }

    async fn an_edited_record_is_found_out(app: TestApp) {
        enter(&app).await;
        let admin = app.as_admin().await;
        let uid = drawn(&admin, json!({"by": ["kind"]})).await;
        let mut tx = app.db().begin().await.unwrap();
        tx.run(sql!("UPDATE reports SET body = replace(body, '\"kind_gas\":', '\"kind_gas\":1')")).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(checked(&admin, &uid).await["intact"], false);
        // The chain knows the digest that the report was drawn with.
        let (after,): (String,) = app.db()
            .one(sql!("SELECT after FROM events WHERE subject = 'report' AND action = 'drawn'")).await.unwrap();
        let listed = admin.get("/api/v1/reports").await.ok();
        assert!(after.contains(listed["items"][0]["digest"].as_str().unwrap()));
        assert!(verify(app.db(), &[], |_, _| {}).await.unwrap().faults.is_empty());
    }

    async fn the_scope_of_the_maker_is_part_of_the_query(app: TestApp) {
        let d = enter(&app).await;
        let owner = app.login(Role::Owner, Some(d.owner), None).await;
        let uid = drawn(&owner, json!({"by": ["kind"]})).await;
        // Whoever checks it, the same covers are counted.
        let admin = app.as_admin().await;
        assert_eq!(checked(&admin, &uid).await["equal"], true);
        let path = format!("/api/v1/reports/{uid}");
        assert_eq!(owner.get(&path).await.status, 200);
        let other = app.login(Role::Owner, Some(d.branch), None).await;
        for path in [path.clone(), format!("{path}/file?format=csv")] {
            assert_eq!(other.get(&path).await.refusal().0, 404);
        }
        assert_eq!(other.post(&format!("{path}/check"), json!({})).await.refusal().0, 404);
        assert_eq!(other.get("/api/v1/reports").await.ok()["total"], 0);
        assert_eq!(owner.get("/api/v1/reports").await.ok()["total"], 1);
        let inspector = app.login(Role::Inspector, None, Some(d.street)).await;
        assert_eq!(inspector.get("/api/v1/reports").await.refusal().0, 403);
        assert_eq!(app.anonymous().get("/api/v1/reports").await.refusal().0, 401);
    }

    async fn reports_are_listed_page_by_page(app: TestApp) {
        let admin = app.as_admin().await;
        let mut made = vec![];
        for by in ["kind", "road", "street"] {
            made.push(drawn(&admin, json!({"by": [by]})).await);
        }
        let first = admin.get("/api/v1/reports?limit=2").await.ok();
        assert_eq!(first["total"], 3);
        assert_eq!(first["items"][0]["uid"], made[2].as_str());
        assert_eq!(first["items"][1]["query"]["by"], json!(["road"]));
        let next = first["next"].as_str().unwrap();
        let second = admin.get(&format!("/api/v1/reports?limit=2&cursor={next}")).await.ok();
        assert_eq!((&second["items"][0]["uid"], &second["next"]), (&json!(made[0]), &Value::Null));
    }

    async fn the_same_key_draws_one_report(app: TestApp) {
        enter(&app).await;
        let admin = app.as_admin().await;
        let draw = async || {
            let key = Some("report-0001".to_owned());
            admin.send(axum::http::Method::POST, "/api/v1/reports/annex1", Some(json!({"by": ["kind"]})), key).await.ok()
        };
        assert_eq!(draw().await["uid"], draw().await["uid"]);
        assert_eq!(admin.get("/api/v1/reports").await.ok()["total"], 1);
    }
}
