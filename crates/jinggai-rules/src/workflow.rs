//! 案卷流程: from a finding to the closed case, as one table from which the diagram in the docs is drawn.
//!
//! The table says what may follow what, whose desk moves it and what must stand before; who sits at a desk is the
//! main crate's authorisation, and finding out whether a guard holds is its data. The seven stages are those of
//! 数字城管 (`domain.md` 3.7 \[B\]); 核实 is the check before filing, 核查 the check after handling.

use thiserror::Error;

use crate::error::Explain;

code_enum! {
    /// 案卷状态: first the states of a finding (上报), then those of a case (案卷).
    pub enum CaseState {
        /// 待受理: a finding that nobody looked at yet.
        Received = "received", "待受理", "Received", [];
        /// 待核实: somebody near was sent to look.
        Verifying = "verifying", "待核实", "Being verified", [];
        /// 已核实: the defect is there.
        Verified = "verified", "已核实", "Verified", [];
        /// 核实无此问题.
        NotFound = "not_found", "核实无此问题", "Not found on site", [];
        /// 不予立案.
        Refused = "refused", "不予立案", "Refused", [];
        /// 已并案: the same defect is known already.
        Merged = "merged", "已并案", "Merged", [];
        /// 待派遣: the case is filed.
        Filed = "filed", "待派遣", "To be dispatched", [];
        /// 待接收: sent to its units.
        Dispatched = "dispatched", "待接收", "Dispatched", [];
        /// 处置中.
        Handling = "handling", "处置中", "Being handled", [];
        /// 已处置，待反馈.
        Handled = "handled", "已处置待反馈", "Handled", [];
        /// 待核查.
        Checking = "checking", "待核查", "Being checked", [];
        /// 核查通过，待结案.
        Checked = "checked", "待结案", "To be closed", [];
        /// 挂账.
        Suspended = "suspended", "挂账", "Suspended", [];
        /// 已结案.
        Closed = "closed", "已结案", "Closed", [];
        /// 已撤销.
        Cancelled = "cancelled", "已撤销", "Cancelled", [];
    }
}

code_enum! {
    /// 流转动作.
    pub enum CaseMove {
        /// 转核实.
        SendToVerify = "send_to_verify", "转核实", "Send to verify", [];
        /// 核实属实.
        Confirm = "confirm", "核实属实", "Confirm", [];
        /// 核实无此问题.
        Deny = "deny", "核实无此问题", "Not found", [];
        /// 不予立案.
        Refuse = "refuse", "不予立案", "Refuse", [];
        /// 并案.
        Merge = "merge", "并案", "Merge", [];
        /// 立案.
        File = "file", "立案", "File", [];
        /// 派遣.
        Dispatch = "dispatch", "派遣", "Dispatch", [];
        /// 接收.
        Accept = "accept", "接收", "Accept", [];
        /// 退回.
        Return = "return", "退回", "Return", [];
        /// 处置完成.
        Finish = "finish", "处置完成", "Finish", [];
        /// 转核查.
        SendToCheck = "send_to_check", "转核查", "Send to check", [];
        /// 核查通过.
        Pass = "pass", "核查通过", "Pass", [];
        /// 返工.
        Rework = "rework", "返工", "Rework", [];
        /// 结案.
        Close = "close", "结案", "Close", [];
        /// 撤销.
        Cancel = "cancel", "撤销", "Cancel", [];
        /// 挂账.
        Suspend = "suspend", "挂账", "Suspend", [];
        /// 恢复.
        Resume = "resume", "恢复办理", "Resume", [];
    }
}

code_enum! {
    /// 岗位: whose desk a move is made at (`domain.md` 3.7).
    pub enum Desk {
        /// 受理员 of the supervision centre.
        Reception = "reception", "受理", "Reception", [];
        /// 派遣员 of the command centre.
        Dispatcher = "dispatcher", "派遣", "Dispatch", [];
        /// 承办单位.
        Handler = "handler", "承办单位", "Handling unit", [];
        /// 核实核查员: collector, inspector, street office.
        Checker = "checker", "核实核查", "Checker", [];
        /// 审批: who may stop a clock.
        Approver = "approver", "审批", "Approver", [];
    }
}

code_enum! {
    /// 前置条件 of a move.
    pub enum CaseGuard {
        /// 有立案标准: a catalogue entry was chosen (at least one, `domain.md` 3.7 \[A\]\[S35\]).
        StandardChosen = "standard_chosen", "选定立案标准", "a filing standard chosen", [];
        /// 来源可信，或情况紧急并写明理由.
        Trusted = "trusted", "先核实（专业来源，或写明理由的紧急情形除外）", "verification first (unless the source is professional, or it is urgent and a reason is given)", [];
        /// 指定了核实人.
        VerifierNamed = "verifier_named", "指定核实人", "a verifier", [];
        /// 不是上报人本人.
        NotReporter = "not_reporter", "由上报人以外的人核实", "somebody else than the reporter", [];
        /// 写明原因.
        Reason = "reason", "写明原因", "a reason", [];
        /// 并入的对象未办结.
        MergeTarget = "merge_target", "指定未办结的案卷", "an open case to merge into", [];
        /// 指定了承办单位.
        UnitChosen = "unit_chosen", "指定主办单位", "a lead unit", [];
        /// 本单位承办.
        OwnUnit = "own_unit", "由承办单位办理", "the handling unit itself", [];
        /// 处置后照片.
        AfterPhoto = "after_photo", "上传处置后照片", "a photo after the work", [];
        /// 处置措施.
        Treatment = "treatment", "填写处置措施", "the treatment", [];
        /// 全部承办单位办完.
        AllUnitsDone = "all_units_done", "各承办单位均已办完", "all units done", [];
        /// 子案卷均已办结.
        ChildrenEnded = "children_ended", "子案卷均已办结", "all child cases ended", [];
        /// 未参与处置.
        NotHandler = "not_handler", "由未参与处置的人办理", "somebody who did not do the work", [];
        /// 抽定的核查人本人.
        DrawnChecker = "drawn_checker", "由抽定的核查人办理", "the checker who was drawn", [];
        /// 核查照片.
        CheckPhoto = "check_photo", "上传核查照片", "a photo of the check", [];
        /// 达到结案条件.
        ClosingMet = "closing_met", "达到结案条件", "the closing condition met", [];
        /// 挂账申请已批准.
        SuspensionApproved = "suspension_approved", "挂账申请获批", "an approved suspension", [];
    }
}

recognise_by_words!(CaseState, CaseMove, Desk, CaseGuard);

/// 阶段 of the national flow (`domain.md` 3.7 \[B\]\[S36\]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CaseStage {
    /// 信息采集.
    Collect,
    /// 案卷建立.
    File,
    /// 任务派遣.
    Dispatch,
    /// 任务处理.
    Handle,
    /// 处理反馈.
    Feedback,
    /// 核查结案.
    Check,
    /// 综合评价.
    Evaluate,
}

impl CaseStage {
    /// Every stage, in order.
    pub const ALL: [CaseStage; 7] = [
        Self::Collect,
        Self::File,
        Self::Dispatch,
        Self::Handle,
        Self::Feedback,
        Self::Check,
        Self::Evaluate,
    ];

    /// The Chinese name.
    pub const fn name_zh(self) -> &'static str {
        match self {
            Self::Collect => "信息采集",
            Self::File => "案卷建立",
            Self::Dispatch => "任务派遣",
            Self::Handle => "任务处理",
            Self::Feedback => "处理反馈",
            Self::Check => "核查结案",
            Self::Evaluate => "综合评价",
        }
    }
}

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CaseTransition {
    /// State before.
    pub from: CaseState,
    /// The move.
    pub action: CaseMove,
    /// State after.
    pub to: CaseState,
    /// Whose desk makes it.
    pub desk: Desk,
    /// What must be established before it, all of them.
    pub guards: &'static [CaseGuard],
    /// Where it comes from.
    pub clause: &'static str,
}

const fn row(
    from: CaseState,
    action: CaseMove,
    to: CaseState,
    desk: Desk,
    guards: &'static [CaseGuard],
    clause: &'static str,
) -> CaseTransition {
    CaseTransition { from, action, to, desk, guards, clause }
}

/// The flow: every allowed move (`domain.md` 3.7 \[A\]\[S35\], \[B\]\[S36\], with the clauses of 江北区方案).
pub const WORKFLOW: &[CaseTransition] = {
    use CaseGuard as G;
    use CaseMove as M;
    use CaseState as S;
    use Desk as D;
    &[
        row(
            S::Received,
            M::SendToVerify,
            S::Verifying,
            D::Reception,
            &[G::VerifierNamed],
            "R25 三(三)；3.7 核实",
        ),
        row(S::Verifying, M::SendToVerify, S::Verifying, D::Reception, &[G::VerifierNamed], "3.7 核实"),
        row(S::Verifying, M::Confirm, S::Verified, D::Checker, &[G::NotReporter], "3.7 核实"),
        row(S::Verifying, M::Deny, S::NotFound, D::Checker, &[G::NotReporter, G::Reason], "3.7 核实"),
        row(
            S::Received,
            M::File,
            S::Filed,
            D::Reception,
            &[G::StandardChosen, G::Trusted],
            "R21 二(二)5；3.7 立案",
        ),
        row(S::Verified, M::File, S::Filed, D::Reception, &[G::StandardChosen], "R21 二(二)5；3.7 立案"),
        row(
            S::Verifying,
            M::File,
            S::Filed,
            D::Reception,
            &[G::StandardChosen, G::Trusted],
            "R21 二(二)5；3.7 立案",
        ),
        row(S::Received, M::Refuse, S::Refused, D::Reception, &[G::Reason], "3.7 不予立案"),
        row(S::Verified, M::Refuse, S::Refused, D::Reception, &[G::Reason], "3.7 不予立案"),
        row(S::NotFound, M::Refuse, S::Refused, D::Reception, &[G::Reason], "3.7 不予立案"),
        row(S::NotFound, M::SendToVerify, S::Verifying, D::Reception, &[G::VerifierNamed], "3.7 核实"),
        row(S::Received, M::Merge, S::Merged, D::Reception, &[G::MergeTarget], "R21 二(二)5"),
        row(S::Verifying, M::Merge, S::Merged, D::Reception, &[G::MergeTarget], "R21 二(二)5"),
        row(S::Verified, M::Merge, S::Merged, D::Reception, &[G::MergeTarget], "R21 二(二)5"),
        row(
            S::Filed,
            M::Dispatch,
            S::Dispatched,
            D::Dispatcher,
            &[G::UnitChosen],
            "R21 二(二)5 快速派遣；R3 兜底",
        ),
        row(S::Filed, M::Cancel, S::Cancelled, D::Reception, &[G::Reason, G::ChildrenEnded], "3.7 撤销"),
        row(S::Dispatched, M::Accept, S::Handling, D::Handler, &[G::OwnUnit], "3.7 任务处理"),
        row(S::Dispatched, M::Return, S::Filed, D::Handler, &[G::OwnUnit, G::Reason], "3.7 退回须写明原因"),
        row(S::Handling, M::Return, S::Filed, D::Handler, &[G::OwnUnit, G::Reason], "3.7 退回须写明原因"),
        row(
            S::Handling,
            M::Finish,
            S::Handled,
            D::Handler,
            &[G::OwnUnit, G::Treatment, G::AfterPhoto],
            "R7、R8 二(二)2；3.7 处置",
        ),
        row(
            S::Handled,
            M::SendToCheck,
            S::Checking,
            D::Dispatcher,
            &[G::AllUnitsDone, G::ChildrenEnded],
            "R21 二(二)5 办结反馈",
        ),
        row(S::Handled, M::Rework, S::Handling, D::Dispatcher, &[G::Reason], "3.7 返工"),
        row(
            S::Checking,
            M::Pass,
            S::Checked,
            D::Checker,
            &[G::DrawnChecker, G::NotHandler, G::CheckPhoto, G::ClosingMet],
            "R6 确保整改到位；3.7 核查",
        ),
        row(
            S::Checking,
            M::Rework,
            S::Handling,
            D::Checker,
            &[G::DrawnChecker, G::NotHandler, G::Reason],
            "3.7 返工",
        ),
        row(
            S::Checked,
            M::Close,
            S::Closed,
            D::Reception,
            &[G::NotHandler, G::ClosingMet, G::ChildrenEnded],
            "3.7 结案",
        ),
        row(S::Checked, M::Rework, S::Handling, D::Reception, &[G::Reason], "3.7 返工"),
        row(S::Filed, M::Suspend, S::Suspended, D::Approver, &[G::SuspensionApproved], "3.6 挂账"),
        row(S::Dispatched, M::Suspend, S::Suspended, D::Approver, &[G::SuspensionApproved], "3.6 挂账"),
        row(S::Handling, M::Suspend, S::Suspended, D::Approver, &[G::SuspensionApproved], "3.6 挂账"),
        row(S::Suspended, M::Resume, S::Handling, D::Dispatcher, &[], "3.6 挂账自动恢复"),
    ]
};

/// Why a move was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CaseError {
    /// The state does not know the move.
    #[error("现在是“{}”，不能“{}”；可以：{}", from.name_zh(), action.name_zh(), names_zh(*from))]
    NotAllowed {
        /// State it is in.
        from: CaseState,
        /// Move that was asked for.
        action: CaseMove,
    },
    /// Conditions are not established.
    #[error("“{}”之前须{}（{clause}）", action.name_zh(), join(missing, CaseGuard::name_zh, "，并"))]
    GuardMissing {
        /// Move that was asked for.
        action: CaseMove,
        /// All conditions that are missing.
        missing: Vec<CaseGuard>,
        /// Clause that asks for them.
        clause: &'static str,
    },
}

fn join(guards: &[CaseGuard], name: fn(CaseGuard) -> &'static str, between: &str) -> String {
    guards.iter().map(|g| name(*g)).collect::<Vec<_>>().join(between)
}

fn names_zh(from: CaseState) -> String {
    let names: Vec<&str> = from.moves().map(|row| row.action.name_zh()).collect();
    if names.is_empty() { "无（已办结）".to_owned() } else { names.join("、") }
}

impl Explain for CaseError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotAllowed { .. } => "case.not_allowed",
            Self::GuardMissing { .. } => "case.guard_missing",
        }
    }

    fn message_en(&self) -> String {
        match self {
            Self::NotAllowed { from, action } => {
                let allowed: Vec<&str> = from.moves().map(|row| row.action.name_en()).collect();
                let allowed = if allowed.is_empty() { "nothing".to_owned() } else { allowed.join(", ") };
                format!("it is {}; {} is not possible, only: {allowed}", from.name_en(), action.name_en())
            }
            Self::GuardMissing { action, missing, clause } => {
                format!(
                    "{} needs {} first ({clause})",
                    action.name_en(),
                    join(missing, CaseGuard::name_en, " and ")
                )
            }
        }
    }
}

impl CaseState {
    /// The moves possible from this state.
    pub fn moves(self) -> impl Iterator<Item = &'static CaseTransition> {
        WORKFLOW.iter().filter(move |row| row.from == self)
    }

    /// A state of a finding, before there is a case.
    pub const fn is_finding(self) -> bool {
        matches!(
            self,
            Self::Received | Self::Verifying | Self::Verified | Self::NotFound | Self::Refused | Self::Merged
        )
    }

    /// Nothing follows.
    pub const fn is_ended(self) -> bool {
        matches!(self, Self::Refused | Self::Merged | Self::Closed | Self::Cancelled)
    }

    /// The stage of the national flow that the state belongs to.
    pub const fn stage(self) -> CaseStage {
        match self {
            Self::Received | Self::Verifying | Self::NotFound => CaseStage::Collect,
            Self::Verified | Self::Refused | Self::Merged => CaseStage::File,
            Self::Filed => CaseStage::Dispatch,
            Self::Dispatched | Self::Handling | Self::Suspended => CaseStage::Handle,
            Self::Handled => CaseStage::Feedback,
            Self::Checking | Self::Checked => CaseStage::Check,
            Self::Closed | Self::Cancelled => CaseStage::Evaluate,
        }
    }
}

/// The row of a move out of a state.
///
/// # Errors
/// [`CaseError::NotAllowed`] with what is possible instead.
pub fn transition(from: CaseState, action: CaseMove) -> Result<&'static CaseTransition, CaseError> {
    from.moves().find(|row| row.action == action).ok_or(CaseError::NotAllowed { from, action })
}

/// Makes one move; `established` are the conditions that the caller has found to hold.
///
/// # Errors
/// [`CaseError`]: the move is not in the table, or every condition that is missing.
pub fn step(
    from: CaseState,
    action: CaseMove,
    established: &[CaseGuard],
) -> Result<&'static CaseTransition, CaseError> {
    let row = transition(from, action)?;
    let missing: Vec<CaseGuard> = row.guards.iter().filter(|g| !established.contains(g)).copied().collect();
    if missing.is_empty() {
        Ok(row)
    } else {
        Err(CaseError::GuardMissing { action, missing, clause: row.clause })
    }
}

/// The diagram of the flow, as Mermaid text: what the docs show is this table.
pub fn diagram() -> String {
    let mut out = String::from("stateDiagram-v2\n");
    for state in CaseState::ALL {
        out += &format!("  {} : {}\n", state.code(), state.name_zh());
    }
    out += "  [*] --> received\n";
    for r in WORKFLOW {
        out += &format!(
            "  {} --> {} : {}（{}）\n",
            r.from.code(),
            r.to.code(),
            r.action.name_zh(),
            r.desk.name_zh()
        );
    }
    for state in CaseState::ALL.iter().filter(|s| s.is_ended()) {
        out += &format!("  {} --> [*]\n", state.code());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use CaseMove as M;
    use CaseState as S;

    #[test]
    fn every_state_is_reached_and_every_open_one_is_left() {
        for state in S::ALL {
            let reached = *state == S::Received || WORKFLOW.iter().any(|row| row.to == *state);
            assert!(reached, "{state} is never reached");
            assert_eq!(state.moves().next().is_none(), state.is_ended(), "{state}");
        }
        for row in WORKFLOW {
            let twins = row.from.moves().filter(|other| other.action == row.action).count();
            assert_eq!(twins, 1, "{} {}", row.from, row.action);
            assert!(!row.clause.is_empty());
            assert!(
                row.action == M::File || row.from.is_finding() == row.to.is_finding(),
                "only filing crosses over"
            );
            let back = row.to.stage() < row.from.stage() && row.action != M::Resume;
            if back && row.from != S::NotFound {
                assert!(
                    row.guards.contains(&CaseGuard::Reason),
                    "{} {} goes back without a reason",
                    row.from,
                    row.action
                );
            }
        }
    }

    #[test]
    fn a_case_is_never_checked_or_closed_by_who_did_the_work() {
        for row in WORKFLOW.iter().filter(|r| matches!(r.to, S::Checked | S::Closed)) {
            assert!(row.guards.contains(&CaseGuard::NotHandler), "{:?}", row.action);
            assert!(row.guards.contains(&CaseGuard::ClosingMet), "{:?}", row.action);
        }
    }

    #[test]
    fn a_refusal_says_all_that_is_missing_and_what_is_possible() {
        let check = |from: S, action: M, held: &[CaseGuard], want: Result<S, &str>| {
            let got = step(from, action, held).map(|row| row.to);
            assert_eq!(got.map_err(|e| e.to_string()), want.map_err(str::to_owned));
        };
        check(S::Filed, M::Dispatch, &[CaseGuard::UnitChosen], Ok(S::Dispatched));
        check(S::Filed, M::Close, &[], Err("现在是“待派遣”，不能“结案”；可以：派遣、撤销、挂账"));
        check(
            S::Handling,
            M::Finish,
            &[CaseGuard::OwnUnit],
            Err("“处置完成”之前须填写处置措施，并上传处置后照片（R7、R8 二(二)2；3.7 处置）"),
        );
        check(S::Closed, M::Rework, &[], Err("现在是“已结案”，不能“返工”；可以：无（已办结）"));
    }

    #[test]
    fn the_diagram_shows_every_row() {
        let text = diagram();
        assert_eq!(text.lines().filter(|l| l.contains("（")).count(), WORKFLOW.len());
    }
}
