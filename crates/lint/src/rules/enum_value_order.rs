//! ALTER TYPE ... ADD VALUE that does not say where the value belongs.
//!
//! ## Why
//!
//! Without BEFORE or AFTER it sorts behind all others: ORDER BY, min, max, < and ranges take it for the highest.
//! Measured: `middle`, added to `low` and `high`, comes after `high`. A value cannot be moved afterwards without a new
//! type and a rewrite of the tables that have it.
//!
//! ## Example
//!
//! ```sql
//! ALTER TYPE priority ADD VALUE 'middle';
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! ALTER TYPE priority ADD VALUE 'middle' BEFORE 'high';
//! ```
//!
//! AFTER the last value says that the end is meant.
//!
//! ## When to allow it
//!
//! The order of the values means nothing, or the end is where it belongs.

use cutover_sql::ident::quote_literal;
use cutover_sql::tree::{self, NodeEnum};

use crate::context::Place;
use crate::finding::Level;
use crate::look::runs::each_in_upgrade;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "enum-value-order",
    level: Level::Note,
    area: Area::Design,
    title: "A new enum value without a word on where it sorts",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    each_in_upgrade(place, |one| {
        let NodeEnum::AlterEnumStmt(it) = one.node else { return };
        if it.old_val.is_empty() && it.new_val_neighbor.is_empty() {
            let (_, name) = tree::qualified(&it.type_name);
            let message = format!("{} sorts behind all other values of {name}", quote_literal(&it.new_val));
            out.report(place.span(), message).help("BEFORE or AFTER another value");
        }
    });
}
