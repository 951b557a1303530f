//! Import of a city's own 立案、处置、结案 table (`domain.md` 3.5, 3.6): what is clear becomes a new version of the pack
//! `case_limits`, what is doubtful is asked and stays out until somebody answers.
//!
//! Answers come with the file (row, column, value) or stand in a corrected file: rows that were taken before and are
//! not in the new file stay as they are.
use super::{Pack, RuleChange, change, current, newest, of_kind};
use crate::clock;
use crate::error::{AppError, Kind, Result};
use jiff::civil::Date;
use jinggai_db::Tx;
use jinggai_db::events::Event;
use jinggai_rules::RulePack;
use jinggai_rules::codes::ClassList;
use jinggai_rules::hazards::Catalogue;
use jinggai_rules::kinds::CoverKind;
use jinggai_rules::limits::{Answer, CaseLimits, GivenRow, Known, LimitEntry, LimitField, ReadRow};
use jinggai_tables::write::Target;
use jinggai_tables::{
    Cell, ColumnType, Format, OpenOptions, OutColumn, Record, RowError, Source, TableError, WriteOptions,
    Writer,
};
use serde::Serialize;
use serde_json::json;
use std::path::Path;
use utoipa::ToSchema;

/// Most rows of a file: such a table has a few hundred.
const ROWS_MAX: usize = 2000;

/// The columns of a table with their place.
type Columns = Vec<(LimitField, usize)>;

/// A table as read from its file, before anything is understood.
pub struct LimitsFile {
    name: String,
    rows: Vec<GivenRow>,
    broken: Vec<RowError>,
    notes: Vec<String>,
}

fn table_error(e: TableError) -> AppError {
    let kind = if matches!(e, TableError::Io { .. }) { Kind::NotFound } else { Kind::Invalid };
    AppError::new(kind, "import.file", e.to_string(), e.message_en())
}

impl LimitsFile {
    /// Reads a file: CSV in any encoding, XLSX, XLS. `name` is its name as people know it.
    ///
    /// # Errors
    /// `import.file`, `import.columns` naming the columns that are missing, `import.rows` when it is no such table.
    pub fn read(path: &Path, name: &str, layer: Option<&str>) -> Result<LimitsFile> {
        let options = OpenOptions { layer: layer.map(str::to_owned), ..OpenOptions::default() };
        let source = jinggai_tables::open(path, &options).map_err(table_error)?;
        let columns = columns(&source)?;
        let notes = source.notes.iter().map(|n| n.message_zh.clone()).collect();
        let mut out = LimitsFile { name: name.to_owned(), rows: vec![], broken: vec![], notes };
        for record in source.records().map_err(table_error)? {
            if out.rows.len() + out.broken.len() == ROWS_MAX {
                return Err(AppError::new(
                    Kind::TooLarge,
                    "import.rows",
                    format!("超过 {ROWS_MAX} 行，不像立案、处置、结案标准，请核对文件"),
                    format!("more than {ROWS_MAX} rows: not such a table"),
                ));
            }
            match record {
                Ok(r) => out.rows.extend(given(&r, &columns)),
                Err(e) => {
                    let fatal = e.fatal;
                    out.broken.push(e);
                    if fatal {
                        break;
                    }
                }
            }
        }
        Ok(out)
    }
}

fn columns(source: &Source) -> Result<Columns> {
    let mut out: Columns = vec![];
    for c in &source.columns {
        // Only the words themselves: a column that is merely alike is not taken for another.
        let field = LimitField::recognise(&c.name).map(|r| r.value);
        if let Some(field) = field.filter(|f| !out.iter().any(|(known, _)| known == f)) {
            out.push((field, c.index));
        }
    }
    let missing: Vec<&str> = LimitField::ALL
        .iter()
        .filter(|f| **f != LimitField::Hazards && !out.iter().any(|(known, _)| known == *f))
        .map(|f| f.name_zh())
        .collect();
    if missing.is_empty() {
        return Ok(out);
    }
    let seen: Vec<&str> = source.columns.iter().map(|c| c.name.as_str()).collect();
    Err(AppError::field(
        "import.columns",
        "file",
        format!("缺少列“{}”；文件的列是：{}", missing.join("”“"), seen.join("、")),
        format!("columns are missing: {}; the file has: {}", missing.join(", "), seen.join(", ")),
    ))
}

/// A row of the table; none when nothing stands in it.
fn given(record: &Record, columns: &Columns) -> Option<GivenRow> {
    let mut out = GivenRow { row: record.row, ..GivenRow::default() };
    for (field, index) in columns {
        if let Some(cell) = record.cells.get(*index) {
            *out.cell_mut(*field) = cell.text().trim().to_owned();
        }
    }
    let empty = GivenRow { row: record.row, ..GivenRow::default() };
    (out != empty).then_some(out)
}

/// How a table is taken in.
#[derive(Clone, Debug, Default)]
pub struct LimitsAsk {
    /// What it rests on, such as the number of a document.
    pub source: String,
    /// From when it is in force; today when left out.
    pub effective_from: Option<Date>,
    /// What doubtful cells mean.
    pub answers: Vec<Answer>,
    /// Only look.
    pub dry_run: bool,
}

/// A doubt about one column of a row.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LimitDoubt {
    /// Code of the column; none when the row itself could not be read.
    pub field: Option<&'static str>,
    /// Its name.
    pub column: &'static str,
    /// What is doubtful, and what would be right (Chinese).
    pub message: String,
    /// The same in English.
    pub message_en: String,
    /// What it could mean.
    pub choices: Vec<String>,
}

/// A row of the table as it was read, beside its original words.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LimitRow {
    /// Number in the file.
    pub row: u64,
    /// `accepted`, `doubtful`, `repeated` (an earlier row says the same) or `no_cover`.
    pub verdict: &'static str,
    /// 小类 as written.
    pub class: String,
    /// Kind of cover that it means.
    pub kind: Option<&'static str>,
    /// Its name.
    pub kind_name: Option<&'static str>,
    /// 立案条件 as written.
    pub condition: String,
    /// Catalogue codes that it means.
    pub hazards: Vec<String>,
    /// 处置时限 as written.
    pub limit_text: String,
    /// How many.
    pub count: Option<u32>,
    /// Of what: `urgent_hour`, `work_hour`, `work_day`, `natural_day`.
    pub unit: Option<&'static str>,
    /// 处置时限 as read, in words.
    pub limit: Option<String>,
    /// 结案条件 as written.
    pub closing: String,
    /// What is asked.
    pub doubts: Vec<LimitDoubt>,
}

impl LimitRow {
    fn of(r: ReadRow) -> LimitRow {
        let verdict = match (r.no_cover, r.doubts.is_empty(), r.hazards.is_empty()) {
            (true, ..) => "no_cover",
            (_, false, _) => "doubtful",
            (_, true, true) => "repeated",
            (_, true, false) => "accepted",
        };
        let doubts = r.doubts.into_iter().map(|d| LimitDoubt {
            field: Some(d.field.code()),
            column: d.column,
            message: d.message,
            message_en: d.message_en,
            choices: d.choices,
        });
        LimitRow {
            row: r.row,
            verdict,
            class: r.class,
            kind: r.kind.map(CoverKind::code),
            kind_name: r.kind.map(CoverKind::name_zh),
            condition: r.condition,
            hazards: r.hazards,
            limit_text: r.limit_text,
            count: r.limit.map(|l| l.count),
            unit: r.limit.map(|l| l.unit.code()),
            limit: r.limit.map(|l| l.to_string()),
            closing: r.closing,
            doubts: doubts.collect(),
        }
    }

    fn unreadable(e: &RowError) -> LimitRow {
        let cell = |i: usize| e.cells.get(i).map(|c| c.text().into_owned()).unwrap_or_default();
        LimitRow {
            row: e.row,
            verdict: "doubtful",
            class: cell(0),
            kind: None,
            kind_name: None,
            condition: cell(1),
            hazards: vec![],
            limit_text: cell(2),
            count: None,
            unit: None,
            limit: None,
            closing: cell(3),
            doubts: vec![LimitDoubt {
                field: None,
                column: "",
                message: e.message_zh.clone(),
                message_en: e.message_en.clone(),
                choices: vec![],
            }],
        }
    }
}

/// What came of an import.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LimitsReport {
    /// Name of the file.
    pub file: String,
    /// Nothing was written.
    pub dry_run: bool,
    /// Rows that hold.
    pub accepted: usize,
    /// Rows that are asked.
    pub doubtful: usize,
    /// Rows of components that are no covers, or that an earlier row says already.
    pub left_out: usize,
    /// Rows of the pack afterwards.
    pub entries: usize,
    /// The new version of the pack; none when nothing changed or nothing was written.
    pub version: Option<u32>,
    /// From when it is in force.
    #[schema(value_type = Option<String>, format = Date)]
    pub effective_from: Option<Date>,
    /// Every row.
    pub rows: Vec<LimitRow>,
    /// What was noticed about the file.
    pub notes: Vec<String>,
}

fn answers(asked: &[Answer], file: &LimitsFile) -> Result<Vec<(u64, LimitField, String)>> {
    let mut out = vec![];
    for (i, a) in asked.iter().enumerate() {
        let column = LimitField::from_code(&a.column)
            .or_else(|| LimitField::ALL.iter().copied().find(|f| f.name_zh() == a.column.trim()));
        let Some(column) = column else {
            let all: Vec<&str> = LimitField::ALL.iter().map(|f| f.name_zh()).collect();
            return Err(AppError::field(
                "limits.answer",
                &format!("answers[{i}].column"),
                format!("没有“{}”列，应为：{}", a.column, all.join("、")),
                format!("no column {:?}", a.column),
            ));
        };
        if !file.rows.iter().any(|r| r.row == a.row) {
            return Err(AppError::field(
                "limits.answer",
                &format!("answers[{i}].row"),
                format!("文件里没有第 {} 行", a.row),
                format!("the file has no row {}", a.row),
            ));
        }
        out.push((a.row, column, a.value.clone()));
    }
    Ok(out)
}

/// Takes a table in; gives what came of it, and the event when there is a new version.
///
/// # Errors
/// `limits.answer`, `rule.invalid`, `rule.effective_from`; what the store says.
pub async fn import(
    tx: &mut Tx,
    file: &LimitsFile,
    ask: &LimitsAsk,
) -> Result<(LimitsReport, Option<Event>)> {
    let today = clock::today();
    let answers = answers(&ask.answers, file)?;
    let classes: Vec<ClassList> = super::all(tx).await?;
    let catalogue: Catalogue = current(tx, today).await?.ok_or_else(missing)?;
    let packs = of_kind(tx, CaseLimits::KIND).await?.unwrap_or_default();
    let last = newest(&packs, CaseLimits::ID).ok_or_else(missing)?;
    let before: CaseLimits = super::read(&last.body).map_err(AppError::internal)?;
    let known = Known { classes: &classes, catalogue: &catalogue, wordings: &before.wordings };
    let rows = known.read(&file.rows, &answers);
    let new: Vec<LimitEntry> = rows.iter().filter_map(ReadRow::entry).collect();
    let mut report = report(file, rows, ask.dry_run);
    let after = before.with(new);
    report.entries = after.len();
    if ask.dry_run || after == before.entries {
        return Ok((report, None));
    }
    let (pack, event) = keep(tx, last, CaseLimits { entries: after, ..before }, ask, &report).await?;
    report.version = Some(pack.head.version);
    report.effective_from = Some(pack.head.effective_from);
    Ok((report, Some(event)))
}

fn missing() -> AppError {
    AppError::internal(anyhow::anyhow!("a shipped rule pack is missing"))
}

fn report(file: &LimitsFile, rows: Vec<ReadRow>, dry_run: bool) -> LimitsReport {
    let mut rows: Vec<LimitRow> =
        rows.into_iter().map(LimitRow::of).chain(file.broken.iter().map(LimitRow::unreadable)).collect();
    rows.sort_by_key(|r| r.row);
    let of = |verdicts: &[&str]| rows.iter().filter(|r| verdicts.contains(&r.verdict)).count();
    LimitsReport {
        file: file.name.clone(),
        dry_run,
        accepted: of(&["accepted"]),
        doubtful: of(&["doubtful"]),
        left_out: of(&["repeated", "no_cover"]),
        entries: 0,
        version: None,
        effective_from: None,
        notes: file.notes.clone(),
        rows,
    }
}

async fn keep(
    tx: &mut Tx,
    last: &Pack,
    table: CaseLimits,
    ask: &LimitsAsk,
    report: &LimitsReport,
) -> Result<(Pack, Event)> {
    if ask.source.trim().is_empty() {
        return Err(AppError::field(
            "rule.source",
            "source",
            "请写明依据的文件，例如：某市城管〔2026〕3号",
            "name the document that the table comes from",
        ));
    }
    let change = RuleChange {
        version: last.head.version,
        pack: json!(table),
        effective_from: ask.effective_from,
        source: ask.source.trim().to_owned(),
        note: format!("由 {} 导入：采用 {} 行，存疑 {} 行", report.file, report.accepted, report.doubtful),
    };
    self::change(tx, CaseLimits::KIND, CaseLimits::ID, change, clock::today()).await
}

/// Writes the doubtful rows to a CSV or XLSX file, to be corrected in place and imported again.
///
/// # Errors
/// `import.file` when the place cannot be written.
pub fn write_doubtful(rows: &[LimitRow], path: &Path, format: Format) -> Result<()> {
    let heads = LimitField::ALL.iter().map(|f| f.name_zh()).chain(["原行号", "疑问", "可选"]);
    let columns: Vec<OutColumn> = heads.map(|h| OutColumn::new(h, h, ColumnType::Text)).collect();
    let options = WriteOptions { table: "存疑".to_owned(), ..WriteOptions::default() };
    let target = Target::Path(path.to_owned());
    let mut out = Writer::create(target, format, &columns, &options).map_err(table_error)?;
    for r in rows.iter().filter(|r| r.verdict == "doubtful") {
        let each = |f: fn(&LimitDoubt) -> String| {
            r.doubts.iter().map(f).filter(|t| !t.is_empty()).collect::<Vec<_>>().join("；")
        };
        let cells = [
            r.class.clone(),
            r.condition.clone(),
            r.limit_text.clone(),
            r.closing.clone(),
            r.hazards.join("、"),
            r.row.to_string(),
            each(|d| {
                if d.column.is_empty() { d.message.clone() } else { format!("{}：{}", d.column, d.message) }
            }),
            each(|d| d.choices.join("、")),
        ];
        out.write(&cells.map(|c| Cell::from_text(&c)), None).map_err(table_error)?;
    }
    out.finish().map(drop).map_err(table_error)
}
