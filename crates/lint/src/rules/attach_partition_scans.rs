//! `ATTACH PARTITION` that reads all rows: of the new partition, because no check says that they belong there, or of
//! the default partition, because some of its rows could.
//!
//! ## Why
//!
//! The table that is attached is locked with ACCESS EXCLUSIVE while all its rows are held against the bounds. A
//! valid CHECK that says the same as the bounds spares that, also for columns that may be NULL if it says IS NOT
//! NULL. A default partition is locked and read in the same way, unless a valid CHECK on it leaves the bounds out. A
//! foreign key of the parent that the new partition does not have is looked up row by row.
//!
//! ## Example
//!
//! ```sql
//! ALTER TABLE events ATTACH PARTITION events_2024 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! -- before
//! CREATE TABLE events (id bigint, at date NOT NULL) PARTITION BY RANGE (at);
//! CREATE TABLE events_2024 (id bigint, at date NOT NULL);
//! -- revision
//! ALTER TABLE events_2024 ADD CONSTRAINT bounds CHECK (at >= '2024-01-01' AND at < '2025-01-01') NOT VALID;
//! --@ sql
//! ALTER TABLE events_2024 VALIDATE CONSTRAINT bounds;
//! --@ sql
//! ALTER TABLE events ATTACH PARTITION events_2024 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
//! --@ sql
//! ALTER TABLE events_2024 DROP CONSTRAINT bounds;
//! ```
//!
//! ## When to allow it
//!
//! The table is small, or nobody uses it before it is attached and there is no default partition.

use cutover_core::effect::known::Kind;
use cutover_core::effect::{Rel, Scan, bounds};
use cutover_sql::ident::quote_ident;
use cutover_sql::tree::{AlterTableType, NodeEnum, PartitionBoundSpec};

use crate::context::Place;
use crate::finding::{Fix, Level};
use crate::fix::safe;
use crate::look::commands::altered;
use crate::look::partitions;
use crate::rule::{Area, Check, Findings, Rule};
use crate::words::list;

pub const RULE: Rule = Rule {
    id: "attach-partition-scans",
    level: Level::Error,
    area: Area::Locks,
    title: "ATTACH PARTITION that reads all rows of the new or of the default partition",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    let Some((parent, bound)) = target(place).filter(|_| !place.is_refused()) else { return };
    let of = |wanted: Scan| -> Vec<&Rel> {
        let scans = place.effects.scans.iter();
        scans.filter(|(rel, cause)| *cause == wanted && place.is_old(rel)).map(|(rel, _)| rel).collect()
    };
    let (attached, default, keys) = (of(Scan::Attach), of(Scan::DefaultPartition), of(Scan::ForeignKey));
    let read: Vec<&Rel> = attached.iter().chain(&default).chain(&keys).copied().collect();
    if read.is_empty() {
        return;
    }
    let why = match (attached.is_empty(), default.is_empty()) {
        (false, true) => "no valid CHECK says that they are within the bounds",
        (true, false) => "it may have rows that belong into the new partition",
        (false, false) => "no valid CHECK says which rows are within the bounds",
        (true, true) => "each row is looked up for the foreign key of the parent",
    };
    let message = format!("reads and writes of {} wait while all its rows are read: {why}", list(read));
    let help = if attached.is_empty() && default.is_empty() {
        "add the foreign key to the partition NOT VALID and validate it, then attach it"
    } else if default.is_empty() {
        "add a CHECK with the bounds NOT VALID, validate it, attach, drop the check"
    } else {
        "add a CHECK without the bounds to the default partition NOT VALID, validate it, attach, drop the check"
    };
    out.report(place.span(), message).help(help).fix(fix(place, &parent, bound, &attached, &default));
}

/// The parent and the bounds of what is attached, or made as a partition.
fn target<'p>(place: &Place<'p>) -> Option<(Rel, &'p PartitionBoundSpec)> {
    match place.tree() {
        NodeEnum::CreateStmt(it) => {
            let parent = crate::look::names::relations(place, &it.inh_relations).into_iter().next()?;
            Some((parent, it.partbound.as_ref()?))
        }
        _ => {
            let command = partitions::command(place.tree(), AlterTableType::AtAttachPartition)?;
            Some((altered(place)?, command.bound.as_ref()?))
        }
    }
}

/// A check on each table that is read, valid before, gone after.
fn fix(
    place: &Place<'_>,
    parent: &Rel,
    bound: &PartitionBoundSpec,
    attached: &[&Rel],
    default: &[&Rel],
) -> Option<Fix> {
    let above = place.known.get(parent)?;
    let mut checks = Vec::new();
    for (tables, condition) in
        [(attached, bounds::inside(above, bound)), (default, bounds::outside(above, bound))]
    {
        for table in tables {
            let is_plain = place.known.get(table).is_some_and(|it| it.kind == Kind::Table);
            checks.push((*table, condition.clone().filter(|_| is_plain)?));
        }
    }
    if checks.is_empty() {
        return None;
    }
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for (table, condition) in checks {
        let name = place.known.constraint_name(table, "", "bounds", "check");
        let (table, name) = (table.path(), quote_ident(&name).into_owned());
        before.push(format!("ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({condition}) NOT VALID"));
        before.push(format!("ALTER TABLE {table} VALIDATE CONSTRAINT {name}"));
        after.push(format!("ALTER TABLE {table} DROP CONSTRAINT {name}"));
    }
    before.push(place.text().to_owned());
    before.extend(after);
    safe::steps(place, "check the bounds before", &before)
}
