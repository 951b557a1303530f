//! The template itself and what makes one valid.

use serde::{Deserialize, Serialize};

use super::checks::ConsistencyCheck;
use super::figures::{LEDGER_FIELDS, STATISTICS_FIELDS, is_all_kinds};
use crate::annex2::RECTIFICATION_FIELDS;
use crate::error::RuleError;
use crate::kinds::Lifecycle;
use crate::pack::{PackHead, RulePack};

/// 附件模板: a table of one form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnnexTemplate {
    /// Head.
    pub pack: PackHead,
    /// 统计表, 明细台账 or 整治情况表.
    pub form: Form,
    /// Title above the table.
    pub title_zh: String,
    /// The title in English.
    pub title_en: String,
    /// 统计范围: the stages of life whose covers count. The founding document speaks of covers that lie in the street
    /// (江北区方案 二(二)); covers not yet accepted, filled or removed are not among them \[I\].
    #[serde(default = "in_the_street")]
    pub counted: Vec<Lifecycle>,
    /// Columns; their order is the order of the table.
    pub columns: Vec<Column>,
    /// Checks over each row of figures.
    pub checks: Vec<ConsistencyCheck>,
    /// 表尾: fields to fill in by hand or from the report.
    pub footer: Vec<FooterField>,
    /// Page set-up.
    pub page: PageSetup,
}

fn in_the_street() -> Vec<Lifecycle> {
    vec![Lifecycle::InUse, Lifecycle::Abnormal, Lifecycle::AbandonedPending]
}

/// 表式.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// 统计表: one row per unit, road, street or kind.
    Statistics,
    /// 明细台账: one row per cover.
    Ledger,
    /// 整治情况统计表 (附件2): one row per unit, street or kind, of a period and cumulative.
    Rectification,
}

/// 栏目.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Key in CSV and JSON; unique, never renamed.
    pub key: String,
    /// Chinese title.
    pub zh: String,
    /// English title.
    pub en: String,
    /// Title of the merged cell above (其中…); neighbours with the same one are merged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_zh: Option<String>,
    /// The group's title in English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_en: Option<String>,
    /// What the cells hold.
    #[serde(rename = "type")]
    pub column_type: ColumnType,
    /// Whether the column is shown.
    #[serde(default = "shown")]
    pub visible: bool,
    /// Where the cells come from.
    pub value: ColumnValue,
}

const fn shown() -> bool {
    true
}

/// 栏目类型: what the cells of a column hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnType {
    /// 文字.
    Text,
    /// 整数.
    Integer,
    /// 小数.
    Decimal,
    /// 日期.
    Date,
    /// 是否.
    Flag,
    /// 照片.
    Photo,
}

/// 取数公式: where the cells of a column come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnValue {
    /// A text field of the row.
    Field(String),
    /// One figure.
    Figure(String),
    /// The sum of figures; `kind_*` is the sum over all kinds.
    Sum(Vec<String>),
    /// The same text in every row.
    Constant(String),
    /// 百分比 of one figure in another, two decimals; `—` when there is nothing to take a share of.
    Rate {
        /// The part.
        part: String,
        /// The whole.
        whole: String,
    },
    /// 手工填报 under this key: what no record gives. Blank until somebody fills it in.
    Manual(String),
}

/// 表尾栏.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FooterField {
    /// Key.
    pub key: String,
    /// Chinese label.
    pub zh: String,
    /// English label.
    pub en: String,
}

/// 页面设置; lengths in millimetres.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageSetup {
    /// Paper.
    pub paper: Paper,
    /// Landscape.
    pub landscape: bool,
    /// Top margin in mm.
    pub top_mm: u16,
    /// Bottom margin in mm.
    pub bottom_mm: u16,
    /// Left margin in mm.
    pub left_mm: u16,
    /// Right margin in mm.
    pub right_mm: u16,
    /// Whether all columns must fit the width of one page.
    pub fit_to_width: bool,
    /// Whether the header is repeated on every page.
    pub repeat_header: bool,
}

/// 纸张.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Paper {
    /// A3.
    A3,
    /// A4.
    A4,
}

impl AnnexTemplate {
    /// The column with this key.
    pub fn column(&self, key: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.key == key)
    }

    /// The columns shown, in order.
    pub fn visible_columns(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| column.visible)
    }

    /// Fields that columns of this form may show.
    pub const fn fields(&self) -> &'static [&'static str] {
        match self.form {
            Form::Statistics => STATISTICS_FIELDS,
            Form::Ledger => LEDGER_FIELDS,
            Form::Rectification => RECTIFICATION_FIELDS,
        }
    }
}

impl RulePack for AnnexTemplate {
    const KIND: &'static str = "annex1_template";
    const SHIPPED: &'static [&'static str] = &[
        include_str!("../../packs/annex1.toml"),
        include_str!("../../packs/annex1-ledger.toml"),
        include_str!("../../packs/annex2.toml"),
    ];

    fn head(&self) -> &PackHead {
        &self.pack
    }

    fn check_content(&self) -> Result<(), RuleError> {
        if self.title_zh.trim().is_empty() {
            return Err(wrong("title_zh", "为空", "表名"));
        }
        if self.counted.is_empty() {
            let all: Vec<&str> = Lifecycle::ALL.iter().map(|stage| stage.code()).collect();
            return Err(wrong("counted", "为空", format!("至少一个生命周期：{}", all.join("、"))));
        }
        for (index, column) in self.columns.iter().enumerate() {
            self.check_column(column, &format!("columns[{index}]"), &self.columns[..index])?;
        }
        if self.visible_columns().next().is_none() {
            return Err(wrong("columns", "没有可见栏目", "至少显示一栏"));
        }
        self.check_groups()?;
        for (index, check) in self.checks.iter().enumerate() {
            check_figures(self.form, &check.left, &format!("checks[{index}].left"))?;
            check_figures(self.form, &check.right, &format!("checks[{index}].right"))?;
        }
        let page = &self.page;
        let margins = [page.top_mm, page.bottom_mm, page.left_mm, page.right_mm];
        match margins.iter().find(|margin| **margin > 60) {
            Some(margin) => Err(wrong("page", format!("页边距 {margin} 毫米"), "0 到 60 毫米")),
            None => Ok(()),
        }
    }
}

impl AnnexTemplate {
    fn check_column(&self, column: &Column, at: &str, before: &[Column]) -> Result<(), RuleError> {
        let key_ok =
            !column.key.is_empty() && column.key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !key_ok || before.iter().any(|other| other.key == column.key) {
            let problem = format!("“{}”", column.key);
            return Err(wrong(format!("{at}.key"), problem, "字母、数字和下划线，且不与其他栏目重复"));
        }
        if column.zh.trim().is_empty() {
            return Err(wrong(format!("{at}.zh"), "为空", "栏目名称"));
        }
        let counts = matches!(column.value, ColumnValue::Figure(_) | ColumnValue::Sum(_));
        let given = matches!(column.value, ColumnValue::Rate { .. } | ColumnValue::Manual(_));
        if given && self.form != Form::Rectification {
            return Err(wrong(
                format!("{at}.value"),
                "只有附件2有百分比和手工填报栏",
                "field、figure、sum 或 constant",
            ));
        }
        if counts && self.form == Form::Ledger {
            return Err(wrong(format!("{at}.value"), "台账每行一个井盖，没有统计指标", "field 或 constant"));
        }
        if counts && column.column_type != ColumnType::Integer {
            return Err(wrong(format!("{at}.type"), format!("{:?}", column.column_type), "指标栏为 integer"));
        }
        self.check_value(column, at, before)
    }

    fn check_value(&self, column: &Column, at: &str, before: &[Column]) -> Result<(), RuleError> {
        let all = || self.form.figure_keys().join("、");
        match &column.value {
            ColumnValue::Field(field) if !self.fields().contains(&field.as_str()) => {
                Err(wrong(format!("{at}.value.field"), format!("“{field}”"), self.fields().join("、")))
            }
            ColumnValue::Figure(figure) if self.form.figure_name(figure).is_none() => {
                Err(wrong(format!("{at}.value.figure"), format!("“{figure}”"), all()))
            }
            ColumnValue::Sum(figures) => check_figures(self.form, figures, &format!("{at}.value.sum")),
            ColumnValue::Rate { part, whole } => {
                if column.column_type != ColumnType::Decimal {
                    return Err(wrong(
                        format!("{at}.type"),
                        format!("{:?}", column.column_type),
                        "百分比栏为 decimal",
                    ));
                }
                match [part, whole].into_iter().find(|key| self.form.figure_name(key).is_none()) {
                    Some(unknown) => Err(wrong(format!("{at}.value.rate"), format!("“{unknown}”"), all())),
                    None => Ok(()),
                }
            }
            ColumnValue::Manual(key) => {
                let fits = matches!(
                    column.column_type,
                    ColumnType::Integer | ColumnType::Decimal | ColumnType::Text
                );
                if !fits {
                    let right = "手工填报栏为 integer、decimal 或 text";
                    return Err(wrong(format!("{at}.type"), format!("{:?}", column.column_type), right));
                }
                let taken = before.iter().any(|o| matches!(&o.value, ColumnValue::Manual(k) if k == key));
                if key.is_empty() || taken {
                    return Err(wrong(
                        format!("{at}.value.manual"),
                        format!("“{key}”"),
                        "非空且不与其他栏目重复",
                    ));
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// A merged header cell spans neighbours only.
    fn check_groups(&self) -> Result<(), RuleError> {
        let mut ended: Vec<&str> = Vec::new();
        let mut open: Option<&str> = None;
        for column in self.visible_columns() {
            let group = column.group_zh.as_deref();
            if group == open {
                continue;
            }
            ended.extend(open);
            if let Some(group) = group.filter(|group| ended.contains(group)) {
                let problem = format!("“{group}”的栏目不相邻（{}）", column.zh);
                return Err(wrong("columns", problem, "同组栏目连续排列，或改用另一组名"));
            }
            open = group;
        }
        Ok(())
    }
}

fn check_figures(form: Form, figures: &[String], at: &str) -> Result<(), RuleError> {
    if figures.is_empty() {
        return Err(wrong(at, "为空", "至少一个指标"));
    }
    let kinds = form == Form::Statistics;
    match figures.iter().find(|key| form.figure_name(key).is_none() && !(kinds && is_all_kinds(key))) {
        Some(unknown) => {
            let more = if kinds { "、kind_*" } else { "" };
            Err(wrong(at, format!("“{unknown}”"), format!("{}{more}", form.figure_keys().join("、"))))
        }
        None => Ok(()),
    }
}

pub(super) fn wrong(
    key: impl Into<String>,
    problem: impl Into<String>,
    right: impl Into<String>,
) -> RuleError {
    RuleError::value(AnnexTemplate::KIND, key, problem, right)
}
