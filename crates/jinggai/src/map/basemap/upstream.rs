//! A base map of another server: 天地图, a copy of it, or any XYZ address.
//!
//! Only the configured address is asked, never where it redirects to; what comes back must be a picture or a vector
//! tile of bounded size. The address holds the token, so it stands in no message and no log.
use super::{BaseTile, BasemapLayer, layer};
use crate::config::{Basemap as Settings, BasemapKind};
use crate::error::{AppError, Kind, Said};
use jinggai_geo::TileId;
use reqwest::header::CONTENT_TYPE;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// How long the connection may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a tile may take in all.
const WHOLE: Duration = Duration::from_secs(10);
/// Largest tile in bytes.
const TILE_MAX: usize = 4 << 20;
/// Seconds between two lines of the log about a server that does not answer.
const COMPLAIN_EVERY: i64 = 60;

/// What a tile may be.
const MEDIA: [&str; 6] = [
    "image/png",
    "image/jpeg",
    "image/webp",
    "image/gif",
    "application/vnd.mapbox-vector-tile",
    "application/x-protobuf",
];

/// The layers of 天地图: id and title, group, overlay.
const TIANDITU: [([&str; 3], bool); 4] = [
    (["vec", "天地图矢量底图", "vector"], false),
    (["cva", "天地图矢量注记", "vector"], true),
    (["img", "天地图影像底图", "imagery"], false),
    (["cia", "天地图影像注记", "imagery"], true),
];

/// A server of tiles.
pub struct Upstream {
    client: reqwest::Client,
    template: String,
    subdomains: Vec<String>,
    token: String,
    complained: AtomicI64,
}

impl Upstream {
    /// Prepares to ask; asks nothing yet.
    ///
    /// # Errors
    /// When the machine cannot make secure connections at all.
    pub fn new(s: &Settings) -> Result<Upstream, Said> {
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .timeout(WHOLE)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("jinggai/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|e| {
                Said::new(format!("底图不能使用：{e}"), format!("the base map cannot be used: {e}"))
            })?;
        let template = match s.kind {
            BasemapKind::Tianditu => format!(
                "{}/{{layer}}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER={{layer}}&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX={{z}}&TILEROW={{y}}&TILECOL={{x}}&tk={{token}}",
                s.url
            ),
            _ => s.url.clone(),
        };
        let token = form_urlencoded::byte_serialize(s.token.reveal().as_bytes()).collect();
        let (subdomains, complained) = (s.subdomains.clone(), AtomicI64::new(0));
        Ok(Upstream { client, template, subdomains, token, complained })
    }

    /// Its layers.
    pub fn layers(&self, s: &Settings) -> Vec<BasemapLayer> {
        if s.kind == BasemapKind::Tianditu {
            return TIANDITU
                .iter()
                .map(|(names, overlay)| layer(*names, *overlay, "image", s.zooms))
                .collect();
        }
        let vector = [".mvt", ".pbf"].iter().any(|ending| s.url.contains(ending));
        vec![layer(["base", "底图", "base"], false, if vector { "mvt" } else { "image" }, s.zooms)]
    }

    fn address(&self, layer: &str, t: TileId) -> String {
        let n = u64::from(t.x) + u64::from(t.y);
        let count = self.subdomains.len().max(1) as u64;
        // Neighbours go to different hosts, the same tile always to the same.
        let sub =
            usize::try_from(n % count).ok().and_then(|i| self.subdomains.get(i)).map_or("", String::as_str);
        let from_south = (1u64 << t.z) - 1 - u64::from(t.y);
        self.template
            .replace("{layer}", layer)
            .replace("{s}", sub)
            .replace("{z}", &t.z.to_string())
            .replace("{x}", &t.x.to_string())
            .replace("{y}", &t.y.to_string())
            .replace("{-y}", &from_south.to_string())
            .replace("{token}", &self.token)
    }

    /// A tile; none where the server has none.
    ///
    /// # Errors
    /// `basemap.upstream`.
    pub async fn tile(&self, layer: &str, t: TileId) -> Result<Option<BaseTile>, AppError> {
        match self.ask(&self.address(layer, t)).await {
            Ok(tile) => Ok(tile),
            Err(why) => {
                self.complain(&why);
                Err(AppError::new(
                    Kind::Unavailable,
                    "basemap.upstream",
                    format!("底图服务没有给出瓦片：{}", why.zh),
                    format!("the server of the base map gave no tile: {}", why.en),
                ))
            }
        }
    }

    async fn ask(&self, address: &str) -> Result<Option<BaseTile>, Said> {
        let mut answer = self.client.get(address).send().await.map_err(|e| unreachable(&e))?;
        let status = answer.status();
        if matches!(status.as_u16(), 204 | 404) {
            return Ok(None);
        }
        if !status.is_success() {
            let code = status.as_u16();
            return Err(Said::new(format!("回答状态 {code}"), format!("it answered with status {code}")));
        }
        let given = answer.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let given = given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let Some(media) = MEDIA.into_iter().find(|m| *m == given) else {
            return Err(Said::new(
                format!("回答的类型是“{given}”，不是图片"),
                format!("it answered with {given:?}, no picture"),
            ));
        };
        let mut bytes = vec![];
        while let Some(part) = answer.chunk().await.map_err(|e| unreachable(&e))? {
            if bytes.len() + part.len() > TILE_MAX {
                return Err(Said::new("瓦片超过 4 MB", "the tile is larger than 4 MB"));
            }
            bytes.extend_from_slice(&part);
        }
        Ok((!bytes.is_empty()).then_some(BaseTile { media, bytes }))
    }

    /// One line now and then: a map asks for dozens of tiles at a time.
    fn complain(&self, why: &Said) {
        let now = jiff::Timestamp::now().as_second();
        let last = self.complained.load(Ordering::Relaxed);
        let mine = now - last >= COMPLAIN_EVERY
            && self.complained.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if mine {
            tracing::warn!(why = why.en, "the base map's server gives no tiles");
        }
    }
}

/// Why there was no answer, in words of ours: the error itself names the address, and that holds the token.
fn unreachable(e: &reqwest::Error) -> Said {
    if e.is_timeout() {
        Said::new("没有在 10 秒内回答", "it did not answer within 10 seconds")
    } else if e.is_connect() {
        Said::new("连接不上", "it cannot be reached")
    } else {
        Said::new("回答不完整", "its answer broke off")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Given};
    use std::path::Path;

    fn upstream(text: &str) -> Upstream {
        let file: Given = toml::from_str(text).unwrap();
        let c = Config::resolve(Path::new("d"), file, Given::default(), Given::default()).unwrap();
        Upstream::new(&c.basemap).unwrap()
    }

    #[test]
    fn addresses_are_those_of_the_template() {
        // 13/6521/3390 is what 天地图 was seen to be asked for at 106.574, 29.606.
        let t = TileId::new(13, 6521, 3390).unwrap();
        let u = upstream("basemap = 'tianditu'\nbasemap_token = 'a&b'");
        assert_eq!(
            u.address("vec", t),
            "https://t7.tianditu.gov.cn/vec_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER=vec&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX=13&TILEROW=3390&TILECOL=6521&tk=a%26b"
        );
        let u = upstream("basemap = 'xyz'\nbasemap_url = 'http://m/{z}/{x}/{-y}.png'");
        assert_eq!(u.address("base", t), "http://m/13/6521/4801.png");
    }
}
