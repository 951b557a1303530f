//! Folding of text as people type it in China, shared by recognition, size parsing, codes and search.
//!
//! Only width and case are folded. Simplified and traditional characters stay apart: the registers use simplified.

/// Folds full-width forms (全角) to their ASCII twins and the ideographic space to a blank; other text is kept.
pub fn fold_width(text: &str) -> String {
    text.chars().map(fold_char).collect()
}

/// The half-width twin of one character, or the character itself.
pub fn fold_char(c: char) -> char {
    match c {
        '\u{3000}' => ' ',
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        _ => c,
    }
}

/// Whether a character is a Han character (汉字), the extension planes included.
pub fn is_han(c: char) -> bool {
    matches!(c as u32, 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF)
}

/// One spelling for comparison: width and case folded, punctuation dropped to single blanks, a blank between Han
/// and Latin runs, and the English plural `s` removed (`Catchbasins` = `catchbasin`).
pub fn normalise(text: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut last_han = None;
    for c in text.chars().map(fold_char) {
        if !c.is_alphanumeric() {
            push_word(&mut words, &mut word);
            last_han = None;
            continue;
        }
        let han = is_han(c);
        if last_han.is_some_and(|was| was != han) {
            push_word(&mut words, &mut word);
        }
        word.extend(c.to_lowercase());
        last_han = Some(han);
    }
    push_word(&mut words, &mut word);
    words.join(" ")
}

fn push_word(words: &mut Vec<String>, word: &mut String) {
    if word.is_empty() {
        return;
    }
    let plural = word.is_ascii() && word.len() > 3 && word.ends_with('s') && !word.ends_with("ss");
    if plural {
        word.pop();
    }
    words.push(std::mem::take(word));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling() {
        let check = |given: &str, want: &str| assert_eq!(normalise(given), want, "{given}");
        check("Known CSO Outfalls", "known cso outfall");
        check("ＤＮ８００污水井", "dn800 污水井");
        check("Gas", "gas");
        check("access", "access");
        check(" 雨水 篦子 ", "雨水 篦子");
        check("sudbury__sanitary_manholes", "sudbury sanitary manhole");
        check("", "");
    }
}
