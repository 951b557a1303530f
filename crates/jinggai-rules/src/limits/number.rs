//! Numbers at the beginning of a text: digits, or Chinese numerals up to 9999.

/// What a text begins with.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Number<'t> {
    /// No number.
    None,
    /// A half or another fraction.
    NotWhole,
    /// More than fits.
    TooLarge,
    /// A whole number and the text behind it.
    Whole(u32, &'t str),
}

/// Reads the number a text begins with; width must be folded and blanks removed.
pub(super) fn leading(text: &str) -> Number<'_> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    if digits > 0 {
        return decimal(text, digits);
    }
    let len: usize = text.chars().take_while(|c| is_han_numeral(*c)).map(char::len_utf8).sum();
    let (numeral, rest) = text.split_at(len);
    if rest.starts_with('半') || rest.starts_with("个半") {
        return Number::NotWhole;
    }
    match (numeral, han_number(numeral)) {
        ("", _) => Number::None,
        (_, Some(number)) => Number::Whole(number, rest),
        // 一二三 is three numbers: let the caller see the rest as another one.
        (_, None) => Number::Whole(1, numeral),
    }
}

/// Whether a number of any kind occurs in a text.
pub(super) fn has_number(text: &str) -> bool {
    text.chars().any(|c| c.is_ascii_digit() || is_han_numeral(c))
}

fn decimal(text: &str, digits: usize) -> Number<'_> {
    let (whole, mut rest) = text.split_at(digits);
    if let Some(fraction) = rest.strip_prefix('.') {
        let behind = fraction.trim_start_matches('0');
        if behind.len() == fraction.len() || behind.starts_with(|c: char| c.is_ascii_digit()) {
            return Number::NotWhole;
        }
        rest = behind;
    }
    if rest.starts_with('半') || rest.starts_with("个半") {
        return Number::NotWhole;
    }
    whole.parse().map_or(Number::TooLarge, |number| Number::Whole(number, rest))
}

fn is_han_numeral(c: char) -> bool {
    "〇零一二两俩三四五六七八九十百千".contains(c)
}

/// 二十四, 十五, 一百零二, 两千; `None` if the characters are no number, or one that only speech settles (一百五).
fn han_number(numeral: &str) -> Option<u32> {
    let mut reading = HanReading { total: 0, scale: None, digit: None, zero: false };
    for c in numeral.chars() {
        match c {
            '十' => reading.close(10)?,
            '百' => reading.close(100)?,
            '千' => reading.close(1000)?,
            '〇' | '零' if reading.digit.is_none() => reading.zero = true,
            _ if reading.digit.is_none() => reading.digit = Some(han_digit(c)?),
            _ => return None,
        }
    }
    if reading.digit.is_some() {
        reading.close(1)?;
    }
    Some(reading.total)
}

struct HanReading {
    total: u32,
    /// The scale closed last; the next must be smaller.
    scale: Option<u32>,
    /// A digit waiting for its scale.
    digit: Option<u32>,
    /// 零 stands before the digit.
    zero: bool,
}

impl HanReading {
    fn close(&mut self, scale: u32) -> Option<()> {
        if let Some(above) = self.scale {
            // A skipped scale is spoken as 零: 一百零五, not 一百五.
            if scale >= above || (scale * 10 < above && !self.zero) {
                return None;
            }
        }
        // Only a leading 十 may stand without a digit: 十五.
        let bare = (scale == 10 && self.scale.is_none()).then_some(1);
        self.total += self.digit.take().or(bare)? * scale;
        (self.scale, self.zero) = (Some(scale), false);
        Some(())
    }
}

fn han_digit(c: char) -> Option<u32> {
    let value = match c {
        '一' => 1,
        '二' | '两' | '俩' => 2,
        '三' => 3,
        '四' => 4,
        '五' => 5,
        '六' => 6,
        '七' => 7,
        '八' => 8,
        '九' => 9,
        _ => return None,
    };
    Some(value)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The usual writing of a number up to 9999.
    pub(in super::super) fn han(number: u32) -> String {
        let digits = ['零', '一', '二', '三', '四', '五', '六', '七', '八', '九'];
        let mut text = String::new();
        let mut gap = false;
        for (scale, name) in [(1000, "千"), (100, "百"), (10, "十"), (1, "")] {
            let digit = number / scale % 10;
            if digit == 0 {
                gap = !text.is_empty();
                continue;
            }
            if std::mem::take(&mut gap) {
                text.push('零');
            }
            if !(digit == 1 && scale == 10 && text.is_empty()) {
                text.push(digits[digit as usize]);
            }
            text += name;
        }
        text
    }

    #[test]
    fn chinese_numerals() {
        let check = |text: &str, want: Option<u32>| assert_eq!(han_number(text), want, "{text}");
        check("十", Some(10));
        check("十五", Some(15));
        check("二十四", Some(24));
        check("一百零二", Some(102));
        check("一百一十", Some(110));
        check("两千", Some(2000));
        check("百", None);
        check("十十", None);
        check("十百", None);
        check("一二", None);
        check("一百五", None);
        check("一千五十", None);
        check("一千零五十", Some(1050));
        check("零", Some(0));
        check("九千九百九十九", Some(9999));
        assert_eq!(han(110), "一百一十");
        assert_eq!(han(1002), "一千零二");
        assert_eq!(han(12), "十二");
    }

    #[test]
    fn numbers_in_front() {
        let check = |text: &str, want: Number<'_>| assert_eq!(leading(text), want, "{text}");
        check("12天", Number::Whole(12, "天"));
        check("2.00天", Number::Whole(2, "天"));
        check("2.05天", Number::NotWhole);
        check("2.天", Number::NotWhole);
        check("99999999999天", Number::TooLarge);
        check("两天", Number::Whole(2, "天"));
        check("天", Number::None);
    }
}
