//! The command line: exit status, what goes to standard output and what beside it.
use crate::{jinggai, jinggai_at, number};
use insta::assert_snapshot;
use jinggai::registry::ledger::{self, Entry};
use jinggai_db::events::{self, Who};
use jinggai_e2e::Ran;
use jinggai_test::drafts::well;
use jinggai_test::{Place, Store, TestApp};
use std::path::Path;
use tempfile::TempDir;

fn run(data: &Path, args: &[&str]) -> Ran {
    jinggai(data).args(args).run()
}

fn empty() -> TempDir {
    TempDir::new().unwrap()
}

/// A place with three wells, closed.
fn with_wells(store: Store, then: fn(Place)) {
    jinggai_test::run(store, move |app: TestApp| async move {
        for code in ["A-1", "A-2", "A-3"] {
            let mut tx = app.db().begin().await.unwrap();
            let drafts = [well(code, 106.57, 29.6)];
            let (_, ev) = ledger::create(&mut tx, &drafts, &Entry::now(30, None)).await.unwrap();
            events::append(&mut tx, &Who::system("test"), ev).await.unwrap();
            tx.commit().await.unwrap();
        }
        let place = app.close();
        tokio::task::spawn_blocking(move || then(place)).await.unwrap();
    });
}

/// Hashes, ids and times differ from run to run.
fn steady(ran: &Ran) -> String {
    let text = ran.to_string();
    let mut out = String::new();
    let mut hex = String::new();
    for c in text.chars().chain(['\n']) {
        if c.is_ascii_hexdigit() || c == '-' {
            hex.push(c);
            continue;
        }
        out.push_str(match hex.len() {
            64 => "[HASH]",
            36 => "[UID]",
            _ => &hex,
        });
        hex.clear();
        out.push(c);
    }
    out
}

#[test]
fn every_command_has_help_with_an_example() {
    let dir = empty();
    let top = run(dir.path(), &["--help"]).ok();
    assert!(top.starts_with("窨井盖安全管理平台"), "{top}");
    let commands = top.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let names: Vec<_> = commands.lines().filter_map(|l| l.split_whitespace().next()).collect();
    assert!(names.contains(&"serve") && names.contains(&"verify") && names.len() >= 7, "{names:?}");
    for name in names.into_iter().filter(|n| *n != "help") {
        let help = run(dir.path(), &[name, "--help"]);
        assert_eq!(help.code, 0, "{help}");
        assert!(help.out.contains("示例") && help.err.is_empty(), "{name} --help shows no example: {help}");
        assert!(help.out.contains("--json") && help.out.contains("--database"), "{help}");
    }
    assert!(!dir.path().join("jinggai.gpkg").exists(), "help makes no store");
}

#[test]
fn wrong_usage_is_2_and_says_how() {
    let dir = empty();
    let nothing = run(dir.path(), &[]);
    assert_eq!((nothing.code, nothing.out.as_str()), (2, ""));
    assert!(nothing.err.contains("Usage: jinggai"));
    assert_snapshot!(run(dir.path(), &["vrify"]), @r###"
        exit 2
        --- stderr
        error: unrecognized subcommand 'vrify'

          tip: a similar subcommand exists: 'verify'

        Usage: jinggai [OPTIONS] <COMMAND>

        For more information, try '--help'.
        "###);
    assert_snapshot!(run(dir.path(), &["verify", "--agianst", "x"]), @r###"
        exit 2
        --- stderr
        error: unexpected argument '--agianst' found

          tip: a similar argument exists: '--against'

        Usage: jinggai verify --against <MANIFEST>

        For more information, try '--help'.
        "###);
    assert!(!dir.path().join("jinggai.gpkg").exists());
}

#[test]
fn settings_are_shown_with_their_origin() {
    let dir = empty();
    std::fs::write(dir.path().join("jinggai.toml"), "session_hours = 8\nlisten = \"127.0.0.1:9000\"\n")
        .unwrap();
    let config = jinggai(dir.path())
        .args(["config", "--database", "postgres://jinggai:secret@db/jinggai"])
        .env("JINGGAI_LISTEN", "0.0.0.0:8443");
    let out = config.run().ok();
    for line in [
        "# 数据目录 [DATA]",
        "database = \"postgres://jinggai@db/jinggai\"  # PostgreSQL 地址；留空用内嵌数据库（命令行）",
        "listen = \"0.0.0.0:8443\"  # 网页服务的监听地址（环境变量）",
        "session_hours = \"8\"  # 无操作多少小时后须重新登录（jinggai.toml）",
        "tls_cert = \"\"  # HTTPS 证书（PEM）（默认）",
    ] {
        assert!(out.lines().any(|l| l == line), "no line {line:?} in:\n{out}");
    }
    let json: serde_json::Value = serde_json::from_str(&run(dir.path(), &["config", "--json"]).ok()).unwrap();
    let hours = json.as_array().unwrap().iter().find(|s| s["name"] == "session_hours").unwrap();
    assert_eq!((&hours["value"], &hours["from"]), (&"8".into(), &"file".into()));
}

#[test]
fn a_wrong_setting_is_named_with_what_would_be_right() {
    let dir = empty();
    assert_snapshot!(run(dir.path(), &["migrate", "--database", "mysql://x"]), @r###"
        exit 1
        --- stderr
        错误：设置 database 的值“mysql://x”不对，应如 postgres://user@host/database
        "###);
    assert_snapshot!(run(dir.path(), &["migrate", "--database", "mysql://x", "--json"]), @r###"
        exit 1
        --- stdout
        {
          "error": {
            "code": "config.invalid",
            "message": "设置 database 的值“mysql://x”不对，应如 postgres://user@host/database",
            "fields": [
              {
                "field": "database",
                "message": "设置 database 的值“mysql://x”不对，应如 postgres://user@host/database"
              }
            ]
          }
        }
        "###);
    assert_snapshot!(jinggai(dir.path()).args(["config"]).env("JINGGAI_UPLOAD_MB", "2G").run(), @r###"
        exit 1
        --- stderr
        错误：设置 JINGGAI_UPLOAD_MB 的值“2G”不对，应如 一个数
        "###);
    std::fs::write(dir.path().join("jinggai.toml"), "lisen = \"127.0.0.1:9000\"\n").unwrap();
    let unknown = run(dir.path(), &["config"]);
    assert_eq!((unknown.code, unknown.out.as_str()), (1, ""));
    for said in ["[DATA]/jinggai.toml 有误", "1 | lisen", "unknown field `lisen`", "`listen`"] {
        assert!(unknown.err.contains(said), "{said} is not in {unknown}");
    }
}

#[test]
fn a_store_that_is_not_there_is_not_made_by_looking() {
    let dir = empty();
    assert_snapshot!(run(dir.path(), &["verify"]), @r###"
        exit 1
        --- stderr
        错误：[DATA]/jinggai.gpkg 不存在：请用 --data 指定数据目录，或用 --database 指定 PostgreSQL
        "###);
    assert_eq!(run(dir.path(), &["backup", "b"]).code, 1);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    let gone = run(dir.path(), &["migrate", "--database", "postgres://u@127.0.0.1:1/x"]);
    assert_eq!((gone.code, gone.out.as_str()), (1, ""));
    assert!(gone.err.contains("数据库暂时不可用") && gone.err.contains("refused"), "{gone}");
}

#[test]
fn a_file_that_is_no_store_is_left_alone() {
    let dir = empty();
    let file = dir.path().join("jinggai.gpkg");
    rusqlite::Connection::open(&file).unwrap().execute_batch("CREATE TABLE mine (x)").unwrap();
    assert_snapshot!(run(dir.path(), &["migrate"]), @r###"
        exit 1
        --- stderr
        错误：[DATA]/jinggai.gpkg 不是井盖平台的数据库，没有改动它；请另指定一个数据目录
        "###);
    std::fs::write(&file, "这是一份文档").unwrap();
    let refused = run(dir.path(), &["migrate"]);
    assert!(refused.code == 1 && refused.err.contains("不是井盖平台的数据库"), "{refused}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "这是一份文档");
}

#[test]
fn migrating_is_done_once() {
    let dir = empty();
    let first: serde_json::Value =
        serde_json::from_str(&run(dir.path(), &["migrate", "--json"]).ok()).unwrap();
    assert_eq!(first["taken"], first["schema"]);
    let again: serde_json::Value =
        serde_json::from_str(&run(dir.path(), &["migrate", "--json"]).ok()).unwrap();
    assert_eq!((&again["taken"], &again["schema"]), (&0.into(), &first["schema"]));
    let c = rusqlite::Connection::open(dir.path().join("jinggai.gpkg")).unwrap();
    c.execute("UPDATE migrations SET digest = '00' WHERE number = 2", []).unwrap();
    let refused = run(dir.path(), &["migrate"]);
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("2 identity differs"), "{refused}");
}

#[test]
fn verify_finds_what_was_changed_behind_its_back() {
    with_wells(Store::Sqlite, |place| {
        let data = place.dir.path();
        assert_snapshot!(steady(&run(data, &["verify"])), @r###"
            exit 0
            --- stdout
            完好：共 3 条事件，链头 3 [HASH]
            "###);
        let c = rusqlite::Connection::open(data.join("jinggai.gpkg")).unwrap();
        c.execute_batch("DROP TRIGGER events_no_update; UPDATE events SET actor = 'x' WHERE seq = 2")
            .unwrap();
        assert_snapshot!(steady(&run(data, &["verify"])), @r###"
            exit 1
            --- stdout
            第 2 条事件（well [UID] created）内容被修改
            --- stderr
            错误：事件链有 1 处不符
            "###);
        let json = run(data, &["verify", "--json"]);
        assert_eq!(json.code, 1);
        let verdict: serde_json::Value = serde_json::from_str(&json.out).unwrap();
        assert_eq!(
            (&verdict["faults"][0]["kind"], &verdict["faults"][0]["seq"]),
            (&"edited".into(), &2.into())
        );
    });
}

#[test]
fn a_backup_anchors_the_chain() {
    with_wells(Store::Sqlite, |place| {
        let data = place.dir.path();
        assert_snapshot!(steady(&run(data, &["backup", "--drill", "b"])), @r###"
            exit 0
            --- stdout
            备份完成，恢复演练一致：3 口井、3 个井盖、3 条事件、0 个文件；链头 3 [HASH]
            "###);
        assert_snapshot!(run(data, &["backup", "b"]), @r###"
            exit 1
            --- stderr
            错误：b 不是空目录；请为每次备份指定一个新目录
            "###);
        assert_eq!(run(data, &["verify", "--against", "b/manifest.json"]).code, 0);
        // A chain cut back to before the backup and made whole again is betrayed by the backup only.
        let c = rusqlite::Connection::open(data.join("jinggai.gpkg")).unwrap();
        c.execute_batch(
            "DROP TRIGGER events_no_delete; DELETE FROM events WHERE seq = 3;
             UPDATE event_head SET seq = 2, hash = (SELECT hash FROM events WHERE seq = 2)",
        )
        .unwrap();
        assert_eq!(run(data, &["verify"]).code, 0);
        let against = run(data, &["verify", "--against", "b/manifest.json"]);
        assert_eq!(against.code, 1, "{against}");
    });
}

#[test]
fn a_backup_comes_back_whole_and_only_into_an_empty_place() {
    with_wells(Store::Sqlite, |place| {
        let data = place.dir.path();
        assert_eq!(run(data, &["backup", "b"]).code, 0);
        let back = run(data, &["restore", "b", "--data", "new"]);
        assert_snapshot!(steady(&back), @r###"
            exit 0
            --- stdout
            恢复完成，与备份清单一致：3 口井、3 个井盖、3 条事件、0 个文件；链头 3 [HASH]
            "###);
        assert_eq!(number(&data.join("new"), "SELECT count(*) FROM covers"), 3);
        assert_snapshot!(run(data, &["restore", "b", "--data", "new"]), @r###"
            exit 1
            --- stderr
            错误：new/jinggai.gpkg 里已有数据；请恢复到一个空的目录或数据库
            "###);
        let manifest = std::fs::read_to_string(data.join("b/manifest.json")).unwrap();
        assert_eq!(run(data, &["restore", "b", "--data", "third", "--json"]).ok().trim(), manifest.trim());
        std::fs::remove_file(data.join("b/manifest.json")).unwrap();
        let unfinished = run(data, &["restore", "b", "--data", "fourth"]);
        assert_eq!(unfinished.code, 1);
        assert!(unfinished.err.contains("manifest.json"), "{unfinished}");
    });
}

#[test]
fn the_same_commands_serve_postgres() {
    with_wells(Store::Postgres, |place| {
        let ran = |args: &[&str]| jinggai_at(&place).args(args).run();
        assert!(ran(&["verify"]).ok().contains("完好：共 3 条事件"));
        assert!(ran(&["backup", "--drill", "b"]).ok().contains("备份完成，恢复演练一致：3 口井"));
        let other = jinggai(place.dir.path()).args(["restore", "b", "--data", "new", "--json"]).run();
        assert_eq!(other.code, 1);
        assert!(other.out.contains("backup.other_store"), "{other}");
    });
}

#[test]
fn a_period_is_drawn_written_and_closed_once() {
    let dir = empty();
    assert_eq!(run(dir.path(), &["migrate"]).code, 0);
    let june = ["--from", "2026-06-01", "--to", "2026-07-01"];
    let report = |kind: &str, more: &[&str]| run(dir.path(), &[&["report", kind], &june[..], more].concat());
    let csv = report("annex2", &[]);
    assert_eq!(csv.code, 0, "{csv}");
    assert!(csv.out.starts_with("span,seq,unit,inspected,found,") && csv.err.contains("已存档"), "{csv}");
    let said = report("annex2", &["--by", "street,kind", "--format", "xlsx", "-o", "a2.xlsx", "--json"]).ok();
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&said["found"], &said["checks"]), (&serde_json::json!(0), &serde_json::json!([])));
    assert!(std::fs::read(dir.path().join("a2.xlsx")).unwrap().starts_with(b"PK"));
    for format in ["json", "pdf"] {
        assert_eq!(report("indicators", &["--format", format, "-o", "out"]).code, 0);
    }
    assert!(std::fs::read(dir.path().join("out")).unwrap().starts_with(b"%PDF-"));
    // What makes no table is refused; what the command does not know is wrong usage.
    assert_eq!(report("annex2", &["--format", "pdf"]).code, 1);
    assert_eq!(report("annex2", &["--by", "road"]).code, 2);
    assert_eq!(run(dir.path(), &["report", "annex2", "--from", "2026-07-01", "--to", "2026-06-01"]).code, 1);
    let uid = said["uid"].as_str().unwrap();
    let closed = run(dir.path(), &["report", "close", uid]).ok();
    assert!(closed.starts_with("附件2已结账：2026-06-01 起、2026-07-01 止（不含），sm3:"), "{closed}");
    let again = run(dir.path(), &["report", "close", uid]);
    assert!(again.code == 1 && again.err.contains("已经结账"), "{again}");
    assert!(run(dir.path(), &["report", "list"]).ok().contains("已结账"));
    assert!(run(dir.path(), &["report", "check", uid]).ok().starts_with("一致"));
}

#[test]
fn a_citys_own_limits_are_taken_in_and_doubts_come_back_as_a_file() {
    let dir = empty();
    let table = dir.path().join("标准.csv");
    let doubts = dir.path().join("存疑.csv");
    std::fs::write(&table, "小类,立案条件,处置时限,结案条件\n污水井盖,缺失、移位,2紧急工作时,恢复\n雨水箅子,堵塞面积达三分之一以上,1天,疏通\n").unwrap();
    let import = |file: &Path, more: &[&str]| {
        run(dir.path(), &[&["rules", "import-limits", file.to_str().unwrap()], more].concat())
    };
    assert_snapshot!(import(&table, &["--dry-run"]), @r###"
        exit 0
        --- stdout
        标准.csv（试运行，未写入）：采用 1 行，存疑 1 行，不涉及或重复 0 行
          第 2 行 污水井盖 H01、H02：2紧急工作时（原文“2紧急工作时”），恢复
          第 3 行存疑 处置时限：未写明是否连续计时，请选择（1工作日、1自然日）
        "###);
    assert_eq!(import(&table, &[]).code, 2, "a source is needed");
    let out = import(&table, &["--source", "区城管〔2026〕3号", "--doubtful", doubts.to_str().unwrap()]).ok();
    assert!(out.contains("立案处置结案标准第 2 版") && out.contains("共 1 条"), "{out}");
    let asked = std::fs::read_to_string(&doubts).unwrap();
    assert!(asked.contains("1工作日、1自然日"), "{asked}");
    // The file that came back, corrected in place, is all that is needed.
    std::fs::write(&doubts, asked.replacen("1天", "1工作日", 1)).unwrap();
    let out = import(&doubts, &["--source", "区城管〔2026〕3号", "--json"]).ok();
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&json["version"], &json["entries"], &json["accepted"]), (&3.into(), &2.into(), &1.into()));
    let answered = import(&table, &["--source", "x", "--answer", "3:处置时限=1工作日"]).ok();
    assert!(answered.contains("1工作日（原文“1天”）") && answered.contains("第 4 版"), "{answered}");
    let wrong = import(&table, &["--source", "x", "--answer", "第三行"]);
    assert!(wrong.code == 2 && wrong.err.contains("行号:列=值"), "{wrong}");
}
