//! Reports as files: CSV and JSON for programs, XLSX and PDF for offices.
//!
//! All four are made from a drawn report alone, never from the store: a kept report gives the same figures for ever.
mod annex1;
mod annex1_json;
mod annex2;
mod annex2_json;
mod csv;
mod indicators;
mod indicators_json;
mod pdf;
mod printed;
mod xlsx;

use super::indicators::Indicators;
use super::reports::{Cell, Closing, Drawn, Kept};
use crate::clock;
use crate::error::{AppError, Result};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;
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
    /// What was filled in by hand.
    pub cells: Vec<Cell>,
    /// 结账; none while it is open.
    pub closing: Option<Closing>,
}

impl Sheet {
    /// What the files of a kept report say beside the figures.
    #[must_use]
    pub fn of(self, kept: &Kept) -> Sheet {
        Sheet {
            uid: Some(kept.uid),
            made_by: Some(kept.made_by.clone()),
            cells: kept.cells.clone(),
            closing: kept.closing.clone(),
            ..self
        }
    }
}

/// The whole report as JSON, with the query of every figure.
#[must_use]
pub fn json(drawn: &Drawn, sheet: &Sheet) -> Value {
    match drawn {
        Drawn::Annex1(a) => annex1_json::body(a, sheet),
        Drawn::Annex2(a) => annex2_json::body(a, sheet),
        Drawn::Indicators(i) => indicators_json::body(i, sheet),
    }
}

/// The places of units or streets, the best first.
#[must_use]
pub fn ranking(drawn: &Indicators) -> Vec<Value> {
    indicators_json::places(drawn)
}

/// Makes the file. Takes processor time: call it from a blocking thread.
///
/// # Errors
/// When the file cannot be made.
pub fn render(drawn: &Drawn, sheet: &Sheet, format: Format) -> Result<Vec<u8>> {
    let book = || match drawn {
        Drawn::Annex1(a) => annex1::book(a, sheet),
        Drawn::Annex2(a) => annex2::book(a, sheet),
        Drawn::Indicators(i) => indicators::book(i, sheet),
    };
    match format {
        Format::Csv => csv::render(&book().flat),
        Format::Json => serde_json::to_vec_pretty(&json(drawn, sheet)).map_err(AppError::internal),
        Format::Xlsx => xlsx::render(&book(), sheet).map_err(AppError::internal),
        Format::Pdf => pdf::render(&book(), sheet),
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
