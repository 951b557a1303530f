//! 本市立案、处置、结案标准 as a pack: which limit, condition and closing a small class and defect have in this city.
//!
//! `domain.md` 3.5 \[A\]\[S33\]: a city writes its own table, and one city may hold two that contradict. What it says
//! stands above the hazard catalogue; what it leaves out is the catalogue's.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::clock::Limit;
use crate::error::RuleError;
use crate::hazards::Measure;
use crate::kinds::CoverKind;
use crate::pack::{PackHead, RulePack};

/// 本市立案、处置、结案标准.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseLimits {
    /// Head.
    pub pack: PackHead,
    /// The rows that hold.
    pub entries: Vec<LimitEntry>,
    /// 已知的立案条件说法: by these the condition of a row is read.
    pub wordings: Vec<Wording>,
}

/// One row of the table (一条标准): the original wording beside what it was read as.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitEntry {
    /// 小类, as written.
    pub class: String,
    /// Kind of cover that it means.
    pub kind: CoverKind,
    /// 立案条件, as written.
    pub condition: String,
    /// Catalogue codes that it means.
    pub hazards: Vec<String>,
    /// 处置时限, typed.
    pub limit: Limit,
    /// 处置时限, as written.
    pub limit_text: String,
    /// 结案条件, as written.
    pub closing: String,
}

/// A way of saying a condition (立案条件说法).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wording {
    /// The words; `#` stands for a number.
    pub text: String,
    /// Catalogue codes that it means; none for words that only describe.
    pub hazards: Vec<String>,
    /// Its first number is the filing threshold of this measure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measure: Option<Measure>,
    /// Its number times this is in the catalogue's unit.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub scale: f64,
}

fn one() -> f64 {
    1.0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_one(scale: &f64) -> bool {
    (*scale - 1.0).abs() < f64::EPSILON
}

impl CaseLimits {
    /// Id of the one pack of this kind.
    pub const ID: &'static str = "case-limits";

    /// The row for a kind of cover and a catalogue code.
    pub fn find(&self, kind: CoverKind, hazard: &str) -> Option<&LimitEntry> {
        self.entries.iter().find(|e| e.kind == kind && e.hazards.iter().any(|h| h == hazard))
    }

    /// The rows that hold once these are taken in: each replaces what was said of its kind and defects before.
    pub fn with(&self, new: Vec<LimitEntry>) -> Vec<LimitEntry> {
        let mut out = self.entries.clone();
        for entry in new {
            if out.contains(&entry) {
                continue;
            }
            for old in out.iter_mut().filter(|e| e.kind == entry.kind) {
                old.hazards.retain(|h| !entry.hazards.contains(h));
            }
            out.retain(|e| !e.hazards.is_empty());
            out.push(entry);
        }
        out
    }
}

impl RulePack for CaseLimits {
    const KIND: &'static str = "case_limits";
    const SHIPPED: &'static [&'static str] = &[include_str!("../../packs/case-limits.toml")];

    fn head(&self) -> &PackHead {
        &self.pack
    }

    fn check_content(&self) -> Result<(), RuleError> {
        let wrong = |key: String, problem: String, right: &str| {
            Err(RuleError::value(Self::KIND, key, problem, right))
        };
        let mut seen = HashSet::new();
        for (i, e) in self.entries.iter().enumerate() {
            let key = format!("entries[{i}]");
            if [&e.class, &e.condition, &e.limit_text, &e.closing].iter().any(|t| t.trim().is_empty()) {
                return wrong(key, "小类、立案条件、时限原文或结案条件为空".into(), "都要写明");
            }
            if e.limit.count == 0 {
                return wrong(format!("{key}.limit"), "时限为 0".into(), "至少 1");
            }
            if e.hazards.is_empty() {
                return wrong(format!("{key}.hazards"), "为空".into(), "至少一个隐患代码，如 H01");
            }
            if let Some(twice) = e.hazards.iter().find(|h| !seen.insert((e.kind, h.as_str()))) {
                let problem = format!("{} 的 {twice} 已有另一条标准", e.kind.name_zh());
                return wrong(format!("{key}.hazards"), problem, "同一小类的同一隐患只有一条标准");
            }
        }
        for (i, w) in self.wordings.iter().enumerate() {
            if w.text.trim().is_empty() {
                return wrong(format!("wordings[{i}].text"), "为空".into(), "写明说法，数字处写 #");
            }
            if !(w.scale.is_finite() && w.scale > 0.0) {
                return wrong(format!("wordings[{i}].scale"), w.scale.to_string(), "大于 0 的倍数");
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::TimeUnit;

    fn entry(kind: CoverKind, hazards: &[&str], count: u32) -> LimitEntry {
        LimitEntry {
            class: "污水井盖".into(),
            kind,
            condition: "缺失".into(),
            hazards: hazards.iter().map(ToString::to_string).collect(),
            limit: Limit::new(count, TimeUnit::UrgentHour),
            limit_text: format!("{count}紧急工作时"),
            closing: "恢复".into(),
        }
    }

    #[test]
    fn a_new_row_replaces_what_was_said_of_its_defects() {
        let mut table = CaseLimits::shipped().remove(0);
        table.entries =
            vec![entry(CoverKind::Sewage, &["H01", "H02"], 2), entry(CoverKind::Storm, &["H01"], 2)];
        let both = table.with(vec![entry(CoverKind::Sewage, &["H01"], 3)]);
        assert_eq!(
            both,
            [
                entry(CoverKind::Sewage, &["H02"], 2),
                entry(CoverKind::Storm, &["H01"], 2),
                entry(CoverKind::Sewage, &["H01"], 3),
            ]
        );
        assert_eq!(table.with(table.entries.clone()), table.entries, "the same again changes nothing");
        assert_eq!(table.find(CoverKind::Sewage, "H02").map(|e| e.limit.count), Some(2));
        assert_eq!(table.find(CoverKind::Gas, "H02"), None);
    }

    #[test]
    fn broken_tables_are_refused() {
        let check = |change: &dyn Fn(&mut CaseLimits), want: &str| {
            let mut table = CaseLimits::shipped().remove(0);
            table.entries = vec![entry(CoverKind::Sewage, &["H01"], 2)];
            change(&mut table);
            let error = table.validate().unwrap_err().to_string();
            assert!(error.contains(want), "{error}");
        };
        check(&|t| t.entries[0].closing.clear(), "entries[0]");
        check(&|t| t.entries[0].limit.count = 0, "entries[0].limit");
        check(&|t| t.entries[0].hazards.clear(), "entries[0].hazards");
        check(&|t| t.entries.push(entry(CoverKind::Sewage, &["H01"], 3)), "污水 的 H01 已有");
        check(&|t| t.wordings[0].text.clear(), "wordings[0].text");
        check(&|t| t.wordings[0].scale = 0.0, "wordings[0].scale");
    }
}
