//! Truth values in Chinese and English. 有/无 are answers here, so they are looked up before the marks for "unknown".

use super::{Outcome, Reading, Sentinels, ValueError, absence, half_width};
use crate::cell::Cell;

const YES: &[&str] = &["true", "t", "yes", "y", "1", "是", "有", "对", "真", "√", "✓", "✔", "on"];
const NO: &[&str] =
    &["false", "f", "no", "n", "0", "否", "无", "没有", "不是", "假", "×", "✗", "✘", "x", "off"];

/// Reads a truth value.
///
/// # Errors
/// The cell holds something else than a known word, 0 or 1.
pub fn boolean(cell: &Cell, sentinels: &Sentinels) -> Outcome<bool> {
    if let Cell::Bool(value) = cell {
        return Ok(Reading::Value(*value));
    }
    let text = half_width(&cell.text());
    let is = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(&text));
    if is(YES) {
        return Ok(Reading::Value(true));
    }
    if is(NO) {
        return Ok(Reading::Value(false));
    }
    absence(cell, sentinels).map(Reading::Missing).ok_or_else(|| {
        ValueError::new(
            &text,
            "不是“是/否”，应填 是 或 否",
            "is not a yes or no: write 是/否, yes/no, true/false or 1/0",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::Absence;

    #[test]
    fn words() {
        let marks = Sentinels::default();
        for (text, expected) in
            [("是", true), ("YES", true), ("√", true), ("否", false), ("无", false), (" no ", false)]
        {
            assert_eq!(boolean(&Cell::from(text), &marks), Ok(Reading::Value(expected)), "{text}");
        }
        assert_eq!(boolean(&Cell::Int(1), &marks), Ok(Reading::Value(true)));
        assert_eq!(
            boolean(&Cell::from("不详"), &marks),
            Ok(Reading::Missing(Absence::Sentinel("不详".to_owned())))
        );
        assert_eq!(boolean(&Cell::Null, &marks), Ok(Reading::Missing(Absence::Blank)));
        assert!(boolean(&Cell::from("2"), &marks).is_err());
    }
}
