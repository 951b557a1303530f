//! The list of findings. Who told it is shown only at the reception desk.
use super::desk;
use super::facts::{self, FINDING_FACTS, LEAD_OF_FINDING, and_facts, finding_fact};
use super::list::{like, total, words};
use super::model::{FINDING_COLUMNS, FINDING_TABLES, FindingRow};
use super::narrow::{and_areas, and_kinds, and_units};
use super::rules::Rules;
use crate::clock::midnight;
use crate::error::Result;
use crate::http::page::{Page, Paging};
use crate::identity::Permission;
use jiff::Timestamp;
use jiff::civil::Date;
use jinggai_db::{Sql, Tx};
use jinggai_rules::case_rules::Source;
use jinggai_rules::workflow::CaseState;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Which findings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
pub struct FindingQuery {
    /// States, comma separated; `open` = not ended.
    pub state: Option<String>,
    /// What is true of them at `at`, comma separated: `effective`, `upheld`, `unclosed`, `concluded`; with a leading
    /// `-` what is not.
    pub facts: Option<String>,
    /// As they stood at this moment: what was received later is left out, and `facts` speak of it. Now when left out.
    #[param(value_type = Option<String>)]
    pub at: Option<Timestamp>,
    /// Sources, comma separated.
    pub source: Option<String>,
    /// Received on or after this day.
    #[param(value_type = Option<String>)]
    pub received_from: Option<Date>,
    /// Received before this day.
    #[param(value_type = Option<String>)]
    pub received_to: Option<Date>,
    /// Codes of the units that answer for their case now (lead or fallback), comma separated; `none` for no unit.
    pub lead: Option<String>,
    /// Codes of areas with what belongs to them, comma separated; `=code` without; `none` for no area.
    pub area: Option<String>,
    /// 井盖类型, comma separated; `none` for unknown.
    pub kind: Option<String>,
    /// 演示: only these, or only the others.
    pub demo: Option<bool>,
    /// `false`: only what lies in my area or with my unit, not also what I told myself or was sent to look at.
    pub own: Option<bool>,
    /// Sent to me to look at.
    pub mine: Option<bool>,
    /// Words in number, text or address.
    pub q: Option<String>,
    /// Rows wanted, at most 500.
    pub limit: Option<usize>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

/// A finding in a list or alone.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FindingItem {
    /// Public id.
    pub uid: Uuid,
    /// Number told to the reporter.
    pub number: String,
    /// Source.
    pub source: String,
    /// 来源.
    pub source_name: &'static str,
    /// The source's own number.
    pub source_number: Option<String>,
    /// State.
    pub state: String,
    /// 状态.
    pub state_name: &'static str,
    /// Catalogue code.
    pub hazard: Option<String>,
    /// 隐患.
    pub hazard_name: Option<String>,
    /// In the reporter's words.
    pub text: String,
    /// What the platform reads out of the words.
    #[schema(value_type = Object)]
    pub reading: Json,
    /// What was measured.
    #[schema(value_type = Object)]
    pub measured: Json,
    /// Address in words.
    pub address: Option<String>,
    /// 区域.
    pub area_name: Option<String>,
    /// Kind of cover.
    pub kind: Option<String>,
    /// Public id of its well.
    pub well: Option<Uuid>,
    /// Public id of its cover.
    pub cover: Option<Uuid>,
    /// CGCS2000 degrees.
    pub lng: Option<f64>,
    /// CGCS2000 degrees.
    pub lat: Option<f64>,
    /// Who told it; for the reception desk only.
    pub reporter_name: Option<String>,
    /// Their telephone; for the reception desk only.
    pub reporter_phone: Option<String>,
    /// Who looks on site.
    pub verifier: Option<String>,
    /// Public id of its case.
    pub case: Option<Uuid>,
    /// 案卷编号.
    pub case_number: Option<String>,
    /// How it ended or what was found.
    pub outcome: Option<String>,
    /// Seen at.
    #[schema(value_type = String, format = DateTime)]
    pub observed_at: Timestamp,
    /// Received at.
    #[schema(value_type = String, format = DateTime)]
    pub received_at: Timestamp,
    /// 演示.
    pub demo: bool,
    /// Counts changes.
    pub version: i64,
}

impl FindingItem {
    /// A row in the words of people. The reporter is shown only to who answers them.
    #[must_use]
    pub fn of(d: FindingRow, rules: &Rules, private: bool) -> FindingItem {
        let hazard_name = d.hazard.as_deref().and_then(|h| rules.catalogue.get(h)).map(|h| h.name.clone());
        FindingItem {
            source_name: Source::from_code(&d.source).map_or("", Source::name_zh),
            state_name: CaseState::from_code(&d.state).map_or("", CaseState::name_zh),
            hazard_name,
            uid: d.uid,
            number: d.number,
            source: d.source,
            source_number: d.source_number,
            state: d.state,
            hazard: d.hazard,
            text: d.text,
            reading: d.reading,
            measured: d.measured,
            address: d.address,
            area_name: d.area_name,
            kind: d.kind,
            well: d.well_uid,
            cover: d.cover_uid,
            lng: d.lng,
            lat: d.lat,
            reporter_name: d.reporter_name.filter(|_| private),
            reporter_phone: d.reporter_phone.filter(|_| private),
            verifier: d.verifier_name,
            case: d.case_uid,
            case_number: d.case_number,
            outcome: d.outcome,
            observed_at: d.observed_at,
            received_at: d.received_at,
            demo: d.demo,
            version: d.version,
        }
    }
}

impl FindingQuery {
    /// Appends the conditions on `findings d`.
    ///
    /// # Errors
    /// `list.…` naming the parameter.
    pub fn narrow(&self, q: &mut Sql, now: Timestamp, me: Option<i64>) -> Result<()> {
        let mut states = words(self.state.as_deref());
        if states.iter().any(|s| s == "open") {
            q.push(" AND d.ended_at IS NULL", []);
            states.retain(|s| s != "open");
        }
        q.and_in("d.state", &states);
        q.and_in("d.source", &words(self.source.as_deref()));
        if self.mine == Some(true) {
            q.push(" AND d.state = 'verifying' AND d.verifier_id = ?", [me.into()]);
        }
        if let Some(text) = self.q.as_deref().filter(|t| !t.trim().is_empty()) {
            let text = like(text);
            q.push(
            " AND (d.number LIKE ? ESCAPE '\\' OR d.text LIKE ? ESCAPE '\\' OR d.address LIKE ? ESCAPE '\\' OR d.source_number LIKE ? ESCAPE '\\')",
            [text.clone().into(), text.clone().into(), text.clone().into(), text.into()],
        );
        }
        q.and("d.received_at >= ?", self.received_from.map(midnight));
        q.and("d.received_at < ?", self.received_to.map(midnight));
        q.and("d.received_at < ?", self.at);
        q.and("d.demo = ?", self.demo);
        and_facts(q, self.facts.as_deref(), &FINDING_FACTS, finding_fact, self.at.unwrap_or(now))?;
        and_units(q, LEAD_OF_FINDING, self.lead.as_deref());
        and_areas(q, "d.area_id", self.area.as_deref());
        and_kinds(q, "d.kind", self.kind.as_deref())
    }
}

/// One page of findings, newest first.
///
/// # Errors
/// `list.…` naming the parameter.
pub async fn findings(
    tx: &mut Tx,
    rules: &Rules,
    actor: &crate::identity::Actor,
    f: &FindingQuery,
    paging: &Paging,
) -> Result<Page<FindingItem>> {
    let scope = actor.scope(Permission::CaseRead);
    let private = actor.may(Permission::CaseFile);
    let mut condition = Sql::new("1 = 1", vec![]);
    if f.own == Some(false) {
        scope.and_task(&mut condition, "d", desk::DUTY_FINDING);
    } else {
        desk::bound_findings(&scope, &mut condition, actor.user_id);
    }
    f.narrow(&mut condition, facts::now(), actor.user_id)?;
    let after: Option<(i64, i64)> = paging.cursor()?;
    let total = match after {
        Some((_, total)) => total,
        None => total(tx, "findings d", &condition).await?,
    };
    let mut q = Sql::new(&format!("SELECT {FINDING_COLUMNS} FROM {FINDING_TABLES} WHERE "), vec![]);
    q.append(condition);
    q.and("d.id < ?", after.map(|(id, _)| id));
    q.push(" ORDER BY d.id DESC LIMIT ?", [(paging.limit + 1).into()]);
    let mut rows: Vec<FindingRow> = tx.all(q).await?;
    let more = rows.len() > paging.limit;
    rows.truncate(paging.limit);
    let next = rows.last().filter(|_| more).map(|d| (d.id, total));
    Ok(paging.page_to(rows.into_iter().map(|d| FindingItem::of(d, rules, private)).collect(), total, next))
}
