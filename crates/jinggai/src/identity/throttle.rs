//! Slowing down whoever tries passwords from one address, and locking logins that nobody has.
//!
//! In memory and of this process only: a restart forgets it. What locks a real user is kept in the store.
use crate::error::{AppError, Kind, Result};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Failures from one address within [`WINDOW`] after which it must wait \[I\]: a whole office may share one address.
const FAILURES_MAX: usize = 30;
/// How long a failure is remembered.
const WINDOW: Duration = Duration::from_secs(600);
/// Addresses remembered at most.
const ADDRESSES_MAX: usize = 10_000;

/// Failed log-ins by address, in this process.
#[derive(Default)]
pub struct Throttle {
    failures: Mutex<HashMap<String, Vec<Instant>>>,
    strangers: Mutex<HashMap<String, Stranger>>,
}

/// A login that nobody has. It is locked like any other, or its answer would tell that nobody has it.
#[derive(Default)]
struct Stranger {
    failures: i64,
    locked_until: Option<Timestamp>,
}

impl Throttle {
    /// Refuses an address that failed too often.
    ///
    /// # Errors
    /// `session.throttled`.
    pub fn check(&self, origin: &str) -> Result<()> {
        let mut all = self.failures.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let Some(times) = all.get_mut(origin) else { return Ok(()) };
        times.retain(|t| t.elapsed() < WINDOW);
        if times.len() >= FAILURES_MAX {
            return Err(AppError::new(
                Kind::TooMany,
                "session.throttled",
                "这个网络地址登录失败次数过多，请 10 分钟后再试",
                "too many failed log-ins from this address; try again in ten minutes",
            ));
        }
        Ok(())
    }

    /// Until when a login that nobody has counts as locked.
    pub fn stranger_locked(&self, login: &str) -> Option<Timestamp> {
        let all = self.strangers.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        all.get(login)?.locked_until.filter(|t| *t > Timestamp::now())
    }

    /// Notes a failure of a login that nobody has; gives until when it is locked, once there were `most`.
    pub fn stranger_failed(&self, login: &str, most: i64, lock: SignedDuration) -> Option<Timestamp> {
        let mut all = self.strangers.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let now = Timestamp::now();
        if all.len() >= ADDRESSES_MAX {
            all.retain(|_, s| s.locked_until.is_some_and(|t| t > now));
        }
        if all.len() >= ADDRESSES_MAX {
            return None;
        }
        let s = all.entry(login.chars().take(64).collect()).or_default();
        s.failures += 1;
        if s.failures >= most {
            *s = Stranger { failures: 0, locked_until: Some(now + lock) };
            return s.locked_until;
        }
        None
    }

    /// Notes a failure.
    pub fn failed(&self, origin: &str) {
        let mut all = self.failures.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if all.len() >= ADDRESSES_MAX {
            all.retain(|_, times| times.last().is_some_and(|t| t.elapsed() < WINDOW));
        }
        if all.len() < ADDRESSES_MAX {
            all.entry(origin.to_owned()).or_default().push(Instant::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_address_that_fails_must_wait() {
        let t = Throttle::default();
        for _ in 0..FAILURES_MAX {
            t.check("10.0.0.1").unwrap();
            t.failed("10.0.0.1");
        }
        assert_eq!(t.check("10.0.0.1").unwrap_err().code(), "session.throttled");
        t.check("10.0.0.2").unwrap();
    }
}
