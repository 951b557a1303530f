//! The printing press: fonts loaded once, a few documents at a time on blocking threads.
//!
//! Typesetting takes a processor for seconds; without a limit, a handful of requests would stop everything else.
use crate::error::{AppError, Result};
use jinggai_paper::{Fonts, Paper, PaperError};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use tokio::sync::Semaphore;

/// Documents that are set at the same time.
const AT_ONCE: usize = 2;

/// The press of this process.
#[derive(Clone)]
pub struct Press {
    folder: PathBuf,
    fonts: Arc<OnceLock<Fonts>>,
    permits: Arc<Semaphore>,
}

impl Press {
    /// A press with the district's own fonts in `folder`, which need not exist.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Press { folder, fonts: Arc::default(), permits: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// Sets a document.
    ///
    /// # Errors
    /// When fonts or data cannot be used.
    pub async fn print(
        &self,
        set: impl FnOnce(&Fonts) -> std::result::Result<Paper, PaperError> + Send + 'static,
    ) -> Result<Paper> {
        let permit = self.permits.clone().acquire_owned().await.map_err(AppError::internal)?;
        let press = self.clone();
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let paper = match press.fonts.get() {
                Some(fonts) => set(fonts),
                None => {
                    let loaded =
                        Fonts::load(std::slice::from_ref(&press.folder)).map_err(AppError::internal)?;
                    set(press.fonts.get_or_init(|| loaded))
                }
            };
            paper.map_err(AppError::internal)
        })
        .await
        .map_err(AppError::internal)?
    }
}
