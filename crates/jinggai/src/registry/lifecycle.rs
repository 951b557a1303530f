//! 生命周期: moving a cover from stage to stage by the table of the rules, with each condition found in the data.
//!
//! What counts as established: an acceptance record among the documents named in the move; damage recorded on the
//! cover (异常) or none left; evidence of abandonment among the files named; an approval by somebody else than who
//! proposed it; a photo of the filling; a successor on the same well; no active number left.
use super::commands::{Change, version};
use super::fields::Reader;
use super::form::{self, CoverForm};
use super::model::CoverRow;
use super::{attachments, codes, labels, ledger, store};
use crate::error::{AppError, Kind, Result};
use crate::identity::Permission;
use jiff::Timestamp;
use jinggai_db::events::{self, Event, Logged};
use jinggai_db::{Tx, sql};
use jinggai_rules::Explain;
use jinggai_rules::kinds::{CoverKind, Guard, Lifecycle, LifecycleError, LifecycleMove, Problem, step};
use serde_json::{Value as Json, json};
use uuid::Uuid;

/// The event of an approved abandonment.
const APPROVED: &str = "abandonment_approved";
/// The event of a move.
const MOVED: &str = "lifecycle_moved";

/// Moves that only those who decide ownership and retirement may make.
fn decides(action: LifecycleMove) -> bool {
    use LifecycleMove as M;
    matches!(action, M::Accept | M::RejectAcceptance | M::RefuseAbandonment | M::Archive)
}

fn refused(e: &LifecycleError) -> AppError {
    AppError::new(Kind::Conflict, e.code(), e.to_string(), e.message_en())
}

/// What was asked: the move, the files that prove it, and the successor of a replaced cover.
struct Form {
    action: LifecycleMove,
    version: Option<i64>,
    evidence: Vec<Uuid>,
    successor: Option<CoverForm>,
    reason: Option<String>,
    reader: Reader,
}

async fn read(tx: &mut Tx, change: &Change<'_>, body: Json, kind: &str) -> Result<Form> {
    let limits = form::limits(tx, change.today).await?;
    let mut r = Reader::new(body);
    let word = r.required_text("move", "流转动作", 40);
    let action = word.as_deref().and_then(LifecycleMove::from_code);
    if word.is_some() && action.is_none() {
        let all = LifecycleMove::ALL.iter().map(|m| m.code()).collect::<Vec<_>>().join(", ");
        r.wrong("move", format!("应为：{all}"), format!("must be one of: {all}"));
    }
    let version = version(&mut r);
    let evidence = attachments::uids(&mut r, "evidence");
    let reason = r.text("reason", 500);
    let kind = CoverKind::from_code(kind);
    let mut successor = r.object("successor", |r| form::cover(r, &limits, kind));
    if let Some(s) = &mut successor {
        form::complete(tx, change.today, s, &mut r, "successor.").await?;
    }
    let Some(action) = action else {
        r.finish()?;
        return Err(AppError::internal(anyhow::anyhow!("a form without move was refused")));
    };
    Ok(Form { action, version, evidence, successor, reason, reader: r })
}

/// Moves a cover to its next stage and gives it as it then is.
///
/// # Errors
/// `lifecycle.not_allowed`, `lifecycle.guard_missing`, `form.invalid`, `conflict.version`, `forbidden`, not found.
pub async fn advance(tx: &mut Tx, change: &Change<'_>, uid: Uuid, body: Json) -> Result<CoverRow> {
    let cover = store::cover(tx, uid, &change.scope).await?;
    let form = read(tx, change, body, &cover.kind).await?;
    form.reader.finish()?;
    if decides(form.action) && !may_decide(tx, change, cover.well_id).await? {
        return Err(AppError::forbidden(Permission::OwnershipDecide.zh()));
    }
    if form.version != Some(cover.version) {
        return Err(AppError::new(
            Kind::Conflict,
            "conflict.version",
            "这个井盖刚被他人修改过，请在最新内容上重新操作",
            "somebody changed it meanwhile; look again",
        )
        .with_more("current", cover.json()));
    }
    let from = Lifecycle::from_code(&cover.lifecycle)
        .ok_or_else(|| AppError::internal(anyhow::anyhow!("cover {uid} is in stage {}", cover.lifecycle)))?;
    let established = established(tx, &cover, &form.evidence, form.successor.is_some()).await?;
    let row = step(from, form.action, &established).map_err(|e| refused(&e))?;
    attachments::link(tx, cover.well_id, &form.evidence, "cover", uid).await?;
    let moved = tx
        .run(sql!(
            "UPDATE covers SET lifecycle = ?, version = version + 1, updated_at = ? WHERE id = ? AND version = ?",
            row.to.code(),
            Timestamp::now(),
            cover.id,
            cover.version
        ))
        .await?;
    if moved == 0 {
        return Err(AppError::new(
            Kind::Conflict,
            "conflict.version",
            "这个井盖刚被他人修改过，请在最新内容上重新操作",
            "somebody changed it meanwhile; look again",
        ));
    }
    let mut list = vec![];
    let mut successor_uid = None;
    if let Some(s) = form.successor.filter(|_| form.action == LifecycleMove::Replace) {
        let (uid, mut more) = succeed(tx, change, &cover, s).await?;
        successor_uid = Some(uid);
        list.append(&mut more);
    }
    if row.to.is_ended() {
        list.append(&mut labels::take_off(tx, cover.well_id, uid, change.today).await?);
    }
    list.push(Event {
        subject: "cover",
        subject_uid: uid,
        well_id: Some(cover.well_id),
        action: MOVED,
        before: Some(json!({"lifecycle": from.code()})),
        after: Some(json!({
            "lifecycle": row.to.code(), "move": form.action.code(), "clause": row.clause,
            "evidence": form.evidence, "successor": successor_uid,
        })),
        reason: form.reason,
    });
    change.settle(tx, &[cover.well_id], list).await?;
    store::cover_by_id(tx, cover.id).await
}

async fn may_decide(tx: &mut Tx, change: &Change<'_>, well_id: i64) -> Result<bool> {
    store::in_scope(tx, well_id, &change.actor.scope(Permission::OwnershipDecide)).await
}

/// Which conditions hold for this cover, whatever the move.
async fn established(
    tx: &mut Tx,
    cover: &CoverRow,
    evidence: &[Uuid],
    successor: bool,
) -> Result<Vec<Guard>> {
    let (photos, documents) = attachments::count_of(tx, cover.well_id, evidence).await?;
    let problem = cover.problem.as_deref().and_then(Problem::from_code);
    let damaged = cover.condition != "intact" || problem.is_some_and(|p| Problem::MAIN_STATES.contains(&p));
    let (active,): (i64,) =
        tx.one(sql!("SELECT count(*) FROM codes WHERE cover_id = ? AND state = 'active'", cover.id)).await?;
    let mut out = vec![if damaged { Guard::HazardOpen } else { Guard::HazardsClosed }];
    let mut put = |holds: bool, guard: Guard| out.extend(holds.then_some(guard));
    put(documents > 0, Guard::AcceptancePassed);
    put(photos + documents > 0, Guard::AbandonmentEvidence);
    put(photos > 0, Guard::FillPhoto);
    put(successor, Guard::SuccessorRegistered);
    put(active == 0, Guard::CodeRetired);
    put(approved(tx, cover.uid).await?, Guard::AbandonmentApproved);
    Ok(out)
}

/// Was the abandonment that the cover now waits for approved?
async fn approved(tx: &mut Tx, uid: Uuid) -> Result<bool> {
    Ok(proposal(tx, uid).await?.1)
}

/// What is still missing until an abandoned cover is done with (R10: 有依据、经审批、已填埋或拆除、编号注销), Chinese.
///
/// # Errors
/// What the store says.
pub async fn retirement_unmet(tx: &mut Tx, cover: &CoverRow) -> Result<Vec<String>> {
    let mut out = vec![];
    if !Lifecycle::from_code(&cover.lifecycle).is_some_and(Lifecycle::is_ended) {
        out.push("须先在台账完成填埋或拆除（有照片、经审批）".to_owned());
    }
    let (approvals, active): (i64, i64) = tx
        .one(sql!(
            "SELECT (SELECT count(*) FROM events WHERE subject_uid = ? AND action = 'abandonment_approved'), (SELECT count(*) FROM codes WHERE cover_id = ? AND state = 'active')",
            cover.uid,
            cover.id
        ))
        .await?;
    if approvals == 0 {
        out.push("须有经审批的废弃申报".to_owned());
    }
    if active > 0 {
        out.push("须注销编号（档案保留）".to_owned());
    }
    Ok(out)
}

/// The last proposal of abandonment, and whether an approval followed it. A cover that came in as abandoned has no
/// proposal, but can be approved.
async fn proposal(tx: &mut Tx, uid: Uuid) -> Result<(Option<Logged>, bool)> {
    let mut q = events::select();
    q.push(
        " AND subject_uid = ? AND action IN ('lifecycle_moved', 'abandonment_approved') ORDER BY seq",
        [uid.into()],
    );
    let mut found: (Option<Logged>, bool) = (None, false);
    for e in tx.all::<Logged>(q).await? {
        if e.action == APPROVED {
            found.1 = true;
        } else {
            let to: Json = e.after.as_deref().and_then(|t| serde_json::from_str(t).ok()).unwrap_or_default();
            found = ((to["move"] == LifecycleMove::ProposeAbandonment.code()).then_some(e), false);
        }
    }
    Ok(found)
}

/// Enters the successor of a replaced cover on the same well.
async fn succeed(
    tx: &mut Tx,
    change: &Change<'_>,
    old: &CoverRow,
    form: CoverForm,
) -> Result<(Uuid, Vec<Event>)> {
    let (id, uid) =
        ledger::add_cover(tx, (old.well_id, old.geom, old.demo), &form.cover, Some(old.id)).await?;
    let mut list = vec![Event {
        subject: "cover",
        subject_uid: uid,
        well_id: Some(old.well_id),
        action: "created",
        before: None,
        after: Some(with(form.cover.summary(), "predecessor", json!(old.uid))),
        reason: None,
    }];
    list.append(&mut issued(tx, change, id, &form.issue).await?);
    Ok((uid, list))
}

fn with(mut summary: Json, name: &str, value: Json) -> Json {
    summary[name] = value;
    summary
}

async fn issued(tx: &mut Tx, change: &Change<'_>, cover_id: i64, schemes: &[String]) -> Result<Vec<Event>> {
    let mut list = vec![];
    for scheme in schemes {
        if !change.actor.may(Permission::CodeIssue) {
            return Err(AppError::forbidden(Permission::CodeIssue.zh()));
        }
        let cover = store::cover_by_id(tx, cover_id).await?;
        list.push(codes::issue(tx, &cover, scheme, &[], change.today).await?.1);
    }
    Ok(list)
}

/// Adds a further cover to a well.
///
/// # Errors
/// `form.invalid`, `code.taken`, `well.ended`, not found.
pub async fn add_cover(tx: &mut Tx, change: &Change<'_>, well_uid: Uuid, body: Json) -> Result<CoverRow> {
    let limits = form::limits(tx, change.today).await?;
    let well = store::well(tx, well_uid, &change.scope).await?;
    let mut r = Reader::new(body);
    let reason = r.text("reason", 500);
    let mut form = form::cover(&mut r, &limits, CoverKind::from_code(&well.kind));
    form::complete(tx, change.today, &mut form, &mut r, "").await?;
    r.finish()?;
    if Lifecycle::from_code(&well.lifecycle)
        .is_some_and(|l| matches!(l, Lifecycle::Filled | Lifecycle::Archived))
    {
        return Err(AppError::new(
            Kind::Conflict,
            "well.ended",
            "这口井已填埋或归档，不能再加井盖",
            "this well is filled or archived; it takes no more covers",
        ));
    }
    let (id, uid) = ledger::add_cover(tx, (well.id, well.geom, well.demo), &form.cover, None).await?;
    let mut list = vec![Event {
        subject: "cover",
        subject_uid: uid,
        well_id: Some(well.id),
        action: "created",
        before: None,
        after: Some(form.cover.summary()),
        reason,
    }];
    list.append(&mut issued(tx, change, id, &form.issue).await?);
    change.settle(tx, &[well.id], list).await?;
    store::cover_by_id(tx, id).await
}

/// Approves a proposed abandonment. Whoever proposed it cannot approve it.
///
/// # Errors
/// `lifecycle.not_proposed`, `lifecycle.own_proposal`, `form.invalid`, not found.
pub async fn approve_abandonment(tx: &mut Tx, change: &Change<'_>, uid: Uuid, body: Json) -> Result<()> {
    let mut r = Reader::new(body);
    let basis = r.required_text("basis", "审批依据", 500);
    r.finish()?;
    let cover = store::cover(tx, uid, &change.scope).await?;
    if cover.lifecycle != Lifecycle::AbandonedPending.code() {
        return Err(AppError::new(
            Kind::Conflict,
            "lifecycle.not_proposed",
            "该井盖没有待审批的废弃申报",
            "no abandonment of this cover waits for approval",
        ));
    }
    let (proposal, done) = proposal(tx, uid).await?;
    if proposal.as_ref().is_some_and(|p| p.actor == change.actor.login) {
        return Err(AppError::new(
            Kind::Forbidden,
            "lifecycle.own_proposal",
            "申报人不能审批自己的废弃申报，请由他人审批",
            "who proposed the abandonment cannot approve it",
        ));
    }
    if done {
        return Ok(());
    }
    let event = Event {
        subject: "cover",
        subject_uid: uid,
        well_id: Some(cover.well_id),
        action: APPROVED,
        before: None,
        after: Some(json!({"basis": basis, "proposal": proposal.map(|p| p.seq)})),
        reason: None,
    };
    change.settle(tx, &[cover.well_id], vec![event]).await
}
