//! 考核评分: a score of 100 points from weighted indicators, as a pack (成都金牛 \[A\]\[S40\], `domain.md` 3.8).

use serde::{Deserialize, Serialize};

use crate::error::RuleError;
use crate::indicators::Indicator;
use crate::pack::{PackHead, RulePack};

code_enum! {
    /// 计分方式: how an indicator becomes points.
    pub enum Scoring {
        /// 指标 × 权重: the more the better.
        Share = "share", "指标 × 权重", "indicator × weight", [];
        /// (1 − 指标) × 权重: the less the better.
        Complement = "complement", "（1－指标）× 权重", "(1 − indicator) × weight", [];
    }
}

recognise_by_words!(Scoring);

/// 评分项.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScoreItem {
    /// Stable key.
    pub key: String,
    /// Chinese name.
    pub name: String,
    /// English name.
    pub name_en: String,
    /// 权重, points.
    pub weight: u32,
    /// The indicator.
    pub indicator: Indicator,
    /// How it becomes points.
    pub scoring: Scoring,
}

/// 评分办法.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Score {
    /// Head.
    pub pack: PackHead,
    /// The items; their weights sum to 100.
    pub items: Vec<ScoreItem>,
}

/// The points of one unit or street.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Points {
    /// Per item, hundredths of a point; none where there is nothing to take a share of.
    pub items: Vec<Option<i64>>,
    /// Hundredths of a point; none when no item could be judged.
    pub total: Option<i64>,
    /// Weight of the items that could be judged; below 100 the total is scaled up to 100.
    pub judged: u32,
}

impl Score {
    /// The points by numerator and denominator of each indicator.
    ///
    /// An item without anything to judge is left out and the rest scaled to 100 \[I\]: a unit without work to check
    /// neither gains nor loses by that.
    pub fn points(&self, of: impl Fn(Indicator) -> Option<(i64, i64)>) -> Points {
        let items: Vec<Option<i64>> = self
            .items
            .iter()
            .map(|item| {
                let (part, whole) = of(item.indicator)?;
                let part = match item.scoring {
                    Scoring::Share => part,
                    Scoring::Complement => whole - part,
                };
                share(i64::from(item.weight) * 100, part, whole)
            })
            .collect();
        let judged: u32 =
            self.items.iter().zip(&items).filter(|(_, p)| p.is_some()).map(|(i, _)| i.weight).sum();
        let sum: i64 = items.iter().flatten().sum();
        let total = if judged == 100 { Some(sum) } else { share(sum * 100, 1, i64::from(judged)) };
        Points { items, total, judged }
    }
}

/// `of` × part ÷ whole, rounded half up; none when the whole is nothing.
fn share(of: i64, part: i64, whole: i64) -> Option<i64> {
    (whole > 0).then(|| {
        let (of, part, whole) = (i128::from(of), i128::from(part), i128::from(whole));
        i64::try_from((2 * of * part + whole).div_euclid(2 * whole)).unwrap_or(i64::MAX)
    })
}

impl RulePack for Score {
    const KIND: &'static str = "score";
    const SHIPPED: &'static [&'static str] = &[include_str!("../packs/score.toml")];

    fn head(&self) -> &PackHead {
        &self.pack
    }

    fn check_content(&self) -> Result<(), RuleError> {
        let wrong = |key: String, problem: String, right: &str| {
            Err(RuleError::value(Self::KIND, key, problem, right))
        };
        for (i, item) in self.items.iter().enumerate() {
            let at = format!("items[{i}]");
            if item.key.is_empty() || self.items[..i].iter().any(|o| o.key == item.key) {
                return wrong(format!("{at}.key"), format!("“{}”", item.key), "非空且不与其他评分项重复");
            }
            if item.name.trim().is_empty() || item.name_en.trim().is_empty() {
                return wrong(format!("{at}.name"), "为空".into(), "评分项名称（中文和英文）");
            }
            if item.weight == 0 {
                return wrong(format!("{at}.weight"), "0".into(), "大于 0 的分数");
            }
            if let Some(why) = item.indicator.lacks_zh() {
                return wrong(
                    format!("{at}.indicator"),
                    format!("{}：{why}", item.indicator.name_zh()),
                    "能计算的指标",
                );
            }
        }
        let sum: u64 = self.items.iter().map(|i| u64::from(i.weight)).sum();
        if sum != 100 {
            return wrong("items.weight".into(), format!("权重合计 {sum}"), "权重合计 100");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score() -> Score {
        Score::shipped().remove(0)
    }

    fn total(numbers: &[(Indicator, i64, i64)]) -> Points {
        score().points(|i| numbers.iter().find(|n| n.0 == i).map(|n| (n.1, n.2)))
    }

    #[test]
    fn the_points_of_a_district() {
        use Indicator as I;
        let all = |h, t, r, o, e| {
            total(&[
                (I::Handle, h, 10),
                (I::HandleOnTime, t, 10),
                (I::Rework, r, 10),
                (I::OverdueOpen, o, 10),
                (I::Extension, e, 10),
            ])
        };
        assert_eq!(all(10, 10, 0, 0, 0).total, Some(10_000));
        assert_eq!(all(0, 0, 10, 10, 10).total, Some(0));
        // 30 × 0.9 + 20 × 0.8 + 20 × 0.9 + 20 × 0.9 + 10 × 0.7.
        let p = all(9, 8, 1, 1, 3);
        assert_eq!((p.total, p.judged), (Some(8_600), 100));
        assert_eq!(p.items, [Some(2_700), Some(1_600), Some(1_800), Some(1_800), Some(700)]);
    }

    #[test]
    fn what_cannot_be_judged_is_left_out() {
        use Indicator as I;
        let p = total(&[
            (I::Handle, 0, 4),
            (I::HandleOnTime, 0, 4),
            (I::Rework, 0, 0),
            (I::OverdueOpen, 1, 4),
            (I::Extension, 0, 4),
        ]);
        // 0 + 0 + 15 + 10 of 80.
        assert_eq!((p.total, p.judged, p.items[2]), (Some(3_125), 80, None));
        assert_eq!(total(&[]), Points { items: vec![None; 5], total: None, judged: 0 });
        let thirds = total(&[(I::Handle, 1, 3)]);
        assert_eq!((thirds.items[0], thirds.total), (Some(1_000), Some(3_333)));
    }

    #[test]
    fn weights_sum_to_100() {
        let check = |change: &dyn Fn(&mut Score), want: &str| {
            let mut s = score();
            change(&mut s);
            let error = s.validate().unwrap_err().to_string();
            assert!(error.contains(want), "{error}");
        };
        check(&|s| s.items[0].weight = 29, "权重合计 99");
        check(&|s| s.items.clear(), "权重合计 0");
        check(&|s| s.items[1].weight = 0, "items[1].weight");
        check(&|s| s.items[1].key = "handle".into(), "重复");
        check(&|s| s.items[0].indicator = Indicator::VerifyOnTime, "没有核实时限");
    }
}
