//! Killing the command in the middle of its work.
use crate::Cli;
use std::process::Stdio;
use std::sync::mpsc;
use std::time::Duration;

/// Runs the command and kills it (SIGKILL) after `life`; tells whether it ended by itself before that, and how.
///
/// # Panics
/// When the program cannot be started.
#[must_use]
pub fn run_for(cli: Cli, life: Duration) -> Option<i32> {
    let mut command = cli.into_command();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the program starts");
    // Its standard error closes when it ends: waiting for that is waiting for the process, with a limit.
    let mut stderr = child.stderr.take().expect("standard error is piped");
    let (ended, wait) = mpsc::channel();
    let reader = std::thread::spawn(move || {
        std::io::copy(&mut stderr, &mut std::io::sink()).ok();
        ended.send(()).ok();
    });
    let by_itself = wait.recv_timeout(life).is_ok();
    if !by_itself {
        child.kill().expect("the program can be killed");
    }
    let status = child.wait().expect("the program ends");
    reader.join().expect("the reader ends");
    status.code()
}
