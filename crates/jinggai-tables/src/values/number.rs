//! Numbers and lengths with units.

use super::{Outcome, Reading, Sentinels, ValueError, absence, half_width};
use crate::cell::Cell;

/// A unit of length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LengthUnit {
    /// 毫米
    Millimetre,
    /// 厘米
    Centimetre,
    /// 分米
    Decimetre,
    /// 米
    Metre,
    /// 千米
    Kilometre,
    /// 英寸
    Inch,
    /// 英尺
    Foot,
}

impl LengthUnit {
    /// Millimetres in one.
    #[must_use]
    pub const fn millimetres(self) -> f64 {
        match self {
            Self::Millimetre => 1.0,
            Self::Centimetre => 10.0,
            Self::Decimetre => 100.0,
            Self::Metre => 1000.0,
            Self::Kilometre => 1_000_000.0,
            Self::Inch => 25.4,
            Self::Foot => 304.8,
        }
    }
}

/// Longer names before those that they begin with.
const UNITS: &[(&str, LengthUnit)] = &[
    ("millimetres", LengthUnit::Millimetre),
    ("millimeters", LengthUnit::Millimetre),
    ("millimetre", LengthUnit::Millimetre),
    ("millimeter", LengthUnit::Millimetre),
    ("mm", LengthUnit::Millimetre),
    ("毫米", LengthUnit::Millimetre),
    ("公厘", LengthUnit::Millimetre),
    ("㎜", LengthUnit::Millimetre),
    ("centimetres", LengthUnit::Centimetre),
    ("centimeters", LengthUnit::Centimetre),
    ("cm", LengthUnit::Centimetre),
    ("厘米", LengthUnit::Centimetre),
    ("公分", LengthUnit::Centimetre),
    ("㎝", LengthUnit::Centimetre),
    ("dm", LengthUnit::Decimetre),
    ("分米", LengthUnit::Decimetre),
    ("km", LengthUnit::Kilometre),
    ("千米", LengthUnit::Kilometre),
    ("公里", LengthUnit::Kilometre),
    ("㎞", LengthUnit::Kilometre),
    ("inches", LengthUnit::Inch),
    ("inch", LengthUnit::Inch),
    ("in", LengthUnit::Inch),
    ("\"", LengthUnit::Inch),
    ("英寸", LengthUnit::Inch),
    ("吋", LengthUnit::Inch),
    ("feet", LengthUnit::Foot),
    ("foot", LengthUnit::Foot),
    ("ft", LengthUnit::Foot),
    ("'", LengthUnit::Foot),
    ("英尺", LengthUnit::Foot),
    ("呎", LengthUnit::Foot),
    ("metres", LengthUnit::Metre),
    ("meters", LengthUnit::Metre),
    ("metre", LengthUnit::Metre),
    ("meter", LengthUnit::Metre),
    ("m", LengthUnit::Metre),
    ("公尺", LengthUnit::Metre),
    ("米", LengthUnit::Metre),
];

/// A length and how it was written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Length {
    /// In the unit asked for.
    pub value: f64,
    /// The unit written in the cell; none when the column's own was assumed.
    pub written: Option<LengthUnit>,
}

/// Reads a plain number; text may have full-width digits and thousands separators.
///
/// # Errors
/// The cell is not a number, or a comma could be a decimal or a thousands mark.
pub fn number(cell: &Cell, sentinels: &Sentinels) -> Outcome<f64> {
    if let Some(missing) = absence(cell, sentinels) {
        return Ok(Reading::Missing(missing));
    }
    if let Some(value) = cell.as_f64() {
        return Ok(Reading::Value(value));
    }
    let text = half_width(&cell.text());
    match decimal(&text)? {
        Some(value) => Ok(Reading::Value(value)),
        None => Err(ValueError::new(&text, "不是数字", "is not a number")),
    }
}

/// Reads a whole number.
///
/// # Errors
/// The cell is not a whole number that 64 bits hold exactly.
pub fn whole(cell: &Cell, sentinels: &Sentinels) -> Outcome<i64> {
    let text = cell.text();
    if let (Some(exact), false) = (half_width(&text).parse::<i64>().ok(), sentinels.holds(cell)) {
        return Ok(Reading::Value(exact));
    }
    let reading = number(cell, sentinels)?;
    match reading {
        Reading::Value(value) if value.fract() != 0.0 || value.abs() > 9_007_199_254_740_992.0 => {
            Err(ValueError::new(&text, "应为整数", "should be a whole number"))
        }
        reading => Ok(reading.map(|value| value as i64)),
    }
}

/// Reads a length; a bare number is in `column_unit`. Words after the unit (`100cm Diameter`) are accepted.
///
/// # Errors
/// There is no number at the start, or what follows it is no unit.
pub fn length(
    cell: &Cell,
    column_unit: LengthUnit,
    target: LengthUnit,
    sentinels: &Sentinels,
) -> Outcome<Length> {
    if let Some(missing) = absence(cell, sentinels) {
        return Ok(Reading::Missing(missing));
    }
    if let Some(value) = cell.as_f64() {
        return Ok(Reading::Value(Length { value: convert(value, column_unit, target), written: None }));
    }
    let text = half_width(&cell.text());
    let end = text
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ',' | '+' | '-')))
        .unwrap_or(text.len());
    let (figures, rest) = text.split_at(end);
    let rest = rest.trim().to_lowercase();
    let Some(value) = decimal(figures)? else {
        return Err(ValueError::new(
            &text,
            "不是长度，应为数字加单位，如 1200 mm",
            "is not a length: a number with a unit is expected, such as 1200 mm",
        ));
    };
    if rest.is_empty() {
        return Ok(Reading::Value(Length { value: convert(value, column_unit, target), written: None }));
    }
    let unit = UNITS.iter().find_map(|(name, unit)| {
        let words = rest.strip_prefix(name)?;
        // The unit ends here: `mast` is not metres.
        let apart = words.chars().next().is_none_or(|c| !c.is_ascii_alphabetic() || !name.is_ascii());
        (apart && !words.chars().any(|c| c.is_ascii_digit())).then_some(*unit)
    });
    let Some(unit) = unit else {
        let zh = "的单位看不懂，可用 mm、cm、m 等";
        return Err(ValueError::new(&text, zh, "has a unit that is not understood: use mm, cm, m …"));
    };
    Ok(Reading::Value(Length { value: convert(value, unit, target), written: Some(unit) }))
}

fn convert(value: f64, from: LengthUnit, to: LengthUnit) -> f64 {
    if from == to {
        return value;
    }
    // A millionth of the target unit is finer than any tape: 24 in are 609.6 mm and not 609.5999….
    let exact = value * from.millimetres() / to.millimetres();
    if exact.abs() < 1e9 { (exact * 1e6).round() / 1e6 } else { exact }
}

/// A decimal number; none when the text is not one. `1,200` is twelve hundred, `1,2` is refused.
fn decimal(text: &str) -> Result<Option<f64>, ValueError> {
    let text = text.trim();
    let plain = |text: &str| {
        let shape = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'e' | b'E'));
        text.parse::<f64>().ok().filter(|value| shape && value.is_finite())
    };
    if !text.contains(',') {
        return Ok(plain(text));
    }
    let unsigned = text.trim_start_matches(['-', '+']);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let mut groups = whole.split(',');
    let first = groups.next().is_some_and(|group| (1..=3).contains(&group.len()) && is_digits(group));
    let grouped =
        first && groups.all(|group| group.len() == 3 && is_digits(group)) && !fraction.contains(',');
    if grouped {
        return Ok(plain(&text.replace(',', "")));
    }
    let looks_decimal = unsigned.split(',').all(is_digits);
    if looks_decimal {
        let (zh, en) =
            ("中的逗号可能是小数点，请改用“.”", "has a comma that may be a decimal point: write \".\"");
        return Err(ValueError::new(text, zh, en));
    }
    Ok(None)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn millimetres(text: &str) -> Result<Option<f64>, ValueError> {
        length(&Cell::from(text), LengthUnit::Millimetre, LengthUnit::Millimetre, &Sentinels::default())
            .map(|reading| reading.map(|length| length.value).value())
    }

    #[test]
    fn lengths_of_real_files() {
        for (text, expected) in [
            ("1200 mm", Some(1200.0)),
            ("1.2m", Some(1200.0)),
            ("100cm Diameter", Some(1000.0)),
            ("70cm Diameter", Some(700.0)),
            ("１２００ｍｍ", Some(1200.0)),
            ("1.5米", Some(1500.0)),
            ("0.7 米深", Some(700.0)),
            ("24\"", Some(609.6)),
            ("1250", Some(1250.0)),
            ("1,200", Some(1200.0)),
            ("Unknown", None),
            ("-99", None),
        ] {
            assert_eq!(millimetres(text), Ok(expected), "{text}");
        }
        for text in ["D800", "700*700", "12 apples", "1,2", "1200 mm 3", "mm", "约3.5", "mast", "3 mast"] {
            assert!(millimetres(text).is_err(), "{text}");
        }
    }

    #[test]
    fn numbers() {
        let marks = Sentinels::default();
        assert_eq!(number(&Cell::from(" 3.50 "), &marks), Ok(Reading::Value(3.5)));
        assert_eq!(
            whole(&Cell::from("5001051234567890123"), &marks),
            Ok(Reading::Value(5_001_051_234_567_890_123))
        );
        assert_eq!(whole(&Cell::Real(3.0), &marks), Ok(Reading::Value(3)));
        assert!(whole(&Cell::Real(3.5), &marks).is_err());
        assert!(number(&Cell::from("inf"), &marks).is_err());
        assert!(number(&Cell::from("1-2"), &marks).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,20}") {
            let marks = Sentinels::default();
            let length = millimetres(&text);
            prop_assert!(length.is_err() || length.is_ok_and(|value| value.is_none_or(f64::is_finite)));
            prop_assert!(number(&Cell::from(text.as_str()), &marks).map(Reading::value).is_ok_and(|v| v.is_none_or(f64::is_finite))
                || number(&Cell::from(text.as_str()), &marks).is_err());
        }

        #[test]
        fn written_numbers_come_back(value in -1e9..1e9f64) {
            prop_assert_eq!(number(&Cell::from(value.to_string()), &Sentinels::none()), Ok(Reading::Value(value)));
        }
    }
}
