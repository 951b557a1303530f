//! The fonts that documents are set in: the customer's own first, a packaged one always.
//!
//! Official documents want 方正小标宋, 仿宋_GB2312, 楷体 and 黑体, which are licensed to the customer
//! and therefore lie in the folder `fonts/` beside the data. Without them the packaged Noto Sans SC
//! (OFL, the characters of GB 2312) serves every role. This module does not draw: it finds faces, says
//! which role they serve and which characters nobody can draw.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use serde::Serialize;
use ttf_parser::{Face, name_id};
use typst::{
    Library, LibraryExt,
    foundations::Bytes,
    text::{Font, FontBook},
    utils::LazyHash,
};

use crate::PaperError;

/// The fallback that makes every document printable; see `assets/fonts/OFL_NotoSansSC.txt`.
static PACKAGED: &[u8] = include_bytes!("../../../assets/fonts/NotoSansSC-GB2312.ttf");

/// From this weight on a face counts as bold (OpenType `usWeightClass`: 600 is semi-bold).
const BOLD_FROM: u16 = 600;

/// Parts of family names, best first, by which a customer's font is taken for a role.
const TITLE: &[&str] = &["小标宋", "xiaobiaosong", "xbs"];
const HEADING: &[&str] = &["黑体", "simhei", "heiti"];
const BODY: &[&str] = &["仿宋", "fangsong", "宋体", "simsun"];
const NOTE: &[&str] = &["楷", "kaiti", "simkai"];

/// All faces that documents can use, loaded once at start-up and shared by all renderings.
pub struct Fonts {
    faces: Vec<Font>,
    pub(crate) book: LazyHash<FontBook>,
    pub(crate) library: LazyHash<Library>,
    families: Families,
    notes: Vec<String>,
}

/// Family lists for the templates, by role; every list ends with the packaged font.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Families {
    title: Vec<String>,
    heading: Vec<String>,
    body: Vec<String>,
    note: Vec<String>,
    /// True where the role is served by the packaged font, which has one weight only: the templates
    /// then thicken the strokes, since typst draws no false bold.
    title_stroke: bool,
    heading_stroke: bool,
}

impl Fonts {
    /// Loads the packaged font and all `.ttf`, `.otf`, `.ttc` and `.otc` files of `dirs` (not of their
    /// sub-folders). A folder that does not exist is passed over, since most districts have none.
    ///
    /// # Errors
    /// [`PaperError::FontFile`] if a folder or file exists but cannot be read. A readable file that is
    /// no font is left out and told by [`Fonts::notes`].
    pub fn load(dirs: &[PathBuf]) -> Result<Fonts, PaperError> {
        let mut faces = Vec::new();
        let mut notes = Vec::new();
        for path in font_files(dirs)? {
            let bytes =
                fs::read(&path).map_err(|source| PaperError::FontFile { path: path.clone(), source })?;
            let before = faces.len();
            faces.extend(Font::iter(Bytes::new(bytes)));
            if faces.len() == before {
                notes.push(format!("字体文件“{}”不是可用的字体，已跳过", path.display()));
            }
        }
        let customer = faces.len();
        faces.extend(Font::iter(Bytes::new(PACKAGED)));
        let packaged = faces.get(customer).ok_or(PaperError::PackagedFont)?.info().family.clone();
        let families = Families::choose(&faces[..customer], &packaged);
        let book = LazyHash::new(FontBook::from_fonts(&faces));
        Ok(Fonts { faces, book, library: LazyHash::new(Library::builder().build()), families, notes })
    }

    /// The characters of `text` that no loaded font can draw, each once, in order of code point.
    /// White space, controls and characters that are invisible by nature are never missing.
    pub fn missing(&self, text: &str) -> Vec<char> {
        let wanted: BTreeSet<char> = text.chars().filter(|c| !is_invisible(*c)).collect();
        wanted.into_iter().filter(|c| !self.covers(*c)).collect()
    }

    /// Family names in order of precedence, the packaged one last: for `doctor` and the start-up log.
    pub fn family_names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for face in &self.faces {
            if !names.contains(&face.info().family) {
                names.push(face.info().family.clone());
            }
        }
        names
    }

    /// What the person who put fonts into the folder should know (files that are no fonts).
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    pub(crate) fn face(&self, index: usize) -> Option<Font> {
        self.faces.get(index).cloned()
    }

    pub(crate) fn families(&self) -> &Families {
        &self.families
    }

    fn covers(&self, c: char) -> bool {
        self.faces.iter().any(|face| face.info().coverage.contains(u32::from(c)))
    }
}

impl Families {
    fn choose(customer: &[Font], packaged: &str) -> Families {
        let others = customer.iter().map(|face| face.info().family.clone()).filter(|f| f != packaged);
        let others: BTreeSet<String> = others.collect();
        // The role's own fonts, then the packaged one, then all others for rare characters.
        let list = |parts: &[&str]| -> (Vec<String>, bool) {
            let own = by_parts(customer, parts);
            let plain = own.is_empty() && !has_bold(customer, packaged);
            let mut names = own;
            names.push(packaged.to_owned());
            for other in &others {
                if !names.contains(other) {
                    names.push(other.clone());
                }
            }
            (names, plain)
        };
        let (title, title_stroke) = list(TITLE);
        let (heading, heading_stroke) = list(HEADING);
        Families { title, heading, body: list(BODY).0, note: list(NOTE).0, title_stroke, heading_stroke }
    }
}

/// Families of which one of the names contains one of `parts`, in the order of `parts`.
fn by_parts(customer: &[Font], parts: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for part in parts {
        for face in customer {
            let family = &face.info().family;
            if names_of(face).iter().any(|name| name.contains(part)) && !found.contains(family) {
                found.push(family.clone());
            }
        }
    }
    found
}

/// All family names of a face in lower case, in every language that the font carries.
fn names_of(face: &Font) -> Vec<String> {
    let wanted = [name_id::FAMILY, name_id::TYPOGRAPHIC_FAMILY, name_id::FULL_NAME];
    let mut names = vec![face.info().family.clone()];
    if let Ok(parsed) = Face::parse(face.data(), face.index()) {
        let in_font = parsed.names().into_iter().filter(|name| wanted.contains(&name.name_id));
        names.extend(in_font.filter_map(|name| name.to_string()));
    }
    names.iter().map(|name| name.to_lowercase()).collect()
}

fn has_bold(faces: &[Font], family: &str) -> bool {
    faces.iter().any(|f| f.info().family == family && f.info().variant.weight.to_number() >= BOLD_FROM)
}

fn font_files(dirs: &[PathBuf]) -> Result<Vec<PathBuf>, PaperError> {
    let mut files = Vec::new();
    for dir in dirs.iter().filter(|dir| dir.exists()) {
        let failed = |source| PaperError::FontFile { path: dir.clone(), source };
        let mut inside = Vec::new();
        for entry in fs::read_dir(dir).map_err(failed)? {
            inside.push(entry.map_err(failed)?.path());
        }
        // The order of a folder differs between machines; the choice of fonts must not.
        inside.sort();
        files.extend(inside.into_iter().filter(|path| is_font_file(path)));
    }
    Ok(files)
}

fn is_font_file(path: &Path) -> bool {
    let extension = path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase);
    matches!(extension.as_deref(), Some("ttf" | "otf" | "ttc" | "otc"))
}

/// Characters that draw nothing: white space, controls, joiners, marks of direction, variation selectors.
fn is_invisible(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}')
        || matches!(c, '\u{feff}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}
