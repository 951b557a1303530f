//! 超期公示名单 (曝光台、督办名单): the last rung of the escalation ladder, for cases that stay overdue past it.
//!
//! A local practice: without a rung to it in the case rules there is no list. Nobody is put on it or taken off by
//! hand: it is read from the clocks, so an extension, a pause, a suspension, an exemption and an end take a case off
//! at once. It holds what may be shown to everybody and nothing else: no place but the street, no person, no words of
//! a report. Deliberately absent: a door for the public; who publishes the list takes the file.
use super::desk;
use super::facts::LEAD;
use super::list::total;
use super::rules::Rules;
use crate::error::{AppError, Result};
use crate::http::page::{Page, PageQuery, Paging};
use crate::identity::Scope;
use jiff::Timestamp;
use jinggai_db::{Sql, Tx, row};
use jinggai_rules::cite::cite;
use jinggai_rules::kinds::CoverKind;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// 24 hours, of which a case is overdue one for every one begun.
const DAY_MS: i64 = 86_400_000;

row! {
    struct Listed {
        id: i64,
        number: String,
        kind: Option<String>,
        street: Option<String>,
        unit: Option<String>,
        due_at: Timestamp,
    }
}

/// A case on the public list: what may be shown, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PublicItem {
    /// 案卷编号.
    pub number: String,
    /// 井盖类型, by code; none where it is not known.
    pub kind: Option<String>,
    /// 井盖类型.
    pub kind_name: Option<&'static str>,
    /// 街镇.
    pub street: Option<String>,
    /// 责任单位.
    pub unit: Option<String>,
    /// 超期天数: every 24 hours begun count.
    pub days_overdue: i64,
}

/// The public list of overdue cases.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PublicList {
    /// The case rules know such a list.
    pub on: bool,
    /// At which share of a limit a case comes onto it.
    pub share: Option<f64>,
    /// The rules that say so.
    pub basis: String,
    /// The cases, longest overdue first.
    #[serde(flatten)]
    pub page: Page<PublicItem>,
}

/// Where the next page begins.
#[derive(Serialize, Deserialize)]
struct Key {
    at: Timestamp,
    id: i64,
    total: i64,
}

/// The cases that are on the list at this moment, within the scope. A running clock has passed the rung; what is
/// suspended, exempted or ended is off.
fn condition(scope: &Scope, now: Timestamp) -> Sql {
    let mut q = Sql::new(
        "k.closed_at IS NULL AND k.due_at < ? AND k.state <> 'suspended' AND NOT k.exempted AND EXISTS (SELECT 1 FROM case_clocks pc WHERE pc.case_id = k.id AND pc.ended_at IS NULL AND pc.stage <> 'total' AND pc.public_at <= ?)",
        vec![now.into(), now.into()],
    );
    desk::bound_cases(scope, &mut q);
    q
}

/// One page of the list.
///
/// # Errors
/// `list.cursor`.
pub async fn page(
    tx: &mut Tx,
    rules: &Rules,
    scope: &Scope,
    paging: &Paging,
    now: Timestamp,
) -> Result<PublicList> {
    let share = rules.cases.public_share();
    let condition = condition(scope, now);
    let after: Option<Key> = paging.cursor()?;
    let total = match (&after, share) {
        (_, None) => 0,
        (Some(k), _) => k.total,
        (None, _) => total(tx, "cases k", &condition).await?,
    };
    let mut rows: Vec<Listed> = vec![];
    if share.is_some() {
        let street = "(SELECT sa.name FROM area_closure sx JOIN areas sa ON sa.id = sx.ancestor_id WHERE sx.area_id = k.area_id AND sa.level = 'street' ORDER BY sa.valid_to IS NOT NULL, sa.code LIMIT 1)";
        let mut q = Sql::new(
            &format!(
                "SELECT k.id, k.number, k.kind, {street}, (SELECT pu.name FROM units pu WHERE pu.id = {LEAD}), k.due_at FROM cases k WHERE "
            ),
            vec![],
        );
        q.append(condition);
        if let Some(k) = after {
            q.push(
                " AND (k.due_at > ? OR (k.due_at = ? AND k.id > ?))",
                [k.at.into(), k.at.into(), k.id.into()],
            );
        }
        q.push(" ORDER BY k.due_at, k.id LIMIT ?", [(paging.limit + 1).into()]);
        rows = tx.all(q).await?;
    }
    let more = rows.len() > paging.limit;
    rows.truncate(paging.limit);
    let next = rows.last().filter(|_| more).map(|r| Key { at: r.due_at, id: r.id, total });
    let items = rows.into_iter().map(|r| item(r, now)).collect();
    let head = &rules.cases.pack;
    Ok(PublicList {
        on: share.is_some(),
        share,
        basis: format!("{} v{} {}", head.id, head.version, cite(&head.source)),
        page: paging.page_to(items, total, next),
    })
}

fn item(r: Listed, now: Timestamp) -> PublicItem {
    let late = now.as_millisecond() - r.due_at.as_millisecond();
    PublicItem {
        number: r.number,
        kind_name: r.kind.as_deref().and_then(CoverKind::from_code).map(CoverKind::name_zh),
        kind: r.kind,
        street: r.street,
        unit: r.unit,
        days_overdue: (late.max(1) + DAY_MS - 1) / DAY_MS,
    }
}

/// The whole list as CSV, with headings for people and the mark by which office programs know UTF-8.
///
/// # Errors
/// What the store says.
pub async fn csv(tx: &mut Tx, rules: &Rules, scope: &Scope, now: Timestamp) -> Result<Vec<u8>> {
    let mut out = csv::Writer::from_writer("\u{feff}".as_bytes().to_vec());
    out.write_record(["案卷编号", "井盖类型", "街镇", "责任单位", "超期天数"]).map_err(AppError::internal)?;
    let mut cursor = None;
    loop {
        let paging = PageQuery { limit: Some(crate::http::page::LIMIT_MAX), cursor }.paging()?;
        let list = page(tx, rules, scope, &paging, now).await?;
        for i in &list.page.items {
            let days = i.days_overdue.to_string();
            let text = |t: &Option<String>| t.clone().unwrap_or_else(|| "—".to_owned());
            let (street, unit) = (text(&i.street), text(&i.unit));
            out.write_record([&i.number, i.kind_name.unwrap_or("—"), &street, &unit, &days])
                .map_err(AppError::internal)?;
        }
        cursor = list.page.next;
        if cursor.is_none() {
            return out.into_inner().map_err(|e| AppError::internal(anyhow::anyhow!("{e}")));
        }
    }
}
