//! `DROP TABLE` of a partition of a table that others use.
//!
//! ## Why
//!
//! A partition that is dropped is taken out of its parent first, and that takes ACCESS EXCLUSIVE on the parent:
//! readers and writers of all its partitions wait. `DETACH PARTITION ... CONCURRENTLY` takes SHARE UPDATE EXCLUSIVE
//! on the parent, and what was detached can be dropped without it.
//!
//! ## Example
//!
//! ```sql
//! -- before
//! CREATE TABLE events (id bigint, at date NOT NULL) PARTITION BY RANGE (at);
//! CREATE TABLE events_2019 PARTITION OF events FOR VALUES FROM ('2019-01-01') TO ('2020-01-01');
//! -- revision
//! DROP TABLE events_2019;
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! -- before
//! CREATE TABLE events (id bigint, at date NOT NULL) PARTITION BY RANGE (at);
//! CREATE TABLE events_2019 PARTITION OF events FOR VALUES FROM ('2019-01-01') TO ('2020-01-01');
//! -- revision
//! ALTER TABLE events DETACH PARTITION events_2019 CONCURRENTLY;
//! ```
//!
//! Then `DROP TABLE events_2019`. Beside a default partition PostgreSQL refuses `CONCURRENTLY`.
//!
//! ## When to allow it
//!
//! Transactions on the parent are short and the revision runs with a lock timeout.

use cutover_core::effect::Rel;
use cutover_core::effect::known::{ConstraintKind, Kind};
use cutover_sql::tree::{DropBehavior, DropStmt, NodeEnum, ObjectType};

use crate::context::Place;
use crate::finding::{Fix, Level};
use crate::fix::safe;
use crate::look::names::relations;
use crate::look::partitions;
use crate::rule::{Area, Check, Findings, Rule};
use crate::words::list;

pub const RULE: Rule = Rule {
    id: "drop-partition-locks-parent",
    level: Level::Warning,
    area: Area::Locks,
    title: "DROP TABLE of a partition of a table that others use",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    let NodeEnum::DropStmt(it) = place.tree() else { return };
    if it.remove_type() != ObjectType::ObjectTable || place.is_refused() {
        return;
    }
    let dropped = relations(place, &it.objects);
    let mut parts: Vec<(&Rel, &Rel)> = Vec::new();
    for table in &dropped {
        let known = place.known.get(table).filter(|it| it.partition.is_some());
        for parent in known.iter().flat_map(|it| &it.parents) {
            if place.is_old(parent) && !dropped.contains(parent) {
                parts.push((parent, table));
            }
        }
    }
    let mut parents: Vec<&Rel> = parts.iter().map(|(parent, _)| *parent).collect();
    parents.dedup();
    if parents.is_empty() {
        return;
    }
    let message = format!(
        "reads and writes of {} wait for it: to take {} out takes ACCESS EXCLUSIVE on the parent",
        list(parents),
        list(parts.iter().map(|(_, part)| part))
    );
    out.report(place.span(), message)
        .help("ALTER TABLE ... DETACH PARTITION ... CONCURRENTLY, then DROP TABLE")
        .fix(fix(place, it, &parts));
}

fn fix(place: &Place<'_>, it: &DropStmt, parts: &[(&Rel, &Rel)]) -> Option<Fix> {
    let can = |(parent, part): &(&Rel, &Rel)| {
        let known = place.known.get(part);
        // a foreign key of the parent becomes its own, and would lock what it refers to when it goes
        let is_bound = known.is_none_or(|it| {
            it.kind != Kind::Table
                || it.constraints.iter().any(|c| matches!(c.kind, ConstraintKind::ForeignKey { .. }))
        });
        !is_bound && partitions::can_detach_concurrently(place, parent)
    };
    if it.behavior() == DropBehavior::DropCascade || !parts.iter().all(can) {
        return None;
    }
    let detach = |(parent, part): &(&Rel, &Rel)| {
        format!("ALTER TABLE {} DETACH PARTITION {} CONCURRENTLY", parent.path(), part.path())
    };
    let mut statements: Vec<String> = parts.iter().map(detach).collect();
    statements.push(place.text().to_owned());
    safe::steps(place, "detach it before", &statements)
}
