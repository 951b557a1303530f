//! The project's own rules, as a test: arrows between the parts, lengths, output in one place, no paths of machines.
#![allow(clippy::unwrap_used)]
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Longest file of code; tables of data are packs, not code.
const FILE_LINES_MAX: usize = 700;
/// Longest function of new code.
const FUNCTION_LINES_MAX: usize = 70;
/// The parts in the order in which they may use each other: only what stands to the left.
const ORDER: [&str; 5] = ["identity", "registry", "cases", "statistics", "map"];
/// What stands on top of the parts, which they must not use.
const TOP: [&str; 3] = ["cli", "worker", "demo"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the workspace root").to_owned()
}

fn files(dir: &Path, ending: &str) -> Vec<PathBuf> {
    let mut out = vec![];
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() && !path.ends_with("target") && !path.ends_with("node_modules") {
            out.extend(files(&path, ending));
        } else if path.to_string_lossy().ends_with(ending) {
            out.push(path);
        }
    }
    out.sort();
    out
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn short(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

fn sources() -> Vec<PathBuf> {
    files(&root().join("crates"), ".rs")
        .into_iter()
        .filter(|p| p.components().any(|c| c.as_os_str() == "src"))
        .collect()
}

fn none(what: &str, faults: &[String]) {
    assert!(faults.is_empty(), "{what}:\n  {}", faults.join("\n  "));
}

#[test]
fn parts_use_only_what_stands_before_them() {
    let src = root().join("crates/jinggai/src");
    let mut faults = vec![];
    for (i, part) in ORDER.iter().enumerate() {
        for file in files(&src.join(part), ".rs") {
            let text = read(&file);
            for other in ORDER[i + 1..].iter().chain(&TOP) {
                for (n, line) in text.lines().enumerate() {
                    let code = line.split("//").next().unwrap_or_default();
                    if code.contains(&format!("crate::{other}::"))
                        || code.contains(&format!("crate::{other};"))
                    {
                        faults.push(format!(
                            "{}:{} uses {other}, which stands after {part}",
                            short(&file),
                            n + 1
                        ));
                    }
                }
            }
        }
    }
    none("imports against the arrow", &faults);
}

#[test]
fn pure_crates_know_no_store_and_no_network() {
    let mut faults = vec![];
    for name in ["jinggai-geo", "jinggai-rules", "jinggai-tables", "jinggai-paper"] {
        let manifest = read(&root().join("crates").join(name).join("Cargo.toml"));
        let manifest = manifest.split("[dev-dependencies]").next().unwrap_or_default().to_owned();
        for banned in ["jinggai-db", "jinggai =", "tokio", "axum", "reqwest"] {
            if manifest.lines().any(|l| l.starts_with(banned)) {
                faults.push(format!("{name} depends on {banned}"));
            }
        }
    }
    none("pure crates", &faults);
}

#[test]
fn files_stay_short() {
    let faults: Vec<String> = sources()
        .into_iter()
        .map(|p| (read(&p).lines().count(), p))
        .filter(|(n, _)| *n > FILE_LINES_MAX)
        .map(|(n, p)| format!("{} has {n} lines; split where a name of the trade appears", short(&p)))
        .collect();
    none("long files", &faults);
}

#[test]
fn functions_stay_short() {
    let mut faults = vec![];
    for path in sources() {
        let text = read(&path);
        let Ok(file) = syn::parse_file(&text) else { continue };
        let mut v = Functions { found: vec![] };
        syn::visit::Visit::visit_file(&mut v, &file);
        for (name, lines) in v.found {
            if lines > FUNCTION_LINES_MAX {
                faults.push(format!("{}: {name} has {lines} lines", short(&path)));
            }
        }
    }
    none("long functions", &faults);
}

struct Functions {
    found: Vec<(String, usize)>,
}
impl Functions {
    fn note(&mut self, name: &syn::Ident, block: &syn::Block) {
        let span = block.brace_token.span;
        self.found.push((name.to_string(), span.close().end().line - span.open().start().line));
    }
}
impl<'a> syn::visit::Visit<'a> for Functions {
    fn visit_item_mod(&mut self, m: &'a syn::ItemMod) {
        if m.ident != "tests" {
            syn::visit::visit_item_mod(self, m);
        }
    }
    fn visit_item_fn(&mut self, f: &'a syn::ItemFn) {
        self.note(&f.sig.ident, &f.block);
    }
    fn visit_impl_item_fn(&mut self, f: &'a syn::ImplItemFn) {
        self.note(&f.sig.ident, &f.block);
    }
}

#[test]
fn only_the_output_module_prints() {
    let mut faults = vec![];
    for path in sources() {
        let inside = short(&path);
        if inside.ends_with("cli/output.rs")
            || inside.contains("xtask")
            || inside.contains("bench")
            || inside.contains("e2e")
        {
            continue;
        }
        for (n, line) in read(&path).lines().enumerate() {
            let code = line.trim_start();
            let prints = ["println!(", "print!(", "eprintln!(", "eprint!("].iter().any(|p| code.contains(p));
            if prints && !code.starts_with("//") {
                faults.push(format!("{inside}:{}", n + 1));
            }
        }
    }
    none("printing outside cli/output.rs", &faults);
}

/// Domain types say their Chinese term once, where they are defined.
#[test]
fn domain_types_name_their_chinese_term() {
    let mut faults = vec![];
    for path in sources().into_iter().filter(|p| p.ends_with("model.rs") || p.ends_with("draft.rs")) {
        let Ok(file) = syn::parse_file(&read(&path)) else { continue };
        for item in &file.items {
            let (name, attrs) = match item {
                syn::Item::Enum(e) => (&e.ident, &e.attrs),
                _ => continue,
            };
            let docs: String =
                attrs.iter().filter(|a| a.path().is_ident("doc")).map(|a| format!("{a:?}")).collect();
            if !docs.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)) {
                faults.push(format!("{}: {name}", short(&path)));
            }
        }
    }
    none("types without their Chinese term", &faults);
}

/// Landed migrations never change: their digests stand in `migrations.digests`.
#[test]
fn landed_migrations_are_untouched() {
    let list = read(&root().join("crates/jinggai/migrations/DIGESTS"));
    let known: BTreeMap<&str, &str> = list.lines().filter_map(|l| l.split_once(' ')).collect();
    let mut faults = vec![];
    for m in jinggai::store::MIGRATIONS {
        let name = format!("{:04}_{}", m.number, m.name);
        let digest = jinggai::files::digest(m.text.as_bytes());
        match known.get(name.as_str()) {
            Some(d) if *d == digest => {}
            Some(_) => {
                faults.push(format!("{name} was changed after it had landed: write a new step instead"));
            }
            None => {
                faults.push(format!("{name} is new: add the line `{name} {digest}` to migrations/DIGESTS"));
            }
        }
    }
    none("migrations", &faults);
}

/// Two schemas of one name would silently become one in the OpenAPI document.
#[test]
fn schemas_have_names_of_their_own() {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    let mut faults = vec![];
    for path in files(&root().join("crates/jinggai/src"), ".rs") {
        let mut derived = false;
        for line in read(&path).lines().map(str::trim) {
            derived |= line.starts_with("#[derive(") && line.contains("ToSchema");
            let words: Vec<&str> = line.split([' ', '(', '<', ';', '{']).filter(|w| !w.is_empty()).collect();
            let Some(at) = words.iter().position(|w| *w == "struct" || *w == "enum").filter(|_| derived)
            else {
                continue;
            };
            derived = false;
            let Some(name) = words.get(at + 1).filter(|w| w.starts_with(|c: char| c.is_ascii_uppercase()))
            else {
                continue;
            };
            if let Some(other) = seen.insert((*name).to_owned(), short(&path)) {
                faults.push(format!("{name} is a schema in {other} and in {}", short(&path)));
            }
        }
    }
    assert!(seen.len() > 30, "the search for schemas found only {}", seen.len());
    none("schemas of one name", &faults);
}

#[test]
fn nothing_names_a_machine_or_a_registry() {
    let mut faults = vec![];
    for ending in [".rs", ".sql", ".toml", ".md", ".ts", ".vue", ".json", "Makefile", "run"] {
        for path in files(&root(), ending) {
            let inside = short(&path);
            if inside.starts_with("target")
                || inside.starts_with(".git")
                || inside.ends_with("tidy.rs")
                || inside.starts_with("data")
            {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            for bad in ["/work/", "/root/", "registry.npmjs", "index.crates.io"] {
                if text.contains(bad) {
                    faults.push(format!("{inside} names {bad}"));
                }
            }
        }
    }
    none("machine paths and registry hosts", &faults);
}
