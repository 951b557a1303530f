//! Codes of covers: real shapes, errors that name the segment, round trips.

#![allow(clippy::unwrap_used, reason = "helpers of tests, which the lint does not see as tests")]

use jinggai_rules::codes::{
    CheckDigit, ClassList, CodeContext, CodeParts, CodeScheme, SpreadsheetDamage, detect, spreadsheet_damage,
};
use jinggai_rules::kinds::CoverKind;
use jinggai_rules::{Explain, RulePack};
use proptest::prelude::*;

fn scheme(key: &str) -> CodeScheme {
    CodeScheme::shipped_by_id(key).unwrap()
}

fn list(id: &str) -> ClassList {
    ClassList::shipped_by_id(id).unwrap()
}

/// A district's own scheme with every kind of segment.
fn own_scheme(check: &str, width: usize) -> CodeScheme {
    let text = format!(
        "name = '区自编'\ntotal = {}\ncheck = '{check}'\n[pack]\nid = 'own'\nversion = 1\neffective_from = '2026-01-01'\nsource = 't'\n\
         [[segments]]\nkey = 'area'\nname = '街镇'\nrole = 'area'\nwidth = 9\n\
         [[segments]]\nkey = 'mark'\nname = '标志'\nrole = 'fixed'\nwidth = 2\ntext = '77'\n\
         [[segments]]\nkey = 'unit'\nname = '单位'\nrole = 'unit'\nwidth = 4\nmin_width = 2\n\
         [[segments]]\nkey = 'sequence'\nname = '顺序号'\nrole = 'sequence'\nwidth = 5\n\
         [[segments]]\nkey = 'check'\nname = '校验码'\nrole = 'check'\nwidth = {width}\n",
        20 + width
    );
    CodeScheme::parse(&text).unwrap()
}

#[test]
fn the_example_of_suzhou() {
    let parts = scheme("cjt214-16").parse_code("3205080101000001").unwrap();
    assert_eq!(parts.get("area"), Some("320508"));
    assert_eq!(parts.get("class"), Some("0101"));
    assert_eq!(parts.get("sequence"), Some("000001"));
    assert_eq!(scheme("cjt214-16").format_code(&parts).unwrap(), "3205080101000001");
}

#[test]
fn errors_name_the_segment_and_what_is_right() {
    let known = |area: &str| area == "500105";
    let classes = list("cjt214-2007");
    let check = |code: &str, kind: Option<CoverKind>, want: &str| {
        let context = CodeContext {
            area_exists: Some(&known),
            class_list: Some(&classes),
            kind,
            ..CodeContext::default()
        };
        let error = scheme("cjt214-16").validate_code(code, &context).unwrap_err();
        assert_eq!(error.to_string(), want);
        assert!(error.code().starts_with("code.") && error.message_en().len() > 20);
    };
    check(
        "500105010200001",
        None,
        "编号“500105010200001”有 15 位；部件标识码 16 位（6+2+2+6，CJ/T 214）应为 16 位",
    );
    check("50010501O2000001", None, "编号第 9 位（大类小类）是“O”，应为数字");
    check("5001990102000001", None, "编号的行政区划“500199”不在区划表中，应为本区或历史区划的代码");
    check("5001050199000001", None, "编号的大类小类“0199”不在清单“cjt214-2007”中");
    check(
        "5001050103000001",
        Some(CoverKind::Sewage),
        "编号的大类小类“0103”在清单“cjt214-2007”中是“雨水井盖”，与井盖类型“污水”不符；应为 0102",
    );
}

#[test]
fn full_width_codes_are_read() {
    let parts = scheme("cjt214-16").parse_code(" ３２０５０８０１０１０００００１ ").unwrap();
    assert_eq!(parts.get("sequence"), Some("000001"));
}

#[test]
fn numbers_are_given_out_in_order() {
    let scheme = scheme("cjt214-16");
    let class = scheme.class_part(&list("cjt214-2007"), CoverKind::Sewage).unwrap();
    let parts = CodeParts::new().with("area", "500105").with("class", class);
    assert_eq!(scheme.sequence_scope(&parts).unwrap(), "500105-0102");
    let check = |last: Option<u64>, want: Result<&str, &str>| {
        let got = scheme.next_code(&parts, last).map(|issued| issued.code).map_err(|error| error.to_string());
        assert_eq!(got.as_deref().map_err(String::as_str), want);
    };
    check(None, Ok("5001050102000001"));
    check(Some(41), Ok("5001050102000042"));
    check(Some(999_999), Err("顺序号已用到 999999，该范围内不能再编号，请启用新的编码规则或区划代码"));
    check(Some(u64::MAX), Err("顺序号已用到 999999，该范围内不能再编号，请启用新的编码规则或区划代码"));
}

#[test]
fn making_a_code_needs_the_right_parts() {
    let check = |key: &str, parts: CodeParts, want: &str| {
        assert_eq!(scheme(key).next_code(&parts, None).unwrap_err().to_string(), want);
    };
    check("cjt214-16", CodeParts::new().with("area", "500105"), "生成编号缺少大类小类（class）");
    check(
        "cjt214-16",
        CodeParts::new().with("area", "5001").with("class", "0102"),
        "编号的行政区划“5001”宽度不对，应为 6 位",
    );
    check(
        "cjt214-16",
        CodeParts::new().with("street", "1").with("area", "500105").with("class", "0102"),
        "编码规则没有“street”这一段；可用：area, class, sequence",
    );
    check("free", CodeParts::new(), "“自由编号”没有顺序号段，不能自动编号，请录入编号");
    let error = scheme("gbt30428-16").class_part(&list("yuncheng-30428"), CoverKind::Power).unwrap_err();
    assert!(error.to_string().starts_with("清单“yuncheng-30428”没有“电力”的小类"));
}

#[test]
fn check_characters_catch_a_typing_error() {
    let scheme = own_scheme("mod11_10", 1);
    let parts = CodeParts::new().with("area", "500105006").with("unit", "123");
    let code = scheme.next_code(&parts, None).unwrap().code;
    assert_eq!(code.len(), 20);
    let back = scheme.parse_code(&code).unwrap();
    assert_eq!((back.get("unit"), back.get("sequence")), (Some("123"), Some("00001")));
    let wrong = code.replacen("123", "124", 1);
    assert!(scheme.parse_code(&wrong).unwrap_err().to_string().contains("校验码"));
    let fixed = code.replacen("77", "78", 1);
    assert_eq!(scheme.parse_code(&fixed).unwrap_err().to_string(), "编号的标志是“78”，应固定为“77”");
}

#[test]
fn detection_says_what_numbers_cannot_say() {
    let schemes = CodeScheme::shipped();
    let lists = ClassList::shipped();
    let check = |sample: &[&str], want: &[&str], noted: bool| {
        let found = detect(sample, &schemes, &lists, None);
        let keys: Vec<&str> = found.candidates.iter().map(|candidate| candidate.scheme.as_str()).collect();
        assert_eq!(keys, want, "{sample:?}");
        assert_eq!(found.note.is_some(), noted, "{sample:?}");
    };
    // 0101|000001 of one list reads as 01010|00001 (热力) of the other.
    check(&["3205080101000001"], &["cjt214-16", "gbt30428-16", "free"], true);
    check(&["3205080105000001", "3205080107000002", ""], &["cjt214-16", "free"], false);
    check(&["5001050000000000019"], &["sichuan-19", "free"], false);
    check(&["SMH0149", "DMH0663"], &["free"], false);
    check(&[], &[], false);
}

#[test]
fn spreadsheets_leave_traces() {
    let check =
        |code: &str, want: Option<SpreadsheetDamage>| assert_eq!(spreadsheet_damage(code), want, "{code}");
    check("3.20508E+15", Some(SpreadsheetDamage::Scientific));
    check("5.00105E18", Some(SpreadsheetDamage::Scientific));
    check("5001050000000120000", Some(SpreadsheetDamage::ZeroTail));
    check("5001050102000001.0", Some(SpreadsheetDamage::Decimal));
    check("5001050102000001", None);
    check("164E09", None);
    check("1.2", None);
    check("", None);
}

#[test]
fn schemes_that_cannot_work_are_refused() {
    let good = serde_json::to_value(scheme("cjt214-16")).unwrap();
    let check = |path: &str, value: serde_json::Value, want: &str| {
        let mut scheme = good.clone();
        *scheme.pointer_mut(path).unwrap() = value;
        let error = CodeScheme::parse(&scheme.to_string()).unwrap_err().to_string();
        assert!(error.contains(want), "{path}: {error}");
    };
    check("/total", 17.into(), "total 有误：17；应为：各段宽度之和 16");
    check("/segments/1/width", 3.into(), "segments[1].width 有误：3；应为：4（2+2）或 5（2+3）");
    check("/segments/2/key", "area".into(), "segments[2].key");
    check("/class_list", serde_json::Value::Null, "class_list 有误");
    check("/check", "luhn".into(), "check 有误");
    check("/check", "crc".into(), "unknown variant `crc`");
    check("/pack/version", 0.into(), "pack.version 有误");
    check("/pack/effective_from", "2007-02-30".into(), "line 1");
}

#[test]
fn toml_errors_name_the_line() {
    let text = "name = 'x'\ntotal = 'sixteen'\n";
    let error = CodeScheme::parse(text).unwrap_err();
    assert!(error.to_string().starts_with("规则包code_scheme第 2 行有误"), "{error}");
}

proptest! {
    #[test]
    fn any_parts_come_back(area in "[0-9]{6}", minor in 1_u32..80, last in 0_u64..99_999) {
        for (key, class) in [("cjt214-16", format!("01{minor:02}")), ("gbt30428-16", format!("01{minor:03}"))] {
            let scheme = scheme(key);
            let parts = CodeParts::new().with("area", &area).with("class", class);
            if let Ok(issued) = scheme.next_code(&parts, Some(last)) {
                let back = scheme.parse_code(&issued.code).unwrap();
                prop_assert_eq!(scheme.format_code(&back).unwrap(), issued.code);
                prop_assert_eq!(back.get("sequence").unwrap().parse::<u64>().unwrap(), last + 1);
            }
        }
    }

    #[test]
    fn one_wrong_digit_is_always_found(sequence in 0_u64..99_999, unit in "[0-9]{2,4}", at in 0_usize..19, by in 1_u8..10) {
        for check in [CheckDigit::Mod11_10, CheckDigit::Mod11_2, CheckDigit::Mod97_10, CheckDigit::Luhn] {
            let name = serde_json::to_value(check).unwrap();
            let scheme = own_scheme(name.as_str().unwrap(), check.width());
            let parts = CodeParts::new().with("area", "500105006").with("unit", &unit);
            let code = scheme.next_code(&parts, Some(sequence)).unwrap().code;
            prop_assert!(scheme.parse_code(&code).is_ok());
            let mut bytes = code.into_bytes();
            let at = at % bytes.len();
            if bytes[at].is_ascii_digit() {
                bytes[at] = b'0' + (bytes[at] - b'0' + by) % 10;
                prop_assert!(scheme.parse_code(std::str::from_utf8(&bytes).unwrap()).is_err());
            }
        }
    }

    #[test]
    fn no_text_breaks_the_reader(text in "\\PC{0,40}") {
        for scheme in CodeScheme::shipped() {
            if let Ok(parts) = scheme.parse_code(&text) {
                prop_assert!(scheme.format_code(&parts).is_ok());
            }
        }
        spreadsheet_damage(&text);
    }
}
