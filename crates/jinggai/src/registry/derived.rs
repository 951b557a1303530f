//! 台账隐患: what the rules find in the ledger itself, without anybody having looked (H10, H11, H12, H14, H15, H16 of
//! `domain.md` 10.1).
//!
//! Three readers share it: the file of a well, the list of derived hazards, and the closing condition of a hazard. The
//! sentences about one cover or well are made here from its record; [`DerivedRules::and`] is the same in SQL, for
//! finding the covers concerned among a million. Nothing is stored, so it is right the moment facts or rules change.
use super::guards::{self, FallGuard};
use super::packs;
use crate::error::Result;
use jiff::civil::Date;
use jinggai_db::{Sql, Tx, Value};
use jinggai_rules::guard::GuardRules;
use jinggai_rules::kinds::{LoadClass, Material, Place, Problem};
use jinggai_rules::life::LifeRules;
use jinggai_rules::load::{LoadRules, LoadVerdict};

/// The codes found, in the order of the catalogue.
pub const CODES: [&str; 6] = ["H10", "H11", "H12", "H14", "H15", "H16"];
/// Those that concern the well, however many covers it has.
pub const OF_WELL: [&str; 2] = ["H10", "H12"];
/// Wells that must have a fall guard by law (城镇排水与污水处理条例 26).
pub(super) const DRAINAGE: [&str; 2] = ["sewage", "storm"];
/// Covers that are still there: `f` names `cover_facts`.
const LIVING: &str = "f.lifecycle NOT IN ('filled', 'removed', 'archived')";
/// Of the living covers of a well the first stands for it: a well has one such hazard, not one per cover.
const FIRST: &str = "NOT EXISTS (SELECT 1 FROM cover_facts o WHERE o.well_id = f.well_id AND o.to_day IS NULL AND o.lifecycle NOT IN ('filled', 'removed', 'archived') AND o.cover_id < f.cover_id)";

/// The rules of a day.
#[derive(Debug)]
pub struct DerivedRules {
    load: Option<LoadRules>,
    life: Option<LifeRules>,
    guard: GuardRules,
    today: Date,
}

/// What the rules look at in a cover.
#[derive(Clone, Copy, Debug, Default)]
pub struct CoverState<'a> {
    /// 设置位置 of its well.
    pub place: Option<&'a str>,
    /// Emergency vehicles may drive there.
    pub emergency_vehicles: bool,
    /// 材质.
    pub material: Option<&'a str>,
    /// 承载等级.
    pub load_class: Option<&'a str>,
    /// 到期日.
    pub expires_on: Option<Date>,
    /// 主要问题.
    pub problem: Option<&'a str>,
    /// Has a plate that can be read.
    pub labelled: bool,
}

/// What the rules look at in a well that has a living cover.
#[derive(Clone, Copy, Debug)]
pub struct WellState<'a> {
    /// 井类型.
    pub kind: &'a str,
    /// 低洼易涝.
    pub low_lying: bool,
    /// 井深, metres.
    pub depth_m: Option<f64>,
    /// Its fall guards, also removed ones.
    pub guards: &'a [FallGuard],
}

impl DerivedRules {
    /// The rules in force on a day.
    ///
    /// # Errors
    /// What the store says.
    pub async fn load(tx: &mut Tx, today: Date) -> Result<DerivedRules> {
        Ok(DerivedRules {
            load: packs::current(tx, today).await?,
            life: packs::current(tx, today).await?,
            guard: guards::rules(tx, today).await?,
            today,
        })
    }

    /// What is found in a living cover: code, and why in a sentence.
    #[must_use]
    pub fn of_cover(&self, c: CoverState<'_>) -> Vec<(&'static str, String)> {
        let mut out = vec![];
        let class = c.load_class.and_then(LoadClass::from_code);
        if let (Some(rules), Some(class), Some(place)) =
            (&self.load, class, c.place.and_then(Place::from_code))
            && let LoadVerdict::TooWeak { explanation_zh, .. } =
                rules.check(class, place, c.emergency_vehicles)
        {
            out.push(("H16", explanation_zh));
        }
        let noted = |p: Problem| c.problem == Some(p.code());
        if let Some(d) = c.expires_on.filter(|d| *d < self.today) {
            out.push(("H14", format!("已于 {d} 超过设计使用年限")));
        } else if noted(Problem::OverAge) {
            out.push(("H14", "台账记录为超设计使用年限".to_owned()));
        }
        let material = c.material.and_then(Material::from_code);
        let reason = self.life.as_ref().zip(material).and_then(|(rules, m)| rules.outdated_reason(m));
        if let Some(reason) = reason {
            out.push(("H15", format!("材质落后：{reason}")));
        } else if noted(Problem::Outdated) {
            out.push(("H15", "台账记录为材质落后".to_owned()));
        }
        if !c.labelled {
            out.push(("H11", "没有清晰可读的标识".to_owned()));
        }
        out
    }

    /// H10: what is wrong with the fall guards of a well. Drainage wells must have one by law (条例 26), low-lying
    /// places by the founding document (R9).
    #[must_use]
    pub fn of_guards(&self, w: WellState<'_>) -> Vec<String> {
        let mut out = vec![];
        let living = || w.guards.iter().filter(|g| g.removed_on.is_none());
        let drainage = DRAINAGE.contains(&w.kind);
        let needed = i64::from(self.guard.nets(w.depth_m));
        let there: i64 = living().map(|g| g.quantity).sum();
        if (drainage || w.low_lying) && there == 0 {
            out.push(format!(
                "{}未装防坠装置，应装 {needed} 张",
                if drainage { "排水井" } else { "低洼易涝处" }
            ));
        } else if there > 0 && living().all(|g| g.kind == "net") && there < needed {
            out.push(format!("防坠网 {there} 张，按井深应装 {needed} 张"));
        }
        for g in living() {
            if let Some(d) = g.next_test_on.filter(|d| *d < self.today) {
                out.push(format!("防坠装置应于 {d} 前检测，已逾期"));
            }
            if let Some(d) = g.replace_on.filter(|d| *d < self.today) {
                out.push(format!("防坠装置应于 {d} 前更换，已逾期"));
            }
            if let Some(kg) = g.tested_load_kg.filter(|kg| *kg < self.guard.static_load_kg) {
                out.push(format!(
                    "防坠装置检测荷载 {kg} 千克，低于规则的 {} 千克",
                    self.guard.static_load_kg
                ));
            }
        }
        out
    }

    /// Appends the condition under which a code is found in the cover of `cover_facts f`, as the ledger stands now.
    pub fn and(&self, q: &mut Sql, code: &str) {
        q.push(&format!(" AND f.to_day IS NULL AND {LIVING}"), []);
        match code {
            "H10" => self.and_guards(q),
            "H11" => {
                q.push(" AND NOT f.labelled", []);
            }
            "H12" => {
                q.push(" AND f.well_id IN (SELECT oq.well_id FROM ownership_queue oq)", []);
            }
            "H14" => {
                q.push(" AND (f.expires_on < ? OR f.problem = 'over_age')", [self.today.into()]);
            }
            "H15" => self.and_material(q),
            "H16" => self.and_load(q),
            // No other code is found in the ledger.
            _ => {
                q.push(" AND 1 = 0", []);
            }
        }
        if OF_WELL.contains(&code) {
            q.push(&format!(" AND {FIRST}"), []);
        }
    }

    fn and_material(&self, q: &mut Sql) {
        let outdated: Vec<&str> =
            self.life.iter().flat_map(|l| l.outdated.iter().map(|o| o.material.code())).collect();
        q.push(" AND (f.problem = 'outdated' OR f.material IN ", []);
        q.list(&outdated);
        q.push(")", []);
    }

    fn and_load(&self, q: &mut Sql) {
        let weak = |place: Place, emergency: bool| -> Vec<&'static str> {
            let rules = self.load.iter();
            let required = rules.filter_map(|r| r.required_class(place, emergency)).next();
            LoadClass::ALL
                .iter()
                .filter(|c| required.as_ref().is_some_and(|r| **c < r.class))
                .map(|c| c.code())
                .collect()
        };
        let mut only: Vec<(Place, Vec<&str>)> = vec![];
        q.push(" AND (1 = 0", []);
        for place in Place::ALL {
            let (always, emergency) = (weak(*place, false), weak(*place, true));
            and_pair(q, *place, &always);
            only.push((*place, emergency.into_iter().filter(|c| !always.contains(c)).collect()));
        }
        // The wells are asked once, and only where emergency vehicles make a difference.
        q.push(" OR ((1 = 0", []);
        for (place, classes) in &only {
            and_pair(q, *place, classes);
        }
        q.push(
            ") AND EXISTS (SELECT 1 FROM wells ew WHERE ew.id = f.well_id AND ew.emergency_vehicles)))",
            [],
        );
    }

    fn and_guards(&self, q: &mut Sql) {
        const THERE: &str = "FROM fall_guards g WHERE g.well_id = f.well_id AND g.removed_on IS NULL";
        q.push(
            " AND ((NOT f.guarded AND (f.low_lying OR EXISTS (SELECT 1 FROM wells dw WHERE dw.id = f.well_id AND dw.kind IN ",
            [],
        );
        q.list(&DRAINAGE);
        q.push("))) OR (f.guarded AND (EXISTS (SELECT 1 ", []);
        let (today, load) = (Value::from(self.today), Value::from(self.guard.static_load_kg));
        q.push(
            &format!("{THERE} AND (g.next_test_on < ? OR g.replace_on < ? OR g.tested_load_kg < ?))"),
            [today.clone(), today, load],
        );
        q.push(
            &format!(
                " OR (NOT EXISTS (SELECT 1 {THERE} AND g.kind <> 'net') AND (SELECT sum(g.quantity) {THERE}) < "
            ),
            [],
        );
        q.push("(SELECT CASE WHEN 1 = 0 THEN 0", []);
        for row in &self.guard.nets {
            match row.up_to_m {
                Some(m) => {
                    q.push(&format!(" WHEN COALESCE(dw.depth_m, 0) <= ? THEN {}", row.count), [m.into()])
                }
                None => q.push(&format!(" ELSE {}", row.count), []),
            };
        }
        q.push(" END FROM wells dw WHERE dw.id = f.well_id)))))", []);
    }
}

/// Appends ` OR (place and one of the classes)`.
fn and_pair(q: &mut Sql, place: Place, classes: &[&str]) {
    if !classes.is_empty() {
        q.push(" OR (f.place = ? AND f.load_class IN ", [place.code().into()]);
        q.list(classes);
        q.push(")", []);
    }
}

/// H12: the sentence about a well in the ownership queue.
#[must_use]
pub fn ownerless(due_on: Date) -> String {
    format!("权属不明：须在 {due_on} 前落实权属单位或指定兜底单位")
}
