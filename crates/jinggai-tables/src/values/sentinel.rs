//! Marks that stand for "no value". They differ by source, so they are data: the default is the union of what real
//! inventories use, and a mapping may add or remove some for a column (`-1` is an owner code here, "unknown" there).

use serde::{Deserialize, Serialize};

use super::half_width;
use crate::cell::Cell;

/// A list of marks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sentinels {
    /// Compared without regard to case, width of characters and blanks around.
    pub texts: Vec<String>,
    /// Compared with numeric cells and with text that is a number.
    pub numbers: Vec<f64>,
}

/// Seen in the inventories of eleven towns and in Chinese survey tables.
const TEXTS: &[&str] = &[
    "n/a",
    "na",
    "#n/a",
    "nan",
    "null",
    "<null>",
    "(null)",
    "nil",
    "none",
    "unknown",
    "unk",
    "not known",
    "tbd",
    "-",
    "--",
    "---",
    "—",
    "——",
    "/",
    "\\",
    "?",
    "??",
    "无",
    "不详",
    "未知",
    "不明",
    "暂无",
    "无数据",
    "待查",
    "待定",
    "空",
];

/// Negative marks, rows of nines, all bits set, and the smallest floats that GIS programs write for null.
const NUMBERS: &[f64] = &[
    -1.0,
    -9.0,
    -99.0,
    -999.0,
    -9999.0,
    -99_999.0,
    9999.0,
    99_999.0,
    999_999.0,
    65_535.0,
    4_294_967_295.0,
    -3.402_823_466_385_288_6e38,
    -1.797_693_134_862_315_7e308,
];

impl Default for Sentinels {
    fn default() -> Self {
        Self { texts: TEXTS.iter().map(|text| (*text).to_owned()).collect(), numbers: NUMBERS.to_vec() }
    }
}

impl Sentinels {
    /// No marks at all: only empty cells are missing.
    #[must_use]
    pub const fn none() -> Self {
        Self { texts: Vec::new(), numbers: Vec::new() }
    }

    /// Only the marks in words; every number is a value.
    #[must_use]
    pub fn texts_only() -> Self {
        Self { numbers: Vec::new(), ..Self::default() }
    }

    /// Without this number.
    #[must_use]
    pub fn without_number(mut self, number: f64) -> Self {
        self.numbers.retain(|known| *known != number);
        self
    }

    /// With this number.
    #[must_use]
    pub fn with_number(mut self, number: f64) -> Self {
        self.numbers.push(number);
        self
    }

    /// With this text.
    #[must_use]
    pub fn with_text(mut self, text: &str) -> Self {
        self.texts.push(text.to_owned());
        self
    }

    /// Without this text.
    #[must_use]
    pub fn without_text(mut self, text: &str) -> Self {
        self.texts.retain(|known| !known.eq_ignore_ascii_case(text));
        self
    }

    /// Whether the cell is one of the marks; empty cells are not marks.
    #[must_use]
    pub fn holds(&self, cell: &Cell) -> bool {
        match cell {
            Cell::Int(_) | Cell::Real(_) => cell.as_f64().is_some_and(|value| self.holds_number(value)),
            Cell::Text(text) => self.holds_text(text),
            _ => false,
        }
    }

    fn holds_number(&self, value: f64) -> bool {
        self.numbers.contains(&value)
    }

    fn holds_text(&self, text: &str) -> bool {
        let text = half_width(text);
        if self.texts.iter().any(|known| known.eq_ignore_ascii_case(&text)) {
            return true;
        }
        if let Some(hex) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
            // 0xFFFF, 0xFFFFFFFF …: all bits set.
            return hex.len() >= 2
                && hex.len() % 2 == 0
                && hex.bytes().all(|byte| byte.eq_ignore_ascii_case(&b'f'));
        }
        text.parse().is_ok_and(|value| self.holds_number(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_real_files() {
        let marks = Sentinels::default();
        for cell in [
            Cell::Int(-99),
            Cell::Int(9999),
            Cell::Real(-9999.0),
            Cell::from("-99"),
            Cell::from("Unknown"),
            Cell::from(" N/A "),
            Cell::from("－"),
            Cell::from("不详"),
            Cell::from("0xFFFF"),
            Cell::from("9999.0"),
        ] {
            assert!(marks.holds(&cell), "{cell:?}");
        }
        for cell in
            [Cell::Int(0), Cell::from("井"), Cell::from("0x1F"), Cell::Int(99), Cell::Null, Cell::from("")]
        {
            assert!(!marks.holds(&cell), "{cell:?}");
        }
        assert!(!marks.without_number(-1.0).holds(&Cell::Int(-1)));
        assert!(!Sentinels::none().holds(&Cell::from("N/A")));
    }
}
