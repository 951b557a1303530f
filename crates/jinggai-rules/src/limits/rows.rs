//! Reading the rows of a city's table: each field beside its original, every doubt with what would be right.
//!
//! A row is taken only when all of it is understood: the small class names one kind of cover, the whole condition is
//! made of known wordings (a table of the pack, not a guess from single words), the limit is typed, and no other row of
//! the file says something else of the same defect. Everything else is asked.

use serde::{Deserialize, Serialize};

use super::condition::{self, Condition};
use super::table::{LimitEntry, Wording};
use super::{Reading, parse};
use crate::clock::Limit;
use crate::codes::ClassList;
use crate::hazards::Catalogue;
use crate::kinds::{Certainty, CoverKind};
use crate::text::fold_width;

code_enum! {
    /// A column of the table (列).
    pub enum LimitField {
        /// 小类.
        Class = "class", "小类", "Small class", ["部件小类", "小类名称", "部件名称"];
        /// 立案条件.
        Condition = "condition", "立案条件", "Filing condition", ["立案标准"];
        /// 处置时限.
        Limit = "limit", "处置时限", "Limit", ["处置时间", "时限"];
        /// 结案条件.
        Closing = "closing", "结案条件", "Closing condition", ["结案标准"];
        /// 隐患代码: which catalogue codes the condition means, where its wording is not known.
        Hazards = "hazards", "隐患代码", "Hazard codes", ["隐患"];
    }
}

recognise_by_words!(LimitField);

/// 一行 as it stands in the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GivenRow {
    /// Number in the file, from 1, header included.
    pub row: u64,
    /// Cells by column.
    pub class: String,
    /// 立案条件.
    pub condition: String,
    /// 处置时限.
    pub limit: String,
    /// 结案条件.
    pub closing: String,
    /// 隐患代码.
    pub hazards: String,
}

impl GivenRow {
    /// The cell of a column.
    pub fn cell_mut(&mut self, field: LimitField) -> &mut String {
        match field {
            LimitField::Class => &mut self.class,
            LimitField::Condition => &mut self.condition,
            LimitField::Limit => &mut self.limit,
            LimitField::Closing => &mut self.closing,
            LimitField::Hazards => &mut self.hazards,
        }
    }

    fn cell(&self, field: LimitField) -> &str {
        match field {
            LimitField::Class => &self.class,
            LimitField::Condition => &self.condition,
            LimitField::Limit => &self.limit,
            LimitField::Closing => &self.closing,
            LimitField::Hazards => &self.hazards,
        }
    }
}

/// 答复 to a doubt: what a cell of a row means. The original stays beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Number of the row.
    pub row: u64,
    /// Code or name of the column.
    pub column: String,
    /// What stands there instead.
    pub value: String,
}

/// 存疑 in one column of a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RowDoubt {
    /// Column.
    pub field: LimitField,
    /// Its Chinese name.
    pub column: &'static str,
    /// What is doubtful, and what would be right (Chinese).
    pub message: String,
    /// The same in English.
    pub message_en: String,
    /// What it could mean.
    pub choices: Vec<String>,
}

/// 一行 as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReadRow {
    /// Number in the file.
    pub row: u64,
    /// 小类 as written.
    pub class: String,
    /// Kind of cover that it means.
    pub kind: Option<CoverKind>,
    /// 立案条件 as written.
    pub condition: String,
    /// Catalogue codes that it means.
    pub hazards: Vec<String>,
    /// 处置时限 as written.
    pub limit_text: String,
    /// 处置时限 as read.
    pub limit: Option<Limit>,
    /// 结案条件 as written.
    pub closing: String,
    /// What is asked; a row without doubts is taken.
    pub doubts: Vec<RowDoubt>,
    /// A component that is no cover: nothing is asked, nothing is taken.
    pub no_cover: bool,
}

impl ReadRow {
    fn doubt(&mut self, field: LimitField, zh: String, en: &str, choices: Vec<String>) {
        let column = field.name_zh();
        self.doubts.push(RowDoubt { field, column, message: zh, message_en: en.to_owned(), choices });
    }

    /// The row as it will hold, when nothing is doubtful and it says something new.
    pub fn entry(&self) -> Option<LimitEntry> {
        // Without codes an earlier row says the same already.
        if !self.doubts.is_empty() || self.hazards.is_empty() {
            return None;
        }
        Some(LimitEntry {
            class: self.class.clone(),
            kind: self.kind?,
            condition: self.condition.clone(),
            hazards: self.hazards.clone(),
            limit: self.limit?,
            limit_text: self.limit_text.clone(),
            closing: self.closing.clone(),
        })
    }
}

/// What rows are read by.
pub struct Known<'a> {
    /// 编码分类表: what small classes are called.
    pub classes: &'a [ClassList],
    /// 隐患目录.
    pub catalogue: &'a Catalogue,
    /// 已知说法.
    pub wordings: &'a [Wording],
}

impl Known<'_> {
    /// Reads rows; an answer stands for the cell that it names.
    pub fn read(&self, rows: &[GivenRow], answers: &[(u64, LimitField, String)]) -> Vec<ReadRow> {
        let mut out: Vec<ReadRow> = rows.iter().map(|row| self.row(row, answers)).collect();
        conflicts(&mut out);
        out
    }

    fn row(&self, given: &GivenRow, answers: &[(u64, LimitField, String)]) -> ReadRow {
        let said = |field: LimitField| {
            let answer = answers.iter().rev().find(|(row, f, _)| *row == given.row && *f == field);
            answer.map_or_else(|| given.cell(field), |(_, _, value)| value.as_str()).trim()
        };
        // The original is kept; a cell that was empty has only its answer.
        let kept = |field: LimitField| {
            let original = given.cell(field).trim();
            if original.is_empty() { said(field).to_owned() } else { original.to_owned() }
        };
        let mut out = ReadRow {
            row: given.row,
            class: kept(LimitField::Class),
            kind: None,
            condition: kept(LimitField::Condition),
            hazards: vec![],
            limit_text: kept(LimitField::Limit),
            limit: None,
            closing: kept(LimitField::Closing),
            doubts: vec![],
            no_cover: false,
        };
        self.class(said(LimitField::Class), &mut out);
        if out.no_cover {
            return out;
        }
        self.condition(said(LimitField::Condition), said(LimitField::Hazards), &mut out);
        limit(said(LimitField::Limit), &mut out);
        if said(LimitField::Closing).is_empty() {
            out.doubt(
                LimitField::Closing,
                "未填写结案条件，例如：恢复、更换或修复".into(),
                "no closing condition",
                vec![],
            );
        }
        out
    }

    fn class(&self, text: &str, out: &mut ReadRow) {
        let name = plain(text);
        if name.is_empty() {
            let zh = "未填写小类（合并单元格请逐行填写），例如：污水井盖".to_owned();
            return out.doubt(LimitField::Class, zh, "no small class; fill merged cells row by row", vec![]);
        }
        let listed: Vec<Option<CoverKind>> = self
            .classes
            .iter()
            .flat_map(|list| &list.classes)
            .filter(|c| plain(&c.name) == name)
            .map(|c| c.kind)
            .collect();
        let mut kinds: Vec<CoverKind> = listed.iter().copied().flatten().collect();
        if kinds.is_empty() && !listed.is_empty() {
            out.no_cover = true;
            return;
        }
        if kinds.is_empty() {
            let read = CoverKind::recognise(&name);
            let sure = read.filter(|r| r.certainty == Certainty::Certain && r.others.is_empty());
            kinds.extend(sure.map(|r| r.value));
        }
        kinds.sort_unstable();
        kinds.dedup();
        match kinds.as_slice() {
            [kind] => out.kind = Some(*kind),
            [] => {
                let all = CoverKind::ALL.iter().map(|k| k.name_zh().to_owned()).collect();
                let zh = format!("不认识小类“{text}”，请写明是哪一类井盖");
                out.doubt(LimitField::Class, zh, "unknown small class; name the kind of cover", all);
            }
            several => {
                let choices = several.iter().map(|k| k.name_zh().to_owned()).collect();
                let zh = format!("“{text}”在各编码分类表里指不同的井盖，请选择");
                out.doubt(LimitField::Class, zh, "the lists of classes disagree; choose", choices);
            }
        }
    }

    fn condition(&self, text: &str, codes: &str, out: &mut ReadRow) {
        use LimitField::{Condition as Column, Hazards};
        if text.is_empty() {
            let zh = "未填写立案条件，例如：缺失、移位".to_owned();
            return out.doubt(Column, zh, "no filing condition", vec![]);
        }
        if !codes.is_empty() {
            return self.named(codes, out);
        }
        let all = || self.catalogue.entries.iter().map(|h| format!("{} {}", h.code, h.name)).collect();
        match condition::read(text, self.wordings, self.catalogue) {
            Condition::Clear(codes) => match codes.iter().find(|c| self.catalogue.get(c).is_none()) {
                Some(unknown) => {
                    let zh = format!("隐患目录里没有 {unknown}，请在“隐患代码”列写明");
                    out.doubt(Hazards, zh, "the catalogue lacks the code", all());
                }
                None => out.hazards = codes,
            },
            Condition::Unknown(words) => {
                let zh = format!("看不懂“{words}”，请在“隐患代码”列写明所指的隐患，如 H01、H02");
                let hint = condition::hints(text, self.catalogue);
                let choices = if hint.is_empty() { all() } else { hint };
                out.doubt(Hazards, zh, "unknown wording; name the hazard codes", choices);
            }
            Condition::Threshold { said, catalogue } => {
                let zh = format!(
                    "立案标准写的是 {said}，隐患目录是 {catalogue}：请先修改隐患目录，或在“隐患代码”列写明仍用此代码"
                );
                let hint = condition::hints(text, self.catalogue);
                out.doubt(Hazards, zh, "its threshold is not the catalogue's", hint);
            }
        }
    }

    fn named(&self, codes: &str, out: &mut ReadRow) {
        let mut found = vec![];
        for code in codes.split(['、', '，', ',', ';', '；', ' ', '/']).map(plain).filter(|c| !c.is_empty())
        {
            match self.catalogue.get(&code.to_uppercase()) {
                Some(h) if found.contains(&h.code) => {}
                Some(h) => found.push(h.code.clone()),
                None => {
                    let all =
                        self.catalogue.entries.iter().map(|h| format!("{} {}", h.code, h.name)).collect();
                    let zh = format!("隐患目录里没有“{code}”，应为 H01、H02 这样的代码");
                    return out.doubt(LimitField::Hazards, zh, "the catalogue has no such code", all);
                }
            }
        }
        out.hazards = found;
    }
}

fn limit(text: &str, out: &mut ReadRow) {
    match parse(text).reading {
        Reading::Clear(limit) => out.limit = Some(limit),
        Reading::Doubtful { doubt, choices } => {
            let choices = choices.iter().map(ToString::to_string).collect();
            out.doubt(LimitField::Limit, doubt.text_zh().to_owned(), doubt.text_en(), choices);
        }
    }
}

/// Two rows that say different things of one defect are both asked; the same thing twice is said once.
fn conflicts(rows: &mut [ReadRow]) {
    let same = |a: &ReadRow, b: &ReadRow| a.limit == b.limit && a.closing == b.closing;
    let mut found = vec![];
    for (i, a) in rows.iter().enumerate() {
        for b in rows.iter().filter(|b| b.row != a.row) {
            let twice = a.hazards.iter().find(|h| b.hazards.contains(h));
            if a.kind.is_some() && a.kind == b.kind && !same(a, b) {
                found.extend(twice.map(|h| (i, b.row, h.clone())));
            }
        }
    }
    for (i, other, hazard) in found {
        let zh = format!("与第 {other} 行对 {hazard} 的规定不同，请只保留一行，或写明各自的隐患代码");
        let en = format!("contradicts row {other} about {hazard}");
        rows[i].doubt(LimitField::Hazards, zh, &en, vec![]);
    }
    let mut seen: Vec<(CoverKind, String)> = vec![];
    for row in rows.iter_mut().filter(|r| r.doubts.is_empty()) {
        let Some(kind) = row.kind else { continue };
        row.hazards.retain(|h| !seen.contains(&(kind, h.clone())));
        seen.extend(row.hazards.iter().map(|h| (kind, h.clone())));
    }
}

/// Width folded, blanks dropped: what a name is compared by.
fn plain(text: &str) -> String {
    fold_width(text).chars().filter(|c| !c.is_whitespace()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RulePack;
    use crate::limits::CaseLimits;

    fn row(row: u64, cells: [&str; 4]) -> GivenRow {
        let [class, condition, limit, closing] = cells.map(str::to_owned);
        GivenRow { row, class, condition, limit, closing, hazards: String::new() }
    }

    fn read(rows: &[GivenRow], answers: &[(u64, LimitField, &str)]) -> Vec<ReadRow> {
        let (classes, catalogue) = (ClassList::shipped(), Catalogue::shipped().remove(0));
        let table = CaseLimits::shipped().remove(0);
        let known = Known { classes: &classes, catalogue: &catalogue, wordings: &table.wordings };
        let answers: Vec<_> = answers.iter().map(|(r, f, v)| (*r, *f, (*v).to_owned())).collect();
        known.read(rows, &answers)
    }

    fn doubts(row: &ReadRow) -> Vec<(LimitField, &str)> {
        row.doubts.iter().map(|d| (d.field, d.message.as_str())).collect()
    }

    #[test]
    fn a_clear_row_is_taken_with_its_wording() {
        let got = read(&[row(2, ["雨水箅子", "堵塞面积达三分之一以上", "1工作日", "疏通"])], &[]);
        let entry = got[0].entry().unwrap();
        assert_eq!((entry.kind, entry.hazards), (CoverKind::Grate, vec!["H08".to_owned()]));
        assert_eq!((entry.limit.to_string(), entry.limit_text), ("1工作日".into(), "1工作日".into()));
    }

    #[test]
    fn each_doubt_says_what_would_be_right_and_can_be_answered() {
        let rows =
            [row(2, ["下水道盖", "缺失", "4小时", ""]), row(3, ["污水井盖", "外溢", "2工作日", "修复"])];
        let got = read(&rows, &[]);
        assert_eq!(
            doubts(&got[0]),
            [
                (LimitField::Class, "不认识小类“下水道盖”，请写明是哪一类井盖"),
                (LimitField::Limit, "未写明是否连续计时，请选择"),
                (LimitField::Closing, "未填写结案条件，例如：恢复、更换或修复"),
            ]
        );
        assert_eq!(got[0].doubts[1].choices, ["4紧急工作时", "4工作时"]);
        assert!(doubts(&got[1])[0].1.contains("看不懂“外溢”"), "{:?}", got[1]);
        assert!(got.iter().all(|r| r.entry().is_none()));
        let answers = [
            (2, LimitField::Class, "污水"),
            (2, LimitField::Limit, "4工作时"),
            (2, LimitField::Closing, "恢复"),
            (3, LimitField::Hazards, "h19"),
        ];
        let got = read(&rows, &answers);
        let entry = got[0].entry().unwrap();
        assert_eq!((entry.class.as_str(), entry.kind), ("下水道盖", CoverKind::Sewage));
        assert_eq!((entry.limit_text.as_str(), entry.limit.to_string().as_str()), ("4小时", "4工作时"));
        assert_eq!(
            (entry.closing.as_str(), got[1].entry().unwrap().hazards),
            ("恢复", vec!["H19".to_owned()])
        );
    }

    #[test]
    fn rows_that_contradict_are_both_asked() {
        let check = |limit: &str, want: usize| {
            let rows = [
                row(2, ["热力井盖", "缺失、移位", "2紧急工作时", "恢复"]),
                row(3, ["热力", "缺失", limit, "恢复"]),
            ];
            let got = read(&rows, &[]);
            assert_eq!(got.iter().filter(|r| !r.doubts.is_empty()).count(), want, "{got:?}");
            got
        };
        check("1自然日", 2);
        // The same again is said once.
        assert_eq!(check("2紧急工作时", 0)[1].entry(), None);
    }

    #[test]
    fn what_is_no_cover_is_left_out_and_not_asked() {
        let got = read(&[row(2, ["供水器", "漏水", "2紧急工作时", "修复"])], &[]);
        assert_eq!((got[0].no_cover, got[0].doubts.len(), got[0].entry()), (true, 0, None));
    }
}
