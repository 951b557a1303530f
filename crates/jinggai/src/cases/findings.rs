//! 上报: one door for every source (`domain.md` 11.2); what it becomes: verified, filed, merged or refused.
use super::desk::By;
use super::filing::{self, Filing};
use super::hazards;
use super::model::{CaseRow, FindingRow};
use super::moves::{self, MoveAsk};
use super::{dispatch, store};
use crate::app::App;
use crate::clock;
use crate::error::{AppError, FieldError, Kind, Result, Said};
use crate::identity::{Permission, Role, Scope};
use crate::registry;
use jiff::Timestamp;
use jinggai_db::events::Event;
use jinggai_db::{Tx, sql};
use jinggai_geo::{Bbox, Point, distance_m};
use jinggai_rules::case_rules::Source;
use jinggai_rules::hazards::{Level, Measured};
use jinggai_rules::kinds::CoverKind;
use jinggai_rules::workflow::{CaseGuard, CaseMove, CaseState, Desk, step, transition};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use utoipa::ToSchema;
use uuid::Uuid;

/// Metres within which the area of the nearest well is taken for that of a place without one \[I\].
const AREA_NEAR_M: f64 = 200.0;

/// A report, as sent.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FindingReport {
    /// Source; by the reporter's role when left out.
    pub source: Option<String>,
    /// The source's own number: the same number of a source is the same report.
    pub source_number: Option<String>,
    /// What was seen, in the reporter's words.
    pub text: String,
    /// Catalogue code, when the reporter knows it.
    pub hazard: Option<String>,
    /// What was measured: `damage_cm2`, `height_mm`, `blocked_share`, `flipped`, `rain_warning`.
    #[schema(value_type = Object)]
    pub measured: Measured,
    /// Public id of the cover.
    pub cover: Option<Uuid>,
    /// Public id of the well.
    pub well: Option<Uuid>,
    /// A number on the plate, of any scheme.
    pub code: Option<String>,
    /// Kind of cover, where no cover is named.
    pub kind: Option<String>,
    /// CGCS2000 degrees, where no cover is named.
    pub lng: Option<f64>,
    /// CGCS2000 degrees.
    pub lat: Option<f64>,
    /// Address in words.
    pub address: Option<String>,
    /// Who told it.
    pub reporter_name: Option<String>,
    /// Their telephone.
    pub reporter_phone: Option<String>,
    /// When it was seen; now when left out.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub observed_at: Option<Timestamp>,
}

/// Where a report is.
#[derive(Default)]
struct Place {
    well_id: Option<i64>,
    cover_id: Option<i64>,
    kind: Option<String>,
    area_id: Option<i64>,
    at: Option<Point>,
    address: Option<String>,
    demo: bool,
}

/// Everything that is wrong in a request, to be said at once.
#[derive(Default)]
pub(crate) struct Wrong(Vec<FieldError>);

impl Wrong {
    /// Notes a field: what would be right.
    pub(crate) fn add(&mut self, field: &str, zh: impl Into<String>, en: impl Into<String>) {
        self.0.push(FieldError { field: field.to_owned(), said: Said::new(zh, en) });
    }

    /// Refuses when anything was noted.
    pub(crate) fn done(self) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let e = AppError::new(
            Kind::Invalid,
            "form.invalid",
            format!("有 {} 处填写不对，请改正后再提交", self.0.len()),
            format!("{} fields are wrong; please correct them", self.0.len()),
        );
        Err(self.0.into_iter().fold(e, |e, f| e.with_field(&f.field, f.said.zh, f.said.en)))
    }
}

/// The source of a reporter who does not say: by role.
fn usual_source(by: &By<'_>) -> Option<Source> {
    match by.actor.role_for(Permission::FindingReport)? {
        Role::Inspector => Some(Source::Collector),
        Role::Owner => Some(Source::Patrol),
        Role::Street | Role::Department | Role::Registrar | Role::Enforcement => Some(Source::Transfer),
        _ => None,
    }
}

fn check(by: &By<'_>, r: &FindingReport, wrong: &mut Wrong) -> Option<Source> {
    let source = match r.source.as_deref() {
        Some(code) => Source::from_code(code),
        None => usual_source(by),
    };
    if source.is_none() {
        let all = Source::ALL.iter().map(|s| format!("{}（{}）", s.code(), s.name_zh()));
        wrong.add(
            "source",
            format!("请选择来源：{}", all.collect::<Vec<_>>().join("、")),
            "give the source of the report",
        );
    }
    if r.text.trim().is_empty() && r.hazard.is_none() {
        wrong.add("text", "请写明看到的问题，或选择隐患类型", "say what was seen, or choose a hazard");
    }
    if r.text.chars().count() > 2000 {
        wrong.add("text", "应不超过 2000 字", "at most 2000 characters");
    }
    if let Some(code) = r.hazard.as_deref()
        && let Err(e) = by.rules.hazard(code)
    {
        wrong.add("hazard", e.said().zh.clone(), e.said().en.clone());
    }
    if let Err(e) = hazards::checked(r.measured, "measured") {
        wrong.0.extend(e.fields().iter().cloned());
    }
    if let Some(kind) = r.kind.as_deref()
        && CoverKind::from_code(kind).is_none()
    {
        let all = CoverKind::ALL.iter().map(|k| k.code()).collect::<Vec<_>>().join(", ");
        wrong.add("kind", format!("井盖类型应为：{all}"), format!("must be one of: {all}"));
    }
    match (r.lng, r.lat) {
        (Some(lng), Some(lat)) if (70.0..=140.0).contains(&lng) && (0.0..=60.0).contains(&lat) => {}
        (None, None) => {}
        _ => wrong.add(
            "lng",
            "经纬度应为中国境内的 CGCS2000 度数，如 106.5500, 29.5900",
            "must be CGCS2000 degrees within China, both of them",
        ),
    }
    let named = r.cover.is_some() || r.well.is_some() || r.code.is_some();
    let blank = r.address.as_deref().is_none_or(|a| a.trim().is_empty());
    if !named && r.lng.is_none() && blank {
        wrong.add(
            "cover",
            "请指明井盖、编号、位置或地址之一",
            "name a cover, a number, a position or an address",
        );
    }
    if r.observed_at.is_some_and(|t| t > by.now + jiff::SignedDuration::from_mins(5)) {
        wrong.add("observed_at", "发现时间不能晚于现在", "must not lie in the future");
    }
    source
}

/// Takes a report. The same number of the same source gives the finding that is there.
///
/// # Errors
/// `form.invalid` with every field that was wrong, `forbidden`, not found for a cover out of scope.
pub async fn report(tx: &mut Tx, by: &By<'_>, r: FindingReport) -> Result<(FindingRow, bool)> {
    by.actor.require(Permission::FindingReport)?;
    let mut wrong = Wrong(vec![]);
    let source = check(by, &r, &mut wrong);
    wrong.done()?;
    let Some(source) = source else {
        return Err(AppError::internal(anyhow::anyhow!("a report without source")));
    };
    let number = r.source_number.as_deref().map(str::trim).filter(|n| !n.is_empty());
    if let Some(known) = known(tx, source, number).await? {
        return Ok((store::finding_by_id(tx, known).await?, false));
    }
    let place = place(tx, by, &r).await?;
    let reading = read(by, &r.text);
    let hazard = r.hazard.clone().or_else(|| named(&reading));
    let uid = Uuid::now_v7();
    let told = number_of(tx, "SB", by.now).await?;
    let (id,): (i64,) = tx
        .one(sql!(
            "INSERT INTO findings (uid, number, source, source_number, state, hazard, measured, text, reading, well_id, cover_id, kind, area_id, lng, lat, cell, address, reporter_name, reporter_phone, reporter_id, observed_at, received_at, demo, version, updated_at)
             VALUES (?, ?, ?, ?, 'received', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?) RETURNING id",
            uid, &told, source.code(), number, hazard.clone(), json!(r.measured), r.text.trim(), reading, place.well_id, place.cover_id, place.kind, place.area_id,
            place.at.map(|p| p.lng), place.at.map(|p| p.lat), place.at.map(jinggai_geo::cell_of), place.address, r.reporter_name, r.reporter_phone,
            by.actor.user_id, r.observed_at.unwrap_or(by.now), by.now, place.demo, by.now
        ))
        .await?;
    let event = Event {
        subject: "finding",
        subject_uid: uid,
        well_id: place.well_id,
        action: "reported",
        before: None,
        after: Some(
            json!({"number": told, "source": source.code(), "source_number": number, "hazard": hazard, "text": r.text.trim(), "measured": r.measured}),
        ),
        reason: None,
    };
    by.tell(tx, Permission::FindingReport, vec![event]).await?;
    Ok((store::finding_by_id(tx, id).await?, true))
}

async fn known(tx: &mut Tx, source: Source, number: Option<&str>) -> Result<Option<i64>> {
    let Some(number) = number else { return Ok(None) };
    let q = sql!("SELECT id FROM findings WHERE source = ? AND source_number = ?", source.code(), number);
    Ok(tx.opt::<(i64,)>(q).await?.map(|(id,)| id))
}

/// What the words say: relevance, hazards, urgency, places, with the reasons. The operator confirms.
fn read(by: &By<'_>, text: &str) -> Json {
    if text.trim().is_empty() { json!({}) } else { json!(by.rules.sorter.sort(text)) }
}

/// The hazard that the words name first and do not deny.
fn named(reading: &Json) -> Option<String> {
    let open = reading["candidates"].as_array()?.iter().find(|c| c["denied_by"].is_null())?;
    open["code"].as_str().map(str::to_owned)
}

async fn place(tx: &mut Tx, by: &By<'_>, r: &FindingReport) -> Result<Place> {
    let scope = by.actor.scope(Permission::RegistryRead);
    let cover = match (r.cover, r.code.as_deref()) {
        (Some(uid), _) => Some(registry::store::cover(tx, uid, &scope).await?),
        (None, Some(code)) => Some(by_code(tx, code.trim(), &scope).await?),
        (None, None) => None,
    };
    let well = match (&cover, r.well) {
        (Some(c), _) => Some(registry::store::well_by_id(tx, c.well_id).await?),
        (None, Some(uid)) => Some(registry::store::well(tx, uid, &scope).await?),
        (None, None) => None,
    };
    let Some(well) = well else {
        let at = r.lng.zip(r.lat).map(|(lng, lat)| Point { lng, lat });
        return Ok(Place {
            kind: r.kind.clone(),
            area_id: area_near(tx, at).await?,
            at,
            address: r.address.clone(),
            ..Place::default()
        });
    };
    // A well of one living cover needs no choice.
    let cover = match cover {
        Some(c) => Some(c),
        None => {
            let mut living = registry::store::covers_of(tx, well.id).await?;
            living.retain(|c| !matches!(c.lifecycle.as_str(), "filled" | "removed" | "archived"));
            if living.len() == 1 { living.pop() } else { None }
        }
    };
    let road = [well.road.as_deref(), well.address.as_deref()].into_iter().flatten().next_back();
    Ok(Place {
        well_id: Some(well.id),
        cover_id: cover.as_ref().map(|c| c.id),
        kind: Some(cover.map_or(well.kind, |c| c.kind)),
        area_id: well.area_id,
        at: Some(well.geom),
        address: r.address.clone().or_else(|| road.map(str::to_owned)),
        demo: well.demo,
    })
}

async fn by_code(tx: &mut Tx, code: &str, scope: &Scope) -> Result<registry::model::CoverRow> {
    let found: Vec<(Uuid,)> = tx
        .all(sql!(
            "SELECT c.uid FROM codes k JOIN covers c ON c.id = k.cover_id WHERE k.code = ? AND k.state <> 'retired' UNION SELECT c.uid FROM labels l JOIN covers c ON c.id = l.cover_id WHERE l.number = ? AND l.state <> 'removed'",
            code,
            code
        ))
        .await?;
    match found.as_slice() {
        [(uid,)] => registry::store::cover(tx, *uid, scope).await,
        [] => Err(AppError::field(
            "finding.code",
            "code",
            format!("没有编号或牌号为 {code} 的井盖；请核对，或改为标出位置"),
            format!("no cover has the number {code}; check it, or give a position"),
        )),
        _ => Err(AppError::field(
            "finding.code",
            "code",
            format!("编号 {code} 属于多个井盖，请在地图上选择"),
            format!("several covers have the number {code}; choose on the map"),
        )),
    }
}

/// The area of the nearest well: few areas have a drawn outline.
async fn area_near(tx: &mut Tx, at: Option<Point>) -> Result<Option<i64>> {
    let Some(p) = at else { return Ok(None) };
    let around = Bbox { w: p.lng, s: p.lat, e: p.lng, n: p.lat }.grown_m(AREA_NEAR_M);
    let mut q = sql!("SELECT w.area_id, w.geom FROM wells w WHERE w.area_id IS NOT NULL");
    q.and_within(tx.dialect(), "wells", "w", Some(around));
    q.push(" LIMIT 500", []);
    let near: Vec<(i64, Point)> = tx.all(q).await?;
    Ok(near
        .into_iter()
        .map(|(area, q)| (distance_m(p, q), area))
        .filter(|(m, _)| *m <= AREA_NEAR_M)
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, area)| area))
}

/// The next number of a day: `SB20261124-0001`.
///
/// # Errors
/// What the store says.
pub async fn number_of(tx: &mut Tx, prefix: &str, now: Timestamp) -> Result<String> {
    let day = clock::local(now).strftime("%Y%m%d").to_string();
    let (n,): (i64,) = tx
        .one(sql!(
            "INSERT INTO code_sequences (scheme, prefix, last) VALUES (?, ?, 1) ON CONFLICT (scheme, prefix) DO UPDATE SET last = code_sequences.last + 1 RETURNING last",
            format!("case:{prefix}"),
            &day
        ))
        .await?;
    Ok(format!("{prefix}{day}-{n:04}"))
}

/// What a move of a finding ended in.
pub struct Moved {
    /// The finding as it is.
    pub finding: FindingRow,
    /// The case it belongs to now.
    pub case: Option<CaseRow>,
}

/// Moves a finding by the table of the flow.
///
/// # Errors
/// `case.not_allowed`, `case.guard_missing`, `conflict.version`, `forbidden`, not found.
pub async fn advance(tx: &mut Tx, app: &App, by: &By<'_>, uid: Uuid, ask: MoveAsk) -> Result<Moved> {
    let action = ask.action()?;
    let f = store::finding(tx, uid, &by.actor.scope(Permission::CaseRead), by.actor.user_id).await?;
    let from = f.state()?;
    if !from.is_finding() {
        let case = f.case_number.as_deref().unwrap_or_default();
        return Err(AppError::new(
            Kind::Conflict,
            "case.not_allowed",
            format!("已立案，请在案卷 {case} 里办理"),
            format!("it is filed; go on with the case {case}"),
        ));
    }
    let row = transition(from, action).map_err(|e| moves::refused(&e, &[]))?;
    by.at(row.desk)?;
    // Whoever was drawn to look may look there, wherever the place lies; the desks act within their reach.
    if row.desk != Desk::Checker || f.verifier_id.is_none() || f.verifier_id != by.actor.user_id {
        store::finding(tx, uid, &by.at(row.desk)?, None).await?;
    }
    if ask.version != f.version {
        return Err(store::stale(&f.state, f.version));
    }
    let held = established(tx, by, &f, &ask).await?;
    let row = step(from, action, &held.guards).map_err(|e| moves::refused(&e, &[]))?;
    let mut change =
        Change { f: &f, to: row.to, hazard: f.hazard.clone(), outcome: None, ended: row.to.is_ended() };
    let mut case = None;
    let mut verifier = None;
    match action {
        CaseMove::SendToVerify => verifier = held.verifier,
        CaseMove::Confirm => {
            change.hazard = ask.hazard.clone().or(change.hazard);
            change.outcome = Some(ask.reason.clone().unwrap_or_else(|| "核实属实".into()));
        }
        CaseMove::Deny | CaseMove::Refuse => change.outcome.clone_from(&ask.reason),
        CaseMove::Merge => case = held.case,
        CaseMove::File => {
            change.hazard = ask.hazard.clone().or(change.hazard);
            let (filed, new) = file(tx, app, by, &f, &ask, change.hazard.as_deref()).await?;
            if !new {
                change.to = CaseState::Merged;
                change.outcome = Some(format!("已有案卷 {}", filed.number));
            }
            change.ended = true;
            case = Some(filed);
        }
        _ => {}
    }
    write(tx, by, &change, verifier.as_ref(), case.as_ref(), &ask).await?;
    let event = Event {
        subject: "finding",
        subject_uid: f.uid,
        well_id: f.well_id,
        action: "moved",
        before: Some(json!({"state": f.state})),
        after: Some(json!({
            "state": change.to.code(), "move": action.code(), "hazard": change.hazard, "case": case.as_ref().map(|c| c.uid),
            "verifier": verifier.as_ref().map(|v| &v.1), "clause": row.clause,
        })),
        reason: ask.reason.clone(),
    };
    by.tell(tx, super::desk::permission(row.desk), vec![event]).await?;
    Ok(Moved { finding: store::finding_by_id(tx, f.id).await?, case })
}

struct Held {
    guards: Vec<CaseGuard>,
    verifier: Option<(i64, String)>,
    case: Option<CaseRow>,
}

async fn established(tx: &mut Tx, by: &By<'_>, f: &FindingRow, ask: &MoveAsk) -> Result<Held> {
    use CaseGuard as G;
    let mut held = Held { guards: vec![], verifier: None, case: None };
    let reason = ask.reason.as_deref().is_some_and(|r| !r.trim().is_empty());
    let hazard = ask.hazard.as_deref().or(f.hazard.as_deref());
    let hazard = hazard.map(|h| by.rules.hazard(h)).transpose()?;
    let mut put = |holds: bool, g: G| held.guards.extend(holds.then_some(g));
    put(reason, G::Reason);
    put(hazard.is_some(), G::StandardChosen);
    let source = Source::from_code(&f.source);
    let urgent = hazard.is_some_and(|h| by.rules.catalogue.rate(h, &measured(f, ask)).level == Level::L1);
    put(source.is_some_and(|s| by.rules.cases.trusted.contains(&s)) || (urgent && reason), G::Trusted);
    // A report that a machine or the public made has no reporter among the users.
    let by_public = matches!(
        source,
        Some(Source::Citizen | Source::Hotline12345 | Source::Hotline12319 | Source::Sensor)
    );
    put(by_public || f.reporter_id.is_none() || f.reporter_id != by.actor.user_id, G::NotReporter);
    match ask.action()? {
        CaseMove::SendToVerify => {
            let not: Vec<i64> = f.reporter_id.into_iter().collect();
            held.verifier = Some(dispatch::draw(tx, f.area_id, None, &not, ask.checker).await?);
            held.guards.push(G::VerifierNamed);
        }
        CaseMove::Merge => {
            if let Some(uid) = ask.case {
                let case = store::case(tx, uid, &by.at(Desk::Reception)?).await?;
                if !case.state()?.is_ended() {
                    held.guards.push(G::MergeTarget);
                    held.case = Some(case);
                }
            }
        }
        _ => {}
    }
    Ok(held)
}

fn measured(f: &FindingRow, ask: &MoveAsk) -> Measured {
    ask.measured.unwrap_or_else(|| serde_json::from_value(f.measured.clone()).unwrap_or_default())
}

struct Change<'a> {
    f: &'a FindingRow,
    to: CaseState,
    hazard: Option<String>,
    outcome: Option<String>,
    ended: bool,
}

async fn write(
    tx: &mut Tx,
    by: &By<'_>,
    c: &Change<'_>,
    verifier: Option<&(i64, String)>,
    case: Option<&CaseRow>,
    ask: &MoveAsk,
) -> Result<()> {
    let measured = ask.measured.map(|m| hazards::checked(m, "measured")).transpose()?;
    let n = tx
        .run(sql!(
            "UPDATE findings SET state = ?, hazard = ?, outcome = COALESCE(?, outcome), verifier_id = COALESCE(?, verifier_id), case_id = COALESCE(?, case_id), measured = COALESCE(?, measured), ended_at = ?, version = version + 1, updated_at = ? WHERE id = ? AND version = ?",
            c.to.code(), c.hazard.clone(), c.outcome.clone(), verifier.map(|v| v.0), case.map(|k| k.id), measured.map(|m| json!(m)),
            c.ended.then_some(by.now), by.now, c.f.id, c.f.version
        ))
        .await?;
    if n == 0 {
        return Err(store::stale(&c.f.state, c.f.version));
    }
    Ok(())
}

/// Files a case from a finding; when the same hazard of the same cover is open already, its case is given instead.
async fn file(
    tx: &mut Tx,
    app: &App,
    by: &By<'_>,
    f: &FindingRow,
    ask: &MoveAsk,
    code: Option<&str>,
) -> Result<(CaseRow, bool)> {
    let mut target = hazards::target(tx, f.well_id, f.cover_id, f.area_id, f.uid).await?;
    target.demo |= f.demo;
    let filing = Filing {
        source: &f.source,
        text: &f.text,
        title: ask.title.as_deref(),
        target,
        kind: f.kind.as_deref(),
        at: (f.lng, f.lat),
        address: f.address.as_deref(),
        hazard: by.rules.hazard(code.unwrap_or_default())?,
        measured: measured(f, ask),
        level: ask.level.as_deref(),
        finding: Some(f.uid),
        parent: None,
        reason: ask.reason.clone(),
    };
    filing::file(tx, app, by, &filing).await
}
