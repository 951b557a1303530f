//! `jinggai migrate`
use super::{Place, output};
use crate::error::AppError;
use jinggai_db::{Db, migrate};
use std::process::ExitCode;

/// Options of `jinggai migrate`.
#[derive(clap::Args)]
#[command(after_help = "示例：jinggai migrate --database postgres://jinggai@db/jinggai")]
pub struct Args {}

pub async fn run(place: &Place, _: Args) -> anyhow::Result<ExitCode> {
    let config = place.config(crate::config::Given::default())?;
    let db = Db::open(&config.place()).await.map_err(AppError::from)?;
    let taken = migrate::migrate(&db, crate::store::MIGRATIONS).await.map_err(AppError::from)?;
    if place.json {
        output::json(&serde_json::json!({"taken": taken, "schema": crate::store::MIGRATIONS.len()}));
    } else {
        output::line(&format!("完成：执行了 {taken} 步升级，现为第 {} 版", crate::store::MIGRATIONS.len()));
    }
    Ok(ExitCode::SUCCESS)
}
