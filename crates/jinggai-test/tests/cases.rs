//! From a citizen's words to the closed case, through six people; every refusal on the way; clocks, requests, ladder.
#![allow(clippy::unwrap_used)]
mod cases_people;
use cases_people::*;
use jiff::{SignedDuration, Timestamp};
use jinggai::identity::Role;
use jinggai_db::sql;
use jinggai_test::{Client, TestApp, on_both_stores, picture};
use serde_json::{Value as Json, json};

/// Gives the ladder a rung to the public list at this share; takes it away at 0.
async fn rung(admin: &Client, share: f64) {
    let path = "/api/v1/rules/case_rules/case-rules";
    let kept = admin.get(path).await.ok();
    let mut pack = kept["pack"].clone();
    let version = pack.as_object_mut().unwrap().remove("pack").unwrap()["version"].clone();
    let ladder = pack["ladder"].as_array_mut().unwrap();
    ladder.retain(|r| r["to"] != "public");
    if share > 0.0 {
        ladder.push(json!({"share": share, "to": "public"}));
    }
    admin.put(path, json!({"version": version, "pack": pack, "source": "区督办办法（测试）"})).await.ok();
}

/// What is on the public list at a moment.
async fn listed(app: &TestApp, at: Timestamp) -> Vec<Json> {
    use jinggai::cases::{public_list, rules::Rules};
    let mut tx = app.db().begin().await.unwrap();
    let rules = Rules::today(&app.app, &mut tx).await.unwrap();
    let paging = jinggai::http::page::PageQuery::default().paging().unwrap();
    let everything = jinggai::identity::Scope::Everything;
    let list = public_list::page(&mut tx, &rules, &everything, &paging, at).await.unwrap();
    list.page.items.iter().map(|i| serde_json::to_value(i).unwrap()).collect()
}

/// Lets every open case be late by two days and a bit.
async fn overdue(app: &TestApp) {
    let due = Timestamp::now() - SignedDuration::from_hours(49);
    let mut tx = app.db().begin().await.unwrap();
    tx.run(sql!("UPDATE cases SET due_at = ? WHERE closed_at IS NULL", due)).await.unwrap();
    tx.run(sql!("UPDATE case_clocks SET due_at = ?, public_at = ? WHERE ended_at IS NULL", due, due))
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

on_both_stores! {
    async fn from_a_citizens_words_to_the_closed_case(app: TestApp) {
        let p = people(&app).await;
        let file = well(&p, 106.57, "W-1").await;
        let cover = text(&file["covers"][0], "uid");
        // The hotline tells; the desk enters it with the number on the plate.
        let body = json!({"source": "12345", "source_number": "WO-1", "code": "W-1", "text": "井盖不见了，很危险", "reporter_name": "市民", "reporter_phone": "13800000000"});
        let f = p.operator.post("/api/v1/findings", body.clone()).await;
        assert_eq!(f.status, 201, "{}", f.text());
        let f = f.ok();
        assert_eq!((text(&f, "state"), text(&f, "cover"), f["area_name"].clone()), ("received".into(), cover.clone(), json!("华新街街道")));
        // The words are read, with the reasons; a person confirms.
        assert_eq!((f["hazard"].clone(), f["reading"]["urgency"].clone(), f["reading"]["relevance"].clone()), (json!("H01"), json!("l1"), json!("cover")));
        let uid = text(&f, "uid");
        // The same ticket again is the same finding.
        let again = p.operator.post("/api/v1/findings", body).await;
        assert_eq!((again.status.as_u16(), text(&again.json(), "uid")), (200, uid.clone()));
        // Who told it is shown at the reception desk only.
        assert_eq!(text(&f, "reporter_phone"), "13800000000");
        assert_eq!(p.street.get(&format!("/api/v1/findings/{uid}")).await.ok()["reporter_phone"], Json::Null);

        // A public report is verified first, by somebody near.
        let r = find(&p.operator, &uid, "file", json!({"hazard": "H01"})).await;
        assert_eq!(r.refusal(), (409, "case.guard_missing".into()));
        assert_eq!(r.json()["missing"], json!(["trusted"]));
        find(&p.operator, &uid, "send_to_verify", json!({})).await.ok();
        let who = text(&p.operator.get(&format!("/api/v1/findings/{uid}")).await.ok(), "verifier");
        let checker = if who == Role::Inspector.zh() { &p.inspector } else { &p.street };
        assert_eq!(find(&p.owner, &uid, "confirm", json!({})).await.refusal(), (403, "forbidden".into()));
        assert_eq!(find(checker, &uid, "deny", json!({})).await.refusal(), (409, "case.guard_missing".into()), "a denial needs its reason");
        find(checker, &uid, "confirm", json!({"hazard": "H01"})).await.ok();
        let moved = find(&p.operator, &uid, "file", json!({})).await.ok();
        let c = Case { p: &p, uid: text(&moved, "case") };
        let seen = c.see().await;
        assert_eq!((text(&seen, "state"), text(&seen, "hazard"), text(&seen, "level")), ("filed".into(), "H01".into(), "l1".into()));
        assert_eq!(seen["suggested"][0]["code"], "test-owner");
        // The ledger says at once that the cover is missing.
        assert_eq!(p.registrar.get(&format!("/api/v1/covers/{cover}")).await.ok()["problem"], "missing");

        // Nothing can be skipped.
        for action in ["accept", "finish", "send_to_check", "pass", "close"] {
            let said = c.refused(&p.operator, action, json!({}), 409, "case.not_allowed").await;
            assert!(said.contains("待派遣") && said.contains("可以：派遣"), "{said}");
        }
        c.refused(&p.owner, "dispatch", json!({}), 403, "forbidden").await;
        c.refused(&p.dispatcher, "dispatch", json!({"units": [{"code": "nobody"}]}), 422, "case.unit").await;
        c.go(&p.dispatcher, "dispatch", json!({})).await.ok();
        assert_eq!(c.see().await["units"][0]["name"], "测试排水公司");
        let notices = p.owner.get("/api/v1/notices").await.ok();
        assert_eq!(notices["unread"], 1, "the owner was told: {notices}");

        c.refused(&p.street, "accept", json!({}), 409, "case.guard_missing").await;
        c.refused(&p.owner, "return", json!({}), 409, "case.guard_missing").await;
        c.go(&p.owner, "return", json!({"reason": "不是本单位的井"})).await.ok();
        let seen = c.see().await;
        assert_eq!((text(&seen, "state"), seen["returns"].clone()), ("filed".into(), json!(1)));
        c.go(&p.dispatcher, "dispatch", json!({"units": [{"code": "test-owner", "basis": "移交协议在案"}]})).await.ok();
        c.go(&p.owner, "accept", json!({})).await.ok();

        // The work is proved by a photo and named by its treatment.
        let said = c.refused(&p.owner, "finish", json!({}), 409, "case.guard_missing").await;
        assert!(said.contains("处置措施") && said.contains("照片"), "{said}");
        assert_eq!(p.owner.upload(&format!("/api/v1/cases/{}/files", c.uid), &[("purpose", "after")], b"%PDF-1.7\n").await.refusal(), (422, "proof.picture".into()));
        c.photo(&p.owner, "after").await;
        c.refused(&p.owner, "finish", json!({"treatment": "magic"}), 422, "case.treatment").await;
        c.go(&p.owner, "finish", json!({"treatment": "refit"})).await.ok();
        c.go(&p.dispatcher, "send_to_check", json!({})).await.ok();

        // Checked by the one who was drawn and nobody else, with a photo, against the closing condition.
        let drawn = text(&c.see().await, "checker");
        let (checker, other) = if drawn == Role::Inspector.zh() { (&p.inspector, &p.street) } else { (&p.street, &p.inspector) };
        c.photo(checker, "check").await;
        c.refused(other, "pass", json!({}), 409, "case.guard_missing").await;
        c.refused(checker, "rework", json!({}), 409, "case.guard_missing").await;
        c.go(checker, "rework", json!({"reason": "盖座松动"})).await.ok();
        c.refused(&p.owner, "finish", json!({"treatment": "refit"}), 409, "case.guard_missing").await;
        c.photo(&p.owner, "after").await;
        c.go(&p.owner, "finish", json!({"treatment": "refit"})).await.ok();
        c.go(&p.dispatcher, "send_to_check", json!({})).await.ok();
        let drawn = text(&c.see().await, "checker");
        let checker = if drawn == Role::Inspector.zh() { &p.inspector } else { &p.street };
        c.refused(checker, "pass", json!({}), 409, "case.guard_missing").await;
        c.photo(checker, "check").await;
        let said = c.refused(checker, "pass", json!({"treatment": "fence"}), 409, "case.guard_missing").await;
        assert!(said.contains("围护只是临时措施"), "{said}");
        c.go(checker, "pass", json!({})).await.ok();
        c.refused(checker, "close", json!({}), 403, "forbidden").await;
        c.go(&p.operator, "close", json!({})).await.ok();

        let seen = c.see().await;
        assert_eq!((text(&seen, "state"), seen["reworks"].clone(), seen["due_at"].clone()), ("closed".into(), json!(1), Json::Null));
        assert!(seen["hazards"][0]["closed_at"].is_string() && seen["hazards"][0]["treatment"] == "refit");
        assert_eq!(p.registrar.get(&format!("/api/v1/covers/{cover}")).await.ok()["problem"], Json::Null);
        assert_eq!(text(&p.operator.get(&format!("/api/v1/findings/{uid}")).await.ok(), "outcome"), "已办结");
        let flow: Vec<&str> = seen["flow"].as_array().unwrap().iter().filter(|s| s["action"] == "moved" || s["action"] == "filed").map(|s| s["words"].as_str().unwrap()).collect();
        assert_eq!(flow.len(), 12, "{flow:?}");
        assert!(flow.iter().any(|w| w.starts_with("派遣：")) && flow.last() == Some(&"结案"), "{flow:?}");
        // The file of the well tells it too, and the chain holds.
        let well = text(&file["well"], "uid");
        let line = p.registrar.get(&format!("/api/v1/wells/{well}/timeline")).await.ok();
        assert!(line.to_string().contains(&text(&seen, "number")), "{line}");
        assert!(jinggai_db::events::verify(app.db(), &[], |_, _| {}).await.unwrap().faults.is_empty());
    }

    async fn what_was_changed_meanwhile_is_a_conflict_and_out_of_reach_is_not_found(app: TestApp) {
        let p = people(&app).await;
        let cover = text(&well(&p, 106.57, "W-1").await["covers"][0], "uid");
        let c = filed(&p, &cover, "H05").await;
        let old = c.version().await;
        c.go(&p.dispatcher, "dispatch", json!({})).await.ok();
        let r = p.owner.post(&format!("/api/v1/cases/{}/moves", c.uid), json!({"move": "accept", "version": old})).await;
        assert_eq!(r.refusal(), (409, "conflict.version".into()));
        assert_eq!(r.json()["current"]["state"], "dispatched");
        let stranger = app.login(Role::Owner, Some(p.seed.department), None).await;
        assert_eq!(stranger.get(&format!("/api/v1/cases/{}", c.uid)).await.status, 404);
        assert_eq!(c.go(&stranger, "accept", json!({})).await.status, 404);
        assert_eq!(stranger.get("/api/v1/cases").await.ok()["total"], 0);
        assert_eq!(stranger.get("/api/v1/hazards").await.ok()["total"], 0);
        assert_eq!(stranger.get("/api/v1/case-board").await.ok()["counts"][0]["count"], 0);
        assert_eq!(p.owner.get("/api/v1/cases?mine=true").await.ok()["total"], 1);
        assert_eq!(p.operator.get("/api/v1/cases?state=nowhere").await.refusal(), (422, "list.state".into()));
    }

    async fn the_closing_condition_is_measured(app: TestApp) {
        let p = people(&app).await;
        let cover = text(&well(&p, 106.57, "W-1").await["covers"][0], "uid");
        let f = p.inspector.post("/api/v1/findings", json!({"cover": cover, "hazard": "H06", "text": "井盖下沉", "measured": {"height_mm": 32}})).await.ok();
        let moved = find(&p.operator, &text(&f, "uid"), "file", json!({})).await.ok();
        let c = Case { p: &p, uid: text(&moved, "case") };
        c.go(&p.dispatcher, "dispatch", json!({})).await.ok();
        c.go(&p.owner, "accept", json!({})).await.ok();
        c.photo(&p.owner, "after").await;
        c.go(&p.owner, "finish", json!({"treatment": "level"})).await.ok();
        c.go(&p.dispatcher, "send_to_check", json!({})).await.ok();
        let checker = if text(&c.see().await, "checker") == Role::Inspector.zh() { &p.inspector } else { &p.street };
        c.photo(checker, "check").await;
        let said = c.refused(checker, "pass", json!({"measured": {"height_mm": 9}}), 409, "case.guard_missing").await;
        assert!(said.contains("9 mm，超过 5 mm"), "{said}");
        c.refused(checker, "pass", json!({"measured": {"height_mm": -1}}), 422, "hazard.measured").await;
        c.go(checker, "pass", json!({"measured": {"height_mm": 4}})).await.ok();
    }

    async fn an_unclear_owner_means_the_fallback_at_once(app: TestApp) {
        let p = people(&app).await;
        let body = json!({"kind": "ownerless", "road": "无名路", "area": "500105001", "position": {"lng": 106.571, "lat": 29.601}, "covers": [{}]});
        let file = p.registrar.post("/api/v1/wells", body).await.ok();
        let path = format!("/api/v1/wells/{}", text(&file["well"], "uid"));
        let form = b"--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\r\n%PDF-1.4\n%%EOF\r\n--x--\r\n".to_vec();
        let doc = p.registrar.raw(axum::http::Method::POST, &format!("{path}/attachments"), "multipart/form-data; boundary=x", form, None).await.ok();
        let fallback = json!({"role": "fallback", "unit": "test-department", "confirmed": true, "basis": "区政府批复", "funding": "区财政", "evidence": [doc["uid"]]});
        p.registrar.post(&format!("{path}/responsibilities"), fallback).await.ok();
        let c = filed(&p, &text(&file["covers"][0], "uid"), "H02").await;
        let s = c.see().await["suggested"].clone();
        assert_eq!((s[0]["code"].clone(), s[0]["duty"].clone()), (json!("test-department"), json!("fallback")));
        c.go(&p.dispatcher, "dispatch", json!({})).await.ok();
        let seen = c.see().await;
        assert_eq!(seen["due_stage"], "handle", "the clock of the fallback unit runs");
    }

    async fn several_units_each_do_their_part(app: TestApp) {
        let p = people(&app).await;
        let cover = text(&well(&p, 106.57, "W-1").await["covers"][0], "uid");
        let c = filed(&p, &cover, "H01").await;
        let joint = app.login(Role::Owner, Some(p.seed.department), None).await;
        c.refused(&p.dispatcher, "dispatch", json!({"units": [{"code": "test-owner"}, {"code": "test-department"}]}), 409, "case.guard_missing").await;
        c.go(&p.dispatcher, "dispatch", json!({"units": [{"code": "test-owner"}, {"code": "test-department", "duty": "joint"}]})).await.ok();
        c.go(&p.owner, "accept", json!({})).await.ok();
        c.photo(&p.owner, "after").await;
        c.go(&p.owner, "finish", json!({"treatment": "refit"})).await.ok();
        assert_eq!(text(&c.see().await, "state"), "handling", "the other unit is not done");
        c.go(&joint, "finish", json!({"treatment": "refit"})).await.ok();
        assert_eq!(text(&c.see().await, "state"), "handled");
    }

    async fn sixty_four_reports_of_one_hazard_are_one_case(app: TestApp) {
        let p = people(&app).await;
        let cover = text(&well(&p, 106.57, "W-1").await["covers"][0], "uid");
        let all = futures::future::join_all((0..64).map(|i| {
            let (inspector, operator, cover) = (p.inspector.clone(), p.operator.clone(), cover.clone());
            async move {
                let f = inspector.post("/api/v1/findings", json!({"cover": cover, "hazard": "H01", "text": format!("第 {i} 次上报")})).await.ok();
                let moved = find(&operator, &text(&f, "uid"), "file", json!({})).await.ok();
                text(&moved, "case")
            }
        }))
        .await;
        assert!(all.iter().all(|c| *c == all[0]));
        let counts: (i64, i64, i64) = app
            .db()
            .one(sql!("SELECT (SELECT count(*) FROM cases), (SELECT count(*) FROM hazards), (SELECT count(*) FROM findings WHERE case_id IS NOT NULL)"))
            .await
            .unwrap();
        assert_eq!(counts, (1, 1, 64));
    }

    async fn a_report_that_may_be_known_is_offered_its_case(app: TestApp) {
        let p = people(&app).await;
        let cover = text(&well(&p, 106.57, "W-1").await["covers"][0], "uid");
        let c = filed(&p, &cover, "H05").await;
        let near = p.street.post("/api/v1/findings", json!({"lng": 106.57003, "lat": 29.60, "text": "井盖晃动有异响"})).await.ok();
        assert_eq!((near["candidates"][0]["case"].clone(), near["area_name"].clone()), (json!(c.uid), json!("华新街街道")));
        assert!(near["candidates"][0]["why"].to_string().contains("相距 2.9 米"), "{near}");
        let far = p.street.post("/api/v1/findings", json!({"lng": 106.5705, "lat": 29.60, "text": "井盖晃动"})).await.ok();
        assert_eq!(far["candidates"], json!([]));
        let uid = text(&near, "uid");
        assert_eq!(find(&p.operator, &uid, "merge", json!({})).await.refusal(), (409, "case.guard_missing".into()));
        let merged = find(&p.operator, &uid, "merge", json!({"case": c.uid})).await.ok();
        assert_eq!((text(&merged["finding"], "state"), text(&merged, "case")), ("merged".into(), c.uid.clone()));
        assert_eq!(c.see().await["findings"].as_array().unwrap().len(), 2);
        let no = find(&p.operator, &text(&far, "uid"), "refuse", json!({"reason": "非井盖问题"})).await.ok();
        assert_eq!(text(&no["finding"], "outcome"), "非井盖问题");
    }

    async fn what_is_wrong_in_a_report_is_named_at_once(app: TestApp) {
        let p = people(&app).await;
        let r = p.operator.post("/api/v1/findings", json!({"hazard": "H99", "kind": "pond", "lng": 12, "measured": {"blocked_share": 3}, "observed_at": "2100-01-01T00:00:00Z"})).await;
        assert_eq!(r.status, 422);
        let fields: Vec<String> = r.json()["fields"].as_array().unwrap().iter().map(|f| text(f, "field")).collect();
        assert_eq!(fields, ["source", "hazard", "measured.blocked_share", "kind", "lng", "observed_at"]);
        let r = p.inspector.post("/api/v1/findings", json!({"text": "坏了"})).await;
        assert_eq!(r.json()["fields"][0]["field"], "cover");
        assert_eq!(p.inspector.post("/api/v1/findings", json!({"text": "坏了", "code": "NOPE"})).await.refusal(), (422, "finding.code".into()));
        assert_eq!(p.leader.post("/api/v1/findings", json!({"text": "坏了"})).await.refusal(), (403, "forbidden".into()));
    }

    async fn extension_suspension_and_appeal(app: TestApp) {
        let p = people(&app).await;
        let cover = text(&well(&p, 106.57, "W-1").await["covers"][0], "uid");
        let c = filed(&p, &cover, "H01").await;
        c.go(&p.dispatcher, "dispatch", json!({})).await.ok();
        let path = format!("/api/v1/cases/{}/requests", c.uid);
        let due: Timestamp = text(&c.see().await, "due_at").parse().unwrap();
        let r = p.owner.post(&path, json!({"kind": "extension", "reason": "缺备件"})).await.ok();
        assert_eq!(p.owner.post(&path, json!({"kind": "extension", "reason": "再问"})).await.refusal(), (409, "request.open".into()));
        let decide = format!("/api/v1/case-requests/{}/decision", text(&r, "uid"));
        assert_eq!(p.dispatcher.post(&decide, json!({"approve": true})).await.refusal(), (403, "forbidden".into()), "the approver comes first");
        assert_eq!(p.leader.post(&decide, json!({"approve": false})).await.refusal(), (422, "form.invalid".into()));
        assert_eq!(text(&p.leader.post(&decide, json!({"approve": true})).await.ok(), "state"), "reviewed");
        assert_eq!(text(&p.dispatcher.post(&decide, json!({"approve": true})).await.ok(), "state"), "approved");
        let later: Timestamp = text(&c.see().await, "due_at").parse().unwrap();
        assert_eq!(later - due, SignedDuration::from_hours(2), "one original limit more");
        assert_eq!(p.owner.post(&path, json!({"kind": "appeal", "reason": "太晚"})).await.refusal(), (409, "request.state".into()));

        // Suspended: no clock runs; taken up again on its day by itself.
        assert_eq!(p.owner.post(&path, json!({"kind": "suspension", "reason": "道路封闭"})).await.refusal(), (422, "request.until".into()));
        let until = Timestamp::now() + SignedDuration::from_hours(48);
        let r = p.owner.post(&path, json!({"kind": "suspension", "reason": "道路封闭", "until": until})).await.ok();
        p.leader.post(&format!("/api/v1/case-requests/{}/decision", text(&r, "uid")), json!({"approve": true})).await.ok();
        let seen = c.see().await;
        assert_eq!(text(&seen, "state"), "suspended");
        let moved: Timestamp = text(&seen, "due_at").parse().unwrap();
        assert!(moved > later && moved > until, "{moved} {later}");
        c.refused(&p.owner, "finish", json!({}), 409, "case.not_allowed").await;
        let swept = jinggai::cases::urge::sweep(&app.app, until + SignedDuration::from_secs(1)).await.unwrap();
        assert_eq!(swept.resumed, 1);
        assert_eq!(text(&c.see().await, "state"), "dispatched");
        assert_eq!(p.owner.post(&path, json!({"kind": "suspension", "reason": "再挂", "until": until})).await.refusal(), (409, "request.spent".into()));
    }

    async fn the_ladder_tells_each_once(app: TestApp) {
        let p = people(&app).await;
        let department = app.login(Role::Department, Some(p.seed.department), None).await;
        let cover = text(&well(&p, 106.57, "W-1").await["covers"][0], "uid");
        let c = filed(&p, &cover, "H01").await;
        c.go(&p.dispatcher, "dispatch", json!({})).await.ok();
        let unread = async |who: &Client| who.get("/api/v1/notices").await.ok()["unread"].as_i64().unwrap();
        let (owner, leader) = (unread(&p.owner).await, unread(&p.leader).await);
        let now = Timestamp::now();
        assert_eq!(jinggai::cases::urge::sweep(&app.app, now).await.unwrap().told, 0);
        // Three quarters of two urgent hours, the deadline, and twice the limit.
        let at = |minutes: i64| now + SignedDuration::from_mins(minutes);
        assert_eq!(jinggai::cases::urge::sweep(&app.app, at(91)).await.unwrap().told, 1);
        assert_eq!(jinggai::cases::urge::sweep(&app.app, at(92)).await.unwrap().clocks, 0, "only what is due is read");
        let told = jinggai::cases::urge::sweep(&app.app, at(121)).await.unwrap().told;
        assert_eq!(told, 3, "the owner, and both at the operators' desk");
        assert_eq!(jinggai::cases::urge::sweep(&app.app, at(241)).await.unwrap().told, 1);
        assert_eq!(jinggai::cases::urge::sweep(&app.app, at(9999)).await.unwrap().told, 0);
        let (rows,): (i64,) = app.db().one(sql!("SELECT count(*) FROM notices WHERE kind IN ('due', 'overdue')")).await.unwrap();
        assert_eq!(rows, 5);
        assert_eq!((unread(&p.owner).await - owner, unread(&p.leader).await - leader), (0, 0), "not before their moment");
        assert_eq!(unread(&department).await, 0);
        let flow = c.see().await["flow"].to_string();
        assert!(flow.contains("超期升级至主管和属地单位") && flow.contains("超期升级至领导小组办公室"), "{flow}");
    }

    async fn the_public_list_is_a_local_practice_and_shows_little(app: TestApp) {
        let p = people(&app).await;
        let (one, two) = (well(&p, 106.57, "W-1").await, well(&p, 106.58, "W-2").await);
        let c = filed(&p, &text(&one["covers"][0], "uid"), "H01").await;
        c.go(&p.dispatcher, "dispatch", json!({})).await.ok();
        let now = Timestamp::now();
        let at = |minutes: i64| now + SignedDuration::from_mins(minutes);
        jinggai::cases::urge::sweep(&app.app, at(9999)).await.unwrap();
        let off = p.leader.get("/api/v1/public-list").await.ok();
        assert_eq!((off["on"].clone(), off["share"].clone(), off["items"].clone()), (json!(false), Json::Null, json!([])));
        assert!(listed(&app, at(9999)).await.is_empty(), "without a rung nobody is shown up");

        // A rung that comes while the clock runs counts for it, also when the ladder was climbed before.
        let admin = app.login(Role::Admin, None, None).await;
        rung(&admin, 3.0).await;
        let told = jinggai::cases::urge::sweep(&app.app, at(10_000)).await.unwrap().told;
        assert_eq!(told, 2, "the owner and the leading group hear of it");
        assert_eq!(jinggai::cases::urge::sweep(&app.app, at(10_001)).await.unwrap().told, 0, "once");
        let flow = c.see().await["flow"].to_string();
        assert!(flow.contains("超期升级至超期公示名单"), "{flow}");

        // Two urgent hours, three times over; then every day begun counts.
        assert!(listed(&app, at(359)).await.is_empty());
        let first = listed(&app, at(361)).await;
        let number = text(&c.see().await, "number");
        let unit = text(&c.see().await, "lead_unit");
        assert_eq!(first, json!([{"number": number, "kind": "sewage", "kind_name": "污水", "street": "华新街街道", "unit": unit, "days_overdue": 1}]).as_array().unwrap().clone(), "and nothing else");
        assert_eq!(listed(&app, at(120 + 24 * 60 + 1)).await[0]["days_overdue"], 2);

        // A second one, still to be dispatched, comes on by its own clock; it goes when it is cancelled.
        let d = filed(&p, &text(&two["covers"][0], "uid"), "H01").await;
        assert_eq!(listed(&app, at(400)).await.len(), 2);
        d.go(&p.operator, "cancel", json!({"reason": "误报"})).await.ok();
        assert_eq!(listed(&app, at(400)).await.len(), 1);

        // An extension moves the rung, a suspension takes the case off until its clock has run so far.
        let path = format!("/api/v1/cases/{}/requests", c.uid);
        let decide = async |who: &Client, r: &Json| who.post(&format!("/api/v1/case-requests/{}/decision", text(r, "uid")), json!({"approve": true})).await.ok();
        let r = p.owner.post(&path, json!({"kind": "extension", "reason": "缺备件"})).await.ok();
        decide(&p.leader, &r).await;
        decide(&p.dispatcher, &r).await;
        assert_eq!((listed(&app, at(719)).await.len(), listed(&app, at(722)).await.len()), (0, 1));
        let until = Timestamp::now() + SignedDuration::from_hours(48);
        let r = p.owner.post(&path, json!({"kind": "suspension", "reason": "道路封闭", "until": until})).await.ok();
        decide(&p.leader, &r).await;
        assert!(listed(&app, at(99_999)).await.is_empty(), "while it is suspended");
        jinggai::cases::urge::sweep(&app.app, until + SignedDuration::from_secs(1)).await.unwrap();
        let pause = 48 * 60;
        assert_eq!((listed(&app, at(pause + 700)).await.len(), listed(&app, at(pause + 725)).await.len()), (0, 1));

        // The list that people read, for those whose case it is; an exempted one is not on it.
        overdue(&app).await;
        let list = p.leader.get("/api/v1/public-list?limit=1").await.ok();
        assert_eq!((list["total"].clone(), list["share"].clone(), list["next"].clone()), (json!(1), json!(3.0), Json::Null));
        assert_eq!(p.owner.get("/api/v1/public-list").await.ok()["total"], 1);
        let other = app.login(Role::Owner, Some(p.seed.department), None).await;
        assert_eq!(other.get("/api/v1/public-list").await.ok()["total"], 0);
        let csv = p.leader.get("/api/v1/public-list.csv").await;
        assert_eq!(csv.headers["content-type"], "text/csv; charset=utf-8");
        assert_eq!(csv.text(), format!("\u{feff}案卷编号,井盖类型,街镇,责任单位,超期天数\n{number},污水,华新街街道,{unit},3\n"));
        let mut tx = app.db().begin().await.unwrap();
        tx.run(sql!("UPDATE cases SET exempted = TRUE")).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(p.leader.get("/api/v1/public-list").await.ok()["items"], json!([]));

        // The rung is taken out of the rules again: there is no list.
        rung(&admin, 0.0).await;
        jinggai::cases::urge::sweep(&app.app, until + SignedDuration::from_secs(2)).await.unwrap();
        let (left,): (i64,) = app.db().one(sql!("SELECT count(*) FROM case_clocks WHERE ended_at IS NULL AND public_at IS NOT NULL")).await.unwrap();
        assert_eq!(left, 0);
        assert_eq!(p.leader.get("/api/v1/public-list").await.ok()["on"], false);
    }

    async fn a_deadline_in_an_unpublished_year_is_marked_and_moves_when_it_is_published(app: TestApp) {
        let p = people(&app).await;
        let cover = text(&well(&p, 106.57, "W-1").await["covers"][0], "uid");
        let c = filed(&p, &cover, "H05").await;
        c.go(&p.dispatcher, "dispatch", json!({})).await.ok();
        // As if it had been dispatched on the last afternoon of 2026: two working days reach into 2027.
        let start: Timestamp = "2026-12-31T16:00:00+08:00".parse().unwrap();
        let mut tx = app.db().begin().await.unwrap();
        tx.run(sql!("UPDATE case_clocks SET started_at = ?, provisional = TRUE WHERE stage = 'handle'", start)).await.unwrap();
        tx.commit().await.unwrap();
        jinggai::cases::urge::sweep(&app.app, Timestamp::now()).await.unwrap();
        let seen = c.see().await;
        assert_eq!((text(&seen, "due_at"), seen["provisional"].clone()), ("2027-01-04T08:00:00Z".into(), json!(true)));
        let year = json!({"off": [{"date": "2027-01-01", "name": "元旦"}], "working": []});
        p.registrar.put("/api/v1/rules/calendar/2027", json!({"version": 0, "pack": year, "source": "国务院办公厅通知（测试）"})).await.ok();
        jinggai::cases::urge::sweep(&app.app, Timestamp::now()).await.unwrap();
        let seen = c.see().await;
        assert_eq!((text(&seen, "due_at"), seen["provisional"].clone()), ("2027-01-05T08:00:00Z".into(), json!(false)));
        assert!(seen["flow"].to_string().contains("放假安排公布"), "{}", seen["flow"]);
    }

    async fn candidates_are_only_those_that_the_reader_may_see(app: TestApp) {
        let p = people(&app).await;
        let cover = text(&well(&p, 106.57, "W-1").await["covers"][0], "uid");
        let c = filed(&p, &cover, "H05").await;
        let stranger = app.login(Role::Owner, Some(p.seed.department), None).await;
        let there = json!({"lng": 106.57003, "lat": 29.60, "text": "井盖晃动有异响", "source": "patrol"});
        let theirs = stranger.post("/api/v1/findings", there.clone()).await.ok();
        assert_eq!(theirs["candidates"], json!([]), "another unit's case is not told");
        let uid = text(&theirs, "uid");
        assert_eq!(stranger.get(&format!("/api/v1/findings/{uid}")).await.ok()["candidates"], json!([]));
        let seen = p.operator.get(&format!("/api/v1/findings/{uid}")).await.ok();
        assert_eq!(seen["candidates"][0]["case"], json!(c.uid));
    }

    async fn a_filed_finding_goes_on_as_its_case(app: TestApp) {
        let p = people(&app).await;
        let cover = text(&well(&p, 106.57, "W-1").await["covers"][0], "uid");
        let c = filed(&p, &cover, "H05").await;
        let finding = text(&c.see().await["findings"][0], "uid");
        let r = find(&p.operator, &finding, "dispatch", json!({"units": [{"code": "test-owner"}]})).await;
        assert_eq!(r.refusal(), (409, "case.not_allowed".into()));
        assert!(text(&r.json(), "title").contains(&text(&c.see().await, "number")), "{}", r.text());
    }

    async fn a_photo_of_the_same_scene_is_told(app: TestApp) {
        let p = people(&app).await;
        let cover = text(&well(&p, 106.57, "W-1").await["covers"][0], "uid");
        let c = filed(&p, &cover, "H05").await;
        let known = text(&c.see().await["findings"][0], "uid");
        p.inspector.upload(&format!("/api/v1/findings/{known}/files"), &[("purpose", "scene")], &picture(90)).await.ok();
        let f = p.street.post("/api/v1/findings", json!({"lng": 106.57003, "lat": 29.60, "text": "井盖松动"})).await.ok();
        let path = format!("/api/v1/findings/{}", text(&f, "uid"));
        assert!(!f["candidates"][0]["why"].to_string().contains("照片相像"), "{f}");
        p.street.upload(&format!("{path}/files"), &[("purpose", "scene")], &picture(90)).await.ok();
        let seen = p.street.get(&path).await.ok();
        assert!(seen["candidates"][0]["why"].to_string().contains("照片相像"), "{seen}");
    }

    async fn a_part_is_a_case_of_its_own_and_the_whole_waits_for_it(app: TestApp) {
        let p = people(&app).await;
        let file = well(&p, 106.57, "W-1").await;
        let cover = text(&file["covers"][0], "uid");
        let case = filed(&p, &cover, "H02").await;
        let children = format!("/api/v1/cases/{}/children", case.uid);
        let ask = async |who: &Client, hazard: &str, text: &str| {
            who.post(&children, json!({"version": case.version().await, "hazard": hazard, "text": text})).await
        };
        assert_eq!(ask(&p.owner, "H07", "修复周边路面").await.refusal(), (403, "forbidden".into()));
        assert_eq!(ask(&p.operator, "H07", " ").await.refusal(), (422, "form.invalid".into()));
        assert_eq!(ask(&p.operator, "H99", "x").await.refusal(), (422, "hazard.unknown".into()));
        let same = ask(&p.operator, "H02", "再派一家").await;
        assert_eq!(same.refusal(), (409, "case.child_known".into()));
        assert!(same.text().contains(&text(&case.see().await, "number")), "{}", same.text());
        let stale = p.operator.post(&children, json!({"version": 99, "hazard": "H07", "text": "x"})).await;
        assert_eq!(stale.refusal(), (409, "conflict.version".into()));
        let child = ask(&p.operator, "H07", "修复周边路面").await;
        assert_eq!(child.status, 201, "{}", child.text());
        let child = Case { p: &p, uid: text(&child.json(), "uid") };
        let deeper = format!("/api/v1/cases/{}/children", child.uid);
        let deeper = p.operator.post(&deeper, json!({"version": child.version().await, "hazard": "H06", "text": "x"})).await;
        assert_eq!(deeper.refusal(), (409, "case.child_of_child".into()));
        // Each shows the other, and its flow says so.
        let (whole, part) = (case.see().await, child.see().await);
        assert_eq!((part["parent"].clone(), part["parent_number"].clone(), part["well"].clone()), (whole["uid"].clone(), whole["number"].clone(), whole["well"].clone()));
        assert_eq!((whole["children"][0]["uid"].clone(), whole["children"].as_array().unwrap().len()), (part["uid"].clone(), 1));
        let last = |file: &Json| text(file["flow"].as_array().unwrap().last().unwrap(), "words");
        assert_eq!(last(&whole), format!("立子案卷 {}", text(&part, "number")));
        assert_eq!(last(&part), format!("立案 {}（{} 的子案卷）", text(&part, "number"), text(&whole, "number")));
        // The part has clocks and units of its own; the whole is neither checked nor cancelled while it is open.
        case.go(&p.dispatcher, "dispatch", json!({})).await.ok();
        case.go(&p.owner, "accept", json!({})).await.ok();
        case.photo(&p.owner, "after").await;
        case.go(&p.owner, "finish", json!({"treatment": "repair"})).await.ok();
        assert_eq!((text(&part, "due_stage"), text(&child.see().await, "state")), ("dispatch".into(), "filed".into()));
        let message = case.refused(&p.dispatcher, "send_to_check", json!({}), 409, "case.guard_missing").await;
        assert!(message.contains("子案卷均已办结"), "{message}");
        child.go(&p.operator, "cancel", json!({"reason": "现场已由道路施工修复"})).await.ok();
        assert_eq!(last(&case.see().await), format!("子案卷 {} 已撤销", text(&part, "number")));
        case.go(&p.dispatcher, "send_to_check", json!({})).await.ok();
    }
}
