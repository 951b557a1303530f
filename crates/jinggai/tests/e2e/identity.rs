//! Users, units, areas and tokens from the command line: what it does, what it refuses, and that no secret is kept.
use crate::{jinggai, jinggai_at, number, verify};
use jinggai_e2e::Ran;
use jinggai_test::{Place, Store};
use serde_json::Value as Json;
use std::path::Path;
use tempfile::TempDir;

fn run(data: &Path, args: &[&str]) -> Ran {
    jinggai(data).args(args).run()
}

fn json(data: &Path, args: &[&str]) -> Json {
    serde_json::from_str(&jinggai(data).args(args).args(["--json"]).run().ok()).unwrap()
}

fn refused(ran: &Ran, says: &str) {
    assert!(ran.code == 1 && ran.out.is_empty() && ran.err.contains(says), "{ran}");
}

fn done(ran: Ran) {
    assert_eq!(ran.code, 0, "{ran}");
}

#[test]
fn people_come_and_go_but_one_administrator_stays() {
    let dir = TempDir::new().unwrap();
    let d = dir.path();
    refused(&run(d, &["user", "list"]), "jinggai.gpkg 不存在");
    assert!(!d.join("jinggai.gpkg").exists(), "looking makes no store");
    let made = json(d, &["user", "add", "--login", "admin", "--role", "admin"]);
    let password = made["password"].as_str().unwrap().to_owned();
    refused(&run(d, &["user", "add", "--login", "hxj", "--role", "street"]), "必须限定区域");
    refused(&run(d, &["user", "add", "--login", "hxj", "--role", "king"]), "没有角色“king”");
    let weak = jinggai(d).args(["user", "add", "--login", "hxj", "--role", "leader", "--password-stdin"]);
    refused(&weak.stdin("12345678\n").run(), "口令不合要求");
    assert_eq!(number(d, "SELECT count(*) FROM users"), 1, "nothing of what was refused is kept");
    let good = jinggai(d).args(["user", "add", "--login", "hxj", "--role", "leader", "--password-stdin"]);
    let out = good.stdin("Xk4-qT9z-观音桥\n").run().ok();
    assert!(out.contains("已建立用户 hxj") && !out.contains("Xk4"), "{out}");
    refused(&run(d, &["user", "email", "admin", "zhiban"]), "不是电子邮箱");
    assert!(
        run(d, &["user", "email", "admin", "zhiban@example.gov.cn"]).ok().contains("zhiban@example.gov.cn")
    );
    assert!(run(d, &["user", "email", "admin"]).ok().contains("不再接收邮件"));
    refused(&run(d, &["user", "disable", "admin"]), "最后一个系统管理员");
    refused(&run(d, &["user", "revoke", "--login", "admin", "--role", "admin"]), "最后一个系统管理员");
    assert!(run(d, &["user", "grant", "--login", "hxj", "--role", "admin"]).ok().contains("系统管理员"));
    done(run(d, &["user", "disable", "admin"]));
    refused(&run(d, &["user", "revoke", "--login", "hxj", "--role", "admin"]), "最后一个系统管理员");
    let list = json(d, &["user", "list"]);
    assert_eq!((list[0]["disabled"].as_bool(), list[1]["roles"][1].as_str()), (Some(true), Some("admin")));
    refused(&run(d, &["user", "password", "nobody"]), "没有登录名为“nobody”的用户");
    let new = json(d, &["user", "password", "hxj"])["password"].as_str().unwrap().to_owned();
    for secret in [&password, &new] {
        let found =
            format!("SELECT count(*) FROM events WHERE after LIKE '%{secret}%' OR before LIKE '%{secret}%'");
        assert_eq!(number(d, &found), 0, "no secret stands in the log");
    }
    let tokens = ["token", "add", "--login", "hxj", "--name", "对接"];
    let token = json(d, &[&tokens[..], &["--scope", "registry.read"]].concat());
    assert!(token["secret"].as_str().unwrap().len() > 40);
    refused(&run(d, &[&tokens[..], &["--scope", "all"]].concat()), "“all”不是权限");
    refused(&run(d, &[&tokens[..], &["--scope", "registry.read", "--days", "366"]].concat()), "1–365");
    done(run(d, &["token", "revoke", token["uid"].as_str().unwrap()]));
    assert!(json(d, &["token", "list", "--login", "hxj"])[0]["revoked_at"].is_string());
}

fn directory(place: &Place) {
    let d = place.dir.path();
    let say = |args: &[&str]| jinggai_at(place).args(args).run();
    assert!(say(&["unit", "init"]).ok().starts_with("完成：新建或更新了 2"));
    assert_eq!(say(&["unit", "init"]).ok().trim(), "完成：新建或更新了 0 个单位");
    refused(&say(&["unit", "add", "--code", "ps", "--name", "排水", "--kind", "club"]), "“club”不是单位类别");
    let phone = ["unit", "add", "--code", "ps", "--name", "排水", "--kind", "owner", "--phone", "打给我"];
    refused(&say(&phone), "不是电话号码");
    done(say(&["unit", "add", "--code", "ps", "--name", "排水", "--kind", "owner", "--parent", "jb-zjw"]));
    done(say(&["unit", "disable", "ps", "--successor", "jb-zjw", "--on", "2026-07-01"]));
    refused(&say(&["unit", "disable", "ps"]), "已于 2026-07-01 停用");
    let listed: Json = serde_json::from_str(&say(&["unit", "list", "--json"]).ok()).unwrap();
    let ps = listed.as_array().unwrap().iter().find(|u| u["code"] == "ps").unwrap().clone();
    assert_eq!((ps["valid_to"].as_str(), ps["successor"].as_str()), (Some("2026-07-01"), Some("jb-zjw")));
    done(say(&["area", "init"]));
    assert_eq!(say(&["area", "init"]).ok().trim(), "完成：新建或更新了 0 个区域");
    std::fs::write(d.join("bad.csv"), "code,name\n500105001901,新社区\n50010X,坏\n").unwrap();
    refused(&say(&["area", "import", "bad.csv"]), "第 2 行");
    std::fs::write(d.join("good.csv"), "\u{feff}区划代码,名称\r\n500112101,统景镇\r\n500105,江北区\r\n")
        .unwrap();
    done(say(&["area", "import", "good.csv"]));
    // 渝北区 gave 统景镇 to 北碚区: noted as soon as the town is known.
    assert_eq!(say(&["area", "init"]).ok().trim(), "完成：新建或更新了 1 个区域");
    let listed: Json = serde_json::from_str(&say(&["area", "list", "--json"]).ok()).unwrap();
    let of = |code: &str| listed.as_array().unwrap().iter().find(|a| a["code"] == code).cloned();
    assert_eq!(of("500105001901"), None, "nothing of a file with a mistake is kept");
    assert_eq!(
        of("500105").unwrap()["valid_to"],
        "2025-11-06",
        "a file without days does not take them away"
    );
    assert_eq!(of("500112101").unwrap()["parent"], "500112");
    verify(place);
}

#[test]
fn the_directory_is_entered_once_and_corrected_by_files() {
    for store in [Store::Sqlite, Store::Postgres] {
        jinggai_test::run(store, move |app: jinggai_test::TestApp| async move {
            let place = app.close();
            tokio::task::spawn_blocking(move || directory(&place)).await.unwrap();
        });
    }
}
