//! A change of a column's type that leaves the rows as they are, and reads all of them for a check, an index or a
//! foreign key.
//!
//! ## Why
//!
//! The change itself is only noted in the catalog. But PostgreSQL goes through all rows when a CHECK names the
//! column, and builds an index anew when the column stands in an expression or in its condition, or is sorted in
//! another way now. ACCESS EXCLUSIVE is held all the while: nobody reads or writes the table.
//!
//! ## Example
//!
//! ```sql
//! -- before
//! CREATE TABLE users (name varchar(50));
//! CREATE INDEX users_name ON users (lower(name));
//! -- revision
//! ALTER TABLE users ALTER COLUMN name TYPE text;
//! ANALYZE users;
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! -- before
//! CREATE TABLE users (name varchar(50));
//! CREATE INDEX users_name ON users (lower(name));
//! -- revision
//! DROP INDEX CONCURRENTLY users_name;
//! ALTER TABLE users ALTER COLUMN name TYPE text;
//! CREATE INDEX CONCURRENTLY users_name ON users (lower(name));
//! ANALYZE users;
//! ```
//!
//! Queries that need the index are slow in between. For a check: drop it, change the type and add it again NOT VALID
//! in one statement, and validate it in a later step.
//!
//! ## When to allow it
//!
//! The table is small, or the application is stopped while the revision runs.

use cutover_core::effect::{Rel, Rewrite, Scan};

use crate::context::Place;
use crate::finding::Level;
use crate::look::commands::retyped;
use crate::rule::{Area, Check, Findings, Rule};
use crate::words::list;

pub const RULE: Rule = Rule {
    id: "type-change-scans",
    level: Level::Error,
    area: Area::Locks,
    title: "A change of a column's type that reads all rows for a check, an index or a foreign key",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    let retyped = retyped(place.tree());
    let rewrites = place.effects.rewrites.iter().any(|(_, cause)| *cause == Rewrite::Type);
    if retyped.is_empty() || rewrites || place.is_refused() {
        return;
    }
    let of = |wanted: Scan| -> Vec<&Rel> {
        let scans = place.effects.scans.iter();
        scans.filter(|(rel, cause)| *cause == wanted && place.is_old(rel)).map(|(rel, _)| rel).collect()
    };
    let columns = list(retyped.iter().map(|(name, _)| name));
    let (index, check) = (of(Scan::TypeIndex), of(Scan::TypeCheck));
    let (table, why, help) = if !index.is_empty() {
        let built = &place.effects.rebuilds;
        let of_key = built.iter().filter_map(|rel| place.known.index(rel)).any(|(_, it)| it.constraint);
        let help = if of_key {
            "add a column of the new type, keep it up to date with a trigger, fill it in batches, change over"
        } else {
            "drop the index concurrently before, and build it concurrently after"
        };
        (index, format!("{} must be built anew", list(built)), help)
    } else if !check.is_empty() {
        let help = "make the check again NOT VALID, drop the old one in the same statement, validate in a later step";
        (check, format!("a check on {columns} is looked at again"), help)
    } else {
        let keys = of(Scan::TypeForeignKey);
        let help = "add the foreign key again NOT VALID, drop the old one before, validate in a later step";
        (keys, format!("a foreign key on {columns} is looked at again"), help)
    };
    if !table.is_empty() {
        let message = format!("nobody can read or write {} while all rows are read: {why}", list(table));
        out.report(place.span(), message).help(help);
    }
}
