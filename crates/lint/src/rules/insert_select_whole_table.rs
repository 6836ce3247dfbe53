//! All rows of a table that was there before are copied by one statement: `INSERT ... SELECT` or `CREATE TABLE AS`
//! without a condition or a limit.
//!
//! ## Why
//!
//! It is one transaction, however long it takes: VACUUM cannot remove what dies anywhere in the database meanwhile,
//! replicas get everything at once, and when it fails near the end all of it was in vain. Rows that change while it
//! runs are copied as they were before.
//!
//! ## Example
//!
//! ```sql
//! INSERT INTO order_totals (order_id, total) SELECT id, total FROM orders;
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! INSERT INTO order_totals (order_id, total)
//! SELECT id, total FROM orders WHERE id BETWEEN 1 AND 10000 ON CONFLICT DO NOTHING;
//! ```
//!
//! Range by range, each in a transaction of its own, with a trigger that keeps the copy up to date if the rows
//! change.
//!
//! ## When to allow it
//!
//! The table is small.

use cutover_core::effect::Rel;
use cutover_sql::tree::{self, NodeEnum, SelectStmt};

use crate::context::Place;
use crate::finding::Level;
use crate::look::whole::{queries, read_in_full};
use crate::rule::{Area, Check, Findings, Rule};
use crate::words::list;

pub const RULE: Rule = Rule {
    id: "insert-select-whole-table",
    level: Level::Warning,
    area: Area::Locks,
    title: "All rows of a table that was there before are copied by one statement",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    if place.item.backfill || place.item.guard || place.is_refused() {
        return;
    }
    let mut tables: Vec<Rel> =
        made_by_query(place.tree()).map(|query| read_in_full(place.known, query, None)).unwrap_or_default();
    for node in queries(place.tree()) {
        if let NodeEnum::InsertStmt(it) = node
            && let Some(NodeEnum::SelectStmt(query)) = tree::boxed(it.select_stmt.as_deref())
        {
            tables.extend(read_in_full(place.known, query, it.with_clause.as_ref()));
        }
    }
    tables.retain(|table| place.is_old(table));
    tables.sort();
    tables.dedup();
    if !tables.is_empty() {
        let message =
            format!("all rows of {} are copied in one transaction, however long it takes", list(&tables));
        out.report(place.span(), message)
            .help("copy range by range of the key, each in a transaction of its own");
    }
}

/// The query that a new table is filled with.
fn made_by_query(node: &NodeEnum) -> Option<&SelectStmt> {
    match node {
        NodeEnum::SelectStmt(it) if it.into_clause.is_some() => Some(it),
        NodeEnum::CreateTableAsStmt(it) if it.objtype() == tree::ObjectType::ObjectTable => {
            let is_filled = it.into.as_ref().is_none_or(|into| !into.skip_data);
            match tree::boxed(it.query.as_deref()) {
                Some(NodeEnum::SelectStmt(query)) if is_filled => Some(query),
                _ => None,
            }
        }
        _ => None,
    }
}
