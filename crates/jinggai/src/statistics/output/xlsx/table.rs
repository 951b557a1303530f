//! The first sheet: the form itself.
use super::super::super::annex1::Annex;
use super::super::{Sheet, day_zh, remarks};
use super::layout::{LINE_PT, boxed, count, decimal, heading, lines, page, plain, widths};
use crate::clock;
use jinggai_rules::annex1::{AnnexTemplate, Cell, ColumnValue, FooterField};
use rust_xlsxwriter::utility::column_number_to_name;
use rust_xlsxwriter::{Format, FormatAlign, Formula, Worksheet, XlsxError};

/// Rows above the header: 附件1, the title, the line with day and unit of counting.
const ABOVE: u32 = 3;
/// Findings told under the table; all of them stand in the sheet 校核.
const FINDINGS_SHOWN: usize = 5;

type Done = Result<(), XlsxError>;

fn col(n: usize) -> u16 {
    u16::try_from(n).unwrap_or(u16::MAX)
}
fn row(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// Merges when there is something to merge.
fn put(ws: &mut Worksheet, at: [u32; 2], to: [u32; 2], text: &str, f: &Format) -> Done {
    let (c0, c1) = (col(at[1] as usize), col(to[1] as usize));
    if at == to {
        ws.write_string_with_format(at[0], c0, text, f)?;
    } else {
        ws.merge_range(at[0], c0, to[0], c1, text, f)?;
    }
    Ok(())
}

pub(super) fn write(ws: &mut Worksheet, annex: &Annex, sheet: &Sheet) -> Done {
    let t = &annex.template;
    ws.set_name("附件1")?;
    let rows: Vec<Vec<Cell>> = annex.rows.iter().enumerate().map(|(i, r)| t.cells(&r.cells, i + 1)).collect();
    let total = t.cells(&annex.total.cells, 0);
    let widths = widths(t, rows.iter().chain([&total]).map(Vec::as_slice));
    for (i, w) in widths.iter().enumerate() {
        ws.set_column_width(col(i), *w)?;
    }
    let last = row(widths.len()) - 1;
    above(ws, annex, last)?;
    let body = header(ws, t, &widths)?;
    for (i, cells) in rows.iter().enumerate() {
        detail(ws, t, body + row(i), cells)?;
        let tallest = cells.iter().zip(&widths).map(|(c, w)| match c {
            Cell::Text(text) => lines(text, *w),
            Cell::Integer(_) | Cell::Decimal(_) => 1.0,
        });
        ws.set_row_height(body + row(i), tallest.fold(1.0, f64::max) * LINE_PT + 6.0)?;
    }
    let sum = body + row(rows.len());
    totals(ws, t, body, sum, &total)?;
    let end = below(ws, annex, sheet, sum + 1, last, widths.iter().sum())?;
    page(ws, t, (ABOVE, body - 1))?;
    ws.set_print_area(0, 0, end, col(last as usize))?;
    ws.set_freeze_panes(body, col(leading(t)))?;
    Ok(())
}

/// Columns before the first figure: they stay in sight.
fn leading(t: &AnnexTemplate) -> usize {
    t.visible_columns().take_while(|c| !counts(&c.value)).count().min(4)
}

fn counts(value: &ColumnValue) -> bool {
    matches!(value, ColumnValue::Figure(_) | ColumnValue::Sum(_))
}

fn above(ws: &mut Worksheet, annex: &Annex, last: u32) -> Done {
    ws.write_string_with_format(0, 0, "附件1", &plain(12.0))?;
    let title = plain(18.0).set_bold().set_align(FormatAlign::Center);
    put(ws, [1, 0], [1, last], &annex.template.title_zh, &title)?;
    ws.set_row_height(1, 32.0)?;
    let half = last / 2;
    let mut left = format!("截至日期：{}", day_zh(annex.query.as_of));
    if annex.query.include_demo {
        left.push_str("（含演示数据）");
    }
    put(ws, [2, 0], [2, half], &left, &plain(11.0).set_align(FormatAlign::Left))?;
    if half < last {
        put(ws, [2, half + 1], [2, last], "计量单位：个", &plain(11.0).set_align(FormatAlign::Right))?;
    }
    ws.set_row_height(2, 20.0)?;
    Ok(())
}

/// Writes the header and gives the first row below it.
fn header(ws: &mut Worksheet, t: &AnnexTemplate, widths: &[f64]) -> Result<u32, XlsxError> {
    let f = heading();
    let depth = t.header_rows();
    let mut heights = vec![1.0_f64; depth];
    for cell in t.header() {
        let at = [ABOVE + row(cell.row), row(cell.column)];
        let to = [at[0] + row(cell.rows) - 1, at[1] + row(cell.columns) - 1];
        put(ws, at, to, &cell.zh, &f)?;
        let w = widths.iter().skip(cell.column).take(cell.columns).sum();
        // A title over several rows finds room in all of them; those of one row set its height.
        let last = cell.row + cell.rows - 1;
        let share = if cell.rows > 1 { lines(&cell.zh, w) - 1.0 } else { lines(&cell.zh, w) };
        heights[last] = heights[last].max(share);
    }
    for (i, lines) in heights.iter().enumerate() {
        ws.set_row_height(ABOVE + row(i), lines * LINE_PT + 6.0)?;
    }
    Ok(ABOVE + row(depth))
}

fn detail(ws: &mut Worksheet, t: &AnnexTemplate, at: u32, cells: &[Cell]) -> Done {
    let (number, text, seq) = (count(), boxed(FormatAlign::Left).set_text_wrap(), boxed(FormatAlign::Center));
    for (i, (column, cell)) in t.visible_columns().zip(cells).enumerate() {
        match cell {
            Cell::Integer(n) if counts(&column.value) => {
                ws.write_number_with_format(at, col(i), *n as f64, &number)?;
            }
            Cell::Integer(n) => {
                ws.write_number_with_format(at, col(i), *n as f64, &seq)?;
            }
            Cell::Decimal(h) => {
                ws.write_number_with_format(at, col(i), *h as f64 / 100.0, &decimal())?;
            }
            Cell::Text(s) => {
                ws.write_string_with_format(at, col(i), s, &text)?;
            }
        }
    }
    Ok(())
}

/// 合计: formulas, so that an office that corrects a figure by hand sees the sum follow; with the values they give.
fn totals(ws: &mut Worksheet, t: &AnnexTemplate, body: u32, at: u32, total: &[Cell]) -> Done {
    let lead = t.visible_columns().take_while(|c| !counts(&c.value)).count();
    let label = boxed(FormatAlign::Center).set_bold();
    if lead > 0 {
        put(ws, [at, 0], [at, row(lead) - 1], "合计", &label)?;
    }
    let number = count().set_bold();
    for (i, (column, cell)) in t.visible_columns().zip(total).enumerate().skip(lead) {
        let name = column_number_to_name(col(i));
        match cell {
            Cell::Integer(n) if counts(&column.value) && at > body => {
                let sum =
                    Formula::new(format!("=SUM({name}{}:{name}{at})", body + 1)).set_result(n.to_string());
                ws.write_formula_with_format(at, col(i), sum, &number)?;
            }
            Cell::Integer(n) if counts(&column.value) => {
                ws.write_number_with_format(at, col(i), *n as f64, &number)?;
            }
            _ => {
                ws.write_blank(at, col(i), &label)?;
            }
        }
    }
    ws.set_row_height(at, LINE_PT + 6.0)?;
    Ok(())
}

/// Remarks and the signature line; gives the last row.
fn below(
    ws: &mut Worksheet,
    annex: &Annex,
    sheet: &Sheet,
    at: u32,
    last: u32,
    width: f64,
) -> Result<u32, XlsxError> {
    let mut at = at;
    let f = plain(9.0).set_align(FormatAlign::Left).set_text_wrap();
    let mut said = remarks(annex);
    let findings = annex.findings();
    said.extend(findings.iter().take(FINDINGS_SHOWN).map(|f| format!("校核不符：{}。", f.message_zh())));
    if findings.len() > FINDINGS_SHOWN {
        said.push(format!("校核不符共 {} 处，全部列在“校核”表。", findings.len()));
    }
    for (i, text) in said.iter().enumerate() {
        let text = if i == 0 { format!("说明：{text}") } else { format!("　　　{text}") };
        put(ws, [at, 0], [at, last], &text, &f)?;
        ws.set_row_height(at, lines(&text, width) * LINE_PT)?;
        at += 1;
    }
    ws.set_row_height(at, 8.0)?;
    at += 1;
    let made_on = day_zh(clock::local(annex.made_at).date());
    let value = |field: &FooterField| match field.key.as_str() {
        "filled_by" => sheet.made_by.clone(),
        "filled_on" => Some(made_on.clone()),
        _ => None,
    };
    let signs: Vec<String> =
        annex.template.footer.iter().map(|f| format!("{}：{}", f.zh, value(f).unwrap_or_default())).collect();
    sign_off(ws, at, last, &signs)?;
    ws.set_row_height(at, 24.0)?;
    Ok(at)
}

/// The signature line: each field in its share of the columns, or all in one cell on a narrow table.
fn sign_off(ws: &mut Worksheet, at: u32, last: u32, signs: &[String]) -> Done {
    let f = plain(11.0).set_align(FormatAlign::Left);
    let n = row(signs.len());
    if n == 0 || last + 1 < 3 * n {
        return put(ws, [at, 0], [at, last], &signs.join(&"　".repeat(6)), &f);
    }
    for (i, text) in (0..n).zip(signs) {
        put(ws, [at, (last + 1) * i / n], [at, (last + 1) * (i + 1) / n - 1], text, &f)?;
    }
    Ok(())
}
