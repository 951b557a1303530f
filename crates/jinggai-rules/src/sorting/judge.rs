//! From the words found to what the text says.

use super::place::PlaceWord;
use super::scan::{Role, Text, Token};
use super::{Candidate, Known, Relevance, Sorted};

/// Words between a negation and the last one it denies.
const LONGEST_LIST: usize = 24;

pub(super) fn judge(text: &Text, tokens: &[Token<'_>], hazards: &[Known], places: Vec<PlaceWord>) -> Sorted {
    let candidates = candidates(text, tokens, hazards);
    let (relevance, cover_words) = relevance(text, tokens, &candidates);
    let is_open = |candidate: &&Candidate| candidate.denied_by.is_none();
    let worst_hazard = candidates.iter().filter(is_open).map(|candidate| candidate.level).min();
    let dangers: Vec<&Token<'_>> = (0..tokens.len())
        .filter(|at| tokens[*at].danger().is_some() && denied_by(text, tokens, *at).is_none())
        .map(|at| &tokens[at])
        .collect();
    let worst_danger = dangers.iter().filter_map(|token| token.danger()).min();
    let denied = candidates.iter().any(|candidate| candidate.denied_by.is_some());
    let settled = (0..tokens.len()).any(|at| settles(text, tokens, at));
    let mut sorted = Sorted {
        relevance,
        cover_words,
        urgency: worst_hazard.into_iter().chain(worst_danger).min(),
        danger_words: distinct(dangers.iter().map(|token| word(text, token))),
        places,
        says_fine: worst_hazard.is_none() && worst_danger.is_none() && (denied || settled),
        candidates,
        explanation_zh: String::new(),
    };
    if relevance == Relevance::No {
        sorted.urgency = None;
        sorted.says_fine = false;
    }
    sorted.explanation_zh = explain(&sorted);
    sorted
}

/// Hazards by code, open before denied, the worst first.
fn candidates(text: &Text, tokens: &[Token<'_>], hazards: &[Known]) -> Vec<Candidate> {
    let settled = settled_before(text, tokens);
    let mut found: Vec<Candidate> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let Some(known) = token.hazard().and_then(|index| hazards.get(index)) else { continue };
        let by = denied_by(text, tokens, at).or(settled[at]).map(|at| word(text, &tokens[at]));
        let word = word(text, token);
        match found.iter_mut().find(|candidate| candidate.code == known.code) {
            None => found.push(Candidate {
                code: known.code.clone(),
                zh: known.zh.clone(),
                level: known.level,
                words: vec![word],
                denied_by: by,
            }),
            Some(candidate) => {
                // One open mention outweighs any number of denied ones.
                if by.is_none() {
                    candidate.denied_by = None;
                }
                if !candidate.words.contains(&word) {
                    candidate.words.push(word);
                }
            }
        }
    }
    found.sort_by_key(|candidate| (candidate.denied_by.is_some(), candidate.level));
    found
}

/// The negation before a word: in its clause, with nothing between them but fillers, cover words, other hazards and the
/// marks of a list (未发现破损、松动). Looks back over so many words at most, for no list of a person is longer.
fn denied_by(text: &Text, tokens: &[Token<'_>], at: usize) -> Option<usize> {
    let mut right = at;
    for left in (at.saturating_sub(LONGEST_LIST)..at).rev() {
        let token = &tokens[left];
        if token.clause != tokens[at].clause || !is_list_gap(text, token.end, tokens[right].start) {
            return None;
        }
        if token.is(&Role::Negation) {
            return Some(left);
        }
        let passes = token.is(&Role::Filler) || token.is(&Role::Cover) || token.hazard().is_some();
        if !passes {
            return None;
        }
        right = left;
    }
    None
}

fn is_list_gap(text: &Text, from: usize, to: usize) -> bool {
    text.lower[from..to].iter().all(|c| matches!(c, '、' | '/' | ' ' | '和' | '或' | '及' | '与' | '的'))
}

/// Whether the word at `at` settles something: 已修好, but not 没有修好.
fn settles(text: &Text, tokens: &[Token<'_>], at: usize) -> bool {
    tokens[at].is(&Role::Settled) && denied_by(text, tokens, at).is_none()
}

/// For each word the one that settles it, if any: a later one of its clause, or a later clause that names no hazard of
/// its own (井盖松动，现已修好).
fn settled_before(text: &Text, tokens: &[Token<'_>]) -> Vec<Option<usize>> {
    let mut settled = vec![None; tokens.len()];
    // Going backwards: the last settling word of this clause, and one of a later clause without hazards.
    let (mut here, mut later, mut clause, mut has_hazard): (Option<usize>, _, _, _) =
        (None, None, usize::MAX, false);
    for (at, token) in tokens.iter().enumerate().rev() {
        if token.clause != clause {
            if !has_hazard {
                later = here.or(later);
            }
            (here, clause, has_hazard) = (None, token.clause, false);
        }
        if settles(text, tokens, at) {
            here = Some(at);
        }
        has_hazard |= token.hazard().is_some();
        settled[at] = here.filter(|by| *by != at).or(later);
    }
    settled
}

fn relevance(text: &Text, tokens: &[Token<'_>], candidates: &[Candidate]) -> (Relevance, Vec<String>) {
    let cover = words_of(text, tokens, |token| token.is(&Role::Cover));
    if !cover.is_empty() {
        return (Relevance::Cover, cover);
    }
    let maybe = words_of(text, tokens, |token| token.is(&Role::Maybe));
    if maybe.is_empty() || candidates.is_empty() {
        return (Relevance::No, Vec::new());
    }
    (Relevance::Possible, maybe)
}

fn words_of(text: &Text, tokens: &[Token<'_>], wanted: impl Fn(&Token<'_>) -> bool) -> Vec<String> {
    distinct(tokens.iter().filter(|token| wanted(token)).map(|token| word(text, token)))
}

fn distinct(words: impl Iterator<Item = String>) -> Vec<String> {
    let mut unique = Vec::new();
    for word in words {
        if !unique.contains(&word) {
            unique.push(word);
        }
    }
    unique
}

fn word(text: &Text, token: &Token<'_>) -> String {
    text.slice(token.start, token.end)
}

fn explain(sorted: &Sorted) -> String {
    let quoted = |words: &[String]| words.iter().map(|word| format!("“{word}”")).collect::<String>();
    let mut parts = vec![match sorted.relevance {
        Relevance::Cover => format!("含{}，涉及井盖", quoted(&sorted.cover_words)),
        Relevance::Possible => format!("含{}和隐患用词，疑似涉及井盖，请核对", quoted(&sorted.cover_words)),
        Relevance::No => return "没有井盖用词，不涉及井盖".to_owned(),
    }];
    for candidate in &sorted.candidates {
        let Candidate { code, zh, level, words, denied_by } = candidate;
        let words = quoted(words);
        parts.push(match denied_by {
            None => format!("{words}指 {code} {zh}，{}", level.label_zh()),
            Some(by) => format!("{words}（{code}）被“{by}”否定或了结"),
        });
    }
    if !sorted.danger_words.is_empty() {
        parts.push(format!("险情词{}", quoted(&sorted.danger_words)));
    }
    if let Some(urgency) = sorted.urgency {
        parts.push(format!("紧急程度 {}", urgency.label_zh()));
    }
    if sorted.says_fine {
        parts.push("称已完好".to_owned());
    }
    for place in &sorted.places {
        parts.push(format!("地点 {}{}", place.road, place.number.as_deref().unwrap_or_default()));
    }
    parts.join("；")
}
