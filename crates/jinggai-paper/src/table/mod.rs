//! Statistical forms and lists on paper (附件1, 附件2 and any other table).
//!
//! The columns of the official annexes are a reconstruction, so columns, their groups, titles and
//! notes are all data. This module lays out; it computes no figure and checks no sum: totals, checks
//! and their outcome come from whoever counted.

mod header;
mod width;

use serde::{Deserialize, Serialize};

use crate::{
    Fonts, Paper, PaperError,
    render::{Template, render},
};

/// A form with title, many columns and a signature line.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TableReport {
    /// Above the title at the left, for example 附件1.
    pub annex: Option<String>,
    /// Official title.
    pub title: String,
    /// Reporting unit (填报单位).
    pub unit: Option<String>,
    /// As of which day (截至日期).
    pub as_of: Option<String>,
    /// The period (报告期), for forms about more than one day.
    pub period: Option<String>,
    /// What the figures count (计量单位), for example 个.
    pub counted_in: Option<String>,
    /// A mark that every page carries, for example 演示数据.
    pub mark: Option<String>,
    /// Columns from left to right.
    pub columns: Vec<TableColumn>,
    /// Rows; an empty cell stays empty (put “—” where a figure cannot exist, as a rate of nothing).
    pub rows: Vec<Vec<String>>,
    /// The row of totals (合计); an empty cell stays empty.
    pub totals: Option<Vec<String>>,
    /// Consistency checks (核对关系) with their outcome.
    pub checks: Vec<Check>,
    /// Notes (说明) under the table.
    pub notes: Vec<String>,
    /// Who stands for the form.
    pub sign_off: SignOff,
    /// The query that drew the rows, in one line.
    pub query: Option<String>,
    /// Digest of the rows with its algorithm.
    pub digest: Option<String>,
    /// Time of printing (打印时间), in the district's time zone.
    pub printed_at: Option<String>,
}

/// A column of a form.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TableColumn {
    /// Heading of the column.
    pub title: String,
    /// Headings above it, outermost first; neighbours with the same path share one cell.
    pub group: Vec<String>,
    /// Where its cells stand.
    pub align: Align,
}

/// Where the text of a column stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Align {
    /// Words.
    #[default]
    Left,
    /// Short words, dates.
    Center,
    /// Numbers.
    Right,
}

/// A consistency check (核对关系) and its outcome.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Check {
    /// What must hold, for example 总数＝权属明确数＋权属不明数.
    pub text: String,
    /// Whether it holds for every row.
    pub holds: bool,
    /// Where it does not hold, for example 第 3、7 行.
    pub where_not: Option<String>,
}

/// The last line of a Chinese statistical form.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SignOff {
    /// 填表人
    pub filled_by: Option<String>,
    /// 审核人
    pub reviewed_by: Option<String>,
    /// 联系电话
    pub phone: Option<String>,
    /// 填报日期
    pub filled_on: Option<String>,
}

/// What the template reads.
#[derive(Serialize)]
struct Sheet<'a> {
    #[serde(flatten)]
    report: &'a TableReport,
    header: Vec<header::HeaderCell<'a>>,
    /// Rows that the header takes.
    depth: usize,
    layout: width::Layout,
}

/// Renders a form on landscape A4, or A3 if its columns need it.
///
/// # Errors
/// [`PaperError::NoColumns`] and [`PaperError::RowWidth`] if the table is not a table;
/// [`PaperError::Data`], [`PaperError::Template`] and [`PaperError::Pdf`] on faults of this crate.
pub fn table_report(fonts: &Fonts, report: &TableReport) -> Result<Paper, PaperError> {
    check_shape(report)?;
    let (header, depth) = header::cells(&report.columns);
    let layout = width::layout(report);
    let mut warnings = Vec::new();
    if layout.is_squeezed() {
        warnings.push(format!(
            "报表“{}”有 {} 列，A3 纸也放不下，文字将密集换行；请减少列数或分成两张表",
            report.title,
            report.columns.len()
        ));
    }
    let sheet = Sheet { report, header, depth, layout };
    render(fonts, Template::TableReport, &sheet, Vec::new(), warnings)
}

fn check_shape(report: &TableReport) -> Result<(), PaperError> {
    let want = report.columns.len();
    if want == 0 {
        return Err(PaperError::NoColumns { title: report.title.clone() });
    }
    let numbered = report.rows.iter().enumerate().map(|(i, row)| (format!("第 {} 行", i + 1), row.len()));
    let totals = report.totals.iter().map(|row| ("合计行".to_owned(), row.len()));
    match numbered.chain(totals).find(|(_, got)| *got != want) {
        Some((row, got)) => Err(PaperError::RowWidth { row, got, want }),
        None => Ok(()),
    }
}
