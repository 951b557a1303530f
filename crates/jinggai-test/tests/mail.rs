//! Notices by e-mail: a small mail server in the test takes them, refuses them for now or for good, or dies on us.
#![allow(clippy::unwrap_used)]
use jiff::{SignedDuration, Timestamp};
use jinggai::app::App;
use jinggai::cases::outbox;
use jinggai::config::{Config, Given};
use jinggai::identity::Role;
use jinggai_db::sql;
use jinggai_test::mail_server::{self, Answer, MailServer};
use jinggai_test::{Client, TestApp, on_both_stores};
use mail_parser::{HeaderValue, Message, MessageParser};
use serde_json::json;

const TO: &str = "zhipai@example.gov.cn";
const TITLE: &str =
    "待派遣：井盖缺失，华新街“观音桥”步行街口 雨水箅子旁，请尽快派遣处置，勿使行人靠近（紧急）";

/// The platform with this mail server.
async fn with(app: &TestApp, port: u16, more: Given) -> App {
    let given = Given {
        database: app.app.config().database.clone(),
        public_url: Some("https://jg.example.gov.cn".into()),
        smtp_host: Some("127.0.0.1".into()),
        smtp_port: Some(port),
        smtp_tls: more.smtp_tls.clone().or(Some("none".into())),
        smtp_from: Some("窨井盖平台 <jinggai@example.gov.cn>".into()),
        ..more
    };
    App::open(Config::resolve(app.dir(), Given::default(), Given::default(), given).unwrap()).await.unwrap()
}

/// An operator with an address, told of a case.
async fn told(app: &TestApp) -> Client {
    let seed = app.seed().await;
    let registrar = app.login(Role::Registrar, None, None).await;
    let operator = app.login(Role::Operator, None, None).await;
    let mut tx = app.db().begin().await.unwrap();
    tx.run(sql!("UPDATE users SET email = ? WHERE name = ?", TO, Role::Operator.zh())).await.unwrap();
    tx.commit().await.unwrap();
    let inspector = app.login(Role::Inspector, None, Some(seed.street)).await;
    let well = json!({"kind": "sewage", "area": "500105001", "position": {"lng": 106.57, "lat": 29.6}, "covers": [{}]});
    let file = registrar.post("/api/v1/wells", well).await.ok();
    let finding = json!({"cover": file["covers"][0]["uid"], "hazard": "H01", "text": "缺失", "reporter_name": "某市民", "reporter_phone": "13800000000"});
    let f = inspector.post("/api/v1/findings", finding).await.ok();
    let path = format!("/api/v1/findings/{}/moves", f["uid"].as_str().unwrap());
    operator.post(&path, json!({"move": "file", "version": f["version"]})).await.ok();
    let mut tx = app.db().begin().await.unwrap();
    tx.run(sql!("UPDATE notices SET title = ? WHERE channel = 'app'", TITLE)).await.unwrap();
    tx.commit().await.unwrap();
    operator
}

fn soon() -> Timestamp {
    Timestamp::now() + SignedDuration::from_secs(1)
}

/// The one row of the outbox that is in this state.
async fn row(operator: &Client, state: &str) -> serde_json::Value {
    let list = operator.get(&format!("/api/v1/outbox?state={state}")).await.ok();
    assert_eq!(list["items"].as_array().unwrap().len(), 1, "{list}");
    list["items"][0].clone()
}

fn parsed(raw: &str) -> Message<'_> {
    MessageParser::default().parse(raw.as_bytes()).unwrap()
}

on_both_stores! {
    async fn a_mail_is_delivered_once_and_reads_as_written(app: TestApp) {
        let server = MailServer::start(vec![]).await;
        let out = with(&app, server.port, Given { smtp_user: Some("jg".into()), smtp_password: Some("s3cret".into()), ..Given::default() }).await;
        let operator = told(&app).await;
        let now = soon();
        assert_eq!(outbox::step(&out, now).await.unwrap(), 1);
        assert_eq!(outbox::step(&out, now + SignedDuration::from_hours(2)).await.unwrap(), 0, "nothing is sent twice");
        let got = server.taken();
        assert_eq!(got.len(), 1);
        assert_eq!((got[0].from.as_str(), got[0].to.as_str(), got[0].login.as_str()), ("jinggai@example.gov.cn", TO, "\0jg\0s3cret"));
        assert_eq!(got[0].hello, "example.gov.cn");
        // Nothing but ASCII goes over the wire, and it reads as it was written.
        assert!(got[0].raw.is_ascii() && got[0].raw.lines().all(|l| l.len() <= 998), "{}", got[0].raw);
        let mail = parsed(&got[0].raw);
        assert_eq!(mail.subject(), Some(TITLE));
        assert_eq!(mail.from().unwrap().first().unwrap().name(), Some("窨井盖平台"));
        let sent = row(&operator, "sent").await;
        assert_eq!(mail.message_id(), Some(format!("{}@example.gov.cn", sent["uid"].as_str().unwrap()).as_str()));
        assert_eq!(mail.header("Auto-Submitted").and_then(HeaderValue::as_text), Some("auto-generated"));
        let text = mail.body_text(0).unwrap();
        for part in [TITLE, "案卷编号：", "查看：https://jg.example.gov.cn/cases/", "请勿回复"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!text.contains("某市民") && !text.contains("13800000000"), "{text}");
        assert_eq!((sent["channel"].as_str(), sent["attempts"].as_i64()), (Some("email"), Some(1)));
    }

    async fn a_refusal_for_now_is_tried_again(app: TestApp) {
        let server = MailServer::start(vec![Answer::Refuse("451 4.7.1 greylisted"), Answer::Refuse("535 5.7.8 login unknown")]).await;
        let out = with(&app, server.port, Given::default()).await;
        let operator = told(&app).await;
        let mut now = soon();
        for (n, why) in [(1, "451"), (2, "535")] {
            assert_eq!(outbox::step(&out, now).await.unwrap(), 0);
            assert_eq!(outbox::step(&out, now).await.unwrap(), 0, "not before its pause is over");
            let waiting = row(&operator, "waiting").await;
            assert_eq!(waiting["attempts"], n);
            assert!(waiting["error"].as_str().unwrap().contains(why), "{waiting}");
            now += SignedDuration::from_hours(1);
        }
        assert_eq!(outbox::step(&out, now).await.unwrap(), 1);
        assert_eq!((server.taken().len(), row(&operator, "sent").await["error"].clone()), (1, serde_json::Value::Null));
    }

    async fn a_refusal_for_good_is_set_aside_and_can_be_sent_again(app: TestApp) {
        let server = MailServer::start(vec![Answer::Refuse("550 5.1.1 <zhipai@example.gov.cn> unknown")]).await;
        let out = with(&app, server.port, Given::default()).await;
        let operator = told(&app).await;
        let now = soon();
        assert_eq!(outbox::step(&out, now).await.unwrap(), 0);
        let failed = row(&operator, "failed").await;
        assert_eq!(failed["attempts"], 1, "once is enough");
        let why = failed["error"].as_str().unwrap();
        assert!(why.contains("550") && !why.contains(TO), "{why}");
        assert_eq!(outbox::step(&out, now + SignedDuration::from_hours(9)).await.unwrap(), 0, "it is not tried by itself");
        operator.post(&format!("/api/v1/outbox/{}/again", failed["uid"].as_str().unwrap()), json!({})).await.ok();
        assert_eq!(outbox::step(&out, soon()).await.unwrap(), 1);
        let got = server.taken();
        assert_eq!(got.len(), 1);
        assert_eq!(parsed(&got[0].raw).message_id().unwrap().split('@').next(), failed["uid"].as_str());
    }

    async fn a_server_that_is_away_or_speaks_in_the_clear_gets_nothing_yet(app: TestApp) {
        let operator = told(&app).await;
        let away = with(&app, mail_server::closed_port().await, Given::default()).await;
        let now = soon();
        assert_eq!(outbox::step(&away, now).await.unwrap(), 0);
        assert_eq!(row(&operator, "waiting").await["attempts"], 1);
        // Asked for STARTTLS, a server that has none gets no mail.
        let server = MailServer::start(vec![]).await;
        let guarded = with(&app, server.port, Given { smtp_tls: Some("starttls".into()), ..Given::default() }).await;
        assert_eq!(outbox::step(&guarded, now + SignedDuration::from_hours(1)).await.unwrap(), 0);
        assert_eq!((row(&operator, "waiting").await["attempts"].clone(), server.taken().len()), (json!(2), 0));
        let back = with(&app, server.port, Given::default()).await;
        assert_eq!(outbox::step(&back, now + SignedDuration::from_hours(3)).await.unwrap(), 1);
        assert_eq!(server.taken().len(), 1);
    }

    async fn only_a_kill_between_sending_and_noting_sends_twice_and_then_the_same_mail(app: TestApp) {
        // The server takes the mail; its word that it did never arrives.
        let server = MailServer::start(vec![Answer::TakeInSilence]).await;
        let out = with(&app, server.port, Given::default()).await;
        told(&app).await;
        let now = soon();
        let dying = tokio::spawn({
            let out = out.clone();
            async move { outbox::step(&out, now).await }
        });
        server.silent.notified().await;
        dying.abort();
        assert!(dying.await.unwrap_err().is_cancelled());
        assert_eq!(server.taken().len(), 1);
        assert_eq!(outbox::step(&out, now + SignedDuration::from_secs(60)).await.unwrap(), 0, "it is still the dead sender's");
        assert_eq!(outbox::step(&out, now + SignedDuration::from_hours(1)).await.unwrap(), 1);
        assert_eq!(outbox::step(&out, now + SignedDuration::from_hours(2)).await.unwrap(), 0);
        let got = server.taken();
        assert_eq!(got.len(), 2);
        assert_eq!(parsed(&got[0].raw).message_id(), parsed(&got[1].raw).message_id());
        assert_eq!(got[0].raw, got[1].raw, "it is the same mail to the last letter");
    }

    async fn who_has_no_address_gets_no_mail(app: TestApp) {
        let server = MailServer::start(vec![]).await;
        let out = with(&app, server.port, Given::default()).await;
        let operator = told(&app).await;
        let mut tx = app.db().begin().await.unwrap();
        tx.run(sql!("UPDATE users SET email = NULL")).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(outbox::step(&out, soon()).await.unwrap(), 0);
        assert_eq!(operator.get("/api/v1/outbox").await.ok()["items"], json!([]));
    }
}
