//! 评价指标: the indicators of cases, `domain.md` 3.8 \[A\]\[S39\], and of covers and hazards, 2.2 \[I\], each a share of
//! one count in another.
//!
//! A count names what is counted in words of the trade; which rows that is, is the main crate's. Findings belong to the
//! period in which they were received, cases to that in which they were filed, both as they stood at its end. Every
//! timeout indicator leaves out exempted cases (超时申诉获准) on both sides; the raw fact stays with the case.

code_enum! {
    /// 统计数 that the indicators are made of.
    pub enum Count {
        /// 上报数: findings received in the period.
        Reported = "reported", "上报数", "findings received", [];
        /// 有效上报数: of those, filed or merged into a case; the same are 受理数.
        Effective = "effective", "有效上报（受理）数", "findings filed or merged", [];
        /// 准确受理数: of those, whose case was not cancelled.
        Upheld = "upheld", "准确受理数", "findings upheld", [];
        /// 未结案数: of those, whose case is neither closed nor cancelled.
        Unclosed = "unclosed", "未结案数", "findings whose case is open", [];
        /// 立案数: cases filed in the period.
        Filed = "filed", "立案数", "cases filed", [];
        /// 准确立案数 and 应派遣数: of those, not cancelled.
        ToDispatch = "to_dispatch", "应派遣数", "cases to dispatch", [];
        /// 应派遣数, without exempted cases.
        ToDispatchTimed = "to_dispatch_timed", "应派遣数（不含豁免）", "cases to dispatch, not exempted", [];
        /// 按时派遣数: dispatched, never late.
        DispatchedOnTime = "dispatched_on_time", "按时派遣数", "dispatched on time", [];
        /// 准确派遣数: dispatched, never returned.
        DispatchedRight = "dispatched_right", "准确派遣数", "dispatched to the right unit", [];
        /// 应处置数: dispatched and not cancelled.
        ToHandle = "to_handle", "应处置数", "cases to handle", [];
        /// 应处置数, without exempted cases.
        ToHandleTimed = "to_handle_timed", "应处置数（不含豁免）", "cases to handle, not exempted", [];
        /// 处置数: handling finished.
        Handled = "handled", "处置数", "handled", [];
        /// 按期处置数: handling finished, never late.
        HandledOnTime = "handled_on_time", "按期处置数", "handled on time", [];
        /// 超期待处置数: handling not finished and its deadline passed.
        OverdueOpen = "overdue_open", "超期待处置数", "overdue and not handled", [];
        /// 延期数: with an extension granted.
        Extended = "extended", "延期数", "extended", [];
        /// 应核查数 (核查: the check after handling), without exempted cases.
        ToCheckTimed = "to_check_timed", "应核查数（不含豁免）", "cases to check, not exempted", [];
        /// 按时核查数.
        CheckedOnTime = "checked_on_time", "按时核查数", "checked on time", [];
        /// 应结案数: handling finished or later.
        ToClose = "to_close", "应结案数", "cases to close", [];
        /// 应结案数, without exempted cases.
        ToCloseTimed = "to_close_timed", "应结案数（不含豁免）", "cases to close, not exempted", [];
        /// 结案数.
        Closed = "closed", "结案数", "closed", [];
        /// 按期结案数.
        ClosedOnTime = "closed_on_time", "按期结案数", "closed on time", [];
        /// 超期结案数.
        ClosedLate = "closed_late", "超期结案数", "closed late", [];
        /// 返工数: of 应结案数, sent back to be done again at least once.
        Reworked = "reworked", "返工数", "reworked", [];
        /// 豁免数: overdue, exempted by a granted appeal.
        Exempted = "exempted", "豁免数", "exempted", [];
        /// 台账在用井盖数 at the end of the period: what the census found and is still there.
        InUse = "in_use", "台账在用井盖数", "covers in use", [];
        /// 已建档数: of those.
        Archived = "archived", "已建档井盖数", "covers with a file", [];
        /// 已设标识数: of those.
        Labelled = "labelled", "已设标识井盖数", "covers with a label", [];
        /// 权属已确认数: of those.
        OwnerConfirmed = "owner_confirmed", "权属已确认井盖数", "covers with a confirmed owner", [];
        /// 权属不明数: of those, without a confirmed owner.
        OwnerUnclear = "owner_unclear", "权属未确认井盖数", "covers without a confirmed owner", [];
        /// 已落实兜底数: of 权属不明数.
        FallbackSet = "fallback_set", "已落实兜底井盖数", "of those, with a fallback unit", [];
        /// 完好数: of 台账在用井盖数.
        Intact = "intact_covers", "完好井盖数", "sound covers", [];
        /// 须装防坠装置数: drainage wells and low-lying places.
        GuardNeeded = "guard_needed", "须装防坠装置井盖数", "covers that need a fall guard", [];
        /// 已装防坠装置数: of those.
        Guarded = "guarded", "已装防坠装置井盖数", "of those, with a fall guard", [];
        /// 已装监测设备数: of 台账在用井盖数; whether it is online, the registry does not know.
        Monitored = "monitored_covers", "已装监测设备井盖数", "covers with a sensor", [];
        /// 发现隐患数 in the period, as 附件2 counts them.
        HazardsFound = "hazards_found", "发现隐患数", "hazards found", [];
        /// 已整改数: of those, cleared with a treatment.
        HazardsFixed = "hazards_fixed", "已整改隐患数", "hazards fixed", [];
    }
}

code_enum! {
    /// 评价指标.
    pub enum Indicator {
        /// 有效上报率.
        EffectiveReport = "effective_report", "有效上报率", "Effective reports", [];
        /// 按期受理率.
        AcceptOnTime = "accept_on_time", "按期受理率", "Accepted on time", [];
        /// 准确受理率.
        AcceptRight = "accept_right", "准确受理率", "Accepted rightly", [];
        /// 按期核实率 (核实: the check before filing).
        VerifyOnTime = "verify_on_time", "按期核实率", "Verified on time", [];
        /// 按期核查率 (核查: the check after handling).
        CheckOnTime = "check_on_time", "按期核查率", "Checked on time", [];
        /// 按时立案率.
        FileOnTime = "file_on_time", "按时立案率", "Filed on time", [];
        /// 准确立案率.
        FileRight = "file_right", "准确立案率", "Filed rightly", [];
        /// 按期派遣率.
        DispatchOnTime = "dispatch_on_time", "按期派遣率", "Dispatched on time", [];
        /// 准确派遣率.
        DispatchRight = "dispatch_right", "准确派遣率", "Dispatched rightly", [];
        /// 处置率.
        Handle = "handle", "处置率", "Handled", [];
        /// 按期处置率.
        HandleOnTime = "handle_on_time", "按期处置率", "Handled on time", [];
        /// 超期待处置率.
        OverdueOpen = "overdue_open", "超期待处置率", "Overdue and not handled", [];
        /// 延期率.
        Extension = "extension", "延期率", "Extended", [];
        /// 结案率.
        Close = "close", "结案率", "Closed", [];
        /// 按期结案率.
        CloseOnTime = "close_on_time", "按期结案率", "Closed on time", [];
        /// 超期结案率.
        CloseLate = "close_late", "超期结案率", "Closed late", [];
        /// 未结案率.
        Unclosed = "unclosed", "未结案率", "Not closed", [];
        /// 返工率.
        Rework = "rework", "返工率", "Reworked", [];
        /// 普查完成率.
        Census = "census", "普查完成率", "Census complete", [];
        /// 建档率.
        Archive = "archive", "建档率", "With a file", [];
        /// 编号（标识）率.
        Label = "label", "编号（标识）率", "Labelled", [];
        /// 权属明确率.
        Ownership = "ownership", "权属明确率", "Owner confirmed", [];
        /// 兜底率.
        Fallback = "fallback", "兜底率", "Fallback set", [];
        /// 隐患整改率.
        HazardFix = "hazard_fix", "隐患整改率", "Hazards fixed", [];
        /// 按期整改率.
        HazardFixOnTime = "hazard_fix_on_time", "按期整改率", "Hazards fixed on time", [];
        /// 设施完好率.
        Intact = "intact", "设施完好率", "Covers sound", [];
        /// 防坠装置覆盖率.
        Guard = "guard", "防坠装置覆盖率", "Fall guards fitted", [];
        /// 智能井盖占比.
        Monitored = "monitored", "智能井盖占比", "Covers monitored", [];
        /// 抽检合格率.
        Sampling = "sampling", "抽检合格率", "Samples found right", [];
    }
}

recognise_by_words!(Count, Indicator);

impl Indicator {
    /// Numerator and denominator; none while the platform keeps no time limit that the indicator needs.
    pub const fn counts(self) -> Option<(Count, Count)> {
        use Count as C;
        Some(match self {
            Self::EffectiveReport => (C::Effective, C::Reported),
            Self::AcceptRight => (C::Upheld, C::Effective),
            Self::CheckOnTime => (C::CheckedOnTime, C::ToCheckTimed),
            Self::FileRight => (C::ToDispatch, C::Filed),
            Self::DispatchOnTime => (C::DispatchedOnTime, C::ToDispatchTimed),
            Self::DispatchRight => (C::DispatchedRight, C::ToDispatch),
            Self::Handle => (C::Handled, C::ToHandle),
            Self::HandleOnTime => (C::HandledOnTime, C::ToHandleTimed),
            Self::OverdueOpen => (C::OverdueOpen, C::ToHandleTimed),
            Self::Extension => (C::Extended, C::ToHandle),
            Self::Close => (C::Closed, C::ToClose),
            Self::CloseOnTime => (C::ClosedOnTime, C::ToCloseTimed),
            Self::CloseLate => (C::ClosedLate, C::ToCloseTimed),
            Self::Unclosed => (C::Unclosed, C::Reported),
            Self::Rework => (C::Reworked, C::ToClose),
            Self::Archive => (C::Archived, C::InUse),
            Self::Label => (C::Labelled, C::InUse),
            Self::Ownership => (C::OwnerConfirmed, C::InUse),
            Self::Fallback => (C::FallbackSet, C::OwnerUnclear),
            Self::HazardFix => (C::HazardsFixed, C::HazardsFound),
            Self::Intact => (C::Intact, C::InUse),
            Self::Guard => (C::Guarded, C::GuardNeeded),
            Self::Monitored => (C::Monitored, C::InUse),
            Self::AcceptOnTime
            | Self::VerifyOnTime
            | Self::FileOnTime
            | Self::Census
            | Self::HazardFixOnTime
            | Self::Sampling => return None,
        })
    }

    /// The formula as the source words it.
    pub const fn formula_zh(self) -> &'static str {
        match self {
            Self::EffectiveReport => "有效上报数 ÷ 上报数",
            Self::AcceptOnTime => "按期受理数 ÷ 受理数",
            Self::AcceptRight => "准确受理数 ÷ 受理数",
            Self::VerifyOnTime => "按时核实数 ÷ 应核实数",
            Self::CheckOnTime => "按时核查数 ÷ 应核查数",
            Self::FileOnTime => "按时立案数 ÷ 立案数",
            Self::FileRight => "准确立案数 ÷ 立案数",
            Self::DispatchOnTime => "按时派遣数 ÷ 应派遣数",
            Self::DispatchRight => "准确派遣数 ÷ 应派遣数",
            Self::Handle => "处置数 ÷ 应处置数",
            Self::HandleOnTime => "按期处置数 ÷ 应处置数",
            Self::OverdueOpen => "超期待处置数 ÷ 应处置数",
            Self::Extension => "延期数 ÷ 应处置数",
            Self::Close => "结案数 ÷ 应结案数",
            Self::CloseOnTime => "按期结案数 ÷ 应结案数",
            Self::CloseLate => "超期结案数 ÷ 应结案数",
            Self::Unclosed => "未结案数 ÷ 上报数",
            Self::Rework => "返工数 ÷ 应结案数",
            Self::Census => "已普查井盖数 ÷ 应普查井盖数",
            Self::Archive => "已建档井盖数 ÷ 台账在用井盖数",
            Self::Label => "已设标识井盖数 ÷ 台账在用井盖数",
            Self::Ownership => "权属已确认井盖数 ÷ 台账在用井盖数",
            Self::Fallback => "已落实兜底井盖数 ÷ 权属未确认井盖数",
            Self::HazardFix => "已整改隐患数 ÷ 发现隐患数",
            Self::HazardFixOnTime => "按期整改数 ÷ 到期应整改数",
            Self::Intact => "完好井盖数 ÷ 台账在用井盖数",
            Self::Guard => "已装防坠装置井盖数 ÷ 须装防坠装置井盖数（排水井、低洼易涝处）",
            Self::Monitored => "已装监测设备井盖数 ÷ 台账在用井盖数",
            Self::Sampling => "抽检合格数 ÷ 抽检数",
        }
    }

    /// Why it is not computed; none when it is.
    pub const fn lacks_zh(self) -> Option<&'static str> {
        match self {
            Self::AcceptOnTime => Some("案卷规则没有受理时限，不计算"),
            Self::VerifyOnTime => Some("案卷规则没有核实时限，不计算"),
            Self::FileOnTime => Some("案卷规则没有立案时限，不计算"),
            Self::Census => Some("没有应普查井盖的估计数，不计算"),
            Self::HazardFixOnTime => Some("隐患清单不能按“在计划期限内销号”列出，不计算"),
            Self::Sampling => Some("没有抽检复核的记录，不计算"),
            _ => None,
        }
    }

    /// The same in English.
    pub const fn lacks_en(self) -> Option<&'static str> {
        match self {
            Self::AcceptOnTime => Some("the case rules set no time limit for accepting; not computed"),
            Self::VerifyOnTime => Some("the case rules set no time limit for verifying; not computed"),
            Self::FileOnTime => Some("the case rules set no time limit for filing; not computed"),
            Self::Census => Some("nobody has entered how many covers there should be; not computed"),
            Self::HazardFixOnTime => {
                Some("hazards cannot be listed by being cleared within their planned date; not computed")
            }
            Self::Sampling => Some("no re-checks of samples are recorded; not computed"),
            _ => None,
        }
    }

    /// Is it about covers and hazards (2.2), not about cases (3.8)?
    pub const fn of_covers(self) -> bool {
        matches!(
            self,
            Self::Census
                | Self::Archive
                | Self::Label
                | Self::Ownership
                | Self::Fallback
                | Self::HazardFix
                | Self::HazardFixOnTime
                | Self::Intact
                | Self::Guard
                | Self::Monitored
                | Self::Sampling
        )
    }

    /// 目标, percent; none where the source names none.
    pub const fn target(self) -> Option<u32> {
        match self {
            Self::Fallback => Some(100),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_indicator_is_a_share_or_says_why_not() {
        for i in Indicator::ALL {
            assert_eq!(i.counts().is_none(), i.lacks_zh().is_some(), "{i}");
            assert_eq!(i.lacks_en().is_some(), i.lacks_zh().is_some(), "{i}");
            assert!(i.formula_zh().contains(" ÷ "), "{i}");
        }
        // Every count serves an indicator, except what is only marked.
        let used: Vec<Count> =
            Indicator::ALL.iter().filter_map(|i| i.counts()).flat_map(|(a, b)| [a, b]).collect();
        let unused: Vec<&Count> = Count::ALL.iter().filter(|c| !used.contains(c)).collect();
        assert_eq!(unused, [&Count::Exempted]);
    }
}
