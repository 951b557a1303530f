//! 部门分工 applied: which unit of this store supervises a well, by its kind, place, road manager and street.
//!
//! Table: none of its own; it joins the rule pack `division` in force with the units entered. Owners are not decided
//! here: 主体责任 comes with the cover.
use crate::error::Result;
use crate::rulepacks;
use jiff::civil::Date;
use jinggai_db::{Tx, sql};
use jinggai_rules::division::{Decision, Division, DivisionError, Road};
use jinggai_rules::kinds::{CoverKind, Place, RoadManager};
use std::collections::HashMap;

/// What of a well the division of labour looks at.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// 井类型.
    pub kind: CoverKind,
    /// 设置位置.
    pub place: Option<Place>,
    /// 道路管理.
    pub manager: Option<RoadManager>,
    /// Code of the area it lies in; names the street office where the street manages its roads.
    pub area: Option<&'a str>,
}

/// A unit that the division of labour names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Row of `units`; none while the unit is not entered.
    pub unit_id: Option<i64>,
    /// Its code.
    pub code: String,
    /// Its name, by the directory or else by the pack.
    pub name: String,
    /// Why, for people (Chinese).
    pub basis: String,
}

/// The division of labour of a day, ready to be asked for many wells.
pub struct Labour {
    division: Option<Division>,
    units: HashMap<String, (i64, String)>,
}

impl Labour {
    /// Reads the pack in force and the units that exist on the day.
    ///
    /// # Errors
    /// What the store says.
    pub async fn load(tx: &mut Tx, on: Date) -> Result<Labour> {
        let division = rulepacks::current(tx, on).await?;
        let units: Vec<(String, i64, String)> = tx
            .all(sql!("SELECT code, id, name FROM units WHERE valid_to IS NULL OR valid_to > ?", on))
            .await?;
        let units = units.into_iter().map(|(code, id, name)| (code, (id, name))).collect();
        Ok(Labour { division, units })
    }

    /// 行业主管部门: the department that supervises; none when the pack leaves it to a road manager who is not known.
    #[must_use]
    pub fn supervisor(&self, s: &Situation<'_>) -> Option<Named> {
        self.ask(s, |d, road| d.supervisor_for(s.kind, s.place, road))
    }

    /// 兜底单位: who answers for a well whose owner is not known (R3).
    #[must_use]
    pub fn fallback(&self, s: &Situation<'_>) -> Option<Named> {
        self.ask(s, |d, road| d.fallback_for(s.place, road))
    }

    fn ask(
        &self,
        s: &Situation<'_>,
        decide: impl Fn(&Division, Road<'_>) -> std::result::Result<Decision, DivisionError>,
    ) -> Option<Named> {
        let division = self.division.as_ref()?;
        let street = match s.manager {
            Some(RoadManager::Street) => s.area.and_then(|a| street_office(division, a)),
            _ => None,
        };
        let decision = decide(division, Road { manager: s.manager, unit_code: street }).ok()?;
        let entered = self.units.get(&decision.unit_code);
        let by_pack = || division.unit(&decision.unit_code).map(|u| u.name.clone());
        let name = entered.map(|(_, name)| name.clone()).or_else(by_pack);
        Some(Named {
            unit_id: entered.map(|(id, _)| *id),
            name: name.unwrap_or_else(|| decision.unit_code.clone()),
            code: decision.unit_code,
            basis: decision.explanation_zh,
        })
    }
}

/// The office of the street (9 digits) in which an area lies.
fn street_office<'a>(division: &'a Division, area: &str) -> Option<&'a str> {
    let street = area.get(..9)?;
    division.units.iter().find(|u| u.area.as_deref() == Some(street)).map(|u| u.code.as_str())
}
