//! Code schemes (编码规则) as data: segments, widths, check characters, class list.

use serde::{Deserialize, Serialize};

use super::check_digit::CheckDigit;
use crate::error::RuleError;
use crate::pack::{PackHead, RulePack};

/// A numbering scheme for covers. Its key is the id of its pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeScheme {
    /// Head; its id is the scheme's key and is stored with every code.
    pub pack: PackHead,
    /// Chinese name shown to people.
    pub name: String,
    /// Id of the class list that the class segment is read with; needed when there is a class segment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class_list: Option<String>,
    /// Greatest length in characters: the sum of the widths.
    pub total: usize,
    /// How the check characters are computed.
    pub check: CheckDigit,
    /// The segments, left to right.
    pub segments: Vec<Segment>,
}

/// A run of characters of a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Segment {
    /// Key of the part, unique in the scheme.
    pub key: String,
    /// Chinese name, used in messages.
    pub name: String,
    /// What the segment means.
    pub role: SegmentRole,
    /// Width in characters (the greatest one if `min_width` is given).
    pub width: usize,
    /// Least width of the one segment that may vary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_width: Option<usize>,
    /// Characters allowed.
    #[serde(default)]
    pub charset: Charset,
    /// The text of a fixed segment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// What a segment means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SegmentRole {
    /// 行政区划: an area code, checked against the caller's list.
    Area,
    /// 大类小类: two digits of 大类, the rest 小类, read with the class list.
    Class,
    /// 顺序号: counts within the scope of the other segments.
    Sequence,
    /// 固定字符.
    Fixed,
    /// 自由部分: any characters of the charset.
    Free,
    /// 单位代码: checked against the caller's list.
    Unit,
    /// 校验码.
    Check,
}

/// Characters a segment may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Charset {
    /// 数字.
    #[default]
    Digits,
    /// 数字或大写字母.
    Alphanumeric,
    /// 任意可见字符.
    Any,
}

impl Charset {
    /// Whether the character is allowed.
    pub fn allows(self, c: char) -> bool {
        match self {
            Self::Digits => c.is_ascii_digit(),
            Self::Alphanumeric => c.is_ascii_digit() || c.is_ascii_uppercase(),
            Self::Any => !c.is_control(),
        }
    }

    /// What is allowed, in Chinese.
    pub const fn name_zh(self) -> &'static str {
        match self {
            Self::Digits => "数字",
            Self::Alphanumeric => "数字或大写字母",
            Self::Any => "可见字符",
        }
    }
}

impl CodeScheme {
    /// The key stored with every code of this scheme.
    pub fn key(&self) -> &str {
        &self.pack.id
    }

    /// The first segment with this role.
    pub fn segment(&self, role: SegmentRole) -> Option<&Segment> {
        self.segments.iter().find(|segment| segment.role == role)
    }

    /// Least length in characters.
    pub fn least(&self) -> usize {
        self.segments.iter().map(|segment| segment.min_width.unwrap_or(segment.width)).sum()
    }

    /// Digits of 小类 in the class segment.
    pub fn minor_width(&self) -> Option<usize> {
        self.segment(SegmentRole::Class).map(|segment| segment.width.saturating_sub(2))
    }
}

impl RulePack for CodeScheme {
    const KIND: &'static str = "code_scheme";
    const SHIPPED: &'static [&'static str] = &[
        include_str!("../../packs/code-cjt214-16.toml"),
        include_str!("../../packs/code-gbt30428-16.toml"),
        include_str!("../../packs/code-sichuan-19.toml"),
        include_str!("../../packs/code-free.toml"),
    ];

    fn head(&self) -> &PackHead {
        &self.pack
    }

    fn check_content(&self) -> Result<(), RuleError> {
        let wrong =
            |key: String, problem: String, right: &str| RuleError::value(Self::KIND, key, problem, right);
        if self.segments.is_empty() {
            return Err(wrong("segments".into(), "为空".into(), "至少一段"));
        }
        for (index, segment) in self.segments.iter().enumerate() {
            self.check_segment(segment, &format!("segments[{index}]"), &self.segments[..index])?;
        }
        let sum: usize = self.segments.iter().map(|segment| segment.width).sum();
        if sum != self.total {
            return Err(wrong("total".into(), self.total.to_string(), &format!("各段宽度之和 {sum}")));
        }
        if self.segments.iter().filter(|segment| segment.min_width.is_some()).count() > 1 {
            return Err(wrong("segments".into(), "有多个变长段".into(), "最多一段有 min_width"));
        }
        let has_check = self.segment(SegmentRole::Check).is_some();
        if has_check != (self.check != CheckDigit::None) {
            let right = "有校验算法时恰有一个 role = \"check\" 的段，无校验时没有";
            return Err(wrong("check".into(), format!("{:?}", self.check), right));
        }
        if self.segment(SegmentRole::Class).is_some() != self.class_list.is_some() {
            let right = "有小类段时写明清单（如 cjt214-2007），没有小类段时不写";
            return Err(wrong("class_list".into(), format!("{:?}", self.class_list), right));
        }
        Ok(())
    }
}

impl CodeScheme {
    fn check_segment(&self, segment: &Segment, at: &str, before: &[Segment]) -> Result<(), RuleError> {
        let wrong = |field: &str, problem: String, right: &str| {
            RuleError::value(Self::KIND, format!("{at}.{field}"), problem, right)
        };
        if segment.key.is_empty() || before.iter().any(|other| other.key == segment.key) {
            return Err(wrong("key", format!("“{}”", segment.key), "非空且不与其他段重复"));
        }
        if segment.width == 0 || segment.width > 64 {
            return Err(wrong("width", segment.width.to_string(), "1 到 64"));
        }
        if segment.min_width.is_some_and(|least| least >= segment.width) {
            return Err(wrong("min_width", format!("{:?}", segment.min_width), "小于 width"));
        }
        let once = !matches!(segment.role, SegmentRole::Fixed | SegmentRole::Free);
        if once && before.iter().any(|other| other.role == segment.role) {
            return Err(wrong("role", format!("{:?} 重复", segment.role), "除固定段和自由段外每种只有一段"));
        }
        if segment.min_width.is_some() && !matches!(segment.role, SegmentRole::Free | SegmentRole::Unit) {
            return Err(wrong("min_width", "不能变长".into(), "只有自由段和单位段可以变长"));
        }
        match segment.role {
            SegmentRole::Fixed => {
                let text = segment.text.as_deref().unwrap_or_default();
                let fits =
                    text.chars().count() == segment.width && text.chars().all(|c| segment.charset.allows(c));
                if !fits {
                    return Err(wrong("text", format!("“{text}”"), "宽度等于 width 且字符合 charset 的文字"));
                }
            }
            _ if segment.text.is_some() => {
                return Err(wrong("text", "不是固定段".into(), "只有 role = \"fixed\" 的段有 text"));
            }
            SegmentRole::Class if !(4..=5).contains(&segment.width) => {
                return Err(wrong("width", segment.width.to_string(), "4（2+2）或 5（2+3）"));
            }
            SegmentRole::Sequence if segment.width > 18 => {
                return Err(wrong("width", segment.width.to_string(), "顺序号最多 18 位"));
            }
            SegmentRole::Check if segment.width != self.check.width() => {
                let right = format!("校验算法的位数 {}", self.check.width());
                return Err(wrong("width", segment.width.to_string(), &right));
            }
            _ => {}
        }
        let digits_only =
            matches!(segment.role, SegmentRole::Area | SegmentRole::Class | SegmentRole::Sequence);
        if (digits_only || self.check != CheckDigit::None) && segment.charset != Charset::Digits {
            return Err(wrong(
                "charset",
                format!("{:?}", segment.charset),
                "digits（区划、小类、顺序号及带校验的编号）",
            ));
        }
        Ok(())
    }
}
