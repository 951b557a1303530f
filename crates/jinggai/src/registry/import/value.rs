//! Cells to values: numbers with units, dates in every form that files hold, yes and no, and what means nothing.
//!
//! Reads generously and never guesses silently: a value that cannot be true comes back as an error that says what
//! would be right; a value that stands for nothing (哨兵值) comes back as nothing, and is counted by the caller.
use crate::clock;
use jiff::civil::{Date, DateTime, Time};
use jiff::{Timestamp, tz::TimeZone};
use jinggai_rules::life::{PartialDate, Precision};
use jinggai_rules::text::fold_width;
use jinggai_tables::Cell;
use std::borrow::Cow;

/// Texts that stand for nothing in any column.
const NOTHING: &[&str] = &[
    "-99", "-999", "-9999", "-99999", "9999", "99999", "999999", "n/a", "na", "#n/a", "unknown", "unk", "unkn", "null", "<null>", "none", "nil",
    "nan", "tbd", "not available", "not applicable", "-", "--", "—", "——", "/", "\\", "?", "？", "未知", "不详", "不明", "无", "空", "暂无", "待查", "待定", "未填",
];

/// Trimmed text of a cell, width folded.
#[must_use]
pub fn text(cell: &Cell) -> Cow<'_, str> {
    match cell {
        Cell::Text(t) => {
            let trimmed = t.trim();
            if trimmed.chars().any(|c| matches!(c, '\u{3000}' | '\u{FF01}'..='\u{FF5E}')) {
                Cow::Owned(fold_width(trimmed).trim().to_owned())
            } else {
                Cow::Borrowed(trimmed)
            }
        }
        other => other.text(),
    }
}

/// Does this value stand for nothing? `more` are the mapping's own words; numbers are compared as numbers.
#[must_use]
pub fn is_sentinel(text: &str, more: &[String], minus_one: bool) -> bool {
    if text.len() > 16 {
        return more.iter().any(|m| m == text);
    }
    let lower = text.to_lowercase();
    let number = lower.strip_suffix(".0").unwrap_or(&lower);
    NOTHING.contains(&number) || (minus_one && number == "-1") || more.iter().any(|m| m.to_lowercase() == lower)
}

/// A number, with its unit brought to `unit` when the text has one (`1200 mm` in metres is 1.2).
#[must_use]
pub fn number(cell: &Cell, unit: Option<&str>) -> Option<f64> {
    if let Some(n) = cell.as_f64() {
        return Some(n);
    }
    let folded = text(cell).replace([',', '，'], "");
    let end = folded
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | 'e' | 'E')))
        .unwrap_or(folded.len());
    let n: f64 = folded.get(..end)?.parse().ok()?;
    let given = folded.get(end..).unwrap_or_default().trim().to_lowercase();
    let metres = |u: &str| match u {
        "mm" | "毫米" => Some(0.001),
        "cm" | "厘米" => Some(0.01),
        "m" | "米" | "metre" | "meter" | "metres" | "meters" => Some(1.0),
        "ft" | "feet" | "foot" | "'" | "英尺" => Some(0.3048),
        "in" | "inch" | "inches" | "\"" | "英寸" => Some(0.0254),
        _ => None,
    };
    if given.is_empty() {
        return Some(n);
    }
    Some(n * metres(&given)? / metres(unit?)?)
}

/// Yes or no; nothing when it is neither.
#[must_use]
pub fn flag(text: &str) -> Option<bool> {
    Some(match text.to_lowercase().as_str() {
        "是" | "有" | "y" | "yes" | "true" | "t" | "1" | "√" | "✓" | "已安装" | "已装" | "具备" | "密集" | "人员密集" | "低洼" | "易涝" => true,
        "否" | "无" | "n" | "no" | "false" | "f" | "0" | "×" | "x" | "未安装" | "未装" | "非密集" | "不密集" => false,
        _ => return None,
    })
}

/// The order of day and month in dates written with two unclear numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DayOrder {
    /// 月/日/年.
    #[default]
    Mdy,
    /// 日/月/年.
    Dmy,
}

/// Which of the many forms a date was written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DateForm {
    /// A date cell.
    Native,
    /// Milliseconds since 1970, also negative.
    EpochMillis,
    /// Seconds since 1970.
    EpochSeconds,
    /// Days of a spreadsheet.
    SheetDays,
    /// A bare year.
    Year,
    /// 20200910.
    Compact,
    /// 2020-09-10, 2020/9/10, 2020.9, 2020年9月.
    YearFirst,
    /// 9/10/2020.
    YearLast,
    /// Fri, 01 Oct 1999 00:00:00 GMT and the like.
    Words,
}

impl DateForm {
    /// The Chinese name.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Native => "日期单元格",
            Self::EpochMillis => "毫秒时间戳",
            Self::EpochSeconds => "秒时间戳",
            Self::SheetDays => "电子表格日序数",
            Self::Year => "年份",
            Self::Compact => "20200910",
            Self::YearFirst => "2020-09-10",
            Self::YearLast => "9/10/2020",
            Self::Words => "英文日期",
        }
    }
}

/// Years that a cover can be from.
const YEARS: std::ops::RangeInclusive<i16> = 1800..=2100;

/// A date in any form; the form tells how it was read.
#[must_use]
pub fn date(cell: &Cell, order: DayOrder) -> Option<(PartialDate, DateForm)> {
    let day = |d: Date| YEARS.contains(&d.year()).then(|| PartialDate::new(d, Precision::Day));
    match cell {
        Cell::Date(d) => Some((day(*d)?, DateForm::Native)),
        Cell::DateTime(t) => Some((day(t.date())?, DateForm::Native)),
        Cell::Instant(t) => Some((day(of_instant(*t))?, DateForm::Native)),
        Cell::Int(n) => of_number(*n),
        Cell::Real(n) if n.fract() == 0.0 || (20_000.0..80_000.0).contains(n) => of_number(*n as i64),
        Cell::Text(_) => of_text(&text(cell), order),
        _ => None,
    }
}

/// Midnight of a zone is often exported as a moment: 16:00 UTC is midnight in China, everything else counts in UTC.
fn of_instant(t: Timestamp) -> Date {
    let utc: DateTime = t.to_zoned_datetime(TimeZone::UTC).datetime();
    if utc.time() == Time::constant(16, 0, 0, 0) { clock::local(t).date() } else { utc.date() }
}

fn of_number(n: i64) -> Option<(PartialDate, DateForm)> {
    let day = |d: Date, form| YEARS.contains(&d.year()).then(|| (PartialDate::new(d, Precision::Day), form));
    match n {
        1800..=2100 => year(i16::try_from(n).ok()?),
        18_000_101..=21_001_231 => {
            let ymd = Date::new(i16::try_from(n / 10_000).ok()?, i8::try_from(n / 100 % 100).ok()?, i8::try_from(n % 100).ok()?);
            day(ymd.ok()?, DateForm::Compact)
        }
        // Days since 1899-12-30, from 1954 to 2119.
        20_000..=80_000 => {
            let first = Date::constant(1899, 12, 30);
            day(first.checked_add(jiff::Span::new().days(n)).ok()?, DateForm::SheetDays)
        }
        _ if n.unsigned_abs() >= 5_000_000_000 || (n.unsigned_abs() > 21_001_231 && n % 1000 == 0 && n.unsigned_abs() % 86_400_000 == 0) => {
            day(of_instant(Timestamp::from_millisecond(n).ok()?), DateForm::EpochMillis)
        }
        _ if n.unsigned_abs() > 100_000_000 => day(of_instant(Timestamp::from_second(n).ok()?), DateForm::EpochSeconds),
        _ => None,
    }
}

fn year(y: i16) -> Option<(PartialDate, DateForm)> {
    Some((PartialDate::new(Date::new(y, 1, 1).ok()?, Precision::Year), DateForm::Year))
}

fn of_text(text: &str, order: DayOrder) -> Option<(PartialDate, DateForm)> {
    if let Ok(n) = text.parse::<i64>() {
        return of_number(n);
    }
    if text.bytes().any(|b| b.is_ascii_alphabetic())
        && let Some(found) = of_words(text)
    {
        return Some(found);
    }
    let head = text.split(['T', ' ']).next().unwrap_or(text);
    let head = if text.contains('年') { text } else { head };
    let parts: Vec<i64> = head
        .split(|c: char| !c.is_ascii_digit())
        .filter(|p| !p.is_empty())
        .take(3)
        .map(|p| p.parse().ok())
        .collect::<Option<_>>()?;
    let of = |y: i64, m: i64, d: Option<i64>| -> Option<PartialDate> {
        let date = Date::new(i16::try_from(y).ok()?, i8::try_from(m).ok()?, i8::try_from(d.unwrap_or(1)).ok()?).ok()?;
        YEARS.contains(&date.year()).then(|| PartialDate::new(date, if d.is_some() { Precision::Day } else { Precision::Month }))
    };
    match *parts.as_slice() {
        [y] if text.contains('年') => year(i16::try_from(y).ok()?),
        [y, m] if y >= 1800 => Some((of(y, m, None)?, DateForm::YearFirst)),
        [y, m, d] if y >= 1800 => Some((of(y, m, Some(d))?, DateForm::YearFirst)),
        [a, b, y] if y >= 1800 => {
            let (m, d) = if a > 12 || (b <= 12 && order == DayOrder::Dmy) { (b, a) } else { (a, b) };
            Some((of(y, m, Some(d))?, DateForm::YearLast))
        }
        _ => None,
    }
}

/// `Fri, 01 Oct 1999 00:00:00 GMT`, `01-Oct-1999`, `Oct 1, 1999`, and ISO moments with a zone.
fn of_words(text: &str) -> Option<(PartialDate, DateForm)> {
    let day = |d: Date, form| YEARS.contains(&d.year()).then(|| (PartialDate::new(d, Precision::Day), form));
    if let Ok(t) = text.parse::<Timestamp>() {
        return day(of_instant(t), DateForm::YearFirst);
    }
    let tokens: Vec<&str> = text.split([' ', ',', '-']).filter(|t| !t.is_empty()).collect();
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let month_at = tokens.iter().position(|t| t.len() >= 3 && t.get(..3).is_some_and(|m| MONTHS.contains(&m.to_lowercase().as_str())))?;
    let name = tokens.get(month_at)?.get(..3)?.to_lowercase();
    let month = MONTHS.iter().position(|m| *m == name)?;
    let numbers: Vec<i16> = tokens.iter().filter_map(|t| t.parse().ok()).collect();
    let y = numbers.iter().copied().find(|n| YEARS.contains(n))?;
    let d = numbers.iter().copied().find(|n| (1..=31).contains(n)).unwrap_or(1);
    day(Date::new(y, i8::try_from(month + 1).ok()?, i8::try_from(d).ok()?).ok()?, DateForm::Words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_real_files() {
        let check = |cell: Cell, want: Option<&str>| {
            assert_eq!(date(&cell, DayOrder::Mdy).map(|(d, _)| d.to_string()).as_deref(), want, "{cell:?}");
        };
        check(Cell::Int(-10_540_800_000), Some("1969-09-01"));
        check(Cell::Int(-1_325_462_400_000), Some("1928-01-01"));
        check(Cell::Int(847_411_200_000), Some("1996-11-08"));
        check(Cell::Int(-1_262_304_000_000), Some("1930-01-01"));
        check(Cell::Int(1994), Some("1994"));
        check(Cell::from("Fri, 01 Oct 1999 00:00:00 GMT"), Some("1999-10-01"));
        check(Cell::from("9/10/2020"), Some("2020-09-10"));
        check(Cell::from("25/10/2020"), Some("2020-10-25"));
        check(Cell::from("2021-12-31"), Some("2021-12-31"));
        check(Cell::from("2021/7/1"), Some("2021-07-01"));
        check(Cell::from("2021年7月"), Some("2021-07"));
        check(Cell::from("2021年7月3日"), Some("2021-07-03"));
        check(Cell::from("2019年"), Some("2019"));
        check(Cell::from("20200910"), Some("2020-09-10"));
        check(Cell::from("2020.9"), Some("2020-09"));
        check(Cell::Int(44_197), Some("2021-01-01"));
        check(Cell::from("abc"), None);
        check(Cell::from("2021-13-40"), None);
    }

    #[test]
    fn numbers_bring_their_unit() {
        assert_eq!(number(&Cell::from("1,154"), None), Some(1154.0));
        assert_eq!(number(&Cell::from("250 cm"), Some("m")), Some(2.5));
        assert_eq!(number(&Cell::from("２.５"), Some("m")), Some(2.5));
        assert_eq!(number(&Cell::from("deep"), Some("m")), None);
    }
}
