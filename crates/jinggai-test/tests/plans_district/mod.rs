//! Everybody who has to do with problem lists and plans, and wells of one owner to make them from.
#![allow(dead_code, clippy::unwrap_used, reason = "shared by several test files; a failure names its line")]
pub mod city;

use jiff::civil::Date;
use jinggai::identity::Role;
use jinggai_test::{Client, Reply, Seed, TestApp, picture};
use serde_json::{Value as Json, json};

/// The people.
pub struct People {
    pub seed: Seed,
    pub owner: Client,
    pub colleague: Client,
    pub street: Client,
    pub inspector: Client,
    pub leader: Client,
    pub department: Client,
    pub operator: Client,
    pub registrar: Client,
}

pub async fn people(app: &TestApp) -> People {
    let seed = app.seed().await;
    let street = Some(seed.street);
    People {
        seed,
        owner: app.login(Role::Owner, Some(seed.owner), None).await,
        colleague: app.login(Role::Owner, Some(seed.owner), None).await,
        street: app.login(Role::Street, None, street).await,
        inspector: app.login(Role::Inspector, None, street).await,
        leader: app.login(Role::Leader, None, None).await,
        department: app.login(Role::Department, Some(seed.department), None).await,
        operator: app.login(Role::Operator, None, None).await,
        registrar: app.login(Role::Registrar, None, None).await,
    }
}

/// A day so many days from today.
pub fn day(n: i64) -> Date {
    jinggai::clock::today().checked_add(jiff::Span::new().days(n)).unwrap()
}

pub fn text(v: &Json, name: &str) -> String {
    v[name].as_str().unwrap_or_else(|| panic!("no {name} in {v}")).to_owned()
}

/// A well of the owner with one sound, labelled, strong cover, changed by `more` (merged into well and cover).
pub async fn well(p: &People, code: &str, lng: f64, well: Json, cover: Json) -> Json {
    let mut c = json!({"size": "D700", "material": "ductile_iron", "load_class": "d400", "installed_on": "2024", "label": format!("L-{code}"), "codes": [{"scheme": "free", "code": code}]});
    let mut w = json!({
        "kind": "telecom", "road": "建新北路", "area": "500105001", "place": "carriageway", "depth_m": 1.5,
        "position": {"lng": lng, "lat": 29.60},
        "responsibilities": [
            {"role": "owner", "unit": "test-owner", "confirmed": true, "basis": "移交协议"},
            {"role": "supervisor", "unit": "test-department", "basis": "部门分工"}
        ]
    });
    for (target, more) in [(&mut w, well), (&mut c, cover)] {
        for (k, v) in more.as_object().unwrap() {
            target[k] = v.clone();
        }
    }
    w["covers"] = json!([c]);
    let reply = p.registrar.post("/api/v1/wells", w).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    reply.json()
}

/// The public id of the first cover of a well's file.
pub fn cover(file: &Json) -> String {
    text(&file["covers"][0], "uid")
}

/// A plan under test.
pub struct Plan<'a> {
    pub p: &'a People,
    pub uid: String,
}

impl Plan<'_> {
    pub async fn see(&self) -> Json {
        self.p.leader.get(&format!("/api/v1/plans/{}", self.uid)).await.ok()
    }

    pub async fn version(&self) -> i64 {
        self.see().await["version"].as_i64().unwrap()
    }

    pub async fn go(&self, who: &Client, action: &str, more: Json) -> Reply {
        let path = format!("/api/v1/plans/{}", self.uid);
        who.step(&path, action, &self.see().await["version"], more).await
    }

    pub async fn items(&self, who: &Client, body: Json) -> Reply {
        let mut body = body;
        body["version"] = json!(self.version().await);
        who.post(&format!("/api/v1/plans/{}/items", self.uid), body).await
    }

    pub async fn photo(&self, who: &Client, purpose: &str, item: &str, shade: u8) -> Reply {
        let path = format!("/api/v1/plans/{}/files", self.uid);
        who.upload(&path, &[("purpose", purpose), ("item", item)], &picture(shade)).await
    }

    /// Submitted by the owner and approved by the leader.
    pub async fn approved(&self) {
        self.go(&self.p.owner, "submit", json!({})).await.ok();
        self.go(&self.p.leader, "approve", json!({})).await.ok();
    }
}

/// One step of a hazard at its current version.
pub async fn step(p: &People, who: &Client, hazard: &str, what: &str, more: Json) -> Reply {
    let now = p.leader.get(&format!("/api/v1/hazards/{hazard}")).await.ok();
    let mut body = json!({"version": now["version"]});
    for (k, v) in more.as_object().unwrap() {
        body[k] = v.clone();
    }
    who.post(&format!("/api/v1/hazards/{hazard}/{what}"), body).await
}

/// A plan of the owner with these items.
pub async fn plan<'a>(p: &'a People, items: Json) -> Plan<'a> {
    let body = json!({"title": "三季度整改", "person": "王工", "phone": "023-1234", "due_on": day(60), "items": items});
    let made = p.owner.post("/api/v1/plans", body).await;
    assert_eq!(made.status, 201, "{}", made.text());
    Plan { p, uid: text(&made.json(), "uid") }
}

/// Changes a row behind the platform's back: time that passes, a camera that says something.
pub async fn change(app: &TestApp, q: jinggai_db::Sql) {
    let mut tx = app.db().begin().await.unwrap();
    tx.run(q).await.unwrap();
    tx.commit().await.unwrap();
}
