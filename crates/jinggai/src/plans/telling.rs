//! 计划消息: who hears of a plan's moves. Written in the transaction of the move, through the same notices as cases:
//! one row per person and event, so that nobody is told twice.
//!
//! Whoever is asked to decide or to check is found by the same rights and reach that the decision itself asks for.
//! Deliberately absent: administrators, who keep the platform and sit at no desk; and dates that pass.
use super::items;
use super::model::PlanRow;
use crate::cases::desk::{self, By};
use crate::cases::model::HazardRow;
use crate::cases::notices::{self, About, Telling};
use crate::error::Result;
use crate::identity::users;
use crate::identity::{Actor, Permission, Role, Scope};
use jinggai_db::{Tx, sql};
use jinggai_rules::plan_flow::PlanMove;
use std::fmt::Display;

/// Something about a plan; `key` is unique with the recipient.
fn telling(
    by: &By<'_>,
    plan: &PlanRow,
    kind: &'static str,
    key: impl Display,
    words: &str,
) -> Telling<'static> {
    Telling {
        key: format!("{kind}:{key}"),
        kind,
        about: About::Plan(plan.id),
        title: format!("{words}：{}", plan.title),
        body: plan.number.clone(),
        at: by.now,
    }
}

fn adding(mut t: Telling<'static>, more: &str) -> Telling<'static> {
    if !more.trim().is_empty() {
        t.body = format!("{}：{}", t.body, more.trim());
    }
    t
}

/// A plan was moved: who may approve hears of a submitted one, its unit of what was decided.
pub(super) async fn moved(
    tx: &mut Tx,
    by: &By<'_>,
    plan: &PlanRow,
    action: PlanMove,
    reason: Option<&str>,
) -> Result<()> {
    let key = format!("{}:{}", plan.uid, plan.version);
    let reason = reason.unwrap_or_default();
    match action {
        PlanMove::Submit => {
            let words = format!("{}报批，共 {} 项，期限 {}", plan.unit_name, plan.items, plan.due_on);
            let t = adding(telling(by, plan, "plan_submitted", key, "待审批"), &words);
            let not = [plan.made_by, by.actor.user_id];
            let people = approvers(tx, plan, &not).await?;
            notices::tell_users(tx, &t, &people).await?;
        }
        PlanMove::Approve => {
            let t = adding(telling(by, plan, "plan_approved", key, "计划已批准"), reason);
            tell_unit(tx, plan, &t, None).await?;
        }
        PlanMove::Return => {
            let t = adding(telling(by, plan, "plan_returned", key, "计划退回修改"), reason);
            tell_unit(tx, plan, &t, None).await?;
        }
        PlanMove::Withdraw => {}
    }
    Ok(())
}

/// A hazard was treated just now by the actor: who may check it hears of it.
pub(super) async fn treated(tx: &mut Tx, by: &By<'_>, plan: &PlanRow, h: &HazardRow) -> Result<()> {
    let key = format!("{}:{}", h.uid, h.version);
    let t = adding(telling(by, plan, "plan_treated", key, "待核查销号"), &name_of(by, h));
    let people = checkers(tx, by, plan, h).await?;
    notices::tell_users(tx, &t, &people).await?;
    Ok(())
}

/// A check sent a hazard back: its unit hears why.
pub(super) async fn rework(tx: &mut Tx, by: &By<'_>, plan: &PlanRow, h: &HazardRow, why: &str) -> Result<()> {
    let key = format!("{}:{}", h.uid, h.version);
    let words = format!("{}，{why}", name_of(by, h));
    let t = adding(telling(by, plan, "plan_rework", key, "核查未通过，返工"), &words);
    tell_unit(tx, plan, &t, None).await
}

/// More time was asked for: who may approve hears of it.
pub(super) async fn asked(
    tx: &mut Tx,
    by: &By<'_>,
    plan: &PlanRow,
    h: &HazardRow,
    extension: impl Display,
    words: &str,
) -> Result<()> {
    let words = format!("{}，{words}", name_of(by, h));
    let t = adding(telling(by, plan, "plan_extension_asked", extension, "申请延期"), &words);
    let people = approvers(tx, plan, &[by.actor.user_id]).await?;
    notices::tell_users(tx, &t, &people).await?;
    Ok(())
}

/// More time was granted or refused: the plan's unit and who asked hear of it.
pub(super) async fn decided(
    tx: &mut Tx,
    by: &By<'_>,
    plan: &PlanRow,
    (extension, asked_by): (impl Display, Option<i64>),
    approved: bool,
    words: &str,
) -> Result<()> {
    let title = if approved { "延期获批" } else { "延期未获批准" };
    let t = adding(telling(by, plan, "plan_extension_decided", extension, title), words);
    tell_unit(tx, plan, &t, asked_by).await
}

/// The defect in words.
fn name_of(by: &By<'_>, h: &HazardRow) -> String {
    by.rules.catalogue.get(&h.code).map_or_else(|| h.code.clone(), |entry| entry.name.clone())
}

/// Tells the planner's unit, and one person more who may work elsewhere by now.
async fn tell_unit(tx: &mut Tx, plan: &PlanRow, t: &Telling<'_>, also: Option<i64>) -> Result<()> {
    notices::tell_units(tx, t, &[plan.unit_id]).await?;
    let maker = [plan.made_by, plan.submitted_by, also];
    notices::tell_users(tx, t, &maker.into_iter().flatten().collect::<Vec<_>>()).await?;
    Ok(())
}

/// Who sits at a desk: everybody with the right but administrators.
async fn desk_of(tx: &mut Tx, right: Permission) -> Result<Vec<Actor>> {
    let mut all = users::holders(tx, right).await?;
    for actor in &mut all {
        actor.grants.retain(|g| g.role != Role::Admin);
    }
    all.retain(|a| a.may(right));
    Ok(all)
}

/// Who sits at a desk, by what each may reach: many share one reach, which is then asked about once.
async fn desks(tx: &mut Tx, right: Permission) -> Result<Vec<(Scope, Vec<Actor>)>> {
    let mut out: Vec<(Scope, Vec<Actor>)> = vec![];
    for actor in desk_of(tx, right).await? {
        let scope = actor.scope(right);
        match out.iter_mut().find(|(s, _)| *s == scope) {
            Some((_, people)) => people.push(actor),
            None => out.push((scope, vec![actor])),
        }
    }
    Ok(out)
}

/// Those within whose reach all of a plan is, without these.
async fn approvers(tx: &mut Tx, plan: &PlanRow, not: &[Option<i64>]) -> Result<Vec<i64>> {
    let mut out = vec![];
    for (scope, people) in desks(tx, Permission::CaseApprove).await? {
        if items::outside(tx, plan.id, &scope).await? == 0 {
            out.extend(people.iter().filter_map(|a| a.user_id).filter(|id| !not.contains(&Some(*id))));
        }
    }
    Ok(out)
}

/// Those who may check a treated hazard: within their reach, and neither they nor their unit did the work.
async fn checkers(tx: &mut Tx, by: &By<'_>, plan: &PlanRow, h: &HazardRow) -> Result<Vec<i64>> {
    let mut out = vec![];
    for (scope, people) in desks(tx, Permission::CaseCheck).await? {
        let mut q = sql!("SELECT count(*) FROM hazards h WHERE h.id = ?", h.id);
        desk::bound_hazards(&scope, &mut q);
        let (reached,): (i64,) = tx.one(q).await?;
        if reached == 0 {
            continue;
        }
        for actor in people.iter().filter(|a| a.user_id != by.actor.user_id) {
            let other = By { actor, now: by.now, rules: by.rules };
            if !other.units(tx).await?.contains(&plan.unit_id) {
                out.extend(actor.user_id);
            }
        }
    }
    Ok(out)
}
