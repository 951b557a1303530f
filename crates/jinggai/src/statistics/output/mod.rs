//! 附件1 as a file: CSV and JSON for programs, XLSX and PDF for offices.
//!
//! All four are made from a drawn report alone, never from the store: a kept report gives the same figures for ever.
mod csv;
mod json;
mod pdf;
mod xlsx;

pub use json::{body as json, one_row};

use super::annex1::Annex;
use crate::clock;
use crate::error::{AppError, Result};
use jiff::Timestamp;
use jiff::civil::Date;
use jinggai_rules::annex1::{CheckOp, Finding};
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
    match format {
        Format::Csv => csv::render(annex),
        Format::Json => serde_json::to_vec_pretty(&json::body(annex, sheet)).map_err(AppError::internal),
        Format::Xlsx => xlsx::render(annex, sheet).map_err(AppError::internal),
        Format::Pdf => pdf::render(annex, sheet),
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

/// What stands under the table: what was counted, what was left out.
fn remarks(annex: &Annex) -> Vec<String> {
    let stages: Vec<&str> =
        annex.query.base(&annex.template.counted).lifecycle.any.iter().map(|l| l.name_zh()).collect();
    let mut out = vec![
        format!("统计范围：生命周期为{}的井盖；状况按每盖一个主要状态统计。", stages.join("、")),
        "权属明确数为已登记权属单位且有证据确认的井盖；其余计入权属不明数。".to_owned(),
    ];
    if annex.query.division != annex.query.as_of {
        out.push(format!("区划按 {} 的区划。", annex.query.division));
    }
    if annex.query.include_demo {
        out.push("含演示数据。".to_owned());
    }
    out.extend(annex.notes.iter().map(|n| format!("{n}。")));
    out
}

/// A check of the template in words, with what was found wrong.
struct Checked {
    text: String,
    wrong: Vec<Finding>,
}

/// Every check of the template, and the comparison of the totals with the rows.
fn checked(annex: &Annex) -> Vec<Checked> {
    let findings = annex.findings();
    let name = |keys: &[String]| {
        let names = keys.iter().map(|k| match k.as_str() {
            "kind_*" => "各类型合计",
            k => jinggai_rules::annex1::figure_name(k).map_or("？", |(zh, _)| zh),
        });
        names.collect::<Vec<_>>().join("＋")
    };
    let mut out: Vec<Checked> = annex
        .template
        .checks
        .iter()
        .map(|c| Checked {
            text: format!(
                "{}{}{}",
                name(&c.left),
                if c.op == CheckOp::Equal { "＝" } else { "≤" },
                name(&c.right)
            ),
            wrong: findings.iter().filter(|f| f.check == c.key).cloned().collect(),
        })
        .collect();
    out.push(Checked {
        text: "合计＝各行之和".to_owned(),
        wrong: findings.into_iter().filter(|f| f.check == "sum_of_rows").collect(),
    });
    out
}
