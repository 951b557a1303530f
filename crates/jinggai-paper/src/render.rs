//! From a template and its data to a PDF.
//!
//! This module is the only one that knows typst's compiler. It keeps nothing between documents; what
//! typst itself remembers is cut back after each one, because a server prints for months.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::{Value, json};
use typst::Library;
use typst::{
    World, WorldExt,
    diag::{FileError, FileResult, SourceDiagnostic},
    foundations::{Bytes, Datetime, Duration, Smart},
    syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot},
    text::{Font, FontBook},
    utils::LazyHash,
};
use typst_layout::PagedDocument;

use crate::{Fonts, PaperError};

/// Documents that typst's memory may survive unused before it is dropped.
const MEMORY_DOCUMENTS: usize = 10;

/// A finished document.
#[derive(Debug, Clone)]
pub struct Paper {
    /// The PDF file; the same data and fonts always give the same bytes.
    pub pdf: Vec<u8>,
    /// What a person should know before signing, in Chinese; empty when all is well.
    pub warnings: Vec<String>,
    /// Number of pages.
    pub pages: usize,
}

/// The documents this crate can make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Template {
    WellFile,
    TableReport,
    LabelSheet,
}

/// Functions shared by all templates.
const COMMON: &str = include_str!("../templates/common.typ");

impl Template {
    /// The name by which errors and warnings call the template.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Template::WellFile => "well_file",
            Template::TableReport => "table_report",
            Template::LabelSheet => "label_sheet",
        }
    }

    fn source(self) -> &'static str {
        match self {
            Template::WellFile => include_str!("../templates/well_file.typ"),
            Template::TableReport => include_str!("../templates/table_report.typ"),
            Template::LabelSheet => include_str!("../templates/label_sheet.typ"),
        }
    }
}

/// Renders `template` with `data` (read by the template as `paper.data`) and further files by name.
///
/// # Errors
/// [`PaperError`] when the data cannot be serialised or the template cannot be compiled or exported.
pub(crate) fn render(
    fonts: &Fonts,
    template: Template,
    data: &impl Serialize,
    files: Vec<(String, Bytes)>,
    mut warnings: Vec<String>,
) -> Result<Paper, PaperError> {
    let name = template.name();
    let unreadable = |source| PaperError::Data { template: name, source };
    let data = serde_json::to_value(data).map_err(unreadable)?;
    let missing = missing_in(fonts, &data);
    warnings.extend(missing.iter().map(|c| missing_warning(*c)));
    let file = json!({ "fonts": fonts.families(), "missing": missing_pattern(&missing), "data": data });
    let file = serde_json::to_vec(&file).map_err(unreadable)?;

    let desk = Desk::new(fonts, template, file, files);
    let result = desk.pdf(name, &mut warnings);
    comemo::evict(MEMORY_DOCUMENTS);
    let (pdf, pages) = result?;
    Ok(Paper { pdf, warnings, pages })
}

fn missing_in(fonts: &Fonts, data: &Value) -> Vec<char> {
    let mut text = String::new();
    collect_text(data, &mut text);
    fonts.missing(&text)
}

fn collect_text(value: &Value, into: &mut String) {
    match value {
        Value::String(text) => into.push_str(text),
        Value::Array(items) => items.iter().for_each(|item| collect_text(item, into)),
        Value::Object(fields) => fields.values().for_each(|field| collect_text(field, into)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn missing_warning(c: char) -> String {
    format!(
        "字体缺字“{c}”（U+{:04X}），文中以码位标出；请将含该字的字体放入数据目录的 fonts 文件夹后重新打印",
        u32::from(c)
    )
}

/// A regular expression for the missing characters, or nothing if there are none. By code point, so
/// that no character can mean something in the expression.
fn missing_pattern(missing: &[char]) -> Option<String> {
    let escaped: String = missing.iter().map(|c| format!("\\u{{{:X}}}", u32::from(*c))).collect();
    (!missing.is_empty()).then(|| format!("[{escaped}]"))
}

/// What the compiler can reach: one template, the shared functions, the data, the document's files.
struct Desk<'a> {
    fonts: &'a Fonts,
    main: FileId,
    sources: Vec<Source>,
    files: HashMap<FileId, Bytes>,
}

impl<'a> Desk<'a> {
    fn new(fonts: &'a Fonts, template: Template, data: Vec<u8>, files: Vec<(String, Bytes)>) -> Desk<'a> {
        let main = file_id("main.typ");
        let sources = vec![
            Source::new(main, template.source().into()),
            Source::new(file_id("common.typ"), COMMON.into()),
        ];
        let mut by_id: HashMap<FileId, Bytes> =
            files.into_iter().map(|(name, bytes)| (file_id(&name), bytes)).collect();
        by_id.insert(file_id("data.json"), Bytes::new(data));
        Desk { fonts, main, sources, files: by_id }
    }

    fn pdf(
        &self,
        template: &'static str,
        warnings: &mut Vec<String>,
    ) -> Result<(Vec<u8>, usize), PaperError> {
        let compiled = typst::compile::<PagedDocument>(self);
        let said = compiled.warnings.iter().map(|w| format!("排版提示（{template}）：{}", self.say(w)));
        warnings.extend(said);
        let document = compiled
            .output
            .map_err(|errors| PaperError::Template { template, message: self.say_all(&errors) })?;
        let options = typst_pdf::PdfOptions {
            creator: Smart::Custom(Some("jinggai".into())),
            ..typst_pdf::PdfOptions::default()
        };
        let pdf = typst_pdf::pdf(&document, &options)
            .map_err(|errors| PaperError::Pdf { template, message: self.say_all(&errors) })?;
        Ok((pdf, document.pages().len()))
    }

    fn say_all(&self, diagnostics: &[SourceDiagnostic]) -> String {
        diagnostics.iter().map(|d| self.say(d)).collect::<Vec<_>>().join("；")
    }

    /// A diagnostic in one line, with the template's line where it is known.
    fn say(&self, diagnostic: &SourceDiagnostic) -> String {
        let line = diagnostic
            .span
            .id()
            .and_then(|id| self.source(id).ok())
            .and_then(|source| source.lines().byte_to_line(self.range(diagnostic.span)?.start));
        let place = line.map(|line| format!("第 {} 行：", line + 1)).unwrap_or_default();
        let hints = diagnostic.hints.iter().map(|hint| format!("（{}）", hint.v)).collect::<String>();
        format!("{place}{}{hints}", diagnostic.message)
    }
}

impl World for Desk<'_> {
    fn library(&self) -> &LazyHash<Library> {
        &self.fonts.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.fonts.book
    }

    fn main(&self) -> FileId {
        self.main
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        let found = self.sources.iter().find(|source| source.id() == id).cloned();
        found.ok_or_else(|| FileError::NotFound(id.vpath().get_without_slash().into()))
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        let found = self.files.get(&id).cloned();
        found.ok_or_else(|| FileError::NotFound(id.vpath().get_without_slash().into()))
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.face(index)
    }

    /// No clock: a document shows only times that are part of its data.
    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}

/// The id of a file of the document. Names are this crate's own (`photo-7`), so they are always valid,
/// and few, so that typst's table of names stays small.
fn file_id(name: &str) -> FileId {
    let path = VirtualPath::new(name).expect("names of this crate's files are valid virtual paths");
    RootedPath::new(VirtualRoot::Project, path).intern()
}
