//! Place words in free text: road names with their house number.
//!
//! Only roads; landmarks and estates are left to the reader. A name is cut where a listed word begins it, so a new
//! wrong cut is mended in the pack.

use serde::Serialize;

use super::scan::Text;
use super::words::PlaceWords;
use crate::text::is_han;

/// 地点: a road and, if it follows, the number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlaceWord {
    /// Road name as written: 建新北路, EAST 58 STREET.
    pub road: String,
    /// House number as written: 58号, 58号附12号, 952.
    pub number: Option<String>,
}

/// Longest part of a road name before its ending, in characters.
const LONGEST_STEM: usize = 6;
/// Shortest such part; 小路 and 大街 are no names.
const SHORTEST_STEM: usize = 2;

/// So many places are told of one text; more is no report of a person.
const MOST_PLACES: usize = 20;

/// The first roads of a text in order, each once.
pub(super) fn places(text: &Text, words: &PlaceWords) -> Vec<PlaceWord> {
    let mut found = chinese(text, words);
    found.extend(english(text, words));
    let mut unique: Vec<PlaceWord> = Vec::new();
    for place in found {
        if unique.len() < MOST_PLACES && !unique.contains(&place) {
            unique.push(place);
        }
    }
    unique
}

fn chinese(text: &Text, words: &PlaceWords) -> Vec<PlaceWord> {
    let shown = &text.shown;
    let (mut found, mut at, mut floor) = (Vec::new(), 0, 0);
    while at < shown.len() {
        let Some(end) = words.suffixes.iter().filter_map(|suffix| end_of(shown, at, suffix)).max() else {
            at += 1;
            continue;
        };
        let other_word = shown.get(end).is_some_and(|next| words.not_before.contains(*next));
        match stem_start(shown, floor, at, words) {
            Some(start) if !other_word && !is_generic(text, start, end, words) => {
                let number_end = number_end(shown, end);
                let number = (number_end > end).then(|| text.slice(end, number_end));
                found.push(PlaceWord { road: text.slice(start, end), number });
                floor = number_end;
                at = number_end;
            }
            _ => at = end,
        }
    }
    found
}

/// Where the name before an ending at `at` begins, not before `floor`.
fn stem_start(shown: &[char], floor: usize, at: usize, words: &PlaceWords) -> Option<usize> {
    let mut start = at;
    while start > floor && at - start < LONGEST_STEM && is_name_character(shown[start - 1]) {
        let ends_here = |word: &String| ends_with(&shown[floor..start], word);
        let cut = words.breaks.iter().any(ends_here);
        let area = at - start >= SHORTEST_STEM && words.area_ends.iter().any(ends_here);
        if cut || area {
            break;
        }
        start -= 1;
    }
    (at - start >= SHORTEST_STEM).then_some(start)
}

/// 机场1路 and 312国道 have digits.
fn is_name_character(c: char) -> bool {
    is_han(c) || c.is_ascii_digit()
}

fn is_generic(text: &Text, start: usize, end: usize, words: &PlaceWords) -> bool {
    words.generic.iter().any(|word| ends_with(&text.shown[start..end], word))
}

fn end_of(shown: &[char], at: usize, suffix: &str) -> Option<usize> {
    let mut end = at;
    for c in suffix.chars() {
        if shown.get(end) != Some(&c) {
            return None;
        }
        end += 1;
    }
    Some(end)
}

fn ends_with(shown: &[char], word: &str) -> bool {
    let len = word.chars().count();
    shown.len() >= len && shown[shown.len() - len..].iter().copied().eq(word.chars())
}

/// Behind `58号`, `58-2号`, `五十八号` and a following `附12号`; `at` if there is none.
fn number_end(shown: &[char], at: usize) -> usize {
    let one = |from: usize| {
        let numeral = |c: &char| c.is_ascii_digit() || *c == '-' || "一二三四五六七八九十百零〇".contains(*c);
        let len = shown[from..].iter().take_while(|c| numeral(c)).count();
        (len > 0 && shown.get(from + len) == Some(&'号')).then_some(from + len + 1)
    };
    let Some(end) = one(at) else { return at };
    let attached = (shown.get(end) == Some(&'附')).then(|| one(end + 1)).flatten();
    attached.unwrap_or(end)
}

fn english(text: &Text, words: &PlaceWords) -> Vec<PlaceWord> {
    let mut found = Vec::new();
    // Words since the last break; a mark other than the hyphen of 94-52 is a break too.
    let mut run: Vec<(usize, usize)> = Vec::new();
    let is_suffix = |at: usize, end: usize| {
        let word: String = text.lower[at..end].iter().collect();
        words.suffixes_en.contains(&word)
    };
    let mut at = 0;
    while at < text.shown.len() {
        let end = word_end(text, at);
        if end == at {
            if text.shown[at] != ' ' {
                run.clear();
            }
            at += 1;
            continue;
        }
        let lower: String = text.lower[at..end].iter().collect();
        // In COURT STREET the first word is the name.
        let next = if text.shown.get(end) == Some(&' ') { end + 1 } else { end };
        let goes_on = is_suffix(next, word_end(text, next));
        if is_suffix(at, end) && !goes_on && !run.is_empty() {
            found.push(english_place(text, &run, end));
            run.clear();
        } else if lower == "-" || words.breaks_en.contains(&lower) {
            run.clear();
        } else {
            run.push((at, end));
        }
        at = end;
    }
    found
}

fn word_end(text: &Text, at: usize) -> usize {
    let is_part = |c: &char| c.is_ascii_alphanumeric() || *c == '-' || *c == '\'';
    at + text.shown.iter().skip(at).take_while(|c| is_part(c)).count()
}

/// The last two words before the ending name the road; a number in front of a name is the house number.
fn english_place(text: &Text, run: &[(usize, usize)], end: usize) -> PlaceWord {
    let is_number = |(start, end): (usize, usize)| {
        text.shown[start..end].iter().all(|c| c.is_ascii_digit() || *c == '-') && text.shown[start] != '-'
    };
    let number_at = run.iter().rposition(|word| is_number(*word)).filter(|at| run.len() - at >= 2);
    let number_at = number_at.or_else(|| {
        let names_road_too = run.len() >= 2 && is_number(run[run.len() - 1]);
        names_road_too.then(|| run[..run.len() - 1].iter().rposition(|word| is_number(*word))).flatten()
    });
    let first = number_at.map_or(run.len().saturating_sub(2), |at| at + 1);
    let number = number_at.map(|at| text.slice(run[at].0, run[at].1));
    PlaceWord { road: text.slice(run[first].0, end), number }
}
