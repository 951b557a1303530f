//! 附件1 《江北区城市道路窨井盖普查统计表》: drawn as of any day, by one or two groupings, from one statement.
//!
//! What each figure counts (`domain.md` 2.5 (a)), over the covers of the query that are in a stage of life which the
//! template counts (`counted`; as shipped 在用、异常、废弃待填埋 \[I\]) on the day:
//!
//! | figure | counts the covers | query |
//! |---|---|---|
//! | `total` | all | |
//! | `kind_*` | of that kind | `kind=` |
//! | `owner_known` | whose owner is recorded and confirmed by evidence (2.2 权属明确率) | `owner_confirmed=true` |
//! | `owner_unknown` | the others | `owner_confirmed=false` |
//! | `fallback` | with a fallback unit | `fallback_set=true` |
//! | `coded` | with an active number | `coded=true` |
//! | `labelled` | with a plate fixed (2.2 标识率) | `labelled=true` |
//! | `archived` | with a complete file ([`crate::registry::facts::Facts::archived`]) | `archived=true` |
//! | `ok` … `abandoned` | in that main state; each cover has exactly one ([`crate::registry::filter::MAIN_STATE`]) | `state=` |
//! | `over_age` | past their design life on the day, or so reported | `over_age=true` |
//! | `outdated` | of a material in the list of the rule pack `design_life`, or so reported | `outdated=true` |
//! | `low_lying` | in low-lying, flood-prone places | `low_lying=true` |
//! | `with_net` | on wells with a fall guard, wherever they lie | `guarded=true` |
//! | `with_sensor` | with a monitoring device | `sensor=true` |
//!
//! The reporting unit (填报单位) is the well's territorial unit 属地单位: 街镇、港城园区、观音桥商圈 and the bureaus each
//! census and archive the covers of the roads they manage (江北区方案 二(二)1, 四(一); `domain.md` 1.3).
mod fit;
mod links;
mod rows;
mod tally;

pub use links::{COVERS, figure_filter, link, sum_filter};
pub use tally::statement;

use crate::error::{AppError, Result};
use crate::identity::Scope;
use crate::registry::{CoverFilter, FilterContext, packs};
use crate::statistics::division::Division;
use crate::statistics::names::Names;
use jiff::Timestamp;
use jiff::civil::Date;
use jinggai_db::{Tx, sql};
use jinggai_rules::RulePack;
use jinggai_rules::annex1::{AnnexTemplate, FigureRow, Finding};
use jinggai_rules::kinds::Lifecycle;
use jinggai_rules::life::LifeRules;
use serde::{Deserialize, Serialize};

/// 分组: what the rows of the table stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    /// 填报单位: the territorial unit.
    Unit,
    /// 道路.
    Road,
    /// 道路管理责任.
    RoadManager,
    /// 区.
    District,
    /// 街镇, by area.
    Street,
    /// 社区.
    Community,
    /// 井盖类型.
    Kind,
    /// 权属单位.
    Owner,
    /// 管养单位.
    Maintainer,
    /// 行业主管部门.
    Supervisor,
}

impl Dimension {
    /// Every grouping.
    pub const ALL: [Dimension; 10] = [
        Dimension::Unit,
        Dimension::Road,
        Dimension::RoadManager,
        Dimension::District,
        Dimension::Street,
        Dimension::Community,
        Dimension::Kind,
        Dimension::Owner,
        Dimension::Maintainer,
        Dimension::Supervisor,
    ];

    /// The name in queries, with the Chinese and English title of its column and the template's field.
    const fn names(self) -> [&'static str; 4] {
        match self {
            Dimension::Unit => ["unit", "填报单位", "Reporting unit", "reporting_unit"],
            Dimension::Road => ["road", "道路", "Road", "road_name"],
            Dimension::RoadManager => ["road_manager", "道路管理责任单位", "Road manager", "road_manager"],
            Dimension::District => ["district", "区", "District", "district"],
            Dimension::Street => ["street", "街镇", "Street or town", "street"],
            Dimension::Community => ["community", "社区", "Community", "community"],
            Dimension::Kind => ["kind", "井盖类型", "Kind", "kind"],
            Dimension::Owner => ["owner", "权属单位", "Owner", "owner"],
            Dimension::Maintainer => ["maintainer", "管养单位", "Maintainer", "maintainer"],
            Dimension::Supervisor => ["supervisor", "行业主管部门", "Supervising department", "supervisor"],
        }
    }

    /// The name in queries.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.names()[0]
    }
    /// The title of its column.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        self.names()[1]
    }
    /// The title of its column in English.
    #[must_use]
    pub const fn en(self) -> &'static str {
        self.names()[2]
    }
    /// The field of templates that shows it.
    #[must_use]
    pub const fn field(self) -> &'static str {
        self.names()[3]
    }
}

impl std::str::FromStr for Dimension {
    type Err = AppError;
    fn from_str(code: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|d| d.code() == code).ok_or_else(|| {
            let all = Self::ALL.map(Dimension::code).join(", ");
            AppError::field(
                "report.by",
                "by",
                format!("没有“{code}”这种分组；可用：{all}"),
                format!("no grouping {code:?}; there are: {all}"),
            )
        })
    }
}

/// What to count and how to group it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnnexQuery {
    /// 台账时点: what the ledger said at the end of this day.
    pub as_of: Date,
    /// 区划时点: the division into areas that held on this day.
    pub division: Date,
    /// One or two groupings, outer first.
    pub by: Vec<Dimension>,
    /// 演示 records count too.
    pub include_demo: bool,
    /// Which covers; its own day is not looked at.
    pub filter: CoverFilter,
}

/// Refuses groupings that make no table: one, or two different ones are right.
///
/// # Errors
/// `report.by` naming what there is.
pub(super) fn one_or_two<T: PartialEq>(by: &[T], all: &[&str]) -> Result<()> {
    if matches!(by, [_]) || matches!(by, [a, b] if a != b) {
        return Ok(());
    }
    let all = all.join(", ");
    Err(AppError::field(
        "report.by",
        "by",
        format!("分组应为一级或不同的两级；可用：{all}"),
        format!("group by one thing or by two different ones; there are: {all}"),
    ))
}

impl AnnexQuery {
    /// Reporting unit × road on this day, by the division of the same day.
    #[must_use]
    pub fn new(as_of: Date) -> Self {
        AnnexQuery {
            as_of,
            division: as_of,
            by: vec![Dimension::Unit, Dimension::Road],
            include_demo: false,
            filter: CoverFilter::default(),
        }
    }

    /// Refuses groupings that make no table.
    ///
    /// # Errors
    /// `report.by`, saying what is right.
    pub fn check(&self) -> Result<()> {
        one_or_two(&self.by, &Dimension::ALL.map(Dimension::code))
    }

    /// The covers counted, as a filter: what every figure's query starts from.
    #[must_use]
    pub fn base(&self, counted: &[Lifecycle]) -> CoverFilter {
        let mut f = CoverFilter { as_of: Some(self.as_of), ..self.filter.clone() };
        if f.lifecycle.is_empty() {
            f.lifecycle.any = counted.to_vec();
        }
        if !self.include_demo {
            f.flags.entry("demo").or_insert(false);
        }
        f
    }
}

/// A row of the table with the query that lists its covers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Stable key, such as `unit:jb-gyq|road:建新北路`.
    pub key: String,
    /// The covers of the row.
    pub filter: CoverFilter,
    /// Label, texts and figures.
    #[serde(flatten)]
    pub cells: FigureRow,
}

/// The rule pack that a figure rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PackUsed {
    /// Kind of pack.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: u32,
}

impl PackUsed {
    /// Who this pack is.
    pub fn of<P: RulePack>(pack: &P) -> Self {
        let head = pack.head();
        PackUsed { kind: P::KIND.to_owned(), id: head.id.clone(), version: head.version }
    }
}

/// 附件1, drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Annex {
    /// What was asked.
    pub query: AnnexQuery,
    /// The template, with the columns of the groupings shown.
    pub template: AnnexTemplate,
    /// The rule packs that decided.
    pub rules: Vec<PackUsed>,
    /// The last event that the figures know of.
    pub event_seq: i64,
    /// When it was drawn.
    pub made_at: Timestamp,
    /// The rows.
    pub rows: Vec<Row>,
    /// 合计.
    pub total: Row,
    /// What a reader must know.
    pub notes: Vec<String>,
    /// SM3 over the rows, see [`digest`].
    pub digest: String,
}

impl Annex {
    /// 核对: where two sums do not agree, by row; the totals are also compared with the rows.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        let rows: Vec<FigureRow> = self.rows.iter().map(|r| r.cells.clone()).collect();
        let every = rows.iter().chain([&self.total.cells]);
        let mut found: Vec<Finding> = every.flat_map(|r| self.template.check_row(r)).collect();
        found.extend(self.template.check_sum(&self.total.cells, &rows));
        found
    }
}

/// SM3 over the rows in the order of their keys: per row the line `[key, {figure: count, …}]`, figures by name. Names
/// of units and roads are not in it: renaming an office does not change what was counted.
#[must_use]
pub fn digest(rows: &[Row]) -> String {
    super::digest::rows(rows, |r| &r.key, |r| serde_json::json!([r.key, r.cells.figures]))
}

/// Draws the table from one unchanging state of the store; give it a snapshot.
///
/// # Errors
/// `report.by` for groupings that make no table; else what the store says.
pub async fn draw(tx: &mut Tx, query: AnnexQuery, template: AnnexTemplate, scope: &Scope) -> Result<Annex> {
    query.check()?;
    let cx = FilterContext::load(tx).await?;
    let (event_seq,): (i64,) = tx.one(sql!("SELECT seq FROM event_head WHERE id = 1")).await?;
    let base = query.base(&template.counted);
    let tallies = tally::tally(tx, &query.by, &base, scope, &cx).await?;
    let names = Names::load(tx).await?;
    let division = Division::load(tx, query.division).await?;
    let (rows, total) = rows::assemble(&query, &base, tallies, &names, &division);
    let mut rules = vec![PackUsed::of(&template)];
    rules.extend(packs::current::<LifeRules>(tx, cx.today).await?.as_ref().map(PackUsed::of));
    let mut notes = division.notes().to_vec();
    notes.extend(uncounted_demo(tx, &query, &base, scope, &cx).await?);
    Ok(Annex {
        template: fit::fit(template, &query.by),
        rules,
        event_seq,
        made_at: Timestamp::now(),
        digest: digest(&rows),
        query,
        rows,
        total,
        notes,
    })
}

/// Says how many demo records were left out, so that an empty table explains itself.
async fn uncounted_demo(
    tx: &mut Tx,
    query: &AnnexQuery,
    base: &CoverFilter,
    scope: &Scope,
    cx: &FilterContext,
) -> Result<Option<String>> {
    if query.include_demo || base.flags.get("demo") != Some(&false) {
        return Ok(None);
    }
    let demo = base.clone().with_flag("demo", true);
    let (n,): (i64,) = tx.one(demo.select("count(*)", "", scope, cx)).await?;
    Ok((n > 0).then(|| format!("另有演示数据 {n} 个井盖未计入")))
}
