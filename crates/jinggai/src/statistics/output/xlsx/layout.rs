//! How the sheets look: fonts, lines, widths.
use super::super::printed::{Kind, PrintedColumn};
use jinggai_rules::annex1::{Cell, PageSetup, Paper};
use rust_xlsxwriter::{Format, FormatAlign, FormatBorder, Worksheet};

/// Body font of every sheet; offices have it, and a program without it takes another of the same widths.
const FONT: &str = "宋体";
/// Height of a line of body text in points.
pub(super) const LINE_PT: f64 = 14.0;
/// Widest column of texts in characters: longer ones wrap, so that the form stays legible on its paper.
const TEXT_MAX: f64 = 20.0;
/// Millimetres of an inch.
const INCH_MM: f64 = 25.4;

/// Text without lines around it.
pub(super) fn plain(size: f64) -> Format {
    Format::new().set_font_name(FONT).set_font_size(size).set_align(FormatAlign::VerticalCenter)
}

/// A cell of the table.
pub(super) fn boxed(align: FormatAlign) -> Format {
    plain(10.0).set_border(FormatBorder::Thin).set_align(align)
}

/// A heading.
pub(super) fn heading() -> Format {
    boxed(FormatAlign::Center).set_bold().set_text_wrap().set_background_color("F2F2F2")
}

/// A count.
pub(super) fn count() -> Format {
    boxed(FormatAlign::Center).set_num_format("#,##0")
}

/// Money or percent.
pub(super) fn decimal() -> Format {
    boxed(FormatAlign::Center).set_num_format("#,##0.00")
}

/// The width of a text in characters of the body font: full-width ones count double.
pub(super) fn width(text: &str) -> f64 {
    text.chars().map(|c| if c < '\u{2e80}' { 1.0 } else { 2.0 }).sum()
}

/// Lines that a text takes in a column.
pub(super) fn lines(text: &str, column: f64) -> f64 {
    (width(text) / (column - 1.0).max(2.0)).ceil().max(1.0)
}

/// Widths of the visible columns in characters: as wide as the cells want, within reason; headings wrap.
pub(super) fn widths<'a>(columns: &[PrintedColumn], rows: impl Iterator<Item = &'a [Cell]>) -> Vec<f64> {
    let mut out: Vec<f64> = columns.iter().map(least).collect();
    for row in rows {
        for (w, cell) in out.iter_mut().zip(row) {
            *w = w.max(match cell {
                Cell::Text(text) => (width(text) + 1.5).min(TEXT_MAX),
                Cell::Integer(_) | Cell::Decimal(_) => width(&cell.to_string()) + 2.0,
            });
        }
    }
    out
}

fn least(c: &PrintedColumn) -> f64 {
    match c.kind {
        Kind::Text => 9.0,
        _ if width(&c.title) > 8.0 => 7.0,
        _ => 5.2,
    }
}

/// Paper, margins, pages, repeated rows: as the template says.
pub(super) fn page(
    ws: &mut Worksheet,
    p: &PageSetup,
    header: (u32, u32),
) -> Result<(), rust_xlsxwriter::XlsxError> {
    // 8 and 9 are the numbers of A3 and A4 in the file format.
    ws.set_paper_size(match p.paper {
        Paper::A3 => 8,
        Paper::A4 => 9,
    });
    if p.landscape {
        ws.set_landscape();
    }
    let inch = |mm: u16| f64::from(mm) / INCH_MM;
    ws.set_margins(inch(p.left_mm), inch(p.right_mm), inch(p.top_mm), inch(p.bottom_mm), 0.3, 0.3);
    ws.set_print_center_horizontally(true);
    if p.fit_to_width {
        ws.set_print_fit_to_pages(1, 0);
    }
    if p.repeat_header {
        ws.set_repeat_rows(header.0, header.1)?;
    }
    ws.set_footer("&C第 &P 页，共 &N 页");
    Ok(())
}
