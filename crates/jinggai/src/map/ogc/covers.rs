//! 井盖 as a collection: the list of covers, cover by cover the same.
use super::layer::{Feature, Layer};
use crate::error::Result;
use crate::identity::Scope;
use crate::registry::filter::{self, CoverFilter, FilterContext, MAIN_STATE};
use crate::registry::model::{CoverItem, ITEM_COLUMNS, ITEM_JOINS, ItemRow};
use jinggai_db::Sql;
use serde_json::{Map, Value as Json};

/// The collection `covers`.
pub struct Covers;

/// What stands outside the properties of a feature.
const OUTSIDE: [&str; 3] = ["uid", "lng", "lat"];

/// The members of a record that are properties of its feature.
pub fn properties(record: Json) -> Map<String, Json> {
    let Json::Object(mut members) = record else { return Map::new() };
    for name in OUTSIDE {
        members.shift_remove(name);
    }
    members
}

/// The filter of covers, from which the place is taken: the standard has its own parameter for it.
pub fn cover_filter(pairs: &[(String, String)]) -> Result<CoverFilter> {
    CoverFilter::parse(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())))
}

/// The parameters of [`cover_filter`].
pub fn cover_parameters() -> Vec<(&'static str, &'static str)> {
    filter::parameters().filter(|(name, _)| *name != "bbox").collect()
}

impl From<ItemRow> for Feature {
    fn from(row: ItemRow) -> Self {
        let (id, uid, at) = (row.id, row.uid, row.geom);
        let record = serde_json::to_value(CoverItem::from(row)).unwrap_or_default();
        Feature { row: id, uid, at, properties: properties(record) }
    }
}

impl Layer for Covers {
    type Filter = CoverFilter;
    type Row = ItemRow;
    const TABLE: &'static str = "covers";
    const KEY: &'static str = "f.cover_id";

    fn columns() -> String {
        format!("{}, {MAIN_STATE}, {}", ITEM_COLUMNS.0, ITEM_COLUMNS.1)
    }

    fn select(columns: &str, whole: bool, filter: &CoverFilter, scope: &Scope, cx: &FilterContext) -> Sql {
        filter.select(columns, if whole { ITEM_JOINS } else { "" }, scope, cx)
    }

    fn filter(pairs: &[(String, String)]) -> Result<CoverFilter> {
        cover_filter(pairs)
    }

    fn parameters() -> Vec<(&'static str, &'static str)> {
        cover_parameters()
    }
}
