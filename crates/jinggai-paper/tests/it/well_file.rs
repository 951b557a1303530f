use jinggai_paper::{PaperError, Photo, WellFileData, well_file};

use crate::{
    reader::{self, FONTS},
    samples,
};

#[test]
fn a_full_file_can_be_read_back() {
    let paper = well_file(&FONTS, &samples::full_file()).unwrap();
    assert_eq!(paper.warnings, Vec::<String>::new());
    assert_eq!(paper.pages, 4);
    let text = reader::text(&paper.pdf);
    for part in [
        "重庆市江北区城市管理局",
        "5001050800210123",
        "郭污-0123",
        "0192f3a4-7c1e-7b5a-9d42-6f1c3a8e5b07",
        "东经106.7216000°北纬29.6103482°",
        "郭家沱街道500105008",
        "铁山坪路（磜石湾段）",
        "低洼易涝是",
        "244.118m",
        "HDPE双壁波纹管",
        "（二）2号盖（子盖）",
        "球墨铸铁",
        "2038-05-11",
        "300kg",
        "江城综办〔2021〕12号",
        "2014-07-02至2021-08-31",
        "86412305-0031",
        "井内防坠网",
        "更换井盖，加装防坠网",
        "窨井盖移交单",
    ] {
        assert!(text.contains(part), "{part} is missing in {text}");
    }
}

#[test]
fn every_page_says_what_it_was_drawn_from() {
    let paper = well_file(&FONTS, &samples::full_file()).unwrap();
    let pages = reader::pages(&paper.pdf);
    assert_eq!(pages.len(), paper.pages);
    for (i, page) in pages.iter().enumerate() {
        for part in [
            "演示数据",
            "打印时间：2026-11-2410:42打印人：张建国",
            &format!("第{}页/共{}页", i + 1, paper.pages),
            &format!("内容摘要：SM3{}", samples::HASH),
            "依据事件记录截至第128417号，链上散列：c3d5a9e0",
        ] {
            assert!(page.contains(part), "{part} is missing on page {}: {page}", i + 1);
        }
    }
}

#[test]
fn an_unknown_well_gets_a_dignified_page() {
    let paper = well_file(&FONTS, &WellFileData::default()).unwrap();
    assert_eq!((paper.pages, paper.warnings.len()), (1, 0));
    let text = reader::text(&paper.pdf);
    for part in ["窨井档案", "坐标—", "尚未编号", "未登记井盖", "权属单位未明确", "暂无记录"]
    {
        assert!(text.contains(part), "{part} is missing in {text}");
    }
    for part in ["照片", "监测终端", "档案文件", "none"] {
        assert!(!text.contains(part), "{part} should not be in {text}");
    }
}

#[test]
fn a_history_of_a_hundred_pages_repeats_its_header() {
    let data = WellFileData { events: samples::events(2_300), ..WellFileData::default() };
    let paper = well_file(&FONTS, &data).unwrap();
    assert!(paper.pages >= 100, "{} pages", paper.pages);
    let pages = reader::pages(&paper.pdf);
    for page in &pages[1..pages.len() - 1] {
        assert!(page.contains("序号时间人员或单位事项原因"), "{page}");
    }
    let text = pages.concat();
    let last = data.events.last().and_then(|e| e.seq).unwrap();
    assert!(text.contains(&last.to_string()), "the last event is printed");
}

#[test]
fn a_character_without_glyph_is_told_and_written_by_code_point() {
    let data = WellFileData { issuer: Some("𠮷祥村".into()), ..WellFileData::default() };
    let paper = well_file(&FONTS, &data).unwrap();
    assert_eq!(paper.warnings.len(), 1);
    assert!(paper.warnings[0].contains("“𠮷”（U+20BB7）"), "{:?}", paper.warnings);
    assert!(reader::text(&paper.pdf).contains("U+20BB7祥村"));
}

#[test]
fn text_of_records_is_never_read_as_template() {
    let hostile = "#panic(1) $x$ *粗* `raw` \\ ] <标> @引 https://例.cn/ \" // 注";
    let mut data = samples::full_file();
    data.issuer = Some(hostile.into());
    data.events[0].reason = Some(hostile.into());
    let paper = well_file(&FONTS, &data).unwrap();
    let text = reader::text(&paper.pdf);
    let expected: String = hostile.split_whitespace().collect();
    assert!(text.contains(&expected), "{text}");
}

#[test]
fn a_damaged_photograph_leaves_a_gap_and_a_warning() {
    let whole = samples::jpeg(1);
    let photo = |bytes: &[u8], caption: &str| Photo {
        bytes: bytes.to_vec(),
        caption: Some(caption.into()),
        ..Photo::default()
    };
    let photos = vec![
        photo(&whole, "完好"),
        photo(&samples::png(2)[..900], "截断"),
        photo(b"<svg/>", "假图"),
        photo(b"", "空文件"),
    ];
    let paper = well_file(&FONTS, &WellFileData { photos, ..WellFileData::default() }).unwrap();
    let told: Vec<bool> = ["第 2 张照片（截断）", "第 3 张照片（假图）", "第 4 张照片（空文件）"]
        .iter()
        .map(|part| paper.warnings.iter().any(|w| w.contains(part)))
        .collect();
    assert_eq!((told, paper.warnings.len()), (vec![true; 3], 3), "{:?}", paper.warnings);
    assert_eq!(reader::text(&paper.pdf).matches("照片无法显示").count(), 3);
}

#[test]
fn the_same_data_give_the_same_bytes() {
    let data = samples::full_file();
    let first = well_file(&FONTS, &data).unwrap();
    assert!(first.pdf == well_file(&FONTS, &data).unwrap().pdf);
}

#[test]
fn the_data_survive_json_but_for_the_pictures() {
    let data = samples::full_file();
    let json = serde_json::to_string(&data).unwrap();
    let mut back: WellFileData = serde_json::from_str(&json).unwrap();
    for (photo, original) in back.photos.iter_mut().zip(&data.photos) {
        assert!(photo.bytes.is_empty());
        photo.bytes.clone_from(&original.bytes);
    }
    assert_eq!(back, data);
}

#[test]
fn an_address_too_long_for_a_code_is_refused() {
    let data = WellFileData { plate_url: Some("x".repeat(5_000)), ..WellFileData::default() };
    let error = well_file(&FONTS, &data).unwrap_err();
    assert!(matches!(error, PaperError::Qr { length: 5_000, .. }));
    assert!(error.to_string().contains("well_file"), "{error}");
}
