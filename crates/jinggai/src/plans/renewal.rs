//! 更新改造计划: covers to replace by year, made from a tried budget, changed in the draft, done as covers are replaced.
use super::candidates::{self, ScoreItem};
use super::commands::{self, MONEY_MAX, PlanAsk, event, own_draft, touch};
use super::model::{PlanRow, RENEWAL};
use super::score::ScoreRules;
use super::store;
use super::what_if::{self, Taken, WhatIfAsk};
use crate::cases::desk::By;
use crate::cases::findings::Wrong;
use crate::clock;
use crate::error::{AppError, Kind, Result};
use crate::http::page::{Page, Paging};
use crate::identity::policy::Bound;
use crate::identity::{Permission, Scope};
use crate::registry::store as ledger;
use jinggai_db::{DbError, Sql, Tx, Value, row, sql};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Covers of a plan at most.
const COVERS_MAX: i64 = 20_000;
/// Covers put in or taken out with one request.
const CHANGE_MAX: usize = 500;

/// A renewal plan, as sent: its head, and the budget that fills it.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RenewalAsk {
    /// The head of the plan; it has no hazards.
    pub plan: PlanAsk,
    /// The budget, as tried; only covers that the plan's unit has to do with are taken.
    pub what_if: WhatIfAsk,
}

/// A cover for a year.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CoverAsk {
    /// Public id of the cover.
    pub cover: Uuid,
    /// The year.
    pub year: i16,
    /// What it costs, cents.
    pub cost_cents: i64,
}

/// What goes in, changes or comes out.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CoversChange {
    /// The version of the plan that was looked at.
    pub version: i64,
    /// Covers to put in; those in it already get the new year and cost.
    pub put: Vec<CoverAsk>,
    /// Public ids of covers to take out.
    pub remove: Vec<Uuid>,
}

fn planned(e: DbError) -> AppError {
    if e.is_unique("renewal_items_cover_id_key") {
        return AppError::new(
            Kind::Conflict,
            "renewal.planned",
            "有井盖已列入另一个更新改造计划",
            "a cover is in another renewal plan already",
        );
    }
    e.into()
}

/// Makes a 更新改造计划 from a budget.
///
/// # Errors
/// `renewal.empty`, `renewal.too_many`, and as [`what_if::try_out`] and a plan's head.
pub async fn create(tx: &mut Tx, by: &By<'_>, ask: RenewalAsk) -> Result<PlanRow> {
    if !ask.plan.items.is_empty() {
        return Err(AppError::field(
            "form.invalid",
            "plan.items",
            "更新改造计划的内容由预算得出",
            "the budget fills a renewal plan",
        ));
    }
    let plan = commands::make(tx, by, RENEWAL, &ask.plan).await?;
    let scope = by.actor.require(Permission::CaseHandle)?;
    let today = clock::local(by.now).date();
    let rules = ScoreRules::load(tx, today).await?;
    let within = what_if_of(&ask.what_if, &plan);
    let search = what_if::search(tx, &rules, &scope, within.unit.as_deref(), within.area.as_deref()).await?;
    let done = what_if::compute(tx, &search, &within).await?;
    check_years(&plan, &done.years)?;
    let count = done.count();
    if count == 0 {
        return Err(AppError::field(
            "renewal.empty",
            "what_if.budget_cents",
            "这个预算不能更换任何候选井盖，请核对预算、单价和范围",
            "this budget replaces nothing; check the money, the costs and the area",
        ));
    }
    if count > COVERS_MAX {
        return Err(AppError::field(
            "renewal.too_many",
            "what_if",
            format!("一个计划最多 {COVERS_MAX} 个井盖，现在是 {count} 个；请缩小区域、减少年数或预算"),
            format!("a plan holds at most {COVERS_MAX} covers, this would be {count}"),
        ));
    }
    let mut taken = done.taken(tx, &search, i64::MAX).await?;
    taken.sort_by_key(|t| (t.year, t.order));
    for (year, day) in done.days.iter().enumerate() {
        let of_year: Vec<Taken> = taken.iter().copied().filter(|t| t.year == year).collect();
        let ids: Vec<i64> = of_year.iter().map(|t| t.cover_id).collect();
        let hazards = what_if::hazards_of(tx, &rules, &ids, today).await?;
        let known = candidates::explained(tx, &rules, &hazards, *day).await?;
        let wells = wells_of(tx, &ids).await?;
        let mut rows = vec![];
        for t in of_year {
            let Some((c, well)) = known.get(&t.cover_id).zip(wells.get(&t.cover_id)) else { continue };
            rows.push(item_row(&plan, *well, t.cover_id, done.years[year], t.cents, (c.score, &c.parts)));
        }
        tx.bulk("renewal_items", &COLUMNS, rows).await.map_err(planned)?;
    }
    let by_year: BTreeMap<i16, usize> = done
        .years
        .iter()
        .enumerate()
        .map(|(i, y)| (*y, taken.iter().filter(|t| t.year == i).count()))
        .collect();
    let after = json!({
        "covers": count, "by_year": by_year, "cents": taken.iter().map(|t| t.cents).sum::<i64>(),
        "budget_cents": within.budget_cents, "rules": rules.score.pack.version,
    });
    by.tell(tx, Permission::CaseHandle, vec![event(&plan, "filled", after, None)]).await?;
    store::plan_by_id(tx, plan.id, by.now).await
}

/// The years of a budget must lie within the plan's own days.
fn check_years(plan: &PlanRow, years: &[i16]) -> Result<()> {
    let within = plan.starts_on.year()..=plan.due_on.year();
    match years.iter().find(|y| !within.contains(y)) {
        None => Ok(()),
        Some(year) => Err(AppError::field(
            "form.invalid",
            "plan.due_on",
            format!("测算到 {year} 年，计划的起止日期须包含各年"),
            format!("the budget reaches {year}; the days of the plan must hold every year"),
        )),
    }
}

/// The budget bound to what the plan's unit has to do with, in whatever role.
fn what_if_of(ask: &WhatIfAsk, plan: &PlanRow) -> WhatIfAsk {
    WhatIfAsk { unit: Some(plan.unit.clone()), ..ask.clone() }
}

const COLUMNS: [&str; 8] =
    ["uid", "plan_id", "well_id", "cover_id", "year", "cost_cents", "score", "explained"];

fn item_row(
    plan: &PlanRow,
    well_id: i64,
    cover_id: i64,
    year: i16,
    cents: i64,
    (score, parts): (i64, &[ScoreItem]),
) -> Vec<Value> {
    vec![
        Uuid::now_v7().into(),
        plan.id.into(),
        well_id.into(),
        cover_id.into(),
        i64::from(year).into(),
        cents.into(),
        score.into(),
        json!(parts).into(),
    ]
}

async fn wells_of(tx: &mut Tx, covers: &[i64]) -> Result<BTreeMap<i64, i64>> {
    let mut out = BTreeMap::new();
    for chunk in covers.chunks(256) {
        let mut q = Sql::new("SELECT id, well_id FROM covers WHERE 1 = 1", vec![]);
        q.and_in("id", chunk);
        out.extend(tx.all::<(i64, i64)>(q).await?);
    }
    Ok(out)
}

fn check(plan: &PlanRow, ask: &CoversChange) -> Result<()> {
    let mut wrong = Wrong::default();
    if ask.put.len() + ask.remove.len() > CHANGE_MAX {
        wrong.add("put", format!("一次最多 {CHANGE_MAX} 个"), format!("at most {CHANGE_MAX} at a time"));
    }
    let years = plan.starts_on.year()..=plan.due_on.year();
    for (i, c) in ask.put.iter().enumerate() {
        if !years.contains(&c.year) {
            let (from, to) = (years.start(), years.end());
            wrong.add(
                &format!("put[{i}].year"),
                format!("应在计划的 {from}–{to} 年之间"),
                format!("must be from {from} to {to}"),
            );
        }
        if !(1..=MONEY_MAX).contains(&c.cost_cents) {
            wrong.add(&format!("put[{i}].cost_cents"), "应为大于 0 的分", "must be cents, more than 0");
        }
    }
    wrong.done()
}

/// Puts covers into a draft and takes others out, all or none.
///
/// # Errors
/// `form.invalid`, `plan.kind`, `plan.state`, `plan.unit`, `plan.not_ours`, `renewal.ended`, `renewal.planned`,
/// `conflict.version`, not found.
pub async fn change(tx: &mut Tx, by: &By<'_>, uid: Uuid, ask: CoversChange) -> Result<PlanRow> {
    let plan = own_draft(tx, by, uid, ask.version).await?;
    if !plan.is_renewal() {
        return Err(AppError::new(
            Kind::Conflict,
            "plan.kind",
            "限期整改计划的内容是隐患，不是井盖",
            "a rectification plan holds hazards, not covers",
        ));
    }
    check(&plan, &ask)?;
    touch(tx, by, &plan, "", vec![]).await?;
    for cover in &ask.remove {
        let n = tx
            .run(sql!(
                "UPDATE renewal_items SET released_at = ? WHERE plan_id = ? AND released_at IS NULL AND cover_id = (SELECT c.id FROM covers c WHERE c.uid = ?)",
                by.now,
                plan.id,
                *cover
            ))
            .await?;
        if n == 0 {
            return Err(AppError::not_found("个井盖", "cover"));
        }
    }
    let rules = ScoreRules::load(tx, clock::local(by.now).date()).await?;
    for (i, c) in ask.put.iter().enumerate() {
        put(tx, by, &plan, &rules, i, c).await?;
    }
    let after = json!({"put": ask.put.len(), "removed": ask.remove.len()});
    by.tell(tx, Permission::CaseHandle, vec![event(&plan, "covers_changed", after, None)]).await?;
    store::plan_by_id(tx, plan.id, by.now).await
}

async fn put(
    tx: &mut Tx,
    by: &By<'_>,
    plan: &PlanRow,
    rules: &ScoreRules,
    at: usize,
    ask: &CoverAsk,
) -> Result<()> {
    let cover = ledger::cover(tx, ask.cover, &by.actor.require(Permission::CaseHandle)?).await?;
    let refuse = |code, zh: String, en: &str| {
        AppError::new(Kind::Conflict, code, zh.clone(), en).with_field(&format!("put[{at}]"), zh, en)
    };
    if matches!(cover.lifecycle.as_str(), "filled" | "removed" | "archived") {
        return Err(refuse("renewal.ended", "这个井盖已不在用".into(), "this cover is gone"));
    }
    let unit = Scope::Bounds(vec![Bound { unit_id: Some(plan.unit_id), area_id: None }]);
    if !ledger::in_scope(tx, cover.well_id, &unit).await? {
        let zh = format!("这口井不由“{}”负责", plan.unit_name);
        return Err(refuse("plan.not_ours", zh, "this well is another unit's"));
    }
    let day = jiff::civil::date(ask.year, 1, 1).max(clock::local(by.now).date());
    let hazards = what_if::hazards_of(tx, rules, &[cover.id], clock::local(by.now).date()).await?;
    let known = candidates::explained(tx, rules, &hazards, day).await?;
    let Some(c) = known.get(&cover.id) else { return Err(AppError::not_found("个井盖", "cover")) };
    let n = tx
        .run(sql!(
            "UPDATE renewal_items SET year = ?, cost_cents = ? WHERE plan_id = ? AND cover_id = ? AND released_at IS NULL",
            i64::from(ask.year),
            ask.cost_cents,
            plan.id,
            cover.id
        ))
        .await?;
    if n == 0 {
        let row = item_row(plan, cover.well_id, cover.id, ask.year, ask.cost_cents, (c.score, &c.parts));
        tx.bulk("renewal_items", &COLUMNS, vec![row]).await.map_err(planned)?;
    }
    Ok(())
}

row! {
    struct ItemRow {
        id: i64,
        year: i64,
        cost_cents: i64,
        score: i64,
        explained: Json,
        cover: Uuid,
        well: Uuid,
        lifecycle: String,
        kind: String,
        successor: Option<Uuid>,
        code: Option<String>,
        road: Option<String>,
        area_name: Option<String>,
    }
}

/// A cover of a renewal plan.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RenewalItem {
    /// The year.
    pub year: i64,
    /// What it costs, cents.
    pub cost_cents: i64,
    /// Its score when it was taken in.
    pub score: i64,
    /// What the score was made of.
    #[schema(value_type = Vec<ScoreItem>)]
    pub parts: Json,
    /// Public id of the cover.
    pub cover: Uuid,
    /// Public id of the well.
    pub well: Uuid,
    /// 编号.
    pub code: Option<String>,
    /// 井盖类型.
    pub kind: String,
    /// 道路.
    pub road: Option<String>,
    /// 区域.
    pub area_name: Option<String>,
    /// It is gone: replaced, filled or removed.
    pub done: bool,
    /// Public id of the cover that took its place.
    pub successor: Option<Uuid>,
}

/// Which covers of a plan.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
pub struct RenewalQuery {
    /// Of this year.
    pub year: Option<i64>,
    /// Only those done, or only those that are not.
    pub done: Option<bool>,
    /// Rows wanted, at most 500.
    pub limit: Option<usize>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

const GONE: &str = "c.lifecycle IN ('filled', 'removed', 'archived')";

/// One page of the covers of a plan, by year and then as they were taken in.
///
/// # Errors
/// What the store says.
pub async fn page(
    tx: &mut Tx,
    plan: &PlanRow,
    query: &RenewalQuery,
    paging: &Paging,
) -> Result<Page<RenewalItem>> {
    let mut condition = Sql::new("ri.plan_id = ? AND ri.released_at IS NULL", vec![plan.id.into()]);
    condition.and("ri.year = ?", query.year);
    if let Some(done) = query.done {
        condition.push(&format!(" AND {}{GONE}", if done { "" } else { "NOT " }), []);
    }
    let after: Option<(i64, i64, i64)> = paging.cursor()?;
    let total = match after {
        Some((_, _, total)) => total,
        None => {
            let mut q = Sql::new(
                "SELECT count(*) FROM renewal_items ri JOIN covers c ON c.id = ri.cover_id WHERE ",
                vec![],
            );
            q.append(condition.clone());
            tx.one::<(i64,)>(q).await?.0
        }
    };
    let mut q = Sql::new(
        "SELECT ri.id, ri.year, ri.cost_cents, ri.score, ri.explained, c.uid, w.uid, c.lifecycle, c.kind, (SELECT n.uid FROM covers n WHERE n.well_id = c.well_id AND n.predecessor_id = c.id ORDER BY n.id LIMIT 1), (SELECT k.code FROM codes k WHERE k.cover_id = c.id ORDER BY k.id LIMIT 1), w.road, a.name FROM renewal_items ri JOIN covers c ON c.id = ri.cover_id JOIN wells w ON w.id = ri.well_id LEFT JOIN areas a ON a.id = w.area_id WHERE ",
        vec![],
    );
    q.append(condition);
    if let Some((year, id, _)) = after {
        q.push(" AND (ri.year > ? OR (ri.year = ? AND ri.id > ?))", [year.into(), year.into(), id.into()]);
    }
    q.push(" ORDER BY ri.year, ri.id LIMIT ?", [(paging.limit + 1).into()]);
    let mut rows: Vec<ItemRow> = tx.all(q).await?;
    let more = rows.len() > paging.limit;
    rows.truncate(paging.limit);
    let next = rows.last().filter(|_| more).map(|r| (r.year, r.id, total));
    let item = |r: ItemRow| RenewalItem {
        year: r.year,
        cost_cents: r.cost_cents,
        score: r.score,
        parts: r.explained,
        cover: r.cover,
        well: r.well,
        code: r.code,
        kind: r.kind,
        road: r.road,
        area_name: r.area_name,
        done: matches!(r.lifecycle.as_str(), "filled" | "removed" | "archived"),
        successor: r.successor,
    };
    Ok(paging.page_to(rows.into_iter().map(item).collect(), total, next))
}

row! {
    /// A year of a renewal plan.
    #[derive(Clone, Debug, Serialize, ToSchema)]
    pub struct RenewalYear {
        /// The year.
        pub year: i64,
        /// Covers.
        pub covers: i64,
        /// Money, cents.
        pub cents: i64,
        /// Covers that are gone.
        pub done: i64,
    }
}

/// A plan by year.
///
/// # Errors
/// What the store says.
pub async fn years(tx: &mut Tx, plan_id: i64) -> Result<Vec<RenewalYear>> {
    Ok(tx
        .all(sql!(
            "SELECT ri.year, count(*), CAST(sum(ri.cost_cents) AS BIGINT), CAST(sum(CASE WHEN c.lifecycle IN ('filled', 'removed', 'archived') THEN 1 ELSE 0 END) AS BIGINT) FROM renewal_items ri JOIN covers c ON c.id = ri.cover_id WHERE ri.plan_id = ? AND ri.released_at IS NULL GROUP BY ri.year ORDER BY ri.year",
            plan_id
        ))
        .await?)
}
