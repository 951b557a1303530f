//! The one statement behind the table: a single pass over `cover_facts`, grouped by ids, no names.
//!
//! Rows are grouped by the raw columns of the groupings and by kind, so that the counts by kind need no sums of their
//! own; indexes of `cover_facts` hold the usual groupings in order, which spares SQLite the sorting.
use super::Dimension;
use crate::error::Result;
use crate::identity::Scope;
use crate::registry::filter::{MAIN_STATE, MainState};
use crate::registry::{CoverFilter, FilterContext};
use jinggai_db::{Cols, DbError, FromRow, Sql, Tx};

/// Figures that are a yes-or-no condition of the filter: figure, condition, and the answer that counts.
pub(super) const FLAG_FIGURES: [(&str, &str, bool); 11] = [
    ("owner_known", "owner_confirmed", true),
    ("owner_unknown", "owner_confirmed", false),
    ("fallback", "fallback_set", true),
    ("coded", "coded", true),
    ("labelled", "labelled", true),
    ("archived", "archived", true),
    ("over_age", "over_age", true),
    ("outdated", "outdated", true),
    ("low_lying", "low_lying", true),
    ("with_net", "guarded", true),
    ("with_sensor", "sensor", true),
];

/// A raw value of a grouping: an id, or a word.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Raw {
    /// Id of a unit or an area.
    pub id: Option<i64>,
    /// A road, a kind, a road manager.
    pub word: Option<String>,
}

/// The counts of one group and kind.
pub(super) struct Tally {
    /// Values of the groupings, in order.
    pub by: Vec<Raw>,
    /// 井盖类型 as stored.
    pub kind: String,
    /// 总数.
    pub total: i64,
    /// Counts of [`FLAG_FIGURES`].
    pub flags: Vec<i64>,
    /// Counts of [`MainState::ALL`].
    pub states: Vec<i64>,
    /// First and last road manager found, in the order of their codes.
    pub managers: [Option<String>; 2],
    /// First and last fallback unit found, in the order of their ids.
    pub fallbacks: [Option<i64>; 2],
}

impl FromRow for Tally {
    fn from_row(c: &mut Cols) -> std::result::Result<Self, DbError> {
        let mut raw = || Ok::<_, DbError>(Raw { id: c.get()?, word: c.get()? });
        let by = vec![raw()?, raw()?];
        let (kind, total) = (c.get()?, c.get()?);
        let flags = FLAG_FIGURES.iter().map(|_| c.get()).collect::<std::result::Result<_, _>>()?;
        let states = MainState::ALL.iter().map(|_| c.get()).collect::<std::result::Result<_, _>>()?;
        Ok(Tally {
            by,
            kind,
            total,
            flags,
            states,
            managers: [c.get()?, c.get()?],
            fallbacks: [c.get()?, c.get()?],
        })
    }
}

/// The column that holds a grouping, and whether it is an id.
fn column(d: Dimension) -> (&'static str, bool) {
    match d {
        Dimension::Unit => ("f.territorial_id", true),
        Dimension::Road => ("f.road", false),
        Dimension::RoadManager => ("f.road_manager", false),
        Dimension::District | Dimension::Street | Dimension::Community => ("f.area_id", true),
        Dimension::Kind => ("f.kind", false),
        Dimension::Owner => ("f.owner_id", true),
        Dimension::Maintainer => ("f.maintainer_id", true),
        Dimension::Supervisor => ("f.supervisor_id", true),
    }
}

/// The statement: the covers of `base` within the scope, grouped. Public so that its plan can be looked at.
#[must_use]
pub fn statement(by: &[Dimension], base: &CoverFilter, scope: &Scope, cx: &FilterContext) -> Sql {
    let mut q = Sql::new("SELECT ", vec![]);
    for i in 0..2 {
        let pair = match by.get(i).map(|d| column(*d)) {
            Some((name, true)) => format!("{name}, CAST(NULL AS TEXT), "),
            Some((name, false)) => format!("CAST(NULL AS BIGINT), {name}, "),
            None => "CAST(NULL AS BIGINT), CAST(NULL AS TEXT), ".to_owned(),
        };
        q.push(&pair, []);
    }
    q.push("f.kind, COUNT(*)", []);
    for (_, flag, wanted) in FLAG_FIGURES {
        q.push(if wanted { ", COUNT(*) FILTER (WHERE (" } else { ", COUNT(*) FILTER (WHERE NOT (" }, []);
        q.append(base.flag(flag, cx));
        q.push("))", []);
    }
    for state in MainState::ALL {
        q.push(&format!(", COUNT(*) FILTER (WHERE {MAIN_STATE} = '{}')", state.code()), []);
    }
    q.push(
        ", MIN(f.road_manager), MAX(f.road_manager), MIN(f.fallback_id), MAX(f.fallback_id) FROM cover_facts f WHERE 1 = 1",
        [],
    );
    base.and(&mut q, cx);
    scope.and(&mut q, "f");
    let mut keys: Vec<&str> = vec![];
    for (name, _) in by.iter().map(|d| column(*d)).chain([("f.kind", false)]) {
        if !keys.contains(&name) {
            keys.push(name);
        }
    }
    q.push(&format!(" GROUP BY {}", keys.join(", ")), []);
    q
}

/// Runs it.
pub(super) async fn tally(
    tx: &mut Tx,
    by: &[Dimension],
    base: &CoverFilter,
    scope: &Scope,
    cx: &FilterContext,
) -> Result<Vec<Tally>> {
    Ok(tx.all(statement(by, base, scope, cx)).await?)
}
