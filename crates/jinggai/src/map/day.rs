//! 台账时点 of the map: which days it can show. The ledger keeps what it said of each cover from its first day on; what
//! it will say is known to nobody, although lists may ask how old covers will be.
use super::http::{cached, last_event};
use crate::app::App;
use crate::clock;
use crate::error::{AppError, Problem, Result};
use crate::http::Ctx;
use crate::identity::Permission;
use crate::registry::filter::CoverFilter;
use axum::Json;
use jiff::civil::Date;
use jinggai_db::{Tx, sql};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get_ledger_days))
}

/// The days whose state can be shown.
#[derive(Serialize, ToSchema)]
pub struct LedgerDays {
    /// The first day of which the ledger says anything; none when it is empty.
    #[schema(value_type = Option<String>, format = Date)]
    first: Option<Date>,
    /// The last one: the day it is in the district.
    #[schema(value_type = String, format = Date)]
    today: Date,
}

/// The days whose state the map can show.
#[utoipa::path(get, path = "/api/v1/ledger-days", operation_id = "get_ledger_days", tag = "map",
    responses((status = 200, body = LedgerDays), (status = "4XX", body = Problem)))]
async fn get_ledger_days(ctx: Ctx) -> Result<Json<LedgerDays>> {
    ctx.actor.require(Permission::RegistryRead)?;
    // No index holds the days: the table is read once after each change, and only for those who ask.
    let seq = last_event(&ctx).await?;
    let bytes = cached(&ctx, seq, "days".to_owned(), async |tx| {
        serde_json::to_vec(&first(tx).await?).map_err(AppError::internal)
    })
    .await?;
    let first = serde_json::from_slice(&bytes).map_err(AppError::internal)?;
    Ok(Json(LedgerDays { first, today: clock::today() }))
}

async fn first(tx: &mut Tx) -> Result<Option<Date>> {
    Ok(tx.one::<(Option<Date>,)>(sql!("SELECT min(from_day) FROM cover_facts")).await?.0)
}

/// Refuses a day that the map cannot show.
///
/// # Errors
/// `map.day`, saying which days there are.
pub async fn check(tx: &mut Tx, filter: &CoverFilter) -> Result<()> {
    let Some(day) = filter.as_of else { return Ok(()) };
    let today = clock::today();
    let refused = |zh: String, en: String| Err(AppError::field("map.day", "as_of", zh, en));
    if day > today {
        return refused(
            format!("地图显示到今天（{today}）为止，{day} 还没有到"),
            format!("the map shows days up to today ({today}); {day} is yet to come"),
        );
    }
    // The rows stand in the order of their days, so that this finds one at once when there is any.
    let known: Option<(i64,)> =
        tx.opt(sql!("SELECT 1 FROM cover_facts WHERE from_day <= ? LIMIT 1", day)).await?;
    if known.is_some() {
        return Ok(());
    }
    match first(tx).await? {
        Some(first) => refused(
            format!("台账从 {first} 开始，没有 {day} 的状态"),
            format!("the ledger begins on {first}; it has no state of {day}"),
        ),
        None => refused("台账还是空的，没有过去的状态".into(), "the ledger is empty; it has no past".into()),
    }
}
