//! What the tests of the import share.
#![allow(dead_code, clippy::unwrap_used)]
use jinggai::identity::Actor;
use jinggai::registry::import::{Options, Report, Request, import};
use jinggai_db::sql;
use jinggai_test::TestApp;
use std::path::{Path, PathBuf};

/// A real inventory.
pub fn inventory(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/inventories").join(name)
}

/// The features of an inventory, read without any of the product's code.
pub fn features(name: &str) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(inventory(name)).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    json["features"].as_array().unwrap().clone()
}

/// Imports a file as the command line does.
pub async fn run(app: &TestApp, path: &Path, options: Options) -> Report {
    part(app, path, options, None).await
}

/// The same, stopping after so many batches.
pub async fn part(app: &TestApp, path: &Path, options: Options, stop_after: Option<usize>) -> Report {
    let actor = Actor::command_line();
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let request = Request {
        path: path.to_owned(),
        name,
        options,
        actor: &actor,
        job: None,
        keep_dry: false,
        stop_after,
    };
    import(&app.app, request, &mut |_, _| {}).await.unwrap()
}

/// A file of the test's own.
pub fn file(app: &TestApp, name: &str, bytes: &[u8]) -> PathBuf {
    let path = app.dir().join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

/// (read, imported, updated, unchanged, duplicates, rejected)
pub fn counts(r: &Report) -> [u64; 6] {
    let t = r.totals;
    assert_eq!(
        t.read,
        t.imported + t.updated + t.unchanged + t.duplicates + t.rejected,
        "read is the sum of the rest"
    );
    [t.read, t.imported, t.updated, t.unchanged, t.duplicates, t.rejected]
}

/// Does the report say this?
pub fn says(r: &Report, code: &str) -> bool {
    r.notes.iter().any(|n| n.code == code)
}

/// How many rows a query counts.
pub async fn count(app: &TestApp, text: &str) -> i64 {
    let (n,): (i64,) = app.db().one(jinggai_db::Sql::new(text, vec![])).await.unwrap();
    n
}

/// The number of rows of every table that an import may write.
pub async fn sizes(app: &TestApp) -> Vec<i64> {
    let mut out = vec![];
    for table in [
        "wells",
        "covers",
        "codes",
        "responsibilities",
        "events",
        "units",
        "source_records",
        "imports",
        "import_rows",
        "import_sources",
        "cover_facts",
        "ownership_queue",
        "code_sequences",
    ] {
        out.push(count(app, &format!("SELECT count(*) FROM {table}")).await);
    }
    out
}

/// The event chain holds.
pub async fn verify(app: &TestApp) {
    let verdict = jinggai_db::events::verify(app.db(), &[], |_, _| {}).await.unwrap();
    assert!(verdict.faults.is_empty(), "{:?}", verdict.faults);
}

/// Enters a unit.
pub async fn unit(app: &TestApp, code: &str, name: &str) -> i64 {
    let mut tx = app.db().begin().await.unwrap();
    let input = jinggai::identity::units::UnitInput {
        code: code.into(),
        name: name.into(),
        kinds: vec!["owner".into()],
        ..Default::default()
    };
    let (id, _) = jinggai::identity::units::create(&mut tx, &input).await.unwrap();
    tx.commit().await.unwrap();
    id
}

/// The findings of the rows that need a person: (row, verdict, findings).
pub async fn problems(app: &TestApp) -> Vec<(i64, String, serde_json::Value)> {
    app.db()
        .all(sql!("SELECT row_no, verdict, findings FROM import_rows ORDER BY import_id, row_no"))
        .await
        .unwrap()
}
