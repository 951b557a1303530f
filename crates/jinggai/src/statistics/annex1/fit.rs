//! A template with the columns of the groupings in use, and without those of the others.
use super::Dimension;
use jinggai_rules::annex1::{AnnexTemplate, Column, ColumnType, ColumnValue};

/// Fields that say what a row stands for and are empty under any other grouping. The road manager is not among them:
/// it is told of every row.
const ONLY_WHEN_GROUPED: [Dimension; 9] = [
    Dimension::Unit,
    Dimension::Road,
    Dimension::District,
    Dimension::Street,
    Dimension::Community,
    Dimension::Kind,
    Dimension::Owner,
    Dimension::Maintainer,
    Dimension::Supervisor,
];

/// Shows the columns of `by`, adding those that the template lacks, and hides the columns of other groupings.
pub(super) fn fit(mut template: AnnexTemplate, by: &[Dimension]) -> AnnexTemplate {
    for d in ONLY_WHEN_GROUPED {
        for column in template.columns.iter_mut().filter(|c| shows(c, d)) {
            column.visible = by.contains(&d);
        }
    }
    for d in by.iter().rev() {
        if let Some(column) = template.columns.iter_mut().find(|c| shows(c, *d)) {
            column.visible = true;
            continue;
        }
        let at = template.columns.iter().position(|c| is_field(c, "seq")).map_or(0, |i| i + 1);
        template.columns.insert(at, column(*d, &template.columns));
    }
    template
}

fn is_field(column: &Column, field: &str) -> bool {
    matches!(&column.value, ColumnValue::Field(f) if f == field)
}

fn shows(column: &Column, d: Dimension) -> bool {
    is_field(column, d.field())
}

fn column(d: Dimension, others: &[Column]) -> Column {
    // A figure's column may have taken the plain key.
    let taken = others.iter().any(|c| c.key == d.field());
    Column {
        key: if taken { format!("by_{}", d.code()) } else { d.field().to_owned() },
        zh: d.zh().to_owned(),
        en: d.en().to_owned(),
        group_zh: None,
        group_en: None,
        column_type: ColumnType::Text,
        visible: true,
        value: ColumnValue::Field(d.field().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jinggai_rules::RulePack;

    fn first(by: &[Dimension]) -> Vec<String> {
        let fitted = fit(AnnexTemplate::shipped_by_id("annex1").unwrap(), by);
        assert_eq!(fit(fitted.clone(), by), fitted, "fitting twice changes nothing");
        fitted.validate().unwrap();
        fitted.visible_columns().take(4).map(|c| c.key.clone()).collect()
    }

    #[test]
    fn the_columns_follow_the_groupings() {
        use Dimension as D;
        assert_eq!(first(&[D::Unit, D::Road]), ["seq", "reporting_unit", "road_name", "road_manager"]);
        assert_eq!(first(&[D::Kind]), ["seq", "kind", "road_manager", "total"]);
        assert_eq!(first(&[D::Street, D::Owner]), ["seq", "street", "owner", "road_manager"]);
    }
}
