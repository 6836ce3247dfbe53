//! `DETACH PARTITION` without `CONCURRENTLY` from a table that others use.
//!
//! ## Why
//!
//! It takes ACCESS EXCLUSIVE on the parent: readers and writers of all partitions wait for it, and it waits for all
//! who use one of them. With `CONCURRENTLY` (since PostgreSQL 14) it takes SHARE UPDATE EXCLUSIVE on the parent, and
//! waits without holding anybody up.
//!
//! ## Example
//!
//! ```sql
//! ALTER TABLE events DETACH PARTITION events_2019;
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! ALTER TABLE events DETACH PARTITION events_2019 CONCURRENTLY;
//! ```
//!
//! It leaves a CHECK on the detached table that says the same as the bounds; drop it when it is not wanted. Beside a
//! default partition PostgreSQL refuses it.
//!
//! ## When to allow it
//!
//! There is a default partition, transactions on the parent are short and the revision runs with a lock timeout.

use cutover_core::effect::Rel;
use cutover_sql::tree::{AlterTableType, RangeVar};

use crate::context::Place;
use crate::finding::{Fix, Level};
use crate::fix::safe;
use crate::look::commands::altered;
use crate::look::names::written;
use crate::look::partitions;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "detach-partition-without-concurrently",
    level: Level::Error,
    area: Area::Locks,
    title: "DETACH PARTITION without CONCURRENTLY from a table that others use",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    let command = partitions::command(place.tree(), AlterTableType::AtDetachPartition);
    let (Some(command), Some(parent)) = (command, altered(place)) else { return };
    if command.concurrent || !place.is_old(&parent) || place.is_refused() {
        return;
    }
    let message =
        format!("reads and writes of {parent} wait for it: it takes ACCESS EXCLUSIVE on the parent");
    let report = out.report(place.span(), message);
    if partitions::default_of(place, &parent).is_some() {
        report.help("beside a default partition PostgreSQL refuses CONCURRENTLY: keep lock_timeout short");
    } else {
        let fix = command.name.as_ref().and_then(|name| fix(place, &parent, name));
        report.help("ALTER TABLE ... DETACH PARTITION ... CONCURRENTLY").fix(fix);
    }
}

/// Without the check that it would leave behind.
fn fix(place: &Place<'_>, parent: &Rel, name: &RangeVar) -> Option<Fix> {
    if !partitions::can_detach_concurrently(place, parent) {
        return None;
    }
    let left = partitions::check_left_behind(place, &place.known.resolve(name))?;
    let statements = [
        format!("{} CONCURRENTLY", place.text()),
        format!("ALTER TABLE {} DROP CONSTRAINT {left}", written(name)),
    ];
    safe::steps(place, "detach it concurrently", &statements)
}
