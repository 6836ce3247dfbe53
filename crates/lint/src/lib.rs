//! Rules over statements, transactions, revisions and their history: what a change would do that nobody wants.
//!
//! Knows no database and no files: texts in, findings out. What a statement locks, rewrites and breaks comes from
//! `cutover_core::effect`; a rule decides which of it is worth a word, and writes the safe form.

pub mod abreast;
mod alter;
mod begins;
mod cascade;
mod context;
mod deep;
mod design;
mod finding;
pub mod fix;
mod gradual;
mod ignore;
mod judge;
mod key;
mod keyless;
mod lines;
mod names;
mod not_null;
mod not_valid;
mod old;
mod partitions;
mod passes;
mod quoting;
mod reading;
mod registry;
mod renames;
mod rights;
mod rule;
mod rules;
mod run;
pub mod safe;
mod sessions;
mod settings;
mod source;
mod timeout;
mod together;
mod whole;
mod words;
mod written;

pub use context::{DroppedIndex, Group, Judged, Kept, Place, RevisionView, Run, Settings};
pub use finding::{Edit, Finding, Fix, Level};
pub use lines::Lines;
pub use registry::{RULES, rule};
pub use rule::{Area, Check, Findings, Rule};
pub use run::{Linter, Options, lint};
pub use source::{Fault, Header, Item, Kind, Section, Source};
pub use timeout::{Limit, Limits};
