//! Kinds of cover (井盖类型), `domain.md` 11.1, and what in an inventory is no cover at all.

use super::recognise::{Certainty, Recognised};
use crate::text::normalise;

code_enum! {
    /// 井盖类型: what the well serves (`domain.md` 11.1; survey layer codes of CJJ 61-type tables, 9.3).
    pub enum CoverKind {
        /// 上水（供水）; survey layer SP.
        Water = "water", "供水", "Water supply", [
            "上水", "给水", "自来水", "输配水", "原水", "消防给水", "gongshui", "shangshui", "jishui", "zilaishui",
            "SP", "JS", "potable", "potable water", "drinking water", "water main", "water valve", "water meter",
            "水表", "阀门井",
        ];
        /// 污水; survey layers WS and HS (雨污合流).
        Sewage = "sewage", "污水", "Sewage", [
            "雨污合流", "合流", "雨污", "排污", "下水", "排水", "wushui", "heliu", "xiashui", "WS", "HS", "sanitary",
            "sewer", "sanitary sewer", "sewerage", "wastewater", "waste water", "foul", "foul sewer", "combined",
            "combined sewer", "SMH", "cleanout", "clean out", "lamp hole", "lamphole",
        ];
        /// 雨水; survey layer YS.
        Storm = "storm", "雨水", "Storm water", [
            "雨水检查", "yushui", "YS", "排水", "下水", "雨污", "storm sewer", "stormwater", "storm drain",
            "drainage", "DMH", "cleanout", "clean out", "offset sump", "sump", "soakaway", "oil grit separator",
            "oil and grit separator", "catch basin manhole", "catchbasin manhole", "dry well",
        ];
        /// 雨水箅子; the gully grate, survey layer YS.
        Grate = "grate", "雨水箅子", "Gully grate", [
            "雨水篦子", "雨水箅", "雨水篦", "雨箅", "雨篦", "雨箅子", "雨篦子", "箅子", "篦子", "雨水口", "收水口",
            "雨水井箅", "雨水井篦", "yushuibizi", "yushuikou", "YS", "catch basin", "catchbasin", "CB", "CBs",
            "combined sewer catchbasin", "combined sewer catch basin", "CB tied to sanitary sewer", "DCB", "gully",
            "storm grate", "storm inlet", "curb inlet", "kerb inlet", "ditch inlet", "inlet", "dry basin",
            "lawn basin", "sediment trap", "catch basin manhole", "catchbasin manhole", "drain grate",
        ];
        /// 电力; survey layers GD 供电 and SD 输电.
        Power = "power", "电力", "Power", [
            "供电", "输电", "强电", "电缆", "高压", "dianli", "gongdian", "GD", "SD", "electric", "electrical",
            "electricity", "electric vault", "power cable", "hydro vault",
        ];
        /// 路灯; survey layer LD 城市照明.
        Light = "light", "路灯", "Street light", [
            "照明", "城市照明", "景观灯", "ludeng", "zhaoming", "LD", "street lighting", "streetlight", "lighting",
        ];
        /// 通信; survey layers DX 电信, YD 移动, LT 联通.
        Telecom = "telecom", "通信", "Telecommunication", [
            "通讯", "电信", "移动", "联通", "铁塔", "光缆", "弱电", "tongxin", "tongxun", "dianxin", "ruodian", "DX",
            "YD", "LT", "communication", "telecommunications", "telephone", "telco", "bell", "fibre", "fiber",
        ];
        /// 广播电视; survey layer GB.
        Tv = "tv", "广播电视", "Broadcast and TV", [
            "广电", "电视", "有线电视", "广播", "弱电", "guangdian", "dianshi", "GB", "cable tv", "catv", "television",
        ];
        /// 网络; survey layer DX.
        Network = "network", "网络", "Data network", ["弱电", "宽带", "wangluo", "DX", "data", "internet"];
        /// 热力; survey layers RS 热水 and ZQ 蒸汽.
        Heat = "heat", "热力", "Heating", [
            "供热", "热水", "蒸汽", "暖气", "供暖", "reli", "gongre", "RS", "ZQ", "steam", "district heating", "heating",
        ];
        /// 燃气; survey layers MQ 煤气 and TR 天然气.
        Gas = "gas", "燃气", "Gas", [
            "天然气", "煤气", "液化气", "ranqi", "tianranqi", "meiqi", "MQ", "TR", "natural gas", "gas valve", "town gas",
        ];
        /// 公安信号、监控; survey layers XH 交通信号 and JK 监控.
        Police = "police", "公安信号", "Police signal and CCTV", [
            "公安", "信号", "交通信号", "信号灯", "监控", "交警", "电子警察", "天网", "gongan", "jiankong", "xinhao", "XH",
            "JK", "traffic signal", "traffic", "signal", "cctv", "surveillance",
        ];
        /// 消防 (CJ/T 214-2007 class 0113 消防设施).
        Fire = "fire", "消防", "Fire fighting", ["消火栓", "消防栓", "消防设施", "xiaofang", "hydrant", "fire hydrant"];
        /// 无主、不明; survey layer NP.
        Ownerless = "ownerless", "无主", "Ownerless", [
            "不明", "权属不明", "无主井", "不明管线", "wuzhu", "buming", "NP", "orphan",
        ];
        /// 中水; survey layer ZS.
        Reclaimed = "reclaimed", "中水", "Reclaimed water", ["再生水", "回用水", "zhongshui", "ZS", "recycled water"];
        /// 输油（气）; survey layer SY 石油.
        Oil = "oil", "输油", "Oil and gas transmission", [
            "石油", "输油气", "输气", "成品油", "输油 气", "shuyou", "SY", "petroleum", "oil pipeline",
        ];
        /// 园林 (in the newer list; the number was once 无主).
        Landscape = "landscape", "园林", "Landscape", ["绿化", "灌溉", "喷灌", "yuanlin", "lvhua", "irrigation"];
        /// 化粪池.
        Septic = "septic", "化粪池", "Septic tank", ["环卫", "环卫化粪池", "huafenchi", "septic"];
        /// 沟槽盖板.
        Slab = "slab", "沟槽盖板", "Trench slab", [
            "盖板", "沟盖板", "边沟盖板", "电缆沟盖板", "gougaiban", "gaiban", "trench cover", "channel cover", "slab cover",
        ];
        /// 特殊、其他; survey layer ZH 综合管沟.
        Other = "other", "其他", "Other", ["特殊", "其它", "综合管沟", "综合管廊", "管廊", "qita", "ZH", "misc"];
    }
}

impl CoverKind {
    /// Recognises a kind from Chinese, English, pinyin, a survey layer code (`WS`, `YSPoint`) or a word of a real
    /// inventory. Class numbers (`0102`) are never recognised: they need their list, see
    /// [`crate::codes::ClassList::kind_of`].
    pub fn recognise(text: &str) -> Option<Recognised<Self>> {
        let text = normalise(text);
        // "other" inside a longer text ("Other - insert comment") is a form's filler, not a kind.
        if text.starts_with("other ") {
            return Some(Recognised::new(Self::Other, Certainty::Guess));
        }
        let whole = Self::recognise_words(&text);
        if whole
            .as_ref()
            .is_some_and(|reading| reading.certainty > Certainty::Guess || !reading.others.is_empty())
        {
            return whole;
        }
        match without_suffix(&text) {
            Some("") => None,
            Some(short) => Self::recognise_words(short).or(whole),
            None => whole,
        }
    }
}

/// 污水检查井盖 says the same as 污水, `WSPoint` as `WS`.
fn without_suffix(text: &str) -> Option<&str> {
    const SUFFIXES: [&str; 15] = [
        "检查井盖板",
        "检查井盖",
        "检查井",
        "窨井盖",
        "窨井",
        "井盖",
        "管线",
        "管道",
        "管",
        "井",
        "盖",
        " manhole cover",
        " manhole",
        " cover",
        "point",
    ];
    SUFFIXES.iter().find_map(|suffix| text.strip_suffix(suffix)).map(str::trim)
}

/// What a text names if it is surely not a cover (Chinese), as `Known CSO Outfalls` → 排放口. Files of plants, pipes
/// and pumps come mixed with inventories; the importer must notice them.
pub fn names_no_cover(text: &str) -> Option<&'static str> {
    const OBJECTS: [(&str, &str); 28] = [
        ("outfall", "排放口"),
        ("排放口", "排放口"),
        ("排水口", "排放口"),
        ("treatment plant", "处理厂"),
        ("treatment facility", "处理厂"),
        ("wwtf", "处理厂"),
        ("wwtp", "处理厂"),
        ("污水处理厂", "处理厂"),
        ("水厂", "处理厂"),
        ("pump station", "泵站"),
        ("pumpstation", "泵站"),
        ("pumping station", "泵站"),
        ("lift station", "泵站"),
        ("泵站", "泵站"),
        ("siphon", "倒虹管"),
        ("倒虹管", "倒虹管"),
        ("culvert", "涵洞"),
        ("涵洞", "涵洞"),
        ("gravity main", "管段"),
        ("force main", "管段"),
        ("pipe segment", "管段"),
        ("管段", "管段"),
        ("municipal discharge", "排污许可"),
        ("industrial discharge", "排污许可"),
        ("pretreatment discharge", "排污许可"),
        ("交接箱", "交接箱"),
        ("电线杆", "杆"),
        ("utility pole", "杆"),
    ];
    let text = format!(" {} ", normalise(text));
    OBJECTS
        .iter()
        .find(
            |(word, _)| {
                if word.is_ascii() { text.contains(&format!(" {word} ")) } else { text.contains(word) }
            },
        )
        .map(|(_, object)| *object)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Certainty::{Certain, Guess, Likely};

    fn check(text: &str, want: Option<(CoverKind, Certainty)>) {
        let got = CoverKind::recognise(text).map(|reading| (reading.value, reading.certainty));
        assert_eq!(got, want, "{text}");
    }

    /// The words of the Canadian and Vermont inventories.
    #[test]
    fn words_of_real_inventories() {
        check("Sanitary Manhole", Some((CoverKind::Sewage, Likely)));
        check("Sewer manhole", Some((CoverKind::Sewage, Likely)));
        check("Combined Sewer Manhole", Some((CoverKind::Sewage, Likely)));
        check("Combined", Some((CoverKind::Sewage, Likely)));
        check("Combined sewer catchbasin", Some((CoverKind::Grate, Likely)));
        check("CB tied to Sanitary Sewer", Some((CoverKind::Grate, Likely)));
        check("Stormwater manhole", Some((CoverKind::Storm, Likely)));
        check("Storm", Some((CoverKind::Storm, Certain)));
        check("Catchbasin", Some((CoverKind::Grate, Likely)));
        check("Catch basin", Some((CoverKind::Grate, Likely)));
        check("CB", Some((CoverKind::Grate, Likely)));
        check("Ditch Inlet", Some((CoverKind::Grate, Likely)));
        check("Offset Sump", Some((CoverKind::Storm, Likely)));
        check("Catch Basin Manhole", Some((CoverKind::Storm, Guess)));
        check("Cleanout", Some((CoverKind::Sewage, Guess)));
        check("Lamp Hole", Some((CoverKind::Sewage, Likely)));
        check("Oil grit separator", Some((CoverKind::Storm, Likely)));
        check("Wastewater", Some((CoverKind::Sewage, Likely)));
        check("sudbury__sanitary_manholes", Some((CoverKind::Sewage, Guess)));
        check("Other - insert comment", Some((CoverKind::Other, Guess)));
        for silent in ["Standard", "Manhole", "Standard Manhole", "Single", "Double", "Test", "", "Type 1"] {
            check(silent, None);
        }
    }

    #[test]
    fn chinese_pinyin_and_layers() {
        check("污水井", Some((CoverKind::Sewage, Certain)));
        check("污水检查井盖", Some((CoverKind::Sewage, Certain)));
        check("雨水篦子", Some((CoverKind::Grate, Likely)));
        check("雨水井盖", Some((CoverKind::Storm, Certain)));
        check("弱电", Some((CoverKind::Telecom, Guess)));
        check("弱电井", Some((CoverKind::Telecom, Guess)));
        check("雨污合流", Some((CoverKind::Sewage, Likely)));
        check("交通信号井", Some((CoverKind::Police, Likely)));
        check("中国移动通信井", Some((CoverKind::Telecom, Guess)));
        check("WS", Some((CoverKind::Sewage, Likely)));
        check("TRPoint", Some((CoverKind::Gas, Likely)));
        check("YS", Some((CoverKind::Storm, Guess)));
        check("dianli", Some((CoverKind::Power, Likely)));
        check("广电", Some((CoverKind::Tv, Likely)));
        check("窨井盖", None);
        for number in ["0102", "01", "14", "3205080101000001"] {
            check(number, None);
        }
    }

    #[test]
    fn a_shared_word_names_the_other_readings() {
        let reading = CoverKind::recognise("弱电").unwrap();
        assert_eq!(reading.others, [CoverKind::Tv, CoverKind::Network]);
        let reading = CoverKind::recognise("YS").unwrap();
        assert_eq!(reading.others, [CoverKind::Grate]);
    }

    #[test]
    fn objects_that_are_no_covers() {
        let check = |text: &str, want: Option<&str>| assert_eq!(names_no_cover(text), want, "{text}");
        check("Known CSO Outfalls", Some("排放口"));
        check("Combined sewer outfall", Some("排放口"));
        check("Sewer Pumpstation", Some("泵站"));
        check("Montpelier Water Treatment Plant", Some("处理厂"));
        check("Municipal Discharge", Some("排污许可"));
        check("Sanitary Manhole", None);
        check("污水井", None);
    }
}
