//! Drawing 附件2: all questions of both spans in one pass per table, rows from their groups.
use super::{Span, questions};
use crate::error::Result;
use crate::identity::Scope;
use crate::registry::FilterContext;
use crate::statistics::annex1::PackUsed;
use crate::statistics::count::{self, Group};
use crate::statistics::division::Division;
use crate::statistics::fit::{Title, fit};
use crate::statistics::names::Names;
use crate::statistics::period::PeriodQuery;
use crate::statistics::question::{self, Asking, Grouping, Question, Slice};
use crate::statistics::slices::{Head, Part, Slicer};
use jiff::Timestamp;
use jiff::civil::Date;
use jinggai_db::{Tx, sql};
use jinggai_rules::annex1::{AnnexTemplate, FigureRow, Finding};
use jinggai_rules::annex2::Annex2Figure as F;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// A row of the table: the same unit, street or kind in the period and cumulative.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Stable key, such as `unit:jb-psgs`.
    pub key: String,
    /// What it stands for.
    pub slice: Slice,
    /// 本期.
    pub period: FigureRow,
    /// 累计.
    pub cumulative: FigureRow,
}

impl Row {
    /// The figures of a span.
    #[must_use]
    pub fn of(&self, span: Span) -> &FigureRow {
        match span {
            Span::Period => &self.period,
            Span::Cumulative => &self.cumulative,
        }
    }

    /// The figures of a span, to be filled in.
    pub fn of_mut(&mut self, span: Span) -> &mut FigureRow {
        match span {
            Span::Period => &mut self.period,
            Span::Cumulative => &mut self.cumulative,
        }
    }
}

/// 附件2, drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Annex2 {
    /// What was asked.
    pub query: PeriodQuery,
    /// The template, with the columns of the groupings shown.
    pub template: AnnexTemplate,
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
    /// SM3 over the figures of the rows.
    pub digest: String,
}

impl Annex2 {
    /// 校核: where two sums do not agree, by span and row; the totals are also compared with the rows.
    #[must_use]
    pub fn findings(&self) -> Vec<(Span, Finding)> {
        let mut found = vec![];
        for span in Span::ALL {
            let rows: Vec<FigureRow> = self.rows.iter().map(|r| r.of(span).clone()).collect();
            let total = self.total.of(span);
            let every = rows.iter().chain([total]);
            found.extend(every.flat_map(|r| self.template.check_row(r)).map(|f| (span, f)));
            found.extend(self.template.check_sum(total, &rows).into_iter().map(|f| (span, f)));
        }
        found
    }

    /// The question behind a figure of a row.
    #[must_use]
    pub fn question(&self, row: &Row, figure: F, span: Span) -> Question {
        super::question(figure, &self.query, &self.template.counted, span).of(&row.slice)
    }

    /// The digest of the figures as they are now.
    #[must_use]
    pub fn digest_now(&self) -> String {
        digest(&self.rows)
    }
}

/// SM3 over the rows in the order of their keys: per row the line `[key, {period figures}, {cumulative figures}]`.
fn digest(rows: &[Row]) -> String {
    let line = |r: &Row| serde_json::json!([r.key, r.period.figures, r.cumulative.figures]);
    crate::statistics::digest::rows(rows, |r| &r.key, line)
}

/// A figure within its span.
type Key = (Span, F);

#[derive(Default)]
struct Sums {
    figures: BTreeMap<Key, i64>,
    planned: BTreeMap<Span, Date>,
}

impl Sums {
    fn add(&mut self, figures: &BTreeMap<Key, i64>, planned: &[(Span, Option<&Date>)]) {
        for (key, n) in figures.iter().filter(|(_, n)| **n > 0) {
            *self.figures.entry(*key).or_default() += n;
        }
        for (span, day) in planned {
            if let Some(day) = day {
                self.planned.entry(*span).and_modify(|d| *d = (*d).max(**day)).or_insert(**day);
            }
        }
    }

    fn row(self, head: Head, query: &PeriodQuery) -> Row {
        let side = |span: Span| {
            let of = |f: F| self.figures.get(&(span, f)).copied().unwrap_or_default();
            let mut fields = head.fields.clone();
            fields.insert("period".to_owned(), query.words());
            fields.insert("span".to_owned(), span.zh().to_owned());
            let planned = planned(of(F::Open), of(F::Unplanned), self.planned.get(&span));
            fields.extend(planned.map(|text| ("planned_date".to_owned(), text)));
            let figures = self.figures.iter().filter(|((s, _), _)| *s == span);
            let figures = figures.map(|((_, f), n)| (f.code().to_owned(), *n)).collect();
            FigureRow { fields, figures, ..FigureRow::new(head.label.clone()) }
        };
        Row {
            key: head.key.clone(),
            period: side(Span::Period),
            cumulative: side(Span::Cumulative),
            slice: head.slice,
        }
    }
}

/// 计划完成时限 of what is open: the latest planned day, with how many have none.
fn planned(open: i64, unplanned: i64, latest: Option<&Date>) -> Option<String> {
    match latest {
        _ if open == 0 => None,
        None => Some("未定".to_owned()),
        Some(day) if unplanned > 0 => Some(format!("{day}（{unplanned} 个未定）")),
        Some(day) => Some(day.to_string()),
    }
}

/// Draws the table from one unchanging state of the store; give it a snapshot.
///
/// # Errors
/// `report.period`, `report.by` for what makes no table; else what the store says.
pub async fn draw(tx: &mut Tx, query: PeriodQuery, template: AnnexTemplate, scope: &Scope) -> Result<Annex2> {
    query.check()?;
    let filter = FilterContext::load(tx).await?;
    let catalogue = &question::catalogue(tx).await?;
    let cx = Asking { filter: &filter, catalogue, now: query.at };
    let (event_seq,): (i64,) = tx.one(sql!("SELECT seq FROM event_head WHERE id = 1")).await?;
    let mut asked: Vec<(Key, Question)> = vec![];
    for span in Span::ALL {
        asked.extend(questions(&query, &template.counted, span).into_iter().map(|(f, q)| ((span, f), q)));
    }
    let counted = count::count(tx, &query.by, &asked, &query.within, scope, &cx).await?;
    let mut planned: Vec<(Span, HashMap<Group, Date>)> = vec![];
    for span in Span::ALL {
        let open = super::question(F::Open, &query, &template.counted, span);
        planned.push((span, count::latest_planned(tx, &query.by, open, &query.within, scope, &cx).await?));
    }
    let names = Names::load(tx).await?;
    let division = Division::load(tx, query.division).await?;
    let (rows, total) = assemble(&query, &counted, &planned, &names, &division);
    let mut notes = division.notes().to_vec();
    notes.extend(remarks(&query, &total));
    notes.extend(demo_left_out(tx, &query, &template, scope, &cx).await?);
    Ok(Annex2 {
        rules: vec![PackUsed::of(&template), PackUsed::of(catalogue)],
        template: fitted(template, &query.by),
        event_seq,
        made_at: Timestamp::now(),
        digest: digest(&rows),
        query,
        rows,
        total,
        notes,
    })
}

fn assemble(
    query: &PeriodQuery,
    counted: &HashMap<Group, BTreeMap<Key, i64>>,
    planned: &[(Span, HashMap<Group, Date>)],
    names: &Names,
    division: &Division,
) -> (Vec<Row>, Row) {
    let slicer = Slicer::new(&query.by, &query.within, names, division);
    let mut sums: BTreeMap<Vec<Part>, Sums> = BTreeMap::new();
    let mut total = Sums::default();
    for (group, figures) in counted {
        let days: Vec<(Span, Option<&Date>)> = planned.iter().map(|(s, p)| (*s, p.get(group))).collect();
        sums.entry(slicer.parts(group)).or_default().add(figures, &days);
        total.add(figures, &days);
    }
    let head = Head {
        key: "total".to_owned(),
        label: "合计".to_owned(),
        fields: BTreeMap::new(),
        slice: query.within.clone(),
    };
    let rows = sums.into_iter().map(|(parts, s)| s.row(slicer.head(&parts), query)).collect();
    (rows, total.row(head, query))
}

fn fitted(template: AnnexTemplate, by: &[Grouping]) -> AnnexTemplate {
    let title = |g: Grouping| Title { code: g.code(), field: g.code(), zh: g.zh(), en: g.en() };
    let by: Vec<Title> = by.iter().map(|g| title(*g)).collect();
    fit(template, &by, &Grouping::ALL.map(title))
}

fn remarks(query: &PeriodQuery, total: &Row) -> Vec<String> {
    let mut notes: Vec<String> = query.remark().into_iter().collect();
    if total.period.figure(F::Inspected.code()) == 0 {
        notes.push("报告期内没有涉及井盖的上报或案卷，排查窨井盖数为 0".to_owned());
    }
    notes
}

/// Says how many demo records were left out, so that an empty table explains itself.
async fn demo_left_out(
    tx: &mut Tx,
    query: &PeriodQuery,
    template: &AnnexTemplate,
    scope: &Scope,
    cx: &Asking<'_>,
) -> Result<Option<String>> {
    if query.include_demo {
        return Ok(None);
    }
    let all = PeriodQuery { include_demo: true, ..query.clone() };
    let asked: Vec<(F, Question)> = [F::Found, F::RenewalFound, F::Complaints]
        .into_iter()
        .map(|f| {
            let mut q = super::question(f, &all, &template.counted, Span::Cumulative);
            match &mut q {
                Question::Hazards(h) => h.demo = Some(true),
                Question::Findings(d) => d.demo = Some(true),
                Question::Covers(_) | Question::Cases(_) => {}
            }
            (f, q)
        })
        .collect();
    let counted = count::count(tx, &[], &asked, &query.within, scope, cx).await?;
    let of = |f: F| counted.values().filter_map(|c| c.get(&f)).sum::<i64>();
    let (hazards, complaints) = (of(F::Found) + of(F::RenewalFound), of(F::Complaints));
    Ok((hazards + complaints > 0)
        .then(|| format!("另有演示数据 {hazards} 条隐患、{complaints} 条投诉未计入")))
}
