//! A small district whose cases run through the real flow at chosen moments, so that periods can be told apart.
#![allow(dead_code, clippy::unwrap_used, reason = "shared by several test files; a failure names its line")]
use jiff::Timestamp;
use jiff::civil::{Date, date};
use jinggai::cases::desk::By;
use jinggai::cases::findings::{self, FindingReport};
use jinggai::cases::moves::{self, MoveAsk};
use jinggai::cases::proofs;
use jinggai::cases::requests::{self, Decide, RequestAsk};
use jinggai::cases::rules::Rules;
use jinggai::identity::{Actor, Grant, Role, areas, units};
use jinggai::registry::draft::{NewResponsibility, NewWell};
use jinggai::registry::ledger::{self, Created, Entry};
use jinggai::registry::{attachments, facts};
use jinggai_db::events::{self, Event, Who};
use jinggai_db::{Tx, sql};
use jinggai_rules::hazards::Measured;
use jinggai_rules::kinds::{CoverKind, LoadClass, ResponsibilityRole as R};
use jinggai_test::TestApp;
use jinggai_test::drafts::well;
use std::sync::Arc;
use uuid::Uuid;

/// The day on which all covers were entered.
pub const ENTERED: Date = date(2026, 3, 1);

/// A well to enter: its number, owner, street and kind.
#[derive(Clone, Copy)]
pub struct Plan {
    pub code: &'static str,
    /// Code of the owner, if confirmed.
    pub owner: Option<&'static str>,
    pub fallback: Option<&'static str>,
    pub street: &'static str,
    pub kind: CoverKind,
    pub demo: bool,
}

/// An owned sewage well in the first street.
pub fn plan(code: &'static str, owner: &'static str) -> Plan {
    let (owner, street) = (Some(owner), "500105001");
    Plan { code, owner, fallback: None, street, kind: CoverKind::Sewage, demo: false }
}

/// Two streets, two owners, a fallback unit, and everybody who has to do with a case.
pub struct Town<'a> {
    pub app: &'a TestApp,
    pub rules: Arc<Rules>,
    /// Reports, files, dispatches, closes.
    pub operator: Actor,
    /// Handles for every unit.
    pub handler: Actor,
    pub inspector: Actor,
    pub leader: Actor,
    pub wells: Vec<Created>,
    photos: std::sync::atomic::AtomicU8,
}

/// A moment of the district: day of 2026, hour, minute.
pub fn at(day: Date, hour: i8, minute: i8) -> Timestamp {
    day.at(hour, minute, 0, 0).to_zoned_datetime(jinggai::clock::zone()).unwrap().timestamp()
}

async fn actor(tx: &mut Tx, name: &str, grants: &[(Role, Option<i64>, Option<i64>)]) -> Actor {
    let now = at(ENTERED, 8, 0);
    let (user,): (i64,) = tx
        .one(sql!(
            "INSERT INTO users (uid, login, name, password_hash, password_changed_at, must_change, failed_logins, demo, version, created_at, updated_at) VALUES (?, ?, ?, '!', ?, FALSE, 0, FALSE, 1, ?, ?) RETURNING id",
            Uuid::now_v7(), name, name, now, now, now
        ))
        .await
        .unwrap();
    for (role, unit_id, area_id) in grants {
        tx.run(sql!(
            "INSERT INTO grants (uid, user_id, role, unit_id, area_id, created_at) VALUES (?, ?, ?, ?, ?, ?)",
            Uuid::now_v7(),
            user,
            role.code(),
            *unit_id,
            *area_id,
            now
        ))
        .await
        .unwrap();
    }
    let grants = grants.iter().map(|(role, unit_id, area_id)| Grant {
        role: *role,
        unit_id: *unit_id,
        area_id: *area_id,
    });
    Actor {
        user_id: Some(user),
        login: name.into(),
        name: name.into(),
        grants: grants.collect(),
        scopes: None,
        origin: "test".into(),
    }
}

async fn unit(tx: &mut Tx, code: &str, name: &str, kind: &str) -> i64 {
    let input = serde_json::json!({"code": code, "name": name, "kinds": [kind]});
    let input: units::UnitInput = serde_json::from_value(input).unwrap();
    units::create(tx, &input).await.unwrap().0
}

async fn area(tx: &mut Tx, code: &str, name: &str) -> i64 {
    let input = areas::AreaInput {
        code: code.into(),
        name: name.into(),
        level: None,
        parent: None,
        valid_from: None,
        valid_to: None,
        geometry: None,
    };
    areas::create(tx, &input).await.unwrap().0
}

fn draft(i: usize, p: &Plan, of: impl Fn(&str) -> i64) -> NewWell {
    let mut w = well(p.code, 106.55 + 0.001 * i as f64, 29.58);
    w.kind = p.kind;
    w.demo = p.demo;
    w.area_id = (!p.street.is_empty()).then(|| of(p.street));
    let mut role = |role: R, code: Option<&'static str>| {
        w.responsibilities.extend(code.map(|c| NewResponsibility {
            role,
            unit_id: of(c),
            confirmed: true,
            basis: Some("测试".into()),
            valid_from: ENTERED,
        }));
    };
    role(R::Owner, p.owner);
    role(R::Fallback, p.fallback);
    let c = &mut w.covers[0];
    c.kind = p.kind;
    c.load_class = Some(LoadClass::D400);
    w
}

/// Enters the district with these wells.
pub async fn enter<'a>(app: &'a TestApp, plans: &[Plan]) -> Town<'a> {
    let mut tx = app.db().begin().await.unwrap();
    let district = area(&mut tx, "500105", "江北区").await;
    let ids = [
        ("500105001", area(&mut tx, "500105001", "华新街街道").await),
        ("500105003", area(&mut tx, "500105003", "观音桥街道").await),
        ("psgs", unit(&mut tx, "psgs", "排水公司", "owner").await),
        ("rqgs", unit(&mut tx, "rqgs", "燃气公司", "owner").await),
        ("szs", unit(&mut tx, "szs", "市政所", "street").await),
    ];
    areas::renew_closure(&mut tx).await.unwrap();
    let of = |code: &str| ids.iter().find(|(c, _)| *c == code).unwrap().1;
    let drafts: Vec<NewWell> = plans.iter().enumerate().map(|(i, p)| draft(i, p, of)).collect();
    let entry = Entry { today: ENTERED, ..Entry::now(30, None) };
    let (wells, list) = ledger::create(&mut tx, &drafts, &entry).await.unwrap();
    events::append(&mut tx, &Who::system("test"), list).await.unwrap();
    let every = [of("psgs"), of("rqgs"), of("szs")].map(|u| (Role::Owner, Some(u), None));
    let operator = actor(&mut tx, "operator", &[(Role::Operator, None, None)]).await;
    let handler = actor(&mut tx, "handler", &every).await;
    let inspector = actor(&mut tx, "inspector", &[(Role::Inspector, None, Some(district))]).await;
    let leader = actor(&mut tx, "leader", &[(Role::Leader, None, None)]).await;
    let rules = Rules::today(&app.app, &mut tx).await.unwrap();
    tx.commit().await.unwrap();
    Town { app, rules, operator, handler, inspector, leader, wells, photos: 0.into() }
}

impl Town<'_> {
    fn by<'b>(&'b self, actor: &'b Actor, now: Timestamp) -> By<'b> {
        By { actor, now, rules: &self.rules }
    }

    /// Reports about a well in somebody's words; gives the finding.
    pub async fn report(&self, now: Timestamp, i: usize, text: &str, source: &str) -> Uuid {
        let mut tx = self.app.db().begin().await.unwrap();
        let r = FindingReport {
            source: Some(source.into()),
            text: text.into(),
            well: Some(self.wells[i].well_uid),
            observed_at: Some(now),
            ..FindingReport::default()
        };
        let (f, new) = findings::report(&mut tx, &self.by(&self.operator, now), r).await.unwrap();
        assert!(new);
        tx.commit().await.unwrap();
        f.uid
    }

    /// Moves a finding; gives the case it belongs to then.
    pub async fn decide(&self, now: Timestamp, uid: Uuid, ask: MoveAsk) -> Option<Uuid> {
        let mut tx = self.app.db().begin().await.unwrap();
        let (version,): (i64,) =
            tx.one(sql!("SELECT version FROM findings WHERE uid = ?", uid)).await.unwrap();
        let ask = MoveAsk { version, ..ask };
        let moved =
            findings::advance(&mut tx, &self.app.app, &self.by(&self.operator, now), uid, ask).await.unwrap();
        tx.commit().await.unwrap();
        moved.case.map(|c| c.uid)
    }

    /// Reports and files at once, an hour later; gives the case. The hazard is what the words say.
    pub async fn file(&self, now: Timestamp, i: usize, text: &str, code: &str, source: &str) -> Uuid {
        let f = self.report(now, i, text, source).await;
        let (read,): (Option<String>,) =
            self.app.db().one(sql!("SELECT hazard FROM findings WHERE uid = ?", f)).await.unwrap();
        assert_eq!(read.as_deref(), Some(code), "{text}");
        let ask =
            MoveAsk { action: "file".into(), reason: Some("情况紧急".into()), ..MoveAsk::default() };
        self.decide(now, f, ask).await.unwrap()
    }

    /// Moves a case.
    pub async fn go(&self, now: Timestamp, actor: &Actor, uid: Uuid, action: &str, ask: MoveAsk) {
        let mut tx = self.app.db().begin().await.unwrap();
        let (version,): (i64,) = tx.one(sql!("SELECT version FROM cases WHERE uid = ?", uid)).await.unwrap();
        let ask = MoveAsk { action: action.into(), version, ..ask };
        moves::advance(&mut tx, &self.app.app, &self.by(actor, now), uid, &ask)
            .await
            .unwrap_or_else(|e| panic!("{action}: {e}"));
        tx.commit().await.unwrap();
    }

    /// Moves a case with a reason.
    pub async fn because(&self, now: Timestamp, actor: &Actor, uid: Uuid, action: &str) {
        self.go(now, actor, uid, action, MoveAsk { reason: Some("测试".into()), ..MoveAsk::default() }).await;
    }

    /// Adds a photo, each another picture.
    pub async fn photo(&self, now: Timestamp, actor: &Actor, uid: Uuid, purpose: &str) {
        let n = self.photos.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let mut out = std::io::Cursor::new(vec![]);
        image::RgbImage::from_fn(32, 24, |x, y| image::Rgb([(x * 8) as u8, (y * 8) as u8, n]))
            .write_to(&mut out, image::ImageFormat::Png)
            .unwrap();
        let up = attachments::receive(&self.app.app, "a.png", out.into_inner()).await.unwrap();
        let mut tx = self.app.db().begin().await.unwrap();
        let about = proofs::About { subject: "case", uid, purpose, title: None, item: None };
        proofs::add(&mut tx, &self.by(actor, now), about, &up).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Dispatches as the responsibilities suggest, and the unit accepts.
    pub async fn give(&self, now: Timestamp, uid: Uuid) {
        self.go(now, &self.operator, uid, "dispatch", MoveAsk::default()).await;
        self.go(now, &self.handler, uid, "accept", MoveAsk::default()).await;
    }

    /// The unit does its work.
    pub async fn finish(&self, now: Timestamp, uid: Uuid, treatment: &str) {
        self.photo(now, &self.handler, uid, "after").await;
        let ask = MoveAsk { treatment: Some(treatment.into()), ..MoveAsk::default() };
        self.go(now, &self.handler, uid, "finish", ask).await;
    }

    /// Somebody else looks and finds it good.
    pub async fn check(&self, now: Timestamp, uid: Uuid, measured: Option<Measured>) {
        self.go(now, &self.operator, uid, "send_to_check", MoveAsk::default()).await;
        self.photo(now, &self.inspector, uid, "check").await;
        self.go(now, &self.inspector, uid, "pass", MoveAsk { measured, ..MoveAsk::default() }).await;
    }

    /// Checked and closed.
    pub async fn close(&self, now: Timestamp, uid: Uuid, measured: Option<Measured>) {
        self.check(now, uid, measured).await;
        self.go(now, &self.operator, uid, "close", MoveAsk::default()).await;
    }

    /// The whole way from dispatch to closure in one moment.
    pub async fn fix(&self, now: Timestamp, uid: Uuid, treatment: &str, measured: Option<Measured>) {
        self.give(now, uid).await;
        self.finish(now, uid, treatment).await;
        self.close(now, uid, measured).await;
    }

    /// Done and closed in one moment, after the dispatch.
    pub async fn fix_later(&self, now: Timestamp, uid: Uuid) {
        self.finish(now, uid, "repair").await;
        self.close(now, uid, None).await;
    }

    /// Asks for something and has it granted by both desks.
    pub async fn granted(&self, now: Timestamp, uid: Uuid, kind: &str) {
        let ask = RequestAsk { kind: kind.into(), reason: "备件未到".into(), until: None };
        let mut tx = self.app.db().begin().await.unwrap();
        let r = requests::ask(&mut tx, &self.by(&self.handler, now), uid, ask).await.unwrap();
        for actor in [&self.leader, &self.operator] {
            let d = Decide { approve: true, note: None };
            requests::decide(&mut tx, &self.by(actor, now), r.uid, d).await.unwrap();
        }
        tx.commit().await.unwrap();
    }

    /// Changes the ledger of a well on a day.
    pub async fn ledger(&self, on: Date, i: usize, statement: &str) {
        let mut tx = self.app.db().begin().await.unwrap();
        let id = self.wells[i].well_id;
        tx.run(jinggai_db::Sql::new(statement, vec![id.into()])).await.unwrap();
        facts::refresh(&mut tx, &[id], on).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// A well filled in as R10 says: approved, filled, its numbers retired.
    pub async fn fill_in(&self, on: Date, i: usize) {
        let id = self.wells[i].well_id;
        let mut tx = self.app.db().begin().await.unwrap();
        tx.run(sql!("UPDATE codes SET state = 'retired', retired_at = ? WHERE cover_id IN (SELECT id FROM covers WHERE well_id = ?)", at(on, 9, 0), id)).await.unwrap();
        let (uid,): (Uuid,) = tx.one(sql!("SELECT uid FROM covers WHERE well_id = ?", id)).await.unwrap();
        let approved = Event {
            subject: "cover",
            subject_uid: uid,
            well_id: Some(id),
            action: "abandonment_approved",
            before: None,
            after: None,
            reason: None,
        };
        events::append(&mut tx, &Who::system("test"), vec![approved]).await.unwrap();
        tx.commit().await.unwrap();
        self.ledger(on, i, "UPDATE covers SET lifecycle = 'filled' WHERE well_id = ?").await;
    }

    /// A tested fall guard in a well.
    pub async fn guard(&self, on: Date, i: usize) {
        let mut tx = self.app.db().begin().await.unwrap();
        let now = at(on, 9, 0);
        tx.run(sql!(
            "INSERT INTO fall_guards (uid, well_id, kind, quantity, tested_load_kg, version, created_at, updated_at) VALUES (?, ?, 'net', 2, 300, 1, ?, ?)",
            Uuid::now_v7(),
            self.wells[i].well_id,
            now,
            now
        ))
        .await
        .unwrap();
        facts::refresh(&mut tx, &[self.wells[i].well_id], on).await.unwrap();
        tx.commit().await.unwrap();
    }
}
