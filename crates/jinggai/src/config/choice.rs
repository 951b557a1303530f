//! One setting out of several sources, and texts that are never printed.
use super::{From, Given, Setting};

/// The values of one setting in the order of precedence, written down as it was chosen.
pub(super) struct Choice<'a> {
    given: [(&'a Given, From); 3],
    settings: &'a mut Vec<Setting>,
}

impl<'a> Choice<'a> {
    /// Over these sources, the first winning.
    pub(super) fn new(given: [(&'a Given, From); 3], settings: &'a mut Vec<Setting>) -> Self {
        Choice { given, settings }
    }

    /// The value of a setting; a token or password is never shown.
    pub(super) fn take<T: Clone + ToString>(
        &mut self,
        name: &'static str,
        purpose: &'static str,
        of: impl Fn(&Given) -> Option<T>,
    ) -> Option<T> {
        let chosen = self.given.iter().find_map(|(g, from)| Some((of(g)?, *from)));
        let (value, from) = chosen.map_or((None, From::Default), |(v, from)| (Some(v), from));
        let text = value.as_ref().map(ToString::to_string).unwrap_or_default();
        let secret = name.ends_with("_token") || name.ends_with("_password");
        let value_shown = if secret && !text.is_empty() { "***".to_owned() } else { text };
        self.settings.push(Setting { name, purpose, value: value_shown, from });
        value
    }
}

/// A text that is never printed.
#[derive(Clone, Default)]
pub struct Secret(String);

impl Secret {
    /// The text itself, for whom it is meant.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::convert::From<Option<String>> for Secret {
    fn from(text: Option<String>) -> Self {
        Secret(text.unwrap_or_default())
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_empty() { "none" } else { "***" })
    }
}
