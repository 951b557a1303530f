//! PDF: the table as `jinggai-paper` lays it out.
use super::Sheet;
use super::printed::{Book, Kind, When};
use crate::error::{AppError, Result};
use jinggai_paper::{Align, Check, Fonts, SignOff, TableColumn, TableReport, table_report};
use jinggai_rules::annex1::Finding;

pub(super) fn render(book: &Book, sheet: &Sheet) -> Result<Vec<u8>> {
    let fonts = Fonts::load(&sheet.fonts).map_err(AppError::internal)?;
    let paper = table_report(&fonts, &report(book)).map_err(AppError::internal)?;
    for warning in &paper.warnings {
        tracing::warn!(warning, title = book.flat.title, "a report as PDF");
    }
    Ok(paper.pdf)
}

fn report(book: &Book) -> TableReport {
    let t = &book.flat;
    let columns = t
        .columns
        .iter()
        .map(|c| TableColumn {
            title: c.title.clone(),
            group: c.group.iter().cloned().collect(),
            align: match c.kind {
                Kind::Seq => Align::Center,
                Kind::Sum | Kind::Number => Align::Right,
                Kind::Text => Align::Left,
            },
        })
        .collect();
    let totals = t.columns.iter().zip(&t.total).enumerate().map(|(x, (c, cell))| match c.kind {
        Kind::Sum | Kind::Number => cell.to_string(),
        Kind::Text if x == 0 && !cell.to_string().is_empty() => cell.to_string(),
        Kind::Seq | Kind::Text if x == 0 => "合计".to_owned(),
        Kind::Seq | Kind::Text => String::new(),
    });
    TableReport {
        annex: t.annex.clone(),
        title: t.title.clone(),
        unit: None,
        as_of: if let When::Day(day) = &t.when { Some(day.clone()) } else { None },
        period: if let When::Period(period) = &t.when { Some(period.clone()) } else { None },
        counted_in: t.counted_in.clone(),
        mark: t.mark.clone(),
        columns,
        rows: t.rows.iter().map(|r| r.iter().map(ToString::to_string).collect()).collect(),
        totals: Some(totals.collect()),
        checks: book
            .checks
            .iter()
            .map(|c| Check { text: c.text.clone(), holds: c.wrong.is_empty(), where_not: places(&c.wrong) })
            .collect(),
        notes: t.remarks.clone(),
        sign_off: SignOff {
            filled_by: book.made_by.clone(),
            filled_on: Some(book.made_on.clone()),
            ..SignOff::default()
        },
        query: Some(book.query.clone()),
        digest: Some(book.digest.clone()),
        printed_at: Some(book.made_at.clone()),
    }
}

/// The first few rows in which a check does not hold, with the difference.
fn places(wrong: &[Finding]) -> Option<String> {
    let named: Vec<String> =
        wrong.iter().take(3).map(|f| format!("{}（差 {}）", f.row, f.difference())).collect();
    let more = if wrong.len() > 3 { format!("等 {} 处", wrong.len()) } else { String::new() };
    (!named.is_empty()).then(|| named.join("、") + &more)
}
