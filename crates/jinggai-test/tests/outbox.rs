//! Notices that leave the platform: through a gateway that fails, answers late, and hears everything once.
#![allow(clippy::unwrap_used)]
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use jiff::{SignedDuration, Timestamp};
use jinggai::app::App;
use jinggai::cases::outbox;
use jinggai::config::{Config, Given};
use jinggai::identity::Role;
use jinggai_db::sql;
use jinggai_test::{TestApp, on_both_stores};
use serde_json::{Value as Json, json};
use std::sync::{Arc, Mutex};

/// Path, key, token, body.
type Request = (String, String, String, Json);

#[derive(Clone, Default)]
struct Heard {
    got: Arc<Mutex<Vec<Request>>>,
    /// Refuse so many requests first.
    refuse: Arc<Mutex<usize>>,
}

async fn hear(
    State(h): State<Heard>,
    uri: axum::http::Uri,
    headers: HeaderMap,
    body: axum::Json<Json>,
) -> StatusCode {
    let mut refuse = h.refuse.lock().unwrap();
    if *refuse > 0 {
        *refuse -= 1;
        return StatusCode::BAD_GATEWAY;
    }
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    h.got.lock().unwrap().push((
        uri.path().to_owned(),
        text("idempotency-key"),
        text("authorization"),
        body.0,
    ));
    StatusCode::OK
}

/// A gateway on a free port of the loopback.
async fn gateway() -> (String, Heard) {
    let heard = Heard::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().route("/hook", post(hear)).route("/sms", post(hear)).with_state(heard.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (address, heard)
}

async fn with(app: &TestApp, channels: Given) -> App {
    let given = Given { database: app.app.config().database.clone(), ..channels };
    App::open(Config::resolve(app.dir(), Given::default(), Given::default(), given).unwrap()).await.unwrap()
}

/// A case of a missing cover, so that people are told.
async fn told(app: &TestApp) {
    let seed = app.seed().await;
    let registrar = app.login(Role::Registrar, None, None).await;
    let operator = app.login(Role::Operator, None, None).await;
    app.db().one::<(i64,)>(sql!("SELECT count(*) FROM users")).await.unwrap();
    let mut tx = app.db().begin().await.unwrap();
    tx.run(sql!("UPDATE users SET phone = '13800000000' WHERE name = ?", Role::Operator.zh())).await.unwrap();
    tx.commit().await.unwrap();
    let inspector = app.login(Role::Inspector, None, Some(seed.street)).await;
    let well = json!({"kind": "sewage", "area": "500105001", "position": {"lng": 106.57, "lat": 29.6}, "covers": [{}]});
    let file = registrar.post("/api/v1/wells", well).await.ok();
    let f = inspector
        .post("/api/v1/findings", json!({"cover": file["covers"][0]["uid"], "hazard": "H01", "text": "缺失"}))
        .await
        .ok();
    let path = format!("/api/v1/findings/{}/moves", f["uid"].as_str().unwrap());
    operator.post(&path, json!({"move": "file", "version": f["version"]})).await.ok();
}

on_both_stores! {
    async fn a_notice_goes_to_every_channel_once_whatever_the_gateway_does(app: TestApp) {
        let (address, heard) = gateway().await;
        let given = Given { webhook_url: Some(format!("{address}/hook")), webhook_token: Some("t1".into()), sms_url: Some(format!("{address}/sms")), ..Given::default() };
        let out = with(&app, given).await;
        told(&app).await;
        *heard.refuse.lock().unwrap() = 1;
        let now = Timestamp::now() + SignedDuration::from_secs(1);
        assert_eq!(outbox::step(&out, now).await.unwrap(), 1, "one of two was refused");
        assert_eq!(outbox::step(&out, now).await.unwrap(), 0, "not before its pause is over");
        let operator = app.login(Role::Operator, None, None).await;
        let waiting = operator.get("/api/v1/outbox?state=waiting").await.ok();
        assert_eq!((waiting["items"].as_array().unwrap().len(), waiting["items"][0]["error"].clone()), (1, json!("网关答复 502 Bad Gateway")));
        assert_eq!(outbox::step(&out, now + SignedDuration::from_hours(1)).await.unwrap(), 1);
        assert_eq!(outbox::step(&out, now + SignedDuration::from_hours(2)).await.unwrap(), 0, "nothing is sent twice");
        let got = heard.got.lock().unwrap().clone();
        assert_eq!(got.len(), 2);
        let hook = got.iter().find(|g| g.0 == "/hook").unwrap();
        assert_eq!((hook.2.as_str(), hook.3["kind"].clone(), hook.3["urgent"].clone()), ("Bearer t1", json!("filed"), json!(true)));
        let sms = got.iter().find(|g| g.0 == "/sms").unwrap();
        assert_eq!((sms.3["phone"].clone(), sms.3["id"].clone()), (json!("13800000000"), json!(sms.1)));
        assert!(sms.3["text"].as_str().unwrap().starts_with("待派遣："), "{}", sms.3);
    }

    async fn what_never_arrives_is_set_aside_and_can_be_sent_again(app: TestApp) {
        let (address, heard) = gateway().await;
        let out = with(&app, Given { webhook_url: Some(format!("{address}/hook")), ..Given::default() }).await;
        told(&app).await;
        *heard.refuse.lock().unwrap() = 8;
        let mut now = Timestamp::now();
        for _ in 0..12 {
            now += SignedDuration::from_hours(3);
            outbox::step(&out, now).await.unwrap();
        }
        assert!(heard.got.lock().unwrap().is_empty());
        let operator = app.login(Role::Operator, None, None).await;
        let failed = operator.get("/api/v1/outbox?state=failed").await.ok();
        assert_eq!(failed["items"][0]["attempts"], 8);
        let again = format!("/api/v1/outbox/{}/again", failed["items"][0]["uid"].as_str().unwrap());
        operator.post(&again, json!({})).await.ok();
        assert_eq!(operator.post(&again, json!({})).await.status, 404);
        assert_eq!(outbox::step(&out, now).await.unwrap(), 1);
        assert_eq!(operator.get("/api/v1/outbox?state=lost").await.refusal(), (422, "list.state".into()));
        let owner = app.login(Role::Leader, None, None).await;
        assert_eq!(owner.get("/api/v1/outbox").await.status, 403);
    }

    async fn without_channels_nothing_is_kept_for_later(app: TestApp) {
        told(&app).await;
        let now = Timestamp::now() + SignedDuration::from_secs(1);
        assert_eq!(outbox::step(&app.app, now).await.unwrap(), 0);
        let (address, heard) = gateway().await;
        let out = with(&app, Given { webhook_url: Some(format!("{address}/hook")), ..Given::default() }).await;
        assert_eq!(outbox::step(&out, now).await.unwrap(), 0, "what was told before is not told again");
        assert!(heard.got.lock().unwrap().is_empty());
    }
}
