//! A small district to test in: one street, one owner, one user per role.
use crate::{Client, TestApp};
use jiff::{SignedDuration, Timestamp};
use jinggai::identity::{Role, sessions};
use jinggai_db::{Tx, sql};
use uuid::Uuid;

/// The district of the tests and its rows.
#[derive(Clone, Copy, Debug)]
pub struct Seed {
    /// 江北区.
    pub district: i64,
    /// 华新街街道.
    pub street: i64,
    /// An owner.
    pub owner: i64,
    /// An industry department.
    pub department: i64,
}

async fn area(tx: &mut Tx, code: &str, name: &str, level: &str, parent: Option<i64>) -> i64 {
    let now = Timestamp::now();
    let (id,): (i64,) = tx
        .one(sql!(
            "INSERT INTO areas (uid, code, name, level, parent_id, version, created_at, updated_at) VALUES (?, ?, ?, ?, ?, 1, ?, ?) RETURNING id",
            Uuid::now_v7(), code, name, level, parent, now, now
        ))
        .await
        .expect("an area can be entered");
    for ancestor in [Some(id), parent].into_iter().flatten() {
        tx.run(sql!("INSERT INTO area_closure (ancestor_id, area_id) VALUES (?, ?)", ancestor, id))
            .await
            .expect("the closure can be entered");
    }
    id
}

async fn unit(tx: &mut Tx, code: &str, name: &str, kind: &str) -> i64 {
    let now = Timestamp::now();
    let (id,): (i64,) = tx
        .one(sql!(
            "INSERT INTO units (uid, code, name, demo, version, created_at, updated_at) VALUES (?, ?, ?, FALSE, 1, ?, ?) RETURNING id",
            Uuid::now_v7(), code, name, now, now
        ))
        .await
        .expect("a unit can be entered");
    tx.run(sql!("INSERT INTO unit_kinds (unit_id, kind) VALUES (?, ?)", id, kind))
        .await
        .expect("a kind can be entered");
    tx.run(sql!("INSERT INTO unit_closure (ancestor_id, unit_id) VALUES (?, ?)", id, id))
        .await
        .expect("the closure can be entered");
    id
}

impl TestApp {
    /// Enters the small district.
    ///
    /// # Panics
    /// When the store refuses.
    pub async fn seed(&self) -> Seed {
        let mut tx = self.db().begin().await.expect("a transaction begins");
        let district = area(&mut tx, "500105", "江北区", "district", None).await;
        let street = area(&mut tx, "500105001", "华新街街道", "street", Some(district)).await;
        let owner = unit(&mut tx, "test-owner", "测试排水公司", "owner").await;
        let department = unit(&mut tx, "test-department", "测试住建委", "department").await;
        tx.commit().await.expect("the seed is kept");
        Seed { district, street, owner, department }
    }

    /// Logs in as a fresh user of this role, bounded to the unit and area given.
    ///
    /// # Panics
    /// When the store refuses.
    pub async fn login(&self, role: Role, unit_id: Option<i64>, area_id: Option<i64>) -> Client {
        let now = Timestamp::now();
        let mut tx = self.db().begin().await.expect("a transaction begins");
        let login = format!("{}-{}", role.code(), Uuid::now_v7().simple());
        let (user,): (i64,) = tx
            .one(sql!(
                "INSERT INTO users (uid, login, name, unit_id, password_hash, password_changed_at, must_change, failed_logins, demo, version, created_at, updated_at) VALUES (?, ?, ?, ?, '!', ?, FALSE, 0, FALSE, 1, ?, ?) RETURNING id",
                Uuid::now_v7(), &login, role.zh(), unit_id, now, now, now
            ))
            .await
            .expect("a user can be entered");
        tx.run(sql!(
            "INSERT INTO grants (uid, user_id, role, unit_id, area_id, created_at) VALUES (?, ?, ?, ?, ?, ?)",
            Uuid::now_v7(),
            user,
            role.code(),
            unit_id,
            area_id,
            now
        ))
        .await
        .expect("a grant can be entered");
        let secret = sessions::new_secret().expect("the system has randomness");
        tx.run(sql!(
            "INSERT INTO sessions (secret_digest, user_id, created_at, expires_at, seen_at, origin) VALUES (?, ?, ?, ?, ?, 'test')",
            jinggai::files::digest(secret.as_bytes()), user, now, now + SignedDuration::from_hours(1), now
        ))
        .await
        .expect("a session can be entered");
        tx.commit().await.expect("the login is kept");
        self.anonymous().with_secret(secret)
    }

    /// Logs in as an administrator.
    pub async fn as_admin(&self) -> Client {
        self.login(Role::Admin, None, None).await
    }
}
