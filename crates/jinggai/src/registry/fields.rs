//! 字段: what a form may say of a well or cover, field by field.
//!
//! One table serves new records, corrections, their events and the timeline's Chinese words, so that a field is
//! checked in one way only. Checking never stops at the first mistake.
use crate::error::{AppError, FieldError, Kind, Result, Said};
use jiff::civil::Date;
use jinggai_rules::Explain;
use jinggai_rules::kinds::{
    AccuracyClass, Condition, CoverKind, Lifecycle, LoadClass, Material, Place, Problem, RoadManager, Shape,
};
use jinggai_rules::life::PartialDate;
use jinggai_rules::size::{CoverSize, SizeLimits};
use serde_json::{Map, Value as Json};

/// What values a field takes.
#[derive(Clone, Copy)]
pub enum Sort {
    /// Text of at most so many characters.
    Text(usize),
    /// A code of an enumeration.
    Code(Codes),
    /// A number in a range, with its unit.
    Real(f64, f64, &'static str),
    /// A whole number in a range, with its unit.
    Whole(i64, i64, &'static str),
    /// Yes or no.
    Flag,
    /// A day.
    Day,
    /// A day, month or year.
    PartialDay,
    /// 规格, as `D800` or `R800x600`.
    Size,
}

/// An enumeration as functions of its codes.
#[derive(Clone, Copy)]
pub struct Codes {
    /// The Chinese name of a code; none when there is no such code.
    pub zh: fn(&str) -> Option<&'static str>,
    all: fn() -> Vec<&'static str>,
}

macro_rules! codes {
    ($t:ty) => {
        Sort::Code(Codes {
            zh: |c| <$t>::from_code(c).map(<$t>::name_zh),
            all: || <$t>::ALL.iter().map(|v| v.code()).collect(),
        })
    };
}

/// A field of a record: its name is that of the column.
pub struct Field {
    /// Name in JSON and in the table.
    pub name: &'static str,
    /// Chinese name.
    pub zh: &'static str,
    /// What it takes.
    pub sort: Sort,
    /// A column that is never NULL: must not be emptied.
    pub required: bool,
}

const fn field(name: &'static str, zh: &'static str, sort: Sort) -> Field {
    Field { name, zh, sort, required: false }
}
const fn must(name: &'static str, zh: &'static str, sort: Sort) -> Field {
    Field { name, zh, sort, required: true }
}

/// The fields of a well that a form may set. The ranges are guards against slips of the pen \[I\].
pub const WELL: &[Field] = &[
    must("kind", "井类型", codes!(CoverKind)),
    field("name", "名称", Sort::Text(100)),
    field("grid_code", "单元网格", Sort::Text(20)),
    field("road", "道路", Sort::Text(100)),
    field("address", "地址", Sort::Text(200)),
    field("road_manager", "道路管理责任", codes!(RoadManager)),
    field("place", "设置位置", codes!(Place)),
    must("crowded", "人员密集场所", Sort::Flag),
    must("blind_track", "盲道", Sort::Flag),
    must("low_lying", "低洼易涝", Sort::Flag),
    must("emergency_vehicles", "应急车辆可通行", Sort::Flag),
    field("depth_m", "井深", Sort::Real(0.0, 100.0, "米")),
    field("wall_material", "井壁材质", Sort::Text(50)),
    field("ground_elevation_m", "地面高程", Sort::Real(-200.0, 9000.0, "米")),
    field("bottom_elevation_m", "井底高程", Sort::Real(-300.0, 9000.0, "米")),
    field("note", "备注", Sort::Text(1000)),
    must("accuracy", "定位精度", codes!(AccuracyClass)),
];

/// The fields of a cover that a form may set.
pub const COVER: &[Field] = &[
    must("kind", "井盖类型", codes!(CoverKind)),
    must("condition", "部件状态", codes!(Condition)),
    field("problem", "主要问题", codes!(Problem)),
    field("shape", "形状", codes!(Shape)),
    field("size", "规格", Sort::Size),
    field("material", "材质", codes!(Material)),
    field("load_class", "承载等级", codes!(LoadClass)),
    field("maker", "生产厂家", Sort::Text(100)),
    field("standard", "执行标准", Sort::Text(100)),
    field("batch", "批次", Sort::Text(100)),
    field("installed_on", "安装日期", Sort::PartialDay),
    field("design_life_years", "设计使用年限", Sort::Whole(1, 200, "年")),
    must("has_lock", "有锁", Sort::Flag),
    must("has_sensor", "已装智能监测", Sort::Flag),
    field("mass_kg", "质量", Sort::Real(0.1, 2000.0, "千克")),
    field("note", "备注", Sort::Text(1000)),
];

/// The stage of life of a new cover; later stages are reached by moves only.
pub const LIFECYCLE: Field = must("lifecycle", "生命周期", codes!(Lifecycle));

/// Reads an object field by field and keeps every mistake.
pub struct Reader {
    map: Map<String, Json>,
    path: String,
    wrong: Vec<FieldError>,
}

impl Reader {
    /// Reads a body.
    #[must_use]
    pub fn new(body: Json) -> Self {
        Self::within(body, String::new())
    }

    fn within(body: Json, path: String) -> Self {
        let (map, wrong) = match body {
            Json::Object(map) => (map, vec![]),
            Json::Null => (Map::new(), vec![]),
            _ => (
                Map::new(),
                vec![FieldError {
                    field: path.clone(),
                    said: Said::new("应为一个对象 {…}", "must be an object {…}"),
                }],
            ),
        };
        Reader { map, path, wrong }
    }

    fn named(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// Notes a mistake in a field.
    pub fn wrong(&mut self, name: &str, zh: impl Into<String>, en: impl Into<String>) {
        let field = self.named(name);
        self.wrong.push(FieldError { field, said: Said::new(zh, en) });
    }

    /// Is the field there?
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.map.contains_key(name)
    }

    /// Takes the raw value of a field out; none when absent. A present `null` is `Some(Null)`.
    pub fn take(&mut self, name: &str) -> Option<Json> {
        self.map.remove(name)
    }

    /// Takes a field and checks it: `None` = absent, `Some(Null)` = to be emptied, else the value as stored.
    pub fn value(&mut self, field: &Field, limits: &SizeLimits) -> Option<Json> {
        let given = self.take(field.name)?;
        let blank = given.is_null() || given.as_str().is_some_and(|s| s.trim().is_empty());
        if blank {
            if field.required {
                self.wrong(field.name, format!("{}不能为空", field.zh), "must not be empty");
                return None;
            }
            return Some(Json::Null);
        }
        match check(&field.sort, &given, limits) {
            Ok(v) => Some(v),
            Err(said) => {
                self.wrong(field.name, format!("{}{}", field.zh, said.zh), said.en);
                None
            }
        }
    }

    /// Takes all fields of a table that are there.
    pub fn values(&mut self, fields: &[Field], limits: &SizeLimits) -> Map<String, Json> {
        fields.iter().filter_map(|f| Some((f.name.to_owned(), self.value(f, limits)?))).collect()
    }

    /// Takes a text of at most `max` characters; blank is none.
    pub fn text(&mut self, name: &str, max: usize) -> Option<String> {
        match self.take(name)? {
            Json::Null => None,
            Json::String(s) if s.trim().is_empty() => None,
            Json::String(s) if s.chars().count() <= max => Some(s.trim().to_owned()),
            _ => {
                self.wrong(
                    name,
                    format!("应为不超过 {max} 字的文字"),
                    format!("must be text of at most {max} characters"),
                );
                None
            }
        }
    }

    /// Takes a text that must be there.
    pub fn required_text(&mut self, name: &str, zh: &str, max: usize) -> Option<String> {
        let missing = self.wrong.len();
        let text = self.text(name, max);
        if text.is_none() && self.wrong.len() == missing {
            self.wrong(name, format!("请填写{zh}"), "must be given");
        }
        text
    }

    /// Takes a day.
    pub fn day(&mut self, name: &str) -> Option<Date> {
        match self.take(name)? {
            Json::Null => None,
            v => match v.as_str().and_then(|s| s.parse().ok()) {
                Some(d) => Some(d),
                None => {
                    self.wrong(name, "应为日期，如 2026-07-01", "must be a date such as 2026-07-01");
                    None
                }
            },
        }
    }

    /// Takes a yes or no; absent is no.
    pub fn flag(&mut self, name: &str) -> bool {
        match self.take(name) {
            None | Some(Json::Null) => false,
            Some(Json::Bool(b)) => b,
            Some(_) => {
                self.wrong(name, "应为 true 或 false", "must be true or false");
                false
            }
        }
    }

    /// Takes a number.
    pub fn number(&mut self, name: &str) -> Option<f64> {
        match self.take(name)? {
            Json::Null => None,
            v => match v.as_f64().filter(|n| n.is_finite()) {
                Some(n) => Some(n),
                None => {
                    self.wrong(name, "应为数字", "must be a number");
                    None
                }
            },
        }
    }

    /// Takes a list and reads each element as an object with `read`.
    pub fn list<T>(&mut self, name: &str, mut read: impl FnMut(&mut Reader) -> T) -> Vec<T> {
        let given = match self.take(name) {
            None | Some(Json::Null) => return vec![],
            Some(Json::Array(a)) => a,
            Some(_) => {
                self.wrong(name, "应为数组 […]", "must be an array […]");
                return vec![];
            }
        };
        let mut out = Vec::with_capacity(given.len());
        for (i, element) in given.into_iter().enumerate() {
            let mut inner = Reader::within(element, format!("{}[{i}]", self.named(name)));
            out.push(read(&mut inner));
            self.absorb(inner);
        }
        out
    }

    /// Takes an object and reads it with `read`; none when absent.
    pub fn object<T>(&mut self, name: &str, read: impl FnOnce(&mut Reader) -> T) -> Option<T> {
        let given = self.take(name).filter(|v| !v.is_null())?;
        let mut inner = Reader::within(given, self.named(name));
        let out = read(&mut inner);
        self.absorb(inner);
        Some(out)
    }

    fn absorb(&mut self, mut inner: Reader) {
        inner.refuse_unknown();
        self.wrong.append(&mut inner.wrong);
    }

    fn refuse_unknown(&mut self) {
        let names: Vec<String> = self.map.keys().cloned().collect();
        for name in names {
            self.wrong(&name, "没有这个字段", "no such field");
        }
        self.map.clear();
    }

    /// Ends the reading: refuses unknown fields and says everything that was wrong.
    ///
    /// # Errors
    /// `form.invalid` with every field that was wrong.
    pub fn finish(mut self) -> Result<()> {
        self.refuse_unknown();
        if self.wrong.is_empty() {
            return Ok(());
        }
        let n = self.wrong.len();
        let e = AppError::new(
            Kind::Invalid,
            "form.invalid",
            format!("有 {n} 处填写不对，请改正后再提交"),
            format!("{n} fields are wrong; please correct them"),
        );
        Err(self.wrong.into_iter().fold(e, |e, f| e.with_field(&f.field, f.said.zh, f.said.en)))
    }
}

fn check(sort: &Sort, given: &Json, limits: &SizeLimits) -> std::result::Result<Json, Said> {
    let text = given.as_str().map(str::trim);
    match sort {
        Sort::Text(max) => match text {
            Some(t) if t.chars().count() <= *max => Ok(t.into()),
            _ => Err(Said::new(
                format!("应为不超过 {max} 字的文字"),
                format!("must be text of at most {max} characters"),
            )),
        },
        Sort::Code(codes) => match text {
            Some(t) if (codes.zh)(t).is_some() => Ok(t.into()),
            _ => {
                let all = (codes.all)().join(", ");
                Err(Said::new(
                    format!("“{}”不对，应为：{all}", shown(given)),
                    format!("must be one of: {all}"),
                ))
            }
        },
        Sort::Real(min, max, unit) => match given.as_f64() {
            Some(n) if n >= *min && n <= *max => Ok(n.into()),
            _ => Err(Said::new(
                format!("“{}”应为 {min}–{max} 的数（{unit}）", shown(given)),
                format!("must be a number from {min} to {max}"),
            )),
        },
        Sort::Whole(min, max, unit) => match given.as_i64() {
            Some(n) if n >= *min && n <= *max => Ok(n.into()),
            _ => Err(Said::new(
                format!("“{}”应为 {min}–{max} 的整数（{unit}）", shown(given)),
                format!("must be a whole number from {min} to {max}"),
            )),
        },
        Sort::Flag => match given {
            Json::Bool(_) => Ok(given.clone()),
            _ => Err(Said::new("应为 true 或 false", "must be true or false")),
        },
        Sort::Day => match text.and_then(|t| t.parse::<Date>().ok()) {
            Some(d) => Ok(d.to_string().into()),
            None => Err(Said::new(
                format!("“{}”应为日期，如 2026-07-01", shown(given)),
                "must be a date such as 2026-07-01",
            )),
        },
        Sort::PartialDay => match text.unwrap_or_default().parse::<PartialDate>() {
            Ok(d) => Ok(d.to_string().into()),
            Err(e) => Err(Said::new(format!("：{e}"), e.message_en())),
        },
        Sort::Size => match CoverSize::parse(text.unwrap_or_default(), limits) {
            Ok(s) => Ok(s.to_string().into()),
            Err(e) => Err(Said::new(format!("：{e}"), e.message_en())),
        },
    }
}

fn shown(v: &Json) -> String {
    v.as_str().map_or_else(|| v.to_string(), str::to_owned)
}

/// A stored value in the words of people: names for codes, 是 and 否, `—` for nothing.
#[must_use]
pub fn words(field: Option<&Field>, v: &Json) -> String {
    match (field.map(|f| &f.sort), v) {
        (_, Json::Null) => "—".to_owned(),
        (_, Json::Bool(b)) => (if *b { "是" } else { "否" }).to_owned(),
        (Some(Sort::Code(codes)), Json::String(s)) => (codes.zh)(s).unwrap_or(s).to_owned(),
        (Some(Sort::Real(_, _, unit) | Sort::Whole(_, _, unit)), v) => format!("{v} {unit}"),
        (_, v) => shown(v),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jinggai_rules::RulePack;

    fn limits() -> SizeLimits {
        SizeLimits::shipped().remove(0)
    }

    #[test]
    fn every_mistake_is_named_with_what_is_right() {
        let mut r = Reader::new(serde_json::json!({
            "kind": "sewer", "depth_m": -1, "road": "  ", "crowded": null, "colour": "red",
            "covers": [{"size": "D9", "installed_on": "1999/1/1", "has_lock": "ja"}]
        }));
        let values = r.values(WELL, &limits());
        assert_eq!(values.get("road"), Some(&Json::Null), "a blank text empties the field");
        r.list("covers", |r| r.values(COVER, &limits()));
        let e = r.finish().unwrap_err();
        let fields: Vec<&str> = e.fields().iter().map(|f| f.field.as_str()).collect();
        assert_eq!(
            fields,
            [
                "kind",
                "crowded",
                "depth_m",
                "covers[0].size",
                "covers[0].installed_on",
                "covers[0].has_lock",
                "colour"
            ]
        );
    }

    #[test]
    fn values_are_stored_in_one_form() {
        let mut r =
            Reader::new(serde_json::json!({"size": "Φ700", "installed_on": "2005-06", "kind": "gas"}));
        let v = r.values(COVER, &limits());
        r.finish().unwrap();
        assert_eq!(
            Json::Object(v),
            serde_json::json!({"kind": "gas", "size": "D700", "installed_on": "2005-06"})
        );
        assert_eq!(words(Some(&COVER[0]), &"gas".into()), "燃气");
        assert_eq!(words(Some(&WELL[11]), &2.5.into()), "2.5 米");
    }
}
