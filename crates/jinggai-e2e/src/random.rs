//! Chance that can be repeated: the seed is printed, and taken from `JINGGAI_TEST_SEED` when that is set.
use std::time::{SystemTime, UNIX_EPOCH};

/// A small generator (splitmix64): good enough to choose when to kill.
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    /// A generator whose seed stands in the test's output.
    #[must_use]
    #[allow(clippy::print_stderr)]
    pub fn printed() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_nanos() as u64);
        let seed = std::env::var("JINGGAI_TEST_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(now);
        eprintln!("JINGGAI_TEST_SEED={seed}");
        Random(seed)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % end.max(1)
    }
}
