//! Users and what is granted to them.
use super::{Actor, Grant, Permission, Role, passwords};
use crate::clock;
use crate::error::{AppError, Kind, Result};
use jiff::Timestamp;
use jiff::civil::Date;
use jinggai_db::events::{self, Event};
use jinggai_db::{DbError, Tx, row, sql};
use jinggai_rules::passwords::PasswordRules;
use serde_json::json;
use uuid::Uuid;

/// A new user.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// Login: letters, digits and `.-_@`, 3 to 64 of them; kept in lower case.
    pub login: String,
    /// Name shown to people.
    pub name: String,
    /// Phone, if given.
    pub phone: Option<String>,
    /// 电子邮箱, if given.
    pub email: Option<String>,
    /// The unit the person works for.
    pub unit_id: Option<i64>,
    /// Password.
    pub password: String,
    /// Must be changed at the first log-in.
    pub must_change: bool,
    /// A user of the demo district.
    pub demo: bool,
}

/// A new grant.
#[derive(Clone, Copy, Debug)]
pub struct NewGrant {
    /// The role.
    pub role: Role,
    /// Bounded to this unit and its sub-units.
    pub unit_id: Option<i64>,
    /// Bounded to this area and its sub-areas.
    pub area_id: Option<i64>,
    /// First day.
    pub valid_from: Option<Date>,
    /// First day on which it no longer holds.
    pub valid_to: Option<Date>,
}

row! {
    /// A user as kept.
    #[derive(Clone, Debug)]
    pub struct User {
        /// Row.
        pub id: i64,
        /// Public id.
        pub uid: Uuid,
        /// Login.
        pub login: String,
        /// Name.
        pub name: String,
        /// Phone.
        pub phone: Option<String>,
        /// 电子邮箱.
        pub email: Option<String>,
        /// Unit code.
        pub unit_code: Option<String>,
        /// Unit name.
        pub unit_name: Option<String>,
        /// Hash of the password.
        pub password_hash: String,
        /// Must change the password.
        pub must_change: bool,
        /// Failed log-ins since the last good one.
        pub failed_logins: i64,
        /// Locked until.
        pub locked_until: Option<Timestamp>,
        /// TOTP secret, confirmed or not.
        pub totp_secret: Option<String>,
        /// TOTP in force since.
        pub totp_confirmed_at: Option<Timestamp>,
        /// Last TOTP step used.
        pub totp_last_step: Option<i64>,
        /// Disabled since.
        pub disabled_at: Option<Timestamp>,
        /// Of the demo.
        pub demo: bool,
        /// Version.
        pub version: i64,
        /// Entered at.
        pub created_at: Timestamp,
    }
}

/// The columns of [`User`].
pub const SELECT: &str = "SELECT u.id, u.uid, u.login, u.name, u.phone, u.email, n.code, n.name, u.password_hash, u.must_change, u.failed_logins, u.locked_until, u.totp_secret, u.totp_confirmed_at, u.totp_last_step, u.disabled_at, u.demo, u.version, u.created_at FROM users u LEFT JOIN units n ON n.id = u.unit_id WHERE 1 = 1";

/// An event about a user.
#[must_use]
pub fn event(uid: Uuid, action: &'static str, after: serde_json::Value) -> Event {
    Event {
        subject: "user",
        subject_uid: uid,
        well_id: None,
        action,
        before: None,
        after: Some(after),
        reason: None,
    }
}

fn check_login(login: &str) -> Result<String> {
    let login = login.trim().to_lowercase();
    let fine = |c: char| c.is_ascii_alphanumeric() || ".-_@".contains(c);
    if !(3..=64).contains(&login.len()) || !login.chars().all(fine) {
        return Err(AppError::field(
            "user.login",
            "login",
            "登录名应为 3–64 个字母、数字或 . - _ @",
            "a login is 3 to 64 letters, digits or . - _ @",
        ));
    }
    Ok(login)
}

/// A phone number as people write it: digits, blanks, `+`, `-`, brackets; 3 (110) to 20 digits.
///
/// # Errors
/// `phone.invalid`, naming the field.
pub fn check_phone(field: &str, phone: Option<&str>) -> Result<Option<String>> {
    let Some(phone) = phone.map(str::trim).filter(|p| !p.is_empty()) else { return Ok(None) };
    let digits = phone.chars().filter(char::is_ascii_digit).count();
    if !(3..=20).contains(&digits) || !phone.chars().all(|c| c.is_ascii_digit() || "+-() ,、/".contains(c)) {
        return Err(AppError::field(
            "phone.invalid",
            field,
            format!("“{phone}”不是电话号码，应如 023-67850000 或 13800000000"),
            format!("{phone:?} is no phone number; right would be 023-67850000"),
        ));
    }
    Ok(Some(phone.to_owned()))
}

/// The longest address that a mail server takes (RFC 5321 4.5.3.1.3).
const EMAIL_MAX: usize = 254;

/// An e-mail address that any mail server takes: `name@host.domain`, in ASCII.
///
/// # Errors
/// `email.invalid`, naming the field.
pub fn check_email(field: &str, email: Option<&str>) -> Result<Option<String>> {
    let Some(email) = email.map(str::trim).filter(|e| !e.is_empty()) else { return Ok(None) };
    let fine = |a: &lettre::Address| {
        email.is_ascii() && email.len() <= EMAIL_MAX && !a.user().contains('"') && a.domain().contains('.')
    };
    if email.parse().is_ok_and(|a| fine(&a)) {
        return Ok(Some(email.to_owned()));
    }
    Err(AppError::field(
        "email.invalid",
        field,
        format!("“{email}”不是电子邮箱，应如 zhiban@example.gov.cn"),
        format!("{email:?} is no e-mail address; right would be duty@example.gov.cn"),
    ))
}

/// Enters a user; the password is checked and hashed before the transaction begins, by [`prepare`].
///
/// # Errors
/// `user.login_taken`, or what the store says.
pub async fn create(tx: &mut Tx, u: &NewUser, hash: &str) -> Result<(i64, Event)> {
    let login = check_login(&u.login)?;
    let phone = check_phone("phone", u.phone.as_deref())?;
    let email = check_email("email", u.email.as_deref())?;
    check_name(&u.name)?;
    let now = Timestamp::now();
    let uid = Uuid::now_v7();
    let (id,): (i64,) = tx
        .one(sql!(
            "INSERT INTO users (uid, login, name, phone, email, unit_id, password_hash, password_changed_at, must_change, failed_logins, demo, version, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, 1, ?, ?) RETURNING id",
            uid, &login, u.name.trim(), phone, email, u.unit_id, hash, now, u.must_change, u.demo, now, now
        ))
        .await
        .map_err(|e| login_taken(e, &login))?;
    Ok((id, event(uid, "created", json!({"login": login, "name": u.name, "unit_id": u.unit_id}))))
}

fn login_taken(e: DbError, login: &str) -> AppError {
    if e.is_unique("users_login_key") {
        return AppError::field(
            "user.login_taken",
            "login",
            format!("登录名 {login} 已有人使用，请换一个"),
            format!("the login {login} is taken; choose another"),
        );
    }
    e.into()
}

/// Checks a new password and hashes it.
///
/// # Errors
/// `password.weak`.
pub async fn prepare(rules: &PasswordRules, login: &str, password: &str) -> Result<String> {
    passwords::check(rules, password, login)?;
    passwords::hash(password).await
}

/// Gives a role.
///
/// # Errors
/// `grant.bounds` when a role that needs an area or unit is given without one; else what the store says.
pub async fn grant(tx: &mut Tx, user: &User, g: &NewGrant) -> Result<(Uuid, Event)> {
    check_bounds(g)?;
    let uid = Uuid::now_v7();
    tx.run(sql!(
        "INSERT INTO grants (uid, user_id, role, unit_id, area_id, valid_from, valid_to, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        uid, user.id, g.role.code(), g.unit_id, g.area_id, g.valid_from, g.valid_to, Timestamp::now()
    ))
    .await?;
    let what = json!({
        "login": user.login, "role": g.role.code(), "unit_id": g.unit_id, "area_id": g.area_id,
        "valid_from": g.valid_from, "valid_to": g.valid_to,
    });
    Ok((uid, event(user.uid, "granted", what)))
}

fn check_bounds(g: &NewGrant) -> Result<()> {
    use super::policy::Reach;
    if let (Some(from), Some(to)) = (g.valid_from, g.valid_to)
        && to <= from
    {
        return Err(AppError::field(
            "grant.validity",
            "valid_to",
            "失效日期应晚于生效日期",
            "it must end after it begins",
        ));
    }
    let (missing, zh) = match g.role.reach() {
        Reach::Area if g.area_id.is_none() => ("area", "区域"),
        Reach::Unit if g.unit_id.is_none() => ("unit", "单位"),
        _ => return Ok(()),
    };
    Err(AppError::field(
        "grant.bounds",
        missing,
        format!("角色“{}”必须限定{zh}，否则什么也看不到", g.role.zh()),
        format!("the role {} must be bounded to an {missing}, or it reaches nothing", g.role.code()),
    ))
}

/// Takes a role away; the last administrator stays.
///
/// # Errors
/// Not found, or `user.last_admin`.
pub async fn revoke(tx: &mut Tx, user: &User, grant: Uuid) -> Result<Event> {
    let known: Option<(String, Option<i64>, Option<i64>)> = tx
        .opt(sql!("SELECT role, unit_id, area_id FROM grants WHERE uid = ? AND user_id = ?", grant, user.id))
        .await?;
    let Some((role, unit_id, area_id)) = known else { return Err(AppError::not_found("项授权", "grant")) };
    tx.run(sql!("DELETE FROM grants WHERE uid = ?", grant)).await?;
    keep_an_admin(tx).await?;
    let mut e = event(user.uid, "revoked", json!({"login": user.login, "role": role}));
    e.before = Some(json!({"role": role, "unit_id": unit_id, "area_id": area_id}));
    Ok(e)
}

/// Refuses the transaction when nobody could manage users any more, today and for good.
///
/// # Errors
/// `user.last_admin`.
pub async fn keep_an_admin(tx: &mut Tx) -> Result<()> {
    // Two administrators who disable each other at once would each still see the other.
    events::hold(tx).await?;
    let roles: Vec<&str> = Role::ALL
        .iter()
        .filter(|r| r.permissions().contains(&Permission::UserManage))
        .map(|r| r.code())
        .collect();
    let mut q = jinggai_db::Sql::new(
        "SELECT count(*) FROM grants g JOIN users u ON u.id = g.user_id WHERE u.disabled_at IS NULL AND g.unit_id IS NULL AND g.area_id IS NULL AND g.valid_to IS NULL AND (g.valid_from IS NULL OR g.valid_from <= ?)",
        vec![clock::today().into()],
    );
    q.and_in("g.role", &roles);
    let (n,): (i64,) = tx.one(q).await?;
    if n == 0 {
        return Err(AppError::new(
            Kind::Conflict,
            "user.last_admin",
            "这是最后一个系统管理员，不能停用或撤销；请先任命另一个",
            "this is the last administrator; appoint another first",
        ));
    }
    Ok(())
}

/// What may be changed of a user.
#[derive(Clone, Debug)]
pub struct UserChange {
    /// The version that was read.
    pub version: i64,
    /// Name.
    pub name: String,
    /// Phone, if given.
    pub phone: Option<String>,
    /// 电子邮箱, if given.
    pub email: Option<String>,
    /// The unit the person works for.
    pub unit_id: Option<i64>,
}

/// Changes name, phone, e-mail address and unit.
///
/// # Errors
/// `user.name`, `phone.invalid`, `email.invalid`, `conflict.version`, or what the store says.
pub async fn update(tx: &mut Tx, user: &User, c: &UserChange) -> Result<Event> {
    let phone = check_phone("phone", c.phone.as_deref())?;
    let email = check_email("email", c.email.as_deref())?;
    check_name(&c.name)?;
    let changed = tx
        .run(sql!(
            "UPDATE users SET name = ?, phone = ?, email = ?, unit_id = ?, version = version + 1, updated_at = ? WHERE id = ? AND version = ?",
            c.name.trim(), phone, email, c.unit_id, Timestamp::now(), user.id, c.version
        ))
        .await?;
    if changed == 0 {
        return Err(AppError::new(
            Kind::Conflict,
            "conflict.version",
            "这个用户刚被别人改过，请刷新后再改",
            "somebody else has just changed this user; load it again",
        ));
    }
    // Phone numbers and addresses of persons stay out of the log.
    let mut e = event(user.uid, "corrected", json!({"name": c.name, "unit_id": c.unit_id}));
    e.before = Some(json!({"name": user.name, "unit": user.unit_code}));
    Ok(e)
}

fn check_name(name: &str) -> Result<()> {
    if (1..=64).contains(&name.trim().chars().count()) {
        return Ok(());
    }
    Err(AppError::field("user.name", "name", "姓名应为 1–64 个字", "a name has 1 to 64 letters"))
}

/// Disables a user and ends its sessions.
///
/// # Errors
/// `user.last_admin`, or what the store says.
pub async fn disable(tx: &mut Tx, user: &User) -> Result<Event> {
    let now = Timestamp::now();
    tx.run(sql!(
        "UPDATE users SET disabled_at = ?, version = version + 1, updated_at = ? WHERE id = ?",
        now,
        now,
        user.id
    ))
    .await?;
    tx.run(sql!("DELETE FROM sessions WHERE user_id = ?", user.id)).await?;
    keep_an_admin(tx).await?;
    Ok(event(user.uid, "disabled", json!({"login": user.login})))
}

/// Enables a user again.
///
/// # Errors
/// What the store says.
pub async fn enable(tx: &mut Tx, user: &User) -> Result<Event> {
    let now = Timestamp::now();
    tx.run(sql!("UPDATE users SET disabled_at = NULL, failed_logins = 0, locked_until = NULL, version = version + 1, updated_at = ? WHERE id = ?", now, user.id))
        .await?;
    Ok(event(user.uid, "enabled", json!({"login": user.login})))
}

/// Sets a password (already checked and hashed), ends all sessions and lifts a lock.
///
/// # Errors
/// What the store says.
pub async fn set_password(tx: &mut Tx, user: &User, hash: &str, must_change: bool) -> Result<Event> {
    let now = Timestamp::now();
    tx.run(sql!(
        "UPDATE users SET password_hash = ?, password_changed_at = ?, must_change = ?, failed_logins = 0, locked_until = NULL, version = version + 1, updated_at = ? WHERE id = ?",
        hash, now, must_change, now, user.id
    ))
    .await?;
    tx.run(sql!("DELETE FROM sessions WHERE user_id = ?", user.id)).await?;
    Ok(event(user.uid, "password_changed", json!({"login": user.login, "must_change": must_change})))
}

/// Lets somebody in again who lost the password or the second factor: the password (already hashed) must be changed at
/// the next log-in, the second factor set up anew.
///
/// # Errors
/// What the store says.
pub async fn recover(tx: &mut Tx, user: &User, hash: &str) -> Result<Vec<Event>> {
    let mut done = vec![set_password(tx, user, hash, true).await?];
    if user.totp_secret.is_some() {
        forget_second_factor(tx, user).await?;
        done.push(event(user.uid, "second_factor_removed", json!({"login": user.login})));
    }
    Ok(done)
}

/// Removes a second factor.
///
/// # Errors
/// What the store says.
pub async fn forget_second_factor(tx: &mut Tx, user: &User) -> Result<()> {
    tx.run(sql!(
        "UPDATE users SET totp_secret = NULL, totp_confirmed_at = NULL, totp_last_step = NULL WHERE id = ?",
        user.id
    ))
    .await?;
    Ok(())
}

/// A user by public id.
///
/// # Errors
/// Not found, or what the store says.
pub async fn by_uid(tx: &mut Tx, uid: Uuid) -> Result<User> {
    let mut q = jinggai_db::Sql::new(SELECT, vec![]);
    q.push(" AND u.uid = ?", [uid.into()]);
    tx.opt(q).await?.ok_or_else(|| AppError::not_found("个用户", "user"))
}

/// User, login, name; role, unit and area of one grant.
type Holder = (i64, String, String, String, Option<i64>, Option<i64>);

/// Everybody who has a right today, with all that was granted to them.
///
/// # Errors
/// What the store says.
pub async fn holders(tx: &mut Tx, right: Permission) -> Result<Vec<Actor>> {
    let today = clock::today();
    let rows: Vec<Holder> = tx
        .all(sql!(
            "SELECT u.id, u.login, u.name, g.role, g.unit_id, g.area_id FROM users u JOIN grants g ON g.user_id = u.id WHERE u.disabled_at IS NULL AND (g.valid_from IS NULL OR g.valid_from <= ?) AND (g.valid_to IS NULL OR g.valid_to > ?) ORDER BY u.id, g.id",
            today,
            today
        ))
        .await?;
    let mut all: Vec<Actor> = vec![];
    for (id, login, name, role, unit_id, area_id) in rows {
        let Some(role) = Role::from_code(&role) else { continue };
        let grant = Grant { role, unit_id, area_id };
        match all.last_mut().filter(|a| a.user_id == Some(id)) {
            Some(actor) => actor.grants.push(grant),
            None => {
                let grants = vec![grant];
                all.push(Actor {
                    user_id: Some(id),
                    login,
                    name,
                    grants,
                    scopes: None,
                    origin: "directory".into(),
                });
            }
        }
    }
    all.retain(|a| a.may(right));
    Ok(all)
}

/// A user by login.
///
/// # Errors
/// What the store says.
pub async fn by_login(tx: &mut Tx, login: &str) -> Result<Option<User>> {
    let mut q = jinggai_db::Sql::new(SELECT, vec![]);
    q.push(" AND u.login = ?", [login.trim().to_lowercase().into()]);
    Ok(tx.opt(q).await?)
}
