//! Renewal: scores that explain themselves, a budget that is kept, plans by year that are done as covers are replaced.
#![allow(clippy::unwrap_used)]
mod plans_district;

use jiff::civil::{Date, date};
use jinggai_db::sql;
use jinggai_rules::RulePack;
use jinggai_rules::kinds::{LoadClass, Material, Place};
use jinggai_rules::life::LifeRules;
use jinggai_rules::load::LoadRules;
use jinggai_rules::renewal::{Basis, RenewalScore, Situation};
use jinggai_test::{Client, on_both_stores};
use plans_district::city::{Dice, city};
use plans_district::{People, change, cover, day, people, text, well};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

/// The rules as the test holds them, and every cover in use with what the score looks at.
struct Oracle {
    score: RenewalScore,
    life: LifeRules,
    load: LoadRules,
    covers: BTreeMap<String, (Situation, String)>,
}

impl Oracle {
    async fn of(p: &People) -> Oracle {
        let list = p.leader.get("/api/v1/covers?limit=500").await.ok();
        assert_eq!(list["next"], Json::Null);
        let hazards = p.leader.get("/api/v1/hazards?limit=500").await.ok();
        let mut covers = BTreeMap::new();
        for c in list["items"].as_array().unwrap() {
            if c["lifecycle"] != "in_use" && c["lifecycle"] != "abnormal" {
                continue;
            }
            let file = p.leader.get(&format!("/api/v1/wells/{}", text(c, "well_uid"))).await.ok();
            let since = day(0).checked_sub(jiff::Span::new().years(3)).unwrap().to_string();
            let counts = |h: &&Json| {
                let cancelled = h["outcome"].as_str().is_some_and(|o| o.starts_with("撤销"));
                h["cover"] == c["uid"]
                    && !cancelled
                    && text(h, "code").as_str() <= "H07"
                    && text(h, "found_at") >= since
            };
            let n = hazards["items"].as_array().unwrap().iter().filter(counts).count();
            let situation = Situation {
                expires_on: c["expires_on"].as_str().map(|d| d.parse().unwrap()),
                noted_over_age: c["problem"] == "over_age",
                material: c["material"].as_str().and_then(Material::from_code),
                noted_outdated: c["problem"] == "outdated",
                load_class: c["load_class"].as_str().and_then(LoadClass::from_code),
                place: c["place"].as_str().and_then(Place::from_code),
                emergency_vehicles: file["well"]["emergency_vehicles"] == true,
                crowded: c["crowded"] == true,
                hazards: i64::try_from(n).unwrap(),
            };
            covers.insert(text(c, "uid"), (situation, text(c, "kind")));
        }
        Oracle {
            score: RenewalScore::shipped().remove(0),
            life: LifeRules::shipped().remove(0),
            load: LoadRules::shipped().remove(0),
            covers,
        }
    }

    /// The score of a cover on a day; none when it has no cause.
    fn score(&self, cover: &str, on: Date) -> Option<i64> {
        let parts = self.score.parts(&self.covers[cover].0, on, Basis { life: &self.life, load: &self.load });
        parts.iter().any(|p| p.part.is_cause()).then(|| parts.iter().map(|p| p.points).sum())
    }

    fn candidates(&self, on: Date) -> BTreeMap<String, i64> {
        self.covers.keys().filter_map(|c| Some((c.clone(), self.score(c, on)?))).collect()
    }
}

async fn walk(c: &Client, path: &str) -> Vec<Json> {
    let sign = if path.contains('?') { '&' } else { '?' };
    let (mut rows, mut next, mut total) = (vec![], String::new(), Json::Null);
    loop {
        let page = c.get(&format!("{path}{sign}limit=7{next}")).await.ok();
        rows.extend(page["items"].as_array().unwrap().iter().cloned());
        if total.is_null() {
            total = page["total"].clone();
        }
        match page["next"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(rows.len(), total.as_u64().unwrap() as usize);
    rows
}

/// A city, some of whose covers have a history of hazards.
async fn with_history(app: &jinggai_test::TestApp, p: &People, n: usize) {
    let mut dice = Dice(500_105);
    city(app, p.seed, &mut dice, n).await;
    let covers = p.operator.get("/api/v1/covers?limit=500&in_use=true").await.ok();
    for c in covers["items"].as_array().unwrap().iter().take(40) {
        for code in ["H04", "H05", "H06", "H09"].iter().take(1 + dice.roll(4)) {
            let body = json!({"code": code, "cover": c["uid"], "reason": "历年巡查"});
            let h = p.operator.post("/api/v1/hazards", body).await.ok();
            match dice.roll(4) {
                // Long ago, and taken back: neither counts.
                0 => {
                    let uid: uuid::Uuid = text(&h, "uid").parse().unwrap();
                    change(
                        app,
                        sql!("UPDATE hazards SET found_at = '2015-01-01T00:00:00.000Z' WHERE uid = ?", uid),
                    )
                    .await;
                }
                1 => {
                    let path = format!("/api/v1/hazards/{}/cancellation", text(&h, "uid"));
                    p.leader.post(&path, json!({"version": h["version"], "reason": "误报"})).await.ok();
                }
                _ => {}
            }
        }
    }
}

on_both_stores! {
    async fn a_million_could_be_sorted_and_each_says_why(app: TestApp) {
        let p = people(&app).await;
        with_history(&app, &p, 120).await;
        let mut oracle = Oracle::of(&p).await;
        assert!(oracle.covers.values().any(|(s, _)| s.hazards > 1) && oracle.covers.values().any(|(s, _)| s.hazards == 0));
        for round in 0..2 {
            let want = oracle.candidates(day(0));
            let rows = walk(&p.leader, "/api/v1/renewal-candidates").await;
            let got: BTreeMap<String, i64> = rows.iter().map(|r| (text(r, "uid"), r["score"].as_i64().unwrap())).collect();
            assert_eq!(got, want, "round {round}");
            assert!(rows.is_sorted_by_key(|r| -r["score"].as_i64().unwrap()));
            for r in &rows {
                let parts: Vec<i64> = r["parts"].as_array().unwrap().iter().map(|s| s["points"].as_i64().unwrap()).collect();
                assert_eq!(parts.iter().sum::<i64>(), r["score"], "{r}");
            }
            for part in ["age", "material", "load_class", "history", "place", "crowded"] {
                let n = rows.iter().filter(|r| r["parts"].as_array().unwrap().iter().any(|s| s["part"] == part)).count();
                assert!(n > 2 || round > 0, "{part} never happens");
            }
            if round == 0 {
                // Other weights, another list of materials: right at once.
                let path = "/api/v1/rules/renewal_score/renewal-score";
                let mut pack = p.registrar.get(path).await.ok()["pack"].clone();
                pack["age"] = json!([{"years_over": 1, "points": 11}, {"years_over": 6, "points": 17}]);
                pack["outdated"] = json!(0);
                pack["history_codes"] = json!(["H05", "H06"]);
                pack["history"] = json!([{"count": 2, "points": 40}]);
                p.registrar.put(path, json!({"version": 1, "pack": pack.clone(), "source": "本区研究"})).await.ok();
                pack["pack"] = json!(oracle.score.pack);
                oracle.score = serde_json::from_value(pack).unwrap();
                let hazards = p.leader.get("/api/v1/hazards?limit=500").await.ok();
                for (uid, (s, _)) in &mut oracle.covers {
                    let counts = |h: &&Json| h["cover"] == *uid && (h["code"] == "H05" || h["code"] == "H06") && h["outcome"].is_null() && !text(h, "found_at").starts_with("2015");
                    s.hazards = i64::try_from(hazards["items"].as_array().unwrap().iter().filter(counts).count()).unwrap();
                }
            }
        }
        // Within reach, and narrowed.
        let all = walk(&p.leader, "/api/v1/renewal-candidates").await;
        let street = walk(&p.street, "/api/v1/renewal-candidates").await;
        let uids = |rows: &[Json]| rows.iter().map(|r| text(r, "uid")).collect::<BTreeSet<_>>();
        assert!(!street.is_empty() && street.len() < all.len());
        assert_eq!(uids(&walk(&p.leader, "/api/v1/renewal-candidates?area=500105001").await), uids(&street));
        assert_eq!(uids(&walk(&p.leader, "/api/v1/renewal-candidates?unit=test-owner").await), uids(&walk(&p.owner, "/api/v1/renewal-candidates").await));
        let gas = walk(&p.leader, "/api/v1/renewal-candidates?kind=gas").await;
        assert!(!gas.is_empty() && gas.iter().all(|r| r["kind"] == "gas"));
        assert_eq!(p.leader.get("/api/v1/renewal-candidates?kind=pond").await.refusal(), (422, "filter.invalid".into()));
        let machine = app.anonymous();
        assert_eq!(machine.get("/api/v1/renewal-candidates").await.status, 401);
    }

    async fn a_budget_is_tried_and_becomes_a_plan(app: TestApp) {
        let p = people(&app).await;
        with_history(&app, &p, 120).await;
        let oracle = Oracle::of(&p).await;
        let year = day(0).year() + 1;
        let days: Vec<Date> = (0..3).map(|k| date(year + k, 1, 1)).collect();
        let owned: BTreeSet<String> = p.owner.get("/api/v1/covers?limit=500").await.ok()["items"].as_array().unwrap().iter().map(|r| text(r, "uid")).collect();
        let candidates = |on: Date| -> BTreeMap<String, i64> { oracle.candidates(on).into_iter().filter(|(c, _)| owned.contains(c)).collect() };

        // What is wrong is said at once; what has no price is named.
        let r = p.owner.post("/api/v1/renewal-what-if", json!({"budget_cents": 0, "years": 11, "first_year": 1999, "unit_cents": {"pond": 5, "gas": 0}, "other_cents": -1})).await;
        let fields: BTreeSet<String> = r.json()["fields"].as_array().unwrap().iter().map(|f| text(f, "field")).collect();
        assert_eq!(fields, ["budget_cents", "years", "first_year", "unit_cents.pond", "unit_cents.gas", "other_cents"].map(str::to_owned).into());
        let r = p.owner.post("/api/v1/renewal-what-if", json!({"budget_cents": 100, "years": 1, "unit_cents": {"gas": 1}})).await;
        assert_eq!(r.refusal(), (422, "renewal.cost".into()));
        assert!(text(&r.json(), "title").contains("污水") && !text(&r.json(), "title").contains("燃气"), "{}", r.text());

        // One price for all: strictly by score.
        let ask = json!({"budget_cents": 1_000, "years": 3, "other_cents": 150});
        let tried = p.owner.post("/api/v1/renewal-what-if", ask.clone()).await.ok();
        let before = candidates(days[0]);
        assert_eq!((tried["candidates"].as_u64().unwrap() as usize, tried["score"].as_i64().unwrap()), (before.len(), before.values().sum()));
        let plan = json!({"title": "三年更新", "person": "王工", "due_on": date(year + 2, 12, 31), "money_cents": 3_000});
        let count: (i64,) = app.db().one(sql!("SELECT count(*) FROM renewal_items")).await.unwrap();
        assert_eq!(count.0, 0, "nothing is stored by trying");
        let made = p.owner.post("/api/v1/renewal-plans", json!({"plan": plan, "what_if": ask})).await;
        assert_eq!(made.status, 201, "{}", made.text());
        let uid = text(&made.json(), "uid");
        let path = format!("/api/v1/plans/{uid}/covers");
        let items = walk(&p.owner, &path).await;
        let mut gone: BTreeSet<String> = BTreeSet::new();
        for (k, on) in days.iter().enumerate() {
            let y = &tried["years"][k];
            let of_year: Vec<&Json> = items.iter().filter(|i| i["year"] == year + k as i16).collect();
            assert_eq!((of_year.len() as u64, y["cents"].as_i64().unwrap()), (y["count"].as_u64().unwrap(), 150 * of_year.len() as i64));
            assert_eq!(of_year.len(), 6, "as many as the money buys");
            let shown: Vec<String> = y["covers"].as_array().unwrap().iter().map(|c| text(c, "uid")).collect();
            assert_eq!(shown, of_year.iter().map(|i| text(i, "cover")).collect::<Vec<_>>());
            let mut rest = candidates(*on);
            rest.retain(|c, _| !gone.contains(c));
            for i in &of_year {
                let score = rest.remove(&text(i, "cover")).expect("a candidate of that year, taken once");
                assert_eq!(i["score"].as_i64().unwrap(), score, "as of that year: {i}");
                gone.insert(text(i, "cover"));
            }
            let least = of_year.iter().map(|i| i["score"].as_i64().unwrap()).min().unwrap();
            assert!(rest.values().all(|s| *s <= least));
            assert_eq!((y["remaining"].as_u64().unwrap() as usize, y["remaining_score"].as_i64().unwrap()), (rest.len(), rest.values().sum()));
        }

        // Different prices: what no longer fits waits, cheaper ones behind it go; no year spends more than it has.
        let ask = json!({"budget_cents": 1_000, "years": 2, "unit_cents": {"sewage": 400, "storm": 310}, "other_cents": 70});
        let tried = p.leader.post("/api/v1/renewal-what-if", ask).await.ok();
        for y in tried["years"].as_array().unwrap() {
            let kinds: i64 = y["kinds"].as_array().unwrap().iter().map(|k| k["cents"].as_i64().unwrap()).sum();
            assert!(kinds == y["cents"].as_i64().unwrap() && (931..=1_000).contains(&kinds), "{y}");
        }
        // What stands in a plan is not taken twice.
        assert_eq!(tried["candidates"].as_u64().unwrap() as usize, oracle.candidates(days[0]).keys().filter(|c| !gone.contains(*c)).count());
        let free = walk(&p.leader, "/api/v1/renewal-candidates?planned=false").await;
        assert!(free.iter().all(|r| !gone.contains(&text(r, "uid"))));
        let planned = walk(&p.leader, "/api/v1/renewal-candidates?planned=true").await;
        assert!(planned.iter().all(|r| r["plan"] == uid && gone.contains(&text(r, "uid"))) && !planned.is_empty());
        let seen = p.leader.get(&format!("/api/v1/plans/{uid}")).await.ok();
        assert_eq!((seen["items"].clone(), seen["items_cents"].clone(), seen["years"].as_array().unwrap().len()), (json!(18), json!(18 * 150), 3));
        assert!(seen["flow"].to_string().contains("按预算测算列入 18 个井盖"));
    }

    async fn a_renewal_plan_is_changed_approved_and_done(app: TestApp) {
        let p = people(&app).await;
        let old = well(&p, "W-1", 106.570, json!({}), json!({"material": "concrete"})).await;
        let weak = well(&p, "W-2", 106.571, json!({}), json!({"load_class": "b125"})).await;
        let sound = well(&p, "W-3", 106.572, json!({}), json!({})).await;
        let foreign = well(&p, "W-4", 106.573, json!({"responsibilities": [{"role": "owner", "unit": "test-department"}]}), json!({"material": "concrete"})).await;
        let year = day(0).year() + 1;
        let plan = json!({"title": "更新改造", "person": "王工", "due_on": date(year + 1, 12, 31)});
        let what = json!({"budget_cents": 100, "years": 2, "other_cents": 100});
        let make = async |plan: Json, what: Json| p.owner.post("/api/v1/renewal-plans", json!({"plan": plan, "what_if": what})).await;
        assert_eq!(p.leader.post("/api/v1/renewal-plans", json!({"plan": plan, "what_if": what})).await.refusal(), (403, "forbidden".into()));
        assert_eq!(make(plan.clone(), json!({"budget_cents": 99, "years": 2, "other_cents": 100})).await.refusal(), (422, "renewal.empty".into()));
        let short = json!({"title": "短", "person": "王工", "due_on": date(year, 12, 31)});
        assert_eq!(make(short, what.clone()).await.refusal(), (422, "form.invalid".into()), "its days must hold both years");
        let with_items = json!({"title": "x", "person": "y", "due_on": date(year + 1, 1, 1), "items": [{}]});
        assert_eq!(make(with_items, what.clone()).await.refusal(), (422, "form.invalid".into()));
        let made = make(plan.clone(), what.clone()).await.ok();
        let uid = text(&made, "uid");
        let path = format!("/api/v1/plans/{uid}");
        let items = walk(&p.owner, &format!("{path}/covers")).await;
        let by_year: Vec<(i64, String)> = items.iter().map(|i| (i["year"].as_i64().unwrap(), text(i, "cover"))).collect();
        // Two classes short in a carriageway and concrete score alike in points of cause; the place decides nothing here.
        assert_eq!(by_year.iter().map(|(y, _)| *y).collect::<Vec<_>>(), [i64::from(year), i64::from(year) + 1]);
        assert_eq!(by_year.iter().map(|(_, c)| c.clone()).collect::<BTreeSet<_>>(), [cover(&old), cover(&weak)].into());
        assert_eq!(make(plan.clone(), what).await.refusal(), (422, "renewal.empty".into()), "nothing is left to plan");

        // Changed by hand in the draft.
        let version = async || p.owner.get(&path).await.ok()["version"].clone();
        let put = async |cover: &str, y: i16, cents: i64| p.owner.post(&format!("{path}/covers"), json!({"version": version().await, "put": [{"cover": cover, "year": y, "cost_cents": cents}]})).await;
        assert_eq!(put(&cover(&sound), year + 2, 5).await.refusal(), (422, "form.invalid".into()));
        assert_eq!(put(&cover(&sound), year, 0).await.refusal(), (422, "form.invalid".into()));
        assert_eq!(put(&cover(&foreign), year, 5).await.status, 404, "not its own");
        put(&cover(&sound), year, 250).await.ok();
        put(&cover(&old), year + 1, 120).await.ok();
        assert_eq!(p.owner.post(&format!("{path}/covers"), json!({"version": 1, "remove": [cover(&sound)]})).await.refusal(), (409, "conflict.version".into()));
        assert_eq!(p.owner.post(&format!("{path}/items"), json!({"version": version().await, "put": []})).await.refusal(), (409, "plan.kind".into()));
        let second = p.owner.post("/api/v1/plans", json!({"title": "整改", "person": "王工", "due_on": day(9)})).await.ok();
        assert_eq!(p.owner.post(&format!("/api/v1/plans/{}/covers", text(&second, "uid")), json!({"version": 1})).await.refusal(), (409, "plan.kind".into()));
        p.owner.post(&format!("{path}/covers"), json!({"version": version().await, "remove": [cover(&weak)]})).await.ok();
        let r = p.owner.post(&format!("{path}/covers"), json!({"version": version().await, "remove": [cover(&weak)]})).await;
        assert_eq!(r.status, 404);
        let third = make(plan.clone(), json!({"budget_cents": 100, "years": 1, "other_cents": 100})).await.ok();
        assert_eq!(put(&cover(&weak), year, 100).await.refusal(), (409, "renewal.planned".into()), "it stands in another plan now");
        let go = async |uid: &str, who: &Client, action: &str| {
            let now = p.leader.get(&format!("/api/v1/plans/{uid}")).await.ok();
            who.post(&format!("/api/v1/plans/{uid}/moves"), json!({"move": action, "version": now["version"], "reason": "按程序"})).await
        };
        go(&text(&third, "uid"), &p.owner, "withdraw").await.ok();
        put(&cover(&weak), year, 100).await.ok();
        let r = p.owner.patch(&path, json!({"version": version().await, "due_on": date(year, 6, 30)})).await;
        assert_eq!(r.refusal(), (422, "form.invalid".into()), "a year of it lies behind that day");

        go(&uid, &p.owner, "submit").await.ok();
        assert_eq!(go(&uid, &p.owner, "approve").await.refusal(), (403, "forbidden".into()));
        go(&uid, &p.department, "approve").await.ok();
        let seen = p.owner.get(&path).await.ok();
        assert_eq!(seen["years"], json!([{"year": year, "covers": 2, "cents": 350, "done": 0}, {"year": year + 1, "covers": 1, "cents": 120, "done": 0}]));
        assert_eq!(put(&cover(&weak), year, 100).await.refusal(), (409, "plan.state".into()));
        // Done as covers are replaced in the ledger.
        for (n, c) in [cover(&weak), cover(&sound), cover(&old)].iter().enumerate() {
            assert_eq!(p.owner.get(&path).await.ok()["done"], n);
            let now = p.registrar.get(&format!("/api/v1/covers/{c}")).await.ok();
            p.registrar.post(&format!("/api/v1/covers/{c}/lifecycle"), json!({"move": "replace", "version": now["version"], "successor": {"size": "D700", "load_class": "d400", "material": "ductile_iron"}})).await.ok();
        }
        let seen = p.owner.get(&path).await.ok();
        assert_eq!((text(&seen, "state"), seen["done"].clone()), ("done".into(), json!(3)));
        let items = walk(&p.owner, &format!("{path}/covers?done=true&year={year}")).await;
        assert_eq!(items.len(), 2);
        assert!(items.iter().all(|i| i["done"] == true && i["successor"].is_string()));
        assert_eq!(walk(&p.owner, &format!("{path}/covers?done=false")).await.len(), 0);
        assert!(jinggai_db::events::verify(app.db(), &[], |_, _| {}).await.unwrap().faults.is_empty());
    }
}
