//! 附件1 as CSV, JSON, XLSX and PDF, its templates, and the detail ledger.
#![allow(clippy::unwrap_used)]
mod annex_district;

use annex_district::enter;
use calamine::{Data, Reader, Xlsx, open_workbook_from_rs};
use jinggai::identity::Role;
use jinggai_test::{Client, TestApp, on_both_stores};
use serde_json::{Value, json};
use std::io::Cursor;

type Book = Xlsx<Cursor<Vec<u8>>>;

fn book(bytes: Vec<u8>) -> Book {
    open_workbook_from_rs(Cursor::new(bytes)).unwrap()
}

fn text(cell: &Data) -> String {
    match cell {
        Data::Float(x) => x.to_string(),
        other => other.to_string(),
    }
}

/// Rows of a sheet as texts.
fn sheet(book: &mut Book, name: &str) -> Vec<Vec<String>> {
    book.worksheet_range(name).unwrap().rows().map(|r| r.iter().map(text).collect()).collect()
}

async fn file(client: &Client, report: &Value, format: &str) -> Vec<u8> {
    let path = format!("/api/v1/reports/{}/file?format={format}", report["uid"].as_str().unwrap());
    let reply = client.get(&path).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert!(reply.headers["content-disposition"].to_str().unwrap().ends_with(&format!(".{format}")));
    reply.bytes
}

async fn edit(app: &TestApp, version: u32, edits: Value) -> Value {
    let registrar = app.login(Role::Registrar, None, None).await;
    let body = json!({"version": version, "source": "区城综办〔2026〕1号", "edits": edits});
    registrar.put("/api/v1/templates/annex1", body).await.ok()
}

fn first_line(csv: &[u8]) -> String {
    String::from_utf8_lossy(csv).lines().next().unwrap().to_owned()
}

on_both_stores! {
    async fn csv_has_the_keys_and_figures_of_the_report(app: TestApp) {
        enter(&app).await;
        let admin = app.as_admin().await;
        let report = admin.post("/api/v1/reports/annex1", json!({"by": ["unit", "road"]})).await.ok();
        let bytes = file(&admin, &report, "csv").await;
        assert!(first_line(&bytes).starts_with("seq,reporting_unit,road_name,road_manager,total,by_kind_water,"));
        let mut csv = csv::Reader::from_reader(bytes.as_slice());
        let keys = csv.headers().unwrap().clone();
        let rows: Vec<csv::StringRecord> = csv.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), report["rows"].as_array().unwrap().len());
        for (record, row) in rows.iter().zip(report["rows"].as_array().unwrap()) {
            for (key, cell) in keys.iter().zip(record) {
                let want = row[key].as_str().map_or_else(|| row[key].to_string(), str::to_owned);
                assert_eq!(cell, want, "{key}");
            }
        }
        // The file in JSON is the report that was answered.
        let again: Value = serde_json::from_slice(&file(&admin, &report, "json").await).unwrap();
        assert_eq!(again, report);
        assert_eq!(admin.get(&format!("/api/v1/reports/{}", report["uid"].as_str().unwrap())).await.ok(), report);
    }

    async fn xlsx_reads_back_with_formulas_values_checks_and_queries(app: TestApp) {
        enter(&app).await;
        let admin = app.as_admin().await;
        let report = admin.post("/api/v1/reports/annex1", json!({"as_of": "2026-11-24"})).await.ok();
        let mut book = book(file(&admin, &report, "xlsx").await);
        assert_eq!(book.sheet_names(), ["附件1", "校核", "查询"]);
        let rows = report["rows"].as_array().unwrap();
        let table = sheet(&mut book, "附件1");
        assert_eq!(table[0][0], "附件1");
        assert_eq!(table[1][0], "江北区城市道路窨井盖普查统计表");
        assert_eq!(table[2][0], "截至日期：2026年11月24日");
        assert_eq!(&table[3][..5], ["序号", "填报单位", "道路名称（起止）", "道路管理责任单位", "窨井盖总数"]);
        assert_eq!((table[3][5].as_str(), table[4][5].as_str(), table[4][6].as_str()), ("其中：按类型", "供水", "雨水"));
        for (i, row) in rows.iter().enumerate() {
            assert_eq!(table[5 + i][0], (i + 1).to_string());
            assert_eq!(table[5 + i][1], row["reporting_unit"].as_str().unwrap());
            assert_eq!(table[5 + i][4], row["total"].to_string());
        }
        let sum = 5 + rows.len();
        assert_eq!(table[sum][0], "合计");
        let formulas = book.worksheet_formula("附件1").unwrap();
        for (x, column) in report["columns"].as_array().unwrap().iter().enumerate().skip(4) {
            let key = column["key"].as_str().unwrap();
            let formula = formulas.get_value((u32::try_from(sum).unwrap(), u32::try_from(x).unwrap()));
            if column["type"] == "integer" {
                // The cached value is what the formula gives.
                assert_eq!(table[sum][x], report["total"][key].to_string(), "{key}");
                let added: i64 = (5..sum).map(|y| table[y][x].parse::<i64>().unwrap()).sum();
                assert_eq!(table[sum][x], added.to_string(), "{key}");
                assert!(formula.unwrap().starts_with("SUM("), "{key} {formula:?}");
            } else {
                assert_eq!(table[sum][x], "", "{key}");
            }
        }
        let all: String = table.concat().join("\n");
        for word in ["填表人：", "审核人：", "联系电话：", "填报日期：", "统计范围：生命周期为在用、异常、废弃待填埋"] {
            assert!(all.contains(word), "{word}");
        }
        checks_and_queries(&mut book, &report);
    }

    async fn pdf_is_a_pdf_and_other_formats_are_refused(app: TestApp) {
        enter(&app).await;
        let admin = app.as_admin().await;
        let report = admin.post("/api/v1/reports/annex1", json!({"by": ["street"], "include_demo": true})).await.ok();
        let pdf = file(&admin, &report, "pdf").await;
        assert!(pdf.starts_with(b"%PDF-") && pdf.len() > 10_000, "{}", pdf.len());
        let path = format!("/api/v1/reports/{}/file?format=doc", report["uid"].as_str().unwrap());
        assert_eq!(admin.get(&path).await.refusal(), (422, "report.format".into()));
    }

    async fn templates_are_edited_version_by_version(app: TestApp) {
        enter(&app).await;
        let admin = app.as_admin().await;
        let before = admin.post("/api/v1/reports/annex1", json!({"by": ["kind"]})).await.ok();
        edit(&app, 1, json!([
            {"rename": {"column": "ok", "zh": "完好数", "en": null}},
            {"hide": {"column": "with_sensor"}},
            {"move": {"column": "archived", "to": 4}},
            {"add": {"column": {"key": "problems", "zh": "问题数", "en": "Problems", "type": "integer",
                "value": {"sum": ["damaged", "sunk", "loose", "missing"]}}, "at": 5}},
        ])).await;
        let after = edit(&app, 2, json!([{"add": {"column": {"key": "fallback", "zh": "已兜底数", "en": "", "type": "integer",
            "value": {"figure": "fallback"}}, "at": null}}])).await;
        assert_eq!(after["pack"]["version"], 3);
        let report = admin.post("/api/v1/reports/annex1", json!({"by": ["kind"]})).await.ok();
        let keys: Vec<&str> = report["columns"].as_array().unwrap().iter().map(|c| c["key"].as_str().unwrap()).collect();
        assert_eq!(&keys[..5], ["seq", "kind", "road_manager", "archived", "problems"]);
        assert!(!keys.contains(&"with_sensor") && keys.last() == Some(&"fallback"));
        let ok = report["columns"].as_array().unwrap().iter().find(|c| c["key"] == "ok").unwrap();
        assert_eq!(ok["zh"], "完好数");
        let f = &report["total"]["figures"];
        let sum: i64 = ["damaged", "sunk", "loose", "missing"].iter().map(|k| f[k].as_i64().unwrap()).sum();
        assert_eq!(report["total"]["problems"], sum);
        let list = admin.get(report["total"]["queries"]["problems"].as_str().unwrap()).await.ok();
        assert_eq!(list["total"], sum);
        // A report keeps the form it was drawn with.
        let old = String::from_utf8(file(&admin, &before, "csv").await).unwrap();
        assert!(old.starts_with("seq,kind,road_manager,total,"), "{old}");
        let described = admin.get("/api/v1/templates/annex1").await.ok();
        let versions: Vec<&Value> = described["versions"].as_array().unwrap().iter().map(|v| &v["version"]).collect();
        assert_eq!(versions, [1, 2, 3]);
    }

    async fn what_counts_is_a_setting_of_the_template(app: TestApp) {
        enter(&app).await;
        let registrar = app.login(Role::Registrar, None, None).await;
        let before = registrar.post("/api/v1/reports/annex1", json!({"by": ["kind"]})).await.ok();
        let mut template = registrar.get("/api/v1/templates/annex1").await.ok()["template"].clone();
        template["counted"] = json!(["planned", "in_use", "abnormal", "abandoned_pending", "filled"]);
        let body = json!({"version": 1, "source": "测试", "template": template});
        registrar.put("/api/v1/templates/annex1", body).await.ok();
        let after = registrar.post("/api/v1/reports/annex1", json!({"by": ["kind"]})).await.ok();
        let total = |r: &Value| r["total"]["total"].as_i64().unwrap();
        assert!(total(&after) > total(&before));
        let list = registrar.get(after["total"]["queries"]["total"].as_str().unwrap()).await.ok();
        assert_eq!(list["total"], total(&after));
    }

    async fn a_wrong_template_is_refused_and_told_what_is_right(app: TestApp) {
        let registrar = app.login(Role::Registrar, None, None).await;
        let put = async |body: Value| registrar.put("/api/v1/templates/annex1", body).await;
        let edits = |e: Value| json!({"version": 1, "source": "测试", "edits": [e]});
        let unknown = put(edits(json!({"rename": {"column": "okk", "zh": "好", "en": null}}))).await;
        assert_eq!(unknown.refusal(), (422, "template.invalid".into()));
        assert!(unknown.text().contains("okk") && unknown.text().contains("with_sensor"), "{}", unknown.text());
        let figure = json!({"add": {"column": {"key": "x", "zh": "新栏", "en": "", "type": "integer",
            "value": {"figure": "labeled"}}, "at": null}});
        let figure = put(edits(figure)).await;
        assert!(figure.text().contains("labelled"), "{}", figure.text());
        let mut template = registrar.get("/api/v1/templates/annex1").await.ok()["template"].clone();
        template["colums"] = json!([]);
        let key = put(json!({"version": 1, "source": "测试", "template": template})).await;
        assert!(key.text().contains("colums") && key.text().contains("columns"), "{}", key.text());
        assert_eq!(put(json!({"version": 7, "source": "测试", "edits": []})).await.refusal(), (409, "conflict.version".into()));
        assert_eq!(put(json!({"version": 1, "source": "测试"})).await.refusal(), (422, "template.nothing".into()));
        assert_eq!(registrar.get("/api/v1/templates/annex9").await.refusal().0, 404);
        let street = app.login(Role::Street, None, None).await;
        assert_eq!(street.put("/api/v1/templates/annex1", json!({"version": 1, "source": "x"})).await.refusal().0, 403);
    }

    async fn the_ledger_has_one_row_per_counted_cover(app: TestApp) {
        let d = enter(&app).await;
        let admin = app.as_admin().await;
        let report = admin.post("/api/v1/reports/annex1", json!({"as_of": "2026-11-24", "area": "500105"})).await.ok();
        let total = usize::try_from(report["total"]["total"].as_i64().unwrap()).unwrap();
        let bytes = admin.get("/api/v1/reports/annex1/ledger?format=csv&as_of=2026-11-24&area=500105").await.bytes;
        let mut csv = csv::Reader::from_reader(&bytes[3..]);
        assert_eq!(csv.headers().unwrap().len(), 27);
        let rows: Vec<csv::StringRecord> = csv.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), total);
        let damaged = rows.iter().filter(|r| &r[22] == "破损").count();
        assert_eq!(report["total"]["damaged"].as_u64().unwrap(), damaged as u64);
        let mut book = book(admin.get("/api/v1/reports/annex1/ledger?as_of=2026-11-24&area=500105").await.bytes);
        let table = sheet(&mut book, "明细台账");
        assert_eq!(table.len(), total + 2);
        assert_eq!(&table[1][..6], ["序号", "编号", "道路/地址", "经度", "纬度", "井类型"]);
        for (i, row) in rows.iter().enumerate() {
            for x in [0, 1, 2, 5, 6, 19, 22] {
                assert_eq!(table[i + 2][x], row[x]);
            }
            assert!((table[i + 2][3].parse::<f64>().unwrap() - row[3].parse::<f64>().unwrap()).abs() < 1e-9);
        }
        let owner = app.login(Role::Owner, Some(d.branch), None).await;
        let mine = owner.get("/api/v1/reports/annex1/ledger?format=csv&as_of=2026-11-24").await.text();
        assert!(mine.lines().count() > 2, "{mine}");
        assert!(mine.lines().skip(1).all(|l| l.contains("排水公司一分公司")), "{mine}");
        assert_eq!(admin.get("/api/v1/reports/annex1/ledger?format=pdf").await.refusal(), (422, "report.format".into()));
        assert_eq!(admin.get("/api/v1/reports/annex1/ledger?knd=gas").await.refusal(), (422, "filter.invalid".into()));
    }
}

fn checks_and_queries(book: &mut Book, report: &Value) {
    let checks = sheet(book, "校核").concat().join("\n");
    assert!(checks.contains("窨井盖总数＝各类型合计") && checks.contains("相符"), "{checks}");
    for check in report["checks"].as_array().unwrap() {
        assert!(checks.contains(check["row"].as_str().unwrap()) && checks.contains("不符"));
    }
    let queries = sheet(book, "查询");
    let value = |name: &str| queries.iter().find(|r| r[0] == name).unwrap()[1].clone();
    assert_eq!(value("报表编号"), report["uid"].as_str().unwrap());
    assert_eq!(value("数据摘要"), report["digest"].as_str().unwrap());
    assert_eq!(value("事件序号"), report["event_seq"].to_string());
    assert!(value("查询条件").contains("as_of=2026-11-24"));
    for row in report["rows"].as_array().unwrap() {
        let total = row["queries"]["total"].as_str().unwrap();
        let line = queries.iter().find(|r| r.get(4).is_some_and(|u| u.ends_with(total))).unwrap();
        assert_eq!(
            (line[1].as_str(), line[3].clone()),
            (row["label"].as_str().unwrap(), row["total"].to_string())
        );
    }
}
