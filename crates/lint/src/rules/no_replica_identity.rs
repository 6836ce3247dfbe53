//! A published table that cannot say which row an `UPDATE` or `DELETE` means: it has no primary key and no replica
//! identity.
//!
//! ## Why
//!
//! From then on PostgreSQL refuses every UPDATE and DELETE of the table: "cannot update table ... because it does
//! not have a replica identity and publishes updates". INSERT goes on, so that tests may not show it.
//!
//! ## Example
//!
//! ```sql
//! -- before
//! CREATE TABLE log (at timestamptz, line text);
//! -- revision
//! CREATE PUBLICATION feed FOR TABLE log;
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! -- before
//! CREATE TABLE log (at timestamptz, line text);
//! -- revision
//! ALTER TABLE log REPLICA IDENTITY FULL;
//! CREATE PUBLICATION feed FOR TABLE log;
//! ```
//!
//! A primary key, or `REPLICA IDENTITY USING INDEX` with a unique index over columns that are NOT NULL, writes less.
//! Where only inserts matter: `WITH (publish = 'insert')`.
//!
//! ## When to allow it
//!
//! Nobody updates or deletes rows of the table.

use cutover_core::effect::{Break, Rel};

use crate::context::Place;
use crate::finding::Level;
use crate::rule::{Area, Check, Findings, Rule};
use crate::words::list;

pub const RULE: Rule = Rule {
    id: "no-replica-identity",
    level: Level::Error,
    area: Area::Code,
    title: "A published table that has no primary key and no replica identity",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    let tables = place.effects.breaks.iter().filter_map(|one| {
        let Break::NoIdentity { table } = one else { return None };
        place.is_old(table).then_some(table)
    });
    let tables: Vec<&Rel> = tables.collect();
    // a way back gives up the identity that the way up has given
    if !tables.is_empty() && place.is_upgrade() && !place.is_refused() {
        let message = format!(
            "every UPDATE and DELETE of {} fails from then on: it is published and nothing tells its rows apart",
            list(tables)
        );
        out.report(place.span(), message)
            .help("a primary key, or ALTER TABLE ... REPLICA IDENTITY FULL, or publish = 'insert'");
    }
}
