//! `INSERT ... VALUES` into a table that others use, without `ON CONFLICT`.
//!
//! ## Why
//!
//! The row may be there already: made by hand, by the application, or by an upgrade before a downgrade that left it.
//! Then the INSERT fails on a key, and the revision with it; without a key the row is there twice.
//!
//! ## Example
//!
//! ```sql
//! INSERT INTO states (id, name) VALUES (3, 'lost');
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! INSERT INTO states (id, name) VALUES (3, 'lost') ON CONFLICT (id) DO NOTHING;
//! ```
//!
//! ## When to allow it
//!
//! Nothing else writes to the table.

use cutover_sql::tree::{self, NodeEnum};

use crate::context::Place;
use crate::finding::Level;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "seed-not-idempotent",
    level: Level::Note,
    area: Area::History,
    title: "INSERT ... VALUES into a table that others use, without ON CONFLICT",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    let NodeEnum::InsertStmt(it) = place.tree() else { return };
    if !place.is_revision() || !place.is_upgrade() || it.on_conflict_clause.is_some() {
        return;
    }
    let Some(NodeEnum::SelectStmt(query)) = tree::boxed(it.select_stmt.as_deref()) else { return };
    let Some(table) = it.relation.as_ref().map(|rel| place.known.resolve(rel)) else { return };
    if query.values_lists.is_empty() || !place.is_old(&table) || !place.effects.fails.is_empty() {
        return;
    }
    let message = format!("this fails, or makes a second row, where {table} has the row already");
    out.report(place.span(), message).help("ON CONFLICT (key) DO NOTHING, or DO UPDATE");
}
