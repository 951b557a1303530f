//! The list of covers: filter, order, one page after the other by key, and the exact number of all.
//!
//! The cursor holds the key of the last row and the total found with the first page, so that later pages cost no
//! second count.
use super::filter::{CoverFilter, FilterContext, MAIN_STATE};
use super::model::{CoverItem, ITEM_COLUMNS, ITEM_JOINS, ItemRow};
use crate::error::{AppError, Result};
use crate::http::page::{Cursor, Page, Paging};
use crate::identity::Scope;
use jinggai_db::{Sql, Tx};
use serde::{Deserialize, Serialize};

/// 排序 of the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// In the order of entry.
    #[default]
    Id,
    /// By number, those without last.
    Code,
    /// By road, those without last.
    Road,
    /// Latest change first.
    Updated,
}

impl Sort {
    /// From the parameter `sort`.
    ///
    /// # Errors
    /// `list.sort`.
    pub fn parse(text: &str) -> Result<Sort> {
        Ok(match text {
            "id" => Sort::Id,
            "code" => Sort::Code,
            "road" => Sort::Road,
            "updated" => Sort::Updated,
            _ => {
                return Err(AppError::field(
                    "list.sort",
                    "sort",
                    format!("“{text}”不是排序方式，应为 id、code、road 或 updated"),
                    format!("{text:?} is no order; there are id, code, road, updated"),
                ));
            }
        })
    }
}

/// Where the next page begins.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Key {
    sort: Sort,
    key: Option<String>,
    id: i64,
    total: i64,
}

/// One page of the covers of a filter.
///
/// # Errors
/// `list.cursor` when the cursor is of another order; else what the store says.
pub async fn page(
    tx: &mut Tx,
    filter: &CoverFilter,
    scope: &Scope,
    sort: Sort,
    paging: &Paging,
) -> Result<Page<CoverItem>> {
    let cx = FilterContext::load(tx).await?;
    let after: Option<Key> = paging.cursor()?;
    if after.as_ref().is_some_and(|k| k.sort != sort) {
        return Err(AppError::field(
            "list.cursor",
            "cursor",
            "换了排序方式后请从第一页开始",
            "begin with the first page after changing the order",
        ));
    }
    let total = match &after {
        Some(k) => k.total,
        None => count(tx, filter, scope, &cx).await?,
    };
    let columns = format!("{}, {MAIN_STATE}, {}", ITEM_COLUMNS.0, ITEM_COLUMNS.1);
    let mut q = filter.select(&columns, ITEM_JOINS, scope, &cx);
    if let Some(k) = &after {
        seek(&mut q, k)?;
    }
    q.push(
        match sort {
            Sort::Id => " ORDER BY f.cover_id",
            Sort::Code => " ORDER BY f.code NULLS LAST, f.cover_id",
            Sort::Road => " ORDER BY f.road NULLS LAST, f.cover_id",
            Sort::Updated => " ORDER BY c.updated_at DESC, f.cover_id DESC",
        },
        [],
    );
    q.push(" LIMIT ?", [(paging.limit + 1).into()]);
    let rows: Vec<ItemRow> = tx.all(q).await?;
    Ok(paging.page(rows, total, |r| Key {
        sort,
        key: match sort {
            Sort::Id => None,
            Sort::Code => r.code.clone(),
            Sort::Road => r.road.clone(),
            Sort::Updated => Some(r.updated_at.to_string()),
        },
        id: r.id,
        total,
    }))
}

/// How many covers the filter finds within the scope.
///
/// # Errors
/// What the store says.
pub async fn count(tx: &mut Tx, filter: &CoverFilter, scope: &Scope, cx: &FilterContext) -> Result<i64> {
    let (n,): (i64,) = tx.one(filter.select("count(*)", "", scope, cx)).await?;
    Ok(n)
}

fn seek(q: &mut Sql, k: &Key) -> Result<()> {
    let column = match k.sort {
        Sort::Id => {
            q.push(" AND f.cover_id > ?", [k.id.into()]);
            return Ok(());
        }
        Sort::Updated => {
            let at: jiff::Timestamp = k
                .key
                .as_deref()
                .unwrap_or_default()
                .parse()
                .map_err(|e| Cursor::broken().caused_by(anyhow::Error::new::<jiff::Error>(e)))?;
            q.push(
                " AND (c.updated_at < ? OR (c.updated_at = ? AND f.cover_id < ?))",
                [at.into(), at.into(), k.id.into()],
            );
            return Ok(());
        }
        Sort::Code => "f.code",
        Sort::Road => "f.road",
    };
    match &k.key {
        Some(key) => q.push(
            &format!(" AND ({column} > ? OR ({column} = ? AND f.cover_id > ?) OR {column} IS NULL)"),
            [key.into(), key.into(), k.id.into()],
        ),
        None => q.push(&format!(" AND {column} IS NULL AND f.cover_id > ?"), [k.id.into()]),
    };
    Ok(())
}
