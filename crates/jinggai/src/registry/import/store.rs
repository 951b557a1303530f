//! The statements of the import: runs, rows that need a person, which row became which cover, saved mappings.
use super::mapping::Mapping;
use super::options::Options;
use super::tally::Tally;
use crate::error::{AppError, Result};
use jiff::Timestamp;
use jinggai_db::{Sql, Tx, Value, row, sql};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use uuid::Uuid;

/// How many rows got which verdict (计数); `read` is always the sum of the rest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Totals {
    /// 读取.
    pub read: u64,
    /// 新增.
    pub imported: u64,
    /// 更新.
    pub updated: u64,
    /// 无变化.
    pub unchanged: u64,
    /// 疑似重复.
    pub duplicates: u64,
    /// 拒绝.
    pub rejected: u64,
}

impl Totals {
    /// Adds another count.
    pub fn add(&mut self, o: Totals) {
        self.read += o.read;
        self.imported += o.imported;
        self.updated += o.updated;
        self.unchanged += o.unchanged;
        self.duplicates += o.duplicates;
        self.rejected += o.rejected;
    }
}

row! {
    /// A run of an import as stored.
    #[derive(Clone, Debug, Serialize)]
    pub struct ImportRow {
        /// Row.
        #[serde(skip)]
        pub id: i64,
        /// Public id.
        pub uid: Uuid,
        /// The job that does it.
        pub job_uid: Option<Uuid>,
        /// Key of the source.
        pub source: String,
        /// SHA-256 of the file.
        pub file_hash: String,
        /// Its name.
        pub file_name: String,
        /// covers, pipes or responsibilities.
        pub what: String,
        /// What was asked.
        pub options: serde_json::Value,
        /// Nothing is changed.
        pub dry_run: bool,
        /// running, done, failed or cancelled.
        pub state: String,
        /// The row to go on from.
        #[serde(skip)]
        pub next_row: i64,
        /// What was noticed.
        pub notes: serde_json::Value,
        /// Who.
        pub actor: String,
        /// Begun.
        pub started_at: Timestamp,
        /// Ended.
        pub ended_at: Option<Timestamp>,
    }
}

const COLUMNS: &str = "id, uid, job_uid, source, file_hash, file_name, what, options, dry_run, state, next_row, notes, actor, started_at, ended_at";

/// A query for imports, to be narrowed.
#[must_use]
pub fn select() -> Sql {
    Sql::new(&format!("SELECT {COLUMNS} FROM imports i WHERE 1 = 1"), vec![])
}

/// The counts of an import.
///
/// # Errors
/// What the store says.
pub async fn totals(tx: &mut Tx, id: i64) -> Result<Totals> {
    let n: (i64, i64, i64, i64, i64, i64) = tx
        .one(sql!(
            "SELECT read, imported, updated, unchanged, duplicates, rejected FROM imports WHERE id = ?",
            id
        ))
        .await?;
    let u = |n: i64| u64::try_from(n).unwrap_or(0);
    Ok(Totals {
        read: u(n.0),
        imported: u(n.1),
        updated: u(n.2),
        unchanged: u(n.3),
        duplicates: u(n.4),
        rejected: u(n.5),
    })
}

/// The unfinished run of the same file with the same options, to go on with.
///
/// # Errors
/// What the store says.
pub async fn unfinished(
    tx: &mut Tx,
    file_hash: &str,
    digest: &str,
    source: &str,
) -> Result<Option<ImportRow>> {
    let mut q = select();
    q.push(
        " AND file_hash = ? AND options_digest = ? AND source = ? AND state = 'running' AND dry_run = FALSE ORDER BY id DESC LIMIT 1",
        [file_hash.into(), digest.into(), source.into()],
    );
    Ok(tx.opt(q).await?)
}

/// The run that a job does.
///
/// # Errors
/// What the store says.
pub async fn of_job(tx: &mut Tx, job: Uuid) -> Result<Option<ImportRow>> {
    let mut q = select();
    q.push(" AND job_uid = ?", [job.into()]);
    Ok(tx.opt(q).await?)
}

/// What a new run is written down with.
pub struct NewImport<'a> {
    /// Key of the source.
    pub source: &'a str,
    /// SHA-256 of the file.
    pub file_hash: &'a str,
    /// Its name.
    pub file_name: &'a str,
    /// What was asked.
    pub options: &'a Options,
    /// Who.
    pub actor: &'a str,
    /// The job that does it.
    pub job_uid: Option<Uuid>,
}

/// Writes a run down.
///
/// # Errors
/// What the store says.
pub async fn begin(tx: &mut Tx, n: &NewImport<'_>) -> Result<(i64, Uuid)> {
    let uid = Uuid::now_v7();
    let options = serde_json::to_value(n.options).map_err(AppError::internal)?;
    let (id,): (i64,) = tx
        .one(sql!(
            "INSERT INTO imports (uid, job_uid, source, file_hash, file_name, what, options, options_digest, dry_run, state, next_row, read, imported, updated, unchanged, duplicates, rejected, notes, actor, started_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'running', 0, 0, 0, 0, 0, 0, 0, ?, ?, ?) RETURNING id",
            uid,
            n.job_uid,
            n.source,
            n.file_hash,
            n.file_name,
            n.options.what.code(),
            options,
            n.options.digest(),
            n.options.dry_run,
            serde_json::json!([]),
            n.actor,
            Timestamp::now()
        ))
        .await?;
    Ok((id, uid))
}

/// Moves a run on, in the transaction of its batch.
///
/// # Errors
/// What the store says.
pub async fn advance(tx: &mut Tx, id: i64, next_row: u64, t: Totals, notes: &Tally) -> Result<()> {
    let n = |v: u64| i64::try_from(v).unwrap_or(i64::MAX);
    let notes = serde_json::to_value(notes).map_err(AppError::internal)?;
    tx.run(sql!(
        "UPDATE imports SET next_row = ?, read = ?, imported = ?, updated = ?, unchanged = ?, duplicates = ?, rejected = ?, notes = ? WHERE id = ?",
        n(next_row),
        n(t.read),
        n(t.imported),
        n(t.updated),
        n(t.unchanged),
        n(t.duplicates),
        n(t.rejected),
        notes,
        id
    ))
    .await?;
    Ok(())
}

/// Ends a run.
///
/// # Errors
/// What the store says.
pub async fn end(tx: &mut Tx, id: i64, state: &str) -> Result<()> {
    tx.run(sql!("UPDATE imports SET state = ?, ended_at = ? WHERE id = ?", state, Timestamp::now(), id))
        .await?;
    Ok(())
}

/// A row that needs a person.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// Its number in the file.
    pub row_no: u64,
    /// `duplicate` or `rejected`.
    pub verdict: &'static str,
    /// Why, as a JSON array.
    pub findings: String,
    /// The original cells as a JSON object.
    pub cells: String,
    /// The cover it may be.
    pub candidate: Option<i64>,
}

/// Keeps rows that need a person.
///
/// # Errors
/// What the store says.
pub async fn keep_problems(tx: &mut Tx, import_id: i64, problems: Vec<Problem>) -> Result<()> {
    let rows = problems
        .into_iter()
        .map(|p| -> Vec<Value> {
            vec![
                import_id.into(),
                i64::try_from(p.row_no).unwrap_or(i64::MAX).into(),
                p.verdict.into(),
                p.findings.into(),
                p.cells.into(),
                p.candidate.into(),
            ]
        })
        .collect();
    tx.bulk(
        "import_rows",
        &["import_id", "row_no", "verdict", "findings", "cells", "candidate_cover_id"],
        rows,
    )
    .await?;
    Ok(())
}

type ProblemRow = (i64, String, String, String, Option<i64>);

/// A page of the rows of an import that need a person, after the row `after`.
///
/// # Errors
/// What the store says.
pub async fn problems(tx: &mut Tx, import: Uuid, after: i64, most: i64) -> Result<Vec<Problem>> {
    let rows: Vec<ProblemRow> = tx
        .all(sql!(
            "SELECT r.row_no, r.verdict, CAST(r.findings AS TEXT), CAST(r.cells AS TEXT), r.candidate_cover_id FROM import_rows r JOIN imports i ON i.id = r.import_id WHERE i.uid = ? AND r.row_no > ? ORDER BY r.row_no LIMIT ?",
            import,
            after,
            most
        ))
        .await?;
    Ok(rows
        .into_iter()
        .map(|(no, verdict, findings, cells, candidate)| Problem {
            row_no: u64::try_from(no).unwrap_or(0),
            verdict: if verdict == "duplicate" { "duplicate" } else { "rejected" },
            findings,
            cells,
            candidate,
        })
        .collect())
}

/// The covers that rows of this source became: key → (cover, digest).
///
/// # Errors
/// What the store says.
pub async fn records(tx: &mut Tx, source: &str, keys: &[&str]) -> Result<HashMap<String, (i64, Vec<u8>)>> {
    let mut out = HashMap::with_capacity(keys.len());
    for chunk in keys.chunks(4096) {
        let mut q = Sql::new(
            "SELECT key, cover_id, row_digest FROM source_records WHERE source = ?",
            vec![source.into()],
        );
        q.and_in("key", chunk);
        out.extend(tx.all::<(String, i64, Vec<u8>)>(q).await?.into_iter().map(|(k, c, d)| (k, (c, d))));
    }
    Ok(out)
}

/// Remembers which rows became which covers.
///
/// # Errors
/// What the store says.
pub async fn remember(tx: &mut Tx, rows: Vec<Vec<Value>>) -> Result<()> {
    tx.bulk("source_records", &["source", "key", "cover_id", "row_digest"], rows).await?;
    Ok(())
}

/// Remembers that a row now says something else.
///
/// # Errors
/// What the store says.
pub async fn redigest(tx: &mut Tx, source: &str, key: &str, digest: Vec<u8>) -> Result<()> {
    tx.run(sql!(
        "UPDATE source_records SET row_digest = ? WHERE source = ? AND key = ?",
        digest,
        source,
        key
    ))
    .await?;
    Ok(())
}

/// The mapping saved for a source.
///
/// # Errors
/// What the store says.
pub async fn mapping(tx: &mut Tx, source: &str) -> Result<Option<Mapping>> {
    let kept: Option<(serde_json::Value,)> =
        tx.opt(sql!("SELECT mapping FROM import_sources WHERE key = ?", source)).await?;
    kept.map(|(m,)| serde_json::from_value(m).map_err(AppError::internal)).transpose()
}

/// Saves the mapping of a source.
///
/// # Errors
/// What the store says.
pub async fn save_mapping(tx: &mut Tx, source: &str, mapping: &Mapping) -> Result<()> {
    let body = serde_json::to_value(mapping).map_err(AppError::internal)?;
    tx.run(sql!(
        "INSERT INTO import_sources (key, mapping, updated_at) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET mapping = excluded.mapping, updated_at = excluded.updated_at",
        source,
        body,
        Timestamp::now()
    ))
    .await?;
    Ok(())
}

/// What a person must know of a candidate: public id and number.
///
/// # Errors
/// What the store says.
pub async fn candidates(
    tx: &mut Tx,
    ids: &[i64],
) -> Result<HashMap<i64, (Uuid, Option<String>, Option<String>)>> {
    let mut out = HashMap::new();
    for chunk in ids.chunks(1024) {
        let mut q = Sql::new(
            "SELECT c.id, c.uid, f.code, u.name FROM covers c LEFT JOIN cover_facts f ON f.cover_id = c.id AND f.to_day IS NULL LEFT JOIN units u ON u.id = f.owner_id WHERE 1 = 1",
            vec![],
        );
        q.and_in("c.id", chunk);
        out.extend(
            tx.all::<(i64, Uuid, Option<String>, Option<String>)>(q)
                .await?
                .into_iter()
                .map(|(id, uid, code, owner)| (id, (uid, code, owner))),
        );
    }
    Ok(out)
}
