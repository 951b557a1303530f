//! The wording of a real city's table.

use jinggai_rules::clock::{Limit, TimeUnit};
use jinggai_rules::limits::parse;

#[test]
fn limits_of_a_city_table() {
    let table = include_str!("data/case_limits_sample.csv");
    // Columns: 小类, 立案条件, 处置时限, 结案条件; the sample has no quoted field.
    let read: Vec<Option<Limit>> =
        table.lines().skip(1).map(|row| parse(row.split(',').nth(2).unwrap_or_default()).limit()).collect();
    let want = [
        (2, TimeUnit::UrgentHour),
        (4, TimeUnit::WorkHour),
        (2, TimeUnit::WorkDay),
        (5, TimeUnit::WorkDay),
        (1, TimeUnit::WorkDay),
        (1, TimeUnit::WorkDay),
        (4, TimeUnit::UrgentHour),
    ];
    assert_eq!(read, want.map(|(count, unit)| Some(Limit::new(count, unit))));
}
