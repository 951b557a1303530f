//! What CSV, XLSX and XLS share: raw rows become records once the header is known. Blank rows are left out; row
//! numbers stay those of the file.

use std::path::Path;
use std::sync::Arc;

use super::columns::{letter, unique_names};
use super::header::{self, Layout, Merge};
use super::{Backend, HeaderChoice, OpenOptions, Ragged, Record, RowIter};
use crate::cell::Cell;
use crate::error::{RowError, TableError};
use crate::note::{Note, NoteCode};

/// A row before the header is applied.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RawRow {
    /// As a person counts, from 1.
    pub row: u64,
    pub cells: Vec<Cell>,
}

impl RawRow {
    pub(crate) fn is_blank(&self) -> bool {
        self.cells.iter().all(Cell::is_blank)
    }
}

pub(crate) type RawIter = Box<dyn Iterator<Item = Result<RawRow, RowError>> + Send>;

/// A file that gives raw rows.
pub(crate) trait RawTable: Send + Sync {
    /// All rows, from the first.
    fn rows(&self) -> Result<RawIter, TableError>;
}

/// Rows that the header search looks at.
const HEAD_ROWS: usize = 80;

/// The names and the rows of a table.
pub(crate) struct Tabular {
    pub columns: Vec<String>,
    pub backend: Arc<dyn Backend>,
}

/// Finds the header and makes the table.
pub(crate) fn tabular(
    path: &Path,
    table: Arc<dyn RawTable>,
    merges: Vec<Merge>,
    options: &OpenOptions,
    ragged: Option<Ragged>,
    notes: &mut Vec<Note>,
) -> Result<Tabular, TableError> {
    let mut head = Vec::new();
    for row in table.rows()?.take(HEAD_ROWS * 4) {
        match row {
            Ok(row) if !row.is_blank() => head.push(row),
            Ok(_) => {}
            Err(error) if head.is_empty() => {
                return Err(TableError::broken(path, super::Format::Csv, error));
            }
            Err(_) => break,
        }
        if head.len() >= HEAD_ROWS {
            break;
        }
    }
    let layout = match options.header {
        HeaderChoice::None => Layout::without_header(&head),
        HeaderChoice::Row(row) => header::at(&head, row, &merges, notes),
        HeaderChoice::Detect => header::detect(&head, &merges, notes),
    };
    let columns = unique_names(layout.names, notes);
    let merges = data_merges(merges, layout.data_from, &columns, notes);
    let data_from = layout.data_from;
    let backend = Arc::new(TabularBackend {
        table,
        columns: columns.clone(),
        data_from,
        merges: Arc::new(merges),
        ragged,
    });
    Ok(Tabular { columns, backend })
}

/// The cells merged downwards among the data, with a note that their value is repeated.
fn data_merges(merges: Vec<Merge>, data_from: u64, columns: &[String], notes: &mut Vec<Note>) -> Vec<Merge> {
    let among_data =
        |merge: &Merge| merge.top + 1 >= data_from && merge.bottom > merge.top && merge.right == merge.left;
    let mut merges: Vec<_> = merges.into_iter().filter(among_data).collect();
    merges.sort_by_key(|merge| merge.top);
    let mut names: Vec<_> = merges.iter().filter_map(|merge| columns.get(merge.left).cloned()).collect();
    names.sort();
    names.dedup();
    if !names.is_empty() {
        let list = names.join("、");
        notes.push(
            Note::new(
                NoteCode::MergedCellsFilled,
                format!("数据中有上下合并的单元格，其值已填到合并的每一行：{list}"),
                format!(
                    "cells are merged downwards among the data; their value was repeated in each row: {list}"
                ),
            )
            .about(names),
        );
    }
    merges
}

/// Repeats the value of cells merged downwards, as the person who merged them meant it.
struct Filler {
    /// In the order of their first rows.
    merges: Arc<Vec<Merge>>,
    next: usize,
    /// Those that reach the current row, with their values.
    active: Vec<(Merge, Cell)>,
}

impl Filler {
    fn fill(&mut self, mut raw: RawRow) -> RawRow {
        let at = raw.row - 1;
        self.active.retain(|(merge, _)| merge.bottom >= at);
        for (merge, value) in &self.active {
            if raw.cells.get(merge.left).is_none_or(Cell::is_blank) {
                put(&mut raw.cells, merge.left, value.clone());
            }
        }
        while let Some(merge) = self.merges.get(self.next).filter(|merge| merge.top <= at) {
            self.next += 1;
            if merge.top == at {
                self.active.push((*merge, raw.cells.get(merge.left).cloned().unwrap_or_default()));
            }
        }
        raw
    }
}

/// Puts a value into its column, widening the row as needed.
pub(crate) fn put(cells: &mut Vec<Cell>, column: usize, value: Cell) {
    if value == Cell::Null {
        return;
    }
    if cells.len() <= column {
        cells.resize(column + 1, Cell::Null);
    }
    if let Some(slot) = cells.get_mut(column) {
        *slot = value;
    }
}

struct TabularBackend {
    table: Arc<dyn RawTable>,
    columns: Vec<String>,
    data_from: u64,
    merges: Arc<Vec<Merge>>,
    /// None: short rows are normal (spreadsheets leave out empty cells).
    ragged: Option<Ragged>,
}

impl Backend for TabularBackend {
    fn rows_from(&self, row: u64) -> Result<RowIter, TableError> {
        let from = row.max(self.data_from);
        let (width, ragged) = (self.columns.len(), self.ragged);
        let mut filler = Filler { merges: Arc::clone(&self.merges), next: 0, active: Vec::new() };
        let rows = self.table.rows()?;
        Ok(Box::new(rows.filter_map(move |row| match row {
            Ok(row) if row.is_blank() => None,
            // Rows before the first wanted one may hold the value of a merge that reaches beyond it.
            Ok(row) => {
                Some(filler.fill(row)).filter(|row| row.row >= from).map(|row| shape(row, width, ragged))
            }
            Err(error) if error.row < from && !error.fatal => None,
            Err(error) => Some(Err(error)),
        })))
    }
}

/// Fits a raw row to the columns, or says how it does not fit.
fn shape(raw: RawRow, width: usize, ragged: Option<Ragged>) -> Result<Record, RowError> {
    let RawRow { row, mut cells } = raw;
    let found = cells.len();
    if found > width {
        let surplus = cells.iter().skip(width).position(|cell| !cell.is_blank());
        if let Some(at) = surplus {
            let at = letter(width + at);
            return Err(RowError::new(
                row,
                format!("应有 {width} 列，实有 {found} 列，多出的值在{at}列；可能是值里的分隔符没有加引号"),
                format!("{width} columns expected, {found} found, with a surplus value in column {at}: a separator inside a value may lack quotes"),
            )
            .with_cells(cells));
        }
        cells.truncate(width);
    }
    let missing = if ragged.is_some() { width.saturating_sub(found) } else { 0 };
    if missing > 0 && ragged == Some(Ragged::Reject) {
        return Err(RowError::new(
            row,
            format!("应有 {width} 列，实有 {found} 列"),
            format!("{width} columns expected, {found} found"),
        )
        .with_cells(cells));
    }
    cells.resize(width, Cell::Null);
    Ok(Record { row, cells, missing_cells: missing, ..Record::default() })
}
