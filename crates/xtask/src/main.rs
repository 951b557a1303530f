//! `cargo run -p xtask -- check`: licences, banned crates, doubled native libraries and lock files, without a network.
use anyhow::{Context, Result, bail};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() -> Result<()> {
    match std::env::args().nth(1).as_deref() {
        Some("check") => check(),
        _ => bail!("usage: cargo run -p xtask -- check"),
    }
}

fn check() -> Result<()> {
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).context("the workspace root")?.to_owned();
    let packages = packages(&root)?;
    let deny: toml::Table = std::fs::read_to_string(root.join("deny.toml"))?.parse()?;
    let mut faults = licences(&packages, &deny);
    faults.extend(bans(&packages, &deny));
    faults.extend(native(&packages));
    faults.extend(npm_lock(&root)?);
    if faults.is_empty() {
        return Ok(());
    }
    bail!("{} fault(s):\n  {}", faults.len(), faults.join("\n  "))
}

fn packages(root: &Path) -> Result<Vec<Json>> {
    let out = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--locked",
            "--filter-platform",
            "x86_64-unknown-linux-gnu",
        ])
        .current_dir(root)
        .output()?;
    if !out.status.success() {
        bail!("cargo metadata: {}", String::from_utf8_lossy(&out.stderr));
    }
    let meta: Json = serde_json::from_slice(&out.stdout)?;
    // Only what is really resolved for this platform.
    let used: Vec<&str> =
        meta["resolve"]["nodes"].as_array().into_iter().flatten().filter_map(|n| n["id"].as_str()).collect();
    Ok(meta["packages"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|p| p["id"].as_str().is_some_and(|id| used.contains(&id)))
        .cloned()
        .collect())
}

fn text<'a>(p: &'a Json, key: &str) -> &'a str {
    p[key].as_str().unwrap_or_default()
}

fn list<'a>(deny: &'a toml::Table, section: &str, key: &str) -> Vec<&'a toml::Value> {
    deny.get(section).and_then(|s| s.get(key)).and_then(|v| v.as_array()).into_iter().flatten().collect()
}

/// Every licence expression must be satisfiable with the allowed ones.
fn licences(packages: &[Json], deny: &toml::Table) -> Vec<String> {
    let allowed: Vec<&str> =
        list(deny, "licenses", "allow").into_iter().filter_map(toml::Value::as_str).collect();
    packages
        .iter()
        .filter(|p| !satisfied(text(p, "license"), &allowed))
        .map(|p| {
            format!(
                "{} {}: licence {:?} is not allowed by deny.toml",
                text(p, "name"),
                text(p, "version"),
                text(p, "license")
            )
        })
        .collect()
}

/// `A OR B` needs one, `A AND B` both; parentheses are only used around OR in practice. `/` is the old OR.
fn satisfied(expression: &str, allowed: &[&str]) -> bool {
    let plain = expression.replace(['(', ')'], "").replace('/', " OR ");
    !plain.trim().is_empty()
        && plain.split(" OR ").any(|all| all.split(" AND ").all(|one| allowed.contains(&one.trim())))
        || expression.contains(" AND ")
            && expression.split(" AND ").all(|one| !one.contains(" AND ") && satisfied(one, allowed))
}

fn bans(packages: &[Json], deny: &toml::Table) -> Vec<String> {
    let banned: BTreeMap<&str, &str> = list(deny, "bans", "deny")
        .into_iter()
        .filter_map(|b| Some((b.get("name")?.as_str()?, b.get("reason")?.as_str()?)))
        .collect();
    packages
        .iter()
        .filter_map(|p| {
            banned.get(text(p, "name")).map(|why| format!("{} is banned: {why}", text(p, "name")))
        })
        .collect()
}

/// One native library, one crate that links it.
fn native(packages: &[Json]) -> Vec<String> {
    let mut links: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for p in packages.iter().filter(|p| p["links"].is_string()) {
        links.entry(text(p, "links")).or_default().push(format!(
            "{} {}",
            text(p, "name"),
            text(p, "version")
        ));
    }
    links
        .into_iter()
        .filter(|(_, who)| who.len() > 1)
        .map(|(lib, who)| format!("native library {lib} is linked by {}", who.join(" and ")))
        .collect()
}

/// The lock file of the web part must not name the address of any registry.
fn npm_lock(root: &Path) -> Result<Vec<String>> {
    let path: PathBuf = root.join("web/package-lock.json");
    if !path.exists() {
        return Ok(vec![]);
    }
    let lock = std::fs::read_to_string(path)?;
    Ok(if lock.contains("\"resolved\"") {
        vec![
            "web/package-lock.json records download addresses: keep omit-lockfile-registry-resolved=true"
                .into(),
        ]
    } else {
        vec![]
    })
}

#[cfg(test)]
mod tests {
    use super::satisfied;

    #[test]
    fn expressions() {
        let allowed = ["MIT", "Apache-2.0", "Unicode-3.0"];
        for good in [
            "MIT",
            "MIT OR GPL-3.0",
            "Apache-2.0/MIT",
            "(MIT OR GPL-2.0) AND Unicode-3.0",
            "MIT AND Apache-2.0",
        ] {
            assert!(satisfied(good, &allowed), "{good}");
        }
        for bad in ["", "GPL-3.0", "MIT AND GPL-3.0", "(GPL-2.0 OR AGPL-3.0) AND MIT"] {
            assert!(!satisfied(bad, &allowed), "{bad}");
        }
    }
}
