//! 流转: one move of a case, from the table of the flow to its rows, clocks, notices and event.
use super::desk::{By, permission};
use super::effects::Work;
use super::model::CaseRow;
use super::{clocks, guards, hazards, store};
use crate::app::App;
use crate::error::{AppError, Kind, Result};
use crate::identity::Permission;
use jinggai_db::Tx;
use jinggai_db::events::Event;
use jinggai_rules::Explain;
use jinggai_rules::hazards::{Measured, Treatment};
use jinggai_rules::workflow::{CaseError, CaseMove, step, transition};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use utoipa::ToSchema;
use uuid::Uuid;

/// A move that is asked for; what else it needs depends on the move.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveAsk {
    /// The move, a code of the flow: `dispatch`, `finish` …
    #[serde(rename = "move")]
    pub action: String,
    /// The version that was looked at.
    pub version: i64,
    /// Why; many moves need it.
    #[serde(default)]
    pub reason: Option<String>,
    /// Confirm, file: catalogue code.
    #[serde(default)]
    pub hazard: Option<String>,
    /// File: another level than the catalogue's.
    #[serde(default)]
    pub level: Option<String>,
    /// File: title.
    #[serde(default)]
    pub title: Option<String>,
    /// Confirm, file, finish, pass: what was measured.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub measured: Option<Measured>,
    /// Finish, pass: 处置措施.
    #[serde(default)]
    pub treatment: Option<String>,
    /// Dispatch: the units; the first lead unit answers for it.
    #[serde(default)]
    pub units: Vec<UnitAsk>,
    /// Merge: the case.
    #[serde(default)]
    pub case: Option<Uuid>,
    /// Send to verify, send to check: this person instead of a drawn one.
    #[serde(default)]
    pub checker: Option<Uuid>,
}

/// A unit to be told.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UnitAsk {
    /// Code of the unit.
    pub code: String,
    /// `lead`, `joint` or `fallback`; `lead` when left out.
    #[serde(default)]
    pub duty: Option<String>,
    /// Why this unit.
    #[serde(default)]
    pub basis: Option<String>,
}

impl MoveAsk {
    /// The move.
    ///
    /// # Errors
    /// `case.move` naming what there is.
    pub fn action(&self) -> Result<CaseMove> {
        CaseMove::from_code(&self.action).ok_or_else(|| {
            let all: Vec<String> =
                CaseMove::ALL.iter().map(|m| format!("{}（{}）", m.code(), m.name_zh())).collect();
            AppError::field(
                "case.move",
                "move",
                format!("没有流转动作“{}”；可用：{}", self.action, all.join("、")),
                "there is no such move",
            )
        })
    }

    /// The treatment, when one was given.
    ///
    /// # Errors
    /// `case.treatment` naming what there is.
    pub fn treatment(&self) -> Result<Option<Treatment>> {
        let Some(code) = self.treatment.as_deref() else { return Ok(None) };
        Treatment::from_code(code).map(Some).ok_or_else(|| {
            let all: Vec<String> =
                Treatment::ALL.iter().map(|m| format!("{}（{}）", m.code(), m.name_zh())).collect();
            AppError::field(
                "case.treatment",
                "treatment",
                format!("没有处置措施“{code}”；可用：{}", all.join("、")),
                "there is no such treatment",
            )
        })
    }
}

/// A refusal of the flow, with what is missing of the closing condition.
#[must_use]
pub fn refused(e: &CaseError, unmet: &[String]) -> AppError {
    let mut zh = e.to_string();
    if !unmet.is_empty() {
        zh += &format!("：{}", unmet.join("；"));
    }
    let out = AppError::new(Kind::Conflict, e.code(), zh, e.message_en());
    match e {
        CaseError::GuardMissing { missing, .. } => out
            .with_more("missing", json!(missing.iter().map(|g| g.code()).collect::<Vec<_>>()))
            .with_more("unmet", json!(unmet)),
        CaseError::NotAllowed { from, .. } => {
            out.with_more("allowed", json!(from.moves().map(|r| r.action.code()).collect::<Vec<_>>()))
        }
    }
}

/// Moves a case and gives it as it then is.
///
/// # Errors
/// `case.not_allowed`, `case.guard_missing`, `conflict.version`, `forbidden`, not found.
pub async fn advance(tx: &mut Tx, app: &App, by: &By<'_>, uid: Uuid, ask: &MoveAsk) -> Result<CaseRow> {
    let action = ask.action()?;
    // First whether it is there for this actor at all, then whether the move is, then whether they may make it.
    let case = store::case(tx, uid, &by.actor.require(Permission::CaseRead)?).await?;
    let from = case.state()?;
    let row = transition(from, action).map_err(|e| refused(&e, &[]))?;
    let reach = by.at(row.desk)?;
    // The drawn checker may go wherever they were sent.
    if case.checker_id.is_none() || case.checker_id != by.actor.user_id {
        store::case(tx, uid, &reach).await?;
    }
    if ask.version != case.version {
        return Err(store::stale(&case.state, case.version));
    }
    let held = guards::established(tx, by, &case, action, ask).await?;
    let row = step(from, action, &held.guards).map_err(|e| refused(&e, &held.unmet))?;
    let limits = by.rules.limits(hazards::level(&case.level)?)?.clone();
    let mut done =
        Work { app, by, case: &case, ask, held, limits, to: row.to, events: vec![], more: json!({}) };
    done.carry_out(tx, action).await?;
    let event = Event {
        subject: "case",
        subject_uid: case.uid,
        well_id: case.well_id,
        action: "moved",
        before: Some(json!({"state": case.state})),
        after: Some(with(
            done.more,
            &[
                ("state", json!(done.to.code())),
                ("move", json!(action.code())),
                ("clause", json!(row.clause)),
            ],
        )),
        reason: ask.reason.clone().filter(|r| !r.trim().is_empty()),
    };
    let mut events = done.events;
    events.push(event);
    clocks::settle(tx, case.id).await?;
    by.tell(tx, permission(row.desk), events).await?;
    store::case_by_id(tx, case.id).await
}

fn with(mut json: Json, more: &[(&str, Json)]) -> Json {
    for (name, value) in more {
        json[*name] = value.clone();
    }
    json
}
