//! 评价指标: each count from cases that ran on time, late, back, twice; exempted ones marked; the score; the ranking.
#![allow(clippy::unwrap_used)]
mod annex2_district;

use annex2_district::{Plan, Town, at, enter, plan};
use jiff::civil::{Date, date};
use jinggai::cases::moves::MoveAsk;
use jinggai_rules::indicators::Count;
use jinggai_rules::kinds::CoverKind;
use jinggai_test::{Client, on_both_stores};
use serde_json::{Value, json};

const JUNE: &str = "from=2026-06-01&to=2026-07-01";

fn june(day: i8) -> Date {
    date(2026, 6, day)
}

fn wells() -> Vec<Plan> {
    let mut all: Vec<Plan> =
        ["W-0", "W-1", "W-2", "W-3", "W-4", "W-5", "W-6"].map(|c| plan(c, "psgs")).to_vec();
    let gas = |code| Plan { street: "500105003", kind: CoverKind::Gas, ..plan(code, "rqgs") };
    all.extend(["W-7", "W-8"].map(gas));
    all
}

/// 2026-06-01 is a Monday. Dispatch of an ordinary case may take 4 working hours, handling and checking 2 working days.
async fn history(t: &Town<'_>) {
    let loose = async |day: i8, hour: i8, i: usize| {
        t.file(at(june(day), hour, 0), i, "井盖松动", "H05", "collector").await
    };
    // A: all on time.
    let c = loose(1, 9, 0).await;
    t.give(at(june(1), 10, 0), c).await;
    t.fix_later(at(june(2), 9, 0), c).await;
    // B: dispatched late, handled late; the appeal is granted in July.
    let c = loose(1, 9, 1).await;
    t.give(at(june(2), 9, 0), c).await;
    t.finish(at(june(10), 9, 0), c, "repair").await;
    t.close(at(june(10), 10, 0), c, None).await;
    t.granted(at(date(2026, 7, 2), 9, 0), c, "appeal").await;
    // C: sent back by the unit, then back to the unit by the checker; each time on time.
    let c = loose(3, 9, 2).await;
    t.give(at(june(3), 10, 0), c).await;
    t.because(at(june(3), 11, 0), &t.handler, c, "return").await;
    t.give(at(june(3), 15, 0), c).await;
    t.finish(at(june(4), 9, 0), c, "repair").await;
    t.go(at(june(4), 10, 0), &t.operator, c, "send_to_check", MoveAsk::default()).await;
    t.because(at(june(4), 11, 0), &t.inspector, c, "rework").await;
    t.finish(at(june(5), 9, 0), c, "repair").await;
    t.close(at(june(5), 10, 0), c, None).await;
    // D: dispatched, and nothing since.
    let c = loose(5, 9, 3).await;
    t.give(at(june(5), 10, 0), c).await;
    // E: extended, and done within that.
    let c = loose(8, 9, 4).await;
    t.give(at(june(8), 10, 0), c).await;
    t.granted(at(june(8), 11, 0), c, "extension").await;
    t.finish(at(june(11), 9, 0), c, "repair").await;
    t.close(at(june(11), 10, 0), c, None).await;
    // F: cancelled. G: not even dispatched.
    let c = loose(9, 9, 5).await;
    t.because(at(june(9), 10, 0), &t.operator, c, "cancel").await;
    loose(29, 16, 6).await;
    // H: urgent, handled and checked in time, closed after its 24 hours.
    let c = t.file(at(june(15), 9, 0), 7, "井盖缺失", "H01", "collector").await;
    t.give(at(june(15), 9, 10), c).await;
    t.finish(at(june(15), 10, 0), c, "refit").await;
    t.check(at(june(15), 13, 0), c, None).await;
    t.go(at(june(17), 9, 0), &t.operator, c, "close", MoveAsk::default()).await;
    // I: handled in July, too late: at the end of June it waits overdue.
    let c = loose(24, 9, 8).await;
    t.give(at(june(24), 10, 0), c).await;
    t.fix_later(at(date(2026, 7, 2), 9, 0), c).await;
    // Reports that are no case: refused, and waiting.
    let f = t.report(at(june(20), 9, 0), 0, "噪声扰民", "12319").await;
    let no =
        MoveAsk { action: "refuse".into(), reason: Some("非井盖问题".into()), ..MoveAsk::default() };
    t.decide(at(june(20), 10, 0), f, no).await;
    t.report(at(june(21), 9, 0), 0, "井盖响", "12345").await;
}

async fn show(client: &Client, more: &str) -> Value {
    client.get(&format!("/api/v1/statistics/indicators?{JUNE}{more}")).await.ok()
}

fn row<'a>(report: &'a Value, key: &str) -> &'a Value {
    report["rows"]
        .as_array()
        .unwrap()
        .iter()
        .find(|r| r["key"] == key)
        .unwrap_or_else(|| panic!("no row {key}"))
}

/// Opens every count of every row.
async fn open_all(client: &Client, report: &Value) {
    for row in report["rows"].as_array().unwrap().iter().chain([&report["total"]]) {
        for (key, query) in row["queries"].as_object().unwrap() {
            let list = client.get(&format!("{}&limit=1", query.as_str().unwrap())).await.ok();
            assert_eq!(list["total"], row["counts"][key], "{} {key}: {query}", row["key"]);
        }
    }
}

on_both_stores! {
    async fn every_count_is_what_happened(app: TestApp) {
        let town = enter(&app, &wells()).await;
        history(&town).await;
        let admin = app.as_admin().await;
        let report = show(&admin, "").await;
        let check = |counts: &Value, want: &[(Count, i64)]| {
            for (c, n) in want {
                assert_eq!(counts[c.code()], *n, "{c}");
            }
        };
        use Count as C;
        check(&report["total"]["counts"], &[
            (C::Reported, 11), (C::Effective, 9), (C::Upheld, 8), (C::Unclosed, 3), (C::Filed, 9),
            (C::ToDispatch, 8), (C::ToDispatchTimed, 7), (C::DispatchedOnTime, 6), (C::DispatchedRight, 6),
            (C::ToHandle, 7), (C::ToHandleTimed, 6), (C::Handled, 5), (C::HandledOnTime, 4), (C::OverdueOpen, 2), (C::Extended, 1),
            (C::ToCheckTimed, 4), (C::CheckedOnTime, 4), (C::ToClose, 5), (C::ToCloseTimed, 4),
            (C::Closed, 5), (C::ClosedOnTime, 3), (C::ClosedLate, 1), (C::Reworked, 1), (C::Exempted, 1),
        ]);
        check(&row(&report, "unit:psgs")["counts"], &[(C::Filed, 7 - 2), (C::ToHandle, 5), (C::Handled, 4), (C::OverdueOpen, 1)]);
        check(&row(&report, "unit:rqgs")["counts"], &[(C::Filed, 2), (C::ToHandle, 2), (C::Handled, 1), (C::OverdueOpen, 1)]);
        // What was cancelled or not given to anybody yet stands with no unit.
        check(&row(&report, "unit:")["counts"], &[(C::Filed, 2), (C::Reported, 4), (C::ToHandle, 0)]);
        open_all(&admin, &report).await;
        open_all(&admin, &show(&admin, "&by=street,kind").await).await;

        // The formula, both sides, and the share.
        let of = |key: &str| report["total"]["indicators"][key].clone();
        assert_eq!(of("handle"), json!({"numerator": 5, "denominator": 7, "percent": 71.43}));
        assert_eq!(of("handle_on_time"), json!({"numerator": 4, "denominator": 6, "percent": 66.67}));
        assert_eq!(of("rework"), json!({"numerator": 1, "denominator": 5, "percent": 20.0}));
        assert_eq!(of("unclosed"), json!({"numerator": 3, "denominator": 11, "percent": 27.27}));
        assert_eq!(of("verify_on_time"), Value::Null);
        let told = report["indicators"].as_array().unwrap();
        let told = |key: &str| told.iter().find(|i| i["key"] == key).unwrap().clone();
        assert_eq!(told("handle_on_time")["formula"], "按期处置数 ÷ 应处置数");
        assert_eq!(told("verify_on_time")["lacks"], "案卷规则没有核实时限，不计算");

        // 30 × 5/7 + 20 × 4/6 + 20 × 4/5 + 20 × 4/6 + 10 × 6/7.
        let score = &report["total"]["score"];
        assert_eq!(score["items"], json!({"handle": 21.43, "handle_on_time": 13.33, "rework": 16.0, "overdue_open": 13.33, "extension": 8.57}));
        assert_eq!((&score["total"], &score["judged"]), (&json!(72.66), &json!(100)));
    }

    async fn covers_and_hazards_have_indicators_too(app: TestApp) {
        let town = enter(&app, &wells()).await;
        history(&town).await;
        let admin = app.as_admin().await;
        let report = show(&admin, "").await;
        let count = |key: &str| report["total"]["counts"][key].as_i64().unwrap();
        // The hazards are those of annex 2, the covers those of the registry.
        let annex2 = admin.get(&format!("/api/v1/statistics/annex2?{JUNE}")).await.ok();
        let figures = &annex2["total"]["period"]["figures"];
        assert_eq!((count("hazards_found"), count("hazards_fixed")), (figures["found"].as_i64().unwrap(), figures["fixed"].as_i64().unwrap()));
        assert!(count("hazards_fixed") > 0 && count("hazards_fixed") < count("hazards_found"));
        assert_eq!(count("in_use"), 9);
        assert_eq!(count("owner_confirmed") + count("owner_unclear"), count("in_use"));
        // Seven sewage wells must have a guard by law, the two of gas do not lie low.
        assert_eq!((count("guard_needed"), count("guarded")), (7, 0));
        assert_eq!(report["total"]["indicators"]["guard"], json!({"numerator": 0, "denominator": 7, "percent": 0.0}));
        let told = |key: &str| report["indicators"].as_array().unwrap().iter().find(|i| i["key"] == key).unwrap().clone();
        assert_eq!((&told("fallback")["target"], &told("fallback")["of_covers"]), (&json!(100), &json!(true)));
        assert_eq!((&told("handle")["target"], &told("handle")["of_covers"]), (&Value::Null, &json!(false)));
        assert_eq!(told("census")["lacks"], "没有应普查井盖的估计数，不计算");
        assert!(report["total"]["indicators"].get("census").is_none());
        open_all(&admin, &show(&admin, "&by=kind").await).await;
    }

    async fn an_exempted_case_is_marked_and_its_fact_stays(app: TestApp) {
        let town = enter(&app, &wells()).await;
        history(&town).await;
        let admin = app.as_admin().await;
        let report = show(&admin, "").await;
        let marked = admin.get(report["total"]["queries"]["exempted"].as_str().unwrap()).await.ok();
        assert_eq!(marked["items"][0]["exempted"], true);
        let number = marked["items"][0]["number"].clone();
        // Late in fact: the raw lists still hold it, the figures do not.
        let late = admin.get(&format!("/api/v1/cases?facts=late_handle,handled&at={}", report["at"].as_str().unwrap())).await.ok();
        let numbers: Vec<&Value> = late["items"].as_array().unwrap().iter().map(|k| &k["number"]).collect();
        assert_eq!(numbers, [&number]);
        let file = admin.get(&format!("/api/v1/cases/{}", marked["items"][0]["uid"].as_str().unwrap())).await.ok();
        let clocks = file["clocks"].as_array().unwrap();
        assert!(clocks.iter().any(|c| c["stage"] == "handle" && c["ended_at"].as_str() > c["due_at"].as_str()), "{clocks:?}");
    }

    async fn units_and_streets_are_ranked(app: TestApp) {
        let town = enter(&app, &wells()).await;
        history(&town).await;
        let admin = app.as_admin().await;
        let ranking = admin.get(&format!("/api/v1/statistics/ranking?{JUNE}")).await.ok();
        let places = |i: usize| ranking["rankings"][i]["places"].as_array().unwrap().clone();
        let brief = |i: usize| places(i).iter().map(|p| (p["key"].as_str().unwrap().to_owned(), p["score"]["rank"].clone())).collect::<Vec<_>>();
        assert_eq!(brief(0), [("unit:psgs".to_owned(), json!(1)), ("unit:rqgs".into(), json!(2)), ("unit:".into(), Value::Null)]);
        assert_eq!(brief(1), [("street:500105001".to_owned(), json!(1)), ("street:500105003".into(), json!(2))]);
        let score = |p: &Value| p["score"]["total"].as_f64().unwrap();
        assert!(score(&places(0)[0]) > score(&places(0)[1]));
        // rqgs: 30 × 1/2 + 20 × 1/2 + 20 × 1 + 20 × 1/2 + 10.
        assert_eq!(score(&places(0)[1]), 65.0);
        let kinds = admin.get(&format!("/api/v1/statistics/ranking?{JUNE}&by=kind")).await.ok();
        assert_eq!(kinds["rankings"].as_array().unwrap().len(), 1);
    }

    async fn the_score_is_a_pack_of_a_hundred_points(app: TestApp) {
        let town = enter(&app, &wells()).await;
        history(&town).await;
        let admin = app.as_admin().await;
        let mut pack = admin.get("/api/v1/rules/score/score").await.ok()["pack"].clone();
        pack["items"][0]["weight"] = json!(40);
        let put = |pack: &Value| json!({"version": 1, "source": "区城管办〔2026〕9号", "pack": pack, "effective_from": "2026-11-01"});
        let refused = admin.put("/api/v1/rules/score/score", put(&pack)).await;
        assert_eq!(refused.refusal(), (422, "rule.invalid".into()));
        assert!(refused.text().contains("权重合计 110"), "{}", refused.text());
        pack["items"][1]["weight"] = json!(10);
        admin.put("/api/v1/rules/score/score", put(&pack)).await.ok();
        // June was before that day: it keeps the score that ruled then.
        assert_eq!(show(&admin, "").await["total"]["score"]["total"], 72.66);
        let later = admin.get("/api/v1/statistics/indicators?from=2026-06-01&to=2026-11-20").await.ok();
        assert_eq!(later["score"]["items"][0]["weight"], 40);
    }
}
