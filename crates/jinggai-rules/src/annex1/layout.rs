//! From a template to the cells of a table: merged header and rows.

use serde::Serialize;

use super::figures::{FigureRow, Filled};
use super::template::{AnnexTemplate, Column, ColumnType, ColumnValue};

/// 表头单元格: one, possibly merged, cell of the header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeaderCell {
    /// Chinese text.
    pub zh: String,
    /// English text.
    pub en: String,
    /// First row, from 0.
    pub row: usize,
    /// First column, from 0.
    pub column: usize,
    /// Rows it spans.
    pub rows: usize,
    /// Columns it spans.
    pub columns: usize,
}

/// 单元格.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Cell {
    /// A text; empty if the row has none.
    Text(String),
    /// A count.
    Integer(i64),
    /// Hundredths: money in 万元, percent. Written with two decimals.
    Decimal(#[serde(serialize_with = "as_decimal")] i64),
}

fn as_decimal<S: serde::Serializer>(hundredths: &i64, out: S) -> Result<S::Ok, S::Error> {
    // Exact up to 2^53 hundredths; the nearest number with two decimals is what is written.
    out.serialize_f64(*hundredths as f64 / 100.0)
}

/// Stands where there is nothing to take a share of (`domain.md` 2.6 \[I\]).
pub const NO_RATE: &str = "—";

/// Percent with two decimals, in hundredths of a percent, rounded half up; `None` when the whole is nothing.
pub fn rate(part: i64, whole: i64) -> Option<i64> {
    (whole > 0).then(|| {
        let (part, whole) = (i128::from(part), i128::from(whole));
        i64::try_from((part * 20_000 + whole).div_euclid(2 * whole)).unwrap_or(i64::MAX)
    })
}

/// Hundredths as people write them: 99.22.
pub fn decimal_text(hundredths: i64) -> String {
    let sign = if hundredths < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", hundredths.unsigned_abs() / 100, hundredths.unsigned_abs() % 100)
}

impl std::fmt::Display for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Integer(n) => write!(f, "{n}"),
            Self::Decimal(h) => f.write_str(&decimal_text(*h)),
        }
    }
}

impl AnnexTemplate {
    /// Rows of the header: two when a visible column belongs to a group.
    pub fn header_rows(&self) -> usize {
        if self.visible_columns().any(|column| column.group_zh.is_some()) { 2 } else { 1 }
    }

    /// The header over the visible columns: groups merged across, other titles merged down.
    pub fn header(&self) -> Vec<HeaderCell> {
        let rows = self.header_rows();
        let mut cells: Vec<HeaderCell> = Vec::new();
        let mut open_group: Option<(usize, &str)> = None;
        for (index, column) in self.visible_columns().enumerate() {
            let title = |row: usize, rows: usize| HeaderCell {
                zh: column.zh.clone(),
                en: column.en.clone(),
                row,
                column: index,
                rows,
                columns: 1,
            };
            let Some(group) = column.group_zh.as_deref() else {
                open_group = None;
                cells.push(title(0, rows));
                continue;
            };
            match open_group {
                Some((at, name)) if name == group => cells[at].columns += 1,
                _ => {
                    open_group = Some((cells.len(), group));
                    cells.push(group_cell(column, group, index));
                }
            }
            cells.push(title(1, 1));
        }
        cells
    }

    /// The cells of one row, for the visible columns; `seq` is its number in the table, from 1.
    pub fn cells(&self, row: &FigureRow, seq: usize) -> Vec<Cell> {
        self.visible_columns().map(|column| cell(column, row, seq)).collect()
    }
}

fn group_cell(column: &Column, group: &str, index: usize) -> HeaderCell {
    let en = column.group_en.clone().unwrap_or_default();
    HeaderCell { zh: group.to_owned(), en, row: 0, column: index, rows: 1, columns: 1 }
}

fn cell(column: &Column, row: &FigureRow, seq: usize) -> Cell {
    match &column.value {
        ColumnValue::Field(field) if field == "seq" => Cell::Integer(i64::try_from(seq).unwrap_or(i64::MAX)),
        ColumnValue::Field(field) => Cell::Text(row.fields.get(field).cloned().unwrap_or_default()),
        ColumnValue::Figure(figure) => Cell::Integer(row.figure(figure)),
        ColumnValue::Sum(figures) => Cell::Integer(row.sum(figures)),
        ColumnValue::Constant(text) => Cell::Text(text.clone()),
        ColumnValue::Rate { part, whole } => rate(row.figure(part), row.figure(whole))
            .map_or_else(|| Cell::Text(NO_RATE.to_owned()), Cell::Decimal),
        ColumnValue::Manual(key) => match row.manual.get(key) {
            None => Cell::Text(String::new()),
            Some(Filled::Text(text)) => Cell::Text(text.clone()),
            Some(Filled::Number(n)) if column.column_type == ColumnType::Decimal => Cell::Decimal(*n),
            Some(Filled::Number(n)) => Cell::Integer(*n),
        },
    }
}
