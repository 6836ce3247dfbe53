//! A published table gets a column, or a column of it another type.
//!
//! ## Why
//!
//! Logical replication carries rows and no schema. A subscriber that gets a row with a column that it does not have,
//! or a value that its column does not take, stops with an error and tries again until its table is the same;
//! meanwhile the publisher keeps its log.
//!
//! ## Example
//!
//! ```sql
//! -- before
//! CREATE TABLE users (id bigint PRIMARY KEY);
//! CREATE PUBLICATION feed FOR TABLE users;
//! -- revision
//! ALTER TABLE users ADD COLUMN nick text;
//! ```
//!
//! ## Safe form
//!
//! There is none on this side alone: the subscriber's table must have the column, or the wider type, first. What it
//! has and the publisher has not is filled with its default.
//!
//! ## When to allow it
//!
//! The subscribers have been changed already, or have this revision before the publisher.

use cutover_core::effect::{Break, Rel};

use crate::context::Place;
use crate::finding::Level;
use crate::rule::{Area, Check, Findings, Rule};
use crate::words::list;

pub const RULE: Rule = Rule {
    id: "published-table-changes",
    level: Level::Warning,
    area: Area::Code,
    title: "A published table gets a column, or a column of it another type",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    // the way back leads to what the subscribers had
    if !place.is_upgrade() {
        return;
    }
    let mut tables: Vec<&Rel> = Vec::new();
    let mut publications: Vec<&String> = Vec::new();
    for one in &place.effects.breaks {
        let Break::Subscriber { table, publication } = one else { continue };
        if place.is_old(table) {
            tables.push(table);
            publications.push(publication);
        }
    }
    tables.sort();
    tables.dedup();
    publications.sort();
    publications.dedup();
    if !tables.is_empty() && !place.is_refused() {
        let message = format!(
            "the subscribers of {} stop at the first row of {} that they cannot take: they must change first",
            list(publications),
            list(tables)
        );
        out.report(place.span(), message).help("change the subscribers' tables before this revision runs");
    }
}
