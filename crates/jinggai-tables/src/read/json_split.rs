//! Cuts a JSON stream into its records without building a tree: the elements of `features`, of a top-level array, or
//! the values of a sequence (JSON lines, RFC 8142). Only one record is in memory at a time.

use std::io::{self, Read};
use std::ops::Range;

/// How the records lie in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// `{"type":"FeatureCollection", …, "features":[…]}`
    Collection,
    /// `[…]`
    Array,
    /// One value after the other, separated by line ends or record separators.
    Sequence,
}

/// Where the splitter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Start,
    Records,
    End,
}

pub(crate) struct Splitter<R> {
    input: R,
    layout: Layout,
    place: Place,
    buffer: Vec<u8>,
    at: usize,
    record_bytes_max: usize,
    taken: u64,
    /// Members of the root object beside the records, such as `crs`; values longer than 64 kB are not kept.
    pub members: Vec<(String, String)>,
}

const CHUNK: usize = 128 * 1024;
const MEMBER_BYTES_MAX: usize = 64 * 1024;

impl<R: Read> Splitter<R> {
    pub(crate) fn new(input: R, layout: Layout, record_bytes_max: usize) -> Self {
        Self {
            input,
            layout,
            place: Place::Start,
            buffer: Vec::new(),
            at: 0,
            record_bytes_max,
            taken: 0,
            members: Vec::new(),
        }
    }

    /// Bytes of the input behind the current place.
    pub(crate) fn position(&self) -> u64 {
        self.taken - (self.buffer.len() - self.at) as u64
    }

    /// The bytes of the next record; none at the end.
    pub(crate) fn next_record(&mut self) -> io::Result<Option<&[u8]>> {
        if self.place == Place::Start {
            self.enter()?;
        }
        if self.place == Place::End {
            return Ok(None);
        }
        let separators: &[u8] = if self.layout == Layout::Sequence { b",\x1e" } else { b"," };
        match (self.skip(separators)?, self.layout) {
            (None, Layout::Sequence) => self.place = Place::End,
            (None, _) => {
                return Err(invalid("文件在记录中间断开 / the file ends in the middle of the records"));
            }
            (Some(b']'), Layout::Collection | Layout::Array) => {
                self.at += 1;
                self.place = Place::End;
                if self.layout == Layout::Collection {
                    self.members_until_features()?;
                }
            }
            (Some(_), _) => {
                let range = self.value()?;
                return Ok(self.buffer.get(range));
            }
        }
        Ok(None)
    }

    fn enter(&mut self) -> io::Result<()> {
        let first = self.skip(b"\x1e")?;
        self.place = Place::Records;
        match self.layout {
            Layout::Sequence => {}
            Layout::Array if first == Some(b'[') => self.at += 1,
            Layout::Collection if first == Some(b'{') => {
                self.at += 1;
                if !self.members_until_features()? {
                    self.place = Place::End;
                }
            }
            _ => return Err(invalid("不是 JSON 对象或数组 / not a JSON object or array")),
        }
        Ok(())
    }

    /// Reads members of the root object; true when it stands inside the array of `features`.
    fn members_until_features(&mut self) -> io::Result<bool> {
        loop {
            match self.skip(b",")? {
                Some(b'}') | None => return Ok(false),
                Some(b'"') => {}
                Some(_) => return Err(invalid("JSON 对象的成员名应加引号 / a member name must be quoted")),
            }
            let key = self.text()?.trim_matches('"').to_owned();
            if self.skip(b":")? == Some(b'[') && key == "features" && self.place == Place::Records {
                self.at += 1;
                return Ok(true);
            }
            let value = self.text()?;
            self.members.push((key, value));
        }
    }

    fn text(&mut self) -> io::Result<String> {
        let range = self.value()?;
        let bytes = self.buffer.get(range).unwrap_or_default();
        if bytes.len() > MEMBER_BYTES_MAX {
            return Ok(String::new());
        }
        Ok(String::from_utf8_lossy(bytes).into_owned())
    }

    /// Skips blanks and the given separators; the next byte, without taking it.
    fn skip(&mut self, separators: &[u8]) -> io::Result<Option<u8>> {
        loop {
            while let Some(byte) = self.buffer.get(self.at).copied() {
                if !byte.is_ascii_whitespace() && !separators.contains(&byte) {
                    return Ok(Some(byte));
                }
                self.at += 1;
            }
            if !self.refill()? {
                return Ok(None);
            }
        }
    }

    /// Takes one JSON value; the range holds until the next call.
    fn value(&mut self) -> io::Result<Range<usize>> {
        self.compact();
        let start = self.at;
        let mut scan = Scan::default();
        let mut next = start;
        loop {
            if let Some(end) = scan.run(&self.buffer, &mut next) {
                if end == start {
                    return Err(invalid("括号不配对 / a bracket has no partner"));
                }
                self.at = end;
                return Ok(start..end);
            }
            if next - start > self.record_bytes_max {
                return Err(invalid(
                    "一条记录过长，可能缺少引号或括号 / a record is too long: a quote or bracket may be missing",
                ));
            }
            if !self.refill()? {
                if scan.is_scalar() && next > start {
                    self.at = next;
                    return Ok(start..next);
                }
                return Err(invalid("文件在记录中间断开 / the file ends in the middle of a record"));
            }
        }
    }

    fn compact(&mut self) {
        if self.at > CHUNK {
            self.buffer.drain(..self.at);
            self.at = 0;
        }
    }

    fn refill(&mut self) -> io::Result<bool> {
        let filled = self.buffer.len();
        self.buffer.resize(filled + CHUNK, 0);
        let read =
            super::encoding::read_full(&mut self.input, self.buffer.get_mut(filled..).unwrap_or_default())?;
        self.buffer.truncate(filled + read);
        self.taken += read as u64;
        Ok(read > 0)
    }
}

/// State of the search for the end of one value, kept across refills.
#[derive(Default)]
struct Scan {
    depth: usize,
    in_text: bool,
    escaped: bool,
    scalar: bool,
}

impl Scan {
    fn is_scalar(&self) -> bool {
        self.scalar
    }

    /// Goes on from `next`; the end of the value when it was reached.
    fn run(&mut self, buffer: &[u8], next: &mut usize) -> Option<usize> {
        while let Some(byte) = self.seek(buffer, next) {
            *next += 1;
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' if self.in_text => self.escaped = true,
                b'"' => {
                    self.in_text = !self.in_text;
                    if !self.in_text && self.depth == 0 {
                        return Some(*next);
                    }
                }
                _ if self.in_text => {}
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' if self.depth <= 1 => {
                    // A scalar ends before the bracket of its container.
                    return Some(if self.depth == 0 { *next - 1 } else { *next });
                }
                b'}' | b']' => self.depth -= 1,
                b',' | b' ' | b'\n' | b'\r' | b'\t' | 0x1E if self.depth == 0 => return Some(*next - 1),
                _ => self.scalar |= self.depth == 0,
            }
        }
        None
    }

    /// Moves `next` to the next byte that can change the state, and returns that byte.
    fn seek(&self, buffer: &[u8], next: &mut usize) -> Option<u8> {
        let rest = buffer.get(*next..)?;
        let skipped = if self.escaped || (self.depth == 0 && !self.in_text) {
            0
        } else if self.in_text {
            rest.iter().position(|byte| matches!(byte, b'"' | b'\\')).unwrap_or(rest.len())
        } else {
            rest.iter().position(|byte| MARKS[usize::from(*byte)]).unwrap_or(rest.len())
        };
        *next += skipped;
        rest.get(skipped).copied()
    }
}

/// Bytes that matter outside text: quotes and brackets.
const MARKS: [bool; 256] = {
    let mut marks = [false; 256];
    marks[b'"' as usize] = true;
    marks[b'{' as usize] = true;
    marks[b'}' as usize] = true;
    marks[b'[' as usize] = true;
    marks[b']' as usize] = true;
    marks
};

fn invalid(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str, layout: Layout) -> Result<Vec<String>, String> {
        let mut splitter = Splitter::new(text.as_bytes(), layout, 1 << 20);
        let mut out = Vec::new();
        while let Some(record) = splitter.next_record().map_err(|e| e.to_string())? {
            out.push(String::from_utf8(record.to_vec()).unwrap());
        }
        Ok(out)
    }

    #[test]
    fn finds_records_in_every_layout() {
        let features = r#"{"type":"FeatureCollection","crs":{"a":[1]},"features":[{"a":"]}\"{"} , {"b":[{}]}],"name":"x"}"#;
        assert_eq!(all(features, Layout::Collection).unwrap(), [r#"{"a":"]}\"{"}"#, r#"{"b":[{}]}"#]);
        assert_eq!(all(" [1, \"a,b\" ,{}]", Layout::Array).unwrap(), ["1", "\"a,b\"", "{}"]);
        assert_eq!(
            all("\u{1e}{\"a\":1}\n\u{1e}{\"a\":2}\n", Layout::Sequence).unwrap(),
            ["{\"a\":1}", "{\"a\":2}"]
        );
        assert!(all("{\"features\":[{\"a\":1},{\"b\":", Layout::Collection).is_err());
        assert!(all("{\"type\":\"Feature\"}", Layout::Collection).unwrap().is_empty());
    }
}
