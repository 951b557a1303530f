//! Files whose rows belong to wells that are there already (管线, 责任单位): opened by a short list of fields, done batch
//! by batch with a cursor, as the covers are. A dry run does the same and keeps nothing.
use super::options::Options;
use super::read::table_error;
use super::report::Report;
use super::row::{Finding, cells_json, json_names};
use super::run::{Request, before, blank, hash, refuse, source_of};
use super::store::{self, NewImport, Problem, Totals};
use super::suggest::Suggestion;
use super::tally::Tally;
use super::value;
use crate::app::App;
use crate::error::{AppError, Kind, Result};
use crate::identity::Permission;
use jinggai_db::events::{self, Event};
use jinggai_db::{Tx, jobs};
use jinggai_tables::{OpenOptions, Record, RowError, Source};
use serde_json::json;
use std::collections::BTreeMap;
use std::future::Future;
use tokio::sync::mpsc;

/// Rows of a batch.
const BATCH: usize = 1_000;

/// A field of such a file: name in mappings, Chinese name, words that head its column.
pub struct Field(pub &'static str, pub &'static str, pub &'static [&'static str]);

/// An opened file.
pub struct Sheet {
    /// The file.
    pub source: Source,
    /// Column by field.
    pub at: BTreeMap<&'static str, usize>,
    /// JSON beginnings of the columns.
    pub names: Vec<String>,
    reasons: Vec<Suggestion>,
    /// What was noticed.
    pub notes: Tally,
}

/// What became of a row.
pub enum Outcome {
    /// New.
    Imported,
    /// Changed.
    Updated,
    /// As it was.
    Unchanged,
    /// The same as another.
    Duplicate(Finding),
    /// Not usable.
    Rejected(Finding),
}

/// What does the rows.
pub trait Rows: Send {
    /// Does one record in the batch's transaction and adds its events.
    fn row(
        &mut self,
        tx: &mut Tx,
        r: &Record,
        cells: &str,
        events: &mut Vec<Event>,
        tally: &mut Tally,
    ) -> impl Future<Output = Result<Outcome>> + Send;
    /// What must be done after the rows of a batch.
    fn settle(&mut self, tx: &mut Tx) -> impl Future<Output = Result<()>> + Send;
}

impl Sheet {
    /// Opens a file by these fields; `required` must be there, one of each group.
    ///
    /// # Errors
    /// `import.columns` when a required field has no column, or what the reader says.
    pub fn open(
        path: &std::path::Path,
        options: &Options,
        fields: &'static [Field],
        required: &[&[&str]],
    ) -> Result<Sheet> {
        let source = jinggai_tables::open(
            path,
            &OpenOptions { layer: options.layer.clone(), ..OpenOptions::default() },
        )
        .map_err(table_error)?;
        let mut notes = Tally::default();
        for n in &source.notes {
            notes.say(n.code.as_str(), &n.message_zh);
        }
        let columns: Vec<String> = source.columns.iter().map(|c| c.name.clone()).collect();
        let (mut at, mut reasons) = (BTreeMap::new(), vec![]);
        for f in fields {
            let key = |t: &str| super::target::header(&super::target::camel(t)).replace(' ', "");
            let found = columns
                .iter()
                .position(|c| f.2.iter().any(|w| key(w) == key(c)))
                .filter(|i| !at.values().any(|u| u == i));
            if let Some(i) = found {
                at.insert(f.0, i);
                reasons.push(Suggestion::by_header(f.0, f.1, &columns[i]));
            }
        }
        for group in required {
            if group.iter().all(|f| !at.contains_key(f))
                && !(group.contains(&"geometry") && source.format.is_spatial())
            {
                let wanted: Vec<&str> = fields.iter().filter(|f| group.contains(&f.0)).map(|f| f.1).collect();
                return Err(AppError::field(
                    "import.columns",
                    "columns",
                    format!("缺少“{}”列；文件的列是：{}", wanted.join("”或“"), columns.join("、")),
                    format!("a column is missing: {}", group.join(" or ")),
                ));
            }
        }
        Ok(Sheet { names: json_names(&columns), source, at, reasons, notes })
    }

    /// The text of a field in a record.
    #[must_use]
    pub fn text(at: &BTreeMap<&'static str, usize>, r: &Record, field: &str) -> Option<String> {
        let cell = r.cells.get(*at.get(field)?).filter(|c| !c.is_blank())?;
        Some(value::text(cell).into_owned())
    }
}

/// A run of such a file.
struct Run<'a> {
    app: &'a App,
    request: &'a Request<'a>,
    names: Vec<String>,
    import_id: Option<i64>,
    next_row: u64,
    total: Option<u64>,
    totals: Totals,
    notes: Tally,
}

/// Runs the rows of an opened file through `rows`.
///
/// # Errors
/// What the store says.
pub async fn drive<R: Rows>(
    app: &App,
    request: &Request<'_>,
    sheet: Result<Sheet>,
    rows: &mut R,
    progress: &mut (dyn FnMut(u64, Option<u64>) + Send),
) -> Result<Report> {
    let source = source_of(request);
    let mut report = blank(request, &source);
    let sheet = match sheet {
        Ok(s) => s,
        Err(e) if e.kind() == Kind::Invalid => return Ok(refuse(report, &e.into())),
        Err(e) => return Err(e),
    };
    sheet.source.format.name().clone_into(&mut report.format);
    report.mapping.clone_from(&sheet.reasons);
    let used: Vec<usize> = sheet.at.values().copied().collect();
    report.unused_columns =
        sheet.source.columns.iter().filter(|c| !used.contains(&c.index)).map(|c| c.name.clone()).collect();
    let file_hash = hash(request).await?;
    let (import_id, from, totals, notes) =
        begin(app, request, &source, &file_hash, &mut report, sheet.notes.clone()).await?;
    let mut run = Run {
        app,
        request,
        names: sheet.names.clone(),
        import_id,
        next_row: from,
        total: sheet.source.rows,
        totals,
        notes,
    };
    let (send, mut batches) = mpsc::channel(2);
    let reading = std::thread::Builder::new()
        .name("import-reader".into())
        .spawn(move || read_all(&sheet.source, from, &send))
        .map_err(AppError::internal)?;
    while let Some(batch) = batches.recv().await {
        let problems = run.batch(rows, batch?).await?;
        if request.options.dry_run {
            report.spool.extend(problems);
        }
        progress(run.totals.read, run.total);
    }
    reading.join().map_err(|_panic| AppError::internal(anyhow::anyhow!("the reading thread ended early")))?;
    if let Some(id) = import_id {
        let mut tx = app.db().begin().await?;
        store::end(&mut tx, id, "done").await?;
        tx.commit().await?;
    }
    report.totals = run.totals;
    report.notes = run.notes.notices().to_vec();
    Ok(report)
}

impl Run<'_> {
    /// Does a batch in one transaction and gives its problems.
    async fn batch<R: Rows>(&mut self, rows: &mut R, records: Records) -> Result<Vec<Problem>> {
        let mut tx = self.app.db().begin().await?;
        let (mut problems, mut list, mut done) = (vec![], vec![], Totals::default());
        for record in &records {
            done.read += 1;
            let (no, cells, outcome) = match record {
                Ok(r) => {
                    let cells = cells_json(&self.names, r);
                    let outcome = rows.row(&mut tx, r, &cells, &mut list, &mut self.notes).await?;
                    (r.row, cells, outcome)
                }
                Err(e) => (e.row, "{}".to_owned(), broken(e)),
            };
            self.next_row = no + 1;
            let (verdict, finding) = match outcome {
                Outcome::Imported => {
                    done.imported += 1;
                    continue;
                }
                Outcome::Updated => {
                    done.updated += 1;
                    continue;
                }
                Outcome::Unchanged => {
                    done.unchanged += 1;
                    continue;
                }
                Outcome::Duplicate(f) => {
                    done.duplicates += 1;
                    ("duplicate", f)
                }
                Outcome::Rejected(f) => {
                    done.rejected += 1;
                    ("rejected", f)
                }
            };
            let findings = serde_json::to_string(&[finding]).map_err(AppError::internal)?;
            problems.push(Problem { row_no: no, verdict, findings, cells, candidate: None });
        }
        self.totals.add(done);
        rows.settle(&mut tx).await?;
        self.keep(tx, &problems, list).await?;
        Ok(problems)
    }

    /// Commits a batch with cursor, progress and events; of a dry run only its protocol, if there is one.
    async fn keep(&self, mut tx: Tx, problems: &[Problem], list: Vec<Event>) -> Result<()> {
        let dry = self.request.options.dry_run;
        if dry {
            drop(tx);
            if self.import_id.is_none() {
                return Ok(());
            }
            tx = self.app.db().begin().await?;
        }
        if let Some(id) = self.import_id {
            store::keep_problems(&mut tx, id, problems.to_vec()).await?;
            store::advance(&mut tx, id, self.next_row, self.totals, &self.notes).await?;
        }
        if let Some((job, _)) = self.request.job {
            let progress = json!({"done": self.totals.read, "total": self.total, "totals": self.totals});
            if !jobs::progress(&mut tx, job, progress).await? {
                return Err(AppError::new(
                    Kind::Conflict,
                    "import.cancelled",
                    "导入已取消",
                    "the import was cancelled",
                ));
            }
        }
        if !list.is_empty() && !dry {
            events::append(&mut tx, &self.request.actor.who(Permission::RegistryImport), list).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

fn broken(e: &RowError) -> Outcome {
    let column = e.column.clone().unwrap_or_default();
    Outcome::Rejected(Finding::new("row.broken", column, "", e.message_zh.clone(), "修正该行后重新导入"))
}

async fn begin(
    app: &App,
    request: &Request<'_>,
    source: &str,
    file_hash: &str,
    report: &mut Report,
    notes: Tally,
) -> Result<(Option<i64>, u64, Totals, Tally)> {
    if request.options.dry_run && !request.keep_dry {
        return Ok((None, 0, Totals::default(), notes));
    }
    let mut tx = app.db().begin().await?;
    if let Some(b) = before(&mut tx, request, file_hash, source).await? {
        report.resumed = b.next_row > 0;
        report.import = Some(b.uid);
        let totals = store::totals(&mut tx, b.id).await?;
        let kept = serde_json::from_value(b.notes).unwrap_or(notes);
        return Ok((Some(b.id), u64::try_from(b.next_row).unwrap_or(0), totals, kept));
    }
    let actor = request.actor.who(Permission::RegistryImport).actor;
    let new = NewImport {
        source,
        file_hash,
        file_name: &request.name,
        options: &request.options,
        actor: &actor,
        job_uid: request.job.map(|(_, u)| u),
    };
    let (id, uid) = store::begin(&mut tx, &new).await?;
    tx.commit().await?;
    report.import = Some(uid);
    Ok((Some(id), 0, Totals::default(), notes))
}

type Records = Vec<std::result::Result<Record, RowError>>;

fn read_all(source: &Source, from: u64, out: &mpsc::Sender<Result<Records>>) {
    let records = match source.records_from(from) {
        Ok(r) => r,
        Err(e) => {
            // Nobody listens when the store has failed.
            out.blocking_send(Err(table_error(e))).ok();
            return;
        }
    };
    let mut rows = Vec::with_capacity(BATCH);
    for record in records {
        let fatal = record.as_ref().err().is_some_and(|e| e.fatal);
        rows.push(record);
        if fatal {
            break;
        }
        if rows.len() >= BATCH && out.blocking_send(Ok(std::mem::take(&mut rows))).is_err() {
            return;
        }
    }
    if !rows.is_empty() {
        out.blocking_send(Ok(rows)).ok();
    }
}
