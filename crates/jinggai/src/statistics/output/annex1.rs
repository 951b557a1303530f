//! 附件1 as a printed table.
use super::printed::{Book, Line, Printed, PrintedColumn, When, checked, signs};
use super::{Sheet, day_zh, moment};
use crate::clock;
use crate::registry::CoverFilter;
use crate::statistics::annex1::{Annex, Row, figure_filter, link, sum_filter};
use jinggai_rules::annex1::{ColumnValue, Finding, figure_name};

pub(super) fn book(annex: &Annex, sheet: &Sheet) -> Book {
    let t = &annex.template;
    let findings = annex.findings();
    let made_on = day_zh(clock::local(annex.made_at).date());
    let printed = Printed {
        name: "附件1".to_owned(),
        annex: Some("附件1".to_owned()),
        title: t.title_zh.clone(),
        when: When::Day(day_zh(annex.query.as_of)),
        counted_in: Some("个".to_owned()),
        mark: annex.query.include_demo.then(|| "含演示数据".to_owned()),
        columns: PrintedColumn::all(t),
        header: t.header(),
        header_rows: t.header_rows(),
        rows: annex.rows.iter().enumerate().map(|(i, r)| t.cells(&r.cells, i + 1)).collect(),
        sums: vec![],
        total: t.cells(&annex.total.cells, 0),
        page: t.page.clone(),
        remarks: remarks(annex),
        wrong: findings.iter().map(Finding::message_zh).collect(),
        signs: signs(t, sheet.made_by.as_ref(), &made_on),
    };
    Book {
        flat: printed.clone(),
        sheets: vec![printed],
        checks: checked(t, &findings),
        head: head(annex, sheet),
        lines: lines(annex),
        query: annex.query.base(&t.counted).query(),
        digest: annex.digest.clone(),
        made_by: sheet.made_by.clone(),
        made_on,
        made_at: moment(annex.made_at),
    }
}

/// What stands under the table: what was counted, what was left out.
fn remarks(annex: &Annex) -> Vec<String> {
    let stages: Vec<&str> =
        annex.query.base(&annex.template.counted).lifecycle.any.iter().map(|l| l.name_zh()).collect();
    let mut out = vec![
        format!("统计范围：生命周期为{}的井盖；状况按每盖一个主要状态统计。", stages.join("、")),
        "权属明确数为已登记权属单位且有证据确认的井盖；其余计入权属不明数。".to_owned(),
    ];
    if annex.query.division != annex.query.as_of {
        out.push(format!("区划按 {} 的区划。", annex.query.division));
    }
    if annex.query.include_demo {
        out.push("含演示数据。".to_owned());
    }
    out.extend(annex.notes.iter().map(|n| format!("{n}。")));
    out
}

fn head(annex: &Annex, sheet: &Sheet) -> Vec<(&'static str, String)> {
    let q = &annex.query;
    let by: Vec<&str> = q.by.iter().map(|d| d.zh()).collect();
    let base = q.base(&annex.template.counted);
    let rules: Vec<String> = annex.rules.iter().map(|r| format!("{}@{}", r.id, r.version)).collect();
    vec![
        ("报表编号", sheet.uid.map_or_else(|| "未存档".to_owned(), |u| u.to_string())),
        ("查询条件", base.query()),
        ("查询基址", format!("{}{}", sheet.server, link(&base))),
        ("分组", by.join("、")),
        ("台账时点", q.as_of.to_string()),
        ("区划时点", q.division.to_string()),
        ("生成时间", moment(annex.made_at)),
        ("事件序号", annex.event_seq.to_string()),
        ("规则版本", rules.join("、")),
        ("数据摘要", annex.digest.clone()),
    ]
}

fn lines(annex: &Annex) -> Vec<Line> {
    let numbered = annex.rows.iter().enumerate().map(|(i, r)| ((i + 1).to_string(), r));
    let all = numbered.chain([(String::new(), &annex.total)]);
    all.flat_map(|(seq, row)| lines_of(annex, row, &seq)).collect()
}

fn lines_of(annex: &Annex, row: &Row, seq: &str) -> Vec<Line> {
    let line = |title: String, count: i64, filter: Option<CoverFilter>| Line {
        seq: seq.to_owned(),
        row: row.cells.label.clone(),
        title,
        count,
        link: filter.map(|f| link(&f)),
    };
    let mut out = vec![];
    for column in annex.template.visible_columns() {
        match &column.value {
            ColumnValue::Figure(key) => {
                out.push(line(column.zh.clone(), row.cells.figure(key), figure_filter(&row.filter, key)));
            }
            ColumnValue::Sum(keys) => {
                let n = row.cells.sum(keys);
                let filter = sum_filter(&row.filter, keys);
                if filter.is_some() || n == 0 {
                    out.push(line(column.zh.clone(), n, filter));
                    continue;
                }
                // A sum of unlike figures is no one list: each figure has its own.
                for key in keys {
                    let name = figure_name(key).map_or(key.as_str(), |(zh, _)| zh);
                    let n = row.cells.sum(std::slice::from_ref(key));
                    out.push(line(format!("{}：{name}", column.zh), n, figure_filter(&row.filter, key)));
                }
            }
            ColumnValue::Field(_)
            | ColumnValue::Constant(_)
            | ColumnValue::Rate { .. }
            | ColumnValue::Manual(_) => {}
        }
    }
    out
}
