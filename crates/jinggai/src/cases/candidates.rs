//! 疑似重复: what a finding may be the same as: first by cover, then by distance, kind, age and likeness of the photo.
//! They are offered; a person decides.
use super::desk;
use super::model::FindingRow;
use super::rules::Rules;
use crate::error::Result;
use crate::identity::Scope;
use jiff::{Span, Timestamp};
use jinggai_db::{Sql, Tx, row, sql};
use jinggai_geo::{Bbox, Point, distance_m};
use serde::Serialize;
use std::collections::HashSet;
use utoipa::ToSchema;
use uuid::Uuid;

/// Most candidates offered.
const MOST: usize = 10;
/// Two pictures are alike when at most so many of 64 bits differ \[I\].
const ALIKE_BITS: u32 = 10;

row! {
    struct Near {
        case_uid: Uuid,
        number: String,
        state: String,
        hazard: String,
        title: String,
        well_id: Option<i64>,
        cover_id: Option<i64>,
        kind: Option<String>,
        lng: Option<f64>,
        lat: Option<f64>,
        filed_at: Timestamp,
        case_id: i64,
    }
}

/// An open case that may be the same.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Candidate {
    /// Public id of the case.
    pub case: Uuid,
    /// 案卷编号.
    pub number: String,
    /// State.
    pub state: String,
    /// Catalogue code.
    pub hazard: String,
    /// Title.
    pub title: String,
    /// Metres away.
    pub metres: Option<f64>,
    /// Why it is offered, the strongest first (Chinese).
    pub why: Vec<String>,
    /// For ordering: higher is likelier.
    pub score: i64,
}

/// Open cases that this finding may belong to, likeliest first; only those that the reader may see.
///
/// # Errors
/// What the store says.
pub async fn of(tx: &mut Tx, rules: &Rules, f: &FindingRow, scope: &Scope) -> Result<Vec<Candidate>> {
    let at = f.lng.zip(f.lat).map(|(lng, lat)| Point { lng, lat });
    let since = f.observed_at - Span::new().hours(24 * i64::from(rules.cases.near_days));
    let mut q = Sql::new(
        "SELECT k.uid, k.number, k.state, k.hazard, k.title, k.well_id, k.cover_id, k.kind, k.lng, k.lat, k.filed_at, k.id FROM cases k WHERE k.closed_at IS NULL AND k.filed_at >= ?",
        vec![since.into()],
    );
    desk::bound_cases(scope, &mut q);
    q.push(" AND (1 = 0", []);
    if let Some(well) = f.well_id {
        q.push(" OR k.well_id = ?", [well.into()]);
    }
    if let Some(p) = at {
        let b = Bbox { w: p.lng, s: p.lat, e: p.lng, n: p.lat }.grown_m(rules.cases.near_m);
        q.push(
            " OR (k.lng >= ? AND k.lng <= ? AND k.lat >= ? AND k.lat <= ?)",
            [b.w.into(), b.e.into(), b.s.into(), b.n.into()],
        );
    }
    q.push(") ORDER BY k.id DESC LIMIT 200", []);
    let mut near: Vec<Near> = tx.all(q).await?;
    near.retain(|n| f.case_id != Some(n.case_id));
    let alike = alike(tx, f, &near).await?;
    let mut out: Vec<Candidate> =
        near.into_iter().filter_map(|n| weigh(rules, f, at, &n, alike.contains(&n.case_id))).collect();
    out.sort_by_key(|c| std::cmp::Reverse(c.score));
    out.truncate(MOST);
    Ok(out)
}

fn weigh(rules: &Rules, f: &FindingRow, at: Option<Point>, n: &Near, alike: bool) -> Option<Candidate> {
    let (mut why, mut score) = (vec![], 0);
    if f.cover_id.is_some() && f.cover_id == n.cover_id {
        why.push("同一个井盖".to_owned());
        score += 100;
    } else if f.well_id.is_some() && f.well_id == n.well_id {
        why.push("同一口井".to_owned());
        score += 80;
    }
    let metres = at.zip(n.lng.zip(n.lat)).map(|(p, (lng, lat))| distance_m(p, Point { lng, lat }));
    if score == 0 {
        let m = metres.filter(|m| *m <= rules.cases.near_m)?;
        if f.kind.is_some() && n.kind.is_some() && f.kind != n.kind {
            return None;
        }
        why.push(format!("相距 {m:.1} 米"));
        score += 50 - (m / rules.cases.near_m * 30.0) as i64;
    }
    if f.hazard.as_deref() == Some(n.hazard.as_str()) {
        why.push("同一类问题".to_owned());
        score += 30;
    }
    let days = (f.observed_at.as_second() - n.filed_at.as_second()) / 86_400;
    why.push(if days <= 0 { "当天立案".to_owned() } else { format!("{days} 天前立案") });
    score -= days.min(30);
    if alike {
        why.push("照片相像".to_owned());
        score += 40;
    }
    Some(Candidate {
        case: n.case_uid,
        number: n.number.clone(),
        state: n.state.clone(),
        hazard: n.hazard.clone(),
        title: n.title.clone(),
        metres: metres.map(|m| (m * 10.0).round() / 10.0),
        why,
        score,
    })
}

/// Which of these cases has a photo, of its own or of a finding, that looks like one of this finding's.
async fn alike(tx: &mut Tx, f: &FindingRow, near: &[Near]) -> Result<HashSet<i64>> {
    let own: Vec<i64> = tx
        .all::<(i64,)>(sql!(
            "SELECT likeness FROM case_files WHERE subject = 'finding' AND subject_uid = ? AND likeness IS NOT NULL",
            f.uid
        ))
        .await?
        .into_iter()
        .map(|(l,)| l)
        .collect();
    if own.is_empty() || near.is_empty() {
        return Ok(HashSet::new());
    }
    let ids: Vec<i64> = near.iter().map(|n| n.case_id).collect();
    let mut q = Sql::new(
        "SELECT k.id, t.likeness FROM cases k JOIN case_files t ON t.subject_uid = k.uid WHERE t.likeness IS NOT NULL",
        vec![],
    );
    q.and_in("k.id", &ids);
    q.push(
        " UNION ALL SELECT d.case_id, t.likeness FROM findings d JOIN case_files t ON t.subject_uid = d.uid WHERE t.likeness IS NOT NULL",
        [],
    );
    q.and_in("d.case_id", &ids);
    let theirs: Vec<(i64, i64)> = tx.all(q).await?;
    let like = |b: i64| own.iter().any(|a| (a ^ b).count_ones() <= ALIKE_BITS);
    Ok(theirs.into_iter().filter(|(_, look)| like(*look)).map(|(case, _)| case).collect())
}
