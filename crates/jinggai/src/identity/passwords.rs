//! Passwords: argon2id, never more than two at a time, and no way to tell an unknown login from a wrong password.
use crate::clock;
use crate::error::{AppError, Result};
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use jinggai_rules::RulePack;
use jinggai_rules::error::Explain;
use jinggai_rules::passwords::PasswordRules;
use tokio::sync::Semaphore;

/// Hashing takes 19 MB and a core for tens of milliseconds: a flood of log-ins must not take the machine.
static TURNS: Semaphore = Semaphore::const_new(2);

/// Letters of made passwords: none that look alike.
const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789";

async fn in_turn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let _turn = TURNS.acquire().await.map_err(AppError::internal)?;
    tokio::task::spawn_blocking(work).await.map_err(AppError::internal)
}

/// The hash to keep.
///
/// # Errors
/// When hashing fails.
pub async fn hash(password: &str) -> Result<String> {
    let password = password.to_owned();
    in_turn(move || Argon2::default().hash_password(password.as_bytes()).map(|h| h.to_string()))
        .await?
        .map_err(|e| AppError::internal(anyhow::anyhow!("argon2: {e}")))
}

/// Does the password fit the hash? Without a hash (an unknown login) the same work is done, and the answer is no.
///
/// # Errors
/// When the work cannot be done.
pub async fn fits(password: &str, hash: Option<String>) -> Result<bool> {
    let password = password.to_owned();
    in_turn(move || match hash.as_deref().map(PasswordHash::new) {
        Some(Ok(parsed)) => Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok(),
        _ => {
            let spent = Argon2::default().hash_password(password.as_bytes());
            drop(spent);
            false
        }
    })
    .await
}

/// The password rules in force (rule pack `password`).
fn rules() -> PasswordRules {
    let today = clock::today();
    let shipped = PasswordRules::shipped();
    let newest =
        shipped.iter().filter(|r| r.head().effective_from <= today).max_by_key(|r| r.head().effective_from);
    newest.or(shipped.first()).cloned().expect("the program ships password rules")
}

/// Refuses a password that is too easy, saying everything that is wrong with it.
///
/// # Errors
/// `password.weak` with one field message per fault.
pub fn check(password: &str, login: &str) -> Result<()> {
    let faults = rules().check(password, login);
    let Some(first) = faults.first() else { return Ok(()) };
    let mut e = AppError::new(
        crate::error::Kind::Invalid,
        "password.weak",
        format!("口令不合要求：{first}"),
        format!("the password is not good enough: {}", first.message_en()),
    );
    for f in &faults {
        e = e.with_field("password", f.to_string(), f.message_en());
    }
    Err(e)
}

/// A password by chance that keeps the rules, easy to read aloud: three groups of four.
///
/// # Errors
/// When the system has no randomness to give.
pub fn random() -> Result<String> {
    loop {
        let mut bytes = [0u8; 12];
        getrandom::fill(&mut bytes).map_err(|e| AppError::internal(anyhow::anyhow!("{e}")))?;
        let letters: Vec<char> =
            bytes.iter().map(|b| char::from(LETTERS[usize::from(*b) % LETTERS.len()])).collect();
        let text = letters.chunks(4).map(|c| c.iter().collect::<String>()).collect::<Vec<_>>().join("-");
        if rules().check(&text, "").is_empty() {
            return Ok(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_hash_fits_its_password_only() {
        let h = hash("Xk4-观音桥-9z").await.unwrap();
        assert!(h.starts_with("$argon2id$"));
        assert!(fits("Xk4-观音桥-9z", Some(h.clone())).await.unwrap());
        assert!(!fits("Xk4-观音桥-9y", Some(h)).await.unwrap());
        assert!(!fits("x", None).await.unwrap());
        assert!(!fits("x", Some("!".into())).await.unwrap(), "a disabled hash fits nothing");
    }

    #[test]
    fn made_passwords_keep_the_rules() {
        for _ in 0..50 {
            check(&random().unwrap(), "admin").unwrap();
        }
        assert_eq!(check("12345678", "x").unwrap_err().code(), "password.weak");
    }
}
