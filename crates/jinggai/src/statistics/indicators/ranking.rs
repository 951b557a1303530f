//! 排名 of units or streets by their score.
use super::{Indicators, Row};
use serde::Serialize;

/// A place in the ranking.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Ranked {
    /// 名次; equal scores share a place, and the next one is skipped. None without a score.
    pub rank: Option<usize>,
    /// Stable key of the row.
    pub key: String,
    /// As people know it.
    pub label: String,
    /// 得分, hundredths of a point; none when there was nothing to judge.
    pub score: Option<i64>,
    /// Weight of the items that could be judged; below 100 the score is scaled up.
    pub judged: u32,
}

/// The rows of a table in the order of their scores.
pub struct Ranking<'a>(Vec<(Ranked, &'a Row)>);

impl<'a> Ranking<'a> {
    /// Every place with its row, the best first; rows without a score come last.
    pub fn places(&self) -> impl Iterator<Item = (&Ranked, &'a Row)> {
        self.0.iter().map(|(place, row)| (place, *row))
    }

    /// The place of a row.
    #[must_use]
    pub fn of(&self, key: &str) -> Option<&Ranked> {
        self.0.iter().find(|(place, _)| place.key == key).map(|(place, _)| place)
    }
}

/// Ranks the rows. Rows that stand for no unit or street are not judged: nobody answers for them.
#[must_use]
pub fn ranking(drawn: &Indicators) -> Ranking<'_> {
    let mut places: Vec<(Ranked, &Row)> = drawn
        .rows
        .iter()
        .map(|row| {
            let points = row.points(&drawn.score);
            let known = !row.key.split('|').any(|part| part.ends_with(':') || part.contains(":="));
            let score = points.total.filter(|_| known);
            let place = Ranked {
                rank: None,
                key: row.key.clone(),
                label: row.label.clone(),
                score,
                judged: points.judged,
            };
            (place, row)
        })
        .collect();
    places.sort_by(|(a, _), (b, _)| b.score.cmp(&a.score).then_with(|| a.key.cmp(&b.key)));
    let scores: Vec<Option<i64>> = places.iter().map(|(p, _)| p.score).collect();
    for (place, _) in &mut places {
        // How many are better, plus one.
        place.rank = place.score.map(|s| 1 + scores.iter().flatten().filter(|other| **other > s).count());
    }
    Ranking(places)
}
