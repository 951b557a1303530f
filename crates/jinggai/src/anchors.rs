//! 锚点: the end of the event chain, noted every day in a file beside the database.
//!
//! Whoever can rewrite the database can rewrite the whole chain; what was noted elsewhere they must rewrite too. The
//! file is copied off by every backup of the folder, and `jinggai verify` compares it without being asked.
use crate::app::App;
use crate::clock;
use crate::error::{AppError, Result};
use jiff::Timestamp;
use jinggai_db::events::Anchor;
use jinggai_db::sql;
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::path::Path;

/// The name of the file in the data directory.
pub const FILE: &str = "anchors.jsonl";

/// One line of the file.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Line {
    at: Timestamp,
    #[serde(flatten)]
    anchor: Anchor,
}

/// The anchors noted so far; a damaged line is skipped with a warning, for the rest still proves something.
///
/// # Errors
/// When the file is there but cannot be read.
pub fn read(data: &Path) -> Result<Vec<Anchor>> {
    Ok(lines(data)?.into_iter().map(|l| l.anchor).collect())
}

fn lines(data: &Path) -> Result<Vec<Line>> {
    let text = match std::fs::read_to_string(data.join(FILE)) {
        Ok(t) => t,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(vec![]),
        Err(e) => return Err(AppError::internal(e)),
    };
    let parsed = text.lines().filter(|l| !l.is_empty()).map(|l| (l, serde_json::from_str::<Line>(l)));
    Ok(parsed
        .filter_map(|(l, p)| {
            p.inspect_err(|e| tracing::warn!(error = %e, line = l, "damaged line of {FILE}")).ok()
        })
        .collect())
}

/// Notes today's end of the chain, once a day and only when it has grown.
///
/// # Errors
/// What the store or the disk says.
pub async fn note(app: &App) -> Result<()> {
    let (seq, hash): (i64, Vec<u8>) =
        app.db().one(sql!("SELECT seq, hash FROM event_head WHERE id = 1")).await?;
    let known = lines(&app.config().data)?;
    let fresh = known.last().is_none_or(|l| clock::local(l.at).date() < clock::today() && l.anchor.seq < seq);
    if seq == 0 || !fresh {
        return Ok(());
    }
    let line =
        Line { at: Timestamp::now(), anchor: Anchor { seq, hash: data_encoding::HEXLOWER.encode(&hash) } };
    let text = serde_json::to_string(&line).map_err(AppError::internal)? + "\n";
    append(&app.config().data.join(FILE), &text).map_err(AppError::internal)
}

fn append(path: &Path, text: &str) -> std::io::Result<()> {
    let mut f = std::fs::OpenOptions::new().create(true).append(true).open(path)?;
    f.write_all(text.as_bytes())?;
    f.sync_all()
}
