//! 更新改造评分 in the store: the sum that [`RenewalScore::parts`] explains, as an expression over `cover_facts f`, so that
//! a million covers are sorted without being read. A test holds the two together.
use crate::clock;
use crate::error::{AppError, Result};
use crate::identity::Scope;
use crate::registry::{CoverFilter, FilterContext};
use crate::rulepacks;
use jiff::civil::Date;
use jinggai_db::{Sql, Tx};
use jinggai_rules::RulePack;
use jinggai_rules::kinds::{LoadClass, Place};
use jinggai_rules::life::LifeRules;
use jinggai_rules::load::LoadRules;
use jinggai_rules::renewal::{Basis, RenewalScore, classes_short};

/// The rules of the score.
#[derive(Debug)]
pub struct ScoreRules {
    /// 更新改造评分.
    pub score: RenewalScore,
    /// 设计使用年限与落后材质.
    pub life: LifeRules,
    /// 承载等级与设置位置.
    pub load: LoadRules,
}

/// An expression of points by place and class; 0 where either is not known.
fn by_place_and_class(points: impl Fn(Place, LoadClass) -> i64) -> String {
    let mut out = "CASE f.place WHEN '' THEN 0".to_owned();
    for place in Place::ALL {
        let classes: String = LoadClass::ALL
            .iter()
            .map(|c| (c, points(*place, *c)))
            .filter(|(_, n)| *n != 0)
            .map(|(c, n)| format!(" WHEN '{}' THEN {n}", c.code()))
            .collect();
        if !classes.is_empty() {
            out += &format!(" WHEN '{}' THEN CASE f.load_class{classes} ELSE 0 END", place.code());
        }
    }
    out + " ELSE 0 END"
}

/// Which covers are looked at.
pub struct Search<'a> {
    /// The rules.
    pub rules: &'a ScoreRules,
    /// Whose.
    pub scope: &'a Scope,
    /// Which.
    pub filter: CoverFilter,
    /// What the filter depends on.
    pub cx: FilterContext,
    /// Only those that are (or are not) in a renewal plan already.
    pub planned: Option<bool>,
}

async fn ruling<P: RulePack>(tx: &mut Tx, today: Date) -> Result<P> {
    rulepacks::current(tx, today)
        .await?
        .ok_or_else(|| AppError::internal(anyhow::anyhow!("no rule pack {} is in force", P::KIND)))
}

impl ScoreRules {
    /// The rules in force on a day.
    ///
    /// # Errors
    /// What the store says.
    pub async fn load(tx: &mut Tx, today: Date) -> Result<ScoreRules> {
        Ok(ScoreRules {
            score: ruling(tx, today).await?,
            life: ruling(tx, today).await?,
            load: ruling(tx, today).await?,
        })
    }

    /// What the parts of a score rest on.
    #[must_use]
    pub fn basis(&self) -> Basis<'_> {
        Basis { life: &self.life, load: &self.load }
    }

    /// The condition under which `hazards h` counts in a cover's history: those taken back do not.
    ///
    /// # Errors
    /// Never with a date of this calendar.
    pub fn history(&self, q: &mut Sql, on: Date) -> Result<()> {
        let from = clock::midnight(self.score.history_from(on));
        q.push("COALESCE(h.outcome, '') NOT LIKE '撤销%' AND h.found_at >= ? AND h.code IN ", [from.into()]);
        q.list(&self.score.history_codes);
        Ok(())
    }

    /// Points of age on a day.
    fn age(&self, q: &mut Sql, on: Date) {
        let noted = self.score.noted_points();
        let mut said = false;
        q.push("CASE", []);
        for (limit, points) in self.score.age_limits(on) {
            if !said && points <= noted {
                q.push(&format!(" WHEN f.problem = 'over_age' THEN {noted}"), []);
                said = true;
            }
            q.push(&format!(" WHEN f.expires_on < ? THEN {points}"), [limit.into()]);
        }
        q.push(if said { " ELSE 0 END" } else { " WHEN 1 = 0 THEN 0 ELSE 0 END" }, []);
    }

    /// Points of the causes that do not change by the year: material, load class, history.
    fn causes(&self, q: &mut Sql) {
        let outdated: Vec<&str> = self.life.outdated.iter().map(|o| o.material.code()).collect();
        q.push("CASE WHEN f.problem = 'outdated' OR f.material IN ", []);
        q.list(&outdated);
        q.push(&format!(" THEN {} ELSE 0 END + ", self.score.outdated), []);
        self.load_class(q);
        q.push(" + CASE", []);
        for step in self.score.history.iter().rev() {
            q.push(&format!(" WHEN hh.n >= {} THEN {}", step.count, step.points), []);
        }
        q.push(" WHEN 1 = 0 THEN 0 ELSE 0 END", []);
    }

    /// Points by place and class. Where emergency vehicles drive a class more may be asked: what that adds stands apart,
    /// so that the wells are asked once, and only where it makes a difference.
    fn load_class(&self, q: &mut Sql) {
        let points = |place, class, emergency| {
            self.score.class_points(classes_short(&self.load, class, place, emergency))
        };
        let plain = by_place_and_class(|place, class| points(place, class, false));
        let more =
            by_place_and_class(|place, class| points(place, class, true) - points(place, class, false));
        q.push(&plain, []);
        q.push(
            &format!(
                " + CASE WHEN {more} > 0 AND EXISTS (SELECT 1 FROM wells ew WHERE ew.id = f.well_id AND ew.emergency_vehicles) THEN {more} ELSE 0 END"
            ),
            [],
        );
    }

    /// Points of place and crowding.
    fn context(&self, q: &mut Sql) {
        q.push("CASE", []);
        for row in &self.score.places {
            q.push(&format!(" WHEN f.place = '{}' THEN {}", row.place.code(), row.points), []);
        }
        q.push(
            &format!(
                " WHEN 1 = 0 THEN 0 ELSE 0 END + CASE WHEN f.crowded THEN {} ELSE 0 END",
                self.score.crowded
            ),
            [],
        );
    }

    /// The bands of design life that any of these days tell apart: a cover of one band scores alike on all of them.
    #[must_use]
    pub fn bands(&self, days: &[Date]) -> Vec<Date> {
        let mut all: Vec<Date> =
            days.iter().flat_map(|d| self.score.age_limits(*d)).map(|(limit, _)| limit).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// A limit that limits nothing, the same on both stores.
const FENCE: &str = " LIMIT 9223372036854775807";

/// The number of a group: all that its score depends on beside the kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupKey {
    /// Points of the causes that do not change by the year.
    pub causes: i64,
    /// Points of place and crowding.
    pub place: i64,
    /// Band of the design life, 0 = none known.
    pub band: i64,
    /// The ledger calls them over age.
    pub noted: bool,
}

/// Room for the points of a place and for the bands within a group's number.
const ROOM: i64 = 10_000;

impl GroupKey {
    /// From its number.
    #[must_use]
    pub fn of(number: i64) -> GroupKey {
        let (rest, noted) = (number / 2, number % 2 == 1);
        let (rest, band) = (rest / ROOM, rest % ROOM);
        GroupKey { causes: rest / ROOM, place: rest % ROOM, band, noted }
    }
}

impl Search<'_> {
    /// `SELECT f.cover_id, columns… FROM cover_facts f …` of the covers in use that are looked at.
    fn covers(&self, columns: Sql, on: Date) -> Result<Sql> {
        let mut q = Sql::new("SELECT f.cover_id, f.kind, ", vec![]);
        q.append(columns);
        q.push(
            " FROM cover_facts f LEFT JOIN (SELECT h.cover_id, count(*) AS n FROM hazards h WHERE h.cover_id IS NOT NULL AND ",
            [],
        );
        self.rules.history(&mut q, on)?;
        q.push(" GROUP BY h.cover_id) hh ON hh.cover_id = f.cover_id WHERE f.lifecycle IN ('in_use', 'abnormal')", []);
        self.filter.and(&mut q, &self.cx);
        self.scope.and(&mut q, "f");
        if let Some(planned) = self.planned {
            q.push(if planned { " AND EXISTS" } else { " AND NOT EXISTS" }, []);
            q.push(
                " (SELECT 1 FROM renewal_items rx WHERE rx.cover_id = f.cover_id AND rx.released_at IS NULL)",
                [],
            );
        }
        // A fence: without it SQLite computes the points again wherever the outer statement names them.
        q.push(FENCE, []);
        Ok(q)
    }

    /// `(SELECT cover_id, kind, causes, place, hazards …)`: every cover with the points of a day.
    ///
    /// # Errors
    /// Never with a date of this calendar.
    pub fn scored(&self, on: Date) -> Result<Sql> {
        let mut columns = Sql::default();
        self.rules.age(&mut columns, on);
        columns.push(" + ", []);
        self.rules.causes(&mut columns);
        columns.push(" AS causes, ", []);
        self.rules.context(&mut columns);
        columns.push(" AS place, COALESCE(hh.n, 0) AS hazards", []);
        self.covers(columns, on)
    }

    /// `(SELECT cover_id, kind, number …)`: every cover with the number of its group; see [`GroupKey`].
    ///
    /// # Errors
    /// Never with a date of this calendar.
    pub fn grouped(&self, bands: &[Date], on: Date) -> Result<Sql> {
        let mut columns = Sql::new("(((CAST(", vec![]);
        self.rules.causes(&mut columns);
        columns.push(&format!(" AS BIGINT)) * {ROOM} + "), []);
        self.rules.context(&mut columns);
        columns.push(&format!(") * {ROOM} + CASE"), []);
        for (i, limit) in bands.iter().enumerate() {
            columns.push(&format!(" WHEN f.expires_on < ? THEN {}", i + 1), [(*limit).into()]);
        }
        columns.push(
            &format!(
                " WHEN f.expires_on IS NOT NULL THEN {} ELSE 0 END) * 2 + CASE WHEN f.problem = 'over_age' THEN 1 ELSE 0 END AS number",
                bands.len() + 1
            ),
            [],
        );
        self.covers(columns, on)
    }
}

/// A day that stands for a band; none for the band without a date.
#[must_use]
pub fn day_of_band(bands: &[Date], band: i64) -> Option<Date> {
    let i = usize::try_from(band).ok()?.checked_sub(1)?;
    match bands.get(i) {
        // The last day before the limit: not before any limit below it.
        Some(limit) => limit.yesterday().ok(),
        None => Some(Date::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_number_tells_its_group() {
        let number = ((57 * ROOM + 10) * ROOM + 12) * 2 + 1;
        assert_eq!(GroupKey::of(number), GroupKey { causes: 57, place: 10, band: 12, noted: true });
    }

    #[test]
    fn a_band_scores_like_each_of_its_days() {
        let rules = ScoreRules {
            score: RenewalScore::shipped().remove(0),
            life: LifeRules::shipped().remove(0),
            load: LoadRules::shipped().remove(0),
        };
        let days = [date(2026, 11, 24), date(2028, 2, 29), date(2029, 1, 1)];
        let bands = rules.bands(&days);
        for offset in 0..9000 {
            let expires = date(2010, 1, 1).checked_add(jiff::Span::new().days(offset)).unwrap_or(Date::MAX);
            let band = bands.iter().position(|limit| expires < *limit).unwrap_or(bands.len()) + 1;
            let stands = day_of_band(&bands, i64::try_from(band).unwrap_or(0));
            for day in days {
                assert_eq!(
                    rules.score.age_points(Some(expires), false, day),
                    rules.score.age_points(stands, false, day),
                    "{expires} on {day}"
                );
            }
        }
        assert_eq!(day_of_band(&bands, 0), None);
    }
}
