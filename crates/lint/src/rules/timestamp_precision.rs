//! A column of type `timestamp(0)` or `timestamptz(0)`.
//!
//! ## Why
//!
//! It rounds, and does not cut: measured, `2025-12-31 23:59:59.7` becomes `2026-01-01 00:00:00`, a moment that is still
//! to come. It takes eight bytes like any other.
//!
//! ## Example
//!
//! ```sql
//! CREATE TABLE events (id bigint PRIMARY KEY, at timestamptz(0) NOT NULL);
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! CREATE TABLE events (id bigint PRIMARY KEY, at timestamptz NOT NULL);
//! ```
//!
//! `date_trunc('second', at)` cuts, where it is written or where it is shown.
//!
//! ## When to allow it
//!
//! What is written has no parts of a second.

use crate::context::Place;
use crate::finding::Level;
use crate::look::made::report_types;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "timestamp-precision",
    level: Level::Note,
    area: Area::Design,
    title: "A column of type timestamp(0) or timestamptz(0)",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    report_types(place, out, "no precision, and date_trunc where seconds are wanted", |it| {
        (matches!(it.name.as_str(), "timestamp" | "timestamptz") && it.mods == [0])
            .then(|| "rounds to the next second, which may be still to come".into())
    });
}
