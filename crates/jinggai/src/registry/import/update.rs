//! A row that is in the ledger already and says something new: only the fields that it maps and that changed.
//!
//! An empty cell is no evidence and clears nothing. Every change is an event with before and after.
use super::read::Plan;
use super::row::Draft;
use super::target::Target;
use crate::error::Result;
use crate::registry::draft::NewResponsibility;
use crate::registry::model::{CoverRow, WellRow};
use crate::registry::store;
use jiff::Timestamp;
use jiff::civil::Date;
use jinggai_db::events::Event;
use jinggai_db::{Sql, Tx, Value, sql};
use jinggai_geo::{cell_of, distance_m};
use jinggai_rules::kinds::{CoverKind, LoadClass, Material, Place, Problem, RoadManager, Shape};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

/// Positions nearer than this are the same, metres: what is left of rounding.
const SAME_PLACE_M: f64 = 0.01;

/// What a row changed.
pub struct Changed {
    /// The well.
    pub well_id: i64,
    /// Names of the changed fields, Chinese.
    pub fields: Vec<&'static str>,
    /// The event.
    pub event: Event,
}

struct Changes {
    fields: Vec<&'static str>,
    before: Map<String, Json>,
    after: Map<String, Json>,
}

impl Changes {
    fn note(&mut self, name: &str, zh: &'static str, before: Json, after: Json) {
        self.fields.push(zh);
        self.before.insert(name.to_owned(), before);
        self.after.insert(name.to_owned(), after);
    }
}

fn as_json(v: &Value) -> Json {
    match v {
        Value::Bool(b) => json!(b),
        Value::Int(i) => json!(i),
        Value::Real(f) => json!(f),
        Value::Text(t) => json!(t),
        Value::Date(d) => json!(d.to_string()),
        _ => Json::Null,
    }
}

/// (column, Chinese name, as it is, as the row says; nothing where the row says nothing)
type Pair = (&'static str, &'static str, Value, Option<Value>);

fn some<T: Into<Value>>(v: Option<T>) -> Option<Value> {
    v.map(Into::into)
}

fn well_pairs(w: &WellRow, d: &Draft, plan: &Plan) -> Vec<Pair> {
    let n = &d.well;
    let flag = |t: Target, v: bool| plan.first(t).map(|_| Value::from(v));
    vec![
        ("kind", "类型", w.kind.clone().into(), kind(d, plan)),
        ("name", "井名", w.name.clone().into(), some(n.name.clone())),
        ("area_id", "区域", w.area_id.into(), some(n.area_id.filter(|_| plan.maps(Target::Area)))),
        ("grid_code", "单元网格", w.grid_code.clone().into(), some(n.grid_code.clone())),
        ("road", "道路", w.road.clone().into(), some(n.road.clone())),
        ("address", "地址", w.address.clone().into(), some(n.address.clone())),
        (
            "road_manager",
            "道路管理",
            w.road_manager.clone().into(),
            some(n.road_manager.map(RoadManager::code)),
        ),
        ("place", "设置位置", w.place.clone().into(), some(n.place.map(Place::code))),
        ("crowded", "人员密集", w.crowded.into(), flag(Target::Crowded, n.crowded)),
        ("blind_track", "盲道", w.blind_track.into(), flag(Target::BlindTrack, n.blind_track)),
        ("low_lying", "低洼易涝", w.low_lying.into(), flag(Target::LowLying, n.low_lying)),
        ("depth_m", "井深", w.depth_m.into(), some(n.depth_m)),
        ("wall_material", "井壁材质", w.wall_material.clone().into(), some(n.wall_material.clone())),
        ("ground_elevation_m", "地面高程", w.ground_elevation_m.into(), some(n.ground_elevation_m)),
        ("bottom_elevation_m", "井底高程", w.bottom_elevation_m.into(), some(n.bottom_elevation_m)),
        ("note", "备注", w.note.clone().into(), some(n.note.clone())),
    ]
}

fn cover_pairs(c: &CoverRow, d: &Draft, plan: &Plan) -> Vec<Pair> {
    let n = d.cover();
    let flag = |t: Target, v: bool| plan.first(t).map(|_| Value::from(v));
    let condition = d.tells_condition || d.tells_life;
    vec![
        ("kind", "类型", c.kind.clone().into(), kind(d, plan)),
        (
            "lifecycle",
            "使用状态",
            c.lifecycle.clone().into(),
            d.tells_life.then(|| n.lifecycle.code().into()),
        ),
        ("condition", "完好状况", c.condition.clone().into(), condition.then(|| n.condition.code().into())),
        ("problem", "主要问题", c.problem.clone().into(), some(n.problem.map(Problem::code))),
        ("shape", "形状", c.shape.clone().into(), some(n.shape.map(Shape::code))),
        ("size", "规格", c.size.clone().into(), some(n.size.clone())),
        ("material", "材质", c.material.clone().into(), some(n.material.map(Material::code))),
        ("load_class", "承载等级", c.load_class.clone().into(), some(n.load_class.map(LoadClass::code))),
        ("maker", "生产厂家", c.maker.clone().into(), some(n.maker.clone())),
        ("installed_on", "安装日期", c.installed_on.into(), some(n.installed_on)),
        (
            "installed_precision",
            "安装日期精度",
            c.installed_precision.clone().into(),
            some(n.installed_precision.clone()),
        ),
        ("design_life_years", "设计使用年限", c.design_life_years.into(), some(n.design_life_years)),
        ("expires_on", "到期日", c.expires_on.into(), some(n.expires_on)),
        ("has_lock", "有锁", c.has_lock.into(), flag(Target::Lock, n.has_lock)),
        ("has_sensor", "智能监测", c.has_sensor.into(), flag(Target::Sensor, n.has_sensor)),
    ]
}

/// A guessed kind, or none, does not change what the ledger says.
fn kind(d: &Draft, plan: &Plan) -> Option<Value> {
    let guessed =
        d.well.kind == CoverKind::Other || (plan.layer_kind_guessed && plan.layer_kind == Some(d.well.kind));
    (!guessed).then(|| d.well.kind.code().into())
}

/// Brings a cover and its well in line with a row; none when nothing that the row says is new. With `write` false
/// only tells what would change.
///
/// # Errors
/// What the store says.
pub async fn bring(
    tx: &mut Tx,
    cover_id: i64,
    d: &Draft,
    units: &[NewResponsibility],
    plan: &Plan,
    today: Date,
    write: bool,
) -> Result<Option<Changed>> {
    let cover = store::cover_by_id(tx, cover_id).await?;
    let well = store::well_by_id(tx, cover.well_id).await?;
    let mut ch = Changes { fields: vec![], before: Map::new(), after: Map::new() };
    let now = Timestamp::now();
    let mut set_well = set("wells", now, well_pairs(&well, d, plan), &mut ch);
    let mut set_cover = set(
        "covers",
        now,
        cover_pairs(&cover, d, plan)
            .into_iter()
            .skip(usize::from(well.kind == cover.kind && ch.before.contains_key("kind")))
            .collect(),
        &mut ch,
    );
    if well.kind == cover.kind && ch.before.contains_key("kind") {
        set_cover.push(", kind = ?", [d.well.kind.code().into()]);
    }
    let moved = distance_m(well.geom, d.well.at) > SAME_PLACE_M;
    if moved {
        let place = |p: jinggai_geo::Point| json!([p.lng, p.lat]);
        ch.note("position", "位置", place(well.geom), place(d.well.at));
        let s = d.well.source.as_ref();
        set_well.push(
            ", geom = ?, accuracy = ?, source_x = ?, source_y = ?, source_crs = ?, source_transform = ?",
            [
                d.well.at.into(),
                d.well.accuracy.code().into(),
                s.map(|s| s.x).into(),
                s.map(|s| s.y).into(),
                s.map(|s| s.crs.clone()).into(),
                s.map(|s| s.transform.clone()).into(),
            ],
        );
        set_cover.push(", geom = ?, cell = ?", [d.well.at.into(), cell_of(d.well.at).into()]);
    }
    let new_units = new_units(tx, &well, units, &mut ch).await?;
    if ch.fields.is_empty() {
        return Ok(None);
    }
    if write {
        set_well.push(", source_row = ? WHERE id = ?", [d.well.source_row.clone().into(), well.id.into()]);
        tx.run(set_well).await?;
        set_cover.push(" WHERE id = ?", [cover.id.into()]);
        tx.run(set_cover).await?;
        for r in new_units {
            replace_unit(tx, well.id, r, today, now).await?;
        }
    }
    let event = Event {
        subject: "cover",
        subject_uid: cover.uid,
        well_id: Some(well.id),
        action: if moved { "moved" } else { "corrected" },
        before: Some(Json::Object(ch.before)),
        after: Some(Json::Object(ch.after)),
        reason: None,
    };
    Ok(Some(Changed { well_id: well.id, fields: ch.fields, event }))
}

fn set(table: &str, now: Timestamp, pairs: Vec<Pair>, ch: &mut Changes) -> Sql {
    let mut q =
        Sql::new(&format!("UPDATE {table} SET version = version + 1, updated_at = ?"), vec![now.into()]);
    for (column, zh, old, new) in pairs {
        let Some(new) = new.filter(|n| *n != old) else { continue };
        ch.note(column, zh, as_json(&old), as_json(&new));
        q.push(&format!(", {column} = ?"), [new]);
    }
    q
}

/// The units that the row names and that are not yet in that role.
async fn new_units<'a>(
    tx: &mut Tx,
    well: &WellRow,
    units: &'a [NewResponsibility],
    ch: &mut Changes,
) -> Result<Vec<&'a NewResponsibility>> {
    let open: Vec<(String, i64)> = tx
        .all(sql!(
            "SELECT role, unit_id FROM responsibilities WHERE well_id = ? AND valid_to IS NULL ORDER BY id",
            well.id
        ))
        .await?;
    let mut out = vec![];
    for r in units {
        let now = open.iter().rev().find(|(role, _)| role == r.role.code()).map(|(_, u)| *u);
        if now != Some(r.unit_id) {
            ch.note(r.role.code(), r.role.name_zh(), json!(now), json!(r.unit_id));
            out.push(r);
        }
    }
    Ok(out)
}

/// Ends whoever had the role and begins the new unit.
///
/// # Errors
/// What the store says.
pub(super) async fn replace_unit(
    tx: &mut Tx,
    well_id: i64,
    r: &NewResponsibility,
    today: Date,
    now: Timestamp,
) -> Result<()> {
    tx.run(sql!(
        "UPDATE responsibilities SET valid_to = ?, version = version + 1, updated_at = ? WHERE well_id = ? AND role = ? AND valid_to IS NULL",
        today,
        now,
        well_id,
        r.role.code()
    ))
    .await?;
    tx.run(sql!(
        "INSERT INTO responsibilities (uid, well_id, role, unit_id, confirmed, basis, valid_from, version, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?, ?)",
        Uuid::now_v7(),
        well_id,
        r.role.code(),
        r.unit_id,
        r.confirmed,
        r.basis.clone(),
        r.valid_from,
        now,
        now
    ))
    .await?;
    Ok(())
}
