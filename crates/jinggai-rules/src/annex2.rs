//! 附件2 《江北区城市道路窨井盖专项整治情况统计表》: what its columns may count and show (`domain.md` 2.6).
//!
//! The form is a template like that of 附件1 ([`crate::annex1`]), because the real columns are not known either. What a
//! figure means is fixed here; counting it, and the query behind it, are the main crate's. What no record gives yet
//! (money, orders, penalties …) is no figure: those columns are filled in by hand.

use crate::hazards::{FixedColumn, FoundColumn};

code_enum! {
    /// 统计指标 of 附件2. Period: what was found or received within it, as it stood at its end; cumulative: from the
    /// beginning of the records.
    pub enum Annex2Figure {
        /// 排查窨井盖数 (column 2).
        Inspected = "inspected", "排查窨井盖数", "covers inspected", [];
        /// 发现问题数 (column 3), without hazards that are renewed by plan.
        Found = "found", "发现问题数", "problems found", [];
        /// 其中破损 (R7).
        FoundDamaged = "found_damaged", "发现破损", "found damaged", [];
        /// 其中下沉 (R7).
        FoundSunk = "found_sunk", "发现下沉", "found sunken", [];
        /// 其中松动 (R7).
        FoundLoose = "found_loose", "发现松动", "found loose", [];
        /// 其中缺失 (R8).
        FoundMissing = "found_missing", "发现缺失", "found missing", [];
        /// 其中废弃 (R10).
        FoundAbandoned = "found_abandoned", "发现废弃", "found abandoned", [];
        /// 其他 (移位、异响、高差、标识不清、低洼无防坠 …).
        FoundOther = "found_other", "发现其他问题", "found, other", [];
        /// 已整改数 (column 10): of those found.
        Fixed = "fixed", "已整改数", "problems fixed", [];
        /// 其中维修加固.
        FixedRepaired = "fixed_repaired", "维修加固", "repaired", [];
        /// 其中补装.
        FixedRefitted = "fixed_refitted", "补装", "refitted", [];
        /// 其中更换.
        FixedReplaced = "fixed_replaced", "更换", "replaced", [];
        /// 其中加装防坠装置.
        FixedGuarded = "fixed_guarded", "加装防坠装置", "fall guard fitted", [];
        /// 其中填埋.
        FixedFilled = "fixed_filled", "填埋", "filled in", [];
        /// 其他措施.
        FixedOther = "fixed_other", "其他措施", "fixed, other", [];
        /// 未整改数 (column 17): of those found.
        Open = "open", "未整改数", "not yet fixed", [];
        /// 未整改且未定完成时限.
        Unplanned = "unplanned", "未定期限数", "without a planned date", [];
        /// 期内销号数: cleared within the period, whenever found.
        Cleared = "cleared", "期内销号数", "cleared within the period", [];
        /// 权属不明数 (column 19).
        Ownerless = "ownerless", "权属不明数", "owner unknown", [];
        /// 已落实兜底数: of those.
        FallbackSet = "fallback_set", "已落实兜底数", "with fallback unit", [];
        /// 应更新改造数: past their design life or of outdated material.
        RenewalFound = "renewal_found", "应更新改造数", "to be renewed", [];
        /// 已列入更新改造计划数 (column 20).
        RenewalPlan = "renewal_plan", "更新改造计划数", "in a renewal plan", [];
        /// 已完成更新改造数 (column 20).
        RenewalDone = "renewal_done", "已完成更新改造数", "renewed", [];
        /// 智能化改造数 (column 21).
        SmartUpgraded = "smart_upgraded", "智能化改造数", "fitted with a sensor", [];
        /// 12345/12319 投诉受理 (column 27).
        Complaints = "complaints", "投诉受理数", "complaints received", [];
        /// 12345/12319 投诉办结: of those received.
        ComplaintsClosed = "complaints_closed", "投诉办结数", "complaints closed", [];
    }
}

recognise_by_words!(Annex2Figure);

/// Text fields of a row of 附件2.
pub const RECTIFICATION_FIELDS: &[&str] =
    &["seq", "unit", "district", "street", "community", "kind", "period", "span", "planned_date"];

impl Annex2Figure {
    /// The figure of a type of problem; those of renewal have a column of their own.
    pub const fn of_found(column: FoundColumn) -> Self {
        match column {
            FoundColumn::Damaged => Self::FoundDamaged,
            FoundColumn::Sunk => Self::FoundSunk,
            FoundColumn::Loose => Self::FoundLoose,
            FoundColumn::Missing => Self::FoundMissing,
            FoundColumn::Abandoned => Self::FoundAbandoned,
            FoundColumn::Other => Self::FoundOther,
            FoundColumn::Renewal => Self::RenewalFound,
        }
    }

    /// The figure of a measure.
    pub const fn of_fixed(column: FixedColumn) -> Self {
        match column {
            FixedColumn::Repaired => Self::FixedRepaired,
            FixedColumn::Refitted => Self::FixedRefitted,
            FixedColumn::Replaced => Self::FixedReplaced,
            FixedColumn::Guarded => Self::FixedGuarded,
            FixedColumn::Filled => Self::FixedFilled,
            FixedColumn::Other => Self::FixedOther,
        }
    }
}
