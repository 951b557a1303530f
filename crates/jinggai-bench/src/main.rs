//! What `scripts/bench` measures with: a synthetic inventory, a district full of cases, requests to a running server,
//! and the table of results. Whole programs are measured from outside by GNU time, all in the same way.
mod cases;
mod inventory;
mod load;
mod table;

use std::process::ExitCode;

const USAGE: &str = "usage: jinggai-bench make ROWS FILE.geojson
       jinggai-bench cases DATA [DATABASE]          a case for each cover of the store
       jinggai-bench sweep DATA [DATABASE]          looks at the clocks that are due
       jinggai-bench lists URL TOKEN UNIT PAGES     turns the pages of the case list
       jinggai-bench dispatch URL TOKEN CASES DESKS dispatches filed cases
       jinggai-bench table RESULTS.tsv";

fn number<T: std::str::FromStr<Err: std::fmt::Display>>(name: &str, text: &str) -> Result<T, String> {
    text.parse().map_err(|e| format!("{name} {text:?}: {e}"))
}

fn print(text: &str) -> Result<(), String> {
    std::io::Write::write_all(&mut std::io::stdout(), text.as_bytes()).map_err(|e| e.to_string())
}

async fn run(words: &[&str]) -> Result<(), String> {
    let target = |url: &str, token: &str| load::Target { url: url.to_owned(), token: token.to_owned() };
    match words {
        ["make", rows, file] => {
            inventory::write(number("ROWS", rows)?, file).map_err(|e| format!("{file}: {e}"))
        }
        ["cases", data, database @ ..] if database.len() < 2 => {
            cases::fill(&cases::open(data, database.first().copied()).await?).await
        }
        ["sweep", data, database @ ..] if database.len() < 2 => {
            cases::sweep(&cases::open(data, database.first().copied()).await?).await
        }
        ["lists", url, token, unit, pages] => {
            print(&load::lists(&target(url, token), unit, number("PAGES", pages)?).await?)
        }
        ["dispatch", url, token, n, desks] => {
            print(&load::dispatch(&target(url, token), number("CASES", n)?, number("DESKS", desks)?).await?)
        }
        ["table", file] => table::print(file),
        _ => Err(USAGE.to_owned()),
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match run(&words).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            std::io::Write::write_all(&mut std::io::stderr(), format!("{e}\n").as_bytes()).ok();
            ExitCode::from(2)
        }
    }
}
