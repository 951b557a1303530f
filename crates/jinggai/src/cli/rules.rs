//! `jinggai rules`
use super::{Place, output};
use crate::identity::{Actor, Permission};
use crate::registry::import::report::format_of;
use crate::rulepacks::limits::{LimitRow, LimitsAsk, LimitsFile, LimitsReport, import, write_doubtful};
use jiff::civil::Date;
use jinggai_db::events;
use jinggai_rules::limits::Answer;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Options of `jinggai rules`.
#[derive(clap::Args)]
#[command(after_help = "示例：
  jinggai rules import-limits 立案标准.xlsx --dry-run
  jinggai rules import-limits 立案标准.csv --source 某市城管〔2026〕3号 --doubtful 存疑.xlsx
  jinggai rules import-limits 立案标准.csv --source 某市城管〔2026〕3号 --answer 5:处置时限=4工作时 --answer 8:隐患代码=H01、H02")]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// 导入本市的立案、处置、结案标准：小类、立案条件、处置时限、结案条件各一列；看不准的行列出来问，不猜
    #[command(after_help = "示例：
  jinggai rules import-limits 立案标准.xlsx --dry-run
  jinggai rules import-limits 立案标准.csv --source 某市城管〔2026〕3号 --doubtful 存疑.xlsx
  jinggai rules import-limits 存疑.xlsx --source 某市城管〔2026〕3号      改好的存疑行，其余各行不变")]
    ImportLimits(Limits),
}

#[derive(clap::Args)]
struct Limits {
    /// 文件：CSV（任何编码）、XLSX、XLS
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// 依据的文件，记入规则包；不是试运行时必须给出
    #[arg(long, value_name = "TEXT", required_unless_present = "dry_run")]
    source: Option<String>,
    /// 自哪天起执行，默认今天
    #[arg(long, value_name = "DATE")]
    effective_from: Option<Date>,
    /// 对存疑之处的答复，可多次给出：行号:列=值，如 5:处置时限=4工作时
    #[arg(long = "answer", value_name = "ROW:COLUMN=VALUE", value_parser = answer)]
    answers: Vec<Answer>,
    /// 工作表
    #[arg(long, value_name = "NAME")]
    layer: Option<String>,
    /// 只判断，不写入
    #[arg(long)]
    dry_run: bool,
    /// 存疑的行写到此文件（.xlsx 或 .csv），改好后可直接导入
    #[arg(long, value_name = "FILE")]
    doubtful: Option<PathBuf>,
}

fn answer(text: &str) -> Result<Answer, String> {
    let parts = text.split_once(':').and_then(|(row, rest)| Some((row.parse().ok()?, rest.split_once('=')?)));
    let (row, (column, value)) = parts.ok_or("应为 行号:列=值，如 5:处置时限=4工作时")?;
    Ok(Answer { row, column: column.to_owned(), value: value.to_owned() })
}

/// Runs the command.
pub async fn run(place: &Place, args: Args) -> anyhow::Result<ExitCode> {
    let What::ImportLimits(a) = args.what;
    let doubtful = a.doubtful.as_deref().map(|p| format_of(p).map(|f| (p.to_owned(), f))).transpose()?;
    let app = place.open().await?;
    let actor = Actor::command_line();
    let ask = LimitsAsk {
        source: a.source.clone().unwrap_or_default(),
        effective_from: a.effective_from,
        answers: a.answers.clone(),
        dry_run: a.dry_run,
    };
    let mut reports = vec![];
    for path in &a.files {
        let file = LimitsFile::read(path, &name(path), a.layer.as_deref())?;
        let mut tx = app.db().begin().await?;
        let (report, event) = import(&mut tx, &file, &ask).await?;
        if let Some(event) = event {
            events::append(&mut tx, &actor.who(Permission::RuleManage), vec![event]).await?;
            tx.commit().await?;
        }
        reports.push(report);
    }
    if let Some((path, format)) = doubtful {
        let rows: Vec<LimitRow> = reports.iter().flat_map(|r| r.rows.iter().cloned()).collect();
        write_doubtful(&rows, &path, format)?;
        output::say(&format!("存疑清单：{}", path.display()));
    }
    match reports.as_slice() {
        [one] if place.json => output::json(one),
        many if place.json => output::json(&many),
        many => many.iter().for_each(show),
    }
    Ok(ExitCode::SUCCESS)
}

fn name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned())
}

fn show(r: &LimitsReport) {
    let dry = if r.dry_run { "（试运行，未写入）" } else { "" };
    output::line(&format!(
        "{}{dry}：采用 {} 行，存疑 {} 行，不涉及或重复 {} 行",
        r.file, r.accepted, r.doubtful, r.left_out
    ));
    for row in r.rows.iter().filter(|row| row.verdict == "accepted") {
        let (limit, hazards) = (row.limit.as_deref().unwrap_or_default(), row.hazards.join("、"));
        output::line(&format!(
            "  第 {} 行 {} {hazards}：{limit}（原文“{}”），{}",
            row.row, row.class, row.limit_text, row.closing
        ));
    }
    for row in r.rows.iter().filter(|row| row.verdict == "doubtful") {
        for d in &row.doubts {
            let choices =
                if d.choices.is_empty() { String::new() } else { format!("（{}）", d.choices.join("、")) };
            output::line(&format!("  第 {} 行存疑 {}：{}{choices}", row.row, d.column, d.message));
        }
    }
    match (r.version, r.effective_from) {
        (Some(version), Some(day)) => {
            output::line(&format!("立案处置结案标准第 {version} 版，{day} 起执行，共 {} 条", r.entries));
        }
        _ if !r.dry_run => output::line("没有变化，未写入新版"),
        _ => {}
    }
    for n in &r.notes {
        output::say(&format!("  提示：{n}"));
    }
}
