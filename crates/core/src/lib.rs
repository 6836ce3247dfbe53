//! The pure heart of Cutover: revisions and their graph, targets, and the plan of steps.
//!
//! Nothing here knows a database, a file system, a clock or a terminal: values in, values out.

pub mod adopt;
pub mod catalog;
pub mod diff;
pub mod effect;
pub mod object;
pub mod plan;
pub mod reconcile;
pub mod report;
pub mod revision;
pub mod rollout;
pub mod seed;
pub mod usage;
