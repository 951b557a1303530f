//! Opens a file for import: looks at it, settles the mapping, and refuses what holds no covers.
use super::mapping::Mapping;
use super::options::Options;
use super::place::{self, Placing};
use super::profile::{self, Profile, names_a_cover};
use super::suggest::{self, Suggestion};
use super::tally::Tally;
use super::target::{Target, camel};
use crate::error::{AppError, Kind, Result};
use jinggai_geo::LocalCrs;
use jinggai_rules::kinds::{CoverKind, names_no_cover};
use jinggai_tables::values::DateHints;
use jinggai_tables::{OpenOptions, Source, TableError};
use std::collections::BTreeMap;
use std::path::Path;

/// A file that will not be imported, and how many rows it has.
#[derive(Debug)]
pub struct Refusal {
    /// Rows of the file, as far as they could be counted.
    pub rows: u64,
    /// Why.
    pub error: AppError,
}

impl From<AppError> for Refusal {
    fn from(error: AppError) -> Self {
        Refusal { rows: 0, error }
    }
}

/// A file that is ready to be read.
pub struct Opened {
    /// The file.
    pub source: Source,
    /// How its rows are understood.
    pub plan: Plan,
    /// What was noticed.
    pub notes: Tally,
}

/// How the rows of a file are understood.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The whole mapping: suggested, saved and given.
    pub mapping: Mapping,
    /// Why each suggested column was chosen.
    pub reasons: Vec<Suggestion>,
    /// Columns used for nothing.
    pub unused: Vec<String>,
    /// All column names.
    pub columns: Vec<String>,
    /// Column numbers by field.
    pub at: BTreeMap<Target, Vec<usize>>,
    /// What the column of installation dates tells about its dates.
    pub dates: DateHints,
    /// Where positions are.
    pub placing: Placing,
    /// Kind said by the file's or layer's name, or by `--kind`; for rows that do not tell theirs.
    pub layer_kind: Option<CoverKind>,
    /// Is that kind only inferred from other rows or ids?
    pub layer_kind_guessed: bool,
}

impl Plan {
    /// The first column of a field.
    #[must_use]
    pub fn first(&self, target: Target) -> Option<usize> {
        self.at.get(&target)?.first().copied()
    }

    /// Is this field mapped, by a column or a constant?
    #[must_use]
    pub fn maps(&self, target: Target) -> bool {
        self.at.contains_key(&target) || self.mapping.constants.contains_key(&target)
    }
}

/// A file that cannot be read, in the words of the reader.
#[must_use]
pub fn table_error(e: TableError) -> AppError {
    let kind = if matches!(e, TableError::Io { .. }) { Kind::NotFound } else { Kind::Invalid };
    AppError::new(kind, "import.file", e.to_string(), e.message_en())
}

/// Opens the file and settles how it is read. `name` is its name as people know it.
///
/// # Errors
/// The refusal of the whole file, with the reason.
pub fn open(
    path: &Path,
    name: &str,
    options: &Options,
    saved: Option<Mapping>,
    locals: &[LocalCrs],
) -> std::result::Result<Opened, Refusal> {
    let source =
        jinggai_tables::open(path, &OpenOptions { layer: options.layer.clone(), ..OpenOptions::default() })
            .map_err(table_error)?;
    let rows = source.rows;
    let profile = profile::look(&source)?;
    settle(source, &profile, name, options, saved, locals)
        .map_err(|error| Refusal { rows: rows.unwrap_or(profile.rows as u64), error })
}

fn settle(
    source: Source,
    profile: &Profile,
    name: &str,
    options: &Options,
    saved: Option<Mapping>,
    locals: &[LocalCrs],
) -> Result<Opened> {
    let mut notes = Tally::default();
    for n in &source.notes {
        notes.say(n.code.as_str(), &n.message_zh);
    }
    let stem =
        Path::new(name).file_stem().map_or_else(|| name.to_owned(), |s| s.to_string_lossy().into_owned());
    let layer = source.layers.get(source.layer).map(|l| l.name.clone()).unwrap_or_default();
    let titles = if layer.is_empty() || name.contains(&layer) { stem } else { format!("{stem} {layer}") };
    holds_covers(profile, &titles, options)?;
    let suggested = suggest::suggest(profile, &titles);
    let mut mapping = Mapping { columns: suggested.columns, ..Mapping::default() };
    if let Some(saved) = saved {
        mapping = over(mapping, known_columns(saved, &source, &mut notes));
    }
    if let Some(given) = options.map.clone() {
        all_columns_exist(&given, &source)?;
        mapping = over(mapping, given);
    }
    let mut all_locals = locals.to_vec();
    all_locals.append(&mut mapping.locals);
    for l in &all_locals {
        l.verify().map_err(|e| AppError::field("import.crs", "locals", e.to_string(), e.to_string()))?;
    }
    let at = mapping
        .columns
        .iter()
        .map(|(t, names)| {
            (*t, names.iter().filter_map(|n| source.column(n).map(|c| c.index)).collect::<Vec<_>>())
        })
        .filter(|(_, at)| !at.is_empty())
        .collect::<BTreeMap<_, _>>();
    let placing = place::decide(&source, profile, &mapping, options, &all_locals, &mut notes)?;
    id_note(profile, &at, &mut notes);
    let asked = options
        .kind()?
        .or_else(|| mapping.constants.get(&Target::Kind).and_then(|k| CoverKind::from_code(k)));
    let (layer_kind, layer_kind_guessed) = layer_kind(profile, &titles, &mapping, asked, &mut notes);
    let columns: Vec<String> = source.columns.iter().map(|c| c.name.clone()).collect();
    let used: Vec<&String> = mapping.columns.values().flatten().collect();
    let unused: Vec<String> = columns.iter().filter(|c| !used.contains(c)).cloned().collect();
    if !unused.is_empty() {
        notes.say("columns_unused", format!("没有用到的列（原值仍随原始行保存）：{}", unused.join("、")));
    }
    let reasons = suggested.reasons.into_iter().filter(|s| used.contains(&&s.column)).collect();
    let dates = at
        .get(&Target::InstalledOn)
        .and_then(|a| source.columns.get(*a.first()?))
        .map_or_else(DateHints::default, |c| DateHints::learn(&c.samples));
    let plan = Plan { dates, reasons, unused, columns, at, placing, layer_kind, layer_kind_guessed, mapping };
    Ok(Opened { source, plan, notes })
}

/// What is said explicitly takes its columns away from the suggestions.
fn over(mut base: Mapping, top: Mapping) -> Mapping {
    let taken: Vec<&String> = top.columns.values().flatten().collect();
    for columns in base.columns.values_mut() {
        columns.retain(|c| !taken.contains(&c));
    }
    base.columns.retain(|_, c| !c.is_empty());
    base.under(top)
}

/// A saved mapping may name columns that this file does not have.
fn known_columns(mut saved: Mapping, source: &Source, notes: &mut Tally) -> Mapping {
    let mut missing = vec![];
    for columns in saved.columns.values_mut() {
        columns.retain(|c| {
            let there = source.column(c).is_some();
            if !there {
                missing.push(c.clone());
            }
            there
        });
    }
    saved.columns.retain(|_, c| !c.is_empty());
    if !missing.is_empty() {
        notes.say(
            "saved_columns_missing",
            format!("上次保存的映射中，这些列本文件没有：{}", missing.join("、")),
        );
    }
    saved
}

fn all_columns_exist(given: &Mapping, source: &Source) -> Result<()> {
    let missing: Vec<&str> =
        given.columns.values().flatten().filter(|c| source.column(c).is_none()).map(String::as_str).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = source.columns.iter().map(|c| c.name.as_str()).collect();
    Err(AppError::field(
        "import.mapping",
        "map",
        format!("映射里的列“{}”文件中没有；文件的列是：{}", missing.join("、"), names.join("、")),
        format!(
            "the mapping names columns that the file lacks: {}; it has: {}",
            missing.join(", "),
            names.join(", ")
        ),
    ))
}

/// Refuses files of plants, pumps, pipes, trees: whatever gives no sign of being covers.
fn holds_covers(profile: &Profile, titles: &str, options: &Options) -> Result<()> {
    let refuse = |zh: String, en: &str| {
        Err(AppError::field(
            "import.no_covers",
            "file",
            format!("{zh}，不能作为井盖导入；若确是井盖，请用 --kind 指明类型"),
            en.to_owned(),
        ))
    };
    let spaced = camel(titles).replace('_', " ");
    if options.kind.is_some() || profile.rows == 0 {
        return Ok(());
    }
    let objects: usize = profile.no_cover.values().sum();
    let object =
        profile.no_cover.iter().max_by_key(|(_, n)| **n).map(|(o, _)| *o).or_else(|| names_no_cover(&spaced));
    if let Some(object) = object
        && (objects * 2 >= profile.rows || names_no_cover(&spaced).is_some())
        && profile.covers * 2 < profile.rows
    {
        return refuse(
            format!("文件不含井盖：内容是{object}（{} 行中 {objects} 行写明）", profile.rows),
            "the file holds no covers",
        );
    }
    if profile.other_shapes > profile.points && profile.other_shapes > 0 {
        return refuse(
            "文件不含井盖：几何是线或面，不是点；管线请用 import pipes".to_owned(),
            "the file holds lines or areas, no covers",
        );
    }
    let by_name = names_a_cover(&spaced) || CoverKind::recognise(&spaced).is_some();
    let by_rows = profile.covers * 10 >= profile.rows;
    let by_columns = profile.columns.iter().any(|c| {
        names_a_cover(&c.name)
            || c.long_codes * 2 > profile.rows
            || c.speaks_of_kinds() > 0.5 && c.numbers == 0
            || super::target::meanings(&c.name).iter().any(|(t, telling)| {
                *telling
                    && matches!(
                        t,
                        Target::GroundElevation | Target::Depth | Target::LoadClass | Target::Material
                    )
            })
    });
    if by_name || by_rows || by_columns {
        return Ok(());
    }
    refuse(
        "看不出文件是井盖台账：文件名、列名和内容都没有提到井、井盖或管线类型".to_owned(),
        "nothing in the file speaks of covers",
    )
}

fn id_note(profile: &Profile, at: &BTreeMap<Target, Vec<usize>>, notes: &mut Tally) {
    if at.contains_key(&Target::ExternalId) || at.contains_key(&Target::Code) {
        return;
    }
    let constant: Vec<&str> = profile
        .columns
        .iter()
        .filter(|c| super::target::meanings(&c.name).iter().any(|(t, _)| *t == Target::ExternalId))
        .map(|c| c.name.as_str())
        .collect();
    let why = if constant.is_empty() {
        "没有编号列".to_owned()
    } else {
        format!("编号列 {} 为空、为常数或大量重复", constant.join("、"))
    };
    notes.say("no_usable_id", format!("{why}，改用“位置 + 类型”识别同一个井盖；位置改动后会被当作新的井盖"));
}

/// The kind of rows that do not tell theirs: by the names of file and layer, by `--kind`, by what ids and the other
/// rows say.
fn layer_kind(
    profile: &Profile,
    titles: &str,
    mapping: &Mapping,
    asked: Option<CoverKind>,
    notes: &mut Tally,
) -> (Option<CoverKind>, bool) {
    let spaced = camel(titles).replace('_', " ");
    if let Some(r) =
        CoverKind::recognise(&spaced).filter(|r| r.others.is_empty() && r.value != CoverKind::Other)
    {
        if asked.is_some_and(|a| a != r.value) {
            notes.say(
                "kind_asked",
                format!("按选项，未写明类型的行类型为{}", asked.map_or("", CoverKind::name_zh)),
            );
            return (asked, false);
        }
        notes.say(
            "kind_by_name",
            format!("未写明类型的行，按文件名（图层名）“{titles}”定为{}", r.value.name_zh()),
        );
        return (Some(r.value), false);
    }
    if let Some(kind) = asked {
        notes.say("kind_asked", format!("未写明类型的行，按选项定为{}", kind.name_zh()));
        return (Some(kind), false);
    }
    if let Some((kind, why)) = by_ids(profile).or_else(|| by_other_rows(profile, mapping)) {
        notes.say(
            "kind_inferred",
            format!("未写明类型的行，{why}，推断为{}；如不对请用 --kind 指明", kind.name_zh()),
        );
        return (Some(kind), true);
    }
    (None, false)
}

/// `DMH3206` is a drainage manhole, `SSMH-479` a sanitary one: prefixes of the asset numbers.
fn by_ids(profile: &Profile) -> Option<(CoverKind, String)> {
    const PREFIXES: [(&str, CoverKind); 8] = [
        ("SWMH", CoverKind::Storm),
        ("STMH", CoverKind::Storm),
        ("SDMH", CoverKind::Storm),
        ("DMH", CoverKind::Storm),
        ("SSMH", CoverKind::Sewage),
        ("SMH", CoverKind::Sewage),
        ("DCB", CoverKind::Grate),
        ("CB", CoverKind::Grate),
    ];
    for column in &profile.columns {
        for (prefix, kind) in PREFIXES {
            let has = |v: &str| {
                v.strip_prefix(prefix)
                    .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit() || c == '-'))
            };
            if column.filled * 2 > profile.rows && column.share(has) > 0.9 {
                return Some((kind, format!("按“{}”列的编号前缀 {prefix}", column.name)));
            }
        }
    }
    None
}

/// A layer whose telling rows are nearly all of the storm (or sewage) network is of that network.
fn by_other_rows(profile: &Profile, mapping: &Mapping) -> Option<(CoverKind, String)> {
    let is_storm = |k: &CoverKind| matches!(k, CoverKind::Storm | CoverKind::Grate);
    let (mut storm, mut sewage, mut other) = (0, 0, 0);
    for (value, n) in &profile.column(mapping.column(Target::Kind)?)?.values {
        let Some(r) = CoverKind::recognise(value).filter(|r| r.value != CoverKind::Other) else { continue };
        let readings = || std::iter::once(&r.value).chain(&r.others);
        if readings().all(is_storm) {
            storm += n;
        } else if readings().all(|k| *k == CoverKind::Sewage) {
            sewage += n;
        } else if r.others.is_empty() {
            other += n;
        }
    }
    let told = storm + sewage + other;
    let most = |n: usize| told >= 10 && told < profile.rows && n * 10 >= told * 8;
    if most(storm) {
        return Some((CoverKind::Storm, format!("因写明类型的 {told} 行中 {storm} 行属雨水系统")));
    }
    most(sewage).then(|| (CoverKind::Sewage, format!("因写明类型的 {told} 行中 {sewage} 行属污水系统")))
}
