//! What an import knows of the ledger while it runs: loaded once, kept up to date by its own batches.
//!
//! Points of all covers (27 bytes each), short stand-ins of the keys of this source, units, areas, the division of
//! labour. Nothing here is asked for row by row; a bounded page at a time is read from the store.
use super::options::Options;
use crate::error::{AppError, Result};
use crate::identity::Scope;
use crate::registry::{codes, packs};
use jiff::civil::Date;
use jinggai_db::{Tx, sql};
use jinggai_geo::{Bbox, Geometry, GridIndex, Point};
use jinggai_rules::codes::{ClassList, CodeScheme};
use jinggai_rules::division::{Division, Road};
use jinggai_rules::kinds::{CoverKind, Lifecycle, Place, RoadManager};
use jinggai_rules::text::normalise;
use std::collections::{HashMap, HashSet};

/// Rows read at a time.
const PAGE: i64 = 20_000;

/// What an import knows of the ledger.
pub struct State {
    /// Covers by place, with [`twin_class`] as their kind.
    pub grid: GridIndex,
    /// Stand-ins of the keys that this source has in the ledger.
    pub known: HashSet<u64>,
    /// Units.
    pub units: Units,
    /// Areas.
    pub areas: Areas,
    /// Code schemes in force.
    pub schemes: Vec<CodeScheme>,
    /// Class lists in force.
    pub classes: Vec<ClassList>,
    /// The supervising unit per kind, place and road.
    supervisors: HashMap<(CoverKind, Option<Place>, Option<RoadManager>), Option<i64>>,
    division: Option<Division>,
    /// Where the actor may import; none = everywhere.
    pub reach: Option<Vec<Reach>>,
}

/// One bound of the actor: sets of areas and units.
pub struct Reach {
    areas: Option<HashSet<i64>>,
    units: Option<HashSet<i64>>,
}

/// Two covers can only be the same when they are of one kind and both still to come, both standing, or both gone: a
/// new cover lies exactly where the old one was taken out.
#[must_use]
pub fn twin_class(kind: CoverKind, life: Lifecycle) -> u8 {
    let kind = CoverKind::ALL.iter().position(|k| *k == kind).unwrap_or(0);
    let stage = match life {
        Lifecycle::Planned | Lifecycle::InConstruction | Lifecycle::PendingAcceptance => 0,
        l if l.is_ended() => 2,
        _ => 1,
    };
    u8::try_from(kind * 3 + stage).unwrap_or(u8::MAX)
}

impl State {
    /// Loads what an import of this source needs.
    ///
    /// # Errors
    /// What the store says; `unit.unknown` and `area.unknown` for the options.
    pub async fn load(tx: &mut Tx, source: &str, metres: f64, scope: &Scope, today: Date) -> Result<State> {
        Ok(State {
            grid: grid(tx, metres).await?,
            known: known(tx, source).await?,
            units: Units::load(tx).await?,
            areas: Areas::load(tx).await?,
            schemes: codes::schemes(tx, today).await?,
            classes: packs::all(tx).await?,
            supervisors: HashMap::new(),
            division: packs::current(tx, today).await?,
            reach: reach(tx, scope).await?,
        })
    }

    /// The scheme with this key, and its class list.
    #[must_use]
    pub fn scheme(&self, key: &str) -> Option<(CodeScheme, Option<ClassList>)> {
        let scheme = self.schemes.iter().find(|s| s.key() == key)?.clone();
        let list = self.classes.iter().find(|l| Some(&l.pack.id) == scheme.class_list.as_ref()).cloned();
        Some((scheme, list))
    }

    /// The department that supervises such a cover, if it is a unit of the ledger.
    pub fn supervisor(
        &mut self,
        kind: CoverKind,
        place: Option<Place>,
        manager: Option<RoadManager>,
    ) -> Option<i64> {
        let State { supervisors, division, units, .. } = self;
        *supervisors.entry((kind, place, manager)).or_insert_with(|| {
            let decision =
                division.as_ref()?.supervisor_for(kind, place, Road { manager, unit_code: None }).ok()?;
            units.by_code.get(&decision.unit_code).copied()
        })
    }

    /// May the actor put a well there, with these units?
    #[must_use]
    pub fn allows(&self, area: Option<i64>, units: impl Iterator<Item = i64> + Clone) -> bool {
        self.reach.as_ref().is_none_or(|all| {
            all.iter().any(|r| {
                r.areas.as_ref().is_none_or(|set| area.is_some_and(|a| set.contains(&a)))
                    && r.units.as_ref().is_none_or(|set| units.clone().any(|u| set.contains(&u)))
            })
        })
    }
}

async fn grid(tx: &mut Tx, metres: f64) -> Result<GridIndex> {
    let (n,): (i64,) = tx.one(sql!("SELECT count(*) FROM covers")).await?;
    let mut grid = GridIndex::with_capacity(metres, usize::try_from(n).unwrap_or(0));
    let mut after = 0i64;
    loop {
        let page: Vec<(i64, String, String, Point)> = tx
            .all(sql!(
                "SELECT id, kind, lifecycle, geom FROM covers WHERE id > ? ORDER BY id LIMIT ?",
                after,
                PAGE
            ))
            .await?;
        let Some((last, ..)) = page.last() else { return Ok(grid) };
        after = *last;
        for (id, kind, life, at) in &page {
            let kind = CoverKind::from_code(kind).unwrap_or(CoverKind::Other);
            let life = Lifecycle::from_code(life).unwrap_or(Lifecycle::InUse);
            grid.insert(*id, twin_class(kind, life), *at);
        }
    }
}

async fn known(tx: &mut Tx, source: &str) -> Result<HashSet<u64>> {
    let mut known = HashSet::new();
    let mut after = String::new();
    loop {
        let page: Vec<(String,)> = tx
            .all(sql!(
                "SELECT key FROM source_records WHERE source = ? AND key > ? ORDER BY key LIMIT ?",
                source,
                &after,
                PAGE
            ))
            .await?;
        let Some((last,)) = page.last() else { return Ok(known) };
        after.clone_from(last);
        known.extend(page.iter().map(|(k,)| super::row::hash_of(k)));
    }
}

async fn reach(tx: &mut Tx, scope: &Scope) -> Result<Option<Vec<Reach>>> {
    let bounds = match scope {
        Scope::Everything => return Ok(None),
        Scope::Nothing => return Ok(Some(vec![])),
        Scope::Bounds(b) => b,
    };
    let mut out = vec![];
    for b in bounds {
        let mut r = Reach { areas: None, units: None };
        if let Some(area) = b.area_id {
            let ids: Vec<(i64,)> =
                tx.all(sql!("SELECT area_id FROM area_closure WHERE ancestor_id = ?", area)).await?;
            r.areas = Some(ids.into_iter().map(|(i,)| i).chain([area]).collect());
        }
        if let Some(unit) = b.unit_id {
            let ids: Vec<(i64,)> =
                tx.all(sql!("SELECT unit_id FROM unit_closure WHERE ancestor_id = ?", unit)).await?;
            r.units = Some(ids.into_iter().map(|(i,)| i).chain([unit]).collect());
        }
        out.push(r);
    }
    Ok(Some(out))
}

/// The units, by whatever a file may call them.
#[derive(Default)]
pub struct Units {
    by_code: HashMap<String, i64>,
    by_name: HashMap<String, i64>,
    /// Made by an import and confirmed by nobody yet.
    unsure: HashSet<i64>,
}

/// How the codes of units begin that an import has made.
pub const MADE: &str = "imp-";

impl Units {
    async fn load(tx: &mut Tx) -> Result<Units> {
        let all: Vec<(i64, String, String, Option<String>)> = tx
            .all(sql!("SELECT id, code, name, short_name FROM units WHERE valid_to IS NULL ORDER BY id DESC"))
            .await?;
        let mut units = Units::default();
        for (id, code, name, short) in all {
            if let Some(short) = short {
                units.by_name.insert(normalise(&short), id);
            }
            units.by_name.insert(normalise(&name), id);
            if code.starts_with(MADE) {
                units.unsure.insert(id);
            }
            units.by_code.insert(code, id);
        }
        Ok(units)
    }

    /// The unit of a code, a name or a short name, and whether it is sure.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<(i64, bool)> {
        let id = self.by_code.get(text).or_else(|| self.by_name.get(&normalise(text))).copied()?;
        Some((id, !self.unsure.contains(&id)))
    }

    /// The unit of a code.
    ///
    /// # Errors
    /// `unit.unknown`, naming the option.
    pub fn by_code(&self, field: &str, code: &str) -> Result<i64> {
        self.by_code.get(code).copied().ok_or_else(|| {
            AppError::field(
                "unit.unknown",
                field,
                format!("没有代码为“{code}”的单位；请先用 jinggai unit add 建立"),
                format!("no unit has the code {code:?}"),
            )
        })
    }

    /// Remembers a unit made by this import.
    pub fn add(&mut self, code: &str, name: &str, id: i64) {
        self.by_code.insert(code.to_owned(), id);
        self.by_name.insert(normalise(name), id);
        self.unsure.insert(id);
    }
}

/// The areas, by code, name and bounds.
#[derive(Default)]
pub struct Areas {
    by_code: HashMap<String, i64>,
    by_name: HashMap<String, i64>,
    codes: HashMap<i64, String>,
    /// Smallest first.
    shapes: Vec<(i64, Bbox, Geometry)>,
}

impl Areas {
    async fn load(tx: &mut Tx) -> Result<Areas> {
        let all: Vec<(i64, String, String, Option<Geometry>)> = tx
            .all(sql!(
                "SELECT id, code, name, geom FROM areas WHERE valid_to IS NULL ORDER BY length(code) DESC, id"
            ))
            .await?;
        let mut areas = Areas::default();
        for (id, code, name, geom) in all {
            areas.codes.insert(id, code.clone());
            areas.by_code.insert(code, id);
            // Longer codes come first, so the larger area of a name wins over a smaller one of the same name.
            areas.by_name.insert(normalise(&name), id);
            if let Some((b, g)) = geom.and_then(|g| Some((g.bbox()?, g))) {
                areas.shapes.push((id, b, g));
            }
        }
        // Areas of the past keep their codes: numbers built on them stay valid.
        let past: Vec<(i64, String)> =
            tx.all(sql!("SELECT id, code FROM areas WHERE valid_to IS NOT NULL")).await?;
        for (id, code) in past {
            areas.codes.insert(id, code.clone());
            areas.by_code.entry(code).or_insert(id);
        }
        Ok(areas)
    }

    /// The area of a code or a name.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<i64> {
        self.by_code.get(text).or_else(|| self.by_name.get(&normalise(text))).copied()
    }

    /// The area of the option.
    ///
    /// # Errors
    /// `area.unknown`.
    pub fn of_option(&self, options: &Options) -> Result<Option<i64>> {
        let Some(code) = options.area.as_deref() else { return Ok(None) };
        self.find(code).map(Some).ok_or_else(|| {
            AppError::field(
                "area.unknown",
                "area",
                format!("没有代码为“{code}”的区域；请先用 jinggai area init 或 area import 建立"),
                format!("no area has the code {code:?}"),
            )
        })
    }

    /// The code of an area.
    #[must_use]
    pub fn code(&self, id: i64) -> Option<&str> {
        self.codes.get(&id).map(String::as_str)
    }

    /// The smallest area whose bounds hold the point.
    #[must_use]
    pub fn at(&self, p: Point) -> Option<i64> {
        self.shapes.iter().find(|(_, b, g)| b.contains(p) && g.contains(p)).map(|(id, ..)| *id)
    }
}
