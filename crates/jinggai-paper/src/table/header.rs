//! From the group paths of columns to the cells of a header of several rows.

use serde::Serialize;

use super::TableColumn;

/// A cell of the header.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct HeaderCell<'a> {
    text: &'a str,
    x: usize,
    y: usize,
    colspan: usize,
    rowspan: usize,
}

/// All cells of the header, and the rows it takes. Neighbouring columns with the same path down to a
/// level share the cell of that level; a column's own title reaches down to the last row.
pub(super) fn cells(columns: &[TableColumn]) -> (Vec<HeaderCell<'_>>, usize) {
    let depth = columns.iter().map(|c| c.group.len()).max().unwrap_or(0) + 1;
    let mut cells = Vec::new();
    for y in 0..depth {
        let mut x = 0;
        // Columns whose paths agree down to this level stand in one run.
        for run in columns.chunk_by(|a, b| a.group.len() > y && a.group.get(..=y) == b.group.get(..=y)) {
            if let Some(text) = run.first().and_then(|c| c.group.get(y)) {
                cells.push(HeaderCell { text, x, y, colspan: run.len(), rowspan: 1 });
            }
            x += run.len();
        }
    }
    for (x, column) in columns.iter().enumerate() {
        let y = column.group.len();
        cells.push(HeaderCell { text: &column.title, x, y, colspan: 1, rowspan: depth - y });
    }
    (cells, depth)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(path: &[&str]) -> TableColumn {
        let (title, group) = path.split_last().unwrap();
        TableColumn {
            title: (*title).into(),
            group: group.iter().map(|g| (*g).into()).collect(),
            ..TableColumn::default()
        }
    }

    fn check(paths: &[&[&str]], want: &[(&str, usize, usize, usize, usize)], want_depth: usize) {
        let columns: Vec<_> = paths.iter().map(|p| column(p)).collect();
        let (cells, depth) = cells(&columns);
        let mut got: Vec<_> = cells.iter().map(|c| (c.text, c.x, c.y, c.colspan, c.rowspan)).collect();
        got.sort_by_key(|c| (c.2, c.1));
        assert_eq!(got, want);
        assert_eq!(depth, want_depth);
    }

    #[test]
    fn columns_without_groups_make_one_row() {
        check(&[&["序号"], &["道路"]], &[("序号", 0, 0, 1, 1), ("道路", 1, 0, 1, 1)], 1);
    }

    #[test]
    fn neighbours_share_a_group_and_others_reach_down() {
        check(
            &[&["总数"], &["其中", "雨水"], &["其中", "污水"], &["备注"]],
            &[
                ("总数", 0, 0, 1, 2),
                ("其中", 1, 0, 2, 1),
                ("备注", 3, 0, 1, 2),
                ("雨水", 1, 1, 1, 1),
                ("污水", 2, 1, 1, 1),
            ],
            2,
        );
    }

    #[test]
    fn the_same_name_under_two_groups_is_two_cells() {
        check(
            &[&["问题", "其中", "破损"], &["整改", "其中", "维修"], &["整改", "完成"]],
            &[
                ("问题", 0, 0, 1, 1),
                ("整改", 1, 0, 2, 1),
                ("其中", 0, 1, 1, 1),
                ("其中", 1, 1, 1, 1),
                ("完成", 2, 1, 1, 2),
                ("破损", 0, 2, 1, 1),
                ("维修", 1, 2, 1, 1),
            ],
            3,
        );
    }
}
