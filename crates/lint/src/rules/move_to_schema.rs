//! A table, view, type, function or extension that was there before goes to another schema.
//!
//! ## Why
//!
//! Its full name is another. Code that is running and writes the old schema, or does not have the new one in its
//! `search_path`, fails from the moment of the commit.
//!
//! ## Example
//!
//! ```sql
//! ALTER TABLE old_orders SET SCHEMA archive;
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! ALTER TABLE old_orders SET SCHEMA archive;
//! CREATE VIEW old_orders AS SELECT * FROM archive.old_orders;
//! ```
//!
//! In one transaction the view takes the old name. SELECT, INSERT, UPDATE and DELETE go through it to the table; COPY
//! and TRUNCATE do not. Give the view the rights that the table's users have. A type or a function cannot be kept so:
//! make another in the new schema and drop the old one later.
//!
//! ## When to allow it
//!
//! All code that runs has both schemas in its `search_path` and writes no schema, or does not use what moves.

use crate::context::Place;
use crate::finding::Level;
use crate::look::renames::each_moved;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "move-to-schema",
    level: Level::Error,
    area: Area::Code,
    title: "A table, view, type, function or extension that was there before goes to another schema",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    each_moved(place, |noun, name, schema| {
        let message = format!("running code that names the {noun} {name} fails: it is in {schema} now");
        let report = out.report(place.span(), message);
        if matches!(noun, "table" | "view") {
            report.help(format!("CREATE VIEW {name} over it, in the same transaction"));
        } else {
            report.help(format!("make it anew in {schema}, and drop the old one when no code uses it"));
        }
    });
}
