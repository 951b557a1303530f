use jiff::civil::date as d;
use proptest::prelude::*;

use super::*;

fn read(cell: impl Into<Cell>) -> Outcome<DateValue> {
    date(&cell.into(), &DateHints::default(), &Sentinels::default())
}

fn day(cell: impl Into<Cell>) -> Option<Date> {
    let value = read(cell).ok()?.value()?;
    (value.precision == Precision::Day).then_some(value.date)
}

#[test]
fn every_form_of_a_day() {
    for text in [
        "2021-07-22",
        "2021/7/22",
        "2021.7.22",
        "20210722",
        "2021年7月22日",
        "2021 年 7 月 22 日",
        "２０２１－０７－２２",
        "22/7/2021",
        "7/22/2021",
        "22.7.2021",
        "2021-07-22 10:30",
        "2021-07-22T10:30:00+08:00",
        "2021/7/22 10:30:15",
        "7/22/2021 12:00:00 AM",
        "Thu, 22 Jul 2021 00:00:00 GMT",
        "Jul 22, 2021",
        "22-Jul-2021",
        "22 July 2021",
        "44399",
        "44399.0",
        "1626912000",
        "1626912000000",
        "20210722103000",
        "2021年7月22日10时30分",
        "2021-07-22Z",
    ] {
        assert_eq!(day(text), Some(d(2021, 7, 22)), "{text}");
    }
    assert_eq!(day(44399), Some(d(2021, 7, 22)));
    assert_eq!(day(44399.4375), Some(d(2021, 7, 22)));
    assert_eq!(day(Cell::Date(d(2021, 7, 22))), Some(d(2021, 7, 22)));
}

/// Values of the inventories in tests/data.
#[test]
fn forms_of_the_real_files() {
    assert_eq!(day(-10_540_800_000), Some(d(1969, 9, 1)));
    assert_eq!(day(847_411_200_000), Some(d(1996, 11, 8)));
    assert_eq!(day(-1_325_462_400_000), Some(d(1928, 1, 1)));
    assert_eq!(day(36_201_600_000), Some(d(1971, 2, 24)));
    assert_eq!(day("Fri, 01 Oct 1999 00:00:00 GMT"), Some(d(1999, 10, 1)));
    assert_eq!(day("2023-10-30T12:00:39.000"), Some(d(2023, 10, 30)));
    let year = read("1965").unwrap().value().unwrap();
    assert_eq!((year.date, year.precision), (d(1965, 1, 1), Precision::Year));
}

#[test]
fn years_and_months_alone() {
    for (text, expected, precision) in [
        ("2021", d(2021, 1, 1), Precision::Year),
        ("2021年", d(2021, 1, 1), Precision::Year),
        ("2021年7月", d(2021, 7, 1), Precision::Month),
        ("2021.07", d(2021, 7, 1), Precision::Month),
        ("2021.7", d(2021, 7, 1), Precision::Month),
        ("2021-07", d(2021, 7, 1), Precision::Month),
        ("7/2021", d(2021, 7, 1), Precision::Month),
        ("202107", d(2021, 7, 1), Precision::Month),
        ("Jul 2021", d(2021, 7, 1), Precision::Month),
    ] {
        let value = read(text).unwrap().value().unwrap();
        assert_eq!((value.date, value.precision), (expected, precision), "{text}");
    }
}

#[test]
fn instants_are_placed_in_the_district() {
    let late = read("2021-07-22T18:00:00Z").unwrap().value().unwrap();
    assert_eq!((late.date, late.time), (d(2021, 7, 23), Some(jiff::civil::time(2, 0, 0, 0))));
    assert_eq!(late.instant, Some("2021-07-22T18:00:00Z".parse().unwrap()));
    let plain = read("2021-07-22T00:00:00Z").unwrap().value().unwrap();
    assert_eq!((plain.date, plain.time), (d(2021, 7, 22), None));
}

#[test]
fn impossible_dates_say_what_would_be_right() {
    for (text, part) in [
        ("2021-02-30", "2021 年 2 月只有 28 天"),
        ("20210230", "2021 年 2 月只有 28 天"),
        ("2021-13-01", "1–12"),
        ("2021年6月31日", "30 天"),
        ("31/31/2021", "1–12"),
        ("3/4/2021", "分不清日和月"),
        ("21-07-22", "四位"),
        ("12/31/99", "四位"),
        ("0021-07-22", "1800"),
        ("2021-07-22 25:00", "时:分:秒"),
        ("昨天", "2021-07-22"),
        ("123", "2021-07-22"),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.to_string().contains(part), "{text}: {error}");
        assert!(!error.message_en().is_empty());
    }
}

#[test]
fn nothing_is_missing_and_not_1970() {
    for cell in
        [Cell::Null, Cell::from(""), Cell::from("N/A"), Cell::from("0000-00-00"), Cell::Int(0), Cell::Int(-1)]
    {
        assert!(matches!(read(cell.clone()), Ok(Reading::Missing(_))), "{cell:?}");
    }
}

#[test]
fn a_column_tells_order_and_unit() {
    let cells = ["3/4/2021", "25/4/2021"].map(Cell::from);
    let hints = DateHints::learn(&cells);
    assert_eq!(hints.day_first, Some(true));
    let value = date(&cells[0], &hints, &Sentinels::default()).unwrap().value().unwrap();
    assert_eq!(value.date, d(2021, 4, 3));
    assert_eq!(DateHints::learn(&["25/4/2021", "4/25/2021"].map(Cell::from)).day_first, None);
    let cells = [Cell::Int(31_536_000_000), Cell::Int(86_400_000)];
    let hints = DateHints::learn(&cells);
    assert_eq!(hints.epoch, Some(EpochUnit::Millisecond));
    let value = date(&cells[1], &hints, &Sentinels::default()).unwrap().value().unwrap();
    assert_eq!(value.date, d(1970, 1, 2));
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,30}") {
        if let Ok(Reading::Value(value)) = read(text.as_str()) {
            prop_assert!(YEARS.contains(&i64::from(value.date.year())));
        }
    }

    #[test]
    fn date_like_text_never_panics(text in "[0-9年月日/. :TZ+-]{0,24}") {
        if let Ok(Reading::Value(value)) = read(text.as_str()) {
            prop_assert!(YEARS.contains(&i64::from(value.date.year())));
        }
    }

    #[test]
    fn any_number_is_read_or_refused(value in any::<i64>(), real in any::<f64>()) {
        for cell in [Cell::Int(value), Cell::Real(real)] {
            if let Ok(Reading::Value(value)) = read(cell) {
                prop_assert!(YEARS.contains(&i64::from(value.date.year())));
            }
        }
    }

    #[test]
    fn written_days_come_back(days in 0i64..146_000) {
        let day = d(1800, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap();
        for text in [
            day.to_string(),
            day.strftime("%Y/%m/%d").to_string(),
            day.strftime("%Y%m%d").to_string(),
            day.strftime("%Y年%m月%d日").to_string(),
            day.strftime("%a, %d %b %Y 00:00:00 GMT").to_string(),
        ] {
            let value = read(text.as_str()).unwrap().value().unwrap();
            prop_assert_eq!(value.date, day, "{}", text);
        }
    }
}
