//! Events of findings, hazards, cases and plans in words: the flow record of a case and the file of a well say the same.
use jinggai_rules::hazards::{Level, Treatment};
use jinggai_rules::plan_flow::PlanMove;
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
        ("hazard", "planned") => {
            format!("列入计划 {}，期限 {}，责任人 {}", text("number"), text("planned_on"), text("person"))
        }
        ("hazard", "unplanned") => format!("移出计划 {}", text("number")),
        ("hazard", "treated") => format!("已整改：{}", treatment(text("treatment"))),
        ("hazard", "rework") => "核查未通过，返工".to_owned(),
        ("hazard", "cancelled") => format!("隐患{}", text("outcome")),
        ("hazard" | "plan", "extension_asked") => {
            format!("申请延期至 {}（{}）", text("until_on"), text("code"))
        }
        ("hazard" | "plan", "extension_decided") => {
            let how = if text("state") == "approved" { "批准" } else { "不同意" };
            format!("{how}延期至 {}（{}）", text("until_on"), text("code"))
        }
        ("plan", "made") => format!("编制计划 {}：{}", text("number"), text("title")),
        ("plan", "edited") => "修改计划".to_owned(),
        ("plan", "items_changed") => {
            format!("调整隐患：列入或修改 {} 条，移出 {} 条", after["put"], after["removed"])
        }
        ("plan", "covers_changed") => {
            format!("调整井盖：列入或修改 {} 个，移出 {} 个", after["put"], after["removed"])
        }
        ("plan", "filled") => format!("按预算测算列入 {} 个井盖", after["covers"]),
        ("plan", "moved") => match PlanMove::from_code(text("move")) {
            Some(m) => m.name_zh().to_owned(),
            None => text("move").to_owned(),
        },
        ("plan", "done") => "计划全部完成".to_owned(),
        ("finding" | "case" | "plan", "attached") => match text("purpose") {
            "after" => "上传处置后照片".to_owned(),
            "check" => "上传核查照片".to_owned(),
            "scene" => "上传现场照片".to_owned(),
            _ => "上传文件".to_owned(),
        },
        ("case", _) => return case(action, after),
        ("cover", "condition_changed") => match jinggai_rules::kinds::Problem::from_code(text("problem")) {
            Some(p) => format!("台账状态改为{}", p.name_zh()),
            None => "台账状态改为完好".to_owned(),
        },
        _ => return None,
    })
}

/// What happened to a case.
fn case(action: &str, after: &Json) -> Option<String> {
    let text = |key: &str| after[key].as_str().unwrap_or_default();
    Some(match action {
        "filed" if after["parent"].is_string() => {
            format!("立案 {}（{} 的子案卷）", text("number"), text("parent"))
        }
        "filed" => format!("立案 {}", text("number")),
        "child_filed" => format!("立子案卷 {}", text("number")),
        "child_ended" => {
            let state = CaseState::from_code(text("state")).map_or("", CaseState::name_zh);
            format!("子案卷 {} {state}", text("number"))
        }
        "moved" => step(after),
        "requested" => format!("申请{}", request(text("kind"))),
        "request_decided" => {
            let how = match text("state") {
                "reviewed" => "初审同意",
                "approved" => "批准",
                _ => "不同意",
            };
            format!("{}{how}", request(text("kind")))
        }
        "urged" => "督办".to_owned(),
        "escalated" | "retimed" => text("words").to_owned(),
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

fn treatment(code: &str) -> &str {
    Treatment::from_code(code).map_or(code, |t| t.name_zh())
}

fn request(kind: &str) -> &'static str {
    match kind {
        "extension" => "延期",
        "suspension" => "挂账",
        _ => "超时申诉",
    }
}
