//! 预算测算: which covers a yearly budget replaces, by groups of equal covers.
//!
//! A million covers fall into a few thousand groups of the same kind, causes, place and age, so what a budget does is
//! computed exactly without touching a single cover. Every year the highest score goes first; of equal scores the
//! cheaper, so that the money goes further; what no longer fits waits, and cheaper ones behind it go. What is left of
//! a year's money lapses, as public budgets do.

use jiff::civil::Date;

use super::RenewalScore;

/// Covers that are alike in all that the score and the cost look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// A day that stands for when their design life ends; none when unknown.
    pub expires_on: Option<Date>,
    /// The ledger calls them over age.
    pub noted_over_age: bool,
    /// Points of the causes that do not change by the year.
    pub causes: i64,
    /// Points of place and crowding.
    pub place: i64,
    /// What one costs, cents, more than 0.
    pub unit_cents: i64,
    /// How many there are.
    pub count: i64,
}

/// Part of a group: its covers from one number to another in the order of their rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slice {
    /// Number of the group.
    pub group: usize,
    /// The first cover of the slice, from 0.
    pub first: i64,
    /// How many.
    pub count: i64,
    /// Score of each in that year.
    pub score: i64,
}

/// What one year's money does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YearPlan {
    /// Covers to replace, the most urgent first.
    pub slices: Vec<Slice>,
    /// How many covers.
    pub count: i64,
    /// Money, cents.
    pub spent_cents: i64,
    /// Candidates that remain after it.
    pub remaining: i64,
    /// The sum of their scores, as of that year.
    pub remaining_score: i64,
}

/// What a budget does over the years.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Year by year.
    pub years: Vec<YearPlan>,
}

impl Group {
    /// The score of each of its covers on a day; `None` while there is no cause to replace them.
    pub fn score(&self, rules: &RenewalScore, on: Date) -> Option<i64> {
        let causes = self.causes + rules.age_points(self.expires_on, self.noted_over_age, on);
        (causes > 0).then_some(causes + self.place)
    }
}

/// Spends `budget_cents` in each year; `days` are the days on which the scores of each year are taken.
pub fn allocate(rules: &RenewalScore, groups: &[Group], budget_cents: i64, days: &[Date]) -> Plan {
    let mut done: Vec<i64> = vec![0; groups.len()];
    let mut years = vec![];
    for day in days {
        let mut order: Vec<(usize, i64)> = groups
            .iter()
            .enumerate()
            .filter(|(i, g)| done[*i] < g.count)
            .filter_map(|(i, g)| Some((i, g.score(rules, *day)?)))
            .collect();
        order.sort_by_key(|(i, score)| (-score, groups[*i].unit_cents, *i));
        let mut year =
            YearPlan { slices: vec![], count: 0, spent_cents: 0, remaining: 0, remaining_score: 0 };
        for (i, score) in order {
            let (group, first) = (&groups[i], done[i]);
            let left = budget_cents - year.spent_cents;
            let count = (group.count - first).min(left / group.unit_cents.max(1));
            if count > 0 {
                year.slices.push(Slice { group: i, first, count, score });
                year.count += count;
                year.spent_cents += count * group.unit_cents;
                done[i] += count;
            }
            year.remaining += group.count - done[i];
            year.remaining_score += (group.count - done[i]) * score;
        }
        years.push(year);
    }
    Plan { years }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::RulePack;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn rules() -> RenewalScore {
        RenewalScore::shipped().remove(0)
    }

    fn group(causes: i64, place: i64, unit_cents: i64, count: i64) -> Group {
        Group { expires_on: None, noted_over_age: false, causes, place, unit_cents, count }
    }

    fn days(n: i16) -> Vec<Date> {
        (0..n).map(|k| date(2027 + k, 1, 1)).collect()
    }

    #[test]
    fn the_highest_score_goes_first_and_the_rest_of_the_money_to_what_still_fits() {
        let groups = [group(20, 0, 500, 3), group(40, 5, 900, 2), group(20, 0, 100, 1), group(0, 10, 1, 9)];
        let plan = allocate(&rules(), &groups, 2000, &days(2));
        let slices =
            |y: usize| plan.years[y].slices.iter().map(|s| (s.group, s.first, s.count)).collect::<Vec<_>>();
        assert_eq!(slices(0), [(1, 0, 2), (2, 0, 1)], "two of 900, and 100 still fits");
        assert_eq!(
            (plan.years[0].spent_cents, plan.years[0].remaining, plan.years[0].remaining_score),
            (1900, 3, 60)
        );
        assert_eq!(slices(1), [(0, 0, 3)]);
        assert_eq!((plan.years[1].remaining, plan.years[1].remaining_score), (0, 0), "a place is no cause");
    }

    #[test]
    fn covers_grow_old_while_they_wait() {
        let young = Group { expires_on: Some(date(2028, 6, 30)), ..group(0, 3, 100, 5) };
        let plan = allocate(&rules(), &[young], 200, &days(4));
        let counts: Vec<i64> = plan.years.iter().map(|y| y.count).collect();
        assert_eq!(counts, [0, 2, 2, 1], "a candidate from the year before its life ends");
        assert_eq!(plan.years[1].remaining_score, 3 * 13);
        assert_eq!(plan.years[2].remaining_score, 28);
    }

    proptest! {
        /// No year spends more than it has, no cover is replaced twice, and nothing that fits waits behind a lower score.
        #[test]
        fn a_budget_is_kept(
            raw in proptest::collection::vec((0_i64..60, 0_i64..10, 1_i64..2_000, 0_i64..30, proptest::option::of(0_i64..4_000)), 0..12),
            budget in 0_i64..20_000, n in 1_i16..6,
        ) {
            let rules = rules();
            let groups: Vec<Group> = raw.iter().map(|(c, p, u, k, e)| Group {
                expires_on: e.map(|d| date(2024, 1, 1).checked_add(jiff::Span::new().days(d)).unwrap()), ..group(*c, *p, *u, *k)
            }).collect();
            let days = days(n);
            let plan = allocate(&rules, &groups, budget, &days);
            let mut done = vec![0; groups.len()];
            for (year, day) in plan.years.iter().zip(&days) {
                prop_assert!(year.spent_cents <= budget);
                for s in &year.slices {
                    prop_assert_eq!(s.first, done[s.group]);
                    prop_assert_eq!(Some(s.score), groups[s.group].score(&rules, *day));
                    done[s.group] += s.count;
                    prop_assert!(done[s.group] <= groups[s.group].count);
                }
                prop_assert!(year.slices.is_sorted_by(|a, b| a.score >= b.score));
                let left = budget - year.spent_cents;
                for (i, g) in groups.iter().enumerate() {
                    prop_assert!(g.score(&rules, *day).is_none() || done[i] == g.count || g.unit_cents > left);
                }
            }
        }
    }
}
