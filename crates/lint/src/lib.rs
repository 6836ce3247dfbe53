//! Rules over statements, transactions, revisions and their history: what a change would do that nobody wants.
//!
//! Knows no database and no files: texts in, findings out. What a statement locks, rewrites and breaks comes from
//! `cutover_core::effect`; a rule decides which of it is worth a word, and writes the safe form.

pub mod abreast;
mod context;
mod finding;
pub mod fix;
mod judge;
mod look;
mod registry;
mod rule;
mod rules;
mod source;
mod words;

pub use context::{DroppedIndex, Group, Judged, Kept, Place, RevisionView, Run, Settings};
pub use finding::{Edit, Finding, Fix, Level};
pub use judge::{Linter, Options, lint};
pub use look::timeout::{Limit, Limits};
pub use registry::{RULES, rule};
pub use rule::{Area, Check, Findings, Rule};
pub use source::lines::Lines;
pub use source::{Fault, Header, Item, Kind, Section, Source};
