//! One-time codes (动态口令): TOTP of RFC 6238 with HMAC-SHA-1, 30 s steps and six digits, as authenticator apps make them.
//!
//! Random secrets and the clock come from the caller, who also stores the last step used: a code is good once.

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use thiserror::Error;

/// Length of a step in seconds (RFC 6238 default).
pub const STEP_S: u64 = 30;

/// Steps before and after the current one that are accepted too, for clocks that are a little off.
const WINDOW_STEPS: u64 = 1;

/// Shortest secret accepted in bytes: 128 bits, RFC 4226 R6.
const SECRET_LEN_MIN: usize = 16;

/// A shared secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Totp {
    secret: Vec<u8>,
}

/// Why a secret was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TotpError {
    /// 密钥太短.
    #[error("动态口令密钥太短，至少 16 字节")]
    SecretTooShort,
    /// 密钥不是 Base32.
    #[error("动态口令密钥不是 Base32 文本（A–Z、2–7）")]
    NotBase32,
}

impl std::fmt::Debug for Totp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Totp { secret: hidden }")
    }
}

impl Totp {
    /// From random bytes, 20 of them by custom.
    pub fn new(secret: &[u8]) -> Result<Self, TotpError> {
        if secret.len() < SECRET_LEN_MIN {
            return Err(TotpError::SecretTooShort);
        }
        Ok(Self { secret: secret.to_vec() })
    }

    /// From the Base32 text that apps show; case and blanks do not matter.
    pub fn from_base32(text: &str) -> Result<Self, TotpError> {
        let compact: String = text
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '=')
            .map(|c| c.to_ascii_uppercase())
            .collect();
        let secret = BASE32_NOPAD.decode(compact.as_bytes()).ok().ok_or(TotpError::NotBase32)?;
        Self::new(&secret)
    }

    /// The secret as Base32 text.
    pub fn base32(&self) -> String {
        BASE32_NOPAD.encode(&self.secret)
    }

    /// The `otpauth://` address to show as a QR code when the app is set up.
    pub fn provisioning_uri(&self, issuer: &str, account: &str) -> String {
        let (issuer, account) = (percent(issuer), percent(account));
        format!("otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}", self.base32())
    }

    /// The code of a step (RFC 4226 truncation).
    pub fn code_of_step(&self, step: u64) -> String {
        let mut mac = Hmac::<Sha1>::new_from_slice(&self.secret).expect("HMAC takes keys of any length");
        mac.update(&step.to_be_bytes());
        let digest = mac.finalize().into_bytes();
        let offset = usize::from(digest[19] & 0x0f);
        let word =
            u32::from_be_bytes([digest[offset], digest[offset + 1], digest[offset + 2], digest[offset + 3]]);
        format!("{:06}", (word & 0x7fff_ffff) % 1_000_000)
    }

    /// Checks a code at a moment (seconds since 1970). Returns the step it belongs to, which the caller stores as the
    /// last one used; a code of that step or an older one is refused from then on.
    pub fn verify(&self, code: &str, at_s: u64, last_used_step: Option<u64>) -> Option<u64> {
        let now = at_s / STEP_S;
        let unused = |step: &u64| last_used_step.is_none_or(|last| *step > last);
        (now.saturating_sub(WINDOW_STEPS)..=now + WINDOW_STEPS)
            .filter(unused)
            .find(|step| same(&self.code_of_step(*step), code.trim()))
    }
}

/// Compares without stopping at the first difference.
fn same(expected: &str, given: &str) -> bool {
    let difference = expected.bytes().zip(given.bytes()).fold(0, |sum, (a, b)| sum | (a ^ b));
    expected.len() == given.len() && difference == 0
}

fn percent(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RFC_SECRET: &[u8] = b"12345678901234567890";

    /// RFC 6238 appendix B, SHA-1; the last six of its eight digits.
    #[test]
    fn vectors_of_the_rfc() {
        let totp = Totp::new(RFC_SECRET).unwrap();
        let check = |at_s: u64, want: &str| {
            assert_eq!(totp.code_of_step(at_s / STEP_S), want, "{at_s}");
            assert_eq!(totp.verify(want, at_s, None), Some(at_s / STEP_S), "{at_s}");
        };
        check(59, "287082");
        check(1_111_111_109, "081804");
        check(1_111_111_111, "050471");
        check(1_234_567_890, "005924");
        check(2_000_000_000, "279037");
        check(20_000_000_000, "353130");
    }

    #[test]
    fn one_step_either_side_and_once_only() {
        let totp = Totp::new(RFC_SECRET).unwrap();
        let code = totp.code_of_step(100);
        let check = |at_step: u64, last: Option<u64>, want: Option<u64>| {
            assert_eq!(totp.verify(&code, at_step * STEP_S, last), want, "{at_step} {last:?}");
        };
        check(99, None, Some(100));
        check(100, Some(99), Some(100));
        check(101, None, Some(100));
        check(98, None, None);
        check(102, None, None);
        check(100, Some(100), None);
        check(100, Some(101), None);
        assert_eq!(totp.verify("", 3000, None), None);
        assert_eq!(totp.verify("12345", 0, None), None);
    }

    #[test]
    fn secrets_as_text() {
        let totp = Totp::new(RFC_SECRET).unwrap();
        assert_eq!(totp.base32(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(Totp::from_base32("gezd gnbv gy3t qojq gezd gnbv gy3t qojq"), Ok(totp.clone()));
        assert_eq!(Totp::from_base32("GEZDGNBV"), Err(TotpError::SecretTooShort));
        assert_eq!(Totp::from_base32("1189"), Err(TotpError::NotBase32));
        assert_eq!(
            totp.provisioning_uri("井盖", "zhang san"),
            "otpauth://totp/%E4%BA%95%E7%9B%96:zhang%20san?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=%E4%BA%95%E7%9B%96"
        );
        assert_eq!(format!("{totp:?}"), "Totp { secret: hidden }");
    }
}
