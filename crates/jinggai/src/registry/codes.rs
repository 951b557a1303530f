//! 编号: issuing, setting, aliases and retirement; a number is unique in its scheme for ever (江北区方案 二(二)1).
//!
//! Schemes and class lists are rule packs. The next number of a scope is taken in the transaction that gives it, so
//! two desks never issue the same one; numbers that came from outside are stepped over.
use super::commands::Change;
use super::draft::NewCode;
use super::fields::Reader;
use super::ledger::code_taken;
use super::model::CoverRow;
use super::{packs, store};
use crate::error::{AppError, Kind, Result};
use jiff::Timestamp;
use jiff::civil::Date;
use jinggai_db::events::Event;
use jinggai_db::{Sql, Tx, sql};
use jinggai_rules::Explain;
use jinggai_rules::codes::{ClassList, CodeContext, CodeError, CodeParts, CodeScheme, SegmentRole, clean};
use jinggai_rules::kinds::CoverKind;
use serde_json::{Value as Json, json};
use uuid::Uuid;

/// How many numbers are tried at once when outside numbers stand in the way.
const STEP: u64 = 64;

/// The schemes in force on a day.
///
/// # Errors
/// What the store says.
pub async fn schemes(tx: &mut Tx, today: Date) -> Result<Vec<CodeScheme>> {
    let all: Vec<CodeScheme> = packs::all(tx).await?;
    let mut ids: Vec<String> = all.iter().map(|s| s.key().to_owned()).collect();
    ids.sort();
    ids.dedup();
    Ok(ids.iter().filter_map(|id| jinggai_rules::pack::in_force(&all, id, today).cloned()).collect())
}

async fn scheme(tx: &mut Tx, key: &str, today: Date) -> Result<(CodeScheme, Option<ClassList>)> {
    let Some(scheme) = packs::by_id::<CodeScheme>(tx, key, today).await? else {
        let known: Vec<String> = schemes(tx, today).await?.iter().map(|s| s.key().to_owned()).collect();
        return Err(AppError::field(
            "code.scheme_unknown",
            "scheme",
            format!("没有编码规则“{key}”；可用：{}", known.join("、")),
            format!("there is no code scheme {key:?}; there are: {}", known.join(", ")),
        ));
    };
    let list = match &scheme.class_list {
        Some(id) => packs::by_id::<ClassList>(tx, id, today).await?,
        None => None,
    };
    Ok((scheme, list))
}

fn refused(e: &CodeError) -> AppError {
    AppError::field("code.invalid", "code", e.to_string(), e.message_en())
}

/// A number from outside, checked against its scheme: shape, check digit, class of the kind, area and unit. Areas of
/// the past count: a number built on 500105 stays valid after 500157.
///
/// # Errors
/// `code.scheme_unknown`, `code.invalid`.
pub async fn checked(tx: &mut Tx, key: &str, text: &str, kind: CoverKind, today: Date) -> Result<NewCode> {
    let (scheme, list) = scheme(tx, key, today).await?;
    let parts = scheme.parse_code(text).map_err(|e| refused(&e))?;
    let part = |role| scheme.segment(role).and_then(|s| parts.get(&s.key));
    let area = match part(SegmentRole::Area) {
        Some(a) => store::area_id(tx, a).await?.is_some(),
        None => true,
    };
    let unit = match part(SegmentRole::Unit) {
        Some(u) => store::unit_id(tx, u).await?.is_some(),
        None => true,
    };
    let (area, unit) = (move |_: &str| area, move |_: &str| unit);
    let context = CodeContext {
        area_exists: Some(&area),
        unit_exists: Some(&unit),
        class_list: list.as_ref(),
        kind: Some(kind),
    };
    scheme.validate_code(text, &context).map_err(|e| refused(&e))?;
    Ok(NewCode {
        scheme: key.to_owned(),
        code: clean(text),
        list_version: list.map(|l| format!("{}@{}", l.pack.id, l.pack.version)),
        alias: false,
    })
}

async fn insert(tx: &mut Tx, cover_id: i64, code: &NewCode) -> Result<()> {
    let state = if code.alias { "alias" } else { "active" };
    tx.run(sql!(
        "INSERT INTO codes (cover_id, scheme, code, list_version, state, issued_at) VALUES (?, ?, ?, ?, ?, ?)",
        cover_id,
        &code.scheme,
        &code.code,
        code.list_version.clone(),
        state,
        Timestamp::now()
    ))
    .await
    .map_err(code_taken)?;
    Ok(())
}

fn event(cover: &CoverRow, action: &'static str, code: Json, reason: Option<String>) -> Event {
    Event {
        subject: "cover",
        subject_uid: cover.uid,
        well_id: Some(cover.well_id),
        action,
        before: None,
        after: Some(code),
        reason,
    }
}

/// Gives the cover the next free number of a scheme; `given` are parts that the record does not tell. The caller
/// settles the well with the event.
///
/// # Errors
/// `code.scheme_unknown`, `code.no_area`, `code.invalid` (a part is missing, the kind has no class, the numbers are
/// used up).
pub async fn issue(
    tx: &mut Tx,
    cover: &CoverRow,
    key: &str,
    given: &[(String, String)],
    today: Date,
) -> Result<(NewCode, Event)> {
    let (scheme, list) = scheme(tx, key, today).await?;
    let mut parts = CodeParts::new();
    if let Some(segment) = scheme.segment(SegmentRole::Area) {
        parts = parts.with(&segment.key, area_part(tx, cover, segment.width).await?);
    }
    if let (Some(segment), Some(list)) = (scheme.segment(SegmentRole::Class), &list) {
        let kind = CoverKind::from_code(&cover.kind).unwrap_or(CoverKind::Other);
        parts = parts.with(&segment.key, scheme.class_part(list, kind).map_err(|e| refused(&e))?);
    }
    for (name, value) in given {
        parts = parts.with(name, value);
    }
    let scope = scheme.sequence_scope(&parts).map_err(|e| refused(&e))?;
    let code = NewCode {
        scheme: key.to_owned(),
        code: next_free(tx, &scheme, &parts, &scope).await?,
        list_version: list.map(|l| format!("{}@{}", l.pack.id, l.pack.version)),
        alias: false,
    };
    insert(tx, cover.id, &code).await?;
    let event = event(cover, "code_issued", json!({"scheme": code.scheme, "code": code.code}), None);
    Ok((code, event))
}

/// The area segment: the well's own area code, cut to the segment's level (6 digits: its district).
async fn area_part(tx: &mut Tx, cover: &CoverRow, width: usize) -> Result<String> {
    let code: Option<(String,)> = tx
        .opt(sql!(
            "SELECT a.code FROM wells w JOIN areas a ON a.id = w.area_id WHERE w.id = ?",
            cover.well_id
        ))
        .await?;
    code.and_then(|(c,)| c.get(..width).map(str::to_owned)).ok_or_else(|| {
        AppError::field(
            "code.no_area",
            "area",
            format!("该编码规则含 {width} 位区划，请先登记井所在的区域"),
            format!("the scheme has an area of {width} digits; enter the area of the well first"),
        )
    })
}

/// Takes the next number of the scope that nobody has.
async fn next_free(tx: &mut Tx, scheme: &CodeScheme, parts: &CodeParts, scope: &str) -> Result<String> {
    let key = scheme.key();
    tx.run(sql!(
        "INSERT INTO code_sequences (scheme, prefix, last) VALUES (?, ?, 0) ON CONFLICT DO NOTHING",
        key,
        scope
    ))
    .await?;
    // The update holds the row: whoever comes second waits, then counts on from here.
    let (last,): (i64,) = tx
        .one(sql!(
            "UPDATE code_sequences SET last = last WHERE scheme = ? AND prefix = ? RETURNING last",
            key,
            scope
        ))
        .await?;
    let mut last = u64::try_from(last).unwrap_or(0);
    loop {
        let mut tried = Vec::new();
        for _ in 0..STEP {
            match scheme.next_code(parts, Some(last)) {
                Ok(next) => {
                    last = next.sequence;
                    tried.push(next);
                }
                Err(e) if tried.is_empty() => return Err(refused(&e)),
                Err(_) => break,
            }
        }
        let texts: Vec<&str> = tried.iter().map(|t| t.code.as_str()).collect();
        let mut q = Sql::new("SELECT code FROM codes WHERE scheme = ?", vec![key.into()]);
        q.and_in("code", &texts);
        let taken: Vec<String> = tx.all::<(String,)>(q).await?.into_iter().map(|(c,)| c).collect();
        if let Some(free) = tried.into_iter().find(|t| !taken.contains(&t.code)) {
            tx.run(sql!(
                "UPDATE code_sequences SET last = ? WHERE scheme = ? AND prefix = ?",
                i64::try_from(free.sequence).unwrap_or(i64::MAX),
                key,
                scope
            ))
            .await?;
            return Ok(free.code);
        }
    }
}

/// What was asked of a cover's numbers.
struct CodeForm {
    scheme: String,
    code: Option<String>,
    alias: bool,
    replace: bool,
    parts: Vec<(String, String)>,
    reason: Option<String>,
}

fn read(body: Json) -> Result<CodeForm> {
    let mut r = Reader::new(body);
    let form = CodeForm {
        scheme: r.required_text("scheme", "编码规则", 50).unwrap_or_default(),
        code: r.text("code", 64),
        alias: r.flag("alias"),
        replace: r.flag("replace"),
        parts: r.list("parts", |r| {
            let name = r.required_text("key", "段名", 50).unwrap_or_default();
            (name, r.required_text("value", "段值", 64).unwrap_or_default())
        }),
        reason: r.text("reason", 500),
    };
    if form.alias && form.code.is_none() {
        r.wrong("code", "别名须给出号码", "an alias needs its number");
    }
    r.finish()?;
    Ok(form)
}

/// Gives a cover a number: the next free one of the scheme, or one from outside, or an alias for an old one. A cover
/// has one active number per scheme; `replace` turns the earlier one into an alias.
///
/// # Errors
/// As [`issue`] and [`checked`]; `code.exists`, `code.taken`.
pub async fn give(tx: &mut Tx, change: &Change<'_>, uid: Uuid, body: Json) -> Result<NewCode> {
    let form = read(body)?;
    let cover = store::cover(tx, uid, &change.scope).await?;
    let active: Option<(i64, String)> = tx
        .opt(sql!(
            "SELECT id, code FROM codes WHERE cover_id = ? AND scheme = ? AND state = 'active'",
            cover.id,
            &form.scheme
        ))
        .await?;
    let mut events = vec![];
    if let Some((id, old)) = active.filter(|_| !form.alias) {
        if !form.replace {
            return Err(exists(&old));
        }
        tx.run(sql!("UPDATE codes SET state = 'alias' WHERE id = ?", id)).await?;
        let what = json!({"scheme": form.scheme, "code": old});
        events.push(event(&cover, "code_became_alias", what, form.reason.clone()));
    }
    let kind = CoverKind::from_code(&cover.kind).unwrap_or(CoverKind::Other);
    let code = match &form.code {
        None => {
            let (code, event) = issue(tx, &cover, &form.scheme, &form.parts, change.today).await?;
            events.push(event);
            code
        }
        Some(text) => {
            let code =
                NewCode { alias: form.alias, ..checked(tx, &form.scheme, text, kind, change.today).await? };
            insert(tx, cover.id, &code).await?;
            let action = if form.alias { "code_alias_set" } else { "code_set" };
            let what = json!({"scheme": code.scheme, "code": code.code});
            events.push(event(&cover, action, what, form.reason.clone()));
            code
        }
    };
    change.settle(tx, &[cover.well_id], events).await?;
    Ok(code)
}

fn exists(old: &str) -> AppError {
    AppError::new(
        Kind::Conflict,
        "code.exists",
        format!("该井盖在此编码规则下已有编号 {old}；要换号请带 replace，旧号转为别名"),
        format!(
            "the cover has {old} under this scheme; send replace to change it, the old one becomes an alias"
        ),
    )
    .with_more("current", json!({"code": old}))
}

/// Retires a number: it stays with its cover for ever, and is given to nobody again.
///
/// # Errors
/// Not found; `code.retired`; `form.invalid` without a reason.
pub async fn retire(tx: &mut Tx, change: &Change<'_>, uid: Uuid, code: &str, body: Json) -> Result<()> {
    let mut r = Reader::new(body);
    let scheme = r.text("scheme", 50);
    let reason = r.required_text("reason", "注销原因", 500);
    r.finish()?;
    let cover = store::cover(tx, uid, &change.scope).await?;
    let mut q = sql!("SELECT id, scheme, state FROM codes WHERE cover_id = ? AND code = ?", cover.id, code);
    q.and("scheme = ?", scheme);
    q.push(" ORDER BY id", []);
    let found: Vec<(i64, String, String)> = tx.all(q).await?;
    let Some((id, scheme, _)) = found.iter().find(|(_, _, state)| state != "retired") else {
        return Err(if found.is_empty() {
            AppError::not_found("个编号", "code")
        } else {
            AppError::new(
                Kind::Conflict,
                "code.retired",
                "这个编号已经注销",
                "this number is retired already",
            )
        });
    };
    tx.run(sql!("UPDATE codes SET state = 'retired', retired_at = ? WHERE id = ?", Timestamp::now(), *id))
        .await?;
    let what = json!({"scheme": scheme, "code": code});
    change.settle(tx, &[cover.well_id], vec![event(&cover, "code_retired", what, reason)]).await
}
