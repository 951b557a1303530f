//! A collection of the service: what it is called, how it is read. One `impl Layer` each, one line in [`COLLECTIONS`].
use super::query::{Ask, Key};
use super::{covers::Covers, wells::Wells};
use crate::error::{AppError, Kind, Result};
use crate::identity::Scope;
use crate::registry::filter::FilterContext;
use futures::future::BoxFuture;
use jinggai_db::{FromRow, Sql, Tx, Value};
use jinggai_geo::{Bbox, Point};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

/// One thing of a collection.
pub struct Feature {
    /// Its row, by which pages go.
    pub row: i64,
    /// Public id.
    pub uid: Uuid,
    /// CGCS2000.
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
    /// What may be asked of its properties.
    type Filter: Default + Send + Sync;
    /// A feature as stored.
    type Row: FromRow + Into<Feature>;
    /// The table that holds `uid`, `geom` and `updated_at`.
    const TABLE: &'static str;
    /// The table's key in [`Layer::select`].
    const KEY: &'static str;

    /// The columns of [`Layer::Row`].
    fn columns() -> String;
    /// `SELECT columns FROM … WHERE …` within the scope, without order and limit. `whole`: the columns are those of
    /// [`Layer::columns`], else none but the key is asked for.
    fn select(columns: &str, whole: bool, filter: &Self::Filter, scope: &Scope, cx: &FilterContext) -> Sql;
    /// Reads the filter.
    ///
    /// # Errors
    /// What is wrong, naming the parameter.
    fn filter(pairs: &[(String, String)]) -> Result<Self::Filter>;
    /// The filter's parameters: name and Chinese meaning.
    fn parameters() -> Vec<(&'static str, &'static str)>;
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
    /// The parameters of its filter.
    pub parameters: fn() -> Vec<(&'static str, &'static str)>,
    /// Reads one page.
    pub page: for<'a> fn(&'a mut Tx, &'a Ask, &'a Scope) -> Reading<'a, Found>,
    /// Reads one feature.
    pub one: for<'a> fn(&'a mut Tx, Uuid, &'a Scope) -> Reading<'a, Option<Feature>>,
    /// The box of all features within the scope.
    pub extent: for<'a> fn(&'a mut Tx, &'a Scope) -> Reading<'a, Option<Bbox>>,
}

/// Every collection, in the order of the list.
pub static COLLECTIONS: [Collection; 2] = [
    Collection {
        id: "wells",
        title: ["窨井", "wells"],
        description: [
            "窨井（井室）：位置、类型、道路、环境与结构。筛选条件作用于井上的井盖：任一井盖符合即列出该井",
            "Wells: place, kind, road, surroundings, structure. Filters speak of the covers: a well is given when one of its covers fits",
        ],
        parameters: Wells::parameters,
        page: |tx, ask, scope| Box::pin(page::<Wells>(tx, ask, scope)),
        one: |tx, uid, scope| Box::pin(one::<Wells>(tx, uid, scope)),
        extent: |tx, scope| Box::pin(extent::<Wells>(tx, scope)),
    },
    Collection {
        id: "covers",
        title: ["井盖", "covers"],
        description: [
            "井盖：编号、类型、状态、材质、权属，与台账列表同一口径",
            "Covers: number, kind, state, material, owner; the same as the list of the ledger",
        ],
        parameters: Covers::parameters,
        page: |tx, ask, scope| Box::pin(page::<Covers>(tx, ask, scope)),
        one: |tx, uid, scope| Box::pin(one::<Covers>(tx, uid, scope)),
        extent: |tx, scope| Box::pin(extent::<Covers>(tx, scope)),
    },
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

/// The condition of the standard's own parameters, on the layer's table by its key. One search of the place's index for
/// each box: an OR between them would read the whole table.
fn and_ask<L: Layer>(q: &mut Sql, ask: &Ask, cx: &FilterContext) {
    if ask.boxes.is_none() && ask.changed.is_none() {
        return;
    }
    let (x, y) = (cx.dialect.lng_of("g.geom"), cx.dialect.lat_of("g.geom"));
    let boxes: Vec<Option<Bbox>> =
        ask.boxes.as_ref().map_or(vec![None], |b| b.iter().copied().map(Some).collect());
    q.push(&format!(" AND {} IN (", L::KEY), []);
    for (i, within) in boxes.into_iter().enumerate() {
        let union = if i > 0 { " UNION " } else { "" };
        q.push(&format!("{union}SELECT g.id FROM {} g WHERE 1 = 1", L::TABLE), []);
        q.and_within(cx.dialect, L::TABLE, "g", within);
        if let Some(b) = within {
            let sides: [Value; 4] = [b.w.into(), b.e.into(), b.s.into(), b.n.into()];
            q.push(&format!(" AND {x} BETWEEN ? AND ? AND {y} BETWEEN ? AND ?"), sides);
        }
        if let Some(changed) = ask.changed {
            q.and("g.updated_at >= ?", changed.from).and("g.updated_at < ?", changed.until);
        }
    }
    q.push(")", []);
}

async fn page<L: Layer>(tx: &mut Tx, ask: &Ask, scope: &Scope) -> Result<Found> {
    let filter = L::filter(&ask.filter).map_err(|e| e.of_kind(Kind::BadQuery))?;
    let cx = FilterContext::load(tx).await?;
    let key = match ask.key {
        Some(key) => key,
        None => {
            let mut q = L::select("count(*)", false, &filter, scope, &cx);
            and_ask::<L>(&mut q, ask, &cx);
            let (total,): (i64,) = tx.one(q).await?;
            let last = Sql::new(&format!("SELECT COALESCE(max(id), 0) FROM {}", L::TABLE), vec![]);
            let (upto,): (i64,) = tx.one(last).await?;
            Key { after: 0, upto, total }
        }
    };
    let mut q = L::select(&L::columns(), true, &filter, scope, &cx);
    and_ask::<L>(&mut q, ask, &cx);
    let bounds: [Value; 3] = [key.after.into(), key.upto.into(), (ask.limit + 1).into()];
    q.push(&format!(" AND {0} > ? AND {0} <= ? ORDER BY {0} LIMIT ?", L::KEY), bounds);
    let mut features: Vec<Feature> = tx.all::<L::Row>(q).await?.into_iter().map(Into::into).collect();
    let more = features.len() > ask.limit;
    features.truncate(ask.limit);
    let next = features.last().filter(|_| more).map(|f| Key { after: f.row, ..key });
    Ok(Found { features, next, total: key.total })
}

async fn one<L: Layer>(tx: &mut Tx, uid: Uuid, scope: &Scope) -> Result<Option<Feature>> {
    let cx = FilterContext::load(tx).await?;
    let mut q = L::select(&L::columns(), true, &L::Filter::default(), scope, &cx);
    q.push(&format!(" AND {} IN (SELECT g.id FROM {} g WHERE g.uid = ?)", L::KEY, L::TABLE), [uid.into()]);
    Ok(tx.opt::<L::Row>(q).await?.map(Into::into))
}

async fn extent<L: Layer>(tx: &mut Tx, scope: &Scope) -> Result<Option<Bbox>> {
    let cx = FilterContext::load(tx).await?;
    let (x, y) = (cx.dialect.lng_of("g.geom"), cx.dialect.lat_of("g.geom"));
    let mut q =
        Sql::new(&format!("SELECT min({x}), min({y}), max({x}), max({y}) FROM {} g", L::TABLE), vec![]);
    if *scope != Scope::Everything {
        q.push(" WHERE g.id IN (", []);
        q.append(L::select(L::KEY, false, &L::Filter::default(), scope, &cx));
        q.push(")", []);
    }
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
