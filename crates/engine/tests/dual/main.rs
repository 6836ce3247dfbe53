//! Dual-write triggers on a real server: each case by itself, and random interleavings of old and new clients.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up is a failed test")]

mod cases;
mod play;
mod random;
mod stage;
mod worlds;
