//! A city's own 立案、处置、结案 table: taken in row by row, asked where it is doubtful, and what cases run by.
#![allow(clippy::unwrap_used)]
mod cases_people;
use cases_people::*;
use jiff::Timestamp;
use jinggai_tables::{Cell, ColumnType, Format, OutColumn, Target, WriteOptions, Writer};
use jinggai_test::{Client, Reply, on_both_stores};
use serde_json::{Value as Json, json};

const IMPORT: &str = "/api/v1/case-limits/imports";
const PACK: &str = "/api/v1/rules/case_limits/case-limits";
const HEAD: &str = "小类,立案条件,处置时限,结案条件\n";

fn sample() -> Vec<u8> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    std::fs::read(root.join("tests/data/rules/case_limits_sample.csv")).unwrap()
}

/// Sends a table with its words.
async fn import(c: &Client, name: &str, bytes: &[u8], words: &[(&str, &str)]) -> Reply {
    let mut body = vec![];
    for (word, value) in words {
        let part = format!("--x\r\ncontent-disposition: form-data; name=\"{word}\"\r\n\r\n{value}\r\n");
        body.extend(part.into_bytes());
    }
    let file = format!("--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n");
    body.extend(file.into_bytes());
    body.extend(bytes);
    body.extend(b"\r\n--x--\r\n");
    c.raw(axum::http::Method::POST, IMPORT, "multipart/form-data; boundary=x", body, None).await
}

async fn rows(c: &Client, text: &str, words: &[(&str, &str)]) -> Json {
    let words = [words, &[("source", "区城管〔2026〕3号")]].concat();
    import(c, "标准.csv", format!("{HEAD}{text}").as_bytes(), &words).await.ok()
}

fn verdicts(report: &Json) -> Vec<&str> {
    report["rows"].as_array().unwrap().iter().map(|r| r["verdict"].as_str().unwrap()).collect()
}

/// The handling clock of a case of this hazard, dispatched now.
async fn handling(p: &People, cover: &str, hazard: &str) -> (Json, Json) {
    let case = filed(p, cover, hazard).await;
    case.go(&p.dispatcher, "dispatch", json!({})).await.ok();
    let seen = case.see().await;
    let clock = seen["clocks"].as_array().unwrap().iter().find(|c| c["stage"] == "handle").unwrap().clone();
    (seen, clock)
}

fn hours(clock: &Json) -> i64 {
    let at = |name: &str| text(clock, name).parse::<Timestamp>().unwrap();
    at("due_at").duration_since(at("started_at")).as_hours()
}

on_both_stores! {
    async fn what_the_table_says_is_what_a_case_filed_afterwards_runs_by(app: TestApp) {
        let p = people(&app).await;
        let before = well(&p, 106.57, "W-1").await;
        let (old, clock) = handling(&p, &text(&before["covers"][0], "uid"), "H02").await;
        assert_eq!((clock["count"].as_i64(), text(&clock, "rule_version")), (Some(2), "hazards.1 case-rules.1 case-limits.1".into()));
        // A city that gives three hours where the catalogue gives two.
        let changed = String::from_utf8(sample()).unwrap().replace("2紧急工作时", "3紧急工作时");
        let words = [("source", "区城管〔2026〕3号"), ("dry_run", "true")];
        let dry = import(&p.registrar, "立案标准.csv", changed.as_bytes(), &words).await.ok();
        assert_eq!((dry["accepted"].as_i64(), dry["doubtful"].as_i64(), dry["version"].clone()), (Some(7), Some(0), Json::Null), "{dry}");
        assert_eq!(p.registrar.get(PACK).await.ok()["pack"]["entries"], json!([]), "a dry run writes nothing");
        let done = import(&p.registrar, "立案标准.csv", changed.as_bytes(), &words[..1]).await.ok();
        assert_eq!((done["version"].as_i64(), done["entries"].as_i64()), (Some(2), Some(7)));
        let row = &done["rows"][0];
        assert_eq!(
            (row["kind"].clone(), row["hazards"].clone(), row["limit_text"].clone(), row["count"].clone(), row["unit"].clone()),
            (json!("sewage"), json!(["H01", "H02", "H03"]), json!("3紧急工作时"), json!(3), json!("urgent_hour"))
        );
        let pack = p.registrar.get(PACK).await.ok();
        assert_eq!((pack["pack"]["pack"]["source"].clone(), pack["versions"].as_array().unwrap().len()), (json!("区城管〔2026〕3号"), 2));
        // The case filed afterwards: limit, condition and closing of the city, and the version that said so.
        let after = well(&p, 106.58, "W-2").await;
        let cover = text(&after["covers"][0], "uid");
        let (seen, clock) = handling(&p, &cover, "H02").await;
        assert_eq!((hours(&clock), text(&clock, "rule_version")), (3, "hazards.1 case-rules.1 case-limits.2".into()));
        assert_eq!((text(&seen, "standard"), text(&seen, "closing")), ("缺失、移位、开裂，存在安全隐患".into(), "恢复".into()));
        // What the table does not speak of is the catalogue's.
        let (_, plan) = handling(&p, &cover, "H11").await;
        assert_eq!(text(&plan, "unit"), "natural_day");
        // A clock that runs keeps what it was started with.
        let kept = p.operator.get(&format!("/api/v1/cases/{}", text(&old, "uid"))).await.ok();
        let kept = kept["clocks"].as_array().unwrap().iter().find(|c| c["stage"] == "handle").unwrap().clone();
        assert_eq!((hours(&kept), text(&kept, "rule_version")), (2, "hazards.1 case-rules.1 case-limits.1".into()));
        // The same file again is no new version; what was changed is on the record.
        let again = import(&p.registrar, "立案标准.csv", changed.as_bytes(), &words[..1]).await.ok();
        assert_eq!((again["version"].clone(), again["entries"].as_i64()), (Json::Null, Some(7)));
        let log = app.as_admin().await.get("/api/v1/audit?subject=rule_pack").await.ok();
        assert_eq!((log["items"][0]["action"].as_str(), log["items"][0]["after"]["kind"].as_str()), (Some("changed"), Some("case_limits")));
    }

    async fn a_doubtful_row_stays_out_until_it_is_answered(app: TestApp) {
        let p = people(&app).await;
        let file = well(&p, 106.57, "W-1").await;
        let cover = text(&file["covers"][0], "uid");
        let table = "污水井盖,缺失、移位,3小时,恢复\n污水井盖,弹跳并产生噪音,3工作日,更换或修复\n";
        let asked = rows(&p.registrar, table, &[]).await;
        assert_eq!(verdicts(&asked), ["doubtful", "accepted"]);
        assert_eq!(
            (asked["rows"][0]["doubts"][0]["column"].clone(), asked["rows"][0]["doubts"][0]["choices"].clone()),
            (json!("处置时限"), json!(["3紧急工作时", "3工作时"]))
        );
        // The clear row beside it holds, the doubtful one does not.
        assert_eq!(hours(&handling(&p, &cover, "H02").await.1), 2);
        assert_eq!(handling(&p, &cover, "H05").await.1["count"], 3);
        // Answered: the original wording stays beside what it means.
        let answers = r#"[{"row": 2, "column": "处置时限", "value": "3紧急工作时"}]"#;
        let answered = rows(&p.registrar, table, &[("answers", answers)]).await;
        assert_eq!((verdicts(&answered), answered["entries"].as_i64()), (vec!["accepted", "accepted"], Some(2)));
        let pack = p.registrar.get(PACK).await.ok()["pack"].clone();
        let entry = pack["entries"].as_array().unwrap().iter().find(|e| e["hazards"] == json!(["H01", "H02"])).unwrap().clone();
        assert_eq!((entry["limit_text"].clone(), entry["limit"].clone()), (json!("3小时"), json!({"count": 3, "unit": "urgent_hour"})));
        assert_eq!(hours(&handling(&p, &cover, "H01").await.1), 3);
        // A corrected file with that row alone leaves the others as they are.
        let corrected = rows(&p.registrar, "污水井盖,缺失、移位,5紧急工作时,恢复\n", &[]).await;
        assert_eq!((corrected["version"].as_i64(), corrected["entries"].as_i64()), (Some(4), Some(2)));
    }

    async fn what_cannot_be_read_is_named(app: TestApp) {
        let p = people(&app).await;
        let table = "不知名的盖,缺失,2紧急工作时,恢复\n供水器,漏水,2紧急工作时,修复\n热力井盖,外溢,1工作日,修复\n燃气井盖,破损面积大于100平方厘米,1工作日,修复\n雨水井盖,缺失,2紧急工作时,恢复\n雨水井盖,缺失,4紧急工作时,恢复\n园林井盖,移位,2紧急工作时,\n";
        let got = rows(&p.registrar, table, &[]).await;
        assert_eq!(verdicts(&got), ["doubtful", "no_cover", "doubtful", "doubtful", "doubtful", "doubtful", "doubtful"]);
        assert_eq!((got["version"].clone(), got["entries"].as_i64()), (Json::Null, Some(0)));
        let message = |i: usize| text(&got["rows"][i]["doubts"][0], "message");
        assert!(message(0).contains("不认识小类“不知名的盖”"), "{}", message(0));
        assert!(message(2).contains("看不懂“外溢”"), "{}", message(2));
        assert!(message(3).contains("100 平方厘米") && message(3).contains("25 平方厘米"), "{}", message(3));
        assert!(message(4).contains("与第 7 行对 H01 的规定不同"), "{}", message(4));
        assert!(message(6).contains("未填写结案条件"), "{}", message(6));
        // The whole file, its words and its answers.
        let refusal = |r: Reply| (r.refusal(), r.json()["fields"][0]["field"].clone());
        let no_column = import(&p.registrar, "a.csv", "小类,立案条件,结案条件\n污水井盖,缺失,恢复\n".as_bytes(), &[("source", "x")]).await;
        assert!(no_column.text().contains("缺少列“处置时限”"), "{}", no_column.text());
        assert_eq!(refusal(no_column), ((422, "import.columns".into()), json!("file")));
        assert_eq!(refusal(import(&p.registrar, "a.csv", &sample(), &[]).await), ((422, "rule.source".into()), json!("source")));
        let stray = r#"[{"row": 99, "column": "处置时限", "value": "4工作时"}]"#;
        assert_eq!(refusal(import(&p.registrar, "a.csv", &sample(), &[("source", "x"), ("answers", stray)]).await), ((422, "limits.answer".into()), json!("answers[0].row")));
        let column = stray.replace("99", "2").replace("处置时限", "颜色");
        assert_eq!(refusal(import(&p.registrar, "a.csv", &sample(), &[("source", "x"), ("answers", &column)]).await), ((422, "limits.answer".into()), json!("answers[0].column")));
        assert_eq!(refusal(import(&p.registrar, "a.csv", &sample(), &[("answers", "4工作时")]).await), ((422, "form.invalid".into()), json!("answers")));
        assert_eq!(import(&p.registrar, "a.csv", &sample(), &[("source", "x"), ("effective_from", "2001-01-01")]).await.refusal(), (422, "rule.effective_from".into()));
        assert_eq!(import(&p.registrar, "a.png", &jinggai_test::picture(90), &[("source", "x")]).await.refusal(), (422, "import.file".into()));
        assert_eq!(import(&p.owner, "a.csv", &sample(), &[("source", "x")]).await.refusal(), (403, "forbidden".into()));
        assert_eq!(p.registrar.get(PACK).await.ok()["versions"].as_array().unwrap().len(), 1, "nothing refused left a version");
    }

    async fn a_workbook_and_an_old_encoding_say_the_same(app: TestApp) {
        let p = people(&app).await;
        let utf8 = String::from_utf8(sample()).unwrap();
        let dry = [("dry_run", "true")];
        let want = import(&p.registrar, "a.csv", utf8.as_bytes(), &dry).await.ok()["rows"].clone();
        let (gb, _, lost) = encoding_rs::GB18030.encode(&utf8);
        assert!(!lost);
        assert_eq!(import(&p.registrar, "a.csv", &gb, &dry).await.ok()["rows"], want);
        let path = app.dir().join("标准.xlsx");
        let mut lines = utf8.trim_start_matches('\u{feff}').lines().map(|l| l.split(','));
        let columns: Vec<OutColumn> = lines.next().unwrap().map(|h| OutColumn::new(h, h, ColumnType::Text)).collect();
        let mut book = Writer::create(Target::Path(path.clone()), Format::Xlsx, &columns, &WriteOptions::default()).unwrap();
        for line in lines {
            book.write(&line.map(Cell::from).collect::<Vec<_>>(), None).unwrap();
        }
        book.finish().unwrap();
        assert_eq!(import(&p.registrar, "标准.xlsx", &std::fs::read(&path).unwrap(), &dry).await.ok()["rows"], want);
    }
}
