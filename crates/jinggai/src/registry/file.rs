//! 一井一档案: everything about a well in one answer (`domain.md` 2.7), with what the rules find in it.
//!
//! Findings are computed when the file is read, with the rules of the day; nothing of them is stored.
use super::attachments::{self, Attachment};
use super::derived::{self, CoverState, DerivedRules, WellState};
use super::guards::{self, FallGuard};
use super::labels::{self, Label};
use super::model::{CoverRow, WellRow, name_of};
use super::ownership;
use super::responsibility::{self, Responsibility};
use super::store;
use crate::clock;
use crate::error::Result;
use crate::identity::Scope;
use crate::identity::division::{Labour, Situation};
use jiff::Timestamp;
use jiff::civil::Date;
use jinggai_db::{Tx, row, sql};
use jinggai_rules::kinds::{CoverKind, Lifecycle, Place, RoadManager};
use serde::Serialize;
use serde_json::{Value as Json, json};
use utoipa::ToSchema;
use uuid::Uuid;

row! {
    /// 编号 of a cover.
    #[derive(Clone, Debug, Serialize, ToSchema)]
    pub struct CodeRow {
        /// Public id of the cover.
        pub cover_uid: Uuid,
        /// 编码规则.
        pub scheme: String,
        /// 编号.
        pub code: String,
        /// Version of the class list.
        pub list_version: Option<String>,
        /// `active`, `alias` or `retired`.
        pub state: String,
        /// Given on.
        #[schema(value_type = String)]
        pub issued_at: Timestamp,
        /// Retired on.
        #[schema(value_type = Option<String>)]
        pub retired_at: Option<Timestamp>,
    }
}

row! {
    /// 连接管线.
    #[derive(Clone, Debug, Serialize, ToSchema)]
    pub struct PipeRow {
        /// Public id.
        pub uid: Uuid,
        /// Kind.
        pub kind: String,
        /// Material.
        pub material: Option<String>,
        /// Diameter.
        pub diameter: Option<String>,
        /// The well lies at its upper end.
        pub outgoing: bool,
        /// Depth at this well, metres.
        pub depth_m: Option<f64>,
        /// The well at the other end.
        pub other_well_uid: Option<Uuid>,
    }
}

/// 发现: what the rules find in the record.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Finding {
    /// Code of the hazard catalogue, `domain.md` 10.1.
    pub code: &'static str,
    /// The cover concerned; none = the well.
    pub cover_uid: Option<Uuid>,
    /// What is wrong and by which rule.
    pub message: String,
}

/// 建议责任单位: what the division of labour says.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct UnitSuggestion {
    /// 责任角色.
    pub role: &'static str,
    /// 单位 code.
    pub unit: String,
    /// 单位, when it is entered.
    pub unit_name: Option<String>,
    /// Why.
    pub basis: String,
}

/// 权属队列 entry.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Queue {
    /// Since.
    #[schema(value_type = String)]
    pub since: Timestamp,
    /// Until.
    #[schema(value_type = String)]
    pub due_on: Date,
    /// By which rule.
    pub rule: String,
}

/// 一井一档案.
#[derive(Clone, Debug)]
pub struct WellFile {
    /// The well.
    pub well: WellRow,
    /// Its covers, living and ended.
    pub covers: Vec<CoverRow>,
    /// All numbers they have or had.
    pub codes: Vec<CodeRow>,
    /// Plates.
    pub labels: Vec<Label>,
    /// Fall guards.
    pub fall_guards: Vec<FallGuard>,
    /// Responsible units, now and before.
    pub responsibilities: Vec<Responsibility>,
    /// Photos and documents.
    pub attachments: Vec<Attachment>,
    /// Pipes that meet here.
    pub pipes: Vec<PipeRow>,
    /// Its place in the ownership queue.
    pub queue: Option<Queue>,
    /// What the rules find.
    pub findings: Vec<Finding>,
    /// Who should answer for it.
    pub suggestions: Vec<UnitSuggestion>,
    /// The last event that the file contains.
    pub event_seq: i64,
}

impl WellFile {
    /// The file as the API gives it.
    #[must_use]
    pub fn json(&self) -> Json {
        let covers: Vec<Json> = self.covers.iter().map(CoverRow::json).collect();
        json!({
            "well": self.well.json(), "covers": covers, "codes": self.codes, "labels": self.labels,
            "fall_guards": self.fall_guards, "responsibilities": self.responsibilities,
            "attachments": self.attachments, "pipes": self.pipes, "ownership_queue": self.queue,
            "findings": self.findings, "suggestions": self.suggestions, "event_seq": self.event_seq,
        })
    }
}

/// The file of a well.
///
/// # Errors
/// Not found, also when out of scope.
pub async fn of(tx: &mut Tx, uid: Uuid, scope: &Scope) -> Result<WellFile> {
    let today = clock::today();
    let well = store::well(tx, uid, scope).await?;
    let covers = store::covers_of(tx, well.id).await?;
    let codes = tx
        .all(sql!(
            "SELECT c.uid, k.scheme, k.code, k.list_version, k.state, k.issued_at, k.retired_at FROM codes k JOIN covers c ON c.id = k.cover_id WHERE c.well_id = ? ORDER BY k.id",
            well.id
        ))
        .await?;
    let pipes = tx
        .all(sql!(
            "SELECT p.uid, p.kind, p.material, p.diameter, TRUE, p.from_depth_m, o.uid FROM pipes p LEFT JOIN wells o ON o.id = p.to_well_id WHERE p.from_well_id = ?
             UNION ALL
             SELECT p.uid, p.kind, p.material, p.diameter, FALSE, p.to_depth_m, o.uid FROM pipes p LEFT JOIN wells o ON o.id = p.from_well_id WHERE p.to_well_id = ?",
            well.id,
            well.id
        ))
        .await?;
    let (event_seq,): (i64,) =
        tx.one(sql!("SELECT COALESCE(max(seq), 0) FROM events WHERE well_id = ?", well.id)).await?;
    let mut file = WellFile {
        codes,
        labels: labels::of_well(tx, well.id).await?,
        fall_guards: guards::of_well(tx, well.id).await?,
        responsibilities: responsibility::of_well(tx, well.id).await?,
        attachments: attachments::of_well(tx, well.id).await?,
        queue: ownership::entry(tx, well.id).await?.map(|(since, due_on, rule)| Queue {
            since,
            due_on,
            rule,
        }),
        pipes,
        findings: vec![],
        suggestions: vec![],
        event_seq,
        well,
        covers,
    };
    file.findings = findings(tx, &file, today).await?;
    file.suggestions = suggestions(tx, &file.well, today).await?;
    Ok(file)
}

async fn findings(tx: &mut Tx, file: &WellFile, today: Date) -> Result<Vec<Finding>> {
    let mut out = vec![];
    let rules = DerivedRules::load(tx, today).await?;
    let ended = |c: &CoverRow| Lifecycle::from_code(&c.lifecycle).is_some_and(Lifecycle::is_ended);
    for c in file.covers.iter().filter(|c| !ended(c)) {
        let found = rules.of_cover(CoverState {
            place: file.well.place.as_deref(),
            emergency_vehicles: file.well.emergency_vehicles,
            material: c.material.as_deref(),
            load_class: c.load_class.as_deref(),
            expires_on: c.expires_on,
            problem: c.problem.as_deref(),
            labelled: file.labels.iter().any(|l| l.cover_uid == c.uid && l.state == "fixed"),
        });
        out.extend(found.into_iter().map(|(code, message)| Finding {
            code,
            cover_uid: Some(c.uid),
            message,
        }));
    }
    let mut of_well = |code, message| out.push(Finding { code, cover_uid: None, message });
    if !file.covers.iter().all(ended) {
        let well = WellState {
            kind: &file.well.kind,
            low_lying: file.well.low_lying,
            depth_m: file.well.depth_m,
            guards: &file.fall_guards,
        };
        rules.of_guards(well).into_iter().for_each(|message| of_well("H10", message));
    }
    if let Some(q) = &file.queue {
        of_well("H12", derived::ownerless(q.due_on));
    }
    Ok(out)
}

/// The supervising department, and for an ownerless well the fallback unit, by the division of labour.
async fn suggestions(tx: &mut Tx, well: &WellRow, today: Date) -> Result<Vec<UnitSuggestion>> {
    let labour = Labour::load(tx, today).await?;
    let situation = Situation {
        kind: CoverKind::from_code(&well.kind).unwrap_or(CoverKind::Other),
        place: well.place.as_deref().and_then(Place::from_code),
        manager: well.road_manager.as_deref().and_then(RoadManager::from_code),
        area: well.area_code.as_deref(),
    };
    let named = [("supervisor", labour.supervisor(&situation)), ("fallback", labour.fallback(&situation))];
    Ok(named
        .into_iter()
        .filter_map(|(role, n)| {
            let n = n?;
            Some(UnitSuggestion { role, unit: n.code, unit_name: Some(n.name), basis: n.basis })
        })
        .collect())
}

/// The kind of a well in Chinese, for titles.
#[must_use]
pub fn kind_zh(well: &WellRow) -> &str {
    name_of!(CoverKind, &well.kind)
}
