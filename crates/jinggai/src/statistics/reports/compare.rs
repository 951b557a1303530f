//! A kept report drawn again: equal, or which figures of which rows are not what they were.
use super::{Drawn, Kept};
use crate::error::Result;
use crate::statistics::annex1::{self, Annex, figure_filter, link};
use crate::statistics::annex2::{Annex2, Span};
use crate::statistics::indicators::Indicators;
use jinggai_db::Tx;
use jinggai_rules::annex1::{figure_keys, figure_name};
use jinggai_rules::annex2::Annex2Figure;
use jinggai_rules::indicators::Count;
use serde::Serialize;
use std::collections::BTreeMap;
use uuid::Uuid;

/// A figure that is not what it was.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Changed {
    /// Key of the row.
    pub row: String,
    /// The row as people know it.
    pub label: String,
    /// 口径, `period` or `cumulative`, where the report has both.
    pub span: Option<&'static str>,
    /// The figure.
    pub figure: String,
    /// The figure in Chinese.
    pub figure_zh: String,
    /// The figure in English.
    pub figure_en: String,
    /// What the report says.
    pub before: i64,
    /// What the records say now of the same days.
    pub now: i64,
    /// The list of the rows that count now.
    pub query: Option<String>,
}

/// What became of a report when it was drawn again.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Comparison {
    /// The report.
    pub uid: Uuid,
    /// The same rows and figures.
    pub equal: bool,
    /// The kept rows have the digest they were kept with; false = the record was edited.
    pub intact: bool,
    /// Its period is closed with it.
    pub closed: bool,
    /// Digest of the kept rows.
    pub digest_before: String,
    /// Digest of the rows drawn now.
    pub digest_now: String,
    /// The last event that the report knew of.
    pub event_seq_before: i64,
    /// The last event now.
    pub event_seq_now: i64,
    /// The figures that changed, by row.
    pub changes: Vec<Changed>,
}

/// Draws a kept report again, by its own query, form and scope, and compares.
///
/// # Errors
/// What the store says.
pub async fn check(tx: &mut Tx, kept: &Kept) -> Result<Comparison> {
    let then = &kept.drawn;
    let now = then.again(tx, &kept.scope).await?;
    Ok(Comparison {
        uid: kept.uid,
        equal: then.digest() == now.digest(),
        intact: kept.intact,
        closed: kept.closing.is_some(),
        digest_before: then.digest().to_owned(),
        digest_now: now.digest().to_owned(),
        event_seq_before: then.event_seq(),
        event_seq_now: now.event_seq(),
        changes: match (then, &now) {
            (Drawn::Annex1(a), Drawn::Annex1(b)) => annex1_changes(a, b),
            (Drawn::Annex2(a), Drawn::Annex2(b)) => annex2_changes(a, b),
            (Drawn::Indicators(a), Drawn::Indicators(b)) => indicator_changes(a, b),
            // A report drawn again is of its own kind.
            _ => vec![],
        },
    })
}

/// The rows of both, by key: before and now.
fn paired<'a, R>(then: &'a [R], now: &'a [R], key: fn(&R) -> &str) -> Vec<(Option<&'a R>, Option<&'a R>)> {
    let mut out: BTreeMap<&str, (Option<&R>, Option<&R>)> = BTreeMap::new();
    for row in then {
        out.entry(key(row)).or_default().0 = Some(row);
    }
    for row in now {
        out.entry(key(row)).or_default().1 = Some(row);
    }
    out.into_values().collect()
}

fn annex1_changes(then: &Annex, now: &Annex) -> Vec<Changed> {
    let mut out = vec![];
    for (a, b) in paired(&then.rows, &now.rows, |r: &annex1::Row| &r.key) {
        let Some(row) = b.or(a) else { continue };
        for figure in figure_keys() {
            let count = |r: Option<&annex1::Row>| r.map_or(0, |r| r.cells.figure(&figure));
            let (before, now) = (count(a), count(b));
            if before != now {
                let (zh, en) = figure_name(&figure).unwrap_or_default();
                out.push(Changed {
                    row: row.key.clone(),
                    label: row.cells.label.clone(),
                    span: None,
                    figure_zh: zh.to_owned(),
                    figure_en: en.to_owned(),
                    before,
                    now,
                    query: figure_filter(&row.filter, &figure).map(|f| link(&f)),
                    figure,
                });
            }
        }
    }
    out
}

fn annex2_changes(then: &Annex2, now: &Annex2) -> Vec<Changed> {
    let mut out = vec![];
    for (a, b) in paired(&then.rows, &now.rows, |r| &r.key) {
        let Some(row) = b.or(a) else { continue };
        for span in Span::ALL {
            for f in Annex2Figure::ALL {
                let count =
                    |r: Option<&crate::statistics::annex2::Row>| r.map_or(0, |r| r.of(span).figure(f.code()));
                let (before, after) = (count(a), count(b));
                if before != after {
                    out.push(Changed {
                        row: row.key.clone(),
                        label: row.period.label.clone(),
                        span: Some(span.code()),
                        figure: f.code().to_owned(),
                        figure_zh: f.name_zh().to_owned(),
                        figure_en: f.name_en().to_owned(),
                        before,
                        now: after,
                        query: Some(now.question(row, *f, span).link()),
                    });
                }
            }
        }
    }
    out
}

fn indicator_changes(then: &Indicators, now: &Indicators) -> Vec<Changed> {
    let mut out = vec![];
    for (a, b) in paired(&then.rows, &now.rows, |r| &r.key) {
        let Some(row) = b.or(a) else { continue };
        for c in Count::ALL {
            let count = |r: Option<&crate::statistics::indicators::Row>| r.map_or(0, |r| r.count(*c));
            let (before, after) = (count(a), count(b));
            if before != after {
                out.push(Changed {
                    row: row.key.clone(),
                    label: row.label.clone(),
                    span: None,
                    figure: c.code().to_owned(),
                    figure_zh: c.name_zh().to_owned(),
                    figure_en: c.name_en().to_owned(),
                    before,
                    now: after,
                    query: Some(now.question(row, *c).link()),
                });
            }
        }
    }
    out
}
