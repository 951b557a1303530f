//! Settings of the mail server that takes notices to people's mailboxes.
use super::bad;
use super::choice::{Choice, Secret};
use crate::error::Result;
use lettre::message::Mailbox;

/// How the way to the mail server is guarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailTls {
    /// TLS from the first byte (usually port 465).
    Wrapped,
    /// TLS after `STARTTLS`, or nothing is sent (usually port 587).
    StartTls,
    /// None: for a relay inside the district's own network (usually port 25).
    None,
}

impl MailTls {
    fn of(word: &str) -> Option<MailTls> {
        Some(match word {
            "tls" => MailTls::Wrapped,
            "starttls" => MailTls::StartTls,
            "none" => MailTls::None,
            _ => return None,
        })
    }

    /// The port where such a server usually listens.
    fn port(self) -> u16 {
        match self {
            MailTls::Wrapped => 465,
            MailTls::StartTls => 587,
            MailTls::None => 25,
        }
    }
}

/// A mail server, and who we are to it.
#[derive(Clone, Debug)]
pub struct Mail {
    /// Its name; the certificate must be for it.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the way to it is guarded.
    pub tls: MailTls,
    /// Login; none for a relay that knows us by our address.
    pub user: Option<String>,
    /// Password for it.
    pub password: Secret,
    /// Sender.
    pub from: Mailbox,
}

/// The mail server of these settings; none when no host is given.
///
/// # Errors
/// `config.invalid` for what cannot work.
pub(super) fn resolve(c: &mut Choice<'_>) -> Result<Option<Mail>> {
    let host = c.take("smtp_host", "邮件服务器；留空不发邮件", |g| g.smtp_host.clone());
    let port =
        c.take("smtp_port", "邮件服务器端口；默认按 smtp_tls 取 465、587、25", |g| g.smtp_port);
    let tls = c.take("smtp_tls", "加密方式：tls、starttls、none；默认 tls", |g| g.smtp_tls.clone());
    let user = c
        .take("smtp_user", "邮件服务器的登录名；不需要登录则留空", |g| g.smtp_user.clone());
    let password = c.take("smtp_password", "邮件服务器的口令", |g| g.smtp_password.clone());
    let from = c.take("smtp_from", "发件人，如 jinggai@example.gov.cn", |g| g.smtp_from.clone());
    let filled = |t: Option<String>| t.map(|t| t.trim().to_owned()).filter(|t| !t.is_empty());
    let Some(host) = filled(host) else { return Ok(None) };
    if host.contains(['/', ':', '@']) || host.contains(char::is_whitespace) {
        return Err(bad("smtp_host", &host, "mail.example.gov.cn"));
    }
    let word = filled(tls).unwrap_or_else(|| "tls".to_owned());
    let tls = MailTls::of(&word).ok_or_else(|| bad("smtp_tls", &word, "tls、starttls、none"))?;
    let from = filled(from).unwrap_or_default();
    let sender = from
        .parse()
        .ok()
        .filter(|m: &Mailbox| m.email.to_string().is_ascii())
        .ok_or_else(|| bad("smtp_from", &from, "jinggai@example.gov.cn"))?;
    let user = filled(user);
    let password = filled(password);
    if user.is_some() != password.is_some() {
        return Err(bad("smtp_user / smtp_password", "只有一个", "两个都写"));
    }
    // A password in the clear is only sent to this very machine.
    if user.is_some() && tls == MailTls::None && !is_loopback(&host) {
        return Err(bad("smtp_tls", &word, "tls（有登录名和口令时须加密）"));
    }
    let port = port.filter(|p| *p > 0).unwrap_or_else(|| tls.port());
    Ok(Some(Mail { host, port, tls, user, password: password.into(), from: sender }))
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|a| a.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::super::{Config, From, Given};
    use super::*;
    use std::path::Path;

    fn config(text: &str) -> Result<Config> {
        Config::resolve(Path::new("d"), toml::from_str(text).unwrap(), Given::default(), Given::default())
    }

    #[test]
    fn a_server_is_reached_as_said() {
        let c = config("smtp_host = 'mail.x.cn'\nsmtp_from = '井盖平台 <jg@x.cn>'\nsmtp_user = 'jg'\nsmtp_password = 's3cret'").unwrap();
        assert!(!format!("{c:?}").contains("s3cret"));
        let shown = c.settings.iter().find(|s| s.name == "smtp_password").unwrap();
        assert_eq!((shown.value.as_str(), shown.from), ("***", From::File));
        let m = c.channels.mail.unwrap();
        assert_eq!((m.port, m.tls, m.password.reveal()), (465, MailTls::Wrapped, "s3cret"));
        assert_eq!((m.from.name.as_deref(), m.from.email.as_ref()), (Some("井盖平台"), "jg@x.cn"));
        let relay = config("smtp_host = 'relay'\nsmtp_from = 'jg@x.cn'\nsmtp_tls = 'none'").unwrap();
        assert_eq!(relay.channels.mail.unwrap().port, 25);
        let other =
            config("smtp_host = 'relay'\nsmtp_port = 2525\nsmtp_from = 'jg@x.cn'\nsmtp_tls = 'starttls'");
        assert_eq!(other.unwrap().channels.mail.unwrap().port, 2525);
        assert!(config("smtp_host = ''").unwrap().channels.mail.is_none());
    }

    #[test]
    fn what_cannot_work_is_named() {
        for (text, field) in [
            ("smtp_host = 'smtp://mail.x.cn'\nsmtp_from = 'jg@x.cn'", "smtp_host"),
            ("smtp_host = 'mail.x.cn'", "smtp_from"),
            ("smtp_host = 'mail.x.cn'\nsmtp_from = '井盖平台'", "smtp_from"),
            ("smtp_host = 'mail.x.cn'\nsmtp_from = '井盖@x.cn'", "smtp_from"),
            ("smtp_host = 'mail.x.cn'\nsmtp_from = 'jg@x.cn'\nsmtp_tls = 'ssl'", "smtp_tls"),
            ("smtp_host = 'mail.x.cn'\nsmtp_from = 'jg@x.cn'\nsmtp_user = 'jg'", "smtp_user / smtp_password"),
            (
                "smtp_host = 'mail.x.cn'\nsmtp_from = 'jg@x.cn'\nsmtp_tls = 'none'\nsmtp_user = 'jg'\nsmtp_password = 'p'",
                "smtp_tls",
            ),
        ] {
            let e = config(text).unwrap_err();
            assert_eq!((e.code(), e.fields()[0].field.as_str()), ("config.invalid", field), "{text}");
        }
    }
}
