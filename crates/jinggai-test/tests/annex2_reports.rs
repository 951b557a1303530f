//! Kept 附件2: cells filled in by hand, closed periods, differences, the four formats, the template.
#![allow(clippy::unwrap_used)]
mod annex2_district;

use annex2_district::{Plan, Town, at, enter, plan};
use calamine::{Data, Reader, Xlsx, open_workbook_from_rs};
use jiff::civil::date;
use jinggai::identity::Role;
use jinggai_db::events::verify;
use jinggai_db::sql;
use jinggai_rules::kinds::CoverKind;
use jinggai_test::{Client, on_both_stores};
use serde_json::{Value, json};
use std::io::Cursor;

fn wells() -> Vec<Plan> {
    let gas = Plan { street: "500105003", kind: CoverKind::Gas, ..plan("W-2", "rqgs") };
    vec![plan("W-0", "psgs"), plan("W-1", "psgs"), gas]
}

/// One repaired, one open, one of another unit.
async fn history(t: &Town<'_>) {
    let c = t.file(at(date(2026, 6, 2), 9, 0), 0, "井盖破损", "H04", "collector").await;
    t.fix(at(date(2026, 6, 3), 9, 0), c, "repair", None).await;
    t.file(at(date(2026, 6, 4), 9, 0), 1, "井盖下沉", "H06", "collector").await;
    t.file(at(date(2026, 6, 5), 9, 0), 2, "井盖松动", "H05", "collector").await;
}

async fn drawn(client: &Client, kind: &str, from: &str, to: &str) -> Value {
    client.post(&format!("/api/v1/reports/{kind}"), json!({"from": from, "to": to})).await.ok()
}

fn path(report: &Value, rest: &str) -> String {
    format!("/api/v1/reports/{}{rest}", report["uid"].as_str().unwrap())
}

async fn checked(client: &Client, report: &Value) -> Value {
    client.post(&path(report, "/check"), json!({})).await.ok()
}

async fn file(client: &Client, report: &Value, format: &str) -> Vec<u8> {
    let reply = client.get(&path(report, &format!("/file?format={format}"))).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.bytes
}

fn text(cell: &Data) -> String {
    match cell {
        Data::Float(x) => x.to_string(),
        other => other.to_string(),
    }
}

on_both_stores! {
    async fn what_no_record_gives_is_filled_in_by_hand_with_who_and_when(app: TestApp) {
        let town = enter(&app, &wells()).await;
        history(&town).await;
        let leader = app.login(Role::Leader, None, None).await;
        let report = drawn(&leader, "annex2", "2026-06-01", "2026-07-01").await;
        let fill = async |row: &str, column: &str, value: Value| {
            let body = json!({"row": row, "column": column, "span": "period", "value": value});
            leader.put(&path(&report, "/cells"), body).await
        };
        fill("unit:psgs", "funds", json!(12.5)).await.ok();
        fill("unit:rqgs", "funds", json!(0.25)).await.ok();
        fill("unit:psgs", "orders", json!(2)).await.ok();
        fill("unit:psgs", "orders", json!(3)).await.ok();
        fill("unit:psgs", "remark", json!("含沿江段")).await.ok();
        let cells = |r: &Value, row: usize| r["rows"][row]["period"]["cells"].clone();
        let kept = leader.get(&path(&report, "")).await.ok();
        assert_eq!((&cells(&kept, 0)["funds"], &cells(&kept, 0)["orders"], &cells(&kept, 0)["remark"]), (&json!(12.5), &json!(3), &json!("含沿江段")));
        assert_eq!(kept["total"]["period"]["cells"]["funds"], 12.75);
        // The other span and the other row stay blank, and so does the total of what nobody filled in.
        assert_eq!((&kept["rows"][0]["cumulative"]["cells"]["orders"], &cells(&kept, 1)["orders"]), (&json!(""), &json!("")));
        assert_eq!(kept["total"]["period"]["cells"]["penalties"], "");
        // A column says what it shows, so that a page can open the figure and fill in the cell.
        let column = |key: &str| kept["columns"].as_array().unwrap().iter().find(|c| c["key"] == key).cloned().unwrap();
        let shows = |key: &str| [column(key)["figure"].clone(), column(key)["cell"].clone(), column(key)["manual"].clone()];
        assert_eq!(shows("open"), [json!("open"), Value::Null, json!(false)]);
        assert_eq!(shows("orders"), [Value::Null, json!("orders"), json!(true)]);
        assert_eq!(shows("rate"), [Value::Null, Value::Null, json!(false)]);
        let orders = kept["cells"].as_array().unwrap().iter().find(|c| c["cell"] == "orders").unwrap();
        assert_eq!((&orders["value"], &orders["filled_name"]), (&json!("3"), &json!(Role::Leader.zh())));
        assert!(orders["filled_at"].is_string());
        // Every change stands in the chain, also the one that was overwritten.
        let all: Vec<(String,)> = app.db().all(sql!("SELECT after FROM events WHERE subject = 'report' AND action = 'filled' ORDER BY seq")).await.unwrap();
        assert_eq!(all.len(), 5);
        assert!(all[2].0.contains("\"2\"") && all[3].0.contains("\"3\""), "{all:?}");
        fill("unit:psgs", "remark", Value::Null).await.ok();
        assert_eq!(cells(&leader.get(&path(&report, "")).await.ok(), 0)["remark"], "");
        // The figures are not touched by any of it.
        assert_eq!(checked(&leader, &report).await["equal"], true);

        for (row, column, value, field) in [
            ("unit:psgs", "found", json!(1), "column"), ("unit:none", "orders", json!(1), "row"), ("total", "orders", json!(1), "row"),
            ("unit:psgs", "orders", json!(1.5), "value"), ("unit:psgs", "orders", json!(-1), "value"), ("unit:psgs", "orders", json!("3"), "value"),
            ("unit:psgs", "funds", json!(1.005), "value"), ("unit:psgs", "remark", json!(" "), "value"),
        ] {
            let r = fill(row, column, value).await;
            assert_eq!(r.refusal(), (422, "report.cell".into()), "{column}");
            assert_eq!(r.json()["fields"][0]["field"], field);
        }
        let other = app.login(Role::Prosecutor, None, None).await;
        assert_eq!(other.get(&path(&report, "")).await.status, 200, "supervision reads");
        assert_eq!(other.put(&path(&report, "/cells"), json!({"row": "unit:psgs", "column": "orders", "span": "period", "value": 1})).await.refusal().0, 403);
    }

    async fn a_period_is_closed_once_and_later_changes_show(app: TestApp) {
        let town = enter(&app, &wells()).await;
        history(&town).await;
        let leader = app.login(Role::Leader, None, None).await;
        let report = drawn(&leader, "annex2", "2026-06-01", "2026-07-01").await;
        let again = drawn(&leader, "annex2", "2026-06-01", "2026-07-01").await;
        assert_eq!(report["digest"], again["digest"]);
        leader.put(&path(&report, "/cells"), json!({"row": "unit:psgs", "column": "orders", "span": "period", "value": 2})).await.ok();
        let close = async |r: &Value| leader.post(&path(r, "/close"), json!({})).await;
        let closed = close(&report).await.ok();
        assert_eq!((&closed["closing"]["from"], &closed["closing"]["to"]), (&json!("2026-06-01"), &json!("2026-07-01")));
        assert!(closed["closing"]["digest"].as_str().unwrap().starts_with("sm3:") && closed["closing"]["digest"] != closed["digest"]);
        assert_eq!(close(&report).await.refusal(), (409, "report.closed_already".into()));
        assert_eq!(close(&again).await.refusal(), (409, "report.closed_already".into()));
        let r = leader.put(&path(&report, "/cells"), json!({"row": "unit:psgs", "column": "orders", "span": "period", "value": 9})).await;
        assert_eq!(r.refusal(), (409, "report.closed".into()));
        // The indicators of the same period are another thing; periods that cross are not, the quarter around it is.
        close(&drawn(&leader, "indicators", "2026-06-01", "2026-07-01").await).await.ok();
        assert_eq!(close(&drawn(&leader, "annex2", "2026-06-15", "2026-07-15").await).await.refusal(), (409, "report.overlaps".into()));
        close(&drawn(&leader, "annex2", "2026-07-01", "2026-08-01").await).await.ok();
        close(&drawn(&leader, "annex2", "2026-04-01", "2026-07-01").await).await.ok();
        let list = leader.get("/api/v1/reports?kind=annex2").await.ok();
        let marks: Vec<bool> = list["items"].as_array().unwrap().iter().map(|i| i["closed_at"].is_string()).collect();
        assert_eq!(marks, [true, true, false, false, true]);

        // Equal until the records of those days change; then the difference is named, and the report stays.
        let same = checked(&leader, &report).await;
        assert_eq!((&same["equal"], &same["intact"], &same["closed"]), (&json!(true), &json!(true), &json!(true)));
        let (c,): (uuid::Uuid,) = app.db().one(sql!("SELECT uid FROM cases WHERE hazard = 'H06'")).await.unwrap();
        town.fix(at(date(2026, 7, 5), 9, 0), c, "level", Some(jinggai_rules::hazards::Measured { height_mm: Some(2.0), ..Default::default() })).await;
        assert_eq!(checked(&leader, &report).await["equal"], true, "July does not touch June");
        let mut tx = app.db().begin().await.unwrap();
        tx.run(sql!("UPDATE hazards SET code = 'H05' WHERE code = 'H06'")).await.unwrap();
        tx.commit().await.unwrap();
        let now = checked(&leader, &report).await;
        assert_eq!((&now["equal"], &now["intact"]), (&json!(false), &json!(true)));
        let change = |span: &str, figure: &str| {
            let list = now["changes"].as_array().unwrap();
            list.iter().find(|c| c["span"] == span && c["figure"] == figure).cloned().unwrap_or_else(|| panic!("{list:?}"))
        };
        assert_eq!(now["changes"].as_array().unwrap().len(), 4);
        let sunk = change("period", "found_sunk");
        assert_eq!((&sunk["row"], &sunk["before"], &sunk["now"], &sunk["figure_zh"], &sunk["figure_en"]), (&json!("unit:psgs"), &json!(1), &json!(0), &json!("发现下沉"), &json!("found sunken")));
        let loose = change("cumulative", "found_loose");
        assert_eq!(leader.get(loose["query"].as_str().unwrap()).await.ok()["total"], loose["now"]);
        assert_eq!(leader.get(&path(&report, "")).await.ok()["total"]["period"]["figures"]["found_sunk"], 1);

        // An edit of what was filled in is found out by the digest of the closing.
        let mut tx = app.db().begin().await.unwrap();
        tx.run(sql!("UPDATE report_cells SET value = '7'")).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(checked(&leader, &report).await["intact"], false);
        assert!(verify(app.db(), &[], |_, _| {}).await.unwrap().faults.is_empty());
    }

    async fn what_does_not_close_a_period(app: TestApp) {
        let town = enter(&app, &wells()).await;
        history(&town).await;
        let leader = app.login(Role::Leader, None, None).await;
        let close = async |c: &Client, r: &Value| c.post(&path(r, "/close"), json!({})).await.refusal();
        let open = leader.post("/api/v1/reports/annex2", json!({})).await.ok();
        assert_eq!(close(&leader, &open).await, (409, "report.not_over".into()));
        for more in [json!({"unit": "psgs"}), json!({"include_demo": true}), json!({"area": "500105001"})] {
            let mut body = json!({"from": "2026-06-01", "to": "2026-07-01"});
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let part = leader.post("/api/v1/reports/annex2", body).await.ok();
            assert_eq!(close(&leader, &part).await, (409, "report.partial".into()));
        }
        let first = leader.post("/api/v1/reports/annex1", json!({})).await.ok();
        assert_eq!(close(&leader, &first).await, (409, "report.no_period".into()));
        let (street,): (i64,) = app.db().one(sql!("SELECT id FROM areas WHERE code = '500105001'")).await.unwrap();
        let office = app.login(Role::Street, None, Some(street)).await;
        let theirs = drawn(&office, "annex2", "2026-06-01", "2026-07-01").await;
        assert_eq!(close(&office, &theirs).await, (403, "forbidden".into()));
        let operator = app.login(Role::Operator, None, None).await;
        let whole = drawn(&operator, "annex2", "2026-06-01", "2026-07-01").await;
        assert_eq!(close(&operator, &whole).await, (403, "forbidden".into()), "only the leading group's office closes");
        assert_eq!(close(&leader, &theirs).await, (409, "report.partial".into()));
        // Two at once: one closes.
        let (a, b) = (drawn(&leader, "annex2", "2026-06-01", "2026-07-01").await, drawn(&leader, "annex2", "2026-06-01", "2026-07-01").await);
        let (one, two) = (path(&a, "/close"), path(&b, "/close"));
        let (one, two) = futures::future::join(leader.post(&one, json!({})), leader.post(&two, json!({}))).await;
        let both = [one, two];
        let mut codes: Vec<u16> = both.iter().map(|r| r.status.as_u16()).collect();
        codes.sort_unstable();
        assert_eq!(codes, [200, 409]);
    }

    async fn the_four_formats_say_the_same(app: TestApp) {
        let town = enter(&app, &wells()).await;
        history(&town).await;
        let leader = app.login(Role::Leader, None, None).await;
        let report = drawn(&leader, "annex2", "2026-06-01", "2026-07-01").await;
        leader.put(&path(&report, "/cells"), json!({"row": "unit:psgs", "column": "funds", "span": "cumulative", "value": 3.5})).await.ok();
        let report = leader.get(&path(&report, "")).await.ok();
        let again: Value = serde_json::from_slice(&file(&leader, &report, "json").await).unwrap();
        assert_eq!(again, report);

        let bytes = file(&leader, &report, "csv").await;
        let mut csv = csv::Reader::from_reader(bytes.as_slice());
        let keys = csv.headers().unwrap().clone();
        assert_eq!(&keys.iter().take(5).collect::<Vec<_>>(), &["span", "seq", "unit", "inspected", "found"]);
        let rows: Vec<csv::StringRecord> = csv.records().map(Result::unwrap).collect();
        assert_eq!(rows.iter().map(|r| &r[0]).collect::<Vec<_>>(), ["本期", "本期", "累计", "累计"]);
        for (i, record) in rows.iter().enumerate() {
            let cells = &report["rows"][i % 2][if i < 2 { "period" } else { "cumulative" }]["cells"];
            for (key, cell) in keys.iter().zip(record).skip(1).filter(|(k, _)| !["rate", "funds"].contains(k)) {
                let want = cells[key].as_str().map_or_else(|| cells[key].to_string(), str::to_owned);
                assert_eq!(cell, want, "{key}");
            }
        }
        let at = |key: &str| keys.iter().position(|k| k == key).unwrap();
        assert_eq!((&rows[0][at("rate")], &rows[2][at("funds")], &rows[0][at("funds")]), ("50.00", "3.50", ""));

        let mut book: Xlsx<Cursor<Vec<u8>>> = open_workbook_from_rs(Cursor::new(file(&leader, &report, "xlsx").await)).unwrap();
        assert_eq!(book.sheet_names(), ["附件2（本期）", "附件2（累计）", "校核", "查询"]);
        let mut sheet = |name: &str| -> Vec<Vec<String>> {
            book.worksheet_range(name).unwrap().rows().map(|r| r.iter().map(text).collect()).collect()
        };
        let table = sheet("附件2（本期）");
        assert_eq!(table[2][0], "报告期：2026-06-01 至 2026-06-30（本期）");
        assert_eq!((&table[3][4], &table[4][4], &table[4][5]), (&"其中：问题类型".to_owned(), &"破损".to_owned(), &"下沉".to_owned()));
        assert_eq!(&table[5][..6], ["1", "排水公司", "2", "2", "1", "1"]);
        assert_eq!((table[7][0].as_str(), table[7][3].as_str()), ("合计", "3"));
        let all = sheet("查询").concat().join("\n");
        assert!(all.contains("本期·其中：问题类型：破损") && all.contains("found_as=damaged") && all.contains("手工填报"), "{all}");
        let checks = sheet("校核").concat().join("\n");
        assert!(checks.contains("未整改数＋已整改数＝发现问题数") && !checks.contains("不符"), "{checks}");

        for kind in ["annex2", "indicators"] {
            let r = drawn(&leader, kind, "2026-06-01", "2026-07-01").await;
            let pdf = file(&leader, &r, "pdf").await;
            assert!(pdf.starts_with(b"%PDF-") && pdf.len() > 10_000, "{kind}");
            let book: Xlsx<Cursor<Vec<u8>>> = open_workbook_from_rs(Cursor::new(file(&leader, &r, "xlsx").await)).unwrap();
            assert_eq!(book.sheet_names().last().unwrap(), "查询");
        }
        let r = drawn(&leader, "indicators", "2026-06-01", "2026-07-01").await;
        let csv = String::from_utf8(file(&leader, &r, "csv").await).unwrap();
        assert!(csv.starts_with("seq,unit,reported,filed,to_handle,closed,exempted,effective_report_percent,"), "{csv}");
        assert!(csv.contains("\n1,排水公司,"), "{csv}");
    }

    async fn the_template_is_the_offices(app: TestApp) {
        let town = enter(&app, &wells()).await;
        history(&town).await;
        let registrar = app.login(Role::Registrar, None, None).await;
        let before = drawn(&registrar, "annex2", "2026-06-01", "2026-07-01").await;
        let edits = json!([
            {"rename": {"column": "found", "zh": "发现隐患数", "en": null}},
            {"hide": {"column": "smart_upgraded"}},
            {"show": {"column": "cleared"}},
            {"move": {"column": "rate", "to": 2}},
            {"add": {"column": {"key": "insured", "zh": "投保数", "en": "Insured", "type": "integer", "value": {"manual": "insured"}}, "at": null}},
        ]);
        registrar.put("/api/v1/templates/annex2", json!({"version": 1, "source": "区城综办〔2026〕3号", "edits": edits})).await.ok();
        let report = drawn(&registrar, "annex2", "2026-06-01", "2026-07-01").await;
        let keys: Vec<&str> = report["columns"].as_array().unwrap().iter().map(|c| c["key"].as_str().unwrap()).collect();
        assert_eq!(&keys[..4], ["seq", "unit", "rate", "inspected"]);
        assert!(keys.contains(&"cleared") && !keys.contains(&"smart_upgraded") && keys.last() == Some(&"insured"));
        let body = json!({"row": "unit:psgs", "column": "insured", "span": "cumulative", "value": 120});
        let filled = registrar.put(&path(&report, "/cells"), body.clone()).await.ok();
        assert_eq!(filled["total"]["cumulative"]["cells"]["insured"], 120);
        // A report keeps the form it was drawn with.
        assert_eq!(registrar.put(&path(&before, "/cells"), body).await.refusal(), (422, "report.cell".into()));
        let by_street = registrar.post("/api/v1/reports/annex2", json!({"from": "2026-06-01", "to": "2026-07-01", "by": "street,kind"})).await.ok();
        let keys: Vec<&str> = by_street["columns"].as_array().unwrap().iter().map(|c| c["key"].as_str().unwrap()).collect();
        assert_eq!(&keys[..4], ["seq", "street", "kind", "rate"]);
        let described = registrar.get("/api/v1/templates/annex2").await.ok();
        assert_eq!(described["figures"].as_array().unwrap().len(), 26);
    }
}
