//! An index goes that stands under a foreign key, and no other covers its columns.
//!
//! ## Why
//!
//! When a row is deleted, or its key changes, PostgreSQL looks for rows that refer to it. Without an index that
//! begins with the columns of the foreign key, it reads the whole referring table for each such row, while the row
//! stays locked.
//!
//! ## Example
//!
//! ```sql
//! -- before
//! CREATE TABLE customers (id bigint PRIMARY KEY);
//! CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint REFERENCES customers (id));
//! CREATE INDEX orders_customer ON orders (customer_id);
//! -- revision
//! DROP INDEX CONCURRENTLY orders_customer;
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! -- before
//! CREATE TABLE customers (id bigint PRIMARY KEY);
//! CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint REFERENCES customers (id), day date);
//! CREATE INDEX orders_customer ON orders (customer_id);
//! -- revision
//! CREATE INDEX CONCURRENTLY orders_customer_day ON orders (customer_id, day);
//! DROP INDEX CONCURRENTLY orders_customer;
//! ```
//!
//! ## When to allow it
//!
//! Rows of the table that is referred to are never deleted and their keys never change, or the foreign key goes
//! next.

use cutover_core::effect::Rel;
use cutover_core::effect::known::{Constraint, ConstraintKind, Index};
use cutover_sql::tree::{NodeEnum, ObjectType};

use crate::context::Place;
use crate::finding::Level;
use crate::look::names::relations;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "drop-index-of-foreign-key",
    level: Level::Warning,
    area: Area::Code,
    title: "An index goes that stands under a foreign key, and no other covers its columns",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    let NodeEnum::DropStmt(it) = place.tree() else { return };
    if it.remove_type() != ObjectType::ObjectIndex || place.is_refused() {
        return;
    }
    let dropped = relations(place, &it.objects);
    for index in &dropped {
        let Some((table, gone)) = place.known.index(index) else { continue };
        if !place.is_old(table) || place.known.is_new_relation(index) {
            continue;
        }
        let constraints = place.known.get(table).into_iter().flat_map(|it| &it.constraints);
        for key in constraints {
            let ConstraintKind::ForeignKey { to, .. } = &key.kind else { continue };
            if covers(gone, key) && !is_covered(place, table, key, &dropped) {
                let message = format!(
                    "a DELETE of one row of {to} reads all of {table} from then on: no other index begins with {}",
                    key.columns.join(", ")
                );
                out.report(place.span(), message)
                    .help("make another index that begins with these columns before, or drop the foreign key as well");
                return;
            }
        }
    }
}

/// Whether an index begins with the columns of a foreign key, in whatever order, and has all rows.
fn covers(index: &Index, key: &Constraint) -> bool {
    let first = index.columns.get(..key.columns.len());
    !index.partial && first.is_some_and(|first| key.columns.iter().all(|column| first.contains(column)))
}

fn is_covered(place: &Place<'_>, table: &Rel, key: &Constraint, dropped: &[Rel]) -> bool {
    place.known.indexes(table).any(|(name, index)| !dropped.contains(name) && covers(index, key))
}
