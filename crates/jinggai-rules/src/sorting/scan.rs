//! Finding the listed words in a text: from left to right, at each place the longest word.
//!
//! A longer word uses up its characters, so that 没有井盖 is a missing cover and not a denied one.

use std::collections::HashMap;

use super::words::SortWords;
use crate::hazards::{Catalogue, Level};
use crate::text::{fold_char, is_han};

/// What a word can be; some words are more than one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Role {
    Cover,
    Maybe,
    NotCover,
    /// Index in the catalogue.
    Hazard(usize),
    Negation,
    Filler,
    Settled,
    Contrast,
    Danger(Level),
}

/// Words by their first character, longest first.
#[derive(Debug, Clone)]
pub(super) struct Lexicon {
    by_first: HashMap<char, Vec<Entry>>,
}

#[derive(Debug, Clone)]
struct Entry {
    word: Vec<char>,
    roles: Vec<Role>,
}

/// A word found in a text; positions count characters of [`Text`].
#[derive(Debug)]
pub(super) struct Token<'l> {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Number of the clause (分句) it stands in.
    pub(super) clause: usize,
    pub(super) roles: &'l [Role],
}

impl Token<'_> {
    pub(super) fn is(&self, role: &Role) -> bool {
        self.roles.contains(role)
    }

    pub(super) fn hazard(&self) -> Option<usize> {
        self.roles.iter().find_map(|role| if let Role::Hazard(index) = role { Some(*index) } else { None })
    }

    pub(super) fn danger(&self) -> Option<Level> {
        self.roles.iter().find_map(|role| if let Role::Danger(level) = role { Some(*level) } else { None })
    }
}

/// A text as it is compared: width folded, no blanks beside Chinese characters.
#[derive(Debug)]
pub(super) struct Text {
    /// As written.
    pub(super) shown: Vec<char>,
    /// In lower case, character for character.
    pub(super) lower: Vec<char>,
}

impl Text {
    pub(super) fn new(text: &str) -> Self {
        let folded: Vec<char> = text.chars().map(fold_char).collect();
        let near_han = |at: usize| {
            let before = folded[..at].iter().rev().find(|c| !is_gap(**c));
            let after = folded[at..].iter().find(|c| !is_gap(**c));
            before.is_some_and(|c| is_han(*c)) || after.is_some_and(|c| is_han(*c))
        };
        let mut shown = Vec::with_capacity(folded.len());
        for (at, c) in folded.iter().enumerate() {
            // Of a run of blanks only the first is looked at, so that long runs stay cheap.
            let follows_gap = at > 0 && is_gap(folded[at - 1]);
            if !is_gap(*c) || !(follows_gap || near_han(at)) {
                shown.push(*c);
            }
        }
        let lower = shown.iter().map(|c| c.to_lowercase().next().unwrap_or(*c)).collect();
        Self { shown, lower }
    }

    /// The characters of a range as written.
    pub(super) fn slice(&self, start: usize, end: usize) -> String {
        self.shown[start..end].iter().collect()
    }
}

/// Blanks except line ends, which separate clauses.
fn is_gap(c: char) -> bool {
    c.is_whitespace() && c != '\n' && c != '\r'
}

/// Marks between clauses; 、 joins a list and is none.
pub(super) fn ends_clause(c: char) -> bool {
    matches!(c, ',' | '。' | '.' | ';' | '!' | '?' | '\n' | '\r')
}

impl Lexicon {
    pub(super) fn new(catalogue: &Catalogue, words: &SortWords) -> Self {
        let mut roles: HashMap<Vec<char>, Vec<Role>> = HashMap::new();
        let mut add = |word: &str, role: Role| {
            let key = word.chars().map(fold_char).flat_map(char::to_lowercase).collect();
            let known: &mut Vec<Role> = roles.entry(key).or_default();
            if !known.contains(&role) {
                known.push(role);
            }
        };
        for (index, hazard) in catalogue.entries.iter().enumerate() {
            hazard.words.iter().for_each(|word| add(word, Role::Hazard(index)));
        }
        let lists = [
            (&words.cover, Role::Cover),
            (&words.maybe, Role::Maybe),
            (&words.not_cover, Role::NotCover),
            (&words.negations, Role::Negation),
            (&words.fillers, Role::Filler),
            (&words.settled, Role::Settled),
            (&words.contrasts, Role::Contrast),
        ];
        for (list, role) in lists {
            list.iter().for_each(|word| add(word, role.clone()));
        }
        words.danger.iter().for_each(|row| add(&row.word, Role::Danger(row.level)));
        // 没有井盖 uses up the cover word inside it and so speaks of a cover itself.
        let cover: Vec<Vec<char>> = roles
            .iter()
            .filter(|(_, roles)| roles.contains(&Role::Cover))
            .map(|(word, _)| word.clone())
            .collect();
        for (word, roles) in &mut roles {
            let holds = |part: &Vec<char>| word.windows(part.len()).any(|window| window == &part[..]);
            if matches!(roles[..], [Role::Hazard(_), ..])
                && !roles.contains(&Role::Cover)
                && cover.iter().any(holds)
            {
                roles.push(Role::Cover);
            }
        }
        let mut by_first: HashMap<char, Vec<Entry>> = HashMap::new();
        for (word, roles) in roles {
            if let Some(first) = word.first() {
                by_first.entry(*first).or_default().push(Entry { word, roles });
            }
        }
        for entries in by_first.values_mut() {
            entries.sort_by(|a, b| b.word.len().cmp(&a.word.len()).then_with(|| a.word.cmp(&b.word)));
        }
        Self { by_first }
    }

    /// The words of a text in order.
    pub(super) fn scan(&self, text: &Text) -> Vec<Token<'_>> {
        let (mut tokens, mut clause, mut at) = (Vec::new(), 0, 0);
        while let Some(first) = text.lower.get(at) {
            if ends_clause(*first) {
                clause += 1;
            }
            let entries = self.by_first.get(first).map_or(&[][..], Vec::as_slice);
            let Some(entry) = entries.iter().find(|entry| stands_at(&text.lower, at, &entry.word)) else {
                at += 1;
                continue;
            };
            if entry.roles.contains(&Role::Contrast) {
                clause += 1;
            }
            let end = at + entry.word.len();
            tokens.push(Token { start: at, end, clause, roles: &entry.roles });
            at = end;
        }
        tokens
    }
}

/// Latin words must be whole, an English plural allowed; Chinese ones need no boundary.
fn stands_at(text: &[char], at: usize, word: &[char]) -> bool {
    if !text[at..].starts_with(word) {
        return false;
    }
    let latin = |c: Option<&char>| c.is_some_and(char::is_ascii_alphanumeric);
    if !latin(word.first()) || !latin(word.last()) {
        return true;
    }
    let end = at + word.len();
    let plural = text.get(end) == Some(&'s') && !latin(text.get(end + 1));
    !latin(at.checked_sub(1).and_then(|before| text.get(before))) && (plural || !latin(text.get(end)))
}
