//! What the first rows of a file say about its columns: how full, how different, of which kind.
//!
//! The suggestion of a mapping, the choice of an id and the question "are these covers at all?" rest on this.
use super::value;
use crate::error::Result;
use jinggai_rules::kinds::{Certainty, CoverKind, Lifecycle, Material, names_no_cover};
use jinggai_tables::values::{LengthUnit, Sentinels};
use jinggai_tables::{Cell, Geometry, Source};
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// Rows looked at.
const ROWS: usize = 5_000;
/// Different values kept of a column.
const VALUES: usize = 60;

/// One column of the sample.
#[derive(Clone, Debug, Default)]
pub struct ColumnProfile {
    /// Its name.
    pub name: String,
    /// Rows with a value that stands for something.
    pub filled: usize,
    /// How many different values there are.
    pub distinct: usize,
    /// The commonest values (at most 60 different ones are counted) with their numbers of rows.
    pub values: Vec<(String, usize)>,
    /// Rows whose value is a number.
    pub numbers: usize,
    /// Smallest number.
    pub min: f64,
    /// Largest number.
    pub max: f64,
    /// Rows whose value is a long number: 15 to 19 digits.
    pub long_codes: usize,
}

impl ColumnProfile {
    /// Share of the filled rows whose value passes.
    #[must_use]
    pub fn share(&self, pass: impl Fn(&str) -> bool) -> f64 {
        let counted: usize = self.values.iter().map(|(_, n)| n).sum();
        let passed: usize = self.values.iter().filter(|(v, _)| pass(v)).map(|(_, n)| n).sum();
        if counted == 0 { 0.0 } else { passed as f64 / counted as f64 }
    }

    /// Is every value of the sample different, and there in (nearly) every row?
    #[must_use]
    pub fn is_key(&self, rows: usize) -> bool {
        rows > 0
            && self.filled == self.distinct
            && self.filled * 100 >= rows * 98
            && (self.distinct > 1 || rows == 1)
    }

    /// Does it speak of kinds of cover?
    #[must_use]
    pub fn speaks_of_kinds(&self) -> f64 {
        self.share(|v| CoverKind::recognise(v).is_some_and(|r| r.certainty >= Certainty::Likely))
    }

    /// Does it speak of stages of life?
    #[must_use]
    pub fn speaks_of_life(&self) -> f64 {
        self.share(|v| Lifecycle::recognise(v).is_some_and(|r| r.certainty >= Certainty::Likely))
    }

    /// Does it speak of materials?
    #[must_use]
    pub fn speaks_of_material(&self) -> f64 {
        self.share(|v| Material::recognise(v).is_some())
    }
}

/// The sample.
#[derive(Debug, Default)]
pub struct Profile {
    /// Rows looked at.
    pub rows: usize,
    /// Was that the whole file?
    pub whole: bool,
    /// The columns, in order.
    pub columns: Vec<ColumnProfile>,
    /// Rows with a point.
    pub points: usize,
    /// Rows with another geometry.
    pub other_shapes: usize,
    /// Coordinates of the first points.
    pub coordinates: Vec<(f64, f64)>,
    /// Rows some value of which names what is no cover (处理厂, 泵站 …), by that object.
    pub no_cover: HashMap<&'static str, usize>,
    /// Rows some value of which names a cover.
    pub covers: usize,
}

/// Looks at the first rows.
///
/// # Errors
/// When the file cannot be read any more.
pub fn look(source: &Source) -> Result<Profile> {
    let mut p = Profile {
        whole: true,
        columns: source
            .columns
            .iter()
            .map(|c| ColumnProfile {
                name: c.name.clone(),
                min: f64::INFINITY,
                max: f64::NEG_INFINITY,
                ..ColumnProfile::default()
            })
            .collect(),
        ..Profile::default()
    };
    let mut seen: Vec<HashSet<String>> = vec![HashSet::new(); p.columns.len()];
    let mut counts: Vec<HashMap<String, usize>> = vec![HashMap::new(); p.columns.len()];
    for record in source.records().map_err(super::read::table_error)? {
        if p.rows >= ROWS {
            p.whole = false;
            break;
        }
        let record = match record {
            Ok(r) => r,
            Err(e) if e.fatal => break,
            Err(_) => continue,
        };
        p.rows += 1;
        p.geometry(record.geometry.as_ref());
        let (mut cover, mut object) = (false, None);
        for ((cell, column), (seen, counts)) in
            record.cells.iter().zip(&mut p.columns).zip(seen.iter_mut().zip(&mut counts))
        {
            column.add(cell, seen, counts);
            if let Cell::Text(t) = cell
                && t.len() < 80
            {
                object = object.or_else(|| names_no_cover(t));
                cover |= names_a_cover(t);
            }
        }
        p.covers += usize::from(cover);
        if let Some(o) = object.filter(|_| !cover) {
            *p.no_cover.entry(o).or_default() += 1;
        }
    }
    for ((column, seen), counts) in p.columns.iter_mut().zip(seen).zip(counts) {
        column.distinct = seen.len();
        column.values = counts.into_iter().collect();
        column.values.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    }
    Ok(p)
}

/// Does a text say that the thing is a cover or a well?
#[must_use]
pub fn names_a_cover(text: &str) -> bool {
    const WORDS: [&str; 12] = [
        "manhole",
        "catchbasin",
        "catch basin",
        "井",
        "箅",
        "篦",
        "雨水口",
        "cleanout",
        "inlet",
        "handhole",
        "soakaway",
        "gully",
    ];
    let lower = text.to_lowercase();
    WORDS.iter().any(|w| lower.contains(w))
}

impl Profile {
    fn geometry(&mut self, geometry: Option<&Geometry>) {
        match geometry.map(Geometry::as_point) {
            None => {}
            Some(None) => self.other_shapes += 1,
            Some(Some(at)) => {
                self.points += 1;
                if self.coordinates.len() < 1_000 {
                    self.coordinates.push((at.x, at.y));
                }
            }
        }
    }

    /// The profile of a column.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&ColumnProfile> {
        self.columns.iter().find(|c| c.name == name)
    }
}

impl ColumnProfile {
    fn add(&mut self, cell: &Cell, seen: &mut HashSet<String>, counts: &mut HashMap<String, usize>) {
        if cell.is_blank() {
            return;
        }
        let text = value::text(cell);
        static MARKS: LazyLock<Sentinels> = LazyLock::new(Sentinels::texts_only);
        if MARKS.holds(cell) {
            return;
        }
        self.filled += 1;
        if let Some(n) = value::number(cell, LengthUnit::Metre) {
            self.numbers += 1;
            self.min = self.min.min(n);
            self.max = self.max.max(n);
        }
        let digits = text.trim_start_matches('\'');
        if (15..=19).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) {
            self.long_codes += 1;
        }
        if let Some(n) = counts.get_mut(text.as_ref()) {
            *n += 1;
        } else if counts.len() < VALUES {
            counts.insert(text.clone().into_owned(), 1);
        }
        seen.insert(text.into_owned());
    }
}
