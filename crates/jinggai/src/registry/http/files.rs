//! What leaves the platform as a file: exports as they are read, the file of a well as PDF.
use super::covers::{FilterParams, split};
use super::uid;
use crate::app::App;
use crate::error::{AppError, Kind, Problem, Result};
use crate::http::Ctx;
use crate::identity::Permission;
use crate::registry::export::{self, Format};
use crate::registry::paper;
use axum::body::{Body, Bytes};
use axum::extract::{Path, RawQuery};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use jinggai_tables::write::Target;
use std::io::{self, Write};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Bytes of one piece of a streamed body.
const PIECE: usize = 64 << 10;
/// Pieces that wait for the receiver.
const WAITING: usize = 8;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(export_covers)).routes(routes!(print_well_file))
}

/// A writer whose bytes become the body of an answer; it waits when the receiver is slow and fails when it is gone.
struct Pipe {
    to: mpsc::Sender<io::Result<Bytes>>,
    buffer: Vec<u8>,
}

impl Pipe {
    fn push(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let piece = std::mem::replace(&mut self.buffer, Vec::with_capacity(PIECE));
        self.to.blocking_send(Ok(piece.into())).map_err(|e| io::Error::new(io::ErrorKind::BrokenPipe, e))
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= PIECE {
            self.push()?;
        }
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        self.push()
    }
}

fn busy() -> AppError {
    AppError::new(
        Kind::TooMany,
        "export.busy",
        "正在进行的导出较多，请稍后再试",
        "several exports are running; please try again shortly",
    )
}

/// Exports the covers of a filter as a file.
#[utoipa::path(get, path = "/api/v1/covers/export", tag = "registry",
    params(("format" = String, Query, description = "csv, xlsx, geojson, gpkg, shp or component"), FilterParams),
    responses((status = 200, description = "the file"), (status = "4XX", body = Problem)))]
async fn export_covers(ctx: Ctx, RawQuery(query): RawQuery) -> Result<Response> {
    ctx.actor.require(Permission::RegistryExport)?;
    let (own, filter) = split(query, &["format"])?;
    let format = Format::parse(own.first().map_or("csv", |(_, v)| v.as_str()))?;
    let permit = ctx.app.exports().clone().try_acquire_owned().map_err(|_full| busy())?;
    let export = export::begin(&ctx.app, &ctx.actor, filter, format).await?;
    let (rows, left_out) = (export.rows(), export.left_out);
    let (to, from) = mpsc::channel(WAITING);
    let pipe = Pipe { to: to.clone(), buffer: Vec::with_capacity(PIECE) };
    tokio::spawn(async move {
        let _permit = permit;
        if let Err(e) = export.run(Target::Stream(Box::new(pipe)), |_| {}).await {
            tracing::warn!(error = %e, "an export was broken off");
            // The body ends with an error, so that half a file is not taken for a whole one.
            to.send(Err(io::Error::other(e.to_string()))).await.ok();
        }
    });
    let name = format!("covers-{}.{}", crate::clock::today(), format.ending());
    let about = [
        (header::CONTENT_TYPE, format.media().to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::HeaderName::from_static("x-jinggai-rows"), rows.to_string()),
        (header::HeaderName::from_static("x-jinggai-left-out"), left_out.to_string()),
    ];
    Ok((about, Body::from_stream(ReceiverStream::new(from))).into_response())
}

/// Prints the file of a well.
#[utoipa::path(get, path = "/api/v1/wells/{uid}/file.pdf", tag = "registry", params(("uid" = String, Path)),
    responses((status = 200, description = "PDF", content_type = "application/pdf"), (status = "4XX", body = Problem)))]
async fn print_well_file(ctx: Ctx, Path(id): Path<String>) -> Result<Response> {
    let scope = ctx.actor.require(Permission::RegistryRead)?;
    let uid = uid(&id)?;
    let pdf = paper::well_file(&ctx.app, &ctx.actor, uid, &scope).await?;
    let about = [
        (header::CONTENT_TYPE, "application/pdf".to_owned()),
        (header::CONTENT_DISPOSITION, format!("inline; filename=\"{uid}.pdf\"")),
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
    ];
    Ok((about, pdf).into_response())
}
