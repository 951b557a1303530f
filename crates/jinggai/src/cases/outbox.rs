//! 外发消息: what was told in the app goes on to other systems, telephones and mailboxes, each with its own retries.
//!
//! Handing over and sending are two steps, each its own transaction, each safe to repeat: a row is made once by its
//! key, and every sending carries the row's id as `Idempotency-Key` or Message-ID, so that a gateway that heard us
//! before a crash can tell.
use super::mail::{self, Letter};
use crate::app::App;
use crate::config::{Channels, Secret};
use crate::error::{AppError, Result};
use jiff::{SignedDuration, Timestamp};
use jinggai_db::{Sql, Tx, row, sql};
use serde::Serialize;
use serde_json::json;
use std::time::Duration;
use utoipa::ToSchema;
use uuid::Uuid;

/// Rows handled in one go.
const BATCH: i64 = 100;
/// Attempts before a row is set aside as failed.
const ATTEMPTS_MAX: i64 = 8;
/// How long a gateway may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long a row that is being sent belongs to its sender: longer than what was claimed with it can take.
const LEASE: SignedDuration = SignedDuration::from_secs(4 * 60);
/// Rows claimed at once.
const CLAIM: i64 = 3;

row! {
    struct Told {
        id: i64,
        key: String,
        user_id: Option<i64>,
        kind: String,
        urgent: bool,
        title: String,
        body: String,
        case_id: Option<i64>,
        plan_id: Option<i64>,
        phone: Option<String>,
        email: Option<String>,
    }
}

row! {
    struct Waiting {
        id: i64,
        uid: Uuid,
        channel: String,
        address: Option<String>,
        kind: String,
        urgent: bool,
        title: String,
        body: String,
        attempts: i64,
        created_at: Timestamp,
        case_uid: Option<Uuid>,
        case_number: Option<String>,
        plan_uid: Option<Uuid>,
        plan_number: Option<String>,
        login: Option<String>,
    }
}

impl Waiting {
    /// 编号 of what it is about, with its name.
    fn number(&self) -> Option<(&'static str, &str)> {
        let case = self.case_number.as_deref().map(|n| ("案卷编号", n));
        case.or_else(|| self.plan_number.as_deref().map(|n| ("计划编号", n)))
    }

    /// The page of the console about it.
    fn path(&self) -> Option<String> {
        let case = self.case_uid.map(|uid| format!("/cases/{uid}"));
        case.or_else(|| self.plan_uid.map(|uid| format!("/plans/{uid}")))
    }
}

/// Why a notice did not go out, in the words of the log and of the operator.
pub(super) struct Refused {
    why: String,
    /// Trying again is of no use.
    for_good: bool,
}

impl Refused {
    /// It may go better later.
    pub(super) fn for_now(why: impl Into<String>) -> Refused {
        Refused { why: why.into(), for_good: false }
    }

    /// It never will, as it stands.
    pub(super) fn for_good(why: impl Into<String>) -> Refused {
        Refused { why: why.into(), for_good: true }
    }
}

/// Hands over and sends what is due; gives how many were sent.
///
/// # Errors
/// What the store says; a gateway's refusal is noted on the row.
pub async fn step(app: &App, now: Timestamp) -> Result<usize> {
    // Nearly always there is nothing: that costs two looks into small indexes and no writer.
    let (told, waiting): (bool, bool) = app
        .db()
        .one(sql!(
            "SELECT EXISTS (SELECT 1 FROM notices WHERE channel = 'app' AND fanned_at IS NULL AND next_at <= ?), EXISTS (SELECT 1 FROM notices WHERE state = 'waiting' AND next_at <= ?)",
            now,
            now
        ))
        .await?;
    if told {
        fan_out(app, now).await?;
    } else if !waiting {
        return Ok(0);
    }
    let client = reqwest::Client::builder().timeout(PATIENCE).build().map_err(AppError::internal)?;
    let mut sent = 0;
    loop {
        let rows = claim(app, now).await?;
        if rows.is_empty() {
            return Ok(sent);
        }
        for row in rows {
            let outcome = send(app, &client, &row).await;
            let ok = outcome.is_ok();
            note(app, &row, outcome, now).await?;
            sent += usize::from(ok);
        }
    }
}

/// Makes a row per channel for what was told in the app.
async fn fan_out(app: &App, now: Timestamp) -> Result<()> {
    let channels = &app.config().channels;
    loop {
        let mut tx = app.db().begin().await?;
        let told: Vec<Told> = tx
            .all(sql!(
                "SELECT n.id, n.key, n.user_id, n.kind, n.urgent, n.title, n.body, n.case_id, n.plan_id, u.phone, u.email FROM notices n LEFT JOIN users u ON u.id = n.user_id WHERE n.channel = 'app' AND n.fanned_at IS NULL AND n.next_at <= ? ORDER BY n.next_at, n.id LIMIT ?",
                now,
                BATCH
            ))
            .await?;
        if told.is_empty() {
            return Ok(());
        }
        for t in &told {
            for (channel, address) in wanted(channels, t) {
                tx.run(sql!(
                    "INSERT INTO notices (uid, key, user_id, channel, address, kind, case_id, plan_id, urgent, title, body, state, attempts, next_at, created_at, fanned_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'waiting', 0, ?, ?, ?) ON CONFLICT DO NOTHING",
                    Uuid::now_v7(),
                    format!("{}:{channel}", t.key),
                    t.user_id,
                    channel,
                    address,
                    &t.kind,
                    t.case_id,
                    t.plan_id,
                    t.urgent,
                    &t.title,
                    &t.body,
                    now,
                    now,
                    now
                ))
                .await?;
            }
        }
        let ids: Vec<i64> = told.iter().map(|t| t.id).collect();
        let mut q = sql!("UPDATE notices SET fanned_at = ? WHERE 1 = 1", now);
        q.and_in("id", &ids);
        tx.run(q).await?;
        tx.commit().await?;
    }
}

/// The channels a notice goes to: every one to the webhook and the mailbox, what cannot wait also to the telephone.
fn wanted<'a>(channels: &'a Channels, t: &'a Told) -> Vec<(&'static str, Option<&'a str>)> {
    let mut out = vec![];
    if channels.webhook.is_some() {
        out.push(("webhook", None));
    }
    let phone = t.phone.as_deref().filter(|p| !p.trim().is_empty());
    if channels.sms.is_some() && phone.is_some() && (t.urgent || t.kind == "overdue") {
        out.push(("sms", phone));
    }
    if channels.mail.is_some() && t.email.is_some() {
        out.push(("email", t.email.as_deref()));
    }
    out
}

/// Takes rows that are due: until the lease ends nobody else sends them.
async fn claim(app: &App, now: Timestamp) -> Result<Vec<Waiting>> {
    let mut tx = app.db().begin().await?;
    let rows: Vec<Waiting> = tx
        .all(sql!(
            "SELECT n.id, n.uid, n.channel, n.address, n.kind, n.urgent, n.title, n.body, n.attempts, n.created_at, k.uid, k.number, p.uid, p.number, u.login FROM notices n LEFT JOIN cases k ON k.id = n.case_id LEFT JOIN plans p ON p.id = n.plan_id LEFT JOIN users u ON u.id = n.user_id WHERE n.state = 'waiting' AND n.next_at <= ? ORDER BY n.next_at, n.id LIMIT ?",
            now,
            CLAIM
        ))
        .await?;
    let mut mine = vec![];
    for r in rows {
        let taken = tx
            .run(sql!(
                "UPDATE notices SET attempts = attempts + 1, next_at = ? WHERE id = ? AND attempts = ? AND state = 'waiting'",
                now + LEASE,
                r.id,
                r.attempts
            ))
            .await?;
        if taken == 1 {
            mine.push(r);
        }
    }
    tx.commit().await?;
    Ok(mine)
}

/// Sends one.
async fn send(app: &App, client: &reqwest::Client, r: &Waiting) -> std::result::Result<(), Refused> {
    let channels = &app.config().channels;
    match r.channel.as_str() {
        "webhook" => {
            let url = channels.webhook.as_deref().ok_or_else(|| Refused::for_now("未配置 webhook_url"))?;
            let body = json!({
                "id": r.uid, "kind": r.kind, "urgent": r.urgent, "title": r.title, "body": r.body, "at": r.created_at,
                "user": r.login, "case": r.case_uid, "case_number": r.case_number, "plan": r.plan_uid, "plan_number": r.plan_number,
            });
            post(client, url, &channels.webhook_token, r, &body).await
        }
        "email" => {
            let mail = channels.mail.as_ref().ok_or_else(|| Refused::for_now("未配置 smtp_host"))?;
            let to = r.address.as_deref().ok_or_else(|| Refused::for_good("没有电子邮箱"))?;
            let letter = Letter {
                uid: r.uid,
                to,
                title: &r.title,
                body: &r.body,
                number: r.number(),
                link: r.path().map(|path| format!("{}{path}", app.config().public_url)),
                at: r.created_at,
            };
            mail::send(mail, &letter).await
        }
        _ => {
            let url = channels.sms.as_deref().ok_or_else(|| Refused::for_now("未配置 sms_url"))?;
            let phone = r.address.as_deref().ok_or_else(|| Refused::for_good("没有手机号"))?;
            let text = format!("{}（{}）", r.title, r.body);
            let body = channels
                .sms_body(phone, &text, &r.uid.to_string())
                .ok_or_else(|| Refused::for_now("sms_body 不是 JSON"))?;
            post(client, url, &channels.sms_token, r, &body).await
        }
    }
}

/// Posts to a gateway.
async fn post(
    client: &reqwest::Client,
    url: &str,
    token: &Secret,
    r: &Waiting,
    body: &serde_json::Value,
) -> std::result::Result<(), Refused> {
    let mut request = client.post(url).header("idempotency-key", r.uid.to_string()).json(body);
    if !token.reveal().is_empty() {
        request = request.bearer_auth(token.reveal());
    }
    // The address may hold a secret: it is left out of what people read.
    let response = request.send().await.map_err(|e| Refused::for_now(e.without_url().to_string()))?;
    if response.status().is_success() {
        Ok(())
    } else {
        Err(Refused::for_now(format!("网关答复 {}", response.status())))
    }
}

/// Notes how it went: sent, again later with growing pauses, or set aside.
async fn note(
    app: &App,
    r: &Waiting,
    outcome: std::result::Result<(), Refused>,
    now: Timestamp,
) -> Result<()> {
    let attempts = r.attempts + 1;
    let mut tx = app.db().begin().await?;
    let q = match outcome {
        Ok(()) => {
            sql!("UPDATE notices SET state = 'sent', sent_at = ?, error = NULL WHERE id = ?", now, r.id)
        }
        Err(Refused { why, for_good }) => {
            let state = if for_good || attempts >= ATTEMPTS_MAX { "failed" } else { "waiting" };
            let pause = SignedDuration::from_secs(30 << attempts.clamp(0, 8));
            sql!(
                "UPDATE notices SET state = ?, error = ?, next_at = ? WHERE id = ?",
                state,
                why,
                now + pause,
                r.id
            )
        }
    };
    tx.run(q).await?;
    Ok(tx.commit().await?)
}

row! {
    /// A row of the outbox as operators see it.
    #[derive(Clone, Debug, Serialize, ToSchema)]
    pub struct OutboxItem {
        /// Row.
        #[serde(skip)]
        pub id: i64,
        /// Public id: the `Idempotency-Key` it was sent with, and the left side of a mail's Message-ID.
        pub uid: Uuid,
        /// `webhook`, `sms` or `email`.
        pub channel: String,
        /// To whom.
        pub user: Option<String>,
        /// Kind.
        pub kind: String,
        /// Title.
        pub title: String,
        /// `waiting`, `sent`, `failed`.
        pub state: String,
        /// Attempts so far.
        pub attempts: i64,
        /// Why the last attempt failed.
        pub error: Option<String>,
        /// Made at.
        #[schema(value_type = String, format = DateTime)]
        pub created_at: Timestamp,
        /// Next attempt.
        #[schema(value_type = String, format = DateTime)]
        pub next_at: Timestamp,
        /// Sent at.
        #[schema(value_type = Option<String>, format = DateTime)]
        pub sent_at: Option<Timestamp>,
    }
}

const SELECT: &str = "SELECT n.id, n.uid, n.channel, u.name, n.kind, n.title, n.state, n.attempts, n.error, n.created_at, n.next_at, n.sent_at FROM notices n LEFT JOIN users u ON u.id = n.user_id WHERE n.channel <> 'app'";

/// The outbox, newest first.
///
/// # Errors
/// `list.state`.
pub async fn list(
    tx: &mut Tx,
    state: Option<&str>,
    after: Option<i64>,
    limit: usize,
) -> Result<Vec<OutboxItem>> {
    if let Some(s) = state.filter(|s| !["waiting", "sent", "failed"].contains(s)) {
        return Err(AppError::field(
            "list.state",
            "state",
            format!("没有状态 {s}，应为 waiting、sent 或 failed"),
            "must be waiting, sent or failed",
        ));
    }
    let mut q = Sql::new(SELECT, vec![]);
    q.and("n.state = ?", state).and("n.id < ?", after);
    q.push(" ORDER BY n.id DESC LIMIT ?", [limit.into()]);
    Ok(tx.all(q).await?)
}

/// Puts a row that was set aside back into the queue.
///
/// # Errors
/// Not found when it is not one that failed.
pub async fn again(tx: &mut Tx, uid: Uuid, now: Timestamp) -> Result<()> {
    let n = tx
        .run(sql!(
            "UPDATE notices SET state = 'waiting', attempts = 0, next_at = ? WHERE uid = ? AND state = 'failed'",
            now,
            uid
        ))
        .await?;
    if n == 0 { Err(AppError::not_found("条未送达的消息", "failed notice")) } else { Ok(()) }
}
