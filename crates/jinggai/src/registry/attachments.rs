//! 照片与文件 of a well: kept under their hash, bound to what they prove, never deleted but flagged with a reason.
//!
//! Bytes are written before the transaction that names them. The original stays as evidence; people see the copies
//! without metadata unless they ask for the original.
use super::commands::Change;
use super::fields::Reader;
use super::images::{self, FileType, Picture};
use super::store;
use crate::app::App;
use crate::error::{AppError, Kind, Result};
use crate::identity::Scope;
use jiff::Timestamp;
use jinggai_db::events::Event;
use jinggai_db::{Sql, Tx, row, sql};
use serde::Serialize;
use serde_json::{Value as Json, json};
use utoipa::ToSchema;
use uuid::Uuid;

row! {
    /// 附件 as stored.
    #[derive(Clone, Debug, Serialize, ToSchema)]
    pub struct Attachment {
        /// Row.
        #[serde(skip)]
        pub id: i64,
        /// Public id.
        pub uid: Uuid,
        /// Row of the well.
        #[serde(skip)]
        pub well_id: i64,
        /// What it belongs to: `well`, `cover`, `responsibility`, `label`, `fall_guard`.
        pub subject: String,
        /// Public id of that.
        pub subject_uid: Uuid,
        /// `photo` or `document`.
        pub role: String,
        /// SHA-256 of the original: its address under `/files/`.
        pub file: String,
        /// Has a small copy.
        pub thumbnail: Option<String>,
        /// Has a copy without metadata.
        pub public: Option<String>,
        /// Title.
        pub title: Option<String>,
        /// When the camera says it was taken.
        #[schema(value_type = Option<String>)]
        pub taken_at: Option<Timestamp>,
        /// Where the camera says it was taken.
        pub lng: Option<f64>,
        /// Where the camera says it was taken.
        pub lat: Option<f64>,
        /// Who uploaded it.
        pub taken_by: Option<String>,
        /// Removed at; the file stays as evidence.
        #[schema(value_type = Option<String>)]
        pub removed_at: Option<Timestamp>,
        /// Why it was removed.
        pub removed_reason: Option<String>,
        /// Uploaded at.
        #[schema(value_type = String)]
        pub created_at: Timestamp,
        /// Media type.
        pub media_type: String,
        /// Size in bytes.
        pub size: i64,
        /// Name it was uploaded under.
        pub name: String,
    }
}

const SELECT: &str = "SELECT t.id, t.uid, t.well_id, t.subject, t.subject_uid, t.role, t.file_hash, t.thumbnail_hash, t.public_hash, t.title, t.taken_at, t.lng, t.lat, t.taken_by, t.removed_at, t.removed_reason, t.created_at, x.media_type, x.size, x.name FROM attachments t JOIN files x ON x.hash = t.file_hash WHERE ";

/// What an attachment may belong to beside the well: subject, its table, and the well of a row of it.
const SUBJECTS: [(&str, &str); 4] = [
    ("cover", "SELECT count(*) FROM covers s WHERE s.uid = ? AND s.well_id = ?"),
    ("responsibility", "SELECT count(*) FROM responsibilities s WHERE s.uid = ? AND s.well_id = ?"),
    (
        "label",
        "SELECT count(*) FROM labels l JOIN covers s ON s.id = l.cover_id WHERE l.uid = ? AND s.well_id = ?",
    ),
    ("fall_guard", "SELECT count(*) FROM fall_guards s WHERE s.uid = ? AND s.well_id = ?"),
];

/// The attachments of a well, newest first, also removed ones.
///
/// # Errors
/// What the store says.
pub async fn of_well(tx: &mut Tx, well_id: i64) -> Result<Vec<Attachment>> {
    Ok(tx.all(Sql::new(&format!("{SELECT}t.well_id = ? ORDER BY t.id DESC"), vec![well_id.into()])).await?)
}

/// Takes a list of attachment ids from a form.
pub(crate) fn uids(r: &mut Reader, name: &str) -> Vec<Uuid> {
    match r.take(name) {
        None | Some(Json::Null) => vec![],
        Some(Json::Array(list)) => {
            let read: Option<Vec<Uuid>> = list.iter().map(|v| v.as_str()?.parse().ok()).collect();
            read.unwrap_or_else(|| {
                r.wrong(name, "应为附件编号（UUID）的数组", "must be an array of attachment ids");
                vec![]
            })
        }
        Some(_) => {
            r.wrong(name, "应为附件编号（UUID）的数组", "must be an array of attachment ids");
            vec![]
        }
    }
}

/// How many photos and documents of these belong to the well and were not removed.
///
/// # Errors
/// `attachment.unknown` when one does not belong to the well.
pub(crate) async fn count_of(tx: &mut Tx, well_id: i64, uids: &[Uuid]) -> Result<(usize, usize)> {
    let (mut photos, mut documents) = (0, 0);
    for uid in uids {
        let role: Option<(String,)> = tx
            .opt(sql!(
                "SELECT role FROM attachments WHERE uid = ? AND well_id = ? AND removed_at IS NULL",
                *uid,
                well_id
            ))
            .await?;
        match role.as_ref().map(|(r,)| r.as_str()) {
            Some("photo") => photos += 1,
            Some(_) => documents += 1,
            None => {
                return Err(AppError::field(
                    "attachment.unknown",
                    "evidence",
                    format!("附件 {uid} 不属于这口井，或已移除"),
                    format!("attachment {uid} does not belong to this well, or was removed"),
                ));
            }
        }
    }
    Ok((photos, documents))
}

/// Binds attachments of the well to what they prove.
///
/// # Errors
/// `attachment.unknown`.
pub(crate) async fn link(tx: &mut Tx, well_id: i64, uids: &[Uuid], subject: &str, to: Uuid) -> Result<()> {
    count_of(tx, well_id, uids).await?;
    for uid in uids {
        tx.run(sql!("UPDATE attachments SET subject = ?, subject_uid = ? WHERE uid = ?", subject, to, *uid))
            .await?;
    }
    Ok(())
}

/// An upload after its bytes are on the disk.
pub struct Upload {
    /// SHA-256 of the original.
    pub hash: String,
    /// Its size.
    pub size: usize,
    /// What it is.
    pub media: &'static str,
    /// Name it came under.
    pub name: String,
    copies: Option<Copies>,
}

struct Copies {
    thumbnail: (String, usize),
    public: (String, usize),
    taken_at: Option<Timestamp>,
    at: Option<jinggai_geo::Point>,
    likeness: i64,
}

impl Upload {
    /// Is it a picture that was drawn anew?
    #[must_use]
    pub fn is_picture(&self) -> bool {
        self.copies.is_some()
    }
}

/// Looks at the bytes, keeps them, and makes the copies of a picture.
///
/// # Errors
/// As [`images::recognise`] and [`images::picture`].
pub async fn receive(app: &App, name: &str, bytes: Vec<u8>) -> Result<Upload> {
    let FileType { media, picture } = images::recognise(&bytes)?;
    let size = bytes.len();
    let (bytes, made) = match picture {
        None => (bytes, None),
        Some(format) => tokio::task::spawn_blocking(move || {
            let made = images::picture(&bytes, format)?;
            Ok::<_, AppError>((bytes, Some(made)))
        })
        .await
        .map_err(AppError::internal)??,
    };
    let hash = app.files().put(bytes).await?;
    let copies = match made {
        None => None,
        Some(Picture { thumbnail, public, taken_at, at, likeness }) => Some(Copies {
            thumbnail: kept(app, thumbnail).await?,
            public: kept(app, public).await?,
            taken_at,
            at,
            likeness,
        }),
    };
    Ok(Upload { hash, size, media, name: name.to_owned(), copies })
}

async fn kept(app: &App, bytes: Vec<u8>) -> Result<(String, usize)> {
    let size = bytes.len();
    Ok((app.files().put(bytes).await?, size))
}

/// What the sender says of an upload.
#[derive(Default)]
pub struct About {
    /// What it belongs to; none = the well.
    pub subject: Option<String>,
    /// Public id of that.
    pub subject_uid: Option<Uuid>,
    /// `photo` or `document`; none = by content.
    pub role: Option<String>,
    /// Title.
    pub title: Option<String>,
}

/// What a record keeps of an upload beside its hash.
#[derive(Default)]
pub struct Noted {
    /// Hash of the small copy.
    pub thumbnail: Option<String>,
    /// Hash of the copy without metadata.
    pub public: Option<String>,
    /// When the camera says it was taken.
    pub taken_at: Option<Timestamp>,
    /// Where the camera says it was taken.
    pub at: Option<jinggai_geo::Point>,
    /// By which pictures of the same scene are recognised.
    pub likeness: Option<i64>,
}

/// Enters an upload and its copies among the files.
///
/// # Errors
/// What the store says.
pub async fn note(tx: &mut Tx, up: &Upload) -> Result<Noted> {
    note_file(tx, &up.hash, up.size, up.media, &up.name).await?;
    let Some(c) = &up.copies else { return Ok(Noted::default()) };
    note_file(tx, &c.thumbnail.0, c.thumbnail.1, "image/jpeg", "thumbnail.jpg").await?;
    note_file(tx, &c.public.0, c.public.1, "image/jpeg", "public.jpg").await?;
    Ok(Noted {
        thumbnail: Some(c.thumbnail.0.clone()),
        public: Some(c.public.0.clone()),
        taken_at: c.taken_at,
        at: c.at,
        likeness: Some(c.likeness),
    })
}

async fn note_file(tx: &mut Tx, hash: &str, size: usize, media: &str, name: &str) -> Result<()> {
    tx.run(sql!(
        "INSERT INTO files (hash, size, media_type, name, created_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        hash,
        size,
        media,
        name,
        Timestamp::now()
    ))
    .await?;
    Ok(())
}

/// Binds a received upload to a well.
///
/// # Errors
/// `form.invalid`, not found.
pub async fn attach(
    tx: &mut Tx,
    change: &Change<'_>,
    well_uid: Uuid,
    up: Upload,
    about: About,
) -> Result<Attachment> {
    let well = store::well(tx, well_uid, &change.scope).await?;
    let subject = about.subject.unwrap_or_else(|| "well".to_owned());
    let subject_uid = about.subject_uid.unwrap_or(well_uid);
    check_subject(tx, &subject, subject_uid, well.id, well_uid).await?;
    let role = match about.role.as_deref() {
        Some("photo") if up.copies.is_none() => {
            return Err(AppError::field(
                "form.invalid",
                "role",
                "照片应为 JPEG、PNG 或 WebP",
                "a photo is JPEG, PNG or WebP",
            ));
        }
        Some(r @ ("photo" | "document")) => r.to_owned(),
        Some(_) => {
            return Err(AppError::field(
                "form.invalid",
                "role",
                "应为 photo 或 document",
                "must be photo or document",
            ));
        }
        None => (if up.copies.is_some() { "photo" } else { "document" }).to_owned(),
    };
    let Noted { thumbnail, public, taken_at, at, .. } = note(tx, &up).await?;
    let uid = Uuid::now_v7();
    tx.run(sql!(
        "INSERT INTO attachments (uid, well_id, subject, subject_uid, role, file_hash, thumbnail_hash, public_hash, title, taken_at, lng, lat, taken_by, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        uid, well.id, &subject, subject_uid, &role, &up.hash, thumbnail, public, about.title.clone(), taken_at,
        at.map(|p| p.lng), at.map(|p| p.lat), &change.actor.name, Timestamp::now()
    ))
    .await?;
    let event = Event {
        subject: "attachment",
        subject_uid: uid,
        well_id: Some(well.id),
        action: "attached",
        before: None,
        after: Some(json!({
            "subject": subject, "subject_uid": subject_uid, "role": role, "file": up.hash, "name": up.name,
            "title": about.title, "taken_at": taken_at,
        })),
        reason: None,
    };
    change.settle(tx, &[well.id], vec![event]).await?;
    Ok(tx.one(Sql::new(&format!("{SELECT}t.uid = ?"), vec![uid.into()])).await?)
}

async fn check_subject(tx: &mut Tx, subject: &str, uid: Uuid, well_id: i64, well_uid: Uuid) -> Result<()> {
    let belongs = if subject == "well" {
        uid == well_uid
    } else {
        let Some((_, text)) = SUBJECTS.iter().find(|(name, _)| *name == subject) else {
            return Err(AppError::field(
                "form.invalid",
                "subject",
                "应为 well、cover、responsibility、label 或 fall_guard",
                "must be well, cover, responsibility, label or fall_guard",
            ));
        };
        let (n,): (i64,) = tx.one(Sql::new(text, vec![uid.into(), well_id.into()])).await?;
        n > 0
    };
    if belongs {
        return Ok(());
    }
    Err(AppError::field("form.invalid", "subject_uid", "不属于这口井", "does not belong to this well"))
}

/// Flags an attachment as removed; the file stays.
///
/// # Errors
/// `form.invalid` without a reason, `attachment.removed`, not found.
pub async fn remove(tx: &mut Tx, change: &Change<'_>, uid: Uuid, body: Json) -> Result<()> {
    let mut r = Reader::new(body);
    let reason = r.required_text("reason", "移除原因", 500);
    r.finish()?;
    let mut q = Sql::new(&format!("{SELECT}t.uid = ?"), vec![uid.into()]);
    change.scope.and_well(&mut q, "t.well_id");
    let old: Attachment = tx.opt(q).await?.ok_or_else(|| AppError::not_found("个附件", "attachment"))?;
    if old.removed_at.is_some() {
        return Err(AppError::new(
            Kind::Conflict,
            "attachment.removed",
            "这个附件已移除",
            "it was removed already",
        ));
    }
    tx.run(sql!(
        "UPDATE attachments SET removed_at = ?, removed_reason = ? WHERE id = ?",
        Timestamp::now(),
        reason.clone(),
        old.id
    ))
    .await?;
    let event = Event {
        subject: "attachment",
        subject_uid: uid,
        well_id: Some(old.well_id),
        action: "removed",
        before: Some(json!({"file": old.file, "name": old.name})),
        after: None,
        reason,
    };
    change.settle(tx, &[old.well_id], vec![event]).await
}

/// Which copy of a file is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// As uploaded.
    Original,
    /// At most 320 pixels.
    Thumbnail,
    /// Without metadata.
    Public,
}

impl Size {
    /// The copy that a `size` parameter asks for.
    ///
    /// # Errors
    /// `file.size` naming what there is.
    pub fn asked(size: Option<&str>) -> Result<Size> {
        match size {
            None | Some("original") => Ok(Size::Original),
            Some("thumb") => Ok(Size::Thumbnail),
            Some("public") => Ok(Size::Public),
            Some(_) => Err(AppError::field(
                "file.size",
                "size",
                "应为 thumb、public 或 original",
                "must be thumb, public or original",
            )),
        }
    }
}

/// The file behind a hash, if an attachment within the scope refers to it: hash, media type, name.
///
/// # Errors
/// Not found, also when out of scope or when there is no such copy.
pub async fn find(tx: &mut Tx, scope: &Scope, hash: &str, size: Size) -> Result<(String, String, String)> {
    let column = match size {
        Size::Original => "file_hash",
        Size::Thumbnail => "thumbnail_hash",
        Size::Public => "public_hash",
    };
    let mut q = Sql::new(
        &format!(
            "SELECT x.hash, x.media_type, x.name FROM attachments t JOIN files x ON x.hash = t.{column} WHERE (t.file_hash = ? OR t.{column} = ?)"
        ),
        vec![hash.into(), hash.into()],
    );
    scope.and_well(&mut q, "t.well_id");
    q.push(" LIMIT 1", []);
    tx.opt(q).await?.ok_or_else(|| AppError::not_found("个文件", "file"))
}
