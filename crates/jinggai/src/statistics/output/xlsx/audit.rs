//! The second and third sheet: how the table was checked, and the query behind every figure.
use super::super::super::annex1::{Annex, Row, figure_filter, link, sum_filter};
use super::super::{Sheet, checked, moment};
use super::layout::{boxed, count, heading, plain};
use crate::registry::CoverFilter;
use jinggai_rules::annex1::{CheckOp, ColumnValue, figure_name};
use rust_xlsxwriter::{FormatAlign, Worksheet, XlsxError};

/// A sheet holds no more links than this (the limit of spreadsheet programs); the rest is written as text.
const LINKS_MAX: usize = 65_530;

type Done = Result<(), XlsxError>;

fn headings(ws: &mut Worksheet, at: u32, titles: &[(&str, f64)]) -> Done {
    for (i, (title, width)) in (0u16..).zip(titles) {
        ws.write_string_with_format(at, i, *title, &heading())?;
        ws.set_column_width(i, *width)?;
    }
    Ok(())
}

/// 校核: each check, and each row in which it does not hold.
pub(super) fn checks(ws: &mut Worksheet, annex: &Annex) -> Done {
    ws.set_name("校核")?;
    ws.write_string_with_format(0, 0, "校核关系与结果", &plain(14.0).set_bold())?;
    let titles = [
        ("校核关系", 44.0),
        ("行", 30.0),
        ("左边", 11.0),
        ("关系", 7.0),
        ("右边", 11.0),
        ("相差", 11.0),
        ("结果", 10.0),
    ];
    headings(ws, 1, &titles)?;
    let (text, middle, number) =
        (boxed(FormatAlign::Left).set_text_wrap(), boxed(FormatAlign::Center), count());
    let mut at = 2;
    for c in checked(annex) {
        if c.wrong.is_empty() {
            ws.write_string_with_format(at, 0, &c.text, &text)?;
            ws.write_string_with_format(at, 1, "全部", &text)?;
            for i in 2..6 {
                ws.write_blank(at, i, &middle)?;
            }
            ws.write_string_with_format(at, 6, "相符", &middle)?;
            at += 1;
        }
        for f in &c.wrong {
            ws.write_string_with_format(at, 0, &c.text, &text)?;
            ws.write_string_with_format(at, 1, &f.row, &text)?;
            ws.write_number_with_format(at, 2, f.left as f64, &number)?;
            ws.write_string_with_format(at, 3, if f.op == CheckOp::Equal { "应＝" } else { "应≤" }, &middle)?;
            ws.write_number_with_format(at, 4, f.right as f64, &number)?;
            ws.write_number_with_format(at, 5, f.difference() as f64, &number)?;
            ws.write_string_with_format(at, 6, "不符", &middle.clone().set_bold().set_font_color("C00000"))?;
            at += 1;
        }
    }
    ws.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0);
    ws.set_freeze_panes(2, 0)?;
    Ok(())
}

/// 查询: what was asked, when, with which digest, and the list behind every figure.
pub(super) fn queries(ws: &mut Worksheet, annex: &Annex, sheet: &Sheet) -> Done {
    ws.set_name("查询")?;
    let q = &annex.query;
    let by: Vec<&str> = q.by.iter().map(|d| d.zh()).collect();
    let base = q.base(&annex.template.counted);
    let rules: Vec<String> = annex.rules.iter().map(|r| format!("{}@{}", r.id, r.version)).collect();
    let head = [
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
    ];
    let mut at = 0;
    for (name, value) in &head {
        ws.write_string_with_format(at, 0, *name, &plain(10.0).set_bold())?;
        ws.write_string_with_format(at, 1, value, &plain(10.0))?;
        at += 1;
    }
    at += 1;
    headings(
        ws,
        at,
        &[("序号", 11.0), ("行", 30.0), ("指标", 22.0), ("数量", 10.0), ("明细查询地址", 150.0)],
    )?;
    ws.set_freeze_panes(at + 1, 0)?;
    let mut list = List { ws, at: at + 1, links: 0, server: &sheet.server };
    for (i, row) in annex.rows.iter().enumerate() {
        list.row(annex, row, &(i + 1).to_string())?;
    }
    list.row(annex, &annex.total, "")?;
    ws.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0);
    ws.set_repeat_rows(at, at)?;
    Ok(())
}

struct List<'a> {
    ws: &'a mut Worksheet,
    at: u32,
    links: usize,
    server: &'a str,
}

impl List<'_> {
    fn row(&mut self, annex: &Annex, row: &Row, seq: &str) -> Done {
        for column in annex.template.visible_columns() {
            match &column.value {
                ColumnValue::Figure(key) => {
                    let n = row.cells.figure(key);
                    self.line(seq, row, &column.zh, n, figure_filter(&row.filter, key))?;
                }
                ColumnValue::Sum(keys) => {
                    let n = row.cells.sum(keys);
                    let filter = sum_filter(&row.filter, keys);
                    if filter.is_some() || n == 0 {
                        self.line(seq, row, &column.zh, n, filter)?;
                        continue;
                    }
                    // A sum of unlike figures is no one list: each figure has its own.
                    for key in keys {
                        let name = figure_name(key).map_or(key.as_str(), |(zh, _)| zh);
                        let title = format!("{}：{name}", column.zh);
                        let n = row.cells.sum(std::slice::from_ref(key));
                        self.line(seq, row, &title, n, figure_filter(&row.filter, key))?;
                    }
                }
                ColumnValue::Field(_)
                | ColumnValue::Constant(_)
                | ColumnValue::Rate { .. }
                | ColumnValue::Manual(_) => {}
            }
        }
        Ok(())
    }

    fn line(&mut self, seq: &str, row: &Row, title: &str, n: i64, filter: Option<CoverFilter>) -> Done {
        let text = plain(10.0);
        let (ws, at) = (&mut *self.ws, self.at);
        ws.write_string_with_format(at, 0, seq, &text)?;
        ws.write_string_with_format(at, 1, &row.cells.label, &text)?;
        ws.write_string_with_format(at, 2, title, &text)?;
        ws.write_number_with_format(at, 3, n as f64, &text)?;
        let Some(filter) = filter else {
            ws.write_string_with_format(at, 4, "—（该行不含此项）", &text)?;
            self.at += 1;
            return Ok(());
        };
        let url = format!("{}{}", self.server, link(&filter));
        self.links += 1;
        // Programs refuse a link of more than 2,079 characters.
        if self.links <= LINKS_MAX && url.len() < 2000 && url.starts_with("http") {
            ws.write_url_with_format(at, 4, url.as_str(), &text)?;
        } else {
            ws.write_string_with_format(at, 4, &url, &text)?;
        }
        self.at += 1;
        Ok(())
    }
}
