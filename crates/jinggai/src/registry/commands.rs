//! Changing wells and covers: corrections with optimistic versions, and what every change ends with.
//!
//! A change writes its rows, then [`settle`]s the wells it touched: stage of life of the well, ownership queue,
//! search words, facts, and at the very end the events.
use super::fields::{COVER, Field, Reader, WELL};
use super::model::{CoverRow, WellRow};
use super::{facts, form, ledger, ownership, packs, store};
use crate::app::App;
use crate::clock;
use crate::error::{AppError, Kind, Result};
use crate::identity::{Actor, Permission, Scope};
use jiff::Timestamp;
use jiff::civil::Date;
use jinggai_db::events::{self, Event};
use jinggai_db::{Sql, Tx, Value, sql};
use jinggai_geo::Point;
use jinggai_rules::life::{Expiry, LifeRules, PartialDate, Precision};
use jinggai_rules::size::SizeLimits;
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

/// Who changes, with which right, how far it reaches, on which day.
pub struct Change<'a> {
    /// Who.
    pub actor: &'a Actor,
    /// The right the change rests on.
    pub permission: Permission,
    /// Where the actor has that right.
    pub scope: Scope,
    /// The day it is.
    pub today: Date,
    /// Days in which a well must have an owner.
    pub ownership_days: i64,
    /// Metres within which two covers of one kind are the same.
    pub duplicate_metres: f64,
}

impl<'a> Change<'a> {
    /// Begins a change; refuses an actor who may do this nowhere.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn by(actor: &'a Actor, permission: Permission, app: &App) -> Result<Self> {
        Ok(Change {
            actor,
            permission,
            scope: actor.require(permission)?,
            today: clock::today(),
            ownership_days: app.config().ownership_days,
            duplicate_metres: app.config().duplicate_metres,
        })
    }

    /// Ends a change of wells: everything derived from their rows is renewed, then the events are written.
    ///
    /// # Errors
    /// What the store says.
    pub async fn settle(&self, tx: &mut Tx, well_ids: &[i64], events: Vec<Event>) -> Result<()> {
        renew(tx, well_ids, self.ownership_days, self.today).await?;
        events::append(tx, &self.actor.who(self.permission), events).await?;
        Ok(())
    }
}

/// Renews everything that is derived from the rows of these wells; events are for the caller.
///
/// # Errors
/// What the store says.
pub async fn renew(tx: &mut Tx, well_ids: &[i64], ownership_days: i64, today: Date) -> Result<()> {
    follow_covers(tx, well_ids).await?;
    ownership::requeue(tx, well_ids, ownership_days, today).await?;
    reindex(tx, well_ids).await?;
    facts::refresh(tx, well_ids, today).await
}

/// A well is as alive as the most alive of its covers; with none alive it is as its latest one.
async fn follow_covers(tx: &mut Tx, well_ids: &[i64]) -> Result<()> {
    for chunk in well_ids.chunks(256) {
        let mut q = Sql::new(
            "UPDATE wells SET lifecycle = COALESCE(
               (SELECT c.lifecycle FROM covers c WHERE c.well_id = wells.id AND c.lifecycle NOT IN ('filled', 'removed', 'archived') ORDER BY c.id LIMIT 1),
               (SELECT c.lifecycle FROM covers c WHERE c.well_id = wells.id ORDER BY c.id DESC LIMIT 1),
               lifecycle) WHERE 1 = 1",
            vec![],
        );
        q.and_in("id", chunk);
        tx.run(q).await?;
    }
    Ok(())
}

/// A well's row, name, road and address.
type NamedWell = (i64, Option<String>, Option<String>, Option<String>);

/// What a well is found by: its names, all numbers its covers ever had, and the plates still on them.
async fn reindex(tx: &mut Tx, well_ids: &[i64]) -> Result<()> {
    for chunk in well_ids.chunks(256) {
        let mut q = Sql::new("DELETE FROM well_words WHERE 1 = 1", vec![]);
        q.and_in("rowid", chunk);
        tx.run(q).await?;
        let mut texts: Vec<(i64, String)> = vec![];
        let mut q = Sql::new("SELECT id, name, road, address FROM wells WHERE 1 = 1", vec![]);
        q.and_in("id", chunk);
        for (id, name, road, address) in tx.all::<NamedWell>(q).await? {
            texts.push((id, [name, road, address].into_iter().flatten().collect::<Vec<_>>().join(" ")));
        }
        let mut q = Sql::new(
            "SELECT c.well_id, k.code FROM codes k JOIN covers c ON c.id = k.cover_id WHERE 1 = 1",
            vec![],
        );
        q.and_in("c.well_id", chunk);
        q.push(
            " UNION ALL SELECT c.well_id, l.number FROM labels l JOIN covers c ON c.id = l.cover_id WHERE l.state <> 'removed'",
            [],
        );
        q.and_in("c.well_id", chunk);
        for (id, number) in tx.all::<(i64, String)>(q).await? {
            if let Some((_, text)) = texts.iter_mut().find(|(t, _)| *t == id) {
                text.push(' ');
                text.push_str(&number);
            }
        }
        ledger::index_words(tx, texts).await?;
    }
    Ok(())
}

/// Somebody else changed the record first.
fn stale(current: Json) -> AppError {
    AppError::new(
        Kind::Conflict,
        "conflict.version",
        "这条记录刚被他人修改过，请在最新内容上重新修改",
        "somebody changed this record meanwhile; apply your change to the current one",
    )
    .with_more("current", current)
}

/// The version the change was made on.
pub(crate) fn version(r: &mut Reader) -> Option<i64> {
    match r.take("version").and_then(|v| v.as_i64()) {
        Some(v) => Some(v),
        None => {
            r.wrong("version", "请给出修改所依据的版本号 version", "give the version that you change");
            None
        }
    }
}

/// What changed: the fields before and after, for the event.
#[derive(Default)]
struct Diff {
    before: Map<String, Json>,
    after: Map<String, Json>,
}

impl Diff {
    fn note(&mut self, name: &str, before: Json, after: Json) {
        if before != after {
            self.before.insert(name.to_owned(), before);
            self.after.insert(name.to_owned(), after);
        }
    }
    fn is_empty(&self) -> bool {
        self.after.is_empty()
    }
}

/// The stored value of a checked field.
fn stored(v: &Json) -> Value {
    match v {
        Json::Null => Value::Null,
        Json::Bool(b) => Value::Bool(*b),
        Json::Number(n) => n.as_i64().map_or_else(|| Value::Real(n.as_f64().unwrap_or_default()), Value::Int),
        Json::String(s) => Value::Text(s.clone()),
        other => Value::Json(other.clone()),
    }
}

/// Numbers of real columns must go as reals, also when they are whole.
fn column_value(field: &Field, v: &Json) -> Value {
    match (&field.sort, v) {
        (super::fields::Sort::Real(..), Json::Number(n)) => Value::Real(n.as_f64().unwrap_or_default()),
        (_, v) => stored(v),
    }
}

/// Corrects a well: any of its fields, its area, its position. Gives the record as it then is.
///
/// # Errors
/// Not found, `form.invalid`, `conflict.version`, `scope.outside`, or what the store says.
pub async fn correct_well(tx: &mut Tx, change: &Change<'_>, uid: Uuid, body: Json) -> Result<WellRow> {
    let old = store::well(tx, uid, &change.scope).await?;
    let limits = form::limits(tx, change.today).await?;
    let mut r = Reader::new(body);
    let version = version(&mut r);
    let reason = r.text("reason", 500);
    let values = r.values(WELL, &limits);
    let area = form::area(tx, &mut r).await?;
    let position = form::position(&mut r);
    r.finish()?;
    if version != Some(old.version) {
        return Err(stale(old.json()));
    }
    let was = old.json();
    let mut diff = Diff::default();
    let mut set =
        Sql::new("UPDATE wells SET version = version + 1, updated_at = ?", vec![Timestamp::now().into()]);
    for field in WELL.iter().filter(|f| values.contains_key(f.name)) {
        let v = &values[field.name];
        diff.note(field.name, was[field.name].clone(), v.clone());
        // A new position brings its own accuracy along.
        if field.name != "accuracy" || position.is_none() {
            set.push(&format!(", {} = ?", field.name), [column_value(field, v)]);
        }
    }
    if let Some(area) = area {
        diff.note("area", was["area"].clone(), area.as_ref().map(|(_, code)| code.clone()).into());
        set.push(", area_id = ?", [area.map(|(id, _)| id).into()]);
    }
    if let Some(p) = &position {
        let place = |at: Point| json!([at.lng, at.lat]);
        diff.note("position", place(old.geom), place(p.at));
        set.push(
            ", geom = ?, accuracy = ?, source_x = ?, source_y = ?, source_crs = ?, source_transform = ?",
            [
                p.at.into(),
                values.get("accuracy").and_then(Json::as_str).unwrap_or(p.accuracy.code()).into(),
                p.source.as_ref().map(|s| s.x).into(),
                p.source.as_ref().map(|s| s.y).into(),
                p.source.as_ref().map(|s| s.crs.clone()).into(),
                p.source.as_ref().map(|s| s.transform.clone()).into(),
            ],
        );
    }
    if diff.is_empty() {
        return Ok(old);
    }
    set.push(" WHERE id = ? AND version = ?", [old.id.into(), old.version.into()]);
    if tx.run(set).await? == 0 {
        return Err(stale(store::well_by_id(tx, old.id).await?.json()));
    }
    if let Some(p) = &position {
        tx.run(sql!(
            "UPDATE covers SET geom = ?, cell = ? WHERE well_id = ?",
            p.at,
            jinggai_geo::cell_of(p.at),
            old.id
        ))
        .await?;
    }
    let action = if diff.after.contains_key("position") { "moved" } else { "corrected" };
    finish(tx, change, old.id, event("well", uid, old.id, action, diff, reason)).await?;
    store::well_by_id(tx, old.id).await
}

/// Corrects a cover: any of its fields. Gives the record as it then is.
///
/// # Errors
/// Not found, `form.invalid`, `conflict.version`, `scope.outside`, or what the store says.
pub async fn correct_cover(tx: &mut Tx, change: &Change<'_>, uid: Uuid, body: Json) -> Result<CoverRow> {
    let old = store::cover(tx, uid, &change.scope).await?;
    let limits = form::limits(tx, change.today).await?;
    let mut r = Reader::new(body);
    let version = version(&mut r);
    let reason = r.text("reason", 500);
    let values = r.values(COVER, &limits);
    r.finish()?;
    if version != Some(old.version) {
        return Err(stale(old.json()));
    }
    let was = old.json();
    let mut now = was.clone();
    let mut diff = Diff::default();
    let mut set =
        Sql::new("UPDATE covers SET version = version + 1, updated_at = ?", vec![Timestamp::now().into()]);
    for field in COVER.iter().filter(|f| values.contains_key(f.name)) {
        let v = &values[field.name];
        diff.note(field.name, was[field.name].clone(), v.clone());
        now[field.name] = v.clone();
        if field.name != "installed_on" {
            set.push(&format!(", {} = ?", field.name), [column_value(field, v)]);
        }
    }
    if diff.is_empty() {
        return Ok(old);
    }
    if ["installed_on", "design_life_years", "material"].iter().any(|f| diff.after.contains_key(*f)) {
        let life = Life::of(tx, change.today, &now).await?;
        diff.note("expires_on", was["expires_on"].clone(), life.expires_on.map(|d| d.to_string()).into());
        set.push(
            ", installed_on = ?, installed_precision = ?, expires_on = ?",
            [life.installed_on.into(), life.precision.into(), life.expires_on.into()],
        );
    }
    set.push(" WHERE id = ? AND version = ?", [old.id.into(), old.version.into()]);
    if tx.run(set).await? == 0 {
        return Err(stale(store::cover_by_id(tx, old.id).await?.json()));
    }
    finish(tx, change, old.well_id, event("cover", uid, old.well_id, "corrected", diff, reason)).await?;
    store::cover_by_id(tx, old.id).await
}

fn event(
    subject: &'static str,
    uid: Uuid,
    well_id: i64,
    action: &'static str,
    diff: Diff,
    reason: Option<String>,
) -> Event {
    Event {
        subject,
        subject_uid: uid,
        well_id: Some(well_id),
        action,
        before: Some(Json::Object(diff.before)),
        after: Some(Json::Object(diff.after)),
        reason,
    }
}

/// Settles, and refuses a change that carries the well out of the hands of who made it.
async fn finish(tx: &mut Tx, change: &Change<'_>, well_id: i64, event: Event) -> Result<()> {
    renew(tx, &[well_id], change.ownership_days, change.today).await?;
    if !store::in_scope(tx, well_id, &change.scope).await? {
        return Err(outside());
    }
    events::append(tx, &change.actor.who(change.permission), vec![event]).await?;
    Ok(())
}

/// A new or changed well would lie outside what the actor may touch.
pub(crate) fn outside() -> AppError {
    AppError::new(
        Kind::Forbidden,
        "scope.outside",
        "这样登记后该井不在您的管辖范围内：请核对区域和责任单位，或请上级单位登记",
        "the well would then lie outside what is yours: check its area and units, or ask a higher office",
    )
}

/// 安装、设计使用年限、到期日 of a cover.
pub(crate) struct Life {
    /// First possible day of the installation.
    pub installed_on: Option<Date>,
    /// `day`, `month` or `year`.
    pub precision: Option<&'static str>,
    /// The last day of the design life that is certain; none when unknown.
    pub expires_on: Option<Date>,
}

impl Life {
    /// From the fields `installed_on`, `design_life_years` and `material` of a cover's record.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) async fn of(tx: &mut Tx, today: Date, cover: &Json) -> Result<Life> {
        let installed: Option<PartialDate> = cover["installed_on"].as_str().and_then(|s| s.parse().ok());
        let Some(installed) = installed else {
            return Ok(Life { installed_on: None, precision: None, expires_on: None });
        };
        let rules: Option<LifeRules> = packs::current(tx, today).await?;
        let own = cover["design_life_years"].as_u64().and_then(|y| u16::try_from(y).ok());
        let material = cover["material"].as_str().and_then(jinggai_rules::kinds::Material::from_code);
        let years = rules.and_then(|r| r.design_life(own, material)).or(own);
        Ok(Life {
            installed_on: Some(installed.earliest()),
            precision: Some(match installed.precision() {
                Precision::Year => "year",
                Precision::Month => "month",
                Precision::Day => "day",
            }),
            expires_on: years.and_then(|y| Expiry::of(installed, y)).map(|e| e.latest),
        })
    }
}

/// The limits of sizes in force.
pub(crate) async fn size_limits(tx: &mut Tx, today: Date) -> Result<SizeLimits> {
    packs::current(tx, today)
        .await?
        .ok_or_else(|| AppError::internal(anyhow::anyhow!("no size limits are in force on {today}")))
}
