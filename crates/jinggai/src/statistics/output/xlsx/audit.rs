//! The second and third sheet: how the table was checked, and the query behind every figure.
use super::super::Sheet;
use super::super::printed::{Book, Line};
use super::layout::{boxed, count, heading, plain};
use jinggai_rules::annex1::CheckOp;
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
pub(super) fn checks(ws: &mut Worksheet, book: &Book) -> Done {
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
    for c in &book.checks {
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
pub(super) fn queries(ws: &mut Worksheet, book: &Book, sheet: &Sheet) -> Done {
    ws.set_name("查询")?;
    let mut at = 0;
    for (name, value) in &book.head {
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
    let mut links = 0;
    for (i, line) in (at + 1..).zip(&book.lines) {
        write(ws, i, line, &sheet.server, &mut links)?;
    }
    ws.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0);
    ws.set_repeat_rows(at, at)?;
    Ok(())
}

fn write(ws: &mut Worksheet, at: u32, line: &Line, server: &str, links: &mut usize) -> Done {
    let text = plain(10.0);
    ws.write_string_with_format(at, 0, &line.seq, &text)?;
    ws.write_string_with_format(at, 1, &line.row, &text)?;
    ws.write_string_with_format(at, 2, &line.title, &text)?;
    ws.write_number_with_format(at, 3, line.count as f64, &text)?;
    let Some(link) = &line.link else {
        ws.write_string_with_format(at, 4, "—（该行不含此项）", &text)?;
        return Ok(());
    };
    let url = format!("{server}{link}");
    *links += 1;
    // Programs refuse a link of more than 2,079 characters.
    if *links <= LINKS_MAX && url.len() < 2000 && url.starts_with("http") {
        ws.write_url_with_format(at, 4, url.as_str(), &text)?;
    } else {
        ws.write_string_with_format(at, 4, &url, &text)?;
    }
    Ok(())
}
