//! How wide the columns are, and hence on what paper a form is printed.
//!
//! Widths are estimated from the characters, not measured: a full-width character is one em, another
//! about half. That suffices to choose the paper and share it out; typst does the real line breaking.

use serde::Serialize;

use super::TableReport;

/// Widest natural width of a column, em: longer texts wrap.
const COLUMN_EM_MAX: f64 = 14.0;
/// Narrowest column, em: two characters of a heading side by side.
const COLUMN_EM_MIN: f64 = 2.0;
/// Lines that a heading may take before its column is widened.
const HEADING_LINES: f64 = 5.0;
/// Space left and right of a cell's text, together, millimetres; the template uses the same.
const CELL_INSET_MM: f64 = 2.0;
/// Margin left and right of a page, each, millimetres.
const MARGIN_MM: f64 = 15.0;
/// One typographic point in millimetres.
const POINT_MM: f64 = 25.4 / 72.0;
/// Below this part of their natural width columns become unpleasant to read.
const SQUEEZED_BELOW: f64 = 0.85;

/// Papers in the order they are tried: name, landscape width in millimetres, size of the text in points.
const PAPERS: &[(&str, f64, f64)] =
    &[("a4", 297.0, 9.0), ("a3", 420.0, 9.0), ("a3", 420.0, 8.0), ("a3", 420.0, 7.0)];

/// Paper and columns of a form.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Layout {
    paper: &'static str,
    size_pt: f64,
    margin_mm: f64,
    inset_mm: f64,
    widths_mm: Vec<f64>,
    /// Width available divided by width wished for.
    ease: f64,
}

impl Layout {
    /// True if even the widest paper is too narrow.
    pub(super) fn is_squeezed(&self) -> bool {
        self.ease < SQUEEZED_BELOW
    }
}

/// Chooses the first paper that holds all columns, or the last one, and shares its width out.
pub(super) fn layout(report: &TableReport) -> Layout {
    let wishes: Vec<f64> = (0..report.columns.len()).map(|x| wish_em(report, x)).collect();
    let fitted: Vec<Layout> = PAPERS.iter().map(|paper| on_paper(&wishes, *paper)).collect();
    let chosen = fitted.iter().find(|layout| layout.ease >= 1.0).or(fitted.last());
    chosen.cloned().expect("the list of papers is not empty")
}

fn on_paper(wishes: &[f64], (paper, page_mm, size_pt): (&'static str, f64, f64)) -> Layout {
    let em_mm = size_pt * POINT_MM;
    let wished: Vec<f64> = wishes.iter().map(|em| em * em_mm + CELL_INSET_MM).collect();
    let ease = (page_mm - 2.0 * MARGIN_MM) / wished.iter().sum::<f64>();
    let widths_mm = wished.iter().map(|width| width * ease).collect();
    Layout { paper, size_pt, margin_mm: MARGIN_MM, inset_mm: CELL_INSET_MM / 2.0, widths_mm, ease }
}

/// The width a column would like to have, em.
fn wish_em(report: &TableReport, x: usize) -> f64 {
    let body = report.rows.iter().chain(report.totals.iter()).filter_map(|row| row.get(x));
    let body = body.map(|cell| text_em(cell)).fold(0.0, f64::max);
    let heading = report.columns.get(x).map_or(0.0, |column| text_em(&column.title));
    body.min(COLUMN_EM_MAX).max((heading / HEADING_LINES).ceil()).max(COLUMN_EM_MIN)
}

/// Estimated width of the widest line of a text, em.
pub(super) fn text_em(text: &str) -> f64 {
    let line_em = |line: &str| line.chars().map(char_em).sum::<f64>();
    text.lines().map(line_em).fold(0.0, f64::max)
}

fn char_em(c: char) -> f64 {
    // From U+2E80 (CJK radicals) on everything common in Chinese text is full-width; a few marks before.
    if c >= '\u{2e80}' || matches!(c, '—' | '…' | '“' | '”' | '‘' | '’' | '·') {
        1.0
    } else {
        0.58
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TableColumn;

    fn report(columns: usize, cell: &str) -> TableReport {
        TableReport {
            columns: vec![TableColumn { title: "破损".into(), ..TableColumn::default() }; columns],
            rows: vec![vec![cell.to_owned(); columns]],
            ..TableReport::default()
        }
    }

    #[test]
    fn the_paper_follows_the_columns() {
        let few = layout(&report(12, "1234"));
        assert_eq!((few.paper, few.size_pt), ("a4", 9.0));
        let many = layout(&report(40, "12345"));
        assert_eq!(many.paper, "a3");
        assert!(!many.is_squeezed());
        assert!(layout(&report(60, "权属单位名称很长的一列")).is_squeezed());
    }

    #[test]
    fn columns_fill_the_page_exactly() {
        let sum: f64 = layout(&report(7, "郭家沱街道")).widths_mm.iter().sum();
        assert!((sum - 267.0).abs() < 1e-6, "{sum}");
    }

    #[test]
    fn full_width_counts_double() {
        assert!(text_em("窨井盖") > 2.9 && text_em("abc") < 2.0);
        assert!((text_em("甲\n乙丙") - 2.0).abs() < 1e-9);
    }
}
