//! A report of any kind, as drawn.
use crate::error::{AppError, Result};
use crate::identity::Scope;
use crate::statistics::annex1::{self, Annex, AnnexQuery};
use crate::statistics::annex2::{self, Annex2};
use crate::statistics::indicators::{self, Indicators};
use crate::statistics::period::PeriodQuery;
use jiff::Timestamp;
use jiff::civil::Date;
use jinggai_db::Tx;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// 附件1, 附件2 or the indicators.
#[derive(Clone, Debug)]
pub enum Drawn {
    /// 附件1.
    Annex1(Box<Annex>),
    /// 附件2.
    Annex2(Box<Annex2>),
    /// 评价指标.
    Indicators(Box<Indicators>),
}

impl From<Annex> for Drawn {
    fn from(a: Annex) -> Self {
        Drawn::Annex1(Box::new(a))
    }
}
impl From<Annex2> for Drawn {
    fn from(a: Annex2) -> Self {
        Drawn::Annex2(Box::new(a))
    }
}
impl From<Indicators> for Drawn {
    fn from(i: Indicators) -> Self {
        Drawn::Indicators(Box::new(i))
    }
}

/// What is kept of the table itself.
#[derive(Serialize, Deserialize)]
struct Body<T> {
    made_by: String,
    /// Reports of the first version called it `annex`.
    #[serde(alias = "annex")]
    report: T,
}

impl Drawn {
    /// The kind in the table of reports.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Drawn::Annex1(_) => "annex1",
            Drawn::Annex2(_) => "annex2",
            Drawn::Indicators(_) => "indicators",
        }
    }

    /// What people call it.
    #[must_use]
    pub fn zh(&self) -> &'static str {
        match self {
            Drawn::Annex1(_) => "附件1",
            Drawn::Annex2(_) => "附件2",
            Drawn::Indicators(_) => "评价指标",
        }
    }

    /// 台账时点: the day whose ledger it shows.
    #[must_use]
    pub fn as_of(&self) -> Date {
        match self {
            Drawn::Annex1(a) => a.query.as_of,
            Drawn::Annex2(a) => a.query.as_of(),
            Drawn::Indicators(i) => i.query.as_of(),
        }
    }

    /// The period; none for 附件1, which shows one day.
    #[must_use]
    pub fn period(&self) -> Option<&PeriodQuery> {
        match self {
            Drawn::Annex1(_) => None,
            Drawn::Annex2(a) => Some(&a.query),
            Drawn::Indicators(i) => Some(&i.query),
        }
    }

    /// The last event that it knows of.
    #[must_use]
    pub fn event_seq(&self) -> i64 {
        match self {
            Drawn::Annex1(a) => a.event_seq,
            Drawn::Annex2(a) => a.event_seq,
            Drawn::Indicators(i) => i.event_seq,
        }
    }

    /// When it was drawn.
    #[must_use]
    pub fn made_at(&self) -> Timestamp {
        match self {
            Drawn::Annex1(a) => a.made_at,
            Drawn::Annex2(a) => a.made_at,
            Drawn::Indicators(i) => i.made_at,
        }
    }

    /// The digest that it was drawn with.
    #[must_use]
    pub fn digest(&self) -> &str {
        match self {
            Drawn::Annex1(a) => &a.digest,
            Drawn::Annex2(a) => &a.digest,
            Drawn::Indicators(i) => &i.digest,
        }
    }

    /// The digest of its rows as they are.
    #[must_use]
    pub fn digest_now(&self) -> String {
        match self {
            Drawn::Annex1(a) => annex1::digest(&a.rows),
            Drawn::Annex2(a) => a.digest_now(),
            Drawn::Indicators(i) => i.digest_now(),
        }
    }

    pub(super) fn query(&self) -> Result<Json> {
        match self {
            Drawn::Annex1(a) => serde_json::to_value(&a.query),
            Drawn::Annex2(a) => serde_json::to_value(&a.query),
            Drawn::Indicators(i) => serde_json::to_value(&i.query),
        }
        .map_err(AppError::internal)
    }

    /// Does a kept query ask what this report was drawn for?
    pub(super) fn answers(&self, query: &Json) -> Result<bool> {
        Ok(match self {
            Drawn::Annex1(a) => read::<AnnexQuery>(query)? == a.query,
            Drawn::Annex2(a) => read::<PeriodQuery>(query)? == a.query,
            Drawn::Indicators(i) => read::<PeriodQuery>(query)? == i.query,
        })
    }

    pub(super) fn body(&self, made_by: &str) -> Result<String> {
        let made_by = made_by.to_owned();
        match self {
            Drawn::Annex1(a) => serde_json::to_string(&Body { made_by, report: a }),
            Drawn::Annex2(a) => serde_json::to_string(&Body { made_by, report: a }),
            Drawn::Indicators(i) => serde_json::to_string(&Body { made_by, report: i }),
        }
        .map_err(AppError::internal)
    }

    /// Reads a kept body; gives who made it beside.
    pub(super) fn read(kind: &str, body: &str) -> Result<(String, Drawn)> {
        fn body_of<T: DeserializeOwned + Into<Drawn>>(text: &str) -> Result<(String, Drawn)> {
            let b: Body<T> = serde_json::from_str(text).map_err(AppError::internal)?;
            Ok((b.made_by, b.report.into()))
        }
        match kind {
            "annex1" => body_of::<Annex>(body),
            "annex2" => body_of::<Annex2>(body),
            "indicators" => body_of::<Indicators>(body),
            _ => Err(AppError::internal(anyhow::anyhow!("a report of kind {kind}"))),
        }
    }

    /// Draws it again, by its own query, form and rules.
    pub(super) async fn again(&self, tx: &mut Tx, scope: &Scope) -> Result<Drawn> {
        Ok(match self {
            Drawn::Annex1(a) => annex1::draw(tx, a.query.clone(), a.template.clone(), scope).await?.into(),
            Drawn::Annex2(a) => annex2::draw(tx, a.query.clone(), a.template.clone(), scope).await?.into(),
            Drawn::Indicators(i) => {
                indicators::draw(tx, i.query.clone(), i.score.clone(), scope).await?.into()
            }
        })
    }
}

fn read<T: DeserializeOwned>(query: &Json) -> Result<T> {
    serde_json::from_value(query.clone()).map_err(AppError::internal)
}
