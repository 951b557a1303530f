//! Sessions of people and tokens of programs: one secret each, of which only the digest is kept.
use super::{Actor, Grant, Permission, Role};
use crate::app::App;
use crate::clock;
use crate::error::{AppError, Result};
use jiff::{SignedDuration, Timestamp};
use jinggai_db::{Db, Tx, row, sql};
use serde::Serialize;

/// How seldom a session's last use is written down.
const SEEN_EVERY: SignedDuration = SignedDuration::from_secs(60);

row! {
    struct Known {
        session_id: Option<i64>,
        user_id: i64,
        login: String,
        name: String,
        scopes: Option<serde_json::Value>,
        seen_at: Option<Timestamp>,
        must_change: bool,
    }
}

/// Who a secret belongs to.
#[derive(Clone, Debug)]
pub struct LoggedIn {
    /// The actor, with what is granted today.
    pub actor: Actor,
    /// The password was given by somebody else: nothing may be done before it is changed. Never for tokens.
    pub must_change: bool,
}

/// A fresh secret: 256 random bits in URL-safe letters.
///
/// # Errors
/// When the system has no randomness to give.
pub fn new_secret() -> Result<String> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).map_err(|e| AppError::internal(anyhow::anyhow!("{e}")))?;
    Ok(data_encoding::BASE64URL_NOPAD.encode(&bytes))
}

/// Whose secret this is, with what is granted today; none when unknown, ended, revoked or disabled.
///
/// # Errors
/// What the store says.
pub async fn authenticate(app: &App, secret: &str, origin: &str) -> Result<Option<LoggedIn>> {
    let digest = crate::files::digest(secret.as_bytes());
    let now = Timestamp::now();
    let Some(k) = known(app.db(), &digest, now).await? else { return Ok(None) };
    if k.seen_at.is_none_or(|seen| now.duration_since(seen) > SEEN_EVERY) {
        note_use(app, &k, &digest, now).await?;
    }
    logged_in(app.db(), k, origin).await.map(Some)
}

/// The same without prolonging the session: for streams that stay open by themselves.
///
/// # Errors
/// What the store says.
pub async fn still(app: &App, secret: &str, origin: &str) -> Result<Option<LoggedIn>> {
    let digest = crate::files::digest(secret.as_bytes());
    match known(app.db(), &digest, Timestamp::now()).await? {
        Some(k) => logged_in(app.db(), k, origin).await.map(Some),
        None => Ok(None),
    }
}

async fn known(db: &Db, digest: &str, now: Timestamp) -> Result<Option<Known>> {
    Ok(db
        .opt(sql!(
            "SELECT s.id, u.id, u.login, u.name, NULL, s.seen_at, u.must_change FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.secret_digest = ? AND s.expires_at > ? AND u.disabled_at IS NULL
             UNION ALL
             SELECT NULL, u.id, u.login, u.name, t.scopes, t.used_at, FALSE FROM api_tokens t JOIN users u ON u.id = t.user_id WHERE t.secret_digest = ? AND t.expires_at > ? AND t.revoked_at IS NULL AND u.disabled_at IS NULL",
            digest,
            now,
            digest,
            now
        ))
        .await?)
}

async fn logged_in(db: &Db, k: Known, origin: &str) -> Result<LoggedIn> {
    let scopes = k.scopes.map(|s| scopes(&s));
    let grants = grants(db, k.user_id).await?;
    let actor = Actor {
        user_id: Some(k.user_id),
        login: k.login,
        name: k.name,
        grants,
        scopes,
        origin: origin.to_owned(),
    };
    Ok(LoggedIn { actor, must_change: k.must_change })
}

row! {
    /// A session as its owner sees it.
    #[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
    pub struct Session {
        /// Number, for ending it.
        pub id: i64,
        /// Begun.
        #[schema(value_type = String, format = DateTime)]
        pub created_at: Timestamp,
        /// Last used, to the minute.
        #[schema(value_type = String, format = DateTime)]
        pub seen_at: Timestamp,
        /// Ends by itself when it is not used before.
        #[schema(value_type = String, format = DateTime)]
        pub expires_at: Timestamp,
        /// Network address.
        pub origin: String,
        /// Browser.
        pub agent: Option<String>,
        /// The session that asks.
        pub current: bool,
    }
}

/// A user's open sessions, newest first; `secret` is the one that asks.
///
/// # Errors
/// What the store says.
pub async fn of_user(db: &Db, user_id: i64, secret: &str) -> Result<Vec<Session>> {
    Ok(db
        .all(sql!(
            "SELECT id, created_at, seen_at, expires_at, origin, agent, secret_digest = ? FROM sessions WHERE user_id = ? AND expires_at > ? ORDER BY id DESC",
            crate::files::digest(secret.as_bytes()),
            user_id,
            Timestamp::now()
        ))
        .await?)
}

/// Ends one of a user's sessions; tells whether there was one.
///
/// # Errors
/// What the store says.
pub async fn end(tx: &mut Tx, user_id: i64, id: i64) -> Result<bool> {
    Ok(tx.run(sql!("DELETE FROM sessions WHERE user_id = ? AND id = ?", user_id, id)).await? > 0)
}

/// Ends all sessions of a user but the one that asks; tells how many.
///
/// # Errors
/// What the store says.
pub async fn end_others(tx: &mut Tx, user_id: i64, secret: &str) -> Result<u64> {
    let digest = crate::files::digest(secret.as_bytes());
    Ok(tx.run(sql!("DELETE FROM sessions WHERE user_id = ? AND secret_digest <> ?", user_id, digest)).await?)
}

fn scopes(json: &serde_json::Value) -> Vec<Permission> {
    json.as_array()
        .map(|a| a.iter().filter_map(|s| Permission::from_code(s.as_str()?)).collect())
        .unwrap_or_default()
}

/// Prolongs a session, or notes when a token was last used.
async fn note_use(app: &App, k: &Known, digest: &str, now: Timestamp) -> Result<()> {
    let mut tx = app.db().begin().await?;
    match k.session_id {
        Some(id) => {
            let expires = now + SignedDuration::from_hours(app.config().session_hours);
            tx.run(sql!("UPDATE sessions SET seen_at = ?, expires_at = ? WHERE id = ?", now, expires, id))
                .await?
        }
        None => {
            tx.run(sql!("UPDATE api_tokens SET used_at = ? WHERE secret_digest = ?", now, digest)).await?
        }
    };
    Ok(tx.commit().await?)
}

/// What is granted to a user and valid today.
///
/// # Errors
/// What the store says.
pub async fn grants(db: &Db, user_id: i64) -> Result<Vec<Grant>> {
    let today = clock::today();
    let rows: Vec<(String, Option<i64>, Option<i64>)> = db
        .all(sql!(
            "SELECT role, unit_id, area_id FROM grants WHERE user_id = ? AND (valid_from IS NULL OR valid_from <= ?) AND (valid_to IS NULL OR valid_to > ?) ORDER BY id",
            user_id,
            today,
            today
        ))
        .await?;
    Ok(rows
        .into_iter()
        .filter_map(|(role, unit_id, area_id)| {
            Some(Grant { role: Role::from_code(&role)?, unit_id, area_id })
        })
        .collect())
}
