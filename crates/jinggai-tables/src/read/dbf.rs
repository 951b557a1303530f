//! The attribute table of a Shapefile. Own code rather than the `dbase` crate for three reasons: 19-digit codes in
//! numeric fields must keep every digit (the crate reads them as doubles), records marked as deleted must keep their
//! place beside the shapes (the crate skips them), and the encoding is judged from the bytes when nothing declares it.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use encoding_rs::{Encoding, GB18030, UTF_8};

use super::encoding::{guess_bytes, named, read_full};
use crate::cell::Cell;
use crate::error::TableError;
use crate::note::{Note, NoteCode};
use crate::read::Format;

/// A field of the table.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub name: String,
    kind: u8,
    length: usize,
    decimals: u8,
}

/// The head of the table, decoded.
#[derive(Debug, Clone)]
pub(super) struct Header {
    pub fields: Vec<Field>,
    pub records: u64,
    pub encoding: &'static Encoding,
    start: u64,
    record_length: usize,
}

const SAMPLE_BYTES: u64 = 1 << 20;

/// Reads the head and settles the encoding: option, `.cpg`, language driver, then the bytes themselves.
pub(super) fn open(
    path: &Path,
    cpg: Option<&str>,
    option: Option<&str>,
    notes: &mut Vec<Note>,
) -> Result<Header, TableError> {
    let io = |e| TableError::io(path, e);
    let mut file = File::open(path).map_err(io)?;
    let mut head = [0; 32];
    file.read_exact(&mut head).map_err(|e| short(path, &e))?;
    let at = |range: std::ops::Range<usize>| head.get(range).unwrap_or_default();
    let records = u64::from(le32(at(4..8)));
    let start = u64::from(le16(at(8..10)));
    let record_length = usize::from(le16(at(10..12)));
    let mut raw = vec![0; usize::try_from(start.saturating_sub(32)).unwrap_or(0)];
    file.read_exact(&mut raw).map_err(|e| short(path, &e))?;
    let descriptors: Vec<&[u8]> =
        raw.chunks_exact(32).take_while(|field| field.first() != Some(&0x0D)).collect();
    let used: usize = descriptors.iter().map(|field| field_length(field)).sum();
    if record_length < used + 1 || descriptors.is_empty() && records > 0 {
        return Err(TableError::broken(
            path,
            Format::Shapefile,
            "DBF 的字段长度与记录长度不符 / field and record lengths differ",
        ));
    }
    let declared = option.map(|label| named(path, label)).transpose()?;
    let declared = declared.or_else(|| cpg.and_then(code_page)).or_else(|| language(head.get(29).copied()));
    let encoding = match declared {
        Some(encoding) => encoding,
        None => guessed(path, notes)?,
    };
    let fields = descriptors.into_iter().map(|field| Field {
        name: decode(trim_nul(field.get(..11).unwrap_or_default()), encoding),
        kind: field.get(11).copied().unwrap_or(b'C').to_ascii_uppercase(),
        length: field_length(field),
        decimals: field.get(17).copied().unwrap_or(0),
    });
    Ok(Header { fields: fields.collect(), records, encoding, start, record_length })
}

/// Long character fields keep the high byte of their length where numbers keep their decimals.
fn field_length(field: &[u8]) -> usize {
    let low = usize::from(field.get(16).copied().unwrap_or(0));
    let high = usize::from(field.get(17).copied().unwrap_or(0));
    if field.get(11) == Some(&b'C') { low + (high << 8) } else { low }
}

fn short(path: &Path, error: &io::Error) -> TableError {
    TableError::broken(
        path,
        Format::Shapefile,
        format!("DBF 文件头不完整 / the DBF head is cut off: {error}"),
    )
}

fn le16(bytes: &[u8]) -> u16 {
    bytes.try_into().map_or(0, u16::from_le_bytes)
}

fn le32(bytes: &[u8]) -> u32 {
    bytes.try_into().map_or(0, u32::from_le_bytes)
}

/// Names used in `.cpg` files: `UTF-8`, `936`, `CP936`, `GBK`, `ANSI 1252` …
fn code_page(label: &str) -> Option<&'static Encoding> {
    let label = label.trim().trim_start_matches('\u{feff}');
    let digits: String = label.chars().filter(char::is_ascii_digit).collect();
    match digits.as_str() {
        "936" | "54936" | "18030" | "2312" => Some(GB18030),
        "65001" => Some(UTF_8),
        "950" => Some(encoding_rs::BIG5),
        "1252" | "88591" => Some(encoding_rs::WINDOWS_1252),
        _ => Encoding::for_label(label.as_bytes())
            .map(|found| if found == encoding_rs::GBK { GB18030 } else { found }),
    }
}

/// The language driver byte, where it says something certain.
fn language(byte: Option<u8>) -> Option<&'static Encoding> {
    match byte {
        Some(0x4D | 0x7A) => Some(GB18030),
        Some(0x4F | 0x78) => Some(encoding_rs::BIG5),
        _ => None,
    }
}

fn guessed(path: &Path, notes: &mut Vec<Note>) -> Result<&'static Encoding, TableError> {
    let file = File::open(path).map_err(|e| TableError::io(path, e))?;
    let mut sample = Vec::new();
    file.take(SAMPLE_BYTES).read_to_end(&mut sample).map_err(|e| TableError::io(path, e))?;
    // The binary head would look like broken text.
    let body = sample.get(32..).unwrap_or_default();
    let encoding = guess_bytes(body);
    if !body.is_ascii() {
        notes.push(Note::new(
            NoteCode::EncodingGuessed,
            format!("没有 .cpg 文件，属性按 {} 读取；若有乱码请指定编码", encoding.name()),
            format!(
                "no .cpg file: attributes are read as {}; name the encoding if text is garbled",
                encoding.name()
            ),
        ));
    }
    Ok(encoding)
}

fn trim_nul(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    bytes.get(..end).unwrap_or_default()
}

fn decode(bytes: &[u8], encoding: &'static Encoding) -> String {
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    text.trim_matches([' ', '\0']).to_owned()
}

/// One row of the table.
pub(super) struct Row {
    pub cells: Vec<Cell>,
    pub deleted: bool,
}

/// Rows in order.
pub(super) struct Rows {
    input: BufReader<File>,
    header: Header,
    next: u64,
    buffer: Vec<u8>,
}

impl Rows {
    pub(super) fn new(path: &Path, header: Header, skip: u64) -> io::Result<Self> {
        let mut input = BufReader::with_capacity(128 * 1024, File::open(path)?);
        let length = header.record_length as u64;
        input.seek(SeekFrom::Start(header.start.saturating_add(length.saturating_mul(skip))))?;
        Ok(Self { input, buffer: vec![0; header.record_length], next: skip, header })
    }

    /// The next row, deleted ones included; none at the end. A file shorter than its head says is an error.
    pub(super) fn next_row(&mut self) -> io::Result<Option<Row>> {
        if self.next >= self.header.records {
            return Ok(None);
        }
        let read = read_full(&mut self.input, &mut self.buffer)?;
        if read < self.buffer.len() {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "DBF 文件被截断 / the DBF file is cut off",
            ));
        }
        self.next += 1;
        let mut at = 1;
        let cells = self.header.fields.iter().map(|field| {
            let bytes = self.buffer.get(at..at + field.length).unwrap_or_default();
            at += field.length;
            value(bytes, field, self.header.encoding)
        });
        let cells = cells.collect();
        Ok(Some(Row { cells, deleted: self.buffer.first() == Some(&b'*') }))
    }
}

impl Rows {
    /// Whether the next row is deleted, without reading its cells; none at the end.
    pub(super) fn next_flag(&mut self) -> io::Result<Option<bool>> {
        if self.next >= self.header.records {
            return Ok(None);
        }
        self.next += 1;
        let mut flag = [0];
        self.input.read_exact(&mut flag)?;
        self.input.seek_relative(self.header.record_length as i64 - 1)?;
        Ok(Some(flag == *b"*"))
    }
}

fn value(bytes: &[u8], field: &Field, encoding: &'static Encoding) -> Cell {
    match field.kind {
        b'N' | b'F' => number(bytes, field.decimals),
        b'L' => match bytes.first() {
            Some(b'T' | b't' | b'Y' | b'y' | b'1') => Cell::Bool(true),
            Some(b'F' | b'f' | b'N' | b'n' | b'0') => Cell::Bool(false),
            _ => Cell::Null,
        },
        b'D' => date(bytes),
        b'I' if bytes.len() == 4 => {
            bytes.try_into().map_or(Cell::Null, |b| Cell::Int(i64::from(i32::from_le_bytes(b))))
        }
        b'O' | b'B' if bytes.len() == 8 => {
            bytes.try_into().map_or(Cell::Null, |b| Cell::from_f64(f64::from_le_bytes(b)))
        }
        _ => Cell::from_text(&decode(bytes, encoding)),
    }
}

/// Whole numbers stay whole; those beyond 64 bits and anything that is not a number stay text.
fn number(bytes: &[u8], decimals: u8) -> Cell {
    let Ok(text) = std::str::from_utf8(bytes) else { return Cell::Null };
    let text = text.trim_matches([' ', '\0']);
    if text.is_empty() || text.bytes().all(|byte| byte == b'*') {
        return Cell::Null;
    }
    if let Ok(whole) = text.parse::<i64>() {
        return Cell::Int(whole);
    }
    match text.parse::<f64>() {
        Ok(value) if decimals == 0 && !text.contains(['e', 'E', '.']) && value.is_finite() => {
            Cell::Text(text.to_owned())
        }
        Ok(value) if value.is_finite() => Cell::Real(value),
        _ => Cell::Text(text.to_owned()),
    }
}

fn date(bytes: &[u8]) -> Cell {
    let Ok(text) = std::str::from_utf8(bytes) else { return Cell::Null };
    let text = text.trim_matches([' ', '\0']);
    if text.is_empty() || text.bytes().all(|byte| byte == b'0') {
        return Cell::Null;
    }
    let part = |range: std::ops::Range<usize>| text.get(range).and_then(|part| part.parse::<i16>().ok());
    let parts = (part(0..4), part(4..6), part(6..8));
    let date = match parts {
        (Some(year), Some(month), Some(day)) if text.len() == 8 => {
            let small = |n: i16| i8::try_from(n).unwrap_or(0);
            jiff::civil::Date::new(year, small(month), small(day)).ok()
        }
        _ => None,
    };
    // An impossible date is shown as it stands, so that the import can refuse it by name.
    date.map_or_else(|| Cell::Text(text.to_owned()), Cell::Date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_digits() {
        assert_eq!(number(b"5001051234567890123", 0), Cell::Int(5_001_051_234_567_890_123));
        assert_eq!(number(b"99990105123456789012", 0), Cell::Text("99990105123456789012".to_owned()));
        assert_eq!(number(b"  12.50", 2), Cell::Real(12.5));
        assert_eq!(number(b"*******", 2), Cell::Null);
        assert_eq!(number(b"       ", 0), Cell::Null);
    }

    #[test]
    fn dates_are_dates_or_shown() {
        assert_eq!(date(b"20210722"), Cell::Date(jiff::civil::date(2021, 7, 22)));
        assert_eq!(date(b"20210230"), Cell::Text("20210230".to_owned()));
        assert_eq!(date(b"00000000"), Cell::Null);
    }

    #[test]
    fn code_pages_by_their_many_names() {
        for label in ["936", "CP936", "GBK", "gb2312", "GB18030", "cp54936"] {
            assert_eq!(code_page(label), Some(GB18030), "{label}");
        }
        assert_eq!(code_page("UTF-8\r\n"), Some(UTF_8));
        assert_eq!(code_page("ANSI 1252"), Some(encoding_rs::WINDOWS_1252));
    }
}
