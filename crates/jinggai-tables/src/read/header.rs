//! Where the header of a table is. Offices put a merged title, a line with unit and date, one to three header rows with
//! merged cells and a row that numbers the columns above the data; exports lose the header altogether.
//! Only the shape is judged, never the words: this crate knows no domain.

use super::tabular::RawRow;
use crate::cell::Cell;
use crate::note::{Note, NoteCode};

/// A merged range, rows and columns from 0, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Merge {
    pub top: u64,
    pub bottom: u64,
    pub left: usize,
    pub right: usize,
}

/// The names (not yet unique) and the first row of data.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Layout {
    pub names: Vec<String>,
    pub data_from: u64,
}

const DEPTH_MAX: usize = 3;
const LABEL_CHARS_MAX: usize = 80;

impl Layout {
    /// Columns by letter, every row is data.
    pub(crate) fn without_header(head: &[RawRow]) -> Self {
        Self { names: vec![String::new(); width(head)], data_from: 1 }
    }
}

/// Looks for the header.
pub(crate) fn detect(head: &[RawRow], merges: &[Merge], notes: &mut Vec<Note>) -> Layout {
    match find(head) {
        Some(at) => build(head, at, merges, notes),
        None => {
            if !head.is_empty() {
                notes.push(Note::new(
                    NoteCode::HeaderMissing,
                    "没有找到表头行，列按字母命名（列A、列B…），第一行按数据读取",
                    "no header row was found: columns are named by letter and the first row is read as data",
                ));
            }
            Layout::without_header(head)
        }
    }
}

/// Takes the header from the row that a person named.
pub(crate) fn at(head: &[RawRow], row: u64, merges: &[Merge], notes: &mut Vec<Note>) -> Layout {
    match head.iter().position(|raw| raw.row >= row) {
        Some(at) => build(head, at, merges, notes),
        None => Layout { names: vec![String::new(); width(head)], data_from: row + 1 },
    }
}

/// Used width: cells up to the last that holds something in any row.
fn width(head: &[RawRow]) -> usize {
    let used = |row: &RawRow| row.cells.iter().rposition(|cell| !cell.is_blank()).map_or(0, |at| at + 1);
    head.iter().map(used).max().unwrap_or(0)
}

/// Width that a fifth of the rows reach, and two at least: a single row that is too long is an error of that row.
fn usual_width(rows: &[RawRow]) -> usize {
    let used = |row: &RawRow| row.cells.iter().rposition(|cell| !cell.is_blank()).map_or(0, |at| at + 1);
    let mut widths: Vec<usize> = rows.iter().map(used).collect();
    widths.sort_unstable_by(|a, b| b.cmp(a));
    widths.get((widths.len() / 5).max(1)).copied().unwrap_or(0)
}

fn filled(row: &RawRow) -> usize {
    row.cells.iter().filter(|cell| !cell.is_blank()).count()
}

/// Whether the text reads like a name and not like a value.
fn is_label(cell: &Cell) -> bool {
    match cell {
        Cell::Text(text) => !looks_like_value(text) && text.chars().count() <= LABEL_CHARS_MAX,
        // A year may head a column.
        Cell::Int(year) => (1900..=2100).contains(year),
        _ => false,
    }
}

/// Numbers, dates and links are values, not names.
pub(crate) fn looks_like_value(text: &str) -> bool {
    let text = text.trim();
    if text.is_empty() {
        return false;
    }
    if text.starts_with("http://") || text.starts_with("https://") {
        return true;
    }
    let digits = text.chars().filter(char::is_ascii_digit).count();
    if digits == 0 {
        return false;
    }
    if text.parse::<f64>().is_ok() {
        return !(text.len() == 4 && text.parse().is_ok_and(|year: u16| (1900..=2100).contains(&year)));
    }
    // Dates and times: nothing but digits and the marks between them.
    text.chars()
        .all(|c| c.is_ascii_digit() || matches!(c, '-' | '/' | '.' | ':' | ' ' | 'T' | 'Z' | '+' | ','))
        && digits >= 4
}

/// The first row that is wide enough, made of distinct labels, and not repeated by the rows below it.
fn find(head: &[RawRow]) -> Option<usize> {
    let mut widths: Vec<usize> = head.iter().map(filled).collect();
    widths.sort_unstable();
    // The upper quartile: in a short table titles and header gaps would pull the median down.
    let usual = widths.get(widths.len() * 3 / 4).copied().unwrap_or(0);
    for (at, row) in head.iter().enumerate() {
        let filled = filled(row);
        let wide = filled * 2 >= usual && (filled >= 2 || usual <= 1);
        if !wide {
            continue; // a title, or a line with unit and date
        }
        let below = head.get(at + 1..).unwrap_or_default();
        if is_header(row, below) {
            return Some(at);
        }
        // A wide row that is no header: the data has begun.
        if filled * 10 >= usual * 7 {
            return None;
        }
    }
    None
}

fn is_header(row: &RawRow, below: &[RawRow]) -> bool {
    let cells: Vec<(usize, &Cell)> =
        row.cells.iter().enumerate().filter(|(_, cell)| !cell.is_blank()).collect();
    let labels = cells.iter().filter(|(_, cell)| is_label(cell)).count();
    if labels * 10 < cells.len() * 8 {
        return false;
    }
    let numeric = |cell: &Cell| match cell {
        Cell::Text(text) => looks_like_value(text),
        Cell::Null => false,
        _ => true,
    };
    let column =
        |at: usize| below.iter().filter_map(move |row| row.cells.get(at)).filter(|cell| !cell.is_blank());
    for (at, cell) in &cells {
        let (total, numbers) =
            column(*at).fold((0, 0), |(t, n), cell| (t + 1, n + usize::from(numeric(cell))));
        if !is_label(cell) && total > 0 && numbers * 10 >= total * 8 {
            return false; // a number above numbers is data
        }
    }
    let distinct: std::collections::HashSet<_> =
        cells.iter().map(|(_, cell)| cell.text().trim().to_owned()).collect();
    if distinct.len() * 10 < cells.len() * 6 {
        return false;
    }
    // Names do not occur again below themselves, except where the whole header is repeated on each page.
    let same_row = |other: &&RawRow| other.cells != row.cells;
    let repeated = cells
        .iter()
        .filter(|(at, cell)| below.iter().filter(same_row).any(|other| other.cells.get(*at) == Some(*cell)))
        .count();
    repeated * 10 < cells.len() * 3 || repeated < 2 && cells.len() > 2
}

fn build(head: &[RawRow], at: usize, merges: &[Merge], notes: &mut Vec<Note>) -> Layout {
    let depth = depth(head, at, merges);
    let rows = head.get(at..at + depth).unwrap_or_default();
    let below = head.get(at + depth..).unwrap_or_default();
    let names = names(rows, width(rows).max(usual_width(below)), merges);
    let first = rows.first().map_or(1, |row| row.row);
    let mut data_from = rows.last().map_or(1, |row| row.row + 1);
    if at > 0 || first > 1 {
        notes.push(Note::new(
            NoteCode::HeaderRowFound,
            format!("表头在第 {first} 行，其上的标题行已跳过"),
            format!("the header is row {first}; the title rows above it were skipped"),
        ));
    }
    if depth > 1 {
        let last = data_from - 1;
        notes.push(Note::new(
            NoteCode::HeaderMerged,
            format!("表头占第 {first}–{last} 行（有合并单元格），列名用“/”连接"),
            format!("the header takes rows {first} to {last} with merged cells; names are joined with \"/\""),
        ));
    }
    if let Some(row) = head.get(at + depth).filter(|row| is_column_numbers(row)) {
        data_from = row.row + 1;
        notes.push(Note::new(
            NoteCode::ColumnNumbersSkipped,
            format!("第 {} 行只是列的编号（栏次），已跳过", row.row),
            format!("row {} only numbers the columns and was skipped", row.row),
        ));
    }
    Layout { names, data_from }
}

/// How many rows the header takes.
fn depth(head: &[RawRow], at: usize, merges: &[Merge]) -> usize {
    let Some(top) = head.get(at) else { return 0 };
    let first = top.row - 1;
    let merged = merges
        .iter()
        .filter(|merge| merge.top == first && merge.bottom > first)
        .map(|merge| usize::try_from(merge.bottom - first).unwrap_or(0) + 1)
        .max();
    if let Some(depth) = merged {
        let rows = head.get(at..).unwrap_or_default();
        return rows
            .iter()
            .take(depth.min(DEPTH_MAX))
            .take_while(|row| row.row <= first + depth as u64)
            .count();
    }
    let mut depth = 1;
    while depth < DEPTH_MAX && completes(head, at, depth) {
        depth += 1;
    }
    depth
}

/// Whether the next row fills gaps of the header with labels and leaves columns that the header has named.
fn completes(head: &[RawRow], at: usize, depth: usize) -> bool {
    let (Some(above), Some(row)) = (head.get(at + depth - 1), head.get(at + depth)) else { return false };
    let adjacent = row.row == above.row + 1;
    let labels = row.cells.iter().filter(|cell| !cell.is_blank()).all(is_label);
    let blank = |row: &RawRow, at: usize| row.cells.get(at).is_none_or(Cell::is_blank);
    let columns = above.cells.len().max(row.cells.len());
    let fills = (0..columns).any(|at| blank(above, at) && !blank(row, at));
    let leaves = (0..columns).any(|at| !blank(above, at) && blank(row, at));
    // The data below must be fuller than this row, or it is data itself.
    let fuller = head.get(at + depth + 1).is_some_and(|below| filled(below) > filled(row));
    adjacent && labels && fills && leaves && fuller
}

fn names(rows: &[RawRow], width: usize, merges: &[Merge]) -> Vec<String> {
    let mut parts: Vec<Vec<String>> = vec![Vec::new(); width];
    for (level, row) in rows.iter().enumerate() {
        let last = level + 1 == rows.len();
        let mut group = String::new();
        for (at, parts) in parts.iter_mut().enumerate() {
            let own = clean(row.cells.get(at).unwrap_or(&Cell::Null));
            let merge = merges
                .iter()
                .find(|m| m.top < row.row && row.row <= m.bottom + 1 && m.left <= at && at <= m.right);
            let text = match (own.is_empty(), merge) {
                (false, _) => own,
                (true, Some(merge)) if merge.top + 1 == row.row => {
                    clean(row.cells.get(merge.left).unwrap_or(&Cell::Null))
                }
                (true, Some(_)) => String::new(), // the lower part of a cell merged downwards
                // Without merge data a gap above a filled cell belongs to the group on its left.
                (true, None) if merges.is_empty() && !last && has_label_below(rows, level, at) => {
                    group.clone()
                }
                (true, None) => String::new(),
            };
            if !text.is_empty() {
                group.clone_from(&text);
            } else if !last && !has_label_below(rows, level, at) {
                group.clear();
            }
            if !text.is_empty() && parts.last() != Some(&text) {
                parts.push(text);
            }
        }
    }
    parts.into_iter().map(|parts| parts.join("/")).collect()
}

fn has_label_below(rows: &[RawRow], level: usize, at: usize) -> bool {
    rows.iter().skip(level + 1).any(|row| row.cells.get(at).is_some_and(|cell| !cell.is_blank()))
}

/// A name on one line: breaks between Chinese characters vanish, others become a blank.
fn clean(cell: &Cell) -> String {
    let text = cell.text();
    let mut out = String::with_capacity(text.len());
    for part in text.split(|c: char| c.is_whitespace() || c == '\u{feff}').filter(|part| !part.is_empty()) {
        let ascii = |c: Option<char>| c.is_some_and(|c| c.is_ascii());
        if !out.is_empty() && ascii(out.chars().last()) && ascii(part.chars().next()) {
            out.push(' ');
        }
        out.push_str(part);
    }
    out
}

/// 1, 2, 3 … or 甲, 乙, 1, 2 … under the header.
fn is_column_numbers(row: &RawRow) -> bool {
    const STEMS: &str = "甲乙丙丁戊己庚辛壬癸";
    let mut expected = 1;
    let mut numbers = 0;
    for cell in row.cells.iter().filter(|cell| !cell.is_blank()) {
        let text = cell.text();
        let text = text.trim().trim_matches(['(', ')', '（', '）']);
        if text.chars().count() == 1 && text.chars().all(|c| STEMS.contains(c)) {
            continue;
        }
        if text.parse() != Ok(expected) {
            return false;
        }
        expected += 1;
        numbers += 1;
    }
    // Three cells could be a row of data by chance.
    numbers >= 4
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<RawRow> {
        let cell = |text: &str| Cell::from_text(text);
        text.lines()
            .enumerate()
            .map(|(at, line)| RawRow { row: at as u64 + 1, cells: line.split(',').map(cell).collect() })
            .filter(|row| !row.is_blank())
            .collect()
    }

    fn check(text: &str) -> (Vec<String>, u64, Vec<NoteCode>) {
        let mut notes = Vec::new();
        let layout = detect(&rows(text), &[], &mut notes);
        (layout.names, layout.data_from, notes.into_iter().map(|note| note.code).collect())
    }

    #[test]
    fn plain_header() {
        let (names, from, notes) = check("编号,道路,经度\nA1,建新路,106.5\nA2,建新路,106.6");
        assert_eq!(
            (names.as_slice(), from, notes.len()),
            (["编号", "道路", "经度"].map(str::to_owned).as_slice(), 2, 0)
        );
    }

    #[test]
    fn header_of_text_only_table() {
        let (names, from, _) = check("编号,道路,单位\nA1,建新路,甲公司\nA2,观音桥,乙公司\nA3,建新路,甲公司");
        assert_eq!((names.len(), from), (3, 2));
    }

    #[test]
    fn title_two_header_rows_and_numbers() {
        let text = "江北区窨井盖普查表,,,,\n填报单位：某街道,,,2023年,\n序号,道路,权属,,备注\n,,供水,排水,\n1,2,3,4,5\n\
                    1,建新路,3,4,无\n2,观音桥,5,6,无";
        let (names, from, notes) = check(text);
        assert_eq!(names, ["序号", "道路", "权属/供水", "权属/排水", "备注"]);
        assert_eq!(from, 6);
        assert_eq!(notes, [NoteCode::HeaderRowFound, NoteCode::HeaderMerged, NoteCode::ColumnNumbersSkipped]);
    }

    #[test]
    fn missing_header() {
        let text = "A1,106.55,29.57,雨水\nA2,106.56,29.58,污水\nA3,106.56,29.58,污水";
        let (names, from, notes) = check(text);
        assert_eq!((names.concat().as_str(), from), ("", 1));
        assert_eq!(notes, [NoteCode::HeaderMissing]);
    }

    #[test]
    fn merged_ranges_decide_the_depth() {
        let head = rows("序号,井盖,\n,材质,尺寸\n1,铸铁,D700\n2,铸铁,D800");
        let merges =
            [Merge { top: 0, bottom: 1, left: 0, right: 0 }, Merge { top: 0, bottom: 0, left: 1, right: 2 }];
        let mut notes = Vec::new();
        let layout = detect(&head, &merges, &mut notes);
        assert_eq!(
            layout,
            Layout {
                names: ["序号", "井盖/材质", "井盖/尺寸"].map(str::to_owned).to_vec(), data_from: 3
            }
        );
    }
}
