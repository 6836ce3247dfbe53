//! CREATE INDEX CONCURRENTLY or DROP INDEX CONCURRENTLY on a partitioned table.
//!
//! ## Why
//!
//! PostgreSQL refuses it: "cannot create index on partitioned table concurrently", with ONLY as well, and "cannot
//! drop partitioned index concurrently".
//!
//! ## Example
//!
//! ```sql
//! CREATE TABLE events (id bigint, kind int NOT NULL) PARTITION BY LIST (kind);
//! --@ sql
//! CREATE INDEX CONCURRENTLY events_id ON events (id);
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! CREATE TABLE events (id bigint, kind int NOT NULL) PARTITION BY LIST (kind);
//! CREATE INDEX events_id ON ONLY events (id);
//! --@ sql
//! CREATE INDEX CONCURRENTLY events_1_id ON events_1 (id);
//! --@ sql
//! ALTER INDEX events_id ATTACH PARTITION events_1_id;
//! ```
//!
//! One index for each partition. The index of the parent becomes valid when the last of them is attached.
//!
//! ## When to allow it
//!
//! Never: the statement fails.

use cutover_sql::tree::{NodeEnum, ObjectType};

use crate::context::Place;
use crate::finding::Level;
use crate::look::runs::each_that_fails;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "concurrently-on-partitioned",
    level: Level::Error,
    area: Area::Locks,
    title: "CREATE INDEX CONCURRENTLY or DROP INDEX CONCURRENTLY on a partitioned table",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    each_that_fails(place, |one, reasons| {
        let help = match one.node {
            NodeEnum::IndexStmt(it) if it.concurrent => {
                "CREATE INDEX ... ON ONLY the parent, then one CONCURRENTLY on each partition, then ATTACH PARTITION"
            }
            NodeEnum::DropStmt(it) if it.concurrent && it.remove_type() == ObjectType::ObjectIndex => {
                "DROP INDEX without CONCURRENTLY, at a quiet time: it locks the table and its partitions"
            }
            _ => return,
        };
        out.report(place.span(), format!("it fails: {}", reasons.join("; "))).help(help);
    });
}
