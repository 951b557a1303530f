//! The data of a printed well file (一井一档案), block by block as in the archive's content list.
//!
//! Every value may be absent, since a real inventory knows little of most wells; the template prints a
//! dash or leaves the line out. Texts (states, kinds, dates) arrive ready for reading: which words the
//! domain uses is not this crate's business. The blocks are a reconstruction (domain reference 2.7),
//! so each takes further lines as [`Remark`]s.

use serde::{Deserialize, Serialize};

use super::Sketch;

/// Everything that a printed 一井一档案 shows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct WellFileData {
    /// Title of the document; “窨井档案” if absent.
    pub title: Option<String>,
    /// Who issues the file, above the title, for example 江北区城市管理局.
    pub issuer: Option<String>,
    /// A mark that every page carries, for example 演示数据.
    pub mark: Option<String>,
    /// Codes and aliases (编号、曾用编号); the first is the one in the title box.
    pub codes: Vec<CodeRow>,
    /// The page behind the QR plate, printed as a QR code.
    pub plate_url: Option<String>,
    /// What the well is and where its file comes from.
    pub identity: Identity,
    /// Where it lies.
    pub place: Place,
    /// The shaft.
    pub well: WellBlock,
    /// The covers on it; several are possible.
    pub covers: Vec<CoverBlock>,
    /// Its anti-fall devices (防坠装置).
    pub fall_guards: Vec<FallGuardBlock>,
    /// Units in their roles, now and before.
    pub responsibilities: Vec<ResponsibilityRow>,
    /// Plates (标识) fixed to the covers.
    pub labels: Vec<LabelRow>,
    /// Monitoring devices (监测终端).
    pub devices: Vec<DeviceRow>,
    /// Photographs; pass thumbnails, the file is to be sent and printed.
    pub photos: Vec<Photo>,
    /// History, oldest or newest first as the caller wishes.
    pub events: Vec<EventRow>,
    /// Documents that belong to the file.
    pub documents: Vec<DocumentRow>,
    /// When and from what this paper was drawn.
    pub provenance: Provenance,
}

/// A further line of a block: name and value.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Remark {
    /// Name of the value.
    pub name: String,
    /// The value, with its unit.
    pub value: String,
}

/// One code (编号) of a well or cover under one scheme.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CodeRow {
    /// The code itself.
    pub code: String,
    /// Its scheme, for example 部件标识码（16 位）.
    pub scheme: Option<String>,
    /// What bears it: the well, or which cover.
    pub subject: Option<String>,
    /// State, for example 在用, 停用, 合并.
    pub state: Option<String>,
    /// First day of use.
    pub since: Option<String>,
    /// Last day of use.
    pub until: Option<String>,
}

/// Identity (基本信息) of a well.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Identity {
    /// Platform id (UUID).
    pub id: Option<String>,
    /// Kind of well (井类型), for example 污水.
    pub kind: Option<String>,
    /// State in its life cycle, for example 在用, 已填埋.
    pub state: Option<String>,
    /// Main state of its covers, for example 完好, 破损.
    pub condition: Option<String>,
    /// Who filed it (建档单位).
    pub filed_by: Option<String>,
    /// When it was filed (建档日期).
    pub filed_on: Option<String>,
    /// Who surveyed it and when (普查).
    pub surveyed: Option<String>,
    /// Further lines.
    pub remarks: Vec<Remark>,
}

/// Position (位置) of a well.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Place {
    /// Longitude, CGCS2000 degrees.
    pub longitude: Option<f64>,
    /// Latitude, CGCS2000 degrees.
    pub latitude: Option<f64>,
    /// Local easting, metres (survey axis Y).
    pub east_m: Option<f64>,
    /// Local northing, metres (survey axis X).
    pub north_m: Option<f64>,
    /// Accuracy class (精度等级), for example B（≤1.0 m）.
    pub accuracy: Option<String>,
    /// Where the coordinate comes from: source CRS and way of conversion.
    pub source: Option<String>,
    /// District (区).
    pub district: Option<Area>,
    /// Street or town (街道、镇).
    pub street: Option<Area>,
    /// Community or village (社区、村).
    pub community: Option<Area>,
    /// Grid cell (单元网格).
    pub grid: Option<Area>,
    /// Road (道路名称).
    pub road: Option<String>,
    /// House number, mileage or other description (门牌、桩号、位置描述).
    pub address: Option<String>,
    /// Setting (设置位置), for example 机动车道.
    pub setting: Option<String>,
    /// On a tactile path (盲道).
    pub tactile_path: Option<bool>,
    /// In a low-lying, flood-prone spot (低洼易涝).
    pub low_lying: Option<bool>,
    /// In a crowded spot (人员密集场所).
    pub crowded: Option<bool>,
    /// Sketch of the surroundings.
    pub sketch: Option<Sketch>,
    /// Further lines.
    pub remarks: Vec<Remark>,
}

/// An area by name and code.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Area {
    /// Name, for example 郭家沱街道.
    pub name: Option<String>,
    /// Code of the division or grid cell.
    pub code: Option<String>,
}

/// The shaft (井).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct WellBlock {
    /// Depth, metres (井深).
    pub depth_m: Option<f64>,
    /// Height of the neck, metres (井颈高).
    pub neck_m: Option<f64>,
    /// Shape (井室形状).
    pub shape: Option<String>,
    /// Size, for example D1000.
    pub size: Option<String>,
    /// Material of the wall (井壁材质).
    pub wall_material: Option<String>,
    /// Elevation of the ground, metres (地面高程).
    pub ground_elevation_m: Option<f64>,
    /// Elevation of the bottom, metres (井底高程).
    pub bottom_elevation_m: Option<f64>,
    /// Depth of water at the survey, millimetres (水深).
    pub water_mm: Option<f64>,
    /// Depth of mud at the survey, millimetres (淤泥深).
    pub mud_mm: Option<f64>,
    /// What is inside (井内设施).
    pub facilities: Option<String>,
    /// Connected pipes (连接管道).
    pub pipes: Vec<Pipe>,
    /// Further lines.
    pub remarks: Vec<Remark>,
}

/// A pipe that enters or leaves a well (连接管道).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Pipe {
    /// 进 or 出, or what else is known of the direction.
    pub direction: Option<String>,
    /// The point at its other end.
    pub other_end: Option<String>,
    /// Section, for example DN400.
    pub section: Option<String>,
    /// Material (管材).
    pub material: Option<String>,
    /// Elevation of the invert, metres (管内底高程).
    pub invert_m: Option<f64>,
}

/// A cover (盖).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CoverBlock {
    /// Its code, or what tells it from the others.
    pub name: Option<String>,
    /// State, for example 完好.
    pub state: Option<String>,
    /// Shape (形状).
    pub shape: Option<String>,
    /// Size (规格), for example D800 or R800x600.
    pub size: Option<String>,
    /// Clear opening, millimetres (净开孔).
    pub opening_mm: Option<f64>,
    /// Material (材质).
    pub material: Option<String>,
    /// Load class (承载等级), for example D400.
    pub load_class: Option<String>,
    /// Lock, hinge, anti-theft and anti-noise parts, in words (锁具、铰链、防盗、降噪).
    pub fittings: Option<String>,
    /// Maker (生产厂家).
    pub maker: Option<String>,
    /// Batch or certificate (批次、合格证).
    pub batch: Option<String>,
    /// Standard it was made to (执行标准).
    pub standard: Option<String>,
    /// Day of installation (安装日期).
    pub installed_on: Option<String>,
    /// Design life, years (设计使用年限).
    pub design_life_years: Option<u32>,
    /// End of the design life (到期日期).
    pub expires_on: Option<String>,
    /// Further lines.
    pub remarks: Vec<Remark>,
}

/// An anti-fall device (防坠装置).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FallGuardBlock {
    /// Type, for example 防坠网.
    pub kind: Option<String>,
    /// How many.
    pub count: Option<u32>,
    /// Day of installation.
    pub installed_on: Option<String>,
    /// Load it was tested with, kilograms (检测荷载).
    pub tested_load_kg: Option<f64>,
    /// Day of the next test (下次检测).
    pub next_test_on: Option<String>,
    /// Day by which it must be replaced (更换期限).
    pub replace_on: Option<String>,
    /// State.
    pub state: Option<String>,
}

/// The five roles of responsibility (责任) for a well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 权属单位
    Owner,
    /// 管养单位
    Maintainer,
    /// 行业主管部门
    Supervisor,
    /// 属地单位
    Territorial,
    /// 兜底单位
    Fallback,
}

/// A unit in a role for a time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ResponsibilityRow {
    /// The role.
    pub role: Role,
    /// The unit's name.
    pub unit: String,
    /// Person and telephone (联系人、电话).
    #[serde(default)]
    pub contact: Option<String>,
    /// First day.
    #[serde(default)]
    pub since: Option<String>,
    /// Last day; absent while it lasts.
    #[serde(default)]
    pub until: Option<String>,
    /// Evidence: name or number of the document (依据).
    #[serde(default)]
    pub evidence: Option<String>,
}

/// A plate (标识) on a cover.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LabelRow {
    /// Number on the plate.
    pub number: Option<String>,
    /// Text on the plate.
    pub text: Option<String>,
    /// Content of its QR code or RFID tag.
    pub content: Option<String>,
    /// Day it was fixed.
    pub fixed_on: Option<String>,
    /// State.
    pub state: Option<String>,
}

/// A monitoring device (监测终端).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeviceRow {
    /// Its id.
    pub id: Option<String>,
    /// What it is.
    pub kind: Option<String>,
    /// Day of installation.
    pub installed_on: Option<String>,
    /// Its thresholds in words.
    pub thresholds: Option<String>,
    /// Its last report.
    pub last_report: Option<String>,
}

/// A photograph (照片).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Photo {
    /// The picture, JPEG or PNG. Not part of the JSON form.
    #[serde(skip)]
    pub bytes: Vec<u8>,
    /// When it was taken.
    pub taken_at: Option<String>,
    /// What it shows.
    pub caption: Option<String>,
    /// Hash of the original, as evidence.
    pub hash: Option<String>,
}

/// Something that happened (大事记).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EventRow {
    /// Number in the event log.
    pub seq: Option<i64>,
    /// When.
    pub at: Option<String>,
    /// Who.
    pub who: Option<String>,
    /// In which role.
    pub role: Option<String>,
    /// What was done.
    pub what: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

/// A document of the file (档案文件).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DocumentRow {
    /// Title.
    pub title: Option<String>,
    /// Kind, for example 竣工图, 验收记录.
    pub kind: Option<String>,
    /// Date of the document.
    pub date: Option<String>,
    /// Hash of its content.
    pub hash: Option<String>,
}

/// Where a paper comes from: it must be possible to draw it again and compare.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Provenance {
    /// Time of printing (打印时间), in the district's time zone.
    pub printed_at: Option<String>,
    /// Who printed it.
    pub printed_by: Option<String>,
    /// Digest of the content with its algorithm, for example `SM3 9f2c…`.
    pub digest: Option<String>,
    /// Number of the last event that the paper contains.
    pub event_seq: Option<i64>,
    /// Hash of the chain at that event.
    pub event_hash: Option<String>,
}
