//! 底图: the map beneath, as configured, through this server.
//!
//! The browser asks only this server: the content policy stays closed, a token stays here, and a district without a way
//! out has its file. Tiles of others are passed on with headers for the browser's own cache and are not stored here:
//! their terms rarely allow it. What is broken is said where the layers are listed; the rest of the platform goes on.
mod archive;
mod http;
mod upstream;

use crate::config::{Basemap as Settings, BasemapKind};
use crate::error::{AppError, Kind, Said};
use archive::Archive;
use jinggai_geo::{Bbox, TileId};
use serde::Serialize;
use upstream::Upstream;
use utoipa::ToSchema;

pub use http::routes;

/// A tile of a base map.
pub struct BaseTile {
    /// What it is.
    pub media: &'static str,
    /// The tile.
    pub bytes: Vec<u8>,
}

/// One layer of the base map.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct BasemapLayer {
    /// Its name in addresses.
    pub id: String,
    /// Its name for people.
    pub title: String,
    /// Layers of one group are drawn together, in this order; one group at a time.
    pub group: String,
    /// Drawn over the others of its group (labels).
    pub overlay: bool,
    /// Where its tiles are, on this server.
    pub url: String,
    /// `image`, or `mvt` for vector tiles.
    pub format: &'static str,
    /// First zoom.
    pub min_zoom: u8,
    /// Last zoom.
    pub max_zoom: u8,
}

/// The base map of a running platform.
pub struct Basemap {
    settings: Settings,
    source: Source,
}

enum Source {
    None,
    Server(Upstream),
    File(Box<Archive>),
    Broken(Said),
}

impl Basemap {
    /// Opens the base map of these settings. What cannot be opened is a fault of the base map, told by
    /// [`Basemap::fault`], and no reason not to start.
    pub async fn open(settings: &Settings) -> Basemap {
        let source = match settings.kind {
            BasemapKind::None => Ok(Source::None),
            BasemapKind::Xyz | BasemapKind::Tianditu => Upstream::new(settings).map(Source::Server),
            BasemapKind::PmTiles => Archive::open(&settings.file).await.map(|a| Source::File(Box::new(a))),
        };
        Basemap { settings: settings.clone(), source: source.unwrap_or_else(Source::Broken) }
    }

    /// What is wrong with it.
    #[must_use]
    pub fn fault(&self) -> Option<&Said> {
        match &self.source {
            Source::Broken(said) => Some(said),
            _ => None,
        }
    }

    /// The settings it was opened with.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Its layers, lowest first.
    #[must_use]
    pub fn layers(&self) -> Vec<BasemapLayer> {
        match &self.source {
            Source::None | Source::Broken(_) => vec![],
            Source::Server(s) => s.layers(&self.settings),
            Source::File(a) => vec![layer(["base", "底图", "base"], false, a.format(), a.zooms())],
        }
    }

    /// What must stand on the map.
    #[must_use]
    pub fn attribution(&self) -> &str {
        match &self.source {
            Source::File(a) if self.settings.attribution.is_empty() => a.attribution(),
            _ => &self.settings.attribution,
        }
    }

    /// The box that the map covers, when it says so.
    #[must_use]
    pub fn bounds(&self) -> Option<Bbox> {
        match &self.source {
            Source::File(a) => a.bounds(),
            _ => None,
        }
    }

    /// A tile; none where the map has none.
    ///
    /// # Errors
    /// `basemap.upstream` when the server of the map does not answer as it should, `basemap.file` when the file is
    /// broken.
    pub async fn tile(&self, layer: &str, tile: TileId) -> Result<Option<BaseTile>, AppError> {
        let known = self.layers().into_iter().find(|l| l.id == layer);
        match (&self.source, known) {
            (Source::Broken(said), _) => Err(broken(said.clone())),
            (_, None) => Ok(None),
            (_, Some(l)) if !(l.min_zoom..=l.max_zoom).contains(&tile.z) => Ok(None),
            (Source::Server(s), _) => s.tile(layer, tile).await,
            (Source::File(a), _) => a.tile(tile).await,
            (Source::None, _) => Ok(None),
        }
    }
}

fn broken(said: Said) -> AppError {
    AppError::new(Kind::Unavailable, "basemap.file", said.zh, said.en)
}

/// A layer: id, title and group.
fn layer(names: [&str; 3], overlay: bool, format: &'static str, zooms: (u8, u8)) -> BasemapLayer {
    let [id, title, group] = names;
    BasemapLayer {
        id: id.to_owned(),
        title: title.to_owned(),
        group: group.to_owned(),
        overlay,
        url: format!("/basemap/{id}/{{z}}/{{x}}/{{y}}"),
        format,
        min_zoom: zooms.0,
        max_zoom: zooms.1,
    }
}
