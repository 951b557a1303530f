//! The list of plans, and one plan in full.
use super::commands::{self, OpenPlanMove};
use super::extensions::{self, Extension};
use super::model::{self, PlanRow, RECTIFICATION, RENEWAL};
use super::renewal::{self, RenewalYear};
use super::store;
use crate::cases::desk::{self, By};
use crate::cases::file::{self, FlowStep};
use crate::cases::hazards_list::HazardItem;
use crate::cases::list::{total, words};
use crate::cases::model::HazardRow;
use crate::cases::proofs::{self, Proof};
use crate::clock;
use crate::error::{AppError, Result};
use crate::http::page::{Page, Paging};
use crate::identity::{Permission, Scope};
use jiff::Timestamp;
use jiff::civil::Date;
use jinggai_db::events::{self, Logged};
use jinggai_db::{Sql, Tx};
use jinggai_rules::plan_flow::PlanState;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Hazards shown with a plan; `/api/v1/hazards?plan=` pages through all of them.
const SHOWN: usize = 500;

/// Which plans.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
pub struct PlanQuery {
    /// `rectification`, `renewal`.
    pub kind: Option<String>,
    /// States, comma separated: `draft`, `submitted`, `approved`, `done`, `withdrawn`.
    pub state: Option<String>,
    /// Code of the unit that made it; with its sub-units.
    pub unit: Option<String>,
    /// Only plans under way with something past its day, or only those without.
    pub overdue: Option<bool>,
    /// Rows wanted, at most 500.
    pub limit: Option<usize>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

/// A plan in a list, with how far it has come.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PlanItem {
    /// Public id.
    pub uid: Uuid,
    /// 计划编号.
    pub number: String,
    /// `rectification` or `renewal`.
    pub kind: String,
    /// 计划类型.
    pub kind_name: &'static str,
    /// Title.
    pub title: String,
    /// 制定单位 code.
    pub unit: String,
    /// 制定单位.
    pub unit_name: String,
    /// State.
    pub state: &'static str,
    /// State.
    pub state_name: &'static str,
    /// 责任人.
    pub person: String,
    /// Begins.
    #[schema(value_type = String, format = Date)]
    pub starts_on: Date,
    /// Ends.
    #[schema(value_type = String, format = Date)]
    pub due_on: Date,
    /// Money set aside for all of it, cents.
    pub money_cents: i64,
    /// Money of its items, cents.
    pub items_cents: i64,
    /// Hazards or covers in it.
    pub items: i64,
    /// Of these: closed or replaced.
    pub done: i64,
    /// Of these: treated and waiting for the check.
    pub treated: i64,
    /// Of these: past their day and not done; 0 unless the plan is under way.
    pub overdue: i64,
    /// The next day by which a hazard must be cleared.
    #[schema(value_type = Option<String>, format = Date)]
    pub next_on: Option<Date>,
    /// Counts changes.
    pub version: i64,
}

impl PlanItem {
    /// A row in the words of people.
    ///
    /// # Errors
    /// When a stored state is not one of this program.
    pub fn of(p: &PlanRow) -> Result<PlanItem> {
        let state = p.state()?;
        Ok(PlanItem {
            uid: p.uid,
            number: p.number.clone(),
            kind: p.kind.clone(),
            kind_name: if p.is_renewal() { "更新改造计划" } else { "限期整改计划" },
            title: p.title.clone(),
            unit: p.unit.clone(),
            unit_name: p.unit_name.clone(),
            state: state.code(),
            state_name: state.name_zh(),
            person: p.person.clone(),
            starts_on: p.starts_on,
            due_on: p.due_on,
            money_cents: p.money_cents,
            items_cents: p.items_cents,
            items: p.items,
            done: p.done,
            treated: p.treated,
            overdue: if state == PlanState::Approved { p.overdue } else { 0 },
            next_on: p.next_on,
            version: p.version,
        })
    }
}

fn wrong(field: &'static str, right: &str) -> AppError {
    let code = if field == "kind" { "list.kind" } else { "list.state" };
    AppError::field(code, field, format!("应为：{right}"), format!("must be one of: {right}"))
}

fn narrow(q: &mut Sql, query: &PlanQuery, today: Date) -> Result<()> {
    match query.kind.as_deref().filter(|k| !k.is_empty()) {
        Some(kind) if kind != RECTIFICATION && kind != RENEWAL => {
            return Err(wrong("kind", "rectification, renewal"));
        }
        kind => q.and("p.kind = ?", kind),
    };
    let states = words(query.state.as_deref());
    if !states.is_empty() {
        q.push(" AND (1 = 0", []);
        for word in &states {
            let state = PlanState::from_code(word).ok_or_else(|| {
                wrong("state", &PlanState::ALL.iter().map(|s| s.code()).collect::<Vec<_>>().join(", "))
            })?;
            let (undone, filled) = (model::undone(), model::filled());
            match state {
                PlanState::Done => {
                    q.push(&format!(" OR (p.state = 'approved' AND {filled} AND NOT {undone})"), [])
                }
                PlanState::Approved => {
                    q.push(&format!(" OR (p.state = 'approved' AND ({undone} OR NOT {filled}))"), [])
                }
                other => q.push(" OR p.state = ?", [other.code().into()]),
            };
        }
        q.push(")", []);
    }
    q.and(
        "p.unit_id IN (SELECT x.unit_id FROM unit_closure x JOIN units n ON n.id = x.ancestor_id WHERE n.code = ?)",
        query.unit.as_deref(),
    );
    if let Some(overdue) = query.overdue {
        q.push(
            if overdue { " AND (p.state = 'approved' AND " } else { " AND NOT (p.state = 'approved' AND " },
            [],
        );
        model::overdue(q, today);
        q.push(")", []);
    }
    Ok(())
}

/// One page of plans, newest first.
///
/// # Errors
/// `list.…` naming the parameter.
pub async fn plans(
    tx: &mut Tx,
    scope: &Scope,
    own: &[i64],
    query: &PlanQuery,
    paging: &Paging,
) -> Result<Page<PlanItem>> {
    let today = clock::today();
    let mut condition = Sql::new("1 = 1", vec![]);
    desk::bound_plans(scope, &mut condition, own);
    narrow(&mut condition, query, today)?;
    let after: Option<(i64, i64)> = paging.cursor()?;
    let total = match after {
        Some((_, total)) => total,
        None => total(tx, "plans p", &condition).await?,
    };
    let mut q = model::select(today);
    q.append(condition);
    q.and("p.id < ?", after.map(|(id, _)| id));
    q.push(" ORDER BY p.id DESC LIMIT ?", [(paging.limit + 1).into()]);
    let mut rows: Vec<PlanRow> = tx.all(q).await?;
    let more = rows.len() > paging.limit;
    rows.truncate(paging.limit);
    let next = rows.last().filter(|_| more).map(|p| (p.id, total));
    let items: Result<Vec<PlanItem>> = rows.iter().map(PlanItem::of).collect();
    Ok(paging.page_to(items?, total, next))
}

/// A plan in full.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PlanFile {
    /// As in the list.
    #[serde(flatten)]
    pub item: PlanItem,
    /// Telephone.
    pub phone: Option<String>,
    /// 备注.
    pub note: Option<String>,
    /// Who made it.
    pub made_by: Option<String>,
    /// Submitted.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub submitted_at: Option<Timestamp>,
    /// Who approved it.
    pub approved_by: Option<String>,
    /// Approved.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub approved_at: Option<Timestamp>,
    /// Made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// Changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    /// Its hazards by their day, the first 500; the rest by `/api/v1/hazards?plan=`.
    pub hazards: Vec<HazardItem>,
    /// Requests for more time.
    pub extensions: Vec<Extension>,
    /// Its covers by year; the covers themselves by `/api/v1/plans/{uid}/covers`.
    pub years: Vec<RenewalYear>,
    /// Photos and documents.
    pub files: Vec<Proof>,
    /// What happened, oldest first.
    pub flow: Vec<FlowStep>,
    /// What I may do next.
    pub moves: Vec<OpenPlanMove>,
    /// It is a plan of a unit that I work for.
    pub mine: bool,
}

/// Everything about a plan.
///
/// # Errors
/// What the store says.
pub async fn full(tx: &mut Tx, by: &By<'_>, p: PlanRow) -> Result<PlanFile> {
    let hazards = store::hazards_of(tx, p.id, SHOWN).await?;
    let flow = flow(tx, p.uid, &hazards).await?;
    Ok(PlanFile {
        item: PlanItem::of(&p)?,
        hazards: hazards.into_iter().map(|h| HazardItem::of(h, by.rules)).collect(),
        extensions: extensions::of_plan(tx, p.id).await?,
        years: renewal::years(tx, p.id).await?,
        files: proofs::of(tx, &[p.uid]).await?,
        flow,
        moves: commands::open_to(tx, by, &p).await?,
        mine: by.actor.may(Permission::CaseHandle) && commands::is_own(tx, by, p.unit_id).await?,
        phone: p.phone,
        note: p.note,
        made_by: p.made_name,
        submitted_at: p.submitted_at,
        approved_by: p.approved_name,
        approved_at: p.approved_at,
        created_at: p.created_at,
        updated_at: p.updated_at,
    })
}

/// The flow record of a plan: its own events, and what became of its hazards under it.
async fn flow(tx: &mut Tx, plan: Uuid, hazards: &[HazardRow]) -> Result<Vec<FlowStep>> {
    let mut q = events::select();
    q.push(" AND (subject_uid = ?", [plan.into()]);
    if !hazards.is_empty() {
        q.push(" OR (1 = 1", []);
        q.and_in("subject_uid", &hazards.iter().map(|h| h.uid).collect::<Vec<_>>());
        q.and_in("action", &["treated", "rework", "closed", "cancelled"].map(str::to_owned));
        q.push(")", []);
    }
    q.push(") ORDER BY seq", []);
    let mut logged: Vec<Logged> = tx.all(q).await?;
    let plan = Json::from(plan.to_string());
    let before = |e: &Logged| -> Json {
        e.before.as_deref().and_then(|t| serde_json::from_str(t).ok()).unwrap_or_default()
    };
    // A hazard may have been in another plan before.
    logged.retain(|e| e.subject != "hazard" || before(e)["plan"] == plan);
    let codes: Vec<Option<String>> =
        logged.iter().map(|e| before(e)["code"].as_str().map(str::to_owned)).collect();
    let mut steps = file::steps(tx, logged).await?;
    for (step, code) in steps.iter_mut().zip(codes) {
        if let Some(code) = code {
            step.words = format!("{code} {}", step.words);
        }
    }
    Ok(steps)
}
