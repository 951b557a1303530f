//! 隐患 as a collection: the list of hazards, without the names of persons.
use super::context::{Context, list_parameters, list_query};
use super::covers::properties;
use super::layer::{Feature, Layer};
use super::place::{Place, Placed, placed};
use crate::cases::desk;
use crate::cases::hazards_list::{HazardItem, HazardQuery};
use crate::cases::model::{HAZARD_COLUMNS, HAZARD_TABLES, HazardRow};
use crate::error::Result;
use crate::identity::Scope;
use jinggai_db::{Dialect, Sql};

/// The collection `hazards`.
pub struct Hazards;

/// Members of the list that a map is not told: who sees to it is a person; what was measured is a table in the
/// properties, which is more than most readers take.
const UNTOLD: [&str; 2] = ["person", "measured"];

impl Layer for Hazards {
    type Filter = Sql;
    type Row = Placed<HazardRow>;
    const TABLE: &'static str = "hazards";
    const KEY: &'static str = "h.id";
    const PLACES: &'static [Place] = &[
        Place::geometry("hazards g JOIN covers p ON p.id = g.cover_id WHERE 1 = 1", "covers", "p"),
        Place::geometry("hazards g JOIN wells p ON p.id = g.well_id WHERE g.cover_id IS NULL", "wells", "p"),
        Place::columns(
            "hazards g JOIN cases p ON p.id = g.case_id WHERE g.well_id IS NULL AND g.cover_id IS NULL",
            "p",
        ),
    ];

    fn columns(d: Dialect) -> String {
        placed(HAZARD_COLUMNS, "s", d)
    }

    fn select(columns: &str, whole: bool, filter: &Sql, scope: &Scope, _: &Context) -> Sql {
        let tables = if whole { HAZARD_TABLES } else { "hazards h" };
        let mut q = Sql::new(&format!("SELECT {columns} FROM {tables} WHERE 1 = 1"), vec![]);
        desk::bound_hazards(scope, &mut q);
        q.append(filter.clone());
        q
    }

    fn filter(pairs: &[(String, String)], cx: &Context) -> Result<Sql> {
        let mut q = Sql::default();
        list_query::<HazardQuery>(pairs)?.narrow(&mut q, &cx.rules.catalogue, cx.now)?;
        Ok(q)
    }

    fn feature(found: Placed<HazardRow>, cx: &Context) -> Feature {
        let Placed { row, at } = found;
        let (id, uid) = (row.id, row.uid);
        let (state, name) =
            if row.closed_at.is_none() { ("open", "未销号") } else { ("closed", "已销号") };
        let mut properties = properties(&HazardItem::of(row, &cx.rules));
        for name in UNTOLD {
            properties.shift_remove(name);
        }
        properties.insert("state".into(), state.into());
        properties.insert("state_name".into(), name.into());
        Feature { row: id, uid, at, properties }
    }

    fn parameters() -> Vec<(String, String)> {
        list_parameters::<HazardQuery>()
    }
}
