//! 时限: the clocks of a case. Each time a stage begins a clock begins; rule and calendar are kept with it.
//!
//! A case carries its nearest deadline in `due_at`, so that lists and sweeps need no join.
use super::desk::By;
use super::rules::Rules;
use crate::app::App;
use crate::clock;
use crate::error::{AppError, Kind, Result};
use crate::identity::{Actor, Permission};
use jiff::Timestamp;
use jinggai_db::events::Event;
use jinggai_db::{Sql, Tx, row, sql};
use jinggai_rules::Explain;
use jinggai_rules::clock::{ClockError, Deadline, Limit, Pause, TimeUnit, at_share, deadline};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

row! {
    /// A clock as stored.
    #[derive(Clone, Debug, Serialize, ToSchema)]
    pub struct Clock {
        /// Row.
        #[serde(skip)]
        pub id: i64,
        /// `dispatch`, `handle`, `check`, `close`, `total`.
        pub stage: String,
        /// How many.
        pub count: i64,
        /// Of what.
        pub unit: String,
        /// Began.
        #[schema(value_type = String, format = DateTime)]
        pub started_at: Timestamp,
        /// Must end by.
        #[schema(value_type = String, format = DateTime)]
        pub due_at: Timestamp,
        /// Ended.
        #[schema(value_type = Option<String>, format = DateTime)]
        pub ended_at: Option<Timestamp>,
        /// Extensions granted.
        pub extensions: i64,
        /// Rests on a year whose calendar is not published.
        pub provisional: bool,
        /// Rules it was computed with.
        pub rule_version: String,
        /// Calendar it was computed with.
        pub calendar_version: String,
    }
}

const COLUMNS: &str = "id, stage, count, unit, started_at, due_at, ended_at, extensions, provisional, rule_version, calendar_version";

/// The clocks of a case, oldest first.
///
/// # Errors
/// What the store says.
pub async fn of_case(tx: &mut Tx, case_id: i64) -> Result<Vec<Clock>> {
    let text = format!("SELECT {COLUMNS} FROM case_clocks WHERE case_id = ? ORDER BY id");
    Ok(tx.all(Sql::new(&text, vec![case_id.into()])).await?)
}

/// The pauses of a case on the district's clocks.
///
/// # Errors
/// What the store says.
pub async fn pauses(tx: &mut Tx, case_id: i64) -> Result<Vec<Pause>> {
    let rows: Vec<(Timestamp, Option<Timestamp>)> =
        tx.all(sql!("SELECT from_at, to_at FROM case_pauses WHERE case_id = ? ORDER BY id", case_id)).await?;
    let civil = |t: Timestamp| clock::local(t).datetime();
    Ok(rows.into_iter().map(|(from, to)| Pause { from: civil(from), to: to.map(civil) }).collect())
}

fn refused(e: ClockError) -> AppError {
    AppError::new(Kind::Invalid, e.code(), e.to_string(), e.message_en())
}

/// A deadline as a moment of the world: a calendar ends long before moments do.
pub(super) fn moment(at: jiff::civil::DateTime) -> Result<Timestamp> {
    clock::moment(at).ok_or_else(|| refused(ClockError::OutOfRange))
}

struct Due {
    at: Timestamp,
    next: Option<Timestamp>,
    public: Option<Timestamp>,
    provisional: bool,
    calendar: String,
}

/// When a limit has run so far that its case comes onto the public list; none when the rules know no such list, or
/// the moment lies beyond the calendar.
fn public_at(rules: &Rules, start: Timestamp, limit: Limit, pauses: &[Pause]) -> Option<Timestamp> {
    let share = rules.cases.public_share()?;
    let d = at_share(clock::local(start).datetime(), limit, share, &rules.calendar, pauses).ok()?;
    moment(d.at).ok()
}

/// The first moment after `after` at which somebody on the ladder is to be told; none when the ladder is climbed.
///
/// # Errors
/// `clock.out_of_range`.
pub fn next_rung(
    rules: &Rules,
    start: Timestamp,
    limit: Limit,
    pauses: &[Pause],
    after: Timestamp,
) -> Result<Option<Timestamp>> {
    let mut next = None;
    for rung in &rules.cases.ladder {
        // A rung beyond the calendar is never reached.
        let Ok(d) = at_share(clock::local(start).datetime(), limit, rung.share, &rules.calendar, pauses)
        else {
            continue;
        };
        let at = moment(d.at)?;
        if at > after && next.is_none_or(|n| at < n) {
            next = Some(at);
        }
    }
    Ok(next)
}

fn due(by: &By<'_>, start: Timestamp, limit: Limit, pauses: &[Pause]) -> Result<Due> {
    let calendar = &by.rules.calendar;
    let Deadline { at, provisional, years } =
        deadline(clock::local(start).datetime(), limit, calendar, pauses).map_err(refused)?;
    let next = next_rung(by.rules, start, limit, pauses, by.now)?;
    let public = public_at(by.rules, start, limit, pauses);
    Ok(Due { at: moment(at)?, next, public, provisional, calendar: calendar.version(years.0, years.1) })
}

/// Starts the clock of a stage.
///
/// # Errors
/// `clock.out_of_range`, or what the store says.
pub async fn start(tx: &mut Tx, by: &By<'_>, case_id: i64, stage: &str, limit: Limit) -> Result<()> {
    let due = due(by, by.now, limit, &[])?;
    tx.run(sql!(
        "INSERT INTO case_clocks (case_id, stage, count, unit, started_at, due_at, next_at, public_at, public_share, extensions, provisional, rule_version, calendar_version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?)",
        case_id, stage, limit.count, limit.unit.code(), by.now, due.at, due.next.filter(|_| stage != "total"), due.public, by.rules.cases.public_share(), due.provisional, by.rules.version(), due.calendar
    ))
    .await?;
    Ok(())
}

/// Ends the running clocks of these stages; all of them when none is named.
///
/// # Errors
/// What the store says.
pub async fn end(tx: &mut Tx, by: &By<'_>, case_id: i64, stages: &[&str]) -> Result<()> {
    let mut q = sql!(
        "UPDATE case_clocks SET ended_at = ?, next_at = NULL WHERE case_id = ? AND ended_at IS NULL",
        by.now,
        case_id
    );
    q.and_in("stage", stages);
    tx.run(q).await?;
    Ok(())
}

/// Computes the running clocks anew: after a pause, an extension, or when a year was published.
///
/// # Errors
/// `clock.out_of_range`, or what the store says.
pub async fn retime(tx: &mut Tx, by: &By<'_>, case_id: i64) -> Result<()> {
    let pauses = pauses(tx, case_id).await?;
    for c in of_case(tx, case_id).await?.into_iter().filter(|c| c.ended_at.is_none()) {
        let unit = TimeUnit::from_code(&c.unit)
            .ok_or_else(|| AppError::internal(anyhow::anyhow!("a clock of unit {}", c.unit)))?;
        let whole = c.count * (1 + c.extensions);
        let limit = Limit::new(u32::try_from(whole).unwrap_or(u32::MAX), unit);
        let due = due(by, c.started_at, limit, &pauses)?;
        tx.run(sql!(
            "UPDATE case_clocks SET due_at = ?, next_at = ?, public_at = ?, public_share = ?, provisional = ?, calendar_version = ? WHERE id = ?",
            due.at,
            due.next.filter(|_| c.stage != "total"),
            due.public,
            by.rules.cases.public_share(),
            due.provisional,
            due.calendar,
            c.id
        ))
        .await?;
    }
    Ok(())
}

/// Computes the running clocks' way to the public list anew when the rules came to know such a list, moved it or
/// forgot it. A clock that is already past it is looked at by the next sweep.
async fn rerung(app: &App) -> Result<()> {
    loop {
        let mut tx = app.db().begin().await?;
        let rules = Rules::today(app, &mut tx).await?;
        let share = rules.cases.public_share();
        let rows: Vec<(i64, i64, i64, String, Timestamp, i64)> = tx
            .all(sql!(
                "SELECT id, case_id, count, unit, started_at, extensions FROM case_clocks WHERE ended_at IS NULL AND COALESCE(public_share, 0) <> ? ORDER BY id LIMIT 200",
                share.unwrap_or(0.0)
            ))
            .await?;
        if rows.is_empty() {
            return Ok(());
        }
        for (id, case_id, count, unit, start, extensions) in rows {
            let unit = TimeUnit::from_code(&unit)
                .ok_or_else(|| AppError::internal(anyhow::anyhow!("a clock of unit {unit}")))?;
            let limit = Limit::new(u32::try_from(count * (1 + extensions)).unwrap_or(u32::MAX), unit);
            let at = public_at(&rules, start, limit, &pauses(&mut tx, case_id).await?);
            tx.run(sql!(
                "UPDATE case_clocks SET public_at = ?, public_share = ?, next_at = CASE WHEN stage = 'total' THEN NULL WHEN next_at < ? THEN next_at ELSE COALESCE(?, next_at) END WHERE id = ?",
                at, share, at, at, id
            ))
            .await?;
        }
        tx.commit().await?;
    }
}

/// Computes the provisional clocks anew when the year they rest on has been published; gives how many cases moved.
///
/// # Errors
/// What the store says.
pub async fn republish(app: &App) -> Result<usize> {
    let (newest,): (i64,) = app.db().one(sql!("SELECT COALESCE(max(id), 0) FROM rule_packs")).await?;
    if !app.rules().came(newest) {
        return Ok(0);
    }
    rerung(app).await?;
    let machine = Actor::machine("calendar");
    let mut moved = 0;
    let cases: Vec<(i64,)> = app
        .db()
        .all(sql!(
            "SELECT DISTINCT case_id FROM case_clocks WHERE ended_at IS NULL AND provisional ORDER BY case_id"
        ))
        .await?;
    for (case_id,) in cases {
        let mut tx = app.db().begin().await?;
        let rules = Rules::today(app, &mut tx).await?;
        let by = By { actor: &machine, now: Timestamp::now(), rules: &rules };
        let before = of_case(&mut tx, case_id).await?;
        retime(&mut tx, &by, case_id).await?;
        let after = of_case(&mut tx, case_id).await?;
        let now: Vec<(&str, Timestamp)> = after.iter().map(|c| (c.stage.as_str(), c.due_at)).collect();
        let changed = before.iter().zip(&after).any(|(b, a)| b.calendar_version != a.calendar_version);
        if !changed {
            continue;
        }
        settle(&mut tx, case_id).await?;
        let (uid, well_id): (Uuid, Option<i64>) =
            tx.one(sql!("SELECT uid, well_id FROM cases WHERE id = ?", case_id)).await?;
        let event = Event {
            subject: "case",
            subject_uid: uid,
            well_id,
            action: "retimed",
            before: None,
            after: Some(json!({"due": now, "words": "放假安排公布，时限重算"})),
            reason: None,
        };
        by.tell(&mut tx, Permission::CaseDispatch, vec![event]).await?;
        tx.commit().await?;
        moved += 1;
    }
    app.rules().compared(newest);
    Ok(moved)
}

/// Grants the running handling clock one original limit more (`domain.md` 3.6 \[A\]\[S35\]).
///
/// # Errors
/// What the store says.
pub async fn extend(tx: &mut Tx, by: &By<'_>, case_id: i64) -> Result<()> {
    tx.run(sql!(
        "UPDATE case_clocks SET extensions = extensions + 1 WHERE case_id = ? AND ended_at IS NULL AND stage IN ('handle', 'total')",
        case_id
    ))
    .await?;
    retime(tx, by, case_id).await
}

/// Writes the nearest deadline onto the case.
///
/// # Errors
/// What the store says.
pub async fn settle(tx: &mut Tx, case_id: i64) -> Result<()> {
    tx.run(sql!(
        "UPDATE cases SET
           due_at = (SELECT min(c.due_at) FROM case_clocks c WHERE c.case_id = cases.id AND c.ended_at IS NULL AND c.stage <> 'total'),
           due_stage = (SELECT max(c.stage) FROM case_clocks c WHERE c.case_id = cases.id AND c.ended_at IS NULL AND c.stage <> 'total'),
           total_due_at = (SELECT min(c.due_at) FROM case_clocks c WHERE c.case_id = cases.id AND c.ended_at IS NULL AND c.stage = 'total'),
           provisional = EXISTS (SELECT 1 FROM case_clocks c WHERE c.case_id = cases.id AND c.ended_at IS NULL AND c.provisional)
         WHERE id = ?",
        case_id
    ))
    .await?;
    Ok(())
}

/// When the stage that runs now, or ran last, began.
///
/// # Errors
/// What the store says.
pub async fn began(tx: &mut Tx, case_id: i64, stage: &str) -> Result<Option<Timestamp>> {
    let (at,): (Option<Timestamp>,) = tx
        .one(sql!("SELECT max(started_at) FROM case_clocks WHERE case_id = ? AND stage = ?", case_id, stage))
        .await?;
    Ok(at)
}
