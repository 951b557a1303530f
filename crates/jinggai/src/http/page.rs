//! Pages of lists: by key, never by offset; a page says whether a cap applied.
use crate::error::{AppError, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Rows of a page when nobody asks for another number.
pub const LIMIT: usize = 50;
/// Most rows of a page.
pub const LIMIT_MAX: usize = 500;

/// The parameters `limit` and `cursor`.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Rows wanted, at most 500.
    pub limit: Option<usize>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

/// A page that was asked for.
#[derive(Clone, Debug)]
pub struct Paging {
    /// Rows to give.
    pub limit: usize,
    capped: bool,
    cursor: Option<String>,
}

/// One page of a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Cursor of the next page; null on the last.
    pub next: Option<String>,
    /// Rows of all pages together.
    pub total: i64,
    /// Fewer rows were given than asked for, because a page has at most 500.
    pub capped: bool,
}

/// Cursors: opaque to clients, JSON within.
pub struct Cursor;

impl Cursor {
    /// A cursor that is not one of ours.
    #[must_use]
    pub fn broken() -> AppError {
        AppError::field(
            "list.cursor",
            "cursor",
            "翻页游标无效，请从第一页开始",
            "this is no cursor of this list; begin with the first page",
        )
    }

    /// The cursor of a key.
    pub fn of<K: Serialize>(key: &K) -> String {
        data_encoding::BASE64URL_NOPAD.encode(&serde_json::to_vec(key).unwrap_or_default())
    }
}

impl PageQuery {
    /// The page asked for.
    ///
    /// # Errors
    /// `list.limit` when no row is wanted.
    pub fn paging(self) -> Result<Paging> {
        let wanted = self.limit.unwrap_or(LIMIT);
        if wanted == 0 {
            return Err(AppError::field(
                "list.limit",
                "limit",
                "每页条数应为 1–500",
                "limit must be from 1 to 500",
            ));
        }
        Ok(Paging { limit: wanted.min(LIMIT_MAX), capped: wanted > LIMIT_MAX, cursor: self.cursor })
    }
}

impl Paging {
    /// The key after which the page begins.
    ///
    /// # Errors
    /// `list.cursor`.
    pub fn cursor<K: DeserializeOwned>(&self) -> Result<Option<K>> {
        let Some(text) = &self.cursor else { return Ok(None) };
        let bytes = data_encoding::BASE64URL_NOPAD
            .decode(text.as_bytes())
            .map_err(|e| Cursor::broken().caused_by(e))?;
        serde_json::from_slice(&bytes).map(Some).map_err(|e| Cursor::broken().caused_by(e))
    }

    /// The page of rows that were read with one more than the limit.
    pub fn page<R, T: From<R>, K: Serialize>(
        &self,
        mut rows: Vec<R>,
        total: i64,
        key: impl Fn(&R) -> K,
    ) -> Page<T> {
        let more = rows.len() > self.limit;
        rows.truncate(self.limit);
        let next = rows.last().filter(|_| more).map(|r| Cursor::of(&key(r)));
        Page { items: rows.into_iter().map(T::from).collect(), next, total, capped: self.capped }
    }

    /// A page whose next key is known already.
    pub fn page_to<T, K: Serialize>(&self, items: Vec<T>, total: i64, next: Option<K>) -> Page<T> {
        Page { items, next: next.map(|k| Cursor::of(&k)), total, capped: self.capped }
    }
}
