//! 附件2 as a template: its columns, checks, rate and hand-filled cells.
#![allow(clippy::unwrap_used)]
use jinggai_rules::RulePack;
use jinggai_rules::annex1::{
    AnnexTemplate, Cell, Column, ColumnValue, FigureRow, Filled, Form, TemplateEdit, rate,
};
use jinggai_rules::annex2::Annex2Figure;
use jinggai_rules::hazards::{FixedColumn, FoundColumn};

fn template() -> AnnexTemplate {
    AnnexTemplate::shipped_by_id("annex2").unwrap()
}

fn row(figures: &[(&str, i64)]) -> FigureRow {
    FigureRow {
        figures: figures.iter().map(|(k, n)| ((*k).to_owned(), *n)).collect(),
        ..FigureRow::new("排水公司")
    }
}

fn cell(row: &FigureRow, key: &str) -> Cell {
    let t = template();
    let at = t.visible_columns().position(|c| c.key == key).unwrap();
    t.cells(row, 1).swap_remove(at)
}

#[test]
fn every_figure_has_its_column() {
    let t = template();
    assert_eq!(t.form, Form::Rectification);
    for f in Annex2Figure::ALL {
        assert!(t.columns.iter().any(|c| c.value == ColumnValue::Figure(f.code().to_owned())), "{f}");
    }
    assert_eq!(t.header_rows(), 2);
    let manual = t.columns.iter().filter(|c| matches!(c.value, ColumnValue::Manual(_))).count();
    assert_eq!(manual, 14);
    for c in FoundColumn::ALL {
        Annex2Figure::of_found(*c);
    }
    let measures: Vec<&str> = FixedColumn::ALL.iter().map(|c| Annex2Figure::of_fixed(*c).code()).collect();
    assert_eq!(measures.len(), 6);
}

#[test]
fn the_rate_has_two_decimals_or_a_dash() {
    let check = |part: i64, whole: i64, want: &str| {
        assert_eq!(cell(&row(&[("fixed", part), ("found", whole)]), "rate").to_string(), want);
    };
    check(1015, 1023, "99.22");
    check(2, 3, "66.67");
    check(1, 3, "33.33");
    check(0, 5, "0.00");
    check(5, 5, "100.00");
    check(0, 0, "—");
    // 1/800 = 0.125 %: rounded half up.
    assert_eq!(rate(1, 800), Some(13));
    assert_eq!(rate(i64::MAX, i64::MAX), Some(10_000));
    let json = serde_json::to_value(cell(&row(&[("fixed", 1015), ("found", 1023)]), "rate")).unwrap();
    assert_eq!(json, serde_json::json!(99.22));
}

#[test]
fn what_nobody_filled_in_is_blank_and_never_zero() {
    let mut r = row(&[]);
    for key in ["funds", "orders", "remark"] {
        assert_eq!(cell(&r, key), Cell::Text(String::new()));
    }
    r.manual.insert("funds".into(), Filled::Number(12_050));
    r.manual.insert("orders".into(), Filled::Number(0));
    r.manual.insert("remark".into(), Filled::Text("待补".into()));
    assert_eq!(cell(&r, "funds").to_string(), "120.50");
    assert_eq!(cell(&r, "orders"), Cell::Integer(0));
    assert_eq!(cell(&r, "remark"), Cell::Text("待补".into()));
    let kept: FigureRow = serde_json::from_str(&serde_json::to_string(&r).unwrap()).unwrap();
    assert_eq!(kept, r);
}

#[test]
fn sums_that_do_not_agree_are_named() {
    let t = template();
    let good = row(&[
        ("found", 3),
        ("found_sunk", 2),
        ("found_other", 1),
        ("fixed", 1),
        ("fixed_repaired", 1),
        ("open", 2),
    ]);
    assert_eq!(t.check_row(&good), []);
    let mut bad = good.clone();
    bad.figures.insert("open".into(), 1);
    let said: Vec<String> =
        t.check_row(&bad).iter().map(jinggai_rules::annex1::Finding::message_zh).collect();
    assert_eq!(said, ["排水公司：未整改数＋已整改数（2）应=发现问题数（3），相差 -1"]);
    bad.figures.insert("found_loose".into(), 1);
    assert_eq!(t.check_row(&bad).len(), 2);
    let sum = t.check_sum(&row(&[("found", 7)]), &[good.clone(), good]);
    assert!(sum.iter().any(|f| f.check == "sum_of_rows" && f.left_zh == "发现问题数" && f.difference() == 1));
}

#[test]
fn an_office_renames_hides_moves_and_adds() {
    let mut t = template();
    let added: Column = serde_json::from_value(serde_json::json!({
        "key": "insured", "zh": "投保数", "en": "Insured", "type": "integer", "value": {"manual": "insured"}
    }))
    .unwrap();
    t.edit(TemplateEdit::Rename { column: "found".into(), zh: "发现隐患数".into(), en: None }).unwrap();
    t.edit(TemplateEdit::Hide { column: "smart_upgraded".into() }).unwrap();
    t.edit(TemplateEdit::Show { column: "cleared".into() }).unwrap();
    t.edit(TemplateEdit::Move { column: "rate".into(), to: 2 }).unwrap();
    t.edit(TemplateEdit::Add { column: added.clone(), at: None }).unwrap();
    assert_eq!(t.visible_columns().last().unwrap().key, "insured");
    let refused = |edit: TemplateEdit, want: &str| {
        let error = template().edit(edit).unwrap_err().to_string();
        assert!(error.contains(want), "{error}");
    };
    let with = |value: serde_json::Value, kind: &str| {
        let column = serde_json::json!({"key": "x", "zh": "新栏", "en": "", "type": kind, "value": value});
        TemplateEdit::Add { column: serde_json::from_value(column).unwrap(), at: None }
    };
    refused(with(serde_json::json!({"figure": "labelled"}), "integer"), "found_damaged");
    refused(with(serde_json::json!({"sum": ["kind_*"]}), "integer"), "found_damaged");
    refused(with(serde_json::json!({"rate": {"part": "fixd", "whole": "found"}}), "decimal"), "fixd");
    refused(with(serde_json::json!({"rate": {"part": "fixed", "whole": "found"}}), "integer"), "decimal");
    refused(with(serde_json::json!({"manual": "orders"}), "integer"), "不与其他栏目重复");
    refused(with(serde_json::json!({"manual": "y"}), "photo"), "手工填报栏");
    let mut first = AnnexTemplate::shipped_by_id("annex1").unwrap();
    assert!(
        first
            .edit(TemplateEdit::Add { column: added, at: None })
            .unwrap_err()
            .to_string()
            .contains("只有附件2")
    );
}
