//! Making, reading and checking codes of a scheme.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::check_digit::CheckDigit;
use super::class_list::ClassList;
use super::error::CodeError;
use super::scheme::{CodeScheme, Segment, SegmentRole};
use crate::kinds::CoverKind;
use crate::text::fold_width;

/// The parts of a code by segment key.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CodeParts(BTreeMap<String, String>);

impl CodeParts {
    /// No parts yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// These parts and one more; a part with the same key is replaced.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.insert(key.into(), value.into());
        self
    }

    /// The part of a segment.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// All parts, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

/// What a code is checked against; what is not given is not checked.
#[derive(Clone, Copy, Default)]
pub struct CodeContext<'a> {
    /// Whether an area code is known, past areas included: a number built on 500105 stays valid.
    pub area_exists: Option<&'a dyn Fn(&str) -> bool>,
    /// Whether a unit code is known.
    pub unit_exists: Option<&'a dyn Fn(&str) -> bool>,
    /// The class list named by the scheme.
    pub class_list: Option<&'a ClassList>,
    /// Kind of the cover that carries the code.
    pub kind: Option<CoverKind>,
}

/// A newly made code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedCode {
    /// The code.
    pub code: String,
    /// Its sequence number: the caller stores it as the last one of the scope.
    pub sequence: u64,
}

/// A code as it is stored and compared: width folded, no blanks at the ends.
pub fn clean(code: &str) -> String {
    fold_width(code).trim().to_owned()
}

impl CodeScheme {
    /// Makes a code from its parts. Fixed and check segments are filled in, sequence numbers padded with zeros.
    pub fn format_code(&self, parts: &CodeParts) -> Result<String, CodeError> {
        if let Some((key, _)) =
            parts.iter().find(|(key, _)| self.segments.iter().all(|segment| segment.key != *key))
        {
            return Err(CodeError::UnknownPart { key: key.to_owned(), allowed: self.keys() });
        }
        let mut texts = Vec::with_capacity(self.segments.len());
        let mut position = 1;
        for segment in &self.segments {
            let text = part_text(segment, parts, position)?;
            position += text.chars().count().max(segment.min_width.unwrap_or(segment.width));
            texts.push(text);
        }
        self.fill_check(&mut texts);
        Ok(texts.concat())
    }

    /// Takes a code apart; only its shape is checked.
    pub fn parse_code(&self, code: &str) -> Result<CodeParts, CodeError> {
        let code = clean(code);
        let characters: Vec<char> = code.chars().collect();
        let least = self.least();
        if characters.len() < least || characters.len() > self.total {
            let want =
                if least == self.total { least.to_string() } else { format!("{least}–{}", self.total) };
            let scheme = self.name.clone();
            return Err(CodeError::Length { scheme, given: code, found: characters.len(), want });
        }
        let missing = self.total - characters.len();
        let mut parts = CodeParts::new();
        let mut texts = Vec::with_capacity(self.segments.len());
        let mut start = 0;
        for segment in &self.segments {
            let width = if segment.min_width.is_some() { segment.width - missing } else { segment.width };
            let text = &characters[start..start + width];
            check_characters(segment, text, start + 1, self.check)?;
            start += width;
            let text: String = text.iter().collect();
            parts = parts.with(&segment.key, &text);
            texts.push(text);
        }
        self.compare_check(&texts)?;
        Ok(parts)
    }

    /// Takes a code apart and checks every segment against the context.
    pub fn validate_code(&self, code: &str, context: &CodeContext<'_>) -> Result<CodeParts, CodeError> {
        let parts = self.parse_code(code)?;
        for segment in &self.segments {
            let value = parts.get(&segment.key).unwrap_or_default();
            match segment.role {
                SegmentRole::Area if context.area_exists.is_some_and(|exists| !exists(value)) => {
                    return Err(CodeError::UnknownArea {
                        segment: segment.name.clone(),
                        value: value.to_owned(),
                    });
                }
                SegmentRole::Unit if context.unit_exists.is_some_and(|exists| !exists(value)) => {
                    return Err(CodeError::UnknownUnit {
                        segment: segment.name.clone(),
                        value: value.to_owned(),
                    });
                }
                SegmentRole::Class => check_class(segment, value, context)?,
                _ => {}
            }
        }
        Ok(parts)
    }

    /// The class part for a kind of cover, from the scheme's class list.
    pub fn class_part(&self, list: &ClassList, kind: CoverKind) -> Result<String, CodeError> {
        let minor = self.minor_width().unwrap_or_default();
        list.class_of(kind, minor).ok_or_else(|| CodeError::NoClass { list: list.pack.id.clone(), kind })
    }

    /// The scope within which sequence numbers count: all other parts, joined. The caller keeps the last number per
    /// (scheme, scope).
    pub fn sequence_scope(&self, parts: &CodeParts) -> Result<String, CodeError> {
        let mut scope = Vec::new();
        let mut position = 1;
        for segment in &self.segments {
            if !matches!(segment.role, SegmentRole::Sequence | SegmentRole::Check) {
                scope.push(part_text(segment, parts, position)?);
            }
            position += segment.width;
        }
        Ok(scope.join("-"))
    }

    /// The next code of a scope: one after `last`, or number 1.
    pub fn next_code(&self, parts: &CodeParts, last: Option<u64>) -> Result<IssuedCode, CodeError> {
        let segment = self
            .segment(SegmentRole::Sequence)
            .ok_or_else(|| CodeError::NoSequence { scheme: self.name.clone() })?;
        // Widths are at most 18 digits, see the scheme's validation, so this fits u64.
        let max = 10_u64.saturating_pow(segment.width as u32) - 1;
        let exhausted = || CodeError::Exhausted { segment: segment.name.clone(), max };
        let sequence = last.unwrap_or(0).checked_add(1).filter(|next| *next <= max).ok_or_else(exhausted)?;
        let parts = parts.clone().with(&segment.key, sequence.to_string());
        Ok(IssuedCode { code: self.format_code(&parts)?, sequence })
    }

    fn keys(&self) -> String {
        let keys: Vec<&str> = self.segments.iter().map(|segment| segment.key.as_str()).collect();
        keys.join(", ")
    }

    fn check_index(&self) -> Option<usize> {
        self.segments.iter().position(|segment| segment.role == SegmentRole::Check)
    }

    fn fill_check(&self, texts: &mut [String]) {
        if let Some(index) = self.check_index() {
            texts[index].clear();
            if let Some(check) = self.check.compute(&texts.concat()) {
                texts[index] = check;
            }
        }
    }

    fn compare_check(&self, texts: &[String]) -> Result<(), CodeError> {
        let Some(index) = self.check_index() else { return Ok(()) };
        let mut expected = texts.to_vec();
        self.fill_check(&mut expected);
        if expected[index] == texts[index] {
            return Ok(());
        }
        Err(CodeError::CheckCharacters {
            segment: self.segments[index].name.clone(),
            found: texts[index].clone(),
            want: expected[index].clone(),
        })
    }
}

fn part_text(segment: &Segment, parts: &CodeParts, position: usize) -> Result<String, CodeError> {
    match segment.role {
        SegmentRole::Check => return Ok(String::new()),
        SegmentRole::Fixed => return Ok(segment.text.clone().unwrap_or_default()),
        _ => {}
    }
    let missing = || CodeError::MissingPart { segment: segment.name.clone(), key: segment.key.clone() };
    let value = clean(parts.get(&segment.key).ok_or_else(missing)?);
    let width = segment.width;
    let text = if segment.role == SegmentRole::Sequence { format!("{value:0>width$}") } else { value };
    let count = text.chars().count();
    let least = segment.min_width.unwrap_or(width);
    if count < least || count > width {
        let want = if least == width { width.to_string() } else { format!("{least}–{width}") };
        return Err(CodeError::PartWidth { segment: segment.name.clone(), value: text, want });
    }
    let characters: Vec<char> = text.chars().collect();
    check_characters(segment, &characters, position, CheckDigit::None)?;
    Ok(text)
}

fn check_characters(
    segment: &Segment,
    text: &[char],
    first_position: usize,
    check: CheckDigit,
) -> Result<(), CodeError> {
    if let Some(fixed) = &segment.text {
        let found: String = text.iter().collect();
        if found != *fixed {
            return Err(CodeError::Fixed { segment: segment.name.clone(), found, want: fixed.clone() });
        }
        return Ok(());
    }
    let with_x = segment.role == SegmentRole::Check && check == CheckDigit::Mod11_2;
    let allowed = |c: char| segment.charset.allows(c) || (with_x && c == 'X');
    match text.iter().position(|c| !allowed(*c)) {
        None => Ok(()),
        Some(offset) => Err(CodeError::Character {
            segment: segment.name.clone(),
            position: first_position + offset,
            found: text[offset],
            want: if with_x { "数字或 X" } else { segment.charset.name_zh() },
        }),
    }
}

fn check_class(segment: &Segment, value: &str, context: &CodeContext<'_>) -> Result<(), CodeError> {
    let Some(list) = context.class_list else { return Ok(()) };
    let unknown = || CodeError::UnknownClass {
        segment: segment.name.clone(),
        value: value.to_owned(),
        list: list.pack.id.clone(),
    };
    let entry = list.entry(value).ok_or_else(unknown)?;
    match context.kind {
        Some(kind) if entry.kind != Some(kind) => Err(CodeError::ClassOfOtherKind {
            segment: segment.name.clone(),
            value: value.to_owned(),
            list: list.pack.id.clone(),
            class_name: entry.name.as_str().into(),
            kind,
            want: list.class_of(kind, segment.width - 2).unwrap_or_else(|| "无对应小类".to_owned()),
        }),
        _ => Ok(()),
    }
}
