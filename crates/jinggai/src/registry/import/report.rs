//! What an import tells when it ends: one object that adds up, and the rows that need a person as a file.
use super::options::What;
use super::row::Finding;
use super::store::{Problem, Totals};
use super::suggest::Suggestion;
use super::tally::Notice;
use crate::error::{AppError, Result};
use jinggai_tables::write::{ColumnType, OutColumn, Target, WriteOptions, Writer};
use jinggai_tables::{Cell, Format};
use serde::Serialize;
use serde_json::{Map, Value as Json};
use std::path::Path;
use uuid::Uuid;

/// The outcome of one file (导入结果).
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Report {
    /// Counts.
    #[serde(flatten)]
    pub totals: Totals,
    /// The file's name.
    pub file: String,
    /// What it holds.
    pub what: What,
    /// Public id of the run; none for a dry run of the command line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub import: Option<Uuid>,
    /// Key of the source.
    pub source: String,
    /// Nothing was changed.
    pub dry_run: bool,
    /// It went on where an interrupted run had stopped.
    pub resumed: bool,
    /// Format of the file.
    pub format: String,
    /// Layer or sheet.
    pub layer: String,
    /// Coordinate system that its coordinates were read in.
    pub crs: String,
    /// Which column filled which field, and why.
    pub mapping: Vec<Suggestion>,
    /// The whole mapping, ready for `--map`.
    #[schema(value_type = Object)]
    pub mapping_used: Json,
    /// Columns used for nothing.
    pub unused_columns: Vec<String>,
    /// What was noticed.
    pub notes: Vec<Notice>,
    /// Why the file was refused as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<Refused>,
    /// Milliseconds it took.
    pub duration_ms: u64,
    /// The rows that need a person, of a dry run that is not written down.
    #[serde(skip)]
    pub spool: Vec<Problem>,
}

/// Why a whole file was refused.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Refused {
    /// Stable code.
    pub code: String,
    /// Why (Chinese).
    pub message: String,
}

/// Writes rows that need a person beside their original cells; the format follows the file's name.
///
/// # Errors
/// When the place cannot be written, or the ending is neither `.xlsx` nor `.csv`.
pub fn write_errors(path: &Path, problems: &[Problem]) -> Result<()> {
    let format = match path.extension().and_then(|e| e.to_str()).map(str::to_lowercase).as_deref() {
        Some("xlsx") => Format::Xlsx,
        Some("csv") => Format::Csv,
        _ => {
            return Err(AppError::field("import.errors", "errors", "问题清单的文件名应以 .xlsx 或 .csv 结尾", "the file of errors must end in .xlsx or .csv"));
        }
    };
    write(Target::Path(path.to_owned()), format, problems)
}

/// The same to any place.
///
/// # Errors
/// When the place cannot be written.
pub fn write(target: Target, format: Format, problems: &[Problem]) -> Result<()> {
    let parsed: Vec<(&Problem, Vec<Finding>, Map<String, Json>)> = problems.iter().map(read).collect();
    let mut names: Vec<String> = vec![];
    for (_, _, cells) in &parsed {
        for name in cells.keys() {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
    }
    let heads = ["行号", "结果", "问题列", "原值", "原因", "怎样才对", "疑似重复的井盖"];
    let mut columns: Vec<OutColumn> = heads.iter().map(|h| OutColumn::new(*h, *h, ColumnType::Text)).collect();
    columns.extend(names.iter().map(|n| OutColumn::new(n.as_str(), n.as_str(), ColumnType::Text)));
    let options = WriteOptions { table: "问题行".to_owned(), ..WriteOptions::default() };
    let mut w = Writer::create(target, format, &columns, &options).map_err(super::read::table_error)?;
    for (p, findings, cells) in &parsed {
        let join = |f: fn(&Finding) -> &String| Cell::from(findings.iter().map(f).filter(|s| !s.is_empty()).cloned().collect::<Vec<_>>().join("；"));
        let duplicate = p.verdict == "duplicate";
        let uid = if duplicate { join(|f| &f.value) } else { Cell::Null };
        let mut row = vec![
            Cell::from(p.row_no.to_string()),
            Cell::from(if duplicate { "疑似重复" } else { "拒绝" }),
            join(|f| &f.column),
            if duplicate { Cell::Null } else { join(|f| &f.value) },
            join(|f| &f.problem),
            join(|f| &f.right),
            uid,
        ];
        row.extend(names.iter().map(|n| cells.get(n).map_or(Cell::Null, as_cell)));
        w.write(&row, None).map_err(super::read::table_error)?;
    }
    w.finish().map_err(super::read::table_error)?;
    Ok(())
}

fn read(p: &Problem) -> (&Problem, Vec<Finding>, Map<String, Json>) {
    let findings: Vec<Json> = serde_json::from_str(&p.findings).unwrap_or_default();
    let text = |f: &Json, k: &str| f[k].as_str().unwrap_or_default().to_owned();
    let findings = findings.iter().map(|f| Finding::new(&text(f, "code"), text(f, "column"), text(f, "value"), text(f, "problem"), text(f, "right"))).collect();
    let cells = serde_json::from_str(&p.cells).unwrap_or_default();
    (p, findings, cells)
}

fn as_cell(v: &Json) -> Cell {
    match v {
        Json::Null => Cell::Null,
        Json::String(s) => Cell::from(s.as_str()),
        other => Cell::from(other.to_string()),
    }
}
