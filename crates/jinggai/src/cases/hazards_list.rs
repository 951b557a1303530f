//! The list of hazards.
use super::desk;
use super::list::{midnight, total, words};
use super::model::{HAZARD_COLUMNS, HAZARD_TABLES, HazardRow};
use super::rules::Rules;
use crate::error::{AppError, Result};
use crate::http::page::{Page, Paging};
use crate::identity::Scope;
use jiff::Timestamp;
use jiff::civil::Date;
use jinggai_db::{Sql, Tx};
use jinggai_rules::hazards::{Level, Treatment};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Which hazards.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
pub struct HazardQuery {
    /// `open`, `closed`.
    pub state: Option<String>,
    /// Catalogue codes, comma separated.
    pub code: Option<String>,
    /// Levels, comma separated.
    pub level: Option<String>,
    /// Code of the unit that must clear it.
    pub unit: Option<String>,
    /// Found on or after this day.
    #[param(value_type = Option<String>)]
    pub found_from: Option<Date>,
    /// Found before this day.
    #[param(value_type = Option<String>)]
    pub found_to: Option<Date>,
    /// Closed on or after this day.
    #[param(value_type = Option<String>)]
    pub closed_from: Option<Date>,
    /// Closed before this day.
    #[param(value_type = Option<String>)]
    pub closed_to: Option<Date>,
    /// 处置措施, comma separated.
    pub treatment: Option<String>,
    /// Public id of a well.
    #[param(value_type = Option<String>)]
    pub well: Option<Uuid>,
    /// Public id of a plan.
    #[param(value_type = Option<String>)]
    pub plan: Option<Uuid>,
    /// Rows wanted, at most 500.
    pub limit: Option<usize>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

/// A hazard in a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct HazardItem {
    /// Public id.
    pub uid: Uuid,
    /// Catalogue code.
    pub code: String,
    /// 隐患.
    pub name: String,
    /// 等级.
    pub level: String,
    /// 等级.
    pub level_name: &'static str,
    /// How the level came about.
    pub explained: String,
    /// What was measured.
    #[schema(value_type = Object)]
    pub measured: Json,
    /// Public id of its well.
    pub well: Option<Uuid>,
    /// Public id of its cover.
    pub cover: Option<Uuid>,
    /// 道路.
    pub road: Option<String>,
    /// 区域.
    pub area_name: Option<String>,
    /// Unit that must clear it.
    pub unit_name: Option<String>,
    /// `finding`, `registry` or `list`.
    pub origin: String,
    /// Public id of its case.
    pub case: Option<Uuid>,
    /// Public id of its plan.
    pub plan: Option<Uuid>,
    /// To be cleared by, according to its plan.
    #[schema(value_type = Option<String>, format = Date)]
    pub planned_on: Option<Date>,
    /// Who sees to it, according to its plan.
    pub person: Option<String>,
    /// Money set aside in its plan, cents.
    pub money_cents: Option<i64>,
    /// Found.
    #[schema(value_type = String, format = DateTime)]
    pub found_at: Timestamp,
    /// 处置措施.
    pub treatment: Option<String>,
    /// 处置措施.
    pub treatment_name: Option<&'static str>,
    /// Treated.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub treated_at: Option<Timestamp>,
    /// 销号.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub closed_at: Option<Timestamp>,
    /// How it ended.
    pub outcome: Option<String>,
    /// 演示.
    pub demo: bool,
    /// Counts changes.
    pub version: i64,
}

impl HazardItem {
    /// A row in the words of people.
    #[must_use]
    pub fn of(h: HazardRow, rules: &Rules) -> HazardItem {
        HazardItem {
            name: rules.catalogue.get(&h.code).map_or_else(|| h.code.clone(), |e| e.name.clone()),
            level_name: Level::from_code(&h.level).map_or("", Level::name_zh),
            treatment_name: h.treatment.as_deref().and_then(Treatment::from_code).map(Treatment::name_zh),
            uid: h.uid,
            code: h.code,
            level: h.level,
            explained: h.explained,
            measured: h.measured,
            well: h.well_uid,
            cover: h.cover_uid,
            road: h.road,
            area_name: h.area_name,
            unit_name: h.unit_name,
            origin: h.origin,
            case: h.case_uid,
            plan: h.plan_uid,
            planned_on: h.planned_on,
            person: h.person,
            money_cents: h.money_cents,
            found_at: h.found_at,
            treatment: h.treatment,
            treated_at: h.treated_at,
            closed_at: h.closed_at,
            outcome: h.outcome,
            demo: h.demo,
            version: h.version,
        }
    }
}

/// One page of hazards, newest first.
///
/// # Errors
/// `list.…` naming the parameter.
pub async fn hazards(
    tx: &mut Tx,
    rules: &Rules,
    scope: &Scope,
    f: &HazardQuery,
    paging: &Paging,
) -> Result<Page<HazardItem>> {
    let mut condition = Sql::new("1 = 1", vec![]);
    desk::bound_hazards(scope, &mut condition);
    match f.state.as_deref() {
        None | Some("") => {}
        Some("open") => {
            condition.push(" AND h.closed_at IS NULL", []);
        }
        Some("closed") => {
            condition.push(" AND h.closed_at IS NOT NULL", []);
        }
        Some(_) => {
            return Err(AppError::field(
                "list.state",
                "state",
                "应为 open 或 closed",
                "must be open or closed",
            ));
        }
    }
    condition.and_in("h.code", &words(f.code.as_deref()));
    condition.and_in("h.level", &words(f.level.as_deref()));
    condition.and_in("h.treatment", &words(f.treatment.as_deref()));
    condition.and("h.unit_id = (SELECT un.id FROM units un WHERE un.code = ?)", f.unit.clone());
    condition.and("h.found_at >= ?", f.found_from.map(midnight).transpose()?);
    condition.and("h.found_at < ?", f.found_to.map(midnight).transpose()?);
    condition.and("h.closed_at >= ?", f.closed_from.map(midnight).transpose()?);
    condition.and("h.closed_at < ?", f.closed_to.map(midnight).transpose()?);
    condition.and("h.plan_id = (SELECT mp.id FROM plans mp WHERE mp.uid = ?)", f.plan);
    condition.and("h.well_id = (SELECT mw.id FROM wells mw WHERE mw.uid = ?)", f.well);
    let after: Option<(i64, i64)> = paging.cursor()?;
    let total = match after {
        Some((_, total)) => total,
        None => total(tx, "hazards h", &condition).await?,
    };
    let mut q = Sql::new(&format!("SELECT {HAZARD_COLUMNS} FROM {HAZARD_TABLES} WHERE "), vec![]);
    q.append(condition);
    q.and("h.id < ?", after.map(|(id, _)| id));
    q.push(" ORDER BY h.id DESC LIMIT ?", [(paging.limit + 1).into()]);
    let mut rows: Vec<HazardRow> = tx.all(q).await?;
    let more = rows.len() > paging.limit;
    rows.truncate(paging.limit);
    let next = rows.last().filter(|_| more).map(|h| (h.id, total));
    Ok(paging.page_to(rows.into_iter().map(|h| HazardItem::of(h, rules)).collect(), total, next))
}
