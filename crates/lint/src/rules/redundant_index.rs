//! A new index whose columns another index of the table begins with, or the other way round.
//!
//! ## Why
//!
//! A B-tree over (a, b) finds rows by a just as well. The second index takes its place on the disk and in memory,
//! and each INSERT and most UPDATEs write to both.
//!
//! ## Example
//!
//! ```sql
//! CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, placed_at timestamptz);
//! CREATE INDEX orders_customer ON orders (customer_id);
//! CREATE INDEX orders_customer_day ON orders (customer_id, placed_at);
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, placed_at timestamptz);
//! CREATE INDEX orders_customer_day ON orders (customer_id, placed_at);
//! ```
//!
//! Unique indexes, partial ones, those over expressions and those with an operator class or an order of their own
//! are compared with none. An old index that the new one covers can be dropped in the same revision.
//!
//! ## When to allow it
//!
//! The narrow index is much smaller than the wide one, and queries are measured to be faster with it.

use cutover_core::effect::known::Index;

use crate::context::RevisionView;
use crate::finding::Level;
use crate::rule::{Area, Check, Findings, Rule};
use crate::source::Section;

pub const RULE: Rule = Rule {
    id: "redundant-index",
    level: Level::Note,
    area: Area::Design,
    title: "An index whose columns another index begins with",
    check: Check::Revision(check),
};

fn check(view: &RevisionView<'_>, out: &mut Findings<'_>) {
    for judged in view.section(Section::Upgrade) {
        for (name, table, _) in &judged.indexes {
            let Some((_, own)) = view.known.index(name) else { continue };
            let span = view.item(judged).statement.span;
            let others = || view.known.indexes(table).filter(|(other, _)| *other != name);
            if let Some((other, _)) = others().find(|(_, other)| covers(other, own)) {
                let message = format!(
                    "{} begins with the columns of {} and finds the same rows",
                    other.name, name.name
                );
                out.report(span, message).help("leave it out");
            } else if let Some((other, _)) = others().find(|(_, other)| covers(own, other)) {
                let message =
                    format!("{} is not needed any more: {} begins with its columns", other.name, name.name);
                out.report(span, message).help(format!("DROP INDEX CONCURRENTLY {}", other.path()));
            }
        }
    }
}

/// Whether a B-tree finds all that another one finds.
fn covers(wide: &Index, narrow: &Index) -> bool {
    let is_plain = |it: &Index| {
        it.method == "btree" && !it.partial && !it.expression && !it.unusual && it.part_of.is_none()
    };
    is_plain(wide)
        && is_plain(narrow)
        && wide.columns.starts_with(&narrow.columns)
        && narrow.uses.iter().all(|column| wide.uses.contains(column))
        && !narrow.constraint
        && (!narrow.unique || (wide.unique && wide.columns == narrow.columns))
}
