//! 结账: a period of a kind of report is closed once, by one kept report of the whole district. What changes in the
//! records afterwards shows as a difference when the report is checked; the report itself changes no more.
use super::{Cell, Kept, event};
use crate::error::{AppError, Kind, Result};
use crate::identity::{Actor, Permission, Scope};
use crate::statistics::question::Slice;
use jiff::Timestamp;
use jiff::civil::Date;
use jinggai_db::{Tx, events, row, sql};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

row! {
    /// A closed period.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
    pub struct Closing {
        /// First day.
        #[schema(value_type = String, format = Date)]
        pub from: Date,
        /// First day after it.
        #[schema(value_type = String, format = Date)]
        pub to: Date,
        /// SM3 over the report's digest and what was filled in.
        pub digest: String,
        /// Login of who closed it.
        pub closed_by: String,
        /// Name of who closed it.
        pub closed_name: String,
        /// When.
        #[schema(value_type = String, format = DateTime)]
        pub closed_at: Timestamp,
    }
}

/// How the period of a report was closed with it.
pub(super) async fn of(tx: &mut Tx, report_id: i64) -> Result<Option<Closing>> {
    let q = sql!(
        "SELECT from_day, to_day, digest, closed_by, closed_name, closed_at FROM period_closings WHERE report_id = ?",
        report_id
    );
    Ok(tx.opt(q).await?)
}

/// SM3 over the digest of the figures and, line by line, what was filled in by whom and when.
pub(super) fn digest(figures: &str, cells: &[Cell]) -> String {
    let line = |c: &Cell| {
        json!([c.span, c.row, c.cell, c.value, c.filled_by, c.filled_at.as_millisecond()]).to_string()
    };
    super::super::digest::lines(std::iter::once(figures.to_owned()).chain(cells.iter().map(line)))
}

fn refused(code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> AppError {
    AppError::new(Kind::Conflict, code, zh, en)
}

/// What keeps this report from closing its period.
fn hindrance(kept: &Kept) -> Option<AppError> {
    let Some(q) = kept.drawn.period() else {
        return Some(refused(
            "report.no_period",
            "附件1 是某一天的台账，没有报告期，不用结账",
            "annex 1 shows one day and closes no period",
        ));
    };
    if kept.scope != Scope::Everything || q.within != Slice::default() || q.include_demo {
        return Some(refused(
            "report.partial",
            "只有全区的、不含演示数据的报表可以结账",
            "only a report of the whole district without demo records closes a period",
        ));
    }
    if !q.over() {
        return Some(refused(
            "report.not_over",
            format!("生成报表时报告期（{}）尚未结束，请在期末后重新生成再结账", q.words()),
            "the period was not over when the report was drawn; draw it again after its end",
        ));
    }
    (!kept.intact).then(|| {
        refused(
            "report.edited",
            "存档内容与其摘要不符，不能结账",
            "the kept report does not have its digest any more",
        )
    })
}

/// Closes the period of a kept report.
///
/// # Errors
/// `forbidden`; `report.closed_already`, `report.overlaps` naming the other period; `report.not_over`,
/// `report.partial`, `report.no_period`, `report.edited`.
pub async fn close(tx: &mut Tx, actor: &Actor, uid: Uuid) -> Result<Kept> {
    actor.require_everywhere(Permission::ReportClose)?;
    // Two closings at once: the second sees the first.
    events::hold(tx).await?;
    let kept = super::get(tx, actor, uid).await?;
    if let Some(e) = hindrance(&kept) {
        return Err(e);
    }
    let (kind, zh) = (kept.drawn.kind(), kept.drawn.zh());
    let Some((from, to)) = kept.drawn.period().map(|q| (q.from, q.to)) else {
        return Err(AppError::internal(anyhow::anyhow!("a closing without period")));
    };
    let near: Vec<(Date, Date)> = tx
        .all(sql!(
            "SELECT from_day, to_day FROM period_closings WHERE kind = ? AND from_day < ? AND to_day > ? ORDER BY from_day",
            kind,
            to,
            from
        ))
        .await?;
    if near.contains(&(from, to)) {
        return Err(refused(
            "report.closed_already",
            format!("{zh}的这个报告期（{from} 起、{to} 止，不含）已经结账，不能再次结账"),
            format!("the period from {from} to {to} is closed already"),
        ));
    }
    // A quarter holds its months, a year its quarters; two periods that only overlap count something twice.
    let nested = |(f, t): &(Date, Date)| (*f <= from && to <= *t) || (from <= *f && *t <= to);
    let crossing = near.iter().find(|other| !nested(other));
    if let Some((f, t)) = crossing {
        return Err(refused(
            "report.overlaps",
            format!("与已结账的报告期（{f} 起、{t} 止，不含）交叉，报告期之间应相接或包含"),
            format!("crosses the closed period from {f} to {t}"),
        ));
    }
    let digest = digest(kept.drawn.digest(), &kept.cells);
    tx.run(sql!(
        "INSERT INTO period_closings (kind, from_day, to_day, report_id, digest, closed_by, closed_name, closed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        kind, from, to, kept.id, &digest, &actor.login, &actor.name, Timestamp::now()
    ))
    .await?;
    let after = json!({"kind": kind, "from": from, "to": to, "digest": digest});
    events::append(tx, &actor.who(Permission::ReportClose), vec![event(uid, "closed", None, after)]).await?;
    super::get(tx, actor, uid).await
}
