//! A transaction: rolls back when dropped, on both stores.
use crate::lite::{self, Reader};
use crate::{DbError, Dialect, FromRow, Result, Sql, Value, pg};
use deadpool_postgres::Object;
use rusqlite::Connection;
use tokio::sync::OwnedMutexGuard;
use tokio::task::block_in_place;

/// A transaction of [`crate::Db::begin`] or [`crate::Db::snapshot`].
pub struct Tx {
    held: Option<Held>,
}

pub(crate) enum Held {
    Writer(OwnedMutexGuard<lite::Writer>),
    Reader(Reader),
    Pg(Object),
}

impl Tx {
    pub(crate) fn new(held: Held) -> Self {
        Tx { held: Some(held) }
    }

    fn held(&self) -> &Held {
        self.held.as_ref().expect("a transaction holds its connection until it ends")
    }

    /// PostgreSQL's connection. Asked first and alone: a borrow of SQLite's must not live across an await.
    pub(crate) fn pg(&self) -> Option<&Object> {
        match self.held() {
            Held::Pg(c) => Some(c),
            _ => None,
        }
    }

    /// Runs on SQLite's connection. The lock is already ours and a statement takes microseconds: no thread hop.
    fn lite<T>(&self, f: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        match self.held() {
            Held::Writer(g) => block_in_place(|| f(g)),
            Held::Reader(r) => block_in_place(|| f(r.conn())),
            Held::Pg(_) => unreachable!("PostgreSQL was asked first"),
        }
    }

    /// Which store this is.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        if self.pg().is_some() { Dialect::Postgres } else { Dialect::Sqlite }
    }

    /// All rows of a query.
    ///
    /// # Errors
    /// What the store says.
    pub async fn all<T: FromRow>(&mut self, q: Sql) -> Result<Vec<T>> {
        if let Some(c) = self.pg() {
            return pg::all(c, &q).await;
        }
        self.lite(|c| lite::all(c, &q))
    }

    /// The first row of a query, if there is one.
    ///
    /// # Errors
    /// What the store says.
    pub async fn opt<T: FromRow>(&mut self, q: Sql) -> Result<Option<T>> {
        Ok(self.all(q).await?.into_iter().next())
    }

    /// The first row of a query.
    ///
    /// # Errors
    /// [`DbError::NoRow`] when there is none.
    pub async fn one<T: FromRow>(&mut self, q: Sql) -> Result<T> {
        self.opt(q).await?.ok_or(DbError::NoRow)
    }

    /// Runs a statement and tells how many rows it touched.
    ///
    /// # Errors
    /// What the store says.
    pub async fn run(&mut self, q: Sql) -> Result<u64> {
        if let Some(c) = self.pg() {
            return pg::run(c, &q).await;
        }
        self.lite(|c| lite::run(c, &q))
    }

    /// Runs a script of several statements; for schema work only.
    ///
    /// # Errors
    /// What the store says.
    pub async fn script(&mut self, text: &str) -> Result<()> {
        if let Some(c) = self.pg() {
            return c.batch_execute(text).await.map_err(DbError::from);
        }
        self.lite(|c| c.execute_batch(text).map_err(DbError::from))
    }

    /// Inserts many rows of one shape: COPY on PostgreSQL, one prepared statement on SQLite.
    ///
    /// # Errors
    /// What the store says of the first row that does not fit.
    pub async fn bulk(&mut self, table: &str, cols: &[&str], rows: Vec<Vec<Value>>) -> Result<u64> {
        if rows.is_empty() {
            return Ok(0);
        }
        if let Some(c) = self.pg() {
            return pg::bulk(c, table, cols, rows.into_iter()).await;
        }
        self.lite(|c| lite::bulk(c, table, cols, rows.into_iter()))
    }

    /// Reserves `n` consecutive ids of a table with an integer key and gives the first.
    ///
    /// # Errors
    /// What the store says.
    pub async fn reserve_ids(&mut self, table: &str, n: usize) -> Result<i64> {
        let n = i64::try_from(n).unwrap_or(i64::MAX);
        match self.dialect() {
            Dialect::Sqlite => {
                let mut q = Sql::default();
                q.push(
                    "SELECT COALESCE((SELECT seq FROM sqlite_sequence WHERE name = ?), 0)",
                    [table.into()],
                );
                let (last,): (i64,) = self.one(q).await?;
                let mut q = Sql::default();
                q.push(
                    "UPDATE sqlite_sequence SET seq = ? WHERE name = ?",
                    [(last + n).into(), table.into()],
                );
                if self.run(q).await? == 0 {
                    let mut q = Sql::default();
                    q.push("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", [table.into(), n.into()]);
                    self.run(q).await?;
                }
                Ok(last + 1)
            }
            Dialect::Postgres => {
                let mut q = Sql::default();
                q.push(
                    "SELECT min(v), max(v) FROM (SELECT nextval(pg_get_serial_sequence(?, 'id')) AS v FROM generate_series(1, ?)) s",
                    [table.into(), n.into()],
                );
                let (first, _): (i64, i64) = self.one(q).await?;
                Ok(first)
            }
        }
    }

    /// Commits; only after this returns may anybody be told that the change is kept.
    ///
    /// # Errors
    /// What the store says; then nothing of the transaction is kept, unless it is [`DbError::Doubtful`].
    pub async fn commit(mut self) -> Result<()> {
        match self.held.take().expect("a transaction ends once") {
            Held::Writer(g) => {
                let done = block_in_place(|| g.commit());
                if done.is_err() {
                    rollback(&g);
                }
                done
            }
            Held::Reader(r) => Ok(r.conn().execute_batch("COMMIT")?),
            Held::Pg(c) => match c.batch_execute("COMMIT").await.map_err(DbError::from) {
                Err(DbError::Unavailable(what)) => Err(DbError::Doubtful(what)),
                done => done,
            },
        }
    }
}

fn rollback(c: &Connection) {
    if !c.is_autocommit()
        && let Err(e) = c.execute_batch("ROLLBACK")
    {
        tracing::error!(error = %e, "rollback failed");
    }
}

impl Drop for Tx {
    fn drop(&mut self) {
        match self.held.take() {
            None => {}
            Some(Held::Writer(g)) => rollback(&g),
            Some(Held::Reader(r)) => rollback(r.conn()),
            Some(Held::Pg(c)) => {
                // The connection returns to the pool only after its transaction has ended.
                tokio::spawn(async move {
                    if let Err(e) = c.batch_execute("ROLLBACK").await {
                        // A lost connection was told to whoever used it, and the store ends its transactions by itself.
                        let lost = e.as_db_error().is_none();
                        if lost {
                            tracing::debug!(error = %e, "the connection was lost before its rollback");
                        } else {
                            tracing::warn!(error = %e, "rollback failed; the connection is dropped");
                        }
                        drop(deadpool_postgres::Object::take(c));
                    }
                });
            }
        }
    }
}
