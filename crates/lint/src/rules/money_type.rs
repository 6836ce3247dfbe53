//! A column of type `money`.
//!
//! ## Why
//!
//! The number of decimals, and the sign before it, come from `lc_monetary` of the session: the same stored value
//! reads as another amount under another setting. The currency itself is not stored.
//!
//! ## Example
//!
//! ```sql
//! CREATE TABLE orders (id bigint PRIMARY KEY, total money NOT NULL);
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! CREATE TABLE orders (id bigint PRIMARY KEY, total numeric(14, 2) NOT NULL, currency text NOT NULL);
//! ```
//!
//! ## When to allow it
//!
//! Amounts are of one currency, and all sessions have the same `lc_monetary`.

use crate::context::Place;
use crate::finding::Level;
use crate::look::made::report_types;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "money-type",
    level: Level::Note,
    area: Area::Design,
    title: "A column of type money",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    report_types(place, out, "numeric, and the currency in a column beside it", |it| {
        (it.name == "money")
            .then(|| "reads and writes amounts as lc_monetary says, with no currency of their own".into())
    });
}
