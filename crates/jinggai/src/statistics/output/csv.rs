//! CSV: one line a row under the keys of the columns, so that a renamed title breaks no program. Without the total,
//! which a program would count twice.
use super::super::annex1::Annex;
use crate::error::{AppError, Result};
use jinggai_rules::annex1::Cell;

pub(super) fn render(annex: &Annex) -> Result<Vec<u8>> {
    let mut out = csv::Writer::from_writer(vec![]);
    let keys: Vec<&str> = annex.template.visible_columns().map(|c| c.key.as_str()).collect();
    out.write_record(&keys).map_err(AppError::internal)?;
    for (i, row) in annex.rows.iter().enumerate() {
        let cells = annex.template.cells(&row.cells, i + 1).into_iter().map(|cell| match cell {
            Cell::Text(text) => text,
            Cell::Integer(n) => n.to_string(),
        });
        out.write_record(cells).map_err(AppError::internal)?;
    }
    out.into_inner().map_err(|e| AppError::internal(anyhow::anyhow!("{e}")))
}
