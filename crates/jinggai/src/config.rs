//! Settings: one file, environment variables over it, the command line over both; each keeps where it came from.
mod basemap;
mod channels;
mod choice;
mod mail;

use crate::error::{AppError, Result};
use jinggai_db::Place;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

pub use basemap::{Basemap, BasemapCrs, BasemapKind};
pub use channels::Channels;
pub use choice::Secret;
pub use mail::{Mail, MailTls};

/// The name of the database inside the data directory.
pub const DATABASE_FILE: &str = "jinggai.gpkg";
/// The name of the settings file inside the data directory.
pub const SETTINGS_FILE: &str = "jinggai.toml";

/// Where a setting came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum From {
    /// Built in.
    Default,
    /// `jinggai.toml`.
    File,
    /// A `JINGGAI_…` variable.
    Environment,
    /// An option of the command.
    Option,
}

/// A setting with its origin.
#[derive(Clone, Debug, Serialize)]
pub struct Setting {
    /// Name in the file; the variable is `JINGGAI_` and the name in capitals.
    pub name: &'static str,
    /// What it is for, in Chinese.
    pub purpose: &'static str,
    /// Its value as text.
    pub value: String,
    /// Where it came from.
    pub from: From,
}

/// The values of one source; all are optional.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Given {
    /// `postgres://…`; empty = the embedded store.
    pub database: Option<String>,
    /// Address of the web server.
    pub listen: Option<String>,
    /// Certificate (PEM) for HTTPS.
    pub tls_cert: Option<PathBuf>,
    /// Private key (PEM) for HTTPS.
    pub tls_key: Option<PathBuf>,
    /// Base address printed on plates, `https://…`.
    pub public_url: Option<String>,
    /// Hours without a request after which a session ends.
    pub session_hours: Option<i64>,
    /// Wrong passwords in a row after which a user is locked out.
    pub login_failures: Option<i64>,
    /// Minutes for which a user is locked out.
    pub login_lock_minutes: Option<i64>,
    /// Largest upload in megabytes.
    pub upload_mb: Option<u64>,
    /// Days in which a well without owner or fallback must have one.
    pub ownership_days: Option<i64>,
    /// Metres within which two covers of one kind are the same.
    pub duplicate_metres: Option<f64>,
    /// Code scheme of numbers that the platform gives itself.
    pub code_scheme: Option<String>,
    /// District (6 digits) in the numbers of wells whose area is not known.
    pub district: Option<String>,
    /// Address that gets every notice as JSON.
    pub webhook_url: Option<String>,
    /// Bearer token for it.
    pub webhook_token: Option<String>,
    /// Address of the SMS gateway.
    pub sms_url: Option<String>,
    /// Bearer token for it.
    pub sms_token: Option<String>,
    /// Body for it: JSON with `{phone}`, `{text}`, `{id}`.
    pub sms_body: Option<String>,
    /// Mail server; empty = no e-mail.
    pub smtp_host: Option<String>,
    /// Its port; by `smtp_tls` when left out.
    pub smtp_port: Option<u16>,
    /// `tls`, `starttls` or `none`.
    pub smtp_tls: Option<String>,
    /// Login at it.
    pub smtp_user: Option<String>,
    /// Password for it.
    pub smtp_password: Option<String>,
    /// Sender of the mails.
    pub smtp_from: Option<String>,
    /// Base map: `none`, `xyz`, `pmtiles`, `tianditu`.
    pub basemap: Option<String>,
    /// How its tiles lie: `wgs84` or `gcj02`.
    pub basemap_crs: Option<String>,
    /// Its address, with `{z}`, `{x}`, `{y}`.
    pub basemap_url: Option<String>,
    /// What `{s}` in the address stands for, by commas.
    pub basemap_subdomains: Option<String>,
    /// What `{token}` in the address stands for.
    pub basemap_token: Option<String>,
    /// A PMTiles file, relative to the data directory.
    pub basemap_file: Option<PathBuf>,
    /// What must stand on the map.
    pub basemap_attribution: Option<String>,
    /// Its first zoom.
    pub basemap_min_zoom: Option<u8>,
    /// Its last zoom.
    pub basemap_max_zoom: Option<u8>,
}

/// All settings, with their origins.
#[derive(Clone, Debug)]
pub struct Config {
    /// The data directory.
    pub data: PathBuf,
    /// `postgres://…` or none for the embedded store.
    pub database: Option<String>,
    /// Address of the web server.
    pub listen: SocketAddr,
    /// Certificate and key for HTTPS.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// Base address printed on plates.
    pub public_url: String,
    /// Hours without a request after which a session ends.
    pub session_hours: i64,
    /// Wrong passwords in a row after which a user is locked out \[I\].
    pub login_failures: i64,
    /// Minutes for which a user is locked out \[I\].
    pub login_lock_minutes: i64,
    /// Largest upload in bytes.
    pub upload_bytes: u64,
    /// Days in which a well without owner or fallback must have one (`domain.md` 10.1 H12: 30 d \[I\]).
    pub ownership_days: i64,
    /// Metres within which two covers of one kind are the same (`domain.md` 10.2 `dup.distance`: 0.5 m \[I\]).
    pub duplicate_metres: f64,
    /// Code scheme of numbers that the platform gives itself (`domain.md` 3.2).
    pub code_scheme: String,
    /// District (6 digits) in the numbers of wells whose area is not known.
    pub district: String,
    /// 消息 to other systems and to telephones.
    pub channels: Channels,
    /// 底图.
    pub basemap: Basemap,
    /// Every setting with its origin, for `jinggai config`.
    pub settings: Vec<Setting>,
}

impl Config {
    /// Settings for `data`, with options of the command line over the environment over the file.
    ///
    /// # Errors
    /// When the file has an unknown key or a value does not fit; the message names it.
    pub fn load(data: &Path, options: Given) -> Result<Config> {
        Self::resolve(data, read_file(data)?, from_environment(|k| std::env::var(k).ok())?, options)
    }

    /// The same without looking at disk or environment.
    ///
    /// # Errors
    /// When a value does not fit.
    pub fn resolve(data: &Path, file: Given, env: Given, options: Given) -> Result<Config> {
        let mut settings = vec![];
        macro_rules! pick {
            ($field:ident, $purpose:literal, $default:expr) => {{
                let (value, from) = match (options.$field.clone(), env.$field.clone(), file.$field.clone()) {
                    (Some(v), _, _) => (Some(v), From::Option),
                    (_, Some(v), _) => (Some(v), From::Environment),
                    (_, _, Some(v)) => (Some(v), From::File),
                    _ => ($default, From::Default),
                };
                let text = value.as_ref().map(|v| serde_json::json!(v)).unwrap_or_default();
                let text = match &text {
                    serde_json::Value::Null => String::new(),
                    other => other.as_str().map_or_else(|| other.to_string(), str::to_owned),
                };
                settings.push(Setting { name: stringify!($field), purpose: $purpose, value: text, from });
                value
            }};
        }
        let database = pick!(database, "PostgreSQL 地址；留空用内嵌数据库", None).filter(|d| !d.is_empty());
        let listen =
            pick!(listen, "网页服务的监听地址", Some("127.0.0.1:8080".to_owned())).unwrap_or_default();
        let cert = pick!(tls_cert, "HTTPS 证书（PEM）", None);
        let key = pick!(tls_key, "HTTPS 私钥（PEM）", None);
        let public_url =
            pick!(public_url, "印在标识牌上的网址前缀", Some("http://127.0.0.1:8080".to_owned()));
        let session_hours = pick!(session_hours, "无操作多少小时后须重新登录", Some(12)).unwrap_or(12);
        let login_failures = pick!(login_failures, "口令连续输错多少次后锁定账号", Some(5)).unwrap_or(5);
        let login_lock_minutes = pick!(login_lock_minutes, "账号锁定多少分钟", Some(15)).unwrap_or(15);
        let upload_mb = pick!(upload_mb, "上传文件上限（MB）", Some(2048)).unwrap_or(2048);
        let ownership_days = pick!(ownership_days, "权属不明须在多少天内落实", Some(30)).unwrap_or(30);
        let duplicate_metres =
            pick!(duplicate_metres, "同类井盖相距多少米以内视为同一个", Some(0.5)).unwrap_or(0.5);
        let code_scheme = pick!(code_scheme, "自动编号用的编码规则", Some("cjt214-16".to_owned()));
        let district = pick!(district, "所在区域未知时编号中的 6 位行政区划", Some("500105".to_owned()));
        let given = [(&options, From::Option), (&env, From::Environment), (&file, From::File)];
        let channels = channels::resolve(given, &mut settings)?;
        let basemap = basemap::resolve(data, given, &mut settings)?;
        for s in &mut settings {
            if s.name == "database" {
                s.value = without_password(&s.value);
            }
        }
        let listen = listen
            .parse()
            .map_err(|e| bad("listen", &listen, "127.0.0.1:8080").caused_by(anyhow::Error::new(e)))?;
        is_postgres(database.as_deref())?;
        let tls = both(cert, key)?;
        if !(duplicate_metres > 0.0 && duplicate_metres <= 20.0) {
            return Err(bad("duplicate_metres", &duplicate_metres.to_string(), "0–20"));
        }
        Ok(Config {
            data: data.to_owned(),
            database,
            listen,
            tls,
            public_url: public_url.unwrap_or_default().trim_end_matches('/').to_owned(),
            session_hours: session_hours.max(1),
            login_failures: login_failures.max(1),
            login_lock_minutes: login_lock_minutes.max(1),
            upload_bytes: upload_mb.saturating_mul(1 << 20),
            ownership_days: ownership_days.max(1),
            duplicate_metres,
            code_scheme: code_scheme.unwrap_or_default(),
            district: district_code(district.unwrap_or_default())?,
            channels,
            basemap,
            settings,
        })
    }

    /// Where the store is.
    #[must_use]
    pub fn place(&self) -> Place {
        match &self.database {
            Some(url) => Place::Postgres(url.clone()),
            None => Place::File(self.data.join(DATABASE_FILE)),
        }
    }
}

fn is_postgres(database: Option<&str>) -> Result<()> {
    match database {
        Some(url) if !url.starts_with("postgres://") && !url.starts_with("postgresql://") => {
            Err(bad("database", url, "postgres://user@host/database"))
        }
        _ => Ok(()),
    }
}

fn district_code(code: String) -> Result<String> {
    if code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(code);
    }
    Err(bad("district", &code, "500105"))
}

/// Certificate and key belong together.
fn both(cert: Option<PathBuf>, key: Option<PathBuf>) -> Result<Option<(PathBuf, PathBuf)>> {
    match (cert, key) {
        (Some(c), Some(k)) => Ok(Some((c, k))),
        (None, None) => Ok(None),
        _ => Err(bad("tls_cert / tls_key", "只有一个", "两个都写")),
    }
}

fn bad(name: &str, value: &str, right: &str) -> AppError {
    AppError::field(
        "config.invalid",
        name,
        format!("设置 {name} 的值“{value}”不对，应如 {right}"),
        format!("setting {name}: {value:?} is wrong; right would be {right}"),
    )
}

fn without_password(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(a), Some(b)) if a + 3 < b => {
            let user = url[a + 3..b].split(':').next().unwrap_or_default();
            format!("{}{user}{}", &url[..a + 3], &url[b..])
        }
        _ => url.to_owned(),
    }
}

fn read_file(data: &Path) -> Result<Given> {
    let path = data.join(SETTINGS_FILE);
    let text = match std::fs::read_to_string(&path) {
        Ok(t) => t,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Given::default()),
        Err(e) => return Err(AppError::internal(e)),
    };
    toml::from_str(&text).map_err(|e| {
        AppError::field(
            "config.invalid",
            SETTINGS_FILE,
            format!("{} 有误：{e}", path.display()),
            format!("{}: {e}", path.display()),
        )
    })
}

fn from_environment(var: impl Fn(&str) -> Option<String>) -> Result<Given> {
    let text = |name: &str| var(&format!("JINGGAI_{}", name.to_uppercase())).filter(|v| !v.is_empty());
    fn number<T: std::str::FromStr>(name: &str, v: Option<String>) -> Result<Option<T>> {
        v.map(|v| v.parse().map_err(|_e| bad(&format!("JINGGAI_{}", name.to_uppercase()), &v, "一个数")))
            .transpose()
    }
    Ok(Given {
        database: text("database"),
        listen: text("listen"),
        tls_cert: text("tls_cert").map(PathBuf::from),
        tls_key: text("tls_key").map(PathBuf::from),
        public_url: text("public_url"),
        session_hours: number("session_hours", text("session_hours"))?,
        login_failures: number("login_failures", text("login_failures"))?,
        login_lock_minutes: number("login_lock_minutes", text("login_lock_minutes"))?,
        upload_mb: number("upload_mb", text("upload_mb"))?,
        ownership_days: number("ownership_days", text("ownership_days"))?,
        duplicate_metres: number("duplicate_metres", text("duplicate_metres"))?,
        code_scheme: text("code_scheme"),
        district: text("district"),
        webhook_url: text("webhook_url"),
        webhook_token: text("webhook_token"),
        sms_url: text("sms_url"),
        sms_token: text("sms_token"),
        sms_body: text("sms_body"),
        smtp_host: text("smtp_host"),
        smtp_port: number("smtp_port", text("smtp_port"))?,
        smtp_tls: text("smtp_tls"),
        smtp_user: text("smtp_user"),
        smtp_password: text("smtp_password"),
        smtp_from: text("smtp_from"),
        basemap: text("basemap"),
        basemap_crs: text("basemap_crs"),
        basemap_url: text("basemap_url"),
        basemap_subdomains: text("basemap_subdomains"),
        basemap_token: text("basemap_token"),
        basemap_file: text("basemap_file").map(PathBuf::from),
        basemap_attribution: text("basemap_attribution"),
        basemap_min_zoom: number("basemap_min_zoom", text("basemap_min_zoom"))?,
        basemap_max_zoom: number("basemap_max_zoom", text("basemap_max_zoom"))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_wins_over_environment_over_file() {
        let file: Given = toml::from_str("listen = \"127.0.0.1:1\"\nsession_hours = 3").unwrap();
        let env = from_environment(|k| (k == "JINGGAI_LISTEN").then(|| "127.0.0.1:2".to_owned())).unwrap();
        let c =
            Config::resolve(Path::new("d"), file, env, Given { listen: None, ..Given::default() }).unwrap();
        assert_eq!(c.listen.port(), 2);
        assert_eq!(c.session_hours, 3);
        let from = |n: &str| c.settings.iter().find(|s| s.name == n).unwrap().from;
        assert_eq!(
            (from("listen"), from("session_hours"), from("upload_mb")),
            (From::Environment, From::File, From::Default)
        );
    }

    #[test]
    fn an_unknown_key_or_a_wrong_value_is_named() {
        let e = toml::from_str::<Given>("lisen = \"x\"").unwrap_err().to_string();
        assert!(e.contains("lisen"), "{e}");
        let e = Config::resolve(
            Path::new("d"),
            Given { database: Some("mysql://x".into()), ..Given::default() },
            Given::default(),
            Given::default(),
        )
        .unwrap_err();
        assert_eq!(e.fields()[0].field, "database");
    }

    #[test]
    fn a_password_is_not_shown() {
        assert_eq!(without_password("postgres://u:secret@h/db"), "postgres://u@h/db");
        assert_eq!(without_password("postgres:///db"), "postgres:///db");
    }
}
