//! ADD FOREIGN KEY ... NOT VALID on a partitioned table, before PostgreSQL 18.
//!
//! ## Why
//!
//! PostgreSQL refuses it before 18: "cannot add NOT VALID foreign key on partitioned table".
//!
//! ## Example
//!
//! ```sql
//! CREATE TABLE events (id bigint, kind int NOT NULL, user_id bigint) PARTITION BY LIST (kind);
//! --@ sql
//! ALTER TABLE events ADD CONSTRAINT events_user FOREIGN KEY (user_id) REFERENCES users (id) NOT VALID;
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! ALTER TABLE events_1 ADD CONSTRAINT events_user FOREIGN KEY (user_id) REFERENCES users (id) NOT VALID;
//! --@ sql
//! ALTER TABLE events_1 VALIDATE CONSTRAINT events_user;
//! ```
//!
//! So on each partition, one after the other. The key on the parent comes last: PostgreSQL takes the partitions' own
//! keys for its parts where they are the same and valid, and does not look at their rows again.
//!
//! ## When to allow it
//!
//! Never: the statement fails.

use cutover_core::effect::known::Kind;
use cutover_sql::tree::{self, AlterTableType, ConstrType, NodeEnum};

use crate::context::Place;
use crate::finding::Level;
use crate::look::runs::each_that_fails;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "foreign-key-not-valid-on-partitioned",
    level: Level::Error,
    area: Area::Locks,
    title: "ADD FOREIGN KEY ... NOT VALID on a partitioned table, before PostgreSQL 18",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    each_that_fails(place, |one, _| {
        for (table, command) in one.commands() {
            let Some(NodeEnum::Constraint(it)) = tree::boxed(command.def.as_deref()) else { continue };
            let is_partitioned = one.known.get(&table).is_some_and(|it| it.kind == Kind::Partitioned);
            if command.subtype() == AlterTableType::AtAddConstraint
                && it.contype() == ConstrType::ConstrForeign
                && it.skip_validation
                && is_partitioned
                && one.known.major < 18
            {
                let message =
                    format!("it fails: {table} is partitioned, and takes no foreign key NOT VALID before 18");
                out.report(place.span(), message)
                    .help("add it NOT VALID to each partition, validate each, then add it to the parent");
            }
        }
    });
}
