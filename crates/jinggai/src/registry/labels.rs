//! 标识: the plate with number and QR code on a cover (江北区方案 二(二)1: 统一标识).
//!
//! A plate is planned, fixed, unreadable (隐患 H11) or removed; a cover bears one at a time, and one number is on one
//! plate only.
use super::commands::{Change, version};
use super::fields::Reader;
use super::store;
use crate::error::{AppError, Kind, Result};
use jiff::Timestamp;
use jiff::civil::Date;
use jinggai_db::events::Event;
use jinggai_db::{Tx, row, sql};
use serde::Serialize;
use serde_json::{Value as Json, json};
use utoipa::ToSchema;
use uuid::Uuid;

/// The states of a plate with their Chinese names.
pub const STATES: [(&str, &str); 4] =
    [("planned", "待安装"), ("fixed", "已安装"), ("unreadable", "不清或损坏"), ("removed", "已拆除")];

row! {
    /// 标识 as stored.
    #[derive(Clone, Debug, Serialize, ToSchema)]
    pub struct Label {
        /// Row.
        #[serde(skip)]
        pub id: i64,
        /// Public id.
        pub uid: Uuid,
        /// Public id of the cover.
        pub cover_uid: Uuid,
        /// Row of the well.
        #[serde(skip)]
        pub well_id: i64,
        /// 牌号.
        pub number: String,
        /// What its QR code says.
        pub content: Option<String>,
        /// Material of the plate.
        pub material: Option<String>,
        /// State.
        pub state: String,
        /// Fixed on.
        #[schema(value_type = Option<String>)]
        pub fixed_on: Option<Date>,
        /// Removed on.
        #[schema(value_type = Option<String>)]
        pub removed_on: Option<Date>,
        /// Counts changes.
        pub version: i64,
    }
}

const SELECT: &str = "SELECT l.id, l.uid, c.uid, c.well_id, l.number, l.content, l.material, l.state, l.fixed_on, l.removed_on, l.version FROM labels l JOIN covers c ON c.id = l.cover_id WHERE ";

/// The plates of a well's covers.
///
/// # Errors
/// What the store says.
pub async fn of_well(tx: &mut Tx, well_id: i64) -> Result<Vec<Label>> {
    let text = format!("{SELECT}c.well_id = ? ORDER BY l.id");
    Ok(tx.all(jinggai_db::Sql::new(&text, vec![well_id.into()])).await?)
}

/// Adds a plate, planned or fixed; `replace` removes the one that is there.
///
/// # Errors
/// `form.invalid`, `label.taken`, `label.exists`, not found.
pub async fn add(
    tx: &mut Tx,
    change: &Change<'_>,
    cover_uid: Uuid,
    public_url: &str,
    body: Json,
) -> Result<Uuid> {
    let mut r = Reader::new(body);
    let number = r.required_text("number", "牌号", 64).unwrap_or_default();
    let content = r.text("content", 500);
    let material = r.text("material", 50);
    let state = r.text("state", 20).unwrap_or_else(|| "fixed".to_owned());
    if !["planned", "fixed"].contains(&state.as_str()) {
        r.wrong("state", "新标识应为 planned（待安装）或 fixed（已安装）", "a new label is planned or fixed");
    }
    let fixed_on = r.day("fixed_on").or((state == "fixed").then_some(change.today));
    if fixed_on.is_some_and(|d| d > change.today) {
        r.wrong("fixed_on", "不能晚于今天", "must not be in the future");
    }
    let replace = r.flag("replace");
    r.finish()?;
    let cover = store::cover(tx, cover_uid, &change.scope).await?;
    let taken: Vec<(Uuid,)> = tx
        .all(sql!(
            "SELECT c.uid FROM labels l JOIN covers c ON c.id = l.cover_id WHERE l.number = ? AND l.state <> 'removed'",
            &number
        ))
        .await?;
    if taken.iter().any(|(uid,)| *uid != cover_uid) {
        return Err(AppError::field(
            "label.taken",
            "number",
            format!("牌号 {number} 已装在另一个井盖上"),
            format!("plate {number} is on another cover"),
        ));
    }
    let mut events = vec![];
    let there = of_well(tx, cover.well_id).await?;
    for old in there.into_iter().filter(|l| l.cover_uid == cover_uid && l.state != "removed") {
        if !replace {
            return Err(AppError::new(
                Kind::Conflict,
                "label.exists",
                format!("该井盖已有标识 {}；要更换请带 replace", old.number),
                format!("the cover bears plate {}; send replace to change it", old.number),
            ));
        }
        events.push(set_state(tx, &old, "removed", change.today, None).await?);
    }
    let (uid, now) = (Uuid::now_v7(), Timestamp::now());
    let content = content.unwrap_or_else(|| format!("{public_url}/c/{number}"));
    tx.run(sql!(
        "INSERT INTO labels (uid, cover_id, number, content, material, state, fixed_on, version, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?, ?)",
        uid, cover.id, &number, &content, material.clone(), &state, fixed_on, now, now
    ))
    .await?;
    events.push(Event {
        subject: "label",
        subject_uid: uid,
        well_id: Some(cover.well_id),
        action: "added",
        before: None,
        after: Some(json!({"number": number, "state": state, "fixed_on": fixed_on, "material": material})),
        reason: None,
    });
    change.settle(tx, &[cover.well_id], events).await?;
    Ok(uid)
}

async fn set_state(tx: &mut Tx, old: &Label, state: &str, on: Date, reason: Option<String>) -> Result<Event> {
    let fixed_on = if state == "fixed" { Some(on) } else { old.fixed_on };
    let removed_on = (state == "removed").then_some(on);
    tx.run(sql!(
        "UPDATE labels SET state = ?, fixed_on = ?, removed_on = ?, version = version + 1, updated_at = ? WHERE id = ?",
        state,
        fixed_on,
        removed_on,
        Timestamp::now(),
        old.id
    ))
    .await?;
    Ok(Event {
        subject: "label",
        subject_uid: old.uid,
        well_id: Some(old.well_id),
        action: "state_changed",
        before: Some(json!({"number": old.number, "state": old.state})),
        after: Some(json!({"state": state, "on": on})),
        reason,
    })
}

/// Takes the plates off a cover that leaves the ground.
///
/// # Errors
/// What the store says.
pub(crate) async fn take_off(tx: &mut Tx, well_id: i64, cover_uid: Uuid, on: Date) -> Result<Vec<Event>> {
    let mut events = vec![];
    let there = of_well(tx, well_id).await?;
    for old in there.into_iter().filter(|l| l.cover_uid == cover_uid && l.state != "removed") {
        events.push(set_state(tx, &old, "removed", on, None).await?);
    }
    Ok(events)
}

/// Moves a plate to another state; a removed one stays removed.
///
/// # Errors
/// `form.invalid`, `label.removed`, `conflict.version`, not found.
pub async fn change_state(tx: &mut Tx, change: &Change<'_>, uid: Uuid, body: Json) -> Result<()> {
    let mut r = Reader::new(body);
    let version = version(&mut r);
    let state = r.required_text("state", "状态", 20).unwrap_or_default();
    if !STATES.iter().any(|(code, _)| *code == state) {
        r.wrong(
            "state",
            "应为 planned、fixed、unreadable 或 removed",
            "must be planned, fixed, unreadable or removed",
        );
    }
    let on = r.day("on").unwrap_or(change.today);
    if on > change.today {
        r.wrong("on", "不能晚于今天", "must not be in the future");
    }
    let reason = r.text("reason", 500);
    r.finish()?;
    let mut q = jinggai_db::Sql::new(&format!("{SELECT}l.uid = ?"), vec![uid.into()]);
    change.scope.and_well(&mut q, "c.well_id");
    let old: Label = tx.opt(q).await?.ok_or_else(|| AppError::not_found("块标识", "label"))?;
    if old.state == "removed" {
        return Err(AppError::new(
            Kind::Conflict,
            "label.removed",
            "这块标识已拆除，请登记新的标识",
            "this plate was removed; enter a new one",
        ));
    }
    if version != Some(old.version) {
        return Err(AppError::new(
            Kind::Conflict,
            "conflict.version",
            "这块标识刚被他人修改过，请在最新内容上重新操作",
            "somebody changed it meanwhile; look again",
        )
        .with_more("current", serde_json::to_value(&old).unwrap_or_default()));
    }
    let event = set_state(tx, &old, &state, on, reason).await?;
    change.settle(tx, &[old.well_id], vec![event]).await
}
