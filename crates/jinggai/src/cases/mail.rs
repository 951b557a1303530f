//! 电子邮件: a notice as a mail, handed to the district's own mail server.
//!
//! The Message-ID is made of the row's id: a mail that is sent once more after a crash is the same mail to whoever
//! gets it. Deliberately absent here: retries, which are the outbox's; delivery beyond the first server, which tells
//! only what it refuses at once.
use super::outbox::Refused;
use crate::clock;
use crate::config::{Mail, MailTls};
use jiff::Timestamp;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{self, AsyncSmtpTransport};
use lettre::{Address, AsyncTransport, Message, Tokio1Executor};
use std::time::{Duration, SystemTime};
use uuid::Uuid;

/// How long a mail server may take: it may look through a mail before it answers (RFC 5321 4.5.3.2), and who hangs
/// up too early sends twice.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// A notice, as it goes into a mail.
pub(super) struct Letter<'a> {
    /// The row's id.
    pub uid: Uuid,
    /// To whom.
    pub to: &'a str,
    /// Title.
    pub title: &'a str,
    /// Text.
    pub body: &'a str,
    /// 编号 of what it is about, with its name.
    pub number: Option<(&'a str, &'a str)>,
    /// Where it is read in the console.
    pub link: Option<String>,
    /// Told at.
    pub at: Timestamp,
}

/// Sends one; waits for the server's word that it took it.
pub(super) async fn send(mail: &Mail, letter: &Letter<'_>) -> Result<(), Refused> {
    let message = message(mail, letter)?;
    let transport = transport(mail).map_err(|e| Refused::for_now(e.to_string()))?;
    match tokio::time::timeout(PATIENCE, transport.send(message)).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(e)) => Err(refused(&e, letter.to)),
        Err(_) => Err(Refused::for_now(format!("邮件服务器 {} 秒内没有答复", PATIENCE.as_secs()))),
    }
}

/// What the server's refusal means. Whether it knows *us* is a matter of settings: the mail waits until they are mended.
fn refused(e: &smtp::Error, to: &str) -> Refused {
    let code = e.status().map(u16::from);
    let ours = matches!(code, Some(530 | 534 | 535 | 538));
    // Servers like to repeat the address: it is not for the log.
    let why = format!("邮件服务器：{e}").replace(to, "…");
    if e.is_permanent() && !ours { Refused::for_good(why) } else { Refused::for_now(why) }
}

fn transport(mail: &Mail) -> Result<AsyncSmtpTransport<Tokio1Executor>, smtp::Error> {
    let parameters = || TlsParameters::new_rustls(mail.host.clone());
    let tls = match mail.tls {
        MailTls::Wrapped => Tls::Wrapper(parameters()?),
        MailTls::StartTls => Tls::Required(parameters()?),
        MailTls::None => Tls::None,
    };
    let mut t = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&mail.host)
        .port(mail.port)
        .tls(tls)
        .timeout(Some(PATIENCE))
        .hello_name(ClientId::Domain(mail.from.email.domain().to_owned()));
    if let Some(user) = &mail.user {
        t = t.credentials(Credentials::new(user.clone(), mail.password.reveal().to_owned()));
    }
    Ok(t.build())
}

fn message(mail: &Mail, l: &Letter<'_>) -> Result<Message, Refused> {
    let to: Address = l.to.parse().map_err(|e| Refused::for_good(format!("电子邮箱不对：{e}")))?;
    let mut text = format!("{}\n\n{}\n\n", l.title, l.body);
    if let Some((name, number)) = l.number {
        text += &format!("{name}：{number}\n");
    }
    text += &format!("时间：{}\n", clock::local(l.at).strftime("%Y-%m-%d %H:%M"));
    if let Some(link) = &l.link {
        text += &format!("查看：{link}\n");
    }
    text += "\n本邮件由窨井盖安全管理平台自动发送，请勿回复。\n";
    let made = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(l.at.as_second()).unwrap_or(0));
    let mut message = Message::builder()
        .from(mail.from.clone())
        .to(to.into())
        .subject(one_line(l.title))
        .date(made)
        .message_id(Some(format!("<{}@{}>", l.uid, mail.from.email.domain())))
        .header(ContentType::TEXT_PLAIN)
        .body(text)
        .map_err(|e| Refused::for_good(e.to_string()))?;
    // So that nobody's absence note answers (RFC 3834).
    let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
    message.headers_mut().insert_raw(HeaderValue::new(automatic, "auto-generated".to_owned()));
    Ok(message)
}

/// A title may be what somebody typed: a subject is one line.
fn one_line(title: &str) -> String {
    title
        .split(|c: char| c.is_control() || c.is_whitespace())
        .filter(|w| !w.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}
