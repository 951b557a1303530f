//! Design life (设计使用年限) and outdated materials (材质落后), clause R11 (江北区方案 二(二)2).
//!
//! No national number exists (`domain.md` 4.1), so the years by material are a pack and a product's own number goes
//! first. Install dates are often known to the year only; the answer then says what is certain and what is possible.

use std::fmt;
use std::str::FromStr;

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::error::{Explain, RuleError};
use crate::kinds::Material;
use crate::pack::{PackHead, RulePack};

/// 日期（含精度）: a date known to the year, the month or the day, written `2005`, `2005-06`, `2005-06-01`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PartialDate {
    first: Date,
    precision: Precision,
}

/// 日期精度.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// 年.
    Year,
    /// 月.
    Month,
    /// 日.
    Day,
}

/// A text that is no date of the three forms.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("日期“{given}”无法识别；应写成 2005、2005-06 或 2005-06-01")]
pub struct DateError {
    /// Text as given.
    pub given: String,
}

impl Explain for DateError {
    fn code(&self) -> &'static str {
        "date.unreadable"
    }

    fn message_en(&self) -> String {
        format!("date `{}` cannot be read; write 2005, 2005-06 or 2005-06-01", self.given)
    }
}

impl PartialDate {
    /// A date of which the parts beyond the precision are not known.
    pub fn new(date: Date, precision: Precision) -> Self {
        let first = match precision {
            Precision::Year => date.first_of_year(),
            Precision::Month => date.first_of_month(),
            Precision::Day => date,
        };
        Self { first, precision }
    }

    /// How much of the date is known.
    pub const fn precision(self) -> Precision {
        self.precision
    }

    /// The earliest day it can be.
    pub const fn earliest(self) -> Date {
        self.first
    }

    /// The latest day it can be.
    pub fn latest(self) -> Date {
        match self.precision {
            Precision::Year => self.first.last_of_year(),
            Precision::Month => self.first.last_of_month(),
            Precision::Day => self.first,
        }
    }
}

impl fmt::Display for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.precision {
            Precision::Year => write!(f, "{:04}", self.first.year()),
            Precision::Month => write!(f, "{:04}-{:02}", self.first.year(), self.first.month()),
            Precision::Day => write!(f, "{}", self.first),
        }
    }
}

impl FromStr for PartialDate {
    type Err = DateError;

    fn from_str(text: &str) -> Result<Self, DateError> {
        let fail = || DateError { given: text.to_owned() };
        let fields: Vec<&str> = text.split('-').collect();
        let digits = |field: &str, width: usize| {
            field.len() == width && field.bytes().all(|byte| byte.is_ascii_digit())
        };
        let widths_right =
            fields.iter().enumerate().all(|(index, field)| digits(field, if index == 0 { 4 } else { 2 }));
        if !widths_right {
            return Err(fail());
        }
        let part = |index: usize| fields.get(index).map_or(Some(1), |field| field.parse::<i8>().ok());
        let year: i16 = fields[0].parse().ok().ok_or_else(fail)?;
        let (month, day) = (part(1).ok_or_else(fail)?, part(2).ok_or_else(fail)?);
        let date = Date::new(year, month, day).ok().ok_or_else(fail)?;
        let precision = match fields.len() {
            1 => Precision::Year,
            2 => Precision::Month,
            3 => Precision::Day,
            _ => return Err(fail()),
        };
        Ok(Self::new(date, precision))
    }
}

impl TryFrom<String> for PartialDate {
    type Error = DateError;

    fn try_from(text: String) -> Result<Self, DateError> {
        text.parse()
    }
}

impl From<PartialDate> for String {
    fn from(date: PartialDate) -> Self {
        date.to_string()
    }
}

/// 到期日: the last days within the design life, earliest and latest possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expiry {
    /// Earliest possible expiry.
    pub earliest: Date,
    /// Latest possible expiry; equals `earliest` when the install date is known to the day.
    pub latest: Date,
}

/// 是否超设计使用年限.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OverAge {
    /// 未超.
    No,
    /// 可能已超: depends on the unknown part of the install date.
    Possible,
    /// 已超 (隐患 H14: install + life < today).
    Yes,
}

impl Expiry {
    /// Install date plus design life. 29 February plus years without one is 28 February: the month's last day, as in
    /// month arithmetic of `domain.md` 10.2. `None` only beyond the calendar (year 9999).
    pub fn of(installed: PartialDate, years: u16) -> Option<Self> {
        let add = |date: Date| date.checked_add(i64::from(years).years()).ok();
        Some(Self { earliest: add(installed.earliest())?, latest: add(installed.latest())? })
    }

    /// Whether the design life is over on a day.
    pub fn is_over_age(self, today: Date) -> OverAge {
        if self.latest < today {
            OverAge::Yes
        } else if self.earliest < today {
            OverAge::Possible
        } else {
            OverAge::No
        }
    }
}

/// 设计使用年限默认值与材质落后清单 \[I\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LifeRules {
    /// Head.
    pub pack: PackHead,
    /// Default design life by material.
    pub years: Vec<MaterialYears>,
    /// Materials that count as outdated.
    pub outdated: Vec<OutdatedMaterial>,
}

/// Default design life of one material.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaterialYears {
    /// 材质.
    pub material: Material,
    /// Years.
    pub years: u16,
}

/// 材质落后: one material of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutdatedMaterial {
    /// 材质.
    pub material: Material,
    /// Why it is on the list (Chinese).
    pub reason: String,
}

impl LifeRules {
    /// Design life in years: the product's own number if there is one, else the default of the material.
    pub fn design_life(&self, own_years: Option<u16>, material: Option<Material>) -> Option<u16> {
        let by_material =
            |material| self.years.iter().find(|row| row.material == material).map(|row| row.years);
        own_years.or_else(|| material.and_then(by_material))
    }

    /// Why a material counts as outdated; `None` if it does not (隐患 H15).
    pub fn outdated_reason(&self, material: Material) -> Option<String> {
        self.outdated.iter().find(|row| row.material == material).map(|row| crate::cite::cite(&row.reason))
    }
}

impl RulePack for LifeRules {
    const KIND: &'static str = "design_life";
    const SHIPPED: &'static [&'static str] = &[include_str!("../packs/design-life.toml")];

    fn head(&self) -> &PackHead {
        &self.pack
    }

    fn check_content(&self) -> Result<(), RuleError> {
        for (index, row) in self.years.iter().enumerate() {
            if !(1..=200).contains(&row.years) {
                let key = format!("years[{index}].years");
                return Err(RuleError::value(Self::KIND, key, row.years.to_string(), "1 到 200 年"));
            }
            if self.years[..index].iter().any(|other| other.material == row.material) {
                let key = format!("years[{index}].material");
                let problem = format!("“{}”重复", row.material.name_zh());
                return Err(RuleError::value(Self::KIND, key, problem, "每种材质一行"));
            }
        }
        let unexplained = self.outdated.iter().position(|row| row.reason.trim().is_empty());
        unexplained.map_or(Ok(()), |index| {
            Err(RuleError::value(
                Self::KIND,
                format!("outdated[{index}].reason"),
                "为空",
                "写明列入清单的理由",
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    #[test]
    fn over_age_with_precision() {
        let check = |installed: &str, years: u16, today: Date, want: OverAge| {
            let expiry = Expiry::of(installed.parse().unwrap(), years).unwrap();
            assert_eq!(expiry.is_over_age(today), want, "{installed} + {years} on {today}");
        };
        check("2006-11-24", 20, date(2026, 11, 24), OverAge::No);
        check("2006-11-24", 20, date(2026, 11, 25), OverAge::Yes);
        check("2006-11", 20, date(2026, 11, 24), OverAge::Possible);
        check("2006-10", 20, date(2026, 11, 24), OverAge::Yes);
        check("2006", 20, date(2026, 11, 24), OverAge::Possible);
        check("2005", 20, date(2026, 1, 1), OverAge::Yes);
        check("2007", 20, date(2026, 12, 31), OverAge::No);
    }

    #[test]
    fn leap_days_end_with_their_month() {
        let check = |installed: &str, years: u16, want: Date| {
            let expiry = Expiry::of(installed.parse().unwrap(), years).unwrap();
            assert_eq!((expiry.earliest, expiry.latest), (want, want));
        };
        check("2004-02-29", 15, date(2019, 2, 28));
        check("2004-02-29", 20, date(2024, 2, 29));
        check("2004-12-31", 1, date(2005, 12, 31));
        assert_eq!(Expiry::of("9990".parse().unwrap(), 20), None);
    }

    #[test]
    fn bad_dates_are_refused() {
        for text in
            ["", "200", "2005-13", "2005-02-30", "2005-6", "2005/06", "-005", "2005-06-01-01", "2005-06-011"]
        {
            assert!(text.parse::<PartialDate>().is_err(), "{text}");
        }
        let error = "2005/06".parse::<PartialDate>().unwrap_err();
        assert_eq!(error.to_string(), "日期“2005/06”无法识别；应写成 2005、2005-06 或 2005-06-01");
    }

    #[test]
    fn own_number_goes_first() {
        let rules = LifeRules::shipped_by_id("design-life").unwrap();
        let check = |own: Option<u16>, material: Option<Material>, want: Option<u16>| {
            assert_eq!(rules.design_life(own, material), want);
        };
        check(Some(8), Some(Material::DuctileIron), Some(8));
        check(None, Some(Material::Concrete), Some(10));
        check(None, Some(Material::Other), None);
        check(None, None, None);
        assert!(rules.outdated_reason(Material::GreyIron).is_some());
        assert!(rules.outdated_reason(Material::DuctileIron).is_none());
    }

    proptest! {
        #[test]
        fn dates_read_back(year in 1_i16..9999, month in 1_i8..=12, day in 1_i8..=28, precision in 0..3) {
            let precision = [Precision::Year, Precision::Month, Precision::Day][precision as usize];
            let given = PartialDate::new(date(year, month, day), precision);
            prop_assert_eq!(given.to_string().parse::<PartialDate>(), Ok(given));
            prop_assert!(given.earliest() <= given.latest());
        }
    }
}
