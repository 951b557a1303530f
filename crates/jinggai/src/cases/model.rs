//! Findings, cases and hazards as rows.
use jiff::Timestamp;
use jiff::civil::Date;
use jinggai_db::row;
use jinggai_rules::workflow::CaseState;
use serde_json::Value as Json;
use uuid::Uuid;

row! {
    /// 上报 as stored.
    #[derive(Clone, Debug)]
    pub struct FindingRow {
        /// Row.
        pub id: i64,
        /// Public id.
        pub uid: Uuid,
        /// Number told to the reporter.
        pub number: String,
        /// Source, a code of [`super::rules::Source`].
        pub source: String,
        /// The source's own number.
        pub source_number: Option<String>,
        /// State.
        pub state: String,
        /// Catalogue code that the reporter or the desk chose.
        pub hazard: Option<String>,
        /// What was measured.
        pub measured: Json,
        /// In the reporter's words.
        pub text: String,
        /// What the platform reads out of the words.
        pub reading: Json,
        /// Its well.
        pub well_id: Option<i64>,
        /// Public id of its well.
        pub well_uid: Option<Uuid>,
        /// Its cover.
        pub cover_id: Option<i64>,
        /// Public id of its cover.
        pub cover_uid: Option<Uuid>,
        /// Kind of cover, as far as known.
        pub kind: Option<String>,
        /// 区域 row.
        pub area_id: Option<i64>,
        /// 区域 name.
        pub area_name: Option<String>,
        /// CGCS2000 degrees.
        pub lng: Option<f64>,
        /// CGCS2000 degrees.
        pub lat: Option<f64>,
        /// Address in words.
        pub address: Option<String>,
        /// Who reported; shown to the reception desk only.
        pub reporter_name: Option<String>,
        /// Their telephone; shown to the reception desk only.
        pub reporter_phone: Option<String>,
        /// User who entered it.
        pub reporter_id: Option<i64>,
        /// Who looks on site.
        pub verifier_id: Option<i64>,
        /// Name of who looks on site.
        pub verifier_name: Option<String>,
        /// Its case.
        pub case_id: Option<i64>,
        /// Public id of its case.
        pub case_uid: Option<Uuid>,
        /// Number of its case.
        pub case_number: Option<String>,
        /// How it ended or what was found.
        pub outcome: Option<String>,
        /// Seen at.
        pub observed_at: Timestamp,
        /// Received at.
        pub received_at: Timestamp,
        /// Ended at.
        pub ended_at: Option<Timestamp>,
        /// 演示.
        pub demo: bool,
        /// Counts changes.
        pub version: i64,
    }
}

/// The columns of [`FindingRow`], from [`FINDING_TABLES`].
pub const FINDING_COLUMNS: &str = "d.id, d.uid, d.number, d.source, d.source_number, d.state, d.hazard, d.measured, d.text, d.reading, d.well_id, w.uid, d.cover_id, c.uid, d.kind, d.area_id, a.name, d.lng, d.lat, d.address, d.reporter_name, d.reporter_phone, d.reporter_id, d.verifier_id, v.name, d.case_id, s.uid, s.number, d.outcome, d.observed_at, d.received_at, d.ended_at, d.demo, d.version";
/// `findings d` with all that its columns need.
pub const FINDING_TABLES: &str = "findings d LEFT JOIN wells w ON w.id = d.well_id LEFT JOIN covers c ON c.id = d.cover_id LEFT JOIN areas a ON a.id = d.area_id LEFT JOIN users v ON v.id = d.verifier_id LEFT JOIN cases s ON s.id = d.case_id";

row! {
    /// 案卷 as stored.
    #[derive(Clone, Debug)]
    pub struct CaseRow {
        /// Row.
        pub id: i64,
        /// Public id.
        pub uid: Uuid,
        /// 案卷编号.
        pub number: String,
        /// State.
        pub state: String,
        /// Source of its first finding.
        pub source: String,
        /// Main catalogue code.
        pub hazard: String,
        /// 等级.
        pub level: String,
        /// Title.
        pub title: String,
        /// Description.
        pub text: String,
        /// 立案标准 as it was.
        pub standard: String,
        /// 结案条件 as it was.
        pub closing: String,
        /// Parent case.
        pub parent_id: Option<i64>,
        /// Its well.
        pub well_id: Option<i64>,
        /// Public id of its well.
        pub well_uid: Option<Uuid>,
        /// Its cover.
        pub cover_id: Option<i64>,
        /// Public id of its cover.
        pub cover_uid: Option<Uuid>,
        /// Kind of cover.
        pub kind: Option<String>,
        /// 区域 row.
        pub area_id: Option<i64>,
        /// 区域 name.
        pub area_name: Option<String>,
        /// CGCS2000 degrees.
        pub lng: Option<f64>,
        /// CGCS2000 degrees.
        pub lat: Option<f64>,
        /// Address in words.
        pub address: Option<String>,
        /// 立案.
        pub filed_at: Timestamp,
        /// Last dispatched.
        pub dispatched_at: Option<Timestamp>,
        /// Last handled.
        pub handled_at: Option<Timestamp>,
        /// Who handled it last.
        pub handled_by: Option<i64>,
        /// 处置措施.
        pub treatment: Option<String>,
        /// What was measured at the check, else after the work.
        pub measured: Json,
        /// Drawn checker.
        pub checker_id: Option<i64>,
        /// Name of the drawn checker.
        pub checker_name: Option<String>,
        /// Passed the check.
        pub checked_at: Option<Timestamp>,
        /// Closed.
        pub closed_at: Option<Timestamp>,
        /// Why it was cancelled, returned or closed.
        pub ended_reason: Option<String>,
        /// Deadline of the running stage.
        pub due_at: Option<Timestamp>,
        /// The running stage.
        pub due_stage: Option<String>,
        /// Deadline of the whole.
        pub total_due_at: Option<Timestamp>,
        /// A deadline rests on a year whose calendar is not published.
        pub provisional: bool,
        /// Times returned.
        pub returns: i64,
        /// Times reworked.
        pub reworks: i64,
        /// Extensions granted.
        pub extensions: i64,
        /// Suspensions granted.
        pub suspensions: i64,
        /// Suspended until.
        pub suspended_until: Option<Timestamp>,
        /// State after the suspension.
        pub resumes_to: Option<String>,
        /// Times urged (督办).
        pub urged: i64,
        /// Left out of overdue figures after a granted appeal; the raw fact stays.
        pub exempted: bool,
        /// 演示.
        pub demo: bool,
        /// Counts changes.
        pub version: i64,
        /// Lead unit now.
        pub lead_unit: Option<String>,
    }
}

impl CaseRow {
    /// The state as a value.
    ///
    /// # Errors
    /// When the stored code is not one of this program.
    pub fn state(&self) -> crate::error::Result<CaseState> {
        state(&self.state)
    }
}

impl FindingRow {
    /// The state as a value.
    ///
    /// # Errors
    /// When the stored code is not one of this program.
    pub fn state(&self) -> crate::error::Result<CaseState> {
        state(&self.state)
    }
}

fn state(code: &str) -> crate::error::Result<CaseState> {
    CaseState::from_code(code)
        .ok_or_else(|| crate::error::AppError::internal(anyhow::anyhow!("a record is in the state {code}")))
}

/// The columns of [`CaseRow`], from [`CASE_TABLES`].
pub const CASE_COLUMNS: &str = "k.id, k.uid, k.number, k.state, k.source, k.hazard, k.level, k.title, k.text, k.standard, k.closing, k.parent_id, k.well_id, w.uid, k.cover_id, c.uid, k.kind, k.area_id, a.name, k.lng, k.lat, k.address, k.filed_at, k.dispatched_at, k.handled_at, k.handled_by, k.treatment, k.measured, k.checker_id, v.name, k.checked_at, k.closed_at, k.ended_reason, k.due_at, k.due_stage, k.total_due_at, k.provisional, k.returns, k.reworks, k.extensions, k.suspensions, k.suspended_until, k.resumes_to, k.urged, k.exempted, k.demo, k.version, (SELECT max(lu.name) FROM case_units lc JOIN units lu ON lu.id = lc.unit_id WHERE lc.case_id = k.id AND lc.ended_at IS NULL AND lc.duty IN ('lead', 'fallback'))";
/// `cases k` with all that its columns need.
pub const CASE_TABLES: &str = "cases k LEFT JOIN wells w ON w.id = k.well_id LEFT JOIN covers c ON c.id = k.cover_id LEFT JOIN areas a ON a.id = k.area_id LEFT JOIN users v ON v.id = k.checker_id";

row! {
    /// 隐患 as stored.
    #[derive(Clone, Debug)]
    pub struct HazardRow {
        /// Row.
        pub id: i64,
        /// Public id.
        pub uid: Uuid,
        /// Catalogue code.
        pub code: String,
        /// 等级.
        pub level: String,
        /// How the level came about.
        pub explained: String,
        /// What was measured when it was found.
        pub measured: Json,
        /// `finding`, `registry` or `list`.
        pub origin: String,
        /// Its well.
        pub well_id: Option<i64>,
        /// Public id of its well.
        pub well_uid: Option<Uuid>,
        /// Its cover.
        pub cover_id: Option<i64>,
        /// Public id of its cover.
        pub cover_uid: Option<Uuid>,
        /// Its case.
        pub case_id: Option<i64>,
        /// Public id of its case.
        pub case_uid: Option<Uuid>,
        /// Its plan.
        pub plan_id: Option<i64>,
        /// Public id of its plan.
        pub plan_uid: Option<Uuid>,
        /// To be cleared by, according to its plan.
        pub planned_on: Option<Date>,
        /// Who sees to it.
        pub person: Option<String>,
        /// Money set aside, cents.
        pub money_cents: Option<i64>,
        /// Found.
        pub found_at: Timestamp,
        /// Who entered it.
        pub opened_by: Option<i64>,
        /// 处置措施.
        pub treatment: Option<String>,
        /// Treated.
        pub treated_at: Option<Timestamp>,
        /// Who treated it.
        pub treated_by: Option<i64>,
        /// 销号.
        pub closed_at: Option<Timestamp>,
        /// How it ended.
        pub outcome: Option<String>,
        /// 演示.
        pub demo: bool,
        /// Counts changes.
        pub version: i64,
        /// 区域 name.
        pub area_name: Option<String>,
        /// 道路.
        pub road: Option<String>,
        /// Unit that must clear it.
        pub unit_name: Option<String>,
    }
}

/// The columns of [`HazardRow`], from [`HAZARD_TABLES`].
pub const HAZARD_COLUMNS: &str = "h.id, h.uid, h.code, h.level, h.explained, h.measured, h.origin, h.well_id, w.uid, h.cover_id, c.uid, h.case_id, s.uid, h.plan_id, pl.uid, h.planned_on, h.person, h.money_cents, h.found_at, h.opened_by, h.treatment, h.treated_at, h.treated_by, h.closed_at, h.outcome, h.demo, h.version, a.name, w.road, u.name";
/// `hazards h` with all that its columns need.
pub const HAZARD_TABLES: &str = "hazards h LEFT JOIN wells w ON w.id = h.well_id LEFT JOIN covers c ON c.id = h.cover_id LEFT JOIN cases s ON s.id = h.case_id LEFT JOIN plans pl ON pl.id = h.plan_id LEFT JOIN areas a ON a.id = h.area_id LEFT JOIN units u ON u.id = h.unit_id";
