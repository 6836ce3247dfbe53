//! The part of Cutover that touches the world: databases, files, processes, the clock.
//!
//! It emits events and returns values; it never prints and never ends the process.

pub mod adopt;
pub mod backfill;
pub mod backup;
pub mod baseline;
pub mod config;
pub mod connect;
pub mod doctor;
pub mod event;
pub mod execute;
pub mod gate;
pub mod history;
pub mod introspect;
pub mod ledger;
pub mod measure;
pub mod reconcile;
pub mod rollout;
pub mod sample;
pub mod schema;
pub mod seed;
pub mod server;
pub mod session;
pub mod since;
pub mod squash;
pub mod trace;
pub mod who;
