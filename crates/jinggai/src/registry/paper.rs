//! The file of a well as a document: what [`super::file`] knows, in the words that stand on paper.
use super::file::{self, CodeRow, WellFile};
use super::model::{CoverRow, WellRow, name_if, name_of};
use super::{guards, labels, timeline};
use crate::app::App;
use crate::clock;
use crate::error::{AppError, Result};
use crate::http::page::PageQuery;
use crate::identity::{Actor, Scope};
use jiff::Timestamp;
use jinggai_db::{Tx, sql};
use jinggai_paper as paper;
use jinggai_rules::kinds::{AccuracyClass, CoverKind, Lifecycle, LoadClass, Material, Place, Shape};
use sm3::{Digest, Sm3};
use uuid::Uuid;

/// Photographs on paper, the newest ones.
const PHOTOS: usize = 12;
/// Entries of the history on paper, the newest ones.
const EVENTS: usize = 200;

/// The file of a well as PDF.
///
/// # Errors
/// Not found, also when out of scope; else what store, disk or press say.
pub async fn well_file(app: &App, actor: &Actor, uid: Uuid, scope: &Scope) -> Result<Vec<u8>> {
    let mut tx = app.db().snapshot().await?;
    let file = file::of(&mut tx, uid, scope).await?;
    let mut data = blocks(app, &file);
    data.events = events(&mut tx, file.well.id).await?;
    data.provenance = provenance(&mut tx, actor, &file).await?;
    // The reader is not needed while files are read and pages set.
    drop(tx);
    data.photos = photos(app, &file).await?;
    let printed = app.press().print(move |fonts| paper::well_file(fonts, &data)).await?;
    for warning in &printed.warnings {
        tracing::warn!(well.uid = %uid, warning, "well file as PDF");
    }
    Ok(printed.pdf)
}

fn moment(t: Timestamp) -> String {
    clock::local(t).strftime("%Y-%m-%d %H:%M").to_string()
}
fn day(t: Timestamp) -> String {
    clock::local(t).date().to_string()
}

fn blocks(app: &App, file: &WellFile) -> paper::WellFileData {
    let plate = file.labels.iter().find(|l| l.state == "fixed");
    let shown = file.codes.iter().find(|c| c.state == "active").map(|c| c.code.clone());
    paper::WellFileData {
        title: None,
        issuer: None,
        mark: file.well.demo.then(|| "演示数据".to_owned()),
        codes: codes(file),
        plate_url: plate.map(|l| l.number.clone()).or(shown).map(|n| {
            let n: String = form_urlencoded::byte_serialize(n.as_bytes()).collect();
            format!("{}/c/{n}", app.config().public_url)
        }),
        identity: identity(&file.well, &file.findings),
        place: place(&file.well),
        well: shaft(file),
        covers: file.covers.iter().map(|c| cover(c, &file.codes)).collect(),
        fall_guards: file.fall_guards.iter().map(guard).collect(),
        responsibilities: file.responsibilities.iter().filter_map(responsibility).collect(),
        labels: file.labels.iter().map(label).collect(),
        documents: documents(file),
        ..paper::WellFileData::default()
    }
}

fn codes(file: &WellFile) -> Vec<paper::CodeRow> {
    let state = |s: &str| match s {
        "active" => "在用",
        "alias" => "曾用",
        _ => "已注销",
    };
    let mut rows: Vec<&CodeRow> = file.codes.iter().collect();
    rows.sort_by_key(|c| c.state != "active");
    rows.into_iter()
        .map(|c| paper::CodeRow {
            code: c.code.clone(),
            scheme: Some(c.scheme.clone()),
            subject: Some("井盖".to_owned()),
            state: Some(state(&c.state).to_owned()),
            since: Some(day(c.issued_at)),
            until: c.retired_at.map(day),
        })
        .collect()
}

fn identity(w: &WellRow, findings: &[file::Finding]) -> paper::Identity {
    paper::Identity {
        id: Some(w.uid.to_string()),
        kind: Some(name_of!(CoverKind, &w.kind).to_owned()),
        state: Some(name_of!(Lifecycle, &w.lifecycle).to_owned()),
        filed_on: Some(day(w.created_at)),
        remarks: findings
            .iter()
            .map(|f| paper::Remark { name: format!("发现 {}", f.code), value: f.message.clone() })
            .chain(w.note.iter().map(|n| paper::Remark { name: "备注".to_owned(), value: n.clone() }))
            .collect(),
        ..paper::Identity::default()
    }
}

fn place(w: &WellRow) -> paper::Place {
    let area = || Some(paper::Area { name: w.area_name.clone(), code: w.area_code.clone() });
    let digits = w.area_code.as_ref().map_or(0, String::len);
    paper::Place {
        longitude: Some(w.geom.lng),
        latitude: Some(w.geom.lat),
        accuracy: Some(name_of!(AccuracyClass, &w.accuracy).to_owned()),
        source: w
            .source_crs
            .as_ref()
            .map(|crs| format!("{crs}，{}", w.source_transform.as_deref().unwrap_or("未转换"))),
        district: if digits == 6 { area() } else { None },
        street: if digits == 9 { area() } else { None },
        community: if digits == 12 { area() } else { None },
        grid: w.grid_code.clone().map(|code| paper::Area { name: None, code: Some(code) }),
        road: w.road.clone(),
        address: w.address.clone(),
        setting: name_if!(Place, w.place).map(str::to_owned),
        tactile_path: Some(w.blind_track),
        low_lying: Some(w.low_lying),
        crowded: Some(w.crowded),
        ..paper::Place::default()
    }
}

fn shaft(file: &WellFile) -> paper::WellBlock {
    let w = &file.well;
    paper::WellBlock {
        depth_m: w.depth_m,
        wall_material: w.wall_material.clone(),
        ground_elevation_m: w.ground_elevation_m,
        bottom_elevation_m: w.bottom_elevation_m,
        pipes: file
            .pipes
            .iter()
            .map(|p| paper::Pipe {
                direction: Some((if p.outgoing { "出" } else { "进" }).to_owned()),
                section: p.diameter.clone(),
                material: p.material.clone(),
                ..paper::Pipe::default()
            })
            .collect(),
        ..paper::WellBlock::default()
    }
}

fn cover(c: &CoverRow, codes: &[CodeRow]) -> paper::CoverBlock {
    let code = codes.iter().find(|k| k.cover_uid == c.uid && k.state == "active").map(|k| k.code.clone());
    let life = name_of!(Lifecycle, &c.lifecycle);
    let condition = name_of!(jinggai_rules::kinds::Condition, &c.condition);
    paper::CoverBlock {
        name: code.or_else(|| Some("未编号".to_owned())),
        state: Some(format!("{life}，{condition}")),
        shape: name_if!(Shape, c.shape).map(str::to_owned),
        size: c.size.clone(),
        material: name_if!(Material, c.material).map(str::to_owned),
        load_class: name_if!(LoadClass, c.load_class).map(str::to_owned),
        fittings: c.has_lock.then(|| "有锁".to_owned()),
        maker: c.maker.clone(),
        batch: c.batch.clone(),
        standard: c.standard.clone(),
        installed_on: c.installed_text(),
        design_life_years: c.design_life_years.and_then(|y| u32::try_from(y).ok()),
        expires_on: c.expires_on.map(|d| d.to_string()),
        remarks: name_if!(jinggai_rules::kinds::Problem, c.problem)
            .map(|p| paper::Remark { name: "主要问题".to_owned(), value: p.to_owned() })
            .into_iter()
            .chain(c.note.iter().map(|n| paper::Remark { name: "备注".to_owned(), value: n.clone() }))
            .collect(),
        ..paper::CoverBlock::default()
    }
}

fn guard(g: &guards::FallGuard) -> paper::FallGuardBlock {
    let kind = guards::KINDS.iter().find(|(k, _)| *k == g.kind).map_or(g.kind.as_str(), |(_, zh)| zh);
    paper::FallGuardBlock {
        kind: Some(kind.to_owned()),
        count: u32::try_from(g.quantity).ok(),
        installed_on: g.installed_on.map(|d| d.to_string()),
        tested_load_kg: g.tested_load_kg,
        next_test_on: g.next_test_on.map(|d| d.to_string()),
        replace_on: g.replace_on.map(|d| d.to_string()),
        state: Some(g.removed_on.map_or_else(|| "在用".to_owned(), |d| format!("{d} 拆除"))),
    }
}

fn responsibility(r: &super::responsibility::Responsibility) -> Option<paper::ResponsibilityRow> {
    let role = match r.role.as_str() {
        "owner" => paper::Role::Owner,
        "maintainer" => paper::Role::Maintainer,
        "supervisor" => paper::Role::Supervisor,
        "territorial" => paper::Role::Territorial,
        "fallback" => paper::Role::Fallback,
        _ => return None,
    };
    let contact: Vec<&str> =
        [&r.contact_name, &r.contact_phone].into_iter().flatten().map(String::as_str).collect();
    let basis = r.basis.clone().unwrap_or_default();
    let claim = if r.confirmed { "" } else { "（待确认）" };
    Some(paper::ResponsibilityRow {
        role,
        unit: r.unit_name.clone(),
        contact: (!contact.is_empty()).then(|| contact.join(" ")),
        since: Some(r.valid_from.to_string()),
        until: r.valid_to.map(|d| d.to_string()),
        evidence: Some(format!("{basis}{claim}")).filter(|e| !e.is_empty()),
    })
}

fn label(l: &labels::Label) -> paper::LabelRow {
    let state = labels::STATES.iter().find(|(s, _)| *s == l.state).map_or(l.state.as_str(), |(_, zh)| zh);
    paper::LabelRow {
        number: Some(l.number.clone()),
        text: None,
        content: l.content.clone(),
        fixed_on: l.fixed_on.map(|d| d.to_string()),
        state: Some(state.to_owned()),
    }
}

fn documents(file: &WellFile) -> Vec<paper::DocumentRow> {
    let about = |subject: &str| match subject {
        "responsibility" => "权属依据",
        "cover" => "井盖资料",
        "fall_guard" => "防坠装置资料",
        "label" => "标识资料",
        _ => "井资料",
    };
    file.attachments
        .iter()
        .filter(|a| a.role == "document" && a.removed_at.is_none())
        .map(|a| paper::DocumentRow {
            title: Some(a.title.clone().unwrap_or_else(|| a.name.clone())),
            kind: Some(about(&a.subject).to_owned()),
            date: Some(day(a.created_at)),
            hash: Some(a.file.clone()),
        })
        .collect()
}

async fn photos(app: &App, file: &WellFile) -> Result<Vec<paper::Photo>> {
    let mut out = vec![];
    let shown = file.attachments.iter().filter(|a| a.role == "photo" && a.removed_at.is_none());
    for a in shown.take(PHOTOS) {
        let Some(thumbnail) = &a.thumbnail else { continue };
        out.push(paper::Photo {
            bytes: app.files().get(thumbnail).await?,
            taken_at: a.taken_at.map(moment),
            caption: a.title.clone(),
            hash: Some(a.file.clone()),
        });
    }
    Ok(out)
}

async fn events(tx: &mut Tx, well_id: i64) -> Result<Vec<paper::EventRow>> {
    let paging = PageQuery { limit: Some(EVENTS), cursor: None }.paging()?;
    let page = timeline::page(tx, well_id, &paging).await?;
    Ok(page
        .items
        .into_iter()
        .map(|e| paper::EventRow {
            seq: Some(e.seq),
            at: Some(moment(e.at)),
            who: Some(e.actor),
            role: Some(e.role_name),
            what: Some(e.summary),
            reason: e.reason,
        })
        .collect())
}

async fn provenance(tx: &mut Tx, actor: &Actor, file: &WellFile) -> Result<paper::Provenance> {
    let hash: Option<(Vec<u8>,)> =
        tx.opt(sql!("SELECT hash FROM events WHERE seq = ?", file.event_seq)).await?;
    let text = serde_json::to_vec(&file.json()).map_err(AppError::internal)?;
    let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(bytes);
    Ok(paper::Provenance {
        printed_at: Some(moment(Timestamp::now())),
        printed_by: Some(actor.name.clone()),
        digest: Some(format!("SM3 {}", hex(&Sm3::digest(&text)))),
        event_seq: Some(file.event_seq),
        event_hash: hash.map(|(h,)| hex(&h)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jinggai_rules::kinds::ResponsibilityRole;

    #[test]
    fn every_role_has_a_place_on_paper() {
        for role in ResponsibilityRole::ALL {
            let row = super::super::responsibility::Responsibility {
                id: 1,
                uid: Uuid::nil(),
                well_id: 1,
                role: role.code().to_owned(),
                unit: "u".into(),
                unit_name: "单位".into(),
                contact_name: None,
                contact_phone: None,
                confirmed: false,
                basis: None,
                funding: None,
                valid_from: jiff::civil::date(2026, 1, 1),
                valid_to: None,
                version: 1,
            };
            let on_paper = responsibility(&row).expect("a place on paper");
            assert_eq!(on_paper.evidence.as_deref(), Some("（待确认）"), "{}", role.code());
        }
    }
}
