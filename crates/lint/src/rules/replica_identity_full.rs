//! A table that was there before gets REPLICA IDENTITY FULL, though it may have a key.
//!
//! ## Why
//!
//! Each UPDATE and DELETE writes the whole old row into the write-ahead log, not only the key: measured with rows of
//! 500 bytes, 20,000 UPDATEs wrote 35 MB in place of 25 MB. On the other side the row is looked for by all of its
//! columns: by reading the whole table before PostgreSQL 16, and where no index serves since.
//!
//! ## Example
//!
//! ```sql
//! ALTER TABLE events REPLICA IDENTITY FULL;
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! ALTER TABLE events REPLICA IDENTITY USING INDEX events_id;
//! ```
//!
//! With a unique index on columns that are NOT NULL; where there is a primary key, REPLICA IDENTITY DEFAULT takes it.
//! A table that is known to have neither is not reported: it has no other identity.
//!
//! ## When to allow it
//!
//! The reader of the changes wants the old values, or the table has no key.

use cutover_core::effect::{Known, Rel};
use cutover_sql::tree::{self, AlterTableType, NodeEnum};

use crate::context::Place;
use crate::finding::Level;
use crate::look::keyless::key_index;
use crate::look::runs::each_in_upgrade;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "replica-identity-full",
    level: Level::Warning,
    area: Area::Locks,
    title: "A table that was there before gets REPLICA IDENTITY FULL, though it may have a key",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    each_in_upgrade(place, |one| {
        for (table, command) in one.commands() {
            let identity = match tree::boxed(command.def.as_deref()) {
                Some(NodeEnum::ReplicaIdentityStmt(it)) => it.identity_type.as_str(),
                _ => "",
            };
            let is_full = command.subtype() == AlterTableType::AtReplicaIdentity && identity == "f";
            if is_full && one.is_old(&table) && may_have_key(one.known, &table) {
                let message =
                    format!("each UPDATE and DELETE of {table} writes the whole old row into the log");
                out.report(place.span(), message)
                    .help("REPLICA IDENTITY DEFAULT with a primary key, or USING INDEX with a unique index");
            }
        }
    });
}

/// Whether it has a key, or nobody knows.
fn may_have_key(known: &Known, table: &Rel) -> bool {
    let Some(relation) = known.get(table).filter(|it| it.columns.is_some()) else { return true };
    relation.primary_key().is_some() || key_index(known, table, relation).is_some()
}
