//! The store as the rest of the product sees it.
use crate::lite::Lite;
use crate::tx::Held;
use crate::{DbError, Dialect, FromRow, Result, Sql, Tx, lite, pg};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// How long to wait for a connection to PostgreSQL before a request is refused as "try again".
const PATIENCE: Duration = Duration::from_secs(10);

/// Where a store is: a GeoPackage file or a PostgreSQL address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The path of `jinggai.gpkg`.
    File(PathBuf),
    /// `postgres://…`.
    Postgres(String),
}

/// A store: cheap to clone, shared by all tasks.
#[derive(Clone)]
pub enum Db {
    /// The embedded GeoPackage.
    Sqlite(Arc<Lite>),
    /// A pool of PostgreSQL connections.
    Postgres(deadpool_postgres::Pool),
}

impl Db {
    /// Opens the store without touching its schema; see [`crate::migrate`].
    ///
    /// # Errors
    /// When the file or the server cannot be reached.
    pub async fn open(place: &Place) -> Result<Db> {
        match place {
            Place::File(path) => Self::open_file(path),
            Place::Postgres(url) => Self::open_postgres(url, 16).await,
        }
    }

    fn open_file(path: &Path) -> Result<Db> {
        crate::gpkg::prepare_file(path)?;
        Ok(Db::Sqlite(Lite::open(path)?))
    }

    /// Opens PostgreSQL with a pool of at most `size` connections.
    ///
    /// # Errors
    /// When the address is wrong or nobody answers.
    pub async fn open_postgres(url: &str, size: usize) -> Result<Db> {
        let mut cfg: tokio_postgres::Config = url.parse().map_err(|e: tokio_postgres::Error| {
            DbError::Unavailable(format!("{e}: {url:?} is no postgres:// address"))
        })?;
        cfg.application_name("jinggai").connect_timeout(PATIENCE);
        let manager = deadpool_postgres::Manager::new(cfg, tokio_postgres::NoTls);
        let pool = deadpool_postgres::Pool::builder(manager)
            .max_size(size)
            .runtime(deadpool_postgres::Runtime::Tokio1)
            .wait_timeout(Some(PATIENCE))
            .create_timeout(Some(PATIENCE))
            .recycle_timeout(Some(PATIENCE))
            .build()
            .map_err(|e| DbError::Unavailable(e.to_string()))?;
        drop(pool.get().await?);
        Ok(Db::Postgres(pool))
    }

    /// Which store this is.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match self {
            Db::Sqlite(_) => Dialect::Sqlite,
            Db::Postgres(_) => Dialect::Postgres,
        }
    }

    /// All rows of a query, outside any transaction.
    ///
    /// # Errors
    /// What the store says.
    pub async fn all<T: FromRow>(&self, q: Sql) -> Result<Vec<T>> {
        match self {
            Db::Sqlite(l) => {
                let reader = l.reader().await?;
                tokio::task::spawn_blocking(move || lite::all(reader.conn(), &q))
                    .await
                    .map_err(|e| DbError::Unavailable(e.to_string()))?
            }
            Db::Postgres(p) => pg::all(&p.get().await?, &q).await,
        }
    }

    /// The first row of a query, if there is one.
    ///
    /// # Errors
    /// What the store says.
    pub async fn opt<T: FromRow>(&self, q: Sql) -> Result<Option<T>> {
        Ok(self.all(q).await?.into_iter().next())
    }

    /// The first row of a query.
    ///
    /// # Errors
    /// [`DbError::NoRow`] when there is none.
    pub async fn one<T: FromRow>(&self, q: Sql) -> Result<T> {
        self.opt(q).await?.ok_or(DbError::NoRow)
    }

    /// Begins a transaction that may write. On the embedded store it holds the one writer: keep it short, and
    /// never wait for a network inside.
    ///
    /// # Errors
    /// When the store is busy or gone.
    pub async fn begin(&self) -> Result<Tx> {
        Ok(match self {
            Db::Sqlite(l) => {
                let guard = l.writer.clone().lock_owned().await;
                tokio::task::block_in_place(|| guard.begin())?;
                Tx::new(Held::Writer(guard))
            }
            Db::Postgres(p) => {
                let c = p.get().await?;
                c.batch_execute("BEGIN").await?;
                Tx::new(Held::Pg(c))
            }
        })
    }

    /// Begins a reading transaction that sees one unchanging state: for exports, reports and backups.
    ///
    /// # Errors
    /// When the store is gone.
    pub async fn snapshot(&self) -> Result<Tx> {
        Ok(match self {
            Db::Sqlite(l) => {
                let reader = l.reader().await?;
                reader.conn().execute_batch("BEGIN; SELECT 1 FROM sqlite_schema LIMIT 1")?;
                Tx::new(Held::Reader(reader))
            }
            Db::Postgres(p) => {
                let c = p.get().await?;
                c.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
                Tx::new(Held::Pg(c))
            }
        })
    }

    /// Runs a script of several statements, outside any transaction; for schema work only.
    ///
    /// # Errors
    /// What the store says.
    pub async fn script(&self, text: &str) -> Result<()> {
        match self {
            Db::Sqlite(l) => {
                let guard = l.writer.clone().lock_owned().await;
                Ok(tokio::task::block_in_place(|| guard.execute_batch(text))?)
            }
            Db::Postgres(p) => Ok(p.get().await?.batch_execute(text).await?),
        }
    }

    /// Prepares a statement without running it: proves that the text and its names fit this store.
    ///
    /// # Errors
    /// What the store says of the text.
    pub async fn prepare(&self, text: &str) -> Result<()> {
        match self {
            Db::Sqlite(l) => {
                let guard = l.writer.clone().lock_owned().await;
                guard.prepare(text).map(drop).map_err(|e| DbError::from(e).in_sql(text))
            }
            Db::Postgres(p) => {
                p.get().await?.prepare(text).await.map(drop).map_err(|e| DbError::from(e).in_sql(text))
            }
        }
    }

    /// Writes a consistent copy of the embedded store to `target` while others go on writing.
    ///
    /// # Errors
    /// On PostgreSQL, which has tools of its own, and when the copy cannot be written.
    pub async fn copy_to(&self, target: &Path) -> Result<()> {
        let Db::Sqlite(l) = self else {
            return Err(DbError::Unavailable("only the embedded store is copied as a file".into()));
        };
        let reader = l.reader().await?;
        let target = target.to_owned();
        tokio::task::spawn_blocking(move || {
            let mut copy = rusqlite::Connection::open(&target)?;
            // All pages in one step: one read transaction, so the copy is of one moment.
            rusqlite::backup::Backup::new(reader.conn(), &mut copy)?.step(-1)?;
            Ok(())
        })
        .await
        .map_err(|e| DbError::Unavailable(e.to_string()))?
    }
}
