//! 照片与文件 of plans: each photo of the work or the check belongs to one hazard of the plan.
use super::model::PlanRow;
use super::store;
use crate::cases::desk::By;
use crate::cases::proofs::{About, Proof, Spot, keep, right_for};
use crate::error::{AppError, Kind, Result};
use crate::identity::Permission;
use crate::registry::attachments::Upload;
use crate::registry::store as ledger;
use jinggai_db::{Tx, sql};
use jinggai_rules::plan_flow::PlanState;
use uuid::Uuid;

/// Adds a file to a plan. An after-photo is the unit's, a check-photo the checker's; both name their hazard.
///
/// # Errors
/// `proof.purpose`, `proof.picture`, `proof.item`, `proof.ended`, `forbidden`, not found.
pub async fn add(tx: &mut Tx, by: &By<'_>, about: About<'_>, up: &Upload) -> Result<Proof> {
    let right = right_for(about.purpose, up)?;
    by.actor.require(right)?;
    let own = by.units(tx).await?;
    let plan = store::plan(tx, about.uid, &by.actor.scope(Permission::CaseRead), &own, by.now).await?;
    if matches!(plan.state()?, PlanState::Done | PlanState::Withdrawn) {
        return Err(AppError::new(
            Kind::Conflict,
            "proof.ended",
            "计划已完成或撤回，不能再添加照片",
            "the plan has ended",
        ));
    }
    let spot = spot(tx, &plan, &about).await?;
    keep(tx, by, right, about, up, spot).await
}

/// Where the hazard is that a photo proves.
async fn spot(tx: &mut Tx, plan: &PlanRow, about: &About<'_>) -> Result<Spot> {
    let Some(item) = about.item else {
        if matches!(about.purpose, "after" | "check") {
            return Err(AppError::field(
                "proof.item",
                "item",
                "请指明照片属于哪条隐患",
                "name the hazard that the photo proves",
            ));
        }
        return Ok(Spot::default());
    };
    let found: Option<(Option<i64>,)> =
        tx.opt(sql!("SELECT well_id FROM hazards WHERE uid = ? AND plan_id = ?", item, plan.id)).await?;
    let Some((well_id,)) = found else {
        return Err(missing(item));
    };
    let at = match well_id {
        Some(id) => Some(ledger::well_by_id(tx, id).await?.geom),
        None => None,
    };
    Ok(Spot { at, well_id })
}

fn missing(item: Uuid) -> AppError {
    AppError::field(
        "proof.item",
        "item",
        format!("计划中没有隐患 {item}"),
        format!("the plan holds no hazard {item}"),
    )
}
