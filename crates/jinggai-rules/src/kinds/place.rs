//! Where a cover is: position in the street, crowding, level of area, accuracy of the coordinates, and flags.

code_enum! {
    /// 设置位置: where in the street the cover lies (`domain.md` 11.2; the last four before 其他 come from the load
    /// classes of 4.1). Whether it lies on the blind track (盲道) is a flag, see [`CoverSpecial::BlindTrack`].
    pub enum Place {
        /// 机动车道.
        Carriageway = "carriageway", "机动车道", "Carriageway", [
            "车行道", "行车道", "主路", "快车道", "车道", "road", "roadway", "on road", "driving lane", "travel lane",
            "jidongchedao",
        ];
        /// 非机动车道.
        CycleLane = "cycle_lane", "非机动车道", "Cycle lane", [
            "慢车道", "自行车道", "辅道", "非机动车", "bike lane", "bicycle lane", "cycle track", "feijidongchedao",
        ];
        /// 人行道.
        Footway = "footway", "人行道", "Footway", ["步道", "便道", "步行道", "sidewalk", "pavement", "footpath", "renxingdao"];
        /// 绿地; closed to vehicles.
        Green = "green", "绿地", "Green space", [
            "绿化带", "绿化", "公共绿地", "草坪", "隔离带", "lawn", "grass", "on grass", "verge", "planting strip", "lvdi",
        ];
        /// 广场.
        Square = "square", "广场", "Public square", ["步行街", "plaza", "guangchang", "pedestrian area", "pedestrian street"];
        /// 公园.
        Park = "park", "公园", "Park", ["gongyuan", "景区"];
        /// 学校周边 (a place that weighs in offences, `domain.md` 6.1).
        School = "school", "学校周边", "Near a school", ["学校", "校园", "校门", "幼儿园", "xuexiao"];
        /// 车站.
        Station = "station", "车站", "Station", ["公交站", "火车站", "地铁站", "轨道站", "bus stop", "railway station", "chezhan"];
        /// 码头.
        Wharf = "wharf", "码头", "Wharf", ["港口", "港区", "dock", "port", "pier", "matou"];
        /// 商业中心.
        Commercial = "commercial", "商业中心", "Commercial centre", ["商圈", "商场", "商业区", "商业街", "shopping", "shangye"];
        /// 小区.
        Compound = "compound", "小区", "Residential compound", [
            "住宅小区", "居民小区", "住宅", "社区内", "residential", "xiaoqu",
        ];
        /// 厂区.
        Factory = "factory", "厂区", "Factory grounds", ["工厂", "园区", "industrial", "changqu"];
        /// 院落.
        Courtyard = "courtyard", "院落", "Courtyard", ["庭院", "大院", "院内", "yard", "rear of yard", "yuanluo"];
        /// 路缘、路边: reaches at most 0.5 m into the carriageway (EN 124 group 3).
        Kerb = "kerb", "路缘", "Kerb channel", ["路边", "路侧", "路沿", "curb", "gutter", "roadside", "背街小巷", "luyuan"];
        /// 小车停车场.
        Parking = "parking", "停车场", "Car park", ["停车位", "停车区", "小车停车场", "parking lot", "car park", "tingchechang"];
        /// 货场.
        FreightYard = "freight_yard", "货场", "Freight yard", ["货运站", "堆场", "物流园", "loading yard", "huochang"];
        /// 机场.
        Airport = "airport", "机场", "Airport", ["跑道", "runway", "apron", "jichang"];
        /// 其他.
        Other = "other", "其他", "Other", ["其它", "qita"];
    }
}

code_enum! {
    /// 人员密集程度: whether people crowd there, a legal key of the 2020 指导意见 (`domain.md` 11.2).
    pub enum Crowding {
        /// 人员密集.
        Crowded = "crowded", "人员密集", "Crowded", ["密集", "人员密集场所", "是", "busy", "dense"];
        /// 非密集.
        NotCrowded = "not_crowded", "非密集", "Not crowded", ["人员非密集", "不密集", "否", "quiet"];
    }
}

code_enum! {
    /// 特殊属性: flags a cover may carry beside its state (`domain.md` 10.3, 2.7).
    pub enum CoverSpecial {
        /// 智能: carries an online monitoring device.
        Smart = "smart", "智能", "Smart", ["智能井盖", "已装智能监测", "smart cover"];
        /// 无主: no confirmed owner.
        Ownerless = "ownerless", "无主", "Ownerless", ["权属不明"];
        /// 低洼易涝: on low-lying or flood-prone ground.
        LowLying = "low_lying", "低洼易涝", "Low-lying", ["低洼", "易涝", "易积水", "积水点", "flood prone", "low lying"];
        /// 盲道: on the blind track.
        BlindTrack = "blind_track", "盲道", "Blind track", ["在盲道", "位于盲道", "tactile paving"];
    }
}

code_enum! {
    /// 区域层级: level of an area code (6 digits 区县 + 3 街镇 + 3 社区 + 3 单元网格, `domain.md` 3.4).
    pub enum AreaLevel {
        /// 省、直辖市; 2 digits.
        Province = "province", "省（直辖市）", "Province", ["省", "直辖市", "自治区"];
        /// 地市; 4 digits.
        City = "city", "市", "City", ["地级市", "地市", "市辖区"];
        /// 区县; 6 digits.
        District = "district", "区县", "District", ["区", "县", "区（县）", "行政区"];
        /// 街镇; 9 digits.
        Street = "street", "街镇", "Street or town", ["街道", "镇", "乡", "乡镇", "街道办", "street office", "town"];
        /// 社区; 12 digits.
        Community = "community", "社区", "Community", ["村", "居委会", "村委会", "社区居委会"];
        /// 单元网格; 15 digits.
        Grid = "grid", "单元网格", "Grid cell", ["网格", "grid cell"];
    }
}

impl AreaLevel {
    /// Digits of a code of this level.
    pub const fn code_len(self) -> usize {
        match self {
            Self::Province => 2,
            Self::City => 4,
            Self::District => 6,
            Self::Street => 9,
            Self::Community => 12,
            Self::Grid => 15,
        }
    }

    /// The level of a code with this many digits.
    pub fn from_code_len(len: usize) -> Option<Self> {
        Self::ALL.iter().copied().find(|level| level.code_len() == len)
    }

    /// The next level up, `None` above the province.
    pub fn parent(self) -> Option<Self> {
        let index = Self::ALL.iter().position(|level| *level == self)?;
        index.checked_sub(1).map(|above| Self::ALL[above])
    }
}

code_enum! {
    /// 定位精度等级: accuracy class of a component's position (GB/T 30428.2-type, `domain.md` 3.4).
    pub enum AccuracyClass {
        /// A 级: ±0.5 m.
        A = "class_a", "A级（±0.5米）", "Class A (±0.5 m)", ["A", "A级", "class a", "high", "survey"];
        /// B 级: ±1.0 m.
        B = "class_b", "B级（±1.0米）", "Class B (±1.0 m)", ["B", "B级", "class b", "medium"];
        /// C 级: ±10 m; also the best a position shifted from GCJ-02 can be (9.1).
        C = "class_c", "C级（±10米）", "Class C (±10 m)", ["C", "C级", "class c", "low"];
    }
}

impl AccuracyClass {
    /// Half-width of the class in metres (GB/T 30428.2-type; key `gps.accuracy_class` of `domain.md` 10.2).
    pub const fn tolerance_m(self) -> f64 {
        match self {
            Self::A => 0.5,
            Self::B => 1.0,
            Self::C => 10.0,
        }
    }

    /// The class a measured error in metres falls into; `None` beyond class C or for an impossible error.
    pub fn from_error_m(error_m: f64) -> Option<Self> {
        if error_m < 0.0 {
            return None;
        }
        Self::ALL.iter().copied().find(|class| error_m <= class.tolerance_m())
    }
}

recognise_by_words!(Place, Crowding, CoverSpecial, AreaLevel, AccuracyClass);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_as_written() {
        let check = |text: &str, want: Option<Place>| {
            assert_eq!(Place::recognise(text).map(|reading| reading.value), want, "{text}");
        };
        check("人行道", Some(Place::Footway));
        check("非机动车道", Some(Place::CycleLane));
        check("On grass - East of Bandshell", Some(Place::Green));
        check("Riverside Park Parking Lot - behind arena", Some(Place::Parking));
        check("机动车道(盲道旁)", Some(Place::Carriageway));
        check("Sidewalks", Some(Place::Footway));
        check("", None);
        check("未知", None);
    }

    #[test]
    fn levels_by_length() {
        let check = |len: usize, want: Option<AreaLevel>| assert_eq!(AreaLevel::from_code_len(len), want);
        check(6, Some(AreaLevel::District));
        check(15, Some(AreaLevel::Grid));
        check(7, None);
        assert_eq!(AreaLevel::Street.parent(), Some(AreaLevel::District));
        assert_eq!(AreaLevel::Province.parent(), None);
    }

    #[test]
    fn accuracy_by_error() {
        let check = |error_m: f64, want: Option<AccuracyClass>| {
            assert_eq!(AccuracyClass::from_error_m(error_m), want, "{error_m}");
        };
        check(0.5, Some(AccuracyClass::A));
        check(0.51, Some(AccuracyClass::B));
        check(10.0, Some(AccuracyClass::C));
        check(10.1, None);
        check(-1.0, None);
        check(f64::NAN, None);
    }
}
