//! Backups: whole, of one moment, checked, and only into an empty place.
#![allow(clippy::unwrap_used)]
use jinggai::app::App;
use jinggai::backup::{self, MANIFEST};
use jinggai::config::{Config, Given};
use jinggai::registry::ledger::{self, Entry};
use jinggai_db::events::{self, Who};
use jinggai_db::sql;
use jinggai_test::drafts::well;
use jinggai_test::{Store, TestApp, on_both_stores};
use std::path::{Path, PathBuf};

async fn enter(app: &App, code: &str) {
    let mut tx = app.db().begin().await.unwrap();
    let (_, ev) = ledger::create(&mut tx, &[well(code, 106.57, 29.6)], &Entry::now(30, None)).await.unwrap();
    events::append(&mut tx, &Who::system("test"), ev).await.unwrap();
    tx.commit().await.unwrap();
}

async fn file(app: &App, text: &str) -> String {
    let hash = app.files().put(text.as_bytes().to_vec()).await.unwrap();
    let mut tx = app.db().begin().await.unwrap();
    tx.run(sql!(
        "INSERT INTO files (hash, size, media_type, name, created_at) VALUES (?, 1, 'text/plain', 'x', ?)",
        &hash,
        jiff::Timestamp::now()
    ))
    .await
    .unwrap();
    tx.commit().await.unwrap();
    hash
}

async fn made(app: &TestApp) -> (PathBuf, String) {
    enter(&app.app, "A-1").await;
    enter(&app.app, "A-2").await;
    let hash = file(&app.app, "一张照片").await;
    let dir = app.dir().join("backup");
    backup::backup(&app.app, &dir, |_, _| {}).await.unwrap();
    (dir, hash)
}

fn empty_place(app: &TestApp, dir: &Path) -> Config {
    let given = Given { database: app.app.config().database.clone(), ..Given::default() };
    Config::resolve(dir, Given::default(), Given::default(), given).unwrap()
}

on_both_stores! {
    async fn the_drill_restores_and_compares(app: TestApp) {
        enter(&app.app, "A-1").await;
        file(&app.app, "一张照片").await;
        let dir = app.dir().join("backup");
        let m = backup::drill(&app.app, &dir, |_, _| {}).await.unwrap();
        assert_eq!((m.tables["covers"], m.tables["events"], m.files.len(), m.head.seq), (1, 1, 1, 1));
        assert_eq!(backup::check(&dir).unwrap(), m);
    }

    async fn a_backup_is_of_one_moment_while_others_write(app: TestApp) {
        enter(&app.app, "A-0").await;
        let writer = tokio::spawn({
            let app = app.app.clone();
            async move { for i in 1..40 { enter(&app, &format!("A-{i}")).await; } }
        });
        let m = backup::drill(&app.app, &app.dir().join("backup"), |_, _| {}).await.unwrap();
        writer.await.unwrap();
        assert_eq!(m.tables["covers"], m.tables["events"], "each well was entered with its event");
        assert_eq!(m.tables["covers"], m.tables["cover_facts"]);
    }

    async fn a_damaged_or_unfinished_backup_restores_nothing(app: TestApp) {
        let (dir, hash) = made(&app).await;
        let photo = dir.join("photos").join(&hash[..2]).join(&hash);
        std::fs::write(&photo, "另一张").unwrap();
        let target = tempfile::TempDir::new().unwrap();
        let e = backup::restore(&dir, &empty_place(&app, target.path())).await.unwrap_err();
        assert_eq!(e.code(), "backup.damaged");
        assert!(e.to_string().contains(&hash), "{e}");
        std::fs::remove_file(&photo).unwrap();
        assert!(backup::check(&dir).unwrap_err().to_string().contains("缺失"));
        std::fs::remove_file(dir.join(MANIFEST)).unwrap();
        assert_eq!(backup::check(&dir).unwrap_err().code(), "backup.unfinished");
        assert!(!target.path().join("jinggai.gpkg").exists());
    }

    async fn a_full_place_is_not_overwritten(app: TestApp) {
        let (dir, _) = made(&app).await;
        let e = backup::restore(&dir, app.app.config()).await.unwrap_err();
        assert_eq!(e.code(), "restore.not_empty");
        let e = backup::backup(&app.app, &dir, |_, _| {}).await.unwrap_err();
        assert_eq!(e.code(), "backup.not_empty");
    }

    async fn a_photo_that_rotted_on_disk_is_not_backed_up_as_good(app: TestApp) {
        enter(&app.app, "A-1").await;
        let hash = file(&app.app, "一张照片").await;
        std::fs::write(app.app.files().path(&hash).unwrap(), "烂了").unwrap();
        let dir = app.dir().join("backup");
        let e = backup::backup(&app.app, &dir, |_, _| {}).await.unwrap_err();
        assert_eq!(e.code(), "backup.damaged_file");
        assert!(!dir.join(MANIFEST).exists());
    }

    async fn a_restored_place_goes_on_where_it_stopped(app: TestApp) {
        if app.store == Store::Postgres {
            return; // restoring in place of a database is what the drill shows there
        }
        let (dir, hash) = made(&app).await;
        let target = tempfile::TempDir::new().unwrap();
        let config = empty_place(&app, target.path());
        backup::restore(&dir, &config).await.unwrap();
        let restored = App::open(config).await.unwrap();
        enter(&restored, "A-3").await;
        assert_eq!(restored.files().get(&hash).await.unwrap(), "一张照片".as_bytes());
        assert!(events::verify(restored.db(), &[], |_, _| {}).await.unwrap().faults.is_empty());
    }
}
