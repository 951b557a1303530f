use super::*;
use jiff::civil::{Date, date, datetime};
use proptest::prelude::*;
use std::sync::LazyLock;

static CALENDAR: LazyLock<WorkCalendar> = LazyLock::new(WorkCalendar::shipped);

fn at(text: &str) -> DateTime {
    text.replace(' ', "T").parse().unwrap()
}

const UNITS: [TimeUnit; 4] =
    [TimeUnit::UrgentHour, TimeUnit::WorkHour, TimeUnit::WorkDay, TimeUnit::NaturalDay];

/// The slow way: minute by minute, asking only which day is a working day.
fn oracle(start: DateTime, limit: Limit, pauses: &[Pause]) -> DateTime {
    let works = |t: DateTime| {
        let m = i32::from(t.hour()) * 60 + i32::from(t.minute());
        CALENDAR.is_working_day(t.date()).unwrap() && ((480..720).contains(&m) || (840..1080).contains(&m))
    };
    let need = i64::from(limit.count)
        * match limit.unit {
            TimeUnit::UrgentHour | TimeUnit::WorkHour => 60,
            TimeUnit::WorkDay => 480,
            TimeUnit::NaturalDay => 1440,
        };
    let (mut t, mut ran) = (start, 0);
    while ran < need {
        let stands = pauses.iter().any(|p| p.from <= t && p.to.is_none_or(|to| t < to));
        if !stands && (!limit.unit.is_working() || works(t)) {
            ran += 1;
        }
        t += 1.minute();
    }
    t
}

#[test]
fn deadlines_by_hand() {
    let check = |start: &str, count: u32, unit: TimeUnit, want: &str, provisional: bool| {
        let got = deadline(at(start), Limit::new(count, unit), &CALENDAR, &[]).unwrap();
        assert_eq!((got.at, got.provisional), (at(want), provisional), "{start} + {count} {unit}");
    };
    use TimeUnit as U;
    check("2026-11-24 23:10", 2, U::UrgentHour, "2026-11-25 01:10", false);
    check("2026-02-16 22:00", 6, U::UrgentHour, "2026-02-17 04:00", false);
    check("2026-11-24 10:00", 4, U::WorkHour, "2026-11-24 16:00", false);
    check("2026-11-24 12:30", 4, U::WorkHour, "2026-11-24 18:00", false);
    check("2026-11-24 17:00", 1, U::WorkHour, "2026-11-24 18:00", false);
    check("2026-11-24 03:00", 1, U::WorkHour, "2026-11-24 09:00", false);
    check("2026-11-23 10:00", 1, U::WorkDay, "2026-11-24 10:00", false);
    check("2026-11-28 09:00", 1, U::WorkDay, "2026-11-30 18:00", false);
    // The eve of 春节 2026: off from Sunday 02-15 to 02-23, Saturday 02-14 is worked.
    check("2026-02-13 18:00", 1, U::WorkDay, "2026-02-14 18:00", false);
    check("2026-02-14 17:00", 2, U::WorkHour, "2026-02-24 09:00", false);
    // Four days of the week after, then Saturday 02-28, which is worked.
    check("2026-02-14 10:00", 5, U::WorkDay, "2026-02-28 10:00", false);
    // Across the year, published on both sides, and into one that is not.
    check("2025-12-31 16:00", 1, U::WorkDay, "2026-01-04 16:00", false);
    check("2026-12-25 10:00", 1, U::WorkDay, "2026-12-28 10:00", false);
    check("2026-12-26 10:00", 1, U::WorkDay, "2026-12-28 18:00", false);
    check("2026-12-31 16:00", 1, U::WorkDay, "2027-01-01 16:00", true);
    check("2026-12-31 16:00", 30, U::NaturalDay, "2027-01-30 16:00", false);
    check("2026-11-24 10:00", 0, U::WorkDay, "2026-11-24 10:00", false);
}

#[test]
fn what_cannot_be_computed_is_an_error_and_never_a_panic() {
    let limit = Limit::new(u32::MAX, TimeUnit::WorkDay);
    assert_eq!(deadline(at("2026-11-24 10:00"), limit, &CALENDAR, &[]), Err(ClockError::OutOfRange));
    let day = Limit::new(1, TimeUnit::NaturalDay);
    assert_eq!(deadline(at("1989-12-31 10:00"), day, &CALENDAR, &[]), Err(ClockError::OutOfRange));
    assert_eq!(deadline(at("2100-12-31 10:00"), day, &CALENDAR, &[]), Err(ClockError::OutOfRange));
    assert_eq!(deadline(DateTime::MAX, day, &CALENDAR, &[]), Err(ClockError::OutOfRange));
    let stands = [Pause { from: at("2026-11-24 11:00"), to: None }];
    assert_eq!(deadline(at("2026-11-24 10:00"), day, &CALENDAR, &stands), Err(ClockError::Paused));
    // It had run out before the pause began.
    let hour = Limit::new(1, TimeUnit::UrgentHour);
    assert_eq!(
        deadline(at("2026-11-24 10:00"), hour, &CALENDAR, &stands).unwrap().at,
        at("2026-11-24 11:00")
    );
}

#[test]
fn every_hour_of_the_odd_weeks_agrees_with_the_slow_way() {
    // 春节 with its make-up Saturdays, 国庆, the turn of two years, and 2026-12-26 on.
    for first in
        [date(2024, 2, 2), date(2025, 1, 24), date(2026, 2, 12), date(2025, 9, 26), date(2026, 12, 24)]
    {
        let mut t = first.to_datetime(jiff::civil::Time::midnight());
        for step in 0..120 {
            for (i, unit) in UNITS.iter().enumerate() {
                let limit = Limit::new(1 + (step % 5) as u32 + i as u32, *unit);
                let got = deadline(t, limit, &CALENDAR, &[]).unwrap().at;
                assert_eq!(got, oracle(t, limit, &[]), "{t} + {limit:?}");
            }
            t += 97.minutes();
        }
    }
}

fn moments() -> impl Strategy<Value = DateTime> {
    (0i64..4 * 365 * 1440).prop_map(|m| datetime(2023, 1, 1, 0, 0, 0, 0) + m.minutes())
}

fn limits() -> impl Strategy<Value = Limit> {
    (1u32..12, 0usize..4).prop_map(|(n, u)| Limit::new(n, UNITS[u]))
}

fn pauses() -> impl Strategy<Value = Vec<(i64, i64)>> {
    prop::collection::vec((0i64..6000, 0i64..6000), 0..4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn agrees_with_the_slow_way_and_never_ends_inside_a_pause(start in moments(), limit in limits(), cuts in pauses()) {
        let cuts: Vec<Pause> = cuts.iter().map(|(after, long)| {
            let from = start + after.minutes();
            Pause { from, to: Some(from + long.minutes()) }
        }).collect();
        let got = deadline(start, limit, &CALENDAR, &cuts).unwrap().at;
        prop_assert_eq!(got, oracle(start, limit, &cuts));
        prop_assert!(cuts.iter().all(|p| !(p.from < got && p.to.is_some_and(|to| got < to))));
        // What ran until then is the limit itself.
        let ran = elapsed(start, got, limit.unit, &CALENDAR, &cuts).unwrap();
        prop_assert_eq!(ran, limit.ms(&CALENDAR));
    }

    #[test]
    fn longer_limits_and_later_starts_never_end_earlier(start in moments(), limit in limits(), more in 0i64..3000) {
        let end = |s, l| deadline(s, l, &CALENDAR, &[]).unwrap().at;
        let longer = Limit { count: limit.count + 1, ..limit };
        prop_assert!(end(start, limit) < end(start, longer));
        prop_assert!(end(start, limit) <= end(start + more.minutes(), limit));
    }

    #[test]
    fn any_moment_and_limit_gives_an_answer(day in -4_000_000i32..4_000_000, count in any::<u32>(), u in 0usize..4) {
        let start = Date::MIN.checked_add(i64::from(day).max(0).days()).unwrap_or(Date::MAX).at(12, 0, 0, 0);
        let _answer = deadline(start, Limit::new(count, UNITS[u]), &CALENDAR, &[]);
    }
}
