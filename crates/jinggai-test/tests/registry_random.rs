//! Whatever people do in whatever order: the facts are what the tables say, the queue is right, the chain holds.
#![allow(clippy::unwrap_used, clippy::manual_is_multiple_of)]
use jinggai::identity::Role;
use jinggai::registry::{facts, ownership};
use jinggai_db::{Tx, events, sql};
use jinggai_test::{Client, TestApp, on_both_stores};
use serde_json::{Value as Json, json};

/// A small generator of its own, so that a failing sequence is the same on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % n
    }
    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.roll(of.len())]
    }
}

struct Play<'a> {
    c: &'a Client,
    dice: Dice,
    n: usize,
}

impl Play<'_> {
    async fn file(&mut self) -> Option<Json> {
        let list = self.c.get("/api/v1/covers?limit=500").await.ok();
        let items = list["items"].as_array().unwrap();
        if items.is_empty() {
            return None;
        }
        let uid = self.dice.pick(items)["well_uid"].as_str().unwrap();
        Some(self.c.get(&format!("/api/v1/wells/{uid}")).await.ok())
    }

    /// One step; a refusal is as good as a success, a fault of ours is not.
    async fn step(&mut self) {
        let api = self.c;
        self.n += 1;
        let n = self.n;
        let Some(f) = self.file().await.filter(|_| self.dice.roll(5) > 0) else {
            let units: &[Json] = &[
                json!([]),
                json!([{"role": "owner", "unit": "test-owner"}]),
                json!([{"role": "maintainer", "unit": "test-owner"}]),
            ];
            let body = json!({
                "kind": self.dice.pick(&["sewage", "storm", "gas"]), "area": "500105001", "road": self.dice.pick(&["建新北路", "北滨一路"]),
                "position": {"lng": 106.5 + n as f64 / 10_000.0, "lat": 29.6},
                "responsibilities": self.dice.pick(units),
                "covers": [{"installed_on": "2001", "material": "concrete", "codes": [{"scheme": "free", "code": format!("N-{n}")}]}]
            });
            return send(api, "POST", "/api/v1/wells".into(), body).await;
        };
        let w = format!("/api/v1/wells/{}", f["well"]["uid"].as_str().unwrap());
        let cover = self.dice.pick(f["covers"].as_array().unwrap()).clone();
        let c = format!("/api/v1/covers/{}", cover["uid"].as_str().unwrap());
        let v = cover["version"].clone();
        match self.dice.roll(13) {
            0 => send(api, "PATCH", w, json!({"version": f["well"]["version"], "road": self.dice.pick(&[json!(null), json!("南滨路")]).clone(), "low_lying": n % 2 == 0})).await,
            1 => send(api, "PATCH", w, json!({"version": f["well"]["version"], "position": {"lng": 106.6 + n as f64 / 10_000.0, "lat": 29.7}, "area": "500105"})).await,
            2 => send(api, "PATCH", c, json!({"version": v, "problem": self.dice.pick(&[json!(null), json!("loose")]).clone(), "condition": *self.dice.pick(&["intact", "damaged", "lost"])})).await,
            3 => send(api, "PATCH", c, json!({"version": v, "material": *self.dice.pick(&["ductile_iron", "concrete"]), "has_sensor": n % 2 == 0})).await,
            4 => send(api, "POST", format!("{c}/labels"), json!({"number": format!("L-{}", n % 7), "state": *self.dice.pick(&["planned", "fixed"]), "replace": n % 2 == 0})).await,
            5 => {
                if let Some(l) = f["labels"].as_array().unwrap().last() {
                    let path = format!("/api/v1/labels/{}/state", l["uid"].as_str().unwrap());
                    send(api, "POST", path, json!({"version": l["version"], "state": *self.dice.pick(&["fixed", "unreadable", "removed"])})).await;
                }
            }
            6 => send(api, "POST", format!("{w}/fall-guards"), json!({"kind": "net", "quantity": 1})).await,
            7 => {
                if let Some(g) = f["fall_guards"].as_array().unwrap().last() {
                    let path = format!("/api/v1/fall-guards/{}/remove", g["uid"].as_str().unwrap());
                    send(api, "POST", path, json!({"version": g["version"], "reason": "拆"})).await;
                }
            }
            8 => send(api, "POST", format!("{w}/responsibilities"), json!({"role": *self.dice.pick(&["owner", "maintainer", "supervisor"]), "unit": *self.dice.pick(&["test-owner", "test-department"]), "replace": n % 2 == 0})).await,
            9 => {
                if let Some(r) = f["responsibilities"].as_array().unwrap().first() {
                    let path = format!("/api/v1/responsibilities/{}/end", r["uid"].as_str().unwrap());
                    send(api, "POST", path, json!({"version": r["version"], "reason": "移交"})).await;
                }
            }
            10 => send(api, "POST", format!("{c}/codes"), json!({"scheme": "cjt214-16", "replace": n % 2 == 0})).await,
            11 => {
                if let Some(k) = f["codes"].as_array().unwrap().last() {
                    send(api, "POST", format!("{c}/codes/{}/retire", k["code"].as_str().unwrap()), json!({"reason": "注销"})).await;
                }
            }
            _ => {
                let m = self.dice.pick(&["mark_abnormal", "restore", "replace", "archive"]);
                send(api, "POST", format!("{c}/lifecycle"), json!({"move": m, "version": v, "successor": {"size": "D700", "label": format!("S-{n}")}})).await;
            }
        }
    }
}

async fn send(c: &Client, method: &str, path: String, body: Json) {
    let r = match method {
        "PATCH" => c.patch(&path, body.clone()).await,
        _ => c.post(&path, body.clone()).await,
    };
    assert!(!r.status.is_server_error(), "{method} {path} {body}: {} {}", r.status, r.text());
}

async fn snapshot(tx: &mut Tx) -> (Vec<(i64, i64)>, Vec<(i64,)>) {
    let facts = tx.all(sql!("SELECT id, cover_id FROM cover_facts ORDER BY id")).await.unwrap();
    let queue = tx.all(sql!("SELECT well_id FROM ownership_queue ORDER BY well_id")).await.unwrap();
    (facts, queue)
}

async fn play(app: &TestApp, seed: u64) {
    app.seed().await;
    let c = app.login(Role::Registrar, None, None).await;
    let mut play = Play { c: &c, dice: Dice(seed), n: 0 };
    for _ in 0..60 {
        play.step().await;
    }
    let mut tx = app.db().begin().await.unwrap();
    let wells: Vec<i64> = tx
        .all::<(i64,)>(sql!("SELECT id FROM wells ORDER BY id"))
        .await
        .unwrap()
        .into_iter()
        .map(|(i,)| i)
        .collect();
    let before = snapshot(&mut tx).await;
    let today = jinggai::clock::today();
    facts::refresh(&mut tx, &wells, today).await.unwrap();
    ownership::requeue(&mut tx, &wells, 30, today).await.unwrap();
    assert_eq!(snapshot(&mut tx).await, before, "seed {seed}: something was not kept up to date");
    let twice: Vec<(i64,)> = tx
        .all(sql!(
            "SELECT cover_id FROM cover_facts WHERE to_day IS NULL GROUP BY cover_id HAVING count(*) <> 1"
        ))
        .await
        .unwrap();
    assert!(twice.is_empty(), "seed {seed}: {twice:?}");
    let (covers, facts): (i64, i64) = tx
        .one(sql!(
            "SELECT (SELECT count(*) FROM covers), (SELECT count(*) FROM cover_facts WHERE to_day IS NULL)"
        ))
        .await
        .unwrap();
    assert_eq!(covers, facts, "seed {seed}");
    drop(tx);
    let verdict = events::verify(app.db(), &[], |_, _| {}).await.unwrap();
    assert!(verdict.faults.is_empty() && verdict.events > 20, "seed {seed}: {:?}", verdict.faults.len());
}

on_both_stores! {
    async fn first_play(app: TestApp) { play(&app, 1).await; }
    async fn second_play(app: TestApp) { play(&app, 20_210_722).await; }
    async fn third_play(app: TestApp) { play(&app, 500_105).await; }
}
