//! Revisions: one SQL file each, one node of a directed acyclic graph.
//!
//! `file` makes a revision of a file's text, `graph` joins revisions, `target` says what a user's
//! words for a place in the graph mean, and `both_ways` in which other orders they can run.

pub mod both_ways;
pub mod carried;
pub mod file;
pub mod graph;
pub mod naming;
pub mod order;
pub mod replaced;
pub mod stretch;
pub mod target;

pub use file::{Membership, Revision, RevisionError};
pub use graph::{Graph, GraphError, Node};
