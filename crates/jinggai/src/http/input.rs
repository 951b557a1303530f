//! A JSON body: its value, and a digest for the Idempotency-Key.
use crate::app::App;
use crate::error::{AppError, Kind, Result};
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use serde::de::DeserializeOwned;

/// Largest JSON body in bytes; files come by other routes.
const JSON_MAX: usize = 4 << 20;

/// A JSON body.
pub struct Input<T> {
    /// The value.
    pub value: T,
    /// SHA-256 of the bytes.
    pub digest: String,
}

impl<T: DeserializeOwned> FromRequest<App> for Input<T> {
    type Rejection = AppError;

    async fn from_request(req: Request, app: &App) -> Result<Self> {
        let bytes = Bytes::from_request(req, app).await.map_err(|e| {
            AppError::new(Kind::TooLarge, "body.too_large", "请求内容过大", "the body is too large")
                .caused_by(e)
        })?;
        if bytes.len() > JSON_MAX {
            return Err(AppError::new(
                Kind::TooLarge,
                "body.too_large",
                "请求内容过大",
                "the body is too large",
            ));
        }
        Ok(Input { value: parse(&bytes)?, digest: crate::files::digest(&bytes) })
    }
}

/// Parses a body; the error names the field, what is wrong there and where.
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    let bytes = if bytes.is_empty() { b"{}".as_slice() } else { bytes };
    let mut de = serde_json::Deserializer::from_slice(bytes);
    serde_path_to_error::deserialize(&mut de).map_err(|e| {
        let field = e.path().to_string();
        let what = e.inner().to_string();
        AppError::new(
            Kind::Invalid,
            "body.invalid",
            format!("请求内容有误：{field} {what}"),
            format!("the body is wrong: {field} {what}"),
        )
        .with_field(&field, what.clone(), what)
    })
}
