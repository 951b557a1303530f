//! State words of a cover: the standard's component state, and the problem words of the founding document.

code_enum! {
    /// 部件状态: component state of GB/T 30428.2-type records (`domain.md` 3.4).
    pub enum Condition {
        /// 完好.
        Intact = "intact", "完好", "Intact", ["正常", "良好", "好", "good", "ok", "fine", "normal", "excellent", "wanhao"];
        /// 破损.
        Damaged = "damaged", "破损", "Damaged", [
            "损坏", "损毁", "破裂", "开裂", "poor", "broken", "cracked", "damage", "posun",
        ];
        /// 丢失.
        Lost = "lost", "丢失", "Lost", ["缺失", "被盗", "失窃", "missing", "stolen", "diushi"];
        /// 废弃.
        Abandoned = "abandoned", "废弃", "Abandoned", ["报废", "停用废弃", "disused", "feiqi"];
    }
}

code_enum! {
    /// 问题: the seed's problem words (江北区方案 二(二)2), with the Beijing words that mean them (`domain.md` 4.2).
    pub enum Problem {
        /// 破损 (Beijing: 破损、井周破损).
        Damaged = "damaged", "破损", "Damaged", [
            "井周破损", "破损变形", "损坏", "变形", "开裂", "broken", "cracked", "posun",
        ];
        /// 下沉 (Beijing: 沉陷、凸起、井盖高差).
        Sunk = "sunk", "下沉", "Sunk", [
            "沉陷", "凸起", "井盖高差", "高差", "沉降", "塌陷", "沉塌", "凹凸不平", "sunken", "settled", "raised", "uneven", "xiachen",
        ];
        /// 松动 (Beijing: 移位、震响).
        Loose = "loose", "松动", "Loose", [
            "移位", "震响", "异响", "通车异响", "弹跳", "错位", "松动错位", "rocking", "rattling", "displaced", "songdong",
        ];
        /// 缺失.
        Missing = "missing", "缺失", "Missing", ["丢失", "被盗", "lost", "stolen", "not there", "queshi"];
        /// 废弃.
        Abandoned = "abandoned", "废弃", "Abandoned", ["报废", "废弃未填埋", "aband", "feiqi"];
        /// 超设计使用年限.
        OverAge = "over_age", "超设计使用年限", "Past its design life", ["超年限", "超期服役", "超期"];
        /// 材质落后.
        Outdated = "outdated", "材质落后", "Outdated material", ["材料落后", "落后材质"];
        /// 低洼易涝处未装防坠装置 (Beijing: 无防坠落功能).
        NoFallGuard = "no_fall_guard", "低洼未装防坠", "No fall guard", ["无防坠落功能", "未装防坠", "无防坠", "无防坠网"];
    }
}

recognise_by_words!(Condition, Problem);

impl Problem {
    /// The problem states of which a cover has one main state in 附件1 (columns 13–17, `domain.md` 2.5).
    pub const MAIN_STATES: &'static [Self] =
        &[Self::Damaged, Self::Sunk, Self::Loose, Self::Missing, Self::Abandoned];

    /// The component state the standard has for it. The standard knows four states only, so 下沉 and 松动 count as
    /// 破损 \[I\]; age, material and a missing fall guard leave the cover 完好.
    pub const fn condition(self) -> Condition {
        match self {
            Self::Damaged | Self::Sunk | Self::Loose => Condition::Damaged,
            Self::Missing => Condition::Lost,
            Self::Abandoned => Condition::Abandoned,
            Self::OverAge | Self::Outdated | Self::NoFallGuard => Condition::Intact,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_as_written() {
        let check = |text: &str, want: Option<Problem>| {
            assert_eq!(Problem::recognise(text).map(|reading| reading.value), want, "{text}");
        };
        check("下沉", Some(Problem::Sunk));
        check("井盖松动、异响", Some(Problem::Loose));
        check("凹凸不平", Some(Problem::Sunk));
        check("Aband.", Some(Problem::Abandoned));
        check("not there", Some(Problem::Missing));
        check("正常", None);
    }

    #[test]
    fn every_problem_has_its_component_state() {
        let check = |problem: Problem, want: Condition| assert_eq!(problem.condition(), want);
        check(Problem::Loose, Condition::Damaged);
        check(Problem::Missing, Condition::Lost);
        check(Problem::OverAge, Condition::Intact);
        assert_eq!(Condition::recognise("Good").unwrap().value, Condition::Intact);
    }
}
