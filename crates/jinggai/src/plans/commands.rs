//! Making plans and moving them: draft, submit, approve or return, withdraw. What is in them: [`super::items`].
use super::items::{self, ItemAsk};
use super::model::{PlanRow, RECTIFICATION, RENEWAL};
use super::{store, telling};
use crate::cases::desk::{self, By};
use crate::cases::findings::{Wrong, number_of};
use crate::cases::store::stale;
use crate::error::{AppError, Kind, Result};
use crate::identity::{Permission, Scope};
use crate::registry::store as ledger;
use jiff::civil::Date;
use jinggai_db::events::Event;
use jinggai_db::{Sql, Tx, Value, sql};
use jinggai_rules::Explain;
use jinggai_rules::plan_flow::{PlanError, PlanGuard, PlanMove, PlanState, step, transition};
use jinggai_rules::workflow::Desk;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

/// The most money that anybody means, cents.
pub(super) const MONEY_MAX: i64 = 100_000_000_000_000;

/// A plan, as sent.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PlanAsk {
    /// Title.
    pub title: String,
    /// Code of the unit that makes it; one's own when left out.
    pub unit: Option<String>,
    /// 责任人.
    pub person: String,
    /// Telephone.
    pub phone: Option<String>,
    /// Begins; today when left out.
    #[schema(value_type = Option<String>, format = Date)]
    pub starts_on: Option<Date>,
    /// Ends.
    #[schema(value_type = Option<String>, format = Date)]
    pub due_on: Option<Date>,
    /// Money set aside for all of it, cents.
    pub money_cents: i64,
    /// 备注.
    pub note: Option<String>,
    /// Hazards to begin with.
    pub items: Vec<ItemAsk>,
}

/// A change of a draft; what is left out stays, a blank telephone or note is cleared.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PlanChange {
    /// The version that was looked at.
    pub version: i64,
    /// Title.
    pub title: Option<String>,
    /// 责任人.
    pub person: Option<String>,
    /// Telephone.
    pub phone: Option<String>,
    /// Begins.
    #[schema(value_type = Option<String>, format = Date)]
    pub starts_on: Option<Date>,
    /// Ends.
    #[schema(value_type = Option<String>, format = Date)]
    pub due_on: Option<Date>,
    /// Money set aside for all of it, cents.
    pub money_cents: Option<i64>,
    /// 备注.
    pub note: Option<String>,
}

/// A move that is asked for.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanMoveAsk {
    /// `submit`, `approve`, `return`, `withdraw`.
    #[serde(rename = "move")]
    pub action: String,
    /// The version that was looked at.
    pub version: i64,
    /// Why; returning and withdrawing need it.
    #[serde(default)]
    pub reason: Option<String>,
}

/// Who looks at plans: the scope of a right, and the units that are one's own.
pub(super) async fn reach(tx: &mut Tx, by: &By<'_>, right: Permission) -> Result<(Scope, Vec<i64>)> {
    let scope = by.actor.require(right)?;
    Ok((scope, by.units(tx).await?))
}

/// Is this unit's plan the actor's to draw up?
///
/// # Errors
/// What the store says.
pub(super) async fn is_own(tx: &mut Tx, by: &By<'_>, unit_id: i64) -> Result<bool> {
    let (scope, own) = reach(tx, by, Permission::CaseHandle).await?;
    Ok(scope == Scope::Everything || own.contains(&unit_id))
}

pub(super) fn not_own() -> AppError {
    AppError::new(
        Kind::Forbidden,
        "plan.unit",
        "计划由制定单位自己办理",
        "a plan is the business of the unit that made it",
    )
}

/// The fields of a plan's head, as they would be.
struct Head<'a> {
    title: &'a str,
    person: &'a str,
    phone: Option<&'a str>,
    starts_on: Date,
    due_on: Option<Date>,
    money_cents: i64,
    note: Option<&'a str>,
}

/// A text that says something.
fn said(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|t| !t.is_empty())
}

/// The new text, blank to clear it; else what stood there.
fn changed<'a>(new: Option<&'a str>, old: Option<&'a str>) -> Option<&'a str> {
    if new.is_some() { said(new) } else { old }
}

fn check(h: &Head<'_>, wrong: &mut Wrong) {
    let long = |text: &str, max: usize| text.chars().count() > max;
    if h.title.trim().is_empty() || long(h.title, 200) {
        wrong.add("title", "请填写标题，不超过 200 字", "give a title of at most 200 characters");
    }
    if h.person.trim().is_empty() || long(h.person, 50) {
        wrong.add("person", "请填写责任人", "name the person who answers for it");
    }
    if h.phone.is_some_and(|p| long(p, 40)) {
        wrong.add("phone", "电话过长", "the telephone number is too long");
    }
    if h.note.is_some_and(|n| long(n, 2000)) {
        wrong.add("note", "备注不超过 2000 字", "at most 2000 characters");
    }
    match h.due_on {
        None => wrong.add("due_on", "请填写完成期限", "give the day by which it is done"),
        Some(due) if due < h.starts_on => {
            wrong.add("due_on", format!("不能早于开始日期 {}", h.starts_on), "must not be before it begins");
        }
        Some(_) => {}
    }
    if !(0..=MONEY_MAX).contains(&h.money_cents) {
        wrong.add("money_cents", "经费应为不小于 0 的分", "must be cents, 0 or more");
    }
}

/// The unit of a new plan: the one named, else the one the actor works for.
pub(super) async fn unit_of(tx: &mut Tx, by: &By<'_>, code: Option<&str>, wrong: &mut Wrong) -> Result<i64> {
    let (scope, own) = reach(tx, by, Permission::CaseHandle).await?;
    let Some(code) = code.map(str::trim).filter(|c| !c.is_empty()) else {
        if let [only] = own.as_slice() {
            return Ok(*only);
        }
        wrong.add("unit", "请指明制定单位", "name the unit that makes the plan");
        return Ok(0);
    };
    match ledger::unit_id(tx, code).await? {
        Some((id, true)) if scope == Scope::Everything || own.contains(&id) => Ok(id),
        Some((_, true)) => Err(not_own()),
        _ => {
            wrong.add("unit", format!("没有代码为 {code} 的单位"), format!("there is no unit {code}"));
            Ok(0)
        }
    }
}

/// Makes a plan of this kind, still empty; gives its row.
///
/// # Errors
/// `form.invalid` with every field that was wrong, `plan.unit`, `forbidden`.
pub(super) async fn make(tx: &mut Tx, by: &By<'_>, kind: &'static str, ask: &PlanAsk) -> Result<PlanRow> {
    by.actor.require(Permission::CaseHandle)?;
    let mut wrong = Wrong::default();
    let starts_on = ask.starts_on.unwrap_or_else(|| crate::clock::local(by.now).date());
    let head = Head {
        title: &ask.title,
        person: &ask.person,
        phone: said(ask.phone.as_deref()),
        starts_on,
        due_on: ask.due_on,
        money_cents: ask.money_cents,
        note: said(ask.note.as_deref()),
    };
    check(&head, &mut wrong);
    let unit_id = unit_of(tx, by, ask.unit.as_deref(), &mut wrong).await?;
    wrong.done()?;
    let number = number_of(tx, if kind == RENEWAL { "GX" } else { "ZG" }, by.now).await?;
    let (id,): (i64,) = tx
        .one(sql!(
            "INSERT INTO plans (uid, number, kind, title, unit_id, state, person, phone, starts_on, due_on, money_cents, note, made_by, version, created_at, updated_at) VALUES (?, ?, ?, ?, ?, 'draft', ?, ?, ?, ?, ?, ?, ?, 1, ?, ?) RETURNING id",
            Uuid::now_v7(), &number, kind, ask.title.trim(), unit_id, ask.person.trim(), head.phone, starts_on, ask.due_on, ask.money_cents, head.note,
            by.actor.user_id, by.now, by.now
        ))
        .await?;
    let plan = store::plan_by_id(tx, id, by.now).await?;
    let after = json!({"number": plan.number, "kind": kind, "title": plan.title, "unit": plan.unit, "person": plan.person, "starts_on": starts_on, "due_on": ask.due_on, "money_cents": plan.money_cents});
    let event = event(&plan, "made", after, None);
    by.tell(tx, Permission::CaseHandle, vec![event]).await?;
    Ok(plan)
}

/// An event of a plan.
pub(super) fn event(
    plan: &PlanRow,
    action: &'static str,
    after: serde_json::Value,
    reason: Option<String>,
) -> Event {
    Event {
        subject: "plan",
        subject_uid: plan.uid,
        well_id: None,
        action,
        before: None,
        after: Some(after),
        reason,
    }
}

/// Makes a 限期整改计划 with its hazards.
///
/// # Errors
/// As [`make`] and [`items::change`].
pub async fn create(tx: &mut Tx, by: &By<'_>, ownership_days: i64, ask: PlanAsk) -> Result<PlanRow> {
    let plan = make(tx, by, RECTIFICATION, &ask).await?;
    if !ask.items.is_empty() {
        let change = items::ItemsChange { version: plan.version, put: ask.items, remove: vec![] };
        return items::change(tx, by, ownership_days, plan.uid, change).await;
    }
    Ok(plan)
}

/// A plan that is the actor's own to change, at the version looked at, in this state.
pub(super) async fn own_draft(tx: &mut Tx, by: &By<'_>, uid: Uuid, version: i64) -> Result<PlanRow> {
    let (scope, own) = reach(tx, by, Permission::CaseHandle).await?;
    let plan = store::plan(tx, uid, &scope, &own, by.now).await?;
    if scope != Scope::Everything && !own.contains(&plan.unit_id) {
        return Err(not_own());
    }
    if plan.state()? != PlanState::Draft {
        return Err(AppError::new(
            Kind::Conflict,
            "plan.state",
            format!("计划现在是“{}”，只有草稿可以修改", plan.state()?.name_zh()),
            "only a draft can be changed",
        ));
    }
    if version != plan.version {
        return Err(stale(&plan.state, plan.version));
    }
    Ok(plan)
}

/// Counts a change of a plan up; somebody else's in between is a conflict.
pub(super) async fn touch(
    tx: &mut Tx,
    by: &By<'_>,
    plan: &PlanRow,
    columns: &str,
    args: Vec<Value>,
) -> Result<()> {
    let mut q = Sql::new("UPDATE plans SET version = version + 1, updated_at = ?", vec![by.now.into()]);
    q.push(columns, args);
    q.push(" WHERE id = ? AND version = ?", [plan.id.into(), plan.version.into()]);
    if tx.run(q).await? == 0 {
        return Err(stale(&plan.state, plan.version));
    }
    Ok(())
}

/// Changes the head of a draft.
///
/// # Errors
/// `form.invalid`, `plan.state`, `plan.unit`, `conflict.version`, not found.
pub async fn edit(tx: &mut Tx, by: &By<'_>, uid: Uuid, c: PlanChange) -> Result<PlanRow> {
    let plan = own_draft(tx, by, uid, c.version).await?;
    let head = Head {
        title: c.title.as_deref().unwrap_or(&plan.title),
        person: c.person.as_deref().unwrap_or(&plan.person),
        phone: changed(c.phone.as_deref(), plan.phone.as_deref()),
        starts_on: c.starts_on.unwrap_or(plan.starts_on),
        due_on: Some(c.due_on.unwrap_or(plan.due_on)),
        money_cents: c.money_cents.unwrap_or(plan.money_cents),
        note: changed(c.note.as_deref(), plan.note.as_deref()),
    };
    let mut wrong = Wrong::default();
    check(&head, &mut wrong);
    wrong.done()?;
    touch(
        tx,
        by,
        &plan,
        ", title = ?, person = ?, phone = ?, starts_on = ?, due_on = ?, money_cents = ?, note = ?",
        vec![
            head.title.trim().into(),
            head.person.trim().into(),
            head.phone.into(),
            head.starts_on.into(),
            head.due_on.into(),
            head.money_cents.into(),
            head.note.into(),
        ],
    )
    .await?;
    items::check_days(tx, plan.id, head.due_on).await?;
    let after = json!({"title": head.title, "person": head.person, "starts_on": head.starts_on, "due_on": head.due_on, "money_cents": head.money_cents});
    by.tell(tx, Permission::CaseHandle, vec![event(&plan, "edited", after, None)]).await?;
    store::plan_by_id(tx, plan.id, by.now).await
}

fn refused(e: &PlanError) -> AppError {
    let missing = match e {
        PlanError::GuardMissing { missing, .. } => missing.iter().map(|g| g.code()).collect(),
        PlanError::NotAllowed { .. } => vec![],
    };
    AppError::new(Kind::Conflict, e.code(), e.to_string(), e.message_en())
        .with_more("missing", json!(missing))
}

/// Moves a plan by the table of its flow.
///
/// # Errors
/// `plan.move`, `plan.not_allowed`, `plan.guard_missing`, `conflict.version`, `forbidden`, not found.
pub async fn advance(tx: &mut Tx, by: &By<'_>, uid: Uuid, ask: PlanMoveAsk) -> Result<PlanRow> {
    let action = PlanMove::from_code(&ask.action).ok_or_else(|| {
        let all = PlanMove::ALL.iter().map(|m| m.code()).collect::<Vec<_>>().join(", ");
        AppError::field("plan.move", "move", format!("应为：{all}"), format!("must be one of: {all}"))
    })?;
    let (see, own) = reach(tx, by, Permission::CaseRead).await?;
    let plan = store::plan(tx, uid, &see, &own, by.now).await?;
    let from = plan.state()?;
    let row = transition(from, action).map_err(|e| refused(&e))?;
    let right = desk::permission(row.desk);
    by.actor.require(right)?;
    if ask.version != plan.version {
        return Err(stale(&plan.state, plan.version));
    }
    let held = established(tx, by, &plan, row.desk, ask.reason.as_deref()).await?;
    let row = step(from, action, &held).map_err(|e| refused(&e))?;
    let (columns, args): (&str, Vec<Value>) = match action {
        PlanMove::Submit => {
            (", submitted_by = ?, submitted_at = ?", vec![by.actor.user_id.into(), by.now.into()])
        }
        PlanMove::Approve => {
            (", approved_by = ?, approved_at = ?", vec![by.actor.user_id.into(), by.now.into()])
        }
        PlanMove::Return | PlanMove::Withdraw => ("", vec![]),
    };
    let columns = format!(", state = '{}'{columns}", row.to.code());
    touch(tx, by, &plan, &columns, args).await?;
    telling::moved(tx, by, &plan, action, ask.reason.as_deref()).await?;
    let mut events = vec![];
    if action == PlanMove::Withdraw {
        events = items::release(tx, by, &plan).await?;
    }
    events.push(Event {
        before: Some(json!({"state": plan.state})),
        ..event(
            &plan,
            "moved",
            json!({"state": row.to.code(), "move": action.code(), "clause": row.clause, "items": plan.items}),
            ask.reason.filter(|r| !r.trim().is_empty()),
        )
    });
    by.tell(tx, right, events).await?;
    store::plan_by_id(tx, plan.id, by.now).await
}

/// Which guards hold for a move from this desk.
async fn established(
    tx: &mut Tx,
    by: &By<'_>,
    plan: &PlanRow,
    desk: Desk,
    reason: Option<&str>,
) -> Result<Vec<PlanGuard>> {
    let mut held = vec![];
    let mut put = |holds: bool, guard| held.extend(holds.then_some(guard));
    put(reason.is_some_and(|r| !r.trim().is_empty()), PlanGuard::Reason);
    let me = by.actor.user_id;
    put(me.is_some() && me != plan.made_by && me != plan.submitted_by, PlanGuard::NotMaker);
    put(plan.items > 0 && plan.overdue == 0, PlanGuard::Complete);
    if desk == Desk::Handler {
        put(is_own(tx, by, plan.unit_id).await?, PlanGuard::OwnPlan);
    } else {
        let scope = by.actor.require(desk::permission(desk))?;
        put(items::outside(tx, plan.id, &scope).await? == 0, PlanGuard::WithinReach);
    }
    Ok(held)
}

/// A move that the actor's desk may make.
#[derive(Clone, Debug, serde::Serialize, ToSchema)]
pub struct OpenPlanMove {
    /// Code.
    pub r#move: &'static str,
    /// 动作.
    pub name: &'static str,
    /// State after.
    pub to: &'static str,
    /// What must be established.
    pub needs: Vec<&'static str>,
    /// What of it is missing now; a reason is given with the move.
    pub missing: Vec<&'static str>,
}

/// The moves open to this actor now, each with what it still lacks.
///
/// # Errors
/// What the store says.
pub async fn open_to(tx: &mut Tx, by: &By<'_>, plan: &PlanRow) -> Result<Vec<OpenPlanMove>> {
    let mut out = vec![];
    for row in plan.state()?.moves().filter(|row| by.actor.may(desk::permission(row.desk))) {
        let held = established(tx, by, plan, row.desk, Some("given with the move")).await?;
        out.push(OpenPlanMove {
            r#move: row.action.code(),
            name: row.action.name_zh(),
            to: row.to.code(),
            needs: row.guards.iter().map(|g| g.code()).collect(),
            missing: row.guards.iter().filter(|g| !held.contains(g)).map(|g| g.code()).collect(),
        });
    }
    Ok(out)
}
