//! 评价指标与评分 (`domain.md` 3.8 of cases, 2.2 of covers and hazards): by unit, street or kind, for a period, with the rows behind both sides.
//!
//! What the counts mean is told by [`jinggai_rules::indicators`]; here they become questions, and the rows of a table.
//! Exempted cases (超时申诉获准) are left out of every timeout indicator and marked by a count of their own; a granted
//! appeal works on past periods too, which is what it is for. The score follows the rule pack `score`.
mod questions;
mod ranking;

pub use questions::{question as of_count, questions};
pub use ranking::{Ranked, Ranking, ranking};

use crate::clock;
use crate::error::{AppError, Result};
use crate::identity::Scope;
use crate::registry::{FilterContext, packs};
use crate::statistics::annex1::PackUsed;
use crate::statistics::count;
use crate::statistics::division::Division;
use crate::statistics::names::Names;
use crate::statistics::period::PeriodQuery;
use crate::statistics::question::{self, Asking, Question, Slice};
use crate::statistics::slices::{Head, Part, Slicer};
use jiff::Timestamp;
use jinggai_db::{Tx, sql};
use jinggai_rules::cite::cite;
use jinggai_rules::indicators::{Count, Indicator};
use jinggai_rules::score::{Points, Score};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A row: counts, from which indicators and score follow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Stable key, such as `unit:jb-psgs`.
    pub key: String,
    /// As people know it.
    pub label: String,
    /// Texts by grouping.
    pub fields: BTreeMap<String, String>,
    /// What it stands for.
    pub slice: Slice,
    /// The counts; absent = 0.
    pub counts: BTreeMap<Count, i64>,
}

impl Row {
    /// A count.
    #[must_use]
    pub fn count(&self, c: Count) -> i64 {
        self.counts.get(&c).copied().unwrap_or_default()
    }

    /// Numerator and denominator of an indicator; none when it is not computed.
    #[must_use]
    pub fn share(&self, i: Indicator) -> Option<(i64, i64)> {
        i.counts().map(|(part, whole)| (self.count(part), self.count(whole)))
    }

    /// The points by a score.
    #[must_use]
    pub fn points(&self, score: &Score) -> Points {
        score.points(|i| self.share(i))
    }
}

/// The indicators of a period, drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Indicators {
    /// What was asked.
    pub query: PeriodQuery,
    /// 评分办法.
    pub score: Score,
    /// The rule packs that decided.
    pub rules: Vec<PackUsed>,
    /// The last event that the figures know of.
    pub event_seq: i64,
    /// When it was drawn.
    pub made_at: Timestamp,
    /// The rows.
    pub rows: Vec<Row>,
    /// 合计.
    pub total: Row,
    /// What a reader must know.
    pub notes: Vec<String>,
    /// SM3 over the counts of the rows.
    pub digest: String,
}

impl Indicators {
    /// The question behind a count of a row.
    #[must_use]
    pub fn question(&self, row: &Row, count: Count) -> Question {
        of_count(count, &self.query).of(&row.slice)
    }

    /// The digest of the counts as they are now.
    #[must_use]
    pub fn digest_now(&self) -> String {
        digest(&self.rows)
    }
}

/// SM3 over the rows in the order of their keys: per row the line `[key, {count: number, …}]`.
fn digest(rows: &[Row]) -> String {
    super::digest::rows(rows, |r| &r.key, |r| serde_json::json!([r.key, r.counts]))
}

/// The score in force on the last day of a period; for days before the first one, today's.
///
/// # Errors
/// What the store says.
pub async fn score_for(tx: &mut Tx, query: &PeriodQuery) -> Result<Score> {
    if let Some(score) = packs::current(tx, query.as_of()).await? {
        return Ok(score);
    }
    let today = packs::current(tx, clock::today()).await?;
    today.ok_or_else(|| AppError::internal(anyhow::anyhow!("no score is in force")))
}

/// Draws the indicators from one unchanging state of the store; give it a snapshot.
///
/// # Errors
/// `report.period`, `report.by` for what makes no table; else what the store says.
pub async fn draw(tx: &mut Tx, query: PeriodQuery, mut score: Score, scope: &Scope) -> Result<Indicators> {
    score.pack.source = cite(&score.pack.source);
    query.check()?;
    let filter = FilterContext::load(tx).await?;
    let catalogue = &question::catalogue(tx).await?;
    let cx = Asking { filter: &filter, catalogue, now: query.at };
    let (event_seq,): (i64,) = tx.one(sql!("SELECT seq FROM event_head WHERE id = 1")).await?;
    let counted = count::count(tx, &query.by, &questions(&query), &query.within, scope, &cx).await?;
    let names = Names::load(tx).await?;
    let division = Division::load(tx, query.division).await?;
    let slicer = Slicer::new(&query.by, &query.within, &names, &division);
    let mut sums: BTreeMap<Vec<Part>, BTreeMap<Count, i64>> = BTreeMap::new();
    let mut total = BTreeMap::new();
    for (group, counts) in &counted {
        let row = sums.entry(slicer.parts(group)).or_default();
        for (c, n) in counts.iter().filter(|(_, n)| **n > 0) {
            *row.entry(*c).or_default() += n;
            *total.entry(*c).or_default() += n;
        }
    }
    let rows: Vec<Row> = sums.into_iter().map(|(parts, counts)| row(slicer.head(&parts), counts)).collect();
    let head = Head {
        key: "total".to_owned(),
        label: "合计".to_owned(),
        fields: BTreeMap::new(),
        slice: query.within.clone(),
    };
    let mut notes = division.notes().to_vec();
    notes.extend(remarks(&query));
    Ok(Indicators {
        rules: vec![PackUsed::of(&score)],
        event_seq,
        made_at: Timestamp::now(),
        digest: digest(&rows),
        total: row(head, total),
        query,
        score,
        rows,
        notes,
    })
}

fn row(head: Head, counts: BTreeMap<Count, i64>) -> Row {
    Row { key: head.key, label: head.label, fields: head.fields, slice: head.slice, counts }
}

fn remarks(query: &PeriodQuery) -> Vec<String> {
    let lacking = Indicator::ALL.iter().filter_map(|i| Some(format!("{}：{}", i.name_zh(), i.lacks_zh()?)));
    query.remark().into_iter().chain(lacking).collect()
}
