//! 附件1: every figure opens exactly its covers, for everybody, by every grouping, as of any day, by either division.
#![allow(clippy::unwrap_used)]
mod annex_district;

use annex_district::{COVERS, ENTERED, MERGED, enter, move_to};
use jiff::civil::date;
use jinggai::identity::policy::Bound;
use jinggai::identity::{Role, Scope};
use jinggai::registry::{CoverFilter, FilterContext};
use jinggai::statistics::annex1::{self, figure_filter};
use jinggai::statistics::{Annex, AnnexQuery, Dimension, templates};
use jinggai_rules::annex1::{Figure, figure_keys};
use jinggai_rules::kinds::Lifecycle;
use jinggai_test::{Client, Store, TestApp, on_both_stores};
use serde_json::{Value, json};

async fn draw(app: &TestApp, query: AnnexQuery, scope: &Scope) -> Annex {
    let mut tx = app.db().snapshot().await.unwrap();
    let template = templates::current(&mut tx, "annex1", date(2026, 11, 24)).await.unwrap();
    annex1::draw(&mut tx, query, template, scope).await.unwrap()
}

fn by(list: &[Dimension]) -> AnnexQuery {
    AnnexQuery { by: list.to_vec(), ..AnnexQuery::new(date(2026, 11, 24)) }
}

/// Counts the covers of every figure of every row by its query, and compares. Gives how many figures were above zero.
async fn agree(app: &TestApp, annex: &Annex, scope: &Scope) -> usize {
    let mut tx = app.db().snapshot().await.unwrap();
    let cx = FilterContext::load(&mut tx).await.unwrap();
    let mut above = 0;
    for row in annex.rows.iter().chain([&annex.total]) {
        for key in figure_keys() {
            let figure = row.cells.figure(&key);
            let Some(filter) = figure_filter(&row.filter, &key) else {
                assert_eq!(figure, 0, "{} {key} has no query", row.key);
                continue;
            };
            // Through the text, as a reader of the link would.
            let filter = CoverFilter::from_query(&filter.query()).unwrap();
            let (n,): (i64,) = tx.one(filter.select("count(*)", "", scope, &cx)).await.unwrap();
            assert_eq!(n, figure, "{} {key}: {}", row.key, filter.query());
            above += usize::from(figure > 0);
        }
    }
    above
}

/// Opens every figure of a drawn report over HTTP.
async fn open_all(client: &Client, report: &Value) -> usize {
    let rows = report["rows"].as_array().unwrap();
    let mut opened = 0;
    for row in rows.iter().chain([&report["total"]]) {
        for (key, query) in row["queries"].as_object().unwrap() {
            let figure = row["figures"].get(key).or_else(|| row.get(key)).unwrap();
            let Some(query) = query.as_str() else {
                assert_eq!(figure, 0, "{} {key}", row["key"]);
                continue;
            };
            let list = client.get(&format!("{query}&limit=1")).await.ok();
            assert_eq!(list["total"], *figure, "{} {key}: {query}", row["key"]);
            opened += 1;
        }
    }
    opened
}

on_both_stores! {
    async fn every_figure_is_above_zero_and_opens_its_covers(app: TestApp) {
        enter(&app).await;
        let admin = app.as_admin().await;
        let report = admin.post("/api/v1/reports/annex1", json!({"as_of": "2026-11-24"})).await.ok();
        for figure in Figure::ALL {
            assert!(report["total"]["figures"][figure.code()].as_i64().unwrap() > 0, "{figure}");
        }
        assert_eq!(report["total"]["by_kind"].as_object().unwrap().len(), 20);
        for (kind, n) in report["total"]["by_kind"].as_object().unwrap() {
            assert!(n.as_i64().unwrap() > 0, "{kind}");
        }
        let opened = open_all(&admin, &report).await;
        assert!(opened > 400, "{opened}");
    }

    async fn whoever_sees_less_counts_less_and_opens_the_same(app: TestApp) {
        let d = enter(&app).await;
        let whole = app.as_admin().await.post("/api/v1/reports/annex1", json!({})).await.ok();
        let body = json!({"by": ["owner", "kind"], "as_of": "2026-11-24"});
        let owner = app.login(Role::Owner, Some(d.owner), None).await;
        let mine = owner.post("/api/v1/reports/annex1", body.clone()).await.ok();
        let street = app.login(Role::Street, None, Some(d.street)).await;
        let theirs = street.post("/api/v1/reports/annex1", json!({"by": ["unit"]})).await.ok();
        let total = |r: &Value| r["total"]["total"].as_i64().unwrap();
        assert!(0 < total(&mine) && total(&mine) < total(&whole), "{} {}", total(&mine), total(&whole));
        assert!(0 < total(&theirs) && total(&theirs) < total(&whole));
        assert!(open_all(&owner, &mine).await > 400);
        assert!(open_all(&street, &theirs).await > 30);
        // A branch sees its own covers only, and the parent's row is not among its rows.
        let branch = app.login(Role::Owner, Some(d.branch), None).await;
        let branch = branch.post("/api/v1/reports/annex1", body).await.ok();
        assert!(total(&branch) < total(&mine));
        let inspector = app.login(Role::Inspector, None, Some(d.street)).await;
        assert_eq!(inspector.post("/api/v1/reports/annex1", json!({})).await.refusal().0, 403);
    }

    async fn every_grouping_agrees_with_its_lists(app: TestApp) {
        let d = enter(&app).await;
        let owner = Scope::Bounds(vec![Bound { unit_id: Some(d.owner), area_id: None }]);
        for scope in [Scope::Everything, owner] {
            for one in Dimension::ALL {
                let annex = draw(&app, by(&[one]), &scope).await;
                assert!(agree(&app, &annex, &scope).await > 50, "{}", one.code());
                assert_eq!(annex.findings().iter().filter(|f| f.check != "labelled").count(), 0);
            }
        }
        use Dimension as D;
        for two in [[D::Street, D::Road], [D::District, D::Street], [D::Owner, D::Community], [D::Kind, D::RoadManager],
                    [D::Supervisor, D::Maintainer]] {
            let annex = draw(&app, by(&two), &Scope::Everything).await;
            assert!(agree(&app, &annex, &Scope::Everything).await > 60, "{two:?}");
        }
    }

    async fn filters_and_groupings_cut_each_other_exactly(app: TestApp) {
        enter(&app).await;
        for text in ["area=500105", "area=500105001001", "area=500157&labelled=true", "area==500105", "kind=gas,storm&unit=psgs",
                     "owner=psgs", "state=damaged,ok", "owner_confirmed=false", "road=", "area=500112,none", "lifecycle=planned,filled"] {
            for dims in [vec![Dimension::Street], vec![Dimension::District, Dimension::Owner], vec![Dimension::Kind]] {
                let query = AnnexQuery {
                    filter: CoverFilter::from_query(text).unwrap(), include_demo: true, ..by(&dims)
                };
                let annex = draw(&app, query, &Scope::Everything).await;
                assert!(annex.total.cells.figure("total") > 0, "{text}");
                agree(&app, &annex, &Scope::Everything).await;
            }
        }
    }

    async fn either_division_counts_every_cover_once(app: TestApp) {
        enter(&app).await;
        let table = async |as_of, division| {
            let query = AnnexQuery { as_of, division, by: vec![Dimension::District], ..AnnexQuery::new(as_of) };
            let annex = draw(&app, query, &Scope::Everything).await;
            agree(&app, &annex, &Scope::Everything).await;
            annex.rows.iter().map(|r| (r.key.clone(), r.cells.label.clone(), r.cells.figure("total"))).collect::<Vec<_>>()
        };
        let old = table(date(2025, 11, 5), date(2025, 11, 5)).await;
        let new = table(MERGED, MERGED).await;
        let names = |t: &[(String, String, i64)]| t.iter().map(|r| r.1.clone()).collect::<Vec<_>>();
        assert_eq!(names(&old), ["江北区", "渝北区", "未登记区"]);
        assert_eq!(names(&new), ["两江新区", "未登记区"]);
        assert_eq!(new[0].0, "district:500157");
        assert_eq!(new[0].2, old[0].2 + old[1].2);
        assert_eq!(new[1].2, old[2].2);
        // The same day by the other division: only the names of the districts change.
        let mixed = table(date(2026, 11, 24), date(2025, 1, 1)).await;
        assert_eq!(names(&mixed), names(&old));
        // Old numbers stay valid in filters.
        let within = AnnexQuery { filter: CoverFilter::from_query("area=500105").unwrap(), ..by(&[Dimension::Street]) };
        let annex = draw(&app, within, &Scope::Everything).await;
        assert_eq!(annex.total.cells.figure("total"), old[0].2);
        let labels: Vec<&str> = annex.rows.iter().map(|r| r.cells.label.as_str()).collect();
        assert_eq!(labels, ["华新街街道", "江北区（未分到街镇）"]);
    }

    async fn a_past_day_shows_the_ledger_of_that_day(app: TestApp) {
        let d = enter(&app).await;
        // 6 has a road of its own kind, is in use and no demo record.
        move_to(&app, &d.wells[6], "新修路", date(2026, 5, 1)).await;
        let roads = async |as_of| {
            let query = AnnexQuery { as_of, ..by(&[Dimension::Road]) };
            let annex = draw(&app, query, &Scope::Everything).await;
            agree(&app, &annex, &Scope::Everything).await;
            annex.rows.iter().map(|r| (r.cells.label.clone(), r.cells.figure("total"))).collect::<Vec<_>>()
        };
        let before = roads(date(2026, 4, 30)).await;
        let after = roads(date(2026, 5, 1)).await;
        assert_eq!(before.len(), 4);
        assert_eq!(after.len(), 5);
        assert_eq!(after.iter().find(|r| r.0 == "新修路").unwrap().1, 1);
        let sum = |t: &[(String, i64)]| t.iter().map(|r| r.1).sum::<i64>();
        assert_eq!(sum(&before), sum(&after));
        assert_eq!(roads(date(2025, 2, 28)).await, []);
        // Ages are judged on the day: what expires in 2026-06 is not over age before.
        let aged = async |as_of| {
            draw(&app, AnnexQuery { as_of, ..by(&[Dimension::Kind]) }, &Scope::Everything).await.total.cells.figure("over_age")
        };
        assert!(aged(ENTERED).await < aged(date(2026, 6, 2)).await);
        assert_eq!(aged(date(2026, 6, 1)).await, aged(ENTERED).await);
    }

    async fn only_covers_in_the_street_count_and_no_demo(app: TestApp) {
        enter(&app).await;
        let annex = draw(&app, by(&[Dimension::Kind]), &Scope::Everything).await;
        let counted = (0..COVERS).filter(|i| !matches!(i % 11, 0 | 3) && i % 17 != 16).count();
        assert_eq!(annex.total.cells.figure("total"), counted as i64);
        let demo = (0..COVERS).filter(|i| !matches!(i % 11, 0 | 3) && i % 17 == 16).count();
        assert_eq!(annex.notes, [format!("另有演示数据 {demo} 个井盖未计入")]);
        let all = AnnexQuery { include_demo: true, ..by(&[Dimension::Kind]) };
        let all = draw(&app, all, &Scope::Everything).await;
        assert_eq!(all.total.cells.figure("total"), (counted + demo) as i64);
        assert!(all.notes.is_empty());
    }

    async fn broken_relations_are_named_with_row_and_difference(app: TestApp) {
        enter(&app).await;
        // Plates without a number, so without a complete file: 已设标识数 is above 已建档数 on some roads.
        let admin = app.as_admin().await;
        let report = admin.post("/api/v1/reports/annex1", json!({"by": ["road", "kind"]})).await.ok();
        let checks = report["checks"].as_array().unwrap();
        let found = checks.iter().find(|c| c["check"] == "labelled").unwrap();
        let row = report["rows"].as_array().unwrap().iter().find(|r| r["label"] == found["row"]).unwrap();
        assert_eq!(found["left"], row["labelled"]);
        assert_eq!(found["right"], row["archived"]);
        assert!(found["difference"].as_i64().unwrap() > 0);
        let said = found["message_zh"].as_str().unwrap();
        assert!(said.contains(row["label"].as_str().unwrap()) && said.contains("相差"), "{said}");
    }

    async fn the_usual_groupings_need_no_sorting(app: TestApp) {
        if app.store == Store::Postgres {
            // Its plan depends on statistics, and it groups by hashing.
            return;
        }
        let mut tx = app.db().snapshot().await.unwrap();
        let cx = FilterContext::load(&mut tx).await.unwrap();
        for (dims, index) in [
            (vec![Dimension::Unit, Dimension::Road], "cover_facts_territorial"),
            (vec![Dimension::Street], "cover_facts_area"),
            (vec![Dimension::Owner], "cover_facts_owner"),
        ] {
            let query = by(&dims);
            let base = query.base(&[Lifecycle::InUse]);
            let mut q = annex1::statement(&dims, &base, &Scope::Everything, &cx);
            q.text.insert_str(0, "EXPLAIN QUERY PLAN ");
            let plan: Vec<(i64, i64, i64, String)> = tx.all(q).await.unwrap();
            let said: Vec<String> = plan.into_iter().map(|p| p.3).collect();
            assert_eq!(said, [format!("SCAN f USING INDEX {index}")]);
        }
    }

    async fn what_cannot_be_asked_is_refused_by_name(app: TestApp) {
        let admin = app.as_admin().await;
        let refused = async |body: Value| {
            let reply = admin.post("/api/v1/reports/annex1", body).await;
            assert_eq!(reply.status, 422, "{}", reply.text());
            reply.text()
        };
        assert!(refused(json!({"by": ["road", "road"]})).await.contains("report.by"));
        assert!(refused(json!({"by": []})).await.contains("report.by"));
        assert!(refused(json!({"by": ["stret"]})).await.contains("street"));
        assert!(refused(json!({"aera": "500105"})).await.contains("aera"));
        assert!(refused(json!({"as_of": "24.11.2026"})).await.contains("as_of"));
    }
}
