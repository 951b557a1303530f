//! 筛选 by unit, area and kind, the same for findings, cases and hazards; and a filter as the query that says it.
use super::list::words;
use crate::error::{AppError, Result};
use crate::registry::filter::{Choice, and_area};
use jinggai_db::Sql;
use jinggai_rules::kinds::CoverKind;
use serde::Serialize;

/// `none` among the words stands for "nothing recorded".
fn choice(list: Option<&str>) -> Choice<String> {
    let mut any = words(list);
    let none = any.iter().any(|w| w == "none");
    any.retain(|w| w != "none");
    Choice { any, none }
}

/// The unit in `column` is one of these, by code; its sub-units are others.
pub fn and_units(q: &mut Sql, column: &str, list: Option<&str>) {
    let c = choice(list);
    if c.is_empty() {
        return;
    }
    q.push(&format!(" AND ({column} IN (SELECT nu.id FROM units nu WHERE nu.code IN "), []);
    q.list(&c.any);
    q.push(&if c.none { format!(") OR {column} IS NULL)") } else { "))".to_owned() }, []);
}

/// The area in `column` is one of these, with what belongs to it; `=code` without.
pub fn and_areas(q: &mut Sql, column: &str, list: Option<&str>) {
    and_area(q, column, &choice(list));
}

/// The kind in `column` is one of these.
///
/// # Errors
/// `list.kind` naming the kinds there are.
pub fn and_kinds(q: &mut Sql, column: &str, list: Option<&str>) -> Result<()> {
    let c = choice(list);
    if c.is_empty() {
        return Ok(());
    }
    if let Some(unknown) = c.any.iter().find(|k| CoverKind::from_code(k).is_none()) {
        let all = CoverKind::ALL.iter().map(|k| k.code()).collect::<Vec<_>>().join(", ");
        return Err(AppError::field(
            "list.kind",
            "kind",
            format!("没有井盖类型 {unknown}；可用：{all}、none"),
            format!("there is no kind {unknown}; there are: {all}, none"),
        ));
    }
    q.push(&format!(" AND ({column} IN "), []);
    q.list(&c.any);
    q.push(&if c.none { format!(" OR {column} IS NULL)") } else { ")".to_owned() }, []);
    Ok(())
}

/// The words are among those that the parameter knows.
///
/// # Errors
/// `list.<parameter>` naming them.
pub fn known<T: Copy>(
    parameter: &'static str,
    code: &'static str,
    list: Option<&str>,
    of: fn(&str) -> Option<T>,
    all: &[T],
    name: fn(T) -> &'static str,
) -> Result<Vec<T>> {
    words(list)
        .iter()
        .map(|w| {
            of(w).ok_or_else(|| {
                let all = all.iter().map(|t| name(*t)).collect::<Vec<_>>().join(", ");
                AppError::field(
                    code,
                    parameter,
                    format!("没有“{w}”；可用：{all}"),
                    format!("there is no {w:?}; there are: {all}"),
                )
            })
        })
        .collect()
}

/// A filter as a query string: what a figure's link carries.
#[must_use]
pub fn query_of<T: Serialize>(filter: &T) -> String {
    let mut out = form_urlencoded::Serializer::new(String::new());
    // A filter is a flat struct of words, days and truths: it always becomes an object.
    if let Ok(serde_json::Value::Object(fields)) = serde_json::to_value(filter) {
        for (name, value) in fields.iter().filter(|(_, v)| !v.is_null()) {
            out.append_pair(name, &value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        }
    }
    out.finish()
}
