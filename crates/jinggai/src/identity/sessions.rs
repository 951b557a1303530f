//! Sessions of people and tokens of programs: one secret each, of which only the digest is kept.
use super::{Actor, Grant, Permission, Role};
use crate::app::App;
use crate::clock;
use crate::error::{AppError, Result};
use jiff::{SignedDuration, Timestamp};
use jinggai_db::{Db, row, sql};

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
    }
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
pub async fn authenticate(app: &App, secret: &str, origin: &str) -> Result<Option<Actor>> {
    let digest = crate::files::digest(secret.as_bytes());
    let now = Timestamp::now();
    let known: Option<Known> = app
        .db()
        .opt(sql!(
            "SELECT s.id, u.id, u.login, u.name, NULL, s.seen_at FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.secret_digest = ? AND s.expires_at > ? AND u.disabled_at IS NULL
             UNION ALL
             SELECT NULL, u.id, u.login, u.name, t.scopes, t.used_at FROM api_tokens t JOIN users u ON u.id = t.user_id WHERE t.secret_digest = ? AND t.expires_at > ? AND t.revoked_at IS NULL AND u.disabled_at IS NULL",
            &digest,
            now,
            &digest,
            now
        ))
        .await?;
    let Some(k) = known else { return Ok(None) };
    if k.seen_at.is_none_or(|seen| now.duration_since(seen) > SEEN_EVERY) {
        note_use(app, &k, &digest, now).await?;
    }
    let scopes = k.scopes.map(|s| scopes(&s));
    let grants = grants(app.db(), k.user_id).await?;
    Ok(Some(Actor {
        user_id: Some(k.user_id),
        login: k.login,
        name: k.name,
        grants,
        scopes,
        origin: origin.to_owned(),
    }))
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
