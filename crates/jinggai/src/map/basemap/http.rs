//! `GET /api/v1/basemap`, `GET /basemap/{layer}/{z}/{x}/{y}`
use super::BasemapLayer;
use crate::app::App;
use crate::config::{BasemapCrs, BasemapKind};
use crate::error::{Problem, Result};
use crate::http::Ctx;
use crate::identity::Permission;
use crate::map::http::no_tile;
use axum::Json;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jinggai_geo::TileId;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of the base map.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get_basemap)).routes(routes!(get_basemap_tile))
}

/// How long a browser may keep a tile, seconds: streets change slowly.
const KEEP_S: u32 = 86_400;

/// 底图: what lies beneath the map.
#[derive(Serialize, ToSchema)]
struct BasemapView {
    /// Where it comes from; `none` when there is none.
    kind: BasemapKind,
    /// How its tiles lie; with `gcj02` the ledger's places are shifted for drawing, and clicks back.
    crs: BasemapCrs,
    /// What must stand on the map.
    attribution: String,
    /// West, south, east, north that it covers, when it says so.
    bounds: Option<[f64; 4]>,
    /// Its layers, lowest first.
    layers: Vec<BasemapLayer>,
    /// What is wrong with it, in the reader's language.
    fault: Option<String>,
}

/// Tells which base map there is. Its tiles come from this server alone.
#[utoipa::path(get, path = "/api/v1/basemap", tag = "map", operation_id = "get_basemap",
    responses((status = 200, body = BasemapView), (status = "4XX", body = Problem)))]
async fn get_basemap(ctx: Ctx) -> Result<Json<BasemapView>> {
    ctx.actor.require(Permission::RegistryRead)?;
    let map = ctx.app.basemap();
    Ok(Json(BasemapView {
        kind: map.settings().kind,
        crs: map.settings().crs,
        attribution: map.attribution().to_owned(),
        bounds: map.bounds().map(|b| [b.w, b.s, b.e, b.n]),
        layers: map.layers(),
        fault: map.fault().map(|said| said.text(ctx.english).to_owned()),
    }))
}

/// Gives a tile of the base map.
#[utoipa::path(get, path = "/basemap/{layer}/{z}/{x}/{y}", tag = "map", operation_id = "get_basemap_tile",
    params(("layer" = String, Path), ("z" = u8, Path), ("x" = u32, Path), ("y" = String, Path, description = "row, with or without an ending")),
    responses((status = 200, description = "picture or vector tile", content_type = "image/png"),
              (status = 304, description = "unchanged"), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
async fn get_basemap_tile(
    ctx: Ctx,
    Path((layer, z, x, y)): Path<(String, u8, u32, String)>,
    headers: HeaderMap,
) -> Result<Response> {
    ctx.actor.require(Permission::RegistryRead)?;
    let row: u32 = y.split('.').next().and_then(|r| r.parse().ok()).ok_or_else(no_tile)?;
    let at = TileId::new(z, x, row).ok_or_else(no_tile)?;
    let tile = ctx.app.basemap().tile(&layer, at).await?.ok_or_else(no_tile)?;
    let tag = format!("\"{}\"", &crate::files::digest(&tile.bytes)[..32]);
    let keep = [
        (header::CACHE_CONTROL, format!("private, max-age={KEEP_S}")),
        (header::ETAG, tag.clone()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    if headers.get(header::IF_NONE_MATCH).is_some_and(|v| v.as_bytes() == tag.as_bytes()) {
        return Ok((StatusCode::NOT_MODIFIED, keep).into_response());
    }
    Ok((keep, [(header::CONTENT_TYPE, tile.media)], tile.bytes).into_response())
}
