//! 单位: a tree of organisations with kinds, contacts and validity.
use super::users::check_phone;
use crate::error::{AppError, Kind, Result};
use crate::rulepacks;
use jiff::Timestamp;
use jiff::civil::Date;
use jinggai_db::events::{self, Event};
use jinggai_db::{DbError, Sql, Tx, row, sql};
use jinggai_rules::division::Division;
use jinggai_rules::kinds::UnitKind;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::HashMap;
use uuid::Uuid;

/// What a unit is, as people enter it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UnitInput {
    /// 单位代码: letters, digits, `-`, `_`.
    pub code: String,
    /// 名称.
    pub name: String,
    /// 简称.
    #[serde(default)]
    pub short_name: Option<String>,
    /// 单位类别, at least one: `owner`, `maintainer`, `department`, `street` …
    #[serde(default)]
    pub kinds: Vec<String>,
    /// Code of the superior unit.
    #[serde(default)]
    pub parent: Option<String>,
    /// 统一社会信用代码.
    #[serde(default)]
    pub uscc: Option<String>,
    /// 职责.
    #[serde(default)]
    pub duty: Option<String>,
    /// 联系人.
    #[serde(default)]
    pub contact_name: Option<String>,
    /// 联系电话.
    #[serde(default)]
    pub contact_phone: Option<String>,
    /// 应急电话, printed on plates.
    #[serde(default)]
    pub emergency_phone: Option<String>,
    /// First day.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    pub valid_from: Option<Date>,
    /// First day on which it no longer exists.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    pub valid_to: Option<Date>,
    /// Code of the unit that took over.
    #[serde(default)]
    pub successor: Option<String>,
    /// A unit of the demo.
    #[serde(default)]
    pub demo: bool,
}

row! {
    /// A unit as shown.
    #[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
    pub struct Unit {
        /// Row.
        #[serde(skip)]
        pub id: i64,
        /// Public id.
        pub uid: Uuid,
        /// 单位代码.
        pub code: String,
        /// 名称.
        pub name: String,
        /// 简称.
        pub short_name: Option<String>,
        /// Code of the superior unit.
        pub parent: Option<String>,
        /// 统一社会信用代码.
        pub uscc: Option<String>,
        /// 职责.
        pub duty: Option<String>,
        /// 联系人.
        pub contact_name: Option<String>,
        /// 联系电话.
        pub contact_phone: Option<String>,
        /// 应急电话.
        pub emergency_phone: Option<String>,
        /// First day.
        #[schema(value_type = Option<String>, format = Date)]
        pub valid_from: Option<Date>,
        /// First day on which it no longer exists.
        #[schema(value_type = Option<String>, format = Date)]
        pub valid_to: Option<Date>,
        /// Code of the unit that took over.
        pub successor: Option<String>,
        /// 演示.
        pub demo: bool,
        /// Version, for conflict notices.
        pub version: i64,
    }
}

/// The columns of [`Unit`].
pub const SELECT: &str = "SELECT u.id, u.uid, u.code, u.name, u.short_name, p.code, u.uscc, u.duty, u.contact_name, u.contact_phone, u.emergency_phone, u.valid_from, u.valid_to, s.code, u.demo, u.version FROM units u LEFT JOIN units p ON p.id = u.parent_id LEFT JOIN units s ON s.id = u.successor_id WHERE 1 = 1";

fn event(uid: Uuid, action: &'static str, after: serde_json::Value) -> Event {
    Event {
        subject: "unit",
        subject_uid: uid,
        well_id: None,
        action,
        before: None,
        after: Some(after),
        reason: None,
    }
}

/// A unit's row by its code.
///
/// # Errors
/// What the store says.
pub async fn id_of(tx: &mut Tx, code: &str) -> Result<Option<i64>> {
    let id: Option<(i64,)> = tx.opt(sql!("SELECT id FROM units WHERE code = ?", code)).await?;
    Ok(id.map(|(id,)| id))
}

/// A unit's row by the code somebody gave for `field`.
///
/// # Errors
/// `unit.unknown`, naming the field.
pub async fn resolve(tx: &mut Tx, field: &str, code: Option<&str>) -> Result<Option<i64>> {
    let Some(code) = code.map(str::trim).filter(|c| !c.is_empty()) else { return Ok(None) };
    match id_of(tx, code).await? {
        Some(id) => Ok(Some(id)),
        None => Err(AppError::field(
            "unit.unknown",
            field,
            format!("没有代码为“{code}”的单位；请先在单位管理中建立"),
            format!("no unit has the code {code:?}; enter it first"),
        )),
    }
}

fn check(u: &UnitInput) -> Result<()> {
    let fine = |c: char| c.is_alphanumeric() || "-_".contains(c);
    if u.code.is_empty() || u.code.chars().count() > 64 || !u.code.chars().all(fine) {
        return Err(AppError::field(
            "unit.code",
            "code",
            "单位代码应为 1–64 个字母、数字、- 或 _",
            "a unit code is 1 to 64 letters, digits, - or _",
        ));
    }
    if u.name.trim().is_empty() {
        return Err(AppError::field("unit.name", "name", "请填写单位名称", "the name is missing"));
    }
    for k in &u.kinds {
        if UnitKind::from_code(k).is_none() {
            let all = UnitKind::ALL.iter().map(|k| k.code()).collect::<Vec<_>>().join(", ");
            return Err(AppError::field(
                "unit.kind",
                "kinds",
                format!("“{k}”不是单位类别，应为：{all}"),
                format!("{k:?} is no kind of unit; right would be one of {all}"),
            ));
        }
    }
    if u.kinds.is_empty() {
        return Err(AppError::field(
            "unit.kind",
            "kinds",
            "请至少选一个单位类别",
            "choose at least one kind",
        ));
    }
    if let (Some(a), Some(b)) = (u.valid_from, u.valid_to)
        && b < a
    {
        return Err(AppError::field(
            "unit.validity",
            "valid_to",
            "失效日期早于生效日期",
            "it ends before it begins",
        ));
    }
    if let Some(c) = u.uscc.as_deref().filter(|c| !c.is_empty())
        && (c.len() != 18 || !c.chars().all(|c| c.is_ascii_alphanumeric()))
    {
        return Err(AppError::field(
            "unit.uscc",
            "uscc",
            "统一社会信用代码应为 18 位字母和数字",
            "a unified social credit code has 18 letters and digits",
        ));
    }
    check_phone("contact_phone", u.contact_phone.as_deref())?;
    check_phone("emergency_phone", u.emergency_phone.as_deref())?;
    Ok(())
}

/// Enters a unit.
///
/// # Errors
/// Field errors, `unit.code_taken`, or what the store says.
pub async fn create(tx: &mut Tx, u: &UnitInput) -> Result<(i64, Event)> {
    check(u)?;
    let parent = resolve(tx, "parent", u.parent.as_deref()).await?;
    let successor = resolve(tx, "successor", u.successor.as_deref()).await?;
    let now = Timestamp::now();
    let uid = Uuid::now_v7();
    let (id,): (i64,) = tx
        .one(sql!(
            "INSERT INTO units (uid, code, name, short_name, parent_id, uscc, duty, contact_name, contact_phone, emergency_phone, valid_from, valid_to, successor_id, demo, version, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?) RETURNING id",
            uid, &u.code, u.name.trim(), u.short_name.clone(), parent, u.uscc.clone(), u.duty.clone(), u.contact_name.clone(),
            u.contact_phone.clone(), u.emergency_phone.clone(), u.valid_from, u.valid_to, successor, u.demo, now, now
        ))
        .await
        .map_err(|e| code_taken(e, &u.code))?;
    set_kinds(tx, id, &u.kinds).await?;
    tx.run(sql!("INSERT INTO unit_closure (ancestor_id, unit_id) VALUES (?, ?)", id, id)).await?;
    if let Some(parent) = parent {
        hang(tx, id, parent).await?;
    }
    Ok((
        id,
        event(uid, "created", json!({"code": u.code, "name": u.name, "kinds": u.kinds, "parent": u.parent})),
    ))
}

fn code_taken(e: DbError, code: &str) -> AppError {
    if e.is_unique("units_code_key") {
        return AppError::field(
            "unit.code_taken",
            "code",
            format!("单位代码 {code} 已存在"),
            format!("the unit code {code} is taken"),
        );
    }
    e.into()
}

async fn set_kinds(tx: &mut Tx, id: i64, kinds: &[String]) -> Result<()> {
    tx.run(sql!("DELETE FROM unit_kinds WHERE unit_id = ?", id)).await?;
    let mut kinds = kinds.to_vec();
    kinds.sort();
    kinds.dedup();
    for k in kinds {
        tx.run(sql!("INSERT INTO unit_kinds (unit_id, kind) VALUES (?, ?)", id, k)).await?;
    }
    Ok(())
}

/// Hangs a unit with all below it under a parent.
async fn hang(tx: &mut Tx, id: i64, parent: i64) -> Result<()> {
    tx.run(sql!(
        "INSERT INTO unit_closure (ancestor_id, unit_id) SELECT a.ancestor_id, b.unit_id FROM unit_closure a CROSS JOIN unit_closure b WHERE a.unit_id = ? AND b.ancestor_id = ?",
        parent,
        id
    ))
    .await?;
    Ok(())
}

/// Changes a unit, moving it in the tree when its parent differs.
///
/// # Errors
/// Field errors, `unit.cycle`, `conflict.version`, not found.
pub async fn update(tx: &mut Tx, code: &str, u: &UnitInput, version: i64) -> Result<Event> {
    check(u)?;
    let mut q = Sql::new(SELECT, vec![]);
    q.push(" AND u.code = ?", [code.into()]);
    let old: Unit = tx.opt(q).await?.ok_or_else(|| AppError::not_found("个单位", "unit"))?;
    let parent = resolve(tx, "parent", u.parent.as_deref()).await?;
    let successor = resolve(tx, "successor", u.successor.as_deref()).await?;
    if old.version != version {
        return Err(AppError::new(
            Kind::Conflict,
            "conflict.version",
            "这个单位刚被别人改过，请刷新后再改",
            "somebody else has just changed this unit; load it again",
        )
        .with_more("current", json!(old)));
    }
    if u.parent != old.parent {
        rehang(tx, old.id, parent).await?;
    }
    tx.run(sql!(
        "UPDATE units SET code = ?, name = ?, short_name = ?, parent_id = ?, uscc = ?, duty = ?, contact_name = ?, contact_phone = ?, emergency_phone = ?, valid_from = ?, valid_to = ?, successor_id = ?, version = version + 1, updated_at = ? WHERE id = ?",
        &u.code, u.name.trim(), u.short_name.clone(), parent, u.uscc.clone(), u.duty.clone(), u.contact_name.clone(), u.contact_phone.clone(),
        u.emergency_phone.clone(), u.valid_from, u.valid_to, successor, Timestamp::now(), old.id
    ))
    .await
    .map_err(|e| code_taken(e, &u.code))?;
    set_kinds(tx, old.id, &u.kinds).await?;
    let mut e = event(old.uid, "corrected", json!(u));
    e.before = Some(json!(old));
    Ok(e)
}

/// Ends a unit on a day; what it was responsible for stays recorded, and its successor is named if there is one.
///
/// # Errors
/// Not found, `unit.unknown` for the successor, `unit.ended` when it has ended already.
pub async fn end(tx: &mut Tx, code: &str, on: Date, successor: Option<&str>) -> Result<Event> {
    let mut q = Sql::new(SELECT, vec![]);
    q.push(" AND u.code = ?", [code.into()]);
    let old: Unit = tx.opt(q).await?.ok_or_else(|| AppError::not_found("个单位", "unit"))?;
    if let Some(day) = old.valid_to {
        return Err(AppError::new(
            Kind::Conflict,
            "unit.ended",
            format!("{} 已于 {day} 停用", old.name),
            format!("{} ended on {day}", old.name),
        ));
    }
    let next = resolve(tx, "successor", successor).await?;
    tx.run(sql!(
        "UPDATE units SET valid_to = ?, successor_id = ?, version = version + 1, updated_at = ? WHERE id = ?",
        on,
        next,
        Timestamp::now(),
        old.id
    ))
    .await?;
    let mut e = event(old.uid, "ended", json!({"code": code, "valid_to": on, "successor": successor}));
    e.before = Some(json!({"valid_to": null, "successor": old.successor}));
    Ok(e)
}

/// Takes a unit out of its place in the tree and hangs it elsewhere.
async fn rehang(tx: &mut Tx, id: i64, parent: Option<i64>) -> Result<()> {
    // Two moves at once (a under b, b under a) could each pass the check below.
    events::hold(tx).await?;
    if let Some(parent) = parent {
        let below: Option<(i64,)> = tx
            .opt(sql!("SELECT 1 FROM unit_closure WHERE ancestor_id = ? AND unit_id = ?", id, parent))
            .await?;
        if below.is_some() {
            return Err(AppError::field(
                "unit.cycle",
                "parent",
                "上级单位不能是它自己或它的下级",
                "a unit cannot stand below itself or its own sub-units",
            ));
        }
    }
    tx.run(sql!(
        "DELETE FROM unit_closure WHERE unit_id IN (SELECT unit_id FROM unit_closure WHERE ancestor_id = ?) AND ancestor_id IN (SELECT ancestor_id FROM unit_closure WHERE unit_id = ? AND ancestor_id <> ?)",
        id, id, id
    ))
    .await?;
    match parent {
        Some(parent) => hang(tx, id, parent).await,
        None => Ok(()),
    }
}

/// Enters the organisation of the founding document (rule pack `division`) where it is missing.
///
/// # Errors
/// What the store says.
pub async fn init(tx: &mut Tx) -> Result<Vec<Event>> {
    let mut events = vec![];
    for pack in rulepacks::all::<Division>(tx).await? {
        for unit in &pack.units {
            if id_of(tx, &unit.code).await?.is_some() {
                continue;
            }
            let input = UnitInput {
                code: unit.code.clone(),
                name: unit.name.clone(),
                kinds: vec![unit.kind.code().to_owned()],
                duty: Some(format!("{}（{}）", unit.duty, unit.basis)),
                valid_from: Some(pack.pack.effective_from),
                ..UnitInput::default()
            };
            events.push(create(tx, &input).await?.1);
        }
    }
    Ok(events)
}

/// The kinds of every unit.
///
/// # Errors
/// What the store says.
pub async fn kinds(db: &jinggai_db::Db) -> Result<HashMap<i64, Vec<String>>> {
    let rows: Vec<(i64, String)> =
        db.all(sql!("SELECT unit_id, kind FROM unit_kinds ORDER BY unit_id, kind")).await?;
    let mut out: HashMap<i64, Vec<String>> = HashMap::new();
    for (id, kind) in rows {
        out.entry(id).or_default().push(kind);
    }
    Ok(out)
}
