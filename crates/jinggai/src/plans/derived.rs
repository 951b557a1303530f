//! 台账隐患 as a list: what the rules find in every cover of the ledger, by code and page, computed when it is read.
//!
//! The rules themselves are [`crate::registry::derived`]'s. A derived hazard becomes a row only when it is taken into a
//! plan or a problem list; the list says which were taken up.
use crate::cases::rules::Rules;
use crate::error::{AppError, Result};
use crate::http::page::Paging;
use crate::identity::Scope;
use crate::registry::derived::{CODES, CoverState, DerivedRules, OF_WELL, WellState, ownerless};
use crate::registry::guards::{self, FallGuard};
use crate::registry::{CoverFilter, FilterContext};
use jiff::civil::Date;
use jinggai_db::{Sql, Tx, row, sql};
use jinggai_rules::hazards::{Level, Measured};
use jinggai_rules::kinds::CoverKind;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Which derived hazards.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
pub struct DerivedQuery {
    /// Catalogue codes, comma separated: H10, H11, H12, H14, H15, H16.
    pub code: Option<String>,
    /// Codes of units in any role, comma separated; with their sub-units.
    pub unit: Option<String>,
    /// Codes of areas, comma separated; with their sub-areas.
    pub area: Option<String>,
    /// Only those that are (or are not) in a problem list, plan or case already.
    pub taken: Option<bool>,
    /// Rows wanted, at most 500.
    pub limit: Option<usize>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

/// A hazard that the ledger itself shows.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DerivedItem {
    /// Catalogue code.
    pub code: String,
    /// 隐患.
    pub name: String,
    /// 等级.
    pub level: String,
    /// 等级.
    pub level_name: &'static str,
    /// Why, by which rule.
    pub explained: String,
    /// Public id of the well.
    pub well: Uuid,
    /// Public id of the cover; none when it concerns the well.
    pub cover: Option<Uuid>,
    /// 编号 of the cover.
    pub number: Option<String>,
    /// 井盖类型.
    pub kind: String,
    /// 井盖类型.
    pub kind_name: String,
    /// 道路.
    pub road: Option<String>,
    /// 地址.
    pub address: Option<String>,
    /// 区域.
    pub area_name: Option<String>,
    /// 权属单位.
    pub owner_name: Option<String>,
    /// The open hazard that was made of it.
    pub hazard: Option<Uuid>,
    /// The plan that it is in.
    pub plan: Option<Uuid>,
    /// The case that it is in.
    pub case: Option<Uuid>,
}

/// How many there are of a code.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DerivedCount {
    /// Catalogue code.
    pub code: String,
    /// 隐患.
    pub name: String,
    /// How many.
    pub count: i64,
}

/// One page of derived hazards with the count of each code.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DerivedPage {
    /// The rows, by code and then in the order of entry.
    pub items: Vec<DerivedItem>,
    /// Cursor of the next page; null on the last.
    pub next: Option<String>,
    /// Rows of all pages together.
    pub total: i64,
    /// Fewer rows were given than asked for, because a page has at most 500.
    pub capped: bool,
    /// Of which code how many.
    pub counts: Vec<DerivedCount>,
}

row! {
    struct Row {
        cover_id: i64,
        cover_uid: Uuid,
        well_id: i64,
        well_uid: Uuid,
        area_id: Option<i64>,
        number: Option<String>,
        kind: String,
        road: Option<String>,
        address: Option<String>,
        area_name: Option<String>,
        owner_name: Option<String>,
        well_kind: String,
        low_lying: bool,
        depth_m: Option<f64>,
        place: Option<String>,
        emergency_vehicles: bool,
        material: Option<String>,
        load_class: Option<String>,
        expires_on: Option<Date>,
        problem: Option<String>,
        labelled: bool,
        queue_due: Option<Date>,
    }
}

const COLUMNS: &str = "f.cover_id, c.uid, f.well_id, w.uid, f.area_id, f.code, f.kind, f.road, w.address, a.name, uo.name, w.kind, w.low_lying, w.depth_m, f.place, w.emergency_vehicles, f.material, f.load_class, f.expires_on, f.problem, f.labelled, (SELECT oq.due_on FROM ownership_queue oq WHERE oq.well_id = f.well_id)";
const JOINS: &str = "JOIN covers c ON c.id = f.cover_id JOIN wells w ON w.id = f.well_id LEFT JOIN areas a ON a.id = f.area_id LEFT JOIN units uo ON uo.id = f.owner_id";

/// What is looked for.
struct Search<'a> {
    rules: &'a DerivedRules,
    scope: &'a Scope,
    filter: CoverFilter,
    taken: Option<bool>,
    cx: FilterContext,
}

impl Search<'_> {
    fn select(&self, columns: &str, joins: &str, code: &str) -> Sql {
        let mut q = self.filter.select(columns, joins, self.scope, &self.cx);
        self.rules.and(&mut q, code);
        if let Some(taken) = self.taken {
            q.push(if taken { " AND EXISTS (" } else { " AND NOT EXISTS (" }, []);
            let target =
                if OF_WELL.contains(&code) { "th.well_id = f.well_id" } else { "th.cover_id = f.cover_id" };
            q.push(
                &format!("SELECT 1 FROM hazards th WHERE {target} AND th.code = ? AND th.closed_at IS NULL)"),
                [code.into()],
            );
        }
        q
    }

    async fn count(&self, tx: &mut Tx, code: &str) -> Result<i64> {
        Ok(tx.one::<(i64,)>(self.select("count(*)", "", code)).await?.0)
    }
}

/// Where the next page begins: the number of the code, the row of the cover, and the counts found with the first page.
type Key = (usize, i64, Vec<i64>);

fn codes(text: Option<&str>) -> Result<Vec<&'static str>> {
    let Some(text) = text.filter(|t| !t.is_empty()) else { return Ok(CODES.to_vec()) };
    let one = |word: &str| {
        CODES.into_iter().find(|c| *c == word.trim()).ok_or_else(|| {
            let all = CODES.join("、");
            AppError::field(
                "list.code",
                "code",
                format!("“{word}”不能从台账得出，可用：{all}"),
                format!("{word:?} is not found in the ledger; there are {all}"),
            )
        })
    };
    text.split(',').map(one).collect()
}

/// One page.
///
/// # Errors
/// `list.code`, `filter.invalid`, what the store says.
pub async fn page(
    tx: &mut Tx,
    rules: &Rules,
    scope: &Scope,
    query: &DerivedQuery,
    paging: &Paging,
) -> Result<DerivedPage> {
    let codes = codes(query.code.as_deref())?;
    let given = [("unit", &query.unit), ("area", &query.area)];
    let filter = CoverFilter::parse(given.iter().filter_map(|(name, v)| Some((*name, v.as_deref()?))))?;
    let cx = FilterContext::load(tx).await?;
    let derived = DerivedRules::load(tx, cx.today).await?;
    let search = Search { rules: &derived, scope, filter, taken: query.taken, cx };
    let after: Option<Key> = paging.cursor()?;
    let (mut at, mut cover, counts) = match after {
        Some((at, cover, counts)) if counts.len() == codes.len() => (at, cover, counts),
        Some(_) => return Err(crate::http::page::Cursor::broken()),
        None => {
            let mut counts = vec![];
            for code in &codes {
                counts.push(search.count(tx, code).await?);
            }
            (0, 0, counts)
        }
    };
    let mut found: Vec<(usize, Row)> = vec![];
    while at < codes.len() && found.len() <= paging.limit {
        let mut q = search.select(COLUMNS, JOINS, codes[at]);
        q.push(
            " AND f.cover_id > ? ORDER BY f.cover_id LIMIT ?",
            [cover.into(), (paging.limit + 1 - found.len()).into()],
        );
        found.extend(tx.all::<Row>(q).await?.into_iter().map(|r| (at, r)));
        (at, cover) = (at + 1, 0);
    }
    let more = found.len() > paging.limit;
    found.truncate(paging.limit);
    let total = counts.iter().sum();
    let named = |(code, count): (&&'static str, &i64)| DerivedCount {
        code: (*code).to_owned(),
        name: rules.catalogue.get(code).map_or_else(|| (*code).to_owned(), |h| h.name.clone()),
        count: *count,
    };
    let by_code = codes.iter().zip(&counts).map(named).collect();
    let next = found.last().filter(|_| more).map(|(at, r)| (*at, r.cover_id, counts));
    let mut items = vec![];
    for (at, r) in found {
        items.push(item(tx, rules, &derived, codes[at], r).await?);
    }
    let page = paging.page_to(items, total, next);
    Ok(DerivedPage { items: page.items, next: page.next, total, capped: page.capped, counts: by_code })
}

async fn item(
    tx: &mut Tx,
    rules: &Rules,
    derived: &DerivedRules,
    code: &'static str,
    r: Row,
) -> Result<DerivedItem> {
    let explained = why(tx, derived, code, &r).await?.unwrap_or_default();
    let entry = rules.catalogue.get(code);
    let level = entry.map(|h| rules.catalogue.rate(h, &Measured::default()).level);
    let of_well = OF_WELL.contains(&code);
    let taken: Option<(Uuid, Option<Uuid>, Option<Uuid>)> = tx
        .opt(sql!(
            "SELECT h.uid, p.uid, k.uid FROM hazards h LEFT JOIN plans p ON p.id = h.plan_id LEFT JOIN cases k ON k.id = h.case_id WHERE h.code = ? AND h.closed_at IS NULL AND h.well_id = ? AND (? OR h.cover_id = ?) ORDER BY h.id LIMIT 1",
            code,
            r.well_id,
            of_well,
            r.cover_id
        ))
        .await?;
    let (hazard, plan, case) = taken.map_or((None, None, None), |(h, p, k)| (Some(h), p, k));
    Ok(DerivedItem {
        code: code.to_owned(),
        name: entry.map_or_else(|| code.to_owned(), |h| h.name.clone()),
        level: level.map_or("", Level::code).to_owned(),
        level_name: level.map_or("", Level::name_zh),
        explained,
        well: r.well_uid,
        cover: (!of_well).then_some(r.cover_uid),
        number: r.number,
        kind_name: CoverKind::from_code(&r.kind).map_or("", CoverKind::name_zh).to_owned(),
        kind: r.kind,
        road: r.road,
        address: r.address,
        area_name: r.area_name,
        owner_name: r.owner_name,
        hazard,
        plan,
        case,
    })
}

/// Why a code is found in a cover or its well; none when it is not.
async fn why(tx: &mut Tx, derived: &DerivedRules, code: &str, r: &Row) -> Result<Option<String>> {
    if code == "H12" {
        return Ok(r.queue_due.map(ownerless));
    }
    if code == "H10" {
        let guards: Vec<FallGuard> = guards::of_well(tx, r.well_id).await?;
        let well =
            WellState { kind: &r.well_kind, low_lying: r.low_lying, depth_m: r.depth_m, guards: &guards };
        let said = derived.of_guards(well);
        return Ok((!said.is_empty()).then(|| said.join("；")));
    }
    let found = derived.of_cover(CoverState {
        place: r.place.as_deref(),
        emergency_vehicles: r.emergency_vehicles,
        material: r.material.as_deref(),
        load_class: r.load_class.as_deref(),
        expires_on: r.expires_on,
        problem: r.problem.as_deref(),
        labelled: r.labelled,
    });
    Ok(found.into_iter().find(|(c, _)| *c == code).map(|(_, message)| message))
}

/// A derived hazard of one cover or well, ready to become a row.
pub struct Found {
    /// Well.
    pub well_id: i64,
    /// Cover; none when it concerns the well.
    pub cover_id: Option<i64>,
    /// 区域.
    pub area_id: Option<i64>,
    /// Why.
    pub explained: String,
}

/// Is this code found in the ledger for this cover, or for the well? `cover` or `well` names it.
///
/// # Errors
/// What the store says.
pub async fn find(
    tx: &mut Tx,
    scope: &Scope,
    code: &str,
    cover: Option<Uuid>,
    well: Option<Uuid>,
) -> Result<Option<Found>> {
    if !CODES.contains(&code) {
        return Ok(None);
    }
    let of_well = OF_WELL.contains(&code);
    let cx = FilterContext::load(tx).await?;
    let derived = DerivedRules::load(tx, cx.today).await?;
    let search = Search { rules: &derived, scope, filter: CoverFilter::default(), taken: None, cx };
    let mut q = search.select(COLUMNS, JOINS, code);
    if of_well {
        q.and("f.well_id = (SELECT cw.well_id FROM covers cw WHERE cw.uid = ?)", cover);
    } else {
        q.and("c.uid = ?", cover);
    }
    q.and("w.uid = ?", well);
    q.push(" ORDER BY f.cover_id LIMIT 2", []);
    let mut rows: Vec<Row> = tx.all(q).await?;
    // A well of several covers must say which of them is meant.
    let (Some(r), true) = (rows.pop(), rows.is_empty()) else { return Ok(None) };
    let Some(explained) = why(tx, &derived, code, &r).await? else { return Ok(None) };
    let cover_id = (!of_well).then_some(r.cover_id);
    Ok(Some(Found { well_id: r.well_id, cover_id, area_id: r.area_id, explained }))
}
