//! Photos and documents on disk, each under the SHA-256 of its bytes: the same bytes are kept once.
//!
//! A file is written and synced before the transaction that refers to it, so a reference never dangles; a file that
//! no transaction came to refer to is harmless.
use crate::error::{AppError, Result};
use sha2::{Digest, Sha256};
use std::io::Write;
use std::path::{Path, PathBuf};

/// The folder of files.
#[derive(Clone, Debug)]
pub struct Files {
    root: PathBuf,
}

impl Files {
    /// Files below `root`, which is made when needed.
    #[must_use]
    pub fn new(root: PathBuf) -> Self {
        Files { root }
    }

    /// The folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where a file of this hash is.
    ///
    /// # Errors
    /// When the text is no SHA-256 in lower-case hexadecimal: never build a path from anything else.
    pub fn path(&self, hash: &str) -> Result<PathBuf> {
        let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if hash.len() != 64 || !hash.bytes().all(hex) {
            return Err(AppError::not_found("个文件", "file"));
        }
        Ok(self.root.join(&hash[..2]).join(hash))
    }

    /// Keeps the bytes and gives their hash. Done only when they are on the disk.
    ///
    /// # Errors
    /// When the disk refuses.
    pub async fn put(&self, bytes: Vec<u8>) -> Result<String> {
        let me = self.clone();
        tokio::task::spawn_blocking(move || {
            let hash = digest(&bytes);
            let path = me.path(&hash)?;
            if !path.exists() {
                write_whole(&path, &bytes).map_err(AppError::internal)?;
            }
            Ok(hash)
        })
        .await
        .map_err(AppError::internal)?
    }

    /// Keeps a file that is already on disk, by copying it.
    ///
    /// # Errors
    /// When it cannot be read or copied.
    pub async fn put_path(&self, from: PathBuf) -> Result<String> {
        let me = self.clone();
        tokio::task::spawn_blocking(move || {
            let hash = digest_path(&from).map_err(AppError::internal)?;
            let path = me.path(&hash)?;
            if !path.exists() {
                copy_whole(&from, &path).map_err(AppError::internal)?;
            }
            Ok(hash)
        })
        .await
        .map_err(AppError::internal)?
    }

    /// The bytes of a file.
    ///
    /// # Errors
    /// When it is not there.
    pub async fn get(&self, hash: &str) -> Result<Vec<u8>> {
        let path = self.path(hash)?;
        tokio::fs::read(path).await.map_err(|e| AppError::not_found("个文件", "file").caused_by(e))
    }
}

/// SHA-256 in lower-case hexadecimal.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(bytes))
}

/// SHA-256 of a file, read in pieces.
///
/// # Errors
/// When it cannot be read.
pub fn digest_path(path: &Path) -> std::io::Result<String> {
    let mut hasher = Sha256::new();
    let mut file = std::fs::File::open(path)?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        let n = std::io::Read::read(&mut file, &mut buffer)?;
        if n == 0 {
            return Ok(data_encoding::HEXLOWER.encode(&hasher.finalize()));
        }
        hasher.update(&buffer[..n]);
    }
}

fn temporary(path: &Path) -> std::io::Result<(PathBuf, PathBuf)> {
    let dir = path.parent().map(Path::to_path_buf).unwrap_or_default();
    std::fs::create_dir_all(&dir)?;
    let temp = dir.join(format!(".{}", uuid::Uuid::now_v7()));
    Ok((dir, temp))
}

/// Writes under another name, syncs, renames: a reader never sees half a file.
fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let (dir, temp) = temporary(path)?;
    let mut f = std::fs::File::create(&temp)?;
    f.write_all(bytes)?;
    f.sync_all()?;
    std::fs::rename(&temp, path)?;
    std::fs::File::open(dir)?.sync_all()
}

fn copy_whole(from: &Path, path: &Path) -> std::io::Result<()> {
    let (dir, temp) = temporary(path)?;
    std::fs::copy(from, &temp)?;
    std::fs::File::open(&temp)?.sync_all()?;
    std::fs::rename(&temp, path)?;
    std::fs::File::open(dir)?.sync_all()
}
