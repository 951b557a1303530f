//! `jinggai report annex2|indicators|close`: tables about a period.
use super::report::{Said, hand_out, needs_file, tell};
use super::{Place, output};
use crate::app::App;
use crate::error::AppError;
use crate::identity::{Actor, Permission};
use crate::statistics::annex2::Span;
use crate::statistics::http::periods;
use crate::statistics::output::Format;
use crate::statistics::period::PeriodQuery;
use crate::statistics::question::{Grouping, Slice};
use crate::statistics::reports::{self, Drawn};
use jiff::civil::Date;
use jinggai_rules::annex2::Annex2Figure;
use jinggai_rules::indicators::Count;
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;
use uuid::Uuid;

/// Which period, how, and where to.
#[derive(clap::Args)]
pub(super) struct Args {
    /// 报告期起日
    #[arg(long, value_name = "DATE")]
    from: Date,
    /// 报告期止日（不含），如 6 月为 --from 2026-06-01 --to 2026-07-01
    #[arg(long, value_name = "DATE")]
    to: Date,
    /// 分组，一级或两级：unit district street community kind
    #[arg(long, value_delimiter = ',', default_value = "unit")]
    by: Vec<Grouping>,
    /// 责任单位代码，逗号分隔；none 为没有
    #[arg(long, value_name = "CODES")]
    unit: Option<String>,
    /// 区域代码，含下级，逗号分隔
    #[arg(long, value_name = "CODES")]
    area: Option<String>,
    /// 井盖类型代码，逗号分隔
    #[arg(long, value_name = "KINDS")]
    kind: Option<String>,
    /// 按哪一天的区划，默认报告期最后一天
    #[arg(long, value_name = "DATE")]
    division: Option<Date>,
    /// 计入演示数据
    #[arg(long)]
    include_demo: bool,
    /// csv、xlsx、json 或 pdf
    #[arg(long, default_value = "csv")]
    format: Format,
    /// 写到文件；csv 和 json 不给则写到标准输出
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Args {
    fn query(&self) -> Result<PeriodQuery, AppError> {
        let q = PeriodQuery::new(self.from, self.to, crate::cases::facts::now());
        let within = Slice::read(self.unit.as_deref(), self.area.as_deref(), self.kind.as_deref())?;
        let division = self.division.unwrap_or(q.division);
        let q = PeriodQuery { by: self.by.clone(), division, within, include_demo: self.include_demo, ..q };
        q.check()?;
        Ok(q)
    }
}

pub(super) async fn annex2(place: &Place, app: &App, args: Args) -> anyhow::Result<ExitCode> {
    needs_file(args.output.as_deref(), args.format)?;
    let scope = Actor::command_line().require(Permission::ReportRun)?;
    let mut tx = app.db().snapshot().await?;
    let annex = periods::annex2(&mut tx, args.query()?, &scope).await?;
    drop(tx);
    let of = |span: Span, f: Annex2Figure| annex.total.of(span).figure(f.code());
    let (found, fixed) = (of(Span::Period, Annex2Figure::Found), of(Span::Period, Annex2Figure::Fixed));
    let findings = annex.findings();
    let said = Said {
        what: format!(
            "附件2（{}）：{} 行，本期发现 {found}，已整改 {fixed}",
            annex.query.words(),
            annex.rows.len()
        ),
        more: json!({"rows": annex.rows.len(), "found": found, "fixed": fixed}),
        findings: findings.iter().map(|(span, f)| format!("{}：{}", span.zh(), f.message_zh())).collect(),
        notes: annex.notes.clone(),
    };
    let drawn = Drawn::from(annex);
    let uid = hand_out(app, &drawn, args.output.as_deref(), args.format).await?;
    tell(place, &drawn, uid, args.output.as_deref(), said);
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn indicators(place: &Place, app: &App, args: Args) -> anyhow::Result<ExitCode> {
    needs_file(args.output.as_deref(), args.format)?;
    let scope = Actor::command_line().require(Permission::ReportRun)?;
    let mut tx = app.db().snapshot().await?;
    let drawn = periods::indicators(&mut tx, args.query()?, &scope).await?;
    drop(tx);
    let filed = drawn.total.count(Count::Filed);
    let said = Said {
        what: format!("评价指标（{}）：{} 行，立案 {filed}", drawn.query.words(), drawn.rows.len()),
        more: json!({"rows": drawn.rows.len(), "filed": filed}),
        findings: vec![],
        notes: drawn.notes.clone(),
    };
    let drawn = Drawn::from(drawn);
    let uid = hand_out(app, &drawn, args.output.as_deref(), args.format).await?;
    tell(place, &drawn, uid, args.output.as_deref(), said);
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn close(place: &Place, app: &App, uid: Uuid) -> anyhow::Result<ExitCode> {
    let mut tx = app.db().begin().await?;
    let kept = reports::close(&mut tx, &Actor::command_line(), uid).await?;
    tx.commit().await?;
    let Some(closing) = kept.closing else {
        anyhow::bail!("结账没有存下来");
    };
    if place.json {
        output::json(&closing);
    } else {
        let text = format!(
            "{}已结账：{} 起、{} 止（不含），{}",
            kept.drawn.zh(),
            closing.from,
            closing.to,
            closing.digest
        );
        output::line(&text);
    }
    Ok(ExitCode::SUCCESS)
}
