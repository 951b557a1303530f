//! A small mixed district in which every figure of 附件1 is above zero, and a street that changes its district.
#![allow(dead_code, clippy::unwrap_used, reason = "shared by several test files; a failure names its line")]
use jiff::civil::{Date, date};
use jinggai::identity::{areas, units};
use jinggai::registry::draft::{NewResponsibility, NewWell};
use jinggai::registry::facts;
use jinggai::registry::ledger::{self, Created, Entry};
use jinggai_db::events::{self, Event, Who};
use jinggai_db::{Tx, sql};
use jinggai_rules::kinds::{
    Condition, CoverKind, Lifecycle, Material, Problem, ResponsibilityRole as Role, RoadManager,
};
use jinggai_test::TestApp;
use jinggai_test::drafts::well;
use uuid::Uuid;

/// The day on which all covers were entered.
pub const ENTERED: Date = date(2025, 3, 1);
/// The day on which 江北区 and parts of 渝北区 became 两江新区 (`data/areas`).
pub const MERGED: Date = date(2025, 11, 6);
/// Covers entered.
pub const COVERS: usize = 120;

/// The rows of the district.
pub struct District {
    /// An owner with covers of its own.
    pub owner: i64,
    /// A sub-unit of the owner.
    pub branch: i64,
    /// 华新街街道, by area.
    pub street: i64,
    /// What the wells became.
    pub wells: Vec<Created>,
}

async fn area(tx: &mut Tx, code: &str, name: &str, from: Option<Date>, to: Option<Date>) -> i64 {
    let input = areas::AreaInput {
        code: code.into(),
        name: name.into(),
        level: None,
        parent: None,
        valid_from: from,
        valid_to: to,
        geometry: None,
    };
    areas::create(tx, &input).await.unwrap().0
}

async fn unit(tx: &mut Tx, code: &str, name: &str, kind: &str, parent: Option<&str>) -> i64 {
    let input = serde_json::json!({"code": code, "name": name, "kinds": [kind], "parent": parent});
    let input: units::UnitInput = serde_json::from_value(input).unwrap();
    units::create(tx, &input).await.unwrap().0
}

struct Rows {
    streets: [Option<i64>; 5],
    territory: [Option<i64>; 3],
    owner: i64,
    branch: i64,
    department: i64,
}

async fn rows(tx: &mut Tx) -> Rows {
    area(tx, "500105", "江北区", None, Some(MERGED)).await;
    let huaxin = area(tx, "500105001", "华新街街道", None, None).await;
    let qiaobei = area(tx, "500105001001", "桥北社区", None, None).await;
    let district = areas::id_of(tx, "500105").await.unwrap();
    area(tx, "500112", "渝北区", None, None).await;
    let moved = area(tx, "500112002", "人和街道", None, None).await;
    let stayed = area(tx, "500112134", "大湾镇", None, None).await;
    area(tx, "500157", "两江新区", Some(MERGED), None).await;
    areas::succeed(tx, "500105", None, "500157", MERGED, "重庆市新闻发布会报道").await.unwrap();
    areas::succeed(tx, "500112", Some("500112002"), "500157", MERGED, "重庆市新闻发布会报道").await.unwrap();
    areas::renew_closure(tx).await.unwrap();
    let office = unit(tx, "hxj", "华新街街道办", "street", None).await;
    let station = unit(tx, "hxj-1", "华新街街道办市政所", "street", Some("hxj")).await;
    let owner = unit(tx, "psgs", "排水公司", "owner", None).await;
    let branch = unit(tx, "psgs-1", "排水公司一分公司", "owner", Some("psgs")).await;
    let department = unit(tx, "zjw", "区住房城乡建委", "department", None).await;
    let _ = (qiaobei, stayed);
    Rows {
        streets: [Some(huaxin), Some(qiaobei), Some(moved), district, None],
        territory: [Some(office), Some(station), None],
        owner,
        branch,
        department,
    }
}

fn role(role: Role, unit_id: i64, confirmed: bool) -> NewResponsibility {
    NewResponsibility { role, unit_id, confirmed, basis: None, valid_from: ENTERED }
}

/// The i-th well: every property has a period of its own, so that all sorts of mixtures occur.
fn draft(i: usize, r: &Rows) -> NewWell {
    let mut w = well(&format!("A-{i:03}"), 106.55 + 0.0001 * i as f64, 29.58);
    w.area_id = r.streets[i % 5];
    w.road = [Some("建新北路"), Some("北滨一路"), Some("=1+1|路"), None][i % 4].map(str::to_owned);
    w.address = i.is_multiple_of(3).then(|| format!("{i}号"));
    w.road_manager = [Some(RoadManager::Street), Some(RoadManager::CityManagement), None][i / 4 % 3];
    w.low_lying = i % 6 == 1;
    w.demo = i % 17 == 16;
    w.kind = CoverKind::ALL[i % 20];
    w.responsibilities.extend(r.territory[i % 3].map(|u| role(Role::Territorial, u, true)));
    match i % 7 {
        0..3 => w.responsibilities.push(role(Role::Owner, r.owner, true)),
        3 => w.responsibilities.push(role(Role::Owner, r.branch, true)),
        // Claimed only: not known yet.
        4 => w.responsibilities.push(role(Role::Owner, r.branch, false)),
        _ => {}
    }
    if i % 7 >= 5 {
        w.responsibilities.push(role(Role::Fallback, r.department, true));
    }
    if i.is_multiple_of(2) {
        w.responsibilities.push(role(Role::Supervisor, r.department, true));
        w.responsibilities.push(role(Role::Maintainer, r.branch, true));
    }
    let c = &mut w.covers[0];
    c.kind = CoverKind::ALL[i % 20];
    c.problem = Problem::ALL.get(i % 13).copied();
    c.condition = [Condition::Intact, Condition::Damaged, Condition::Lost, Condition::Abandoned][i / 3 % 4];
    c.lifecycle = match i % 11 {
        0 => Lifecycle::Planned,
        1 => Lifecycle::AbandonedPending,
        2 => Lifecycle::Abnormal,
        3 => Lifecycle::Filled,
        _ => Lifecycle::InUse,
    };
    c.material = [Some(Material::DuctileIron), Some(Material::Concrete), None][i % 3];
    c.expires_on = [Some(date(2020, 1, 1)), Some(date(2026, 6, 1)), Some(date(2050, 1, 1)), None][i / 2 % 4];
    c.has_sensor = i % 9 == 4;
    c.label = (i % 4 < 2).then(|| format!("牌-{i:03}"));
    if i % 8 == 7 {
        c.codes.clear();
    }
    w
}

/// Enters the district.
pub async fn enter(app: &TestApp) -> District {
    let mut tx = app.db().begin().await.unwrap();
    let r = rows(&mut tx).await;
    let drafts: Vec<NewWell> = (0..COVERS).map(|i| draft(i, &r)).collect();
    let entry = Entry { today: ENTERED, ..Entry::now(30, None) };
    let (wells, list) = ledger::create(&mut tx, &drafts, &entry).await.unwrap();
    for w in wells.iter().step_by(5) {
        guard(&mut tx, w.well_id).await;
    }
    let ids: Vec<i64> = wells.iter().map(|w| w.well_id).collect();
    facts::refresh(&mut tx, &ids, ENTERED).await.unwrap();
    events::append(&mut tx, &Who::system("test"), list).await.unwrap();
    tx.commit().await.unwrap();
    District { owner: r.owner, branch: r.branch, street: r.streets[0].unwrap(), wells }
}

async fn guard(tx: &mut Tx, well: i64) {
    let now = jiff::Timestamp::now();
    tx.run(sql!(
        "INSERT INTO fall_guards (uid, well_id, kind, quantity, version, created_at, updated_at) VALUES (?, ?, 'net', 1, 1, ?, ?)",
        Uuid::now_v7(), well, now, now
    ))
    .await
    .unwrap();
}

/// Moves a well to another road on a day, as a correction would.
pub async fn move_to(app: &TestApp, w: &Created, road: &str, on: Date) {
    let mut tx = app.db().begin().await.unwrap();
    tx.run(sql!("UPDATE wells SET road = ? WHERE id = ?", road, w.well_id)).await.unwrap();
    facts::refresh(&mut tx, &[w.well_id], on).await.unwrap();
    let event = Event {
        subject: "well",
        subject_uid: w.well_uid,
        well_id: Some(w.well_id),
        action: "corrected",
        before: None,
        after: None,
        reason: None,
    };
    events::append(&mut tx, &Who::system("test"), vec![event]).await.unwrap();
    tx.commit().await.unwrap();
}
