//! How many deadlines a second one core computes, beside a walker that goes day by day; part of `make bench`.
use std::hint::black_box;
use std::time::Instant;

use jiff::ToSpan;
use jiff::civil::{DateTime, date};
use jinggai_rules::calendar::WorkCalendar;
use jinggai_rules::clock::{Limit, Pause, TimeUnit, deadline};

const STARTS: u32 = 2_000_000;

fn main() {
    let calendar = WorkCalendar::shipped();
    let base = date(2025, 1, 1).at(0, 0, 0, 0);
    let starts: Vec<DateTime> = (0..i64::from(STARTS)).map(|n| base + (n % 900_000).minutes()).collect();
    let pauses: Vec<Pause> =
        starts.iter().map(|s| Pause { from: *s + 1.hour(), to: Some(*s + 30.hours()) }).collect();
    for unit in TimeUnit::ALL {
        let limit = Limit::new(5, *unit);
        let plain = rate(&starts, |_, start| deadline(start, limit, &calendar, &[]).is_ok());
        let paused = rate(&starts, |n, start| deadline(start, limit, &calendar, &pauses[n..=n]).is_ok());
        println!("{unit:<12} {plain:>12.0}/s   with a pause {paused:>12.0}/s");
    }
    let walker = rate(&starts, |_, start| walk_days(start, 5, &calendar).is_some());
    println!("day walker   {walker:>12.0}/s   (5 work_day, no pauses)");
}

fn rate(starts: &[DateTime], computes: impl Fn(usize, DateTime) -> bool) -> f64 {
    let began = Instant::now();
    let done =
        starts.iter().enumerate().filter(|(n, start)| black_box(computes(*n, black_box(**start)))).count();
    assert_eq!(done, starts.len(), "every start has a deadline");
    f64::from(STARTS) / began.elapsed().as_secs_f64()
}

/// The same time of day so many working days later, as most systems compute it.
fn walk_days(start: DateTime, mut days: u32, calendar: &WorkCalendar) -> Option<DateTime> {
    let mut day = start.date();
    while days > 0 {
        day = day.tomorrow().ok()?;
        days -= u32::from(calendar.is_working_day(day)?);
    }
    Some(day.to_datetime(start.time()))
}
