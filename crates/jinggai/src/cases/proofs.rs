//! 照片与文件 of findings, cases and plans: what was seen, done and checked.
//!
//! Kept under their hash like all files. A photo carries where and when the camera says it was taken, and a likeness by
//! which the same scene is recognised.
use super::desk::{self, By};
use super::store;
use crate::error::{AppError, Kind, Result};
use crate::identity::{Permission, Scope};
use crate::registry::attachments::{self, Upload};
use jiff::Timestamp;
use jinggai_db::events::Event;
use jinggai_db::{Sql, Tx, row, sql};
use jinggai_geo::{Point, distance_m};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

row! {
    /// A file of a finding, case or plan.
    #[derive(Clone, Debug, Serialize, ToSchema)]
    pub struct Proof {
        /// Public id.
        pub uid: Uuid,
        /// `finding`, `case` or `plan`.
        pub subject: String,
        /// Public id of that.
        pub subject_uid: Uuid,
        /// Plan: public id of the hazard that it proves.
        pub item_uid: Option<Uuid>,
        /// `scene`, `after`, `check`, `document`.
        pub purpose: String,
        /// SHA-256 of the original.
        pub file: String,
        /// Has a small copy: it is a picture.
        pub thumbnail: Option<String>,
        /// Title.
        pub title: Option<String>,
        /// When the camera says it was taken.
        #[schema(value_type = Option<String>, format = DateTime)]
        pub taken_at: Option<Timestamp>,
        /// Where the camera says it was taken.
        pub lng: Option<f64>,
        /// Where the camera says it was taken.
        pub lat: Option<f64>,
        /// Who added it.
        pub added_by: Option<String>,
        /// Added at.
        #[schema(value_type = String, format = DateTime)]
        pub created_at: Timestamp,
        /// Media type.
        pub media_type: String,
        /// Name it came under.
        pub name: String,
    }
}

const SELECT: &str = "SELECT t.uid, t.subject, t.subject_uid, t.item_uid, t.purpose, t.file_hash, t.thumbnail_hash, t.title, t.taken_at, t.lng, t.lat, u.name, t.created_at, x.media_type, x.name FROM case_files t JOIN files x ON x.hash = t.file_hash LEFT JOIN users u ON u.id = t.added_by WHERE ";

/// The files of these things, oldest first.
///
/// # Errors
/// What the store says.
pub async fn of(tx: &mut Tx, uids: &[Uuid]) -> Result<Vec<Proof>> {
    let mut q = Sql::new(&format!("{SELECT}t.subject_uid IN "), vec![]);
    q.list(uids);
    q.push(" ORDER BY t.id", []);
    Ok(tx.all(q).await?)
}

/// What an upload belongs to.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// `finding`, `case` or `plan`.
    pub subject: &'static str,
    /// Public id of that.
    pub uid: Uuid,
    /// Plan: public id of the hazard that it proves.
    pub item: Option<Uuid>,
    /// `scene`, `after`, `check`, `document`.
    pub purpose: &'a str,
    /// Title.
    pub title: Option<&'a str>,
}

/// Where the thing is that a photo belongs to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spot {
    /// CGCS2000 degrees.
    pub at: Option<Point>,
    /// Its well.
    pub well_id: Option<i64>,
}

/// The right that a file of this purpose needs: an after-photo is the handler's, a check-photo the checker's.
///
/// # Errors
/// `proof.purpose`, `proof.picture`.
pub fn right_for(purpose: &str, up: &Upload) -> Result<Permission> {
    let right = match purpose {
        "scene" | "document" => Permission::FindingReport,
        "after" => Permission::CaseHandle,
        "check" => Permission::CaseCheck,
        _ => {
            return Err(AppError::field(
                "proof.purpose",
                "purpose",
                "应为 scene（现场）、after（处置后）、check（核查）或 document（文件）",
                "must be scene, after, check or document",
            ));
        }
    };
    if purpose != "document" && !up.is_picture() {
        return Err(AppError::field("proof.picture", "file", "这里须上传照片", "a picture is needed here"));
    }
    Ok(right)
}

/// Adds a file to a finding or case. Whoever may report, handle or check may add to what they may see.
///
/// # Errors
/// `proof.purpose`, `proof.ended`, `forbidden`, not found.
pub async fn add(tx: &mut Tx, by: &By<'_>, about: About<'_>, up: &Upload) -> Result<Proof> {
    let right = right_for(about.purpose, up)?;
    by.actor.require(right)?;
    let see = by.actor.scope(Permission::CaseRead);
    let point = |lng: Option<f64>, lat: Option<f64>| lng.zip(lat).map(|(lng, lat)| Point { lng, lat });
    let spot = if about.subject == "case" {
        let c = store::case(tx, about.uid, &see).await?;
        if c.state()?.is_ended() {
            return Err(AppError::new(
                Kind::Conflict,
                "proof.ended",
                "案卷已办结，不能再添加照片",
                "the case has ended",
            ));
        }
        Spot { at: point(c.lng, c.lat), well_id: c.well_id }
    } else {
        let f = store::finding(tx, about.uid, &see, by.actor.user_id).await?;
        Spot { at: point(f.lng, f.lat), well_id: f.well_id }
    };
    keep(tx, by, right, about, up, spot).await
}

/// Keeps a file whose right was looked at, and tells it.
///
/// # Errors
/// What the store says.
pub async fn keep(
    tx: &mut Tx,
    by: &By<'_>,
    right: Permission,
    about: About<'_>,
    up: &Upload,
    spot: Spot,
) -> Result<Proof> {
    let noted = attachments::note(tx, up).await?;
    let uid = Uuid::now_v7();
    tx.run(sql!(
        "INSERT INTO case_files (uid, subject, subject_uid, item_uid, purpose, file_hash, thumbnail_hash, public_hash, title, taken_at, lng, lat, likeness, added_by, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        uid, about.subject, about.uid, about.item, about.purpose, &up.hash, noted.thumbnail, noted.public, about.title, noted.taken_at,
        noted.at.map(|p| p.lng), noted.at.map(|p| p.lat), noted.likeness, by.actor.user_id, by.now
    ))
    .await?;
    let metres = noted.at.zip(spot.at).map(|(taken, place)| distance_m(taken, place).round());
    let event = Event {
        subject: about.subject,
        subject_uid: about.uid,
        well_id: spot.well_id,
        action: "attached",
        before: None,
        after: Some(
            json!({"purpose": about.purpose, "file": up.hash, "name": up.name, "item": about.item, "taken_at": noted.taken_at, "metres_away": metres}),
        ),
        reason: None,
    };
    by.tell(tx, right, vec![event]).await?;
    Ok(tx.one(Sql::new(&format!("{SELECT}t.uid = ?"), vec![uid.into()])).await?)
}

/// A file to give out: hash, media type, name. Pictures come as the copy asked for.
///
/// # Errors
/// Not found, also when what it belongs to is out of scope.
pub async fn find(
    tx: &mut Tx,
    scope: &Scope,
    user_id: Option<i64>,
    own_units: &[i64],
    uid: Uuid,
    size: attachments::Size,
) -> Result<(String, String, String)> {
    let column = match size {
        attachments::Size::Original => "file_hash",
        attachments::Size::Thumbnail => "thumbnail_hash",
        attachments::Size::Public => "public_hash",
    };
    let mut q = Sql::new(
        &format!(
            "SELECT x.hash, x.media_type, x.name FROM case_files t JOIN files x ON x.hash = t.{column} WHERE t.uid = ? AND ((t.subject = 'case' AND EXISTS (SELECT 1 FROM cases k WHERE k.uid = t.subject_uid"
        ),
        vec![uid.into()],
    );
    desk::bound_cases(scope, &mut q);
    q.push(
        ")) OR (t.subject = 'finding' AND EXISTS (SELECT 1 FROM findings d WHERE d.uid = t.subject_uid",
        [],
    );
    desk::bound_findings(scope, &mut q, user_id);
    q.push(")) OR (t.subject = 'plan' AND EXISTS (SELECT 1 FROM plans p WHERE p.uid = t.subject_uid", []);
    desk::bound_plans(scope, &mut q, own_units);
    q.push(")))", []);
    tx.opt(q).await?.ok_or_else(|| AppError::not_found("个文件", "file"))
}
