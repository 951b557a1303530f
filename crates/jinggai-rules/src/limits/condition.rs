//! Reading a filing condition (立案条件): it is understood when all of it is made of known wordings.

use super::table::Wording;
use crate::hazards::{Catalogue, Measure};
use crate::text::fold_width;

/// What a condition says.
#[derive(Debug, PartialEq)]
pub(super) enum Condition {
    /// Catalogue codes.
    Clear(Vec<String>),
    /// These words are not known.
    Unknown(String),
    /// The threshold is another than the catalogue's; both in words.
    Threshold { said: String, catalogue: String },
}

const SEPARATORS: &[char] = &[',', ';', ':', '、', '。', '.'];

/// Reads a condition by the longest known wording at each place.
pub(super) fn read(text: &str, wordings: &[Wording], catalogue: &Catalogue) -> Condition {
    let text = plain(text);
    let mut rest = text.trim_start_matches(SEPARATORS);
    let mut codes: Vec<String> = vec![];
    while !rest.is_empty() {
        let here = wordings.iter().filter_map(|w| Some((w, matched(&plain(&w.text), rest)?)));
        let Some((wording, (len, number))) = here.max_by_key(|(_, (len, _))| *len) else {
            return Condition::Unknown(rest.split(SEPARATORS).next().unwrap_or(rest).to_owned());
        };
        if let Some((measure, number)) = wording.measure.zip(number) {
            let (said, right) = (number * wording.scale, threshold(catalogue, measure));
            if (said - right).abs() > 1e-6 {
                let unit = if measure == Measure::Damage { "平方厘米" } else { "毫米" };
                return Condition::Threshold {
                    said: format!("{said} {unit}"),
                    catalogue: format!("{right} {unit}"),
                };
            }
        }
        for code in &wording.hazards {
            if !codes.contains(code) {
                codes.push(code.clone());
            }
        }
        rest = rest[len..].trim_start_matches(SEPARATORS);
    }
    // Words that only describe say nothing by themselves.
    if codes.is_empty() { Condition::Unknown(text) } else { Condition::Clear(codes) }
}

fn threshold(catalogue: &Catalogue, measure: Measure) -> f64 {
    match measure {
        Measure::Damage => catalogue.damage_case_cm2,
        Measure::Height => catalogue.height_case_mm,
        Measure::Blocked => catalogue.blocked_case_share,
    }
}

/// The codes whose everyday words occur in a condition: offered to the person who decides, never taken.
pub(super) fn hints(text: &str, catalogue: &Catalogue) -> Vec<String> {
    let text = plain(text);
    let told = |words: &[String]| words.iter().any(|w| text.contains(&plain(w)));
    catalogue.entries.iter().filter(|h| told(&h.words)).map(|h| format!("{} {}", h.code, h.name)).collect()
}

/// Does a text begin with a wording, to the end of a clause? Its length in the text, and its first number.
fn matched(wording: &str, text: &str) -> Option<(usize, Option<f64>)> {
    let (mut rest, mut number) = (text, None);
    for (i, part) in wording.split('#').enumerate() {
        if i > 0 {
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').len();
            let value: f64 = rest[..digits].parse().ok()?;
            number = number.or(Some(value));
            rest = &rest[digits..];
        }
        rest = rest.strip_prefix(part)?;
    }
    (rest.is_empty() || rest.starts_with(SEPARATORS)).then(|| (text.len() - rest.len(), number))
}

/// Width and case folded, blanks dropped, one sign for one meaning.
fn plain(text: &str) -> String {
    let folded = fold_width(text).to_lowercase();
    folded
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| if matches!(c, 'x' | '*') { '×' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RulePack;
    use crate::limits::table::CaseLimits;

    #[test]
    fn conditions_of_real_tables() {
        let wordings = CaseLimits::shipped().remove(0).wordings;
        let catalogue = Catalogue::shipped().remove(0);
        let check = |text: &str, want: &[&str]| {
            let want = want.iter().map(ToString::to_string).collect();
            assert_eq!(read(text, &wordings, &catalogue), Condition::Clear(want), "{text}");
        };
        check("缺失、移位、开裂，存在安全隐患", &["H01", "H02", "H03"]);
        check("破损面积大于25平方厘米", &["H04"]);
        check("破损面积大于 ２５ 平方厘米。", &["H04"]);
        check("弹跳并产生噪音；翻盖明显不安全", &["H05"]);
        let around = "井盖周边150cm×150cm范围内路面深陷、凸起、破损，井框与路面高差大于2cm";
        check(around, &["H06", "H07"]);
        check(&around.replace('×', "X").replace("2cm", "20mm"), &["H06", "H07"]);
        check("堵塞面积达三分之一以上", &["H08"]);
    }

    #[test]
    fn what_is_not_known_is_asked() {
        let wordings = CaseLimits::shipped().remove(0).wordings;
        let catalogue = Catalogue::shipped().remove(0);
        let unknown = |text: &str, words: &str| {
            assert_eq!(read(text, &wordings, &catalogue), Condition::Unknown(words.into()), "{text}");
        };
        unknown("缺失、外溢", "外溢");
        unknown("缺失数量较多", "缺失数量较多");
        unknown("存在安全隐患", "存在安全隐患");
        unknown("破损面积大于平方厘米", "破损面积大于平方厘米");
        let other =
            Condition::Threshold { said: "100 平方厘米".into(), catalogue: "25 平方厘米".into() };
        assert_eq!(read("破损面积大于100平方厘米", &wordings, &catalogue), other);
        assert_eq!(hints("盖板缺失", &catalogue), ["H01 缺失"]);
        assert!(hints("外溢", &catalogue).len() <= 1);
    }
}
