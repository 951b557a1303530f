//! Settings of the base map (底图): none, any XYZ server, 天地图, or a PMTiles file beside the database.
//!
//! Only what is written here is ever asked for; a token stays here and is never shown.
use super::choice::{Choice, Secret};
use super::{From, Given, Setting, bad};
use crate::error::Result;
use serde::Serialize;
use std::path::{Path, PathBuf};
use utoipa::ToSchema;

/// Where a base map comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum BasemapKind {
    /// None: only what the ledger holds is drawn.
    #[default]
    None,
    /// A server of tiles, by an address with `{z}`, `{x}`, `{y}`.
    Xyz,
    /// A PMTiles file.
    PmTiles,
    /// 天地图, or a copy of it that speaks the same.
    Tianditu,
}

/// How the tiles lie: 火星坐标 tiles are shifted against what the ledger holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum BasemapCrs {
    /// WGS-84 or CGCS2000, Web Mercator: as the ledger.
    #[default]
    Wgs84,
    /// GCJ-02, Web Mercator: whoever draws shifts the ledger's places onto it, and clicks back.
    Gcj02,
}

/// The base map as configured.
#[derive(Clone, Debug, Default)]
pub struct Basemap {
    /// Where it comes from.
    pub kind: BasemapKind,
    /// How it lies.
    pub crs: BasemapCrs,
    /// Address with `{z}`, `{x}`, `{y}` or `{-y}`, `{s}`, `{token}`; of 天地图 the address of the service.
    pub url: String,
    /// What `{s}` stands for, in turn.
    pub subdomains: Vec<String>,
    /// What `{token}` stands for.
    pub token: Secret,
    /// The PMTiles file.
    pub file: PathBuf,
    /// What must stand on the map (审图号).
    pub attribution: String,
    /// Zooms there are, when they do not come from the file.
    pub zooms: (u8, u8),
}

/// The public service of 天地图 (`tile_sources_cn`: t0–t7).
const TIANDITU: &str = "https://t{s}.tianditu.gov.cn";
/// Deepest zoom that may be configured.
const ZOOM_MAX: u8 = 22;

/// The base map of these settings, options over environment over file; each is noted with its origin.
///
/// # Errors
/// `config.invalid` for a value that does not fit, or one that is missing for this kind of base map.
pub(super) fn resolve(
    data: &Path,
    given: [(&Given, From); 3],
    settings: &mut Vec<Setting>,
) -> Result<Basemap> {
    let mut c = Choice::new(given, settings);
    let kind = c.take("basemap", "底图：none、xyz、pmtiles、tianditu", |g| g.basemap.clone());
    let crs =
        c.take("basemap_crs", "底图坐标：wgs84（含 CGCS2000）或 gcj02", |g| g.basemap_crs.clone());
    let url = c.take("basemap_url", "底图地址，含 {z} {x} {y}；天地图可留空", |g| {
        g.basemap_url.clone()
    });
    let subdomains = c.take("basemap_subdomains", "地址中 {s} 的取值，逗号分隔", |g| {
        g.basemap_subdomains.clone()
    });
    let token = c.take("basemap_token", "底图密钥，只留在服务器", |g| g.basemap_token.clone());
    let file = c.take("basemap_file", "PMTiles 文件，相对于数据目录", |g| {
        g.basemap_file.clone().map(Shown)
    });
    let attribution = c.take("basemap_attribution", "图上须标注的来源和审图号", |g| {
        g.basemap_attribution.clone()
    });
    let min = c.take("basemap_min_zoom", "底图最小级别", |g| g.basemap_min_zoom);
    let max = c.take("basemap_max_zoom", "底图最大级别", |g| g.basemap_max_zoom);
    let kind = kind_of(kind.as_deref().unwrap_or("none"))?;
    let crs = crs_of(crs.as_deref().unwrap_or("wgs84"))?;
    let tianditu = kind == BasemapKind::Tianditu;
    let zooms = zooms(min.unwrap_or(u8::from(tianditu)), max.unwrap_or(18))?;
    let url = url
        .filter(|u| !u.is_empty())
        .unwrap_or_else(|| if tianditu { TIANDITU.into() } else { String::new() });
    let subdomains: Vec<String> = subdomains
        .unwrap_or_default()
        .split(',')
        .map(|s| s.trim().to_owned())
        .filter(|s| !s.is_empty())
        .collect();
    let basemap = Basemap {
        subdomains: if tianditu && subdomains.is_empty() {
            (0..8).map(|n| n.to_string()).collect()
        } else {
            subdomains
        },
        kind,
        crs,
        url: url.trim_end_matches('/').to_owned(),
        token: Secret::from(token),
        file: file.map(|f| data.join(f.0)).unwrap_or_default(),
        attribution: attribution.unwrap_or_else(|| if tianditu { "天地图".into() } else { String::new() }),
        zooms,
    };
    basemap.check()?;
    Ok(basemap)
}

/// A path as a setting shows it.
#[derive(Clone)]
struct Shown(PathBuf);
impl std::fmt::Display for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.display().fmt(f)
    }
}

fn kind_of(text: &str) -> Result<BasemapKind> {
    Ok(match text {
        "none" | "" => BasemapKind::None,
        "xyz" => BasemapKind::Xyz,
        "pmtiles" => BasemapKind::PmTiles,
        "tianditu" => BasemapKind::Tianditu,
        _ => return Err(bad("basemap", text, "none、xyz、pmtiles 或 tianditu")),
    })
}

fn crs_of(text: &str) -> Result<BasemapCrs> {
    match text {
        "wgs84" => Ok(BasemapCrs::Wgs84),
        "gcj02" => Ok(BasemapCrs::Gcj02),
        _ => Err(bad("basemap_crs", text, "wgs84 或 gcj02")),
    }
}

fn zooms(min: u8, max: u8) -> Result<(u8, u8)> {
    if min <= max && max <= ZOOM_MAX {
        return Ok((min, max));
    }
    Err(bad("basemap_min_zoom / basemap_max_zoom", &format!("{min}–{max}"), "0–18"))
}

impl Basemap {
    fn check(&self) -> Result<()> {
        let url = &self.url;
        let row = url.contains("{y}") || url.contains("{-y}");
        match self.kind {
            BasemapKind::None => return Ok(()),
            BasemapKind::PmTiles if self.file.as_os_str().is_empty() => {
                return Err(bad("basemap_file", "", "basemap/district.pmtiles"));
            }
            BasemapKind::PmTiles => return Ok(()),
            BasemapKind::Tianditu if self.token.reveal().is_empty() => {
                return Err(bad("basemap_token", "", "在天地图申请的密钥"));
            }
            BasemapKind::Xyz if !(url.contains("{z}") && url.contains("{x}") && row) => {
                return Err(bad("basemap_url", url, "https://tiles.example.cn/{z}/{x}/{y}.png"));
            }
            BasemapKind::Xyz | BasemapKind::Tianditu => {}
        }
        let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        if host.is_none_or(|h| h.is_empty() || h.starts_with('/')) {
            return Err(bad("basemap_url", url, "http:// 或 https:// 开头的地址"));
        }
        if url.contains("{s}") == self.subdomains.is_empty() && !self.is_plain_tianditu() {
            return Err(bad(
                "basemap_subdomains",
                &self.subdomains.join(","),
                "地址里有 {s} 时如 0,1,2,3，没有时不写",
            ));
        }
        if url.contains("{token}") && self.token.reveal().is_empty() {
            return Err(bad("basemap_token", "", "地址里 {token} 的值"));
        }
        Ok(())
    }

    /// A copy of 天地图 has one address; its default subdomains then stand for nothing.
    fn is_plain_tianditu(&self) -> bool {
        self.kind == BasemapKind::Tianditu && !self.url.contains("{s}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn config(text: &str) -> Result<Config> {
        let file: Given = toml::from_str(text).unwrap();
        Config::resolve(Path::new("d"), file, Given::default(), Given::default())
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        for (text, field) in [
            ("basemap = 'google'", "basemap"),
            ("basemap_crs = 'bd09'", "basemap_crs"),
            ("basemap = 'xyz'", "basemap_url"),
            ("basemap = 'xyz'\nbasemap_url = 'https://h/{z}/{x}.png'", "basemap_url"),
            ("basemap = 'xyz'\nbasemap_url = 'ftp://h/{z}/{x}/{y}'", "basemap_url"),
            ("basemap = 'xyz'\nbasemap_url = 'file:///{z}/{x}/{y}'", "basemap_url"),
            ("basemap = 'xyz'\nbasemap_url = 'https://t{s}/{z}/{x}/{y}'", "basemap_subdomains"),
            (
                "basemap = 'xyz'\nbasemap_url = 'https://t/{z}/{x}/{y}'\nbasemap_subdomains = 'a'",
                "basemap_subdomains",
            ),
            ("basemap = 'xyz'\nbasemap_url = 'https://t/{z}/{x}/{y}?tk={token}'", "basemap_token"),
            ("basemap = 'tianditu'", "basemap_token"),
            ("basemap = 'pmtiles'", "basemap_file"),
            ("basemap_min_zoom = 9\nbasemap_max_zoom = 3", "basemap_min_zoom / basemap_max_zoom"),
        ] {
            let e = config(text).unwrap_err();
            assert_eq!((e.code(), e.fields()[0].field.as_str()), ("config.invalid", field), "{text}");
        }
    }

    #[test]
    fn the_token_is_never_shown() {
        let c = config("basemap = 'tianditu'\nbasemap_token = 'k3y'").unwrap();
        assert_eq!(c.basemap.token.reveal(), "k3y");
        assert_eq!((c.basemap.subdomains.len(), c.basemap.zooms), (8, (1, 18)));
        assert!(!format!("{c:?}").contains("k3y"), "{c:?}");
        let shown = c.settings.iter().find(|s| s.name == "basemap_token").unwrap();
        assert_eq!((shown.value.as_str(), shown.from), ("***", From::File));
    }

    #[test]
    fn a_file_lies_beside_the_database() {
        let c =
            config("basemap = 'pmtiles'\nbasemap_file = 'maps/jb.pmtiles'\nbasemap_crs = 'gcj02'").unwrap();
        assert_eq!(
            (c.basemap.file.as_path(), c.basemap.crs),
            (Path::new("d/maps/jb.pmtiles"), BasemapCrs::Gcj02)
        );
        assert_eq!(config("").unwrap().basemap.kind, BasemapKind::None);
    }
}
