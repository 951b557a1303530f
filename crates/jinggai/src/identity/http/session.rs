//! Log-in, log-out, and what the person logged in may do.
use crate::app::App;
use crate::error::{AppError, Kind, Problem, Result};
use crate::http::ctx::{COOKIE, origin, secret};
use crate::http::{Ctx, Input};
use crate::identity::login::{self, Credentials};
use crate::identity::sessions::Session;
use crate::identity::users::{self, User};
use crate::identity::{Grant, Permission, Scope, passwords, sessions};
use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use jinggai_db::{Sql, Tx, events, sql};
use jinggai_rules::totp::Totp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create_session, delete_session))
        .routes(routes!(get_me))
        .routes(routes!(change_password))
        .routes(routes!(list_sessions, end_other_sessions))
        .routes(routes!(end_session))
        .routes(routes!(begin_totp, confirm_totp, remove_totp))
}

/// Who is logged in.
#[derive(Serialize, ToSchema)]
pub struct Me {
    uid: Uuid,
    login: String,
    name: String,
    roles: Vec<Named>,
    permissions: Vec<Permission>,
    /// Permissions that hold in the whole district, not only in a part of it.
    everywhere: Vec<Permission>,
    /// The roles with the unit and area that bound them.
    grants: Vec<Bounded>,
    /// An API token asks, not a person.
    token: bool,
    /// A user of the demo district.
    demo: bool,
    unit: Option<Named>,
    must_change_password: bool,
    totp_enabled: bool,
}

/// A code with its name.
#[derive(Serialize, ToSchema)]
pub struct Named {
    code: String,
    name: String,
}

/// A role with its bounds; none of a sort = no bound of that sort.
#[derive(Serialize, ToSchema)]
pub struct Bounded {
    role: String,
    unit: Option<Named>,
    area: Option<Named>,
}

async fn named(snap: &mut Tx, q: Sql) -> Result<Option<Named>> {
    let row: Option<(String, String)> = snap.opt(q).await?;
    Ok(row.map(|(code, name)| Named { code, name }))
}

async fn bounded(snap: &mut Tx, grants: &[Grant]) -> Result<Vec<Bounded>> {
    let mut out = vec![];
    for g in grants {
        out.push(Bounded {
            role: g.role.code().into(),
            unit: match g.unit_id {
                Some(id) => named(snap, sql!("SELECT code, name FROM units WHERE id = ?", id)).await?,
                None => None,
            },
            area: match g.area_id {
                Some(id) => named(snap, sql!("SELECT code, name FROM areas WHERE id = ?", id)).await?,
                None => None,
            },
        });
    }
    Ok(out)
}

async fn me(app: &App, actor: &crate::identity::Actor) -> Result<Me> {
    let mut snap = app.db().snapshot().await?;
    let user = users::by_login(&mut snap, &actor.login)
        .await?
        .ok_or_else(|| AppError::not_found("个用户", "user"))?;
    let mut roles: Vec<Named> = vec![];
    for g in &actor.grants {
        if roles.iter().all(|r| r.code != g.role.code()) {
            roles.push(Named { code: g.role.code().into(), name: g.role.zh().into() });
        }
    }
    let all = Permission::ALL.iter().copied();
    Ok(Me {
        uid: user.uid,
        grants: bounded(&mut snap, &actor.grants).await?,
        token: actor.scopes.is_some(),
        demo: user.demo,
        login: user.login,
        name: user.name,
        roles,
        permissions: all.clone().filter(|p| actor.may(*p)).collect(),
        everywhere: all.filter(|p| actor.scope(*p) == Scope::Everything).collect(),
        unit: user.unit_code.zip(user.unit_name).map(|(code, name)| Named { code, name }),
        must_change_password: user.must_change,
        totp_enabled: user.totp_confirmed_at.is_some(),
    })
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LogIn {
    /// Login.
    login: String,
    /// Password.
    password: String,
    /// Six digits of the second factor, when the user has one.
    #[serde(default)]
    totp: Option<String>,
}

/// The peer of a request that nobody is logged in for.
struct Peer {
    origin: String,
    agent: Option<String>,
}

impl FromRequestParts<App> for Peer {
    type Rejection = AppError;
    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self> {
        let agent = parts.headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).map(str::to_owned);
        Ok(Peer { origin: origin(parts), agent })
    }
}

fn cookie(app: &App, value: &str, seconds: i64) -> String {
    let secure = if app.config().tls.is_some() { "; Secure" } else { "" };
    format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}")
}

/// Logs in and sets the session cookie; programs may use the cookie's value as a bearer token.
#[utoipa::path(post, path = "/api/v1/session", operation_id = "create_session", tag = "session",
    request_body = LogIn, responses((status = 200, body = Me), (status = "4XX", body = Problem)))]
async fn create_session(State(app): State<App>, peer: Peer, input: Input<LogIn>) -> Result<Response> {
    app.throttle().check(&peer.origin)?;
    let given = Credentials {
        login: &input.value.login,
        password: &input.value.password,
        totp: input.value.totp.as_deref(),
        origin: &peer.origin,
        agent: peer.agent.as_deref(),
    };
    let secret = login::login(&app, &given).await.inspect_err(|e| {
        if e.code() != "session.totp_required" {
            app.throttle().failed(&peer.origin);
        }
    })?;
    let who = sessions::authenticate(&app, &secret, &peer.origin)
        .await?
        .ok_or_else(|| AppError::internal(anyhow::anyhow!("a fresh session is not found")))?;
    let body = me(&app, &who.actor).await?;
    let lives = app.config().session_hours * 3600;
    Ok(([(header::SET_COOKIE, cookie(&app, &secret, lives))], axum::Json(body)).into_response())
}

/// Logs out.
#[utoipa::path(delete, path = "/api/v1/session", operation_id = "delete_session", tag = "session",
    responses((status = 204), (status = "4XX", body = Problem)))]
async fn delete_session(State(app): State<App>, headers: HeaderMap) -> Result<Response> {
    if let Some(secret) = secret(&headers) {
        let mut tx = app.db().begin().await?;
        login::logout(&mut tx, &secret).await?;
        tx.commit().await?;
    }
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie(&app, "", 0))]).into_response())
}

/// Who is logged in, and what they may do.
#[utoipa::path(get, path = "/api/v1/me", operation_id = "get_me", tag = "session",
    responses((status = 200, body = Me), (status = "4XX", body = Problem)))]
async fn get_me(ctx: Ctx) -> Result<axum::Json<Me>> {
    Ok(axum::Json(me(&ctx.app, &ctx.actor).await?))
}

/// A person's own row; tokens and the command line have no account of their own to change.
async fn own(ctx: &Ctx) -> Result<User> {
    if ctx.actor.scopes.is_some() {
        return Err(AppError::new(
            Kind::Forbidden,
            "session.token",
            "接口令牌不能修改账号，请用浏览器登录后操作",
            "an API token cannot change its account; log in as a person",
        ));
    }
    let mut snap = ctx.app.db().snapshot().await?;
    users::by_login(&mut snap, &ctx.actor.login).await?.ok_or_else(|| AppError::not_found("个用户", "user"))
}

/// One's own open sessions, newest first.
#[utoipa::path(get, path = "/api/v1/me/sessions", operation_id = "list_sessions", tag = "session",
    responses((status = 200, body = Vec<Session>), (status = "4XX", body = Problem)))]
async fn list_sessions(ctx: Ctx, headers: HeaderMap) -> Result<axum::Json<Vec<Session>>> {
    let user = own(&ctx).await?;
    let asking = secret(&headers).unwrap_or_default();
    Ok(axum::Json(sessions::of_user(ctx.app.db(), user.id, &asking).await?))
}

/// Ends one of one's own sessions.
#[utoipa::path(delete, path = "/api/v1/me/sessions/{id}", operation_id = "end_session", tag = "session", params(("id" = i64, Path)),
    responses((status = 200), (status = "4XX", body = Problem)))]
async fn end_session(ctx: Ctx, Path(id): Path<i64>) -> Result<Response> {
    let user = own(&ctx).await?;
    let mut w = ctx.write("").await?;
    if !sessions::end(&mut w.tx, user.id, id).await? {
        return Err(AppError::not_found("个登录", "session"));
    }
    let event =
        users::event(user.uid, "sessions_ended", serde_json::json!({"login": user.login, "ended": 1}));
    events::append(&mut w.tx, &ctx.actor.who(Permission::DirectoryRead), vec![event]).await?;
    w.done(StatusCode::OK, &serde_json::json!({"ended": 1})).await
}

/// Ends all of one's own sessions but this one.
#[utoipa::path(delete, path = "/api/v1/me/sessions", operation_id = "end_other_sessions", tag = "session",
    responses((status = 200), (status = "4XX", body = Problem)))]
async fn end_other_sessions(ctx: Ctx, headers: HeaderMap) -> Result<Response> {
    let user = own(&ctx).await?;
    let mut w = ctx.write("").await?;
    let ended = sessions::end_others(&mut w.tx, user.id, &secret(&headers).unwrap_or_default()).await?;
    let event =
        users::event(user.uid, "sessions_ended", serde_json::json!({"login": user.login, "ended": ended}));
    events::append(&mut w.tx, &ctx.actor.who(Permission::DirectoryRead), vec![event]).await?;
    w.done(StatusCode::OK, &serde_json::json!({"ended": ended})).await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangePassword {
    /// The password so far.
    old: String,
    /// The new one.
    new: String,
}

/// Changes one's own password; all sessions end, log in again.
#[utoipa::path(post, path = "/api/v1/me/password", operation_id = "change_password", tag = "session",
    request_body = ChangePassword, responses((status = 200), (status = "4XX", body = Problem)))]
async fn change_password(ctx: Ctx, input: Input<ChangePassword>) -> Result<Response> {
    let user = own(&ctx).await?;
    // A stolen session must not become a way to try passwords without end.
    ctx.app.throttle().check(&ctx.actor.origin)?;
    if !passwords::fits(&input.value.old, Some(user.password_hash.clone())).await? {
        ctx.app.throttle().failed(&ctx.actor.origin);
        return Err(AppError::field("password.wrong", "old", "原口令不对", "the old password is wrong"));
    }
    if input.value.old == input.value.new {
        return Err(AppError::field(
            "password.same",
            "new",
            "新口令不能与原口令相同",
            "the new password is the old one",
        ));
    }
    let rules = passwords::rules(&mut ctx.app.db().snapshot().await?).await?;
    let hash = users::prepare(&rules, &user.login, &input.value.new).await?;
    let mut w = ctx.write(&input.digest).await?;
    let event = users::set_password(&mut w.tx, &user, &hash, false).await?;
    events::append(&mut w.tx, &ctx.actor.who(Permission::DirectoryRead), vec![event]).await?;
    w.done(StatusCode::OK, &serde_json::json!({"changed": true})).await
}

#[derive(Serialize, ToSchema)]
struct TotpBegun {
    /// Base32 secret, for typing in.
    secret: String,
    /// `otpauth://` address, for a QR code.
    uri: String,
}

/// Begins a second factor; it counts only after it was confirmed with a code.
#[utoipa::path(post, path = "/api/v1/me/totp", operation_id = "begin_totp", tag = "session",
    responses((status = 200, body = TotpBegun), (status = "4XX", body = Problem)))]
async fn begin_totp(ctx: Ctx) -> Result<Response> {
    let user = own(&ctx).await?;
    if user.totp_confirmed_at.is_some() {
        return Err(AppError::new(
            Kind::Conflict,
            "totp.exists",
            "已启用动态码；请先停用再重新设置",
            "a second factor is set up already; remove it first",
        ));
    }
    let mut bytes = [0u8; 20];
    getrandom::fill(&mut bytes).map_err(|e| AppError::internal(anyhow::anyhow!("{e}")))?;
    let totp = Totp::new(&bytes).map_err(|e| AppError::internal(anyhow::anyhow!("{e}")))?;
    let mut w = ctx.write("").await?;
    w.tx.run(sql!(
        "UPDATE users SET totp_secret = ?, totp_last_step = NULL WHERE id = ?",
        totp.base32(),
        user.id
    ))
    .await?;
    let body = TotpBegun { secret: totp.base32(), uri: totp.provisioning_uri("井盖平台", &user.login) };
    w.done_secret(StatusCode::OK, &body).await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TotpCode {
    /// Six digits.
    code: String,
}

/// Confirms the second factor with its first code.
#[utoipa::path(put, path = "/api/v1/me/totp", operation_id = "confirm_totp", tag = "session",
    request_body = TotpCode, responses((status = 200), (status = "4XX", body = Problem)))]
async fn confirm_totp(ctx: Ctx, input: Input<TotpCode>) -> Result<Response> {
    let user = own(&ctx).await?;
    let step = match &user.totp_secret {
        Some(secret) => login::step_of(secret, &input.value.code, user.totp_last_step)?,
        None => None,
    };
    let Some(step) = step else {
        return Err(AppError::field(
            "totp.wrong",
            "code",
            "动态码不对，请核对手机时间后重试",
            "the code is wrong; check the phone's clock",
        ));
    };
    let mut w = ctx.write(&input.digest).await?;
    w.tx.run(sql!(
        "UPDATE users SET totp_confirmed_at = ?, totp_last_step = ? WHERE id = ?",
        Timestamp::now(),
        step,
        user.id
    ))
    .await?;
    let event = users::event(user.uid, "second_factor_set", serde_json::json!({"login": user.login}));
    events::append(&mut w.tx, &ctx.actor.who(Permission::DirectoryRead), vec![event]).await?;
    w.done(StatusCode::OK, &serde_json::json!({"enabled": true})).await
}

/// Removes one's own second factor; a current code proves that it is still in hand.
#[utoipa::path(delete, path = "/api/v1/me/totp", operation_id = "remove_totp", tag = "session",
    request_body = TotpCode, responses((status = 200), (status = "4XX", body = Problem)))]
async fn remove_totp(ctx: Ctx, input: Input<TotpCode>) -> Result<Response> {
    let user = own(&ctx).await?;
    ctx.app.throttle().check(&ctx.actor.origin)?;
    let right = match &user.totp_secret {
        Some(secret) => login::step_of(secret, &input.value.code, user.totp_last_step)?.is_some(),
        None => true,
    };
    if !right {
        ctx.app.throttle().failed(&ctx.actor.origin);
        return Err(AppError::field("totp.wrong", "code", "动态码不对", "the code is wrong"));
    }
    let mut w = ctx.write(&input.digest).await?;
    users::forget_second_factor(&mut w.tx, &user).await?;
    let event = users::event(user.uid, "second_factor_removed", serde_json::json!({"login": user.login}));
    events::append(&mut w.tx, &ctx.actor.who(Permission::DirectoryRead), vec![event]).await?;
    w.done(StatusCode::OK, &serde_json::json!({"enabled": false})).await
}
