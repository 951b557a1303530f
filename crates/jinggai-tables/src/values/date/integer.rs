//! Numbers as dates: a year, compact digits, a spreadsheet serial, or seconds or milliseconds since 1970, also before it.

use jiff::Timestamp;
use jiff::civil::Time;

use super::{
    Absence, DateHints, DateValue, EpochUnit, Outcome, Reading, ValueError, civil, partial, unknown,
};

/// 1850 to 2150 in seconds: larger numbers are milliseconds.
const SECONDS_MAX: i64 = 5_700_000_000;
const SECONDS_MIN: i64 = -3_800_000_000;
/// Serials of 1954-10-03 to 2099-12-31; smaller ones would be years, larger ones digits.
const SERIALS: std::ops::RangeInclusive<i64> = 20_000..=73_050;
/// Day 0 of the serials that spreadsheets use (the leap day of 1900 that never was lies before the range above).
const SERIAL_ZERO: jiff::civil::Date = jiff::civil::date(1899, 12, 30);

/// What a number alone says about the epoch's unit; small ones say nothing.
pub(super) fn unit(value: i64) -> Option<EpochUnit> {
    let is_digits = civil_digits(value).is_some();
    if !(SECONDS_MIN..=SECONDS_MAX).contains(&value) {
        (!is_digits).then_some(EpochUnit::Millisecond)
    } else if value.abs() >= 100_000_000 {
        Some(EpochUnit::Second)
    } else {
        None
    }
}

pub(super) fn read(value: i64, hints: &DateHints) -> Outcome<DateValue> {
    let text = value.to_string();
    if value == 0 {
        return Ok(Reading::Missing(Absence::Sentinel(text)));
    }
    plain(value, hints, &text).map(Reading::Value)
}

fn plain(value: i64, hints: &DateHints, text: &str) -> Result<DateValue, ValueError> {
    if super::YEARS.contains(&value) {
        return partial(value, None, text);
    }
    if (180_001..=220_012).contains(&value) && (1..=12).contains(&(value % 100)) {
        return partial(value / 100, Some(value % 100), text);
    }
    if SERIALS.contains(&value) && hints.epoch.is_none() {
        return serial(value as f64).ok_or_else(|| unknown(text));
    }
    if (18_000_101..=22_001_231).contains(&value) && hints.epoch != Some(EpochUnit::Second) {
        return civil(value / 10_000, value / 100 % 100, value % 100, text).map(DateValue::day);
    }
    if let Some(value) = civil_digits(value).filter(|_| hints.epoch.is_none()) {
        return Ok(value);
    }
    let unit = hints.epoch.or_else(|| unit(value)).ok_or_else(|| unknown(text))?;
    let at = match unit {
        EpochUnit::Second => Timestamp::from_second(value),
        EpochUnit::Millisecond => Timestamp::from_millisecond(value),
    };
    let at = at.ok().ok_or_else(|| unknown(text))?;
    super::checked(DateValue::instant(at, hints), text)
}

/// `YYYYMMDDHHMM` and `YYYYMMDDHHMMSS`.
fn civil_digits(value: i64) -> Option<DateValue> {
    let (day, hour, minute, second) = match value {
        180_001_010_000..=220_012_312_359 => (value / 10_000, value / 100 % 100, value % 100, 0),
        18_000_101_000_000..=22_001_231_235_959 => {
            (value / 1_000_000, value / 10_000 % 100, value / 100 % 100, value % 100)
        }
        _ => return None,
    };
    let small = |n: i64| i8::try_from(n).ok();
    let date = civil(day / 10_000, day / 100 % 100, day % 100, "").ok()?;
    let time = Time::new(small(hour)?, small(minute)?, small(second)?, 0).ok()?;
    Some(DateValue { time: Some(time), ..DateValue::day(date) })
}

/// A spreadsheet serial with its time of day.
pub(super) fn serial(value: f64) -> Option<DateValue> {
    let days = value.floor();
    if !SERIALS.contains(&(days as i64)) {
        return None;
    }
    let date = SERIAL_ZERO.checked_add(jiff::Span::new().try_days(days as i64).ok()?).ok()?;
    let seconds = ((value - days) * 86_400.0).round() as i64;
    if seconds == 0 {
        return Some(DateValue::day(date));
    }
    let at =
        date.to_datetime(Time::midnight()).checked_add(jiff::Span::new().try_seconds(seconds).ok()?).ok()?;
    Some(DateValue { time: Some(at.time()), ..DateValue::day(at.date()) })
}
