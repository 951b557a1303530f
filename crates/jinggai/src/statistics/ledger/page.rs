//! Reading the ledger page by page, in the order of the covers' ids: memory stays bounded at any size.
use crate::clock;
use crate::error::Result;
use crate::identity::Scope;
use crate::registry::filter::{MAIN_STATE, MainState};
use crate::registry::{CoverFilter, FilterContext};
use crate::statistics::names::Names;
use jiff::Timestamp;
use jiff::civil::Date;
use jinggai_db::{Sql, Tx, row};
use jinggai_geo::Point;
use jinggai_rules::kinds::{CoverKind, LoadClass, Material, Place, Problem, Shape};
use std::collections::HashMap;

/// Covers read at a time.
const PAGE: i64 = 2000;

row! {
    struct Raw {
        cover_id: i64,
        well_id: i64,
        code: Option<String>,
        road: Option<String>,
        address: Option<String>,
        at: Point,
        kind: String,
        owner_id: Option<i64>,
        maintainer_id: Option<i64>,
        supervisor_id: Option<i64>,
        territorial_id: Option<i64>,
        fallback_id: Option<i64>,
        place: Option<String>,
        shape: Option<String>,
        size: Option<String>,
        material: Option<String>,
        load_class: Option<String>,
        maker: Option<String>,
        installed_on: Option<Date>,
        installed_precision: Option<String>,
        design_life_years: Option<i64>,
        depth_m: Option<f64>,
        guarded: bool,
        labelled: bool,
        has_sensor: bool,
        state: String,
        problem: Option<String>,
        note: Option<String>,
        well_note: Option<String>,
    }
}

const COLUMNS: &str = "f.cover_id, f.well_id, f.code, f.road, w.address, c.geom, f.kind, f.owner_id, f.maintainer_id, \
     f.supervisor_id, f.territorial_id, f.fallback_id, f.place, c.shape, c.size, f.material, f.load_class, c.maker, \
     c.installed_on, c.installed_precision, c.design_life_years, w.depth_m, f.guarded, f.labelled, f.has_sensor";

/// The newest photo of a well.
struct Photo {
    hash: String,
    taken_by: Option<String>,
    taken_at: Option<Timestamp>,
}

/// A cell of the ledger.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// Nothing recorded.
    Empty,
    /// Words.
    Text(String),
    /// A whole number.
    Int(i64),
    /// A number with decimals.
    Real(f64),
    /// A day.
    Day(Date),
    /// 是 or 否.
    Flag(bool),
}

fn text(s: Option<String>) -> Value {
    s.filter(|s| !s.is_empty()).map_or(Value::Empty, Value::Text)
}

/// One cover of the ledger.
pub(super) struct Detail {
    raw: Raw,
    photo: Option<Photo>,
}

/// Reads the ledger.
pub(super) struct Pages<'a> {
    pub filter: &'a CoverFilter,
    pub scope: &'a Scope,
    pub cx: FilterContext,
    pub names: Names,
    pub server: &'a str,
    after: i64,
}

impl<'a> Pages<'a> {
    pub(super) async fn new(
        tx: &mut Tx,
        filter: &'a CoverFilter,
        scope: &'a Scope,
        server: &'a str,
    ) -> Result<Self> {
        let (cx, names) = (FilterContext::load(tx).await?, Names::load(tx).await?);
        Ok(Pages { filter, scope, cx, names, server, after: 0 })
    }

    /// The next covers; empty at the end.
    pub(super) async fn next(&mut self, tx: &mut Tx) -> Result<Vec<Detail>> {
        let columns = format!("{COLUMNS}, {MAIN_STATE}, f.problem, c.note, w.note");
        let joins = "JOIN covers c ON c.id = f.cover_id JOIN wells w ON w.id = f.well_id";
        let mut q = self.filter.select(&columns, joins, self.scope, &self.cx);
        q.push(" AND f.cover_id > ? ORDER BY f.cover_id LIMIT ?", [self.after.into(), PAGE.into()]);
        let rows: Vec<Raw> = tx.all(q).await?;
        self.after = rows.last().map_or(i64::MAX, |r| r.cover_id);
        let wells: Vec<i64> = rows.iter().map(|r| r.well_id).collect();
        let mut photos = photos(tx, &wells).await?;
        Ok(rows.into_iter().map(|raw| Detail { photo: photos.remove(&raw.well_id), raw }).collect())
    }
}

async fn photos(tx: &mut Tx, wells: &[i64]) -> Result<HashMap<i64, Photo>> {
    if wells.is_empty() {
        return Ok(HashMap::new());
    }
    let mut q = Sql::new(
        "SELECT a.well_id, a.file_hash, a.taken_by, a.taken_at FROM attachments a WHERE a.role = 'photo' AND a.removed_at IS NULL",
        vec![],
    );
    q.and_in("a.well_id", wells);
    q.push(" ORDER BY a.id", []);
    let rows: Vec<(i64, String, Option<String>, Option<Timestamp>)> = tx.all(q).await?;
    // Later ones take the place of earlier ones.
    Ok(rows
        .into_iter()
        .map(|(well, hash, taken_by, taken_at)| (well, Photo { hash, taken_by, taken_at }))
        .collect())
}

impl Detail {
    /// A field of the template; the fields are `LEDGER_FIELDS` of the rules.
    pub(super) fn value(&self, field: &str, seq: i64, pages: &Pages<'_>) -> Value {
        let r = &self.raw;
        let unit = |id| text(Some(pages.names.unit_name(id)));
        match field {
            "seq" => Value::Int(seq),
            "code" => text(r.code.clone()),
            "address" => address(r),
            "lng" => Value::Real(r.at.lng),
            "lat" => Value::Real(r.at.lat),
            "kind" => named(Some(&r.kind), |c| CoverKind::from_code(c).map(CoverKind::name_zh)),
            "owner" => unit(r.owner_id),
            "maintainer" => unit(r.maintainer_id),
            "supervisor" => unit(r.supervisor_id),
            "territorial" => unit(r.territorial_id),
            "fallback_unit" => unit(r.fallback_id),
            "place" => named(r.place.as_ref(), |c| Place::from_code(c).map(Place::name_zh)),
            "shape" => named(r.shape.as_ref(), |c| Shape::from_code(c).map(Shape::name_zh)),
            "size" => text(r.size.clone()),
            "material" => named(r.material.as_ref(), |c| Material::from_code(c).map(Material::name_zh)),
            "load_class" => named(r.load_class.as_ref(), |c| LoadClass::from_code(c).map(LoadClass::name_zh)),
            "maker" => text(r.maker.clone()),
            "install_date" => installed(r),
            "design_life" => r.design_life_years.map_or(Value::Empty, Value::Int),
            "depth" => r.depth_m.map_or(Value::Empty, Value::Real),
            "fall_guard" => Value::Flag(r.guarded),
            "label" => Value::Flag(r.labelled),
            "smart" => Value::Flag(r.has_sensor),
            "state" => named(Some(&r.state), |c| c.parse().ok().map(MainState::zh)),
            "problem" => problem(r),
            "remark" => text(r.well_note.clone()),
            _ => self.of_photo(field, pages.server),
        }
    }

    fn of_photo(&self, field: &str, server: &str) -> Value {
        let Some(p) = &self.photo else { return Value::Empty };
        match field {
            "photo" => Value::Text(format!("{server}/api/v1/files/{}", p.hash)),
            "surveyor" => text(p.taken_by.clone()),
            "census_date" => p.taken_at.map_or(Value::Empty, |t| Value::Day(clock::local(t).date())),
            _ => Value::Empty,
        }
    }
}

/// A stored code as people say it; an unknown code as it is.
fn named(code: Option<&String>, zh: impl Fn(&str) -> Option<&'static str>) -> Value {
    code.map_or(Value::Empty, |c| Value::Text(zh(c).map_or_else(|| c.clone(), str::to_owned)))
}

/// 道路/地址: the road is not said twice when the address begins with it.
fn address(r: &Raw) -> Value {
    match (&r.road, &r.address) {
        (Some(road), Some(address)) if !address.contains(road.as_str()) => {
            Value::Text(format!("{road} {address}"))
        }
        (road, address) => text(address.clone().or_else(|| road.clone())),
    }
}

/// A date known to the year is not made up to a day.
fn installed(r: &Raw) -> Value {
    match (r.installed_on, r.installed_precision.as_deref()) {
        (None, _) => Value::Empty,
        (Some(d), Some("year")) => Value::Text(format!("{}年", d.year())),
        (Some(d), Some("month")) => Value::Text(format!("{}年{}月", d.year(), d.month())),
        (Some(d), _) => Value::Day(d),
    }
}

fn problem(r: &Raw) -> Value {
    let word =
        r.problem.as_ref().map(|c| Problem::from_code(c).map_or(c.as_str(), |p| p.name_zh()).to_owned());
    let parts: Vec<String> = word.into_iter().chain(r.note.clone()).collect();
    text(Some(parts.join("；")))
}
