//! Who asks, from where, in which language: the first argument of every handler that is not for everybody.
use crate::app::App;
use crate::error::{AppError, Kind, Result};
use crate::http::write::Write;
use crate::identity::{Actor, sessions};
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use std::net::SocketAddr;

/// The cookie of a browser session.
pub const COOKIE: &str = "jinggai_session";

/// An authenticated request.
#[derive(Clone, Debug)]
pub struct Ctx {
    /// The platform.
    pub app: AppHandle,
    /// Who asks.
    pub actor: Actor,
    /// English was asked for; else Chinese.
    pub english: bool,
    /// `METHOD /path`, part of what an Idempotency-Key stands for.
    pub request: String,
    /// The Idempotency-Key, if given.
    pub key: Option<String>,
}

/// The platform in a context; prints nothing of itself.
#[derive(Clone)]
pub struct AppHandle(pub App);
impl std::fmt::Debug for AppHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("App")
    }
}
impl std::ops::Deref for AppHandle {
    type Target = App;
    fn deref(&self) -> &App {
        &self.0
    }
}

/// Does the reader prefer English? Chinese is the language of the platform.
#[must_use]
pub fn wants_english(headers: &HeaderMap) -> bool {
    let list =
        headers.get("accept-language").and_then(|v| v.to_str().ok()).unwrap_or_default().to_lowercase();
    let first = |tag: &str| list.find(tag).unwrap_or(usize::MAX);
    first("en") < first("zh")
}

/// The address of the peer, for the event log.
#[must_use]
pub fn origin(parts: &Parts) -> String {
    parts
        .extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map_or_else(|| "unknown".to_owned(), |c| c.0.ip().to_string())
}

/// The session cookie or bearer token of a request.
#[must_use]
pub fn secret(headers: &HeaderMap) -> Option<String> {
    if let Some(given) = headers.get("authorization").and_then(|v| v.to_str().ok()) {
        return given.strip_prefix("Bearer ").map(str::to_owned);
    }
    cookie(headers)
}

/// First parts of paths that map programs ask, which speak HTTP Basic only (GDAL's `GDAL_HTTP_USERPWD`, QGIS).
const BASIC_UNDER: [&str; 3] = ["/ogc", "/tiles/", "/basemap/"];

/// The same, and the API token given as the password of HTTP Basic where a map program reads. Nowhere else: browsers
/// send such a password by themselves, also with a write that another site's page begins.
fn secret_of(parts: &Parts) -> Option<String> {
    let basic = parts.headers.get("authorization").and_then(|v| v.to_str().ok()?.strip_prefix("Basic "));
    let path = parts.uri.path();
    match basic {
        Some(given) if parts.method.is_safe() && BASIC_UNDER.iter().any(|p| path.starts_with(p)) => {
            let bytes = data_encoding::BASE64.decode(given.trim().as_bytes()).ok()?;
            let (_, password) = std::str::from_utf8(&bytes).ok()?.split_once(':')?;
            Some(password.to_owned())
        }
        _ => secret(&parts.headers),
    }
}

fn cookie(headers: &HeaderMap) -> Option<String> {
    headers
        .get_all("cookie")
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split("; "))
        .find_map(|c| c.strip_prefix(COOKIE)?.strip_prefix('=').map(str::to_owned))
}

/// All that may be asked while the password is still one that somebody else gave.
const OPEN_BEFORE_CHANGE: [&str; 2] = ["/api/v1/me", "/api/v1/me/password"];

fn must_change() -> AppError {
    AppError::new(
        Kind::Forbidden,
        "password.must_change",
        "这是别人给您的初始口令，请先修改口令再继续",
        "this password was given to you; change it before you go on",
    )
}

fn unauthenticated() -> AppError {
    AppError::new(
        Kind::Unauthenticated,
        "unauthenticated",
        "请先登录；登录可能已过期",
        "please log in; your session may have ended",
    )
}

impl FromRequestParts<App> for Ctx {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let secret = secret_of(parts).ok_or_else(unauthenticated)?;
        let who = sessions::authenticate(app, &secret, &origin(parts)).await?.ok_or_else(unauthenticated)?;
        if who.must_change && !OPEN_BEFORE_CHANGE.contains(&parts.uri.path()) {
            return Err(must_change());
        }
        let actor = who.actor;
        let key = match parts.headers.get("idempotency-key").map(|v| v.to_str()) {
            None => None,
            Some(Ok(k)) if (8..=128).contains(&k.len()) => Some(k.to_owned()),
            Some(_) => {
                return Err(AppError::field(
                    "idempotency.key",
                    "Idempotency-Key",
                    "Idempotency-Key 应为 8–128 个可见字符，如一个 UUID",
                    "Idempotency-Key must be 8–128 visible characters, such as a UUID",
                ));
            }
        };
        Ok(Ctx {
            app: AppHandle(app.clone()),
            actor,
            english: wants_english(&parts.headers),
            request: format!("{} {}", parts.method, parts.uri),
            key,
        })
    }
}

impl Ctx {
    /// Begins a write; gives the kept answer instead when the key was used before.
    ///
    /// # Errors
    /// The kept answer (as a replay), 409 when the key stands for another request, or what the store says.
    pub async fn write(&self, body_digest: &str) -> Result<Write> {
        Write::begin(self, body_digest).await
    }
}
