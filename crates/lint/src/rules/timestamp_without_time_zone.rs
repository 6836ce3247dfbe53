//! A column of type `timestamp` without time zone.
//!
//! ## Why
//!
//! It is a reading of a clock, not a moment: which one is meant hangs on where the clock was, and nothing says so.
//! now() is turned into the time zone of the session, and sessions with other zones write other values for the same
//! moment. `timestamptz` takes as many bytes.
//!
//! ## Example
//!
//! ```sql
//! CREATE TABLE orders (id bigint PRIMARY KEY, placed_at timestamp NOT NULL);
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! CREATE TABLE orders (id bigint PRIMARY KEY, placed_at timestamptz NOT NULL);
//! ```
//!
//! ## When to allow it
//!
//! A reading of a clock is what is meant, such as the opening of a shop on a day to come.

use crate::context::Place;
use crate::finding::Level;
use crate::look::made::report_types;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "timestamp-without-time-zone",
    level: Level::Note,
    area: Area::Design,
    title: "A column of type timestamp without time zone",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    report_types(place, out, "timestamptz", |it| {
        (it.name == "timestamp").then(|| "does not say which moment it means".into())
    });
}
