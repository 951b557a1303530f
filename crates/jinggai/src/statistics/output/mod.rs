//! Reports as files: CSV and JSON for programs, XLSX and PDF for offices.
//!
//! All four are made from a drawn report alone, never from the store: a kept report gives the same figures for ever.
mod annex1;
mod annex1_json;
mod csv;
mod pdf;
mod printed;
mod xlsx;

pub use annex1_json::{body as json, one_row};

use super::annex1::Annex;
use crate::clock;
use crate::error::{AppError, Result};
use jiff::Timestamp;
use jiff::civil::Date;
use printed::Book;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use uuid::Uuid;

/// 文件格式.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Keys of the columns in the first line, UTF-8, no total.
    Csv,
    /// Everything, with the query of every figure.
    Json,
    /// The table, its checks, its queries.
    Xlsx,
    /// For printing.
    Pdf,
}

impl Format {
    /// The media type.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Format::Csv => "text/csv; charset=utf-8",
            Format::Json => "application/json",
            Format::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Format::Pdf => "application/pdf",
        }
    }
    /// The ending of file names.
    #[must_use]
    pub fn ending(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Json => "json",
            Format::Xlsx => "xlsx",
            Format::Pdf => "pdf",
        }
    }
}

impl std::str::FromStr for Format {
    type Err = AppError;
    fn from_str(word: &str) -> Result<Self> {
        match word {
            "csv" => Ok(Format::Csv),
            "json" => Ok(Format::Json),
            "xlsx" => Ok(Format::Xlsx),
            "pdf" => Ok(Format::Pdf),
            _ => Err(AppError::field(
                "report.format",
                "format",
                format!("没有“{word}”格式；可用：csv、json、xlsx、pdf"),
                format!("no format {word:?}; there are csv, json, xlsx, pdf"),
            )),
        }
    }
}

/// What a file says beside the figures.
#[derive(Clone, Debug, Default)]
pub struct Sheet {
    /// The kept report, if it is kept.
    pub uid: Option<Uuid>,
    /// 填表人.
    pub made_by: Option<String>,
    /// The server before every query, such as `https://jg.example.gov.cn`.
    pub server: String,
    /// Folders with the district's own fonts.
    pub fonts: Vec<PathBuf>,
}

/// Makes the file. Takes processor time: call it from a blocking thread.
///
/// # Errors
/// When the file cannot be made.
pub fn render(annex: &Annex, sheet: &Sheet, format: Format) -> Result<Vec<u8>> {
    if format == Format::Json {
        return serde_json::to_vec_pretty(&json(annex, sheet)).map_err(AppError::internal);
    }
    file(&annex1::book(annex, sheet), sheet, format)
}

/// The printed forms of a book.
fn file(book: &Book, sheet: &Sheet, format: Format) -> Result<Vec<u8>> {
    match format {
        Format::Csv => csv::render(&book.flat),
        Format::Pdf => pdf::render(book, sheet),
        Format::Xlsx | Format::Json => xlsx::render(book, sheet).map_err(AppError::internal),
    }
}

/// 2026年11月24日.
fn day_zh(d: Date) -> String {
    format!("{}年{}月{}日", d.year(), d.month(), d.day())
}

/// 2026-11-24 17:05, the district's time.
fn moment(t: Timestamp) -> String {
    clock::local(t).strftime("%Y-%m-%d %H:%M").to_string()
}
