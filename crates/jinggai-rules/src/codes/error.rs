//! What can be wrong with a code, naming the segment and what would be right.

use thiserror::Error;

use crate::error::Explain;
use crate::kinds::CoverKind;

/// Why a code was refused or could not be made. `segment` is the Chinese name of the segment.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CodeError {
    /// The code has the wrong length.
    #[error("编号“{given}”有 {found} 位；{scheme}应为 {want} 位")]
    Length {
        /// Name of the scheme.
        scheme: String,
        /// The code as given.
        given: String,
        /// Characters found.
        found: usize,
        /// Characters allowed, as `16` or `1–64`.
        want: String,
    },
    /// A character that the segment does not allow; `position` counts from 1.
    #[error("编号第 {position} 位（{segment}）是“{found}”，应为{want}")]
    Character {
        /// Segment.
        segment: String,
        /// Position in the code, from 1.
        position: usize,
        /// What stands there.
        found: char,
        /// What may stand there.
        want: &'static str,
    },
    /// A fixed segment holds something else.
    #[error("编号的{segment}是“{found}”，应固定为“{want}”")]
    Fixed {
        /// Segment.
        segment: String,
        /// What stands there.
        found: String,
        /// What must stand there.
        want: String,
    },
    /// The check characters do not fit the rest: a digit was mistyped.
    #[error("编号的{segment}是“{found}”，按其余各位计算应为“{want}”，请核对是否录错")]
    CheckCharacters {
        /// Segment.
        segment: String,
        /// What stands there.
        found: String,
        /// What would be right.
        want: String,
    },
    /// The area is not in the list of areas.
    #[error("编号的{segment}“{value}”不在区划表中，应为本区或历史区划的代码")]
    UnknownArea {
        /// Segment.
        segment: String,
        /// Area code found.
        value: String,
    },
    /// The unit is not known.
    #[error("编号的{segment}“{value}”不是已登记单位的代码")]
    UnknownUnit {
        /// Segment.
        segment: String,
        /// Unit code found.
        value: String,
    },
    /// The class is not in the class list.
    #[error("编号的{segment}“{value}”不在清单“{list}”中")]
    UnknownClass {
        /// Segment.
        segment: String,
        /// Class found.
        value: String,
        /// Id of the class list.
        list: String,
    },
    /// The class means another kind than the record says.
    #[error("编号的{segment}“{value}”在清单“{list}”中是“{class_name}”，与井盖类型“{}”不符；应为 {want}", kind.name_zh())]
    ClassOfOtherKind {
        /// Segment.
        segment: String,
        /// Class found.
        value: String,
        /// Id of the class list.
        list: String,
        /// Name of the class found.
        class_name: Box<str>,
        /// Kind of the record.
        kind: CoverKind,
        /// Class of that kind, or 无对应小类.
        want: String,
    },
    /// The class list has no class for a kind.
    #[error("清单“{list}”没有“{}”的小类，请改用其他编码规则或给清单增加扩展小类", kind.name_zh())]
    NoClass {
        /// Id of the class list.
        list: String,
        /// Kind.
        kind: CoverKind,
    },
    /// A part that is needed to make a code is missing.
    #[error("生成编号缺少{segment}（{key}）")]
    MissingPart {
        /// Segment.
        segment: String,
        /// Key of the part.
        key: String,
    },
    /// A part has the wrong width.
    #[error("编号的{segment}“{value}”宽度不对，应为 {want} 位")]
    PartWidth {
        /// Segment.
        segment: String,
        /// Value given.
        value: String,
        /// Width allowed.
        want: String,
    },
    /// A part that the scheme does not have.
    #[error("编码规则没有“{key}”这一段；可用：{allowed}")]
    UnknownPart {
        /// Key given.
        key: String,
        /// Keys of the scheme.
        allowed: String,
    },
    /// All sequence numbers of the scope are used up.
    #[error("{segment}已用到 {max}，该范围内不能再编号，请启用新的编码规则或区划代码")]
    Exhausted {
        /// Segment.
        segment: String,
        /// Highest number of the width.
        max: u64,
    },
    /// The scheme has no sequence, so it cannot give out numbers.
    #[error("“{scheme}”没有顺序号段，不能自动编号，请录入编号")]
    NoSequence {
        /// Name of the scheme.
        scheme: String,
    },
}

impl Explain for CodeError {
    fn code(&self) -> &'static str {
        match self {
            Self::Length { .. } => "code.length",
            Self::Character { .. } => "code.character",
            Self::Fixed { .. } => "code.fixed",
            Self::CheckCharacters { .. } => "code.check_characters",
            Self::UnknownArea { .. } => "code.unknown_area",
            Self::UnknownUnit { .. } => "code.unknown_unit",
            Self::UnknownClass { .. } => "code.unknown_class",
            Self::ClassOfOtherKind { .. } => "code.class_of_other_kind",
            Self::NoClass { .. } => "code.no_class",
            Self::MissingPart { .. } => "code.missing_part",
            Self::PartWidth { .. } => "code.part_width",
            Self::UnknownPart { .. } => "code.unknown_part",
            Self::Exhausted { .. } => "code.exhausted",
            Self::NoSequence { .. } => "code.no_sequence",
        }
    }

    fn message_en(&self) -> String {
        match self {
            Self::Length { scheme, given, found, want } => {
                format!("code `{given}` has {found} characters; {scheme} has {want}")
            }
            Self::Character { segment, position, found, want } => {
                let want = Self::charset_en(want);
                format!("character {position} of the code ({segment}) is `{found}`, expected {want}")
            }
            Self::Fixed { segment, found, want } => {
                format!("segment {segment} is `{found}`, it must be `{want}`")
            }
            Self::CheckCharacters { segment, found, want } => {
                format!(
                    "segment {segment} is `{found}`, the other characters give `{want}`: check for a typing error"
                )
            }
            Self::UnknownArea { segment, value } => {
                format!("segment {segment}: `{value}` is no area of the list, past ones included")
            }
            Self::UnknownUnit { segment, value } => {
                format!("segment {segment}: `{value}` is no registered unit")
            }
            Self::UnknownClass { segment, value, list } => {
                format!("segment {segment}: `{value}` is not in class list `{list}`")
            }
            Self::ClassOfOtherKind { segment, value, list, class_name, kind, want } => format!(
                "segment {segment}: `{value}` means {class_name} in class list `{list}`, but the cover is {}; expected {want}",
                kind.name_en()
            ),
            Self::NoClass { list, kind } => {
                format!("class list `{list}` has no class for {}", kind.name_en())
            }
            Self::MissingPart { segment, key } => format!("part `{key}` ({segment}) is missing"),
            Self::PartWidth { segment, value, want } => {
                format!("segment {segment}: `{value}` must have {want} characters")
            }
            Self::UnknownPart { key, allowed } => {
                format!("the scheme has no segment `{key}`; allowed: {allowed}")
            }
            Self::Exhausted { segment, max } => {
                format!("{segment} has reached {max}: no number is left in this scope")
            }
            Self::NoSequence { scheme } => format!("{scheme} has no sequence and cannot give out numbers"),
        }
    }
}

impl CodeError {
    fn charset_en(want: &str) -> &'static str {
        match want {
            "数字" => "a digit",
            "数字或大写字母" => "a digit or capital letter",
            "数字或 X" => "a digit or X",
            _ => "a printable character",
        }
    }
}
