//! A schema that was there before is dropped.
//!
//! ## Why
//!
//! Code that is running and names it, or something in it, fails from the moment of the commit. Without CASCADE
//! PostgreSQL refuses to drop a schema that has something in it; with CASCADE all of it goes, rows included.
//!
//! ## Example
//!
//! ```sql
//! DROP SCHEMA reports;
//! ```
//!
//! ## Safe form
//!
//! There is none. Drop what is in it first, each by name, so that it can be seen what goes.
//!
//! ## When to allow it
//!
//! It is empty, and no `search_path` and no code that runs names it.

use crate::context::Place;
use crate::finding::Level;
use crate::look::old::{What, each_dropped};
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "drop-schema",
    level: Level::Error,
    area: Area::Code,
    title: "A schema that was there before is dropped",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    each_dropped(place, What::Schema, |names| {
        let message = format!("running code that names anything in {names} fails");
        out.report(place.span(), message).help("drop it when no code that runs names it");
    });
}
