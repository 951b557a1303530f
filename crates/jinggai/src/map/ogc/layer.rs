//! A collection of the service: what it is called, how it is read. One `impl Layer` each, one line in [`COLLECTIONS`].
use super::context::Context;
use super::place::Place;
use super::query::{Ask, Key};
use super::{cases::Cases, covers::Covers, hazards::Hazards, wells::Wells};
use crate::app::App;
use crate::error::{AppError, Kind, Result};
use crate::identity::{Permission, Scope};
use futures::future::BoxFuture;
use jinggai_db::{Dialect, FromRow, Sql, Tx, Value};
use jinggai_geo::{Bbox, Point};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

/// One thing of a collection.
pub struct Feature {
    /// Its row, by which pages go.
    pub row: i64,
    /// Public id.
    pub uid: Uuid,
    /// CGCS2000; not a valid one where nobody knows it.
    pub at: Point,
    /// What is told of it.
    pub properties: Map<String, Json>,
}

/// One page of features.
pub struct Found {
    /// The features.
    pub features: Vec<Feature>,
    /// Where the next page begins; none on the last.
    pub next: Option<Key>,
    /// Features of all pages, as the first page found them.
    pub total: i64,
}

/// How a collection of points is read. Every statement comes from [`Layer::select`], which bounds it by scope and filter.
pub trait Layer: 'static {
    /// What is asked of its properties.
    type Filter: Send + Sync;
    /// A feature as stored.
    type Row: FromRow;
    /// The table that holds `uid` and `updated_at`.
    const TABLE: &'static str;
    /// The table's key in [`Layer::select`].
    const KEY: &'static str;
    /// Where its rows lie.
    const PLACES: &'static [Place];

    /// The columns of [`Layer::Row`].
    fn columns(d: Dialect) -> String;
    /// `SELECT columns FROM … WHERE …` within the scope, without order and limit. `whole`: the columns are those of
    /// [`Layer::columns`], else none but the key is asked for.
    fn select(columns: &str, whole: bool, filter: &Self::Filter, scope: &Scope, cx: &Context) -> Sql;
    /// Reads the filter; of no parameters it is everything.
    ///
    /// # Errors
    /// What is wrong, naming the parameter.
    fn filter(pairs: &[(String, String)], cx: &Context) -> Result<Self::Filter>;
    /// A row as a feature.
    fn feature(row: Self::Row, cx: &Context) -> Feature;
    /// The filter's parameters: name and meaning.
    fn parameters() -> Vec<(String, String)>;
}

type Reading<'a, T> = BoxFuture<'a, Result<T>>;

/// A collection as the service offers it.
pub struct Collection {
    /// Its name in addresses.
    pub id: &'static str,
    /// Title, Chinese and English.
    pub title: [&'static str; 2],
    /// What it holds, Chinese and English.
    pub description: [&'static str; 2],
    /// The right to read it: that of the list of the same things.
    pub right: Permission,
    /// The parameters of its filter.
    pub parameters: fn() -> Vec<(String, String)>,
    /// Reads one page.
    pub page: for<'a> fn(&'a App, &'a mut Tx, &'a Ask, &'a Scope) -> Reading<'a, Found>,
    /// Reads one feature.
    pub one: for<'a> fn(&'a App, &'a mut Tx, Uuid, &'a Scope) -> Reading<'a, Option<Feature>>,
    /// The box of all features within the scope.
    pub extent: for<'a> fn(&'a App, &'a mut Tx, &'a Scope) -> Reading<'a, Option<Bbox>>,
}

/// A collection of this layer.
const fn collection<L: Layer>(
    id: &'static str,
    title: [&'static str; 2],
    description: [&'static str; 2],
    right: Permission,
) -> Collection {
    Collection {
        id,
        title,
        description,
        right,
        parameters: L::parameters,
        page: |app, tx, ask, scope| Box::pin(page::<L>(app, tx, ask, scope)),
        one: |app, tx, uid, scope| Box::pin(one::<L>(app, tx, uid, scope)),
        extent: |app, tx, scope| Box::pin(extent::<L>(app, tx, scope)),
    }
}

/// Every collection, in the order of the list.
pub static COLLECTIONS: [Collection; 4] = [
    collection::<Wells>(
        "wells",
        ["窨井", "wells"],
        [
            "窨井（井室）：位置、类型、道路、环境与结构。筛选条件作用于井上的井盖：任一井盖符合即列出该井",
            "Wells: place, kind, road, surroundings, structure. Filters speak of the covers: a well is given when one of its covers fits",
        ],
        Permission::RegistryRead,
    ),
    collection::<Covers>(
        "covers",
        ["井盖", "covers"],
        [
            "井盖：编号、类型、状态、材质、权属，与台账列表同一口径",
            "Covers: number, kind, state, material, owner; the same as the list of the ledger",
        ],
        Permission::RegistryRead,
    ),
    collection::<Hazards>(
        "hazards",
        ["隐患", "hazards"],
        [
            "隐患：代码、等级、状态、发现与销号时间、整改时限、责任单位，与隐患列表同一口径；位置取井盖，没有则取井，再没有则取案卷的位置；不含人名",
            "Hazards: code, level, state, found, closed, to be cleared by, unit; the same as the list of hazards. They lie at their cover, else their well, else where their case was found; no names of persons",
        ],
        Permission::CaseRead,
    ),
    collection::<Cases>(
        "cases",
        ["案卷", "cases"],
        [
            "案卷：编号、隐患、等级、状态、立案与结案时间、当前时限、承办单位，与案卷列表同一口径；位置取井盖，没有则取井，再没有则取上报的位置；不含人名和电话",
            "Cases: number, hazard, level, state, filed, closed, running deadline, unit; the same as the list of cases. They lie at their cover, else their well, else where they were reported; no names or telephones of persons",
        ],
        Permission::CaseRead,
    ),
];

impl Collection {
    /// The collection of this name.
    ///
    /// # Errors
    /// Not found.
    pub fn find(id: &str) -> Result<&'static Collection> {
        COLLECTIONS.iter().find(|c| c.id == id).ok_or_else(|| AppError::not_found("个图层", "collection"))
    }
    /// The title in the reader's language.
    #[must_use]
    pub fn title(&self, english: bool) -> &'static str {
        self.title[usize::from(english)]
    }
    /// The description in the reader's language.
    #[must_use]
    pub fn description(&self, english: bool) -> &'static str {
        self.description[usize::from(english)]
    }
}

/// The condition of the standard's own parameters, on the layer's table by its key. One search of a place's index for
/// each box: an OR between them would read the whole table.
fn and_ask<L: Layer>(q: &mut Sql, ask: &Ask, d: Dialect) {
    if let Some(boxes) = &ask.boxes {
        let each = boxes.iter().flat_map(|b| L::PLACES.iter().map(|p| p.within(d, *b)));
        q.push(&format!(" AND {} IN (", L::KEY), []);
        for (i, within) in each.enumerate() {
            q.push(if i > 0 { " UNION " } else { "" }, []);
            q.append(within);
        }
        q.push(")", []);
    }
    if let Some(changed) = ask.changed {
        q.push(&format!(" AND {} IN (SELECT g.id FROM {} g WHERE 1 = 1", L::KEY, L::TABLE), []);
        q.and("g.updated_at >= ?", changed.from).and("g.updated_at < ?", changed.until);
        q.push(")", []);
    }
}

async fn page<L: Layer>(app: &App, tx: &mut Tx, ask: &Ask, scope: &Scope) -> Result<Found> {
    let cx = Context::load(app, tx).await?;
    let filter = L::filter(&ask.filter, &cx).map_err(|e| e.of_kind(Kind::BadQuery))?;
    let d = tx.dialect();
    let key = match ask.key {
        Some(key) => key,
        None => {
            let mut q = L::select("count(*)", false, &filter, scope, &cx);
            and_ask::<L>(&mut q, ask, d);
            let (total,): (i64,) = tx.one(q).await?;
            let last = Sql::new(&format!("SELECT COALESCE(max(id), 0) FROM {}", L::TABLE), vec![]);
            let (upto,): (i64,) = tx.one(last).await?;
            Key { after: 0, upto, total }
        }
    };
    let mut q = L::select(&L::columns(d), true, &filter, scope, &cx);
    and_ask::<L>(&mut q, ask, d);
    let bounds: [Value; 3] = [key.after.into(), key.upto.into(), (ask.limit + 1).into()];
    q.push(&format!(" AND {0} > ? AND {0} <= ? ORDER BY {0} LIMIT ?", L::KEY), bounds);
    let rows = tx.all::<L::Row>(q).await?;
    let mut features: Vec<Feature> = rows.into_iter().map(|row| L::feature(row, &cx)).collect();
    let more = features.len() > ask.limit;
    features.truncate(ask.limit);
    let next = features.last().filter(|_| more).map(|f| Key { after: f.row, ..key });
    Ok(Found { features, next, total: key.total })
}

async fn one<L: Layer>(app: &App, tx: &mut Tx, uid: Uuid, scope: &Scope) -> Result<Option<Feature>> {
    let cx = Context::load(app, tx).await?;
    let mut q = L::select(&L::columns(tx.dialect()), true, &L::filter(&[], &cx)?, scope, &cx);
    q.push(&format!(" AND {} IN (SELECT g.id FROM {} g WHERE g.uid = ?)", L::KEY, L::TABLE), [uid.into()]);
    Ok(tx.opt::<L::Row>(q).await?.map(|row| L::feature(row, &cx)))
}

async fn extent<L: Layer>(app: &App, tx: &mut Tx, scope: &Scope) -> Result<Option<Bbox>> {
    let cx = Context::load(app, tx).await?;
    let all = L::filter(&[], &cx)?;
    let mut q = Sql::new("SELECT min(p.x), min(p.y), max(p.x), max(p.y) FROM (", vec![]);
    for (i, place) in L::PLACES.iter().enumerate() {
        q.push(if i > 0 { " UNION ALL " } else { "" }, []);
        q.append(place.all(tx.dialect()));
        if *scope != Scope::Everything {
            q.push(" AND g.id IN (", []);
            q.append(L::select(L::KEY, false, &all, scope, &cx));
            q.push(")", []);
        }
    }
    q.push(") p", []);
    let (w, s, e, n): (Option<f64>, Option<f64>, Option<f64>, Option<f64>) = tx.one(q).await?;
    Ok(match (w, s, e, n) {
        (Some(w), Some(s), Some(e), Some(n)) => Some(Bbox::new(w, s, e, n)),
        _ => None,
    })
}

/// A refusal of a feature that is not there, or not for this reader.
#[must_use]
pub fn no_feature() -> AppError {
    AppError::not_found("个要素", "feature")
}
