//! 更新改造候选: the covers with a cause to be replaced, the highest score first, each with its parts (R11).
use super::score::{ScoreRules, Search};
use crate::cases::list::words;
use crate::error::Result;
use crate::http::page::Paging;
use crate::identity::Scope;
use crate::registry::filter::MAIN_STATE;
use crate::registry::model::{CoverItem, ITEM_COLUMNS, ITEM_JOINS, ItemRow};
use crate::registry::{CoverFilter, FilterContext};
use jiff::civil::Date;
use jinggai_db::{Sql, Tx};
use jinggai_rules::kinds::{LoadClass, Material, Place, Problem};
use jinggai_rules::renewal::Situation;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Which candidates.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
pub struct CandidateQuery {
    /// Codes of units in any role, comma separated; with their sub-units.
    pub unit: Option<String>,
    /// Codes of areas, comma separated; with their sub-areas.
    pub area: Option<String>,
    /// 井盖类型 codes, comma separated.
    pub kind: Option<String>,
    /// Only those that are (or are not) in a renewal plan already.
    pub planned: Option<bool>,
    /// Rows wanted, at most 500.
    pub limit: Option<usize>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

/// One part of a score.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ScoreItem {
    /// Code of the part.
    pub part: String,
    /// 评分项.
    pub name: String,
    /// Points.
    pub points: i64,
    /// Why.
    pub why: String,
}

/// A cover with its score.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RenewalCandidate {
    /// As in the list of covers.
    #[serde(flatten)]
    pub cover: CoverItem,
    /// The sum of its parts.
    pub score: i64,
    /// What it is made of.
    pub parts: Vec<ScoreItem>,
    /// The renewal plan that it is in.
    pub plan: Option<Uuid>,
}

/// One page of candidates, with the rules they were scored by.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CandidatePage {
    /// The rows, the highest score first.
    pub items: Vec<RenewalCandidate>,
    /// Cursor of the next page; null on the last.
    pub next: Option<String>,
    /// Rows of all pages together.
    pub total: i64,
    /// Fewer rows were given than asked for, because a page has at most 500.
    pub capped: bool,
    /// Version of the rule pack `renewal_score`.
    pub rules: u32,
}

/// The search that a query means.
///
/// # Errors
/// `filter.invalid`, what the store says.
pub(super) async fn filter(
    tx: &mut Tx,
    unit: Option<&str>,
    area: Option<&str>,
    kind: Option<&str>,
) -> Result<(CoverFilter, FilterContext)> {
    let given = [("unit", unit), ("area", area), ("kind", kind)];
    let given = given.into_iter().filter_map(|(name, v)| Some((name, v.filter(|v| !v.is_empty())?)));
    Ok((CoverFilter::parse(given)?, FilterContext::load(tx).await?))
}

/// Where the next page begins: score, row of the cover, and the total found with the first page.
type Key = (i64, i64, i64);

/// One page.
///
/// # Errors
/// `filter.invalid`, what the store says.
pub async fn page(
    tx: &mut Tx,
    scope: &Scope,
    query: &CandidateQuery,
    paging: &Paging,
) -> Result<CandidatePage> {
    let kind = query.kind.as_deref().map(|k| words(Some(k)).join(","));
    let (filter, cx) = filter(tx, query.unit.as_deref(), query.area.as_deref(), kind.as_deref()).await?;
    let today = cx.today;
    let rules = ScoreRules::load(tx, today).await?;
    let search = Search { rules: &rules, scope, filter, cx, planned: query.planned };
    let scored = search.scored(today)?;
    let after: Option<Key> = paging.cursor()?;
    // The first page counts while it sorts: one walk over all covers, not two.
    let mut q = Sql::new("SELECT s.cover_id, s.causes + s.place, s.hazards, ", vec![]);
    match after {
        Some((_, _, total)) => q.push("CAST(? AS BIGINT)", [total.into()]),
        None => q.push("count(*) OVER ()", []),
    };
    q.push(" FROM (", []);
    q.append(scored).push(") s WHERE s.causes > 0", []);
    if let Some((score, id, _)) = after {
        q.push(
            " AND (s.causes + s.place < ? OR (s.causes + s.place = ? AND s.cover_id > ?))",
            [score.into(), score.into(), id.into()],
        );
    }
    q.push(" ORDER BY s.causes + s.place DESC, s.cover_id LIMIT ?", [(paging.limit + 1).into()]);
    let mut rows: Vec<(i64, i64, i64, i64)> = tx.all(q).await?;
    let total = after.map(|(_, _, total)| total).or(rows.first().map(|r| r.3)).unwrap_or(0);
    let more = rows.len() > paging.limit;
    rows.truncate(paging.limit);
    let next = rows.last().filter(|_| more).map(|(id, score, ..)| (*score, *id, total));
    let hazards: Vec<(i64, i64)> = rows.iter().map(|(id, _, hazards, _)| (*id, *hazards)).collect();
    let mut known = explained(tx, &rules, &hazards, today).await?;
    let items = rows
        .iter()
        .filter_map(|(id, score, ..)| known.remove(id).map(|c| RenewalCandidate { score: *score, ..c }))
        .collect();
    let page = paging.page_to(items, total, next);
    let rules = rules.score.pack.version;
    Ok(CandidatePage { items: page.items, next: page.next, total, capped: page.capped, rules })
}

/// These covers with the parts of their scores on a day; given are their rows and how many hazards count.
///
/// # Errors
/// What the store says.
pub(super) async fn explained(
    tx: &mut Tx,
    rules: &ScoreRules,
    covers: &[(i64, i64)],
    on: Date,
) -> Result<HashMap<i64, RenewalCandidate>> {
    let mut out = HashMap::new();
    let cx = FilterContext::load(tx).await?;
    let columns = format!("{}, {MAIN_STATE}, {}", ITEM_COLUMNS.0, ITEM_COLUMNS.1);
    for chunk in covers.chunks(256) {
        let ids: Vec<i64> = chunk.iter().map(|(id, _)| *id).collect();
        let mut q = CoverFilter::default().select(&columns, ITEM_JOINS, &Scope::Everything, &cx);
        q.and_in("f.cover_id", &ids);
        let rows: Vec<ItemRow> = tx.all(q).await?;
        let mut q = Sql::new(
            "SELECT c.id, w.emergency_vehicles, p.uid FROM covers c JOIN wells w ON w.id = c.well_id LEFT JOIN renewal_items ri ON ri.cover_id = c.id AND ri.released_at IS NULL LEFT JOIN plans p ON p.id = ri.plan_id WHERE 1 = 1",
            vec![],
        );
        q.and_in("c.id", &ids);
        let more: HashMap<i64, (bool, Option<Uuid>)> = tx
            .all::<(i64, bool, Option<Uuid>)>(q)
            .await?
            .into_iter()
            .map(|(id, emergency, plan)| (id, (emergency, plan)))
            .collect();
        let hazards: HashMap<i64, i64> = chunk.iter().copied().collect();
        for row in rows {
            let id = row.id;
            let (emergency_vehicles, plan) = more.get(&id).copied().unwrap_or_default();
            let hazards = hazards.get(&id).copied().unwrap_or(0);
            let parts = parts(rules, &row, emergency_vehicles, hazards, on);
            let score = parts.iter().map(|p| p.points).sum();
            out.insert(id, RenewalCandidate { cover: row.into(), score, parts, plan });
        }
    }
    Ok(out)
}

fn parts(
    rules: &ScoreRules,
    row: &ItemRow,
    emergency_vehicles: bool,
    hazards: i64,
    on: Date,
) -> Vec<ScoreItem> {
    let noted = |p: Problem| row.problem.as_deref() == Some(p.code());
    let situation = Situation {
        expires_on: row.expires_on,
        noted_over_age: noted(Problem::OverAge),
        material: row.material.as_deref().and_then(Material::from_code),
        noted_outdated: noted(Problem::Outdated),
        load_class: row.load_class.as_deref().and_then(LoadClass::from_code),
        place: row.place.as_deref().and_then(Place::from_code),
        emergency_vehicles,
        crowded: row.crowded,
        hazards,
    };
    let scored = rules.score.parts(&situation, on, rules.basis());
    scored
        .into_iter()
        .map(|s| ScoreItem {
            part: s.part.code().to_owned(),
            name: s.part.name_zh().to_owned(),
            points: s.points,
            why: s.why,
        })
        .collect()
}
