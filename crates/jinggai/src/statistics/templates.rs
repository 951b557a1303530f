//! 模板: the forms of 附件1 and 附件2 as data. Every version is kept; a report holds the one it was drawn with.
//!
//! The templates shipped with the program are version 1; what an office changes becomes the next version, in force
//! from a day on. Table: `rule_packs`, kind `annex1_template`, key `annex1`, `annex1-ledger` or `annex2`.
use crate::error::{AppError, Kind, Result};
use crate::registry::packs;
use crate::rulepacks;
use jiff::civil::Date;
use jinggai_db::Tx;
use jinggai_db::events::Event;
use jinggai_rules::annex1::{AnnexTemplate, TemplateEdit};
use jinggai_rules::cite::cite;
use jinggai_rules::error::{Explain, RuleError};
use jinggai_rules::{RulePack, pack::PackHead};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use uuid::Uuid;

/// The template of the statistical form.
pub const STATISTICS: &str = "annex1";
/// The template of the detail ledger.
pub const LEDGER: &str = "annex1-ledger";
/// The template of 附件2.
pub const RECTIFICATION: &str = "annex2";

/// The template in force on a day.
///
/// # Errors
/// `not_found` for another key; else what the store says.
pub async fn current(tx: &mut Tx, key: &str, on: Date) -> Result<AnnexTemplate> {
    packs::by_id::<AnnexTemplate>(tx, key, on).await?.ok_or_else(|| {
        AppError::not_found(
            "个模板（可用：annex1、annex1-ledger、annex2）",
            "template (there are annex1, annex1-ledger and annex2)",
        )
    })
}

/// 模板版本.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Version {
    /// Its number.
    pub version: u32,
    /// From when it is in force.
    #[schema(value_type = String, format = Date)]
    pub effective_from: Date,
    /// What it rests on.
    pub source: String,
}

/// A template with what an editor needs to know.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Described {
    /// The template in force.
    #[schema(value_type = Object)]
    pub template: AnnexTemplate,
    /// Every version, oldest first.
    pub versions: Vec<Version>,
    /// What columns may count: key, Chinese and English name.
    pub figures: Vec<[String; 3]>,
    /// What columns may show beside.
    pub fields: Vec<String>,
}

/// The template in force, its versions, and what its columns may hold.
///
/// # Errors
/// As [`current`].
pub async fn describe(tx: &mut Tx, key: &str, on: Date) -> Result<Described> {
    let mut template = current(tx, key, on).await?;
    template.pack.source = cite(&template.pack.source);
    let mut versions: Vec<Version> = packs::all::<AnnexTemplate>(tx)
        .await?
        .into_iter()
        .filter(|t| t.pack.id == key)
        .map(|t| Version {
            version: t.pack.version,
            effective_from: t.pack.effective_from,
            source: cite(&t.pack.source),
        })
        .collect();
    versions.sort_by_key(|v| v.version);
    let form = template.form;
    let figures = form.figure_keys();
    let named = |key: String| {
        let (zh, en) = form.figure_name(&key).unwrap_or_default();
        [key, zh.to_owned(), en.to_owned()]
    };
    let fields = template.fields().iter().map(|f| (*f).to_owned()).collect();
    Ok(Described { template, versions, figures: figures.into_iter().map(named).collect(), fields })
}

/// A new version: either a whole template or edits of the one in force.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The version that was looked at; another one in force meanwhile is a conflict.
    pub version: u32,
    /// The whole template; its head is not looked at.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub template: Option<Json>,
    /// Edits, in order: `{"rename": {"column": "ok", "zh": "良好"}}`, `hide`, `show`, `move`, `add`, `remove`, `title`.
    #[serde(default)]
    #[schema(value_type = Vec<Object>)]
    pub edits: Vec<TemplateEdit>,
    /// From when it is in force; today when left out.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    pub effective_from: Option<Date>,
    /// What it rests on, such as the number of a document.
    pub source: String,
}

/// Keeps a new version and gives it with the event to append.
///
/// # Errors
/// `template.invalid` naming the column and what is allowed; `conflict.version`; else what the store says.
pub async fn change(tx: &mut Tx, key: &str, c: Change, today: Date) -> Result<(AnnexTemplate, Event)> {
    let before = current(tx, key, today).await?;
    let effective_from = c.effective_from.unwrap_or(today);
    if before.pack.version != c.version {
        return Err(AppError::new(
            Kind::Conflict,
            "conflict.version",
            format!("模板已被他人改为第 {} 版，请在新版上修改", before.pack.version),
            format!("the template is at version {} by now; edit that one", before.pack.version),
        )
        .with_more("current", json!(before)));
    }
    if effective_from < before.pack.effective_from {
        return Err(AppError::field(
            "template.effective_from",
            "effective_from",
            format!("生效日期不能早于现行版本的 {}", before.pack.effective_from),
            format!(
                "must not be before {}, when the present version came into force",
                before.pack.effective_from
            ),
        ));
    }
    let mut template = edited(&before, c.template, c.edits)?;
    let all = packs::all::<AnnexTemplate>(tx).await?;
    let last = all.iter().filter(|t| t.pack.id == key).map(|t| t.pack.version).max().unwrap_or(0);
    template.pack = PackHead {
        id: key.to_owned(),
        version: last + 1,
        effective_from,
        source: c.source,
        note: String::new(),
    };
    template.form = before.form;
    template.validate().map_err(|e| refused(&e))?;
    rulepacks::keep(tx, &template).await?;
    let event = Event {
        subject: "template",
        subject_uid: Uuid::now_v7(),
        well_id: None,
        action: "changed",
        before: Some(json!({"key": key, "version": before.pack.version})),
        after: Some(json!({"key": key, "version": template.pack.version, "effective_from": effective_from})),
        reason: Some(template.pack.source.clone()),
    };
    Ok((template, event))
}

fn edited(before: &AnnexTemplate, whole: Option<Json>, edits: Vec<TemplateEdit>) -> Result<AnnexTemplate> {
    if whole.is_some() != edits.is_empty() {
        return Err(AppError::field(
            "template.nothing",
            "edits",
            "请给出整个模板（template）或修改（edits），二者取一",
            "give either the whole template or edits",
        ));
    }
    let mut template = before.clone();
    if let Some(mut whole) = whole {
        whole["pack"] = json!(before.pack);
        template = AnnexTemplate::parse(&whole.to_string()).map_err(|e| refused(&e))?;
    }
    for edit in edits {
        template.edit(edit).map_err(|e| refused(&e))?;
    }
    Ok(template)
}

fn refused(e: &RuleError) -> AppError {
    let field = match e {
        RuleError::Value { key, .. } => key.as_str(),
        _ => "template",
    };
    AppError::field("template.invalid", field, e.to_string(), e.message_en())
}
