//! A whole import: open, judge, apply batch by batch, go on after a break.
//!
//! Reading and understanding run in a thread of their own; at most two batches wait, so memory is bounded whatever
//! the file's size, and reading and storing overlap.
use super::apply::Run;
use super::mapping::Mapping;
use super::numbers::Issuer;
use super::options::{Options, What, source_key};
use super::owners::Owners;
use super::read::{self, Opened, Plan, Refusal};
use super::report::{Refused, Report};
use super::row::{Knowledge, Reader, Row};
use super::state::State;
use super::store::{self, ImportRow, NewImport, Totals};
use super::tally::Tally;
use super::target::Target;
use super::{pipes, units};
use crate::app::App;
use crate::clock;
use crate::error::{AppError, Result};
use crate::identity::{Actor, Permission};
use crate::registry::ledger::Entry;
use crate::registry::packs;
use jinggai_db::Tx;
use jinggai_db::events::{self, Event};
use jinggai_geo::LocalCrs;
use jinggai_rules::RulePack;
use jinggai_rules::codes::detect;
use jinggai_rules::size::SizeLimits;
use jinggai_tables::Source;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::Instant;
use tokio::sync::mpsc;
use uuid::Uuid;

/// Rows of the first batch; each later one is twice as large, up to the largest.
const BATCH_FIRST: usize = 256;
/// Rows of the largest batch (`domain.md` 9.4).
const BATCH_MOST: usize = 10_000;
/// Batches that may wait for the store.
const WAITING: usize = 2;

/// What is to be imported, by whom.
pub struct Request<'a> {
    /// The file.
    pub path: PathBuf,
    /// Its name as people know it.
    pub name: String,
    /// What is asked.
    pub options: Options,
    /// Who asks.
    pub actor: &'a Actor,
    /// The job that does it: row and public id.
    pub job: Option<(i64, Uuid)>,
    /// Write a dry run down too, for looking at its problems later.
    pub keep_dry: bool,
    /// Stop after so many batches, as if the process had been killed.
    pub stop_after: Option<usize>,
}

/// Rows on their way from the reader to the store.
pub(super) struct Batch {
    pub rows: Vec<Row>,
    pub tally: Tally,
    pub next_row: u64,
}

/// Imports a file. `progress` hears how many rows are done, and of how many.
///
/// # Errors
/// What the store says. A file that is refused is no error: the report says so.
pub async fn import(
    app: &App,
    request: Request<'_>,
    progress: &mut (dyn FnMut(u64, Option<u64>) + Send),
) -> Result<Report> {
    let began = Instant::now();
    let mut report = match request.options.what {
        What::Covers => covers(app, &request, progress).await,
        What::Pipes => pipes::import(app, &request, progress).await,
        What::Responsibilities => units::import(app, &request, progress).await,
    }?;
    report.duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(report)
}

/// The key of the source of a request.
pub(super) fn source_of(request: &Request<'_>) -> String {
    source_of_name(&request.name, &request.options)
}

/// The key of the source of a file of this name.
pub(super) fn source_of_name(name: &str, options: &Options) -> String {
    let stem = Path::new(name).file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    let of_file = match &options.layer {
        Some(layer) if !stem.contains(layer.as_str()) => format!("{stem}.{layer}"),
        _ => stem,
    };
    source_key(options.source.as_deref().unwrap_or(&of_file))
}

/// An empty report of a request.
pub(super) fn blank(request: &Request<'_>, source: &str) -> Report {
    Report {
        totals: Totals::default(),
        file: request.name.clone(),
        what: request.options.what,
        import: None,
        source: source.to_owned(),
        dry_run: request.options.dry_run,
        resumed: false,
        format: String::new(),
        layer: String::new(),
        crs: String::new(),
        mapping: vec![],
        mapping_used: json!({}),
        unused_columns: vec![],
        notes: vec![],
        refused: None,
        duration_ms: 0,
        spool: vec![],
    }
}

/// The report of a file that is refused as a whole: all its rows count as rejected.
pub(super) fn refuse(mut report: Report, refusal: &Refusal) -> Report {
    report.totals = Totals { read: refusal.rows, rejected: refusal.rows, ..Totals::default() };
    report.refused =
        Some(Refused { code: refusal.error.code().to_owned(), message: refusal.error.to_string() });
    report
}

/// What a report says of the file.
pub(super) fn describe(report: &mut Report, source: &Source, plan: &Plan) {
    source.format.name().clone_into(&mut report.format);
    report.layer = source.layers.get(source.layer).map(|l| l.name.clone()).unwrap_or_default();
    report.crs = plan.placing.transform.crs().to_string();
    report.mapping.clone_from(&plan.reasons);
    report.mapping_used = serde_json::to_value(&plan.mapping).unwrap_or_default();
    report.unused_columns.clone_from(&plan.unused);
}

/// Local coordinate systems of the district: one parameter set a file in `crs/` of the data directory.
///
/// # Errors
/// `import.crs` for a file that does not read.
pub fn locals(data: &Path) -> Result<Vec<LocalCrs>> {
    let mut out = vec![];
    let Ok(entries) = std::fs::read_dir(data.join("crs")) else { return Ok(out) };
    let mut paths: Vec<PathBuf> = entries
        .flatten()
        .map(|e| e.path())
        .filter(|p| p.extension().is_some_and(|e| e == "toml" || e == "json"))
        .collect();
    paths.sort();
    for path in paths {
        out.push(local(&path)?);
    }
    Ok(out)
}

/// The parameter set in a file.
///
/// # Errors
/// `import.crs`, naming the file and what is wrong.
pub fn local(path: &Path) -> Result<LocalCrs> {
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let wrong = |e: String| {
        AppError::field(
            "import.crs",
            "crs",
            format!("坐标参数文件 {name} 有误：{e}"),
            format!("the parameter file {name} is wrong: {e}"),
        )
    };
    let text = std::fs::read_to_string(path).map_err(|e| wrong(e.to_string()))?;
    let set: LocalCrs = if text.trim_start().starts_with('{') {
        serde_json::from_str(&text).map_err(|e| wrong(e.to_string()))?
    } else {
        toml::from_str(&text).map_err(|e| wrong(e.to_string()))?
    };
    set.verify().map_err(|e| wrong(e.to_string()))?;
    Ok(set)
}

/// Opens the file of a request, away from the async threads.
pub(super) async fn open(
    app: &App,
    request: &Request<'_>,
    saved: Option<Mapping>,
) -> Result<std::result::Result<Opened, Refusal>> {
    let locals = locals(&app.config().data)?;
    let (path, name, options) = (request.path.clone(), request.name.clone(), request.options.clone());
    tokio::task::spawn_blocking(move || read::open(&path, &name, &options, saved, &locals))
        .await
        .map_err(AppError::internal)
}

/// SHA-256 of the file of a request.
pub(super) async fn hash(request: &Request<'_>) -> Result<String> {
    let path = request.path.clone();
    tokio::task::spawn_blocking(move || crate::files::digest_path(&path))
        .await
        .map_err(AppError::internal)?
        .map_err(|e| {
            AppError::field(
                "import.file",
                "file",
                format!("文件 {} 不能读：{e}", request.name),
                format!("{} cannot be read: {e}", request.name),
            )
        })
}

async fn covers(
    app: &App,
    request: &Request<'_>,
    progress: &mut (dyn FnMut(u64, Option<u64>) + Send),
) -> Result<Report> {
    let source = source_of(request);
    let mut report = blank(request, &source);
    let file_hash = hash(request).await?;
    let scope = request.actor.require(Permission::RegistryImport)?;
    let mut tx = app.db().snapshot().await?;
    let saved = store::mapping(&mut tx, &source).await?;
    let before = before(&mut tx, request, &file_hash, &source).await?;
    let opened = match open(app, request, saved).await? {
        Ok(o) => o,
        Err(refusal) => return Ok(refuse(report, &refusal)),
    };
    describe(&mut report, &opened.source, &opened.plan);
    let state = State::load(&mut tx, &source, app.config().duplicate_metres, &scope, clock::today()).await?;
    let (run, knows) = match prepare(app, request, &mut tx, &source, state, &opened, before.as_ref()).await {
        Ok(ready) => ready,
        Err(error) if error.kind() == crate::error::Kind::Invalid => {
            return Ok(refuse(report, &Refusal { rows: opened.source.rows.unwrap_or(0), error }));
        }
        Err(e) => return Err(e),
    };
    drop(tx);
    work(app, request, run, knows, opened, before, &file_hash, report, progress).await
}

/// The run to go on with: the job's own, or an interrupted one of the same file and options.
pub(super) async fn before(
    tx: &mut Tx,
    request: &Request<'_>,
    file_hash: &str,
    source: &str,
) -> Result<Option<ImportRow>> {
    match request.job {
        Some((_, job)) => store::of_job(tx, job).await,
        None if request.options.dry_run => Ok(None),
        None => store::unfinished(tx, file_hash, &request.options.digest(), source).await,
    }
}

/// Everything an import needs before its first row.
pub(super) async fn prepare(
    app: &App,
    request: &Request<'_>,
    tx: &mut Tx,
    source: &str,
    state: State,
    opened: &Opened,
    before: Option<&ImportRow>,
) -> Result<(Run, Knowledge)> {
    let today = clock::today();
    let config = app.config();
    let mut notes = opened.notes.clone();
    let scheme = code_scheme(&opened.source, &opened.plan, &state, &config.code_scheme, &mut notes)?;
    let (code_scheme, classes) = state.scheme(&scheme).unzip();
    let classes = classes.flatten();
    let knows = Knowledge {
        today,
        sizes: packs::current::<SizeLimits>(tx, today)
            .await?
            .or_else(|| SizeLimits::shipped().into_iter().next())
            .ok_or_else(|| AppError::internal(anyhow::anyhow!("size limits are shipped")))?,
        life: packs::current(tx, today).await?,
        scheme: code_scheme.filter(|s| s.key() != "free"),
        classes: classes.clone(),
    };
    let unit = request.options.unit.as_deref().map(|code| state.units.by_code("unit", code)).transpose()?;
    let area = state.areas.of_option(&request.options)?;
    let totals = match before {
        Some(row) if row.next_row > 0 => {
            let kept: Tally = serde_json::from_value(row.notes.clone()).unwrap_or_default();
            notes = kept;
            store::totals(tx, row.id).await?
        }
        _ => Totals::default(),
    };
    let reason = format!("导入 {}", request.name);
    let run = Run {
        db: app.db().clone(),
        options: request.options.clone(),
        source: source.to_owned(),
        plan: opened.plan.clone(),
        list_version: classes.map(|l| format!("{}@{}", l.pack.id, l.pack.version)),
        scheme,
        issuer: Issuer::new(&state, &config.code_scheme, &config.district)?,
        owners: Owners {
            source: source.to_owned(),
            unit,
            create: !request.options.no_create_units,
            dry: request.options.dry_run,
            today,
            events: vec![],
        },
        state,
        area,
        metres: config.duplicate_metres,
        entry: Entry { ownership_days: config.ownership_days, today, reason: Some(reason) },
        who: request.actor.who(Permission::RegistryImport),
        import_id: before.map(|b| b.id),
        job_id: request.job.map(|(id, _)| id),
        totals,
        notes,
        spool: vec![],
        rows: opened.source.rows,
    };
    Ok((run, knows))
}

/// The scheme of the code column: as the mapping says, else by the shape of its values.
fn code_scheme(
    source: &Source,
    plan: &Plan,
    state: &State,
    default: &str,
    notes: &mut Tally,
) -> Result<String> {
    if let Some(key) = &plan.mapping.code_scheme {
        return state.scheme(key).map(|_| key.clone()).ok_or_else(|| {
            let known: Vec<&str> = state.schemes.iter().map(jinggai_rules::codes::CodeScheme::key).collect();
            AppError::field(
                "code.scheme_unknown",
                "code_scheme",
                format!("没有编码规则“{key}”；可用：{}", known.join("、")),
                format!("there is no code scheme {key:?}"),
            )
        });
    }
    let Some(column) = plan.first(Target::Code).and_then(|i| source.columns.get(i)) else {
        return Ok("free".to_owned());
    };
    let sample: Vec<String> = column.samples.iter().map(|c| c.text().trim().to_owned()).collect();
    let texts: Vec<&str> = sample.iter().map(String::as_str).collect();
    let found = detect(&texts, &state.schemes, &state.classes, None);
    let whole: Vec<&str> =
        found.candidates.iter().filter(|c| c.fits == c.of).map(|c| c.scheme.as_str()).collect();
    let chosen = if whole.contains(&default) { default } else { whole.first().copied().unwrap_or("free") };
    notes.say("code_scheme", format!("“{}”列的编号按编码规则 {chosen} 读取", column.name));
    if let Some(note) = found.note.filter(|_| chosen != "free") {
        notes.say(
            "code_scheme_unsure",
            format!("{note}（本次按 {chosen}；可在映射文件中用 code_scheme 指定）"),
        );
    }
    Ok(chosen.to_owned())
}

#[allow(clippy::too_many_arguments)]
async fn work(
    app: &App,
    request: &Request<'_>,
    mut run: Run,
    knows: Knowledge,
    opened: Opened,
    before: Option<ImportRow>,
    file_hash: &str,
    mut report: Report,
    progress: &mut (dyn FnMut(u64, Option<u64>) + Send),
) -> Result<Report> {
    let rows = opened.source.rows;
    let from = before.as_ref().map_or(0, |b| u64::try_from(b.next_row).unwrap_or(0));
    report.resumed = from > 0;
    report.import = before.as_ref().map(|b| b.uid);
    if before.is_none() && (!request.options.dry_run || request.keep_dry) {
        let mut tx = app.db().begin().await?;
        let new = NewImport {
            source: &run.source,
            file_hash,
            file_name: &request.name,
            options: &request.options,
            actor: &run.who.actor,
            job_uid: request.job.map(|(_, u)| u),
        };
        let (id, uid) = store::begin(&mut tx, &new).await?;
        tx.commit().await?;
        run.import_id = Some(id);
        report.import = Some(uid);
    }
    let options = &request.options;
    let salt = json!([options.unit, options.area, options.kind]).to_string();
    let reader = Reader::new(opened.plan.clone(), knows, &salt);
    let (send, mut batches) = mpsc::channel(WAITING);
    let reading = std::thread::Builder::new()
        .name("import-reader".into())
        .spawn(move || read_all(&opened.source, reader, from, &send))
        .map_err(AppError::internal)?;
    let mut done = 0;
    while let Some(batch) = batches.recv().await {
        let Batch { rows: list, tally, next_row } = batch?;
        run.batch(list, next_row, tally).await?;
        progress(run.totals.read, rows);
        done += 1;
        if request.stop_after == Some(done) {
            report.totals = run.totals;
            return Ok(report);
        }
    }
    reading.join().map_err(|_panic| AppError::internal(anyhow::anyhow!("the reading thread ended early")))?;
    finish(app, &mut run, &mut report).await?;
    Ok(report)
}

async fn finish(app: &App, run: &mut Run, report: &mut Report) -> Result<()> {
    // The next file of this source is read in the same coordinate system without being told.
    let mut mapping = run.plan.mapping.clone();
    mapping.crs = run.options.crs.clone().or(mapping.crs);
    mapping.axes = run.options.axes.clone().or(mapping.axes);
    if let Some(id) = run.import_id {
        let mut tx = app.db().begin().await?;
        store::advance(&mut tx, id, u64::from(u32::MAX), run.totals, &run.notes).await?;
        store::end(&mut tx, id, "done").await?;
        if !run.options.dry_run {
            store::save_mapping(&mut tx, &run.source, &mapping).await?;
            let event = Event {
                subject: "import",
                subject_uid: report.import.unwrap_or_default(),
                well_id: None,
                action: "imported",
                before: None,
                after: Some(json!({"file": report.file, "source": run.source, "totals": run.totals})),
                reason: None,
            };
            events::append(&mut tx, &run.who, vec![event]).await?;
        }
        tx.commit().await?;
        app.changed().notify_waiters();
    }
    report.totals = run.totals;
    report.notes = run.notes.notices().to_vec();
    report.spool = std::mem::take(&mut run.spool);
    Ok(())
}

/// The reading thread: rows done before a break are only remembered by their keys.
fn read_all(source: &Source, mut reader: Reader, from: u64, out: &mpsc::Sender<Result<Batch>>) {
    let records = match source.records() {
        Ok(r) => r,
        Err(e) => {
            // Nobody listens when the store has failed; then there is nothing to tell either.
            out.blocking_send(Err(read::table_error(e))).ok();
            return;
        }
    };
    let mut size = BATCH_FIRST;
    let mut rows = Vec::with_capacity(size);
    let mut next_row = from;
    for record in records {
        let no = match &record {
            Ok(r) => r.row,
            Err(e) => e.row,
        };
        if no < from {
            if let Ok(r) = &record {
                reader.skip(r);
            }
            continue;
        }
        next_row = no + 1;
        match record {
            Ok(r) => rows.push(reader.row(&r)),
            Err(e) => {
                rows.push(reader.broken(&e));
                if e.fatal {
                    break;
                }
            }
        }
        if rows.len() >= size {
            size = (size * 2).min(BATCH_MOST);
            let full = std::mem::replace(&mut rows, Vec::with_capacity(size));
            if out.blocking_send(Ok(Batch { rows: full, tally: reader.take_tally(), next_row })).is_err() {
                return;
            }
        }
    }
    if !rows.is_empty() {
        out.blocking_send(Ok(Batch { rows, tally: reader.take_tally(), next_row })).ok();
    }
}
