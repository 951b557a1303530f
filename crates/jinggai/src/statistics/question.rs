//! A figure as a question: which covers, hazards, cases or findings it counts. The list behind the figure asks the same
//! question, so that the two agree by construction.
use crate::cases::desk;
use crate::cases::facts::{HAZARD_KIND, LEAD, LEAD_OF_FINDING};
use crate::cases::findings_list::FindingQuery;
use crate::cases::hazards_list::HazardQuery;
use crate::cases::list::CaseQuery;
use crate::cases::narrow::query_of;
use crate::clock;
use crate::error::{AppError, Result};
use crate::identity::Scope;
use crate::registry::filter::{Choice, RESPONSIBLE};
use crate::registry::{CoverFilter, FilterContext, packs};
use jiff::Timestamp;
use jiff::civil::Date;
use jinggai_db::{Sql, Tx};
use jinggai_rules::hazards::Catalogue;
use jinggai_rules::kinds::CoverKind;
use serde::{Deserialize, Serialize};

/// 分组: what the rows of a table about cases stand for.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Grouping {
    /// 责任单位: the unit that answers for the case or hazard.
    Unit,
    /// 区.
    District,
    /// 街镇.
    Street,
    /// 社区.
    Community,
    /// 井盖类型.
    Kind,
}

impl Grouping {
    /// Every grouping.
    pub const ALL: [Grouping; 5] =
        [Grouping::Unit, Grouping::District, Grouping::Street, Grouping::Community, Grouping::Kind];

    /// The name in queries, which is also the template's field.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Grouping::Unit => "unit",
            Grouping::District => "district",
            Grouping::Street => "street",
            Grouping::Community => "community",
            Grouping::Kind => "kind",
        }
    }

    /// Its Chinese name.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Grouping::Unit => "责任单位",
            Grouping::District => "区",
            Grouping::Street => "街镇",
            Grouping::Community => "社区",
            Grouping::Kind => "井盖类型",
        }
    }

    /// Its English name.
    #[must_use]
    pub const fn en(self) -> &'static str {
        match self {
            Grouping::Unit => "Responsible unit",
            Grouping::District => "District",
            Grouping::Street => "Street or town",
            Grouping::Community => "Community",
            Grouping::Kind => "Kind",
        }
    }

    /// The level of areas that it means.
    #[must_use]
    pub const fn level(self) -> Option<&'static str> {
        match self {
            Grouping::District | Grouping::Street | Grouping::Community => Some(self.code()),
            Grouping::Unit | Grouping::Kind => None,
        }
    }
}

/// The part of the district that a row stands for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Slice {
    /// 责任单位 codes, without sub-units.
    #[serde(default, skip_serializing_if = "Choice::is_empty")]
    pub unit: Choice<String>,
    /// 区域 codes with what belongs to them; `=code` without.
    #[serde(default, skip_serializing_if = "Choice::is_empty")]
    pub area: Choice<String>,
    /// 井盖类型.
    #[serde(default, skip_serializing_if = "Choice::is_empty")]
    pub kind: Choice<CoverKind>,
}

/// What is counted.
#[derive(Clone, Debug, PartialEq)]
pub enum Question {
    /// Covers.
    Covers(Box<CoverFilter>),
    /// Hazards.
    Hazards(HazardQuery),
    /// Cases.
    Cases(CaseQuery),
    /// Findings.
    Findings(FindingQuery),
}

/// Where the counted rows stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// `cover_facts f`.
    Covers,
    /// `hazards h`.
    Hazards,
    /// `cases k`.
    Cases,
    /// `findings d`.
    Findings,
}

impl Source {
    /// Every source.
    pub const ALL: [Source; 4] = [Source::Covers, Source::Hazards, Source::Cases, Source::Findings];

    /// The table with its alias.
    #[must_use]
    pub const fn table(self) -> &'static str {
        match self {
            Source::Covers => "cover_facts f",
            Source::Hazards => "hazards h",
            Source::Cases => "cases k",
            Source::Findings => "findings d",
        }
    }

    /// The expression of a grouping; the kind is a word, the others are row ids.
    #[must_use]
    pub const fn column(self, by: Grouping) -> &'static str {
        match (self, by) {
            (Source::Covers, Grouping::Unit) => RESPONSIBLE,
            (Source::Covers, Grouping::Kind) => "f.kind",
            (Source::Covers, _) => "f.area_id",
            (Source::Hazards, Grouping::Unit) => "h.unit_id",
            (Source::Hazards, Grouping::Kind) => HAZARD_KIND,
            (Source::Hazards, _) => "h.area_id",
            (Source::Cases, Grouping::Unit) => LEAD,
            (Source::Cases, Grouping::Kind) => "k.kind",
            (Source::Cases, _) => "k.area_id",
            (Source::Findings, Grouping::Unit) => LEAD_OF_FINDING,
            (Source::Findings, Grouping::Kind) => "d.kind",
            (Source::Findings, _) => "d.area_id",
        }
    }

    /// Bounds a statement to what the scope allows.
    pub fn bound(self, scope: &Scope, q: &mut Sql) {
        match self {
            Source::Covers => scope.and(q, "f"),
            Source::Hazards => desk::bound_hazards(scope, q),
            Source::Cases => desk::bound_cases(scope, q),
            Source::Findings => scope.and_task(q, "d", desk::DUTY_FINDING),
        }
    }
}

/// What questions depend on beside themselves.
pub struct Asking<'a> {
    /// For covers.
    pub filter: &'a FilterContext,
    /// For the columns of 附件2.
    pub catalogue: &'a Catalogue,
    /// For questions that name no moment.
    pub now: Timestamp,
}

/// The hazard catalogue in force today, which is the one that the lists ask.
///
/// # Errors
/// What the store says.
pub async fn catalogue(tx: &mut Tx) -> Result<Catalogue> {
    let found = packs::current(tx, clock::today()).await?;
    found.ok_or_else(|| AppError::internal(anyhow::anyhow!("no hazard catalogue is in force")))
}

impl Question {
    /// Where its rows stand.
    #[must_use]
    pub fn source(&self) -> Source {
        match self {
            Question::Covers(_) => Source::Covers,
            Question::Hazards(_) => Source::Hazards,
            Question::Cases(_) => Source::Cases,
            Question::Findings(_) => Source::Findings,
        }
    }

    /// The same question about a part of the district.
    #[must_use]
    pub fn of(mut self, s: &Slice) -> Question {
        let (unit, area, kind) = (s.unit.words(), s.area.words(), s.kind.words());
        match &mut self {
            Question::Covers(f) => {
                let exact = |code: &String| format!("={code}");
                f.responsible = Choice { any: s.unit.any.iter().map(exact).collect(), none: s.unit.none };
                f.area = s.area.clone();
                f.kind = s.kind.clone();
            }
            Question::Hazards(h) => (h.unit, h.area, h.kind) = (unit, area, kind),
            Question::Cases(k) => (k.lead, k.area, k.kind) = (unit, area, kind),
            Question::Findings(d) => (d.lead, d.area, d.kind) = (unit, area, kind),
        }
        self
    }

    /// The address of the list that answers it, without the server.
    #[must_use]
    pub fn link(&self) -> String {
        match self {
            Question::Covers(f) => format!("/api/v1/covers?{}", f.query()),
            Question::Hazards(h) => format!("/api/v1/hazards?{}", query_of(h)),
            Question::Cases(k) => format!("/api/v1/cases?{}", query_of(k)),
            Question::Findings(d) => format!("/api/v1/findings?{}", query_of(d)),
        }
    }

    /// Its conditions on the table of its source.
    ///
    /// # Errors
    /// `list.…` naming the parameter that is wrong.
    pub fn condition(&self, cx: &Asking<'_>) -> Result<Sql> {
        let mut q = Sql::new("1 = 1", vec![]);
        match self {
            Question::Covers(f) => f.and(&mut q, cx.filter),
            Question::Hazards(h) => h.narrow(&mut q, cx.catalogue, cx.now)?,
            Question::Cases(k) => k.narrow(&mut q, cx.now, None)?,
            Question::Findings(d) => d.narrow(&mut q, cx.now, None)?,
        }
        Ok(q)
    }

    /// The days within which its rows came: of cases and findings, which indexes find quickly.
    fn days(&self) -> Option<(Option<Date>, Option<Date>)> {
        match self {
            Question::Cases(k) => Some((k.filed_from, k.filed_to)),
            Question::Findings(d) => Some((d.received_from, d.received_to)),
            Question::Covers(_) | Question::Hazards(_) => None,
        }
    }

    /// Appends what all these questions of one source share: rows outside of it need not be looked at.
    pub(super) fn and_shared(q: &mut Sql, questions: &[&Question]) {
        let Some(first) = questions.first() else { return };
        if let Question::Covers(f) = first {
            f.and_day(q);
        }
        let Some((from, to)) = first.days().filter(|d| questions.iter().all(|o| o.days() == Some(*d))) else {
            return;
        };
        let column = if first.source() == Source::Cases { "k.filed_at" } else { "d.received_at" };
        q.and(&format!("{column} >= ?"), from.map(clock::midnight));
        q.and(&format!("{column} < ?"), to.map(clock::midnight));
    }
}
