//! Load class against place (承载等级与设置位置): GB/T 23858, classes equal those of EN 124.
//!
//! Which class a place needs is a pack \[I\]; places that do not say whether vehicles drive there get no verdict.

use serde::{Deserialize, Serialize};

use crate::error::RuleError;
use crate::kinds::{LoadClass, Place};
use crate::pack::{PackHead, RulePack};

/// 承载等级选用规则: the least class per place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoadRules {
    /// Head.
    pub pack: PackHead,
    /// Whether a place open to emergency vehicles needs one class more (`domain.md` 4.1 \[I\]).
    pub emergency_raise: bool,
    /// One row per place.
    pub rules: Vec<LoadRule>,
}

/// The least class of one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoadRule {
    /// 设置位置.
    pub place: Place,
    /// Least class.
    pub class: LoadClass,
    /// Where the row comes from.
    pub basis: String,
}

/// A required class and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequiredClass {
    /// Least class.
    pub class: LoadClass,
    /// Basis of the row, with the raise if there was one (Chinese).
    pub basis: String,
}

/// Verdict on a cover's load class (隐患 H16 承载等级不符).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoadVerdict {
    /// 符合.
    Ok,
    /// 承载等级不足.
    TooWeak {
        /// Least class of the place.
        required: LoadClass,
        /// What to tell people (Chinese).
        explanation_zh: String,
    },
    /// 无规则: the place does not say which load comes.
    NoRule,
}

impl LoadRules {
    /// The least class for a place; `None` if the pack has no row for it.
    pub fn required_class(&self, place: Place, emergency_vehicles: bool) -> Option<RequiredClass> {
        let rule = self.rules.iter().find(|rule| rule.place == place)?;
        if emergency_vehicles && self.emergency_raise {
            let basis = format!("{}；应急车辆可通行，提高一级", rule.basis);
            return Some(RequiredClass { class: rule.class.raised(), basis });
        }
        Some(RequiredClass { class: rule.class, basis: rule.basis.clone() })
    }

    /// Checks a cover's class against its place.
    pub fn check(&self, class: LoadClass, place: Place, emergency_vehicles: bool) -> LoadVerdict {
        let Some(required) = self.required_class(place, emergency_vehicles) else {
            return LoadVerdict::NoRule;
        };
        if class >= required.class {
            return LoadVerdict::Ok;
        }
        let explanation_zh = format!(
            "承载等级 {}（{} kN）低于{}要求的 {}（{} kN）；依据：{}",
            class.name_zh(),
            class.test_load_kn(),
            place.name_zh(),
            required.class.name_zh(),
            required.class.test_load_kn(),
            required.basis
        );
        LoadVerdict::TooWeak { required: required.class, explanation_zh }
    }
}

impl RulePack for LoadRules {
    const KIND: &'static str = "load_class";
    const SHIPPED: &'static [&'static str] = &[include_str!("../packs/load-class.toml")];

    fn head(&self) -> &PackHead {
        &self.pack
    }

    fn check_content(&self) -> Result<(), RuleError> {
        for (index, rule) in self.rules.iter().enumerate() {
            if self.rules[..index].iter().any(|other| other.place == rule.place) {
                let problem = format!("“{}”重复", rule.place.name_zh());
                return Err(RuleError::value(
                    Self::KIND,
                    format!("rules[{index}].place"),
                    problem,
                    "每个位置一行",
                ));
            }
            if rule.basis.trim().is_empty() {
                let key = format!("rules[{index}].basis");
                return Err(RuleError::value(Self::KIND, key, "为空", "写明依据"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> LoadRules {
        LoadRules::shipped_by_id("load-class").unwrap()
    }

    #[test]
    fn required_class_of_places() {
        let check = |place: Place, emergency: bool, want: Option<LoadClass>| {
            assert_eq!(
                rules().required_class(place, emergency).map(|required| required.class),
                want,
                "{place}"
            );
        };
        check(Place::Carriageway, false, Some(LoadClass::D400));
        check(Place::Kerb, false, Some(LoadClass::C250));
        check(Place::Footway, false, Some(LoadClass::B125));
        check(Place::CycleLane, false, Some(LoadClass::B125));
        check(Place::Green, false, Some(LoadClass::A15));
        check(Place::Green, true, Some(LoadClass::B125));
        check(Place::Wharf, false, Some(LoadClass::E600));
        check(Place::Airport, true, Some(LoadClass::F900));
        check(Place::School, false, None);
    }

    #[test]
    fn verdicts_explain() {
        let check = |class: LoadClass, place: Place, emergency: bool, want: Option<&str>| match (
            rules().check(class, place, emergency),
            want,
        ) {
            (LoadVerdict::Ok, None) => {}
            (LoadVerdict::TooWeak { explanation_zh, .. }, Some(want)) => assert_eq!(explanation_zh, want),
            (verdict, want) => panic!("{class} {place}: {verdict:?}, wanted {want:?}"),
        };
        check(LoadClass::D400, Place::Carriageway, false, None);
        check(LoadClass::E600, Place::Footway, true, None);
        check(
            LoadClass::B125,
            Place::Carriageway,
            false,
            Some(
                "承载等级 B125（125 kN）低于机动车道要求的 D400（400 kN）；依据：[I] EN 124 第 4 组：行车道、硬路肩、各类车辆停车区",
            ),
        );
        check(
            LoadClass::B125,
            Place::Footway,
            true,
            Some(
                "承载等级 B125（125 kN）低于人行道要求的 C250（250 kN）；依据：[I] EN 124 第 2 组：人行道、步行区；应急车辆可通行，提高一级",
            ),
        );
        assert_eq!(rules().check(LoadClass::A15, Place::Station, false), LoadVerdict::NoRule);
    }

    #[test]
    fn a_place_has_one_row() {
        let mut twice = rules();
        twice.rules.push(twice.rules[0].clone());
        assert_eq!(
            twice.validate().unwrap_err().to_string(),
            "规则包load_class的 rules[12].place 有误：“机动车道”重复；应为：每个位置一行"
        );
    }
}
