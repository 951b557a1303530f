//! Names of reference systems as files declare them, reduced to EPSG codes. Only naming: no transform happens here.
//! Codes of the Chinese Gauss-Krüger families are the EPSG registry's; all were compared with PROJ's database.

mod wkt;

pub(crate) use wkt::{definition, esri_wkt};

/// `EPSG:n` from a code, an OGC URN or URL, or a known short name; none when it is not understood.
#[must_use]
pub fn from_name(name: &str) -> Option<String> {
    let name = name.trim();
    let upper = name.to_ascii_uppercase();
    if upper.contains("CRS84") {
        // Longitude, latitude on WGS 84: the order that GeoJSON prescribes anyway.
        return Some("EPSG:4326".to_owned());
    }
    if upper.starts_with("EPSG") || upper.contains(":EPSG:") || upper.contains("/EPSG/") {
        let code = name.rsplit([':', '/']).next()?.trim();
        return (!code.is_empty() && code.len() <= 6 && code.bytes().all(|b| b.is_ascii_digit()))
            .then(|| format!("EPSG:{code}"));
    }
    match upper.as_str() {
        "WGS84" | "WGS 84" | "WGS-84" => Some("EPSG:4326".to_owned()),
        "CGCS2000" => Some("EPSG:4490".to_owned()),
        _ => None,
    }
}

/// The name that a WKT text gives its system.
#[must_use]
pub fn wkt_name(wkt: &str) -> Option<String> {
    let start = wkt.find('"')? + 1;
    let rest = wkt.get(start..)?;
    Some(rest.get(..rest.find('"')?)?.to_owned())
}

/// `EPSG:n` from the WKT of a `.prj`: its own authority, else datum, projection and parameters.
#[must_use]
pub fn from_wkt(wkt: &str) -> Option<String> {
    if let Some(code) = authority(wkt) {
        return Some(format!("EPSG:{code}"));
    }
    let name = wkt_name(wkt)?;
    let datum = Datum::of(wkt)?;
    let upper = wkt.trim_start().to_ascii_uppercase();
    let code = if upper.starts_with("GEOGCS") || upper.starts_with("GEOGCRS") {
        datum.geographic()
    } else if upper.contains("MERCATOR_AUXILIARY_SPHERE") || upper.contains("POPULAR_VISUALISATION") {
        3857
    } else {
        projected(datum, &name, wkt)?
    };
    Some(format!("EPSG:{code}"))
}

/// The authority of the whole system is the last one of WKT 1 (the inner ones belong to its parts).
fn authority(wkt: &str) -> Option<u32> {
    let compact: String = wkt.chars().filter(|c| !c.is_whitespace()).collect();
    let tail = compact.trim_end_matches(']');
    let depth = compact.len() - tail.len();
    let at = tail.rfind("AUTHORITY[\"EPSG\",").or_else(|| tail.rfind("ID[\"EPSG\","))?;
    let code: String =
        tail.get(at..)?.chars().skip_while(|c| *c != ',').filter(char::is_ascii_digit).collect();
    // Two closing brackets: its own and that of the whole; more would make it a part's.
    let after = tail.get(at..)?.contains("],");
    (depth == 2 && !after).then(|| code.parse().ok()).flatten()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Datum {
    Wgs84,
    Cgcs2000,
    Xian80,
    Beijing54,
}

impl Datum {
    fn of(wkt: &str) -> Option<Self> {
        let text = wkt.to_ascii_uppercase().replace(['_', ' ', '-'], "");
        Some(
            if text.contains("CHINA2000")
                || text.contains("CGCS2000")
                || text.contains("CHINAGEODETICCOORDINATESYSTEM2000")
            {
                Self::Cgcs2000
            } else if text.contains("XIAN1980") || text.contains("DXIAN1980") {
                Self::Xian80
            } else if text.contains("BEIJING1954") {
                Self::Beijing54
            } else if text.contains("WGS1984") || text.contains("\"WGS84") {
                Self::Wgs84
            } else {
                return None;
            },
        )
    }

    const fn geographic(self) -> u32 {
        match self {
            Self::Wgs84 => 4326,
            Self::Cgcs2000 => 4490,
            Self::Xian80 => 4610,
            Self::Beijing54 => 4214,
        }
    }

    /// First codes of the 3° zones (25), 3° meridians (75° E), 6° zones (13) and 6° meridians (75° E).
    const fn families(self) -> Option<[u32; 4]> {
        match self {
            Self::Wgs84 => None,
            Self::Cgcs2000 => Some([4513, 4534, 4491, 4502]),
            Self::Xian80 => Some([2349, 2370, 2327, 2338]),
            Self::Beijing54 => Some([2401, 2422, 21413, 21453]),
        }
    }
}

/// Gauss-Krüger by meridian and false easting; UTM of WGS 84 by its name.
fn projected(datum: Datum, name: &str, wkt: &str) -> Option<u32> {
    let upper = name.to_ascii_uppercase().replace([' ', '-'], "_");
    if datum == Datum::Wgs84 {
        let (_, zone) = upper.split_once("UTM_ZONE_")?;
        let number: u32 = zone.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok()?;
        let base = if zone.ends_with('S') { 32700 } else { 32600 };
        return (1..=60).contains(&number).then_some(base + number);
    }
    let compact = wkt.to_ascii_uppercase().replace([' ', '_'], "");
    if !compact.contains("TRANSVERSEMERCATOR") && !compact.contains("GAUSSKRUGER") {
        return None;
    }
    let meridian =
        parameter(wkt, "central_meridian").or_else(|| parameter(wkt, "Longitude of natural origin"))?;
    let easting = parameter(wkt, "false_easting").or_else(|| parameter(wkt, "False easting"))?;
    let northing = parameter(wkt, "false_northing").or_else(|| parameter(wkt, "False northing"))?;
    let scale = parameter(wkt, "scale_factor").unwrap_or(1.0);
    if northing != 0.0 || scale != 1.0 || meridian.fract() != 0.0 {
        return None; // a local system
    }
    let [zone3, meridian3, zone6, meridian6] = datum.families()?;
    let meridian = meridian as i64;
    let steps = |first: i64, step: i64, count: i64| {
        let at = (meridian - first) / step;
        ((meridian - first) % step == 0 && (0..count).contains(&at)).then(|| u32::try_from(at).ok()).flatten()
    };
    // The 3° and 6° systems of one meridian are the same projection; the name decides, else 3°, the usual one.
    let six = !upper.contains("3_DEGREE")
        && !upper.contains("3_DEG")
        && (upper.contains("GK_ZONE") || upper.contains("GK_CM") || upper.contains("GAUSS_KRUGER"));
    let zone = (easting - 500_000.0) / 1_000_000.0;
    match (six, zone == 0.0) {
        (false, true) => steps(75, 3, 21).map(|at| meridian3 + at),
        (false, false) => steps(75, 3, 21).filter(|at| zone == f64::from(25 + at)).map(|at| zone3 + at),
        (true, true) => steps(75, 6, 11).map(|at| meridian6 + at),
        (true, false) => steps(75, 6, 11).filter(|at| zone == f64::from(13 + at)).map(|at| zone6 + at),
    }
}

/// `PARAMETER["name",value]` in any case.
fn parameter(wkt: &str, name: &str) -> Option<f64> {
    let lower = wkt.to_ascii_lowercase();
    let at = lower.find(&format!("\"{}\"", name.to_ascii_lowercase()))?;
    let rest = lower.get(at + name.len() + 2..)?.trim_start_matches([',', ' ']);
    let end = rest.find([',', ']']).unwrap_or(rest.len());
    rest.get(..end)?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_their_many_forms() {
        for (name, code) in [
            ("urn:ogc:def:crs:OGC:1.3:CRS84", Some("EPSG:4326")),
            ("urn:ogc:def:crs:EPSG::4490", Some("EPSG:4490")),
            ("EPSG:4544", Some("EPSG:4544")),
            ("http://www.opengis.net/def/crs/EPSG/0/3857", Some("EPSG:3857")),
            ("重庆独立坐标系", None),
        ] {
            assert_eq!(from_name(name).as_deref(), code, "{name}");
        }
    }

    #[test]
    fn prj_texts() {
        let gk = |name: &str, meridian: u32, easting: u32| {
            format!(
                "PROJCS[\"{name}\",GEOGCS[\"GCS_China_Geodetic_Coordinate_System_2000\",DATUM[\"D_China_2000\",\
                 SPHEROID[\"CGCS2000\",6378137.0,298.257222101]],PRIMEM[\"Greenwich\",0.0],UNIT[\"Degree\",0.0174532925199433]],\
                 PROJECTION[\"Gauss_Kruger\"],PARAMETER[\"False_Easting\",{easting}.0],PARAMETER[\"False_Northing\",0.0],\
                 PARAMETER[\"Central_Meridian\",{meridian}.0],PARAMETER[\"Scale_Factor\",1.0],\
                 PARAMETER[\"Latitude_Of_Origin\",0.0],UNIT[\"Meter\",1.0]]"
            )
        };
        for (wkt, code) in [
            (gk("CGCS2000_3_Degree_GK_CM_105E", 105, 500_000), Some("EPSG:4544")),
            (gk("CGCS2000_3_Degree_GK_CM_108E", 108, 500_000), Some("EPSG:4545")),
            (gk("CGCS2000_3_Degree_GK_Zone_35", 105, 35_500_000), Some("EPSG:4523")),
            (gk("CGCS2000_GK_Zone_18", 105, 18_500_000), Some("EPSG:4496")),
            (gk("CGCS2000_GK_CM_105E", 105, 500_000), Some("EPSG:4507")),
            (gk("local", 106, 500_000), None),
            (gk("local", 105, 350_000), None),
            ("GEOGCS[\"GCS_WGS_1984\",DATUM[\"D_WGS_1984\",SPHEROID[\"WGS_1984\",6378137.0,298.257223563]]]".to_owned(), Some("EPSG:4326")),
            ("GEOGCS[\"GCS_Xian_1980\",DATUM[\"D_Xian_1980\",SPHEROID[\"Xian_1980\",6378140.0,298.257]]]".to_owned(), Some("EPSG:4610")),
            ("GEOGCS[\"China Geodetic Coordinate System 2000\",DATUM[\"China_2000\",AUTHORITY[\"EPSG\",\"1043\"]],AUTHORITY[\"EPSG\",\"4490\"]]".to_owned(), Some("EPSG:4490")),
            ("PROJCS[\"WGS_1984_UTM_Zone_48N\",GEOGCS[\"GCS_WGS_1984\",DATUM[\"D_WGS_1984\"]]]".to_owned(), Some("EPSG:32648")),
        ] {
            assert_eq!(from_wkt(&wkt).as_deref(), code, "{wkt}");
        }
    }
}
