//! The door: problems in two languages, health, the OpenAPI document.
#![allow(clippy::unwrap_used)]
use jinggai_test::on_both_stores;

on_both_stores! {
    async fn problems_speak_the_readers_language(app: TestApp) {
        let zh = app.anonymous().get("/api/v1/nowhere").await;
        assert_eq!(zh.refusal(), (404, "not_found".into()));
        assert_eq!(zh.headers["content-type"], "application/problem+json");
        assert!(zh.json()["title"].as_str().unwrap().contains("没有找到"), "{}", zh.text());
        assert!(!zh.json()["request_id"].as_str().unwrap().is_empty());
        let en = app.anonymous().in_english().get("/api/v1/nowhere").await;
        assert!(en.json()["title"].as_str().unwrap().starts_with("no such"), "{}", en.text());
    }

    async fn it_says_that_it_is_ready_and_what_it_did(app: TestApp) {
        let caller = app.anonymous();
        assert_eq!(caller.get("/healthz").await.text(), "ok");
        assert_eq!(caller.get("/readyz").await.text(), "ok");
        let text = caller.get("/metrics").await.text();
        assert!(text.contains("jinggai_events 0"), "{text}");
    }

    async fn the_openapi_document_is_served(app: TestApp) {
        let doc = app.anonymous().get("/api/v1/openapi.json").await.ok();
        assert!(doc["openapi"].as_str().unwrap().starts_with("3."));
    }
}
