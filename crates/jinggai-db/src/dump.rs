//! The whole store as files, of one unchanging moment, while others go on writing; and back into an empty store.
//!
//! The embedded store is copied as the GeoPackage it is. PostgreSQL gives each table in its own binary COPY form, in
//! one snapshot; no outside tool is needed.
use crate::{Db, DbError, Result, Tx, sql};
use deadpool_postgres::Object;
use futures::StreamExt;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tokio::io::AsyncWriteExt;

/// The name of the embedded store's copy.
pub const GEOPACKAGE: &str = "jinggai.gpkg";

/// What was written: file names inside the folder, and rows per table.
#[derive(Debug, Default)]
pub struct Dumped {
    /// Names of the files, in the order in which they must be loaded.
    pub files: Vec<String>,
    /// Rows per table.
    pub rows: BTreeMap<String, i64>,
    /// The end of the event chain at that moment: place and hash.
    pub head: (i64, Vec<u8>),
}

/// Writes the store, as it is at one moment, into `dir`.
///
/// # Errors
/// What the store or the disk says.
pub async fn dump(db: &Db, dir: &Path) -> Result<Dumped> {
    match db {
        Db::Sqlite(_) => {
            let file = dir.join(GEOPACKAGE);
            db.copy_to(&file).await?;
            let copy = Db::open(&crate::Place::File(file)).await?;
            let rows = count(&copy).await?;
            let head = copy.one(head()).await?;
            drop(copy);
            settle(&dir.join(GEOPACKAGE))?;
            Ok(Dumped { files: vec![GEOPACKAGE.into()], rows, head })
        }
        Db::Postgres(_) => {
            let mut snap = db.snapshot().await?;
            let mut out = Dumped { head: snap.one(head()).await?, ..Dumped::default() };
            for table in ordered_tables(&mut snap).await? {
                let name = format!("{table}.copy");
                copy_out(client(&snap)?, &table, &dir.join(&name)).await?;
                out.rows.insert(table.clone(), rows_of(&mut snap, &table).await?);
                out.files.push(name);
            }
            Ok(out)
        }
    }
}

fn head() -> crate::Sql {
    sql!("SELECT seq, hash FROM event_head WHERE id = 1")
}

/// Loads what [`dump`] of the same kind of store wrote into an empty, migrated PostgreSQL store.
///
/// # Errors
/// When the store already holds something, or what it says of a file.
pub async fn load(db: &Db, dir: &Path) -> Result<()> {
    let mut tx = db.begin().await?;
    let tables = ordered_tables(&mut tx).await?;
    tx.script(&format!("TRUNCATE {} CASCADE", tables.join(", "))).await?;
    for table in &tables {
        copy_in(client(&tx)?, table, &dir.join(format!("{table}.copy"))).await?;
    }
    for table in &tables {
        tx.script(&format!(
            "DO $$ BEGIN IF pg_get_serial_sequence('{table}', 'id') IS NOT NULL THEN PERFORM setval(pg_get_serial_sequence('{table}', 'id'), GREATEST((SELECT COALESCE(max(id), 0) FROM {table}), 1), (SELECT count(*) > 0 FROM {table})); END IF; EXCEPTION WHEN undefined_column THEN NULL; END $$"
        ))
        .await?;
    }
    tx.commit().await
}

/// Rows per table of the product.
///
/// # Errors
/// What the store says.
pub async fn count(db: &Db) -> Result<BTreeMap<String, i64>> {
    let mut snap = db.snapshot().await?;
    let mut out = BTreeMap::new();
    for table in tables(&mut snap).await? {
        let n = rows_of(&mut snap, &table).await?;
        out.insert(table, n);
    }
    Ok(out)
}

async fn rows_of(tx: &mut Tx, table: &str) -> Result<i64> {
    let (n,): (i64,) = tx.one(crate::Sql::new(&format!("SELECT count(*) FROM {table}"), vec![])).await?;
    Ok(n)
}

/// The product's own tables, without those of GeoPackage, PostGIS and the search index.
async fn tables(tx: &mut Tx) -> Result<Vec<String>> {
    let lite = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'gpkg\\_%' ESCAPE '\\' AND name NOT LIKE 'rtree\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE 'well\\_words%' ESCAPE '\\' AND name <> 'migrations' ORDER BY name";
    let pg = "SELECT CAST(tablename AS TEXT) FROM pg_tables WHERE schemaname = current_schema() AND tablename NOT IN ('spatial_ref_sys', 'migrations') ORDER BY tablename";
    let text = if tx.dialect() == crate::Dialect::Sqlite { lite } else { pg };
    let rows: Vec<(String,)> = tx.all(crate::Sql::new(text, vec![])).await?;
    Ok(rows.into_iter().map(|(t,)| t).collect())
}

/// PostgreSQL's tables, each after those it refers to.
async fn ordered_tables(tx: &mut Tx) -> Result<Vec<String>> {
    let mut left = tables(tx).await?;
    let refers: Vec<(String, String)> = tx
        .all(crate::Sql::new(
            "SELECT CAST(conrelid::regclass AS TEXT), CAST(confrelid::regclass AS TEXT) FROM pg_constraint WHERE contype = 'f' AND conrelid <> confrelid",
            vec![],
        ))
        .await?;
    let mut out: Vec<String> = vec![];
    while !left.is_empty() {
        let (ready, rest): (Vec<String>, Vec<String>) = left.iter().cloned().partition(|t| {
            refers.iter().all(|(from, to)| from != t || out.contains(to) || !left.contains(to))
        });
        if ready.is_empty() {
            return Err(DbError::Migration(format!(
                "tables refer to each other in a circle: {}",
                rest.join(", ")
            )));
        }
        out.extend(ready);
        left = rest;
    }
    Ok(out)
}

fn client(tx: &Tx) -> Result<&Object> {
    tx.pg().ok_or_else(|| DbError::Unavailable("only PostgreSQL is dumped table by table".into()))
}

fn file_error(path: &Path, e: &std::io::Error) -> DbError {
    DbError::File { path: path.display().to_string(), what: e.to_string() }
}

async fn copy_out(client: &Object, table: &str, path: &Path) -> Result<()> {
    let stream = client.copy_out(&format!("COPY {table} TO STDOUT BINARY")).await?;
    let mut stream = std::pin::pin!(stream);
    let file = tokio::fs::File::create(path).await.map_err(|e| file_error(path, &e))?;
    let mut out = tokio::io::BufWriter::with_capacity(1 << 18, file);
    while let Some(piece) = stream.next().await {
        out.write_all(&piece?).await.map_err(|e| file_error(path, &e))?;
    }
    out.flush().await.map_err(|e| file_error(path, &e))?;
    out.get_ref().sync_all().await.map_err(|e| file_error(path, &e))
}

async fn copy_in(client: &Object, table: &str, path: &Path) -> Result<()> {
    use futures::SinkExt;
    use tokio::io::AsyncReadExt;
    let sink = client.copy_in::<_, bytes::Bytes>(&format!("COPY {table} FROM STDIN BINARY")).await?;
    let mut sink = std::pin::pin!(sink);
    let mut file = tokio::fs::File::open(path).await.map_err(|e| file_error(path, &e))?;
    loop {
        let mut piece = bytes::BytesMut::with_capacity(1 << 18);
        if file.read_buf(&mut piece).await.map_err(|e| file_error(path, &e))? == 0 {
            break;
        }
        sink.send(piece.freeze()).await?;
    }
    sink.finish().await?;
    Ok(())
}

/// Folds the copy's write-ahead log back into the one file and leaves nothing beside it.
fn settle(path: &Path) -> Result<()> {
    let c = rusqlite::Connection::open(path)?;
    c.pragma_update(None, "journal_mode", "DELETE")?;
    drop(c);
    for ending in ["-wal", "-shm"] {
        let beside = PathBuf::from(format!("{}{ending}", path.display()));
        if beside.exists() {
            std::fs::remove_file(&beside).map_err(|e| file_error(&beside, &e))?;
        }
    }
    std::fs::File::open(path).and_then(|f| f.sync_all()).map_err(|e| file_error(path, &e))
}

/// How many migrations the store has taken.
///
/// # Errors
/// What the store says.
pub async fn schema(db: &Db) -> Result<i64> {
    let (n,): (i64,) = db.one(sql!("SELECT count(*) FROM migrations")).await?;
    Ok(n)
}
