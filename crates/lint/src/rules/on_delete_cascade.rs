//! A foreign key with ON DELETE CASCADE.
//!
//! ## Why
//!
//! A DELETE that names one row takes along any number of others, in tables that the statement does not name, under
//! locks for as long as that takes. Without an index on the column each deleted row reads the whole table.
//!
//! ## Example
//!
//! ```sql
//! CREATE TABLE lines (id bigint PRIMARY KEY, order_id bigint REFERENCES orders (id) ON DELETE CASCADE);
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! CREATE TABLE lines (id bigint PRIMARY KEY, order_id bigint REFERENCES orders (id));
//! ```
//!
//! ## When to allow it
//!
//! The rows are parts of the other one, few, and have no meaning without it.

use cutover_sql::tree::ConstrType;

use crate::context::Place;
use crate::finding::Level;
use crate::look::made::constraints;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "on-delete-cascade",
    level: Level::Note,
    area: Area::Design,
    title: "A foreign key with ON DELETE CASCADE",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    for constraint in constraints(place) {
        let definition = constraint.definition;
        if definition.contype() != ConstrType::ConstrForeign || definition.fk_del_action != "c" {
            continue;
        }
        let Some(to) = definition.pktable.as_ref().map(|rel| place.known.resolve(rel)) else { continue };
        let message = format!(
            "a DELETE of one row in {to} deletes rows of {}, and of what refers to it in turn",
            constraint.table
        );
        out.report(place.word_at(definition.location), message).help("without it, and delete the rows first");
    }
}
