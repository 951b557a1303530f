//! One value of a table. Kept small and plain so that every format maps onto it without loss of what a person sees;
//! turning a cell into a length, a date or a code is the business of [`crate::values`] and of the rules crate.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};

/// A value as the file holds it.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Cell {
    /// Nothing: an empty cell, a JSON null, an absent property.
    #[default]
    Null,
    /// A truth value of a format that has them.
    Bool(bool),
    /// A whole number that the file holds exactly.
    Int(i64),
    /// A number with a fraction, or a whole number too large to be exact.
    Real(f64),
    /// Text as written, not trimmed.
    Text(String),
    /// A calendar date.
    Date(Date),
    /// A wall-clock time without a zone (spreadsheets).
    DateTime(DateTime),
    /// A point in time (GeoPackage `DATETIME`, which is always UTC).
    Instant(Timestamp),
}

impl Cell {
    /// Whether nothing stands here: null, or text of blanks only.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Text(text) => text.trim().is_empty(),
            _ => false,
        }
    }

    /// The text that a person would see, empty for null; whole numbers without a decimal point.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Null => Cow::Borrowed(""),
            Self::Text(text) => Cow::Borrowed(text),
            Self::Bool(value) => Cow::Borrowed(if *value { "true" } else { "false" }),
            Self::Int(value) => Cow::Owned(value.to_string()),
            Self::Real(value) => Cow::Owned(value.to_string()),
            Self::Date(value) => Cow::Owned(value.to_string()),
            Self::DateTime(value) => Cow::Owned(value.to_string()),
            Self::Instant(value) => Cow::Owned(value.to_string()),
        }
    }

    /// The number in a numeric cell; text is not read here, see [`crate::values::number()`].
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Int(value) => Some(*value as f64),
            Self::Real(value) => Some(*value),
            _ => None,
        }
    }

    /// A number as a spreadsheet or a JSON file holds it: whole numbers that a double keeps exactly become
    /// [`Cell::Int`], the rest [`Cell::Real`]; infinities and NaN become null.
    #[must_use]
    pub fn from_f64(value: f64) -> Self {
        const EXACT_MAX: f64 = 9_007_199_254_740_992.0;
        if !value.is_finite() {
            Self::Null
        } else if value.fract() == 0.0 && value.abs() <= EXACT_MAX {
            Self::Int(value as i64)
        } else {
            Self::Real(value)
        }
    }

    /// Text, or null for the empty string.
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        if text.is_empty() { Self::Null } else { Self::Text(text.to_owned()) }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Cell {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<f64> for Cell {
    fn from(value: f64) -> Self {
        Self::Real(value)
    }
}

impl From<bool> for Cell {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}
