//! A template with the columns of the groupings in use, and without those of the others.
use jinggai_rules::annex1::{AnnexTemplate, Column, ColumnType, ColumnValue};

/// What a grouping is called, and the field of templates that shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Title {
    /// In queries.
    pub code: &'static str,
    /// The field.
    pub field: &'static str,
    /// Chinese title of its column.
    pub zh: &'static str,
    /// English title of its column.
    pub en: &'static str,
}

/// Shows the columns of `by`, adding those that the template lacks, and hides those of `others` that are not in use.
#[must_use]
pub fn fit(mut template: AnnexTemplate, by: &[Title], others: &[Title]) -> AnnexTemplate {
    for t in others {
        for column in template.columns.iter_mut().filter(|c| is_field(c, t.field)) {
            column.visible = by.contains(t);
        }
    }
    for t in by.iter().rev() {
        if let Some(column) = template.columns.iter_mut().find(|c| is_field(c, t.field)) {
            column.visible = true;
            continue;
        }
        let at = template.columns.iter().position(|c| is_field(c, "seq")).map_or(0, |i| i + 1);
        template.columns.insert(at, column(*t, &template.columns));
    }
    template
}

fn is_field(column: &Column, field: &str) -> bool {
    matches!(&column.value, ColumnValue::Field(f) if f == field)
}

fn column(t: Title, others: &[Column]) -> Column {
    // A figure's column may have taken the plain key.
    let taken = others.iter().any(|c| c.key == t.field);
    Column {
        key: if taken { format!("by_{}", t.code) } else { t.field.to_owned() },
        zh: t.zh.to_owned(),
        en: t.en.to_owned(),
        group_zh: None,
        group_en: None,
        column_type: ColumnType::Text,
        visible: true,
        value: ColumnValue::Field(t.field.to_owned()),
    }
}
