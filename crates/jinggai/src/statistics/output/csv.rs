//! CSV: one line a row under the keys of the columns, so that a renamed title breaks no program. Without the total,
//! which a program would count twice.
use super::printed::Printed;
use crate::error::{AppError, Result};

pub(super) fn render(table: &Printed) -> Result<Vec<u8>> {
    let mut out = csv::Writer::from_writer(vec![]);
    out.write_record(table.columns.iter().map(|c| c.key.as_str())).map_err(AppError::internal)?;
    for (_, row) in table.rows.iter().enumerate().filter(|(i, _)| !table.sums.contains(i)) {
        out.write_record(row.iter().map(ToString::to_string)).map_err(AppError::internal)?;
    }
    out.into_inner().map_err(|e| AppError::internal(anyhow::anyhow!("{e}")))
}
