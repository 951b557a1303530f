//! A mapping (字段映射): which column fills which field, kept per source and given by file (TOML or JSON).
//!
//! ```toml
//! crs = "GCJ-02"
//! [columns]
//! code = "编号"
//! kind = ["类型", "图层"]
//! [constants]
//! owner = "jb-zjw"
//! [values.owner]
//! POCO = "poco-water"
//! [units]
//! depth = "mm"
//! ```
use super::target::Target;
use super::value::DayOrder;
use crate::error::{AppError, Result};
use jinggai_geo::LocalCrs;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;

/// Which column fills which field, with what is needed to read the values.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mapping {
    /// Field → columns, tried in order. An empty list says: leave this field alone.
    #[serde(deserialize_with = "one_or_many", skip_serializing_if = "BTreeMap::is_empty")]
    pub columns: BTreeMap<Target, Vec<String>>,
    /// Field → the value of every row that has none.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub constants: BTreeMap<Target, String>,
    /// Field → (value in the file → value of ours), for codes of the source.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<Target, BTreeMap<String, String>>,
    /// Field → unit of its numbers in the file: `mm`, `cm`, `m`, `ft`, `in`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub units: BTreeMap<Target, String>,
    /// Further values that stand for nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sentinels: Vec<String>,
    /// Order of day and month in dates such as 9/10/2020.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_order: Option<DayOrder>,
    /// Coordinate system of the file's coordinates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crs: Option<String>,
    /// `xy` (east first) or `yx` (north first, as in Chinese survey).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub axes: Option<String>,
    /// Code scheme of the code column.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code_scheme: Option<String>,
    /// Parameters of local coordinate systems; used, never kept (they are usually classified).
    #[serde(skip_serializing)]
    pub locals: Vec<LocalCrs>,
}

fn one_or_many<'de, D: Deserializer<'de>>(
    d: D,
) -> std::result::Result<BTreeMap<Target, Vec<String>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Columns {
        One(String),
        Many(Vec<String>),
    }
    let map = BTreeMap::<Target, Columns>::deserialize(d)?;
    Ok(map
        .into_iter()
        .map(|(t, c)| match c {
            Columns::One(c) if c.is_empty() => (t, vec![]),
            Columns::One(c) => (t, vec![c]),
            Columns::Many(c) => (t, c),
        })
        .collect())
}

impl Mapping {
    /// Reads TOML, or JSON when the text begins with `{`.
    ///
    /// # Errors
    /// `import.mapping` with the parser's words.
    pub fn parse(text: &str) -> Result<Mapping> {
        let read = if text.trim_start().starts_with('{') {
            serde_json::from_str(text).map_err(|e| e.to_string())
        } else {
            toml::from_str(text).map_err(|e| e.to_string())
        };
        read.map_err(|e| {
            AppError::field(
                "import.mapping",
                "map",
                format!("映射文件有误：{e}；字段名可用：{}", names()),
                format!("the mapping file is wrong: {e}"),
            )
        })
    }

    /// This mapping with another over it: what the other says wins, field by field.
    #[must_use]
    pub fn under(mut self, over: Mapping) -> Mapping {
        self.columns.extend(over.columns);
        self.constants.extend(over.constants);
        for (t, table) in over.values {
            self.values.entry(t).or_default().extend(table);
        }
        self.units.extend(over.units);
        self.sentinels.extend(over.sentinels);
        self.sentinels.sort();
        self.sentinels.dedup();
        self.date_order = over.date_order.or(self.date_order);
        self.crs = over.crs.or(self.crs);
        self.axes = over.axes.or(self.axes);
        self.code_scheme = over.code_scheme.or(self.code_scheme);
        self.locals.extend(over.locals);
        self
    }

    /// The column of a field, if one is mapped.
    #[must_use]
    pub fn column(&self, target: Target) -> Option<&str> {
        self.columns.get(&target)?.first().map(String::as_str)
    }
}

fn names() -> String {
    Target::ALL.iter().map(|t| format!("{}（{}）", t.code(), t.zh())).collect::<Vec<_>>().join("、")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn toml_and_json_read_alike() {
        let t = Mapping::parse(
            "[columns]\ncode = \"编号\"\nkind = [\"类型\", \"图层\"]\n[values.owner]\nPOCO = \"poco\"\n",
        )
        .unwrap();
        let j = Mapping::parse(
            r#"{"columns":{"code":"编号","kind":["类型","图层"]},"values":{"owner":{"POCO":"poco"}}}"#,
        )
        .unwrap();
        assert_eq!(t, j);
        assert_eq!(t.column(Target::Kind), Some("类型"));
    }

    #[test]
    fn a_wrong_field_is_named() {
        let e = Mapping::parse("[columns]\ncolour = \"x\"\n").unwrap_err().to_string();
        assert!(e.contains("colour") && e.contains("井盖材质"), "{e}");
    }
}
