//! Names of columns, and what a sample of the rows says about them.

use std::collections::{HashMap, HashSet};

use super::{Column, Source};
use crate::cell::Cell;
use crate::error::TableError;
use crate::geometry::GeometryKind;
use crate::note::{Note, NoteCode};
use crate::values::digits;

const SAMPLES_MAX: usize = 12;

/// The spreadsheet letter of a column, from 0: A … Z, AA …
pub(super) fn letter(index: usize) -> String {
    let mut letters = Vec::new();
    let mut rest = index + 1;
    while rest > 0 {
        rest -= 1;
        letters.push(b'A' + u8::try_from(rest % 26).unwrap_or(0));
        rest /= 26;
    }
    letters.reverse();
    letters.into_iter().map(char::from).collect()
}

/// Makes names unique and gives a letter to those that have none.
pub(super) fn unique_names(names: Vec<String>, notes: &mut Vec<Note>) -> Vec<String> {
    let mut taken: HashSet<String> = names.iter().filter(|name| !name.is_empty()).cloned().collect();
    let mut seen = HashSet::new();
    let (mut renamed, mut unnamed) = (Vec::new(), Vec::new());
    let mut out = Vec::with_capacity(names.len());
    for (index, name) in names.into_iter().enumerate() {
        let wanted = if name.is_empty() { format!("列{}", letter(index)) } else { name.clone() };
        if !name.is_empty() && seen.insert(wanted.clone()) {
            out.push(wanted);
            continue;
        }
        let mut unique = wanted.clone();
        let mut number = 2;
        while taken.contains(&unique) {
            unique = format!("{wanted}_{number}");
            number += 1;
        }
        taken.insert(unique.clone());
        if name.is_empty() {
            unnamed.push(unique.clone());
        } else {
            renamed.push(unique.clone());
        }
        out.push(unique);
    }
    if !renamed.is_empty() {
        notes.push(
            Note::new(
                NoteCode::DuplicateNames,
                format!("列名重复，已改为：{}", renamed.join("、")),
                format!("column names occurred twice and were changed to: {}", renamed.join(", ")),
            )
            .about(renamed),
        );
    }
    if !unnamed.is_empty() {
        notes.push(
            Note::new(
                NoteCode::UnnamedColumns,
                format!("没有列名的列按字母命名：{}", unnamed.join("、")),
                format!("columns without a name are named by letter: {}", unnamed.join(", ")),
            )
            .about(unnamed),
        );
    }
    out
}

/// Reads the first rows, fills the columns and adds the notes that need values.
pub(super) fn inspect(source: &mut Source, names: Vec<String>, rows_max: usize) -> Result<(), TableError> {
    let mut sample = Sample::new(names);
    let mut complete = true;
    for record in source.records()? {
        if sample.rows >= rows_max as u64 {
            complete = false;
            break;
        }
        match record {
            Ok(record) => sample.add(&record),
            // Errors are reported when the rows are read.
            Err(error) => {
                sample.errors += 1;
                if error.fatal {
                    break;
                }
            }
        }
    }
    if source.rows.is_none() && complete && sample.errors == 0 {
        source.rows = Some(sample.rows);
    }
    sample.notes(source, complete);
    source.columns = sample.columns;
    Ok(())
}

struct Sample {
    columns: Vec<Column>,
    seen: Vec<HashSet<String>>,
    key_like: Vec<u64>,
    digits_lost: Vec<u64>,
    garbled: Vec<bool>,
    rows: u64,
    errors: u64,
    without_geometry: u64,
    kinds: HashMap<GeometryKind, u64>,
}

impl Sample {
    fn new(names: Vec<String>) -> Self {
        let count = names.len();
        let columns = names
            .into_iter()
            .enumerate()
            .map(|(index, name)| Column { name, index, filled: 0, samples: Vec::new() })
            .collect();
        Self {
            columns,
            seen: vec![HashSet::new(); count],
            key_like: vec![0; count],
            digits_lost: vec![0; count],
            garbled: vec![false; count],
            rows: 0,
            errors: 0,
            without_geometry: 0,
            kinds: HashMap::new(),
        }
    }

    fn add(&mut self, record: &super::Record) {
        self.rows += 1;
        match &record.geometry {
            Some(geometry) => *self.kinds.entry(geometry.kind()).or_default() += 1,
            None => self.without_geometry += 1,
        }
        let columns = self.columns.iter_mut().zip(&mut self.seen);
        for ((at, cell), (column, seen)) in record.cells.iter().enumerate().zip(columns) {
            if cell.is_blank() {
                continue;
            }
            column.filled += 1;
            if column.samples.len() < SAMPLES_MAX && seen.insert(cell.text().into_owned()) {
                column.samples.push(cell.clone());
            }
            if let Some(count) = self.key_like.get_mut(at)
                && cell.text().trim().eq_ignore_ascii_case(column.name.trim())
            {
                *count += 1;
            }
            if let Some(count) = self.digits_lost.get_mut(at)
                && digits::loss(cell).is_some()
            {
                *count += 1;
            }
            if let (Some(flag), Cell::Text(text)) = (self.garbled.get_mut(at), cell) {
                *flag |= is_garbled(text);
            }
        }
    }

    fn notes(&self, source: &mut Source, complete: bool) {
        if self.rows == 0 && self.errors == 0 {
            source.notes.push(Note::new(NoteCode::NoRows, "表中没有数据行", "the table has no rows"));
            return;
        }
        let span_zh = if complete { "全部".to_owned() } else { format!("前 {} ", self.rows) };
        let span_en = if complete { "all".to_owned() } else { format!("the first {}", self.rows) };
        let named = |keep: &dyn Fn(usize, &Column) -> bool| -> Vec<String> {
            let kept = self.columns.iter().enumerate().filter(|(at, column)| keep(*at, column));
            kept.map(|(_, column)| column.name.clone()).collect()
        };
        let mut push = |code, columns: Vec<String>, zh: String, en: String| {
            if !columns.is_empty() {
                let list = columns.join("、");
                source.notes.push(
                    Note::new(code, zh.replace("{}", &list), en.replace("{}", &columns.join(", ")))
                        .about(columns),
                );
            }
        };
        let blank = named(&|_, column| column.filled == 0);
        push(
            NoteCode::BlankColumns,
            blank,
            format!("{span_zh}行中这些列没有任何值：{{}}"),
            format!("no value in {span_en} rows: {{}}"),
        );
        let lost = named(&|at, column| {
            let count = self.digits_lost.get(at).copied().unwrap_or(0);
            count > 0 && count * 2 >= column.filled
        });
        push(
            NoteCode::DigitsLost,
            lost,
            "这些列的长编号已被电子表格截断（只剩 15 位有效数字），请把列设为文本格式后重新导出：{}".to_owned(),
            "long numbers lost digits in a spreadsheet (15 are kept): format the column as text and export again: {}"
                .to_owned(),
        );
        let garbled = named(&|at, _| self.garbled.get(at).copied().unwrap_or(false));
        push(
            NoteCode::GarbledText,
            garbled,
            "这些列含乱码，来源系统可能用错了编码：{}".to_owned(),
            "these columns hold garbled text: the source used a wrong encoding: {}".to_owned(),
        );
        let keys = self.lost_header();
        push(
            NoteCode::HeaderLost,
            keys,
            "列名像是数据（表头行丢失，第一条记录成了列名）：{}".to_owned(),
            "column names look like data (the header row was lost and the first record took its place): {}"
                .to_owned(),
        );
        self.geometry_notes(source, &span_zh, &span_en);
    }

    /// Names that are dates or numbers, or that their own column repeats as a value. Two are needed for a verdict.
    fn lost_header(&self) -> Vec<String> {
        let looks_like_data = |(at, column): (usize, &Column)| {
            let repeated = self.key_like.get(at).copied().unwrap_or(0);
            (column.filled > 0 && repeated * 2 >= column.filled)
                || super::header::looks_like_value(&column.name)
        };
        let names: Vec<String> = self
            .columns
            .iter()
            .enumerate()
            .filter(|(at, column)| looks_like_data((*at, column)))
            .map(|(_, column)| column.name.clone())
            .collect();
        if names.len() >= 2 { names } else { Vec::new() }
    }

    fn geometry_notes(&self, source: &mut Source, span_zh: &str, span_en: &str) {
        if !source.format.is_spatial() {
            return;
        }
        if self.without_geometry > 0 {
            source.notes.push(Note::new(
                NoteCode::GeometryMissing,
                format!("{span_zh}记录中有 {} 条没有几何（位置）", self.without_geometry),
                format!("{} of {span_en} records have no geometry", self.without_geometry),
            ));
        }
        if self.kinds.len() > 1 {
            let mut kinds: Vec<_> =
                self.kinds.iter().map(|(kind, count)| format!("{} {count}", kind.name())).collect();
            kinds.sort();
            source.notes.push(Note::new(
                NoteCode::GeometryMixed,
                format!("几何类型不一：{}", kinds.join("、")),
                format!("geometries of several kinds: {}", kinds.join(", ")),
            ));
        }
        let layer = source.layers.get_mut(source.layer);
        if let Some(layer) = layer.filter(|layer| layer.geometry.is_none()) {
            layer.geometry = match self.kinds.keys().next() {
                Some(kind) if self.kinds.len() == 1 => Some(*kind),
                Some(_) => Some(GeometryKind::Mixed),
                None => None,
            };
        }
    }
}

/// Signs of text that was decoded wrongly before: replacement characters, the classic 锟斤拷, UTF-8 read as Latin-1,
/// private-use characters, or Hangul beside rare Han in one short text.
fn is_garbled(text: &str) -> bool {
    if text.is_ascii() {
        return false;
    }
    let hangul = text.chars().any(|c| ('\u{AC00}'..='\u{D7A3}').contains(&c));
    let rare = text
        .chars()
        .any(|c| ('\u{3400}'..='\u{4DBF}').contains(&c) || ('\u{E000}'..='\u{F8FF}').contains(&c));
    text.contains('\u{FFFD}')
        || text.contains("锟斤拷")
        || text.contains("ï¿½")
        || text.contains("Ã©")
        || text.contains("â€")
        || (hangul && rare)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_go_on_after_z() {
        let letters: Vec<_> = [0, 25, 26, 51, 52, 701, 702].into_iter().map(letter).collect();
        assert_eq!(letters, ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]);
    }

    #[test]
    fn names_become_unique_and_never_collide() {
        let mut notes = Vec::new();
        let names = ["编号", "", "编号", "编号_2", "列B"].map(str::to_owned).to_vec();
        let out = unique_names(names, &mut notes);
        assert_eq!(out, ["编号", "列B_2", "编号_3", "编号_2", "列B"]);
        assert_eq!(notes.len(), 2);
    }

    #[test]
    fn garbled_text_is_seen() {
        assert!(is_garbled("㠀줡翻"));
        assert!(is_garbled("锟斤拷"));
        assert!(!is_garbled("观音桥街道 窨井"));
        assert!(!is_garbled("서울"));
    }
}
