//! The command line: one file a sub-command; results to standard output, everything else to standard error.
//!
//! Exit status: 0 done, 1 refused or failed, 2 wrong usage (clap's own).
use crate::app::App;
use crate::config::{Config, Given};
use crate::error::{AppError, Kind, Result};
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

mod backup;
mod config;
mod directory;
mod export;
mod import;
mod migrate;
pub mod output;
mod report;
mod report_period;
mod rules;
mod serve;
mod token;
mod user;
mod verify;

/// 窨井盖安全管理平台。
#[derive(Parser)]
#[command(
    name = "jinggai",
    version,
    arg_required_else_help = true,
    after_help = "示例：
  jinggai serve --demo                     以演示区启动平台
  jinggai import covers 普查.xlsx          导入普查表
  jinggai report annex1 --format xlsx -o 附件1.xlsx"
)]
struct Cli {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    command: Command,
}

/// Where the data is: the same options for every sub-command.
#[derive(Args, Clone, Debug)]
pub struct Place {
    /// 数据目录
    #[arg(long, global = true, default_value = "data", env = "JINGGAI_DATA", value_name = "DIR")]
    pub data: PathBuf,
    /// PostgreSQL 地址（postgres://…）；不给则用数据目录里的内嵌数据库
    #[arg(long, global = true, value_name = "URL")]
    pub database: Option<String>,
    /// 以 JSON 输出结果
    #[arg(long, global = true)]
    pub json: bool,
}

#[derive(Subcommand)]
enum Command {
    /// 启动平台
    Serve(serve::Args),
    /// 把数据库升级到本版本
    Migrate(migrate::Args),
    /// 校验事件链：找出被修改、删除或插入的记录
    Verify(verify::Args),
    /// 导出台账
    Export(export::Args),
    /// 导入井盖、管线或责任单位
    Import(import::Args),
    /// 用户：新建、停用、重置口令
    User(user::Args),
    /// 单位
    Unit(directory::UnitArgs),
    /// 区域
    Area(directory::AreaArgs),
    /// 接口令牌
    Token(token::Args),
    /// 备份数据库、照片和文件
    Backup(backup::Args),
    /// 把备份恢复到空的位置
    Restore(backup::RestoreArgs),
    /// 报表：附件1、附件2、评价指标、明细台账、存档、核对与结账
    Report(report::Args),
    /// 规则：导入本市的立案、处置、结案标准
    Rules(rules::Args),
    /// 显示全部设置及其来源
    Config(config::Args),
}

impl Place {
    /// The settings, with options given to the sub-command on top.
    ///
    /// # Errors
    /// When a setting is wrong.
    pub fn config(&self, more: Given) -> Result<Config> {
        Config::load(&self.data, Given { database: self.database.clone(), ..more })
    }

    /// Opens the platform on this place, which must hold a store already: looking must not make one.
    ///
    /// # Errors
    /// `store.missing` when there is none; else as [`Place::open`].
    pub async fn open_existing(&self) -> Result<App> {
        let config = self.config(Given::default())?;
        if let jinggai_db::Place::File(file) = config.place()
            && !file.exists()
        {
            return Err(AppError::new(
                Kind::NotFound,
                "store.missing",
                format!(
                    "{} 不存在：请用 --data 指定数据目录，或用 --database 指定 PostgreSQL",
                    file.display()
                ),
                format!(
                    "{} does not exist: name the data directory with --data, or a PostgreSQL with --database",
                    file.display()
                ),
            ));
        }
        App::open(config).await
    }

    /// Opens the platform on this place.
    ///
    /// # Errors
    /// When a setting is wrong or the store cannot be opened.
    pub async fn open(&self) -> Result<App> {
        App::open(self.config(Given::default())?).await
    }
}

/// Runs the command and gives its exit status.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(r) => r,
        Err(e) => return output::failed(&anyhow::Error::new(e), cli.place.json),
    };
    let json = cli.place.json;
    let done: anyhow::Result<ExitCode> = runtime.block_on(async move {
        match cli.command {
            Command::Serve(a) => serve::run(&cli.place, a).await,
            Command::Migrate(a) => migrate::run(&cli.place, a).await,
            Command::Verify(a) => verify::run(&cli.place, a).await,
            Command::Export(a) => export::run(&cli.place, a).await,
            Command::Import(a) => import::run(&cli.place, a).await,
            Command::User(a) => user::run(&cli.place, a).await,
            Command::Unit(a) => directory::unit(&cli.place, a).await,
            Command::Area(a) => directory::area(&cli.place, a).await,
            Command::Token(a) => token::run(&cli.place, a).await,
            Command::Backup(a) => backup::backup(&cli.place, a).await,
            Command::Restore(a) => backup::restore(&cli.place, a).await,
            Command::Report(a) => report::run(&cli.place, a).await,
            Command::Rules(a) => rules::run(&cli.place, a).await,
            Command::Config(a) => config::run(&cli.place, a),
        }
    });
    done.unwrap_or_else(|e| output::failed(&e, json))
}
