//! A sheet with a table: the form itself.
use super::super::printed::{Kind, Printed};
use super::layout::{LINE_PT, boxed, count, decimal, heading, lines, page, plain, widths};
use jinggai_rules::annex1::Cell;
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

pub(super) fn write(ws: &mut Worksheet, t: &Printed) -> Done {
    ws.set_name(&t.name)?;
    let widths = widths(&t.columns, t.rows.iter().chain([&t.total]).map(Vec::as_slice));
    for (i, w) in widths.iter().enumerate() {
        ws.set_column_width(col(i), *w)?;
    }
    let last = row(widths.len()) - 1;
    above(ws, t, last)?;
    let body = header(ws, t, &widths)?;
    for (i, cells) in t.rows.iter().enumerate() {
        detail(ws, t, body + row(i), cells)?;
        let tallest = cells.iter().zip(&widths).map(|(c, w)| match c {
            Cell::Text(text) => lines(text, *w),
            Cell::Integer(_) | Cell::Decimal(_) => 1.0,
        });
        ws.set_row_height(body + row(i), tallest.fold(1.0, f64::max) * LINE_PT + 6.0)?;
    }
    let sum = body + row(t.rows.len());
    totals(ws, t, body, sum)?;
    let end = below(ws, t, sum + 1, last, widths.iter().sum())?;
    page(ws, &t.page, (ABOVE, body - 1))?;
    ws.set_print_area(0, 0, end, col(last as usize))?;
    ws.set_freeze_panes(body, col(leading(t).min(4)))?;
    Ok(())
}

/// Columns before the first figure: they stay in sight.
fn leading(t: &Printed) -> usize {
    t.columns.iter().take_while(|c| c.kind != Kind::Sum).count()
}

fn above(ws: &mut Worksheet, t: &Printed, last: u32) -> Done {
    if let Some(annex) = &t.annex {
        ws.write_string_with_format(0, 0, annex, &plain(12.0))?;
    }
    let title = plain(18.0).set_bold().set_align(FormatAlign::Center);
    put(ws, [1, 0], [1, last], &t.title, &title)?;
    ws.set_row_height(1, 32.0)?;
    let half = last / 2;
    let mut left = t.when.to_string();
    if let Some(mark) = &t.mark {
        left.push_str(&format!("（{mark}）"));
    }
    put(ws, [2, 0], [2, half], &left, &plain(11.0).set_align(FormatAlign::Left))?;
    if let Some(unit) = t.counted_in.as_ref().filter(|_| half < last) {
        let text = format!("计量单位：{unit}");
        put(ws, [2, half + 1], [2, last], &text, &plain(11.0).set_align(FormatAlign::Right))?;
    }
    ws.set_row_height(2, 20.0)?;
    Ok(())
}

/// Writes the header and gives the first row below it.
fn header(ws: &mut Worksheet, t: &Printed, widths: &[f64]) -> Result<u32, XlsxError> {
    let f = heading();
    let depth = t.header_rows;
    let mut heights = vec![1.0_f64; depth];
    for cell in &t.header {
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

fn detail(ws: &mut Worksheet, t: &Printed, at: u32, cells: &[Cell]) -> Done {
    let (number, text, seq) = (count(), boxed(FormatAlign::Left).set_text_wrap(), boxed(FormatAlign::Center));
    for (i, (column, cell)) in t.columns.iter().zip(cells).enumerate() {
        match cell {
            Cell::Integer(n) if column.kind != Kind::Seq => {
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
fn totals(ws: &mut Worksheet, t: &Printed, body: u32, at: u32) -> Done {
    let lead = leading(t);
    let label = boxed(FormatAlign::Center).set_bold();
    if lead > 0 {
        put(ws, [at, 0], [at, row(lead) - 1], "合计", &label)?;
    }
    let number = count().set_bold();
    for (i, (column, cell)) in t.columns.iter().zip(&t.total).enumerate().skip(lead) {
        let name = column_number_to_name(col(i));
        match (cell, column.kind) {
            (Cell::Integer(n), Kind::Sum) if at > body => {
                let sum =
                    Formula::new(format!("=SUM({name}{}:{name}{at})", body + 1)).set_result(n.to_string());
                ws.write_formula_with_format(at, col(i), sum, &number)?;
            }
            (Cell::Integer(n), Kind::Sum | Kind::Number) => {
                ws.write_number_with_format(at, col(i), *n as f64, &number)?;
            }
            (Cell::Decimal(h), Kind::Number) => {
                ws.write_number_with_format(at, col(i), *h as f64 / 100.0, &decimal().set_bold())?;
            }
            (Cell::Text(text), Kind::Number) => {
                ws.write_string_with_format(at, col(i), text, &label)?;
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
fn below(ws: &mut Worksheet, t: &Printed, at: u32, last: u32, width: f64) -> Result<u32, XlsxError> {
    let mut at = at;
    let f = plain(9.0).set_align(FormatAlign::Left).set_text_wrap();
    let mut said = t.remarks.clone();
    said.extend(t.wrong.iter().take(FINDINGS_SHOWN).map(|w| format!("校核不符：{w}。")));
    if t.wrong.len() > FINDINGS_SHOWN {
        said.push(format!("校核不符共 {} 处，全部列在“校核”表。", t.wrong.len()));
    }
    for (i, text) in said.iter().enumerate() {
        let text = if i == 0 { format!("说明：{text}") } else { format!("　　　{text}") };
        put(ws, [at, 0], [at, last], &text, &f)?;
        ws.set_row_height(at, lines(&text, width) * LINE_PT)?;
        at += 1;
    }
    ws.set_row_height(at, 8.0)?;
    at += 1;
    let signs: Vec<String> = t
        .signs
        .iter()
        .map(|(label, value)| format!("{label}：{}", value.as_deref().unwrap_or_default()))
        .collect();
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
