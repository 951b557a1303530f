//! `/api/v1/tokens`: secrets for programs, bounded by scopes and time.
use crate::app::App;
use crate::error::{AppError, Kind, Problem, Result};
use crate::http::{Ctx, Input};
use crate::identity::{Permission, sessions, tokens, users};
use axum::Json;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use jinggai_db::{events, sql};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_tokens, create_token)).routes(routes!(delete_token))
}

/// The person behind the request; a token cannot make tokens.
fn person(ctx: &Ctx) -> Result<i64> {
    match (ctx.actor.user_id, &ctx.actor.scopes) {
        (Some(id), None) => Ok(id),
        _ => Err(AppError::new(
            Kind::Forbidden,
            "session.token",
            "接口令牌不能管理令牌，请用浏览器登录后操作",
            "an API token cannot manage tokens; log in as a person",
        )),
    }
}

/// One's own tokens.
#[utoipa::path(get, path = "/api/v1/tokens", operation_id = "list_tokens", tag = "identity",
    responses((status = 200, body = Vec<tokens::Token>), (status = "4XX", body = Problem)))]
async fn list_tokens(ctx: Ctx) -> Result<Json<Vec<tokens::Token>>> {
    let user = person(&ctx)?;
    Ok(Json(tokens::of_user(ctx.app.db(), user).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TokenInput {
    /// What it is for.
    name: String,
    /// Permissions, a part of one's own.
    scopes: Vec<String>,
    /// Days until it ends, 365 at most.
    days: i64,
}

/// Makes a token; its secret is told once.
#[utoipa::path(post, path = "/api/v1/tokens", operation_id = "create_token", tag = "identity", request_body = TokenInput,
    responses((status = 201), (status = "4XX", body = Problem)))]
async fn create_token(ctx: Ctx, input: Input<TokenInput>) -> Result<Response> {
    let user = person(&ctx)?;
    let i = input.value;
    let scopes = tokens::scopes_within(&i.scopes, &ctx.actor)?;
    let secret = sessions::new_secret()?;
    let mut w = ctx.write(&input.digest).await?;
    let (uid, expires) = tokens::create(&mut w.tx, user, &i.name, &scopes, i.days, &secret).await?;
    let event = users::event(
        uid,
        "token_created",
        serde_json::json!({"name": i.name, "scopes": scopes, "login": ctx.actor.login}),
    );
    events::append(&mut w.tx, &ctx.actor.who(Permission::DirectoryRead), vec![event]).await?;
    w.done_secret(
        StatusCode::CREATED,
        &serde_json::json!({"uid": uid, "secret": secret, "expires_at": expires}),
    )
    .await
}

/// Revokes one's own token; an administrator anybody's.
#[utoipa::path(delete, path = "/api/v1/tokens/{uid}", operation_id = "delete_token", tag = "identity", params(("uid" = Uuid, Path)),
    responses((status = 200), (status = "4XX", body = Problem)))]
async fn delete_token(ctx: Ctx, Path(uid): Path<Uuid>) -> Result<Response> {
    let user = person(&ctx)?;
    let mut w = ctx.write("").await?;
    let owner: Option<(i64,)> = w.tx.opt(sql!("SELECT user_id FROM api_tokens WHERE uid = ?", uid)).await?;
    let mine = owner.is_some_and(|(o,)| o == user);
    if owner.is_none() || !mine && ctx.actor.require_everywhere(Permission::UserManage).is_err() {
        return Err(AppError::not_found("个令牌", "token"));
    }
    tokens::revoke(&mut w.tx, uid).await?;
    let event = users::event(uid, "token_revoked", serde_json::json!({}));
    events::append(&mut w.tx, &ctx.actor.who(Permission::DirectoryRead), vec![event]).await?;
    w.done(StatusCode::OK, &serde_json::json!({"revoked": true})).await
}
