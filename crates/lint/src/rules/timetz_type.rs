//! A column of type `time with time zone`.
//!
//! ## Why
//!
//! It stores an offset, not a time zone. In a place with summer time the offset depends on the day, and the value
//! has none. PostgreSQL has the type because the standard has it.
//!
//! ## Example
//!
//! ```sql
//! CREATE TABLE shops (id bigint PRIMARY KEY, opens timetz NOT NULL);
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! CREATE TABLE shops (id bigint PRIMARY KEY, opens time NOT NULL, zone text NOT NULL);
//! ```
//!
//! ## When to allow it
//!
//! The offset is what is meant.

use crate::context::Place;
use crate::finding::Level;
use crate::look::made::report_types;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "timetz-type",
    level: Level::Note,
    area: Area::Design,
    title: "A column of type time with time zone",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    report_types(place, out, "time, or timestamptz", |it| {
        (it.name == "timetz")
            .then(|| "has an offset and no day, and which offset holds depends on the day".into())
    });
}
