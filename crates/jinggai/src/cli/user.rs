//! `jinggai user`: the first administrator, and what is done at the machine itself.
use super::{Place, output};
use crate::error::AppError;
use crate::identity::users::{self, NewGrant, NewUser, UserChange};
use crate::identity::{Actor, Permission, Role, areas, passwords, units};
use jiff::civil::Date;
use jinggai_db::{Sql, Tx, events, sql};
use std::process::ExitCode;
use uuid::Uuid;

/// Options of `jinggai user`.
#[derive(clap::Args)]
#[command(after_help = "示例：
  jinggai user add --login admin --name 系统管理员 --role admin
  jinggai user add --login hxj --name 华新街街道 --role street --area 500105001 --unit jb-jd-hxj
  jinggai user email hxj zhiban@example.gov.cn
  jinggai user grant --login hxj --role inspector --area 500105001 --until 2027-01-01
  jinggai user password admin")]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// 新建用户；不给口令则生成一个，只显示一次
    Add(Add),
    /// 授予角色
    Grant(GrantArgs),
    /// 撤销角色
    Revoke(RevokeArgs),
    /// 列出用户
    List,
    /// 停用用户，并结束其所有登录
    Disable {
        /// 登录名
        login: String,
    },
    /// 恢复用户
    Enable {
        /// 登录名
        login: String,
    },
    /// 登记接收消息的电子邮箱；不给则清除
    Email {
        /// 登录名
        login: String,
        /// 电子邮箱
        address: Option<String>,
    },
    /// 重置口令，只显示一次；遗失的动态码也一并清除
    Password {
        /// 登录名
        login: String,
    },
}

#[derive(clap::Args)]
struct Add {
    /// 登录名
    #[arg(long)]
    login: String,
    /// 姓名或岗位
    #[arg(long)]
    name: Option<String>,
    /// 角色：admin leader operator registrar department street owner inspector enforcement prosecutor
    #[arg(long)]
    role: String,
    /// 限定到此单位（代码）及其下级
    #[arg(long)]
    unit: Option<String>,
    /// 限定到此区域（代码）及其下级
    #[arg(long)]
    area: Option<String>,
    /// 接收消息的电子邮箱
    #[arg(long)]
    email: Option<String>,
    /// 从标准输入读口令（一行），否则生成
    #[arg(long)]
    password_stdin: bool,
}

#[derive(clap::Args)]
struct GrantArgs {
    /// 登录名
    #[arg(long)]
    login: String,
    /// 角色
    #[arg(long)]
    role: String,
    /// 限定到此单位（代码）及其下级
    #[arg(long)]
    unit: Option<String>,
    /// 限定到此区域（代码）及其下级
    #[arg(long)]
    area: Option<String>,
    /// 自哪天起有效
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,
    /// 到哪天失效（当天不再有效）
    #[arg(long, value_name = "DATE")]
    until: Option<Date>,
}

#[derive(clap::Args)]
struct RevokeArgs {
    /// 登录名
    #[arg(long)]
    login: String,
    /// 角色：撤销此用户的这种角色，不论限定在哪里
    #[arg(long)]
    role: String,
}

pub async fn run(place: &Place, args: Args) -> anyhow::Result<ExitCode> {
    // Only the first user may be what makes the store.
    let app = match &args.what {
        What::Add(_) => place.open().await?,
        _ => place.open_existing().await?,
    };
    match args.what {
        What::Add(a) => add(place, &app, a).await?,
        What::Grant(a) => grant(place, &app, a).await?,
        What::Revoke(a) => revoke(place, &app, a).await?,
        What::List => list(place, &app).await?,
        What::Disable { login } => change(place, &app, &login, Change::Disable).await?,
        What::Enable { login } => change(place, &app, &login, Change::Enable).await?,
        What::Email { login, address } => email(place, &app, &login, address).await?,
        What::Password { login } => change(place, &app, &login, Change::Password).await?,
    }
    Ok(ExitCode::SUCCESS)
}

type App = crate::app::App;

fn role(code: &str) -> Result<Role, AppError> {
    Role::from_code(code).ok_or_else(|| {
        let all = Role::ALL.iter().map(|r| r.code()).collect::<Vec<_>>().join(" ");
        AppError::field(
            "grant.role",
            "--role",
            format!("没有角色“{code}”，应为：{all}"),
            format!("no role {code:?}; roles: {all}"),
        )
    })
}

async fn find(tx: &mut Tx, login: &str) -> anyhow::Result<users::User> {
    let user = users::by_login(tx, login).await?;
    Ok(user.ok_or_else(|| {
        AppError::field(
            "user.unknown",
            "login",
            format!("没有登录名为“{login}”的用户"),
            format!("no user {login:?}"),
        )
    })?)
}

async fn grant(place: &Place, app: &App, a: GrantArgs) -> anyhow::Result<()> {
    let role = role(&a.role)?;
    let mut tx = app.db().begin().await?;
    let user = find(&mut tx, &a.login).await?;
    let unit_id = units::resolve(&mut tx, "--unit", a.unit.as_deref()).await?;
    let area_id = areas::resolve(&mut tx, "--area", a.area.as_deref()).await?;
    let new = NewGrant { role, unit_id, area_id, valid_from: a.from, valid_to: a.until };
    let (uid, event) = users::grant(&mut tx, &user, &new).await?;
    events::append(&mut tx, &Actor::command_line().who(Permission::UserManage), vec![event]).await?;
    tx.commit().await?;
    if place.json {
        output::json(&serde_json::json!({"login": user.login, "role": role.code(), "uid": uid}));
    } else {
        output::line(&format!("已授予 {} 角色“{}”", user.login, role.zh()));
    }
    Ok(())
}

async fn revoke(place: &Place, app: &App, a: RevokeArgs) -> anyhow::Result<()> {
    let role = role(&a.role)?;
    let mut tx = app.db().begin().await?;
    let user = find(&mut tx, &a.login).await?;
    let held: Vec<(Uuid,)> = tx
        .all(sql!("SELECT uid FROM grants WHERE user_id = ? AND role = ? ORDER BY id", user.id, role.code()))
        .await?;
    if held.is_empty() {
        return Err(AppError::not_found("项授权", "grant").into());
    }
    let mut done = vec![];
    for (uid,) in &held {
        done.push(users::revoke(&mut tx, &user, *uid).await?);
    }
    events::append(&mut tx, &Actor::command_line().who(Permission::UserManage), done).await?;
    tx.commit().await?;
    if place.json {
        output::json(&serde_json::json!({"login": user.login, "role": role.code(), "revoked": held.len()}));
    } else {
        output::line(&format!("已撤销 {} 的角色“{}”（{} 项授权）", user.login, role.zh(), held.len()));
    }
    Ok(())
}

async fn add(place: &Place, app: &App, a: Add) -> anyhow::Result<()> {
    let role = role(&a.role)?;
    let given = if a.password_stdin {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line)?;
        Some(line.trim_end_matches(['\r', '\n']).to_owned())
    } else {
        None
    };
    let rules = passwords::rules(&mut app.db().snapshot().await?).await?;
    let made = given.is_none().then(|| passwords::random(&rules)).transpose()?;
    let password = given.or(made.clone()).unwrap_or_default();
    let hash = users::prepare(&rules, &a.login, &password).await?;
    let mut tx = app.db().begin().await?;
    let unit_id = units::resolve(&mut tx, "--unit", a.unit.as_deref()).await?;
    let area_id = areas::resolve(&mut tx, "--area", a.area.as_deref()).await?;
    let new = NewUser {
        name: a.name.unwrap_or_else(|| role.zh().to_owned()),
        login: a.login,
        phone: None,
        email: users::check_email("--email", a.email.as_deref())?,
        unit_id,
        password,
        must_change: made.is_some(),
        demo: false,
    };
    let (_, entered) = users::create(&mut tx, &new, &hash).await?;
    let user = users::by_uid(&mut tx, entered.subject_uid).await?;
    let bound_unit = if role.reach() == crate::identity::policy::Reach::Unit { unit_id } else { None };
    let grant = NewGrant { role, unit_id: bound_unit, area_id, valid_from: None, valid_to: None };
    let (_, granted) = users::grant(&mut tx, &user, &grant).await?;
    let who = Actor::command_line().who(Permission::UserManage);
    events::append(&mut tx, &who, vec![entered, granted]).await?;
    tx.commit().await?;
    if place.json {
        output::json(
            &serde_json::json!({"uid": user.uid, "login": user.login, "role": role.code(), "password": made}),
        );
    } else {
        output::line(&format!("已建立用户 {}（{}）", user.login, role.zh()));
        if let Some(p) = made {
            output::line(&format!("口令：{p}    （只显示这一次，首次登录须修改）"));
        }
    }
    Ok(())
}

async fn list(place: &Place, app: &App) -> anyhow::Result<()> {
    let mut q = Sql::new(users::SELECT, vec![]);
    q.push(" ORDER BY u.login", []);
    let found: Vec<users::User> = app.db().all(q).await?;
    let mut rows = vec![];
    for u in &found {
        let grants = crate::identity::sessions::grants(app.db(), u.id).await?;
        let roles: Vec<&str> = grants.iter().map(|g| g.role.code()).collect();
        rows.push(serde_json::json!({"login": u.login, "name": u.name, "unit": u.unit_code, "roles": roles, "disabled": u.disabled_at.is_some()}));
    }
    if place.json {
        output::json(&rows);
        return Ok(());
    }
    for (u, r) in found.iter().zip(&rows) {
        let state = if u.disabled_at.is_some() { "（已停用）" } else { "" };
        let roles: Vec<&str> =
            r["roles"].as_array().into_iter().flatten().filter_map(|v| v.as_str()).collect();
        output::line(&format!(
            "{}\t{}\t{}\t{}{state}",
            u.login,
            u.name,
            roles.join(","),
            u.unit_name.as_deref().unwrap_or("—")
        ));
    }
    Ok(())
}

async fn email(place: &Place, app: &App, login: &str, address: Option<String>) -> anyhow::Result<()> {
    let mut tx = app.db().begin().await?;
    let user = find(&mut tx, login).await?;
    let change = UserChange {
        version: user.version,
        name: user.name.clone(),
        phone: user.phone.clone(),
        email: users::check_email("address", address.as_deref())?,
        unit_id: units::resolve(&mut tx, "unit", user.unit_code.as_deref()).await?,
    };
    let event = users::update(&mut tx, &user, &change).await?;
    events::append(&mut tx, &Actor::command_line().who(Permission::UserManage), vec![event]).await?;
    tx.commit().await?;
    if place.json {
        output::json(&serde_json::json!({"login": user.login, "email": change.email}));
    } else if let Some(address) = &change.email {
        output::line(&format!("{login} 的消息将发到 {address}"));
    } else {
        output::line(&format!("{login} 不再接收邮件"));
    }
    Ok(())
}

enum Change {
    Disable,
    Enable,
    Password,
}

async fn change(place: &Place, app: &App, login: &str, change: Change) -> anyhow::Result<()> {
    let rules = passwords::rules(&mut app.db().snapshot().await?).await?;
    let password = matches!(change, Change::Password).then(|| passwords::random(&rules)).transpose()?;
    let hash = match &password {
        Some(p) => passwords::hash(p).await?,
        None => String::new(),
    };
    let mut tx = app.db().begin().await?;
    let user = find(&mut tx, login).await?;
    let done = match change {
        Change::Disable => vec![users::disable(&mut tx, &user).await?],
        Change::Enable => vec![users::enable(&mut tx, &user).await?],
        Change::Password => users::recover(&mut tx, &user, &hash).await?,
    };
    events::append(&mut tx, &Actor::command_line().who(Permission::UserManage), done).await?;
    tx.commit().await?;
    if place.json {
        output::json(&serde_json::json!({"login": user.login, "password": password}));
    } else if let Some(p) = password {
        output::line(&format!("{login} 的新口令：{p}    （只显示这一次，登录后须修改）"));
    } else {
        output::line(&format!("完成：{login}"));
    }
    Ok(())
}
