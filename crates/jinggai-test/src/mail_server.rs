//! A mail server on a free port of the loopback: it does as a test says and keeps what it took.
use data_encoding::BASE64;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Split};
use tokio::net::tcp::OwnedReadHalf;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// What the server does with a mail that is offered.
#[derive(Clone, Copy, Debug)]
pub enum Answer {
    /// Refuses the recipient with these words.
    Refuse(&'static str),
    /// Takes the mail, and never says so.
    TakeInSilence,
}

/// A mail as it was taken.
#[derive(Clone, Debug, Default)]
pub struct Taken {
    /// Who the other side said it is.
    pub hello: String,
    /// What was said for `AUTH PLAIN`, decoded.
    pub login: String,
    /// Sender of the envelope.
    pub from: String,
    /// Recipient of the envelope.
    pub to: String,
    /// Head and text, as they came.
    pub raw: String,
}

/// A running server.
#[derive(Clone)]
pub struct MailServer {
    /// Where it listens.
    pub port: u16,
    /// Rings when a mail was taken in silence.
    pub silent: Arc<Notify>,
    taken: Arc<Mutex<Vec<Taken>>>,
    answers: Arc<Mutex<VecDeque<Answer>>>,
}

/// A port where nobody listens.
///
/// # Panics
/// When the machine has no port left.
pub async fn closed_port() -> u16 {
    listener().await.1
}

async fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("it is bound").port();
    (listener, port)
}

impl MailServer {
    /// A server that gives these answers first, and takes every mail after them.
    pub async fn start(answers: Vec<Answer>) -> MailServer {
        let (listener, port) = listener().await;
        let server = MailServer {
            port,
            silent: Arc::default(),
            taken: Arc::default(),
            answers: Arc::new(Mutex::new(answers.into())),
        };
        let me = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A client that hangs up is part of some tests.
                tokio::spawn({
                    let me = me.clone();
                    async move { me.talk(stream).await.ok() }
                });
            }
        });
        server
    }

    /// What was taken so far.
    ///
    /// # Panics
    /// When a connection panicked.
    #[must_use]
    pub fn taken(&self) -> Vec<Taken> {
        self.taken.lock().expect("no connection panicked").clone()
    }

    fn next(&self) -> Option<Answer> {
        self.answers.lock().expect("no connection panicked").pop_front()
    }

    fn keep(&self, mail: &Taken) {
        self.taken.lock().expect("no connection panicked").push(mail.clone());
    }

    async fn talk(&self, stream: TcpStream) -> std::io::Result<()> {
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read).split(b'\n');
        let mut mail = Taken::default();
        let mut silent = false;
        write.write_all(b"220 ready\r\n").await?;
        while let Some(line) = lines.next_segment().await? {
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            let said = match line.split([' ', ':']).next().unwrap_or_default() {
                "RCPT" => match self.next() {
                    Some(Answer::Refuse(words)) => words,
                    answer => {
                        mail.to = address(&line);
                        silent = answer.is_some();
                        "250 ok"
                    }
                },
                "DATA" => {
                    write.write_all(b"354 go on\r\n").await?;
                    mail.raw = text(&mut lines).await?;
                    self.keep(&mail);
                    if silent {
                        self.silent.notify_one();
                        continue;
                    }
                    "250 taken"
                }
                word => greet(&mut mail, word, &line),
            };
            write.write_all(format!("{said}\r\n").as_bytes()).await?;
        }
        Ok(())
    }
}

/// What comes before and after a mail.
fn greet(mail: &mut Taken, word: &str, line: &str) -> &'static str {
    let last = line.rsplit(' ').next().unwrap_or_default();
    match word {
        "EHLO" => {
            mail.hello = last.to_owned();
            "250-hello\r\n250-AUTH PLAIN\r\n250 8BITMIME"
        }
        "AUTH" => {
            let login = BASE64.decode(last.as_bytes()).unwrap_or_default();
            mail.login = String::from_utf8_lossy(&login).into_owned();
            "235 welcome"
        }
        "MAIL" => {
            mail.from = address(line);
            "250 ok"
        }
        "QUIT" => "221 bye",
        _ => "250 ok",
    }
}

/// Everything up to the line that holds a dot.
async fn text(lines: &mut Split<BufReader<OwnedReadHalf>>) -> std::io::Result<String> {
    let mut raw = String::new();
    while let Some(line) = lines.next_segment().await?.filter(|l| l != b".\r") {
        raw += &String::from_utf8_lossy(&line);
        raw.push('\n');
    }
    Ok(raw)
}

/// What stands between the angle brackets.
fn address(line: &str) -> String {
    line.split(['<', '>']).nth(1).unwrap_or_default().to_owned()
}
