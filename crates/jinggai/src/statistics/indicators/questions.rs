//! What each count of the indicators is, as the question that its list asks too.
use crate::cases::findings_list::FindingQuery;
use crate::cases::list::CaseQuery;
use crate::registry::CoverFilter;
use crate::registry::filter::{Choice, MainState};
use crate::statistics::annex2::{self, Span};
use crate::statistics::period::PeriodQuery;
use crate::statistics::question::Question;
use jinggai_rules::annex2::Annex2Figure;
use jinggai_rules::indicators::Count;

/// The questions of all counts.
#[must_use]
pub fn questions(q: &PeriodQuery) -> Vec<(Count, Question)> {
    Count::ALL.iter().map(|c| (*c, question(*c, q))).collect()
}

/// The question of one count.
#[must_use]
pub fn question(count: Count, q: &PeriodQuery) -> Question {
    let some = |facts: &str| (!facts.is_empty()).then(|| facts.to_owned());
    match facts(count) {
        Facts::Cases(facts) => Question::Cases(CaseQuery {
            filed_from: Some(q.from),
            filed_to: Some(q.to),
            at: Some(q.at),
            facts: some(facts),
            demo: q.demo(),
            ..CaseQuery::default()
        }),
        Facts::Findings(facts) => Question::Findings(FindingQuery {
            received_from: Some(q.from),
            received_to: Some(q.to),
            at: Some(q.at),
            facts: some(facts),
            demo: q.demo(),
            own: Some(false),
            ..FindingQuery::default()
        }),
        // The covers are those of the filter; the lifecycles of the template have no part in it.
        Facts::Annex2(figure) => annex2::question(figure, q, &[], Span::Period),
        Facts::Covers(flags) => Question::Covers(Box::new(covers(q, flags))),
        Facts::SoundCovers => {
            let all = covers(q, &[]);
            Question::Covers(Box::new(CoverFilter { state: Choice::one(MainState::Ok), ..all }))
        }
    }
}

/// The covers in use at the end of the period, with these flags.
fn covers(q: &PeriodQuery, flags: &[(&'static str, bool)]) -> CoverFilter {
    let all = CoverFilter { as_of: Some(q.as_of()), ..CoverFilter::default() }.with_flag("in_use", true);
    let all = if q.include_demo { all } else { all.with_flag("demo", false) };
    flags.iter().fold(all, |f, (name, value)| f.with_flag(name, *value))
}

/// What is counted, and what is true of it.
enum Facts {
    Cases(&'static str),
    Findings(&'static str),
    /// The same hazards as a figure of 附件2.
    Annex2(Annex2Figure),
    Covers(&'static [(&'static str, bool)]),
    /// 完好 by the main state of 附件1.
    SoundCovers,
}

/// A numerator says again what its denominator asks, so that no share is
/// ever above one, whatever the records hold.
const fn facts(count: Count) -> Facts {
    use Facts::{Annex2, Cases, Covers, Findings, SoundCovers};
    match count {
        Count::Reported => Findings(""),
        Count::Effective => Findings("effective"),
        Count::Upheld => Findings("upheld"),
        Count::Unclosed => Findings("unclosed"),
        Count::Filed => Cases(""),
        Count::ToDispatch => Cases("-cancelled"),
        Count::ToDispatchTimed => Cases("-cancelled,-exempted"),
        Count::DispatchedOnTime => Cases("dispatched,-late_dispatch,-exempted"),
        Count::DispatchedRight => Cases("dispatched,-returned"),
        Count::ToHandle => Cases("dispatched"),
        Count::ToHandleTimed => Cases("dispatched,-exempted"),
        Count::Handled => Cases("handled"),
        Count::HandledOnTime => Cases("handled,-late_handle,-exempted"),
        Count::OverdueOpen => Cases("dispatched,-handled,late_handle,-exempted"),
        Count::Extended => Cases("dispatched,extended"),
        Count::ToCheckTimed => Cases("to_check,-exempted"),
        Count::CheckedOnTime => Cases("checked,-late_check,-exempted"),
        Count::ToClose => Cases("handled"),
        Count::ToCloseTimed => Cases("handled,-exempted"),
        Count::Closed => Cases("handled,closed"),
        Count::ClosedOnTime => Cases("handled,closed,-late_close,-exempted"),
        Count::ClosedLate => Cases("handled,closed,late_close,-exempted"),
        Count::Reworked => Cases("handled,reworked"),
        Count::Exempted => Cases("exempted"),
        Count::InUse => Covers(&[]),
        Count::Archived => Covers(&[("archived", true)]),
        Count::Labelled => Covers(&[("labelled", true)]),
        Count::OwnerConfirmed => Covers(&[("owner_confirmed", true)]),
        Count::OwnerUnclear => Covers(&[("owner_confirmed", false)]),
        Count::FallbackSet => Covers(&[("owner_confirmed", false), ("fallback_set", true)]),
        Count::Intact => SoundCovers,
        Count::GuardNeeded => Covers(&[("guard_needed", true)]),
        Count::Guarded => Covers(&[("guard_needed", true), ("guarded", true)]),
        Count::Monitored => Covers(&[("sensor", true)]),
        Count::HazardsFound => Annex2(Annex2Figure::Found),
        Count::HazardsFixed => Annex2(Annex2Figure::Fixed),
    }
}
