//! JSON of 附件2: the visible columns under their keys, all figures, and the query of every figure, by span.
use super::Sheet;
use crate::statistics::annex2::{Annex2, Row, Span};
use jinggai_rules::annex1::ColumnValue;
use jinggai_rules::annex2::Annex2Figure;
use serde_json::{Map, Value, json};

/// The whole report.
pub(super) fn body(annex: &Annex2, sheet: &Sheet) -> Value {
    let q = &annex.query;
    let columns: Vec<Value> = annex
        .template
        .visible_columns()
        .map(|c| {
            let (figure, cell) = match &c.value {
                ColumnValue::Figure(figure) => (Some(figure), None),
                ColumnValue::Manual(cell) => (None, Some(cell)),
                _ => (None, None),
            };
            json!({"key": c.key, "zh": c.zh, "en": c.en, "group_zh": c.group_zh, "group_en": c.group_en, "type": c.column_type, "manual": cell.is_some(), "figure": figure, "cell": cell})
        })
        .collect();
    let checks: Vec<Value> = annex
        .findings()
        .iter()
        .map(|(span, f)| {
            let mut v = json!(f);
            v["span"] = json!(span);
            v["difference"] = f.difference().into();
            v["message_zh"] = format!("{}：{}", span.zh(), f.message_zh()).into();
            v["message_en"] = format!("{}: {}", span.code(), f.message_en()).into();
            v
        })
        .collect();
    let rows: Vec<Value> = annex.rows.iter().enumerate().map(|(i, r)| one_row(annex, r, i + 1)).collect();
    json!({
        "kind": "annex2",
        "uid": sheet.uid,
        "title": annex.template.title_zh,
        "from": q.from,
        "to": q.to,
        "at": q.at,
        "over": q.over(),
        "as_of": q.as_of(),
        "division": q.division,
        "by": q.by,
        "within": q.within,
        "include_demo": q.include_demo,
        "counted": annex.template.counted,
        "template": {"id": annex.template.pack.id, "version": annex.template.pack.version},
        "rules": annex.rules,
        "made_by": sheet.made_by,
        "made_at": annex.made_at,
        "event_seq": annex.event_seq,
        "digest": annex.digest,
        "closing": sheet.closing,
        "cells": sheet.cells,
        "columns": columns,
        "rows": rows,
        "total": one_row(annex, &annex.total, 0),
        "checks": checks,
        "notes": annex.notes,
    })
}

/// One row: key and label, then for each span the visible columns by key, `figures`, and under `queries` the address of
/// the list behind each figure.
fn one_row(annex: &Annex2, row: &Row, seq: usize) -> Value {
    let mut out = Map::new();
    out.insert("key".to_owned(), row.key.clone().into());
    out.insert("label".to_owned(), row.period.label.clone().into());
    for span in Span::ALL {
        out.insert(span.code().to_owned(), one_span(annex, row, seq, span));
    }
    out.into()
}

fn one_span(annex: &Annex2, row: &Row, seq: usize, span: Span) -> Value {
    let cells = annex.template.cells(row.of(span), seq);
    let named = annex.template.visible_columns().zip(cells);
    let cells: Map<String, Value> = named.map(|(column, cell)| (column.key.clone(), json!(cell))).collect();
    let mut figures = Map::new();
    let mut queries = Map::new();
    for f in Annex2Figure::ALL {
        figures.insert(f.code().to_owned(), row.of(span).figure(f.code()).into());
        queries.insert(f.code().to_owned(), annex.question(row, *f, span).link().into());
    }
    json!({"cells": cells, "figures": figures, "queries": queries})
}
