//! Everybody who has to do with a case, and how they file and move one.
#![allow(dead_code, clippy::unwrap_used)]
use jinggai::identity::Role;
use jinggai_test::{Client, Reply, Seed, TestApp, picture};
use serde_json::{Value as Json, json};

/// Everybody who has to do with a case.
pub struct People {
    pub seed: Seed,
    pub operator: Client,
    pub dispatcher: Client,
    pub owner: Client,
    pub inspector: Client,
    pub street: Client,
    pub leader: Client,
    pub registrar: Client,
}

pub async fn people(app: &TestApp) -> People {
    let seed = app.seed().await;
    let street = Some(seed.street);
    People {
        seed,
        operator: app.login(Role::Operator, None, None).await,
        dispatcher: app.login(Role::Operator, None, None).await,
        owner: app.login(Role::Owner, Some(seed.owner), None).await,
        inspector: app.login(Role::Inspector, None, street).await,
        street: app.login(Role::Street, None, street).await,
        leader: app.login(Role::Leader, None, None).await,
        registrar: app.login(Role::Registrar, None, None).await,
    }
}

/// A well with one cover of the test's owner; gives its file.
pub async fn well(p: &People, lng: f64, code: &str) -> Json {
    let body = json!({
        "kind": "sewage", "road": "建新北路", "address": "建新北路 12 号", "area": "500105001", "place": "carriageway", "depth_m": 3.0,
        "position": {"lng": lng, "lat": 29.60},
        "covers": [{"size": "D700", "material": "ductile_iron", "load_class": "d400", "installed_on": "2020", "codes": [{"scheme": "free", "code": code}]}],
        "responsibilities": [{"role": "owner", "unit": "test-owner", "confirmed": true, "basis": "移交协议"}]
    });
    p.registrar.post("/api/v1/wells", body).await.ok()
}

pub fn text(v: &Json, name: &str) -> String {
    v[name].as_str().unwrap_or_else(|| panic!("no {name} in {v}")).to_owned()
}

pub struct Case<'a> {
    pub p: &'a People,
    pub uid: String,
}

impl Case<'_> {
    pub async fn see(&self) -> Json {
        self.p.operator.get(&format!("/api/v1/cases/{}", self.uid)).await.ok()
    }

    pub async fn version(&self) -> i64 {
        self.see().await["version"].as_i64().unwrap()
    }

    pub async fn go(&self, who: &Client, action: &str, more: Json) -> Reply {
        let path = format!("/api/v1/cases/{}", self.uid);
        who.step(&path, action, &self.see().await["version"], more).await
    }

    pub async fn refused(&self, who: &Client, action: &str, more: Json, status: u16, code: &str) -> String {
        let r = self.go(who, action, more).await;
        assert_eq!(r.refusal(), (status, code.to_owned()), "{action}: {}", r.text());
        text(&r.json(), "title")
    }

    pub async fn photo(&self, who: &Client, purpose: &str) {
        let path = format!("/api/v1/cases/{}/files", self.uid);
        who.upload(&path, &[("purpose", purpose)], &picture(90)).await.ok();
    }
}

pub async fn find(who: &Client, uid: &str, action: &str, more: Json) -> Reply {
    let now = who.get(&format!("/api/v1/findings/{uid}")).await.ok();
    who.step(&format!("/api/v1/findings/{uid}"), action, &now["version"], more).await
}

/// A case filed straight from an inspector's report.
pub async fn filed<'a>(p: &'a People, cover: &str, hazard: &str) -> Case<'a> {
    let f = p
        .inspector
        .post("/api/v1/findings", json!({"cover": cover, "hazard": hazard, "text": "巡查发现"}))
        .await
        .ok();
    let moved = find(&p.operator, &text(&f, "uid"), "file", json!({})).await.ok();
    Case { p, uid: text(&moved, "case") }
}
