//! 部件记录: component records of the GB/T 30428.2 type for city-management platforms (`domain.md` 3.4).
//!
//! A record is its 16-digit 标识码; a cover without one cannot be a component and is left out, and counted. Unit codes
//! are the 统一社会信用代码 where it is known, else our own short code, as both are seen in the field \[A\]\[S30\]\[S31\].
use crate::clock;
use crate::registry::model::{name_if, name_of};
use jiff::Timestamp;
use jinggai_db::{Sql, row};
use jinggai_geo::Point;
use jinggai_rules::kinds::{Condition, CoverKind, Material, Place, Shape};
use jinggai_tables::Cell;
use jinggai_tables::write::{ColumnType as T, OutColumn};

row! {
    /// What is read of a cover.
    pub struct Row {
        code: Option<String>,
        list_version: Option<String>,
        scheme: Option<String>,
        kind: String,
        condition: String,
        supervisor_code: Option<String>,
        supervisor: Option<String>,
        owner_code: Option<String>,
        owner: Option<String>,
        maintainer_code: Option<String>,
        maintainer: Option<String>,
        grid_code: Option<String>,
        created_at: Timestamp,
        updated_at: Timestamp,
        shifted: Option<String>,
        accuracy: String,
        geom: Point,
        elevation_m: Option<f64>,
        place: Option<String>,
        blind_track: bool,
        shape: Option<String>,
        material: Option<String>,
        address: Option<String>,
        road: Option<String>,
        note: Option<String>,
    }
}

/// The schemes whose numbers are component codes (`domain.md` 3.2).
const SCHEMES: &str = "('cjt214-16', 'gbt30428-16')";

/// Only covers with an active component code.
pub fn coded() -> Sql {
    Sql::new(
        &format!(
            " AND EXISTS (SELECT 1 FROM codes k WHERE k.cover_id = f.cover_id AND k.state = 'active' AND k.scheme IN {SCHEMES})"
        ),
        vec![],
    )
}

/// The statement that reads [`Row`], up to its WHERE.
pub fn select() -> String {
    format!(
        "SELECT k.code, k.list_version, k.scheme, f.kind, f.condition, COALESCE(us.uscc, us.code), us.name, COALESCE(uo.uscc, uo.code), uo.name, COALESCE(um.uscc, um.code), um.name, w.grid_code, c.created_at, c.updated_at, w.source_transform, w.accuracy, c.geom, w.ground_elevation_m, f.place, w.blind_track, c.shape, f.material, w.address, f.road, c.note FROM cover_facts f JOIN covers c ON c.id = f.cover_id JOIN wells w ON w.id = f.well_id JOIN codes k ON k.id = (SELECT min(x.id) FROM codes x WHERE x.cover_id = f.cover_id AND x.state = 'active' AND x.scheme IN {SCHEMES}) LEFT JOIN units us ON us.id = f.supervisor_id LEFT JOIN units uo ON uo.id = f.owner_id LEFT JOIN units um ON um.id = f.maintainer_id"
    )
}

/// Key, Chinese title and type, in the order of [`Row::cells`].
const COLUMNS: [(&str, &str, T); 24] = [
    ("comp_code", "标识码", T::Text),
    ("class_code", "大类小类代码", T::Text),
    ("list", "分类清单版本", T::Text),
    ("name", "部件名称", T::Text),
    ("dept_code", "主管部门代码", T::Text),
    ("dept", "主管部门名称", T::Text),
    ("owner_code", "权属单位代码", T::Text),
    ("owner", "权属单位名称", T::Text),
    ("maint_code", "养护单位代码", T::Text),
    ("maint", "养护单位名称", T::Text),
    ("grid_code", "单元网格代码", T::Text),
    ("status", "部件状态", T::Text),
    ("init_date", "初始日期", T::Text),
    ("chg_date", "变更日期", T::Text),
    ("source", "数据来源", T::Text),
    ("lng", "经度", T::Real),
    ("lat", "纬度", T::Real),
    ("height", "高程（米）", T::Real),
    ("accuracy", "定位精度等级", T::Text),
    ("place", "设置位置", T::Text),
    ("blind_trk", "是否在盲道", T::Text),
    ("shape", "形状", T::Text),
    ("material", "材质", T::Text),
    ("note", "备注", T::Text),
];

/// The columns of the file.
pub fn columns() -> Vec<OutColumn> {
    COLUMNS.iter().map(|(key, title, kind)| OutColumn::new(*key, *title, *kind)).collect()
}

/// `YYYYMMDD`, as the records want it.
fn compact(t: Timestamp) -> Cell {
    Cell::Text(clock::local(t).strftime("%Y%m%d").to_string())
}

impl Row {
    /// The values in the order of the columns.
    pub fn cells(&self) -> Vec<Cell> {
        let some = |t: &Option<String>| t.clone().map_or(Cell::Null, Cell::Text);
        let name = |t: Option<&str>| t.map_or(Cell::Null, |t| Cell::Text(t.to_owned()));
        let road = self.address.clone().or_else(|| self.road.clone());
        vec![
            some(&self.code),
            name(self.class()),
            some(&self.list_version),
            Cell::Text(format!("{}井盖", name_of!(CoverKind, &self.kind))),
            some(&self.supervisor_code),
            some(&self.supervisor),
            some(&self.owner_code),
            some(&self.owner),
            some(&self.maintainer_code),
            some(&self.maintainer),
            some(&self.grid_code),
            name(Some(name_of!(Condition, &self.condition))),
            compact(self.created_at),
            compact(self.updated_at),
            Cell::Text((if self.shifted.is_some() { "转换" } else { "实测" }).to_owned()),
            Cell::Real(self.geom.lng),
            Cell::Real(self.geom.lat),
            self.elevation_m.map_or(Cell::Null, Cell::Real),
            Cell::Text(self.accuracy.trim_start_matches("class_").to_uppercase()),
            name(name_if!(Place, self.place)),
            Cell::Text((if self.blind_track { "是" } else { "否" }).to_owned()),
            name(name_if!(Shape, self.shape)),
            name(name_if!(Material, self.material)),
            Cell::Text([self.note.clone(), road].into_iter().flatten().collect::<Vec<_>>().join("；")),
        ]
    }

    /// 大类小类 inside the code: 4 digits after the area in CJ/T 214, 5 in GB/T 30428.2 (`domain.md` 3.2).
    fn class(&self) -> Option<&str> {
        let width = if self.scheme.as_deref() == Some("gbt30428-16") { 5 } else { 4 };
        self.code.as_deref()?.get(6..6 + width)
    }
}
