//! 工作日历: public holidays and make-up working days (调休) year by year, and the hours in which people work.
//!
//! The State Council publishes one year at a time. A day of a year that is not published yet is Monday to Friday and
//! marks every deadline that rests on it; nothing here panics when a year is missing. Tables cover 1990 to 2100.

use jiff::civil::{Date, Time, date};
use jiff::{ToSpan, Unit};
use serde::{Deserialize, Serialize};

use crate::error::RuleError;
use crate::pack::{PackHead, RulePack};

/// First day that a calendar knows.
pub const FIRST: Date = date(1990, 1, 1);
/// Last day that a calendar knows.
pub const LAST: Date = date(2100, 12, 31);

/// A named day of a published year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedDay {
    /// The day.
    pub date: Date,
    /// 节日.
    pub name: String,
}

/// One published year (国务院办公厅关于部分节假日安排的通知).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalendarYear {
    /// Head; its id is the year.
    pub pack: PackHead,
    /// 放假: weekdays and weekends off.
    pub off: Vec<NamedDay>,
    /// 调休上班: weekend days on which people work.
    pub working: Vec<NamedDay>,
}

impl CalendarYear {
    /// The year, which is the pack's id.
    pub fn year(&self) -> Option<i16> {
        self.pack.id.parse().ok()
    }

    /// Reads the published form of the open data sets: `{"holidays": {"2026-01-01": "New Year's Day,元旦,1"}, "workdays": {…}}`.
    ///
    /// # Errors
    /// [`RuleError`] naming the day that cannot be right.
    pub fn import(
        text: &str,
        year: i16,
        version: u32,
        effective_from: Date,
        source: &str,
    ) -> Result<Self, RuleError> {
        #[derive(Deserialize)]
        struct Published {
            holidays: std::collections::BTreeMap<String, String>,
            workdays: std::collections::BTreeMap<String, String>,
        }
        let read: Published = serde_json::from_str(text).map_err(|e| RuleError::Syntax {
            kind: Self::KIND,
            line: e.line(),
            problem: e.to_string(),
        })?;
        let days = |map: std::collections::BTreeMap<String, String>, key: &str| {
            map.into_iter()
                .map(|(day, name)| {
                    let date = day.parse().map_err(|_e| {
                        RuleError::value(
                            Self::KIND,
                            format!("{key}.{day}"),
                            "不是日期",
                            "日期，如 2027-01-01",
                        )
                    })?;
                    let name = name.split(',').nth(1).unwrap_or(&name).to_owned();
                    Ok(NamedDay { date, name })
                })
                .collect::<Result<Vec<_>, RuleError>>()
        };
        let pack = PackHead {
            id: year.to_string(),
            version,
            effective_from,
            source: source.into(),
            note: String::new(),
        };
        let out = CalendarYear {
            pack,
            off: days(read.holidays, "holidays")?,
            working: days(read.workdays, "workdays")?,
        };
        out.validate()?;
        Ok(out)
    }
}

impl RulePack for CalendarYear {
    const KIND: &'static str = "calendar";
    const SHIPPED: &'static [&'static str] = &[
        include_str!("../packs/calendar-2023.toml"),
        include_str!("../packs/calendar-2024.toml"),
        include_str!("../packs/calendar-2025.toml"),
        include_str!("../packs/calendar-2026.toml"),
    ];

    fn head(&self) -> &PackHead {
        &self.pack
    }

    fn check_content(&self) -> Result<(), RuleError> {
        let wrong =
            |key: &str, problem: String, right: &str| Err(RuleError::value(Self::KIND, key, problem, right));
        let Some(year) = self.year().filter(|y| (FIRST.year()..=LAST.year()).contains(y)) else {
            return wrong("pack.id", self.pack.id.clone(), "年份，如 2027");
        };
        let mut seen = std::collections::BTreeSet::new();
        for (key, days) in [("off", &self.off), ("working", &self.working)] {
            for day in days {
                // A holiday of the turn of the year may reach over: 2022-12-31 belongs to the notice for 2023.
                let near = (day.date.year() - year).abs() <= 1;
                if !near {
                    return wrong(key, day.date.to_string(), "本年的日期");
                }
                if !seen.insert(day.date) {
                    return wrong(key, format!("{} 重复，或既放假又上班", day.date), "每天只写一次");
                }
            }
        }
        if let Some(d) = self.working.iter().find(|d| !is_weekend(d.date)) {
            return wrong("working", format!("{} 本来就是工作日", d.date), "调休上班的周六、周日");
        }
        if self.off.is_empty() {
            return wrong("off", "为空".into(), "至少有元旦");
        }
        Ok(())
    }
}

/// 作息时间: the periods of a working day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkHours {
    /// Head.
    pub pack: PackHead,
    /// Periods, early first, not touching.
    pub periods: Vec<Period>,
}

/// A period of a working day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// Begins.
    pub from: Time,
    /// Ends.
    pub to: Time,
}

impl RulePack for WorkHours {
    const KIND: &'static str = "work_hours";
    const SHIPPED: &'static [&'static str] = &[include_str!("../packs/work-hours.toml")];

    fn head(&self) -> &PackHead {
        &self.pack
    }

    fn check_content(&self) -> Result<(), RuleError> {
        let wrong =
            |problem: String, right: &str| Err(RuleError::value(Self::KIND, "periods", problem, right));
        if self.periods.is_empty() {
            return wrong("为空".into(), "至少一段，如 08:00–12:00");
        }
        let mut last = None;
        for p in &self.periods {
            if p.from >= p.to || last.is_some_and(|end| p.from <= end) {
                return wrong(format!("{}–{}", p.from, p.to), "从早到晚、互不重叠的时段");
            }
            last = Some(p.to);
        }
        Ok(())
    }
}

fn is_weekend(day: Date) -> bool {
    use jiff::civil::Weekday;
    matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
}

/// The working days of 1990–2100 and the hours of one, ready for counting.
#[derive(Debug, Clone)]
pub struct WorkCalendar {
    /// Working days before each day since [`FIRST`]; one more than there are days.
    before: Vec<u32>,
    /// The day (since [`FIRST`]) of each working day.
    days: Vec<u32>,
    /// Periods of a day in milliseconds since midnight.
    pub(crate) periods: Vec<(i64, i64)>,
    /// Milliseconds of work in a working day.
    pub(crate) per_day: i64,
    published: Vec<(i16, u32)>,
    hours_version: u32,
}

impl WorkCalendar {
    /// The calendar of these years; of a year given twice the last counts.
    pub fn new(years: &[CalendarYear], hours: &WorkHours) -> Self {
        let mut changed = std::collections::HashMap::new();
        let mut published: Vec<(i16, u32)> = vec![];
        for y in years {
            changed.extend(y.off.iter().map(|d| (d.date, false)));
            changed.extend(y.working.iter().map(|d| (d.date, true)));
            if let Some(year) = y.year() {
                published.retain(|(known, _)| *known != year);
                published.push((year, y.pack.version));
            }
        }
        published.sort_unstable();
        let (mut before, mut days) = (vec![], vec![]);
        let mut day = FIRST;
        for i in 0.. {
            before.push(u32::try_from(days.len()).unwrap_or(u32::MAX));
            if changed.get(&day).copied().unwrap_or(!is_weekend(day)) {
                days.push(i);
            }
            match day.checked_add(1.day()) {
                Ok(next) if next <= LAST => day = next,
                _ => break,
            }
        }
        before.push(u32::try_from(days.len()).unwrap_or(u32::MAX));
        let ms = |t: Time| {
            t.since(Time::midnight()).map_or(0, |s| s.total(Unit::Millisecond).map_or(0, |f| f as i64))
        };
        let periods: Vec<(i64, i64)> = hours.periods.iter().map(|p| (ms(p.from), ms(p.to))).collect();
        let per_day = periods.iter().map(|(a, b)| b - a).sum();
        WorkCalendar { before, days, periods, per_day, published, hours_version: hours.pack.version }
    }

    /// The calendar shipped with the program.
    pub fn shipped() -> Self {
        Self::new(&CalendarYear::shipped(), &WorkHours::shipped().remove(0))
    }

    /// Is it a working day? None outside 1990–2100.
    pub fn is_working_day(&self, day: Date) -> Option<bool> {
        let i = index_of(day)?;
        Some(self.before.get(i + 1)? > self.before.get(i)?)
    }

    /// Was the year published?
    pub fn is_published(&self, year: i16) -> bool {
        self.published.iter().any(|(y, _)| *y == year)
    }

    /// The published years with the version of each.
    pub fn published(&self) -> &[(i16, u32)] {
        &self.published
    }

    /// What a record keeps of the calendar it was computed with: the years from `first` to `last` and the hours.
    pub fn version(&self, first: i16, last: i16) -> String {
        let mut out = String::new();
        for year in first..=last.min(first + 20) {
            let known = self.published.iter().find(|(y, _)| *y == year);
            out += &known.map_or(format!("{year}? "), |(y, v)| format!("{y}.{v} "));
        }
        out + &format!("h{}", self.hours_version)
    }

    pub(crate) fn working_days_before(&self, day: usize) -> Option<i64> {
        self.before.get(day).map(|n| i64::from(*n))
    }

    pub(crate) fn nth_working_day(&self, n: i64) -> Option<i64> {
        self.days.get(usize::try_from(n).ok()?).map(|d| i64::from(*d))
    }
}

pub(crate) fn index_of(day: Date) -> Option<usize> {
    if day > LAST {
        return None;
    }
    usize::try_from(day.duration_since(FIRST).as_secs() / 86_400).ok().filter(|_| day >= FIRST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_as_published() {
        let c = WorkCalendar::shipped();
        let check = |day: Date, want: bool| assert_eq!(c.is_working_day(day), Some(want), "{day}");
        check(date(2026, 2, 16), false);
        check(date(2026, 2, 14), true);
        check(date(2026, 10, 1), false);
        check(date(2026, 11, 24), true);
        check(date(2026, 11, 28), false);
        check(date(2026, 12, 28), true);
        check(date(2027, 1, 1), true);
        assert!(c.is_published(2026) && !c.is_published(2027));
        assert_eq!(c.is_working_day(date(2101, 1, 1)), None);
        assert_eq!(c.version(2026, 2027), "2026.1 2027? h1");
    }

    #[test]
    fn a_year_that_contradicts_itself_is_refused() {
        let check = |text: &str, want: &str| {
            let e = CalendarYear::import(text, 2027, 1, date(2026, 11, 1), "test").unwrap_err().to_string();
            assert!(e.contains(want), "{e}");
        };
        check(
            r#"{"holidays": {"2027-01-01": "New Year,元旦,1"}, "workdays": {"2027-01-01": "x"}}"#,
            "既放假又上班",
        );
        check(r#"{"holidays": {"2027-13-01": "x"}, "workdays": {}}"#, "holidays.2027-13-01");
        check(r#"{"holidays": {"2024-01-01": "x"}, "workdays": {}}"#, "本年的日期");
        check(r#"{"holidays": {"2027-01-01": "x"}, "workdays": {"2027-01-04": "x"}}"#, "本来就是工作日");
        check(r#"{"holidays": {}}"#, "workdays");
    }
}
