//! From the counted groups to the rows of the table: ids become names, each row gets the query of its covers.
use super::tally::{FLAG_FIGURES, Raw, Tally};
use super::{AnnexQuery, Dimension, Row};
use crate::registry::CoverFilter;
use crate::registry::filter::{Choice, MainState};
use crate::statistics::division::{Division, Slot};
use crate::statistics::names::Names;
use jinggai_rules::annex1::FigureRow;
use jinggai_rules::kinds::{CoverKind, ResponsibilityRole, RoadManager};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// What a row stands for in one grouping. Sorts as the table does: known before unknown, then by code.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Part {
    /// A kind, a road manager: by its place in the enumeration.
    Word(usize, String),
    /// A road.
    Road(String),
    /// A unit: code, then id.
    Unit(String, i64),
    /// An area of the level, by code.
    Area(String, Slot),
    /// An area that is wider than the level, by code.
    Wider(String, Slot),
    /// Not recorded.
    Nothing,
}

/// A row while it is being summed up.
#[derive(Default)]
struct Sums {
    figures: BTreeMap<String, i64>,
    managers: BTreeSet<String>,
    fallbacks: BTreeSet<i64>,
    /// More values may lie between the first and the last that were seen.
    more_managers: bool,
    more_fallbacks: bool,
}

impl Sums {
    fn add(&mut self, t: &Tally) {
        let mut put = |key: &str, n: i64| {
            if n > 0 {
                *self.figures.entry(key.to_owned()).or_default() += n;
            }
        };
        put("total", t.total);
        put(&format!("kind_{}", t.kind), t.total);
        for ((key, _, _), n) in FLAG_FIGURES.iter().zip(&t.flags) {
            put(key, *n);
        }
        for (state, n) in MainState::ALL.iter().zip(&t.states) {
            put(state.code(), *n);
        }
        self.more_managers |= t.managers[0] != t.managers[1];
        self.more_fallbacks |= t.fallbacks[0] != t.fallbacks[1];
        self.managers.extend(t.managers.iter().flatten().cloned());
        self.fallbacks.extend(t.fallbacks.iter().flatten().copied());
    }

    /// The texts that go with the figures.
    fn fields(&self, names: &Names) -> BTreeMap<String, String> {
        let manager =
            |code: &String| RoadManager::from_code(code).map_or("？", RoadManager::name_zh).to_owned();
        let managers: Vec<String> = self.managers.iter().map(manager).collect();
        let fallbacks: Vec<String> = self.fallbacks.iter().map(|id| names.unit_name(Some(*id))).collect();
        let listed = |names: Vec<String>, more: bool| {
            let text = names.join("、");
            // Only the first and the last of each kind are known, so two may stand for more.
            if more { format!("{text}等") } else { text }
        };
        [
            ("road_manager".to_owned(), listed(managers, self.more_managers)),
            ("fallback_unit".to_owned(), listed(fallbacks, self.more_fallbacks)),
        ]
        .into_iter()
        .filter(|(_, text)| !text.is_empty())
        .collect()
    }
}

fn level(d: Dimension) -> Option<&'static str> {
    match d {
        Dimension::District => Some("district"),
        Dimension::Street => Some("street"),
        Dimension::Community => Some("community"),
        _ => None,
    }
}

struct Maker<'a> {
    query: &'a AnnexQuery,
    base: &'a CoverFilter,
    names: &'a Names,
    division: &'a Division,
    /// The areas of the base filter that fall into each combination of slots.
    targets: HashMap<Vec<Slot>, HashSet<i64>>,
}

/// The rows in the order of the table, and their total.
pub(super) fn assemble(
    query: &AnnexQuery,
    base: &CoverFilter,
    tallies: Vec<Tally>,
    names: &Names,
    division: &Division,
) -> (Vec<Row>, Row) {
    let mut maker = Maker { query, base, names, division, targets: HashMap::new() };
    maker.sort_areas();
    let mut rows: BTreeMap<Vec<Part>, Sums> = BTreeMap::new();
    let mut total = Sums::default();
    for t in &tallies {
        let parts = query.by.iter().zip(&t.by).map(|(d, raw)| maker.part(*d, raw)).collect();
        rows.entry(parts).or_default().add(t);
        total.add(t);
    }
    let total = Row {
        key: "total".to_owned(),
        filter: base.clone(),
        cells: FigureRow { figures: total.figures, ..FigureRow::new("合计") },
    };
    (rows.into_iter().map(|(parts, sums)| maker.row(&parts, sums)).collect(), total)
}

impl Maker<'_> {
    /// Says for every area of the base filter into which row it falls.
    fn sort_areas(&mut self) {
        let levels: Vec<&str> = self.query.by.iter().filter_map(|d| level(*d)).collect();
        if levels.is_empty() {
            return;
        }
        let wanted = (!self.base.area.is_empty()).then(|| self.division.named(&self.base.area.any));
        for id in self.division.ids().filter(|id| wanted.as_ref().is_none_or(|w| w.contains(id))) {
            let slots = levels.iter().map(|l| self.division.slot(Some(id), l)).collect();
            self.targets.entry(slots).or_default().insert(id);
        }
    }

    fn part(&self, d: Dimension, raw: &Raw) -> Part {
        if let Some(level) = level(d) {
            let slot = self.division.slot(raw.id, level);
            let code = |id| self.division.area(id).map(|(code, _)| code.to_owned()).unwrap_or_default();
            return match slot {
                Slot::In(id) => Part::Area(code(id), slot),
                Slot::Wider(id) => Part::Wider(code(id), slot),
                Slot::Unknown => Part::Nothing,
            };
        }
        match (d, &raw.word, raw.id) {
            (Dimension::Road, Some(road), _) => Part::Road(road.clone()),
            (Dimension::Kind, Some(code), _) => {
                let at = CoverKind::ALL.iter().position(|k| k.code() == code);
                Part::Word(at.unwrap_or(usize::MAX), code.clone())
            }
            (_, Some(code), _) => {
                let at = RoadManager::ALL.iter().position(|m| m.code() == code);
                Part::Word(at.unwrap_or(usize::MAX), code.clone())
            }
            (_, None, Some(id)) => {
                Part::Unit(self.names.unit(id).map_or_else(|| format!("#{id}"), |(c, _)| c.to_owned()), id)
            }
            (_, None, None) => Part::Nothing,
        }
    }

    fn row(&self, parts: &[Part], sums: Sums) -> Row {
        let mut filter = self.base.clone();
        let mut slots = vec![];
        let mut fields = sums.fields(self.names);
        let (mut keys, mut labels) = (vec![], vec![]);
        for (d, part) in self.query.by.iter().zip(parts) {
            narrow(&mut filter, *d, part);
            match part {
                Part::Area(_, slot) | Part::Wider(_, slot) => slots.push(*slot),
                Part::Nothing if level(*d).is_some() => slots.push(Slot::Unknown),
                _ => {}
            }
            let label = self.label(*d, part);
            keys.push(format!("{}:{}", d.code(), key(part)));
            fields.insert(d.field().to_owned(), label.clone());
            labels.push(label);
        }
        if slots.contains(&Slot::Unknown) {
            filter.area = Choice::none();
        } else if !slots.is_empty() {
            let target = self.targets.get(&slots).cloned().unwrap_or_default();
            filter.area = Choice { any: self.division.words(&target), none: false };
        }
        let cells = FigureRow { fields, figures: sums.figures, ..FigureRow::new(labels.join(" ")) };
        Row { key: keys.join("|"), filter, cells }
    }

    fn label(&self, d: Dimension, part: &Part) -> String {
        let area = |id: i64| self.division.area(id).map(|(_, name)| name.to_owned()).unwrap_or_default();
        match part {
            Part::Road(road) => road.clone(),
            Part::Unit(code, id) => self.names.unit(*id).map_or_else(|| code.clone(), |(_, n)| n.to_owned()),
            Part::Word(_, code) if d == Dimension::Kind => {
                CoverKind::from_code(code).map_or_else(|| code.clone(), |k| k.name_zh().to_owned())
            }
            Part::Word(_, code) => {
                RoadManager::from_code(code).map_or_else(|| code.clone(), |m| m.name_zh().to_owned())
            }
            Part::Area(_, Slot::In(id)) => area(*id),
            Part::Wider(_, Slot::Wider(id)) => format!("{}（未分到{}）", area(*id), d.zh()),
            Part::Area(..) | Part::Wider(..) | Part::Nothing => format!("未登记{}", d.zh()),
        }
    }
}

/// The part of a row's key: never mistaken for another, whatever a road is called.
fn key(part: &Part) -> String {
    match part {
        Part::Word(_, code) | Part::Unit(code, _) | Part::Area(code, _) => code.clone(),
        Part::Road(road) => road.replace('|', "\\|"),
        Part::Wider(code, _) => format!("={code}"),
        Part::Nothing => String::new(),
    }
}

/// Narrows the filter to a part. Areas are narrowed by the caller, all levels at once.
fn narrow(filter: &mut CoverFilter, d: Dimension, part: &Part) {
    let role = match d {
        Dimension::Unit => Some(ResponsibilityRole::Territorial),
        Dimension::Owner => Some(ResponsibilityRole::Owner),
        Dimension::Maintainer => Some(ResponsibilityRole::Maintainer),
        Dimension::Supervisor => Some(ResponsibilityRole::Supervisor),
        _ => None,
    };
    match (d, part) {
        (Dimension::Road, Part::Road(road)) => filter.road = Some(road.clone()),
        (Dimension::Road, _) => filter.road = Some(String::new()),
        (Dimension::Kind, Part::Word(_, code)) => {
            filter.kind = CoverKind::from_code(code).map_or_else(Choice::none, Choice::one);
        }
        (Dimension::RoadManager, Part::Word(_, code)) => {
            filter.road_manager = RoadManager::from_code(code).map_or_else(Choice::none, Choice::one);
        }
        (Dimension::RoadManager, _) => filter.road_manager = Choice::none(),
        (_, Part::Unit(code, _)) => {
            // The unit itself: its sub-units stand in rows of their own.
            filter.roles.extend(role.map(|r| (r, Choice::one(format!("={code}")))));
        }
        (_, Part::Nothing) => filter.roles.extend(role.map(|r| (r, Choice::none()))),
        _ => {}
    }
}
