//! A column of type `real` or `double precision`.
//!
//! ## Why
//!
//! Most decimal fractions are kept as a number beside them: `0.1 + 0.2 = 0.3` is false, measured, and a sum depends on
//! the order of its rows, so that the same query gives another result after an UPDATE or with parallel workers.
//!
//! ## Example
//!
//! ```sql
//! CREATE TABLE items (id bigint PRIMARY KEY, weight double precision NOT NULL);
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! CREATE TABLE items (id bigint PRIMARY KEY, weight numeric NOT NULL);
//! ```
//!
//! Or bigint in the smallest unit.
//!
//! ## When to allow it
//!
//! Measured values that are near enough: coordinates, temperatures, vectors.

use crate::context::Place;
use crate::finding::Level;
use crate::look::made::report_types;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "float-type",
    level: Level::Note,
    area: Area::Design,
    title: "A column of type real or double precision",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    report_types(place, out, "numeric, or bigint in the smallest unit", |it| {
        matches!(it.name.as_str(), "float4" | "float8")
            .then(|| "keeps a number beside the one that is written: 0.1 + 0.2 = 0.3 is false".into())
    });
}
