//! 接口令牌: secrets for programs. A token acts for its user, within its scopes, until its day.
use super::{Actor, Permission};
use crate::error::{AppError, Result};
use jiff::{SignedDuration, Timestamp};
use jinggai_db::{Db, Tx, row, sql};
use serde::Serialize;
use uuid::Uuid;

/// Longest life in days \[I\].
const DAYS_MAX: i64 = 365;

row! {
    /// A token as its owner sees it; the secret is known to nobody any more.
    #[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
    pub struct Token {
        /// Public id.
        pub uid: Uuid,
        /// What it is for.
        pub name: String,
        /// Permissions.
        #[schema(value_type = Vec<String>)]
        pub scopes: serde_json::Value,
        /// When it ends.
        #[schema(value_type = String, format = DateTime)]
        pub expires_at: Timestamp,
        /// When it was revoked.
        #[schema(value_type = Option<String>, format = DateTime)]
        pub revoked_at: Option<Timestamp>,
        /// When it was last used, to the minute.
        #[schema(value_type = Option<String>, format = DateTime)]
        pub used_at: Option<Timestamp>,
        /// When it was made.
        #[schema(value_type = String, format = DateTime)]
        pub created_at: Timestamp,
    }
}

/// A user's tokens.
///
/// # Errors
/// What the store says.
pub async fn of_user(db: &Db, user_id: i64) -> Result<Vec<Token>> {
    Ok(db
        .all(sql!("SELECT uid, name, scopes, expires_at, revoked_at, used_at, created_at FROM api_tokens WHERE user_id = ? ORDER BY id", user_id))
        .await?)
}

/// The scopes asked for, when all are known and the actor has them.
///
/// # Errors
/// `token.scope`, naming the scope.
pub fn scopes_within(asked: &[String], actor: &Actor) -> Result<Vec<Permission>> {
    let refuse = |s: &str, zh: &str, en: &str| {
        Err(AppError::field("token.scope", "scopes", format!("“{s}”{zh}"), format!("{s:?} {en}")))
    };
    let mut out = vec![];
    for s in asked {
        match Permission::from_code(s) {
            None => return refuse(s, "不是权限", "is no permission"),
            Some(p) if !actor.may(p) => {
                return refuse(s, "您自己没有这项权限", "is not a permission of yours");
            }
            Some(p) => out.push(p),
        }
    }
    if out.is_empty() {
        return refuse("", "请至少选一项权限", ": choose at least one permission");
    }
    Ok(out)
}

/// Enters a token.
///
/// # Errors
/// `token.days`, `token.name`, or what the store says.
pub async fn create(
    tx: &mut Tx,
    user_id: i64,
    name: &str,
    scopes: &[Permission],
    days: i64,
    secret: &str,
) -> Result<(Uuid, Timestamp)> {
    if !(1..=DAYS_MAX).contains(&days) {
        return Err(AppError::field(
            "token.days",
            "days",
            format!("有效天数应为 1–{DAYS_MAX}"),
            format!("days must be 1 to {DAYS_MAX}"),
        ));
    }
    if !(1..=100).contains(&name.trim().chars().count()) {
        return Err(AppError::field(
            "token.name",
            "name",
            "请写明用途，1–100 个字",
            "say what it is for, in 1 to 100 letters",
        ));
    }
    let (uid, now) = (Uuid::now_v7(), Timestamp::now());
    let expires = now + SignedDuration::from_hours(24 * days);
    let codes: Vec<&str> = scopes.iter().map(|p| p.code()).collect();
    tx.run(sql!(
        "INSERT INTO api_tokens (uid, name, secret_digest, user_id, scopes, expires_at, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        uid, name.trim(), crate::files::digest(secret.as_bytes()), user_id, serde_json::json!(codes), expires, now
    ))
    .await?;
    Ok((uid, expires))
}

/// Ends a token now.
///
/// # Errors
/// What the store says.
pub async fn revoke(tx: &mut Tx, uid: Uuid) -> Result<()> {
    tx.run(sql!(
        "UPDATE api_tokens SET revoked_at = ? WHERE uid = ? AND revoked_at IS NULL",
        Timestamp::now(),
        uid
    ))
    .await?;
    Ok(())
}
