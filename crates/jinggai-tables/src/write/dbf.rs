//! The `.dbf` part in UTF-8. Widths are not known before the last row, so the values go to a spool file first; the table
//! is then written with fields just as wide as needed. Numbers are written from their own digits: 19-digit codes stay.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};
use std::path::Path;

use jiff::tz::Offset;

use super::{ColumnType, OutColumn, local_time};
use crate::cell::Cell;

/// Bytes of a character field.
const TEXT_MAX: usize = 254;
/// Characters of a number.
const NUMBER_MAX: usize = 20;

struct Column {
    kind: ColumnType,
    width: usize,
    /// Longest part before the point, and longest after it.
    whole: usize,
    decimals: usize,
    cut: u64,
    lost: u64,
}

/// What a column could not hold.
pub(super) struct Losses {
    /// Texts cut to 254 bytes.
    pub cut: u64,
    /// Values that the field's type has no form for.
    pub lost: u64,
}

pub(super) struct DbfWriter {
    spool: BufWriter<File>,
    columns: Vec<Column>,
    records: u32,
    value: String,
    offset: Offset,
}

impl DbfWriter {
    pub(super) fn create(columns: &[OutColumn], offset: Offset) -> io::Result<Self> {
        let empty = |c: &OutColumn| Column { kind: c.kind, width: 1, whole: 1, decimals: 0, cut: 0, lost: 0 };
        let columns = columns.iter().map(empty).collect();
        let spool = BufWriter::with_capacity(128 * 1024, tempfile::tempfile()?);
        Ok(Self { spool, columns, records: 0, value: String::new(), offset })
    }

    pub(super) fn write(&mut self, cells: &[Cell]) -> io::Result<()> {
        self.records += 1;
        let cells = cells.iter().chain(std::iter::repeat(&Cell::Null));
        for (column, cell) in self.columns.iter_mut().zip(cells) {
            self.value.clear();
            if !render(&mut self.value, cell, column.kind, self.offset) {
                column.lost += 1;
            }
            if self.value.len() > TEXT_MAX {
                column.cut += 1;
                let end = (0..=TEXT_MAX).rev().find(|at| self.value.is_char_boundary(*at)).unwrap_or(0);
                self.value.truncate(end);
            }
            column.width = column.width.max(self.value.len());
            if column.kind == ColumnType::Real {
                let (whole, fraction) = self.value.split_once('.').unwrap_or((&self.value, ""));
                column.whole = column.whole.max(whole.len());
                column.decimals = column.decimals.max(fraction.len());
            }
            self.spool.write_all(&[self.value.len() as u8])?;
            self.spool.write_all(self.value.as_bytes())?;
        }
        Ok(())
    }

    /// Writes the table; what each column could not hold.
    pub(super) fn finish(self, path: &Path, names: &[String]) -> io::Result<Vec<Losses>> {
        let mut spool = self.spool.into_inner().map_err(io::IntoInnerError::into_error)?;
        spool.rewind()?;
        let mut spool = BufReader::with_capacity(128 * 1024, spool);
        let mut out = BufWriter::with_capacity(128 * 1024, File::create(path)?);
        let fields: Vec<_> = self.columns.iter().map(field).collect();
        head(&mut out, &fields, names, self.records)?;
        let mut value = [0; u8::MAX as usize];
        for _ in 0..self.records {
            out.write_all(b" ")?;
            for (kind, width, decimals) in &fields {
                let mut length = [0];
                spool.read_exact(&mut length)?;
                let length = usize::from(u8::from_le_bytes(length));
                let value = value.get_mut(..length).unwrap_or_default();
                spool.read_exact(value)?;
                pad(&mut out, value, *kind, *width, *decimals)?;
            }
        }
        out.write_all(&[0x1A])?;
        out.flush()?;
        Ok(self.columns.iter().map(|column| Losses { cut: column.cut, lost: column.lost }).collect())
    }
}

/// Letter, width and decimals of a field. Decimals are dropped where the number would not fit.
fn field(column: &Column) -> (u8, usize, usize) {
    match column.kind {
        ColumnType::Text | ColumnType::DateTime => (b'C', column.width, 0),
        ColumnType::Int => (b'N', column.width.min(NUMBER_MAX), 0),
        ColumnType::Real => {
            let point = usize::from(column.decimals > 0);
            // Exponents (`1.5e300`) are as wide as they are.
            let width = (column.whole + point + column.decimals).max(column.width).min(NUMBER_MAX);
            (b'N', width, column.decimals.min(width.saturating_sub(2)))
        }
        ColumnType::Bool => (b'L', 1, 0),
        ColumnType::Date => (b'D', 8, 0),
    }
}

/// The value as the field holds it; false when the field's type has no form for it.
fn render(value: &mut String, cell: &Cell, kind: ColumnType, offset: Offset) -> bool {
    let day =
        |value: &mut String, date: jiff::civil::Date| value.push_str(&date.strftime("%Y%m%d").to_string());
    match (cell, kind) {
        (Cell::Null, _) => {}
        (Cell::Bool(yes), ColumnType::Bool) => value.push(if *yes { 'T' } else { 'F' }),
        (Cell::Date(date), ColumnType::Date) => day(value, *date),
        (Cell::DateTime(at), ColumnType::Date) => day(value, at.date()),
        (Cell::Instant(at), ColumnType::Date) => day(value, offset.to_datetime(*at).date()),
        (Cell::Instant(at), ColumnType::Text | ColumnType::DateTime) => {
            value.push_str(&local_time(*at, offset));
        }
        (Cell::Int(number), ColumnType::Int | ColumnType::Real) => value.push_str(&number.to_string()),
        (Cell::Real(number), ColumnType::Int | ColumnType::Real) if number.is_finite() => {
            let text = number.to_string();
            if text.len() <= NUMBER_MAX { value.push_str(&text) } else { value.push_str(&short(*number)) }
        }
        (_, ColumnType::Int | ColumnType::Real | ColumnType::Bool | ColumnType::Date) => return false,
        (other, _) => value.push_str(&other.text()),
    }
    true
}

/// A number of too many characters: fewer decimals if that is enough, else with an exponent.
fn short(number: f64) -> String {
    let whole = format!("{number:.0}").len();
    if whole + 2 <= NUMBER_MAX && number.abs() >= 1e-3 {
        return format!("{number:.decimals$}", decimals = NUMBER_MAX - whole - 2);
    }
    format!("{number:.11e}")
}

fn head(
    out: &mut impl Write,
    fields: &[(u8, usize, usize)],
    names: &[String],
    records: u32,
) -> io::Result<()> {
    let head_length = u16::try_from(32 + 32 * fields.len() + 1).map_err(io::Error::other)?;
    let record_length: usize = 1 + fields.iter().map(|(_, width, _)| width).sum::<usize>();
    let record_length = u16::try_from(record_length).map_err(io::Error::other)?;
    let mut bytes = Vec::with_capacity(usize::from(head_length));
    // Version and the date of the last change, which is set to the format's first day: exports stay comparable.
    bytes.extend_from_slice(&[3, 100, 1, 1]);
    bytes.extend_from_slice(&records.to_le_bytes());
    bytes.extend_from_slice(&head_length.to_le_bytes());
    bytes.extend_from_slice(&record_length.to_le_bytes());
    bytes.extend_from_slice(&[0; 20]);
    for ((kind, width, decimals), name) in fields.iter().zip(names) {
        let mut field = [0u8; 32];
        for (slot, byte) in field.iter_mut().zip(name.bytes().take(10)) {
            *slot = byte;
        }
        let tail = [(11, *kind), (16, *width as u8), (17, *decimals as u8)];
        for (at, byte) in tail {
            if let Some(slot) = field.get_mut(at) {
                *slot = byte;
            }
        }
        bytes.extend_from_slice(&field);
    }
    bytes.push(0x0D);
    out.write_all(&bytes)
}

fn pad(out: &mut impl Write, value: &[u8], kind: u8, width: usize, decimals: usize) -> io::Result<()> {
    let adjusted;
    let value = if kind == b'N' && decimals > 0 && !value.is_empty() {
        adjusted = with_decimals(value, decimals, width);
        adjusted.as_bytes()
    } else {
        value
    };
    let value = value.get(..width.min(value.len())).unwrap_or_default();
    let blanks = vec![b' '; width - value.len()];
    if kind == b'N' {
        out.write_all(&blanks)?;
        out.write_all(value)
    } else {
        out.write_all(value)?;
        out.write_all(&blanks)
    }
}

/// The number with as many decimals as the field has, or as many as fit.
fn with_decimals(value: &[u8], decimals: usize, width: usize) -> String {
    let text = String::from_utf8_lossy(value);
    if text.contains('e') {
        return text.into_owned();
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let room = width.saturating_sub(whole.len() + 1);
    let kept = decimals.min(room).max(fraction.len().min(room));
    if kept == 0 {
        return whole.to_owned();
    }
    let fraction: String = fraction.chars().chain(std::iter::repeat('0')).take(kept).collect();
    format!("{whole}.{fraction}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_fit_the_field() {
        assert_eq!(with_decimals(b"106.55", 4, 20), "106.5500");
        assert_eq!(with_decimals(b"-12", 2, 20), "-12.00");
        assert_eq!(with_decimals(b"123456789012345678", 5, 20), "123456789012345678.0");
        assert_eq!(with_decimals(b"1.5e300", 5, 20), "1.5e300");
    }
}
