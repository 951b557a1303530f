//! Pages of the directory: units and areas come whole, because people choose from them, or by the page.
use crate::error::Result;
use crate::http::page::{Page, PageQuery};

/// The entries after the cursor, as many as were asked for; all of them when no number was. `items` are in the order of
/// their codes.
pub fn page<T>(items: Vec<T>, asked: PageQuery, code: impl Fn(&T) -> &str) -> Result<Page<T>> {
    let total = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let whole = asked.limit.is_none();
    let paging = asked.paging()?;
    let after: Option<String> = paging.cursor()?;
    let rest = items.into_iter().filter(|i| after.as_deref().is_none_or(|a| code(i) > a));
    if whole {
        return Ok(Page { items: rest.collect(), next: None, total, capped: false });
    }
    let mut items: Vec<T> = rest.take(paging.limit + 1).collect();
    let more = items.len() > paging.limit;
    items.truncate(paging.limit);
    let next = items.last().filter(|_| more).map(|i| code(i).to_owned());
    Ok(paging.page_to(items, total, next))
}
