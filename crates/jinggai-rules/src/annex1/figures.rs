//! The figures and fields that columns may show, and one row of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::template::Form;
use crate::annex2::Annex2Figure;
use crate::kinds::CoverKind;

code_enum! {
    /// 统计指标 of 附件1 beside the counts by kind (`domain.md` 2.5 (a)).
    pub enum Figure {
        /// 窨井盖总数.
        Total = "total", "窨井盖总数", "covers, total", [];
        /// 权属明确数 (R2).
        OwnerKnown = "owner_known", "权属明确数", "owner known", [];
        /// 权属不明数 (R3).
        OwnerUnknown = "owner_unknown", "权属不明数", "owner unknown", [];
        /// 已落实兜底单位数 (R3).
        Fallback = "fallback", "已落实兜底数", "with fallback unit", [];
        /// 已编号数 (R4).
        Coded = "coded", "已编号数", "numbered", [];
        /// 已设标识数 (R5).
        Labelled = "labelled", "已编号/已设标识数", "labelled", [];
        /// 已建档数 (R4).
        Archived = "archived", "已建档数", "filed", [];
        /// 完好.
        Ok = "ok", "完好", "intact", [];
        /// 破损 (R7).
        Damaged = "damaged", "破损", "damaged", [];
        /// 下沉 (R7).
        Sunk = "sunk", "下沉", "sunk", [];
        /// 松动 (R7).
        Loose = "loose", "松动", "loose", [];
        /// 缺失 (R8).
        Missing = "missing", "缺失", "missing", [];
        /// 废弃 (R10).
        Abandoned = "abandoned", "废弃", "abandoned", [];
        /// 超设计使用年限 (R11).
        OverAge = "over_age", "超设计使用年限", "past design life", [];
        /// 材质落后 (R11).
        Outdated = "outdated", "材质落后", "outdated material", [];
        /// 位于低洼易涝处 (R9).
        LowLying = "low_lying", "位于低洼易涝处", "low-lying", [];
        /// 已装防坠装置 (R9).
        WithNet = "with_net", "已装防坠装置", "with fall guard", [];
        /// 已装智能监测 (R21).
        WithSensor = "with_sensor", "已装智能监测", "with sensor", [];
    }
}

recognise_by_words!(Figure);

/// Prefix of the counts by kind: `kind_sewage`.
const KIND_PREFIX: &str = "kind_";

/// Text fields of a row of the statistical form.
pub const STATISTICS_FIELDS: &[&str] = &[
    "seq",
    "reporting_unit",
    "road_name",
    "road_manager",
    "district",
    "street",
    "community",
    "kind",
    "owner",
    "maintainer",
    "supervisor",
    "fallback_unit",
    "remark",
];

/// Fields of a row of the ledger, one row per cover (`domain.md` 2.5 (b)).
pub const LEDGER_FIELDS: &[&str] = &[
    "seq",
    "code",
    "address",
    "lng",
    "lat",
    "kind",
    "owner",
    "maintainer",
    "supervisor",
    "territorial",
    "fallback_unit",
    "place",
    "shape",
    "size",
    "material",
    "load_class",
    "maker",
    "install_date",
    "design_life",
    "depth",
    "fall_guard",
    "label",
    "smart",
    "state",
    "problem",
    "photo",
    "surveyor",
    "census_date",
    "remark",
];

/// Keys of all figures: those of [`Figure`], then `kind_<code>` for every kind of cover.
pub fn figure_keys() -> Vec<String> {
    let figures = Figure::ALL.iter().map(|figure| figure.code().to_owned());
    figures.chain(CoverKind::ALL.iter().map(|kind| format!("{KIND_PREFIX}{kind}"))).collect()
}

/// Chinese and English name of a figure; `None` if there is no such figure.
pub fn figure_name(key: &str) -> Option<(&'static str, &'static str)> {
    if let Some(figure) = Figure::from_code(key) {
        return Some((figure.name_zh(), figure.name_en()));
    }
    let kind = CoverKind::from_code(key.strip_prefix(KIND_PREFIX)?)?;
    Some((kind.name_zh(), kind.name_en()))
}

impl Form {
    /// Keys of all figures that columns of this form may show.
    pub fn figure_keys(self) -> Vec<String> {
        match self {
            Self::Statistics => figure_keys(),
            Self::Ledger => vec![],
            Self::Rectification => Annex2Figure::ALL.iter().map(|f| f.code().to_owned()).collect(),
        }
    }

    /// Chinese and English name of a figure of this form.
    pub fn figure_name(self, key: &str) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Statistics => figure_name(key),
            Self::Ledger => None,
            Self::Rectification => Annex2Figure::from_code(key).map(|f| (f.name_zh(), f.name_en())),
        }
    }

    /// Names of a sum, as 权属明确数＋权属不明数.
    pub fn sum_names(self, keys: &[String]) -> (String, String) {
        let name = |key: &String| {
            if is_all_kinds(key) {
                ("各类型合计", "all kinds")
            } else {
                self.figure_name(key).unwrap_or(("？", "?"))
            }
        };
        let (zh, en): (Vec<&str>, Vec<&str>) = keys.iter().map(name).unzip();
        (zh.join("＋"), en.join(" + "))
    }
}

/// One row: what it is about, its texts and its counts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FigureRow {
    /// How findings name the row, such as 观音桥街道 建新北路.
    pub label: String,
    /// Texts by field.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
    /// Counts by figure. A figure that is absent counts 0: grouped counts have no row for nothing.
    #[serde(default)]
    pub figures: BTreeMap<String, i64>,
    /// What was filled in by hand, by key: whole numbers, hundredths, or words, as the column says. Absent = not
    /// filled in, which is not 0.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub manual: BTreeMap<String, Filled>,
}

/// 手工填报: a value that no record gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Filled {
    /// A whole number, or hundredths where the column is decimal.
    Number(i64),
    /// Words.
    Text(String),
}

impl FigureRow {
    /// An empty row.
    pub fn new(label: impl Into<String>) -> Self {
        Self { label: label.into(), ..Self::default() }
    }

    /// The count of a figure.
    pub fn figure(&self, key: &str) -> i64 {
        self.figures.get(key).copied().unwrap_or_default()
    }

    /// The sum of figures; `kind_*` stands for all kinds.
    pub fn sum(&self, keys: &[String]) -> i64 {
        keys.iter().map(|key| self.sum_of(key)).sum()
    }

    fn sum_of(&self, key: &str) -> i64 {
        if is_all_kinds(key) {
            CoverKind::ALL.iter().map(|kind| self.figure(&format!("{KIND_PREFIX}{kind}"))).sum()
        } else {
            self.figure(key)
        }
    }
}

/// `kind_*`: the sum over all kinds.
pub(super) fn is_all_kinds(key: &str) -> bool {
    key.strip_prefix(KIND_PREFIX) == Some("*")
}
