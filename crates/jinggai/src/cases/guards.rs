//! 前置条件: which guards of the flow hold for a case and a move, found in the data and in what was asked.
use super::desk::By;
use super::dispatch;
use super::hazards;
use super::model::CaseRow;
use super::moves::MoveAsk;
use super::{clocks, store};
use crate::error::{AppError, Result};
use crate::identity::Scope;
use jinggai_db::{Sql, Tx, sql};
use jinggai_rules::hazards::{Measured, Treatment};
use jinggai_rules::workflow::{CaseGuard, CaseMove, Desk};

/// A unit that is to be told.
pub struct Duty {
    /// Row.
    pub unit_id: i64,
    /// Name.
    pub name: String,
    /// `lead`, `joint`, `fallback`.
    pub duty: &'static str,
    /// Why.
    pub basis: String,
}

/// What was found.
#[derive(Default)]
pub struct Held {
    /// The guards that hold.
    pub guards: Vec<CaseGuard>,
    /// What the closing condition still lacks (Chinese).
    pub unmet: Vec<String>,
    /// Units to dispatch to.
    pub units: Vec<Duty>,
    /// Who checks.
    pub checker: Option<(i64, String)>,
    /// The actor's units that the case was given to.
    pub own_units: Vec<i64>,
    /// What counts as measured after this move.
    pub measured: Measured,
}

/// The units that a case lies with now.
///
/// # Errors
/// What the store says.
pub async fn duty_units(tx: &mut Tx, case_id: i64) -> Result<Vec<i64>> {
    let q = sql!(
        "SELECT unit_id FROM case_units WHERE case_id = ? AND ended_at IS NULL AND duty <> 'owner_search'",
        case_id
    );
    Ok(tx.all::<(i64,)>(q).await?.into_iter().map(|(id,)| id).collect())
}

/// How many of its units have not done their part.
///
/// # Errors
/// What the store says.
pub async fn unfinished(tx: &mut Tx, case_id: i64) -> Result<i64> {
    let q = sql!(
        "SELECT count(*) FROM case_units WHERE case_id = ? AND ended_at IS NULL AND finished_at IS NULL AND duty <> 'owner_search'",
        case_id
    );
    Ok(tx.one::<(i64,)>(q).await?.0)
}

/// Everybody who ever took part in the work of a case.
async fn workers(tx: &mut Tx, case_id: i64) -> Result<Vec<i64>> {
    let q = sql!("SELECT user_id FROM case_workers WHERE case_id = ?", case_id);
    Ok(tx.all::<(i64,)>(q).await?.into_iter().map(|(id,)| id).collect())
}

async fn photo_since(tx: &mut Tx, case: &CaseRow, purpose: &str, stage: &str) -> Result<bool> {
    let since = clocks::began(tx, case.id, stage).await?.unwrap_or(case.filed_at);
    let (n,): (i64,) = tx
        .one(sql!(
            "SELECT count(*) FROM case_files WHERE subject = 'case' AND subject_uid = ? AND purpose = ? AND created_at >= ? AND thumbnail_hash IS NOT NULL",
            case.uid,
            purpose,
            since
        ))
        .await?;
    Ok(n > 0)
}

/// Which guards hold.
///
/// # Errors
/// What the store says, and for wrong values in the request the error that names the field.
pub async fn established(
    tx: &mut Tx,
    by: &By<'_>,
    case: &CaseRow,
    action: CaseMove,
    ask: &MoveAsk,
) -> Result<Held> {
    use CaseGuard as G;
    let mut held = Held::default();
    let measured = ask.measured.map(|m| hazards::checked(m, "measured")).transpose()?;
    held.measured =
        measured.unwrap_or_else(|| serde_json::from_value(case.measured.clone()).unwrap_or_default());
    let active = duty_units(tx, case.id).await?;
    let own = by.units(tx).await?;
    held.own_units = active.iter().copied().filter(|u| own.contains(u)).collect();
    let workers = workers(tx, case.id).await?;
    let handled = by.actor.user_id.is_some_and(|u| workers.contains(&u));
    let (children,): (i64,) = tx
        .one(sql!(
            "SELECT count(*) FROM cases WHERE parent_id = ? AND state NOT IN ('closed', 'cancelled')",
            case.id
        ))
        .await?;
    let unfinished = unfinished(tx, case.id).await?;
    let mut put = |holds: bool, g: G| held.guards.extend(holds.then_some(g));
    put(ask.reason.as_deref().is_some_and(|r| !r.trim().is_empty()), G::Reason);
    put(!held.own_units.is_empty(), G::OwnUnit);
    // On site the whole unit that did the work stands aside; at the desk only who took part.
    put(!handled && (held.own_units.is_empty() || action != CaseMove::Pass), G::NotHandler);
    put(children == 0, G::ChildrenEnded);
    put(unfinished == 0, G::AllUnitsDone);
    put(ask.treatment()?.is_some(), G::Treatment);
    put(case.checker_id.is_some() && case.checker_id == by.actor.user_id, G::DrawnChecker);
    put(approved(tx, case.id).await?, G::SuspensionApproved);
    match action {
        CaseMove::Dispatch => units(tx, case, ask, &mut held).await?,
        CaseMove::Finish if photo_since(tx, case, "after", "handle").await? => {
            held.guards.push(G::AfterPhoto);
        }
        CaseMove::SendToCheck => {
            let not: Vec<i64> = workers.iter().copied().chain(by.actor.user_id).collect();
            held.checker = Some(dispatch::draw(tx, case.area_id, Some(case.id), &not, ask.checker).await?);
        }
        CaseMove::Pass | CaseMove::Close => {
            if photo_since(tx, case, "check", "check").await? {
                held.guards.push(G::CheckPhoto);
            }
            closing(tx, by, case, ask, &mut held).await?;
        }
        _ => {}
    }
    Ok(held)
}

/// Is there an approved suspension that was not used yet?
async fn approved(tx: &mut Tx, case_id: i64) -> Result<bool> {
    let (n,): (i64,) = tx
        .one(sql!(
            "SELECT count(*) FROM case_requests r WHERE r.case_id = ? AND r.kind = 'suspension' AND r.state = 'approved' AND r.until_at > r.decided_at AND NOT EXISTS (SELECT 1 FROM case_pauses p WHERE p.case_id = r.case_id AND p.from_at >= r.decided_at)",
            case_id
        ))
        .await?;
    Ok(n > 0)
}

/// The units of a dispatch: those asked for, else the first that the responsibilities suggest.
async fn units(tx: &mut Tx, case: &CaseRow, ask: &MoveAsk, held: &mut Held) -> Result<()> {
    if ask.units.is_empty()
        && let Some(first) = dispatch::suggest(tx, case).await?.into_iter().next()
    {
        held.units =
            vec![Duty { unit_id: first.unit_id, name: first.name, duty: first.duty, basis: first.why }];
    }
    for (i, u) in ask.units.iter().enumerate() {
        let field = format!("units[{i}].code");
        let (unit_id, name) = dispatch::unit(tx, &u.code, &field).await?;
        let duty = match u.duty.as_deref() {
            None | Some("lead") => "lead",
            Some("joint") => "joint",
            Some("fallback") => "fallback",
            Some(_) => {
                return Err(AppError::field(
                    "case.duty",
                    &format!("units[{i}].duty"),
                    "应为 lead（主办）、joint（协办）或 fallback（兜底）",
                    "must be lead, joint or fallback",
                ));
            }
        };
        if held.units.iter().any(|d| d.unit_id == unit_id) {
            return Err(AppError::field(
                "case.unit",
                &field,
                format!("单位“{name}”重复"),
                "a unit is named twice",
            ));
        }
        held.units.push(Duty {
            unit_id,
            name,
            duty,
            basis: u.basis.clone().unwrap_or_else(|| "派遣员指定".into()),
        });
    }
    if held.units.iter().filter(|u| u.duty != "joint").count() == 1 {
        held.guards.push(CaseGuard::UnitChosen);
    }
    Ok(())
}

/// Is the closing condition met, by measurement, treatment and ledger?
async fn closing(tx: &mut Tx, by: &By<'_>, case: &CaseRow, ask: &MoveAsk, held: &mut Held) -> Result<()> {
    let treatment = match ask.treatment()? {
        Some(t) => Some(t),
        None => case.treatment.as_deref().and_then(Treatment::from_code),
    };
    for h in store::hazards_of(tx, case.id).await?.into_iter().filter(|h| h.closed_at.is_none()) {
        // A rule pack may have dropped a code since: then nothing can be asked of it.
        if let Some(entry) = by.rules.catalogue.get(&h.code) {
            held.unmet.extend(by.rules.catalogue.unmet(entry, &held.measured, treatment));
        }
        held.unmet.extend(hazards::ledger_unmet(tx, &h.code, h.well_id, h.cover_id).await?);
    }
    if held.unmet.is_empty() {
        held.guards.push(CaseGuard::ClosingMet);
    }
    Ok(())
}

async fn within(tx: &mut Tx, case_id: i64, scope: &Scope) -> Result<bool> {
    let mut q = Sql::new("SELECT count(*) FROM cases k WHERE k.id = ?", vec![case_id.into()]);
    super::desk::bound_cases(scope, &mut q);
    Ok(tx.one::<(i64,)>(q).await?.0 > 0)
}

/// The moves open to this actor now, each with what it still lacks.
///
/// # Errors
/// What the store says.
pub async fn open_to(tx: &mut Tx, by: &By<'_>, case: &CaseRow) -> Result<Vec<OpenMove>> {
    let mut out = vec![];
    let mine = case.checker_id.is_some() && case.checker_id == by.actor.user_id;
    let mut reached: Vec<(Desk, bool)> = vec![];
    for row in case.state()?.moves() {
        let scope = by.actor.scope(super::desk::permission(row.desk));
        let known = reached.iter().find(|(desk, _)| *desk == row.desk).map(|(_, r)| *r);
        let reach = match known {
            Some(reach) => reach,
            None => {
                scope == Scope::Everything || (scope != Scope::Nothing && within(tx, case.id, &scope).await?)
            }
        };
        reached.push((row.desk, reach));
        if scope == Scope::Nothing || !(reach || mine) {
            continue;
        }
        out.push(OpenMove {
            r#move: row.action.code(),
            name: row.action.name_zh(),
            desk: row.desk.name_zh(),
            to: row.to.code(),
            needs: row.guards.iter().map(|g| g.code()).collect(),
            clause: row.clause,
        });
    }
    Ok(out)
}

/// A move that the actor's desk may make.
#[derive(Clone, Debug, serde::Serialize, utoipa::ToSchema)]
pub struct OpenMove {
    /// Code.
    pub r#move: &'static str,
    /// 动作.
    pub name: &'static str,
    /// 岗位.
    pub desk: &'static str,
    /// State after.
    pub to: &'static str,
    /// What must be established.
    pub needs: Vec<&'static str>,
    /// Where the move comes from.
    pub clause: &'static str,
}
