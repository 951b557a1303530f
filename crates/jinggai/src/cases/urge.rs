//! 督办 and the escalation ladder: who is told that a deadline nears, comes, or has passed.
//!
//! The ladder's notices carry a key per clock and rung: however often the sweep runs, each person is told once.
use super::desk::By;
use super::effects::telling;
use super::model::CaseRow;
use super::notices::{self, About, Telling};
use super::rules::Rules;
use super::{clocks, guards, store};
use crate::app::App;
use crate::clock;
use crate::error::{AppError, Result};
use crate::identity::{Actor, Permission, Role};
use jiff::Timestamp;
use jinggai_db::events::{self, Event, Who};
use jinggai_db::{Tx, sql};
use jinggai_rules::case_rules::{Recipient, Rung};
use jinggai_rules::clock::{Limit, TimeUnit, at_share};
use jinggai_rules::workflow::CaseState;
use serde_json::json;

/// Cases of one transaction of the sweep.
const BATCH: i64 = 200;

/// Urges the units of a case.
///
/// # Errors
/// `form.invalid`, `case.ended`.
pub async fn urge(
    tx: &mut Tx,
    by: &By<'_>,
    right: Permission,
    case: CaseRow,
    reason: &str,
) -> Result<CaseRow> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(AppError::field("form.invalid", "reason", "请写明督办要求", "say what is asked for"));
    }
    if case.state()?.is_ended() {
        return Err(AppError::new(
            crate::error::Kind::Conflict,
            "case.ended",
            "案卷已办结，无需督办",
            "the case has ended",
        ));
    }
    tx.run(sql!(
        "UPDATE cases SET urged = urged + 1, version = version + 1, updated_at = ? WHERE id = ?",
        by.now,
        case.id
    ))
    .await?;
    let units = guards::duty_units(tx, case.id).await?;
    let told = telling(by, &case, "urged", format!("督办：{}", case.title), reason.to_owned());
    notices::tell_units(tx, &told, &units).await?;
    let event = Event {
        subject: "case",
        subject_uid: case.uid,
        well_id: case.well_id,
        action: "urged",
        before: None,
        after: Some(json!({"times": case.urged + 1})),
        reason: Some(reason.to_owned()),
    };
    by.tell(tx, right, vec![event]).await?;
    store::case_by_id(tx, case.id).await
}

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Running clocks looked at.
    pub clocks: usize,
    /// People told.
    pub told: usize,
    /// Suspended cases taken up again.
    pub resumed: usize,
}

/// Row, case, count, unit, began, due, next, extensions.
type Running = (i64, i64, i64, String, Timestamp, Timestamp, Timestamp, i64);

/// Looks at every clock on whose ladder a rung was reached; takes up suspended cases whose day has come, and computes
/// anew what waited for a calendar.
///
/// # Errors
/// What the store says; what was told before stays told.
pub async fn sweep(app: &App, now: Timestamp) -> Result<Swept> {
    clocks::republish(app).await?;
    let mut swept = Swept { resumed: resume(app, now).await?, ..Swept::default() };
    loop {
        let mut tx = app.db().begin().await?;
        let rules = Rules::today(app, &mut tx).await?;
        let due: Vec<Running> = tx
            .all(sql!(
                "SELECT id, case_id, count, unit, started_at, due_at, next_at, extensions FROM case_clocks WHERE next_at <= ? ORDER BY next_at, id LIMIT ?",
                now,
                BATCH
            ))
            .await?;
        if due.is_empty() {
            break;
        }
        swept.clocks += due.len();
        for clock in &due {
            swept.told += climb(&mut tx, &rules, clock, now).await?;
        }
        tx.commit().await?;
    }
    if swept.told + swept.resumed > 0 {
        app.changed().notify_waiters();
    }
    Ok(swept)
}

/// Tells whoever stands on the rungs that this clock has reached, and notes when the next is due.
async fn climb(tx: &mut Tx, rules: &Rules, c: &Running, now: Timestamp) -> Result<usize> {
    let (id, case_id, count, unit, started, due, reached, extensions) = c;
    let unit = TimeUnit::from_code(unit)
        .ok_or_else(|| AppError::internal(anyhow::anyhow!("a clock of unit {unit}")))?;
    let case = store::case_by_id(tx, *case_id).await?;
    if rules.cases.is_quiet(clock::local(now).time()) && case.level != "l1" {
        let wakes = wakes(rules, now)?;
        tx.run(sql!("UPDATE case_clocks SET next_at = ? WHERE id = ?", wakes, *id)).await?;
        return Ok(0);
    }
    let limit = Limit::new(u32::try_from(count * (1 + extensions)).unwrap_or(u32::MAX), unit);
    let pauses = clocks::pauses(tx, *case_id).await?;
    let mut told = 0;
    for rung in &rules.cases.ladder {
        let at = at_share(clock::local(*started).datetime(), limit, rung.share, &rules.calendar, &pauses);
        // Rungs below the one that woke us were told then; a quiet night wakes us later than the rung itself.
        let Some(at) = at.ok().and_then(|d| clocks::moment(d.at).ok()).filter(|at| *at <= now) else {
            continue;
        };
        told += tell_rung(tx, &case, *id, rung, *due, at.max(*reached).min(now)).await?;
    }
    let next = clocks::next_rung(rules, *started, limit, &pauses, now)?;
    tx.run(sql!("UPDATE case_clocks SET next_at = ? WHERE id = ?", next, *id)).await?;
    Ok(told)
}

/// When the quiet hours end.
fn wakes(rules: &Rules, now: Timestamp) -> Result<Timestamp> {
    let local = clock::local(now);
    let mut day = local.date();
    if local.time() >= rules.cases.quiet_to {
        day = day.tomorrow().map_err(AppError::internal)?;
    }
    clocks::moment(day.to_datetime(rules.cases.quiet_to))
}

async fn tell_rung(
    tx: &mut Tx,
    case: &CaseRow,
    clock_id: i64,
    rung: &Rung,
    due: Timestamp,
    at: Timestamp,
) -> Result<usize> {
    let late = rung.share >= 1.0;
    let word = match rung.to {
        Recipient::Public => "已列入超期公示名单",
        _ if late => "已超期",
        _ => "即将到期",
    };
    let title = format!("{word}：{}", case.title);
    let due_text = clock::local(due).strftime("%m月%d日 %H:%M").to_string();
    let t = Telling {
        key: format!("ladder:{clock_id}:{}:{}", rung.share, rung.to.code()),
        kind: if late { "overdue" } else { "due" },
        about: About::Case(case),
        title,
        body: format!("{}，应于 {due_text} 前办完", case.number),
        at,
    };
    let n = tell(tx, &t, rung.to, case).await?;
    if n > 0 && rung.to != Recipient::Handler {
        let event = Event {
            subject: "case",
            subject_uid: case.uid,
            well_id: case.well_id,
            action: "escalated",
            before: None,
            after: Some(
                json!({"to": rung.to.code(), "share": rung.share, "words": format!("超期升级至{}", rung.to.name_zh())}),
            ),
            reason: None,
        };
        events::append(tx, &Who::system("sweep"), vec![event]).await?;
    }
    Ok(n)
}

async fn tell(tx: &mut Tx, t: &Telling<'_>, to: Recipient, case: &CaseRow) -> Result<usize> {
    match to {
        Recipient::Handler => match case.state()? {
            CaseState::Dispatched | CaseState::Handling => {
                let units = guards::duty_units(tx, case.id).await?;
                notices::tell_units(tx, t, &units).await
            }
            CaseState::Checking => {
                notices::tell_users(tx, t, &case.checker_id.into_iter().collect::<Vec<_>>()).await
            }
            _ => notices::tell_roles(tx, t, &[Role::Operator.code()]).await,
        },
        Recipient::Supervisor => {
            let units: Vec<i64> = tx
                .all::<(i64,)>(sql!(
                    "SELECT unit_id FROM responsibilities WHERE well_id = ? AND valid_to IS NULL AND role IN ('supervisor', 'territorial')",
                    case.well_id
                ))
                .await?
                .into_iter()
                .map(|(id,)| id)
                .collect();
            let mut n = notices::tell_units(tx, t, &units).await?;
            n += notices::tell_roles(tx, t, &[Role::Operator.code()]).await?;
            Ok(n)
        }
        // Whoever is shown up, and whoever must answer for the list, hears of it.
        Recipient::Public => {
            let units = guards::duty_units(tx, case.id).await?;
            let n = notices::tell_units(tx, t, &units).await?;
            Ok(n + notices::tell_roles(tx, t, &[Role::Leader.code()]).await?)
        }
        Recipient::Leader => notices::tell_roles(tx, t, &[Role::Leader.code()]).await,
    }
}

/// Takes up suspended cases whose day has come.
async fn resume(app: &App, now: Timestamp) -> Result<usize> {
    let due: Vec<(uuid::Uuid, i64)> = app
        .db()
        .all(sql!(
            "SELECT uid, version FROM cases WHERE state = 'suspended' AND suspended_until <= ? ORDER BY id",
            now
        ))
        .await?;
    let machine = Actor::machine("sweep");
    let mut n = 0;
    for (uid, version) in due {
        let mut tx = app.db().begin().await?;
        let rules = Rules::today(app, &mut tx).await?;
        let by = By { actor: &machine, now, rules: &rules };
        let ask = super::moves::MoveAsk { action: "resume".into(), version, ..Default::default() };
        super::moves::advance(&mut tx, app, &by, uid, &ask).await?;
        tx.commit().await?;
        n += 1;
    }
    Ok(n)
}
