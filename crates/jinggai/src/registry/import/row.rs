//! A record of a file becomes a row of the import: its key, its digest, and a draft or the reasons against it.
//!
//! Runs in the reading thread and knows no store: names of units and areas stay names here.
use super::mapping::Mapping;
use super::read::Plan;
use super::tally::Tally;
use super::target::Target;
use super::understand::{Said, Understander};
use super::value;
use crate::registry::draft::{NewCover, NewWell, SourcePosition};
use jiff::civil::Date;
use jinggai_geo::{Point, Provenance};
use jinggai_rules::codes::{CodeScheme, clean};
use jinggai_rules::kinds::{AccuracyClass, CoverKind, Lifecycle};
use jinggai_rules::life::LifeRules;
use jinggai_rules::size::SizeLimits;
use jinggai_tables::values::{DigitLoss, loss};
use jinggai_tables::{Record, RowError};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// Why a row was refused, or what must be known about it (问题).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// Stable code.
    pub code: String,
    /// The column concerned.
    pub column: String,
    /// Its value as written.
    pub value: String,
    /// What is wrong (Chinese).
    pub problem: String,
    /// What would be right (Chinese).
    pub right: String,
}

impl Finding {
    /// A finding.
    pub fn new(
        code: &str,
        column: impl Into<String>,
        value: impl Into<String>,
        problem: impl Into<String>,
        right: impl Into<String>,
    ) -> Self {
        Finding {
            code: code.to_owned(),
            column: column.into(),
            value: value.into(),
            problem: problem.into(),
            right: right.into(),
        }
    }
}

/// A well as the row gives it; units and areas are still words.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The well with its one cover; without responsibilities and codes.
    pub well: NewWell,
    /// 权属单位 as written.
    pub owner: Option<String>,
    /// 管养单位 as written.
    pub maintainer: Option<String>,
    /// 行业主管 as written.
    pub supervisor: Option<String>,
    /// 区域 as written.
    pub area: Option<String>,
    /// The number of the code column.
    pub code: Option<String>,
    /// The source's own number.
    pub own_id: Option<String>,
    /// Has a fall guard, as far as the row says.
    pub guard: Option<bool>,
    /// Does the row itself tell the stage of life?
    pub tells_life: bool,
    /// Does the row itself tell condition or problem?
    pub tells_condition: bool,
}

impl Draft {
    /// The cover.
    #[must_use]
    pub fn cover(&self) -> &NewCover {
        &self.well.covers[0]
    }
}

/// A row of the import.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its number in the file, from 1.
    pub no: u64,
    /// What it is known by within its source.
    pub key: String,
    /// Digest of its content and of how it is understood.
    pub digest: Vec<u8>,
    /// The original cells as a JSON object; of a row that was understood they stand in its draft.
    pub cells: String,
    /// What it says, or why it is refused.
    pub draft: Result<Box<Draft>, Vec<Finding>>,
}

impl Row {
    /// The original cells as a JSON object.
    #[must_use]
    pub fn original(&self) -> &str {
        match &self.draft {
            Ok(d) => d.well.source_row.as_deref().unwrap_or("{}"),
            Err(_) => &self.cells,
        }
    }
}

/// The numbers as given, the place, where it came from, how exact it can be.
type Position = ((f64, f64), Point, SourcePosition, AccuracyClass);

/// What understanding needs besides the file.
pub struct Knowledge {
    /// The day it is.
    pub today: Date,
    /// Plausible sizes.
    pub sizes: SizeLimits,
    /// Design lives.
    pub life: Option<LifeRules>,
    /// The scheme of the code column.
    pub scheme: Option<CodeScheme>,
    /// The class list of that scheme.
    pub classes: Option<jinggai_rules::codes::ClassList>,
}

/// Turns records into rows, in the file's order.
pub struct Reader {
    plan: Plan,
    understander: Understander,
    knows: Knowledge,
    /// JSON beginnings `"name":` of the columns.
    names: Vec<String>,
    /// Digest of everything that decides how a row is understood.
    salt: [u8; 32],
    /// How often each key occurred: the second row of a key gets a key of its own.
    seen: HashMap<u64, u32>,
    /// What was noticed since it was last taken.
    pub tally: Tally,
}

impl Reader {
    /// Begins a file. `salt` tells the options that change what a row means.
    #[must_use]
    pub fn new(plan: Plan, knows: Knowledge, salt: &str) -> Self {
        // The transform stands for crs and axes, wherever they were given.
        let mapping = Mapping { crs: None, axes: None, ..plan.mapping.clone() };
        let said = format!(
            "{salt}\n{}\n{}",
            serde_json::to_string(&mapping).unwrap_or_default(),
            plan.placing.transform.name()
        );
        let names = json_names(&plan.columns);
        let understander = Understander::new(&plan);
        Reader {
            understander,
            knows,
            names,
            salt: Sha256::digest(said.as_bytes()).into(),
            seen: HashMap::new(),
            tally: Tally::default(),
            plan,
        }
    }

    /// What was noticed since the last call.
    pub fn take_tally(&mut self) -> Tally {
        std::mem::take(&mut self.tally)
    }

    /// A row that the reader could not give.
    #[must_use]
    pub fn broken(&mut self, e: &RowError) -> Row {
        let record = Record { row: e.row, cells: e.cells.clone(), ..Record::default() };
        let finding = Finding::new(
            "row.broken",
            e.column.clone().unwrap_or_default(),
            "",
            e.message_zh.clone(),
            "修正该行后重新导入",
        );
        Row {
            no: e.row,
            key: String::new(),
            digest: vec![],
            cells: self.cells(&record),
            draft: Err(vec![finding]),
        }
    }

    /// Remembers a row that was done before the import was interrupted.
    pub fn skip(&mut self, r: &Record) {
        if let (Ok(kind), Ok((numbers, ..)), Ok(_)) = (self.kind(r), self.position(r), self.code(r)) {
            self.key(r, numbers, kind);
        }
        self.tally = Tally::default();
    }

    /// Understands a record.
    pub fn row(&mut self, r: &Record) -> Row {
        let cells = self.cells(r);
        let mut row = Row { no: r.row, key: String::new(), digest: vec![], cells, draft: Err(vec![]) };
        match self.understood(r) {
            Ok((mut draft, key, numbers)) => {
                let mut hash = Sha256::new_with_prefix(self.salt);
                hash.update(row.cells.as_bytes());
                hash.update(numbers.0.to_le_bytes());
                hash.update(numbers.1.to_le_bytes());
                row.digest = hash.finalize()[..16].to_vec();
                row.key = key;
                // The ledger keeps the row as evidence; one copy is enough.
                draft.well.source_row = Some(std::mem::take(&mut row.cells));
                row.draft = Ok(Box::new(draft));
            }
            Err(findings) => row.draft = Err(findings),
        }
        row
    }

    fn understood(&mut self, r: &Record) -> Result<(Draft, String, (f64, f64)), Vec<Finding>> {
        let kind = self.kind(r)?;
        let (numbers, at, source, accuracy) = self.position(r)?;
        let code = self.code(r)?;
        let said = self.understander.read(r, &self.plan, &self.knows, &mut self.tally);
        let (key, own_id) = self.key(r, numbers, kind);
        let draft = Draft {
            owner: said.owner.clone(),
            maintainer: said.maintainer.clone(),
            supervisor: said.supervisor.clone(),
            area: said.area.clone(),
            guard: said.guard,
            tells_life: said.lifecycle.is_some(),
            tells_condition: said.state.is_some() || said.problem.is_some(),
            code,
            own_id,
            well: well(kind, at, source, said.accuracy.map_or(accuracy, |a| a.max(accuracy)), said),
        };
        Ok((draft, key, numbers))
    }

    fn kind(&mut self, r: &Record) -> Result<CoverKind, Vec<Finding>> {
        self.understander.kind(r, &self.plan, &self.knows, &mut self.tally).map_err(|f| vec![f])
    }

    fn position(&mut self, r: &Record) -> Result<Position, Vec<Finding>> {
        let placing = &self.plan.placing;
        let (column, value) = position_words(r, &self.plan);
        let fail = |code: &str, problem: String, right: &str| {
            vec![Finding::new(code, column.clone(), value.clone(), problem, right)]
        };
        let Some((x, y)) = placing.place.numbers(r) else {
            return Err(match &r.geometry {
                Some(g) => {
                    fail("position.not_a_point", format!("几何是 {}，不是点", g.kind().name()), "一个点")
                }
                None => fail(
                    "position.missing",
                    "没有位置（坐标为空或不是数字）".to_owned(),
                    "经度、纬度或平面坐标",
                ),
            });
        };
        if x == 0.0 && y == 0.0 {
            return Err(fail("position.zero", "坐标为 0，0".to_owned(), "井盖的实际坐标"));
        }
        let carried = placing.carried.and_then(|(crs, transform)| {
            let text =
                |i: usize| r.cells.get(i).filter(|c| !c.is_blank()).map(|c| value::text(c).into_owned());
            Some(Provenance { transform: text(transform)?, crs: crs.and_then(text).unwrap_or_default() })
        });
        let shifted = placing
            .transform
            .apply((x, y), carried.as_ref())
            .map_err(|e| fail("position.wrong", e.to_string(), "属于所给坐标系的坐标"))?;
        let best = AccuracyClass::from_code(&format!("class_{}", shifted.accuracy.letter().to_lowercase()))
            .unwrap_or(AccuracyClass::C);
        // Degrees of unknown origin claim no more than class C; surveyed plane coordinates what their transform leaves.
        let accuracy = if placing.surveyed { best } else { AccuracyClass::C };
        let source =
            SourcePosition { x, y, crs: shifted.provenance.crs, transform: shifted.provenance.transform };
        Ok(((x, y), shifted.point, source, accuracy))
    }

    fn code(&mut self, r: &Record) -> Result<Option<String>, Vec<Finding>> {
        let Some(at) = self.plan.first(Target::Code) else { return Ok(None) };
        let Some(cell) = r.cells.get(at).filter(|c| !c.is_blank()) else { return Ok(None) };
        let name = self.plan.columns.get(at).cloned().unwrap_or_default();
        let text = clean(&value::text(cell)).trim_start_matches('\'').to_owned();
        if self.understander.is_mark(cell, false) {
            return Ok(None);
        }
        if let Some(found) = loss(cell) {
            let sure = if found == DigitLoss::Certain { "已" } else { "很可能已" };
            return Err(vec![Finding::new(
                "code.damaged",
                name,
                text,
                format!("长编号{sure}被电子表格截断，末尾数字丢失"),
                "把该列设为文本格式后重新导出的完整编号",
            )]);
        }
        if let Some(scheme) = &self.knows.scheme
            && let Err(e) = scheme.parse_code(&text)
        {
            return Err(vec![Finding::new(
                "code.invalid",
                name,
                text,
                e.to_string(),
                format!("符合“{}”的编号", scheme.name),
            )]);
        }
        if text.chars().count() > 64 {
            return Err(vec![Finding::new("code.invalid", name, text, "编号过长", "最多 64 个字符")]);
        }
        Ok(Some(text))
    }

    /// What the row is known by, and the source's own number if it has a usable one.
    fn key(&mut self, r: &Record, (x, y): (f64, f64), kind: CoverKind) -> (String, Option<String>) {
        let id_at = self.plan.first(Target::ExternalId);
        let own = id_at
            .and_then(|at| r.cells.get(at))
            .filter(|c| !c.is_blank() && !self.understander.is_mark(c, false));
        let own = own.map(|c| value::text(c).into_owned()).filter(|t| t.chars().count() <= 120);
        let by_code = || {
            let cell = r.cells.get(self.plan.first(Target::Code)?)?;
            (!cell.is_blank() && !self.understander.is_mark(cell, false))
                .then(|| value::text(cell).into_owned())
        };
        let place = || format!("@{x:.7},{y:.7}#{}", kind.code());
        let base = match (&own, id_at) {
            (Some(id), _) => id.clone(),
            (None, Some(_)) => {
                self.tally.count("id_empty", "来源编号为空的行，用位置和类型识别", None);
                place()
            }
            (None, None) => by_code().unwrap_or_else(place),
        };
        let first = self.occurrence(&base);
        if first == 1 {
            return (base, own);
        }
        if own.is_some() {
            self.tally.count("id_repeated", "来源编号重复的行，加上位置识别", own.as_deref());
        }
        let key =
            if base.starts_with('@') { format!("{base}/{first}") } else { format!("{base}{}", place()) };
        let again = self.occurrence(&key);
        (if again == 1 { key } else { format!("{key}/{again}") }, None)
    }

    fn occurrence(&mut self, key: &str) -> u32 {
        let n = self.seen.entry(hash_of(key)).or_default();
        *n += 1;
        *n
    }

    fn cells(&self, r: &Record) -> String {
        cells_json(&self.names, r)
    }
}

/// The beginnings `"name":` of JSON members.
#[must_use]
pub fn json_names(columns: &[String]) -> Vec<String> {
    columns.iter().map(|c| format!("{}:", serde_json::Value::from(c.as_str()))).collect()
}

/// The cells as a JSON object, without the empty ones.
#[must_use]
pub fn cells_json(names: &[String], r: &Record) -> String {
    let mut out = String::with_capacity(256);
    out.push('{');
    for (name, cell) in names.iter().zip(&r.cells) {
        push_cell(&mut out, name, cell);
    }
    for (name, cell) in &r.extra {
        push_cell(&mut out, &format!("{}:", serde_json::Value::from(name.as_str())), cell);
    }
    out.push('}');
    out
}

/// A short stand-in for a key; a false meeting is found out by asking the store.
#[must_use]
pub fn hash_of(key: &str) -> u64 {
    let digest = Sha256::digest(key.as_bytes());
    u64::from_le_bytes(digest[..8].try_into().unwrap_or_default())
}

fn push_cell(out: &mut String, name: &str, cell: &jinggai_tables::Cell) {
    use jinggai_tables::Cell;
    use std::fmt::Write;
    if matches!(cell, Cell::Null) {
        return;
    }
    if out.len() > 1 {
        out.push(',');
    }
    out.push_str(name);
    let done = match cell {
        Cell::Int(n) => write!(out, "{n}"),
        Cell::Bool(b) => write!(out, "{b}"),
        Cell::Real(x) if x.is_finite() => write!(out, "{x}"),
        other => match serde_json::to_string(&other.text().replace('\0', "")) {
            Ok(text) => write!(out, "{text}"),
            Err(_) => write!(out, "null"),
        },
    };
    // Writing to a string cannot fail.
    done.ok();
}

fn position_words(r: &Record, plan: &Plan) -> (String, String) {
    use super::place::Where;
    match plan.placing.place {
        Where::Geometry => (
            "几何".to_owned(),
            r.geometry
                .as_ref()
                .and_then(jinggai_tables::Geometry::as_point)
                .map(|c| format!("{},{}", c.x, c.y))
                .unwrap_or_default(),
        ),
        Where::Degrees(a, b) | Where::Plane(a, b) => {
            let name = |i: usize| plan.columns.get(i).cloned().unwrap_or_default();
            let text = |i: usize| r.cells.get(i).map(|c| value::text(c).into_owned()).unwrap_or_default();
            (format!("{}，{}", name(a), name(b)), format!("{},{}", text(a), text(b)))
        }
    }
}

fn well(kind: CoverKind, at: Point, source: SourcePosition, accuracy: AccuracyClass, said: Said) -> NewWell {
    let cover = NewCover {
        kind,
        lifecycle: said.lifecycle.unwrap_or(Lifecycle::InUse),
        condition: said.condition(),
        problem: said.problem,
        shape: said.shape,
        size: said.size,
        material: said.material,
        load_class: said.load_class,
        maker: said.maker,
        standard: None,
        batch: None,
        installed_on: said.installed_on,
        installed_precision: said.installed_precision,
        design_life_years: said.design_life,
        expires_on: said.expires_on,
        has_lock: said.lock.unwrap_or(false),
        has_sensor: said.sensor.unwrap_or(false),
        mass_kg: None,
        note: None,
        codes: vec![],
        label: said.label,
    };
    NewWell {
        kind,
        name: said.name,
        area_id: None,
        grid_code: said.grid,
        road: said.road,
        address: said.address,
        road_manager: said.road_manager,
        place: said.place,
        crowded: said.crowded.unwrap_or(false),
        blind_track: said.blind_track.unwrap_or(false),
        low_lying: said.low_lying.unwrap_or(false),
        emergency_vehicles: false,
        depth_m: said.depth_m,
        wall_material: said.wall_material,
        ground_elevation_m: said.ground_m,
        bottom_elevation_m: said.bottom_m,
        note: said.note,
        at,
        accuracy,
        source: Some(source),
        source_row: None,
        demo: false,
        responsibilities: vec![],
        covers: vec![cover],
    }
}
