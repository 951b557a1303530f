//! Separated text as a stream: any separator, encoding and line end, quoted line breaks, ragged rows, NUL bytes.
//! Every cell is text; what it means is decided later. Row numbers are those a spreadsheet shows.

use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use super::encoding::TextFile;
use super::tabular::{RawIter, RawRow, RawTable, tabular};
use super::{Format, LayerInfo, OpenOptions, Opened, stem};
use crate::cell::Cell;
use crate::error::{RowError, TableError};
use crate::note::{Note, NoteCode};

struct CsvTable {
    text: TextFile,
    delimiter: u8,
    cr_only: bool,
    record_bytes_max: usize,
}

impl RawTable for CsvTable {
    fn rows(&self) -> Result<RawIter, TableError> {
        let input = self.text.reader().map_err(|e| TableError::io(&self.text.path, e))?;
        Ok(Box::new(Rows::new(Lines::new(input, self.cr_only, self.record_bytes_max), self.delimiter)))
    }
}

/// Opens the file: encoding, line ends, separator, header.
pub(super) fn open(path: &Path, options: &OpenOptions) -> Result<Opened, TableError> {
    let text = TextFile::open(path, options.encoding.as_deref())?;
    let mut notes = text.notes.clone();
    let head = head(&text)?;
    let cr_only = head.contains(&b'\r') && !head.contains(&b'\n');
    if cr_only {
        notes.push(Note::new(
            NoteCode::CrLineEnds,
            "行尾只有 CR（旧 Mac 格式），已按行读取",
            "lines end with CR only (old Mac style); read as lines",
        ));
    }
    if head.contains(&0) {
        notes.push(Note::new(
            NoteCode::NulBytes,
            "文件含空字节（NUL），已略去",
            "the file has NUL bytes; left out",
        ));
    }
    let delimiter = options.delimiter.unwrap_or_else(|| sniff(&head));
    if delimiter != b',' {
        let name = if delimiter == b'\t' { "Tab".to_owned() } else { char::from(delimiter).to_string() };
        notes.push(Note::new(
            NoteCode::Delimiter,
            format!("分隔符是 {name}"),
            format!("the separator is {name}"),
        ));
    }
    let encoding = text.encoding.name().to_owned();
    let table = Arc::new(CsvTable { text, delimiter, cr_only, record_bytes_max: options.record_bytes_max });
    let table = tabular(path, table, Vec::new(), options, Some(options.ragged), &mut notes)?;
    Ok(Opened {
        format: Format::Csv,
        layers: vec![LayerInfo { name: stem(path), rows: None, geometry: None }],
        layer: 0,
        crs: None,
        columns: table.columns,
        encoding: Some(encoding),
        rows: None,
        notes,
        backend: table.backend,
    })
}

fn head(text: &TextFile) -> Result<Vec<u8>, TableError> {
    let mut head = vec![0; 256 * 1024];
    let mut input = text.reader().map_err(|e| TableError::io(&text.path, e))?;
    let read =
        super::encoding::read_full(&mut input, &mut head).map_err(|e| TableError::io(&text.path, e))?;
    head.truncate(read);
    Ok(head)
}

/// The separator that gives the most even rows; quoted parts are skipped.
fn sniff(head: &[u8]) -> u8 {
    const CANDIDATES: [u8; 4] = [b',', b'\t', b';', b'|'];
    let mut lines: Vec<[usize; 4]> = Vec::new();
    let mut counts = [0; 4];
    let (mut quoted, mut some) = (false, false);
    for byte in head {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => {
                if some {
                    lines.push(counts);
                }
                (counts, some) = ([0; 4], false);
                if lines.len() >= 200 {
                    break;
                }
            }
            _ if !quoted => {
                some = true;
                if let Some(at) = CANDIDATES.iter().position(|c| c == byte)
                    && let Some(count) = counts.get_mut(at)
                {
                    *count += 1;
                }
            }
            _ => some = true,
        }
    }
    if some && lines.len() < 2 {
        lines.push(counts);
    }
    let score = |at: usize| -> (usize, usize) {
        let mut per_line: Vec<usize> = lines.iter().filter_map(|counts| counts.get(at).copied()).collect();
        per_line.sort_unstable();
        let usual = per_line.get(per_line.len() / 2).copied().unwrap_or(0);
        if usual == 0 {
            return (0, 0);
        }
        let even = per_line.iter().filter(|count| **count == usual).count();
        (even * 100 / per_line.len().max(1), usual)
    };
    let best = (0..CANDIDATES.len()).max_by_key(|at| {
        let (even, usual) = score(*at);
        // Evenness first; among even ones the more columns; the comma on a tie.
        (even * usual.min(30), usual, CANDIDATES.len() - at)
    });
    best.filter(|at| score(*at).1 > 0).and_then(|at| CANDIDATES.get(at).copied()).unwrap_or(b',')
}

/// Makes every line end LF, drops NUL bytes, ends the text with LF, and stops a record that has no end.
struct Lines<R> {
    input: R,
    cr_only: bool,
    buffer: Vec<u8>,
    at: usize,
    length: usize,
    pending_cr: bool,
    last: u8,
    ended: bool,
    given: u64,
    budget: u64,
    record_bytes_max: u64,
}

const CHUNK: usize = 128 * 1024;

impl<R: Read> Lines<R> {
    fn new(input: R, cr_only: bool, record_bytes_max: usize) -> Self {
        Self {
            input,
            cr_only,
            buffer: vec![0; CHUNK],
            at: 0,
            length: 0,
            pending_cr: false,
            last: b'\n',
            ended: false,
            given: 0,
            budget: record_bytes_max as u64,
            record_bytes_max: record_bytes_max as u64,
        }
    }

    /// Reads and cleans the next chunk; a CR at its end waits for the byte that follows.
    fn refill(&mut self) -> io::Result<()> {
        while self.at == self.length && !self.ended {
            let start = usize::from(std::mem::take(&mut self.pending_cr));
            if start == 1
                && let Some(slot) = self.buffer.first_mut()
            {
                *slot = b'\r';
            }
            let read = self.input.read(self.buffer.get_mut(start..).unwrap_or_default())?;
            let mut length = start + read;
            self.ended = read == 0;
            if self.ended {
                // A CR at the very end, or a last line without its end.
                length = usize::from(start == 1 || self.last != b'\n');
                if let Some(slot) = self.buffer.first_mut() {
                    *slot = b'\n';
                }
            } else if !self.cr_only && length > 0 && self.buffer.get(length - 1) == Some(&b'\r') {
                self.pending_cr = true;
                length -= 1;
            }
            self.at = 0;
            self.length = self.clean(length);
            if let Some(last) = self.length.checked_sub(1).and_then(|last| self.buffer.get(last)) {
                self.last = *last;
            }
        }
        Ok(())
    }

    /// Cleans the first bytes of the buffer in place; how many are left.
    fn clean(&mut self, length: usize) -> usize {
        let bytes = self.buffer.get_mut(..length).unwrap_or_default();
        if !bytes.iter().any(|byte| matches!(byte, 0 | b'\r')) {
            return length;
        }
        let mut to = 0;
        for from in 0..length {
            let Some(byte) = bytes.get(from).copied() else { break };
            let out = match byte {
                0 => continue,
                b'\r' if self.cr_only => b'\n',
                b'\r' if bytes.get(from + 1) == Some(&b'\n') => continue,
                other => other,
            };
            if let Some(slot) = bytes.get_mut(to) {
                *slot = out;
                to += 1;
            }
        }
        to
    }
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given > self.budget {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "record without end"));
        }
        self.refill()?;
        let ready = self.buffer.get(self.at..self.length).unwrap_or_default();
        let count = ready.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..count), ready.get(..count)) {
            to.copy_from_slice(from);
        }
        self.at += count;
        self.given += count as u64;
        Ok(count)
    }
}

struct Rows<R> {
    reader: csv::Reader<R>,
    record: csv::ByteRecord,
    /// Line breaks inside quotes so far: a spreadsheet does not count them.
    inner_breaks: u64,
    ended: bool,
    row: u64,
}

impl<R: Read> Rows<Lines<R>> {
    fn new(lines: Lines<R>, delimiter: u8) -> Self {
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .terminator(csv::Terminator::Any(b'\n'))
            .buffer_capacity(CHUNK)
            .from_reader(lines);
        Self { reader, record: csv::ByteRecord::new(), inner_breaks: 0, ended: false, row: 0 }
    }

    fn raw(&mut self) -> RawRow {
        let breaks = self.record.as_slice().iter().filter(|byte| **byte == b'\n').count() as u64;
        let line = self.reader.position().line();
        self.inner_breaks += breaks;
        self.row = line.saturating_sub(1 + self.inner_breaks).max(self.row + 1);
        let cells =
            self.record.iter().map(|bytes| Cell::from_text(&String::from_utf8_lossy(bytes))).collect();
        RawRow { row: self.row, cells }
    }
}

impl<R: Read + Send> Iterator for Rows<Lines<R>> {
    type Item = Result<RawRow, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let lines = self.reader.get_mut();
        lines.budget = lines.given + lines.record_bytes_max;
        match self.reader.read_byte_record(&mut self.record) {
            Ok(true) => Some(Ok(self.raw())),
            Ok(false) => {
                self.ended = true;
                None
            }
            Err(error) => {
                self.ended = true;
                Some(Err(self.failure(&error)))
            }
        }
    }
}

impl<R> Rows<R> {
    fn failure(&self, error: &csv::Error) -> RowError {
        let row = self.row + 1;
        let unclosed =
            matches!(error.kind(), csv::ErrorKind::Io(e) if e.kind() == io::ErrorKind::InvalidData);
        if unclosed {
            return RowError::fatal(
                row,
                "这一行过长，读取在此停止；可能是引号没有成对，请检查这一行的引号",
                "this row is too long and reading stops here: a quote may lack its partner, check the quotes of this row",
            );
        }
        RowError::fatal(row, format!("读取失败：{error}"), format!("reading failed: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(text: &[u8], cr_only: bool) -> String {
        let mut out = String::new();
        let mut lines = std::io::BufReader::with_capacity(7, Lines::new(text, cr_only, 1 << 20));
        lines.read_to_string(&mut out).unwrap();
        out
    }

    #[test]
    fn line_ends_become_lf() {
        assert_eq!(normal(b"a,b\r\nc,d\r\n", false), "a,b\nc,d\n");
        assert_eq!(normal(b"a,b\rc,d", true), "a,b\nc,d\n");
        assert_eq!(normal(b"a\0,b\nc\rx,d\n", false), "a,b\nc\rx,d\n");
        assert_eq!(normal(b"abcdef\r\nabcdef\r\nabcdef\r\n\r\n", false), "abcdef\nabcdef\nabcdef\n\n");
    }

    #[test]
    fn separators_are_found() {
        assert_eq!(sniff(b"a,b,c\n1,2,3\n"), b',');
        assert_eq!(sniff(b"a;b;c\n1,5;2,5;3,5\n"), b';');
        assert_eq!(sniff(b"a\tb\n1, 2 and 3\tx\n"), b'\t');
        assert_eq!(sniff(b"a|b|c\n1|2|3"), b'|');
        assert_eq!(sniff(b"\"a;b;c;d\",b\n\"x;y;z;w\",2\n"), b',');
        assert_eq!(sniff(b"only\none\ncolumn\n"), b',');
    }

    #[test]
    fn rows_are_counted_as_a_spreadsheet_does() {
        let text = b"h1,h2\n\n\"two\nlines\",2\n3,4\n\n\n5,6";
        let rows = Rows::new(Lines::new(text.as_slice(), false, 1 << 20), b',');
        let numbers: Vec<_> = rows.map(|row| row.unwrap().row).collect();
        assert_eq!(numbers, [1, 3, 4, 7]);
    }

    #[test]
    fn an_unclosed_quote_ends_the_stream() {
        let mut text = b"h1,h2\n1,2\n\"open,3\n".to_vec();
        text.extend(std::iter::repeat_n(b"x,y\n".as_slice(), 400_000).flatten());
        let rows: Vec<_> = Rows::new(Lines::new(text.as_slice(), false, 1 << 18), b',').collect();
        let error = rows.last().unwrap().as_ref().unwrap_err();
        assert!(error.fatal && error.row == 3, "{error}");
    }
}
