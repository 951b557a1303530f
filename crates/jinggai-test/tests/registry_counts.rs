//! Grouped counts: every figure is the total of the list that its query asks for, in every scope, on both stores.
#![allow(clippy::unwrap_used)]
use jinggai::identity::Role;
use jinggai::registry::NewWell;
use jinggai::registry::ledger::{self, Entry};
use jinggai_db::events::{self, Who};
use jinggai_db::sql;
use jinggai_rules::kinds::{Condition, CoverKind, Lifecycle, Problem};
use jinggai_test::drafts::{owned, well};
use jinggai_test::{Client, Seed, TestApp, on_both_stores};
use serde_json::{Value as Json, json};

/// An area below another, with the closure that the directory keeps.
async fn area(app: &TestApp, code: &str, name: &str, level: &str, above: &[i64]) -> i64 {
    let now = jiff::Timestamp::now();
    let mut tx = app.db().begin().await.unwrap();
    let (id,): (i64,) = tx
        .one(sql!(
            "INSERT INTO areas (uid, code, name, level, parent_id, version, created_at, updated_at) VALUES (?, ?, ?, ?, ?, 1, ?, ?) RETURNING id",
            uuid::Uuid::now_v7(), code, name, level, above.first().copied(), now, now
        ))
        .await
        .unwrap();
    for ancestor in above.iter().copied().chain([id]) {
        tx.run(sql!("INSERT INTO area_closure (ancestor_id, area_id) VALUES (?, ?)", ancestor, id))
            .await
            .unwrap();
    }
    tx.commit().await.unwrap();
    id
}

/// Covers of every state and several kinds: in two communities, in the street and the district themselves, in another
/// street, and nowhere.
async fn district(app: &TestApp) -> Seed {
    let seed = app.seed().await;
    let mut places = vec![Some(seed.street), Some(seed.district), None];
    for (code, name) in [("500105001001", "甲社区"), ("500105001002", "乙社区")] {
        places.push(Some(area(app, code, name, "community", &[seed.street, seed.district]).await));
    }
    places.push(Some(area(app, "500105002", "五里店街道", "street", &[seed.district]).await));
    let problems = [
        None,
        None,
        Some(Problem::Damaged),
        Some(Problem::Missing),
        Some(Problem::Sunk),
        Some(Problem::OverAge),
    ];
    let wells: Vec<NewWell> = (0..48)
        .map(|i| {
            let mut w = well(&format!("A-{i}"), 106.5 + i as f64 * 0.001, 29.6);
            w.area_id = places[i % places.len()];
            w.kind = [CoverKind::Sewage, CoverKind::Storm, CoverKind::Gas][i % 3];
            let cover = &mut w.covers[0];
            cover.kind = w.kind;
            cover.problem = problems[(i / 3) % problems.len()];
            cover.condition = cover.problem.map_or(Condition::Intact, Problem::condition);
            cover.lifecycle = if i % 7 == 0 { Lifecycle::AbandonedPending } else { Lifecycle::InUse };
            match i % 4 {
                0 => owned(w, seed.owner),
                1 => owned(w, seed.department),
                _ => w,
            }
        })
        .collect();
    let mut tx = app.db().begin().await.unwrap();
    let (_, list) = ledger::create(&mut tx, &wells, &Entry::now(30, None)).await.unwrap();
    events::append(&mut tx, &Who::system("test"), list).await.unwrap();
    tx.commit().await.unwrap();
    seed
}

async fn counts(who: &Client, asks: &[&str]) -> Vec<Json> {
    let ask = |a: &&str| format!("ask={}", a.replace('&', "%26").replace('=', "%3D"));
    let query = asks.iter().map(ask).collect::<Vec<_>>().join("&");
    who.get(&format!("/api/v1/covers/counts?{query}")).await.ok()["counts"].as_array().unwrap().clone()
}

async fn listed(who: &Client, query: &Json) -> i64 {
    let query = query.as_str().unwrap();
    who.get(&format!("/api/v1/covers?limit=1&{query}")).await.ok()["total"].as_i64().unwrap()
}

/// Total and groups are those of their lists; gives total and number of groups.
async fn agree(who: &Client, count: &Json) -> (i64, usize) {
    let total = count["total"].as_i64().unwrap();
    assert_eq!(total, listed(who, &count["query"]).await, "{}", count["query"]);
    let groups = count["groups"].as_array().unwrap();
    let mut sum = 0;
    for g in groups {
        assert_eq!(g["total"], listed(who, &g["query"]).await, "{g}");
        sum += g["total"].as_i64().unwrap();
    }
    if !groups.is_empty() {
        assert_eq!(sum, total, "every cover stands in one group: {count}");
    }
    (total, groups.len())
}

const ASKS: [&str; 14] = [
    "",
    "state=missing",
    "state=damaged,sunk,loose",
    "in_use=true&owner_confirmed=false",
    "as_of=2030-01-01&over_age=true",
    "by=state",
    "by=kind,state",
    "by=owner,kind&state=ok,damaged",
    "by=street,state",
    "by=community,state",
    "by=district",
    "by=community&area=500105001",
    "by=street&area=500105001001,500105002,none",
    "by=street,owner&kind=gas&owner=test-owner,none",
];

on_both_stores! {
    async fn every_figure_is_the_total_of_its_list_in_every_scope(app: TestApp) {
        let seed = district(&app).await;
        let readers = [
            ("all", app.as_admin().await, 48),
            ("owner", app.login(Role::Owner, Some(seed.owner), None).await, 12),
            ("street", app.login(Role::Street, None, Some(seed.street)).await, 24),
            ("nothing", app.login(Role::Owner, None, None).await, 0),
        ];
        for (name, who, total) in &readers {
            if *total == 0 {
                assert_eq!(who.get("/api/v1/covers/counts?ask=").await.status, 403, "{name}");
                continue;
            }
            let found = counts(who, &ASKS).await;
            assert_eq!(found.len(), ASKS.len());
            assert_eq!(found[0]["total"], *total, "{name}");
            for count in &found {
                agree(who, count).await;
            }
        }
        let all = counts(&readers[0].1, &ASKS).await;
        assert!(all[0]["groups"].as_array().unwrap().is_empty());
        assert_eq!(agree(&readers[0].1, &all[5]).await.1, 5, "every state that there is");
        // A street stands for its communities; what lies above it stands by itself, and so does what lies nowhere.
        let streets = counts(&readers[0].1, &["by=street"]).await.remove(0);
        let rows: Vec<(Json, Json, i64)> = streets["groups"].as_array().unwrap().iter()
            .map(|g| (g["values"][0].clone(), g["names"][0].clone(), g["total"].as_i64().unwrap())).collect();
        assert_eq!(rows, [
            (Json::Null, Json::Null, 8),
            (json!("500105001"), json!("华新街街道"), 24),
            (json!("500105002"), json!("五里店街道"), 8),
            (json!("=500105"), json!("江北区"), 8),
        ]);
    }

    async fn a_street_that_was_merged_counts_where_it_went(app: TestApp) {
        district(&app).await;
        let admin = app.as_admin().await;
        let mut tx = app.db().begin().await.unwrap();
        tx.run(sql!("UPDATE areas SET valid_to = ? WHERE code = '500105002'", jiff::civil::date(2026, 1, 1))).await.unwrap();
        tx.run(sql!("INSERT INTO area_closure (ancestor_id, area_id) SELECT n.id, o.id FROM areas n, areas o WHERE n.code = '500105001' AND o.code = '500105002'")).await.unwrap();
        tx.commit().await.unwrap();
        let found = counts(&admin, &["by=street", "by=street,kind&area=500105001"]).await;
        for count in &found {
            agree(&admin, count).await;
        }
        let new = found[0]["groups"].as_array().unwrap().iter().find(|g| g["values"][0] == "500105001").unwrap();
        assert_eq!(new["total"], 32);
    }

    async fn what_is_wrong_is_named_with_its_question(app: TestApp) {
        let admin = app.as_admin().await;
        for (query, field) in [
            ("", "ask"),
            ("ask=by%3Dcolour", "ask[1].by"),
            ("ask=&ask=by%3Dkind%2Cstate%2Cowner", "ask[2].by"),
            ("ask=by%3Dkind%2Ckind", "ask[1].by"),
            ("ask=by%3Dstreet%2Cdistrict", "ask[1].by"),
            ("ask=kind%3Dsewer", "ask[1].kind"),
            ("ask=limit%3D1", "ask[1].limit"),
            ("kind=gas", "kind"),
        ] {
            let reply = admin.get(&format!("/api/v1/covers/counts?{query}")).await;
            assert_eq!(reply.refusal(), (422, "filter.invalid".into()), "{query}");
            assert_eq!(reply.json()["fields"][0]["field"], field, "{query} {}", reply.text());
        }
        let many = vec!["ask="; 41].join("&");
        assert_eq!(admin.get(&format!("/api/v1/covers/counts?{many}")).await.status, 422);
    }
}
