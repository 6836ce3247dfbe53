//! DETACH PARTITION CONCURRENTLY where there is a default partition.
//!
//! ## Why
//!
//! PostgreSQL refuses it: "cannot detach partitions concurrently when a default partition exists". The default
//! partition's condition would change while others write to it.
//!
//! ## Example
//!
//! ```sql
//! CREATE TABLE events (id bigint, kind int NOT NULL) PARTITION BY LIST (kind);
//! CREATE TABLE events_1 PARTITION OF events FOR VALUES IN (1);
//! CREATE TABLE events_rest PARTITION OF events DEFAULT;
//! --@ sql
//! ALTER TABLE events DETACH PARTITION events_1 CONCURRENTLY;
//! ```
//!
//! ## Safe form
//!
//! There is none. Without CONCURRENTLY the statement takes ACCESS EXCLUSIVE on the parent and on the default partition,
//! for a moment: it reads no rows unless a foreign key refers to the table. Or take the default partition away first, if
//! it is empty.
//!
//! ## When to allow it
//!
//! Never: the statement fails.

use cutover_sql::tree::{self, AlterTableType, NodeEnum};

use crate::context::Place;
use crate::finding::Level;
use crate::look::commands::commands;
use crate::look::runs::each_that_fails;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "detach-beside-default",
    level: Level::Error,
    area: Area::Locks,
    title: "DETACH PARTITION CONCURRENTLY where there is a default partition",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    each_that_fails(place, |one, reasons| {
        let detaches = commands(one.node).any(|command| {
            command.subtype() == AlterTableType::AtDetachPartition
                && matches!(tree::boxed(command.def.as_deref()), Some(NodeEnum::PartitionCmd(it)) if it.concurrent)
        });
        if detaches {
            out.report(place.span(), format!("it fails: {}", reasons.join("; ")))
                .help("DETACH PARTITION without CONCURRENTLY, at a quiet time");
        }
    });
}
