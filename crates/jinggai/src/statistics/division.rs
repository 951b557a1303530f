//! 区划: which district, street or community an area belongs to on a given day.
//!
//! Districts merge and are renumbered (江北区 500105 became part of 两江新区 500157 in 2025-11), and covers keep the area
//! they were recorded with. A report is drawn by the division of one day: an older area is looked up among its
//! ancestors and successors, a newer one among its only predecessor. Where a newer area has several predecessors
//! nobody can say from the area alone where it lay before; it then stands in a row of its own.
use crate::error::Result;
use jiff::civil::Date;
use jinggai_db::{Tx, row, sql};
use std::collections::{BTreeMap, HashMap, HashSet};

row! {
    #[derive(Clone, Debug)]
    struct Area {
        id: i64,
        code: String,
        name: String,
        level: String,
        parent_id: Option<i64>,
        valid_from: Option<Date>,
        valid_to: Option<Date>,
    }
}

row! {
    #[derive(Clone, Debug)]
    struct Succession {
        old_id: i64,
        new_id: i64,
        part_id: Option<i64>,
        effective: Date,
    }
}

/// Where an area belongs at a level of the division.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Slot {
    /// In this area of the level asked for.
    In(i64),
    /// In no one area of the level: the area itself is wider, or its past is not known.
    Wider(i64),
    /// No area is recorded.
    Unknown,
}

/// The division of one day.
#[derive(Clone, Debug, Default)]
pub struct Division {
    areas: BTreeMap<i64, Area>,
    up: HashMap<i64, Vec<i64>>,
    down: HashMap<i64, Vec<i64>>,
    successions: Vec<Succession>,
    on: Date,
    notes: Vec<String>,
}

impl Division {
    /// Reads all areas and what became of them.
    ///
    /// # Errors
    /// What the store says.
    pub async fn load(tx: &mut Tx, on: Date) -> Result<Division> {
        let areas: Vec<Area> =
            tx.all(sql!("SELECT id, code, name, level, parent_id, valid_from, valid_to FROM areas")).await?;
        let closure: Vec<(i64, i64)> = tx.all(sql!("SELECT ancestor_id, area_id FROM area_closure")).await?;
        let successions: Vec<Succession> = tx
            .all(sql!("SELECT old_id, new_id, part_id, effective FROM area_successions ORDER BY id"))
            .await?;
        let areas = areas.into_iter().map(|a| (a.id, a)).collect();
        let mut d = Division { areas, successions, on, ..Division::default() };
        for (ancestor, area) in closure {
            d.up.entry(area).or_default().push(ancestor);
            d.down.entry(ancestor).or_default().push(area);
        }
        d.notes = d.doubtful();
        Ok(d)
    }

    /// What a reader must know about the division.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Code and name of an area.
    #[must_use]
    pub fn area(&self, id: i64) -> Option<(&str, &str)> {
        self.areas.get(&id).map(|a| (a.code.as_str(), a.name.as_str()))
    }

    /// Ids of all areas.
    pub fn ids(&self) -> impl Iterator<Item = i64> {
        self.areas.keys().copied()
    }

    /// The areas that a filter's words name: codes with what lies below them, `=code` without.
    #[must_use]
    pub fn named(&self, words: &[String]) -> HashSet<i64> {
        let id = |code: &str| self.areas.values().find(|a| a.code == code).map(|a| a.id);
        let mut out = HashSet::new();
        for word in words {
            match word.strip_prefix('=') {
                Some(code) => out.extend(id(code)),
                None => out.extend(id(word).into_iter().flat_map(|i| self.below(i).to_vec())),
            }
        }
        out
    }

    /// The fewest words of a filter that name exactly these areas.
    #[must_use]
    pub fn words(&self, target: &HashSet<i64>) -> Vec<String> {
        let inside = |id: &i64| self.below(*id).iter().all(|a| target.contains(a));
        let mut whole: Vec<i64> = target.iter().copied().filter(inside).collect();
        whole.sort_by_key(|id| (std::cmp::Reverse(self.below(*id).len()), *id));
        let mut covered: HashSet<i64> = HashSet::new();
        let mut words = vec![];
        for id in whole {
            if !covered.contains(&id) {
                covered.extend(self.below(id));
                words.extend(self.area(id).map(|(code, _)| code.to_owned()));
            }
        }
        let mut rest: Vec<i64> = target.difference(&covered).copied().collect();
        rest.sort_unstable();
        words.extend(rest.into_iter().filter_map(|id| self.area(id)).map(|(code, _)| format!("={code}")));
        words
    }

    /// Where an area belongs at a level (`district`, `street`, `community`) of this division.
    #[must_use]
    pub fn slot(&self, area: Option<i64>, level: &str) -> Slot {
        let Some(area) = area else { return Slot::Unknown };
        match self.find(area, level) {
            Some(id) => Slot::In(id),
            None => Slot::Wider(area),
        }
    }

    fn find(&self, area: i64, level: &str) -> Option<i64> {
        // Few steps: a chain of predecessors is as long as the history of renumberings.
        let mut at = area;
        for _ in 0..16 {
            if let Some(found) = self.candidates(at, level).first() {
                return Some(*found);
            }
            at = self.predecessor(at)?;
        }
        None
    }

    /// The areas of the level above `area` that held on the day, without those merged into another of them.
    fn candidates(&self, area: i64, level: &str) -> Vec<i64> {
        let mut found: Vec<i64> = self
            .up
            .get(&area)
            .into_iter()
            .flatten()
            .copied()
            .filter(|id| self.areas.get(id).is_some_and(|a| a.level == level) && self.held(*id))
            .collect();
        let merged = |old: i64| {
            self.successions.iter().any(|s| {
                s.effective <= self.on && s.part_id.unwrap_or(s.old_id) == old && found.contains(&s.new_id)
            })
        };
        let gone: Vec<i64> = found.iter().copied().filter(|id| merged(*id)).collect();
        // A part that left its old area lies above-wise in both; only the new one holds.
        let left: Vec<i64> = self
            .successions
            .iter()
            .filter(|s| s.effective <= self.on && found.contains(&s.new_id))
            .filter(|s| s.part_id.is_some_and(|p| self.below(p).contains(&area)))
            .map(|s| s.old_id)
            .collect();
        found.retain(|id| !gone.contains(id) && !left.contains(id));
        found.sort_unstable();
        found
    }

    /// Did the area hold on the day? By its own dates, else by the day on which it was made from others.
    fn held(&self, id: i64) -> bool {
        let Some(a) = self.areas.get(&id) else { return false };
        let made = self.successions.iter().filter(|s| s.new_id == id).map(|s| s.effective).min();
        a.valid_from.or(made).is_none_or(|from| from <= self.on) && a.valid_to.is_none_or(|to| to > self.on)
    }

    /// What an area was before, when that was one thing: asked of itself, then of what it lies in.
    fn predecessor(&self, area: i64) -> Option<i64> {
        let mut at = Some(area);
        while let Some(id) = at {
            let before: Vec<i64> = self
                .successions
                .iter()
                .filter(|s| s.new_id == id && s.effective > self.on)
                .map(|s| s.part_id.unwrap_or(s.old_id))
                .collect();
            match before[..] {
                [] => at = self.areas.get(&id).and_then(|a| a.parent_id),
                [only] => return Some(only),
                _ => return None,
            }
        }
        None
    }

    fn below(&self, id: i64) -> &[i64] {
        self.down.get(&id).map_or(&[], Vec::as_slice)
    }

    /// Areas that the records put into two areas of one level at once.
    fn doubtful(&self) -> Vec<String> {
        let mut notes = vec![];
        for level in ["district", "street", "community"] {
            for area in self.areas.values() {
                let found = self.candidates(area.id, level);
                if found.len() > 1 {
                    let names: Vec<&str> =
                        found.iter().filter_map(|id| self.area(*id)).map(|(_, name)| name).collect();
                    notes.push(format!(
                        "区划记录有误：{}在 {} 同属{}，暂计入{}；请核对区划沿革",
                        area.name,
                        self.on,
                        names.join("、"),
                        names[0]
                    ));
                }
            }
        }
        notes
    }
}
