//! What is asked of an import, the same for the command line and the HTTP door.
use super::mapping::Mapping;
use crate::error::{AppError, Result};
use jinggai_rules::kinds::CoverKind;
use serde::{Deserialize, Serialize};

/// What a file holds (导入内容).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// 井盖.
    #[default]
    Covers,
    /// 管线.
    Pipes,
    /// 责任单位.
    Responsibilities,
}

impl What {
    /// The stored code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            What::Covers => "covers",
            What::Pipes => "pipes",
            What::Responsibilities => "responsibilities",
        }
    }
}

/// Options of an import.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// What the file holds.
    pub what: What,
    /// Coordinate system of the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crs: Option<String>,
    /// `xy` or `yx`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub axes: Option<String>,
    /// Key of the source; default: the name of the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Code of the unit that owns rows without an owner of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Code of the area of rows without one of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub area: Option<String>,
    /// Kind of rows that do not tell theirs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Layer or sheet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layer: Option<String>,
    /// Do not make units for unknown owner names.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub no_create_units: bool,
    /// The mapping given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub map: Option<Mapping>,
    /// Say what would happen, and change nothing.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
}

impl Options {
    /// Digest of everything that decides what an import does, for going on after a break.
    #[must_use]
    pub fn digest(&self) -> String {
        crate::files::digest(serde_json::to_string(self).unwrap_or_default().as_bytes())
    }

    /// The kind given, if any.
    ///
    /// # Errors
    /// `import.kind` with the kinds there are.
    pub fn kind(&self) -> Result<Option<CoverKind>> {
        let Some(text) = self.kind.as_deref() else { return Ok(None) };
        let found = CoverKind::from_code(text)
            .or_else(|| CoverKind::recognise(text).filter(|r| r.others.is_empty()).map(|r| r.value));
        found.map(Some).ok_or_else(|| {
            let known: Vec<String> =
                CoverKind::ALL.iter().map(|k| format!("{}（{}）", k.code(), k.name_zh())).collect();
            AppError::field(
                "import.kind",
                "kind",
                format!("不认识井盖类型“{text}”；可用：{}", known.join("、")),
                format!("{text:?} is no kind of cover"),
            )
        })
    }
}

/// The key of a source (来源标识): letters, digits, Han and `-_.` only, at most 64 characters.
#[must_use]
pub fn source_key(text: &str) -> String {
    let mut key: String = text
        .trim()
        .chars()
        .map(|c| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' })
        .take(64)
        .collect();
    if key.is_empty() {
        key.push_str("file");
    }
    key
}
