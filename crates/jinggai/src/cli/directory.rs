//! `jinggai unit` and `jinggai area`
use super::{Place, output};
use crate::identity::areas::{self, AreaInput};
use crate::identity::units::{self, Unit, UnitInput};
use crate::identity::{Actor, Permission, shipped};
use anyhow::Context;
use jinggai_db::{Sql, events};
use std::path::PathBuf;
use std::process::ExitCode;

/// Options of `jinggai unit`.
#[derive(clap::Args)]
#[command(after_help = "示例：
  jinggai unit init                                  按行动方案的部门分工建立单位
  jinggai unit add --code ps --name 区排水公司 --kind owner --kind maintainer
  jinggai unit disable ps-1 --successor ps           撤并的单位
  jinggai unit list")]
pub struct UnitArgs {
    #[command(subcommand)]
    what: UnitWhat,
}

#[derive(clap::Subcommand)]
enum UnitWhat {
    /// 按《江北区城市窨井盖专项整治行动方案》的部门分工建立缺少的单位
    Init,
    /// 新建单位
    Add {
        /// 单位代码
        #[arg(long)]
        code: String,
        /// 名称
        #[arg(long)]
        name: String,
        /// 类别，可多次给出：owner maintainer department street park police …
        #[arg(long = "kind", required = true)]
        kinds: Vec<String>,
        /// 上级单位代码
        #[arg(long)]
        parent: Option<String>,
        /// 联系人
        #[arg(long)]
        contact: Option<String>,
        /// 联系电话
        #[arg(long)]
        phone: Option<String>,
        /// 应急电话，印在标识牌上
        #[arg(long)]
        emergency_phone: Option<String>,
    },
    /// 停用单位；它以往的责任记录不变
    Disable {
        /// 单位代码
        code: String,
        /// 自哪天起停用，默认今天
        #[arg(long, value_name = "DATE")]
        on: Option<jiff::civil::Date>,
        /// 承接单位代码
        #[arg(long)]
        successor: Option<String>,
    },
    /// 列出单位
    List,
}

/// Options of `jinggai area`.
#[derive(clap::Args)]
#[command(after_help = "示例：
  jinggai area init                       建立随程序提供的重庆区县、江北区街镇和社区
  jinggai area import 网格.csv            列：code,name（可另有 parent、valid_from、valid_to）
  jinggai area import 边界.geojson        属性 code、name，几何为面
  jinggai area init                       导入渝北、北碚的街镇后再执行一次，登记其部分划转")]
pub struct AreaArgs {
    #[command(subcommand)]
    what: AreaWhat,
}

#[derive(clap::Subcommand)]
enum AreaWhat {
    /// 建立随程序提供的区划，含 2025-11 的区划调整
    Init,
    /// 从 CSV 或 GeoJSON 导入区域；已有的更新边界
    Import {
        /// 文件
        file: PathBuf,
    },
    /// 列出区域
    List,
}

pub async fn unit(place: &Place, args: UnitArgs) -> anyhow::Result<ExitCode> {
    let app = match args.what {
        UnitWhat::List | UnitWhat::Disable { .. } => place.open_existing().await?,
        UnitWhat::Init | UnitWhat::Add { .. } => place.open().await?,
    };
    let mut tx = app.db().begin().await?;
    let made = match args.what {
        UnitWhat::Init => units::init(&mut tx).await?,
        UnitWhat::Add { code, name, kinds, parent, contact, phone, emergency_phone } => {
            let input = UnitInput {
                code,
                name,
                kinds,
                parent,
                contact_name: contact,
                contact_phone: phone,
                emergency_phone,
                ..UnitInput::default()
            };
            vec![units::create(&mut tx, &input).await?.1]
        }
        UnitWhat::Disable { code, on, successor } => {
            let day = on.unwrap_or_else(crate::clock::today);
            vec![units::end(&mut tx, &code, day, successor.as_deref()).await?]
        }
        UnitWhat::List => {
            let mut q = Sql::new(units::SELECT, vec![]);
            q.push(" ORDER BY u.code", []);
            let found: Vec<Unit> = tx.all(q).await?;
            if place.json {
                output::json(&found);
            } else {
                for u in found {
                    output::line(&format!(
                        "{}\t{}\t{}",
                        u.code,
                        u.name,
                        u.emergency_phone.as_deref().unwrap_or("—")
                    ));
                }
            }
            return Ok(ExitCode::SUCCESS);
        }
    };
    finish(place, tx, made, "单位").await
}

pub async fn area(place: &Place, args: AreaArgs) -> anyhow::Result<ExitCode> {
    let app = match args.what {
        AreaWhat::List => place.open_existing().await?,
        AreaWhat::Init | AreaWhat::Import { .. } => place.open().await?,
    };
    let mut tx = app.db().begin().await?;
    let made = match args.what {
        AreaWhat::Init => shipped::init(&mut tx).await?,
        AreaWhat::Import { file } => {
            let mut made = vec![];
            for (row, input) in read(&file)?.into_iter().enumerate() {
                let old = areas::find(&mut tx, &input.code).await?;
                let event = match old {
                    // A file that says nothing of the days does not take them away.
                    Some(old) => {
                        let input = AreaInput {
                            valid_from: input.valid_from.or(old.valid_from),
                            valid_to: input.valid_to.or(old.valid_to),
                            ..input
                        };
                        areas::update(&mut tx, &input.code, &input, old.version).await
                    }
                    None => areas::create(&mut tx, &input).await.map(|(_, e)| e),
                };
                made.push(event.with_context(|| format!("{} 第 {} 行", file.display(), row + 1))?);
            }
            areas::renew_closure(&mut tx).await?;
            made
        }
        AreaWhat::List => {
            let mut q = Sql::new(areas::SELECT, vec![]);
            q.push(" ORDER BY a.code", []);
            let found: Vec<areas::Area> = tx.all(q).await?;
            if place.json {
                output::json(&found);
            } else {
                for a in found {
                    output::line(&format!("{}\t{}", a.code, a.name));
                }
            }
            return Ok(ExitCode::SUCCESS);
        }
    };
    finish(place, tx, made, "区域").await
}

async fn finish(
    place: &Place,
    mut tx: jinggai_db::Tx,
    made: Vec<events::Event>,
    what: &str,
) -> anyhow::Result<ExitCode> {
    let n = made.len();
    events::append(&mut tx, &Actor::command_line().who(Permission::DirectoryManage), made).await?;
    tx.commit().await?;
    if place.json {
        output::json(&serde_json::json!({"changed": n}));
    } else {
        output::line(&format!("完成：新建或更新了 {n} 个{what}"));
    }
    Ok(ExitCode::SUCCESS)
}

fn read(file: &PathBuf) -> anyhow::Result<Vec<AreaInput>> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let text = text.trim_start_matches('\u{feff}');
    if text.trim_start().starts_with('{') {
        let json: serde_json::Value =
            serde_json::from_str(text).with_context(|| file.display().to_string())?;
        let features = json["features"].as_array().context("GeoJSON 应是 FeatureCollection")?;
        return features
            .iter()
            .map(|f| {
                let text = |k: &str| f["properties"][k].as_str().map(str::to_owned);
                let code = text("code").context("要素缺少属性 code（区划代码）")?;
                let name = text("name").with_context(|| format!("{code} 缺少属性 name"))?;
                let day = |k: &str| text(k).map(|d| d.parse()).transpose();
                Ok(AreaInput {
                    name,
                    level: text("level"),
                    parent: text("parent"),
                    valid_from: day("valid_from")?,
                    valid_to: day("valid_to")?,
                    geometry: Some(f["geometry"].clone()).filter(|g| !g.is_null()),
                    code,
                })
            })
            .collect();
    }
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    let headers = rows.headers()?.clone();
    rows.records()
        .map(|r| {
            let r = r?;
            let cell = |names: &[&str]| {
                let i = headers.iter().position(|h| names.contains(&h.trim()))?;
                r.get(i).map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned)
            };
            Ok(AreaInput {
                code: cell(&["code", "区划代码", "代码"]).context("缺少列 code（区划代码）")?,
                name: cell(&["name", "名称"]).context("缺少列 name（名称）")?,
                level: cell(&["level", "级别"]),
                parent: cell(&["parent", "上级"]),
                valid_from: cell(&["valid_from", "生效日期"]).map(|d| d.parse()).transpose()?,
                valid_to: cell(&["valid_to", "失效日期"]).map(|d| d.parse()).transpose()?,
                geometry: None,
            })
        })
        .collect()
}
