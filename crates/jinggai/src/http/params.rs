//! Query parameters as a value; what does not fit is a problem like any other.
use crate::error::{AppError, Kind};
use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use uuid::Uuid;

/// A public id in a path; anything else is simply not there, said in the words of the thing.
///
/// # Errors
/// `not_found`.
pub fn uid(text: &str, zh: &str, en: &str) -> Result<Uuid, AppError> {
    text.parse().map_err(|e| AppError::not_found(zh, en).caused_by(anyhow::Error::new::<uuid::Error>(e)))
}

/// The query parameters of a request.
pub struct Params<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, AppError> {
        Query::try_from_uri(&parts.uri).map(|Query(value)| Params(value)).map_err(|e| {
            let what = e.body_text();
            AppError::new(
                Kind::Invalid,
                "query.invalid",
                format!("网址参数有误：{what}"),
                format!("the query is wrong: {what}"),
            )
            .caused_by(e)
        })
    }
}
