//! What a command prints: data to standard output; progress, warnings and errors to standard error.
use crate::error::AppError;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::time::Duration;

/// Prints a line of the result.
pub fn line(text: &str) {
    let mut out = std::io::stdout().lock();
    // A closed pipe (`| head`) ends the output, not the work.
    writeln!(out, "{text}").ok();
}

/// Prints a result as JSON.
pub fn json<T: Serialize>(value: &T) {
    line(&serde_json::to_string_pretty(value).unwrap_or_default());
}

/// Says something beside the result.
pub fn say(text: &str) {
    writeln!(std::io::stderr().lock(), "{text}").ok();
}

/// Prints an error as a person (or a program) can use it, and gives status 1.
#[must_use]
pub fn failed(e: &anyhow::Error, as_json: bool) -> ExitCode {
    // What the command knew of the place (a file, a row) stands before what was wrong there.
    let place: String =
        e.chain().take_while(|c| c.downcast_ref::<AppError>().is_none()).map(|c| format!("{c}：")).collect();
    match e.downcast_ref::<AppError>() {
        Some(app) if as_json => {
            let fields: Vec<_> = app
                .fields()
                .iter()
                .map(|f| serde_json::json!({"field": f.field, "message": f.said.zh}))
                .collect();
            json(
                &serde_json::json!({"error": {"code": app.code(), "message": format!("{place}{}", app.said().zh), "fields": fields}}),
            );
        }
        _ if as_json => {
            json(&serde_json::json!({"error": {"code": "internal", "message": format!("{e:#}")}}));
        }
        Some(app) => say(&format!("错误：{place}{app}")),
        None => say(&format!("错误：{e:#}")),
    }
    ExitCode::from(1)
}

/// A progress bar on a terminal, a plain line every few seconds otherwise.
pub struct Progress {
    bar: Option<ProgressBar>,
    what: String,
    last: std::time::Instant,
}

impl Progress {
    /// Begins; `total` when it is known.
    #[must_use]
    pub fn new(what: &str, total: Option<u64>) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = total.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
            let template = if total.is_some() {
                "{msg} {wide_bar} {human_pos}/{human_len} {per_sec} 剩余 {eta}"
            } else {
                "{msg} {spinner} {human_pos} {per_sec}"
            };
            bar.set_style(
                ProgressStyle::with_template(template).unwrap_or_else(|_e| ProgressStyle::default_bar()),
            );
            bar.set_message(what.to_owned());
            bar
        });
        Progress { bar, what: what.to_owned(), last: std::time::Instant::now() }
    }

    /// Says how far it is.
    pub fn at(&mut self, done: u64, total: Option<u64>) {
        if let Some(bar) = &self.bar {
            if let Some(t) = total {
                bar.set_length(t);
            }
            bar.set_position(done);
        } else if self.last.elapsed() > Duration::from_secs(5) {
            self.last = std::time::Instant::now();
            say(&match total {
                Some(t) => format!("{}：{done}/{t}", self.what),
                None => format!("{}：{done}", self.what),
            });
        }
    }

    /// Ends and clears the bar.
    pub fn end(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}
