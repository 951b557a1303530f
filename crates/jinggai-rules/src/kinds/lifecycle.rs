//! Life cycle of a cover as an asset (`domain.md` 10.3), as a table from which the diagram is drawn too.
//!
//! The table says what may follow what, who moves it and what must stand before; authorisation of the person is the
//! main crate's. Filled and removed covers are archived, never deleted.

use thiserror::Error;

use super::unit::UnitKind;
use crate::error::Explain;

code_enum! {
    /// 生命周期状态 of a cover (`domain.md` 10.3 \[I\]), with the words real inventories use for it.
    pub enum Lifecycle {
        /// 规划.
        Planned = "planned", "规划", "Planned", ["拟建", "proposed", "PRP", "future", "design"];
        /// 在建.
        InConstruction = "in_construction", "在建", "In construction", ["施工中", "建设中", "under construction"];
        /// 待验收.
        PendingAcceptance = "pending_acceptance", "待验收", "Pending acceptance", ["已完工待验收", "as built"];
        /// 在用.
        InUse = "in_use", "在用", "In use", [
            "使用中", "正常", "正常使用", "运行", "existing", "ACT", "active", "in service", "operational", "EX", "zaiyong",
        ];
        /// 异常: in use with an open hazard.
        Abnormal = "abnormal", "异常", "Abnormal", ["故障", "带病运行", "out of service", "停用"];
        /// 待废弃: confirmed or claimed abandoned, not yet filled (隐患 H13).
        AbandonedPending = "abandoned_pending", "废弃待填埋", "Abandoned, to be filled", [
            "废弃", "废弃未填埋", "abandoned", "ABA", "aband", "to be disposed", "out of service", "停用", "inactive", "disused",
        ];
        /// 已填埋.
        Filled = "filled", "已填埋", "Filled", ["填埋", "封填", "填埋封井", "abandoned filled"];
        /// 已拆除.
        Removed = "removed", "已拆除", "Removed", ["拆除", "REM", "disposed", "demolished", "retired"];
        /// 已归档.
        Archived = "archived", "已归档", "Archived", ["归档", "注销"];
    }
}

code_enum! {
    /// 流转动作 of the life cycle.
    pub enum LifecycleMove {
        /// 开工.
        StartConstruction = "start_construction", "开工", "Start construction", [];
        /// 报验.
        ApplyForAcceptance = "apply_for_acceptance", "报验", "Apply for acceptance", [];
        /// 验收合格.
        Accept = "accept", "验收合格", "Accept", [];
        /// 验收不合格，退回整改.
        RejectAcceptance = "reject_acceptance", "验收不合格", "Reject", [];
        /// 标记异常.
        MarkAbnormal = "mark_abnormal", "标记异常", "Mark abnormal", [];
        /// 恢复正常.
        Restore = "restore", "恢复正常", "Restore", [];
        /// 申报废弃.
        ProposeAbandonment = "propose_abandonment", "申报废弃", "Propose abandonment", [];
        /// 驳回废弃.
        RefuseAbandonment = "refuse_abandonment", "驳回废弃", "Refuse abandonment", [];
        /// 填埋.
        FillIn = "fill_in", "填埋", "Fill in", [];
        /// 拆除.
        Remove = "remove", "拆除", "Remove", [];
        /// 更换: the old cover leaves, its successor is a new cover of the same well.
        Replace = "replace", "更换", "Replace", [];
        /// 归档.
        Archive = "archive", "归档", "Archive", [];
    }
}

code_enum! {
    /// 前置条件: what must be established before a move.
    pub enum Guard {
        /// 验收记录合格.
        AcceptancePassed = "acceptance_passed", "验收记录合格", "acceptance passed", [];
        /// 有未销号隐患.
        HazardOpen = "hazard_open", "有未销号隐患", "an open hazard", [];
        /// 隐患已全部销号.
        HazardsClosed = "hazards_closed", "隐患已全部销号", "all hazards closed", [];
        /// 废弃依据（证据材料）已上传.
        AbandonmentEvidence = "abandonment_evidence", "已上传废弃依据", "evidence of abandonment", [];
        /// 废弃已审批确认.
        AbandonmentApproved = "abandonment_approved", "废弃已审批确认", "abandonment approved", [];
        /// 填埋照片已上传.
        FillPhoto = "fill_photo", "已上传填埋照片", "photo of the filling", [];
        /// 接替井盖已登记.
        SuccessorRegistered = "successor_registered", "已登记接替的井盖", "successor registered", [];
        /// 编号已注销.
        CodeRetired = "code_retired", "编号已注销", "code retired", [];
    }
}

recognise_by_words!(Lifecycle, LifecycleMove, Guard);

/// One row of the life-cycle table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transition {
    /// State before.
    pub from: Lifecycle,
    /// The move.
    pub action: LifecycleMove,
    /// State after.
    pub to: Lifecycle,
    /// Kinds of unit that make this move.
    pub who: &'static [UnitKind],
    /// What must be established before it, all of them.
    pub guards: &'static [Guard],
    /// Clause that asks for it.
    pub clause: &'static str,
}

const fn row(
    from: Lifecycle,
    action: LifecycleMove,
    to: Lifecycle,
    who: &'static [UnitKind],
    guards: &'static [Guard],
    clause: &'static str,
) -> Transition {
    Transition { from, action, to, who, guards, clause }
}

const BUILDERS: &[UnitKind] = &[UnitKind::Construction, UnitKind::Owner];
const KEEPERS: &[UnitKind] = &[UnitKind::Owner, UnitKind::Maintainer];
const WATCHERS: &[UnitKind] = &[
    UnitKind::Owner,
    UnitKind::Maintainer,
    UnitKind::Street,
    UnitKind::Park,
    UnitKind::Department,
    UnitKind::CommandCentre,
];
const DECIDERS: &[UnitKind] = &[UnitKind::Department, UnitKind::Street, UnitKind::Park];
const OFFICES: &[UnitKind] = &[UnitKind::Owner, UnitKind::Department, UnitKind::Street, UnitKind::Park];

/// The life cycle of a cover: every allowed move (`domain.md` 10.3 \[I\], clauses of 江北区方案).
pub const LIFECYCLE: &[Transition] = {
    use Guard as G;
    use Lifecycle as S;
    use LifecycleMove as M;
    &[
        row(S::Planned, M::StartConstruction, S::InConstruction, BUILDERS, &[], "R12 二(二)3"),
        row(S::InConstruction, M::ApplyForAcceptance, S::PendingAcceptance, BUILDERS, &[], "R13 二(二)3"),
        row(S::PendingAcceptance, M::Accept, S::InUse, OFFICES, &[G::AcceptancePassed], "R13、R14 二(二)3"),
        row(S::PendingAcceptance, M::RejectAcceptance, S::InConstruction, OFFICES, &[], "R13 二(二)3"),
        row(S::InUse, M::MarkAbnormal, S::Abnormal, WATCHERS, &[G::HazardOpen], "R6 二(二)2"),
        row(S::Abnormal, M::Restore, S::InUse, WATCHERS, &[G::HazardsClosed], "R6、R7 二(二)2"),
        row(
            S::InUse,
            M::ProposeAbandonment,
            S::AbandonedPending,
            WATCHERS,
            &[G::AbandonmentEvidence],
            "R10 二(二)2",
        ),
        row(
            S::Abnormal,
            M::ProposeAbandonment,
            S::AbandonedPending,
            WATCHERS,
            &[G::AbandonmentEvidence],
            "R10 二(二)2",
        ),
        row(S::AbandonedPending, M::RefuseAbandonment, S::InUse, DECIDERS, &[], "R10 二(二)2"),
        row(
            S::AbandonedPending,
            M::FillIn,
            S::Filled,
            KEEPERS,
            &[G::AbandonmentApproved, G::FillPhoto],
            "R10 二(二)2",
        ),
        row(S::AbandonedPending, M::Remove, S::Removed, KEEPERS, &[G::AbandonmentApproved], "R10 二(二)2"),
        row(S::InUse, M::Replace, S::Removed, KEEPERS, &[G::SuccessorRegistered], "R11 二(二)2"),
        row(S::Abnormal, M::Replace, S::Removed, KEEPERS, &[G::SuccessorRegistered], "R8、R11 二(二)2"),
        row(S::Filled, M::Archive, S::Archived, OFFICES, &[G::CodeRetired], "R10 二(二)2"),
        row(S::Removed, M::Archive, S::Archived, OFFICES, &[G::CodeRetired], "R4 二(二)1"),
    ]
};

/// Why a move of the life cycle was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LifecycleError {
    /// The state does not know the move.
    #[error("井盖处于“{}”，不能“{}”；可以：{}", from.name_zh(), action.name_zh(), names_zh(*from))]
    NotAllowed {
        /// State the cover is in.
        from: Lifecycle,
        /// Move that was asked for.
        action: LifecycleMove,
    },
    /// A condition is not established.
    #[error("“{}”之前须{}（{clause}）", action.name_zh(), guard.name_zh())]
    GuardMissing {
        /// Move that was asked for.
        action: LifecycleMove,
        /// The first condition that is missing.
        guard: Guard,
        /// Clause that asks for it.
        clause: &'static str,
    },
}

impl Explain for LifecycleError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotAllowed { .. } => "lifecycle.not_allowed",
            Self::GuardMissing { .. } => "lifecycle.guard_missing",
        }
    }

    fn message_en(&self) -> String {
        match self {
            Self::NotAllowed { from, action } => {
                let allowed: Vec<&str> = from.moves().map(|row| row.action.name_en()).collect();
                let allowed = if allowed.is_empty() { "nothing".to_owned() } else { allowed.join(", ") };
                format!(
                    "the cover is {}; {} is not possible, only: {allowed}",
                    from.name_en(),
                    action.name_en()
                )
            }
            Self::GuardMissing { action, guard, clause } => {
                format!("{} needs {} first ({clause})", action.name_en(), guard.name_en())
            }
        }
    }
}

impl Lifecycle {
    /// The moves possible from this state.
    pub fn moves(self) -> impl Iterator<Item = &'static Transition> {
        LIFECYCLE.iter().filter(move |row| row.from == self)
    }

    /// Whether the cover lies in the street: statistics of covers in use count these only.
    pub const fn is_in_service(self) -> bool {
        matches!(self, Self::InUse | Self::Abnormal)
    }

    /// Whether the cover is gone for good.
    pub const fn is_ended(self) -> bool {
        matches!(self, Self::Filled | Self::Removed | Self::Archived)
    }
}

/// Makes one move; `established` are the conditions that the caller has found to hold.
pub fn step(
    from: Lifecycle,
    action: LifecycleMove,
    established: &[Guard],
) -> Result<&'static Transition, LifecycleError> {
    let row =
        from.moves().find(|row| row.action == action).ok_or(LifecycleError::NotAllowed { from, action })?;
    match row.guards.iter().find(|guard| !established.contains(guard)) {
        Some(guard) => Err(LifecycleError::GuardMissing { action, guard: *guard, clause: row.clause }),
        None => Ok(row),
    }
}

fn names_zh(from: Lifecycle) -> String {
    let names: Vec<&str> = from.moves().map(|row| row.action.name_zh()).collect();
    if names.is_empty() { "无（终态）".to_owned() } else { names.join("、") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Lifecycle as S;
    use LifecycleMove as M;

    #[test]
    fn words_of_real_inventories() {
        let check = |text: &str, want: Option<Lifecycle>, others: &[Lifecycle]| {
            let reading = Lifecycle::recognise(text);
            assert_eq!(reading.as_ref().map(|reading| reading.value), want, "{text}");
            assert_eq!(reading.map_or(Vec::new(), |reading| reading.others), others, "{text}");
        };
        check("Existing", Some(S::InUse), &[]);
        check("ACT", Some(S::InUse), &[]);
        check("IN SERVICE", Some(S::InUse), &[]);
        check("Abandoned", Some(S::AbandonedPending), &[]);
        check("ABA", Some(S::AbandonedPending), &[]);
        check("TO BE DISPOSED", Some(S::AbandonedPending), &[]);
        check("DISPOSED", Some(S::Removed), &[]);
        check("REM", Some(S::Removed), &[]);
        check("Proposed", Some(S::Planned), &[]);
        check("PRP", Some(S::Planned), &[]);
        check("OUT OF SERVICE", Some(S::Abnormal), &[S::AbandonedPending]);
        check("在用", Some(S::InUse), &[]);
        check("废弃", Some(S::AbandonedPending), &[]);
        check("", None, &[]);
    }

    #[test]
    fn moves_follow_the_table() {
        let check = |from: S, action: M, established: &[Guard], want: Result<S, &str>| {
            let got = step(from, action, established).map(|row| row.to);
            match want {
                Ok(state) => assert_eq!(got, Ok(state)),
                Err(message) => assert_eq!(got.unwrap_err().to_string(), message),
            }
        };
        check(S::PendingAcceptance, M::Accept, &[Guard::AcceptancePassed], Ok(S::InUse));
        check(S::PendingAcceptance, M::Accept, &[], Err("“验收合格”之前须验收记录合格（R13、R14 二(二)3）"));
        check(
            S::AbandonedPending,
            M::FillIn,
            &[Guard::AbandonmentApproved],
            Err("“填埋”之前须已上传填埋照片（R10 二(二)2）"),
        );
        check(S::Filled, M::Archive, &[Guard::CodeRetired], Ok(S::Archived));
        check(S::Archived, M::Restore, &[], Err("井盖处于“已归档”，不能“恢复正常”；可以：无（终态）"));
        check(S::Planned, M::FillIn, &[], Err("井盖处于“规划”，不能“填埋”；可以：开工"));
    }

    #[test]
    fn every_state_is_reached_and_every_living_one_is_left() {
        for state in S::ALL {
            let reached = *state == S::Planned || LIFECYCLE.iter().any(|row| row.to == *state);
            assert!(reached, "{state} is never reached");
            assert_eq!(state.moves().next().is_none(), *state == S::Archived, "{state}");
        }
        for row in LIFECYCLE {
            let twins = row.from.moves().filter(|other| other.action == row.action).count();
            assert_eq!(twins, 1, "{} {}", row.from, row.action);
            assert!(!row.who.is_empty() && row.clause.starts_with('R'));
        }
    }
}
