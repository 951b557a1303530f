//! 报告期: the days a table is about, the moment it is looked at, how it is grouped.
use super::annex1::one_or_two;
use super::question::{Grouping, Slice};
use crate::clock;
use crate::error::{AppError, Result};
use crate::registry::filter::Choice;
use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt::Display;
use std::str::FromStr;

/// What a table about a period asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PeriodQuery {
    /// First day of the period.
    pub from: Date,
    /// First day after the period.
    pub to: Date,
    /// The moment looked at: the end of the period, or the moment of drawing when that came first.
    pub at: Timestamp,
    /// 区划时点: the division into areas that held on this day.
    pub division: Date,
    /// One or two groupings, outer first.
    pub by: Vec<Grouping>,
    /// 演示 records count too.
    pub include_demo: bool,
    /// The part of the district that is looked at.
    #[serde(flatten)]
    pub within: Slice,
}

impl PeriodQuery {
    /// A period by unit, looked at now or, when it is over, at its end.
    #[must_use]
    pub fn new(from: Date, to: Date, now: Timestamp) -> Self {
        let at = now.min(clock::midnight(to));
        PeriodQuery {
            from,
            to,
            at,
            division: last_day(to),
            by: vec![Grouping::Unit],
            include_demo: false,
            within: Slice::default(),
        }
    }

    /// The current month up to today: what is shown when no period is named.
    #[must_use]
    pub fn this_month(now: Timestamp) -> Self {
        let today = clock::local(now).date();
        let first = date(today.year(), today.month(), 1);
        Self::new(first, today.tomorrow().unwrap_or(today), now)
    }

    /// Refuses what makes no table.
    ///
    /// # Errors
    /// `report.period`, `report.by`, saying what is right.
    pub fn check(&self) -> Result<()> {
        if self.from >= self.to {
            return Err(AppError::field(
                "report.period",
                "to",
                format!("报告期应从早到晚，止日（不含）须晚于起日 {}", self.from),
                format!("the period must end (that day not counted) after it begins on {}", self.from),
            ));
        }
        one_or_two(&self.by, &Grouping::ALL.map(Grouping::code))
    }

    /// Is the period over at the moment looked at?
    #[must_use]
    pub fn over(&self) -> bool {
        self.at >= clock::midnight(self.to)
    }

    /// The day whose ledger is looked at: that of the last moment before `at`.
    #[must_use]
    pub fn as_of(&self) -> Date {
        clock::local(self.at - SignedDuration::from_millis(1)).date()
    }

    /// `Some(false)` when demo records are left out, as the lists ask for it.
    #[must_use]
    pub fn demo(&self) -> Option<bool> {
        (!self.include_demo).then_some(false)
    }

    /// Says that the period is not over yet.
    #[must_use]
    pub fn remark(&self) -> Option<String> {
        let at = clock::local(self.at).strftime("%Y-%m-%d %H:%M");
        (!self.over()).then(|| format!("报告期尚未结束，数据截至 {at}"))
    }

    /// 2026-06-01 至 2026-06-30, as people write it.
    #[must_use]
    pub fn words(&self) -> String {
        format!("{} 至 {}", self.from, last_day(self.to))
    }
}

impl Slice {
    /// Reads a part of the district as it stands in a query: codes, comma separated, `none` for nothing recorded.
    ///
    /// # Errors
    /// `report.within` naming the parameter and what is right.
    pub fn read(unit: Option<&str>, area: Option<&str>, kind: Option<&str>) -> Result<Slice> {
        Ok(Slice { unit: choice("unit", unit)?, area: choice("area", area)?, kind: choice("kind", kind)? })
    }
}

fn choice<T: FromStr<Err: Display>>(name: &str, text: Option<&str>) -> Result<Choice<T>> {
    let Some(text) = text.filter(|t| !t.trim().is_empty()) else { return Ok(Choice::default()) };
    Choice::read(text).map_err(|said| AppError::field("report.within", name, said.zh, said.en))
}

/// The last day before this one.
fn last_day(to: Date) -> Date {
    to.yesterday().unwrap_or(to)
}

impl FromStr for Grouping {
    type Err = AppError;
    fn from_str(code: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|g| g.code() == code).ok_or_else(|| {
            let all = Self::ALL.map(Grouping::code).join(", ");
            AppError::field(
                "report.by",
                "by",
                format!("没有“{code}”这种分组；可用：{all}"),
                format!("no grouping {code:?}; there are: {all}"),
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_that_is_over_is_looked_at_at_its_end() {
        let check = |now: &str, at: &str, as_of: Date, over: bool| {
            let q = PeriodQuery::new(date(2026, 6, 1), date(2026, 7, 1), now.parse().unwrap());
            assert_eq!((q.at, q.as_of(), q.over()), (at.parse().unwrap(), as_of, over), "{now}");
            q.check().unwrap();
        };
        check("2026-08-01T00:00:00Z", "2026-06-30T16:00:00Z", date(2026, 6, 30), true);
        check("2026-06-30T16:00:00Z", "2026-06-30T16:00:00Z", date(2026, 6, 30), true);
        check("2026-06-15T03:00:00Z", "2026-06-15T03:00:00Z", date(2026, 6, 15), false);
        // The first moment of a day still shows the day before.
        check("2026-06-14T16:00:00Z", "2026-06-14T16:00:00Z", date(2026, 6, 14), false);
        let month = PeriodQuery::this_month("2026-12-31T20:00:00Z".parse().unwrap());
        assert_eq!((month.from, month.to), (date(2027, 1, 1), date(2027, 1, 2)));
    }

    #[test]
    fn periods_and_groupings_that_make_no_table_are_refused() {
        let q = PeriodQuery::new(date(2026, 7, 1), date(2026, 7, 1), Timestamp::UNIX_EPOCH);
        assert_eq!(q.check().unwrap_err().code(), "report.period");
        let with = |by: &[Grouping]| PeriodQuery {
            by: by.to_vec(),
            ..PeriodQuery::new(date(2026, 6, 1), date(2026, 7, 1), Timestamp::UNIX_EPOCH)
        };
        assert!(with(&[Grouping::Street, Grouping::Kind]).check().is_ok());
        assert_eq!(with(&[]).check().unwrap_err().code(), "report.by");
        assert_eq!(with(&[Grouping::Unit, Grouping::Unit]).check().unwrap_err().code(), "report.by");
    }

    #[test]
    fn a_query_survives_storage() {
        let mut q = PeriodQuery::this_month("2026-06-15T03:00:00Z".parse().unwrap());
        q.within.area = Choice::one("500105".to_owned());
        let json = serde_json::to_value(&q).unwrap();
        assert_eq!(json["area"], "500105");
        assert_eq!(serde_json::from_value::<PeriodQuery>(json).unwrap(), q);
    }
}
