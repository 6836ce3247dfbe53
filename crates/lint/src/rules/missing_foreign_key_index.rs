//! A new foreign key whose columns no index of its table begins with.
//!
//! ## Why
//!
//! PostgreSQL makes an index for the referenced side only. A DELETE there, or an UPDATE of its key, looks for rows
//! that refer to it, and without an index reads the whole table, once for each deleted row. Joins over the key read
//! it, too.
//!
//! ## Example
//!
//! ```sql
//! CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint REFERENCES customers (id));
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint REFERENCES customers (id));
//! CREATE INDEX orders_customer ON orders (customer_id);
//! ```
//!
//! On a table that exists, CREATE INDEX CONCURRENTLY in a step before. The index may come anywhere in the same
//! revision. A partial index does not count.
//!
//! ## When to allow it
//!
//! Rows of the referenced table are never deleted and their keys never change, or the table stays small.

use cutover_core::effect::known::ConstraintKind;
use cutover_core::effect::{Known, Rel};

use crate::context::RevisionView;
use crate::finding::Level;
use crate::rule::{Area, Check, Findings, Rule};
use crate::source::Section;

pub const RULE: Rule = Rule {
    id: "missing-foreign-key-index",
    level: Level::Note,
    area: Area::Design,
    title: "A foreign key whose columns no index begins with",
    check: Check::Revision(check),
};

fn check(view: &RevisionView<'_>, out: &mut Findings<'_>) {
    for judged in view.section(Section::Upgrade) {
        for (table, name, _) in &judged.constraints {
            let Some((to, columns)) = foreign_key(view.known, table, name) else { continue };
            if is_covered(view.known, table, columns) {
                continue;
            }
            let span = view.item(judged).statement.span;
            let message = format!(
                "a DELETE in {to}, or a change of its key, reads all of {table}: no index begins with {}",
                columns.join(", ")
            );
            out.report(span, message).help(format!("an index on {table} ({})", columns.join(", ")));
        }
    }
}

/// What a foreign key refers to and its columns, where the table's indexes are known.
fn foreign_key<'k>(known: &'k Known, table: &Rel, name: &str) -> Option<(&'k Rel, &'k [String])> {
    let relation = known.get(table).filter(|it| it.columns.is_some())?;
    let constraint = relation.constraint(name)?;
    match &constraint.kind {
        ConstraintKind::ForeignKey { to, .. } => Some((to, &constraint.columns)),
        ConstraintKind::PrimaryKey
        | ConstraintKind::Unique
        | ConstraintKind::Exclusion
        | ConstraintKind::Check { .. }
        | ConstraintKind::NotNull => None,
    }
}

/// Whether an index begins with the columns, in any order.
fn is_covered(known: &Known, table: &Rel, columns: &[String]) -> bool {
    known.indexes(table).any(|(_, index)| {
        let first = index.columns.iter().take(columns.len());
        !index.partial
            && index.columns.len() >= columns.len()
            && first.into_iter().all(|it| columns.contains(it))
    })
}
