//! A running server.
use crate::Cli;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Stdio};
use std::thread::JoinHandle;

/// What the server prints, and nothing else does, when it can be asked.
const STARTED: &str = "井盖平台已启动：";

/// A server that is up; killed when dropped, and then a warning in its log that no test expected fails the test.
#[derive(Debug)]
pub struct Server {
    child: Child,
    address: String,
    // Held open: the server must be able to print.
    _out: BufReader<ChildStdout>,
    log: Option<JoinHandle<Vec<String>>>,
    expected: Vec<String>,
}

impl Server {
    /// Starts `jinggai serve` with more options and waits for its line.
    ///
    /// # Panics
    /// When it ends before it is up; its log is shown.
    #[must_use]
    pub fn start(cli: Cli, options: &[&str]) -> Server {
        let mut command = cli.args(["serve", "--listen", "127.0.0.1:0"]).args(options).into_command();
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the server can be started");
        let stderr = child.stderr.take().expect("standard error is piped");
        let log = std::thread::spawn(move || {
            let lines = BufReader::new(stderr).split(b'\n').map_while(Result::ok);
            lines.map(|l| String::from_utf8_lossy(&l).into_owned()).collect::<Vec<_>>()
        });
        let mut out = BufReader::new(child.stdout.take().expect("standard output is piped"));
        let Some(address) = address(&mut out) else {
            child.wait().expect("the server ends");
            panic!("the server ended before it was up:\n{}", log.join().expect("the log is read").join("\n"));
        };
        Server { child, address, _out: out, log: Some(log), expected: vec![] }
    }

    /// The address of a path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    /// The process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Warnings with this text are part of the test.
    pub fn expect_warning(&mut self, text: &str) {
        self.expected.push(text.to_owned());
    }

    /// Ends it as a power cut would: no signal that it could handle.
    ///
    /// # Panics
    /// When it is gone already.
    pub fn kill(mut self) {
        assert!(
            self.child.try_wait().expect("the server can be asked").is_none(),
            "the server ended by itself"
        );
        self.child.kill().expect("the server can be killed");
        self.check_log();
    }

    /// Ends it as an operator does, and gives whether it said that all went well.
    ///
    /// # Panics
    /// When the signal cannot be sent.
    #[must_use]
    pub fn stop(mut self) -> bool {
        let pid = self.child.id().to_string();
        let sent = std::process::Command::new("kill").args(["-TERM", &pid]).status();
        assert!(sent.expect("kill can be run").success(), "the signal was sent");
        let status = self.child.wait().expect("the server ends");
        self.check_log();
        status.success()
    }

    fn check_log(&mut self) {
        self.child.wait().expect("the server ends");
        let Some(log) = self.log.take() else { return };
        let lines = log.join().expect("the log is read");
        let bad: Vec<&String> = lines
            .iter()
            .filter(|l| l.split_whitespace().nth(1).is_some_and(|level| level == "WARN" || level == "ERROR"))
            .chain(lines.iter().filter(|l| l.contains("panicked at")))
            .filter(|l| !self.expected.iter().any(|e| l.contains(e.as_str())))
            .collect();
        assert!(bad.is_empty(), "the server's log has warnings: {bad:#?}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.log.is_none() {
            return;
        }
        self.child.kill().ok();
        if std::thread::panicking() {
            self.child.wait().ok();
            let lines = self.log.take().and_then(|l| l.join().ok()).unwrap_or_default();
            let mut err = std::io::stderr().lock();
            std::io::Write::write_all(&mut err, lines.join("\n").as_bytes()).ok();
        } else {
            self.check_log();
        }
    }
}

/// Reads until the server's line; nothing when it ends before that.
fn address(out: &mut impl BufRead) -> Option<String> {
    let lines = out.lines().map(|l| l.expect("the server's output is text"));
    lines.filter_map(|l| l.split_once(STARTED).map(|(_, address)| address.trim().to_owned())).next()
}
