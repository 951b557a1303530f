//! Running the command once and looking at what it gave back.
use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A call of the command, built up and then run.
#[derive(Debug)]
pub struct Cli {
    command: Command,
    data: PathBuf,
}

/// What a call gave back.
#[derive(Debug)]
pub struct Ran {
    /// Exit status; -1 when a signal ended it.
    pub code: i32,
    /// Standard output, with the data directory written as `[DATA]`.
    pub out: String,
    /// Standard error, with the data directory written as `[DATA]`.
    pub err: String,
}

impl Cli {
    /// A call of `program` on the data directory, in an environment without settings of the person who tests.
    #[must_use]
    pub fn new(program: &str, data: &Path) -> Self {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("JINGGAI_") {
                command.env_remove(name);
            }
        }
        command.env("JINGGAI_DATA", data).env("NO_COLOR", "1").env("COLUMNS", "100").current_dir(data);
        command.stdin(Stdio::null());
        Cli { command, data: data.to_owned() }
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.command.args(args);
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Gives it a text on standard input.
    ///
    /// # Panics
    /// When the system gives no pipe, or the text does not fit into one (64 KB).
    #[must_use]
    pub fn stdin(mut self, text: &str) -> Self {
        let (read, mut write) = std::io::pipe().expect("the system gives a pipe");
        write.write_all(text.as_bytes()).expect("a short text fits into a pipe");
        self.command.stdin(read);
        self
    }

    /// The prepared command, for those who want to hold the process themselves.
    #[must_use]
    pub fn into_command(self) -> Command {
        self.command
    }

    /// Runs it to its end.
    ///
    /// # Panics
    /// When the program cannot be started.
    #[must_use]
    pub fn run(mut self) -> Ran {
        let out = self.command.output().expect("the program can be started");
        let hide =
            |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&self.data.display().to_string(), "[DATA]");
        Ran { code: out.status.code().unwrap_or(-1), out: hide(&out.stdout), err: hide(&out.stderr) }
    }
}

impl Ran {
    /// The result of a call that must succeed.
    ///
    /// # Panics
    /// When it failed.
    #[must_use]
    pub fn ok(self) -> String {
        assert_eq!(self.code, 0, "{}{}", self.out, self.err);
        self.out
    }
}

/// One text of everything, for snapshots.
impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "exit {}", self.code)?;
        for (name, text) in [("stdout", &self.out), ("stderr", &self.err)] {
            if !text.is_empty() {
                writeln!(f, "--- {name}\n{}", text.trim_end())?;
            }
        }
        Ok(())
    }
}
