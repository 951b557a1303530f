//! 立案: a case with its hazard, clocks and events, from a finding or as a child (子案卷) of another case.
//!
//! A child case is work of its own on the same place: its own hazard, units, clocks and checks. Its parent is neither
//! sent to check, closed nor cancelled while it is open (`CaseGuard::ChildrenEnded`). Several units on one hazard are
//! no child cases but joint units (协办) of one.
use super::desk::By;
use super::findings::number_of;
use super::hazards::{self, New, Opened, Target};
use super::model::CaseRow;
use super::{clocks, effects, notices, store};
use crate::app::App;
use crate::error::{AppError, Kind, Result};
use crate::identity::{Permission, Role};
use jinggai_db::events::Event;
use jinggai_db::{Tx, sql};
use jinggai_rules::hazards::{Hazard, Level, Measured, Rated};
use jinggai_rules::workflow::Desk;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

/// What a case is filed from.
pub struct Filing<'a> {
    /// Source of the report.
    pub source: &'a str,
    /// What was said.
    pub text: &'a str,
    /// Title; place and defect when left out.
    pub title: Option<&'a str>,
    /// Where the hazard is.
    pub target: Target,
    /// Kind of cover.
    pub kind: Option<&'a str>,
    /// CGCS2000 degrees.
    pub at: (Option<f64>, Option<f64>),
    /// Address in words.
    pub address: Option<&'a str>,
    /// The defect.
    pub hazard: &'a Hazard,
    /// As measured.
    pub measured: Measured,
    /// Another level than the catalogue's.
    pub level: Option<&'a str>,
    /// The finding it comes from.
    pub finding: Option<Uuid>,
    /// The case it is a part of.
    pub parent: Option<&'a CaseRow>,
    /// Why, in words.
    pub reason: Option<String>,
}

/// Files a case; when the same hazard of the same target is open already, its case is given instead.
///
/// # Errors
/// `case.level`, `hazard.measured`; what the store says.
pub async fn file(tx: &mut Tx, app: &App, by: &By<'_>, f: &Filing<'_>) -> Result<(CaseRow, bool)> {
    let measured = hazards::checked(f.measured, "measured")?;
    let rated = rated(by, f.hazard, &measured, f.level)?;
    let origin = if f.finding.is_some() { "finding" } else { "case" };
    let new = New { target: &f.target, hazard: f.hazard, rated: &rated, measured: &measured, origin };
    let (hazard_id, hazard_uid) = match hazards::open(tx, by, &new).await? {
        Opened::Known(_, Some(case)) => return Ok((store::case_by_id(tx, case).await?, false)),
        // Open by plan or from the registry, but without a case: the case takes it up.
        Opened::Known(id, None) => (id, None),
        Opened::New(id, uid) => (id, Some(uid)),
    };
    let case = enter(tx, by, f, &new).await?;
    tx.run(sql!(
        "UPDATE hazards SET case_id = ?, level = ?, version = version + 1 WHERE id = ?",
        case.id,
        rated.level.code(),
        hazard_id
    ))
    .await?;
    let limits = by.rules.limits(rated.level)?;
    clocks::start(tx, by, case.id, "dispatch", limits.dispatch).await?;
    if let Some(total) = limits.total {
        clocks::start(tx, by, case.id, "total", total).await?;
    }
    clocks::settle(tx, case.id).await?;
    let mut events = vec![];
    events.extend(hazard_uid.map(|uid| hazards::opened_event(&new, uid)));
    if let Some(cover) = f.target.cover_id {
        events.extend(hazards::reflect(tx, by, cover, None, app.config().ownership_days).await?);
    }
    events.push(Event {
        subject: "case",
        subject_uid: case.uid,
        well_id: case.well_id,
        action: "filed",
        before: None,
        after: Some(json!({
            "number": case.number, "hazard": f.hazard.code, "level": rated.level.code(), "explained": rated.why,
            "finding": f.finding, "standard": case.standard, "rules": by.rules.version(),
            "parent": f.parent.map(|p| &p.number),
        })),
        reason: f.reason.clone(),
    });
    by.tell(tx, Permission::CaseFile, events).await?;
    let title = format!("待派遣：{}", case.title);
    let said = format!("{}，{}", f.hazard.name, rated.level.name_zh());
    let t = effects::telling(by, &case, "filed", title, said);
    notices::tell_roles(tx, &t, &[Role::Operator.code()]).await?;
    Ok((store::case_by_id(tx, case.id).await?, true))
}

/// How bad it is: as the catalogue says, or as the desk decides against it, which stands in the explanation.
fn rated(by: &By<'_>, hazard: &Hazard, measured: &Measured, asked: Option<&str>) -> Result<Rated> {
    let mut rated = by.rules.catalogue.rate(hazard, measured);
    if let Some(level) = asked {
        let level = Level::from_code(level).ok_or_else(|| {
            AppError::field("case.level", "level", "等级应为 L1、L2、L3、L4", "must be L1, L2, L3 or L4")
        })?;
        if level != rated.level {
            rated.why += &format!("；受理员改定为{}", level.name_zh());
            rated.level = level;
        }
    }
    Ok(rated)
}

async fn enter(tx: &mut Tx, by: &By<'_>, f: &Filing<'_>, new: &New<'_>) -> Result<CaseRow> {
    let hazard = f.hazard;
    let number = number_of(tx, "AJ", by.now).await?;
    let place = f.address.unwrap_or("位置待核");
    // The city's own table says when a case is filed and closed, as it says how long the work may take.
    let own = by.rules.own(f.kind, hazard);
    let standard = own.map_or(&hazard.standard, |own| &own.condition);
    let closing = own.map_or(&hazard.closing, |own| &own.closing);
    let title = f.title.map_or_else(|| format!("{place} {}", hazard.name), str::to_owned);
    let t = &f.target;
    let (id,): (i64,) = tx
        .one(sql!(
            "INSERT INTO cases (uid, number, state, source, hazard, level, title, text, standard, closing, parent_id, well_id, cover_id, kind, area_id, lng, lat, address, filed_at, filed_by, measured, provisional, returns, reworks, extensions, suspensions, urged, exempted, demo, version, updated_at)
             VALUES (?, ?, 'filed', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, FALSE, 0, 0, 0, 0, 0, FALSE, ?, 1, ?) RETURNING id",
            Uuid::now_v7(), &number, f.source, &hazard.code, new.rated.level.code(), &title, f.text, standard, closing, f.parent.map(|p| p.id), t.well_id, t.cover_id, f.kind, t.area_id,
            f.at.0, f.at.1, f.address, by.now, by.actor.user_id, json!(new.measured), t.demo, by.now
        ))
        .await?;
    store::case_by_id(tx, id).await
}

/// A part of a case that is to be a case of its own, as sent.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChildAsk {
    /// The version of the parent that was looked at.
    pub version: i64,
    /// Catalogue code of its hazard.
    pub hazard: String,
    /// What is to be done, in words.
    pub text: String,
    /// Title; place and defect when left out.
    #[serde(default)]
    pub title: Option<String>,
    /// Another level than the catalogue's.
    #[serde(default)]
    pub level: Option<String>,
    /// What was measured.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub measured: Option<Measured>,
}

fn refuse(code: &'static str, zh: String, en: &str) -> AppError {
    AppError::new(Kind::Conflict, code, zh, en)
}

/// Files a child case of a case, on the same place; told in the flow of both.
///
/// # Errors
/// `case.ended`, `case.child_of_child`, `case.child_known` naming the case that has the hazard already,
/// `conflict.version`, `form.invalid`, `forbidden`, not found.
pub async fn child(tx: &mut Tx, app: &App, by: &By<'_>, parent: Uuid, ask: &ChildAsk) -> Result<CaseRow> {
    let p = store::case(tx, parent, &by.at(Desk::Reception)?).await?;
    if ask.text.trim().is_empty() {
        let zh = "请写明子案卷要办的事";
        return Err(AppError::field("form.invalid", "text", zh, "say what is to be done"));
    }
    if p.state()?.is_ended() {
        return Err(refuse("case.ended", "案卷已办结，不能再立子案卷".into(), "the case has ended"));
    }
    if p.parent_id.is_some() {
        let zh = "子案卷下不能再立子案卷，请在父案卷上立".into();
        return Err(refuse("case.child_of_child", zh, "a child case has no children; file it on the parent"));
    }
    // Who closes the parent meanwhile looks at this version: one of the two waits and sees the other.
    let n = tx
        .run(sql!(
            "UPDATE cases SET version = version + 1, updated_at = ? WHERE id = ? AND version = ?",
            by.now,
            p.id,
            ask.version
        ))
        .await?;
    if n == 0 {
        return Err(store::stale(&p.state, p.version));
    }
    // A place that no well marks is known by the hazard found there.
    let known = sql!("SELECT target FROM hazards WHERE case_id = ? ORDER BY id LIMIT 1", p.id);
    let place = tx.opt::<(Uuid,)>(known).await?.map_or(p.uid, |(target,)| target);
    let mut target = hazards::target(tx, p.well_id, p.cover_id, p.area_id, place).await?;
    target.demo |= p.demo;
    let filing = Filing {
        source: &p.source,
        text: ask.text.trim(),
        title: ask.title.as_deref().map(str::trim).filter(|t| !t.is_empty()),
        target,
        kind: p.kind.as_deref(),
        at: (p.lng, p.lat),
        address: p.address.as_deref(),
        hazard: by.rules.hazard(&ask.hazard)?,
        measured: ask.measured.unwrap_or_default(),
        level: ask.level.as_deref(),
        finding: None,
        parent: Some(&p),
        reason: None,
    };
    let (case, new) = file(tx, app, by, &filing).await?;
    if !new {
        let zh = format!("这一隐患已由案卷 {} 办理；多个单位办同一隐患请派协办单位", case.number);
        return Err(refuse("case.child_known", zh, "another case has this hazard already"));
    }
    let event = Event {
        subject: "case",
        subject_uid: p.uid,
        well_id: p.well_id,
        action: "child_filed",
        before: None,
        after: Some(json!({"child": case.uid, "number": case.number, "hazard": case.hazard})),
        reason: Some(case.text.clone()),
    };
    by.tell(tx, Permission::CaseFile, vec![event]).await?;
    Ok(case)
}

/// What the flow of the parent says when a child case has ended.
///
/// # Errors
/// What the store says.
pub(super) async fn child_ended(tx: &mut Tx, case: &CaseRow, state: &str) -> Result<Option<Event>> {
    let Some(parent) = case.parent_id else { return Ok(None) };
    let parent = store::case_by_id(tx, parent).await?;
    Ok(Some(Event {
        subject: "case",
        subject_uid: parent.uid,
        well_id: parent.well_id,
        action: "child_ended",
        before: None,
        after: Some(json!({"child": case.uid, "number": case.number, "state": state})),
        reason: None,
    }))
}
