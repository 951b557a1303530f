//! Field names of a Shapefile: at most 10 bytes. The rule, so that a short name can be told from the long one: a name of
//! 10 bytes or less stays; a longer one is cut at a character's end to 10 bytes; if that is taken, it is cut to 8 bytes
//! and `_2`, `_3` … is added (7 bytes from `_10` on). The table of all names goes out beside the file as
//! `<name>_fields.csv` (字段对照).

use super::OutColumn;

/// Bytes of a name.
const BYTES_MAX: usize = 10;

/// The short name of each column, in order; unique without regard to case.
#[must_use]
pub fn short_names(columns: &[OutColumn]) -> Vec<String> {
    let mut taken: Vec<String> = Vec::new();
    for column in columns {
        let key = if column.key.is_empty() { "field" } else { &column.key };
        let mut name = cut(key, BYTES_MAX);
        let mut number = 2;
        while taken.iter().any(|other| other.eq_ignore_ascii_case(&name)) {
            let suffix = format!("_{number}");
            name = format!("{}{suffix}", cut(key, BYTES_MAX - suffix.len()));
            number += 1;
        }
        taken.push(name);
    }
    taken
}

/// The longest beginning within so many bytes.
fn cut(text: &str, bytes: usize) -> String {
    let end = (0..=bytes.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text.get(..end).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::write::ColumnType;

    #[test]
    fn names_are_short_and_unique() {
        let columns: Vec<_> =
            ["code", "responsibility_owner", "responsibility_keeper", "Responsibi", "权属单位名称", "code"]
                .iter()
                .map(|key| OutColumn::new(*key, *key, ColumnType::Text))
                .collect();
        assert_eq!(
            short_names(&columns),
            ["code", "responsibi", "responsi_2", "Responsi_3", "权属单", "code_2"]
        );
        let many: Vec<_> = (0..200).map(|_| OutColumn::new("responsibility", "", ColumnType::Text)).collect();
        let names = short_names(&many);
        assert_eq!(names.iter().collect::<std::collections::HashSet<_>>().len(), 200);
        assert!(names.iter().all(|name| name.len() <= BYTES_MAX));
    }
}
