//! 责任单位: the five dated roles of units for a well, with the evidence they rest on (江北区方案 二(二)1).
//!
//! Each role has one unit at a time. Ending or replacing one keeps the old row: who answered when is evidence. A
//! fallback unit (兜底) is designated by a document and with its funding, which is one of the two ways out of the
//! ownership queue.
use super::commands::{Change, version};
use super::fields::Reader;
use super::{attachments, store};
use crate::error::{AppError, Kind, Result};
use jiff::Timestamp;
use jiff::civil::Date;
use jinggai_db::events::Event;
use jinggai_db::{DbError, Tx, row, sql};
use jinggai_rules::kinds::ResponsibilityRole;
use serde::Serialize;
use serde_json::{Value as Json, json};
use utoipa::ToSchema;
use uuid::Uuid;

row! {
    /// 责任 as stored, with its unit.
    #[derive(Clone, Debug, Serialize, ToSchema)]
    pub struct Responsibility {
        /// Row.
        #[serde(skip)]
        pub id: i64,
        /// Public id.
        pub uid: Uuid,
        /// Row of the well.
        #[serde(skip)]
        pub well_id: i64,
        /// 责任角色.
        pub role: String,
        /// 单位 code.
        pub unit: String,
        /// 单位.
        pub unit_name: String,
        /// Who to speak to.
        pub contact_name: Option<String>,
        /// Their telephone.
        pub contact_phone: Option<String>,
        /// Confirmed by evidence, or only claimed.
        pub confirmed: bool,
        /// 依据.
        pub basis: Option<String>,
        /// 资金来源.
        pub funding: Option<String>,
        /// First day.
        #[schema(value_type = String)]
        pub valid_from: Date,
        /// Day from which it no longer holds.
        #[schema(value_type = Option<String>)]
        pub valid_to: Option<Date>,
        /// Counts changes.
        pub version: i64,
    }
}

const COLUMNS: &str = "r.id, r.uid, r.well_id, r.role, u.code, u.name, u.contact_name, u.contact_phone, r.confirmed, r.basis, r.funding, r.valid_from, r.valid_to, r.version";

/// All responsibilities of a well, those that hold first.
///
/// # Errors
/// What the store says.
pub async fn of_well(tx: &mut Tx, well_id: i64) -> Result<Vec<Responsibility>> {
    let text = format!(
        "SELECT {COLUMNS} FROM responsibilities r JOIN units u ON u.id = r.unit_id WHERE r.well_id = ? ORDER BY r.valid_to IS NOT NULL, r.id DESC"
    );
    Ok(tx.all(jinggai_db::Sql::new(&text, vec![well_id.into()])).await?)
}

struct Form {
    role: Option<ResponsibilityRole>,
    unit: String,
    confirmed: bool,
    basis: Option<String>,
    funding: Option<String>,
    from: Date,
    replace: bool,
    evidence: Vec<Uuid>,
    reason: Option<String>,
}

fn read(body: Json, today: Date) -> Result<Form> {
    let mut r = Reader::new(body);
    let role = r.required_text("role", "责任角色", 20);
    let known = role.as_deref().and_then(ResponsibilityRole::from_code);
    if role.is_some() && known.is_none() {
        let all = ResponsibilityRole::ALL.iter().map(|x| x.code()).collect::<Vec<_>>().join(", ");
        r.wrong("role", format!("应为：{all}"), format!("must be one of: {all}"));
    }
    let form = Form {
        role: known,
        unit: r.required_text("unit", "单位代码", 64).unwrap_or_default(),
        confirmed: r.flag("confirmed"),
        basis: r.text("basis", 500),
        funding: r.text("funding", 500),
        from: r.day("valid_from").unwrap_or(today),
        replace: r.flag("replace"),
        evidence: attachments::uids(&mut r, "evidence"),
        reason: r.text("reason", 500),
    };
    if form.from > today {
        r.wrong(
            "valid_from",
            "不能晚于今天：台账记录已生效的责任",
            "must not be in the future: the ledger holds what is in force",
        );
    }
    if form.confirmed && form.basis.is_none() {
        r.wrong("basis", "确认责任须写明依据（文件、协议、图纸）", "a confirmation needs its basis");
    }
    if known == Some(ResponsibilityRole::Fallback) {
        if form.basis.is_none() {
            r.wrong(
                "basis",
                "指定兜底单位须写明文件",
                "a fallback unit needs the document that designates it",
            );
        }
        if form.funding.is_none() {
            r.wrong("funding", "指定兜底单位须写明资金来源", "a fallback unit needs its funding");
        }
        if form.evidence.is_empty() {
            r.wrong(
                "evidence",
                "指定兜底单位须附上文件",
                "attach the document that designates the fallback unit",
            );
        }
    }
    r.finish()?;
    Ok(form)
}

/// Gives a well a responsible unit in a role; `replace` ends the unit that holds the role.
///
/// # Errors
/// `form.invalid`; `responsibility.exists` with the current one; not found.
pub async fn assign(tx: &mut Tx, change: &Change<'_>, well_uid: Uuid, body: Json) -> Result<Uuid> {
    let form = read(body, change.today)?;
    let well = store::well(tx, well_uid, &change.scope).await?;
    let Some(role) = form.role else {
        return Err(AppError::internal(anyhow::anyhow!("a checked form has a role")));
    };
    let unit_id = match store::unit_id(tx, &form.unit).await? {
        Some((id, true)) => id,
        _ => {
            return Err(AppError::field(
                "unit.unknown",
                "unit",
                format!("没有代码为“{}”的现存单位", form.unit),
                format!("there is no unit {:?} today", form.unit),
            ));
        }
    };
    let mut events = vec![];
    let open =
        of_well(tx, well.id).await?.into_iter().find(|r| r.role == role.code() && r.valid_to.is_none());
    if let Some(old) = open {
        if !form.replace {
            return Err(exists(role, &old));
        }
        if form.from < old.valid_from {
            return Err(AppError::field(
                "responsibility.before",
                "valid_from",
                format!("不能早于现任单位的起始日 {}", old.valid_from),
                format!("must not be before {}, when the present unit began", old.valid_from),
            ));
        }
        events.push(end_row(tx, &old, form.from, form.reason.clone()).await?);
    }
    let uid = insert(tx, well.id, role, unit_id, &form).await?;
    attachments::link(tx, well.id, &form.evidence, "responsibility", uid).await?;
    events.push(Event {
        subject: "responsibility",
        subject_uid: uid,
        well_id: Some(well.id),
        action: "assigned",
        before: None,
        after: Some(json!({
            "role": role.code(), "unit": form.unit, "confirmed": form.confirmed, "basis": form.basis,
            "funding": form.funding, "valid_from": form.from, "evidence": form.evidence,
        })),
        reason: form.reason,
    });
    change.settle(tx, &[well.id], events).await?;
    Ok(uid)
}

async fn insert(
    tx: &mut Tx,
    well_id: i64,
    role: ResponsibilityRole,
    unit_id: i64,
    form: &Form,
) -> Result<Uuid> {
    let (uid, now) = (Uuid::now_v7(), Timestamp::now());
    tx.run(sql!(
        "INSERT INTO responsibilities (uid, well_id, role, unit_id, confirmed, basis, funding, valid_from, version, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?)",
        uid, well_id, role.code(), unit_id, form.confirmed, form.basis.clone(), form.funding.clone(), form.from, now, now
    ))
    .await
    .map_err(|e: DbError| {
        if e.is_unique("responsibilities_well_id_role_key") {
            AppError::new(
                Kind::Conflict,
                "responsibility.exists",
                "他人刚为该井登记了同一角色的单位，请刷新后再试",
                "somebody has just given this role to a unit; look again",
            )
        } else {
            e.into()
        }
    })?;
    Ok(uid)
}

fn exists(role: ResponsibilityRole, old: &Responsibility) -> AppError {
    AppError::new(
        Kind::Conflict,
        "responsibility.exists",
        format!("该井的{}已是“{}”；要更换请带 replace", role.name_zh(), old.unit_name),
        format!("{} holds this role already; send replace to change it", old.unit_name),
    )
    .with_more("current", serde_json::to_value(old).unwrap_or_default())
}

async fn end_row(tx: &mut Tx, old: &Responsibility, on: Date, reason: Option<String>) -> Result<Event> {
    tx.run(sql!(
        "UPDATE responsibilities SET valid_to = ?, version = version + 1, updated_at = ? WHERE id = ?",
        on,
        Timestamp::now(),
        old.id
    ))
    .await?;
    Ok(Event {
        subject: "responsibility",
        subject_uid: old.uid,
        well_id: Some(old.well_id),
        action: "ended",
        before: Some(json!({"role": old.role, "unit": old.unit})),
        after: Some(json!({"valid_to": on})),
        reason,
    })
}

/// Ends a responsibility on a day; without owner and fallback the well goes to the ownership queue.
///
/// # Errors
/// `form.invalid`; `responsibility.ended`; `conflict.version`; not found.
pub async fn end(tx: &mut Tx, change: &Change<'_>, uid: Uuid, body: Json) -> Result<Responsibility> {
    let mut r = Reader::new(body);
    let version = version(&mut r);
    let on = r.day("on").unwrap_or(change.today);
    let reason = r.required_text("reason", "终止原因", 500);
    if on > change.today {
        r.wrong("on", "不能晚于今天", "must not be in the future");
    }
    r.finish()?;
    let mut q = jinggai_db::Sql::new(
        &format!("SELECT {COLUMNS} FROM responsibilities r JOIN units u ON u.id = r.unit_id WHERE r.uid = ?"),
        vec![uid.into()],
    );
    change.scope.and_well(&mut q, "r.well_id");
    let old: Responsibility =
        tx.opt(q).await?.ok_or_else(|| AppError::not_found("项责任", "responsibility"))?;
    if old.valid_to.is_some() {
        return Err(AppError::new(
            Kind::Conflict,
            "responsibility.ended",
            "这项责任已经终止",
            "this responsibility has ended already",
        ));
    }
    if version != Some(old.version) {
        return Err(AppError::new(
            Kind::Conflict,
            "conflict.version",
            "这项责任刚被他人修改过，请在最新内容上重新操作",
            "somebody changed it meanwhile; look again",
        )
        .with_more("current", serde_json::to_value(&old).unwrap_or_default()));
    }
    if on < old.valid_from {
        return Err(AppError::field(
            "responsibility.before",
            "on",
            format!("不能早于起始日 {}", old.valid_from),
            format!("must not be before its first day {}", old.valid_from),
        ));
    }
    let event = end_row(tx, &old, on, reason).await?;
    change.settle(tx, &[old.well_id], vec![event]).await?;
    Ok(Responsibility { valid_to: Some(on), version: old.version + 1, ..old })
}
