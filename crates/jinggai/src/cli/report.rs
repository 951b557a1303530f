//! `jinggai report`
use super::{Place, output, report_period};
use crate::app::App;
use crate::clock;
use crate::error::AppError;
use crate::identity::{Actor, Permission};
use crate::registry::CoverFilter;
use crate::statistics::output::{self as files, Format, Sheet};
use crate::statistics::reports::Drawn;
use crate::statistics::{AnnexQuery, Dimension, annex1, http, ledger, reports, templates};
use jiff::civil::Date;
use jinggai_rules::annex1::Finding;
use serde_json::json;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use uuid::Uuid;

/// Options of `jinggai report`.
#[derive(clap::Args)]
#[command(
    arg_required_else_help = true,
    after_help = "示例：
  jinggai report annex1 --format xlsx -o 附件1.xlsx
  jinggai report annex1 --as-of 2026-06-30 --by street,kind --area 500105 --format pdf -o 附件1.pdf
  jinggai report ledger --as-of 2026-06-30 --format csv -o 明细台账.csv
  jinggai report annex2 --from 2026-06-01 --to 2026-07-01 --format xlsx -o 附件2.xlsx
  jinggai report indicators --from 2026-06-01 --to 2026-07-01 --by street --format csv
  jinggai report list
  jinggai report check 0192f0c1-…                重新统计并比对，一致时返回 0，有变化时返回 1"
)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// 附件1：统计表，生成并存档
    #[command(after_help = "示例：
  jinggai report annex1 --format xlsx -o 附件1.xlsx
  jinggai report annex1 --as-of 2025-11-05 --by district,street --format csv
  jinggai report annex1 --by district --division 2025-11-06 --format json")]
    Annex1(Annex1Args),
    /// 附件1 的明细台账：每盖一行
    #[command(after_help = "示例：jinggai report ledger --area 500105001 --format xlsx -o 明细台账.xlsx")]
    Ledger(LedgerArgs),
    /// 附件2：专项整治情况统计表，本期和累计，生成并存档
    #[command(after_help = "示例：
  jinggai report annex2 --from 2026-06-01 --to 2026-07-01 --format xlsx -o 附件2.xlsx
  jinggai report annex2 --from 2026-01-01 --to 2027-01-01 --by street,kind --area 500105 --format csv")]
    Annex2(report_period::Args),
    /// 评价指标与得分，生成并存档
    #[command(after_help = "示例：
  jinggai report indicators --from 2026-06-01 --to 2026-07-01 --format xlsx -o 指标.xlsx
  jinggai report indicators --from 2026-06-01 --to 2026-07-01 --by street --format json")]
    Indicators(report_period::Args),
    /// 结账：以一份存档的附件2或指标结清它的报告期，每期一次
    #[command(after_help = "示例：jinggai report close 0192f0c1-7b1e-7c3a-9d55-3f1b2a4c5d6e")]
    Close {
        /// 报表编号
        uid: Uuid,
    },
    /// 已存档的报表
    #[command(after_help = "示例：jinggai report list --json")]
    List {
        /// 最多列出多少份
        #[arg(long, default_value_t = 20)]
        limit: u16,
    },
    /// 按原查询重新统计，说明是否一致、哪些行变了
    #[command(after_help = "示例：jinggai report check 0192f0c1-7b1e-7c3a-9d55-3f1b2a4c5d6e")]
    Check {
        /// 报表编号
        uid: Uuid,
    },
}

/// Which covers.
#[derive(clap::Args)]
struct Covers {
    /// 台账时点，默认今天
    #[arg(long, value_name = "DATE")]
    as_of: Option<Date>,
    /// 区域代码，含下级
    #[arg(long, value_name = "CODE")]
    area: Option<String>,
    /// 任一责任角色的单位代码，含下级
    #[arg(long, value_name = "CODE")]
    unit: Option<String>,
    /// 井盖类型代码，逗号分隔
    #[arg(long, value_name = "KINDS")]
    kind: Option<String>,
    /// 其他筛选条件，写法同 /api/v1/covers 的参数，如 place=carriageway&low_lying=true
    #[arg(long = "where", value_name = "QUERY")]
    more: Option<String>,
    /// 计入演示数据
    #[arg(long)]
    include_demo: bool,
}

#[derive(clap::Args)]
struct Annex1Args {
    #[command(flatten)]
    covers: Covers,
    /// 分组，一级或两级：unit road road_manager district street community kind owner maintainer supervisor
    #[arg(long, value_delimiter = ',', default_value = "unit,road")]
    by: Vec<Dimension>,
    /// 按哪一天的区划，默认同 --as-of
    #[arg(long, value_name = "DATE")]
    division: Option<Date>,
    /// csv、xlsx、json 或 pdf
    #[arg(long, default_value = "csv")]
    format: Format,
    /// 写到文件；csv 和 json 不给则写到标准输出
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(clap::Args)]
struct LedgerArgs {
    #[command(flatten)]
    covers: Covers,
    /// csv 或 xlsx
    #[arg(long, default_value = "xlsx")]
    format: Format,
    /// 写到文件
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

impl Covers {
    fn query(&self) -> Result<AnnexQuery, AppError> {
        let more = self.more.clone().unwrap_or_default();
        let mut pairs: Vec<(String, String)> = form_urlencoded::parse(more.as_bytes()).into_owned().collect();
        for (name, value) in [("area", &self.area), ("unit", &self.unit), ("kind", &self.kind)] {
            pairs.extend(value.iter().map(|v| (name.to_owned(), v.clone())));
        }
        let filter = CoverFilter::parse(pairs.iter().map(|(k, v)| (k.as_str(), v.as_str())))?;
        let as_of = self.as_of.unwrap_or_else(clock::today);
        Ok(AnnexQuery { include_demo: self.include_demo, filter, ..AnnexQuery::new(as_of) })
    }
}

pub async fn run(place: &Place, args: Args) -> anyhow::Result<ExitCode> {
    let app = place.open().await?;
    match args.what {
        What::Annex1(a) => annex1(place, &app, a).await,
        What::Ledger(a) => detail(place, &app, a).await,
        What::Annex2(a) => report_period::annex2(place, &app, a).await,
        What::Indicators(a) => report_period::indicators(place, &app, a).await,
        What::Close { uid } => report_period::close(place, &app, uid).await,
        What::List { limit } => list(place, &app, limit).await,
        What::Check { uid } => check(place, &app, uid).await,
    }
}

async fn annex1(place: &Place, app: &App, args: Annex1Args) -> anyhow::Result<ExitCode> {
    needs_file(args.output.as_deref(), args.format)?;
    let mut query = args.covers.query()?;
    query.division = args.division.unwrap_or(query.as_of);
    query.by = args.by;
    let scope = Actor::command_line().require(Permission::ReportRun)?;
    let mut tx = app.db().snapshot().await?;
    let template = templates::current(&mut tx, templates::STATISTICS, clock::today()).await?;
    let annex = annex1::draw(&mut tx, query, template, &scope).await?;
    drop(tx);
    let findings: Vec<String> = annex.findings().iter().map(Finding::message_zh).collect();
    let (rows, total, notes) = (annex.rows.len(), annex.total.cells.figure("total"), annex.notes.clone());
    let drawn = Drawn::from(annex);
    let uid = hand_out(app, &drawn, args.output.as_deref(), args.format).await?;
    let said = Said {
        what: format!("附件1：{rows} 行，合计 {total} 个井盖"),
        more: json!({"rows": rows, "total": total}),
        findings,
        notes,
    };
    tell(place, &drawn, uid, args.output.as_deref(), said);
    Ok(ExitCode::SUCCESS)
}

/// Refuses to write pages and workbooks to a terminal.
pub(super) fn needs_file(path: Option<&Path>, format: Format) -> Result<(), AppError> {
    if path.is_none() && matches!(format, Format::Xlsx | Format::Pdf) {
        return Err(AppError::field(
            "report.output",
            "-o",
            "xlsx 和 pdf 请用 -o 指定文件",
            "xlsx and pdf need -o FILE",
        ));
    }
    Ok(())
}

/// Keeps a drawn report and writes it to the file, or to standard output.
pub(super) async fn hand_out(
    app: &App,
    drawn: &Drawn,
    path: Option<&Path>,
    format: Format,
) -> anyhow::Result<Uuid> {
    let actor = Actor::command_line();
    let scope = actor.require(Permission::ReportRun)?;
    let mut tx = app.db().begin().await?;
    let uid = reports::keep(&mut tx, drawn, &actor, &scope).await?;
    tx.commit().await?;
    // 填表人 is a person; whoever sat at the machine is told by the event log.
    let sheet = Sheet { uid: Some(uid), ..http::sheet(app) };
    let bytes = files::render(drawn, &sheet, format)?;
    match path {
        Some(path) => {
            std::fs::write(path, bytes).map_err(|e| anyhow::anyhow!("不能写入 {}：{e}", path.display()))?;
        }
        None => std::io::stdout().lock().write_all(&bytes)?,
    }
    Ok(uid)
}

/// What is said of a report beside its place and digest.
pub(super) struct Said {
    /// What was drawn, in one line.
    pub what: String,
    /// The same for programs.
    pub more: serde_json::Value,
    /// Checks that do not hold.
    pub findings: Vec<String>,
    /// What a reader must know.
    pub notes: Vec<String>,
}

/// Says what was drawn; to standard error when the report itself went to standard output.
pub(super) fn tell(place: &Place, drawn: &Drawn, uid: Uuid, path: Option<&Path>, said: Said) {
    if place.json && path.is_some() {
        let mut out = said.more;
        out["uid"] = json!(uid);
        out["digest"] = json!(drawn.digest());
        out["event_seq"] = json!(drawn.event_seq());
        out["file"] = json!(path);
        out["checks"] = json!(said.findings);
        out["notes"] = json!(said.notes);
        output::json(&out);
        return;
    }
    let text = format!("{}；已存档 {uid}，{}", said.what, drawn.digest());
    match path {
        Some(_) => output::line(&text),
        None => output::say(&text),
    }
    for note in &said.notes {
        output::say(note);
    }
    for f in &said.findings {
        output::say(&format!("校核不符：{f}"));
    }
}

async fn detail(place: &Place, app: &App, args: LedgerArgs) -> anyhow::Result<ExitCode> {
    let query = args.covers.query()?;
    let scope = Actor::command_line().require(Permission::RegistryExport)?;
    let mut tx = app.db().snapshot().await?;
    let template = templates::current(&mut tx, templates::LEDGER, clock::today()).await?;
    let covers = ledger::filter(&query, &template.counted);
    // Under another name until it is whole.
    let folder =
        args.output.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(std::path::Path::new("."));
    let temp = tempfile::NamedTempFile::new_in(folder)
        .map_err(|e| anyhow::anyhow!("不能写入 {}：{e}", folder.display()))?;
    let out = temp.reopen()?;
    let server = &app.config().public_url;
    let wrote = ledger::write(&mut tx, &covers, &scope, &template, server, args.format, out).await?;
    temp.persist(&args.output)?;
    if place.json {
        output::json(&json!({"covers": wrote.covers, "file": args.output, "query": covers.query()}));
    } else {
        output::line(&format!("明细台账：{} 个井盖，{}", wrote.covers, args.output.display()));
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(place: &Place, app: &App, limit: u16) -> anyhow::Result<ExitCode> {
    let mut tx = app.db().snapshot().await?;
    let (items, total) = reports::list(&mut tx, &Actor::command_line(), None, None, limit.into()).await?;
    if place.json {
        output::json(&json!({"items": items, "total": total}));
        return Ok(ExitCode::SUCCESS);
    }
    for r in &items {
        let at = clock::local(r.made_at).strftime("%Y-%m-%d %H:%M").to_string();
        let closed = if r.closed_at.is_some() { "  已结账" } else { "" };
        let (kind, as_of) = (&r.kind, r.as_of);
        output::line(&format!("{}  {at}  {kind}  时点 {as_of}  {}  {}{closed}", r.uid, r.made_by, r.digest));
    }
    output::say(&format!("共 {total} 份"));
    Ok(ExitCode::SUCCESS)
}

async fn check(place: &Place, app: &App, uid: Uuid) -> anyhow::Result<ExitCode> {
    let mut tx = app.db().snapshot().await?;
    let kept = reports::get(&mut tx, &Actor::command_line(), uid).await?;
    let found = reports::check(&mut tx, &kept).await?;
    let good = found.equal && found.intact;
    if place.json {
        output::json(&found);
    } else {
        if !found.intact {
            output::line("存档内容与其摘要不符：存档后被改动过");
        }
        if found.equal {
            output::line(&format!("一致：{}", found.digest_now));
        } else {
            output::line(&format!(
                "有变化：{} 处，{} → {}",
                found.changes.len(),
                found.digest_before,
                found.digest_now
            ));
        }
        for c in &found.changes {
            let span = match c.span {
                Some("period") => "本期",
                Some(_) => "累计",
                None => "",
            };
            output::line(&format!("{}：{span}{} {} → {}", c.label, c.figure_zh, c.before, c.now));
        }
    }
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
