//! Settings of the channels by which notices leave the platform.
use super::choice::{Choice, Secret};
use super::mail::{self, Mail};
use super::{From, Given, Setting, bad};
use crate::error::Result;

/// The body of an SMS request when none is configured.
const SMS_BODY: &str = r#"{"phone":"{phone}","text":"{text}","id":"{id}"}"#;

/// Where notices go beside the app.
#[derive(Clone, Debug, Default)]
pub struct Channels {
    /// Gets every notice as JSON.
    pub webhook: Option<String>,
    /// Bearer token for it.
    pub webhook_token: Secret,
    /// SMS gateway; gets what is urgent or overdue.
    pub sms: Option<String>,
    /// Bearer token for it.
    pub sms_token: Secret,
    /// JSON with `{phone}`, `{text}`, `{id}`.
    pub sms_body: String,
    /// Mail server; sends every notice to whoever has an address.
    pub mail: Option<Mail>,
}

/// The channels of these settings, options over environment over file; each is noted with its origin.
///
/// # Errors
/// `config.invalid` for an address or body that cannot work.
pub(super) fn resolve(given: [(&Given, From); 3], settings: &mut Vec<Setting>) -> Result<Channels> {
    let mut c = Choice::new(given, settings);
    let filled = |u: Option<String>| u.filter(|u| !u.is_empty());
    let channels = Channels {
        webhook: filled(c.take("webhook_url", "接收每条消息的地址（POST JSON）", |g| g.webhook_url.clone())),
        webhook_token: c.take("webhook_token", "该地址的令牌", |g| g.webhook_token.clone()).into(),
        sms: filled(c.take(
            "sms_url",
            "短信网关地址（POST JSON）；只发紧急和超期消息",
            |g| g.sms_url.clone(),
        )),
        sms_token: c.take("sms_token", "短信网关的令牌", |g| g.sms_token.clone()).into(),
        sms_body: filled(
            c.take("sms_body", "短信网关的请求体，含 {phone} {text} {id}", |g| g.sms_body.clone()),
        )
        .unwrap_or_else(|| SMS_BODY.to_owned()),
        mail: mail::resolve(&mut c)?,
    };
    channels.check()?;
    Ok(channels)
}

impl Channels {
    /// Refuses addresses and bodies that cannot work.
    fn check(&self) -> Result<()> {
        for (name, url) in [("webhook_url", &self.webhook), ("sms_url", &self.sms)] {
            if let Some(u) =
                url.as_deref().filter(|u| !u.starts_with("http://") && !u.starts_with("https://"))
            {
                return Err(bad(name, u, "https://gateway.example/send"));
            }
        }
        let filled = self.sms_body("13800000000", "x", "y");
        if self.sms.is_some() && filled.is_none() {
            return Err(bad("sms_body", &self.sms_body, SMS_BODY));
        }
        Ok(())
    }

    /// The body of an SMS request; none when the template is not JSON.
    #[must_use]
    pub fn sms_body(&self, phone: &str, text: &str, id: &str) -> Option<serde_json::Value> {
        fn fill(v: &mut serde_json::Value, with: &[(&str, &str)]) {
            match v {
                serde_json::Value::String(s) => {
                    for (mark, value) in with {
                        *s = s.replace(mark, value);
                    }
                }
                serde_json::Value::Array(a) => a.iter_mut().for_each(|v| fill(v, with)),
                serde_json::Value::Object(o) => o.values_mut().for_each(|v| fill(v, with)),
                _ => {}
            }
        }
        let mut body = serde_json::from_str(&self.sms_body).ok()?;
        fill(&mut body, &[("{phone}", phone), ("{text}", text), ("{id}", id)]);
        Some(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_break_out_of_the_body() {
        let c = Channels { sms_body: SMS_BODY.into(), ..Channels::default() };
        let body = c.sms_body("1", "a\",\"phone\":\"2", "u").unwrap();
        assert_eq!(body, serde_json::json!({"phone": "1", "text": "a\",\"phone\":\"2", "id": "u"}));
    }

    #[test]
    fn what_cannot_work_is_refused() {
        let check = |c: Channels, name: &str| {
            let e = c.check().unwrap_err();
            assert_eq!(e.fields()[0].field, name);
        };
        check(Channels { webhook: Some("ftp://x".into()), ..Channels::default() }, "webhook_url");
        check(
            Channels { sms: Some("https://x".into()), sms_body: "{".into(), ..Channels::default() },
            "sms_body",
        );
    }
}
