//! The ground: statements fit both stores, the event chain finds tampering, jobs and ids behave the same.
#![allow(clippy::unwrap_used)]
use jinggai_db::events::{self, Event, FaultKind, Who};
use jinggai_db::{jobs, migrate, sql};
use jinggai_test::{TestApp, on_both_stores};
use uuid::Uuid;

fn event(action: &'static str, n: i64) -> Event {
    Event {
        subject: "test",
        subject_uid: Uuid::from_u128(n as u128),
        well_id: None,
        action,
        before: None,
        after: Some(serde_json::json!({"z": n, "a": "井盖", "n": null})),
        reason: Some("因为".into()),
    }
}

async fn append(app: &TestApp, n: i64) {
    let mut tx = app.db().begin().await.unwrap();
    let events = (1..=n).map(|i| event("happened", i)).collect();
    events::append(&mut tx, &Who::system("test"), events).await.unwrap();
    tx.commit().await.unwrap();
}

async fn faults(app: &TestApp) -> Vec<(FaultKind, i64, i64)> {
    let v = events::verify(app.db(), &[], |_, _| {}).await.unwrap();
    v.faults.into_iter().map(|f| (f.kind, f.seq, f.to_seq)).collect()
}

/// What somebody with the database's own password can do: switch the guard off.
async fn tamper(app: &TestApp, statement: &str) {
    let guard = match app.store {
        jinggai_test::Store::Sqlite => "DROP TRIGGER events_no_update; DROP TRIGGER events_no_delete;",
        jinggai_test::Store::Postgres => "DROP TRIGGER events_no_change ON events;",
    };
    app.db().script(&format!("{guard} {statement}")).await.unwrap();
}

on_both_stores! {
    async fn an_untouched_chain_holds(app: TestApp) {
        append(&app, 3).await;
        append(&app, 2).await;
        assert_eq!(faults(&app).await, vec![]);
    }

    async fn the_log_refuses_to_be_changed(app: TestApp) {
        append(&app, 1).await;
        let e = app.db().script("UPDATE events SET actor = 'x'").await.unwrap_err();
        assert!(e.to_string().contains("append-only"), "{e}");
        assert!(app.db().script("DELETE FROM events").await.is_err());
    }

    async fn an_edited_row_is_named(app: TestApp) {
        append(&app, 5).await;
        tamper(&app, "UPDATE events SET after = '{}' WHERE seq = 3").await;
        assert_eq!(faults(&app).await, vec![(FaultKind::Edited, 3, 3)]);
    }

    async fn a_removed_row_is_named(app: TestApp) {
        append(&app, 5).await;
        tamper(&app, "DELETE FROM events WHERE seq IN (2, 3)").await;
        assert_eq!(faults(&app).await, vec![(FaultKind::Removed, 2, 3)]);
    }

    async fn a_removed_tail_is_named(app: TestApp) {
        append(&app, 5).await;
        tamper(&app, "DELETE FROM events WHERE seq > 3").await;
        assert_eq!(faults(&app).await, vec![(FaultKind::Removed, 4, 5)]);
    }

    async fn an_inserted_row_is_named(app: TestApp) {
        append(&app, 3).await;
        tamper(&app, "INSERT INTO events (seq, uid, at, actor, role, origin, subject, subject_uid, action, prev, hash) SELECT 4, uid, at, actor, role, origin, subject, subject_uid, action, hash, hash FROM events WHERE seq = 3").await;
        let found = faults(&app).await;
        assert!(found.contains(&(FaultKind::Inserted, 4, 4)), "{found:?}");
    }

    async fn a_rewritten_chain_fails_at_its_anchor(app: TestApp) {
        append(&app, 2).await;
        let before = events::verify(app.db(), &[], |_, _| {}).await.unwrap().head;
        let other = events::Anchor { seq: 2, hash: "00".repeat(32) };
        let v = events::verify(app.db(), &[before, other], |_, _| {}).await.unwrap();
        assert_eq!(v.faults.iter().map(|f| (f.kind, f.seq)).collect::<Vec<_>>(), vec![(FaultKind::Head, 2)]);
    }

    async fn a_chain_cut_back_to_fit_fails_at_its_anchor(app: TestApp) {
        append(&app, 5).await;
        let anchor = events::verify(app.db(), &[], |_, _| {}).await.unwrap().head;
        tamper(&app, "DELETE FROM events WHERE seq > 3; UPDATE event_head SET seq = 3, hash = (SELECT hash FROM events WHERE seq = 3)").await;
        assert_eq!(faults(&app).await, vec![]);
        let v = events::verify(app.db(), &[anchor], |_, _| {}).await.unwrap();
        let found: Vec<_> = v.faults.iter().map(|f| (f.kind, f.seq, f.to_seq)).collect();
        assert_eq!(found, vec![(FaultKind::Removed, 4, 5)]);
    }

    async fn nothing_of_a_dropped_transaction_is_kept(app: TestApp) {
        let mut tx = app.db().begin().await.unwrap();
        events::append(&mut tx, &Who::system("test"), vec![event("happened", 1)]).await.unwrap();
        jobs::enqueue(&mut tx, "test", serde_json::json!({})).await.unwrap();
        drop(tx);
        append(&app, 1).await;
        let v = events::verify(app.db(), &[], |_, _| {}).await.unwrap();
        assert_eq!((v.events, v.head.seq, v.faults.len()), (1, 1, 0));
        assert!(jobs::claim(app.db(), &["test".into()]).await.unwrap().is_none());
    }

    async fn a_job_is_claimed_once_and_ends(app: TestApp) {
        let mut tx = app.db().begin().await.unwrap();
        let uid = jobs::enqueue(&mut tx, "test", serde_json::json!({"n": 1})).await.unwrap();
        tx.commit().await.unwrap();
        let job = jobs::claim(app.db(), &["test".into()]).await.unwrap().unwrap();
        assert_eq!((job.uid, job.attempts, job.body["n"].as_i64()), (uid, 1, Some(1)));
        assert!(jobs::claim(app.db(), &["test".into()]).await.unwrap().is_none());
        let mut tx = app.db().begin().await.unwrap();
        assert!(jobs::progress(&mut tx, job.id, serde_json::json!({"done": 5})).await.unwrap());
        jobs::done(&mut tx, job.id, serde_json::json!({"done": 9})).await.unwrap();
        tx.commit().await.unwrap();
        let job = jobs::find(app.db(), uid).await.unwrap().unwrap();
        assert_eq!((job.state.as_str(), job.progress["done"].as_i64()), ("done", Some(9)));
    }

    async fn a_failed_job_waits_and_comes_again(app: TestApp) {
        let mut tx = app.db().begin().await.unwrap();
        let uid = jobs::enqueue(&mut tx, "test", serde_json::json!({})).await.unwrap();
        tx.commit().await.unwrap();
        let job = jobs::claim(app.db(), &["test".into()]).await.unwrap().unwrap();
        jobs::failed(app.db(), &job, "断网", true).await.unwrap();
        let seen = jobs::find(app.db(), uid).await.unwrap().unwrap();
        assert_eq!((seen.state.as_str(), seen.error.as_deref()), ("queued", Some("断网")));
        assert!(jobs::claim(app.db(), &["test".into()]).await.unwrap().is_none(), "not before its pause is over");
        jobs::failed(app.db(), &job, "不可能", false).await.unwrap();
        assert_eq!(jobs::find(app.db(), uid).await.unwrap().unwrap().state, "failed");
    }

    async fn reserved_ids_do_not_meet(app: TestApp) {
        let mut tx = app.db().begin().await.unwrap();
        let a = tx.reserve_ids("wells", 10).await.unwrap();
        let b = tx.reserve_ids("wells", 1).await.unwrap();
        assert!(b >= a + 10, "{a} {b}");
    }

    async fn migrating_again_does_nothing_and_a_changed_step_is_refused(app: TestApp) {
        let steps = jinggai::store::MIGRATIONS;
        assert_eq!(migrate::migrate(app.db(), steps).await.unwrap(), 0);
        let e = migrate::pending(app.db(), &steps[..1]).await.unwrap_err();
        assert!(e.to_string().contains("newer"), "{e}");
        let changed = [migrate::Migration { number: 1, name: "store", text: "SELECT 2" }];
        assert!(migrate::migrate(app.db(), &changed).await.is_err());
    }

    async fn values_come_back_as_they_went(app: TestApp) {
        let now = jinggai_db::to_millis(jiff::Timestamp::now());
        let day = jiff::civil::date(1969, 12, 31);
        let uid = Uuid::now_v7();
        let mut tx = app.db().begin().await.unwrap();
        tx.run(sql!(
            "INSERT INTO reports (uid, kind, query, as_of, event_seq, digest, body, made_by, made_at) VALUES (?, '观音桥', ?, ?, 7, '', '', '', ?)",
            uid, serde_json::json!({"b": 1.5, "a": [null, true]}), day, now
        )).await.unwrap();
        let back: (Uuid, String, serde_json::Value, jiff::civil::Date, i64, jiff::Timestamp) = tx
            .one(sql!("SELECT uid, kind, query, as_of, event_seq, made_at FROM reports")).await.unwrap();
        assert_eq!(back, (uid, "观音桥".into(), serde_json::json!({"b": 1.5, "a": [null, true]}), day, 7, now));
        tx.commit().await.unwrap();
    }

    async fn constraints_have_the_same_names(app: TestApp) {
        let mut tx = app.db().begin().await.unwrap();
        let insert = || sql!("INSERT INTO import_sources (key, mapping, updated_at) VALUES ('k', ?, ?)", serde_json::json!({}), jiff::Timestamp::now());
        tx.run(insert()).await.unwrap();
        let e = tx.run(insert()).await.unwrap_err();
        assert!(e.is_unique("import_sources_key_key"), "{e:?}");
    }
}
