//! XLSX as a stream of rows. The cell reader borrows the workbook, so a thread of its own drives it and hands batches
//! over a bounded channel. Shared strings stay in memory (the format puts them apart from the rows).

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use calamine::{DataRef, Dimensions, Reader, SheetType, SheetVisible, Xlsx, XlsxError};

use super::header::Merge;
use super::tabular::{RawIter, RawRow, RawTable, put, tabular};
use super::{Format, LayerInfo, OpenOptions, Opened, choose_layer};
use crate::cell::Cell;
use crate::error::{RowError, TableError};

type Book = Xlsx<BufReader<File>>;

/// Merged ranges need a pass over the whole sheet; above this size of file only the shape of the rows is judged.
const MERGES_FILE_BYTES_MAX: u64 = 20 << 20;
const BATCH_ROWS: usize = 256;
/// A row number far beyond the used ones would otherwise make an endless run of blank rows.
const COLUMNS_MAX: usize = 16_384;

struct XlsxTable {
    path: PathBuf,
    sheet: String,
}

impl RawTable for XlsxTable {
    fn rows(&self) -> Result<RawIter, TableError> {
        let mut book = workbook(&self.path)?;
        let sheet = self.sheet.clone();
        let (sender, receiver) = sync_channel(4);
        let thread = std::thread::spawn(move || drive(&mut book, &sheet, &sender));
        Ok(Box::new(Batches { receiver, thread: Some(thread), batch: Vec::new().into_iter() }))
    }
}

fn workbook(path: &Path) -> Result<Book, TableError> {
    let file = File::open(path).map_err(|e| TableError::io(path, e))?;
    Xlsx::new(BufReader::new(file)).map_err(|e| TableError::broken(path, Format::Xlsx, e))
}

/// Opens the workbook: sheets, merged ranges, header.
pub(super) fn open(path: &Path, options: &OpenOptions) -> Result<Opened, TableError> {
    let mut book = workbook(path)?;
    let mut notes = Vec::new();
    let sheets: Vec<_> = book
        .sheets_metadata()
        .iter()
        .filter(|sheet| sheet.typ == SheetType::WorkSheet)
        .map(|sheet| (sheet.name.clone(), sheet.visible == SheetVisible::Visible))
        .collect();
    let mut layers = Vec::new();
    // Visible sheets first: a hidden one is read only when asked for by name or when there is no other.
    for visible in [true, false] {
        for (name, _) in sheets.iter().filter(|(_, shown)| *shown == visible) {
            let rows = used_rows(&mut book, name).map_err(|e| TableError::broken(path, Format::Xlsx, e))?;
            layers.push(LayerInfo { name: name.clone(), rows: Some(rows), geometry: None });
        }
    }
    let layer = choose_layer(path, &layers, options, &mut notes)?;
    let Some(sheet) = layers.get(layer).map(|layer| layer.name.clone()) else {
        return Err(TableError::broken(path, Format::Xlsx, "没有工作表 / no worksheet"));
    };
    let merges = merges(path, &mut book, &sheet)?;
    let table = Arc::new(XlsxTable { path: path.to_owned(), sheet });
    let table = tabular(path, table, merges, options, None, &mut notes)?;
    Ok(Opened {
        format: Format::Xlsx,
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

/// Height of the used part: the first cell tells whether there is any; the dimension tells how many.
fn used_rows(book: &mut Book, sheet: &str) -> Result<u64, XlsxError> {
    let mut cells = book.worksheet_cells_reader(sheet)?;
    let dimensions = cells.dimensions();
    let declared = u64::from(dimensions.end.0.saturating_sub(dimensions.start.0)) + 1;
    while let Some(cell) = cells.next_cell()? {
        if !matches!(cell.get_value(), DataRef::Empty) {
            return Ok(declared);
        }
    }
    Ok(0)
}

fn merges(path: &Path, book: &mut Book, sheet: &str) -> Result<Vec<Merge>, TableError> {
    let length = std::fs::metadata(path).map_err(|e| TableError::io(path, e))?.len();
    if length > MERGES_FILE_BYTES_MAX {
        return Ok(Vec::new());
    }
    let ranges =
        book.merge_cells_by_sheet_name(sheet).map_err(|e| TableError::broken(path, Format::Xlsx, e))?;
    Ok(ranges.iter().map(merge).collect())
}

pub(super) fn merge(range: &Dimensions) -> Merge {
    Merge {
        top: u64::from(range.start.0),
        bottom: u64::from(range.end.0),
        left: range.start.1 as usize,
        right: range.end.1 as usize,
    }
}

type Batch = Vec<Result<RawRow, RowError>>;

/// Runs on the thread: cells to rows to batches, until the end or until nobody listens.
fn drive(book: &mut Book, sheet: &str, out: &SyncSender<Batch>) {
    let mut batch = Vec::with_capacity(BATCH_ROWS);
    let mut current: Option<RawRow> = None;
    let mut reader = match book.worksheet_cells_reader(sheet) {
        Ok(reader) => reader,
        Err(error) => return report(out, batch, 1, &error),
    };
    loop {
        let cell = match reader.next_cell() {
            Ok(cell) => cell,
            Err(error) => {
                let row = current.map_or(1, |row| row.row);
                return report(out, batch, row, &error);
            }
        };
        let Some(cell) = cell else { break };
        let (row, column) = cell.get_position();
        let row = u64::from(row) + 1;
        if current.as_ref().is_none_or(|current| current.row != row) {
            if let Some(done) = current.replace(RawRow { row, cells: Vec::new() }) {
                batch.push(Ok(done));
            }
            if batch.len() >= BATCH_ROWS && out.send(std::mem::take(&mut batch)).is_err() {
                return;
            }
        }
        let column = column as usize;
        if let Some(current) = &mut current
            && column < COLUMNS_MAX
        {
            put(&mut current.cells, column, value(cell.get_value()));
        }
    }
    batch.extend(current.map(Ok));
    // The receiver may be gone already; then there is nothing left to do.
    drop(out.send(batch));
}

fn report(out: &SyncSender<Batch>, mut batch: Batch, row: u64, error: &XlsxError) {
    batch.push(Err(RowError::fatal(
        row,
        format!("工作表损坏：{error}"),
        format!("the sheet is damaged: {error}"),
    )));
    drop(out.send(batch));
}

fn value(data: &DataRef<'_>) -> Cell {
    match data {
        DataRef::Int(value) => Cell::Int(*value),
        DataRef::Float(value) => Cell::from_f64(*value),
        DataRef::String(text) => Cell::from_text(text),
        DataRef::SharedString(text) => Cell::from_text(text),
        DataRef::Bool(value) => Cell::Bool(*value),
        DataRef::DateTime(value) => date_time(value),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => Cell::from_text(text),
        DataRef::Error(error) => Cell::Text(error.to_string()),
        DataRef::Empty => Cell::Null,
    }
}

/// A date cell; durations and impossible dates keep their number.
pub(super) fn date_time(value: &calamine::ExcelDateTime) -> Cell {
    if value.is_duration() {
        return Cell::from_f64(value.as_f64());
    }
    let (year, month, day, hour, minute, second, milli) = value.to_ymd_hms_milli();
    let small = |n: u8| i8::try_from(n).unwrap_or(-1);
    let date =
        i16::try_from(year).ok().and_then(|year| jiff::civil::Date::new(year, small(month), small(day)).ok());
    let time =
        jiff::civil::Time::new(small(hour), small(minute), small(second), i32::from(milli) * 1_000_000).ok();
    match (date, time) {
        (Some(date), Some(time)) if time == jiff::civil::Time::midnight() => Cell::Date(date),
        (Some(date), Some(time)) => Cell::DateTime(date.to_datetime(time)),
        _ => Cell::from_f64(value.as_f64()),
    }
}

/// The receiving side.
struct Batches {
    receiver: Receiver<Batch>,
    thread: Option<JoinHandle<()>>,
    batch: std::vec::IntoIter<Result<RawRow, RowError>>,
}

impl Iterator for Batches {
    type Item = Result<RawRow, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(row) = self.batch.next() {
                return Some(row);
            }
            if let Ok(batch) = self.receiver.recv() {
                self.batch = batch.into_iter();
                continue;
            }
            let panicked = self.thread.take()?.join().is_err();
            return panicked.then(|| {
                Err(RowError::fatal(
                    0,
                    "工作表损坏，无法继续读取",
                    "the sheet is damaged and cannot be read on",
                ))
            });
        }
    }
}
