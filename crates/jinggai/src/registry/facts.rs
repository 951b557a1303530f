//! 台账时点: what the ledger says of each cover, kept with its days.
//!
//! One narrow row per cover and stretch of days. Lists, figures, exports and tiles read only this table, so they
//! agree with each other, and a report can be drawn as of any past day. A new cover's row is computed from its
//! draft; every later change calls [`refresh`], which asks the base tables. A test proves that the two agree.
use super::draft::{NewCover, NewWell};
use crate::error::Result;
use jiff::civil::Date;
use jinggai_db::{Sql, Tx, Value, row, sql};
use jinggai_geo::cell_of;
use jinggai_rules::kinds::{LoadClass, Material, Place, Problem, ResponsibilityRole as R, RoadManager};
use std::collections::HashMap;

/// The columns of `cover_facts` that [`Facts::values`] fills, in order.
const COLUMNS: [&str; 32] = [
    "cover_id",
    "well_id",
    "kind",
    "lifecycle",
    "condition",
    "problem",
    "area_id",
    "road",
    "road_manager",
    "place",
    "material",
    "load_class",
    "expires_on",
    "owner_id",
    "owner_confirmed",
    "maintainer_id",
    "supervisor_id",
    "territorial_id",
    "fallback_id",
    "code",
    "labelled",
    "low_lying",
    "guarded",
    "has_sensor",
    "crowded",
    "located",
    "cell",
    "demo",
    "coded",
    "archived",
    "from_day",
    "to_day",
];

/// What the base tables say now, in the order of [`Facts`].
const CURRENT: &str = include_str!("sql/facts_current.sql");

row! {
    /// What the ledger says of one cover.
    #[derive(Clone, Debug, PartialEq)]
    pub struct Facts {
        /// The cover.
        pub cover_id: i64,
        /// Its well.
        pub well_id: i64,
        /// 井盖类型.
        pub kind: String,
        /// Stage of life.
        pub lifecycle: String,
        /// 部件状态.
        pub condition: String,
        /// 主要问题.
        pub problem: Option<String>,
        /// 区域.
        pub area_id: Option<i64>,
        /// 道路.
        pub road: Option<String>,
        /// 道路管理责任.
        pub road_manager: Option<String>,
        /// 设置位置.
        pub place: Option<String>,
        /// 材质.
        pub material: Option<String>,
        /// 承载等级.
        pub load_class: Option<String>,
        /// 到期日.
        pub expires_on: Option<Date>,
        /// 权属单位.
        pub owner_id: Option<i64>,
        /// 权属已确认.
        pub owner_confirmed: bool,
        /// 管养单位.
        pub maintainer_id: Option<i64>,
        /// 行业主管.
        pub supervisor_id: Option<i64>,
        /// 属地.
        pub territorial_id: Option<i64>,
        /// 兜底.
        pub fallback_id: Option<i64>,
        /// The number shown.
        pub code: Option<String>,
        /// 已设标识.
        pub labelled: bool,
        /// 低洼易涝.
        pub low_lying: bool,
        /// 已装防坠.
        pub guarded: bool,
        /// 已装智能监测.
        pub has_sensor: bool,
        /// 人员密集.
        pub crowded: bool,
        /// Has a road or an address.
        pub located: bool,
        /// Map cell of its place.
        pub cell: i64,
        /// 演示.
        pub demo: bool,
    }
}

impl Facts {
    /// 已编号.
    #[must_use]
    pub fn coded(&self) -> bool {
        self.code.is_some()
    }

    /// 已建档: the archive is complete when it has a number, a road or address, an area, and an owner or fallback
    /// unit (`domain.md` 2.2 建档率; the list of fields is \[I\]).
    #[must_use]
    pub fn archived(&self) -> bool {
        self.coded()
            && self.located
            && self.area_id.is_some()
            && (self.owner_id.is_some() || self.fallback_id.is_some())
    }

    /// The facts of a new cover, straight from its draft.
    #[must_use]
    pub fn of_draft(well: &NewWell, cover: &NewCover, well_id: i64, cover_id: i64) -> Facts {
        let unit = |role| well.unit(role).map(|r| r.unit_id);
        Facts {
            cover_id,
            well_id,
            kind: cover.kind.code().to_owned(),
            lifecycle: cover.lifecycle.code().to_owned(),
            condition: cover.condition.code().to_owned(),
            problem: cover.problem.map(|p| Problem::code(p).to_owned()),
            area_id: well.area_id,
            road: well.road.clone(),
            road_manager: well.road_manager.map(|m| RoadManager::code(m).to_owned()),
            place: well.place.map(|p| Place::code(p).to_owned()),
            material: cover.material.map(|m| Material::code(m).to_owned()),
            load_class: cover.load_class.map(|c| LoadClass::code(c).to_owned()),
            expires_on: cover.expires_on,
            owner_id: unit(R::Owner),
            owner_confirmed: well.unit(R::Owner).is_some_and(|r| r.confirmed),
            maintainer_id: unit(R::Maintainer),
            supervisor_id: unit(R::Supervisor),
            territorial_id: unit(R::Territorial),
            fallback_id: unit(R::Fallback),
            code: cover.codes.iter().find(|c| !c.alias).map(|c| c.code.clone()),
            labelled: cover.label.is_some(),
            low_lying: well.low_lying,
            guarded: false,
            has_sensor: cover.has_sensor,
            crowded: well.crowded,
            located: well.road.is_some() || well.address.is_some(),
            cell: cell_of(well.at),
            demo: well.demo,
        }
    }

    fn values(self, from: Date) -> Vec<Value> {
        let (coded, archived) = (self.coded(), self.archived());
        vec![
            self.cover_id.into(),
            self.well_id.into(),
            self.kind.into(),
            self.lifecycle.into(),
            self.condition.into(),
            self.problem.into(),
            self.area_id.into(),
            self.road.into(),
            self.road_manager.into(),
            self.place.into(),
            self.material.into(),
            self.load_class.into(),
            self.expires_on.into(),
            self.owner_id.into(),
            self.owner_confirmed.into(),
            self.maintainer_id.into(),
            self.supervisor_id.into(),
            self.territorial_id.into(),
            self.fallback_id.into(),
            self.code.into(),
            self.labelled.into(),
            self.low_lying.into(),
            self.guarded.into(),
            self.has_sensor.into(),
            self.crowded.into(),
            self.located.into(),
            self.cell.into(),
            self.demo.into(),
            coded.into(),
            archived.into(),
            from.into(),
            Value::Null,
        ]
    }
}

/// Opens facts that hold from `day` on.
///
/// # Errors
/// What the store says.
pub async fn open(tx: &mut Tx, facts: Vec<Facts>, day: Date) -> Result<()> {
    tx.bulk("cover_facts", &COLUMNS, facts.into_iter().map(|f| f.values(day)).collect()).await?;
    Ok(())
}

/// Brings the facts of these wells' covers up to date: closes those that no longer hold, opens new ones.
///
/// A second change within a day replaces the day's row, so that each day has one final state.
///
/// # Errors
/// What the store says.
pub async fn refresh(tx: &mut Tx, well_ids: &[i64], today: Date) -> Result<()> {
    for chunk in well_ids.chunks(256) {
        let mut q = Sql::new(CURRENT, vec![]);
        q.and_in("c.well_id", chunk);
        let now: Vec<Facts> = tx.all(q).await?;
        let before = stored(tx, chunk).await?;
        let changed: Vec<Facts> = now.into_iter().filter(|f| before.get(&f.cover_id) != Some(f)).collect();
        close(tx, &changed, today).await?;
        open(tx, changed, today).await?;
    }
    Ok(())
}

/// The open facts of these wells' covers.
async fn stored(tx: &mut Tx, well_ids: &[i64]) -> Result<HashMap<i64, Facts>> {
    let mut q = Sql::new(
        &format!("SELECT {} FROM cover_facts WHERE to_day IS NULL", COLUMNS[..28].join(", ")),
        vec![],
    );
    q.and_in("well_id", well_ids);
    let rows: Vec<Facts> = tx.all(q).await?;
    Ok(rows.into_iter().map(|f| (f.cover_id, f)).collect())
}

async fn close(tx: &mut Tx, changed: &[Facts], today: Date) -> Result<()> {
    for f in changed {
        tx.run(sql!(
            "DELETE FROM cover_facts WHERE cover_id = ? AND to_day IS NULL AND from_day = ?",
            f.cover_id,
            today
        ))
        .await?;
        tx.run(sql!(
            "UPDATE cover_facts SET to_day = ? WHERE cover_id = ? AND to_day IS NULL",
            today,
            f.cover_id
        ))
        .await?;
    }
    Ok(())
}
