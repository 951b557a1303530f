//! Problems become bodies here, where the reader's language and the request's id are known.
use crate::error::{AppError, Kind, Pending};
use crate::http::ctx::wants_english;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::{ALLOW, CONTENT_LENGTH, CONTENT_TYPE};
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
    if let Some(e) = foreign(&mut response).await {
        let allow = response.headers_mut().remove(ALLOW);
        response = e.into_response();
        response.headers_mut().extend(allow.map(|methods| (ALLOW, methods)));
    }
    if let Some(pending) = response.extensions_mut().remove::<Pending>() {
        let body = serde_json::to_string(&pending.problem(english, Some(id.clone()))).unwrap_or_default();
        let mut kept = std::mem::take(response.headers_mut());
        response = (pending.status, [(CONTENT_TYPE, "application/problem+json")], body).into_response();
        kept.remove(CONTENT_TYPE);
        kept.remove(CONTENT_LENGTH);
        response.headers_mut().extend(kept);
    }
    if let Ok(value) = id.parse() {
        response.headers_mut().insert("x-request-id", value);
    }
    response
}

/// Longest text of a refusal that is passed on.
const TEXT_MAX: usize = 2000;

/// What the framework refuses by itself (a path that does not parse, a method that is not served) as a problem.
async fn foreign(response: &mut Response) -> Option<AppError> {
    let plain = response
        .headers()
        .get(CONTENT_TYPE)
        .is_none_or(|v| v.to_str().is_ok_and(|t| t.starts_with("text/plain")));
    if !response.status().is_client_error() || !plain || response.extensions().get::<Pending>().is_some() {
        return None;
    }
    let body = std::mem::take(response.body_mut());
    let bytes = axum::body::to_bytes(body, TEXT_MAX).await.unwrap_or_default();
    let what = String::from_utf8_lossy(&bytes);
    Some(match response.status() {
        StatusCode::METHOD_NOT_ALLOWED => AppError::new(
            Kind::NotAllowed,
            "method.not_allowed",
            "这个地址不支持这种请求方法",
            "this address does not serve this method",
        ),
        StatusCode::PAYLOAD_TOO_LARGE => {
            AppError::new(Kind::TooLarge, "body.too_large", "请求内容过大", "the body is too large")
        }
        StatusCode::UNSUPPORTED_MEDIA_TYPE => AppError::new(
            Kind::Unsupported,
            "body.media",
            format!("请求内容的类型不对：{what}"),
            format!("the body is of a type that is not taken here: {what}"),
        ),
        _ => AppError::new(
            Kind::Invalid,
            "request.invalid",
            format!("请求有误：{what}"),
            format!("the request is wrong: {what}"),
        ),
    })
}
