//! SQLite: connections with our settings and functions, and running statements on them.
use crate::gpkg_contents::Touched;
use crate::{Cols, DbError, FromRow, Result, Sql, Value};
use jinggai_geo::wkb;
use rusqlite::{Connection, OpenFlags, functions::FunctionFlags};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Readers beside the one writer.
const READERS: usize = 4;
/// How long a statement waits for another process that writes (a batch of an import takes about a second).
const BUSY: Duration = Duration::from_secs(60);

/// One writer and several readers: SQLite's own concurrency model, made explicit.
pub struct Lite {
    pub(crate) writer: Arc<tokio::sync::Mutex<Writer>>,
    readers: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
}

/// The one connection that writes, with the tables its transaction has touched so far.
pub(crate) struct Writer {
    conn: Connection,
    touched: Touched,
}

impl Writer {
    fn open(path: &Path) -> Result<Self> {
        let mut conn = connect(path, false)?;
        let touched = Touched::watch(&mut conn)?;
        Ok(Writer { conn, touched })
    }

    pub(crate) fn begin(&self) -> Result<()> {
        self.touched.forget();
        Ok(self.conn.execute_batch("BEGIN IMMEDIATE")?)
    }

    /// Commits, after the GeoPackage's own list of contents has been told what changed.
    pub(crate) fn commit(&self) -> Result<()> {
        self.touched.note(&self.conn)?;
        Ok(self.conn.execute_batch("COMMIT")?)
    }
}

impl std::ops::Deref for Writer {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        &self.conn
    }
}

/// A reader lent from the pool; it goes back when dropped.
pub(crate) struct Reader {
    pool: Arc<Lite>,
    conn: Option<Connection>,
    _permit: OwnedSemaphorePermit,
}

impl Lite {
    pub(crate) fn open(path: &Path) -> Result<Arc<Self>> {
        let writer = Writer::open(path)?;
        let readers = (0..READERS).map(|_| connect(path, true)).collect::<Result<Vec<_>>>()?;
        Ok(Arc::new(Lite {
            writer: Arc::new(tokio::sync::Mutex::new(writer)),
            permits: Arc::new(Semaphore::new(readers.len())),
            readers: Mutex::new(readers),
        }))
    }

    pub(crate) async fn reader(self: &Arc<Self>) -> Result<Reader> {
        let permit =
            self.permits.clone().acquire_owned().await.map_err(|e| DbError::Unavailable(e.to_string()))?;
        let conn = self.readers.lock().unwrap_or_else(std::sync::PoisonError::into_inner).pop();
        Ok(Reader { pool: self.clone(), conn, _permit: permit })
    }
}

impl Reader {
    pub(crate) fn conn(&self) -> &Connection {
        self.conn.as_ref().expect("a reader stands behind every permit")
    }
}
impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(c) = self.conn.take() {
            self.pool.readers.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(c);
        }
    }
}

fn connect(path: &Path, reader: bool) -> Result<Connection> {
    // Each connection is used by one thread at a time, so SQLite's own mutexes would only cost.
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let c = Connection::open_with_flags(path, flags)?;
    c.busy_timeout(BUSY)?;
    c.pragma_update(None, "journal_mode", "WAL")?;
    // FULL: an acknowledged change survives a power cut, not only a crash of the process.
    c.pragma_update(None, "synchronous", "FULL")?;
    // The log is folded back every 64 MB, not at every commit of an import.
    c.pragma_update(None, "wal_autocheckpoint", 16_384)?;
    c.pragma_update(None, "foreign_keys", true)?;
    c.pragma_update(None, "cache_size", if reader { -32_768 } else { -131_072 })?;
    c.pragma_update(None, "mmap_size", 1i64 << 30)?;
    c.pragma_update(None, "temp_store", "MEMORY")?;
    c.set_prepared_statement_cache_capacity(512);
    register(&c)?;
    if reader {
        c.pragma_update(None, "query_only", true)?;
    }
    Ok(c)
}

/// The functions that the R-tree triggers of GeoPackage call, and a few of PostgreSQL's names.
fn register(c: &Connection) -> rusqlite::Result<()> {
    let flags =
        FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    for (name, side) in [("ST_MinX", 0), ("ST_MinY", 1), ("ST_MaxX", 2), ("ST_MaxY", 3)] {
        c.create_scalar_function(name, 1, flags, move |ctx| {
            let blob = ctx.get_raw(0).as_blob_or_null().map_err(user)?;
            Ok(blob.and_then(|b| wkb::gpb_bbox(b).ok().flatten()).map(|b| match side {
                0 => b.w,
                1 => b.s,
                2 => b.e,
                _ => b.n,
            }))
        })?;
    }
    c.create_scalar_function("ST_IsEmpty", 1, flags, |ctx| {
        let blob = ctx.get_raw(0).as_blob_or_null().map_err(user)?;
        Ok(blob.map(|b| wkb::gpb_is_empty(b).unwrap_or(true)))
    })
}

fn user(e: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::UserFunctionError(Box::new(e))
}

pub(crate) fn all<T: FromRow>(c: &Connection, q: &Sql) -> Result<Vec<T>> {
    let run = || -> Result<Vec<T>> {
        let mut st = c.prepare_cached(&q.text)?;
        let mut rows = st.query(rusqlite::params_from_iter(&q.args))?;
        let mut out = vec![];
        while let Some(r) = rows.next()? {
            out.push(T::from_row(&mut Cols::lite(r))?);
        }
        Ok(out)
    };
    run().map_err(|e| e.in_sql(&q.text))
}

pub(crate) fn run(c: &Connection, q: &Sql) -> Result<u64> {
    let run = || -> Result<u64> {
        Ok(c.prepare_cached(&q.text)?.execute(rusqlite::params_from_iter(&q.args))? as u64)
    };
    run().map_err(|e| e.in_sql(&q.text))
}

pub(crate) fn bulk(
    c: &Connection,
    table: &str,
    cols: &[&str],
    rows: impl Iterator<Item = Vec<Value>>,
) -> Result<u64> {
    let marks = (1..=cols.len()).map(|i| format!("${i}")).collect::<Vec<_>>().join(",");
    let text = format!("INSERT INTO {table} ({}) VALUES ({marks})", cols.join(","));
    let mut st = c.prepare_cached(&text)?;
    let mut n = 0;
    for r in rows {
        st.execute(rusqlite::params_from_iter(&r)).map_err(|e| DbError::from(e).in_sql(&text))?;
        n += 1;
    }
    Ok(n)
}
