use std::fs;

use jinggai_paper::{Fonts, PaperError, well_file};

use crate::{
    reader::{self, FONTS},
    samples,
};

const PACKAGED: &[u8] = include_bytes!("../../../../assets/fonts/NotoSansSC-GB2312.ttf");

/// The packaged font under other names of the same length, as a customer's font would come.
fn renamed(family: &str, post_script: &str) -> Vec<u8> {
    let mut font = PACKAGED.to_vec();
    replace(&mut font, "NotoSansSC-Regular", post_script);
    replace(&mut font, "Noto Sans SC", family);
    font
}

fn replace(font: &mut [u8], from: &str, to: &str) {
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
    let (from, to) = (wide(from), wide(to));
    assert_eq!(from.len(), to.len());
    let hits: Vec<usize> = (0..font.len() - from.len()).filter(|i| font[*i..].starts_with(&from)).collect();
    assert!(!hits.is_empty());
    for i in hits {
        font[i..i + to.len()].copy_from_slice(&to);
    }
}

#[test]
fn the_packaged_font_covers_the_words_of_all_templates() {
    for template in ["common", "label_sheet", "table_report", "well_file"] {
        let path = format!("{}/templates/{template}.typ", env!("CARGO_MANIFEST_DIR"));
        assert_eq!(FONTS.missing(&fs::read_to_string(path).unwrap()), Vec::<char>::new(), "{template}");
    }
}

#[test]
fn missing_names_each_character_once_and_no_invisible_one() {
    assert_eq!(FONTS.missing("窨井盖、郭家沱街道、铁山坪、磜"), Vec::<char>::new());
    assert_eq!(FONTS.missing("𠮷祥村𠮷燚\u{200b}\u{feff}\u{fe0f}\n\t"), ['燚', '𠮷']);
}

#[test]
fn the_customers_font_is_used_before_the_packaged_one() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("simfang.ttf"), renamed("FangSong_GB2", "FangSongGB-Regular")).unwrap();
    let fonts = Fonts::load(&[folder.path().to_owned()]).unwrap();
    assert_eq!(fonts.family_names(), ["FangSong_GB2", "Noto Sans SC"]);
    let paper = well_file(&fonts, &samples::full_file()).unwrap();
    assert_eq!(paper.warnings, Vec::<String>::new());
    let used = reader::fonts(&paper.pdf);
    assert!(used.contains("FangSongGB-Regular"), "{used}");
    assert!(used.contains("NotoSansSC-Regular"), "headings keep the packaged font: {used}");
}

#[test]
fn a_file_that_is_no_font_is_left_out_and_told() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("方正小标宋.ttf"), b"<html>404</html>").unwrap();
    fs::write(folder.path().join("说明.txt"), "字体请放此处").unwrap();
    let fonts = Fonts::load(&[folder.path().to_owned(), folder.path().join("not there")]).unwrap();
    assert_eq!(fonts.family_names(), ["Noto Sans SC"]);
    assert_eq!(fonts.notes().len(), 1);
    assert!(fonts.notes()[0].contains("方正小标宋.ttf"), "{:?}", fonts.notes());
}

#[test]
fn a_font_file_that_cannot_be_read_is_an_error_with_its_path() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("folder.ttf")).unwrap();
    let error = Fonts::load(&[folder.path().to_owned()]).err().unwrap();
    assert!(matches!(error, PaperError::FontFile { .. }));
    assert!(error.to_string().contains("folder.ttf"), "{error}");
}
