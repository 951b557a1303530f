//! CSV: one line a row under the keys of the columns, so that a renamed title breaks no program. Without the total,
//! which a program would count twice.
use super::super::annex1::Annex;
use crate::error::{AppError, Result};

pub(super) fn render(annex: &Annex) -> Result<Vec<u8>> {
    let mut out = csv::Writer::from_writer(vec![]);
    let keys: Vec<&str> = annex.template.visible_columns().map(|c| c.key.as_str()).collect();
    out.write_record(&keys).map_err(AppError::internal)?;
    for (i, row) in annex.rows.iter().enumerate() {
        out.write_record(annex.template.cells(&row.cells, i + 1).iter().map(ToString::to_string))
            .map_err(AppError::internal)?;
    }
    out.into_inner().map_err(|e| AppError::internal(anyhow::anyhow!("{e}")))
}
