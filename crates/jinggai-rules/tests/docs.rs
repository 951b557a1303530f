//! The docs show the tables of the program, not copies that drift.
#![allow(clippy::unwrap_used)]
use jinggai_rules::workflow;

#[test]
fn the_diagram_in_the_docs_is_the_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/cases.zh-CN.md");
    let text = std::fs::read_to_string(path).unwrap();
    let shown = text.split("```mermaid\n").nth(1).and_then(|t| t.split("```").next()).unwrap_or_default();
    let right = workflow::diagram();
    assert_eq!(shown, right, "put this between the mermaid marks of docs/cases.zh-CN.md:\n{right}");
}
