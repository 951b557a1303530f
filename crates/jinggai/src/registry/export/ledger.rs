//! The ledger's rows as a file: one per cover, the columns of `domain.md` 2.5 (b) and what a map needs.
use crate::clock;
use crate::registry::filter::MAIN_STATE;
use crate::registry::model::{name_if, name_of};
use jiff::Timestamp;
use jiff::civil::Date;
use jinggai_db::row;
use jinggai_geo::Point;
use jinggai_rules::kinds::{
    AccuracyClass, Condition, CoverKind, Lifecycle, LoadClass, Material, Place, Problem, Shape,
};
use jinggai_tables::Cell;
use jinggai_tables::write::{ColumnType as T, OutColumn};
use uuid::Uuid;

row! {
    /// What is read of a cover.
    pub struct Row {
        uid: Uuid,
        well_uid: Uuid,
        code: Option<String>,
        label: Option<String>,
        kind: String,
        lifecycle: String,
        condition: String,
        state: String,
        problem: Option<String>,
        area_code: Option<String>,
        area_name: Option<String>,
        grid_code: Option<String>,
        road: Option<String>,
        address: Option<String>,
        place: Option<String>,
        crowded: bool,
        blind_track: bool,
        low_lying: bool,
        owner_code: Option<String>,
        owner: Option<String>,
        owner_confirmed: bool,
        maintainer: Option<String>,
        supervisor: Option<String>,
        territorial: Option<String>,
        fallback: Option<String>,
        shape: Option<String>,
        size: Option<String>,
        material: Option<String>,
        load_class: Option<String>,
        maker: Option<String>,
        standard: Option<String>,
        installed_on: Option<Date>,
        installed_precision: Option<String>,
        design_life_years: Option<i64>,
        expires_on: Option<Date>,
        depth_m: Option<f64>,
        guarded: bool,
        has_sensor: bool,
        labelled: bool,
        archived: bool,
        accuracy: String,
        /// Where it is.
        pub geom: Point,
        note: Option<String>,
        demo: bool,
        created_at: Timestamp,
        updated_at: Timestamp,
    }
}

/// The statement that reads [`Row`], up to its WHERE.
pub fn select() -> String {
    format!(
        "SELECT c.uid, w.uid, f.code, (SELECT max(l.number) FROM labels l WHERE l.cover_id = c.id AND l.state = 'fixed'), f.kind, f.lifecycle, f.condition, {MAIN_STATE}, f.problem, a.code, a.name, w.grid_code, f.road, w.address, f.place, f.crowded, w.blind_track, f.low_lying, uo.code, uo.name, f.owner_confirmed, um.name, us.name, ut.name, uf.name, c.shape, c.size, f.material, f.load_class, c.maker, c.standard, c.installed_on, c.installed_precision, c.design_life_years, f.expires_on, w.depth_m, f.guarded, f.has_sensor, f.labelled, f.archived, w.accuracy, c.geom, c.note, f.demo, c.created_at, c.updated_at FROM cover_facts f JOIN covers c ON c.id = f.cover_id JOIN wells w ON w.id = f.well_id LEFT JOIN areas a ON a.id = f.area_id LEFT JOIN units uo ON uo.id = f.owner_id LEFT JOIN units um ON um.id = f.maintainer_id LEFT JOIN units us ON us.id = f.supervisor_id LEFT JOIN units ut ON ut.id = f.territorial_id LEFT JOIN units uf ON uf.id = f.fallback_id"
    )
}

/// Key, Chinese title and type, in the order of [`Row::cells`]. Keys are short enough for every format.
const COLUMNS: [(&str, &str, T); 46] = [
    ("code", "编号", T::Text),
    ("label", "标识牌号", T::Text),
    ("kind", "井盖类型", T::Text),
    ("state", "现状", T::Text),
    ("problem", "主要问题", T::Text),
    ("lifecycle", "生命周期", T::Text),
    ("condition", "部件状态", T::Text),
    ("area_code", "区域代码", T::Text),
    ("area", "区域", T::Text),
    ("grid_code", "单元网格", T::Text),
    ("road", "道路", T::Text),
    ("address", "地址", T::Text),
    ("lng", "经度", T::Real),
    ("lat", "纬度", T::Real),
    ("accuracy", "定位精度", T::Text),
    ("place", "设置位置", T::Text),
    ("crowded", "人员密集场所", T::Bool),
    ("blind_trk", "盲道", T::Bool),
    ("low_lying", "低洼易涝", T::Bool),
    ("owner_code", "权属单位代码", T::Text),
    ("owner", "权属单位", T::Text),
    ("owner_conf", "权属已确认", T::Bool),
    ("maintainer", "管养单位", T::Text),
    ("supervisor", "行业主管部门", T::Text),
    ("territory", "属地单位", T::Text),
    ("fallback", "兜底单位", T::Text),
    ("shape", "形状", T::Text),
    ("size", "规格", T::Text),
    ("material", "材质", T::Text),
    ("load_class", "承载等级", T::Text),
    ("maker", "生产厂家", T::Text),
    ("standard", "执行标准", T::Text),
    ("installed", "安装日期", T::Text),
    ("life_years", "设计使用年限", T::Int),
    ("expires_on", "到期日", T::Date),
    ("depth_m", "井深（米）", T::Real),
    ("guarded", "已装防坠装置", T::Bool),
    ("sensor", "已装智能监测", T::Bool),
    ("labelled", "已设标识", T::Bool),
    ("archived", "已建档", T::Bool),
    ("note", "备注", T::Text),
    ("demo", "演示数据", T::Bool),
    ("filed_on", "建档日期", T::Date),
    ("updated_at", "更新时间", T::DateTime),
    ("uid", "井盖标识", T::Text),
    ("well_uid", "井标识", T::Text),
];

/// The columns of the file.
pub fn columns() -> Vec<OutColumn> {
    COLUMNS.iter().map(|(key, title, kind)| OutColumn::new(*key, *title, *kind)).collect()
}

fn text(t: Option<String>) -> Cell {
    t.map_or(Cell::Null, Cell::Text)
}
fn name(t: Option<&str>) -> Cell {
    t.map_or(Cell::Null, |t| Cell::Text(t.to_owned()))
}

fn state_name(code: &str) -> &str {
    code.parse::<crate::registry::filter::MainState>().map_or(code, |s| s.zh())
}

impl Row {
    /// The values in the order of the columns; codes become the words of people.
    pub fn cells(&self) -> Vec<Cell> {
        let day = |d: Option<Date>| d.map_or(Cell::Null, Cell::Date);
        let some = |t: &Option<String>| text(t.clone());
        vec![
            some(&self.code),
            some(&self.label),
            name(Some(name_of!(CoverKind, &self.kind))),
            name(Some(state_name(&self.state))),
            name(name_if!(Problem, self.problem)),
            name(Some(name_of!(Lifecycle, &self.lifecycle))),
            name(Some(name_of!(Condition, &self.condition))),
            some(&self.area_code),
            some(&self.area_name),
            some(&self.grid_code),
            some(&self.road),
            some(&self.address),
            Cell::Real(self.geom.lng),
            Cell::Real(self.geom.lat),
            name(Some(name_of!(AccuracyClass, &self.accuracy))),
            name(name_if!(Place, self.place)),
            Cell::Bool(self.crowded),
            Cell::Bool(self.blind_track),
            Cell::Bool(self.low_lying),
            some(&self.owner_code),
            some(&self.owner),
            Cell::Bool(self.owner_confirmed),
            some(&self.maintainer),
            some(&self.supervisor),
            some(&self.territorial),
            some(&self.fallback),
            name(name_if!(Shape, self.shape)),
            some(&self.size),
            name(name_if!(Material, self.material)),
            name(name_if!(LoadClass, self.load_class)),
            some(&self.maker),
            some(&self.standard),
            text(self.installed()),
            self.design_life_years.map_or(Cell::Null, Cell::Int),
            day(self.expires_on),
            self.depth_m.map_or(Cell::Null, Cell::Real),
            Cell::Bool(self.guarded),
            Cell::Bool(self.has_sensor),
            Cell::Bool(self.labelled),
            Cell::Bool(self.archived),
            some(&self.note),
            Cell::Bool(self.demo),
            Cell::Date(clock::local(self.created_at).date()),
            Cell::Instant(self.updated_at),
            Cell::Text(self.uid.to_string()),
            Cell::Text(self.well_uid.to_string()),
        ]
    }

    /// 安装日期 as exact as it is known.
    fn installed(&self) -> Option<String> {
        let d = self.installed_on?;
        Some(match self.installed_precision.as_deref() {
            Some("year") => format!("{:04}", d.year()),
            Some("month") => format!("{:04}-{:02}", d.year(), d.month()),
            _ => d.to_string(),
        })
    }
}
