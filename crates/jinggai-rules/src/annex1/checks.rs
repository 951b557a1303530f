//! Consistency checks over rows of figures (`domain.md` 2.5 \[I\]): total = Σ by kind, labelled ≤ archived ≤ total …

use serde::{Deserialize, Serialize};

use super::figures::FigureRow;
use super::template::AnnexTemplate;

/// 核对关系: two sums of figures and how they must compare.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsistencyCheck {
    /// Stable key of the check.
    pub key: String,
    /// Figures summed on the left.
    pub left: Vec<String>,
    /// How the sides must compare.
    pub op: CheckOp,
    /// Figures summed on the right.
    pub right: Vec<String>,
}

/// 比较方式.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckOp {
    /// 相等.
    Equal,
    /// 不大于.
    AtMost,
}

impl CheckOp {
    const fn holds(self, left: i64, right: i64) -> bool {
        match self {
            Self::Equal => left == right,
            Self::AtMost => left <= right,
        }
    }

    const fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::AtMost => "≤",
        }
    }
}

/// 核对发现: a row in which two sides do not agree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Key of the check.
    pub check: String,
    /// Label of the row.
    pub row: String,
    /// The left side in words, Chinese and English.
    pub left_zh: String,
    /// The left side in English.
    pub left_en: String,
    /// Value of the left side.
    pub left: i64,
    /// How the sides should compare.
    pub op: CheckOp,
    /// The right side in words.
    pub right_zh: String,
    /// The right side in English.
    pub right_en: String,
    /// Value of the right side.
    pub right: i64,
}

impl Finding {
    /// Left minus right.
    pub const fn difference(&self) -> i64 {
        self.left - self.right
    }

    /// The finding as a Chinese sentence.
    pub fn message_zh(&self) -> String {
        let Self { row, left_zh, left, op, right_zh, right, .. } = self;
        let difference = self.difference();
        format!("{row}：{left_zh}（{left}）应{}{right_zh}（{right}），相差 {difference}", op.sign())
    }

    /// The finding in English.
    pub fn message_en(&self) -> String {
        let Self { row, left_en, left, op, right_en, right, .. } = self;
        let difference = self.difference();
        format!("{row}: {left_en} ({left}) should be {} {right_en} ({right}), off by {difference}", op.sign())
    }
}

impl AnnexTemplate {
    /// Checks one row of figures with all checks of the template.
    pub fn check_row(&self, row: &FigureRow) -> Vec<Finding> {
        let finding = |check: &ConsistencyCheck| {
            let (left, right) = (row.sum(&check.left), row.sum(&check.right));
            if check.op.holds(left, right) {
                return None;
            }
            let ((left_zh, left_en), (right_zh, right_en)) =
                (self.form.sum_names(&check.left), self.form.sum_names(&check.right));
            let (check_key, row) = (check.key.clone(), row.label.clone());
            Some(Finding {
                check: check_key,
                row,
                left_zh,
                left_en,
                left,
                op: check.op,
                right_zh,
                right_en,
                right,
            })
        };
        self.checks.iter().filter_map(finding).collect()
    }

    /// Checks that every figure of a total row is the sum of its detail rows (road total = Σ detail rows).
    pub fn check_sum(&self, total: &FigureRow, details: &[FigureRow]) -> Vec<Finding> {
        let finding = |key: String| {
            let (left, right) = (total.figure(&key), details.iter().map(|row| row.figure(&key)).sum());
            if left == right {
                return None;
            }
            let (zh, en) = self.form.figure_name(&key)?;
            Some(Finding {
                check: "sum_of_rows".to_owned(),
                row: total.label.clone(),
                left_zh: zh.to_owned(),
                left_en: en.to_owned(),
                left,
                op: CheckOp::Equal,
                right_zh: format!("{} 行明细的{zh}之和", details.len()),
                right_en: format!("the sum of {} rows of {en}", details.len()),
                right,
            })
        };
        self.form.figure_keys().into_iter().filter_map(finding).collect()
    }
}
