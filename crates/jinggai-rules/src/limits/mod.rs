//! Reading the wording of limits (时限) in a city's own 立案、处置、结案 table (`domain.md` 3.5, 3.6).
//!
//! Only for import: the result is a typed [`Limit`] or a question for a person, never a guess. Two wordings differ from
//! the open system whose parsing table 3.6 quotes: plain `4小时` and `2天` are asked, since a city may mean either unit,
//! and an unknown wording does not become one day. The original text is kept beside the value.
//! [`Known::read`] reads the rows of such a table, [`CaseLimits`] is the pack that they become.

mod condition;
mod number;
mod rows;
mod table;

pub use rows::{Answer, GivenRow, Known, LimitField, ReadRow, RowDoubt};
pub use table::{CaseLimits, LimitEntry, Wording};

use serde::Serialize;

use crate::clock::{Limit, TimeUnit};
use crate::text::fold_width;
use number::Number;

/// Greatest count that is believed without asking.
const MOST: u32 = 9999;

/// 时限原文 and what it was read as.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Parsed {
    /// The text as given, unchanged.
    pub original: String,
    /// What it says.
    pub reading: Reading,
}

/// What a wording says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// 明确.
    Clear(Limit),
    /// 存疑: a person decides.
    Doubtful {
        /// Why.
        doubt: Doubt,
        /// Limits it could mean; may be empty.
        choices: Vec<Limit>,
    },
}

/// Why a wording is asked (存疑原因).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// 空白.
    Empty,
    /// 无数字.
    NoNumber,
    /// 非整数, such as 半天 or 1.5.
    NotWhole,
    /// 数字不合理: zero or more than 9999.
    OutOfRange,
    /// 无单位.
    NoUnit,
    /// 单位含混: hours or days that may run through or not.
    UnclearUnit,
    /// 单位不识.
    UnknownUnit,
    /// 不止一个时限.
    Several,
}

impl Doubt {
    /// What to ask people (Chinese).
    pub const fn text_zh(self) -> &'static str {
        match self {
            Self::Empty => "未填写时限",
            Self::NoNumber => "没有数字，请填写具体时限",
            Self::NotWhole => "不是整数，请换算为整数的时限",
            Self::OutOfRange => "数字应在 1 至 9999 之间",
            Self::NoUnit => "没有单位，请选择紧急工作时、工作时、工作日或自然日",
            Self::UnclearUnit => "未写明是否连续计时，请选择",
            Self::UnknownUnit => "单位不认识，请选择紧急工作时、工作时、工作日或自然日",
            Self::Several => "含不止一个时限，请分开填写",
        }
    }

    /// The same in English.
    pub const fn text_en(self) -> &'static str {
        match self {
            Self::Empty => "no limit given",
            Self::NoNumber => "no number; give a definite limit",
            Self::NotWhole => "not a whole number; convert it",
            Self::OutOfRange => "the number should be 1 to 9999",
            Self::NoUnit => "no unit; choose urgent hours, working hours, working days or calendar days",
            Self::UnclearUnit => "unclear whether it runs through nights and weekends; choose",
            Self::UnknownUnit => {
                "unknown unit; choose urgent hours, working hours, working days or calendar days"
            }
            Self::Several => "more than one limit; give them separately",
        }
    }
}

impl Parsed {
    /// The limit, if the wording is clear.
    pub fn limit(&self) -> Option<Limit> {
        match &self.reading {
            Reading::Clear(limit) => Some(*limit),
            Reading::Doubtful { .. } => None,
        }
    }

    /// Why a person must decide, if so.
    pub fn doubt(&self) -> Option<Doubt> {
        match &self.reading {
            Reading::Clear(_) => None,
            Reading::Doubtful { doubt, .. } => Some(*doubt),
        }
    }
}

/// Reads a limit as tables write it: `2紧急工作时`, `５ 个工作日内`, `两个工作日`.
pub fn parse(text: &str) -> Parsed {
    Parsed { original: text.to_owned(), reading: read(text) }
}

fn read(text: &str) -> Reading {
    let folded: String = fold_width(text).chars().filter(|c| !c.is_whitespace()).collect();
    let body = bare(&folded);
    if body.is_empty() {
        return doubt(Doubt::Empty, Vec::new());
    }
    let (number, unit) = match number::leading(body) {
        Number::None if number::has_number(body) => return doubt(Doubt::UnknownUnit, Vec::new()),
        Number::None => return doubt(Doubt::NoNumber, at_once(body)),
        Number::NotWhole => return doubt(Doubt::NotWhole, Vec::new()),
        Number::TooLarge => return doubt(Doubt::OutOfRange, Vec::new()),
        Number::Whole(number, unit) => (number, unit.strip_prefix('个').unwrap_or(unit)),
    };
    if number::has_number(unit) {
        return doubt(Doubt::Several, Vec::new());
    }
    if !(1..=MOST).contains(&number) {
        return doubt(Doubt::OutOfRange, Vec::new());
    }
    let of = |units: &[TimeUnit]| units.iter().map(|unit| Limit::new(number, *unit)).collect();
    match meaning(unit) {
        Meaning::Unit(unit) => Reading::Clear(Limit::new(number, unit)),
        Meaning::Unclear(units) => doubt(Doubt::UnclearUnit, of(units)),
        Meaning::Missing => doubt(Doubt::NoUnit, of(TimeUnit::ALL)),
        Meaning::Unknown => doubt(Doubt::UnknownUnit, Vec::new()),
    }
}

enum Meaning {
    Unit(TimeUnit),
    Unclear(&'static [TimeUnit]),
    Missing,
    Unknown,
}

/// What a unit word means; 紧急工作日 is read as a calendar day by `domain.md` 3.6 \[A\].
fn meaning(unit: &str) -> Meaning {
    use TimeUnit::{NaturalDay, UrgentHour, WorkDay, WorkHour};
    match unit {
        "紧急工作时" | "紧急工作小时" => Meaning::Unit(UrgentHour),
        "工作时" | "工作小时" => Meaning::Unit(WorkHour),
        "工作日" => Meaning::Unit(WorkDay),
        "自然日" | "紧急工作日" => Meaning::Unit(NaturalDay),
        "小时" | "时" | "钟头" | "h" | "H" => Meaning::Unclear(&[UrgentHour, WorkHour]),
        "天" | "日" | "工作天" | "d" | "D" => Meaning::Unclear(&[WorkDay, NaturalDay]),
        "紧急小时" | "紧急时" | "自然小时" => Meaning::Unclear(&[UrgentHour]),
        "" => Meaning::Missing,
        _ => Meaning::Unknown,
    }
}

/// The text without the words that only say "within".
fn bare(text: &str) -> &str {
    let heads = ["限时", "限", "不超过", "≤", "<="];
    let tails = ["之内", "以内", "内"];
    let text = heads.iter().find_map(|head| text.strip_prefix(head)).unwrap_or(text);
    tails.iter().find_map(|tail| text.strip_suffix(tail)).unwrap_or(text)
}

/// 立即 is offered as zero hours, not taken: a table means different things by it.
fn at_once(text: &str) -> Vec<Limit> {
    let words = ["立即", "即时", "马上", "随即"];
    if words.contains(&text) { vec![Limit::new(0, TimeUnit::UrgentHour)] } else { Vec::new() }
}

fn doubt(doubt: Doubt, choices: Vec<Limit>) -> Reading {
    Reading::Doubtful { doubt, choices }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn clear_wordings() {
        let check = |text: &str, count: u32, unit: TimeUnit| {
            let parsed = parse(text);
            assert_eq!(parsed.limit(), Some(Limit::new(count, unit)), "{text}: {:?}", parsed.doubt());
            assert_eq!(parsed.original, text);
        };
        check("2紧急工作时", 2, TimeUnit::UrgentHour);
        check("4 工作时", 4, TimeUnit::WorkHour);
        check("4工作小时", 4, TimeUnit::WorkHour);
        check("2工作日", 2, TimeUnit::WorkDay);
        check("５个工作日内", 5, TimeUnit::WorkDay);
        check("两个工作日", 2, TimeUnit::WorkDay);
        check("十五个工作日", 15, TimeUnit::WorkDay);
        check("二十四紧急工作时以内", 24, TimeUnit::UrgentHour);
        check("限 3 自然日", 3, TimeUnit::NaturalDay);
        check("1紧急工作日", 1, TimeUnit::NaturalDay);
        check("\u{3000}2.0 紧急工作时\n", 2, TimeUnit::UrgentHour);
    }

    #[test]
    fn doubtful_wordings_are_asked() {
        let check = |text: &str, want: Doubt, choices: &[&str]| {
            let Reading::Doubtful { doubt, choices: got } = parse(text).reading else {
                panic!("{text} was read as {:?}", parse(text).limit());
            };
            let got: Vec<String> = got.iter().map(ToString::to_string).collect();
            assert_eq!((doubt, got), (want, choices.iter().map(ToString::to_string).collect()), "{text}");
        };
        check("4小时", Doubt::UnclearUnit, &["4紧急工作时", "4工作时"]);
        check("24 个小时", Doubt::UnclearUnit, &["24紧急工作时", "24工作时"]);
        check("2天", Doubt::UnclearUnit, &["2工作日", "2自然日"]);
        check("３日内", Doubt::UnclearUnit, &["3工作日", "3自然日"]);
        check("4", Doubt::NoUnit, &["4紧急工作时", "4工作时", "4工作日", "4自然日"]);
        check("", Doubt::Empty, &[]);
        check(" \u{3000}", Doubt::Empty, &[]);
        check("立即", Doubt::NoNumber, &["立即"]);
        check("按计划", Doubt::NoNumber, &[]);
        check("半天", Doubt::NotWhole, &[]);
        check("1.5工作时", Doubt::NotWhole, &[]);
        check("一个半工作日", Doubt::NotWhole, &[]);
        check("0工作日", Doubt::OutOfRange, &[]);
        check("10000工作日", Doubt::OutOfRange, &[]);
        check("99999999999999999999工作日", Doubt::OutOfRange, &[]);
        check("2周", Doubt::UnknownUnit, &[]);
        check("-2工作日", Doubt::UnknownUnit, &[]);
        check("2紧急工作时（围护）", Doubt::UnknownUnit, &[]);
        check("2-4工作时", Doubt::Several, &[]);
        check("2紧急工作时围护，6紧急工作时恢复", Doubt::Several, &[]);
        check("一二三工作日", Doubt::Several, &[]);
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader(text in "[0-9０-９.一二两十百半个紧急工作小时日天自然内限 -]{0,12}|\\PC{0,12}") {
            let parsed = parse(&text);
            prop_assert_eq!(parsed.limit().is_some(), parsed.doubt().is_none());
            if let Some(limit) = parsed.limit() {
                prop_assert!((1..=MOST).contains(&limit.count));
            }
        }

        #[test]
        fn what_is_written_is_read(count in 1..=MOST, unit in prop::sample::select(TimeUnit::ALL)) {
            let limit = Limit::new(count, unit);
            prop_assert_eq!(parse(&limit.to_string()).limit(), Some(limit));
            let han = number::tests::han(count);
            prop_assert_eq!(parse(&format!("{han}个{}", unit.name_zh())).limit(), Some(limit), "{}", han);
        }
    }
}
