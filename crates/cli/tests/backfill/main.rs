//! Backfills on real servers: they end as the whole statement would, whatever the key and whoever
//! is killed on the way.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up is a failed test")]

mod control;
mod health;
mod keys;
mod kills;
mod random;
mod refused;
mod stage;
