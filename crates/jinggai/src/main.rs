//! The `jinggai` command.
fn main() -> std::process::ExitCode {
    jinggai::cli::main()
}
