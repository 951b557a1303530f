//! What a column of a file can mean (目标字段), with the words that head such columns.
//!
//! Words are those of census forms, of the survey tables of `domain.md` 9.2–9.4 (CJJ 61, EPS), of component records
//! (3.4) and of the real inventories in the test data. A word says what the column means, never what a value means.
use jinggai_rules::text::normalise;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::LazyLock;

macro_rules! targets {
    ($($v:ident = $code:literal, $zh:literal, [$($word:literal),* $(,)?], [$($weak:literal),* $(,)?];)+) => {
        /// A field of the ledger that a column can fill (目标字段).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Target { $(#[doc = $zh] #[serde(rename = $code)] $v),+ }

        impl Target {
            /// Every field.
            pub const ALL: &'static [Target] = &[$(Target::$v),+];

            /// The name in mapping files.
            #[must_use]
            pub const fn code(self) -> &'static str { match self { $(Target::$v => $code),+ } }

            /// The Chinese name.
            #[must_use]
            pub const fn zh(self) -> &'static str { match self { $(Target::$v => $zh),+ } }
        }

        /// (word, field, is it telling on its own?)
        const WORDS: &[(&str, Target, bool)] = &[
            $($(($word, Target::$v, true),)* $(($weak, Target::$v, false),)*)+
        ];
    };
}

targets! {
    ExternalId = "external_id", "来源编号", [
        "exp no", "expno", "管线点编号", "点号", "物探点号", "外业编号", "设施编号", "资产编号", "原编号", "原有编号", "usid", "wtdh", "tsdh",
        "asset id", "assetid", "facility id", "facilityid", "manhole id", "manholeid", "catchbasin id", "catchbasinid", "feature id",
        "smh id", "dmh id", "cb id", "mh id", "seq id", "unit id", "structure id", "node id", "comp id", "point id",
    ], ["globalid", "global id", "guid", "uuid", "legacy id", "legacyid", "handle", "id", "objectid", "object id", "objectid 1", "fid", "gid", "序号", "编号 2"];
    Code = "code", "编号", [
        "编号", "井盖编号", "窨井编号", "窨井盖编号", "统一编号", "标识码", "部件标识码", "部件编码", "部件编号", "身份编码", "唯一编码", "objid",
        "comp code", "compcode", "bianhao", "jinggaibianhao", "code 16", "cover code",
    ], ["编码", "bianma", "jgbh", "jgbm"];
    Kind = "kind", "井盖类型", [
        "类型", "井盖类型", "窨井类型", "井类型", "井盖种类", "类别", "小类", "小类名称", "用途", "管网用途", "管线类型", "管线种类", "管类", "部件名称",
        "objname", "smallclass", "leixing", "jglx", "jinggaileixing", "type", "cover kind", "manhole type", "structure type", "stype",
        "feature type", "assettype", "asset type", "assetgroup", "asset group", "subsid", "附属物", "purpose",
    ], ["type", "system type", "systemtype", "ftype", "subtype", "sort", "feature", "特征", "code type", "layer", "图层", "cover type"];
    Lng = "lng", "经度", [
        "经度", "jingdu", "lon", "lng", "long", "longitude", "gcj02经度", "gcj02 lng", "wgs84经度", "bd09经度", "百度经度", "高德经度", "lon gcj02",
        "lng gcj02", "pointx", "point x", "经度坐标", "东经", "wgs84x",
    ], [];
    Lat = "lat", "纬度", [
        "纬度", "weidu", "lat", "latitude", "gcj02纬度", "gcj02 lat", "wgs84纬度", "bd09纬度", "百度纬度", "高德纬度", "lat gcj02", "pointy", "point y",
        "纬度坐标", "北纬", "wgs84y",
    ], [];
    X = "x", "X坐标", ["x", "x坐标", "坐标x", "纵坐标", "北坐标", "xzb", "zbx", "coord x", "x coord", "easting", "东坐标"], [];
    Y = "y", "Y坐标", ["y", "y坐标", "坐标y", "横坐标", "yzb", "zby", "coord y", "y coord", "northing"], [];
    Road = "road", "道路", [
        "道路", "道路名称", "所在道路", "路名", "路段", "所属道路", "街道名称", "daolu", "daolumingcheng", "luming", "road", "road name", "street", "lane way", "szdl",
    ], [];
    Address = "address", "地址", [
        "地址", "详细地址", "位置", "具体位置", "地理位置", "位置描述", "位置说明", "所在位置", "dizhi", "weizhi", "address", "addr", "locatedsc", "full address",
        "locationdesc",
    ], ["location", "地点"];
    StreetNumber = "street_number", "门牌号", ["门牌号", "门牌", "house number", "street number", "streetnumber", "street no"], [];
    StreetName = "street_name", "街路名", ["street name", "streetname"], [];
    StreetSuffix = "street_suffix", "街路后缀", ["suffix", "street suffix", "street type"], [];
    Place = "place", "设置位置", ["设置位置", "地理场合", "所处位置", "安装位置", "位置类型", "setloc", "situation", "place"], ["location"];
    Area = "area", "区域", [
        "区域", "行政区划", "街镇", "所属街镇", "街道办", "所属街道", "街道", "镇街", "社区", "所属社区", "辖区", "行政区", "区划代码", "jiezhen", "suoshujiedao", "areabelong", "district",
        "township", "area code", "adcode",
    ], [];
    Grid = "grid_code", "单元网格", ["单元网格", "网格", "网格编号", "网格编码", "单元网格编码", "bgid", "grid code", "wangge"], [];
    Owner = "owner", "权属单位", [
        "权属单位", "权属", "产权单位", "产权", "权属单位名称", "业主单位", "业主", "belong", "quanshu", "quanshudanwei", "qsdw", "owner", "owned by", "ownedby", "ownerdept",
        "owner name", "ownership",
    ], [];
    Maintainer = "maintainer", "管养单位", [
        "管养单位", "养护单位", "维护单位", "管理单位", "维护管理单位", "养护", "管养", "管护单位", "yanghudanwei", "guanyangdanwei", "yhdw", "maintainer", "maintained by",
        "maintainedby", "maintby", "managedept", "managed by",
    ], [];
    Supervisor = "supervisor", "行业主管部门", ["行业主管部门", "行业主管", "主管部门", "监管单位", "主管单位", "zhuguanbumen", "zgbm", "supervisor"], [];
    Material = "material", "井盖材质", [
        "井盖材质", "盖材质", "盖板材质", "井盖材料", "井盖材质名称", "jgcz", "jinggaicaizhi", "feamaterial", "cover mate", "cover material", "lid material", "covermaterial",
    ], ["材质", "材料", "caizhi", "material"];
    WallMaterial = "wall_material", "井壁材质", ["井壁材质", "井材质", "井身材质", "wellmaterial", "well material", "jcz", "wall material", "chamber material"], [];
    Size = "size", "规格", [
        "规格", "井盖规格", "规格型号", "井盖尺寸", "尺寸", "盖规格", "jgcc", "guige", "jinggaiguige", "spec", "cover size", "lid size", "size", "size spec",
    ], [];
    Diameter = "diameter", "直径", ["直径", "井盖直径", "盖径", "zhijing", "cover diameter", "lid diameter"], ["diameter", "diameter mm"];
    Length = "length", "长", ["长", "长度", "井盖长", "length mm", "cover length"], [];
    Width = "width", "宽", ["宽", "宽度", "井盖宽", "width mm", "cover width"], [];
    Shape = "shape", "形状", ["形状", "井盖形状", "盖形状", "xingzhuang", "jxz", "shape", "objshape", "cover shape"], [];
    LoadClass = "load_class", "承载等级", ["承载等级", "荷载等级", "承载能力", "荷载", "载荷等级", "chengzaidengji", "load class", "load rating"], [];
    Depth = "depth", "井深", ["井深", "井深 m", "深度", "jingshen", "jdepth", "welldeep", "well deep", "depth", "mh depth", "manhole depth", "埋深"], [];
    GroundElevation = "ground_elevation", "地面高程", [
        "地面高程", "井口高程", "井盖高程", "dmgc", "high", "sur h", "rim elevation", "rimelevation", "rim elev", "rim elev m", "rimelev", "ground elevation", "highelev",
    ], ["elevation", "高程"];
    BottomElevation = "bottom_elevation", "井底高程", [
        "井底高程", "底高程", "jdgc", "bottom h", "bottom elevation", "bottom elev", "bottom elev m", "invert elevation", "invertelev", "center invert", "centre invert",
    ], ["invert"];
    InstalledOn = "installed_on", "安装日期", [
        "安装日期", "安装时间", "建设时间", "建成时间", "建设日期", "竣工日期", "启用日期", "投用日期", "铺设日期", "建成日期", "anzhuangriqi", "anzhuangshijian", "mdate", "ordate",
        "finish dat", "finish date", "init date", "install date", "installdate", "date installed", "installed", "construction date",
    ], [];
    InstallYear = "install_year", "安装年份", ["安装年份", "建设年份", "建成年代", "建设年代", "建设年度", "年份", "install yr", "installyr", "install year", "constr year", "year built", "year installed"], [];
    Age = "age", "使用年数", ["已使用年限", "使用年数", "井龄", "age"], [];
    DesignLife = "design_life", "设计使用年限", ["设计使用年限", "设计年限", "使用年限", "设计寿命", "design life"], [];
    Lifecycle = "lifecycle", "生命周期", [
        "使用状态", "使用状况", "状态", "井盖状态", "运行状态", "生命周期", "zhuangtai", "status", "lifecycle status", "lifecyclestatus", "asset status", "assetstatus",
        "operastatus", "ustatus", "state", "well statu", "objstate", "comp status",
    ], [];
    Condition = "condition", "完好状况", ["完好情况", "完好状况", "部件状态", "井盖状况", "完好程度", "condition", "cover condition", "isdamaged"], [];
    Problem = "problem", "主要问题", ["问题", "主要问题", "存在问题", "问题类型", "病害", "病害类型", "隐患", "隐患类型", "wenti", "problem", "defect"], [];
    Label = "label", "标识牌号", ["标识牌号", "标识牌", "标签编号", "牌号", "标识编号", "标签", "label", "plate number", "tag"], [];
    LowLying = "low_lying", "低洼易涝", ["低洼易涝", "是否低洼", "低洼", "易涝", "易涝点", "积水点", "low lying", "flood prone"], [];
    Crowded = "crowded", "人员密集", ["人员密集", "人员密集场所", "是否人员密集", "密集程度", "crowded", "crowding"], [];
    BlindTrack = "blind_track", "盲道", ["盲道", "是否盲道", "是否在盲道", "atblindpth", "blind track"], [];
    FallGuard = "fall_guard", "防坠装置", ["防坠装置", "防坠网", "防坠", "是否有防坠网", "有无防坠网", "防坠落装置", "是否安装防坠网", "guard", "fall guard", "safety net"], [];
    Sensor = "sensor", "智能监测", ["智能监测", "智能井盖", "是否智能", "监测终端", "传感器", "是否安装监测", "sensor", "smart"], [];
    Lock = "lock", "有锁", ["有锁", "是否有锁", "锁", "lock"], [];
    Maker = "maker", "生产厂家", ["生产厂家", "厂家", "制造商", "manufacturer", "maker", "shengchanchangjia"], [];
    RoadManager = "road_manager", "道路管理责任", ["道路管理", "道路管理单位", "道路管理责任", "道路权属", "road manager"], [];
    Name = "name", "井名", ["井名", "井名称", "窨井名称", "well name"], ["name", "名称"];
    Note = "note", "备注", ["备注", "说明", "beizhu", "note", "comment", "remark", "remarks", "bz"], ["描述", "description"];
    Photo = "photo", "照片", ["照片", "图片", "现场照片", "照片地址", "照片编号", "zhaopian", "photo", "image", "image url", "picture"], [];
    Accuracy = "accuracy", "精度等级", ["精度", "精度等级", "定位精度", "accuracy", "accuracy class", "horizontal accuracy"], [];
    SourceCrs = "source_crs", "来源坐标系", ["source crs", "来源坐标系"], [];
    SourceTransform = "source_transform", "已做的坐标转换", ["source transform", "坐标转换"], [];
}

impl Target {
    /// From the name in a mapping file.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|t| t.code() == code)
    }

    /// May several columns fill it, the first that says something winning (or all joined, for notes)?
    #[must_use]
    pub const fn takes_many(self) -> bool {
        matches!(self, Target::Kind | Target::Note | Target::Photo | Target::Code)
    }
}

/// A header without case, width, blanks, brackets and units: `井深（m）` = `井深`.
#[must_use]
pub fn header(text: &str) -> String {
    let spaced: String = camel(text);
    let plain = normalise(&spaced);
    let words: Vec<&str> = plain.split(' ').filter(|w| !w.is_empty()).collect();
    words.join(" ")
}

/// `SystemType` → `System Type`, `BurlingtonWWTF` → `Burlington WWTF`; all-capital words stay whole.
#[must_use]
pub fn camel(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 4);
    let mut last = ' ';
    for c in text.chars() {
        if last.is_ascii_lowercase() && c.is_ascii_uppercase() {
            out.push(' ');
        }
        out.push(c);
        last = c;
    }
    out
}

/// What a header says: the fields it may mean, the telling ones first.
#[must_use]
pub fn meanings(column: &str) -> Vec<(Target, bool)> {
    static INDEX: LazyLock<HashMap<String, Vec<(Target, bool)>>> = LazyLock::new(|| {
        let mut map: HashMap<String, Vec<(Target, bool)>> = HashMap::new();
        for (word, target, telling) in WORDS {
            map.entry(key(word)).or_default().push((*target, *telling));
        }
        map
    });
    let whole = key(&camel(column));
    if let Some(found) = INDEX.get(&whole).or_else(|| INDEX.get(&key(column))) {
        return sorted(found.clone());
    }
    // A merged header `基本信息/经度` says what its last part says; units in brackets say nothing about the meaning.
    let last = column.rsplit(['/', '／']).next().unwrap_or(column);
    let bare = last.split(['(', '（', '[', '【']).next().unwrap_or(last);
    INDEX.get(&key(&camel(bare))).cloned().map(sorted).unwrap_or_default()
}

fn sorted(mut found: Vec<(Target, bool)>) -> Vec<(Target, bool)> {
    found.sort_by_key(|(_, telling)| !telling);
    found
}

/// Headers differ in blanks and underlines only too often: they are compared without.
fn key(text: &str) -> String {
    header(text).replace(' ', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_real_files() {
        let check = |column: &str, want: Target| {
            assert_eq!(meanings(column).first().map(|(t, _)| *t), Some(want), "{column}");
        };
        check("LIFECYCLESTATUS", Target::Lifecycle);
        check("Rim_Elev_m", Target::GroundElevation);
        check("Bottom_Elev_m", Target::BottomElevation);
        check("Constr_Year", Target::InstallYear);
        check("DATE_INSTALLED", Target::InstalledOn);
        check("ownedby", Target::Owner);
        check("井深（m）", Target::Depth);
        check("基本信息/经度", Target::Lng);
        check("权属单位", Target::Owner);
        check("Exp_No", Target::ExternalId);
        check("WellDeep", Target::Depth);
        check("System_Type", Target::Kind);
        check("SystemType", Target::Kind);
        check("jgcz", Target::Material);
    }
}
