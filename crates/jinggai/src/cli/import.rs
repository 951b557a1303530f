//! `jinggai import`
use super::{Place, output};
use crate::app::App;
use crate::error::AppError;
use crate::identity::Actor;
use crate::registry::import::mapping::Mapping;
use crate::registry::import::report::{format_of, write_errors};
use crate::registry::import::store::Totals;
use crate::registry::import::{Options, Report, Request, What, import, run};
use jinggai_tables::write::Target;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Options of `jinggai import`.
#[derive(clap::Args)]
#[command(after_help = "示例：
  jinggai import covers 普查.xlsx --unit ps --dry-run
  jinggai import covers 管线点.csv --crs EPSG:4544 --axes yx --errors 问题.xlsx
  jinggai import covers 高德采集.csv --crs GCJ-02 --area 500105001 --json
  jinggai import pipes WSLine.csv --crs EPSG:4544 --axes yx
  jinggai import responsibilities 权属.xlsx")]
pub struct Args {
    #[command(subcommand)]
    what: Sort,
}

#[derive(clap::Subcommand)]
enum Sort {
    /// 井盖台账：CSV、XLSX、XLS、GeoJSON、Shapefile（或其 zip）、GeoPackage
    Covers(Files),
    /// 管线：两端为管线点编号和坐标，或几何为线
    Pipes(Files),
    /// 责任单位：井盖编号与权属、管养、主管、属地、兜底单位
    Responsibilities(Files),
}

#[derive(clap::Args)]
struct Files {
    /// 文件
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// 字段映射（TOML 或 JSON）：列、常量、值对照、单位、坐标系
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// 坐标系：EPSG 代码、GCJ-02、BD-09、tm:中央子午线、local:名称，或参数文件（.toml/.json）
    #[arg(long, value_name = "CRS")]
    crs: Option<String>,
    /// 轴序：xy 先东后北，yx 先北后东（测量坐标 X 北 Y 东）
    #[arg(long, value_name = "xy|yx")]
    axes: Option<String>,
    /// 来源标识；不给则用文件名。同一来源再次导入是更新
    #[arg(long, value_name = "KEY")]
    source: Option<String>,
    /// 没有写明权属的行的权属单位（代码）
    #[arg(long, value_name = "CODE")]
    unit: Option<String>,
    /// 没有写明区域的行的区域（代码）
    #[arg(long, value_name = "CODE")]
    area: Option<String>,
    /// 没有写明类型的行的井盖类型
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// 图层或工作表
    #[arg(long, value_name = "NAME")]
    layer: Option<String>,
    /// 不为未登记的权属单位名称新建单位
    #[arg(long)]
    no_create_units: bool,
    /// 只判断，不写入
    #[arg(long)]
    dry_run: bool,
    /// 被拒绝和疑似重复的行写到此文件（.xlsx 或 .csv），原始列在旁
    #[arg(long, value_name = "FILE")]
    errors: Option<PathBuf>,
}

/// Runs the command.
pub async fn run(place: &Place, args: Args) -> anyhow::Result<ExitCode> {
    let (what, files) = match args.what {
        Sort::Covers(f) => (What::Covers, f),
        Sort::Pipes(f) => (What::Pipes, f),
        Sort::Responsibilities(f) => (What::Responsibilities, f),
    };
    let errors = files.errors.as_deref().map(|p| format_of(p).map(|f| (p.to_owned(), f))).transpose()?;
    let options = options(what, &files)?;
    let app = place.open().await?;
    let actor = Actor::command_line();
    let mut reports = vec![];
    for path in &files.files {
        reports.push(one(&app, &actor, path, &options).await?);
    }
    if let Some((path, format)) = errors {
        let kept: Vec<_> = reports.iter().filter_map(|r| r.import).collect();
        let spool: Vec<_> = reports.iter().flat_map(|r| r.spool.iter().cloned()).collect();
        write_errors(app.db(), &kept, &spool, Target::Path(path.clone()), format).await?;
        output::say(&format!("问题清单：{}", path.display()));
    }
    show(place.json, &reports);
    let refused = reports.iter().any(|r| r.refused.is_some());
    Ok(if refused { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

fn options(what: What, f: &Files) -> anyhow::Result<Options> {
    let mut map = f.map.as_deref().map(read_map).transpose()?;
    let mut crs = f.crs.clone();
    // A parameter file stands for the local system that it describes.
    if let Some(path) = f
        .crs
        .as_deref()
        .map(Path::new)
        .filter(|p| p.extension().is_some_and(|e| e == "toml" || e == "json") && p.exists())
    {
        let local = run::local(path)?;
        crs = Some(format!("local:{}", local.name));
        map.get_or_insert_default().locals.push(local);
    }
    Ok(Options {
        what,
        crs,
        axes: f.axes.clone(),
        source: f.source.clone(),
        unit: f.unit.clone(),
        area: f.area.clone(),
        kind: f.kind.clone(),
        layer: f.layer.clone(),
        no_create_units: f.no_create_units,
        map,
        dry_run: f.dry_run,
    })
}

fn read_map(path: &Path) -> anyhow::Result<Mapping> {
    let text = std::fs::read_to_string(path).map_err(|e| {
        AppError::field(
            "import.mapping",
            "map",
            format!("映射文件 {} 不能读：{e}", path.display()),
            format!("{}: {e}", path.display()),
        )
    })?;
    Ok(Mapping::parse(&text)?)
}

async fn one(app: &App, actor: &Actor, path: &Path, options: &Options) -> anyhow::Result<Report> {
    let name =
        path.file_name().map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned());
    let mut bar = output::Progress::new(&name, None);
    let request = Request {
        path: path.to_owned(),
        name,
        options: options.clone(),
        actor,
        job: None,
        keep_dry: false,
        stop_after: None,
    };
    let report = import(app, request, &mut |done, total| bar.at(done, total)).await;
    bar.end();
    Ok(report?)
}

fn show(as_json: bool, reports: &[Report]) {
    if as_json {
        match reports {
            [one] => output::json(one),
            many => {
                let mut totals = Totals::default();
                for r in many {
                    totals.add(r.totals);
                }
                let mut all = json!(totals);
                all["files"] = json!(many);
                all["duration_ms"] = json!(many.iter().map(|r| r.duration_ms).sum::<u64>());
                output::json(&all);
            }
        }
        return;
    }
    for r in reports {
        if let Some(refused) = &r.refused {
            output::say(&format!("错误：{} 未导入：{}", r.file, refused.message));
            continue;
        }
        let t = r.totals;
        let dry = if r.dry_run { "（试运行，未写入）" } else { "" };
        output::line(&format!(
            "{}{dry}：读取 {}，新增 {}，更新 {}，无变化 {}，疑似重复 {}，拒绝 {}",
            r.file, t.read, t.imported, t.updated, t.unchanged, t.duplicates, t.rejected
        ));
        for m in &r.mapping {
            output::say(&format!("  {} ← {}（{}）", m.name, m.column, m.reason));
        }
        for n in &r.notes {
            let rows = if n.rows > 0 { format!("（{} 行）", n.rows) } else { String::new() };
            let values: Vec<String> = n.values.iter().map(|(v, n)| format!("{v}×{n}")).collect();
            let values = if values.is_empty() { String::new() } else { format!("：{}", values.join("、")) };
            output::say(&format!("  提示：{}{rows}{values}", n.message));
        }
    }
}
