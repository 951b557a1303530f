//! Text of any encoding as a stream of UTF-8. Order: byte order mark, UTF-16 without mark, strict UTF-8 over the whole
//! file, then GB18030 against windows-1252 by plausibility. A few broken bytes in UTF-8 do not turn it into Chinese.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use encoding_rs::{CoderResult, Decoder, Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use crate::error::{TableError, file_name};
use crate::note::{Note, NoteCode};

/// A text file whose encoding is known.
#[derive(Debug, Clone)]
pub(crate) struct TextFile {
    pub path: PathBuf,
    pub encoding: &'static Encoding,
    bom_length: u64,
    pub notes: Vec<Note>,
}

const CHUNK: usize = 64 * 1024;

impl TextFile {
    /// Finds the encoding, or takes the one named.
    pub(crate) fn open(path: &Path, label: Option<&str>) -> Result<Self, TableError> {
        let mut file = File::open(path).map_err(|e| TableError::io(path, e))?;
        let mut head = vec![0; CHUNK];
        let read = read_full(&mut file, &mut head).map_err(|e| TableError::io(path, e))?;
        head.truncate(read);
        let bom = Encoding::for_bom(&head);
        let mut notes = Vec::new();
        if let Some((encoding, _)) = bom {
            notes.push(Note::new(
                NoteCode::ByteOrderMark,
                format!("文件以 BOM 开头（{}）", encoding.name()),
                format!("the file starts with a byte order mark ({})", encoding.name()),
            ));
        }
        let encoding = match (label, bom) {
            (Some(label), _) => named(path, label)?,
            (None, Some((encoding, _))) => encoding,
            (None, None) => match utf16_without_bom(&head) {
                Some(encoding) => encoding,
                None => guess(path, &mut notes)?,
            },
        };
        let bom_length = bom.map_or(0, |(_, length)| length as u64);
        Ok(Self { path: path.to_owned(), encoding, bom_length, notes })
    }

    /// The whole text as UTF-8, without its mark.
    pub(crate) fn reader(&self) -> io::Result<Box<dyn Read + Send>> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(self.bom_length))?;
        Ok(if self.encoding == UTF_8 {
            Box::new(file)
        } else {
            Box::new(Utf8Reader::new(BufReader::with_capacity(CHUNK, file), self.encoding))
        })
    }
}

pub(crate) fn named(path: &Path, label: &str) -> Result<&'static Encoding, TableError> {
    Encoding::for_label(label.trim().as_bytes()).ok_or_else(|| TableError::Limit {
        file: file_name(path),
        detail_zh: format!("不认识的编码“{label}”，可用 UTF-8、GB18030、UTF-16LE 等"),
        detail_en: format!("unknown encoding \"{label}\"; use UTF-8, GB18030, UTF-16LE …"),
    })
}

fn utf16_without_bom(head: &[u8]) -> Option<&'static Encoding> {
    let zeros = |start: usize| head.iter().skip(start).step_by(2).filter(|b| **b == 0).count();
    let half = head.len() / 2;
    if half < 4 {
        return None;
    }
    let (even, odd) = (zeros(0), zeros(1));
    if odd * 10 > half * 4 && even * 20 < half {
        Some(UTF_16LE)
    } else if even * 10 > half * 4 && odd * 20 < half {
        Some(UTF_16BE)
    } else {
        None
    }
}

/// Bytes around the first that are not ASCII decide; the whole file is read so that late Chinese is not missed.
fn guess(path: &Path, notes: &mut Vec<Note>) -> Result<&'static Encoding, TableError> {
    let io = |e| TableError::io(path, e);
    let Some(at) = first_invalid_utf8(File::open(path).map_err(io)?).map_err(io)? else {
        return Ok(UTF_8);
    };
    let mut file = File::open(path).map_err(io)?;
    file.seek(SeekFrom::Start(at.saturating_sub(4096))).map_err(io)?;
    let mut sample = Vec::new();
    file.take(1 << 20).read_to_end(&mut sample).map_err(io)?;
    let encoding = guess_bytes(&sample);
    if encoding == UTF_8 {
        notes.push(Note::new(
            NoteCode::EncodingDamaged,
            format!("文件按 UTF-8 读取，但从第 {at} 字节起有损坏的字节，显示为 �"),
            format!("read as UTF-8, but there are broken bytes from offset {at} on, shown as \u{FFFD}"),
        ));
    } else {
        notes.push(Note::new(
            NoteCode::EncodingGuessed,
            format!("文件没有注明编码，按 {} 读取；若有乱码请指定编码", encoding.name()),
            format!(
                "no encoding declared, reading as {}; name the encoding if text is garbled",
                encoding.name()
            ),
        ));
    }
    Ok(encoding)
}

/// UTF-8, GB18030 or windows-1252, whichever explains the bytes that are not ASCII best.
pub(crate) fn guess_bytes(sample: &[u8]) -> &'static Encoding {
    let utf8 = Utf8Count::of(sample);
    if utf8.broken == 0 || utf8.whole > utf8.broken * 10 {
        return UTF_8;
    }
    if looks_chinese(sample) { GB18030 } else { WINDOWS_1252 }
}

struct Utf8Count {
    whole: usize,
    broken: usize,
}

impl Utf8Count {
    fn of(mut bytes: &[u8]) -> Self {
        let mut count = Self { whole: 0, broken: 0 };
        loop {
            match std::str::from_utf8(bytes) {
                Ok(text) => {
                    count.whole += text.chars().filter(|c| !c.is_ascii()).count();
                    return count;
                }
                Err(error) => {
                    let (good, rest) = bytes.split_at(error.valid_up_to());
                    count.whole += String::from_utf8_lossy(good).chars().filter(|c| !c.is_ascii()).count();
                    let Some(length) = error.error_len() else {
                        return count; // cut at the end of the sample
                    };
                    count.broken += 1;
                    bytes = rest.get(length..).unwrap_or_default();
                }
            }
        }
    }
}

/// Chinese text in GBK is nearly all pairs of the GB 2312 rows; Latin letters with accents stand alone among ASCII.
fn looks_chinese(sample: &[u8]) -> bool {
    let (mut pairs, mut common, mut stray) = (0usize, 0usize, 0usize);
    let mut bytes = sample.iter().copied().peekable();
    while let Some(lead) = bytes.next() {
        if lead < 0x80 {
            continue;
        }
        match bytes.peek().copied() {
            Some(trail @ 0xA1..=0xFE) if (0x81..=0xFE).contains(&lead) => {
                pairs += 1;
                common += usize::from(matches!(lead, 0xA1..=0xA9 | 0xB0..=0xF7) && trail >= 0xA1);
                bytes.next();
            }
            Some(0x40..=0xA0) if (0x81..=0xFE).contains(&lead) => {
                pairs += 1;
                bytes.next();
            }
            Some(0x30..=0x39) if (0x81..=0xFE).contains(&lead) => stray += 1,
            Some(_) => stray += 1,
            None => {}
        }
    }
    pairs > 0 && common * 10 >= pairs * 7 && stray * 10 <= pairs
}

/// Offset of the first byte that is not UTF-8, reading in chunks.
fn first_invalid_utf8(mut input: impl Read) -> io::Result<Option<u64>> {
    let mut buffer = vec![0; CHUNK];
    let mut kept = 0;
    let mut offset = 0u64;
    loop {
        let read = read_full(&mut input, buffer.get_mut(kept..).unwrap_or_default())?;
        let filled = kept + read;
        let bytes = buffer.get(..filled).unwrap_or_default();
        match std::str::from_utf8(bytes) {
            Ok(_) => {
                offset += filled as u64;
                kept = 0;
            }
            Err(error) if error.error_len().is_none() && read > 0 => {
                let good = error.valid_up_to();
                offset += good as u64;
                buffer.copy_within(good..filled, 0);
                kept = filled - good;
            }
            Err(error) => return Ok(Some(offset + error.valid_up_to() as u64)),
        }
        if read == 0 {
            return Ok(None);
        }
    }
}

/// Fills the buffer as far as the input goes.
pub(crate) fn read_full(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match input.read(rest) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Decodes while reading.
struct Utf8Reader<R> {
    input: R,
    decoder: Decoder,
    raw: Vec<u8>,
    raw_at: usize,
    out: Vec<u8>,
    out_at: usize,
    out_length: usize,
    ended: bool,
}

impl<R: Read> Utf8Reader<R> {
    fn new(input: R, encoding: &'static Encoding) -> Self {
        Self {
            input,
            decoder: encoding.new_decoder_without_bom_handling(),
            raw: Vec::new(),
            raw_at: 0,
            out: vec![0; CHUNK],
            out_at: 0,
            out_length: 0,
            ended: false,
        }
    }

    fn refill(&mut self) -> io::Result<()> {
        while self.out_at == self.out_length && !self.ended {
            if self.raw_at == self.raw.len() {
                self.raw.resize(CHUNK, 0);
                let read = read_full(&mut self.input, &mut self.raw)?;
                self.raw.truncate(read);
                self.raw_at = 0;
            }
            let last = self.raw.len() < CHUNK;
            let source = self.raw.get(self.raw_at..).unwrap_or_default();
            let (result, read, written, _) = self.decoder.decode_to_utf8(source, &mut self.out, last);
            self.raw_at += read;
            self.out_at = 0;
            self.out_length = written;
            self.ended = last && result == CoderResult::InputEmpty;
        }
        Ok(())
    }
}

impl<R: Read> Read for Utf8Reader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.refill()?;
        let ready = self.out.get(self.out_at..self.out_length).unwrap_or_default();
        let count = ready.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..count), ready.get(..count)) {
            to.copy_from_slice(from);
        }
        self.out_at += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guesses_by_plausibility() {
        let gbk = encoding_rs::GBK.encode("井盖编号,权属单位,观音桥街道").0.into_owned();
        assert_eq!(guess_bytes(&gbk), GB18030);
        assert_eq!(guess_bytes("井盖编号".as_bytes()), UTF_8);
        let latin =
            WINDOWS_1252.encode("Rue de la Montagne, Montréal, Québec, Trois-Rivières").0.into_owned();
        assert_eq!(guess_bytes(&latin), WINDOWS_1252);
        let mut damaged = "井盖编号权属单位观音桥街道养护单位".as_bytes().to_vec();
        damaged.push(0xFF);
        damaged.extend_from_slice("结束".as_bytes());
        assert_eq!(guess_bytes(&damaged), UTF_8);
    }

    #[test]
    fn decodes_across_chunks() {
        let text = "井盖🕳编号,".repeat(40_000);
        let bytes = GB18030.encode(&text).0.into_owned();
        let mut out = String::new();
        Utf8Reader::new(bytes.as_slice(), GB18030).read_to_string(&mut out).unwrap();
        assert_eq!(out, text);
    }

    #[test]
    fn finds_late_invalid_bytes() {
        let mut bytes = "井".repeat(50_000).into_bytes();
        assert_eq!(first_invalid_utf8(bytes.as_slice()).unwrap(), None);
        bytes.push(0xBE);
        assert_eq!(first_invalid_utf8(bytes.as_slice()).unwrap(), Some(150_000));
    }
}
