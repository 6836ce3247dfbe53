//! A new table without a primary key.
//!
//! ## Why
//!
//! Nothing tells two equal rows apart, so that one of them cannot be changed or deleted by itself. Logical
//! replication refuses UPDATE and DELETE on it when it is published, and tools that work row by row, a backfill
//! among them, have nothing to go by.
//!
//! ## Example
//!
//! ```sql
//! CREATE TABLE log (at timestamptz NOT NULL, line text NOT NULL);
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! CREATE TABLE log (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL, line text);
//! ```
//!
//! A key that a later statement of the same revision adds is enough. Partitions and temporary tables are not
//! reported.
//!
//! ## When to allow it
//!
//! Rows are only added, and never looked up or changed one by one.

use crate::context::RevisionView;
use crate::finding::Level;
use crate::look::keyless::new_tables;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "table-without-primary-key",
    level: Level::Note,
    area: Area::Design,
    title: "A table without a primary key",
    check: Check::Revision(check),
};

fn check(view: &RevisionView<'_>, out: &mut Findings<'_>) {
    for new in new_tables(view).filter(|new| new.substitute().is_none()) {
        let message = format!("nothing tells the rows of {} apart", new.table);
        out.report(new.span, message).help("PRIMARY KEY");
    }
}
