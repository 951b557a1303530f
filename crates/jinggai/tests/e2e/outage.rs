//! PostgreSQL goes away in the middle: nothing half-written, an honest answer, and on as before when it is back.
use crate::{jinggai, kill};
use jinggai::registry::ledger::{self, Entry};
use jinggai_db::events::{self, Who};
use jinggai_db::{Db, DbError, sql};
use jinggai_e2e::Server;
use jinggai_test::drafts::well;
use jinggai_test::{Cut, Place, Proxy, Store, TestApp};

async fn enter(db: &Db, code: &str) -> Result<(), DbError> {
    let mut tx = db.begin().await?;
    let drafts = [well(code, 106.57, 29.6)];
    let (_, ev) = ledger::create(&mut tx, &drafts, &Entry::now(30, None)).await.expect("the draft is right");
    events::append(&mut tx, &Who::system("test"), ev).await?;
    tx.commit().await
}

async fn wells(db: &Db) -> i64 {
    let (n,): (i64,) = db.one(sql!("SELECT count(*) FROM wells")).await.unwrap();
    n
}

async fn through(app: &TestApp) -> (Proxy, Db) {
    let proxy = Proxy::start(app.app.config().database.as_deref().unwrap());
    let db = Db::open_postgres(proxy.url(), 4).await.unwrap();
    (proxy, db)
}

#[test]
fn a_commit_that_the_server_never_heard_keeps_nothing() {
    jinggai_test::run(Store::Postgres, |app| async move {
        let (proxy, db) = through(&app).await;
        enter(&db, "A-1").await.unwrap();
        proxy.cut(Cut::BeforeCommit);
        let e = enter(&db, "A-2").await.unwrap_err();
        assert!(matches!(e, DbError::Doubtful(_)) && e.retryable(), "{e:?}");
        proxy.cut(Cut::Never);
        assert_eq!(wells(app.db()).await, 1);
        enter(&db, "A-2").await.unwrap();
        assert_eq!(wells(app.db()).await, 2);
        assert!(events::verify(app.db(), &[], |_, _| {}).await.unwrap().faults.is_empty());
    });
}

#[test]
fn a_commit_whose_answer_was_lost_is_not_called_unsaved() {
    jinggai_test::run(Store::Postgres, |app| async move {
        let (proxy, db) = through(&app).await;
        proxy.cut(Cut::AfterCommit);
        let e = enter(&db, "A-1").await.unwrap_err();
        assert!(matches!(e, DbError::Doubtful(_)), "{e:?}");
        let said = jinggai::error::AppError::from(e);
        assert_eq!(said.code(), "store.doubtful");
        assert!(!said.said().zh.contains("没有保存"), "it was saved: {}", said.said().zh);
        proxy.cut(Cut::Never);
        assert_eq!(wells(app.db()).await, 1);
    });
}

#[test]
fn a_connection_cut_inside_a_transaction_leaves_nothing() {
    jinggai_test::run(Store::Postgres, |app| async move {
        let (proxy, db) = through(&app).await;
        let mut tx = db.begin().await.unwrap();
        let drafts = [well("A-1", 106.57, 29.6)];
        let (_, ev) = ledger::create(&mut tx, &drafts, &Entry::now(30, None)).await.unwrap();
        proxy.cut(Cut::Now);
        let e = events::append(&mut tx, &Who::system("test"), ev).await.unwrap_err();
        assert!(matches!(e, DbError::Unavailable(_)), "{e:?}");
        drop(tx);
        let e = db.one::<(i64,)>(sql!("SELECT count(*) FROM wells")).await.unwrap_err();
        assert!(matches!(e, DbError::Unavailable(_)), "{e:?}");
        proxy.cut(Cut::Never);
        assert_eq!(wells(&db).await, 0);
        enter(&db, "A-1").await.unwrap();
    });
}

/// What a server may say when its store is cut off, whatever its own tasks were doing at that moment.
fn expect_an_outage(server: &mut Server) {
    for said in [
        "store.unavailable",
        "store.doubtful",
        "deadpool.postgres",
        "waits for the store",
        "it is tried again",
    ] {
        server.expect_warning(said);
    }
}

#[test]
fn the_server_says_unavailable_and_recovers_by_itself() {
    jinggai_test::run(Store::Postgres, |app| async move {
        let proxy = Proxy::start(app.app.config().database.as_deref().unwrap());
        let options = ["--database", proxy.url()];
        let mut server = tokio::task::block_in_place(|| Server::start(jinggai(app.dir()), &options));
        expect_an_outage(&mut server);
        let ready = server.url("/readyz");
        assert_eq!(reqwest::get(&ready).await.unwrap().status(), 200);
        proxy.cut(Cut::Now);
        let reply = reqwest::get(&ready).await.unwrap();
        assert_eq!(reply.status(), 503);
        assert_eq!(reply.headers()["content-type"], "application/problem+json");
        let problem: serde_json::Value = reply.json().await.unwrap();
        assert_eq!(problem["code"], "store.unavailable");
        assert_eq!(reqwest::get(server.url("/healthz")).await.unwrap().status(), 200);
        proxy.cut(Cut::Never);
        assert_eq!(reqwest::get(&ready).await.unwrap().status(), 200);
        assert!(tokio::task::block_in_place(|| server.stop()));
    });
}

/// The same request with the same key, sent until the answer is no longer "try again".
#[test]
fn a_write_in_doubt_is_asked_again_and_done_once() {
    jinggai_test::run(Store::Postgres, |app| async move {
        let proxy = Proxy::start(app.app.config().database.as_deref().unwrap());
        let db = app.db().clone();
        let Place { dir, .. } = app.close();
        let place = Place { dir, database: Some(proxy.url().to_owned()) };
        let secret = tokio::task::block_in_place(|| kill::token(&place));
        let options = ["--database", proxy.url()];
        let mut server = tokio::task::block_in_place(|| Server::start(jinggai(place.dir.path()), &options));
        expect_an_outage(&mut server);
        let http = reqwest::Client::new();
        let ask = |n: u32| {
            let sent = http.post(server.url("/api/v1/wells")).bearer_auth(&secret).json(&kill::well(n));
            let sent = sent.header("idempotency-key", format!("outage-test-{n}"));
            async move {
                let reply = sent.send().await.unwrap();
                (reply.status().as_u16(), reply.json::<serde_json::Value>().await.unwrap())
            }
        };
        // The first request of a token also notes when it was used: let that be done before the wire is cut.
        let (status, first) = ask(0).await;
        assert!((200..300).contains(&status), "{first}");
        for (n, cut, kept) in [(1, Cut::AfterCommit, 2), (2, Cut::BeforeCommit, 2)] {
            proxy.cut(cut);
            let (status, problem) = ask(n).await;
            assert_eq!((status, problem["code"].as_str()), (503, Some("store.doubtful")), "{problem}");
            proxy.cut(Cut::Never);
            assert_eq!(wells(&db).await, kept);
            let (status, file) = ask(n).await;
            assert!((200..300).contains(&status), "{file}");
            assert_eq!(wells(&db).await, i64::from(n) + 1);
        }
        assert!(events::verify(&db, &[], |_, _| {}).await.unwrap().faults.is_empty());
    });
}
