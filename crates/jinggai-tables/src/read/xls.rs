//! XLS (Excel 97–2003): at most 65,536 rows, so the sheet is read whole.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::sync::Arc;

use calamine::{Data, Range, Reader, Xls};

use super::tabular::{RawIter, RawRow, RawTable, tabular};
use super::xlsx::{date_time, merge};
use super::{Format, LayerInfo, OpenOptions, Opened, choose_layer};
use crate::cell::Cell;
use crate::error::TableError;

struct XlsTable {
    rows: Arc<Vec<RawRow>>,
}

impl RawTable for XlsTable {
    fn rows(&self) -> Result<RawIter, TableError> {
        let rows = Arc::clone(&self.rows);
        Ok(Box::new((0..rows.len()).filter_map(move |at| rows.get(at).cloned().map(Ok))))
    }
}

/// Opens the workbook.
pub(super) fn open(path: &Path, options: &OpenOptions) -> Result<Opened, TableError> {
    let file = File::open(path).map_err(|e| TableError::io(path, e))?;
    let mut book: Xls<_> =
        Xls::new(BufReader::new(file)).map_err(|e| TableError::broken(path, Format::Xls, e))?;
    let mut notes = Vec::new();
    let mut ranges: Vec<(String, Range<Data>)> = book.worksheets();
    let layers: Vec<_> = ranges
        .iter()
        .map(|(name, range)| LayerInfo {
            name: name.clone(),
            rows: Some(if range.is_empty() { 0 } else { range.height() as u64 }),
            geometry: None,
        })
        .collect();
    if layers.is_empty() {
        return Err(TableError::broken(path, Format::Xls, "没有工作表 / no worksheet"));
    }
    let layer = choose_layer(path, &layers, options, &mut notes)?;
    let (name, range) = ranges.swap_remove(layer);
    let merges =
        book.merge_cells_by_sheet_name(&name).map_err(|e| TableError::broken(path, Format::Xls, e))?;
    let merges = merges.iter().map(merge).collect();
    let table = Arc::new(XlsTable { rows: Arc::new(rows(&range)) });
    let table = tabular(path, table, merges, options, None, &mut notes)?;
    Ok(Opened {
        format: Format::Xls,
        layers,
        layer,
        crs: None,
        columns: table.columns,
        encoding: None,
        rows: None,
        notes,
        backend: table.backend,
    })
}

fn rows(range: &Range<Data>) -> Vec<RawRow> {
    let (top, left) = range.start().unwrap_or((0, 0));
    let indent = left as usize;
    range
        .rows()
        .enumerate()
        .map(|(at, data)| {
            let mut cells = vec![Cell::Null; indent];
            cells.extend(data.iter().map(value));
            RawRow { row: u64::from(top) + at as u64 + 1, cells }
        })
        .collect()
}

fn value(data: &Data) -> Cell {
    match data {
        Data::Int(value) => Cell::Int(*value),
        Data::Float(value) => Cell::from_f64(*value),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => Cell::from_text(text),
        Data::Bool(value) => Cell::Bool(*value),
        Data::DateTime(value) => date_time(value),
        Data::Error(error) => Cell::Text(error.to_string()),
        Data::Empty => Cell::Null,
    }
}
