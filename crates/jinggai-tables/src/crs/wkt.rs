//! Definitions for files that are written: the geographic systems and the 3° Gauss-Krüger family of CGCS2000.

/// Central meridian and false easting of a CGCS2000 3° system, by EPSG code.
fn gauss_kruger(code: u32) -> Option<(u32, u32, String)> {
    match code {
        4513..=4533 => {
            let zone = code - 4513 + 25;
            Some((zone * 3, zone * 1_000_000 + 500_000, format!("zone {zone}")))
        }
        4534..=4554 => {
            let meridian = 75 + (code - 4534) * 3;
            Some((meridian, 500_000, format!("CM {meridian}E")))
        }
        _ => None,
    }
}

/// Name and OGC WKT 1; `undefined` where only the code is known (readers look it up by organisation and code).
pub(crate) fn definition(code: u32) -> (String, String) {
    const CGCS2000: &str = "GEOGCS[\"China Geodetic Coordinate System 2000\",DATUM[\"China_2000\",SPHEROID[\"CGCS2000\",6378137,298.257222101,AUTHORITY[\"EPSG\",\"1024\"]],AUTHORITY[\"EPSG\",\"1043\"]],PRIMEM[\"Greenwich\",0,AUTHORITY[\"EPSG\",\"8901\"]],UNIT[\"degree\",0.0174532925199433,AUTHORITY[\"EPSG\",\"9122\"]],AXIS[\"Latitude\",NORTH],AXIS[\"Longitude\",EAST],AUTHORITY[\"EPSG\",\"4490\"]]";
    if code == 4490 {
        return ("China Geodetic Coordinate System 2000".to_owned(), CGCS2000.to_owned());
    }
    let Some((meridian, easting, label)) = gauss_kruger(code) else {
        return (format!("EPSG:{code}"), "undefined".to_owned());
    };
    let name = format!("CGCS2000 / 3-degree Gauss-Kruger {label}");
    let wkt = format!(
        "PROJCS[\"{name}\",{CGCS2000},PROJECTION[\"Transverse_Mercator\"],PARAMETER[\"latitude_of_origin\",0],\
         PARAMETER[\"central_meridian\",{meridian}],PARAMETER[\"scale_factor\",1],PARAMETER[\"false_easting\",{easting}],\
         PARAMETER[\"false_northing\",0],UNIT[\"metre\",1,AUTHORITY[\"EPSG\",\"9001\"]],AUTHORITY[\"EPSG\",\"{code}\"]]"
    );
    (name, wkt)
}

/// The text of a `.prj` in Esri's names; none for systems beyond this list.
pub(crate) fn esri_wkt(code: u32) -> Option<String> {
    const CGCS2000: &str = "GEOGCS[\"GCS_China_Geodetic_Coordinate_System_2000\",DATUM[\"D_China_2000\",SPHEROID[\"CGCS2000\",6378137.0,298.257222101]],PRIMEM[\"Greenwich\",0.0],UNIT[\"Degree\",0.0174532925199433]]";
    match code {
        4490 => return Some(CGCS2000.to_owned()),
        4326 => {
            return Some(
                "GEOGCS[\"GCS_WGS_1984\",DATUM[\"D_WGS_1984\",SPHEROID[\"WGS_1984\",6378137.0,298.257223563]],PRIMEM[\"Greenwich\",0.0],UNIT[\"Degree\",0.0174532925199433]]".to_owned(),
            );
        }
        _ => {}
    }
    let (meridian, easting, label) = gauss_kruger(code)?;
    let label = label.replace(' ', "_").replace("zone", "Zone");
    Some(format!(
        "PROJCS[\"CGCS2000_3_Degree_GK_{label}\",{CGCS2000},PROJECTION[\"Gauss_Kruger\"],\
         PARAMETER[\"False_Easting\",{easting}.0],PARAMETER[\"False_Northing\",0.0],PARAMETER[\"Central_Meridian\",{meridian}.0],\
         PARAMETER[\"Scale_Factor\",1.0],PARAMETER[\"Latitude_Of_Origin\",0.0],UNIT[\"Meter\",1.0]]"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crs::from_wkt;

    #[test]
    fn what_is_written_is_understood_again() {
        for code in [4326, 4490].into_iter().chain(4513..=4554) {
            let expected = Some(format!("EPSG:{code}"));
            assert_eq!(esri_wkt(code).and_then(|wkt| from_wkt(&wkt)), expected);
            if code != 4326 {
                assert_eq!(from_wkt(&definition(code).1), expected);
            }
        }
        assert_eq!(esri_wkt(3857), None);
        assert_eq!(definition(3857).1, "undefined");
    }
}
