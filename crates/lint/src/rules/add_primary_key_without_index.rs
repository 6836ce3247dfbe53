//! A new primary key of a table that others use, whose index is built while they wait.
//!
//! ## Why
//!
//! Every row is read and sorted to build the index, and looked at for NULL where a column may be NULL, under ACCESS
//! EXCLUSIVE: reads and writes of the table wait until it is built. `CREATE UNIQUE INDEX CONCURRENTLY` holds up
//! neither, and a primary key that takes the index over is made in a moment, if its columns are NOT NULL before.
//!
//! ## Example
//!
//! ```sql
//! ALTER TABLE log ADD CONSTRAINT log_pkey PRIMARY KEY (id);
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! ALTER TABLE log ADD CONSTRAINT log_id_set CHECK (id IS NOT NULL) NOT VALID;
//! --@ sql
//! ALTER TABLE log VALIDATE CONSTRAINT log_id_set;
//! --@ sql
//! CREATE UNIQUE INDEX CONCURRENTLY log_pkey ON log (id);
//! --@ sql
//! ALTER TABLE log ADD CONSTRAINT log_pkey PRIMARY KEY USING INDEX log_pkey;
//! ALTER TABLE log DROP CONSTRAINT log_id_set;
//! ```
//!
//! Where the columns are NOT NULL already, the index and the key are enough. PostgreSQL cannot build concurrently
//! on a partitioned table: do it for each partition, then add the key to the partitioned table, which takes over
//! those that are there. An index alone is not taken over.
//!
//! ## When to allow it
//!
//! The table is small.

use cutover_core::effect::{Break, Scan, is_implied_by_check};
use cutover_sql::tree::ConstrType;

use crate::context::Place;
use crate::finding::Level;
use crate::fix::key;
use crate::look::alter::{Added, Alter};
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "add-primary-key-without-index",
    level: Level::Error,
    area: Area::Locks,
    title: "A new primary key of a table that others use, whose index is built while they wait",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    let Some(alter) = Alter::read(place).filter(|alter| alter.builds(Scan::PrimaryKey)) else { return };
    // a key without values fails, and its index is the other half of what has to be written otherwise
    let required =
        place.effects.breaks.iter().filter(|it| matches!(it, Break::RequiredColumn { .. })).count();
    if place.effects.fails.len() > required {
        return;
    }
    for added in key::built(&alter, ConstrType::ConstrPrimary) {
        let report = out.report(added.span, alter.waits("the index is built of every row"));
        if alter.is_partitioned() {
            report.help(key::PARTITIONED);
            continue;
        }
        let report =
            report.help("CREATE UNIQUE INDEX CONCURRENTLY, then ADD CONSTRAINT ... PRIMARY KEY USING INDEX");
        if place.effects.fails.is_empty() {
            report.fix(key::fix(&alter, &added, &nullable(&alter, &added)));
        }
    }
}

/// The columns that may be NULL, for all that is known.
fn nullable(alter: &Alter<'_>, added: &Added<'_>) -> Vec<String> {
    let mut columns = added.columns();
    columns.retain(|column| {
        added.column.is_none()
            && !alter.relation().is_some_and(|table| table.is_not_null(column))
            && !is_implied_by_check(alter.place.known, alter.table, column)
    });
    columns
}
