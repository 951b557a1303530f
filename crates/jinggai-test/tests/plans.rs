//! From what the ledger shows and people see, through a plan, to the closed hazard; every refusal on the way.
#![allow(clippy::unwrap_used)]
mod plans_district;

use jinggai::app::App;
use jinggai::config::{Config, Given};
use jinggai::identity::Role;
use jinggai_db::sql;
use jinggai_test::mail_server::MailServer;
use jinggai_test::{Client, on_both_stores, picture};
use plans_district::{People, Plan, change, cover, day, people, plan, step, text, well};
use serde_json::{Value as Json, json};

/// The diagram and the table in the docs are the table of the flow.
#[test]
fn the_docs_draw_the_flow_as_it_is() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let english = std::fs::read_to_string(root.join("docs/plans.md")).unwrap();
    let chinese = std::fs::read_to_string(root.join("docs/plans.zh-CN.md")).unwrap();
    let drawn: Vec<&str> = english.lines().map(str::trim).filter(|l| l.contains(" --> ")).collect();
    let table: Vec<String> = jinggai_rules::plan_flow::PLAN_FLOW
        .iter()
        .map(|r| format!("{} --> {}: {}", r.from, r.to, r.action))
        .collect();
    assert_eq!(drawn, table);
    for row in jinggai_rules::plan_flow::PLAN_FLOW {
        assert!(chinese.contains(&format!("| {} |", row.action.name_zh())), "{}", row.action);
    }
}

/// A hazard seen on site.
async fn seen(p: &People, cover: &str, code: &str, measured: Json) -> String {
    let body = json!({"cover": cover, "code": code, "measured": measured, "reason": "7 月自查"});
    let r = p.owner.post("/api/v1/hazards", body).await;
    assert_eq!(r.status, 201, "{}", r.text());
    text(&r.json(), "uid")
}

fn refusal(r: &jinggai_test::Reply) -> (u16, String) {
    r.refusal()
}

/// What somebody heard about plans: kind, title and text of each notice, oldest first.
async fn heard(who: &Client) -> Vec<(String, String, String)> {
    let list = who.get("/api/v1/notices?limit=100").await.ok();
    let of = |n: &Json| (text(n, "kind"), text(n, "title"), text(n, "body"));
    let all = list["items"].as_array().unwrap().iter().rev();
    all.filter(|n| n["plan_uid"].is_string()).map(of).collect()
}

/// The kinds of it.
async fn kinds(who: &Client) -> Vec<String> {
    heard(who).await.into_iter().map(|(kind, _, _)| kind.trim_start_matches("plan_").to_owned()).collect()
}

on_both_stores! {
    async fn each_move_tells_whom_it_concerns_once(app: TestApp) {
        let p = people(&app).await;
        let admin = app.as_admin().await;
        // Sits at a checker's desk of the street, but works for the unit that does the work.
        let inside = app.login(Role::Inspector, Some(p.seed.owner), Some(p.seed.street)).await;
        admin.post("/api/v1/units", json!({"code": "far", "name": "别的部门", "kinds": ["department"]})).await.ok();
        let (far,): (i64,) = app.db().one(sql!("SELECT id FROM units WHERE code = 'far'")).await.unwrap();
        let stranger = app.login(Role::Department, Some(far), None).await;
        let (one, two) = (well(&p, "W-1", 106.570, json!({}), json!({})).await, well(&p, "W-2", 106.571, json!({}), json!({})).await);
        let h05 = seen(&p, &cover(&one), "H05", json!({})).await;
        let h06 = seen(&p, &cover(&two), "H06", json!({"height_mm": 32})).await;
        let plan = plan(&p, json!([{"hazard": h05}, {"hazard": h06}])).await;
        assert_eq!(kinds(&p.leader).await, [""; 0], "a draft is nobody else's business");

        // Who may approve, and only they; then the unit, each of it once, also who made it.
        plan.go(&p.owner, "submit", json!({})).await.ok();
        let unit = text(&plan.see().await, "unit_name");
        let number = text(&plan.see().await, "number");
        let told = (String::from("plan_submitted"), String::from("待审批：三季度整改"), format!("{number}：{unit}报批，共 2 项，期限 {}", day(60)));
        assert_eq!((heard(&p.leader).await, heard(&p.department).await), (vec![told.clone()], vec![told]));
        plan.go(&p.leader, "return", json!({"reason": "补充经费"})).await.ok();
        assert_eq!(heard(&p.owner).await, [("plan_returned".into(), "计划退回修改：三季度整改".into(), format!("{number}：补充经费"))]);
        plan.go(&p.owner, "submit", json!({})).await.ok();
        plan.go(&p.department, "approve", json!({})).await.ok();
        assert_eq!((kinds(&p.owner).await, kinds(&p.colleague).await), (vec!["returned".into(), "approved".into()], vec!["returned".into(), "approved".into()]));
        assert_eq!(kinds(&p.leader).await, ["submitted", "submitted"], "submitted again is told again");

        // Who may check, and never who did the work or their unit.
        plan.photo(&p.owner, "after", &h06, 1).await.ok();
        step(&p, &p.owner, &h06, "treatment", json!({"treatment": "level"})).await.ok();
        assert_eq!((kinds(&p.inspector).await, kinds(&p.street).await), (vec!["treated".into()], vec!["treated".into()]));
        plan.photo(&p.inspector, "check", &h06, 2).await.ok();
        step(&p, &p.inspector, &h06, "check", json!({"passed": false, "reason": "仍高出 9 毫米"})).await.ok();
        assert!(heard(&p.colleague).await[2].2.ends_with("仍高出 9 毫米"));

        // More time: who may approve; the answer to the unit, with its reason.
        let x = step(&p, &p.owner, &h05, "extensions", json!({"until_on": day(80), "reason": "缺备件"})).await.ok();
        let asked = heard(&p.department).await.pop().unwrap();
        assert_eq!((asked.0.as_str(), asked.1.as_str()), ("plan_extension_asked", "申请延期：三季度整改"));
        assert!(asked.2.ends_with(&format!("延至 {}，缺备件", day(80))), "{}", asked.2);
        let decide = format!("/api/v1/plan-extensions/{}/decision", text(&x, "uid"));
        p.leader.post(&decide, json!({"approve": false, "note": "先用库存"})).await.ok();
        let answer = ("plan_extension_decided".into(), "延期未获批准：三季度整改".into(), format!("{number}：先用库存"));
        assert_eq!((heard(&p.owner).await.pop(), heard(&p.colleague).await.pop()), (Some(answer.clone()), Some(answer)));

        for (who, name) in [(&admin, "admin"), (&stranger, "stranger"), (&p.operator, "operator"), (&p.registrar, "registrar")] {
            assert_eq!(kinds(who).await, [""; 0], "{name}");
        }
        // Of one's own unit's work one hears as the unit does, never to check it.
        assert_eq!(kinds(&inside).await, kinds(&p.colleague).await);
        assert!(!kinds(&inside).await.contains(&"treated".to_owned()));
        let (rows, keys): (i64, i64) = app.db().one(sql!("SELECT count(*), count(DISTINCT key) FROM notices WHERE plan_id IS NOT NULL")).await.unwrap();
        assert_eq!(rows, keys);
    }

    async fn what_is_told_of_a_plan_goes_out_like_that_of_a_case(app: TestApp) {
        let p = people(&app).await;
        let server = MailServer::start(vec![]).await;
        let given = Given {
            database: app.app.config().database.clone(),
            public_url: Some("https://jg.example.gov.cn".into()),
            smtp_host: Some("127.0.0.1".into()), smtp_port: Some(server.port), smtp_tls: Some("none".into()), smtp_from: Some("jg@example.gov.cn".into()),
            ..Given::default()
        };
        let out = App::open(Config::resolve(app.dir(), Given::default(), Given::default(), given).unwrap()).await.unwrap();
        change(&app, sql!("UPDATE users SET email = 'leader@example.gov.cn' WHERE name = ?", Role::Leader.zh())).await;
        let file = well(&p, "W-1", 106.57, json!({}), json!({})).await;
        let h = seen(&p, &cover(&file), "H05", json!({})).await;
        let plan = plan(&p, json!([{"hazard": h}])).await;
        plan.go(&p.owner, "submit", json!({})).await.ok();
        let now = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(1);
        assert_eq!(jinggai::cases::outbox::step(&out, now).await.unwrap(), 1);
        let got = server.taken();
        let mail = mail_parser::MessageParser::default().parse(got[0].raw.as_bytes()).unwrap();
        assert_eq!((got[0].to.as_str(), mail.subject()), ("leader@example.gov.cn", Some("待审批：三季度整改")));
        let words = mail.body_text(0).unwrap();
        for part in [format!("计划编号：{}", text(&plan.see().await, "number")), format!("查看：https://jg.example.gov.cn/plans/{}", plan.uid)] {
            assert!(words.contains(&part), "{part}: {words}");
        }
        assert!(!words.contains("王工") && !words.contains("023-1234"), "{words}");
    }

    async fn from_the_problem_list_to_the_last_closure(app: TestApp) {
        let p = people(&app).await;
        let sunk = well(&p, "W-1", 106.570, json!({}), json!({})).await;
        let bare = well(&p, "W-2", 106.571, json!({}), json!({"label": null})).await;
        // The ledger itself shows the missing plate; the height was measured on site.
        let derived = p.owner.get("/api/v1/derived-hazards").await.ok();
        assert_eq!((derived["total"].clone(), text(&derived["items"][0], "code")), (json!(1), "H11".into()));
        assert_eq!(text(&derived["items"][0], "cover"), cover(&bare));
        let h06 = seen(&p, &cover(&sunk), "H06", json!({"height_mm": 32})).await;
        assert_eq!(p.registrar.get(&format!("/api/v1/covers/{}", cover(&sunk))).await.ok()["problem"], "sunk");
        let items = json!([
            {"hazard": h06, "planned_on": day(10), "person": "李工", "money_cents": 120_000},
            {"code": "H11", "cover": cover(&bare)}
        ]);
        let plan = plan(&p, items).await;
        let now = plan.see().await;
        assert_eq!((now["state"].clone(), now["items"].clone(), now["items_cents"].clone(), now["next_on"].clone()), (json!("draft"), json!(2), json!(120_000), json!(day(10))));
        assert_eq!((text(&now["hazards"][0], "person"), text(&now["hazards"][1], "person"), text(&now["hazards"][1], "planned_on")), ("李工".into(), "王工".into(), day(60).to_string()));
        let h11 = text(&now["hazards"][1], "uid");
        let derived = p.owner.get("/api/v1/derived-hazards").await.ok();
        assert_eq!((text(&derived["items"][0], "hazard"), text(&derived["items"][0], "plan")), (h11.clone(), plan.uid.clone()));
        assert_eq!(p.owner.get("/api/v1/derived-hazards?taken=false").await.ok()["total"], 0);

        // Nothing is done before the plan is approved, and never by who made it.
        let treat = json!({"treatment": "level"});
        assert_eq!(refusal(&step(&p, &p.owner, &h06, "treatment", treat.clone()).await), (409, "plan.state".into()));
        assert_eq!(refusal(&plan.go(&p.owner, "approve", json!({})).await), (409, "plan.not_allowed".into()));
        plan.go(&p.owner, "submit", json!({})).await.ok();
        assert_eq!(refusal(&plan.go(&p.owner, "approve", json!({})).await), (403, "forbidden".into()));
        assert_eq!(refusal(&plan.items(&p.owner, json!({"remove": [h11]})).await), (409, "plan.state".into()), "submitted is not a draft");
        let back = plan.go(&p.leader, "return", json!({})).await;
        assert_eq!((refusal(&back), back.json()["missing"].clone()), ((409, "plan.guard_missing".into()), json!(["reason"])));
        plan.go(&p.leader, "return", json!({"reason": "补充经费"})).await.ok();
        plan.items(&p.owner, json!({"put": [{"hazard": h11, "money_cents": 5_000}]})).await.ok();
        plan.go(&p.owner, "submit", json!({})).await.ok();
        // The department supervises all wells in it.
        plan.go(&p.department, "approve", json!({})).await.ok();
        assert_eq!(plan.see().await["approved_by"], Role::Department.zh());

        // Treated by the unit, proved by a photo of this hazard.
        assert_eq!(refusal(&step(&p, &p.owner, &h06, "treatment", treat.clone()).await), (409, "hazard.photo".into()));
        assert_eq!(refusal(&plan.photo(&p.owner, "after", &h11[..8], 1).await), (404, "not_found".into()));
        assert_eq!(refusal(&p.owner.upload(&format!("/api/v1/plans/{}/files", plan.uid), &[("purpose", "after")], &picture(1)).await), (422, "proof.item".into()));
        plan.photo(&p.owner, "after", &h11, 1).await.ok();
        assert_eq!(refusal(&step(&p, &p.owner, &h06, "treatment", treat.clone()).await), (409, "hazard.photo".into()), "a photo of another hazard proves nothing");
        plan.photo(&p.owner, "after", &h06, 2).await.ok();
        assert_eq!(refusal(&step(&p, &p.owner, &h06, "treatment", json!({"treatment": "fill"})).await), (422, "hazard.treatment".into()));
        assert_eq!(refusal(&step(&p, &p.inspector, &h06, "check", json!({"passed": true})).await), (409, "hazard.untreated".into()));
        step(&p, &p.owner, &h06, "treatment", treat.clone()).await.ok();
        assert_eq!(refusal(&step(&p, &p.owner, &h06, "treatment", treat.clone()).await), (409, "hazard.treated".into()));
        step(&p, &p.owner, &h11, "treatment", json!({"treatment": "label"})).await.ok();
        assert_eq!(plan.see().await["treated"], 2);

        // Checked by somebody else, with a photo, against the closing condition.
        assert_eq!(refusal(&step(&p, &p.colleague, &h06, "check", json!({"passed": true})).await), (403, "forbidden".into()));
        assert_eq!(refusal(&step(&p, &p.inspector, &h06, "check", json!({"passed": true, "measured": {"height_mm": 3}})).await), (409, "hazard.photo".into()));
        plan.photo(&p.inspector, "check", &h06, 3).await.ok();
        let r = step(&p, &p.inspector, &h06, "check", json!({"passed": true, "measured": {"height_mm": 9}})).await;
        assert_eq!(refusal(&r), (409, "hazard.unmet".into()));
        assert!(text(&r.json(), "title").contains("实测高差 9 mm，超过 5 mm"), "{}", r.text());
        assert_eq!(refusal(&step(&p, &p.inspector, &h06, "check", json!({"passed": true})).await), (409, "hazard.unmet".into()), "not measured at all");
        assert_eq!(refusal(&step(&p, &p.inspector, &h06, "check", json!({"passed": false})).await), (422, "form.invalid".into()));
        step(&p, &p.inspector, &h06, "check", json!({"passed": false, "reason": "仍高出 9 毫米"})).await.ok();
        assert_eq!(refusal(&step(&p, &p.owner, &h06, "treatment", treat.clone()).await), (409, "hazard.photo".into()), "again means another photo");
        plan.photo(&p.owner, "after", &h06, 4).await.ok();
        step(&p, &p.owner, &h06, "treatment", treat).await.ok();
        plan.photo(&p.inspector, "check", &h06, 5).await.ok();
        let closed = step(&p, &p.inspector, &h06, "check", json!({"passed": true, "measured": {"height_mm": 5}})).await.ok();
        assert_eq!((text(&closed, "outcome"), text(&closed, "treatment")), ("计划销号".into(), "level".into()));
        assert_eq!(p.registrar.get(&format!("/api/v1/covers/{}", cover(&sunk))).await.ok()["problem"], Json::Null);
        assert_eq!(refusal(&step(&p, &p.inspector, &h06, "check", json!({"passed": true})).await), (409, "hazard.closed".into()));

        // The ledger must say it too: no plate, no closure.
        plan.photo(&p.street, "check", &h11, 6).await.ok();
        let r = step(&p, &p.street, &h11, "check", json!({"passed": true})).await;
        assert_eq!(r.json()["unmet"], json!(["须在台账登记已固定的标识"]));
        p.registrar.post(&format!("/api/v1/covers/{}/labels", cover(&bare)), json!({"number": "JB-9"})).await.ok();
        step(&p, &p.street, &h11, "check", json!({"passed": true})).await.ok();
        let now = plan.see().await;
        assert_eq!((text(&now, "state"), now["done"].clone(), now["moves"].clone()), ("done".into(), json!(2), json!([])));
        assert_eq!(p.leader.get("/api/v1/plans?state=done").await.ok()["total"], 1);
        assert_eq!(p.leader.get("/api/v1/plans?state=approved").await.ok()["total"], 0);
        let flow = now["flow"].to_string();
        for words in ["编制计划", "报批", "退回修改", "批准", "上传核查照片", "H06 核查未通过，返工", "H11 已整改：设置标识", "H06 隐患销号", "计划全部完成"] {
            assert!(flow.contains(words), "{words}: {flow}");
        }
        assert_eq!(refusal(&plan.photo(&p.owner, "after", &h06, 7).await), (409, "proof.ended".into()));
        // The file of the well tells it, and the chain holds.
        let line = p.registrar.get(&format!("/api/v1/wells/{}/timeline", text(&sunk["well"], "uid"))).await.ok().to_string();
        assert!(line.contains("列入计划") && line.contains("核查未通过，返工") && line.contains("隐患销号：计划销号，调平"), "{line}");
        assert!(jinggai_db::events::verify(app.db(), &[], |_, _| {}).await.unwrap().faults.is_empty());
    }

    async fn what_may_not_be_entered(app: TestApp) {
        let p = people(&app).await;
        let file = well(&p, "W-1", 106.57, json!({}), json!({})).await;
        let (c, w) = (cover(&file), text(&file["well"], "uid"));
        let enter = async |body: Json| p.owner.post("/api/v1/hazards", body).await;
        assert_eq!(refusal(&enter(json!({"code": "H99", "cover": c})).await), (422, "hazard.unknown".into()));
        let r = enter(json!({"code": "H05"})).await;
        let fields: Vec<String> = r.json()["fields"].as_array().unwrap().iter().map(|f| text(f, "field")).collect();
        assert_eq!(fields, ["cover", "reason"]);
        assert_eq!(refusal(&enter(json!({"code": "H06", "cover": c, "reason": "x", "measured": {"height_mm": -1}})).await), (422, "hazard.measured".into()));
        assert_eq!(refusal(&enter(json!({"code": "H01", "cover": c, "reason": "不见了"})).await), (422, "hazard.urgent".into()), "life in danger needs a clock");
        assert_eq!(refusal(&p.leader.post("/api/v1/hazards", json!({"code": "H05", "cover": c, "reason": "x"})).await), (403, "forbidden".into()));
        let stranger = app.login(Role::Owner, Some(p.seed.department), None).await;
        p.registrar.post(&format!("/api/v1/responsibilities/{}/end", text(&file["responsibilities"].as_array().unwrap().iter().find(|r| r["role"] == "supervisor").unwrap().clone(), "uid")), json!({"version": 1, "reason": "x"})).await.ok();
        assert_eq!(stranger.post("/api/v1/hazards", json!({"code": "H05", "cover": c, "reason": "x"})).await.status, 404);
        // One open hazard per target and code, whoever enters it.
        let first = enter(json!({"code": "H05", "cover": c, "reason": "夜间异响"})).await;
        let again = p.operator.post("/api/v1/hazards", json!({"code": "H05", "cover": c, "reason": "巡查也听见"})).await;
        assert_eq!((first.status.as_u16(), again.status.as_u16(), text(&first.json(), "uid")), (201, 200, text(&again.json(), "uid")));
        // What concerns the well is one hazard of the well.
        let a = enter(json!({"code": "H10", "cover": c, "reason": "自查"})).await.ok();
        let b = enter(json!({"code": "H10", "well": w, "reason": "自查"})).await;
        assert_eq!((b.status.as_u16(), text(&b.json(), "uid"), a["cover"].clone()), (200, text(&a, "uid"), Json::Null));
        // Taken back by somebody else, with a reason; then the ledger no longer says it.
        let h = text(&first.json(), "uid");
        assert_eq!(refusal(&step(&p, &p.owner, &h, "cancellation", json!({"reason": "听错"})).await), (403, "forbidden".into()));
        assert_eq!(refusal(&step(&p, &p.leader, &h, "cancellation", json!({"reason": " "})).await), (422, "form.invalid".into()));
        assert_eq!(p.registrar.get(&format!("/api/v1/covers/{c}")).await.ok()["problem"], "loose");
        let gone = step(&p, &p.leader, &h, "cancellation", json!({"reason": "现场无此问题"})).await.ok();
        assert_eq!(text(&gone, "outcome"), "撤销：现场无此问题");
        assert_eq!(p.registrar.get(&format!("/api/v1/covers/{c}")).await.ok()["problem"], Json::Null);
        assert_eq!(refusal(&step(&p, &p.leader, &h, "cancellation", json!({"reason": "再撤"})).await), (409, "hazard.closed".into()));
    }

    async fn what_may_not_be_planned(app: TestApp) {
        let p = people(&app).await;
        let file = well(&p, "W-1", 106.57, json!({}), json!({})).await;
        let foreign = well(&p, "W-2", 106.58, json!({"responsibilities": [{"role": "owner", "unit": "test-department"}, {"role": "territorial", "unit": "test-owner"}]}), json!({})).await;
        let h = seen(&p, &cover(&file), "H05", json!({})).await;
        // The head.
        let r = p.owner.post("/api/v1/plans", json!({"title": "", "money_cents": -1, "starts_on": day(5), "due_on": day(1), "phone": "1".repeat(50)})).await;
        let fields: Vec<String> = r.json()["fields"].as_array().unwrap().iter().map(|f| text(f, "field")).collect();
        assert_eq!(fields, ["title", "person", "phone", "due_on", "money_cents"]);
        let head = json!({"title": "整改", "person": "王工", "due_on": day(30)});
        let with = |k: &str, v: Json| { let mut b = head.clone(); b[k] = v; b };
        assert_eq!(refusal(&p.owner.post("/api/v1/plans", with("unit", json!("test-department"))).await), (403, "plan.unit".into()));
        assert_eq!(refusal(&p.owner.post("/api/v1/plans", with("unit", json!("nobody"))).await), (422, "form.invalid".into()));
        assert_eq!(refusal(&p.street.post("/api/v1/plans", head.clone()).await), (422, "form.invalid".into()), "no unit of its own");
        assert_eq!(refusal(&p.leader.post("/api/v1/plans", head.clone()).await), (403, "forbidden".into()));
        assert_eq!(refusal(&p.owner.post("/api/v1/plans", with("items", json!([{"hazard": h, "planned_on": day(31), "money_cents": -5, "person": " "}, {}]))).await), (422, "form.invalid".into()));
        assert_eq!(p.owner.get("/api/v1/plans").await.ok()["total"], 0, "a refused plan leaves nothing behind");
        // The items.
        let plan = plan(&p, json!([])).await;
        let put = async |item: Json| plan.items(&p.owner, json!({"put": [item]})).await;
        assert_eq!(refusal(&put(json!({"code": "H11", "cover": cover(&file)})).await), (409, "plan.not_derived".into()));
        assert_eq!(refusal(&put(json!({"code": "H99", "cover": cover(&file)})).await), (422, "hazard.unknown".into()));
        assert_eq!(put(json!({"hazard": uuid::Uuid::now_v7()})).await.status, 404);
        assert_eq!(refusal(&plan.go(&p.owner, "submit", json!({})).await), (409, "plan.guard_missing".into()), "empty");
        assert_eq!(refusal(&plan.items(&p.colleague, json!({"version": 99, "put": [{"hazard": h}]})).await).0, 200, "the helper gives the version");
        let stale = p.owner.post(&format!("/api/v1/plans/{}/items", plan.uid), json!({"version": 1, "remove": [h]})).await;
        assert_eq!(refusal(&stale), (409, "conflict.version".into()));
        let other = plans_district::plan(&p, json!([])).await;
        let r = other.items(&p.owner, json!({"put": [{"hazard": h}]})).await;
        assert_eq!(refusal(&r), (409, "plan.in_plan".into()));
        assert!(text(&r.json(), "title").contains("ZG"), "{}", r.text());
        // Another owner's well, though the plan's unit looks after its territory, may stand in it; a stranger's may not.
        let theirs = seen(&p, &cover(&foreign), "H05", json!({})).await;
        put(json!({"hazard": theirs})).await.ok();
        plan.items(&p.owner, json!({"remove": [theirs]})).await.ok();
        let admin = app.as_admin().await;
        let alone = well(&p, "W-3", 106.59, json!({"responsibilities": [{"role": "owner", "unit": "test-department"}]}), json!({"label": null})).await;
        let r = plan.items(&admin, json!({"put": [{"code": "H11", "cover": cover(&alone)}]})).await;
        assert_eq!(refusal(&r), (409, "plan.not_ours".into()));
        // A hazard with a case is cleared by its case.
        let f = p.inspector.post("/api/v1/findings", json!({"cover": cover(&file), "hazard": "H06", "text": "下沉"})).await.ok();
        p.operator.post(&format!("/api/v1/findings/{}/moves", text(&f, "uid")), json!({"move": "file", "version": 1})).await.ok();
        let list = p.owner.get("/api/v1/hazards?code=H06").await.ok();
        assert_eq!(refusal(&put(json!({"hazard": list["items"][0]["uid"]})).await), (409, "plan.in_case".into()));
        assert_eq!(refusal(&step(&p, &p.owner, &text(&list["items"][0], "uid"), "treatment", json!({"treatment": "level"})).await), (409, "hazard.in_case".into()));
        assert_eq!(refusal(&step(&p, &p.owner, &theirs, "treatment", json!({"treatment": "repair"})).await), (409, "hazard.not_planned".into()));
        // The end of a plan is not before the day of what is in it.
        let version = plan.version().await;
        let r = p.owner.patch(&format!("/api/v1/plans/{}", plan.uid), json!({"version": version, "due_on": day(20)})).await;
        assert_eq!(refusal(&r), (422, "form.invalid".into()));
        p.owner.patch(&format!("/api/v1/plans/{}", plan.uid), json!({"version": version, "title": "四季度整改", "money_cents": 700, "phone": " "})).await.ok();
        let now = plan.see().await;
        assert_eq!((text(&now, "title"), now["money_cents"].clone(), now["phone"].clone()), ("四季度整改".into(), json!(700), Json::Null));
        // Withdrawn: everything in it is free again.
        assert_eq!(refusal(&plan.go(&p.owner, "withdraw", json!({})).await), (409, "plan.guard_missing".into()));
        plan.go(&p.colleague, "withdraw", json!({"reason": "并入年度计划"})).await.ok();
        assert_eq!((text(&plan.see().await, "state"), plan.see().await["items"].clone()), ("withdrawn".into(), json!(0)));
        other.items(&p.owner, json!({"put": [{"hazard": h}]})).await.ok();
        assert_eq!(refusal(&plan.go(&p.owner, "submit", json!({})).await), (409, "plan.not_allowed".into()));
        assert_eq!(refusal(&plan.go(&p.owner, "dance", json!({})).await), (422, "plan.move".into()));
    }

    async fn more_time_is_asked_by_the_unit_and_granted_by_another(app: TestApp) {
        let p = people(&app).await;
        let file = well(&p, "W-1", 106.57, json!({}), json!({})).await;
        let h = seen(&p, &cover(&file), "H05", json!({})).await;
        let plan = plan(&p, json!([{"hazard": h, "planned_on": day(5)}])).await;
        let ask = async |until: i64| step(&p, &p.owner, &h, "extensions", json!({"until_on": day(until), "reason": "缺备件"})).await;
        assert_eq!(refusal(&ask(20).await), (409, "extension.state".into()));
        plan.approved().await;
        assert_eq!(refusal(&ask(5).await), (422, "extension.until".into()));
        assert_eq!(refusal(&step(&p, &p.street, &h, "extensions", json!({"until_on": day(9), "reason": "x"})).await), (403, "plan.unit".into()));
        assert_eq!(refusal(&step(&p, &p.owner, &h, "extensions", json!({"until_on": day(9), "reason": " "})).await), (422, "form.invalid".into()));
        let x = ask(20).await.ok();
        assert_eq!(refusal(&ask(21).await), (409, "extension.open".into()));
        let decide = async |who: &jinggai_test::Client, x: &Json, body: Json| who.post(&format!("/api/v1/plan-extensions/{}/decision", text(x, "uid")), body).await;
        assert_eq!(refusal(&decide(&p.owner, &x, json!({"approve": true})).await), (403, "forbidden".into()));
        assert_eq!(refusal(&decide(&p.leader, &x, json!({"approve": false})).await), (422, "form.invalid".into()));
        let no = decide(&p.leader, &x, json!({"approve": false, "note": "先用库存"})).await.ok();
        assert_eq!((text(&no, "state"), text(&no, "decision")), ("refused".into(), "先用库存".into()));
        assert_eq!(refusal(&decide(&p.leader, &x, json!({"approve": true})).await), (409, "extension.decided".into()));
        // Granted twice at most; the plan ends with the last of its days.
        for until in [50, 90] {
            let x = ask(until).await.ok();
            decide(&p.department, &x, json!({"approve": true})).await.ok();
        }
        let now = plan.see().await;
        assert_eq!((text(&now["hazards"][0], "planned_on"), text(&now, "due_on")), (day(90).to_string(), day(90).to_string()));
        assert_eq!(refusal(&ask(120).await), (409, "extension.spent".into()));
        assert_eq!(now["extensions"].as_array().unwrap().iter().map(|x| text(x, "state")).collect::<Vec<_>>(), ["refused", "approved", "approved"]);
        let flow = p.owner.get(&format!("/api/v1/hazards/{h}")).await.ok()["flow"].to_string();
        assert!(flow.contains(&format!("申请延期至 {}（H05）", day(20))) && flow.contains("不同意延期至") && flow.contains("批准延期至"), "{flow}");
        // Nobody decides their own, also who holds both rights.
        let both = app.as_admin().await;
        let late = seen(&p, &cover(&file), "H09", json!({})).await;
        let second = plans_district::plan(&p, json!([{"hazard": late, "planned_on": day(1)}])).await;
        second.approved().await;
        let x = step(&p, &both, &late, "extensions", json!({"until_on": day(3), "reason": "x"})).await.ok();
        assert_eq!(refusal(&decide(&both, &x, json!({"approve": true})).await), (403, "extension.own".into()));
        // Past its day it shows as overdue, and no more time is to be had.
        change(&app, sql!("UPDATE hazards SET planned_on = ? WHERE code = 'H09'", day(-1))).await;
        change(&app, sql!("DELETE FROM plan_extensions WHERE state = 'asked'")).await;
        assert_eq!(refusal(&step(&p, &p.owner, &late, "extensions", json!({"until_on": day(3), "reason": "x"})).await), (409, "extension.late".into()));
        assert_eq!((second.see().await["overdue"].clone(), plan.see().await["overdue"].clone()), (json!(1), json!(0)));
        let overdue = p.leader.get("/api/v1/plans?overdue=true").await.ok();
        assert_eq!((overdue["total"].clone(), text(&overdue["items"][0], "uid")), (json!(1), second.uid.clone()));
        assert_eq!(p.leader.get("/api/v1/plans?overdue=false").await.ok()["total"], 1);
    }

    async fn plans_are_seen_by_whom_they_concern(app: TestApp) {
        let p = people(&app).await;
        let file = well(&p, "W-1", 106.57, json!({}), json!({})).await;
        let h = seen(&p, &cover(&file), "H05", json!({})).await;
        let plan = plan(&p, json!([{"hazard": h}])).await;
        let empty = plans_district::plan(&p, json!([])).await;
        let stranger = app.login(Role::Owner, Some(p.seed.department), Some(p.seed.district)).await;
        let total = async |who: &jinggai_test::Client| who.get("/api/v1/plans").await.ok()["total"].as_i64().unwrap();
        assert_eq!((total(&p.owner).await, total(&p.colleague).await, total(&p.leader).await), (2, 2, 2));
        assert_eq!((total(&p.street).await, total(&p.department).await), (1, 1), "through its hazards, not the empty one");
        assert_eq!(p.street.get(&format!("/api/v1/plans/{}", empty.uid)).await.status, 404);
        assert_eq!(p.owner.get("/api/v1/plans?unit=test-department").await.ok()["total"], 0);
        assert_eq!(p.owner.get("/api/v1/plans?unit=test-owner&kind=rectification&state=draft").await.ok()["total"], 2);
        assert_eq!(refusal(&p.owner.get("/api/v1/plans?state=late").await), (422, "list.state".into()));
        assert_eq!(refusal(&p.owner.get("/api/v1/plans?kind=other").await), (422, "list.kind".into()));
        let page = p.owner.get("/api/v1/plans?limit=1").await.ok();
        let next = p.owner.get(&format!("/api/v1/plans?limit=1&cursor={}", text(&page, "next"))).await.ok();
        assert_eq!((text(&page["items"][0], "uid"), text(&next["items"][0], "uid"), next["next"].clone()), (empty.uid.clone(), plan.uid.clone(), Json::Null));
        // A department whose wells are only part of a plan cannot approve the rest of it.
        let other = well(&p, "W-9", 106.60, json!({"responsibilities": [{"role": "owner", "unit": "test-owner"}]}), json!({"label": null})).await;
        plan.items(&p.owner, json!({"put": [{"code": "H11", "cover": cover(&other)}]})).await.ok();
        plan.go(&p.owner, "submit", json!({})).await.ok();
        let r = plan.go(&p.department, "approve", json!({})).await;
        assert_eq!((refusal(&r), r.json()["missing"].clone()), ((409, "plan.guard_missing".into()), json!(["within_reach"])));
        // A photo of the plan is given to whom the plan is shown.
        plan.go(&p.leader, "approve", json!({})).await.ok();
        let photo = plan.photo(&p.owner, "scene", &h, 1).await.ok();
        let path = format!("/api/v1/case-files/{}", text(&photo, "uid"));
        assert_eq!((p.street.get(&path).await.status.as_u16(), stranger.get(&path).await.status.as_u16()), (200, 200));
        app.as_admin().await.post("/api/v1/units", json!({"code": "gas", "name": "燃气公司", "kinds": ["owner"]})).await.ok();
        let (gas,): (i64,) = app.db().one(sql!("SELECT id FROM units WHERE code = 'gas'")).await.unwrap();
        let outsider = app.login(Role::Owner, Some(gas), None).await;
        assert_eq!(outsider.get(&path).await.status, 404);
        assert_eq!(outsider.get("/api/v1/derived-hazards").await.ok()["total"], 0);
        // The same key gives the same answer; another body under it is refused.
        let body = json!({"title": "再来", "person": "王工", "due_on": day(9)});
        let key = Some("plan-key-0001".to_owned());
        let a = p.owner.send(axum::http::Method::POST, "/api/v1/plans", Some(body.clone()), key.clone()).await;
        let b = p.owner.send(axum::http::Method::POST, "/api/v1/plans", Some(body), key.clone()).await;
        assert_eq!((a.status, text(&a.json(), "uid")), (b.status, text(&b.json(), "uid")));
        let c = p.owner.send(axum::http::Method::POST, "/api/v1/plans", Some(json!({"title": "x"})), key).await;
        assert_eq!(refusal(&c), (409, "idempotency.reused".into()));
    }

    async fn many_at_once_are_one_hazard_and_one_decision(app: TestApp) {
        let p = people(&app).await;
        let bare = well(&p, "W-1", 106.57, json!({}), json!({"label": null})).await;
        let body = json!({"code": "H11", "cover": cover(&bare)});
        let all = futures::future::join_all((0..16).map(|_| p.owner.post("/api/v1/hazards", body.clone()))).await;
        assert_eq!(all.iter().filter(|r| r.status == 201).count(), 1);
        let uids: std::collections::BTreeSet<String> = all.iter().map(|r| text(&r.json(), "uid")).collect();
        assert_eq!(uids.len(), 1);
        let h = uids.into_iter().next().unwrap();
        let plan = plan(&p, json!([{"hazard": h}])).await;
        plan.go(&p.owner, "submit", json!({})).await.ok();
        let version = plan.version().await;
        let path = format!("/api/v1/plans/{}/moves", plan.uid);
        let (yes, no) = (json!({"move": "approve", "version": version}), json!({"move": "return", "version": version, "reason": "再议"}));
        let both = futures::future::join_all([p.leader.post(&path, yes), p.department.post(&path, no)]).await;
        assert_eq!(both.iter().filter(|r| r.status.is_success()).count(), 1, "{both:?}");
        assert!(both.iter().any(|r| r.status == 409));
        assert!(jinggai_db::events::verify(app.db(), &[], |_, _| {}).await.unwrap().faults.is_empty());
    }

    async fn a_photo_from_elsewhere_proves_nothing(app: TestApp) {
        let p = people(&app).await;
        let file = well(&p, "W-1", 106.57, json!({}), json!({})).await;
        let h = seen(&p, &cover(&file), "H05", json!({})).await;
        let plan = plan(&p, json!([{"hazard": h}])).await;
        plan.approved().await;
        plan.photo(&p.owner, "after", &h, 1).await.ok();
        // What the camera wrote into the picture, two kilometres away.
        change(&app, sql!("UPDATE case_files SET lng = 106.59, lat = 29.60 WHERE purpose = 'after'")).await;
        let r = step(&p, &p.owner, &h, "treatment", json!({"treatment": "repair"})).await;
        assert_eq!(refusal(&r), (409, "hazard.photo_far".into()));
        assert!(text(&r.json(), "title").contains("超过 100 米"), "{}", r.text());
        change(&app, sql!("UPDATE case_files SET lng = 106.5705, lat = 29.60 WHERE purpose = 'after'")).await;
        step(&p, &p.owner, &h, "treatment", json!({"treatment": "replace"})).await.ok();
        let hand = Plan { p: &p, uid: plan.uid.clone() };
        hand.photo(&p.street, "check", &h, 2).await.ok();
        // Nobody of the unit that did the work checks it, whatever else they may do.
        let both = app.login(Role::Admin, Some(p.seed.owner), None).await;
        assert_eq!(refusal(&step(&p, &both, &h, "check", json!({"passed": true})).await), (403, "hazard.own_work".into()));
        step(&p, &p.street, &h, "check", json!({"passed": true})).await.ok();
    }
}
