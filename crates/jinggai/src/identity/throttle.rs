//! Slowing down whoever tries passwords from one address.
use crate::error::{AppError, Kind, Result};
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
