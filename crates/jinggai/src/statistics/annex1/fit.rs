//! Which columns of the form 附件1 belong to a grouping.
use super::Dimension;
use crate::statistics::fit::{self, Title};
use jinggai_rules::annex1::AnnexTemplate;

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

/// The template as these groupings need it.
pub(super) fn fit(template: AnnexTemplate, by: &[Dimension]) -> AnnexTemplate {
    let title = |d: Dimension| Title { code: d.code(), field: d.field(), zh: d.zh(), en: d.en() };
    let by: Vec<Title> = by.iter().map(|d| title(*d)).collect();
    fit::fit(template, &by, &ONLY_WHEN_GROUPED.map(title))
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
