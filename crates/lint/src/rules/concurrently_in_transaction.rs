//! A statement that PostgreSQL refuses in a transaction, between `BEGIN` and `COMMIT`.
//!
//! ## Why
//!
//! The `CONCURRENTLY` forms, VACUUM, CREATE DATABASE, ALTER SYSTEM and a few more commit in between or change what
//! no transaction can take back. PostgreSQL refuses them within a transaction, and the transaction is lost. In a
//! revision Cutover runs them on their own; here something else runs the file.
//!
//! ## Example
//!
//! ```sql
//! -- plain
//! BEGIN;
//! CREATE INDEX CONCURRENTLY orders_customer ON orders (customer_id);
//! COMMIT;
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! CREATE INDEX CONCURRENTLY orders_customer ON orders (customer_id);
//! ```
//!
//! ## When to allow it
//!
//! Never: it fails.

use crate::context::Place;
use crate::finding::Level;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "concurrently-in-transaction",
    level: Level::Error,
    area: Area::Together,
    title: "A statement that PostgreSQL refuses in a transaction, between BEGIN and COMMIT",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    if !place.is_wrongly_in_transaction() {
        return;
    }
    let what = place.item.statement.title();
    let report = out.report(place.span(), format!("{what} fails: PostgreSQL refuses it in a transaction"));
    if place.item.in_begin {
        report.help("write COMMIT before it and BEGIN behind it, or move it out");
    } else {
        report.help("put it into a file that does not run as one transaction");
    }
}
