//! The rules that cases run by: hazard catalogue, case rules, work calendar; read once and kept until one changes.
use crate::app::App;
use crate::clock;
use crate::error::{AppError, Result};
use crate::rulepacks;
use jiff::civil::Date;
use jinggai_db::{Tx, sql};
use jinggai_rules::RulePack;
use jinggai_rules::calendar::{CalendarYear, WorkCalendar, WorkHours};
use jinggai_rules::case_rules::CaseRules;
use jinggai_rules::clock::Limit;
use jinggai_rules::hazards::{Catalogue, Hazard, Level};
use jinggai_rules::kinds::CoverKind;
use jinggai_rules::limits::{CaseLimits, LimitEntry};
use jinggai_rules::sorting::{SortWords, Sorter};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What is in force on a day.
#[derive(Debug)]
pub struct Rules {
    /// 隐患目录.
    pub catalogue: Catalogue,
    /// 案卷规则.
    pub cases: CaseRules,
    /// 本市立案、处置、结案标准.
    pub limits: CaseLimits,
    /// 工作日历.
    pub calendar: WorkCalendar,
    /// 文字分拣.
    pub sorter: Sorter,
}

/// The rules last read, with what they were read from.
#[derive(Default)]
pub struct RulesCache {
    last: Mutex<Option<(i64, Date, Arc<Rules>)>>,
    /// The last rule pack that running clocks were compared with, and one: 0 is none yet.
    compared: AtomicI64,
}

impl RulesCache {
    /// Did a rule pack come since running clocks were last compared with the rules? Once after the start it did.
    pub(super) fn came(&self, newest: i64) -> bool {
        self.compared.load(Ordering::Acquire) != newest + 1
    }

    /// Running clocks were compared with the rules up to this pack.
    pub(super) fn compared(&self, newest: i64) {
        self.compared.store(newest + 1, Ordering::Release);
    }
}

impl Rules {
    /// The rules in force today, as this transaction sees them.
    ///
    /// # Errors
    /// What the store says, or when a kept pack no longer reads.
    pub async fn today(app: &App, tx: &mut Tx) -> Result<Arc<Rules>> {
        let today = clock::today();
        let (seen,): (i64,) = tx.one(sql!("SELECT COALESCE(max(id), 0) FROM rule_packs")).await?;
        let cache = &app.rules().last;
        if let Some((id, day, rules)) = &*cache.lock().unwrap_or_else(PoisonError::into_inner)
            && (*id, *day) == (seen, today)
        {
            return Ok(Arc::clone(rules));
        }
        let rules = Arc::new(Self::read(tx, today).await?);
        *cache.lock().unwrap_or_else(PoisonError::into_inner) = Some((seen, today, Arc::clone(&rules)));
        Ok(rules)
    }

    async fn read(tx: &mut Tx, today: Date) -> Result<Rules> {
        let catalogue: Catalogue = ruling(tx, today).await?;
        let cases: CaseRules = ruling(tx, today).await?;
        let limits: CaseLimits = ruling(tx, today).await?;
        let hours: WorkHours = ruling(tx, today).await?;
        // A year counts as soon as it is published, however far it lies ahead; of its versions the newest.
        let mut years: Vec<CalendarYear> = rulepacks::all(tx).await?;
        years.sort_by_key(|y| (y.year(), y.head().version));
        let sorter = Sorter::new(&catalogue, &ruling::<SortWords>(tx, today).await?);
        Ok(Rules { catalogue, cases, limits, calendar: WorkCalendar::new(&years, &hours), sorter })
    }

    /// A defect by its code.
    ///
    /// # Errors
    /// `hazard.unknown` naming the codes there are.
    pub fn hazard(&self, code: &str) -> Result<&Hazard> {
        self.catalogue.get(code).ok_or_else(|| {
            let all: Vec<String> =
                self.catalogue.entries.iter().map(|h| format!("{} {}", h.code, h.name)).collect();
            AppError::field(
                "hazard.unknown",
                "hazard",
                format!("隐患目录里没有 {code}；可用：{}", all.join("、")),
                format!("the catalogue has no {code}"),
            )
        })
    }

    /// What the city's own table says of a defect of this kind of cover.
    #[must_use]
    pub fn own(&self, kind: Option<&str>, hazard: &Hazard) -> Option<&LimitEntry> {
        self.limits.find(kind.and_then(CoverKind::from_code)?, &hazard.code)
    }

    /// The limit for handling a defect: of the city's own table, else of the catalogue, else by plan.
    #[must_use]
    pub fn handling(&self, kind: Option<&str>, hazard: &Hazard) -> Limit {
        self.own(kind, hazard).map(|own| own.limit).or(hazard.restore).unwrap_or(self.cases.handle_by_plan)
    }

    /// The version that a deadline keeps.
    #[must_use]
    pub fn version(&self) -> String {
        let (hazards, cases) = (self.catalogue.pack.version, self.cases.pack.version);
        format!("hazards.{hazards} case-rules.{cases} case-limits.{}", self.limits.pack.version)
    }

    /// The limits of a level.
    ///
    /// # Errors
    /// Never with a validated pack.
    pub fn limits(&self, level: Level) -> Result<&jinggai_rules::case_rules::LevelLimits> {
        self.cases
            .limits(level)
            .ok_or_else(|| AppError::internal(anyhow::anyhow!("case rules without level {level}")))
    }
}

async fn ruling<P: RulePack>(tx: &mut Tx, today: Date) -> Result<P> {
    rulepacks::current(tx, today)
        .await?
        .ok_or_else(|| AppError::internal(anyhow::anyhow!("no rule pack {} is in force", P::KIND)))
}
