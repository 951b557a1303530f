//! Sessions, given passwords, lock-out and recovery; what holds when two people act at once.
#![allow(clippy::unwrap_used, reason = "a failure names its line")]
use jinggai::config::{Config, Given};
use jinggai::identity::users::{self, NewGrant, NewUser};
use jinggai::identity::{Role, passwords};
use jinggai_db::sql;
use jinggai_rules::totp::Totp;
use jinggai_test::{Client, Reply, TestApp, on_both_stores};
use serde_json::json;
use std::path::Path;

const PASSWORD: &str = "Xk4-qT9z-观音桥";

async fn person(app: &TestApp, login: &str, role: Role, must_change: bool) -> users::User {
    let mut tx = app.db().begin().await.unwrap();
    let rules = passwords::rules(&mut tx).await.unwrap();
    let hash = users::prepare(&rules, login, PASSWORD).await.unwrap();
    let new = NewUser {
        login: login.into(),
        name: "某岗位".into(),
        phone: None,
        email: None,
        unit_id: None,
        password: PASSWORD.into(),
        must_change,
        demo: false,
    };
    let (_, event) = users::create(&mut tx, &new, &hash).await.unwrap();
    let user = users::by_uid(&mut tx, event.subject_uid).await.unwrap();
    let grant = NewGrant { role, unit_id: None, area_id: None, valid_from: None, valid_to: None };
    users::grant(&mut tx, &user, &grant).await.unwrap();
    tx.commit().await.unwrap();
    user
}

async fn log_in(app: &TestApp, login: &str, password: &str) -> Reply {
    app.anonymous().post("/api/v1/session", json!({"login": login, "password": password})).await
}

fn session_of(app: &TestApp, reply: &Reply) -> Client {
    let cookie = reply.headers["set-cookie"].to_str().unwrap();
    app.anonymous().with_secret(cookie.split(['=', ';']).nth(1).unwrap().to_owned())
}

async fn session(app: &TestApp, login: &str) -> Client {
    session_of(app, &log_in(app, login, PASSWORD).await)
}

on_both_stores! {
    async fn a_given_password_opens_nothing_but_its_own_change(app: TestApp) {
        person(&app, "reg", Role::Registrar, true).await;
        let who = session(&app, "reg").await;
        assert_eq!(who.get("/api/v1/me").await.ok()["must_change_password"], true);
        for path in ["/api/v1/units", "/api/v1/covers", "/api/v1/me/sessions", "/api/v1/events", "/api/v1/tokens"] {
            assert_eq!(who.get(path).await.refusal(), (403, "password.must_change".into()), "{path}");
        }
        let token = json!({"name": "x", "scopes": ["registry.read"], "days": 1});
        assert_eq!(who.post("/api/v1/tokens", token).await.refusal().1, "password.must_change");
        let same = who.post("/api/v1/me/password", json!({"old": PASSWORD, "new": PASSWORD})).await;
        assert_eq!(same.refusal().1, "password.same");
        who.post("/api/v1/me/password", json!({"old": PASSWORD, "new": "Neu-9wk2-江北"})).await.ok();
        let again = session_of(&app, &log_in(&app, "reg", "Neu-9wk2-江北").await);
        again.get("/api/v1/units").await.ok();
    }

    async fn sessions_are_listed_and_ended_by_their_owner(app: TestApp) {
        person(&app, "reg", Role::Registrar, false).await;
        person(&app, "other", Role::Registrar, false).await;
        let (one, two, three) = (session(&app, "reg").await, session(&app, "reg").await, session(&app, "reg").await);
        let stranger = session(&app, "other").await;
        let list = one.get("/api/v1/me/sessions").await.ok();
        let list = list.as_array().unwrap();
        assert_eq!(list.len(), 3);
        assert_eq!(list.iter().map(|s| s["current"].as_bool().unwrap()).collect::<Vec<_>>(), [false, false, true]);
        let path = format!("/api/v1/me/sessions/{}", list[0]["id"]);
        assert_eq!(stranger.delete(&path).await.refusal(), (404, "not_found".into()), "only one's own");
        one.delete(&path).await.ok();
        assert_eq!(three.get("/api/v1/me").await.status, 401);
        two.get("/api/v1/me").await.ok();
        assert_eq!(one.delete("/api/v1/me/sessions").await.ok()["ended"], 1);
        assert_eq!(two.get("/api/v1/me").await.status, 401);
        one.get("/api/v1/me").await.ok();
        stranger.get("/api/v1/me").await.ok();
    }

    async fn a_login_that_nobody_has_locks_like_any_other(app: TestApp) {
        person(&app, "reg", Role::Registrar, false).await;
        let mut told = vec![];
        for login in ["reg", "nobody"] {
            let mut codes = vec![];
            for _ in 0..6 {
                codes.push(log_in(&app, login, "nonsense").await.refusal());
            }
            told.push(codes);
        }
        assert_eq!(told[0], told[1]);
        assert_eq!(told[0][3], (401, "session.wrong".into()));
        assert_eq!(told[0][4], (429, "session.locked".into()));
    }

    async fn an_administrator_lets_in_who_lost_the_second_factor(app: TestApp) {
        let user = person(&app, "reg", Role::Registrar, false).await;
        let who = session(&app, "reg").await;
        let begun = who.post("/api/v1/me/totp", json!({})).await.ok();
        let totp = Totp::from_base32(begun["secret"].as_str().unwrap()).unwrap();
        let step = u64::try_from(jiff::Timestamp::now().as_second()).unwrap() / 30;
        who.put("/api/v1/me/totp", json!({"code": totp.code_of_step(step)})).await.ok();
        assert_eq!(who.post("/api/v1/me/totp", json!({})).await.refusal(), (409, "totp.exists".into()));
        let admin = app.as_admin().await;
        let made = admin.post(&format!("/api/v1/users/{}/password", user.uid), json!({})).await.ok();
        let in_again = log_in(&app, "reg", made["password"].as_str().unwrap()).await;
        assert!(in_again.status.is_success(), "{}", in_again.text());
        assert_eq!(who.get("/api/v1/me").await.status, 401);
        let log = admin.get(&format!("/api/v1/audit?subject_uid={}", user.uid)).await.text();
        assert!(log.contains("second_factor_removed") && !log.contains(made["password"].as_str().unwrap()), "{log}");
    }

    async fn users_are_corrected_with_their_version_and_listed_by_the_page(app: TestApp) {
        app.seed().await;
        let user = person(&app, "reg", Role::Registrar, false).await;
        let admin = app.as_admin().await;
        let path = format!("/api/v1/users/{}", user.uid);
        let change = json!({"version": 1, "name": "李工", "phone": "023-67850000", "unit": "test-owner"});
        assert_eq!(admin.put(&path, change.clone()).await.ok()["version"], 2);
        assert_eq!(admin.put(&path, change).await.refusal(), (409, "conflict.version".into()));
        let view = admin.get(&path).await.ok();
        assert_eq!((view["name"].as_str(), view["unit"].as_str(), view["login"].as_str()), (Some("李工"), Some("test-owner"), Some("reg")));
        let bad = json!({"version": 2, "name": "李工", "phone": "打给我"});
        assert_eq!(admin.put(&path, bad).await.refusal().1, "phone.invalid");
        let first = admin.get("/api/v1/users?limit=1").await.ok();
        assert_eq!((first["items"].as_array().unwrap().len(), first["total"].as_i64()), (1, Some(2)));
        let rest = admin.get(&format!("/api/v1/users?limit=1&cursor={}", first["next"].as_str().unwrap())).await.ok();
        assert!(rest["next"].is_null());
        assert_ne!(rest["items"][0]["login"], first["items"][0]["login"]);
        let log = admin.get("/api/v1/audit?action=corrected").await.text();
        assert!(log.contains("李工") && !log.contains("67850000"), "{log}");
    }

    async fn grants_hold_from_their_first_to_their_last_day(app: TestApp) {
        let user = person(&app, "reg", Role::Registrar, false).await;
        let admin = app.as_admin().await;
        let grants = format!("/api/v1/users/{}/grants", user.uid);
        let who = session(&app, "reg").await;
        let day = |days: i64| jinggai::clock::today().checked_add(jiff::Span::new().days(days)).unwrap().to_string();
        for (from, to, holds) in [(1, 9, false), (-9, 0, false), (-9, 1, true)] {
            let grant = admin.post(&grants, json!({"role": "admin", "valid_from": day(from), "valid_to": day(to)})).await.ok();
            assert_eq!(who.get("/api/v1/users").await.status.is_success(), holds, "{from} {to}");
            admin.delete(&format!("{grants}/{}", grant["uid"].as_str().unwrap())).await.ok();
        }
        let backwards = json!({"role": "admin", "valid_from": day(2), "valid_to": day(1)});
        assert_eq!(admin.post(&grants, backwards).await.refusal(), (422, "grant.validity".into()));
        assert_eq!(who.post(&grants, json!({"role": "admin"})).await.status, 403, "nobody gives what is not theirs to give");
    }

    async fn two_administrators_cannot_put_each_other_out(app: TestApp) {
        for round in 0..3 {
            let names = [format!("eins-{round}"), format!("zwei-{round}")];
            let one = person(&app, &names[0], Role::Admin, false).await;
            let two = person(&app, &names[1], Role::Admin, false).await;
            let (a, b) = (session(&app, &names[0]).await, session(&app, &names[1]).await);
            let (x, y) = (format!("/api/v1/users/{}/disable", two.uid), format!("/api/v1/users/{}/disable", one.uid));
            tokio::join!(a.post(&x, json!({})), b.post(&y, json!({})));
            let (left,): (i64,) = app.db().one(sql!(
                "SELECT count(*) FROM users u JOIN grants g ON g.user_id = u.id WHERE u.disabled_at IS NULL AND g.role = 'admin'"
            )).await.unwrap();
            assert_eq!(left, 1, "one of the two stays");
            // The next round begins without the one that stayed.
            let mut tx = app.db().begin().await.unwrap();
            tx.run(sql!("UPDATE users SET disabled_at = ? WHERE disabled_at IS NULL", jiff::Timestamp::now())).await.unwrap();
            tx.commit().await.unwrap();
        }
    }

    async fn two_moves_at_once_make_no_circle(app: TestApp) {
        let admin = app.as_admin().await;
        let unit = |code: &str, parent: Option<&str>| json!({"code": code, "name": code, "kinds": ["owner"], "parent": parent});
        for round in 0..3 {
            let (a, b) = (format!("a{round}"), format!("b{round}"));
            for code in [&a, &b] {
                admin.post("/api/v1/units", unit(code, None)).await.ok();
            }
            let (x, y) = (format!("/api/v1/units/{a}"), format!("/api/v1/units/{b}"));
            let (x, y) = tokio::join!(
                admin.put(&x, json!({"version": 1, "unit": unit(&a, Some(&b))})),
                admin.put(&y, json!({"version": 1, "unit": unit(&b, Some(&a))})),
            );
            let mut told = [x.refusal(), y.refusal()];
            told.sort();
            assert_eq!(told, [(200, String::new()), (422, "unit.cycle".into())]);
        }
    }

    async fn what_the_framework_refuses_is_a_problem_too(app: TestApp) {
        let admin = app.as_admin().await;
        assert_eq!(admin.get("/api/v1/users/none").await.refusal(), (422, "request.invalid".into()));
        assert_eq!(admin.get("/api/v1/units?nonsense=1").await.refusal(), (422, "query.invalid".into()));
        let method = admin.delete("/api/v1/units").await;
        assert_eq!(method.refusal(), (405, "method.not_allowed".into()));
        assert!(method.headers["allow"].to_str().unwrap().contains("GET"));
    }
}

#[test]
fn the_lock_is_a_setting() {
    let file = Given { login_failures: Some(3), login_lock_minutes: Some(60), ..Given::default() };
    let c = Config::resolve(Path::new("d"), file, Given::default(), Given::default()).unwrap();
    assert_eq!((c.login_failures, c.login_lock_minutes), (3, 60));
    let names: Vec<_> = c.settings.iter().map(|s| s.name).collect();
    assert!(names.contains(&"login_failures") && names.contains(&"login_lock_minutes"), "{names:?}");
}
