//! Counting: many questions about one table in one pass, grouped by ids.
use super::question::{Asking, Grouping, Question, Slice, Source};
use crate::error::Result;
use crate::identity::Scope;
use jiff::civil::Date;
use jinggai_db::{Cols, DbError, FromRow, Sql, Tx};
use std::collections::{BTreeMap, HashMap};

/// A raw value of a grouping: the id of a unit or area, or a kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Raw {
    /// Row id.
    Id(i64),
    /// A kind.
    Word(String),
    /// Nothing recorded.
    Nothing,
}

/// Raw values of the groupings, in their order.
pub type Group = Vec<Raw>;

/// Of each grouping the id and the word, of which at most one is there.
type Stored = [(Option<i64>, Option<String>); 2];

struct Counted {
    group: Stored,
    counts: Vec<i64>,
}

fn group(c: &mut Cols) -> std::result::Result<Stored, DbError> {
    Ok([(c.get()?, c.get()?), (c.get()?, c.get()?)])
}

impl FromRow for Counted {
    fn from_row(c: &mut Cols) -> std::result::Result<Self, DbError> {
        let group = group(c)?;
        let counts = (0..c.left()).map(|_| c.get()).collect::<std::result::Result<_, _>>()?;
        Ok(Counted { group, counts })
    }
}

struct Latest {
    group: Stored,
    day: Option<Date>,
}

impl FromRow for Latest {
    fn from_row(c: &mut Cols) -> std::result::Result<Self, DbError> {
        Ok(Latest { group: group(c)?, day: c.get()? })
    }
}

fn raw(by: &[Grouping], group: Stored) -> Group {
    let value = |(id, word)| match (id, word) {
        (Some(id), _) => Raw::Id(id),
        (None, Some(word)) => Raw::Word(word),
        (None, None) => Raw::Nothing,
    };
    group.into_iter().take(by.len()).map(value).collect()
}

/// `SELECT` with the columns of the groupings; what is counted and the rest are for the caller to append.
fn select(source: Source, by: &[Grouping]) -> Sql {
    let column = |i: usize| match by.get(i) {
        Some(Grouping::Kind) => format!("CAST(NULL AS BIGINT), {}", source.column(Grouping::Kind)),
        Some(g) => format!("{}, CAST(NULL AS TEXT)", source.column(*g)),
        None => "CAST(NULL AS BIGINT), CAST(NULL AS TEXT)".to_owned(),
    };
    Sql::new(&format!("SELECT {}, {}", column(0), column(1)), vec![])
}

/// The statement that answers these questions of one source. Public so that its plan can be looked at.
///
/// # Errors
/// `list.…` naming the parameter that is wrong.
pub fn statement(
    source: Source,
    by: &[Grouping],
    questions: &[&Question],
    scope: &Scope,
    cx: &Asking<'_>,
) -> Result<Sql> {
    let mut q = select(source, by);
    for question in questions {
        q.push(", COUNT(*) FILTER (WHERE ", []);
        q.append(question.condition(cx)?);
        q.push(")", []);
    }
    q.push(&format!(" FROM {} WHERE 1 = 1", source.table()), []);
    Question::and_shared(&mut q, questions);
    source.bound(scope, &mut q);
    q.push(" GROUP BY 1, 2, 3, 4", []);
    Ok(q)
}

/// Answers questions within a slice, group by group; groups in which all answers are 0 are left out.
///
/// # Errors
/// `list.…` naming the parameter that is wrong; else what the store says.
pub async fn count<K: Clone + Ord>(
    tx: &mut Tx,
    by: &[Grouping],
    questions: &[(K, Question)],
    within: &Slice,
    scope: &Scope,
    cx: &Asking<'_>,
) -> Result<HashMap<Group, BTreeMap<K, i64>>> {
    let mut out: HashMap<Group, BTreeMap<K, i64>> = HashMap::new();
    for source in Source::ALL {
        let asked: Vec<(K, Question)> = questions
            .iter()
            .filter(|(_, q)| q.source() == source)
            .map(|(k, q)| (k.clone(), q.clone().of(within)))
            .collect();
        if asked.is_empty() {
            continue;
        }
        let list: Vec<&Question> = asked.iter().map(|(_, q)| q).collect();
        let rows: Vec<Counted> = tx.all(statement(source, by, &list, scope, cx)?).await?;
        for row in rows.into_iter().filter(|r| r.counts.iter().any(|n| *n > 0)) {
            let figures = out.entry(raw(by, row.group)).or_default();
            for ((key, _), n) in asked.iter().zip(row.counts) {
                *figures.entry(key.clone()).or_default() += n;
            }
        }
    }
    Ok(out)
}

/// 计划完成时限: the latest planned day of the hazards that a question asks for, group by group.
///
/// # Errors
/// As [`count`].
pub async fn latest_planned(
    tx: &mut Tx,
    by: &[Grouping],
    question: Question,
    within: &Slice,
    scope: &Scope,
    cx: &Asking<'_>,
) -> Result<HashMap<Group, Date>> {
    let mut q = select(Source::Hazards, by);
    q.push(", MAX(h.planned_on) FROM hazards h WHERE ", []);
    q.append(question.of(within).condition(cx)?);
    Source::Hazards.bound(scope, &mut q);
    q.push(" GROUP BY 1, 2, 3, 4", []);
    let rows: Vec<Latest> = tx.all(q).await?;
    Ok(rows.into_iter().filter_map(|r| Some((raw(by, r.group), r.day?))).collect())
}
