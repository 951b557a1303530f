//! 附件2: every word of the founding document from finding to treatment and into its cells; every figure opens its rows.
#![allow(clippy::unwrap_used)]
mod annex2_district;

use annex2_district::{Plan, Town, at, enter, plan};
use jiff::civil::{Date, date};
use jinggai::cases::moves::MoveAsk;
use jinggai::identity::Role;
use jinggai_rules::annex2::Annex2Figure as F;
use jinggai_rules::hazards::{FixedColumn, FoundColumn, Measured};
use jinggai_rules::kinds::CoverKind;
use jinggai_test::{Client, on_both_stores};
use serde_json::{Value, json};

const JUNE: (Date, Date) = (date(2026, 6, 1), date(2026, 7, 1));

/// What happened, in the test's own books.
struct Entry {
    unit: &'static str,
    street: &'static str,
    kind: CoverKind,
    column: FoundColumn,
    found: Date,
    fixed: Option<(Date, FixedColumn)>,
    withdrawn: Option<Date>,
    demo: bool,
}

fn wells() -> Vec<Plan> {
    let mut all: Vec<Plan> = ["W-0", "W-1", "W-2", "W-3", "W-4"].map(|c| plan(c, "psgs")).to_vec();
    let gas = |code| Plan { street: "500105003", kind: CoverKind::Gas, ..plan(code, "rqgs") };
    all.extend(["W-5", "W-6", "W-7"].map(gas));
    all.push(Plan { owner: None, fallback: Some("szs"), kind: CoverKind::Ownerless, ..plan("W-8", "") });
    all.push(Plan { owner: None, street: "", kind: CoverKind::Other, ..plan("W-9", "") });
    all.push(Plan { demo: true, ..plan("W-10", "psgs") });
    all.extend(["W-11", "W-12"].map(|c| plan(c, "psgs")));
    all
}

fn entry(i: usize, column: FoundColumn, found: Date, fixed: Option<(Date, FixedColumn)>) -> Entry {
    let p = wells()[i];
    let unit = p.owner.or(p.fallback).unwrap_or("");
    Entry { unit, street: p.street, kind: p.kind, column, found, fixed, withdrawn: None, demo: p.demo }
}

/// Runs the district from May to July; gives the books.
async fn history(t: &Town<'_>) -> Vec<Entry> {
    use FixedColumn as X;
    use FoundColumn as C;
    let day = |m: i8, d: i8| date(2026, m, d);
    let level = |mm: f64| Some(Measured { height_mm: Some(mm), ..Measured::default() });
    let mut books = vec![];
    // 松动, found in May and cleared in June: of June only what was cleared.
    let c = t.file(at(day(5, 10), 9, 0), 0, "井盖松动", "H05", "collector").await;
    t.fix(at(day(6, 5), 9, 0), c, "damping", None).await;
    books.push(entry(0, C::Loose, day(5, 10), Some((day(6, 5), X::Repaired))));
    // 破损 → 更换.
    let c = t.file(at(day(6, 2), 9, 0), 1, "井盖破损", "H04", "collector").await;
    t.fix(at(day(6, 4), 9, 0), c, "replace", None).await;
    books.push(entry(1, C::Damaged, day(6, 2), Some((day(6, 4), X::Replaced))));
    // 下沉 → 调平, measured.
    let c = t.file(at(day(6, 3), 9, 0), 2, "井盖下沉", "H06", "patrol").await;
    t.fix(at(day(6, 10), 9, 0), c, "level", level(3.0)).await;
    books.push(entry(2, C::Sunk, day(6, 3), Some((day(6, 10), X::Repaired))));
    // 松动, open at the end of June, cleared in July.
    let loose = t.file(at(day(6, 4), 9, 0), 5, "井盖松动", "H05", "collector").await;
    // 缺失 → 补装.
    let c = t.file(at(day(6, 5), 9, 0), 6, "井盖缺失", "H01", "12345").await;
    t.fix(at(day(6, 6), 9, 0), c, "refit", None).await;
    books.push(entry(6, C::Missing, day(6, 5), Some((day(6, 6), X::Refitted))));
    // 低洼, without a guard → 加装防坠装置.
    let c = t.file(at(day(6, 7), 9, 0), 3, "低洼未装防坠", "H10", "collector").await;
    t.guard(day(6, 19), 3).await;
    t.fix(at(day(6, 20), 9, 0), c, "guard", None).await;
    books.push(entry(3, C::Other, day(6, 7), Some((day(6, 20), X::Guarded))));
    // 废弃, without owner: the fallback unit fills it in.
    let c = t.file(at(day(6, 8), 9, 0), 8, "废弃井", "H13", "collector").await;
    t.fill_in(day(6, 24), 8).await;
    t.fix(at(day(6, 25), 9, 0), c, "fill", None).await;
    books.push(entry(8, C::Abandoned, day(6, 8), Some((day(6, 25), X::Filled))));
    // 超年限 → renewed; 材质落后, still to be.
    let c = t.file(at(day(6, 9), 9, 0), 4, "超年限", "H14", "collector").await;
    t.ledger(day(6, 27), 4, "UPDATE covers SET lifecycle = 'removed' WHERE well_id = ?").await;
    t.fix(at(day(6, 28), 9, 0), c, "replace", None).await;
    books.push(entry(4, C::Renewal, day(6, 9), Some((day(6, 28), X::Replaced))));
    t.file(at(day(6, 9), 10, 0), 7, "材质落后", "H15", "collector").await;
    books.push(entry(7, C::Renewal, day(6, 9), None));
    // Withdrawn before anybody was sent.
    let c = t.file(at(day(6, 11), 9, 0), 11, "井盖松动", "H05", "collector").await;
    t.because(at(day(6, 12), 9, 0), &t.operator, c, "cancel").await;
    books.push(Entry { withdrawn: Some(day(6, 12)), ..entry(11, C::Loose, day(6, 11), None) });
    // A demo well, and one that nobody answers for, in no street.
    t.file(at(day(6, 13), 9, 0), 10, "井盖松动", "H05", "collector").await;
    books.push(entry(10, C::Loose, day(6, 13), None));
    t.file(at(day(6, 14), 9, 0), 9, "井盖破损", "H04", "collector").await;
    books.push(entry(9, C::Damaged, day(6, 14), None));
    // Complaints that became no case: refused, and still waiting.
    let f = t.report(at(day(6, 15), 9, 0), 12, "噪声扰民", "12319").await;
    let no =
        MoveAsk { action: "refuse".into(), reason: Some("非井盖问题".into()), ..MoveAsk::default() };
    t.decide(at(day(6, 16), 9, 0), f, no).await;
    t.report(at(day(6, 17), 9, 0), 12, "井盖响", "12345").await;
    t.ledger(day(6, 12), 12, "UPDATE covers SET has_sensor = TRUE WHERE well_id = ?").await;
    // The first moment of July belongs to July, the last of June to June.
    t.file(at(day(7, 1), 0, 0), 12, "井盖松动", "H05", "collector").await;
    books.push(entry(12, C::Loose, day(7, 1), None));
    t.file(at(day(6, 30), 23, 59), 11, "井盖下沉", "H06", "collector").await;
    books.push(entry(11, C::Sunk, day(6, 30), None));
    t.fix(at(day(7, 3), 9, 0), loose, "repair", None).await;
    books.push(entry(5, C::Loose, day(6, 4), Some((day(7, 3), X::Repaired))));
    books
}

/// What the figure must be, counted from the books alone.
fn expected(
    books: &[Entry],
    figure: F,
    from: Option<Date>,
    to: Date,
    of: &dyn Fn(&Entry) -> bool,
) -> Option<i64> {
    let within = |d: Date| from.is_none_or(|f| d >= f) && d < to;
    let standing = |e: &&Entry| !e.demo && of(e) && e.withdrawn.is_none_or(|d| d >= to);
    let fixed = |e: &Entry| e.fixed.filter(|(d, _)| *d < to);
    let count = |p: &dyn Fn(&Entry) -> bool| books.iter().filter(standing).filter(|e| p(e)).count() as i64;
    let problem = |e: &Entry| e.column != FoundColumn::Renewal;
    let renewal = |e: &Entry| e.column == FoundColumn::Renewal && within(e.found);
    if let Some(c) = FoundColumn::ALL.iter().find(|c| F::of_found(**c) == figure) {
        return Some(count(&|e| e.column == *c && within(e.found)));
    }
    if let Some(x) = FixedColumn::ALL.iter().find(|x| F::of_fixed(**x) == figure) {
        return Some(count(&|e| problem(e) && within(e.found) && fixed(e).is_some_and(|f| f.1 == *x)));
    }
    Some(match figure {
        F::Found => count(&|e| problem(e) && within(e.found)),
        F::Fixed => count(&|e| problem(e) && within(e.found) && fixed(e).is_some()),
        F::Open | F::Unplanned => count(&|e| problem(e) && within(e.found) && fixed(e).is_none()),
        F::Cleared => count(&|e| problem(e) && fixed(e).is_some_and(|(d, _)| within(d))),
        F::RenewalDone => count(&|e| renewal(e) && fixed(e).is_some()),
        F::RenewalPlan => 0,
        _ => return None,
    })
}

fn get<'a>(report: &'a Value, key: &str) -> &'a Value {
    if key == "total" {
        return &report["total"];
    }
    report["rows"]
        .as_array()
        .unwrap()
        .iter()
        .find(|r| r["key"] == key)
        .unwrap_or_else(|| panic!("no row {key}"))
}

/// Opens every figure of every row; gives how many were above zero.
async fn open_all(client: &Client, report: &Value) -> usize {
    let mut above = 0;
    for row in report["rows"].as_array().unwrap().iter().chain([&report["total"]]) {
        for span in ["period", "cumulative"] {
            for (key, query) in row[span]["queries"].as_object().unwrap() {
                let figure = &row[span]["figures"][key];
                let list = client.get(&format!("{}&limit=1", query.as_str().unwrap())).await.ok();
                assert_eq!(list["total"], *figure, "{} {span} {key}: {query}", row["key"]);
                above += usize::from(figure.as_i64().unwrap() > 0);
            }
        }
    }
    above
}

async fn june(client: &Client, by: &str) -> Value {
    client.get(&format!("/api/v1/statistics/annex2?from={}&to={}&by={by}", JUNE.0, JUNE.1)).await.ok()
}

/// Compares every figure that the books know, in every row, in both spans.
fn compare(books: &[Entry], report: &Value, of: &dyn Fn(&str, &Entry) -> bool) {
    for row in report["rows"].as_array().unwrap().iter().chain([&report["total"]]) {
        let key = row["key"].as_str().unwrap();
        for (span, from) in [("period", Some(JUNE.0)), ("cumulative", None)] {
            for f in F::ALL {
                let Some(want) = expected(books, *f, from, JUNE.1, &|e| key == "total" || of(key, e)) else {
                    continue;
                };
                assert_eq!(row[span]["figures"][f.code()], want, "{key} {span} {f}");
            }
        }
    }
}

/// Σ over the rows = total, for every figure of both spans.
fn rows_sum_up(report: &Value) {
    for span in ["period", "cumulative"] {
        for f in F::ALL {
            let of = |row: &Value| row[span]["figures"][f.code()].as_i64().unwrap();
            let sum: i64 = report["rows"].as_array().unwrap().iter().map(of).sum();
            assert_eq!(sum, of(&report["total"]), "{span} {f}");
        }
    }
}

on_both_stores! {
    async fn every_word_goes_from_finding_to_treatment_and_into_its_cells(app: TestApp) {
        let town = enter(&app, &wells()).await;
        let books = history(&town).await;
        let admin = app.as_admin().await;
        let by_unit = june(&admin, "unit").await;
        let units: Vec<&str> = by_unit["rows"].as_array().unwrap().iter().map(|r| r["key"].as_str().unwrap()).collect();
        assert_eq!(units, ["unit:psgs", "unit:rqgs", "unit:szs", "unit:"]);
        compare(&books, &by_unit, &|key, e| key == format!("unit:{}", e.unit));
        let by_street = june(&admin, "street").await;
        compare(&books, &by_street, &|key, e| key == format!("street:{}", e.street));
        let by_kind = june(&admin, "kind").await;
        compare(&books, &by_kind, &|key, e| key == format!("kind:{}", e.kind));
        let two = june(&admin, "street,kind").await;
        compare(&books, &two, &|key, e| key == format!("street:{}|kind:{}", e.street, e.kind));
        for report in [&by_unit, &by_street, &by_kind, &two] {
            rows_sum_up(report);
            assert_eq!(report["checks"], json!([]));
            assert!(open_all(&admin, report).await > 60);
        }
        // The cells, by hand: what an office would read.
        let cells = &get(&by_unit, "total")["period"]["cells"];
        let read = |keys: &[&str]| keys.iter().map(|k| cells[*k].clone()).collect::<Vec<_>>();
        let found = ["found", "found_damaged", "found_sunk", "found_loose", "found_missing", "found_abandoned", "found_other"];
        assert_eq!(read(&found), [8, 2, 2, 1, 1, 1, 1]);
        let fixed = ["fixed", "fixed_repaired", "fixed_refitted", "fixed_replaced", "fixed_guarded", "fixed_filled", "fixed_other"];
        assert_eq!(read(&fixed), [5, 1, 1, 1, 1, 1, 0]);
        assert_eq!(read(&["open", "planned_date", "rate"]), [json!(3), json!("未定"), json!(62.5)]);
        assert_eq!(read(&["renewal_found", "renewal_plan", "renewal_done"]), [2, 0, 1]);
        // Filed, refused and waiting; the first and the second are concluded.
        assert_eq!(read(&["complaints", "complaints_closed", "smart_upgraded"]), [3, 2, 1]);
        assert_eq!(by_unit["total"]["period"]["figures"]["cleared"], 6);
        assert_eq!(by_unit["total"]["cumulative"]["figures"]["found"], 9);
        // 12 of the 13 covers were looked at in June, one of them a demo record; two have no confirmed owner.
        assert_eq!(read(&["inspected", "ownerless", "fallback_set"]), [11, 1, 0]);
        // Nobody filled anything in: blank, not 0.
        assert_eq!(read(&["funds", "orders", "penalty_amount", "remark"]), ["", "", "", ""]);
        assert_eq!(by_unit["notes"], json!(["另有演示数据 1 条隐患、0 条投诉未计入"]));
        // All steps of one moment are still one after the other: nothing was sent back.
        let told = admin.get("/api/v1/statistics/indicators?from=2026-06-01&to=2026-07-01").await.ok();
        let counts = &told["total"]["counts"];
        assert_eq!((&counts["closed"], &counts["reworked"]), (&json!(6), &json!(0)));
        assert_eq!(counts["dispatched_right"], counts["to_handle"]);
        let rows = |key| get(&by_unit, key)["period"]["cells"]["rate"].clone();
        assert_eq!((rows("unit:szs"), rows("unit:")), (json!(100.0), json!(0.0)));
    }

    async fn periods_side_by_side_count_everything_once(app: TestApp) {
        let town = enter(&app, &wells()).await;
        history(&town).await;
        let admin = app.as_admin().await;
        let months = ["2026-05-01", "2026-06-01", "2026-07-01", "2026-08-01"];
        let mut sums = std::collections::BTreeMap::<&str, i64>::new();
        for pair in months.windows(2) {
            let path = format!("/api/v1/statistics/annex2?from={}&to={}", pair[0], pair[1]);
            let report = admin.get(&path).await.ok();
            rows_sum_up(&report);
            open_all(&admin, &report).await;
            for f in F::ALL {
                *sums.entry(f.code()).or_default() += report["total"]["period"]["figures"][f.code()].as_i64().unwrap();
            }
        }
        let all = admin.get("/api/v1/statistics/annex2?from=2026-05-01&to=2026-08-01").await.ok();
        for f in [F::Found, F::FoundLoose, F::FoundSunk, F::RenewalFound, F::Complaints, F::Cleared, F::SmartUpgraded] {
            assert_eq!(all["total"]["period"]["figures"][f.code()], sums[f.code()], "{f}");
            assert_eq!(all["total"]["cumulative"]["figures"][f.code()], sums[f.code()], "{f}");
        }
        assert_eq!(all["total"]["period"]["figures"]["found"], 10);
        // A period with nothing in it: no rate, and a word about it.
        let empty = admin.get("/api/v1/statistics/annex2?from=2026-04-01&to=2026-05-01").await.ok();
        assert_eq!(empty["total"]["period"]["cells"]["rate"], "—");
        assert!(empty["notes"].to_string().contains("排查窨井盖数为 0"), "{}", empty["notes"]);
    }

    async fn whoever_sees_less_counts_less_and_opens_the_same(app: TestApp) {
        let town = enter(&app, &wells()).await;
        history(&town).await;
        let (street, unit): (i64, i64) = app.db()
            .one(jinggai_db::sql!("SELECT (SELECT id FROM areas WHERE code = '500105001'), (SELECT id FROM units WHERE code = 'rqgs')"))
            .await.unwrap();
        let office = app.login(Role::Street, None, Some(street)).await;
        let theirs = june(&office, "unit").await;
        assert_eq!(theirs["total"]["period"]["figures"]["found"], 5);
        open_all(&office, &theirs).await;
        let owner = app.login(Role::Owner, Some(unit), None).await;
        let mine = june(&owner, "unit").await;
        assert_eq!(mine["total"]["period"]["figures"]["found"], 2);
        assert_eq!(mine["rows"].as_array().unwrap().len(), 1);
        open_all(&owner, &mine).await;
        let inspector = app.login(Role::Inspector, None, Some(street)).await;
        assert_eq!(inspector.get("/api/v1/statistics/annex2").await.refusal().0, 403);
        // Demo records count only when asked for, and then open too.
        let admin = app.as_admin().await;
        let demo = admin.get("/api/v1/statistics/annex2?from=2026-06-01&to=2026-07-01&include_demo=true").await.ok();
        assert_eq!(demo["total"]["period"]["figures"]["found"], 9);
        open_all(&admin, &demo).await;
        // A part of the district is the same as its row.
        let part = admin.get("/api/v1/statistics/annex2?from=2026-06-01&to=2026-07-01&unit=rqgs&by=kind").await.ok();
        let whole = june(&admin, "unit").await;
        assert_eq!(part["total"]["period"]["figures"], get(&whole, "unit:rqgs")["period"]["figures"]);
        open_all(&admin, &part).await;
    }

    async fn what_cannot_be_asked_is_refused_by_name(app: TestApp) {
        let admin = app.as_admin().await;
        let refused = async |query: &str, code: &str| {
            let r = admin.get(&format!("/api/v1/statistics/annex2?{query}")).await;
            assert_eq!(r.refusal(), (422, code.to_owned()), "{query}: {}", r.text());
            r.text()
        };
        refused("from=2026-07-01&to=2026-07-01", "report.period").await;
        refused("from=2026-07-01", "report.period").await;
        assert!(refused("by=road", "report.by").await.contains("street"));
        refused("by=unit,unit", "report.by").await;
        assert!(refused("kind=pond", "report.within").await.contains("sewage"));
        refused("frm=2026-07-01", "query.invalid").await;
        // Without a period: this month, which is not over.
        let now = admin.get("/api/v1/statistics/annex2").await.ok();
        assert!(now["over"] == false && now["notes"].to_string().contains("尚未结束"));
        for (path, code) in [("hazards?facts=fixd", "list.facts"), ("hazards?found_as=x", "list.found_as"), ("cases?kind=x", "list.kind")] {
            assert_eq!(admin.get(&format!("/api/v1/{path}")).await.refusal(), (422, code.into()));
        }
    }
}
