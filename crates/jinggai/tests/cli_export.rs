//! `jinggai export` as people call it: exit status, standard output, standard error.
#![allow(clippy::unwrap_used)]
use std::path::Path;
use std::process::{Command, Output};

fn jinggai(data: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_jinggai"))
        .arg("--data")
        .arg(data)
        .args(args)
        .output()
        .expect("jinggai runs")
}

#[test]
fn export_says_what_it_did_and_what_is_wrong() {
    let dir = tempfile::TempDir::new().expect("a folder");
    let data = dir.path().join("data");
    let out = jinggai(&data, &["export", "covers", "--format", "csv", "-o", "-"]);
    assert_eq!(out.status.code(), Some(0), "{}", String::from_utf8_lossy(&out.stderr));
    let text = String::from_utf8_lossy(&out.stdout);
    assert!(text.starts_with("\u{feff}编号,") && text.lines().count() == 1, "{text}");
    assert!(String::from_utf8_lossy(&out.stderr).contains("已导出 0 个井盖"));

    let file = dir.path().join("台账.gpkg");
    let name = file.to_str().expect("a name");
    let out = jinggai(&data, &["export", "covers", "--format", "gpkg", "-o", name, "--json"]);
    assert_eq!(out.status.code(), Some(0));
    let told: serde_json::Value = serde_json::from_slice(&out.stdout).expect("JSON");
    assert_eq!((told["rows"].as_i64(), file.exists()), (Some(0), true));

    let out = jinggai(&data, &["export", "covers", "--format", "xlsx", "-o", "-"]);
    assert_eq!((out.status.code(), out.stdout.len()), (Some(1), 0));
    let out = jinggai(&data, &["export", "covers", "--format", "csv", "--where", "kind=sewer", "-o", "-"]);
    assert_eq!(out.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&out.stderr).contains("sewage"), "what would be right is said");
    let out = jinggai(&data, &["export", "covers", "--format", "dwg", "-o", "x"]);
    assert_eq!(out.status.code(), Some(2));
    let out = jinggai(&data, &["export", "--help"]);
    assert!(String::from_utf8_lossy(&out.stdout).contains("示例"));
}
