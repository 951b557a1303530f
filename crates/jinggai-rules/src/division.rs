//! Division of labour (部门分工): which department supervises a cover, by kind, place and road.
//!
//! The founding document names some industries and leaves others open (`domain.md` 1.3); every row says on what it
//! stands. The pack also lists the units of the district. Owners are not here: 主体责任 comes with the cover.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::cite::cite;
use crate::error::{Explain, RuleError};
use crate::kinds::{CoverKind, Place, RoadManager, UnitKind};
use crate::pack::{PackHead, RulePack};

/// 部门分工: the units of a district and who supervises what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Division {
    /// Head.
    pub pack: PackHead,
    /// The road manager assumed when it is not known.
    pub default_road: RoadManager,
    /// The units.
    pub units: Vec<DivisionUnit>,
    /// Unit behind a road manager; those not listed must be named by the caller (each street is its own).
    pub roads: Vec<RoadUnit>,
    /// The rules; the first that fits decides, the last one fits everything.
    pub rules: Vec<DivisionRule>,
}

/// A unit of the division of labour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DivisionUnit {
    /// Stable code.
    pub code: String,
    /// Chinese name.
    pub name: String,
    /// 单位类别.
    pub kind: UnitKind,
    /// Area code the unit answers for, if it is territorial.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<String>,
    /// Duty in the document (Chinese).
    pub duty: String,
    /// On what the entry stands.
    pub basis: String,
}

/// The unit behind a road manager.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoadUnit {
    /// 道路管理.
    pub manager: RoadManager,
    /// Code of the unit.
    pub unit: String,
}

/// One rule; an empty list fits everything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DivisionRule {
    /// 井盖类型.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<CoverKind>,
    /// 设置位置.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<Place>,
    /// 道路管理.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roads: Vec<RoadManager>,
    /// Code of the supervising unit; absent: the unit that manages the road.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// On what the rule stands, with its trust label.
    pub basis: String,
}

/// The road (or ground) a cover lies in, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Road<'a> {
    /// Who manages it.
    pub manager: Option<RoadManager>,
    /// Code of the managing unit, such as the street office; wins over the pack's unit of the manager.
    pub unit_code: Option<&'a str>,
}

/// Which unit supervises, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Code of the supervising unit (行业主管部门).
    pub unit_code: String,
    /// Basis of the rule that decided.
    pub basis: String,
    /// Code of the unit that manages the road, which leads census and filing there; `None` if not known.
    pub road_unit_code: Option<String>,
    /// What to tell people (Chinese).
    pub explanation_zh: String,
}

/// Why no unit could be named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DivisionError {
    /// The road manager decides, and which unit that is was not said.
    #[error("{}由道路（场地）管理单位负责，但“{}”未指明具体单位；请填写道路管理责任单位（如街道办代码）", kind.name_zh(), manager.name_zh())]
    RoadUnitUnknown {
        /// Kind of the cover.
        kind: CoverKind,
        /// Manager of the road.
        manager: RoadManager,
    },
}

impl Explain for DivisionError {
    fn code(&self) -> &'static str {
        "division.road_unit_unknown"
    }

    fn message_en(&self) -> String {
        let Self::RoadUnitUnknown { kind, manager } = self;
        let (kind, manager) = (kind.name_en(), manager.name_en());
        format!(
            "{kind} covers are with the unit that manages the road, and for {manager} that unit was not given"
        )
    }
}

impl Division {
    /// The unit with this code.
    pub fn unit(&self, code: &str) -> Option<&DivisionUnit> {
        self.units.iter().find(|unit| unit.code == code)
    }

    /// The department that supervises a cover.
    pub fn supervisor_for(
        &self,
        kind: CoverKind,
        place: Option<Place>,
        road: Road<'_>,
    ) -> Result<Decision, DivisionError> {
        let manager = road.manager.unwrap_or(self.default_road);
        let road_unit = road.unit_code.or_else(|| self.unit_of_road(manager));
        let rule = self
            .rules
            .iter()
            .find(|rule| rule.fits(kind, place, manager))
            .expect("the last rule fits everything, see check_content");
        let unit_code =
            rule.unit.as_deref().or(road_unit).ok_or(DivisionError::RoadUnitUnknown { kind, manager })?;
        let name = self.unit(unit_code).map_or(unit_code, |unit| unit.name.as_str());
        let by = if rule.unit.is_some() { "主管" } else { "（道路管理单位）负责" };
        let assumed = if road.manager.is_none() {
            format!("；道路管理未知，按{}处理", manager.name_zh())
        } else {
            String::new()
        };
        Ok(Decision {
            unit_code: unit_code.to_owned(),
            basis: cite(&rule.basis),
            road_unit_code: road_unit.map(str::to_owned),
            explanation_zh: format!(
                "{}井盖由{name}{by}，依据：{}{assumed}",
                kind.name_zh(),
                cite(&rule.basis)
            ),
        })
    }

    /// The fallback unit (兜底单位) of a cover whose owner is unknown (R3): the supervisor of 无主 covers there.
    pub fn fallback_for(&self, place: Option<Place>, road: Road<'_>) -> Result<Decision, DivisionError> {
        self.supervisor_for(CoverKind::Ownerless, place, road)
    }

    fn unit_of_road(&self, manager: RoadManager) -> Option<&str> {
        self.roads.iter().find(|row| row.manager == manager).map(|row| row.unit.as_str())
    }
}

impl DivisionRule {
    fn fits(&self, kind: CoverKind, place: Option<Place>, manager: RoadManager) -> bool {
        (self.kinds.is_empty() || self.kinds.contains(&kind))
            && (self.places.is_empty() || place.is_some_and(|place| self.places.contains(&place)))
            && (self.roads.is_empty() || self.roads.contains(&manager))
    }

    fn fits_everything(&self) -> bool {
        self.kinds.is_empty() && self.places.is_empty() && self.roads.is_empty()
    }
}

impl RulePack for Division {
    const KIND: &'static str = "division";
    const SHIPPED: &'static [&'static str] = &[include_str!("../packs/division-jiangbei-2021.toml")];

    fn head(&self) -> &PackHead {
        &self.pack
    }

    fn check_content(&self) -> Result<(), RuleError> {
        let wrong = |key: String, problem: String, right: &str| {
            Err(RuleError::value(Self::KIND, key, problem, right))
        };
        for (index, unit) in self.units.iter().enumerate() {
            if unit.code.is_empty() || self.units[..index].iter().any(|other| other.code == unit.code) {
                return wrong(format!("units[{index}].code"), format!("“{}”", unit.code), "非空且不重复");
            }
        }
        let known: Vec<&str> = self.units.iter().map(|unit| unit.code.as_str()).collect();
        let unknown = |code: &str| !known.contains(&code);
        for (index, road) in self.roads.iter().enumerate() {
            if unknown(&road.unit) {
                return wrong(format!("roads[{index}].unit"), format!("“{}”", road.unit), &known.join("、"));
            }
        }
        for (index, rule) in self.rules.iter().enumerate() {
            if let Some(unit) = rule.unit.as_deref().filter(|unit| unknown(unit)) {
                return wrong(format!("rules[{index}].unit"), format!("“{unit}”"), &known.join("、"));
            }
            if rule.basis.trim().is_empty() {
                return wrong(format!("rules[{index}].basis"), "为空".to_owned(), "写明依据及可信度");
            }
            let last = index + 1 == self.rules.len();
            if rule.fits_everything() && !last {
                let right = "不限类型、位置和道路的规则只能放在最后";
                return wrong(format!("rules[{index}]"), "之后的规则永远用不到".to_owned(), right);
            }
        }
        if !self.rules.last().is_some_and(DivisionRule::fits_everything) {
            let right = "最后一条规则不限类型、位置和道路，保证每个井盖都有责任单位";
            return wrong("rules".to_owned(), "缺少兜底规则".to_owned(), right);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn division() -> Division {
        Division::shipped_by_id("jiangbei-2021").unwrap()
    }

    #[test]
    fn supervisors_of_the_founding_document() {
        let check =
            |kind: CoverKind, manager: Option<RoadManager>, unit: Option<&str>, want: Option<&str>| {
                let road = Road { manager, unit_code: unit };
                let got = division().supervisor_for(kind, None, road).map(|decision| decision.unit_code);
                assert_eq!(got.ok().as_deref(), want, "{kind} {manager:?}");
            };
        check(CoverKind::Sewage, None, None, Some("jb-zjw"));
        check(CoverKind::Grate, Some(RoadManager::Highway), None, Some("jb-zjw"));
        check(CoverKind::Gas, Some(RoadManager::Street), Some("jb-jd-gyq"), Some("jb-jxw"));
        check(CoverKind::Police, None, None, Some("jb-gaj"));
        check(CoverKind::Tv, None, None, Some("jb-wlw"));
        check(CoverKind::Slab, Some(RoadManager::Highway), None, Some("jb-jtj"));
        check(CoverKind::Slab, None, None, Some("jb-cgj"));
        check(CoverKind::Ownerless, None, None, Some("jb-cgj"));
        check(CoverKind::Ownerless, Some(RoadManager::Highway), None, Some("jb-jtj"));
        check(CoverKind::Ownerless, Some(RoadManager::BusinessDistrict), None, Some("jb-gyqsq"));
        check(CoverKind::Ownerless, Some(RoadManager::Street), Some("jb-jd-gyq"), Some("jb-jd-gyq"));
        check(CoverKind::Ownerless, Some(RoadManager::Street), None, None);
    }

    #[test]
    fn decisions_explain_themselves() {
        let division = division();
        let decision = division.supervisor_for(CoverKind::Sewage, None, Road::default()).unwrap();
        assert_eq!(
            decision.explanation_zh,
            "污水井盖由区住房城乡建委主管，依据：四(一)：雨污水窨井盖；道路管理未知，按城市管理局直管道路处理"
        );
        assert_eq!(decision.road_unit_code.as_deref(), Some("jb-cgj"));
        let road = Road { manager: Some(RoadManager::Street), unit_code: None };
        assert_eq!(
            division.fallback_for(Some(Place::Footway), road).unwrap_err().to_string(),
            "无主由道路（场地）管理单位负责，但“街镇直管道路”未指明具体单位；请填写道路管理责任单位（如街道办代码）"
        );
    }

    #[test]
    fn every_kind_has_a_unit_on_every_road() {
        let division = division();
        for kind in CoverKind::ALL {
            for manager in RoadManager::ALL {
                let road = Road { manager: Some(*manager), unit_code: Some("jb-jd-hxj") };
                let decision = division.supervisor_for(*kind, Some(Place::Carriageway), road).unwrap();
                assert!(division.unit(&decision.unit_code).is_some(), "{kind} {manager}");
            }
        }
    }

    #[test]
    fn broken_divisions_are_refused() {
        let check = |change: &dyn Fn(&mut Division), want: &str| {
            let mut division = division();
            change(&mut division);
            let error = division.validate().unwrap_err().to_string();
            assert!(error.contains(want), "{error}");
        };
        check(&|division| division.rules.truncate(3), "缺少兜底规则");
        check(&|division| division.rules.swap(0, 9), "rules[0] 有误：之后的规则永远用不到");
        check(
            &|division| division.rules[0].unit = Some("jb-x".into()),
            "rules[0].unit 有误：“jb-x”；应为：jb-czb、",
        );
        check(&|division| division.units[1].code = "jb-czb".into(), "units[1].code");
        check(&|division| division.roads[0].unit.clear(), "roads[0].unit");
    }
}
