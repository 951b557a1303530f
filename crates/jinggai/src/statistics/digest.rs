//! SM3 over what a report says, line by line: the same lines give the same digest.
use serde_json::Value;
use sm3::{Digest, Sm3};

/// Over lines in the order given.
pub(super) fn lines(lines: impl IntoIterator<Item = String>) -> String {
    let mut hash = Sm3::new();
    for line in lines {
        hash.update(line);
        hash.update(b"\n");
    }
    format!("sm3:{}", data_encoding::HEXLOWER.encode(&hash.finalize()))
}

/// Over rows in the order of their keys, whatever order they stand in; `line` gives what of a row counts.
pub(super) fn rows<R>(rows: &[R], key: fn(&R) -> &str, line: fn(&R) -> Value) -> String {
    let mut sorted: Vec<&R> = rows.iter().collect();
    sorted.sort_by(|a, b| key(a).cmp(key(b)));
    lines(sorted.into_iter().map(|r| line(r).to_string()))
}
