//! Recognition of words as real files write them.
//!
//! A whole text that is a code, a name or a listed word is known; a word found inside a longer text is a guess; a
//! word that several values share is a guess that names the others. Nothing is ever recognised from a bare number.

use std::collections::HashMap;

use crate::text::{is_han, normalise};

/// How sure a recognition is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// 推测: a word inside a longer text, or a word of several meanings: show it to a person.
    Guess,
    /// 很可能: a known word for this value alone.
    Likely,
    /// 确定: the code or the official name.
    Certain,
}

/// A recognised value, how sure it is, and what else the word could mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recognised<T> {
    /// The best reading.
    pub value: T,
    /// How sure it is.
    pub certainty: Certainty,
    /// Other readings of the same text, best first.
    pub others: Vec<T>,
}

impl<T> Recognised<T> {
    /// A reading without rivals.
    pub(crate) fn new(value: T, certainty: Certainty) -> Self {
        Self { value, certainty, others: Vec::new() }
    }
}

/// Words of one enumeration, looked up by their normalised spelling.
pub(crate) struct Dictionary<T> {
    exact: HashMap<String, Vec<(T, Certainty)>>,
    /// Words that may be found inside a text, longest first.
    inside: Vec<String>,
}

type Entry<'a, T> = (T, &'a [&'a str], &'a [&'a str]);

impl<T: Copy + PartialEq> Dictionary<T> {
    /// Builds from (value, official names, further words).
    pub(crate) fn new(entries: &[Entry<'_, T>]) -> Self {
        let mut exact: HashMap<String, Vec<(T, Certainty)>> = HashMap::new();
        for (value, names, words) in entries {
            let official = names.iter().map(|name| (name, Certainty::Certain));
            for (word, certainty) in official.chain(words.iter().map(|word| (word, Certainty::Likely))) {
                let readings = exact.entry(normalise(word)).or_default();
                if readings.iter().all(|(known, _)| known != value) {
                    readings.push((*value, certainty));
                }
            }
        }
        let mut inside: Vec<String> = exact.keys().filter(|word| is_telling_inside(word)).cloned().collect();
        inside.sort_by_key(|word| (std::cmp::Reverse(weight(word)), word.clone()));
        Self { exact, inside }
    }

    /// The whole text, then the words inside it.
    pub(crate) fn recognise(&self, text: &str) -> Option<Recognised<T>> {
        let text = normalise(text);
        self.whole(&text).or_else(|| self.within(&text))
    }

    /// Only the whole (normalised) text.
    pub(crate) fn whole(&self, text: &str) -> Option<Recognised<T>> {
        let readings = self.exact.get(text)?;
        let best = readings.iter().map(|(_, certainty)| *certainty).max()?;
        let mut values = readings.iter().filter(|(_, certainty)| *certainty == best).map(|(value, _)| *value);
        let value = values.next()?;
        let others: Vec<T> = values.collect();
        let certainty = if others.is_empty() { best } else { Certainty::Guess };
        Some(Recognised { value, certainty, others })
    }

    fn within(&self, text: &str) -> Option<Recognised<T>> {
        let mut rest = format!(" {text} ");
        let mut found: Vec<T> = Vec::new();
        for word in &self.inside {
            let needle = if word.chars().any(is_han) { word.clone() } else { format!(" {word} ") };
            if !rest.contains(&needle) {
                continue;
            }
            // A longer word uses up its characters: 交通信号 must not be read as 通信 as well.
            rest = rest.replace(&needle, " | ");
            for (value, _) in &self.exact[word] {
                if !found.contains(value) {
                    found.push(*value);
                }
            }
        }
        let mut found = found.into_iter();
        let value = found.next()?;
        Some(Recognised { value, certainty: Certainty::Guess, others: found.collect() })
    }
}

/// Single Han characters and very short Latin words occur in texts by chance.
fn is_telling_inside(word: &str) -> bool {
    let count = word.chars().count();
    if word.chars().any(is_han) {
        count >= 2
    } else {
        count >= 3 && !word.chars().all(|c| c.is_ascii_digit())
    }
}

/// A Han character says as much as about two and a half Latin letters.
fn weight(word: &str) -> usize {
    word.chars().map(|c| if is_han(c) { 5 } else { 2 }).sum()
}
