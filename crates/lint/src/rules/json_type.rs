//! A column of type `json`.
//!
//! ## Why
//!
//! It keeps the text as it was written and reads it anew for each access. It has no equality, so SELECT DISTINCT,
//! GROUP BY and UNION over the column fail, and no GIN index over it finds keys. `jsonb` has both.
//!
//! ## Example
//!
//! ```sql
//! CREATE TABLE events (id bigint PRIMARY KEY, body json NOT NULL);
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! CREATE TABLE events (id bigint PRIMARY KEY, body jsonb NOT NULL);
//! ```
//!
//! ## When to allow it
//!
//! The text itself matters: blanks, the order of keys, keys that come twice.

use crate::context::Place;
use crate::finding::Level;
use crate::look::made::report_types;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "json-type",
    level: Level::Note,
    area: Area::Design,
    title: "A column of type json",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    report_types(place, out, "jsonb", |it| {
        (it.name == "json").then(|| "keeps its text, and cannot be compared".into())
    });
}
