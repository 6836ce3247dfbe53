//! What was measured: one sample a request, and the summary of those that were due in a span of time.
//!
//! A latency counts from when the request was due, not from when it was sent: a stall delays all that are due
//! meanwhile, and each of them is counted. Times are nanoseconds on the clock of the run.

use std::time::Duration;

use serde::Serialize;

/// What came of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It did what it should.
    Right,
    /// An error.
    Failed,
    /// An answer that cannot be.
    Wrong,
}

/// One request.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// When it was due.
    pub due: u64,
    /// When its answer was there.
    pub ended: u64,
    /// What came of it.
    pub verdict: Verdict,
}

/// A wait for a lock, as it was seen.
#[derive(Clone, Debug)]
pub struct Wait {
    /// When it began.
    pub began: u64,
    /// How long it was.
    pub length: Duration,
    /// What was waited for: `AccessShareLock on recommendation`.
    pub lock: String,
}

/// What the clients saw in a span of time.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Summary {
    /// What went on meanwhile.
    pub name: String,
    /// How long it was, in seconds.
    pub seconds: f64,
    /// Requests that were due.
    pub requests: usize,
    /// Those with an error.
    pub failed: usize,
    /// Those with an answer that cannot be.
    pub wrong: usize,
    /// Milliseconds.
    pub p50: f64,
    /// Milliseconds.
    pub p99: f64,
    /// Milliseconds.
    pub max: f64,
    /// Answers in the second with the fewest; for a span that is shorter, in the second that it begins.
    pub worst_second: usize,
    /// The longest that any request waited for a lock, in milliseconds; what is not seen counts as 0.
    pub lock_wait: f64,
    /// What it waited for.
    pub lock: String,
}

const SECOND: u64 = 1_000_000_000;

/// Summarises what was due from `from` up to `to`.
pub fn summary(name: &str, samples: &[Sample], waits: &[Wait], from: u64, to: u64) -> Summary {
    let within: Vec<&Sample> = samples.iter().filter(|s| (from..to).contains(&s.due)).collect();
    let mut latencies: Vec<u64> = within.iter().map(|s| s.ended.saturating_sub(s.due)).collect();
    latencies.sort_unstable();
    let count = |verdict| within.iter().filter(|s| s.verdict == verdict).count();
    let longest = waits.iter().filter(|w| (from..to).contains(&w.began)).max_by_key(|w| w.length);
    Summary {
        name: name.to_owned(),
        seconds: seconds(to.saturating_sub(from)),
        requests: within.len(),
        failed: count(Verdict::Failed),
        wrong: count(Verdict::Wrong),
        p50: millis(quantile(&latencies, 0.5)),
        p99: millis(quantile(&latencies, 0.99)),
        max: millis(latencies.last().copied().unwrap_or(0)),
        worst_second: worst_second(samples, from, to),
        lock_wait: longest.map_or(0.0, |w| w.length.as_secs_f64() * 1000.0),
        lock: longest.map(|w| w.lock.clone()).unwrap_or_default(),
    }
}

/// The fewest answers in any whole second, looked at from each tenth of a second.
fn worst_second(samples: &[Sample], from: u64, to: u64) -> usize {
    let mut ends: Vec<u64> =
        samples.iter().filter(|s| s.verdict != Verdict::Failed).map(|s| s.ended).collect();
    ends.sort_unstable();
    let last = to.saturating_sub(SECOND).max(from);
    let step = usize::try_from(SECOND / 10).unwrap_or(1);
    let begins = (from..=last).step_by(step);
    let within =
        |begin: u64| ends.partition_point(|e| *e < begin + SECOND) - ends.partition_point(|e| *e < begin);
    begins.map(within).min().unwrap_or(0)
}

fn quantile(sorted: &[u64], part: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index"
    )]
    let at = (sorted.len() as f64 * part) as usize;
    sorted.get(at.min(sorted.len().saturating_sub(1))).copied().unwrap_or(0)
}

fn millis(nanos: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "microseconds are enough")]
    let micros = (nanos / 1000) as f64;
    micros / 1000.0
}

fn seconds(nanos: u64) -> f64 {
    Duration::from_nanos(nanos).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stall_is_counted_for_each_request_that_was_due_in_it() {
        // a request each 10 ms for 3 s; nothing is answered between 1 s and 2 s
        let ms = 1_000_000;
        let samples: Vec<Sample> = (0..300)
            .map(|at| {
                let due = at * 10 * ms;
                let ended = if (SECOND..2 * SECOND).contains(&due) { 2 * SECOND + ms } else { due + ms };
                Sample { due, ended, verdict: Verdict::Right }
            })
            .collect();
        let all = summary("all", &samples, &[], 0, 3 * SECOND);
        assert_eq!((all.requests, all.p50, all.max), (300, 1.0, 1001.0));
        assert!(all.p99 > 900.0, "{all:?}");
        assert!(all.worst_second <= 1, "{all:?}");
        assert_eq!(summary("before", &samples, &[], 0, SECOND).worst_second, 100);
    }
}
