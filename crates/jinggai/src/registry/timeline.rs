//! 一井一档案's history: the events of a well, newest first, each with a sentence that people can read.
//!
//! Nothing is stored twice: the sentence is made from the event when it is read.
use super::fields::{self, COVER, WELL};
use super::model::{name_of, role_name};
use super::{guards, labels};
use crate::error::Result;
use crate::http::page::{Page, Paging};
use jiff::Timestamp;
use jinggai_db::events::{self, Logged};
use jinggai_db::{Tx, sql};
use jinggai_rules::kinds::{Lifecycle, LifecycleMove};
use serde::Serialize;
use serde_json::Value as Json;
use utoipa::ToSchema;
use uuid::Uuid;

/// 大事记: one entry of the file.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Entry {
    /// Place in the event log.
    pub seq: i64,
    /// When.
    #[schema(value_type = String)]
    pub at: Timestamp,
    /// Login of who did it.
    pub actor: String,
    /// In which role.
    pub role: String,
    /// The role in Chinese.
    pub role_name: String,
    /// Kind of thing.
    pub subject: String,
    /// Public id of the thing.
    pub subject_uid: Uuid,
    /// What happened, for programs.
    pub action: String,
    /// What happened, for people.
    pub summary: String,
    /// Changed fields before.
    #[schema(value_type = Option<Object>)]
    pub before: Option<Json>,
    /// Changed fields after.
    #[schema(value_type = Option<Object>)]
    pub after: Option<Json>,
    /// Why.
    pub reason: Option<String>,
}

impl From<Logged> for Entry {
    fn from(e: Logged) -> Self {
        let read = |t: Option<String>| t.and_then(|t| serde_json::from_str(&t).ok());
        let (before, after): (Option<Json>, Option<Json>) = (read(e.before), read(e.after));
        Entry {
            summary: summary(&e.subject, &e.action, before.as_ref(), after.as_ref()),
            role_name: crate::identity::Role::from_code(&e.role)
                .map_or(e.role.as_str(), |r| r.zh())
                .to_owned(),
            seq: e.seq,
            at: e.at,
            actor: e.actor,
            role: e.role,
            subject: e.subject,
            subject_uid: e.subject_uid,
            action: e.action,
            before,
            after,
            reason: e.reason,
        }
    }
}

/// One page of a well's events, newest first.
///
/// # Errors
/// `list.cursor`, or what the store says.
pub async fn page(tx: &mut Tx, well_id: i64, paging: &Paging) -> Result<Page<Entry>> {
    let (total,): (i64,) = tx.one(sql!("SELECT count(*) FROM events WHERE well_id = ?", well_id)).await?;
    let mut q = events::select();
    q.push(" AND well_id = ?", [well_id.into()]);
    q.and("seq < ?", paging.cursor::<i64>()?);
    q.push(" ORDER BY seq DESC LIMIT ?", [(paging.limit + 1).into()]);
    let rows: Vec<Logged> = tx.all(q).await?;
    Ok(paging.page(rows, total, |e: &Logged| e.seq))
}

fn text<'a>(v: Option<&'a Json>, name: &str) -> &'a str {
    v.and_then(|v| v.get(name)).and_then(Json::as_str).unwrap_or_default()
}

/// What happened, as a Chinese sentence.
#[must_use]
pub fn summary(subject: &str, action: &str, before: Option<&Json>, after: Option<&Json>) -> String {
    let (was, is) = (|name| text(before, name), |name| text(after, name));
    match (subject, action) {
        ("well", "created") => {
            let n = after.and_then(|a| a.get("covers")).and_then(Json::as_array).map_or(0, Vec::len);
            format!("建档，登记井盖 {n} 个")
        }
        ("cover", "created") if !is("predecessor").is_empty() => "登记接替的新井盖".to_owned(),
        ("cover", "created") => "登记井盖".to_owned(),
        ("well", "moved") => format!("调整位置：{}", changes(WELL, before, after)),
        ("well", "corrected") => format!("修改井：{}", changes(WELL, before, after)),
        ("cover", "corrected") => format!("修改井盖：{}", changes(COVER, before, after)),
        ("cover", "lifecycle_moved") => format!(
            "{}：{} → {}",
            name_of!(LifecycleMove, is("move")),
            name_of!(Lifecycle, was("lifecycle")),
            name_of!(Lifecycle, is("lifecycle"))
        ),
        ("cover", "abandonment_approved") => format!("废弃审批通过，依据：{}", is("basis")),
        ("cover", "code_issued") => format!("核发编号 {}（{}）", is("code"), is("scheme")),
        ("cover", "code_set") => format!("登记编号 {}（{}）", is("code"), is("scheme")),
        ("cover", "code_alias_set") => format!("登记曾用编号 {}（{}）", is("code"), is("scheme")),
        ("cover", "code_became_alias") => format!("编号 {} 转为曾用编号", is("code")),
        ("cover", "code_retired") => format!("注销编号 {}（{}）", is("code"), is("scheme")),
        ("responsibility", "assigned") => format!("登记{}：{}", role_name(is("role")), is("unit")),
        ("responsibility", "ended") => {
            format!("终止{}：{}（至 {}）", role_name(was("role")), was("unit"), is("valid_to"))
        }
        ("label", "added") => format!("登记标识 {}（{}）", is("number"), named(&labels::STATES, is("state"))),
        ("label", "state_changed") => format!(
            "标识 {}：{} → {}",
            was("number"),
            named(&labels::STATES, was("state")),
            named(&labels::STATES, is("state"))
        ),
        ("fall_guard", "added") => format!("安装{}", named(&guards::KINDS, is("kind"))),
        ("fall_guard", "tested") => format!(
            "检测{}：{} 千克",
            named(&guards::KINDS, is("kind")),
            after.and_then(|a| a["tested_load_kg"].as_f64()).unwrap_or_default()
        ),
        ("fall_guard", "removed") => format!("拆除{}", named(&guards::KINDS, is("kind"))),
        ("attachment", "attached") => {
            format!("上传{}：{}", if is("role") == "photo" { "照片" } else { "文件" }, is("name"))
        }
        ("attachment", "removed") => format!("移除附件：{}", was("name")),
        ("well", "imported" | "updated") => "批量导入更新".to_owned(),
        _ => crate::history::words(subject, action, after.unwrap_or(&Json::Null))
            .unwrap_or_else(|| format!("{subject} {action}")),
    }
}

fn named<'a>(names: &[(&str, &'static str)], code: &'a str) -> &'a str {
    names.iter().find(|(c, _)| *c == code).map_or(code, |(_, zh)| zh)
}

/// 道路：— → 建新北路；…
fn changes(fields: &[fields::Field], before: Option<&Json>, after: Option<&Json>) -> String {
    let Some(Json::Object(after)) = after else { return String::new() };
    let parts: Vec<String> = after
        .iter()
        .map(|(name, is)| {
            let field = fields.iter().find(|f| f.name == name);
            let zh = field.map_or_else(
                || match name.as_str() {
                    "position" => "坐标",
                    "area" => "区域",
                    "expires_on" => "到期日",
                    other => other,
                },
                |f| f.zh,
            );
            let was = before.and_then(|b| b.get(name)).unwrap_or(&Json::Null);
            format!("{zh} {} → {}", fields::words(field, was), fields::words(field, is))
        })
        .collect();
    parts.join("；")
}
