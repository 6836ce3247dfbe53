//! An UPDATE that sets a column twice, or an INSERT or a CREATE TABLE that names one twice.
//!
//! ## Why
//!
//! PostgreSQL refuses it: "multiple assignments to same column", "column specified more than once". So it does in ON
//! CONFLICT DO UPDATE, in MERGE and in a WITH, and it says so when the statement runs, not before: the steps in front of
//! it are done by then. Two elements of an array or two fields of a composite column are no such thing.
//!
//! ## Example
//!
//! ```sql
//! UPDATE users SET name = 'Ann', name = 'Anne' WHERE id = 1;
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! UPDATE users SET name = 'Anne' WHERE id = 1;
//! ```
//!
//! ## When to allow it
//!
//! Never: the statement fails.

use crate::context::Place;
use crate::finding::Level;
use crate::look::runs::each_that_fails;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "duplicate-assignment",
    level: Level::Error,
    area: Area::Text,
    title: "A column that is set or named twice, which PostgreSQL refuses",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    each_that_fails(place, |_, reasons| {
        let is_meant = |reason: &&String| {
            reason.starts_with("multiple assignments to") || reason.ends_with("specified more than once")
        };
        let twice = reasons.iter().find(is_meant);
        if let Some(reason) = twice {
            out.report(place.span(), format!("it fails: {reason}")).help("each column once");
        }
    });
}
