//! Long numbers that a spreadsheet has damaged. A spreadsheet keeps 15 significant digits; a 19-digit code typed into a
//! numeric cell ends in zeros or becomes `5.00105E+18`.

use crate::cell::Cell;

/// How sure it is that digits are gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DigitLoss {
    /// Scientific notation, or a number that a double cannot hold exactly.
    Certain,
    /// More than 15 digits of which only zeros follow the fifteenth.
    Likely,
}

/// Digits that a spreadsheet keeps.
const KEPT: usize = 15;

/// Whether the cell is a long number that lost digits; none for everything else.
#[must_use]
pub fn loss(cell: &Cell) -> Option<DigitLoss> {
    match cell {
        // Beyond 2^53 neighbours are skipped: the last digits are not those that were typed.
        Cell::Real(value) if value.abs() >= 9_007_199_254_740_992.0 && value.fract() == 0.0 => {
            Some(DigitLoss::Certain)
        }
        Cell::Int(value) => zeros_after_kept(&value.unsigned_abs().to_string()),
        Cell::Text(text) => text_loss(text.trim()),
        _ => None,
    }
}

fn text_loss(text: &str) -> Option<DigitLoss> {
    let text = text.trim_start_matches('\'');
    if text.len() > KEPT && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return zeros_after_kept(text);
    }
    let (mantissa, exponent) = text.split_once(['E', 'e'])?;
    let exponent: u32 = exponent.strip_prefix('+').unwrap_or(exponent).parse().ok()?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    (whole.len() == 1 && digits(whole) && digits(fraction) && (10..=30).contains(&exponent))
        .then_some(DigitLoss::Certain)
}

fn zeros_after_kept(digits: &str) -> Option<DigitLoss> {
    let tail = digits.get(KEPT..)?;
    // One or two zeros end every tenth or hundredth honest number.
    (tail.len() >= 3 && tail.bytes().all(|byte| byte == b'0')).then_some(DigitLoss::Likely)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_codes_are_seen() {
        for (cell, expected) in [
            (Cell::from("5.00105E+18"), Some(DigitLoss::Certain)),
            (Cell::from("5.00105123456789e+18"), Some(DigitLoss::Certain)),
            (Cell::Real(5.001_051_234_567_891e18), Some(DigitLoss::Certain)),
            (Cell::from("5001051234567890000"), Some(DigitLoss::Likely)),
            (Cell::Int(5_001_051_234_567_890_000), Some(DigitLoss::Likely)),
            (Cell::from("5001051234567890123"), None),
            (Cell::from("5001050101000100"), None),
            (Cell::from("1.5E3"), None),
            (Cell::Real(106.55), None),
            (Cell::from("E12"), None),
        ] {
            assert_eq!(loss(&cell), expected, "{cell:?}");
        }
    }
}
