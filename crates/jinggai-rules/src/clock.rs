//! 时限: deadlines as a pure function of start, limit, calendar and pauses (`domain.md` 3.6 \[A\]\[S35\]).
//!
//! There are two axes of time. Natural time runs always: 紧急工作时 and 自然日 are counted on it. Working time runs
//! only within the periods of working days: 工作时 and 工作日 are counted on it, one 工作日 being all periods of one
//! day. So Monday 10:00 plus one working day is Tuesday 10:00, and what comes in on a Saturday is due when Monday's
//! work ends. A deadline is the earliest moment at which the limit has run; pauses are cut out of the axis.
//! Moments here are civil: those of the district's clocks. All to the millisecond.

use jiff::civil::DateTime;
use jiff::{SignedDuration, ToSpan};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::calendar::{FIRST, LAST, WorkCalendar, index_of};
use crate::error::Explain;

code_enum! {
    /// 时限单位 (`domain.md` 3.6, 11.2).
    pub enum TimeUnit {
        /// 紧急工作时: natural hours, through nights and holidays.
        UrgentHour = "urgent_hour", "紧急工作时", "urgent hours", [];
        /// 工作时: hours within the working periods.
        WorkHour = "work_hour", "工作时", "working hours", [];
        /// 工作日.
        WorkDay = "work_day", "工作日", "working days", [];
        /// 自然日.
        NaturalDay = "natural_day", "自然日", "days", [];
    }
}

recognise_by_words!(TimeUnit);

impl TimeUnit {
    /// Runs only while people work.
    pub const fn is_working(self) -> bool {
        matches!(self, Self::WorkHour | Self::WorkDay)
    }
}

/// A limit: never parsed from text at run time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// How many.
    pub count: u32,
    /// Of what.
    pub unit: TimeUnit,
}

impl Limit {
    /// A limit.
    pub const fn new(count: u32, unit: TimeUnit) -> Self {
        Limit { count, unit }
    }

    fn ms(self, calendar: &WorkCalendar) -> i64 {
        let one = match self.unit {
            TimeUnit::UrgentHour | TimeUnit::WorkHour => HOUR,
            TimeUnit::NaturalDay => DAY,
            TimeUnit::WorkDay => calendar.per_day,
        };
        i64::from(self.count) * one
    }
}

impl std::fmt::Display for Limit {
    /// As the trade writes it: `2紧急工作时`; `立即` for zero.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.count == 0 {
            return f.write_str("立即");
        }
        write!(f, "{}{}", self.count, self.unit.name_zh())
    }
}

/// 停表: from when to when no time runs; without an end it still lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    /// Begins.
    pub from: DateTime,
    /// Ends.
    pub to: Option<DateTime>,
}

/// When a limit ends, and on which years of the calendar that rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline {
    /// The moment.
    pub at: DateTime,
    /// A year that counts was not published: the deadline may move when it is.
    pub provisional: bool,
    /// First and last year looked at.
    pub years: (i16, i16),
}

/// Why there is no deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ClockError {
    /// The clock stands and nobody said until when.
    #[error("正在停表，恢复后才有截止时间")]
    Paused,
    /// Beyond what a calendar can hold.
    #[error("时间超出 1990–2100 年，无法计算截止时间")]
    OutOfRange,
}

impl Explain for ClockError {
    fn code(&self) -> &'static str {
        match self {
            Self::Paused => "clock.paused",
            Self::OutOfRange => "clock.out_of_range",
        }
    }

    fn message_en(&self) -> String {
        match self {
            Self::Paused => "the clock stands; there is a deadline once it runs again".into(),
            Self::OutOfRange => "beyond the years 1990–2100 no deadline can be computed".into(),
        }
    }
}

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// Milliseconds since the first day of calendars.
fn ms_of(t: DateTime) -> Result<i64, ClockError> {
    let day = index_of(t.date()).ok_or(ClockError::OutOfRange)?;
    let time = t.time();
    let within = (i64::from(time.hour()) * 60 + i64::from(time.minute())) * 60 + i64::from(time.second());
    Ok(day as i64 * DAY + within * 1000 + i64::from(time.millisecond()))
}

fn moment_of(ms: i64) -> Result<DateTime, ClockError> {
    let day = FIRST.checked_add((ms.div_euclid(DAY)).days()).map_err(|_e| ClockError::OutOfRange)?;
    if ms < 0 || day > LAST {
        return Err(ClockError::OutOfRange);
    }
    let time = SignedDuration::from_millis(ms.rem_euclid(DAY));
    day.to_datetime(jiff::civil::Time::midnight()).checked_add(time).map_err(|_e| ClockError::OutOfRange)
}

/// One of the two axes.
struct Axis<'a> {
    calendar: &'a WorkCalendar,
    working: bool,
}

impl Axis<'_> {
    /// How far the axis is at a moment.
    fn at(&self, ms: i64) -> Result<i64, ClockError> {
        if !self.working {
            return Ok(ms);
        }
        let c = self.calendar;
        let day = usize::try_from(ms.div_euclid(DAY)).map_err(|_e| ClockError::OutOfRange)?;
        let before = c.working_days_before(day).ok_or(ClockError::OutOfRange)?;
        let after = c.working_days_before(day + 1).ok_or(ClockError::OutOfRange)?;
        let within = ms.rem_euclid(DAY);
        let today: i64 = c.periods.iter().map(|(from, to)| (within.min(*to) - from).max(0)).sum();
        Ok(before * c.per_day + if after > before { today } else { 0 })
    }

    /// The earliest moment at which the axis is so far.
    fn when(&self, far: i64) -> Result<i64, ClockError> {
        if !self.working {
            return Ok(far);
        }
        let c = self.calendar;
        // The last millisecond of work decides on which day it falls, so that a full day ends with that day.
        let day = c.nth_working_day((far - 1).div_euclid(c.per_day)).ok_or(ClockError::OutOfRange)?;
        let mut left = (far - 1).rem_euclid(c.per_day) + 1;
        for (from, to) in &c.periods {
            if left <= to - from {
                return Ok(day * DAY + from + left);
            }
            left -= to - from;
        }
        Err(ClockError::OutOfRange)
    }
}

/// Pauses in order, those that touch made one; empty ones left out.
fn merged(pauses: &[Pause]) -> Result<Vec<(i64, Option<i64>)>, ClockError> {
    let mut all = pauses
        .iter()
        .map(|p| Ok((ms_of(p.from)?, p.to.map(ms_of).transpose()?)))
        .collect::<Result<Vec<(i64, Option<i64>)>, ClockError>>()?;
    all.retain(|(from, to)| to.is_none_or(|to| to > *from));
    all.sort_unstable_by_key(|(from, _)| *from);
    let mut out: Vec<(i64, Option<i64>)> = vec![];
    for (from, to) in all {
        match out.last_mut() {
            Some((_, None)) => {}
            Some((_, Some(end))) if from <= *end => match to {
                Some(to) => *end = to.max(*end),
                None => {
                    let last = out.len() - 1;
                    out[last].1 = None;
                }
            },
            _ => out.push((from, to)),
        }
    }
    Ok(out)
}

/// The moment at which a limit that began to run at `start` ends.
///
/// # Errors
/// [`ClockError::Paused`] when it stands now, [`ClockError::OutOfRange`].
pub fn deadline(
    start: DateTime,
    limit: Limit,
    calendar: &WorkCalendar,
    pauses: &[Pause],
) -> Result<Deadline, ClockError> {
    run(start, limit.ms(calendar), limit.unit.is_working(), calendar, pauses)
}

/// The moment at which this share of a limit has run: 1 is the deadline, 2 once the limit over it.
///
/// # Errors
/// As [`deadline`].
pub fn at_share(
    start: DateTime,
    limit: Limit,
    share: f64,
    calendar: &WorkCalendar,
    pauses: &[Pause],
) -> Result<Deadline, ClockError> {
    let part = (limit.ms(calendar) as f64 * share).round() as i64;
    run(start, part.max(0), limit.unit.is_working(), calendar, pauses)
}

fn run(
    start: DateTime,
    mut left: i64,
    working: bool,
    calendar: &WorkCalendar,
    pauses: &[Pause],
) -> Result<Deadline, ClockError> {
    let axis = Axis { calendar, working };
    let mut now = ms_of(start)?;
    if !pauses.is_empty() {
        for (from, to) in merged(pauses)? {
            if to.is_some_and(|to| to <= now) {
                continue;
            }
            let runs = axis.at(from.max(now))? - axis.at(now)?;
            if left <= runs && from > now {
                break;
            }
            left -= runs;
            now = to.ok_or(ClockError::Paused)?;
        }
    }
    let at = moment_of(if left == 0 { now } else { axis.when(axis.at(now)? + left)? })?;
    let years = (start.year(), at.year());
    let provisional = working && (years.0..=years.1).any(|y| !calendar.is_published(y));
    Ok(Deadline { at, provisional, years })
}

/// How long a clock of this unit ran between two moments, milliseconds on its axis: 工作时 count 3,600,000 each,
/// 工作日 all periods of a day.
///
/// # Errors
/// [`ClockError::OutOfRange`].
pub fn elapsed(
    start: DateTime,
    until: DateTime,
    unit: TimeUnit,
    calendar: &WorkCalendar,
    pauses: &[Pause],
) -> Result<i64, ClockError> {
    let axis = Axis { calendar, working: unit.is_working() };
    let (from, to) = (ms_of(start)?, ms_of(until)?);
    let mut ran = (axis.at(to)? - axis.at(from)?).max(0);
    for (a, b) in merged(pauses)? {
        let (a, b) = (a.clamp(from, to.max(from)), b.unwrap_or(to).clamp(from, to.max(from)));
        ran -= axis.at(b)? - axis.at(a)?;
    }
    Ok(ran)
}

#[cfg(test)]
mod tests;
