//! Problems become bodies here, where the reader's language and the request's id are known.
use crate::error::Pending;
use crate::http::ctx::wants_english;
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Gives every request an id and renders pending problems as RFC 9457 bodies.
pub async fn problems(mut req: Request, next: Next) -> Response {
    let english = wants_english(req.headers());
    let id = uuid::Uuid::now_v7().simple().to_string();
    if let Ok(value) = id.parse() {
        req.headers_mut().insert("x-request-id", value);
    }
    let mut response = next.run(req).await;
    if let Some(pending) = response.extensions_mut().remove::<Pending>() {
        let body = serde_json::to_string(&pending.problem(english, Some(id.clone()))).unwrap_or_default();
        response = (pending.status, [(CONTENT_TYPE, "application/problem+json")], body).into_response();
    }
    if let Ok(value) = id.parse() {
        response.headers_mut().insert("x-request-id", value);
    }
    response
}
