//! 预算测算: what a yearly budget would replace, year by year. Nothing is stored.
//!
//! The store counts covers by group; the rules spend the money on groups; only then are covers looked up.
use super::candidates::{self, RenewalCandidate};
use super::score::{GroupKey, ScoreRules, Search, day_of_band};
use crate::cases::findings::Wrong;
use crate::error::{AppError, Result};
use crate::identity::Scope;
use jiff::civil::{Date, date};
use jinggai_db::{Sql, Tx};
use jinggai_rules::kinds::CoverKind;
use jinggai_rules::renewal::{Group, Plan, Slice, allocate};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use utoipa::ToSchema;

/// Years looked ahead at most.
const YEARS_MAX: usize = 10;
/// Covers shown of each year.
const SHOWN: i64 = 50;
/// Groups that a statement lists at most.
const LISTED_MAX: usize = 4096;
/// The most that replacing one cover may cost, cents.
const UNIT_MAX: i64 = 10_000_000_000;

/// A budget to be tried.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WhatIfAsk {
    /// Money of each year, cents. What is not spent lapses.
    pub budget_cents: i64,
    /// What replacing one cover costs, cents, by 井盖类型.
    pub unit_cents: BTreeMap<String, i64>,
    /// What it costs for every other kind, cents.
    pub other_cents: Option<i64>,
    /// How many years.
    pub years: usize,
    /// The first year; the coming one when left out.
    pub first_year: Option<i16>,
    /// Codes of units in any role, comma separated.
    pub unit: Option<String>,
    /// Codes of areas, comma separated.
    pub area: Option<String>,
}

/// Covers of a kind within a year.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct KindMoney {
    /// 井盖类型 code.
    pub kind: String,
    /// 井盖类型.
    pub kind_name: String,
    /// How many.
    pub count: i64,
    /// Money, cents.
    pub cents: i64,
}

/// What one year does.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WhatIfYear {
    /// The year.
    pub year: i16,
    /// Covers replaced.
    pub count: i64,
    /// Money spent, cents.
    pub cents: i64,
    /// By kind.
    pub kinds: Vec<KindMoney>,
    /// The first of its covers, the most urgent first, scored as of that year; not more than 50.
    pub covers: Vec<RenewalCandidate>,
    /// Not all of its covers are shown.
    pub capped: bool,
    /// Candidates that remain after it.
    pub remaining: i64,
    /// The sum of their scores.
    pub remaining_score: i64,
}

/// What a budget does.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WhatIf {
    /// Candidates before the first year.
    pub candidates: i64,
    /// The sum of their scores.
    pub score: i64,
    /// Year by year.
    pub years: Vec<WhatIfYear>,
    /// Version of the rule pack `renewal_score`.
    pub rules: u32,
}

/// A budget computed: groups, and what each year takes of them.
pub(super) struct Computed {
    /// The years.
    pub years: Vec<i16>,
    /// The day of each year on which scores are taken.
    pub days: Vec<Date>,
    kinds: Vec<(String, i64)>,
    groups: Vec<Group>,
    plan: Plan,
    bands: Vec<Date>,
}

/// One cover that a year takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taken {
    /// Its row.
    pub cover_id: i64,
    /// Which of the years.
    pub year: usize,
    /// Its place in the order of that year.
    pub order: (usize, i64),
    /// What it costs, cents.
    pub cents: i64,
}

fn check(ask: &WhatIfAsk, today: Date) -> Result<()> {
    let mut wrong = Wrong::default();
    if ask.budget_cents <= 0 {
        wrong.add("budget_cents", "请填写每年的预算（分）", "give the money of each year in cents");
    }
    if !(1..=YEARS_MAX).contains(&ask.years) {
        wrong.add("years", format!("应为 1–{YEARS_MAX} 年"), format!("must be from 1 to {YEARS_MAX}"));
    }
    if ask.first_year.is_some_and(|y| !(today.year()..=today.year() + 20).contains(&y)) {
        wrong.add("first_year", "应为今年或以后的 20 年内", "must be this year or within the next 20");
    }
    let cents = 1..=UNIT_MAX;
    for (kind, cost) in &ask.unit_cents {
        let field = format!("unit_cents.{kind}");
        if CoverKind::from_code(kind).is_none() {
            let all = CoverKind::ALL.iter().map(|k| k.code()).collect::<Vec<_>>().join(", ");
            wrong.add(&field, format!("没有井盖类型 {kind}；可用：{all}"), format!("must be one of: {all}"));
        }
        if !cents.contains(cost) {
            wrong.add(&field, "单价应为大于 0 的分", "must be cents, more than 0");
        }
    }
    if ask.other_cents.is_some_and(|c| !cents.contains(&c)) {
        wrong.add("other_cents", "单价应为大于 0 的分", "must be cents, more than 0");
    }
    wrong.done()
}

/// Counts the covers by group and spends the money.
///
/// # Errors
/// `form.invalid`, `renewal.cost` naming the kinds without a price, what the store says.
pub(super) async fn compute(tx: &mut Tx, search: &Search<'_>, ask: &WhatIfAsk) -> Result<Computed> {
    let today = search.cx.today;
    check(ask, today)?;
    let first = ask.first_year.unwrap_or(today.year() + 1);
    let years: Vec<i16> = (0..ask.years).filter_map(|k| Some(first + i16::try_from(k).ok()?)).collect();
    let days: Vec<Date> = years.iter().map(|y| date(*y, 1, 1).max(today)).collect();
    let bands = search.rules.bands(&days);
    let mut q = Sql::new("SELECT s.kind, s.number, count(*) FROM (", vec![]);
    q.append(search.grouped(&bands, today)?);
    q.push(") s GROUP BY s.kind, s.number ORDER BY s.kind, s.number", []);
    let (mut kinds, mut groups, mut unpriced) = (vec![], vec![], vec![]);
    for (kind, number, count) in tx.all::<(String, i64, i64)>(q).await? {
        let key = GroupKey::of(number);
        let cost = ask.unit_cents.get(&kind).copied().or(ask.other_cents);
        let group = Group {
            expires_on: day_of_band(&bands, key.band),
            noted_over_age: key.noted,
            causes: key.causes,
            place: key.place,
            unit_cents: cost.unwrap_or(1),
            count,
        };
        if days.iter().all(|d| group.score(&search.rules.score, *d).is_none()) {
            continue;
        }
        if cost.is_none() && !unpriced.contains(&kind) {
            unpriced.push(kind.clone());
        }
        kinds.push((kind, number));
        groups.push(group);
    }
    if !unpriced.is_empty() {
        let names: Vec<&str> = unpriced
            .iter()
            .map(|k| CoverKind::from_code(k).map_or(k.as_str(), |kind| kind.name_zh()))
            .collect();
        return Err(AppError::field(
            "renewal.cost",
            "unit_cents",
            format!("请给出单价：{}（或用 other_cents 给出其余类型的单价）", names.join("、")),
            format!("give the cost of: {}; or other_cents for all others", unpriced.join(", ")),
        ));
    }
    let plan = allocate(&search.rules.score, &groups, ask.budget_cents, &days);
    Ok(Computed { years, days, kinds, groups, plan, bands })
}

/// Of a group: how many of its covers went by, and its slices with their year and their place in that year's order.
type Wanted = (i64, Vec<(Slice, usize, usize)>);

impl Computed {
    /// How many covers all years take together.
    pub(super) fn count(&self) -> i64 {
        self.plan.years.iter().map(|y| y.count).sum()
    }

    /// The covers that the years take, at most `most` of each, in no order.
    ///
    /// # Errors
    /// What the store says.
    pub(super) async fn taken(&self, tx: &mut Tx, search: &Search<'_>, most: i64) -> Result<Vec<Taken>> {
        // Of each group: which of its covers, by number, go in which year.
        let mut wanted: HashMap<(String, i64), Wanted> = HashMap::new();
        for (year, y) in self.plan.years.iter().enumerate() {
            let mut left = most;
            for (at, slice) in y.slices.iter().enumerate() {
                let count = slice.count.min(left);
                left -= count;
                if count > 0 {
                    let (kind, number) = &self.kinds[slice.group];
                    let group = wanted.entry((kind.clone(), *number)).or_default();
                    group.1.push((Slice { count, ..*slice }, year, at));
                }
            }
        }
        let mut numbers: Vec<i64> = wanted.keys().map(|(_, number)| *number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        if numbers.is_empty() {
            return Ok(vec![]);
        }
        let mut q = Sql::new("SELECT s.cover_id, s.kind, s.number FROM (", vec![]);
        q.append(search.grouped(&self.bands, search.cx.today)?);
        q.push(") s WHERE 1 = 1", []);
        // A store takes only so many arguments; past that the rows are sifted here.
        if numbers.len() <= LISTED_MAX {
            q.and_in("s.number", &numbers);
        }
        q.push(" ORDER BY s.cover_id", []);
        let mut out = vec![];
        for (cover_id, kind, number) in tx.all::<(i64, String, i64)>(q).await? {
            let Some((n, slices)) = wanted.get_mut(&(kind, number)) else { continue };
            for (slice, year, at) in slices.iter() {
                if (slice.first..slice.first + slice.count).contains(n) {
                    let cents = self.groups[slice.group].unit_cents;
                    out.push(Taken { cover_id, year: *year, order: (*at, *n), cents });
                }
            }
            *n += 1;
        }
        Ok(out)
    }

    fn kinds_of(&self, year: usize) -> Vec<KindMoney> {
        let mut by_kind: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
        for slice in &self.plan.years[year].slices {
            let sum = by_kind.entry(&self.kinds[slice.group].0).or_default();
            sum.0 += slice.count;
            sum.1 += slice.count * self.groups[slice.group].unit_cents;
        }
        by_kind
            .into_iter()
            .map(|(kind, (count, cents))| KindMoney {
                kind: kind.to_owned(),
                kind_name: CoverKind::from_code(kind).map_or(kind, |k| k.name_zh()).to_owned(),
                count,
                cents,
            })
            .collect()
    }
}

/// The covers that a search finds, not yet in a renewal plan.
pub(super) async fn search<'a>(
    tx: &mut Tx,
    rules: &'a ScoreRules,
    scope: &'a Scope,
    unit: Option<&str>,
    area: Option<&str>,
) -> Result<Search<'a>> {
    let (filter, cx) = candidates::filter(tx, unit, area, None).await?;
    Ok(Search { rules, scope, filter, cx, planned: Some(false) })
}

/// How many hazards count for these covers on a day.
pub(super) async fn hazards_of(
    tx: &mut Tx,
    rules: &ScoreRules,
    covers: &[i64],
    today: Date,
) -> Result<Vec<(i64, i64)>> {
    let mut out = vec![];
    for chunk in covers.chunks(256) {
        let mut q = Sql::new("SELECT h.cover_id, count(*) FROM hazards h WHERE ", vec![]);
        rules.history(&mut q, today)?;
        q.and_in("h.cover_id", chunk);
        q.push(" GROUP BY h.cover_id", []);
        let known: HashMap<i64, i64> = tx.all::<(i64, i64)>(q).await?.into_iter().collect();
        out.extend(chunk.iter().map(|id| (*id, known.get(id).copied().unwrap_or(0))));
    }
    Ok(out)
}

/// Tries a budget.
///
/// # Errors
/// As [`compute`].
pub async fn try_out(tx: &mut Tx, scope: &Scope, ask: &WhatIfAsk) -> Result<WhatIf> {
    let today = crate::clock::today();
    let rules = ScoreRules::load(tx, today).await?;
    let search = search(tx, &rules, scope, ask.unit.as_deref(), ask.area.as_deref()).await?;
    let done = compute(tx, &search, ask).await?;
    let mut shown: Vec<Vec<Taken>> = vec![vec![]; done.years.len()];
    for t in done.taken(tx, &search, SHOWN).await? {
        shown[t.year].push(t);
    }
    let mut years = vec![];
    for (i, taken) in shown.iter_mut().enumerate() {
        taken.sort_by_key(|t| t.order);
        let ids: Vec<i64> = taken.iter().map(|t| t.cover_id).collect();
        let hazards = hazards_of(tx, &rules, &ids, today).await?;
        let mut known = candidates::explained(tx, &rules, &hazards, done.days[i]).await?;
        let y = &done.plan.years[i];
        years.push(WhatIfYear {
            year: done.years[i],
            count: y.count,
            cents: y.spent_cents,
            kinds: done.kinds_of(i),
            covers: ids.iter().filter_map(|id| known.remove(id)).collect(),
            capped: y.count > SHOWN,
            remaining: y.remaining,
            remaining_score: y.remaining_score,
        });
    }
    let before = |g: &Group| g.score(&rules.score, done.days[0]).map(|s| (g.count, g.count * s));
    let (candidates, score) =
        done.groups.iter().filter_map(before).fold((0, 0), |(n, sum), (count, s)| (n + count, sum + s));
    Ok(WhatIf { candidates, score, years, rules: rules.score.pack.version })
}
