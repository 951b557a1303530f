//! A synthetic inventory: the same file for the same number of rows, and clearly no real one (numbers begin with SYN,
//! units and roads are called 合成). The columns are those of a detail ledger (详细台账, reference 2.5 b).
use serde_json::json;
use std::fs::File;
use std::io::{BufWriter, Result, Write};

/// The box the covers are spread over, in degrees: about 34 km by 20 km.
const WEST: f64 = 106.40;
const SOUTH: f64 = 29.54;
const WIDTH: f64 = 0.35;
const HEIGHT: f64 = 0.18;

const KINDS: [&str; 8] =
    ["污水井盖", "雨水井盖", "供水井盖", "燃气井盖", "电力井盖", "通信井盖", "路灯井盖", "热力井盖"];
const MATERIALS: [&str; 4] = ["球墨铸铁", "灰铸铁", "钢筋混凝土", "复合材料"];
const PLACES: [&str; 4] = ["机动车道", "非机动车道", "人行道", "绿地"];
const STATES: [&str; 8] = ["完好", "完好", "完好", "完好", "完好", "破损", "松动", "下沉"];
const CLASSES: [&str; 4] = ["A15", "B125", "C250", "D400"];

/// Mixes a row's number into 64 bits that look random (splitmix64): every value of the row comes from these.
fn mix(row: u64) -> u64 {
    let mut z = row.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// The next choice among `n`, taken from the row's bits.
fn choose(bits: &mut u64, n: u64) -> u64 {
    let c = *bits % n;
    *bits /= n;
    c
}

fn one<'a>(bits: &mut u64, of: &[&'a str]) -> &'a str {
    of[choose(bits, of.len() as u64) as usize]
}

/// One cover on a jittered grid of `side` by `side` cells: never within half a metre of another.
fn feature(row: u64, side: u64) -> String {
    let jitter = mix(row ^ 0xABCD);
    let part = |bits: u64| 0.2 + 0.6 * (bits & 0xFFFF) as f64 / 65_536.0;
    let (col, line) = (row % side, row / side);
    let lng = WEST + WIDTH * (col as f64 + part(jitter)) / side as f64;
    let lat = SOUTH + HEIGHT * (line as f64 + part(jitter >> 16)) / side as f64;
    let round = |d: f64| (d * 1e8).round() / 1e8;
    let mut bits = mix(row);
    json!({
        "type": "Feature",
        "properties": {
            "编号": format!("SYN-{:08}", row + 1),
            "井类型": one(&mut bits, &KINDS),
            "道路": format!("合成路{:03}号", choose(&mut bits, 400) + 1),
            "权属单位": format!("合成单位{:02}", choose(&mut bits, 24) + 1),
            "设置位置": one(&mut bits, &PLACES),
            "规格": if choose(&mut bits, 4) == 0 { "R600x400" } else { "D700" },
            "材质": one(&mut bits, &MATERIALS),
            "承载等级": one(&mut bits, &CLASSES),
            "安装日期": format!("{}-{:02}-15", 1990 + choose(&mut bits, 35), choose(&mut bits, 12) + 1),
            "井深": 1.0 + choose(&mut bits, 40) as f64 / 10.0,
            "现状": one(&mut bits, &STATES),
        },
        "geometry": {"type": "Point", "coordinates": [round(lng), round(lat)]},
    })
    .to_string()
}

/// Writes `rows` covers as a GeoJSON feature collection.
pub fn write(rows: u64, file: &str) -> Result<()> {
    let side = (rows as f64).sqrt().ceil().max(1.0) as u64;
    let mut out = BufWriter::with_capacity(1 << 20, File::create(file)?);
    out.write_all(b"{\"type\":\"FeatureCollection\",\"name\":\"synthetic\",\"features\":[\n")?;
    for row in 0..rows {
        if row > 0 {
            out.write_all(b",\n")?;
        }
        out.write_all(feature(row, side).as_bytes())?;
    }
    out.write_all(b"\n]}\n")?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_number_of_rows_gives_the_same_file() {
        assert_eq!(feature(7, 10), feature(7, 10));
        assert_ne!(feature(7, 10), feature(8, 10));
    }

    #[test]
    fn no_two_covers_are_one() {
        let side = 1000;
        let at = |row| {
            let f: serde_json::Value = serde_json::from_str(&feature(row, side)).unwrap();
            let c = &f["geometry"]["coordinates"];
            (c[0].as_f64().unwrap(), c[1].as_f64().unwrap())
        };
        for row in 0..2000 {
            let (a, b) = (at(row), at(row + 1));
            let metres = ((a.0 - b.0) * 96_600.0).hypot((a.1 - b.1) * 111_000.0);
            assert!(metres > 5.0, "rows {row} and {} are {metres} m apart", row + 1);
        }
    }
}
