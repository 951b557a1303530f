//! 导出: the covers of a filter as a file, row by row from one unchanging state.
//!
//! The filter is evaluated once, to the list of cover rows (8 bytes each); then chunks go through a short queue to the
//! thread that writes the file. So memory stays small at any number of covers, the number of rows is known before the
//! first one is sent, and a slow receiver slows the reading down instead of filling the memory.
mod component;
mod ledger;

use super::filter::{CoverFilter, FilterContext};
use crate::app::App;
use crate::error::{AppError, Kind, Result};
use crate::identity::{Actor, Permission, Scope};
use jinggai_db::events::{self, Event};
use jinggai_db::{FromRow, Sql, Tx};
use jinggai_tables::write::{OutColumn, Target, WriteOptions, Writer, Written};
use jinggai_tables::{Cell, Coord, Geometry, GeometryKind, TableError};
use serde_json::json;
use tokio::sync::mpsc;
use uuid::Uuid;

/// Covers read at once: a power of four, as lists of arguments are padded to one.
const CHUNK: usize = 1024;
/// Chunks that wait for the writer.
const WAITING: usize = 2;

/// 格式 of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// CSV, UTF-8 with a byte order mark.
    Csv,
    /// Excel workbook.
    Xlsx,
    /// GeoJSON.
    GeoJson,
    /// GeoPackage.
    GeoPackage,
    /// Shapefile, zipped.
    Shapefile,
    /// 部件记录 of `domain.md` 3.4 as CSV.
    Component,
}

impl Format {
    /// Every format.
    pub const ALL: [Format; 6] = [
        Format::Csv,
        Format::Xlsx,
        Format::GeoJson,
        Format::GeoPackage,
        Format::Shapefile,
        Format::Component,
    ];

    /// The name in parameters and options.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Xlsx => "xlsx",
            Format::GeoJson => "geojson",
            Format::GeoPackage => "gpkg",
            Format::Shapefile => "shp",
            Format::Component => "component",
        }
    }

    /// From the name.
    ///
    /// # Errors
    /// `export.format`.
    pub fn parse(text: &str) -> Result<Format> {
        Self::ALL.into_iter().find(|f| f.code() == text).ok_or_else(|| {
            let all = Self::ALL.map(Format::code).join("、");
            AppError::field(
                "export.format",
                "format",
                format!("没有“{text}”格式，可用：{all}"),
                format!("there is no format {text:?}; there are: {}", Self::ALL.map(Format::code).join(", ")),
            )
        })
    }

    /// Media type.
    #[must_use]
    pub fn media(self) -> &'static str {
        match self {
            Format::Csv | Format::Component => "text/csv; charset=utf-8",
            Format::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Format::GeoJson => "application/geo+json",
            Format::GeoPackage => "application/geopackage+sqlite3",
            Format::Shapefile => "application/zip",
        }
    }

    /// Ending of file names.
    #[must_use]
    pub fn ending(self) -> &'static str {
        match self {
            Format::Csv | Format::Component => "csv",
            Format::Xlsx => "xlsx",
            Format::GeoJson => "geojson",
            Format::GeoPackage => "gpkg",
            Format::Shapefile => "zip",
        }
    }

    /// May it go down a pipe while it is written?
    #[must_use]
    pub fn is_text(self) -> bool {
        matches!(self, Format::Csv | Format::Component | Format::GeoJson)
    }

    fn file(self) -> jinggai_tables::Format {
        match self {
            Format::Csv | Format::Component => jinggai_tables::Format::Csv,
            Format::Xlsx => jinggai_tables::Format::Xlsx,
            Format::GeoJson => jinggai_tables::Format::GeoJson,
            Format::GeoPackage => jinggai_tables::Format::GeoPackage,
            Format::Shapefile => jinggai_tables::Format::Shapefile,
        }
    }

    fn columns(self) -> Vec<OutColumn> {
        if self == Format::Component { component::columns() } else { ledger::columns() }
    }
}

/// An export that is ready to run: its rows are known, the event is written.
pub struct Export {
    tx: Tx,
    ids: Vec<i64>,
    filter: CoverFilter,
    format: Format,
    /// Covers of the filter that the format cannot hold: without a 16-digit number as component records.
    pub left_out: usize,
}

/// Finds the rows of an export and notes who takes what out.
///
/// # Errors
/// `forbidden`, or what the store says.
pub async fn begin(app: &App, actor: &Actor, filter: CoverFilter, format: Format) -> Result<Export> {
    let scope = actor.require(Permission::RegistryExport)?;
    let mut tx = app.db().snapshot().await?;
    let cx = FilterContext::load(&mut tx).await?;
    let (ids, left_out) = find(&mut tx, &filter, &scope, &cx, format).await?;
    note(app, actor, &filter, format, ids.len()).await?;
    Ok(Export { tx, ids, filter, format, left_out })
}

async fn find(
    tx: &mut Tx,
    filter: &CoverFilter,
    scope: &Scope,
    cx: &FilterContext,
    format: Format,
) -> Result<(Vec<i64>, usize)> {
    let mut q = filter.select("f.cover_id", "", scope, cx);
    let mut all = None;
    if format == Format::Component {
        all = Some(super::list::count(tx, filter, scope, cx).await?);
        q.append(component::coded());
    }
    q.push(" ORDER BY f.cover_id", []);
    let ids: Vec<i64> = tx.all::<(i64,)>(q).await?.into_iter().map(|(id,)| id).collect();
    let left_out = all.map_or(0, |n| usize::try_from(n).unwrap_or(0).saturating_sub(ids.len()));
    Ok((ids, left_out))
}

/// 导出留痕: taking data out is an event.
async fn note(app: &App, actor: &Actor, filter: &CoverFilter, format: Format, rows: usize) -> Result<()> {
    let mut tx = app.db().begin().await?;
    let event = Event {
        subject: "export",
        subject_uid: Uuid::now_v7(),
        well_id: None,
        action: "exported",
        before: None,
        after: Some(
            json!({"what": "covers", "format": format.code(), "query": filter.query(), "rows": rows}),
        ),
        reason: None,
    };
    events::append(&mut tx, &actor.who(Permission::RegistryExport), vec![event]).await?;
    tx.commit().await?;
    app.changed().notify_waiters();
    Ok(())
}

type Line = (Vec<Cell>, Option<Geometry>);

impl Export {
    /// How many rows will be written.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.ids.len()
    }

    /// Writes the file; `progress` hears how many rows are read.
    ///
    /// # Errors
    /// `export.write` when the place cannot be written; else what the store says.
    pub async fn run(mut self, target: Target, mut progress: impl FnMut(u64) + Send) -> Result<Written> {
        let (lines, queue) = mpsc::channel::<Option<Vec<Line>>>(WAITING);
        let format = self.format;
        let writer = tokio::task::spawn_blocking(move || write(target, format, queue));
        let mut done = 0;
        let ids = std::mem::take(&mut self.ids);
        let mut read = Ok(());
        for chunk in ids.chunks(CHUNK) {
            match self.lines(chunk).await {
                Ok(part) => {
                    if lines.send(Some(part)).await.is_err() {
                        // The writer has given up and will say why.
                        break;
                    }
                    done += chunk.len() as u64;
                    progress(done);
                }
                Err(e) => {
                    read = Err(e);
                    break;
                }
            }
        }
        if read.is_err() {
            // Half a file must not look whole: the writer is told to throw it away.
            lines.send(None).await.ok();
        }
        drop(lines);
        let written = writer.await.map_err(AppError::internal)?;
        read?;
        written
            .map_err(failed)?
            .ok_or_else(|| AppError::internal(anyhow::anyhow!("the export was broken off")))
    }

    async fn lines(&mut self, ids: &[i64]) -> Result<Vec<Line>> {
        match self.format {
            Format::Component => {
                let rows = self.rows_of::<component::Row>(ids, &component::select()).await?;
                Ok(rows.into_iter().map(|r| (r.cells(), None)).collect())
            }
            _ => {
                let with_place = self.format.file().is_spatial();
                let rows = self.rows_of::<ledger::Row>(ids, &ledger::select()).await?;
                let place = |r: &ledger::Row| Geometry::Point(Coord::xy(r.geom.lng, r.geom.lat));
                Ok(rows.into_iter().map(|r| (r.cells(), with_place.then(|| place(&r)))).collect())
            }
        }
    }

    /// The rows of these covers on the day of the filter.
    async fn rows_of<R: FromRow>(&mut self, ids: &[i64], select: &str) -> Result<Vec<R>> {
        let mut q = Sql::new(&format!("{select} WHERE 1 = 1"), vec![]);
        self.filter.and_day(&mut q);
        q.and_in("f.cover_id", ids);
        q.push(" ORDER BY f.cover_id", []);
        Ok(self.tx.all(q).await?)
    }
}

/// Writes what comes through the queue; `None` means that no more can come and nothing is to be kept.
fn write(
    target: Target,
    format: Format,
    mut queue: mpsc::Receiver<Option<Vec<Line>>>,
) -> std::result::Result<Option<Written>, TableError> {
    let options = WriteOptions {
        geometry: format.file().is_spatial().then_some(GeometryKind::Point),
        table: "covers".to_owned(),
        ..WriteOptions::default()
    };
    let mut writer = Writer::create(target, format.file(), &format.columns(), &options)?;
    while let Some(part) = queue.blocking_recv() {
        let Some(part) = part else { return Ok(None) };
        for (cells, geometry) in part {
            writer.write(&cells, geometry.as_ref())?;
        }
    }
    writer.finish().map(Some)
}

fn failed(e: TableError) -> AppError {
    AppError::new(
        Kind::Unavailable,
        "export.write",
        format!("导出未完成：{e}"),
        format!("the export failed: {}", e.message_en()),
    )
    .caused_by(e)
}
