//! What every request and job works with.
use crate::cases::rules::RulesCache;
use crate::config::Config;
use crate::error::Result;
use crate::files::Files;
use crate::identity::Throttle;
use crate::map::{Basemap, TileCache};
use crate::press::Press;
use jinggai_db::Db;
use std::sync::Arc;
use tokio::sync::{Notify, Semaphore};

/// Exports that run at the same time: each holds a reader of the store for as long as its receiver takes.
const EXPORTS: usize = 2;

/// The running platform: store, files and settings. Cheap to clone; there are no globals.
#[derive(Clone)]
pub struct App {
    inner: Arc<Inner>,
}

struct Inner {
    db: Db,
    files: Files,
    config: Config,
    changed: Notify,
    tiles: TileCache,
    rules: RulesCache,
    basemap: Basemap,
    throttle: Throttle,
    press: Press,
    exports: Arc<Semaphore>,
}

impl App {
    /// Opens the store (taking missing migrations) and the file folder.
    ///
    /// # Errors
    /// When the store cannot be reached or its schema is unknown.
    pub async fn open(config: Config) -> Result<App> {
        let db = crate::store::open(&config.place()).await?;
        let files = Files::new(config.data.join("photos"));
        let press = Press::new(config.data.join("fonts"));
        let basemap = Basemap::open(&config.basemap).await;
        Ok(App {
            inner: Arc::new(Inner {
                db,
                files,
                config,
                changed: Notify::new(),
                tiles: TileCache::default(),
                rules: RulesCache::default(),
                basemap,
                throttle: Throttle::default(),
                press,
                exports: Arc::new(Semaphore::new(EXPORTS)),
            }),
        })
    }

    /// The store.
    #[must_use]
    pub fn db(&self) -> &Db {
        &self.inner.db
    }
    /// Photos and documents.
    #[must_use]
    pub fn files(&self) -> &Files {
        &self.inner.files
    }
    /// The settings.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.inner.config
    }
    /// Told after every commit of this process, so that live push and job workers look at once.
    #[must_use]
    pub fn changed(&self) -> &Notify {
        &self.inner.changed
    }
    /// Encoded map tiles of the present state.
    #[must_use]
    pub fn tiles(&self) -> &TileCache {
        &self.inner.tiles
    }
    /// The rules that cases run by, as last read.
    #[must_use]
    pub fn rules(&self) -> &RulesCache {
        &self.inner.rules
    }
    /// What lies beneath the map.
    #[must_use]
    pub fn basemap(&self) -> &Basemap {
        &self.inner.basemap
    }
    /// Where documents are set.
    #[must_use]
    pub fn press(&self) -> &Press {
        &self.inner.press
    }
    /// Leave to run one more export.
    #[must_use]
    pub fn exports(&self) -> &Arc<Semaphore> {
        &self.inner.exports
    }
    /// Failed log-ins by address.
    #[must_use]
    pub fn throttle(&self) -> &Throttle {
        &self.inner.throttle
    }
}
