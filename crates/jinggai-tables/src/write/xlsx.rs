//! XLSX in constant memory: header with style, frozen, with filter; codes as text; dates as dates. A sheet holds
//! 1,048,576 rows, so a longer table goes on in further sheets with the same header.

use std::path::PathBuf;

use rust_xlsxwriter::{
    ColNum, Color, ExcelDateTime, Format as Style, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};

use super::output::{Output, Target};
use super::{ColumnType, Names, OutColumn, Sink, WriteOptions, headings, unwritable};
use crate::cell::Cell;
use crate::error::TableError;
use crate::geometry::Geometry;
use crate::note::{Note, NoteCode};
use crate::read::Format;

/// Rows of a sheet.
const ROWS_MAX: u32 = 1_048_576;
/// Characters of a cell.
const TEXT_MAX: usize = 32_767;
/// Digits that a spreadsheet keeps.
const DIGITS_EXACT: i64 = 999_999_999_999_999;

struct Styles {
    header: Style,
    date: Style,
    time: Style,
}

pub(super) struct XlsxSink {
    book: Workbook,
    output: Output,
    label: PathBuf,
    styles: Styles,
    titles: Vec<String>,
    kinds: Vec<ColumnType>,
    table: String,
    offset: jiff::tz::Offset,
    sheet: usize,
    row: u32,
    rows_max: u32,
    cut: u64,
}

impl XlsxSink {
    pub(super) fn create(
        target: Target,
        columns: &[OutColumn],
        options: &WriteOptions,
    ) -> Result<Self, TableError> {
        if columns.len() > 16_384 {
            return Err(unwritable(Format::Xlsx, "列数超过 16384", "more than 16384 columns"));
        }
        let label = target.label();
        let styles = Styles {
            header: Style::new()
                .set_bold()
                .set_background_color(Color::RGB(0x00D9_E7F5))
                .set_border(FormatBorder::Thin)
                .set_align(FormatAlign::Center)
                .set_align(FormatAlign::VerticalCenter)
                .set_text_wrap(),
            date: Style::new().set_num_format("yyyy-mm-dd"),
            time: Style::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
        };
        let mut sink = Self {
            book: Workbook::new(),
            output: Output::create(target)?,
            label,
            styles,
            titles: headings(columns, options, Names::Title),
            kinds: columns.iter().map(|column| column.kind).collect(),
            table: options.table.clone(),
            offset: options.offset,
            sheet: 0,
            row: 0,
            rows_max: ROWS_MAX,
            cut: 0,
        };
        sink.begin_sheet().map_err(|e| sink.failed(&e))?;
        Ok(sink)
    }

    fn failed(&self, error: &XlsxError) -> TableError {
        TableError::io(&self.label, std::io::Error::other(error.to_string()))
    }

    fn begin_sheet(&mut self) -> Result<(), XlsxError> {
        let name = sheet_name(&self.table, self.sheet);
        let sheet = self.book.add_worksheet_with_constant_memory()?;
        sheet.set_name(name)?;
        sheet.set_freeze_panes(1, 0)?;
        for ((at, title), kind) in (0..).zip(&self.titles).zip(&self.kinds) {
            sheet.set_column_width(at, width(title, *kind))?;
        }
        for (at, title) in (0..).zip(&self.titles) {
            sheet.write_string_with_format(0, at, title, &self.styles.header)?;
        }
        self.row = 1;
        Ok(())
    }

    fn end_sheet(&mut self) -> Result<(), XlsxError> {
        let (last_row, last_column) = (self.row.saturating_sub(1), self.titles.len().saturating_sub(1));
        if last_row > 0 {
            let last_column = ColNum::try_from(last_column).unwrap_or(ColNum::MAX);
            self.book.worksheet_from_index(self.sheet)?.autofilter(0, 0, last_row, last_column)?;
        }
        Ok(())
    }

    fn put_row(&mut self, cells: &[Cell]) -> Result<(), XlsxError> {
        if self.row >= self.rows_max {
            self.end_sheet()?;
            self.sheet += 1;
            self.begin_sheet()?;
        }
        let row = self.row;
        self.row += 1;
        let sheet = self.book.worksheet_from_index(self.sheet)?;
        for ((at, cell), kind) in (0..).zip(cells).zip(&self.kinds) {
            put(sheet, (row, at), cell, *kind, &self.styles, self.offset, &mut self.cut)?;
        }
        Ok(())
    }
}

impl Sink for XlsxSink {
    fn write(&mut self, cells: &[Cell], _geometry: Option<&Geometry>) -> Result<(), TableError> {
        self.put_row(cells).map_err(|e| self.failed(&e))
    }

    fn finish(mut self: Box<Self>) -> Result<Vec<Note>, TableError> {
        self.end_sheet().map_err(|e| self.failed(&e))?;
        let mut notes = Vec::new();
        if self.sheet > 0 {
            let sheets = self.sheet + 1;
            notes.push(Note::new(
                NoteCode::SplitIntoSheets,
                format!("行数超过一张工作表的上限，分成 {sheets} 张"),
                format!("more rows than a sheet holds: split into {sheets} sheets"),
            ));
        }
        if self.cut > 0 {
            notes.push(Note::new(
                NoteCode::TextCut,
                format!("{} 个单元格的文字超过 {TEXT_MAX} 字，已截断", self.cut),
                format!("{} cells had more than {TEXT_MAX} characters and were cut", self.cut),
            ));
        }
        let Self { mut book, mut output, label, .. } = *self;
        book.save_to_writer(&mut output)
            .map_err(|e| TableError::io(&label, std::io::Error::other(e.to_string())))?;
        output.finish()?;
        Ok(notes)
    }
}

/// A name that Excel takes: 31 characters without `[]:*?/\`, numbered from the second sheet on.
fn sheet_name(table: &str, at: usize) -> String {
    let suffix = if at == 0 { String::new() } else { format!(" {}", at + 1) };
    let name: String = table
        .chars()
        .map(|c| if matches!(c, '[' | ']' | ':' | '*' | '?' | '/' | '\\') { ' ' } else { c })
        .take(31 - suffix.len())
        .collect();
    let name = name.trim().trim_matches('\'');
    if name.is_empty() { format!("Sheet{}", at + 1) } else { format!("{name}{suffix}") }
}

/// Wide enough for the title, or for what such a column usually holds; Chinese characters count twice.
fn width(title: &str, kind: ColumnType) -> f64 {
    let title: usize = title.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
    let usual = match kind {
        ColumnType::Text => 16,
        ColumnType::Int | ColumnType::Bool => 8,
        ColumnType::Real | ColumnType::Date => 12,
        ColumnType::DateTime => 20,
    };
    (title + 3).clamp(usual, 60) as f64
}

fn put(
    sheet: &mut Worksheet,
    (row, column): (u32, ColNum),
    cell: &Cell,
    kind: ColumnType,
    styles: &Styles,
    offset: jiff::tz::Offset,
    cut: &mut u64,
) -> Result<(), XlsxError> {
    match cell {
        Cell::Null => {}
        Cell::Bool(value) => {
            sheet.write_boolean(row, column, *value)?;
        }
        Cell::Int(value) if kind != ColumnType::Text && value.abs() <= DIGITS_EXACT => {
            sheet.write_number(row, column, *value as f64)?;
        }
        Cell::Real(value) if kind != ColumnType::Text && value.is_finite() => {
            sheet.write_number(row, column, *value)?;
        }
        Cell::Date(date) => match excel(date.to_datetime(jiff::civil::Time::midnight())) {
            Some(serial) => {
                sheet.write_datetime_with_format(row, column, &serial, &styles.date)?;
            }
            None => {
                sheet.write_string(row, column, date.to_string())?;
            }
        },
        Cell::DateTime(at) => put_time(sheet, row, column, *at, styles)?,
        Cell::Instant(at) => put_time(sheet, row, column, offset.to_datetime(*at), styles)?,
        Cell::Text(_) | Cell::Int(_) | Cell::Real(_) => {
            let text = cell.text();
            if text.encode_utf16().count() > TEXT_MAX {
                *cut += 1;
                let mut units = 0;
                let kept: String = text
                    .chars()
                    .take_while(|c| {
                        units += c.len_utf16();
                        units <= TEXT_MAX
                    })
                    .collect();
                sheet.write_string(row, column, kept)?;
            } else {
                sheet.write_string(row, column, &*text)?;
            }
        }
    }
    Ok(())
}

fn put_time(
    sheet: &mut Worksheet,
    row: u32,
    column: ColNum,
    at: jiff::civil::DateTime,
    styles: &Styles,
) -> Result<(), XlsxError> {
    match excel(at) {
        Some(serial) => sheet.write_datetime_with_format(row, column, &serial, &styles.time)?,
        None => sheet.write_string(row, column, at.to_string())?,
    };
    Ok(())
}

/// Excel's calendar begins in 1900; earlier dates are written as text.
fn excel(at: jiff::civil::DateTime) -> Option<ExcelDateTime> {
    let part = |value: i8| u8::try_from(value).ok();
    let year = u16::try_from(at.year()).ok().filter(|year| *year >= 1900)?;
    let date = ExcelDateTime::from_ymd(year, part(at.month())?, part(at.day())?).ok()?;
    let millis = u16::try_from(at.subsec_nanosecond() / 1_000_000).ok()?;
    date.and_hms_milli(u16::try_from(at.hour()).ok()?, part(at.minute())?, part(at.second())?, millis).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_table_goes_on_in_further_sheets() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("long.xlsx");
        let columns = [OutColumn::new("n", "序号", ColumnType::Int)];
        let options = WriteOptions { table: "井盖/台账".to_owned(), ..WriteOptions::default() };
        let mut sink = XlsxSink::create(Target::path(&path), &columns, &options).unwrap();
        sink.rows_max = 4;
        for n in 0..7 {
            sink.write(&[Cell::Int(n)], None).unwrap();
        }
        let notes = Box::new(sink).finish().unwrap();
        assert_eq!(notes.iter().map(|note| note.code).collect::<Vec<_>>(), [NoteCode::SplitIntoSheets]);
        let source = crate::open(&path, &crate::OpenOptions::default()).unwrap();
        let names: Vec<_> = source.layers.iter().map(|layer| layer.name.as_str()).collect();
        assert_eq!(names, ["井盖 台账", "井盖 台账 2", "井盖 台账 3"]);
        let options = crate::OpenOptions { layer: Some("井盖 台账 3".to_owned()), ..Default::default() };
        let last: Vec<_> =
            crate::open(&path, &options).unwrap().records().unwrap().map(|r| r.unwrap().cells).collect();
        assert_eq!(last, [[Cell::Int(6)]]);
    }

    #[test]
    fn names_of_sheets() {
        assert_eq!(sheet_name("a[b]:c", 0), "a b  c");
        assert_eq!(sheet_name(&"井".repeat(40), 1).chars().count(), 31);
        assert_eq!(sheet_name("///", 0), "Sheet1");
    }
}
