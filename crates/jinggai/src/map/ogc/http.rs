//! `/ogc`: the addresses of the standard.
use super::crs::OgcCrs;
use super::document::{API_MEDIA, GEOJSON, document};
use super::layer::{COLLECTIONS, Collection, Feature, Found, no_feature};
use super::links::{Base, header_of, query_of};
use super::query::{Ask, crs_only, no_parameters};
use crate::app::App;
use crate::error::{Problem, Result};
use crate::http::Ctx;
use crate::http::page::Cursor;
use crate::identity::{Permission, Scope};
use crate::map::http::scope_key;
use crate::registry::FilterParams;
use axum::extract::{Path, RawQuery, Request};
use axum::http::header::{CONTENT_TYPE, HeaderName, LINK, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jinggai_db::sql;
use jinggai_geo::Bbox;
use serde_json::{Value as Json, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of the service.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(get_ogc_landing))
        // Some programs put a slash behind the address they are given.
        .route("/ogc/", get(get_ogc_landing))
        .routes(routes!(get_ogc_api))
        .routes(routes!(get_ogc_conformance))
        .routes(routes!(list_ogc_collections))
        .routes(routes!(get_ogc_collection))
        .routes(routes!(list_ogc_features))
        .routes(routes!(get_ogc_feature))
        .layer(axum::middleware::from_fn(challenge))
}

/// What the service conforms to.
const CONFORMS: [&str; 4] = [
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
];
const JSON: &str = "application/json";
const CONTENT_CRS: HeaderName = HeaderName::from_static("content-crs");

/// Programs of maps send a name and a password only when they are asked for them.
async fn challenge(req: Request, next: Next) -> Response {
    let mut response = next.run(req).await;
    if response.status() == StatusCode::UNAUTHORIZED {
        let basic = HeaderValue::from_static("Basic realm=\"jinggai\", charset=\"UTF-8\"");
        response.headers_mut().insert(WWW_AUTHENTICATE, basic);
    }
    response
}

/// Refuses a reader who may read none of the collections.
fn reader(ctx: &Ctx) -> Result<()> {
    if COLLECTIONS.iter().any(|c| ctx.actor.may(c.right)) {
        return Ok(());
    }
    ctx.actor.require(Permission::RegistryRead).map(drop)
}

fn answer(media: &str, body: &Json) -> Response {
    ([(CONTENT_TYPE, media.to_owned())], body.to_string()).into_response()
}

/// The landing page of the OGC API Features service.
#[utoipa::path(get, path = "/ogc", tag = "ogc", operation_id = "get_ogc_landing",
    responses((status = 200, body = Object), (status = "4XX", body = Problem)))]
async fn get_ogc_landing(ctx: Ctx, base: Base, RawQuery(query): RawQuery) -> Result<Response> {
    reader(&ctx)?;
    no_parameters(query.as_deref())?;
    let links = [
        base.link("", "self", JSON, "入口 / landing page"),
        base.link("/api", "service-desc", API_MEDIA, "OpenAPI 3.0"),
        base.link("/conformance", "conformance", JSON, "符合的标准条款 / conformance classes"),
        base.link("/collections", "data", JSON, "图层清单 / collections"),
    ];
    let (title, about) = if ctx.english {
        (
            "jinggai: manhole covers",
            "Wells, covers, hazards and cases of the district, within the rights of the reader",
        )
    } else {
        ("井盖：窨井盖安全管理平台", "本区窨井、井盖、隐患和案卷，以读者的权限为限")
    };
    Ok(answer(JSON, &json!({"title": title, "description": about, "links": links})))
}

/// The OpenAPI 3.0 document of the OGC API Features service.
#[utoipa::path(get, path = "/ogc/api", tag = "ogc", operation_id = "get_ogc_api",
    responses((status = 200, content_type = "application/vnd.oai.openapi+json;version=3.0"), (status = "4XX", body = Problem)))]
async fn get_ogc_api(
    ctx: Ctx,
    base: Base,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response> {
    reader(&ctx)?;
    no_parameters(query.as_deref())?;
    Ok(answer(API_MEDIA, &document(&base.0, &headers)))
}

/// What of the standard is kept.
#[utoipa::path(get, path = "/ogc/conformance", tag = "ogc", operation_id = "get_ogc_conformance",
    responses((status = 200, body = Object), (status = "4XX", body = Problem)))]
async fn get_ogc_conformance(ctx: Ctx, RawQuery(query): RawQuery) -> Result<Response> {
    reader(&ctx)?;
    no_parameters(query.as_deref())?;
    Ok(answer(JSON, &json!({"conformsTo": CONFORMS})))
}

/// Lists the collections.
#[utoipa::path(get, path = "/ogc/collections", tag = "ogc", operation_id = "list_ogc_collections",
    responses((status = 200, body = Object), (status = "4XX", body = Problem)))]
async fn list_ogc_collections(ctx: Ctx, base: Base, RawQuery(query): RawQuery) -> Result<Response> {
    reader(&ctx)?;
    no_parameters(query.as_deref())?;
    let mut collections = vec![];
    for c in COLLECTIONS.iter().filter(|c| ctx.actor.may(c.right)) {
        collections.push(described(&ctx, &base, c, &ctx.actor.scope(c.right)).await?);
    }
    let links = [base.link("/collections", "self", JSON, "图层清单 / collections")];
    let crs = OgcCrs::ALL.map(OgcCrs::uri);
    Ok(answer(JSON, &json!({"links": links, "crs": crs, "collections": collections})))
}

/// Describes a collection.
#[utoipa::path(get, path = "/ogc/collections/{collection}", tag = "ogc", operation_id = "get_ogc_collection",
    params(("collection" = String, Path)), responses((status = 200, body = Object), (status = "4XX", body = Problem)))]
async fn get_ogc_collection(
    ctx: Ctx,
    base: Base,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response> {
    reader(&ctx)?;
    let collection = Collection::find(&id)?;
    let scope = ctx.actor.require(collection.right)?;
    no_parameters(query.as_deref())?;
    Ok(answer(JSON, &described(&ctx, &base, collection, &scope).await?))
}

async fn described(ctx: &Ctx, base: &Base, c: &Collection, scope: &Scope) -> Result<Json> {
    let (path, title) = (format!("/collections/{}", c.id), c.title(ctx.english));
    let links =
        [base.link(&path, "self", JSON, title), base.link(&format!("{path}/items"), "items", GEOJSON, title)];
    let mut body = json!({
        "id": c.id, "title": title, "description": c.description(ctx.english), "itemType": "feature",
        "crs": OgcCrs::ALL.map(OgcCrs::uri), "storageCrs": OgcCrs::STORAGE.uri(), "links": links,
    });
    if let Some(b) = extent(ctx, c, scope).await? {
        body["extent"] = json!({"spatial": {"bbox": [[b.w, b.s, b.e, b.n]], "crs": OgcCrs::Crs84.uri()}});
    }
    Ok(body)
}

/// The extent within the scope, kept until the ledger changes: it looks at every place.
async fn extent(ctx: &Ctx, c: &Collection, scope: &Scope) -> Result<Option<Bbox>> {
    let (seq,): (i64,) = ctx.app.db().one(sql!("SELECT seq FROM event_head WHERE id = 1")).await?;
    let question = format!("ogc/{}#{}", c.id, scope_key(scope));
    if let Some(known) = ctx.app.tiles().get(seq, &question).and_then(|k| serde_json::from_slice(&k).ok()) {
        return Ok(known);
    }
    let found = (c.extent)(&ctx.app, &mut ctx.app.db().snapshot().await?, scope).await?;
    ctx.app.tiles().put(seq, question, json!(found).to_string().into_bytes());
    Ok(found)
}

/// Lists features as GeoJSON, page by page along the links `next`. Any condition of the cover filter is a parameter
/// of wells and covers, beside those of the standard; hazards and cases take the parameters of their lists
/// (`/api/v1/hazards`, `/api/v1/cases`) but order and `mine`. What is unknown or wrong is 400 and named.
#[utoipa::path(get, path = "/ogc/collections/{collection}/items", tag = "ogc", operation_id = "list_ogc_features",
    params(("collection" = String, Path, description = "wells, covers, hazards, cases"),
           ("limit" = Option<usize>, Query, description = "features of a page, 100, at most 1000"),
           ("cursor" = Option<String>, Query, description = "comes with the link next"),
           ("crs" = Option<String>, Query, description = "URI of the coordinate system of the answer"),
           ("bbox-crs" = Option<String>, Query, description = "URI of the coordinate system of bbox"),
           ("datetime" = Option<String>, Query, description = "time of the last change: a moment, a day or an interval"),
           FilterParams),
    responses((status = 200, body = Object, content_type = "application/geo+json"), (status = "4XX", body = Problem)))]
async fn list_ogc_features(
    ctx: Ctx,
    base: Base,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response> {
    reader(&ctx)?;
    let collection = Collection::find(&id)?;
    let scope = ctx.actor.require(collection.right)?;
    let ask = Ask::parse(query.as_deref())?;
    let found = (collection.page)(&ctx.app, &mut ctx.app.db().snapshot().await?, &ask, &scope).await?;
    page(&base, collection, &ask, query.as_deref(), found, ctx.english)
}

fn page(
    base: &Base,
    c: &Collection,
    ask: &Ask,
    query: Option<&str>,
    found: Found,
    english: bool,
) -> Result<Response> {
    let (path, title) = (format!("/collections/{}", c.id), c.title(english));
    let this = query.map(|q| format!("?{q}")).unwrap_or_default();
    let mut links = vec![
        base.link(&format!("{path}/items{this}"), "self", GEOJSON, title),
        base.link(&path, "collection", JSON, title),
    ];
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(GEOJSON));
    headers.insert(CONTENT_CRS, content_crs(ask.crs));
    if let Some(key) = found.next {
        let mut again = ask.again.clone();
        again.push(("cursor".to_owned(), Cursor::of(&key)));
        let next = format!("{path}/items{}", query_of(&again));
        headers.append(LINK, header_of(&format!("{}{next}", base.0), "next", GEOJSON)?);
        links.push(base.link(&next, "next", GEOJSON, title));
    }
    let body = json!({
        "type": "FeatureCollection", "numberMatched": found.total, "numberReturned": found.features.len(),
        "timeStamp": jiff::Timestamp::now(), "links": links,
        "features": found.features.into_iter().map(|f| feature(f, ask.crs)).collect::<Vec<_>>(),
    });
    Ok((headers, body.to_string()).into_response())
}

/// Gives a feature.
#[utoipa::path(get, path = "/ogc/collections/{collection}/items/{uid}", tag = "ogc", operation_id = "get_ogc_feature",
    params(("collection" = String, Path), ("uid" = String, Path), ("crs" = Option<String>, Query)),
    responses((status = 200, body = Object, content_type = "application/geo+json"), (status = "4XX", body = Problem)))]
async fn get_ogc_feature(
    ctx: Ctx,
    base: Base,
    Path((id, uid)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response> {
    reader(&ctx)?;
    let collection = Collection::find(&id)?;
    let scope = ctx.actor.require(collection.right)?;
    let crs = crs_only(query.as_deref())?;
    let uid = uid.parse().map_err(|e| no_feature().caused_by(anyhow::Error::new::<uuid::Error>(e)))?;
    let found = (collection.one)(&ctx.app, &mut ctx.app.db().snapshot().await?, uid, &scope).await?;
    let (path, title) = (format!("/collections/{id}"), collection.title(ctx.english));
    let mut body = feature(found.ok_or_else(no_feature)?, crs);
    body["links"] = json!([
        base.link(&format!("{path}/items/{uid}"), "self", GEOJSON, title),
        base.link(&path, "collection", JSON, title),
    ]);
    let mut response = answer(GEOJSON, &body);
    response.headers_mut().insert(CONTENT_CRS, content_crs(crs));
    Ok(response)
}

fn content_crs(crs: OgcCrs) -> HeaderValue {
    // A URI of the table above and its brackets are always a header's text.
    format!("<{}>", crs.uri()).parse().unwrap_or(HeaderValue::from_static(""))
}

fn feature(f: Feature, crs: OgcCrs) -> Json {
    let (x, y) = crs.coordinates(f.at);
    let geometry = if f.at.is_valid() { json!({"type": "Point", "coordinates": [x, y]}) } else { Json::Null };
    json!({"type": "Feature", "id": f.uid, "geometry": geometry, "properties": f.properties})
}
