//! What a filter means in SQL over `cover_facts f`: the same conditions on both stores, for now or any past day.
use super::{Choice, CoverFilter, Near};
use crate::clock;
use crate::error::Result;
use crate::identity::Scope;
use crate::registry::derived::DRAINAGE;
use crate::registry::packs;
use jiff::civil::Date;
use jinggai_db::{Dialect, Sql, Tx, Value};
use jinggai_geo::Bbox;
use jinggai_rules::kinds::Material;
use jinggai_rules::life::LifeRules;
use jinggai_rules::search;
use std::fmt::Display;

/// What the conditions depend on beside the filter itself.
#[derive(Clone, Debug)]
pub struct FilterContext {
    /// Which store.
    pub dialect: Dialect,
    /// The day it is.
    pub today: Date,
    /// Materials that count as outdated (rule pack `design_life`).
    pub outdated: Vec<Material>,
}

/// The main state of 附件1 as an expression: the surveyor's problem word goes first, then the component state, then
/// the stage of life. Problems that are no state (over age, outdated, no fall guard) leave the rest to decide.
pub const MAIN_STATE: &str = "CASE WHEN f.problem IN ('damaged', 'sunk', 'loose', 'missing', 'abandoned') THEN f.problem \
     WHEN f.condition = 'damaged' THEN 'damaged' WHEN f.condition = 'lost' THEN 'missing' \
     WHEN f.condition = 'abandoned' OR f.lifecycle = 'abandoned_pending' THEN 'abandoned' ELSE 'ok' END";

/// The stages that count as in use: what lies in the street and must be looked after.
const IN_USE: &str = "f.lifecycle IN ('in_use', 'abnormal', 'abandoned_pending')";

/// The unit columns of the facts.
const UNIT_COLUMNS: [&str; 5] =
    ["f.owner_id", "f.maintainer_id", "f.supervisor_id", "f.territorial_id", "f.fallback_id"];

/// 责任单位 of a cover: who is asked to put it right, in the order in which a case is given
/// (`domain.md` 3.7; 江北区方案 二(二)1 兜底).
pub const RESPONSIBLE: &str =
    "CASE WHEN f.owner_confirmed THEN f.owner_id ELSE COALESCE(f.fallback_id, f.owner_id) END";

/// Mean radius of the earth in metres (IUGG).
const EARTH_RADIUS_M: f64 = 6_371_008.8;

impl FilterContext {
    /// What holds in this transaction.
    ///
    /// # Errors
    /// What the store says.
    pub async fn load(tx: &mut Tx) -> Result<FilterContext> {
        let today = clock::today();
        let life: Option<LifeRules> = packs::current(tx, today).await?;
        let outdated = life.map(|l| l.outdated.iter().map(|o| o.material).collect()).unwrap_or_default();
        Ok(FilterContext { dialect: tx.dialect(), today, outdated })
    }
}

impl CoverFilter {
    /// `SELECT columns FROM cover_facts f joins WHERE …`: the covers of the filter that the scope allows. The columns
    /// and joins are literals of the caller; order and limit are for the caller to append.
    #[must_use]
    pub fn select(&self, columns: &str, joins: &str, scope: &Scope, cx: &FilterContext) -> Sql {
        let mut q = Sql::new(&format!("SELECT {columns} FROM cover_facts f {joins} WHERE 1 = 1"), vec![]);
        self.and(&mut q, cx);
        scope.and(&mut q, "f");
        q
    }

    /// Appends the conditions to a statement in which `f` names `cover_facts`.
    pub fn and(&self, q: &mut Sql, cx: &FilterContext) {
        self.and_day(q);
        self.and_values(q);
        self.and_units(q);
        for (name, wanted) in &self.flags {
            let cond = self.flag(name, cx);
            q.push(if *wanted { " AND (" } else { " AND NOT (" }, []);
            q.append(cond);
            q.push(")", []);
        }
        self.and_place(q, cx.dialect);
        self.and_done(q);
        if let Some(text) = &self.q {
            let words = search::query_text(text);
            if words.is_empty() {
                q.push(" AND 1 = 0", []);
            } else {
                q.and_match(cx.dialect, "well_words", "f.well_id", &words.fts5(), &words.tsquery());
            }
        }
        q.and(
            "f.cover_id IN (SELECT sr.cover_id FROM source_records sr WHERE sr.source = ?)",
            self.source.as_ref(),
        );
    }

    /// What was done about the covers within days.
    fn and_done(&self, q: &mut Sql) {
        if self.inspected_from.is_some() || self.inspected_to.is_some() {
            q.push(
                " AND f.cover_id IN (SELECT fi.cover_id FROM findings fi WHERE fi.cover_id IS NOT NULL",
                [],
            );
            q.and("fi.received_at >= ?", self.inspected_from.map(clock::midnight));
            q.and("fi.received_at < ?", self.inspected_to.map(clock::midnight));
            q.push(" UNION SELECT fk.cover_id FROM cases fk WHERE fk.cover_id IS NOT NULL", []);
            q.and("fk.filed_at >= ?", self.inspected_from.map(clock::midnight));
            q.and("fk.filed_at < ?", self.inspected_to.map(clock::midnight));
            q.push(")", []);
        }
        if let Some(day) = self.sensor_since {
            q.push(
                " AND f.has_sensor AND NOT EXISTS (SELECT 1 FROM cover_facts fs WHERE fs.cover_id = f.cover_id AND fs.from_day < ? AND (fs.to_day IS NULL OR fs.to_day >= ?) AND fs.has_sensor)",
                [day.into(), day.into()],
            );
        }
    }

    /// The day on which ages are judged.
    #[must_use]
    pub fn day(&self, cx: &FilterContext) -> Date {
        self.as_of.unwrap_or(cx.today)
    }

    /// Only the facts of the day asked for.
    pub(crate) fn and_day(&self, q: &mut Sql) {
        match self.as_of {
            None => q.push(" AND f.to_day IS NULL", []),
            Some(d) => {
                q.push(" AND f.from_day <= ? AND (f.to_day IS NULL OR f.to_day > ?)", [d.into(), d.into()])
            }
        };
    }

    fn and_values(&self, q: &mut Sql) {
        and_choice(q, "f.kind", &self.kind);
        and_choice(q, "f.lifecycle", &self.lifecycle);
        and_choice(q, "f.condition", &self.condition);
        and_choice(q, "f.problem", &self.problem);
        and_choice(q, "f.place", &self.place);
        and_choice(q, "f.material", &self.material);
        and_choice(q, "f.load_class", &self.load_class);
        and_choice(q, MAIN_STATE, &self.state);
        and_area(q, "f.area_id", &self.area);
        and_choice(q, "f.road_manager", &self.road_manager);
        match self.road.as_deref() {
            None => {}
            Some("") => {
                q.push(" AND f.road IS NULL", []);
            }
            Some(road) => {
                q.push(" AND f.road = ?", [road.into()]);
            }
        }
    }

    fn and_units(&self, q: &mut Sql) {
        const OF_UNITS: &str =
            "SELECT x.unit_id FROM unit_closure x JOIN units n ON n.id = x.ancestor_id WHERE n.code IN ";
        const UNITS: &str = "SELECT n.id FROM units n WHERE n.code IN ";
        for (role, units) in &self.roles {
            let column = format!("f.{}_id", role.code());
            and_closure(q, &[&column], units, OF_UNITS, UNITS);
        }
        and_closure(q, &UNIT_COLUMNS, &self.unit, OF_UNITS, UNITS);
        and_closure(q, &[RESPONSIBLE], &self.responsible, OF_UNITS, UNITS);
    }

    /// A yes-or-no condition; never NULL, so that `NOT` is its opposite.
    pub(crate) fn flag(&self, name: &str, cx: &FilterContext) -> Sql {
        let text = match name {
            "owner_known" => "f.owner_id IS NOT NULL",
            "ownerless" => "f.owner_id IS NULL AND f.fallback_id IS NULL",
            "labelled" => "f.labelled",
            "coded" => "f.coded",
            "archived" => "f.archived",
            "low_lying" => "f.low_lying",
            "guarded" => "f.guarded",
            "sensor" => "f.has_sensor",
            "crowded" => "f.crowded",
            "demo" => "f.demo",
            "in_use" => IN_USE,
            "owner_confirmed" => "f.owner_confirmed",
            "fallback_set" => "f.fallback_id IS NOT NULL",
            "guard_needed" => {
                let mut q = Sql::new("f.low_lying OR f.kind IN ", vec![]);
                q.list(&DRAINAGE);
                return q;
            }
            "over_age" => {
                return Sql::new(
                    "COALESCE(f.expires_on < ?, FALSE) OR COALESCE(f.problem = 'over_age', FALSE)",
                    vec![self.day(cx).into()],
                );
            }
            _ => {
                debug_assert_eq!(name, "outdated", "every flag of FLAGS has its condition");
                let mut q =
                    Sql::new("COALESCE(f.problem = 'outdated', FALSE) OR COALESCE(f.material IN ", vec![]);
                q.list(&cx.outdated.iter().map(|m| m.code()).collect::<Vec<_>>());
                q.push(", FALSE)", []);
                return q;
            }
        };
        Sql::new(text, vec![])
    }

    fn and_place(&self, q: &mut Sql, d: Dialect) {
        if self.bbox.is_none() && self.near.is_none() {
            return;
        }
        q.push(" AND f.cover_id IN (SELECT g.id FROM covers g WHERE 1 = 1", []);
        let (x, y) = (d.lng_of("g.geom"), d.lat_of("g.geom"));
        if let Some(b) = self.bbox {
            q.and_within(d, "covers", "g", Some(b));
            q.push(
                &format!(" AND {x} BETWEEN ? AND ? AND {y} BETWEEN ? AND ?"),
                [b.w.into(), b.e.into(), b.s.into(), b.n.into()],
            );
        }
        if let Some(n) = self.near {
            and_near(q, d, n, &x, &y);
        }
        q.push(")", []);
    }
}

/// On the small circles that people ask for, a plane through the middle is exact to far less than a metre.
fn and_near(q: &mut Sql, d: Dialect, n: Near, x: &str, y: &str) {
    let per_lat = EARTH_RADIUS_M * std::f64::consts::PI / 180.0;
    let per_lng = per_lat * n.at.lat.to_radians().cos();
    let (dx, dy) = (n.metres / per_lng, n.metres / per_lat);
    let around = Bbox { w: n.at.lng - dx, s: n.at.lat - dy, e: n.at.lng + dx, n: n.at.lat + dy };
    q.and_within(d, "covers", "g", Some(around));
    let (lng, lat) = (Value::from(n.at.lng), Value::from(n.at.lat));
    q.push(
        &format!(" AND ({x} - ?) * ({x} - ?) * ? + ({y} - ?) * ({y} - ?) * ? <= ?"),
        [
            lng.clone(),
            lng,
            (per_lng * per_lng).into(),
            lat.clone(),
            lat,
            (per_lat * per_lat).into(),
            (n.metres * n.metres).into(),
        ],
    );
}

fn and_choice<T: Display>(q: &mut Sql, column: &str, c: &Choice<T>) {
    if c.is_empty() {
        return;
    }
    let words: Vec<String> = c.any.iter().map(ToString::to_string).collect();
    q.push(&format!(" AND ({column} IN "), []);
    q.list(&words);
    q.push(&if c.none { format!(" OR {column} IS NULL)") } else { ")".to_owned() }, []);
}

/// The column lies in one of the areas, with what belongs to it (`=code`: is that one itself); `none`: it is empty.
pub(crate) fn and_area(q: &mut Sql, column: &str, c: &Choice<String>) {
    and_closure(
        q,
        &[column],
        c,
        "SELECT x.area_id FROM area_closure x JOIN areas n ON n.id = x.ancestor_id WHERE n.code IN ",
        "SELECT n.id FROM areas n WHERE n.code IN ",
    );
}

/// Any of the columns lies under one of the codes (`=code`: is that one itself); `none`: all of the columns are empty.
fn and_closure(q: &mut Sql, columns: &[&str], c: &Choice<String>, under: &str, itself: &str) {
    if c.is_empty() {
        return;
    }
    q.push(" AND (1 = 0", []);
    let (exact, wide): (Vec<&str>, Vec<&str>) =
        c.any.iter().map(String::as_str).partition(|w| w.starts_with('='));
    let exact: Vec<&str> = exact.iter().map(|w| &w[1..]).collect();
    for (codes, found) in [(wide, under), (exact, itself)] {
        if codes.is_empty() {
            continue;
        }
        for column in columns {
            q.push(&format!(" OR {column} IN ({found}"), []);
            q.list(&codes);
            q.push(")", []);
        }
    }
    if c.none {
        let empty: Vec<String> = columns.iter().map(|column| format!("{column} IS NULL")).collect();
        q.push(&format!(" OR ({})", empty.join(" AND ")), []);
    }
    q.push(")", []);
}
