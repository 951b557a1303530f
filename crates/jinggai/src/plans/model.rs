//! Plans as rows.
use crate::error::{AppError, Result};
use jiff::Timestamp;
use jiff::civil::Date;
use jinggai_db::{Sql, row};
use jinggai_rules::plan_flow::PlanState;
use uuid::Uuid;

row! {
    /// 计划 as stored, with how far it has come.
    #[derive(Clone, Debug)]
    pub struct PlanRow {
        /// Row.
        pub id: i64,
        /// Public id.
        pub uid: Uuid,
        /// 计划编号.
        pub number: String,
        /// `rectification` (限期整改) or `renewal` (更新改造).
        pub kind: String,
        /// Title.
        pub title: String,
        /// 制定单位 row.
        pub unit_id: i64,
        /// 制定单位 code.
        pub unit: String,
        /// 制定单位.
        pub unit_name: String,
        /// State as stored: never `done`, see [`PlanRow::state`].
        pub state: String,
        /// 责任人.
        pub person: String,
        /// Telephone.
        pub phone: Option<String>,
        /// Begins.
        pub starts_on: Date,
        /// Ends.
        pub due_on: Date,
        /// Money set aside for all of it, cents.
        pub money_cents: i64,
        /// 备注.
        pub note: Option<String>,
        /// Who made it.
        pub made_by: Option<i64>,
        /// Who made it.
        pub made_name: Option<String>,
        /// Who submitted it last.
        pub submitted_by: Option<i64>,
        /// When it was submitted last.
        pub submitted_at: Option<Timestamp>,
        /// Who approved it.
        pub approved_name: Option<String>,
        /// When it was approved.
        pub approved_at: Option<Timestamp>,
        /// Counts changes.
        pub version: i64,
        /// Made at.
        pub created_at: Timestamp,
        /// Changed at.
        pub updated_at: Timestamp,
        /// Hazards or covers in it.
        pub items: i64,
        /// Of these: closed or replaced.
        pub done: i64,
        /// Of these: treated and waiting to be checked.
        pub treated: i64,
        /// Of these: past their day and not done.
        pub overdue: i64,
        /// Money of its items, cents.
        pub items_cents: i64,
        /// The next day by which something must be done.
        pub next_on: Option<Date>,
    }
}

impl PlanRow {
    /// The state as a value: an approved plan of which all is done is done.
    ///
    /// # Errors
    /// When the stored code is not one of this program.
    pub fn state(&self) -> Result<PlanState> {
        match PlanState::from_code(&self.state) {
            Some(PlanState::Approved) if self.items > 0 && self.items == self.done => Ok(PlanState::Done),
            Some(state) => Ok(state),
            None => Err(AppError::internal(anyhow::anyhow!("a plan is in the state {}", self.state))),
        }
    }

    /// Is it a plan of covers by year?
    #[must_use]
    pub fn is_renewal(&self) -> bool {
        self.kind == RENEWAL
    }
}

/// The kind of a plan that clears hazards by their day.
pub const RECTIFICATION: &str = "rectification";
/// The kind of a plan that replaces covers by year.
pub const RENEWAL: &str = "renewal";

const HAZARDS: &str = "FROM hazards h WHERE h.plan_id = p.id";
const COVERS: &str = "FROM renewal_items ri JOIN covers rc ON rc.id = ri.cover_id WHERE ri.plan_id = p.id AND ri.released_at IS NULL";
/// A cover of a renewal plan that is gone: it was replaced.
const GONE: &str = "rc.lifecycle IN ('filled', 'removed', 'archived')";
const TABLES: &str = "FROM plans p JOIN units u ON u.id = p.unit_id LEFT JOIN users mu ON mu.id = p.made_by LEFT JOIN users au ON au.id = p.approved_by";

/// The condition under which an item of `plans p` is overdue on a day.
pub fn overdue(q: &mut Sql, today: Date) {
    q.push(
        &format!(
            "(EXISTS (SELECT 1 {HAZARDS} AND h.closed_at IS NULL AND h.planned_on < ?) OR EXISTS (SELECT 1 {COVERS} AND NOT {GONE} AND ri.year < ?))"
        ),
        [today.into(), i64::from(today.year()).into()],
    );
}

/// The condition under which something of `plans p` is not done yet.
#[must_use]
pub fn undone() -> String {
    format!(
        "(EXISTS (SELECT 1 {HAZARDS} AND h.closed_at IS NULL) OR EXISTS (SELECT 1 {COVERS} AND NOT {GONE}))"
    )
}

/// The condition under which `plans p` has anything in it.
#[must_use]
pub fn filled() -> String {
    format!("(EXISTS (SELECT 1 {HAZARDS}) OR EXISTS (SELECT 1 {COVERS}))")
}

/// `SELECT … FROM plans p … WHERE `, as of a day.
#[must_use]
pub fn select(today: Date) -> Sql {
    let mut q = Sql::new(
        "SELECT p.id, p.uid, p.number, p.kind, p.title, p.unit_id, u.code, u.name, p.state, p.person, p.phone, p.starts_on, p.due_on, p.money_cents, p.note, p.made_by, mu.name, p.submitted_by, p.submitted_at, au.name, p.approved_at, p.version, p.created_at, p.updated_at",
        vec![],
    );
    let (day, year) = (today, i64::from(today.year()));
    q.push(&format!(", (SELECT count(*) {HAZARDS}) + (SELECT count(*) {COVERS})"), []);
    q.push(
        &format!(
            ", (SELECT count(*) {HAZARDS} AND h.closed_at IS NOT NULL) + (SELECT count(*) {COVERS} AND {GONE})"
        ),
        [],
    );
    q.push(
        &format!(", (SELECT count(*) {HAZARDS} AND h.closed_at IS NULL AND h.treated_at IS NOT NULL)"),
        [],
    );
    q.push(
        &format!(
            ", (SELECT count(*) {HAZARDS} AND h.closed_at IS NULL AND h.planned_on < ?) + (SELECT count(*) {COVERS} AND NOT {GONE} AND ri.year < ?)"
        ),
        [day.into(), year.into()],
    );
    q.push(
        &format!(
            ", CAST((SELECT COALESCE(sum(h.money_cents), 0) {HAZARDS}) + (SELECT COALESCE(sum(ri.cost_cents), 0) {COVERS}) AS BIGINT)"
        ),
        [],
    );
    q.push(&format!(", (SELECT min(h.planned_on) {HAZARDS} AND h.closed_at IS NULL) {TABLES} WHERE "), []);
    q
}
