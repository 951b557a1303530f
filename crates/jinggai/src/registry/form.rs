//! A new well as a form: everything of a draft, checked field by field, with all mistakes said at once.
//!
//! What is refused beside wrong fields: a cover that is there already ([`super::store::neighbours`]), and a well
//! outside what the actor may touch.
use super::commands::{Change, Life, outside, renew, size_limits};
use super::draft::{NewCode, NewCover, NewResponsibility, NewWell, SourcePosition};
use super::fields::{COVER, LIFECYCLE, Reader, WELL};
use super::ledger::{self, Created, Entry};
use super::{codes, store};
use crate::error::{AppError, Kind, Result};
use crate::identity::division::{Labour, Situation};
use crate::identity::{Permission, areas};
use jiff::civil::Date;
use jinggai_db::{Tx, events};
use jinggai_geo::Point;
use jinggai_geo::crs::{self, Axes, Crs, Transform};
use jinggai_rules::kinds::{
    AccuracyClass, Condition, CoverKind, Lifecycle, Material, Problem, ResponsibilityRole, RoadManager,
};
use jinggai_rules::size::{CoverSize, SizeLimits};
use serde_json::{Map, Value as Json};

/// The limits of sizes in force.
pub(crate) async fn limits(tx: &mut Tx, today: Date) -> Result<SizeLimits> {
    size_limits(tx, today).await
}

/// A position as given, in CGCS2000.
pub(crate) struct Position {
    /// CGCS2000.
    pub at: Point,
    /// The best class it can claim.
    pub accuracy: AccuracyClass,
    /// As it was given, when it was not CGCS2000.
    pub source: Option<SourcePosition>,
}

/// Takes `position`: `{"lng", "lat"}` in CGCS2000, or `{"x", "y", "crs", "axes"?}` in another system.
pub(crate) fn position(r: &mut Reader) -> Option<Position> {
    r.object("position", |r| {
        let crs = r.text("crs", 100);
        let axes = r.text("axes", 20);
        let pair = |r: &mut Reader, a: &str, b: &str| Some((r.number(a)?, r.number(b)?));
        let lnglat = pair(r, "lng", "lat");
        let xy = pair(r, "x", "y");
        match (lnglat, xy, crs) {
            (Some((lng, lat)), None, None) => degrees(r, lng, lat),
            (None, Some((x, y)), Some(crs)) => shifted(r, x, y, &crs, axes.as_deref()),
            _ => {
                r.wrong(
                    "lng",
                    "请给出 CGCS2000 经纬度 lng、lat，或 x、y 加坐标系 crs",
                    "give lng and lat in CGCS2000, or x, y and their crs",
                );
                None
            }
        }
    })
    .flatten()
}

fn degrees(r: &mut Reader, lng: f64, lat: f64) -> Option<Position> {
    match Transform::new(Crs::Cgcs2000, Axes::EastNorth).to_cgcs2000(lng, lat) {
        Ok(at) => Some(Position { at, accuracy: AccuracyClass::B, source: None }),
        Err(e) => {
            r.wrong("lng", e.to_string(), format!("{lng}, {lat} is no place in CGCS2000 degrees"));
            None
        }
    }
}

fn shifted(r: &mut Reader, x: f64, y: f64, crs: &str, axes: Option<&str>) -> Option<Position> {
    let axes = match axes {
        None | Some("east_north") => Axes::EastNorth,
        Some("north_east") => Axes::NorthEast,
        Some(_) => {
            r.wrong("axes", "应为 east_north 或 north_east", "must be east_north or north_east");
            return None;
        }
    };
    let transform = match Crs::parse(crs, &[]) {
        Ok(c) => Transform::new(c, axes),
        Err(e) => {
            r.wrong("crs", e.to_string(), format!("{crs:?} cannot be used as a coordinate system"));
            return None;
        }
    };
    match transform.to_cgcs2000(x, y) {
        Ok(at) => Some(Position {
            at,
            accuracy: class(transform.accuracy()),
            source: Some(SourcePosition { x, y, crs: crs.to_owned(), transform: transform.name() }),
        }),
        Err(e) => {
            r.wrong("x", e.to_string(), format!("{x}, {y} is no place in {crs}"));
            None
        }
    }
}

/// The best class of a transform, but never better than what a form can know of its measurement: B.
fn class(best: crs::AccuracyClass) -> AccuracyClass {
    match best {
        crs::AccuracyClass::C => AccuracyClass::C,
        _ => AccuracyClass::B,
    }
}

/// Takes `area`, a code: `None` = absent, `Some(None)` = to be emptied, else its row and code.
pub(crate) async fn area(tx: &mut Tx, r: &mut Reader) -> Result<Option<Option<(i64, String)>>> {
    let Some(given) = r.take("area") else { return Ok(None) };
    let Some(code) = given.as_str().map(str::trim).filter(|c| !c.is_empty()) else {
        if !given.is_null() && !given.is_string() {
            r.wrong("area", "应为区域代码", "must be the code of an area");
        }
        return Ok(Some(None));
    };
    match store::area_id(tx, code).await? {
        Some(id) => Ok(Some(Some((id, code.to_owned())))),
        None => {
            r.wrong("area", format!("没有代码为“{code}”的区域"), format!("there is no area {code:?}"));
            Ok(None)
        }
    }
}

fn of<T>(values: &Map<String, Json>, name: &str, from: fn(&str) -> Option<T>) -> Option<T> {
    values.get(name).and_then(Json::as_str).and_then(from)
}
fn text(values: &Map<String, Json>, name: &str) -> Option<String> {
    values.get(name).and_then(Json::as_str).map(str::to_owned)
}
fn real(values: &Map<String, Json>, name: &str) -> Option<f64> {
    values.get(name).and_then(Json::as_f64)
}
fn flag(values: &Map<String, Json>, name: &str) -> bool {
    values.get(name).and_then(Json::as_bool).unwrap_or(false)
}

/// A cover read from a form, and the scheme under which it wants a number of ours.
pub(crate) struct CoverForm {
    /// The draft.
    pub cover: NewCover,
    /// Schemes under which to issue numbers.
    pub issue: Vec<String>,
    wanted: Vec<(String, String, bool)>,
}

/// Reads a cover; what needs the store is completed by [`complete`].
pub(crate) fn cover(r: &mut Reader, limits: &SizeLimits, well_kind: Option<CoverKind>) -> CoverForm {
    let v = r.values(COVER, limits);
    let lifecycle = r
        .value(&LIFECYCLE, limits)
        .and_then(|v| v.as_str().and_then(Lifecycle::from_code))
        .unwrap_or(Lifecycle::InUse);
    if lifecycle.is_ended() {
        r.wrong(
            "lifecycle",
            "新井盖不能是已填埋、已拆除或已归档",
            "a new cover cannot be filled, removed or archived",
        );
    }
    let kind = of(&v, "kind", CoverKind::from_code).or(well_kind);
    let wanted = r.list("codes", |r| {
        let scheme = r.required_text("scheme", "编码规则", 50).unwrap_or_default();
        let code = r.required_text("code", "编号", 64).unwrap_or_default();
        (scheme, code, r.flag("alias"))
    });
    let issue = r.text("issue_code", 50).into_iter().collect();
    let label = r.text("label", 64);
    let problem = of(&v, "problem", Problem::from_code);
    let condition = of(&v, "condition", Condition::from_code);
    let size = text(&v, "size");
    let implied = size.as_deref().and_then(|s| CoverSize::parse(s, limits).ok()).map(CoverSize::shape);
    let cover = NewCover {
        kind: kind.unwrap_or(CoverKind::Other),
        lifecycle,
        condition: condition.unwrap_or_else(|| problem.map_or(Condition::Intact, Problem::condition)),
        problem,
        shape: of(&v, "shape", jinggai_rules::kinds::Shape::from_code).or(implied),
        size,
        material: of(&v, "material", Material::from_code),
        load_class: of(&v, "load_class", jinggai_rules::kinds::LoadClass::from_code),
        maker: text(&v, "maker"),
        standard: text(&v, "standard"),
        batch: text(&v, "batch"),
        installed_on: None,
        installed_precision: text(&v, "installed_on"),
        design_life_years: v.get("design_life_years").and_then(Json::as_i64),
        expires_on: None,
        has_lock: flag(&v, "has_lock"),
        has_sensor: flag(&v, "has_sensor"),
        mass_kg: real(&v, "mass_kg"),
        note: text(&v, "note"),
        codes: vec![],
        label,
    };
    CoverForm { cover, issue, wanted }
}

/// Completes a cover with what the store knows: design life, and its numbers checked against their schemes.
pub(crate) async fn complete(
    tx: &mut Tx,
    today: Date,
    form: &mut CoverForm,
    r: &mut Reader,
    path: &str,
) -> Result<()> {
    let c = &mut form.cover;
    let record = serde_json::json!({
        "installed_on": c.installed_precision, "design_life_years": c.design_life_years,
        "material": c.material.map(Material::code),
    });
    let life = Life::of(tx, today, &record).await?;
    c.installed_on = life.installed_on;
    c.installed_precision = life.precision.map(str::to_owned);
    c.expires_on = life.expires_on;
    for (i, (scheme, code, alias)) in form.wanted.iter().enumerate() {
        if scheme.is_empty() || code.is_empty() {
            continue;
        }
        match codes::checked(tx, scheme, code, c.kind, today).await {
            Ok(checked) => c.codes.push(NewCode { alias: *alias, ..checked }),
            Err(e) if e.kind() == Kind::Invalid => {
                r.wrong(&format!("{path}codes[{i}].code"), &e.said().zh, &e.said().en);
            }
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

struct ClaimForm {
    role: Option<ResponsibilityRole>,
    unit: String,
    confirmed: bool,
    basis: Option<String>,
    from: Option<Date>,
}

fn claim(r: &mut Reader) -> ClaimForm {
    let role = r.required_text("role", "责任角色", 20);
    let known = role.as_deref().and_then(ResponsibilityRole::from_code);
    if role.is_some() && known.is_none() {
        let all = ResponsibilityRole::ALL.iter().map(|x| x.code()).collect::<Vec<_>>().join(", ");
        r.wrong("role", format!("应为：{all}"), format!("must be one of: {all}"));
    }
    ClaimForm {
        role: known,
        unit: r.required_text("unit", "单位代码", 64).unwrap_or_default(),
        confirmed: r.flag("confirmed"),
        basis: r.text("basis", 500),
        from: r.day("valid_from"),
    }
}

/// Resolves the units that a form claims; what only those who decide ownership may say is refused to others.
async fn claims(tx: &mut Tx, change: &Change<'_>, r: &mut Reader) -> Result<Vec<NewResponsibility>> {
    let given = r.list("responsibilities", claim);
    let decides = change.actor.may(Permission::OwnershipDecide);
    let mut out: Vec<NewResponsibility> = vec![];
    for (i, c) in given.into_iter().enumerate() {
        let at = |name: &str| format!("responsibilities[{i}].{name}");
        let Some(role) = c.role.filter(|_| !c.unit.is_empty()) else { continue };
        let unit = store::unit_id(tx, &c.unit).await?;
        if !unit.is_some_and(|(_, open)| open) {
            let zh = format!("没有代码为“{}”的现存单位", c.unit);
            r.wrong(&at("unit"), zh, format!("there is no unit {:?} today", c.unit));
            continue;
        }
        if out.iter().any(|o| o.role == role) {
            r.wrong(&at("role"), "同一角色只能有一个单位", "one unit per role");
        }
        if c.confirmed && !decides {
            r.wrong(&at("confirmed"), "您只能登记待确认的责任单位", "you may only claim, not confirm");
        }
        if c.confirmed && c.basis.is_none() {
            r.wrong(&at("basis"), "确认权属须写明依据", "a confirmation needs its basis");
        }
        if role == ResponsibilityRole::Fallback {
            r.wrong(
                &at("role"),
                "兜底单位须在建档后凭文件和资金来源指定",
                "a fallback unit is designated later, with document and funding",
            );
        }
        if c.from.is_some_and(|d| d > change.today) {
            r.wrong(&at("valid_from"), "不能晚于今天", "must not be in the future");
        }
        out.push(NewResponsibility {
            role,
            unit_id: unit.map_or(0, |(id, _)| id),
            confirmed: c.confirmed,
            basis: c.basis,
            valid_from: c.from.unwrap_or(change.today),
        });
    }
    Ok(out)
}

/// The supervising department by the division of labour (江北区方案 四(一)), when it is entered as a unit.
async fn supervisor(
    tx: &mut Tx,
    today: Date,
    kind: CoverKind,
    values: &Map<String, Json>,
    area: Option<&(i64, String)>,
) -> Result<Option<NewResponsibility>> {
    let situation = Situation {
        kind,
        place: of(values, "place", jinggai_rules::kinds::Place::from_code),
        manager: of(values, "road_manager", RoadManager::from_code),
        area: area.map(|(_, code)| code.as_str()),
    };
    let named = Labour::load(tx, today).await?.supervisor(&situation);
    Ok(named.and_then(|n| {
        Some(NewResponsibility {
            role: ResponsibilityRole::Supervisor,
            unit_id: n.unit_id?,
            confirmed: true,
            basis: Some(n.basis),
            valid_from: today,
        })
    }))
}

/// Enters a new well from a form.
///
/// # Errors
/// `form.invalid` with every field; `duplicate.nearby` with the candidates; `scope.outside`; `code.taken`.
pub async fn enter(tx: &mut Tx, change: &Change<'_>, body: Json) -> Result<Created> {
    let limits = limits(tx, change.today).await?;
    let mut r = Reader::new(body);
    let confirmed = r.flag("confirm_duplicate");
    let reason = r.text("reason", 500);
    let kind_given = r.has("kind");
    let v = r.values(WELL, &limits);
    let kind = of(&v, "kind", CoverKind::from_code);
    if !kind_given {
        r.wrong("kind", "请选择井类型", "choose the kind of well");
    }
    let place = position(&mut r);
    if place.is_none() {
        r.wrong("position", "请给出位置", "give the position");
    }
    let given_area = area(tx, &mut r).await?.flatten();
    let mut responsibilities = claims(tx, change, &mut r).await?;
    let mut covers = r.list("covers", |r| cover(r, &limits, kind));
    if covers.is_empty() {
        r.wrong("covers", "至少登记一个井盖", "a well has at least one cover");
    }
    for (i, form) in covers.iter_mut().enumerate() {
        complete(tx, change.today, form, &mut r, &format!("covers[{i}].")).await?;
    }
    r.finish()?;
    let (Some(kind), Some(place)) = (kind, place) else {
        return Err(AppError::internal(anyhow::anyhow!("a checked form has kind and position")));
    };
    let area = match given_area {
        Some(given) => Some(given),
        None => areas::area_at(tx, place.at).await?,
    };
    if responsibilities.iter().all(|c| c.role != ResponsibilityRole::Supervisor) {
        responsibilities.extend(supervisor(tx, change.today, kind, &v, area.as_ref()).await?);
    }
    if !confirmed {
        refuse_neighbours(tx, change, &covers, place.at).await?;
    }
    let issue: Vec<Vec<String>> = covers.iter().map(|c| c.issue.clone()).collect();
    let well = NewWell {
        kind,
        name: text(&v, "name"),
        area_id: area.map(|(id, _)| id),
        grid_code: text(&v, "grid_code"),
        road: text(&v, "road"),
        address: text(&v, "address"),
        road_manager: of(&v, "road_manager", RoadManager::from_code),
        place: of(&v, "place", jinggai_rules::kinds::Place::from_code),
        crowded: flag(&v, "crowded"),
        blind_track: flag(&v, "blind_track"),
        low_lying: flag(&v, "low_lying"),
        emergency_vehicles: flag(&v, "emergency_vehicles"),
        depth_m: real(&v, "depth_m"),
        wall_material: text(&v, "wall_material"),
        ground_elevation_m: real(&v, "ground_elevation_m"),
        bottom_elevation_m: real(&v, "bottom_elevation_m"),
        note: text(&v, "note"),
        at: place.at,
        accuracy: of(&v, "accuracy", AccuracyClass::from_code).unwrap_or(place.accuracy),
        source: place.source,
        source_row: None,
        demo: false,
        responsibilities,
        covers: covers.into_iter().map(|c| c.cover).collect(),
    };
    keep(tx, change, well, issue, reason).await
}

async fn keep(
    tx: &mut Tx,
    change: &Change<'_>,
    well: NewWell,
    issue: Vec<Vec<String>>,
    reason: Option<String>,
) -> Result<Created> {
    let entry = Entry { ownership_days: change.ownership_days, today: change.today, reason };
    let (mut created, mut list) = ledger::create(tx, std::slice::from_ref(&well), &entry).await?;
    let created = created.pop().ok_or_else(|| AppError::internal(anyhow::anyhow!("one well was entered")))?;
    let mut issued = false;
    for (cover_id, schemes) in created.cover_ids.iter().zip(issue) {
        let cover = store::cover_by_id(tx, *cover_id).await?;
        for scheme in schemes {
            if !change.actor.may(Permission::CodeIssue) {
                return Err(AppError::forbidden(Permission::CodeIssue.zh()));
            }
            list.push(codes::issue(tx, &cover, &scheme, &[], change.today).await?.1);
            issued = true;
        }
    }
    if issued {
        renew(tx, &[created.well_id], change.ownership_days, change.today).await?;
    }
    if !store::in_scope(tx, created.well_id, &change.scope).await? {
        return Err(outside());
    }
    events::append(tx, &change.actor.who(change.permission), list).await?;
    Ok(created)
}

/// A cover of the same kind within [`Change::duplicate_metres`] is most likely the same cover.
async fn refuse_neighbours(tx: &mut Tx, change: &Change<'_>, covers: &[CoverForm], at: Point) -> Result<()> {
    let mut found = vec![];
    for c in covers {
        for n in store::neighbours(tx, c.cover.kind.code(), at, change.duplicate_metres).await? {
            if !found.iter().any(|f: &store::Neighbour| f.uid == n.uid) {
                found.push(n);
            }
        }
    }
    if found.is_empty() {
        return Ok(());
    }
    let candidates = serde_json::to_value(&found).map_err(AppError::internal)?;
    Err(AppError::new(
        Kind::Conflict,
        "duplicate.nearby",
        format!(
            "{} 米内已有同类井盖，可能是同一个；确认不是后请带 confirm_duplicate 再提交",
            change.duplicate_metres
        ),
        format!(
            "a cover of this kind lies within {} m and may be the same; send confirm_duplicate when it is not",
            change.duplicate_metres
        ),
    )
    .with_more("candidates", candidates))
}
