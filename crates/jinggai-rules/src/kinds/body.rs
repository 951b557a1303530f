//! What a cover is made of: shape, material, load class.

use super::recognise::{Certainty, Recognised};
use crate::text::fold_width;

code_enum! {
    /// 形状: shape of the cover (`domain.md` 11.2).
    pub enum Shape {
        /// 圆.
        Round = "round", "圆形", "Round", ["圆", "圆型", "yuan", "yuanxing", "circle", "circular"];
        /// 方: square.
        Square = "square", "方形", "Square", ["方", "方型", "正方形", "fang", "fangxing"];
        /// 矩形.
        Rectangle = "rectangle", "矩形", "Rectangle", ["长方形", "长方", "矩", "juxing", "rectangular", "oblong"];
        /// 其他.
        Other = "other", "其他", "Other", ["其它", "异形", "不规则", "irregular", "triangle", "三角形"];
    }
}

code_enum! {
    /// 材质: material of the cover (`domain.md` 11.2). In foreign files "Precast Concrete" is often the wall of the
    /// shaft, not the cover: whoever maps the column decides.
    pub enum Material {
        /// 球墨铸铁.
        DuctileIron = "ductile_iron", "球墨铸铁", "Ductile iron", [
            "球铁", "球墨", "铸铁", "qiumozhutie", "zhutie", "DI", "ductile", "iron", "cast iron", "metal", "金属",
        ];
        /// 灰铸铁.
        GreyIron = "grey_iron", "灰铸铁", "Grey cast iron", [
            "灰铁", "灰口铸铁", "铸铁", "普通铸铁", "huizhutie", "zhutie", "grey iron", "gray iron", "gray cast iron", "CI",
            "iron", "cast iron", "metal", "金属",
        ];
        /// 钢.
        Steel = "steel", "钢", "Steel", ["钢制", "钢板", "钢材", "不锈钢", "gang", "steel plate", "galvanized steel", "metal", "金属"];
        /// 复合材料.
        Composite = "composite", "复合材料", "Composite", [
            "复合", "树脂", "树脂复合", "玻璃钢", "高分子", "fuhecailiao", "FRP", "GRP", "SMC", "BMC", "polymer",
            "fibreglass", "fiberglass", "plastic", "塑料",
        ];
        /// 钢纤维混凝土 (GB 26537).
        SteelFibreConcrete = "steel_fibre_concrete", "钢纤维混凝土", "Steel-fibre concrete", [
            "钢纤维", "钢纤维水泥", "gangxianwei", "steel fiber concrete", "fibre reinforced concrete",
        ];
        /// 水泥、混凝土.
        Concrete = "concrete", "水泥", "Concrete", [
            "混凝土", "砼", "钢筋混凝土", "水泥混凝土", "预制混凝土", "shuini", "hunningtu", "precast concrete",
            "cast in place concrete", "reinforced concrete", "cement", "PCC",
        ];
        /// 石材.
        Stone = "stone", "石材", "Stone", ["石", "石板", "条石", "花岗岩", "大理石", "shicai", "granite", "marble"];
        /// 其他.
        Other = "other", "其他", "Other", ["其它", "qita", "wood", "木", "木质"];
    }
}

code_enum! {
    /// 承载等级: load class of GB/T 23858, equal to those of EN 124 (`domain.md` 4.1).
    pub enum LoadClass {
        /// A15: 15 kN, 绿化带等禁车处.
        A15 = "a15", "A15", "A15", [];
        /// B125: 125 kN, 人行道等.
        B125 = "b125", "B125", "B125", [];
        /// C250: 250 kN, 路缘等.
        C250 = "c250", "C250", "C250", [];
        /// D400: 400 kN, 机动车道.
        D400 = "d400", "D400", "D400", [];
        /// E600: 600 kN, 货场、码头.
        E600 = "e600", "E600", "E600", [];
        /// F900: 900 kN, 机场.
        F900 = "f900", "F900", "F900", [];
    }
}

recognise_by_words!(Shape, Material);

/// Test loads of the old CJ/T 3012 castings in kN (`domain.md` 4.1 \[B\]\[S52\]).
const OLD_CASTINGS: [(&str, u32); 4] =
    [("重型", 360), ("轻型", 210), ("heavy duty", 360), ("light duty", 210)];

impl LoadClass {
    /// Test load in kN (GB/T 23858, EN 124).
    pub const fn test_load_kn(self) -> u32 {
        match self {
            Self::A15 => 15,
            Self::B125 => 125,
            Self::C250 => 250,
            Self::D400 => 400,
            Self::E600 => 600,
            Self::F900 => 900,
        }
    }

    /// The highest class whose test load a cover tested with `load_kn` has passed; `None` below A15.
    pub fn at_least(load_kn: f64) -> Option<Self> {
        Self::ALL.iter().rev().copied().find(|class| load_kn >= f64::from(class.test_load_kn()))
    }

    /// The next class up; F900 stays.
    pub fn raised(self) -> Self {
        Self::ALL.iter().copied().find(|class| *class > self).unwrap_or(self)
    }

    /// Recognises `D400`, `D 400 级`, a test load (`400`, `400 kN`, `40 t`) and the old 重型/轻型 castings. Loads that
    /// are no class of the standard are a guess: the highest class they have passed.
    pub fn recognise(text: &str) -> Option<Recognised<Self>> {
        let text = fold_width(text).trim().to_lowercase();
        let compact: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
        let named = compact.trim_start_matches("承载等级").trim_start_matches("class").trim_end_matches('级');
        if let Some(class) = Self::from_code(named) {
            return Some(Recognised::new(class, Certainty::Certain));
        }
        if let Some((_, load_kn)) = OLD_CASTINGS.iter().find(|(word, _)| text.contains(word)) {
            let class = Self::at_least(f64::from(*load_kn))?;
            return Some(Recognised::new(class, Certainty::Guess));
        }
        // Inside a model number such as QD-D400-700.
        if let Some(reading) = Self::recognise_words(&text) {
            return Some(reading);
        }
        let load_kn = load_kn(&compact)?;
        let class = Self::at_least(load_kn)?;
        let exact = f64::from(class.test_load_kn()) == load_kn;
        Some(Recognised::new(class, if exact { Certainty::Likely } else { Certainty::Guess }))
    }
}

/// A load in kN: a bare number is kN, `t`/`吨` are tonnes-force of about 10 kN (40 t ≈ D400).
fn load_kn(text: &str) -> Option<f64> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let number: f64 = text[..digits].parse().ok()?;
    match &text[digits..] {
        "" | "kn" | "千牛" => Some(number),
        "t" | "吨" => Some(number * 10.0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Certainty::{Certain, Guess, Likely};

    #[test]
    fn load_classes_as_written() {
        let check = |text: &str, want: Option<(LoadClass, Certainty)>| {
            let got = LoadClass::recognise(text).map(|reading| (reading.value, reading.certainty));
            assert_eq!(got, want, "{text}");
        };
        check("D400", Some((LoadClass::D400, Certain)));
        check("ｄ 400 级", Some((LoadClass::D400, Certain)));
        check("Class B-125", Some((LoadClass::B125, Certain)));
        check("承载等级C250", Some((LoadClass::C250, Certain)));
        check("400", Some((LoadClass::D400, Likely)));
        check("250 kN", Some((LoadClass::C250, Likely)));
        check("40吨", Some((LoadClass::D400, Likely)));
        check("重型", Some((LoadClass::C250, Guess)));
        check("轻型井盖", Some((LoadClass::B125, Guess)));
        check("380kN", Some((LoadClass::C250, Guess)));
        check("700圆 (D400)", Some((LoadClass::D400, Guess)));
        check("D4000", None);
        check("10", None);
        check("", None);
        check("N/A", None);
    }

    #[test]
    fn materials_as_written() {
        let check = |text: &str, want: Option<Material>, others: &[Material]| {
            let reading = Material::recognise(text);
            assert_eq!(reading.as_ref().map(|reading| reading.value), want, "{text}");
            assert_eq!(reading.map_or(Vec::new(), |reading| reading.others), others, "{text}");
        };
        check("球墨铸铁", Some(Material::DuctileIron), &[]);
        check("铸铁", Some(Material::DuctileIron), &[Material::GreyIron]);
        check("Precast Concrete", Some(Material::Concrete), &[]);
        check("Cast in Place Concrete", Some(Material::Concrete), &[]);
        check("钢纤维混凝土井盖", Some(Material::SteelFibreConcrete), &[]);
        check("Metal Cover", Some(Material::DuctileIron), &[Material::GreyIron, Material::Steel]);
        check("Unknown", None, &[]);
    }

    #[test]
    fn raising_stops_at_the_top() {
        assert_eq!(LoadClass::B125.raised(), LoadClass::C250);
        assert_eq!(LoadClass::F900.raised(), LoadClass::F900);
        assert_eq!(LoadClass::at_least(14.9), None);
        assert_eq!(LoadClass::at_least(f64::NAN), None);
    }
}
