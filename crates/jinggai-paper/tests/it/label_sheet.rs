use jinggai_paper::{ErrorCorrection, Label, LabelLayout, PaperError, label_sheet};
use qrcode::{Color, EcLevel, QrCode};

use crate::{
    reader::{self, FONTS, Picture},
    samples,
};

/// White modules around a code.
const QUIET: f64 = 4.0;

/// Every module of the code whose white edge begins at (`left`, `top`) is where it must be, in its colour.
fn assert_code(page: &Picture, label: &Label, level: EcLevel, left: f64, top: f64, side: f64) {
    let code = QrCode::with_error_correction_level(&label.url, level).unwrap();
    let module = side / (code.width() as f64 + 2.0 * QUIET);
    for (i, colour) in code.to_colors().into_iter().enumerate() {
        let (x, y) = ((i % code.width()) as f64, (i / code.width()) as f64);
        let at = (left + (x + QUIET + 0.5) * module, top + (y + QUIET + 0.5) * module);
        assert_eq!(
            page.is_dark(at.0, at.1),
            colour == Color::Dark,
            "module {x},{y} of {} at {at:?}",
            label.code
        );
    }
    // The corner of the first finder pattern, two tenths of a millimetre inside and outside.
    let corner = (left + QUIET * module, top + QUIET * module);
    assert!(page.is_dark(corner.0 + 0.2, corner.1 + 0.2), "{} begins too late", label.code);
    assert!(!page.is_dark(corner.0 - 0.2, corner.1 + 0.2), "{} begins too far left", label.code);
    assert!(!page.is_dark(corner.0 + 0.2, corner.1 - 0.2), "{} begins too far up", label.code);
}

#[test]
fn every_module_of_every_code_is_at_its_millimetre() {
    let layout = samples::label_layout();
    let labels = samples::labels(26);
    let paper = label_sheet(&FONTS, &labels, &layout).unwrap();
    assert_eq!((paper.pages, paper.warnings.len()), (2, 0));
    let pages = [reader::picture(&paper.pdf, 1), reader::picture(&paper.pdf, 2)];
    // Poppler rounds a page up to whole pixels.
    assert!((2100..=2101).contains(&pages[0].width) && (2970..=2971).contains(&pages[0].height));
    for (i, label) in labels.iter().enumerate() {
        let (column, row) = ((i % 24 % 3) as f64, (i % 24 / 3) as f64);
        let left = 8.5 + column * 65.0 + 2.0;
        let top = 9.0 + row * 35.0 + (34.0 - 28.0) / 2.0;
        assert_code(&pages[i / 24], label, EcLevel::Q, left, top, 28.0);
    }
}

#[test]
fn cut_lines_run_along_the_edge_of_the_plate() {
    let layout = samples::label_layout();
    let labels = samples::labels(1);
    let line_at = |layout: &LabelLayout, x: f64| {
        let page = reader::picture(&label_sheet(&FONTS, &labels, layout).unwrap().pdf, 1);
        [-0.1, 0.0, 0.1].iter().any(|d| (12..40).all(|y| page.is_inked(x + d, f64::from(y))))
    };
    assert!(line_at(&layout, 8.5) && line_at(&layout, 71.5));
    assert!(!line_at(&LabelLayout { cut_lines: false, ..layout }, 8.5));
}

#[test]
fn a_sheet_partly_used_goes_on_where_it_ended() {
    let layout = LabelLayout { skip: 23, ..samples::label_layout() };
    let labels = samples::labels(2);
    let paper = label_sheet(&FONTS, &labels, &layout).unwrap();
    assert_eq!(paper.pages, 2);
    assert_code(&reader::picture(&paper.pdf, 1), &labels[0], EcLevel::Q, 140.5, 257.0, 28.0);
    assert_code(&reader::picture(&paper.pdf, 2), &labels[1], EcLevel::Q, 10.5, 12.0, 28.0);
}

#[test]
fn upright_plates_carry_the_words_under_the_code() {
    let layout = LabelLayout {
        columns: 4,
        rows: 4,
        label_width_mm: 45.0,
        label_height_mm: 65.0,
        pitch_x_mm: 48.0,
        pitch_y_mm: 68.0,
        qr_mm: 40.0,
        error_correction: ErrorCorrection::Medium,
        ..samples::label_layout()
    };
    let labels = samples::labels(5);
    let paper = label_sheet(&FONTS, &labels, &layout).unwrap();
    let page = reader::picture(&paper.pdf, 1);
    assert_code(&page, &labels[0], EcLevel::M, 11.0, 11.0, 40.0);
    assert_code(&page, &labels[4], EcLevel::M, 11.0, 79.0, 40.0);
}

#[test]
fn words_and_telephone_are_on_every_plate() {
    let paper = label_sheet(&FONTS, &samples::labels(4), &samples::label_layout()).unwrap();
    let text = reader::text(&paper.pdf);
    for part in ["5001050800210003", "雨水", "国网重庆市电力公司江北供电分公司", "重庆市江北区窨井盖"]
    {
        assert!(text.contains(part), "{part} is missing in {text}");
    }
    assert_eq!(text.matches("抢修电话023-60000119").count(), 4);
}

#[test]
fn no_labels_make_one_empty_page() {
    let paper = label_sheet(&FONTS, &[], &LabelLayout::default()).unwrap();
    assert_eq!(paper.pages, 1);
}

#[test]
fn modules_too_fine_for_the_printer_are_told() {
    let layout = LabelLayout { module_min_mm: Some(0.8), ..samples::label_layout() };
    let paper = label_sheet(&FONTS, &samples::labels(1), &layout).unwrap();
    assert!(paper.warnings[0].contains("小于要求的 0.80 mm"), "{:?}", paper.warnings);
}

#[test]
fn measures_that_contradict_each_other_are_refused() {
    let refused = |change: fn(&mut LabelLayout), words: &str| {
        let mut layout = LabelLayout::default();
        change(&mut layout);
        let error = label_sheet(&FONTS, &samples::labels(1), &layout).unwrap_err();
        assert!(matches!(error, PaperError::LabelLayout(_)), "{error}");
        assert!(error.to_string().contains(words), "{error}");
    };
    refused(|l| l.columns = 4, "超出页面");
    refused(|l| l.pitch_y_mm = 30.0, "重叠");
    refused(|l| l.qr_mm = 33.0, "标签内只有 30.0 mm");
    refused(|l| l.label_width_mm = 0.0, "标签宽度");
    refused(|l| l.pitch_x_mm = f64::NAN, "超出页面");
    refused(|l| l.left_mm = -1.0, "不得为负数");
    refused(|l| l.rows = 0, "至少为 1");
    refused(|l| l.skip = 24, "跳过 24 个位置");
}

#[test]
fn an_address_too_long_names_the_plate() {
    let label = Label { code: "5001050800210999".into(), url: "x".repeat(3_000), ..Label::default() };
    let error = label_sheet(&FONTS, &[label], &LabelLayout::default()).unwrap_err();
    assert!(error.to_string().contains("标识“5001050800210999”"), "{error}");
}
