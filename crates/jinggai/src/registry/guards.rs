//! 防坠装置: nets and inner covers in a well, their tests and when they fall due (`domain.md` 4.6).
use super::commands::{Change, version};
use super::fields::Reader;
use super::{packs, store};
use crate::error::{AppError, Kind, Result};
use jiff::Timestamp;
use jiff::civil::Date;
use jinggai_db::events::Event;
use jinggai_db::{Sql, Tx, row, sql};
use jinggai_rules::guard::GuardRules;
use serde::Serialize;
use serde_json::{Value as Json, json};
use utoipa::ToSchema;
use uuid::Uuid;

/// The kinds of guard with their Chinese names (`domain.md` 2.7).
pub const KINDS: [(&str, &str); 4] =
    [("net", "防坠网"), ("plate", "防坠板"), ("inner_cover", "内井盖"), ("other", "其他")];

row! {
    /// 防坠装置 as stored.
    #[derive(Clone, Debug, Serialize, ToSchema)]
    pub struct FallGuard {
        /// Row.
        #[serde(skip)]
        pub id: i64,
        /// Public id.
        pub uid: Uuid,
        /// Row of the well.
        #[serde(skip)]
        pub well_id: i64,
        /// Kind.
        pub kind: String,
        /// How many.
        pub quantity: i64,
        /// Installed on.
        #[schema(value_type = Option<String>)]
        pub installed_on: Option<Date>,
        /// Load it was tested with, kg.
        pub tested_load_kg: Option<f64>,
        /// Tested on.
        #[schema(value_type = Option<String>)]
        pub tested_on: Option<Date>,
        /// Next test.
        #[schema(value_type = Option<String>)]
        pub next_test_on: Option<Date>,
        /// To be replaced by.
        #[schema(value_type = Option<String>)]
        pub replace_on: Option<Date>,
        /// Removed on.
        #[schema(value_type = Option<String>)]
        pub removed_on: Option<Date>,
        /// 备注.
        pub note: Option<String>,
        /// Counts changes.
        pub version: i64,
    }
}

const SELECT: &str = "SELECT g.id, g.uid, g.well_id, g.kind, g.quantity, g.installed_on, g.tested_load_kg, g.tested_on, g.next_test_on, g.replace_on, g.removed_on, g.note, g.version FROM fall_guards g WHERE ";

/// The guards of a well, also removed ones.
///
/// # Errors
/// What the store says.
pub async fn of_well(tx: &mut Tx, well_id: i64) -> Result<Vec<FallGuard>> {
    Ok(tx.all(Sql::new(&format!("{SELECT}g.well_id = ? ORDER BY g.id"), vec![well_id.into()])).await?)
}

/// The rules in force.
///
/// # Errors
/// What the store says.
pub async fn rules(tx: &mut Tx, today: Date) -> Result<GuardRules> {
    packs::current(tx, today)
        .await?
        .ok_or_else(|| AppError::internal(anyhow::anyhow!("no fall-guard rules are in force on {today}")))
}

fn event(well_id: i64, uid: Uuid, action: &'static str, after: Json, reason: Option<String>) -> Event {
    Event {
        subject: "fall_guard",
        subject_uid: uid,
        well_id: Some(well_id),
        action,
        before: None,
        after: Some(after),
        reason,
    }
}

fn past(r: &mut Reader, name: &str, day: Option<Date>, today: Date) {
    if day.is_some_and(|d| d > today) {
        r.wrong(name, "不能晚于今天", "must not be in the future");
    }
}

fn load(r: &mut Reader, rules: &GuardRules) -> Option<f64> {
    let load = r.number("tested_load_kg")?;
    if load < rules.static_load_kg || load > 5000.0 {
        let least = rules.static_load_kg;
        r.wrong(
            "tested_load_kg",
            format!("检测荷载应不低于 {least} 千克（现行规则）"),
            format!("the test load must be at least {least} kg by the rules in force"),
        );
    }
    Some(load)
}

/// Adds a guard to a well. Next test and replacement follow from the rules unless given.
///
/// # Errors
/// `form.invalid`, not found.
pub async fn add(tx: &mut Tx, change: &Change<'_>, well_uid: Uuid, body: Json) -> Result<Uuid> {
    let rules = rules(tx, change.today).await?;
    let mut r = Reader::new(body);
    let kind = r.required_text("kind", "装置类型", 20).unwrap_or_default();
    if !kind.is_empty() && !KINDS.iter().any(|(k, _)| *k == kind) {
        let all = KINDS.map(|(k, _)| k).join(", ");
        r.wrong("kind", format!("应为：{all}"), format!("must be one of: {all}"));
    }
    let quantity = r.number("quantity").unwrap_or(1.0);
    if quantity.fract() != 0.0 || !(1.0..=20.0).contains(&quantity) {
        r.wrong("quantity", "应为 1–20 的整数", "must be a whole number from 1 to 20");
    }
    let installed_on = r.day("installed_on");
    past(&mut r, "installed_on", installed_on, change.today);
    let tested_on = r.day("tested_on");
    past(&mut r, "tested_on", tested_on, change.today);
    let tested_load_kg = load(&mut r, &rules);
    let next_test_on = r.day("next_test_on").or_else(|| rules.next_test(tested_on.or(installed_on)?));
    let replace_on = r.day("replace_on").or_else(|| rules.replace_on(installed_on?));
    let note = r.text("note", 500);
    r.finish()?;
    let well = store::well(tx, well_uid, &change.scope).await?;
    let (uid, now) = (Uuid::now_v7(), Timestamp::now());
    tx.run(sql!(
        "INSERT INTO fall_guards (uid, well_id, kind, quantity, installed_on, tested_load_kg, tested_on, next_test_on, replace_on, note, version, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?)",
        uid, well.id, &kind, quantity as i64, installed_on, tested_load_kg, tested_on, next_test_on, replace_on, note, now, now
    ))
    .await?;
    let after = json!({
        "kind": kind, "quantity": quantity as i64, "installed_on": installed_on, "tested_load_kg": tested_load_kg,
        "tested_on": tested_on, "next_test_on": next_test_on, "replace_on": replace_on,
    });
    change.settle(tx, &[well.id], vec![event(well.id, uid, "added", after, None)]).await?;
    Ok(uid)
}

async fn one(tx: &mut Tx, change: &Change<'_>, uid: Uuid, version: Option<i64>) -> Result<FallGuard> {
    let mut q = Sql::new(&format!("{SELECT}g.uid = ?"), vec![uid.into()]);
    change.scope.and_well(&mut q, "g.well_id");
    let old: FallGuard = tx.opt(q).await?.ok_or_else(|| AppError::not_found("个防坠装置", "fall guard"))?;
    if old.removed_on.is_some() {
        return Err(AppError::new(
            Kind::Conflict,
            "fall_guard.removed",
            "这个防坠装置已拆除",
            "this fall guard was removed",
        ));
    }
    if version != Some(old.version) {
        return Err(AppError::new(
            Kind::Conflict,
            "conflict.version",
            "这个防坠装置刚被他人修改过，请在最新内容上重新操作",
            "somebody changed it meanwhile; look again",
        )
        .with_more("current", serde_json::to_value(&old).unwrap_or_default()));
    }
    Ok(old)
}

/// Notes a load test; the next one follows from the rules.
///
/// # Errors
/// `form.invalid`, `fall_guard.removed`, `conflict.version`, not found.
pub async fn test(tx: &mut Tx, change: &Change<'_>, uid: Uuid, body: Json) -> Result<()> {
    let rules = rules(tx, change.today).await?;
    let mut r = Reader::new(body);
    let version = version(&mut r);
    let on = r.day("tested_on").unwrap_or(change.today);
    past(&mut r, "tested_on", Some(on), change.today);
    let load = load(&mut r, &rules);
    if load.is_none() {
        r.wrong("tested_load_kg", "请填写检测荷载（千克）", "give the test load in kg");
    }
    r.finish()?;
    let old = one(tx, change, uid, version).await?;
    let next = rules.next_test(on);
    tx.run(sql!(
        "UPDATE fall_guards SET tested_on = ?, tested_load_kg = ?, next_test_on = ?, version = version + 1, updated_at = ? WHERE id = ?",
        on, load, next, Timestamp::now(), old.id
    ))
    .await?;
    let after = json!({"kind": old.kind, "tested_on": on, "tested_load_kg": load, "next_test_on": next});
    change.settle(tx, &[old.well_id], vec![event(old.well_id, uid, "tested", after, None)]).await
}

/// Notes that a guard was taken out.
///
/// # Errors
/// `form.invalid`, `fall_guard.removed`, `conflict.version`, not found.
pub async fn remove(tx: &mut Tx, change: &Change<'_>, uid: Uuid, body: Json) -> Result<()> {
    let mut r = Reader::new(body);
    let version = version(&mut r);
    let on = r.day("on").unwrap_or(change.today);
    past(&mut r, "on", Some(on), change.today);
    let reason = r.required_text("reason", "拆除原因", 500);
    r.finish()?;
    let old = one(tx, change, uid, version).await?;
    tx.run(sql!(
        "UPDATE fall_guards SET removed_on = ?, version = version + 1, updated_at = ? WHERE id = ?",
        on,
        Timestamp::now(),
        old.id
    ))
    .await?;
    let after = json!({"kind": old.kind, "quantity": old.quantity, "removed_on": on});
    change.settle(tx, &[old.well_id], vec![event(old.well_id, uid, "removed", after, reason)]).await
}
