//! 延期 of one hazard of a plan: asked by the plan's unit before its day, decided by somebody else, kept with its reason.
use super::closing::{Planned, planned};
use super::commands::{event, is_own, not_own};
use super::items;
use super::{store, telling};
use crate::cases::desk::By;
use crate::error::{AppError, Kind, Result};
use crate::identity::Permission;
use jiff::Timestamp;
use jiff::civil::Date;
use jinggai_db::events::Event;
use jinggai_db::{Sql, Tx, row, sql};
use jinggai_rules::plan_flow::PlanState;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

row! {
    /// 延期申请 as stored.
    #[derive(Clone, Debug, Serialize, ToSchema)]
    pub struct Extension {
        /// Row.
        #[serde(skip)]
        pub id: i64,
        /// Public id.
        pub uid: Uuid,
        /// Row of the hazard.
        #[serde(skip)]
        pub hazard_id: i64,
        /// Public id of the hazard.
        pub hazard: Uuid,
        /// `asked`, `approved`, `refused`.
        pub state: String,
        /// Until when.
        #[schema(value_type = String, format = Date)]
        pub until_on: Date,
        /// Why.
        pub reason: String,
        /// Row of who asked.
        #[serde(skip)]
        pub asked_by: Option<i64>,
        /// Who asked.
        pub asked_name: Option<String>,
        /// When it was asked.
        #[schema(value_type = String, format = DateTime)]
        pub asked_at: Timestamp,
        /// Who decided.
        pub decided_name: Option<String>,
        /// When it was decided.
        #[schema(value_type = Option<String>, format = DateTime)]
        pub decided_at: Option<Timestamp>,
        /// What was said to it.
        pub decision: Option<String>,
    }
}

const SELECT: &str = "SELECT x.id, x.uid, x.hazard_id, h.uid, x.state, x.until_on, x.reason, x.asked_by, a.name, x.asked_at, d.name, x.decided_at, x.decision FROM plan_extensions x JOIN hazards h ON h.id = x.hazard_id LEFT JOIN users a ON a.id = x.asked_by LEFT JOIN users d ON d.id = x.decided_by WHERE ";

/// The requests of a plan, oldest first.
///
/// # Errors
/// What the store says.
pub async fn of_plan(tx: &mut Tx, plan_id: i64) -> Result<Vec<Extension>> {
    Ok(tx.all(Sql::new(&format!("{SELECT}x.plan_id = ? ORDER BY x.id"), vec![plan_id.into()])).await?)
}

/// More time, as asked for.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExtensionAsk {
    /// The version of the hazard that was looked at.
    pub version: i64,
    /// Until when.
    #[schema(value_type = String, format = Date)]
    pub until_on: Date,
    /// Why.
    pub reason: String,
}

/// A decision, as sent.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExtensionDecide {
    /// Granted or not.
    pub approve: bool,
    /// What is said to it; needed for a refusal.
    #[serde(default)]
    pub note: Option<String>,
}

fn refuse(code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> AppError {
    AppError::new(Kind::Conflict, code, zh, en)
}

/// May more time be asked for now?
async fn check(tx: &mut Tx, by: &By<'_>, p: &Planned, ask: &ExtensionAsk) -> Result<()> {
    if p.plan.state()? != PlanState::Approved {
        return Err(refuse("extension.state", "计划批准后才能申请延期", "only while the plan is under way"));
    }
    if p.hazard.treated_at.is_some() {
        return Err(refuse("extension.treated", "已整改，等待核查，不需要延期", "it is treated already"));
    }
    let planned = p.hazard.planned_on.unwrap_or(p.plan.due_on);
    if planned < p.today {
        return Err(refuse(
            "extension.late",
            format!("期限 {planned} 已过，不能再申请延期"),
            format!("its day {planned} is past"),
        ));
    }
    let most = i64::from(by.rules.cases.extensions_max);
    let (granted,): (i64,) = tx
        .one(sql!(
            "SELECT count(*) FROM plan_extensions WHERE hazard_id = ? AND plan_id = ? AND state = 'approved'",
            p.hazard.id,
            p.plan.id
        ))
        .await?;
    if granted >= most {
        return Err(refuse(
            "extension.spent",
            format!("延期最多 {most} 次，已用完"),
            "no more extensions are possible",
        ));
    }
    if ask.until_on <= planned {
        return Err(AppError::field(
            "extension.until",
            "until_on",
            format!("应晚于现在的期限 {planned}"),
            format!("must be later than {planned}"),
        ));
    }
    Ok(())
}

/// Asks for more time for a hazard of a plan.
///
/// # Errors
/// `extension.…` saying why not, `plan.unit`, `conflict.version`, `form.invalid`, `forbidden`, not found.
pub async fn ask(tx: &mut Tx, by: &By<'_>, hazard: Uuid, ask: ExtensionAsk) -> Result<Extension> {
    let p = planned(tx, by, hazard, Permission::CaseHandle, ask.version).await?;
    if !is_own(tx, by, p.plan.unit_id).await? {
        return Err(not_own());
    }
    if ask.reason.trim().is_empty() {
        return Err(AppError::field("form.invalid", "reason", "请写明理由", "give a reason"));
    }
    check(tx, by, &p, &ask).await?;
    let uid = Uuid::now_v7();
    let made = tx
        .run(sql!(
            "INSERT INTO plan_extensions (uid, plan_id, hazard_id, state, until_on, reason, asked_by, asked_at) VALUES (?, ?, ?, 'asked', ?, ?, ?, ?) ON CONFLICT (hazard_id) WHERE state = 'asked' DO NOTHING",
            uid, p.plan.id, p.hazard.id, ask.until_on, ask.reason.trim(), by.actor.user_id, by.now
        ))
        .await?;
    if made == 0 {
        return Err(refuse("extension.open", "延期申请正在审批，请等待结果", "it is being decided already"));
    }
    let after = json!({"code": p.hazard.code, "hazard": p.hazard.uid, "extension": uid, "until_on": ask.until_on, "planned_on": p.hazard.planned_on});
    let reason = Some(ask.reason.trim().to_owned());
    let events = vec![
        event(&p.plan, "extension_asked", after.clone(), reason.clone()),
        of_hazard(&p, "extension_asked", after, reason),
    ];
    let words = format!("延至 {}，{}", ask.until_on, ask.reason.trim());
    telling::asked(tx, by, &p.plan, &p.hazard, uid, &words).await?;
    by.tell(tx, Permission::CaseHandle, events).await?;
    one(tx, uid).await
}

fn of_hazard(p: &Planned, action: &'static str, after: serde_json::Value, reason: Option<String>) -> Event {
    Event {
        subject: "hazard",
        subject_uid: p.hazard.uid,
        well_id: p.hazard.well_id,
        action,
        before: Some(json!({"planned_on": p.hazard.planned_on})),
        after: Some(after),
        reason,
    }
}

async fn one(tx: &mut Tx, uid: Uuid) -> Result<Extension> {
    let q = Sql::new(&format!("{SELECT}x.uid = ?"), vec![uid.into()]);
    tx.opt(q).await?.ok_or_else(|| AppError::not_found("个延期申请", "extension request"))
}

/// Decides a request for more time; never one's own.
///
/// # Errors
/// `extension.decided`, `extension.own`, `extension.state`, `form.invalid`, `forbidden`, not found.
pub async fn decide(tx: &mut Tx, by: &By<'_>, uid: Uuid, d: ExtensionDecide) -> Result<Extension> {
    let scope = by.actor.require(Permission::CaseApprove)?;
    let x = one(tx, uid).await?;
    let h = store::hazard_by_id(tx, x.hazard_id).await?;
    let version = h.version;
    let p = planned(tx, by, x.hazard, Permission::CaseApprove, version).await?;
    if x.state != "asked" {
        return Err(refuse("extension.decided", "这个申请已经办结", "it was decided already"));
    }
    if x.asked_by == Some(by.person()?) {
        return Err(AppError::new(
            Kind::Forbidden,
            "extension.own",
            "申请人不能审批自己的申请，请由他人审批",
            "somebody else must decide it",
        ));
    }
    if items::outside(tx, p.plan.id, &scope).await? > 0 {
        return Err(AppError::new(
            Kind::Forbidden,
            "extension.reach",
            "计划中有不归您主管的隐患，请由领导小组办公室审批",
            "part of the plan is beyond your reach; the leading group decides",
        ));
    }
    if !d.approve && d.note.as_deref().is_none_or(|n| n.trim().is_empty()) {
        return Err(AppError::field("form.invalid", "note", "不同意时请写明理由", "say why it is refused"));
    }
    if d.approve && (p.hazard.closed_at.is_some() || p.hazard.treated_at.is_some()) {
        return Err(refuse("extension.state", "隐患已整改或销号，不需要延期", "it is treated or closed"));
    }
    let state = if d.approve { "approved" } else { "refused" };
    let n = tx
        .run(sql!(
            "UPDATE plan_extensions SET state = ?, decided_by = ?, decided_at = ?, decision = ? WHERE id = ? AND state = 'asked'",
            state, by.actor.user_id, by.now, d.note.as_deref(), x.id
        ))
        .await?;
    if n == 0 {
        return Err(refuse("extension.decided", "刚被他人审批过", "somebody decided it meanwhile"));
    }
    if d.approve {
        grant(tx, by, &p, x.until_on).await?;
    }
    let words = d.note.clone().unwrap_or_default();
    telling::decided(tx, by, &p.plan, (uid, x.asked_by), d.approve, &words).await?;
    let after = json!({"code": p.hazard.code, "hazard": p.hazard.uid, "extension": uid, "state": state, "until_on": x.until_on});
    let events = vec![
        event(&p.plan, "extension_decided", after.clone(), d.note.clone()),
        of_hazard(&p, "extension_decided", after, d.note),
    ];
    by.tell(tx, Permission::CaseApprove, events).await?;
    one(tx, uid).await
}

/// The hazard gets its new day; a plan ends with the last of its days.
async fn grant(tx: &mut Tx, by: &By<'_>, p: &Planned, until: Date) -> Result<()> {
    tx.run(sql!(
        "UPDATE hazards SET planned_on = ?, version = version + 1, updated_at = ? WHERE id = ?",
        until,
        by.now,
        p.hazard.id
    ))
    .await?;
    tx.run(sql!(
        "UPDATE plans SET due_on = CASE WHEN due_on < ? THEN ? ELSE due_on END, version = version + 1, updated_at = ? WHERE id = ?",
        until,
        until,
        by.now,
        p.plan.id
    ))
    .await?;
    Ok(())
}
