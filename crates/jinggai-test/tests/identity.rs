//! Logging in and out, lock-out, second factor, passwords, tokens, grants, units and areas.
#![allow(clippy::unwrap_used)]
use jinggai::identity::users::{self, NewUser};
use jinggai::identity::{Permission, Role, areas, login, passwords, shipped, units};
use jinggai::statistics::division::{Division, Slot};
use jinggai_db::sql;
use jinggai_rules::totp::Totp;
use jinggai_test::{Client, TestApp, on_both_stores};
use serde_json::{Value as Json, json};

const PASSWORD: &str = "Xk4-qT9z-观音桥";

async fn person(app: &TestApp, login: &str) -> users::User {
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
        must_change: false,
        demo: false,
    };
    let (_, event) = users::create(&mut tx, &new, &hash).await.unwrap();
    let user = users::by_uid(&mut tx, event.subject_uid).await.unwrap();
    let grant = users::NewGrant {
        role: Role::Registrar,
        unit_id: None,
        area_id: None,
        valid_from: None,
        valid_to: None,
    };
    users::grant(&mut tx, &user, &grant).await.unwrap();
    tx.commit().await.unwrap();
    user
}

async fn log_in(app: &TestApp, login: &str, password: &str, totp: Option<&str>) -> jinggai_test::Reply {
    app.anonymous().post("/api/v1/session", json!({"login": login, "password": password, "totp": totp})).await
}

fn session_of(app: &TestApp, reply: &jinggai_test::Reply) -> Client {
    let cookie = reply.headers["set-cookie"].to_str().unwrap();
    let secret = cookie.split(['=', ';']).nth(1).unwrap();
    app.anonymous().with_secret(secret.to_owned())
}

fn now_s() -> u64 {
    u64::try_from(jiff::Timestamp::now().as_second()).unwrap()
}

on_both_stores! {
    async fn a_person_logs_in_and_out(app: TestApp) {
        person(&app, "reg").await;
        let reply = log_in(&app, "REG ", PASSWORD, None).await;
        let cookie = reply.headers["set-cookie"].to_str().unwrap().to_owned();
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
        let who = session_of(&app, &reply);
        let me = who.get("/api/v1/me").await.ok();
        assert_eq!((me["login"].as_str(), me["roles"][0]["code"].as_str()), (Some("reg"), Some("registrar")));
        assert!(me["permissions"].as_array().unwrap().contains(&json!("registry.import")));
        who.delete("/api/v1/session").await;
        assert_eq!(who.get("/api/v1/me").await.refusal(), (401, "unauthenticated".into()));
    }

    async fn unknown_and_wrong_look_alike(app: TestApp) {
        person(&app, "reg").await;
        let a = log_in(&app, "reg", "nonsense", None).await;
        let b = log_in(&app, "nobody", "nonsense", None).await;
        assert_eq!(a.refusal(), (401, "session.wrong".into()));
        assert_eq!(a.json()["title"], b.json()["title"]);
    }

    async fn five_failures_lock_and_an_administrator_unlocks(app: TestApp) {
        let user = person(&app, "reg").await;
        for _ in 0..4 {
            assert_eq!(log_in(&app, "reg", "wrong", None).await.refusal().1, "session.wrong");
        }
        assert_eq!(log_in(&app, "reg", "wrong", None).await.refusal(), (429, "session.locked".into()));
        assert_eq!(log_in(&app, "reg", PASSWORD, None).await.refusal().1, "session.locked", "even with the right one");
        let admin = app.as_admin().await;
        let made = admin.post(&format!("/api/v1/users/{}/password", user.uid), json!({})).await.ok();
        let reply = log_in(&app, "reg", made["password"].as_str().unwrap(), None).await;
        assert!(session_of(&app, &reply).get("/api/v1/me").await.ok()["must_change_password"].as_bool().unwrap());
    }

    async fn a_second_factor_is_asked_for_and_a_code_counts_once(app: TestApp) {
        person(&app, "reg").await;
        let who = session_of(&app, &log_in(&app, "reg", PASSWORD, None).await);
        let begun = who.post("/api/v1/me/totp", json!({})).await.ok();
        let totp = Totp::from_base32(begun["secret"].as_str().unwrap()).unwrap();
        assert!(log_in(&app, "reg", PASSWORD, None).await.status.is_success(), "not in force before it is confirmed");
        assert_eq!(who.put("/api/v1/me/totp", json!({"code": "000000"})).await.refusal().1, "totp.wrong");
        let step = now_s() / 30;
        who.put("/api/v1/me/totp", json!({"code": totp.code_of_step(step)})).await.ok();
        assert_eq!(log_in(&app, "reg", PASSWORD, None).await.refusal(), (401, "session.totp_required".into()));
        assert_eq!(log_in(&app, "reg", PASSWORD, Some(&totp.code_of_step(step))).await.refusal().1, "session.totp_wrong", "used");
        assert!(log_in(&app, "reg", PASSWORD, Some(&totp.code_of_step(step + 1))).await.status.is_success());
    }

    async fn changing_the_password_ends_every_session(app: TestApp) {
        person(&app, "reg").await;
        let one = session_of(&app, &log_in(&app, "reg", PASSWORD, None).await);
        let two = session_of(&app, &log_in(&app, "reg", PASSWORD, None).await);
        let weak = one.post("/api/v1/me/password", json!({"old": PASSWORD, "new": "12345678"})).await;
        assert_eq!(weak.refusal(), (422, "password.weak".into()));
        assert!(!weak.json()["fields"].as_array().unwrap().is_empty());
        assert_eq!(one.post("/api/v1/me/password", json!({"old": "x", "new": "Neu-9wk2-江北"})).await.refusal().1, "password.wrong");
        one.post("/api/v1/me/password", json!({"old": PASSWORD, "new": "Neu-9wk2-江北"})).await.ok();
        assert_eq!(two.get("/api/v1/me").await.status, 401);
        assert!(log_in(&app, "reg", "Neu-9wk2-江北", None).await.status.is_success());
    }

    async fn the_last_administrator_stays(app: TestApp) {
        let admin = app.as_admin().await;
        let me = admin.get("/api/v1/me").await.ok();
        let list = admin.get("/api/v1/users").await.ok();
        let uid = list["items"].as_array().unwrap().iter().find(|u| u["login"] == me["login"]).unwrap()["uid"].as_str().unwrap().to_owned();
        assert_eq!(admin.post(&format!("/api/v1/users/{uid}/disable"), json!({})).await.refusal(), (409, "user.last_admin".into()));
        app.as_admin().await;
        admin.post(&format!("/api/v1/users/{uid}/disable"), json!({})).await.ok();
        assert_eq!(admin.get("/api/v1/me").await.status, 401, "a disabled user's sessions end");
    }

    async fn users_are_entered_and_granted(app: TestApp) {
        let seed = app.seed().await;
        let admin = app.as_admin().await;
        let made = admin.post("/api/v1/users", json!({"login": "hxj", "name": "华新街街道", "unit": "test-owner"})).await.ok();
        let path = format!("/api/v1/users/{}", made["uid"].as_str().unwrap());
        assert_eq!(admin.post("/api/v1/users", json!({"login": "hxj", "name": "x"})).await.refusal().1, "user.login_taken");
        assert_eq!(admin.post("/api/v1/users", json!({"login": "a b", "name": "x"})).await.refusal().1, "user.login");
        for wrong in ["zhiban", "zhiban@", "值班@example.gov.cn", "zhiban@gov", "a b@example.gov.cn", "a@example.gov.cn,b@example.gov.cn"] {
            let r = admin.post("/api/v1/users", json!({"login": "duty", "name": "值班岗", "email": wrong})).await;
            assert_eq!((r.refusal().1.as_str(), r.json()["fields"][0]["field"].as_str()), ("email.invalid", Some("email")), "{wrong}");
        }
        let change = json!({"version": 1, "name": "华新街街道", "unit": "test-owner", "email": " hxj@example.gov.cn "});
        admin.put(&path, change).await.ok();
        assert_eq!(admin.get(&path).await.ok()["email"], "hxj@example.gov.cn");
        let logged = admin.get("/api/v1/audit?limit=50").await.ok().to_string();
        assert!(logged.contains("corrected") && !logged.contains("hxj@example"), "an address of a person stays out of the log");
        assert_eq!(admin.post(&format!("{path}/grants"), json!({"role": "king"})).await.refusal().1, "grant.role");
        assert_eq!(admin.post(&format!("{path}/grants"), json!({"role": "street"})).await.refusal().1, "grant.bounds");
        let grant = admin.post(&format!("{path}/grants"), json!({"role": "street", "area": "500105001"})).await.ok();
        let view = admin.get(&path).await.ok();
        assert_eq!(view["grants"][0]["area_name"], "华新街街道");
        admin.delete(&format!("{path}/grants/{}", grant["uid"].as_str().unwrap())).await.ok();
        let owner = app.login(Role::Owner, Some(seed.owner), None).await;
        assert_eq!(owner.get("/api/v1/users").await.refusal(), (403, "forbidden".into()));
    }

    async fn a_token_acts_within_its_scopes_until_it_is_revoked(app: TestApp) {
        let registrar = app.login(Role::Registrar, None, None).await;
        let beyond = registrar.post("/api/v1/tokens", json!({"name": "x", "scopes": ["user.manage"], "days": 9})).await;
        assert_eq!(beyond.refusal(), (422, "token.scope".into()));
        assert_eq!(registrar.post("/api/v1/tokens", json!({"name": "x", "scopes": ["registry.read"], "days": 999})).await.refusal().1, "token.days");
        let made = registrar.post("/api/v1/tokens", json!({"name": "平台对接", "scopes": ["directory.read"], "days": 9})).await.ok();
        let program = app.anonymous().with_secret(made["secret"].as_str().unwrap().to_owned());
        program.get("/api/v1/units").await.ok();
        assert_eq!(program.post("/api/v1/units", json!({"code": "a", "name": "b", "kinds": ["owner"]})).await.status, 403);
        assert_eq!(program.get("/api/v1/tokens").await.refusal(), (403, "session.token".into()));
        registrar.delete(&format!("/api/v1/tokens/{}", made["uid"].as_str().unwrap())).await.ok();
        assert_eq!(program.get("/api/v1/units").await.status, 401);
    }

    async fn an_idempotency_key_does_the_work_once(app: TestApp) {
        let admin = app.as_admin().await;
        let body = json!({"code": "ps", "name": "排水公司", "kinds": ["owner"]});
        let post = |body: Json| admin.send(axum::http::Method::POST, "/api/v1/units", Some(body), Some("key-12345678".into()));
        let first = post(body.clone()).await;
        let again = post(body).await;
        assert_eq!((first.status.as_u16(), again.status.as_u16()), (201, 201));
        assert_eq!(first.json(), again.json());
        assert_eq!(again.headers["idempotency-replayed"], "true");
        let other = post(json!({"code": "gs", "name": "供水公司", "kinds": ["owner"]})).await;
        assert_eq!(other.refusal(), (409, "idempotency.reused".into()));
        let (n,): (i64,) = app.db().one(sql!("SELECT count(*) FROM units WHERE code = 'ps'")).await.unwrap();
        assert_eq!(n, 1);
    }

    async fn units_form_a_tree_without_circles(app: TestApp) {
        let admin = app.as_admin().await;
        let unit = |code: &str, parent: Option<&str>| json!({"code": code, "name": code, "kinds": ["owner"], "parent": parent});
        for (code, parent) in [("a", None), ("b", Some("a")), ("c", Some("b")), ("d", None)] {
            admin.post("/api/v1/units", unit(code, parent)).await.ok();
        }
        let below = async |code: &str| -> i64 {
            let (n,): (i64,) = app.db().one(sql!("SELECT count(*) FROM unit_closure x JOIN units n ON n.id = x.ancestor_id WHERE n.code = ?", code)).await.unwrap();
            n
        };
        assert_eq!((below("a").await, below("b").await, below("d").await), (3, 2, 1));
        let circle = admin.put("/api/v1/units/a", json!({"version": 1, "unit": unit("a", Some("c"))})).await;
        assert_eq!(circle.refusal(), (422, "unit.cycle".into()));
        admin.put("/api/v1/units/b", json!({"version": 1, "unit": unit("b", Some("d"))})).await.ok();
        assert_eq!((below("a").await, below("b").await, below("d").await), (1, 2, 3));
        let stale = admin.put("/api/v1/units/b", json!({"version": 1, "unit": unit("b", None)})).await;
        assert_eq!(stale.refusal(), (409, "conflict.version".into()));
        let bad = admin.post("/api/v1/units", json!({"code": "e", "name": "e", "kinds": ["club"]})).await;
        assert_eq!(bad.refusal(), (422, "unit.kind".into()));
        let phone = admin.post("/api/v1/units", json!({"code": "e", "name": "e", "kinds": ["owner"], "emergency_phone": "打给我"})).await;
        assert_eq!((phone.refusal().1, phone.json()["fields"][0]["field"].as_str().map(str::to_owned)), ("phone.invalid".into(), Some("emergency_phone".into())));
    }

    async fn the_organisation_of_the_founding_document_is_entered_once(app: TestApp) {
        let mut tx = app.db().begin().await.unwrap();
        let first = units::init(&mut tx).await.unwrap().len();
        let again = units::init(&mut tx).await.unwrap().len();
        tx.commit().await.unwrap();
        assert!(first > 20, "{first}");
        assert_eq!(again, 0);
    }

    async fn a_district_that_was_merged_is_reached_by_both_names(app: TestApp) {
        let mut tx = app.db().begin().await.unwrap();
        shipped::init(&mut tx).await.unwrap();
        let id = async |tx: &mut jinggai_db::Tx, code: &str| areas::id_of(tx, code).await.unwrap().unwrap();
        let street = id(&mut tx, "500105001").await;
        let (old, new) = (id(&mut tx, "500105").await, id(&mut tx, "500157").await);
        let reach = |ancestor: i64| sql!("SELECT count(*) FROM area_closure WHERE ancestor_id = ? AND area_id = ?", ancestor, street);
        let (by_old,): (i64,) = tx.one(reach(old)).await.unwrap();
        let (by_new,): (i64,) = tx.one(reach(new)).await.unwrap();
        assert_eq!((by_old, by_new), (1, 1));
        let before = Division::load(&mut tx, jiff::civil::date(2025, 11, 5)).await.unwrap();
        let after = Division::load(&mut tx, jiff::civil::date(2025, 11, 6)).await.unwrap();
        let district = |d: &Division, area: i64| d.slot(Some(area), "district");
        assert_eq!((district(&before, street), district(&after, street)), (Slot::In(old), Slot::In(new)));
        let community = id(&mut tx, "500105001001").await;
        assert_eq!((district(&before, community), district(&after, community)), (Slot::In(old), Slot::In(new)));
        // 渝中区 stayed what it was.
        let other = id(&mut tx, "500103").await;
        assert_eq!((district(&before, other), district(&after, other)), (Slot::In(other), Slot::In(other)));
        let ended = areas::find(&mut tx, "500105").await.unwrap().unwrap();
        assert_eq!((ended.valid_to, ended.name.as_str()), (Some(jiff::civil::date(2025, 11, 6)), "江北区"));
        assert!(shipped::init(&mut tx).await.unwrap().is_empty(), "nothing is entered or noted twice");
    }

    async fn a_part_that_went_elsewhere_does_not_follow_its_district(app: TestApp) {
        let admin = app.as_admin().await;
        for (code, name) in [("500112", "渝北区"), ("500109", "北碚区"), ("500157", "两江新区"), ("500112101", "统景镇"), ("500112001", "双龙湖街道")] {
            admin.post("/api/v1/areas", json!({"code": code, "name": name})).await.ok();
        }
        let on = "2025-11-06";
        admin.post("/api/v1/areas/500112/successors", json!({"new": "500157", "effective": on, "basis": "公告"})).await.ok();
        admin.post("/api/v1/areas/500112/successors", json!({"new": "500109", "part": "500112101", "effective": on, "basis": "公告"})).await.ok();
        let within = async |code: &str| -> Vec<String> {
            let list = admin.get(&format!("/api/v1/areas?level=street&within={code}")).await.ok();
            list["items"].as_array().unwrap().iter().map(|a| a["name"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(within("500157").await, vec!["双龙湖街道"]);
        assert_eq!(within("500109").await, vec!["统景镇"]);
        assert_eq!(within("500112").await.len(), 2, "the old name still finds both");
        let mut tx = app.db().begin().await.unwrap();
        let after = Division::load(&mut tx, jiff::civil::date(2026, 1, 1)).await.unwrap();
        let id = async |tx: &mut jinggai_db::Tx, code: &str| areas::id_of(tx, code).await.unwrap().unwrap();
        let (town, street) = (id(&mut tx, "500112101").await, id(&mut tx, "500112001").await);
        let (beibei, new) = (id(&mut tx, "500109").await, id(&mut tx, "500157").await);
        assert_eq!((after.slot(Some(town), "district"), after.slot(Some(street), "district")), (Slot::In(beibei), Slot::In(new)));
    }

    async fn an_outline_finds_the_area_of_a_point(app: TestApp) {
        let admin = app.as_admin().await;
        let square = json!({"type": "Polygon", "coordinates": [[[106.5, 29.5], [106.6, 29.5], [106.6, 29.6], [106.5, 29.6], [106.5, 29.5]]]});
        admin.post("/api/v1/areas", json!({"code": "500105", "name": "江北区", "geometry": square})).await.ok();
        let mut tx = app.db().begin().await.unwrap();
        let inside = areas::area_at(&mut tx, jinggai_geo::Point { lng: 106.55, lat: 29.55 }).await.unwrap();
        let outside = areas::area_at(&mut tx, jinggai_geo::Point { lng: 106.65, lat: 29.55 }).await.unwrap();
        assert_eq!((inside.map(|(_, code)| code), outside), (Some("500105".into()), None));
        drop(tx);
        let bad = admin.post("/api/v1/areas", json!({"code": "50010X", "name": "x"})).await;
        assert_eq!(bad.refusal(), (422, "area.code".into()));
        let line = json!({"type": "Point", "coordinates": [1, 2]});
        let bad = admin.post("/api/v1/areas", json!({"code": "500106", "name": "x", "geometry": line})).await;
        assert_eq!(bad.refusal(), (422, "area.geometry".into()));
    }

    async fn what_is_done_stands_in_the_log_without_secrets(app: TestApp) {
        let admin = app.as_admin().await;
        admin.post("/api/v1/users", json!({"login": "hxj", "name": "华新街", "password": PASSWORD})).await.ok();
        admin.post("/api/v1/tokens", json!({"name": "x", "scopes": ["registry.read"], "days": 9})).await.ok();
        let page = admin.get("/api/v1/audit?limit=1").await.ok();
        assert_eq!((page["items"].as_array().unwrap().len(), page["next"].is_i64()), (1, true));
        let all = admin.get("/api/v1/audit?subject=user").await.text();
        assert!(all.contains("token_created") && all.contains("hxj"), "{all}");
        assert!(!all.contains(PASSWORD) && !all.contains("argon2"), "{all}");
        let leader = app.login(Role::Leader, None, None).await;
        leader.get("/api/v1/audit").await.ok();
        assert_eq!(app.login(Role::Operator, None, None).await.get("/api/v1/audit").await.status, 403);
        assert!(login::step_of("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "abc", None).unwrap().is_none());
        assert_eq!(Permission::from_code("audit.read"), Some(Permission::AuditRead));
    }
}
