//! The error of rule packs, and what every error of this crate can say about itself.
//!
//! Display is Chinese, for people; [`Explain::message_en`] is the same fact in English, and [`Explain::code`] the
//! stable key of RFC 9457 problems. Log text is the main crate's business.

use thiserror::Error;

/// What an error tells a reader in either language.
pub trait Explain: std::error::Error {
    /// Stable key, `<topic>.<fact>`; never translated.
    fn code(&self) -> &'static str;
    /// The Display text in English.
    fn message_en(&self) -> String;
}

/// Why a rule pack (规则包) was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RuleError {
    /// The text is not TOML/JSON of the pack's shape; `line` counts from 1.
    #[error("规则包{kind}第 {line} 行有误：{problem}")]
    Syntax {
        /// Kind of pack, as in [`crate::RulePack::KIND`].
        kind: &'static str,
        /// Line in the text, from 1.
        line: usize,
        /// What the parser found and what it expected.
        problem: String,
    },
    /// The text is well formed, but a value cannot be right.
    #[error("规则包{kind}的 {key} 有误：{problem}；应为：{right}")]
    Value {
        /// Kind of pack.
        kind: &'static str,
        /// Path of the value, as `segments[2].width`.
        key: String,
        /// What is wrong (Chinese).
        problem: String,
        /// What would be right (Chinese).
        right: String,
    },
    /// A stored code that the enumeration does not have.
    #[error("“{given}”不是{what}的代码；可用：{allowed}")]
    UnknownCode {
        /// Name of the enumeration.
        what: &'static str,
        /// What was given.
        given: String,
        /// The allowed codes, comma separated.
        allowed: String,
    },
}

impl RuleError {
    /// A [`RuleError::Value`] with less ceremony.
    pub fn value(
        kind: &'static str,
        key: impl Into<String>,
        problem: impl Into<String>,
        right: impl Into<String>,
    ) -> Self {
        Self::Value { kind, key: key.into(), problem: problem.into(), right: right.into() }
    }
}

impl Explain for RuleError {
    fn code(&self) -> &'static str {
        match self {
            Self::Syntax { .. } => "rule.syntax",
            Self::Value { .. } => "rule.value",
            Self::UnknownCode { .. } => "rule.unknown_code",
        }
    }

    fn message_en(&self) -> String {
        match self {
            Self::Syntax { kind, line, problem } => format!("rule pack {kind}, line {line}: {problem}"),
            Self::Value { kind, key, problem, right } => {
                format!("rule pack {kind}, {key}: {problem}; expected: {right}")
            }
            Self::UnknownCode { what, given, allowed } => {
                format!("`{given}` is not a code of {what}; allowed: {allowed}")
            }
        }
    }
}
