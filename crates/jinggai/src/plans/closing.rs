//! 整改与销号 of a hazard in a plan: treated by the plan's unit with a photo, closed by somebody else with a photo from the
//! same spot and only when the closing condition is met (R6 确保整改到位).
use super::commands::{event, is_own, not_own};
use super::model::PlanRow;
use super::{store, telling};
use crate::cases::desk::By;
use crate::cases::model::HazardRow;
use crate::cases::store as cases;
use crate::cases::{hazards, store as case_store};
use crate::clock;
use crate::error::{AppError, Kind, Result};
use crate::identity::Permission;
use crate::registry::store as ledger;
use jiff::Timestamp;
use jiff::civil::Date;
use jinggai_db::events::Event;
use jinggai_db::{Tx, sql};
use jinggai_geo::{Point, distance_m};
use jinggai_rules::hazards::{Measured, Treatment};
use jinggai_rules::plan_flow::PlanState;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

/// A hazard with its plan.
pub(super) struct Planned {
    /// The hazard.
    pub hazard: HazardRow,
    /// Its plan.
    pub plan: PlanRow,
    /// The day it is.
    pub today: Date,
}

fn refuse(code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> AppError {
    AppError::new(Kind::Conflict, code, zh, en)
}

/// A hazard of a plan within the reach of a right, at the version looked at.
///
/// # Errors
/// `hazard.not_planned`, `hazard.in_case`, `conflict.version`, `forbidden`, not found.
pub(super) async fn planned(
    tx: &mut Tx,
    by: &By<'_>,
    uid: Uuid,
    right: Permission,
    version: i64,
) -> Result<Planned> {
    let hazard = cases::hazard(tx, uid, &by.actor.require(right)?).await?;
    if hazard.case_id.is_some() {
        return Err(refuse("hazard.in_case", "这条隐患已立案，由案卷办结", "its case clears it"));
    }
    let Some(plan_id) = hazard.plan_id else {
        return Err(refuse(
            "hazard.not_planned",
            "这条隐患还没有列入计划，请先列入限期整改计划",
            "this hazard is in no plan yet; put it into one first",
        ));
    };
    let state = if hazard.closed_at.is_some() { "closed" } else { "open" };
    if hazard.version != version {
        return Err(case_store::stale(state, hazard.version));
    }
    let plan = store::plan_by_id(tx, plan_id, by.now).await?;
    Ok(Planned { hazard, plan, today: clock::local(by.now).date() })
}

impl Planned {
    fn running(&self) -> Result<()> {
        if self.hazard.closed_at.is_some() {
            return Err(refuse("hazard.closed", "这条隐患已销号", "this hazard is closed"));
        }
        if self.plan.state()? != PlanState::Approved {
            return Err(refuse(
                "plan.state",
                format!("计划 {} 还没有批准", self.plan.number),
                "the plan is not approved yet",
            ));
        }
        Ok(())
    }

    fn event(&self, action: &'static str, after: serde_json::Value, reason: Option<String>) -> Event {
        Event {
            subject: "hazard",
            subject_uid: self.hazard.uid,
            well_id: self.hazard.well_id,
            action,
            before: Some(
                json!({"code": self.hazard.code, "level": self.hazard.level, "plan": self.plan.uid}),
            ),
            after: Some(after),
            reason: reason.filter(|r| !r.trim().is_empty()),
        }
    }
}

/// Refuses unless a photo of this hazard was added since then, not from another place.
async fn proved(
    tx: &mut Tx,
    by: &By<'_>,
    p: &Planned,
    purpose: &'static str,
    since: Option<Timestamp>,
) -> Result<()> {
    let photos: Vec<(Timestamp, Option<f64>, Option<f64>)> = tx
        .all(sql!(
            "SELECT created_at, lng, lat FROM case_files WHERE subject = 'plan' AND subject_uid = ? AND item_uid = ? AND purpose = ? AND thumbnail_hash IS NOT NULL",
            p.plan.uid,
            p.hazard.uid,
            purpose
        ))
        .await?;
    let at = match p.hazard.well_id {
        Some(id) => Some(ledger::well_by_id(tx, id).await?.geom),
        None => None,
    };
    let near = by.rules.cases.photo_near_m;
    let metres = |lng: Option<f64>, lat: Option<f64>| {
        let (lng, lat) = lng.zip(lat)?;
        Some(distance_m(Point { lng, lat }, at?))
    };
    let new: Vec<Option<f64>> = photos
        .into_iter()
        .filter(|(added, _, _)| since.is_none_or(|t| *added >= t))
        .map(|(_, lng, lat)| metres(lng, lat))
        .collect();
    if new.iter().any(|m| m.is_none_or(|m| m <= near)) {
        return Ok(());
    }
    if let Some(far) = new.iter().flatten().copied().min_by(f64::total_cmp) {
        let (zh, en) = (
            format!("照片拍摄位置距该井 {far:.0} 米，超过 {near:.0} 米，请到现场重拍"),
            format!("the photo was taken {far:.0} m away, more than {near:.0} m; take it on site"),
        );
        return Err(refuse("hazard.photo_far", zh, en));
    }
    let which = if purpose == "after" { "处置后" } else { "核查" };
    let zh = format!("请先在计划中为这条隐患上传{which}照片");
    Err(refuse("hazard.photo", zh, format!("add a photo ({purpose}) of this hazard to the plan first")))
}

/// What was done about a hazard, as sent.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TreatAsk {
    /// The version that was looked at.
    pub version: i64,
    /// 处置措施.
    pub treatment: String,
    /// What was measured afterwards.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub measured: Option<Measured>,
    /// 备注.
    #[serde(default)]
    pub note: Option<String>,
}

/// Notes that the plan's unit treated a hazard.
///
/// # Errors
/// `hazard.treatment`, `hazard.photo`, `hazard.photo_far`, `hazard.treated`, `hazard.closed`, `plan.state`, `plan.unit`,
/// `conflict.version`, and as [`planned`].
pub async fn treat(tx: &mut Tx, by: &By<'_>, uid: Uuid, ask: TreatAsk) -> Result<HazardRow> {
    let p = planned(tx, by, uid, Permission::CaseHandle, ask.version).await?;
    if !is_own(tx, by, p.plan.unit_id).await? {
        return Err(not_own());
    }
    p.running()?;
    if p.hazard.treated_at.is_some() {
        return Err(refuse("hazard.treated", "已整改，等待核查", "it is treated and waits for the check"));
    }
    let entry = by.rules.hazard(&p.hazard.code)?;
    let treatment = Treatment::from_code(&ask.treatment).filter(|t| entry.treatments.contains(t));
    let Some(treatment) = treatment else {
        let right: Vec<String> =
            entry.treatments.iter().map(|t| format!("{}（{}）", t.code(), t.name_zh())).collect();
        return Err(AppError::field(
            "hazard.treatment",
            "treatment",
            format!("“{}”的处置措施应为：{}", entry.name, right.join("、")),
            format!(
                "must be one of: {}",
                entry.treatments.iter().map(|t| t.code()).collect::<Vec<_>>().join(", ")
            ),
        ));
    };
    let measured = hazards::checked(ask.measured.unwrap_or_default(), "measured")?;
    let since = reworked(tx, uid).await?.or(p.plan.approved_at);
    proved(tx, by, &p, "after", since).await?;
    set(
        tx,
        &p,
        sql!(
            "UPDATE hazards SET treatment = ?, treated_at = ?, treated_by = ?, version = version + 1, updated_at = ? WHERE id = ? AND version = ?",
            treatment.code(), by.now, by.person()?, by.now, p.hazard.id, p.hazard.version
        ),
    )
    .await?;
    let after = json!({"code": p.hazard.code, "treatment": treatment.code(), "measured": measured});
    telling::treated(tx, by, &p.plan, &p.hazard).await?;
    by.tell(tx, Permission::CaseHandle, vec![p.event("treated", after, ask.note)]).await?;
    store::hazard_by_id(tx, p.hazard.id).await
}

async fn set(tx: &mut Tx, p: &Planned, q: jinggai_db::Sql) -> Result<()> {
    if tx.run(q).await? == 0 {
        return Err(case_store::stale("open", p.hazard.version));
    }
    Ok(())
}

/// When the last check sent the hazard back to be done again.
async fn reworked(tx: &mut Tx, uid: Uuid) -> Result<Option<Timestamp>> {
    let (at,): (Option<Timestamp>,) =
        tx.one(sql!("SELECT max(at) FROM events WHERE subject_uid = ? AND action = 'rework'", uid)).await?;
    Ok(at)
}

/// The check of a treated hazard, as sent.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckAsk {
    /// The version that was looked at.
    pub version: i64,
    /// Cleared; else it is to be done again.
    pub passed: bool,
    /// What was measured at the check.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub measured: Option<Measured>,
    /// Why it is to be done again; else a note.
    #[serde(default)]
    pub reason: Option<String>,
}

/// Checks a treated hazard on site: closes it, or sends it back to be done again.
///
/// # Errors
/// `hazard.untreated`, `hazard.own_work`, `hazard.photo`, `hazard.photo_far`, `hazard.unmet` naming what is missing,
/// `form.invalid`, and as [`treat`].
pub async fn check(
    tx: &mut Tx,
    by: &By<'_>,
    ownership_days: i64,
    uid: Uuid,
    ask: CheckAsk,
) -> Result<HazardRow> {
    let p = planned(tx, by, uid, Permission::CaseCheck, ask.version).await?;
    p.running()?;
    if p.hazard.treated_at.is_none() {
        return Err(refuse("hazard.untreated", "还没有整改，不能核查销号", "it is not treated yet"));
    }
    let me = by.person()?;
    // Whoever did the work does not check it, nor does anybody of the unit that did it.
    if p.hazard.treated_by == Some(me) || by.units(tx).await?.contains(&p.plan.unit_id) {
        return Err(AppError::new(
            Kind::Forbidden,
            "hazard.own_work",
            "销号须由整改单位以外的人核查",
            "somebody outside the unit that did the work must check it",
        ));
    }
    let measured = hazards::checked(ask.measured.unwrap_or_default(), "measured")?;
    proved(tx, by, &p, "check", p.hazard.treated_at).await?;
    if !ask.passed {
        return again(tx, by, &p, ask.reason).await;
    }
    let treatment = p.hazard.treatment.as_deref().and_then(Treatment::from_code);
    let entry = by.rules.hazard(&p.hazard.code)?;
    let mut unmet = by.rules.catalogue.unmet(entry, &measured, treatment);
    unmet.extend(hazards::ledger_unmet(tx, &p.hazard.code, p.hazard.well_id, p.hazard.cover_id).await?);
    if !unmet.is_empty() {
        return Err(refuse(
            "hazard.unmet",
            format!("还没有达到结案条件（{}）：{}", entry.closing, unmet.join("；")),
            "the closing condition is not met",
        )
        .with_more("unmet", json!(unmet)));
    }
    close(tx, by, ownership_days, &p, "计划销号", &measured, ask.reason).await
}

/// Sends a hazard back to be done again.
async fn again(tx: &mut Tx, by: &By<'_>, p: &Planned, reason: Option<String>) -> Result<HazardRow> {
    let Some(reason) = reason.filter(|r| !r.trim().is_empty()) else {
        return Err(AppError::field(
            "form.invalid",
            "reason",
            "返工请写明原因",
            "say what is to be done again",
        ));
    };
    set(
        tx,
        p,
        sql!(
            "UPDATE hazards SET treatment = NULL, treated_at = NULL, version = version + 1, updated_at = ? WHERE id = ? AND version = ?",
            by.now, p.hazard.id, p.hazard.version
        ),
    )
    .await?;
    let after = json!({"code": p.hazard.code, "treatment": p.hazard.treatment});
    telling::rework(tx, by, &p.plan, &p.hazard, &reason).await?;
    by.tell(tx, Permission::CaseCheck, vec![p.event("rework", after, Some(reason))]).await?;
    store::hazard_by_id(tx, p.hazard.id).await
}

async fn close(
    tx: &mut Tx,
    by: &By<'_>,
    ownership_days: i64,
    p: &Planned,
    outcome: &str,
    measured: &Measured,
    reason: Option<String>,
) -> Result<HazardRow> {
    let h = &p.hazard;
    set(
        tx,
        p,
        sql!(
            "UPDATE hazards SET closed_at = ?, closed_by = ?, outcome = ?, version = version + 1, updated_at = ? WHERE id = ? AND version = ? AND closed_at IS NULL",
            by.now, by.actor.user_id, outcome, by.now, h.id, h.version
        ),
    )
    .await?;
    let after = json!({"code": h.code, "outcome": outcome, "treatment": h.treatment, "measured": measured, "plan": p.plan.uid, "number": p.plan.number});
    let mut events = vec![p.event("closed", after, reason)];
    events.extend(settle(tx, by, h, ownership_days).await?);
    events.extend(done(tx, by, &p.plan).await?);
    by.tell(tx, Permission::CaseCheck, events).await?;
    store::hazard_by_id(tx, h.id).await
}

/// The ledger no longer says what was cleared.
async fn settle(tx: &mut Tx, by: &By<'_>, h: &HazardRow, ownership_days: i64) -> Result<Option<Event>> {
    let problem = by.rules.catalogue.get(&h.code).and_then(|e| e.problem);
    match h.cover_id {
        Some(cover) => hazards::reflect(tx, by, cover, problem, ownership_days).await,
        None => Ok(None),
    }
}

/// Tells it when the last of a plan is done.
async fn done(tx: &mut Tx, by: &By<'_>, plan: &PlanRow) -> Result<Option<Event>> {
    let now = store::plan_by_id(tx, plan.id, by.now).await?;
    let over = now.state()? == PlanState::Done;
    Ok(over.then(|| event(&now, "done", json!({"number": now.number, "items": now.items}), None)))
}

/// A hazard that is none, as sent.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CancelAsk {
    /// The version that was looked at.
    pub version: i64,
    /// Why it is none.
    pub reason: String,
}

/// Takes back a hazard that was entered in error or no longer is one; never by who entered or treated it.
///
/// # Errors
/// `hazard.closed`, `hazard.in_case`, `hazard.own_entry`, `form.invalid`, `conflict.version`, `forbidden`, not found.
pub async fn cancel(
    tx: &mut Tx,
    by: &By<'_>,
    ownership_days: i64,
    uid: Uuid,
    ask: CancelAsk,
) -> Result<HazardRow> {
    let h = cases::hazard(tx, uid, &by.actor.require(Permission::CaseApprove)?).await?;
    if h.case_id.is_some() {
        return Err(refuse("hazard.in_case", "这条隐患已立案，请撤销案卷", "cancel its case instead"));
    }
    if h.closed_at.is_some() {
        return Err(refuse("hazard.closed", "这条隐患已销号", "this hazard is closed"));
    }
    if h.version != ask.version {
        return Err(case_store::stale("open", h.version));
    }
    let me = by.person()?;
    if h.opened_by == Some(me) || h.treated_by == Some(me) {
        return Err(AppError::new(
            Kind::Forbidden,
            "hazard.own_entry",
            "登记人、整改人不能撤销隐患，请由他人办理",
            "who entered or treated it cannot take it back",
        ));
    }
    if ask.reason.trim().is_empty() {
        return Err(AppError::field("form.invalid", "reason", "请写明撤销原因", "say why it is none"));
    }
    let outcome = format!("撤销：{}", ask.reason.trim());
    let n = tx
        .run(sql!(
            "UPDATE hazards SET closed_at = ?, closed_by = ?, outcome = ?, treatment = NULL, version = version + 1, updated_at = ? WHERE id = ? AND version = ? AND closed_at IS NULL",
            by.now, me, &outcome, by.now, h.id, h.version
        ))
        .await?;
    if n == 0 {
        return Err(case_store::stale("open", h.version));
    }
    let mut events = vec![Event {
        subject: "hazard",
        subject_uid: h.uid,
        well_id: h.well_id,
        action: "cancelled",
        before: Some(json!({"code": h.code, "level": h.level, "plan": h.plan_uid})),
        after: Some(json!({"code": h.code, "outcome": outcome})),
        reason: Some(ask.reason.trim().to_owned()),
    }];
    events.extend(settle(tx, by, &h, ownership_days).await?);
    if let Some(plan) = h.plan_id {
        let plan = store::plan_by_id(tx, plan, by.now).await?;
        events.extend(done(tx, by, &plan).await?);
    }
    by.tell(tx, Permission::CaseApprove, events).await?;
    store::hazard_by_id(tx, h.id).await
}
