//! The indicators as a printed table: a row a unit or street, a column an indicator, then score and rank.
use super::annex2::{asked, made_from};
use super::printed::{Book, Kind, Line, Printed, PrintedColumn, When};
use super::{Sheet, day_zh, moment};
use crate::clock;
use crate::statistics::indicators::{Indicators, Ranked, Row, ranking};
use jinggai_rules::annex1::{Cell, HeaderCell, NO_RATE, PageSetup, Paper, rate};
use jinggai_rules::indicators::{Count, Indicator};

/// The counts that are shown beside the indicators.
const SHOWN: [Count; 5] = [Count::Reported, Count::Filed, Count::ToHandle, Count::Closed, Count::Exempted];

fn computed() -> impl Iterator<Item = Indicator> {
    Indicator::ALL.iter().copied().filter(|i| i.counts().is_some())
}

pub(super) fn book(drawn: &Indicators, sheet: &Sheet) -> Book {
    let made_on = day_zh(clock::local(drawn.made_at).date());
    let columns = columns(drawn);
    let ranks = ranking(drawn);
    let header = columns.iter().enumerate().map(|(i, c)| title(i, c)).collect();
    let printed = Printed {
        name: "评价指标".to_owned(),
        annex: None,
        title: "窨井盖案卷评价指标".to_owned(),
        when: When::Period(drawn.query.words()),
        counted_in: Some("件、%".to_owned()),
        mark: drawn.query.include_demo.then(|| "含演示数据".to_owned()),
        header,
        header_rows: 1,
        columns,
        rows: drawn.rows.iter().enumerate().map(|(i, r)| cells(drawn, r, i + 1, ranks.of(&r.key))).collect(),
        sums: vec![],
        total: cells(drawn, &drawn.total, 0, None),
        page: PageSetup {
            paper: Paper::A3,
            landscape: true,
            top_mm: 20,
            bottom_mm: 20,
            left_mm: 12,
            right_mm: 12,
            fit_to_width: true,
            repeat_header: true,
        },
        remarks: remarks(drawn, sheet),
        wrong: vec![],
        signs: vec![
            ("填表人".to_owned(), sheet.made_by.clone()),
            ("填报日期".to_owned(), Some(made_on.clone())),
        ],
    };
    Book {
        flat: printed.clone(),
        sheets: vec![printed],
        checks: vec![],
        head: head(drawn, sheet),
        lines: lines(drawn),
        query: asked(&drawn.query),
        digest: drawn.digest.clone(),
        made_by: sheet.made_by.clone(),
        made_on,
        made_at: moment(drawn.made_at),
    }
}

fn title(column: usize, c: &PrintedColumn) -> HeaderCell {
    HeaderCell { zh: c.title.clone(), en: String::new(), row: 0, column, rows: 1, columns: 1 }
}

fn columns(drawn: &Indicators) -> Vec<PrintedColumn> {
    let column = |key: &str, title: &str, kind| PrintedColumn {
        key: key.to_owned(),
        title: title.to_owned(),
        group: None,
        kind,
    };
    let mut out = vec![column("seq", "序号", Kind::Seq)];
    out.extend(drawn.query.by.iter().map(|g| column(g.code(), g.zh(), Kind::Text)));
    out.extend(SHOWN.iter().map(|c| column(c.code(), c.name_zh(), Kind::Sum)));
    out.extend(
        computed().map(|i| column(&format!("{i}_percent"), &format!("{}（%）", i.name_zh()), Kind::Number)),
    );
    out.push(column("score", "得分", Kind::Number));
    out.push(column("rank", "名次", Kind::Number));
    out
}

fn cells(drawn: &Indicators, row: &Row, seq: usize, place: Option<&Ranked>) -> Vec<Cell> {
    let or_dash = |n: Option<i64>| n.map_or_else(|| Cell::Text(NO_RATE.to_owned()), Cell::Decimal);
    let mut out = vec![Cell::Integer(i64::try_from(seq).unwrap_or(i64::MAX))];
    let text = |code: &str| row.fields.get(code).cloned().unwrap_or_default();
    out.extend(drawn.query.by.iter().map(|g| Cell::Text(text(g.code()))));
    out.extend(SHOWN.iter().map(|c| Cell::Integer(row.count(*c))));
    out.extend(computed().map(|i| or_dash(row.share(i).and_then(|(part, whole)| rate(part, whole)))));
    out.push(or_dash(row.points(&drawn.score).total));
    let rank = place.and_then(|p| p.rank).and_then(|r| i64::try_from(r).ok());
    out.push(rank.map_or_else(|| Cell::Text(String::new()), Cell::Integer));
    out
}

fn remarks(drawn: &Indicators, sheet: &Sheet) -> Vec<String> {
    let mut out = vec![
        "上报按受理日期、案卷按立案日期、隐患按发现日期归入报告期，井盖按期末的台账，均按期末的状态；超时指标不计申诉获准的案卷（豁免数另列）。".to_owned(),
        computed().map(|i| format!("{}＝{}", i.name_zh(), i.formula_zh())).collect::<Vec<_>>().join("；") + "。",
    ];
    let items = drawn.score.items.iter();
    let items: Vec<String> =
        items.map(|i| format!("{} {} 分，{}", i.name, i.weight, i.scoring.name_zh())).collect();
    out.push(format!("得分：{}；没有可评对象的项不计分，其余折算为 100 分。", items.join("；")));
    if let Some(c) = &sheet.closing {
        out.push(format!("已结账：{}，{}，{}。", c.closed_name, moment(c.closed_at), c.digest));
    }
    out.extend(drawn.notes.iter().map(|n| format!("{n}。")));
    out
}

fn head(drawn: &Indicators, sheet: &Sheet) -> Vec<(&'static str, String)> {
    made_from(&drawn.query, &drawn.rules, (drawn.event_seq, drawn.made_at), &drawn.digest, sheet)
}

fn lines(drawn: &Indicators) -> Vec<Line> {
    let rows = drawn.rows.iter().enumerate().map(|(i, r)| ((i + 1).to_string(), r));
    let mut out = vec![];
    for (seq, row) in rows.chain([(String::new(), &drawn.total)]) {
        out.extend(Count::ALL.iter().map(|c| Line {
            seq: seq.clone(),
            row: row.label.clone(),
            title: c.name_zh().to_owned(),
            count: row.count(*c),
            link: Some(drawn.question(row, *c).link()),
        }));
    }
    out
}
