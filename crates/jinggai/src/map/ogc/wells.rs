//! 窨井 as a collection: the well's own record, found by what its covers are.
use super::context::Context;
use super::covers::{cover_filter, cover_parameters, properties};
use super::layer::{Feature, Layer};
use super::place::Place;
use crate::error::Result;
use crate::identity::Scope;
use crate::registry::filter::CoverFilter;
use crate::registry::model::{WELL_COLUMNS, WellRow};
use jinggai_db::{Dialect, Sql};

/// The collection `wells`.
pub struct Wells;

impl Layer for Wells {
    type Filter = CoverFilter;
    type Row = WellRow;
    const TABLE: &'static str = "wells";
    const KEY: &'static str = "w.id";
    const PLACES: &'static [Place] = &[Place::geometry("wells g WHERE 1 = 1", "wells", "g")];

    fn columns(_: Dialect) -> String {
        WELL_COLUMNS.to_owned()
    }

    fn select(columns: &str, whole: bool, filter: &CoverFilter, scope: &Scope, cx: &Context) -> Sql {
        let joins = if whole { "LEFT JOIN areas a ON a.id = w.area_id" } else { "" };
        let mut q = Sql::new(&format!("SELECT {columns} FROM wells w {joins} WHERE 1 = 1"), vec![]);
        if *filter == CoverFilter::default() {
            scope.and_well(&mut q, "w.id");
        } else {
            q.push(" AND w.id IN (", []);
            q.append(filter.select("f.well_id", "", scope, &cx.filter));
            q.push(")", []);
        }
        q
    }

    fn filter(pairs: &[(String, String)], _: &Context) -> Result<CoverFilter> {
        cover_filter(pairs)
    }

    fn feature(row: WellRow, _: &Context) -> Feature {
        let mut properties = properties(&row.json());
        // A table in the properties is more than most readers take; the place as given is in the well's file.
        properties.shift_remove("source");
        Feature { row: row.id, uid: row.uid, at: row.geom, properties }
    }

    fn parameters() -> Vec<(String, String)> {
        cover_parameters()
    }
}
