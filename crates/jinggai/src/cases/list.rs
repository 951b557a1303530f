//! The list of cases, and the board of counts; every count names the query that lists its cases.
use super::desk;
use super::facts::{CASE_FACTS, LEAD, and_facts, case_fact};
use super::model::{CASE_COLUMNS, CASE_TABLES, CaseRow};
use super::narrow::{and_areas, and_kinds, and_units};
use super::rules::Rules;
use crate::clock::midnight;
use crate::error::{AppError, Result};
use crate::http::page::{Page, Paging};
use crate::identity::Scope;
use jiff::Timestamp;
use jiff::civil::Date;
use jinggai_db::{Sql, Tx, sql};
use jinggai_rules::case_rules::Source;
use jinggai_rules::hazards::Level;
use jinggai_rules::workflow::CaseState;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Which cases.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
pub struct CaseQuery {
    /// States, comma separated; `open` = not ended.
    pub state: Option<String>,
    /// What is true of them at `at`, comma separated: `cancelled`, `closed`, `ended`, `dispatched`, `handled`,
    /// `to_check`, `checked`, `returned`, `reworked`, `extended`, `exempted`, `late_dispatch`, `late_handle`,
    /// `late_check`, `late_close`; with a leading `-` what is not.
    pub facts: Option<String>,
    /// As they stood at this moment: what was filed later is left out, and `facts` speak of it. Now when left out.
    #[param(value_type = Option<String>)]
    pub at: Option<Timestamp>,
    /// Catalogue codes, comma separated.
    pub hazard: Option<String>,
    /// Levels, comma separated.
    pub level: Option<String>,
    /// Sources, comma separated.
    pub source: Option<String>,
    /// Code of a unit that has, or had, the case.
    pub unit: Option<String>,
    /// Codes of the units that answer for them now (lead or fallback), comma separated; `none` for no unit.
    pub lead: Option<String>,
    /// Codes of areas with what belongs to them, comma separated; `=code` without; `none` for no area.
    pub area: Option<String>,
    /// 井盖类型, comma separated; `none` for unknown.
    pub kind: Option<String>,
    /// `true`: the running deadline has passed; `false`: it has not.
    pub overdue: Option<bool>,
    /// The running deadline lies before this moment.
    #[param(value_type = Option<String>)]
    pub due_before: Option<Timestamp>,
    /// Filed on or after this day.
    #[param(value_type = Option<String>)]
    pub filed_from: Option<Date>,
    /// Filed before this day.
    #[param(value_type = Option<String>)]
    pub filed_to: Option<Date>,
    /// Closed on or after this day.
    #[param(value_type = Option<String>)]
    pub closed_from: Option<Date>,
    /// Closed before this day.
    #[param(value_type = Option<String>)]
    pub closed_to: Option<Date>,
    /// Public id of a well.
    #[param(value_type = Option<String>)]
    pub well: Option<Uuid>,
    /// 演示: only these, or only the others.
    pub demo: Option<bool>,
    /// What waits for me: given to my units, or drawn for me to check.
    pub mine: Option<bool>,
    /// Words in number, title or address.
    pub q: Option<String>,
    /// `due` (default): nearest deadline first; `filed`: newest first.
    pub sort: Option<String>,
    /// Rows wanted, at most 500.
    pub limit: Option<usize>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

pub(crate) fn words(list: Option<&str>) -> Vec<String> {
    list.unwrap_or_default().split(',').map(str::trim).filter(|w| !w.is_empty()).map(str::to_owned).collect()
}

/// `%` and `_` of the words are what they are.
pub(super) fn like(words: &str) -> String {
    let plain: String =
        words.trim().chars().flat_map(|c| if "%_\\".contains(c) { vec!['\\', c] } else { vec![c] }).collect();
    format!("%{plain}%")
}

/// How many rows a condition holds for.
pub(crate) async fn total(tx: &mut Tx, table: &str, condition: &Sql) -> Result<i64> {
    let mut q = Sql::new(&format!("SELECT count(*) FROM {table} WHERE "), vec![]);
    q.append(condition.clone());
    Ok(tx.one::<(i64,)>(q).await?.0)
}

impl CaseQuery {
    /// Appends the conditions on `cases k`.
    ///
    /// # Errors
    /// `list.state` and the like, naming the parameter.
    pub fn narrow(&self, q: &mut Sql, now: Timestamp, me: Option<(i64, &[i64])>) -> Result<()> {
        let mut states = words(self.state.as_deref());
        if states.iter().any(|s| s == "open") {
            q.push(" AND k.closed_at IS NULL", []);
            states.retain(|s| s != "open");
        }
        if let Some(unknown) = states.iter().find(|s| CaseState::from_code(s).is_none()) {
            return Err(AppError::field(
                "list.state",
                "state",
                format!("没有状态 {unknown}"),
                format!("there is no state {unknown}"),
            ));
        }
        q.and_in("k.state", &states);
        q.and_in("k.hazard", &words(self.hazard.as_deref()));
        q.and_in("k.level", &words(self.level.as_deref()));
        q.and_in("k.source", &words(self.source.as_deref()));
        q.and(
            "EXISTS (SELECT 1 FROM case_units cu JOIN units un ON un.id = cu.unit_id WHERE cu.case_id = k.id AND un.code = ?)",
            self.unit.clone(),
        );
        self.narrow_more(q, now)?;
        match self.overdue {
            Some(true) => q.push(" AND k.closed_at IS NULL AND k.due_at < ?", [now.into()]),
            Some(false) => q.push(" AND (k.due_at IS NULL OR k.due_at >= ?)", [now.into()]),
            None => q,
        };
        if let Some(before) = self.due_before {
            q.push(" AND k.closed_at IS NULL AND k.due_at < ?", [before.into()]);
        }
        if self.closed_from.is_some() || self.closed_to.is_some() {
            q.push(" AND k.state = 'closed'", []);
        }
        q.and("k.closed_at >= ?", self.closed_from.map(midnight));
        q.and("k.closed_at < ?", self.closed_to.map(midnight));
        q.and("k.well_id = (SELECT mw.id FROM wells mw WHERE mw.uid = ?)", self.well);
        if self.mine == Some(true)
            && let Some((user, units)) = me
        {
            q.push(" AND k.closed_at IS NULL AND (k.checker_id = ? AND k.state = 'checking' OR k.state IN ('dispatched', 'handling') AND EXISTS (SELECT 1 FROM case_units mu WHERE mu.case_id = k.id AND mu.ended_at IS NULL AND mu.finished_at IS NULL AND mu.unit_id IN ", [user.into()]);
            q.list(units);
            q.push("))", []);
        }
        if let Some(text) = self.q.as_deref().filter(|t| !t.trim().is_empty()) {
            let text = like(text);
            q.push(
                " AND (k.number LIKE ? ESCAPE '\\' OR k.title LIKE ? ESCAPE '\\' OR k.address LIKE ? ESCAPE '\\')",
                [text.clone().into(), text.clone().into(), text.into()],
            );
        }
        Ok(())
    }

    /// Facts, who answers for them, where they are, which kind.
    fn narrow_more(&self, q: &mut Sql, now: Timestamp) -> Result<()> {
        q.and("k.filed_at >= ?", self.filed_from.map(midnight));
        q.and("k.filed_at < ?", self.filed_to.map(midnight));
        q.and("k.filed_at < ?", self.at);
        q.and("k.demo = ?", self.demo);
        and_facts(q, self.facts.as_deref(), &CASE_FACTS, case_fact, self.at.unwrap_or(now))?;
        and_units(q, LEAD, self.lead.as_deref());
        and_areas(q, "k.area_id", self.area.as_deref());
        and_kinds(q, "k.kind", self.kind.as_deref())
    }

    fn by_filed(&self) -> Result<bool> {
        match self.sort.as_deref() {
            None | Some("due") => Ok(false),
            Some("filed") => Ok(true),
            Some(_) => Err(AppError::field("list.sort", "sort", "应为 due 或 filed", "must be due or filed")),
        }
    }
}

/// A case in a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CaseItem {
    /// Public id.
    pub uid: Uuid,
    /// 案卷编号.
    pub number: String,
    /// Title.
    pub title: String,
    /// State.
    pub state: String,
    /// 状态.
    pub state_name: &'static str,
    /// 阶段.
    pub stage_name: &'static str,
    /// Catalogue code.
    pub hazard: String,
    /// 隐患.
    pub hazard_name: String,
    /// 等级.
    pub level: String,
    /// 等级.
    pub level_name: &'static str,
    /// Source.
    pub source: String,
    /// 来源.
    pub source_name: &'static str,
    /// Address in words.
    pub address: Option<String>,
    /// 区域.
    pub area_name: Option<String>,
    /// 主办单位.
    pub lead_unit: Option<String>,
    /// Public id of its well.
    pub well: Option<Uuid>,
    /// CGCS2000 degrees.
    pub lng: Option<f64>,
    /// CGCS2000 degrees.
    pub lat: Option<f64>,
    /// 立案.
    #[schema(value_type = String, format = DateTime)]
    pub filed_at: Timestamp,
    /// Deadline of the running stage.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub due_at: Option<Timestamp>,
    /// The running stage.
    pub due_stage: Option<String>,
    /// The running deadline has passed.
    pub overdue: bool,
    /// A deadline rests on a year whose calendar is not published.
    pub provisional: bool,
    /// Closed or cancelled.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub closed_at: Option<Timestamp>,
    /// Suspended until.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub suspended_until: Option<Timestamp>,
    /// Times returned.
    pub returns: i64,
    /// Times reworked.
    pub reworks: i64,
    /// 督办.
    pub urged: i64,
    /// 超时申诉获准: left out of overdue figures.
    pub exempted: bool,
    /// 演示.
    pub demo: bool,
    /// Counts changes.
    pub version: i64,
}

impl CaseItem {
    /// A row in the words of people.
    #[must_use]
    pub fn of(k: CaseRow, rules: &Rules, now: Timestamp) -> CaseItem {
        let state = CaseState::from_code(&k.state);
        CaseItem {
            state_name: state.map_or("", CaseState::name_zh),
            stage_name: state.map_or("", |s| s.stage().name_zh()),
            hazard_name: rules.catalogue.get(&k.hazard).map_or_else(|| k.hazard.clone(), |h| h.name.clone()),
            level_name: Level::from_code(&k.level).map_or("", Level::name_zh),
            source_name: Source::from_code(&k.source).map_or("", Source::name_zh),
            overdue: k.closed_at.is_none() && k.due_at.is_some_and(|due| due < now),
            uid: k.uid,
            number: k.number,
            title: k.title,
            state: k.state,
            hazard: k.hazard,
            level: k.level,
            source: k.source,
            address: k.address,
            area_name: k.area_name,
            lead_unit: k.lead_unit,
            well: k.well_uid,
            lng: k.lng,
            lat: k.lat,
            filed_at: k.filed_at,
            due_at: k.due_at,
            due_stage: k.due_stage,
            provisional: k.provisional,
            closed_at: k.closed_at,
            suspended_until: k.suspended_until,
            returns: k.returns,
            reworks: k.reworks,
            urged: k.urged,
            exempted: k.exempted,
            demo: k.demo,
            version: k.version,
        }
    }
}

/// Where the next page of cases begins: the moment sorted by, the row, and the total found first.
#[derive(Serialize, Deserialize)]
struct Key {
    at: Option<Timestamp>,
    id: i64,
    total: i64,
}

/// One page of cases.
///
/// # Errors
/// `list.…` naming the parameter.
pub async fn cases(
    tx: &mut Tx,
    rules: &Rules,
    scope: &Scope,
    f: &CaseQuery,
    paging: &Paging,
    me: Option<(i64, &[i64])>,
) -> Result<Page<CaseItem>> {
    let now = super::facts::now();
    let filed = f.by_filed()?;
    let mut condition = Sql::new("1 = 1", vec![]);
    desk::bound_cases(scope, &mut condition);
    f.narrow(&mut condition, now, me)?;
    let after: Option<Key> = paging.cursor()?;
    let total = match &after {
        Some(k) => k.total,
        None => total(tx, "cases k", &condition).await?,
    };
    let mut q = Sql::new(&format!("SELECT {CASE_COLUMNS} FROM {CASE_TABLES} WHERE "), vec![]);
    q.append(condition);
    match (filed, after.map(|k| (k.at, k.id))) {
        (true, Some((at, id))) => {
            q.push(
                " AND (k.filed_at < ? OR (k.filed_at = ? AND k.id < ?))",
                [at.into(), at.into(), id.into()],
            );
        }
        // Ended cases have no deadline any more: they come last.
        (false, Some((Some(at), id))) => {
            q.push(
                " AND (k.due_at > ? OR (k.due_at = ? AND k.id > ?) OR k.due_at IS NULL)",
                [at.into(), at.into(), id.into()],
            );
        }
        (false, Some((None, id))) => {
            q.push(" AND k.due_at IS NULL AND k.id > ?", [id.into()]);
        }
        (_, None) => {}
    }
    q.push(
        if filed {
            " ORDER BY k.filed_at DESC, k.id DESC LIMIT ?"
        } else {
            " ORDER BY k.due_at IS NULL, k.due_at, k.id LIMIT ?"
        },
        [(paging.limit + 1).into()],
    );
    let mut rows: Vec<CaseRow> = tx.all(q).await?;
    let more = rows.len() > paging.limit;
    rows.truncate(paging.limit);
    let next = rows.last().filter(|_| more).map(|k| Key {
        at: if filed { Some(k.filed_at) } else { k.due_at },
        id: k.id,
        total,
    });
    Ok(paging.page_to(rows.into_iter().map(|k| CaseItem::of(k, rules, now)).collect(), total, next))
}

/// One figure of the board.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BoardCount {
    /// Key.
    pub key: &'static str,
    /// Chinese name.
    pub name: &'static str,
    /// How many.
    pub count: i64,
    /// The query of `/api/v1/cases` that lists them.
    pub query: String,
}

/// The board: open cases by state, and what burns.
///
/// # Errors
/// What the store says.
pub async fn board(tx: &mut Tx, scope: &Scope, me: (i64, &[i64])) -> Result<Vec<BoardCount>> {
    let now = Timestamp::now();
    let mut q = Sql::new("SELECT k.state, count(*) FROM cases k WHERE k.closed_at IS NULL", vec![]);
    desk::bound_cases(scope, &mut q);
    q.push(" GROUP BY k.state", []);
    let by_state: Vec<(String, i64)> = tx.all(q).await?;
    let mut out = vec![];
    for state in CaseState::ALL.iter().filter(|s| !s.is_finding() && !s.is_ended()) {
        let count = by_state.iter().find(|(s, _)| s == state.code()).map_or(0, |(_, n)| *n);
        out.push(BoardCount {
            key: state.code(),
            name: state.name_zh(),
            count,
            query: format!("state={}", state.code()),
        });
    }
    let soon = now + jiff::SignedDuration::from_hours(24);
    let burning: [(&'static str, &'static str, CaseQuery, String); 4] = [
        ("mine", "待我办理", CaseQuery { mine: Some(true), ..CaseQuery::default() }, "mine=true".into()),
        (
            "overdue",
            "已超期",
            CaseQuery { overdue: Some(true), ..CaseQuery::default() },
            "overdue=true".into(),
        ),
        (
            "soon",
            "24 小时内到期",
            CaseQuery { due_before: Some(soon), overdue: Some(false), ..CaseQuery::default() },
            format!("due_before={soon}&overdue=false"),
        ),
        (
            "urgent",
            "紧急未结",
            CaseQuery { state: Some("open".into()), level: Some("l1".into()), ..CaseQuery::default() },
            "state=open&level=l1".into(),
        ),
    ];
    for (key, name, f, query) in burning {
        let mut q = sql!("SELECT count(*) FROM cases k WHERE 1 = 1");
        desk::bound_cases(scope, &mut q);
        f.narrow(&mut q, now, Some(me))?;
        let (count,): (i64,) = tx.one(q).await?;
        out.push(BoardCount { key, name, count, query });
    }
    Ok(out)
}
