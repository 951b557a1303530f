//! The ledger as CSV or XLSX, written row by row to a file.
use super::page::{Detail, Pages, Value};
use crate::error::{AppError, Result};
use crate::identity::Scope;
use crate::registry::CoverFilter;
use crate::statistics::output::Format;
use jinggai_db::Tx;
use jinggai_rules::annex1::{AnnexTemplate, ColumnType, ColumnValue};
use rust_xlsxwriter::{ExcelDateTime, Format as Look, FormatAlign, FormatBorder, Workbook, XlsxError};
use std::fs::File;
use std::io::{BufWriter, Write};

/// Rows of a sheet: the file format allows 1,048,576; the header takes some.
const SHEET_ROWS: u32 = 1_000_000;

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wrote {
    /// Covers in the file.
    pub covers: i64,
}

/// Writes the ledger of the filter to `out`. Memory does not grow with the number of covers.
///
/// # Errors
/// `report.format` for formats that a ledger does not have; else what store and disk say.
pub async fn write(
    tx: &mut Tx,
    filter: &CoverFilter,
    scope: &Scope,
    template: &AnnexTemplate,
    server: &str,
    format: Format,
    out: File,
) -> Result<Wrote> {
    let mut pages = Pages::new(tx, filter, scope, server).await?;
    let mut sink: Box<dyn Sink> = match format {
        Format::Csv => Box::new(Csv::new(template, out)?),
        Format::Xlsx => Box::new(Xlsx::new(template, out).map_err(AppError::internal)?),
        Format::Json | Format::Pdf => {
            return Err(AppError::field(
                "report.format",
                "format",
                "明细台账可用格式：csv、xlsx",
                "the ledger comes as csv or xlsx",
            ));
        }
    };
    let columns: Vec<ColumnValue> = template.visible_columns().map(|c| c.value.clone()).collect();
    let mut covers = 0;
    loop {
        let page = pages.next(tx).await?;
        if page.is_empty() {
            break;
        }
        for detail in &page {
            covers += 1;
            sink.row(&cells(&columns, detail, covers, &pages))?;
        }
    }
    sink.end()?;
    Ok(Wrote { covers })
}

fn cells(columns: &[ColumnValue], d: &Detail, seq: i64, pages: &Pages<'_>) -> Vec<Value> {
    let cell = |c: &ColumnValue| match c {
        ColumnValue::Field(field) => d.value(field, seq, pages),
        ColumnValue::Constant(text) => Value::Text(text.clone()),
        // The template of a ledger is refused when it counts.
        ColumnValue::Figure(_) | ColumnValue::Sum(_) | ColumnValue::Rate { .. } | ColumnValue::Manual(_) => {
            Value::Empty
        }
    };
    columns.iter().map(cell).collect()
}

/// Where rows go.
trait Sink: Send {
    fn row(&mut self, cells: &[Value]) -> Result<()>;
    fn end(self: Box<Self>) -> Result<()>;
}

/// Chinese titles in the first line, UTF-8 with a mark so that spreadsheet programs read it right.
struct Csv(csv::Writer<BufWriter<File>>);

impl Csv {
    fn new(t: &AnnexTemplate, out: File) -> Result<Self> {
        let mut out = BufWriter::new(out);
        out.write_all("\u{feff}".as_bytes()).map_err(AppError::internal)?;
        let mut csv = csv::Writer::from_writer(out);
        csv.write_record(t.visible_columns().map(|c| c.zh.as_str())).map_err(AppError::internal)?;
        Ok(Csv(csv))
    }
}

impl Sink for Csv {
    fn row(&mut self, cells: &[Value]) -> Result<()> {
        let cells = cells.iter().map(|v| match v {
            Value::Empty => String::new(),
            Value::Text(s) => s.clone(),
            Value::Int(n) => n.to_string(),
            Value::Real(x) => x.to_string(),
            Value::Day(d) => d.to_string(),
            Value::Flag(yes) => yes_no(*yes).to_owned(),
        });
        self.0.write_record(cells).map_err(AppError::internal)
    }

    fn end(mut self: Box<Self>) -> Result<()> {
        self.0.flush().map_err(AppError::internal)
    }
}

fn yes_no(yes: bool) -> &'static str {
    if yes { "是" } else { "否" }
}

/// A plain list with a header on every sheet; rows leave memory as they are written.
struct Xlsx {
    book: Workbook,
    template: AnnexTemplate,
    out: File,
    looks: Looks,
    /// Columns that hold degrees.
    degrees: Vec<u16>,
    sheet: usize,
    at: u32,
}

struct Looks {
    head: Look,
    text: Look,
    middle: Look,
    number: Look,
    degrees: Look,
    day: Look,
}

impl Looks {
    fn new() -> Self {
        let cell = || {
            Look::new()
                .set_font_name("宋体")
                .set_font_size(10)
                .set_border(FormatBorder::Thin)
                .set_align(FormatAlign::VerticalCenter)
        };
        Looks {
            head: cell()
                .set_bold()
                .set_text_wrap()
                .set_align(FormatAlign::Center)
                .set_background_color("F2F2F2"),
            text: cell().set_align(FormatAlign::Left),
            middle: cell().set_align(FormatAlign::Center),
            number: cell().set_align(FormatAlign::Right),
            degrees: cell().set_align(FormatAlign::Right).set_num_format("0.000000"),
            day: cell().set_align(FormatAlign::Center).set_num_format("yyyy-mm-dd"),
        }
    }
}

impl Xlsx {
    fn new(t: &AnnexTemplate, out: File) -> std::result::Result<Self, XlsxError> {
        let mut x = Xlsx {
            book: Workbook::new(),
            template: t.clone(),
            out,
            looks: Looks::new(),
            degrees: (0u16..)
                .zip(t.visible_columns())
                .filter(|(_, c)| matches!(&c.value, ColumnValue::Field(f) if f == "lng" || f == "lat"))
                .map(|(i, _)| i)
                .collect(),
            sheet: 0,
            at: 0,
        };
        x.open_sheet()?;
        Ok(x)
    }

    /// Rows of a sheet must be written from top to bottom: title, header, covers.
    fn open_sheet(&mut self) -> std::result::Result<(), XlsxError> {
        self.sheet += 1;
        let ws = self.book.add_worksheet_with_constant_memory()?;
        ws.set_name(if self.sheet == 1 {
            "明细台账".to_owned()
        } else {
            format!("明细台账{}", self.sheet)
        })?;
        let columns: Vec<_> = self.template.visible_columns().cloned().collect();
        for (i, c) in (0u16..).zip(&columns) {
            ws.set_column_width(i, width(c.column_type, &c.key))?;
        }
        let last = u16::try_from(columns.len()).unwrap_or(u16::MAX).saturating_sub(1);
        let title = Look::new()
            .set_font_name("宋体")
            .set_font_size(18)
            .set_bold()
            .set_align(FormatAlign::Center)
            .set_align(FormatAlign::VerticalCenter);
        ws.set_row_height(0, 32)?;
        if last > 0 {
            ws.merge_range(0, 0, 0, last, &self.template.title_zh, &title)?;
        } else {
            ws.write_string_with_format(0, 0, &self.template.title_zh, &title)?;
        }
        ws.set_row_height(1, 34)?;
        for (i, c) in (0u16..).zip(&columns) {
            ws.write_string_with_format(1, i, &c.zh, &self.looks.head)?;
        }
        ws.set_freeze_panes(2, 2.min(last))?;
        ws.set_paper_size(8).set_landscape().set_print_fit_to_pages(1, 0);
        ws.set_repeat_rows(0, 1)?;
        ws.set_footer("&C第 &P 页，共 &N 页");
        self.at = 2;
        Ok(())
    }

    fn put(&mut self, cells: &[Value]) -> std::result::Result<(), XlsxError> {
        if self.at >= SHEET_ROWS {
            self.open_sheet()?;
        }
        let (at, looks) = (self.at, &self.looks);
        let ws = self.book.worksheet_from_index(self.sheet - 1)?;
        for (i, v) in (0u16..).zip(cells) {
            match v {
                Value::Empty => ws.write_blank(at, i, &looks.text)?,
                Value::Text(s) => ws.write_string_with_format(at, i, s, &looks.text)?,
                Value::Int(n) => ws.write_number_with_format(at, i, *n as f64, &looks.middle)?,
                Value::Real(x) if self.degrees.contains(&i) => {
                    ws.write_number_with_format(at, i, *x, &looks.degrees)?
                }
                Value::Real(x) => ws.write_number_with_format(at, i, *x, &looks.number)?,
                Value::Flag(yes) => ws.write_string_with_format(at, i, yes_no(*yes), &looks.middle)?,
                Value::Day(d) => {
                    let (y, m, day) =
                        (d.year().unsigned_abs(), d.month().unsigned_abs(), d.day().unsigned_abs());
                    match ExcelDateTime::from_ymd(y, m, day) {
                        Ok(date) => ws.write_datetime_with_format(at, i, &date, &looks.day)?,
                        // Before 1900 the file format has no dates.
                        Err(_) => ws.write_string_with_format(at, i, d.to_string(), &looks.middle)?,
                    }
                }
            };
        }
        self.at += 1;
        Ok(())
    }
}

impl Sink for Xlsx {
    fn row(&mut self, cells: &[Value]) -> Result<()> {
        self.put(cells).map_err(AppError::internal)
    }

    fn end(self: Box<Self>) -> Result<()> {
        let mut me = *self;
        me.book.save_to_writer(me.out).map_err(AppError::internal)
    }
}

fn width(t: ColumnType, key: &str) -> f64 {
    match (t, key) {
        (_, "seq") => 6.0,
        (_, "address") => 24.0,
        (_, "code") => 21.0,
        (_, "owner" | "maintainer" | "supervisor" | "territorial" | "maker" | "problem") => 15.0,
        (_, "shape" | "state" | "load_class" | "surveyor" | "depth") => 7.5,
        (ColumnType::Flag | ColumnType::Integer, _) => 7.0,
        (ColumnType::Photo, _) => 16.0,
        (ColumnType::Decimal | ColumnType::Date | ColumnType::Text, _) => 11.5,
    }
}
