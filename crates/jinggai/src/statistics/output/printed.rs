//! 成表: a table as it is printed, whatever it counts. The writers of CSV, XLSX and PDF know nothing else.
use jinggai_rules::annex1::{
    AnnexTemplate, Cell, Column, ColumnType, ColumnValue, Finding, HeaderCell, PageSetup,
};

/// What the cells of a column are to a writer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// 序号.
    Seq,
    /// A count; the total is the sum of the rows.
    Sum,
    /// A number that is no sum: a rate, money filled in by hand.
    Number,
    /// Words.
    Text,
}

/// A column.
#[derive(Clone, Debug)]
pub(super) struct PrintedColumn {
    pub key: String,
    pub title: String,
    pub group: Option<String>,
    pub kind: Kind,
}

impl PrintedColumn {
    pub(super) fn of(c: &Column) -> PrintedColumn {
        let kind = match (&c.value, c.column_type) {
            (ColumnValue::Field(f), _) if f == "seq" => Kind::Seq,
            (ColumnValue::Figure(_) | ColumnValue::Sum(_), _) => Kind::Sum,
            (ColumnValue::Rate { .. }, _) => Kind::Number,
            (_, ColumnType::Integer | ColumnType::Decimal) => Kind::Number,
            _ => Kind::Text,
        };
        PrintedColumn { key: c.key.clone(), title: c.zh.clone(), group: c.group_zh.clone(), kind }
    }

    /// The columns that a template shows.
    pub(super) fn all(t: &AnnexTemplate) -> Vec<PrintedColumn> {
        t.visible_columns().map(Self::of).collect()
    }
}

/// What a table is about.
#[derive(Clone, Debug)]
pub(super) enum When {
    /// 截至日期.
    Day(String),
    /// 报告期.
    Period(String),
}

impl std::fmt::Display for When {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            When::Day(day) => write!(f, "截至日期：{day}"),
            When::Period(period) => write!(f, "报告期：{period}"),
        }
    }
}

/// A table with what stands above and below it.
#[derive(Clone, Debug)]
pub(super) struct Printed {
    /// Name of its sheet.
    pub name: String,
    /// 附件1 above the title.
    pub annex: Option<String>,
    pub title: String,
    /// Under the title at the left: the day, or the period.
    pub when: When,
    /// 计量单位.
    pub counted_in: Option<String>,
    /// What every page carries.
    pub mark: Option<String>,
    pub columns: Vec<PrintedColumn>,
    pub header: Vec<HeaderCell>,
    pub header_rows: usize,
    pub rows: Vec<Vec<Cell>>,
    /// Which of the rows are totals of others.
    pub sums: Vec<usize>,
    pub total: Vec<Cell>,
    pub page: PageSetup,
    /// What was counted, what was left out.
    pub remarks: Vec<String>,
    /// Where a check does not hold.
    pub wrong: Vec<String>,
    /// 填表人 and the like.
    pub signs: Vec<(String, Option<String>)>,
}

/// A check in words, with what was found wrong.
#[derive(Clone, Debug)]
pub(super) struct Checked {
    pub text: String,
    pub wrong: Vec<Finding>,
}

/// A count with the list behind it.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// Number of the row; empty for the total.
    pub seq: String,
    /// Label of the row.
    pub row: String,
    /// What is counted.
    pub title: String,
    pub count: i64,
    /// Address of the list without the server; none when the row itself rules the figure out.
    pub link: Option<String>,
}

/// A report as a file: its tables, checks and queries.
#[derive(Clone, Debug)]
pub(super) struct Book {
    /// One table a sheet.
    pub sheets: Vec<Printed>,
    /// All rows in one table, for formats that hold only one.
    pub flat: Printed,
    pub checks: Vec<Checked>,
    /// What was asked, when, with which digest.
    pub head: Vec<(&'static str, String)>,
    pub lines: Vec<Line>,
    /// The query in one line.
    pub query: String,
    pub digest: String,
    pub made_by: Option<String>,
    pub made_on: String,
    pub made_at: String,
}

/// The signature fields of a template with what is known of them.
pub(super) fn signs(
    t: &AnnexTemplate,
    made_by: Option<&String>,
    made_on: &str,
) -> Vec<(String, Option<String>)> {
    let value = |key: &str| match key {
        "filled_by" => made_by.cloned(),
        "filled_on" => Some(made_on.to_owned()),
        _ => None,
    };
    t.footer.iter().map(|f| (f.zh.clone(), value(&f.key))).collect()
}

/// Every check of a template in words.
pub(super) fn checked(t: &AnnexTemplate, findings: &[Finding]) -> Vec<Checked> {
    use jinggai_rules::annex1::CheckOp;
    let mut out: Vec<Checked> = t
        .checks
        .iter()
        .map(|c| Checked {
            text: format!(
                "{}{}{}",
                t.form.sum_names(&c.left).0,
                if c.op == CheckOp::Equal { "＝" } else { "≤" },
                t.form.sum_names(&c.right).0
            ),
            wrong: findings.iter().filter(|f| f.check == c.key).cloned().collect(),
        })
        .collect();
    out.push(Checked {
        text: "合计＝各行之和".to_owned(),
        wrong: findings.iter().filter(|f| f.check == "sum_of_rows").cloned().collect(),
    });
    out
}
