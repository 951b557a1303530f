//! 台账记录 as rows and as answers: codes with their Chinese names beside them.
//!
//! No rules here; what a change may do is in the commands.
use jiff::Timestamp;
use jiff::civil::Date;
use jinggai_db::row;
use jinggai_geo::Point;
use jinggai_rules::kinds::{
    AccuracyClass, Condition, CoverKind, Lifecycle, LoadClass, Material, Place, Problem, ResponsibilityRole,
    RoadManager, Shape,
};
use serde::Serialize;
use serde_json::{Value as Json, json};
use utoipa::ToSchema;
use uuid::Uuid;

row! {
    /// 井 as stored.
    #[derive(Clone, Debug)]
    pub struct WellRow {
        /// Row.
        pub id: i64,
        /// Public id.
        pub uid: Uuid,
        /// 井类型.
        pub kind: String,
        /// Name.
        pub name: Option<String>,
        /// 生命周期.
        pub lifecycle: String,
        /// 区域 row.
        pub area_id: Option<i64>,
        /// 单元网格.
        pub grid_code: Option<String>,
        /// 道路.
        pub road: Option<String>,
        /// 地址.
        pub address: Option<String>,
        /// 道路管理责任.
        pub road_manager: Option<String>,
        /// 设置位置.
        pub place: Option<String>,
        /// 人员密集.
        pub crowded: bool,
        /// 盲道.
        pub blind_track: bool,
        /// 低洼易涝.
        pub low_lying: bool,
        /// 应急车辆可通行.
        pub emergency_vehicles: bool,
        /// 井深, metres.
        pub depth_m: Option<f64>,
        /// 井壁材质.
        pub wall_material: Option<String>,
        /// 地面高程, metres.
        pub ground_elevation_m: Option<f64>,
        /// 井底高程, metres.
        pub bottom_elevation_m: Option<f64>,
        /// 备注.
        pub note: Option<String>,
        /// 定位精度.
        pub accuracy: String,
        /// First coordinate as given.
        pub source_x: Option<f64>,
        /// Second coordinate as given.
        pub source_y: Option<f64>,
        /// Coordinate system as given.
        pub source_crs: Option<String>,
        /// What was done to it.
        pub source_transform: Option<String>,
        /// 演示.
        pub demo: bool,
        /// Counts changes.
        pub version: i64,
        /// CGCS2000.
        pub geom: Point,
        /// Entered.
        pub created_at: Timestamp,
        /// Last changed.
        pub updated_at: Timestamp,
        /// 区域 code.
        pub area_code: Option<String>,
        /// 区域 name.
        pub area_name: Option<String>,
    }
}

/// The columns of [`WellRow`], from `wells w LEFT JOIN areas a`.
pub const WELL_COLUMNS: &str = "w.id, w.uid, w.kind, w.name, w.lifecycle, w.area_id, w.grid_code, w.road, w.address, w.road_manager, w.place, w.crowded, w.blind_track, w.low_lying, w.emergency_vehicles, w.depth_m, w.wall_material, w.ground_elevation_m, w.bottom_elevation_m, w.note, w.accuracy, w.source_x, w.source_y, w.source_crs, w.source_transform, w.demo, w.version, w.geom, w.created_at, w.updated_at, a.code, a.name";

row! {
    /// 盖 as stored.
    #[derive(Clone, Debug)]
    pub struct CoverRow {
        /// Row.
        pub id: i64,
        /// Public id.
        pub uid: Uuid,
        /// Its well.
        pub well_id: i64,
        /// Public id of its well.
        pub well_uid: Uuid,
        /// The cover it replaced.
        pub predecessor_uid: Option<Uuid>,
        /// 井盖类型.
        pub kind: String,
        /// 生命周期.
        pub lifecycle: String,
        /// 部件状态.
        pub condition: String,
        /// 主要问题.
        pub problem: Option<String>,
        /// 形状.
        pub shape: Option<String>,
        /// 规格.
        pub size: Option<String>,
        /// 材质.
        pub material: Option<String>,
        /// 承载等级.
        pub load_class: Option<String>,
        /// 生产厂家.
        pub maker: Option<String>,
        /// 执行标准.
        pub standard: Option<String>,
        /// 批次.
        pub batch: Option<String>,
        /// 安装日期.
        pub installed_on: Option<Date>,
        /// How exact it is: `day`, `month`, `year`.
        pub installed_precision: Option<String>,
        /// 设计使用年限.
        pub design_life_years: Option<i64>,
        /// 到期日.
        pub expires_on: Option<Date>,
        /// 有锁.
        pub has_lock: bool,
        /// 已装智能监测.
        pub has_sensor: bool,
        /// Mass, kg.
        pub mass_kg: Option<f64>,
        /// 备注.
        pub note: Option<String>,
        /// 演示.
        pub demo: bool,
        /// Counts changes.
        pub version: i64,
        /// CGCS2000.
        pub geom: Point,
        /// Entered.
        pub created_at: Timestamp,
        /// Last changed.
        pub updated_at: Timestamp,
    }
}

/// The columns of [`CoverRow`], from `covers c JOIN wells w LEFT JOIN covers p`.
pub const COVER_COLUMNS: &str = "c.id, c.uid, c.well_id, w.uid, p.uid, c.kind, c.lifecycle, c.condition, c.problem, c.shape, c.size, c.material, c.load_class, c.maker, c.standard, c.batch, c.installed_on, c.installed_precision, c.design_life_years, c.expires_on, c.has_lock, c.has_sensor, c.mass_kg, c.note, c.demo, c.version, c.geom, c.created_at, c.updated_at";

/// The Chinese name of a stored code; the code itself when it is not ours.
macro_rules! name_of {
    ($t:ty, $code:expr) => {{
        let code: &str = $code;
        <$t>::from_code(code).map_or(code, |v| v.name_zh())
    }};
}
macro_rules! name_if {
    ($t:ty, $code:expr) => {
        $code.as_deref().map(|c| name_of!($t, c))
    };
}
pub(crate) use {name_if, name_of};

impl CoverRow {
    /// 安装日期 as exact as it is known: `2005`, `2005-06`, `2005-06-01`.
    #[must_use]
    pub fn installed_text(&self) -> Option<String> {
        let d = self.installed_on?;
        Some(match self.installed_precision.as_deref() {
            Some("year") => format!("{:04}", d.year()),
            Some("month") => format!("{:04}-{:02}", d.year(), d.month()),
            _ => d.to_string(),
        })
    }

    /// The record as the API gives it.
    #[must_use]
    pub fn json(&self) -> Json {
        json!({
            "uid": self.uid, "well_uid": self.well_uid, "predecessor_uid": self.predecessor_uid,
            "kind": self.kind, "kind_name": name_of!(CoverKind, &self.kind),
            "lifecycle": self.lifecycle, "lifecycle_name": name_of!(Lifecycle, &self.lifecycle),
            "condition": self.condition, "condition_name": name_of!(Condition, &self.condition),
            "problem": self.problem, "problem_name": name_if!(Problem, self.problem),
            "shape": self.shape, "shape_name": name_if!(Shape, self.shape),
            "size": self.size,
            "material": self.material, "material_name": name_if!(Material, self.material),
            "load_class": self.load_class, "load_class_name": name_if!(LoadClass, self.load_class),
            "maker": self.maker, "standard": self.standard, "batch": self.batch,
            "installed_on": self.installed_text(), "design_life_years": self.design_life_years,
            "expires_on": self.expires_on, "has_lock": self.has_lock, "has_sensor": self.has_sensor,
            "mass_kg": self.mass_kg, "note": self.note, "demo": self.demo,
            "lng": self.geom.lng, "lat": self.geom.lat,
            "version": self.version, "created_at": self.created_at, "updated_at": self.updated_at,
        })
    }
}

impl WellRow {
    /// The record as the API gives it.
    #[must_use]
    pub fn json(&self) -> Json {
        json!({
            "uid": self.uid, "kind": self.kind, "kind_name": name_of!(CoverKind, &self.kind), "name": self.name,
            "lifecycle": self.lifecycle, "lifecycle_name": name_of!(Lifecycle, &self.lifecycle),
            "area": self.area_code, "area_name": self.area_name, "grid_code": self.grid_code,
            "road": self.road, "address": self.address,
            "road_manager": self.road_manager, "road_manager_name": name_if!(RoadManager, self.road_manager),
            "place": self.place, "place_name": name_if!(Place, self.place),
            "crowded": self.crowded, "blind_track": self.blind_track, "low_lying": self.low_lying,
            "emergency_vehicles": self.emergency_vehicles, "depth_m": self.depth_m,
            "wall_material": self.wall_material, "ground_elevation_m": self.ground_elevation_m,
            "bottom_elevation_m": self.bottom_elevation_m, "note": self.note,
            "accuracy": self.accuracy, "accuracy_name": name_of!(AccuracyClass, &self.accuracy),
            "lng": self.geom.lng, "lat": self.geom.lat,
            "source": self.source_crs.as_ref().map(|crs| json!({
                "x": self.source_x, "y": self.source_y, "crs": crs, "transform": self.source_transform,
            })),
            "demo": self.demo, "version": self.version,
            "created_at": self.created_at, "updated_at": self.updated_at,
        })
    }
}

row! {
    /// A cover in a list, as the ledger said of it on the day asked for.
    #[derive(Clone, Debug)]
    pub struct ItemRow {
        /// Row of the cover.
        pub id: i64,
        /// Public id.
        pub uid: Uuid,
        /// Public id of the well.
        pub well_uid: Uuid,
        /// The number shown.
        pub code: Option<String>,
        /// 井盖类型.
        pub kind: String,
        /// 生命周期.
        pub lifecycle: String,
        /// 部件状态.
        pub condition: String,
        /// 主要问题.
        pub problem: Option<String>,
        /// 附件1 main state.
        pub state: String,
        /// 道路.
        pub road: Option<String>,
        /// 地址.
        pub address: Option<String>,
        /// 设置位置.
        pub place: Option<String>,
        /// 材质.
        pub material: Option<String>,
        /// 承载等级.
        pub load_class: Option<String>,
        /// 规格.
        pub size: Option<String>,
        /// 到期日.
        pub expires_on: Option<Date>,
        /// 低洼易涝.
        pub low_lying: bool,
        /// 已装防坠.
        pub guarded: bool,
        /// 已装智能监测.
        pub has_sensor: bool,
        /// 人员密集.
        pub crowded: bool,
        /// 已建档.
        pub archived: bool,
        /// 演示.
        pub demo: bool,
        /// 权属单位 code.
        pub owner: Option<String>,
        /// 权属单位 name.
        pub owner_name: Option<String>,
        /// 管养单位 name.
        pub maintainer_name: Option<String>,
        /// 兜底单位 name.
        pub fallback_name: Option<String>,
        /// 区域 code.
        pub area: Option<String>,
        /// 区域 name.
        pub area_name: Option<String>,
        /// Number on the plate.
        pub label: Option<String>,
        /// CGCS2000.
        pub geom: Point,
        /// Counts changes.
        pub version: i64,
        /// Last changed.
        pub updated_at: Timestamp,
    }
}

/// The columns of [`ItemRow`] after the cover's id, over `cover_facts f` with [`ITEM_JOINS`]; the state is
/// [`super::filter::MAIN_STATE`] and stands between the two parts.
pub const ITEM_COLUMNS: (&str, &str) = (
    "f.cover_id, c.uid, w.uid, f.code, f.kind, f.lifecycle, f.condition, f.problem",
    "f.road, w.address, f.place, f.material, f.load_class, c.size, f.expires_on, f.low_lying, f.guarded, f.has_sensor, f.crowded, f.archived, f.demo, uo.code, uo.name, um.name, uf.name, a.code, a.name, (SELECT max(l.number) FROM labels l WHERE l.cover_id = c.id AND l.state = 'fixed'), c.geom, c.version, c.updated_at",
);

/// What [`ITEM_COLUMNS`] joins.
pub const ITEM_JOINS: &str = "JOIN covers c ON c.id = f.cover_id JOIN wells w ON w.id = f.well_id LEFT JOIN units uo ON uo.id = f.owner_id LEFT JOIN units um ON um.id = f.maintainer_id LEFT JOIN units uf ON uf.id = f.fallback_id LEFT JOIN areas a ON a.id = f.area_id";

/// 井盖 in a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CoverItem {
    /// Public id.
    pub uid: Uuid,
    /// Public id of the well.
    pub well_uid: Uuid,
    /// 编号.
    pub code: Option<String>,
    /// 井盖类型 code.
    pub kind: String,
    /// 井盖类型.
    pub kind_name: String,
    /// 生命周期 code.
    pub lifecycle: String,
    /// 生命周期.
    pub lifecycle_name: String,
    /// 部件状态 code.
    pub condition: String,
    /// 部件状态.
    pub condition_name: String,
    /// 主要问题 code.
    pub problem: Option<String>,
    /// 主要问题.
    pub problem_name: Option<String>,
    /// 附件1 main state code.
    pub state: String,
    /// 道路.
    pub road: Option<String>,
    /// 地址.
    pub address: Option<String>,
    /// 设置位置 code.
    pub place: Option<String>,
    /// 设置位置.
    pub place_name: Option<String>,
    /// 材质 code.
    pub material: Option<String>,
    /// 材质.
    pub material_name: Option<String>,
    /// 承载等级 code.
    pub load_class: Option<String>,
    /// 规格.
    pub size: Option<String>,
    /// 到期日.
    #[schema(value_type = Option<String>)]
    pub expires_on: Option<Date>,
    /// 低洼易涝.
    pub low_lying: bool,
    /// 已装防坠.
    pub guarded: bool,
    /// 已装智能监测.
    pub has_sensor: bool,
    /// 人员密集.
    pub crowded: bool,
    /// 已建档.
    pub archived: bool,
    /// 演示.
    pub demo: bool,
    /// 权属单位 code.
    pub owner: Option<String>,
    /// 权属单位.
    pub owner_name: Option<String>,
    /// 管养单位.
    pub maintainer_name: Option<String>,
    /// 兜底单位.
    pub fallback_name: Option<String>,
    /// 区域 code.
    pub area: Option<String>,
    /// 区域.
    pub area_name: Option<String>,
    /// 标识牌号.
    pub label: Option<String>,
    /// Longitude, CGCS2000.
    pub lng: f64,
    /// Latitude, CGCS2000.
    pub lat: f64,
    /// Counts changes.
    pub version: i64,
    /// Last changed.
    #[schema(value_type = String)]
    pub updated_at: Timestamp,
}

impl From<ItemRow> for CoverItem {
    fn from(r: ItemRow) -> Self {
        CoverItem {
            kind_name: name_of!(CoverKind, &r.kind).to_owned(),
            lifecycle_name: name_of!(Lifecycle, &r.lifecycle).to_owned(),
            condition_name: name_of!(Condition, &r.condition).to_owned(),
            problem_name: name_if!(Problem, r.problem).map(str::to_owned),
            place_name: name_if!(Place, r.place).map(str::to_owned),
            material_name: name_if!(Material, r.material).map(str::to_owned),
            uid: r.uid,
            well_uid: r.well_uid,
            code: r.code,
            kind: r.kind,
            lifecycle: r.lifecycle,
            condition: r.condition,
            problem: r.problem,
            state: r.state,
            road: r.road,
            address: r.address,
            place: r.place,
            material: r.material,
            load_class: r.load_class,
            size: r.size,
            expires_on: r.expires_on,
            low_lying: r.low_lying,
            guarded: r.guarded,
            has_sensor: r.has_sensor,
            crowded: r.crowded,
            archived: r.archived,
            demo: r.demo,
            owner: r.owner,
            owner_name: r.owner_name,
            maintainer_name: r.maintainer_name,
            fallback_name: r.fallback_name,
            area: r.area,
            area_name: r.area_name,
            label: r.label,
            lng: r.geom.lng,
            lat: r.geom.lat,
            version: r.version,
            updated_at: r.updated_at,
        }
    }
}

/// The Chinese name of a role's code.
#[must_use]
pub fn role_name(code: &str) -> &str {
    name_of!(ResponsibilityRole, code)
}
