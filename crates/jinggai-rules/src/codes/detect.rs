//! Which scheme a column of codes follows, and whether a spreadsheet has damaged it.

use super::class_list::ClassList;
use super::number::{CodeContext, clean};
use super::scheme::CodeScheme;

/// How well one scheme fits a sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Key of the scheme.
    pub scheme: String,
    /// Codes that validate.
    pub fits: usize,
    /// Codes in the sample.
    pub of: usize,
}

/// Schemes that fit a sample, best first, and what a person must decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detection {
    /// Schemes that fit at least half of the codes; at equal fit, stricter shapes come first.
    pub candidates: Vec<Candidate>,
    /// Set when the numbers alone cannot decide between the first candidates (Chinese).
    pub note: Option<String>,
}

/// Tries every scheme on a sample of codes. `class_lists` are those named by the schemes, `area_exists` the list of
/// areas if there is one. Blank codes do not count.
pub fn detect(
    sample: &[&str],
    schemes: &[CodeScheme],
    class_lists: &[ClassList],
    area_exists: Option<&dyn Fn(&str) -> bool>,
) -> Detection {
    let codes: Vec<String> = sample.iter().map(|code| clean(code)).filter(|code| !code.is_empty()).collect();
    let mut fitting: Vec<(Candidate, &CodeScheme)> = schemes
        .iter()
        .map(|scheme| {
            let class_list =
                class_lists.iter().find(|list| Some(&list.pack.id) == scheme.class_list.as_ref());
            let context = CodeContext { area_exists, class_list, ..CodeContext::default() };
            let fits = codes.iter().filter(|code| scheme.validate_code(code, &context).is_ok()).count();
            (Candidate { scheme: scheme.key().to_owned(), fits, of: codes.len() }, scheme)
        })
        .filter(|(candidate, _)| candidate.fits > 0 && candidate.fits * 2 >= candidate.of)
        .collect();
    fitting.sort_by_key(|(candidate, scheme)| (freedom(scheme), usize::MAX - candidate.fits));
    let note = undecided(&fitting);
    Detection { candidates: fitting.into_iter().map(|(candidate, _)| candidate).collect(), note }
}

/// What a spreadsheet did to a long number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SpreadsheetDamage {
    /// 科学计数: written as `3.20508E+15`, the digits are lost.
    Scientific,
    /// 末尾被改成零: a number of more than 15 digits whose digits after the 15th are all zero.
    ZeroTail,
    /// 小数点: a trailing `.0`; the digits before it may still be whole.
    Decimal,
}

impl SpreadsheetDamage {
    /// What to tell the person who brought the file.
    pub const fn message_zh(self) -> &'static str {
        match self {
            Self::Scientific => {
                "编号被电子表格改成科学计数法，末尾数字已丢失；请把该列设为文本后重新导出原始数据"
            }
            Self::ZeroTail => {
                "编号第 15 位以后全是 0，很可能被电子表格舍入；请把该列设为文本后重新导出原始数据"
            }
            Self::Decimal => "编号带小数点，说明该列被当作数字；请把该列设为文本后重新导出",
        }
    }
}

/// Recognises a code that a spreadsheet has turned into a number. A `ZeroTail` of one digit (16-digit codes) happens
/// honestly in one code of ten: judge the column, not the row.
pub fn spreadsheet_damage(code: &str) -> Option<SpreadsheetDamage> {
    let code = clean(code);
    if let Some((mantissa, exponent)) = code.split_once(['e', 'E']) {
        let number = mantissa.chars().all(|c| c.is_ascii_digit() || c == '.') && mantissa.contains('.');
        let power = exponent.trim_start_matches('+');
        if number && !power.is_empty() && power.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(SpreadsheetDamage::Scientific);
        }
    }
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if let Some((whole, tail)) = code.split_once('.')
        && digits(whole)
        && digits(tail)
        && tail.bytes().all(|byte| byte == b'0')
    {
        return Some(SpreadsheetDamage::Decimal);
    }
    let zero_tail = digits(&code) && code.len() > 15 && code[15..].bytes().all(|byte| byte == b'0');
    zero_tail.then_some(SpreadsheetDamage::ZeroTail)
}

/// Characters that a scheme lets through unchecked: the fewer, the more its fit says.
fn freedom(scheme: &CodeScheme) -> usize {
    use super::scheme::{Charset, SegmentRole};
    let open = |role| matches!(role, SegmentRole::Free | SegmentRole::Unit);
    let widths = scheme
        .segments
        .iter()
        .filter(|segment| open(segment.role))
        .map(|segment| if segment.charset == Charset::Any { segment.width * 10 } else { segment.width });
    widths.sum()
}

fn undecided(fitting: &[(Candidate, &CodeScheme)]) -> Option<String> {
    let (_, first) = fitting.first()?;
    let twins: Vec<&str> = fitting
        .iter()
        .filter(|(_, scheme)| freedom(scheme) == freedom(first) && scheme.total == first.total)
        .map(|(_, scheme)| scheme.name.as_str())
        .collect();
    if twins.len() < 2 {
        return None;
    }
    Some(format!("{}长度相同，不能从号码本身区分，请按数据来源选定编码规则", twins.join("与")))
}
