//! The words and numbers of a row in the terms of the ledger (`domain.md` 11): kinds, places, materials, dates, sizes.
//!
//! A value that cannot be understood never costs the row: it is left out, counted, and stays in the original row.
use super::read::Plan;
use super::row::{Finding, Knowledge};
use super::tally::Tally;
use super::target::Target;
use super::value;
use jiff::civil::Date;
use jinggai_rules::codes::SegmentRole;
use jinggai_rules::kinds::{
    AccuracyClass, Condition, CoverKind, Crowding, Lifecycle, LoadClass, Material, Place, Problem,
    RoadManager, Shape, names_no_cover,
};
use jinggai_rules::life::{Expiry, PartialDate, Precision};
use jinggai_rules::size::CoverSize;
use jinggai_tables::values::{DateHints, LengthUnit, Sentinels};
use jinggai_tables::{Cell, Record};
use std::borrow::Cow;
use std::collections::HashMap;

/// Depths beyond this are elevations or slips, metres.
const DEPTH_MAX_M: f64 = 50.0;
/// How far depth and elevations may part, metres (`domain.md` 9.4).
const DEPTH_TOLERANCE_M: f64 = 0.05;
/// Words kept of each field.
const MEMO: usize = 4_096;

/// What a row says, as far as it was understood.
#[derive(Clone, Debug, Default)]
pub struct Said {
    pub lifecycle: Option<Lifecycle>,
    pub state: Option<Condition>,
    pub problem: Option<Problem>,
    pub shape: Option<Shape>,
    pub size: Option<String>,
    pub material: Option<Material>,
    pub load_class: Option<LoadClass>,
    pub maker: Option<String>,
    pub installed_on: Option<Date>,
    pub installed_precision: Option<String>,
    pub design_life: Option<i64>,
    pub expires_on: Option<Date>,
    pub lock: Option<bool>,
    pub sensor: Option<bool>,
    pub label: Option<String>,
    pub name: Option<String>,
    pub grid: Option<String>,
    pub road: Option<String>,
    pub address: Option<String>,
    pub road_manager: Option<RoadManager>,
    pub place: Option<Place>,
    pub crowded: Option<bool>,
    pub blind_track: Option<bool>,
    pub low_lying: Option<bool>,
    pub depth_m: Option<f64>,
    pub wall_material: Option<String>,
    pub ground_m: Option<f64>,
    pub bottom_m: Option<f64>,
    pub note: Option<String>,
    pub accuracy: Option<AccuracyClass>,
    pub owner: Option<String>,
    pub maintainer: Option<String>,
    pub supervisor: Option<String>,
    pub area: Option<String>,
    pub guard: Option<bool>,
}

impl Said {
    /// 部件状态: as said, else what the problem or the stage of life means.
    #[must_use]
    pub fn condition(&self) -> Condition {
        let of_life = match self.lifecycle {
            Some(Lifecycle::AbandonedPending) => Some(Condition::Abandoned),
            _ => None,
        };
        self.state.or_else(|| self.problem.map(Problem::condition)).or(of_life).unwrap_or(Condition::Intact)
    }
}

/// Reads the fields of rows; remembers words it has recognised before.
pub struct Understander {
    kinds: HashMap<String, KindWord>,
    lives: HashMap<String, (Option<Lifecycle>, Option<Condition>, bool)>,
    marks: Sentinels,
    /// For elevations and depths, where -1 can be a height.
    height_marks: Sentinels,
    longest: usize,
    dates: DateHints,
    date_forms: Vec<&'static str>,
}

#[derive(Clone, Copy)]
enum KindWord {
    Kind(CoverKind, bool),
    NoCover(&'static str),
    Nothing,
}

impl Understander {
    /// For the rows of a plan.
    #[must_use]
    pub fn new(plan: &Plan) -> Self {
        let mut marks = Sentinels::default();
        for text in &plan.mapping.sentinels {
            marks = match text.parse::<f64>() {
                Ok(n) => marks.with_number(n),
                Err(_) => marks.with_text(text),
            };
        }
        let longest = Self::longest_mark(&marks);
        let height_marks = marks.clone().without_number(-1.0).without_number(-9.0);
        let day_first = plan.mapping.date_order.map(|o| o == value::DayOrder::Dmy);
        let dates = DateHints { day_first: day_first.or(plan.dates.day_first), ..plan.dates };
        Understander {
            kinds: HashMap::new(),
            lives: HashMap::new(),
            marks,
            longest,
            height_marks,
            dates,
            date_forms: vec![],
        }
    }

    /// Longer texts stand for something.
    fn longest_mark(marks: &Sentinels) -> usize {
        marks.texts.iter().map(String::len).max().unwrap_or(0).max(24)
    }

    /// Does the cell stand for nothing? Numbers count as marks only where `numbers` says so (ids may be 9999).
    #[must_use]
    pub fn is_mark(&self, cell: &Cell, numbers: bool) -> bool {
        match cell {
            Cell::Int(_) | Cell::Real(_) => numbers && self.marks.holds(cell),
            Cell::Text(t) if !numbers => t.parse::<f64>().is_err() && self.marks.holds(cell),
            _ => self.marks.holds(cell),
        }
    }

    /// The kind of the row: its own word, else its code's class, else the layer's.
    pub fn kind(
        &mut self,
        r: &Record,
        plan: &Plan,
        knows: &Knowledge,
        tally: &mut Tally,
    ) -> Result<CoverKind, Finding> {
        let mut weak = None;
        let columns: &[usize] = plan.at.get(&Target::Kind).map_or(&[], Vec::as_slice);
        for at in columns {
            let Some(cell) = r.cells.get(*at).filter(|c| !c.is_blank()) else { continue };
            let text = value::text(cell);
            let word = self.kind_word(&text, plan);
            let name = || plan.columns.get(*at).cloned().unwrap_or_default();
            match word {
                KindWord::NoCover(object) => return Err(no_cover(&name(), &text, object)),
                KindWord::Kind(CoverKind::Other, true) => {
                    // A filler such as "Other - insert comment": the note says what it is.
                    if let Some(object) = notes_of(r, plan).find_map(|n| names_no_cover(&n)) {
                        return Err(no_cover(&name(), &text, object));
                    }
                    weak = weak.or(Some(CoverKind::Other));
                }
                KindWord::Kind(kind, _) => return Ok(kind),
                KindWord::Nothing => {}
            }
        }
        if let Some(kind) = self.kind_of_code(r, plan, knows) {
            return Ok(kind);
        }
        if let Some(kind) = plan.layer_kind {
            return Ok(kind);
        }
        if let Some(kind) = weak {
            return Ok(kind);
        }
        tally.count("kind_unknown", "没有写明类型的行，类型记为“其他”；请用 --kind 或 --map 指明", None);
        Ok(CoverKind::Other)
    }

    fn kind_word(&mut self, text: &str, plan: &Plan) -> KindWord {
        if let Some(word) = self.kinds.get(text) {
            return *word;
        }
        let table = plan.mapping.values.get(&Target::Kind).and_then(|t| t.get(text));
        let word = match table
            .and_then(|k| CoverKind::from_code(k).or_else(|| CoverKind::recognise(k).map(|r| r.value)))
        {
            Some(kind) => KindWord::Kind(kind, false),
            None => match (names_no_cover(text), CoverKind::recognise(text)) {
                (Some(object), _) => KindWord::NoCover(object),
                (None, None) => KindWord::Nothing,
                // A word of two meanings means what its layer is, when that is one of them.
                (None, Some(r)) => {
                    let layer = plan.layer_kind.filter(|k| r.others.contains(k));
                    KindWord::Kind(layer.unwrap_or(r.value), r.value == CoverKind::Other)
                }
            },
        };
        if self.kinds.len() < MEMO {
            self.kinds.insert(text.to_owned(), word);
        }
        word
    }

    fn kind_of_code(&self, r: &Record, plan: &Plan, knows: &Knowledge) -> Option<CoverKind> {
        let (scheme, list) = (knows.scheme.as_ref()?, knows.classes.as_ref()?);
        let cell = r.cells.get(plan.first(Target::Code)?)?;
        let parts = scheme.parse_code(&value::text(cell)).ok()?;
        list.kind_of(parts.get(&scheme.segment(SegmentRole::Class)?.key)?)
    }

    /// Everything else.
    pub fn read(&mut self, r: &Record, plan: &Plan, knows: &Knowledge, tally: &mut Tally) -> Said {
        let mut s = Said::default();
        let mut f =
            Fields { marks: &self.marks, heights: &self.height_marks, longest: self.longest, r, plan, tally };
        f.words(&mut s);
        f.flags(&mut s);
        f.place(&mut s);
        f.body(&mut s, knows);
        f.heights(&mut s);
        self.life(r, plan, tally, &mut s);
        self.age(r, plan, knows, tally, &mut s);
        s
    }

    fn life(&mut self, r: &Record, plan: &Plan, tally: &mut Tally, s: &mut Said) {
        let f =
            Fields { marks: &self.marks, heights: &self.height_marks, longest: self.longest, r, plan, tally };
        let Some(text) = f.text(Target::Lifecycle) else { return };
        let (life, state, sure) = *self.lives.entry(text.clone().into_owned()).or_insert_with(|| {
            let life = Lifecycle::from_code(&text)
                .map(|l| (l, true))
                .or_else(|| Lifecycle::recognise(&text).map(|r| (r.value, r.others.is_empty())));
            let state = Condition::recognise(&text).map(|r| r.value).filter(|c| *c != Condition::Intact);
            (life.map(|l| l.0), state, life.is_some_and(|l| l.1))
        });
        match (life, state) {
            (None, None) => f.tally.count("lifecycle_unknown", "看不懂的使用状态，按在用处理", Some(&text)),
            (Some(l), _) if !sure => {
                let message = format!(
                    "含义不止一种的使用状态，按“{}”处理；如不对请用值对照表（values.lifecycle）说明",
                    l.name_zh()
                );
                f.tally.count("lifecycle_guessed", &message, Some(&text));
            }
            _ => {}
        }
        s.lifecycle = life;
        s.state = s.state.or(state);
        if life == Some(Lifecycle::AbandonedPending) && s.problem.is_none() {
            s.problem = Some(Problem::Abandoned);
        }
    }

    /// Installation from a date, a year or an age, and the end of the design life.
    fn age(&mut self, r: &Record, plan: &Plan, knows: &Knowledge, tally: &mut Tally, s: &mut Said) {
        let hints = self.dates;
        let mut f =
            Fields { marks: &self.marks, heights: &self.height_marks, longest: self.longest, r, plan, tally };
        let mut installed = f
            .date(Target::InstalledOn, &hints, &mut self.date_forms)
            .or_else(|| f.date(Target::InstallYear, &hints, &mut vec![]));
        if installed.is_none()
            && let Some(age) = f.number(Target::Age, LengthUnit::Metre).filter(|a| (0.0..=200.0).contains(a))
        {
            let year = i16::try_from(i64::from(knows.today.year()) - age as i64).ok();
            installed =
                year.and_then(|y| Date::new(y, 1, 1).ok()).map(|d| PartialDate::new(d, Precision::Year));
        }
        if let Some(d) = installed.filter(|d| d.earliest() > knows.today)
            && s.lifecycle.is_none_or(|l| matches!(l, Lifecycle::InUse | Lifecycle::Abnormal))
        {
            f.tally.count("installed_in_future", "安装日期在今天之后，未采用", Some(&d.to_string()));
            installed = None;
        }
        s.design_life = f
            .number(Target::DesignLife, LengthUnit::Metre)
            .filter(|y| (1.0..=200.0).contains(y))
            .map(|y| y as i64);
        let Some(installed) = installed else { return };
        s.installed_on = Some(installed.earliest());
        s.installed_precision = Some(match installed.precision() {
            Precision::Year => "year".to_owned(),
            Precision::Month => "month".to_owned(),
            Precision::Day => "day".to_owned(),
        });
        let own = s.design_life.and_then(|y| u16::try_from(y).ok());
        let years = knows.life.as_ref().map_or(own, |l| l.design_life(own, s.material));
        s.expires_on = years.and_then(|y| Expiry::of(installed, y)).map(|e| e.latest);
    }
}

fn no_cover(column: &str, text: &str, object: &str) -> Finding {
    Finding::new(
        "row.no_cover",
        column,
        text,
        format!("这一行是{object}，不是井盖"),
        "窨井、雨水口等井盖的类型",
    )
}

fn notes_of<'a>(r: &'a Record, plan: &'a Plan) -> impl Iterator<Item = Cow<'a, str>> {
    plan.at.get(&Target::Note).into_iter().flatten().filter_map(|at| r.cells.get(*at)).map(value::text)
}

/// The cells of one row by field.
struct Fields<'a> {
    marks: &'a Sentinels,
    heights: &'a Sentinels,
    longest: usize,
    r: &'a Record,
    plan: &'a Plan,
    tally: &'a mut Tally,
}

impl<'a> Fields<'a> {
    fn cell(&self, t: Target) -> Option<&'a Cell> {
        self.r.cells.get(self.plan.first(t)?).filter(|c| !c.is_blank())
    }

    /// The text of a field: by value table, without marks, else the constant.
    fn text(&self, t: Target) -> Option<Cow<'a, str>> {
        let constant = || self.plan.mapping.constants.get(&t).map(|c| Cow::Borrowed(c.as_str()));
        let Some(cell) = self.cell(t) else { return constant() };
        let text = value::text(cell);
        if let Some(ours) = self.plan.mapping.values.get(&t).and_then(|table| table.get(text.as_ref())) {
            return (!ours.is_empty()).then(|| Cow::Owned(ours.clone()));
        }
        if text.len() <= self.longest && self.marks.holds(cell) { constant() } else { Some(text) }
    }

    fn owned(&self, t: Target, most: usize) -> Option<String> {
        self.text(t)
            .map(|s| s.chars().filter(|c| !c.is_control()).take(most).collect::<String>())
            .filter(|s| !s.is_empty())
    }

    fn number(&mut self, t: Target, unit: LengthUnit) -> Option<f64> {
        let Some(cell) = self.cell(t) else {
            return self.plan.mapping.constants.get(&t)?.parse().ok();
        };
        let marks = if matches!(t, Target::GroundElevation | Target::BottomElevation) {
            self.heights
        } else {
            self.marks
        };
        if marks.holds(cell) {
            self.tally.count(
                "sentinel",
                &format!("“{}”的占位值按空值处理", self.column(t)),
                Some(&value::text(cell)),
            );
            return None;
        }
        let n = value::number(cell, unit);
        if n.is_none() {
            self.tally.count(
                "value_unread",
                &format!("“{}”应为数字，未采用的值", self.column(t)),
                Some(&value::text(cell)),
            );
        }
        n
    }

    fn column(&self, t: Target) -> &'a str {
        self.plan.first(t).and_then(|i| self.plan.columns.get(i)).map_or(t.zh(), String::as_str)
    }

    fn recognised<T>(&mut self, t: Target, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        let text = self.text(t)?;
        let found = read(&text);
        if found.is_none() {
            self.tally.count(
                "value_unread",
                &format!("“{}”中认不出的值，未采用", self.column(t)),
                Some(&text),
            );
        }
        found
    }

    fn flag(&mut self, t: Target) -> Option<bool> {
        let cell = self.cell(t);
        let text = match cell {
            Some(c) => value::text(c),
            None => Cow::Borrowed(self.plan.mapping.constants.get(&t)?.as_str()),
        };
        let found = value::flag(&text);
        if found.is_none() && !cell.is_some_and(|c| self.marks.holds(c)) {
            self.tally.count(
                "value_unread",
                &format!("“{}”应填是或否，未采用的值", self.column(t)),
                Some(&text),
            );
        }
        found
    }

    fn date(&mut self, t: Target, hints: &DateHints, forms: &mut Vec<&'static str>) -> Option<PartialDate> {
        let constant = Cell::from(self.plan.mapping.constants.get(&t).cloned().unwrap_or_default());
        let cell = self.cell(t).unwrap_or(&constant);
        if cell.is_blank() || self.marks.holds(cell) {
            return None;
        }
        let form = value::date_form(cell);
        if !forms.contains(&form) {
            forms.push(form);
            if forms.len() > 1 {
                self.tally.say(
                    "dates_mixed",
                    format!("“{}”混用多种日期写法：{}，已分别读取", self.column(t), forms.join("、")),
                );
            }
        }
        match value::date(cell, hints) {
            Ok(d) => d,
            Err(why) => {
                self.tally.count(
                    "date_unread",
                    &format!("“{}”中不能用的日期（{why}）", self.column(t)),
                    Some(&value::text(cell)),
                );
                None
            }
        }
    }

    fn words(&mut self, s: &mut Said) {
        s.name = self.owned(Target::Name, 100);
        s.grid = self.owned(Target::Grid, 32);
        s.maker = self.owned(Target::Maker, 200);
        s.label = self.owned(Target::Label, 64);
        s.owner = self.owned(Target::Owner, 200);
        s.maintainer = self.owned(Target::Maintainer, 200);
        s.supervisor = self.owned(Target::Supervisor, 200);
        s.area = self.owned(Target::Area, 100);
        s.wall_material = self.owned(Target::WallMaterial, 100);
        let notes = |t: Target| {
            self.plan
                .at
                .get(&t)
                .into_iter()
                .flatten()
                .filter_map(|at| self.r.cells.get(*at))
                .filter(|c| !c.is_blank() && !self.marks.holds(c))
                .map(value::text)
        };
        let mut note: Vec<String> = notes(Target::Note).map(Cow::into_owned).collect();
        note.extend(notes(Target::Photo).map(|p| format!("照片：{p}")));
        s.note = Some(note.join("；").chars().take(2_000).collect::<String>()).filter(|n| !n.is_empty());
    }

    fn flags(&mut self, s: &mut Said) {
        s.lock = self.flag(Target::Lock);
        s.sensor = self.flag(Target::Sensor);
        s.blind_track = self.flag(Target::BlindTrack);
        s.low_lying = self.flag(Target::LowLying);
        s.guard = self.flag(Target::FallGuard);
        s.crowded = match self.text(Target::Crowded).and_then(|t| Crowding::recognise(&t)) {
            Some(r) => Some(r.value == Crowding::Crowded),
            None => self.flag(Target::Crowded),
        };
    }

    fn place(&mut self, s: &mut Said) {
        let part = |t| self.owned(t, 100);
        let (number, name, suffix) =
            (part(Target::StreetNumber), part(Target::StreetName), part(Target::StreetSuffix));
        let street = name.map(|n| suffix.map_or_else(|| n.clone(), |x| format!("{n} {x}")));
        s.address = part(Target::Address).or_else(|| {
            let street = street.clone()?;
            Some(number.map_or_else(|| street.clone(), |n| format!("{n} {street}")))
        });
        s.road = part(Target::Road).or(street).or_else(|| s.address.as_deref().and_then(road_of));
        s.road_manager = self.recognised(Target::RoadManager, |t| RoadManager::recognise(t).map(|r| r.value));
        s.place = self.text(Target::Place).and_then(|t| Place::recognise(&t)).map(|r| r.value);
        s.accuracy = self.text(Target::Accuracy).and_then(|t| {
            AccuracyClass::recognise(&t)
                .map(|r| r.value)
                .or_else(|| t.parse().ok().and_then(AccuracyClass::from_error_m))
        });
    }

    fn body(&mut self, s: &mut Said, knows: &Knowledge) {
        s.material = self.recognised(Target::Material, |t| Material::recognise(t).map(|r| r.value));
        s.load_class = self.recognised(Target::LoadClass, |t| LoadClass::recognise(t).map(|r| r.value));
        s.shape = self.recognised(Target::Shape, |t| Shape::recognise(t).map(|r| r.value));
        s.problem = self.text(Target::Problem).and_then(|t| Problem::recognise(&t)).map(|r| r.value);
        s.state = self.text(Target::Condition).and_then(|t| Condition::recognise(&t)).map(|r| r.value);
        let written = self.text(Target::Size).map(Cow::into_owned).or_else(|| {
            let side = |f: &mut Self, t: Target| {
                let unit =
                    f.plan.mapping.units.get(&t).map_or(LengthUnit::Millimetre, |u| value::unit(Some(u)));
                f.number(t, unit).map(|m| (m * 1000.0).round())
            };
            if let (Some(l), Some(w)) = (side(self, Target::Length), side(self, Target::Width)) {
                return Some(format!("R{l}x{w}"));
            }
            side(self, Target::Diameter).map(|d| format!("D{d}"))
        });
        let Some(written) = written else { return };
        match CoverSize::parse(&written, &knows.sizes) {
            Ok(size) => {
                s.shape = s.shape.or(Some(size.shape()));
                s.size = Some(size.to_string());
            }
            Err(e) => self.tally.count("size_unread", "不能用的规格，未采用", Some(&e.to_string())),
        }
    }

    fn heights(&mut self, s: &mut Said) {
        let unit = |f: &Self, t: Target| value::unit(f.plan.mapping.units.get(&t));
        let (g, b, d) = (
            unit(self, Target::GroundElevation),
            unit(self, Target::BottomElevation),
            unit(self, Target::Depth),
        );
        s.ground_m = self.number(Target::GroundElevation, g).filter(|m| m.abs() < 9_000.0);
        s.bottom_m = self.number(Target::BottomElevation, b).filter(|m| m.abs() < 9_000.0);
        s.depth_m = self.number(Target::Depth, d);
        if let Some(depth) = s.depth_m.filter(|d| !(0.0..=DEPTH_MAX_M).contains(d)) {
            self.tally.count("depth_implausible", "井深不在 0–50 米之内，未采用", Some(&depth.to_string()));
            s.depth_m = None;
        }
        if let (Some(ground), Some(bottom), Some(depth)) = (s.ground_m, s.bottom_m, s.depth_m)
            && (ground - bottom - depth).abs() > DEPTH_TOLERANCE_M
        {
            let value = format!("井深 {depth}，地面 {ground} − 井底 {bottom} = {:.3}", ground - bottom);
            self.tally.count("depth_mismatch", "井深与高程之差相差超过 0.05 米，请核对", Some(&value));
        }
    }
}

/// The road that an address names: `230 Elgin Street, Sudbury` → `Elgin Street`, `建新北路12号` → `建新北路`.
fn road_of(address: &str) -> Option<String> {
    let first = address.split([',', '，']).next()?.trim();
    if first.chars().any(jinggai_rules::text::is_han) {
        let end = ["大道", "大街", "路", "街", "巷"]
            .iter()
            .filter_map(|w| first.find(w).map(|i| i + w.len()))
            .min()?;
        let start = ["区", "镇", "街道"]
            .iter()
            .filter_map(|w| first.get(..end)?.rfind(w).map(|i| i + w.len()))
            .max()
            .unwrap_or(0);
        return first.get(start..end).filter(|r| r.chars().count() >= 3).map(str::to_owned);
    }
    let (number, rest) = first.split_once(' ')?;
    let is_number = number.starts_with(|c: char| c.is_ascii_digit()) && number.len() <= 7;
    // `4 300 LORNE ST`: a unit before the number.
    let rest =
        rest.split_once(' ').filter(|(n, _)| n.bytes().all(|b| b.is_ascii_digit())).map_or(rest, |(_, r)| r);
    (is_number && rest.len() >= 3 && !rest.starts_with('-')).then(|| rest.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roads_of_addresses() {
        let check =
            |address: &str, want: Option<&str>| assert_eq!(road_of(address).as_deref(), want, "{address}");
        check("230 Elgin Street, Sudbury", Some("Elgin Street"));
        check("4 300 LORNE ST", Some("LORNE ST"));
        check("建新北路12号", Some("建新北路"));
        check("江北区建新北路12号", Some("建新北路"));
        check("On road - Riverside Park", None);
        check("观音桥", None);
    }
}
