//! A fresh store per test.
use jinggai::app::App;
use jinggai::config::{Config, Given};
use jinggai_db::{Db, sql};
use std::future::Future;
use std::path::Path;
use tempfile::TempDir;
use tokio::sync::OnceCell;
use uuid::Uuid;

/// Which store a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Store {
    /// A GeoPackage in a temporary folder.
    Sqlite,
    /// A database of its own on the test server.
    Postgres,
}

/// The platform on a fresh, migrated store.
#[derive(Clone)]
pub struct TestApp {
    /// The platform.
    pub app: App,
    /// Which store it stands on.
    pub store: Store,
    dir: std::sync::Arc<TempDir>,
}

/// Where a platform stood that is closed now: for programs that open it themselves.
#[derive(Debug)]
pub struct Place {
    /// The data directory; removed when this is dropped.
    pub dir: std::sync::Arc<TempDir>,
    /// The address of its database, when that is a PostgreSQL.
    pub database: Option<String>,
}

impl TestApp {
    /// The store.
    #[must_use]
    pub fn db(&self) -> &Db {
        self.app.db()
    }
    /// The data directory.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }
    /// Closes the platform and gives its place to others.
    #[must_use]
    pub fn close(self) -> Place {
        Place { database: self.app.config().database.clone(), dir: self.dir }
    }
}

/// Runs a test on a fresh store and clears up after it, also when it fails.
pub fn run<F: Future<Output = ()> + Send + 'static>(store: Store, test: impl FnOnce(TestApp) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime can be built");
    runtime.block_on(async move {
        let dir = TempDir::new().expect("a temporary folder can be made");
        let database = match store {
            Store::Sqlite => None,
            Store::Postgres => Some(create_database().await),
        };
        let given = Given { database: database.as_ref().map(|d| d.url.clone()), ..Given::default() };
        let config = Config::resolve(dir.path(), Given::default(), Given::default(), given)
            .expect("the settings of tests are right");
        let app = App::open(config).await.expect("the store opens");
        let t = TestApp { app, store, dir: std::sync::Arc::new(dir) };
        let outcome = tokio::spawn(test(t)).await;
        if let Some(d) = database {
            d.drop().await;
        }
        if let Err(e) = outcome {
            std::panic::resume_unwind(e.into_panic());
        }
    });
}

struct Database {
    url: String,
    name: String,
}

impl Database {
    async fn drop(self) {
        if let Ok(db) = server().await {
            db.script(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name)).await.ok();
        }
    }
}

fn server_url() -> String {
    if let Ok(url) = std::env::var("JINGGAI_TEST_POSTGRES") {
        return url;
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/postgres");
    let out = std::process::Command::new(script).arg("url").output().expect("scripts/postgres runs");
    String::from_utf8_lossy(&out.stdout).trim().to_owned()
}

async fn server() -> Result<Db, jinggai_db::DbError> {
    Db::open_postgres(&server_url(), 2).await
}

fn with_database(name: &str) -> String {
    server_url().replacen("/postgres?", &format!("/{name}?"), 1)
}

/// The migrated template, made once per set of migrations by whichever process comes first.
async fn template() -> &'static str {
    static NAME: OnceCell<String> = OnceCell::const_new();
    NAME.get_or_init(|| async {
        let texts: String = jinggai::store::MIGRATIONS.iter().map(|m| m.text).collect();
        let name = format!("template_{}", &jinggai::files::digest(texts.as_bytes())[..16]);
        let db = server().await.expect(
            "the test PostgreSQL answers; start it with `scripts/postgres start`, or run `make test`",
        );
        make_template(&db, &name).await.expect("the template is migrated");
        name
    })
    .await
}

async fn make_template(db: &Db, name: &str) -> Result<(), jinggai_db::DbError> {
    let mut lock = db.begin().await?;
    lock.script("SELECT pg_advisory_xact_lock(4490)").await?;
    let (there,): (i64,) =
        lock.one(sql!("SELECT count(*) FROM pg_database WHERE datname = CAST(? AS TEXT)", name)).await?;
    if there == 0 {
        let making = format!("{name}_making");
        db.script(&format!("DROP DATABASE IF EXISTS {making} WITH (FORCE)")).await?;
        db.script(&format!("CREATE DATABASE {making}")).await?;
        {
            let fresh = Db::open_postgres(&with_database(&making), 1).await?;
            jinggai_db::migrate::migrate(&fresh, jinggai::store::MIGRATIONS).await?;
        }
        db.script(&format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{making}'"
        ))
        .await?;
        db.script(&format!("ALTER DATABASE {making} RENAME TO {name}")).await?;
    }
    lock.commit().await
}

async fn create_database() -> Database {
    let template = template().await;
    let name = format!("test_{}", Uuid::now_v7().simple());
    let db = server().await.expect("the test PostgreSQL answers");
    db.script(&format!("CREATE DATABASE {name} TEMPLATE {template}"))
        .await
        .expect("a database can be copied");
    Database { url: with_database(&name), name }
}
