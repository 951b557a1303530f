//! 备份: the store, its photos and documents, and a manifest of digests; back into an empty place; and the drill.
//!
//! A backup is whole when its `manifest.json` is there: it is written last. Everything in it is checked against its
//! digest before a restore writes anything, and the event chain must pass the head noted in the manifest.
use crate::app::App;
use crate::config::{Config, DATABASE_FILE};
use crate::error::{AppError, Kind, Result};
use crate::files::{Files, digest_path};
use jiff::Timestamp;
use jinggai_db::events::{self, Anchor};
use jinggai_db::{Db, Place, dump, sql};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// The name of the manifest.
pub const MANIFEST: &str = "manifest.json";

/// What a backup holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the program that wrote it.
    pub version: String,
    /// `sqlite` or `postgres`.
    pub store: String,
    /// Migrations taken.
    pub schema: i64,
    /// When.
    pub made_at: Timestamp,
    /// The end of the event chain.
    pub head: Anchor,
    /// Rows per table.
    pub tables: BTreeMap<String, i64>,
    /// The database's files.
    pub database: Vec<Part>,
    /// Photos and documents; the name is the digest.
    pub files: Vec<Part>,
}

/// One file of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Path inside the backup.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256.
    pub sha256: String,
}

fn refused(code: &'static str, zh: String, en: String) -> AppError {
    AppError::new(Kind::Conflict, code, zh, en)
}

fn disk(path: &Path) -> impl Fn(std::io::Error) -> AppError {
    move |e| {
        refused(
            "backup.disk",
            format!("{} 无法读写：{e}", path.display()),
            format!("{}: {e}", path.display()),
        )
    }
}

fn is_empty(dir: &Path) -> bool {
    std::fs::read_dir(dir).map_or(true, |mut d| d.next().is_none())
}

/// Writes a backup into `dir`, which must be empty or not there, while the platform goes on working.
///
/// # Errors
/// When the folder is not empty, a referenced file is missing or damaged, or the disk refuses.
pub async fn backup(app: &App, dir: &Path, mut progress: impl FnMut(u64, u64)) -> Result<Manifest> {
    if !is_empty(dir) {
        return Err(refused(
            "backup.not_empty",
            format!("{} 不是空目录；请为每次备份指定一个新目录", dir.display()),
            format!("{} is not empty; name a new folder for every backup", dir.display()),
        ));
    }
    let database = dir.join("database");
    std::fs::create_dir_all(&database).map_err(disk(&database))?;
    let dumped = dump::dump(app.db(), &database).await?;
    // Files are never deleted, so those of the copy's moment are all still there; newer ones do no harm.
    let hashes: Vec<(String,)> = app.db().all(sql!("SELECT hash FROM files ORDER BY hash")).await?;
    let total = hashes.len() as u64;
    let mut files = Vec::with_capacity(hashes.len());
    for (i, (hash,)) in hashes.into_iter().enumerate() {
        files.push(copy_file(app.files(), &hash, &dir.join("photos")).await?);
        progress(i as u64 + 1, total);
    }
    let names = dumped.files.iter().map(|f| format!("database/{f}"));
    let database = names.map(|name| part(dir, &name)).collect::<Result<Vec<_>>>()?;
    let manifest = Manifest {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        store: store_name(app.db()).to_owned(),
        schema: dump::schema(app.db()).await?,
        made_at: Timestamp::now(),
        head: Anchor { seq: dumped.head.0, hash: data_encoding::HEXLOWER.encode(&dumped.head.1) },
        tables: dumped.rows,
        database,
        files,
    };
    write_manifest(dir, &manifest)?;
    Ok(manifest)
}

fn store_name(db: &Db) -> &'static str {
    match db {
        Db::Sqlite(_) => "sqlite",
        Db::Postgres(_) => "postgres",
    }
}

async fn copy_file(files: &Files, hash: &str, to: &Path) -> Result<Part> {
    let from = files.path(hash)?;
    let target = Files::new(to.to_owned());
    let copied = target.put_path(from.clone()).await?;
    if copied != hash {
        return Err(refused(
            "backup.damaged_file",
            format!("文件 {} 的内容与其摘要不符（磁盘损坏或被改动），请先从旧备份恢复该文件", from.display()),
            format!("{} does not match its digest; bring it back from an older backup first", from.display()),
        ));
    }
    let size = std::fs::metadata(target.path(hash)?).map_err(disk(to))?.len();
    Ok(Part { name: format!("photos/{}/{hash}", &hash[..2]), size, sha256: hash.to_owned() })
}

fn part(dir: &Path, name: &str) -> Result<Part> {
    let path = dir.join(name);
    let size = std::fs::metadata(&path).map_err(disk(&path))?.len();
    Ok(Part { name: name.to_owned(), size, sha256: digest_path(&path).map_err(disk(&path))? })
}

fn write_manifest(dir: &Path, manifest: &Manifest) -> Result<()> {
    let text = serde_json::to_string_pretty(manifest).map_err(AppError::internal)?;
    let temp = dir.join(".manifest");
    let path = dir.join(MANIFEST);
    std::fs::write(&temp, text).map_err(disk(&temp))?;
    std::fs::File::open(&temp).and_then(|f| f.sync_all()).map_err(disk(&temp))?;
    std::fs::rename(&temp, &path).map_err(disk(&path))
}

/// Reads a backup's manifest and checks every file of it against its digest.
///
/// # Errors
/// When the backup is unfinished, or a file is missing or damaged; the file is named.
pub fn check(dir: &Path) -> Result<Manifest> {
    let path = dir.join(MANIFEST);
    let text = std::fs::read_to_string(&path).map_err(|e| {
        refused(
            "backup.unfinished",
            format!("{} 里没有 {MANIFEST}：不是备份目录，或备份没有做完（{e}）", dir.display()),
            format!("{} has no {MANIFEST}: no backup, or an unfinished one ({e})", dir.display()),
        )
    })?;
    let manifest: Manifest = serde_json::from_str(&text).map_err(|e| {
        refused(
            "backup.manifest",
            format!("{} 有误：{e}", path.display()),
            format!("{}: {e}", path.display()),
        )
    })?;
    for p in manifest.database.iter().chain(&manifest.files) {
        let found = digest_path(&dir.join(&p.name)).ok();
        if found.as_deref() != Some(p.sha256.as_str()) {
            let (zh, en) = if found.is_none() { ("缺失", "missing") } else { ("已损坏", "damaged") };
            return Err(refused(
                "backup.damaged",
                format!("备份文件 {} {zh}，不能恢复", p.name),
                format!("{} of the backup is {en}; nothing was restored", p.name),
            ));
        }
    }
    Ok(manifest)
}

/// Restores a backup into the empty place of `config` and verifies it.
///
/// # Errors
/// When the backup is damaged, the place is not empty or of the other kind of store, or the chain does not hold.
pub async fn restore(dir: &Path, config: &Config) -> Result<Manifest> {
    let manifest = check(dir)?;
    let wanted = if config.database.is_some() { "postgres" } else { "sqlite" };
    if manifest.store != wanted {
        return Err(refused(
            "backup.other_store",
            format!("这是 {} 的备份，不能恢复到 {wanted}", manifest.store),
            format!("this is a backup of {}, it cannot be restored into {wanted}", manifest.store),
        ));
    }
    match config.place() {
        Place::File(file) => restore_file(dir, &file)?,
        Place::Postgres(_) => restore_postgres(dir, config).await?,
    }
    let files = Files::new(config.data.join("photos"));
    for p in &manifest.files {
        files.put_path(dir.join(&p.name)).await?;
    }
    confirm(&manifest, config).await?;
    Ok(manifest)
}

fn restore_file(dir: &Path, file: &Path) -> Result<()> {
    if file.exists() {
        return Err(not_empty(&file.display().to_string()));
    }
    let folder = file.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(disk(folder))?;
    let temp = folder.join(format!(".{DATABASE_FILE}.restoring"));
    std::fs::copy(dir.join("database").join(dump::GEOPACKAGE), &temp).map_err(disk(&temp))?;
    std::fs::File::open(&temp).and_then(|f| f.sync_all()).map_err(disk(&temp))?;
    std::fs::rename(&temp, file).map_err(disk(file))
}

async fn restore_postgres(dir: &Path, config: &Config) -> Result<()> {
    let db = crate::store::open(&config.place()).await?;
    let (events,): (i64,) = db.one(sql!("SELECT count(*) FROM events")).await?;
    let (wells,): (i64,) = db.one(sql!("SELECT count(*) FROM wells")).await?;
    if events + wells > 0 {
        return Err(not_empty("PostgreSQL"));
    }
    Ok(dump::load(&db, &dir.join("database")).await?)
}

fn not_empty(what: &str) -> AppError {
    refused(
        "restore.not_empty",
        format!("{what} 里已有数据；请恢复到一个空的目录或数据库"),
        format!("{what} already holds data; restore into an empty folder or database"),
    )
}

/// Compares the restored store with the manifest: rows of every table, and the event chain through its head.
async fn confirm(manifest: &Manifest, config: &Config) -> Result<()> {
    let db = crate::store::open(&config.place()).await?;
    let rows = dump::count(&db).await?;
    for (table, n) in &manifest.tables {
        if rows.get(table) != Some(n) {
            let found = rows.get(table).copied().unwrap_or(0);
            return Err(refused(
                "restore.differs",
                format!("恢复后表 {table} 有 {found} 行，备份清单记为 {n} 行"),
                format!("table {table} has {found} rows after the restore; the manifest says {n}"),
            ));
        }
    }
    let anchors = if manifest.head.seq > 0 { vec![manifest.head.clone()] } else { vec![] };
    let verdict = events::verify(&db, &anchors, |_, _| {}).await?;
    if let Some(fault) = verdict.faults.first() {
        return Err(refused(
            "restore.chain",
            fault.what.clone(),
            format!("the event chain is broken: {}", fault.what),
        ));
    }
    Ok(())
}

/// 演练: restores a fresh backup into a temporary place, compares, and removes it.
///
/// # Errors
/// What [`backup`] and [`restore`] find.
pub async fn drill(app: &App, dir: &Path, progress: impl FnMut(u64, u64)) -> Result<Manifest> {
    let manifest = backup(app, dir, progress).await?;
    let temp = tempfile::TempDir::new().map_err(AppError::internal)?;
    let mut config = app.config().clone();
    config.data = temp.path().to_owned();
    let Some(url) = config.database.clone() else {
        restore(dir, &config).await?;
        return Ok(manifest);
    };
    let name = format!("jinggai_drill_{}", uuid::Uuid::now_v7().simple());
    app.db().script(&format!("CREATE DATABASE {name}")).await.map_err(|e| {
        refused(
            "drill.create",
            "演练需要在 PostgreSQL 上新建一个临时数据库，请给账号 CREATEDB 权限".into(),
            "the drill makes a temporary database: give the account CREATEDB".into(),
        )
        .caused_by(e)
    })?;
    config.database = Some(with_database(&url, &name));
    let outcome = restore(dir, &config).await;
    app.db().script(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await?;
    outcome.map(|_| manifest)
}

/// The same address with another database name.
fn with_database(url: &str, name: &str) -> String {
    let (address, query) = url.split_once('?').map_or((url, None), |(a, q)| (a, Some(q)));
    let server = address.find("://").map_or(0, |i| i + 3);
    let end = address[server..].find('/').map_or(address.len(), |i| server + i);
    let base = format!("{}/{name}", &address[..end]);
    query.map_or(base.clone(), |q| format!("{base}?{q}"))
}

#[cfg(test)]
mod tests {
    use super::with_database;

    #[test]
    fn the_database_name_is_replaced() {
        assert_eq!(with_database("postgres://u@h/a?host=/x", "b"), "postgres://u@h/b?host=/x");
        assert_eq!(with_database("postgres://u@h", "b"), "postgres://u@h/b");
    }
}
