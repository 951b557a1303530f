//! Rule packs: listed with their versions, changed from a day on, checked by their kind; the division of labour applied.
#![allow(clippy::unwrap_used, reason = "a failure names its line")]
use jinggai::identity::division::{Labour, Situation};
use jinggai::identity::units;
use jinggai::{clock, rulepacks};
use jinggai_db::sql;
use jinggai_rules::kinds::{CoverKind, Place, RoadManager};
use jinggai_rules::passwords::PasswordRules;
use jinggai_test::on_both_stores;
use serde_json::{Value as Json, json};

const PASSWORD: &str = "/api/v1/rules/password/password";

fn day(days: i64) -> String {
    clock::today().checked_add(jiff::Span::new().days(days)).unwrap().to_string()
}

on_both_stores! {
    async fn shipped_packs_are_entered_once_and_stay(app: TestApp) {
        let admin = app.as_admin().await;
        let before = admin.get("/api/v1/rules").await.ok();
        let mut tx = app.db().begin().await.unwrap();
        let n = rulepacks::enter_shipped(&mut tx).await.unwrap();
        assert_eq!(rulepacks::enter_shipped(&mut tx).await.unwrap(), 0);
        tx.commit().await.unwrap();
        assert!(n >= 12, "{n}");
        assert_eq!(admin.get("/api/v1/rules").await.ok(), before, "entering them changes nothing that is in force");
        let kinds: Vec<&str> = before["items"].as_array().unwrap().iter().map(|i| i["kind"].as_str().unwrap()).collect();
        for (kind, _) in rulepacks::KINDS {
            assert!(kinds.contains(kind), "{kind} is not listed");
        }
        let (rows,): (i64,) = app.db().one(sql!("SELECT count(*) FROM rule_packs")).await.unwrap();
        assert_eq!(usize::try_from(rows).unwrap(), n);
        // What the program ships later under the same number does not replace what records were made with.
        let mut tx = app.db().begin().await.unwrap();
        tx.run(sql!("UPDATE rule_packs SET body = replace(body, '\"least_length\":10', '\"least_length\":11') WHERE kind = 'password'")).await.unwrap();
        let kept: PasswordRules = rulepacks::current(&mut tx, clock::today()).await.unwrap().unwrap();
        assert_eq!((kept.least_length, rulepacks::all::<PasswordRules>(&mut tx).await.unwrap().len()), (11, 1));
    }

    async fn a_new_version_rules_from_its_day_and_the_old_one_stays(app: TestApp) {
        let admin = app.as_admin().await;
        let now = admin.get(PASSWORD).await.ok();
        let mut pack = now["pack"].clone();
        pack["least_length"] = json!(16);
        let change = |version: u32, pack: &Json, from: &str| json!({"version": version, "pack": pack, "effective_from": from, "source": "区办〔2026〕3号"});
        assert_eq!(admin.put(PASSWORD, change(7, &pack, &day(0))).await.refusal(), (409, "conflict.version".into()));
        assert_eq!(admin.put(PASSWORD, change(1, &pack, "2001-01-01")).await.refusal(), (422, "rule.effective_from".into()));
        admin.put(PASSWORD, change(1, &pack, &day(3))).await.ok();
        let waiting = admin.get(PASSWORD).await.ok();
        assert_eq!((waiting["pack"]["pack"]["version"].as_i64(), waiting["versions"].as_array().unwrap().len()), (Some(1), 2), "not before its day");
        pack["least_length"] = json!(18);
        assert_eq!(admin.put(PASSWORD, change(2, &pack, &day(0))).await.refusal().1, "rule.effective_from", "not before the version it follows");
        let mut tx = app.db().begin().await.unwrap();
        let then: PasswordRules = rulepacks::current(&mut tx, day(3).parse().unwrap()).await.unwrap().unwrap();
        drop(tx);
        assert_eq!(then.least_length, 16);
        assert_eq!(admin.get(&format!("{PASSWORD}?version=2")).await.ok()["pack"]["pack"]["source"], "区办〔2026〕3号");
        let log = admin.get("/api/v1/audit?subject=rule_pack").await.ok();
        assert_eq!((log["items"][0]["action"].as_str(), log["items"][0]["after"]["version"].as_i64()), (Some("changed"), Some(2)));
    }

    async fn rules_in_force_are_what_passwords_are_checked_by(app: TestApp) {
        let admin = app.as_admin().await;
        let mut pack = admin.get(PASSWORD).await.ok()["pack"].clone();
        pack["least_length"] = json!(20);
        admin.put(PASSWORD, json!({"version": 1, "pack": pack, "source": "内部规定"})).await.ok();
        let weak = admin.post("/api/v1/users", json!({"login": "hxj", "name": "x", "password": "Xk4-qT9z-观音桥"})).await;
        assert_eq!(weak.refusal(), (422, "password.weak".into()));
        let made = admin.post("/api/v1/users", json!({"login": "hxj", "name": "x"})).await.ok();
        assert!(made["password"].as_str().unwrap().len() >= 20, "{made}");
    }

    async fn a_pack_that_makes_no_sense_is_refused_by_name(app: TestApp) {
        let admin = app.as_admin().await;
        let mut pack = admin.get("/api/v1/rules/division/jiangbei-2021").await.ok()["pack"].clone();
        pack["rules"][0]["unit"] = json!("nobody");
        let bad = admin.put("/api/v1/rules/division/jiangbei-2021", json!({"version": 1, "pack": pack, "source": "x"})).await;
        assert_eq!(bad.refusal(), (422, "rule.invalid".into()));
        assert_eq!(bad.json()["fields"][0]["field"], "rules[0].unit");
        for (path, code) in [("/api/v1/rules/none/x", "rule.unknown"), ("/api/v1/rules/division/none", "rule.unknown")] {
            assert_eq!(admin.get(path).await.refusal(), (404, code.into()), "{path}");
        }
        let none = json!({"version": 0, "pack": {}, "source": "x"});
        assert_eq!(admin.put("/api/v1/rules/none/x", none.clone()).await.refusal().1, "rule.unknown");
        assert_eq!(admin.put("/api/v1/rules/code_scheme/ours", none.clone()).await.refusal().1, "rule.invalid");
        assert_eq!(admin.put("/api/v1/rules/annex1_template/annex1", none).await.refusal().1, "rule.template");
        let registrar = app.login(jinggai::identity::Role::Registrar, None, None).await;
        let mut free = registrar.get("/api/v1/rules/code_scheme/free").await.ok()["pack"].clone();
        free["pack"] = json!(null);
        registrar.put("/api/v1/rules/code_scheme/ours", json!({"version": 0, "pack": free, "source": "本区"})).await.ok();
        let schemes = registrar.get("/api/v1/code-schemes").await.text();
        assert!(schemes.contains("\"ours\""), "{schemes}");
    }

    async fn the_division_of_labour_names_units_of_the_store(app: TestApp) {
        let mut tx = app.db().begin().await.unwrap();
        let s = |kind, manager, area| Situation { kind, place: Some(Place::Carriageway), manager, area };
        let sewage = s(CoverKind::Sewage, None, None);
        let before = Labour::load(&mut tx, clock::today()).await.unwrap().supervisor(&sewage).unwrap();
        assert_eq!((before.unit_id, before.code.as_str()), (None, "jb-zjw"), "named, but not entered yet");
        units::init(&mut tx).await.unwrap();
        let labour = Labour::load(&mut tx, clock::today()).await.unwrap();
        let id = units::id_of(&mut tx, "jb-zjw").await.unwrap();
        assert_eq!(labour.supervisor(&sewage).unwrap().unit_id, id);
        let street = Some(RoadManager::Street);
        let community = s(CoverKind::Ownerless, street, Some("500105001001"));
        assert_eq!(labour.fallback(&community).unwrap().code, "jb-jd-hxj", "the office of the street it lies in");
        assert_eq!(labour.fallback(&s(CoverKind::Ownerless, street, None)), None, "which street is not known");
        assert!(labour.supervisor(&s(CoverKind::Gas, None, None)).unwrap().basis.contains("四(一)"));
        units::end(&mut tx, "jb-zjw", clock::today(), Some("jb-cgj")).await.unwrap();
        assert_eq!(Labour::load(&mut tx, clock::today()).await.unwrap().supervisor(&sewage).unwrap().unit_id, None);
        assert_eq!(units::end(&mut tx, "jb-zjw", clock::today(), None).await.unwrap_err().code(), "unit.ended");
    }

    async fn a_new_well_gets_its_supervising_department(app: TestApp) {
        let mut tx = app.db().begin().await.unwrap();
        units::init(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        let admin = app.as_admin().await;
        let form = json!({
            "kind": "sewage", "position": {"lng": 106.57, "lat": 29.6},
            "covers": [{"kind": "sewage", "lifecycle": "in_use", "condition": "intact"}],
        });
        let made = admin.post("/api/v1/wells", form).await.ok();
        let (code, basis): (String, Option<String>) = app.db().one(sql!(
            "SELECT n.code, r.basis FROM responsibilities r JOIN units n ON n.id = r.unit_id WHERE r.role = 'supervisor'"
        )).await.unwrap();
        assert_eq!(code, "jb-zjw");
        assert!(basis.unwrap().contains("雨污水"), "{made}");
    }

    async fn areas_move_in_the_tree_without_circles(app: TestApp) {
        let admin = app.as_admin().await;
        for (code, name) in [("500105", "江北区"), ("500105001", "华新街街道"), ("500105002", "江北城街道"), ("500105001001", "桥北社区")] {
            admin.post("/api/v1/areas", json!({"code": code, "name": name})).await.ok();
        }
        let area = |code: &str, name: &str, parent: Option<&str>| json!({"version": 1, "area": {"code": code, "name": name, "parent": parent}});
        let circle = admin.put("/api/v1/areas/500105001", area("500105001", "华新街街道", Some("500105001001"))).await;
        assert_eq!(circle.refusal(), (422, "area.cycle".into()));
        admin.put("/api/v1/areas/500105001001", area("500105001001", "桥北社区", Some("500105002"))).await.ok();
        let within = async |code: &str| admin.get(&format!("/api/v1/areas?level=community&within={code}")).await.ok()["total"].as_i64();
        assert_eq!((within("500105001").await, within("500105002").await, within("500105").await), (Some(0), Some(1), Some(1)));
        let stale = admin.put("/api/v1/areas/500105001001", area("500105001001", "桥北", None)).await;
        assert_eq!(stale.refusal(), (409, "conflict.version".into()));
        assert_eq!(stale.json()["current"]["parent"], "500105002");
        let first = admin.get("/api/v1/areas?limit=2").await.ok();
        assert_eq!((first["items"].as_array().unwrap().len(), first["total"].as_i64()), (2, Some(4)));
        let rest = admin.get(&format!("/api/v1/areas?limit=2&cursor={}", first["next"].as_str().unwrap())).await.ok();
        assert_eq!((rest["items"][1]["code"].as_str(), rest["next"].is_null()), (Some("500105002"), true));
        let again = json!({"new": "500105002", "effective": "2026-01-01", "basis": "x"});
        assert_eq!(admin.post("/api/v1/areas/500105001/successors", again.clone()).await.status, 201);
        assert_eq!(admin.post("/api/v1/areas/500105001/successors", again.clone()).await.status, 200, "noted already");
        assert_eq!(admin.post("/api/v1/areas/999999/successors", again).await.status, 404);
    }
}
