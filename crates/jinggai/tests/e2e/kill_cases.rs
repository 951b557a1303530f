//! The process is killed while hazards are reported, filed and dispatched: no case without its event, no notice lost,
//! none sent twice but under its own key.
use crate::{jinggai_at, kill, verify};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use jiff::{SignedDuration, Timestamp};
use jinggai::app::App;
use jinggai::cases::outbox;
use jinggai::config::{Config, Given};
use jinggai::identity::Role;
use jinggai_db::{Db, Sql};
use jinggai_e2e::{Random, Server};
use jinggai_test::{Place, Store, TestApp};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc;

/// Rounds of start, work and kill.
const ROUNDS: u32 = 6;
/// Desks that work at the same time.
const DESKS: u32 = 3;
/// Wells that stand ready: more than the rounds can use.
const WELLS: u32 = ROUNDS * (10 + 2 * DESKS);

/// What a gateway heard: the bodies by their key.
type Heard = Arc<Mutex<BTreeMap<String, Vec<Json>>>>;

async fn hear(State(heard): State<Heard>, headers: HeaderMap, body: axum::Json<Json>) {
    let key = headers["idempotency-key"].to_str().unwrap().to_owned();
    heard.lock().unwrap().entry(key).or_default().push(body.0);
}

/// A gateway on a free port of the loopback, which outlives the server.
async fn gateway() -> (String, Heard) {
    let heard = Heard::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/hook", listener.local_addr().unwrap());
    let router = axum::Router::new().route("/hook", post(hear)).with_state(heard.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (address, heard)
}

#[derive(Clone)]
struct Desk {
    http: reqwest::Client,
    address: String,
    inspector: String,
    operator: String,
}

impl Desk {
    /// Asks under a key of its own; nothing when the server did not answer.
    async fn ask(&self, who: &str, key: String, path: &str, body: Json) -> Option<Json> {
        let url = format!("{}{path}", self.address);
        let sent = self.http.post(url).bearer_auth(who).header("idempotency-key", &key).json(&body);
        let reply = sent.send().await.ok()?;
        let status = reply.status();
        let answer: Json = reply.json().await.ok()?;
        assert!(status.is_success(), "{key}: {status} {answer}");
        Some(answer)
    }

    /// Reports that the `n`th cover is gone, files and dispatches it; gives the case when all was acknowledged.
    async fn case(&self, n: u32) -> Option<String> {
        let body = json!({"code": format!("K-{n}"), "hazard": "H01", "text": "井盖缺失"});
        let finding = self.ask(&self.inspector, format!("kill-report-{n}"), "/api/v1/findings", body).await?;
        let path = format!("/api/v1/findings/{}/moves", finding["uid"].as_str().unwrap());
        let body = json!({"move": "file", "version": finding["version"]});
        let filed = self.ask(&self.operator, format!("kill-file-{n}"), &path, body).await?;
        let case = filed["case"].as_str().unwrap().to_owned();
        let body = json!({"move": "dispatch", "version": 1});
        let path = format!("/api/v1/cases/{case}/moves");
        self.ask(&self.operator, format!("kill-dispatch-{n}"), &path, body).await?;
        Some(case)
    }
}

/// One round: desks work until so many cases were acknowledged, then the server is killed under them.
async fn round(server: Server, desk: Desk, next: &Arc<AtomicU32>, enough: u64) -> BTreeMap<u32, String> {
    let (ack, mut acks) = mpsc::unbounded_channel();
    for _ in 0..DESKS {
        let (desk, next, ack) = (desk.clone(), next.clone(), ack.clone());
        tokio::spawn(async move {
            loop {
                let n = next.fetch_add(1, Ordering::SeqCst);
                let Some(case) = desk.case(n).await else { return };
                ack.send((n, case)).unwrap();
            }
        });
    }
    drop(ack);
    let mut kept = BTreeMap::new();
    let mut server = Some(server);
    while let Some((n, case)) = acks.recv().await {
        kept.insert(n, case);
        if kept.len() as u64 >= enough
            && let Some(s) = server.take()
        {
            tokio::task::block_in_place(|| s.kill());
        }
    }
    kept
}

/// The district of the test, with its wells and nobody but those who work here.
async fn district(app: TestApp) -> Place {
    app.seed().await;
    let registrar = app.login(Role::Registrar, None, None).await;
    for n in 0..WELLS {
        let mut well = kill::well(n);
        well["area"] = json!("500105001");
        well["responsibilities"] =
            json!([{"role": "owner", "unit": "test-owner", "confirmed": true, "basis": "移交协议"}]);
        registrar.post("/api/v1/wells", well).await.ok();
    }
    // Somebody at the unit, so that dispatching tells somebody.
    let owner =
        app.db().one::<(i64,)>(Sql::new("SELECT id FROM units WHERE code = 'test-owner'", vec![])).await;
    app.login(Role::Owner, Some(owner.unwrap().0), None).await;
    app.close()
}

async fn count(db: &Db, text: &str) -> i64 {
    let (n,): (i64,) = db.one(Sql::new(text, vec![])).await.unwrap();
    n
}

async fn cases_survive_kills(app: TestApp) {
    let place = district(app).await;
    let (hook, heard) = gateway().await;
    let mut random = Random::printed();
    let (inspector, operator) = tokio::task::block_in_place(|| {
        let bounds = ["--area", "500105001"];
        let inspector =
            kill::person(&place, "inspector", &bounds, &["finding.report", "registry.read", "case.read"]);
        let scopes = ["case.read", "case.file", "case.dispatch", "registry.read"];
        (inspector, kill::person(&place, "operator", &[], &scopes))
    });
    let start = || {
        let cli = jinggai_at(&place).env("JINGGAI_WEBHOOK_URL", &hook);
        tokio::task::block_in_place(|| Server::start(cli, &[]))
    };
    let desk = |server: &Server| Desk {
        http: reqwest::Client::new(),
        address: server.url(""),
        inspector: inspector.clone(),
        operator: operator.clone(),
    };
    let next = Arc::new(AtomicU32::new(0));
    let mut acknowledged = BTreeMap::new();
    for _ in 0..ROUNDS {
        let enough = 1 + random.below(8);
        let server = start();
        let desk = desk(&server);
        acknowledged.extend(round(server, desk, &next, enough).await);
        tokio::task::block_in_place(|| verify(&place));
    }
    // Whoever got no answer asks again with the same keys: it is done now, or was done then, but never twice.
    let all = next.load(Ordering::SeqCst);
    let server = start();
    let last = desk(&server);
    for n in 0..all {
        let case = last.case(n).await.unwrap();
        assert_eq!(acknowledged.get(&n).unwrap_or(&case), &case, "report {n}");
    }
    assert!(tokio::task::block_in_place(|| server.stop()));
    tokio::task::block_in_place(|| verify(&place));
    nothing_is_missing(&place, hook, &heard, i64::from(all)).await;
}

/// Sends what a kill left, then compares the cases, their events, their notices and what the gateway heard.
async fn nothing_is_missing(place: &Place, hook: String, heard: &Heard, all: i64) {
    let given = Given { database: place.database.clone(), webhook_url: Some(hook), ..Given::default() };
    let config = Config::resolve(place.dir.path(), Given::default(), Given::default(), given).unwrap();
    let app = App::open(config).await.unwrap();
    // What a killed server had claimed is free again when its lease is over.
    outbox::step(&app, Timestamp::now() + SignedDuration::from_hours(1)).await.unwrap();
    let db = app.db();
    for table in ["findings", "cases", "hazards"] {
        assert_eq!(count(db, &format!("SELECT count(*) FROM {table}")).await, all, "{table}: each once");
    }
    for (subject, action) in [("case", "filed"), ("case", "moved"), ("finding", "reported")] {
        let text = format!("SELECT count(*) FROM events WHERE subject = '{subject}' AND action = '{action}'");
        assert_eq!(count(db, &text).await, all, "{subject} {action}: one event each");
    }
    let untold = "SELECT count(*) FROM cases k WHERE (SELECT count(DISTINCT n.kind) FROM notices n WHERE n.case_id = k.id AND n.channel = 'app') < 2";
    assert_eq!(count(db, untold).await, 0, "each was told when filed and when dispatched");
    let told = count(db, "SELECT count(*) FROM notices WHERE channel = 'app'").await;
    let sent: Vec<(uuid::Uuid, String)> = db
        .all(Sql::new("SELECT uid, state FROM notices WHERE channel = 'webhook' ORDER BY id", vec![]))
        .await
        .unwrap();
    assert_eq!(i64::try_from(sent.len()).unwrap(), told, "one for each that was told");
    let heard = heard.lock().unwrap();
    assert_eq!(heard.len(), sent.len(), "nothing was heard that is not kept");
    for (uid, state) in sent {
        assert_eq!(state, "sent");
        let bodies = &heard[&uid.to_string()];
        assert!(bodies.iter().all(|b| b == &bodies[0] && b["id"] == uid.to_string()), "{bodies:?}");
    }
}

#[test]
fn cases_and_notices_survive_kills_on_the_embedded_store() {
    jinggai_test::run(Store::Sqlite, cases_survive_kills);
}

#[test]
fn cases_and_notices_survive_kills_on_postgres() {
    jinggai_test::run(Store::Postgres, cases_survive_kills);
}
