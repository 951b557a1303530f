//! Sizes of covers (规格): `D800` round, `R800x600` rectangular, as the census apps write them.
//!
//! Reads what people and files write (`Φ700`, `700*700`, `70cm Diameter`, `24"`), keeps whole millimetres of the clear
//! opening, and says when a number cannot be a cover. It does not guess whether a column holds the cover or the shaft.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::error::{Explain, RuleError};
use crate::kinds::Shape;
use crate::pack::{PackHead, RulePack};
use crate::text::fold_width;

/// 规格: clear opening of a cover in whole millimetres.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum CoverSize {
    /// 圆形: diameter.
    Round {
        /// Diameter in mm.
        diameter_mm: u32,
    },
    /// 矩形或方形: two sides as written, the first one is usually the longer.
    Rectangle {
        /// First side in mm.
        length_mm: u32,
        /// Second side in mm.
        width_mm: u32,
    },
}

/// Why a size was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SizeError {
    /// Nothing that reads as a size.
    #[error("规格“{given}”无法识别；应写成 D800（圆形，直径毫米）或 R800x600（矩形，毫米）")]
    Unreadable {
        /// Text as given.
        given: String,
    },
    /// A number outside the plausible range.
    #[error(
        "规格“{given}”为 {found_mm} 毫米，超出合理范围 {least_mm}–{most_mm} 毫米；请核对单位（应为毫米）"
    )]
    Implausible {
        /// Text as given.
        given: String,
        /// What it would be in mm.
        found_mm: u64,
        /// Least plausible value in mm.
        least_mm: u32,
        /// Greatest plausible value in mm.
        most_mm: u32,
    },
}

impl Explain for SizeError {
    fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "size.unreadable",
            Self::Implausible { .. } => "size.implausible",
        }
    }

    fn message_en(&self) -> String {
        match self {
            Self::Unreadable { given } => {
                format!(
                    "size `{given}` cannot be read; write D800 (round, diameter in mm) or R800x600 (rectangle, mm)"
                )
            }
            Self::Implausible { given, found_mm, least_mm, most_mm } => {
                format!(
                    "size `{given}` is {found_mm} mm, outside {least_mm}–{most_mm} mm; check the unit (mm)"
                )
            }
        }
    }
}

/// Plausible range of one dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Range {
    /// Least value in mm.
    pub least_mm: u32,
    /// Greatest value in mm.
    pub most_mm: u32,
}

/// 规格合理范围: bounds outside which a size is a mistake \[I\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SizeLimits {
    /// Head.
    pub pack: PackHead,
    /// Diameters of round covers.
    pub round: Range,
    /// Sides of rectangular covers.
    pub side: Range,
}

impl RulePack for SizeLimits {
    const KIND: &'static str = "size_limits";
    const SHIPPED: &'static [&'static str] = &[include_str!("../packs/size-limits.toml")];

    fn head(&self) -> &PackHead {
        &self.pack
    }

    fn check_content(&self) -> Result<(), RuleError> {
        for (key, range) in [("round", self.round), ("side", self.side)] {
            if range.least_mm == 0 || range.least_mm > range.most_mm {
                let problem = format!("{}–{}", range.least_mm, range.most_mm);
                return Err(RuleError::value(Self::KIND, key, problem, "least_mm 大于 0 且不大于 most_mm"));
            }
        }
        Ok(())
    }
}

impl CoverSize {
    /// Reads a size and checks it against the limits.
    pub fn parse(text: &str, limits: &SizeLimits) -> Result<Self, SizeError> {
        let (size, dimensions) = read(text)?;
        let range = if matches!(size, Self::Round { .. }) { limits.round } else { limits.side };
        match dimensions.iter().find(|mm| **mm < u64::from(range.least_mm) || **mm > u64::from(range.most_mm))
        {
            None => Ok(size),
            Some(found_mm) => Err(SizeError::Implausible {
                given: text.trim().to_owned(),
                found_mm: *found_mm,
                least_mm: range.least_mm,
                most_mm: range.most_mm,
            }),
        }
    }

    /// Area of the clear opening in square metres.
    pub fn area_m2(self) -> f64 {
        match self {
            Self::Round { diameter_mm } => {
                std::f64::consts::FRAC_PI_4 * (f64::from(diameter_mm) / 1000.0).powi(2)
            }
            Self::Rectangle { length_mm, width_mm } => {
                f64::from(length_mm) / 1000.0 * f64::from(width_mm) / 1000.0
            }
        }
    }

    /// The shape the size implies.
    pub const fn shape(self) -> Shape {
        match self {
            Self::Round { .. } => Shape::Round,
            Self::Rectangle { length_mm, width_mm } if length_mm == width_mm => Shape::Square,
            Self::Rectangle { .. } => Shape::Rectangle,
        }
    }
}

/// Canonical text: `D800`, `R800x600` (`domain.md` 2.4 \[A\]\[S18\]).
impl fmt::Display for CoverSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Round { diameter_mm } => write!(f, "D{diameter_mm}"),
            Self::Rectangle { length_mm, width_mm } => write!(f, "R{length_mm}x{width_mm}"),
        }
    }
}

impl From<CoverSize> for String {
    fn from(size: CoverSize) -> Self {
        size.to_string()
    }
}

/// Without limits: what is stored was checked with the limits of its day.
impl TryFrom<String> for CoverSize {
    type Error = SizeError;

    fn try_from(text: String) -> Result<Self, SizeError> {
        read(&text).map(|(size, _)| size)
    }
}

fn read(text: &str) -> Result<(CoverSize, Vec<u64>), SizeError> {
    let unreadable = || SizeError::Unreadable { given: text.trim().to_owned() };
    let folded = fold_width(text).to_lowercase();
    let numbers = dimensions(&folded).ok_or_else(unreadable)?;
    let whole = |mm: f64| -> Option<(u32, u64)> {
        let rounded = mm.round();
        // Beyond u32 no limit would let it pass; the saturated value still says what was read.
        (rounded >= 1.0 && rounded.is_finite()).then_some((rounded as u32, rounded as u64))
    };
    match numbers.as_slice() {
        [one] => {
            let (diameter_mm, exact) = whole(*one).ok_or_else(unreadable)?;
            if folded.contains('方') || folded.contains('□') || folded.contains("square") {
                let square = CoverSize::Rectangle { length_mm: diameter_mm, width_mm: diameter_mm };
                return Ok((square, vec![exact, exact]));
            }
            Ok((CoverSize::Round { diameter_mm }, vec![exact]))
        }
        [first, second] => {
            let (length_mm, long) = whole(*first).ok_or_else(unreadable)?;
            let (width_mm, wide) = whole(*second).ok_or_else(unreadable)?;
            Ok((CoverSize::Rectangle { length_mm, width_mm }, vec![long, wide]))
        }
        _ => Err(unreadable()),
    }
}

/// Words and signs that say nothing but the shape or the meaning of the number.
const NOISE: [&str; 23] = [
    "diameter",
    "round",
    "square",
    "rectangular",
    "rectangle",
    "圆形",
    "矩形",
    "方形",
    "直径",
    "规格",
    "圆",
    "方",
    "dn",
    "φ",
    "ф",
    "ø",
    "⌀",
    "□",
    "约",
    ":",
    "：",
    "(",
    ")",
];

/// One or two numbers in mm; `None` if the text holds anything else.
fn dimensions(folded: &str) -> Option<Vec<f64>> {
    let mut text = folded.trim().to_owned();
    for noise in NOISE {
        text = text.replace(noise, " ");
    }
    let text = text.trim();
    let text = text.strip_prefix(['d', 'r']).unwrap_or(text);
    let sides: Vec<&str> = text.split(['x', '*', '×', '✕', 'х']).map(str::trim).collect();
    if sides.len() > 2 {
        return None;
    }
    let parsed: Vec<(f64, Option<f64>)> =
        sides.iter().map(|side| number_and_unit(side)).collect::<Option<_>>()?;
    // `700x700 cm`: the unit after the last number holds for those before it.
    let last = parsed.last().and_then(|(_, unit)| *unit).unwrap_or(1.0);
    Some(parsed.into_iter().map(|(number, unit)| number * unit.unwrap_or(last)).collect())
}

fn number_and_unit(side: &str) -> Option<(f64, Option<f64>)> {
    let end = side.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(side.len());
    let number: f64 = side[..end].parse().ok()?;
    let unit = match side[end..].trim().trim_end_matches('.') {
        "" => None,
        "mm" | "毫米" | "㎜" => Some(1.0),
        "cm" | "厘米" | "公分" | "㎝" => Some(10.0),
        "m" | "米" => Some(1000.0),
        "in" | "inch" | "inches" | "\"" | "″" | "”" | "英寸" => Some(25.4),
        _ => return None,
    };
    Some((number, unit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn limits() -> SizeLimits {
        SizeLimits::shipped_by_id("size-limits").unwrap()
    }

    fn check(text: &str, want: Result<&str, &str>) {
        let got =
            CoverSize::parse(text, &limits()).map(|size| size.to_string()).map_err(|error| error.to_string());
        assert_eq!(got.as_deref().map_err(String::as_str), want, "{text}");
    }

    #[test]
    fn sizes_as_written() {
        check("D800", Ok("D800"));
        check("Φ700", Ok("D700"));
        check("φ 700mm", Ok("D700"));
        check("ＤＮ７００", Ok("D700"));
        check("R800x600", Ok("R800x600"));
        check("800×600mm", Ok("R800x600"));
        check("700*700", Ok("R700x700"));
        check("80cm*60cm", Ok("R800x600"));
        check("80x60 cm", Ok("R800x600"));
        check("圆形700", Ok("D700"));
        check("方形 700", Ok("R700x700"));
        check("800", Ok("D800"));
        check("0.7m", Ok("D700"));
        // Penticton and Port Coquitlam.
        check("1200 mm", Ok("D1200"));
        check("70cm Diameter", Ok("D700"));
        check("1250", Ok("D1250"));
        check("24\"", Ok("D610"));
        check("24 inches", Ok("D610"));
        check("700.0", Ok("D700"));
    }

    #[test]
    fn errors_say_what_is_right() {
        let unreadable = "规格“Unknown”无法识别；应写成 D800（圆形，直径毫米）或 R800x600（矩形，毫米）";
        check("Unknown", Err(unreadable));
        check("0.7", Err("规格“0.7”为 1 毫米，超出合理范围 100–3000 毫米；请核对单位（应为毫米）"));
        check("8000", Err("规格“8000”为 8000 毫米，超出合理范围 100–3000 毫米；请核对单位（应为毫米）"));
        check(
            "99999999999",
            Err("规格“99999999999”为 99999999999 毫米，超出合理范围 100–3000 毫米；请核对单位（应为毫米）"),
        );
        for text in ["", "800x600x50", "x800", "-800", "D", "8 00", "1e3", "700/800"] {
            assert!(CoverSize::parse(text, &limits()).is_err(), "{text}");
        }
    }

    #[test]
    fn opening_and_shape() {
        let check = |text: &str, area_m2: f64, shape: Shape| {
            let size = CoverSize::parse(text, &limits()).unwrap();
            assert!((size.area_m2() - area_m2).abs() < 1e-4, "{text}: {}", size.area_m2());
            assert_eq!(size.shape(), shape, "{text}");
        };
        check("D700", 0.3848, Shape::Round);
        check("R800x600", 0.48, Shape::Rectangle);
        check("R700x700", 0.49, Shape::Square);
    }

    proptest! {
        #[test]
        fn canonical_text_reads_back(first in 1_u32..100_000, second in 1_u32..100_000, round in any::<bool>()) {
            let size = if round {
                CoverSize::Round { diameter_mm: first }
            } else {
                CoverSize::Rectangle { length_mm: first, width_mm: second }
            };
            prop_assert_eq!(CoverSize::try_from(size.to_string()), Ok(size));
            let json = serde_json::to_string(&size).unwrap();
            prop_assert_eq!(serde_json::from_str::<CoverSize>(&json).unwrap(), size);
        }

        #[test]
        fn no_text_breaks_the_reader(text in "\\PC{0,20}") {
            if let Ok(size) = CoverSize::parse(&text, &limits()) {
                prop_assert!(size.area_m2() > 0.0);
            }
        }
    }
}
