//! What an import tells when it ends: one object that adds up, and the rows that need a person as a file.
use super::options::What;
use super::row::Finding;
use super::store::{Problem, Totals};
use super::suggest::Suggestion;
use super::tally::Notice;
use crate::error::{AppError, Result};
use jinggai_db::{Db, Tx};
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

/// The format of a file of errors, by its name.
///
/// # Errors
/// `import.errors` when the ending is neither `.xlsx` nor `.csv`.
pub fn format_of(path: &Path) -> Result<Format> {
    match path.extension().and_then(|e| e.to_str()).map(str::to_lowercase).as_deref() {
        Some("xlsx") => Ok(Format::Xlsx),
        Some("csv") => Ok(Format::Csv),
        _ => Err(AppError::field(
            "import.errors",
            "errors",
            "问题清单的文件名应以 .xlsx 或 .csv 结尾",
            "the file of errors must end in .xlsx or .csv",
        )),
    }
}

/// Rows that need a person, written beside their original cells (问题清单), page by page.
pub struct ErrorsFile {
    writer: Writer,
    names: Vec<String>,
}

/// Adds the original columns of these rows to those known.
pub fn collect_names(problems: &[Problem], names: &mut Vec<String>) {
    for p in problems {
        let cells: Map<String, Json> = serde_json::from_str(&p.cells).unwrap_or_default();
        for name in cells.keys() {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
    }
}

impl ErrorsFile {
    /// Begins the file; `names` are the original columns.
    ///
    /// # Errors
    /// When the place cannot be written.
    pub fn create(target: Target, format: Format, names: Vec<String>) -> Result<Self> {
        let heads = ["行号", "结果", "问题列", "原值", "原因", "怎样才对", "疑似重复的井盖"];
        let all = heads.iter().map(|h| (*h).to_owned()).chain(names.iter().cloned());
        let columns: Vec<OutColumn> = all.map(|h| OutColumn::new(h.clone(), h, ColumnType::Text)).collect();
        let options = WriteOptions { table: "问题行".to_owned(), ..WriteOptions::default() };
        let writer = Writer::create(target, format, &columns, &options).map_err(super::read::table_error)?;
        Ok(ErrorsFile { writer, names })
    }

    /// Writes some rows.
    ///
    /// # Errors
    /// When the place cannot be written any more.
    pub fn write(&mut self, problems: &[Problem]) -> Result<()> {
        for (p, findings, cells) in problems.iter().map(read) {
            let join = |f: fn(&Finding) -> &String| {
                Cell::from_text(
                    &findings.iter().map(f).filter(|s| !s.is_empty()).cloned().collect::<Vec<_>>().join("；"),
                )
            };
            let duplicate = p.verdict == "duplicate";
            let value = join(|f| &f.value);
            let (value, uid) = if duplicate { (Cell::Null, value) } else { (value, Cell::Null) };
            let verdict = if duplicate { "疑似重复" } else { "拒绝" };
            let mut row = vec![
                Cell::from(p.row_no.to_string()),
                Cell::from(verdict),
                join(|f| &f.column),
                value,
                join(|f| &f.problem),
                join(|f| &f.right),
                uid,
            ];
            row.extend(self.names.iter().map(|n| cells.get(n).map_or(Cell::Null, as_cell)));
            self.writer.write(&row, None).map_err(super::read::table_error)?;
        }
        Ok(())
    }

    /// Completes the file.
    ///
    /// # Errors
    /// When the place cannot be written any more.
    pub fn finish(self) -> Result<()> {
        self.writer.finish().map(drop).map_err(super::read::table_error)
    }
}

/// Writes the problems of imports to a place: those kept in the store, then those of dry runs.
///
/// # Errors
/// When the place cannot be written, or what the store says.
pub async fn write_errors(
    db: &Db,
    imports: &[Uuid],
    spool: &[Problem],
    target: Target,
    format: Format,
) -> Result<()> {
    let mut tx = db.snapshot().await?;
    let mut names = vec![];
    for uid in imports {
        let mut after = -1;
        while let Some(last) = page(&mut tx, *uid, after, |p| {
            collect_names(p, &mut names);
            Ok(())
        })
        .await?
        {
            after = last;
        }
    }
    collect_names(spool, &mut names);
    let mut file = ErrorsFile::create(target, format, names)?;
    for uid in imports {
        let mut after = -1;
        while let Some(last) = page(&mut tx, *uid, after, |p| file.write(p)).await? {
            after = last;
        }
    }
    file.write(spool)?;
    file.finish()
}

async fn page(
    tx: &mut Tx,
    uid: Uuid,
    after: i64,
    mut each: impl FnMut(&[Problem]) -> Result<()> + Send,
) -> Result<Option<i64>> {
    let list = super::store::problems(tx, uid, after, 2_000).await?;
    each(&list)?;
    Ok(list.last().and_then(|p| i64::try_from(p.row_no).ok()))
}

fn read(p: &Problem) -> (&Problem, Vec<Finding>, Map<String, Json>) {
    let findings: Vec<Json> = serde_json::from_str(&p.findings).unwrap_or_default();
    let text = |f: &Json, k: &str| f[k].as_str().unwrap_or_default().to_owned();
    let findings = findings
        .iter()
        .map(|f| {
            Finding::new(
                &text(f, "code"),
                text(f, "column"),
                text(f, "value"),
                text(f, "problem"),
                text(f, "right"),
            )
        })
        .collect();
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
