//! Where the coordinates of a file are and how they become CGCS2000 (`domain.md` 9.1): decided once per file.
//!
//! A wrong guess moves a whole city, so what cannot be known is asked for: plane coordinates without a declared
//! system, values that contradict the declared system, a second shift of values that were shifted before.
use super::mapping::Mapping;
use super::options::Options;
use super::profile::Profile;
use super::tally::Tally;
use super::target::Target;
use super::value;
use crate::error::{AppError, Result};
use jinggai_geo::crs::Looks;
use jinggai_geo::crs::shifted::CHINA;
use jinggai_geo::{Axes, Crs, CrsError, LocalCrs, Point, Transform, detect_axes};
use jinggai_tables::values::LengthUnit;
use jinggai_tables::{Format, Record, Source};

/// Where a row's position stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Where {
    /// In its geometry.
    Geometry,
    /// In two columns: longitude and latitude.
    Degrees(usize, usize),
    /// In two columns: X and Y.
    Plane(usize, usize),
}

/// Where positions stand and how they are brought to CGCS2000.
#[derive(Clone, Debug)]
pub struct Placing {
    /// Where.
    pub place: Where,
    /// How.
    pub transform: Transform,
    /// Columns that say what was done to the coordinates before (source_crs, source_transform).
    pub carried: Option<(Option<usize>, usize)>,
    /// Were the coordinates surveyed (plane), so that the transform's own class holds?
    pub surveyed: bool,
}

impl Where {
    /// The two numbers of a row.
    #[must_use]
    pub fn numbers(self, r: &Record) -> Option<(f64, f64)> {
        match self {
            Where::Geometry => r.geometry.as_ref()?.as_point().map(|c| (c.x, c.y)),
            Where::Degrees(a, b) | Where::Plane(a, b) => Some((
                value::number(r.cells.get(a)?, LengthUnit::Metre)?,
                value::number(r.cells.get(b)?, LengthUnit::Metre)?,
            )),
        }
    }
}

pub(super) fn refused(zh: impl Into<String>, en: impl Into<String>) -> AppError {
    AppError::field("import.crs", "crs", zh, en)
}

pub(super) fn crs_error(e: &CrsError) -> AppError {
    refused(e.to_string(), format!("the coordinate system cannot be used: {e}"))
}

/// Decides for a file.
///
/// # Errors
/// `import.no_position` without any coordinates, `import.crs` when the system must be named or contradicts the values.
pub fn decide(
    source: &Source,
    profile: &Profile,
    mapping: &Mapping,
    options: &Options,
    locals: &[LocalCrs],
    notes: &mut Tally,
) -> Result<Placing> {
    let place = locate(source, profile, mapping)?;
    let samples = match place {
        Where::Geometry => profile.coordinates.clone(),
        _ => sample(source, place)?,
    };
    let given = options.crs.as_deref().or(mapping.crs.as_deref());
    let carried = column(source, mapping, Target::SourceTransform)
        .map(|t| (column(source, mapping, Target::SourceCrs), t));
    let crs = match given {
        Some(text) => {
            let crs = Crs::parse(text, locals).map_err(|e| crs_error(&e))?;
            no_second_shift(source, &crs, carried.is_some())?;
            crs
        }
        None => assumed(source, place, mapping, &samples, locals, carried.is_some(), notes)?,
    };
    let axes = axes(options.axes.as_deref().or(mapping.axes.as_deref()), place, &crs, &samples, notes)?;
    check(&samples, &crs, axes, notes)?;
    notes.say(
        "crs",
        format!("坐标按 {crs} 读取，换算为 CGCS2000（{}）", Transform::new(crs.clone(), axes).name()),
    );
    let surveyed = !crs.is_geographic();
    Ok(Placing { place, transform: Transform::new(crs, axes), carried, surveyed })
}

fn column(source: &Source, mapping: &Mapping, target: Target) -> Option<usize> {
    source.column(mapping.column(target)?).map(|c| c.index)
}

fn locate(source: &Source, profile: &Profile, mapping: &Mapping) -> Result<Where> {
    let two = |a, b| Some((column(source, mapping, a)?, column(source, mapping, b)?));
    if profile.points == 0 {
        if let Some((x, y)) = two(Target::Lng, Target::Lat) {
            return Ok(Where::Degrees(x, y));
        }
        if let Some((x, y)) = two(Target::X, Target::Y) {
            return Ok(Where::Plane(x, y));
        }
    }
    if source.format.is_spatial() {
        return Ok(Where::Geometry);
    }
    let names: Vec<&str> = source.columns.iter().map(|c| c.name.as_str()).collect();
    Err(AppError::field(
        "import.no_position",
        "columns",
        format!(
            "表中没有坐标：找不到经度、纬度两列，也找不到 X、Y 两列（现有列：{}）；请用 --map 指明，或提供带坐标的数据",
            names.join("、")
        ),
        "the table has no coordinates: neither longitude and latitude nor X and Y; name the columns with --map",
    ))
}

/// The numbers of the first rows.
fn sample(source: &Source, place: Where) -> Result<Vec<(f64, f64)>> {
    let records = source.records().map_err(super::read::table_error)?;
    Ok(records.take(2_000).flatten().filter_map(|r| place.numbers(&r)).take(1_000).collect())
}

/// Values that are CGCS2000 already must not be shifted as if they were of an internet map.
fn no_second_shift(source: &Source, given: &Crs, carried: bool) -> Result<()> {
    let shifts = !matches!(given, Crs::Cgcs2000 | Crs::Wgs84);
    if carried && shifts {
        return Err(refused(
            format!(
                "文件带有“坐标转换”记录，坐标已由本平台转换为 CGCS2000，再按 {given} 转换会二次偏移；请不要指定坐标系"
            ),
            format!(
                "the file carries the record of a transform: its coordinates are CGCS2000 already, {given} would shift them twice"
            ),
        ));
    }
    let Some(declared) = source.crs.as_deref().and_then(|d| d.parse::<Crs>().ok()) else { return Ok(()) };
    let national = matches!(declared, Crs::Cgcs2000 | Crs::GaussKruger(_));
    if national && matches!(given, Crs::Gcj02 | Crs::Bd09) {
        return Err(refused(
            format!(
                "文件声明坐标系为 {declared}，不是互联网地图坐标；再按 {given} 纠偏会二次偏移。若文件的声明有误，请先改正声明再导入"
            ),
            format!("the file declares {declared}; reading it as {given} would shift it twice"),
        ));
    }
    Ok(())
}

/// Without an option: what the file declares, what headers hint at, what GeoJSON prescribes.
fn assumed(
    source: &Source,
    place: Where,
    mapping: &Mapping,
    samples: &[(f64, f64)],
    locals: &[LocalCrs],
    carried: bool,
    notes: &mut Tally,
) -> Result<Crs> {
    if let (Where::Geometry, Some(declared)) = (place, source.crs.as_deref()) {
        return Crs::parse(declared, locals).map_err(|e| crs_error(&e));
    }
    if place == Where::Geometry && source.format == Format::GeoJson {
        return Ok(Crs::Wgs84);
    }
    if carried {
        return Ok(Crs::Cgcs2000);
    }
    if let Where::Degrees(..) = place {
        let name = mapping.column(Target::Lng).unwrap_or_default().to_lowercase();
        let hinted = [
            ("gcj", Crs::Gcj02),
            ("火星", Crs::Gcj02),
            ("高德", Crs::Gcj02),
            ("腾讯", Crs::Gcj02),
            ("bd09", Crs::Bd09),
            ("bd-09", Crs::Bd09),
            ("百度", Crs::Bd09),
        ]
        .into_iter()
        .find(|(word, _)| name.contains(word));
        if let Some((word, crs)) = hinted {
            notes.say("crs_hint", format!("列名含“{word}”，坐标按 {crs} 读取"));
            return Ok(crs);
        }
    }
    let verdict = detect_axes(samples, None, None);
    let degrees = samples.iter().filter(|(x, y)| x.abs() <= 180.0 && y.abs() <= 180.0).count();
    if verdict.looks == Looks::Degrees || (!samples.is_empty() && degrees * 20 >= samples.len() * 19) {
        notes.say(
            "crs_assumed",
            "没有说明坐标系，经纬度按 CGCS2000/WGS84 读取；若来自高德、腾讯或百度地图，请用 --crs GCJ-02 或 --crs BD-09 重新导入",
        );
        return Ok(Crs::Cgcs2000);
    }
    if samples.is_empty() {
        return Ok(Crs::Cgcs2000);
    }
    Err(refused(
        format!(
            "没有说明平面坐标的坐标系，请用 --crs 指明{}：{}",
            candidates(&verdict.candidates),
            verdict.reasons.join("；")
        ),
        format!(
            "the plane coordinates have no declared system; name it with --crs (fitting: {})",
            verdict.candidates.join(", ")
        ),
    ))
}

fn candidates(list: &[String]) -> String {
    if list.is_empty() { String::new() } else { format!("（数值与 {} 相符）", list.join("、")) }
}

pub(super) fn axes(
    given: Option<&str>,
    place: Where,
    crs: &Crs,
    samples: &[(f64, f64)],
    notes: &mut Tally,
) -> Result<Axes> {
    let verdict = detect_axes(samples, Some(crs), None);
    let asked = match given.map(str::to_lowercase).as_deref() {
        None => None,
        Some("xy" | "en" | "east_north" | "东北") => Some(Axes::EastNorth),
        Some("yx" | "ne" | "north_east" | "北东") => Some(Axes::NorthEast),
        Some(other) => {
            return Err(AppError::field(
                "import.axes",
                "axes",
                format!(
                    "轴序“{other}”不对：应为 xy（先东后北，如经度、纬度）或 yx（先北后东，如测量坐标 X 北、Y 东）"
                ),
                format!("axes {other:?} are wrong: xy (east first) or yx (north first)"),
            ));
        }
    };
    match (asked, verdict.axes, place) {
        (Some(a), Some(b), _) if a != b => Err(AppError::field(
            "import.axes",
            "axes",
            format!("所给轴序与数值相反：{}", verdict.reasons.join("；")),
            "the axes given contradict the values",
        )),
        (Some(a), ..) => Ok(a),
        (None, Some(Axes::NorthEast), Where::Plane(..)) => {
            notes.say("axes", "X 列为北、Y 列为东（测量轴序），已据此读取");
            Ok(Axes::NorthEast)
        }
        (None, Some(Axes::NorthEast), _) => Err(AppError::field(
            "import.axes",
            "axes",
            format!("经度、纬度似乎颠倒：{}；若确是先纬后经，请用 --axes yx", verdict.reasons.join("；")),
            "longitude and latitude seem to be swapped; if so, give --axes yx",
        )),
        _ => Ok(Axes::EastNorth),
    }
}

/// Values that cannot be of the declared system refuse the file, before a single row is moved.
fn check(samples: &[(f64, f64)], crs: &Crs, axes: Axes, notes: &mut Tally) -> Result<()> {
    let verdict = detect_axes(samples, Some(crs), None);
    if !verdict.conflicts.is_empty() {
        return Err(refused(
            verdict.conflicts.join("；"),
            format!("the values contradict {crs}: {}", verdict.conflicts.join("; ")),
        ));
    }
    let degrees = samples.iter().filter(|(x, y)| x.abs() <= 180.0 && y.abs() <= 90.0).count();
    if !crs.is_geographic() && !samples.is_empty() && degrees * 2 > samples.len() {
        return Err(refused(
            format!(
                "声明为平面坐标 {crs}，数值却在经纬度范围内，可能已经转换过；请改用经纬度坐标系，以免二次转换"
            ),
            format!("{crs} is a plane, the values are degrees: they may have been transformed already"),
        ));
    }
    let transform = Transform::new(crs.clone(), axes);
    let away = samples
        .iter()
        .filter_map(|(x, y)| transform.to_cgcs2000(*x, *y).ok())
        .filter(|p: &Point| !CHINA.contains(*p))
        .count();
    if away > 0 {
        notes.say(
            "outside_china",
            format!("抽样 {} 个坐标中有 {away} 个在中国境外，已照原样读取，请核对", samples.len()),
        );
    }
    Ok(())
}
