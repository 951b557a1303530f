//! JSON of the indicators: per row every count with its query, every indicator with its formula, the score by item.
use super::Sheet;
use crate::statistics::indicators::{Indicators, Ranked, Row, ranking};
use jinggai_rules::annex1::rate;
use jinggai_rules::indicators::{Count, Indicator};
use serde_json::{Map, Value, json};

/// Hundredths as a number with two decimals.
fn hundredths(n: Option<i64>) -> Value {
    n.map_or(Value::Null, |n| json!(n as f64 / 100.0))
}

/// The whole report.
pub(super) fn body(drawn: &Indicators, sheet: &Sheet) -> Value {
    let q = &drawn.query;
    let definitions: Vec<Value> = Indicator::ALL
        .iter()
        .map(|i| {
            let counts = i.counts().map(|(a, b)| {
                json!({"numerator": a, "numerator_zh": a.name_zh(), "numerator_en": a.name_en(), "denominator": b, "denominator_zh": b.name_zh(), "denominator_en": b.name_en()})
            });
            json!({"key": i, "zh": i.name_zh(), "en": i.name_en(), "formula": i.formula_zh(), "lacks": i.lacks_zh(), "lacks_en": i.lacks_en(), "of_covers": i.of_covers(), "target": i.target(), "counts": counts})
        })
        .collect();
    let names: Map<String, Value> =
        Count::ALL.iter().map(|c| (c.code().to_owned(), c.name_zh().into())).collect();
    let ranks = ranking(drawn);
    let rows: Vec<Value> = drawn.rows.iter().map(|r| one_row(drawn, r, ranks.of(&r.key))).collect();
    json!({
        "kind": "indicators",
        "uid": sheet.uid,
        "title": "评价指标",
        "from": q.from,
        "to": q.to,
        "at": q.at,
        "over": q.over(),
        "division": q.division,
        "by": q.by,
        "within": q.within,
        "include_demo": q.include_demo,
        "score": drawn.score,
        "rules": drawn.rules,
        "made_by": sheet.made_by,
        "made_at": drawn.made_at,
        "event_seq": drawn.event_seq,
        "digest": drawn.digest,
        "closing": sheet.closing,
        "indicators": definitions,
        "counts": names,
        "rows": rows,
        "total": one_row(drawn, &drawn.total, None),
        "notes": drawn.notes,
    })
}

/// One row: `counts`, their `queries`, `indicators` with numerator, denominator and percent, `score`.
fn one_row(drawn: &Indicators, row: &Row, place: Option<&Ranked>) -> Value {
    let counts: Map<String, Value> =
        Count::ALL.iter().map(|c| (c.code().to_owned(), row.count(*c).into())).collect();
    let queries: Map<String, Value> =
        Count::ALL.iter().map(|c| (c.code().to_owned(), drawn.question(row, *c).link().into())).collect();
    let shares: Map<String, Value> = Indicator::ALL
        .iter()
        .filter_map(|i| {
            let (part, whole) = row.share(*i)?;
            let value = hundredths(rate(part, whole));
            Some((i.code().to_owned(), json!({"numerator": part, "denominator": whole, "percent": value})))
        })
        .collect();
    json!({
        "key": row.key, "label": row.label, "counts": counts, "queries": queries, "indicators": shares, "score": score(drawn, row, place),
    })
}

/// 得分: by item, together, and the place among the rows.
fn score(drawn: &Indicators, row: &Row, place: Option<&Ranked>) -> Value {
    let points = row.points(&drawn.score);
    let items: Map<String, Value> = drawn
        .score
        .items
        .iter()
        .zip(&points.items)
        .map(|(item, p)| (item.key.clone(), hundredths(*p)))
        .collect();
    json!({
        "items": items, "total": hundredths(points.total), "judged": points.judged, "rank": place.and_then(|p| p.rank),
    })
}

/// 排名: the places of the rows, each with what it rests on.
pub(super) fn places(drawn: &Indicators) -> Vec<Value> {
    ranking(drawn).places().map(|(place, row)| one_row(drawn, row, Some(place))).collect()
}
