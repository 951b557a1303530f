//! One SQL text for both stores: every literal statement of the product is found in its source and prepared on both.
#![allow(clippy::unwrap_used)]
use jinggai_test::on_both_stores;
use std::path::{Path, PathBuf};
use syn::visit::Visit;

struct Statements {
    file: PathBuf,
    found: Vec<(String, String)>,
}

impl<'a> Visit<'a> for Statements {
    fn visit_macro(&mut self, m: &'a syn::Macro) {
        if m.path.segments.last().is_some_and(|s| s.ident == "sql") {
            self.statement(&m.tokens.to_string());
        } else {
            // `vec![sql!(…)]`, `tx.one(sql!(…))` inside other macros: look into whatever parses as expressions.
            let list =
                m.parse_body_with(syn::punctuated::Punctuated::<syn::Expr, syn::Token![,]>::parse_terminated);
            for e in list.iter().flatten() {
                self.visit_expr(e);
            }
        }
    }
}

impl Statements {
    fn statement(&mut self, tokens: &str) {
        if let Some(rest) = tokens.strip_prefix("include_str !") {
            let name = rest.split('"').nth(1).expect("a file is named");
            let path = self.file.parent().expect("a folder").join(name);
            let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            self.found.push((self.file.display().to_string(), text));
        } else {
            let first: proc_macro2::TokenStream = tokens.parse().expect("tokens");
            let first = first.into_iter().next().expect("sql! has a text");
            let text: syn::LitStr = syn::parse_str(&first.to_string()).expect("sql! takes a literal");
            self.found.push((self.file.display().to_string(), text.value()));
        }
    }
}

fn sources(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).expect("a source folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

fn statements() -> Vec<(String, String)> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("crates").to_owned();
    let mut files = vec![];
    for name in ["jinggai", "jinggai-db"] {
        sources(&crates.join(name).join("src"), &mut files);
    }
    let mut found = vec![];
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a source file");
        let mut s = Statements { file: file.clone(), found: vec![] };
        s.visit_file(&syn::parse_file(&text).unwrap_or_else(|e| panic!("{}: {e}", file.display())));
        found.append(&mut s.found);
    }
    found
}

on_both_stores! {
    async fn every_statement_is_prepared(app: TestApp) {
        let all = statements();
        assert!(all.len() > 20, "the search for statements found only {}", all.len());
        let mut wrong = vec![];
        for (file, text) in all {
            // Appended pieces start with a blank; they are prepared with the statements they belong to.
            if text.starts_with(' ') || file.ends_with("sql.rs") {
                continue;
            }
            let q = jinggai_db::Sql::new(&text, vec![jinggai_db::Value::Null; text.matches('?').count()]);
            if let Err(e) = app.db().prepare(&q.text).await {
                wrong.push(format!("{file}: {e}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
