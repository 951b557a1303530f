//! Fall guards (防坠装置): how many nets a depth needs, which load they are tested with, when they fall due.
//!
//! No standard gives intervals (`domain.md` 4.6), so all numbers are a pack. Drainage covers must have a guard at all
//! by law (城镇排水与污水处理条例 26); that is the hazard catalogue's business, not this one's.

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::error::RuleError;
use crate::pack::{PackHead, RulePack};

/// 防坠装置规则.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuardRules {
    /// Head.
    pub pack: PackHead,
    /// Nets by depth, shallow first; the last row has no bound.
    pub nets: Vec<NetsByDepth>,
    /// Least static load of a test, kg.
    pub static_load_kg: f64,
    /// Months from one test to the next.
    pub retest_months: u32,
    /// Months from installation to replacement.
    pub life_months: u32,
}

/// How many nets down to a depth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetsByDepth {
    /// Depth in metres, inclusive; absent in the last row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up_to_m: Option<f64>,
    /// Number of nets.
    pub count: u32,
}

impl GuardRules {
    /// How many nets a well of this depth needs; a well of unknown depth needs those of the shallowest row.
    pub fn nets(&self, depth_m: Option<f64>) -> u32 {
        let depth_m = depth_m.unwrap_or(0.0);
        let row = self.nets.iter().find(|row| row.up_to_m.is_none_or(|bound| depth_m <= bound));
        row.map_or(0, |row| row.count)
    }

    /// Day of the next test; `None` only beyond the calendar.
    pub fn next_test(&self, tested_on: Date) -> Option<Date> {
        tested_on.checked_add(i64::from(self.retest_months).months()).ok()
    }

    /// Day by which the guard is to be replaced; `None` only beyond the calendar.
    pub fn replace_on(&self, installed_on: Date) -> Option<Date> {
        installed_on.checked_add(i64::from(self.life_months).months()).ok()
    }
}

impl RulePack for GuardRules {
    const KIND: &'static str = "fall_guard";
    const SHIPPED: &'static [&'static str] = &[include_str!("../packs/fall-guard.toml")];

    fn head(&self) -> &PackHead {
        &self.pack
    }

    fn check_content(&self) -> Result<(), RuleError> {
        let wrong = |key: &str, problem: String, right: &str| {
            Err(RuleError::value(Self::KIND, key.to_owned(), problem, right))
        };
        if self.nets.last().is_none_or(|row| row.up_to_m.is_some()) {
            return wrong("nets", "最后一行有 up_to_m".into(), "最后一行不写 up_to_m，适用于更深的井");
        }
        let bounds: Vec<f64> = self.nets.iter().filter_map(|row| row.up_to_m).collect();
        if bounds.len() + 1 != self.nets.len() || !bounds.is_sorted_by(|a, b| a < b) {
            return wrong("nets", format!("{bounds:?}"), "井深由浅到深，除最后一行外都写 up_to_m");
        }
        if !(self.static_load_kg > 0.0 && self.static_load_kg <= 5000.0) {
            return wrong("static_load_kg", self.static_load_kg.to_string(), "0–5000 千克");
        }
        if self.retest_months == 0 || self.life_months == 0 {
            return wrong("retest_months", "0".into(), "至少 1 个月");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn rules() -> GuardRules {
        GuardRules::shipped_by_id("fall-guard").unwrap()
    }

    #[test]
    fn nets_by_depth_and_due_days() {
        let check = |depth: Option<f64>, want: u32| assert_eq!(rules().nets(depth), want, "{depth:?}");
        check(Some(1.2), 1);
        check(Some(2.0), 1);
        check(Some(2.01), 2);
        check(None, 1);
        assert_eq!(rules().next_test(date(2024, 2, 29)), Some(date(2025, 2, 28)));
        assert_eq!(rules().replace_on(date(2026, 7, 1)), Some(date(2029, 7, 1)));
    }

    #[test]
    fn broken_rules_are_refused() {
        let check = |change: &dyn Fn(&mut GuardRules), want: &str| {
            let mut rules = rules();
            change(&mut rules);
            let error = rules.validate().unwrap_err().to_string();
            assert!(error.contains(want), "{error}");
        };
        check(&|r| r.nets.truncate(1), "最后一行不写 up_to_m");
        check(&|r| r.nets.swap(0, 1), "最后一行不写 up_to_m");
        check(&|r| r.static_load_kg = 0.0, "static_load_kg");
        check(&|r| r.life_months = 0, "retest_months");
    }
}
