//! What all rule packs (规则包) share: a head with version, date and source, and one way to be read.
//!
//! Reading accepts TOML (what people edit) and JSON (what the database and the API hold). A pack that does not
//! validate is never handed out.

use jiff::civil::Date;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::error::RuleError;

/// Who a pack is: identity, version, date and where its numbers come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackHead {
    /// Stable key of the pack, kept over its versions.
    pub id: String,
    /// Counts up with every change; records keep the one they were made with.
    pub version: u32,
    /// First day on which the pack is in force (生效日期).
    pub effective_from: Date,
    /// Document the content is taken from, with the trust label of the domain reference.
    pub source: String,
    /// What a reader must know before relying on it (Chinese), empty if nothing.
    #[serde(default)]
    pub note: String,
}

impl PackHead {
    fn validate(&self, kind: &'static str) -> Result<(), RuleError> {
        if self.id.is_empty() || !self.id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') {
            let right = "非空，仅含字母、数字、- 和 _，例如 gbt30428-16";
            return Err(RuleError::value(kind, "pack.id", format!("“{}”", self.id), right));
        }
        if self.version == 0 {
            return Err(RuleError::value(kind, "pack.version", "0", "从 1 开始的整数，每次修改加 1"));
        }
        if self.source.trim().is_empty() {
            return Err(RuleError::value(kind, "pack.source", "为空", "写明依据的文件或标准及可信度"));
        }
        Ok(())
    }
}

/// A versioned, dated set of rules.
pub trait RulePack: Serialize + DeserializeOwned {
    /// Readable code of this kind of pack, as stored.
    const KIND: &'static str;
    /// The texts shipped with the program, one per pack.
    const SHIPPED: &'static [&'static str];

    /// The head of the pack.
    fn head(&self) -> &PackHead;

    /// Checks what the shape alone cannot: the error names the key and what would be right.
    fn check_content(&self) -> Result<(), RuleError>;

    /// Head and content checked.
    fn validate(&self) -> Result<(), RuleError> {
        self.head().validate(Self::KIND)?;
        self.check_content()
    }

    /// Reads TOML, or JSON when the text starts with `{`, and validates it.
    fn parse(text: &str) -> Result<Self, RuleError> {
        let pack: Self = if text.trim_start().starts_with('{') {
            serde_json::from_str(text).map_err(|error| RuleError::Syntax {
                kind: Self::KIND,
                line: error.line(),
                problem: error.to_string(),
            })?
        } else {
            toml::from_str(text).map_err(|error| toml_error(Self::KIND, text, &error))?
        };
        pack.validate()?;
        Ok(pack)
    }

    /// The packs shipped with the program.
    fn shipped() -> Vec<Self> {
        let read = |text: &&str| Self::parse(text).expect("shipped packs are parsed by this crate's tests");
        Self::SHIPPED.iter().map(read).collect()
    }

    /// The shipped pack with this id.
    fn shipped_by_id(id: &str) -> Option<Self> {
        Self::shipped().into_iter().find(|pack| pack.head().id == id)
    }
}

/// The version of pack `id` in force on a day: the latest start not after it, then the highest version.
pub fn in_force<'a, P: RulePack>(packs: &'a [P], id: &str, on: Date) -> Option<&'a P> {
    packs
        .iter()
        .filter(|pack| pack.head().id == id && pack.head().effective_from <= on)
        .max_by_key(|pack| (pack.head().effective_from, pack.head().version))
}

fn toml_error(kind: &'static str, text: &str, error: &toml::de::Error) -> RuleError {
    let start = error.span().map_or(0, |span| span.start.min(text.len()));
    let line = 1 + text.as_bytes()[..start].iter().filter(|byte| **byte == b'\n').count();
    RuleError::Syntax { kind, line, problem: error.message().to_owned() }
}
