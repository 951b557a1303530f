//! 案卷: everything about one case on one page: facts, flow, clocks, units, requests, photos, what I may do next.
use super::clocks::Clock;
use super::desk::By;
use super::dispatch::{self, DutyUnit};
use super::findings_list::FindingItem;
use super::guards::{self, OpenMove};
use super::hazards_list::HazardItem;
use super::list::CaseItem;
use super::model::CaseRow;
use super::proofs::Proof;
use super::requests::{self, Request};
use super::{clocks, proofs, store};
use crate::error::Result;
use crate::identity::Permission;
use jiff::Timestamp;
use jinggai_db::events::{self, Logged};
use jinggai_db::{Tx, row, sql};
use jinggai_rules::hazards::Treatment;
use jinggai_rules::workflow::CaseState;
use serde::Serialize;
use serde_json::Value as Json;
use utoipa::ToSchema;
use uuid::Uuid;

row! {
    /// A unit that has, or had, the case.
    #[derive(Clone, Debug, Serialize, ToSchema)]
    pub struct CaseUnit {
        /// Code.
        pub code: String,
        /// Name.
        pub name: String,
        /// `lead`, `joint`, `fallback`.
        pub duty: String,
        /// Why this unit.
        pub basis: String,
        /// Told.
        #[schema(value_type = String, format = DateTime)]
        pub assigned_at: Timestamp,
        /// Acknowledged.
        #[schema(value_type = Option<String>, format = DateTime)]
        pub acknowledged_at: Option<Timestamp>,
        /// Who acknowledged.
        pub acknowledged_by: Option<String>,
        /// Done.
        #[schema(value_type = Option<String>, format = DateTime)]
        pub finished_at: Option<Timestamp>,
        /// Taken from it again.
        #[schema(value_type = Option<String>, format = DateTime)]
        pub ended_at: Option<Timestamp>,
        /// Why it was taken from it.
        pub ended_reason: Option<String>,
    }
}

/// One step of the flow record.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FlowStep {
    /// Place in the event chain.
    pub seq: i64,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Login.
    pub actor: String,
    /// Name.
    pub name: Option<String>,
    /// In which role.
    pub role: String,
    /// What happened, as in the event.
    pub action: String,
    /// In words (Chinese).
    pub words: String,
    /// Details.
    #[schema(value_type = Object)]
    pub after: Json,
    /// Why.
    pub reason: Option<String>,
}

/// A case in full.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CaseFile {
    /// As in the list.
    #[serde(flatten)]
    pub item: CaseItem,
    /// Description.
    pub text: String,
    /// 立案标准.
    pub standard: String,
    /// 结案条件.
    pub closing: String,
    /// 处置措施.
    pub treatment: Option<String>,
    /// 处置措施.
    pub treatment_name: Option<&'static str>,
    /// What was measured last.
    #[schema(value_type = Object)]
    pub measured: Json,
    /// Drawn checker.
    pub checker: Option<String>,
    /// Dispatched.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub dispatched_at: Option<Timestamp>,
    /// Handled.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub handled_at: Option<Timestamp>,
    /// Passed the check.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub checked_at: Option<Timestamp>,
    /// Deadline of the whole.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub total_due_at: Option<Timestamp>,
    /// Extensions granted.
    pub extensions: i64,
    /// Left out of overdue figures.
    pub exempted: bool,
    /// Why it was cancelled.
    pub ended_reason: Option<String>,
    /// Public id of the cover.
    pub cover: Option<Uuid>,
    /// Kind of cover.
    pub kind: Option<String>,
    /// Parent case.
    pub parent: Option<Uuid>,
    /// Number of the parent case.
    pub parent_number: Option<String>,
    /// Child cases.
    pub children: Vec<CaseItem>,
    /// 承办单位.
    pub units: Vec<CaseUnit>,
    /// 时限.
    pub clocks: Vec<Clock>,
    /// 申请.
    pub requests: Vec<Request>,
    /// 上报.
    pub findings: Vec<FindingItem>,
    /// 隐患.
    pub hazards: Vec<HazardItem>,
    /// Photos and documents, also those of the findings.
    pub files: Vec<Proof>,
    /// 流转记录, oldest first.
    pub flow: Vec<FlowStep>,
    /// What I may do next.
    pub moves: Vec<OpenMove>,
    /// Units suggested for dispatch; only where a dispatch is next.
    pub suggested: Vec<DutyUnit>,
    /// Treatments that answer its hazards.
    pub treatments: Vec<(String, String)>,
    /// I belong to a unit that handles it.
    pub mine: bool,
}

/// Everything about a case.
///
/// # Errors
/// What the store says.
pub async fn of(tx: &mut Tx, by: &By<'_>, case: CaseRow) -> Result<CaseFile> {
    let units = tx
        .all(sql!(
            "SELECT u.code, u.name, c.duty, c.basis, c.assigned_at, c.acknowledged_at, a.name, c.finished_at, c.ended_at, c.ended_reason FROM case_units c JOIN units u ON u.id = c.unit_id LEFT JOIN users a ON a.id = c.acknowledged_by WHERE c.case_id = ? ORDER BY c.id",
            case.id
        ))
        .await?;
    let private = by.actor.may(Permission::CaseFile);
    let findings = store::findings_of(tx, case.id).await?;
    let uids: Vec<Uuid> = findings.iter().map(|f| f.uid).chain([case.uid]).collect();
    let hazards = store::hazards_of(tx, case.id).await?;
    let treatments = hazards
        .iter()
        .filter_map(|h| by.rules.catalogue.get(&h.code))
        .flat_map(|h| h.treatments.iter())
        .fold(vec![], |mut all: Vec<(String, String)>, t| {
            if !all.iter().any(|(code, _)| code == t.code()) {
                all.push((t.code().into(), t.name_zh().into()));
            }
            all
        });
    let children: Vec<(i64,)> =
        tx.all(sql!("SELECT id FROM cases WHERE parent_id = ? ORDER BY id", case.id)).await?;
    let mut kids = vec![];
    for (id,) in children {
        kids.push(CaseItem::of(store::case_by_id(tx, id).await?, by.rules, by.now));
    }
    let parent = match case.parent_id {
        Some(id) => Some(store::case_by_id(tx, id).await?),
        None => None,
    };
    let own = by.units(tx).await?;
    let mine = guards::duty_units(tx, case.id).await?.iter().any(|u| own.contains(u));
    let may_dispatch = case.state()? == CaseState::Filed && by.actor.may(Permission::CaseDispatch);
    Ok(CaseFile {
        suggested: if may_dispatch { dispatch::suggest(tx, &case).await? } else { vec![] },
        clocks: clocks::of_case(tx, case.id).await?,
        requests: requests::of_case(tx, case.id).await?,
        findings: findings.into_iter().map(|f| FindingItem::of(f, by.rules, private)).collect(),
        hazards: hazards.into_iter().map(|h| HazardItem::of(h, by.rules)).collect(),
        files: proofs::of(tx, &uids).await?,
        flow: flow(tx, case.uid).await?,
        moves: guards::open_to(tx, by, &case).await?,
        text: case.text.clone(),
        standard: case.standard.clone(),
        closing: case.closing.clone(),
        treatment_name: case.treatment.as_deref().and_then(Treatment::from_code).map(Treatment::name_zh),
        treatment: case.treatment.clone(),
        measured: case.measured.clone(),
        checker: case.checker_name.clone(),
        dispatched_at: case.dispatched_at,
        handled_at: case.handled_at,
        checked_at: case.checked_at,
        total_due_at: case.total_due_at,
        extensions: case.extensions,
        exempted: case.exempted,
        ended_reason: case.ended_reason.clone(),
        cover: case.cover_uid,
        kind: case.kind.clone(),
        parent: parent.as_ref().map(|p| p.uid),
        parent_number: parent.map(|p| p.number),
        children: kids,
        units,
        treatments,
        mine,
        item: CaseItem::of(case, by.rules, by.now),
    })
}

/// The flow record of a case: its events in words.
///
/// # Errors
/// What the store says.
pub(crate) async fn flow(tx: &mut Tx, uid: Uuid) -> Result<Vec<FlowStep>> {
    let mut q = events::select();
    q.push(" AND subject_uid = ? ORDER BY seq", [uid.into()]);
    let logged: Vec<Logged> = tx.all(q).await?;
    steps(tx, logged).await
}

/// Events as steps of a flow record, each with the name of who acted.
///
/// # Errors
/// What the store says.
pub(crate) async fn steps(tx: &mut Tx, logged: Vec<Logged>) -> Result<Vec<FlowStep>> {
    let mut names: std::collections::HashMap<String, Option<String>> = std::collections::HashMap::new();
    let mut out = vec![];
    for e in logged {
        if !names.contains_key(&e.actor) {
            let name: Option<(String,)> =
                tx.opt(sql!("SELECT name FROM users WHERE login = ?", &e.actor)).await?;
            names.insert(e.actor.clone(), name.map(|(n,)| n));
        }
        let after: Json = e.after.as_deref().and_then(|t| serde_json::from_str(t).ok()).unwrap_or_default();
        out.push(FlowStep {
            seq: e.seq,
            at: e.at,
            name: names.get(&e.actor).cloned().flatten(),
            words: crate::history::words(&e.subject, &e.action, &after).unwrap_or_else(|| e.action.clone()),
            actor: e.actor,
            role: e.role,
            action: e.action,
            after,
            reason: e.reason,
        });
    }
    Ok(out)
}
