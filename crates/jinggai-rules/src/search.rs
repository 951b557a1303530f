//! Words for full-text search in Chinese without a dictionary: overlapping pairs (`stack.md` 3.7).
//!
//! 观音桥 is indexed as `观音 音桥 桥`; a query of two or more characters is the phrase of its pairs, one character a
//! prefix. Latin words and numbers are lower-cased words and match by prefix, so half a code finds the cover. The
//! same tokens serve FTS5 and `tsvector`; ranking is the store's.

use crate::text::{fold_char, is_han};

/// One thing that must occur; all terms of a query must.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Term {
    /// Tokens that follow one another.
    Phrase(Vec<String>),
    /// A token that begins so.
    Prefix(String),
}

/// A query in the tokens of the index.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SearchQuery {
    /// The terms, all of which must occur.
    pub terms: Vec<Term>,
}

/// The text to index in FTS5 (`tokenize = "unicode61 remove_diacritics 0"`): tokens separated by blanks.
pub fn index_text(text: &str) -> String {
    tokens(text).join(" ")
}

/// The same tokens as PostgreSQL `tsvector` text, to be cast, not parsed: the parser of `to_tsvector` would split
/// some tokens its own way. Positions beyond 16383 are PostgreSQL's limit and stay at it.
pub fn index_lexemes(text: &str) -> String {
    let lexeme = |(index, token): (usize, String)| format!("'{token}':{}", (index + 1).min(16_383));
    let lexemes: Vec<String> = tokens(text).into_iter().enumerate().map(lexeme).collect();
    lexemes.join(" ")
}

/// What a person typed, as a query; no terms if it holds no letter and no digit.
pub fn query_text(text: &str) -> SearchQuery {
    let term = |run: Run| match run {
        Run::Word(word) => Term::Prefix(word),
        Run::Han(characters) if characters.len() == 1 => Term::Prefix(characters.iter().collect()),
        Run::Han(characters) => Term::Phrase(pairs(&characters).collect()),
    };
    SearchQuery { terms: runs(text).into_iter().map(term).collect() }
}

impl SearchQuery {
    /// Whether there is nothing to search for.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// The argument of `MATCH` in SQLite FTS5.
    pub fn fts5(&self) -> String {
        let term = |term: &Term| match term {
            Term::Phrase(tokens) => format!("\"{}\"", tokens.join(" ")),
            Term::Prefix(token) => format!("\"{token}\"*"),
        };
        self.terms.iter().map(term).collect::<Vec<_>>().join(" AND ")
    }

    /// The text of a PostgreSQL `tsquery`, to be cast.
    pub fn tsquery(&self) -> String {
        let term = |term: &Term| match term {
            Term::Phrase(tokens) => {
                let tokens: Vec<String> = tokens.iter().map(|token| format!("'{token}'")).collect();
                format!("({})", tokens.join(" <-> "))
            }
            Term::Prefix(token) => format!("'{token}':*"),
        };
        self.terms.iter().map(term).collect::<Vec<_>>().join(" & ")
    }
}

enum Run {
    Word(String),
    Han(Vec<char>),
}

fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    for run in runs(text) {
        match run {
            Run::Word(word) => tokens.push(word),
            Run::Han(characters) => {
                tokens.extend(pairs(&characters));
                tokens.extend(characters.last().map(char::to_string));
            }
        }
    }
    tokens
}

fn pairs(characters: &[char]) -> impl Iterator<Item = String> {
    characters.windows(2).map(|pair| pair.iter().collect())
}

/// Runs of Han characters and words of other letters and digits, in order.
fn runs(text: &str) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut open: Option<Run> = None;
    for c in text.chars().map(fold_char) {
        if !c.is_alphanumeric() {
            runs.extend(open.take());
            continue;
        }
        if is_han(c) {
            match &mut open {
                Some(Run::Han(characters)) => characters.push(c),
                _ => runs.extend(open.replace(Run::Han(vec![c]))),
            }
            continue;
        }
        // Lower-casing can yield a combining mark (İ), which no tokeniser keeps inside a word.
        let lower = c.to_lowercase().filter(|c| c.is_alphanumeric());
        match &mut open {
            Some(Run::Word(word)) => word.extend(lower),
            _ => runs.extend(open.replace(Run::Word(lower.collect()))),
        }
    }
    runs.extend(open);
    runs
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn indexed_tokens() {
        let check = |text: &str, want: &str| assert_eq!(index_text(text), want, "{text}");
        check("观音桥", "观音 音桥 桥");
        check("观音桥 步行街", "观音 音桥 桥 步行 行街 街");
        check("DN800污水井", "dn800 污水 水井 井");
        check("ＳＭＨ０１４９", "smh0149");
        check("500105-0102", "500105 0102");
        check("井", "井");
        check("，。!", "");
        assert_eq!(index_lexemes("观音桥A"), "'观音':1 '音桥':2 '桥':3 'a':4");
    }

    #[test]
    fn queries_of_both_stores() {
        let check = |text: &str, fts5: &str, tsquery: &str| {
            let query = query_text(text);
            assert_eq!((query.fts5().as_str(), query.tsquery().as_str()), (fts5, tsquery), "{text}");
        };
        check("观音桥", "\"观音 音桥\"", "('观音' <-> '音桥')");
        check("井盖", "\"井盖\"", "('井盖')");
        check("响", "\"响\"*", "'响':*");
        check("5001 异响", "\"5001\"* AND \"异响\"", "'5001':* & ('异响')");
        check("a'b\" OR *", "\"a\"* AND \"b\"* AND \"or\"*", "'a':* & 'b':* & 'or':*");
        assert!(query_text(" -- ").is_empty());
    }

    /// What both stores do with tokens and a query.
    fn matches(text: &str, query: &SearchQuery) -> bool {
        let tokens: Vec<String> = index_text(text).split(' ').map(str::to_owned).collect();
        query.terms.iter().all(|term| match term {
            Term::Prefix(prefix) => tokens.iter().any(|token| token.starts_with(prefix)),
            Term::Phrase(phrase) => tokens.windows(phrase.len()).any(|window| window == phrase),
        })
    }

    proptest! {
        #[test]
        fn han_search_is_substring_search(text in "[井盖水污 ,a1]{0,12}", needle in "[井盖水污]{1,4}") {
            prop_assert_eq!(matches(&text, &query_text(&needle)), text.contains(&needle));
        }

        #[test]
        fn tokens_hold_nothing_to_escape(text in "\\PC{0,30}") {
            let harmless = |c: char| c.is_alphanumeric() || c == ' ';
            prop_assert!(index_text(&text).chars().all(harmless));
            let marks = |c: char| harmless(c) || "\"*'&<->():".contains(c);
            prop_assert!(query_text(&text).tsquery().chars().all(marks));
        }
    }
}
