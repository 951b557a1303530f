//! From cells to values: what a person wrote is read generously (units, full-width digits, many forms of dates), what
//! stands for "nothing" is recognised with its reason, and what cannot be true is refused with what would be right.
//!
//! Sizes such as `D800` or `700*700` are the trade's own language and belong to the rules crate.

pub mod boolean;
pub mod date;
pub mod digits;
pub mod number;
pub mod sentinel;

pub use boolean::boolean;
pub use date::{DateHints, DateValue, EpochUnit, Precision, date};
pub use digits::{DigitLoss, loss};
pub use number::{Length, LengthUnit, length, number, whole};
pub use sentinel::Sentinels;

use crate::cell::Cell;

/// What a cell says once it could be understood.
#[derive(Debug, Clone, PartialEq)]
pub enum Reading<T> {
    /// A value.
    Value(T),
    /// Nothing, and why.
    Missing(Absence),
}

/// Why there is no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Absence {
    /// The cell is empty.
    Blank,
    /// The cell holds a mark for "unknown", given here as written (`-99`, `不详` …).
    Sentinel(String),
}

impl<T> Reading<T> {
    /// The value, if there is one.
    #[must_use]
    pub fn value(self) -> Option<T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Missing(_) => None,
        }
    }

    /// Applies a function to the value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Reading<U> {
        match self {
            Self::Value(value) => Reading::Value(f(value)),
            Self::Missing(absence) => Reading::Missing(absence),
        }
    }
}

/// A value that cannot be used. `Display` is Chinese.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{value}”{problem_zh}")]
pub struct ValueError {
    /// As written.
    pub value: String,
    /// What is wrong and what would be right, in Chinese.
    pub problem_zh: String,
    /// The same in English.
    pub problem_en: String,
}

impl ValueError {
    pub(crate) fn new(value: &str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { value: value.to_owned(), problem_zh: zh.into(), problem_en: en.into() }
    }

    /// The message in English.
    #[must_use]
    pub fn message_en(&self) -> String {
        format!("\"{}\" {}", self.value, self.problem_en)
    }
}

/// A reading, or the reason why the cell cannot be used.
pub type Outcome<T> = Result<Reading<T>, ValueError>;

/// Trimmed text with full-width digits, letters and marks made half-width: `１２００ｍｍ` is `1200mm`.
#[must_use]
pub fn half_width(text: &str) -> String {
    let narrow = |c: char| match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        '\u{3000}' | '\u{A0}' => ' ',
        '\u{2212}' | '\u{2013}' => '-',
        other => other,
    };
    text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == '\0')
        .chars()
        .map(narrow)
        .collect()
}

/// The absence that a cell stands for, none when it holds something to read.
pub(crate) fn absence(cell: &Cell, sentinels: &Sentinels) -> Option<Absence> {
    if cell.is_blank() {
        return Some(Absence::Blank);
    }
    sentinels.holds(cell).then(|| Absence::Sentinel(cell.text().trim().to_owned()))
}
