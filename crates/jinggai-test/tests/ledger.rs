//! Entering wells: facts agree with the base tables, numbers are never given twice, ownerless wells are queued.
#![allow(clippy::unwrap_used)]
use jinggai::registry::ledger::{self, Entry};
use jinggai::registry::{NewWell, facts};
use jinggai_db::events::{self, Who};
use jinggai_db::sql;
use jinggai_test::drafts::{owned, well};
use jinggai_test::{TestApp, on_both_stores};

async fn enter(app: &TestApp, wells: &[NewWell]) -> jinggai::error::Result<Vec<ledger::Created>> {
    let mut tx = app.db().begin().await?;
    let (created, events) = ledger::create(&mut tx, wells, &Entry::now(30, None)).await?;
    events::append(&mut tx, &Who::system("test"), events).await?;
    tx.commit().await?;
    Ok(created)
}

on_both_stores! {
    async fn facts_of_a_draft_are_what_the_tables_say(app: TestApp) {
        let seed = app.seed().await;
        let mut a = owned(well("A-1", 106.57, 29.60), seed.owner);
        a.area_id = Some(seed.street);
        a.covers[0].label = Some("A-1".into());
        enter(&app, &[a, well("A-2", 106.58, 29.61)]).await.unwrap();
        let before: Vec<(i64, i64)> = app.db().all(sql!("SELECT id, cover_id FROM cover_facts ORDER BY id")).await.unwrap();
        let ids: Vec<i64> = app.db().all(sql!("SELECT id FROM wells")).await.unwrap().into_iter().map(|(i,): (i64,)| i).collect();
        let mut tx = app.db().begin().await.unwrap();
        facts::refresh(&mut tx, &ids, jinggai::clock::today()).await.unwrap();
        tx.commit().await.unwrap();
        let after: Vec<(i64, i64)> = app.db().all(sql!("SELECT id, cover_id FROM cover_facts ORDER BY id")).await.unwrap();
        assert_eq!(before, after, "nothing changed, so no row may be replaced");
        let archived: Vec<(bool, bool, bool)> = app.db()
            .all(sql!("SELECT archived, labelled, owner_confirmed FROM cover_facts ORDER BY cover_id")).await.unwrap();
        assert_eq!(archived, vec![(true, true, true), (false, false, false)]);
    }

    async fn a_later_day_closes_the_facts_of_the_earlier(app: TestApp) {
        let created = enter(&app, &[well("A-1", 106.57, 29.60)]).await.unwrap();
        let today = jinggai::clock::today();
        let mut tx = app.db().begin().await.unwrap();
        tx.run(sql!("UPDATE wells SET road = '北滨一路' WHERE id = ?", created[0].well_id)).await.unwrap();
        facts::refresh(&mut tx, &[created[0].well_id], today.tomorrow().unwrap()).await.unwrap();
        let rows: Vec<(Option<String>, jiff::civil::Date, Option<jiff::civil::Date>)> =
            tx.all(sql!("SELECT road, from_day, to_day FROM cover_facts ORDER BY from_day")).await.unwrap();
        let next = today.tomorrow().unwrap();
        assert_eq!(rows, vec![(Some("建新北路".into()), today, Some(next)), (Some("北滨一路".into()), next, None)]);
    }

    async fn a_number_is_never_given_twice(app: TestApp) {
        enter(&app, &[well("A-1", 106.57, 29.60)]).await.unwrap();
        let e = enter(&app, &[well("A-1", 106.58, 29.60)]).await.unwrap_err();
        assert_eq!(e.code(), "code.taken");
        let (n,): (i64,) = app.db().one(sql!("SELECT count(*) FROM wells")).await.unwrap();
        assert_eq!(n, 1, "nothing of the refused batch is kept");
    }

    async fn a_well_without_owner_stands_in_the_queue(app: TestApp) {
        let seed = app.seed().await;
        enter(&app, &[owned(well("A-1", 106.57, 29.60), seed.owner), well("A-2", 106.58, 29.6)]).await.unwrap();
        let due: Vec<(i64, jiff::civil::Date)> =
            app.db().all(sql!("SELECT well_id, due_on FROM ownership_queue")).await.unwrap();
        assert_eq!(due.len(), 1);
        assert_eq!(due[0].1, jinggai::clock::today().checked_add(jiff::Span::new().days(30)).unwrap());
    }

    async fn the_point_is_found_by_its_box(app: TestApp) {
        enter(&app, &[well("A-1", 106.57, 29.60), well("A-2", 106.67, 29.60)]).await.unwrap();
        let mut q = sql!("SELECT w.id, w.geom FROM wells w WHERE 1 = 1");
        q.and_within(app.db().dialect(), "wells", "w", Some(jinggai_geo::Bbox { w: 106.56, s: 29.59, e: 106.58, n: 29.61 }));
        let rows: Vec<(i64, jinggai_geo::Point)> = app.db().all(q).await.unwrap();
        assert_eq!(rows.len(), 1);
        assert_eq!((rows[0].1.lng, rows[0].1.lat), (106.57, 29.60));
    }
}
