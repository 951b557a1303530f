//! Logging in: password, second factor, lock-out; and the way out.
use super::users::{self, User};
use super::{passwords, sessions};
use crate::app::App;
use crate::error::{AppError, Kind, Result};
use jiff::{SignedDuration, Timestamp};
use jinggai_db::{Tx, sql};
use jinggai_rules::totp::Totp;

/// What somebody gives to log in.
#[derive(Debug)]
pub struct Credentials<'a> {
    /// Login.
    pub login: &'a str,
    /// Password.
    pub password: &'a str,
    /// Code of the second factor.
    pub totp: Option<&'a str>,
    /// Address of the peer.
    pub origin: &'a str,
    /// Browser.
    pub agent: Option<&'a str>,
}

fn wrong() -> AppError {
    AppError::new(Kind::Unauthenticated, "session.wrong", "登录名或口令不对", "login or password is wrong")
}

/// Checks the credentials and opens a session; gives its secret.
///
/// # Errors
/// `session.wrong` (also for unknown and disabled users), `session.locked`, `session.totp_required`,
/// `session.totp_wrong`.
pub async fn login(app: &App, c: &Credentials<'_>) -> Result<String> {
    let mut snap = app.db().snapshot().await?;
    let user = users::by_login(&mut snap, c.login).await?.filter(|u| u.disabled_at.is_none());
    drop(snap);
    let name = c.login.trim().to_lowercase();
    let until = match &user {
        Some(u) => u.locked_until.filter(|t| *t > Timestamp::now()),
        None => app.throttle().stranger_locked(&name),
    };
    if let Some(until) = until {
        return Err(locked(until));
    }
    let fits = passwords::fits(c.password, user.as_ref().map(|u| u.password_hash.clone())).await?;
    let Some(user) = user else {
        let until = app.throttle().stranger_failed(&name, app.config().login_failures, lock(app));
        return Err(until.map_or_else(wrong, locked));
    };
    if !fits {
        return Err(failed(app, &user, wrong()).await?);
    }
    let step = match second_factor(&user, c.totp) {
        Ok(step) => step,
        Err(e) if e.code() == "session.totp_wrong" => return Err(failed(app, &user, e).await?),
        Err(e) => return Err(e),
    };
    open(app, &user, step, c).await
}

/// How long a lock lasts.
fn lock(app: &App) -> SignedDuration {
    SignedDuration::from_secs(60 * app.config().login_lock_minutes)
}

fn locked(until: Timestamp) -> AppError {
    let at = crate::clock::local(until).strftime("%H:%M").to_string();
    AppError::new(
        Kind::TooMany,
        "session.locked",
        format!("口令多次输错，账号已锁定到 {at}；也可请系统管理员重置口令"),
        format!("too many wrong passwords: locked until {at}; an administrator can reset the password"),
    )
}

/// Counts a failure, and locks when there were too many.
async fn failed(app: &App, user: &User, e: AppError) -> Result<AppError> {
    let mut tx = app.db().begin().await?;
    let (n,): (i64,) = tx
        .one(sql!(
            "UPDATE users SET failed_logins = failed_logins + 1 WHERE id = ? RETURNING failed_logins",
            user.id
        ))
        .await?;
    let mut out = e;
    if n >= app.config().login_failures {
        let until = Timestamp::now() + lock(app);
        tx.run(sql!("UPDATE users SET failed_logins = 0, locked_until = ? WHERE id = ?", until, user.id))
            .await?;
        let who = jinggai_db::events::Who::system("login");
        let event = users::event(user.uid, "locked", serde_json::json!({"until": until.to_string()}));
        jinggai_db::events::append(&mut tx, &who, vec![event]).await?;
        out = locked(until);
    }
    tx.commit().await?;
    Ok(out)
}

/// The TOTP step to note as used; none when the user has no second factor.
fn second_factor(user: &User, code: Option<&str>) -> Result<Option<i64>> {
    let (Some(secret), Some(_)) = (&user.totp_secret, user.totp_confirmed_at) else { return Ok(None) };
    let Some(code) = code.map(str::trim).filter(|c| !c.is_empty()) else {
        return Err(AppError::new(
            Kind::Unauthenticated,
            "session.totp_required",
            "请输入验证器上的 6 位动态码",
            "enter the six digits of your authenticator",
        ));
    };
    let step = step_of(secret, code, user.totp_last_step)?;
    step.map(Some).ok_or_else(|| {
        AppError::new(
            Kind::Unauthenticated,
            "session.totp_wrong",
            "动态码不对或已用过；请等下一个，并检查手机时间是否自动校准",
            "the code is wrong or was used already; wait for the next, and check the phone's clock",
        )
    })
}

/// The step a code belongs to, when it is right and new.
///
/// # Errors
/// When the kept secret is damaged.
pub fn step_of(secret: &str, code: &str, last: Option<i64>) -> Result<Option<i64>> {
    let totp = Totp::from_base32(secret).map_err(|e| AppError::internal(anyhow::anyhow!("{e}")))?;
    let now = u64::try_from(Timestamp::now().as_second()).unwrap_or(0);
    let last = last.and_then(|l| u64::try_from(l).ok());
    Ok(totp.verify(code, now, last).and_then(|s| i64::try_from(s).ok()))
}

async fn open(app: &App, user: &User, step: Option<i64>, c: &Credentials<'_>) -> Result<String> {
    let secret = sessions::new_secret()?;
    let now = Timestamp::now();
    let expires = now + SignedDuration::from_hours(app.config().session_hours);
    let mut tx = app.db().begin().await?;
    if let Some(step) = step {
        // Two log-ins with one code at the same moment: only the first moves the step.
        let moved = tx
            .run(sql!(
                "UPDATE users SET totp_last_step = ? WHERE id = ? AND (totp_last_step IS NULL OR totp_last_step < ?)",
                step,
                user.id,
                step
            ))
            .await?;
        if moved == 0 {
            return Err(wrong());
        }
    }
    tx.run(sql!("UPDATE users SET failed_logins = 0, locked_until = NULL WHERE id = ?", user.id)).await?;
    let agent: Option<String> = c.agent.map(|a| a.chars().take(200).collect());
    tx.run(sql!(
        "INSERT INTO sessions (secret_digest, user_id, created_at, expires_at, seen_at, origin, agent) VALUES (?, ?, ?, ?, ?, ?, ?)",
        crate::files::digest(secret.as_bytes()), user.id, now, expires, now, c.origin, agent
    ))
    .await?;
    tx.commit().await?;
    Ok(secret)
}

/// Ends the session of this secret.
///
/// # Errors
/// What the store says.
pub async fn logout(tx: &mut Tx, secret: &str) -> Result<()> {
    tx.run(sql!("DELETE FROM sessions WHERE secret_digest = ?", crate::files::digest(secret.as_bytes())))
        .await?;
    Ok(())
}
