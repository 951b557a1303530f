//! What was noticed (提示): counted, never one message per row, so that a million rows give a page and not a book.
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Different values kept of one notice.
const VALUES: usize = 20;

/// One thing noticed, with how often and for which values.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Notice {
    /// Stable code.
    pub code: String,
    /// What (Chinese).
    pub message: String,
    /// In how many rows; 0 when it is about the file.
    pub rows: u64,
    /// The values concerned with their rows, the first twenty different ones.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, u64>,
}

/// All that was noticed, in the order of first appearance.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tally(Vec<Notice>);

impl Tally {
    /// Notes a fact about the file; said once.
    pub fn say(&mut self, code: &str, message: impl Into<String>) {
        let message = message.into();
        if !self.0.iter().any(|n| n.code == code && n.message == message) {
            self.0.push(Notice { code: code.to_owned(), message, ..Notice::default() });
        }
    }

    /// Counts a fact of a row.
    pub fn count(&mut self, code: &str, message: &str, value: Option<&str>) {
        let at = self.0.iter().position(|n| n.rows > 0 && n.code == code && n.message == message);
        let notice = match at.and_then(|i| self.0.get_mut(i)) {
            Some(n) => n,
            None => {
                self.0.push(Notice {
                    code: code.to_owned(),
                    message: message.to_owned(),
                    ..Notice::default()
                });
                let last = self.0.len() - 1;
                &mut self.0[last]
            }
        };
        notice.rows += 1;
        if let Some(v) = value {
            if let Some(n) = notice.values.get_mut(v) {
                *n += 1;
            } else if notice.values.len() < VALUES {
                notice.values.insert(v.chars().take(60).collect(), 1);
            }
        }
    }

    /// Adds another count to this one.
    pub fn add(&mut self, other: Tally) {
        for n in other.0 {
            if n.rows == 0 {
                self.say(&n.code, n.message);
                continue;
            }
            match self.0.iter_mut().find(|m| m.rows > 0 && m.code == n.code && m.message == n.message) {
                None => self.0.push(n),
                Some(m) => {
                    m.rows += n.rows;
                    for (value, rows) in n.values {
                        if m.values.len() < VALUES || m.values.contains_key(&value) {
                            *m.values.entry(value).or_default() += rows;
                        }
                    }
                }
            }
        }
    }

    /// The notices.
    #[must_use]
    pub fn notices(&self) -> &[Notice] {
        &self.0
    }

    /// Was something of this code noticed?
    #[must_use]
    pub fn has(&self, code: &str) -> bool {
        self.0.iter().any(|n| n.code == code)
    }
}
