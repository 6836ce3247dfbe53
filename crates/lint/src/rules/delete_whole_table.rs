//! A `DELETE` without a condition on a table that was there before.
//!
//! ## Why
//!
//! Every row is lost. Each stays locked until the transaction ends, each is looked for in the tables that refer to
//! it, and the room is free only after a VACUUM.
//!
//! ## Example
//!
//! ```sql
//! DELETE FROM sessions;
//! ```
//!
//! ## Safe form
//!
//! There is none that keeps the rows. To delete some of them, write a condition that names keys, and delete in
//! batches.
//!
//! ## When to allow it
//!
//! The table is small, its rows can be made again, and everybody knows that they go.

use cutover_core::effect::Loss;
use cutover_sql::tree::NodeEnum;

use crate::context::Place;
use crate::finding::Level;
use crate::look::whole::{by_code, passes_all, queries};
use crate::rule::{Area, Check, Findings, Rule};
use crate::words::list;

pub const RULE: Rule = Rule {
    id: "delete-whole-table",
    level: Level::Error,
    area: Area::Code,
    title: "A DELETE without a condition on a table that was there before",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    if place.item.backfill || place.item.guard || place.is_refused() {
        return;
    }
    let mut tables = by_code(place, |loss| if let Loss::Rows { table } = loss { Some(table) } else { None });
    for node in queries(place.tree()) {
        let NodeEnum::DeleteStmt(it) = node else { continue };
        let Some(table) = it.relation.as_ref().map(|rel| place.known.resolve(rel)) else { continue };
        if passes_all(it.where_clause.as_deref()) && place.is_old(&table) && !tables.contains(&table) {
            tables.push(table);
        }
    }
    if !tables.is_empty() {
        let message = format!("every row of {} is deleted: there is no condition", list(&tables));
        out.report(place.span(), message).help("write a condition, and delete in batches by key");
    }
}
