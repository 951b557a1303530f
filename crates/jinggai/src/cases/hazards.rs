//! 隐患: one open hazard per target and catalogue code, what it makes of the cover in the ledger, and what the ledger
//! must say before it may be closed.
use super::desk::By;
use crate::clock;
use crate::error::{AppError, Result};
use crate::registry::derived::{DerivedRules, WellState};
use crate::registry::model::CoverRow;
use crate::registry::store as ledger;
use crate::registry::{commands, guards, lifecycle};
use jinggai_db::events::Event;
use jinggai_db::{Tx, sql};
use jinggai_rules::hazards::{Hazard, Level, Measured, Rated, Treatment};
use jinggai_rules::kinds::{Lifecycle, Problem};
use serde_json::json;
use uuid::Uuid;

/// Where a hazard is.
#[derive(Clone, Debug)]
pub struct Target {
    /// Public id of the cover, else of the well, else of the finding that told of the place.
    pub uid: Uuid,
    /// Well.
    pub well_id: Option<i64>,
    /// Cover.
    pub cover_id: Option<i64>,
    /// 区域.
    pub area_id: Option<i64>,
    /// 演示.
    pub demo: bool,
}

/// A hazard to open.
pub struct New<'a> {
    /// Where.
    pub target: &'a Target,
    /// What.
    pub hazard: &'a Hazard,
    /// How bad, explained.
    pub rated: &'a Rated,
    /// As measured.
    pub measured: &'a Measured,
    /// `finding`, `case` (work of its own found in another case), `registry` (the rules find it in the ledger) or `list`
    /// (problem list of a unit).
    pub origin: &'static str,
}

/// What came of opening a hazard.
pub enum Opened {
    /// It is new.
    New(i64, Uuid),
    /// It was open already: its row, and its case.
    Known(i64, Option<i64>),
}

/// Opens a hazard, or gives the open one of the same target and code: whatever the concurrency there is only one.
///
/// Its unit is the one that a case would be given to: the confirmed owner, else the fallback unit, else who is said to
/// own it. A dispatch to another unit moves it there.
///
/// # Errors
/// What the store says.
pub async fn open(tx: &mut Tx, by: &By<'_>, new: &New<'_>) -> Result<Opened> {
    let uid = Uuid::now_v7();
    let t = new.target;
    let made: Option<(i64,)> = tx
        .opt(sql!(
            "INSERT INTO hazards (uid, target, code, level, explained, rule_version, measured, origin, well_id, cover_id, area_id, unit_id, found_at, opened_by, demo, version, updated_at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT r.unit_id FROM responsibilities r WHERE r.well_id = ? AND r.role IN ('owner', 'fallback') AND r.valid_to IS NULL
               ORDER BY CASE WHEN r.role = 'owner' AND r.confirmed THEN 0 WHEN r.role = 'fallback' THEN 1 ELSE 2 END, r.unit_id LIMIT 1), ?, ?, ?, 1, ?)
             ON CONFLICT (target, code) WHERE closed_at IS NULL DO NOTHING RETURNING id",
            uid, t.uid, &new.hazard.code, new.rated.level.code(), &new.rated.why, by.rules.version(), json!(new.measured), new.origin,
            t.well_id, t.cover_id, t.area_id, t.well_id, by.now, by.actor.user_id, t.demo, by.now
        ))
        .await?;
    if let Some((id,)) = made {
        return Ok(Opened::New(id, uid));
    }
    let (id, case): (i64, Option<i64>) = tx
        .one(sql!(
            "SELECT id, case_id FROM hazards WHERE target = ? AND code = ? AND closed_at IS NULL",
            t.uid,
            &new.hazard.code
        ))
        .await?;
    Ok(Opened::Known(id, case))
}

/// The event of an opened hazard.
#[must_use]
pub fn opened_event(new: &New<'_>, uid: Uuid) -> Event {
    Event {
        subject: "hazard",
        subject_uid: uid,
        well_id: new.target.well_id,
        action: "opened",
        before: None,
        after: Some(json!({
            "code": new.hazard.code, "name": new.hazard.name, "level": new.rated.level.code(), "explained": new.rated.why,
            "measured": new.measured, "origin": new.origin, "rules": new.hazard.basis,
        })),
        reason: None,
    }
}

/// Makes the ledger say of a cover what its open hazards say, the gravest first. `fixed` is the problem that was just
/// cleared.
///
/// # Errors
/// What the store says.
pub async fn reflect(
    tx: &mut Tx,
    by: &By<'_>,
    cover_id: i64,
    fixed: Option<Problem>,
    ownership_days: i64,
) -> Result<Option<Event>> {
    let cover = ledger::cover_by_id(tx, cover_id).await?;
    // What is gone keeps the state it was in when it went.
    if Lifecycle::from_code(&cover.lifecycle).is_some_and(Lifecycle::is_ended) {
        return Ok(None);
    }
    let now = cover.problem.as_deref().and_then(Problem::from_code);
    let codes: Vec<(String, String)> = tx
        .all(sql!(
            "SELECT level, code FROM hazards WHERE cover_id = ? AND closed_at IS NULL ORDER BY level, code",
            cover_id
        ))
        .await?;
    let worst = codes.iter().find_map(|(_, code)| by.rules.catalogue.get(code).and_then(|h| h.problem));
    // With nothing open any more, what a census found otherwise stays.
    if worst == now || (worst.is_none() && now != fixed) {
        return Ok(None);
    }
    change(tx, by, &cover, worst, ownership_days).await.map(Some)
}

async fn change(
    tx: &mut Tx,
    by: &By<'_>,
    cover: &CoverRow,
    problem: Option<Problem>,
    ownership_days: i64,
) -> Result<Event> {
    let condition = problem.map_or("intact", |p| p.condition().code());
    let main = problem.is_some_and(|p| Problem::MAIN_STATES.contains(&p));
    let lifecycle = match (Lifecycle::from_code(&cover.lifecycle), main) {
        (Some(Lifecycle::InUse), true) => Lifecycle::Abnormal.code(),
        (Some(Lifecycle::Abnormal), false) => Lifecycle::InUse.code(),
        _ => cover.lifecycle.as_str(),
    };
    tx.run(sql!(
        "UPDATE covers SET condition = ?, problem = ?, lifecycle = ?, version = version + 1, updated_at = ? WHERE id = ?",
        condition,
        problem.map(Problem::code),
        lifecycle,
        by.now,
        cover.id
    ))
    .await?;
    commands::renew(tx, &[cover.well_id], ownership_days, clock::local(by.now).date()).await?;
    Ok(Event {
        subject: "cover",
        subject_uid: cover.uid,
        well_id: Some(cover.well_id),
        action: "condition_changed",
        before: Some(
            json!({"condition": cover.condition, "problem": cover.problem, "lifecycle": cover.lifecycle}),
        ),
        after: Some(
            json!({"condition": condition, "problem": problem.map(Problem::code), "lifecycle": lifecycle}),
        ),
        reason: None,
    })
}

/// What the ledger still lacks before a hazard may be closed (`domain.md` 10.1, column closing condition), Chinese.
///
/// # Errors
/// What the store says.
pub async fn ledger_unmet(
    tx: &mut Tx,
    code: &str,
    well_id: Option<i64>,
    cover_id: Option<i64>,
) -> Result<Vec<String>> {
    const LABELLED: &str = "SELECT count(*) FROM labels WHERE cover_id = ? AND state = 'fixed'";
    const QUEUED: &str = "SELECT count(*) FROM ownership_queue WHERE well_id = ?";
    let cover = match cover_id {
        Some(id) => Some(ledger::cover_by_id(tx, id).await?),
        None => None,
    };
    let ended =
        cover.as_ref().and_then(|c| Lifecycle::from_code(&c.lifecycle)).is_some_and(Lifecycle::is_ended);
    let missing = match code {
        "H01" | "H18" if cover.as_ref().is_some_and(|c| c.load_class.is_none() && !ended) => {
            "补装后须在台账记录承载等级"
        }
        "H09" | "H14" | "H15" | "H16" if cover.is_some() && !ended => "须先在台账登记更换后的井盖",
        "H11" if !exists(tx, LABELLED, cover_id).await? => "须在台账登记已固定的标识",
        "H12" if exists(tx, QUEUED, well_id).await? => "须先确认权属或指定兜底单位",
        "H10" => return guards_unmet(tx, well_id).await,
        "H13" => return filling_unmet(tx, well_id, cover).await,
        _ => return Ok(vec![]),
    };
    Ok(vec![missing.to_owned()])
}

/// H10: a tested guard is entered, and the rules find nothing wrong with the guards of the well.
async fn guards_unmet(tx: &mut Tx, well_id: Option<i64>) -> Result<Vec<String>> {
    const TESTED: &str = "SELECT count(*) FROM fall_guards WHERE well_id = ? AND removed_on IS NULL AND tested_load_kg IS NOT NULL";
    let mut out = vec![];
    if !exists(tx, TESTED, well_id).await? {
        out.push("须在台账登记防坠装置及其荷载检测".to_owned());
    }
    let Some(id) = well_id else { return Ok(out) };
    let well = ledger::well_by_id(tx, id).await?;
    let guards = guards::of_well(tx, id).await?;
    let rules = DerivedRules::load(tx, clock::today()).await?;
    out.extend(rules.of_guards(WellState {
        kind: &well.kind,
        low_lying: well.low_lying,
        depth_m: well.depth_m,
        guards: &guards,
    }));
    Ok(out)
}

/// H13: the cover, else every cover of the well, is done with as R10 says.
async fn filling_unmet(tx: &mut Tx, well_id: Option<i64>, cover: Option<CoverRow>) -> Result<Vec<String>> {
    let covers = match (cover, well_id) {
        (Some(c), _) => vec![c],
        (None, Some(well)) => ledger::covers_of(tx, well).await?,
        (None, None) => vec![],
    };
    let mut out = vec![];
    for c in &covers {
        out.extend(lifecycle::retirement_unmet(tx, c).await?);
    }
    Ok(out)
}

async fn exists(tx: &mut Tx, text: &str, id: Option<i64>) -> Result<bool> {
    let (n,): (i64,) = tx.one(jinggai_db::Sql::new(text, vec![id.into()])).await?;
    Ok(n > 0)
}

/// Closes the open hazards of a case with how each was treated; gives the events and the covers whose state changes.
///
/// # Errors
/// What the store says.
pub async fn close_of_case(
    tx: &mut Tx,
    by: &By<'_>,
    case_id: i64,
    treatment: Option<Treatment>,
    outcome: &str,
    ownership_days: i64,
) -> Result<Vec<Event>> {
    let mut events = vec![];
    for h in super::store::hazards_of(tx, case_id).await?.into_iter().filter(|h| h.closed_at.is_none()) {
        tx.run(sql!(
            "UPDATE hazards SET closed_at = ?, closed_by = ?, outcome = ?, treatment = ?, treated_at = COALESCE(treated_at, ?), version = version + 1, updated_at = ? WHERE id = ?",
            by.now, by.actor.user_id, outcome, treatment.map(Treatment::code), by.now, by.now, h.id
        ))
        .await?;
        events.push(Event {
            subject: "hazard",
            subject_uid: h.uid,
            well_id: h.well_id,
            action: "closed",
            before: Some(json!({"code": h.code, "level": h.level})),
            after: Some(json!({"outcome": outcome, "treatment": treatment.map(Treatment::code)})),
            reason: None,
        });
        let problem = by.rules.catalogue.get(&h.code).and_then(|e| e.problem);
        if let Some(cover) = h.cover_id {
            events.extend(reflect(tx, by, cover, problem, ownership_days).await?);
        }
    }
    Ok(events)
}

/// The target of a cover, a well, or a place that only a finding knows.
///
/// # Errors
/// What the store says.
pub async fn target(
    tx: &mut Tx,
    well_id: Option<i64>,
    cover_id: Option<i64>,
    area_id: Option<i64>,
    place: Uuid,
) -> Result<Target> {
    let (mut uid, mut demo) = (place, false);
    if let Some(id) = cover_id {
        (uid, demo) = tx.one(sql!("SELECT uid, demo FROM covers WHERE id = ?", id)).await?;
    } else if let Some(id) = well_id {
        (uid, demo) = tx.one(sql!("SELECT uid, demo FROM wells WHERE id = ?", id)).await?;
    }
    Ok(Target { uid, well_id, cover_id, area_id, demo })
}

/// The measurements of a request, checked.
///
/// # Errors
/// `hazard.measured` naming the field.
pub fn checked(m: Measured, field: &str) -> Result<Measured> {
    match m.wrong() {
        None => Ok(m),
        Some((name, right)) => Err(AppError::field(
            "hazard.measured",
            &format!("{field}.{name}"),
            format!("{name} 应为 {right}"),
            format!("{name} is out of range"),
        )),
    }
}

/// A stored level.
///
/// # Errors
/// When the stored code is none of this program.
pub fn level(code: &str) -> Result<Level> {
    Level::from_code(code).ok_or_else(|| AppError::internal(anyhow::anyhow!("a level {code}")))
}
