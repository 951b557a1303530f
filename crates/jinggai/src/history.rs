//! Events of findings, hazards, cases and plans in words: the flow record of a case and the file of a well say the same.
use jinggai_rules::hazards::{Level, Treatment};
use jinggai_rules::workflow::{CaseMove, CaseState};
use serde_json::Value as Json;

/// What happened, as a Chinese sentence; none for events of other things.
#[must_use]
pub fn words(subject: &str, action: &str, after: &Json) -> Option<String> {
    let text = |key: &str| after[key].as_str().unwrap_or_default();
    Some(match (subject, action) {
        ("finding", "reported") => format!("上报 {}：{}", text("number"), text("text")),
        ("finding", "moved") => format!("上报{}", step(after)),
        ("hazard", "opened") => {
            let level = Level::from_code(text("level")).map_or("", Level::name_zh);
            format!("发现隐患 {} {}（{level}）", text("code"), text("name"))
        }
        ("hazard", "closed") => match Treatment::from_code(text("treatment")) {
            Some(t) => format!("隐患销号：{}，{}", text("outcome"), t.name_zh()),
            None => format!("隐患销号：{}", text("outcome")),
        },
        ("case", "filed") => format!("立案 {}", text("number")),
        ("case", "moved") => step(after),
        ("case", "requested") => format!("申请{}", request(text("kind"))),
        ("case", "request_decided") => {
            let how = match text("state") {
                "reviewed" => "初审同意",
                "approved" => "批准",
                _ => "不同意",
            };
            format!("{}{how}", request(text("kind")))
        }
        ("case", "urged") => "督办".to_owned(),
        ("case", "escalated") => text("words").to_owned(),
        ("finding" | "case" | "plan", "attached") => match text("purpose") {
            "after" => "上传处置后照片".to_owned(),
            "check" => "上传核查照片".to_owned(),
            "scene" => "上传现场照片".to_owned(),
            _ => "上传文件".to_owned(),
        },
        ("cover", "condition_changed") => match jinggai_rules::kinds::Problem::from_code(text("problem")) {
            Some(p) => format!("台账状态改为{}", p.name_zh()),
            None => "台账状态改为完好".to_owned(),
        },
        _ => return None,
    })
}

fn step(after: &Json) -> String {
    let text = |key: &str| after[key].as_str().unwrap_or_default();
    let step = match CaseMove::from_code(text("move")) {
        Some(m) => m.name_zh(),
        None => text("move"),
    };
    let names: Vec<&str> = match after["units"].as_array() {
        Some(units) => units.iter().filter_map(|u| u["unit"].as_str()).collect(),
        None => [text("checker"), text("verifier")].into_iter().filter(|n| !n.is_empty()).collect(),
    };
    if !names.is_empty() {
        return format!("{step}：{}", names.join("、"));
    }
    // A unit that is done while others are not leaves the case where it is.
    if after["units_left"].is_number() && CaseState::from_code(text("state")) == Some(CaseState::Handling) {
        return format!("{step}（尚有 {} 个单位未办完）", after["units_left"]);
    }
    step.to_owned()
}

fn request(kind: &str) -> &'static str {
    match kind {
        "extension" => "延期",
        "suspension" => "挂账",
        _ => "超时申诉",
    }
}
