//! A column of type `serial`, `bigserial` or `smallserial`.
//!
//! ## Why
//!
//! It is a shorthand for an integer with a default that calls nextval. A role that may INSERT needs rights on the
//! sequence as well, and an INSERT that gives a value itself leaves the sequence behind, so that a later one fails
//! on the key. An identity column needs no such right, and refuses values with GENERATED ALWAYS.
//!
//! ## Example
//!
//! ```sql
//! CREATE TABLE orders (id bigserial PRIMARY KEY);
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
//! ```
//!
//! ## When to allow it
//!
//! The application writes the values itself, or a framework wants serial.

use cutover_core::effect::known::is_serial;

use crate::context::Place;
use crate::finding::Level;
use crate::look::made::columns;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "serial-type",
    level: Level::Note,
    area: Area::Design,
    title: "A column of type serial",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    for column in columns(place).iter().filter(|column| !column.retyped) {
        if column.definition.type_name.as_ref().is_some_and(is_serial) {
            let message = format!(
                "{}.{} takes its numbers from a sequence with rights of its own, and any INSERT may set it",
                column.table, column.name
            );
            out.report(column.type_span(place), message).help("GENERATED ALWAYS AS IDENTITY");
        }
    }
}
