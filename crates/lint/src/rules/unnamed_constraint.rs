//! A check, foreign key, unique or exclusion constraint without a name.
//!
//! ## Why
//!
//! PostgreSQL chooses one, with a number where it is taken. The name is needed to drop the constraint and stands in
//! the errors that the application sees, and it can be another one on a database where the statements came in
//! another order. A primary key is not reported: its name is the table's with _pkey.
//!
//! ## Example
//!
//! ```sql
//! CREATE TABLE lines (id bigint PRIMARY KEY, price numeric CHECK (price >= 0));
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! CREATE TABLE lines (id bigint PRIMARY KEY, price numeric CONSTRAINT lines_price_ok CHECK (price >= 0));
//! ```
//!
//! ## When to allow it
//!
//! Nobody ever names it.

use cutover_sql::tree::ConstrType;

use crate::context::Place;
use crate::finding::Level;
use crate::look::made::constraints;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "unnamed-constraint",
    level: Level::Note,
    area: Area::Design,
    title: "A constraint without a name",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    for constraint in constraints(place).iter().filter(|it| it.definition.conname.is_empty()) {
        let what = match constraint.definition.contype() {
            ConstrType::ConstrCheck => "check",
            ConstrType::ConstrUnique => "unique constraint",
            ConstrType::ConstrForeign => "foreign key",
            ConstrType::ConstrExclusion => "exclusion constraint",
            _ => continue,
        };
        let message = format!("PostgreSQL chooses the name of this {what} of {}", constraint.table);
        out.report(place.word_at(constraint.definition.location), message)
            .help("CONSTRAINT name in front of it");
    }
}
