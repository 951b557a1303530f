//! The OpenAPI 3.0 document of the service, for programs that speak OGC API: exactly its addresses, per collection.
//!
//! The platform's own document is of version 3.1 and describes all routes; the standard asks for one of 3.0 that
//! describes its service alone.
use super::crs::OgcCrs;
use super::layer::{COLLECTIONS, Collection};
use super::query::{LIMIT, LIMIT_MAX};
use crate::http::ctx::wants_english;
use axum::http::HeaderMap;
use serde_json::{Map, Value as Json, json};

/// The document; `base` is the address of the service's landing page.
#[must_use]
pub fn document(base: &str, headers: &HeaderMap) -> Json {
    let english = wants_english(headers);
    let mut paths = Map::new();
    let plain = |id: &str, summary: &str| operation(id, summary, &[], "application/json");
    paths.insert("/".into(), plain("getLandingPage", "入口 / landing page"));
    paths.insert("/api".into(), operation("getApi", "本文档 / this document", &[], API_MEDIA));
    paths.insert("/conformance".into(), plain("getConformance", "符合的标准条款 / conformance classes"));
    paths.insert("/collections".into(), plain("getCollections", "图层清单 / collections"));
    for c in &COLLECTIONS {
        let (path, title) = (format!("/collections/{}", c.id), c.title(english));
        paths.insert(path.clone(), plain(&format!("describe_{}", c.id), title));
        let list = operation(&format!("list_{}", c.id), title, &list_parameters(c), GEOJSON);
        paths.insert(format!("{path}/items"), list);
        let one = operation(&format!("get_{}", c.id), title, &one_parameters(), GEOJSON);
        paths.insert(format!("{path}/items/{{featureId}}"), one);
    }
    json!({
        "openapi": "3.0.3",
        "info": {"title": "井盖 jinggai OGC API Features", "version": env!("CARGO_PKG_VERSION"),
                 "license": {"name": "Apache-2.0"}},
        "servers": [{"url": base}],
        "security": [{"token": []}, {"basic": []}, {"session": []}],
        "paths": paths,
        "components": {"securitySchemes": {
            "token": {"type": "http", "scheme": "bearer"},
            "basic": {"type": "http", "scheme": "basic", "description": "口令处填接口令牌 / the API token as password"},
            "session": {"type": "apiKey", "in": "cookie", "name": crate::http::ctx::COOKIE},
        }},
    })
}

/// Media type of this document.
pub const API_MEDIA: &str = "application/vnd.oai.openapi+json;version=3.0";
/// Media type of features.
pub const GEOJSON: &str = "application/geo+json";

fn operation(id: &str, summary: &str, parameters: &[Json], media: &str) -> Json {
    let refused = json!({"description": "RFC 9457", "content": {"application/problem+json": {"schema": {"type": "object"}}}});
    let content = Map::from_iter([(media.to_owned(), json!({"schema": {"type": "object"}}))]);
    json!({"get": {
        "operationId": id, "summary": summary, "parameters": parameters,
        "responses": {"200": {"description": "OK", "content": content}, "400": refused, "401": refused,
                      "403": refused, "404": refused},
    }})
}

fn query(name: &str, description: &str, schema: Json) -> Json {
    json!({"name": name, "in": "query", "required": false, "description": description, "schema": schema,
           "style": "form", "explode": false})
}

fn crs(name: &str, description: &str) -> Json {
    let known = OgcCrs::ALL.map(OgcCrs::uri);
    query(name, description, json!({"type": "string", "enum": known, "default": OgcCrs::default().uri()}))
}

fn one_parameters() -> Vec<Json> {
    let id = json!({"name": "featureId", "in": "path", "required": true, "schema": {"type": "string"}});
    vec![id, crs("crs", "坐标系 / coordinate system of the answer")]
}

fn list_parameters(c: &Collection) -> Vec<Json> {
    let numbers = json!({"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6});
    let limit = json!({"type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": LIMIT});
    let mut out = vec![
        query("limit", "每页要素数 / features of a page", limit),
        query("bbox", "范围：先下角后上角 / lower corner, upper corner", numbers),
        crs("bbox-crs", "范围的坐标系 / coordinate system of bbox"),
        crs("crs", "坐标系 / coordinate system of the answer"),
        query("datetime", "最后修改时间 / time of the last change", json!({"type": "string"})),
        query("cursor", "由 next 链接给出 / comes with the next link", json!({"type": "string"})),
    ];
    out.extend(
        (c.parameters)().into_iter().map(|(name, about)| query(&name, &about, json!({"type": "string"}))),
    );
    out
}
