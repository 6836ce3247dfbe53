//! One clock for the clients, the model and whoever looks at locks.

use std::time::{Duration, Instant};

/// Counts nanoseconds from when it was made.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    zero: Instant,
}

impl Clock {
    /// Begins now.
    pub fn start() -> Self {
        Self { zero: Instant::now() }
    }

    /// Nanoseconds since the beginning, at least 1: what is there before anybody writes is older.
    pub fn now(&self) -> u64 {
        u64::try_from(self.zero.elapsed().as_nanos()).unwrap_or(u64::MAX).max(1)
    }

    /// The moment of a time.
    pub fn at(&self, nanos: u64) -> Instant {
        self.zero + Duration::from_nanos(nanos)
    }
}
