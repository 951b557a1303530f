//! What goes after a while, and the anchors of the chain.
#![allow(clippy::unwrap_used)]
use jinggai::{anchors, housekeeping};
use jinggai_db::events::{self, Event, FaultKind, Who};
use jinggai_db::sql;
use jinggai_test::{TestApp, on_both_stores};

async fn happen(app: &TestApp) {
    let mut tx = app.db().begin().await.unwrap();
    let e = Event {
        subject: "test",
        subject_uid: uuid::Uuid::now_v7(),
        well_id: None,
        action: "happened",
        before: None,
        after: None,
        reason: None,
    };
    events::append(&mut tx, &Who::system("test"), vec![e]).await.unwrap();
    tx.commit().await.unwrap();
}

on_both_stores! {
    async fn the_chain_is_anchored_once_a_day_and_verified_against_it(app: TestApp) {
        housekeeping::run(&app.app).await.unwrap();
        assert!(anchors::read(app.dir()).unwrap().is_empty(), "nothing has happened yet");
        happen(&app).await;
        housekeeping::run(&app.app).await.unwrap();
        happen(&app).await;
        housekeeping::run(&app.app).await.unwrap();
        let noted = anchors::read(app.dir()).unwrap();
        assert_eq!(noted.iter().map(|a| a.seq).collect::<Vec<_>>(), vec![1]);
        assert!(events::verify(app.db(), &noted, |_, _| {}).await.unwrap().faults.is_empty());
        let mut forged = noted.clone();
        forged[0].hash = "0".repeat(64);
        let faults = events::verify(app.db(), &forged, |_, _| {}).await.unwrap().faults;
        assert_eq!(faults[0].kind, FaultKind::Head);
    }

    async fn old_keys_go_and_young_ones_stay(app: TestApp) {
        let mut tx = app.db().begin().await.unwrap();
        let now = jiff::Timestamp::now();
        for (key, age) in [("old-key-1", 24 * 61), ("young-key", 24 * 59)] {
            let at = now - jiff::SignedDuration::from_hours(age);
            tx.run(sql!("INSERT INTO idempotency (actor, key, request, created_at) VALUES ('a', ?, 'r', ?)", key, at)).await.unwrap();
        }
        tx.commit().await.unwrap();
        housekeeping::run(&app.app).await.unwrap();
        let left: Vec<(String,)> = app.db().all(sql!("SELECT key FROM idempotency")).await.unwrap();
        assert_eq!(left, vec![("young-key".to_owned(),)]);
    }
}
