//! Sorting of free text (文字分拣): does it concern a cover, which hazards, how urgent, where.
//!
//! Plain and explainable: listed words, the longest at each place, and a few rules for denial (没有破损) and for what is
//! settled (已修好). Nothing is thrown away; a denied hazard stays in the list with the word that denies it, and the
//! operator confirms. Lists are data: hazards' words in the catalogue, the rest in [`SortWords`]. Deliberately absent:
//! statistics learnt from texts, and guessing without a word.

mod judge;
mod place;
mod scan;
mod words;

use serde::Serialize;

use crate::hazards::{Catalogue, Level};
pub use place::PlaceWord;
pub use words::{DangerWord, PlaceWords, SortWords};

/// 分拣器: the word lists made ready; build once, use for many texts.
#[derive(Debug, Clone)]
pub struct Sorter {
    lexicon: scan::Lexicon,
    places: PlaceWords,
    hazards: Vec<Known>,
}

/// What a result says of a hazard.
#[derive(Debug, Clone)]
struct Known {
    code: String,
    zh: String,
    level: Level,
}

/// 是否涉及井盖.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Relevance {
    /// 涉及: a cover word.
    Cover,
    /// 疑似: no cover word, but a word near it and a hazard: ask.
    Possible,
    /// 不涉及.
    No,
}

/// 疑似隐患.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Candidate {
    /// Code of the catalogue.
    pub code: String,
    /// Chinese name.
    pub zh: String,
    /// Level of the catalogue, before anything is measured.
    pub level: Level,
    /// Words of the text that name it.
    pub words: Vec<String>,
    /// The word that denies or settles it (没有, 已修好); `None` if it is open.
    pub denied_by: Option<String>,
}

/// What a text says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sorted {
    /// 是否涉及井盖.
    pub relevance: Relevance,
    /// Words that decided it.
    pub cover_words: Vec<String>,
    /// Hazards named: open before denied, the worst first.
    pub candidates: Vec<Candidate>,
    /// 紧急程度: the worst of the open hazards and the danger words; `None` if neither is there.
    pub urgency: Option<Level>,
    /// 险情词 of the text.
    pub danger_words: Vec<String>,
    /// 地点.
    pub places: Vec<PlaceWord>,
    /// 称已完好: nothing is open and the text says that all is well or settled.
    pub says_fine: bool,
    /// The reasons in words (Chinese).
    pub explanation_zh: String,
}

impl Sorter {
    /// Makes the lists of a catalogue and a word pack ready.
    pub fn new(catalogue: &Catalogue, words: &SortWords) -> Self {
        let known = catalogue.entries.iter().map(|hazard| Known {
            code: hazard.code.clone(),
            zh: hazard.name.clone(),
            level: hazard.level,
        });
        Self {
            lexicon: scan::Lexicon::new(catalogue, words),
            places: words.places.clone(),
            hazards: known.collect(),
        }
    }

    /// Sorts a text, Chinese or English, of any length.
    pub fn sort(&self, text: &str) -> Sorted {
        let text = scan::Text::new(text);
        let tokens = self.lexicon.scan(&text);
        judge::judge(&text, &tokens, &self.hazards, place::places(&text, &self.places))
    }
}

impl Sorted {
    /// The hazards that are named and not denied, the worst first.
    pub fn open(&self) -> impl Iterator<Item = &Candidate> {
        self.candidates.iter().filter(|candidate| candidate.denied_by.is_none())
    }
}
