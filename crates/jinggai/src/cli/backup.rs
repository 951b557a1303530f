//! `jinggai backup` and `jinggai restore`
use super::{Place, output};
use crate::backup::{self, Manifest};
use crate::config::Given;
use std::path::PathBuf;
use std::process::ExitCode;

/// Options of `jinggai backup`.
#[derive(clap::Args)]
#[command(after_help = "示例：
  jinggai backup 备份/2026-11-24
  jinggai backup --drill 备份/2026-11-24      备份后立即恢复到临时位置比对")]
pub struct Args {
    /// 备份目录，须为空或不存在
    dir: PathBuf,
    /// 恢复演练：备份后恢复到临时位置，逐表比对并校验事件链
    #[arg(long)]
    drill: bool,
}

/// Options of `jinggai restore`.
#[derive(clap::Args)]
#[command(after_help = "示例：jinggai restore 备份/2026-11-24 --data 新数据目录")]
pub struct RestoreArgs {
    /// 备份目录
    dir: PathBuf,
}

pub async fn backup(place: &Place, args: Args) -> anyhow::Result<ExitCode> {
    let app = place.open_existing().await?;
    let mut bar = output::Progress::new("备份照片和文件", None);
    let progress = |done, total| bar.at(done, Some(total));
    let manifest = if args.drill {
        backup::drill(&app, &args.dir, progress).await?
    } else {
        backup::backup(&app, &args.dir, progress).await?
    };
    bar.end();
    report(place, &manifest, if args.drill { "备份完成，恢复演练一致" } else { "备份完成" });
    Ok(ExitCode::SUCCESS)
}

pub async fn restore(place: &Place, args: RestoreArgs) -> anyhow::Result<ExitCode> {
    let manifest = backup::restore(&args.dir, &place.config(Given::default())?).await?;
    report(place, &manifest, "恢复完成，与备份清单一致");
    Ok(ExitCode::SUCCESS)
}

fn report(place: &Place, m: &Manifest, what: &str) {
    if place.json {
        output::json(m);
        return;
    }
    let count = |t: &str| m.tables.get(t).copied().unwrap_or(0);
    output::line(&format!(
        "{what}：{} 口井、{} 个井盖、{} 条事件、{} 个文件；链头 {} {}",
        count("wells"),
        count("covers"),
        count("events"),
        m.files.len(),
        m.head.seq,
        m.head.hash
    ));
}
