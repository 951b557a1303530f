//! `jinggai token`
use super::{Place, output};
use crate::error::AppError;
use crate::identity::{Actor, Permission, sessions, tokens, users};
use jinggai_db::{events, sql};
use std::process::ExitCode;
use uuid::Uuid;

/// Options of `jinggai token`.
#[derive(clap::Args)]
#[command(after_help = "示例：
  jinggai token add --login registrar --name 城市智慧管理平台 --scope registry.read --scope registry.export --days 180
  jinggai token list --login registrar")]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// 为用户签发接口令牌，密文只显示一次
    Add {
        /// 令牌以谁的名义行事
        #[arg(long)]
        login: String,
        /// 用途
        #[arg(long)]
        name: String,
        /// 权限，可多次给出
        #[arg(long = "scope", required = true)]
        scopes: Vec<String>,
        /// 有效天数
        #[arg(long, default_value_t = 90)]
        days: i64,
    },
    /// 列出用户的令牌
    List {
        /// 登录名
        #[arg(long)]
        login: String,
    },
    /// 吊销令牌
    Revoke {
        /// 令牌编号
        uid: Uuid,
    },
}

pub async fn run(place: &Place, args: Args) -> anyhow::Result<ExitCode> {
    let app = place.open_existing().await?;
    match args.what {
        What::Add { login, name, scopes, days } => {
            let user = find(&app, &login).await?;
            let grants = sessions::grants(app.db(), user.id).await?;
            let actor = Actor {
                user_id: Some(user.id),
                login: user.login.clone(),
                name: user.name.clone(),
                grants,
                scopes: None,
                origin: "cli".into(),
            };
            let scopes = tokens::scopes_within(&scopes, &actor)?;
            let secret = sessions::new_secret()?;
            let mut tx = app.db().begin().await?;
            let (uid, expires) = tokens::create(&mut tx, user.id, &name, &scopes, days, &secret).await?;
            let event = users::event(
                uid,
                "token_created",
                serde_json::json!({"name": name, "scopes": scopes, "login": login}),
            );
            events::append(&mut tx, &Actor::command_line().who(Permission::UserManage), vec![event]).await?;
            tx.commit().await?;
            if place.json {
                output::json(&serde_json::json!({"uid": uid, "secret": secret, "expires_at": expires}));
            } else {
                output::line(&format!(
                    "令牌 {uid}\n密文：{secret}    （只显示这一次；请求头 Authorization: Bearer <密文>）"
                ));
            }
        }
        What::List { login } => {
            let user = find(&app, &login).await?;
            let found = tokens::of_user(app.db(), user.id).await?;
            if place.json {
                output::json(&found);
            } else {
                for t in found {
                    let state = if t.revoked_at.is_some() { "已吊销" } else { "有效至" };
                    output::line(&format!("{}\t{}\t{state} {}\t{}", t.uid, t.name, t.expires_at, t.scopes));
                }
            }
        }
        What::Revoke { uid } => {
            let mut tx = app.db().begin().await?;
            let known: Option<(i64,)> = tx.opt(sql!("SELECT id FROM api_tokens WHERE uid = ?", uid)).await?;
            known.ok_or_else(|| AppError::not_found("个令牌", "token"))?;
            tokens::revoke(&mut tx, uid).await?;
            let event = users::event(uid, "token_revoked", serde_json::json!({}));
            events::append(&mut tx, &Actor::command_line().who(Permission::UserManage), vec![event]).await?;
            tx.commit().await?;
            output::say("已吊销");
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn find(app: &crate::app::App, login: &str) -> anyhow::Result<users::User> {
    let mut snap = app.db().snapshot().await?;
    let user = users::by_login(&mut snap, login).await?;
    Ok(user.ok_or_else(|| {
        AppError::field(
            "user.unknown",
            "--login",
            format!("没有登录名为“{login}”的用户"),
            format!("no user {login:?}"),
        )
    })?)
}
