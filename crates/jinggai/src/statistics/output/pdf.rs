//! PDF: the table as `jinggai-paper` lays it out.
use super::super::annex1::Annex;
use super::{Sheet, checked, day_zh, moment, remarks};
use crate::error::{AppError, Result};
use jinggai_paper::{Align, Check, Fonts, SignOff, TableColumn, TableReport, table_report};
use jinggai_rules::annex1::{Cell, ColumnType, ColumnValue, Finding};

pub(super) fn render(annex: &Annex, sheet: &Sheet) -> Result<Vec<u8>> {
    let fonts = Fonts::load(&sheet.fonts).map_err(AppError::internal)?;
    let paper = table_report(&fonts, &report(annex, sheet)).map_err(AppError::internal)?;
    for warning in &paper.warnings {
        tracing::warn!(warning, "annex 1 as PDF");
    }
    Ok(paper.pdf)
}

fn report(annex: &Annex, sheet: &Sheet) -> TableReport {
    let t = &annex.template;
    let columns = t
        .visible_columns()
        .map(|c| TableColumn {
            title: c.zh.clone(),
            group: c.group_zh.iter().cloned().collect(),
            align: match (&c.value, c.column_type) {
                (ColumnValue::Field(f), _) if f == "seq" => Align::Center,
                (_, ColumnType::Integer | ColumnType::Decimal) => Align::Right,
                _ => Align::Left,
            },
        })
        .collect();
    let text = |cell: Cell| cell.to_string();
    let rows = annex.rows.iter().enumerate();
    let totals = t.visible_columns().zip(t.cells(&annex.total.cells, 0)).enumerate().map(|(x, (c, cell))| {
        match &c.value {
            ColumnValue::Figure(_) | ColumnValue::Sum(_) => text(cell),
            _ if x == 0 => "合计".to_owned(),
            _ => String::new(),
        }
    });
    TableReport {
        annex: Some("附件1".to_owned()),
        title: t.title_zh.clone(),
        unit: None,
        as_of: Some(day_zh(annex.query.as_of)),
        counted_in: Some("个".to_owned()),
        mark: annex.query.include_demo.then(|| "含演示数据".to_owned()),
        columns,
        rows: rows.map(|(i, r)| t.cells(&r.cells, i + 1).into_iter().map(text).collect()).collect(),
        totals: Some(totals.collect()),
        checks: checked(annex)
            .into_iter()
            .map(|c| Check { text: c.text, holds: c.wrong.is_empty(), where_not: places(&c.wrong) })
            .collect(),
        notes: remarks(annex),
        sign_off: SignOff {
            filled_by: sheet.made_by.clone(),
            filled_on: Some(day_zh(crate::clock::local(annex.made_at).date())),
            ..SignOff::default()
        },
        query: Some(annex.query.base(&t.counted).query()),
        digest: Some(annex.digest.clone()),
        printed_at: Some(moment(annex.made_at)),
    }
}

/// The first few rows in which a check does not hold, with the difference.
fn places(wrong: &[Finding]) -> Option<String> {
    let named: Vec<String> =
        wrong.iter().take(3).map(|f| format!("{}（差 {}）", f.row, f.difference())).collect();
    let more = if wrong.len() > 3 { format!("等 {} 处", wrong.len()) } else { String::new() };
    (!named.is_empty()).then(|| named.join("、") + &more)
}
