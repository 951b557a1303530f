//! The district's time: moments are UTC, days are those of Asia/Shanghai.
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};

/// The district's time zone.
#[must_use]
pub fn zone() -> TimeZone {
    // The zone is compiled into jiff; UTC+8 without summer time is what it has been since 1991.
    TimeZone::get("Asia/Shanghai").unwrap_or_else(|_e| TimeZone::fixed(jiff::tz::offset(8)))
}

/// The moment as people of the district read it.
#[must_use]
pub fn local(t: Timestamp) -> ZonedDateTime {
    t.to_zoned_datetime(zone())
}

/// The day it is in the district.
#[must_use]
pub fn today() -> Date {
    local(Timestamp::now()).date()
}

/// A moment of the district's clocks as a moment of the world; none beyond what a moment can hold.
#[must_use]
pub fn moment(at: DateTime) -> Option<Timestamp> {
    Some(at.to_zoned_datetime(zone()).ok()?.timestamp())
}

/// Midnight with which a day of the district begins.
#[must_use]
pub fn midnight(day: Date) -> Timestamp {
    // Only the very first day that can be written begins before the first moment that can.
    moment(day.to_datetime(Time::midnight())).unwrap_or(Timestamp::MIN)
}
