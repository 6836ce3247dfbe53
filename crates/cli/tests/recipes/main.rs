//! Recipes on real servers: a fixture, the drafted rollout run up and down revision by revision, and the plain DDL as the
//! witness of what it must lead to.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up is a failed test")]

mod columns;
mod examples;
mod labels;
mod life;
mod twins;
