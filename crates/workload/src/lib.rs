//! Clients that keep a database busy while a rollout goes through, that know what they were told, and that measure.
//!
//! - [`scenario`] says what the clients say, [`traffic`] sends it on a clock, [`request`] judges the answers by
//!   [`model`], what was acknowledged so far;
//! - [`record`] sums up what was measured, [`locks`] sees who waits for a lock.
//!
//! For tests and examples: whatever cannot be set up ends the process with a panic, and no part of the program knows of
//! this.

#![expect(clippy::unwrap_used, reason = "a load that cannot be set up is a failed test")]

pub mod clock;
pub mod lives;
pub mod locks;
pub mod model;
pub mod play;
pub mod record;
pub mod report;
pub mod request;
pub mod rollout;
pub mod scenario;
pub mod stage;
pub mod traffic;
