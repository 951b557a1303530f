//! What the rules find in the ledger: the list is what each cover by itself would say, today and after rules change;
//! and what becomes of an abandoned well.
#![allow(clippy::unwrap_used)]
mod plans_district;

use jiff::civil::Date;
use jinggai::identity::Role;
use jinggai_rules::RulePack;
use jinggai_rules::guard::GuardRules;
use jinggai_rules::kinds::{LoadClass, Material, Place};
use jinggai_rules::life::LifeRules;
use jinggai_rules::load::{LoadRules, LoadVerdict};
use jinggai_test::{Client, on_both_stores, picture};
use plans_district::city::{Dice, city};
use plans_district::{cover, day, people, plan, step, text, well};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;

/// The rules as the test holds them, beside the platform.
struct Oracle {
    load: LoadRules,
    life: LifeRules,
    guard: GuardRules,
}

/// A code found in a cover, or in the well when there is no cover.
type Found = (String, String, Option<String>);

impl Oracle {
    /// What a well's record means, cover by cover, by the words of `domain.md` 10.1.
    fn of(&self, f: &Json) -> Vec<Found> {
        let (w, today) = (&f["well"], jinggai::clock::today());
        let well = text(w, "uid");
        let past = |v: &Json| v.as_str().is_some_and(|d| d.parse::<Date>().unwrap() < today);
        let mut out = vec![];
        let mut living = false;
        for c in f["covers"].as_array().unwrap() {
            if ["filled", "removed", "archived"].contains(&c["lifecycle"].as_str().unwrap()) {
                continue;
            }
            living = true;
            let mut find = |holds: bool, code: &str| {
                if holds {
                    out.push((code.to_owned(), well.clone(), Some(text(c, "uid"))));
                }
            };
            let labelled = f["labels"]
                .as_array()
                .unwrap()
                .iter()
                .any(|l| l["cover_uid"] == c["uid"] && l["state"] == "fixed");
            find(!labelled, "H11");
            find(past(&c["expires_on"]) || c["problem"] == "over_age", "H14");
            let material = c["material"].as_str().and_then(Material::from_code);
            find(
                c["problem"] == "outdated"
                    || material.is_some_and(|m| self.life.outdated_reason(m).is_some()),
                "H15",
            );
            let class = c["load_class"].as_str().and_then(LoadClass::from_code);
            let place = w["place"].as_str().and_then(Place::from_code);
            let weak = class.zip(place).is_some_and(|(class, place)| {
                matches!(
                    self.load.check(class, place, w["emergency_vehicles"] == true),
                    LoadVerdict::TooWeak { .. }
                )
            });
            find(weak, "H16");
        }
        let guards: Vec<&Json> =
            f["fall_guards"].as_array().unwrap().iter().filter(|g| g["removed_on"].is_null()).collect();
        let nets: i64 = guards.iter().map(|g| g["quantity"].as_i64().unwrap()).sum();
        let needed = i64::from(self.guard.nets(w["depth_m"].as_f64()));
        let must = w["low_lying"] == true || w["kind"] == "sewage" || w["kind"] == "storm";
        let short = guards.iter().all(|g| g["kind"] == "net") && nets < needed;
        let stale = guards.iter().any(|g| {
            past(&g["next_test_on"])
                || past(&g["replace_on"])
                || g["tested_load_kg"].as_f64().is_some_and(|kg| kg < self.guard.static_load_kg)
        });
        if living && ((guards.is_empty() && must) || (!guards.is_empty() && (short || stale))) {
            out.push(("H10".into(), well.clone(), None));
        }
        if living && !f["ownership_queue"].is_null() {
            out.push(("H12".into(), well, None));
        }
        out
    }
}

/// Every page of the list, seven rows at a time, with what it explains.
async fn walk(c: &Client, query: &str) -> (BTreeSet<Found>, Vec<Json>, Json) {
    let mut path = format!("/api/v1/derived-hazards?limit=7{query}");
    let (mut all, mut rows, mut total) = (BTreeSet::new(), vec![], Json::Null);
    loop {
        let page = c.get(&path).await.ok();
        if total.is_null() {
            total = page["total"].clone();
        }
        assert_eq!(page["total"], total);
        for r in page["items"].as_array().unwrap() {
            let cover = r["cover"].as_str().map(str::to_owned);
            assert!(all.insert((text(r, "code"), text(r, "well"), cover)), "twice: {r}");
            rows.push(r.clone());
        }
        let Some(next) = page["next"].as_str() else { return (all, rows, page) };
        path = format!("/api/v1/derived-hazards?limit=7{query}&cursor={next}");
    }
}

/// The files of all wells.
async fn files(c: &Client) -> Vec<Json> {
    let covers = c.get("/api/v1/covers?limit=500").await.ok();
    assert_eq!(covers["next"], Json::Null);
    let wells: BTreeSet<String> =
        covers["items"].as_array().unwrap().iter().map(|r| text(r, "well_uid")).collect();
    let mut out = vec![];
    for w in wells {
        out.push(c.get(&format!("/api/v1/wells/{w}")).await.ok());
    }
    out
}

async fn put_rule(c: &Client, path: &str, change: impl Fn(&mut Json)) {
    let mut pack = c.get(path).await.ok()["pack"].clone();
    change(&mut pack);
    c.put(path, json!({"version": 1, "pack": pack, "source": "本区试行"})).await.ok();
}

on_both_stores! {
    async fn the_list_is_what_every_cover_by_itself_would_say(app: TestApp) {
        let p = people(&app).await;
        let mut dice = Dice(20_210_722);
        city(&app, p.seed, &mut dice, 120).await;
        // Guards of every sort: fitting, too few, of another kind, past their test, taken out again.
        for f in files(&p.registrar).await.iter().take(60) {
            let path = format!("/api/v1/wells/{}/fall-guards", text(&f["well"], "uid"));
            let kind = dice.pick(&["net", "net", "inner_cover"]);
            let since = dice.pick(&[day(-30), day(-500), day(-1500)]);
            let load = dice.some(&[150, 300]);
            let mut body = json!({"kind": kind, "quantity": dice.pick(&[1, 2]), "installed_on": since});
            if let Some(kg) = load {
                body["tested_load_kg"] = json!(kg);
                body["tested_on"] = json!(day(-10));
            }
            let made = p.registrar.post(&path, body).await.ok();
            if dice.roll(5) == 0 {
                let g = text(&made, "uid");
                p.registrar.post(&format!("/api/v1/fall-guards/{g}/remove"), json!({"version": 1, "reason": "失窃"})).await.ok();
            }
        }
        let mut oracle = Oracle { load: LoadRules::shipped().remove(0), life: LifeRules::shipped().remove(0), guard: GuardRules::shipped().remove(0) };
        for round in 0..2 {
            let files = files(&p.registrar).await;
            let want: BTreeSet<Found> = files.iter().flat_map(|f| oracle.of(f)).collect();
            let (got, rows, last) = walk(&p.leader, "").await;
            assert_eq!(got, want, "round {round}");
            assert_eq!(last["total"].as_u64().unwrap() as usize, want.len());
            for count in p.leader.get("/api/v1/derived-hazards").await.ok()["counts"].as_array().unwrap() {
                let n = want.iter().filter(|(code, ..)| *code == text(count, "code")).count();
                assert!(n > 3, "a code that never happens proves nothing: {count}");
                assert_eq!(count["count"].as_u64().unwrap() as usize, n);
            }
            // The file of each well says the same, word for word.
            for f in &files {
                let said: BTreeSet<Found> = f["findings"].as_array().unwrap().iter().map(|x| (text(x, "code"), text(&f["well"], "uid"), x["cover_uid"].as_str().map(str::to_owned))).collect();
                assert_eq!(said, oracle.of(f).into_iter().collect(), "{}", f["findings"]);
                for r in rows.iter().filter(|r| r["well"] == f["well"]["uid"]) {
                    let words: Vec<String> = f["findings"].as_array().unwrap().iter().filter(|x| x["code"] == r["code"] && x["cover_uid"] == r["cover"]).map(|x| text(x, "message")).collect();
                    assert_eq!(text(r, "explained"), words.join("；"));
                }
            }
            // Rules change: the list is right at once.
            if round == 0 {
                put_rule(&p.registrar, "/api/v1/rules/design_life/design-life", |r| r["outdated"] = json!([{"material": "ductile_iron", "reason": "试点"}])).await;
                put_rule(&p.registrar, "/api/v1/rules/load_class/load-class", |r| r["emergency_raise"] = json!(false)).await;
                put_rule(&p.registrar, "/api/v1/rules/fall_guard/fall-guard", |r| { r["nets"] = json!([{"count": 2}]); r["static_load_kg"] = json!(300); }).await;
                oracle.life.outdated = serde_json::from_value(json!([{"material": "ductile_iron", "reason": "试点"}])).unwrap();
                oracle.load.emergency_raise = false;
                oracle.guard.nets.remove(0);
                oracle.guard.static_load_kg = 300.0;
            }
        }
        // By code, unit and area, and within one's own reach.
        let (all, ..) = walk(&p.leader, "").await;
        let (one, ..) = walk(&p.leader, "&code=H14,H11").await;
        assert_eq!(one, all.iter().filter(|f| f.0 == "H14" || f.0 == "H11").cloned().collect());
        let owned: BTreeSet<String> = p.owner.get("/api/v1/covers?limit=500").await.ok()["items"].as_array().unwrap().iter().map(|r| text(r, "well_uid")).collect();
        let mine: BTreeSet<Found> = all.iter().filter(|f| owned.contains(&f.1)).cloned().collect();
        assert!(!mine.is_empty() && mine.len() < all.len());
        assert_eq!(walk(&p.owner, "").await.0, mine);
        assert_eq!(walk(&p.leader, "&unit=test-owner").await.0, mine);
        let (street, ..) = walk(&p.street, "").await;
        assert_eq!(walk(&p.leader, "&area=500105001").await.0, street);
        assert_eq!(p.leader.get("/api/v1/derived-hazards?code=H05").await.refusal(), (422, "list.code".into()));
        assert_eq!(p.leader.get("/api/v1/derived-hazards?area=").await.refusal(), (422, "filter.invalid".into()));
        assert_eq!(p.leader.get("/api/v1/derived-hazards?cursor=x").await.refusal(), (422, "list.cursor".into()));
    }

    async fn an_abandoned_well_is_closed_only_when_it_is_filled_and_its_number_gone(app: TestApp) {
        let p = people(&app).await;
        let file = well(&p, "W-1", 106.57, json!({}), json!({})).await;
        let (c, w) = (cover(&file), format!("/api/v1/wells/{}", text(&file["well"], "uid")));
        let h = text(&p.owner.post("/api/v1/hazards", json!({"code": "H13", "cover": c, "reason": "已停用三年"})).await.ok(), "uid");
        let plan = plan(&p, json!([{"hazard": h, "planned_on": day(30)}])).await;
        plan.approved().await;
        plan.photo(&p.owner, "after", &h, 1).await.ok();
        step(&p, &p.owner, &h, "treatment", json!({"treatment": "fill"})).await.ok();
        plan.photo(&p.inspector, "check", &h, 2).await.ok();
        let unmet = async || {
            let r = step(&p, &p.inspector, &h, "check", json!({"passed": true})).await;
            assert_eq!(r.refusal(), (409, "hazard.unmet".into()));
            r.json()["unmet"].as_array().unwrap().len()
        };
        assert_eq!(unmet().await, 3, "not filled, not approved, number still given");
        // Evidence, approval by another, fill with a photo, the number retired; each step alone is not enough.
        let version = async || p.registrar.get(&format!("/api/v1/covers/{c}")).await.ok()["version"].clone();
        let go = async |who: &Client, action: &str, evidence: Json| who.post(&format!("/api/v1/covers/{c}/lifecycle"), json!({"move": action, "version": version().await, "evidence": evidence})).await;
        let attach = async |shade: u8| text(&p.owner.upload(&format!("{w}/attachments"), &[], &picture(shade)).await.ok(), "uid");
        assert_eq!(go(&p.owner, "fill_in", json!([])).await.refusal(), (409, "lifecycle.not_allowed".into()));
        assert_eq!(go(&p.owner, "propose_abandonment", json!([])).await.refusal(), (409, "lifecycle.guard_missing".into()));
        go(&p.owner, "propose_abandonment", json!([attach(3).await])).await.ok();
        let proof = attach(4).await;
        assert_eq!(go(&p.owner, "fill_in", json!([proof])).await.refusal(), (409, "lifecycle.guard_missing".into()), "not approved");
        p.street.post(&format!("/api/v1/covers/{c}/abandonment/approve"), json!({"basis": "会议纪要 12 号"})).await.ok();
        assert_eq!(unmet().await, 2);
        assert_eq!(go(&p.owner, "fill_in", json!([])).await.refusal(), (409, "lifecycle.guard_missing".into()), "no photo");
        assert_eq!(go(&p.owner, "fill_in", json!([proof])).await.ok()["lifecycle"], "filled");
        assert_eq!(unmet().await, 1);
        p.registrar.post(&format!("/api/v1/covers/{c}/codes/W-1/retire"), json!({"reason": "填埋注销"})).await.ok();
        step(&p, &p.inspector, &h, "check", json!({"passed": true})).await.ok();
        assert_eq!(text(&plan.see().await, "state"), "done");
        // The file is kept, and says what the cover was when it went.
        let now = p.registrar.get(&w).await.ok();
        assert_eq!((text(&now["covers"][0], "lifecycle"), text(&now["covers"][0], "problem"), text(&now["codes"][0], "state")), ("filled".into(), "abandoned".into(), "retired".into()));
        assert_eq!(now["attachments"].as_array().unwrap().len(), 2);
        let line = p.registrar.get(&format!("{w}/timeline")).await.ok().to_string();
        assert!(line.contains("发现隐患 H13") && line.contains("隐患销号：计划销号，填埋"), "{line}");
        assert!(jinggai_db::events::verify(app.db(), &[], |_, _| {}).await.unwrap().faults.is_empty());
    }

    async fn a_case_of_an_abandoned_well_asks_the_same(app: TestApp) {
        let p = people(&app).await;
        let dispatcher = app.login(Role::Operator, None, None).await;
        let file = well(&p, "W-1", 106.57, json!({}), json!({})).await;
        let (c, w) = (cover(&file), format!("/api/v1/wells/{}", text(&file["well"], "uid")));
        let f = p.inspector.post("/api/v1/findings", json!({"cover": c, "hazard": "H13", "text": "废弃井未填埋"})).await.ok();
        let moved = p.operator.post(&format!("/api/v1/findings/{}/moves", text(&f, "uid")), json!({"move": "file", "version": 1})).await.ok();
        let case = format!("/api/v1/cases/{}", text(&moved, "case"));
        let go = async |who: &Client, action: &str, more: Json| {
            let mut body = json!({"move": action, "version": p.operator.get(&case).await.ok()["version"]});
            for (k, v) in more.as_object().unwrap() {
                body[k] = v.clone();
            }
            who.post(&format!("{case}/moves"), body).await
        };
        go(&dispatcher, "dispatch", json!({})).await.ok();
        go(&p.owner, "accept", json!({})).await.ok();
        p.owner.upload(&format!("{case}/files"), &[("purpose", "after")], &picture(1)).await.ok();
        go(&p.owner, "finish", json!({"treatment": "fill"})).await.ok();
        go(&dispatcher, "send_to_check", json!({})).await.ok();
        let drawn = text(&p.operator.get(&case).await.ok(), "checker");
        let checker = if drawn == Role::Inspector.zh() { &p.inspector } else { &p.street };
        checker.upload(&format!("{case}/files"), &[("purpose", "check")], &picture(2)).await.ok();
        let r = go(checker, "pass", json!({})).await;
        assert_eq!(r.refusal(), (409, "case.guard_missing".into()));
        assert!(r.text().contains("须有经审批的废弃申报") && r.text().contains("须注销编号"), "{}", r.text());
        // The whole way.
        let life = async |who: &Client, action: &str, evidence: Json| {
            let version = p.registrar.get(&format!("/api/v1/covers/{c}")).await.ok()["version"].clone();
            who.post(&format!("/api/v1/covers/{c}/lifecycle"), json!({"move": action, "version": version, "evidence": evidence})).await.ok()
        };
        let paper = text(&p.owner.upload(&format!("{w}/attachments"), &[], &picture(3)).await.ok(), "uid");
        let proof = text(&p.owner.upload(&format!("{w}/attachments"), &[], &picture(4)).await.ok(), "uid");
        life(&p.owner, "propose_abandonment", json!([paper])).await;
        p.registrar.post(&format!("/api/v1/covers/{c}/abandonment/approve"), json!({"basis": "会议纪要 13 号"})).await.ok();
        life(&p.owner, "fill_in", json!([proof])).await;
        p.registrar.post(&format!("/api/v1/covers/{c}/codes/W-1/retire"), json!({"reason": "填埋注销"})).await.ok();
        go(checker, "pass", json!({})).await.ok();
        go(&p.operator, "close", json!({})).await.ok();
        let closed = p.operator.get(&case).await.ok();
        assert_eq!((text(&closed, "state"), text(&closed["hazards"][0], "treatment")), ("closed".into(), "fill".into()));
        assert_eq!(p.registrar.get(&format!("/api/v1/covers/{c}")).await.ok()["lifecycle"], "filled");
    }
}
