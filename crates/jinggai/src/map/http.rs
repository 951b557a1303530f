//! `GET /tiles/covers/{z}/{x}/{y}.mvt`, `GET /tiles/lines/{z}/{x}/{y}.mvt`
use super::{day, lines, tiles};
use crate::app::App;
use crate::clock;
use crate::error::{AppError, Problem, Result};
use crate::http::Ctx;
use crate::identity::{Permission, Scope};
use crate::registry::filter::{CoverFilter, FilterContext};
use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jinggai_db::{Tx, sql};
use jinggai_geo::TileId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of this part.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(get_cover_tile))
        .routes(routes!(get_line_tile))
        .merge(day::routes())
        .merge(super::ogc::routes())
        .merge(super::basemap::routes())
}

/// A vector tile of covers: layer `covers` (each one) from zoom 15 on, below it `counts` (per cell and state) and
/// `urgent` (missing covers, each one). Takes the same filter as the list of covers; with `as_of` it is the state of
/// that day, each cover where it stood then (`map.day` for days that the ledger does not know).
#[utoipa::path(
    get,
    path = "/tiles/covers/{z}/{x}/{y}",
    operation_id = "get_cover_tile",
    tag = "map",
    params(("z" = u8, Path), ("x" = u32, Path), ("y" = String, Path, description = "row, with or without .mvt")),
    responses((status = 200, description = "Mapbox Vector Tile 2.1", content_type = "application/vnd.mapbox-vector-tile"),
              (status = 304, description = "unchanged"), (status = "4XX", body = Problem))
)]
async fn get_cover_tile(
    ctx: Ctx,
    Path((z, x, y)): Path<(u8, u32, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response> {
    let scope = ctx.actor.require(Permission::RegistryRead)?;
    let row: u32 = y.trim_end_matches(".mvt").parse().map_err(|_e| no_tile())?;
    let tile = TileId::new(z, x, row).ok_or_else(no_tile)?;
    let query = query.unwrap_or_default();
    let filter = CoverFilter::from_query(&query)?;
    // Ages are judged by the day it is, which no event tells.
    let question = format!("{z}/{x}/{row}?{query}#{}@{}", scope_key(&scope), clock::today());
    tagged(&ctx, &headers, question, async |tx| {
        day::check(tx, &filter).await?;
        let cx = FilterContext::load(tx).await?;
        tiles::tile(tx, tile, &filter, &scope, &cx).await
    })
    .await
}

/// A vector tile of the lines that were imported (管线), from zoom 10 on: layer `lines`, simpler the farther. Where they
/// are too many for one tile it draws every n-th and says so in the layer `notes`. A reader whose rights are bounded
/// gets the lines at his wells.
#[utoipa::path(
    get,
    path = "/tiles/lines/{z}/{x}/{y}",
    operation_id = "get_line_tile",
    tag = "map",
    params(("z" = u8, Path), ("x" = u32, Path), ("y" = String, Path, description = "row, with or without .mvt")),
    responses((status = 200, description = "Mapbox Vector Tile 2.1", content_type = "application/vnd.mapbox-vector-tile"),
              (status = 304, description = "unchanged"), (status = "4XX", body = Problem))
)]
async fn get_line_tile(
    ctx: Ctx,
    Path((z, x, y)): Path<(u8, u32, String)>,
    headers: HeaderMap,
) -> Result<Response> {
    let scope = ctx.actor.require(Permission::RegistryRead)?;
    let row: u32 = y.trim_end_matches(".mvt").parse().map_err(|_e| no_tile())?;
    let tile = TileId::new(z, x, row).ok_or_else(no_tile)?;
    let question = format!("lines/{z}/{x}/{row}#{}", scope_key(&scope));
    tagged(&ctx, &headers, question, async |tx| lines::tile(tx, tile, &scope).await).await
}

/// The answer to a question about the ledger as it is after this event: made once per event.
pub(super) async fn cached(
    ctx: &Ctx,
    seq: i64,
    question: String,
    make: impl AsyncFnOnce(&mut Tx) -> Result<Vec<u8>>,
) -> Result<Vec<u8>> {
    if let Some(bytes) = ctx.app.tiles().get(seq, &question) {
        return Ok(bytes);
    }
    let bytes = make(&mut ctx.app.db().snapshot().await?).await?;
    ctx.app.tiles().put(seq, question, bytes.clone());
    Ok(bytes)
}

/// The number of the last event.
pub(super) async fn last_event(ctx: &Ctx) -> Result<i64> {
    let (seq,) = ctx.app.db().one(sql!("SELECT seq FROM event_head WHERE id = 1")).await?;
    Ok(seq)
}

/// A tile with its tag; not sent again to who has it.
async fn tagged(
    ctx: &Ctx,
    headers: &HeaderMap,
    question: String,
    make: impl AsyncFnOnce(&mut Tx) -> Result<Vec<u8>>,
) -> Result<Response> {
    let seq = last_event(ctx).await?;
    let tag = format!("\"{seq}-{}\"", &crate::files::digest(question.as_bytes())[..16]);
    if headers.get(header::IF_NONE_MATCH).is_some_and(|v| v.as_bytes() == tag.as_bytes()) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    let bytes = cached(ctx, seq, question, make).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/vnd.mapbox-vector-tile".to_owned()),
        (header::CACHE_CONTROL, "private, no-cache".to_owned()),
        (header::ETAG, tag),
    ];
    Ok((headers, bytes).into_response())
}

/// There is no such tile.
pub(super) fn no_tile() -> AppError {
    AppError::not_found("个瓦片", "tile")
}

/// Tiles of one scope are never shown to another.
pub(super) fn scope_key(scope: &Scope) -> String {
    match scope {
        Scope::Everything => "*".to_owned(),
        other => format!("{other:?}"),
    }
}
