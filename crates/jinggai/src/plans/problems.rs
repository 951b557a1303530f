//! 问题清单: hazards that a unit enters without a case, by hand or from what the rules find in the ledger (R6).
//!
//! One is open per target and code, whoever enters it. What endangers life now is not for a list: it is reported, and
//! its case has a clock.
use super::derived::{self, Found};
use crate::cases::desk::By;
use crate::cases::findings::Wrong;
use crate::cases::hazards::{self, New, Opened, opened_event};
use crate::error::{AppError, Kind, Result};
use crate::identity::{Permission, Scope};
use crate::registry::derived::OF_WELL;
use crate::registry::store as ledger;
use jinggai_db::events::Event;
use jinggai_db::{Tx, sql};
use jinggai_rules::hazards::{Hazard, Level, Measured, Rated};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A hazard to enter.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HazardAsk {
    /// Catalogue code.
    pub code: String,
    /// Public id of the cover.
    #[serde(default)]
    pub cover: Option<Uuid>,
    /// Public id of the well, for what concerns the well.
    #[serde(default)]
    pub well: Option<Uuid>,
    /// What was measured.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub measured: Option<Measured>,
    /// What was seen, by whom, on which occasion; needed unless the ledger itself shows it.
    #[serde(default)]
    pub reason: Option<String>,
}

/// Where somebody may enter hazards: as the unit that clears them, or at the desk.
///
/// # Errors
/// `forbidden`.
pub fn right(by: &By<'_>) -> Result<(Permission, Scope)> {
    let right =
        if by.actor.may(Permission::CaseHandle) { Permission::CaseHandle } else { Permission::CaseFile };
    Ok((right, by.actor.require(right)?))
}

/// A hazard that was entered or was there.
pub struct Entered {
    /// Its row.
    pub id: i64,
    /// It was not open before.
    pub new: bool,
}

/// Enters a hazard; the events are written under the right given.
///
/// # Errors
/// `form.invalid`, `hazard.unknown`, `hazard.measured`, `hazard.urgent`, `hazard.ended`, not found.
pub async fn enter(
    tx: &mut Tx,
    by: &By<'_>,
    right: Permission,
    scope: &Scope,
    ownership_days: i64,
    ask: &HazardAsk,
) -> Result<Entered> {
    let hazard = by.rules.hazard(&ask.code)?;
    let measured = hazards::checked(ask.measured.unwrap_or_default(), "measured")?;
    let found = derived::find(tx, scope, &hazard.code, ask.cover, ask.well).await?;
    let said = ask.reason.as_deref().map(str::trim).filter(|r| !r.is_empty());
    let mut wrong = Wrong::default();
    if ask.cover.is_none() && ask.well.is_none() {
        wrong.add("cover", "请指明井盖或窨井", "name the cover or the well");
    }
    if found.is_none() && said.is_none() {
        wrong.add(
            "reason",
            "台账看不出这个隐患，请写明在什么场合由谁发现",
            "the ledger does not show this hazard: say who saw it on which occasion",
        );
    }
    wrong.done()?;
    let origin = if found.is_some() { "registry" } else { "list" };
    let rated = rated(by, hazard, &measured, found.as_ref(), said);
    if rated.level == Level::L1 {
        return Err(AppError::field(
            "hazard.urgent",
            "code",
            format!("“{}”为紧急隐患，请立即上报立案，不能只列入清单", hazard.name),
            "this endangers life now: report it, so that a case with a clock is filed",
        ));
    }
    let (well_id, cover_id, area_id) = place(tx, scope, ask, found).await?;
    // What concerns the well is one hazard, whichever of its covers somebody named.
    if OF_WELL.contains(&hazard.code.as_str())
        && let Some((id,)) = tx
            .opt::<(i64,)>(sql!(
                "SELECT id FROM hazards WHERE well_id = ? AND code = ? AND closed_at IS NULL ORDER BY id LIMIT 1",
                well_id,
                &hazard.code
            ))
            .await?
    {
        return Ok(Entered { id, new: false });
    }
    let target = hazards::target(tx, Some(well_id), cover_id, area_id, Uuid::nil()).await?;
    let new = New { target: &target, hazard, rated: &rated, measured: &measured, origin };
    let (id, uid) = match hazards::open(tx, by, &new).await? {
        Opened::Known(id, _) => return Ok(Entered { id, new: false }),
        Opened::New(id, uid) => (id, uid),
    };
    let mut events: Vec<Event> = vec![Event { reason: said.map(str::to_owned), ..opened_event(&new, uid) }];
    if let Some(cover) = cover_id {
        events.extend(hazards::reflect(tx, by, cover, None, ownership_days).await?);
    }
    by.tell(tx, right, events).await?;
    Ok(Entered { id, new: true })
}

fn rated(
    by: &By<'_>,
    hazard: &Hazard,
    measured: &Measured,
    found: Option<&Found>,
    said: Option<&str>,
) -> Rated {
    let mut rated = by.rules.catalogue.rate(hazard, measured);
    for more in [found.map(|f| f.explained.as_str()), said].into_iter().flatten() {
        rated.why = format!("{}；{more}", rated.why);
    }
    rated
}

/// The well, cover and area of a hazard, within the scope and still there.
async fn place(
    tx: &mut Tx,
    scope: &Scope,
    ask: &HazardAsk,
    found: Option<Found>,
) -> Result<(i64, Option<i64>, Option<i64>)> {
    if let Some(f) = found {
        return Ok((f.well_id, f.cover_id, f.area_id));
    }
    let cover = match ask.cover {
        Some(uid) => Some(ledger::cover(tx, uid, scope).await?),
        None => None,
    };
    let well = match (&cover, ask.well) {
        (Some(c), _) => ledger::well_by_id(tx, c.well_id).await?,
        (None, uid) => ledger::well(tx, uid.unwrap_or_default(), scope).await?,
    };
    let gone = |lifecycle: &str| matches!(lifecycle, "filled" | "removed" | "archived");
    if gone(cover.as_ref().map_or(&well.lifecycle, |c| &c.lifecycle)) {
        return Err(AppError::new(
            Kind::Conflict,
            "hazard.ended",
            "这个井盖已填埋、拆除或归档，不再有隐患",
            "this cover is gone; it has no hazards any more",
        ));
    }
    let of_well = OF_WELL.contains(&ask.code.as_str());
    Ok((well.id, cover.filter(|_| !of_well).map(|c| c.id), well.area_id))
}
