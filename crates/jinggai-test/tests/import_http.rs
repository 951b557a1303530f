//! The import over HTTP: upload, preview, a job with progress, problems, and who may see what.
#![allow(clippy::unwrap_used)]
mod support;
use jinggai::identity::Role;
use jinggai::worker;
use jinggai_test::{Client, on_both_stores};
use serde_json::{Value as Json, json};
use support::{count, features, inventory};

async fn upload(who: &Client, name: &str, bytes: &[u8]) -> Json {
    let mut body = format!("--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n").into_bytes();
    body.extend_from_slice(bytes);
    body.extend_from_slice(b"\r\n--x--\r\n");
    who.raw(axum::http::Method::POST, "/api/v1/uploads", "multipart/form-data; boundary=x", body, None)
        .await
        .ok()
}

async fn ask(who: &Client, body: Json) -> String {
    let reply = who.post("/api/v1/imports", body).await;
    assert_eq!(reply.status.as_u16(), 202, "{}", reply.text());
    reply.json()["import"].as_str().unwrap().to_owned()
}

on_both_stores! {
    async fn a_file_is_sent_looked_at_and_imported(app: TestApp) {
        let admin = app.as_admin().await;
        let name = "MontpelierPointFeatures.geojson";
        let sent = upload(&admin, name, &std::fs::read(inventory(name)).unwrap()).await;
        let file = sent["file"].as_str().unwrap();
        let preview = admin.post("/api/v1/imports/preview", json!({"file": file})).await.ok();
        assert_eq!(preview["rows"], features(name).len());
        assert_eq!(preview["samples"].as_array().unwrap().len(), 20);
        let first = features(name)[0]["properties"]["Type"].as_str().unwrap().to_owned();
        assert_eq!(first, "CB tied to Sanitary Sewer");
        assert_eq!(preview["samples"][0]["well"]["kind"], "grate");
        assert!(preview["mapping"].as_array().unwrap().iter().any(|m| m["target"] == "kind" && m["column"] == "Type"));
        assert_eq!(count(&app, "SELECT count(*) FROM wells").await, 0);
        let uid = ask(&admin, json!({"file": file})).await;
        let waiting = admin.get(&format!("/api/v1/imports/{uid}")).await.ok();
        assert_eq!((&waiting["state"], &waiting["job"]["state"]), (&json!("running"), &json!("queued")));
        assert!(worker::step(&app.app).await.unwrap());
        let done = admin.get(&format!("/api/v1/imports/{uid}")).await.ok();
        assert_eq!((&done["state"], &done["job"]["state"]), (&json!("done"), &json!("done")), "{done}");
        assert_eq!(done["totals"], json!({"read": 1059, "imported": 958, "updated": 0, "unchanged": 0, "duplicates": 89, "rejected": 12}));
        assert_eq!(done["job"]["progress"]["report"]["read"], 1059);
        let rows = admin.get(&format!("/api/v1/imports/{uid}/rows?limit=60")).await.ok();
        assert_eq!((rows["items"].as_array().unwrap().len(), &rows["total"]), (60, &json!(101)));
        let next = rows["next"].as_str().unwrap();
        let rest = admin.get(&format!("/api/v1/imports/{uid}/rows?limit=60&cursor={next}")).await.ok();
        assert_eq!((rest["items"].as_array().unwrap().len(), &rest["next"]), (41, &Json::Null));
        let csv = admin.get(&format!("/api/v1/imports/{uid}/errors?format=csv")).await;
        assert_eq!(csv.text().lines().count(), 102);
        let xlsx = admin.get(&format!("/api/v1/imports/{uid}/errors")).await;
        assert!(xlsx.bytes.starts_with(b"PK"));
        assert_eq!(admin.get(&format!("/api/v1/imports/{uid}/errors?format=pdf")).await.refusal().0, 422);
        assert_eq!(admin.get("/api/v1/imports").await.ok()["total"], 1);
    }

    async fn a_refused_file_is_a_failed_run_with_its_reason(app: TestApp) {
        let admin = app.as_admin().await;
        let name = "BurlingtonWWTF.geojson";
        let sent = upload(&admin, name, &std::fs::read(inventory(name)).unwrap()).await;
        let uid = ask(&admin, json!({"file": sent["file"]})).await;
        worker::step(&app.app).await.unwrap();
        let done = admin.get(&format!("/api/v1/imports/{uid}")).await.ok();
        assert_eq!((&done["state"], &done["totals"]["rejected"]), (&json!("failed"), &json!(7)));
        assert_eq!(done["notes"][0]["code"], "import.no_covers");
        assert_eq!(admin.post("/api/v1/imports/preview", json!({"file": sent["file"]})).await.ok()["refused"]["code"], "import.no_covers");
    }

    async fn a_cancelled_run_goes_on(app: TestApp) {
        let admin = app.as_admin().await;
        let name = "penticton__manholes.geojson";
        let sent = upload(&admin, name, &std::fs::read(inventory(name)).unwrap()).await;
        let uid = ask(&admin, json!({"file": sent["file"]})).await;
        admin.post(&format!("/api/v1/imports/{uid}/cancel"), json!({})).await.ok();
        assert!(!worker::step(&app.app).await.unwrap(), "nothing is to be done");
        assert_eq!(admin.post(&format!("/api/v1/imports/{uid}/cancel"), json!({})).await.refusal(), (409, "import.ended".into()));
        admin.post(&format!("/api/v1/imports/{uid}/resume"), json!({})).await.ok();
        assert!(worker::step(&app.app).await.unwrap());
        let done = admin.get(&format!("/api/v1/imports/{uid}")).await.ok();
        assert_eq!((&done["state"], &done["totals"]["read"]), (&json!("done"), &json!(209)));
    }

    async fn a_street_imports_into_its_own_area_only(app: TestApp) {
        let seed = app.seed().await;
        let street = app.login(Role::Street, None, Some(seed.street)).await;
        let text = "原编号,类型,经度,纬度,街道\nA1,污水井,106.53,29.57,华新街街道\nA2,污水井,106.54,29.57,江北区\n";
        let sent = upload(&street, "街道.csv", text.as_bytes()).await;
        let uid = ask(&street, json!({"file": sent["file"]})).await;
        worker::step(&app.app).await.unwrap();
        let done = street.get(&format!("/api/v1/imports/{uid}")).await.ok();
        assert_eq!((&done["totals"]["imported"], &done["totals"]["rejected"]), (&json!(1), &json!(1)), "{done}");
        let rows = street.get(&format!("/api/v1/imports/{uid}/rows")).await.ok();
        assert_eq!(rows["items"][0]["findings"][0]["code"], "scope.outside");
        let other = app.login(Role::Street, None, Some(seed.district)).await;
        assert_eq!(other.get(&format!("/api/v1/imports/{uid}")).await.refusal().0, 404, "somebody else's import is not there");
        let inspector = app.login(Role::Prosecutor, None, None).await;
        assert_eq!(inspector.get("/api/v1/imports").await.refusal().0, 403);
    }

    async fn what_was_never_sent_is_not_there(app: TestApp) {
        let admin = app.as_admin().await;
        for file in ["0".repeat(64), "../../etc/passwd".into()] {
            assert_eq!(admin.post("/api/v1/imports", json!({"file": file})).await.refusal().0, 404);
        }
        let bad = admin.post("/api/v1/imports", json!({"file": "0".repeat(64), "colour": 1})).await;
        assert_eq!(bad.refusal(), (422, "body.invalid".into()));
    }
}
