//! The `jinggai` command.
fn main() {}
