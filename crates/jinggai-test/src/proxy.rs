//! A wire to PostgreSQL that a test can cut.
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinHandle;

/// The name of PostgreSQL's socket in its folder.
const SOCKET: &str = ".s.PGSQL.5432";

/// When the wire breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Cut {
    /// It holds.
    Never = 0,
    /// Nobody gets through, and those who were through are cut off.
    Now = 1,
    /// At the next COMMIT, which the server no longer hears.
    BeforeCommit = 2,
    /// At the next COMMIT, which the server hears and does, but whose answer is lost.
    AfterCommit = 3,
}

/// A proxy in front of PostgreSQL's unix socket.
pub struct Proxy {
    dir: TempDir,
    url: String,
    cut: Arc<AtomicU8>,
    wires: Arc<Mutex<Vec<JoinHandle<()>>>>,
    door: JoinHandle<()>,
}

impl Proxy {
    /// A proxy in front of the database at `url`, whose `host` is a folder with a socket.
    ///
    /// # Panics
    /// When the address has no such folder.
    #[must_use]
    pub fn start(url: &str) -> Proxy {
        let (address, folder) = url.split_once("?host=").expect("the test server listens on a socket");
        let server = Path::new(folder).join(SOCKET);
        let dir = TempDir::new().expect("a temporary folder can be made");
        let listener = UnixListener::bind(dir.path().join(SOCKET)).expect("a socket can be made");
        let url = format!("{address}?host={}", dir.path().display());
        let cut = Arc::new(AtomicU8::new(Cut::Never as u8));
        let wires = Arc::new(Mutex::new(vec![]));
        let door = tokio::spawn(listen(listener, server, cut.clone(), wires.clone()));
        Proxy { dir, url, cut, wires, door }
    }

    /// The address of the database through the proxy.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Says when the wire breaks; [`Cut::Never`] mends it.
    pub fn cut(&self, when: Cut) {
        self.cut.store(when as u8, Ordering::SeqCst);
        if when == Cut::Now {
            for w in self.wires.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
                w.abort();
            }
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.cut(Cut::Now);
        self.door.abort();
        std::fs::remove_file(self.dir.path().join(SOCKET)).ok();
    }
}

async fn listen(
    listener: UnixListener,
    server: PathBuf,
    cut: Arc<AtomicU8>,
    wires: Arc<Mutex<Vec<JoinHandle<()>>>>,
) {
    while let Ok((client, _)) = listener.accept().await {
        if cut.load(Ordering::SeqCst) == Cut::Now as u8 {
            continue; // dropped: the client sees the connection close
        }
        let wire = tokio::spawn(carry(client, server.clone(), cut.clone()));
        wires.lock().unwrap_or_else(PoisonError::into_inner).push(wire);
    }
}

/// Carries bytes both ways until either side ends or the wire is cut.
async fn carry(mut client: UnixStream, server: PathBuf, cut: Arc<AtomicU8>) {
    let Ok(mut server) = UnixStream::connect(server).await else { return };
    let mut asked = vec![0; 1 << 16];
    let mut answered = vec![0; 1 << 16];
    loop {
        let carried = tokio::select! {
            Ok(n) = client.read(&mut asked) => {
                let said = &asked[..n];
                let when = cut.load(Ordering::SeqCst);
                let commit = said.windows(6).any(|w| w == b"COMMIT");
                if n == 0 || commit && when == Cut::BeforeCommit as u8 {
                    return;
                }
                if commit && when == Cut::AfterCommit as u8 {
                    hear_out(server, said).await;
                    return;
                }
                server.write_all(said).await
            }
            Ok(n) = server.read(&mut answered) => {
                if n == 0 {
                    return;
                }
                client.write_all(&answered[..n]).await
            }
            else => return,
        };
        if carried.is_err() {
            return;
        }
    }
}

/// Lets the server do what was said and end, and tells nobody what it answered.
async fn hear_out(mut server: UnixStream, said: &[u8]) {
    if server.write_all(said).await.is_ok() && server.shutdown().await.is_ok() {
        tokio::io::copy(&mut server, &mut tokio::io::sink()).await.ok();
    }
}
