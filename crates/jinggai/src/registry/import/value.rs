//! Cells to values of the trade, on top of the table reader's own reading of numbers, dates and marks for "unknown".
use jinggai_rules::life::{PartialDate, Precision};
use jinggai_rules::text::fold_width;
use jinggai_tables::Cell;
use jinggai_tables::values::{self, DateHints, LengthUnit, Sentinels};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Trimmed text of a cell, width folded.
#[must_use]
pub fn text(cell: &Cell) -> Cow<'_, str> {
    match cell {
        Cell::Text(t) => {
            let trimmed = t.trim();
            if trimmed.chars().any(|c| matches!(c, '\u{3000}' | '\u{A0}' | '\u{FF01}'..='\u{FF5E}')) {
                Cow::Owned(fold_width(trimmed).trim().to_owned())
            } else {
                Cow::Borrowed(trimmed)
            }
        }
        other => other.text(),
    }
}

/// A number in metres (or in its own unit, when it has none): `250 cm` is 2.5, `1,154` is 1154.
#[must_use]
pub fn number(cell: &Cell, unit: LengthUnit) -> Option<f64> {
    match cell.as_f64() {
        Some(n) => Some(convert(n, unit)),
        None => {
            values::length(cell, unit, LengthUnit::Metre, &Sentinels::none()).ok()?.value().map(|l| l.value)
        }
    }
}

fn convert(n: f64, unit: LengthUnit) -> f64 {
    if unit == LengthUnit::Metre { n } else { n * unit.millimetres() / 1000.0 }
}

/// The unit of a mapping file.
#[must_use]
pub fn unit(text: Option<&String>) -> LengthUnit {
    match text.map(String::as_str) {
        Some("mm" | "毫米") => LengthUnit::Millimetre,
        Some("cm" | "厘米") => LengthUnit::Centimetre,
        Some("ft" | "英尺") => LengthUnit::Foot,
        Some("in" | "英寸") => LengthUnit::Inch,
        _ => LengthUnit::Metre,
    }
}

/// Yes or no; nothing when it is neither.
#[must_use]
pub fn flag(text: &str) -> Option<bool> {
    match text {
        "已安装" | "已装" | "具备" | "密集" | "人员密集" | "低洼" | "易涝" | "低洼易涝" => {
            Some(true)
        }
        "未安装" | "未装" | "非密集" | "不密集" | "非低洼" => Some(false),
        other => values::boolean(&Cell::from(other), &Sentinels::none()).ok()?.value(),
    }
}

/// The order of day and month in dates such as 9/10/2020 (日期顺序).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DayOrder {
    /// 月/日/年.
    Mdy,
    /// 日/月/年.
    Dmy,
}

/// A date in any form, with how much of it is known.
///
/// # Errors
/// What is wrong and what would be right (Chinese).
pub fn date(cell: &Cell, hints: &DateHints) -> Result<Option<PartialDate>, String> {
    let read = values::date(cell, hints, &Sentinels::none()).map_err(|e| e.problem_zh)?;
    Ok(read.value().map(|d| {
        let precision = match d.precision {
            values::Precision::Year => Precision::Year,
            values::Precision::Month => Precision::Month,
            values::Precision::Day => Precision::Day,
        };
        PartialDate::new(d.date, precision)
    }))
}

/// In which form a date is written, for noticing that a column mixes several.
#[must_use]
pub fn date_form(cell: &Cell) -> &'static str {
    let text = text(cell);
    let digits = text.trim_start_matches('-').bytes().all(|b| b.is_ascii_digit());
    match cell {
        Cell::Date(_) | Cell::DateTime(_) | Cell::Instant(_) => "日期单元格",
        _ if digits && text.len() == 4 => "年份",
        _ if digits && text.len() == 8 && !text.starts_with('-') => "20200910",
        _ if digits && text.len() == 5 => "电子表格日序数",
        _ if digits => "时间戳",
        _ if text.contains('年') => "2020年9月10日",
        _ if text.bytes().any(|b| b.is_ascii_alphabetic() && !matches!(b, b'T' | b'Z')) => "英文日期",
        _ if text.contains('/') => "2020/9/10",
        _ if text.contains('.') => "2020.9.10",
        _ => "2020-09-10",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_real_files() {
        let check = |cell: Cell, want: Option<&str>| {
            let read = date(&cell, &DateHints::default()).ok().flatten();
            assert_eq!(read.map(|d| d.to_string()).as_deref(), want, "{cell:?}");
        };
        check(Cell::Int(-10_540_800_000), Some("1969-09-01"));
        check(Cell::Int(847_411_200_000), Some("1996-11-08"));
        check(Cell::Int(-1_262_304_000_000), Some("1930-01-01"));
        check(Cell::Int(1994), Some("1994"));
        check(Cell::from("Fri, 01 Oct 1999 00:00:00 GMT"), Some("1999-10-01"));
        check(Cell::from("25/10/2020"), Some("2020-10-25"));
        check(Cell::from("2021年7月"), Some("2021-07"));
        check(Cell::from("9/10/2020"), None);
        check(Cell::from("2021-13-40"), None);
    }

    #[test]
    fn numbers_bring_their_unit() {
        let metre = LengthUnit::Metre;
        assert_eq!(number(&Cell::from("1,154"), metre), Some(1154.0));
        assert_eq!(number(&Cell::from("250 cm"), metre), Some(2.5));
        assert_eq!(number(&Cell::from("２.５"), metre), Some(2.5));
        assert_eq!(number(&Cell::Int(250), LengthUnit::Centimetre), Some(2.5));
        assert_eq!(number(&Cell::from("deep"), metre), None);
    }
}
