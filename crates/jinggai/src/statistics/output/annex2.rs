//! 附件2 as printed tables: 本期 and 累计, each on a sheet of its own; one below the other where a format holds one table.
use super::printed::{Book, Kind, Line, Printed, PrintedColumn, When, checked, signs};
use super::{Sheet, day_zh, moment};
use crate::clock;
use crate::statistics::annex1::PackUsed;
use crate::statistics::annex2::{Annex2, Row, Span};
use crate::statistics::period::PeriodQuery;
use jiff::Timestamp;
use jinggai_rules::annex1::{Cell, ColumnValue, Finding, HeaderCell};
use jinggai_rules::annex2::Annex2Figure;

pub(super) fn book(annex: &Annex2, sheet: &Sheet) -> Book {
    let findings = annex.findings();
    let made_on = day_zh(clock::local(annex.made_at).date());
    let printed = |span: Span| printed(annex, sheet, span, &findings, &made_on);
    let named: Vec<Finding> = findings
        .iter()
        .map(|(span, f)| Finding { row: format!("{} {}", span.zh(), f.row), ..f.clone() })
        .collect();
    Book {
        flat: flat(&annex.query, printed(Span::Period), printed(Span::Cumulative)),
        sheets: Span::ALL.map(printed).to_vec(),
        checks: checked(&annex.template, &named),
        head: head(annex, sheet),
        lines: lines(annex),
        query: asked(&annex.query),
        digest: sheet.closing.as_ref().map_or_else(|| annex.digest.clone(), |c| c.digest.clone()),
        made_by: sheet.made_by.clone(),
        made_on,
        made_at: moment(annex.made_at),
    }
}

/// What was asked, in one line.
pub(super) fn asked(q: &PeriodQuery) -> String {
    let by: Vec<&str> = q.by.iter().map(|g| g.code()).collect();
    let mut out = form_urlencoded::Serializer::new(String::new());
    out.append_pair("from", &q.from.to_string()).append_pair("to", &q.to.to_string());
    out.append_pair("at", &q.at.to_string()).append_pair("by", &by.join(","));
    out.append_pair("division", &q.division.to_string());
    let within =
        [("unit", q.within.unit.words()), ("area", q.within.area.words()), ("kind", q.within.kind.words())];
    for (name, value) in within {
        if let Some(value) = value {
            out.append_pair(name, &value);
        }
    }
    out.append_pair("include_demo", if q.include_demo { "true" } else { "false" });
    out.finish()
}

fn printed(
    annex: &Annex2,
    sheet: &Sheet,
    span: Span,
    findings: &[(Span, Finding)],
    made_on: &str,
) -> Printed {
    let t = &annex.template;
    let rows = annex.rows.iter().enumerate().map(|(i, r)| t.cells(r.of(span), i + 1));
    let when = match span {
        Span::Period => format!("{}（本期）", annex.query.words()),
        Span::Cumulative => format!("截至 {}（累计）", annex.query.as_of()),
    };
    Printed {
        name: format!("附件2（{}）", span.zh()),
        annex: Some("附件2".to_owned()),
        title: t.title_zh.clone(),
        when: When::Period(when),
        counted_in: Some("个".to_owned()),
        mark: annex.query.include_demo.then(|| "含演示数据".to_owned()),
        columns: PrintedColumn::all(t),
        header: t.header(),
        header_rows: t.header_rows(),
        rows: rows.collect(),
        sums: vec![],
        total: t.cells(annex.total.of(span), 0),
        page: t.page.clone(),
        remarks: remarks(annex, sheet),
        wrong: findings.iter().filter(|(s, _)| *s == span).map(|(_, f)| f.message_zh()).collect(),
        signs: signs(t, sheet.made_by.as_ref(), made_on),
    }
}

/// Both tables in one, the span in a column of its own; each ends with its total.
fn flat(q: &PeriodQuery, period: Printed, cumulative: Printed) -> Printed {
    let mut out = period.clone();
    let column = PrintedColumn { key: "span".into(), title: "口径".into(), group: None, kind: Kind::Text };
    out.columns.insert(0, column);
    out.when = When::Period(format!("{}，累计至期末", q.words()));
    out.header.iter_mut().for_each(|h| h.column += 1);
    let title = HeaderCell {
        zh: "口径".to_owned(),
        en: "Span".to_owned(),
        row: 0,
        column: 0,
        rows: out.header_rows,
        columns: 1,
    };
    out.header.insert(0, title);
    out.rows.clear();
    for (span, table) in [(Span::Period, period), (Span::Cumulative, cumulative)] {
        let first = |mut row: Vec<Cell>, word: String| {
            row.insert(0, Cell::Text(word));
            row
        };
        out.rows.extend(table.rows.into_iter().map(|r| first(r, span.zh().to_owned())));
        if span == Span::Period {
            // A total among the rows has no number.
            let blank = |(cell, c): (Cell, &PrintedColumn)| {
                if c.kind == Kind::Seq { Cell::Text(String::new()) } else { cell }
            };
            let total = table.total.into_iter().zip(&table.columns).map(blank).collect();
            out.sums.push(out.rows.len());
            out.rows.push(first(total, format!("{}合计", span.zh())));
        } else {
            out.total = first(table.total, "累计合计".to_owned());
        }
        out.wrong.extend(table.wrong);
    }
    out
}

fn remarks(annex: &Annex2, sheet: &Sheet) -> Vec<String> {
    let mut out = vec![
        "本期只计报告期内发现（或受理）的，累计自有记录起；均按期末的状态。已撤销的隐患不计；超年限、材质落后计入更新改造。".to_owned(),
        "排查数为期内有上报或案卷的井盖；资金、执法、监督、移送等栏为手工填报，空白为未填。".to_owned(),
    ];
    if let Some(c) = &sheet.closing {
        out.push(format!("已结账：{}，{}，{}。", c.closed_name, moment(c.closed_at), c.digest));
    }
    if annex.query.include_demo {
        out.push("含演示数据。".to_owned());
    }
    out.extend(annex.notes.iter().map(|n| format!("{n}。")));
    out
}

/// How a table about a period came to be: what was asked and when, by which rules, with which digest.
pub(super) fn made_from(
    q: &PeriodQuery,
    rules: &[PackUsed],
    (event_seq, made_at): (i64, Timestamp),
    digest: &str,
    sheet: &Sheet,
) -> Vec<(&'static str, String)> {
    let by: Vec<&str> = q.by.iter().map(|g| g.zh()).collect();
    let rules: Vec<String> = rules.iter().map(|r| format!("{}@{}", r.id, r.version)).collect();
    vec![
        ("报表编号", sheet.uid.map_or_else(|| "未存档".to_owned(), |u| u.to_string())),
        ("查询条件", asked(q)),
        ("报告期", q.words()),
        ("分组", by.join("、")),
        ("数据时点", moment(q.at)),
        ("区划时点", q.division.to_string()),
        ("生成时间", moment(made_at)),
        ("事件序号", event_seq.to_string()),
        ("规则版本", rules.join("、")),
        ("数据摘要", digest.to_owned()),
    ]
}

fn head(annex: &Annex2, sheet: &Sheet) -> Vec<(&'static str, String)> {
    let drawn = (annex.event_seq, annex.made_at);
    let mut out = made_from(&annex.query, &annex.rules, drawn, &annex.digest, sheet);
    if let Some(c) = &sheet.closing {
        out.push(("结账", format!("{} {} {}", c.closed_name, moment(c.closed_at), c.digest)));
    }
    for c in &sheet.cells {
        let at = moment(c.filled_at);
        let span = Span::ALL.into_iter().find(|s| s.code() == c.span).map_or("", Span::zh);
        out.push((
            "手工填报",
            format!("{} {span} {} = {}（{}，{at}）", c.row, c.cell, c.value, c.filled_name),
        ));
    }
    out
}

fn lines(annex: &Annex2) -> Vec<Line> {
    let numbered = || {
        let rows = annex.rows.iter().enumerate().map(|(i, r)| ((i + 1).to_string(), r));
        rows.chain([(String::new(), &annex.total)])
    };
    let mut out = vec![];
    for span in Span::ALL {
        for (seq, row) in numbered() {
            lines_of(annex, row, &seq, span, &mut out);
        }
    }
    out
}

fn lines_of(annex: &Annex2, row: &Row, seq: &str, span: Span, out: &mut Vec<Line>) {
    let cells = row.of(span);
    let mut put = |title: String, key: &str| {
        let Some(f) = Annex2Figure::from_code(key) else { return };
        out.push(Line {
            seq: seq.to_owned(),
            row: cells.label.clone(),
            title,
            count: cells.figure(key),
            link: Some(annex.question(row, f, span).link()),
        });
    };
    for column in annex.template.visible_columns() {
        let group = column.group_zh.as_ref().map_or_else(String::new, |g| format!("{g}："));
        let title = format!("{}·{group}{}", span.zh(), column.zh);
        match &column.value {
            ColumnValue::Figure(key) => put(title, key),
            ColumnValue::Sum(keys) => {
                for key in keys {
                    let name = Annex2Figure::from_code(key).map_or("", Annex2Figure::name_zh);
                    put(format!("{title}：{name}"), key);
                }
            }
            ColumnValue::Field(_)
            | ColumnValue::Constant(_)
            | ColumnValue::Rate { .. }
            | ColumnValue::Manual(_) => {}
        }
    }
}
