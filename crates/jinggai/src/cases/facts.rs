//! 事实: what was true of a case, hazard or finding at a moment. The lists and the figures ask with the same words, so
//! that every figure opens its rows and can be drawn again for a past moment.
//!
//! What the rows do not keep by time themselves is read from the clocks: each stage that ever ran has one, with its
//! start and its end. Each condition is true or false, never unknown, so that a leading `-` is its opposite.
use super::list::words;
use crate::error::{AppError, Result};
use jiff::{SignedDuration, Timestamp};
use jinggai_db::Sql;

/// A word with its Chinese meaning.
pub type Word = (&'static str, &'static str);

/// What can be true of a case.
pub const CASE_FACTS: [Word; 15] = [
    ("cancelled", "已撤销"),
    ("closed", "已结案"),
    ("ended", "已结案或已撤销"),
    ("dispatched", "已派遣，未撤销（应处置）"),
    ("handled", "已处置（应结案）"),
    ("to_check", "已转入核查（应核查）"),
    ("checked", "已核查"),
    ("returned", "曾被退回"),
    ("reworked", "曾返工"),
    ("extended", "曾获延期"),
    ("exempted", "超时申诉获准，不计入超时指标"),
    ("late_dispatch", "派遣超时"),
    ("late_handle", "处置超时"),
    ("late_check", "核查超时"),
    ("late_close", "结案超期：有总时限的看总时限，否则看任一环节"),
];

/// What can be true of a hazard.
pub const HAZARD_FACTS: [Word; 5] = [
    ("open", "未销号"),
    ("fixed", "已整改销号"),
    ("withdrawn", "已撤销（销号时没有处置措施）"),
    ("planned", "有计划完成时限"),
    ("in_plan", "已列入计划"),
];

/// What can be true of a finding.
pub const FINDING_FACTS: [Word; 4] = [
    ("effective", "有效：已立案或并案"),
    ("upheld", "有效，且案卷未撤销"),
    ("unclosed", "有效，且案卷未办结"),
    ("concluded", "办结：案卷已办结，或已不予立案"),
];

/// The unit that answers for case `k` now: the one with the lead or the fallback.
pub const LEAD: &str = "(SELECT max(lu.unit_id) FROM case_units lu WHERE lu.case_id = k.id AND lu.ended_at IS NULL AND lu.duty IN ('lead', 'fallback'))";
/// The unit that answers for the case of finding `d` now.
pub const LEAD_OF_FINDING: &str = "(SELECT max(lu.unit_id) FROM case_units lu WHERE lu.case_id = d.case_id AND lu.ended_at IS NULL AND lu.duty IN ('lead', 'fallback'))";
/// 井盖类型 of hazard `h`: of its cover, else of its well, else of its case.
pub const HAZARD_KIND: &str = "COALESCE((SELECT hc.kind FROM covers hc WHERE hc.id = h.cover_id), (SELECT hw.kind FROM wells hw WHERE hw.id = h.well_id), (SELECT hk.kind FROM cases hk WHERE hk.id = h.case_id))";

/// The moment that facts are asked for when none is named: after all that has happened, to the millisecond kept.
#[must_use]
pub fn now() -> Timestamp {
    let ms = Timestamp::now() + SignedDuration::from_millis(1);
    Timestamp::from_millisecond(ms.as_millisecond()).unwrap_or(ms)
}

/// Appends what a list of words asks for; a leading `-` asks for the opposite.
///
/// # Errors
/// `list.facts` naming the words there are.
pub fn and_facts(
    q: &mut Sql,
    list: Option<&str>,
    known: &[Word],
    of: fn(&str, Timestamp) -> Sql,
    at: Timestamp,
) -> Result<()> {
    for word in words(list) {
        let (name, not) = word.strip_prefix('-').map_or((word.as_str(), false), |name| (name, true));
        if !known.iter().any(|(w, _)| *w == name) {
            let zh: Vec<String> = known.iter().map(|(w, zh)| format!("{w}（{zh}）")).collect();
            let en: Vec<&str> = known.iter().map(|(w, _)| *w).collect();
            return Err(AppError::field(
                "list.facts",
                "facts",
                format!("没有“{name}”；可用（前加 - 为相反）：{}", zh.join("、")),
                format!("no fact {name:?}; there are (with - for the opposite): {}", en.join(", ")),
            ));
        }
        q.push(if not { " AND NOT (" } else { " AND (" }, []);
        q.append(of(name, at));
        q.push(")", []);
    }
    Ok(())
}

/// A stage of case `k` was running at the moment.
fn running(stage: &str, at: Timestamp) -> Sql {
    Sql::new(
        &format!(
            "EXISTS (SELECT 1 FROM case_clocks c1 WHERE c1.case_id = k.id AND c1.stage = '{stage}' AND c1.started_at < ? AND (c1.ended_at IS NULL OR c1.ended_at >= ?))"
        ),
        vec![at.into(), at.into()],
    )
}

/// A clock of case `k` had overrun its deadline by the moment.
fn late(stages: &str, at: Timestamp) -> Sql {
    Sql::new(
        &format!(
            "EXISTS (SELECT 1 FROM case_clocks c2 WHERE c2.case_id = k.id AND {stages} AND c2.started_at < ? AND c2.due_at < CASE WHEN c2.ended_at < ? THEN c2.ended_at ELSE ? END)"
        ),
        vec![at.into(), at.into(), at.into()],
    )
}

/// Case `k` had gone from one of these stages back to an earlier one: clocks are numbered as they begin.
fn back(from: &str, to: &str, at: Timestamp) -> Sql {
    Sql::new(
        &format!(
            "EXISTS (SELECT 1 FROM case_clocks c5 JOIN case_clocks c6 ON c6.case_id = c5.case_id AND c6.id > c5.id WHERE c5.case_id = k.id AND c5.stage IN ({from}) AND c6.stage = '{to}' AND c6.started_at < ?)"
        ),
        vec![at.into()],
    )
}

fn dispatched(at: Timestamp) -> Sql {
    let mut q = Sql::new(
        "k.filed_at < ? AND NOT (k.state = 'cancelled' AND k.closed_at < ?) AND NOT ",
        vec![at.into(), at.into()],
    );
    q.append(running("dispatch", at));
    q
}

fn to_check(at: Timestamp) -> Sql {
    Sql::new(
        "EXISTS (SELECT 1 FROM case_clocks c3 WHERE c3.case_id = k.id AND c3.stage = 'check' AND c3.started_at < ?)",
        vec![at.into()],
    )
}

fn late_close(at: Timestamp) -> Sql {
    let mut q = late("c2.stage = 'total'", at);
    q.push(
        " OR (NOT EXISTS (SELECT 1 FROM case_clocks c4 WHERE c4.case_id = k.id AND c4.stage = 'total') AND ",
        [],
    );
    q.append(late("c2.stage <> 'total'", at));
    q.push(")", []);
    q
}

/// A fact of `cases k`, a word of [`CASE_FACTS`].
#[must_use]
pub fn case_fact(name: &str, at: Timestamp) -> Sql {
    let and_not = |mut q: Sql, other: Sql| {
        q.push(" AND NOT ", []);
        q.append(other);
        q
    };
    match name {
        "cancelled" => Sql::new("k.state = 'cancelled' AND k.closed_at < ?", vec![at.into()]),
        "closed" => Sql::new("k.state = 'closed' AND k.closed_at < ?", vec![at.into()]),
        "ended" => Sql::new("k.closed_at IS NOT NULL AND k.closed_at < ?", vec![at.into()]),
        "dispatched" => dispatched(at),
        "handled" => and_not(dispatched(at), running("handle", at)),
        "to_check" => to_check(at),
        "checked" => and_not(to_check(at), running("check", at)),
        // Sent back: a clock of an earlier stage began after one of a later stage had.
        "returned" => back("'handle'", "dispatch", at),
        "reworked" => back("'check', 'close'", "handle", at),
        "extended" => Sql::new(
            "EXISTS (SELECT 1 FROM case_requests rq WHERE rq.case_id = k.id AND rq.kind = 'extension' AND rq.state = 'approved' AND rq.decided_at < ?)",
            vec![at.into()],
        ),
        "exempted" => Sql::new("k.exempted", vec![]),
        "late_dispatch" => late("c2.stage = 'dispatch'", at),
        "late_handle" => late("c2.stage = 'handle'", at),
        "late_check" => late("c2.stage = 'check'", at),
        _ => {
            debug_assert_eq!(name, "late_close", "every word of CASE_FACTS has its condition");
            late_close(at)
        }
    }
}

/// A fact of `hazards h`, a word of [`HAZARD_FACTS`].
#[must_use]
pub fn hazard_fact(name: &str, at: Timestamp) -> Sql {
    const CLOSED: &str = "(h.closed_at IS NOT NULL AND h.closed_at < ?)";
    match name {
        "open" => Sql::new(&format!("NOT {CLOSED}"), vec![at.into()]),
        "fixed" => Sql::new(&format!("{CLOSED} AND h.treatment IS NOT NULL"), vec![at.into()]),
        "withdrawn" => Sql::new(&format!("{CLOSED} AND h.treatment IS NULL"), vec![at.into()]),
        "planned" => Sql::new("h.planned_on IS NOT NULL", vec![]),
        _ => {
            debug_assert_eq!(name, "in_plan", "every word of HAZARD_FACTS has its condition");
            Sql::new("h.plan_id IS NOT NULL", vec![])
        }
    }
}

/// A fact of `findings d`, a word of [`FINDING_FACTS`].
#[must_use]
pub fn finding_fact(name: &str, at: Timestamp) -> Sql {
    const EFFECTIVE: &str = "d.case_id IS NOT NULL AND d.state IN ('filed', 'merged') AND d.ended_at IS NOT NULL AND d.ended_at < ?";
    const ENDED: &str = "EXISTS (SELECT 1 FROM cases fk WHERE fk.id = d.case_id AND fk.closed_at IS NOT NULL AND fk.closed_at < ?";
    let two = || vec![at.into(), at.into()];
    match name {
        "effective" => Sql::new(EFFECTIVE, vec![at.into()]),
        "upheld" => Sql::new(&format!("{EFFECTIVE} AND NOT {ENDED} AND fk.state = 'cancelled')"), two()),
        "unclosed" => Sql::new(&format!("{EFFECTIVE} AND NOT {ENDED})"), two()),
        _ => {
            debug_assert_eq!(name, "concluded", "every word of FINDING_FACTS has its condition");
            Sql::new(
                &format!("(d.case_id IS NULL AND d.ended_at IS NOT NULL AND d.ended_at < ?) OR {ENDED})"),
                two(),
            )
        }
    }
}
