//! The wells of the demo: a real inventory, laid over 观音桥, every record marked 演示.
//!
//! Places, kinds, roads and dates are those of the source. What the source does not say (owners of other trades,
//! damage, labels, fall guards) is made up here by the number of the asset, always the same way.
use crate::error::{AppError, Result};
use crate::registry::{NewCode, NewCover, NewResponsibility, NewWell};
use jiff::civil::Date;
use jinggai_geo::{Point, offset_m};
use jinggai_rules::RulePack;
use jinggai_rules::codes::{ClassList, CodeParts, CodeScheme};
use jinggai_rules::kinds::{
    AccuracyClass, Condition, CoverKind, Lifecycle, LoadClass, Material, Place, Problem, ResponsibilityRole,
    RoadManager, Shape,
};
use std::collections::HashMap;

const ROWS: &str = include_str!("../../data/demo/sudbury.csv");
const ROADS: &str = include_str!("../../data/demo/roads.csv");
/// Where the middle of the inventory comes to lie: 观音桥 (WGS-84, a test vector of the coordinate tables).
const MIDDLE: Point = Point { lng: 106.532_844, lat: 29.575_352 };
/// The scheme of the demo's numbers.
const SCHEME: &str = "cjt214-16";
/// 设计使用年限 of the demo's covers, years; made up, as everything here.
const LIFE_YEARS: i64 = 30;

/// The rows of units and areas that the wells refer to.
pub struct Ground {
    /// Area rows by code.
    pub areas: HashMap<String, i64>,
    /// Unit rows by code.
    pub units: HashMap<String, i64>,
    /// The day it is.
    pub today: Date,
}

/// The wells, and the last number given per scope of the code scheme.
pub struct Demo {
    /// The wells.
    pub wells: Vec<NewWell>,
    /// (scheme, scope, last).
    pub sequences: Vec<(String, String, i64)>,
}

struct Row {
    kind: String,
    asset: u64,
    east_m: f64,
    north_m: f64,
    road: String,
    number: String,
    installed: Option<Date>,
    status: String,
}

/// Builds the demo's wells.
///
/// # Errors
/// Only when the files built into the program are damaged.
pub fn wells(ground: &Ground) -> Result<Demo> {
    let roads = roads()?;
    let mut numbers = Numbers::new()?;
    let mut wells = vec![];
    for r in rows()? {
        wells.push(well(&r, &roads, ground, &mut numbers)?);
    }
    Ok(Demo {
        wells,
        sequences: numbers.last.into_iter().map(|(scope, n)| (SCHEME.to_owned(), scope, n)).collect(),
    })
}

fn broken(e: impl std::fmt::Display) -> AppError {
    AppError::internal(anyhow::anyhow!("the demo's own data: {e}"))
}

fn roads() -> Result<HashMap<String, String>> {
    let mut reader = csv::Reader::from_reader(ROADS.as_bytes());
    reader.deserialize().map(|r| r.map_err(broken)).collect()
}

fn rows() -> Result<Vec<Row>> {
    let mut reader = csv::Reader::from_reader(ROWS.as_bytes());
    reader
        .records()
        .map(|r| {
            let r = r.map_err(broken)?;
            let text = |i: usize| r.get(i).unwrap_or_default().to_owned();
            Ok(Row {
                kind: text(0),
                asset: text(1).parse().map_err(broken)?,
                east_m: text(2).parse().map_err(broken)?,
                north_m: text(3).parse().map_err(broken)?,
                road: text(4),
                number: text(5),
                installed: text(6).parse().ok(),
                status: text(7),
            })
        })
        .collect()
}

/// A number in 0..1000 that depends on the asset and the question only.
fn chance(asset: u64, question: u64) -> u64 {
    let mut x =
        asset.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(question.wrapping_mul(0xD1B5_4A32_D192_ED03));
    x ^= x >> 31;
    x = x.wrapping_mul(0x94D0_49BB_1331_11EB);
    (x ^ (x >> 29)) % 1000
}

/// A fifth of the wells are given to other trades, so that the demo shows more than drainage.
fn kind(r: &Row) -> CoverKind {
    match (r.kind.as_str(), chance(r.asset, 1)) {
        ("grate", _) => CoverKind::Grate,
        (_, 0..60) => CoverKind::Telecom,
        (_, 60..110) => CoverKind::Power,
        (_, 110..150) => CoverKind::Water,
        (_, 150..180) => CoverKind::Gas,
        (_, 180..200) => CoverKind::Light,
        ("sewage", _) => CoverKind::Sewage,
        _ => CoverKind::Storm,
    }
}

fn owner(kind: CoverKind) -> &'static str {
    match kind {
        CoverKind::Telecom => "ys-tx",
        CoverKind::Power => "ys-dl",
        CoverKind::Water => "ys-gs",
        CoverKind::Gas => "ys-rq",
        CoverKind::Light => "ys-sz",
        _ => "ys-ps",
    }
}

/// Streets by position only: no outline of them is free to use, and a demo must look like one.
fn street(r: &Row) -> &'static str {
    match (r.east_m, r.north_m) {
        (e, n) if e.hypot(n) < 450.0 => "500105006",
        (e, n) if e >= 0.0 && n >= 0.0 => "500105007",
        (e, _) if e >= 0.0 => "500105001",
        (_, n) if n >= 0.0 => "500105003",
        _ => "500105004",
    }
}

fn place(r: &Row, kind: CoverKind) -> Place {
    match (kind, chance(r.asset, 2)) {
        (CoverKind::Grate, _) => Place::Kerb,
        (_, 0..520) => Place::Carriageway,
        (_, 520..600) => Place::CycleLane,
        (_, 600..850) => Place::Footway,
        (_, 850..930) => Place::Green,
        _ => Place::Square,
    }
}

fn lifecycle(r: &Row) -> Lifecycle {
    match r.status.as_str() {
        "REM" => Lifecycle::Removed,
        "ABA" => Lifecycle::AbandonedPending,
        "PRP" => Lifecycle::Planned,
        _ => Lifecycle::InUse,
    }
}

fn problem(r: &Row, life: Lifecycle) -> Option<Problem> {
    if life == Lifecycle::AbandonedPending {
        return Some(Problem::Abandoned);
    }
    if life != Lifecycle::InUse {
        return None;
    }
    match chance(r.asset, 3) {
        0..28 => Some(Problem::Damaged),
        28..46 => Some(Problem::Sunk),
        46..64 => Some(Problem::Loose),
        64..70 => Some(Problem::Missing),
        _ => None,
    }
}

fn well(r: &Row, roads: &HashMap<String, String>, ground: &Ground, numbers: &mut Numbers) -> Result<NewWell> {
    let kind = kind(r);
    let street = street(r);
    let place = place(r, kind);
    let road = roads.get(&r.road).map(|zh| format!("{zh}（演示）"));
    let square = street == "500105006";
    Ok(NewWell {
        kind,
        name: None,
        area_id: ground.areas.get(street).copied(),
        grid_code: None,
        address: road.as_ref().filter(|_| !r.number.is_empty()).map(|road| format!("{road}{}号", r.number)),
        road,
        road_manager: Some(if square { RoadManager::BusinessDistrict } else { RoadManager::CityManagement }),
        place: Some(place),
        crowded: square || place == Place::Square,
        blind_track: place == Place::Footway && chance(r.asset, 4) < 200,
        low_lying: chance(r.asset, 5) < 80,
        emergency_vehicles: false,
        depth_m: Some(1.2 + chance(r.asset, 6) as f64 / 400.0),
        wall_material: None,
        ground_elevation_m: None,
        bottom_elevation_m: None,
        note: Some("演示数据：由一座真实城市的普查数据平移而来".into()),
        at: offset_m(MIDDLE, r.east_m, r.north_m),
        accuracy: AccuracyClass::B,
        source: None,
        source_row: None,
        demo: true,
        responsibilities: responsibilities(r, kind, street, ground),
        covers: vec![cover(r, kind, place, numbers)?],
    })
}

fn responsibilities(r: &Row, kind: CoverKind, street: &str, ground: &Ground) -> Vec<NewResponsibility> {
    let supervisor = match kind {
        CoverKind::Telecom | CoverKind::Power | CoverKind::Gas => "jb-jxw",
        CoverKind::Light => "jb-cgj",
        _ => "jb-zjw",
    };
    let territorial = match street {
        "500105001" => "jb-jd-hxj",
        "500105003" => "jb-jd-smh",
        "500105004" => "jb-jd-dsb",
        "500105007" => "jb-jd-wld",
        _ => "jb-gyqsq",
    };
    let mut units = vec![
        (ResponsibilityRole::Supervisor, supervisor, true, "部门分工"),
        (ResponsibilityRole::Territorial, territorial, true, "属地管理"),
    ];
    match chance(r.asset, 7) {
        0..25 => {}
        25..50 => units.push((ResponsibilityRole::Fallback, "jb-cgj", true, "兜底单位指定（演示）")),
        n => {
            units.push((ResponsibilityRole::Owner, owner(kind), n >= 80, "普查登记（演示）"));
            units.push((ResponsibilityRole::Maintainer, "ys-yh", true, "养护合同（演示）"));
        }
    }
    units
        .into_iter()
        .filter_map(|(role, code, confirmed, basis)| {
            let unit_id = *ground.units.get(code)?;
            let valid_from = ground.today.first_of_year();
            Some(NewResponsibility { role, unit_id, confirmed, basis: Some(basis.into()), valid_from })
        })
        .collect()
}

fn cover(r: &Row, kind: CoverKind, place: Place, numbers: &mut Numbers) -> Result<NewCover> {
    let life = lifecycle(r);
    let problem = problem(r, life);
    let grate = kind == CoverKind::Grate;
    let code = numbers.next(kind)?;
    let label = (chance(r.asset, 8) < 720 && life == Lifecycle::InUse).then(|| code.clone());
    let old = r.installed.is_some_and(|d| d.year() < 1985);
    Ok(NewCover {
        kind,
        lifecycle: life,
        condition: problem.map_or(Condition::Intact, Problem::condition),
        problem,
        shape: Some(if grate { Shape::Rectangle } else { Shape::Round }),
        size: Some(if grate { "R450x750" } else { "D700" }.into()),
        material: Some(if old { Material::GreyIron } else { Material::DuctileIron }),
        load_class: Some(if place == Place::Carriageway && chance(r.asset, 9) >= 40 {
            LoadClass::D400
        } else {
            LoadClass::C250
        }),
        maker: None,
        standard: None,
        batch: None,
        installed_on: r.installed,
        installed_precision: r.installed.map(|_| "day".to_owned()),
        design_life_years: Some(LIFE_YEARS),
        expires_on: r.installed.and_then(|d| d.checked_add(jiff::Span::new().years(LIFE_YEARS)).ok()),
        has_lock: false,
        has_sensor: chance(r.asset, 10) < 25,
        mass_kg: Some(if grate { 60.0 } else { 95.0 }),
        note: None,
        codes: vec![
            NewCode { scheme: SCHEME.into(), code, list_version: Some("cjt214-2007".into()), alias: false },
            NewCode {
                scheme: "source:sudbury".into(),
                code: format!("{}-{}", r.kind, r.asset),
                list_version: None,
                alias: true,
            },
        ],
        label,
    })
}

/// Numbers of the scheme in order.
struct Numbers {
    scheme: CodeScheme,
    list: ClassList,
    last: HashMap<String, i64>,
}

impl Numbers {
    fn new() -> Result<Self> {
        let scheme = CodeScheme::shipped_by_id(SCHEME).ok_or_else(|| broken("no scheme"))?;
        let list = ClassList::shipped_by_id("cjt214-2007").ok_or_else(|| broken("no class list"))?;
        Ok(Numbers { scheme, list, last: HashMap::new() })
    }

    fn next(&mut self, kind: CoverKind) -> Result<String> {
        let class = self.scheme.class_part(&self.list, kind).map_err(broken)?;
        let parts = CodeParts::new().with("area", "500105").with("class", class);
        let scope = self.scheme.sequence_scope(&parts).map_err(broken)?;
        let last = self.last.entry(scope).or_insert(0);
        let issued = self.scheme.next_code(&parts, u64::try_from(*last).ok()).map_err(broken)?;
        *last = i64::try_from(issued.sequence).unwrap_or(i64::MAX);
        Ok(issued.code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_files_give_wells() {
        let ground = Ground {
            areas: HashMap::from([("500105006".into(), 1)]),
            units: HashMap::from([("ys-ps".into(), 7)]),
            today: jiff::civil::date(2026, 11, 24),
        };
        let demo = wells(&ground).unwrap();
        assert_eq!(demo.wells.len(), 1933);
        let mut codes: Vec<&String> = demo.wells.iter().map(|w| &w.covers[0].codes[0].code).collect();
        codes.sort();
        codes.dedup();
        assert_eq!(codes.len(), 1933, "each number once");
        assert!(codes.iter().all(|c| c.len() == 16 && c.starts_with("500105")));
        assert!(demo.wells.iter().all(|w| w.demo && w.road.as_ref().is_none_or(|r| r.contains("演示"))));
        assert!(demo.wells.iter().any(|w| w.covers[0].problem == Some(Problem::Missing)));
        assert!(
            demo.wells.iter().any(|w| w.responsibilities.iter().any(|r| r.role == ResponsibilityRole::Owner))
        );
    }
}
