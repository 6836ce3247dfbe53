//! `DROP INDEX` without `CONCURRENTLY` of an index on a table that others use.
//!
//! ## Why
//!
//! It takes ACCESS EXCLUSIVE on the table, not only on the index. The drop itself is quick, but it waits for every
//! transaction that has touched the table, and everybody who comes later waits behind it, readers too. `DROP INDEX
//! CONCURRENTLY` takes SHARE UPDATE EXCLUSIVE and waits without holding anybody up.
//!
//! ## Example
//!
//! ```sql
//! DROP INDEX orders_customer;
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! DROP INDEX CONCURRENTLY orders_customer;
//! ```
//!
//! It takes one index a statement and no CASCADE. PostgreSQL refuses it for the index of a partitioned table: that
//! one goes with the lock, and lock_timeout keeps the wait short.
//!
//! ## When to allow it
//!
//! Transactions on the table are short and the revision runs with a lock timeout, or nobody uses the table
//! meanwhile.

use cutover_core::effect::Rel;
use cutover_core::effect::known::Kind;
use cutover_sql::tree::{self, DropBehavior, DropStmt, NodeEnum, ObjectType};

use crate::context::Place;
use crate::finding::{Fix, Level};
use crate::fix::safe;
use crate::look::names::relations;
use crate::rule::{Area, Check, Findings, Rule};
use crate::words::list;

pub const RULE: Rule = Rule {
    id: "drop-index-without-concurrently",
    level: Level::Warning,
    area: Area::Locks,
    title: "DROP INDEX without CONCURRENTLY of an index on a table that others use",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    let NodeEnum::DropStmt(it) = place.tree() else { return };
    if it.remove_type() != ObjectType::ObjectIndex || it.concurrent || place.is_refused() {
        return;
    }
    let indexes = relations(place, &it.objects);
    let table_of = |index: &Rel| place.known.index(index).map(|(table, _)| table.clone());
    let mut locked: Vec<String> = Vec::new();
    for index in &indexes {
        let name = match table_of(index) {
            Some(table) if place.is_old(&table) => table.to_string(),
            None if place.is_old(index) => format!("the table of {index}"),
            Some(_) | None => continue,
        };
        if !locked.contains(&name) {
            locked.push(name);
        }
    }
    if locked.is_empty() {
        return;
    }
    let partitioned =
        indexes.iter().filter_map(table_of).any(|table| place.is_kind(&table, Kind::Partitioned));
    let message = format!(
        "reads and writes of {} wait for it: it takes ACCESS EXCLUSIVE on the table and waits for all who use it",
        list(&locked)
    );
    let report = out.report(place.span(), message);
    if partitioned {
        report.help(
            "PostgreSQL drops the index of a partitioned table only with this lock: keep lock_timeout short",
        );
    } else {
        report.help("DROP INDEX CONCURRENTLY, one index a statement").fix(fix(place, it, &indexes));
    }
}

fn fix(place: &Place<'_>, it: &DropStmt, indexes: &[Rel]) -> Option<Fix> {
    let refused = |index: &Rel| {
        place.known.index(index).is_some_and(|(_, index)| index.constraint || index.part_of.is_some())
    };
    if it.behavior() == DropBehavior::DropCascade || indexes.iter().any(refused) {
        return None;
    }
    if indexes.len() == 1 {
        return safe::concurrently(place, "INDEX");
    }
    let one = |object: &tree::Node| {
        let one = DropStmt { objects: vec![object.clone()], concurrent: true, ..it.clone() };
        tree::to_sql(&NodeEnum::DropStmt(one))
    };
    safe::steps(place, "drop each concurrently", &it.objects.iter().map(one).collect::<Option<Vec<_>>>()?)
}
