//! Absolute addresses of the service, as its reader reached it: the standard's links must work from anywhere.
use crate::app::App;
use crate::error::AppError;
use axum::extract::FromRequestParts;
use axum::http::HeaderValue;
use axum::http::request::Parts;
use axum::http::uri::Authority;
use serde_json::{Value as Json, json};
use std::convert::Infallible;

/// The address of the landing page, without a slash at the end.
pub struct Base(pub String);

impl FromRequestParts<App> for Base {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let header = |name: &str| parts.headers.get(name).and_then(|v| v.to_str().ok());
        // HTTP/2 names the host in the request line.
        let host: Option<Authority> =
            parts.uri.authority().cloned().or_else(|| header("host").and_then(|h| h.parse().ok()));
        let scheme = match header("x-forwarded-proto") {
            Some(s @ ("http" | "https")) => s,
            _ if app.config().tls.is_some() => "https",
            _ => "http",
        };
        let server = host.map_or_else(|| app.config().public_url.clone(), |h| format!("{scheme}://{h}"));
        Ok(Base(format!("{server}/ogc")))
    }
}

impl Base {
    /// A link to a path below the landing page.
    #[must_use]
    pub fn link(&self, path: &str, rel: &str, media: &str, title: &str) -> Json {
        json!({"href": format!("{}{path}", self.0), "rel": rel, "type": media, "title": title})
    }
}

/// A query string of pairs, with `?` before it when there are any.
#[must_use]
pub fn query_of(pairs: &[(String, String)]) -> String {
    let text = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    if text.is_empty() { text } else { format!("?{text}") }
}

/// The `Link` header of a link.
///
/// # Errors
/// When the address cannot stand in a header, which none of ours does.
pub fn header_of(href: &str, rel: &str, media: &str) -> Result<HeaderValue, AppError> {
    let text = format!("<{href}>; rel=\"{rel}\"; type=\"{media}\"");
    HeaderValue::from_str(&text).map_err(AppError::internal)
}
