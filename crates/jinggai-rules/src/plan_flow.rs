//! 计划流程: from the draft of a plan to its approval, as one table. The same for 限期整改计划 and 更新改造计划.
//!
//! The table says what may follow what, whose desk moves it and what must stand before; finding out whether a guard
//! holds is the main crate's data. A plan is done when all of it is done: that is computed, not moved to.

use thiserror::Error;

use crate::error::Explain;
use crate::workflow::Desk;

code_enum! {
    /// 计划状态.
    pub enum PlanState {
        /// 草稿: being drawn up by its unit.
        Draft = "draft", "草稿", "Draft", [];
        /// 待审批.
        Submitted = "submitted", "待审批", "Submitted", [];
        /// 实施中: approved, its dates hold.
        Approved = "approved", "实施中", "Under way", [];
        /// 已完成: everything in it is closed or replaced.
        Done = "done", "已完成", "Done", [];
        /// 已撤回.
        Withdrawn = "withdrawn", "已撤回", "Withdrawn", [];
    }
}

code_enum! {
    /// 计划动作.
    pub enum PlanMove {
        /// 报批.
        Submit = "submit", "报批", "Submit", [];
        /// 批准.
        Approve = "approve", "批准", "Approve", [];
        /// 退回修改.
        Return = "return", "退回修改", "Return", [];
        /// 撤回.
        Withdraw = "withdraw", "撤回", "Withdraw", [];
    }
}

code_enum! {
    /// 前置条件 of a plan's move.
    pub enum PlanGuard {
        /// 本单位的计划.
        OwnPlan = "own_plan", "由制定单位办理", "the plan's own unit", [];
        /// 计划有内容，且期限都未过.
        Complete = "complete", "计划有内容，且期限都未过", "something in it, and no date that is past", [];
        /// 不是编制人、报批人本人.
        NotMaker = "not_maker", "由编制人、报批人以外的人审批", "somebody else than who made or submitted it", [];
        /// 全部内容在审批人的管辖范围内.
        WithinReach = "within_reach", "计划内容都在审批人管辖范围内", "all of it within the approver's reach", [];
        /// 写明原因.
        Reason = "reason", "写明原因", "a reason", [];
    }
}

recognise_by_words!(PlanState, PlanMove, PlanGuard);

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlanTransition {
    /// State before.
    pub from: PlanState,
    /// The move.
    pub action: PlanMove,
    /// State after.
    pub to: PlanState,
    /// Whose desk makes it: the handling unit's or the approver's.
    pub desk: Desk,
    /// What must be established before it, all of them.
    pub guards: &'static [PlanGuard],
    /// Where it comes from.
    pub clause: &'static str,
}

/// The flow of a plan (`domain.md` R6, R11; approval by another person \[I\]).
pub const PLAN_FLOW: &[PlanTransition] = {
    use Desk as D;
    use PlanGuard as G;
    use PlanMove as M;
    use PlanState as S;
    const fn row(
        from: PlanState,
        action: PlanMove,
        to: PlanState,
        desk: Desk,
        guards: &'static [PlanGuard],
        clause: &'static str,
    ) -> PlanTransition {
        PlanTransition { from, action, to, desk, guards, clause }
    }
    const R6: &str = "R6、R11 二(二)2";
    &[
        row(S::Draft, M::Submit, S::Submitted, D::Handler, &[G::OwnPlan, G::Complete], R6),
        row(S::Draft, M::Withdraw, S::Withdrawn, D::Handler, &[G::OwnPlan, G::Reason], R6),
        row(S::Submitted, M::Approve, S::Approved, D::Approver, &[G::NotMaker, G::WithinReach], R6),
        row(S::Submitted, M::Return, S::Draft, D::Approver, &[G::NotMaker, G::Reason], R6),
        row(S::Submitted, M::Withdraw, S::Withdrawn, D::Handler, &[G::OwnPlan, G::Reason], R6),
    ]
};

/// Why a move was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PlanError {
    /// The state does not know the move.
    #[error("计划现在是“{}”，不能“{}”；可以：{}", from.name_zh(), action.name_zh(), names_zh(*from))]
    NotAllowed {
        /// State it is in.
        from: PlanState,
        /// Move that was asked for.
        action: PlanMove,
    },
    /// Conditions are not established.
    #[error("“{}”之前须：{}", action.name_zh(), missing.iter().map(|g| g.name_zh()).collect::<Vec<_>>().join("；"))]
    GuardMissing {
        /// Move that was asked for.
        action: PlanMove,
        /// What is missing, all of it.
        missing: Vec<PlanGuard>,
    },
}

impl Explain for PlanError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotAllowed { .. } => "plan.not_allowed",
            Self::GuardMissing { .. } => "plan.guard_missing",
        }
    }

    fn message_en(&self) -> String {
        match self {
            Self::NotAllowed { from, action } => {
                let all: Vec<&str> = from.moves().map(|r| r.action.name_en()).collect();
                let all = if all.is_empty() { "nothing".to_owned() } else { all.join(", ") };
                format!("the plan is {}; {} is not possible, only: {all}", from.name_en(), action.name_en())
            }
            Self::GuardMissing { action, missing } => {
                let all: Vec<&str> = missing.iter().map(|g| g.name_en()).collect();
                format!("{} needs first: {}", action.name_en(), all.join("; "))
            }
        }
    }
}

impl PlanState {
    /// The moves possible from this state.
    pub fn moves(self) -> impl Iterator<Item = &'static PlanTransition> {
        PLAN_FLOW.iter().filter(move |row| row.from == self)
    }
}

/// The row of a move, whatever stands before it.
pub fn transition(from: PlanState, action: PlanMove) -> Result<&'static PlanTransition, PlanError> {
    from.moves().find(|row| row.action == action).ok_or(PlanError::NotAllowed { from, action })
}

/// Makes one move; `established` are the conditions that the caller has found to hold.
pub fn step(
    from: PlanState,
    action: PlanMove,
    established: &[PlanGuard],
) -> Result<&'static PlanTransition, PlanError> {
    let row = transition(from, action)?;
    let missing: Vec<PlanGuard> =
        row.guards.iter().copied().filter(|guard| !established.contains(guard)).collect();
    if missing.is_empty() { Ok(row) } else { Err(PlanError::GuardMissing { action, missing }) }
}

fn names_zh(from: PlanState) -> String {
    let names: Vec<&str> = from.moves().map(|row| row.action.name_zh()).collect();
    if names.is_empty() { "无".to_owned() } else { names.join("、") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use PlanGuard as G;
    use PlanMove as M;
    use PlanState as S;

    #[test]
    fn moves_follow_the_table() {
        let check = |from: S, action: M, held: &[G], want: Result<S, &str>| {
            let got = step(from, action, held).map(|r| r.to).map_err(|e| e.to_string());
            assert_eq!(got, want.map_err(str::to_owned));
        };
        check(S::Draft, M::Submit, &[G::OwnPlan, G::Complete], Ok(S::Submitted));
        check(S::Draft, M::Submit, &[G::OwnPlan], Err("“报批”之前须：计划有内容，且期限都未过"));
        check(S::Submitted, M::Approve, &[G::NotMaker, G::WithinReach], Ok(S::Approved));
        check(
            S::Submitted,
            M::Approve,
            &[],
            Err("“批准”之前须：由编制人、报批人以外的人审批；计划内容都在审批人管辖范围内"),
        );
        check(S::Draft, M::Approve, &[], Err("计划现在是“草稿”，不能“批准”；可以：报批、撤回"));
        check(S::Done, M::Withdraw, &[G::Reason], Err("计划现在是“已完成”，不能“撤回”；可以：无"));
    }

    #[test]
    fn who_makes_a_plan_never_approves_it() {
        for row in PLAN_FLOW.iter().filter(|r| r.desk == Desk::Approver) {
            assert!(row.guards.contains(&G::NotMaker), "{}", row.action);
        }
    }
}
