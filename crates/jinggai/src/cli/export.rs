//! `jinggai export`
use super::{Place, output};
use crate::error::AppError;
use crate::identity::Actor;
use crate::registry::CoverFilter;
use crate::registry::export::{self, Format};
use clap::{Subcommand, ValueEnum};
use jinggai_tables::write::Target;
use std::path::PathBuf;
use std::process::ExitCode;

/// Options of `jinggai export`.
#[derive(clap::Args)]
#[command(after_help = "示例：
  jinggai export covers --format xlsx -o 台账.xlsx
  jinggai export covers --format geojson --where 'kind=sewage&area=500105001' -o 污水.geojson
  jinggai export covers --format csv --where 'owner=none' -o - | head
  jinggai export covers --format component -o 部件.csv        （GB/T 30428.2 型部件记录）")]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// 井盖台账
    Covers(Covers),
}

#[derive(clap::Args)]
struct Covers {
    /// 格式
    #[arg(long, value_enum)]
    format: FormatArg,
    /// 筛选条件，与 GET /api/v1/covers 的参数相同，如 kind=sewage&area=500105001
    #[arg(long = "where", value_name = "QUERY", default_value = "")]
    filter: String,
    /// 输出文件；- 为标准输出（限 csv、geojson、component）
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

#[derive(Clone, Copy, ValueEnum)]
enum FormatArg {
    Csv,
    Xlsx,
    Geojson,
    Gpkg,
    Shp,
    Component,
}

impl From<FormatArg> for Format {
    fn from(f: FormatArg) -> Self {
        match f {
            FormatArg::Csv => Format::Csv,
            FormatArg::Xlsx => Format::Xlsx,
            FormatArg::Geojson => Format::GeoJson,
            FormatArg::Gpkg => Format::GeoPackage,
            FormatArg::Shp => Format::Shapefile,
            FormatArg::Component => Format::Component,
        }
    }
}

pub async fn run(place: &Place, args: Args) -> anyhow::Result<ExitCode> {
    let What::Covers(args) = args.what;
    let format = Format::from(args.format);
    let filter = CoverFilter::from_query(&args.filter)?;
    let to_stdout = args.output.as_os_str() == "-";
    if to_stdout && !format.is_text() {
        return Err(AppError::field(
            "export.stdout",
            "--output",
            format!("{} 不能写到标准输出，请用 -o 文件名", format.code()),
            format!("{} cannot go to standard output; name a file with -o", format.code()),
        )
        .into());
    }
    let app = place.open().await?;
    let export = export::begin(&app, &Actor::command_line(), filter, format).await?;
    let (total, left_out) = (export.rows() as u64, export.left_out);
    let target =
        if to_stdout { Target::Stream(Box::new(std::io::stdout())) } else { Target::path(&args.output) };
    let mut bar = output::Progress::new("导出井盖", Some(total));
    let written = export.run(target, |done| bar.at(done, Some(total))).await?;
    bar.end();
    for note in &written.notes {
        output::say(&format!("说明：{}", note.message_zh));
    }
    if left_out > 0 {
        output::say(&format!("说明：{left_out} 个井盖没有 16 位标识码，不能作为部件记录，未导出"));
    }
    let told = serde_json::json!({"rows": written.rows, "left_out": left_out, "file": args.output});
    match (place.json, to_stdout) {
        // Standard output is the file itself.
        (true, true) => output::say(&told.to_string()),
        (true, false) => output::json(&told),
        (false, _) => output::say(&format!("已导出 {} 个井盖", written.rows)),
    }
    Ok(ExitCode::SUCCESS)
}
