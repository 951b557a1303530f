//! `/api/v1/users`
use crate::app::App;
use crate::error::{AppError, Problem, Result};
use crate::http::page::{Page, PageQuery};
use crate::http::params::Params;
use crate::http::{Ctx, Input};
use crate::identity::users::{self, NewGrant, NewUser, User, UserChange};
use crate::identity::{Permission, Role, areas, passwords, units};
use axum::Json;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use jiff::civil::Date;
use jinggai_db::{Sql, events, row, sql};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_users, create_user))
        .routes(routes!(get_user, update_user))
        .routes(routes!(disable_user))
        .routes(routes!(enable_user))
        .routes(routes!(reset_password))
        .routes(routes!(create_grant))
        .routes(routes!(delete_grant))
}

const MANAGE: Permission = Permission::UserManage;

/// A user as administrators see it.
#[derive(Serialize, ToSchema)]
pub struct UserView {
    uid: Uuid,
    login: String,
    name: String,
    phone: Option<String>,
    email: Option<String>,
    unit: Option<String>,
    unit_name: Option<String>,
    must_change_password: bool,
    totp_enabled: bool,
    locked: bool,
    disabled: bool,
    demo: bool,
    version: i64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    grants: Vec<GrantView>,
}

row! {
    /// A grant as administrators see it.
    #[derive(Clone, Serialize, ToSchema)]
    pub struct GrantView {
        #[serde(skip)]
        user_id: i64,
        uid: Uuid,
        role: String,
        unit: Option<String>,
        unit_name: Option<String>,
        area: Option<String>,
        area_name: Option<String>,
        #[schema(value_type = Option<String>, format = Date)]
        valid_from: Option<Date>,
        #[schema(value_type = Option<String>, format = Date)]
        valid_to: Option<Date>,
    }
}

async fn views(app: &App, found: Vec<User>) -> Result<Vec<UserView>> {
    let ids: Vec<i64> = found.iter().map(|u| u.id).collect();
    let mut q = Sql::new(
        "SELECT g.user_id, g.uid, g.role, n.code, n.name, a.code, a.name, g.valid_from, g.valid_to FROM grants g LEFT JOIN units n ON n.id = g.unit_id LEFT JOIN areas a ON a.id = g.area_id WHERE g.user_id IN ",
        vec![],
    );
    q.list(&ids);
    q.push(" ORDER BY g.id", []);
    let grants: Vec<GrantView> = app.db().all(q).await?;
    let now = Timestamp::now();
    Ok(found
        .into_iter()
        .map(|u| UserView {
            uid: u.uid,
            must_change_password: u.must_change,
            totp_enabled: u.totp_confirmed_at.is_some(),
            locked: u.locked_until.is_some_and(|t| t > now),
            disabled: u.disabled_at.is_some(),
            grants: grants.iter().filter(|g| g.user_id == u.id).cloned().collect(),
            login: u.login,
            name: u.name,
            phone: u.phone,
            email: u.email,
            unit: u.unit_code,
            unit_name: u.unit_name,
            demo: u.demo,
            version: u.version,
            created_at: u.created_at,
        })
        .collect())
}

/// Users in the order of their logins.
#[utoipa::path(get, path = "/api/v1/users", operation_id = "list_users", tag = "identity", params(PageQuery),
    responses((status = 200, body = Page<UserView>), (status = "4XX", body = Problem)))]
async fn list_users(ctx: Ctx, Params(page): Params<PageQuery>) -> Result<Json<Page<UserView>>> {
    ctx.actor.require_everywhere(MANAGE)?;
    let paging = page.paging()?;
    let mut q = Sql::new(users::SELECT, vec![]);
    q.and("u.login > ?", paging.cursor::<String>()?);
    q.push(" ORDER BY u.login LIMIT ?", [(paging.limit + 1).into()]);
    let mut found: Vec<User> = ctx.app.db().all(q).await?;
    let (total,): (i64,) = ctx.app.db().one(sql!("SELECT count(*) FROM users")).await?;
    let more = found.len() > paging.limit;
    found.truncate(paging.limit);
    let next = found.last().filter(|_| more).map(|u| u.login.clone());
    Ok(Json(paging.page_to(views(&ctx.app, found).await?, total, next)))
}

/// One user.
#[utoipa::path(get, path = "/api/v1/users/{uid}", operation_id = "get_user", tag = "identity", params(("uid" = Uuid, Path)),
    responses((status = 200, body = UserView), (status = "4XX", body = Problem)))]
async fn get_user(ctx: Ctx, Path(uid): Path<Uuid>) -> Result<Json<UserView>> {
    ctx.actor.require_everywhere(MANAGE)?;
    let mut snap = ctx.app.db().snapshot().await?;
    let user = users::by_uid(&mut snap, uid).await?;
    drop(snap);
    views(&ctx.app, vec![user]).await?.pop().map(Json).ok_or_else(|| AppError::not_found("个用户", "user"))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UserInput {
    /// Login.
    login: String,
    /// Name.
    name: String,
    /// Phone.
    #[serde(default)]
    phone: Option<String>,
    /// E-mail address.
    #[serde(default)]
    email: Option<String>,
    /// Code of the unit.
    #[serde(default)]
    unit: Option<String>,
    /// First password; one is made and told once when absent.
    #[serde(default)]
    password: Option<String>,
}

/// Enters a user; the first password must be changed at the first log-in.
#[utoipa::path(post, path = "/api/v1/users", operation_id = "create_user", tag = "identity", request_body = UserInput,
    responses((status = 201), (status = "4XX", body = Problem)))]
async fn create_user(ctx: Ctx, input: Input<UserInput>) -> Result<Response> {
    ctx.actor.require_everywhere(MANAGE)?;
    let i = input.value;
    let rules = passwords::rules(&mut ctx.app.db().snapshot().await?).await?;
    let made = i.password.is_none().then(|| passwords::random(&rules)).transpose()?;
    let password = i.password.or(made.clone()).unwrap_or_default();
    let hash = users::prepare(&rules, &i.login, &password).await?;
    let mut w = ctx.write(&input.digest).await?;
    let unit_id = units::resolve(&mut w.tx, "unit", i.unit.as_deref()).await?;
    let new = NewUser {
        login: i.login,
        name: i.name,
        phone: i.phone,
        email: i.email,
        unit_id,
        password,
        must_change: true,
        demo: false,
    };
    let (_, event) = users::create(&mut w.tx, &new, &hash).await?;
    let uid = event.subject_uid;
    events::append(&mut w.tx, &ctx.actor.who(MANAGE), vec![event]).await?;
    w.done_secret(StatusCode::CREATED, &serde_json::json!({"uid": uid, "password": made})).await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UserChangeInput {
    /// The version that was read.
    version: i64,
    /// Name.
    name: String,
    /// Phone; none when left out.
    #[serde(default)]
    phone: Option<String>,
    /// E-mail address; none when left out.
    #[serde(default)]
    email: Option<String>,
    /// Code of the unit; none when left out.
    #[serde(default)]
    unit: Option<String>,
}

/// Changes name, phone, e-mail address and unit of a user; the login stays.
#[utoipa::path(put, path = "/api/v1/users/{uid}", operation_id = "update_user", tag = "identity", params(("uid" = Uuid, Path)),
    request_body = UserChangeInput, responses((status = 200), (status = "4XX", body = Problem)))]
async fn update_user(ctx: Ctx, Path(uid): Path<Uuid>, input: Input<UserChangeInput>) -> Result<Response> {
    ctx.actor.require_everywhere(MANAGE)?;
    let mut w = ctx.write(&input.digest).await?;
    let user = users::by_uid(&mut w.tx, uid).await?;
    let i = input.value;
    let unit_id = units::resolve(&mut w.tx, "unit", i.unit.as_deref()).await?;
    let change = UserChange { version: i.version, name: i.name, phone: i.phone, email: i.email, unit_id };
    let event = users::update(&mut w.tx, &user, &change).await?;
    events::append(&mut w.tx, &ctx.actor.who(MANAGE), vec![event]).await?;
    w.done(StatusCode::OK, &serde_json::json!({"version": change.version + 1})).await
}

/// Disables a user and ends its sessions.
#[utoipa::path(post, path = "/api/v1/users/{uid}/disable", operation_id = "disable_user", tag = "identity", params(("uid" = Uuid, Path)),
    responses((status = 200), (status = "4XX", body = Problem)))]
async fn disable_user(ctx: Ctx, Path(uid): Path<Uuid>) -> Result<Response> {
    ctx.actor.require_everywhere(MANAGE)?;
    let mut w = ctx.write("").await?;
    let user = users::by_uid(&mut w.tx, uid).await?;
    let event = users::disable(&mut w.tx, &user).await?;
    events::append(&mut w.tx, &ctx.actor.who(MANAGE), vec![event]).await?;
    w.done(StatusCode::OK, &serde_json::json!({"disabled": true})).await
}

/// Enables a user again and lifts a lock.
#[utoipa::path(post, path = "/api/v1/users/{uid}/enable", operation_id = "enable_user", tag = "identity", params(("uid" = Uuid, Path)),
    responses((status = 200), (status = "4XX", body = Problem)))]
async fn enable_user(ctx: Ctx, Path(uid): Path<Uuid>) -> Result<Response> {
    ctx.actor.require_everywhere(MANAGE)?;
    let mut w = ctx.write("").await?;
    let user = users::by_uid(&mut w.tx, uid).await?;
    let event = users::enable(&mut w.tx, &user).await?;
    events::append(&mut w.tx, &ctx.actor.who(MANAGE), vec![event]).await?;
    w.done(StatusCode::OK, &serde_json::json!({"disabled": false})).await
}

/// Makes a new password, told once, and removes a lost second factor.
#[utoipa::path(post, path = "/api/v1/users/{uid}/password", operation_id = "reset_password", tag = "identity", params(("uid" = Uuid, Path)),
    responses((status = 200), (status = "4XX", body = Problem)))]
async fn reset_password(ctx: Ctx, Path(uid): Path<Uuid>) -> Result<Response> {
    ctx.actor.require_everywhere(MANAGE)?;
    let rules = passwords::rules(&mut ctx.app.db().snapshot().await?).await?;
    let password = passwords::random(&rules)?;
    let hash = passwords::hash(&password).await?;
    let mut w = ctx.write("").await?;
    let user = users::by_uid(&mut w.tx, uid).await?;
    let done = users::recover(&mut w.tx, &user, &hash).await?;
    events::append(&mut w.tx, &ctx.actor.who(MANAGE), done).await?;
    w.done_secret(StatusCode::OK, &serde_json::json!({"password": password})).await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GrantInput {
    /// Code of the role.
    role: String,
    /// Code of the unit it is bounded to.
    #[serde(default)]
    unit: Option<String>,
    /// Code of the area it is bounded to.
    #[serde(default)]
    area: Option<String>,
    /// First day.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    valid_from: Option<Date>,
    /// First day on which it no longer holds.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    valid_to: Option<Date>,
}

/// Gives a role to a user.
#[utoipa::path(post, path = "/api/v1/users/{uid}/grants", operation_id = "create_grant", tag = "identity", params(("uid" = Uuid, Path)),
    request_body = GrantInput, responses((status = 201), (status = "4XX", body = Problem)))]
async fn create_grant(ctx: Ctx, Path(uid): Path<Uuid>, input: Input<GrantInput>) -> Result<Response> {
    ctx.actor.require_everywhere(MANAGE)?;
    let i = input.value;
    let Some(role) = Role::from_code(&i.role) else {
        let all = Role::ALL.iter().map(|r| r.code()).collect::<Vec<_>>().join(", ");
        return Err(AppError::field(
            "grant.role",
            "role",
            format!("没有角色“{}”，应为：{all}", i.role),
            format!("no role {:?}; right would be one of {all}", i.role),
        ));
    };
    let mut w = ctx.write(&input.digest).await?;
    let user = users::by_uid(&mut w.tx, uid).await?;
    let unit_id = units::resolve(&mut w.tx, "unit", i.unit.as_deref()).await?;
    let area_id = areas::resolve(&mut w.tx, "area", i.area.as_deref()).await?;
    let new = NewGrant { role, unit_id, area_id, valid_from: i.valid_from, valid_to: i.valid_to };
    let (grant, event) = users::grant(&mut w.tx, &user, &new).await?;
    events::append(&mut w.tx, &ctx.actor.who(MANAGE), vec![event]).await?;
    w.done(StatusCode::CREATED, &serde_json::json!({"uid": grant})).await
}

/// Takes a role away.
#[utoipa::path(delete, path = "/api/v1/users/{uid}/grants/{grant}", operation_id = "delete_grant", tag = "identity",
    params(("uid" = Uuid, Path), ("grant" = Uuid, Path)), responses((status = 200), (status = "4XX", body = Problem)))]
async fn delete_grant(ctx: Ctx, Path((uid, grant)): Path<(Uuid, Uuid)>) -> Result<Response> {
    ctx.actor.require_everywhere(MANAGE)?;
    let mut w = ctx.write("").await?;
    let user = users::by_uid(&mut w.tx, uid).await?;
    let event = users::revoke(&mut w.tx, &user, grant).await?;
    events::append(&mut w.tx, &ctx.actor.who(MANAGE), vec![event]).await?;
    w.done(StatusCode::OK, &serde_json::json!({"revoked": true})).await
}
