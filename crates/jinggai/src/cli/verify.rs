//! `jinggai verify`
use super::{Place, output};
use jinggai_db::events::{self, Anchor};
use std::path::PathBuf;
use std::process::ExitCode;

/// Options of `jinggai verify`.
#[derive(clap::Args)]
#[command(after_help = "示例：
  jinggai verify
  jinggai verify --against 备份/manifest.json      与备份时记下的链头比对")]
pub struct Args {
    /// 备份清单：事件链必须仍经过其中记下的链头
    #[arg(long, value_name = "MANIFEST")]
    against: Vec<PathBuf>,
}

pub async fn run(place: &Place, args: Args) -> anyhow::Result<ExitCode> {
    let app = place.open_existing().await?;
    let mut anchors = crate::anchors::read(&app.config().data)?;
    for manifest in &args.against {
        anchors.push(anchor(manifest)?);
    }
    let mut bar = output::Progress::new("校验事件链", None);
    let verdict = events::verify(app.db(), &anchors, |done, total| {
        bar.at(u64::try_from(done).unwrap_or(0), u64::try_from(total).ok());
    })
    .await?;
    bar.end();
    if place.json {
        output::json(&verdict);
    } else if verdict.faults.is_empty() {
        output::line(&format!(
            "完好：共 {} 条事件，链头 {} {}",
            verdict.events, verdict.head.seq, verdict.head.hash
        ));
    } else {
        for f in &verdict.faults {
            output::line(&f.what);
        }
        output::say(&format!("错误：事件链有 {} 处不符", verdict.faults.len()));
    }
    Ok(if verdict.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn anchor(path: &std::path::Path) -> anyhow::Result<Anchor> {
    use anyhow::Context;
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let manifest: serde_json::Value =
        serde_json::from_str(&text).with_context(|| path.display().to_string())?;
    let head =
        manifest.get("head").cloned().with_context(|| format!("{}：清单里没有 head", path.display()))?;
    Ok(serde_json::from_value(head)?)
}
