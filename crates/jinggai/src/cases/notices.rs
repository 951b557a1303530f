//! 消息: what must be told to whom. Written in the transaction of its cause, one row per recipient, each with a key,
//! so that nothing is lost by a crash and nobody is told the same thing twice.
use super::model::CaseRow;
use crate::error::{AppError, Result};
use jiff::Timestamp;
use jinggai_db::{Sql, Tx, row, sql};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// What a notice is about.
#[derive(Clone, Copy)]
pub enum About<'a> {
    /// 案卷.
    Case(&'a CaseRow),
    /// 计划, by its row.
    Plan(i64),
}

impl About<'_> {
    /// Rows of the case and of the plan, and whether it is told at night too.
    fn parts(self) -> (Option<i64>, Option<i64>, bool) {
        match self {
            About::Case(case) => (Some(case.id), None, case.level == "l1"),
            About::Plan(id) => (None, Some(id), false),
        }
    }
}

/// Something to tell.
pub struct Telling<'a> {
    /// What it is about, unique with the recipient: `assigned:<case>:<event>` …
    pub key: String,
    /// Kind, for sorting.
    pub kind: &'static str,
    /// What it is about.
    pub about: About<'a>,
    /// Title (Chinese).
    pub title: String,
    /// Text (Chinese).
    pub body: String,
    /// From when on it may be told.
    pub at: Timestamp,
}

/// Tells every person of these units who handles or reads cases.
///
/// # Errors
/// What the store says.
pub async fn tell_units(tx: &mut Tx, t: &Telling<'_>, unit_ids: &[i64]) -> Result<usize> {
    if unit_ids.is_empty() {
        return Ok(0);
    }
    let mut q = Sql::new("SELECT id FROM users WHERE disabled_at IS NULL", vec![]);
    q.and_in("unit_id", unit_ids);
    let users: Vec<i64> = tx.all::<(i64,)>(q).await?.into_iter().map(|(id,)| id).collect();
    tell_users(tx, t, &users).await
}

/// Tells everybody with one of these roles.
///
/// # Errors
/// What the store says.
pub async fn tell_roles(tx: &mut Tx, t: &Telling<'_>, roles: &[&str]) -> Result<usize> {
    let mut q = Sql::new(
        "SELECT DISTINCT u.id FROM users u JOIN grants g ON g.user_id = u.id WHERE u.disabled_at IS NULL",
        vec![],
    );
    q.and_in("g.role", roles);
    let users: Vec<i64> = tx.all::<(i64,)>(q).await?.into_iter().map(|(id,)| id).collect();
    tell_users(tx, t, &users).await
}

/// Tells these people, and gives how many had not been told before.
///
/// # Errors
/// What the store says.
pub async fn tell_users(tx: &mut Tx, t: &Telling<'_>, users: &[i64]) -> Result<usize> {
    let now = Timestamp::now();
    let (case_id, plan_id, urgent) = t.about.parts();
    let mut told = 0;
    for user in users {
        // In the app a notice is there the moment it is committed: it needs no sending.
        told += tx
            .run(sql!(
                "INSERT INTO notices (uid, key, user_id, channel, kind, case_id, plan_id, urgent, title, body, state, attempts, next_at, created_at, sent_at) VALUES (?, ?, ?, 'app', ?, ?, ?, ?, ?, ?, 'sent', 0, ?, ?, ?) ON CONFLICT DO NOTHING",
                Uuid::now_v7(), format!("{}:u{user}", t.key), *user, t.kind, case_id, plan_id, urgent, &t.title, &t.body, t.at, now, t.at
            ))
            .await?;
    }
    Ok(usize::try_from(told).unwrap_or(usize::MAX))
}

row! {
    /// A notice as its recipient sees it.
    #[derive(Clone, Debug, Serialize, ToSchema)]
    pub struct NoticeItem {
        /// Row.
        #[serde(skip)]
        pub id: i64,
        /// Public id.
        pub uid: Uuid,
        /// Kind.
        pub kind: String,
        /// Public id of the case.
        pub case_uid: Option<Uuid>,
        /// 案卷编号.
        pub case_number: Option<String>,
        /// Public id of the plan.
        pub plan_uid: Option<Uuid>,
        /// 计划编号.
        pub plan_number: Option<String>,
        /// Urgent: told at night too.
        pub urgent: bool,
        /// Title.
        pub title: String,
        /// Text.
        pub body: String,
        /// Told at.
        #[schema(value_type = String, format = DateTime)]
        pub at: Timestamp,
        /// Read at.
        #[schema(value_type = Option<String>, format = DateTime)]
        pub read_at: Option<Timestamp>,
    }
}

/// The notices of somebody, newest first, and how many of all are unread.
///
/// # Errors
/// What the store says.
pub async fn mine(
    tx: &mut Tx,
    user_id: i64,
    after: Option<i64>,
    limit: usize,
    now: Timestamp,
) -> Result<(Vec<NoticeItem>, i64)> {
    let mut q = sql!(
        "SELECT n.id, n.uid, n.kind, k.uid, k.number, p.uid, p.number, n.urgent, n.title, n.body, n.next_at, n.read_at FROM notices n LEFT JOIN cases k ON k.id = n.case_id LEFT JOIN plans p ON p.id = n.plan_id WHERE n.user_id = ? AND n.channel = 'app' AND n.next_at <= ?",
        user_id,
        now
    );
    q.and("n.id < ?", after);
    q.push(" ORDER BY n.id DESC LIMIT ?", [limit.into()]);
    let items = tx.all(q).await?;
    let (unread,): (i64,) = tx
        .one(sql!(
            "SELECT count(*) FROM notices WHERE user_id = ? AND channel = 'app' AND read_at IS NULL AND next_at <= ?",
            user_id,
            now
        ))
        .await?;
    Ok((items, unread))
}

/// Marks a notice as read; all of them when none is named.
///
/// # Errors
/// Not found when it is somebody else's.
pub async fn read(tx: &mut Tx, user_id: i64, uid: Option<Uuid>) -> Result<u64> {
    let now = Timestamp::now();
    let mut q = sql!(
        "UPDATE notices SET read_at = ? WHERE user_id = ? AND channel = 'app' AND next_at <= ?",
        now,
        user_id,
        now
    );
    q.and("uid = ?", uid);
    if uid.is_none() {
        q.push(" AND read_at IS NULL", []);
    }
    let n = tx.run(q).await?;
    if uid.is_some() && n == 0 {
        return Err(AppError::not_found("条消息", "notice"));
    }
    Ok(n)
}
