//! What `scripts/bench` measures with: a synthetic inventory, and the table of results. Measuring itself is left to
//! GNU time, so that every program is measured the same way from outside.
mod inventory;
mod table;

use std::process::ExitCode;

const USAGE: &str = "usage: jinggai-bench make ROWS FILE.geojson
       jinggai-bench table RESULTS.tsv";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["make", rows, file] => match rows.parse() {
            Ok(n) => inventory::write(n, file).map_err(|e| format!("{file}: {e}")),
            Err(e) => Err(format!("ROWS {rows:?}: {e}")),
        },
        ["table", file] => table::print(file),
        _ => Err(USAGE.to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            std::io::Write::write_all(&mut std::io::stderr(), format!("{e}\n").as_bytes()).ok();
            ExitCode::from(2)
        }
    }
}
