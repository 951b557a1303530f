//! Every route as every role, against the expected matrix in `authorisation.csv`: `a` allowed, `d` denied.
//!
//! The routes come from the OpenAPI document, so a new one fails here until somebody has decided who may use it. Write
//! the file anew with `JINGGAI_WRITE_MATRIX=1 cargo test -p jinggai-test --test authorisation`, then read the diff.
#![allow(clippy::unwrap_used)]
use axum::http::Method;
use jinggai::identity::Role;
use jinggai::identity::policy::Reach;
use jinggai_test::{Client, TestApp, on_both_stores};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::path::PathBuf;

struct Operation {
    id: String,
    method: Method,
    path: String,
    body: Json,
    multipart: bool,
}

/// A value that the schema takes, as small as can be.
fn example(schema: &Json, doc: &Json) -> Json {
    if let Some(name) = schema["$ref"].as_str() {
        let target = doc.pointer(name.trim_start_matches('#')).cloned().unwrap_or_default();
        return example(&target, doc);
    }
    for many in ["oneOf", "anyOf", "allOf"] {
        if let Some(first) = schema[many].as_array().and_then(|a| a.iter().find(|s| s["type"] != "null")) {
            return example(first, doc);
        }
    }
    if let Some(first) = schema["enum"].as_array().and_then(|e| e.first()) {
        return first.clone();
    }
    let kind = schema["type"]
        .as_str()
        .or_else(|| schema["type"].as_array()?.iter().find_map(|t| t.as_str().filter(|t| *t != "null")));
    match (kind, schema["format"].as_str()) {
        (Some("string"), Some("uuid")) => json!("01a20cf5-a6c5-7599-be22-36382158c5b2"),
        (Some("string"), Some("date")) => json!("2026-01-01"),
        (Some("string"), Some("date-time")) => json!("2026-01-01T00:00:00Z"),
        (Some("string"), _) => json!("x"),
        (Some("integer" | "number"), _) => json!(1),
        (Some("boolean"), _) => json!(false),
        (Some("array"), _) => json!([]),
        (Some("object"), _) | (None, _) => {
            let required: Vec<&str> =
                schema["required"].as_array().into_iter().flatten().filter_map(|r| r.as_str()).collect();
            let fields = required.iter().map(|r| ((*r).to_owned(), example(&schema["properties"][*r], doc)));
            Json::Object(fields.collect())
        }
        _ => Json::Null,
    }
}

fn parameter(name: &str) -> &'static str {
    match name {
        "uid" | "grant" => "01a20cf5-a6c5-7599-be22-36382158c5b2",
        "hash" => "0000000000000000000000000000000000000000000000000000000000000000",
        "z" => "3",
        "x" | "y" => "1",
        _ => "none",
    }
}

fn operations() -> Vec<Operation> {
    let doc: Json = serde_json::to_value(jinggai::http::openapi()).unwrap();
    let mut out = vec![];
    for (path, methods) in doc["paths"].as_object().unwrap() {
        for (method, op) in methods.as_object().unwrap() {
            let mut filled = path.clone();
            while let (Some(a), Some(b)) = (filled.find('{'), filled.find('}')) {
                let name = filled[a + 1..b].to_owned();
                filled.replace_range(a..=b, parameter(&name));
            }
            // Required parameters of the query: a request without them is refused before anybody asks who it is.
            let query: Vec<String> = op["parameters"]
                .as_array()
                .into_iter()
                .flatten()
                .filter(|p| p["in"] == "query" && (p["required"] == true || p["name"] == "format"))
                .map(|p| format!("{}=csv", p["name"].as_str().unwrap()))
                .collect();
            if !query.is_empty() {
                filled.push_str(&format!("?{}", query.join("&")));
            }
            let content = &op["requestBody"]["content"];
            out.push(Operation {
                id: op["operationId"].as_str().unwrap().to_owned(),
                method: method.to_uppercase().parse().unwrap(),
                path: filled,
                body: example(&content["application/json"]["schema"], &doc),
                multipart: content.get("multipart/form-data").is_some(),
            });
        }
    }
    // Logging out comes last: it ends the caller's own session.
    out.sort_by_key(|o| (o.id == "delete_session", o.id.clone()));
    out
}

async fn allowed(who: &Client, op: &Operation) -> bool {
    // A stream never ends: whether it begins is all that is asked.
    let reply = if op.multipart {
        who.raw(op.method.clone(), &op.path, "multipart/form-data; boundary=x", b"--x--\r\n".to_vec(), None)
            .await
    } else if op.id == "watch_events" {
        return who.status(&op.path).await.is_success();
    } else {
        who.send(op.method.clone(), &op.path, Some(op.body.clone()), None).await
    };
    // Wrong credentials are an answer to somebody who was allowed to try.
    reply.status != 403 && !(reply.status == 401 && reply.refusal().1 == "unauthenticated")
}

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/authorisation.csv")
}

async fn callers(app: &TestApp) -> Vec<(&'static str, Client)> {
    let seed = app.seed().await;
    let mut out =
        vec![("anonymous", app.anonymous()), ("expired", app.anonymous().with_secret("x".repeat(43)))];
    for role in Role::ALL {
        let (unit, area) = match role.reach() {
            Reach::District => (None, None),
            Reach::Area => (None, Some(seed.district)),
            Reach::Unit => (Some(seed.owner), None),
        };
        out.push((role.code(), app.login(*role, unit, area).await));
    }
    out
}

on_both_stores! {
    async fn every_route_as_every_role(app: TestApp) {
        let mut table: BTreeMap<String, Vec<&'static str>> = BTreeMap::new();
        let callers = callers(&app).await;
        let names: Vec<&str> = callers.iter().map(|(name, _)| *name).collect();
        for op in operations() {
            let mut row = vec![];
            for (_, who) in &callers {
                row.push(if allowed(who, &op).await { "a" } else { "d" });
            }
            table.insert(op.id.clone(), row);
        }
        let mut text = format!("operation,{}\n", names.join(","));
        for (id, row) in &table {
            text.push_str(&format!("{id},{}\n", row.join(",")));
        }
        if std::env::var_os("JINGGAI_WRITE_MATRIX").is_some() {
            std::fs::write(file(), &text).unwrap();
        }
        let expected = std::fs::read_to_string(file()).unwrap_or_default();
        let differs: Vec<String> = text.lines().filter(|l| !expected.lines().any(|e| e == *l)).map(|l| format!("now      {l}"))
            .chain(expected.lines().filter(|e| !text.lines().any(|l| l == *e)).map(|e| format!("expected {e}")))
            .collect();
        assert!(differs.is_empty(), "authorisation differs from authorisation.csv:\n{}", differs.join("\n"));
    }
}
