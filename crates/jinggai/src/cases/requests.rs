//! 延期、挂账、超时申诉 (`domain.md` 3.6 \[A\]\[S35\]): asked by who handles, decided by others, each kept with its reason.
use super::desk::By;
use super::effects::telling;
use super::guards;
use super::model::CaseRow;
use super::{clocks, notices, store};
use crate::error::{AppError, Kind, Result};
use crate::identity::{Permission, Role};
use jiff::Timestamp;
use jinggai_db::events::Event;
use jinggai_db::{Sql, Tx, row, sql};
use jinggai_rules::workflow::{CaseMove, CaseState};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

row! {
    /// 申请 as stored.
    #[derive(Clone, Debug, Serialize, ToSchema)]
    pub struct Request {
        /// Row.
        #[serde(skip)]
        pub id: i64,
        /// Public id.
        pub uid: Uuid,
        /// `extension`, `suspension`, `appeal`.
        pub kind: String,
        /// `asked`, `reviewed`, `approved`, `refused`.
        pub state: String,
        /// Suspension: until when.
        #[schema(value_type = Option<String>, format = DateTime)]
        pub until_at: Option<Timestamp>,
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
        /// Row of who reviewed it first.
        #[serde(skip)]
        pub reviewed_by: Option<i64>,
        /// Who reviewed it first.
        pub reviewed_name: Option<String>,
        /// Who decided.
        pub decided_name: Option<String>,
        /// When it was decided.
        #[schema(value_type = Option<String>, format = DateTime)]
        pub decided_at: Option<Timestamp>,
        /// What was said to it.
        pub decision: Option<String>,
        /// Row of the case.
        #[serde(skip)]
        pub case_id: i64,
    }
}

const SELECT: &str = "SELECT r.id, r.uid, r.kind, r.state, r.until_at, r.reason, r.asked_by, a.name, r.asked_at, r.reviewed_by, v.name, d.name, r.decided_at, r.decision, r.case_id FROM case_requests r LEFT JOIN users a ON a.id = r.asked_by LEFT JOIN users v ON v.id = r.reviewed_by LEFT JOIN users d ON d.id = r.decided_by WHERE ";

/// The requests of a case, oldest first.
///
/// # Errors
/// What the store says.
pub async fn of_case(tx: &mut Tx, case_id: i64) -> Result<Vec<Request>> {
    Ok(tx.all(Sql::new(&format!("{SELECT}r.case_id = ? ORDER BY r.id"), vec![case_id.into()])).await?)
}

/// A request, as sent.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestAsk {
    /// `extension`, `suspension`, `appeal`.
    pub kind: String,
    /// Why.
    pub reason: String,
    /// Suspension: until when.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Timestamp>,
}

fn refuse(code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> AppError {
    AppError::new(Kind::Conflict, code, zh, en)
}

/// May this be asked of the case now?
async fn check(tx: &mut Tx, by: &By<'_>, case: &CaseRow, ask: &RequestAsk) -> Result<()> {
    match ask.kind.as_str() {
        "extension" => check_extension(by, case),
        "suspension" => check_suspension(by, case, ask.until),
        "appeal" => check_appeal(tx, case).await,
        _ => Err(AppError::field(
            "request.kind",
            "kind",
            "应为 extension（延期）、suspension（挂账）或 appeal（超时申诉）",
            "must be extension, suspension or appeal",
        )),
    }
}

fn check_extension(by: &By<'_>, case: &CaseRow) -> Result<()> {
    let most = by.rules.cases.extensions_max;
    if !matches!(case.state()?, CaseState::Dispatched | CaseState::Handling) {
        let zh = "只有待接收、处置中的案卷可以申请延期";
        return Err(refuse("request.state", zh, "only while it is being handled"));
    }
    if case.due_at.is_some_and(|due| due <= by.now) {
        let zh = "已经超期，不能再申请延期；结案后可以申诉";
        return Err(refuse("request.late", zh, "it is overdue already; appeal after closing"));
    }
    if case.extensions >= i64::from(most) {
        return Err(refuse(
            "request.spent",
            format!("延期最多 {most} 次，已用完"),
            "no more extensions are possible",
        ));
    }
    Ok(())
}

fn check_suspension(by: &By<'_>, case: &CaseRow, until: Option<Timestamp>) -> Result<()> {
    let rules = &by.rules.cases;
    if !matches!(case.state()?, CaseState::Filed | CaseState::Dispatched | CaseState::Handling) {
        let zh = "只有待派遣、待接收、处置中的案卷可以申请挂账";
        return Err(refuse("request.state", zh, "only before it is handled"));
    }
    if case.suspensions >= i64::from(rules.suspensions_max) {
        let zh = format!("挂账最多 {} 次，已用完", rules.suspensions_max);
        return Err(refuse("request.spent", zh, "no more suspensions are possible"));
    }
    let days = rules.suspension_days_max;
    let most = by.now + jiff::SignedDuration::from_hours(24 * i64::from(days));
    if until.is_some_and(|u| u > by.now && u <= most) {
        return Ok(());
    }
    Err(AppError::field(
        "request.until",
        "until",
        format!("挂账须写明恢复时间，且不超过 {days} 天"),
        format!("give until when, at most {days} days from now"),
    ))
}

async fn check_appeal(tx: &mut Tx, case: &CaseRow) -> Result<()> {
    if case.state()? != CaseState::Closed {
        return Err(refuse("request.state", "结案后才能申诉超时", "an appeal is possible after closing"));
    }
    let (late, before): (i64, i64) = tx
        .one(sql!(
            "SELECT (SELECT count(*) FROM case_clocks WHERE case_id = ? AND stage = 'handle' AND ended_at > due_at), (SELECT count(*) FROM case_requests WHERE case_id = ? AND kind = 'appeal')",
            case.id,
            case.id
        ))
        .await?;
    if late == 0 {
        return Err(refuse("request.not_late", "处置没有超时，不需要申诉", "handling was not late"));
    }
    if before > 0 {
        return Err(refuse("request.spent", "每个案卷只能申诉一次", "one appeal for each case"));
    }
    Ok(())
}

/// Asks for an extension, a suspension or, after closing, for the overdue mark to be left out of the figures.
///
/// # Errors
/// `request.…` saying why not, `form.invalid`, `forbidden`, not found.
pub async fn ask(tx: &mut Tx, by: &By<'_>, uid: Uuid, ask: RequestAsk) -> Result<Request> {
    let case = store::case(tx, uid, &by.actor.require(Permission::CaseHandle)?).await?;
    if ask.reason.trim().is_empty() {
        return Err(AppError::field("form.invalid", "reason", "请写明理由", "give a reason"));
    }
    check(tx, by, &case, &ask).await?;
    let own = by.units(tx).await?;
    let ever: Vec<i64> = tx
        .all::<(i64,)>(sql!("SELECT unit_id FROM case_units WHERE case_id = ?", case.id))
        .await?
        .into_iter()
        .map(|(id,)| id)
        .collect();
    if !ever.iter().any(|u| own.contains(u)) {
        return Err(AppError::new(
            Kind::Forbidden,
            "request.unit",
            "由承办单位提出申请",
            "only the handling unit may ask",
        ));
    }
    let new = Uuid::now_v7();
    let made = tx
        .run(sql!(
            "INSERT INTO case_requests (uid, case_id, kind, state, until_at, reason, asked_by, asked_at) VALUES (?, ?, ?, 'asked', ?, ?, ?, ?) ON CONFLICT (case_id, kind) WHERE state IN ('asked', 'reviewed') DO NOTHING",
            new, case.id, &ask.kind, ask.until, ask.reason.trim(), by.actor.user_id, by.now
        ))
        .await?;
    if made == 0 {
        return Err(refuse(
            "request.open",
            "同类申请正在审批，请等待结果",
            "such a request is being decided already",
        ));
    }
    let name = name_of(&ask.kind);
    let event = Event {
        subject: "case",
        subject_uid: case.uid,
        well_id: case.well_id,
        action: "requested",
        before: None,
        after: Some(json!({"kind": ask.kind, "until": ask.until, "request": new})),
        reason: Some(ask.reason.trim().to_owned()),
    };
    by.tell(tx, Permission::CaseHandle, vec![event]).await?;
    let mut telling =
        telling(by, &case, "request", format!("申请{name}：{}", case.title), ask.reason.clone());
    telling.key = format!("request:{new}");
    notices::tell_roles(tx, &telling, &[Role::Leader.code(), Role::Department.code()]).await?;
    one(tx, new).await
}

fn name_of(kind: &str) -> &'static str {
    match kind {
        "extension" => "延期",
        "suspension" => "挂账",
        _ => "超时申诉",
    }
}

async fn one(tx: &mut Tx, uid: Uuid) -> Result<Request> {
    let q = Sql::new(&format!("{SELECT}r.uid = ?"), vec![uid.into()]);
    tx.opt(q).await?.ok_or_else(|| AppError::not_found("个申请", "request"))
}

/// A decision, as sent.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Decide {
    /// Granted or not.
    pub approve: bool,
    /// What is said to it; needed for a refusal.
    #[serde(default)]
    pub note: Option<String>,
}

/// Decides a request. Extensions and appeals are reviewed by an approver first, then decided by the dispatcher; a
/// suspension is decided by an approver. Nobody decides their own, and nobody decides twice.
///
/// # Errors
/// `request.decided`, `request.own`, `forbidden`, not found.
pub async fn decide(tx: &mut Tx, by: &By<'_>, uid: Uuid, d: Decide) -> Result<Request> {
    let r = one(tx, uid).await?;
    let right = match (r.kind.as_str(), r.state.as_str()) {
        (_, "approved" | "refused") => {
            return Err(refuse("request.decided", "这个申请已经办结", "it was decided already"));
        }
        ("suspension", _) | (_, "asked") => Permission::CaseApprove,
        _ => Permission::CaseDispatch,
    };
    let scope = by.actor.require(right)?;
    let uid_of: (Uuid,) = tx.one(sql!("SELECT uid FROM cases WHERE id = ?", r.case_id)).await?;
    let case = store::case(tx, uid_of.0, &scope).await?;
    let me = by.person()?;
    if r.asked_by == Some(me) || r.reviewed_by == Some(me) {
        return Err(AppError::new(
            Kind::Forbidden,
            "request.own",
            "申请人和初审人不能再作决定，请由他人审批",
            "somebody else must decide it",
        ));
    }
    if !d.approve && d.note.as_deref().is_none_or(|n| n.trim().is_empty()) {
        return Err(AppError::field("form.invalid", "note", "不同意时请写明理由", "say why it is refused"));
    }
    let first = right == Permission::CaseApprove && r.kind != "suspension";
    let state = write_decision(tx, by, &r, &d, first, me).await?;
    let event = Event {
        subject: "case",
        subject_uid: case.uid,
        well_id: case.well_id,
        action: "request_decided",
        before: Some(json!({"request": r.uid, "state": r.state})),
        after: Some(json!({"kind": r.kind, "state": state, "until": r.until_at})),
        reason: d.note.clone(),
    };
    if state == "approved" {
        grant(tx, by, &case, &r).await?;
    }
    clocks::settle(tx, case.id).await?;
    by.tell(tx, right, vec![event]).await?;
    if state != "reviewed" {
        let word = if d.approve { "获批" } else { "未获批准" };
        let mut telling = telling(
            by,
            &case,
            "decided",
            format!("{}{word}：{}", name_of(&r.kind), case.title),
            d.note.unwrap_or_default(),
        );
        telling.key = format!("decided:{}", r.uid);
        notices::tell_users(tx, &telling, &r.asked_by.into_iter().collect::<Vec<_>>()).await?;
    }
    one(tx, uid).await
}

/// Writes a decision down if nobody decided meanwhile; gives the state after.
async fn write_decision(
    tx: &mut Tx,
    by: &By<'_>,
    r: &Request,
    d: &Decide,
    first: bool,
    me: i64,
) -> Result<&'static str> {
    let (state, q) = if first && d.approve {
        let q = sql!(
            "UPDATE case_requests SET state = 'reviewed', reviewed_by = ?, reviewed_at = ? WHERE id = ? AND state = ?",
            me,
            by.now,
            r.id,
            &r.state
        );
        ("reviewed", q)
    } else {
        let state = if d.approve { "approved" } else { "refused" };
        let q = sql!(
            "UPDATE case_requests SET state = ?, decided_by = ?, decided_at = ?, decision = ? WHERE id = ? AND state = ?",
            state,
            me,
            by.now,
            d.note.clone(),
            r.id,
            &r.state
        );
        (state, q)
    };
    if tx.run(q).await? == 0 {
        return Err(refuse("request.decided", "刚被他人审批过", "somebody decided it meanwhile"));
    }
    Ok(state)
}

async fn grant(tx: &mut Tx, by: &By<'_>, case: &CaseRow, r: &Request) -> Result<()> {
    match r.kind.as_str() {
        "extension" => {
            clocks::extend(tx, by, case.id).await?;
            tx.run(sql!("UPDATE cases SET extensions = extensions + 1, version = version + 1, updated_at = ? WHERE id = ?", by.now, case.id)).await?;
        }
        "appeal" => {
            tx.run(sql!(
                "UPDATE cases SET exempted = TRUE, version = version + 1, updated_at = ? WHERE id = ?",
                by.now,
                case.id
            ))
            .await?;
        }
        _ => {
            let held = guards::established(tx, by, case, CaseMove::Suspend, &Default::default()).await?;
            jinggai_rules::workflow::step(case.state()?, CaseMove::Suspend, &held.guards)
                .map_err(|e| super::moves::refused(&e, &[]))?;
            suspend(tx, by, case).await?;
        }
    }
    Ok(())
}

/// Stops the clocks of a case until the day that was approved.
///
/// # Errors
/// What the store says.
pub async fn suspend(tx: &mut Tx, by: &By<'_>, case: &CaseRow) -> Result<()> {
    let approved: Option<(Timestamp, String)> = tx
        .opt(sql!(
            "SELECT until_at, reason FROM case_requests WHERE case_id = ? AND kind = 'suspension' AND state = 'approved' ORDER BY id DESC LIMIT 1",
            case.id
        ))
        .await?;
    let Some((until, reason)) = approved else {
        return Err(AppError::internal(anyhow::anyhow!("a suspension without approval")));
    };
    tx.run(sql!(
        "INSERT INTO case_pauses (case_id, from_at, to_at, reason) VALUES (?, ?, ?, ?)",
        case.id,
        by.now,
        until,
        reason
    ))
    .await?;
    let n = tx
        .run(sql!(
            "UPDATE cases SET state = 'suspended', resumes_to = state, suspended_until = ?, suspensions = suspensions + 1, version = version + 1, updated_at = ? WHERE id = ? AND version = ?",
            until, by.now, case.id, case.version
        ))
        .await?;
    if n == 0 {
        return Err(store::stale(&case.state, case.version));
    }
    clocks::retime(tx, by, case.id).await
}
