//! A reasoned guess at what the numbers of a file are: degrees or metres, which axis is first, which zone.
//!
//! It only proposes; the importer shows the verdict and a person decides. It cannot tell datums apart (the
//! same numbers in 1954 北京 and CGCS2000 lie tens of metres apart), nor GCJ-02 from WGS-84.

use std::collections::BTreeMap;

use super::gauss::{FALSE_EASTING_M, GaussKruger, NORTHINGS_M, without_zone};
use super::{Axes, Crs, shifted::CHINA};
use crate::{Bbox, Point};

/// What the numbers look like (坐标形态).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Looks {
    /// 经纬度: degrees in China.
    Degrees,
    /// 高斯平面坐标, eastings with zone numbers: how many points in each zone.
    Zoned(BTreeMap<u8, usize>),
    /// 高斯平面坐标, eastings without zone number.
    Unzoned,
    /// Neither: a local system, another unit, or rubbish.
    Unknown,
}

/// The verdict on a sample of coordinates (坐标判断).
#[derive(Clone, Debug, PartialEq)]
pub struct AxesVerdict {
    /// What the numbers look like.
    pub looks: Looks,
    /// The axis order that fits; `None` when nothing fits or both orders occur.
    pub axes: Option<Axes>,
    /// Coordinate systems that would fit, best first, as [`Crs::parse`] reads them. Empty when nothing can be
    /// said.
    pub candidates: Vec<String>,
    /// Why, in sentences for the person who imports.
    pub reasons: Vec<String>,
    /// What speaks against the declared system; empty when it fits or none was declared.
    pub conflicts: Vec<String>,
    /// Samples that fit the verdict.
    pub fitting: usize,
    /// Samples that were numbers.
    pub total: usize,
}

/// Share of the samples that must agree; survey files contain a few typing errors.
const AGREEMENT_MIN: f64 = 0.95;

/// Looks at sample coordinates (`x`, `y` in file order), the declared CRS and the district's box (CGCS2000),
/// and says what they are.
///
/// With `near`, eastings without zone number are given to the meridian that brings them into the box: for
/// 江北区 (106.35–106.9° E), which the border of the 3° zones 35 and 36 cuts at 106.5° E, 652 500 is on 105°
/// E and 361 900 on 108° E.
#[must_use]
pub fn detect_axes(samples: &[(f64, f64)], declared: Option<&Crs>, near: Option<Bbox>) -> AxesVerdict {
    let numbers: Vec<(f64, f64)> =
        samples.iter().copied().filter(|(x, y)| x.is_finite() && y.is_finite()).collect();
    let mut tally = Tally::default();
    for &(x, y) in &numbers {
        tally.add(x, y);
    }
    let mut verdict = tally.verdict(numbers.len());
    propose(&mut verdict, &numbers, near);
    if let Some(crs) = declared {
        verdict.conflicts = conflicts(&verdict, crs);
    }
    verdict
}

#[derive(Default)]
struct Tally {
    degrees: [usize; 2],
    unzoned: [usize; 2],
    zoned: [usize; 2],
    zones: BTreeMap<u8, usize>,
}

const ORDERS: [Axes; 2] = [Axes::EastNorth, Axes::NorthEast];

/// Eastings without zone number: within 4° of a meridian, metres. Far from the northings of inhabited China
/// (18°–54°).
const EASTINGS_M: std::ops::RangeInclusive<f64> = 50_000.0..=950_000.0;

impl Tally {
    fn add(&mut self, x: f64, y: f64) {
        for (i, axes) in ORDERS.into_iter().enumerate() {
            let (east, north) = axes.order(x, y);
            let (zone, bare) = without_zone(east);
            if CHINA.contains(Point::new(east, north)) {
                self.degrees[i] += 1;
            } else if EASTINGS_M.contains(&bare) && NORTHINGS_M.contains(&north) && north > 1e6 {
                match zone {
                    Some(z @ (13..=23 | 25..=45)) => {
                        self.zoned[i] += 1;
                        *self.zones.entry(z).or_default() += 1;
                    }
                    Some(_) => {}
                    None => self.unzoned[i] += 1,
                }
            }
        }
    }

    fn verdict(self, total: usize) -> AxesVerdict {
        let kinds = [
            (self.degrees, Looks::Degrees, "经纬度"),
            (self.zoned, Looks::Zoned(self.zones), "带带号的高斯平面坐标"),
            (self.unzoned, Looks::Unzoned, "不带带号的高斯平面坐标"),
        ];
        let (counts, looks, name) =
            kinds.into_iter().max_by_key(|(c, ..)| c[0] + c[1]).expect("the array has three elements");
        let fitting = counts[0] + counts[1];
        let mut v = AxesVerdict {
            looks: Looks::Unknown,
            axes: None,
            candidates: vec![],
            reasons: vec![],
            conflicts: vec![],
            fitting,
            total,
        };
        if !agrees(fitting, total) {
            v.fitting = 0;
            v.reasons.push(format!(
                "{total} 个坐标中最多 {fitting} 个像{name}，无法判断：可能是地方坐标系、单位不是米或度，或数据混杂；请向提供单位确认"
            ));
            return v;
        }
        v.reasons.push(format!("{total} 个坐标中 {fitting} 个像{name}"));
        v.axes = ORDERS.into_iter().zip(counts).find(|(_, c)| agrees(*c, fitting)).map(|(a, _)| a);
        v.reasons.push(match v.axes {
            Some(Axes::EastNorth) => "第一列为东（经度），第二列为北（纬度）".to_owned(),
            Some(Axes::NorthEast) => {
                "第一列为北（纬度），第二列为东（经度），即测量轴序 X 北 Y 东".to_owned()
            }
            None => format!("轴序混杂：{} 个先东后北，{} 个先北后东，须分开导入", counts[0], counts[1]),
        });
        v.looks = looks;
        v
    }
}

fn agrees(part: usize, whole: usize) -> bool {
    whole > 0 && part as f64 >= AGREEMENT_MIN * whole as f64
}

/// Fills in the systems that would fit.
fn propose(v: &mut AxesVerdict, numbers: &[(f64, f64)], near: Option<Bbox>) {
    match &v.looks {
        Looks::Unknown => {}
        Looks::Degrees => {
            v.candidates = [Crs::Cgcs2000, Crs::Wgs84, Crs::Gcj02, Crs::Bd09].map(|c| c.to_string()).to_vec();
            v.reasons.push(
                "仅凭数值不能区分 CGCS2000/WGS84 与 GCJ-02、BD-09，请确认来源是测量、GNSS 还是互联网地图"
                    .to_owned(),
            );
        }
        Looks::Zoned(zones) => {
            let mut by_count: Vec<_> = zones.iter().collect();
            by_count.sort_by_key(|(z, n)| (std::cmp::Reverse(**n), **z));
            v.candidates = by_count.iter().map(|(z, _)| zone_crs(**z).to_string()).collect();
            let counts: Vec<String> = zones.iter().map(|(z, n)| format!("{z} 带 {n} 个")).collect();
            v.reasons.push(format!("东坐标带带号：{}", counts.join("、")));
            if zones.len() > 1 {
                v.reasons.push("含多个投影带，须按带号分开导入".to_owned());
            }
        }
        Looks::Unzoned => propose_meridians(v, numbers, near),
    }
}

/// The CGCS2000 plane whose eastings begin with this zone number; 13–23 are 6° zones, 25–45 are 3° zones.
fn zone_crs(zone: u8) -> GaussKruger {
    if zone < 24 { GaussKruger::zone6(zone) } else { GaussKruger::zone3(zone) }
}

/// Tries the standard meridians, and those between them that cities use, on the district's box.
fn propose_meridians(v: &mut AxesVerdict, numbers: &[(f64, f64)], near: Option<Bbox>) {
    let (Some(near), Some(axes)) = (near, v.axes) else {
        v.reasons.push("东坐标不带带号，须由提供单位说明中央子午线（如 105 或 108）".to_owned());
        return;
    };
    let standard = (25..=45).map(|z| 3.0 * f64::from(z));
    let between = (25..45).map(|z| 3.0 * f64::from(z) + 1.5);
    let inside = |meridian: f64| {
        let g = GaussKruger { central_meridian_deg: meridian, false_easting_m: FALSE_EASTING_M };
        let hits = numbers.iter().filter(|(x, y)| {
            let (e, n) = axes.order(*x, *y);
            g.unproject(e, n).is_ok_and(|(lng, lat)| near.contains(Point::new(lng, lat)))
        });
        (hits.count(), g)
    };
    let mut fits: Vec<_> = standard.chain(between).map(inside).filter(|(hits, _)| *hits > 0).collect();
    fits.sort_by_key(|(hits, _)| std::cmp::Reverse(*hits));
    for (hits, g) in &fits {
        v.reasons.push(format!("按中央子午线 {}° 有 {hits} 个点落在本区范围内", g.central_meridian_deg));
    }
    v.candidates = fits.iter().map(|(_, g)| g.to_string()).collect();
    match fits.len() {
        0 => v.reasons.push("没有标准中央子午线使其落在本区范围内：可能是地方坐标系".to_owned()),
        1 => {}
        _ => v.reasons.push("含多个投影带，须按中央子午线分开导入".to_owned()),
    }
}

/// What speaks against the declared system.
fn conflicts(v: &AxesVerdict, crs: &Crs) -> Vec<String> {
    let mut out = vec![];
    let right = if v.candidates.is_empty() {
        "请核对坐标系".to_owned()
    } else {
        format!("可能应为 {}", v.candidates.join(" 或 "))
    };
    match (crs, &v.looks) {
        (Crs::Local(_) | Crs::WebMercator, _) | (_, Looks::Unknown) => {}
        (Crs::GaussKruger(_), Looks::Degrees) => {
            out.push(format!("声明为平面坐标 {crs}，数值却是经纬度，{right}"));
        }
        (Crs::GaussKruger(g), Looks::Zoned(zones)) => {
            for (z, n) in zones.iter().filter(|(z, _)| Some(**z) != g.zone()) {
                out.push(format!("{n} 个点的东坐标带号为 {z}，与声明的 {crs} 不符，应为 {}", zone_crs(*z)));
            }
        }
        (Crs::GaussKruger(g), Looks::Unzoned) if g.zone().is_some() => {
            let bare = GaussKruger::on_meridian(g.central_meridian_deg);
            out.push(format!(
                "声明的 {crs} 要求东坐标带带号，数值不带带号，{right}；同一子午线不带带号为 {bare}"
            ));
        }
        (Crs::GaussKruger(g), Looks::Unzoned) => {
            if !v.candidates.is_empty() && !v.candidates.contains(&g.to_string()) {
                out.push(format!("按声明的 {crs} 换算后不在本区范围内，{right}"));
            }
        }
        (_, Looks::Zoned(_) | Looks::Unzoned) => {
            out.push(format!("声明为经纬度 {crs}，数值却是平面坐标，{right}"));
        }
        (_, Looks::Degrees) => {}
    }
    out
}
