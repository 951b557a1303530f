//! 演示案卷: the covers that the inventory calls damaged become findings and cases in every state of the flow.
//!
//! Everything goes the way real ones go: the same commands, by the demo's own people, with the same guards.
use crate::app::App;
use crate::cases::desk::By;
use crate::cases::findings::{self, FindingReport};
use crate::cases::moves::{self, MoveAsk};
use crate::cases::proofs::{self, About};
use crate::cases::rules::Rules;
use crate::error::{AppError, Result};
use crate::identity::{Actor, Grant, Role};
use crate::registry::attachments;
use image::{ImageFormat, Rgb, RgbImage};
use jiff::{SignedDuration, Timestamp};
use jinggai_db::{Tx, sql};
use jinggai_rules::hazards::Measured;
use jinggai_rules::kinds::Problem;
use jinggai_rules::workflow::CaseMove as M;
use std::io::Cursor;
use uuid::Uuid;

/// How far each demo case goes, and how many hours ago it was reported.
const STORIES: &[(&[M], i64)] = &[
    (&[], 1),
    (&[], 5),
    (&[M::SendToVerify], 3),
    (&[M::File], 1),
    (&[M::File, M::Dispatch], 26),
    (&[M::File, M::Dispatch, M::Accept], 8),
    (&[M::File, M::Dispatch, M::Accept], 2),
    (&[M::File, M::Dispatch, M::Return], 30),
    (&[M::File, M::Dispatch, M::Accept, M::Finish], 50),
    (&[M::File, M::Dispatch, M::Accept, M::Finish, M::SendToCheck], 28),
    (&[M::File, M::Dispatch, M::Accept, M::Finish, M::SendToCheck, M::Pass, M::Close], 73),
    (&[M::File, M::Dispatch, M::Accept, M::Finish, M::SendToCheck, M::Pass, M::Close], 97),
];

struct Cast {
    operator: Actor,
    inspector: Actor,
}

/// Makes the demo's cases.
///
/// # Errors
/// What the store or the disk says.
pub async fn make(app: &App) -> Result<()> {
    let mut tx = app.db().begin().await?;
    let cast = Cast {
        operator: actor(&mut tx, "operator", Role::Operator).await?,
        inspector: actor(&mut tx, "inspector", Role::Inspector).await?,
    };
    // Only covers with a confirmed owner: the others wait in the ownership queue, which is a story of its own.
    let covers: Vec<(Uuid, String)> = tx
        .all(sql!(
            "SELECT c.uid, c.problem FROM covers c JOIN cover_facts f ON f.cover_id = c.id AND f.to_day IS NULL WHERE c.demo AND c.problem IN ('missing', 'damaged', 'loose', 'sunk') AND f.owner_confirmed AND f.area_id IS NOT NULL ORDER BY row_number() OVER (PARTITION BY c.problem ORDER BY c.id), c.problem LIMIT ?",
            STORIES.len()
        ))
        .await?;
    tx.commit().await?;
    let photo = attachments::receive(app, "演示.png", picture()?).await?;
    for ((cover, problem), (steps, hours)) in covers.into_iter().zip(STORIES) {
        let mut tx = app.db().begin().await?;
        let told = Timestamp::now() - SignedDuration::from_hours(*hours);
        story(&mut tx, app, &cast, (cover, &problem), (steps, told), &photo).await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn story(
    tx: &mut Tx,
    app: &App,
    cast: &Cast,
    (cover, problem): (Uuid, &str),
    (steps, told): (&[M], Timestamp),
    photo: &attachments::Upload,
) -> Result<()> {
    let rules = Rules::today(app, tx).await?;
    let problem = Problem::from_code(problem).unwrap_or(Problem::Damaged);
    let code = rules.catalogue.of_problem(problem).map(|h| h.code.clone());
    // What is not filed yet was told by the public, the rest by the inspector.
    let open = steps.first() != Some(&M::File);
    let by = By { actor: if open { &cast.operator } else { &cast.inspector }, now: told, rules: &rules };
    let report = FindingReport {
        source: Some(if open { "12345" } else { "collector" }.into()),
        text: words(problem).into(),
        hazard: code.clone().filter(|_| !open),
        cover: Some(cover),
        measured: measured(problem, 32.0),
        reporter_name: open.then(|| "市民（演示）".into()),
        observed_at: Some(told),
        ..FindingReport::default()
    };
    let (finding, _) = findings::report(tx, &by, report).await?;
    let about = About { subject: "finding", uid: finding.uid, purpose: "scene", title: None, item: None };
    proofs::add(tx, &by, about, photo).await?;
    let (mut case, mut now, mut version) = (None, told, finding.version);
    for step in steps {
        now += SignedDuration::from_mins(35);
        let who = acts(tx, cast, *step, case).await?;
        let by = By { actor: &who, now, rules: &rules };
        let ask = ask(*step, problem, version);
        if let Some(uid) = case {
            prove(tx, &by, *step, uid, photo).await?;
            version = moves::advance(tx, app, &by, uid, &ask).await?.version;
        } else {
            let moved = findings::advance(tx, app, &by, finding.uid, ask).await?;
            version = moved.case.as_ref().map_or(moved.finding.version, |c| c.version);
            case = moved.case.map(|c| c.uid);
        }
    }
    Ok(())
}

/// Whose turn it is.
async fn acts(tx: &mut Tx, cast: &Cast, step: M, case: Option<Uuid>) -> Result<Actor> {
    match (step, case) {
        (M::Accept | M::Return | M::Finish, Some(uid)) => handler(tx, uid).await,
        (M::Pass, Some(uid)) => {
            let (login, role): (String, String) = tx
                .one(sql!("SELECT u.login, g.role FROM cases k JOIN users u ON u.id = k.checker_id JOIN grants g ON g.user_id = u.id WHERE k.uid = ?", uid))
                .await?;
            actor(tx, &login, Role::from_code(&role).unwrap_or(Role::Inspector)).await
        }
        _ => Ok(cast.operator.clone()),
    }
}

/// Somebody of the unit that has the case: the demo has one log-in for owners, the other units act through a person
/// without one.
async fn handler(tx: &mut Tx, case: Uuid) -> Result<Actor> {
    let (unit, user): (i64, Option<i64>) = tx
        .one(sql!(
            "SELECT cu.unit_id, (SELECT min(u.id) FROM users u WHERE u.unit_id = cu.unit_id) FROM case_units cu JOIN cases k ON k.id = cu.case_id WHERE k.uid = ? AND cu.ended_at IS NULL ORDER BY cu.id LIMIT 1",
            case
        ))
        .await?;
    let owner: Actor = actor(tx, "owner", Role::Owner).await?;
    Ok(Actor {
        user_id: user.or(owner.user_id),
        grants: vec![Grant { role: Role::Owner, unit_id: Some(unit), area_id: None }],
        ..owner
    })
}

async fn prove(tx: &mut Tx, by: &By<'_>, step: M, case: Uuid, photo: &attachments::Upload) -> Result<()> {
    let purpose = match step {
        M::Finish => "after",
        M::Pass => "check",
        _ => return Ok(()),
    };
    proofs::add(tx, by, About { subject: "case", uid: case, purpose, title: None, item: None }, photo)
        .await?;
    Ok(())
}

fn ask(step: M, problem: Problem, version: i64) -> MoveAsk {
    let treatment = match problem {
        Problem::Missing => "refit",
        Problem::Sunk => "level",
        Problem::Loose => "damping",
        _ => "replace",
    };
    MoveAsk {
        action: step.code().into(),
        version,
        reason: (step == M::Return).then(|| "经核对不是本单位管养（演示）".into()),
        treatment: matches!(step, M::Finish).then(|| treatment.into()),
        measured: matches!(step, M::Pass).then(|| measured(problem, 3.0)),
        ..MoveAsk::default()
    }
}

fn measured(problem: Problem, mm: f64) -> Measured {
    Measured { height_mm: (problem == Problem::Sunk).then_some(mm), ..Measured::default() }
}

fn words(problem: Problem) -> &'static str {
    match problem {
        Problem::Missing => "井盖缺失，井口敞开，行人经过很危险（演示）",
        Problem::Loose => "车一压井盖就咣当响，明显松动（演示）",
        Problem::Sunk => "井盖下沉，比路面低一截（演示）",
        _ => "井盖破损，缺了一角（演示）",
    }
}

async fn actor(tx: &mut Tx, login: &str, role: Role) -> Result<Actor> {
    let (id, name): (i64, String) = tx.one(sql!("SELECT id, name FROM users WHERE login = ?", login)).await?;
    let grants: Vec<(Option<i64>, Option<i64>)> =
        tx.all(sql!("SELECT unit_id, area_id FROM grants WHERE user_id = ?", id)).await?;
    Ok(Actor {
        user_id: Some(id),
        login: login.into(),
        name,
        grants: grants.into_iter().map(|(unit_id, area_id)| Grant { role, unit_id, area_id }).collect(),
        scopes: None,
        origin: "demo".into(),
    })
}

/// A drawn cover on a grey road, plainly no photo.
fn picture() -> Result<Vec<u8>> {
    let drawn = RgbImage::from_fn(640, 480, |x, y| {
        let (dx, dy) = (f64::from(x) - 320.0, f64::from(y) - 240.0);
        let r = dx.hypot(dy);
        let ring = r < 150.0 && (r > 138.0 || (x / 20 + y / 20) % 2 == 0);
        let v = if r < 150.0 { if ring { 70 } else { 96 } } else { 150 + ((x * 7 + y * 13) % 11) as u8 };
        Rgb([v, v, v.saturating_add(6)])
    });
    let mut out = Cursor::new(vec![]);
    drawn.write_to(&mut out, ImageFormat::Png).map_err(AppError::internal)?;
    Ok(out.into_inner())
}
