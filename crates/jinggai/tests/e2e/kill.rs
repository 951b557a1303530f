//! The process is killed (SIGKILL) at random moments: nothing that was acknowledged is lost, nothing is half-written.
use crate::{jinggai_at, verify};
use jinggai_e2e::{Random, Server};
use jinggai_test::{Place, Store, TestApp};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::sync::mpsc;

/// Rounds of start, write and kill.
const ROUNDS: u32 = 8;
/// Clients that write at the same time.
const CLIENTS: u32 = 4;

/// A bearer secret of a registrar, made by the program itself.
pub fn token(place: &Place) -> String {
    person(place, "registrar", &[], &["registry.write", "registry.read"])
}

/// A bearer secret of a new user with that role as login, made by the program itself.
pub fn person(place: &Place, role: &str, bounds: &[&str], scopes: &[&str]) -> String {
    let made = |args: &[&str]| -> Json {
        serde_json::from_str(&jinggai_at(place).args(args).args(["--json"]).run().ok()).unwrap()
    };
    made(&[&["user", "add", "--login", role, "--role", role], bounds].concat());
    let scopes: Vec<&str> = scopes.iter().flat_map(|s| ["--scope", s]).collect();
    let token = made(&[&["token", "add", "--login", role, "--name", "测试"], &scopes[..]].concat());
    token["secret"].as_str().unwrap().to_owned()
}

/// The `n`th well of the test; each stands eleven metres from the next.
pub fn well(n: u32) -> Json {
    let (lng, lat) = (106.50 + 1e-4 * f64::from(n % 500), 29.55 + 1e-4 * f64::from(n / 500));
    json!({"kind": "sewage", "position": {"lng": lng, "lat": lat},
           "covers": [{"size": "D700", "codes": [{"scheme": "free", "code": format!("K-{n}")}]}]})
}

#[derive(Clone)]
struct Writer {
    http: reqwest::Client,
    url: String,
    secret: String,
}

impl Writer {
    /// Sends the well under its own key; gives its uid when the server acknowledged it.
    async fn enter(&self, n: u32) -> Option<String> {
        let sent = self.http.post(&self.url).bearer_auth(&self.secret);
        let sent =
            sent.header("idempotency-key", format!("kill-test-{n}")).json(&well(n)).send().await.ok()?;
        let status = sent.status();
        let body: Json = sent.json().await.ok()?;
        assert!(status.is_success(), "well {n}: {status} {body}");
        Some(body["well"]["uid"].as_str().unwrap().to_owned())
    }
}

/// One round: writers write until so many were acknowledged, then the server is killed under them.
async fn round(server: Server, secret: &str, next: &Arc<AtomicU32>, enough: u64) -> BTreeMap<u32, String> {
    let (ack, mut acks) = mpsc::unbounded_channel();
    let url = server.url("/api/v1/wells");
    let writer = Writer { http: reqwest::Client::new(), url, secret: secret.to_owned() };
    for _ in 0..CLIENTS {
        let (writer, next, ack) = (writer.clone(), next.clone(), ack.clone());
        tokio::spawn(async move {
            loop {
                let n = next.fetch_add(1, Ordering::SeqCst);
                let Some(uid) = writer.enter(n).await else { return };
                ack.send((n, uid)).unwrap();
            }
        });
    }
    drop(ack);
    let mut kept = BTreeMap::new();
    let mut server = Some(server);
    while let Some((n, uid)) = acks.recv().await {
        kept.insert(n, uid);
        if kept.len() as u64 >= enough
            && let Some(s) = server.take()
        {
            tokio::task::block_in_place(|| s.kill());
        }
    }
    kept
}

async fn writes_survive_kills(app: TestApp) {
    let place = app.close();
    let mut random = Random::printed();
    let secret = tokio::task::block_in_place(|| token(&place));
    let start = || tokio::task::block_in_place(|| Server::start(jinggai_at(&place), &[]));
    let next = Arc::new(AtomicU32::new(0));
    let mut acknowledged = BTreeMap::new();
    for _ in 0..ROUNDS {
        let enough = 1 + random.below(20);
        acknowledged.extend(round(start(), &secret, &next, enough).await);
        tokio::task::block_in_place(|| verify(&place));
    }
    let server = start();
    let http = reqwest::Client::new();
    for (n, uid) in &acknowledged {
        let file =
            http.get(server.url(&format!("/api/v1/wells/{uid}"))).bearer_auth(&secret).send().await.unwrap();
        assert_eq!(file.status(), 200, "well {n} was acknowledged");
        assert!(file.text().await.unwrap().contains(&format!("\"K-{n}\"")));
    }
    // Whoever got no answer asks again with the same key: it is done now, or was done then, but never twice.
    let all = next.load(Ordering::SeqCst);
    let writer = Writer { http: http.clone(), url: server.url("/api/v1/wells"), secret: secret.clone() };
    for n in (0..all).filter(|n| !acknowledged.contains_key(n)) {
        assert!(writer.enter(n).await.is_some(), "well {n} is entered at the second asking");
    }
    let list = http.get(server.url("/api/v1/covers?limit=1")).bearer_auth(&secret).send().await.unwrap();
    assert_eq!(list.json::<Json>().await.unwrap()["total"], all, "every well once");
    assert!(tokio::task::block_in_place(|| server.stop()));
    tokio::task::block_in_place(|| verify(&place));
}

#[test]
fn acknowledged_writes_survive_kills_on_the_embedded_store() {
    jinggai_test::run(Store::Sqlite, writes_survive_kills);
}

#[test]
fn acknowledged_writes_survive_kills_on_postgres() {
    jinggai_test::run(Store::Postgres, writes_survive_kills);
}
