//! 分组计数: how many covers each of several lists holds, and each of their groups, in one answer.
//!
//! A question is the filter of a list with `by=`. Every figure carries the query of the list that holds exactly its
//! covers. Questions of the same groups and the same day are answered in one pass over the facts.
use super::filter::{Choice, CoverFilter, FilterContext, MAIN_STATE, MainState};
use crate::error::{AppError, Kind, Result};
use crate::identity::Scope;
use jinggai_db::{Cols, DbError, FromRow, Sql, Tx};
use jinggai_rules::kinds::{CoverKind, ResponsibilityRole};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use utoipa::ToSchema;

/// Questions of one request at most.
pub const ASKS_MAX: usize = 40;
/// Groupings of one question at most.
const BY_MAX: usize = 2;

/// By what covers are grouped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    /// 附件1 主要状态.
    State,
    /// 井盖类型.
    Kind,
    /// 权属单位, without sub-units.
    Owner,
    /// Areas of this level, each with what belongs to it.
    Area(&'static str),
}

/// The groupings by name.
const GROUPINGS: [(&str, By); 6] = [
    ("state", By::State),
    ("kind", By::Kind),
    ("owner", By::Owner),
    ("district", By::Area("district")),
    ("street", By::Area("street")),
    ("community", By::Area("community")),
];

impl By {
    fn named(name: &str) -> Result<By> {
        GROUPINGS.iter().find(|(n, _)| *n == name).map(|(_, by)| *by).ok_or_else(|| {
            let all = GROUPINGS.map(|(n, _)| n).join(", ");
            AppError::field(
                "filter.invalid",
                "by",
                format!("不能按“{name}”分组；可用：{all}"),
                format!("there is no grouping {name:?}; there are: {all}"),
            )
        })
    }

    /// The level of areas that it means.
    fn level(self) -> Option<&'static str> {
        if let By::Area(level) = self { Some(level) } else { None }
    }

    fn column(self) -> &'static str {
        match self {
            By::State => MAIN_STATE,
            By::Kind => "f.kind",
            By::Owner => "CAST(f.owner_id AS TEXT)",
            By::Area(_) => "CAST(f.area_id AS TEXT)",
        }
    }
}

/// A question: a list, and by what it is grouped.
#[derive(Clone, Debug)]
pub struct Ask {
    filter: CoverFilter,
    by: Vec<By>,
}

impl Ask {
    /// Reads the questions of a request: each the query of a list, with `by=` for its groups.
    ///
    /// # Errors
    /// `filter.invalid`, naming the question and what is wrong in it.
    pub fn read(texts: &[String]) -> Result<Vec<Ask>> {
        if texts.is_empty() || texts.len() > ASKS_MAX {
            return Err(AppError::field(
                "filter.invalid",
                "ask",
                format!("请给出 1–{ASKS_MAX} 个 ask，每个是一个列表的筛选条件，可加 by=分组"),
                format!("give from 1 to {ASKS_MAX} ask, each the filter of a list, with by= for its groups"),
            ));
        }
        texts.iter().enumerate().map(|(i, text)| Ask::one(text).map_err(|e| of_ask(&e, i + 1))).collect()
    }

    fn one(text: &str) -> Result<Ask> {
        let pairs: Vec<_> = form_urlencoded::parse(text.as_bytes()).collect();
        let (own, filter): (Vec<_>, Vec<_>) = pairs.iter().partition(|(name, _)| name == "by");
        let words = own.iter().flat_map(|(_, v)| v.split(',')).map(str::trim).filter(|w| !w.is_empty());
        let by = words.map(By::named).collect::<Result<Vec<By>>>()?;
        let twice = by.iter().enumerate().any(|(i, b)| by[..i].contains(b));
        if by.len() > BY_MAX || twice || by.iter().filter(|b| b.level().is_some()).count() > 1 {
            return Err(AppError::field(
                "filter.invalid",
                "by",
                "最多按两项分组，不重复，其中区域只取一级",
                "at most two groupings, not the same twice, areas of one level only",
            ));
        }
        Ok(Ask { filter: CoverFilter::parse(filter.iter().map(|(k, v)| (&**k, &**v)))?, by })
    }

    /// May both be answered in one pass?
    fn beside(&self, other: &Ask) -> bool {
        (&self.by, self.filter.as_of) == (&other.by, other.filter.as_of)
    }
}

/// The mistakes of one question, told as those of the request.
fn of_ask(e: &AppError, n: usize) -> AppError {
    let (zh, en) = (format!("第 {n} 个 ask：{}", e.said().zh), format!("ask {n}: {}", e.said().en));
    let told = AppError::new(Kind::Invalid, "filter.invalid", zh, en);
    e.fields().iter().fold(told, |told, f| {
        told.with_field(&format!("ask[{n}].{}", f.field), f.said.zh.clone(), f.said.en.clone())
    })
}

/// What one question found.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CoverCount {
    /// The query of the list of covers that holds all of them.
    pub query: String,
    /// How many covers.
    pub total: i64,
    /// Its groups, when it asked for them; groups of nothing are left out.
    pub groups: Vec<CoverGroup>,
}

/// Covers of a group.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CoverGroup {
    /// The code of each grouping, as the filter takes it; `=code`: in that area itself, which lies above the level.
    /// Empty where nothing is recorded.
    pub values: Vec<Option<String>>,
    /// The names of units and areas.
    pub names: Vec<Option<String>>,
    /// How many covers.
    pub total: i64,
    /// The query of the list of covers that holds exactly these.
    pub query: String,
}

struct Counted {
    group: [Option<String>; BY_MAX],
    counts: Vec<i64>,
}

impl FromRow for Counted {
    fn from_row(c: &mut Cols) -> std::result::Result<Self, DbError> {
        let group = [c.get()?, c.get()?];
        let counts = (0..c.left()).map(|_| c.get()).collect::<std::result::Result<_, _>>()?;
        Ok(Counted { group, counts })
    }
}

/// One pass for questions that may be answered together.
fn statement(asks: &[&Ask], scope: &Scope, cx: &FilterContext) -> Sql {
    let column = |i: usize| asks[0].by.get(i).map_or("CAST(NULL AS TEXT)", |by| by.column());
    let mut q = Sql::new(&format!("SELECT {}, {}", column(0), column(1)), vec![]);
    match asks {
        // Alone it may use the indexes of what it asks.
        [ask] => {
            q.push(", count(*) FROM cover_facts f WHERE 1 = 1", []);
            ask.filter.and(&mut q, cx);
        }
        _ => {
            for ask in asks {
                q.push(", count(*) FILTER (WHERE 1 = 1", []);
                ask.filter.and(&mut q, cx);
                q.push(")", []);
            }
            q.push(" FROM cover_facts f WHERE 1 = 1", []);
            asks[0].filter.and_day(&mut q);
        }
    }
    scope.and(&mut q, "f");
    q.push(" GROUP BY 1, 2", []);
    q
}

/// Counts of one question by the values that the facts hold.
type Found = Vec<([Option<String>; BY_MAX], i64)>;

/// Answers questions, in their order.
///
/// # Errors
/// What the store says.
pub async fn count(tx: &mut Tx, asks: &[Ask], scope: &Scope) -> Result<Vec<CoverCount>> {
    let cx = FilterContext::load(tx).await?;
    let mut found: Vec<Found> = vec![vec![]; asks.len()];
    let mut passes: Vec<Vec<usize>> = vec![];
    for (i, ask) in asks.iter().enumerate() {
        match passes.iter_mut().find(|p| asks[p[0]].beside(ask)) {
            Some(pass) => pass.push(i),
            None => passes.push(vec![i]),
        }
    }
    for pass in passes {
        let together: Vec<&Ask> = pass.iter().map(|i| &asks[*i]).collect();
        let rows: Vec<Counted> = tx.all(statement(&together, scope, &cx)).await?;
        for row in rows {
            for (i, n) in pass.iter().zip(row.counts).filter(|(_, n)| *n > 0) {
                found[*i].push((row.group.clone(), n));
            }
        }
    }
    let names = Names::load(tx, asks, &found).await?;
    Ok(asks.iter().zip(found).map(|(ask, found)| names.answer(ask, found)).collect())
}

/// A code with its name.
type Named = (String, String);

/// What the ids of the facts stand for.
#[derive(Default)]
struct Names {
    units: HashMap<String, Named>,
    areas: HashMap<String, Named>,
    /// The areas of a level to which an area belongs: by level and area.
    above: HashMap<(&'static str, String), Vec<Named>>,
}

type Part = (Option<String>, Option<String>);

impl Names {
    async fn load(tx: &mut Tx, asks: &[Ask], found: &[Found]) -> Result<Names> {
        let mut names = Names::default();
        let keyed = |rows: Vec<(i64, String, String)>| {
            rows.into_iter().map(|(id, code, name)| (id.to_string(), (code, name))).collect()
        };
        let owners: BTreeSet<i64> = asks
            .iter()
            .zip(found)
            .filter_map(|(ask, found)| Some((ask.by.iter().position(|b| *b == By::Owner)?, found)))
            .flat_map(|(at, found)| {
                found.iter().filter_map(move |(group, _)| group[at].as_ref()?.parse().ok())
            })
            .collect();
        if !owners.is_empty() {
            let mut q = Sql::new("SELECT id, code, name FROM units WHERE id IN ", vec![]);
            q.list(&owners.into_iter().collect::<Vec<_>>());
            names.units = keyed(tx.all(q).await?);
        }
        let levels: BTreeSet<&str> = asks.iter().flat_map(|a| &a.by).filter_map(|b| b.level()).collect();
        if !levels.is_empty() {
            names.areas = keyed(tx.all(Sql::new("SELECT id, code, name FROM areas", vec![])).await?);
        }
        for level in levels {
            let q = Sql::new(
                "SELECT x.area_id, n.code, n.name FROM area_closure x JOIN areas n ON n.id = x.ancestor_id WHERE n.level = ? AND n.valid_to IS NULL",
                vec![level.into()],
            );
            for (id, code, name) in tx.all::<(i64, String, String)>(q).await? {
                names.above.entry((level, id.to_string())).or_default().push((code, name));
            }
        }
        Ok(names)
    }

    /// The groups that a value of the facts belongs to: one, but for areas that two of the level have taken in.
    fn parts(&self, by: By, raw: Option<&String>) -> Vec<Part> {
        let Some(raw) = raw else { return vec![(None, None)] };
        let unnamed = || (raw.clone(), raw.clone());
        match by {
            By::State | By::Kind => vec![(Some(raw.clone()), None)],
            By::Owner => {
                let (code, name) = self.units.get(raw).cloned().unwrap_or_else(unnamed);
                vec![(Some(format!("={code}")), Some(name))]
            }
            By::Area(level) => match self.above.get(&(level, raw.clone())) {
                Some(above) => above.iter().map(|(c, n)| (Some(c.clone()), Some(n.clone()))).collect(),
                None => {
                    let (code, name) = self.areas.get(raw).cloned().unwrap_or_else(unnamed);
                    vec![(Some(format!("={code}")), Some(name))]
                }
            },
        }
    }

    fn answer(&self, ask: &Ask, found: Found) -> CoverCount {
        let total = found.iter().map(|(_, n)| n).sum();
        let mut groups: BTreeMap<Vec<Part>, (i64, BTreeSet<String>)> = BTreeMap::new();
        for (raw, n) in found.into_iter().filter(|_| !ask.by.is_empty()) {
            let mut all: Vec<Vec<Part>> = vec![vec![]];
            let mut lies = None;
            for (by, raw) in ask.by.iter().zip(&raw) {
                if by.level().is_some() {
                    lies = raw.as_ref().and_then(|r| self.areas.get(r)).map(|(code, _)| format!("={code}"));
                }
                let parts = self.parts(*by, raw.as_ref());
                all = all
                    .iter()
                    .flat_map(|head| {
                        parts.iter().map(|p| [head.as_slice(), std::slice::from_ref(p)].concat())
                    })
                    .collect();
            }
            for group in all {
                let (sum, areas) = groups.entry(group).or_default();
                *sum += n;
                areas.extend(lies.clone());
            }
        }
        let groups = groups.into_iter().map(|(parts, (total, areas))| {
            let query = narrowed(ask, &parts, &areas).query();
            let (values, names) = parts.into_iter().unzip();
            CoverGroup { values, names, total, query }
        });
        CoverCount { query: ask.filter.query(), total, groups: groups.collect() }
    }
}

/// The filter of a group; `areas` are those in which its covers lie.
fn narrowed(ask: &Ask, parts: &[Part], areas: &BTreeSet<String>) -> CoverFilter {
    let mut f = ask.filter.clone();
    for (by, (value, _)) in ask.by.iter().zip(parts) {
        let choice = || value.clone().map_or_else(Choice::none, Choice::one);
        match by {
            By::State => f.state = value.iter().filter_map(|v| v.parse::<MainState>().ok()).collect(),
            By::Kind => f.kind = value.iter().filter_map(|v| CoverKind::from_code(v)).collect(),
            By::Owner => {
                f.roles.insert(ResponsibilityRole::Owner, choice());
            }
            // A list of an area holds what belongs to it, also beyond the areas that were asked for.
            By::Area(_) if !f.area.is_empty() && value.is_some() => {
                f.area = areas.iter().cloned().collect();
            }
            By::Area(_) => f.area = choice(),
        }
    }
    f
}
