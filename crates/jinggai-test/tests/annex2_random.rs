//! 附件2 and the indicators over random records: whatever is there, the rows and “no unit” sum up to the total, by every
//! grouping, and the total is what a plain count of the records gives.
#![allow(clippy::unwrap_used)]
mod annex2_district;

use annex2_district::{Plan, at, enter, plan};
use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp};
use jinggai::identity::Scope;
use jinggai::statistics::annex2::{self, Annex2, Span};
use jinggai::statistics::indicators::{self, Indicators};
use jinggai::statistics::period::PeriodQuery;
use jinggai::statistics::question::Grouping;
use jinggai::statistics::templates;
use jinggai_db::{Tx, sql};
use jinggai_rules::RulePack;
use jinggai_rules::annex2::Annex2Figure as F;
use jinggai_rules::hazards::{Catalogue, FoundColumn, Treatment};
use jinggai_rules::indicators::Count;
use jinggai_rules::kinds::CoverKind;
use jinggai_test::{TestApp, on_both_stores};
use serde_json::json;
use std::collections::BTreeMap;
use uuid::Uuid;

/// A small generator, the same every time.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
    fn of<T: Clone>(&mut self, list: &[T]) -> T {
        list[usize::try_from(self.below(list.len() as u64)).unwrap()].clone()
    }
    /// A moment from May to August; one in eight at the very begin of a day.
    fn moment(&mut self) -> Timestamp {
        let days = i64::try_from(self.below(120)).unwrap();
        let midnight = at(date(2026, 5, 1), 0, 0) + SignedDuration::from_hours(24 * days);
        if self.below(8) == 0 {
            return midnight;
        }
        midnight + SignedDuration::from_millis(i64::try_from(self.below(86_400_000)).unwrap())
    }
}

/// A hazard as it was entered.
struct Hazard {
    unit: Option<i64>,
    code: String,
    found: Timestamp,
    closed: Option<Timestamp>,
    treatment: Option<Treatment>,
    demo: bool,
}

struct Places {
    units: Vec<Option<i64>>,
    areas: Vec<Option<i64>>,
    covers: Vec<Option<i64>>,
}

async fn ids(tx: &mut Tx, text: &str) -> Vec<Option<i64>> {
    let rows: Vec<(i64,)> = tx.all(jinggai_db::Sql::new(text, vec![])).await.unwrap();
    rows.into_iter().map(|(id,)| Some(id)).chain([None]).collect()
}

async fn hazards(tx: &mut Tx, r: &mut Random, p: &Places, n: usize) -> Vec<Hazard> {
    let mut codes: Vec<String> = Catalogue::shipped()[0].entries.iter().map(|e| e.code.clone()).collect();
    // A district's own code that the catalogue has dropped since.
    codes.push("X9".into());
    let mut out = vec![];
    for _ in 0..n {
        let found = r.moment();
        let closed = (r.below(3) > 0)
            .then(|| found + SignedDuration::from_hours(i64::try_from(r.below(2000)).unwrap()));
        let treatment = closed.filter(|_| r.below(6) > 0).map(|_| r.of(Treatment::ALL));
        let h = Hazard {
            unit: r.of(&p.units),
            code: r.of(&codes),
            found,
            closed,
            treatment,
            demo: r.below(10) == 0,
        };
        let planned = (r.below(2) == 0).then(|| date(2026, 9, 1));
        tx.run(sql!(
            "INSERT INTO hazards (uid, target, code, level, explained, rule_version, measured, origin, cover_id, area_id, unit_id, planned_on, found_at, treatment, closed_at, demo, version, updated_at) VALUES (?, ?, ?, 'L3', '', '', ?, 'finding', ?, ?, ?, ?, ?, ?, ?, ?, 1, ?)",
            Uuid::now_v7(), Uuid::now_v7(), &h.code, json!({}), r.of(&p.covers), r.of(&p.areas), h.unit, planned, h.found, h.treatment.map(Treatment::code), h.closed, h.demo, h.found
        ))
        .await
        .unwrap();
        out.push(h);
    }
    out
}

/// Cases with clocks that ran anyhow; gives how many were filed in the period and count.
async fn cases(tx: &mut Tx, r: &mut Random, p: &Places, n: usize, within: (Timestamp, Timestamp)) -> i64 {
    let mut filed_within = 0;
    for i in 0..n {
        let filed = r.moment();
        let state = r.of(&["filed", "handling", "closed", "cancelled"]);
        let hours = |r: &mut Random| SignedDuration::from_hours(i64::try_from(r.below(300)).unwrap());
        let closed = matches!(state, "closed" | "cancelled").then(|| filed + hours(r));
        let demo = r.below(10) == 0;
        let kind = r.of(&[Some("sewage"), Some("gas"), None]);
        let (id,): (i64,) = tx
            .one(sql!(
                "INSERT INTO cases (uid, number, state, source, hazard, level, title, text, standard, closing, kind, area_id, filed_at, closed_at, measured, provisional, returns, reworks, extensions, suspensions, urged, exempted, demo, version, updated_at) VALUES (?, ?, ?, 'collector', 'H05', 'L3', '', '', '', '', ?, ?, ?, ?, ?, FALSE, 0, 0, 0, 0, 0, ?, ?, 1, ?) RETURNING id",
                Uuid::now_v7(), format!("R-{i}"), state, kind, r.of(&p.areas), filed, closed, json!({}), r.below(5) == 0, demo, filed
            ))
            .await
            .unwrap();
        for stage in ["dispatch", "handle", "check", "close", "handle"] {
            if r.below(3) == 0 {
                continue;
            }
            let start = filed + hours(r);
            let ended = (r.below(3) > 0).then(|| start + hours(r));
            tx.run(sql!(
                "INSERT INTO case_clocks (case_id, stage, count, unit, started_at, due_at, ended_at, extensions, provisional, rule_version, calendar_version) VALUES (?, ?, 1, 'work_day', ?, ?, ?, 0, FALSE, '', '')",
                id, stage, start, start + hours(r), ended
            ))
            .await
            .unwrap();
        }
        if let Some(unit) = r.of(&p.units) {
            tx.run(sql!(
                "INSERT INTO case_units (case_id, unit_id, duty, basis, assigned_at) VALUES (?, ?, ?, '', ?)",
                id,
                unit,
                r.of(&["lead", "fallback"]),
                filed
            ))
            .await
            .unwrap();
        }
        finding(tx, r, p, id, filed).await;
        filed_within += i64::from(!demo && filed >= within.0 && filed < within.1);
    }
    filed_within
}

async fn finding(tx: &mut Tx, r: &mut Random, p: &Places, case: i64, filed: Timestamp) {
    let (state, case) =
        r.of(&[("filed", Some(case)), ("merged", Some(case)), ("refused", None), ("received", None)]);
    let ended = (state != "received").then_some(filed);
    let source = r.of(&["12345", "12319", "collector"]);
    tx.run(sql!(
        "INSERT INTO findings (uid, number, source, state, measured, text, reading, area_id, kind, case_id, observed_at, received_at, ended_at, demo, version, updated_at) VALUES (?, ?, ?, ?, ?, '', ?, ?, ?, ?, ?, ?, ?, FALSE, 1, ?)",
        Uuid::now_v7(), Uuid::now_v7().to_string(), source, state, json!({}), json!({}), r.of(&p.areas), r.of(&[Some("water"), None]), case, filed, filed, ended, filed
    ))
    .await
    .unwrap();
}

fn by(q: &PeriodQuery, by: &[Grouping]) -> PeriodQuery {
    PeriodQuery { by: by.to_vec(), ..q.clone() }
}

async fn draw(app: &TestApp, q: PeriodQuery) -> (Annex2, Indicators) {
    let mut tx = app.db().snapshot().await.unwrap();
    let template = templates::current(&mut tx, "annex2", date(2026, 11, 1)).await.unwrap();
    let annex = annex2::draw(&mut tx, q.clone(), template, &Scope::Everything).await.unwrap();
    let score = indicators::score_for(&mut tx, &q).await.unwrap();
    let drawn = indicators::draw(&mut tx, q, score, &Scope::Everything).await.unwrap();
    (annex, drawn)
}

/// The plain count of the hazards found within the period, by unit.
fn plain(
    list: &[Hazard],
    q: &PeriodQuery,
    of: impl Fn(&Hazard, FoundColumn) -> bool,
) -> BTreeMap<Option<i64>, i64> {
    let (from, to) = (at(q.from, 0, 0), at(q.to, 0, 0));
    let catalogue = Catalogue::shipped().remove(0);
    let mut out = BTreeMap::new();
    for h in list {
        let column = catalogue.get(&h.code).map_or(FoundColumn::Other, |e| e.found);
        let withdrawn = h.closed.is_some_and(|c| c < to) && h.treatment.is_none();
        if !h.demo && h.found >= from && h.found < to && !withdrawn && of(h, column) {
            *out.entry(h.unit).or_default() += 1;
        }
    }
    out
}

on_both_stores! {
    async fn rows_and_no_unit_sum_up_to_the_total(app: TestApp) {
        for seed in [3, 17] {
            one(&app, seed).await;
        }
    }
}

async fn one(app: &TestApp, seed: u64) {
    let mut r = Random(seed);
    if seed == 3 {
        let gas = Plan { street: "500105003", kind: CoverKind::Gas, ..plan("W-1", "rqgs") };
        enter(app, &[plan("W-0", "psgs"), gas, Plan { owner: None, ..plan("W-2", "") }]).await;
    }
    let mut tx = app.db().begin().await.unwrap();
    let places = Places {
        units: ids(&mut tx, "SELECT id FROM units").await,
        areas: ids(&mut tx, "SELECT id FROM areas").await,
        covers: ids(&mut tx, "SELECT id FROM covers").await,
    };
    for table in ["findings", "case_units", "case_clocks", "cases", "hazards"] {
        tx.run(jinggai_db::Sql::new(&format!("DELETE FROM {table}"), vec![])).await.unwrap();
    }
    let (from, to): (Date, Date) = (date(2026, 6, 1), date(2026, 7, 1));
    let list = hazards(&mut tx, &mut r, &places, 250).await;
    let filed = cases(&mut tx, &mut r, &places, 120, (at(from, 0, 0), at(to, 0, 0))).await;
    tx.commit().await.unwrap();

    use Grouping as G;
    let q = PeriodQuery::new(from, to, Timestamp::now());
    let groupings: [&[Grouping]; 7] = [
        &[G::Unit],
        &[G::District],
        &[G::Street],
        &[G::Community],
        &[G::Kind],
        &[G::Unit, G::Kind],
        &[G::Street, G::Unit],
    ];
    let first = draw(app, by(&q, groupings[0])).await;
    for g in groupings {
        let (annex, drawn) = draw(app, by(&q, g)).await;
        assert_eq!(annex.findings(), [], "{g:?}");
        for span in Span::ALL {
            for f in F::ALL {
                let sum: i64 = annex.rows.iter().map(|row| row.of(span).figure(f.code())).sum();
                let total = annex.total.of(span).figure(f.code());
                assert_eq!(sum, total, "{seed} {g:?} {span:?} {f}");
                assert_eq!(total, first.0.total.of(span).figure(f.code()), "{seed} {g:?} {span:?} {f}");
            }
        }
        for c in Count::ALL {
            let sum: i64 = drawn.rows.iter().map(|row| row.count(*c)).sum();
            assert_eq!(sum, drawn.total.count(*c), "{seed} {g:?} {c}");
            assert_eq!(sum, first.1.total.count(*c), "{seed} {g:?} {c}");
        }
        for i in jinggai_rules::indicators::Indicator::ALL {
            for row in drawn.rows.iter().chain([&drawn.total]) {
                let fits = row.share(*i).is_none_or(|(part, whole)| 0 <= part && part <= whole);
                assert!(fits, "{seed} {} {i}: {:?}", row.key, row.share(*i));
            }
        }
    }
    assert_eq!(first.1.total.count(Count::Filed), filed);

    // Row by row against the plain count.
    let codes: Vec<(i64, String)> = app.db().all(sql!("SELECT id, code FROM units")).await.unwrap();
    let key = |unit: &Option<i64>| {
        let code = unit.and_then(|u| codes.iter().find(|(id, _)| *id == u)).map_or("", |(_, c)| c.as_str());
        format!("unit:{code}")
    };
    let end = at(to, 0, 0);
    for (figure, want) in [
        (F::Found, plain(&list, &q, |_, c| c != FoundColumn::Renewal)),
        (F::FoundOther, plain(&list, &q, |_, c| c == FoundColumn::Other)),
        (F::RenewalFound, plain(&list, &q, |_, c| c == FoundColumn::Renewal)),
        (F::Fixed, plain(&list, &q, |h, c| c != FoundColumn::Renewal && h.closed.is_some_and(|c| c < end))),
        (F::Open, plain(&list, &q, |h, c| c != FoundColumn::Renewal && h.closed.is_none_or(|c| c >= end))),
    ] {
        assert!(!want.is_empty(), "{figure}");
        for unit in &places.units {
            let row = first.0.rows.iter().find(|row| row.key == key(unit)).unwrap();
            let n = want.get(unit).copied().unwrap_or_default();
            assert_eq!(row.period.figure(figure.code()), n, "{seed} {} {figure}", row.key);
        }
    }
}
