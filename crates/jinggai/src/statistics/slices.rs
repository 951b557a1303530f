//! From counted groups to the rows of a table: ids become names, each row gets the part of the district it stands for.
use super::count::{Group, Raw};
use super::division::{Division, Slot};
use super::names::Names;
use super::question::{Grouping, Slice};
use crate::registry::filter::Choice;
use jinggai_rules::kinds::CoverKind;
use std::collections::{BTreeMap, HashMap, HashSet};

/// What a row stands for in one grouping. Sorts as the table does: known before unknown, then by code.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// A kind, by its place in the enumeration.
    Kind(usize, String),
    /// A unit: code, then id.
    Unit(String, i64),
    /// An area of the level, by code.
    Area(String, Slot),
    /// An area that is wider than the level, by code.
    Wider(String, Slot),
    /// Not recorded.
    Nothing,
}

/// A row before its figures: stable key, label, texts by field, and its slice.
#[derive(Clone, Debug)]
pub struct Head {
    /// Stable key, such as `unit:jb-psgs` or `street:500105001|kind:sewage`.
    pub key: String,
    /// As people know it.
    pub label: String,
    /// Texts by field of the template.
    pub fields: BTreeMap<String, String>,
    /// What it stands for.
    pub slice: Slice,
}

/// Makes rows.
pub struct Slicer<'a> {
    by: &'a [Grouping],
    base: &'a Slice,
    names: &'a Names,
    division: &'a Division,
    /// The areas of the base that fall into each combination of slots.
    targets: HashMap<Vec<Slot>, HashSet<i64>>,
}

impl<'a> Slicer<'a> {
    /// Rows by these groupings within the base.
    #[must_use]
    pub fn new(by: &'a [Grouping], base: &'a Slice, names: &'a Names, division: &'a Division) -> Self {
        let mut targets: HashMap<Vec<Slot>, HashSet<i64>> = HashMap::new();
        let levels: Vec<&str> = by.iter().filter_map(|g| g.level()).collect();
        if !levels.is_empty() {
            let wanted = (!base.area.is_empty()).then(|| division.named(&base.area.any));
            for id in division.ids().filter(|id| wanted.as_ref().is_none_or(|w| w.contains(id))) {
                let slots = levels.iter().map(|l| division.slot(Some(id), l)).collect();
                targets.entry(slots).or_default().insert(id);
            }
        }
        Slicer { by, base, names, division, targets }
    }

    /// What a counted group stands for.
    #[must_use]
    pub fn parts(&self, group: &Group) -> Vec<Part> {
        self.by.iter().zip(group).map(|(g, raw)| self.part(*g, raw)).collect()
    }

    fn part(&self, g: Grouping, raw: &Raw) -> Part {
        if let Some(level) = g.level() {
            let id = if let Raw::Id(id) = raw { Some(*id) } else { None };
            let slot = self.division.slot(id, level);
            let code = |id| self.division.area(id).map(|(code, _)| code.to_owned()).unwrap_or_default();
            return match slot {
                Slot::In(id) => Part::Area(code(id), slot),
                Slot::Wider(id) => Part::Wider(code(id), slot),
                Slot::Unknown => Part::Nothing,
            };
        }
        match raw {
            Raw::Id(id) => {
                Part::Unit(self.names.unit(*id).map_or_else(|| format!("#{id}"), |(c, _)| c.to_owned()), *id)
            }
            Raw::Word(code) => {
                let at = CoverKind::ALL.iter().position(|k| k.code() == code);
                Part::Kind(at.unwrap_or(usize::MAX), code.clone())
            }
            Raw::Nothing => Part::Nothing,
        }
    }

    /// The row of these parts.
    #[must_use]
    pub fn head(&self, parts: &[Part]) -> Head {
        let mut slice = self.base.clone();
        let (mut slots, mut keys, mut labels) = (vec![], vec![], vec![]);
        let mut fields = BTreeMap::new();
        for (g, part) in self.by.iter().zip(parts) {
            match part {
                Part::Unit(code, _) => slice.unit = Choice::one(code.clone()),
                Part::Kind(_, code) => {
                    slice.kind = CoverKind::from_code(code).map_or_else(Choice::none, Choice::one);
                }
                Part::Area(_, slot) | Part::Wider(_, slot) => slots.push(*slot),
                Part::Nothing if g.level().is_some() => slots.push(Slot::Unknown),
                Part::Nothing if *g == Grouping::Unit => slice.unit = Choice::none(),
                Part::Nothing => slice.kind = Choice::none(),
            }
            let label = self.label(*g, part);
            keys.push(format!("{}:{}", g.code(), key(part)));
            fields.insert(g.code().to_owned(), label.clone());
            labels.push(label);
        }
        if slots.contains(&Slot::Unknown) {
            slice.area = Choice::none();
        } else if !slots.is_empty() {
            let target = self.targets.get(&slots).cloned().unwrap_or_default();
            slice.area = Choice { any: self.division.words(&target), none: false };
        }
        Head { key: keys.join("|"), label: labels.join(" "), fields, slice }
    }

    fn label(&self, g: Grouping, part: &Part) -> String {
        let area = |id: i64| self.division.area(id).map(|(_, name)| name.to_owned()).unwrap_or_default();
        match part {
            Part::Unit(code, id) => self.names.unit(*id).map_or_else(|| code.clone(), |(_, n)| n.to_owned()),
            Part::Kind(_, code) => {
                CoverKind::from_code(code).map_or_else(|| code.clone(), |k| k.name_zh().to_owned())
            }
            Part::Area(_, Slot::In(id)) => area(*id),
            Part::Wider(_, Slot::Wider(id)) => format!("{}（未分到{}）", area(*id), g.zh()),
            Part::Area(..) | Part::Wider(..) | Part::Nothing => format!("未落实{}", g.zh()),
        }
    }
}

/// The part of a row's key; empty for nothing recorded.
fn key(part: &Part) -> String {
    match part {
        Part::Kind(_, code) | Part::Unit(code, _) | Part::Area(code, _) => code.clone(),
        Part::Wider(code, _) => format!("={code}"),
        Part::Nothing => String::new(),
    }
}
