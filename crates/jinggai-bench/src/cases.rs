//! A district with very many cases: one for each cover of the synthetic inventory, written past the rules straight into
//! the tables, so that what is measured is reading, sweeping and moving them.
use jiff::{SignedDuration, Timestamp};
use jinggai::app::App;
use jinggai::config::{Config, Given};
use jinggai_db::{Value, sql};
use jinggai_geo::Point;
use std::path::Path;
use uuid::Uuid;

/// Covers of one transaction.
const BATCH: i64 = 5_000;
/// One clock in so many is due when the sweep is measured.
const DUE: i64 = 1_000;
/// One case in so many has been closed.
const CLOSED: i64 = 5;

const CASE: [&str; 33] = [
    "id",
    "uid",
    "number",
    "state",
    "source",
    "hazard",
    "level",
    "title",
    "text",
    "standard",
    "closing",
    "well_id",
    "cover_id",
    "kind",
    "area_id",
    "lng",
    "lat",
    "filed_at",
    "dispatched_at",
    "closed_at",
    "measured",
    "due_at",
    "due_stage",
    "provisional",
    "returns",
    "reworks",
    "extensions",
    "suspensions",
    "urged",
    "exempted",
    "demo",
    "version",
    "updated_at",
];
const HAZARD: [&str; 19] = [
    "uid",
    "target",
    "code",
    "level",
    "explained",
    "rule_version",
    "measured",
    "origin",
    "well_id",
    "cover_id",
    "area_id",
    "unit_id",
    "case_id",
    "found_at",
    "closed_at",
    "treatment",
    "demo",
    "version",
    "updated_at",
];
const CLOCK: [&str; 11] = [
    "case_id",
    "stage",
    "count",
    "unit",
    "started_at",
    "due_at",
    "next_at",
    "extensions",
    "provisional",
    "rule_version",
    "calendar_version",
];
const UNIT: [&str; 6] = ["case_id", "unit_id", "duty", "basis", "assigned_at", "ended_at"];

/// Cover, its public id, well, kind, area, owner, place.
type Cover = (i64, Uuid, i64, String, Option<i64>, Option<i64>, Point);

/// What is made up about the case of a cover.
struct Case<'a> {
    cover: &'a Cover,
    n: i64,
    hazard: &'static str,
    level: &'static str,
    state: &'static str,
    filed: Timestamp,
    ended: Option<Timestamp>,
    /// When its running clock ends; none when it is closed.
    due: Option<Timestamp>,
    now: Timestamp,
}

/// The platform of a data directory and, when given, a database.
pub async fn open(data: &str, database: Option<&str>) -> Result<App, String> {
    let given = Given { database: database.map(str::to_owned), ..Given::default() };
    let config = Config::resolve(Path::new(data), Given::default(), Given::default(), given).map_err(said)?;
    App::open(config).await.map_err(said)
}

fn said(e: impl std::fmt::Display) -> String {
    e.to_string()
}

fn nothing() -> Value {
    Value::Json(serde_json::json!({}))
}

impl<'a> Case<'a> {
    fn of(cover: &'a Cover, now: Timestamp) -> Case<'a> {
        let n = cover.0;
        let closed = n % CLOSED == 0;
        // Multiplied by a prime: neighbours in the table are not neighbours in time.
        let minutes = |range: i64| SignedDuration::from_mins((n * 7_919) % range);
        let filed = now - SignedDuration::from_mins(30) - minutes(500_000);
        let open = ["filed", "dispatched", "handling", "checking"][(n % 4) as usize];
        Case {
            cover,
            n,
            hazard: ["H01", "H02", "H03", "H04", "H05", "H06"][(n % 6) as usize],
            level: ["l1", "l2", "l3"][(n % 3) as usize],
            state: if closed { "closed" } else { open },
            filed,
            ended: closed.then(|| filed + SignedDuration::from_mins(20)),
            due: (!closed).then(|| now + minutes(20_000) - SignedDuration::from_mins(2_000)),
            now,
        }
    }

    fn dispatched(&self) -> Option<Timestamp> {
        (self.state != "filed").then(|| self.filed + SignedDuration::from_mins(5))
    }

    fn case(&self) -> Vec<Value> {
        let (cover, _, well, kind, area, _, at) = self.cover;
        let words = [&format!("SYN{:09}", self.n), self.state, "patrol", self.hazard, self.level];
        let mut row = vec![self.n.into(), Uuid::now_v7().into()];
        row.extend(words.map(Value::from));
        row.extend(["合成案卷", "合成", "", ""].map(Value::from));
        row.extend([(*well).into(), (*cover).into(), kind.as_str().into(), (*area).into()]);
        row.extend([
            at.lng.into(),
            at.lat.into(),
            self.filed.into(),
            self.dispatched().into(),
            self.ended.into(),
        ]);
        row.extend([nothing(), self.due.into(), self.due.map(|_| "handle").into(), false.into()]);
        row.extend([0, 0, 0, 0, 0].map(Value::from));
        row.extend([false.into(), false.into(), 1.into(), self.now.into()]);
        row
    }

    fn hazard(&self) -> Vec<Value> {
        let (cover, target, well, _, area, owner, _) = self.cover;
        let mut row = vec![Uuid::now_v7().into(), (*target).into()];
        row.extend([self.hazard, self.level, "合成", "1"].map(Value::from));
        row.extend([
            nothing(),
            "case".into(),
            (*well).into(),
            (*cover).into(),
            (*area).into(),
            (*owner).into(),
        ]);
        row.extend([self.n.into(), self.filed.into(), self.ended.into(), self.ended.map(|_| "refit").into()]);
        row.extend([false.into(), 1.into(), self.now.into()]);
        row
    }

    /// The clock that runs while it is open.
    fn clock(&self) -> Option<Vec<Value>> {
        let next = if self.n % DUE == 1 { self.now } else { self.now + SignedDuration::from_hours(48) };
        let mut row = vec![self.n.into(), "handle".into(), 1.into(), "work_day".into(), self.filed.into()];
        row.extend([self.due?.into(), next.into(), 0.into(), false.into(), "1".into(), "1".into()]);
        Some(row)
    }

    /// Whom it was sent to.
    fn unit(&self) -> Option<Vec<Value>> {
        let (unit, sent) = (self.cover.5?, self.dispatched()?);
        Some(vec![self.n.into(), unit.into(), "lead".into(), "合成".into(), sent.into(), self.ended.into()])
    }
}

/// Enters a case with its hazard, clock and unit for each cover.
pub async fn fill(app: &App) -> Result<(), String> {
    let now = Timestamp::now();
    let mut after = 0_i64;
    loop {
        let mut tx = app.db().begin().await.map_err(said)?;
        let covers: Vec<Cover> = tx
            .all(sql!(
                "SELECT c.id, c.uid, f.well_id, f.kind, f.area_id, f.owner_id, c.geom FROM covers c JOIN cover_facts f ON f.cover_id = c.id AND f.to_day IS NULL WHERE c.id > ? ORDER BY c.id LIMIT ?",
                after,
                BATCH
            ))
            .await
            .map_err(said)?;
        let Some(last) = covers.last() else { return Ok(()) };
        after = last.0;
        let all: Vec<Case> = covers.iter().map(|c| Case::of(c, now)).collect();
        write(&mut tx, &all).await.map_err(said)?;
        tx.commit().await.map_err(said)?;
    }
}

async fn write(tx: &mut jinggai_db::Tx, all: &[Case<'_>]) -> jinggai_db::Result<()> {
    tx.bulk("cases", &CASE, all.iter().map(Case::case).collect()).await?;
    tx.bulk("hazards", &HAZARD, all.iter().map(Case::hazard).collect()).await?;
    tx.bulk("case_clocks", &CLOCK, all.iter().filter_map(Case::clock).collect()).await?;
    tx.bulk("case_units", &UNIT, all.iter().filter_map(Case::unit).collect()).await?;
    Ok(())
}

/// Looks at every clock once, as the worker does.
pub async fn sweep(app: &App) -> Result<(), String> {
    let swept = jinggai::cases::urge::sweep(app, Timestamp::now()).await.map_err(said)?;
    crate::print(&format!("{} clocks due, {} told\n", swept.clocks, swept.told))
}
