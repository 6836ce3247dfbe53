//! Gates on real servers, with real statistics and a real replica. Time is not mocked: intervals are seconds, and where the
//! evidence has to be older it is the ledger that says so.

#![expect(clippy::unwrap_used, reason = "a test may end at once")]

mod replicas;
mod simple;
mod support;
mod unused;
