//! 计划内容 of a 限期整改计划: which hazards, each with its day, person and money. Changed in the draft only.
use super::commands::{MONEY_MAX, event, own_draft, touch};
use super::model::PlanRow;
use super::problems::{self, HazardAsk};
use super::store;
use crate::cases::desk::{self, By};
use crate::cases::findings::Wrong;
use crate::cases::model::HazardRow;
use crate::cases::store as cases;
use crate::error::{AppError, Kind, Result};
use crate::identity::{Permission, Scope};
use jiff::civil::Date;
use jinggai_db::events::Event;
use jinggai_db::{Sql, Tx, sql};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

/// Hazards put in or taken out with one request.
const ITEMS_MAX: usize = 500;

/// A hazard for a plan: one that is open already, or one that the ledger shows (code with cover or well).
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ItemAsk {
    /// Public id of an open hazard.
    pub hazard: Option<Uuid>,
    /// Else: catalogue code.
    pub code: Option<String>,
    /// Else: public id of the cover.
    pub cover: Option<Uuid>,
    /// Else: public id of the well.
    pub well: Option<Uuid>,
    /// To be cleared by; the plan's own day when left out.
    #[schema(value_type = Option<String>, format = Date)]
    pub planned_on: Option<Date>,
    /// Who sees to it; the plan's person when left out.
    pub person: Option<String>,
    /// Money set aside for it, cents.
    pub money_cents: Option<i64>,
}

/// What goes in, changes or comes out.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ItemsChange {
    /// The version of the plan that was looked at.
    pub version: i64,
    /// Hazards to put in; those in it already get the new day, person and money.
    pub put: Vec<ItemAsk>,
    /// Public ids of hazards to take out.
    pub remove: Vec<Uuid>,
}

fn refuse(code: &'static str, at: usize, zh: impl Into<String>, en: impl Into<String>) -> AppError {
    let (zh, en) = (zh.into(), en.into());
    AppError::new(Kind::Conflict, code, zh.clone(), en.clone()).with_field(&format!("put[{at}]"), zh, en)
}

fn check(plan: &PlanRow, ask: &ItemsChange) -> Result<()> {
    let mut wrong = Wrong::default();
    if ask.put.len() + ask.remove.len() > ITEMS_MAX {
        wrong.add("put", format!("一次最多 {ITEMS_MAX} 条"), format!("at most {ITEMS_MAX} at a time"));
    }
    for (i, item) in ask.put.iter().enumerate() {
        let days = plan.starts_on..=plan.due_on;
        if item.planned_on.is_some_and(|d| !days.contains(&d)) {
            wrong.add(
                &format!("put[{i}].planned_on"),
                format!("应在计划的 {} 至 {} 之间", plan.starts_on, plan.due_on),
                format!("must lie between {} and {}", plan.starts_on, plan.due_on),
            );
        }
        if item.money_cents.is_some_and(|m| !(0..=MONEY_MAX).contains(&m)) {
            wrong.add(&format!("put[{i}].money_cents"), "经费应为不小于 0 的分", "must be cents, 0 or more");
        }
        if item.person.as_deref().is_some_and(|p| p.trim().is_empty() || p.chars().count() > 50) {
            wrong.add(&format!("put[{i}].person"), "责任人应为 1–50 字", "must have 1 to 50 characters");
        }
        if item.hazard.is_none() && item.code.is_none() {
            wrong.add(
                &format!("put[{i}].hazard"),
                "请指明隐患，或给出隐患编号和井盖",
                "name a hazard, or a code and a cover",
            );
        }
    }
    wrong.done()
}

/// Puts hazards into a draft and takes others out, all or none.
///
/// # Errors
/// `form.invalid`, `plan.state`, `plan.unit`, `plan.kind`, `conflict.version`, `plan.in_case`, `plan.in_plan`,
/// `plan.closed`, `plan.not_ours`, `plan.not_derived`, not found.
pub async fn change(
    tx: &mut Tx,
    by: &By<'_>,
    ownership_days: i64,
    uid: Uuid,
    ask: ItemsChange,
) -> Result<PlanRow> {
    let plan = own_draft(tx, by, uid, ask.version).await?;
    if plan.is_renewal() {
        return Err(AppError::new(
            Kind::Conflict,
            "plan.kind",
            "更新改造计划的内容是井盖，请在该计划的井盖中修改",
            "a renewal plan holds covers, not hazards",
        ));
    }
    check(&plan, &ask)?;
    touch(tx, by, &plan, "", vec![]).await?;
    let mut events = vec![];
    for uid in &ask.remove {
        events.push(take_out(tx, by, &plan, *uid).await?);
    }
    for (i, item) in ask.put.iter().enumerate() {
        let h = resolve(tx, by, ownership_days, i, item).await?;
        events.push(put_in(tx, by, &plan, i, item, &h).await?);
    }
    let (put, removed) = (ask.put.len(), ask.remove.len());
    events.push(event(&plan, "items_changed", json!({"put": put, "removed": removed}), None));
    by.tell(tx, Permission::CaseHandle, events).await?;
    store::plan_by_id(tx, plan.id, by.now).await
}

/// The hazard that an item means; one that only the ledger shows becomes a row here.
async fn resolve(
    tx: &mut Tx,
    by: &By<'_>,
    ownership_days: i64,
    at: usize,
    item: &ItemAsk,
) -> Result<HazardRow> {
    let scope = by.actor.require(Permission::CaseHandle)?;
    if let Some(uid) = item.hazard {
        return cases::hazard(tx, uid, &scope).await;
    }
    let code = item.code.clone().unwrap_or_default();
    by.rules.hazard(&code)?;
    if super::derived::find(tx, &scope, &code, item.cover, item.well).await?.is_none() {
        return Err(refuse(
            "plan.not_derived",
            at,
            format!("台账中没有这一项 {code}；现场发现的隐患请先登记"),
            format!("the ledger does not show {code} here; enter a hazard that was seen on site first"),
        ));
    }
    let ask = HazardAsk { code, cover: item.cover, well: item.well, measured: None, reason: None };
    let entered = problems::enter(tx, by, Permission::CaseHandle, &scope, ownership_days, &ask).await?;
    store::hazard_by_id(tx, entered.id).await
}

/// Does the plan's unit answer for the well in any role, or nobody for its upkeep? (R6: each owner its own list.)
async fn is_ours(tx: &mut Tx, plan: &PlanRow, h: &HazardRow) -> Result<bool> {
    let Some(well) = h.well_id else { return Ok(true) };
    let mut q = Sql::new(
        "SELECT count(*) FROM cover_facts f WHERE f.well_id = ? AND f.to_day IS NULL AND ((f.owner_id IS NULL AND f.maintainer_id IS NULL) OR (1 = 1",
        vec![well.into()],
    );
    let unit = crate::identity::policy::Bound { unit_id: Some(plan.unit_id), area_id: None };
    Scope::Bounds(vec![unit]).and(&mut q, "f");
    q.push("))", []);
    Ok(tx.one::<(i64,)>(q).await?.0 > 0)
}

async fn put_in(
    tx: &mut Tx,
    by: &By<'_>,
    plan: &PlanRow,
    at: usize,
    item: &ItemAsk,
    h: &HazardRow,
) -> Result<Event> {
    if h.closed_at.is_some() {
        return Err(refuse("plan.closed", at, "这条隐患已销号", "this hazard is closed"));
    }
    if h.case_id.is_some() {
        return Err(refuse(
            "plan.in_case",
            at,
            "这条隐患已立案，由案卷办结",
            "this hazard has a case, which clears it",
        ));
    }
    if let Some(other) = h.plan_id.filter(|id| *id != plan.id) {
        let other = store::plan_by_id(tx, other, by.now).await?;
        return Err(refuse(
            "plan.in_plan",
            at,
            format!("这条隐患已在计划 {} 中", other.number),
            format!("this hazard is in the plan {}", other.number),
        ));
    }
    if !is_ours(tx, plan, h).await? {
        return Err(refuse(
            "plan.not_ours",
            at,
            format!("这口井不由“{}”负责，应列入其责任单位的计划", plan.unit_name),
            "this well is another unit's; it belongs in the plan of that unit",
        ));
    }
    let planned_on = item.planned_on.or(h.planned_on).unwrap_or(plan.due_on);
    let person = item.person.as_deref().map(str::trim).or(h.person.as_deref()).unwrap_or(&plan.person);
    let money = item.money_cents.or(h.money_cents).unwrap_or(0);
    let n = tx
        .run(sql!(
            "UPDATE hazards SET plan_id = ?, planned_on = ?, person = ?, money_cents = ?, unit_id = ?, version = version + 1, updated_at = ? WHERE id = ? AND version = ?",
            plan.id, planned_on, person, money, plan.unit_id, by.now, h.id, h.version
        ))
        .await?;
    if n == 0 {
        return Err(cases::stale("open", h.version));
    }
    Ok(Event {
        subject: "hazard",
        subject_uid: h.uid,
        well_id: h.well_id,
        action: "planned",
        before: Some(json!({"planned_on": h.planned_on, "person": h.person, "money_cents": h.money_cents})),
        after: Some(json!({
            "code": h.code, "plan": plan.uid, "number": plan.number, "planned_on": planned_on, "person": person, "money_cents": money,
        })),
        reason: None,
    })
}

async fn take_out(tx: &mut Tx, by: &By<'_>, plan: &PlanRow, uid: Uuid) -> Result<Event> {
    let found: Option<(i64, Option<i64>, String)> = tx
        .opt(sql!("SELECT id, well_id, code FROM hazards WHERE uid = ? AND plan_id = ?", uid, plan.id))
        .await?;
    let (id, well_id, code) = found.ok_or_else(|| AppError::not_found("条隐患", "hazard"))?;
    out_of(tx, by, id).await?;
    Ok(unplanned(plan, uid, well_id, &code))
}

async fn out_of(tx: &mut Tx, by: &By<'_>, hazard_id: i64) -> Result<()> {
    tx.run(sql!(
        "UPDATE hazards SET plan_id = NULL, planned_on = NULL, person = NULL, money_cents = NULL, version = version + 1, updated_at = ? WHERE id = ?",
        by.now,
        hazard_id
    ))
    .await?;
    Ok(())
}

fn unplanned(plan: &PlanRow, uid: Uuid, well_id: Option<i64>, code: &str) -> Event {
    Event {
        subject: "hazard",
        subject_uid: uid,
        well_id,
        action: "unplanned",
        before: None,
        after: Some(json!({"code": code, "plan": plan.uid, "number": plan.number})),
        reason: None,
    }
}

/// Lets go of everything in a plan that was withdrawn, so that another plan may take it.
pub(super) async fn release(tx: &mut Tx, by: &By<'_>, plan: &PlanRow) -> Result<Vec<Event>> {
    let open: Vec<(i64, Uuid, Option<i64>, String)> = tx
        .all(sql!(
            "SELECT id, uid, well_id, code FROM hazards WHERE plan_id = ? AND closed_at IS NULL ORDER BY id",
            plan.id
        ))
        .await?;
    let mut events = vec![];
    for (id, uid, well_id, code) in open {
        out_of(tx, by, id).await?;
        events.push(unplanned(plan, uid, well_id, &code));
    }
    tx.run(sql!(
        "UPDATE renewal_items SET released_at = ? WHERE plan_id = ? AND released_at IS NULL",
        by.now,
        plan.id
    ))
    .await?;
    Ok(events)
}

/// Refuses an end of a plan that lies before the day of one of its hazards, or the year of one of its covers.
pub(super) async fn check_days(tx: &mut Tx, plan_id: i64, due_on: Option<Date>) -> Result<()> {
    let (last,): (Option<Date>,) =
        tx.one(sql!("SELECT max(planned_on) FROM hazards WHERE plan_id = ?", plan_id)).await?;
    let (year,): (Option<i64>,) = tx
        .one(sql!("SELECT max(year) FROM renewal_items WHERE plan_id = ? AND released_at IS NULL", plan_id))
        .await?;
    if let Some(year) = year.filter(|y| due_on.is_some_and(|due| i64::from(due.year()) < *y)) {
        return Err(AppError::field(
            "form.invalid",
            "due_on",
            format!("计划中有 {year} 年更换的井盖，请先改那一年"),
            format!("covers of the year {year} are in it; change them first"),
        ));
    }
    match last.filter(|last| due_on.is_some_and(|due| due < *last)) {
        None => Ok(()),
        Some(last) => Err(AppError::field(
            "form.invalid",
            "due_on",
            format!("计划中有隐患的期限是 {last}，请先改那一条"),
            format!("a hazard in it is to be cleared by {last}; change that first"),
        )),
    }
}

/// How much of a plan lies outside a scope.
pub(super) async fn outside(tx: &mut Tx, plan_id: i64, scope: &Scope) -> Result<i64> {
    let mut out = 0;
    for (all, bound) in [(1, None), (-1, Some(scope))] {
        let mut q = sql!("SELECT count(*) FROM hazards h WHERE h.plan_id = ?", plan_id);
        if let Some(scope) = bound {
            desk::bound_hazards(scope, &mut q);
        }
        out += all * tx.one::<(i64,)>(q).await?.0;
        let mut q = sql!(
            "SELECT count(*) FROM renewal_items ri JOIN cover_facts rf ON rf.cover_id = ri.cover_id AND rf.to_day IS NULL WHERE ri.released_at IS NULL AND ri.plan_id = ?",
            plan_id
        );
        if let Some(scope) = bound {
            scope.and(&mut q, "rf");
        }
        out += all * tx.one::<(i64,)>(q).await?.0;
    }
    Ok(out)
}
