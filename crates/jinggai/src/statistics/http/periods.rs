//! `/statistics`, `/reports/annex2`, `/reports/indicators`: tables about a period, drawn at once or drawn and kept.
use super::{look, sheet};
use crate::app::App;
use crate::clock;
use crate::error::{AppError, Problem, Result};
use crate::http::params::Params;
use crate::http::{Ctx, Input};
use crate::identity::{Permission, Scope};
use crate::statistics::annex2::{self, Annex2};
use crate::statistics::indicators::{self, Indicators};
use crate::statistics::output::{self, Sheet};
use crate::statistics::period::PeriodQuery;
use crate::statistics::question::{Grouping, Slice};
use crate::statistics::reports::{self, Drawn};
use crate::statistics::templates;
use axum::Json;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::civil::Date;
use jinggai_db::Tx;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show_annex2))
        .routes(routes!(show_indicators))
        .routes(routes!(show_ranking))
        .routes(routes!(draw_annex2))
        .routes(routes!(draw_indicators))
}

/// A period, its groupings, and the part of the district; the same words in a query and in a body.
#[derive(Clone, Debug, Default, Deserialize, IntoParams, utoipa::ToSchema)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
pub struct PeriodAsk {
    /// First day; with `to` left out too, the current month.
    #[param(value_type = Option<String>)]
    #[schema(value_type = Option<String>, format = Date)]
    from: Option<Date>,
    /// First day after the period.
    #[param(value_type = Option<String>)]
    #[schema(value_type = Option<String>, format = Date)]
    to: Option<Date>,
    /// 区划时点; the last day of the period when left out.
    #[param(value_type = Option<String>)]
    #[schema(value_type = Option<String>, format = Date)]
    division: Option<Date>,
    /// One or two of `unit`, `district`, `street`, `community`, `kind`, comma separated; `unit` when left out.
    by: Option<String>,
    /// 责任单位 codes, comma separated; `none` for nobody.
    unit: Option<String>,
    /// 区域 codes with what belongs to them, comma separated; `=code` without; `none` for no area.
    area: Option<String>,
    /// 井盖类型, comma separated; `none` for unknown.
    kind: Option<String>,
    /// 演示 records count too.
    include_demo: bool,
}

impl PeriodAsk {
    /// What is asked for.
    pub fn query(&self) -> Result<PeriodQuery> {
        let now = crate::cases::facts::now();
        let mut q = match (self.from, self.to) {
            (None, None) => PeriodQuery::this_month(now),
            (Some(from), Some(to)) => PeriodQuery::new(from, to, now),
            _ => {
                return Err(AppError::field(
                    "report.period",
                    if self.from.is_none() { "from" } else { "to" },
                    "起日 from 和止日 to（不含）要一起给",
                    "give both from and to (that day not counted)",
                ));
            }
        };
        q.division = self.division.unwrap_or(q.division);
        if let Some(by) = self.by.as_deref().filter(|b| !b.is_empty()) {
            q.by = by.split(',').map(|w| w.trim().parse::<Grouping>()).collect::<Result<_>>()?;
        }
        q.within = Slice::read(self.unit.as_deref(), self.area.as_deref(), self.kind.as_deref())?;
        q.include_demo = self.include_demo;
        q.check()?;
        Ok(q)
    }
}

/// Draws 附件2 by the template in force.
pub(crate) async fn annex2(tx: &mut Tx, query: PeriodQuery, scope: &Scope) -> Result<Annex2> {
    let template = templates::current(tx, templates::RECTIFICATION, clock::today()).await?;
    annex2::draw(tx, query, template, scope).await
}

/// Draws the indicators by the score in force at the end of the period.
pub(crate) async fn indicators(tx: &mut Tx, query: PeriodQuery, scope: &Scope) -> Result<Indicators> {
    let score = indicators::score_for(tx, &query).await?;
    indicators::draw(tx, query, score, scope).await
}

/// Shows 附件2 for a period and cumulative, without keeping it.
#[utoipa::path(get, path = "/api/v1/statistics/annex2", tag = "reports", params(PeriodAsk),
    responses((status = 200, body = Object), (status = "4XX", body = Problem)))]
async fn show_annex2(ctx: Ctx, Params(ask): Params<PeriodAsk>) -> Result<Json<Value>> {
    let scope = ctx.actor.require(Permission::ReportRun)?;
    let drawn = annex2(&mut look(&ctx).await?, ask.query()?, &scope).await?;
    Ok(Json(output::json(&drawn.into(), &sheet(&ctx.app))))
}

/// Shows the indicators of a period with the score, without keeping them.
#[utoipa::path(get, path = "/api/v1/statistics/indicators", tag = "reports", params(PeriodAsk),
    responses((status = 200, body = Object), (status = "4XX", body = Problem)))]
async fn show_indicators(ctx: Ctx, Params(ask): Params<PeriodAsk>) -> Result<Json<Value>> {
    let scope = ctx.actor.require(Permission::ReportRun)?;
    let drawn = indicators(&mut look(&ctx).await?, ask.query()?, &scope).await?;
    Ok(Json(output::json(&drawn.into(), &sheet(&ctx.app))))
}

/// Ranks units and streets by their score in a period.
#[utoipa::path(get, path = "/api/v1/statistics/ranking", tag = "reports", params(PeriodAsk),
    responses((status = 200, body = Object), (status = "4XX", body = Problem)))]
async fn show_ranking(ctx: Ctx, Params(ask): Params<PeriodAsk>) -> Result<Json<Value>> {
    let scope = ctx.actor.require(Permission::ReportRun)?;
    let asked = ask.query()?;
    let groups = if ask.by.is_some() {
        vec![asked.by.clone()]
    } else {
        vec![vec![Grouping::Unit], vec![Grouping::Street]]
    };
    let mut tx = look(&ctx).await?;
    let mut out =
        json!({"from": asked.from, "to": asked.to, "at": asked.at, "over": asked.over(), "rankings": []});
    for by in groups {
        let drawn = indicators(&mut tx, PeriodQuery { by: by.clone(), ..asked.clone() }, &scope).await?;
        out["score"] = json!(drawn.score);
        out["notes"] = json!(drawn.notes);
        if let Some(list) = out["rankings"].as_array_mut() {
            list.push(json!({"by": by, "places": output::ranking(&drawn)}));
        }
    }
    Ok(Json(out))
}

async fn keep(ctx: &Ctx, digest: &str, drawn: Drawn, scope: &Scope) -> Result<Response> {
    let mut w = ctx.write(digest).await?;
    let uid = reports::keep(&mut w.tx, &drawn, &ctx.actor, scope).await?;
    let sheet = Sheet { uid: Some(uid), made_by: Some(ctx.actor.name.clone()), ..sheet(&ctx.app) };
    w.done(StatusCode::CREATED, &output::json(&drawn, &sheet)).await
}

/// Draws 附件2 and keeps it.
#[utoipa::path(post, path = "/api/v1/reports/annex2", tag = "reports", request_body = PeriodAsk,
    responses((status = 201, body = Object), (status = "4XX", body = Problem)))]
async fn draw_annex2(ctx: Ctx, input: Input<PeriodAsk>) -> Result<Response> {
    let scope = ctx.actor.require(Permission::ReportRun)?;
    let drawn = annex2(&mut look(&ctx).await?, input.value.query()?, &scope).await?;
    keep(&ctx, &input.digest, drawn.into(), &scope).await
}

/// Draws the indicators and keeps them.
#[utoipa::path(post, path = "/api/v1/reports/indicators", tag = "reports", request_body = PeriodAsk,
    responses((status = 201, body = Object), (status = "4XX", body = Problem)))]
async fn draw_indicators(ctx: Ctx, input: Input<PeriodAsk>) -> Result<Response> {
    let scope = ctx.actor.require(Permission::ReportRun)?;
    let drawn = indicators(&mut look(&ctx).await?, input.value.query()?, &scope).await?;
    keep(&ctx, &input.digest, drawn.into(), &scope).await
}
