//! A well as it comes in: from a form, a phone or a file, already checked field by field.
use jiff::civil::Date;
use jinggai_geo::Point;
use jinggai_rules::kinds::{
    AccuracyClass, Condition, CoverKind, Lifecycle, LoadClass, Material, Place, Problem, ResponsibilityRole,
    RoadManager, Shape,
};
use serde_json::Value as Json;

/// A new well with its covers. Coordinates are CGCS2000 degrees; what the source gave stands beside.
#[derive(Clone, Debug)]
pub struct NewWell {
    /// 井类型.
    pub kind: CoverKind,
    /// Name, if the owner gives wells names.
    pub name: Option<String>,
    /// 区域 it lies in, the smallest known.
    pub area_id: Option<i64>,
    /// 单元网格 code as given.
    pub grid_code: Option<String>,
    /// 道路.
    pub road: Option<String>,
    /// 地址.
    pub address: Option<String>,
    /// 道路管理责任.
    pub road_manager: Option<RoadManager>,
    /// 设置位置.
    pub place: Option<Place>,
    /// 人员密集场所.
    pub crowded: bool,
    /// 盲道.
    pub blind_track: bool,
    /// 低洼易涝.
    pub low_lying: bool,
    /// Emergency vehicles may drive there: raises the load class asked for.
    pub emergency_vehicles: bool,
    /// 井深, metres.
    pub depth_m: Option<f64>,
    /// 井壁材质.
    pub wall_material: Option<String>,
    /// 地面高程, metres (1985国家高程基准).
    pub ground_elevation_m: Option<f64>,
    /// 井底高程, metres.
    pub bottom_elevation_m: Option<f64>,
    /// 备注.
    pub note: Option<String>,
    /// Where it is, CGCS2000.
    pub at: Point,
    /// How exact the position is.
    pub accuracy: AccuracyClass,
    /// The coordinate as the source gave it.
    pub source: Option<SourcePosition>,
    /// The source's own row, for evidence: a JSON document, kept as it is.
    pub source_row: Option<String>,
    /// 演示: a record of the demo district.
    pub demo: bool,
    /// Responsible units.
    pub responsibilities: Vec<NewResponsibility>,
    /// The covers on it, at least one.
    pub covers: Vec<NewCover>,
}

/// A coordinate as the source gave it, and how it became CGCS2000.
#[derive(Clone, Debug, PartialEq)]
pub struct SourcePosition {
    /// First number as given.
    pub x: f64,
    /// Second number as given.
    pub y: f64,
    /// Coordinate system as given.
    pub crs: String,
    /// Id of the transform that was applied.
    pub transform: String,
}

/// A new cover (盖) of a well.
#[derive(Clone, Debug)]
pub struct NewCover {
    /// 井盖类型.
    pub kind: CoverKind,
    /// Stage of its life.
    pub lifecycle: Lifecycle,
    /// 部件状态.
    pub condition: Condition,
    /// 主要问题, one of 附件1's problem words.
    pub problem: Option<Problem>,
    /// 形状.
    pub shape: Option<Shape>,
    /// 规格: `D800`, `R800x600`, millimetres.
    pub size: Option<String>,
    /// 材质.
    pub material: Option<Material>,
    /// 承载等级.
    pub load_class: Option<LoadClass>,
    /// 生产厂家.
    pub maker: Option<String>,
    /// 执行标准.
    pub standard: Option<String>,
    /// 批次.
    pub batch: Option<String>,
    /// 安装日期.
    pub installed_on: Option<Date>,
    /// `day`, `month` or `year`.
    pub installed_precision: Option<String>,
    /// 设计使用年限, years.
    pub design_life_years: Option<i64>,
    /// 到期日 = installation + design life.
    pub expires_on: Option<Date>,
    /// 有锁.
    pub has_lock: bool,
    /// 已装智能监测.
    pub has_sensor: bool,
    /// Mass in kilograms, for the uplift rule.
    pub mass_kg: Option<f64>,
    /// 备注.
    pub note: Option<String>,
    /// Its numbers; the first active one is shown.
    pub codes: Vec<NewCode>,
    /// 标识牌号 already fixed on it.
    pub label: Option<String>,
}

/// A number of a cover under one scheme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCode {
    /// 编码规则.
    pub scheme: String,
    /// 编号.
    pub code: String,
    /// Version of the class list it was built with.
    pub list_version: Option<String>,
    /// An older number that only leads here.
    pub alias: bool,
}

/// A unit's role for a well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewResponsibility {
    /// 责任角色.
    pub role: ResponsibilityRole,
    /// 单位.
    pub unit_id: i64,
    /// Confirmed by evidence, or only claimed.
    pub confirmed: bool,
    /// 依据.
    pub basis: Option<String>,
    /// From when.
    pub valid_from: Date,
}

impl NewWell {
    /// The unit in this role, if any.
    #[must_use]
    pub fn unit(&self, role: ResponsibilityRole) -> Option<&NewResponsibility> {
        self.responsibilities.iter().find(|r| r.role == role)
    }

    /// What the event log keeps of it: the fields that have a value.
    #[must_use]
    pub fn summary(&self) -> Json {
        let mut o = serde_json::Map::new();
        let mut put = |k: &str, v: Json| {
            if !v.is_null() && v != Json::Bool(false) {
                o.insert(k.to_owned(), v);
            }
        };
        put("kind", self.kind.code().into());
        put("lng", self.at.lng.into());
        put("lat", self.at.lat.into());
        put("accuracy", self.accuracy.code().into());
        put("road", self.road.clone().into());
        put("address", self.address.clone().into());
        put("area_id", self.area_id.into());
        put("place", self.place.map(Place::code).into());
        put("depth_m", self.depth_m.into());
        put("low_lying", self.low_lying.into());
        put("crowded", self.crowded.into());
        for r in &self.responsibilities {
            put(r.role.code(), r.unit_id.into());
        }
        let covers: Vec<Json> = self.covers.iter().map(NewCover::summary).collect();
        put("covers", covers.into());
        Json::Object(o)
    }
}

impl NewCover {
    /// What the event log keeps of it: the fields that have a value.
    #[must_use]
    pub fn summary(&self) -> Json {
        let mut o = serde_json::Map::new();
        let mut put = |k: &str, v: Json| {
            if !v.is_null() && v != Json::Bool(false) {
                o.insert(k.to_owned(), v);
            }
        };
        put("lifecycle", self.lifecycle.code().into());
        put("condition", self.condition.code().into());
        put("problem", self.problem.map(Problem::code).into());
        put("size", self.size.clone().into());
        put("material", self.material.map(Material::code).into());
        put("load_class", self.load_class.map(LoadClass::code).into());
        put("installed_on", self.installed_on.map(|d| d.to_string()).into());
        put(
            "codes",
            self.codes.iter().map(|c| format!("{}:{}", c.scheme, c.code)).collect::<Vec<_>>().into(),
        );
        put("label", self.label.clone().into());
        Json::Object(o)
    }
}
