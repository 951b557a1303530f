//! A base map in one PMTiles file (version 3), read where it lies.
//!
//! Read by offset, not mapped into memory: a file that is cut short under a mapping would end the whole process. What
//! changes under the reader is noticed by its length and time, and refused until the next start.
use super::{BaseTile, broken};
use crate::error::{AppError, Said};
use bytes::Bytes;
use jinggai_geo::{Bbox, TileId};
use pmtiles::{
    AsyncBackend, AsyncPmTilesReader, BackendResponse, HashMapCache, PmtError, PmtResult, TileCoord, TileType,
};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The version of the format that is read.
const VERSION: u8 = 3;

/// An open PMTiles file.
pub struct Archive {
    path: PathBuf,
    reader: AsyncPmTilesReader<Opened, HashMapCache>,
    attribution: String,
    media: &'static str,
}

struct Opened(Arc<File>);

impl AsyncBackend for Opened {
    async fn read(&self, offset: u64, length: usize) -> PmtResult<BackendResponse> {
        let file = self.0.clone();
        let read = tokio::task::spawn_blocking(move || read_at(&file, offset, length)).await;
        Ok(read.map_err(std::io::Error::other)??)
    }
}

/// Up to `length` bytes, and what the file looked like.
fn read_at(file: &File, offset: u64, length: usize) -> std::io::Result<BackendResponse> {
    let meta = file.metadata()?;
    let version = format!("{} {:?}", meta.len(), meta.modified()?);
    // Never more than the file has: the length comes from the file and may be a lie.
    let rest = usize::try_from(meta.len().saturating_sub(offset)).unwrap_or(usize::MAX);
    let mut bytes = vec![0; length.min(rest)];
    file.read_exact_at(&mut bytes, offset)?;
    Ok(BackendResponse::new_with_version(Bytes::from(bytes), version))
}

/// What a broken file is told as.
fn fault(path: &Path, e: &PmtError) -> Said {
    let name = path.display();
    let (zh, en) = match e {
        PmtError::Reading(e) => (format!("读不出来：{e}"), format!("cannot be read: {e}")),
        PmtError::InvalidMagicNumber | PmtError::InvalidHeader => {
            ("不是 PMTiles 文件，或文件不完整".to_owned(), "is no PMTiles file, or not whole".to_owned())
        }
        PmtError::UnsupportedPmTilesVersion => {
            ("不是第 3 版的 PMTiles 文件".to_owned(), "is not of PMTiles version 3".to_owned())
        }
        PmtError::UnsupportedCompression(c) => (
            format!("的压缩方式 {c:?} 不支持，应为 gzip 或不压缩"),
            format!("uses {c:?}; gzip or none is read"),
        ),
        PmtError::SourceModified => {
            ("在运行中被改动，请重新启动".to_owned(), "was changed while in use; start again".to_owned())
        }
        e => (format!("内容有误：{e}"), format!("is broken: {e}")),
    };
    Said::new(format!("底图文件 {name} {zh}"), format!("base map file {name} {en}"))
}

impl Archive {
    /// Opens the file and reads what it says of itself.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub async fn open(path: &Path) -> Result<Archive, Said> {
        Self::read(path).await.map_err(|e| fault(path, &e))
    }

    async fn read(path: &Path) -> PmtResult<Archive> {
        let file = Opened(Arc::new(File::open(path)?));
        let reader = AsyncPmTilesReader::try_from_cached_source(file, HashMapCache::default()).await?;
        // The crate knows versions by their first letters only, and 4 may begin like 3.
        if reader.get_header().spec_version() != VERSION {
            return Err(PmtError::UnsupportedPmTilesVersion);
        }
        let media = media(reader.get_header().tile_type).ok_or(PmtError::InvalidTileType)?;
        // A file may say nothing of itself.
        let metadata = match reader.get_metadata().await {
            Err(PmtError::InvalidMetadata) => String::new(),
            other => other?,
        };
        let metadata: serde_json::Value = serde_json::from_str(&metadata).unwrap_or_default();
        let attribution = metadata["attribution"].as_str().map(plain).unwrap_or_default();
        Ok(Archive { path: path.to_owned(), reader, attribution, media })
    }

    /// `image` or `mvt`.
    pub fn format(&self) -> &'static str {
        if self.media.starts_with("image/") { "image" } else { "mvt" }
    }

    /// First and last zoom.
    pub fn zooms(&self) -> (u8, u8) {
        let h = self.reader.get_header();
        (h.min_zoom, h.max_zoom)
    }

    /// The sources that the file names.
    pub fn attribution(&self) -> &str {
        &self.attribution
    }

    /// The box that the file covers; none when it says nothing of use.
    pub fn bounds(&self) -> Option<Bbox> {
        let h = self.reader.get_header();
        let b = Bbox::new(h.min_longitude, h.min_latitude, h.max_longitude, h.max_latitude);
        (b.w < b.e && b.s < b.n).then_some(b)
    }

    /// A tile, unpacked; none where the file has none.
    ///
    /// # Errors
    /// `basemap.file`.
    pub async fn tile(&self, t: TileId) -> Result<Option<BaseTile>, AppError> {
        let Ok(at) = TileCoord::new(t.z, t.x, t.y) else { return Ok(None) };
        match self.reader.get_tile_decompressed(at).await {
            Ok(tile) => Ok(tile.map(|bytes| BaseTile { media: self.media, bytes: bytes.to_vec() })),
            Err(e) => Err(broken(fault(&self.path, &e)).caused_by(e)),
        }
    }
}

fn media(kind: TileType) -> Option<&'static str> {
    match kind {
        TileType::Mvt => Some("application/vnd.mapbox-vector-tile"),
        TileType::Png => Some("image/png"),
        TileType::Jpeg => Some("image/jpeg"),
        TileType::Webp => Some("image/webp"),
        TileType::Avif => Some("image/avif"),
        _ => None,
    }
}

/// The text of an attribution that is written as HTML: it comes from a file of others and is shown as text.
fn plain(html: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            c if !inside => out.push(c),
            _ => {}
        }
    }
    out.replace("&copy;", "©").replace("&amp;", "&").trim().to_owned()
}
