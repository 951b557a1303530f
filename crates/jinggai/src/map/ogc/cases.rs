//! 案卷 as a collection: the list of cases, case by case the same.
use super::context::{Context, list_parameters, list_query};
use super::covers::properties;
use super::layer::{Feature, Layer};
use super::place::{Place, Placed, placed};
use crate::cases::desk;
use crate::cases::list::{CaseItem, CaseQuery};
use crate::cases::model::{CASE_COLUMNS, CASE_TABLES, CaseRow};
use crate::error::Result;
use crate::identity::Scope;
use jinggai_db::{Dialect, Sql};

/// The collection `cases`.
pub struct Cases;

impl Layer for Cases {
    type Filter = Sql;
    type Row = Placed<CaseRow>;
    const TABLE: &'static str = "cases";
    const KEY: &'static str = "k.id";
    const PLACES: &'static [Place] = &[
        Place::geometry("cases g JOIN covers p ON p.id = g.cover_id WHERE 1 = 1", "covers", "p"),
        Place::geometry("cases g JOIN wells p ON p.id = g.well_id WHERE g.cover_id IS NULL", "wells", "p"),
        Place::columns("cases g WHERE g.well_id IS NULL AND g.cover_id IS NULL", "g"),
    ];

    fn columns(d: Dialect) -> String {
        placed(CASE_COLUMNS, "k", d)
    }

    fn select(columns: &str, whole: bool, filter: &Sql, scope: &Scope, _: &Context) -> Sql {
        let tables = if whole { CASE_TABLES } else { "cases k" };
        let mut q = Sql::new(&format!("SELECT {columns} FROM {tables} WHERE 1 = 1"), vec![]);
        desk::bound_cases(scope, &mut q);
        q.append(filter.clone());
        q
    }

    fn filter(pairs: &[(String, String)], cx: &Context) -> Result<Sql> {
        let mut q = Sql::default();
        // What waits for a person is no question of a map: `mine` is left out, so nobody is named here.
        list_query::<CaseQuery>(pairs)?.narrow(&mut q, cx.now, None)?;
        Ok(q)
    }

    fn feature(found: Placed<CaseRow>, cx: &Context) -> Feature {
        let Placed { row, at } = found;
        let (id, uid) = (row.id, row.uid);
        Feature { row: id, uid, at, properties: properties(&CaseItem::of(row, &cx.rules, cx.now)) }
    }

    fn parameters() -> Vec<(String, String)> {
        list_parameters::<CaseQuery>()
    }
}
