//! Files in and out: a multipart form with one file, and a file given back under its hash.
use crate::app::App;
use crate::error::{AppError, Kind, Result};
use axum::extract::Multipart;
use axum::extract::multipart::{Field, MultipartError, MultipartRejection};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::collections::BTreeMap;

/// Largest body of an upload in bytes: the largest file, and the form around it.
pub const BODY_MAX: usize = FILE_MAX + (64 << 10);
/// Largest file in bytes.
pub const FILE_MAX: usize = 50 << 20;

/// A form with one file.
pub struct Form {
    /// Name and bytes of the file.
    pub file: (String, Vec<u8>),
    words: BTreeMap<String, String>,
}

impl Form {
    /// Takes a text field; blank is none.
    pub fn word(&mut self, name: &str) -> Option<String> {
        self.words.remove(name)
    }
}

/// The form of a request.
///
/// # Errors
/// `upload.multipart`.
pub fn form(given: std::result::Result<Multipart, MultipartRejection>) -> Result<Multipart> {
    given.map_err(|e| {
        AppError::new(
            Kind::Unsupported,
            "upload.multipart",
            "请用 multipart/form-data 上传，文件放在字段 file",
            "send multipart/form-data with the file in the field file",
        )
        .caused_by(e)
    })
}

/// A form without its file.
#[must_use]
pub fn no_file() -> AppError {
    AppError::field("upload.no_file", "file", "请选择要上传的文件", "the field file is missing")
}

/// A form that ended before it was whole.
#[must_use]
pub fn broken(e: MultipartError) -> AppError {
    AppError::new(
        Kind::Invalid,
        "upload.broken",
        "上传的内容不完整，请重新上传",
        "the upload is incomplete; please send it again",
    )
    .caused_by(e)
}

fn unreadable(e: MultipartError) -> AppError {
    if e.status() == StatusCode::PAYLOAD_TOO_LARGE {
        let mb = FILE_MAX >> 20;
        return AppError::new(
            Kind::TooLarge,
            "file.too_large",
            format!("文件超过 {mb} MB，请压缩后再上传"),
            format!("the file is larger than {mb} MB"),
        );
    }
    broken(e)
}

async fn word(field: Field<'_>, most: usize) -> Result<Option<String>> {
    let text = field.text().await.map_err(unreadable)?;
    if text.len() > most {
        return Err(AppError::field("form.invalid", "title", "文字过长", "the text is too long"));
    }
    Ok(Some(text.trim().to_owned()).filter(|t| !t.is_empty()))
}

/// Reads a form: the field `file`, and text fields of these names.
///
/// # Errors
/// `upload.multipart`, `upload.broken`, `upload.no_file`, `file.too_large`, `form.invalid` for a field unknown.
pub async fn read(form: std::result::Result<Multipart, MultipartRejection>, names: &[&str]) -> Result<Form> {
    read_long(form, names, 1000).await
}

/// The same with text fields of up to so many bytes.
///
/// # Errors
/// As [`read`].
pub async fn read_long(
    form: std::result::Result<Multipart, MultipartRejection>,
    names: &[&str],
    most: usize,
) -> Result<Form> {
    let mut form = self::form(form)?;
    let (mut file, mut words) = (None, BTreeMap::new());
    while let Some(field) = form.next_field().await.map_err(unreadable)? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == "file" {
            let named = base_name(field.file_name().unwrap_or("file"));
            file = Some((named, field.bytes().await.map_err(unreadable)?.to_vec()));
        } else if names.contains(&name.as_str()) {
            if let Some(text) = word(field, most).await? {
                words.insert(name, text);
            }
        } else {
            return Err(AppError::field("form.invalid", &name, "没有这个字段", "no such field"));
        }
    }
    Ok(Form { file: file.ok_or_else(no_file)?, words })
}

/// The last part of a name, without control characters, at most 100 characters.
fn base_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = last.chars().filter(|c| !c.is_control() && *c != '"').take(100).collect();
    if clean.is_empty() { "file".to_owned() } else { clean }
}

/// Gives a kept file to somebody who may see it.
///
/// # Errors
/// When the file cannot be read.
pub async fn give(app: &App, headers: &HeaderMap, hash: &str, media: String, name: &str) -> Result<Response> {
    let etag = format!("\"{hash}\"");
    let same = headers.get(header::IF_NONE_MATCH).is_some_and(|v| v.as_bytes() == etag.as_bytes());
    let inline = media.starts_with("image/") || media == "application/pdf";
    let disposition = format!(
        "{}; filename*=UTF-8''{}",
        if inline { "inline" } else { "attachment" },
        form_urlencoded::byte_serialize(name.as_bytes()).collect::<String>().replace('+', "%20")
    );
    let about = [
        (header::ETAG, etag),
        // Immutable under its hash, but only for who may see it.
        (header::CACHE_CONTROL, "private, max-age=31536000, immutable".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox".to_owned()),
    ];
    if same {
        return Ok((StatusCode::NOT_MODIFIED, about).into_response());
    }
    let bytes = app.files().get(hash).await?;
    let named = [(header::CONTENT_TYPE, media), (header::CONTENT_DISPOSITION, disposition)];
    Ok((about, named, bytes).into_response())
}
