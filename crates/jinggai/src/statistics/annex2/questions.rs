//! What each figure of 附件2 counts, as the question that its list asks too.
use super::Span;
use crate::cases::findings_list::FindingQuery;
use crate::cases::hazards_list::HazardQuery;
use crate::registry::CoverFilter;
use crate::registry::filter::Choice;
use crate::statistics::period::PeriodQuery;
use crate::statistics::question::Question;
use jinggai_rules::annex2::Annex2Figure as F;
use jinggai_rules::case_rules::Source;
use jinggai_rules::hazards::{FixedColumn, FoundColumn};
use jinggai_rules::kinds::Lifecycle;

/// The columns of problems: all but renewal, which has columns of its own.
fn problems() -> String {
    let all = FoundColumn::ALL.iter().filter(|c| **c != FoundColumn::Renewal);
    all.map(|c| c.code()).collect::<Vec<_>>().join(",")
}

/// 12345 and 12319.
fn hotlines() -> String {
    [Source::Hotline12345, Source::Hotline12319].map(Source::code).join(",")
}

/// The questions of a span, one for each figure.
#[must_use]
pub fn questions(q: &PeriodQuery, counted: &[Lifecycle], span: Span) -> Vec<(F, Question)> {
    F::ALL.iter().map(|f| (*f, question(*f, q, counted, span))).collect()
}

/// The question of one figure.
#[must_use]
pub fn question(figure: F, q: &PeriodQuery, counted: &[Lifecycle], span: Span) -> Question {
    match figure {
        F::Inspected | F::Ownerless | F::FallbackSet | F::SmartUpgraded => {
            Question::Covers(Box::new(covers(figure, q, counted, span)))
        }
        F::Complaints | F::ComplaintsClosed => Question::Findings(complaints(figure, q, span)),
        _ => Question::Hazards(hazards(figure, q, span)),
    }
}

fn covers(figure: F, q: &PeriodQuery, counted: &[Lifecycle], span: Span) -> CoverFilter {
    let from = (span == Span::Period).then_some(q.from);
    let mut f = CoverFilter { as_of: Some(q.as_of()), ..CoverFilter::default() };
    if figure == F::Inspected {
        // Whatever became of the cover since: it was looked at.
        (f.inspected_from, f.inspected_to) = (from, Some(q.to));
    } else {
        f.lifecycle = Choice { any: counted.to_vec(), none: false };
    }
    if !q.include_demo {
        f = f.with_flag("demo", false);
    }
    match figure {
        F::Ownerless => f.with_flag("owner_confirmed", false),
        F::FallbackSet => f.with_flag("owner_confirmed", false).with_flag("fallback_set", true),
        F::SmartUpgraded => {
            f.sensor_since = from;
            f.with_flag("sensor", true)
        }
        _ => f,
    }
}

fn complaints(figure: F, q: &PeriodQuery, span: Span) -> FindingQuery {
    FindingQuery {
        source: Some(hotlines()),
        received_from: (span == Span::Period).then_some(q.from),
        received_to: Some(q.to),
        at: Some(q.at),
        facts: (figure == F::ComplaintsClosed).then(|| "concluded".to_owned()),
        demo: q.demo(),
        own: Some(false),
        ..FindingQuery::default()
    }
}

/// Hazards that were withdrawn by the moment looked at are none: they count nowhere.
fn hazards(figure: F, q: &PeriodQuery, span: Span) -> HazardQuery {
    let facts = match figure {
        F::Open => "open",
        F::Unplanned => "open,-planned",
        F::RenewalPlan => "-withdrawn,in_plan",
        F::Fixed | F::Cleared | F::RenewalDone => "fixed",
        _ if fixed_column(figure).is_some() => "fixed",
        _ => "-withdrawn",
    };
    let found_as = match figure {
        F::RenewalFound | F::RenewalPlan | F::RenewalDone => FoundColumn::Renewal.code().to_owned(),
        _ => found_column(figure).map_or_else(problems, |c| c.code().to_owned()),
    };
    let mut h = HazardQuery {
        facts: Some(facts.to_owned()),
        found_as: Some(found_as),
        fixed_by: fixed_column(figure).map(|c| c.code().to_owned()),
        at: Some(q.at),
        demo: q.demo(),
        ..HazardQuery::default()
    };
    let from = (span == Span::Period).then_some(q.from);
    if figure == F::Cleared {
        // Whenever found.
        (h.closed_from, h.closed_to) = (from, Some(q.to));
    } else {
        (h.found_from, h.found_to) = (from, Some(q.to));
    }
    h
}

fn found_column(figure: F) -> Option<FoundColumn> {
    FoundColumn::ALL.iter().copied().find(|c| *c != FoundColumn::Renewal && F::of_found(*c) == figure)
}

fn fixed_column(figure: F) -> Option<FixedColumn> {
    FixedColumn::ALL.iter().copied().find(|c| F::of_fixed(*c) == figure)
}
