//! What rules ask: of a statement's tree, of what is known before it, of the statements around it.
//!
//! Writes nothing: what comes in the place of a statement is in [`crate::fix`].

pub mod alter;
pub mod cascade;
pub mod commands;
pub mod indexes;
pub mod keyless;
pub mod made;
pub mod names;
pub mod old;
pub mod partitions;
pub mod passes;
pub mod quoting;
pub mod renames;
pub mod rights;
pub mod runs;
pub mod schema;
pub mod settings;
pub mod statistics;
pub mod timeout;
pub mod together;
pub mod whole;
