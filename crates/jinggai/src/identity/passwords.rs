//! Passwords: argon2id, never more than two at a time, and no way to tell an unknown login from a wrong password.
use crate::clock;
use crate::error::{AppError, Result};
use crate::rulepacks;
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use jinggai_db::Tx;
use jinggai_rules::error::Explain;
use jinggai_rules::passwords::PasswordRules;
use tokio::sync::Semaphore;

/// Hashing takes 19 MB and a core for tens of milliseconds: a flood of log-ins must not take the machine.
static TURNS: Semaphore = Semaphore::const_new(2);

/// How often a password is made anew until it keeps the rules.
const TRIES: usize = 200;

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
///
/// # Errors
/// What the store says.
pub async fn rules(tx: &mut Tx) -> Result<PasswordRules> {
    let found = rulepacks::current(tx, clock::today()).await?;
    found.ok_or_else(|| AppError::internal(anyhow::anyhow!("no password rules are in force")))
}

/// Refuses a password that is too easy, saying everything that is wrong with it.
///
/// # Errors
/// `password.weak` with one field message per fault.
pub fn check(rules: &PasswordRules, password: &str, login: &str) -> Result<()> {
    let faults = rules.check(password, login);
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

/// A password by chance that keeps the rules, easy to read aloud: three groups of four or more.
///
/// # Errors
/// `password.rules` when hardly any password made of letters and digits keeps them; else when the system has no
/// randomness to give.
pub fn random(rules: &PasswordRules) -> Result<String> {
    for attempt in 0..TRIES {
        // n groups with their dashes are 5n - 1 long; the later tries are longer, for rules that ask for variety.
        let groups = (rules.least_length + 1).div_ceil(5).max(3) + attempt / 25;
        let mut bytes = vec![0u8; groups * 4];
        getrandom::fill(&mut bytes).map_err(|e| AppError::internal(anyhow::anyhow!("{e}")))?;
        let letters: Vec<char> =
            bytes.iter().map(|b| char::from(LETTERS[usize::from(*b) % LETTERS.len()])).collect();
        let parts: Vec<String> = letters.chunks(4).map(|c| c.iter().collect()).collect();
        let text = parts.join("-");
        if rules.check(&text, "").is_empty() {
            return Ok(text);
        }
    }
    Err(AppError::new(
        crate::error::Kind::Conflict,
        "password.rules",
        "现行口令规则太严，无法自动生成口令；请自行给出口令，或修改口令规则",
        "the password rules in force are so strict that none can be made; give one, or change the rules",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jinggai_rules::RulePack;

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
        let mut rules = PasswordRules::shipped_by_id("password").unwrap();
        assert_eq!(check(&rules, "12345678", "x").unwrap_err().code(), "password.weak");
        for least in 8..40 {
            rules.least_length = least;
            for _ in 0..20 {
                check(&rules, &random(&rules).unwrap(), "admin").unwrap();
            }
        }
        (rules.least_length, rules.least_distinct) = (90, 90);
        assert_eq!(random(&rules).unwrap_err().code(), "password.rules", "there are not so many letters");
    }
}
