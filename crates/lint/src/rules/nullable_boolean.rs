//! A new boolean column that can be NULL.
//!
//! ## Why
//!
//! It has three values, and conditions treat the third one as neither: `WHERE active` and `WHERE NOT active`
//! together leave out the rows that are NULL. Code in most languages reads it as false.
//!
//! ## Example
//!
//! ```sql
//! CREATE TABLE users (id bigint PRIMARY KEY, active boolean);
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! CREATE TABLE users (id bigint PRIMARY KEY, active boolean NOT NULL DEFAULT true);
//! ```
//!
//! ## When to allow it
//!
//! NULL means that nobody knows yet.

use cutover_sql::tree::{self, ConstrType};

use crate::context::Place;
use crate::finding::Level;
use crate::look::made::{columns, constraints};
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "nullable-boolean",
    level: Level::Note,
    area: Area::Design,
    title: "A boolean column that can be NULL",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    for new in columns(place).iter().filter(|column| !column.retyped) {
        let column = place.known.column_of(new.definition);
        if column.data_type.is("bool")
            && !column.not_null
            && column.generated.is_none()
            && !in_key(place, new.name)
        {
            let message = format!(
                "{}.{} has three values: NOT {} is NULL where it is NULL",
                new.table, new.name, new.name
            );
            out.report(new.type_span(place), message).help("NOT NULL, with a DEFAULT");
        }
    }
}

/// Whether the statement makes it a part of the primary key.
fn in_key(place: &Place<'_>, name: &str) -> bool {
    constraints(place).iter().any(|it| {
        it.definition.contype() == ConstrType::ConstrPrimary
            && tree::texts(&it.definition.keys).contains(&name)
    })
}
