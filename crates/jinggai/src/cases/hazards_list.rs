//! The list of hazards.
use super::desk;
use super::facts::{self, HAZARD_FACTS, HAZARD_KIND, and_facts, hazard_fact};
use super::list::{total, words};
use super::model::{HAZARD_COLUMNS, HAZARD_TABLES, HazardRow};
use super::narrow::{and_areas, and_kinds, and_units, known};
use super::rules::Rules;
use crate::clock::midnight;
use crate::error::{AppError, Result};
use crate::http::page::{Page, Paging};
use crate::identity::Scope;
use jiff::Timestamp;
use jiff::civil::Date;
use jinggai_db::{Sql, Tx};
use jinggai_rules::hazards::{Catalogue, FixedColumn, FoundColumn, Level, Treatment};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Which hazards.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
pub struct HazardQuery {
    /// `open`, `closed`.
    pub state: Option<String>,
    /// What is true of them at `at`, comma separated: `open`, `fixed`, `withdrawn`, `planned`, `in_plan`; with a
    /// leading `-` what is not.
    pub facts: Option<String>,
    /// As they stood at this moment: what was found later is left out, and `facts` speak of it. Now when left out.
    #[param(value_type = Option<String>)]
    pub at: Option<Timestamp>,
    /// Catalogue codes, comma separated.
    pub code: Option<String>,
    /// Levels, comma separated.
    pub level: Option<String>,
    /// Codes of the units that must clear them, comma separated; `none` for no unit.
    pub unit: Option<String>,
    /// Codes of areas with what belongs to them, comma separated; `=code` without; `none` for no area.
    pub area: Option<String>,
    /// 井盖类型, comma separated; `none` for unknown.
    pub kind: Option<String>,
    /// 附件2 的问题类型 that they count in, comma separated: `damaged`, `sunk`, `loose`, `missing`, `abandoned`,
    /// `other`, `renewal`.
    pub found_as: Option<String>,
    /// 附件2 的整改措施 that their treatment counts in, comma separated: `repaired`, `refitted`, `replaced`, `guarded`,
    /// `filled`, `other`.
    pub fixed_by: Option<String>,
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
    /// 演示: only these, or only the others.
    pub demo: Option<bool>,
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

/// Codes of the catalogue that count in a column of 附件2; what the catalogue does not know counts as other.
fn codes(catalogue: &Catalogue, column: FoundColumn) -> Vec<&str> {
    catalogue.entries.iter().filter(|e| e.found == column).map(|e| e.code.as_str()).collect()
}

/// `h.code` counts in one of the columns.
fn and_found_as(q: &mut Sql, catalogue: &Catalogue, columns: &[FoundColumn]) {
    if columns.is_empty() {
        return;
    }
    if columns.contains(&FoundColumn::Other) {
        let others = FoundColumn::ALL.iter().filter(|c| !columns.contains(c));
        let not: Vec<&str> = others.flat_map(|c| codes(catalogue, *c)).collect();
        if !not.is_empty() {
            q.push(" AND h.code NOT IN ", []);
            q.list(&not);
        }
        return;
    }
    q.push(" AND h.code IN ", []);
    q.list(&columns.iter().flat_map(|c| codes(catalogue, *c)).collect::<Vec<_>>());
}

/// `h.treatment` counts in one of the columns.
fn and_fixed_by(q: &mut Sql, columns: &[FixedColumn]) {
    if columns.is_empty() {
        return;
    }
    let of =
        |column: FixedColumn| Treatment::ALL.iter().filter(move |t| t.column() == column).map(|t| t.code());
    q.push(" AND h.treatment IN ", []);
    q.list(&columns.iter().flat_map(|c| of(*c)).collect::<Vec<_>>());
}

impl HazardQuery {
    /// Appends the conditions on `hazards h`; the columns of 附件2 are those of the catalogue.
    ///
    /// # Errors
    /// `list.…` naming the parameter.
    pub fn narrow(&self, q: &mut Sql, catalogue: &Catalogue, now: Timestamp) -> Result<()> {
        match self.state.as_deref() {
            None | Some("") => {}
            Some("open") => {
                q.push(" AND h.closed_at IS NULL", []);
            }
            Some("closed") => {
                q.push(" AND h.closed_at IS NOT NULL", []);
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
        q.and("h.found_at >= ?", self.found_from.map(midnight));
        q.and("h.found_at < ?", self.found_to.map(midnight));
        q.and("h.closed_at >= ?", self.closed_from.map(midnight));
        q.and("h.closed_at < ?", self.closed_to.map(midnight));
        q.and("h.found_at < ?", self.at);
        q.and("h.demo = ?", self.demo);
        q.and_in("h.code", &words(self.code.as_deref()));
        q.and_in("h.level", &words(self.level.as_deref()));
        q.and_in("h.treatment", &words(self.treatment.as_deref()));
        let found = self.found_as.as_deref();
        let columns = known(
            "found_as",
            "list.found_as",
            found,
            FoundColumn::from_code,
            FoundColumn::ALL,
            FoundColumn::code,
        )?;
        and_found_as(q, catalogue, &columns);
        let fixed = self.fixed_by.as_deref();
        let columns = known(
            "fixed_by",
            "list.fixed_by",
            fixed,
            FixedColumn::from_code,
            FixedColumn::ALL,
            FixedColumn::code,
        )?;
        and_fixed_by(q, &columns);
        and_facts(q, self.facts.as_deref(), &HAZARD_FACTS, hazard_fact, self.at.unwrap_or(now))?;
        and_units(q, "h.unit_id", self.unit.as_deref());
        and_areas(q, "h.area_id", self.area.as_deref());
        and_kinds(q, HAZARD_KIND, self.kind.as_deref())?;
        q.and("h.plan_id = (SELECT mp.id FROM plans mp WHERE mp.uid = ?)", self.plan);
        q.and("h.well_id = (SELECT mw.id FROM wells mw WHERE mw.uid = ?)", self.well);
        Ok(())
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
    f.narrow(&mut condition, &rules.catalogue, facts::now())?;
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
