//! JSON: the visible columns under their keys, all figures, and the query of every figure.
use super::Sheet;
use crate::statistics::annex1::{Annex, Row, figure_filter, link, sum_filter};
use jinggai_rules::annex1::{ColumnValue, figure_keys};
use jinggai_rules::kinds::CoverKind;
use serde_json::{Map, Value, json};

/// The whole report.
pub(super) fn body(annex: &Annex, sheet: &Sheet) -> Value {
    let q = &annex.query;
    let columns: Vec<Value> = annex
        .template
        .visible_columns()
        .map(|c| json!({"key": c.key, "zh": c.zh, "en": c.en, "group_zh": c.group_zh, "group_en": c.group_en, "type": c.column_type}))
        .collect();
    let checks: Vec<Value> = annex
        .findings()
        .iter()
        .map(|f| {
            let mut v = json!(f);
            v["difference"] = f.difference().into();
            v["message_zh"] = f.message_zh().into();
            v["message_en"] = f.message_en().into();
            v
        })
        .collect();
    let rows: Vec<Value> = annex.rows.iter().enumerate().map(|(i, r)| one_row(annex, r, i + 1)).collect();
    json!({
        "kind": "annex1",
        "uid": sheet.uid,
        "title": annex.template.title_zh,
        "as_of": q.as_of,
        "division": q.division,
        "by": q.by,
        "include_demo": q.include_demo,
        "query": q.filter.query(),
        "counted": annex.template.counted,
        "template": {"id": annex.template.pack.id, "version": annex.template.pack.version},
        "rules": annex.rules,
        "made_by": sheet.made_by,
        "made_at": annex.made_at,
        "event_seq": annex.event_seq,
        "digest": annex.digest,
        "columns": columns,
        "rows": rows,
        "total": one_row(annex, &annex.total, 0),
        "checks": checks,
        "notes": annex.notes,
    })
}

/// One row: `seq` (0 for the total) and the visible columns by key, `by_kind`, `figures`, and under `queries` the
/// address of the list behind each figure and each summed column; null where the row itself rules the figure out.
fn one_row(annex: &Annex, row: &Row, seq: usize) -> Value {
    let mut out = Map::new();
    out.insert("key".to_owned(), row.key.clone().into());
    out.insert("label".to_owned(), row.cells.label.clone().into());
    let cells = annex.template.cells(&row.cells, seq);
    for (column, cell) in annex.template.visible_columns().zip(cells) {
        out.insert(column.key.clone(), json!(cell));
    }
    let by_kind: Map<String, Value> = CoverKind::ALL
        .iter()
        .map(|k| (k.code().to_owned(), row.cells.figure(&format!("kind_{k}")).into()))
        .collect();
    out.insert("by_kind".to_owned(), by_kind.into());
    let mut figures = Map::new();
    let mut queries = Map::new();
    for key in figure_keys() {
        queries.insert(key.clone(), json!(figure_filter(&row.filter, &key).map(|f| link(&f))));
        figures.insert(key.clone(), row.cells.figure(&key).into());
    }
    for column in annex.template.visible_columns() {
        if let ColumnValue::Sum(keys) = &column.value {
            queries.insert(column.key.clone(), json!(sum_filter(&row.filter, keys).map(|f| link(&f))));
        }
    }
    out.insert("figures".to_owned(), figures.into());
    out.insert("queries".to_owned(), queries.into());
    out.into()
}
