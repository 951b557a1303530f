//! 附件1: the shipped templates, edits, checks and layout.

#![allow(clippy::unwrap_used, reason = "helpers of tests, which the lint does not see as tests")]

use jinggai_rules::RulePack;
use jinggai_rules::annex1::{AnnexTemplate, Cell, FigureRow, TemplateEdit, figure_keys};
use proptest::prelude::*;

fn template() -> AnnexTemplate {
    AnnexTemplate::shipped_by_id("annex1").unwrap()
}

fn row(label: &str, figures: &[(&str, i64)]) -> FigureRow {
    let mut row = FigureRow::new(label);
    row.figures = figures.iter().map(|(key, count)| ((*key).to_owned(), *count)).collect();
    row
}

const GOOD: [(&str, i64); 9] = [
    ("total", 10),
    ("kind_sewage", 4),
    ("kind_grate", 5),
    ("kind_fire", 1),
    ("owner_known", 9),
    ("owner_unknown", 1),
    ("archived", 8),
    ("labelled", 8),
    ("ok", 10),
];

#[test]
fn keys_of_the_reconstruction() {
    let template = template();
    let keys: Vec<&str> = template.columns.iter().map(|column| column.key.as_str()).collect();
    let expected = [
        "seq",
        "reporting_unit",
        "road_name",
        "road_manager",
        "total",
        "owner_known",
        "owner_unknown",
        "fallback_unit",
        "labelled",
        "archived",
        "ok",
        "damaged",
        "sunk",
        "loose",
        "missing",
        "abandoned",
        "over_age",
        "outdated",
        "low_lying",
        "with_net",
        "with_sensor",
    ];
    for key in expected {
        assert!(keys.contains(&key), "{key}");
    }
    assert_eq!(keys.iter().filter(|key| key.starts_with("by_kind_")).count(), 11);
    let ledger = AnnexTemplate::shipped_by_id("annex1-ledger").unwrap();
    assert_eq!(ledger.visible_columns().count(), 27);
}

#[test]
fn by_kind_columns_cover_every_kind_once() {
    let mut all = FigureRow::new("all");
    let kinds = figure_keys().into_iter().filter(|key| key.starts_with("kind_"));
    all.figures = kinds.enumerate().map(|(index, key)| (key, 1 << index)).collect();
    let template = template();
    let cells = template.cells(&all, 1);
    let by_kind =
        template.visible_columns().zip(&cells).filter(|(column, _)| column.key.starts_with("by_kind_"));
    let sum: i64 = by_kind.map(|(_, cell)| if let Cell::Integer(count) = cell { *count } else { 0 }).sum();
    assert_eq!(sum, all.sum(&["kind_*".to_owned()]));
}

#[test]
fn findings_name_row_sides_and_difference() {
    let check = |changes: &[(&str, i64)], want: &[&str]| {
        let mut row = row("观音桥街道 建新北路", &GOOD);
        row.figures.extend(changes.iter().map(|(key, count)| ((*key).to_owned(), *count)));
        let messages: Vec<String> =
            template().check_row(&row).iter().map(jinggai_rules::annex1::Finding::message_zh).collect();
        assert_eq!(messages, want);
    };
    check(&[], &[]);
    check(&[("kind_fire", 0)], &["观音桥街道 建新北路：窨井盖总数（10）应=各类型合计（9），相差 1"]);
    check(
        &[("owner_known", 12)],
        &["观音桥街道 建新北路：窨井盖总数（10）应=权属明确数＋权属不明数（13），相差 -3"],
    );
    check(&[("labelled", 9)], &["观音桥街道 建新北路：已编号/已设标识数（9）应≤已建档数（8），相差 1"]);
    check(
        &[("ok", 8), ("sunk", 1)],
        &["观音桥街道 建新北路：窨井盖总数（10）应=完好＋破损＋下沉＋松动＋缺失＋废弃（9），相差 1"],
    );
    let finding = &template().check_row(&row("X", &[("total", 1)]))[0];
    assert_eq!(finding.message_en(), "X: covers, total (1) should be = all kinds (0), off by 1");
}

#[test]
fn totals_are_sums_of_their_rows() {
    let details = [row("甲路", &[("total", 3), ("sunk", 1)]), row("乙路", &[("total", 4)])];
    assert_eq!(template().check_sum(&row("合计", &[("total", 7), ("sunk", 1)]), &details), []);
    let findings = template().check_sum(&row("合计", &[("total", 8), ("sunk", 1)]), &details);
    let messages: Vec<String> = findings.iter().map(jinggai_rules::annex1::Finding::message_zh).collect();
    assert_eq!(messages, ["合计：窨井盖总数（8）应=2 行明细的窨井盖总数之和（7），相差 1"]);
}

#[test]
fn edits_change_the_table() {
    let mut template = template();
    let edits = [
        r#"{"rename": {"column": "total", "zh": "井盖数（个）", "en": null}}"#,
        r#"{"hide": {"column": "with_sensor"}}"#,
        r#"{"move": {"column": "remark", "to": 0}}"#,
        r#"{"add": {"column": {"key": "problems", "zh": "问题合计", "en": "Problems", "type": "integer",
            "value": {"sum": ["damaged", "sunk", "loose", "missing", "abandoned"]}}, "at": 1}}"#,
        r#"{"add": {"column": {"key": "unit", "zh": "计量单位", "en": "Unit", "type": "text", "value": {"constant": "个"}}}}"#,
    ];
    for edit in edits {
        let edit: TemplateEdit = serde_json::from_str(edit).unwrap();
        template.edit(edit).unwrap();
    }
    let titles: Vec<&str> = template.visible_columns().map(|column| column.zh.as_str()).collect();
    assert_eq!(titles[..3], ["备注", "问题合计", "序号"]);
    assert!(titles.contains(&"井盖数（个）") && !titles.contains(&"已装智能监测"));
    let cells = template.cells(&row("甲路", &[("sunk", 2), ("missing", 1)]), 7);
    assert_eq!(cells[..3], [Cell::Text(String::new()), Cell::Integer(3), Cell::Integer(7)]);
    assert_eq!(cells.last(), Some(&Cell::Text("个".to_owned())));
    assert_eq!(template.columns.iter().find(|column| column.key == "total").unwrap().en, "Covers, total");
}

#[test]
fn edits_that_would_break_it_change_nothing() {
    let check = |edit: &str, want: &str| {
        let mut template = template();
        let error = template.edit(serde_json::from_str(edit).unwrap()).unwrap_err().to_string();
        assert!(error.contains(want), "{error}");
        assert_eq!(template, self::template());
    };
    check(r#"{"hide": {"column": "totals"}}"#, "“totals”；应为：seq、reporting_unit、");
    check(r#"{"move": {"column": "total", "to": 99}}"#, "to 有误：99；应为：0 到 32");
    check(r#"{"move": {"column": "ok", "to": 0}}"#, "“状况”的栏目不相邻（破损）");
    check(
        r#"{"add": {"column": {"key": "x", "zh": "x", "en": "x", "type": "integer", "value": {"figure": "smart"}}}}"#,
        "“smart”；应为：total、owner_known、",
    );
    check(
        r#"{"add": {"column": {"key": "x", "zh": "x", "en": "x", "type": "text", "value": {"field": "colour"}}}}"#,
        "“colour”；应为：seq、reporting_unit、road_name",
    );
    check(
        r#"{"add": {"column": {"key": "total", "zh": "x", "en": "x", "type": "text", "value": {"constant": ""}}}}"#,
        "columns[33].key 有误：“total”",
    );
    check(r#"{"rename": {"column": "total", "zh": " "}}"#, ".zh 有误：为空");
    check(r#"{"title": {"zh": ""}}"#, "title_zh");
}

#[test]
fn header_merges_groups_and_titles() {
    let template = template();
    let header = template.header();
    assert_eq!(template.header_rows(), 2);
    let by_kind = header.iter().find(|cell| cell.zh == "其中：按类型").unwrap();
    assert_eq!((by_kind.row, by_kind.column, by_kind.rows, by_kind.columns), (0, 5, 1, 11));
    let total = header.iter().find(|cell| cell.zh == "窨井盖总数").unwrap();
    assert_eq!((total.row, total.column, total.rows, total.columns), (0, 4, 2, 1));
    // Every place of the header is covered exactly once.
    let places: usize = header.iter().map(|cell| cell.rows * cell.columns).sum();
    assert_eq!(places, 2 * template.visible_columns().count());
    assert_eq!(AnnexTemplate::shipped_by_id("annex1-ledger").unwrap().header_rows(), 1);
}

#[test]
fn templates_survive_the_database() {
    for template in AnnexTemplate::shipped() {
        let json = serde_json::to_string(&template).unwrap();
        assert_eq!(AnnexTemplate::parse(&json).unwrap(), template);
        let text = toml::to_string(&template).unwrap();
        assert_eq!(AnnexTemplate::parse(&text).unwrap(), template);
    }
}

proptest! {
    #[test]
    fn hiding_and_moving_never_lose_a_column(moves in prop::collection::vec((0_usize..33, 0_usize..33), 0..20)) {
        let mut template = template();
        for (from, to) in moves {
            let column = template.columns[from].key.clone();
            // Refused moves (groups torn apart) must leave the template whole as well.
            let refused = template.edit(TemplateEdit::Move { column: column.clone(), to }).is_err();
            if refused {
                template.edit(TemplateEdit::Hide { column }).unwrap_or_default();
            }
            prop_assert!(template.validate().is_ok());
        }
        prop_assert_eq!(template.columns.len(), 33);
    }
}
