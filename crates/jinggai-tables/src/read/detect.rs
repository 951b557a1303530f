//! What a file is, from its first bytes. Names lie: a `.xls` from a web page is often HTML or CSV.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::error::{TableError, file_name};

pub(crate) enum Kind {
    Text,
    Json,
    Xlsx,
    Xls,
    Sqlite,
    Shp,
    Zip,
}

const HEAD: usize = 64 * 1024;

/// Recognises the kind, or names the unsupported one and the way out.
pub(crate) fn detect(path: &Path) -> Result<Kind, TableError> {
    let mut head = Vec::with_capacity(HEAD);
    let file = File::open(path).map_err(|e| TableError::io(path, e))?;
    file.take(HEAD as u64).read_to_end(&mut head).map_err(|e| TableError::io(path, e))?;
    if head.iter().all(|b| b.is_ascii_whitespace() || matches!(b, 0 | 0xEF | 0xBB | 0xBF | 0xFE | 0xFF)) {
        return Err(TableError::Empty { file: file_name(path) });
    }
    if head.starts_with(b"SQLite format 3\0") {
        return Ok(Kind::Sqlite);
    }
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return zip_kind(path);
    }
    if head.starts_with(&[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]) {
        return ole_kind(path, &head);
    }
    if head.starts_with(&[0, 0, 0x27, 0x0A]) && head.len() >= 100 {
        return Ok(Kind::Shp);
    }
    if let Some(error) = foreign(path, &head) {
        return Err(error);
    }
    Ok(text_kind(&head))
}

fn zip_kind(path: &Path) -> Result<Kind, TableError> {
    let file = File::open(path).map_err(|e| TableError::io(path, e))?;
    let archive = zip::ZipArchive::new(file).map_err(|e| TableError::broken(path, crate::Format::Xlsx, e))?;
    let workbook =
        archive.file_names().any(|name| name == "xl/workbook.xml" || name == "xl/_rels/workbook.xml.rels");
    if workbook {
        return Ok(Kind::Xlsx);
    }
    if archive.file_names().any(|name| name == "xl/workbook.bin") {
        return Err(unsupported(
            path,
            ("XLSB 二进制工作簿", "请在 Excel 中另存为 .xlsx"),
            ("a binary XLSB workbook", "save it as .xlsx"),
        ));
    }
    if archive.file_names().any(|name| name == "content.xml") {
        return Err(unsupported(
            path,
            ("ODS 表格", "请另存为 .xlsx 或 CSV"),
            ("an OpenDocument sheet", "save it as .xlsx or CSV"),
        ));
    }
    Ok(Kind::Zip)
}

fn ole_kind(path: &Path, head: &[u8]) -> Result<Kind, TableError> {
    let utf16 = |name: &str| name.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let has = |name: &str| {
        let wanted = utf16(name);
        head.windows(wanted.len()).any(|part| part == wanted)
    };
    // The directory of a compound file may lie anywhere; in a workbook with a password it is near the head or the end.
    if has("EncryptedPackage") || tail_has(path, &utf16("EncryptedPackage"))? {
        return Err(unsupported(
            path,
            ("有打开密码的工作簿", "请在 Excel 中取消密码后另存"),
            ("a workbook with a password", "remove the password and save it again"),
        ));
    }
    Ok(Kind::Xls)
}

fn tail_has(path: &Path, wanted: &[u8]) -> Result<bool, TableError> {
    use std::io::{Seek, SeekFrom};
    let mut file = File::open(path).map_err(|e| TableError::io(path, e))?;
    let length = file.metadata().map_err(|e| TableError::io(path, e))?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(HEAD as u64))).map_err(|e| TableError::io(path, e))?;
    let mut tail = Vec::new();
    file.take(HEAD as u64).read_to_end(&mut tail).map_err(|e| TableError::io(path, e))?;
    Ok(tail.windows(wanted.len()).any(|part| part == wanted))
}

/// Kinds that people do bring, each with what to do instead.
fn foreign(path: &Path, head: &[u8]) -> Option<TableError> {
    let lower =
        String::from_utf8_lossy(head.get(..head.len().min(2048)).unwrap_or(head)).to_ascii_lowercase();
    let start = lower.trim_start_matches(['\u{feff}', ' ', '\r', '\n', '\t']);
    let (zh, en) = if head.get(4..19) == Some(b"Standard Jet DB")
        || head.get(4..19) == Some(b"Standard ACE DB")
    {
        (
            ("Access 数据库（MDB）", "请把每张表导出为 XLSX 或 CSV"),
            ("an Access database", "export each table as XLSX or CSV"),
        )
    } else if head.starts_with(b"%PDF") {
        (("PDF 文档", "请提供原始表格"), ("a PDF document", "bring the table that it was made from"))
    } else if head.starts_with(b"AC10") {
        (
            ("DWG 图纸", "请在 CAD 或 GIS 中导出为 Shapefile 或 GeoPackage"),
            ("a DWG drawing", "export it as Shapefile or GeoPackage"),
        )
    } else if head.starts_with(&[0x1F, 0x8B]) || head.starts_with(b"7z\xBC\xAF") || head.starts_with(b"Rar!")
    {
        (("压缩文件", "请解压后导入，或改用 zip"), ("a compressed archive", "unpack it, or use zip"))
    } else if start.starts_with("<!doctype html") || start.starts_with("<html") || start.starts_with("<table")
    {
        (
            ("网页（HTML）", "请在 Excel 中打开后另存为 .xlsx"),
            ("a web page", "open it in a spreadsheet and save it as .xlsx"),
        )
    } else if start.starts_with("<?xml") || start.starts_with("<kml") {
        (
            ("XML/KML 文件", "请用 GIS 软件转换为 GeoJSON 或 GeoPackage"),
            ("an XML or KML file", "convert it to GeoJSON or GeoPackage"),
        )
    } else if head.starts_with(b"\x89PNG")
        || head.starts_with(&[0xFF, 0xD8, 0xFF])
        || head.starts_with(b"GIF8")
    {
        (("图片", "请提供表格文件"), ("a picture", "bring a table"))
    } else {
        return None;
    };
    Some(unsupported(path, zh, en))
}

fn text_kind(head: &[u8]) -> Kind {
    let body = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    // In UTF-16 every other byte of ASCII text is zero.
    let mut visible =
        body.iter().copied().filter(|b| !b.is_ascii_whitespace() && !matches!(b, 0 | 0xFE | 0xFF | 0x1E));
    match (visible.next(), visible.next()) {
        (Some(b'{'), Some(b'"' | b'}')) | (Some(b'['), Some(b'{' | b']')) => Kind::Json,
        _ => Kind::Text,
    }
}

/// The error for a kind of file that is not read: (what it is, what to do) in Chinese and English.
pub(crate) fn unsupported(path: &Path, zh: (&str, &str), en: (&str, &str)) -> TableError {
    TableError::Unsupported {
        file: file_name(path),
        found_zh: zh.0.to_owned(),
        remedy_zh: zh.1.to_owned(),
        found_en: en.0.to_owned(),
        remedy_en: en.1.to_owned(),
    }
}
