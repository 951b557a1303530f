//! 规则包: what a district may change without a programmer, every version kept for ever with its day and source.
//!
//! Table: `rule_packs`. The packs shipped with the program are entered when the server starts, so that the store
//! holds what records were made with even after the program brought newer ones. A change is a new version in force
//! from a day on; nothing is overwritten. What a pack means is its own part's business; this module only keeps.
use crate::error::{AppError, Kind, Result};
use jiff::Timestamp;
use jiff::civil::Date;
use jinggai_db::events::{self, Event, Who};
use jinggai_db::{Tx, sql};
use jinggai_rules::RulePack;
use jinggai_rules::annex1::AnnexTemplate;
use jinggai_rules::calendar::{CalendarYear, WorkHours};
use jinggai_rules::case_rules::CaseRules;
use jinggai_rules::codes::{ClassList, CodeScheme};
use jinggai_rules::division::Division;
use jinggai_rules::error::{Explain, RuleError};
use jinggai_rules::guard::GuardRules;
use jinggai_rules::hazards::Catalogue;
use jinggai_rules::life::LifeRules;
use jinggai_rules::limits::CaseLimits;
use jinggai_rules::load::LoadRules;
use jinggai_rules::pack::{PackHead, in_force};
use jinggai_rules::passwords::PasswordRules;
use jinggai_rules::renewal::RenewalScore;
use jinggai_rules::score::Score;
use jinggai_rules::size::SizeLimits;
use jinggai_rules::sorting::SortWords;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use uuid::Uuid;

mod http;
pub mod limits;
pub use http::routes;

/// Every known version of a kind of pack: the kept ones, over those shipped with the program.
///
/// # Errors
/// What the store says, or when a kept pack no longer reads.
pub async fn all<P: RulePack>(tx: &mut Tx) -> Result<Vec<P>> {
    let bodies: Vec<(String,)> =
        tx.all(sql!("SELECT body FROM rule_packs WHERE kind = ? ORDER BY id", P::KIND)).await?;
    let mut packs = P::shipped();
    for (body,) in bodies {
        let kept = P::parse(&body).map_err(AppError::internal)?;
        let (id, version) = (kept.head().id.clone(), kept.head().version);
        packs.retain(|p| p.head().id != id || p.head().version != version);
        packs.push(kept);
    }
    Ok(packs)
}

/// The pack with this id in force on a day.
///
/// # Errors
/// As [`all`].
pub async fn by_id<P: RulePack + Clone>(tx: &mut Tx, id: &str, on: Date) -> Result<Option<P>> {
    Ok(in_force(&all::<P>(tx).await?, id, on).cloned())
}

/// Of a kind of which one pack rules at a time: the one that came into force last.
///
/// # Errors
/// As [`all`].
pub async fn current<P: RulePack>(tx: &mut Tx, on: Date) -> Result<Option<P>> {
    let packs = all::<P>(tx).await?;
    Ok(packs
        .into_iter()
        .filter(|p| p.head().effective_from <= on)
        .max_by_key(|p| (p.head().effective_from, p.head().version)))
}

/// Keeps a version of a pack.
///
/// # Errors
/// What the store says, also when this version is kept already.
pub async fn keep<P: RulePack>(tx: &mut Tx, pack: &P) -> Result<()> {
    insert(tx, &Pack::of(pack)?).await
}

async fn insert(tx: &mut Tx, p: &Pack) -> Result<()> {
    tx.run(sql!(
        "INSERT INTO rule_packs (kind, key, version, effective_from, source, body, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        p.kind,
        &p.head.id,
        p.head.version.to_string(),
        p.head.effective_from,
        &p.head.source,
        p.body.to_string(),
        Timestamp::now()
    ))
    .await?;
    Ok(())
}

/// A pack of any kind.
#[derive(Clone, Debug)]
pub struct Pack {
    /// Kind of pack.
    pub kind: &'static str,
    /// Its head.
    pub head: PackHead,
    /// The whole pack, head included.
    pub body: Json,
}

impl Pack {
    fn of<P: RulePack>(pack: &P) -> Result<Pack> {
        let body = serde_json::to_value(pack).map_err(AppError::internal)?;
        Ok(Pack { kind: P::KIND, head: pack.head().clone(), body })
    }
}

async fn any<P: RulePack>(tx: &mut Tx) -> Result<Vec<Pack>> {
    all::<P>(tx).await?.iter().map(Pack::of).collect()
}

fn shipped_of<P: RulePack>() -> Result<Vec<Pack>> {
    P::shipped().iter().map(Pack::of).collect()
}

fn read<P: RulePack>(body: &Json) -> std::result::Result<P, RuleError> {
    P::parse(&body.to_string())
}

macro_rules! kinds {
    ($($pack:ty, $zh:literal;)*) => {
        /// Every kind of pack with its Chinese name.
        pub const KINDS: &[(&str, &str)] = &[$((<$pack>::KIND, $zh)),*];

        /// Every version of a kind of pack; none when there is no such kind.
        ///
        /// # Errors
        /// As [`all`].
        pub async fn of_kind(tx: &mut Tx, kind: &str) -> Result<Option<Vec<Pack>>> {
            $(if kind == <$pack>::KIND { return any::<$pack>(tx).await.map(Some); })*
            Ok(None)
        }

        /// The packs that come with the program.
        fn shipped() -> Result<Vec<Pack>> {
            let mut out = vec![];
            $(out.extend(shipped_of::<$pack>()?);)*
            Ok(out)
        }

        /// The pack of this kind, when its content makes sense.
        fn checked(kind: &str, body: &Json) -> Result<Pack> {
            $(if kind == <$pack>::KIND {
                return Pack::of(&read::<$pack>(body).map_err(|e| refused(&e))?);
            })*
            Err(unknown(kind, "?"))
        }
    };
}

kinds! {
    CodeScheme, "编码规则";
    ClassList, "编码分类表";
    Division, "部门分工";
    LoadRules, "承载等级与设置位置";
    LifeRules, "设计使用年限与落后材质";
    SizeLimits, "尺寸范围";
    GuardRules, "防坠装置";
    AnnexTemplate, "附件模板";
    PasswordRules, "口令规则";
    Catalogue, "隐患目录";
    SortWords, "文字分拣词表";
    CaseRules, "案卷规则";
    CaseLimits, "立案处置结案标准";
    CalendarYear, "工作日历";
    WorkHours, "作息时间";
    RenewalScore, "更新改造评分";
    Score, "考核评分";
}

fn unknown(kind: &str, key: &str) -> AppError {
    let all = KINDS.iter().map(|(k, zh)| format!("{k}（{zh}）")).collect::<Vec<_>>().join("、");
    AppError::new(
        Kind::NotFound,
        "rule.unknown",
        format!("没有规则包 {kind}/{key}；种类有：{all}"),
        format!(
            "there is no rule pack {kind}/{key}; kinds are {}",
            KINDS.iter().map(|(k, _)| *k).collect::<Vec<_>>().join(", ")
        ),
    )
}

fn refused(e: &RuleError) -> AppError {
    let field = match e {
        RuleError::Value { key, .. } => key.as_str(),
        _ => "pack",
    };
    AppError::field("rule.invalid", field, e.to_string(), e.message_en())
}

/// Enters the packs shipped with the program that the store does not hold yet; gives how many.
///
/// # Errors
/// What the store says.
pub async fn enter_shipped(tx: &mut Tx) -> Result<usize> {
    events::hold(tx).await?;
    let kept: Vec<(String, String, String)> =
        tx.all(sql!("SELECT kind, key, version FROM rule_packs")).await?;
    let mut done = vec![];
    for p in shipped()? {
        let version = p.head.version.to_string();
        if !kept.iter().any(|(k, id, v)| k == p.kind && *id == p.head.id && *v == version) {
            insert(tx, &p).await?;
            done.push(event(&p, "entered", None));
        }
    }
    let n = done.len();
    if n > 0 {
        events::append(tx, &Who::system("start"), done).await?;
    }
    Ok(n)
}

fn event(p: &Pack, action: &'static str, before: Option<u32>) -> Event {
    Event {
        subject: "rule_pack",
        subject_uid: Uuid::now_v7(),
        well_id: None,
        action,
        before: before.map(|version| json!({"kind": p.kind, "key": p.head.id, "version": version})),
        after: Some(json!({
            "kind": p.kind, "key": p.head.id, "version": p.head.version,
            "effective_from": p.head.effective_from, "digest": crate::files::digest(p.body.to_string().as_bytes()),
        })),
        reason: Some(p.head.source.clone()),
    }
}

/// A new version of a pack.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleChange {
    /// The version that was looked at, 0 for a new key; another one in force meanwhile is a conflict.
    pub version: u32,
    /// The whole pack; its head is not looked at.
    #[schema(value_type = Object)]
    pub pack: Json,
    /// From when it is in force; today when left out.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    pub effective_from: Option<Date>,
    /// What it rests on, such as the number of a document.
    pub source: String,
    /// What a reader must know.
    #[serde(default)]
    pub note: String,
}

/// The newest version of a key, also one that is not in force yet.
fn newest<'a>(packs: &'a [Pack], key: &str) -> Option<&'a Pack> {
    packs.iter().filter(|p| p.head.id == key).max_by_key(|p| p.head.version)
}

/// Keeps a new version and gives it with the event to append.
///
/// # Errors
/// `rule.unknown`, `rule.invalid` naming the key within the pack, `rule.effective_from`, `conflict.version`.
pub async fn change(tx: &mut Tx, kind: &str, key: &str, c: RuleChange, today: Date) -> Result<(Pack, Event)> {
    if kind == AnnexTemplate::KIND {
        return Err(AppError::field(
            "rule.template",
            "kind",
            "附件模板请在 /api/v1/templates 修改",
            "templates are changed at /api/v1/templates",
        ));
    }
    events::hold(tx).await?;
    let packs = of_kind(tx, kind).await?.ok_or_else(|| unknown(kind, key))?;
    let last = newest(&packs, key);
    let number = last.map_or(0, |p| p.head.version);
    if number != c.version {
        return Err(AppError::new(
            Kind::Conflict,
            "conflict.version",
            format!("这个规则包最新为第 {number} 版，请在新版上修改"),
            format!("the newest version of this pack is {number}; edit that one"),
        )
        .with_more("current", json!(last.map(|p| &p.body))));
    }
    let effective_from = c.effective_from.unwrap_or(today);
    if let Some(before) = last.filter(|p| effective_from < p.head.effective_from) {
        let day = before.head.effective_from;
        return Err(AppError::field(
            "rule.effective_from",
            "effective_from",
            format!("生效日期不能早于上一版的 {day}"),
            format!("must not be before {day}, when the version before came into force"),
        ));
    }
    let mut body = c.pack;
    let Some(fields) = body.as_object_mut() else {
        return Err(AppError::field("rule.invalid", "pack", "规则包应是一个对象", "a pack is an object"));
    };
    let head =
        PackHead { id: key.to_owned(), version: number + 1, effective_from, source: c.source, note: c.note };
    fields.insert("pack".into(), json!(head));
    let pack = checked(kind, &body)?;
    insert(tx, &pack).await?;
    let event = event(&pack, "changed", last.map(|p| p.head.version));
    Ok((pack, event))
}
