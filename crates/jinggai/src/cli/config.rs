//! `jinggai config`
use super::{Place, output};
use crate::config::From;
use std::process::ExitCode;

/// Options of `jinggai config`.
#[derive(clap::Args)]
#[command(after_help = "示例：JINGGAI_LISTEN=0.0.0.0:8443 jinggai config")]
pub struct Args {}

pub fn run(place: &Place, _: Args) -> anyhow::Result<ExitCode> {
    let config = place.config(crate::config::Given::default())?;
    if place.json {
        output::json(&config.settings);
        return Ok(ExitCode::SUCCESS);
    }
    output::line(&format!("# 数据目录 {}", config.data.display()));
    for s in &config.settings {
        let from = match s.from {
            From::Default => "默认",
            From::File => "jinggai.toml",
            From::Environment => "环境变量",
            From::Option => "命令行",
        };
        output::line(&format!("{} = {:?}  # {}（{from}）", s.name, s.value, s.purpose));
    }
    Ok(ExitCode::SUCCESS)
}
