//! An index, not unique, over more than three columns.
//!
//! ## Why
//!
//! A B-tree finds rows by its first columns; the later ones only narrow down what the first ones left, which is most
//! often few rows. Each of them makes the index larger, and an UPDATE of any of them writes to it and is no HOT
//! update.
//!
//! ## Example
//!
//! ```sql
//! CREATE INDEX CONCURRENTLY orders_wide ON orders (customer_id, state, placed_at, total);
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! CREATE INDEX CONCURRENTLY orders_customer_state ON orders (customer_id, state);
//! ```
//!
//! ## When to allow it
//!
//! A query that matters is measured to need it, such as an index-only scan.

use cutover_sql::tree::NodeEnum;

use crate::context::Place;
use crate::finding::Level;
use crate::look::made::is_looked_at;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "wide-index",
    level: Level::Note,
    area: Area::Design,
    title: "An index over more than three columns",
    check: Check::Statement(check),
};

/// How many are still narrow.
const MOST: usize = 3;

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    let NodeEnum::IndexStmt(it) = place.tree() else { return };
    let count = it.index_params.len();
    if count <= MOST || it.unique || it.access_method != "btree" || !is_looked_at(place) {
        return;
    }
    let message = format!(
        "every change of one of these {count} columns writes to an index that serves few queries more than a narrow one"
    );
    out.report(place.span(), message)
        .help("the columns that queries compare by first; others with INCLUDE, if at all");
}
