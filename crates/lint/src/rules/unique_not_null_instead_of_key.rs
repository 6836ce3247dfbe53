//! A new table without a primary key that has a unique constraint or index over columns that are NOT NULL.
//!
//! ## Why
//!
//! It holds as well as a primary key does, and tools do not find it: foreign keys without named columns, logical
//! replication with its default identity and most object mappers look for the primary key.
//!
//! ## Example
//!
//! ```sql
//! CREATE TABLE users (email text NOT NULL UNIQUE, name text);
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! CREATE TABLE users (email text PRIMARY KEY, name text);
//! ```
//!
//! ## When to allow it
//!
//! The columns become the key of a later revision.

use crate::context::RevisionView;
use crate::finding::Level;
use crate::look::keyless::new_tables;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "unique-not-null-instead-of-key",
    level: Level::Note,
    area: Area::Design,
    title: "A unique constraint over NOT NULL columns where a primary key could be",
    check: Check::Revision(check),
};

fn check(view: &RevisionView<'_>, out: &mut Findings<'_>) {
    for new in new_tables(view) {
        let Some(columns) = new.substitute() else { continue };
        let columns = columns.join(", ");
        let message =
            format!("{} could have ({columns}) as its primary key: it is unique and not null", new.table);
        out.report(new.span, message).help(format!("PRIMARY KEY ({columns})"));
    }
}
