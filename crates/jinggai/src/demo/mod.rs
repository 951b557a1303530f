//! 演示: a district to look at: a real inventory laid over 观音桥, demo units, one user per role.
//!
//! Only an empty store becomes a demo. Every record of it is marked 演示 and carries `demo = true`; the passwords are
//! made by chance and kept in `demo-logins.txt` of the data directory, so that they can be printed again.
use crate::app::App;
use crate::clock;
use crate::error::{AppError, Result};
use crate::identity::policy::Reach;
use crate::identity::units::{self, UnitInput};
use crate::identity::users::{self, NewGrant, NewUser};
use crate::identity::{Role, passwords, shipped};
use crate::registry::ledger::{self, Entry};
use jinggai_db::events::{self, Event, Who};
use jinggai_db::{Tx, sql};
use std::collections::HashMap;
use std::path::PathBuf;

mod cases;
pub mod wells;

/// Wells entered in one transaction.
const BATCH: usize = 500;
/// The file of the log-ins.
const LOGINS: &str = "demo-logins.txt";

/// (role, login, unit, area): one user per role, named by the role.
const USERS: [(Role, &str, Option<&str>, Option<&str>); 10] = [
    (Role::Admin, "admin", None, None),
    (Role::Leader, "leader", Some("jb-czb"), None),
    (Role::Operator, "operator", Some("jb-cgj"), None),
    (Role::Registrar, "registrar", Some("jb-cgj"), None),
    (Role::Department, "department", Some("jb-zjw"), None),
    (Role::Street, "street", Some("jb-jd-hxj"), Some("500105001")),
    (Role::Owner, "owner", Some("ys-ps"), None),
    (Role::Inspector, "inspector", Some("ys-yh"), Some("500105")),
    (Role::Enforcement, "enforcement", Some("jb-gaj"), None),
    (Role::Prosecutor, "prosecutor", Some("jb-jcy"), None),
];

/// (code, name, kind) of the demo's own units.
const UNITS: [(&str, &str, &str); 7] = [
    ("ys-ps", "演示排水公司", "owner"),
    ("ys-gs", "演示供水公司", "owner"),
    ("ys-dl", "演示电力公司", "owner"),
    ("ys-tx", "演示通信公司", "owner"),
    ("ys-rq", "演示燃气公司", "owner"),
    ("ys-sz", "演示市政设施公司", "owner"),
    ("ys-yh", "演示养护公司", "maintainer"),
];

/// Makes the demo when the store is empty, and gives the lines to print: the log-ins of each role.
///
/// # Errors
/// What the store or the disk says.
pub async fn ensure(app: &App) -> Result<Vec<String>> {
    let path = app.config().data.join(LOGINS);
    let (users, wells): (i64, i64) =
        app.db().one(sql!("SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM wells)")).await?;
    if users + wells == 0 {
        make(app, &path).await?;
    }
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(text.lines().map(str::to_owned).collect()),
        Err(_) => Ok(vec!["库中已有数据，没有建立演示区；用已有账号登录即可".to_owned()]),
    }
}

async fn make(app: &App, path: &PathBuf) -> Result<()> {
    let who = Who { actor: "system".into(), role: "system".into(), origin: "demo".into() };
    let mut tx = app.db().begin().await?;
    let mut done = shipped::init(&mut tx).await?;
    done.extend(units::init(&mut tx).await?);
    for (code, name, kind) in UNITS {
        done.push(units::create(&mut tx, &demo_unit(code, name, kind)).await?.1);
    }
    let ground = wells::Ground {
        areas: rows(&mut tx, "areas").await?,
        units: rows(&mut tx, "units").await?,
        today: clock::today(),
    };
    let rules = passwords::rules(&mut tx).await?;
    let mut lines = vec!["演示区登录（角色 / 登录名 / 口令）：".to_owned()];
    for (role, login, unit, area) in USERS {
        let password = passwords::random(&rules)?;
        done.extend(user(&mut tx, &ground, (role, login, unit, area), &password).await?);
        lines.push(format!("  {:<10}\t{login:<12}\t{password}", role.zh()));
    }
    events::append(&mut tx, &who, done).await?;
    keep(path, &lines.join("\n")).map_err(AppError::internal)?;
    tx.commit().await?;
    let demo = wells::wells(&ground)?;
    let entry = Entry::now(app.config().ownership_days, Some("演示数据".into()));
    for batch in demo.wells.chunks(BATCH) {
        let mut tx = app.db().begin().await?;
        let (_, done) = ledger::create(&mut tx, batch, &entry).await?;
        events::append(&mut tx, &who, done).await?;
        tx.commit().await?;
    }
    let mut tx = app.db().begin().await?;
    for (scheme, scope, last) in demo.sequences {
        tx.run(sql!(
            "INSERT INTO code_sequences (scheme, prefix, last) VALUES (?, ?, ?)",
            scheme,
            scope,
            last
        ))
        .await?;
    }
    guards(&mut tx).await?;
    tx.commit().await?;
    cases::make(app).await
}

fn demo_unit(code: &str, name: &str, kind: &str) -> UnitInput {
    let kinds = if kind == "owner" { vec!["owner".into(), "maintainer".into()] } else { vec![kind.into()] };
    UnitInput {
        code: code.into(),
        name: name.into(),
        kinds,
        duty: Some("演示单位，并不存在".into()),
        emergency_phone: Some("000-0000000".into()),
        demo: true,
        ..UnitInput::default()
    }
}

async fn rows(tx: &mut Tx, table: &str) -> Result<HashMap<String, i64>> {
    let found: Vec<(String, i64)> = match table {
        "areas" => tx.all(sql!("SELECT code, id FROM areas")).await?,
        _ => tx.all(sql!("SELECT code, id FROM units")).await?,
    };
    Ok(found.into_iter().collect())
}

async fn user(
    tx: &mut Tx,
    ground: &wells::Ground,
    (role, login, unit, area): (Role, &str, Option<&str>, Option<&str>),
    password: &str,
) -> Result<Vec<Event>> {
    let unit_id = unit.and_then(|u| ground.units.get(u).copied());
    let area_id = area.and_then(|a| ground.areas.get(a).copied());
    let new = NewUser {
        login: login.into(),
        name: format!("{}（演示）", role.zh()),
        phone: None,
        email: None,
        unit_id,
        password: password.into(),
        must_change: false,
        demo: true,
    };
    let hash = passwords::hash(password).await?;
    let (_, entered) = users::create(tx, &new, &hash).await?;
    let user = users::by_uid(tx, entered.subject_uid).await?;
    let bound = NewGrant {
        role,
        unit_id: unit_id.filter(|_| role.reach() == Reach::Unit),
        area_id: area_id.filter(|_| role.reach() == Reach::Area),
        valid_from: None,
        valid_to: None,
    };
    let (_, granted) = users::grant(tx, &user, &bound).await?;
    Ok(vec![entered, granted])
}

/// Nets in six of ten low-lying wells.
async fn guards(tx: &mut Tx) -> Result<()> {
    let low: Vec<(i64,)> = tx.all(sql!("SELECT id FROM wells WHERE low_lying AND demo ORDER BY id")).await?;
    let now = jiff::Timestamp::now();
    let chosen: Vec<i64> =
        low.into_iter().map(|(id,)| id).enumerate().filter(|(i, _)| i % 10 < 6).map(|(_, id)| id).collect();
    for id in &chosen {
        tx.run(sql!(
            "INSERT INTO fall_guards (uid, well_id, kind, quantity, installed_on, note, version, created_at, updated_at) VALUES (?, ?, 'net', 1, ?, '演示', 1, ?, ?)",
            uuid::Uuid::now_v7(), *id, clock::today(), now, now
        ))
        .await?;
    }
    crate::registry::facts::refresh(tx, &chosen, clock::today()).await
}

/// Writes the log-ins so that only the owner of the data directory can read them.
fn keep(path: &PathBuf, text: &str) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut f = std::fs::OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(path)?;
    f.write_all(text.as_bytes())
}
