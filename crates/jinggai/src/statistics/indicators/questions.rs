//! What each count of the indicators is, as the question that its list asks too.
use crate::cases::findings_list::FindingQuery;
use crate::cases::list::CaseQuery;
use crate::statistics::period::PeriodQuery;
use crate::statistics::question::Question;
use jinggai_rules::indicators::Count;

/// The questions of all counts.
#[must_use]
pub fn questions(q: &PeriodQuery) -> Vec<(Count, Question)> {
    Count::ALL.iter().map(|c| (*c, question(*c, q))).collect()
}

/// The question of one count.
#[must_use]
pub fn question(count: Count, q: &PeriodQuery) -> Question {
    let (of_cases, facts) = facts(count);
    let facts = (!facts.is_empty()).then(|| facts.to_owned());
    if of_cases {
        return Question::Cases(CaseQuery {
            filed_from: Some(q.from),
            filed_to: Some(q.to),
            at: Some(q.at),
            facts,
            demo: q.demo(),
            ..CaseQuery::default()
        });
    }
    Question::Findings(FindingQuery {
        received_from: Some(q.from),
        received_to: Some(q.to),
        at: Some(q.at),
        facts,
        demo: q.demo(),
        own: Some(false),
        ..FindingQuery::default()
    })
}

/// Cases or findings, and what is true of them. A numerator says again what its denominator asks, so that no share is
/// ever above one, whatever the records hold.
const fn facts(count: Count) -> (bool, &'static str) {
    match count {
        Count::Reported => (false, ""),
        Count::Effective => (false, "effective"),
        Count::Upheld => (false, "upheld"),
        Count::Unclosed => (false, "unclosed"),
        Count::Filed => (true, ""),
        Count::ToDispatch => (true, "-cancelled"),
        Count::ToDispatchTimed => (true, "-cancelled,-exempted"),
        Count::DispatchedOnTime => (true, "dispatched,-late_dispatch,-exempted"),
        Count::DispatchedRight => (true, "dispatched,-returned"),
        Count::ToHandle => (true, "dispatched"),
        Count::ToHandleTimed => (true, "dispatched,-exempted"),
        Count::Handled => (true, "handled"),
        Count::HandledOnTime => (true, "handled,-late_handle,-exempted"),
        Count::OverdueOpen => (true, "dispatched,-handled,late_handle,-exempted"),
        Count::Extended => (true, "dispatched,extended"),
        Count::ToCheckTimed => (true, "to_check,-exempted"),
        Count::CheckedOnTime => (true, "checked,-late_check,-exempted"),
        Count::ToClose => (true, "handled"),
        Count::ToCloseTimed => (true, "handled,-exempted"),
        Count::Closed => (true, "handled,closed"),
        Count::ClosedOnTime => (true, "handled,closed,-late_close,-exempted"),
        Count::ClosedLate => (true, "handled,closed,late_close,-exempted"),
        Count::Reworked => (true, "handled,reworked"),
        Count::Exempted => (true, "exempted"),
    }
}
