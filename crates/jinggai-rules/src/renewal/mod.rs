//! 更新改造评分 (clause R11, 江北区方案 二(二)2): which of the covers that are past their life, of outdated material or
//! too weak is replaced first, and what a budget does about it.
//!
//! All weights are a pack \[I\]. The score of a cover is the sum of its parts, each with its points and why; the main
//! crate computes the same sum in the store to sort a million covers, and a test holds the two together.

mod budget;

pub use budget::{Group, Plan, Slice, YearPlan, allocate};

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::error::RuleError;
use crate::kinds::{LoadClass, Material, Place};
use crate::life::LifeRules;
use crate::load::LoadRules;
use crate::pack::{PackHead, RulePack};

code_enum! {
    /// 评分项. The first four are causes: without one of them a cover is no candidate.
    pub enum ScorePart {
        /// 超设计使用年限.
        Age = "age", "使用年限", "Age over design life", [];
        /// 材质落后.
        Material = "material", "材质", "Material", [];
        /// 承载等级不符.
        LoadClass = "load_class", "承载等级", "Load class", [];
        /// 隐患历史.
        History = "history", "隐患历史", "Hazard history", [];
        /// 设置位置.
        Place = "place", "设置位置", "Place", [];
        /// 人员密集.
        Crowded = "crowded", "人员密集", "Crowding", [];
    }
}

recognise_by_words!(ScorePart);

impl ScorePart {
    /// Is it a reason to replace a cover at all?
    pub const fn is_cause(self) -> bool {
        matches!(self, Self::Age | Self::Material | Self::LoadClass | Self::History)
    }
}

/// 更新改造评分规则.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RenewalScore {
    /// Head.
    pub pack: PackHead,
    /// Points by years over the design life, fewest years first.
    pub age: Vec<AgeStep>,
    /// Points of an outdated material.
    pub outdated: i64,
    /// Points by classes short of what the place needs, fewest first.
    pub load_class: Vec<ClassStep>,
    /// Hazards of so many years back count.
    pub history_years: u16,
    /// Hazards of these catalogue codes count.
    pub history_codes: Vec<String>,
    /// Points by number of hazards, fewest first.
    pub history: Vec<CountStep>,
    /// Points by place.
    pub places: Vec<PlacePoints>,
    /// Points of a crowded place.
    pub crowded: i64,
}

/// From so many years over the design life on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgeStep {
    /// Years; negative while they lie ahead.
    pub years_over: i16,
    /// Points.
    pub points: i64,
}

/// From so many classes short on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassStep {
    /// Classes.
    pub classes_short: usize,
    /// Points.
    pub points: i64,
}

/// From so many hazards on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CountStep {
    /// Hazards.
    pub count: i64,
    /// Points.
    pub points: i64,
}

/// Points of one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlacePoints {
    /// 设置位置.
    pub place: Place,
    /// Points.
    pub points: i64,
}

/// What the score looks at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Situation {
    /// Last day of the design life.
    pub expires_on: Option<Date>,
    /// The ledger says that it is past its life, with or without a date.
    pub noted_over_age: bool,
    /// 材质.
    pub material: Option<Material>,
    /// The ledger says that the material is outdated.
    pub noted_outdated: bool,
    /// 承载等级.
    pub load_class: Option<LoadClass>,
    /// 设置位置.
    pub place: Option<Place>,
    /// Emergency vehicles may drive there.
    pub emergency_vehicles: bool,
    /// 人员密集.
    pub crowded: bool,
    /// Hazards that count.
    pub hazards: i64,
}

/// One part of a score: its points and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scored {
    /// Which part.
    pub part: ScorePart,
    /// Points.
    pub points: i64,
    /// Why (Chinese).
    pub why: String,
}

/// The other packs that the score rests on.
#[derive(Debug, Clone, Copy)]
pub struct Basis<'a> {
    /// 设计使用年限与落后材质.
    pub life: &'a LifeRules,
    /// 承载等级与设置位置.
    pub load: &'a LoadRules,
}

impl RenewalScore {
    /// The parts of a cover's score on a day, those without points left out.
    pub fn parts(&self, s: &Situation, on: Date, basis: Basis<'_>) -> Vec<Scored> {
        let mut out = vec![];
        let mut put = |part, points, why| {
            if points > 0 {
                out.push(Scored { part, points, why });
            }
        };
        put(ScorePart::Age, self.age_points(s.expires_on, s.noted_over_age, on), age_why(s, on));
        let reason = s.material.and_then(|m| basis.life.outdated_reason(m));
        if reason.is_some() || s.noted_outdated {
            put(
                ScorePart::Material,
                self.outdated,
                reason.unwrap_or_else(|| "台账记录为材质落后".to_owned()),
            );
        }
        if let (Some(class), Some(place)) = (s.load_class, s.place) {
            let short = classes_short(basis.load, class, place, s.emergency_vehicles);
            let why = format!("{}，低于{}要求 {short} 级", class.name_zh(), place.name_zh());
            put(ScorePart::LoadClass, self.class_points(short), why);
        }
        let why = format!("近 {} 年有 {} 次隐患", self.history_years, s.hazards);
        put(ScorePart::History, self.history_points(s.hazards), why);
        if let Some(row) = s.place.and_then(|p| self.places.iter().find(|row| row.place == p)) {
            put(ScorePart::Place, row.points, row.place.name_zh().to_owned());
        }
        if s.crowded {
            put(ScorePart::Crowded, self.crowded, "人员密集场所".to_owned());
        }
        out
    }

    /// The days before which a design life must have ended for each step of age, with the points, most points first.
    pub fn age_limits(&self, on: Date) -> Vec<(Date, i64)> {
        let limit = |step: &AgeStep| {
            let day = on.checked_sub(i64::from(step.years_over).years());
            (day.unwrap_or(Date::MIN), step.points)
        };
        self.age.iter().rev().map(limit).collect()
    }

    /// Points of age on a day. A cover that the ledger calls over age counts as just over, whatever its dates say.
    pub fn age_points(&self, expires_on: Option<Date>, noted: bool, on: Date) -> i64 {
        let dated = expires_on.and_then(|d| self.age_limits(on).into_iter().find(|(limit, _)| d < *limit));
        dated.map_or(0, |(_, points)| points).max(if noted { self.noted_points() } else { 0 })
    }

    /// Points of a cover that is over age without a date.
    pub fn noted_points(&self) -> i64 {
        self.age.iter().rev().find(|step| step.years_over <= 0).map_or(0, |step| step.points)
    }

    /// Points of so many classes short.
    pub fn class_points(&self, short: usize) -> i64 {
        self.load_class.iter().rev().find(|step| step.classes_short <= short).map_or(0, |step| step.points)
    }

    /// Points of so many hazards.
    pub fn history_points(&self, hazards: i64) -> i64 {
        self.history.iter().rev().find(|step| step.count <= hazards).map_or(0, |step| step.points)
    }

    /// The first day whose hazards count on a day.
    pub fn history_from(&self, on: Date) -> Date {
        on.checked_sub(i64::from(self.history_years).years()).unwrap_or(Date::MIN)
    }
}

/// How many classes a cover is short of what its place needs; 0 where the place says nothing.
pub fn classes_short(load: &LoadRules, class: LoadClass, place: Place, emergency_vehicles: bool) -> usize {
    let rank = |c: LoadClass| LoadClass::ALL.iter().position(|other| *other == c).unwrap_or(0);
    load.required_class(place, emergency_vehicles)
        .map_or(0, |required| rank(required.class).saturating_sub(rank(class)))
}

fn age_why(s: &Situation, on: Date) -> String {
    match s.expires_on {
        Some(day) if day < on => format!("已于 {day} 超过设计使用年限"),
        Some(day) if !s.noted_over_age => format!("设计使用年限至 {day}"),
        _ => "台账记录为超设计使用年限".to_owned(),
    }
}

impl RulePack for RenewalScore {
    const KIND: &'static str = "renewal_score";
    const SHIPPED: &'static [&'static str] = &[include_str!("../../packs/renewal-score.toml")];

    fn head(&self) -> &PackHead {
        &self.pack
    }

    fn check_content(&self) -> Result<(), RuleError> {
        let wrong = |key: &str, problem: &str, right: &str| {
            Err(RuleError::value(Self::KIND, key.to_owned(), problem.to_owned(), right))
        };
        let steps: [(&str, Vec<(i64, i64)>); 3] = [
            ("age", self.age.iter().map(|s| (s.years_over.into(), s.points)).collect()),
            (
                "load_class",
                self.load_class
                    .iter()
                    .map(|s| (i64::try_from(s.classes_short).unwrap_or(i64::MAX), s.points))
                    .collect(),
            ),
            ("history", self.history.iter().map(|s| (s.count, s.points)).collect()),
        ];
        for (key, steps) in &steps {
            if !steps.is_sorted_by(|a, b| a.0 < b.0 && a.1 <= b.1) {
                return wrong(key, "次序不对", "从小到大，分数不减");
            }
        }
        if steps[1].1.iter().chain(&steps[2].1).any(|(from, _)| *from < 1) {
            return wrong("load_class", "从 0 起", "级数和次数至少为 1");
        }
        let places = self.places.iter().map(|p| p.points);
        let all = steps.iter().flat_map(|(_, s)| s.iter().map(|(_, points)| *points));
        if all.chain(places).chain([self.outdated, self.crowded]).any(|p| !(0..=1000).contains(&p)) {
            return wrong("points", "分数超出范围", "0–1000 的整数");
        }
        if steps.iter().any(|(_, s)| s.len() > 50) {
            return wrong("age", "级数过多", "每项不超过 50 级");
        }
        if self.age.iter().any(|s| !(-50..=200).contains(&s.years_over)) || self.history_years > 100 {
            return wrong("age", "年数超出范围", "-50–200 年；history_years 不超过 100");
        }
        for (i, row) in self.places.iter().enumerate() {
            if self.places[..i].iter().any(|other| other.place == row.place) {
                return wrong("places", row.place.name_zh(), "每个位置一行");
            }
        }
        let code = |c: &String| !c.is_empty() && c.chars().all(|ch| ch.is_ascii_alphanumeric());
        if !self.history_codes.iter().all(code) {
            return wrong("history_codes", "有不合法的隐患编号", "隐患目录的编号，如 H04");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn rules() -> RenewalScore {
        RenewalScore::shipped().remove(0)
    }

    fn parts(s: Situation) -> Vec<(ScorePart, i64, String)> {
        let (life, load) = (LifeRules::shipped().remove(0), LoadRules::shipped().remove(0));
        rules()
            .parts(&s, date(2026, 11, 24), Basis { life: &life, load: &load })
            .into_iter()
            .map(|p| (p.part, p.points, p.why))
            .collect()
    }

    #[test]
    fn every_part_says_its_points_and_why() {
        let s = Situation {
            expires_on: Some(date(2020, 1, 1)),
            material: Some(Material::Concrete),
            load_class: Some(LoadClass::B125),
            place: Some(Place::Carriageway),
            crowded: true,
            hazards: 2,
            ..Situation::default()
        };
        let got = parts(s);
        let points: Vec<(ScorePart, i64)> = got.iter().map(|(p, n, _)| (*p, *n)).collect();
        use ScorePart as P;
        assert_eq!(
            points,
            [
                (P::Age, 33),
                (P::Material, 20),
                (P::LoadClass, 20),
                (P::History, 7),
                (P::Place, 5),
                (P::Crowded, 5)
            ]
        );
        assert_eq!(got[0].2, "已于 2020-01-01 超过设计使用年限");
        assert_eq!(got[2].2, "B125，低于机动车道要求 2 级");
        assert_eq!(got[3].2, "近 3 年有 2 次隐患");
    }

    #[test]
    fn age_goes_by_steps() {
        let on = date(2026, 11, 24);
        let check = |expires: Option<Date>, noted: bool, want: i64| {
            assert_eq!(rules().age_points(expires, noted, on), want, "{expires:?} {noted}");
        };
        check(None, false, 0);
        check(None, true, 25);
        check(Some(date(2027, 11, 24)), false, 0);
        check(Some(date(2027, 11, 23)), false, 10);
        check(Some(date(2027, 11, 23)), true, 25);
        check(Some(date(2026, 11, 24)), false, 10);
        check(Some(date(2026, 11, 23)), false, 25);
        check(Some(date(2021, 11, 23)), true, 33);
        check(Some(date(1990, 1, 1)), false, 40);
    }

    #[test]
    fn a_sound_cover_in_a_busy_place_has_no_cause() {
        let s = Situation { place: Some(Place::School), crowded: true, ..Situation::default() };
        assert!(parts(s).iter().all(|(part, _, _)| !part.is_cause()));
        let top: i64 = rules().age_limits(date(2026, 1, 1))[0].1
            + rules().outdated
            + rules().class_points(9)
            + rules().history_points(99)
            + 5
            + rules().crowded;
        assert_eq!(top, 100);
    }

    #[test]
    fn broken_rules_are_refused() {
        let check = |change: &dyn Fn(&mut RenewalScore), want: &str| {
            let mut rules = rules();
            change(&mut rules);
            let error = rules.validate().unwrap_err().to_string();
            assert!(error.contains(want), "{error}");
        };
        check(&|r| r.age.swap(0, 1), "age");
        check(&|r| r.history[0].count = 0, "至少为 1");
        check(&|r| r.outdated = -1, "分数超出范围");
        check(&|r| r.places.push(r.places[0]), "机动车道");
        check(&|r| r.history_codes.push("H4'".into()), "history_codes");
    }
}
