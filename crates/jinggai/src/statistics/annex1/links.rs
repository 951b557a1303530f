//! From a figure to the query that lists its covers.
use super::tally::FLAG_FIGURES;
use crate::registry::CoverFilter;
use crate::registry::filter::{Choice, MainState};
use jinggai_rules::kinds::CoverKind;

/// The list of covers in the API; a figure's query stands behind it.
pub const COVERS: &str = "/api/v1/covers?";

/// The address of the list of these covers, without the server.
#[must_use]
pub fn link(filter: &CoverFilter) -> String {
    format!("{COVERS}{}", filter.query())
}

/// The covers of a row that one figure counts; none when the row itself rules the figure out (it is 0 then).
#[must_use]
pub fn figure_filter(row: &CoverFilter, figure: &str) -> Option<CoverFilter> {
    sum_filter(row, std::slice::from_ref(&figure))
}

/// The covers of a row that a sum of figures counts, when one query can list them: the sum of kinds, of main states,
/// or a single figure.
#[must_use]
pub fn sum_filter<S: AsRef<str>>(row: &CoverFilter, figures: &[S]) -> Option<CoverFilter> {
    let names: Vec<&str> = figures.iter().map(AsRef::as_ref).collect();
    if let ["total" | "kind_*"] = names[..] {
        return Some(row.clone());
    }
    let distinct = names.iter().enumerate().all(|(i, n)| !names[..i].contains(n));
    if names.is_empty() || !distinct {
        return None;
    }
    let kinds: Option<Vec<CoverKind>> =
        names.iter().map(|n| n.strip_prefix("kind_").and_then(CoverKind::from_code)).collect();
    if let Some(kinds) = kinds {
        let kind = both(&row.kind, kinds)?;
        return Some(CoverFilter { kind, ..row.clone() });
    }
    let states: Option<Vec<MainState>> = names.iter().map(|n| n.parse().ok()).collect();
    if let Some(states) = states {
        let state = both(&row.state, states)?;
        return Some(CoverFilter { state, ..row.clone() });
    }
    let [name] = names[..] else { return None };
    let (_, flag, wanted) = FLAG_FIGURES.iter().find(|(figure, _, _)| *figure == name)?;
    match row.flags.get(flag) {
        Some(set) if set != wanted => None,
        _ => Some(row.clone().with_flag(flag, *wanted)),
    }
}

/// What both a choice and a list allow; none when that is nothing.
fn both<T: Copy + PartialEq>(set: &Choice<T>, list: Vec<T>) -> Option<Choice<T>> {
    let any: Vec<T> = list.into_iter().filter(|x| set.is_empty() || set.any.contains(x)).collect();
    (!any.is_empty()).then_some(Choice { any, none: false })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jinggai_rules::annex1::figure_keys;

    fn query(row: &str, figures: &[&str]) -> Option<String> {
        sum_filter(&CoverFilter::from_query(row).unwrap(), figures).map(|f| f.query())
    }

    #[test]
    fn every_figure_has_a_query() {
        let row = CoverFilter::from_query("as_of=2026-11-24&road=x").unwrap();
        for key in figure_keys() {
            assert!(figure_filter(&row, &key).is_some(), "{key}");
        }
    }

    #[test]
    fn figures_narrow_the_row_and_never_widen_it() {
        assert_eq!(query("kind=gas,water", &["kind_gas"]).as_deref(), Some("kind=gas"));
        assert_eq!(query("kind=water", &["kind_gas"]), None);
        assert_eq!(query("", &["kind_storm", "kind_grate"]).as_deref(), Some("kind=storm%2Cgrate"));
        assert_eq!(query("kind=gas", &["kind_*"]).as_deref(), Some("kind=gas"));
        assert_eq!(query("", &["damaged", "sunk"]).as_deref(), Some("state=damaged%2Csunk"));
        assert_eq!(query("labelled=false", &["labelled"]), None);
        assert_eq!(query("", &["labelled", "sunk"]), None);
        assert_eq!(query("", &["sunk", "sunk"]), None);
    }
}
