//! The cover filter: every condition counts the same on both stores, now and as of a past day, within a scope.
#![allow(clippy::unwrap_used)]
use jiff::civil::date;
use jinggai::identity::{Actor, Grant, Permission, Role, Scope};
use jinggai::registry::ledger::{self, Entry};
use jinggai::registry::{CoverFilter, FilterContext, NewWell, facts};
use jinggai_db::events::{self, Who};
use jinggai_db::sql;
use jinggai_rules::kinds::{Condition, CoverKind, Lifecycle, LoadClass, Material, Place, Problem};
use jinggai_test::drafts::{owned, well};
use jinggai_test::{Seed, TestApp, on_both_stores};

async fn enter(app: &TestApp, wells: &[NewWell], entry: &Entry) -> Vec<ledger::Created> {
    let mut tx = app.db().begin().await.unwrap();
    let (created, list) = ledger::create(&mut tx, wells, entry).await.unwrap();
    events::append(&mut tx, &Who::system("test"), list).await.unwrap();
    tx.commit().await.unwrap();
    created
}

async fn codes(app: &TestApp, query: &str, scope: &Scope) -> Vec<String> {
    let mut tx = app.db().begin().await.unwrap();
    let cx = FilterContext::load(&mut tx).await.unwrap();
    let mut q = CoverFilter::from_query(query).unwrap().select("f.code", "", scope, &cx);
    q.push(" ORDER BY f.cover_id", []);
    let rows: Vec<(String,)> = tx.all(q).await.unwrap_or_else(|e| panic!("{query}: {e}"));
    rows.into_iter().map(|(c,)| c).collect()
}

/// A: owned, D400 ductile iron on a carriageway of 建新北路. B: ownerless concrete, damaged, low-lying.
/// C: a gas cover far away, over age, to be filled.
fn district(seed: Seed) -> [NewWell; 3] {
    let mut a = owned(well("A-1", 106.57, 29.60), seed.owner);
    a.area_id = Some(seed.street);
    a.place = Some(Place::Carriageway);
    a.crowded = true;
    a.covers[0].material = Some(Material::DuctileIron);
    a.covers[0].load_class = Some(LoadClass::D400);
    a.covers[0].label = Some("牌0001".into());
    a.covers[0].has_sensor = true;
    let mut b = well("B-1", 106.5701, 29.60);
    b.area_id = Some(seed.district);
    b.low_lying = true;
    b.demo = true;
    b.covers[0].material = Some(Material::Concrete);
    b.covers[0].problem = Some(Problem::Loose);
    b.covers[0].condition = Condition::Damaged;
    let mut c = well("C-1", 106.60, 29.65);
    c.road = None;
    c.kind = CoverKind::Gas;
    c.covers[0].kind = CoverKind::Gas;
    c.covers[0].lifecycle = Lifecycle::AbandonedPending;
    c.covers[0].expires_on = Some(date(2020, 1, 1));
    [a, b, c]
}

on_both_stores! {
    async fn every_condition_finds_its_covers(app: TestApp) {
        let seed = app.seed().await;
        let created = enter(&app, &district(seed), &Entry::now(30, None)).await;
        let mut tx = app.db().begin().await.unwrap();
        tx.run(sql!(
            "INSERT INTO source_records (source, key, cover_id, row_digest) VALUES ('普查', '7', ?, ?)",
            created[2].cover_ids[0], vec![0u8]
        )).await.unwrap();
        tx.commit().await.unwrap();
        let check = async |query: &str, want: &[&str]| {
            assert_eq!(codes(&app, query, &Scope::Everything).await, want, "{query}");
        };
        check("", &["A-1", "B-1", "C-1"]).await;
        check("kind=sewage", &["A-1", "B-1"]).await;
        check("kind=gas,sewage", &["A-1", "B-1", "C-1"]).await;
        check("lifecycle=abandoned_pending", &["C-1"]).await;
        check("condition=damaged", &["B-1"]).await;
        check("problem=loose", &["B-1"]).await;
        check("problem=none", &["A-1", "C-1"]).await;
        check("place=carriageway", &["A-1"]).await;
        check("place=none", &["B-1", "C-1"]).await;
        check("material=concrete,none", &["B-1", "C-1"]).await;
        check("load_class=d400", &["A-1"]).await;
        check("area=500105", &["A-1", "B-1"]).await;
        check("area=500105001", &["A-1"]).await;
        check("area=none", &["C-1"]).await;
        check("area=999999", &[]).await;
        check("road=建新北路", &["A-1", "B-1"]).await;
        check("road=", &["C-1"]).await;
        check("owner=test-owner", &["A-1"]).await;
        check("owner=none", &["B-1", "C-1"]).await;
        check("unit=test-owner", &["A-1"]).await;
        check("unit=test-department", &[]).await;
        check("unit=none&area=500105", &["B-1"]).await;
        check("owner_known=true", &["A-1"]).await;
        check("ownerless=true", &["B-1", "C-1"]).await;
        check("owner_confirmed=false", &["B-1", "C-1"]).await;
        check("labelled=true", &["A-1"]).await;
        check("coded=false", &[]).await;
        check("archived=true", &["A-1"]).await;
        check("low_lying=true&guarded=false", &["B-1"]).await;
        check("sensor=true", &["A-1"]).await;
        check("crowded=false", &["B-1", "C-1"]).await;
        check("demo=true", &["B-1"]).await;
        check("state=ok", &["A-1"]).await;
        check("state=loose", &["B-1"]).await;
        check("state=abandoned,loose", &["B-1", "C-1"]).await;
        check("state=damaged", &[]).await;
        check("in_use=true", &["A-1", "B-1", "C-1"]).await;
        check("in_use=false", &[]).await;
        check("over_age=true", &["C-1"]).await;
        check("over_age=false", &["A-1", "B-1"]).await;
        check("outdated=true", &["B-1"]).await;
        check("outdated=false", &["A-1", "C-1"]).await;
        check("bbox=106.5,29.5,106.57,29.61", &["A-1"]).await;
        check("bbox=106.5,29.5,106.58,29.61", &["A-1", "B-1"]).await;
        check("near=106.57,29.60,9", &["A-1"]).await;
        check("near=106.57,29.60,10", &["A-1", "B-1"]).await;
        check("q=建新", &["A-1", "B-1"]).await;
        check("q=b-1", &["B-1"]).await;
        check("q=牌0001", &["A-1"]).await;
        check("q=…", &[]).await;
        check("source=普查", &["C-1"]).await;
        check("kind=sewage&area=500105&labelled=false&q=建新北路", &["B-1"]).await;
    }

    async fn a_past_day_shows_what_the_ledger_said_then(app: TestApp) {
        let seed = app.seed().await;
        let entry = Entry { today: date(2026, 3, 1), ..Entry::now(30, None) };
        let created = enter(&app, &district(seed), &entry).await;
        let mut tx = app.db().begin().await.unwrap();
        tx.run(sql!("UPDATE wells SET road = '北滨一路' WHERE id = ?", created[0].well_id)).await.unwrap();
        facts::refresh(&mut tx, &[created[0].well_id], date(2026, 4, 1)).await.unwrap();
        tx.commit().await.unwrap();
        let check = async |query: &str, want: &[&str]| {
            assert_eq!(codes(&app, query, &Scope::Everything).await, want, "{query}");
        };
        check("road=建新北路", &["B-1"]).await;
        check("road=建新北路&as_of=2026-03-31", &["A-1", "B-1"]).await;
        check("road=北滨一路&as_of=2026-03-31", &[]).await;
        check("road=北滨一路&as_of=2026-04-01", &["A-1"]).await;
        check("as_of=2026-02-28", &[]).await;
        check("over_age=true&as_of=2026-03-01", &["C-1"]).await;
    }

    async fn a_scope_narrows_every_filter(app: TestApp) {
        let seed = app.seed().await;
        enter(&app, &district(seed), &Entry::now(30, None)).await;
        let mut actor = Actor::command_line();
        actor.grants = vec![Grant { role: Role::Owner, unit_id: Some(seed.owner), area_id: None }];
        let owner = actor.scope(Permission::RegistryRead);
        assert_eq!(codes(&app, "", &owner).await, ["A-1"]);
        assert_eq!(codes(&app, "owner=none", &owner).await, Vec::<String>::new());
        actor.grants = vec![Grant { role: Role::Street, unit_id: None, area_id: Some(seed.district) }];
        let street = actor.scope(Permission::RegistryRead);
        assert_eq!(codes(&app, "kind=sewage,gas", &street).await, ["A-1", "B-1"]);
        assert_eq!(codes(&app, "", &Scope::Nothing).await, Vec::<String>::new());
    }
}
