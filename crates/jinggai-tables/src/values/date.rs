//! Dates in the forms that inventories hold: epoch numbers, compact digits, separated digits, Chinese, month names, RFC
//! 2822 and 3339, spreadsheet serials, years and months alone. The result says how exact it is. Impossible dates are
//! refused with what would be right; `3/4/2020` is refused unless the column tells which part is the day.
//! Whether a date makes sense for a cover is not judged here.

mod integer;
mod text;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::Offset;

use super::{Absence, Outcome, Reading, Sentinels, ValueError, absence, half_width};
use crate::cell::Cell;

/// How exact a date is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Precision {
    /// Only the year is known; the date is its first day.
    Year,
    /// Year and month are known; the date is the month's first day.
    Month,
    /// The day is known.
    Day,
}

/// A date as read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateValue {
    /// The date. A point in time is given in the offset of [`DateHints`], except that midnight UTC means the UTC date:
    /// map servers write plain dates so.
    pub date: Date,
    /// How exact.
    pub precision: Precision,
    /// The time of day beside it, where one was written.
    pub time: Option<Time>,
    /// The point in time, where the form fixes one.
    pub instant: Option<Timestamp>,
}

/// Unit of numbers that count from 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EpochUnit {
    /// Seconds.
    Second,
    /// Milliseconds.
    Millisecond,
}

/// What a whole column tells about its dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateHints {
    /// In `a/b/yyyy`, whether `a` is the day.
    pub day_first: Option<bool>,
    /// Unit of epoch numbers.
    pub epoch: Option<EpochUnit>,
    /// Offset of the place, for points in time (hours east of UTC; +8 by default).
    pub offset: Offset,
}

impl Default for DateHints {
    fn default() -> Self {
        Self { day_first: None, epoch: None, offset: jiff::tz::offset(8) }
    }
}

/// Years that a record of the trade can have; anything else is a slip.
pub(crate) const YEARS: std::ops::RangeInclusive<i64> = 1800..=2200;

impl DateHints {
    /// Learns from the cells of a column: one `13/4/2020` settles all `3/4/2020`, one large number the epoch's unit.
    /// Contradictions leave the question open.
    #[must_use]
    pub fn learn<'a>(cells: impl IntoIterator<Item = &'a Cell>) -> Self {
        let (mut day_first, mut month_first) = (false, false);
        let mut epoch = None;
        for cell in cells {
            let text = half_width(&cell.text());
            if let Some((first, second)) = text::slashed(&text) {
                day_first |= first > 12 && second <= 12;
                month_first |= second > 12 && first <= 12;
            } else if let Ok(value) = text.parse::<i64>() {
                epoch = integer::unit(value).filter(|_| epoch != Some(EpochUnit::Millisecond)).or(epoch);
            }
        }
        let day_first = (day_first != month_first).then_some(day_first);
        Self { day_first, epoch, ..Self::default() }
    }
}

impl DateValue {
    pub(crate) fn day(date: Date) -> Self {
        Self { date, precision: Precision::Day, time: None, instant: None }
    }

    pub(crate) fn instant(at: Timestamp, hints: &DateHints) -> Self {
        let utc = Offset::UTC.to_datetime(at);
        let local = if utc.time() == Time::midnight() { utc } else { hints.offset.to_datetime(at) };
        let time = (utc.time() != Time::midnight()).then(|| local.time());
        Self { date: local.date(), precision: Precision::Day, time, instant: Some(at) }
    }
}

/// Reads a date.
///
/// # Errors
/// The form is not known, the date does not exist, or day and month cannot be told apart.
pub fn date(cell: &Cell, hints: &DateHints, sentinels: &Sentinels) -> Outcome<DateValue> {
    if let Some(missing) = absence(cell, sentinels) {
        return Ok(Reading::Missing(missing));
    }
    let value = match cell {
        Cell::Date(date) => checked(DateValue::day(*date), &cell.text())?,
        Cell::DateTime(at) => {
            checked(DateValue { time: Some(at.time()), ..DateValue::day(at.date()) }, &cell.text())?
        }
        Cell::Instant(at) => checked(DateValue::instant(*at, hints), &cell.text())?,
        Cell::Int(value) => return integer::read(*value, hints),
        Cell::Real(value) if value.fract() == 0.0 && value.abs() < 9e15 => {
            return integer::read(*value as i64, hints);
        }
        Cell::Real(value) => integer::serial(*value).ok_or_else(|| unknown(&cell.text()))?,
        Cell::Text(text) => {
            let text = half_width(text);
            if is_zero(&text) {
                return Ok(Reading::Missing(Absence::Sentinel(text)));
            }
            return text::read(&text, hints);
        }
        Cell::Null | Cell::Bool(_) => return Err(unknown(&cell.text())),
    };
    Ok(Reading::Value(value))
}

/// `0000-00-00`, `00000000`, `0`: databases' ways to say nothing.
fn is_zero(text: &str) -> bool {
    text.contains('0') && text.chars().all(|c| matches!(c, '0' | '-' | '/' | '.' | ':' | ' '))
}

fn checked(value: DateValue, text: &str) -> Result<DateValue, ValueError> {
    year(i64::from(value.date.year()), text).map(|_| value)
}

fn year(year: i64, text: &str) -> Result<i16, ValueError> {
    let refuse = || {
        let zh = format!("的年份 {year} 不对，应在 {}–{} 之间", YEARS.start(), YEARS.end());
        ValueError::new(
            text,
            zh,
            format!("has the impossible year {year}: {} to {} are accepted", YEARS.start(), YEARS.end()),
        )
    };
    if !YEARS.contains(&year) {
        return Err(refuse());
    }
    i16::try_from(year).ok().ok_or_else(refuse)
}

/// The date of these numbers, or which of them is impossible.
pub(crate) fn civil(y: i64, m: i64, d: i64, text: &str) -> Result<Date, ValueError> {
    let y = year(y, text)?;
    let Some(month) = i8::try_from(m).ok().filter(|m| (1..=12).contains(m)) else {
        return Err(ValueError::new(
            text,
            format!("的月份 {m} 不存在，应为 1–12"),
            format!("has the impossible month {m}: 1 to 12 are right"),
        ));
    };
    let first = Date::new(y, month, 1).ok().ok_or_else(|| unknown(text))?;
    let days = first.days_in_month();
    let day = i8::try_from(d).ok().filter(|d| (1..=days).contains(d));
    let Some(day) = day else {
        return Err(ValueError::new(
            text,
            format!("不存在：{y} 年 {m} 月只有 {days} 天"),
            format!("does not exist: {y}-{month:02} has {days} days"),
        ));
    };
    Date::new(y, month, day).ok().ok_or_else(|| unknown(text))
}

/// A year alone, or a year and month.
pub(crate) fn partial(y: i64, m: Option<i64>, text: &str) -> Result<DateValue, ValueError> {
    let date = civil(y, m.unwrap_or(1), 1, text)?;
    let precision = if m.is_some() { Precision::Month } else { Precision::Year };
    Ok(DateValue { precision, ..DateValue::day(date) })
}

pub(crate) fn unknown(text: &str) -> ValueError {
    ValueError::new(
        text,
        "不是能识别的日期，应写成 2021-07-22",
        "is not a date that can be read: write 2021-07-22",
    )
}

#[cfg(test)]
mod tests;
