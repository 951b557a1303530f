//! What belongs to wells: numbers, stages of life, responsible units, plates, fall guards; each refusal with its code.
#![allow(clippy::unwrap_used)]
use jinggai::identity::Role;
use jinggai_db::{events, sql};
use jinggai_test::{Client, TestApp, on_both_stores};
use serde_json::{Value as Json, json};

struct Town {
    registrar: Client,
    keeper: Client,
    street: Client,
}

async fn town(app: &TestApp) -> Town {
    let seed = app.seed().await;
    Town {
        registrar: app.login(Role::Registrar, None, None).await,
        keeper: app.login(Role::Owner, Some(seed.owner), None).await,
        street: app.login(Role::Street, None, Some(seed.street)).await,
    }
}

/// A sewage well of the test owner; gives the paths of well and cover.
async fn well(t: &Town, lng: f64) -> (String, String) {
    let file = t
        .registrar
        .post(
            "/api/v1/wells",
            json!({
                "kind": "sewage", "road": "建新北路", "area": "500105001", "place": "footway", "depth_m": 3.0,
                "position": {"lng": lng, "lat": 29.6},
                "responsibilities": [{"role": "owner", "unit": "test-owner"}],
                "covers": [{"size": "D700", "material": "ductile_iron"}]
            }),
        )
        .await
        .ok();
    let path = |kind: &str, v: &Json| format!("/api/v1/{kind}/{}", v["uid"].as_str().unwrap());
    (path("wells", &file["well"]), path("covers", &file["covers"][0]))
}

/// A well that nobody owns.
async fn ownerless(t: &Town, lng: f64) -> String {
    let file = t
        .registrar
        .post("/api/v1/wells", json!({"kind": "storm", "area": "500105001", "position": {"lng": lng, "lat": 29.6}, "covers": [{}]}))
        .await
        .ok();
    format!("/api/v1/wells/{}", file["well"]["uid"].as_str().unwrap())
}

async fn file(t: &Town, well: &str) -> Json {
    t.registrar.get(well).await.ok()
}

/// Attaches a small file and gives its id.
async fn attach(c: &Client, well: &str, name: &str, bytes: &[u8]) -> Json {
    let mut body =
        format!("--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n")
            .into_bytes();
    body.extend(bytes);
    body.extend(b"\r\n--b--\r\n");
    let path = format!("{well}/attachments");
    let key = Some(uuid::Uuid::now_v7().to_string());
    c.raw(axum::http::Method::POST, &path, "multipart/form-data; boundary=b", body, key).await.ok()["uid"]
        .clone()
}

const PDF: &[u8] = b"%PDF-1.4\n%%EOF";
/// A PNG of one pixel.
const PNG: &[u8] = include_bytes!("data/registry/pixel.png");

on_both_stores! {
    async fn numbers_are_issued_in_order_and_never_again(app: TestApp) {
        let t = town(&app).await;
        let c = &t.registrar;
        let (_, a) = well(&t, 106.57).await;
        let (_, b) = well(&t, 106.58).await;
        let (_, d) = well(&t, 106.59).await;
        let first = c.post(&format!("{a}/codes"), json!({"scheme": "cjt214-16"})).await.ok();
        assert_eq!((first["code"].as_str(), first["list_version"].as_str()), (Some("5001050102000001"), Some("cjt214-2007@1")));
        // A number from outside stands in the way of the next one.
        let set = c.post(&format!("{d}/codes"), json!({"scheme": "cjt214-16", "code": "5001050102000002"})).await.ok();
        assert_eq!(set["state"], "active");
        let second = c.post(&format!("{b}/codes"), json!({"scheme": "cjt214-16"})).await.ok();
        assert_eq!(second["code"], "5001050102000003");
        let r = c.post(&format!("{a}/codes"), json!({"scheme": "cjt214-16"})).await;
        assert_eq!(r.refusal(), (409, "code.exists".into()));
        let changed = c.post(&format!("{a}/codes"), json!({"scheme": "cjt214-16", "replace": true})).await.ok();
        assert_eq!(changed["code"], "5001050102000004");
        let hit = c.get("/api/v1/codes/5001050102000001").await.ok();
        assert_eq!((hit["items"][0]["state"].as_str(), hit["items"][0]["current"].as_str()), (Some("alias"), Some("5001050102000004")));
        c.post(&format!("{a}/codes"), json!({"scheme": "free", "code": "老井-7", "alias": true})).await.ok()["code"].as_str().unwrap();
        assert_eq!(c.get("/api/v1/covers?q=老井").await.ok()["total"], 1, "an old number still finds its cover");
        let retire = format!("{b}/codes/5001050102000003/retire");
        assert_eq!(c.post(&retire, json!({})).await.refusal(), (422, "form.invalid".into()));
        assert_eq!(c.post(&retire, json!({"reason": "重复编号"})).await.ok()["state"], "retired");
        assert_eq!(c.post(&retire, json!({"reason": "再次"})).await.refusal(), (409, "code.retired".into()));
        let again = c.post(&format!("{b}/codes"), json!({"scheme": "cjt214-16", "code": "5001050102000003"})).await;
        assert_eq!(again.refusal(), (422, "code.taken".into()));
        let next = c.post(&format!("{b}/codes"), json!({"scheme": "cjt214-16"})).await.ok();
        assert_eq!(next["code"], "5001050102000005");
        for (body, code) in [
            (json!({"scheme": "none"}), "code.scheme_unknown"),
            (json!({"scheme": "free"}), "code.invalid"),
            (json!({"scheme": "gbt30428-16", "code": "5001050111100001"}), "code.invalid"),
            (json!({"scheme": "gbt30428-16", "code": "9999990100200001"}), "code.invalid"),
            (json!({"alias": true}), "form.invalid"),
        ] {
            let r = c.post(&format!("{d}/codes"), body.clone()).await;
            assert_eq!(r.refusal(), (422, code.into()), "{body}");
        }
        assert_eq!(t.keeper.post(&format!("{a}/codes"), json!({"scheme": "free", "code": "x"})).await.refusal(), (403, "forbidden".into()));
        let schemes = c.get("/api/v1/code-schemes").await.ok();
        assert!(schemes["total"].as_i64().unwrap() >= 4);
    }

    async fn two_desks_never_issue_the_same_number(app: TestApp) {
        let t = town(&app).await;
        let mut covers = vec![];
        for i in 0..8 {
            covers.push(well(&t, 106.57 + f64::from(i) / 1000.0).await.1);
        }
        let jobs = covers.into_iter().map(|cover| {
            let c = t.registrar.clone();
            tokio::spawn(async move { c.post(&format!("{cover}/codes"), json!({"scheme": "cjt214-16"})).await.ok() })
        });
        let mut codes = vec![];
        for job in jobs.collect::<Vec<_>>() {
            codes.push(job.await.unwrap()["code"].as_str().unwrap().to_owned());
        }
        codes.sort();
        let want: Vec<String> = (1..=8).map(|n| format!("500105010200000{n}")).collect();
        assert_eq!(codes, want);
    }

    async fn a_number_of_the_former_district_stays_valid(app: TestApp) {
        let t = town(&app).await;
        let (_, a) = well(&t, 106.57).await;
        let mut tx = app.db().begin().await.unwrap();
        tx.run(sql!("UPDATE areas SET valid_to = ? WHERE code = '500105'", jiff::civil::date(2025, 11, 1))).await.unwrap();
        tx.commit().await.unwrap();
        let set = t.registrar.post(&format!("{a}/codes"), json!({"scheme": "cjt214-16", "code": "5001050102000077"})).await;
        assert_eq!(set.status, 201, "{}", set.text());
    }

    async fn a_cover_is_abandoned_only_with_proof_and_approval(app: TestApp) {
        let t = town(&app).await;
        let (w, c) = well(&t, 106.57).await;
        let go = async |who: &Client, body: Json| who.post(&format!("{c}/lifecycle"), body).await;
        let step = |m: &str, v: i64, evidence: Json| json!({"move": m, "version": v, "evidence": evidence});
        assert_eq!(go(&t.keeper, step("fill_in", 1, json!([]))).await.refusal(), (409, "lifecycle.not_allowed".into()));
        assert_eq!(go(&t.keeper, step("propose_abandonment", 1, json!([]))).await.refusal(), (409, "lifecycle.guard_missing".into()));
        assert_eq!(go(&t.keeper, step("propose_abandonment", 1, json!([uuid::Uuid::now_v7()]))).await.refusal(), (422, "attachment.unknown".into()));
        assert_eq!(go(&t.keeper, step("vanish", 1, json!([]))).await.refusal(), (422, "form.invalid".into()));
        let paper = attach(&t.keeper, &w, "报告.pdf", PDF).await;
        assert_eq!(go(&t.keeper, step("propose_abandonment", 9, json!([paper]))).await.refusal(), (409, "conflict.version".into()));
        let now = go(&t.keeper, step("propose_abandonment", 1, json!([paper]))).await.ok();
        assert_eq!(now["lifecycle"], "abandoned_pending");
        let photo = attach(&t.keeper, &w, "填埋.png", PNG).await;
        assert_eq!(go(&t.keeper, step("fill_in", 2, json!([photo]))).await.refusal(), (409, "lifecycle.guard_missing".into()));
        let approve = format!("{c}/abandonment/approve");
        assert_eq!(t.keeper.post(&approve, json!({"basis": "x"})).await.refusal(), (403, "forbidden".into()));
        assert_eq!(t.street.post(&approve, json!({})).await.refusal(), (422, "form.invalid".into()));
        assert_eq!(t.street.post(&approve, json!({"basis": "会议纪要 12 号"})).await.ok()["approved"], true);
        assert_eq!(go(&t.keeper, step("refuse_abandonment", 2, json!([]))).await.refusal(), (403, "forbidden".into()));
        assert_eq!(go(&t.keeper, step("fill_in", 2, json!([]))).await.refusal(), (409, "lifecycle.guard_missing".into()));
        let filled = go(&t.keeper, step("fill_in", 2, json!([photo]))).await.ok();
        assert_eq!(filled["lifecycle"], "filled");
        let f = file(&t, &w).await;
        assert_eq!(f["well"]["lifecycle"], "filled", "the well follows its covers");
        assert!(f["attachments"].as_array().unwrap().iter().all(|a| a["subject"] == "cover"));
        let r = t.registrar.post(&format!("{w}/covers"), json!({})).await;
        assert_eq!(r.refusal(), (409, "well.ended".into()));
        assert_eq!(t.registrar.get("/api/v1/covers?in_use=true").await.ok()["total"], 0);
        assert_eq!(go(&t.street, step("archive", 3, json!([]))).await.ok()["lifecycle"], "archived");
    }

    async fn who_proposed_cannot_approve(app: TestApp) {
        let t = town(&app).await;
        let (w, c) = well(&t, 106.57).await;
        let paper = attach(&t.street, &w, "报告.pdf", PDF).await;
        t.street.post(&format!("{c}/lifecycle"), json!({"move": "propose_abandonment", "version": 1, "evidence": [paper]})).await.ok()["uid"].as_str().unwrap();
        let approve = format!("{c}/abandonment/approve");
        assert_eq!(t.street.post(&approve, json!({"basis": "x"})).await.refusal(), (403, "lifecycle.own_proposal".into()));
        let back = t.registrar.post(&format!("{c}/lifecycle"), json!({"move": "refuse_abandonment", "version": 2})).await.ok();
        assert_eq!(back["lifecycle"], "in_use");
        assert_eq!(t.registrar.post(&approve, json!({"basis": "x"})).await.refusal(), (409, "lifecycle.not_proposed".into()));
    }

    async fn a_replaced_cover_leaves_a_successor(app: TestApp) {
        let t = town(&app).await;
        let (w, c) = well(&t, 106.57).await;
        t.registrar.post(&format!("{c}/labels"), json!({"number": "JB-1"})).await.ok()["uid"].as_str().unwrap();
        let body = json!({"move": "replace", "version": 1, "reason": "破损更换"});
        assert_eq!(t.registrar.post(&format!("{c}/lifecycle"), body.clone()).await.refusal(), (409, "lifecycle.guard_missing".into()));
        let mut with = body;
        with["successor"] = json!({"size": "D9", "colour": "red"});
        assert_eq!(t.registrar.post(&format!("{c}/lifecycle"), with.clone()).await.refusal(), (422, "form.invalid".into()));
        with["successor"] = json!({"size": "D700", "load_class": "b125", "issue_code": "cjt214-16"});
        assert_eq!(t.registrar.post(&format!("{c}/lifecycle"), with).await.ok()["lifecycle"], "removed");
        let f = file(&t, &w).await;
        assert_eq!(f["covers"][1]["predecessor_uid"], f["covers"][0]["uid"]);
        assert_eq!(f["codes"][0]["code"], "5001050102000001");
        assert_eq!(f["labels"][0]["state"], "removed", "the plate goes with its cover");
        assert_eq!(f["well"]["lifecycle"], "in_use");
        let add = t.registrar.post(&format!("{w}/covers"), json!({"kind": "storm", "label": "JB-2"})).await.ok();
        assert_eq!(add["kind"], "storm");
        assert_eq!(t.registrar.get("/api/v1/covers?in_use=true").await.ok()["total"], 2);
    }

    async fn damage_opens_and_closes_the_abnormal_stage(app: TestApp) {
        let t = town(&app).await;
        let (_, c) = well(&t, 106.57).await;
        let step = |m: &str, v: i64| json!({"move": m, "version": v});
        assert_eq!(t.keeper.post(&format!("{c}/lifecycle"), step("mark_abnormal", 1)).await.refusal(), (409, "lifecycle.guard_missing".into()));
        t.keeper.patch(&c, json!({"version": 1, "problem": "loose", "condition": "damaged"})).await.ok()["uid"].as_str().unwrap();
        assert_eq!(t.keeper.post(&format!("{c}/lifecycle"), step("mark_abnormal", 2)).await.ok()["lifecycle"], "abnormal");
        assert_eq!(t.keeper.post(&format!("{c}/lifecycle"), step("restore", 3)).await.refusal(), (409, "lifecycle.guard_missing".into()));
        t.keeper.patch(&c, json!({"version": 3, "problem": null, "condition": "intact"})).await.ok()["uid"].as_str().unwrap();
        assert_eq!(t.keeper.post(&format!("{c}/lifecycle"), step("restore", 4)).await.ok()["lifecycle"], "in_use");
    }

    async fn one_unit_per_role_and_its_history_stays(app: TestApp) {
        let t = town(&app).await;
        let (w, _) = well(&t, 106.57).await;
        let to = format!("{w}/responsibilities");
        let owner = json!({"role": "owner", "unit": "test-department"});
        let r = t.registrar.post(&to, owner.clone()).await;
        assert_eq!((r.refusal(), r.json()["current"]["unit"].as_str().map(str::to_owned)), ((409, "responsibility.exists".into()), Some("test-owner".into())));
        for (body, code) in [
            (json!({"role": "owner", "unit": "nobody", "replace": true}), "unit.unknown"),
            (json!({"role": "king", "unit": "test-owner"}), "form.invalid"),
            (json!({"role": "owner", "unit": "test-department", "confirmed": true, "replace": true}), "form.invalid"),
            (json!({"role": "maintainer", "unit": "test-owner", "valid_from": "2999-01-01"}), "form.invalid"),
            (json!({"role": "owner", "unit": "test-department", "replace": true, "valid_from": "2001-01-01"}), "responsibility.before"),
        ] {
            assert_eq!(t.registrar.post(&to, body.clone()).await.refusal(), (422, code.into()), "{body}");
        }
        let mut replace = owner;
        replace["replace"] = true.into();
        let new = t.registrar.post(&to, replace).await.ok();
        let f = file(&t, &w).await;
        let list = f["responsibilities"].as_array().unwrap();
        assert_eq!((list.len(), list[0]["unit"].as_str(), list[1]["valid_to"].is_string()), (2, Some("test-department"), true));
        assert_eq!(t.keeper.get(&w).await.status, 404, "the former owner no longer sees the well");
        assert_eq!(t.keeper.post(&to, json!({"role": "maintainer", "unit": "test-owner"})).await.refusal(), (403, "forbidden".into()));
        let end = format!("/api/v1/responsibilities/{}/end", new["uid"].as_str().unwrap());
        assert_eq!(t.registrar.post(&end, json!({"version": 1})).await.refusal(), (422, "form.invalid".into()));
        assert_eq!(t.registrar.post(&end, json!({"version": 7, "reason": "移交"})).await.refusal(), (409, "conflict.version".into()));
        assert!(t.registrar.post(&end, json!({"version": 1, "reason": "移交"})).await.ok()["valid_to"].is_string());
        assert_eq!(t.registrar.post(&end, json!({"version": 2, "reason": "移交"})).await.refusal(), (409, "responsibility.ended".into()));
        assert!(file(&t, &w).await["ownership_queue"].is_object(), "without owner it waits for one");
    }

    async fn the_queue_is_left_by_owner_or_by_fallback_with_document_and_funding(app: TestApp) {
        let t = town(&app).await;
        let (a, b) = (ownerless(&t, 106.57).await, ownerless(&t, 106.58).await);
        let queue = t.street.get("/api/v1/ownership-queue?limit=1").await.ok();
        assert_eq!((queue["total"].as_i64(), queue["items"][0]["days_left"].as_i64()), (Some(2), Some(30)));
        let rest = t.street.get(&format!("/api/v1/ownership-queue?limit=1&cursor={}", queue["next"].as_str().unwrap())).await.ok();
        assert_eq!((rest["items"].as_array().unwrap().len(), rest["next"].is_null()), (1, true));
        assert_ne!(rest["items"][0]["well_uid"], queue["items"][0]["well_uid"]);
        assert_eq!(t.street.get("/api/v1/ownership-queue?overdue=true").await.ok()["total"], 0);
        assert_eq!(t.keeper.get("/api/v1/ownership-queue").await.ok()["total"], 0);
        let owner = json!({"role": "owner", "unit": "test-owner", "confirmed": true, "basis": "产权登记"});
        t.street.post(&format!("{a}/responsibilities"), owner).await.ok()["uid"].as_str().unwrap();
        let to = format!("{b}/responsibilities");
        let bare = json!({"role": "fallback", "unit": "test-department"});
        let r = t.street.post(&to, bare).await;
        let fields: Vec<String> = r.json()["fields"].as_array().unwrap().iter().map(|f| f["field"].as_str().unwrap().to_owned()).collect();
        assert_eq!(fields, ["basis", "funding", "evidence"]);
        let doc = attach(&t.street, &b, "批复.pdf", PDF).await;
        let full = json!({"role": "fallback", "unit": "test-department", "confirmed": true, "basis": "区政府批复", "funding": "区财政", "evidence": [doc]});
        let new = t.street.post(&to, full).await.ok();
        assert_eq!(t.street.get("/api/v1/ownership-queue").await.ok()["total"], 0);
        let f = file(&t, &b).await;
        assert_eq!(f["attachments"][0]["subject_uid"], new["uid"], "the document is bound to what it proves");
        assert_eq!(t.registrar.get("/api/v1/covers?fallback=test-department&ownerless=false").await.ok()["total"], 1);
    }

    async fn a_plate_is_on_one_cover_and_a_cover_has_one_plate(app: TestApp) {
        let t = town(&app).await;
        let (w, a) = well(&t, 106.57).await;
        let (_, b) = well(&t, 106.58).await;
        let label = t.keeper.post(&format!("{a}/labels"), json!({"number": "JB-1", "state": "planned"})).await.ok();
        assert_eq!(t.registrar.get("/api/v1/covers?labelled=true").await.ok()["total"], 0, "a planned plate is not there yet");
        assert_eq!(t.registrar.post(&format!("{b}/labels"), json!({"number": "JB-1"})).await.refusal(), (422, "label.taken".into()));
        assert_eq!(t.keeper.post(&format!("{a}/labels"), json!({"number": "JB-2"})).await.refusal(), (409, "label.exists".into()));
        assert_eq!(t.keeper.post(&format!("{a}/labels"), json!({"state": "lost"})).await.refusal(), (422, "form.invalid".into()));
        let state = format!("/api/v1/labels/{}/state", label["uid"].as_str().unwrap());
        assert_eq!(t.keeper.post(&state, json!({"state": "fixed", "version": 5})).await.refusal(), (409, "conflict.version".into()));
        assert_eq!(t.keeper.post(&state, json!({"state": "gone", "version": 1})).await.refusal(), (422, "form.invalid".into()));
        assert_eq!(t.keeper.post(&state, json!({"state": "fixed", "version": 1})).await.status, 200);
        assert_eq!(t.registrar.get("/api/v1/covers?labelled=true").await.ok()["items"][0]["label"], "JB-1");
        assert!(file(&t, &w).await["labels"][0]["content"].as_str().unwrap().ends_with("/c/JB-1"));
        assert_eq!(t.keeper.post(&state, json!({"state": "unreadable", "version": 2})).await.status, 200);
        assert_eq!(t.registrar.get("/api/v1/covers?labelled=true").await.ok()["total"], 0);
        assert_eq!(t.keeper.post(&format!("{a}/labels"), json!({"number": "JB-3", "replace": true})).await.status, 201);
        assert_eq!(t.keeper.post(&state, json!({"state": "fixed", "version": 4})).await.refusal(), (409, "label.removed".into()));
        assert_eq!(t.registrar.post(&format!("{b}/labels"), json!({"number": "JB-1"})).await.status, 201, "a removed plate frees its number");
    }

    async fn fall_guards_follow_the_rules_of_the_day(app: TestApp) {
        let t = town(&app).await;
        let (w, _) = well(&t, 106.57).await;
        let finding = |f: &Json| f["findings"].as_array().unwrap().iter().filter(|x| x["code"] == "H10").map(|x| x["message"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
        assert_eq!(finding(&file(&t, &w).await), ["排水井未装防坠装置，应装 2 张"]);
        let to = format!("{w}/fall-guards");
        let r = t.keeper.post(&to, json!({"kind": "rope", "quantity": 0, "tested_load_kg": 100, "installed_on": "2999-01-01"})).await;
        let fields: Vec<String> = r.json()["fields"].as_array().unwrap().iter().map(|f| f["field"].as_str().unwrap().to_owned()).collect();
        assert_eq!(fields, ["kind", "quantity", "installed_on", "tested_load_kg"]);
        let guard = t.keeper.post(&to, json!({"kind": "net", "quantity": 1, "installed_on": "2020-02-29"})).await.ok();
        let f = file(&t, &w).await;
        assert_eq!((f["fall_guards"][0]["next_test_on"].as_str(), f["fall_guards"][0]["replace_on"].as_str()), (Some("2021-02-28"), Some("2023-02-28")));
        assert_eq!(finding(&f).len(), 3, "too few, test overdue, replacement overdue");
        assert_eq!(t.registrar.get("/api/v1/covers?guarded=true").await.ok()["total"], 1);
        let path = format!("/api/v1/fall-guards/{}", guard["uid"].as_str().unwrap());
        assert_eq!(t.keeper.post(&format!("{path}/test"), json!({"version": 1})).await.refusal(), (422, "form.invalid".into()));
        assert_eq!(t.keeper.post(&format!("{path}/test"), json!({"version": 1, "tested_load_kg": 300})).await.status, 200);
        assert_eq!(t.keeper.post(&format!("{path}/remove"), json!({"version": 1, "reason": "老化"})).await.refusal(), (409, "conflict.version".into()));
        assert_eq!(t.keeper.post(&format!("{path}/remove"), json!({"version": 2})).await.refusal(), (422, "form.invalid".into()));
        assert_eq!(t.keeper.post(&format!("{path}/remove"), json!({"version": 2, "reason": "老化"})).await.status, 200);
        assert_eq!(t.keeper.post(&format!("{path}/remove"), json!({"version": 3, "reason": "老化"})).await.refusal(), (409, "fall_guard.removed".into()));
        assert_eq!(t.registrar.get("/api/v1/covers?guarded=true").await.ok()["total"], 0);
        let timeline = t.keeper.get(&format!("{w}/timeline")).await.ok();
        let said: Vec<&str> = timeline["items"].as_array().unwrap().iter().map(|e| e["summary"].as_str().unwrap()).collect();
        assert_eq!(said, ["拆除防坠网", "检测防坠网：300 千克", "安装防坠网", "建档，登记井盖 1 个"]);
    }

    async fn the_chain_holds_over_all_of_it(app: TestApp) {
        let t = town(&app).await;
        let (w, c) = well(&t, 106.57).await;
        t.registrar.patch(&w, json!({"version": 1, "low_lying": true})).await.ok()["uid"].as_str().unwrap();
        t.registrar.post(&format!("{c}/codes"), json!({"scheme": "free", "code": "K-1"})).await.ok()["code"].as_str().unwrap();
        let verdict = events::verify(app.db(), &[], |_, _| {}).await.unwrap();
        assert!(verdict.faults.is_empty() && verdict.events >= 3);
    }
}
