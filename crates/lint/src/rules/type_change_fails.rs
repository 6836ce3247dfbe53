//! A change of the type of a column that something else is made of, which PostgreSQL refuses.
//!
//! ## Why
//!
//! A view, a policy, a trigger, a generated column, the filter of a publication, a partition key or a function that
//! the server has parsed (`BEGIN ATOMIC`) holds on to the column's type. PostgreSQL does not change them along; the
//! statement fails with "cannot alter type of a column used by ...".
//!
//! ## Example
//!
//! ```sql
//! CREATE TABLE orders (id bigint PRIMARY KEY, total int);
//! CREATE VIEW totals AS SELECT id, total FROM orders;
//! ALTER TABLE orders ALTER COLUMN total TYPE bigint;
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! CREATE TABLE orders (id bigint PRIMARY KEY, total int);
//! CREATE VIEW totals AS SELECT id, total FROM orders;
//! DROP VIEW totals;
//! ALTER TABLE orders ALTER COLUMN total TYPE bigint;
//! CREATE VIEW totals AS SELECT id, total FROM orders;
//! ```
//!
//! In one transaction, so that nobody misses the view. A partition key cannot change its type at all.
//!
//! ## When to allow it
//!
//! Never: it fails.

use crate::context::Place;
use crate::finding::Level;
use crate::look::commands::retyped;
use crate::rule::{Area, Check, Findings, Rule};
use crate::words::list;

pub const RULE: Rule = Rule {
    id: "type-change-fails",
    level: Level::Error,
    area: Area::Code,
    title: "A change of the type of a column that something else is made of, which PostgreSQL refuses",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    let retyped = retyped(place.tree());
    let uses = |said: &&String| {
        let of_column = retyped.iter().any(|(name, _)| said.ends_with(&format!(".{name}")));
        !retyped.is_empty()
            && (of_column && said.contains(" uses ") || said.contains(" has rows of the type "))
    };
    let users: Vec<&String> = place.effects.fails.iter().filter(uses).collect();
    if !users.is_empty() {
        let help = if users.iter().any(|user| user.starts_with("the partition key")) {
            "a partition key keeps its type: make another partitioned table and move the rows into it"
        } else {
            "drop what uses the column before, and make it again after, in one transaction"
        };
        out.report(place.span(), format!("it fails: {}", list(users))).help(help);
    }
}
