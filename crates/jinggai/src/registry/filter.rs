//! 筛选: which covers a list, an export, a figure or a tile is about.
//!
//! One filter for all of them, so that every figure opens the list behind it. It is written as a query string
//! (`kind=sewage,storm&area=500105`), reads from one, and is kept in that form inside reports. What it means in SQL
//! is in [`sql`]; who may see what is not its business, the caller adds the scope.
mod sql;

use crate::error::{AppError, Kind, Result, Said};
use jiff::civil::Date;
use jinggai_geo::{Bbox, Point};
use jinggai_rules::kinds::{
    Condition, CoverKind, Lifecycle, LoadClass, Material, Place, Problem, ResponsibilityRole, RoadManager,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

pub(crate) use sql::and_area;
pub use sql::{FilterContext, MAIN_STATE, RESPONSIBLE};

/// A choice among values of a column; `none` among them stands for “not recorded”.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice<T> {
    /// Any of these.
    pub any: Vec<T>,
    /// Or nothing recorded.
    pub none: bool,
}

impl<T> Default for Choice<T> {
    fn default() -> Self {
        Choice { any: vec![], none: false }
    }
}

impl<T> Choice<T> {
    /// One value.
    pub fn one(value: T) -> Self {
        Choice { any: vec![value], none: false }
    }
    /// Not recorded.
    #[must_use]
    pub fn none() -> Self {
        Choice { any: vec![], none: true }
    }
    /// Does it narrow anything?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.any.is_empty() && !self.none
    }
}

impl<T> FromIterator<T> for Choice<T> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        Choice { any: values.into_iter().collect(), none: false }
    }
}

impl<T: Display> Choice<T> {
    /// The choice as it stands in a query: values, comma separated; none when it narrows nothing.
    #[must_use]
    pub fn words(&self) -> Option<String> {
        written(self)
    }
}

impl<T: FromStr<Err: Display>> Choice<T> {
    /// Reads a choice as it stands in a query.
    ///
    /// # Errors
    /// What is wrong, in both languages.
    pub fn read(text: &str) -> std::result::Result<Self, Said> {
        choice(text)
    }
}

impl<T: Display> Serialize for Choice<T> {
    fn serialize<S: serde::Serializer>(&self, out: S) -> std::result::Result<S::Ok, S::Error> {
        written(self).unwrap_or_default().serialize(out)
    }
}

impl<'de, T: FromStr<Err: Display>> Deserialize<'de> for Choice<T> {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        if text.is_empty() {
            return Ok(Choice::default());
        }
        choice(&text).map_err(|said| serde::de::Error::custom(said.zh))
    }
}

/// 主要状态 of 附件1 (columns 12–17 of `domain.md` 2.5): each cover has exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MainState {
    /// 完好.
    Ok,
    /// 破损.
    Damaged,
    /// 下沉.
    Sunk,
    /// 松动.
    Loose,
    /// 缺失.
    Missing,
    /// 废弃.
    Abandoned,
}

impl MainState {
    /// Every state, in the order of 附件1.
    pub const ALL: [MainState; 6] = [
        MainState::Ok,
        MainState::Damaged,
        MainState::Sunk,
        MainState::Loose,
        MainState::Missing,
        MainState::Abandoned,
    ];
    /// The stored code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            MainState::Ok => "ok",
            MainState::Damaged => "damaged",
            MainState::Sunk => "sunk",
            MainState::Loose => "loose",
            MainState::Missing => "missing",
            MainState::Abandoned => "abandoned",
        }
    }
    /// The Chinese name.
    #[must_use]
    pub fn zh(self) -> &'static str {
        match self {
            MainState::Ok => "完好",
            MainState::Damaged => "破损",
            MainState::Sunk => "下沉",
            MainState::Loose => "松动",
            MainState::Missing => "缺失",
            MainState::Abandoned => "废弃",
        }
    }
}

impl Display for MainState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for MainState {
    type Err = String;
    fn from_str(code: &str) -> std::result::Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|s| s.code() == code)
            .ok_or_else(|| "ok, damaged, sunk, loose, missing, abandoned".to_owned())
    }
}

/// A circle: a point and metres around it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Near {
    /// Middle, CGCS2000.
    pub at: Point,
    /// Metres, up to [`NEAR_MAX_M`].
    pub metres: f64,
}

/// The widest circle in metres.
pub const NEAR_MAX_M: f64 = 50_000.0;

/// 筛选条件: which covers. Empty = all that the ledger holds today.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, String>", into = "BTreeMap<String, String>")]
pub struct CoverFilter {
    /// The ledger as of this day; none = what it says now.
    pub as_of: Option<Date>,
    /// 井盖类型.
    pub kind: Choice<CoverKind>,
    /// 生命周期.
    pub lifecycle: Choice<Lifecycle>,
    /// 部件状态.
    pub condition: Choice<Condition>,
    /// 主要问题.
    pub problem: Choice<Problem>,
    /// 设置位置.
    pub place: Choice<Place>,
    /// 材质.
    pub material: Choice<Material>,
    /// 承载等级.
    pub load_class: Choice<LoadClass>,
    /// 区域 codes, each with its sub-areas and what was merged into it; `=code` without.
    pub area: Choice<String>,
    /// 道路, exact; empty = without road.
    pub road: Option<String>,
    /// 道路管理责任.
    pub road_manager: Choice<RoadManager>,
    /// Units by role, each with its sub-units, or `=code` without; `none` = nobody.
    pub roles: BTreeMap<ResponsibilityRole, Choice<String>>,
    /// Units in any role; `none` = nobody in any role.
    pub unit: Choice<String>,
    /// 责任单位: the owner when confirmed, else the fallback unit, else the owner as claimed; `none` = nobody.
    pub responsible: Choice<String>,
    /// Yes-or-no conditions by name, see [`FLAGS`].
    pub flags: BTreeMap<&'static str, bool>,
    /// 附件1 main state.
    pub state: Choice<MainState>,
    /// Box in degrees.
    pub bbox: Option<Bbox>,
    /// Circle.
    pub near: Option<Near>,
    /// Words, code or plate.
    pub q: Option<String>,
    /// Import source.
    pub source: Option<String>,
    /// 排查: with a finding received or a case filed on or after this day …
    pub inspected_from: Option<Date>,
    /// … and before this one.
    pub inspected_to: Option<Date>,
    /// 智能化改造: with a monitoring device, and without one before this day.
    pub sensor_since: Option<Date>,
}

/// The yes-or-no conditions: name and Chinese meaning.
pub const FLAGS: [(&str, &str); 16] = [
    ("owner_known", "权属明确（有权属单位）"),
    ("ownerless", "既无权属单位也无兜底单位"),
    ("labelled", "已设标识"),
    ("coded", "已编号"),
    ("archived", "已建档"),
    ("low_lying", "位于低洼易涝处"),
    ("guarded", "已装防坠装置"),
    ("guard_needed", "须装防坠装置（排水井、低洼易涝处）"),
    ("sensor", "已装智能监测"),
    ("crowded", "位于人员密集场所"),
    ("demo", "演示数据"),
    ("in_use", "在用（含异常、废弃待填埋）"),
    ("over_age", "超设计使用年限"),
    ("outdated", "材质落后"),
    ("owner_confirmed", "权属已有证据确认"),
    ("fallback_set", "已落实兜底单位"),
];

/// The parameters that are not flags: name and Chinese meaning.
pub const PARAMETERS: [(&str, &str); 25] = [
    ("as_of", "台账时点，YYYY-MM-DD；不给为现在"),
    ("kind", "井盖类型代码，逗号分隔"),
    ("lifecycle", "生命周期代码，逗号分隔"),
    ("condition", "部件状态代码，逗号分隔"),
    ("problem", "主要问题代码，逗号分隔；none 为无"),
    ("place", "设置位置代码，逗号分隔；none 为未登记"),
    ("material", "材质代码，逗号分隔；none 为未登记"),
    ("load_class", "承载等级代码，逗号分隔；none 为未登记"),
    ("area", "区域代码，含下级及并入的区域，代码前加 = 则不含；none 为未登记"),
    ("road", "道路名（全名）；空为未登记"),
    ("road_manager", "道路管理责任代码，逗号分隔；none 为未登记"),
    ("owner", "权属单位代码，含下级，代码前加 = 则不含；none 为没有"),
    ("maintainer", "管养单位代码，含下级；none 为没有"),
    ("supervisor", "行业主管部门代码，含下级；none 为没有"),
    ("territorial", "属地单位代码，含下级；none 为没有"),
    ("fallback", "兜底单位代码，含下级；none 为没有"),
    ("unit", "任一责任角色的单位代码，含下级；none 为都没有"),
    ("responsible", "责任单位代码（已确认的权属，否则兜底，否则登记的权属），含下级；none 为没有"),
    ("inspected_from", "排查：自这一天起有上报或案卷，YYYY-MM-DD"),
    ("inspected_to", "排查：这一天之前有上报或案卷，YYYY-MM-DD"),
    ("sensor_since", "智能化改造：这一天之前没有、后来装了监测设备，YYYY-MM-DD"),
    ("state", "附件1主要状态：ok,damaged,sunk,loose,missing,abandoned"),
    ("bbox", "范围：西,南,东,北（CGCS2000 度）"),
    ("near", "附近：经度,纬度,米"),
    ("q", "搜索：编号、牌号、道路、地址"),
];

/// The parameter that names an import source.
const SOURCE: (&str, &str) = ("source", "导入来源");

/// Every parameter name with its meaning.
pub fn parameters() -> impl Iterator<Item = (&'static str, &'static str)> {
    PARAMETERS.into_iter().chain([SOURCE]).chain(FLAGS)
}

impl CoverFilter {
    /// Reads a filter from name–value pairs. All that is wrong is said at once.
    ///
    /// # Errors
    /// `filter.invalid`, with each parameter that is unknown, given twice or of a wrong value, and what is right.
    pub fn parse<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<CoverFilter> {
        let mut filter = CoverFilter::default();
        let mut wrong: Vec<(String, Said)> = vec![];
        let mut seen: Vec<&str> = vec![];
        for (name, value) in pairs {
            if seen.contains(&name) {
                wrong.push((
                    name.to_owned(),
                    Said::new("同一参数给了两次，多个值用逗号分隔", "given twice; separate values by commas"),
                ));
                continue;
            }
            seen.push(name);
            if let Err(said) = filter.set(name, value) {
                wrong.push((name.to_owned(), said));
            }
        }
        let Some((first, said)) = wrong.first() else { return Ok(filter) };
        let e = AppError::new(
            Kind::Invalid,
            "filter.invalid",
            format!("筛选条件 {first} 有误：{}", said.zh),
            format!("filter {first} is wrong: {}", said.en),
        );
        Err(wrong.iter().fold(e, |e, (name, said)| e.with_field(name, &said.zh, &said.en)))
    }

    /// Reads a filter written as a query string.
    ///
    /// # Errors
    /// As [`CoverFilter::parse`].
    pub fn from_query(query: &str) -> Result<CoverFilter> {
        let pairs: Vec<_> = form_urlencoded::parse(query.trim_start_matches('?').as_bytes()).collect();
        Self::parse(pairs.iter().map(|(k, v)| (&**k, &**v)))
    }

    fn set(&mut self, name: &str, value: &str) -> std::result::Result<(), Said> {
        match name {
            "as_of" => self.as_of = Some(date(value)?),
            "kind" => self.kind = choice(value)?,
            "lifecycle" => self.lifecycle = choice(value)?,
            "condition" => self.condition = choice(value)?,
            "problem" => self.problem = choice(value)?,
            "place" => self.place = choice(value)?,
            "material" => self.material = choice(value)?,
            "load_class" => self.load_class = choice(value)?,
            "area" => self.area = choice(value)?,
            "road" => self.road = Some(value.trim().to_owned()),
            "road_manager" => self.road_manager = choice(value)?,
            "unit" => self.unit = choice(value)?,
            "responsible" => self.responsible = choice(value)?,
            "inspected_from" => self.inspected_from = Some(date(value)?),
            "inspected_to" => self.inspected_to = Some(date(value)?),
            "sensor_since" => self.sensor_since = Some(date(value)?),
            "state" => self.state = choice(value)?,
            "bbox" => self.bbox = Some(bbox(value)?),
            "near" => self.near = Some(near(value)?),
            "q" => self.q = Some(value.trim().to_owned()).filter(|q| !q.is_empty()),
            "source" => self.source = Some(value.to_owned()),
            _ => {
                if let Some(role) = ResponsibilityRole::from_code(name) {
                    self.roles.insert(role, choice(value)?);
                } else if let Some((flag, _)) = FLAGS.iter().find(|(f, _)| *f == name) {
                    self.flags.insert(flag, truth(value)?);
                } else {
                    let known: Vec<&str> = parameters().map(|(n, _)| n).collect();
                    return Err(Said::new(
                        format!("没有这个参数；可用：{}", known.join("、")),
                        format!("no such parameter; there are: {}", known.join(", ")),
                    ));
                }
            }
        }
        Ok(())
    }

    /// The filter as name–value pairs, in one fixed order.
    #[must_use]
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut out: Vec<(&'static str, String)> = vec![];
        let mut put = |name: &'static str, value: Option<String>| out.extend(value.map(|v| (name, v)));
        put("as_of", self.as_of.map(|d| d.to_string()));
        put("kind", written(&self.kind));
        put("lifecycle", written(&self.lifecycle));
        put("condition", written(&self.condition));
        put("problem", written(&self.problem));
        put("place", written(&self.place));
        put("material", written(&self.material));
        put("load_class", written(&self.load_class));
        put("area", written(&self.area));
        put("road", self.road.clone());
        put("road_manager", written(&self.road_manager));
        for role in ResponsibilityRole::ALL {
            put(role.code(), self.roles.get(role).and_then(written));
        }
        put("unit", written(&self.unit));
        put("responsible", written(&self.responsible));
        put("inspected_from", self.inspected_from.map(|d| d.to_string()));
        put("inspected_to", self.inspected_to.map(|d| d.to_string()));
        put("sensor_since", self.sensor_since.map(|d| d.to_string()));
        put("state", written(&self.state));
        put("bbox", self.bbox.map(|b| format!("{},{},{},{}", b.w, b.s, b.e, b.n)));
        put("near", self.near.map(|n| format!("{},{},{}", n.at.lng, n.at.lat, n.metres)));
        put("q", self.q.clone());
        put("source", self.source.clone());
        for (name, _) in FLAGS {
            put(name, self.flags.get(name).map(ToString::to_string));
        }
        out
    }

    /// The filter as a query string: what a figure's link carries.
    #[must_use]
    pub fn query(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(self.pairs()).finish()
    }

    /// The same filter with one flag set.
    #[must_use]
    pub fn with_flag(mut self, name: &'static str, value: bool) -> Self {
        debug_assert!(FLAGS.iter().any(|(f, _)| *f == name), "{name} is no flag");
        self.flags.insert(name, value);
        self
    }
}

impl TryFrom<BTreeMap<String, String>> for CoverFilter {
    type Error = AppError;
    fn try_from(map: BTreeMap<String, String>) -> Result<Self> {
        Self::parse(map.iter().map(|(k, v)| (k.as_str(), v.as_str())))
    }
}

impl From<CoverFilter> for BTreeMap<String, String> {
    fn from(f: CoverFilter) -> Self {
        f.pairs().into_iter().map(|(k, v)| (k.to_owned(), v)).collect()
    }
}

type Parsed<T> = std::result::Result<T, Said>;

fn choice<T: FromStr<Err: Display>>(value: &str) -> Parsed<Choice<T>> {
    let mut out = Choice::default();
    for word in value.split(',').map(str::trim).filter(|w| !w.is_empty()) {
        if word == "none" {
            out.none = true;
        } else {
            out.any.push(
                word.parse().map_err(|e| {
                    Said::new(format!("“{word}”不对：{e}"), format!("{word:?} is wrong: {e}"))
                })?,
            );
        }
    }
    if out.is_empty() {
        return Err(Said::new("没有值；不筛选时请去掉这个参数", "no value; leave the parameter out instead"));
    }
    Ok(out)
}

fn written<T: Display>(c: &Choice<T>) -> Option<String> {
    let mut words: Vec<String> = c.any.iter().map(ToString::to_string).collect();
    words.extend(c.none.then(|| "none".to_owned()));
    (!words.is_empty()).then(|| words.join(","))
}

fn date(value: &str) -> Parsed<Date> {
    value.parse().map_err(|_e: jiff::Error| {
        Said::new(
            format!("“{value}”不是日期，应如 2026-07-01"),
            format!("{value:?} is no date such as 2026-07-01"),
        )
    })
}

fn truth(value: &str) -> Parsed<bool> {
    match value {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => {
            Err(Said::new(format!("“{value}”应为 true 或 false"), format!("{value:?} must be true or false")))
        }
    }
}

fn numbers<const N: usize>(value: &str, right: &str) -> Parsed<[f64; N]> {
    let list: Option<Vec<f64>> =
        value.split(',').map(|n| n.trim().parse().ok().filter(|n: &f64| n.is_finite())).collect();
    list.and_then(|l| l.try_into().ok())
        .ok_or_else(|| Said::new(format!("“{value}”应如 {right}"), format!("{value:?} must be like {right}")))
}

fn bbox(value: &str) -> Parsed<Bbox> {
    let right = "106.5,29.5,106.6,29.6";
    let [w, s, e, n] = numbers(value, right)?;
    if !(-180.0 <= w && w <= e && e <= 180.0 && -90.0 <= s && s <= n && n <= 90.0) {
        return Err(Said::new(
            format!("“{value}”的顺序应为西,南,东,北，单位为度，如 {right}"),
            format!("{value:?}: the order is west,south,east,north in degrees, such as {right}"),
        ));
    }
    Ok(Bbox { w, s, e, n })
}

fn near(value: &str) -> Parsed<Near> {
    let right = "106.57,29.58,200";
    let [lng, lat, metres] = numbers(value, right)?;
    if !(lng.abs() <= 180.0 && lat.abs() <= 85.0 && metres > 0.0 && metres <= NEAR_MAX_M) {
        return Err(Said::new(
            format!("“{value}”应为经度,纬度,米（不超过 {NEAR_MAX_M} 米），如 {right}"),
            format!("{value:?} must be longitude,latitude,metres (at most {NEAR_MAX_M}), such as {right}"),
        ));
    }
    Ok(Near { at: Point { lng, lat }, metres })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_its_query_string() {
        let text = "as_of=2026-07-01&kind=sewage,storm&problem=damaged,none&area=500105&road=&owner=none&unit=jb-zjw&responsible=%3Djb-psgs,none&inspected_from=2026-06-01&inspected_to=2026-07-01&sensor_since=2026-06-01&state=ok&bbox=106.5,29.5,106.6,29.6&near=106.57,29.58,200&q=%E5%BB%BA%E6%96%B0&source=s&labelled=false&in_use=true";
        let f = CoverFilter::from_query(text).unwrap();
        assert_eq!(f.road.as_deref(), Some(""));
        assert_eq!(CoverFilter::from_query(&f.query()).unwrap(), f);
        let json = serde_json::to_value(&f).unwrap();
        assert_eq!(json["kind"], "sewage,storm");
        assert_eq!(serde_json::from_value::<CoverFilter>(json).unwrap(), f);
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let e = CoverFilter::from_query("knd=sewage&kind=sewer&as_of=1.7.2026&labelled=1&bbox=2,1,1,2&near=1,2&coded=true&coded=true&material=")
            .unwrap_err();
        let fields: Vec<&str> = e.fields().iter().map(|f| f.field.as_str()).collect();
        assert_eq!(fields, ["knd", "kind", "as_of", "labelled", "bbox", "near", "coded", "material"]);
        assert_eq!(e.code(), "filter.invalid");
        assert!(e.fields()[1].said.zh.contains("sewage"), "{e}");
    }
}
