//! 区域: district → street or town → community → 单元网格, with validity and successors.
//!
//! Divisions change (江北区 500105 became part of 两江新区 500157 in 2025-11). Nothing is renumbered: old areas stay,
//! with their successor and its day. `area_closure` holds every area under all its ancestors, through successions
//! too, so a filter or right on the new district reaches the wells of the old streets, and one on the old still works.
use crate::error::{AppError, Kind, Result};
use jiff::Timestamp;
use jiff::civil::Date;
use jinggai_db::events::{self, Event};
use jinggai_db::{DbError, Sql, Tx, Value, row, sql};
use jinggai_geo::{Geometry, Point};
use jinggai_rules::kinds::AreaLevel;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// What an area is, as people enter it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AreaInput {
    /// 区划代码: 6, 9, 12 or 15 digits by level.
    pub code: String,
    /// 名称.
    pub name: String,
    /// Level; by the length of the code when absent.
    #[serde(default)]
    pub level: Option<String>,
    /// Code of the area it belongs to; by the code when absent.
    #[serde(default)]
    pub parent: Option<String>,
    /// First day.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    pub valid_from: Option<Date>,
    /// First day on which it no longer exists.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    pub valid_to: Option<Date>,
    /// Outline, GeoJSON Polygon or MultiPolygon, CGCS2000.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub geometry: Option<serde_json::Value>,
}

row! {
    /// An area as shown.
    #[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
    pub struct Area {
        /// Row.
        #[serde(skip)]
        pub id: i64,
        /// Public id.
        pub uid: Uuid,
        /// 区划代码.
        pub code: String,
        /// 名称.
        pub name: String,
        /// Level.
        pub level: String,
        /// Code of the area it belongs to.
        pub parent: Option<String>,
        /// First day.
        #[schema(value_type = Option<String>, format = Date)]
        pub valid_from: Option<Date>,
        /// First day on which it no longer exists.
        #[schema(value_type = Option<String>, format = Date)]
        pub valid_to: Option<Date>,
        /// Version, for conflict notices.
        pub version: i64,
    }
}

/// The columns of [`Area`].
pub const SELECT: &str = "SELECT a.id, a.uid, a.code, a.name, a.level, p.code, a.valid_from, a.valid_to, a.version FROM areas a LEFT JOIN areas p ON p.id = a.parent_id WHERE 1 = 1";

fn event(uid: Uuid, action: &'static str, after: serde_json::Value) -> Event {
    Event {
        subject: "area",
        subject_uid: uid,
        well_id: None,
        action,
        before: None,
        after: Some(after),
        reason: None,
    }
}

/// An area's row by its code.
///
/// # Errors
/// What the store says.
pub async fn id_of(tx: &mut Tx, code: &str) -> Result<Option<i64>> {
    let id: Option<(i64,)> = tx.opt(sql!("SELECT id FROM areas WHERE code = ?", code)).await?;
    Ok(id.map(|(id,)| id))
}

/// An area by its code.
///
/// # Errors
/// What the store says.
pub async fn find(tx: &mut Tx, code: &str) -> Result<Option<Area>> {
    let mut q = Sql::new(SELECT, vec![]);
    q.push(" AND a.code = ?", [code.into()]);
    Ok(tx.opt(q).await?)
}

/// An area's row by the code somebody gave for `field`.
///
/// # Errors
/// `area.unknown`, naming the field.
pub async fn resolve(tx: &mut Tx, field: &str, code: Option<&str>) -> Result<Option<i64>> {
    let Some(code) = code.map(str::trim).filter(|c| !c.is_empty()) else { return Ok(None) };
    match id_of(tx, code).await? {
        Some(id) => Ok(Some(id)),
        None => Err(AppError::field(
            "area.unknown",
            field,
            format!("没有代码为“{code}”的区域；请先在区域管理中建立"),
            format!("no area has the code {code:?}; enter it first"),
        )),
    }
}

fn level_of(a: &AreaInput) -> Result<AreaLevel> {
    let bad = |zh: String, en: String| Err(AppError::field("area.code", "code", zh, en));
    if a.code.is_empty() || !a.code.bytes().all(|b| b.is_ascii_digit()) {
        return bad(
            format!("区划代码“{}”应全是数字：区县 6 位、街镇 9 位、社区 12 位、网格 15 位", a.code),
            format!("area code {:?} must be digits: 6 district, 9 street, 12 community, 15 grid", a.code),
        );
    }
    let level = match a.level.as_deref() {
        Some(l) => AreaLevel::from_code(l),
        None => AreaLevel::from_code_len(a.code.len()),
    };
    match level {
        Some(l) => Ok(l),
        None => bad(
            format!("区划代码“{}”是 {} 位，应为 2、4、6、9、12 或 15 位", a.code, a.code.len()),
            format!(
                "area code {:?} has {} digits; right would be 2, 4, 6, 9, 12 or 15",
                a.code,
                a.code.len()
            ),
        ),
    }
}

fn outline(a: &AreaInput) -> Result<Option<Geometry>> {
    let Some(json) = &a.geometry else { return Ok(None) };
    let bad = |what: String| {
        AppError::field(
            "area.geometry",
            "geometry",
            format!("区域边界有误：{what}"),
            format!("the outline is wrong: {what}"),
        )
    };
    match jinggai_geo::geojson::from_geojson(json).map_err(|e| bad(e.to_string()))? {
        Geometry::Polygon(p) => Ok(Some(Geometry::MultiPolygon(vec![p]))),
        m @ Geometry::MultiPolygon(_) => Ok(Some(m)),
        _ => Err(bad("应为 Polygon 或 MultiPolygon".into())),
    }
}

/// Enters an area. The closure must be renewed with [`renew_closure`] when all are entered.
///
/// # Errors
/// Field errors, `area.code_taken`, or what the store says.
pub async fn create(tx: &mut Tx, a: &AreaInput) -> Result<(i64, Event)> {
    let level = level_of(a)?;
    if a.name.trim().is_empty() {
        return Err(AppError::field("area.name", "name", "请填写区域名称", "the name is missing"));
    }
    check_days(a)?;
    let parent = match (a.parent.as_deref(), level.parent()) {
        (Some(code), _) => resolve(tx, "parent", Some(code)).await?,
        (None, Some(up)) => id_of(tx, a.code.get(..up.code_len()).unwrap_or_default()).await?,
        (None, None) => None,
    };
    let (now, uid) = (Timestamp::now(), Uuid::now_v7());
    let geometry = outline(a)?.map_or(Value::Null, Value::Geom);
    let mut q = Sql::default();
    q.push(
        "INSERT INTO areas (uid, code, name, level, parent_id, valid_from, valid_to, version, geom, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?) RETURNING id",
        [uid.into(), (&a.code).into(), a.name.trim().into(), level.code().into(), parent.into(), a.valid_from.into(), a.valid_to.into(), geometry, now.into(), now.into()],
    );
    let (id,): (i64,) = tx.one(q).await.map_err(|e| code_taken(e, &a.code))?;
    Ok((id, event(uid, "created", json!({"code": a.code, "name": a.name, "level": level.code()}))))
}

fn code_taken(e: DbError, code: &str) -> AppError {
    if e.is_unique("areas_code_key") {
        return AppError::field(
            "area.code_taken",
            "code",
            format!("区划代码 {code} 已存在"),
            format!("the area code {code} is taken"),
        );
    }
    e.into()
}

/// Changes name, place in the tree, validity or outline. A parent or outline that is left out stays; the level of an
/// area never changes. The closure must be renewed with [`renew_closure`] afterwards.
///
/// # Errors
/// Field errors, `area.cycle`, `conflict.version` with the current record, not found.
pub async fn update(tx: &mut Tx, code: &str, a: &AreaInput, version: i64) -> Result<Event> {
    let old = find(tx, code).await?.ok_or_else(|| AppError::not_found("个区域", "area"))?;
    if old.version != version {
        return Err(AppError::new(
            Kind::Conflict,
            "conflict.version",
            "这个区域刚被别人改过，请刷新后再改",
            "somebody else has just changed this area; load it again",
        )
        .with_more("current", json!(old)));
    }
    if a.code != code {
        return Err(AppError::field(
            "area.code",
            "code",
            "区划代码不能改；区划调整请新建区域并登记承继关系",
            "an area code never changes; enter the new area and its succession",
        ));
    }
    if a.level.as_deref().is_some_and(|l| l != old.level) {
        return Err(AppError::field(
            "area.level",
            "level",
            format!("区域级别不能改（现为 {}）", old.level),
            format!("the level of an area never changes; it is {}", old.level),
        ));
    }
    if a.name.trim().is_empty() {
        return Err(AppError::field("area.name", "name", "请填写区域名称", "the name is missing"));
    }
    check_days(a)?;
    let parent = match a.parent.as_deref() {
        Some(code) => resolve(tx, "parent", Some(code)).await?,
        None => None,
    };
    let mut q = Sql::new("UPDATE areas SET version = version + 1", vec![]);
    if let Some(parent) = parent {
        refuse_circle(tx, old.id, parent).await?;
        q.push(", parent_id = ?", [parent.into()]);
    }
    q.push(
        ", name = ?, valid_from = ?, valid_to = ?, updated_at = ?",
        [a.name.trim().into(), a.valid_from.into(), a.valid_to.into(), Timestamp::now().into()],
    );
    if let Some(g) = outline(a)? {
        q.push(", geom = ?", [Value::Geom(g)]);
    }
    q.push(" WHERE id = ?", [old.id.into()]);
    tx.run(q).await?;
    let mut e = event(
        old.uid,
        "corrected",
        json!({
            "name": a.name, "parent": a.parent.as_ref().or(old.parent.as_ref()), "valid_from": a.valid_from,
            "valid_to": a.valid_to, "outline": a.geometry.is_some(),
        }),
    );
    e.before = Some(json!(old));
    Ok(e)
}

fn check_days(a: &AreaInput) -> Result<()> {
    match (a.valid_from, a.valid_to) {
        (Some(from), Some(to)) if to < from => Err(AppError::field(
            "area.validity",
            "valid_to",
            "失效日期早于生效日期",
            "it ends before it begins",
        )),
        _ => Ok(()),
    }
}

/// Refuses a parent that lies below the area. Reads the tree itself: the closure holds successions too.
async fn refuse_circle(tx: &mut Tx, id: i64, parent: i64) -> Result<()> {
    events::hold(tx).await?;
    let rows: Vec<(i64, Option<i64>)> = tx.all(sql!("SELECT id, parent_id FROM areas")).await?;
    let up: HashMap<i64, Option<i64>> = rows.into_iter().collect();
    let (mut at, mut steps) = (Some(parent), 0);
    while let Some(here) = at {
        steps += 1;
        if here == id || steps > up.len() {
            return Err(AppError::field(
                "area.cycle",
                "parent",
                "上级区域不能是它自己或它的下级",
                "an area cannot lie in itself or in what lies in it",
            ));
        }
        at = up.get(&here).copied().flatten();
    }
    Ok(())
}

/// Notes that an area, or a named part of it, went to another on a day; none when that was noted before. An area that
/// went as a whole ends on that day.
///
/// # Errors
/// `area.unknown`, `area.succession` when an area would succeed itself.
pub async fn succeed(
    tx: &mut Tx,
    old: &str,
    part: Option<&str>,
    new: &str,
    on: Date,
    basis: &str,
) -> Result<Option<Event>> {
    let old_id = resolve(tx, "old", Some(old)).await?;
    let new_id = resolve(tx, "new", Some(new)).await?;
    let part_id = resolve(tx, "part", part).await?;
    if old_id == new_id {
        return Err(AppError::field(
            "area.succession",
            "new",
            "区域不能承继自己",
            "an area cannot succeed itself",
        ));
    }
    let known: Option<(i64,)> = match part_id {
        None => {
            tx.opt(sql!(
                "SELECT id FROM area_successions WHERE old_id = ? AND new_id = ? AND part_id IS NULL",
                old_id,
                new_id
            ))
            .await?
        }
        Some(p) => {
            tx.opt(sql!(
                "SELECT id FROM area_successions WHERE old_id = ? AND new_id = ? AND part_id = ?",
                old_id,
                new_id,
                p
            ))
            .await?
        }
    };
    if known.is_some() {
        return Ok(None);
    }
    tx.run(sql!(
        "INSERT INTO area_successions (old_id, new_id, part_id, effective, basis) VALUES (?, ?, ?, ?, ?)",
        old_id,
        new_id,
        part_id,
        on,
        basis
    ))
    .await?;
    if part_id.is_none() {
        tx.run(sql!("UPDATE areas SET valid_to = ?, version = version + 1, updated_at = ? WHERE id = ? AND valid_to IS NULL", on, Timestamp::now(), old_id))
            .await?;
    }
    let (uid,): (Uuid,) = tx.one(sql!("SELECT uid FROM areas WHERE id = ?", old_id)).await?;
    let what = json!({"old": old, "part": part, "new": new, "on": on, "basis": basis});
    Ok(Some(event(uid, "succeeded", what)))
}

/// Computes `area_closure` anew: few thousand rows, changed a few times a year.
///
/// # Errors
/// What the store says.
pub async fn renew_closure(tx: &mut Tx) -> Result<()> {
    // Two changes at once would each enter the rows of its own tree only.
    events::hold(tx).await?;
    let areas: Vec<(i64, Option<i64>)> = tx.all(sql!("SELECT id, parent_id FROM areas")).await?;
    let moves: Vec<(i64, i64, Option<i64>)> =
        tx.all(sql!("SELECT old_id, new_id, part_id FROM area_successions")).await?;
    let parents: HashMap<i64, Option<i64>> = areas.iter().copied().collect();
    let mut rows = vec![];
    for (id, _) in &areas {
        let mut seen = HashSet::new();
        // A part that went its own way does not follow its old district into the district's successor.
        let mut open = vec![(*id, false)];
        while let Some((at, gone)) = open.pop() {
            if !seen.insert(at) {
                continue;
            }
            let own: Vec<i64> =
                moves.iter().filter(|(_, _, part)| *part == Some(at)).map(|(_, new, _)| *new).collect();
            let whole = moves.iter().filter(|(old, _, part)| part.is_none() && *old == at && !gone);
            open.extend(whole.map(|(_, new, _)| (*new, false)));
            open.extend(parents.get(&at).copied().flatten().map(|p| (p, gone || !own.is_empty())));
            open.extend(own.into_iter().map(|new| (new, false)));
        }
        rows.extend(seen.into_iter().map(|ancestor| vec![Value::from(ancestor), Value::from(*id)]));
    }
    tx.run(sql!("DELETE FROM area_closure")).await?;
    tx.bulk("area_closure", &["ancestor_id", "area_id"], rows).await?;
    Ok(())
}

/// The smallest known area whose outline holds the point, with its code. Areas that hold today go before those of
/// the past, which still say more than nothing.
///
/// # Errors
/// What the store says.
pub async fn area_at(tx: &mut Tx, p: Point) -> Result<Option<(i64, String)>> {
    let mut q = sql!("SELECT a.id, a.code, a.geom FROM areas a WHERE a.geom IS NOT NULL");
    q.and_within(
        tx.dialect(),
        "areas",
        "a",
        Some(jinggai_geo::Bbox { w: p.lng, s: p.lat, e: p.lng, n: p.lat }),
    );
    q.push(" ORDER BY CASE WHEN a.valid_to IS NULL THEN 0 ELSE 1 END, length(a.code) DESC, a.id", []);
    let found: Vec<(i64, String, Geometry)> = tx.all(q).await?;
    Ok(found.into_iter().find(|(_, _, g)| g.contains(p)).map(|(id, code, _)| (id, code)))
}
