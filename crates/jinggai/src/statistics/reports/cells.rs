//! 手工填报: what no record gives, filled in by a person into a kept 附件2, with who and when. Every change is kept.
use super::{Drawn, Kept, event};
use crate::error::{AppError, Kind, Result};
use crate::identity::{Actor, Permission};
use crate::statistics::annex2::Span;
use jiff::Timestamp;
use jinggai_db::{Tx, events, row, sql};
use jinggai_rules::annex1::{Column, ColumnType, ColumnValue, Filled};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use uuid::Uuid;

/// Longest text of a cell in characters.
const TEXT_MAX: usize = 500;
/// Largest number of a cell, in its own unit.
const NUMBER_MAX: f64 = 1e9;

row! {
    /// A cell filled in by hand.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
    pub struct Cell {
        /// 口径: `period` or `cumulative`.
        pub span: String,
        /// Key of the row.
        pub row: String,
        /// Key of the cell, which is the template's.
        pub cell: String,
        /// Whole number, hundredths where the column has decimals, or words.
        pub value: String,
        /// Login of who filled it in.
        pub filled_by: String,
        /// Name of who filled it in.
        pub filled_name: String,
        /// When.
        #[schema(value_type = String, format = DateTime)]
        pub filled_at: Timestamp,
    }
}

/// The cells of a report as they stand.
pub(super) async fn of(tx: &mut Tx, report_id: i64) -> Result<Vec<Cell>> {
    let q = sql!(
        "SELECT c.span, c.row_key, c.cell, c.value, c.filled_by, c.filled_name, c.filled_at FROM report_cells c
         WHERE c.report_id = ? AND c.value IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM report_cells n WHERE n.report_id = c.report_id AND n.span = c.span AND n.row_key = c.row_key AND n.cell = c.cell AND n.id > c.id)
         ORDER BY c.span, c.row_key, c.cell",
        report_id
    );
    Ok(tx.all(q).await?)
}

/// Puts the cells into the rows, and their sums into the total.
pub(super) fn put(drawn: &mut Drawn, cells: &[Cell]) {
    let Drawn::Annex2(annex) = drawn else { return };
    let manual: Vec<(String, ColumnType)> = annex
        .template
        .columns
        .iter()
        .filter_map(|c| match &c.value {
            ColumnValue::Manual(key) => Some((key.clone(), c.column_type)),
            _ => None,
        })
        .collect();
    for cell in cells {
        let Some((key, column)) = manual.iter().find(|(key, _)| *key == cell.cell) else { continue };
        let Some(span) = Span::ALL.into_iter().find(|s| s.code() == cell.span) else { continue };
        let Some(row) = annex.rows.iter_mut().find(|r| r.key == cell.row) else { continue };
        let value = match column {
            ColumnType::Text => Filled::Text(cell.value.clone()),
            _ => match cell.value.parse() {
                Ok(n) => Filled::Number(n),
                Err(_) => Filled::Text(cell.value.clone()),
            },
        };
        if let Filled::Number(n) = value {
            let sum = annex.total.of_mut(span).manual.entry(key.clone()).or_insert(Filled::Number(0));
            if let Filled::Number(sum) = sum {
                *sum += n;
            }
        }
        row.of_mut(span).manual.insert(key.clone(), value);
    }
}

/// What to fill in.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Fill {
    /// Key of the row.
    pub row: String,
    /// Key of the column.
    pub column: String,
    /// 口径.
    pub span: Span,
    /// A number, or words; null or left out empties the cell.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub value: Json,
}

/// Fills in one cell.
///
/// # Errors
/// `report.closed`, `report.cell` naming what is right; `forbidden`.
pub async fn fill(tx: &mut Tx, actor: &Actor, uid: Uuid, f: &Fill) -> Result<Kept> {
    actor.require(Permission::ReportFill)?;
    events::hold(tx).await?;
    let kept = super::get(tx, actor, uid).await?;
    if kept.closing.is_some() {
        return Err(AppError::new(
            Kind::Conflict,
            "report.closed",
            "报表已结账，不能再填报",
            "the report is closed; nothing can be filled in any more",
        ));
    }
    let (cell, value) = checked(&kept, f)?;
    let before = kept.cells.iter().find(|c| c.span == f.span.code() && c.row == f.row && c.cell == cell);
    tx.run(sql!(
        "INSERT INTO report_cells (report_id, span, row_key, cell, value, filled_by, filled_name, filled_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        kept.id,
        f.span.code(),
        &f.row,
        &cell,
        value.clone(),
        &actor.login,
        &actor.name,
        Timestamp::now()
    ))
    .await?;
    let of =
        |value: Option<&String>| json!({"row": f.row, "span": f.span.code(), "cell": cell, "value": value});
    let event = event(uid, "filled", before.map(|c| of(Some(&c.value))), of(value.as_ref()));
    events::append(tx, &actor.who(Permission::ReportFill), vec![event]).await?;
    super::get(tx, actor, uid).await
}

fn wrong(field: &str, zh: String, en: &str) -> AppError {
    AppError::field("report.cell", field, zh, en.to_owned())
}

/// The key of the cell and the value as it is stored.
fn checked(kept: &Kept, f: &Fill) -> Result<(String, Option<String>)> {
    let Drawn::Annex2(annex) = &kept.drawn else {
        return Err(wrong("column", "只有附件2有手工填报栏".into(), "only annex 2 has cells to fill in"));
    };
    if !annex.rows.iter().any(|r| r.key == f.row) {
        let rows: Vec<&str> = annex.rows.iter().map(|r| r.key.as_str()).collect();
        let zh = format!("没有这一行；可填：{}（合计由各行相加）", rows.join("、"));
        return Err(wrong("row", zh, "there is no such row to fill in"));
    }
    let column = annex.template.column(&f.column);
    let Some((column, ColumnValue::Manual(key))) = column.map(|c| (c, &c.value)) else {
        let manual = annex.template.columns.iter().filter(|c| matches!(c.value, ColumnValue::Manual(_)));
        let keys: Vec<String> = manual.map(|c| format!("{}（{}）", c.key, c.zh)).collect();
        let zh = format!("“{}”不是手工填报栏；可填：{}", f.column, keys.join("、"));
        return Err(wrong("column", zh, "this column is not filled in by hand"));
    };
    Ok((key.clone(), stored(column, &f.value)?))
}

fn stored(column: &Column, value: &Json) -> Result<Option<String>> {
    if value.is_null() {
        return Ok(None);
    }
    let number = |scale: f64| {
        let n = value.as_f64().filter(|n| (0.0..=NUMBER_MAX).contains(n))? * scale;
        // Two decimals and no more; what a binary number cannot hold exactly is still the nearest to them.
        ((n - n.round()).abs() < 1e-4).then(|| format!("{:.0}", n.round()))
    };
    let (stored, right) = match column.column_type {
        ColumnType::Integer => (number(1.0), "不小于 0 的整数"),
        ColumnType::Decimal => (number(100.0), "不小于 0、至多两位小数的数"),
        _ => {
            let text = value.as_str().map(str::trim);
            let fits = |t: &&str| !t.is_empty() && t.chars().count() <= TEXT_MAX;
            (text.filter(fits).map(str::to_owned), "1–500 字的文字；清空请给 null")
        }
    };
    stored.map(Some).ok_or_else(|| {
        wrong("value", format!("“{}”应为{right}", column.zh), "the value does not fit the column")
    })
}
