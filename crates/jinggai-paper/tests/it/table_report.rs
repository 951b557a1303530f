use jinggai_paper::{PaperError, TableReport, table_report};

use crate::{
    reader::{self, FONTS},
    samples,
};

fn near(got: (f64, f64), want: (f64, f64)) {
    assert!((got.0 - want.0).abs() < 0.1 && (got.1 - want.1).abs() < 0.1, "{got:?} is not {want:?}");
}

#[test]
fn annex_one_goes_on_a3_with_its_header_on_every_page() {
    let paper = table_report(&FONTS, &samples::annex1(60)).unwrap();
    assert_eq!(paper.warnings, Vec::<String>::new());
    assert_eq!(paper.pages, 2);
    near(reader::page_size_mm(&paper.pdf), (420.0, 297.0));
    for (i, page) in reader::pages(&paper.pdf).iter().enumerate() {
        let number = format!("第{}页/共2页", i + 1);
        for part in ["其中：按井盖类型", "存在问题", "道路名称（起止）", "打印时间：2026-11-24", &number]
        {
            assert!(page.contains(part), "{part} is missing on page {}: {page}", i + 1);
        }
    }
}

#[test]
fn title_totals_checks_and_signatures_are_there() {
    let paper = table_report(&FONTS, &samples::annex1(3)).unwrap();
    assert_eq!(paper.pages, 1);
    let text = reader::text(&paper.pdf);
    for part in [
        "附件1",
        "江北区城市道路窨井盖普查统计表",
        "填报单位：郭家沱街道办事处",
        "截至日期：2026年11月24日",
        "计量单位：个",
        "演示数据",
        "铁山坪路（磜石湾段）",
        "合计",
        "3498",
        "√相符窨井盖总数＝各类型之和",
        "×不符已设标识数≤已建档数≤窨井盖总数（第3行）",
        "填表人：周敏",
        "审核人：",
        "联系电话：023-60000121",
        "填报日期：2026年11月24日",
        "查询：annex1street=500105008as-of=2026-11-24by=road",
        &format!("摘要：SM3{}", samples::HASH),
    ] {
        assert!(text.contains(part), "{part} is missing in {text}");
    }
}

#[test]
fn a_list_of_few_columns_stays_on_a4() {
    let paper = table_report(&FONTS, &samples::short_list()).unwrap();
    near(reader::page_size_mm(&paper.pdf), (297.0, 210.0));
    assert!(reader::text(&paper.pdf).contains("5001050800210007"));
}

#[test]
fn a_table_without_rows_says_so() {
    let report = TableReport { rows: vec![], totals: None, ..samples::short_list() };
    let paper = table_report(&FONTS, &report).unwrap();
    assert!(reader::text(&paper.pdf).contains("（无数据）"));
}

#[test]
fn too_many_columns_are_printed_with_a_warning() {
    let mut report = samples::short_list();
    report.columns = report.columns.iter().cycle().take(60).cloned().collect();
    report.rows = report.rows.iter().map(|r| r.iter().cycle().take(60).cloned().collect()).collect();
    let paper = table_report(&FONTS, &report).unwrap();
    assert!(paper.warnings.iter().any(|w| w.contains("60 列")), "{:?}", paper.warnings);
}

#[test]
fn what_is_no_table_is_refused_by_row() {
    let refused = |change: fn(&mut TableReport)| {
        let mut report = samples::annex1(3);
        change(&mut report);
        table_report(&FONTS, &report).unwrap_err()
    };
    let short = refused(|r| r.rows[1].truncate(5));
    assert_eq!(short.to_string(), "文书模板 table_report：第 2 行有 5 格，应有 27 格");
    let long = refused(|r| r.totals = Some(vec![String::new(); 28]));
    assert!(matches!(long, PaperError::RowWidth { got: 28, want: 27, .. }), "{long}");
    let bare = refused(|r| r.columns.clear());
    assert!(matches!(bare, PaperError::NoColumns { .. }), "{bare}");
}
