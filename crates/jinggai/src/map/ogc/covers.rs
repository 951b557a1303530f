//! 井盖 as a collection: the list of covers, cover by cover the same.
use super::context::Context;
use super::layer::{Feature, Layer};
use super::place::Place;
use crate::error::Result;
use crate::identity::Scope;
use crate::registry::filter::{self, CoverFilter, MAIN_STATE};
use crate::registry::model::{CoverItem, ITEM_COLUMNS, ITEM_JOINS, ItemRow};
use jinggai_db::{Dialect, Sql};
use serde::Serialize;
use serde_json::{Map, Value as Json};

/// The collection `covers`.
pub struct Covers;

/// What stands outside the properties of a feature.
const OUTSIDE: [&str; 3] = ["uid", "lng", "lat"];

/// The members of a record that are properties of its feature.
pub fn properties(record: &impl Serialize) -> Map<String, Json> {
    // A record is a flat struct: it always becomes an object.
    let Ok(Json::Object(mut members)) = serde_json::to_value(record) else { return Map::new() };
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
pub fn cover_parameters() -> Vec<(String, String)> {
    let taken = filter::parameters().filter(|(name, _)| *name != "bbox");
    taken.map(|(name, zh)| (name.to_owned(), zh.to_owned())).collect()
}

impl Layer for Covers {
    type Filter = CoverFilter;
    type Row = ItemRow;
    const TABLE: &'static str = "covers";
    const KEY: &'static str = "f.cover_id";
    const PLACES: &'static [Place] = &[Place::geometry("covers g WHERE 1 = 1", "covers", "g")];

    fn columns(_: Dialect) -> String {
        format!("{}, {MAIN_STATE}, {}", ITEM_COLUMNS.0, ITEM_COLUMNS.1)
    }

    fn select(columns: &str, whole: bool, filter: &CoverFilter, scope: &Scope, cx: &Context) -> Sql {
        filter.select(columns, if whole { ITEM_JOINS } else { "" }, scope, &cx.filter)
    }

    fn filter(pairs: &[(String, String)], _: &Context) -> Result<CoverFilter> {
        cover_filter(pairs)
    }

    fn feature(row: ItemRow, _: &Context) -> Feature {
        let (id, uid, at) = (row.id, row.uid, row.geom);
        Feature { row: id, uid, at, properties: properties(&CoverItem::from(row)) }
    }

    fn parameters() -> Vec<(String, String)> {
        cover_parameters()
    }
}
