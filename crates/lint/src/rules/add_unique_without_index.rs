//! A new unique constraint of a table that others use, whose index is built while they wait.
//!
//! ## Why
//!
//! Every row is read and sorted to build the index, under ACCESS EXCLUSIVE: reads and writes of the table wait
//! until it is built. A column that comes with `UNIQUE` does the same, also where it has no values yet. `CREATE
//! UNIQUE INDEX CONCURRENTLY` holds up neither reads nor writes, and a constraint that takes the index over is made
//! in a moment.
//!
//! ## Example
//!
//! ```sql
//! ALTER TABLE users ADD CONSTRAINT users_email_key UNIQUE (email);
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! CREATE UNIQUE INDEX CONCURRENTLY users_email_key ON users (email);
//! --@ sql
//! ALTER TABLE users ADD CONSTRAINT users_email_key UNIQUE USING INDEX users_email_key;
//! ```
//!
//! The index may have another name; it gets that of the constraint. PostgreSQL cannot build concurrently on a
//! partitioned table: do it for each partition, both statements, then add the constraint to the partitioned table,
//! which takes over those that are there. An index alone is not taken over.
//!
//! ## When to allow it
//!
//! The table is small.

use cutover_core::effect::Scan;
use cutover_sql::tree::ConstrType;

use crate::context::Place;
use crate::finding::Level;
use crate::fix::key;
use crate::look::alter::Alter;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "add-unique-without-index",
    level: Level::Error,
    area: Area::Locks,
    title: "A new unique constraint of a table that others use, whose index is built while they wait",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    let Some(alter) = Alter::read(place).filter(|_| place.effects.fails.is_empty()) else { return };
    if !alter.builds(Scan::Unique) {
        return;
    }
    for added in key::built(&alter, ConstrType::ConstrUnique) {
        let report = out.report(added.span, alter.waits("the index is built of every row"));
        if alter.is_partitioned() {
            report.help(key::PARTITIONED);
        } else {
            report
                .help("CREATE UNIQUE INDEX CONCURRENTLY, then ADD CONSTRAINT ... UNIQUE USING INDEX")
                .fix(key::fix(&alter, &added, &[]));
        }
    }
}
