//! Trying again what could not get its locks: growing, jittered pauses for a bounded time.
//!
//! A waiting ALTER TABLE makes every later query of the table wait behind it, so a try gives up
//! after `lock_timeout` and the pause lets the queue drain
//! (<https://www.postgresql.org/docs/current/explicit-locking.html>).

use std::time::Duration;

use rand::Rng;
use tokio::time::Instant;

/// The pause after the first failed try.
const FIRST: Duration = Duration::from_millis(200);
/// No pause is longer than this.
const LONGEST: Duration = Duration::from_secs(10);

/// The tries of one step.
#[derive(Debug)]
pub struct Tries {
    began: Instant,
    allowed: Duration,
    /// How many tries have failed.
    pub failed: u32,
}

impl Tries {
    /// Begins to count; `allowed` is the time after which a failed try is the last.
    pub fn begin(allowed: Duration) -> Self {
        Self { began: Instant::now(), allowed, failed: 0 }
    }

    /// Counts a failed try and gives the pause before the next, or `None` when time is over.
    pub fn pause(&mut self) -> Option<Duration> {
        self.failed += 1;
        let left = self.allowed.checked_sub(self.began.elapsed())?;
        let grown = FIRST.mul_f64(1.6_f64.powi(self.failed.min(30) as i32 - 1)).min(LONGEST);
        let jittered = grown.mul_f64(rand::rng().random_range(0.75..1.25));
        Some(jittered.min(left))
    }

    /// Milliseconds since the first try.
    pub fn waited_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}
