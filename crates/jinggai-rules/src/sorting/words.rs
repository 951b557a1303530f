//! The word lists of the sorter as a rule pack.
//!
//! Words of hazards are not here: they stand with their hazards in the catalogue.

use serde::{Deserialize, Serialize};

use crate::error::RuleError;
use crate::hazards::Level;
use crate::pack::{PackHead, RulePack};

/// 分拣词表. Words are compared with width and case folded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SortWords {
    /// Head.
    pub pack: PackHead,
    /// 井盖词: any of them means that a cover is concerned.
    pub cover: Vec<String>,
    /// 疑似词: a cover may be concerned if a hazard is named as well.
    pub maybe: Vec<String>,
    /// 排除词: hold a cover word's characters and mean something else.
    pub not_cover: Vec<String>,
    /// 否定词 before a hazard.
    pub negations: Vec<String>,
    /// 虚词 that may stand between a negation and what it denies.
    pub fillers: Vec<String>,
    /// 已了结 words: what was named before is settled, or all is well.
    pub settled: Vec<String>,
    /// 转折词: what follows is another clause.
    pub contrasts: Vec<String>,
    /// 险情词: raise the urgency.
    pub danger: Vec<DangerWord>,
    /// Where place names begin and end.
    pub places: PlaceWords,
}

/// 险情词.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DangerWord {
    /// The word.
    pub word: String,
    /// Urgency it stands for at least.
    pub level: Level,
}

/// 地名用词.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlaceWords {
    /// Endings of road names: 路, 街, 大道 …
    pub suffixes: Vec<String>,
    /// Characters that, behind an ending, make it another word: 路灯, 街道.
    pub not_before: String,
    /// Words behind which a road name begins: 在, 位于 …
    pub breaks: Vec<String>,
    /// Ends of area names behind which a road name begins if enough is left: 区, 镇 …
    pub area_ends: Vec<String>,
    /// Words that look like road names and are none: 十字路, 这条路 …
    pub generic: Vec<String>,
    /// English endings of road names.
    pub suffixes_en: Vec<String>,
    /// English words behind which a road name begins.
    pub breaks_en: Vec<String>,
}

impl RulePack for SortWords {
    const KIND: &'static str = "sorting";
    const SHIPPED: &'static [&'static str] = &[include_str!("../../packs/sorting.toml")];

    fn head(&self) -> &PackHead {
        &self.pack
    }

    fn check_content(&self) -> Result<(), RuleError> {
        let places = &self.places;
        let lists: [(&str, &[String]); 13] = [
            ("cover", &self.cover),
            ("maybe", &self.maybe),
            ("not_cover", &self.not_cover),
            ("negations", &self.negations),
            ("fillers", &self.fillers),
            ("settled", &self.settled),
            ("contrasts", &self.contrasts),
            ("places.suffixes", &places.suffixes),
            ("places.breaks", &places.breaks),
            ("places.area_ends", &places.area_ends),
            ("places.generic", &places.generic),
            ("places.suffixes_en", &places.suffixes_en),
            ("places.breaks_en", &places.breaks_en),
        ];
        for (key, list) in lists {
            check_list(key, list.iter())?;
        }
        check_list("danger", self.danger.iter().map(|row| &row.word))?;
        if self.cover.is_empty() {
            return Err(RuleError::value(Self::KIND, "cover", "为空", "至少一个井盖词"));
        }
        Ok(())
    }
}

fn check_list<'w>(key: &str, words: impl Iterator<Item = &'w String>) -> Result<(), RuleError> {
    let mut seen = Vec::new();
    for word in words {
        if word.trim() != word || word.is_empty() {
            let problem = format!("“{word}”为空或首尾有空白");
            return Err(RuleError::value(SortWords::KIND, key, problem, "词语本身"));
        }
        if seen.contains(&word) {
            return Err(RuleError::value(SortWords::KIND, key, format!("“{word}”重复"), "每个词语一次"));
        }
        seen.push(word);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_lists_are_refused() {
        let check = |change: &dyn Fn(&mut SortWords), want: &str| {
            let mut words = SortWords::shipped_by_id("sorting").unwrap();
            change(&mut words);
            let error = words.validate().unwrap_err().to_string();
            assert!(error.contains(want), "{error}");
        };
        check(&|w| w.cover.clear(), "至少一个井盖词");
        check(&|w| w.cover.push("井盖".into()), "cover 有误：“井盖”重复");
        check(&|w| w.negations.push(" 没".into()), "首尾有空白");
        check(&|w| w.danger.push(w.danger[0].clone()), "danger 有误");
        check(&|w| w.places.generic.push(String::new()), "places.generic");
    }
}
