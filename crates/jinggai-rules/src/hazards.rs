//! 隐患目录 H01–H22: level, limit, treatment and closing condition of each defect (`domain.md` 10.1).
//!
//! The catalogue is a pack. Levels and "clear by plan" are \[I\]; limits come from the documents named with each entry.

use serde::{Deserialize, Serialize};

use crate::cite::cite;
use crate::clock::Limit;
use crate::error::RuleError;
use crate::kinds::Problem;
use crate::pack::{PackHead, RulePack};

code_enum! {
    /// 隐患等级 (`domain.md` 10.1 \[I\]).
    pub enum Level {
        /// 紧急: life is in danger now.
        L1 = "l1", "紧急", "Urgent", ["一级"];
        /// 重大.
        L2 = "l2", "重大", "Major", ["二级"];
        /// 一般.
        L3 = "l3", "一般", "Ordinary", ["三级"];
        /// 轻微.
        L4 = "l4", "轻微", "Minor", ["四级"];
    }
}

code_enum! {
    /// 处置措施 (`domain.md` 11.2).
    pub enum Treatment {
        /// 维修加固.
        Repair = "repair", "维修加固", "Repair and reinforce", ["维修", "修复", "加固"];
        /// 补装.
        Refit = "refit", "补装", "Refit", ["补齐"];
        /// 更换.
        Replace = "replace", "更换", "Replace", [];
        /// 加减震圈.
        Damping = "damping", "加减震圈", "Damping ring", [];
        /// 调平.
        Level = "level", "调平", "Level", ["升降"];
        /// 加装防坠装置.
        Guard = "guard", "加装防坠装置", "Fit a fall guard", ["加装防坠"];
        /// 清疏.
        Dredge = "dredge", "清疏", "Clear", ["疏通"];
        /// 填埋.
        Fill = "fill", "填埋", "Fill in", [];
        /// 拆除.
        Remove = "remove", "拆除", "Remove", [];
        /// 立即围护.
        Fence = "fence", "立即围护", "Fence off", ["围护", "围挡"];
        /// 设置标识.
        Label = "label", "设置标识", "Fix a label", [];
        /// 落实权属.
        Assign = "assign", "落实权属", "Settle the owner", [];
        /// 通风.
        Ventilate = "ventilate", "通风", "Ventilate", [];
    }
}

code_enum! {
    /// 附件2 的问题类型 (columns 4–9, `domain.md` 2.6).
    pub enum FoundColumn {
        /// 破损.
        Damaged = "damaged", "破损", "Damaged", [];
        /// 下沉.
        Sunk = "sunk", "下沉", "Sunk", [];
        /// 松动.
        Loose = "loose", "松动", "Loose", [];
        /// 缺失.
        Missing = "missing", "缺失", "Missing", [];
        /// 废弃.
        Abandoned = "abandoned", "废弃", "Abandoned", [];
        /// 其他.
        Other = "other", "其他", "Other", [];
        /// 更新改造: counted as plan, not as defect (column 20).
        Renewal = "renewal", "更新改造", "Renewal", [];
    }
}

code_enum! {
    /// 附件2 的整改措施 (columns 11–16, `domain.md` 2.6).
    pub enum FixedColumn {
        /// 维修加固.
        Repaired = "repaired", "维修加固", "Repaired", [];
        /// 补装.
        Refitted = "refitted", "补装", "Refitted", [];
        /// 更换.
        Replaced = "replaced", "更换", "Replaced", [];
        /// 加装防坠装置.
        Guarded = "guarded", "加装防坠装置", "Guarded", [];
        /// 填埋.
        Filled = "filled", "填埋", "Filled", [];
        /// 其他.
        Other = "other", "其他", "Other", [];
    }
}

code_enum! {
    /// What a defect is measured by.
    pub enum Measure {
        /// 破损面积, cm².
        Damage = "damage", "破损面积", "damaged area", [];
        /// 高差, mm.
        Height = "height", "高差", "height difference", [];
        /// 堵塞比例.
        Blocked = "blocked", "堵塞比例", "blocked share", [];
    }
}

code_enum! {
    /// What raises a level by one.
    pub enum Aggravation {
        /// 翻盖.
        Flipped = "flipped", "翻盖", "flips over", [];
        /// 降雨预警.
        RainWarning = "rain_warning", "有降雨预警", "rain warning", [];
    }
}

recognise_by_words!(Level, Treatment, FoundColumn, FixedColumn, Measure, Aggravation);

impl Level {
    /// As people write it: 「L1（紧急）」.
    pub fn label_zh(self) -> String {
        format!("{}（{}）", self.code().to_uppercase(), self.name_zh())
    }
}

impl Treatment {
    /// The column of 附件2 that it counts in.
    pub const fn column(self) -> FixedColumn {
        match self {
            Self::Repair | Self::Damping | Self::Level => FixedColumn::Repaired,
            Self::Refit => FixedColumn::Refitted,
            Self::Replace => FixedColumn::Replaced,
            Self::Guard => FixedColumn::Guarded,
            Self::Fill => FixedColumn::Filled,
            Self::Dredge | Self::Remove | Self::Fence | Self::Label | Self::Assign | Self::Ventilate => {
                FixedColumn::Other
            }
        }
    }
}

/// What somebody measured or saw on site.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Measured {
    /// 破损面积, cm².
    #[serde(skip_serializing_if = "Option::is_none")]
    pub damage_cm2: Option<f64>,
    /// 高差, mm, without sign.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height_mm: Option<f64>,
    /// 堵塞比例, 0–1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocked_share: Option<f64>,
    /// 翻盖.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub flipped: bool,
    /// 有降雨预警.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub rain_warning: bool,
}

impl Measured {
    /// The first value that no measurement can have: field, and what would be right.
    pub fn wrong(&self) -> Option<(&'static str, &'static str)> {
        let outside = |v: Option<f64>, max: f64| v.is_some_and(|v| !(0.0..=max).contains(&v));
        if outside(self.damage_cm2, 100_000.0) {
            return Some(("damage_cm2", "0–100000 平方厘米"));
        }
        if outside(self.height_mm, 2_000.0) {
            return Some(("height_mm", "0–2000 毫米"));
        }
        if outside(self.blocked_share, 1.0) {
            return Some(("blocked_share", "0–1"));
        }
        None
    }

    fn of(&self, measure: Measure) -> Option<f64> {
        match measure {
            Measure::Damage => self.damage_cm2,
            Measure::Height => self.height_mm,
            Measure::Blocked => self.blocked_share,
        }
    }
}

/// One defect of the catalogue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hazard {
    /// H01–H22, or a district's own.
    pub code: String,
    /// Chinese name.
    pub name: String,
    /// English name.
    pub name_en: String,
    /// How people say it, for sorting of texts \[I\].
    #[serde(default)]
    pub words: Vec<String>,
    /// Level without aggravation.
    pub level: Level,
    /// 警示围护 by then, on a report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warn: Option<Limit>,
    /// 处置时限; none = by plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restore: Option<Limit>,
    /// 立案标准.
    pub standard: String,
    /// Treatments that answer it, the usual one first.
    pub treatments: Vec<Treatment>,
    /// 结案条件.
    pub closing: String,
    /// Column of 附件2.
    pub found: FoundColumn,
    /// What the ledger says of the cover while it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
    /// What it is measured by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measure: Option<Measure>,
    /// What raises its level by one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raised_by: Option<Aggravation>,
    /// Where it comes from.
    pub basis: String,
}

/// 隐患目录.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// Head.
    pub pack: PackHead,
    /// 破损立案面积, cm².
    pub damage_case_cm2: f64,
    /// 高差立案, mm.
    pub height_case_mm: f64,
    /// 高差验收, mm.
    pub height_accept_mm: f64,
    /// 堵塞立案比例.
    pub blocked_case_share: f64,
    /// The defects.
    pub entries: Vec<Hazard>,
}

/// A level with how it came about (Chinese).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rated {
    /// The level.
    pub level: Level,
    /// Why.
    pub why: String,
    /// Measured, but below what makes it a case.
    pub below_standard: bool,
}

impl Catalogue {
    /// A defect by its code.
    pub fn get(&self, code: &str) -> Option<&Hazard> {
        self.entries.iter().find(|h| h.code == code)
    }

    /// The defect that a word of the founding document names: the least severe that fits, a person may raise it.
    pub fn of_problem(&self, problem: Problem) -> Option<&Hazard> {
        let code = match problem {
            Problem::Damaged => "H04",
            Problem::Sunk => "H06",
            Problem::Loose => "H05",
            Problem::Missing => "H01",
            Problem::Abandoned => "H13",
            Problem::OverAge => "H14",
            Problem::Outdated => "H15",
            Problem::NoFallGuard => "H10",
        };
        self.get(code)
    }

    fn case_limit(&self, measure: Measure) -> (f64, &'static str) {
        match measure {
            Measure::Damage => (self.damage_case_cm2, "cm²"),
            Measure::Height => (self.height_case_mm, "mm"),
            Measure::Blocked => (self.blocked_case_share, ""),
        }
    }

    /// The level of a defect as measured, explained.
    pub fn rate(&self, hazard: &Hazard, measured: &Measured) -> Rated {
        let mut level = hazard.level;
        let mut why =
            format!("{} {}：{}（{}）", hazard.code, hazard.name, level.name_zh(), cite(&hazard.basis));
        let raised = match hazard.raised_by {
            Some(Aggravation::Flipped) => measured.flipped,
            Some(Aggravation::RainWarning) => measured.rain_warning,
            None => false,
        };
        if let Some(by) = hazard.raised_by.filter(|_| raised) {
            level = match level {
                Level::L4 => Level::L3,
                Level::L3 => Level::L2,
                Level::L2 | Level::L1 => Level::L1,
            };
            why += &format!("；因{}提高为{}", by.name_zh(), level.name_zh());
        }
        let mut below_standard = false;
        if let Some(measure) = hazard.measure
            && let Some(value) = measured.of(measure)
        {
            let (limit, unit) = self.case_limit(measure);
            below_standard = value < limit || (measure != Measure::Blocked && value <= limit);
            let sign = if below_standard { "未超过" } else { "超过" };
            why += &format!("；实测{} {value} {unit}，{sign}立案标准 {limit} {unit}", measure.name_zh());
        }
        Rated { level, why, below_standard }
    }

    /// What is missing for closing (Chinese), by what was measured at the check. Empty = met.
    pub fn unmet(&self, hazard: &Hazard, measured: &Measured, treatment: Option<Treatment>) -> Vec<String> {
        let mut out = vec![];
        if hazard.measure == Some(Measure::Height) {
            match measured.height_mm {
                None => out.push(format!("须实测高差（不超过 {} mm）", self.height_accept_mm)),
                Some(mm) if mm > self.height_accept_mm => {
                    out.push(format!("实测高差 {mm} mm，超过 {} mm", self.height_accept_mm));
                }
                Some(_) => {}
            }
        }
        if hazard.measure == Some(Measure::Blocked)
            && let Some(share) = measured.blocked_share
            && share >= self.blocked_case_share
        {
            out.push(format!("实测堵塞比例 {share}，仍达立案标准"));
        }
        match treatment {
            None => out.push("须填写处置措施".to_owned()),
            Some(Treatment::Fence) if hazard.treatments != [Treatment::Fence] => {
                out.push(format!("围护只是临时措施，须{}", hazard.closing));
            }
            Some(t) if !hazard.treatments.contains(&t) => {
                let right = hazard.treatments.iter().map(|t| t.name_zh()).collect::<Vec<_>>().join("、");
                out.push(format!("“{}”不能消除“{}”，应为：{right}", t.name_zh(), hazard.name));
            }
            Some(_) => {}
        }
        out
    }
}

impl RulePack for Catalogue {
    const KIND: &'static str = "hazards";
    const SHIPPED: &'static [&'static str] = &[include_str!("../packs/hazards.toml")];

    fn head(&self) -> &PackHead {
        &self.pack
    }

    fn check_content(&self) -> Result<(), RuleError> {
        let wrong = |key: String, problem: String, right: &str| {
            Err(RuleError::value(Self::KIND, key, problem, right))
        };
        let mut seen = std::collections::HashSet::new();
        for h in &self.entries {
            let key = format!("entries.{}", h.code);
            if h.code.is_empty() || !seen.insert(h.code.as_str()) {
                return wrong(key, "编号为空或重复".into(), "每条一个编号，如 H01");
            }
            if h.treatments.is_empty() {
                return wrong(format!("{key}.treatments"), "为空".into(), "至少一种处置措施");
            }
            if [h.warn, h.restore].into_iter().flatten().any(|l| l.count == 0) {
                return wrong(key, "时限为 0".into(), "至少 1；按计划整改的不写 restore");
            }
            if [&h.name, &h.name_en, &h.standard, &h.closing, &h.basis].iter().any(|t| t.trim().is_empty()) {
                return wrong(key, "名称、标准、结案条件或依据为空".into(), "都要写明");
            }
        }
        for problem in Problem::ALL {
            if self.of_problem(*problem).is_none() {
                return wrong(
                    "entries".into(),
                    format!("没有“{}”", problem.name_zh()),
                    "保留方案点名的各类问题",
                );
            }
        }
        let positive =
            [self.damage_case_cm2, self.height_case_mm, self.height_accept_mm, self.blocked_case_share];
        if positive.iter().any(|v| !v.is_finite() || *v <= 0.0) {
            return wrong("damage_case_cm2".into(), "标准不是正数".into(), "大于 0");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalogue() -> Catalogue {
        Catalogue::shipped().remove(0)
    }

    #[test]
    fn the_words_of_the_founding_document_have_their_entry() {
        let c = catalogue();
        let check = |p: Problem, code: &str, column: FoundColumn| {
            let h = c.of_problem(p).unwrap();
            assert_eq!((h.code.as_str(), h.found, h.problem), (code, column, Some(p)));
        };
        check(Problem::Damaged, "H04", FoundColumn::Damaged);
        check(Problem::Sunk, "H06", FoundColumn::Sunk);
        check(Problem::Loose, "H05", FoundColumn::Loose);
        check(Problem::Missing, "H01", FoundColumn::Missing);
        check(Problem::Abandoned, "H13", FoundColumn::Abandoned);
        check(Problem::OverAge, "H14", FoundColumn::Renewal);
        check(Problem::Outdated, "H15", FoundColumn::Renewal);
        check(Problem::NoFallGuard, "H10", FoundColumn::Other);
        assert_eq!(c.entries.len(), 22);
    }

    #[test]
    fn levels_follow_what_was_measured_and_say_why() {
        let c = catalogue();
        let check = |code: &str, m: Measured, level: Level, below: bool, why: &str| {
            let r = c.rate(c.get(code).unwrap(), &m);
            assert_eq!((r.level, r.below_standard), (level, below), "{}", r.why);
            assert!(r.why.contains(why), "{}", r.why);
        };
        check("H05", Measured::default(), Level::L3, false, "一般");
        check("H05", Measured { flipped: true, ..Measured::default() }, Level::L2, false, "因翻盖提高为重大");
        check("H08", Measured { rain_warning: true, ..Measured::default() }, Level::L2, false, "降雨预警");
        check(
            "H04",
            Measured { damage_cm2: Some(25.0), ..Measured::default() },
            Level::L2,
            true,
            "未超过立案标准 25 cm²",
        );
        check(
            "H04",
            Measured { damage_cm2: Some(26.0), ..Measured::default() },
            Level::L2,
            false,
            "超过立案标准",
        );
        check(
            "H06",
            Measured { height_mm: Some(21.0), ..Measured::default() },
            Level::L3,
            false,
            "高差 21 mm",
        );
        check(
            "H08",
            Measured { blocked_share: Some(0.34), ..Measured::default() },
            Level::L3,
            false,
            "堵塞比例",
        );
    }

    #[test]
    fn closing_wants_the_measurement_and_a_treatment_that_answers_it() {
        let c = catalogue();
        let check = |code: &str, m: Measured, t: Option<Treatment>, want: &[&str]| {
            let got = c.unmet(c.get(code).unwrap(), &m, t);
            assert_eq!(got.len(), want.len(), "{got:?}");
            for (g, w) in got.iter().zip(want) {
                assert!(g.contains(w), "{g}");
            }
        };
        let level = |mm: f64| Measured { height_mm: Some(mm), ..Measured::default() };
        check("H06", level(5.0), Some(Treatment::Level), &[]);
        check("H06", level(6.0), Some(Treatment::Level), &["超过 5 mm"]);
        check("H06", Measured::default(), None, &["须实测高差", "须填写处置措施"]);
        check("H01", Measured::default(), Some(Treatment::Fence), &["围护只是临时措施"]);
        check("H01", Measured::default(), Some(Treatment::Dredge), &["应为：补装、立即围护"]);
        check("H01", Measured::default(), Some(Treatment::Refit), &[]);
    }

    #[test]
    fn broken_catalogues_are_refused() {
        let check = |change: &dyn Fn(&mut Catalogue), want: &str| {
            let mut c = catalogue();
            change(&mut c);
            let error = c.validate().unwrap_err().to_string();
            assert!(error.contains(want), "{error}");
        };
        check(&|c| c.entries[1].code = "H01".into(), "重复");
        check(&|c| c.entries[0].treatments.clear(), "entries.H01.treatments");
        check(&|c| c.entries.retain(|h| h.code != "H13"), "废弃");
        check(&|c| c.height_case_mm = -1.0, "大于 0");
    }
}
