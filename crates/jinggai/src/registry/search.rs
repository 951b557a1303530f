//! 搜索: one box for numbers, plates, roads, addresses and units.
use super::filter::{CoverFilter, FilterContext};
use super::list::{self, Sort};
use super::model::CoverItem;
use crate::error::Result;
use crate::http::page::PageQuery;
use crate::identity::Scope;
use jinggai_db::{Tx, row, sql};
use serde::Serialize;
use utoipa::ToSchema;

/// Rows of each sort in an answer.
const FEW: usize = 10;

row! {
    /// A road with its covers.
    #[derive(Clone, Debug, Serialize, ToSchema)]
    pub struct RoadHit {
        /// 道路.
        pub road: String,
        /// Covers on it within the reader's scope.
        pub covers: i64,
    }
}

row! {
    /// A unit.
    #[derive(Clone, Debug, Serialize, ToSchema)]
    pub struct UnitHit {
        /// 单位 code.
        pub code: String,
        /// 单位.
        pub name: String,
    }
}

/// What a search found.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Found {
    /// Covers by number, plate, road or address; the first ten.
    pub covers: Vec<CoverItem>,
    /// How many covers there are.
    pub covers_total: i64,
    /// Roads.
    pub roads: Vec<RoadHit>,
    /// Units.
    pub units: Vec<UnitHit>,
}

/// Searches covers, roads and units; an empty text finds nothing.
///
/// # Errors
/// What the store says.
pub async fn search(tx: &mut Tx, text: &str, scope: &Scope, directory: bool) -> Result<Found> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(Found { covers: vec![], covers_total: 0, roads: vec![], units: vec![] });
    }
    let filter = CoverFilter { q: Some(text.to_owned()), ..CoverFilter::default() };
    let paging = PageQuery { limit: Some(FEW), cursor: None }.paging()?;
    let covers = list::page(tx, &filter, scope, Sort::Code, &paging).await?;
    let cx = FilterContext::load(tx).await?;
    let pattern = format!("%{}%", escaped(&text.to_lowercase()));
    let mut q = CoverFilter::default().select("f.road, count(*)", "", scope, &cx);
    q.push(
        " AND lower(f.road) LIKE ? ESCAPE '~' GROUP BY f.road ORDER BY count(*) DESC, f.road LIMIT ?",
        [pattern.as_str().into(), FEW.into()],
    );
    let roads = tx.all(q).await?;
    let units = if directory {
        tx.all(sql!(
            "SELECT code, name FROM units WHERE valid_to IS NULL AND (lower(name) LIKE ? ESCAPE '~' OR lower(short_name) LIKE ? ESCAPE '~' OR lower(code) LIKE ? ESCAPE '~') ORDER BY name LIMIT ?",
            &pattern,
            &pattern,
            &pattern,
            FEW
        ))
        .await?
    } else {
        vec![]
    };
    Ok(Found { covers: covers.items, covers_total: covers.total, roads, units })
}

/// The text as itself inside a LIKE pattern.
fn escaped(text: &str) -> String {
    text.chars().flat_map(|c| matches!(c, '%' | '_' | '~').then_some('~').into_iter().chain([c])).collect()
}
