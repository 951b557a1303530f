//! Reading what people write for a coordinate system: EPSG numbers, names of map makers, survey offices'
//! habits.

use std::str::FromStr;

use super::{Crs, CrsError, FALSE_EASTING_M, GaussKruger, LocalCrs};

/// Central meridians that touch China's territory, degrees.
const MERIDIANS_DEG: std::ops::RangeInclusive<f64> = 72.0..=138.0;

impl FromStr for Crs {
    type Err = CrsError;

    fn from_str(s: &str) -> Result<Self, CrsError> {
        Self::parse(s, &[])
    }
}

impl Crs {
    /// The system that `text` names; `locals` are the registered systems with parameters, found as
    /// `local:<name>` or by bare name.
    ///
    /// Case, spaces, underscores and hyphens do not matter.
    ///
    /// # Errors
    /// [`CrsError`] that says what could be written instead, or that the owner's parameters are needed.
    pub fn parse(text: &str, locals: &[LocalCrs]) -> Result<Self, CrsError> {
        let given = text.trim();
        let bare = given.strip_prefix("local:").unwrap_or(given).trim();
        if let Some(l) = locals.iter().find(|l| l.name == bare) {
            return Ok(Self::Local(Box::new(l.clone())));
        }
        if given.starts_with("local:") {
            return Err(unknown_local(given, locals));
        }
        let name = normalise(given);
        if let Some(tm) = name.strip_prefix("tm:") {
            return parse_tm(tm)
                .map(Self::GaussKruger)
                .ok_or_else(|| CrsError::BadMeridian(given.to_owned()));
        }
        if let Some(code) = epsg_code(&name) {
            return from_epsg(code, given);
        }
        if let Some(crs) = by_name(&name) {
            return Ok(crs);
        }
        if let Some(g) = cgcs2000_plane(&name) {
            return g.map(Self::GaussKruger).ok_or_else(|| CrsError::BadMeridian(given.to_owned()));
        }
        if let Some(name) = older_system(&name) {
            return Err(CrsError::NeedsParameters { given: given.to_owned(), name });
        }
        if ["独立", "地方", "local"].iter().any(|w| name.contains(w)) {
            return Err(unknown_local(given, locals));
        }
        Err(CrsError::Unknown(given.to_owned()))
    }
}

fn unknown_local(given: &str, locals: &[LocalCrs]) -> CrsError {
    let names: Vec<&str> = locals.iter().map(|l| l.name.as_str()).collect();
    let known = if names.is_empty() { "无".to_owned() } else { names.join("、") };
    CrsError::UnknownLocal { given: given.to_owned(), known }
}

fn normalise(s: &str) -> String {
    s.chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '_' | '-' | '(' | ')' | '（' | '）'))
        .map(|c| match c {
            '：' => ':',
            '，' => ',',
            c => c.to_ascii_lowercase(),
        })
        .collect()
}

fn epsg_code(name: &str) -> Option<u16> {
    let digits = name.strip_prefix("urn:ogc:def:crs:epsg:").and_then(|s| s.rsplit(':').next());
    let digits =
        digits.or_else(|| name.strip_prefix("epsg:")).or_else(|| name.strip_prefix("epsg")).unwrap_or(name);
    digits.parse().ok()
}

fn from_epsg(code: u16, given: &str) -> Result<Crs, CrsError> {
    let needs = |name| Err(CrsError::NeedsParameters { given: given.to_owned(), name });
    match code {
        4490 => Ok(Crs::Cgcs2000),
        4326 => Ok(Crs::Wgs84),
        3857 => Ok(Crs::WebMercator),
        4214 | 2401..=2442 | 21413..=21423 | 21453..=21463 | 21473..=21483 => needs(BEIJING54),
        4610 | 2327..=2390 => needs(XIAN80),
        _ => GaussKruger::from_epsg(code)
            .map(Crs::GaussKruger)
            .ok_or_else(|| CrsError::Unknown(given.to_owned())),
    }
}

const BEIJING54: &str = "1954 北京坐标系";
const XIAN80: &str = "1980 西安坐标系";

fn by_name(name: &str) -> Option<Crs> {
    Some(match name {
        "cgcs2000" | "国家2000" | "大地2000" | "2000国家大地坐标系" | "国家大地2000" | "cgcs2000经纬度" => {
            Crs::Cgcs2000
        }
        "wgs84" | "gps" | "urn:ogc:def:crs:ogc:1.3:crs84" | "ogc:crs84" | "crs84" => Crs::Wgs84,
        "gcj02" | "gcj" | "火星坐标" | "火星坐标系" | "高德" | "高德地图" | "amap" | "腾讯" | "腾讯地图" => {
            Crs::Gcj02
        }
        "bd09" | "bd09ll" | "百度" | "百度地图" | "百度坐标" | "百度坐标系" => Crs::Bd09,
        "webmercator" | "web墨卡托" | "epsg:900913" => Crs::WebMercator,
        _ => return None,
    })
}

fn older_system(name: &str) -> Option<&'static str> {
    let has = |words: &[&str]| words.iter().any(|w| name.contains(w));
    if has(&["beijing1954", "beijing54", "bj54", "北京54", "54北京", "1954北京", "北京1954"]) {
        Some(BEIJING54)
    } else if has(&["xian1980", "xian80", "xa80", "西安80", "80西安", "1980西安", "西安1980"]) {
        Some(XIAN80)
    } else {
        None
    }
}

fn on_meridian(meridian: f64, false_easting_m: f64) -> Option<GaussKruger> {
    (MERIDIANS_DEG.contains(&meridian) && false_easting_m.abs() < 1e8)
        .then_some(GaussKruger { central_meridian_deg: meridian, false_easting_m })
}

/// `106.5` or `106.5,500000`, after `tm:`.
fn parse_tm(s: &str) -> Option<GaussKruger> {
    let (meridian, easting) = s.split_once(',').unwrap_or((s, ""));
    let easting = if easting.is_empty() { FALSE_EASTING_M } else { easting.parse().ok()? };
    on_meridian(meridian.parse().ok()?, easting)
}

/// "CGCS2000 3度带 106.5", "CGCS2000_3_Degree_GK_CM_105E", "CGCS2000 / 3-degree Gauss-Kruger zone 35" and
/// their kin. `None` when it is not of this family, `Some(None)` when the number in it makes no plane.
fn cgcs2000_plane(name: &str) -> Option<Option<GaussKruger>> {
    let rest = ["cgcs2000", "国家2000", "大地2000", "2000国家大地坐标系"]
        .iter()
        .find_map(|p| name.strip_prefix(p))?;
    let is_six = ["6degree", "6度", "六度", "6°"].iter().any(|w| rest.contains(w));
    // The width of the zone is a number too; it must not be read as the meridian.
    let mut number = rest.to_owned();
    for w in
        ["3degree", "6degree", "3度分带", "6度分带", "3度带", "6度带", "三度带", "六度带", "3°带", "6°带"]
    {
        number = number.replace(w, "");
    }
    let digits: String = number.chars().filter(|c| c.is_ascii_digit() || *c == '.').collect();
    let Ok(value) = digits.parse::<f64>() else { return Some(None) };
    // PROJ names the 6° zones without a width ("CGCS2000 / Gauss-Kruger zone 18"); their numbers are below
    // 24.
    Some(match value {
        v if (25.0..=45.0).contains(&v) && v.fract() == 0.0 && !is_six => Some(GaussKruger::zone3(v as u8)),
        v if (13.0..=23.0).contains(&v) && v.fract() == 0.0 => Some(GaussKruger::zone6(v as u8)),
        v => on_meridian(v, FALSE_EASTING_M),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, shown: &str) {
        let crs: Crs = text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(crs.to_string(), shown, "{text}");
        assert_eq!(shown.parse::<Crs>().unwrap(), crs, "the shown name reads again");
    }

    #[test]
    fn what_people_write() {
        for (text, shown) in [
            ("EPSG:4490", "EPSG:4490"),
            ("4490", "EPSG:4490"),
            ("cgcs2000", "EPSG:4490"),
            (" epsg：4326 ", "EPSG:4326"),
            ("WGS-84", "EPSG:4326"),
            ("urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326"),
            ("urn:ogc:def:crs:EPSG::4544", "EPSG:4544"),
            ("gcj-02", "GCJ-02"),
            ("GCJ02", "GCJ-02"),
            ("高德", "GCJ-02"),
            ("腾讯", "GCJ-02"),
            ("百度", "BD-09"),
            ("BD09LL", "BD-09"),
            ("3857", "EPSG:3857"),
            ("EPSG:4513", "EPSG:4513"),
            ("EPSG:4554", "EPSG:4554"),
            ("EPSG:4491", "EPSG:4491"),
            ("tm:106.5", "tm:106.5,500000"),
            ("tm:106.5，0", "tm:106.5,0"),
            ("tm:105", "EPSG:4544"),
            ("tm:105,35500000", "EPSG:4523"),
            ("CGCS2000 3度带 106.5", "tm:106.5,500000"),
            ("国家2000 3度带 中央子午线105", "EPSG:4544"),
            ("CGCS2000_3_Degree_GK_CM_105E", "EPSG:4544"),
            ("CGCS2000_3_Degree_GK_Zone_36", "EPSG:4524"),
            ("CGCS2000 / 3-degree Gauss-Kruger CM 108E", "EPSG:4545"),
            ("CGCS2000 / Gauss-Kruger zone 18", "EPSG:4496"),
        ] {
            check(text, shown);
        }
    }

    #[test]
    fn every_epsg_number_of_cgcs2000() {
        for n in 4513..=4554u16 {
            check(&format!("EPSG:{n}"), &format!("EPSG:{n}"));
        }
        let meridian = |n| GaussKruger::from_epsg(n).unwrap().central_meridian_deg;
        assert_eq!([4491, 4501, 4502, 4512].map(meridian), [75.0, 135.0, 75.0, 135.0]);
        assert_eq!([4513, 4523, 4524, 4533].map(meridian), [75.0, 105.0, 108.0, 135.0]);
        assert_eq!([4534, 4544, 4545, 4554].map(meridian), [75.0, 105.0, 108.0, 135.0]);
        assert_eq!(GaussKruger::from_epsg(4544).unwrap().zone(), None);
        assert_eq!(GaussKruger::from_epsg(4523).unwrap().zone(), Some(35));
    }

    #[test]
    fn refusals_say_what_is_needed() {
        for (text, message) in [
            ("", "无法识别"),
            ("EPSG:32648", "EPSG:4513–4554"),
            ("EPSG:99999", "无法识别"),
            ("EPSG:4214", "1954 北京坐标系（EPSG:4214）不能直接换算"),
            ("北京54 3度带", "1954 北京坐标系"),
            ("EPSG:4610", "1980 西安坐标系"),
            ("EPSG:2360", "1980 西安坐标系"),
            ("Xian_1980_3_Degree_GK_Zone_35", "七参数"),
            ("重庆独立坐标系", "须由测绘成果权属单位提供"),
            ("local:nowhere", "已登记的有 无"),
            ("tm:10", "tm:106.5,500000"),
            ("tm:106.5,x", "不是有效的高斯投影"),
            ("CGCS2000 3度带", "不是有效的高斯投影"),
        ] {
            let e = text.parse::<Crs>().unwrap_err().to_string();
            assert!(e.contains(message), "{text}: {e}");
        }
    }
}
