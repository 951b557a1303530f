//! Where a file goes: to a path by way of a temporary file beside it, or down a stream.

use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempPath};

use crate::error::TableError;

/// The place to write to.
pub enum Target {
    /// A file; it is replaced only when everything was written.
    Path(PathBuf),
    /// A stream, such as the body of an HTTP answer.
    Stream(Box<dyn Write + Send>),
}

impl Target {
    /// A file.
    #[must_use]
    pub fn path(path: impl Into<PathBuf>) -> Self {
        Self::Path(path.into())
    }

    /// The name for messages.
    pub(super) fn label(&self) -> PathBuf {
        match self {
            Self::Path(path) => path.clone(),
            Self::Stream(_) => PathBuf::from("-"),
        }
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => f.debug_tuple("Path").field(path).finish(),
            Self::Stream(_) => f.write_str("Stream"),
        }
    }
}

/// An open target for formats that write from front to back.
pub(super) enum Output {
    File { file: NamedTempFile, path: PathBuf },
    Stream(Box<dyn Write + Send>),
}

impl Output {
    pub(super) fn create(target: Target) -> Result<Self, TableError> {
        Ok(match target {
            Target::Path(path) => Self::File { file: beside(&path)?, path },
            Target::Stream(stream) => Self::Stream(stream),
        })
    }

    pub(super) fn finish(self) -> Result<(), TableError> {
        match self {
            Self::File { mut file, path } => {
                file.flush().map_err(|e| TableError::io(&path, e))?;
                keep(file.into_temp_path(), &path)
            }
            Self::Stream(mut stream) => stream.flush().map_err(|e| TableError::io(Path::new("-"), e)),
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::File { file, .. } => file.write(bytes),
            Self::Stream(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::File { file, .. } => file.flush(),
            Self::Stream(stream) => stream.flush(),
        }
    }
}

/// A whole file made at a path of its own, then moved or copied to the target.
pub(super) struct Scratch {
    path: TempPath,
    target: Target,
}

impl Scratch {
    pub(super) fn create(target: Target) -> Result<Self, TableError> {
        let file = match &target {
            Target::Path(path) => beside(path)?,
            Target::Stream(_) => NamedTempFile::new().map_err(|e| TableError::io(Path::new("-"), e))?,
        };
        Ok(Self { path: file.into_temp_path(), target })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn finish(self) -> Result<(), TableError> {
        match self.target {
            Target::Path(path) => keep(self.path, &path),
            Target::Stream(mut stream) => {
                let label = Path::new("-");
                let mut file = File::open(&self.path).map_err(|e| TableError::io(label, e))?;
                io::copy(&mut file, &mut stream).map_err(|e| TableError::io(label, e))?;
                stream.flush().map_err(|e| TableError::io(label, e))
            }
        }
    }
}

/// A temporary file in the folder of the target, so that it can take the name in one step.
fn beside(path: &Path) -> Result<NamedTempFile, TableError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".jinggai-").suffix(".part");
    #[cfg(unix)]
    {
        // Temporary files are private by default; an export should have the rights that any new file has.
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder).map_err(|e| TableError::io(path, e))
}

fn keep(temporary: TempPath, path: &Path) -> Result<(), TableError> {
    temporary.persist(path).map_err(|e| TableError::io(path, e.error))
}
