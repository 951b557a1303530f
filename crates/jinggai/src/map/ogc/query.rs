//! What a request for features asks: the standard's own parameters here, everything else is the collection's filter.
//!
//! The standard prescribes 400 for every parameter that is unknown or wrong; each is named, with what would be right.
use super::crs::OgcCrs;
use crate::clock;
use crate::error::{AppError, Kind, Result, Said};
use crate::http::page::Cursor;
use jiff::{SignedDuration, Timestamp, ToSpan};
use jinggai_geo::Bbox;
use serde::{Deserialize, Serialize};

/// Features of a page when nobody asks for another number.
pub const LIMIT: usize = 100;
/// Most features of a page; whoever asks for more gets this many, as the standard prescribes.
pub const LIMIT_MAX: usize = 1000;

/// Where the next page begins, and what the first page found: later pages cost no second count, and what is entered
/// meanwhile is left to the next reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// Last row given.
    pub after: i64,
    /// Last row of the collection at the first page.
    pub upto: i64,
    /// Features of all pages.
    pub total: i64,
}

/// Moments from–to of the last change, both included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before; the resolution of the store is a millisecond.
    pub until: Option<Timestamp>,
}

/// The standard's parameters of a request for features.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    /// Features wanted.
    pub limit: usize,
    /// Where the page begins.
    pub key: Option<Key>,
    /// Only within any of these.
    pub boxes: Option<Vec<Bbox>>,
    /// Only changed then.
    pub changed: Option<Changed>,
    /// The system of the answer.
    pub crs: OgcCrs,
    /// The request without its cursor: what the next page asks again.
    pub again: Vec<(String, String)>,
    /// What is not the standard's: the collection's filter.
    pub filter: Vec<(String, String)>,
}

/// A refusal of a parameter's value.
pub fn wrong(field: &str, value: &str, zh: &str, en: &str) -> AppError {
    AppError::field(
        "query.invalid",
        field,
        format!("参数 {field} 的值“{value}”不对，{zh}"),
        format!("parameter {field}: {value:?} is wrong; {en}"),
    )
    .of_kind(Kind::BadQuery)
}

/// Name–value pairs of a query string; a name given twice is refused.
fn pairs(query: Option<&str>) -> Result<Vec<(String, String)>> {
    let pairs: Vec<(String, String)> =
        form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect();
    for (i, (name, value)) in pairs.iter().enumerate() {
        if pairs[..i].iter().any(|(n, _)| n == name) {
            return Err(wrong(name, value, "同一参数给了两次", "it is given twice"));
        }
    }
    Ok(pairs)
}

/// Refuses every parameter but `f=json`, for resources that take none.
///
/// # Errors
/// `query.invalid`, naming the parameter.
pub fn no_parameters(query: Option<&str>) -> Result<()> {
    match pairs(query)?.iter().find(|(name, value)| !format(name, value)) {
        Some((name, value)) => Err(wrong(name, value, "这里没有这个参数", "there is no such parameter here")),
        None => Ok(()),
    }
}

/// Some programs say which form they want although there is but one.
fn format(name: &str, value: &str) -> bool {
    name == "f" && matches!(value, "json" | "geojson")
}

/// The parameter `crs` alone, for a single feature.
///
/// # Errors
/// `query.invalid`, naming the parameter.
pub fn crs_only(query: Option<&str>) -> Result<OgcCrs> {
    let ask = Ask::parse(query)?;
    match ask.again.iter().find(|(name, value)| name != "crs" && !format(name, value)) {
        Some((name, value)) => Err(wrong(name, value, "这里没有这个参数", "there is no such parameter here")),
        None => Ok(ask.crs),
    }
}

impl Ask {
    /// Reads the query string.
    ///
    /// # Errors
    /// `query.invalid` naming the parameter.
    pub fn parse(query: Option<&str>) -> Result<Ask> {
        let mut ask = Ask { limit: LIMIT, ..Ask::default() };
        let (mut bbox, mut bbox_crs) = (None, OgcCrs::default());
        for (name, value) in pairs(query)? {
            match name.as_str() {
                "limit" => ask.limit = limit(&value)?,
                "bbox" => bbox = Some(value.clone()),
                "bbox-crs" => bbox_crs = crs(&name, &value)?,
                "crs" => ask.crs = crs(&name, &value)?,
                "datetime" => ask.changed = Some(datetime(&value)?),
                "cursor" => {
                    ask.key = Some(key(&value)?);
                    continue;
                }
                _ if format(&name, &value) => {}
                _ => ask.filter.push((name.clone(), value.clone())),
            }
            ask.again.push((name, value));
        }
        ask.boxes = bbox.map(|text| boxes(&text, bbox_crs)).transpose()?;
        Ok(ask)
    }
}

fn limit(value: &str) -> Result<usize> {
    let n: Option<usize> = value.parse().ok().filter(|n| *n > 0);
    let (zh, en) = ("应为 1–1000 的整数", "it must be a whole number from 1 to 1000");
    n.map(|n| n.min(LIMIT_MAX)).ok_or_else(|| wrong("limit", value, zh, en))
}

fn crs(name: &str, value: &str) -> Result<OgcCrs> {
    OgcCrs::from_uri(value).ok_or_else(|| {
        let known = OgcCrs::ALL.map(OgcCrs::uri).join(" ");
        wrong(name, value, &format!("可用：{known}"), &format!("there are: {known}"))
    })
}

fn key(value: &str) -> Result<Key> {
    let broken = |e: anyhow::Error| Cursor::broken().of_kind(Kind::BadQuery).caused_by(e);
    let bytes = data_encoding::BASE64URL_NOPAD.decode(value.as_bytes()).map_err(|e| broken(e.into()))?;
    serde_json::from_slice(&bytes).map_err(|e| broken(e.into()))
}

/// Four numbers, or six with heights, which are left aside: the ledger's places have none.
fn boxes(value: &str, crs: OgcCrs) -> Result<Vec<Bbox>> {
    let right = Said::new(
        "应为逗号分隔的 4 个数：先下角后上角，轴序和单位同 bbox-crs（默认经度,纬度，如 106.5,29.5,106.6,29.6）",
        "it must be 4 numbers, lower corner then upper corner, in the axes and units of bbox-crs (default longitude,latitude, such as 106.5,29.5,106.6,29.6)",
    );
    let numbers: Option<Vec<f64>> =
        value.split(',').map(|n| n.trim().parse().ok().filter(|n: &f64| n.is_finite())).collect();
    let corners = match numbers.as_deref() {
        Some([a, b, c, d]) | Some([a, b, _, c, d, _]) => Some(((*a, *b), (*c, *d))),
        _ => None,
    };
    corners
        .and_then(|(lower, upper)| crs.boxes(lower, upper))
        .ok_or_else(|| wrong("bbox", value, &right.zh, &right.en))
}

/// A moment, a day, or an interval of them: `..` or nothing is open.
fn datetime(value: &str) -> Result<Changed> {
    let right = || {
        let (zh, en) = ("应如 2026-07-01T00:00:00Z/..", "it must be like 2026-07-01T00:00:00Z/..");
        wrong("datetime", value, zh, en)
    };
    let end = |text: &str| -> Result<Option<(Timestamp, Timestamp)>> {
        if text.is_empty() || text == ".." { Ok(None) } else { moment(text).map(Some).ok_or_else(right) }
    };
    let (from, until) = match value.split_once('/') {
        Some((a, b)) => (end(a)?, end(b)?),
        None => (end(value)?, end(value)?),
    };
    let (from, until) = (from.map(|f| f.0), until.map(|u| u.1));
    let nothing = from.is_none() && until.is_none() && !value.contains('/');
    if nothing || from.zip(until).is_some_and(|(f, u)| f >= u) {
        return Err(right());
    }
    Ok(Changed { from, until })
}

/// First moment of what is named, and the first after it: a day is the whole day of the district, a moment a millisecond.
fn moment(text: &str) -> Option<(Timestamp, Timestamp)> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some((at, at.checked_add(SignedDuration::from_millis(1)).ok()?));
    }
    let day: jiff::civil::Date = text.parse().ok()?;
    let begin = |d: jiff::civil::Date| d.to_zoned_datetime(clock::zone()).ok().map(|z| z.timestamp());
    Some((begin(day)?, begin(day.checked_add(1.day()).ok()?)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(query: &str) -> String {
        let e = Ask::parse(Some(query)).unwrap_err();
        assert_eq!(e.kind(), Kind::BadQuery);
        e.fields()[0].field.clone()
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (query, field) in [
            ("limit=0", "limit"),
            ("limit=many", "limit"),
            ("bbox=1,2,3", "bbox"),
            ("bbox=107,30,106,29", "bbox"),
            ("bbox=a,b,c,d", "bbox"),
            ("bbox=1,2,3,NaN", "bbox"),
            ("crs=EPSG:4326", "crs"),
            ("bbox-crs=EPSG:4326", "bbox-crs"),
            ("datetime=yesterday", "datetime"),
            ("datetime=", "datetime"),
            ("datetime=2026-07-02/2026-07-01", "datetime"),
            ("cursor=x", "cursor"),
            ("kind=a&kind=b", "kind"),
        ] {
            assert_eq!(refused(query), field, "{query}");
        }
        assert_eq!(no_parameters(Some("x=1")).unwrap_err().fields()[0].field, "x");
        assert_eq!(crs_only(Some("kind=sewage")).unwrap_err().fields()[0].field, "kind");
        assert!(no_parameters(Some("f=json")).is_ok() && no_parameters(None).is_ok());
    }

    #[test]
    fn what_is_right_is_read() {
        let ask = Ask::parse(Some(
            "f=json&limit=5000&bbox=29.5,106.5,29.6,106.6&bbox-crs=http://www.opengis.net/def/crs/EPSG/0/4326&kind=sewage",
        ))
        .unwrap();
        assert_eq!(ask.limit, LIMIT_MAX);
        assert_eq!(ask.boxes, Some(vec![Bbox::new(106.5, 29.5, 106.6, 29.6)]));
        assert_eq!(ask.filter, [("kind".to_owned(), "sewage".to_owned())]);
        assert_eq!(ask.again.len(), 5);
        let day = datetime("2026-07-01").unwrap();
        assert_eq!(day.from.unwrap().to_string(), "2026-06-30T16:00:00Z");
        assert_eq!(day.until.unwrap().to_string(), "2026-07-01T16:00:00Z");
        let open = datetime("../2026-07-01T08:00:00+08:00").unwrap();
        assert_eq!((open.from, open.until.unwrap().to_string().as_str()), (None, "2026-07-01T00:00:00.001Z"));
    }
}
