//! A look before the import: how the file would be read, with its first rows understood. Nothing is judged or kept.
use super::read::Refusal;
use super::report::Report;
use super::row::{Finding, Reader};
use super::run::{Request, blank, describe, open, prepare, refuse, source_of};
use super::state::State;
use super::store;
use crate::app::App;
use crate::clock;
use crate::error::{Kind, Result};
use crate::identity::Permission;
use serde::Serialize;
use serde_json::Value as Json;

/// Rows shown.
const ROWS: usize = 20;

/// How a file would be read (导入预览).
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Preview {
    /// File, mapping, notes; counts are empty.
    #[serde(flatten)]
    pub report: Report,
    /// All columns of the file.
    pub columns: Vec<String>,
    /// Rows of the file, when known.
    pub rows: Option<u64>,
    /// The first rows.
    pub samples: Vec<Sample>,
}

/// One row of a preview.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Sample {
    /// Its number in the file.
    pub row: u64,
    /// The original cells.
    #[schema(value_type = Object)]
    pub cells: Json,
    /// The well as it would be entered.
    #[schema(value_type = Option<Object>)]
    pub well: Option<Json>,
    /// Why it would be refused.
    #[schema(value_type = Vec<Object>)]
    pub findings: Vec<Finding>,
}

/// Looks at a file of covers.
///
/// # Errors
/// What the store says. A file that would be refused is no error: the report says so.
pub async fn preview(app: &App, request: &Request<'_>) -> Result<Preview> {
    let source = source_of(request);
    let scope = request.actor.require(Permission::RegistryImport)?;
    let mut report = blank(request, &source);
    let mut tx = app.db().snapshot().await?;
    let saved = store::mapping(&mut tx, &source).await?;
    let opened = match open(app, request, saved).await? {
        Ok(o) => o,
        Err(r) => {
            return Ok(Preview { report: refuse(report, &r), columns: vec![], rows: None, samples: vec![] });
        }
    };
    describe(&mut report, &opened.source, &opened.plan);
    let (columns, rows) = (opened.plan.columns.clone(), opened.source.rows);
    let state = State::load(&mut tx, &source, app.config().duplicate_metres, &scope, clock::today()).await?;
    let (run, knows) = match prepare(app, request, &mut tx, &source, state, &opened, None).await {
        Ok(ready) => ready,
        Err(error) if error.kind() == Kind::Invalid => {
            let refusal = Refusal { rows: rows.unwrap_or(0), error };
            return Ok(Preview { report: refuse(report, &refusal), columns, rows, samples: vec![] });
        }
        Err(e) => return Err(e),
    };
    let samples = tokio::task::spawn_blocking(move || {
        let mut reader = Reader::new(opened.plan.clone(), knows, "");
        let mut samples = vec![];
        for record in opened.source.records().map_err(super::read::table_error)?.take(ROWS) {
            let row = match record {
                Ok(r) => reader.row(&r),
                Err(e) => reader.broken(&e),
            };
            samples.push(Sample {
                row: row.no,
                cells: serde_json::from_str(row.original()).unwrap_or_default(),
                well: row.draft.as_ref().ok().map(|d| d.well.summary()),
                findings: row.draft.err().unwrap_or_default(),
            });
        }
        Ok::<_, crate::error::AppError>(samples)
    })
    .await
    .map_err(crate::error::AppError::internal)??;
    report.notes = run.notes.notices().to_vec();
    Ok(Preview { report, columns, rows, samples })
}
