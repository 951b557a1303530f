//! What can go wrong with a whole file ([`TableError`]) and with one row ([`RowError`]). `Display` is Chinese, for the
//! people who bring the file; `message_en` is the same in English. A bad row never stops the rows after it unless the
//! stream itself is broken (`fatal`).

use std::fmt;
use std::io;
use std::path::Path;

use crate::cell::Cell;
use crate::read::Format;

/// A file that cannot be read or written at all.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The operating system refused.
    #[error("文件 {file} 读写失败：{source}")]
    Io {
        /// File name without its folder.
        file: String,
        /// What the system said.
        source: io::Error,
    },
    /// Zero bytes, or only a byte order mark.
    #[error("文件 {file} 是空的，请换一个有内容的文件")]
    Empty {
        /// File name without its folder.
        file: String,
    },
    /// A kind of file that this crate does not read.
    #[error("文件 {file} 是{found_zh}，不能直接导入；{remedy_zh}")]
    Unsupported {
        /// File name without its folder.
        file: String,
        /// What it is, in Chinese.
        found_zh: String,
        /// What it is, in English.
        found_en: String,
        /// What to do, in Chinese.
        remedy_zh: String,
        /// What to do, in English.
        remedy_en: String,
    },
    /// The kind was recognised but the content is damaged.
    #[error("文件 {file} 不是完整的 {format} 文件：{detail}")]
    Broken {
        /// File name without its folder.
        file: String,
        /// The format that it seemed to be.
        format: Format,
        /// Where and what.
        detail: String,
    },
    /// The layer or sheet asked for is not there.
    #[error("文件 {file} 中没有图层（工作表）“{wanted}”，可选：{}", available.join("、"))]
    NoLayer {
        /// File name without its folder.
        file: String,
        /// The name asked for.
        wanted: String,
        /// The names that exist.
        available: Vec<String>,
    },
    /// A part of a Shapefile is missing.
    #[error(
        "Shapefile {file} 缺少同名的 .{missing} 文件，请把 .shp、.dbf（和 .prj、.cpg）放在一起或打成一个 zip 再导入"
    )]
    MissingSibling {
        /// File name without its folder.
        file: String,
        /// Extension of the missing part.
        missing: &'static str,
    },
    /// Something is larger than the configured or technical limit.
    #[error("文件 {file} 超出限制：{detail_zh}")]
    Limit {
        /// File name without its folder.
        file: String,
        /// Which limit, in Chinese.
        detail_zh: String,
        /// Which limit, in English.
        detail_en: String,
    },
    /// A writer was given something that its format cannot hold.
    #[error("写不进 {format}：{detail_zh}")]
    Unwritable {
        /// The format being written.
        format: Format,
        /// What and what would be right, in Chinese.
        detail_zh: String,
        /// The same in English.
        detail_en: String,
    },
}

impl TableError {
    /// The message in English.
    #[must_use]
    pub fn message_en(&self) -> String {
        match self {
            Self::Io { file, source } => format!("file {file} could not be read or written: {source}"),
            Self::Empty { file } => format!("file {file} is empty: choose one with content"),
            Self::Unsupported { file, found_en, remedy_en, .. } => {
                format!("file {file} is {found_en} and cannot be imported directly: {remedy_en}")
            }
            Self::Broken { file, format, detail } => {
                format!("file {file} is not a whole {format} file: {detail}")
            }
            Self::NoLayer { file, wanted, available } => {
                format!("file {file} has no layer or sheet \"{wanted}\"; there are: {}", available.join(", "))
            }
            Self::MissingSibling { file, missing } => format!(
                "Shapefile {file} lacks its .{missing} part: keep .shp, .dbf (and .prj, .cpg) together, or zip them"
            ),
            Self::Limit { file, detail_en, .. } => format!("file {file} exceeds a limit: {detail_en}"),
            Self::Unwritable { format, detail_en, .. } => format!("cannot write {format}: {detail_en}"),
        }
    }

    pub(crate) fn io(path: &Path, source: io::Error) -> Self {
        Self::Io { file: file_name(path), source }
    }

    pub(crate) fn broken(path: &Path, format: Format, detail: impl fmt::Display) -> Self {
        Self::Broken { file: file_name(path), format, detail: detail.to_string() }
    }
}

/// The last part of a path, for messages: a message must not give away the folders of the machine.
pub(crate) fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

/// A row that could not be read as a record.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("第 {row} 行{}：{message_zh}", column.as_ref().map(|c| format!("“{c}”列")).unwrap_or_default())]
pub struct RowError {
    /// The row as a person counts it in the file, from 1.
    pub row: u64,
    /// The column concerned, if one is.
    pub column: Option<String>,
    /// What is wrong and what would be right, in Chinese.
    pub message_zh: String,
    /// The same in English.
    pub message_en: String,
    /// What could be read of the row, so that the error file can stand beside the original.
    pub cells: Vec<Cell>,
    /// Whether the stream ends here because nothing after it can be trusted.
    pub fatal: bool,
}

impl RowError {
    pub(crate) fn new(row: u64, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            row,
            column: None,
            message_zh: zh.into(),
            message_en: en.into(),
            cells: Vec::new(),
            fatal: false,
        }
    }

    pub(crate) fn fatal(row: u64, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { fatal: true, ..Self::new(row, zh, en) }
    }

    pub(crate) fn with_cells(mut self, cells: Vec<Cell>) -> Self {
        self.cells = cells;
        self
    }

    /// The message in English, with its row.
    #[must_use]
    pub fn message_en(&self) -> String {
        match &self.column {
            Some(column) => format!("row {}, column \"{column}\": {}", self.row, self.message_en),
            None => format!("row {}: {}", self.row, self.message_en),
        }
    }
}
