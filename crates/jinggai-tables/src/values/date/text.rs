//! Dates in words and separated digits. The text is already half-width and trimmed.

use jiff::civil::Time;
use jiff::tz::Offset;

use super::{DateHints, DateValue, Outcome, Reading, ValueError, civil, integer, partial, unknown};

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

pub(super) fn read(text: &str, hints: &DateHints) -> Outcome<DateValue> {
    let number = text.strip_suffix(".0").unwrap_or(text);
    if let Ok(value) = number.parse::<i64>()
        && number.len() > 3
    {
        return integer::read(value, hints);
    }
    if let Some(value) = text.parse::<f64>().ok().filter(|_| text.contains('.') && !is_month(text)) {
        return integer::serial(value).map(Reading::Value).ok_or_else(|| unknown(text));
    }
    let value = if text.contains('年') { chinese(text, hints)? } else { western(text, hints)? };
    Ok(Reading::Value(value))
}

/// `2021.07` is a month and not a number.
fn is_month(text: &str) -> bool {
    text.split_once('.').is_some_and(|(year, month)| {
        year.len() == 4
            && (1..=2).contains(&month.len())
            && year.parse::<i64>().is_ok_and(|year| super::YEARS.contains(&year))
    })
}

/// First two parts of `a/b/yyyy` or `a-b-yyyy`, with anything after the year.
pub(super) fn slashed(text: &str) -> Option<(i64, i64)> {
    let day = text.split([' ', 'T']).next()?;
    let mut parts = day.split(['/', '-']);
    let (first, second, third) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || first.len() > 2 || third.len() != 4 {
        return None;
    }
    third.parse::<u16>().ok()?;
    Some((first.parse().ok()?, second.parse().ok()?))
}

/// `2021年7月22日 10时30分`, `2021年7月`, `2021年`.
fn chinese(text: &str, hints: &DateHints) -> Result<DateValue, ValueError> {
    let refuse = || unknown(text);
    let number = |part: &str| part.trim().parse::<i64>().ok().ok_or_else(refuse);
    let (year, rest) = text.split_once('年').ok_or_else(refuse)?;
    let year = number(year)?;
    if rest.trim().is_empty() {
        return partial(year, None, text);
    }
    let (month, rest) = rest.split_once('月').ok_or_else(refuse)?;
    let month = number(month)?;
    let rest = rest.trim();
    if rest.is_empty() {
        return partial(year, Some(month), text);
    }
    let (day, rest) = rest.split_once(['日', '号']).ok_or_else(refuse)?;
    let date = civil(year, month, number(day)?, text)?;
    let clock = rest.trim().replace(['时', '点', '分'], ":").replace('秒', "");
    with_clock(date, clock.trim_end_matches(':'), text, hints)
}

fn western(text: &str, hints: &DateHints) -> Result<DateValue, ValueError> {
    if text.chars().filter(char::is_ascii_alphabetic).count() >= 3
        && let Some(value) = with_month_name(text, hints)?
    {
        return Ok(value);
    }
    let cut = text.find([' ', 'T', 't']);
    let (day, clock) = match cut {
        Some(at) => (text.get(..at).unwrap_or(text), text.get(at + 1..).unwrap_or("").trim()),
        None => (text.trim_end_matches(['Z', 'z']), ""),
    };
    let day = day.trim_end_matches(['.', '/', '-']);
    let parts: Vec<&str> = day.split(['-', '/', '.']).collect();
    let number = |part: &str| {
        let digits = !part.is_empty() && part.len() <= 4 && part.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| part.parse::<i64>().ok()).flatten()
    };
    let dotted = day.contains('.');
    match parts.as_slice() {
        [y, m] if y.len() == 4 && clock.is_empty() => match (number(y), number(m)) {
            (Some(y), Some(m)) => partial(y, Some(m), text),
            _ => Err(unknown(text)),
        },
        [m, y] if y.len() == 4 && clock.is_empty() => match (number(y), number(m)) {
            (Some(y), Some(m)) => partial(y, Some(m), text),
            _ => Err(unknown(text)),
        },
        [a, b, c] => {
            let (Some(first), Some(second), Some(third)) = (number(a), number(b), number(c)) else {
                return Err(unknown(text));
            };
            let date = if a.len() == 4 {
                civil(first, second, third, text)?
            } else if c.len() == 4 {
                let (day, month) = day_and_month(first, second, dotted, text, hints)?;
                civil(third, month, day, text)?
            } else {
                return Err(short_year(text));
            };
            with_clock(date, clock, text, hints)
        }
        _ => Err(unknown(text)),
    }
}

fn short_year(text: &str) -> ValueError {
    ValueError::new(text, "的年份应写四位，如 2021-07-22", "needs a year of four digits, such as 2021-07-22")
}

/// Which is the day: more than 12 tells, dots mean day first, else the column must have told.
fn day_and_month(
    first: i64,
    second: i64,
    dotted: bool,
    text: &str,
    hints: &DateHints,
) -> Result<(i64, i64), ValueError> {
    let day_first = match (first > 12, second > 12) {
        (true, false) => true,
        (false, true) => false,
        _ if dotted || first == second => true,
        _ => hints.day_first.ok_or_else(|| {
            ValueError::new(
                text,
                "分不清日和月，应写成 2021-07-22",
                "does not tell day from month: write 2021-07-22",
            )
        })?,
    };
    Ok(if day_first { (first, second) } else { (second, first) })
}

/// `Fri, 01 Oct 1999 00:00:00 GMT`, `Oct 1, 1999`, `1-Oct-1999`, `Oct 1999`; none without a month's name.
fn with_month_name(text: &str, hints: &DateHints) -> Result<Option<DateValue>, ValueError> {
    let mut month = None;
    let mut numbers = Vec::new();
    let mut clock = Vec::new();
    for token in text
        .split(|c: char| c == ' ' || c == ',' || (c == '-' && !text.contains(':')))
        .filter(|t| !t.is_empty())
    {
        let lower = token.trim_end_matches('.').to_ascii_lowercase();
        if token.contains(':') || !clock.is_empty() {
            clock.push(token);
        } else if let Some(at) = MONTHS.iter().position(|name| {
            lower.len() >= 3 && name.starts_with(&lower) || lower == "sept" && *name == "september"
        }) {
            month = Some(at as i64 + 1);
        } else if let Ok(number) = lower.trim_end_matches(['s', 't', 'h', 'n', 'd', 'r']).parse::<i64>() {
            numbers.push((number, token.len()));
        }
    }
    let Some(month) = month else { return Ok(None) };
    match numbers.as_slice() {
        [(year, 4)] => partial(*year, Some(month), text).map(Some),
        [(year, 4), (day, _)] | [(day, _), (year, 4)] => {
            let date = civil(*year, month, *day, text)?;
            with_clock(date, &clock.join(" "), text, hints).map(Some)
        }
        [(_, 1..=2), (_, 1..=2)] => Err(short_year(text)),
        _ => Err(unknown(text)),
    }
}

/// Adds the time of day; with an offset it becomes a point in time.
fn with_clock(
    date: jiff::civil::Date,
    clock: &str,
    text: &str,
    hints: &DateHints,
) -> Result<DateValue, ValueError> {
    if clock.is_empty() {
        return Ok(DateValue::day(date));
    }
    let (clock, offset) = split_offset(clock);
    let upper = clock.trim().to_ascii_uppercase();
    let (clock, half) = match (upper.strip_suffix("AM"), upper.strip_suffix("PM")) {
        (Some(clock), _) => (clock.trim(), Some(0)),
        (_, Some(clock)) => (clock.trim(), Some(12)),
        _ => (upper.as_str(), None),
    };
    let time = time(clock, half).ok_or_else(|| {
        ValueError::new(
            text,
            "的时间看不懂，应为 时:分:秒",
            "has a time that is not understood: write hours:minutes:seconds",
        )
    })?;
    let value =
        DateValue { time: Some(time).filter(|time| *time != Time::midnight()), ..DateValue::day(date) };
    let Some(offset) = offset else { return Ok(value) };
    let at = offset.to_timestamp(date.to_datetime(time)).ok().ok_or_else(|| unknown(text))?;
    if time == Time::midnight() {
        // Midnight with any zone is how programs write a plain date.
        return Ok(DateValue { instant: Some(at), ..value });
    }
    super::checked(DateValue::instant(at, hints), text)
}

/// Takes `Z`, `GMT`, `UTC` or `+08:00` from the end.
fn split_offset(clock: &str) -> (&str, Option<Offset>) {
    let clock = clock.trim();
    for name in ["GMT", "UTC", "Z", "z"] {
        if let Some(rest) = clock.strip_suffix(name) {
            return (rest, Some(Offset::UTC));
        }
    }
    let Some(at) = clock.rfind(['+', '-']) else { return (clock, None) };
    let (rest, sign) = clock.split_at(at);
    let digits: String = sign.chars().filter(char::is_ascii_digit).collect();
    let (hours, minutes) = match digits.len() {
        2 => (digits.as_str(), "0"),
        4 => digits.split_at(2),
        _ => return (clock, None),
    };
    let seconds = match (hours.parse::<i32>(), minutes.parse::<i32>()) {
        (Ok(hours), Ok(minutes)) => hours * 3600 + minutes * 60,
        _ => return (clock, None),
    };
    let seconds = if sign.starts_with('-') { -seconds } else { seconds };
    match Offset::from_seconds(seconds) {
        Ok(offset) => (rest, Some(offset)),
        Err(_) => (clock, None),
    }
}

fn time(clock: &str, half: Option<i8>) -> Option<Time> {
    let mut parts = clock.split(':');
    let hour: i8 = parts.next()?.trim().parse().ok()?;
    let minute: i8 = parts.next().unwrap_or("0").trim().parse().ok()?;
    let seconds: f64 = parts.next().unwrap_or("0").trim().parse().ok()?;
    if parts.next().is_some() || !(0.0..60.0).contains(&seconds) {
        return None;
    }
    let hour = match half {
        Some(_) if !(1..=12).contains(&hour) => return None,
        Some(half) => hour % 12 + half,
        None => hour,
    };
    let second = seconds.floor();
    let nanosecond = ((seconds - second) * 1e9).round().min(999_999_999.0);
    Time::new(hour, minute, second as i8, nanosecond as i32).ok()
}
